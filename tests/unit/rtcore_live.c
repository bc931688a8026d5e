/* SPDX-License-Identifier: MIT */
/* Notes beside the score: calls, MIDI input, clients. When they sound, and that they end. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "rtcore_fixture.h"

#define RATE 48000
#define DRUMS 9

/* What a call asks for; lengths in ticks. */
static struct mos_rtctl_msg call(enum mos_note_role role, uint8_t channel, uint64_t len, uint64_t step)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE};

	msg.u.note.channel = channel;
	msg.u.note.role = (uint8_t)role;
	msg.u.note.velocity = 0xc000;
	msg.u.note.len = len;
	msg.u.note.step = step;
	return msg;
}

static void add_key(struct mos_rtctl_msg *msg, uint8_t key)
{
	msg->u.note.keys[msg->u.note.n_keys++] = key;
}

/* The note events that the live keys show: [frame] of each change of the number of keys down, by stepping one
 * frame. */
static uint32_t next_change(struct rig *r, uint32_t limit)
{
	uint32_t before = apollo_keys_down(&r->e->apollo), n = 0;

	r->quantum = 1;
	while (n < limit && apollo_keys_down(&r->e->apollo) == before) {
		rig_run(r, 1);
		n++;
	}
	return n;
}

Test(live, midi_in,
	.description = "TIM-02 APO-03: a packet that arrives at frame k of a cycle sounds from frame k of "
		       "that cycle on")
{
	static const uint32_t quanta[] = {64, 128, 1000, 8192};

	for (int i = 0; i < 4; i++)
		for (uint32_t k = 0; k < quanta[i]; k += quanta[i] / 8 + 1) {
			struct driver_midi in = {.n = 2};
			struct rig r;

			rig_init(&r, RATE, quanta[i]);
			rig_run(&r, 3 * quanta[i]);
			in.ump[0] = (struct driver_ump){k, 1, {ump_cv1(0, 0x90, DRUMS, 42, 100)}};
			in.ump[1] = (struct driver_ump){quanta[i] - 1, 2, {0x40993c00u, 0x80000000u}};
			r.midi_in = &in;
			rig_run(&r, quanta[i]);
			cr_expect_eq(rig_first_sound(&r, 0), 3 * quanta[i] + k);
			cr_expect_eq(rig_counter(&r, C_MIDI_IN), 2);
			cr_expect_eq(r.e->live.n_held, 2);
			rig_finish(&r);
		}
}

Test(live, calls_are_told,
	.description =
		"EVT-11 APO-10: a chord that was asked for is told on the event ring, key by key, when it "
		"sounds, and its end")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE};
	struct mos_event ev;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_run(&r, 64);
	msg.u.note.n_keys = 3;
	msg.u.note.velocity = 0x8000;
	msg.u.note.role = MOS_ROLE_CHORD;
	msg.u.note.len_unit = MOS_UNIT_NS;
	msg.u.note.len = 10000000;
	for (uint8_t i = 0; i < 3; i++)
		msg.u.note.keys[i] = (uint8_t)(60 + 4 * i);
	(void)rig_send(&r, &msg, NULL, 0);
	rig_run(&r, RATE / 10);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev), 1, "note %u is not told", i);
		cr_expect_eq(ev.u.note.key, 60 + 4 * i);
		cr_expect_eq(ev.u.note.velocity, 0x8000);
		cr_expect_eq(ev.u.note.group, MOS_GROUP_LIVE);
	}
	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(rig_event(&r, MOS_EVENT_MIDI_NOTEOFF, &ev), 1, "end %u is not told", i);
	cr_expect_eq(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev), 0, "a note too many");
	rig_finish(&r);
}

Test(live, midi_in_events,
	.description = "EVT-11 TIM-02: what comes in is told with its kind, velocity and time")
{
	static const struct {
		uint32_t word[2];
		uint32_t type;
		uint16_t velocity;
	} c[] = {
		{{0x20903c7f, 0}, MOS_EVENT_MIDI_NOTEON, 0xffff},
		{{0x20903c00, 0}, MOS_EVENT_MIDI_NOTEOFF, 0},
		{{0x25903c40, 0}, MOS_EVENT_MIDI_NOTEON, 0x8000},
		{{0x20803c40, 0}, MOS_EVENT_MIDI_NOTEOFF, 0x8000},
		{{0x40903c00, 0x12340000}, MOS_EVENT_MIDI_NOTEON, 0x1234},
		{{0x40903c00, 0}, MOS_EVENT_MIDI_NOTEON, 1},
		{{0x20b00740, 0}, MOS_EVENT_MIDI_UMP, 0},
	};
	struct driver_midi in = {.n = 7};
	struct mos_event ev;
	struct rig r;

	for (uint32_t i = 0; i < 7; i++)
		in.ump[i] = (struct driver_ump){10 * i, 2, {c[i].word[0], c[i].word[1]}};
	rig_init(&r, RATE, 480);
	rig_run(&r, 480);
	r.midi_in = &in;
	rig_run(&r, 480);
	for (uint32_t i = 0; i < 7; i++) {
		cr_assert(rig_event(&r, 0, &ev));
		cr_expect_eq(ev.type, c[i].type, "packet %u", i);
		cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
		cr_expect_leq(labs((long)ev.time_ns - (long)((480 + 10 * i) * 1000000000ull / RATE)), 1000);
		if (ev.type == MOS_EVENT_MIDI_UMP) {
			cr_expect_eq(ev.u.ump.word[0], 0x23b00740);
			continue;
		}
		cr_expect_eq(ev.u.note.velocity, c[i].velocity, "packet %u: %x", i, ev.u.note.velocity);
		cr_expect_eq(ev.u.note.key, 60);
		cr_expect_eq(ev.u.note.group, MOS_GROUP_LIVE);
	}
	rig_finish(&r);
}

Test(live, tapped_within_a_frame,
	.description =
		"APO-21: a key pressed and let go within one frame does not hang, nor does one struck again")
{
	static const uint32_t on = 0x20903c64, off = 0x20803c40;
	static const struct {
		uint32_t packet[4], n, down;
	} c[] = {
		{{0x20903c64, 0x20803c40}, 2, 0},
		{{0x20903c64, 0x20803c40, 0x20903c64}, 3, 1},
		{{0x20903c64, 0x20903c64, 0x20803c40}, 3, 0},
		{{0x20803c40, 0x20903c64}, 2, 1},
	};

	for (size_t i = 0; i < 4; i++) {
		struct driver_midi in = {.n = c[i].n};
		struct rig r;

		for (uint32_t k = 0; k < c[i].n; k++)
			in.ump[k] = (struct driver_ump){5, 1, {c[i].packet[k]}};
		rig_init(&r, RATE, 64);
		r.midi_in = &in;
		rig_run(&r, 64);
		cr_expect_eq(apollo_keys_down(&r.e->apollo), c[i].down, "case %zu", i);
		cr_expect_eq(r.e->live.n_held, c[i].down, "case %zu", i);
		in = (struct driver_midi){.n = 1, .ump = {{0, 1, {on}}}};
		r.midi_in = &in;
		rig_run(&r, 64);
		in = (struct driver_midi){
			.n = 2, .ump = {{5, 1, {on}}, {5, 1, {off}}}}; /* again, while it is down */
		r.midi_in = &in;
		rig_run(&r, 64);
		cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);
		cr_expect_eq(r.e->live.n_held, 0);
		rig_finish(&r);
	}
}

Test(live, calls,
	.description = "APO-09 APO-10 APO-11 APO-30: note, chord and melody: onsets and ends at exact "
		       "frames, in ticks at "
		       "the tempo in force and in ns")
{
	struct score s = score_at(487654321, 96000);
	struct mos_rtctl_msg msg;
	struct rig r;

	rig_init(&r, 44100, 64);
	rig_score(&r, &s);
	rig_run(&r, 1000);

	msg = call(MOS_ROLE_NOTE, 0, 720,
		0); /* a dotted eighth: 720 * npq * 44100 / 960e9 = 16129.1... frames */
	add_key(&msg, 69);
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(msg.u.note.at_frame, 1000);
	cr_expect_eq(next_change(&r, 100), 1);
	cr_expect_eq(next_change(&r, 30000), 720ull * 487654321 * 44100 / 960000000000ull);

	msg = call(MOS_ROLE_NOTE, 0, 250000000, 0);
	msg.u.note.len_unit = MOS_UNIT_NS;
	add_key(&msg, 69);
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(next_change(&r, 100), 1);
	cr_expect_eq(next_change(&r, 30000), 11025);

	msg = call(MOS_ROLE_CHORD, 0, 960, 0);
	add_key(&msg, 60);
	add_key(&msg, 64);
	add_key(&msg, 67);
	cr_assert_eq(rig_ask(&r, &msg), 0);
	cr_expect_eq(next_change(&r, 100), 1);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 3, "a chord's notes start in one frame");
	cr_expect_eq(next_change(&r, 30000), 960ull * 487654321 * 44100 / 960000000000ull);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);

	/* triplets: the nth onset is n * 320 ticks after the first, rounded once */
	uint64_t notes = r.e->apollo.notes_on, t0;

	msg = call(MOS_ROLE_MELODY, 0, 320, 320);
	for (int i = 0; i < 12; i++)
		add_key(&msg, i % 2 ? 72 : 74);
	cr_assert_eq(rig_ask(&r, &msg), 0);
	t0 = r.e->frame;
	for (uint32_t f = 0, seen = 0; f < 100000 && seen < 12; f++) {
		rig_run(&r, 1);
		if (r.e->apollo.notes_on == notes)
			continue;
		notes = r.e->apollo.notes_on;
		cr_expect_eq(r.e->frame - 1 - t0, seen * 320ull * 487654321 * 44100 / 960000000000ull,
			"note %u", seen);
		cr_expect_eq(apollo_keys_down(&r.e->apollo), 1, "note %u: legato, one after the other", seen);
		seen++;
	}
	rig_finish(&r);
}

Test(live, call_limits,
	.description = "APO-16 APO-17: calls that no one can play are refused, and nothing sounds")
{
	struct mos_rtctl_msg msg;
	struct rig r;

	rig_init(&r, RATE, 64);
	msg = call(MOS_ROLE_NOTE, 0, 960, 0);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "no key");
	add_key(&msg, 128);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "key 128");
	msg = call(MOS_ROLE_NOTE, 16, 960, 0);
	add_key(&msg, 60);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "channel 16");
	msg = call(MOS_ROLE_NOTE, 0, 960, 0);
	msg.u.note.velocity = 0;
	add_key(&msg, 60);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "velocity 0");
	msg = call(MOS_ROLE_NOTE, 0, UINT64_MAX, 0);
	add_key(&msg, 60);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "longer than an hour");
	msg = call(MOS_ROLE_MELODY, 0, 1, UINT64_MAX / 2);
	add_key(&msg, 60);
	add_key(&msg, 60);
	add_key(&msg, 60);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "onsets overflow");
	msg = call(MOS_ROLE_NOTE, 0, 960, 0);
	msg.u.note.at_frame = UINT64_MAX;
	add_key(&msg, 60);
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "in a million years");
	msg = call(MOS_ROLE_NOTE, 0, 960, 0);
	msg.u.note.n_keys = 255;
	cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "more keys than there is room");
	rig_run(&r, 4800);
	cr_expect_eq(rig_peak(&r, 0, 4800), 0);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	rig_finish(&r);
}

Test(live, bass, .description = "APO-12: the bass has an instrument of its own on live channel 1")
{
	struct rig r;

	rig_init(&r, RATE, 64);
	cr_expect_eq(r.e->apollo.channel[APOLLO_LIVE_CHANNEL + 1].v.program, 33);
	rig_finish(&r);
}

#define CUT_GONE (9999 + RATE / 50)

/* A chord beside a note; at frame 9999 it is cut, or followed by another, or both. */
static void play_chord(struct rig *r, int is_cut, int is_followed)
{
	struct mos_rtctl_msg msg = call(MOS_ROLE_CHORD, 0, 96000, 0),
			     other = call(MOS_ROLE_NOTE, 0, 96000, 0);
	struct mos_rtctl_msg cut = {.op = MOS_RTCTL_CUTOFF};

	rig_init(r, RATE, 256);
	add_key(&other, 40);
	cr_assert_eq(rig_ask(r, &other), 0);
	add_key(&msg, 60);
	add_key(&msg, 64);
	cr_assert_eq(rig_ask(r, &msg), 0);
	rig_run(r, 9999);
	if (is_cut)
		cr_assert_eq(rig_ask(r, &cut), 0);
	msg.u.note.keys[1] = 66;
	if (is_followed)
		cr_assert_eq(rig_ask(r, &msg), 0);
	rig_run(r, 48000 - 9999);
}

Test(live, cutoff,
	.description = "APO-13 APO-22: a chord cut off is silent within 20 ms, without a click, and nothing "
		       "else is touched; "
		       "the next chord cuts it in the same way")
{
	struct mos_rtctl_msg other = call(MOS_ROLE_NOTE, 0, 96000, 0);
	struct rig r, alone, next, cut_next;
	float step;

	play_chord(&r, 1, 0);
	play_chord(&next, 0, 1);
	play_chord(&cut_next, 1, 1);
	rig_init(&alone, RATE, 256);
	add_key(&other, 40);
	cr_assert_eq(rig_ask(&alone, &other), 0);
	rig_run(&alone, 48000);
	cr_expect_gt(fabsf(r.l[5000] - alone.l[5000]) + fabsf(r.l[5050] - alone.l[5050]), 0.001f,
		"the chord is not heard");
	cr_assert_eq(frames_differ(r.l + CUT_GONE, alone.l + CUT_GONE, 48000 - CUT_GONE), 48000 - CUT_GONE,
		"something of the chord is left");
	step = rig_max_step(&r, 2000, 9999);
	cr_expect_leq(rig_max_step(&r, 9990, 20000), step + 0.06f * rig_peak(&r, 2000, 9999), "a click");
	cr_expect_arr_eq(next.l, cut_next.l, 48000 * sizeof(float), "two ways to end a chord");
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 1);
	cr_expect_eq(r.e->live.n_held, 1);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 1, "the other note's end");
	rig_finish(&r);
	rig_finish(&alone);
	rig_finish(&next);
	rig_finish(&cut_next);
}

Test(live, rapid_chords,
	.description =
		"APO-21 APO-22: 1,000 chords, cut, overlapped and left alone: no note is left, nothing waits")
{
	struct rig r;
	uint64_t rng = 12;

	rig_init(&r, RATE, 128);
	for (int i = 0; i < 1000; i++) {
		struct mos_rtctl_msg msg = call(MOS_ROLE_CHORD, 0, (uint64_t)rnd(&rng, 0, 400), 0);
		struct mos_rtctl_msg cut = {.op = MOS_RTCTL_CUTOFF};

		for (int64_t k = rnd(&rng, 1, 6); k > 0; k--)
			add_key(&msg, (uint8_t)rnd(&rng, 40, 80));
		cr_assert_eq(rig_ask(&r, &msg), 0);
		rig_run(&r, (uint32_t)rnd(&rng, 1, 2000));
		if (rnd(&rng, 0, 3) == 0)
			cr_assert_eq(rig_ask(&r, &cut), 0);
		rig_forget(&r);
	}
	rig_run(&r, 2 * RATE);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	cr_expect_eq(rig_counter(&r, C_VOICES), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	rig_finish(&r);
}

Test(live, panic,
	.description = "APO-21: panic silences all at once, empties the queue, lifts pedals of live "
		       "channels; the score goes on")
{
	struct score s = score_at(MOS_NPQ_120, 96000);
	struct mos_rtctl_msg msg, stop_all = {.op = MOS_RTCTL_PANIC};
	struct driver_midi in = {.n = 2, .ump = {{0, 1, {0x20b0407f}}, {1, 1, {0x20904064}}}};
	struct rig r;

	score_control(&s, 0, 0xc0, 0, 19, 0);
	score_note(&s, 0, 90000, 0, 60, 100);
	score_note(&s, 4800, 400, 0, 67, 100);
	rig_init(&r, RATE, 256);
	rig_score(&r, &s);
	cr_assert_eq(rig_play(&r), 0);
	r.midi_in = &in;
	for (int i = 0; i < 60; i++) {
		msg = call(MOS_ROLE_MELODY, (uint8_t)(i % 16), 960, 960);
		for (int k = 0; k < 8; k++)
			add_key(&msg, (uint8_t)(30 + i));
		cr_assert_eq(rig_ask(&r, &msg), 0);
	}
	rig_run(&r, 12000);
	for (int i = 0; i < 64; i++) /* more than a block holds of them */
		(void)rig_send(&r, &stop_all, NULL, 0);
	rig_run(&r, 12000);
	cr_expect_eq(rig_counter(&r, C_LATE), 0);
	cr_expect_eq(rig_peak(&r, 12000 + 300, r.n_frames), 0);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	cr_expect_eq(r.e->apollo.channel[APOLLO_LIVE_CHANNEL].v.cc[64], 0, "the pedal is stuck");
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_PLAYING);
	cr_expect_eq(r.e->apollo.channel[0].v.program, 19, "the score's own settings stay");
	rig_run(&r, 4800 * 25 + 1000 - r.n_frames);
	cr_expect_eq(rig_counter(&r, C_KEYS), 1, "the score's next note is played");
	rig_finish(&r);
}

Test(live, pump,
	.description = "APO-21: while no driver runs, commands take effect all the same and nothing piles up")
{
	struct mos_rtctl_msg stop_all = {.op = MOS_RTCTL_PANIC}, cut = {.op = MOS_RTCTL_CUTOFF};
	struct mos_rtctl_msg msg = call(MOS_ROLE_NOTE, 0, 960000, 0);
	struct engine_cmd cmd;
	struct rig r;

	rig_init(&r, RATE, 256);
	add_key(&msg, 60);
	cr_assert_eq(rig_ask(&r, &msg), 0);
	rig_run(&r, 4800);
	for (int i = 0; i < 300; i++) {
		(void)rig_send(&r, i % 2 ? &stop_all : &cut, NULL, 0);
		engine_pump(r.e);
		cr_assert_eq(engine_receive(r.e, &cmd), 1);
		cr_assert_eq(r.e->block.n_events, 0);
		cr_assert_eq(apollo_keys_down(&r.e->apollo), i < 1);
	}
	rig_run(&r, 4800);
	cr_expect_eq(rig_peak(&r, 5200, r.n_frames), 0);
	rig_finish(&r);
}

Test(live, program, .description = "APO-12: a live channel's instrument can be set; others are refused")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PROGRAM};
	struct rig r;

	rig_init(&r, RATE, 64);
	msg.u.program = (typeof(msg.u.program)){MOS_GROUP_LIVE, 5, 1, 40};
	cr_expect_eq(rig_ask(&r, &msg), 0);
	rig_run(&r, 64);
	cr_expect_eq(r.e->apollo.channel[APOLLO_LIVE_CHANNEL + 5].v.program, 40);
	cr_expect_eq(r.e->apollo.channel[APOLLO_LIVE_CHANNEL + 5].v.bank_msb, 1);
	for (int i = 0; i < 4; i++) {
		msg.u.program = (typeof(msg.u.program)){
			i == 0 ? 4 : 3, i == 1 ? 16 : 0, i == 2 ? 128 : 0, i == 3 ? 128 : 0};
		cr_expect_eq(rig_ask(&r, &msg), -EINVAL, "%d", i);
	}
	rig_finish(&r);
}
