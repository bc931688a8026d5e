/* SPDX-License-Identifier: MIT */
/* MIDI input by hand: what is told, what ends when a source goes, figures; and the audio tap. */
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define QUANTUM 128u

/* One cycle with everything said. */
static void cycle(
	struct rig *r, const struct driver_midi *in, uint32_t ended, const float *left, const float *right)
{
	static float out[3][QUANTUM];
	struct driver_cycle c = {.n_frames = QUANTUM,
		.rate_hz = RATE,
		.time_ns = (int64_t)((__int128)r->e->frame * 1000000000 / RATE),
		.late_ns = 20000,
		.in = {left, right},
		.out = {out[0], out[1]},
		.click = out[2],
		.midi_in = in,
		.midi_in_ended = ended};

	engine_cycle(r->e, &c);
}

Test(midi_in, source_gone,
	.description =
		"MID-01: a source goes away: its notes end, its pedal is lifted, both are told; what others "
		"hold sounds on")
{
	struct driver_midi in = {.n = 4,
		.ump = {{0, 1, {0x20903c64}}, {1, 2, {0x40914000, 0x80000000}}, {2, 1, {0x20b0407f}},
			{3, 1, {0x20e00010}}}};
	struct mos_rtctl_msg call = {.op = MOS_RTCTL_NOTE};
	uint32_t n_off = 0, n_reset = 0;
	struct mos_event ev;
	struct rig r;

	rig_init(&r, RATE, QUANTUM);
	rig_run(&r, QUANTUM);
	call.u.note.n_keys = 1;
	call.u.note.keys[0] = 72;
	call.u.note.channel = 2;
	call.u.note.velocity = 0xc000;
	call.u.note.len_unit = MOS_UNIT_NS;
	call.u.note.len = 10000000000;
	cr_assert_eq(rig_ask(&r, &call), 0);
	cycle(&r, &in, 0, NULL, NULL);
	cr_expect_eq(r.e->live.n_held, 3);
	while (rig_event(&r, 0, &ev))
		;
	cycle(&r, NULL, 1, NULL, NULL);
	cr_expect_eq(r.e->live.n_held, 1, "the call's note is nobody else's to end");
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 1);
	while (rig_event(&r, 0, &ev)) {
		if (ev.type == MOS_EVENT_MIDI_SNAPSHOT)
			continue;
		cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
		n_off += ev.type == MOS_EVENT_MIDI_NOTEOFF && (ev.u.note.key == 60 || ev.u.note.key == 64);
		n_reset += ev.type == MOS_EVENT_MIDI_UMP && (ev.u.ump.word[0] & 0xfffeff00) == 0x23b07900;
	}
	cr_expect_eq(n_off, 2);
	cr_expect_eq(n_reset, 1, "only the channel that moved controllers is put back");
	cr_expect_eq(r.e->midi_state.sustain[0], 0);
	/* again: nothing is left to end */
	cycle(&r, NULL, 1, NULL, NULL);
	cr_expect_eq(rig_event(&r, MOS_EVENT_MIDI_NOTEOFF, &ev), 0);
	rig_finish(&r);
}

Test(midi_in, kinds_told,
	.description =
		"MID-07: packets that are no channel voice are told as they are, utility packets are not; "
		"nothing of them sounds")
{
	static const struct driver_ump sent[] = {
		{0, 1, {0x10f80000}},                                     /* clock */
		{1, 1, {0x00200123}},                                     /* jitter reduction: the link's */
		{2, 2, {0x30167e7f, 0x09010000}},                         /* sysex 7 */
		{3, 4, {0x50001122, 0x33445566, 0x778899aa, 0xbbccddee}}, /* data 128 */
		{4, 4, {0xd0100000, 0x12345678, 1, 2}},                   /* flex data */
	};
	struct driver_midi in = {.n = 5};
	struct mos_event ev;
	uint32_t n = 0;
	struct rig r;

	rig_init(&r, RATE, QUANTUM);
	memcpy(in.ump, sent, sizeof(sent));
	in.dropped = 3;
	cycle(&r, &in, 0, NULL, NULL);
	for (uint32_t i = 0; i < 5; i++) {
		if (i == 1)
			continue;
		cr_assert_eq(rig_event(&r, MOS_EVENT_MIDI_UMP, &ev), 1, "packet %u is not told", i);
		cr_expect_arr_eq(ev.u.ump.word, sent[i].word, sizeof(ev.u.ump.word));
		cr_expect_eq(ev.source, MOS_SOURCE_MIDI_IN);
		n++;
	}
	cr_expect_eq(rig_event(&r, MOS_EVENT_MIDI_UMP, &ev), 0);
	cr_expect_eq(rig_counter(&r, C_MIDI_IN), n);
	cr_expect_eq(rig_counter(&r, C_MIDI_IN_DROPPED), 3);
	cr_expect_eq(r.e->live.n_waiting, 0);
	rig_finish(&r);
}

Test(midi_in, registered_parameter,
	.description = "MID-07: a parameter of MIDI 2.0, here the bend range, reaches the channel; it is "
		       "told as it came")
{
	struct driver_midi in = {.n = 1, .ump = {{0, 2, {0x40250000, 0x0c << 25}}}};
	struct mos_event ev;
	struct rig r;

	rig_init(&r, RATE, QUANTUM);
	cycle(&r, &in, 0, NULL, NULL);
	cr_expect_eq(r.e->apollo.channel[MOS_GROUP_LIVE * 16 + 5].v.rpn[RPN_BEND_RANGE], 12 << 7);
	cr_assert_eq(rig_event(&r, MOS_EVENT_MIDI_UMP, &ev), 1);
	cr_expect_eq(ev.u.ump.word[0], 0x43250000);
	cr_expect_eq(ev.u.ump.word[1], 0x0c << 25);
	rig_finish(&r);
}

Test(midi_in, figures,
	.description =
		"MID-06 TIM-10: midi.latency counts each note once: from its place in the quantum to the "
		"cycle's end")
{
	struct driver_midi in = {
		.n = 3, .ump = {{0, 1, {0x20903c64}}, {QUANTUM - 1, 1, {0x20903e64}}, {0, 1, {0x20803c40}}}};
	struct mos_counters_view view;
	struct rig r;
	int i;

	rig_init(&r, RATE, QUANTUM);
	cycle(&r, &in, 0, NULL, NULL);
	cr_assert_eq(mos_counters_attach(r.regions.counters.region.fd, &view, NULL), 0);
	i = mos_counters_find(&view, "midi.latency");
	cr_assert_geq(i, 0);
	cr_expect_eq(mos_counters_get(&view, (uint32_t)i), 2);
	/* the first came a whole quantum before the cycle: 2.67 ms and what the cycle took */
	cr_expect_geq(mos_counters_quantile(&view, (uint32_t)i, 1.0), 2666666);
	cr_expect_geq(mos_counters_quantile(&view, (uint32_t)i, 0.0), 20000, "lateness counts");
	cr_expect_geq(mos_counters_find(&view, "midi.in_rate"), 0);
	mos_counters_detach(&view);
	rig_finish(&r);
}

Test(midi_in, tap,
	.description = "WID-03 CHD-05: what is heard and what is played lie in the tap at the engine's "
		       "frames; no input "
		       "is silence")
{
	float left[QUANTUM], right[QUANTUM], got[QUANTUM];
	struct mos_audio_reader reader;
	struct rig r;
	uint64_t frame;

	rig_init(&r, RATE, QUANTUM);
	cr_assert_eq(mos_audio_reader_init(&reader, &r.regions.tap), 0);
	cr_expect_eq(reader.rate_hz, RATE);
	for (uint32_t i = 0; i < QUANTUM; i++) {
		left[i] = (float)i;
		right[i] = -(float)i;
	}
	cycle(&r, NULL, 0, NULL, NULL);
	frame = r.e->frame;
	cycle(&r, NULL, 0, left, right);
	for (int c = 0; c < 2; c++) {
		reader.next_frame = frame;
		cr_assert_eq(mos_audio_read(&reader, MOS_TAP_IN_L + c, got, QUANTUM), QUANTUM);
		cr_expect_arr_eq(got, c ? right : left, sizeof(got));
	}
	reader.next_frame = frame - QUANTUM;
	cr_assert_eq(mos_audio_read(&reader, MOS_TAP_IN_L, got, QUANTUM), QUANTUM);
	for (uint32_t i = 0; i < QUANTUM; i++)
		cr_expect_eq(got[i], 0);
	rig_finish(&r);
}

Test(midi_in, tap_of_output,
	.description = "WID-03: the tap's output is, bit for bit, what the driver's buffers got")
{
	struct driver_midi in = {.n = 1, .ump = {{5, 1, {0x2090457f}}}};
	struct mos_audio_reader reader;
	static float got[RATE / 2];
	struct rig r;

	rig_init(&r, RATE, QUANTUM);
	cr_assert_eq(mos_audio_reader_init(&reader, &r.regions.tap), 0);
	r.midi_in = &in;
	rig_run(&r, RATE / 2);
	cr_assert_eq(mos_audio_read(&reader, MOS_TAP_OUT_R, got, RATE / 2), RATE / 2);
	cr_expect_arr_eq(got, r.r, sizeof(got));
	cr_expect_gt(rig_peak(&r, 0, r.n_frames), 0.001f, "a silent test proves nothing");
	rig_finish(&r);
}
