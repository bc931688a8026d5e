/* SPDX-License-Identifier: MIT */
/** One reading of inputs: every key's winner is found first (T-21), then each is understood, once. */
#ifndef BAND_INPUTS_INTERNAL_H
#define BAND_INPUTS_INTERNAL_H

#include "inputs.h"
#include "value.h"

/** Where a key's value is: in the program, or typed. */
struct given {
	uint8_t by;                    /**< enum band_origin; DEFAULT: nobody said anything */
	const struct band_value *node; /**< of a program; NULL: `text` */
	const char *text;
};

struct reader {
	struct band_report *report;
	const struct band_styles *styles;
	struct band_inputs *in;
	struct given given[BAND_N_KEYS];
	const struct band_value *program; /**< its root; NULL: there is none */
	bool strict;
	bool no_memory;
};

#define GIVEN_WHERE_MAX BAND_WHERE_MAX
/** "/tempo_bpm (line 3, column 12)", "flag tempo". @return buf. */
const char *given_where(const struct reader *r, enum band_key key, char buf[GIVEN_WHERE_MAX]);
/** A single value as text. @return NULL: not given, or an issue `code` says what is wrong. */
const char *given_text(const struct reader *r, enum band_key key, const char *code);
/** An issue at the key's value, an error. */
[[gnu::format(printf, 4, 5)]] void given_fault(
	const struct reader *r, enum band_key key, const char *code, const char *fmt, ...);

/** Keys of a program that have an effect, into r->given; every other key is reported. */
void program_gather(struct reader *r, const struct band_value *root, bool style_is_typed);
/** style_given.c: base, bass; knobs need the meter. */
void style_read_base(struct reader *r);
void style_read_knobs(struct reader *r);
/** chords_given.c */
void chords_read(struct reader *r);
/** sections_given.c */
void sections_read(struct reader *r);
/** Chords of a program that has Roman numerals. @return caller frees; NULL: it has none, or an issue says
 * what is wrong. */
char *study_chords(struct reader *r);

#endif
