/* SPDX-License-Identifier: MIT */
#include "draw.h"

#include <math.h>

#include <mos/meter.h>
#include <mos/rhythm_grid.h>

#define CELLS_A_ROW 32u
#define HALF_NS 90e6
#define FULL_TURN (2 * (float)M_PI)

double metro_draw_angle(uint32_t step, uint32_t n_steps)
{
	return 2 * M_PI * step / n_steps;
}

struct metro_places metro_draw_places(const struct metro_config *config, float width, float height)
{
	const float margin = fminf(12, fminf(width, height) * 0.05f);
	struct mos_box all = mos_box_inset((struct mos_box){0, 0, width, height}, margin);
	struct metro_places p = {0};

	if (config->view == VIEW_LINE) {
		p.line = all;
	} else if (config->view == VIEW_CIRCLE) {
		p.circle = mos_box_fit(all, 1);
	} else if (all.w > all.h * 1.6f) {
		p.circle = mos_box_cut_left(&all, all.h);
		(void)mos_box_cut_left(&all, margin);
		p.line = all;
	} else {
		p.line = mos_box_cut_bottom(&all, all.h * 0.2f);
		p.circle = mos_box_fit(all, 1);
	}
	return p;
}

struct mos_point metro_draw_bead(struct mos_box circle, uint32_t step, uint32_t n_steps)
{
	const double angle = metro_draw_angle(step, n_steps);
	const struct mos_point c = mos_box_center(circle);
	const float r = circle.w * 0.43f;

	return (struct mos_point){c.x + r * (float)sin(angle), c.y - r * (float)cos(angle)};
}

static float bead_radius(struct mos_box circle, uint32_t n_steps)
{
	return fminf(circle.w * 0.055f, circle.w * 0.43f * (float)M_PI / (float)n_steps * 0.8f);
}

struct mos_box metro_draw_cell(struct mos_box line, uint32_t step, uint32_t n_steps)
{
	const uint32_t rows = (n_steps + CELLS_A_ROW - 1) / CELLS_A_ROW,
		       columns = (n_steps + rows - 1) / rows;
	const float gap = fminf(5, line.w / (float)columns * 0.12f);
	const struct mos_box row = mos_box_row(line, step / columns, rows, gap);
	struct mos_box cell = mos_box_column(row, step % columns, columns, gap);
	const float h = fminf(cell.h * 0.7f, cell.w * 1.6f);

	cell.y += (cell.h * 0.8f - h) / 2;
	cell.h = h;
	return cell;
}

int32_t metro_draw_step_at(const struct metro_config *config, float width, float height, struct mos_point at)
{
	const struct metro_places p = metro_draw_places(config, width, height);
	const uint32_t n = config->now.rhythm.n_steps;

	for (uint32_t step = 0; step < n; step++) {
		const struct mos_point bead = metro_draw_bead(p.circle, step, n);

		if (p.line.w > 0 && mos_box_has(metro_draw_cell(p.line, step, n), at))
			return (int32_t)step;
		if (p.circle.w > 0 &&
			hypotf(at.x - bead.x, at.y - bead.y) <= fmaxf(bead_radius(p.circle, n) * 1.2f, 3))
			return (int32_t)step;
	}
	return -1;
}

float metro_draw_flash(const struct metro_picture *p)
{
	if (p->step < 0 || !p->playing || p->since_ns < 0)
		return 0;
	return (float)(p->config->intensity * exp2(-p->since_ns / HALF_NS));
}

/* Steps of the pattern that one measure has, for counting; 0: it is free of the measure. */
static uint32_t steps_a_measure(const struct metro_config *c)
{
	const uint32_t n = c->now.rhythm.n_steps;

	return (c->step_ticks && !c->linked) || n % c->now.measures ? 0 : n / c->now.measures;
}

static struct mos_ink onset_ink(const struct metro_picture *p, uint32_t step)
{
	return mos_ink_faint(step == 0 ? MOS_TOKEN_ACCENT : MOS_TOKEN_ACCENT_2,
		(float)fmin(0.25 + 0.6 * p->config->intensity, 1));
}

/* An arc from each onset to the next, with its length in steps. */
static void draw_gaps(struct mos_draw *d, const struct metro_picture *p, struct mos_box circle)
{
	const struct mos_rhythm *r = &p->config->now.rhythm;
	const struct mos_point c = mos_box_center(circle);
	const float radius = circle.w * 0.345f, step = FULL_TURN / (float)r->n_steps;
	uint8_t gap[MOS_RHYTHM_STEPS_MAX];
	const uint32_t n = mos_rhythm_gaps(r, gap, MOS_RHYTHM_STEPS_MAX);
	uint32_t at = 0, i = 0;

	while (at < r->n_steps && !mos_rhythm_has(r, at))
		at++;
	for (; i < n; at += gap[i], i++) {
		const float from = (float)metro_draw_angle(at, r->n_steps), sweep = step * (float)gap[i];
		const float pad = fminf(0.06f, sweep * 0.12f), middle = from + sweep / 2;

		mos_draw_arc(d, c, radius, circle.w * 0.012f, from + pad, sweep - 2 * pad,
			mos_ink_faint(i % 2 ? MOS_TOKEN_ACCENT_2 : MOS_TOKEN_ACCENT, 0.55f));
		if (n <= 24)
			mos_draw_text(d,
				(struct mos_point){c.x + radius * 0.87f * (float)sin((double)middle),
					c.y - radius * 0.87f * (float)cos((double)middle)},
				circle.w * 0.036f, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%u",
				gap[i]);
	}
}

static void draw_middle(struct mos_draw *d, const struct metro_picture *p, struct mos_box circle)
{
	const struct mos_point c = mos_box_center(circle);
	const struct mos_preset *preset = mos_preset(p->config->now.preset_id);
	const struct mos_rhythm_identity is = mos_rhythm_identify(&p->config->now.rhythm);
	const float w = circle.w;
	const char *name = preset ? preset->name : is.preset ? mos_preset(is.preset)->name : "Own pattern";

	mos_draw_text(d, (struct mos_point){c.x, c.y - w * 0.04f}, w * 0.15f,
		MOS_CENTER | MOS_MIDDLE | MOS_BOLD | MOS_MONO, mos_ink(MOS_TOKEN_TEXT), "%.4g", p->bpm);
	mos_draw_text_in(d, (struct mos_box){c.x - w * 0.26f, c.y + w * 0.05f, w * 0.52f, w * 0.06f},
		w * 0.05f, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT), "%s", name);
	mos_draw_text(d, (struct mos_point){c.x, c.y + w * 0.145f}, w * 0.042f, MOS_CENTER | MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%s%u, %u)   %u/%u  %s", is.is_euclidean ? "E(" : "(", is.k,
		is.n, p->num, p->den, p->config->linked ? "linked" : "free");
}

static void draw_circle(struct mos_draw *d, const struct metro_picture *p, struct mos_box circle)
{
	const struct mos_rhythm *r = &p->config->now.rhythm;
	const struct mos_point c = mos_box_center(circle);
	const float radius = bead_radius(circle, r->n_steps), flash = metro_draw_flash(p);

	mos_draw_arc(
		d, c, circle.w * 0.43f, fmaxf(circle.w * 0.006f, 1), 0, FULL_TURN, mos_ink(MOS_TOKEN_GRID));
	draw_gaps(d, p, circle);
	for (uint32_t step = 0; step < r->n_steps; step++) {
		const struct mos_point at = metro_draw_bead(circle, step, r->n_steps);
		const int onset = mos_rhythm_has(r, step), now = (int32_t)step == p->step && p->playing;

		if (now && flash > 0)
			mos_draw_disc(d, at, radius * (1.3f + 0.5f * fminf(flash, 1.5f)),
				mos_ink_faint(onset ? MOS_TOKEN_SOUNDING : MOS_TOKEN_TEXT,
					0.45f * fminf(flash, 1.5f)));
		mos_draw_disc(d, at, radius * (onset ? 1 : 0.45f),
			now && onset ? mos_ink(MOS_TOKEN_SOUNDING)
			: now        ? mos_ink(MOS_TOKEN_TEXT)
			: onset      ? onset_ink(p, step)
				     : mos_ink(MOS_TOKEN_OFF));
	}
	draw_middle(d, p, circle);
}

static void draw_line(struct mos_draw *d, const struct metro_picture *p, struct mos_box line)
{
	const struct metro_config *config = p->config;
	const struct mos_rhythm *r = &config->now.rhythm;
	const uint32_t counted = steps_a_measure(config) ? steps_a_measure(config) : r->n_steps;
	const float flash = metro_draw_flash(p);
	char label[MOS_COUNT_LABEL_SIZE];

	for (uint32_t step = 0; step < r->n_steps; step++) {
		const struct mos_box cell = metro_draw_cell(line, step, r->n_steps);
		const int onset = mos_rhythm_has(r, step), now = (int32_t)step == p->step && p->playing;
		const float round = fminf(cell.w, cell.h) * 0.18f, size = fminf(cell.w * 0.55f, 13);

		mos_draw_box(
			d, cell, round, onset ? onset_ink(p, step) : mos_ink_faint(MOS_TOKEN_OFF, 0.55f));
		if (now)
			mos_draw_box(d, cell, round,
				mos_ink_faint(onset ? MOS_TOKEN_SOUNDING : MOS_TOKEN_TEXT,
					0.25f + 0.75f * fminf(flash, 1)));
		if (size >= 5 && mos_count_label((enum mos_counting)config->counting, p->num, p->den, counted,
					 step % counted, label) > 0)
			mos_draw_text(d,
				(struct mos_point){cell.x + cell.w / 2, cell.y + cell.h + size * 0.8f}, size,
				MOS_CENTER | MOS_MIDDLE, mos_ink(now ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM),
				"%s", label);
	}
}

void metro_draw(struct mos_draw *d, const struct metro_picture *p)
{
	const struct metro_places places =
		metro_draw_places(p->config, mos_draw_width(d), mos_draw_height(d));

	(void)mos_draw_panel(d, "");
	if (places.circle.w > 0)
		draw_circle(d, p, places.circle);
	if (places.line.w > 0)
		draw_line(d, p, places.line);
	if (p->message && p->message[0])
		mos_draw_text_in(d, (struct mos_box){8, mos_draw_height(d) - 16, mos_draw_width(d) - 16, 12},
			11, MOS_MIDDLE | MOS_CENTER, mos_ink(MOS_TOKEN_WARN), "%s", p->message);
}
