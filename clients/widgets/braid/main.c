/* SPDX-License-Identifier: MIT */
/* braid: chords in their key; follows chord:detected and braid:highlight. */
#include <stdio.h>
#include <string.h>

#include "braid.h"
#include "common.h"

struct app {
	struct mos_widget *widget;
	struct harmony harmony;
	struct braid_state state;
	float width, height; /* as drawn last */
};

static void show(struct app *a)
{
	static const char *const lanes[] = {"outer-left", "left", "center", "right", "outer-right"};
	char numeral[MOS_ROMAN_TEXT_MAX], text[160];

	harmony_numeral(&a->harmony, numeral);
	(void)snprintf(text, sizeof(text), "%s  %s", a->harmony.symbol[0] ? a->harmony.symbol : "-", numeral);
	if (a->state.has_now)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "  %s %+d",
			lanes[a->state.now.lane], a->state.now.index);
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n");
	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("symbol", a->harmony.symbol), mos_str("numeral", numeral),
			mos_str("lane", a->state.has_now ? lanes[a->state.now.lane] : ""),
			mos_int("index", a->state.has_now ? a->state.now.index : 0)));
	mos_widget_redraw(a->widget);
}

static void follow(struct app *a)
{
	const struct mos_tonality key = harmony_tonality(&a->harmony);

	if (a->state.has_now) {
		a->state.before = a->state.now;
		a->state.has_before = 1;
	}
	if (mos_tone_class(key.tonic) != mos_tone_class(a->state.key.tonic) ||
		key.minor != a->state.key.minor)
		a->state.has_before = 0;
	a->state.key = key;
	a->state.has_now = a->harmony.has_chord && braid_find(&a->harmony.chord, key, &a->state.now);
	show(a);
}

static void on_event(const struct mos_event *ev, void *data)
{
	struct app *a = data;

	if (harmony_event(&a->harmony, ev))
		follow(a);
}

static void on_highlight(const struct mos_event *ev, void *data)
{
	const struct mos_ev_braid *told = &ev->u.braid;
	struct mos_event as_chord = {.type = MOS_EVENT_CHORD_DETECTED};

	memcpy(as_chord.u.chord.symbol, told->symbol, sizeof(told->symbol));
	as_chord.u.chord.symbol[sizeof(told->symbol) - 1] = '\0';
	as_chord.u.chord.key_tonic = told->key_tonic;
	as_chord.u.chord.key_minor = told->key_minor;
	on_event(&as_chord, data);
}

static void draw(struct mos_widget *w, struct mos_draw *d, void *data)
{
	struct app *a = data;

	a->width = mos_draw_width(d);
	a->height = mos_draw_height(d);
	braid_draw(d, &a->state);
}

static void on_played(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && error)
		mos_widget_log(data, "no chord: %s", error->message);
}

static void pointer(struct mos_widget *w, const struct mos_pointer *at, void *data)
{
	struct app *a = data;
	struct mos_value notes[12];
	struct braid_place place;
	struct mos_chord chord;
	uint32_t n = 0;
	int root;

	if (at->kind != MOS_POINTER_DOWN || at->button != 1 || !braid_at(a->width, a->height, at->at, &place))
		return;
	chord = braid_chord(place, a->state.key);
	root = 48 + mos_tone_class(chord.root);
	for (int key = root; key < root + 12; key++)
		if (mos_chord_pitch_classes(&chord) >> key % 12 & 1)
			notes[n++] = mos_value_int(key);
	(void)mos_call_async(mos_widget_client(w),
		&(struct mos_request){.method = "apollo.chord.play",
			.args = (const struct mos_field[]){mos_list("notes", notes, n),
				mos_str("duration", "2n")},
			.n_args = 2},
		on_played, w);
}

static int activate(struct mos_widget *w, void *data)
{
	struct mos_client *client = mos_widget_client(w);
	struct app *a = data;
	struct mos_now now;
	int r;

	a->widget = w;
	if (mos_clock_now(client, &now) == 0 && now.clock.timeline_id)
		(void)harmony_key(&a->harmony, now.clock.key_fifths, now.clock.key_minor != 0);
	follow(a);
	r = common_listen(client, harmony_types, on_event, a);
	return r < 0 ? r : mos_events_on(client, MOS_EVENT_BRAID_HIGHLIGHT, on_highlight, a, NULL);
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate, .draw = draw, .pointer = pointer};
	static struct app app;

	return mos_widget_main(&ops, &app, argc, argv);
}
