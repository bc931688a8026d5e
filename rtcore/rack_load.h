/* SPDX-License-Identifier: MIT */
/**
 * What Apollo is to play, as control was asked for it (a plan), and the sampler that is made of it. The bank
 * loader's thread, and the offline driver.
 */
#ifndef RTCORE_RACK_LOAD_H
#define RTCORE_RACK_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include <mos/rtctl.h>

#include "apollo/sampler/sampler.h"

#define RACK_PATH sizeof(((struct mos_rtctl_msg *)NULL)->u.bank.path)
#define RACK_MAPS (RACK_BANKS - 1)

/** A file whose sound is put at one place. */
struct rack_map {
	char path[RACK_PATH];
	uint16_t bank, program;           /**< bank BANK_DRUMS: drums */
	uint16_t from_bank, from_program; /**< which of its presets; from_bank MOS_MAP_FIRST: the first */
};

struct rack_plan {
	char font[RACK_PATH]; /**< keeps its own places; "": none */
	uint32_t n_maps;
	struct rack_map map[RACK_MAPS]; /**< later ones cover earlier ones, all cover the font */
};

/** Put `m` in; what was at its place before leaves. @return 0, -E2BIG. */
int rack_plan_map(struct rack_plan *plan, const struct rack_map *m);
/** Take out what is of this file, or with "" all that was mapped. @return 0, -ENOENT. */
int rack_plan_unmap(struct rack_plan *plan, const char *path);

/** How it sounds, whatever is loaded; as long as rtcore runs. */
struct rack_config {
	uint32_t rate_hz, polyphony; /**< polyphony 0: the sampler's own */
	enum kernel_interp interp;
	struct store *store;
	int is_offline;                   /**< 1: every voice may be read from disk */
	struct workers *workers;          /**< NULL: the audio thread plays alone */
	const struct chan_state *channel; /**< Apollo's */
	void (*note)(const char *path, const char *text); /**< told what of a file is not played; may be NULL */
};

/** What there is to choose from. */
struct rack_facts {
	uint64_t resident_bytes, file_bytes;
	uint32_t n_presets, n_files;
	struct mos_rtctl_file file[RACK_BANKS];
	struct mos_rtctl_preset preset[];
};

/**
 * @param progress   With 0..100, never falling, and bytes; not 0: give up. May be NULL.
 * @param ret_facts  The caller frees it. May be NULL.
 * @return 0; -ENOENT, -EACCES, -EINVAL, -ENOMEM, -EFBIG, -ECANCELED: error is a sentence that names the file.
 */
int rack_load(const struct rack_plan *plan, const struct rack_config *c,
	int (*progress)(void *data, uint32_t percent, uint64_t bytes), void *data, struct sampler **ret,
	struct rack_facts **ret_facts, char *error, size_t error_size);

#endif
