/* SPDX-License-Identifier: MIT */
/**
 * The widgets on the stage: follows through the broker which run, gives each a surface, keeps a checked copy
 * of what it shows, hands input back. spec/theater.md 5; rows THE-07, WID-06, WID-13, THR-26.
 *
 * Thread: the theater's main thread.
 */
#ifndef THEATER_SURFACES_H
#define THEATER_SURFACES_H

#include <mos/draw.h>
#include <mos/surface.h>

#include "rpc.h"

struct surfaces;
struct surface; /**< of one running widget */

struct surfaces_ops {
	/** A widget came, has another name or size of its own, was told again by a broker that is back, or began to
	 * draw: for one widget more than once. `gone` is once: its process ended, however. */
	void (*came)(struct surface *s, void *data);
	void (*gone)(struct surface *s, void *data); /**< `s` is freed after this */
};
int surfaces_create(const struct surfaces_ops *ops, void *data, struct surfaces **ret);
void surfaces_destroy(struct surfaces *all);
/** The broker is there (again), and knows us as "theater": ask it for the widgets. The link is lent until
 * surfaces_unlink(). */
int surfaces_link(struct surfaces *all, struct rpc_conn *broker);
void surfaces_unlink(struct surfaces *all);
/** Give a notice of the broker. @return 1 it was for us. */
int surfaces_notice(struct surfaces *all, struct wire_in *in);

struct surface *surfaces_find(const struct surfaces *all, const char *id);
struct surface *surfaces_next(
	const struct surfaces *all, const struct surface *after); /**< NULL: the first */

const char *surface_id(const struct surface *s);
const char *surface_name(const struct surface *s);
/** Default place of its manifest, thousandths of the canvas. */
void surface_default(const struct surface *s, float *x, float *y, float *w, float *h);
enum mos_surface_kind surface_kind(const struct surface *s); /**< 0: it draws nothing (no capability) */
/** The theater's own pointer. */
void surface_set_data(struct surface *s, void *data);
void *surface_data(const struct surface *s);

/** Where it is shown; told to the widget without waiting. */
void surface_place(struct surface *s, float width_pt, float height_pt, int shown, int64_t frame_time_ns);
/** Look for a new picture. @return 1 there is one (surface_shapes(), surface_pixels()); 0 no. Cheap when
 * there is none. What does not check is counted, said once a second at most, and leaves the picture before.
 * All widgets together have 50,000 shapes and 17 MB of pixels a frame: who shows more than its share of that
 * is looked at later, a large picture in pixels is copied over several calls. The same picture again is none.
 */
int surface_poll(struct surface *s);
/** What its picture says that it answers, and when it was shown: not checked. */
const struct mos_surface_answer *surface_answer(const struct surface *s);
/** Checked copy, ours. */
const struct mos_shape *surface_shapes(const struct surface *s, uint32_t *ret_n);
/** Copy of the pixels, ours. `rect`: what changed with the last poll. */
const uint8_t *surface_pixels(const struct surface *s, uint32_t *ret_width, uint32_t *ret_height,
	uint32_t *ret_stride, const struct mos_surface_rect **ret_rect, uint32_t *ret_n_rects);
struct surface_figures {
	uint64_t pictures, refused;
	int64_t last_ns; /**< CLOCK_MONOTONIC of the last picture */
};
struct surface_figures surface_figures(const struct surface *s);

/** Input, in its points; goes to the widget through the broker. */
void surface_pointer(struct surface *s, const struct mos_pointer *pointer);
void surface_key(struct surface *s, const char *key);

#endif
