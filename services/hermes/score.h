/* SPDX-License-Identifier: MIT */
/**
 * The score model, first slice: what an importer fills and the compiler turns into a timeline. All ticks
 * are 960 a quarter note (TIM-07). Process: mos-hermes; one thread at a time, no I/O.
 *
 * Strings are offsets into one pool of NUL-terminated UTF-8; offset 0 is the empty string.
 */
#ifndef HERMES_SCORE_H
#define HERMES_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"

/** One instrument's line: the messages of one track on one channel of one port. At most 65535 of them. */
struct score_part {
	uint32_t name;  /**< string */
	uint32_t track; /**< of the file, from 0 */
	uint32_t n_notes;
	uint8_t group;    /**< UMP group, 0..2 */
	uint8_t channel;  /**< 0..15 */
	uint8_t program;  /**< General MIDI program: the first one set; 0 when none is */
	uint8_t is_drums; /**< channel 10 (index 9) */
};

struct score_note {
	int64_t tick;
	int64_t end_tick; /**< after tick: a note sounds for at least one tick */
	uint16_t part;
	uint8_t key;
	uint8_t velocity; /**< 1..127 */
	uint8_t release_velocity;
};

/** Any channel message but notes: poly pressure, controller, program, channel pressure, pitch bend. */
struct score_control {
	int64_t tick;
	uint16_t part;
	uint8_t kind; /**< 0xa0, 0xb0, 0xc0, 0xd0, 0xe0 */
	uint8_t data[2];
};

/** A system exclusive message, or one packet of a message that was sent in several at times of their own. */
struct score_sysex {
	int64_t tick;
	uint32_t bytes_at; /**< into score.sysex_bytes; F0 and F7 are not stored, all bytes are 0..127 */
	uint32_t n_bytes;
	uint8_t group;
	uint8_t starts; /**< first packet */
	uint8_t ends;   /**< last packet */
};

struct score_tempo {
	int64_t tick;
	uint64_t ns_per_quarter;
};

struct score_meter {
	int64_t tick;
	uint16_t num;
	uint16_t den;      /**< 1, 2, 4 .. 128 */
	uint32_t reserved; /**< 0: maps are compared as bytes */
};

struct score_key {
	int64_t tick;
	int8_t fifths; /**< -7..7 */
	uint8_t minor;
	uint8_t reserved[6]; /**< 0 */
};

enum score_text_kind { SCORE_TEXT, SCORE_COPYRIGHT, SCORE_LYRIC, SCORE_MARKER, SCORE_CUE };

struct score_text {
	int64_t tick;
	uint32_t string;
	uint16_t track;
	uint8_t kind; /**< enum score_text_kind */
};

/** X(field, element type): every growing array of a score. */
#define SCORE_ARRAYS(X)                                                                                      \
	X(part, struct score_part)                                                                           \
	X(note, struct score_note)                                                                           \
	X(control, struct score_control)                                                                     \
	X(sysex, struct score_sysex)                                                                         \
	X(tempo, struct score_tempo)                                                                         \
	X(meter, struct score_meter)                                                                         \
	X(key, struct score_key)                                                                             \
	X(text, struct score_text)                                                                           \
	X(strings, char)                                                                                     \
	X(sysex_bytes, uint8_t)

/** Arrays are in no particular order until score_finalize(); the maps are sorted after it. */
struct score {
	const struct hermes_alloc *alloc; /**< borrowed for the score's life */
#define X(field, type)                                                                                       \
	type *field;                                                                                         \
	size_t n_##field, cap_##field;
	SCORE_ARRAYS(X)
#undef X
	uint32_t title;    /**< string */
	int64_t end_tick;  /**< length, with the silence at the end */
	uint64_t n_events; /**< timeline events that the score will need; kept by score_add_*() */
};

/** Caller's memory; holds nothing yet. @return 0, -ENOMEM. */
int score_init(struct score *score, const struct hermes_alloc *alloc);
/** Zeroed, half-filled and finished scores are fine. */
void score_finish(struct score *score);

/*
 * Append one element. @return its index; -ENOMEM; -E2BIG when the score would not fit into a timeline.
 * After a failure the score is as before.
 */
int64_t score_add_part(struct score *score, const struct score_part *part);
int64_t score_add_note(struct score *score, const struct score_note *note);
int64_t score_add_control(struct score *score, const struct score_control *control);
/** `bytes`: copied, without F0 and F7. */
int64_t score_add_sysex(struct score *score, const struct score_sysex *sysex, const uint8_t *bytes);
int64_t score_add_tempo(struct score *score, const struct score_tempo *tempo);
int64_t score_add_meter(struct score *score, const struct score_meter *meter);
int64_t score_add_key(struct score *score, const struct score_key *key);
int64_t score_add_text(struct score *score, const struct score_text *text);

#define SCORE_STRING_BYTES 1024u /**< longest string with its NUL */

/**
 * Make text of unknown encoding presentable: kept when it is UTF-8, else read as Windows-1252. Control
 * characters become spaces, blanks at both ends go, what does not fit is cut between two characters.
 * @return length without the NUL.
 */
size_t score_clean_text(const uint8_t *text, size_t size, char ret[static SCORE_STRING_BYTES]);

/** score_clean_text() into the pool. @return offset (0: nothing is left), -ENOMEM, -E2BIG. */
int64_t score_add_string(struct score *score, const uint8_t *text, size_t size);

/**
 * Sort the tempo, meter and key maps. Of entries at one tick the last added counts; an entry that changes
 * nothing is dropped; a missing tempo or meter at tick 0 becomes 120 BPM and 4/4. Moves end_tick behind the
 * last event.
 * @return 0, -ENOMEM.
 */
int score_finalize(struct score *score);

#endif
