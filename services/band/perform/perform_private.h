/* SPDX-License-Identifier: MIT */
/**
 * A performance inside: bars with a place and a tempo each, notes and controls with a tick each, as they
 * would be written without a loop. What a loop makes of them is messages.c's business.
 */
#ifndef BAND_PERFORM_PRIVATE_H
#define BAND_PERFORM_PRIVATE_H

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "perform.h"
#include "setlist.h"

#define PERFORM_BARS_MAX BAND_BARS_MAX
#define PERFORM_NO_INDEX UINT32_MAX
#define PERFORM_CC_MAX 127u

/** D-4; telemetry has a track for each kind, so that the order of tritone.md 13 comes out. */
enum perform_track {
	PERFORM_COMP = 1,
	PERFORM_BASS,
	PERFORM_DRUMS,
	PERFORM_CLICK,
	PERFORM_SECTION,
	PERFORM_COUNTDOWN,
	PERFORM_INDEX,
	PERFORM_N_TRACKS
};

struct perform_bar {
	int64_t tick;
	uint64_t npq;
	uint32_t index; /**< what telemetry counts; PERFORM_NO_INDEX: count-in */
	uint16_t num, den;
	char cue[BAND_SECTION_NAME]; /**< begins here: a section, a piece of a setlist; empty: nothing does */
};

struct perform_note {
	int64_t on, off;           /**< 960 PPQ */
	int64_t file_on, file_off; /**< 480 PPQ, rounded from the same beats */
	uint32_t bar;              /**< that it belongs to, early or late as it may be */
	uint32_t id;
	uint8_t track, channel, key, velocity;
};

/** A program or a controller. */
struct perform_control {
	int64_t tick;
	uint8_t track, rank; /**< enum band_rank */
	uint8_t status, data1, data2;
};

/** An item of ours, with the chorus that is played of it. */
struct perform_item {
	struct band_inputs in;
	uint32_t repeats;
	uint32_t round; /**< that the trainer counts from: choruses before the tempo was set */
	struct band_plan form;
	uint32_t from, n_bars; /**< of the form: the section, or all */
};

struct band_performance {
	struct band_options options;
	struct perform_item *item;
	uint32_t n_items, first_item; /**< number of the first in telemetry and plan */

	struct band_plan plan;
	struct perform_bar *bar; /**< one more than the plan has: the end */
	uint32_t loop_from;      /**< bar; valid while `endless` */
	bool endless;
	/* What lies before bar 0 and was left out: only its length remains. */
	int64_t base_u;
	uint32_t base_measure;

	struct perform_note *note;
	uint32_t n_notes, notes_room, last_id;
	struct perform_control *control;
	uint32_t n_controls, controls_room;
};

/* performance.c */

struct band_performance *perform_open(
	uint32_t n_items, const struct band_options *options); /**< NULL: no memory */
int perform_item_add(
	struct band_performance *p, const struct band_inputs *in, uint32_t repeats, uint32_t round);
void perform_failed(int r, struct band_report *report); /**< says what no report says yet */
void perform_warn(const struct band_performance *p, struct band_report *report);

/* form.c: the endless row of bars that items, repeats and options make */

/** Chorus and section of each item. @return 0; -EINVAL report; -ENOMEM. */
int perform_items_open(struct band_performance *p, struct band_report *report);
/** Bars of once through all items. */
uint64_t perform_pass_bars(const struct band_performance *p);
/** Passes after which patterns, clave, trades and click bars are where they began. */
uint32_t perform_cycle_passes(const struct band_performance *p);
/** Passes until nothing grows any more: trainer, rise. */
uint32_t perform_growing_passes(const struct band_performance *p);
struct perform_place {
	uint32_t item, chorus, bar; /**< of p->item, of that item, of what is played of its form */
};
struct perform_place perform_place_at(const struct band_performance *p, uint64_t bar);
uint64_t perform_bar_of(const struct band_performance *p, struct perform_place place);
/** The bar at a place, all but endings. @param ret_cue  Room for BAND_SECTION_NAME. */
struct band_bar perform_bar_make(const struct band_performance *p, struct perform_place place, char *ret_cue);

/* home.c */

/** The chord that a form comes home to after its last bar. @return false: it is there already, or nobody
 * knows. */
bool perform_home(const struct perform_item *item, struct band_bar_chord *ret);

/* lay.c: bars, notes and controls from a bar on */

/**
 * Appends bars to what is in `p`, to its end or its loop, and what is played in them.
 * @param bar  Of the row of form.c, where it begins. @return 0; -EINVAL report; -ENOMEM.
 */
int perform_lay(struct band_performance *p, uint32_t count_in, uint64_t bar, struct band_report *report);
/** Room for so many bars in all. @return 0, -ENOMEM. */
int perform_bars_room(struct band_performance *p, uint32_t n_bars);
int perform_note_add(struct band_performance *p, const struct perform_note *note); /**< -ENOMEM, -E2BIG */
int perform_control_add(struct band_performance *p, const struct perform_control *control); /**< -ENOMEM */

/* players.c: both check what they hand on (contract 1.3) and return 0; -EINVAL report; -ENOMEM, -E2BIG */

/** What an item's players play in the bars from..to-1 of the plan; of bars from `keep_to` on nothing is kept.
 */
int perform_players(struct band_performance *p, const struct band_inputs *in, uint32_t from, uint32_t to,
	uint32_t keep_to, struct band_report *report);
/** Count-in and metronome of those bars. */
int perform_clicks(struct band_performance *p, const struct band_inputs *in, uint32_t from, uint32_t to,
	struct band_report *report);

/* maps.c */

/** Tempo segments of all that is heard, from tick 0. Caller frees. @return how many; -ENOMEM. */
int perform_tempo(const struct band_performance *p, struct mos_tempo_seg **ret);
int64_t perform_bar_u(const struct band_performance *p, uint32_t bar);

/* messages.c */

struct perform_message {
	int64_t tick;
	uint32_t id, len, index; /**< index: last of all decides the order */
	uint8_t rank, track, status, data1, data2;
};
/** All that is sent, sorted by tick and D-4; a loop's seam closed. Caller frees. @return 0; -EINVAL report;
 * -ENOMEM. */
int perform_messages(const struct band_performance *p, struct band_report *report,
	struct perform_message **ret, uint32_t *ret_n);
void perform_sort(struct perform_message *message, uint32_t n);
struct band_due perform_due(int64_t due_ns, const struct perform_message *message);

#endif
