/* SPDX-License-Identifier: MIT */
/* Markers: a diamond at each point of interest, boxed rehearsal marks, a bar over each loop, flags for the
 * rest. */
#include "layers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIAMOND 0.75f /* half of its diagonal */
#define LABEL 1.5f

static void paint(const struct nvx_marker_element *m, struct mos_shape *s, uint8_t opacity)
{
	s->color = MOS_TOKEN(MOS_TOKEN_MARKERS, opacity);
	if (m->color == 0)
		return;
	s->flags &= (uint8_t)~MOS_SHAPE_TOKEN;
	s->color = MOS_RGBA(m->color >> 16 & 0xff, m->color >> 8 & 0xff, m->color & 0xff, opacity);
}

static int diamond(struct eng *e, const struct nvx_marker_element *m, uint32_t system, uint32_t staff,
	uint32_t measure, float x, float y)
{
	float xy[8] = {x, y - DIAMOND, x + DIAMOND, y, x, y + DIAMOND, x - DIAMOND, y};
	struct mos_shape s = eng_quad(xy, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS);
	paint(m, &s, 255);
	return eng_ink(e, system, staff, measure, &s, 0);
}

/* A little flag on a pole: bookmarks, cues, exercises, comments. */
static int flag(struct eng *e, const struct nvx_marker_element *m, uint32_t system, uint32_t staff,
	uint32_t measure, float x, float y)
{
	struct mos_shape pole =
		eng_line(x, y - DIAMOND, x, y + DIAMOND, 0.12f, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS);
	float xy[8] = {x, y - DIAMOND, x + 1.2f * DIAMOND, y - 0.4f * DIAMOND, x, y + 0.2f * DIAMOND, x,
		y + 0.2f * DIAMOND};
	struct mos_shape cloth = eng_quad(xy, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS);
	paint(m, &pole, 255);
	paint(m, &cloth, 255);
	int r = eng_ink(e, system, staff, measure, &pole, 0);
	return r < 0 ? r : eng_ink(e, system, staff, measure, &cloth, 0);
}

static int point(struct eng *e, const struct nvx_marker_element *m, uint32_t staff)
{
	uint32_t measure;
	int is_mark = m->e.kind == NVX_MARKER_REHEARSAL;
	float x = eng_tick_x(e, m->e.tick, &measure) + (is_mark ? 0.0f : eng_half_head(e));
	uint32_t system = e->measure[measure].system;
	staff = eng_staff_in(e, system, staff);
	const char *label = score_text(e->score, m->label);
	struct eng_skyline *sky = eng_sky_of(e, system, staff, 1);
	if (sky == NULL)
		return -ENOMEM;
	float size = is_mark ? ENG_SIZE_REHEARSAL : LABEL,
	      width = eng_text_width(e, size, MOS_SHAPE_BOLD, label);
	float limit = e->system[system].width;
	if (is_mark) {
		float pad = 0.45f;
		if (m->e.tick == e->measure[measure].tick)
			x = fmaxf(e->measure[measure].x, e->system[system].indent);
		x = fmaxf(fminf(x, limit - width - 2 * pad), 0.0f);
		float y = eng_sky_place(sky, x, x + width + 2 * pad, 0.8f + pad) - 0.12f * size;
		struct mos_shape box = eng_rect(
			x, y - 0.86f * size, width + 2 * pad, 1.0f * size, ENGRAVE_MARKERS, MOS_TOKEN_INK);
		box.y -= pad / 2;
		box.h += pad;
		box.color2 = MOS_TOKEN(MOS_TOKEN_INK, 255);
		box.color = MOS_TOKEN(MOS_TOKEN_INK, 0);
		box.p[1] = e->metrics->defaults.text_box;
		int r = eng_ink(e, system, staff, measure, &box, 0);
		return r < 0 ? r
			     : eng_text(e, system, staff, measure, x + pad, y, size, MOS_SHAPE_BOLD,
				       ENGRAVE_MARKERS, MOS_TOKEN_INK, label, 0);
	}
	/* The sign itself stays at its tick whatever room the label has: left of it at the end of a line. */
	int leftwards = x + DIAMOND + 0.4f + width > limit;
	float x0 = leftwards ? x - DIAMOND - 0.4f - width : x - DIAMOND,
	      x1 = leftwards ? x + DIAMOND : x + DIAMOND + 0.4f + width;
	float y = eng_sky_place(sky, x0, x1, 0.7f) - DIAMOND;
	int r = m->e.kind == NVX_MARKER_POI ? diamond(e, m, system, staff, measure, x, y)
					    : flag(e, m, system, staff, measure, x, y);
	if (r < 0 || *label == '\0')
		return r;
	return eng_text(e, system, staff, measure, leftwards ? x - DIAMOND - 0.4f : x + DIAMOND + 0.4f, y,
		LABEL, (leftwards ? MOS_SHAPE_RIGHT : 0u) | MOS_SHAPE_MIDDLE, ENGRAVE_MARKERS,
		MOS_TOKEN_MARKERS, label, 0);
}

static int loop(struct eng *e, const struct nvx_marker_element *m, uint32_t staff)
{
	int64_t to = m->e.tick + (m->e.duration_ticks ? m->e.duration_ticks : 1);
	uint32_t m0, m1;
	float from_x = eng_tick_x(e, m->e.tick, &m0), to_x = eng_tick_x(e, to - 1, &m1);
	uint32_t first = e->measure[m0].system, last = e->measure[m1].system;
	if (m->e.tick == e->measure[m0].tick)
		from_x = e->measure[m0].x;
	if (m1 + 1 < e->n_measures && e->measure[m1 + 1].system == last && to >= e->measure[m1 + 1].tick)
		to_x = e->measure[m1 + 1].x;
	else if (to >= e->measure[m1].tick + e->measure[m1].duration_ticks)
		to_x = e->system[last].width;
	int r = 0;
	for (uint32_t i = first, home = staff; r == 0 && i <= last; i++) {
		staff = eng_staff_in(e, i, home);
		float x0 = i == first ? fmaxf(from_x, e->system[i].indent) : e->system[i].indent;
		float x1 = i == last ? fmaxf(to_x, x0 + 1.0f) : e->system[i].width;
		struct eng_skyline *sky = eng_sky_of(e, i, staff, 1);
		if (sky == NULL)
			return -ENOMEM;
		float y = eng_sky_place(sky, x0, x1, 0.6f) - 0.5f;
		struct mos_shape bar = eng_rect(x0, y, x1 - x0, 0.35f, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS);
		struct mos_shape post[2] = {eng_rect(x0, y, 0.35f, 1.1f, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS),
			eng_rect(x1 - 0.35f, y, 0.35f, 1.1f, ENGRAVE_MARKERS, MOS_TOKEN_MARKERS)};
		bar.y -= 0.6f;
		paint(m, &bar, 220);
		r = eng_ink(e, i, staff, ENG_NONE, &bar, 0);
		for (unsigned k = 0; r == 0 && k < 2; k++) {
			post[k].y -= 0.6f;
			paint(m, &post[k], 220);
			if ((k == 0 && i == first) || (k == 1 && i == last))
				r = eng_ink(e, i, staff, ENG_NONE, &post[k], 0);
		}
		const char *label = score_text(e->score, m->label);
		if (r == 0 && i == first && *label)
			r = eng_text(e, i, staff, m0, x0 + 0.2f, y - 0.9f, LABEL, 0, ENGRAVE_MARKERS,
				MOS_TOKEN_MARKERS, label, 0);
	}
	return r;
}

int eng_markers(struct eng *e)
{
	uint32_t first = eng_first_staff(e, 0);
	if (!eng_has_layer(e, ENGRAVE_MARKERS) || first == ENG_NONE || e->n_measures == 0)
		return 0;
	int r = 0;
	uint32_t n = score_n_marker(e->score);
	/* Points first, loops over them. */
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; r == 0 && i < n; i++) {
			const struct nvx_marker_element *m = score_marker(e->score, i);
			int is_loop = m->e.kind == NVX_MARKER_LOOP;
			uint32_t staff = eng_first_staff(e, m->e.part_id);
			staff = staff == ENG_NONE ? first : staff;
			if (is_loop == (pass == 1))
				r = is_loop ? loop(e, m, staff) : point(e, m, staff);
		}
	}
	return r;
}
