/* SPDX-License-Identifier: MIT */
/* hands: two hands that play a part of the score as its tablature and fingering say, else what sounds. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "hands.h"
#include "live.h"
#include "orbit.h"
#include "score.h"

struct app {
	struct mos_widget *widget;
	struct hands_scene scene;
	struct hands_part part;
	struct hands_live live;
	struct played played;
	enum hands_view view;
	struct orbit orbit;
	struct score_follow score;
	int asking;       /* an answer is on its way */
	uint32_t version; /* of score and part: answers of an older one are thrown away */
	uint32_t asked_version, index;
	char shown[sizeof(((struct hands_scene *)0)->grip)];
	struct hands_note note[HANDS_WINDOW];
};

static void fetch(struct app *a);

/* The measure that was asked for, by its written index. */
static int ask(struct app *a, const char *method, mos_call_done done)
{
	const struct order_run *run = order_run_of(&a->part.order, a->index);

	a->asked_version = a->version;
	a->asking = run && mos_call_async(mos_widget_client(a->widget),
				   &(struct mos_request){.method = method,
					   .args = (const struct mos_field[]){mos_int("index",
						   run->first + (int64_t)(a->index - run->played_first))},
					   .n_args = 1},
				   done, a) == 0;
	return a->asking;
}

static void take(struct app *a, int rc, const struct mos_reply *reply)
{
	static const struct mos_value nothing = {MOS_VALUE_NIL, 0, {0}};

	/* What cannot be had is empty until the next notice: not asked for each frame. */
	if (a->asked_version == a->version)
		hands_part_put(&a->part, a->index, rc < 0 ? &nothing : &reply->value);
	fetch(a);
	mos_widget_redraw(a->widget);
}

static void on_notes(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->asking = 0;
	take(a, rc, reply);
}

static void on_measure(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->asking = 0;
	/* A very full measure comes as a file: then its notes alone are asked for. */
	if (rc == 0 && a->asked_version == a->version && !mos_get(&reply->value, "content") && reply->n_fds &&
		ask(a, "hermes.note.list", on_notes))
		return;
	take(a, rc, reply);
}

static void fetch(struct app *a)
{
	const uint32_t index = a->score.has_order ? hands_part_missing(&a->part) : UINT32_MAX;

	if (a->asking || index == UINT32_MAX)
		return;
	a->index = index;
	(void)ask(a, "hermes.measure.get", on_measure);
}

static void on_score(void *data, const struct mos_value *state)
{
	struct app *a = data;

	hands_part_clear(&a->part);
	a->version++;
	mos_widget_redraw(a->widget);
}

static void on_order(void *data)
{
	struct app *a = data;

	fetch(a);
	mos_widget_redraw(a->widget);
}

/* In words, once for each grip. */
static void show(struct app *a)
{
	char text[96];

	if (strcmp(a->shown, a->scene.grip) == 0)
		return;
	(void)snprintf(a->shown, sizeof(a->shown), "%s", a->scene.grip);
	(void)snprintf(text, sizeof(text), "%s  off by %.2f mm\n", a->scene.grip,
		(double)a->scene.hand[HANDS_LEFT].result.error_mm);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("grip", a->scene.grip),
			mos_real("error_mm", (double)a->scene.hand[HANDS_LEFT].result.error_mm)));
}

/* The score's part while it plays, or as long as nothing else sounds. @return 1: it moves. */
static int look(struct app *a, int64_t time_ns)
{
	const int sounds = hands_live_take(&a->live, &a->part.neck, &a->played, time_ns / 1000000);
	struct mos_now now;
	uint32_t frac = 0;
	double tick = 0;
	unsigned n = 0;
	int rolls = 0;

	if (mos_clock_now(mos_widget_client(a->widget), &now) == 0) {
		rolls = (now.clock.flags & MOS_CLOCK_ROLLING) != 0;
		tick = (double)mos_clock_tick_at(&now.clock, time_ns, &frac) + (double)frac / 4294967296.0;
		a->part.at = now.clock.measure;
		n = hands_part_gather(&a->part, a->note);
	}
	a->scene.neck = a->part.neck;
	if (n && (rolls || !sounds)) {
		hands_scene_at(&a->scene, a->note, n, tick);
		return rolls;
	}
	hands_scene_at(&a->scene, a->live.note, a->live.n, (double)time_ns / 1e6);
	return time_ns / 1000000 <= a->live.still_ms;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	int moves;

	(void)played_pass(&a->played, mos_draw_time_ns(d));
	moves = look(a, mos_draw_time_ns(d));
	fetch(a);
	hands_draw(d, &a->scene);
	show(a);
	if (moves || a->played.n_due)
		mos_draw_again(d);
}

static void on_note(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (played_event(&a->played, ev, common_time_ns()))
		mos_widget_redraw(a->widget);
}

static void on_transport(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	mos_widget_redraw(a->widget);
}

static void move(struct app *a, const struct orbit_move *by)
{
	hands_camera_turn(&a->scene.camera, by->turn, by->tilt);
	hands_camera_zoom(&a->scene.camera, by->zoom);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	struct orbit_move by;

	if (!orbit_pointer(&a->orbit, at, &by))
		return;
	move(a, &by);
	mos_widget_redraw(w);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;
	struct orbit_move by;

	if (orbit_key(name, &by))
		move(a, &by);
	else if (strcmp(name, "v") == 0)
		a->scene.camera = hands_camera(a->view = (a->view + 1) % HANDS_VIEWS);
	else if (strcmp(name, "0") == 0)
		a->scene.camera = hands_camera(a->view);
	mos_widget_redraw(w);
}

static int on_settings(struct mos_widget *w, void *data)
{
	static const char *const views[HANDS_VIEWS] = {"front", "audience", "player"};
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const char *camera = mos_get_str(settings, "camera", "front");
	struct app *a = data;

	a->part.neck = mos_fret_guitar;
	a->part.neck.scale_mm = (float)mos_get_real(settings, "scale_mm", 648);
	a->part.neck.capo = (uint8_t)mos_get_int(settings, "capo", 0);
	(void)snprintf(a->part.wanted, sizeof(a->part.wanted), "%s", mos_get_str(settings, "part", ""));
	a->scene.is_left_handed = mos_get_bool(settings, "left_handed", 0) != 0;
	for (unsigned i = 0; i < HANDS_VIEWS; i++)
		if (strcmp(camera, views[i]) == 0)
			a->view = (enum hands_view)i;
	a->scene.camera = hands_camera(a->view);
	hands_part_clear(&a->part);
	a->version++; /* what is under way was asked for another neck */
	fetch(a);
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_TRANSPORT_STATE, MOS_EVENT_TRANSPORT_SEEK, 0};
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	int r;

	a->widget = w;
	(void)on_settings(w, a);
	a->score = (struct score_follow){
		.widget = w, .begun = on_score, .ordered = on_order, .data = a, .order = &a->part.order};
	score_follow(&a->score);
	r = common_listen(client, types, on_transport, a);
	return r < 0 ? r : common_listen(client, played_types, on_note, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
