/* SPDX-License-Identifier: MIT */
/*
 * With look-ahead. For each frame j the peak of [j, j + 1), oversampled, asks for a gain. hold: the lowest
 * gain asked for within look + 2 frames; release: up from there slowly; smooth: the mean of look + 1 of
 * these. The frame that leaves is the one of `look` frames before: all gains of that mean were held down by
 * its peak, so their mean is no higher. The mean is summed in integers: it does not drift.
 */
#include "limiter.h"

#include <math.h>
#include <string.h>

#include "fx_math.h"
#include "peak.h"

#define PHASES 8u
#define DELAY (LIMITER_TAPS / 2) /* of the oversampler */
#define MASK (LIMITER_RING - 1)
#define UNITY (1u << 30)
#define LOOK_MIN 16u   /* frames: faster gains would make peaks of their own */
#define MARGIN 0.9886f /* -0.1 dB: what eight phases do not see, and what the moving gain adds */

static float taps[PHASES][LIMITER_TAPS]; /* the same for all, written once */
static float sum_max;                    /* an input of at most 1 has no peak above this */

/* Bessel function of the first kind, modified, order 0. */
static double bessel_i0(double x)
{
	double term = 1, sum = 1;

	for (int i = 1; i < 40; i++) {
		term *= x * x / 4 / i / i;
		sum += term;
	}
	return sum;
}

/* Windowed sinc: phase p gives the signal at p / PHASES behind the frame DELAY frames ago. */
static void make_taps(void)
{
	for (uint32_t p = 0; p < PHASES; p++) {
		double sum = 0, size = 0, h[LIMITER_TAPS];

		for (uint32_t k = 0; k < LIMITER_TAPS; k++) {
			double t = (double)DELAY - (double)p / PHASES - (double)k, x = t / (DELAY + 0.01),
			       w = 1 - x * x;

			h[k] = t == 0 ? 1 : sin(FX_PI * t) / (FX_PI * t);
			h[k] *= w > 0 ? bessel_i0(4 * sqrt(w)) / bessel_i0(4) : 0;
			sum += h[k];
		}
		for (uint32_t k = 0; k < LIMITER_TAPS; k++) {
			taps[p][k] = (float)(p == 0 ? k == DELAY : h[k] / sum);
			size += fabs((double)taps[p][k]);
		}
		sum_max = size > (double)sum_max ? (float)size : sum_max;
	}
}

static void begin(struct limiter *m, uint32_t look) MOS_RT
{
	m->look = look;
	m->pos = 0;
	m->held = 1;
	m->gain = 1;
	m->min_n = m->min_head = 0;
	m->sum = (uint64_t)(look + 1) * UNITY;
	for (uint32_t i = 0; i < LIMITER_RING; i++)
		m->smooth[i] = UNITY;
	memset(m->ring, 0, sizeof(m->ring));
	memset(m->past, 0, sizeof(m->past));
}

void limiter_init(struct limiter *m, uint32_t rate_hz)
{
	make_taps();
	memset(m, 0, sizeof(*m));
	m->rate_hz = (float)rate_hz;
	m->on = 1;
	m->ceiling = LIMITER_CEILING;
	m->release = 1.0f / (0.08f * (float)rate_hz);
	m->fade = fx_glide_at(1);
	begin(m, 0);
}

void limiter_set(struct limiter *m, const float *value) MOS_RT
{
	float ms = value[MOS_FX_LIMITER_LOOK_AHEAD_MS], db = value[MOS_FX_LIMITER_CEILING_DB];
	uint32_t look = ms > 0 ? (uint32_t)(ms * 0.001f * m->rate_hz + 0.5f) : 0;

	m->on = value[MOS_FX_LIMITER_ON] >= 0.5f;
	m->ceiling = db == -0.1f ? LIMITER_CEILING : (float)fx_gain_of_db(db);
	m->release = 1.0f / ((float)((double)value[MOS_FX_LIMITER_RELEASE_MS] / 1000) * m->rate_hz);
	m->look_to = look && look < LOOK_MIN ? LOOK_MIN : look;
}

uint32_t limiter_latency(const struct limiter *m) MOS_RT
{
	return m->look ? m->look + DELAY : 0;
}

int limiter_looks_ahead(const struct limiter *m) MOS_RT
{
	return m->look || m->look_to || m->fade.next != 1 || m->fade.step != 0;
}

void limiter_process(struct limiter *m, float *l, float *r, uint32_t n) MOS_RT
{
	double g = m->gain;

	/* switched off while it works, it lets go as after a peak */
	if (g == 1 && (!m->on || (fx_peak(l, n) <= m->ceiling && fx_peak(r, n) <= m->ceiling)))
		return;
	m->worked = 1;
	for (uint32_t i = 0; i < n; i++) {
		float a = l[i] < 0 ? -l[i] : l[i], b = r[i] < 0 ? -r[i] : r[i], p = a > b ? a : b;

		g += (1 - g) * m->release;
		if (m->on && p * (float)g > m->ceiling)
			g = m->ceiling / p;
		if (g > 0.99999)
			g = 1;
		l[i] *= (float)g;
		r[i] *= (float)g;
	}
	m->gain = g;
}

void limiter_grid(struct limiter *m) MOS_RT
{
	fx_glide_grid(&m->fade, 1);
	if (m->look != m->look_to && m->fade.next == 0 && m->fade.now == 0)
		begin(m, m->look_to);
	/* up again when the signal has come through */
	m->fade.to = m->look == m->look_to && m->pos >= limiter_latency(m);
}

/* Raise peak[i] to the highest of the phases between frames. x: LIMITER_TAPS - 1 frames before the piece,
 * then it. */
static void oversample(const float *x, float *peak, uint32_t n) MOS_RT
{
	for (uint32_t p = 0; p < PHASES; p++) {
		float y[FX_GRID] = {0};

		for (uint32_t k = 0; k < LIMITER_TAPS; k++) {
			const float *from = x + (LIMITER_TAPS - 1 - k);
			float h = taps[p][k];

			for (uint32_t i = 0; i < n; i++)
				y[i] += h * from[i];
		}
		for (uint32_t i = 0; i < n; i++) {
			float a = y[i] < 0 ? -y[i] : y[i];

			peak[i] = a > peak[i] ? a : peak[i];
		}
	}
}

/* The peaks of the frames DELAY before the piece's. @return 0: none is anywhere near the ceiling. */
static int peaks(struct limiter *m, const float *l, const float *r, float *peak, uint32_t n) MOS_RT
{
	const float *in[2] = {l, r};
	float x[2][LIMITER_TAPS - 1 + FX_GRID], most = 0;

	memset(peak, 0, n * sizeof(float));
	for (int c = 0; c < 2; c++) {
		float p;

		memcpy(x[c], m->past[c], (LIMITER_TAPS - 1) * sizeof(float));
		memcpy(x[c] + LIMITER_TAPS - 1, in[c], n * sizeof(float));
		memcpy(m->past[c], x[c] + n, (LIMITER_TAPS - 1) * sizeof(float));
		p = fx_peak(x[c], LIMITER_TAPS - 1 + n);
		most = p > most ? p : most;
	}
	if (most * sum_max <= m->ceiling * MARGIN)
		return 0;
	oversample(x[0], peak, n);
	oversample(x[1], peak, n);
	return 1;
}

/* The lowest gain asked for within look + 2 frames. Gains of 1 are not kept. */
static float hold(struct limiter *m, float asked) MOS_RT
{
	while (m->min_n && m->min_pos[m->min_head & MASK] + m->look + 2 <= m->pos) {
		m->min_head++;
		m->min_n--;
	}
	if (asked < 1) {
		while (m->min_n && m->min_gain[(m->min_head + m->min_n - 1) & MASK] >= asked)
			m->min_n--;
		m->min_pos[(m->min_head + m->min_n) & MASK] = m->pos;
		m->min_gain[(m->min_head + m->min_n) & MASK] = asked;
		m->min_n++;
	}
	return m->min_n ? m->min_gain[m->min_head & MASK] : 1;
}

/* The gain of the frame that leaves now. */
static float next_gain(struct limiter *m, float peak) MOS_RT
{
	float ceiling = m->ceiling * MARGIN;
	float low = hold(m, m->on && peak > ceiling ? ceiling / peak : 1);
	uint32_t at = (uint32_t)m->pos & MASK, unity = UNITY;

	m->held += (1 - m->held) * m->release;
	m->held = m->held > 0.99999 ? 1 : m->held;
	m->held = m->held < low ? m->held : low;
	m->sum -= m->smooth[(at - m->look - 1) & MASK];
	m->smooth[at] = (uint32_t)(m->held * unity);
	m->sum += m->smooth[at];
	return m->sum == (uint64_t)(m->look + 1) * unity
		       ? 1
		       : (float)((double)m->sum / ((double)(m->look + 1) * (double)unity));
}

void limiter_ahead(struct limiter *m, float *l, float *r, uint32_t k, uint32_t n) MOS_RT
{
	float peak[FX_GRID], g;
	uint32_t late = m->look + DELAY;

	if (m->look) {
		(void)peaks(m, l, r, peak, n);
		for (uint32_t i = 0; i < n; i++) {
			uint32_t at = (uint32_t)m->pos & MASK;

			g = next_gain(m, peak[i]);
			m->worked |= g < 1;
			m->ring[0][at] = l[i];
			m->ring[1][at] = r[i];
			l[i] = m->ring[0][(at - late) & MASK] * g;
			r[i] = m->ring[1][(at - late) & MASK] * g;
			m->pos++;
		}
	} else {
		limiter_process(m, l, r, n);
	}
	if (fx_glide_rests(&m->fade) && m->fade.next == 1)
		return;
	for (uint32_t i = 0; i < n; i++) {
		g = m->fade.now + m->fade.step * (float)(int32_t)(k + i);
		l[i] *= g;
		r[i] *= g;
	}
}
