/* SPDX-License-Identifier: MIT */
#include "meters.h"

#include <math.h>
#include <stdio.h>

#define FALL_DB_S 20.0
#define HOLD_S 1.5
#define RMS_S 0.3

static const char *const names[MOS_TAP_N_CHANNELS] = {"in L", "in R", "out L", "out R"};

void meters_reset(struct meters *m)
{
	*m = (struct meters){.momentary = METERS_SILENCE_DB,
		.short_term = METERS_SILENCE_DB,
		.integrated = METERS_SILENCE_DB,
		.true_peak_db = METERS_SILENCE_DB};
	for (int i = 0; i < MOS_TAP_N_CHANNELS; i++)
		m->channel[i].peak_db = m->channel[i].held_db = METERS_SILENCE_DB;
}

void meters_feed(
	struct meters *m, enum mos_tap_channel channel, const float *sample, uint32_t n, uint32_t rate_hz)
{
	struct meter *meter = &m->channel[channel];
	const double seconds = (double)n / rate_hz, keep = exp(-1 / (RMS_S * rate_hz));
	double highest = 0, db;

	for (uint32_t i = 0; i < n; i++) {
		const double x = isfinite(sample[i]) ? (double)sample[i] : 0;

		highest = fmax(highest, fabs(x));
		meter->square = keep * meter->square + (1 - keep) * x * x;
	}
	db = highest > 1e-6 ? 20 * log10(highest) : METERS_SILENCE_DB;
	meter->peak_db = fmax(db, fmax(meter->peak_db - FALL_DB_S * seconds, METERS_SILENCE_DB));
	meter->clipped |= highest >= 1;
	meter->held_s += seconds;
	if (db >= meter->held_db) {
		meter->held_db = db;
		meter->held_s = 0;
	} else if (meter->held_s > HOLD_S) {
		meter->held_db = fmax(meter->peak_db, meter->held_db - FALL_DB_S * seconds);
	}
}

static double value(const struct mos_counters_view *view, const char *name, int *ret_found)
{
	const int i = mos_counters_find(view, name);

	*ret_found |= i >= 0;
	return i < 0 ? METERS_SILENCE_DB : (double)(int64_t)mos_counters_get(view, (uint32_t)i) / 1000;
}

void meters_read(struct meters *m, const struct mos_counters_view *view)
{
	m->has_loudness = 0;
	m->momentary = value(view, "apollo.loudness.momentary", &m->has_loudness);
	m->short_term = value(view, "apollo.loudness.short", &m->has_loudness);
	m->integrated = value(view, "apollo.loudness.integrated", &m->has_loudness);
	m->true_peak_db = value(view, "apollo.loudness.true_peak", &m->has_loudness);
}

int meters_move(const struct meters *m)
{
	for (int i = 0; i < MOS_TAP_N_CHANNELS; i++)
		if (m->channel[i].held_db > METERS_FLOOR_DB || meter_rms_db(&m->channel[i]) > METERS_FLOOR_DB)
			return 1;
	return 0;
}

double meter_rms_db(const struct meter *meter)
{
	return meter->square > 1e-12 ? 10 * log10(meter->square) : METERS_SILENCE_DB;
}

double meters_scale(double db)
{
	if (db <= METERS_FLOOR_DB)
		return 0;
	if (db >= 0)
		return 1;
	return db >= -20 ? 1 + db / 40 : 0.5 * (db - METERS_FLOOR_DB) / (-20 - METERS_FLOOR_DB);
}

static float y_of(struct mos_box bar, double db)
{
	return bar.y + bar.h * (float)(1 - meters_scale(db));
}

/* From one level to another in a colour, as far as the meter stands. */
static void fill(
	struct mos_draw *d, struct mos_box bar, double from_db, double to_db, double db, struct mos_ink ink)
{
	const double top = fmin(db, to_db);

	if (top > from_db)
		mos_draw_box(d,
			(struct mos_box){bar.x, y_of(bar, top), bar.w, y_of(bar, from_db) - y_of(bar, top)},
			0, ink);
}

static void draw_meter(struct mos_draw *d, const struct meter *meter, struct mos_box bar, const char *name)
{
	const float size = fminf(bar.w * 0.75f, 11), cap = fmaxf(bar.w * 0.3f, 3);
	const struct mos_box clip = mos_box_cut_top(&bar, cap), label = mos_box_cut_bottom(&bar, size * 1.5f);
	const double rms = meter_rms_db(meter);

	bar.y += 2;
	bar.h -= 4;
	mos_draw_box(d, clip, cap * 0.3f,
		meter->clipped ? mos_ink(MOS_TOKEN_BAD) : mos_ink_faint(MOS_TOKEN_OFF, 0.6f));
	mos_draw_box(d, bar, 2, mos_ink_faint(MOS_TOKEN_OFF, 0.45f));
	fill(d, bar, METERS_FLOOR_DB, -12, meter->peak_db, mos_ink_faint(MOS_TOKEN_GOOD, 0.55f));
	fill(d, bar, -12, -3, meter->peak_db, mos_ink_faint(MOS_TOKEN_WARN, 0.55f));
	fill(d, bar, -3, 0, meter->peak_db, mos_ink_faint(MOS_TOKEN_BAD, 0.55f));
	fill(d, bar, METERS_FLOOR_DB, -12, rms, mos_ink(MOS_TOKEN_GOOD));
	fill(d, bar, -12, -3, rms, mos_ink(MOS_TOKEN_WARN));
	fill(d, bar, -3, 0, rms, mos_ink(MOS_TOKEN_BAD));
	if (meter->held_db > METERS_FLOOR_DB)
		mos_draw_box(d, (struct mos_box){bar.x, y_of(bar, meter->held_db) - 1, bar.w, 2}, 0,
			mos_ink(MOS_TOKEN_TEXT));
	mos_draw_text_in(d, label, size, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%s", name);
}

static void draw_names(struct mos_draw *d, struct mos_box box, float gap)
{
	static const char *const sides[] = {"IN", NULL, "OUT"};

	for (unsigned int i = 0; i < 5; i += 2) {
		const struct mos_box column = mos_box_column(box, i, 5, gap);

		if (i == 2)
			continue;
		mos_draw_text(d,
			(struct mos_point){column.x + (i ? -gap / 2 : column.w + gap / 2), box.y + box.h / 2},
			fminf(box.h * 0.85f, column.w * 0.7f), MOS_CENTER | MOS_MIDDLE,
			mos_ink(MOS_TOKEN_TEXT_DIM), "%s", sides[i / 2]);
	}
}

static void draw_scale(struct mos_draw *d, struct mos_box bar, float bar_w)
{
	static const int marks[] = {0, -6, -12, -18, -24, -36, -48};
	const float size = fminf(bar_w * 0.75f, 11), cap = fmaxf(bar_w * 0.3f, 3);

	(void)mos_box_cut_top(&bar, cap + 2);
	(void)mos_box_cut_bottom(&bar, size * 1.5f + 2);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		mos_draw_text(d, (struct mos_point){bar.x + bar.w / 2, y_of(bar, marks[i])},
			fminf(size, bar.w * 0.5f), MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM), "%d",
			marks[i]);
}

static void draw_loudness(struct mos_draw *d, const struct meters *m, struct mos_box box)
{
	const struct {
		const char *name;
		double value;
	} line[] = {{"LUFS", m->momentary}, {"3 s", m->short_term}, {"all", m->integrated},
		{"peak", m->true_peak_db}};

	for (unsigned int i = 0; i < 4; i++) {
		const struct mos_box row = mos_box_row(box, i, 4, 0);
		const float size = fminf(fminf(row.h * 0.72f, row.w * 0.15f), 13), y = row.y + row.h / 2;

		mos_draw_text(d, (struct mos_point){row.x, y}, size, MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT_DIM),
			"%s", line[i].name);
		if (line[i].value > METERS_SILENCE_DB)
			mos_draw_text(d, (struct mos_point){row.x + row.w, y}, size,
				MOS_RIGHT | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT), "%.1f",
				line[i].value);
		else
			mos_draw_text(d, (struct mos_point){row.x + row.w, y}, size,
				MOS_RIGHT | MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT_DIM), "–∞");
	}
}

void meters_draw(struct mos_draw *d, const struct meters *m)
{
	struct mos_box all = mos_draw_panel(d, "");
	const struct mos_box loudness =
		mos_box_cut_bottom(&all, m->has_loudness ? fminf(all.h * 0.22f, 80) : 0);
	const float gap = all.w * 0.04f;

	all.h -= 4;
	draw_names(d, mos_box_cut_bottom(&all, fminf(14, all.w * 0.12f)), gap);
	for (unsigned int i = 0; i < MOS_TAP_N_CHANNELS; i++)
		/* the scale stands between what goes in and what goes out */
		draw_meter(
			d, &m->channel[i], mos_box_column(all, i < 2 ? i : i + 1, 5, gap), i % 2 ? "R" : "L");
	draw_scale(d, mos_box_column(all, 2, 5, gap), mos_box_column(all, 0, 5, gap).w);
	if (m->has_loudness)
		draw_loudness(d, m, loudness);
}

void meters_text(const struct meters *m, char *ret, size_t size)
{
	size_t len = 0;

	ret[0] = '\0';
	for (int i = 0; i < MOS_TAP_N_CHANNELS && len < size; i++)
		len += (size_t)snprintf(ret + len, size - len, "%-6s peak %6.1f dB  rms %6.1f dB%s\n",
			names[i], m->channel[i].peak_db, meter_rms_db(&m->channel[i]),
			m->channel[i].clipped ? "  CLIP" : "");
	if (m->has_loudness && len < size)
		(void)snprintf(ret + len, size - len, "LUFS %.1f, 3 s %.1f, in all %.1f, true peak %.1f dB\n",
			m->momentary, m->short_term, m->integrated, m->true_peak_db);
}
