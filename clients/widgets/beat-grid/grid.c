/* SPDX-License-Identifier: MIT */
#include "grid.h"

#include <math.h>

#include <mos/meter.h>

#define HALF_NS 90e6

struct grid_at grid_at(const struct mos_clock *clock, int64_t time_ns)
{
	uint32_t frac;
	const int64_t tick = mos_clock_tick_at(clock, time_ns, &frac);
	const int valid = mos_meter_is_valid(clock->meter_num, clock->meter_den);
	const uint16_t num = valid ? clock->meter_num : 4, den = valid ? clock->meter_den : 4;
	const int64_t beat_ticks = mos_meter_beat_ticks(den),
		      measure_ticks = mos_meter_measure_ticks(num, den);
	int64_t in_measure = tick - clock->measure_tick;
	struct grid_at at = {.n_beats = num, .den = den, .rolling = (clock->flags & MOS_CLOCK_ROLLING) != 0};
	/* The page is of some moments ago: the measure may be another by now. */
	const int64_t measures = in_measure >= 0 ? in_measure / measure_ticks
						 : -((-in_measure + measure_ticks - 1) / measure_ticks);

	in_measure -= measures * measure_ticks;
	at.measure =
		(int64_t)clock->measure + measures < 0 ? 0 : (uint32_t)((int64_t)clock->measure + measures);
	at.beat = (uint32_t)(in_measure / beat_ticks);
	at.phase = ((double)(in_measure % beat_ticks) + (double)frac / 4294967296.0) / (double)beat_ticks;
	at.since_ns = at.phase * (double)beat_ticks * (double)clock->ns_per_quarter / MOS_PPQ;
	return at;
}

float grid_flash(const struct grid_at *at)
{
	return at->rolling ? (float)exp2(-at->since_ns / HALF_NS) : 0;
}

static void draw_cell(struct mos_draw *d, struct mos_box box, const struct grid_at *at, uint32_t beat)
{
	const uint16_t strength = mos_meter_beat_strength((uint16_t)at->n_beats, at->den, beat);
	const float radius = fminf(box.w, box.h) * 0.14f;
	const float flash = beat == at->beat ? grid_flash(at) : 0;
	const enum mos_token token = strength == 2 ? MOS_TOKEN_ACCENT : MOS_TOKEN_ACCENT_2;

	mos_draw_box(d, box, radius,
		mos_ink_faint(MOS_TOKEN_OFF, strength == 2 ? 0.9f
					     : strength    ? 0.7f
							   : 0.45f));
	if (beat == at->beat && at->rolling)
		mos_draw_box(d, box, radius, mos_ink_faint(token, 0.25f + 0.75f * flash));
	mos_draw_text(d, mos_box_center(box), fminf(box.h * 0.5f, box.w * 0.5f),
		MOS_CENTER | MOS_MIDDLE | MOS_BOLD,
		flash > 0.4f ? mos_ink(MOS_TOKEN_CANVAS)
			     : mos_ink(strength ? MOS_TOKEN_TEXT : MOS_TOKEN_TEXT_DIM),
		"%u", beat + 1);
}

/* Parts of the beat, the ones that are over lit: how far it is to the next. */
static void draw_parts(
	struct mos_draw *d, struct mos_box box, const struct grid_at *at, uint32_t beat, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct mos_box part = mos_box_column(box, i, n, fminf(3, box.w * 0.04f));
		const int lit = at->rolling && beat == at->beat && at->phase * n >= i;

		mos_draw_box(d, part, part.h / 2,
			lit ? mos_ink(MOS_TOKEN_ACCENT) : mos_ink_faint(MOS_TOKEN_GRID, 0.8f));
	}
}

void grid_draw(struct mos_draw *d, const struct grid_at *at, unsigned int subdivision)
{
	const float margin = fminf(12, fminf(mos_draw_width(d), mos_draw_height(d)) * 0.1f);
	struct mos_box all = mos_box_inset(mos_draw_area(d), margin);
	const struct mos_box parts = mos_box_cut_bottom(&all, fminf(all.h * 0.09f, 6));

	(void)mos_draw_panel(d, "");
	all.h -= margin * 0.6f;
	for (uint32_t beat = 0; beat < at->n_beats; beat++) {
		const float gap = fminf(8, all.w / (float)at->n_beats * 0.12f);

		draw_cell(d, mos_box_column(all, beat, at->n_beats, gap), at, beat);
		draw_parts(d, mos_box_column(parts, beat, at->n_beats, gap), at, beat, subdivision);
	}
}
