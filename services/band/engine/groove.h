/* SPDX-License-Identifier: MIT */
/**
 * Groove intent (tritone.md 8.5, 8.7): an optional layer around the engine that a live player puts between
 * sorted messages and their due times. What somebody wants of the feel becomes a few controls; the controls
 * move messages and scale velocities. No generator, no state: each message's offset follows from the profile
 * and its index.
 */
#ifndef BAND_GROOVE_H
#define BAND_GROOVE_H

#include <stdbool.h>
#include <stdint.h>

enum band_groove_mode {
	BAND_GROOVE_FOLLOW = 0,
	BAND_GROOVE_ASSIST,
	BAND_GROOVE_STABILIZE,
	BAND_GROOVE_CHALLENGE,
	BAND_GROOVE_RECOVER, /**< the stronger, the later: of several modes the last counts */
};
enum band_groove_bias { BAND_GROOVE_NEUTRAL = 0, BAND_GROOVE_AHEAD, BAND_GROOVE_BEHIND };

#define BAND_GROOVE_PROFILE 64u
#define BAND_GROOVE_MS 7.5

struct band_groove {
	char profile[BAND_GROOVE_PROFILE]; /**< whose feel; the seed */
	enum band_groove_mode mode;
	enum band_groove_bias bias;
	double tightness, expression, assist; /**< 0..1; others are taken for the nearer end */
	double humanize_ms;                   /**< base; usually BAND_GROOVE_MS */
};

struct band_groove_controls {
	double humanize_ms;  /**< 0..30 */
	double velocity_mul; /**< 0.85..1.25 */
	double bias_ms;      /**< of note-ons; negative: ahead */
};

/** "tight", "loose", "challenge", "recover". @return 0; -EINVAL. Keeps `groove->profile` and bias. */
int band_groove_preset(const char *name, struct band_groove *groove);
struct band_groove_controls band_groove_controls(const struct band_groove *groove);

enum band_groove_kind { BAND_GROOVE_NOTE_ON = 0, BAND_GROOVE_NOTE_OFF, BAND_GROOVE_CC };
/**
 * When a message is due, in seconds, whole nanoseconds.
 * @param at     Due without groove.
 * @param index  In the sorted list.
 */
double band_groove_due(const struct band_groove *groove, const struct band_groove_controls *controls,
	enum band_groove_kind kind, uint32_t index, double at);
/** Of a note-on; 0 stays 0, which is a note-off. */
uint8_t band_groove_velocity(const struct band_groove_controls *controls, uint8_t velocity);

/** -ms .. ms from "seed|lane|index"; smooth: sixteen indices from one value to the next. */
double band_jitter_ms(const char *seed, const char *lane, uint32_t index, double ms, bool smooth);

/* What to play */

enum band_groove_level { BAND_GROOVE_LOW = 0, BAND_GROOVE_MID, BAND_GROOVE_HIGH };
struct band_groove_plan {
	const char *family;             /**< "free", "shuffle", "swing", "straight" */
	enum band_groove_level density; /**< sparse, normal, dense */
	enum band_groove_level energy;
};
struct band_groove_plan band_groove_plan(const struct band_groove *groove);

/** A pattern that an arranger can choose. */
struct band_groove_pattern {
	const char *id, *family;
	enum band_groove_level density;
	enum band_groove_level energy_min, energy_max;
};
/** Filters by family, density and energy, each only while something is left. @return an index; n > 0. */
uint32_t band_groove_pick(
	const struct band_groove *groove, const struct band_groove_pattern *patterns, uint32_t n);

#endif
