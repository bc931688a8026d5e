/* SPDX-License-Identifier: MIT */
/* Reverb and chorus: times of decay, density, no single modes, level, and that they come to rest. */
#include <criterion/criterion.h>
#include <string.h>

#include "apollo/fx/chorus.h"
#include "apollo/fx/reverb.h"
#include "fx_measure.h"

#define RATE 48000u
#define N (RATE * 8u)

static struct reverb reverb;
static float in[2][N], out[2][N];

/* `initial` values, some of them changed. */
static void values(float *v, uint32_t unit)
{
	const struct mos_fx_param *p;
	uint32_t n = mos_fx_params(unit, &p);

	for (uint32_t i = 0; i < n; i++)
		v[i] = p[i].initial;
	v[0] = 1; /* on */
}

static void run(uint32_t n, uint32_t block)
{
	memset(out, 0, sizeof(out));
#define CALL(k, first, count)                                                                                \
	reverb_process(                                                                                      \
		&reverb, in[0] + (first), in[1] + (first), out[0] + (first), out[1] + (first), k, count)
	RUN_PIECES(n, block, reverb_grid(&reverb), CALL)
#undef CALL
}

static void begin(const float *v, uint32_t rate)
{
	reverb_init(&reverb, rate);
	reverb_set(&reverb, v);
	memset(in, 0, sizeof(in));
	run(8192, 64); /* levels have arrived */
}

static void impulse(void)
{
	memset(in, 0, sizeof(in));
	in[0][0] = in[1][0] = 1;
	run(N, 256);
}

/* Two poles each way around a frequency, in place. */
static void band(float *x, uint32_t n, double hz)
{
	double w = 2 * M_PI * hz / RATE, alpha = sin(w) / (2 * 2.0), a0 = 1 + alpha;

	for (int pass = 0; pass < 2; pass++) {
		double x1 = 0, x2 = 0, y1 = 0, y2 = 0;

		for (uint32_t i = 0; i < n; i++) {
			double s = (double)x[i],
			       y = (alpha * s - alpha * x2 + 2 * cos(w) * y1 - (1 - alpha) * y2) / a0;

			x2 = x1;
			x1 = s;
			y2 = y1;
			y1 = y;
			x[i] = (float)y;
		}
	}
}

/* Time of decay of what is in `x`: Schroeder's backward integral, a line through -5 .. -35 dB of it. */
static double decay_s(const float *x, uint32_t n)
{
	static double left[N];
	double sum = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
	uint32_t count = 0;

	for (uint32_t i = n; i-- > 0;) {
		sum += (double)x[i] * (double)x[i];
		left[i] = sum;
	}
	for (uint32_t i = 0; i < n; i++) {
		double db = 10 * log10(left[i] / sum), t = (double)i / RATE;

		if (db > -5 || db < -35)
			continue;
		count++;
		sx += t;
		sy += db;
		sxx += t * t;
		sxy += t * db;
	}
	return -60 * (count * sxx - sx * sx) / (count * sxy - sx * sy);
}

static double measured_time(double hz)
{
	static float x[N];

	memcpy(x, out[0], sizeof(x));
	band(x, N, hz);
	return decay_s(x, N);
}

Test(reverb, time,
	.description = "APO-28: the time of decay at 1 kHz (Schroeder's integral) is the one asked for "
		       "within 5 %, at each size")
{
	static const float ask[][3] = {{0.5f, 0.3f, 0.6f}, {1.8f, 0.6f, 0.5f}, {3, 1, 0.8f}, {1.2f, 0, 0.3f}};
	float v[MOS_FX_REVERB_N];

	for (int i = 0; i < 4; i++) {
		double is;

		values(v, MOS_FX_REVERB);
		v[MOS_FX_REVERB_TIME_S] = ask[i][0];
		v[MOS_FX_REVERB_SIZE] = ask[i][1];
		v[MOS_FX_REVERB_DAMPING] = ask[i][2];
		begin(v, RATE);
		impulse();
		is = measured_time(1000);
		cr_expect_float_eq(is, (double)ask[i][0], 0.05 * (double)ask[i][0], "%g s instead of %g s",
			is, (double)ask[i][0]);
	}
}

Test(reverb, colour, .description = "APO-28: lows and highs decay in their share of the time within 15 %")
{
	float v[MOS_FX_REVERB_N];
	double low, high;

	values(v, MOS_FX_REVERB);
	v[MOS_FX_REVERB_TIME_S] = 1.5f;
	v[MOS_FX_REVERB_DAMPING] = 0.3f;
	v[MOS_FX_REVERB_BASS] = 1.6f;
	v[MOS_FX_REVERB_LOW_CUT_HZ] = 20;
	begin(v, RATE);
	impulse();
	low = measured_time(60);
	high = measured_time(14000);
	cr_expect_float_eq(low, 2.4, 0.36, "lows %g s", low);
	cr_expect_float_eq(high, 0.45, 0.09, "highs %g s", high);
}

/*
 * Echo density after Abel and Huang: the share of samples beyond one standard deviation, within 20 ms, by
 * that of Gaussian noise. 1: as dense as noise.
 */
static double density(const float *x, uint32_t at)
{
	const uint32_t half = RATE / 100;
	double var = 0;
	uint32_t beyond = 0;

	for (uint32_t i = at - half; i < at + half; i++)
		var += (double)x[i] * (double)x[i];
	var /= 2 * half;
	for (uint32_t i = at - half; i < at + half; i++)
		beyond += (double)x[i] * (double)x[i] > var;
	return beyond / (2.0 * half) / 0.3173;
}

Test(reverb, density, .description = "APO-28: 100 ms after the impulse the echoes are as dense as noise")
{
	float v[MOS_FX_REVERB_N];

	values(v, MOS_FX_REVERB);
	v[MOS_FX_REVERB_PRE_DELAY_MS] = 0;
	begin(v, RATE);
	impulse();
	for (uint32_t ms = 100; ms < 1000; ms += 50) {
		double d = density(out[0], ms * RATE / 1000);

		cr_expect_gt(d, 0.8, "%u ms: %g", ms, d);
	}
	cr_expect_lt(density(out[0], RATE / 50), 0.6,
		"an impulse is not dense at first: is this measured at all?");
}

/*
 * Spectral flatness of 0.68 s of the tail: geometric by arithmetic mean of the power, smoothed over nothing,
 * between 200 Hz and 4 kHz, the decay and the colour taken out by the mean of 1/3 octave. Gaussian noise has
 * 0.5615.
 */
static double flatness(const float *x, uint32_t at, double *ret_highest)
{
	const uint32_t len = 32768;
	static double complex s[32768];
	double flat = 0, highest = 0;
	uint32_t bands = 0;

	for (uint32_t i = 0; i < len; i++) {
		double fall = pow(10, 3.0 * i / RATE / 1.8);

		s[i] = (double)x[at + i] * fall * (0.5 - 0.5 * cos(2 * M_PI * i / len));
	}
	measure_fft(s, len, -1);
	for (double hz = 200; hz < 4000; hz *= 1.26, bands++) {
		uint32_t a = (uint32_t)(hz / RATE * len), b = (uint32_t)(hz * 1.26 / RATE * len);
		double logs = 0, sum = 0, most = 0;

		for (uint32_t i = a; i < b; i++) {
			double p = creal(s[i] * conj(s[i]));

			logs += log(p);
			sum += p;
			most = fmax(most, p);
		}
		flat += exp(logs / (b - a)) / (sum / (b - a));
		highest = fmax(highest, most / (sum / (b - a)));
	}
	*ret_highest = highest;
	return flat / bands;
}

Test(reverb, no_modes,
	.description = "APO-28: the tail's spectrum is as flat as that of noise, no metallic mode stands out")
{
	float v[MOS_FX_REVERB_N];
	double highest, flat;
	uint64_t seed = 1;

	values(v, MOS_FX_REVERB);
	begin(v, RATE);
	impulse();
	flat = flatness(out[0], RATE / 4, &highest);
	cr_expect_gt(flat, 0.45, "%g", flat);
	cr_expect_lt(highest, 16, "one mode has %g times the power of its surroundings", highest);
	for (uint32_t i = 0; i < N; i++) /* the measure itself: noise, and noise with a tone */
		out[0][i] = 0.1f * measure_noise(&seed) * (float)pow(10, -3.0 * i / RATE / 1.8);
	cr_expect_float_eq(flatness(out[0], 0, &highest), 0.56, 0.06);
	for (uint32_t i = 0; i < N; i++)
		out[0][i] += (float)(0.02 * sin(0.1 * i) * pow(10, -3.0 * i / RATE / 1.8));
	(void)flatness(out[0], 0, &highest);
	cr_expect_gt(highest, 30);
}

Test(reverb, level,
	.description = "APO-28: noise comes back as loud as it was sent, up to 2 dB softer, in each room; "
		       "both sides alike, mono loses no more than 4 dB")
{
	static const float ask[][2] = {{0.6f, 0.2f}, {1.8f, 0.6f}, {4, 1}};
	float v[MOS_FX_REVERB_N];

	for (int i = 0; i < 3; i++) {
		uint64_t seed = 4;
		double l, r, mono = 0;

		values(v, MOS_FX_REVERB);
		v[MOS_FX_REVERB_LEVEL_DB] = 0;
		v[MOS_FX_REVERB_TIME_S] = ask[i][0];
		v[MOS_FX_REVERB_SIZE] = ask[i][1];
		v[MOS_FX_REVERB_DAMPING] = 1;
		begin(v, RATE);
		for (uint32_t f = 0; f < N; f++) {
			in[0][f] = measure_noise(&seed);
			in[1][f] = measure_noise(&seed);
		}
		run(N, 256);
		l = measure_rms(out[0] + N / 2, N / 2);
		r = measure_rms(out[1] + N / 2, N / 2);
		cr_expect_float_eq(measure_db(l / measure_rms(in[0], N)), -1, 1, "left %g dB",
			measure_db(l / measure_rms(in[0], N)));
		cr_expect_float_eq(measure_db(l / r), 0, 0.5, "sides differ by %g dB", measure_db(l / r));
		for (uint32_t f = N / 2; f < N; f++)
			mono += pow(((double)out[0][f] + (double)out[1][f]) / 2, 2);
		mono = sqrt(mono / (N / 2));
		cr_expect_gt(measure_db(mono / l), -4, "mono %g dB", measure_db(mono / l));
	}
}

Test(reverb, width,
	.description = "APO-28: width 0 is mono, and the pre-delay is the time before the first sound")
{
	float v[MOS_FX_REVERB_N];
	uint32_t first = 0;

	values(v, MOS_FX_REVERB);
	v[MOS_FX_REVERB_WIDTH] = 0;
	v[MOS_FX_REVERB_PRE_DELAY_MS] = 100;
	begin(v, RATE);
	memset(in, 0, sizeof(in));
	in[0][0] = 1; /* left alone */
	run(N, 100);
	cr_expect_arr_eq(out[0], out[1], sizeof(out[0]));
	while (out[0][first] == 0)
		first++;
	cr_expect_gt(first, 4800);
	cr_expect_lt(first, 4800 + RATE / 100);
}

Test(reverb, corners,
	.description =
		"APO-28: stable in all corners of its parameters, with full noise and with NaN, at each rate")
{
	static const uint32_t rates[] = {8000, 44100, 192000};
	const struct mos_fx_param *p;
	float v[MOS_FX_REVERB_N];

	(void)mos_fx_params(MOS_FX_REVERB, &p);
	for (uint32_t corner = 0; corner < 64; corner++) {
		uint64_t seed = corner + 1;
		float first, second;
		uint32_t n;

		values(v, MOS_FX_REVERB);
		v[MOS_FX_REVERB_LEVEL_DB] = 0;
		for (uint32_t i = 0; i < 6; i++)
			v[MOS_FX_REVERB_TIME_S + i] = corner >> i & 1 ? p[MOS_FX_REVERB_TIME_S + i].max
								      : p[MOS_FX_REVERB_TIME_S + i].min;
		reverb_init(&reverb, rates[corner % 3]);
		reverb_set(&reverb, v);
		n = rates[corner % 3]; /* a second */
		for (uint32_t f = 0; f < n; f++)
			in[0][f] = in[1][f] = f < n / 4 ? measure_noise(&seed) : 0;
		in[0][100] = NAN;
		in[1][101] = -INFINITY;
		run(n, 256);
		for (uint32_t f = 512; f < n; f++)
			cr_assert(
				isfinite(out[0][f]) && isfinite(out[1][f]), "corner %u frame %u", corner, f);
		first = measure_peak(out[0] + 512, n / 2);
		second = measure_peak(out[0] + n - n / 4, n / 4);
		cr_expect_lt(first, 16, "corner %u", corner);
		cr_expect_leq(second, first, "corner %u rings up: %g then %g", corner, (double)first,
			(double)second);
	}
}

Test(reverb, rest,
	.description = "APO-28: what rings out ends at exactly 0, then it sleeps; off it is idle soon")
{
	float v[MOS_FX_REVERB_N];

	values(v, MOS_FX_REVERB);
	v[MOS_FX_REVERB_TIME_S] = 1;
	begin(v, RATE);
	impulse();
	cr_expect(reverb.awake == 0, "it does not sleep after 8 s");
	cr_expect_gt(measure_peak(out[0] + RATE / 2, RATE / 2), 1e-4);
	cr_expect_eq(measure_peak(out[0] + 6 * RATE, 2 * RATE), 0);
	cr_expect_not(reverb_is_idle(&reverb));
	v[MOS_FX_REVERB_TIME_S] = 20;
	reverb_set(&reverb, v);
	impulse();
	cr_expect(reverb.awake);
	v[MOS_FX_REVERB_ON] = 0;
	reverb_set(&reverb, v);
	memset(in, 0, sizeof(in));
	run(RATE, 64);
	cr_expect_eq(measure_peak(out[0] + RATE / 4, RATE / 2), 0);
	cr_expect(reverb_is_idle(&reverb));
}

Test(reverb, glide, .description = "APO-28: parameters that are moved while it sounds make no step")
{
	float v[MOS_FX_REVERB_N], step = 0, still = 0;

	values(v, MOS_FX_REVERB);
	v[MOS_FX_REVERB_LEVEL_DB] = 0;
	begin(v, RATE);
	for (uint32_t f = 0; f < N; f++)
		in[0][f] = in[1][f] = (float)(0.3 * sin(2 * M_PI * 200 * f / RATE));
	memset(out, 0, sizeof(out));
	for (uint32_t at = 0; at < N; at += 64) {
		if (at > N / 2 && at % 9600 == 0) {
			int other = at / 9600 % 2;

			v[MOS_FX_REVERB_LEVEL_DB] = other ? -6 : 0;
			v[MOS_FX_REVERB_TIME_S] = other ? 0.5f : 4;
			v[MOS_FX_REVERB_SIZE] = other ? 0.3f : 0.9f;
			v[MOS_FX_REVERB_DAMPING] = other ? 0.2f : 0.9f;
			v[MOS_FX_REVERB_PRE_DELAY_MS] = other ? 5 : 40;
			v[MOS_FX_REVERB_WIDTH] = other ? 0.2f : 1;
			reverb_set(&reverb, v);
		}
		reverb_grid(&reverb);
		reverb_process(&reverb, in[0] + at, in[1] + at, out[0] + at, out[1] + at, 0, 64);
	}
	for (uint32_t f = 1; f < N; f++) {
		float s = fabsf(out[0][f] - out[0][f - 1]);

		if (f < N / 2)
			still = fmaxf(still, s);
		else
			step = fmaxf(step, s);
	}
	cr_expect_lt(step, 3 * still, "%g, before %g", (double)step, (double)still);
}

Test(chorus, copies,
	.description = "APO-28: the copies are heard 14 ms late give or take the depth, move at the rate, "
		       "and are as loud as the tone")
{
	static struct chorus c;
	float v[MOS_FX_CHORUS_N];
	uint32_t first = N, last = 0;

	values(v, MOS_FX_CHORUS);
	v[MOS_FX_CHORUS_LEVEL_DB] = 0;
	v[MOS_FX_CHORUS_RATE_HZ] = 2;
	v[MOS_FX_CHORUS_DEPTH_MS] = 3;
	chorus_init(&c, RATE);
	chorus_set(&c, v);
	memset(in, 0, sizeof(in));
	memset(out, 0, sizeof(out));
	for (uint32_t f = 4800; f < N; f += 4800)
		in[0][f] = 1;
#define CALL(k, at, len) chorus_process(&c, in[0] + (at), in[1] + (at), out[0] + (at), out[1] + (at), k, len)
	RUN_PIECES(N, 256, chorus_grid(&c), CALL)
#undef CALL
	cr_expect_eq(measure_peak(out[1], N), 0, "the sides hear each other");
	for (uint32_t f = 48000; f < N; f++)
		if (fabsf(out[0][f]) > 0.2f) {
			first = f % 4800 < first ? f % 4800 : first;
			last = f % 4800 > last ? f % 4800 : last;
		}
	cr_expect_float_eq((float)first, 11 * 48, 24);
	cr_expect_float_eq((float)last, 17 * 48, 24);
	/* each impulse comes back three times at 1 / sqrt 3: the energy that went in, but for its highest
	 * notes */
	cr_expect_float_eq(
		measure_rms(out[0] + 48000, N - 48000) / measure_rms(in[0] + 48000, N - 48000), 0.9, 0.1);
}

Test(chorus, rest,
	.description = "APO-28: the chorus with the most feedback is stable, forgets NaN, and comes to rest "
		       "at exactly 0")
{
	static struct chorus c;
	const struct mos_fx_param *p;
	float v[MOS_FX_CHORUS_N];
	uint64_t seed = 2;

	(void)mos_fx_params(MOS_FX_CHORUS, &p);
	for (uint32_t i = 0; i < MOS_FX_CHORUS_N; i++)
		v[i] = p[i].max;
	v[MOS_FX_CHORUS_LEVEL_DB] = 0;
	chorus_init(&c, RATE);
	chorus_set(&c, v);
	memset(out, 0, sizeof(out));
	for (uint32_t f = 0; f < N; f++)
		in[0][f] = in[1][f] = f < RATE ? measure_noise(&seed) : 0;
	in[0][50] = NAN;
#define CALL(k, at, len) chorus_process(&c, in[0] + (at), in[1] + (at), out[0] + (at), out[1] + (at), k, len)
	RUN_PIECES(N, 256, chorus_grid(&c), CALL)
#undef CALL
	for (uint32_t f = 4096; f < N; f++)
		cr_assert(isfinite(out[0][f]) && isfinite(out[1][f]));
	cr_expect_lt(measure_peak(out[0] + 4096, N - 4096), 10);
	cr_expect_gt(measure_peak(out[0] + 4096, N - 4096), 0.5f);
	cr_expect_eq(measure_peak(out[0] + 7 * RATE, RATE), 0);
	cr_expect_eq(c.awake, 0);
	v[MOS_FX_CHORUS_ON] = 0;
	chorus_set(&c, v);
	cr_expect(chorus_is_idle(&c));
}
