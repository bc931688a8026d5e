/* SPDX-License-Identifier: MIT */
/**
 * The stage: two canvases, what is on them, and the frame that brings them up to date. A canvas that nobody
 * looks at is not drawn, and no device is opened before somebody does. spec/theater.md 4.2, 4.6; rows THE-02,
 * THE-04, THE-05, THE-07, THR-04, THR-12, THR-15. Thread: main.
 */
#ifndef THEATER_STAGE_H
#define THEATER_STAGE_H

#include "changes.h"
#include "config.h"
#include "damage.h"
#include "follow.h"
#include "frame_log.h"
#include "render.h"
#include "scene.h"
#include "sink.h"
#include "surfaces.h"
#include "view.h"

#define STAGE_POINTS 1920
#define STAGE_VIEWS_MAX (2 * SCENE_SCORES_MAX) /* of the scene that comes and of the one that goes */
#define STAGE_SINKS_MAX 8u

struct stage;
struct stage_shot;

/** Who looks at a canvas. */
struct stage_eye {
	struct sink *sink;
	uint32_t divisor;    /**< of the canvas: 1, or a smaller copy */
	uint8_t *small;      /**< divisor > 1: RGBA8 */
	struct damage lacks; /**< of the canvas: what was drawn since it was shown */
	uint64_t sequence;   /**< of what it was shown */
	uint32_t n_missed;   /**< frames that it did not want */
	uint32_t width, height;
};

struct stage_view {
	char id[SCENE_NAME_MAX];
	struct view *view;
	uint8_t is_used; /**< in this frame's places */
};

struct stage_canvas {
	struct stage *stage;
	enum scene_canvas which;
	uint32_t width, height;
	float px_per_pt;
	struct scene_manager *manager;
	struct render_canvas *target; /**< NULL: never drawn, or the renderer is gone */
	struct stage_view view[STAGE_VIEWS_MAX];
	struct stage_eye eye[STAGE_SINKS_MAX];
	uint32_t n_eyes;
	struct render_list *holes;    /**< placed widgets that do not run */
	struct mos_shape *hole_shape; /**< as in `holes` */
	uint32_t n_hole_shapes;
	uint64_t sequence; /**< pictures drawn */
	uint8_t is_wanted;
	int64_t wanted_ns; /**< time of the last frame that somebody wanted; 0: none */
	uint32_t n_holds;  /**< shots, recordings: somebody wants it drawn whatever the eyes say */
	const struct scene_place *place; /**< of this frame */
	uint32_t n_places;
	char pointer_id[SCENE_NAME_MAX]; /**< where it was; a button that is down keeps it there */
	uint32_t buttons;
};

/** Of a widget that runs: surface_data(). */
struct stage_widget {
	struct render_list *list;
	struct render_picture *picture;
	uint32_t picture_w, picture_h;
	float width_pt, height_pt; /**< as told to the widget */
	struct mos_shape *shape;   /**< as in `list` */
	uint32_t n_shapes;
	struct changes changes; /**< of this frame's picture, in points */
	uint8_t is_shown, has_changed, has_resized, is_drawn;
	struct stream *stream;
};

struct stage_figures {
	uint64_t skipped, drawn;
	uint64_t damage_px; /**< of the last frame */
};

struct stage {
	const struct theater_config *config;
	struct service *service;
	struct worker worker;
	struct follow follow;
	struct surfaces *surfaces;
	struct font_set *fonts;
	struct render *render;  /**< NULL until somebody looks */
	char render_fault[256]; /**< why there is none */
	int64_t render_retry_ns;
	uint8_t is_lost;
	struct scene_shelf *shelf;
	struct stage_canvas canvas[SCENE_N_CANVASES];
	struct streams *streams;
	TAILQ_HEAD(, stage_shot) shots;
	uint32_t n_shots; /**< those and the ones that are being written */
	sd_event_source *timer, *shelf_io;
	int64_t next_ns, frame_time_ns;
	uint64_t frame;
	struct frame_log log;
	struct stage_figures figures;
	struct follow_place now;
};

/** @return 0; -errno, logged. */
int stage_start(struct stage *stage, struct service *service, const struct theater_config *config);
void stage_stop(struct stage *stage);

/** The scene `name` on one canvas or, -1, on both; `at_ns` as scene_manager_show(). @return 0; -ENOENT. */
int stage_show(struct stage *stage, const char *name, int canvas, int64_t at_ns);
/** Where the next beat (1) or bar (2) is; 0: now, nothing plays. */
int64_t stage_musical_time(const struct stage *stage, int on_beat);
int stage_theme(struct stage *stage, const char *name, int canvas);

/** Add a sink that looks at a canvas at 1/divisor of its size. @return 0; -ENOSPC; -ENOMEM. */
int stage_add_eye(struct stage_canvas *canvas, struct sink *sink, uint32_t divisor);
void stage_remove_eye(struct stage_canvas *canvas, const struct sink *sink);
int64_t stage_clock_ns(void); /**< CLOCK_MONOTONIC */
int64_t stage_frame_ns(const struct stage *stage);

/* stage_device.c */
/** The device: opened when it is not there yet. @return 0; -ENODEV stage->render_fault says why. */
int stage_need_render(struct stage *stage);
/** And a picture for the canvas. @return 0; -ENODEV; -errno logged. */
int stage_need_target(struct stage_canvas *canvas);
/** A device that was lost, made anew when it is time. @return 0: it is there; -EAGAIN. */
int stage_recover(struct stage *stage);
/** What lives on the device, or in the renderer, is given back; truth stays. */
void stage_drop_targets(struct stage *stage);

/* stage_widgets.c */
extern const struct surfaces_ops stage_widget_ops;
/** Where each widget is shown this frame, and what it drew since. */
void stage_look_at_widgets(struct stage *stage);
/** Its list and its picture. */
void stage_widget_drop(struct stage_widget *w);

/** Input where a canvas is shown, in its pixels. A click on a score plays from there (THR-20). */
void stage_pointer(struct stage_canvas *canvas, const struct mos_pointer *pointer);
void stage_key(struct stage_canvas *canvas, const char *key);

/** A picture of a canvas as a PNG file in a memfd, once all that is on it has been drawn. `done` gets the
 * descriptor, its own, or -errno. @return 0; -ENOMEM; -EBUSY: so many are under way that it would cost too
 * much memory. */
typedef void stage_shot_done(int fd, void *data);
int stage_shoot(
	struct stage *stage, enum scene_canvas canvas, uint32_t divisor, stage_shot_done *done, void *data);

/* shot.c */
void shots_look(struct stage *stage);
void shots_drop(struct stage *stage);

/* holes.c */
#define HOLE_SHAPES_MAX (SCENE_ITEMS_MAX * 4u)
void holes_look(struct stage_canvas *canvas);

/* input.c */
void input_forget(struct stage *stage, const char *id);

/* The frame's parts, frame.c */
void frame_draw_canvas(struct stage_canvas *canvas);
/** Nobody looks at it: what changes of it is drawn when somebody does. */
void frame_pass_canvas(struct stage_canvas *canvas);
struct view *stage_find_view(struct stage_canvas *canvas, const char *id);

struct stage_widget *stage_widget_of(const struct surface *s);
/** The largest rectangle of this shape in the middle. */
struct render_rect stage_fit(struct render_rect rect, float width, float height);
/** The list or picture of a widget into a rectangle, as large as fits. @return items: 0 or 1. */
uint32_t stage_widget_item(const struct surface *s, struct render_rect rect, struct render_rect clip,
	float opacity, struct render_item *ret);

struct stage_figures stage_figures(const struct stage *stage);

/* streams.c: what each canvas and each widget is to other programs */
struct streams;
int streams_start(struct stage *stage, struct streams **ret);
void streams_stop(struct streams *s);
void streams_add_widget(struct streams *s, struct surface *surface);
void streams_remove_widget(struct streams *s, struct surface *surface);
/** After the canvases: widgets that are shown and looked at. */
void streams_frame(struct streams *s, int64_t time_ns);
/** Whether somebody looks at a widget's own stream. */
int streams_want(const struct surface *surface);
/** Whether any widget's stream is looked at. */
int streams_any(const struct streams *s);
/** The device is another: pictures are made anew. */
void streams_renew(struct streams *s);
void streams_drop_targets(struct streams *s);
uint32_t streams_n(const struct streams *s);
struct sink *streams_at(const struct streams *s, uint32_t i);
/** The video node of a canvas that is fit for a recording: the smaller one where there is one. NULL: none. */
const char *streams_node(
	const struct streams *s, enum scene_canvas canvas, uint32_t *ret_width, uint32_t *ret_height);
int streams_ndi(struct streams *s, int on);

#endif
