/* SPDX-License-Identifier: MIT */
/** Reading a score: what the files of pass 1 share. */
#ifndef ENGRAVE_READ_H
#define ENGRAVE_READ_H

#include "impl.h"

struct eng_key_sign {
	int64_t tick;
	int8_t fifths;
};
struct eng_clef_sign {
	int64_t tick;
	struct eng_clef clef;
};
struct eng_meter_sign {
	int64_t tick;
	uint16_t num, den;
	uint8_t sign;
	nvx_list grouping;
};
struct eng_octave_sign {
	int64_t tick, end;
	int8_t shift;
};

/** Of one staff, each by tick; the first of keys, clefs and meters stands at 0. */
struct eng_signs {
	struct eng_clef_sign *clef;
	struct eng_key_sign *key;
	struct eng_meter_sign *meter;
	struct eng_octave_sign *octave;
	uint32_t n_clefs, n_keys, n_meters, n_octaves;
	uint32_t max_clefs, max_keys, max_meters, max_octaves;
};

struct eng_reader {
	struct eng *e;
	struct eng_event *event; /**< as they come */
	uint32_t n_events, max_events, max_heads, max_tuplets;
	struct eng_map part_of_id;
	uint32_t *first_staff; /**< by part; ENG_NONE: not drawn */
	uint8_t *n_staves;     /**< by part, without a tablature that we add */
};

/** Meter with its grouping, at a tick of a staff. */
const struct eng_meter_sign *eng_meter_at(const struct eng *e, uint32_t staff, int64_t tick);

int eng_read_measures(struct eng *e);
int eng_read_parts(struct eng_reader *r);  /**< parts, staves, where their notes are */
int eng_read_slashes(struct eng_reader *r);
int eng_read_slash_regions(struct eng_reader *r); /**< the notes there are not shown */
int eng_read_repeats(struct eng_reader *r);
int eng_read_multi_rests(struct eng *e);
int eng_read_signs(struct eng_reader *r);  /**< of the notation layer and the maps */
int eng_read_events(struct eng_reader *r); /**< of the notation layer */
int eng_link_events(struct eng_reader *r); /**< voices, chords over staves, ties (read_links.c) */
void eng_number_voices(struct eng *e);     /**< anew in each measure of a staff */
int eng_derive(struct eng_reader *r, uint32_t part, int alone);
int eng_spell(struct eng *e);   /**< steps, positions, heads, accidentals */
int eng_columns(struct eng *e); /**< of every measure, and which each event stands in */
struct eng_event *eng_add_event(struct eng_reader *r);
int eng_add_head(struct eng_reader *r, struct eng_event *event, uint32_t note);

#endif
