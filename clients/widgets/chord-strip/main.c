/* SPDX-License-Identifier: MIT */
/* chord-strip: asks Hermes for the measures that are seen, one after another; a click seeks. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "harmony.h"
#include "score.h"
#include "strip.h"

struct app {
	struct mos_widget *widget;
	struct strip strip;
	struct score_follow score;
	struct order order;     /* in which its measures are played */
	struct harmony harmony; /* as heard */
	float width, height;    /* as drawn last */
	int asking;             /* an answer is on its way */
	uint32_t asked_version, index;
	int64_t next_tick, end_tick; /* of the measure that is being fetched */
};

static void fetch(struct app *a);

static int ask(
	struct app *a, const char *method, const struct mos_field *args, size_t n_args, mos_call_done done)
{
	const struct mos_request request = {.method = method, .args = args, .n_args = n_args};

	a->asked_version = a->score.version;
	a->asking = mos_call_async(mos_widget_client(a->widget), &request, done, a) == 0;
	return a->asking;
}

static void on_chord(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;
	struct strip_measure *m = &a->strip.measure[a->index % STRIP_CACHE];
	int64_t tick, duration;

	a->asking = 0;
	if (rc < 0 || a->asked_version != a->score.version || m->index != a->index) {
		fetch(a);
		return;
	}
	tick = mos_get_int(&reply->value, "tick", -1);
	duration = mos_get_int(&reply->value, "duration_ticks", 0);
	/* A chord of before that still sounds belongs to its own measure. */
	a->strip.is_written |= tick >= 0;
	if (tick >= m->tick && tick < a->end_tick)
		strip_add(m, tick, mos_get_str(&reply->value, "symbol", ""),
			mos_get_str(&reply->value, "roman", ""));
	a->next_tick = tick >= 0 && tick + duration > a->next_tick ? tick + duration : a->next_tick + MOS_PPQ;
	mos_widget_redraw(a->widget);
	if (a->next_tick < a->end_tick && m->n_chords < STRIP_CHORDS)
		(void)ask(a, "hermes.chord.get", MOS_ARGS(mos_int("tick", a->next_tick)), on_chord);
	else
		fetch(a);
}

static void on_measure(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;
	const struct strip_measure *before = a->index ? strip_get(&a->strip, a->index - 1) : NULL;
	int64_t tick, duration;

	a->asking = 0;
	if (rc < 0 || a->asked_version != a->score.version) {
		if (rc == 0)
			fetch(a);
		return;
	}
	/* A very full measure comes as a file: its place follows from the one before. */
	tick = mos_get_int(&reply->value, "tick", before ? before->tick + before->duration : 0);
	duration = mos_get_int(&reply->value, "durationTicks", before ? before->duration : 4 * MOS_PPQ);
	(void)strip_put(&a->strip, a->index, tick, duration);
	a->next_tick = tick;
	a->end_tick = tick + duration;
	(void)ask(a, "hermes.chord.get", MOS_ARGS(mos_int("tick", tick)), on_chord);
}

static void fetch(struct app *a)
{
	const struct strip_layout l = strip_layout(&a->strip, a->width, a->height);
	const uint32_t index = strip_missing(&a->strip, &l);

	if (a->asking || index == UINT32_MAX)
		return;
	a->index = index;
	(void)ask(a, "hermes.measure.get", MOS_ARGS(mos_int("index", index)), on_measure);
}

static void on_score(void *data, const struct mos_value *state)
{
	struct app *a = data;

	strip_clear(&a->strip, a->score.n_measures);
	/* It is shown as it is written: only where it plays waits for the order. */
	order_plain(&a->order, a->strip.n_measures);
	fetch(a);
	mos_widget_redraw(a->widget);
}

static void on_order(void *data)
{
	struct app *a = data;

	mos_widget_redraw(a->widget);
}

/* @return 1: it moves. */
static int look(struct app *a, int64_t time_ns)
{
	struct mos_now now;

	if (mos_clock_now(mos_widget_client(a->widget), &now) < 0)
		return 0;
	a->strip.has_place = now.clock.timeline_id != 0;
	strip_place(&a->strip, &a->order, now.clock.measure, mos_clock_tick_at(&now.clock, time_ns, NULL));
	return (now.clock.flags & MOS_CLOCK_ROLLING) != 0;
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int moves = look(a, mos_draw_time_ns(d));

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	fetch(a);
	strip_draw(d, &a->strip);
	if (moves)
		mos_draw_again(d);
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	uint32_t measure, chord;
	char text[128];

	(void)look(a, common_time_ns());
	fetch(a);
	if (strip_chord_at(&a->strip, a->strip.tick, &measure, &chord)) {
		const struct strip_chord *c = &strip_get(&a->strip, measure)->chord[chord];

		(void)snprintf(text, sizeof(text), "%u: %s  %s\n", a->strip.at + 1, c->symbol, c->roman);
		(void)mos_widget_show(a->widget, text,
			MOS_ARGS(mos_int("measure", a->strip.at + 1), mos_str("symbol", c->symbol),
				mos_str("roman", c->roman)));
	}
	mos_widget_redraw(a->widget);
}

static void on_heard(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	char numeral[MOS_ROMAN_TEXT_MAX];

	if (!harmony_event(&a->harmony, ev) || ev->type != MOS_EVENT_CHORD_DETECTED || !a->harmony.has_chord)
		return;
	harmony_numeral(&a->harmony, numeral);
	if (look(a, ev->time_ns && ev->time_ns <= INT64_MAX ? (int64_t)ev->time_ns : common_time_ns()) &&
		strip_hear(&a->strip, a->strip.tick, a->harmony.symbol, numeral))
		mos_widget_redraw(a->widget);
}

static void on_sought(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && error)
		mos_widget_log(data, "%s", error->message);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	const struct strip_layout l = strip_layout(&a->strip, a->width, a->height);
	const int64_t tick = order_played_tick(&a->order, strip_tick_at(&a->strip, &l, at->at));

	if (at->kind != MOS_POINTER_DOWN || at->button != 1 ||
		tick < 0) /* also where nothing is ever played */
		return;
	(void)mos_call_async(mos_widget_client(w),
		&(struct mos_request){.method = "kronos.transport.seek",
			.args = (const struct mos_field[]){mos_int("ticks", tick)},
			.n_args = 1},
		on_sought, w);
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	struct app *a = data;

	a->strip.has_numerals = mos_get_bool(settings, "numerals", 1);
	a->strip.columns = (uint32_t)mos_get_int(settings, "measures", 0);
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	static const uint32_t types[] = {MOS_EVENT_METRONOME_BEAT, MOS_EVENT_TRANSPORT_STATE,
		MOS_EVENT_TRANSPORT_SEEK, MOS_EVENT_TRANSPORT_MEASURE, 0};
	struct app *a = data;
	int r;

	a->widget = w;
	a->width = 1000;
	a->height = 100;
	(void)on_settings(w, a);
	a->score = (struct score_follow){
		.widget = w, .begun = on_score, .ordered = on_order, .data = a, .order = &a->order};
	score_follow(&a->score);
	r = common_listen(mos_widget_client(w), types, on_event, a);
	return r < 0 ? r : common_listen(mos_widget_client(w), harmony_types, on_heard, a);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
