/* SPDX-License-Identifier: MIT */
/*
 * What zones send to reverb and chorus (SoundFont 2.04, generators 15 and 16): a zone that sends as much as
 * its strip would gives the same bits as the strip that does.
 */
#include "apollo/insert/insert_rt.h"
#include "apollo/mix.h"
#include "apollo/sampler/sends.h"
#include "apollo/shape.h"
#include "apollo_rig.h"

#define LEN 24000u
#define PART 0.3125f /* exact in tenths of a per cent */

static struct mixer mixer;

struct take {
	float zone, other_zone, strip; /* reverb, 0..1 */
	uint32_t quantum;
	uint32_t unit; /* MOS_FX_REVERB, MOS_FX_CHORUS */
	int is_cut;    /* while both notes sound */
	int is_off;    /* that unit is, */
	uint32_t on_at; /* up to this frame; 0: for ever */
	int waits;     /* 1: an insert in another strip of the score makes that one late */
};

#define LATENCY 320u /* of that insert */

/* Nobody answers it: it is heard dry, as late as ever. */
static void make_late(void)
{
	static struct insert_region region;

	(void)insert_swap(mix_slot(&mixer, 5, 0), insert_create(&region, NULL, 0, LATENCY));
	mix_update(&mixer);
	mixer.align = align_create();
	cr_assert(mixer.chain[5].slot[0] && mixer.align);
	align_settle(mixer.align);
	cr_assert_eq(mix_latest(&mixer), LATENCY);
}

/* Zone 0 is for keys up to 63, zone 1 above. */
static void play(const struct take *t, float out[2][LEN])
{
	static struct rig r;
	const uint32_t send = t->unit == MOS_FX_REVERB ? ZP_REVERB : ZP_CHORUS;
	const struct event events[] = {{4096, ON, 0, 60, 100}, {6000, ON, 0, 72, 100}, {9000, OFF, 0, 60, 0},
		{12000, t->is_cut ? KILL : OFF, 0, 72, 0}};
	uint32_t i = 0, len;
	struct zone *z;

	rig_init(&r);
	z = rig_zone(&r, 1);
	z->key_hi = 63;
	z->param[send] = t->zone * 1000;
	z = rig_zone(&r, 1);
	z->key_lo = 64;
	z->param[send] = t->other_zone * 1000;
	rig_start(&r, NULL);
	mix_init(&mixer, RATE);
	(void)mix_fx_set(&mixer, MIX_MASTER, t->unit, 0, !t->is_off);
	(void)mix_fx_set(&mixer, 0, MOS_FX_SEND, MOS_FX_SEND_FOLLOW_CC, 0);
	(void)mix_fx_set(&mixer, 0, MOS_FX_SEND,
		t->unit == MOS_FX_REVERB ? MOS_FX_SEND_REVERB : MOS_FX_SEND_CHORUS, t->strip);
	if (t->waits)
		make_late();
	for (uint32_t f = 0; f < LEN; f += len) {
		len = t->quantum < LEN - f ? t->quantum : LEN - f;
		r.bufs.active = 0;
		r.bufs.n_sends = 0;
		if (t->is_off && t->on_at && t->on_at / t->quantum == f / t->quantum)
			(void)mix_fx_set(&mixer, MIX_MASTER, t->unit, 0, 1);
		r.bufs.is_heard = mix_hears_sends(&mixer);
		r.ins->begin(r.ins, r.frame, &r.bufs);
		for (; i < 4 && events[i].frame < f + len; i++) {
			rig_play(&r, &events[i], events[i].frame - f);
			if (events[i].kind == KILL)
				mix_killed(&mixer, 0, events[i].frame - f);
		}
		r.ins->render(r.ins, &r.bufs, len);
		mix_render(&mixer, &r.bufs, NULL, out[0] + f, out[1] + f, len);
		r.frame += len;
	}
	if (t->waits)
		insert_destroy(insert_swap(mix_slot(&mixer, 5, 0), NULL));
	align_destroy(mixer.align);
	rig_end(&r);
}

static float loudest(const float *x, uint32_t from, uint32_t to)
{
	float peak = 0;

	for (uint32_t i = from; i < to; i++)
		peak = fmaxf(peak, fabsf(x[i]));
	return peak;
}

static float a[2][LEN], b[2][LEN];

static void as_the_strip(uint32_t unit)
{
	play(&(struct take){.zone = PART, .other_zone = PART, .quantum = 256, .unit = unit}, a);
	play(&(struct take){.strip = PART, .quantum = 256, .unit = unit}, b);
	cr_expect_gt(loudest(a[0], 13000, 16000), 1e-4f, "it rings");
	cr_expect_arr_eq(a, b, sizeof(a), "unit %u", unit);
}

Test(zone_sends, as_the_strip,
	.description = "SF2 8.1.2: what zones send of their own (SF2 generators 15, 16; SFZ effect1, "
		       "effect2) is heard: the "
		       "same bits as when the strip sends as much")
{
	as_the_strip(MOS_FX_REVERB);
	as_the_strip(MOS_FX_CHORUS);
}

Test(zone_sends, unheard,
	.description = "APO-13: while reverb and chorus are off, zones that send sound as those that send nothing")
{
	play(&(struct take){.zone = 1, .other_zone = PART, .quantum = 256, .unit = MOS_FX_REVERB, .is_off = 1}, a);
	play(&(struct take){.quantum = 256, .unit = MOS_FX_REVERB, .is_off = 1}, b);
	cr_expect_gt(loudest(a[0], 6000, 9000), 1e-2f);
	cr_expect_arr_eq(a, b, sizeof(a));
}

Test(zone_sends, switched_on,
	.description = "APO-13: reverb that is switched on while notes sound hears what their zones send from then on")
{
	const uint32_t on_at = 7168;

	play(&(struct take){.zone = PART, .other_zone = PART, .quantum = 256, .unit = MOS_FX_REVERB, .is_off = 1, .on_at = on_at},
		a);
	play(&(struct take){.quantum = 256, .unit = MOS_FX_REVERB, .is_off = 1}, b);
	cr_expect_arr_eq(a[0], b[0], on_at * sizeof(float));
	cr_expect_arr_eq(a[1], b[1], on_at * sizeof(float));
	cr_expect_gt(loudest(a[0], 13000, 16000), 1e-4f, "it rings");
	cr_expect_eq(loudest(b[0], 15000, 16000), 0, "and not by itself");
}

static uint32_t first_of(const float *x)
{
	uint32_t i = 0;

	while (i < LEN && x[i] == 0)
		i++;
	return i;
}

Test(zone_sends, late_together,
	.description = "KRO-24: a strip of the score that waits for a later one is late with all that its zones send: the "
		       "same bits as when the strip sends as much")
{
	uint32_t first;

	play(&(struct take){.quantum = 256, .unit = MOS_FX_REVERB}, a);
	first = first_of(a[0]);
	for (uint32_t unit = MOS_FX_REVERB; unit <= MOS_FX_CHORUS; unit++)
		for (uint32_t quantum = 64; quantum <= 256; quantum += 192) {
			play(&(struct take){.zone = PART, .other_zone = PART, .quantum = quantum, .unit = unit, .waits = 1},
				a);
			play(&(struct take){.strip = PART, .quantum = quantum, .unit = unit, .waits = 1}, b);
			cr_expect_eq(first_of(a[0]), first + LATENCY, "unit %u: %u", unit, first_of(a[0]));
			cr_expect_gt(loudest(a[0], 13000, 16000), 1e-4f, "it rings");
			cr_expect_arr_eq(a, b, sizeof(a), "unit %u", unit);
		}
}

Test(zone_sends, cut,
	.description = "APO-13: where a strip is cut, what its zones send fades, too, as what the strip sends does: no "
		       "click in reverb or chorus")
{
	for (uint32_t unit = MOS_FX_REVERB; unit <= MOS_FX_CHORUS; unit++)
		for (uint32_t quantum = 32; quantum <= 256; quantum += 224) { /* at a block's start, and within */
			float worst = 0;

			play(&(struct take){
				     .zone = 0.5f, .other_zone = 0.5f, .quantum = quantum, .unit = unit, .is_cut = 1},
				a);
			play(&(struct take){.strip = 0.5f, .quantum = quantum, .unit = unit, .is_cut = 1}, b);
			for (uint32_t i = 0; i < LEN; i++)
				worst = fmaxf(worst, fabsf(a[0][i] - b[0][i]));
			cr_expect_lt(worst, 1e-5f, "unit %u, quantum %u: %g", unit, quantum, (double)worst);
		}
}

Test(zone_sends, inserted,
	.description = "APO-13: where an insert is put into a strip, what its zones send ends, but not at once")
{
	static struct insert_region region;
	static struct strip_bufs bufs;
	static float sent[2][64];
	float out[2][64], last = 0, steepest = 0;

	mix_init(&mixer, RATE);
	(void)mix_fx_set(&mixer, MIX_MASTER, MOS_FX_REVERB, 0, 1);
	(void)mix_fx_set(&mixer, 3, MOS_FX_SEND, MOS_FX_SEND_FOLLOW_CC, 0);
	for (uint32_t block = 0; block < 20; block++) {
		if (block == 10) {
			(void)insert_swap(mix_slot(&mixer, 3, 0), insert_create(&region, NULL, 0, 64));
			mix_update(&mixer);
		}
		bufs.active = 0;
		bufs.n_sends = 0;
		strip_touch(&bufs, 3, 64);
		for (uint32_t i = 0; i < 64; i++)
			bufs.l[3][i] = bufs.r[3][i] = sent[0][i] = sent[1][i] = 0.5f;
		bufs.send[bufs.n_sends++] = (struct strip_send){sent[0], sent[1], 3, 1, 0};
		mix_render(&mixer, &bufs, NULL, out[0], out[1], 64);
		for (uint32_t i = 0; i < 64; i++) {
			steepest = fmaxf(steepest, block ? fabsf(mixer.send[0][0][i] - last) : 0);
			last = mixer.send[0][0][i];
		}
		cr_expect(block >= 10 || last == 0.5f, "block %u: %g", block, (double)last);
	}
	cr_expect_eq(last, 0);
	cr_expect_lt(steepest, 0.03f, "%g", (double)steepest);
	insert_destroy(insert_swap(mix_slot(&mixer, 3, 0), NULL));
}

Test(zone_sends, shaped,
	.description = "TOU-22: a channel's own envelope holds for what its zones send, too, and for nobody else's")
{
	static struct shape shape = {.rate_hz = RATE};
	static struct strip_bufs bufs;
	static float sent[2][2][64];
	struct chan_state c;

	chan_init(&c);
	c.v.shape[CHAN_SHAPE_ATTACK] = 8; /* 1 ms */
	shape_strike(&shape, &c, 3, 16);
	for (uint32_t ch = 3; ch < 5; ch++) {
		strip_touch(&bufs, ch, 64);
		bufs.send[bufs.n_sends++] = (struct strip_send){sent[ch - 3][0], sent[ch - 3][1], ch, 1, 0};
		for (uint32_t i = 0; i < 64; i++)
			bufs.l[ch][i] = bufs.r[ch][i] = sent[ch - 3][0][i] = sent[ch - 3][1][i] = 0.5f;
	}
	shape_apply(&shape, &bufs, 64);
	cr_expect(bufs.l[3][16] == 0 && bufs.l[3][40] > 0.2f && bufs.l[3][40] < 0.3f, "%g", (double)bufs.l[3][40]);
	cr_expect_arr_eq(sent[0][0], bufs.l[3], sizeof(sent[0][0]));
	cr_expect_arr_eq(sent[0][1], bufs.r[3], sizeof(sent[0][1]));
	cr_expect(sent[1][0][16] == 0.5f && sent[1][1][16] == 0.5f && bufs.l[4][16] == 0.5f);
}

Test(zone_sends, one_of_two,
	.description = "SF2 8.1.2: a zone's send is its own: its neighbour on the strip stays dry")
{
	play(&(struct take){.other_zone = 1, .quantum = 256, .unit = MOS_FX_REVERB}, a);
	play(&(struct take){.quantum = 256, .unit = MOS_FX_REVERB}, b);
	cr_expect_arr_eq(a[0], b[0], 6000 * sizeof(float), "the first note sends nothing");
	cr_expect_gt(loudest(a[0], 13000, 16000), 1e-4f);
	cr_expect_lt(loudest(b[0], 13000, 16000), 1e-6f);
}

Test(zone_sends, any_block,
	.description = "SF2 8.1.2: zones that send sound the same, bit by bit, in blocks of any length")
{
	static const uint32_t quantum[] = {64, 100, 17};
	struct take t = {
		.zone = 0.25f, .other_zone = 0.7f, .strip = 0.1f, .quantum = 256, .unit = MOS_FX_REVERB};

	play(&t, a);
	for (uint32_t i = 0; i < 3; i++) {
		t.quantum = quantum[i];
		play(&t, b);
		cr_expect_arr_eq(a, b, sizeof(a), "quantum %u", quantum[i]);
	}
}

/* A short note on one channel after the other: as one ends, the next one finds as many buses in use as may be. */
static void play_many(uint32_t quantum, float out[2][LEN])
{
	static struct rig r;
	uint32_t next = 0, len;
	struct zone *z;

	rig_init(&r);
	z = rig_zone(&r, 1);
	z->loop = ZONE_LOOP_NONE;
	z->end = BUSES_LIVE * 100 + 50;
	z->param[ZP_REVERB] = 500;
	rig_start(&r, NULL);
	mix_init(&mixer, RATE);
	(void)mix_fx_set(&mixer, MIX_MASTER, MOS_FX_REVERB, 0, 1);
	for (uint32_t f = 0; f < LEN; f += len) {
		len = quantum < LEN - f ? quantum : LEN - f;
		r.bufs.active = 0;
		r.bufs.n_sends = 0;
		r.ins->begin(r.ins, r.frame, &r.bufs);
		for (; next < 200 && 1000 + next * 100 < f + len; next++)
			r.ins->note_on(r.ins, 1000 + next * 100 - f, next % APOLLO_CHANNELS, 60, 100);
		r.ins->render(r.ins, &r.bufs, len);
		mix_render(&mixer, &r.bufs, NULL, out[0] + f, out[1] + f, len);
		r.frame += len;
	}
	rig_end(&r);
}

Test(zone_sends, any_block_when_full,
	.description = "SF2 8.1.2: the same bits in blocks of any length, also where all buses are in use")
{
	play_many(32, a);
	cr_expect_gt(loudest(a[0], 13000, 16000), 1e-4f);
	play_many(256, b);
	cr_expect_arr_eq(a, b, sizeof(a));
}

static uint8_t take(struct sends *sends, uint32_t strip, float reverb, float chorus)
{
	struct send x = send_of(reverb, chorus);

	return sends_take(sends, strip, &x);
}

Test(zone_sends, more_than_buses,
	.description = "SF2 8.1.2: more different sends than there are buses: every note sounds, and all "
		       "buses are free again")
{
	static struct sends sends;
	uint8_t got[200];
	uint32_t n = 0;

	sends_begin(&sends, 1);
	for (uint32_t i = 0; i < 200; i++) {
		got[i] = take(&sends, i % 64, (float)(i + 1), 0);
		n += got[i] != BUS_NONE;
	}
	cr_expect_eq(n, BUSES_LIVE);
	for (uint32_t i = 0; i < 200; i++)
		sends_give(&sends, got[i]);
	cr_expect_eq(sends.n_live, 0);
	for (uint32_t round = 0; round < 50; round++) {
		sends_begin(&sends, 1);
		for (uint32_t i = 0; i < BUSES_LIVE; i++) {
			got[i] = take(&sends, i, 500, (float)(round + i));
			cr_assert_neq(got[i], BUS_NONE);
		}
		for (uint32_t i = 0; i + 1 < sends.n; i++) {
			const struct bus *p = &sends.bus[sends.order[i]],
					     *q = &sends.bus[sends.order[i + 1]];

			cr_assert(p->strip < q->strip || (p->strip == q->strip && p->reverb <= q->reverb));
		}
		for (uint32_t i = 0; i < BUSES_LIVE; i++)
			sends_give(&sends, got[i]);
	}
	cr_expect_eq(take(&sends, 0, 0, 0), BUS_NONE);
	cr_expect_eq(take(&sends, 0, NAN, NAN), BUS_NONE, "no number");
}

#define LAYERS 8u

/* Each note starts eight voices: four of one send, four of another, in turn or one kind after the other; half of them have
 * a filter. */
static void play_layers(int in_turn, uint32_t n_notes, uint32_t quantum, float out[2][LEN])
{
	static struct rig r;
	uint32_t len;

	rig_init(&r);
	for (uint32_t i = 0; i < LAYERS; i++) {
		uint32_t kind = in_turn ? i % 2 : i / (LAYERS / 2), number = in_turn ? i / 2 : i % (LAYERS / 2);
		struct zone *z = rig_zone(&r, 1);

		z->param[ZP_REVERB] = kind ? 700 : 250;
		z->param[ZP_GAIN] = 0.003f + 0.001f * (float)(2 * number + kind);
		z->filter = number % 2 ? ZONE_LP2 : ZONE_FILTER_OFF;
		z->param[ZP_FC] = 6000 + 300 * (float)number;
	}
	rig_start(&r, &(struct sampler_options){.interp = KERNEL_CUBIC, .polyphony = 1024});
	mix_init(&mixer, RATE);
	(void)mix_fx_set(&mixer, MIX_MASTER, MOS_FX_REVERB, 0, 1);
	for (uint32_t f = 0; f < LEN; f += len) {
		len = quantum < LEN - f ? quantum : LEN - f;
		r.bufs.active = 0;
		r.bufs.n_sends = 0;
		r.bufs.is_heard = 1;
		r.ins->begin(r.ins, r.frame, &r.bufs);
		for (uint32_t k = 0; k < n_notes && f == 0; k++)
			r.ins->note_on(r.ins, k / 16, 0, (uint8_t)(20 + k), 100);
		for (uint32_t k = 0; k < n_notes && f == 6400; k += 2)
			r.ins->note_off(r.ins, 0, 0, (uint8_t)(20 + k));
		r.ins->render(r.ins, &r.bufs, len);
		mix_render(&mixer, &r.bufs, NULL, out[0] + f, out[1] + f, len);
		r.frame += len;
		cr_assert(f != 0 || r.ins->voices(r.ins) == LAYERS * n_notes, "%u voices", r.ins->voices(r.ins));
	}
	cr_expect_eq(r.ins->voices(r.ins), LAYERS * n_notes / 2);
	rig_end(&r);
}

Test(zone_sends, whatever_begins_first,
	.description = "SF2 8.1.2, APO-26: voices that send alike sound the same, bit by bit, whatever begins between them; "
		       "few, and more than those whose order is kept from block to block")
{
	for (uint32_t n_notes = 6; n_notes <= 80; n_notes += 74) {
		play_layers(0, n_notes, 256, a);
		cr_expect_gt(loudest(a[0], 13000, 16000), 1e-3f, "it sounds");
		for (uint32_t quantum = 64; quantum <= 256; quantum += 192) {
			play_layers(1, n_notes, quantum, b);
			cr_expect_arr_eq(a, b, sizeof(a), "%u notes, quantum %u", n_notes, quantum);
		}
	}
}
