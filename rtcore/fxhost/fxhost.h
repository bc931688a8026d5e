/* SPDX-License-Identifier: MIT */
/**
 * mos-fxhost: runs one insert, an LV2 plugin or a neural amplifier, for mos-rtcore, or lists the plugins. Its
 * threads: main talks to rtcore and does what may take long, `audio` runs the periods, an LV2 plugin may have
 * a worker.
 */
#ifndef FXHOST_H
#define FXHOST_H

#include <stddef.h>
#include <stdint.h>

#include "../apollo/insert/insert_region.h"
#include "../apollo/insert/insert_wire.h"

struct fx_control {
	char symbol[64];
	float min, max, initial;
	float value; /**< asked for; atomic */
};

/** Something that processes sound: a vtable and what all have in common. */
struct fx {
	char name[128];
	struct fx_control *control;
	uint32_t n_controls;
	/** Audio thread: a period of INSERT_PERIOD frames and what belongs to it. @return its own latency, frames. */
	uint32_t (*run)(struct fx *fx, const struct insert_cue *cue, const float *in_l, const float *in_r,
		float *out_l, float *out_r);
	/** Main; `run` is not called meanwhile. NULL: it has no state. @param ret  To be freed. */
	int (*save)(struct fx *fx, char **ret);
	int (*restore)(struct fx *fx, const char *text);
	void (*destroy)(struct fx *fx);
};

/** @param error One sentence. @return 0 or -errno. */
int fx_lv2_create(const char *uri, uint32_t rate_hz, struct fx **ret, char *error, size_t error_size);
int fx_nam_create(const char *path, uint32_t rate_hz, struct fx **ret, char *error, size_t error_size);

/** What foreign code may use: memory, files, the processor's time; no processes and no network. @return 0,
 * -errno. */
int guard_enter(void);

/** Serve one insert on the inherited descriptors until the socket ends. @return the exit code. */
int serve(void);
/** Print the plugins. @return the exit code. */
int list_plugins(int json);

#endif
