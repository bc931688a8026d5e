/* SPDX-License-Identifier: MIT */
/*
 * What inserts are told, through the real engine and into the region, where a process would read it: the state of
 * their channel when they come, and where the song is.
 */
#include <stdlib.h>
#include <string.h>

#include "apollo/insert/insert_rt.h"
#include "rtcore_fixture.h"

#define RATE 48000u
#define STRIP 5u

struct seat {
	struct rig rig;
	struct insert_region *region;
};

/* Swapped in as control does it. */
static void take_seat(struct seat *s)
{
	const struct mos_rtctl_msg msg = {.op = ENGINE_OP_INSERT, .u.insert = {.strip = STRIP}};
	struct insert *end;

	s->region = aligned_alloc(128, (sizeof(*s->region) + 127) / 128 * 128);
	cr_assert_not_null(s->region);
	memset(s->region, 0, sizeof(*s->region));
	end = insert_create(s->region, NULL, 0, 128);
	cr_assert_not_null(end);
	(void)rig_send(&s->rig, &msg, end, 0);
}

static void leave(struct seat *s)
{
	insert_destroy(insert_swap(mix_slot(&s->rig.e->apollo.mix, STRIP, 0), NULL));
	mix_update(&s->rig.e->apollo.mix);
	free(s->region);
	rig_finish(&s->rig);
}

static void say(struct seat *s, uint8_t status, uint8_t d1, uint8_t d2)
{
	apollo_ump(&s->rig.e->apollo, 0, (uint32_t[]){ump_cv1(0, status, STRIP, d1, d2), 0});
}

/* The channel as somebody knows it who hears this period, and nothing before. */
static void hear(const struct insert_cue *cue, struct chan_state *ret)
{
	struct chan_msg m;

	chan_init(ret);
	cr_assert_leq(cue->n_events, INSERT_EVENTS);
	cr_assert_eq(cue->lost, 0);
	for (uint32_t i = 0; i < cue->n_events; i++) {
		cr_assert_eq(cue->event[i].frame, 0);
		cr_assert_eq(chan_decode(cue->event[i].ump, &m), 0);
		cr_assert_eq(m.channel, STRIP);
		chan_apply(ret, &m);
	}
}

static void expect_same(const struct chan_values *a, const struct chan_values *b)
{
	static const uint8_t controllers[] = {0, 1, 7, 10, 11, 32, 64, 74, 91};

	for (uint32_t i = 0; i < sizeof(controllers); i++)
		cr_expect_eq(a->cc[controllers[i]], b->cc[controllers[i]], "controller %u: %u, not %u", controllers[i],
			a->cc[controllers[i]], b->cc[controllers[i]]);
	cr_expect_eq(a->program, b->program);
	cr_expect_eq(a->bank_msb, b->bank_msb);
	cr_expect_eq(a->bank_lsb, b->bank_lsb);
	cr_expect_eq(a->rpn[RPN_BEND_RANGE], b->rpn[RPN_BEND_RANGE]);
	cr_expect_eq(a->pressure, b->pressure);
	cr_expect_eq(a->bend, b->bend);
	cr_expect(a->select_msb == b->select_msb && a->select_lsb == b->select_lsb && a->select_nrpn == b->select_nrpn);
}

Test(apollo_feed, state,
	.description = "NAM-04: an insert that comes, or whose process was started again, hears first where its channel "
		       "is: program, controllers, bend and its range; and so it does at a reset of the system")
{
	static const uint8_t controls[][2] = {{0, 3}, {32, 4}, {1, 20}, {7, 30}, {10, 100}, {11, 90}, {64, 127}, {74, 50},
		{101, 0}, {100, 0}, {6, 12}, {38, 5}, {99, 1}, {98, 8}};
	struct chan_state heard;
	struct seat s = {0};

	rig_init(&s.rig, RATE, 256);
	for (uint32_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		say(&s, 0xb0, controls[i][0], controls[i][1]);
		if (i == 1)
			say(&s, 0xc0, 17, 0);
	}
	say(&s, 0xb0, 0, 6); /* for a program that has not come yet */
	say(&s, 0xd0, 44, 0);
	say(&s, 0xe0, 1, 80);
	rig_run(&s.rig, 512);
	take_seat(&s);
	rig_run(&s.rig, 512);
	hear(&s.region->cue[0], &heard);
	expect_same(&heard.v, &s.rig.e->apollo.channel[STRIP].v);
	cr_expect(heard.v.cc[7] == 30 && heard.v.cc[0] == 6 && heard.v.bank_msb == 3 && heard.v.program == 17);
	cr_expect_eq(s.region->cue[1].n_events, 0);

	apollo_ump(&s.rig.e->apollo, 0, (uint32_t[]){0x30047e7f, 0x09010000}); /* General MIDI on */
	rig_run(&s.rig, 64);
	hear(&s.region->cue[8], &heard);
	expect_same(&heard.v, &s.rig.e->apollo.channel[STRIP].v);
	cr_expect_eq(heard.v.cc[7], 100);
	leave(&s);
}

Test(apollo_feed, frames,
	.description = "NAM-02: the song's frame is told exactly, also within a tick, through a change of tempo")
{
	struct score score = score_at(500000000, 16 * 960);
	struct seat s = {0};
	uint64_t first = 0;

	score_tempo(&score, 960, 371000000, 371000000);
	rig_init(&s.rig, RATE, 100);
	rig_score(&s.rig, &score);
	take_seat(&s);
	rig_run(&s.rig, 1000);
	cr_assert_eq(rig_play(&s.rig), 0);
	rig_run(&s.rig, 12000);
	while (s.region->cue[first].time.per_frame == 0)
		first++;
	for (uint64_t i = first; i + 1 < s.region->n_in; i++)
		cr_assert_eq(s.region->cue[i + 1].time.frame, s.region->cue[i].time.frame + INSERT_PERIOD,
			"period %lu: %ld behind %ld", i + 1, (long)s.region->cue[i + 1].time.frame,
			(long)s.region->cue[i].time.frame);
	cr_assert_gt(s.region->n_in, first + 100);
	leave(&s);
}
