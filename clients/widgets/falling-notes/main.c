/* SPDX-License-Identifier: MIT */
/* falling-notes: the score's notes on their way to the keys. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "falling.h"
#include "score.h"

struct app {
	struct mos_widget *widget;
	struct falling falling;
	struct played played;
	struct score_follow score;
	char score_id[40]; /* edits stay within it */
	int asking;        /* an answer is on its way */
	uint32_t version;  /* of the score and the part: notes of an older one are thrown away */
	uint32_t asked_version, index;
};

static void fetch(struct app *a);

static void on_notes(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	static const struct mos_value nothing = {MOS_VALUE_NIL, 0, {0}};
	struct app *a = data;

	a->asking = 0;
	/* What cannot be had, of a score that is gone, is empty until the next notice: not asked for each
	 * frame. */
	if (a->asked_version == a->version)
		falling_put(&a->falling, a->index, rc < 0 ? &nothing : &reply->value);
	fetch(a);
	mos_widget_redraw(a->widget);
}

static void fetch(struct app *a)
{
	const uint32_t index = a->score.has_order ? falling_missing(&a->falling) : UINT32_MAX;
	const struct order_run *run = order_run_of(&a->falling.order, index);

	if (a->asking || !run)
		return;
	a->index = index;
	a->asked_version = a->version;
	a->asking = mos_call_async(mos_widget_client(a->widget),
			    &(struct mos_request){.method = "hermes.note.list",
				    .args = (const struct mos_field[]){mos_int(
					    "index", run->first + (int64_t)(index - run->played_first))},
				    .n_args = 1},
			    on_notes, a) == 0;
}

static void on_score(void *data, const struct mos_value *state)
{
	struct app *a = data;
	const char *id = mos_get_str(state, "score_id", "");

	falling_clear(&a->falling, strncmp(id, a->score_id, sizeof(a->score_id) - 1) == 0);
	(void)snprintf(a->score_id, sizeof(a->score_id), "%s", id);
	a->version++;
}

static void on_order(void *data)
{
	struct app *a = data;
	const uint32_t n = a->falling.order.n_measures;
	char text[64];

	fetch(a);
	(void)snprintf(text, sizeof(text), "%u measures\n", n);
	(void)mos_widget_show(a->widget, text, MOS_ARGS(mos_int("measures", n)));
	mos_widget_redraw(a->widget);
}

/* @return 1: it moves. */
static int look(struct app *a, int64_t time_ns)
{
	struct mos_now now;

	if (mos_clock_now(mos_widget_client(a->widget), &now) < 0)
		return 0;
	a->falling.tick = mos_clock_tick_at(&now.clock, time_ns, NULL);
	a->falling.at = now.clock.measure;
	a->falling.from_tick = now.clock.flags & MOS_CLOCK_COUNT_IN ? now.clock.measure_tick : INT64_MIN;
	return (now.clock.flags & MOS_CLOCK_ROLLING) != 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int moves = look(a, mos_draw_time_ns(d));

	(void)played_pass(&a->played, mos_draw_time_ns(d));
	fetch(a);
	falling_draw(d, &a->falling, &a->played);
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

static int on_settings(struct mos_widget *w, void *data)
{
	struct app *a = data;

	const struct mos_value *settings = &mos_widget_context(w)->settings;
	const uint32_t part = (uint32_t)mos_get_int(settings, "part", 0);

	a->falling.ahead_beats = mos_get_real(settings, "beats", 8);
	if (part != a->falling.only_part) {
		a->falling.only_part = part;
		falling_clear(&a->falling, 0);
		a->version++;
		fetch(a);
	}
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
		.widget = w, .begun = on_score, .ordered = on_order, .data = a, .order = &a->falling.order};
	score_follow(&a->score);
	r = common_listen(client, types, on_transport, a);
	return r < 0 ? r : common_listen(client, played_types, on_note, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .draw = draw};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
