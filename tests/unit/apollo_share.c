/* SPDX-License-Identifier: MIT */
/*
 * The sampler with a second worker: the same bits as without, in blocks of any length; and what is heard of a worker that
 * is held up in the middle of its work.
 */
#include <stdatomic.h>

#include "apollo/apollo.h"
#include "apollo/sampler/voice.h"
#include "apollo_rig.h"

#define STRIPS 12u
#define LEN 60000u
#define EVENTS 2400u

struct take {
	float l[STRIPS][LEN], r[STRIPS][LEN];
	float sent[STRIPS][LEN]; /* what zones send to the reverb */
};

static struct take alone, shared;
static struct event score[EVENTS];

/* Zones as banks have them: with filters and without, with sends, a loop that ends, another one that does not. */
static void zones(struct rig *r)
{
	struct zone *z = rig_zone(r, 1);

	z->param[zp_env(0, ENV_RELEASE)] = 0.2f;
	z->key_hi = 59;
	z = rig_zone(r, 1);
	z->key_lo = 50;
	z->key_hi = 80;
	z->filter = ZONE_LP2;
	z->param[ZP_FC] = 3000;
	z->param[ZP_REVERB] = 300;
	z->n_lfos = 1;
	z->param[zp_lfo(0, LFO_FREQ)] = 5;
	z->param[zp_lfo(0, LFO_TO_FC)] = 900;
	z->param[zp_lfo(0, LFO_TO_PITCH)] = 20;
	z = rig_zone(r, 1);
	z->key_lo = 70;
	z->loop = ZONE_LOOP_UNTIL_RELEASE;
	z->loop_start = 100;
	z->loop_end = 300;
	z->end = 2000;
	z->param[ZP_REVERB] = 700;
	z = rig_zone(r, 1);
	z->flavour = ZONE_SF2;
	z->key_lo = 60;
	z->param[zp_env(0, ENV_SUSTAIN)] = 100;
	z->param[zp_env(0, ENV_DELAY)] = z->param[zp_env(0, ENV_ATTACK)] = z->param[zp_env(0, ENV_HOLD)] = -12000;
	z->param[zp_env(0, ENV_DECAY)] = z->param[zp_env(0, ENV_RELEASE)] = 0;
}

static void write_score(void)
{
	uint32_t seed = 5, frame = 0;

	for (uint32_t i = 0; i < EVENTS; i++) {
		seed = seed * 1664525u + 1013904223u;
		frame += (seed >> 24) % (2 * LEN / EVENTS);
		score[i] = (struct event){.frame = frame,
			.channel = (uint8_t)((seed >> 9) % STRIPS),
			.a = (uint8_t)(40 + (seed >> 16) % 60),
			.b = (uint8_t)(1 + (seed >> 10) % 127),
			.kind = (uint8_t[]){ON, ON, ON, ON, ON, ON, ON, OFF, OFF, OFF, OFF, CC, BEND, KEY_PRESSURE, PRESSURE,
				ON}[seed >> 12 & 15]};
		if (score[i].kind == CC)
			score[i].a = (uint8_t[]){1, 64, 66, 7}[seed >> 20 & 3];
		if (i % 499 == 0)
			score[i].kind = KILL;
	}
}

/* One block's strips and sends behind what was taken before. */
static void take_block(const struct rig *r, struct take *t, uint32_t at, uint32_t n)
{
	const struct strip_bufs *b = &r->bufs;

	for (uint32_t s = 0; s < STRIPS; s++) {
		if (b->active >> s & 1) {
			memcpy(&t->l[s][at], b->l[s], n * sizeof(float));
			memcpy(&t->r[s][at], b->r[s], n * sizeof(float));
		} else {
			memset(&t->l[s][at], 0, n * sizeof(float));
			memset(&t->r[s][at], 0, n * sizeof(float));
		}
		memset(&t->sent[s][at], 0, n * sizeof(float));
	}
	for (uint32_t i = 0; i < b->n_sends; i++)
		for (uint32_t f = 0; f < n; f++)
			t->sent[b->send[i].strip][at + f] += b->send[i].l[f] * b->send[i].reverb;
}

static void block(struct rig *r, uint32_t *ret_i, uint32_t at, uint32_t n, struct take *t)
{
	r->bufs.active = r->bufs.cut = 0;
	r->bufs.n_sends = 0;
	r->ins->begin(r->ins, r->frame, &r->bufs);
	for (; *ret_i < EVENTS && score[*ret_i].frame < at + n; ++*ret_i)
		rig_play(r, &score[*ret_i], score[*ret_i].frame - at);
	r->ins->render(r->ins, &r->bufs, n);
	take_block(r, t, at, n);
	r->frame += n;
}

/* @return voices at once, at most */
static uint32_t play(struct workers *workers, uint32_t polyphony, uint32_t quantum, struct take *t)
{
	static struct rig r;
	struct sampler_figures f;
	uint32_t i = 0, n, seed = 3;

	rig_init(&r);
	zones(&r);
	rig_start(&r, &(struct sampler_options){
			      .interp = KERNEL_CUBIC, .polyphony = polyphony, .workers = workers});
	for (uint32_t at = 0; at < LEN; at += n) {
		seed = seed * 1664525u + 1013904223u;
		n = quantum ? quantum : 1 + (seed >> 16) % BLOCK_MAX;
		n = n < LEN - at ? n : LEN - at;
		block(&r, &i, at, n, t);
	}
	sampler_figures(r.sampler, &f);
	rig_end(&r);
	return f.peak_voices;
}

static void same_bits(uint32_t polyphony)
{
	static const uint32_t quantum[] = {64, 100, 128, 256, 0};
	struct workers_figures f;
	struct workers *w;
	uint32_t n_voices;

	write_score();
	n_voices = play(NULL, polyphony, 256, &alone);
	cr_assert_gt(n_voices, 100, "%u voices", n_voices);
	cr_assert_eq(workers_create(&(struct workers_options){0}, &w), 0);
	for (uint32_t i = 0; i < sizeof(quantum) / sizeof(*quantum); i++) {
		(void)play(w, polyphony, quantum[i], &shared);
		cr_assert_arr_eq(&alone, &shared, sizeof(alone), "polyphony %u, quantum %u", polyphony, quantum[i]);
	}
	workers_figures(w, &f);
	cr_expect_gt(f.units, 0, "it helped");
	workers_destroy(w);
}

Test(share, same_bits, .timeout = 100,
	.description = "TIM-06: two workers make the bits that one makes, in blocks of any length")
{
	same_bits(2048);
}

Test(share, same_bits_when_full, .timeout = 100,
	.description = "APO-26: whose voice is stolen does not depend on the number of workers")
{
	same_bits(120);
}

/* --- A worker that is held up --- */

static _Atomic int holds, is_inside;
static struct sampler *playing;
static const struct kernel *real;

/* Each thread makes its voices in buffers of its own. */
static int is_workers(const float *x) MOS_RT
{
	for (uint32_t i = 0; i < 2 * KERNEL_LANES; i++)
		if (playing->work[1]->x[i] == x)
			return 1;
	return 0;
}

static void mix_voices(const struct kernel_gain v[], uint32_t n_voices, uint32_t n, float *l, float *r) MOS_RT
{
	if (!is_workers(v[0].x)) {
		while (atomic_load(&holds) && playing->n_units && !atomic_load(&is_inside))
			; /* of a block that is shared the worker has a unit, too, however busy the machine is */
	} else if (atomic_load(&holds)) {
		atomic_store(&is_inside, 1);
		while (atomic_load(&holds))
			;
		atomic_store(&is_inside, 0);
	}
	real->mix_voices(v, n_voices, n, l, r);
}

#define VOICES 10u /* of a strip */
#define PATIENT_NS INT64_C(20000000000) /* however slow the machine is */

static void chords(struct rig *r, uint32_t n_strips)
{
	for (uint32_t s = 0; s < n_strips; s++)
		for (uint32_t k = 0; k < VOICES; k++)
			rig_play(r, &(struct event){.kind = ON, .channel = (uint8_t)s, .a = (uint8_t)(40 + k), .b = 100}, 0);
}

static void begin_block(struct rig *r)
{
	r->bufs.active = r->bufs.cut = 0;
	r->bufs.n_sends = 0;
	r->ins->begin(r->ins, r->frame, &r->bufs);
	playing->n_units = 0; /* until it is shared */
	r->frame += 256;
}

static void end_block(struct rig *r)
{
	r->ins->render(r->ins, &r->bufs, 256);
}

/* Blocks until the worker sits in a unit. @return its strips */
static uint64_t get_stuck(struct rig *r, struct workers *w)
{
	workers_set_patience(w, 300000);
	atomic_store(&holds, 1);
	for (uint32_t i = 0; i < 100000; i++) {
		begin_block(r);
		end_block(r);
		if (r->bufs.cut)
			return r->bufs.cut;
	}
	cr_assert_fail("the worker never had a unit");
	return 0;
}

static struct workers *held_rig(struct rig *r, uint32_t polyphony)
{
	static struct kernel k;
	struct workers *w;

	real = kernel_best();
	k = *real;
	k.mix_voices = mix_voices;
	cr_assert_eq(workers_create(&(struct workers_options){.is_live = 1}, &w), 0);
	workers_set_patience(w, PATIENT_NS);
	rig_init(r);
	rig_zone(r, 0)->param[ZP_REVERB] = 200;
	rig_zone(r, 0);
	rig_start(r, &(struct sampler_options){
			     .interp = KERNEL_CUBIC, .polyphony = polyphony, .kernel = &k, .workers = w});
	playing = r->sampler;
	return w;
}

static void let_go(struct workers *w)
{
	workers_set_patience(w, PATIENT_NS);
	atomic_store(&holds, 0);
	while (atomic_load(&is_inside))
		;
}

/* Blocks until the strips sound again. */
static void until_back(struct rig *r, uint64_t strips)
{
	for (uint32_t i = 0; i < 100000; i++) {
		begin_block(r);
		end_block(r);
		if ((r->bufs.active & strips) == strips)
			return;
	}
	cr_assert_fail("they never came back");
}

Test(share, held_up, .timeout = 60,
	.description = "TIM-17: a worker that is held up does not stop the music: the strips that it is at are "
		       "left out, the others go on, and when it is done all go on where they were, without a click")
{
	static struct rig r;
	struct workers *w = held_rig(&r, 0);
	struct workers_figures f;
	uint64_t all, cut;
	uint32_t n_voices;

	begin_block(&r);
	chords(&r, STRIPS);
	end_block(&r);
	all = r.bufs.active;
	n_voices = r.ins->voices(r.ins);
	cut = get_stuck(&r, w);
	cr_assert_neq(cut, all);
	cr_expect_eq(r.bufs.active, all & ~cut, "the others sound");
	for (uint32_t i = 0; i < r.bufs.n_sends; i++)
		cr_expect_eq(cut >> r.bufs.send[i].strip & 1, 0, "nor are their sends heard");
	for (uint32_t i = 0; i < 20; i++) {
		begin_block(&r);
		end_block(&r);
		cr_assert_eq(r.bufs.cut, 0, "it is told once");
		cr_assert_eq(r.bufs.active, all & ~cut);
	}
	workers_figures(w, &f);
	cr_expect_eq(f.late, 1);
	let_go(w);
	until_back(&r, all);
	cr_expect_eq(r.bufs.active, all);
	for (uint64_t m = cut; m; m &= m - 1) {
		const float *l = r.bufs.l[__builtin_ctzll(m)];

		cr_expect_eq(l[0], 0);
		for (uint32_t i = 1; i < 64; i++)
			cr_expect_leq(fabsf(l[i] - l[i - 1]), fabsf(l[255]) / 30, "frame %u: a click", i);
		cr_expect_gt(fabsf(l[255]), 0.1f);
	}
	cr_expect_eq(r.ins->voices(r.ins), n_voices, "all voices are there");
	rig_end(&r);
	workers_destroy(w);
}

Test(share, told_meanwhile, .timeout = 60,
	.description = "APO-21: notes that end while a worker is held up with their strip do not hang: the strip begins anew")
{
	static struct rig r;
	struct workers *w = held_rig(&r, 0);
	uint64_t cut;
	uint32_t n;

	begin_block(&r);
	chords(&r, STRIPS);
	end_block(&r);
	cut = get_stuck(&r, w);
	begin_block(&r);
	for (uint32_t s = 0; s < STRIPS; s++)
		for (uint32_t k = 0; k < VOICES; k++)
			rig_play(&r, &(struct event){.kind = OFF, .channel = (uint8_t)s, .a = (uint8_t)(40 + k)}, 10);
	rig_play(&r, &(struct event){.kind = ON, .channel = (uint8_t)__builtin_ctzll(cut), .a = 70, .b = 100}, 20);
	end_block(&r);
	let_go(w);
	for (n = 0; n < 10000 && r.ins->voices(r.ins); n++) {
		begin_block(&r);
		end_block(&r);
	}
	cr_expect_eq(r.ins->voices(r.ins), 0);
	begin_block(&r);
	rig_play(&r, &(struct event){.kind = ON, .channel = (uint8_t)__builtin_ctzll(cut), .a = 70, .b = 100}, 0);
	end_block(&r);
	cr_expect_neq(r.bufs.active & cut, 0, "and plays again");
	rig_end(&r);
	workers_destroy(w);
}

Test(share, stolen_meanwhile, .timeout = 60,
	.description = "APO-26: while a worker is held up, voices are stolen from the strips that are not its own")
{
	static struct rig r;
	struct workers *w = held_rig(&r, 2 * VOICES * STRIPS);
	uint64_t cut;
	uint32_t other;

	begin_block(&r);
	chords(&r, STRIPS);
	end_block(&r);
	cut = get_stuck(&r, w);
	other = (uint32_t)__builtin_ctzll(~cut);
	for (uint32_t i = 0; i < 400; i++) {
		begin_block(&r);
		rig_play(&r, &(struct event){.kind = ON, .channel = (uint8_t)other, .a = (uint8_t)(60 + i % 60), .b = 100},
			i % 256);
		rig_play(&r, &(struct event){.kind = KILL, .channel = (uint8_t)__builtin_ctzll(cut)}, 255);
		end_block(&r);
		cr_assert_eq(r.bufs.active & cut, 0);
	}
	let_go(w);
	for (uint32_t i = 0; i < 1000; i++) {
		begin_block(&r);
		end_block(&r);
	}
	rig_end(&r);
	workers_destroy(w);
}

Test(share, destroyed_meanwhile, .timeout = 60,
	.description = "APO-24: a bank that goes while a worker is held up with it waits for the worker")
{
	static struct rig r;
	struct workers *w = held_rig(&r, 0);

	begin_block(&r);
	chords(&r, STRIPS);
	end_block(&r);
	(void)get_stuck(&r, w);
	atomic_store(&holds, 0); /* it may be anywhere in there */
	rig_end(&r);
	workers_destroy(w);
}

Test(share, no_click, .timeout = 60,
	.description = "APO-26: strips that are left out since a worker is held up fade, and come back without a click")
{
	static struct apollo apollo;
	static float l[256], right[256];
	static struct rig r;
	struct workers *w = held_rig(&r, 0);
	float last = 0, step = 0, level;
	uint32_t n_late = 0, n_blocks = 0;

	apollo_init(&apollo, RATE);
	(void)apollo_set_bank(&apollo, r.ins, 0);
	begin_block(&r);
	chords(&r, STRIPS);
	end_block(&r);
	for (; n_blocks < 100000 && n_late < 2000; n_blocks++) {
		if (n_blocks == 20) {
			workers_set_patience(w, 300000);
			atomic_store(&holds, 1);
		}
		if (n_late == 30)
			let_go(w);
		apollo_begin(&apollo, r.frame);
		playing->n_units = 0;
		apollo_play(&apollo, 256);
		apollo_mix(&apollo, l, right, NULL, 256);
		r.frame += 256;
		n_late += apollo.bufs.cut != 0 || n_late > 0;
		if (n_blocks == 19)
			level = last = l[255];
		for (uint32_t i = 0; i < 256 && n_blocks > 19; i++) {
			step = fmaxf(step, fabsf(l[i] - last));
			last = l[i];
		}
	}
	cr_assert_eq(n_late, 2000);
	cr_expect_eq(last, level, "all is as before");
	cr_expect_gt(step, 0.0f);
	cr_expect_lt(step, fabsf(level) * 0.06f, "a step of %g, level %g", (double)step, (double)level);
	rig_end(&r);
	workers_destroy(w);
}
