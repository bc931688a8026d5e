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

int64_t stage_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t stage_frame_ns(const struct stage *stage)
{
	return 1000000000 / stage->config->fps;
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

	frame_log_begin(&stage->log, stage->next_ns, stage_clock_ns());
	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		stage->canvas[c].is_wanted =
			(uint8_t)(is_wanted(&stage->canvas[c]) && stage_need_target(&stage->canvas[c]) == 0);
		any |= stage->canvas[c].is_wanted;
	}
	any |= streams_any(stage->streams) && stage_need_render(stage) == 0;
	follow_place_at(&stage->follow, stage->frame_time_ns, &stage->now);
	look_at_scenes(stage);
	if (any && stage_recover(stage) == 0) {
		stage->figures.damage_px = 0;
		stage_look_at_widgets(stage);
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
	frame_log_end(&stage->log, is_drawn, stage_clock_ns());
	return any;
}

static int on_frame(sd_event_source *source, uint64_t usec, void *data)
{
	struct stage *stage = data;
	const int64_t period = stage_frame_ns(stage);
	int64_t now = stage_clock_ns();
	int any;

	stage->frame++;
	/* What is drawn now is seen a frame later. */
	stage->frame_time_ns = stage->next_ns + period;
	any = draw_frame(stage);
	now = stage_clock_ns();
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
		rc = surfaces_create(&stage_widget_ops, stage, &stage->surfaces);
	if (rc >= 0)
		rc = streams_start(stage, &stage->streams);
	if (rc >= 0)
		rc = follow_start(&stage->follow, service->event, &stage->worker, service->runtime_dir,
			&follow_ops, stage);
	if (rc >= 0 && scene_shelf_fd(stage->shelf) >= 0)
		rc = sd_event_add_io(service->event, &stage->shelf_io, scene_shelf_fd(stage->shelf), EPOLLIN,
			on_shelf, stage);
	stage->next_ns = stage_clock_ns();
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
	stage_drop_targets(stage);
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
