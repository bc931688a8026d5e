/* SPDX-License-Identifier: MIT */
/* kronos.* and apollo.* through the real broker: what arrives at rtcore, what is answered, what is refused.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/fx.h>
#include <mos/timeline.h>

#include "broker_rig.h"

static struct rig rig;
static struct caller c;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(gateway, .init = setup, .fini = teardown, .timeout = 60);

/* The newest record of `op`; the answer has come, so it is there. */
static struct mos_rtctl_msg newest(uint32_t op)
{
	return rtcore_double_wait(rig.rt, op, rtcore_double_count(rig.rt, op));
}

#define ok(...) cr_assert_eq(caller_call(&c, __VA_ARGS__), 0, "%s: %s", c.error.code, c.error.message)
#define fails(code, where, ...) expect_error(&c, caller_call(&c, __VA_ARGS__), code, where)

/* --- kronos --- */

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

/* --- apollo --- */

Test(gateway, note, .description = "APO-09: apollo.note.play: pitch, length, velocity, channel")
{
	struct mos_rtctl_msg m;

	ok("apollo.note.play", "note:s", "C4");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect_eq(m.u.note.n_keys, 1);
	cr_expect_eq(m.u.note.keys[0], 60);
	cr_expect(
		m.u.note.group == MOS_GROUP_LIVE && m.u.note.channel == 0 && m.u.note.role == MOS_ROLE_NOTE);
	cr_expect(m.u.note.len_unit == MOS_UNIT_TICKS && m.u.note.len == 960, "a quarter is the default");
	cr_expect_eq(m.u.note.velocity, 52428, "0.8 is the default");
	cr_expect_eq(m.u.note.step, 0);
	cr_expect_eq(caller_u64(&c, "frame"), 4242);

	ok("apollo.note.play", "note:i duration:s velocity:f channel:i", INT64_C(127), "8t", 0.5, INT64_C(9));
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.keys[0] == 127 && m.u.note.len == 320 && m.u.note.velocity == 32768 &&
		  m.u.note.channel == 9);
	ok("apollo.note.play", "note:s duration:f", "Bb3", 0.25);
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.keys[0] == 58 && m.u.note.len_unit == MOS_UNIT_NS && m.u.note.len == 250000000);
	ok("apollo.note.play", "note:s duration:s", "F#5", "8n.");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.keys[0] == 78 && m.u.note.len == 720);
}

Test(gateway, measures_follow_the_meter,
	.description = "APO-30: a duration of one measure is that of the meter in force")
{
	struct mos_clock clock = rtcore_double_still();

	clock.meter_num = 6;
	clock.meter_den = 8;
	rtcore_double_clock(rig.rt, &clock);
	ok("apollo.note.play", "note:s duration:s", "C4", "1m");
	cr_expect_eq(newest(MOS_RTCTL_NOTE).u.note.len, 6 * 3840 / 8);
}

Test(gateway, unknown_notes, .description = "APO-16: unknown note names are refused, nothing sounds")
{
	static const char *const bad[] = {
		"H4", "C99", "", "Cb-1", "\xf0\x9f\x8e\xb5", "C", "C4 ", "4C", "G#9"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		fails("apollo.note.invalid", "note", "apollo.note.play", "note:s", bad[i]);
	fails("apollo.note.invalid", "note", "apollo.note.play", "note:i", INT64_C(128));
	fails("apollo.note.invalid", "note", "apollo.note.play", "note:i", INT64_C(-1));
	fails("apollo.note.invalid", "notes[2]", "apollo.chord.play", "notes:l", "C4 E4 X4");
	fails("apollo.note.invalid", "notes", "apollo.chord.play", "notes:l", "");
	fails("apollo.note.invalid", "notes", "apollo.bass.play", "notes:s", "H2");
	fails("rpc.params.invalid", "note", "apollo.note.play", "");
	fails("rpc.params.invalid", "note", "apollo.note.play", "note:f", 60.5);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_NOTE), 0, "nothing reached rtcore");
}

Test(gateway, velocity, .description = "APO-17: velocity is clamped to 0..1, NaN is refused")
{
	static const struct {
		double given;
		uint16_t sent;
	} row[] = {{-1, 1}, {0, 1}, {1, 65535}, {2, 65535}, {0.25, 16384}, {-INFINITY, 1}, {INFINITY, 65535}};
	uint32_t n;

	for (size_t i = 0; i < sizeof(row) / sizeof(*row); i++) {
		ok("apollo.note.play", "note:s velocity:f", "A4", row[i].given);
		cr_expect_eq(newest(MOS_RTCTL_NOTE).u.note.velocity, row[i].sent, "%g -> %u", row[i].given,
			newest(MOS_RTCTL_NOTE).u.note.velocity);
	}
	n = rtcore_double_count(rig.rt, MOS_RTCTL_NOTE);
	fails("apollo.value.invalid", "velocity", "apollo.note.play", "note:s velocity:f", "A4", (double)NAN);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_NOTE), n);
}

Test(gateway, durations, .description = "APO-30: what is no duration is refused")
{
	static const char *const bad[] = {"", "4", "4x", "0n", "-4n", "nan", "5n", "1000000m"};
	static const double bad_seconds[] = {0, -1, 3600.1, NAN, INFINITY};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!strcmp(bad[i], "4")) /* text without a unit is seconds, as a number is */
			continue;
		fails("apollo.value.invalid", "duration", "apollo.note.play", "note:s duration:s", "C4",
			bad[i]);
	}
	for (size_t i = 0; i < sizeof(bad_seconds) / sizeof(*bad_seconds); i++)
		fails("apollo.value.invalid", "duration", "apollo.note.play", "note:s duration:f", "C4",
			bad_seconds[i]);
	fails("apollo.value.invalid", "channel", "apollo.note.play", "note:s channel:i", "C4", INT64_C(16));
}

Test(gateway, chord_melody_bass,
	.description = "APO-10, APO-11, APO-12: chords together, melodies one duration apart, bass on its "
		       "instrument")
{
	struct mos_rtctl_msg m;

	ok("apollo.chord.play", "notes:l duration:s", "C4 E4 G4", "2n");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.role == MOS_ROLE_CHORD && m.u.note.n_keys == 3 && m.u.note.step == 0 &&
		  m.u.note.len == 1920);
	cr_expect(m.u.note.keys[0] == 60 && m.u.note.keys[1] == 64 && m.u.note.keys[2] == 67);

	ok("apollo.melody.play", "notes:k duration:s", "60 62 64 65", "8n");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.role == MOS_ROLE_MELODY && m.u.note.n_keys == 4);
	cr_expect(m.u.note.step == 480 && m.u.note.step_unit == MOS_UNIT_TICKS);
	ok("apollo.melody.play", "notes:l duration:f", "A3 B3", 0.5);
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.step == 500000000 && m.u.note.step_unit == MOS_UNIT_NS);

	ok("apollo.bass.play", "notes:s", "E2");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.role == MOS_ROLE_BASS && m.u.note.channel == 1 && m.u.note.n_keys == 1 &&
		  m.u.note.keys[0] == 40);
	ok("apollo.bass.play", "notes:l", "E2 A2");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.channel == 1 && m.u.note.n_keys == 2 && m.u.note.step == 960);
	fails("rpc.params.invalid", "channel", "apollo.bass.play", "notes:s channel:i", "E2", INT64_C(3));

	ok("apollo.chord.cutoff", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_CUTOFF), 1);
}

Test(gateway, too_many_notes, .description = "64 notes fit into a record, 65 are refused")
{
	char words[65 * 3 + 1] = "";

	for (int i = 0; i < 64; i++)
		strcat(words, "60 ");
	ok("apollo.chord.play", "notes:k", words);
	cr_expect_eq(newest(MOS_RTCTL_NOTE).u.note.n_keys, 64);
	strcat(words, "60");
	fails("apollo.note.invalid", "notes", "apollo.chord.play", "notes:k", words);
}

Test(gateway, engine,
	.description = "APO-14, APO-15: status; init answers when ready, not before, or with the timeout")
{
	const char *bank;

	ok("apollo.engine.status", "");
	cr_expect_eq(caller_bool(&c, "ready"), 1);
	cr_expect_str_eq(caller_str(&c, "state"), "ready");
	cr_expect_eq(caller_u64(&c, "voices"), 7);
	cr_expect_eq(caller_u64(&c, "bank_bytes"), 12345678);
	bank = caller_str(&c, "bank");
	cr_expect_eq(strlen(bank), 96, "a text that fills its field is not read beyond it");
	cr_expect_null(wire_get(c.in.result, "error"));
	cr_expect_eq(caller_i64(&c, "presets"), 189);
	cr_expect_eq(caller_i64(&c, "stolen"), 4);
	cr_expect_eq(caller_i64(&c, "cache_bytes"), 0, "what rtcore has no counter of is 0");

	rtcore_double_hold(rig.rt, MOS_RTCTL_READY, 1);
	caller_send(&c, "apollo.engine.init", "");
	(void)rtcore_double_wait(rig.rt, MOS_RTCTL_READY, 1);
	cr_expect_eq(wire_recv(c.sock, &c.in, MSG_DONTWAIT), -EAGAIN, "no answer before it is ready");
	rtcore_double_hold(rig.rt, MOS_RTCTL_READY, 0);
	cr_assert_eq(caller_answer(&c), 0);
	cr_expect_eq(caller_bool(&c, "ready"), 1);
	rtcore_double_refuse(rig.rt, MOS_RTCTL_READY, -ETIMEDOUT, "the bank was not loaded within 30 s");
	fails("apollo.engine.timeout", NULL, "apollo.engine.init", "");
	cr_expect_str_eq(c.error.message, "the bank was not loaded within 30 s");
	ok("apollo.engine.panic", "");
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_PANIC), 1);
}

Test(gateway, bank, .description = "a bank's path arrives; a failure has its code and rtcore's words")
{
	struct mos_rtctl_msg m;
	char long_path[300];

	ok("apollo.bank.load", "path:s", "/usr/share/sounds/sf2/x.sf2");
	m = newest(MOS_RTCTL_BANK);
	cr_expect_str_eq(m.u.bank.path, "/usr/share/sounds/sf2/x.sf2");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_BANK, -EINVAL, "not a sound font");
	fails("apollo.bank.failed", NULL, "apollo.bank.load", "path:s", "/x");
	cr_expect_str_eq(c.error.message, "not a sound font");
	fails("apollo.value.invalid", "path", "apollo.bank.load", "path:s", "relative.sf2");
	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	fails("apollo.value.invalid", "path", "apollo.bank.load", "path:s", long_path);
}

Test(gateway, instrument_and_strip,
	.description = "APO-02: programs by number and by name; strips by number and master")
{
	struct mos_rtctl_msg m;

	ok("apollo.instrument.set", "channel:i program:s", INT64_C(2), "violin");
	m = newest(MOS_RTCTL_PROGRAM);
	cr_expect(
		m.u.program.group == MOS_GROUP_LIVE && m.u.program.channel == 2 && m.u.program.program == 40);
	cr_expect_str_eq(caller_str(&c, "name"), "Violin");
	ok("apollo.instrument.set", "channel:i program:i drums:b", INT64_C(3), INT64_C(8), 1);
	m = newest(MOS_RTCTL_PROGRAM);
	cr_expect(m.u.program.bank == 120 && m.u.program.program == 8);
	ok("apollo.instrument.set", "channel:i program:s", INT64_C(3), "drums");
	cr_expect_eq(newest(MOS_RTCTL_PROGRAM).u.program.bank, 120);
	fails("apollo.value.invalid", "program", "apollo.instrument.set", "channel:i program:s", INT64_C(0),
		"kazoo");
	fails("apollo.value.invalid", "program", "apollo.instrument.set", "channel:i program:i", INT64_C(0),
		INT64_C(128));
	fails("apollo.value.invalid", "channel", "apollo.instrument.set", "channel:i program:i", INT64_C(16),
		INT64_C(0));

	ok("apollo.strip.set", "strip:i gain_db:f pan:f mute:b", INT64_C(63), -12.5, -2.0, 1);
	m = newest(MOS_RTCTL_STRIP);
	cr_expect(m.u.strip.strip == 63 && m.u.strip.mask == 7 && m.u.strip.gain_db == -12.5f &&
		  m.u.strip.pan == -1.0f && m.u.strip.mute == 1);
	ok("apollo.strip.set", "strip:s solo:b", "master", 0);
	m = newest(MOS_RTCTL_STRIP);
	cr_expect(m.u.strip.strip == UINT32_MAX && m.u.strip.mask == 8 && m.u.strip.solo == 0);
	fails("apollo.value.invalid", "strip", "apollo.strip.set", "strip:i mute:b", INT64_C(64), 1);
	fails("apollo.value.invalid", "strip", "apollo.strip.set", "strip:s mute:b", "drums", 1);
	fails("apollo.value.invalid", "pan", "apollo.strip.set", "strip:i pan:f", INT64_C(0), (double)NAN);
	fails("rpc.params.invalid", NULL, "apollo.strip.set", "strip:i", INT64_C(0));
}

/* --- What is loaded, effects, inserts, clips --- */

static const msgpack_object *item(const char *list, uint32_t n, uint32_t i)
{
	const msgpack_object *l = wire_get_array(c.in.result, list);

	cr_assert_not_null(l, "%s", list);
	cr_assert_eq(l->via.array.size, n, "%s: %u", list, l->via.array.size);
	return &l->via.array.ptr[i];
}

static int64_t i64_of(const msgpack_object *map, const char *key)
{
	int64_t value;

	cr_assert_eq(wire_get_i64(map, key, &value), 0, "%s", key);
	return value;
}

static void expect_text(const msgpack_object *map, const char *key, const char *text)
{
	char got[256];

	cr_assert_eq(wire_get_str(map, key, got, sizeof(got)), 0, "%s", key);
	cr_expect_str_eq(got, text);
}

Test(gateway, instrument_list,
	.description = "APO-14: presets with file and place; searched, paged, names made printable")
{
	ok("apollo.instrument.list", "");
	cr_expect_eq(caller_i64(&c, "n"), 3);
	expect_text(item("presets", 3, 0), "name", "Grand?Piano");
	cr_expect_eq(i64_of(item("presets", 3, 1), "bank"), 1);
	cr_expect_eq(i64_of(item("presets", 3, 1), "program"), 4);
	cr_expect_eq(i64_of(item("presets", 3, 1), "file"), 1);
	expect_text(item("files", 2, 1), "path", "/b.sfz");
	cr_expect_eq(i64_of(item("files", 2, 1), "bank"), 1);
	cr_expect_null(wire_get(item("files", 2, 0), "bank"));
	ok("apollo.instrument.list", "text:s", "RHODES");
	expect_text(item("presets", 1, 0), "name", "Rhodes");
	ok("apollo.instrument.list", "file:s", "/a.sf2");
	cr_expect_eq(i64_of(item("presets", 2, 1), "bank"), 128);
	ok("apollo.instrument.list", "offset:i", INT64_C(2));
	cr_expect_eq(caller_i64(&c, "n"), 3);
	expect_text(item("presets", 1, 0), "name", "Kit");
}

Test(gateway, instrument_map,
	.description =
		"APO-24: a file, its place and which of its presets arrive; drums have a bank of their own")
{
	struct mos_rtctl_msg m;

	ok("apollo.instrument.map", "path:s bank:i program:i", "/x.sfz", INT64_C(2), INT64_C(7));
	m = newest(MOS_RTCTL_MAP);
	cr_expect_str_eq(m.u.map.path, "/x.sfz");
	cr_expect(m.u.map.bank == 2 && m.u.map.program == 7 && m.u.map.from_bank == MOS_MAP_FIRST &&
		  m.u.map.flags == 0);
	ok("apollo.instrument.map", "path:s drums:b from_program:i", "/x.sf2", 1, INT64_C(9));
	m = newest(MOS_RTCTL_MAP);
	cr_expect(m.u.map.bank == 128 && m.u.map.program == 0 && m.u.map.from_bank == 0 &&
		  m.u.map.from_program == 9);
	ok("apollo.instrument.unmap", "");
	m = newest(MOS_RTCTL_MAP);
	cr_expect(m.u.map.flags == MOS_MAP_REMOVE && m.u.map.path[0] == '\0');
	fails("apollo.value.invalid", "path", "apollo.instrument.map", "path:s", "x.sfz");
	fails("apollo.value.invalid", "bank", "apollo.instrument.map", "path:s bank:i", "/x.sfz",
		INT64_C(128));
	rtcore_double_refuse(rig.rt, MOS_RTCTL_MAP, -EINVAL, "/x.sfz:3: no such sample");
	fails("apollo.bank.failed", NULL, "apollo.instrument.map", "path:s", "/x.sfz");
	cr_expect_str_eq(c.error.message, "/x.sfz:3: no such sample");
}

Test(gateway, audition,
	.description =
		"APO-02: the program, then four notes up, on a channel that nobody plays; a kit's strokes")
{
	struct mos_rtctl_msg m;

	ok("apollo.instrument.audition", "program:s key:s velocity:f", "violin", "A4", 1.0);
	m = newest(MOS_RTCTL_PROGRAM);
	cr_expect(m.u.program.group == MOS_GROUP_LIVE && m.u.program.channel == 15 &&
		  m.u.program.program == 40);
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.channel == 15 && m.u.note.n_keys == 4 && m.u.note.velocity == 65535);
	cr_expect(m.u.note.keys[0] == 69 && m.u.note.keys[3] == 81);
	cr_expect_eq(caller_u64(&c, "frame"), 4242);
	cr_expect_str_eq(caller_str(&c, "name"), "Violin");
	ok("apollo.instrument.audition", "program:i bank:i key:i", INT64_C(3), INT64_C(5), INT64_C(127));
	cr_expect_eq(newest(MOS_RTCTL_PROGRAM).u.program.bank, 5);
	m = newest(MOS_RTCTL_NOTE);
	for (int i = 0; i < 4; i++)
		cr_expect_leq(m.u.note.keys[i], 127);
	ok("apollo.instrument.audition", "program:s", "drums");
	m = newest(MOS_RTCTL_PROGRAM);
	cr_expect(m.u.program.channel == 15 && m.u.program.bank == 120, "the kit of channel 9 stays");
	m = newest(MOS_RTCTL_NOTE);
	cr_expect(m.u.note.channel == 15 && m.u.note.keys[0] == 36 && m.u.note.keys[2] == 38);
	fails("apollo.note.invalid", "key", "apollo.instrument.audition", "program:i key:s", INT64_C(0),
		"H4");
	fails("apollo.value.invalid", "velocity", "apollo.instrument.audition", "program:i velocity:f",
		INT64_C(0), (double)NAN);
}

Test(gateway, effects,
	.description = "effects by name: what differs, ranges, places; what is refused does not reach rtcore")
{
	struct mos_rtctl_msg m;
	uint32_t n;

	ok("apollo.fx.list", "");
	expect_text(item("settings", 2, 0), "strip", "master");
	expect_text(item("settings", 2, 0), "unit", "reverb");
	cr_expect_eq(i64_of(item("settings", 2, 1), "strip"), 9);
	expect_text(item("settings", 2, 1), "param", "low_db");
	cr_expect_eq(wire_get_array(c.in.result, "units")->via.array.size, MOS_FX_N_UNITS);
	ok("apollo.fx.list", "strip:i", INT64_C(9));
	expect_text(item("settings", 1, 0), "unit", "eq");
	ok("apollo.fx.set", "unit:s param:s value:f", "reverb", "time_s", 2.5);
	m = newest(MOS_RTCTL_FX);
	cr_expect(m.u.fx.strip == UINT32_MAX && m.u.fx.unit == MOS_FX_REVERB &&
		  m.u.fx.param == MOS_FX_REVERB_TIME_S && m.u.fx.value == 2.5f);
	ok("apollo.fx.set", "strip:i unit:s param:s value:i", INT64_C(3), "send", "reverb", INT64_C(1));
	m = newest(MOS_RTCTL_FX);
	cr_expect(m.u.fx.strip == 3 && m.u.fx.unit == MOS_FX_SEND && m.u.fx.param == MOS_FX_SEND_REVERB);
	n = rtcore_double_count(rig.rt, MOS_RTCTL_FX);
	fails("apollo.value.invalid", "unit", "apollo.fx.set", "unit:s param:s value:f", "flanger", "on",
		1.0);
	fails("apollo.value.invalid", "param", "apollo.fx.set", "unit:s param:s value:f", "reverb", "time",
		1.0);
	fails("apollo.value.invalid", "value", "apollo.fx.set", "unit:s param:s value:f", "reverb", "time_s",
		1e9);
	fails("apollo.value.invalid", "value", "apollo.fx.set", "unit:s param:s value:f", "reverb", "time_s",
		(double)NAN);
	fails("apollo.value.invalid", "strip", "apollo.fx.set", "strip:i unit:s param:s value:f", INT64_C(3),
		"reverb", "on", 1.0);
	fails("apollo.value.invalid", "strip", "apollo.fx.set", "unit:s param:s value:f", "send", "reverb",
		1.0);
	cr_expect_eq(rtcore_double_count(rig.rt, MOS_RTCTL_FX), n);
	ok("apollo.fx.reset", "");
	cr_expect_eq(newest(MOS_RTCTL_FX).u.fx.strip, MOS_FX_ALL_STRIPS);
	ok("apollo.fx.reset", "unit:s", "send");
	m = newest(MOS_RTCTL_FX);
	cr_expect(m.u.fx.strip == MOS_FX_ALL_STRIPS && m.u.fx.unit == MOS_FX_SEND, "of all strips");
	fails("apollo.value.invalid", "unit", "apollo.fx.reset", "unit:s", "flanger");
	ok("apollo.fx.reset", "strip:i unit:s", INT64_C(9), "eq");
	m = newest(MOS_RTCTL_FX);
	cr_expect(m.u.fx.strip == 9 && m.u.fx.unit == MOS_FX_EQ && m.u.fx.param == MOS_FX_ALL);
}

Test(gateway, inserts,
	.description = "NAM-03: what is in force is listed, with why it is bypassed; places, kinds and "
		       "controls arrive")
{
	struct mos_rtctl_msg m;

	ok("apollo.insert.list", "");
	expect_text(item("inserts", 1, 0), "state", "bypassed");
	expect_text(item("inserts", 1, 0), "text", "was late");
	cr_expect_eq(i64_of(item("inserts", 1, 0), "latency_frames"), 192);
	ok("apollo.insert.get", "strip:i slot:i", INT64_C(63), INT64_C(0));
	expect_text(item("controls", 1, 0), "symbol", "gain");
	ok("apollo.insert.add", "strip:s kind:s what:s", "master", "lv2", "urn:x");
	m = newest(MOS_RTCTL_INSERT);
	cr_expect(m.u.insert.strip == UINT32_MAX && m.u.insert.slot == MOS_INSERT_ANY &&
		  m.u.insert.kind == MOS_INSERT_LV2);
	cr_expect_str_eq(m.u.insert.what, "urn:x");
	ok("apollo.insert.remove", "strip:i slot:i", INT64_C(3), INT64_C(2));
	m = newest(MOS_RTCTL_INSERT);
	cr_expect(m.u.insert.strip == 3 && m.u.insert.slot == 2 && m.u.insert.kind == MOS_INSERT_NONE);
	ok("apollo.insert.set", "strip:i slot:i symbol:s value:f", INT64_C(3), INT64_C(2), "gain", 0.5);
	m = newest(MOS_RTCTL_INSERT_SET);
	cr_expect_str_eq(m.u.insert_set.symbol, "gain");
	cr_expect_eq(m.u.insert_set.value, 0.5f);
	fails("apollo.value.invalid", "kind", "apollo.insert.add", "strip:i kind:s what:s", INT64_C(3), "vst",
		"x");
	fails("apollo.value.invalid", "what", "apollo.insert.add", "strip:i kind:s what:s", INT64_C(3), "nam",
		"a.nam");
	fails("apollo.value.invalid", "slot", "apollo.insert.remove", "strip:i slot:i", INT64_C(3),
		INT64_C(4));
	rtcore_double_refuse(rig.rt, MOS_RTCTL_INSERT, -ENOENT, "urn:x is not installed");
	fails("apollo.insert.failed", NULL, "apollo.insert.add", "strip:i kind:s what:s", INT64_C(3), "lv2",
		"urn:x");
	rtcore_double_refuse(rig.rt, MOS_RTCTL_INSERT_SET, -ENOENT, "");
	fails("apollo.insert.absent", NULL, "apollo.insert.set", "strip:i slot:i symbol:s value:f",
		INT64_C(3), INT64_C(2), "gain", 0.5);
}

Test(gateway, models,
	.description = "WGT-17: amplifiers are known by name; one is switched off and on; who may load files may say a path")
{
	struct mos_rtctl_msg m;
	const msgpack_object *list;

	ok("apollo.model.list", "");
	list = wire_get_array(c.in.result, "models");
	cr_assert(list && list->via.array.size == 2, "those that are files and end in .nam");
	expect_text(&list->via.array.ptr[0], "name", "crunch");
	expect_text(&list->via.array.ptr[1], "name", "whole");
	cr_expect_gt(i64_of(&list->via.array.ptr[0], "bytes"), 0);
	ok("apollo.insert.add", "strip:i kind:s what:s", INT64_C(63), "nam", "crunch");
	m = newest(MOS_RTCTL_INSERT);
	cr_expect_not_null(strstr(m.u.insert.what, "/models/crunch.nam"), "%s", m.u.insert.what);
	ok("apollo.insert.add", "strip:i kind:s what:s", INT64_C(63), "nam", "/elsewhere/a.nam");
	fails("apollo.value.invalid", "what", "apollo.insert.add", "strip:i kind:s what:s", INT64_C(3), "nam",
		"no such model");
	ok("apollo.insert.bypass", "strip:i slot:i on:b", INT64_C(63), INT64_C(1), 1);
	m = newest(MOS_RTCTL_INSERT_SET);
	cr_expect_str_eq(m.u.insert_set.symbol, MOS_INSERT_BYPASS);
	cr_expect(m.u.insert_set.value == 1 && m.u.insert_set.strip == 63 && m.u.insert_set.slot == 1);
	ok("apollo.insert.bypass", "strip:s slot:i on:b", "master", INT64_C(0), 0);
	m = newest(MOS_RTCTL_INSERT_SET);
	cr_expect(m.u.insert_set.value == 0 && m.u.insert_set.strip == UINT32_MAX);
	fails("rpc.params.invalid", "on", "apollo.insert.bypass", "strip:i slot:i", INT64_C(63), INT64_C(1));
	fails("apollo.value.invalid", "slot", "apollo.insert.bypass", "strip:i slot:i on:b", INT64_C(63), INT64_C(4), 1);
}

Test(gateway, strips,
	.description = "WGT-31: the strips are listed as set, with the names that the score, or the box, has for them")
{
	static const char *const names[] = {"Lead?voice", "Violin", "Drums", "Live 1", "Input", "Master"};
	const msgpack_object *s;
	int is_on;
	double value;

	ok("apollo.strip.list", "");
	for (uint32_t i = 0; i < 6; i++)
		expect_text(item("strips", 6, i), "name", names[i]);
	s = item("strips", 6, 0);
	cr_assert(wire_get_f64(s, "gain_db", &value) == 0 && value == -6);
	cr_assert(wire_get_f64(s, "pan", &value) == 0 && value == 0.5);
	cr_assert(wire_get_bool(s, "mute", &is_on) == 0 && is_on);
	cr_assert(wire_get_bool(s, "solo", &is_on) == 0 && !is_on);
	cr_assert(wire_get_bool(item("strips", 6, 2), "solo", &is_on) == 0 && is_on);
	cr_assert(wire_get_bool(item("strips", 6, 3), "part", &is_on) == 0 && !is_on);
	expect_text(item("strips", 6, 5), "strip", "master");
	cr_expect_eq(i64_of(item("strips", 6, 4), "strip"), 63);
}

Test(gateway, insert_state,
	.description = "NAM-04: what an insert keeps inside of itself comes and goes as a descriptor; refusals have codes")
{
	char text[8] = "";
	int fd = memfd_create("state", MFD_CLOEXEC), got;

	cr_assert(fd >= 0 && write(fd, "new", 3) == 3);
	ok("apollo.insert.save", "strip:i slot:i", INT64_C(3), INT64_C(1));
	cr_expect_eq(caller_u64(&c, "bytes"), 5);
	got = wire_take_fd(&c.in, 0);
	cr_assert_geq(got, 0);
	cr_expect_eq(pread(got, text, sizeof(text), 0), 5);
	cr_expect_str_eq(text, "state");
	close(got);
	cr_assert_eq(caller_call_fd(&c, fd, "apollo.insert.restore", "strip:i slot:i", INT64_C(3), INT64_C(1)), 0);
	cr_expect_eq(rtcore_double_fds(rig.rt, MOS_RTCTL_INSERT_RESTORE, 1), 1);
	fails("rpc.fds.missing", NULL, "apollo.insert.restore", "strip:i slot:i", INT64_C(3), INT64_C(1));
	rtcore_double_refuse(rig.rt, MOS_RTCTL_INSERT_RESTORE, -EINVAL, "this is no state of that plugin");
	expect_error(&c, caller_call_fd(&c, fd, "apollo.insert.restore", "strip:i slot:i", INT64_C(3), INT64_C(1)),
		"apollo.state.invalid", NULL);
	rtcore_double_refuse(rig.rt, MOS_RTCTL_INSERT_SAVE, -ENOTSUP, "");
	fails("apollo.state.failed", NULL, "apollo.insert.save", "strip:i slot:i", INT64_C(3), INT64_C(1));
	close(fd);
}

Test(gateway, clips, .description = "APO-32: bars from 1 or ticks, tempo, loop; a loop needs an end")
{
	struct mos_rtctl_msg m;

	ok("apollo.clip.list", "");
	cr_expect_eq(i64_of(item("clips", 1, 0), "id"), 3);
	cr_expect_null(wire_get(item("clips", 1, 0), "end_ticks"));
	ok("apollo.clip.add", "path:s bar:i to_bar:i bpm:f loop:b", "/c.wav", INT64_C(5), INT64_C(8), 96.0,
		1);
	m = newest(MOS_RTCTL_CLIP);
	cr_expect(m.u.clip.start_tick == 4 && m.u.clip.end_tick == 8 &&
		  m.u.clip.flags == (MOS_CLIP_LOOP | MOS_CLIP_BY_BAR));
	cr_expect(m.u.clip.file_bpm == 96 && m.u.clip.strip == 62);
	ok("apollo.clip.add", "path:s start_ticks:i strip:i", "/c.wav", INT64_C(960), INT64_C(7));
	m = newest(MOS_RTCTL_CLIP);
	cr_expect(m.u.clip.start_tick == 960 && m.u.clip.end_tick == INT64_MAX && m.u.clip.flags == 0 &&
		  m.u.clip.strip == 7);
	fails("apollo.value.invalid", "loop", "apollo.clip.add", "path:s loop:b", "/c.wav", 1);
	fails("apollo.value.invalid", "to_bar", "apollo.clip.add", "path:s bar:i to_bar:i", "/c.wav",
		INT64_C(5), INT64_C(4));
	fails("apollo.value.invalid", "bpm", "apollo.clip.add", "path:s bpm:f", "/c.wav", 0.0);
	fails("rpc.params.invalid", NULL, "apollo.clip.add", "path:s bar:i end_ticks:i", "/c.wav", INT64_C(5),
		INT64_C(4));
	ok("apollo.clip.remove", "id:i", INT64_C(3));
	cr_expect_eq(newest(MOS_RTCTL_CLIP_REMOVE).u.clip_remove.id, 3);
	rtcore_double_refuse(rig.rt, MOS_RTCTL_CLIP_REMOVE, -ENOENT, "");
	fails("apollo.clip.absent", NULL, "apollo.clip.remove", "id:i", INT64_C(9));
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
