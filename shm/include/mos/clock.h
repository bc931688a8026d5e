/* SPDX-License-Identifier: MIT */
/**
 * The clock page: rtcore writes it once a cycle, anybody computes "where are we now" from it without a
 * syscall (KRO-01, KRO-09, TIM-01). It holds two copies, written by turns, so that a writer that is
 * interrupted while it writes leaves the one before it whole.
 */
#ifndef MOS_CLOCK_H
#define MOS_CLOCK_H

#include <mos/attr.h>
#include <mos/event.h>
#include <mos/region.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_CLOCK_ABI_MAJOR 1
#define MOS_CLOCK_ABI_MINOR 1

/** KRO-03: these six and no other. */
enum mos_transport_state {
	MOS_TRANSPORT_IDLE = 0,
	MOS_TRANSPORT_LOADING,
	MOS_TRANSPORT_READY,
	MOS_TRANSPORT_PLAYING,
	MOS_TRANSPORT_PAUSED,
	MOS_TRANSPORT_STOPPED,
	MOS_TRANSPORT_N_STATES
};

#define MOS_CLOCK_ROLLING 0x1u   /**< position moves (playing and driver running) */
#define MOS_CLOCK_COUNT_IN 0x2u  /**< counting in: position is before the start point */
#define MOS_CLOCK_LOOP 0x4u      /**< loop armed */
#define MOS_CLOCK_DRIVER_UP 0x8u /**< the driver's cycle runs (node linked, sink not suspended) */
#define MOS_CLOCK_METRONOME 0x10u
#define MOS_CLOCK_TEMPO_OVERRIDE 0x20u
#define MOS_CLOCK_FOLLOWS                                                                                    \
	0x40u /**< another clock is heard and followed: rate_ppm makes up what is missing, cycle by cycle */

/** A consistent copy; also the page's content. All fields little-endian, fixed width. */
struct mos_clock {
	uint32_t state;          /**< enum mos_transport_state */
	uint32_t flags;          /**< MOS_CLOCK_* */
	uint32_t rate_hz;        /**< frames a second */
	uint32_t quantum_frames; /**< of the last cycle */
	uint64_t frame;  /**< engine frame at the anchor: the cycle's first; counts up since rtcore's start */
	int64_t time_ns; /**< CLOCK_MONOTONIC of the anchor, smoothed by the delay-locked loop */
	int64_t tick;    /**< position at the anchor, 960 PPQ */
	uint32_t tick_frac;      /**< fraction of a tick, 1/2^32 */
	uint32_t rate_ppm;       /**< playback rate, 1000000 = as written */
	uint64_t ns_per_quarter; /**< effective tempo at the anchor: rate included */
	uint64_t frame_ps;       /**< the DLL's length of one frame in picoseconds */
	int64_t loop_start_tick;
	int64_t loop_end_tick;
	int64_t end_tick; /**< of the score */
	uint16_t meter_num;
	uint16_t meter_den;
	uint32_t measure;     /**< 0 = first */
	int64_t measure_tick; /**< where this measure starts */
	int64_t next_beat_tick;
	int64_t next_beat_ns; /**< CLOCK_MONOTONIC when it is due; 0 when not rolling */
	uint64_t timeline_id;
	uint64_t cycle;     /**< cycles since start */
	int32_t key_fifths; /**< key in force: -7..7 */
	uint32_t key_minor;
};

/**
 * The song's place in frames: how long it takes from its start to the anchor, at the tempo and rate in force.
 * While it counts in, the place where it will start.
 */
struct mos_clock_song {
	int64_t frame;
	int64_t end_frame; /**< of the score; 0: nothing is loaded */
};

struct mos_clock_page {
	struct mos_region_hdr region;
	uint8_t pad0[96];
	uint64_t seq; /**< number of copies written; clock[seq % 2] is the last one and whole */
	struct mos_clock clock[2];
	struct mos_clock_song song[2]; /**< of the same copies; since minor 1 */
};
#define MOS_CLOCK_PAGE_MIN 424u /**< bytes of a page of minor 0 */

/** Writer's side, rtcore's audio thread. */
void mos_clock_publish(struct mos_clock_page *page, const struct mos_clock *clock) MOS_RT;
/** The same with the song's place. */
void mos_clock_publish_song(
	struct mos_clock_page *page, const struct mos_clock *clock, const struct mos_clock_song *song) MOS_RT;

/**
 * Copy the last whole clock. Bounded retries: only a writer that writes without pause can use them up.
 * @return 0; -EAGAIN when no consistent copy was had; *ret is untouched then.
 */
int mos_clock_read(const struct mos_clock_page *page, struct mos_clock *ret) MOS_RT;
/** The same, and the song's place of that copy. @return 0, -EAGAIN; -ENOTSUP: a page of minor 0 has none. */
int mos_clock_read_song(
	const struct mos_clock_page *page, struct mos_clock *ret, struct mos_clock_song *ret_song) MOS_RT;

/**
 * Position at `now_ns` (CLOCK_MONOTONIC) by extrapolation from a copy; at most one second ahead, loop
 * taken into account; not rolling: the anchor's.
 * @param ret_frac  May be NULL: fraction of a tick in 1/2^32.
 * @return tick, 960 PPQ.
 */
int64_t mos_clock_tick_at(const struct mos_clock *clock, int64_t now_ns, uint32_t *ret_frac) MOS_RT;

/** Engine frame at `now_ns`, by the DLL's rate. */
uint64_t mos_clock_frame_at(const struct mos_clock *clock, int64_t now_ns) MOS_RT;

/** "playing" and so on; "?" for an unknown number. */
const char *mos_transport_state_name(uint32_t state);

#ifdef __cplusplus
}
#endif
#endif
