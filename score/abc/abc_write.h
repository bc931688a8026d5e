/* SPDX-License-Identifier: MIT */
/** From a score to ABC: abc_collect makes voices of the score's notation, abc_export writes them. */
#ifndef ABC_WRITE_H
#define ABC_WRITE_H

#include <stdbool.h>

#include <score/bytes.h>
#include <score/score.h>

#include "abc_impl.h"

#define ABC_W_UNIT 8 /* L:1/8 */

/** A note as it is written in one event. */
struct abc_w_note {
	const struct nvx_note *note;
	uint8_t tie;    /**< to the next event */
	uint8_t finger; /**< enum nvx_finger */
	uint8_t has_spelling, accidental;
	int8_t step, alter;
};

/** A note, chord or rest of a voice, or a piece of one. */
struct abc_w_event {
	int64_t tick, end;
	const struct nvx_notation_element *n; /**< NULL: made from notes that no notation shows */
	struct abc_ratio length;              /**< as written */
	uint32_t note, n_notes;
	uint32_t tuplet;                      /**< index + 1 */
	uint32_t beam;                        /**< 0: none */
	uint8_t is_grace, is_hidden, is_tail; /**< tail: behind a cut; dressed before */
	uint8_t slurs_begin, slurs_dashed, slurs_end;
};

struct abc_w_tuplet {
	nvx_id id;
	uint32_t parent; /**< index + 1 */
	uint16_t actual, normal;
	uint32_t count;
	uint8_t is_begun;
};

/** Text that stands before the event of a tick. */
struct abc_w_mark {
	int64_t tick;
	uint32_t id;      /**< order among equals */
	uint32_t text, n; /**< in the writer's texts */
	uint8_t is_field; /**< before grace notes */
	uint8_t kind;     /**< enum abc_w_sets */
	int8_t value;
};
/** What a mark sets for those behind it. */
enum abc_w_sets {
	ABC_SETS_NOTHING,
	ABC_SETS_KEY,      /**< value: fifths */
	ABC_SETS_CLEF,     /**< value: octave */
	ABC_SETS_VELOCITY, /**< value */
	ABC_SETS_TITLE,    /**< nothing, but wants a line of its own */
};

struct abc_w_voice {
	uint32_t part;
	uint8_t staff, voice;
	bool is_derived;
	struct abc_w_event *event;
	size_t n_event, cap_event;
	struct abc_w_mark *mark;
	size_t n_mark, cap_mark;
	/* while writing */
	uint32_t next_event, next_mark;
	int64_t written; /**< up to here */
	uint32_t line_event;
	int8_t sig[7];
	int8_t fifths;
	int clef_octave;
	uint8_t velocity;
	uint8_t accidental[7], accidental_here[ABC_OCTAVES * 7];
};

/** An id and what it names: for finding notes and events. */
struct abc_w_ref {
	nvx_id id;
	uint32_t index;
};

struct abc_writer {
	const struct score *score;
	const struct score_alloc *alloc;
	struct score_report *report;
	struct score_bytes *out;
	struct score_bytes texts; /**< of marks */
	struct abc_w_voice *voice;
	size_t n_voice, cap_voice;
	struct abc_w_note *note;
	size_t n_note, cap_note;
	struct abc_w_tuplet *tuplet;
	size_t n_tuplet, cap_tuplet;
	const struct nvx_note **notes; /**< of all parts */
	struct abc_w_ref *note_ref;    /**< sorted by id */
	size_t n_notes;
	struct abc_w_ref *event_ref; /**< notation elements, sorted by id */
	size_t n_refs;
	struct abc_w_ref *part_ref; /**< parts, sorted by id */
	uint32_t *part_voice;       /**< first voice of each part, and the number of voices behind */
	uint32_t *used;             /**< by index of `notes`: events that show it */
	int error;
	bool free_meter;
	nvx_str tempo_text;            /**< at the start */
	uint32_t n_velocities, n_lost; /**< what ABC cannot hold */
};

/* abc_collect.c */

int abc_collect(struct abc_writer *w);
void abc_collect_finish(struct abc_writer *w);
bool abc_w_room(struct abc_writer *w, void *items, size_t *cap, size_t n, size_t item_bytes);
uint32_t abc_w_find(const struct abc_w_ref *ref, size_t n, nvx_id id);
uint32_t abc_w_part(const struct abc_writer *w, nvx_id id);
/** First event of a voice at or after a tick. */
uint32_t abc_w_event_at(const struct abc_w_voice *v, int64_t tick);

/* abc_write_marks.c */

/** Everything between the notes becomes marks of the voices; long notes are cut where one begins inside them.
 */
int abc_write_marks(struct abc_writer *w);
/** A field's text: one line, with the escapes it needs. */
void abc_put_text(struct score_bytes *out, const char *text, const char *also_escape);
void abc_put_key(struct score_bytes *out, const struct nvx_key *key);
void abc_w_signature(struct abc_w_voice *v, int fifths);
int abc_w_fifths(const struct nvx_key *key);
void abc_put_quoted(struct score_bytes *out, const char *text);
void abc_put_tempo(struct score_bytes *out, uint64_t ns);

/* abc_write_music.c */

void abc_write_body(struct abc_writer *w);
void abc_put_meter(struct abc_writer *w, const struct nvx_meter *meter);
int abc_w_transpose(const struct nvx_part *part); /**< sounding minus written */

#endif
