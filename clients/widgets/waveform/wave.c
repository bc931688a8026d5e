/* SPDX-License-Identifier: MIT */
#include "wave.h"

#include <math.h>

static const struct wave_column nothing = {INFINITY, -INFINITY, 0};

void wave_init(struct wave *w, uint32_t rate_hz, double seconds)
{
	const double frames = (double)rate_hz * seconds / WAVE_COLUMNS;

	*w = (struct wave){.per_column = frames < 1 ? 1 : frames > 1e6 ? 1000000 : (uint32_t)lround(frames)};
	wave_break(w);
}

void wave_break(struct wave *w)
{
	for (unsigned int c = 0; c < WAVE_CHANNELS; c++)
		w->next[c] = nothing;
	w->n_next = 0;
}

static void end_column(struct wave *w)
{
	for (unsigned int c = 0; c < WAVE_CHANNELS; c++) {
		w->next[c].square /= (float)w->n_next;
		w->column[c][w->n % WAVE_COLUMNS] = w->next[c];
	}
	w->n++;
	wave_break(w);
}

void wave_feed(struct wave *w, const float *const sample[static WAVE_CHANNELS], uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (unsigned int c = 0; c < WAVE_CHANNELS; c++) {
			const float x = isfinite(sample[c][i]) ? sample[c][i] : 0;

			w->next[c].low = fminf(w->next[c].low, x);
			w->next[c].high = fmaxf(w->next[c].high, x);
			w->next[c].square += x * x;
		}
		if (++w->n_next == w->per_column)
			end_column(w);
	}
}

struct wave_column wave_at(const struct wave *w, unsigned int channel, uint32_t back)
{
	if (back >= WAVE_COLUMNS || back >= w->n)
		return (struct wave_column){0, 0, 0};
	return w->column[channel][(w->n - 1 - back) % WAVE_COLUMNS];
}

double wave_peak_db(const struct wave *w)
{
	float peak = 0;

	for (unsigned int c = 0; c < WAVE_CHANNELS; c++)
		for (uint32_t back = 0; back < WAVE_COLUMNS; back++) {
			const struct wave_column column = wave_at(w, c, back);

			peak = fmaxf(peak, fmaxf(-column.low, column.high));
		}
	return peak > 1e-6f ? 20 * log10((double)peak) : -120;
}

float wave_y(struct mos_box box, float sample, float gain)
{
	const float x = sample * gain;

	return box.y + box.h / 2 * (1 - (x > 1 ? 1 : x < -1 ? -1 : x));
}

static void draw_channel(
	struct mos_draw *d, const struct wave *w, unsigned int channel, struct mos_box box, float gain)
{
	const float step = box.w / WAVE_COLUMNS, thin = fmaxf(step * 0.72f, 0.7f);

	mos_draw_line(d, (struct mos_point){box.x, box.y + box.h / 2},
		(struct mos_point){box.x + box.w, box.y + box.h / 2}, 1, mos_ink(MOS_TOKEN_GRID));
	for (uint32_t i = 0; i < WAVE_COLUMNS; i++) {
		const struct wave_column c = wave_at(w, channel, WAVE_COLUMNS - 1 - i);
		const float x = box.x + step * ((float)i + 0.5f), rms = sqrtf(c.square);
		const int clips = c.low <= -1 || c.high >= 1;
		const float top = wave_y(box, c.high, gain), bottom = wave_y(box, c.low, gain);

		if (c.high - c.low < 1e-5f)
			continue;
		mos_draw_box(d, (struct mos_box){x - thin / 2, top, thin, fmaxf(bottom - top, 1)}, thin / 2,
			clips ? mos_ink(MOS_TOKEN_BAD) : mos_ink_faint(MOS_TOKEN_ACCENT, 0.55f));
		mos_draw_box(d,
			(struct mos_box){x - thin / 2, wave_y(box, rms, gain), thin,
				wave_y(box, -rms, gain) - wave_y(box, rms, gain)},
			0, mos_ink_faint(MOS_TOKEN_ACCENT, 0.8f));
	}
}

void wave_draw(struct mos_draw *d, const struct wave *w, float gain, const char *title)
{
	struct mos_box all = mos_draw_panel(d, "");
	const double peak = wave_peak_db(w);
	const float size = fminf(13, mos_draw_height(d) * 0.11f);
	const struct mos_box head = mos_box_cut_top(&all, size * 1.3f);

	mos_draw_text(d, (struct mos_point){head.x, head.y + size * 0.6f}, size, MOS_MIDDLE,
		mos_ink(MOS_TOKEN_TEXT_DIM), "%s", title);
	if (peak > -120)
		mos_draw_text(d, (struct mos_point){head.x + head.w, head.y + size * 0.6f}, size,
			MOS_RIGHT | MOS_MIDDLE | MOS_MONO,
			mos_ink(peak >= 0 ? MOS_TOKEN_BAD : MOS_TOKEN_TEXT), "%.1f dB", peak);
	for (unsigned int c = 0; c < WAVE_CHANNELS; c++)
		draw_channel(d, w, c, mos_box_row(all, c, WAVE_CHANNELS, size * 0.4f), gain);
}
