/* SPDX-License-Identifier: MIT */
/**
 * A bank: the zone table that SoundFont 2/3 and SFZ both compile to. Built by the loader thread (load/), read by
 * the audio thread, never changed in between.
 *
 * A zone is what one sample needs to sound for a range of keys and velocities: parameters (enum zone_param), each
 * with a base value, and modulators that add to a parameter or multiply it while the voice sounds. Whatever the file
 * format calls it (default modulators, velocity tracking, crossfades, random detune, CC modulation), it is here a
 * modulator with a curve; what decides whether a zone sounds at all (controllers, key switches, round robin) is a
 * condition. The voice knows no file format but for the units of times and shapes (enum zone_flavour).
 *
 * Sources: SoundFont Technical Specification 2.04; sfzformat.com for SFZ.
 */
#ifndef SAMPLER_BANK_H
#define SAMPLER_BANK_H

#include <stdint.h>
#include <mos/attr.h>

#define BANK_DRUMS 128u       /**< preset.bank of drum kits, as in SoundFonts */
#define BANK_NONE UINT32_MAX  /**< no sample, no zone */
#define SAMPLE_EXTENTS 2u
#define CURVE_POINTS 129u     /**< at 0, 1 .. 127 and once more the last, so that x + 1 can be read */

enum sample_format { SAMPLE_S16, SAMPLE_F32 };

/** A stretch of a sample that is in memory, all channels. KERNEL_OVER frames more are readable behind it. */
struct sample_extent {
	uint32_t first, end;  /**< frames */
	const void *data[2];  /**< of each channel: its frame `first`; int16_t or float, full scale 32768 or 1.0 */
};

/** Audio of one or two channels; the store owns it (store/store.h). */
struct sample {
	uint32_t n_frames;
	uint32_t rate_hz;
	uint8_t n_channels; /**< 1 or 2 */
	uint8_t format;     /**< enum sample_format */
	uint8_t n_extents;  /**< 1: extent[0] begins at frame 0; 2: the second one holds a loop. Sorted, apart */
	struct sample_extent extent[SAMPLE_EXTENTS];
	uint32_t source;    /**< the store's: where the rest is read from; BANK_NONE: all is in memory */
};

/** Units of a zone's times, sustain levels and shapes. */
enum zone_flavour {
	ZONE_SF2, /**< times in timecents, volume sustain in cB below peak, modulation sustain in 0.1 % below peak;
		       decay and release of the volume fall 100 dB in their time, those of modulation run linearly;
		       LFO rates in absolute cents */
	ZONE_SFZ, /**< times in seconds, sustain and start 0..1; decay and release fall by exp(-9) in their time;
		       LFO rates in Hz */
};

enum zone_loop { ZONE_LOOP_NONE, ZONE_LOOP_ALWAYS, ZONE_LOOP_UNTIL_RELEASE, ZONE_ONE_SHOT /**< note-off is not heard */ };
enum zone_trigger { ZONE_ON_ATTACK, ZONE_ON_FIRST, ZONE_ON_LEGATO, ZONE_ON_RELEASE, ZONE_ON_RELEASE_KEY, ZONE_ON_CC };
enum zone_off_mode { ZONE_OFF_FAST, ZONE_OFF_NORMAL, ZONE_OFF_TIME };
enum zone_generator { ZONE_SAMPLE, ZONE_SILENCE, ZONE_SINE, ZONE_SAW, ZONE_SQUARE, ZONE_TRIANGLE, ZONE_NOISE };

enum zone_filter {
	ZONE_FILTER_OFF,
	ZONE_LP1, ZONE_HP1, ZONE_BP1, ZONE_AP1,
	ZONE_LP2, ZONE_HP2, ZONE_BP2, ZONE_BR2,
	ZONE_LP4, ZONE_HP4, ZONE_LP6, ZONE_HP6,
	ZONE_LOW_SHELF, ZONE_HIGH_SHELF, ZONE_PEAK,
	ZONE_LP2_SF2, /**< LP2 whose gain falls with the resonance: 1/sqrt(Q), as SoundFont synthesizers have it */
};

#define ZONE_ENVS 3u  /**< 0 volume; 1 modulation (SoundFont) or pitch; 2 filter */
#define ZONE_LFOS 4u  /**< SoundFont: 0 modulation, 1 vibrato. SFZ: 0 amplitude, 1 pitch, 2 filter, 3 free */
#define ZONE_EQS 3u

/** Fields of an envelope, see zp_env(). */
enum zone_env_field {
	ENV_DELAY, ENV_START, ENV_ATTACK, ENV_HOLD, ENV_DECAY, ENV_SUSTAIN, ENV_RELEASE,
	ENV_TO_PITCH, /**< cents at its peak */
	ENV_TO_FC,    /**< cents at its peak */
	ENV_FIELDS
};

/** Fields of an LFO, see zp_lfo(). */
enum zone_lfo_field {
	LFO_DELAY, LFO_FADE /**< seconds in both flavours */, LFO_FREQ,
	LFO_TO_PITCH,  /**< cents */
	LFO_TO_FC,     /**< cents */
	LFO_TO_ATTEN,  /**< cB louder at its peak */
	LFO_TO_PAN,    /**< 0.1 % */
	LFO_FIELDS
};

/** What a modulator may move. Without a note the unit is the same in both flavours. */
enum zone_param {
	ZP_ATTEN,      /**< cB, positive is softer */
	ZP_GAIN,       /**< linear factor; not below 0 */
	ZP_PAN,        /**< 0.1 %, -500 left .. 500 right */
	ZP_WIDTH,      /**< of a stereo sample: 1 as it is, 0 mono, -1 exchanged */
	ZP_PITCH,      /**< cents on top of key tracking */
	ZP_BEND_UP,    /**< cents at full bend; NaN: the channel's bend range, both ways */
	ZP_BEND_DOWN,  /**< as SFZ has it: -200 falls two semitones */
	ZP_FC,         /**< absolute cents (0: 8.176 Hz) of the first filter */
	ZP_Q,          /**< cB of resonance: Q = 10^(value / 200) */
	ZP_FC2, ZP_Q2, /**< of the second filter */
	ZP_FILTER_GAIN, ZP_FILTER_GAIN2, /**< dB, of shelves and peaks */
	ZP_REVERB, ZP_CHORUS, /**< sends, 0.1 % */
	ZP_OFFSET,     /**< frames of the sample that are skipped at the start */
	ZP_DELAY,      /**< seconds before it starts */
	ZP_BALANCE,    /**< cB; above 0 the left side is softer by it, below 0 the right one */
	ZP_EQ,         /**< ZONE_EQS times: frequency (absolute cents), bandwidth (octaves), gain (dB) */
	ZP_ENV = ZP_EQ + 3 * (int)ZONE_EQS,
	ZP_LFO = ZP_ENV + (int)ZONE_ENVS * ENV_FIELDS,
	ZP_COUNT = ZP_LFO + (int)ZONE_LFOS * LFO_FIELDS
};

#define zp_env(env, field) ((uint32_t)ZP_ENV + (uint32_t)(env) * ENV_FIELDS + (uint32_t)(field))
#define zp_lfo(lfo, field) ((uint32_t)ZP_LFO + (uint32_t)(lfo) * LFO_FIELDS + (uint32_t)(field))

/** Where a modulator's value comes from; all give 0..127, with fractions where the sender had them. */
enum zone_source {
	SRC_ONE,        /**< constant: the curve is not read, the value is 1 */
	SRC_VELOCITY,
	SRC_KEY,
	SRC_KEY_PRESSURE,
	SRC_PRESSURE,
	SRC_BEND,       /**< 0 down, 64 centre, 127.99 up */
	SRC_BEND_RANGE, /**< semitones of the channel */
	SRC_RANDOM,     /**< drawn once a voice, 0..127 */
	SRC_RANDOM_BIPOLAR, /**< drawn once a voice, independent of the one above */
	SRC_ALTERNATE,  /**< 0 and 127 in turn, note by note */
	SRC_LFO,        /**< + number: its present value, -1..1 as it is (no curve) */
	SRC_ENV = SRC_LFO + (int)ZONE_LFOS, /**< + number: its present value, 0..1 as it is (no curve) */
	SRC_CC = 128    /**< + number */
};

/** Curves that every bank has. Tables have CURVE_POINTS entries over 0..127. */
enum zone_curve {
	/* 0..15: SoundFont 2.04 section 8.2: bit 0 direction (1: from maximum to minimum), bit 1 polarity (1: bipolar),
	 * bits 2-3 type: 0 linear, 1 concave, 2 convex, 3 switch */
	CURVE_SF2 = 0,
	CURVE_LINEAR = 0,        /**< x / 128, as SoundFonts have it */
	CURVE_BIPOLAR = 2,       /**< -1 .. 1 */
	CURVE_UNIT = 16,         /**< x / 127: reaches 1. SFZ curve 0 */
	CURVE_UNIT_BIPOLAR,      /**< 2x / 127 - 1. SFZ curve 1 */
	CURVE_UNIT_DOWN,         /**< 1 - x / 127. SFZ curve 2 */
	CURVE_UNIT_BIPOLAR_DOWN, /**< 1 - 2x / 127. SFZ curve 3 */
	CURVE_SQUARE,            /**< (x / 127)^2. SFZ curve 4 */
	CURVE_SQRT,              /**< sqrt(x / 127). SFZ curve 5 */
	CURVE_SQRT_DOWN,         /**< sqrt(1 - x / 127). SFZ curve 6 */
	CURVE_RAW,               /**< x itself */
	CURVE_FROM_60,           /**< x - 60: per key */
	CURVE_OWN = 32           /**< from here on: the bank's own, see bank.curve */
};

enum zone_op { ZONE_ADD, /**< param += amount * a * b */ ZONE_MULTIPLY /**< param *= amount * a * b */ };

struct zone_mod {
	uint8_t source, source2; /**< enum zone_source; source2 SRC_ONE: only one */
	uint8_t op;              /**< enum zone_op */
	uint8_t is_absolute;     /**< 1: |value| before it is added (SoundFont transform 2) */
	uint16_t curve, curve2;  /**< enum zone_curve */
	uint16_t param;          /**< enum zone_param, below ZP_COUNT */
	uint16_t is_note_on;     /**< 1: taken once, when the voice starts */
	float amount;
};

/** A note sounds in a zone only when all its conditions hold at its start (SFZ). */
enum zone_cond_kind {
	COND_CC,          /**< controller `num` in lo..hi */
	COND_BEND,        /**< -8192..8191 */
	COND_PRESSURE, COND_KEY_PRESSURE,
	COND_RANDOM,      /**< lo <= r < hi; r in 0..1, one a note */
	COND_SEQUENCE,    /**< this is start number `lo` (from 1) of every `hi`; counted for each zone */
	COND_LAST_SWITCH, /**< last key pressed in the switch range is in lo..hi */
	COND_KEY_DOWN,    /**< key `num` is held */
	COND_KEY_UP,      /**< key `num` is not held */
	COND_PREVIOUS,    /**< the note before was key `num` */
	COND_CHANNEL,     /**< MIDI channel 1..16 */
	COND_SUSTAIN_UP,  /**< of ZONE_ON_RELEASE: pedal lifted */
	COND_ON_CC,       /**< of ZONE_ON_CC: starts when controller `num` enters lo..hi */
};

struct zone_cond {
	uint8_t kind; /**< enum zone_cond_kind */
	uint8_t num;
	uint8_t reserved[2];
	float lo, hi;
};

/** A free envelope of SFZ 2 (egN). */
#define FLEX_POINTS 16u
struct zone_flex {
	uint8_t n_points;
	uint8_t sustain;  /**< point at which it waits for the release; n_points: it runs through */
	uint8_t is_volume; /**< 1: replaces the volume envelope; the voice ends with it */
	uint8_t reserved;
	float time_s[FLEX_POINTS];   /**< to reach the point from the one before */
	float level[FLEX_POINTS];
	float shape[FLEX_POINTS];    /**< 0 linear; > 0 x^shape; < 0 the mirror image */
	float to_pitch, to_fc, to_fc2, to_gain /**< factor level * to_gain + (1 - to_gain) */, to_pan, to_atten;
};

struct zone {
	uint8_t key_lo, key_hi, vel_lo, vel_hi;
	uint8_t flavour;       /**< enum zone_flavour */
	uint8_t generator;     /**< enum zone_generator */
	uint8_t loop;          /**< enum zone_loop */
	uint8_t trigger;       /**< enum zone_trigger */
	uint8_t filter, filter2; /**< enum zone_filter */
	uint8_t off_mode;      /**< enum zone_off_mode */
	uint8_t is_reverse;
	uint8_t deaf;          /**< ZONE_DEAF_*: pedals that do not hold it */
	uint8_t lfo_wave[ZONE_LFOS];  /**< enum zone_wave */
	uint8_t n_eqs;
	uint8_t n_flex;
	uint8_t n_lfos;        /**< 1 + the highest one that moves anything; 0: none */
	uint8_t n_envs;        /**< likewise; at least 1 */
	uint16_t n_mods, n_conds;
	uint32_t sample;       /**< index in bank.sample; BANK_NONE for generators */
	uint32_t start, end;   /**< frames of the sample; end is exclusive */
	uint32_t loop_start, loop_end; /**< end is exclusive */
	uint32_t mod, cond, flex; /**< first index in bank.mod, .cond, .flex */
	uint32_t group;        /**< SFZ group, SoundFont exclusive class; 0: none */
	uint32_t off_by;       /**< a note in this group of the same channel ends this voice; 0: none */
	uint16_t group_polyphony; /**< voices of `group` at once; 0: no limit */
	uint16_t note_polyphony;  /**< voices of one key in `group`; 0: no limit */
	float off_time_s;      /**< of ZONE_OFF_TIME */
	int16_t root_key;
	int16_t fixed_key;     /**< SoundFont keynum: plays as this key; -1: the key pressed */
	int16_t fixed_velocity; /**< SoundFont velocity; -1: as pressed */
	uint16_t loop_count;   /**< 0: no limit */
	float tune_cents;      /**< of the sample itself */
	float keytrack;        /**< cents a key */
	float rt_decay_db;     /**< of release triggers: dB softer for each second that the note was held */
	float lfo_phase[ZONE_LFOS]; /**< at its start, 0..1 */
	float param[ZP_COUNT]; /**< base values */
};

enum zone_wave { WAVE_TRIANGLE, WAVE_SINE, WAVE_PULSE75, WAVE_SQUARE, WAVE_PULSE25, WAVE_PULSE12, WAVE_SAW_UP, WAVE_SAW_DOWN, WAVE_RANDOM };

#define ZONE_DEAF_SUSTAIN 1u
#define ZONE_DEAF_SOSTENUTO 2u

/** What a program change chooses. */
struct preset {
	uint16_t bank;    /**< 0..127; BANK_DRUMS */
	uint8_t program;
	uint8_t has_switch; /**< keys sw_lo..sw_hi choose and do not sound by themselves */
	uint8_t sw_lo, sw_hi, sw_default;
	uint8_t has_release_zones, has_cc_zones; /**< there are zones with such triggers */
	uint8_t reserved[3];
	char name[52];
	uint32_t n_zones;
	uint32_t by_key[130]; /**< zones of key k: bank.zone_list[by_key[k] .. by_key[k + 1]), as the file has them; k 128:
			       zones that a controller starts, whatever their keys (they are in no key's list) */
};

struct bank {
	const struct sample *sample;
	const struct zone *zone;
	const struct zone_mod *mod;
	const struct zone_cond *cond;
	const struct zone_flex *flex;
	const float (*curve)[CURVE_POINTS]; /**< number CURVE_OWN + i is curve[i] */
	const struct preset *preset;        /**< sorted by bank, then program */
	const uint32_t *zone_list;
	const uint8_t *cc_init;             /**< 128 values a channel starts with (SFZ set_cc); 255: none. NULL: none */
	uint32_t n_samples, n_zones, n_mods, n_conds, n_flex, n_curves, n_presets, n_list;
	uint64_t resident_bytes, file_bytes;
	void (*destroy)(struct bank *b); /**< loader thread */
	void *owner;                     /**< what destroy() needs */
};

#endif
