/* SPDX-License-Identifier: MIT */
/* apollo.* through the real broker: what arrives at rtcore, what is answered, what is refused. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/fx.h>

#include "gateway_rig.h"

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
