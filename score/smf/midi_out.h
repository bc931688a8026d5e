/* SPDX-License-Identifier: MIT */
/**
 * A score as MIDI messages in time: what both exporters write. Repeats and jumps are played out, tempo is
 * stepped, every part has its port and channel; the rules are in smf_score.h. One thread.
 */
#ifndef SCORE_MIDI_OUT_H
#define SCORE_MIDI_OUT_H

#include <score/order.h>
#include <score/score.h>

#include "midi_report.h"

#define MIDI_OUT_MAX_EVENTS (UINT32_C(8) << 20)
#define MIDI_OUT_SONG 0u /**< its track; that of part p is p + 1 */

enum midi_out_what {
	MIDI_OUT_UMP,   /**< a, b: one or two words, of a channel message or a sysex packet; kind: port */
	MIDI_OUT_SYSEX, /**< a: list of bytes; kind: port */
	MIDI_OUT_WORDS, /**< a: list of words: a packet of three or four */
	MIDI_OUT_TEXT,  /**< a: string; b: flags; kind: enum midi_text_kind */
	MIDI_OUT_TEMPO, /**< a: in units a quarter */
	MIDI_OUT_METER, /**< a / b */
	MIDI_OUT_KEY,   /**< a: fifths + 8; b: minor; kind: enum nvx_mode */
	MIDI_OUT_CHORD, /**< a: index in the score's chords; UINT32_MAX: none from here */
};

#define MIDI_OUT_GOES_ON 1u   /**< a lyric: the word is not over */
#define MIDI_OUT_LINE 2u      /**< a line begins before it */
#define MIDI_OUT_PARAGRAPH 4u /**< a paragraph begins before it */

struct midi_out_event {
	int64_t tick;
	uint32_t rank; /**< order at one tick */
	uint32_t a, b;
	uint16_t track;
	uint8_t what; /**< enum midi_out_what */
	uint8_t kind;
};
static_assert(sizeof(struct midi_out_event) == 24, "a piece has many");

/** What the format cannot say: counted, told once each. */
#define MIDI_OUT_LOSSES(X)                                                                                   \
	X(muted, "muted notes left out")                                                                     \
	X(cents, "notes beside their key written without their cents")                                       \
	X(offsets, "expressive shifts of notes not written")                                                 \
	X(crossings, "notes of one key that cross another: a reader may pair their ends the other way")      \
	X(verses, "syllables of verses that are never sung left out")                                        \
	X(chords, "chord symbols written as text")                                                           \
	X(modes, "keys written as major or minor, or left out")                                              \
	X(tempos, "tempos beyond what the format holds brought near")                                        \
	X(ramps, "tempo changes written in steps of more than 0.1 ms")                                       \
	X(packets, "MIDI 2.0 messages that MIDI 1.0 has no word for left out")                               \
	X(measures, "measures that no meter fits")                                                           \
	X(layers, "elements of layers that only a score has left out")

struct midi_out {
	const struct score *score;
	const struct score_alloc *alloc;
	struct score_report *report;
	struct score_play_order order;
	struct midi_out_event *event; /**< of a clip all; else those of no part, then one track's */
	size_t n_event, cap_event, max_event;
	size_t n_common, next_common; /**< maps and texts; the first whose track has not been asked for */
	size_t n_of_parts;            /**< gathered for the tracks before */
	int error;
	struct midi_out_event nowhere; /**< what is added after an error */
	uint8_t *line;                 /**< [part]: port * 16 + channel */
	uint8_t *has_channel;          /**< [part]: 0: nothing but system exclusive */
	uint32_t unit_ns;              /**< of tempo */
	uint64_t max_units;
	unsigned protocol; /**< 1: MIDI 1.0, 2: MIDI 2.0 channel messages */
	int is_clip;       /**< one track, chords as chords, cents as pitches */
#define X(name, text) uint64_t n_##name;
	MIDI_OUT_LOSSES(X)
#undef X
};

/**
 * The caller has set nothing but `unit_ns`, `max_units`, `protocol`, `is_clip`.
 * @return 0; -EINVAL, told; -ENOMEM. midi_out_finish() in any case.
 */
int midi_out_begin(struct midi_out *out, const struct score *score, const struct score_alloc *alloc,
	struct score_report *report);
/** For a clip: gather all, sorted by tick and rank. @return as above. */
int midi_out_gather(struct midi_out *out);
/**
 * For a file: gather one track, sorted; all of them are asked for, one after the other, so that no more than
 * one is in memory. @param ret_n  Events from the returned one on. @return NULL: `error` says why.
 */
const struct midi_out_event *midi_out_track(struct midi_out *out, uint32_t track, size_t *ret_n);
void midi_out_finish(struct midi_out *out);
void midi_out_tell_losses(struct midi_out *out);

/* What is gathered. */

/** At one tick notes end, maps change, texts come, controls, notes begin. */
enum midi_out_class {
	MIDI_OUT_CLASS_OFF,
	MIDI_OUT_CLASS_MAP,
	MIDI_OUT_CLASS_LYRIC,
	MIDI_OUT_CLASS_MARKER,
	MIDI_OUT_CLASS_FORM,
	MIDI_OUT_CLASS_CHORD,
	MIDI_OUT_CLASS_CONTROL,
	MIDI_OUT_CLASS_ON,
};
#define MIDI_OUT_RANK_BITS 28

/** Where the next event goes; never NULL. */
struct midi_out_event *midi_out_room(struct midi_out *out);
/** An event behind those of its class and tick. Good until the next one; never NULL. */
static inline struct midi_out_event *midi_out_add(
	struct midi_out *out, uint32_t track, int64_t tick, unsigned class)
{
	const size_t n = out->n_event;
	struct midi_out_event *event =
		n < out->cap_event && !out->error ? &out->event[out->n_event++] : midi_out_room(out);
	*event = (struct midi_out_event){.tick = tick,
		.track = (uint16_t)(out->is_clip ? 0 : track),
		.rank = class << MIDI_OUT_RANK_BITS | (uint32_t)n};
	return event;
}
/**
 * An event in the order of what it tells of: n9 before n10, which is how they are named when they are read in
 * this order. (Lists are in the order of the ids' bytes: n10, n9.) @param index  In its list, for ids that
 * are words.
 */
static inline struct midi_out_event *midi_out_add_named(
	struct midi_out *out, uint32_t track, int64_t tick, unsigned class, nvx_id id, uint32_t index)
{
	struct midi_out_event *event = midi_out_add(out, track, tick, class);
	/* Handles of the pool are below 2^31. */
	const uint32_t number = (id >> 31 ? id : index) & NVX_ID_NUMBER_MAX;
	event->rank = class << MIDI_OUT_RANK_BITS | number;
	return event;
}
/** Played tick of a written one in a run. */
static inline int64_t midi_out_tick(const struct score_run *run, int64_t written_tick)
{
	return run->played_tick + (written_tick - run->written_tick);
}
void midi_out_maps(struct midi_out *out);
void midi_out_texts(struct midi_out *out);
void midi_out_part(struct midi_out *out, uint32_t part);
/** Ports and channels for all parts. @return 0, -ENOMEM. */
int midi_out_lines(struct midi_out *out);

#endif
