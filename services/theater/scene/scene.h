/* SPDX-License-Identifier: MIT */
/**
 * Scenes: which widgets and views are where on a canvas, and how one becomes another. A scene is a file
 * (docs/THEATER.md, JSON); a scene manager is one canvas' own, with its layout, damage, history and
 * transition, and shares nothing with the other but the time of the frame. No Vulkan, no file descriptor.
 * spec/theater.md 4.2, 5; rows THE-04, THR-04, -14, -17, -19, -25.
 *
 * Thread: the theater's main thread.
 */
#ifndef THEATER_SCENE_H
#define THEATER_SCENE_H

#include <stddef.h>
#include <stdint.h>

#include <mos/shape.h>

#include "render.h"

#define SCENE_ITEMS_MAX 256u
#define SCENE_SCORES_MAX 4u /**< among them */
#define SCENE_NAME_MAX 64u
#define SCENE_DAMAGE_MAX 256u

enum scene_canvas { SCENE_LANDSCAPE = 0, SCENE_PORTRAIT = 1, SCENE_N_CANVASES };
enum scene_kind { SCENE_WIDGET = 0, SCENE_SCORE = 1 };
enum scene_transition { SCENE_CUT = 0, SCENE_FADE, SCENE_SLIDE };

struct scene_theme {
	char name[SCENE_NAME_MAX];
	uint32_t token[MOS_N_TOKENS];
};

/** One thing in a scene. Places are thousandths of the canvas. */
struct scene_item {
	char id[SCENE_NAME_MAX]; /**< of the widget; "score" and others: the view's own name */
	uint8_t kind;            /**< enum scene_kind */
	uint8_t visible;
	uint8_t opaque; /**< covers what is below */
	uint8_t layout; /**< SCORE: enum engrave_layout */
	float x, y, width, height;
	float opacity;
	int32_t z;
	uint32_t layers;      /**< SCORE: bits of enum engrave_layer */
	float staff_space_pt; /**< SCORE: points; 0: fits */
};

struct scene {
	char name[SCENE_NAME_MAX], title[128];
	uint8_t canvas;     /**< enum scene_canvas */
	uint8_t transition; /**< how it comes */
	uint32_t transition_ms;
	uint8_t on_beat; /**< waits for the next beat or bar: 0 no, 1 beat, 2 bar */
	struct scene_theme theme;
	struct scene_item *item; /**< sorted by z, then order of the file */
	uint32_t n_items;
};

/** Read one; themes are the built-in ones. @param where  JSON pointer (or line and byte) and what is wrong,
 * on -EINVAL.
 * @return 0; -EINVAL; -ENOMEM. */
int scene_parse(const char *json, size_t size, struct scene **ret, char *where, size_t where_size);
void scene_free(struct scene *scene);
/** Themes that are built in: "night", "paper", "stage", "contrast". @return 0; -ENOENT. */
int scene_theme_find(const char *name, struct scene_theme *ret);
int scene_theme_parse(const char *json, size_t size, struct scene_theme *ret, char *where, size_t where_size);

/** All scenes that there are: the built-in ones (docs/THEATER.md lists them; each for both canvases) and the
 * *.json of folders, kept up with the disk. A folder's `themes/` *.json are themes. Folders need not be there
 * yet. */
struct scene_shelf;
/** @param dir  where the same scene is in two, the first one's is taken; at most 4; the built-in ones come
 * last.
 * @return 0; -ENOMEM; -errno of inotify. */
int scene_shelf_open(const char *const *dir, uint32_t n_dirs, struct scene_shelf **ret);
void scene_shelf_close(struct scene_shelf *shelf);
/** inotify's descriptor; call scene_shelf_changed() when it is readable, and once after opening, for what was
 * wrong then. */
int scene_shelf_fd(const struct scene_shelf *shelf);
/** A scene is there, is another one, or is gone (ask the shelf). `fault`: a file is not taken, "x.json:
 * /items/3/at: .."; the scene that was there stays; its name and canvas, or the file's and SCENE_N_CANVASES
 * where none was. Pointers into the shelf from before are void. A theme that changed is told as the scenes
 * that use it. */
typedef void scene_changed(const char *name, enum scene_canvas canvas, const char *fault, void *data);
void scene_shelf_changed(struct scene_shelf *shelf, scene_changed *changed, void *data);
/** The shelf's; NULL: none of this name for this canvas. */
const struct scene *scene_shelf_get(
	const struct scene_shelf *shelf, const char *name, enum scene_canvas canvas);
/** All, by name, then canvas. */
uint32_t scene_shelf_n(const struct scene_shelf *shelf);
const struct scene *scene_shelf_at(const struct scene_shelf *shelf, uint32_t i);
/** A theme of the folders or built in. @return 0; -ENOENT. */
int scene_shelf_theme(const struct scene_shelf *shelf, const char *name, struct scene_theme *ret);
/** Names of all themes. @return how many there are. */
uint32_t scene_shelf_themes(const struct scene_shelf *shelf, const char **ret, uint32_t max);

/* --- Manager --- */

/** Where an item is this frame, in canvas pixels. */
struct scene_place {
	const struct scene_item *item;
	struct render_rect rect;
	float opacity;      /**< with the transition's */
	uint8_t shown;      /**< placed, visible, and not wholly covered by opaque ones above */
	uint8_t is_leaving; /**< of the scene that goes */
};

struct scene_manager;
int scene_manager_create(
	enum scene_canvas canvas, uint32_t width_px, uint32_t height_px, struct scene_manager **ret);
void scene_manager_destroy(struct scene_manager *m);
/** Go to a scene (copied). `at_ns`: when it begins; 0: now. Asking again while one waits replaces it; while
 * one is coming the next one starts from what is seen. @return 0; -EINVAL it is for the other canvas;
 * -ENOMEM. */
int scene_manager_show(struct scene_manager *m, const struct scene *scene, int64_t at_ns);
const struct scene *scene_manager_scene(const struct scene_manager *m); /**< NULL: none yet */
/** Names shown before, newest first; go back to one by name. @return how many. */
uint32_t scene_manager_history(const struct scene_manager *m, const char **ret, uint32_t max);
/** Overrides on top of the scene, until one is shown anew: -EINVAL no such item, no scene. They come within
 * 200 ms. */
int scene_manager_set_visible(struct scene_manager *m, const char *id, int visible);
int scene_manager_set_layers(struct scene_manager *m, const char *id, uint32_t layers);
int scene_manager_set_theme(struct scene_manager *m, const struct scene_theme *theme);
/** TOU-40: everything but this one dimmed; NULL: as before. */
int scene_manager_focus(struct scene_manager *m, const char *id);

/** Begin a frame: places for this time, bottom to top, valid until the next call of this, of show or of an
 * override; what moved, came, went or faded is damaged. An item has one place at a time: when its size
 * changes it fades out where it was, then in where it will be. */
uint32_t scene_manager_places(struct scene_manager *m, int64_t time_ns, const struct scene_place **ret);
const uint32_t *scene_manager_tokens(const struct scene_manager *m);
/** An item's picture changed there (canvas pixels). */
void scene_manager_damage(struct scene_manager *m, struct render_rect rect);
void scene_manager_damage_all(struct scene_manager *m);
/** What the frame has to draw: clipped, merged where a union costs less (costs as measured by the renderer);
 * cleared by this. Valid until the next call. */
uint32_t scene_manager_take_damage(
	struct scene_manager *m, double ns_a_rect, double ns_a_pixel, const struct render_rect **ret);
/** What is under a pixel: topmost shown place that is not leaving; NULL. *ret_x, *ret_y: thousandths of the
 * item. */
const struct scene_place *scene_manager_at(
	const struct scene_manager *m, int32_t x, int32_t y, float *ret_x, float *ret_y);
/** Whether a transition runs or one waits: frames are needed. */
int scene_manager_moves(const struct scene_manager *m);
/** On weak machines (spec/theater.md 4.3): scenes, themes, focus come at once, whatever their transition. */
void scene_manager_set_still(struct scene_manager *m, int still);

#endif
