/* SPDX-License-Identifier: MIT */
/** The stage with a renderer, an engraver and video nodes of the tests' own, and a broker's end of a wire. */
#ifndef TESTS_THEATER_STAGE_RIG_H
#define TESTS_THEATER_STAGE_RIG_H

#include <criterion/criterion.h>

#include "stage.h"
#include "surface_impl.h"

#define WIDGET "circle-of-fifths" /* of the scene "analysis", on both canvases */

/* What a canvas was drawn with last. */
struct render_canvas {
	uint32_t width, height, n_draws;
	uint8_t *rgba;
	struct render_rect damage[SCENE_DAMAGE_MAX];
	uint32_t n_damage, n_papers;
	uint8_t has_wrong_paper;
};

/* Who looks. */
struct eye {
	struct sink sink;
	uint8_t wants, closes; /* in the middle of a picture, as a window may */
	uint32_t n, n_changed;
	uint64_t sequence, area; /* of the last picture, and what changed in it */
};

extern struct stage stage;
extern struct theater_config config;
extern struct mos_surface_writer writer; /* of WIDGET, once it was started */
extern const struct sink_ops eye_ops;

/* The engraver: one note on one page, or three systems of this height, two a page where they have room. */
extern atomic_bool may_end;
extern atomic_uint n_engraved;
extern atomic_int engrave_fails;
extern _Atomic float system_height_sp, page_height_sp; /* 0: one note; of the last pages */
extern atomic_uint n_kept, most_of_one; /* what is kept, and the most engravings that had one of them */

void rig_setup(void);
void rig_teardown(void);
extern atomic_bool has_measure;      /* everywhere on a page */
void rig_frames(uint64_t n);
/* What comes next on the stage's loop. */
void rig_event(void);
/* NULL: none of that name. */
struct eye *rig_eye_of(const char *name);
/* What the broker tells; `out` is ended and finished. */
void rig_tell(struct wire_out *out);
void rig_tell_widget(const char *state, const char *cap);
void rig_tell_pixels(void);
void rig_start_widget(void);
/* A box of a point, in the corner. */
void rig_paint(uint32_t color);

#endif
