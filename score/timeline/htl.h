/* SPDX-License-Identifier: MIT */
/**
 * Hermes timeline JSON 1.0 (nvx1.md 10) into a score and out of one. A timeline tells what happened; a score
 * takes from it what is music: notes, tempo, keys, chords. The rest stays in the rail `extended`, event by
 * event, and comes out again at its time. One thread.
 */
#ifndef SCORE_HTL_H
#define SCORE_HTL_H

#include "../nvx1/older/older.h"

#define HTL_SPACE "hermes.timeline"
#define HTL_RAIL "hermes-timeline" /**< type of the rail's entries */
#define HTL_MAX_EVENTS 2000000u
#define HTL_MAX_BPM_1E6 INT64_C(60000000000000000) /**< a nanosecond a quarter note: the score's fastest */

#define HTL_TYPES(X)                                                                                         \
	X(MIDI, "midi_event")                                                                                \
	X(TEMPO, "tempo_change")                                                                             \
	X(KEY, "key_change")                                                                                 \
	X(CHORD, "chord_change") X(LOADED, "score_loaded") X(TRANSPORT, "transport_change")
#define X(constant, text) HTL_##constant,
enum htl_type { HTL_TYPES(X) HTL_OTHER };
#undef X

struct htl_event {
	int64_t us;   /**< timestamp */
	int64_t tick; /**< as the file counts; later at 960 */
	const uint8_t *at;
	uint32_t index; /**< in the file */
	uint8_t type;
	uint8_t has_tick;
};

struct htl_sounding {
	uint32_t note; /**< of its part, from 1; 0: none */
	int64_t us;
};

/** A source's channel is a part. */
struct htl_voice {
	nvx_str source;
	uint32_t part;
	uint8_t channel;
	struct htl_sounding sounding[128];
};

struct htl {
	struct older o;
	struct nvx_draft *draft;
	struct htl_event *event;
	size_t n_event, cap_event;
	struct htl_voice *voice;
	size_t n_voice, cap_voice;
	struct score_bytes rail; /**< events that are no music, of the entry that is made */
	size_t n_in_rail, rail_bytes, n_dropped;
	uint32_t n_crowded;      /**< of sources and channels beyond those that parts are made for */
	uint64_t ns_per_quarter; /**< in force */
	uint32_t ppq;
	uint16_t num, den; /**< meter, for the measures that events state */
	uint32_t n_differs, n_back, n_unordered;
	uint32_t n_moved, n_more; /**< music whose time, whose further members a score has no place for */
	char more[40];            /**< the first of those */
	int64_t clock_ns;         /**< of the tempo map, at the last event */
	int64_t most_moved_us;
	int64_t last_tick, end_tick; /**< of the music so far; of all events */
};

/** The events of the array that `walk` goes through, in order of time. */
void htl_read_events(struct htl *h, struct older_walk *walk, const char *name);
/** Thousandths of a tick a second between neighbouring events, of all of them the middle one; 0: nothing says
 * it. */
int64_t htl_median_slope(const struct htl *h);
/** Ticks a quarter of a file that does not say it (nvx1.md 10, X-4). @param bpm_1e6  0: not known. */
uint32_t htl_guess_ppq(const struct htl *h, int64_t bpm_1e6);
/** Events into the draft. r->pull stands at the array `name`. */
void htl_read_music(struct htl *h, const uint8_t *array, const char *name);

#endif
