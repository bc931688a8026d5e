/* SPDX-License-Identifier: MIT */
#include "amp.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ROW_H 22.0f

static int number_of(const struct amp *a, const char *name)
{
	int i = 0;

	while (i < a->n_models && strcmp(a->model[i], name) != 0)
		i++;
	return i;
}

void amp_take_models(struct amp *a, const struct mos_value *models)
{
	char now[AMP_NAME];
	const uint32_t n = models && models->type == MOS_VALUE_LIST ? models->len : 0;

	(void)snprintf(now, sizeof(now), "%s", amp_name(a));
	a->n_models = 0;
	for (uint32_t i = 0; i < n && i < AMP_MODELS; i++)
		(void)snprintf(a->model[a->n_models++], AMP_NAME, "%s",
			mos_get_str(&models->u.items[i], "name", ""));
	if (now[0]) {
		(void)snprintf(a->other, sizeof(a->other), "%s", now);
		a->loaded = number_of(a, now);
	}
	if (a->chosen >= a->n_models)
		a->chosen = a->n_models - 1;
}

/* A path's file without its ending. */
static void name_of(const char *path, char ret[AMP_NAME])
{
	const char *slash = strrchr(path, '/');
	size_t n;

	path = slash ? slash + 1 : path;
	n = strlen(path);
	if (n > 4 && strcmp(path + n - 4, ".nam") == 0)
		n -= 4;
	(void)snprintf(ret, AMP_NAME, "%.*s", (int)n, path);
}

static enum amp_state state_of(const char *name)
{
	return strcmp(name, "on") == 0     ? AMP_ON
	       : strcmp(name, "off") == 0  ? AMP_OFF
	       : strcmp(name, "dead") == 0 ? AMP_DEAD
					   : AMP_BYPASSED;
}

int amp_take_inserts(struct amp *a, const struct mos_value *inserts)
{
	const uint32_t n = inserts && inserts->type == MOS_VALUE_LIST ? inserts->len : 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct mos_value *v = &inserts->u.items[i];

		if (mos_get_str(v, "strip", NULL) || mos_get_int(v, "strip", -1) != a->strip ||
			mos_get_int(v, "slot", -1) != a->slot ||
			strcmp(mos_get_str(v, "kind", ""), "nam") != 0)
			continue;
		a->state = state_of(mos_get_str(v, "state", ""));
		name_of(mos_get_str(v, "what", ""), a->other);
		if (a->loaded != number_of(a, a->other) && number_of(a, a->other) < a->n_models)
			a->chosen = number_of(a, a->other); /* another one came into force */
		a->loaded = number_of(a, a->other);
		(void)snprintf(a->text, sizeof(a->text), "%s", mos_get_str(v, "text", ""));
		return 1;
	}
	if (a->state != AMP_EMPTY)
		a->text[0] = '\0';
	a->state = AMP_EMPTY;
	a->loaded = AMP_NONE;
	return 0;
}

void amp_take_controls(struct amp *a, const struct mos_value *controls)
{
	const uint32_t n = controls && controls->type == MOS_VALUE_LIST ? controls->len : 0;

	for (uint32_t i = 0; i < n; i++)
		for (int knob = 0; knob < AMP_KNOBS; knob++)
			if (!(a->dirty >> knob & 1) &&
				strcmp(mos_get_str(&controls->u.items[i], "symbol", ""),
					amp_symbol((enum amp_knob)knob)) == 0)
				a->gain_db[knob] = (float)mos_get_real(&controls->u.items[i], "value", 0);
}

void amp_set(struct amp *a, enum amp_knob knob, float db)
{
	a->gain_db[knob] = roundf(fminf(fmaxf(db, -AMP_GAIN_MAX), AMP_GAIN_MAX) * 10) / 10;
	a->dirty |= 1u << knob;
}

void amp_choose(struct amp *a, int by)
{
	a->chosen += by;
	if (a->chosen >= a->n_models)
		a->chosen = a->n_models - 1;
	if (a->chosen < AMP_NONE)
		a->chosen = AMP_NONE;
}

const char *amp_symbol(enum amp_knob knob)
{
	return knob == AMP_INPUT ? "input_db" : "output_db";
}

const char *amp_name(const struct amp *a)
{
	return a->loaded == AMP_NONE ? "" : a->loaded < a->n_models ? a->model[a->loaded] : a->other;
}

struct amp_layout amp_layout(float width, float height)
{
	struct mos_box all = mos_box_inset((struct mos_box){0, 0, width, height}, 12), knobs;
	struct amp_layout l = {.list = mos_box_cut_left(&all, all.w * 0.42f)};

	(void)mos_box_cut_left(&all, 14);
	l.n_rows = (int)(l.list.h / ROW_H) > 1 ? (int)(l.list.h / ROW_H) : 1;
	l.name = mos_box_cut_top(&all, fminf(24, all.h * 0.16f));
	l.text = mos_box_cut_bottom(&all, fminf(16, all.h * 0.12f));
	l.meter = mos_box_cut_bottom(&all, 8);
	(void)mos_box_cut_bottom(&all, 8);
	l.bypass = mos_box_cut_bottom(&all, fminf(26, all.h * 0.2f));
	(void)mos_box_cut_bottom(&all, 4);
	knobs = all;
	for (unsigned i = 0; i < AMP_KNOBS; i++)
		l.knob[i] = mos_box_column(knobs, i, AMP_KNOBS, 8);
	return l;
}

struct mos_box amp_row(const struct amp_layout *l, int row)
{
	return (struct mos_box){l->list.x, l->list.y + ROW_H * (float)row, l->list.w, ROW_H - 2};
}

enum amp_part amp_at(const struct amp *a, float width, float height, struct mos_point at, int *ret_model)
{
	const struct amp_layout l = amp_layout(width, height);

	*ret_model = AMP_NONE;
	for (int row = 0; row < l.n_rows && a->first + row <= a->n_models; row++) {
		if (!mos_box_has(amp_row(&l, row), at))
			continue;
		*ret_model = a->first + row - 1;
		return AMP_AT_ROW;
	}
	return mos_box_has(l.knob[AMP_INPUT], at)    ? AMP_AT_INPUT
	       : mos_box_has(l.knob[AMP_OUTPUT], at) ? AMP_AT_OUTPUT
	       : mos_box_has(l.bypass, at)           ? AMP_AT_BYPASS
						     : AMP_NOTHING;
}
