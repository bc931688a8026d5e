/* SPDX-License-Identifier: MIT */
/**
 * Reading SoundFont 2.04 and SF3 files: sf2_file.c finds the tables, sf2_zone.c reads presets and instruments out of
 * them, sf2_mod.c knows the modulators, sf2_sample.c the samples, sf2_param.c what generators mean, and sf2.c makes
 * a bank of it. Sample data is the store's.
 */
#ifndef LOAD_SF2_H
#define LOAD_SF2_H

#include "load.h"

/** Tables of the file, in the order of the specification's section 7. */
enum sf2_table_id { PHDR, PBAG, PMOD, PGEN, INST, IBAG, IMOD, IGEN, SHDR, SF2_TABLES };

struct sf2_table {
	uint64_t at;    /**< in the file */
	uint8_t *data;  /**< owned */
	uint32_t n;     /**< records, the terminal one too; indices have 16 bits: of more, the first 65,536 */
};

/** Generators, section 8.1.2. */
enum sf2_gen {
	GEN_START = 0, GEN_END = 1, GEN_LOOP_START = 2, GEN_LOOP_END = 3, GEN_START_COARSE = 4,
	GEN_MOD_LFO_TO_PITCH = 5, GEN_VIB_LFO_TO_PITCH = 6, GEN_MOD_ENV_TO_PITCH = 7,
	GEN_FC = 8, GEN_Q = 9, GEN_MOD_LFO_TO_FC = 10, GEN_MOD_ENV_TO_FC = 11, GEN_END_COARSE = 12,
	GEN_MOD_LFO_TO_VOLUME = 13, GEN_CHORUS = 15, GEN_REVERB = 16, GEN_PAN = 17,
	GEN_MOD_LFO_DELAY = 21, GEN_MOD_LFO_FREQ = 22, GEN_VIB_LFO_DELAY = 23, GEN_VIB_LFO_FREQ = 24,
	GEN_MOD_ENV_DELAY = 25, GEN_MOD_ENV_ATTACK = 26, GEN_MOD_ENV_HOLD = 27, GEN_MOD_ENV_DECAY = 28,
	GEN_MOD_ENV_SUSTAIN = 29, GEN_MOD_ENV_RELEASE = 30, GEN_KEY_TO_MOD_ENV_HOLD = 31,
	GEN_KEY_TO_MOD_ENV_DECAY = 32,
	GEN_VOL_ENV_DELAY = 33, GEN_VOL_ENV_ATTACK = 34, GEN_VOL_ENV_HOLD = 35, GEN_VOL_ENV_DECAY = 36,
	GEN_VOL_ENV_SUSTAIN = 37, GEN_VOL_ENV_RELEASE = 38, GEN_KEY_TO_VOL_ENV_HOLD = 39,
	GEN_KEY_TO_VOL_ENV_DECAY = 40,
	GEN_INSTRUMENT = 41, GEN_KEY_RANGE = 43, GEN_VEL_RANGE = 44, GEN_LOOP_START_COARSE = 45, GEN_KEY = 46,
	GEN_VELOCITY = 47, GEN_ATTENUATION = 48, GEN_LOOP_END_COARSE = 50, GEN_COARSE_TUNE = 51,
	GEN_FINE_TUNE = 52, GEN_SAMPLE = 53, GEN_SAMPLE_MODES = 54, GEN_SCALE_TUNING = 56,
	GEN_EXCLUSIVE_CLASS = 57, GEN_ROOT_KEY = 58,
	GEN_PITCH = 59, /**< no generator of files; FluidSynth's name for the pitch itself */
	GEN_BALANCE = 60, /**< ours: what CC 8 moves */
	SF2_GENS
};

struct sf2_mod {
	uint16_t source, dest, source2, transform; /**< as in the file */
	int32_t amount;
};

#define SF2_SAME 8192u
#define SF2_RUNS 256u
#define SF2_ZONE_MODS 64u /**< of a zone of the file; of a voice all together */

/** A zone of a preset or an instrument. */
struct sf2_zone {
	uint64_t set;                         /**< bit n: gen[n] is given */
	int16_t gen[SF2_GENS];
	uint8_t key_lo, key_hi, vel_lo, vel_hi;
	uint8_t has_link;
	uint16_t link;                        /**< its instrument or sample */
	uint32_t mod, n_mods;                 /**< sf2_level.mod[] */
	uint32_t bag;                         /**< record */
};

/** A preset or an instrument: its zones but the global one. */
struct sf2_group {
	uint32_t zone, n_zones;               /**< sf2_level.zone[] */
	uint32_t global;                      /**< in sf2_level.zone[]; BANK_NONE: none */
};

/** All presets, or all instruments. */
struct sf2_level {
	struct sf2_zone *zone;
	struct sf2_group *group;
	struct sf2_mod *mod;
	uint32_t n_zones, n_groups, n_mods;
	uint32_t next_mod;                    /**< record: they must not run backwards */
};

/** A sample of the file that some zone plays. */
struct sf2_sample {
	enum { SAMPLE_NEW, SAMPLE_READY, SAMPLE_BAD } state;
	uint32_t number;                      /**< the store's */
	uint32_t n_frames, loop_start, loop_end;
	int16_t root_key, correction;
};

struct sf2 {
	const char *path;
	int fd;
	uint64_t n_bytes;
	uint16_t major, minor;
	uint64_t smpl_at, sm24_at;            /**< 0: none */
	uint32_t smpl_bytes;
	struct sf2_table table[SF2_TABLES];
	struct sf2_level preset, inst;
	struct sf2_sample *sample;            /**< one a record of shdr */
	struct bank_build build;
	uint32_t run[SF2_RUNS][2];            /**< where equal modulators may be: first, number */
	uint32_t same[SF2_SAME];       /**< zones by their hash, + 1; 0: none */
	struct load_report *report;           /**< may be NULL */
	char *error;
	size_t error_size;
};

static inline uint32_t sf2_u16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t sf2_u32(const uint8_t *p)
{
	return sf2_u16(p) | sf2_u16(p + 2) << 16;
}

static inline int16_t sf2_s16(const uint8_t *p)
{
	return (int16_t)sf2_u16(p);
}

/* sf2_file.c */
/** Say why, after "PATH: ". @return r. */
[[gnu::format(printf, 3, 4)]] int sf2_fail(const struct sf2 *s, int r, const char *format, ...);
/** The same with the place of a record. */
[[gnu::format(printf, 5, 6)]] int sf2_fail_at(
	const struct sf2 *s, int r, enum sf2_table_id table, uint32_t record, const char *format, ...);
/** Something at this record was left out. */
[[gnu::format(printf, 4, 5)]] void sf2_note(
	const struct sf2 *s, enum sf2_table_id table, uint32_t record, const char *format, ...);
const uint8_t *sf2_record(const struct sf2 *s, enum sf2_table_id table, uint32_t record);
/** A name of 20 bytes as UTF-8 without what can't be shown. */
void sf2_name(const uint8_t name[20], char ret[44]);
/** Opens s->path, checks it as a whole and reads the tables. @return 0, -errno. */
int sf2_open(struct sf2 *s);

/* sf2_zone.c */
/** Presets (PHDR) or instruments (INST). @return 0, -EINVAL, -ENOMEM. */
int sf2_read_level(const struct sf2 *s, enum sf2_table_id header, struct sf2_level *ret);

/* sf2_mod.c */
/** A modulator that the file may have. @return NULL, or why it is left out. */
const char *sf2_mod_refused(const struct sf2_mod *m);
int sf2_mod_equal(const struct sf2_mod *a, const struct sf2_mod *b);
/** The modulators of a voice, section 9.5: default ones, replaced by the instrument's, plus the preset's. */
uint32_t sf2_mods(const struct sf2 *s, const struct sf2_zone *preset_zone, const struct sf2_zone *preset_global,
	const struct sf2_zone *inst_zone, const struct sf2_zone *inst_global, struct sf2_mod ret[SF2_ZONE_MODS]);
/** Append them to the bank as modulators of `z`, constant ones are added to its parameters. @return 0, -ENOMEM. */
int sf2_add_mods(struct sf2 *s, struct zone *z, const struct sf2_mod *m, uint32_t n);

/* sf2_param.c */
/** What a generator or a modulator's destination moves, and what it is multiplied with. @return -1: nothing here. */
int sf2_param(uint32_t gen, float *ret_scale);
/** Parameters of a zone by the sums of its generators. */
void sf2_set_params(struct zone *z, const int32_t value[SF2_GENS]);
/** What needs no calculation is switched off; the modulators are known. */
void sf2_settle(const struct bank_build *b, struct zone *z);
extern const int16_t sf2_default[SF2_GENS];

/* sf2_sample.c */
/** @return NULL: it can't be played, which has been noted, or there is no memory (s->build.oom). */
const struct sf2_sample *sf2_sample(struct sf2 *s, uint32_t number);
/** Where a zone begins, ends and loops. @return 0, -1: nothing is left of it. */
int sf2_set_sample(struct zone *z, const struct sf2_sample *from, const int32_t value[SF2_GENS]);

#endif
