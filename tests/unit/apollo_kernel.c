/* SPDX-License-Identifier: MIT */
/*
 * The sampler's inner loops: against plain double arithmetic, against the signals and responses that they
 * stand for, and all builds of them against each other, bit by bit, however a call is split.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "apollo/sampler/kernel.h"

#define N KERNEL_FRAMES
#define ONE (UINT64_C(1) << 32)

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static float rnd_float(void)
{
	return (float)(int32_t)(rnd() >> 32) * 0x1p-31f;
}

static void fill(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = rnd_float();
}

/* Speeds as they come: slow, about 1, an octave or two up, the fastest. */
static uint64_t rnd_inc(void)
{
	static const double most[] = {0.01, 0.6, 1.2, 2.2, 4, 16, 64};

	return (uint64_t)((double)(rnd() >> 32) * 0x1p-32 * most[rnd() % 7] * 0x1p32);
}

static double whole_of(uint64_t pos)
{
	return (double)(pos >> 32);
}

static double fraction_of(uint64_t pos)
{
	return (double)(uint32_t)pos * 0x1p-32;
}

static double reference(enum kernel_interp kind, const float *w, uint64_t pos)
{
	const float *t = w + (size_t)whole_of(pos);
	double f = fraction_of(pos), ff = f * f, fff = ff * f;

	if (kind == KERNEL_LINEAR)
		return t[0] * (1 - f) + t[1] * f;
	return t[0] * (-0.5 * fff + ff - 0.5 * f) + t[1] * (1.5 * fff - 2.5 * ff + 1) +
	       t[2] * (-1.5 * fff + 2 * ff + 0.5 * f) + t[3] * (0.5 * fff - 0.5 * ff);
}

Test(apollo_kernel, interpolation, .description = "linear and cubic equal their formulas in double precision")
{
	static float w[64 * 66 + 64];
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all), n;
	uint64_t pos, inc;
	float y[N];

	fill(w, sizeof(w) / sizeof(*w));
	for (uint32_t i = 0; i < 2000; i++) {
		pos = rnd() >> 31, inc = rnd_inc(), n = 1 + (uint32_t)(rnd() % N);
		for (uint32_t a = 0; a < n_all; a++)
			for (uint32_t kind = KERNEL_LINEAR; kind <= KERNEL_CUBIC; kind++) {
				all[a]->interp[kind](w, pos, inc, y, n);
				for (uint32_t k = 0; k < n; k++)
					cr_assert_float_eq(y[k], reference(kind, w, pos + k * inc), 2e-6,
						"%s %u: frame %u of %u, inc %g: %g, not %g", all[a]->name,
						kind, k, n, (double)inc * 0x1p-32, y[k],
						reference(kind, w, pos + k * inc));
			}
	}
}

/*
 * A sine read at other places is a sine: what is left after the best sine of that frequency is taken off are
 * the images, and the size of that one is the pass-band.
 */
static void sine_error(enum kernel_interp kind, double f, double *ret_gain_db, double *ret_noise_db)
{
	static float w[8192 + 64];
	const struct kernel *k = kernel_best();
	uint64_t inc = (uint64_t)(0.7548776662 * 0x1p32);
	uint32_t first = kernel_taps(kind) / 2 - 1, n = 6400;
	double s, c, a = 0, b = 0, rest = 0;
	static float y[6400];

	for (size_t i = 0; i < sizeof(w) / sizeof(*w); i++)
		w[i] = (float)sin(2 * M_PI * f * ((double)i - first));
	for (uint32_t i = 0; i < n; i += N)
		k->interp[kind](w, i * inc, inc, y + i, N);
	for (uint32_t i = 0; i < n; i++) {
		s = sin(2 * M_PI * f * (double)(i * inc) * 0x1p-32),
		c = cos(2 * M_PI * f * (double)(i * inc) * 0x1p-32);
		a += y[i] * s * 2 / n, b += y[i] * c * 2 / n;
	}
	for (uint32_t i = 0; i < n; i++) {
		s = sin(2 * M_PI * f * (double)(i * inc) * 0x1p-32),
		c = cos(2 * M_PI * f * (double)(i * inc) * 0x1p-32);
		rest += (y[i] - a * s - b * c) * (y[i] - a * s - b * c) / n;
	}
	*ret_gain_db = 10 * log10(a * a + b * b);
	*ret_noise_db = 10 * log10(rest * 2);
	cr_expect_lt(fabs(b), 0.001, "no delay, at %g", f);
}

Test(apollo_kernel, sinc,
	.description = "8 points keep sines: 0.04 dB, images below -57 dB up to 0.3 of the rate")
{
	double gain, noise;

	for (double f = 0.00331; f < 0.3; f += 0.0171) {
		sine_error(KERNEL_SINC8, f, &gain, &noise);
		cr_expect_lt(fabs(gain), 0.04, "%g: %g dB", f, gain);
		cr_expect_lt(noise, -57, "%g: %g dB", f, noise);
	}
	/* and what 4 points can do */
	sine_error(KERNEL_CUBIC, 0.05, &gain, &noise);
	cr_expect_lt(noise, -60, "%g dB", noise);
	sine_error(KERNEL_SINC8, 0.05, &gain, &noise);
	cr_expect_lt(noise, -63, "%g dB", noise);
}

Test(apollo_kernel, fraction,
	.description = "24 bits of the fraction count, and a position on a frame is that frame")
{
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all);
	float w[96] = {0}, y[N];

	for (uint32_t i = 0; i < 96; i++)
		w[i] = (float)(i * i);
	for (uint32_t a = 0; a < n_all; a++) {
		all[a]->interp[KERNEL_LINEAR](w, ONE * 3 + (ONE >> 24), 0, y, 1);
		cr_expect_eq(y[0], 9 + 7 * 0x1p-24f);
		all[a]->interp[KERNEL_CUBIC](w, 0, ONE / 2, y, N);
		for (uint32_t i = 0; i < N; i += 2)
			cr_expect_eq(y[i], w[1 + i / 2], "%s %u", all[a]->name, i);
	}
}

#define FINEST ((UINT64_C(1) << (32 - KERNEL_FINE)) - 1)

struct call { /* one of everything, with its result */
	float w[64 * 66 + 64];
	int16_t s[N];
	uint64_t pos, inc;
	uint32_t n, k, lanes;
	float gain[2], step[2], x[KERNEL_LANES][N];
	uint32_t is_stereo; /* neighbours among the lanes are the sides of one section */
	struct kernel_section f[KERNEL_LANES];
	int16_t words[N * KERNEL_S16_SPEED + KERNEL_TAPS_MAX + KERNEL_OVER];
	uint64_t fine_pos, fine_inc; /* what words are read at */
	float y_words[KERNEL_N_INTERP][N];
	float y[KERNEL_N_INTERP][N], from[N], mono[N], l[N], r[N], many[2][N];
};

static void section_at(struct kernel_section *f, double fc, double q, const double m[3])
{
	double g = tan(M_PI * fc), k = 1 / q, a1 = 1 / (1 + g * (g + k));

	for (uint32_t i = 0; i < SVF_N; i++)
		f->c[i] = (float)(double[]){a1, g * a1, g * g * a1, m[2], m[0], m[1]}[i];
}

/* Lane i of a call. */
static struct kernel_section *section_of(struct call *c, uint32_t i)
{
	return &c->f[c->is_stereo ? i / 2 : i];
}

/* What the filters' work is chosen by. */
enum drawn { LOW, ALL, LOW_MOVING, ALL_MOVING, N_DRAWN };

static void call_draw(struct call *c, enum drawn filters)
{
	static const float most[SVF_N] = {1e-4f, 1e-4f, 1e-5f, 1e-3f, 1e-3f, 1e-3f};
	int is_low = filters == LOW || filters == LOW_MOVING, is_moving = filters >= LOW_MOVING;

	fill(c->w, sizeof(c->w) / sizeof(*c->w));
	for (uint32_t i = 0; i < N; i++)
		c->s[i] = (int16_t)rnd();
	c->pos = rnd() >> 31;
	c->inc = rnd_inc();
	for (uint32_t i = 0; i < sizeof(c->words) / sizeof(*c->words); i++)
		c->words[i] = rnd() % 5 ? (int16_t)rnd() : rnd() % 2 ? INT16_MIN : INT16_MAX;
	do
		c->fine_inc = rnd_inc() & ~FINEST;
	while (c->fine_inc >= KERNEL_S16_SPEED * ONE);
	c->fine_pos = rnd() >> 32 & ~FINEST;
	c->n = 1 + (uint32_t)(rnd() % N);
	c->k = (uint32_t)(rnd() % 64);
	c->lanes = 1 + (uint32_t)(rnd() % KERNEL_LANES);
	fill(c->gain, 2);
	fill(c->step, 2);
	fill(c->x[0], sizeof(c->x) / sizeof(float));
	c->is_stereo = (uint32_t)rnd() % 2;
	memset(c->f, 0, sizeof(c->f));
	for (uint32_t i = 0; i < KERNEL_LANES; i++) {
		fill(c->f[i].ic1, 4);
		section_at(&c->f[i], 0.001 + 0.4 * fabs(rnd_float()), 0.6 + 4 * fabs(rnd_float()),
			is_low ? (double[]){0, 0, rnd_float()}
			       : (double[]){rnd_float(), rnd_float(), rnd_float()});
		for (uint32_t m = 0; is_moving && m < SVF_N; m++)
			c->f[i].d[m] = is_low && (m == SVF_M0 || m == SVF_M1) ? 0 : rnd_float() * most[m];
	}
	fill(c->mono, N);
	fill(c->l, N);
	fill(c->r, N);
	fill(c->many[0], 2 * N);
}

/* The call in pieces of at most `piece` frames. */
static void call_do(const struct kernel *kernel, struct call *c, uint32_t piece)
{
	struct kernel_lane lane[KERNEL_LANES];
	struct kernel_gain v[3];

	for (uint32_t i = 0, n; i < c->n; i += n) {
		n = c->n - i < piece ? c->n - i : piece;
		for (uint32_t kind = 0; kind < KERNEL_N_INTERP; kind++) {
			uint64_t pos = c->fine_pos + i * c->fine_inc;

			kernel->interp[kind](c->w, c->pos + i * c->inc, c->inc, c->y[kind] + i, n);
			kernel->interp_s16[kind](
				&(struct kernel_read){.w = c->words + (pos >> 32),
					.pos = pos & UINT32_MAX,
					.inc = c->fine_inc,
					.y = c->y_words[kind] + i,
					.n = n},
				1);
		}
		kernel->from_s16(c->s + i, c->from + i, n);
		kernel->mix(c->w + i, n, c->k + i, c->gain[0], c->step[0], c->mono + i);
		kernel->mix2(c->w + i, n, c->k + i, c->gain, c->step, c->l + i, c->r + i);
		for (uint32_t j = 0; j < KERNEL_LANES; j++)
			lane[j] = (struct kernel_lane){section_of(c, j), c->x[j] + i, j % 2};
		kernel->svf(lane, c->lanes, c->k + i, n);
		for (uint32_t j = 0; j < 3; j++)
			v[j] = (struct kernel_gain){.gain = {c->gain[0] * (float)j, c->gain[1]},
				.step = {c->step[1], c->step[0] * (float)j},
				.x = c->w + 64 * j + i,
				.k = c->k + i + j};
		kernel->mix_voices(v, 3, n, c->many[0] + i, c->many[1] + i);
	}
}

Test(apollo_kernel, same_bits,
	.description = "a build gives the same bits whole or in pieces, those with fused multiply-add as each other, and all "
		       "write nothing else")
{
	static struct call drawn, first, other, fused;
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all);
	static const uint32_t pieces[] = {64, 1, 3, 16, 17, 33, 63};

	for (uint32_t i = 0; i < 300; i++) {
		call_draw(&drawn, (enum drawn)(i % N_DRAWN));
		memset(drawn.y_words, 0xaa, sizeof(drawn.y_words));
		memset(drawn.y, 0xaa, sizeof(drawn.y)); /* what lies behind the end stays */
		memset(drawn.from, 0xaa, sizeof(drawn.from));
		for (uint32_t a = 0; a < n_all; a++) {
			first = drawn;
			call_do(all[a], &first, N);
			if (a == 1)
				fused = first;
			cr_assert(a < 2 || memcmp(&first, &fused, sizeof(first)) == 0, "%s, draw %u", all[a]->name, i);
			for (uint32_t p = 0; p < sizeof(pieces) / sizeof(*pieces); p++) {
				other = drawn;
				call_do(all[a], &other, pieces[p]);
				cr_assert_eq(memcmp(&first, &other, sizeof(first)), 0,
					"%s in pieces of %u, draw %u, n %u", all[a]->name, pieces[p], i,
					drawn.n);
			}
		}
		for (uint32_t k = first.n; k < N; k++)
			cr_assert(memcmp(&first.y[0][k], &drawn.y[0][k], 4) == 0 &&
				  memcmp(&first.y_words[1][k], &drawn.y_words[1][k], 4) == 0 &&
				  first.l[k] == drawn.l[k] &&
				  memcmp(&first.from[k], &drawn.from[k], 4) == 0 &&
				  first.x[0][k] == drawn.x[0][k]);
		for (uint32_t j = first.lanes; j < KERNEL_LANES; j++)
			cr_assert(memcmp(first.x[j], drawn.x[j], sizeof(first.x[j])) == 0 &&
				  section_of(&first, j)->ic1[j % 2] == section_of(&drawn, j)->ic1[j % 2] &&
				  section_of(&first, j)->ic2[j % 2] == section_of(&drawn, j)->ic2[j % 2]);
	}
}

Test(apollo_kernel, words,
	.description = "APO-01: samples that are read as words give the bits of those that were made floats before, each of "
		       "a row")
{
	static struct call c[3];
	static float w[sizeof(c->words) / sizeof(int16_t)];
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all);
	struct kernel_read read[3];
	float y[N];

	for (uint32_t i = 0; i < 1000; i++) {
		for (uint32_t k = 0; k < 3; k++) {
			call_draw(&c[k], ALL);
			c[k].n = i % 2 ? N : c[k].n;
		}
		for (uint32_t a = 0; a < n_all; a++)
			for (uint32_t kind = 0; kind < KERNEL_N_INTERP; kind++) {
				for (uint32_t k = 0; k < 3; k++)
					read[k] = (struct kernel_read){
						c[k].words, c[k].fine_pos, c[k].fine_inc, c[k].y[kind], c[k].n};
				all[a]->interp_s16[kind](read, 3);
				for (uint32_t k = 0; k < 3; k++) {
					for (uint32_t m = 0; m < sizeof(w) / sizeof(*w); m++)
						w[m] = (float)c[k].words[m] / 32768;
					all[a]->interp[kind](w, c[k].fine_pos, c[k].fine_inc, y, c[k].n);
					cr_assert_arr_eq(c[k].y[kind], y, c[k].n * sizeof(float),
						"%s, kind %u, %u frames at %g", all[a]->name, kind, c[k].n,
						(double)c[k].fine_inc * 0x1p-32);
				}
			}
	}
}

Test(apollo_kernel, arithmetic,
	.description = "conversion, mixing and moving filters equal double arithmetic")
{
	static struct call c, before;
	const struct kernel *kernel = kernel_best();
	double ic1, ic2, v1, v2, v3, x, t, a1, a2, a3;

	for (uint32_t i = 0; i < 200; i++) {
		call_draw(&c, i % 2 ? LOW_MOVING : ALL_MOVING);
		before = c;
		call_do(kernel, &c, N);
		for (uint32_t j = 0; j < c.n; j++) {
			t = c.k + j;
			cr_assert_eq(c.from[j], (float)c.s[j] / 32768);
			cr_assert_float_eq(
				c.mono[j], before.mono[j] + c.w[j] * (c.gain[0] + c.step[0] * t), 2e-5);
			cr_assert_float_eq(c.l[j], before.l[j] + c.w[j] * (c.gain[0] + c.step[0] * t), 2e-5);
			for (uint32_t side = 0; side < 2; side++) {
				x = before.many[side][j];
				for (uint32_t v = 0; v < 3; v++)
					x += c.w[64 * v + j] *
					     (side ? c.gain[1] + (double)c.step[0] * v * (t + v)
						   : (double)c.gain[0] * v + c.step[1] * (t + v));
				cr_assert_float_eq(c.many[side][j], x, 1e-4);
			}
			cr_assert_float_eq(c.r[j], before.r[j] + c.w[j] * (c.gain[1] + c.step[1] * t), 2e-5);
		}
		for (uint32_t lane = 0; lane < c.lanes; lane++) {
			const struct kernel_section *f = section_of(&before, lane);

			ic1 = f->ic1[lane % 2], ic2 = f->ic2[lane % 2];
			for (uint32_t j = 0; j < c.n; j++) {
				t = c.k + j;
				x = before.x[lane][j];
				a1 = f->c[0] + f->d[0] * t;
				a2 = f->c[1] + f->d[1] * t;
				a3 = f->c[2] + f->d[2] * t;
				v3 = x - ic2;
				v1 = a1 * ic1 + a2 * v3;
				v2 = ic2 + a2 * ic1 + a3 * v3;
				ic1 = 2 * v1 - ic1;
				ic2 = 2 * v2 - ic2;
				x = (f->c[SVF_M0] + f->d[SVF_M0] * t) * x + (f->c[SVF_M1] + f->d[SVF_M1] * t) * v1 +
				    (f->c[SVF_M2] + f->d[SVF_M2] * t) * v2;
				cr_assert_float_eq(c.x[lane][j], x, 1e-4, "lane %u frame %u: %g, not %g",
					lane, j, c.x[lane][j], x);
			}
		}
	}
}

/* |H| of the low-pass of the "Audio EQ Cookbook" (R. Bristow-Johnson), at `f` of the sample rate. */
static double rbj_lowpass(double fc, double q, double f)
{
	double w0 = 2 * M_PI * fc, alpha = sin(w0) / (2 * q), w = 2 * M_PI * f;
	double b[3] = {(1 - cos(w0)) / 2, 1 - cos(w0), (1 - cos(w0)) / 2},
	       a[3] = {1 + alpha, -2 * cos(w0), 1 - alpha};
	double br = 0, bi = 0, ar = 0, ai = 0;

	for (int k = 0; k < 3; k++) {
		br += b[k] * cos(k * w), bi -= b[k] * sin(k * w);
		ar += a[k] * cos(k * w), ai -= a[k] * sin(k * w);
	}
	return sqrt((br * br + bi * bi) / (ar * ar + ai * ai));
}

Test(apollo_kernel, lowpass,
	.description = "the filter's response is the low-pass that its coefficients were made for")
{
	static const double fcs[] = {20.0 / 48000, 200.0 / 48000, 0.02, 0.1, 0.3}, qs[] = {0.7071, 2, 6};
	static float x[KERNEL_LANES][1 << 16];
	struct kernel_lane lane[KERNEL_LANES];
	struct kernel_section f[KERNEL_LANES] = {};
	double re, im, want;

	for (uint32_t i = 0; i < 15; i++)
		section_at(&f[i], fcs[i % 5], qs[i / 5], (double[]){0, 0, 1});
	for (uint32_t i = 0; i < 15; i++)
		x[i][0] = 1;
	for (uint32_t k = 0; k < 1 << 16; k += N) {
		for (uint32_t i = 0; i < KERNEL_LANES; i++)
			lane[i] = (struct kernel_lane){&f[i], x[i] + k, i % 2};
		kernel_best()->svf(lane, 15, k, N);
	}
	for (uint32_t i = 0; i < 15; i++)
		for (double o = 0.25; o < 5 && o * fcs[i % 5] < 0.5; o *= 2) {
			double w = 2 * M_PI * o * fcs[i % 5];

			re = im = 0;
			for (uint32_t k = 0; k < 1 << 16; k++)
				re += x[i][k] * cos(w * k), im -= x[i][k] * sin(w * k);
			want = rbj_lowpass(fcs[i % 5], qs[i / 5], o * fcs[i % 5]);
			cr_expect_float_eq(sqrt(re * re + im * im) / want, 1, 0.002,
				"fc %g, Q %g, at %g fc: %g, not %g", fcs[i % 5], qs[i / 5], o,
				sqrt(re * re + im * im), want);
		}
	for (uint32_t k = 0; k < 1 << 16; k++)
		cr_assert_eq(x[15][k], 0);
}

Test(apollo_kernel, window_end, .description = "nothing is read behind KERNEL_OVER floats, or words, after the last tap")
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = 8 * page;
	char *map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all), n, last;
	float *end = (float *)(map + room), y[N];
	uint64_t pos, inc;

	cr_assert_neq(map, MAP_FAILED);
	cr_assert_eq(mprotect(map + room, page, PROT_NONE), 0);
	for (uint32_t i = 0; i < 20000; i++) {
		pos = rnd() >> 32, inc = rnd_inc(), n = 1 + (uint32_t)(rnd() % N);
		for (uint32_t kind = 0; kind < KERNEL_N_INTERP; kind++) {
			last = (uint32_t)((pos + (n - 1) * inc) >> 32) + kernel_taps(kind) - 1;
			for (uint32_t a = 0; a < n_all; a++)
				all[a]->interp[kind](end - KERNEL_OVER - 1 - last, pos, inc, y, n);
			if (inc >= KERNEL_S16_SPEED * ONE)
				continue;
			pos &= ~FINEST, inc &= ~FINEST;
			last = (uint32_t)((pos + (n - 1) * inc) >> 32) + kernel_taps(kind) - 1;
			for (uint32_t a = 0; a < n_all; a++)
				all[a]->interp_s16[kind](
					&(struct kernel_read){
						(int16_t *)end - KERNEL_OVER - 1 - last, pos, inc, y, n},
					1);
		}
	}
	munmap(map, room + page);
}

Test(apollo_kernel, choice, .description = "the fastest build is taken unless MOS_KERNEL names another")
{
	const struct kernel *all[3];
	uint32_t n = kernel_all(all);

	unsetenv("MOS_KERNEL");
	cr_expect_eq(kernel_best(), all[n - 1]);
	for (uint32_t i = 0; i < n; i++) {
		setenv("MOS_KERNEL", all[i]->name, 1);
		cr_expect_eq(kernel_best(), all[i]);
	}
	setenv("MOS_KERNEL", "abacus", 1);
	cr_expect_eq(kernel_best(), all[n - 1]);
}

Test(apollo_kernel, sanity,
	.description = "states of filters that are no numbers, or beyond all sound, become 0")
{
	static const float bad[] = {NAN, INFINITY, -INFINITY, 1e20f, 1e-30f, -1e-38f};
	const struct kernel *all[3];
	uint32_t n_all = kernel_all(all);

	for (uint32_t a = 0; a < n_all; a++)
		for (uint32_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			struct kernel_section f = {.ic1 = {bad[i], 0.5f}, .ic2 = {bad[i], 0.25f}};
			float x[2][N] = {0};

			section_at(&f, 0.1, 1, (double[]){0, 0, 1});
			all[a]->svf((struct kernel_lane[]){{&f, x[0], 0}, {&f, x[1], 1}}, 2, 0, 1);
			cr_expect_eq(f.ic1[0], 0, "%s %g: %g", all[a]->name, bad[i], f.ic1[0]);
			cr_expect_eq(f.ic2[0], 0, "%s %g: %g", all[a]->name, bad[i], f.ic2[0]);
			cr_expect(f.ic1[1] != 0 && f.ic2[1] != 0 && isfinite(x[1][0]));
		}
}
