/* SPDX-License-Identifier: MIT */
/* Clients: notes at their time, and everything that a stranger may write into a ring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000

struct client {
	struct mos_region region;
	struct mos_ingress_writer w;
	struct mos_ingress_reader reader;
	uint16_t slot;
};

static void client_open(struct client *c, struct rig *r, uint16_t slot)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_CLIENT_ADD};
	struct engine_cmd cmd;

	c->slot = slot;
	cr_assert_eq(mos_region_create("test-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR,
			     MOS_INGRESS_ABI_MINOR, 1, &c->region),
		0);
	cr_assert_eq(mos_ingress_init(&c->region, slot), 0);
	cr_assert_eq(mos_ingress_reader_init(&c->reader, &c->region), 0);
	cr_assert_eq(mos_ingress_writer_init(&c->w, &c->region, &r->regions.dirty), 0);
	(void)rig_send(r, &msg, &c->reader, slot);
	engine_serve(r->e);
	cr_assert_eq(engine_receive(r->e, &cmd), 1);
}

static void client_close(struct client *c, struct rig *r)
{
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_CLIENT_REMOVE};
	struct engine_cmd cmd;

	(void)rig_send(r, &msg, NULL, c->slot);
	engine_serve(r->e);
	cr_assert_eq(engine_receive(r->e, &cmd), 1);
	mos_region_finish(&c->region);
}

static struct mos_event note_event(uint32_t type, uint8_t channel, uint8_t key, uint16_t velocity)
{
	struct mos_event ev = {.type = type, .tick = INT64_MIN};

	ev.u.note =
		(struct mos_ev_note){.channel = channel, .key = key, .velocity = velocity, .part = 0xffff};
	return ev;
}

/* The built-in synthesizer's drum voice starts with a sound, so its first frame can be seen. */
static struct mos_event hat(void)
{
	return note_event(MOS_EVENT_MIDI_NOTEON, 9, 42, 0xffff);
}

Test(ingress, note_now,
	.description = "TIM-02 APO-03: a client's note sounds with the next cycle and is told to all, named "
		       "as the client's")
{
	struct client c;
	struct mos_event ev = hat();
	struct rig r;

	rig_init(&r, RATE, 256);
	client_open(&c, &r, 7);
	rig_run(&r, 512);
	ev.source = MOS_SOURCE_RTCORE; /* not believed */
	ev.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED;
	cr_assert_eq(mos_ingress_push(&c.w, &ev), 0);
	rig_run(&r, 512);
	cr_expect_eq(rig_first_sound(&r, 0), 512);
	cr_assert(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev));
	cr_expect_eq(ev.source, 7);
	cr_expect_eq(ev.flags, MOS_EVENT_IMMEDIATE);
	cr_expect_eq(ev.u.note.group, MOS_GROUP_LIVE);
	cr_expect_leq(llabs((int64_t)ev.time_ns - (int64_t)(512 * 1000000000ll / RATE)), 1000);
	client_close(&c, &r);
	rig_finish(&r);
}

Test(ingress, note_at_time,
	.description = "KRO-04: a note stamped with a time sounds at that time's frame; past and absurd "
		       "times mean now")
{
	static const struct {
		int64_t ns;
		uint32_t frame;
	} times[] = {
		{50000000, 2400},
		{51000000, 2448},
		{1, 256},
		{INT64_MAX, 256},
		{4000ll * 1000000000, 256},
	};

	for (int i = 0; i < 5; i++) {
		struct client c;
		struct mos_event ev = hat();
		struct rig r;

		rig_init(&r, RATE, 256);
		client_open(&c, &r, 1023);
		rig_run(&r, 256);
		ev.time_ns = (uint64_t)times[i].ns;
		cr_assert_eq(mos_ingress_push(&c.w, &ev), 0);
		rig_run(&r, 4800);
		cr_expect_leq(abs((int)rig_first_sound(&r, 0) - (int)times[i].frame), 1, "case %d: frame %u",
			i, rig_first_sound(&r, 0));
		cr_assert(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev));
		if (times[i].frame == 256)
			cr_expect_leq(llabs((int64_t)ev.time_ns - 5333333), 1000,
				"case %d: told for another time", i);
		client_close(&c, &r);
		rig_finish(&r);
	}
}

Test(ingress, note_at_tick,
	.description = "APO-05: a live note stamped at tick T sounds in the same frame as the score's note "
		       "at T, over tempo ramps too; "
		       "while nothing plays it waits")
{
	uint64_t rng = 5;

	for (int i = 0; i < 20; i++) {
		int64_t tick = rnd(&rng, 500, 9000);
		struct score s = score_at(500000000, 9600);
		struct mos_event ev = hat();
		struct client c;
		struct rig score, live;
		uint32_t at;

		for (int k = 0; k < 2; k++) {
			s = score_at((uint64_t)333333333, 9600);
			score_tempo(&s, 400, 333333333, 777777777);
			score_tempo(&s, 5000, 432109876, 432109876);
			if (k == 0)
				score_note(&s, tick, 100, 9, 42, 127);
			rig_init(k ? &live : &score, 44100, k ? 333 : 256);
			rig_score(k ? &live : &score, &s);
		}
		client_open(&c, &live, 3);
		ev.tick = tick;
		cr_assert_eq(mos_ingress_push(&c.w, &ev), 0);
		rig_run(&live, 4000);
		cr_expect_eq(rig_counter(&live, C_LIVE_WAITING), 1);
		rig_forget(&live);
		cr_assert_eq(rig_play(&score), 0);
		cr_assert_eq(rig_play(&live), 0);
		rig_run(&score, 300000);
		rig_run(&live, 300000);
		at = rig_first_sound(&score, 0);
		cr_assert_lt(at, 300000);
		cr_assert_eq(rig_first_sound(&live, 0), at, "tick %lld", (long long)tick);
		cr_expect_arr_eq(score.l + at, live.l + at, 100 * sizeof(float));
		client_close(&c, &live);
		rig_finish(&score);
		rig_finish(&live);
	}
}

Test(ingress, repeated_notes_on_the_grid,
	.description = "APO-05: the end of one note and the start of the next on one key at one tick: the "
		       "next one sounds, however they came")
{
	struct score s = score_at(MOS_NPQ_120, 9600);
	struct mos_event on = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x8000),
			 off = note_event(MOS_EVENT_MIDI_NOTEOFF, 0, 60, 0);
	struct client c;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	client_open(&c, &r, 0);
	for (int64_t t = 0; t < 5; t++) { /* each note's start before the end of the one before it */
		on.tick = 960 * t;
		off.tick = 960 * t;
		cr_assert_eq(mos_ingress_push(&c.w, &on), 0);
		if (t > 0)
			cr_assert_eq(mos_ingress_push(&c.w, &off), 0);
	}
	off.tick = 4800;
	cr_assert_eq(mos_ingress_push(&c.w, &off), 0);
	cr_assert_eq(rig_play(&r), 0);
	rig_run(&r, 64);
	for (int t = 0; t < 5; t++) {
		cr_expect_eq(rig_counter(&r, C_KEYS), 1, "note %d", t);
		cr_expect_eq(rig_counter(&r, C_NOTES), t + 1);
		rig_run(&r, 24000);
	}
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	client_close(&c, &r);
	rig_finish(&r);
}

Test(ingress, client_dies,
	.description = "APO-21: with a client go its sounding notes and its waiting ones, and no one else's")
{
	struct client a, b;
	struct mos_event ev;
	struct rig r;

	rig_init(&r, RATE, 128);
	client_open(&a, &r, 1);
	client_open(&b, &r, 2);
	for (uint8_t k = 0; k < 100; k++) {
		ev = note_event(MOS_EVENT_MIDI_NOTEON, k % 16, k, 0x4000);
		cr_assert_eq(mos_ingress_push(k % 2 ? &a.w : &b.w, &ev), 0);
		ev.tick = 100000;
		cr_assert_eq(mos_ingress_push(k % 2 ? &a.w : &b.w, &ev), 0);
	}
	rig_run(&r, 1280);
	cr_expect_eq(rig_counter(&r, C_KEYS), 100);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 100);
	client_close(&a, &r);
	rig_run(&r, 128);
	cr_expect_eq(rig_counter(&r, C_KEYS), 50);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 50);
	cr_expect_eq(r.e->live.n_held, 50);
	client_close(&b, &r);
	rig_run(&r, 128);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	rig_finish(&r);
}

Test(ingress, every_key_is_booked, .description = "APO-21: 2,048 keys held by one client all end with it")
{
	struct client c;
	struct rig r;

	rig_init(&r, RATE, 64);
	client_open(&c, &r, 9);
	for (uint32_t k = 0; k < 2048; k++) {
		struct mos_event ev = note_event(MOS_EVENT_MIDI_NOTEON, (uint8_t)(k / 128), k % 128, 0x100);

		cr_assert_eq(mos_ingress_push(&c.w, &ev), 0);
		if (k % 32 == 31)
			rig_run(&r, 64);
	}
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 2048);
	client_close(&c, &r);
	rig_run(&r, 64);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	rig_finish(&r);
}

Test(ingress, refused,
	.description =
		"EVT-05 EVT-18: wrong types, fields, flags, reserved types and too many hops are counted by "
		"reason; nothing is told, nothing sounds")
{
	struct mos_event ok = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x8000), bad[24], ev;
	uint32_t n = 0, hops;
	struct client c;
	struct rig r;

	bad[n] = ok, bad[n++].type = 0;
	bad[n] = ok, bad[n++].type = 0x9999;
	bad[n] = ok, bad[n++].type = MOS_EVENT_TRANSPORT_STOP;
	bad[n] = ok, bad[n++].type = MOS_EVENT_SCORE_LOADED;
	bad[n] = ok, bad[n++].type = MOS_EVENT_TEMPO_CHANGE;
	bad[n] = ok, bad[n++].type = MOS_EVENT_KEY_CHANGE;
	bad[n] = ok, bad[n++].type = MOS_EVENT_ENGINE_STATE;
	bad[n] = ok, bad[n++].type = MOS_EVENT_METRONOME_BEAT;
	bad[n] = ok, bad[n++].u.note.key = 128;
	bad[n] = ok, bad[n++].u.note.channel = 16;
	bad[n] = ok, bad[n++].u.note.group = 16;
	bad[n] = ok, bad[n++].u.note.velocity = 0;
	bad[n] = ok, bad[n++].u.note.reserved[4] = 1;
	bad[n] = ok, bad[n++].flags = 0x80;
	for (uint32_t type = 0; type < 16; type += 5) { /* packets that are none of a channel's */
		bad[n] = (struct mos_event){.type = MOS_EVENT_MIDI_UMP, .tick = INT64_MIN};
		bad[n++].u.ump.word[0] = type << 28 | 0x903c40;
	}
	bad[n] = (struct mos_event){.type = MOS_EVENT_MIDI_UMP, .tick = INT64_MIN};
	bad[n++].u.ump.word[0] = 0x20103c40;
	hops = n;
	bad[n] = ok, bad[n++].hops = 9;
	bad[n] = ok, bad[n++].hops = 255;
	rig_init(&r, RATE, 256);
	client_open(&c, &r, 4);
	for (uint32_t i = 0; i < n; i++)
		cr_assert_eq(mos_ingress_push(&c.w, &bad[i]), 0);
	rig_run(&r, 4800);
	cr_expect_eq(rig_counter(&r, C_INGRESS_REFUSED), hops, "%lld",
		(long long)rig_counter(&r, C_INGRESS_REFUSED));
	cr_expect_eq(rig_counter(&r, C_INGRESS_HOPS), n - hops);
	cr_expect_eq(rig_counter(&r, C_INGRESS), 0);
	cr_expect_eq(rig_event(&r, 0, &ev), 0, "type %x was told", ev.type);
	cr_expect_eq(rig_peak(&r, 0, r.n_frames), 0);
	ok.hops = 8;
	cr_assert_eq(mos_ingress_push(&c.w, &ok), 0);
	rig_run(&r, 256);
	cr_expect_eq(rig_counter(&r, C_INGRESS), 1, "eight hops are allowed");
	client_close(&c, &r);
	rig_finish(&r);
}

Test(ingress, garbage, .timeout = 60,
	.description = "EVT-05: a million random records, headers overwritten, positions jumping: each "
		       "counted, no crash, the score "
		       "channels untouched, output finite and below the ceiling")
{
	struct mos_event ev;
	struct client c;
	struct rig r;
	uint64_t rng = 666;

	rig_init(&r, RATE, 64);
	client_open(&c, &r, 5);
	for (int i = 0; i < 30000; i++) {
		uint64_t *w = (uint64_t *)c.w.slot;

		for (uint32_t k = 0; k < 32; k++) {
			uint64_t *slot = w + 8 * (rnd_u64(&rng) % MOS_INGRESS_SLOTS);

			for (int q = 0; q < 8; q++)
				slot[q] = rnd_u64(&rng);
			if (k % 2) { /* half of them look right up to the payload */
				memset(&ev, 0, sizeof(ev));
				ev = note_event(rnd(&rng, 0, 2) ? MOS_EVENT_MIDI_UMP
								: (uint32_t)MOS_EVENT_MIDI_NOTEON,
					0, 0, 0);
				ev.tick = rnd(&rng, 0, 3) ? INT64_MIN : (int64_t)rnd_u64(&rng);
				ev.time_ns = rnd(&rng, 0, 3) ? 0 : rnd_u64(&rng);
				ev.u.words[0] =
					(uint32_t)rnd_u64(&rng) & (rnd(&rng, 0, 1) ? 0xffffffff : 0x4fff7f7f);
				ev.u.words[1] = (uint32_t)rnd_u64(&rng);
				memcpy(slot, &ev, sizeof(ev));
			}
		}
		switch (rnd(&rng, 0, 9)) {
		case 0:
			c.w.hdr->write_pos = rnd_u64(&rng);
			break;
		case 1:
			c.w.hdr->read_pos = rnd_u64(&rng);
			break;
		case 2:
			c.w.hdr->n_slots = (uint32_t)rnd_u64(&rng);
			break;
		case 3:
			c.w.hdr->slot_id = (uint32_t)rnd_u64(&rng);
			break;
		default:
			c.w.hdr->write_pos += (uint64_t)rnd(&rng, 0, 40);
			break;
		}
		__atomic_fetch_or(&r.e->dirty->bits[rnd_u64(&rng) % 16], rnd_u64(&rng), __ATOMIC_RELAXED);
		rig_run(&r, 64);
		cr_assert_leq(rig_peak(&r, 0, r.n_frames), MIX_CEILING * 1.000001f);
		rig_forget(&r);
		while (mos_event_next(&r.reader, &ev) != 0)
			;
	}
	cr_expect_gt(rig_counter(&r, C_INGRESS_REFUSED), 1000);
	cr_expect_gt(rig_counter(&r, C_INGRESS_RESYNC), 1000);
	cr_expect_gt(rig_counter(&r, C_INGRESS), 1000);
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++) {
		cr_expect_eq(r.e->apollo.channel[ch].version, 0, "channel %u of the score was changed", ch);
		cr_expect_eq(r.e->apollo.keys[ch][0] | r.e->apollo.keys[ch][1], 0);
	}
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_IDLE);
	client_close(&c, &r);
	rig_run(&r, 64);
	cr_expect_eq(r.e->live.n_held, 0);
	cr_expect_eq(r.e->live.n_waiting, 0);
	rig_finish(&r);
}

Test(ingress, flood,
	.description = "EVT-05: a flooding client gets its share a cycle, and the others are served in the "
		       "same cycle")
{
	struct client flood, calm;
	struct mos_event ev = {.type = MOS_EVENT_WIDGET_STATE, .tick = INT64_MIN};
	struct rig r;
	int64_t before;

	rig_init(&r, RATE, 64);
	client_open(&flood, &r, 0);
	client_open(&calm, &r, 900);
	for (int i = 0; i < 200; i++) {
		while (mos_ingress_push(&flood.w, &ev) == 0)
			;
		ev.u.words[0] = (uint32_t)i;
		cr_assert_eq(mos_ingress_push(&calm.w, &ev), 0);
		before = rig_counter(&r, C_INGRESS);
		rig_run(&r, 64);
		cr_assert_eq(rig_counter(&r, C_INGRESS) - before, ENGINE_PER_CLIENT + 1);
		do {
			cr_assert(rig_event(&r, MOS_EVENT_WIDGET_STATE, &ev),
				"cycle %d: the calm one was not served", i);
		} while (ev.source != 900);
		cr_assert_eq(ev.u.words[0], (uint32_t)i);
		ev.u.words[0] = 0;
	}
	client_close(&flood, &r);
	client_close(&calm, &r);
	rig_finish(&r);
}

Test(ingress, hoarding,
	.description = "EVT-05 APO-21: clients that fill the queue with notes for the far future leave room "
		       "for others, for "
		       "the keyboard and for calls")
{
	struct client hoarder[8], other;
	struct driver_midi in = {.n = 1, .ump = {{3, 1, {0x20993c64}}}};
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE};
	struct mos_event ev = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x8000), now = ev;
	struct rig r;

	rig_init(&r, RATE, 64);
	client_open(&hoarder[0], &r, 0);
	client_open(&other, &r, 1);
	ev.tick = INT64_MAX;
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 32; k++)
			(void)mos_ingress_push(&hoarder[0].w, &ev);
		rig_run(&r, 64);
	}
	cr_assert_eq(mos_ingress_push(&other.w, &now), 0);
	rig_run(&r, 64);
	cr_expect_eq(rig_counter(&r, C_NOTES), 1, "another client's note was dropped");
	for (uint16_t h = 1; h < 8; h++) {
		client_open(&hoarder[h], &r, (uint16_t)(10 + h));
		for (int i = 0; i < 10; i++) {
			for (int k = 0; k < 32; k++)
				(void)mos_ingress_push(&hoarder[h].w, &ev);
			rig_run(&r, 64);
		}
	}
	cr_expect_gt(rig_counter(&r, C_LIVE_DROPPED), 0);
	r.midi_in = &in;
	rig_run(&r, 64);
	cr_expect_eq(rig_counter(&r, C_NOTES), 2, "the keyboard's note was dropped");
	msg.u.note.n_keys = MOS_RTCTL_KEYS_MAX;
	msg.u.note.velocity = 0x8000;
	msg.u.note.len = 10;
	cr_expect_eq(rig_ask(&r, &msg), 0, "a call was refused");
	for (int h = 0; h < 8; h++)
		client_close(&hoarder[h], &r);
	client_close(&other, &r);
	rig_run(&r, RATE);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	rig_finish(&r);
}
