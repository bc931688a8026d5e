/* SPDX-License-Identifier: MIT */
/* What the capabilities midi.in and midi.out open: the raw lane of MIDI input, and the way to the MIDI
 * output. */
#include <stdlib.h>
#include <string.h>

#include <mos/event_ring.h>

#include "rtcore_fixture.h"

#define RATE 48000

struct stage {
	struct rig rig;
	struct rig_client client;
	struct driver_midi *out;
};

static void set_up(struct stage *s, uint32_t may)
{
	s->out = calloc(1, sizeof(*s->out));
	rig_init(&s->rig, RATE, 128);
	s->rig.midi_out = s->out;
	rig_client_open(&s->client, &s->rig, 3, may);
	rig_run(&s->rig, 48000); /* a new listener is told how things are */
	s->out->n = 0;
}

static void tear_down(struct stage *s)
{
	rig_finish(&s->rig);
	free(s->out);
}

static int64_t now_ns(struct stage *s)
{
	struct mos_clock clock;

	cr_assert_eq(mos_clock_read(s->rig.regions.clock.base, &clock), 0);
	return clock.time_ns + (int64_t)((s->rig.e->frame - clock.frame) * clock.frame_ps / 1000);
}

static void send_note(struct stage *s, uint8_t group, uint8_t key, uint16_t velocity, uint64_t time_ns)
{
	struct mos_event ev = {.type = velocity ? MOS_EVENT_MIDI_NOTEON : MOS_EVENT_MIDI_NOTEOFF,
		.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
		.tick = INT64_MIN,
		.time_ns = time_ns};

	ev.u.note = (struct mos_ev_note){
		.group = group, .channel = 2, .key = key, .velocity = velocity, .part = 0xffff};
	cr_assert_geq(rig_emit(&s->client, &s->rig, &ev), 0);
}

/* Notes in what went out in the last cycle. */
static uint32_t sent(const struct stage *s, uint32_t status, uint8_t key, uint32_t *ret_offset)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->out->n; i++) {
		const struct driver_ump *u = &s->out->ump[i];

		if ((u->word[0] >> 20 & 15) != status || (u->word[0] >> 8 & 127) != key)
			continue;
		*ret_offset = u->offset_frames;
		n++;
	}
	return n;
}

static void cycle(struct stage *s)
{
	s->out->n = 0;
	rig_run(&s->rig, 128);
}

Test(midi_out_cap, sends,
	.description = "WID-03: with midi.out a note goes to the MIDI output at its frame, with its group, "
		       "sounds nowhere and "
		       "is told nobody")
{
	struct stage s;
	struct mos_event ev;
	uint32_t at = 0, n = 0;

	set_up(&s, MOS_MAY_MIDI_OUT);
	while (rig_event(&s.rig, 0, &ev))
		;
	send_note(&s, 1, 60, 50000, (uint64_t)(now_ns(&s) + 1000000)); /* 48 frames */
	cycle(&s);
	cr_assert_eq(sent(&s, 9, 60, &at), 1, "WID-03: sent");
	cr_expect(at >= 47 && at <= 49, "WID-03: at frame %u", at);
	for (uint32_t i = 0; i < s.out->n; i++)
		if ((s.out->ump[i].word[0] >> 20 & 15) == 9)
			cr_expect_eq(s.out->ump[i].word[0] >> 16, 0x4192, "WID-03: group 2, channel 3");
	cr_expect_eq(rig_counter(&s.rig, C_NOTES), 0, "WID-03: it does not sound here");
	while (rig_event(&s.rig, MOS_EVENT_MIDI_NOTEON, &ev))
		n++;
	cr_expect_eq(n, 0, "WID-03: and is told nobody");
	send_note(&s, 1, 60, 0, 0);
	cycle(&s);
	cr_assert_eq(sent(&s, 8, 60, &at), 1);
	rig_client_close(&s.client, &s.rig);
	tear_down(&s);
}

Test(midi_out_cap, not_without,
	.description = "WID-03 SEC-03: without midi.out nothing reaches the output, whatever else is "
		       "granted; the way back does "
		       "not open either")
{
	static const uint32_t granted[] = {0, MOS_MAY_EMIT, MOS_MAY_PLAY, MOS_MAY_EMIT | MOS_MAY_PLAY};
	uint32_t at;

	for (size_t i = 0; i < sizeof(granted) / sizeof(granted[0]); i++) {
		struct stage s;
		int64_t refused;

		set_up(&s, granted[i]);
		refused = rig_counter(&s.rig, C_BUS_REFUSED + REFUSED_GRANT * RTCORE_N_TYPES +
						      (uint32_t)mos_event_type_index(MOS_EVENT_MIDI_NOTEON));
		send_note(&s, 0, 60, 50000, 0);
		cycle(&s);
		cr_expect_eq(sent(&s, 9, 60, &at), 0, "WID-03: with %u", granted[i]);
		cr_expect_eq(rig_counter(&s.rig, C_NOTES), 0);
		cr_expect_eq(
			rig_counter(&s.rig, C_BUS_REFUSED + REFUSED_GRANT * RTCORE_N_TYPES +
						    (uint32_t)mos_event_type_index(MOS_EVENT_MIDI_NOTEON)),
			refused + 1, "WID-03: counted");
		rig_client_close(&s.client, &s.rig);
		tear_down(&s);
	}

	struct stage s;
	struct mos_event ev = {
		.type = MOS_EVENT_MIDI_NOTEON, .flags = MOS_EVENT_IMMEDIATE, .tick = INT64_MIN};

	set_up(&s, MOS_MAY_MIDI_OUT);
	ev.u.note = (struct mos_ev_note){.key = 60, .velocity = 50000, .part = 0xffff};
	cr_assert_geq(rig_emit(&s.client, &s.rig, &ev), 0);
	cycle(&s);
	cr_expect_eq(rig_counter(&s.rig, C_NOTES), 0, "WID-03: midi.out does not play here");
	rig_client_close(&s.client, &s.rig);
	tear_down(&s);
}

Test(midi_out_cap, refused,
	.description = "WID-03: what is for no output of ours, is no packet of a channel, or waits for a "
		       "tick is refused")
{
	struct stage s;
	struct mos_event ump = {.type = MOS_EVENT_MIDI_UMP,
				 .flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
				 .tick = INT64_MIN,
				 .u.ump.word = {0x20b20740}},
			 chord = {.type = MOS_EVENT_TUNER_PITCH,
				 .flags = MOS_EVENT_TO_OUTPUT,
				 .tick = INT64_MIN};

	set_up(&s, MOS_MAY_MIDI_OUT | MOS_MAY_EMIT | MOS_MAY_PLAY);
	(void)rig_emit(&s.client, &s.rig, &ump);
	cycle(&s);
	cr_expect_eq(s.out->n, 1, "WID-03: a controller goes out");
	cr_expect_eq(s.out->ump[0].word[0], 0x20b20740);
	send_note(&s, 3, 60, 50000, 0); /* the live group is what sounds here */
	send_note(&s, 15, 60, 50000, 0);
	ump.tick = 960;
	(void)rig_emit(&s.client, &s.rig, &ump);
	ump.tick = INT64_MIN;
	ump.u.ump.word[0] = 0x30160102; /* sysex */
	(void)rig_emit(&s.client, &s.rig, &ump);
	ump.u.ump.word[0] = 0x23b20740; /* group 4 */
	(void)rig_emit(&s.client, &s.rig, &ump);
	cycle(&s);
	cr_expect_eq(s.out->n, 0, "WID-03: none of these, %u", s.out->n);
	cr_expect_eq(
		mos_event_check(&chord), MOS_EVENT_BAD_FLAGS, "WID-03: what makes no sound has no output");
	rig_client_close(&s.client, &s.rig);
	tear_down(&s);
}

Test(midi_out_cap, death,
	.description =
		"WID-03: a sender's death ends its notes at the output, and what it had waiting never begins")
{
	struct stage s;
	uint32_t at;

	set_up(&s, MOS_MAY_MIDI_OUT);
	for (uint8_t key = 50; key < 60; key++)
		send_note(&s, 0, key, 40000, 0);
	send_note(&s, 0, 90, 40000, (uint64_t)(now_ns(&s) + 500000000));
	cycle(&s);
	cr_assert_eq(sent(&s, 9, 55, &at), 1);
	cr_assert_eq(s.rig.e->send.n_held, 10);
	rig_client_close(&s.client, &s.rig);
	for (uint32_t i = 0, n = 0; i < 400 && n < 10; i++) {
		cycle(&s);
		for (uint8_t key = 50; key < 60; key++)
			n += sent(&s, 8, key, &at);
		cr_assert(n == 10 || i < 399, "WID-03: %u of 10 ended", n);
	}
	for (uint32_t i = 0; i < 400; i++) {
		cycle(&s);
		cr_assert_eq(sent(&s, 9, 90, &at), 0, "WID-03: never begun");
	}
	cr_expect_eq(s.rig.e->send.n_held, 0);
	cr_expect_eq(s.rig.e->send.n_waiting, 0);
	tear_down(&s);
}

Test(midi_out_cap, death_with_a_pedal_down,
	.description = "WID-03: a sender's death lifts the pedals that it pressed, or its notes would ring "
		       "on; not those of "
		       "others")
{
	static const uint8_t pedals[] = {64, 66, 69};
	struct rig_client other;
	struct stage s;
	uint32_t at, n = 0;

	set_up(&s, MOS_MAY_MIDI_OUT);
	rig_client_open(&other, &s.rig, 4, MOS_MAY_MIDI_OUT);
	for (uint32_t i = 0; i < 4; i++) {
		struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP,
			.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
			.tick = INT64_MIN,
			.u.ump.word = {0x20b2007f | (i < 3 ? (uint32_t)pedals[i] << 8 : 1u << 16 | 64 << 8)}};

		cr_assert_geq(rig_emit(i < 3 ? &s.client : &other, &s.rig, &ev), 0);
	}
	cycle(&s);
	cr_assert_eq(sent(&s, 0xb, 66, &at), 1);
	rig_client_close(&s.client, &s.rig);
	for (uint32_t i = 0; i < 400; i++) {
		cycle(&s);
		for (uint32_t k = 0; k < s.out->n; k++) {
			cr_expect_eq(s.out->ump[k].word[0] & 0xffff00ff, 0x20b20000, "WID-03: %08x",
				s.out->ump[k].word[0]);
			n++;
		}
	}
	cr_expect_eq(n, 3, "WID-03: %u pedals went up", n);
	cr_expect_eq(s.rig.e->send.n_held, 1, "WID-03: the other's is down");
	rig_client_close(&other, &s.rig);
	tear_down(&s);
}

Test(midi_out_cap, held_while_the_score_stops,
	.description = "WID-03: keys and pedal that a client holds at the MIDI output are not the score's: no jump, new "
		       "content or stop ends them")
{
	const struct mos_event pedal = {.type = MOS_EVENT_MIDI_UMP,
		.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
		.tick = INT64_MIN,
		.u.ump.word = {0x20b2407f}};
	struct score score = score_at(MOS_NPQ_120, 960 * 80), again = score_at(MOS_NPQ_120, 960 * 80);
	struct song *song;
	uint32_t at, n_ends = 0;
	struct stage s;

	set_up(&s, MOS_MAY_MIDI_OUT);
	score_note(&score, 0, 960 * 80, 2, 72, 100);
	score_note(&again, 0, 960 * 80, 2, 74, 100);
	rig_score(&s.rig, &score);
	cr_assert_eq(rig_play(&s.rig), 0);
	send_note(&s, 0, 60, 50000, 0);
	cr_assert_geq(rig_emit(&s.client, &s.rig, &pedal), 0);
	cycle(&s);
	cr_assert_eq(sent(&s, 9, 60, &at), 1);
	cr_assert_eq(sent(&s, 0xb, 64, &at), 1);
	for (int step = 0; step < 3; step++) {
		if (step == 0) {
			cr_assert_eq(rig_seek(&s.rig, 960), 0);
		} else if (step == 1) {
			song = score_song(&again);
			rig_update(&s.rig, song);
		} else {
			cr_assert_eq(rig_stop(&s.rig), 0);
		}
		for (int i = 0; i < 50; i++) {
			cycle(&s);
			n_ends += sent(&s, 8, 60, &at) + sent(&s, 0xb, 64, &at) + sent(&s, 0xb, 123, &at);
		}
	}
	cr_expect_eq(n_ends, 0);
	send_note(&s, 0, 60, 0, 0);
	cycle(&s);
	cr_expect_eq(sent(&s, 8, 60, &at), 1, "its own end");
	rig_client_close(&s.client, &s.rig);
	tear_down(&s);
}

/* More than a block has room for. */
Test(midi_out_cap, death_of_all_keys,
	.description = "WID-03 SEC-09: a sender that holds every key of the output's 48 channels leaves none "
		       "behind when it dies")
{
	struct stage s;

	set_up(&s, MOS_MAY_MIDI_OUT);
	for (uint32_t i = 0; i < 48 * 128; i++) {
		struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON,
			.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
			.tick = INT64_MIN};

		ev.u.note = (struct mos_ev_note){.group = (uint8_t)(i / 2048),
			.channel = (uint8_t)(i / 128 % 16),
			.key = (uint8_t)(i % 128),
			.velocity = 1000,
			.part = 0xffff};
		(void)rig_emit(&s.client, &s.rig, &ev);
		if (i % 16 == 15)
			rig_run(&s.rig, RATE / 100); /* within what a client may send */
	}
	rig_run(&s.rig, RATE);
	cr_assert_gt(s.rig.e->send.n_held, BLOCK_EVENTS_MAX, "%u keys are held", s.rig.e->send.n_held);
	rig_client_close(&s.client, &s.rig);
	for (uint32_t i = 0; i < 2000 && s.rig.e->send.n_held; i++)
		cycle(&s);
	cr_expect_eq(s.rig.e->send.n_held, 0, "WID-03: %u hang", s.rig.e->send.n_held);
	for (uint32_t i = 0; i < 2000 && s.rig.e->out.clients.n_owed; i++)
		cycle(&s);
	cr_expect_eq(s.rig.e->out.clients.n_owed, 0, "WID-03: every end has gone out");
	tear_down(&s);
}

Test(midi_out_cap, flood,
	.description = "WID-03 SEC-09: a flood to the output takes its own room only, and ends get through")
{
	struct stage s;
	uint32_t at;

	set_up(&s, MOS_MAY_MIDI_OUT);
	for (uint32_t i = 0; i < 3000; i++) {
		struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON,
			.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_TO_OUTPUT,
			.tick = INT64_MIN,
			.time_ns = (uint64_t)(now_ns(&s) + 2000000000)};

		ev.u.note = (struct mos_ev_note){.key = (uint8_t)(i % 128), .velocity = 1000, .part = 0xffff};
		(void)rig_emit(&s.client, &s.rig, &ev);
		if (i % 64 == 0)
			cycle(&s);
	}
	cycle(&s);
	cr_expect_leq(s.rig.e->send.n_waiting, MIDI_SEND_PER_CLIENT);
	cr_expect_gt(rig_counter(&s.rig, C_MIDI_DROPPED), 0, "SEC-09: what found no room is counted");
	rig_run(&s.rig, RATE / 2); /* its debt is paid */
	send_note(&s, 0, 127, 0, 0);
	for (uint32_t i = 0, n = 0; i < 200 && !n; i++) {
		cycle(&s);
		n = sent(&s, 8, 127, &at);
		cr_assert(n || i < 199, "SEC-09: an end gets through");
	}
	rig_client_close(&s.client, &s.rig);
	tear_down(&s);
}

Test(midi_in_cap, raw,
	.description = "WID-03 MID-01: the lane of midi.in has each packet as it came: group, words, its "
		       "frame's time, in order")
{
	static const struct driver_ump came[] = {
		{3, 1, {0x21903c64}},                                       /* MIDI 1.0, group 2 */
		{10, 2, {0x40b00700, 0x80000000}},                          /* MIDI 2.0 controller */
		{10, 2, {0x30167e7f, 0x09010000}},                          /* sysex */
		{64, 1, {0x10f80000}},                                      /* clock */
		{100, 4, {0x50101112, 0x13141516, 0x17181920, 0x21222324}}, /* 128 bits */
		{127, 1, {0x21803c00}},
	};
	enum { N = sizeof(came) / sizeof(came[0]) };
	struct driver_midi in = {.n = N};
	struct mos_event_reader reader;
	struct mos_event ev;
	struct rig r;
	uint64_t begin_ns;

	memcpy(in.ump, came, sizeof(came));
	rig_init(&r, RATE, 128);
	rig_run(&r, 1280);
	cr_assert_eq(mos_event_reader_init(&reader, &r.regions.midi, 0), 0);
	cr_assert_eq(mos_event_next(&reader, &ev), 0);
	r.midi_in = &in;
	rig_run(&r, 128);
	for (uint32_t i = 0; i < N; i++) {
		cr_assert_eq(mos_event_next(&reader, &ev), 1, "MID-01: packet %u", i);
		cr_expect_eq(ev.type, MOS_EVENT_MIDI_UMP);
		cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
		for (uint32_t w = 0; w < 4; w++)
			cr_expect_eq(
				ev.u.ump.word[w], w < came[i].n_words ? came[i].word[w] : 0, "MID-01: %u", i);
		if (i == 0)
			begin_ns = ev.time_ns - 3 * UINT64_C(1000000000) / RATE;
		cr_expect_leq(llabs((int64_t)(ev.time_ns - begin_ns -
					      came[i].offset_frames * UINT64_C(1000000000) / RATE)),
			2000, "MID-01: time of packet %u", i);
	}
	cr_expect_eq(mos_event_next(&reader, &ev), 0);
	rig_finish(&r);
}
