/* SPDX-License-Identifier: MIT */
/** The inside of surfaces.h: surfaces.c follows the widgets, surface_copy.c takes what they show,
 * surface_input.c hands back what people do. */
#ifndef THEATER_SURFACE_IMPL_H
#define THEATER_SURFACE_IMPL_H

#include <sys/queue.h>

#include "surfaces.h"

/** A call to the broker about a surface that may end before it is answered. */
struct surface_call {
	struct surface *s; /**< NULL: ended */
	int is_wake;
};

/** What of a picture in pixels is still to be copied; the slot is held meanwhile. */
struct surface_copying {
	struct mos_surface_frame frame;
	uint32_t rect, row; /**< the next one */
	uint8_t *to;        /**< the surface's pixels, or `fresh` */
	uint8_t *fresh;     /**< of another size than before; owned */
};

struct surface {
	TAILQ_ENTRY(surface) link;
	struct surfaces *all;
	char id[64], name[64];
	uint32_t hash; /**< of the id */
	uint64_t instance;
	uint32_t caps;
	uint32_t epoch; /**< of the link that spoke of it last */
	float x, y, w, h;
	void *data;

	enum mos_surface_kind kind; /**< of what it shows; stays while there is no link */
	struct mos_region region;   /**< size 0: none */
	struct mos_surface map;
	float width_pt, height_pt; /**< where it is shown */
	int shown;
	int64_t frame_ns;

	/* what it shows, ours */
	struct mos_shape *shape, *spare;
	uint32_t n_shapes, room, spare_room;
	uint8_t *pixels;
	uint32_t width, height, stride;
	uint64_t sequence; /**< of the pixels */
	struct mos_surface_rect rect[MOS_SURFACE_RECTS];
	uint32_t n_rects;
	int blank; /**< it shows something else than before, and that is nothing so far */
	int copying_now;
	struct surface_copying copying;
	int64_t copied_ns; /**< when its share of the copying was last looked at */
	uint64_t share;    /**< bytes it may still copy */
	int64_t shapes_ns; /**< the same of shapes, which may be owed */
	int64_t shapes_share;
	struct mos_surface_answer answer; /**< of what it shows */
	struct surface_figures figures;

	/* on the way to it */
	struct surface_call *waking, *moving; /**< one of each under way; NULL: none */
	int wake_again, move_again;
	struct mos_pointer move;
};

struct surfaces {
	const struct surfaces_ops *ops;
	void *data;
	TAILQ_HEAD(, surface) list;
	struct rpc_conn *broker;   /**< NULL: none */
	struct surfaces **opening; /**< what broker.stage.open is answered to; NULL: nothing is under way */
	uint32_t epoch;
	uint64_t generation;
	uint32_t n_pixels; /**< surfaces with pixels: they share the copying */
	uint32_t n_shapes; /**< and those with shapes */
	int64_t shapes_ns; /**< what all of them may take */
	int64_t shapes_share;
	size_t bytes; /**< of all regions */
	uint32_t n_refused;
	int64_t said_ns;
};

/* surface_copy.c */
void surface_forget_picture(struct surface *s);
/** Stop in the middle; what was copied stays. */
void surface_stop_copying(struct surface *s);
int64_t surface_now_ns(void);

/* surface_input.c */
/** Tell the widget to look at its region. */
void surface_wake(struct surface *s);
/** Answers that are still to come find nobody. */
void surface_forget_calls(struct surface *s);

#endif
