/* SPDX-License-Identifier: MIT */
/*
 * The loops of kernel.h, compiled once for each instruction set (meson.build); KERNEL_NAME is the name of the
 * table that this build defines. Each float goes through the same operations in the same order whatever the
 * vectors' width is, and wherever in a vector it lies: so both builds that have fused multiply-add give the same bits.
 */
#include "kernel_isa.h"
#include "kernel_svf.h"

/*
 * How taps are fetched. Far: row by row. With AVX-512, whose permutations pick from two vectors at once, also
 * near: all taps of W positions lie in two vectors, and wide: in four.
 */
enum fetch { NEAR, WIDE, FAR };

INLINE enum fetch fetch_of(uint64_t inc, uint32_t n_taps) MOS_RT
{
	uint64_t reach =
		(((W - 1) * inc + UINT32_MAX) >> 32) + n_taps; /* at most, wherever the first one is */

	if (W < 16 || reach > 4 * W)
		return FAR;
	return reach <= 2 * W ? NEAR : WIDE;
}

#if W == 16
INLINE void taps_near(const float *w, vi at, uint32_t n_taps, vf tap[]) MOS_RT
{
	vf a = load(w), b = load(w + W);

	for (uint32_t t = 0; t < n_taps; t++)
		tap[t] = _mm512_permutex2var_ps(a, (__m512i)(at + (int)t), b);
}

INLINE void taps_wide(const float *w, vi at, uint32_t n_taps, vf tap[]) MOS_RT
{
	vf a = load(w), b = load(w + W), c = load(w + 2 * W), d = load(w + 3 * W);
	__mmask16 is_far;

	for (uint32_t t = 0; t < n_taps; t++, at += 1) {
		is_far = _mm512_test_epi32_mask((__m512i)at, _mm512_set1_epi32(2 * W));
		tap[t] = _mm512_mask_blend_ps(is_far, _mm512_permutex2var_ps(a, (__m512i)at, b),
			_mm512_permutex2var_ps(c, (__m512i)at, d));
	}
}
#endif

/* Taps of the n positions from pos on; the others get those of the last one. */
INLINE void taps_far(const float *w, uint64_t pos, uint64_t inc, uint32_t n, uint32_t n_taps, vf tap[]) MOS_RT
{
	const float *row[W];
	vf r[4], c[4];

	for (uint32_t j = 0; j < W; j++) {
		row[j] = w + (pos >> 32);
		pos += j + 1 < n ? inc : 0;
	}
	load_rows(row, r);
	transpose(r, c);
	for (uint32_t t = 0; t < n_taps && t < 4; t++)
		tap[t] = c[t];
	if (n_taps <= 4)
		return;
	for (uint32_t j = 0; j < W; j++)
		row[j] += 4;
	load_rows(row, r);
	transpose(r, c);
	for (uint32_t t = 4; t < n_taps; t++)
		tap[t] = c[t - 4];
}

/*
 * A 16-bit word below 0x4380 is the float 2^8 + x / 2^15, exactly, where x is the sample + 32768, so that it is not
 * negative.
 */
#define WORD_ABOVE 0x43800000
#define WORD_OFFSET 257.0f /* 2^8 + 1 */

/* Taps may all be too large by `offset`: differences take it off by themselves. */
INLINE vf linear_from(const vf t[], vf f, float offset) MOS_RT
{
	return mul_add(t[1] - t[0], f, t[0] - offset);
}

#if W == 16
static const vf ones = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
#endif

/* a - b, by the units that multiply: those that add have more to do. */
INLINE vf less(vf a, vf b) MOS_RT
{
#if W == 16
	const vf *one = &ones;

	__asm__("" : "+r"(one)); /* or the compiler takes it for a difference */
	return _mm512_fmsub_ps(a, *one, b);
#else
	return a - b;
#endif
}

/* Catmull-Rom: through the two points in the middle, with the slopes that their neighbours give. */
INLINE vf cubic_from(const vf t[], vf f, float offset) MOS_RT
{
	vf step = t[2] - t[1], before = less(t[1], t[0]) - step, after = less(t[3], t[2]) - step;
	vf bend = mul_add(-f, before + after, before), half = mul_add(f, spread(-0.5f), spread(0.5f));

	return mul_add(f, mul_add(half, bend, step), t[1] - offset);
}

/*
 * Eight points: of all kernels whose taps are polynomials of degree 4, the one with the least squares of
 * error, 1 up to 0.31 of the sample rate and 0 around its multiples (weight 10): 0.04 dB of ripple and images
 * below -60 dB up to 14.4 kHz at 48 kHz. Tap t and its mirror 7 - t have the same polynomial in x and -x; row
 * t, x^0 .. x^4.
 */
static const float sinc8_tap[4][5] = {
	{-0.0100210345f, -0.00355454878f, 0.0547656806f, -0.0197859708f, -0.0461692147f},
	{0.0487589840f, 0.000746798784f, -0.238134037f, 0.0938890145f, 0.154090982f},
	{-0.153629148f, 0.0661811156f, 0.678419272f, -0.433923515f, -0.242392402f},
	{0.614891198f, -1.18211571f, -0.495050916f, 0.947994102f, 0.134470635f},
};

INLINE vf sinc8_from(const vf all[], vf f, float offset) MOS_RT
{
	vf t[8] = {all[0] - offset, all[1] - offset, all[2] - offset, all[3] - offset, all[4] - offset,
		all[5] - offset, all[6] - offset, all[7] - offset};
	vf x = f - 0.5f, xx = x * x, sum = t[0] + t[7], diff = t[0] - t[7];
	vf c0 = sum * sinc8_tap[0][0], c2 = sum * sinc8_tap[0][2], c4 = sum * sinc8_tap[0][4],
	   c1 = diff * sinc8_tap[0][1], c3 = diff * sinc8_tap[0][3];

	for (uint32_t p = 1; p < 4; p++) {
		sum = t[p] + t[7 - p];
		diff = t[p] - t[7 - p];
		c0 = mul_add(sum, spread(sinc8_tap[p][0]), c0);
		c1 = mul_add(diff, spread(sinc8_tap[p][1]), c1);
		c2 = mul_add(sum, spread(sinc8_tap[p][2]), c2);
		c3 = mul_add(diff, spread(sinc8_tap[p][3]), c3);
		c4 = mul_add(sum, spread(sinc8_tap[p][4]), c4);
	}
	return mul_add(mul_add(c3, xx, c1), x, mul_add(mul_add(c4, xx, c2), xx, c0));
}

#define CURVE(name, curve, offset)                                                                           \
	INLINE vf name(const vf t[], vf f) MOS_RT                                                            \
	{                                                                                                    \
		return curve(t, f, offset);                                                                  \
	}

CURVE(linear, linear_from, 0)
CURVE(cubic, cubic_from, 0)
CURVE(sinc8, sinc8_from, 0)
#if W == 16
CURVE(linear_of_words, linear_from, WORD_OFFSET)
CURVE(cubic_of_words, cubic_from, WORD_OFFSET)
CURVE(sinc8_of_words, sinc8_from, WORD_OFFSET)
#endif

/* The way of W positions: whole frames and fractions from the first one on. */
struct way {
	uint64_t inc;
	vu part;
	vi whole;
};

INLINE vf fetch_at(const float *w, uint64_t pos, const struct way *way, uint32_t n, uint32_t n_taps,
	enum fetch fetch, vf tap[]) MOS_RT
{
	vu now = way->part + (uint32_t)pos;

#if W == 16
	if (fetch == NEAR)
		taps_near(w + (pos >> 32), way->whole - (now < way->part), n_taps, tap);
	if (fetch == WIDE)
		taps_wide(w + (pos >> 32), way->whole - (now < way->part), n_taps, tap);
#endif
	if (fetch == FAR)
		taps_far(w, pos, way->inc, n < W ? n : W, n_taps, tap);
	return __builtin_convertvector((vi)(now >> 8), vf) * 0x1p-24f;
}

/* The next taps are fetched while these are computed. How, is decided once a call. */
INLINE void interpolate(const float *w, uint64_t pos, uint64_t inc, float *y, uint32_t n, uint32_t n_taps,
	vf (*curve)(const vf t[], vf f) MOS_RT, enum fetch fetch) MOS_RT
{
	vq lo = (vq){IOTA_Q} * inc, hi = lo + W / 2 * inc;
	struct way way = {inc, shuffle((vu)lo, (vu)hi, EVEN), (vi)shuffle((vu)lo, (vu)hi, ODD)};
	vf tap[KERNEL_TAPS_MAX], next[KERNEL_TAPS_MAX], f, f_next;
	uint32_t i = 0;

	if (n == 0)
		return;
	f_next = fetch_at(w, pos, &way, n, n_taps, fetch, next);
	for (; n - i > W; i += W) {
		for (uint32_t t = 0; t < n_taps; t++)
			tap[t] = next[t];
		f = f_next;
		pos += W * inc;
		f_next = fetch_at(w, pos, &way, n - i - W, n_taps, fetch, next);
		store(y + i, curve(tap, f));
	}
	store_part(y + i, curve(next, f_next), n - i);
}

#define INTERP(name, n_taps)                                                                                 \
	static __attribute__((noinline)) void name##_far(                                                    \
		const float *w, uint64_t pos, uint64_t inc, float *y, uint32_t n) MOS_RT                     \
	{                                                                                                    \
		interpolate(w, pos, inc, y, n, n_taps, name, FAR);                                           \
	}                                                                                                    \
	static void interp_##name(const float *w, uint64_t pos, uint64_t inc, float *y, uint32_t n) MOS_RT   \
	{                                                                                                    \
		enum fetch fetch = fetch_of(inc, n_taps);                                                    \
		uint32_t whole = n & ~(W - 1u);                                                              \
                                                                                                             \
		if (fetch == NEAR) {                                                                         \
			interpolate(w, pos, inc, y, n, n_taps, name, NEAR);                                  \
		} else if (fetch == WIDE) { /* four vectors reach too far behind fewer positions */          \
			interpolate(w, pos, inc, y, whole, n_taps, name, WIDE);                              \
			if (whole < n)                                                                       \
				name##_far(w, pos + whole * inc, inc, y + whole, n - whole);                 \
		} else {                                                                                     \
			name##_far(w, pos, inc, y, n);                                                       \
		}                                                                                            \
	}

INTERP(linear, 2)
INTERP(cubic, 4)
INTERP(sinc8, 8)

INLINE vf load_s16(const int16_t *x) MOS_RT
{
#if W == 16
	return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i_u *)x)));
#else
	return __builtin_convertvector(__builtin_convertvector(*(const vs_mem *)x, vi), vf);
#endif
}

static void from_s16(const int16_t *x, float *y, uint32_t n) MOS_RT
{
	uint32_t i = 0;

	for (; i + W <= n; i += W)
		store(y + i, load_s16(x + i) * 0x1p-15f);
	for (; i < n; i++)
		y[i] = (float)x[i] * 0x1p-15f;
}

#if W == 16
#define EACH(x) {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}

/*
 * What all words are worked on with. It is read from memory, as an operand: the compiler would bring each from an integer
 * register, for each voice anew.
 */
struct word_work {
	vi above, sign, part, one;
	vi tap[KERNEL_TAPS_MAX];
	vu iota;
};

static const struct word_work word_work = {
	.above = EACH(WORD_ABOVE),
	.sign = EACH(INT32_MIN + 0x8000),
	.part = EACH((1 << KERNEL_FINE) - 1),
	.one = EACH(0x3f800000), /* 1.0 */
	.tap = {EACH(0), EACH(1), EACH(2), EACH(3), EACH(4), EACH(5), EACH(6), EACH(7)},
	.iota = {IOTA},
};

INLINE const struct word_work *work_of_words(void) MOS_RT
{
	const struct word_work *k = &word_work;

	__asm__("" : "+r"(k));
	return k;
}

INLINE vf pick(const struct word_work *k, __m512i a, __m512i b, vi at, enum fetch fetch) MOS_RT
{
	if (fetch == NEAR)
		return (vf)_mm512_mask_permutexvar_epi16((__m512i)k->above, 0x55555555, (__m512i)at, a);
	return (vf)_mm512_or_si512(
		_mm512_maskz_permutex2var_epi16(0x55555555, a, (__m512i)at, b), (__m512i)k->above);
}

INLINE __m512i load_words(const struct word_work *k, const int16_t *w) MOS_RT
{
	return _mm512_xor_si512(_mm512_loadu_si512(w), (__m512i)k->sign);
}

INLINE vf fraction(const struct word_work *k, vu at) MOS_RT
{
	return (vf)(((vi)at & k->part) | k->one) - 1;
}

/*
 * The same of four vectors side by side: each one's way is long, and the processor sees not much further than
 * one of them.
 */
INLINE void words_near(const struct kernel_read *r, uint32_t n_taps, vf (*curve)(const vf t[], vf f) MOS_RT) MOS_RT
{
	const struct word_work *k = work_of_words();
	const vu way = k->iota * (uint32_t)(r->inc >> (32 - KERNEL_FINE));
	vf tap[4][KERNEL_TAPS_MAX], f[4], y[4];
	uint32_t part[4];
	vu at[4];

	for (uint32_t b = 0; b < 4; b++)
		part[b] = (uint32_t)(r->pos + b * W * r->inc) >> (32 - KERNEL_FINE);
	__asm__("" : "+m"(part)); /* likewise */
	for (uint32_t b = 0; b < 4; b++)
		at[b] = way + part[b];
	for (uint32_t b = 0; b < 4; b++) {
		__m512i x = load_words(k, r->w + ((r->pos + b * W * r->inc) >> 32));

		for (uint32_t t = 0; t < n_taps; t++)
			tap[b][t] = pick(k, x, x, (vi)(at[b] >> KERNEL_FINE) + k->tap[t], NEAR);
		f[b] = fraction(k, at[b]);
	}
	for (uint32_t b = 0; b < 4; b++)
		y[b] = curve(tap[b], f[b]);
	for (uint32_t b = 0; b < 4; b++)
		store(r->y + b * W, y[b]);
}

/* Positions count in 2^-KERNEL_FINE frames here, within W of them from a whole frame on. */
INLINE void words_at(const struct kernel_read *r, uint32_t n_taps, vf (*curve)(const vf t[], vf f) MOS_RT,
	enum fetch fetch) MOS_RT
{
	const struct word_work *k = work_of_words();
	const vu way = k->iota * (uint32_t)(r->inc >> (32 - KERNEL_FINE));
	uint64_t pos = r->pos;
	vf tap[KERNEL_TAPS_MAX], y;
	__m512i a, b = {};
	vu at;

	for (uint32_t i = 0; i < r->n; i += W, pos += W * r->inc) {
		at = way + ((uint32_t)pos >> (32 - KERNEL_FINE));
		a = load_words(k, r->w + (pos >> 32));
		if (fetch == WIDE)
			b = load_words(k, r->w + (pos >> 32) + 2 * W);
		for (uint32_t t = 0; t < n_taps; t++)
			tap[t] = pick(k, a, b, (vi)(at >> KERNEL_FINE) + k->tap[t], fetch);
		y = curve(tap, fraction(k, at));
		if (r->n - i >= W)
			store(r->y + i, y);
		else
			store_part(r->y + i, y, r->n - i);
	}
}
#endif

/* Floats are made of all that is read. */
#define WORDS_FAR(name, n_taps)                                                                              \
	static __attribute__((noinline)) void name##_words_far(const struct kernel_read *r) MOS_RT           \
	{                                                                                                    \
		float x[KERNEL_FRAMES * KERNEL_S16_SPEED + 2 * KERNEL_TAPS_MAX + KERNEL_OVER];               \
		uint32_t frames = (uint32_t)((r->pos + (r->n - 1) * r->inc) >> 32) + n_taps;                 \
                                                                                                             \
		for (uint32_t i = 0; i < frames + KERNEL_TAPS_MAX; i += W)                                   \
			store(x + i, load_s16(r->w + i) * 0x1p-15f);                                         \
		name##_far(x, r->pos, r->inc, r->y, r->n);                                                   \
	}

#if W == 16
#define WORDS(name, n_taps)                                                                                  \
	WORDS_FAR(name, n_taps)                                                                              \
	static void words_##name(const struct kernel_read r[], uint32_t n) MOS_RT                            \
	{                                                                                                    \
		for (uint32_t i = 0; i < n; i++) {                                                           \
			enum fetch fetch = fetch_of(r[i].inc, n_taps);                                       \
                                                                                                             \
			if (fetch == NEAR && r[i].n == 4 * W)                                                \
				words_near(&r[i], n_taps, name##_of_words);                                  \
			else if (fetch == NEAR)                                                              \
				words_at(&r[i], n_taps, name##_of_words, NEAR);                              \
			else if (fetch == WIDE && r[i].n % W == 0)                                           \
				words_at(&r[i], n_taps, name##_of_words, WIDE);                              \
			else                                                                                 \
				name##_words_far(&r[i]);                                                     \
		}                                                                                            \
	}
#else
#define WORDS(name, n_taps)                                                                                  \
	WORDS_FAR(name, n_taps)                                                                              \
	static void words_##name(const struct kernel_read r[], uint32_t n) MOS_RT                            \
	{                                                                                                    \
		for (uint32_t i = 0; i < n; i++)                                                             \
			name##_words_far(&r[i]);                                                             \
	}
#endif

WORDS(linear, 2)
WORDS(cubic, 4)
WORDS(sinc8, 8)

/* One frame of what follows, with the same bits. */
INLINE float mixed(float x, float gain, float step, float at, float out) MOS_RT
{
	return mul_add_1(x, mul_add_1(step, at, gain), out);
}

static void mix(const float *x, uint32_t n, uint32_t k, float gain, float step, float *out) MOS_RT
{
	vf at = (vf){IOTA} + (float)k; /* whole numbers: exact */
	uint32_t i = 0;

	for (; i + W <= n; i += W) {
		store(out + i, mul_add(load(x + i), mul_add(spread(step), at, spread(gain)), load(out + i)));
		at += (float)W;
	}
	for (; i < n; i++)
		out[i] = mixed(x[i], gain, step, (float)(k + i), out[i]);
}

static void mix2(const float *x, uint32_t n, uint32_t k, const float gain[2], const float step[2],
	float *out_l, float *out_r) MOS_RT
{
	vf gain_l = spread(gain[0]), gain_r = spread(gain[1]), step_l = spread(step[0]), step_r = spread(step[1]);
	vf at = (vf){IOTA} + (float)k, v, l, r;
	uint32_t i = 0;

	for (; i + W <= n; i += W) {
		v = load(x + i);
		l = mul_add(v, mul_add(step_l, at, gain_l), load(out_l + i));
		r = mul_add(v, mul_add(step_r, at, gain_r), load(out_r + i));
		store(out_l + i,
			l); /* both are read before: as strips lie, one looks like the other to the cache */
		store(out_r + i, r);
		at += (float)W;
	}
	for (; i < n; i++) {
		out_l[i] = mixed(x[i], gain[0], step[0], (float)(k + i), out_l[i]);
		out_r[i] = mixed(x[i], gain[1], step[1], (float)(k + i), out_r[i]);
	}
}

static void mix_voices(
	const struct kernel_gain v[], uint32_t n_voices, uint32_t n, float *out_l, float *out_r) MOS_RT
{
	vf at, l, r, x, left[4], right[4], from[4];
	uint32_t i = 0;

	/* four vectors at a time: sums wait for the voice before, and a voice's gains are spread once */
	for (; i + 4 * W <= n; i += 4 * W) {
		for (uint32_t b = 0; b < 4; b++) {
			left[b] = load(out_l + i + b * W);
			right[b] = load(out_r + i + b * W);
			from[b] = (vf){IOTA} + (float)(i + b * W);
		}
		for (uint32_t j = 0; j < n_voices; j++) {
			float k = (float)v[j].k;

			for (uint32_t b = 0; b < 4; b++) {
				at = v[j].k ? from[b] + k : from[b]; /* mostly 0 */
				x = load(v[j].x + i + b * W);
				left[b] = mul_add(x, mul_add(spread(v[j].step[0]), at, spread(v[j].gain[0])), left[b]);
				right[b] = mul_add(x, mul_add(spread(v[j].step[1]), at, spread(v[j].gain[1])), right[b]);
			}
		}
		for (uint32_t b = 0; b < 4; b++) {
			store(out_l + i + b * W, left[b]);
			store(out_r + i + b * W, right[b]);
		}
	}
	for (; i + W <= n; i += W) {
		l = load(out_l + i);
		r = load(out_r + i);
		for (uint32_t j = 0; j < n_voices; j++) {
			at = (vf){IOTA} + (float)(v[j].k + i);
			x = load(v[j].x + i);
			l = mul_add(x, mul_add(spread(v[j].step[0]), at, spread(v[j].gain[0])), l);
			r = mul_add(x, mul_add(spread(v[j].step[1]), at, spread(v[j].gain[1])), r);
		}
		store(out_l + i, l);
		store(out_r + i, r);
	}
	for (; i < n; i++)
		for (uint32_t j = 0; j < n_voices; j++) {
			out_l[i] = mixed(v[j].x[i], v[j].gain[0], v[j].step[0], (float)(v[j].k + i), out_l[i]);
			out_r[i] = mixed(v[j].x[i], v[j].gain[1], v[j].step[1], (float)(v[j].k + i), out_r[i]);
		}
}

const struct kernel KERNEL_NAME = {
	.name = KERNEL_TEXT,
	.interp = {interp_linear, interp_cubic, interp_sinc8},
	.interp_s16 = {words_linear, words_cubic, words_sinc8},
	.from_s16 = from_s16,
	.mix = mix,
	.mix2 = mix2,
	.mix_voices = mix_voices,
	.svf = svf,
};
