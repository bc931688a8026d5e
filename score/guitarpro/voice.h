/* SPDX-License-Identifier: MIT */
/** What the writer remembers of one voice from beat to beat. */
#ifndef SCORE_GUITARPRO_VOICE_H
#define SCORE_GUITARPRO_VOICE_H

#include "gp.h"

/** A number of ticks that need not be whole; always reduced. */
struct gp_ticks {
	int64_t num, den;
};

/** The last note of a string: it may still be tied on, and what it goes to comes later. */
struct gp_open {
	uint16_t key; /**< string, or 0x100 + pitch */
	uint8_t fret;
	uint32_t note; /**< index in its part */
	uint32_t bar;  /**< where it ends */
	size_t tab;    /**< 1 + index; 0: none */
	int64_t end_tick;
	nvx_list bend, whammy; /**< struct nvx_point */
	struct gp_fx fx;
};

struct gp_tuplet {
	struct gp_ratio ratio;
	struct gp_ticks sum, least; /**< written ticks so far, the shortest of them */
	size_t element;             /**< 1 + index in notation; 0: none */
	nvx_id id;
};

/** Something that goes on over several beats: 8va, a hairpin. */
struct gp_span {
	size_t element; /**< 1 + index in notation; 0: none */
	int64_t end_tick;
	int8_t what;
};

struct gp_voice {
	struct gp_ticks at; /**< from the beginning of the bar */
	uint32_t bar;       /**< it was in last */
	struct gp_tuplet tuplet[2];
	struct gp_span octave, hairpin;
	nvx_id slur_from;
	int64_t last_event_tick; /**< of a beat that is no grace */
	struct gp_open open[GP_MAX_BEAT_NOTES];
	unsigned n_open;
	uint8_t hyphens; /**< bit i: the last syllable of line i goes on */

	/* graces that wait for the note they lead to */
	struct {
		uint32_t ticks;
		size_t event; /**< 1 + index in notation; 0: none */
		uint8_t on_beat;
		uint32_t first_note; /**< in its part; up to the next grace's */
		uint32_t n_notes;
	} grace[32];
	unsigned n_graces;
	/** Notes that end where the graces begin. */
	uint32_t cut[GP_MAX_BEAT_NOTES];
	uint16_t cut_key[GP_MAX_BEAT_NOTES];
	unsigned n_cut;
};

static inline int64_t gp_round(struct gp_ticks ticks)
{
	return (2 * ticks.num + ticks.den) / (2 * ticks.den);
}

/** Ticks from one to the other as a length; what is too long for one is cut. */
static inline uint32_t gp_length(int64_t from, int64_t to)
{
	return to <= from ? 0 : to - from > INT32_MAX ? INT32_MAX : (uint32_t)(to - from);
}

/* notes.c */
/**
 * @param ret_is_new  0: it only went on.
 * @return index in its part; UINT32_MAX: no note came of it.
 */
uint32_t gp_put_note(struct gp_song *song, const struct gp_beat *beat, struct gp_note *note, int64_t tick,
	int64_t end_tick, int *ret_is_new);
/** Nothing follows any more: write the techniques of all that is open. */
void gp_close_voice(struct gp_song *song, const struct gp_track *track, struct gp_voice *voice);
uint16_t gp_note_key(const struct gp_song *song, const struct gp_note *note);

/* graces.c */
void gp_put_grace(struct gp_song *song, struct gp_beat *beat);
/** @return ticks that they take from the beat that begins at `tick`. */
int64_t gp_place_graces(struct gp_song *song, const struct gp_beat *beat, int64_t tick, int64_t end_tick);
/** None follows in this bar: they come after the last note. */
void gp_trailing_graces(struct gp_song *song);

/* events.c */
/** @return 1 + index in notation; 0: none (error, echo). */
size_t gp_put_event(struct gp_song *song, const struct gp_beat *beat, int64_t tick, int64_t end_tick,
	const nvx_id *note_ids, unsigned n_ids);

#endif
