/* SPDX-License-Identifier: MIT */
/**
 * Loading a bank: SoundFont 2/3 (sf2*.c) and SFZ (sfz*.c) to the zone table. Loader thread, or any that may block.
 * Bad input is refused with a sentence that names the place (byte offset, or file and line) and leaves nothing
 * behind; what is well-formed but not understood is listed.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "../sampler/bank.h"
#include "../store/store.h"

#define LOAD_NOTES 64u

/** What was kept out, for the user: an unknown opcode, a sample that is missing ... each once, with its place. */
struct load_report {
	uint32_t n_notes;   /**< all of them; the first LOAD_NOTES are kept */
	char note[LOAD_NOTES][160];
	uint32_t n_unknown; /**< opcodes that are not known, occurrences */
};

struct load_options {
	struct store *store;
	int (*progress)(void *data, uint32_t percent, uint64_t bytes); /**< may be NULL; non-zero: give up */
	void *data;
	uint16_t sfz_bank;   /**< where an SFZ, which has no presets, is put */
	uint8_t sfz_program;
};

/**
 * By what the file says of itself, not by its name.
 * @param report  May be NULL.
 * @return 0; -ENOENT, -EACCES, -EINVAL (damaged or no bank: error says where), -ENOMEM, -EFBIG, -ECANCELED.
 */
int load_bank(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size);

/* The two readers; as load_bank(). */
int load_sf2(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size);
int load_sfz(const char *path, const struct load_options *o, struct bank **ret, struct load_report *report,
	char *error, size_t error_size);

/* What both build with (build.c): growing tables, then one bank. */

/** A zone belongs to a preset; in the file's order. */
struct bank_use {
	uint32_t preset, zone;
};

struct bank_build {
	struct zone *zone;
	struct zone_mod *mod;
	struct zone_cond *cond;
	struct zone_flex *flex;
	float (*curve)[CURVE_POINTS];
	struct preset *preset;
	struct bank_use *use;
	uint8_t *cc_init;
	uint32_t n_zones, n_mods, n_conds, n_flex, n_curves, n_presets, n_uses;
	struct store_set *set; /**< owned */
	uint64_t file_bytes;
	int oom, is_full;      /**< 1: some add failed, for memory or a limit; build_finish() says so */
	uint32_t *curve_slot;  /**< build.c's: curves by their hash */
	uint32_t n_curve_slots;
};

/** Pointers are valid until the next add of that kind. NULL: no memory (oom is set) or too many (is_full). */
struct zone *build_zone(struct bank_build *b, enum zone_flavour flavour); /**< with neutral parameters */
struct zone_mod *build_mod(struct bank_build *b);   /**< append: the mods of a zone lie together */
struct zone_cond *build_cond(struct bank_build *b);
struct zone_flex *build_flex(struct bank_build *b);
/** @return the curve's number, CURVE_OWN and above; equal tables get one number. */
uint16_t build_curve(struct bank_build *b, const float table[CURVE_POINTS]);
struct preset *build_preset(struct bank_build *b, uint16_t bank, uint8_t program, const char *name);
int build_use(struct bank_build *b, uint32_t preset, uint32_t zone);
/**
 * Checks that every index and number is in range, sorts presets, makes the lists by key, tells the store where zones
 * begin and loop, and loads the samples. Leaves `b` empty, also on failure.
 * @return 0; -EINVAL (error says which zone), -EFBIG, -ENOMEM; as store_set_load().
 */
int build_finish(struct bank_build *b, const struct load_options *o, struct bank **ret, char *error,
	size_t error_size);
/** Is every index, number and limit right? build_finish() asks. */
int build_check(const struct bank_build *b, char *error, size_t error_size);
void build_free(struct bank_build *b);

#endif
