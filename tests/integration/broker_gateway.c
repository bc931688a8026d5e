/* SPDX-License-Identifier: MIT */
/* kronos.* through the real broker: what arrives at rtcore, what is answered, what is refused. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/timeline.h>

#include "gateway_rig.h"

Test(gateway, transport,
	.description = "KRO-27: play, pause, stop, toggle, restart arrive as such; the position is answered")
{
	struct mos_clock clock = rtcore_double_still();
	struct mos_rtctl_msg m;

	ok("kronos.transport.play", "count_in:i", INT64_C(2));
	m = newest(MOS_RTCTL_PLAY);
	cr_expect_eq(m.u.play.count_in_bars, 2);
	cr_expect_eq(m.u.play.flags, 0);
	cr_expect_str_eq(caller_str(&c, "state"), "stopped");
	ok("kronos.transport.play", "restart:b", 1);
	cr_expect_eq(newest(MOS_RTCTL_PLAY).u.play.flags, MOS_PLAY_RESTART);
	ok("kronos.transport.restart", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PLAY), 3);
	cr_expect_eq(newest(MOS_RTCTL_PLAY).u.play.flags, MOS_PLAY_RESTART);
	ok("kronos.transport.pause", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PAUSE), 1);
	ok("kronos.transport.stop", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_STOP), 1);
	ok("kronos.transport.toggle", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PLAY), 4, "stopped: toggle plays");
	clock.state = MOS_TRANSPORT_PLAYING;
	rtcore_double_clock(rig.rt, &clock);
	ok("kronos.transport.toggle", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PAUSE), 2, "playing: toggle pauses");
	fails("kronos.value.invalid", "count_in", "kronos.transport.play", "count_in:i", INT64_C(-1));
	fails("kronos.value.invalid", "count_in", "kronos.transport.play", "count_in:i", INT64_C(17));
}

Test(gateway, toggles_in_a_row,
	.description = "KRO-13: a toggle counts on the one before it, also before that was answered")
{
	uint32_t ops[16], n;

	rtcore_double_hold(rig.rt, MOS_RTCTL_PLAY, 1);
	caller_send(&c, "kronos.transport.toggle", "");
	caller_send(&c, "kronos.transport.toggle", "");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_PAUSE, 1);
	n = rtcore_double_ops(rig.rt, ops, 16);
	cr_expect_eq(ops[n - 2], MOS_RTCTL_PLAY);
	cr_expect_eq(ops[n - 1], MOS_RTCTL_PAUSE);
	rtcore_double_hold(rig.rt, MOS_RTCTL_PLAY, 0);
}

Test(gateway, position, .description = "KRO-09: every field of the position, computed from the clock page")
{
	struct mos_clock clock = rtcore_double_still();
	int64_t num, den;

	/* 7/8: a measure has 7 * 3840 / 8 = 3360 ticks, a beat 480. Measure 4 (from 0) starts at 13440. */
	clock.state = MOS_TRANSPORT_PAUSED;
	clock.tick = 13440 + 2 * 480 + 17;
	clock.measure = 4;
	clock.measure_tick = 13440;
	clock.meter_num = 7;
	clock.meter_den = 8;
	clock.frame = 987654;
	clock.flags = MOS_CLOCK_LOOP;
	clock.loop_start_tick = 960;
	clock.loop_end_tick = 1920;
	clock.rate_ppm = 500000;
	clock.ns_per_quarter = 750000000;
	rtcore_double_clock(rig.rt, &clock);
	ok("kronos.position.get", "");
	cr_expect_str_eq(caller_str(&c, "state"), "paused");
	cr_expect_eq(caller_i64(&c, "ticks"), 14417);
	cr_expect_float_eq(caller_f64(&c, "beats"), 14417 / 960.0, 1e-12);
	cr_expect_eq(caller_i64(&c, "bar"), 5);
	cr_expect_eq(caller_i64(&c, "beat"), 3);
	cr_expect_eq(caller_i64(&c, "tick"), 17);
	cr_expect_float_eq(caller_f64(&c, "bpm"), 80.0, 1e-9);
	cr_expect_float_eq(caller_f64(&c, "rate"), 0.5, 1e-12);
	cr_expect_eq(caller_i64(&c, "end_ticks"), 38400);
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "meter"), "num", &num), 0);
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "meter"), "den", &den), 0);
	cr_expect(num == 7 && den == 8);
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "loop"), "start_ticks", &num), 0);
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "loop"), "end_ticks", &den), 0);
	cr_expect(num == 960 && den == 1920);
	cr_expect_geq(caller_u64(&c, "frame"), 987654);
	cr_expect_null(wire_get(c.in.result, "title"), "nothing was loaded");
}

Test(gateway, seek, .description = "KRO-15: seek by ticks, beats, bars; out of range names the allowed range")
{
	struct mos_rtctl_msg m;

	ok("kronos.transport.seek", "ticks:i", INT64_C(1920));
	cr_expect_eq(newest(MOS_RTCTL_SEEK).u.seek.tick, 1920);
	cr_expect_eq(newest(MOS_RTCTL_SEEK).u.seek.by_bar, 0);
	ok("kronos.transport.seek", "beats:f", 2.5);
	cr_expect_eq(newest(MOS_RTCTL_SEEK).u.seek.tick, 2400);
	ok("kronos.transport.seek", "bar:i beat:i tick:i", INT64_C(3), INT64_C(2), INT64_C(10));
	m = newest(MOS_RTCTL_SEEK);
	cr_expect_eq(m.u.seek.by_bar, 1);
	cr_expect_eq(m.u.seek.bar, 2, "bars count from 1 outside, from 0 inside");
	cr_expect_eq(m.u.seek.beat, 1);
	cr_expect_eq(m.u.seek.sub_tick, 10);
	ok("kronos.transport.seek", "frames:i", INT64_C(30000)); /* KRO-26 */
	cr_expect_eq(newest(MOS_RTCTL_SEEK).u.seek.by_frame, 1);
	cr_expect_eq(newest(MOS_RTCTL_SEEK).u.seek.tick, 30000);
	ok("kronos.transport.seek", "ticks:i", INT64_C(38400)); /* the end itself is allowed */

	fails("kronos.seek.range", "ticks", "kronos.transport.seek", "ticks:i", INT64_C(-1));
	cr_expect_not_null(strstr(c.error.message, "0 to 38400"), "%s", c.error.message);
	fails("kronos.seek.range", "ticks", "kronos.transport.seek", "ticks:i", INT64_C(38401));
	fails("kronos.seek.range", "ticks", "kronos.transport.seek", "beats:f", -0.5);
	fails("kronos.seek.range", "ticks", "kronos.transport.seek", "beats:f", 1e300);
	fails("kronos.seek.range", "ticks", "kronos.transport.seek", "ticks:u", UINT64_MAX);
	fails("kronos.seek.range", "frames", "kronos.transport.seek", "frames:i", INT64_C(-1));
	fails("rpc.params.invalid", NULL, "kronos.transport.seek", "ticks:i frames:i", INT64_C(1), INT64_C(1));
	fails("kronos.seek.range", "bar", "kronos.transport.seek", "bar:i", INT64_C(0));
	fails("kronos.seek.range", "beat", "kronos.transport.seek", "bar:i beat:i", INT64_C(1), INT64_C(0));
	fails("kronos.value.invalid", "beats", "kronos.transport.seek", "beats:f", (double)NAN);
	fails("kronos.value.invalid", "beats", "kronos.transport.seek", "beats:f", (double)INFINITY);
	fails("rpc.params.invalid", NULL, "kronos.transport.seek", "");
	fails("rpc.params.invalid", NULL, "kronos.transport.seek", "ticks:i beats:f", INT64_C(1), 1.0);
	fails("rpc.params.invalid", "bar", "kronos.transport.seek", "ticks:i beat:i", INT64_C(1), INT64_C(1));
}

Test(gateway, tempo, .description = "KRO-14: tempo is clamped to 1..300 BPM; NaN and infinity are refused")
{
	static const struct {
		double bpm;
		uint64_t npq;
		double answered;
		int clamped;
	} row[] = {
		{120, 500000000, 120, 0},
		{1, 60000000000, 1, 0},
		{300, 200000000, 300, 0},
		{0, 60000000000, 1, 1},
		{-5, 60000000000, 1, 1},
		{301, 200000000, 300, 1},
		{1e9, 200000000, 300, 1},
	};
	uint32_t n;

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		ok("kronos.tempo.set", "bpm:f", row[i].bpm);
		cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.npq, row[i].npq, "%g BPM", row[i].bpm);
		cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.mode, MOS_TEMPO_FIXED);
		cr_expect_float_eq(caller_f64(&c, "bpm"), row[i].answered, 1e-9);
		cr_expect_eq(caller_bool(&c, "clamped"), row[i].clamped, "%g BPM", row[i].bpm);
	}
	ok("kronos.tempo.set", "bpm:i", INT64_C(90)); /* whole numbers are numbers */
	cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.npq, 666666667);
	n = rtcore_double_count(rig.rt, MOS_RTCTL_TEMPO);
	fails("kronos.value.invalid", "bpm", "kronos.tempo.set", "bpm:f", (double)NAN);
	fails("kronos.value.invalid", "bpm", "kronos.tempo.set", "bpm:f", (double)INFINITY);
	fails("kronos.value.invalid", "percent", "kronos.tempo.set", "percent:f", (double)NAN);
	fails("rpc.params.invalid", NULL, "kronos.tempo.set", "bpm:f score:b", 100.0, 1);
	fails("rpc.params.invalid", NULL, "kronos.tempo.set", "");
	cr_expect_eq(
		rtcore_double_count(rig.rt, MOS_RTCTL_TEMPO), n, "what is refused does not reach rtcore");

	ok("kronos.tempo.set", "percent:f", 62.5);
	cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.mode, MOS_TEMPO_RATE);
	cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.rate_ppm, 625000);
	cr_expect_float_eq(caller_f64(&c, "bpm"), 150.0, 1e-9, "what rtcore says is in force");
	ok("kronos.tempo.set", "percent:f", -3.0);
	cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.rate_ppm, 10000);
	cr_expect_eq(caller_bool(&c, "clamped"), 1);
	ok("kronos.tempo.set", "score:b", 1);
	cr_expect_eq(newest(MOS_RTCTL_TEMPO).u.tempo.mode, MOS_TEMPO_SCORE);
}

Test(gateway, loop_meter_metronome,
	.description = "loop by ticks and bars, meter, metronome: values, defaults, refusals")
{
	struct mos_rtctl_msg m;

	ok("kronos.loop.set", "start_ticks:i end_ticks:i", INT64_C(0), INT64_C(3840));
	m = newest(MOS_RTCTL_LOOP);
	cr_expect(m.u.loop.active == 1 && m.u.loop.by_bar == 0 && m.u.loop.end_tick == 3840);
	ok("kronos.loop.set", "from_bar:i to_bar:i", INT64_C(2), INT64_C(3));
	m = newest(MOS_RTCTL_LOOP);
	cr_expect(m.u.loop.by_bar == 1 && m.u.loop.start_bar == 1 && m.u.loop.end_bar == 3);
	cr_expect_eq(caller_i64(&c, "start_ticks"), 3840);
	cr_expect_eq(caller_i64(&c, "end_ticks"), 3 * 3840);
	fails("kronos.value.invalid", "to_bar", "kronos.loop.set", "from_bar:i to_bar:i", INT64_C(3),
		INT64_C(2));
	fails("kronos.value.invalid", "end_ticks", "kronos.loop.set", "start_ticks:i end_ticks:i", INT64_C(5),
		INT64_C(5));
	fails("kronos.value.invalid", "from_bar", "kronos.loop.set", "from_bar:i to_bar:i", INT64_C(0),
		INT64_C(2));
	fails("kronos.value.invalid", "loop", "kronos.loop.set", "from_bar:i to_bar:i", INT64_C(1),
		INT64_C(11));
	cr_expect_not_null(strstr(c.error.message, "0 to 38400"), "%s", c.error.message);
	fails("rpc.params.invalid", NULL, "kronos.loop.set", "start_ticks:i to_bar:i", INT64_C(0),
		INT64_C(2));
	ok("kronos.loop.clear", "");
	cr_expect_eq(newest(MOS_RTCTL_LOOP).u.loop.active, 0);

	ok("kronos.meter.set", "num:i den:i", INT64_C(7), INT64_C(8));
	m = newest(MOS_RTCTL_METER);
	cr_expect(m.u.meter.num == 7 && m.u.meter.den == 8);
	ok("kronos.meter.set", "score:b", 1);
	m = newest(MOS_RTCTL_METER);
	cr_expect(m.u.meter.num == 0 && m.u.meter.den == 0);
	fails("kronos.value.invalid", "den", "kronos.meter.set", "num:i den:i", INT64_C(4), INT64_C(6));
	fails("kronos.value.invalid", "num", "kronos.meter.set", "num:i den:i", INT64_C(0), INT64_C(4));
	fails("rpc.params.invalid", NULL, "kronos.meter.set", "num:i", INT64_C(4));

	ok("kronos.metronome.set", "on:b gain_db:f", 1, -6.0);
	m = newest(MOS_RTCTL_METRONOME);
	cr_expect(m.u.metronome.on == 1 && m.u.metronome.gain_db == -6.0f);
	ok("kronos.metronome.set", "on:b", 0);
	m = newest(MOS_RTCTL_METRONOME);
	cr_expect(m.u.metronome.on == 0 && m.u.metronome.gain_db == -6.0f,
		"the level stays when it is not named");
	fails("kronos.value.invalid", "gain_db", "kronos.metronome.set", "on:b gain_db:f", 1, (double)NAN);
	fails("rpc.params.invalid", "on", "kronos.metronome.set", "");

	ok("kronos.midiclock.set", "on:b", 1);
	cr_expect_eq(newest(MOS_RTCTL_MIDI_CLOCK).u.midi_clock.on, 1, "TOU-45");
	ok("kronos.midiclock.set", "on:b", 0);
	cr_expect_eq(newest(MOS_RTCTL_MIDI_CLOCK).u.midi_clock.on, 0);
	fails("rpc.params.invalid", "on", "kronos.midiclock.set", "");
}

Test(gateway, other_clock,
	.description = "KRO-26 TOU-45 TOU-46: whose clock is followed is checked word by word before rtcore hears of it")
{
	struct mos_rtctl_msg m;

	ok("kronos.clock.follow", "leader:s", "midi");
	m = newest(MOS_RTCTL_FOLLOW);
	cr_expect(m.u.follow.leader == MOS_LEADER_MIDI && m.u.follow.quantum_ticks == 0 &&
		  m.u.follow.offset_ns == MOS_LEADER_AS_IS);
	ok("kronos.clock.follow", "leader:s quantum:f offset_ms:f", "link", 3.0, -12.5);
	m = newest(MOS_RTCTL_FOLLOW);
	cr_expect(m.u.follow.leader == MOS_LEADER_LINK && m.u.follow.quantum_ticks == 2880 &&
		  m.u.follow.offset_ns == -12500000);
	fails("kronos.value.invalid", "leader", "kronos.clock.follow", "leader:s", "tape");
	fails("kronos.value.invalid", "quantum", "kronos.clock.follow", "leader:s quantum:f", "link", 0.5);
	fails("kronos.value.invalid", "quantum", "kronos.clock.follow", "leader:s quantum:f", "link", (double)NAN);
	fails("kronos.value.invalid", "offset_ms", "kronos.clock.follow", "leader:s offset_ms:f", "link", 1e9);
	fails("rpc.params.invalid", "leader", "kronos.clock.follow", "");
	ok("kronos.clock.status", "");
	(void)newest(MOS_RTCTL_FOLLOW_GET);
	ok("kronos.clock.follow", "leader:s", "mtc");
	cr_expect_eq(newest(MOS_RTCTL_FOLLOW).u.follow.leader, MOS_LEADER_MTC);
	ok("kronos.clock.timecode", "rate:s", "29.97");
	cr_expect_eq(newest(MOS_RTCTL_TIMECODE).u.timecode.rate, MOS_TIMECODE_29_97_DROP);
	ok("kronos.clock.timecode", "rate:s", "off");
	cr_expect_eq(newest(MOS_RTCTL_TIMECODE).u.timecode.rate, MOS_TIMECODE_OFF);
	fails("kronos.value.invalid", "rate", "kronos.clock.timecode", "rate:s", "60");
	fails("rpc.params.invalid", "rate", "kronos.clock.timecode", "");
}

Test(gateway, midi_output,
	.description = "T-25 T-27: the MIDI output is linked by name; what the name does not say clearly is "
		       "refused, with "
		       "the names that there are")
{
	struct mos_rtctl_msg m;

	ok("kronos.midiout.link", "port:s", "synth");
	m = newest(MOS_RTCTL_MIDI_LINK);
	cr_expect_str_eq(m.u.midi_link.port, "synth");
	cr_expect_str_eq(caller_str(&c, "port"), "synth", "what rtcore answers");
	ok("kronos.midiout.unlink", "port:s", "synth");
	ok("kronos.midiout.unlink", "");
	m = newest(MOS_RTCTL_MIDI_UNLINK);
	cr_expect_str_empty(m.u.midi_link.port);
	ok("kronos.midiout.ports", "");
	rtcore_double_refuse(
		rig.rt, MOS_RTCTL_MIDI_LINK, -ENOENT, "no MIDI input has that name; there are: a:b");
	fails("kronos.midiout.unknown", NULL, "kronos.midiout.link", "port:s", "x");
	cr_expect(strstr(c.error.message, "a:b"), "%s", c.error.message);
	rtcore_double_refuse(rig.rt, MOS_RTCTL_MIDI_LINK, -ENOTUNIQ, "several");
	fails("kronos.midiout.ambiguous", NULL, "kronos.midiout.link", "port:s", "x");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_MIDI_LINK, -ENOTCONN, "");
	fails("kronos.driver.down", NULL, "kronos.midiout.link", "port:s", "x");
	fails("kronos.value.invalid", "port", "kronos.midiout.link", "port:s", "");
	fails("rpc.params.invalid", "port", "kronos.midiout.link", "");
}

Test(gateway, diagnostics, .description = "KRO-11: the counters by name, histograms with their quantiles")
{
	const msgpack_object *hist;
	uint64_t count, p50;

	ok("kronos.diagnostics.get", "");
	cr_expect_eq(caller_i64(&c, "kronos.dll_error"), -5);
	cr_expect_eq(caller_u64(&c, "rt.xruns"), 3);
	hist = wire_get_map(c.in.result, "kronos.jitter");
	cr_assert_eq(wire_get_u64(hist, "count", &count), 0);
	cr_assert_eq(wire_get_u64(hist, "p50", &p50), 0);
	cr_expect_eq(count, 1);
	cr_expect(p50 >= 1000 && p50 < 2048, "one sample of 1000: its bucket ends below 2048");
	cr_expect_null(wire_get(c.in.result, "apollo.voices"), "levels are no diagnostics");
}

Test(gateway, telemetry,
	.description = "KRO-28: the six figures by their older names, as METHODS.md defines them")
{
	static const struct {
		const char *name;
		double value;
	} row[] = {{"ticksPublished", 11}, {"commandsPublished", 12}, {"subscriberCount", 13},
		{"jitterMaxMs", 1.25}, {"driftHeat", 0.25}, {"positionalIntegrityScore", 0.99}};
	const msgpack_object *telemetry;
	double value;

	ok("kronos.diagnostics.get", "");
	telemetry = wire_get_map(c.in.result, "telemetry");
	cr_assert_not_null(telemetry);
	cr_expect_eq(telemetry->via.map.size, sizeof(row) / sizeof(row[0]));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cr_assert_eq(wire_get_f64(telemetry, row[i].name, &value), 0, "%s", row[i].name);
		cr_expect_float_eq(value, row[i].value, 1e-9, "%s: %g", row[i].name, value);
	}
}

static int small_timeline(void)
{
	static const struct mos_tl_tempo tempo = {.npq_start = 500000000, .npq_end = 500000000};
	static const struct mos_tl_meter meter = {.num = 4, .den = 4};
	static const char strings[] = "\0Ouverture";
	const struct mos_timeline_src src = {
		.tempo = &tempo,
		.n_tempo = 1,
		.meter = &meter,
		.n_meter = 1,
		.strings = strings,
		.strings_len = sizeof(strings),
		.title_off = 1,
		.end_tick = 38400,
	};
	int fd = mos_timeline_build(&src);

	cr_assert_geq(fd, 0, "%s", strerror(-fd));
	return fd;
}

Test(gateway, timeline,
	.description = "a timeline's descriptor reaches rtcore; the title shows; a bad one names its place")
{
	struct mos_clock clock = rtcore_double_still();
	int fd = small_timeline(), junk[2];

	cr_assert_eq(caller_call_fd(&c, fd, "kronos.timeline.load", "update:b", 1), 0, "%s", c.error.message);
	clock.timeline_id = caller_u64(&c, "id");
	cr_expect_eq(caller_i64(&c, "end_ticks"), 38400);
	cr_expect_eq(newest(MOS_RTCTL_LOAD).u.load.flags, MOS_LOAD_UPDATE);
	cr_expect_eq(rtcore_double_fds(rig.rt, MOS_RTCTL_LOAD, 1), 1);
	rtcore_double_clock(rig.rt, &clock);
	ok("kronos.position.get", "");
	cr_expect_str_eq(caller_str(&c, "title"), "Ouverture");

	cr_assert_eq(pipe(junk), 0);
	expect_error(
		&c, caller_call_fd(&c, junk[0], "kronos.timeline.load", ""), "kronos.timeline.invalid", NULL);
	cr_expect_neq(c.error.where[0], '\0', "the place is named");
	ok("kronos.position.get", "");
	cr_expect_str_eq(caller_str(&c, "title"), "Ouverture", "the old score is still there");
	fails("rpc.fds.missing", NULL, "kronos.timeline.load", "");
	ok("kronos.timeline.unload", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_UNLOAD), 1);
	rig_stop_rtcore(&rig);
	rig_start_rtcore(&rig);
	ok("kronos.position.get", "");
	cr_expect_null(wire_get(c.in.result, "title"), "another rtcore has nothing loaded");
	close(fd);
	close(junk[0]);
	close(junk[1]);
}

/* --- Refusals of rtcore --- */

Test(gateway, refusals, .description = "KRO-12: what rtcore refuses has a stable code and its words")
{
	rtcore_double_refuse(rig.rt, MOS_RTCTL_PAUSE, MOS_RTCTL_ILLEGAL, "idle cannot become paused");
	fails("kronos.state.illegal", NULL, "kronos.transport.pause", "");
	cr_expect_str_eq(c.error.message, "idle cannot become paused");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_PLAY, -ENOTCONN, "no sink is running");
	fails("kronos.driver.down", NULL, "kronos.transport.play", "");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_STOP, -EBUSY, "");
	fails("rtcore.busy", NULL, "kronos.transport.stop", "");
	cr_expect_neq(c.error.message[0], '\0', "a message even where rtcore has no words");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_NOTE, -EINVAL, "");
	fails("apollo.value.invalid", NULL, "apollo.note.play", "note:s", "C4");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_METER, -EINVAL, "");
	fails("kronos.value.invalid", NULL, "kronos.meter.set", "num:i den:i", INT64_C(4), INT64_C(4));
	rtcore_double_refuse(rig.rt, MOS_RTCTL_STOP, -EIO, "a\tb\x1b[2J\xff");
	fails("rtcore.failed", NULL, "kronos.transport.stop", "");
	cr_expect_str_eq(c.error.message, "a?b?[2J?", "no terminal sequence gets through");
}

Test(gateway, status, .description = "CNF-01: the status lists the eight primitives with owner and state")
{
	static const char *const names[] = {
		"hermes", "kronos", "apollo", "score", "widgets", "jam", "theater", "mesh"};
	const msgpack_object *list;
	int64_t value;

	ok("broker.system.status", "");
	list = wire_get_array(c.in.result, "primitives");
	cr_assert_not_null(list);
	cr_assert_eq(list->via.array.size, 8);
	for (uint32_t i = 0; i < 8; i++) {
		char name[16], state[16];

		cr_assert_eq(wire_get_str(&list->via.array.ptr[i], "name", name, sizeof(name)), 0);
		cr_assert_eq(wire_get_str(&list->via.array.ptr[i], "state", state, sizeof(state)), 0);
		cr_expect_str_eq(name, names[i]);
		cr_expect_str_eq(state, i == 1 || i == 2 || i == 4 ? "up" : "down",
			"%s: only rtcore runs, and the broker's widgets", name);
	}
	cr_assert_eq(wire_get_i64(wire_get_map(c.in.result, "rtcore"), "rt_priority", &value), 0);
	cr_expect_eq(value, 83);
	cr_expect_not_null(wire_get_map(c.in.result, "transport"));
	cr_expect_not_null(wire_get_map(c.in.result, "engine"));
	cr_expect_geq(caller_i64(&c, "clients"), 1);
}

Test(gateway, parameters, .description = "unknown keys, wrong types, unknown methods are refused and named")
{
	fails("rpc.params.invalid", "tempo", "kronos.tempo.set", "tempo:f", 120.0);
	cr_expect_not_null(strstr(c.error.hint, "bpm"), "the hint names the known keys: %s", c.error.hint);
	fails("rpc.params.invalid", "bpm", "kronos.tempo.set", "bpm:s", "120");
	cr_expect_str_eq(c.error.message, "a number is expected");
	fails("rpc.params.invalid", "bpm", "kronos.tempo.set", "bpm:f bpm:f", 1.0, 2.0);
	fails("rpc.params.invalid", "x", "kronos.transport.stop", "x:n");
	fails("rpc.method.unknown", "kronos.transport.fly", "kronos.transport.fly", "");
	fails("rpc.method.unknown", "?", "\x01", "");
	ok("broker.service.ping", "");
	cr_expect_str_eq(caller_str(&c, "name"), "broker");
	cr_expect_eq(caller_i64(&c, "pid"), rig.broker);
}
