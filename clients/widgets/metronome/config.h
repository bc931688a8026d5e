/* SPDX-License-Identifier: MIT */
/* What can be set on the metronome: one table of names, types and ranges for settings, methods and saved
 * state. */
#ifndef METRONOME_CONFIG_H
#define METRONOME_CONFIG_H

#include <mos/euclid.h>
#include <mos/rhythm_mixer.h>
#include <mos/value.h>

enum metro_voice { VOICE_OFF = 0, VOICE_COUNT, VOICE_CUES };
enum metro_view { VIEW_LINE = 0, VIEW_CIRCLE, VIEW_BOTH };
enum metro_input { INPUT_MIDI = 0, INPUT_MICROPHONE, INPUT_BOTH }; /* who is judged */
enum metro_cue { CUE_OFF = 0, CUE_LOW, CUE_HIGH };                  /* which of the score's notes accents strike */

/* Of each click, on top of what its drum has (TOU-22): 0, 0, 1 is none. */
struct metro_envelope {
	double attack_ms, decay_ms; /* straight lines */
	double sustain;             /* 0..1, what is left after the decay */
};

struct metro_config {
	/* The pattern: `pattern` goes before `preset`, that before pulses and steps. 0: as the preset has it.
	 */
	char preset[24];                        /* key, "none" */
	char pattern[MOS_RHYTHM_STEPS_MAX + 1]; /* a grid of one's own, "" */
	int32_t pulses, steps, rotation;
	int32_t step_ticks;     /* 0: the pattern fills its measures; else free mode's length of a step */
	int32_t measures;       /* that a pattern fills */
	int32_t poly_a, poly_b; /* polyrhythm */
	int32_t num, den;       /* free mode's meter */

	int32_t linked;      /* 0 free, 1 follows the score */
	int32_t subdivision; /* clicks a beat, 0: the pattern alone */
	int32_t counting;    /* enum mos_counting */
	int32_t loop_bars;   /* free mode; 0: none */
	int32_t advanced;    /* wider range of tempo */
	double bpm;          /* free mode */
	struct mos_mixer mixer;
	struct metro_envelope envelope;
	int32_t cue; /* enum metro_cue; linked only */
	int32_t cue_program; /* General MIDI, from 0 */
	int32_t lead_ms;  /* visual lead */
	double intensity; /* of what is seen, 0..1.5 */
	int32_t voice;    /* enum metro_voice */
	int32_t practice;
	int32_t input; /* enum metro_input */
	double threshold_ms; /* of telemetry */
	int32_t view;        /* enum metro_view */

	/* What follows from the above. */
	struct {
		struct mos_rhythm rhythm;
		uint32_t preset_id; /* enum mos_preset_id that the rhythm is, just so; 0: none */
		uint32_t measures, poly[2];
		uint16_t num, den;
	} now;
};

#define METRO_CONFIG_FIELDS 48 /* room for metro_config_fields() */

void metro_config_init(struct metro_config *config);

/* What was wrong. */
struct metro_fault {
	const char *where; /* name of the setting */
	const char *why;   /* in words */
};

/*
 * Change several at once, all or none: a preset puts an own pattern away, pulses and steps a preset. Tempo is
 * clamped to its range.
 * @return 0; -ENOENT no such setting; -EINVAL, -ERANGE; -EPERM the pattern is locked to the score (TOU-07).
 */
int metro_config_change(
	struct metro_config *config, const struct mos_field *field, size_t n, struct metro_fault *ret);
/* A complete set, as settings and saved state are: nothing follows from anything. Unknown ones are passed
 * over. */
int metro_config_load(struct metro_config *config, const struct mos_value *map, struct metro_fault *ret);
/* The settings that are others now than in `old` are changed; those of the pattern not while it is locked. */
int metro_config_update(struct metro_config *config, const struct mos_value *old, const struct mos_value *map,
	struct metro_fault *ret);
/* Everything that can be set, as fields that borrow from `config`. @return their number. */
size_t metro_config_fields(const struct metro_config *config, struct mos_field *ret);
/* A number that is another one when a setting is another one. */
uint64_t metro_config_hash(const struct metro_config *config);

/* TOU-05: 60..200, or with `advanced` 20..300. */
double metro_clamp_bpm(double bpm, int advanced);

/* Keys' way to change the pattern: turn it, an onset more or less as evenly as can be. -EPERM while linked.
 */
int metro_config_rotate(struct metro_config *config, int by);
int metro_config_pulses(struct metro_config *config, int more);

#endif
