/* SPDX-License-Identifier: MIT */
/* What is held, as midi:snapshot tells it: keys, pedal, strings; by itself and through the engine. */
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define LIVE (MOS_GROUP_LIVE << 24)

static void send(struct midi_state *s, uint32_t status, uint32_t ch, uint32_t d1, uint32_t d2)
{
	const uint32_t ump[2] = {0x20000000u | LIVE | status << 16 | ch << 16 | d1 << 8 | d2, 0};

	midi_state_packet(s, ump);
}

/* The state now; it has changed. */
static struct mos_ev_snapshot look(struct midi_state *s)
{
	struct mos_ev_snapshot snap = {0};

	s->told_ns = 0;
	cr_assert_eq(midi_state_due(s, 1, &snap), 1, "nothing new to tell");
	return snap;
}

static int holds(const struct mos_ev_snapshot *snap, uint32_t key)
{
	return snap->keys[key / 64] >> key % 64 & 1;
}

Test(midi_state, combined,
	.description =
		"MID-08: keys of all channels together, each counted once; the channels that hold something")
{
	struct midi_state s;
	struct mos_ev_snapshot snap;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	send(&s, 0x90, 0, 60, 100);
	send(&s, 0x90, 3, 60, 100);
	send(&s, 0x90, 3, 127, 1);
	send(&s, 0x90, 15, 0, 1);
	snap = look(&s);
	cr_expect(holds(&snap, 60) && holds(&snap, 127) && holds(&snap, 0));
	cr_expect_eq(snap.n_keys, 3);
	cr_expect_eq(snap.channels, 1u << 0 | 1u << 3 | 1u << 15);
	for (int i = 0; i < 6; i++)
		cr_expect_eq(snap.string[i], 0xff);

	send(&s, 0x80, 0, 60, 0);
	snap = look(&s);
	cr_expect(holds(&snap, 60), "the other channel still holds it");
	send(&s, 0x90, 3, 60, 0); /* MIDI 1.0: velocity 0 is an end */
	send(&s, 0x80, 3, 127, 64);
	send(&s, 0x80, 15, 0, 64);
	snap = look(&s);
	cr_expect_eq(snap.n_keys, 0);
	cr_expect_eq(snap.channels, 0);
}

Test(midi_state, sustain,
	.description =
		"MID-08: the pedal keeps what was held and struck under it, until it is up; nothing else")
{
	struct midi_state s;
	struct mos_ev_snapshot snap;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	send(&s, 0x90, 0, 50, 100); /* before the pedal */
	send(&s, 0x90, 0, 40, 100);
	send(&s, 0x80, 0, 40, 0); /* ended before it: not kept */
	send(&s, 0xb0, 0, 64, 127);
	send(&s, 0x90, 0, 70, 100); /* under it */
	send(&s, 0x90, 1, 71, 100); /* another channel, no pedal */
	send(&s, 0x80, 0, 50, 0);
	send(&s, 0x80, 0, 70, 0);
	send(&s, 0x80, 1, 71, 0);
	send(&s, 0x80, 0, 99, 0); /* never struck */
	snap = look(&s);
	cr_expect_eq(snap.sustain, 127);
	cr_expect_eq(snap.n_keys, 2);
	cr_expect(holds(&snap, 50) && holds(&snap, 70));

	send(&s, 0x90, 0, 70, 90); /* struck again: held again */
	send(&s, 0xb0, 0, 64, 63);
	snap = look(&s);
	cr_expect_eq(snap.sustain, 63);
	cr_expect_eq(snap.n_keys, 1);
	cr_expect(holds(&snap, 70));

	send(&s, 0xb0, 0, 64, 64);
	send(&s, 0x80, 0, 70, 0);
	snap = look(&s);
	cr_expect(holds(&snap, 70), "64 is down");
	send(&s, 0xb0, 0, 121, 0);
	snap = look(&s);
	cr_expect_eq(snap.n_keys, 0, "reset of controllers lifts the pedal");
	cr_expect_eq(snap.sustain, 0);
}

Test(midi_state, all_off,
	.description = "MID-08: all notes off leaves to the pedal what is its; all sound off nothing")
{
	for (uint32_t cc = 120; cc <= 127; cc++) {
		struct midi_state s;
		struct mos_ev_snapshot snap;

		if (cc == 121 || cc == 122)
			continue;
		midi_state_init(&s, MIDI_STATE_NO_GUITAR);
		send(&s, 0xb0, 0, 64, 127);
		send(&s, 0x90, 0, 60, 100);
		send(&s, 0x90, 1, 61, 100);
		send(&s, 0xb0, 0, cc, 0);
		send(&s, 0xb0, 1, cc, 0);
		snap = look(&s);
		cr_expect_eq(snap.n_keys, cc == 120 ? 0 : 1, "controller %u", cc);
		send(&s, 0xb0, 0, 64, 0);
		if (cc != 120)
			cr_expect_eq(look(&s).n_keys, 0);
	}
}

Test(midi_state, strings_by_mono_mode,
	.description = "MID-08: six channels in mono mode are a guitar, the highest string on the first")
{
	static const uint8_t open[6] = {64, 59, 55, 50, 45, 40}; /* E4 B3 G3 D3 A2 E2, highest first */
	struct midi_state s;
	struct mos_ev_snapshot snap;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	send(&s, 0xb0, 10, 126, 6);
	for (uint32_t i = 0; i < 6; i++)
		send(&s, 0x90, 10 + i, open[i], 100);
	snap = look(&s);
	for (uint32_t i = 0; i < 6; i++)
		cr_expect_eq(snap.string[i], open[5 - i], "string %u", i);
	/* a hammer-on: the new key is what sounds, before the old one's end comes */
	send(&s, 0x90, 15, 43, 100);
	send(&s, 0x80, 15, 40, 0);
	send(&s, 0x80, 10, 64, 0);
	snap = look(&s);
	cr_expect_eq(snap.string[0], 43);
	cr_expect_eq(snap.string[5], 0xff);
	cr_expect_eq(snap.n_keys, 5);
	/* poly mode: a keyboard again */
	send(&s, 0xb0, 12, 127, 0);
	snap = look(&s);
	for (uint32_t i = 0; i < 6; i++)
		cr_expect_eq(snap.string[i], 0xff);
}

Test(midi_state, strings_one_by_one,
	.description = "MID-08: mono mode on six channels one after the other; five are no guitar; an option "
		       "is firm")
{
	struct midi_state s;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	for (uint32_t ch = 0; ch < 5; ch++)
		send(&s, 0xb0, ch, 126, 1);
	send(&s, 0x90, 4, 60, 100);
	cr_expect_eq(look(&s).string[1], 0xff);
	send(&s, 0xb0, 5, 126, 1);
	send(&s, 0x90, 4, 60, 100);
	cr_expect_eq(s.guitar, 0);
	send(&s, 0x90, 5, 40, 100);
	cr_expect_eq(look(&s).string[0], 40);

	midi_state_init(&s, 10);
	send(&s, 0xb0, 10, 127, 0);
	send(&s, 0x90, 15, 40, 100);
	cr_expect_eq(look(&s).string[0], 40);
	midi_state_init(&s, 11); /* the sixth would be past the last */
	cr_expect_eq(s.guitar, MIDI_STATE_NO_GUITAR);
}

Test(midi_state, not_keys, .description = "MID-08: drums, other groups and other packets are no keys")
{
	struct midi_state s;
	struct mos_ev_snapshot snap;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	send(&s, 0x90, 9, 36, 100);
	midi_state_packet(&s, (const uint32_t[2]){0x20903c64, 0});        /* group 0: the score */
	midi_state_packet(&s, (const uint32_t[2]){0x30013c64, 0});        /* sysex */
	midi_state_packet(&s, (const uint32_t[2]){0x20000064 | LIVE, 0}); /* no status */
	midi_state_packet(&s, (const uint32_t[2]){0x20e03c64 | LIVE, 0}); /* bend */
	cr_expect_eq(midi_state_due(&s, 1, &snap), 0);
	midi_state_packet(&s, (const uint32_t[2]){0x40903c00 | LIVE, 0}); /* MIDI 2.0, velocity 0: soft */
	cr_expect_eq(look(&s).n_keys, 1);
	midi_state_packet(&s, (const uint32_t[2]){0x40b04000 | LIVE, 0x80000000}); /* MIDI 2.0 pedal, half */
	midi_state_packet(&s, (const uint32_t[2]){0x40803c00 | LIVE, 0});
	snap = look(&s);
	cr_expect_eq(snap.n_keys, 1);
	cr_expect_eq(snap.sustain, 64);
}

Test(midi_state, random_streams,
	.description = "MID-08: whatever comes, the counts fit the keys and a string sounds what is held")
{
	struct midi_state s;
	struct mos_ev_snapshot snap;
	uint64_t seed = 11;

	midi_state_init(&s, MIDI_STATE_NO_GUITAR);
	for (int i = 0; i < 200000; i++) {
		uint32_t ump[2] = {(uint32_t)rnd_u64(&seed), (uint32_t)rnd_u64(&seed)};

		if (i % 2)
			ump[0] = (ump[0] & 0x00ff7f7f) | (i % 4 == 1 ? 0x20000000 : 0x40000000) | LIVE |
				 0x00800000;
		midi_state_packet(&s, ump);
		s.told_ns = 0;
		if (!midi_state_due(&s, 1, &snap))
			continue;
		cr_assert_eq(
			snap.n_keys, __builtin_popcountll(snap.keys[0]) + __builtin_popcountll(snap.keys[1]));
		cr_assert_eq(snap.n_keys == 0, snap.channels == 0);
		cr_assert_leq(snap.sustain, 127);
		for (int k = 0; k < 6; k++)
			cr_assert(snap.string[k] == 0xff || holds(&snap, snap.string[k]));
	}
}

Test(midi_state, told_once_a_frame,
	.description = "MID-08 EVT-13: through the engine: at most one midi:snapshot in 16 ms, the last "
		       "state is told, "
		       "and none when nothing changes")
{
	struct mos_event ev, last = {0};
	struct driver_midi in = {0};
	uint64_t before = 0;
	uint32_t n = 0;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_run(&r, RATE / 10);
	for (uint32_t i = 0; i < 300; i++) { /* a key down or up each cycle of 1.3 ms */
		in.n = 1;
		in.ump[0] = (struct driver_ump){
			10, 1, {0x20000000u | (i % 2 ? 0x80u : 0x90u) << 16 | (60u + i / 2 % 12) << 8 | 64}};
		r.midi_in = &in;
		rig_run(&r, 64);
	}
	in.ump[0] = (struct driver_ump){0, 1, {0x20903d40}};
	r.midi_in = &in;
	rig_run(&r, RATE / 10);
	while (rig_event(&r, MOS_EVENT_MIDI_SNAPSHOT, &ev)) {
		cr_expect_eq(mos_event_check(&ev), MOS_EVENT_OK);
		cr_expect_eq(ev.flags, 0, "snapshots wait for their frame");
		if (n++)
			cr_expect_geq(ev.time_ns + 1000, before + 16000000, "two in a frame");
		before = ev.time_ns;
		last = ev;
	}
	cr_expect_geq(n, 300 * 64 / (RATE / 60), "hardly any was told: %u", n);
	cr_expect_leq(n, 300 * 64 / (RATE / 63) + 2);
	cr_expect_eq(last.u.snapshot.n_keys, 1);
	cr_expect_eq(last.u.snapshot.keys[0], UINT64_C(1) << 0x3d);
	rig_run(&r, RATE);
	cr_expect_eq(rig_event(&r, MOS_EVENT_MIDI_SNAPSHOT, &ev), 0, "told again though nothing changed");
	rig_finish(&r);
}
