/* SPDX-License-Identifier: MIT */
/*
 * The mixer's inner loops: all builds against plain loops and against each other, bit by bit, however a call
 * is split, and nothing is touched behind the frames that were asked for.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "apollo/fx/chorus.h"
#include "apollo/fx/fx_kernel.h"
#include "apollo/fx/reverb.h"
#include "apollo/mix.h"
#include "fx_measure.h"

#define RATE 48000u
#define N (RATE * 2u)
#define EDGE 32u /* floats behind a buffer that stay as they are */
#define MARK 123.0f

static uint64_t seed;
static struct reverb reverb;
static struct chorus chorus;
static struct mixer mixer;
static float in[2][N], plain[2][N], out[2][N + EDGE];

static float noise(void)
{
	return measure_noise(&seed);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)((noise() + 1) * 0.5f * (float)n) % n;
}

static void values(float *v, uint32_t unit)
{
	const struct mos_fx_param *p;
	uint32_t n = mos_fx_params(unit, &p);

	for (uint32_t i = 0; i < n; i++)
		v[i] = p[i].initial;
	v[0] = 1; /* on */
}

static void move_room(float *v, uint32_t frame)
{
	if (frame == N / 4) {
		v[MOS_FX_REVERB_SIZE] = 0.9f;
		v[MOS_FX_REVERB_PRE_DELAY_MS] = 3;
		v[MOS_FX_REVERB_TIME_S] = 4;
		reverb_set(&reverb, v);
	}
	reverb_grid(&reverb);
}

/* A burst, its tail, and a room that changes meanwhile. */
static void play_room(const struct fx_kernel *kernel, uint32_t block, float (*to)[N])
{
	float v[MOS_FX_PARAMS_MAX];

	values(v, MOS_FX_REVERB);
	reverb_init(&reverb, RATE);
	reverb.kernel = kernel;
	reverb_set(&reverb, v);
	memset(to[0], 0, N * sizeof(float));
	memset(to[1], 0, N * sizeof(float));
#define GRID move_room(v, at_)
#define CALL(k, at, len)                                                                                     \
	reverb_process(&reverb, in[0] + (at), in[1] + (at), to[0] + (at), to[1] + (at), k, len)
	RUN_PIECES(N, block, GRID, CALL)
#undef CALL
#undef GRID
}

static void play_chorus(const struct fx_kernel *kernel, uint32_t block, float (*to)[N])
{
	float v[MOS_FX_PARAMS_MAX];

	values(v, MOS_FX_CHORUS);
	v[MOS_FX_CHORUS_FEEDBACK] = 0.6f;
	chorus_init(&chorus, RATE);
	chorus.kernel = kernel;
	chorus_set(&chorus, v);
	memset(to[0], 0, N * sizeof(float));
	memset(to[1], 0, N * sizeof(float));
#define CALL(k, at, len)                                                                                     \
	chorus_process(&chorus, in[0] + (at), in[1] + (at), to[0] + (at), to[1] + (at), k, len)
	RUN_PIECES(N, block, chorus_grid(&chorus), CALL)
#undef CALL
}

static void check_effect(void (*play)(const struct fx_kernel *, uint32_t, float (*)[N]))
{
	static float other[2][N];
	const struct fx_kernel *all[3];
	uint32_t n_all = fx_kernel_all(all);

	seed = 1;
	for (uint32_t i = 0; i < N / 3; i++)
		for (uint32_t c = 0; c < 2; c++)
			in[c][i] = noise() * 0.5f;
	play(all[0], 64, plain);
	cr_assert_neq(plain[0][N / 2], 0, "it sounds");
	for (uint32_t q = 0; q < n_all; q++)
		for (uint32_t block = 7; block <= 256; block += 83) {
			play(all[q], block, other);
			for (uint32_t c = 0; c < 2; c++)
				cr_expect_arr_eq(other[c], plain[c], sizeof(plain[c]), "%s in blocks of %u",
					all[q]->name, block);
		}
}

Test(fx_kernel, reverb,
	.description = "APO-28: the reverb gives the same bits in all builds, whole or in pieces, and in a "
		       "room that moves")
{
	check_effect(play_room);
}

Test(fx_kernel, chorus, .description = "APO-28: so does the chorus")
{
	check_effect(play_chorus);
}

/* n floats of noise or of nothing, and the edge behind them. */
static void lay(float *x, uint32_t n, float loud)
{
	for (uint32_t i = 0; i < n + EDGE; i++)
		x[i] = i < n ? noise() * loud : MARK;
}

static void expect_edge(const float *x, uint32_t n, const char *what)
{
	for (uint32_t i = n; i < n + EDGE; i++)
		cr_assert_eq(x[i], MARK, "%s wrote behind the end", what);
}

Test(fx_kernel, mix, .description = "APO-28: sources are added up in their order, to both sends")
{
	static float x[5][2][BLOCK_MAX], to[FX_SENDS][2][BLOCK_MAX + EDGE];
	const struct fx_kernel *all[3];
	uint32_t n_all = fx_kernel_all(all);

	for (uint32_t round = 0; round < 600; round++) {
		const struct fx_kernel *k = all[round % n_all];
		uint32_t n = 1 + below(BLOCK_MAX), n_sources = round % 6;
		float *const where[FX_SENDS][2] = {{to[0][0], to[0][1]}, {to[1][0], to[1][1]}};
		struct fx_source source[5];

		for (uint32_t s = 0; s < n_sources; s++) {
			/* their last float is the buffer's: what is read behind it is not ours */
			for (uint32_t c = 0; c < 2; c++) {
				source[s].x[c] = x[s][c] + BLOCK_MAX - n;
				for (uint32_t i = 0; i < n; i++)
					x[s][c][BLOCK_MAX - n + i] = noise();
				source[s].gain[c] = s % 2 ? noise() : 0;
			}
		}
		for (uint32_t u = 0; u < FX_SENDS; u++)
			for (uint32_t c = 0; c < 2; c++)
				lay(to[u][c], BLOCK_MAX, 1);
		k->mix(source, n_sources, where, n);
		for (uint32_t u = 0; u < FX_SENDS; u++)
			for (uint32_t c = 0; c < 2; c++) {
				for (uint32_t i = 0; i < n; i++) {
					float sum = 0;

					for (uint32_t s = 0; s < n_sources; s++)
						sum += source[s].x[c][i] * source[s].gain[u];
					cr_assert_eq(to[u][c][i], sum, "%s, %u of %u", k->name, i, n);
				}
				expect_edge(to[u][c], BLOCK_MAX, k->name);
			}
	}
}

/* As fx_kernel.h has it, one frame after the other. */
static void sum_plainly(const struct fx_sum *s, uint32_t first, uint32_t k, uint32_t n, float peak[2])
{
	for (uint32_t c = 0; c < 2; c++)
		for (uint32_t i = first; i < first + n; i++) {
			const struct fx_ramp *r = &s->gain[c];
			float frame = (float)(r->frame + i + 1), x;
			float gain =
				frame <= FX_RAMP ? r->from + (r->to - r->from) * (frame / FX_RAMP) : r->to;

			for (uint32_t u = 0; u < FX_SENDS; u++)
				if (s->zone[u][c])
					s->zone_to[u][c][i] += s->zone[u][c][i] * gain;
			if (!s->x[c])
				continue;
			peak[c] = fmaxf(peak[c], fabsf(s->x[c][i]));
			x = s->x[c][i] * gain;
			s->out[c][i] += x;
			for (uint32_t u = 0; u < FX_SENDS; u++)
				if (s->send[u][c])
					s->send[u][c][i] +=
						x * (s->share[u] + s->step[u] * (float)(k + i - first));
		}
}

Test(fx_kernel, sum,
	.description = "APO-28: a strip is added to the master, and to what it sends to, as its gains move; "
		       "what is no number "
		       "does not count in its meter")
{
	static float x[2][BLOCK_MAX + EDGE], zone[FX_SENDS][2][BLOCK_MAX + EDGE];
	static float got[3][2][BLOCK_MAX + EDGE], want[3][2][BLOCK_MAX + EDGE]; /* two sends, the master */
	const struct fx_kernel *all[3];
	uint32_t n_all = fx_kernel_all(all);

	for (uint32_t round = 0; round < 3000; round++) {
		const struct fx_kernel *kernel = all[round % n_all];
		uint32_t n = 1 + below(BLOCK_MAX), k = below(64), first = below(n);
		struct fx_sum s = {.peak = {0.1f, 0.2f}}, t;
		float peak[2] = {0.1f, 0.2f};

		for (uint32_t c = 0; c < 2; c++) {
			lay(x[c], n, round % 5 ? 1 : 0);
			x[c][below(n)] = round % 7 ? 0.5f : NAN;
			s.x[c] = round % 4 ? x[c] : NULL;
			s.gain[c] = (struct fx_ramp){noise(), noise(), below(2) ? FX_RAMP : below(FX_RAMP)};
			for (uint32_t i = 0; i < 3; i++) {
				lay(got[i][c], n, 1);
				memcpy(want[i][c], got[i][c], sizeof(want[i][c]));
			}
			s.out[c] = got[2][c];
			for (uint32_t u = 0; u < FX_SENDS; u++) {
				lay(zone[u][c], n, 1);
				s.zone[u][c] = round >> (2 * u) & 1 ? zone[u][c] : NULL;
				s.zone_to[u][c] = got[u][c];
				s.send[u][c] = round >> (2 * u) & 2 ? got[u][c] : NULL;
				s.share[u] = noise();
				s.step[u] = noise() / 64;
			}
		}
		t = s;
		for (uint32_t c = 0; c < 2; c++) {
			t.out[c] = want[2][c];
			for (uint32_t u = 0; u < FX_SENDS; u++) {
				t.zone_to[u][c] = want[u][c];
				t.send[u][c] = s.send[u][c] ? want[u][c] : NULL;
			}
		}
		kernel->sum(&s, first, k, n - first);
		sum_plainly(&t, first, k, n - first, peak);
		for (uint32_t c = 0; c < 2; c++) {
			cr_assert_eq(s.peak[c], peak[c], "%s", kernel->name);
			for (uint32_t i = 0; i < 3; i++) {
				for (uint32_t f = 0; f < n; f++)
					cr_assert(got[i][c][f] == want[i][c][f] || isnan(want[i][c][f]),
						"%s, %u of %u", kernel->name, f, n);
				expect_edge(got[i][c], n, kernel->name);
			}
		}
	}
}

Test(fx_kernel, choice, .description = "the fastest build is taken unless MOS_KERNEL names another")
{
	const struct fx_kernel *all[3];
	uint32_t n = fx_kernel_all(all);

	unsetenv("MOS_KERNEL");
	cr_expect_eq(fx_kernel_best(), all[n - 1]);
	for (uint32_t i = 0; i < n; i++) {
		setenv("MOS_KERNEL", all[i]->name, 1);
		cr_expect_eq(fx_kernel_best(), all[i]);
	}
	setenv("MOS_KERNEL", "abacus", 1);
	cr_expect_eq(fx_kernel_best(), all[n - 1]);
}

Test(fx_kernel, rest,
	.description = "APO-28: a strip that has nothing to do is left alone, and hears what it is told all "
		       "the same")
{
	static struct strip_bufs bufs;
	uint64_t own = UINT64_C(1) << 3;
	float first = 0;

	mix_init(&mixer, RATE);
	cr_assert_eq(mix_fx_set(&mixer, MIX_MASTER, MOS_FX_REVERB, MOS_FX_REVERB_ON, 1), 0);
	for (uint32_t told = 0; told < 4; told++) {
		uint32_t block = 0;

		for (; !(mixer.resting & own); block++) {
			cr_assert_lt(block, 20 * RATE / 64, "it never rests");
			bufs.active = 0;
			mix_render(&mixer, &bufs, NULL, out[0], out[1], 64);
		}
		cr_expect_eq(mixer.strip[3].peak, 0);
		if (told == 0)
			cr_assert_eq(mix_fx_set(&mixer, 3, MOS_FX_SEND, MOS_FX_SEND_REVERB, 0.25f), 0);
		else if (told == 1)
			mix_channel(&mixer, 3, 0, 127, 0);
		else if (told == 2)
			mixer.strip[3].gain = 0.5f; /* holds at once */
		for (block = 0; block < (told < 2 ? 64u : 0u);
			block++) { /* what is sent gets there unheard */
			bufs.active = 0;
			mix_render(&mixer, &bufs, NULL, out[0], out[1], 64);
		}
		bufs.active = 0;
		strip_touch(&bufs, 3, 64);
		for (uint32_t i = 0; i < 64; i++)
			bufs.l[3][i] = bufs.r[3][i] = 0.5f;
		mix_render(&mixer, &bufs, NULL, out[0], out[1], 64);
		first = mixer.send[0][0][0];
		cr_expect_eq(first,
			told == 0   ? 0.125f
			: told == 1 ? 0.5f
				    : 0.25f,
			"%u: %g", told, (double)first);
		cr_expect_gt(mixer.strip[3].peak, 0.2f);
	}
}

Test(fx_kernel, fader,
	.description = "APO-28: a fader that is moved as its strip falls silent has arrived when it sounds "
		       "again, at any "
		       "length of blocks")
{
	static struct strip_bufs bufs;

	for (uint32_t n = 16; n <= 256; n *= 2) {
		mix_init(&mixer, RATE);
		for (uint32_t frame = 0; frame < 768; frame += n) {
			uint32_t sounds = frame < 256 || frame >= 512;

			mixer.strip[3].gain = frame < 256 ? 1 : 0.5f;
			bufs.active = 0;
			if (sounds)
				strip_touch(&bufs, 3, n);
			for (uint32_t i = 0; i < n && sounds; i++)
				bufs.l[3][i] = bufs.r[3][i] = 0.5f;
			mix_render(&mixer, &bufs, NULL, out[0], out[1], n);
			if (frame >= 512)
				cr_expect_eq(out[0][0], 0.25f, "blocks of %u: %g", n, (double)out[0][0]);
		}
	}
}
