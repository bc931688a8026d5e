/* SPDX-License-Identifier: MIT */
/* The style that a program or somebody at the keyboard names, and the knobs that a program turns on it. */
#include <string.h>
#include <strings.h>

#include "field.h"
#include "inputs_internal.h"
#include "style_internal.h"
#include "text.h"

#define LEN_MAX 64.0     /* quarters, as for hits */
#define FACTOR_MAX 127.0 /* any velocity is at the top by then */

static const char *const known[] = {"comp", "name", "style", "bass", "ghost_hits", "ghost", "ghost_steps",
	"ghost_vel", "ghost_len_beats", "vel_contour", "vel_contour_enabled", "vel_contour_soft",
	"vel_contour_strong", "vel_contour_pickup", "vel_contour_ghost", "pickup_beat", "pickup_vel", "meter",
	"bar_steps", "swing_ratio", "technique_tags", NULL};

static const struct {
	const char *name;
	double soft, strong, pickup, ghost;
} presets[] = {{"none", 1, 1, 1, 1}, {"brazil_samba", 0.82, 1.08, 0.65, 0.55}};

/** NULL: not there, or null. */
static const struct band_value *knob(const struct band_value *map, const char *key)
{
	const struct band_value *value = map ? band_value_get(map, key) : NULL;

	return value && value->type != BAND_NULL ? value : NULL;
}

static void hint_near(const struct reader *r, const char *name)
{
	const struct band_style *near = band_styles_near(r->styles, name);

	if (near)
		band_hint(r->report, "the nearest is \"%s\"", near->name);
}

static void take_bass(struct reader *r, const struct band_value *value)
{
	const struct band_style *from =
		value->type == BAND_TEXT ? band_styles_find(r->styles, value->text) : NULL;
	char where[BAND_WHERE_MAX];

	(void)band_value_where(value, where);
	if (!from) {
		band_warn(r->report, "BASS_STYLE_UNKNOWN", where,
			"there is no style \"%.48s\": the bass is \"%s\"'s own", value->text,
			r->in->style->name);
		hint_near(r, value->text);
		return;
	}
	if (from->meter_num != r->in->style->meter_num || from->meter_den != r->in->style->meter_den ||
		from->pattern[BAND_MEDIUM]->line[BAND_BASS].n_hits == 0) {
		band_warn(r->report, "BASS_STYLE_UNKNOWN", where, "style \"%s\" has no bass in %u/%u",
			from->name, r->in->style->meter_num, r->in->style->meter_den);
		return;
	}
	if (band_style_take_bass(r->in->style, from) < 0)
		r->no_memory = true;
	(void)text_copy(r->in->bass_style, sizeof(r->in->bass_style), from->name);
}

void style_read_base(struct reader *r)
{
	const struct band_value *node = r->given[BAND_KEY_STYLE].node;
	const struct band_value *map = node && node->type == BAND_MAP ? node : NULL;
	const struct band_value *base = knob(map, "comp");
	const struct band_style *style;
	const char *name = "swing_basic";
	char where[BAND_WHERE_MAX];

	base = base ? base : knob(map, "name");
	base = base ? base : knob(map, "style");
	if (map) {
		if (base)
			name = base->text;
		else
			band_warn(r->report, "STYLE_MISSING", band_value_where(map, where),
				"no style is named: swing_basic is played");
	} else if (r->given[BAND_KEY_STYLE].by != BAND_BY_DEFAULT) {
		name = given_text(r, BAND_KEY_STYLE, "STYLE_TYPE");
		if (!name)
			return;
	}
	style = band_styles_find(r->styles, name);
	if (!style) {
		(void)band_error(r->report, "STYLE_UNKNOWN",
			base ? band_value_where(base, where) : given_where(r, BAND_KEY_STYLE, where),
			"there is no style \"%.48s\"", name);
		hint_near(r, name);
		return;
	}
	r->in->style = band_style_copy(style);
	if (!r->in->style) {
		r->no_memory = true;
		return;
	}
	if (knob(map, "bass"))
		take_bass(r, knob(map, "bass"));
}

/* Ghosts */

/** All or none: half a list would be another rhythm. */
static void take_steps(
	const struct field *f, struct band_style *style, const struct band_value *list, uint32_t bar_steps)
{
	char where[BAND_WHERE_MAX];
	uint8_t step[BAND_STEPS_MAX];
	uint32_t n = 0;

	if (!field_type(f, "GHOST_STEPS_TYPE", list, BAND_LIST))
		return;
	for (const struct band_value *v = list->first; v; v = v->next, n++) {
		if (v->type != BAND_INT) {
			(void)field_type(f, "GHOST_STEPS_TYPE", v, BAND_INT);
			return;
		}
		if (v->integer < 0 || v->integer >= bar_steps || n == BAND_STEPS_MAX) {
			(void)band_error(f->report, "GHOST_STEPS_RANGE", band_value_where(v, where),
				"a bar has steps 0 to %u, at most %u of them are ghosts", bar_steps - 1,
				BAND_STEPS_MAX);
			return;
		}
		step[n] = (uint8_t)v->integer;
	}
	if (n)
		memcpy(style->ghost_step, step, n);
	style->n_ghost_steps = n;
}

static void take_ghost_vel(const struct field *f, struct band_style *style, const struct band_value *value)
{
	int64_t vel;

	if (value && field_int(f, "GHOST_VEL_RANGE", value, 0, 127, &vel))
		style->ghost_vel = (uint8_t)vel;
}

static void take_ghost_len(const struct field *f, struct band_style *style, const struct band_value *value)
{
	char where[BAND_WHERE_MAX];
	double len;

	if (!value || !field_number(f, "GHOST_LEN_RANGE", value, 0, LEN_MAX, &len))
		return;
	if (len <= 0)
		(void)band_error(
			f->report, "GHOST_LEN_RANGE", band_value_where(value, where), "a note has to last");
	else
		style->ghost_len_beats = len;
}

static void take_ghosts(
	const struct field *f, struct band_style *style, const struct band_value *map, uint32_t bar_steps)
{
	static const char *const keys[] = {"enabled", "steps", "vel", "len_beats", NULL};
	const struct band_value *nested =
		knob(map, "ghost_hits") ? knob(map, "ghost_hits") : knob(map, "ghost");
	const struct band_value *flat = knob(map, "ghost_steps");
	bool enabled = false;
	char where[BAND_WHERE_MAX];

	if (nested && field_type(f, "GHOST_TYPE", nested, BAND_MAP)) {
		field_unknown(f, nested, keys);
		if (knob(nested, "enabled"))
			(void)field_bool(f, "GHOST_TYPE", knob(nested, "enabled"), &enabled);
	}
	if (enabled) {
		style->ghost_vel = 14;
		take_ghost_vel(f, style, knob(nested, "vel"));
		take_ghost_len(f, style, knob(nested, "len_beats"));
		if (knob(nested, "steps"))
			take_steps(f, style, knob(nested, "steps"), bar_steps);
	}
	take_ghost_vel(f, style, knob(map, "ghost_vel"));
	take_ghost_len(f, style, knob(map, "ghost_len_beats"));
	if (flat)
		take_steps(f, style, flat, bar_steps);
	const struct band_value *steps = flat ? flat : enabled ? knob(nested, "steps") : NULL;
	if (steps && steps->n > 0 && style->ghost_vel == 0)
		band_warn(f->report, "GHOST_DISABLED", band_value_where(steps, where),
			"ghosts of velocity 0 are not played");
}

/* Contour */

static bool take_preset(const struct field *f, struct band_style *style, const struct band_value *value)
{
	char where[BAND_WHERE_MAX];

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcasecmp(value->text, presets[i].name) != 0)
			continue;
		if (strcmp(value->text, presets[i].name) != 0)
			band_warn(f->report, "VEL_PRESET_UNKNOWN", band_value_where(value, where),
				"\"%s\" is written in lower case", presets[i].name);
		style->contour_soft = presets[i].soft;
		style->contour_strong = presets[i].strong;
		style->contour_pickup = presets[i].pickup;
		style->contour_ghost = presets[i].ghost;
		return true;
	}
	(void)band_error(f->report, "VEL_PRESET_UNKNOWN", band_value_where(value, where),
		"\"%.40s\" is not known", value->text);
	band_hint(f->report, "none, brazil_samba");
	return false;
}

/** @return a factor was given. */
static bool take_factors(const struct field *f, struct band_style *style, const struct band_value *map,
	const char *const names[4])
{
	double *const to[] = {
		&style->contour_soft, &style->contour_strong, &style->contour_pickup, &style->contour_ghost};
	char where[BAND_WHERE_MAX];
	bool any = false;

	for (uint32_t i = 0; i < 4; i++) {
		const struct band_value *value = knob(map, names[i]);
		double factor;

		if (!value)
			continue;
		any = true;
		if (!field_number(f, "VEL_MULT_RANGE", value, 0, FACTOR_MAX, &factor))
			continue;
		if (factor <= 0)
			(void)band_error(f->report, "VEL_MULT_RANGE", band_value_where(value, where),
				"a factor is larger than 0");
		else
			*to[i] = factor;
	}
	return any;
}

static void take_contour(const struct field *f, struct band_style *style, const struct band_value *map)
{
	static const char *const keys[] = {"enabled", "preset", "soft", "strong", "pickup", "ghost", NULL};
	static const char *const nested_names[4] = {"soft", "strong", "pickup", "ghost"};
	static const char *const flat_names[4] = {
		"vel_contour_soft", "vel_contour_strong", "vel_contour_pickup", "vel_contour_ghost"};
	const struct band_value *nested = knob(map, "vel_contour"), *flat = knob(map, "vel_contour_enabled");
	bool enabled = false, any = false;
	char where[BAND_WHERE_MAX];

	if (nested && field_type(f, "VEL_TYPE", nested, BAND_MAP)) {
		field_unknown(f, nested, keys);
		if (knob(nested, "enabled"))
			(void)field_bool(f, "VEL_TYPE", knob(nested, "enabled"), &enabled);
		if (enabled) {
			style->contour = true;
			if (knob(nested, "preset"))
				(void)take_preset(f, style, knob(nested, "preset"));
			any = take_factors(f, style, nested, nested_names);
		} else {
			/* Checked, but not taken. */
			struct band_style unused = {0};

			any = take_factors(f, &unused, nested, nested_names);
		}
	}
	if (flat)
		(void)field_bool(f, "VEL_TYPE", flat, &style->contour);
	any = take_factors(f, style, map, flat_names) || any;
	if (any && !style->contour)
		band_warn(f->report, "VEL_DISABLED", band_value_where(nested ? nested : map, where),
			"the contour's factors have no effect: it is not enabled");
}

/* The rest */

static void take_pickup(
	const struct field *f, struct band_style *style, const struct band_value *map, double bar_beats)
{
	const struct band_value *beat = band_value_get(map, "pickup_beat"), *vel = knob(map, "pickup_vel");
	int64_t velocity;
	char where[BAND_WHERE_MAX];

	if (vel && field_int(f, "PICKUP_VEL_RANGE", vel, 1, 127, &velocity))
		style->pickup_vel = (uint8_t)velocity;
	if (!beat)
		return;
	if (beat->type == BAND_NULL) {
		style->has_pickup = false;
	} else if (!band_value_is_number(beat)) {
		(void)field_type(f, "PICKUP_BEAT_TYPE", beat, BAND_REAL);
	} else if (beat->real < 0 || beat->real >= bar_beats) {
		(void)band_error(f->report, "PICKUP_BEAT_RANGE", band_value_where(beat, where),
			"this is outside the bar");
	} else {
		style->has_pickup = true;
		style->pickup_beat = beat->real;
	}
}

/** What the file says of its own bars, against the bars that it has. Nothing is played by it. */
static void check_bars(
	const struct reader *r, const struct field *f, const struct band_value *map, uint32_t bar_steps)
{
	const struct band_value *meter = knob(map, "meter"), *steps = knob(map, "bar_steps");
	uint16_t num = 0, den = 0;
	char where[BAND_WHERE_MAX];

	if (meter && (!band_meter_parse(meter->text, &num, &den) || num != r->in->meter_num ||
			     den != r->in->meter_den))
		band_warn(f->report, "METER_MISMATCH", band_value_where(meter, where),
			"\"%.20s\", but the bars are %u/%u", meter->text, r->in->meter_num, r->in->meter_den);
	if (steps && steps->type != BAND_INT)
		band_warn(f->report, "BAR_STEPS_TYPE", band_value_where(steps, where),
			"a whole number is expected");
	else if (steps && steps->integer != bar_steps)
		band_warn(f->report, "BAR_STEPS_MISMATCH", band_value_where(steps, where),
			"a bar of %u/%u has %u steps", r->in->meter_num, r->in->meter_den, bar_steps);
}

void style_read_knobs(struct reader *r)
{
	const struct field f = {.report = r->report, .code = "STYLE_TYPE"};
	const struct band_value *map = r->given[BAND_KEY_STYLE].node;
	const uint32_t bar_steps = 16u * r->in->meter_num / r->in->meter_den;

	if (!map || map->type != BAND_MAP || !r->in->style)
		return;
	field_unknown(&f, map, known);
	check_bars(r, &f, map, bar_steps);
	take_ghosts(&f, r->in->style, map, bar_steps < 256 ? bar_steps : 256);
	take_contour(&f, r->in->style, map);
	take_pickup(&f, r->in->style, map, band_bar_beats(r->in));
}
