/* SPDX-License-Identifier: MIT */
/* Both canvases in full while music plays and somebody watches: what a frame has to draw, and when. The
 * benches `theater` and `stage` say how fast that is. */
#include <criterion/criterion.h>
#include <spa/param/video/raw.h>
#include <stdlib.h>

#include "system.h"
#include "video_consumer.h"

#define FRAMES 300

static const char *const widgets[] = {"piano", "transport", "meters", "chord-strip", "beat-grid"};

static double status(struct mos_client *c, const char *path)
{
	struct mos_reply reply;
	double value;

	cr_assert_eq(mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply), 0, "%s",
		mos_client_error(c)->message);
	value = mos_get_real(&reply.value, path, -1);
	mos_reply_finish(&reply);
	return value;
}

/* The frame clock and its counts at one moment. */
struct count {
	double time_ns; /* that the next frame is drawn for */
	double frames;  /* worked and left out */
	double left_out;
};
static struct count look(struct mos_client *c)
{
	struct mos_reply reply;
	struct count count;

	cr_assert_eq(mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply), 0, "%s",
		mos_client_error(c)->message);
	count.time_ns = mos_get_real(&reply.value, "frames/next_time_ns", 0);
	count.left_out = mos_get_real(&reply.value, "frames/skipped", 0);
	count.frames = mos_get_real(&reply.value, "frames/worked", 0) + count.left_out;
	mos_reply_finish(&reply);
	return count;
}

struct work {
	struct mos_client *c;
	double frames;
};
static bool has_worked(void *data)
{
	const struct work *w = data;

	return status(w->c, "frames/worked") >= w->frames;
}

static void on_frame(void *data, const struct video_frame *frame)
{
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void start(struct mos_client *c)
{
	struct mos_now now;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	for (size_t i = 0; i < sizeof(widgets) / sizeof(*widgets); i++)
		cr_assert_eq(mos_call(c, "broker.widget.start", MOS_ARGS(mos_str("id", widgets[i])), NULL), 0,
			"%s: %s", widgets[i], mos_client_error(c)->message);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(mos_clock_now(c, &now), 0);
	cr_assert_eq(mos_loop_set_ticks(c, 0, now.clock.end_tick / MOS_PPQ * MOS_PPQ), 0);
}

static void end(struct mos_client *c)
{
	for (size_t i = 0; i < sizeof(widgets) / sizeof(*widgets); i++)
		(void)mos_call(c, "broker.widget.stop", MOS_ARGS(mos_str("id", widgets[i])), NULL);
	(void)mos_loop_clear(c);
	(void)mos_transport_stop(c);
}

static void watch(struct mos_client *c, const char *node, double canvas_px)
{
	struct work work = {c, 0};
	struct video_consumer *consumer;
	double damage[FRAMES];
	int n = 0;

	cr_assert_eq(video_consumer_start(node, SPA_VIDEO_FORMAT_RGBA, on_frame, NULL, &consumer), 0);
	work.frames = status(c, "frames/worked") + 60; /* the first are whole pictures */
	cr_assert(system_wait(has_worked, &work), "nothing is drawn");
	const struct count before = look(c);
	while (n < FRAMES) {
		work.frames = status(c, "frames/worked") + 1;
		cr_assert(system_wait(has_worked, &work));
		damage[n++] = status(c, "frames/damage_px");
	}
	/* By the scene managers' own time: as many periods as there were frames, drawn or left out. */
	const struct count after = look(c);
	const double periods = (after.time_ns - before.time_ns) * 60e-9,
		     counted = after.frames - before.frames;
	video_consumer_stop(consumer);
	cr_expect_float_eq(periods, counted, 30, "%s: %.1f periods, %.0f frames", node, periods, counted);
	qsort(damage, FRAMES, sizeof(*damage), compare);
	cr_log_info("%s: a frame draws %.2f %% of the canvas (p90 %.2f %%) in %.2f ms (p99 %.2f ms), %.0f of "
		    "%.0f left out",
		node, 100 * damage[FRAMES / 2] / canvas_px, 100 * damage[FRAMES * 9 / 10] / canvas_px,
		status(c, "frames/p50_ms"), status(c, "frames/p99_ms"), after.left_out - before.left_out,
		counted);
	cr_expect_gt(damage[FRAMES * 9 / 10], 0, "%s: nothing moves", node);
	cr_expect_lt(damage[FRAMES / 2], canvas_px * 0.02, "%s", node);
}

Test(system_frames, both_canvases, .timeout = 240,
	.description = "TIM-05 THR-02 THE-02 TIM-09: at 7680x4320 and 4320x7680, with score, playhead and "
		       "five widgets, "
		       "a frame draws what moved, and no more; frames are drawn for times one period apart")
{
	struct mos_client *c = system_connect("frames");

	start(c);
	watch(c, "mos.canvas.landscape.small", 7680.0 * 4320);
	watch(c, "mos.canvas.portrait.small", 4320.0 * 7680);
	end(c);
	mos_client_destroy(c);
}

struct answers {
	struct mos_client *c;
	double n;
};
static bool has_answered(void *data)
{
	const struct answers *a = data;

	return status(a->c, "answers/n") >= a->n;
}

Test(system_frames, input_to_picture, .timeout = 120,
	.description = "TIM-13: a key's event is followed to the submitted frame: to the picture, to its "
		       "frame, to the "
		       "end of that")
{
	struct mos_client *c = system_connect("keys");
	struct mos_event ev = {.flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};
	struct answers answers = {c, 0};
	struct video_consumer *consumer;

	cr_assert_eq(mos_call(c, "broker.widget.start", MOS_ARGS(mos_str("id", "piano")), NULL), 0, "%s",
		mos_client_error(c)->message);
	cr_assert_eq(video_consumer_start(
			     "mos.canvas.landscape.small", SPA_VIDEO_FORMAT_RGBA, on_frame, NULL, &consumer),
		0);
	answers.n = status(c, "frames/worked") + 10;
	cr_assert(system_wait(has_worked, &(struct work){c, answers.n}));
	/* One key more each time: whatever is drawn together, there is something new. */
	for (int i = 0; i < 40; i++) {
		answers.n = status(c, "answers/n") + 1;
		ev.type = MOS_EVENT_MIDI_NOTEON;
		ev.u.note = (struct mos_ev_note){.key = (uint8_t)(40 + i), .velocity = 2000, .part = 0xffff};
		cr_assert_eq(mos_emit(c, &ev), 0);
		cr_assert(system_wait(has_answered, &answers), "key %d is not shown", i);
	}
	(void)mos_call(c, "apollo.engine.panic", MOS_NO_ARGS, NULL);
	cr_log_info("%.2f ms: %.2f to the picture, %.2f to its frame, %.2f until that was shown; %.0f frames",
		status(c, "answers/whole/p50_ms"), status(c, "answers/to_picture/p50_ms"),
		status(c, "answers/to_frame/p50_ms"), status(c, "answers/to_submitted/p50_ms"),
		status(c, "answers/frames_p50"));
	cr_expect_gt(status(c, "answers/to_picture/p50_ms"), 0);
	cr_expect_gt(status(c, "answers/to_submitted/p50_ms"), 0);
	cr_expect_leq(status(c, "answers/frames_p50"), 2, "TIM-14");
	video_consumer_stop(consumer);
	(void)mos_call(c, "broker.widget.stop", MOS_ARGS(mos_str("id", "piano")), NULL);
	mos_client_destroy(c);
}
