/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "service.h"

#define IDLE_NS 100000000 /* how often somebody who begins to look is noticed */
#define LINGER_NS 500000000
#define RENDER_RETRY_NS 10000000000
#define DEVICE_OPEN_S 120 /* a driver on a busy machine compiles that long */

static int64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t frame_ns(const struct stage *stage)
{
	return 1000000000 / stage->config->fps;
}

/* --- The device --- */

static void on_render_line(int level, const char *text, void *data)
{
	log_line(level, "renderer: %s", text);
}

static void drop_list(struct stage_widget *w)
{
	render_list_destroy(w->list);
	w->list = NULL;
	w->n_shapes = 0;
}

static void drop_picture(struct stage_widget *w)
{
	render_picture_destroy(w->picture);
	w->picture = NULL;
}

/* What lives on the device, or in the renderer, is given back; truth stays. */
static void drop_targets(struct stage *stage)
{
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++) {
			view_destroy(canvas->view[i].view);
			canvas->view[i].view = NULL;
		}
		render_list_destroy(canvas->holes);
		canvas->holes = NULL;
		canvas->n_hole_shapes = 0;
		render_canvas_destroy(canvas->target);
		canvas->target = NULL;
	}
	streams_drop_targets(stage->streams);
	for (struct surface *s = NULL; stage->surfaces && (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (!w)
			continue;
		drop_list(w);
		drop_picture(w);
		w->is_drawn = 0;
	}
}

static int open_fonts(struct stage *stage)
{
	const struct theater_config *c = stage->config;
	const struct font_options options = {.music = *c->music_font ? c->music_font : NULL,
		.metadata = *c->music_metadata ? c->music_metadata : NULL,
		.text = *c->text_font ? c->text_font : NULL,
		.italic = *c->italic_font ? c->italic_font : NULL};

	if (stage->fonts)
		return 0;
	const int rc = font_open(&options, &stage->fonts, stage->render_fault, sizeof(stage->render_fault));
	if (rc == 0 && *stage->render_fault)
		log_warning("another font is taken: reason=\"%s\"", stage->render_fault);
	return rc;
}

int stage_need_render(struct stage *stage)
{
	const struct theater_config *c = stage->config;
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	const int64_t now = clock_ns();
	char cache_dir[PATH_MAX] = "";
	struct render_info info;
	int rc;

	if (stage->render)
		return 0;
	if (now < stage->render_retry_ns)
		return -ENODEV;
	stage->render_retry_ns = now + RENDER_RETRY_NS;
	if (cache && *cache == '/')
		(void)snprintf(cache_dir, sizeof(cache_dir), "%s/mos", cache);
	else if (home && *home == '/')
		(void)snprintf(cache_dir, sizeof(cache_dir), "%s/.cache/mos", home);
	rc = open_fonts(stage);
	if (rc == 0) {
		const struct render_options options = {.device = *c->device ? c->device : NULL,
			.cache_dir = *cache_dir ? cache_dir : NULL,
			.backend = strcmp(c->backend, "auto") == 0 ? NULL : c->backend,
			.validate = c->validate,
			.fonts = stage->fonts,
			.log = on_render_line};

		service_patience(DEVICE_OPEN_S);
		rc = render_create(
			&options, &stage->render, stage->render_fault, sizeof(stage->render_fault));
		service_patience(0);
	}
	if (rc < 0) {
		log_warning("nothing can be drawn: reason=\"%s\"", stage->render_fault);
		render_destroy(stage->render);
		stage->render = NULL;
		return -ENODEV;
	}
	*stage->render_fault = '\0';
	render_get_info(stage->render, &info);
	for (int i = 0; i < SCENE_N_CANVASES; i++)
		scene_manager_set_still(stage->canvas[i].manager, info.is_cpu && c->divisor < 4);
	log_info("drawing: device=\"%s\" driver=\"%s\" backend=%s font=\"%s\"", info.device, info.driver,
		info.backend, font_music_name(stage->fonts));
	return 0;
}

static int need_target(struct stage_canvas *canvas)
{
	int rc = stage_need_render(canvas->stage);

	if (rc < 0 || canvas->target)
		return rc;
	rc = render_canvas_create(canvas->stage->render, canvas->width, canvas->height, &canvas->target);
	if (rc < 0)
		log_warning("a canvas of %u x %u cannot be made: reason=\"%s\"", canvas->width,
			canvas->height, strerror(-rc));
	scene_manager_damage_all(canvas->manager);
	return rc;
}

/* A device that was lost, made anew when it is time. @return 0: it is there. */
static int recover(struct stage *stage)
{
	uint32_t wait_ms = 0;

	if (!stage->is_lost)
		return 0;
	if (clock_ns() < stage->render_retry_ns)
		return -EAGAIN;
	if (render_recover(stage->render, &wait_ms) < 0) {
		stage->render_retry_ns = clock_ns() + (int64_t)wait_ms * 1000000;
		return -EAGAIN;
	}
	stage->is_lost = 0;
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		scene_manager_damage_all(stage->canvas[c].manager);
	streams_renew(stage->streams);
	return 0;
}

/* --- Widgets --- */

static void on_widget_came(struct surface *s, void *data)
{
	struct stage *stage = data;
	struct stage_widget *w = stage_widget_of(s);

	/* It is told again after each new link, and when it is seen to draw. */
	if (!w) {
		w = calloc(1, sizeof(*w));
		surface_set_data(s, w);
	}
	if (!w)
		log_warning("no memory for a widget: id=%s", surface_id(s));
	else
		streams_add_widget(stage->streams, s);
}

static void on_widget_gone(struct surface *s, void *data)
{
	struct stage *stage = data;
	struct stage_widget *w = stage_widget_of(s);

	input_forget(stage, surface_id(s));
	if (!w)
		return;
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; canvas->manager && i < canvas->n_places; i++)
			if (canvas->place[i].item->kind == SCENE_WIDGET &&
				strcmp(canvas->place[i].item->id, surface_id(s)) == 0)
				scene_manager_damage(canvas->manager, canvas->place[i].rect);
	}
	streams_remove_widget(stage->streams, s);
	render_list_destroy(w->list);
	render_picture_destroy(w->picture);
	free(w->shape);
	free(w);
	surface_set_data(s, NULL);
}

static const struct surfaces_ops surfaces_ops = {.came = on_widget_came, .gone = on_widget_gone};

static int box_of(const void *list, uint32_t first, uint32_t n, float ret_xyxy[4])
{
	return render_list_box(list, first, n, ret_xyxy);
}

static int take_shapes(struct stage *stage, struct surface *s, struct stage_widget *w)
{
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);
	struct mos_shape *copy = malloc((n + 1) * sizeof(*copy));
	int rc = copy ? 0 : -ENOMEM;

	if (rc == 0 && !w->list)
		rc = render_list_create(stage->render, &w->list);
	w->changes.n = 0;
	if (rc == 0) {
		changes_find(w->shape, w->n_shapes, shape, n, 0, box_of, w->list, &w->changes);
		rc = render_list_set(w->list, shape, n);
	}
	if (rc < 0) {
		free(copy);
		return rc;
	}
	changes_find(w->shape, w->n_shapes, shape, n, 1, box_of, w->list, &w->changes);
	memcpy(copy, shape, n * sizeof(*copy));
	free(w->shape);
	w->shape = copy;
	w->n_shapes = n;
	return 0;
}

/* Take what a widget has drawn. */
static void take_picture(struct stage *stage, struct surface *s, struct stage_widget *w)
{
	int rc = 0;

	w->has_changed = 1;
	if (surface_kind(s) == MOS_SURFACE_PIXELS) {
		const struct mos_surface_rect *rect;
		struct render_rect changed[MOS_SURFACE_RECTS];
		uint32_t width, height, stride, n;
		const uint8_t *rgba = surface_pixels(s, &width, &height, &stride, &rect, &n);

		drop_list(w);
		if (w->picture && (w->picture_w != width || w->picture_h != height))
			drop_picture(w);
		if (!rgba) { /* nothing yet that it drew in this way */
			w->is_drawn = 0;
			return;
		}
		if (!w->picture) {
			rc = render_picture_create(stage->render, width, height, &w->picture);
			n = 0;
		}
		for (uint32_t i = 0; i < n; i++)
			changed[i] = (struct render_rect){rect[i].x, rect[i].y, rect[i].w, rect[i].h};
		if (n == 0)
			changed[n++] = (struct render_rect){0, 0, (int32_t)width, (int32_t)height};
		if (rc == 0)
			rc = render_picture_set(w->picture, rgba, stride, changed, n);
		w->picture_w = width;
		w->picture_h = height;
	} else {
		drop_picture(w);
		rc = take_shapes(stage, s, w);
	}
	w->is_drawn = rc == 0;
}

static int has_picture(const struct surface *s)
{
	const struct mos_surface_rect *rect;
	uint32_t width, height, stride, n;

	return surface_kind(s) == MOS_SURFACE_PIXELS
		       ? surface_pixels(s, &width, &height, &stride, &rect, &n) != NULL
		       : surface_shapes(s, &n) != NULL;
}

/* What it drew for another size fits its places otherwise. */
static void set_size(struct stage_widget *w, float width_pt, float height_pt)
{
	w->has_resized = w->width_pt < width_pt || w->width_pt > width_pt || w->height_pt < height_pt ||
			 w->height_pt > height_pt;
	w->width_pt = width_pt;
	w->height_pt = height_pt;
}

/* Where each widget is shown this frame, and what it drew since. */
static void look_at_widgets(struct stage *stage)
{
	for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (w)
			w->is_shown = w->has_changed = w->has_resized = 0;
	}
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct stage_canvas *canvas = &stage->canvas[c];

		for (uint32_t i = 0; i < canvas->n_places; i++) {
			const struct scene_place *place = &canvas->place[i];
			struct surface *s = place->item->kind == SCENE_WIDGET
						    ? surfaces_find(stage->surfaces, place->item->id)
						    : NULL;
			struct stage_widget *w = s ? stage_widget_of(s) : NULL;

			/* On both canvases it is as large as on the first. */
			if (!w || w->is_shown || !place->shown || !(canvas->is_wanted || streams_want(s)))
				continue;
			w->is_shown = 1;
			set_size(w, (float)place->rect.w / canvas->px_per_pt,
				(float)place->rect.h / canvas->px_per_pt);
		}
	}
	for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
		struct stage_widget *w = stage_widget_of(s);

		if (!w || !surface_kind(s))
			continue;
		/* What it draws now is taken with the next frame. */
		surface_place(
			s, w->width_pt, w->height_pt, w->is_shown, stage->frame_time_ns + frame_ns(stage));
		const int is_new = w->is_shown && surface_poll(s);
		if (is_new)
			frame_log_take(&stage->log, surface_answer(s), clock_ns());
		if (is_new || (w->is_shown && !w->is_drawn && has_picture(s)))
			take_picture(stage, s, w);
	}
}

/* --- The frame --- */

/* Somebody looks at it, or did just now: a window that waits for its compositor wants nothing in between. */
static int is_wanted(struct stage_canvas *canvas)
{
	const int64_t now = canvas->stage->frame_time_ns;
	int wanted = canvas->n_holds > 0;

	for (uint32_t i = 0; i < canvas->n_eyes; i++)
		wanted |= canvas->eye[i].sink->ops->wants(canvas->eye[i].sink);
	if (wanted)
		canvas->wanted_ns = now;
	return wanted || (canvas->wanted_ns > 0 && now - canvas->wanted_ns < LINGER_NS);
}

static void look_at_scenes(struct stage *stage)
{
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		struct stage_canvas *canvas = &stage->canvas[c];

		canvas->n_places =
			scene_manager_places(canvas->manager, stage->frame_time_ns, &canvas->place);
	}
}

/* @return whether anybody looks. */
static int draw_frame(struct stage *stage)
{
	int any = 0, is_drawn = 0;

	frame_log_begin(&stage->log, stage->next_ns, clock_ns());
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		stage->canvas[c].is_wanted =
			(uint8_t)(is_wanted(&stage->canvas[c]) && need_target(&stage->canvas[c]) == 0);
		any |= stage->canvas[c].is_wanted;
	}
	any |= streams_any(stage->streams) && stage_need_render(stage) == 0;
	follow_place_at(&stage->follow, stage->frame_time_ns, &stage->now);
	look_at_scenes(stage);
	if (any && recover(stage) == 0) {
		stage->figures.damage_px = 0;
		look_at_widgets(stage);
		for (int c = 0; c < SCENE_N_CANVASES; c++)
			if (stage->canvas[c].is_wanted)
				frame_draw_canvas(&stage->canvas[c]);
			else
				frame_pass_canvas(&stage->canvas[c]);
		streams_frame(stage->streams, stage->frame_time_ns);
		shots_look(stage);
		is_drawn = !stage->is_lost;
	} else {
		for (struct surface *s = NULL; (s = surfaces_next(stage->surfaces, s));) {
			struct stage_widget *w = stage_widget_of(s);

			if (w)
				w->is_shown = 0;
			if (surface_kind(s))
				surface_place(s, 0, 0, 0, stage->frame_time_ns);
		}
		shots_look(stage);
	}
	frame_log_end(&stage->log, is_drawn, clock_ns());
	return any;
}

static int on_frame(sd_event_source *source, uint64_t usec, void *data)
{
	struct stage *stage = data;
	const int64_t period = frame_ns(stage);
	int64_t now = clock_ns();
	int any;

	stage->frame++;
	/* What is drawn now is seen a frame later. */
	stage->frame_time_ns = stage->next_ns + period;
	any = draw_frame(stage);
	now = clock_ns();
	stage->next_ns += any ? period : IDLE_NS;
	if (stage->next_ns < now) { /* too late for the next: the one after */
		const int64_t behind = (now - stage->next_ns) / period + 1;

		stage->figures.skipped += any ? (uint64_t)behind : 0;
		stage->next_ns += behind * period;
	}
	(void)sd_event_source_set_time(source, (uint64_t)stage->next_ns / 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

struct stage_figures stage_figures(const struct stage *stage)
{
	struct stage_figures f = stage->figures;

	f.drawn = stage->canvas[0].sequence + stage->canvas[1].sequence;
	return f;
}

/* --- Scenes --- */

int64_t stage_musical_time(const struct stage *stage, int on_beat)
{
	if (!on_beat || !stage->now.is_rolling)
		return 0;
	return on_beat == 1 ? stage->now.beat_ns : stage->now.bar_ns;
}

int stage_show(struct stage *stage, const char *name, int canvas, int64_t at_ns)
{
	int found = 0;

	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		const struct scene *scene =
			canvas < 0 || canvas == c ? scene_shelf_get(stage->shelf, name, (enum scene_canvas)c)
						  : NULL;

		if (!scene)
			continue;
		const int64_t when = at_ns ? at_ns : stage_musical_time(stage, scene->on_beat);
		const int rc = scene_manager_show(stage->canvas[c].manager, scene, when);

		if (rc < 0)
			return rc;
		found = 1;
	}
	if (stage->frame_time_ns > 0)
		look_at_scenes(stage); /* whoever asks for something else next means this scene */
	return found ? 0 : -ENOENT;
}

int stage_theme(struct stage *stage, const char *name, int canvas)
{
	struct scene_theme theme;
	int rc = scene_shelf_theme(stage->shelf, name, &theme);

	for (int c = 0; c < SCENE_N_CANVASES && rc == 0; c++)
		if (canvas < 0 || canvas == c)
			rc = scene_manager_set_theme(stage->canvas[c].manager, &theme);
	return rc;
}

static void on_scene_changed(const char *name, enum scene_canvas canvas, const char *fault, void *data)
{
	struct stage *stage = data;
	const struct scene *shown =
		canvas < SCENE_N_CANVASES ? scene_manager_scene(stage->canvas[canvas].manager) : NULL;

	if (fault) {
		log_warning("a scene's file cannot be read, the scene stays: %s", fault);
		return;
	}
	log_info("a scene changed: name=%s", name);
	if (shown && strcmp(shown->name, name) == 0)
		(void)stage_show(stage, name, (int)canvas, 0);
}

static int on_shelf(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct stage *stage = data;

	scene_shelf_changed(stage->shelf, on_scene_changed, stage);
	return 0;
}

/* --- What is followed --- */

static void on_followed_score(struct followed *score, const char *fault, void *data)
{
	struct stage *stage = data;

	for (int c = 0; c < SCENE_N_CANVASES; c++)
		for (uint32_t i = 0; i < STAGE_VIEWS_MAX; i++)
			if (stage->canvas[c].view[i].view)
				view_set_score(stage->canvas[c].view[i].view, score, fault);
}

static const struct follow_ops follow_ops = {.score = on_followed_score};

int stage_add_eye(struct stage_canvas *canvas, struct sink *sink, uint32_t divisor)
{
	struct stage_eye *eye = &canvas->eye[canvas->n_eyes];

	if (canvas->n_eyes == STAGE_SINKS_MAX)
		return -ENOSPC;
	*eye = (struct stage_eye){.sink = sink,
		.divisor = divisor,
		.width = canvas->width / divisor,
		.height = canvas->height / divisor};
	if (divisor > 1) {
		eye->small = calloc(eye->height, (size_t)eye->width * 4);
		if (!eye->small)
			return -ENOMEM;
	}
	damage_all(&eye->lacks, canvas->width, canvas->height);
	canvas->n_eyes++;
	return 0;
}

void stage_remove_eye(struct stage_canvas *canvas, const struct sink *sink)
{
	for (uint32_t i = 0; i < canvas->n_eyes; i++)
		if (canvas->eye[i].sink == sink) {
			free(canvas->eye[i].small);
			canvas->eye[i] = canvas->eye[--canvas->n_eyes];
			return;
		}
}

/* --- Beginning and end --- */

static int open_shelf(struct stage *stage)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char own[PATH_MAX] = "";
	const char *dir[2];
	uint32_t n = 0;

	if (config && *config == '/')
		(void)snprintf(own, sizeof(own), "%s/mos/scenes", config);
	else if (home && *home == '/')
		(void)snprintf(own, sizeof(own), "%s/.config/mos/scenes", home);
	if (*own)
		dir[n++] = own;
	if (*stage->config->scenes)
		dir[n++] = stage->config->scenes;
	return scene_shelf_open(dir, n, &stage->shelf);
}

static int make_canvases(struct stage *stage)
{
	static const uint32_t size[SCENE_N_CANVASES][2] = {{7680, 4320}, {4320, 7680}};
	int rc = 0;

	for (int c = 0; c < SCENE_N_CANVASES && rc == 0; c++) {
		struct stage_canvas *canvas = &stage->canvas[c];

		canvas->stage = stage;
		canvas->which = (enum scene_canvas)c;
		canvas->width = size[c][0] / stage->config->divisor;
		canvas->height = size[c][1] / stage->config->divisor;
		canvas->px_per_pt = 7680.0f / STAGE_POINTS / (float)stage->config->divisor;
		canvas->hole_shape = calloc(HOLE_SHAPES_MAX, sizeof(*canvas->hole_shape));
		if (!canvas->hole_shape)
			return -ENOMEM;
		rc = scene_manager_create(canvas->which, canvas->width, canvas->height, &canvas->manager);
	}
	return rc;
}

static int show_first_scenes(struct stage *stage)
{
	const struct theater_config *config = stage->config;

	if (stage_show(stage, config->scene, SCENE_LANDSCAPE, 0) < 0 ||
		stage_show(stage, config->portrait_scene, SCENE_PORTRAIT, 0) < 0) {
		log_error("there is no such scene: scene=%s portrait_scene=%s", config->scene,
			config->portrait_scene);
		return -ENOENT;
	}
	if (*config->theme && stage_theme(stage, config->theme, -1) < 0) {
		log_error("there is no such theme: theme=%s", config->theme);
		return -ENOENT;
	}
	return 0;
}

int stage_start(struct stage *stage, struct service *service, const struct theater_config *config)
{
	int rc;

	stage->service = service;
	stage->config = config;
	TAILQ_INIT(&stage->shots);
	rc = worker_start(&stage->worker, service->event, "theater-work", NULL, NULL);
	if (rc >= 0)
		rc = make_canvases(stage);
	if (rc >= 0)
		rc = open_shelf(stage);
	if (rc >= 0) {
		scene_shelf_changed(
			stage->shelf, on_scene_changed, stage); /* what was wrong from the start */
		rc = show_first_scenes(stage);
	}
	if (rc >= 0)
		rc = surfaces_create(&surfaces_ops, stage, &stage->surfaces);
	if (rc >= 0)
		rc = streams_start(stage, &stage->streams);
	if (rc >= 0)
		rc = follow_start(&stage->follow, service->event, &stage->worker, service->runtime_dir,
			&follow_ops, stage);
	if (rc >= 0 && scene_shelf_fd(stage->shelf) >= 0)
		rc = sd_event_add_io(service->event, &stage->shelf_io, scene_shelf_fd(stage->shelf), EPOLLIN,
			on_shelf, stage);
	stage->next_ns = clock_ns();
	if (rc >= 0)
		rc = sd_event_add_time(service->event, &stage->timer, CLOCK_MONOTONIC, 0, 1, on_frame, stage);
	return rc < 0 ? rc : 0;
}

void stage_stop(struct stage *stage)
{
	stage->timer = sd_event_source_disable_unref(stage->timer);
	stage->shelf_io = sd_event_source_disable_unref(stage->shelf_io);
	worker_stop(&stage->worker);
	shots_drop(stage);
	follow_stop(&stage->follow);
	drop_targets(stage);
	surfaces_destroy(stage->surfaces);
	stage->surfaces = NULL;
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		for (uint32_t i = 0; i < stage->canvas[c].n_eyes; i++)
			free(stage->canvas[c].eye[i].small);
		free(stage->canvas[c].hole_shape);
		scene_manager_destroy(stage->canvas[c].manager);
	}
	streams_stop(stage->streams);
	scene_shelf_close(stage->shelf);
	render_destroy(stage->render);
	font_close(stage->fonts);
}
