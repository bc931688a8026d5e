/* SPDX-License-Identifier: MIT */
/**
 * The timeline: what rtcore plays. Hermes compiles it from a score into a sealed memfd, rtcore's loader
 * checks every offset and every order before it is used. Offsets only, no pointers. DESIGN section 5.
 *
 * Order of events at one tick (Tritone rule): note-off before program/control before note-on; then part,
 * then key. So they are sorted by (tick, order, part, key) and `order` says which class.
 */
#ifndef MOS_TIMELINE_H
#define MOS_TIMELINE_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_TIMELINE_ABI_MAJOR 1
#define MOS_TIMELINE_ABI_MINOR 1

#define MOS_TL_MAX_EVENTS (16u << 20)
#define MOS_TL_MAX_TICK (INT64_C(1) << 40) /**< 36 years at 120 BPM */
#define MOS_TL_MIN_NPQ UINT64_C(1000000)   /**< 60,000 BPM: what a file may say; the user's clamp is 1..300 */
#define MOS_TL_MAX_NPQ UINT64_C(60000000000) /**< 1 BPM */
#define MOS_TL_MAX_LATE_DROP_MS 500u
#define MOS_TL_MIN_LOOP (MOS_PPQ / 16) /**< ticks, a 64th note */

/** Tempo from `tick` on, to the next entry: ns a quarter, linear over ticks from start to end. */
struct mos_tl_tempo {
	int64_t tick;
	uint64_t npq_start; /**< ns per quarter at tick */
	uint64_t npq_end; /**< at the next entry's tick; equal to npq_start: constant. Last entry: constant */
};

/** Meter from `tick` on; an entry starts a new measure. */
struct mos_tl_meter {
	int64_t tick;
	uint16_t num;     /**< 1..255 */
	uint16_t den;     /**< 1,2,4..128 */
	uint32_t measure; /**< global index of the measure that starts here */
};

struct mos_tl_key {
	int64_t tick;
	int8_t fifths; /**< -7..7 */
	uint8_t minor; /**< 0, 1 */
	uint8_t reserved[6];
};

enum mos_tl_order { MOS_TL_NOTE_OFF = 0, MOS_TL_CONTROL = 1, MOS_TL_NOTE_ON = 2 };

/** 32 bytes: one UMP of 32 or 64 bits (MIDI 1.0 or 2.0 channel voice, sysex7) at a tick. */
struct mos_tl_event {
	int64_t tick;
	uint32_t ump[2]; /**< ump[1] is 0 for 32-bit packets; message types 2, 3, 4 only */
	uint16_t part;   /**< index into the parts */
	uint8_t order;   /**< enum mos_tl_order */
	uint8_t reserved0;
	uint32_t note_id;   /**< pairs note-on with note-off; 0 for others */
	uint32_t len_ticks; /**< of a note-on: its sounding length; else 0 */
	uint32_t reserved1;
};

/** Named place: rehearsal mark, lyric line, cue. */
struct mos_tl_marker {
	int64_t tick;
	uint32_t name_off; /**< into the strings */
	uint32_t kind;     /**< 0 marker, 1 cue point */
};

struct mos_tl_part {
	uint32_t name_off; /**< into the strings, NUL-terminated UTF-8 */
	uint8_t group;     /**< UMP group of its first event */
	uint8_t channel;
	uint8_t program; /**< General MIDI program, 0..127 */
	uint8_t is_drums;
};

/** Table reference: `count` records at byte offset `off` (8-aligned). */
struct mos_tl_table {
	uint64_t off;
	uint64_t count;
};

/** How it is to be played. All 0: as a score is. */
struct mos_tl_policy {
	uint16_t late_drop_ms; /**< ornaments later than this are dropped, 1..500; 0: nothing is (Tritone contract 7) */
	uint8_t ghost_vel_max; /**< an ornament is a note-on with at most this velocity; 0: none is */
	uint8_t flags;         /**< MOS_TL_* */
	uint32_t reserved;
	int64_t loop_start, loop_end; /**< in force as soon as the timeline is; 0, 0: the user's own loop stays */
};

#define MOS_TL_PANIC 0x1u     /**< on the way out, controllers are reset at the MIDI output, too */
#define MOS_TL_NO_SOUND 0x2u  /**< not for Apollo: MIDI output only */
#define MOS_TL_NO_MIDI 0x4u   /**< not for the MIDI output: Apollo only */
#define MOS_TL_NO_OVERLAP 0x8u /**< a key that is down is let go before it is struck again */

struct mos_timeline_hdr {
	struct mos_region_hdr region;
	uint32_t ppq; /**< 960 */
	uint32_t reserved0;
	uint64_t id;      /**< content hash; equal music, equal id (HER-15) */
	int64_t end_tick; /**< length; at or after the last event */
	struct mos_tl_table tempos, meters, keys, events, markers, parts,
		strings;    /**< strings: count = bytes */
	uint32_t title_off; /**< into the strings */
	uint32_t reserved1;
	struct mos_tl_policy policy;
};

/** A validated timeline: plain pointers into the mapped region. */
struct mos_timeline {
	struct mos_region region;
	const struct mos_timeline_hdr *hdr;
	const struct mos_tl_tempo *tempo;
	const struct mos_tl_meter *meter;
	const struct mos_tl_key *key;
	const struct mos_tl_event *event;
	const struct mos_tl_marker *marker;
	const struct mos_tl_part *part;
	const char *strings;
	uint32_t n_tempo, n_meter, n_key, n_event, n_marker, n_part;
	uint64_t strings_len, id;
	int64_t end_tick;
	uint32_t title_off;
	struct mos_tl_policy policy;
};

/** Where a check failed: table name, index in it, and a sentence. */
struct mos_timeline_error {
	const char *table; /**< "header", "events" ... static string */
	uint64_t index;
	const char *reason; /**< static string */
};

/**
 * Map a sealed timeline and check all of it: seals (write, shrink, grow), bounds, alignment, order,
 * value ranges, pairing of note_ids is not required. First tempo and meter entries must be at tick 0.
 * @return 0; -EINVAL with *ret_err filled; other -errno. *ret is untouched on failure.
 */
int mos_timeline_open(int fd, struct mos_timeline *ret, struct mos_timeline_error *ret_err);
void mos_timeline_close(struct mos_timeline *tl);

/** Same checks on bytes in memory (for the fuzzer); `region` is left zero. */
int mos_timeline_check(
	const void *bytes, size_t size, struct mos_timeline *ret, struct mos_timeline_error *ret_err);

/** Input of the builder; arrays are borrowed and need not be sorted. */
struct mos_timeline_src {
	const struct mos_tl_tempo *tempo;
	uint32_t n_tempo;
	const struct mos_tl_meter *meter;
	uint32_t n_meter;
	const struct mos_tl_key *key;
	uint32_t n_key;
	const struct mos_tl_event *event;
	uint32_t n_event;
	const struct mos_tl_marker *marker;
	uint32_t n_marker;
	const struct mos_tl_part *part;
	uint32_t n_part;
	const char *strings;
	uint64_t strings_len; /**< offset 0 must be the empty string */
	uint32_t title_off;
	int64_t end_tick;
	struct mos_tl_policy policy;
};

/**
 * Sort the events by the rule above (stable), compute the id, write everything into a new sealed memfd.
 * @return the fd (owned by the caller), or -errno; -EINVAL when the result would not validate.
 */
int mos_timeline_build(const struct mos_timeline_src *src);

#ifdef __cplusplus
}
#endif
#endif
