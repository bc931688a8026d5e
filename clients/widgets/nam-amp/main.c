/* SPDX-License-Identifier: MIT */
/* nam-amp: choose a neural amplifier for a strip, turn it, bypass it. */
#include <stdio.h>
#include <string.h>

#include "amp.h"
#include "common.h"
#include "hand.h"

#define LOOK_MS 250u
#define LOOKS_PER_LIST 20u /* the models' folders are looked into every 5 s */
#define DB_PER_POINT 0.25f

struct app {
	struct mos_widget *widget;
	struct amp amp;
	float width, height; /* as drawn last */
	struct hand hand;
	int is_asking; /* a knob; one request at a time */
	int is_looking;
	int is_stale; /* the insert, or a knob of it, may be another by now */
	int counter;  /* of the strip's peak; -1: not found yet */
	unsigned n_looks, n_changes, looked_at;
};

static void show(struct app *a)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s  %s  input %+.1f dB  output %+.1f dB\n%s\n",
		amp_name(&a->amp)[0] ? amp_name(&a->amp) : "no amplifier",
		a->amp.loading              ? "loading"
		: a->amp.state == AMP_ON    ? "on"
		: a->amp.state == AMP_EMPTY ? ""
					    : "bypassed",
		(double)a->amp.gain_db[AMP_INPUT], (double)a->amp.gain_db[AMP_OUTPUT], a->amp.text);
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("model", amp_name(&a->amp)), mos_bool("on", a->amp.state == AMP_ON)));
	mos_widget_redraw(a->widget);
}

/* @return 1: an answer will come. */
static int call(
	struct app *a, const char *method, const struct mos_field *args, size_t n_args, mos_call_done done)
{
	return mos_call_async(mos_widget_client(a->widget),
		       &(struct mos_request){.method = method, .args = args, .n_args = n_args}, done, a) == 0;
}

static void look_again(struct app *a);
static void ask_next(struct app *a);

static void on_turned(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->is_asking = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	ask_next(a);
}

static void ask_next(struct app *a)
{
	for (int knob = 0; knob < AMP_KNOBS && !a->is_asking && a->amp.state != AMP_EMPTY; knob++) {
		const struct mos_field args[] = {mos_int("strip", a->amp.strip), mos_int("slot", a->amp.slot),
			mos_str("symbol", amp_symbol((enum amp_knob)knob)),
			mos_real("value", (double)a->amp.gain_db[knob])};

		if (!(a->amp.dirty >> knob & 1))
			continue;
		a->amp.dirty &= ~(1u << knob);
		a->is_asking = call(a, "apollo.insert.set", args, 4, on_turned);
	}
	look_again(a);
}

static void turn(struct app *a, enum amp_knob knob, float db)
{
	amp_set(&a->amp, knob, db);
	a->n_changes++;
	ask_next(a);
	show(a);
}

/* --- What there is --- */

static void on_controls(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->is_looking = 0;
	/* what was turned since it was asked for is not in it */
	if (rc == 0 && (a->is_asking || a->looked_at != a->n_changes)) {
		a->is_stale = 1;
	} else if (rc == 0) {
		amp_take_controls(&a->amp, mos_get(&reply->value, "controls"));
		show(a);
	}
	look_again(a);
}

static void on_inserts(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;
	const enum amp_state before = a->amp.state;

	a->is_looking = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	if (rc < 0 || a->amp.loading) /* it still tells of the one before */
		return;
	if (!amp_take_inserts(&a->amp, mos_get(&reply->value, "inserts"))) {
		show(a);
		look_again(a);
		return;
	}
	if (before == AMP_EMPTY && a->amp.dirty) /* what was turned before it came */
		ask_next(a);
	a->looked_at = a->n_changes;
	a->is_looking = call(a, "apollo.insert.get",
		MOS_ARGS(mos_int("strip", a->amp.strip), mos_int("slot", a->amp.slot)), on_controls);
}

/* At what is in force, once nothing is asked for that would change it. */
static void look_again(struct app *a)
{
	if (!a->is_stale || a->is_looking || a->is_asking)
		return;
	a->is_stale = 0;
	a->is_looking = call(a, "apollo.insert.list", MOS_NO_ARGS, on_inserts);
}

static void look(struct app *a)
{
	a->is_stale = 1;
	look_again(a);
}

static void on_mixer(const struct mos_event *ev, void *data)
{
	struct app *a = data;
	const struct mos_ev_mixer *m = &ev->u.mixer;

	if (m->what == MOS_MIXER_ALL ||
		(m->what == MOS_MIXER_INSERT && m->strip == a->amp.strip && m->slot == a->amp.slot))
		look(a);
}

/* rtcore is another: so may be what is in it. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	if (what == MOS_CONNECTION_NEW)
		look(data);
}

static void on_models(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	if (rc < 0)
		return;
	amp_take_models(&a->amp, mos_get(&reply->value, "models"));
	show(a);
}

static void meter(struct app *a)
{
	const struct mos_counters_view *view = mos_client_counters(mos_widget_client(a->widget));
	char name[32];

	(void)snprintf(name, sizeof(name), "apollo.strip.%lld.peak", (long long)a->amp.strip);
	if (view && a->counter < 0)
		a->counter = mos_counters_find(view, name);
	a->amp.peak_db = view && a->counter >= 0
				 ? (float)(int64_t)mos_counters_get(view, (uint32_t)a->counter) / 1000
				 : AMP_SILENCE_DB;
}

static void on_look(struct mos_widget *w, void *data)
{
	struct app *a = data;

	if (a->n_looks++ % LOOKS_PER_LIST == 0)
		(void)call(a, "apollo.model.list", MOS_NO_ARGS, on_models);
	meter(a);
	if (a->amp.peak_db > -60)
		mos_widget_redraw(w);
}

/* --- What is asked for --- */

static void on_changed(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->amp.loading = 0;
	if (rc < 0 && error) {
		mos_widget_log(a->widget, "%s", error->message);
		(void)snprintf(a->amp.text, sizeof(a->amp.text), "%s", error->message);
	}
	show(a);
	look(a);
}

/* The knobs stay where they are: they are the player's, not the model's. */
static void load(struct app *a, int model)
{
	const struct mos_field args[] = {mos_int("strip", a->amp.strip), mos_int("slot", a->amp.slot),
		mos_str("kind", "nam"), mos_str("what", model >= 0 ? a->amp.model[model] : "")};

	if (a->amp.loading || (model < 0 && a->amp.state == AMP_EMPTY))
		return;
	a->amp.chosen = model;
	a->amp.text[0] = '\0';
	if (model >= 0) {
		a->amp.loading = call(a, "apollo.insert.add", args, 4, on_changed);
		for (int knob = 0; knob < AMP_KNOBS; knob++)
			a->amp.dirty |= a->amp.gain_db[knob] != 0 ? 1u << knob : 0;
		a->amp.state = AMP_EMPTY; /* until it is there: what is turned meanwhile is asked for then */
	} else {
		(void)call(a, "apollo.insert.remove", args, 2, on_changed);
	}
	show(a);
}

static void bypass(struct app *a)
{
	if (a->amp.state != AMP_EMPTY)
		(void)call(a, "apollo.insert.bypass",
			MOS_ARGS(mos_int("strip", a->amp.strip), mos_int("slot", a->amp.slot),
				mos_bool("on", a->amp.state != AMP_OFF)),
			on_changed);
}

/* Knobs are drawn up and down. The right button: 0 dB; the wheel: 1 dB, on the list: up and down. */
static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	static const struct hand_feel feel = {.per_wheel = 1, .per_point = DB_PER_POINT};
	struct app *a = data;
	int model;
	const int under = (int)amp_at(&a->amp, a->width, a->height, at->at, &model);
	const enum amp_part part = (enum amp_part)hand_part(&a->hand, under);
	const enum amp_knob knob = part == AMP_AT_INPUT ? AMP_INPUT : AMP_OUTPUT;
	float db;

	if (part == AMP_AT_INPUT || part == AMP_AT_OUTPUT) {
		if (hand_move(&a->hand, at, (int)part, &feel, a->amp.gain_db[knob], 0, &db))
			turn(a, knob, db);
	} else if (at->kind == MOS_POINTER_DOWN && part == AMP_AT_ROW) {
		load(a, model);
	} else if (at->kind == MOS_POINTER_DOWN && part == AMP_AT_BYPASS) {
		bypass(a);
	} else if (at->kind == MOS_POINTER_WHEEL) {
		amp_choose(&a->amp, at->wheel > 0 ? -1 : 1);
	}
	hand_end(&a->hand, at);
	mos_widget_redraw(w);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	struct app *a = data;

	const int row = hand_key(name, "up", "down"), input = hand_key(name, "left", "right"),
		  output = hand_key(name, ",", ".");

	if (row)
		amp_choose(&a->amp, row);
	else if (strcmp(name, "enter") == 0)
		load(a, a->amp.chosen);
	else if (strcmp(name, "b") == 0)
		bypass(a);
	else if (input)
		turn(a, AMP_INPUT, a->amp.gain_db[AMP_INPUT] + (float)input);
	else if (output)
		turn(a, AMP_OUTPUT, a->amp.gain_db[AMP_OUTPUT] + (float)output);
	mos_widget_redraw(w);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const struct amp_layout l = amp_layout(mos_draw_width(d), mos_draw_height(d));

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	if (a->amp.chosen + 1 < a->amp.first)
		a->amp.first = a->amp.chosen + 1;
	if (a->amp.chosen + 1 >= a->amp.first + l.n_rows)
		a->amp.first = a->amp.chosen + 2 - l.n_rows;
	meter(a);
	amp_draw(d, &a->amp);
	if (a->amp.peak_db > -60)
		mos_draw_again(d);
}

static int on_settings(struct mos_widget *w, void *data)
{
	const struct mos_value *settings = &mos_widget_context(w)->settings;
	struct app *a = data;

	a->amp.strip = mos_get_int(settings, "strip", 63);
	a->amp.slot = mos_get_int(settings, "slot", 0);
	a->amp.state = AMP_EMPTY;
	a->amp.loaded = AMP_NONE;
	a->amp.dirty = 0;
	a->counter = -1;
	look(a);
	mos_widget_redraw(w);
	return 0;
}

static int activate(struct mos_widget *w, void *data)
{
	struct app *a = data;

	int rc;

	a->widget = w;
	a->amp.chosen = AMP_NONE;
	rc = mos_events_on(mos_widget_client(w), MOS_EVENT_MIXER_CHANGE, on_mixer, a, NULL);
	if (rc < 0) {
		mos_widget_log(w, "it would not hear of changes: %s",
			mos_client_error(mos_widget_client(w))->message);
		return rc;
	}
	mos_client_on_connection(mos_widget_client(w), on_connection, a);
	(void)on_settings(w, a);
	on_look(w, a);
	return mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .settings = on_settings, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
