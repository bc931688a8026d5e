/* SPDX-License-Identifier: MIT */
/* Compressor: static curve and times against their formulas. Limiter: true peak by an oversampling of the
 * test's own. */
#include <criterion/criterion.h>
#include <string.h>

#include "apollo/fx/compressor.h"
#include "apollo/fx/limiter.h"
#include "fx_measure.h"

#define RATE 48000u
#define N 65536u

static float left[N], right[N];

static void fill(float l, float r, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		left[i] = l;
		right[i] = r;
	}
}

static void compress(struct compressor *c, uint32_t n, uint32_t block)
{
#define CALL(k, first, len) compressor_process(c, left + (first), right + (first), k, len)
	RUN_PIECES(n, block, compressor_grid(c), CALL)
#undef CALL
}

/* What the curve makes of a level, dB. */
static double curve(double in, double threshold, double ratio, double knee)
{
	double over = in - threshold;

	if (over <= -knee / 2)
		return in;
	if (over < knee / 2)
		return in + (1 / ratio - 1) * (over + knee / 2) * (over + knee / 2) / (2 * knee);
	return threshold + over / ratio;
}

Test(compressor, curve,
	.description =
		"APO-28 NAM-01: the static curve is the formula's within 0.02 dB, knee and make-up included")
{
	static const float settings[][MOS_FX_COMPRESSOR_N] = {{1, -18, 3, 6, 1, 10, 0},
		{1, -30, 20, 0, 1, 10, 6}, {1, -40, 1.5f, 24, 1, 10, -3}, {1, 0, 4, 12, 1, 10, 24}};

	for (size_t s = 0; s < sizeof(settings) / sizeof(settings[0]); s++) {
		const float *v = settings[s];
		struct compressor c;

		compressor_init(&c, RATE);
		compressor_set(&c, v);
		for (double in = -70; in <= 6; in += 0.5) {
			float x = (float)pow(10, in / 20);

			fill(x, -x / 2, 0, 8192);
			compress(&c, 8192, 256);
			cr_assert_float_eq(measure_db((double)left[8191]),
				curve(in, (double)v[1], (double)v[2], (double)v[3]) + (double)v[6], 0.02,
				"setting %zu at %g dB", s, in);
			cr_assert_float_eq(
				right[8191], -left[8191] / 2, 1e-6, "the sides do not go together");
		}
	}
}

/* Frames from `from` on until the gain has gone 63.2 % of its way, in dB, to where it is at `to`. */
static uint32_t time_of(const float *in, uint32_t from, uint32_t to)
{
	double a = measure_db((double)(left[from] / in[from])),
	       b = measure_db((double)(left[to - 1] / in[to - 1]));
	uint32_t i = from;

	while (i < to && fabs(measure_db((double)(left[i] / in[i])) - a) < (1 - exp(-1)) * fabs(b - a))
		i++;
	return i - from;
}

Test(compressor, times, .description = "APO-28 NAM-01: attack and release take the time asked for within 2 %")
{
	static const float ms[][2] = {{1, 50}, {10, 120}, {30, 200}};
	static float in[N];

	for (int i = 0; i < 3; i++) {
		struct compressor c;

		compressor_init(&c, RATE);
		compressor_set(&c, (float[]){1, -30, 4, 0, ms[i][0], ms[i][1], 0});
		fill(0.01f, 0.01f, 0, 8192);
		compress(&c, 8192, 64);
		fill(0.5f, 0.5f, 0, 16384);
		fill(0.01f, 0.01f, 16384, N);
		memcpy(in, left, sizeof(in));
		compress(&c, N, 64);
		/* the first frame has begun already */
		cr_expect_float_eq(
			(float)time_of(in, 0, 16384) + 1, ms[i][0] * 48, ms[i][0] * 48 * 0.02f + 1.5f);
		cr_expect_float_eq(
			(float)time_of(in, 16384, N) + 1, ms[i][1] * 48, ms[i][1] * 48 * 0.02f + 1.5f);
	}
}

Test(compressor, off,
	.description = "APO-28: off it is idle, switched it makes no step, and NaN does not stay")
{
	struct compressor c;
	float step = 0;

	compressor_init(&c, RATE);
	cr_expect(compressor_is_idle(&c));
	fill(0.5f, 0.5f, 0, N);
	compressor_set(&c, (float[]){1, -30, 4, 6, 10, 100, 10});
	compress(&c, N / 2, 64);
	compressor_set(&c, (float[]){0, -30, 4, 6, 10, 100, 10});
	for (uint32_t i = N / 2; i < N; i += 64) {
		compressor_grid(&c);
		if (!compressor_is_idle(&c))
			compressor_process(&c, left + i, right + i, 0, 64);
	}
	for (uint32_t i = 1; i < N; i++)
		step = fmaxf(step, fabsf(left[i] - left[i - 1]));
	cr_expect_lt(step, 0.01f);
	cr_expect(compressor_is_idle(&c));
	cr_expect_eq(c.reduction, 0);
	cr_expect_float_eq(left[N - 1], 0.5f, 1e-6);
	compressor_set(&c, (float[]){1, -30, 4, 6, 10, 100, 10});
	left[7] = NAN;
	right[9] = INFINITY;
	compress(&c, 128, 64);
	fill(0.25f, 0.25f, 0, N);
	compress(&c, N, 64);
	cr_expect(isfinite(left[N - 1]) && left[N - 1] > 0.05f);
}

static void limit(struct limiter *m, uint32_t n, uint32_t block)
{
#define CALL(k, first, len) limiter_ahead(m, left + (first), right + (first), k, len)
	RUN_PIECES(n, block, limiter_grid(m), CALL)
#undef CALL
}

static void limiter_begin(struct limiter *m, uint32_t rate, float ceiling_db, float look_ms, float release_ms)
{
	limiter_init(m, rate);
	limiter_set(m, (float[]){1, ceiling_db, look_ms, release_ms});
	fill(0, 0, 0, N);
	limit(m, 8192, 64); /* the change of the latency is over */
}

/* Leave out what lies above this share of the rate: 20 kHz at 44.1 kHz, as a converter does. */
static void band_limit(float *x, double share)
{
	double complex *s = calloc(N, sizeof(*s));

	for (uint32_t i = 0; i < N; i++)
		s[i] = (double)x[i];
	measure_fft(s, N, -1);
	for (uint32_t i = (uint32_t)(share * N); i <= N - (uint32_t)(share * N); i++)
		s[i] = 0;
	measure_fft(s, N, 1);
	for (uint32_t i = 0; i < N; i++)
		x[i] = (float)(creal(s[i]) / N);
	free(s);
}

/* Nasty signals, up to 18 dB above full scale. */
static void signal(int which, uint64_t *seed)
{
	for (uint32_t i = 0; i < N; i++) {
		double t = i, x = 0;

		if (which == 0) /* samples at 45 degrees of a quarter of the rate: 3 dB hide between them */
			x = 1.4 * sin(2 * M_PI * 0.25 * t + M_PI / 4);
		else if (which == 1) /* noise in bursts */
			x = i / 3000 % 2 ? 4 * (double)measure_noise(seed)
					 : 0.01 * (double)measure_noise(seed);
		else if (which == 2) /* square wave, from silence at once */
			x = i > 9000 ? (i / 37 % 2 ? 3 : -3) : 0;
		else if (which == 3) /* single samples */
			x = i % 5000 == 77 ? 8 : 0;
		else if (which == 4) /* a sweep to 20 kHz */
			x = 2.5 * sin(M_PI * 20000.0 / RATE * t * t / N);
		else /* a kick: a falling tone at +18 dB on a quiet one */
			x = 8 * exp(-(double)(i % 20000) / 4000) *
				    sin(300 * log(1 + (double)(i % 20000) / 300)) +
			    0.1 * sin(0.3 * t);
		left[i] = (float)x;
	}
	band_limit(left, 0.4535);
	for (uint32_t i = 0; i < N; i++)
		right[i] = 0.7f * left[i];
}

Test(limiter, true_peak,
	.description = "APO-28: with look-ahead the true peak, measured sixteenfold oversampled, never "
		       "passes the ceiling")
{
	static const float looks[] = {1, 2, 5};
	static struct limiter m;
	uint64_t seed = 5;

	for (int which = 0; which < 6; which++)
		for (int i = 0; i < 3; i++) {
			double peak;

			limiter_begin(&m, RATE, -1, looks[i], 50);
			signal(which, &seed);
			limit(&m, N, 200);
			peak = measure_db(fmax(measure_true_peak(left, N), measure_true_peak(right, N)));
			cr_expect_lt(peak, -1, "signal %d, %g ms: %g dB", which, (double)looks[i], peak);
			cr_expect_gt(peak, -2.5, "signal %d, %g ms: %g dB: too low", which, (double)looks[i],
				peak);
		}
}

Test(limiter, full_band,
	.description = "APO-28: noise at +12 dB up to half the rate, which no converter lets through, passes "
		       "the ceiling by less than 0.8 dB")
{
	static const float looks[] = {1.5f, 5};
	static struct limiter m;
	uint64_t seed = 11;

	for (int i = 0; i < 2; i++) {
		double peak;

		limiter_begin(&m, RATE, -1, looks[i], 80);
		for (uint32_t f = 0; f < N; f++)
			left[f] = right[f] = 4 * measure_noise(&seed);
		limit(&m, N, 200);
		peak = measure_db(measure_true_peak(left, N));
		cr_expect_lt(peak, -1 + 0.8, "%g ms: %g dB", (double)looks[i], peak);
	}
}

Test(limiter, below,
	.description = "APO-28 NAM-01: below the ceiling it delays by exactly the latency it tells, and "
		       "every bit passes")
{
	static const uint32_t rates[] = {44100, 48000, 96000};
	static struct limiter m;
	static float in[N];

	for (int i = 0; i < 3; i++) {
		uint64_t seed = 9;
		uint32_t late;

		limiter_begin(&m, rates[i], -0.1f, 1.5f, 80);
		late = limiter_latency(&m);
		cr_expect_eq(late, (uint32_t)(1.5 * rates[i] / 1000 + 0.5) + 48);
		for (uint32_t f = 0; f < N; f++)
			left[f] = right[f] = in[f] = 0.3f * measure_noise(&seed);
		limit(&m, N, 256);
		cr_expect_arr_eq(left + late, in, (N - late) * sizeof(float));
		cr_expect_eq(m.worked, 0);
	}
}

Test(limiter, gain,
	.description =
		"APO-28: the gain is down before the peak comes, and back after the release; nothing steps")
{
	static struct limiter m;
	float step = 0;

	limiter_begin(&m, RATE, -6, 2, 50);
	fill(0.25f, 0.25f, 0, N);
	for (uint32_t i = 10000; i < 12000; i++)
		left[i] = 4;
	limit(&m, N, 64);
	for (uint32_t i = 9000; i < N; i++)
		step = fmaxf(
			step, fabsf(right[i] - right[i - 1])); /* 0.25 times the gain: no peak of its own */
	cr_expect_lt(step, 0.25f / 90, "%g", (double)step);
	cr_expect_lt(right[10000 + limiter_latency(&m)], 0.25f * 0.13f);
	cr_expect_eq(right[9000], 0.25f);
	/* 1 - e^-1 of the way back after 50 ms */
	cr_expect_float_eq(
		right[12000 + limiter_latency(&m) + 2400 + 48], 0.25 * (1 - exp(-1) * (1 - 0.125)), 0.01);
	cr_expect_eq(right[N - 1], 0.25f);
}

Test(limiter, off,
	.description = "APO-28: a limiter that is switched off while it works lets go slowly, without a step")
{
	static struct limiter m;

	limiter_init(&m, RATE);
	for (uint32_t i = 0; i < N; i++)
		left[i] = right[i] = i < 9000 ? 4 : 0.5f;
	limiter_process(&m, left, right, 9600);
	limiter_set(&m, (float[]){0, -0.1f, 0, 80});
	for (uint32_t i = 9600; i < N; i += 64)
		limiter_process(&m, left + i, right + i, 64);
	for (uint32_t i = 9002; i < N; i++)
		cr_assert_lt(fabsf(left[i] - left[i - 1]), 0.001f, "frame %u", i);
	cr_expect_eq(left[N - 1], 0.5f);
}

Test(limiter, switched,
	.description = "APO-28: look-ahead is switched in a fade: no step, and without it nothing is late")
{
	static struct limiter m;
	float step = 0;

	limiter_init(&m, RATE);
	for (uint32_t i = 0; i < N; i++)
		left[i] = right[i] = (float)(0.5 * sin(0.02 * i));
	for (uint32_t i = 0; i < N; i += 64) {
		if (i == 9984 || i == 32000)
			limiter_set(&m, (float[]){1, -0.1f, i == 9984 ? 3 : 0, 80});
		limiter_grid(&m);
		limiter_ahead(&m, left + i, right + i, 0, 64);
	}
	for (uint32_t i = 1; i < N; i++)
		step = fmaxf(step, fabsf(left[i] - left[i - 1]));
	cr_expect_lt(step, 0.02f);
	cr_expect_eq(limiter_latency(&m), 0);
	cr_expect_not(limiter_looks_ahead(&m));
	cr_expect_eq(left[N - 1], (float)(0.5 * sin(0.02 * (N - 1))));
}
