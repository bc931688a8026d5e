/* SPDX-License-Identifier: MIT */
/**
 * A performance: what an accompanist makes of a program - count-in, choruses, fills, traded fours, a trainer
 * - laid out bar by bar, rendered once, and handed over either as a timeline (rtcore plays it) or as a
 * schedule in nanoseconds (a sender thread plays it). The same notes at the same times in both.
 *
 * Endless playing needs no end: its last part is a loop, and what changes is spliced in at a bar line that is
 * still ahead. Everything before that line stays as it was, so the swap is inaudible.
 */
#ifndef BAND_PERFORM_H
#define BAND_PERFORM_H

#include <mos/midi_gate.h>

#include "events.h"
#include "groove.h"

struct band_options {
	uint32_t count_in_bars;          /**< sticks before the first bar; default 0 offline, 1 live */
	uint32_t choruses;               /**< of a setlist: times through all of it. 0: endless */
	char section[BAND_SECTION_NAME]; /**< play only this one; empty: the whole form */
	uint32_t trade_bars; /**< trade fours: 4 = band four bars, soloist four bars with drums only; 0: no */
	bool trade_band_first;
	double trainer_bpm;        /**< added each chorus; 0: no */
	double trainer_max_bpm;    /**< stays there; 0: 300, or the program's own when that is faster */
	uint32_t click_only_every; /**< each n-th bar is metronome only (0: never): inner clock training */
	bool fills;                /**< at section ends; default true for our styles */
	/** The last bar is an ending; where the form ends on a dominant and has the chord it leads to, one
	 * more bar on that chord is. Without effect while endless. */
	bool ending;
	bool rise;  /**< soft at first, hard at last, whatever the inputs' intensity */
	bool click; /**< on quarters, or on the clave when one is named */
	char clave[24];
	uint8_t click_note, click_vel; /**< 37, 40 */
	uint8_t rests;                 /**< BAND_REST() of parts nobody wants: the player's own instrument */
	/** How they feel (engine/groove.h): "tight", "loose" ...; empty: as the program says. */
	char groove[16];
	char groove_profile[BAND_GROOVE_PROFILE]; /**< whose feel: its seed; empty: the program's name */
	bool bar_cc;                              /**< telemetry (contract 8) */
	uint8_t bar_cc_channel;                   /**< 15, from 0 */
	uint8_t bar_cc_countdown, bar_cc_index, bar_cc_section; /**< 20, 21, 22: fixed within v1 (T-52) */
	struct mos_gate_policy gate;
	bool to_apollo, to_midi; /**< where rtcore sends it */
};
void band_options_init(struct band_options *options); /**< the defaults above; live */
/** Ranges, and clashes (telemetry channel in use): errors and warnings. */
int band_options_check(const struct band_options *options, struct band_report *report);

/** A setlist item, or the one program. A performance copies what it needs. */
struct band_item {
	const struct band_inputs *in;
	uint32_t repeats; /**< choruses of it, each time the list comes round; `choruses` says how often that
			     is */
};

struct band_performance;

/** @return NULL and a report, or errno ENOMEM in `report` as band.memory. */
struct band_performance *band_performance_new(const struct band_item *items, uint32_t n_items,
	const struct band_options *options, struct band_report *report);
/**
 * From bar `at_bar` on play `in` with `options` instead: bars before it are taken from `old`, ticks and tempo
 * too. With `keep_form` the new inputs go on at the place in the form where the old ones were (tempo, style,
 * intensity), in place of the setlist item that plays there; otherwise they begin at their first bar (other
 * chords), alone. Bars of an endless performance are counted on past the loop's end: n_bars is the line where
 * the loop ends. Long after the beginning, bars that no longer matter are left out; ticks and time go on as
 * they were.
 */
struct band_performance *band_performance_splice(const struct band_performance *old, uint32_t at_bar,
	const struct band_inputs *in, const struct band_options *options, bool keep_form,
	struct band_report *report);
void band_performance_free(struct band_performance *p);

const struct band_plan *band_performance_plan(const struct band_performance *p);
uint32_t band_performance_notes(const struct band_performance *p); /**< how many */
/** 960 PPQ. Bar n_bars: the line where the last one ends; an endless one's loop is counted on. */
int64_t band_performance_bar_tick(const struct band_performance *p, uint32_t bar);
/** When it starts in the schedule's time; an endless one's loop is counted on. */
int64_t band_performance_bar_ns(const struct band_performance *p, uint32_t bar);
/** Bar that is playing at a tick; past the loop's end it goes round. */
uint32_t band_performance_bar_at(const struct band_performance *p, int64_t tick);
/** The endless part, in ticks. @return false: it ends. */
bool band_performance_loop(const struct band_performance *p, int64_t *ret_start, int64_t *ret_end);

/** Sealed timeline with tempo, meter, chord markers, parts, gate policy and loop. @return fd; -errno, report.
 */
int band_performance_timeline(const struct band_performance *p, struct band_report *report);

/**
 * Standard MIDI File in the form of tritone.md 10: tempo and meter changes in the first track, then a track
 * each of those that play. @return 0; -EINVAL report (an endless one has no file); -ENOMEM. Caller frees.
 */
int band_performance_smf(const struct band_performance *p, bool no_overlap, struct band_report *report,
	struct band_bytes *ret);

/** The same, in time: for a sender. Sorted by (due, rank, track, channel, data1, insertion), D-4. */
struct band_due {
	int64_t due_ns; /**< from the start */
	uint32_t ump[2];
	uint8_t rank;
	uint8_t track; /**< 1 comp, 2 bass, 3 drums, 4 click; of telemetry 5 section, 6 countdown, 7 index */
};
struct band_schedule {
	struct band_due *due;
	uint32_t n_due;
	int64_t loop_start_ns, loop_end_ns; /**< 0, 0: ends at end_ns */
	int64_t end_ns;
};
int band_performance_schedule(
	const struct band_performance *p, struct band_report *report, struct band_schedule *ret);
/** The contract's step list as a schedule of one endless cycle; telemetry as options say. */
int band_steps_schedule(const struct band_steps *steps, double tempo_bpm, const struct band_options *options,
	uint32_t n_bars, struct band_schedule *ret);
void band_schedule_finish(struct band_schedule *schedule);

#endif
