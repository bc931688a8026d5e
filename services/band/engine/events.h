/* SPDX-License-Identifier: MIT */
/**
 * What is played, note by note, and the only way to it: band_render() runs generator and layers and checks
 * before and after each (contract 1.3, 6.2); nothing hands events on but through band_check().
 */
#ifndef BAND_EVENTS_H
#define BAND_EVENTS_H

#include "plan.h"

#define BAND_EVENTS_MAX 1000000u

enum band_kind { BAND_NOTE = 0, BAND_GHOST };

struct band_event {
	double at_beats; /**< quarters from the start of all */
	double len_beats;
	uint32_t bar;   /**< of the plan; no layer changes it (T-40) */
	uint16_t chord; /**< in the bar; nor this (T-39) */
	uint8_t part;   /**< enum band_part */
	uint8_t kind;   /**< enum band_kind */
	uint8_t note, velocity, channel;
	uint8_t onset; /**< 1: first note of its chord's hit; others of the same hit follow it */
};

struct band_events {
	struct band_event *event; /**< comp first, then bass, then drums; within: as generated */
	uint32_t n_events, n_room;
	uint32_t n[BAND_N_PARTS];
};
int band_events_add(struct band_events *events, const struct band_event *event); /**< -ENOMEM, -E2BIG */
void band_events_finish(struct band_events *events);

struct band_ctx {
	const struct band_inputs *in;
	const struct band_plan *plan;
	struct band_report *report;
};

/** A layer: moves time and velocity, adds ghosts; nothing else passes the check behind it. @return 0 or
 * -errno. */
typedef int (*band_layer_fn)(const struct band_ctx *ctx, struct band_events *events);
struct band_layer {
	const char *name;
	band_layer_fn fn;
};
/** In the order in which they run: ghosts, contour, profile, swing, humanize. Ends with a NULL name. */
extern const struct band_layer band_layers[];

enum band_stage { BAND_PRE_EXPRESSIVE = 0, BAND_POST_EXPRESSIVE, BAND_PRE_WRITE, BAND_PRE_SCHEDULE };
const char *band_stage_name(enum band_stage stage); /**< "pre_expressive" */
/** tritone.md 9; the first fault is an error that names the stage and the event. */
int band_check(const struct band_ctx *ctx, const struct band_events *events, enum band_stage stage);

/** Plan to events: generate, check, each layer with a check behind it. @return 0; -EINVAL report; -ENOMEM. */
int band_render(const struct band_ctx *ctx, struct band_events *ret);
/** The same with other layers (tests put poisoned ones between). */
int band_render_layers(const struct band_ctx *ctx, const struct band_layer *layers, struct band_events *ret);

/**
 * Notes of a chord, ascending. Reference: root + 48 and its quality's table. True: what the symbol means,
 * voiced near `before` (n_before 0: none), within the comp's compass. @return how many; 0: N.C.; -EINVAL: no
 * chord.
 */
#define BAND_VOICING_MAX 8u
int band_voice(enum band_voicing voicing, const char *symbol, const uint8_t *before, uint32_t n_before,
	uint8_t ret[BAND_VOICING_MAX]);

/* What comes out */

/** tritone.md 16: the text that is hashed, and its SHA-256. Caller frees. */
char *band_events_text(const struct band_events *events, const struct band_inputs *in, size_t *ret_len);
int band_events_digest(const struct band_events *events, const struct band_inputs *in, char ret[65]);

struct band_bytes {
	uint8_t *byte;
	size_t size;
};
struct band_smf_options {
	bool reference_bass; /**< program of the bass on channel 0, as the reference has it (digests only) */
	bool no_overlap;     /**< one sounding voice a key (D-10) */
	bool metadata;       /**< text events: midi_runtime_contract=v1, digest of the inputs (T-65) */
};
/** tritone.md 10, after band_check(PRE_WRITE). @return 0; -EINVAL report; -ENOMEM. Caller frees. */
int band_smf(const struct band_ctx *ctx, const struct band_events *events,
	const struct band_smf_options *options, struct band_bytes *ret);

/** One message of the loop in cycle coordinates (contract 3.2). */
enum band_rank { BAND_RANK_OFF = 0, BAND_RANK_PROGRAM, BAND_RANK_CC, BAND_RANK_ON }; /**< D-3 */
struct band_step {
	uint32_t step;
	uint8_t rank;   /**< enum band_rank */
	uint8_t track;  /**< D-4: 1 comp, 2 bass, 3 drums, 4 click */
	uint8_t status; /**< 0x90 ...; note-off always 0x8n */
	uint8_t data1, data2;
	double shift_beats; /**< swing and jitter that the grid would round away; signed */
};
struct band_steps {
	struct band_step *step;
	uint32_t n_steps;
	uint32_t per_cycle; /**< steps a cycle */
	double step_beats;
};
/** The step that a place on the grid counts as (tritone.md 11); the nearest of two halves is the even one. */
double band_on_step(enum band_quantize mode, double step);
struct band_steps_options {
	uint32_t cycle_bars; /**< 0: all, twice when odd (D-15) */
	bool keep_shift;
	bool click;        /**< on the clave's strokes (tritone.md 11) */
	const char *clave; /**< "son_2_3" ...; NULL: none */
	uint8_t click_note, click_vel;
};
/** After band_check(PRE_SCHEDULE). @return 0; -EINVAL report; -ENOMEM. */
int band_steps(const struct band_ctx *ctx, const struct band_events *events,
	const struct band_steps_options *options, struct band_steps *ret);
void band_steps_finish(struct band_steps *steps);
/** tritone.md 16: digest of the step text. */
int band_steps_digest(const struct band_steps *steps, char ret[65]);

#endif
