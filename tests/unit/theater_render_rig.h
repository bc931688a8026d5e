/* SPDX-License-Identifier: MIT */
/** A renderer for a test: with the validation layers where they are, without a word from them at the end. */
#ifndef TEST_THEATER_RENDER_RIG_H
#define TEST_THEATER_RENDER_RIG_H

#include <errno.h>

#include <criterion/criterion.h>

#include "faults.h"
#include "render.h"

#define RIG_WIDTH 960u
#define RIG_HEIGHT 540u
#define RIG_PIXELS ((size_t)RIG_WIDTH * RIG_HEIGHT)
#define RIG_BYTES (RIG_PIXELS * 4)

struct rig {
	struct font_set *fonts;
	struct render *render;
	struct render_canvas *canvas;
	struct render_faults faults;
	uint32_t token[MOS_N_TOKENS];
	uint32_t n_logged;
	char log[64][160];
};

/** Skips the test where no Vulkan device is. `backend`: as in render_options. */
void rig_open(struct rig *rig, const char *backend, const char *cache_dir);
/** Fails the test when the layers said anything. */
void rig_close(struct rig *rig);
struct render_list *rig_list(struct rig *rig, const struct mos_shape *shape, uint32_t n);
/** A whole list at scale 1, seen everywhere. */
struct render_item rig_item(struct render_list *list);
/** Everything is damage. */
int rig_draw(struct rig *rig, const struct render_item *item, uint32_t n);
/** A copy of the canvas; the caller's to free. */
uint8_t *rig_pixels(const struct rig *rig);
int rig_logged(const struct rig *rig, const char *part);
/** Some of everything, at odd places. @return how many. */
uint32_t rig_mixed(struct mos_shape *ret, uint32_t max);

/** A number in [low, high); the same each time from the same state. */
float rig_some(uint32_t *state, float low, float high);
/** One of a kind, somewhere, opaque. */
struct mos_shape rig_shape(uint8_t kind, uint32_t *state);

struct rig_error {
	double mean; /**< of the channels where either is not the background */
	int most;
};
/** Two pictures of RIG_BYTES. */
struct rig_error rig_compare(const uint8_t *a, const uint8_t *b, uint32_t background);

#endif
