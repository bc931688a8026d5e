/* SPDX-License-Identifier: MIT */
/* The stage without a device: what is drawn anew, who gets it, and what is left when somebody goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "theater_stage_rig.h"

TestSuite(theater_stage, .init = rig_setup, .fini = rig_teardown, .timeout = 30);

/* Whether all of the widget's place was drawn anew in the last picture of a canvas. */
static int is_redrawn(const struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < canvas->n_places; i++) {
		const struct render_rect r = canvas->place[i].rect;

		if (strcmp(canvas->place[i].item->id, WIDGET) != 0)
			continue;
		for (uint32_t k = 0; k < canvas->target->n_damage; k++) {
			const struct render_rect d = canvas->target->damage[k];

			if (d.x <= r.x && d.y <= r.y && d.x + d.w >= r.x + r.w && d.y + d.h >= r.y + r.h)
				return 1;
		}
	}
	return 0;
}

Test(theater_stage, told_twice,
	.description =
		"WID-06 THE-07: a broker that comes back tells of a widget again: it has one stream, and "
		"with it that goes")
{
	struct eye *node;

	rig_start_widget();
	node = rig_eye_of("mos.widget." WIDGET);
	cr_assert_not_null(node);
	cr_expect_eq(streams_n(stage.streams), 3, "two canvases and the widget");
	surfaces_unlink(stage.surfaces);
	cr_expect_eq(surface_kind(surfaces_find(stage.surfaces, WIDGET)), MOS_SURFACE_SHAPES,
		"its picture stays on");
	rig_tell_widget("active", "surface.shapes");
	cr_expect_eq(streams_n(stage.streams), 3);
	cr_expect_eq(rig_eye_of("mos.widget." WIDGET), node);
	rig_tell_widget("gone", "");
	cr_expect_eq(streams_n(stage.streams), 2);
	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_frames(3);
}

Test(theater_stage, pixels_have_a_stream,
	.description = "WID-06: a widget that draws in pixels alone has a video node, too")
{
	rig_tell_widget("active", "surface.pixels");
	cr_expect_eq(streams_n(stage.streams), 2, "it draws nothing yet");
	rig_tell_pixels();
	cr_expect_eq(streams_n(stage.streams), 3);
	rig_tell_pixels();
	cr_expect_eq(streams_n(stage.streams), 3);
	rig_eye_of("mos.widget." WIDGET)->wants = 1;
	rig_frames(3);
	rig_tell_widget("gone", "");
	cr_expect_eq(streams_n(stage.streams), 2);
}

Test(theater_stage, looked_at_again,
	.description =
		"THE-02: what a widget drew while nobody looked at a canvas is drawn when somebody does")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");

	landscape->wants = 1;
	rig_start_widget();
	rig_paint(1);
	rig_frames(3);
	landscape->wants = 0;
	rig_eye_of("mos.canvas.portrait")->wants = 1;
	while (canvas->is_wanted)
		rig_frames(1);
	rig_frames(1);
	rig_paint(2);
	rig_frames(2);
	const uint32_t n = canvas->target->n_draws;
	landscape->wants = 1;
	while (canvas->target->n_draws == n)
		rig_frames(1);
	cr_expect(is_redrawn(canvas));
}

Test(theater_stage, a_frame_late,
	.description = "THE-02: who misses some frames, as a window does that waits for its compositor, is "
		       "shown what "
		       "changed in them, and not all of the canvas")
{
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	const uint64_t all = (uint64_t)stage.canvas[0].width * stage.canvas[0].height;

	landscape->wants = 1;
	stage.canvas[0].n_holds = 1; /* drawn all the same */
	rig_start_widget();
	rig_paint(1);
	rig_frames(3);
	const uint64_t sequence = landscape->sequence;
	landscape->wants = 0;
	rig_paint(2);
	rig_frames(3);
	cr_expect_eq(landscape->sequence, sequence);
	landscape->wants = 1;
	rig_frames(1);
	cr_expect_eq(landscape->sequence, sequence + 1);
	cr_expect_gt(landscape->area, 0);
	cr_expect_lt(landscape->area, all);
	landscape->wants = 0;
	rig_frames(100);
	landscape->wants = 1;
	rig_frames(1);
	cr_expect_eq(landscape->area, all, "what was not looked at for long is not kept count of");
	stage.canvas[0].n_holds = 0;
}

Test(theater_stage, late_window,
	.description = "THE-08: a window that waits for its compositor hides no widget and loses no frames")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	uint64_t worked;
	int64_t then;

	landscape->wants = 1;
	rig_start_widget();
	rig_frames(3);
	then = stage.frame_time_ns;
	worked = stage.log.n_frames;
	landscape->wants = 0;
	rig_frames(2);
	if (stage.frame_time_ns - then < 400000000) { /* unless this machine was that busy */
		cr_expect(canvas->is_wanted);
		cr_expect(surfaces_find(stage.surfaces, WIDGET)->shown);
		cr_expect_eq(stage.log.n_frames, worked + 2);
	}
	while (canvas->is_wanted)
		rig_frames(1);
	cr_expect_not(surfaces_find(stage.surfaces, WIDGET)->shown);
}

Test(theater_stage, another_size,
	.description = "THE-02: a widget on both canvases that is told another size is drawn anew on both")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_PORTRAIT];

	rig_eye_of("mos.canvas.portrait")->wants = 1;
	rig_start_widget();
	rig_paint(1);
	rig_frames(3);
	const uint32_t n = canvas->target->n_draws;
	rig_eye_of("mos.canvas.landscape")->wants = 1; /* its place there is told first */
	while (canvas->target->n_draws == n)
		rig_frames(1);
	cr_expect(is_redrawn(canvas));
}

Test(theater_stage, stream_is_new,
	.description = "WID-06: a widget's stream shows what it drew while nobody watched it, and a theme's "
		       "colours")
{
	struct eye *node;

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_start_widget();
	node = rig_eye_of("mos.widget." WIDGET);
	node->wants = 1;
	rig_paint(1);
	rig_frames(3);
	node->wants = 0;
	rig_frames(1);
	rig_paint(2);
	rig_frames(2);
	const uint32_t n = node->n_changed;
	node->wants = 1;
	rig_frames(2);
	cr_expect_eq(node->n_changed, n + 1);
	cr_assert_eq(stage_theme(&stage, "paper", -1), 0);
	rig_frames(3);
	cr_expect_eq(node->n_changed, n + 2);
}

Test(theater_stage, window_closes,
	.description = "THE-08: a window that is closed while it gets a picture takes none from the others")
{
	struct eye closing = {.sink = {.ops = &eye_ops}, .wants = 1};
	struct eye last = {.sink = {.ops = &eye_ops}, .wants = 1};

	cr_assert_eq(stage_add_eye(&stage.canvas[0], &closing.sink, 2), 0);
	cr_assert_eq(stage_add_eye(&stage.canvas[0], &last.sink, 1), 0);
	rig_frames(2);
	cr_expect_gt(last.n, 0);
	last.n_changed = 0;
	closing.closes = 1;
	scene_manager_damage_all(stage.canvas[0].manager);
	rig_frames(1);
	cr_expect_eq(last.n_changed, 1);
	stage_remove_eye(&stage.canvas[0], &last.sink);
}

static uint32_t n_answers, n_failed;

static void on_shot(int fd, void *data)
{
	n_answers++;
	n_failed += fd < 0;
	if (fd >= 0)
		(void)close(fd);
}

Test(theater_stage, many_shots,
	.description =
		"THR-08: pictures that are asked for all at once are refused before they take the memory, "
		"and given after")
{
	uint32_t n = 0;

	while (stage_shoot(&stage, SCENE_LANDSCAPE, 4, on_shot, NULL) == 0)
		cr_assert_lt(++n, 100);
	cr_expect_eq(stage_shoot(&stage, SCENE_PORTRAIT, 4, on_shot, NULL), -EBUSY);
	while (n_answers < n)
		rig_frames(1);
	cr_expect_eq(n_failed, 0);
	cr_expect_eq(stage_shoot(&stage, SCENE_PORTRAIT, 4, on_shot, NULL), 0);
	while (n_answers < n + 1)
		rig_frames(1);
}

#define CROWD 100

static struct mos_surface_writer crowd[CROWD];

/* A scene of a hundred widgets and a score, on disk like anybody's own. */
static void show_crowd(void)
{
	char dir[] = "/tmp/mos-crowd-XXXXXX", path[128];
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/crowd.json", dir);
	f = fopen(path, "we");
	cr_assert_not_null(f);
	(void)fprintf(f,
		"{\"name\": \"crowd\", \"title\": \"A crowd\", \"canvas\": \"landscape\", \"theme\": "
		"\"night\",\n"
		"\"items\": [{\"score\": \"score\", \"at\": [0, 0, 1000, 480], \"layout\": \"page\"}");
	for (int i = 0; i < CROWD; i++)
		(void)fprintf(f, ",\n{\"widget\": \"crowd-%d\", \"at\": [%d, %d, 48, 90]}", i, i % 20 * 50,
			500 + i / 20 * 100);
	(void)fprintf(f, "]}\n");
	cr_assert_eq(fclose(f), 0);
	scene_shelf_close(stage.shelf);
	stage.shelf_io = sd_event_source_disable_unref(stage.shelf_io);
	cr_assert_eq(scene_shelf_open((const char *const[]){dir}, 1, &stage.shelf), 0);
	cr_assert_eq(stage_show(&stage, "crowd", SCENE_LANDSCAPE, 0), 0);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void start_crowd(void)
{
	for (int i = 0; i < CROWD; i++) {
		struct wire_out out;
		char id[16];

		(void)snprintf(id, sizeof(id), "crowd-%d", i);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.stage.widget");
		wire_put_str(&out, "id", id);
		wire_put_str(&out, "state", "active");
		wire_put_u64(&out, "instance", 1);
		wire_open_array(&out, "capabilities");
		wire_put_str(&out, NULL, "surface.shapes");
		wire_close(&out);
		rig_tell(&out);
		cr_assert_eq(mos_surface_open(surfaces_find(stage.surfaces, id)->region.fd, &crowd[i]), 0);
	}
}

/* All of them answer what happened at `event_ns`. */
static void answer_all(uint32_t color, int64_t event_ns)
{
	for (int i = 0; i < CROWD; i++) {
		struct mos_shape *shape = mos_surface_begin(&crowd[i]);

		cr_assert_not_null(shape);
		shape[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
		crowd[i].event_ns = event_ns;
		mos_surface_commit(&crowd[i], &(struct mos_surface_slot){.n = 1});
	}
}

static int64_t clock_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

Test(theater_stage, hundred_answers,
	.description =
		"TIM-09 TIM-13 TIM-14: what a hundred widgets answer between two frames is in the next one, "
		"which draws what they changed and no more; its times say how long each part took")
{
	struct eye *landscape = rig_eye_of("mos.canvas.landscape");
	struct frame_log_figures f;

	show_crowd();
	start_crowd();
	landscape->wants = 1;
	answer_all(1, 0);
	rig_frames(5);
	cr_expect_eq(stage.log.n_answers, 0, "nothing had happened");
	for (uint32_t n = 1; n <= 3; n++) {
		const uint64_t pictures = stage.canvas[0].sequence;

		answer_all(1 + n, clock_now_ns());
		rig_frames(1);
		cr_assert_eq(stage.log.n_answers, n * CROWD, "%llu", (unsigned long long)stage.log.n_answers);
		cr_expect_eq(stage.canvas[0].sequence, pictures + 1);
		/* A point and what is smoothed around it, of each. */
		cr_expect_leq(stage.figures.damage_px, CROWD * 36u, "%llu",
			(unsigned long long)stage.figures.damage_px);
	}
	frame_log_read(&stage.log, &f);
	cr_expect_eq(f.frames_p50, 1);
	cr_expect_eq(f.frames_p99, 1, "the next frame shows all of them");
	for (uint64_t i = 0; i < stage.log.n_answers; i++)
		cr_assert_eq(stage.log.part_ns[FRAME_ANSWER][i] + stage.log.part_ns[FRAME_WAIT][i] +
				     stage.log.part_ns[FRAME_DRAW][i],
			stage.log.part_ns[FRAME_WHOLE][i]);
	for (int i = 0; i < CROWD; i++)
		mos_surface_close(&crowd[i]);
}

Test(theater_stage, frame_times,
	.description = "TIM-09: a frame is drawn for the time of the one before and a period, and as many "
		       "more as were "
		       "left out, which are counted")
{
	const int64_t period = 1000000000 / config.fps;
	uint64_t left_out = 0;

	rig_eye_of("mos.canvas.landscape")->wants = 1;
	rig_frames(3);
	for (int i = 0; i < 60; i++) {
		const uint64_t skipped = stage.figures.skipped;
		const int64_t before = stage.frame_time_ns;

		if (i % 10 == 9)
			usleep(5000); /* the loop hangs for some frames */
		rig_frames(1);
		if (i > 0)
			cr_expect_eq(stage.frame_time_ns - before, period * (int64_t)(1 + left_out));
		left_out = stage.figures.skipped - skipped;
	}
	cr_expect_eq(stage.log.n_frames, stage.log.n_begun);
	cr_expect_geq(stage.figures.skipped, 5 * 3);
}

Test(theater_stage, one_after_another,
	.description = "THE-04: what is asked for right after a scene is asked of that scene")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct scene_theme paper;

	cr_assert_eq(scene_shelf_theme(stage.shelf, "paper", &paper), 0);
	rig_frames(1);
	cr_assert_eq(stage_show(&stage, "teaching", -1, stage.frame_time_ns), 0);
	cr_expect_str_eq(scene_manager_scene(canvas->manager)->name, "teaching");
	cr_expect_eq(canvas->n_places, scene_manager_scene(canvas->manager)->n_items);
	cr_assert_eq(stage_theme(&stage, "paper", -1), 0);
	rig_frames(3);
	cr_expect_arr_eq(scene_manager_tokens(canvas->manager), paper.token, sizeof(paper.token));
}
