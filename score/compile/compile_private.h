/* SPDX-License-Identifier: MIT */
/**
 * Between the steps of a compile: order -> maps -> strips -> events of each part -> one sorted stream. Only
 * the step of the events is worth keeping from one compile to the next; all others cost next to nothing.
 */
#ifndef COMPILE_PRIVATE_H
#define COMPILE_PRIVATE_H

#include <mos/tempo.h>
#include <score/compile.h>

/** Score's groups of the timeline: ports 0..2; the fourth is for live playing. */
#define COMPILE_GROUPS 3u
#define COMPILE_DRUMS 9u /**< MIDI's channel 10 */
/** Entries of a map that repeats can make of a score's own. */
#define COMPILE_MAX_ENTRIES (1u << 20)

/** Measures that follow each other as written: runs of the playing order that belong together. */
struct compile_stretch {
	int64_t written_tick, played_tick, duration_ticks;
	uint32_t first, last;
};

/** How a note of a drum part is played (nvx1.md 7): sorted by part, note. */
struct compile_feel {
	nvx_id part_id, note_id;
	int32_t push_us;
	uint32_t swing_percent;
};

/** What a part sends before anything else; -1: nothing. */
struct compile_start {
	int32_t bank, program, volume, pan;
};

struct compile_strip {
	uint8_t group, channel;
};

/** A growing array of timeline records; capacity stays from compile to compile. */
struct compile_array {
	void *items;
	size_t n, cap;
};

/** Everything that the events of a part depend on beside the part. */
struct compile_context {
	const struct score *score;
	const struct score_alloc *alloc;
	struct score_report *report;
	const struct compile_stretch *stretch;
	uint32_t n_stretch;
	struct mos_tempo_map tempo; /**< as played */
	const struct compile_feel *feel;
	uint32_t n_feel;
	uint64_t events_left; /**< that still fit into a timeline */
};

/** The events of one part: what they were made from, and they. */
struct compile_part {
	nvx_id id;
	struct nvx_seq note, control; /**< references */
	uint16_t channels;            /**< bit n: a note or control says that it is for channel n */
	uint8_t audible;
	uint8_t is_made;
	uint8_t has_shifts; /**< depends on tempo too */
	uint8_t has_feel;
	struct compile_strip strip;
	struct compile_start start;
	struct mos_tl_event *event; /**< owned; sorted; part 0, ids from 1 */
	struct mos_tl_event *sysex; /**< owned; sorted */
	uint32_t n_event, n_sysex, n_ids;
	int64_t end_tick; /**< of the last event */
};

/** compile_maps.c */
struct compile_maps {
	struct compile_array stretch;   /**< struct compile_stretch */
	struct compile_array tempo;     /**< struct mos_tl_tempo */
	struct compile_array tempo_seg; /**< struct mos_tempo_seg */
	struct compile_array meter;     /**< struct mos_tl_meter */
	struct compile_array key;       /**< struct mos_tl_key */
	struct compile_array marker;    /**< struct mos_tl_marker */
	struct compile_array strings;   /**< char */
	struct compile_array slot;      /**< struct compile_slot: where strings are */
	uint32_t n_slots;               /**< in use; slot.n is a power of two */
};
int compile_stretches(
	const struct score_alloc *alloc, const struct score_play_order *order, struct compile_maps *maps);
/** Also ctx->tempo. @param end_tick  Of what is played. */
int compile_tempos(struct compile_context *ctx, struct compile_maps *maps, int64_t end_tick);
int compile_meters(struct compile_context *ctx, struct compile_maps *maps);
int compile_keys(struct compile_context *ctx, struct compile_maps *maps);
void compile_maps_finish(const struct score_alloc *alloc, struct compile_maps *maps);

/** compile_text.c: names, title, markers. Equal strings are stored once. */
int compile_strings_begin(struct compile_context *ctx, struct compile_maps *maps);
/** @return 0 and the offset of the string, or -errno. */
int compile_string(struct compile_context *ctx, struct compile_maps *maps, nvx_str str, uint32_t *ret);
int compile_markers(struct compile_context *ctx, struct compile_maps *maps);

/**
 * compile_strips.c: give each part its strip, and what it sends first.
 * @param part  n_parts of the score, with `channels` filled. @param ret_*  As many.
 */
void compile_strips(const struct compile_context *ctx, const struct compile_part *part,
	struct compile_strip *ret_strip, struct compile_start *ret_start);

/** compile_part.c: @return 0, -ENOMEM, -E2BIG: more events than ctx->events_left. */
int compile_part_make(struct compile_context *ctx, const struct score_part *part, struct compile_part *ret);
/** Which channels its notes and controls name, and whether notes are shifted in time. */
void compile_part_look(const struct score_part *part, uint16_t *ret_channels, uint8_t *ret_has_shifts);
void compile_part_clear(const struct score_alloc *alloc, struct compile_part *part);

/** compile_controls.c: controls of a part in order of playing, sysex apart. */
struct compile_controls {
	struct compile_array event, sysex;
};
int compile_controls(struct compile_context *ctx, const struct score_part *part,
	const struct compile_part *made, struct compile_controls *ret);
void compile_controls_finish(const struct score_alloc *alloc, struct compile_controls *controls);

/** compile_sort.c */
struct compile_sort_key {
	uint64_t key;
	uint32_t index;
	uint32_t reserved;
};
/** Stable; fast where it is nearly sorted. @return 0, -ENOMEM. */
int compile_sort(const struct score_alloc *alloc, struct compile_sort_key *keys, uint32_t n);
/** All events of all parts, in the timeline's order, with their parts and with ids of their own. */
int compile_merge(const struct score_alloc *alloc, const struct compile_part *part, uint32_t n_parts,
	struct compile_array *events);

/** Room for an array that is filled at once: not zeroed. @return NULL: out of memory. */
void *compile_room(const struct score_alloc *alloc, size_t n, size_t item_bytes);
/** A record's room at the end of an array. @return NULL: out of memory. */
void *compile_push(const struct score_alloc *alloc, struct compile_array *array, size_t item_bytes);

static inline uint32_t compile_voice(struct compile_strip strip, uint32_t status, uint32_t a, uint32_t b)
{
	return 2u << 28 | (uint32_t)strip.group << 24 | status << 16 | (uint32_t)strip.channel << 16 |
	       a << 8 | b;
}

#endif
