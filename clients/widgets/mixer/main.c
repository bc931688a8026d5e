/* SPDX-License-Identifier: MIT */
/* mixer: a strip for each part that plays, and the master; by pointer and by keys. */
#include <string.h>

#include "common.h"
#include "desk.h"
#include "hand.h"

#define LOOK_MS 250u /* at the meters, when nothing else makes it draw */

struct app {
	struct mos_widget *widget;
	struct desk desk;
	float width, height; /* as drawn last */
	struct hand hand;    /* an enum desk_part of the chosen strip */
	int is_asking, is_listing;
	int is_stale;       /* something of the mixer may be another by now */
	uint32_t listed_at; /* desk.n_changes when the lists were asked for */
	uint32_t n_listed;  /* settings of effects so far */
};

static void show(struct app *a)
{
	char text[4096];
	const struct desk_strip *s = &a->desk.strip[a->desk.chosen];

	desk_text(&a->desk, text, sizeof(text));
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("chosen", s->name), mos_real("gain_db", (double)s->gain_db),
			mos_int("strips", a->desk.n_shown)));
	mos_widget_redraw(a->widget);
}

/* --- What is asked for --- */

static void ask_next(struct app *a);
static void look_again(struct app *a);

static void on_set(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	a->is_asking = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	ask_next(a);
}

/* @return 1: an answer will come. */
static int call(struct app *a, const char *method, const struct mos_field *args, size_t n, mos_call_done done)
{
	return mos_call_async(mos_widget_client(a->widget),
		       &(struct mos_request){.method = method, .args = args, .n_args = n}, done, a) == 0;
}

static int ask_send(struct app *a, uint32_t strip, uint32_t send)
{
	return call(a, "apollo.fx.set",
		MOS_ARGS(mos_int("strip", strip), mos_str("unit", "send"),
			mos_str("param", desk_send_name(send)),
			mos_real("value", (double)a->desk.strip[strip].send[send])),
		on_set);
}

static int ask_strip(struct app *a, uint32_t strip, unsigned what)
{
	const struct desk_strip *s = &a->desk.strip[strip];
	struct mos_field args[5];
	size_t n = 1;

	args[0] = strip == DESK_MASTER ? mos_str("strip", "master") : mos_int("strip", strip);
	if (what & DESK_GAIN)
		args[n++] = mos_real("gain_db", (double)s->gain_db);
	if (what & DESK_PAN)
		args[n++] = mos_real("pan", (double)s->pan);
	if (what & DESK_MUTE)
		args[n++] = mos_bool("mute", s->mute);
	if (what & DESK_SOLO)
		args[n++] = mos_bool("solo", s->solo);
	return call(a, "apollo.strip.set", args, n, on_set);
}

/* One request at a time: a fader that is drawn asks for its newest place only. */
static void ask_next(struct app *a)
{
	uint32_t strip;
	unsigned what;

	if (!a->is_asking && desk_next(&a->desk, &strip, &what))
		a->is_asking = what < DESK_SEND ? ask_strip(a, strip, what)
						: ask_send(a, strip, what == DESK_SEND ? 0 : 1);
	look_again(a);
}

/* --- What there is --- */

/* What was changed since it was asked for is not in it. */
static int is_old(const struct app *a)
{
	return a->is_asking || a->listed_at != a->desk.n_changes;
}

static void end_listing(struct app *a, int rc, const struct mos_error *error)
{
	a->is_listing = 0;
	if (rc < 0 && error)
		mos_widget_log(a->widget, "%s", error->message);
	a->is_stale |= rc == 0 && is_old(a);
	look_again(a);
}

static void on_sends(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data);

static int ask_sends(struct app *a)
{
	const struct mos_field offset = mos_int("offset", a->n_listed);

	return call(a, "apollo.fx.list", &offset, 1, on_sends);
}

static void on_sends(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;
	const struct mos_value *settings = rc == 0 ? mos_get(&reply->value, "settings") : NULL;
	const int is_first = a->n_listed == 0;

	if (rc < 0 || is_old(a)) {
		end_listing(a, rc, error);
		return;
	}
	desk_take_sends(&a->desk, settings, is_first);
	a->n_listed += settings && settings->type == MOS_VALUE_LIST ? settings->len : 0;
	if (settings && settings->len && a->n_listed < mos_get_natural(&reply->value, "n", 0) &&
		ask_sends(a))
		return;
	show(a);
	end_listing(a, 0, NULL);
}

static void on_strips(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct app *a = data;

	if (rc < 0 || is_old(a)) {
		end_listing(a, rc, error);
		return;
	}
	desk_take(&a->desk, mos_get(&reply->value, "strips"));
	a->n_listed = 0;
	if (!ask_sends(a))
		end_listing(a, 0, NULL);
}

/* Once nothing is asked for that would change it. */
static void look_again(struct app *a)
{
	if (!a->is_stale || a->is_listing || a->is_asking)
		return;
	a->is_stale = 0;
	a->listed_at = a->desk.n_changes;
	a->is_listing = call(a, "apollo.strip.list", MOS_NO_ARGS, on_strips);
}

static void look(struct app *a)
{
	a->is_stale = 1;
	look_again(a);
}

static void on_mixer(const struct mos_event *ev, void *data)
{
	if (ev->u.mixer.what != MOS_MIXER_INSERT)
		look(data);
}

/* rtcore is another: so may be what is in it. */
static void on_connection(struct mos_client *client, enum mos_connection what, void *data)
{
	if (what == MOS_CONNECTION_NEW)
		look(data);
}

static int meter(struct app *a, int64_t now_ns)
{
	const struct mos_counters_view *view = mos_client_counters(mos_widget_client(a->widget));

	return view && desk_meter(&a->desk, view, now_ns);
}

static void on_look(struct mos_widget *w, void *data)
{
	if (meter(data, common_time_ns()))
		mos_widget_redraw(w);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;
	const int sounds = meter(a, mos_draw_time_ns(d));

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	desk_draw(d, &a->desk);
	if (sounds)
		mos_draw_again(d);
}

/* --- Hands --- */

static const struct hand_feel feels[DESK_PARTS] = {
	[DESK_AT_PAN] = {.per_wheel = 0.1f},
	[DESK_AT_FADER] = {.per_wheel = 1},
	[DESK_AT_SEND] = {.per_wheel = 0.05f, .per_point = 0.01f},
	[DESK_AT_SEND + 1] = {.per_wheel = 0.05f, .per_point = 0.01f},
};

static float value_of(const struct app *a, uint32_t strip, enum desk_part part)
{
	const struct desk_strip *s = &a->desk.strip[strip];

	return part == DESK_AT_FADER ? s->gain_db
	       : part == DESK_AT_PAN ? s->pan
				     : s->send[part - DESK_AT_SEND];
}

static float value_there(const struct app *a, uint32_t strip, enum desk_part part, struct mos_point at)
{
	struct desk_place p;

	if (!desk_place(&a->desk, a->width, a->height, strip, &p))
		return value_of(a, strip, part);
	return part == DESK_AT_FADER ? desk_gain_at(&p, at.y)
	       : part == DESK_AT_PAN ? desk_pan_at(&p, at.x)
				     : 0;
}

static void set(struct app *a, uint32_t strip, enum desk_part part, float value)
{
	if (part == DESK_AT_FADER)
		desk_set_gain(&a->desk, strip, value);
	else if (part == DESK_AT_PAN)
		desk_set_pan(&a->desk, strip, value);
	else
		desk_set_send(&a->desk, strip, part - DESK_AT_SEND, value);
}

/* Left: take hold of it; right: back to 0; the wheel: a little more or less, of the level where nothing else
 * is. */
static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	uint32_t strip = a->desk.chosen;
	const int was_held = a->hand.part;
	enum desk_part part =
		was_held ? (enum desk_part)was_held : desk_at(&a->desk, a->width, a->height, at->at, &strip);
	float value;

	if (at->kind == MOS_POINTER_DOWN && part != DESK_NOTHING)
		a->desk.chosen = strip;
	if (at->kind == MOS_POINTER_DOWN && (part == DESK_AT_MUTE || part == DESK_AT_SOLO))
		desk_toggle(&a->desk, strip, part == DESK_AT_MUTE ? DESK_MUTE : DESK_SOLO);
	if (at->kind == MOS_POINTER_WHEEL && part != DESK_NOTHING && part < DESK_AT_PAN)
		part = DESK_AT_FADER;
	if (part >= DESK_AT_PAN && hand_move(&a->hand, at, (int)part, &feels[part], value_of(a, strip, part),
					   value_there(a, strip, part, at->at), &value))
		set(a, strip, part, value);
	hand_end(&a->hand, at);
	ask_next(a);
	if (at->kind != MOS_POINTER_MOVE || was_held)
		show(a);
}

static void key(struct mos_widget *w, const char *name, void *data)
{
	static const struct {
		const char *less, *more;
		enum desk_part part;
		float step;
	} pairs[] = {
		{"down", "up", DESK_AT_FADER, 1},
		{",", ".", DESK_AT_PAN, 0.1f},
		{"[", "]", DESK_AT_SEND, 0.05f},
		{"{", "}", DESK_AT_SEND + 1, 0.05f},
	};
	struct app *a = data;
	const uint32_t chosen = a->desk.chosen;

	desk_choose(&a->desk, hand_key(name, "left", "right"));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const int by = hand_key(name, pairs[i].less, pairs[i].more);

		if (by)
			set(a, chosen, pairs[i].part,
				value_of(a, chosen, pairs[i].part) + (float)by * pairs[i].step);
	}
	if (strcmp(name, "m") == 0)
		desk_toggle(&a->desk, chosen, DESK_MUTE);
	else if (strcmp(name, "s") == 0)
		desk_toggle(&a->desk, chosen, DESK_SOLO);
	else if (strcmp(name, "0") == 0) {
		desk_set_gain(&a->desk, chosen, 0);
		desk_set_pan(&a->desk, chosen, 0);
	}
	ask_next(a);
	show(a);
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	int rc;

	a->widget = w;
	desk_init(&a->desk);
	rc = mos_events_on(client, MOS_EVENT_MIXER_CHANGE, on_mixer, a, NULL);
	if (rc < 0) {
		mos_widget_log(w, "it would not hear of changes: %s", mos_client_error(client)->message);
		return rc;
	}
	mos_client_on_connection(client, on_connection, a);
	look(a);
	on_look(w, a);
	return mos_widget_timer(w, LOOK_MS, LOOK_MS, on_look, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {
		.activate = activate, .key = key, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
