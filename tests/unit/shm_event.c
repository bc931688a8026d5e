/* SPDX-License-Identifier: MIT */
/* The one table of event types and the field-by-field check of a record. */
#include <string.h>

#include <criterion/criterion.h>

#include <mos/clock.h>
#include <mos/event.h>
#include <mos/ingress.h>
#include <mos/rtctl.h>

Test(shm_event, names,
	.description = "EVT-11 EVT-25: the nine types of the specification, its further ones and ours have "
		       "names and numbers")
{
	static const char *const wanted[] = {
		"midi:noteon",
		"midi:noteoff",
		"midi:snapshot",
		"chord:detected",
		"braid:highlight",
		"rocky:feedback",
		"rocky:highlight",
		"metronome:beat",
		"metronome:pattern",
		"metronome:tap-tempo",
		"metronome:voice-guidance",
		"metronome:gamification",
		"transport:state",
		"transport:play",
		"transport:pause",
		"transport:stop",
		"transport:seek",
		"transport:loop",
		"transport:measure",
		"transport:error",
		"score:loaded",
		"score:error",
		"tempo:change",
		"key:change",
		"widget:state",
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		uint32_t type = mos_event_type_from_name(wanted[i]);

		cr_assert_neq(type, 0, "%s has no number", wanted[i]);
		cr_assert_str_eq(mos_event_type_name(type), wanted[i]);
	}
	cr_assert_eq(mos_event_type_from_name("midi:noteon"), 0x0101);
	cr_assert_eq(mos_event_type_from_name("midi:"), 0);
	cr_assert_eq(mos_event_type_from_name(""), 0);
	cr_assert_null(mos_event_type_name(0));
	cr_assert_null(mos_event_type_name(0x0105));
	cr_assert_null(mos_event_type_name(UINT32_MAX));
}

Test(shm_event, places_and_groups,
	.description =
		"EVT-01: each type has one place in masks, below 64, and one group; unknown ones have none")
{
	uint32_t groups = 0, n = 0;

	for (; mos_event_type_at(n); n++) {
		uint32_t type = mos_event_type_at(n), group = mos_event_group(type);

		cr_assert_eq(mos_event_type_index(type), (int)n);
		cr_assert(group > 0 && group < MOS_EVENT_N_GROUPS, "%s has no group",
			mos_event_type_name(type));
		groups |= 1u << group;
	}
	cr_assert_eq(n, 32);
	cr_assert_leq(n, MOS_EVENT_TYPES_MAX);
	cr_assert_eq(groups, 0x7fe, "a group without a type");
	cr_assert_eq(mos_event_group(MOS_EVENT_MIDI_UMP), MOS_EVENT_GROUP_MIDI);
	cr_assert_eq(mos_event_group(MOS_EVENT_ROCKY_HIGHLIGHT), MOS_EVENT_GROUP_TEACH);
	cr_assert_eq(mos_event_group(MOS_EVENT_KEY_CHANGE), MOS_EVENT_GROUP_SCORE);
	cr_assert_eq(mos_event_group(MOS_EVENT_BUS_NOTICE), MOS_EVENT_GROUP_BUS);
	cr_assert_eq(mos_event_type_at(n), 0);
	cr_assert_eq(mos_event_type_at(UINT32_MAX), 0);
	cr_assert_eq(mos_event_type_index(0), -1);
	cr_assert_eq(mos_event_type_index(0x0105), -1);
	cr_assert_eq(mos_event_group(0x0105), 0);
	cr_assert_eq(mos_event_group(UINT32_MAX), 0);
}

#define FOUR_FOUR {.meter_num = 4, .meter_den = 4, .ns_per_quarter = 500000000}

/** A record of each type that passes. */
static const struct mos_event good[] = {
	{.type = MOS_EVENT_MIDI_NOTEON,
		.u.note = {.channel = 15, .key = 60, .velocity = 0x8000, .part = 0xffff}},
	{.type = MOS_EVENT_MIDI_NOTEOFF, .u.note = {.group = 15, .key = 127, .instance = UINT32_MAX}},
	{.type = MOS_EVENT_MIDI_SNAPSHOT,
		.u.snapshot = {.keys = {UINT64_C(1) << 60, 3},
			.string = {40, 45, 0xff, 0xff, 127, 0},
			.n_keys = 3}},
	{.type = MOS_EVENT_MIDI_UMP, .u.ump = {.word = {0x40903c00, 0xffffffff}}},
	{.type = MOS_EVENT_CHORD_DETECTED,
		.u.chord = {.pitch_classes = 0xfff,
			.root = 11,
			.bass = 11,
			.symbol = "F\xe2\x99\xafm7b5/A",
			.key_tonic = 0xff}},
	{.type = MOS_EVENT_BRAID_HIGHLIGHT,
		.u.braid = {.roman = "viio7/V", .symbol = "F#o7", .key_tonic = 11}},
	{.type = MOS_EVENT_ROCKY_FEEDBACK,
		.u.feedback = {.kind = MOS_ROCKY_HINT,
			.message = "gut gemacht, \xc3\xbc"
				   "be weiter"}},
	{.type = MOS_EVENT_ROCKY_HIGHLIGHT,
		.u.highlight = {.keys = {UINT64_MAX, UINT64_MAX}, .kind = MOS_ROCKY_LATE}},
	{.type = MOS_EVENT_METRONOME_BEAT, .u.beat = FOUR_FOUR},
	{.type = MOS_EVENT_METRONOME_PATTERN,
		.u.pattern = {.n_steps = 128,
			.n_pulses = 2,
			.rotation = 127,
			.flags = 1,
			.onset = {1, UINT64_C(1) << 63}}},
	{.type = MOS_EVENT_METRONOME_TAP, .u.tap = {.milli_bpm = 1000000, .n_taps = 2}},
	{.type = MOS_EVENT_METRONOME_VOICE, .u.voice = {.kind = 2, .text = "one, two, three, four, five, s"}},
	{.type = MOS_EVENT_METRONOME_GAME,
		.u.game = {.kind = 2, .value = UINT32_MAX, .text = "7 \xf0\x9f\x94\xa5"}},
	{.type = MOS_EVENT_TUNER_PITCH,
		.u.pitch = {.milli_hz = 440000, .centi_cents = -5000, .key = 69, .a4_deci_hz = 4400}},
	{.type = MOS_EVENT_TRANSPORT_STATE,
		.u.transport = {.state = 5, .old_state = 5, .reason = 5, .from_tick = -1}},
	{.type = MOS_EVENT_TRANSPORT_PLAY},
	{.type = MOS_EVENT_TRANSPORT_PAUSE},
	{.type = MOS_EVENT_TRANSPORT_STOP},
	{.type = MOS_EVENT_TRANSPORT_SEEK},
	{.type = MOS_EVENT_TRANSPORT_LOOP, .u.loop = {.start_tick = -5, .end_tick = -5, .active = 1}},
	{.type = MOS_EVENT_TRANSPORT_MEASURE, .u.beat = FOUR_FOUR},
	{.type = MOS_EVENT_TRANSPORT_ERROR, .u.transport = {.error = -22}},
	{.type = MOS_EVENT_SCORE_LOADED, .u.score = {.n_events = UINT32_MAX}},
	{.type = MOS_EVENT_SCORE_ERROR, .u.score = {.error = -22}},
	{.type = MOS_EVENT_TEMPO_CHANGE, .u.tempo = {.ns_per_quarter = 1, .source = 3, .rate_ppm = 1}},
	{.type = MOS_EVENT_METER_CHANGE,
		.u.beat = {.beat = 12,
			.meter_num = 13,
			.meter_den = 128,
			.accent = 2,
			.flags = 1,
			.ns_per_quarter = 60000000000}},
	{.type = MOS_EVENT_KEY_CHANGE, .u.key = {.fifths = -7, .minor = 1}},
	{.type = MOS_EVENT_WIDGET_STATE,
		.u.widget = {.state = 7, .old_state = 7, .exit_status = -9, .id = "chord-detector"}},
	{.type = MOS_EVENT_ENGINE_STATE, .u.engine = {.state = 3, .percent = 100, .error = -5}},
	{.type = MOS_EVENT_MIXER_CHANGE,
		.u.mixer = {.strip = MOS_MIXER_MASTER, .what = 3, .slot = 3, .unit = "compressor", .param = "pre_delay_ms"}},
	{.type = MOS_EVENT_DATA_SHARED, .u.data = {.id = 1, .size_bytes = UINT64_MAX, .kind = "wav"}},
	{.type = MOS_EVENT_BUS_NOTICE,
		.u.notice = {.reason = 2, .type = MOS_EVENT_MIDI_NOTEON, .source = 1023, .other = 0xffff}},
};

static const struct mos_event *good_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (good[i].type == type)
			return &good[i];
	return NULL;
}

Test(shm_event, whole_records_pass,
	.description = "EVT-01: a record of each type passes, fields at their limits")
{
	for (uint32_t i = 0; mos_event_type_at(i); i++) {
		const struct mos_event *ev = good_of(mos_event_type_at(i));
		struct mos_event flagged;

		cr_assert(ev, "no example of %s", mos_event_type_name(mos_event_type_at(i)));
		cr_assert_eq(mos_event_check(ev), MOS_EVENT_OK, "%s", mos_event_type_name(ev->type));
		flagged = *ev;
		flagged.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED;
		flagged.hops = MOS_HOPS_MAX;
		flagged.seq = flagged.time_ns = UINT64_MAX;
		flagged.source = 77;
		cr_assert_eq(mos_event_check(&flagged), MOS_EVENT_OK, "%s", mos_event_type_name(ev->type));
	}
}

/** B(TYPE, payload, field, bad value): the field alone is wrong. */
#define BREAKS(B)                                                                                            \
	B(MIDI_NOTEON, note.group, 16)                                                                       \
	B(MIDI_NOTEON, note.channel, 16)                                                                     \
	B(MIDI_NOTEON, note.key, 128)                                                                        \
	B(MIDI_NOTEON, note.velocity, 0)                                                                     \
	B(MIDI_NOTEOFF, note.group, 255)                                                                     \
	B(MIDI_NOTEOFF, note.channel, 255)                                                                   \
	B(MIDI_NOTEOFF, note.key, 255)                                                                       \
	B(MIDI_SNAPSHOT, snapshot.keys[0], 0)                                                                \
	B(MIDI_SNAPSHOT, snapshot.keys[1], 7)                                                                \
	B(MIDI_SNAPSHOT, snapshot.string[0], 128)                                                            \
	B(MIDI_SNAPSHOT, snapshot.string[5], 0xfe)                                                           \
	B(MIDI_SNAPSHOT, snapshot.sustain, 128)                                                              \
	B(MIDI_SNAPSHOT, snapshot.n_keys, 2)                                                                 \
	B(MIDI_UMP, ump.word[0], 0x20903c40)                                                                 \
	B(MIDI_UMP, ump.word[2], 1)                                                                          \
	B(MIDI_UMP, ump.word[3], 1)                                                                          \
	B(CHORD_DETECTED, chord.pitch_classes, 0x1000)                                                       \
	B(CHORD_DETECTED, chord.root, 12)                                                                    \
	B(CHORD_DETECTED, chord.bass, 12)                                                                    \
	B(CHORD_DETECTED, chord.symbol[0], '\n')                                                             \
	B(CHORD_DETECTED, chord.symbol[2], 'x')                                                              \
	B(CHORD_DETECTED, chord.key_tonic, 12)                                                               \
	B(CHORD_DETECTED, chord.key_minor, 2)                                                                \
	B(CHORD_DETECTED, chord.origin, 3)                                                                   \
	B(CHORD_DETECTED, chord.source, 2)                                                                   \
	B(CHORD_DETECTED, chord.fusion, 8)                                                                   \
	B(BRAID_HIGHLIGHT, braid.roman[3], (char)0x80)                                                       \
	B(BRAID_HIGHLIGHT, braid.symbol[3], (char)0xff)                                                      \
	B(BRAID_HIGHLIGHT, braid.key_tonic, 12)                                                              \
	B(BRAID_HIGHLIGHT, braid.key_minor, 2)                                                               \
	B(ROCKY_FEEDBACK, feedback.kind, 5)                                                                  \
	B(ROCKY_FEEDBACK, feedback.message[1], 0x1b)                                                         \
	B(ROCKY_HIGHLIGHT, highlight.kind, 5)                                                                \
	B(METRONOME_BEAT, beat.beat, 4)                                                                      \
	B(METRONOME_BEAT, beat.meter_num, 0)                                                                 \
	B(METRONOME_BEAT, beat.meter_den, 0)                                                                 \
	B(METRONOME_BEAT, beat.meter_den, 6)                                                                 \
	B(METRONOME_BEAT, beat.meter_den, 256)                                                               \
	B(METRONOME_BEAT, beat.accent, 3)                                                                    \
	B(METRONOME_BEAT, beat.flags, 2)                                                                     \
	B(METRONOME_BEAT, beat.ns_per_quarter, 0)                                                            \
	B(METRONOME_BEAT, beat.step, 1)                                                                      \
	B(METRONOME_BEAT, beat.n_steps, 129)                                                                 \
	B(METRONOME_PATTERN, pattern.n_steps, 0)                                                             \
	B(METRONOME_PATTERN, pattern.n_steps, 129)                                                           \
	B(METRONOME_PATTERN, pattern.n_steps, 64)                                                            \
	B(METRONOME_PATTERN, pattern.n_pulses, 129)                                                          \
	B(METRONOME_PATTERN, pattern.n_pulses, 1)                                                            \
	B(METRONOME_PATTERN, pattern.rotation, 128)                                                          \
	B(METRONOME_PATTERN, pattern.flags, 2)                                                               \
	B(METRONOME_PATTERN, pattern.onset[0], 3)                                                            \
	B(METRONOME_PATTERN, pattern.onset[1], 0)                                                            \
	B(METRONOME_TAP, tap.milli_bpm, 1000001)                                                             \
	B(METRONOME_TAP, tap.n_taps, 1)                                                                      \
	B(METRONOME_VOICE, voice.kind, 3)                                                                    \
	B(METRONOME_VOICE, voice.text[30], 'x')                                                              \
	B(METRONOME_GAME, game.kind, 3)                                                                      \
	B(METRONOME_GAME, game.text[3], ' ')                                                                 \
	B(TUNER_PITCH, pitch.centi_cents, 5001)                                                              \
	B(TUNER_PITCH, pitch.centi_cents, -5001)                                                             \
	B(TUNER_PITCH, pitch.key, 128)                                                                       \
	B(TUNER_PITCH, pitch.a4_deci_hz, 2999)                                                               \
	B(TUNER_PITCH, pitch.a4_deci_hz, 6001)                                                               \
	B(TRANSPORT_STATE, transport.state, 6)                                                               \
	B(TRANSPORT_PLAY, transport.old_state, 255)                                                          \
	B(TRANSPORT_PAUSE, transport.reason, 6)                                                              \
	B(TRANSPORT_STOP, transport.error, 1)                                                                \
	B(TRANSPORT_SEEK, transport.state, 6)                                                                \
	B(TRANSPORT_ERROR, transport.error, INT32_MAX)                                                       \
	B(TRANSPORT_LOOP, loop.start_tick, -4)                                                               \
	B(TRANSPORT_LOOP, loop.end_tick, -6)                                                                 \
	B(TRANSPORT_LOOP, loop.active, 2)                                                                    \
	B(TRANSPORT_MEASURE, beat.ns_per_quarter, 60000000001)                                               \
	B(TRANSPORT_MEASURE, beat.n_steps, 1)                                                                \
	B(METER_CHANGE, beat.meter_num, 12)                                                                  \
	B(METER_CHANGE, beat.n_steps, 16)                                                                    \
	B(SCORE_LOADED, score.end_tick, -1)                                                                  \
	B(SCORE_ERROR, score.error, 1)                                                                       \
	B(TEMPO_CHANGE, tempo.ns_per_quarter, 0)                                                             \
	B(TEMPO_CHANGE, tempo.ns_per_quarter, 60000000001)                                                   \
	B(TEMPO_CHANGE, tempo.old_ns_per_quarter, UINT64_MAX)                                                \
	B(TEMPO_CHANGE, tempo.source, 4)                                                                     \
	B(TEMPO_CHANGE, tempo.rate_ppm, 0)                                                                   \
	B(KEY_CHANGE, key.fifths, 8)                                                                         \
	B(KEY_CHANGE, key.fifths, -8)                                                                        \
	B(KEY_CHANGE, key.minor, 2)                                                                          \
	B(WIDGET_STATE, widget.state, MOS_WIDGET_N_STATES)                                                   \
	B(WIDGET_STATE, widget.old_state, 255)                                                               \
	B(WIDGET_STATE, widget.id[0], 0x7f)                                                                  \
	B(ENGINE_STATE, engine.state, 4)                                                                     \
	B(ENGINE_STATE, engine.percent, 101)                                                                 \
	B(ENGINE_STATE, engine.error, 1)                                                                     \
	B(MIXER_CHANGE, mixer.strip, 64)                                                                     \
	B(MIXER_CHANGE, mixer.what, 4)                                                                       \
	B(MIXER_CHANGE, mixer.slot, 4)                                                                       \
	B(MIXER_CHANGE, mixer.unit[0], 1)                                                                    \
	B(MIXER_CHANGE, mixer.param[2], (char)0xc3)                                                          \
	B(DATA_SHARED, data.kind[2], (char)0xc3)                                                             \
	B(BUS_NOTICE, notice.reason, 3)                                                                      \
	B(BUS_NOTICE, notice.type, 0x0105)                                                                   \
	B(BUS_NOTICE, notice.source, 1024)                                                                   \
	B(BUS_NOTICE, notice.other, 0xfffe)

Test(shm_event, broken_fields_are_told,
	.description =
		"EVT-05 E2.4.4.3 EVT-24: each field of each type that has a range, broken once, is found")
{
	uint64_t seen = 0;

#define B(sym, field, bad)                                                                                   \
	do {                                                                                                 \
		struct mos_event ev = *good_of(MOS_EVENT_##sym);                                             \
		ev.u.field = bad;                                                                            \
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD, #sym " " #field " = " #bad);         \
		seen |= UINT64_C(1) << mos_event_type_index(ev.type);                                        \
	} while (0);
	BREAKS(B)
#undef B
	cr_assert_eq(seen, (UINT64_C(1) << 32) - 1, "a type of which nothing was broken: mask %llx",
		(unsigned long long)seen);
}

Test(shm_event, broken_heads_are_told,
	.description = "EVT-01 EVT-05 EVT-18: unknown types and flags, and too many hops")
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct mos_event ev = good[i];

		const int is_played = ev.type == MOS_EVENT_MIDI_NOTEON || ev.type == MOS_EVENT_MIDI_NOTEOFF ||
				      ev.type == MOS_EVENT_MIDI_UMP;

		ev.flags = MOS_EVENT_TO_OUTPUT; /* only what is played can go there */
		cr_assert_eq(mos_event_check(&ev), is_played ? MOS_EVENT_OK : MOS_EVENT_BAD_FLAGS);
		ev.flags = 0x08;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FLAGS);
		ev.flags = 0x80;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FLAGS);
		ev.flags = 0;
		ev.hops = MOS_HOPS_MAX + 1;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_HOPS);
		ev.type |= 0x10000;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_TYPE);
		ev.type = 0;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_TYPE);
	}
}

Test(shm_event, pattern_beats,
	.description = "EVT-24: a beat of a pattern has a step below the pattern's length")
{
	struct mos_event ev = *good_of(MOS_EVENT_METRONOME_BEAT);

	ev.u.beat.n_steps = 128;
	ev.u.beat.step = 127;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev.u.beat.step = 128;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD);
	ev.u.beat.n_steps = 1;
	ev.u.beat.step = 1;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD);
	ev.u.beat.step = 0;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
}

Test(shm_event, pattern_lengths,
	.description = "EVT-24 EVT-05: of every pattern length only pulses within it pass, and their number "
		       "has to be right")
{
	for (uint32_t n = 1; n <= 128; n++) {
		struct mos_event ev = {.type = MOS_EVENT_METRONOME_PATTERN};

		ev.u.pattern.n_steps = (uint16_t)n;
		ev.u.pattern.n_pulses = (uint16_t)n;
		for (uint32_t s = 0; s < n; s++)
			ev.u.pattern.onset[s / 64] |= UINT64_C(1) << s % 64;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK, "%u steps", n);
		ev.u.pattern.onset[0] &= ~UINT64_C(1);
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD);
		if (n < 128) {
			ev.u.pattern.onset[n / 64] |= UINT64_C(1) << n % 64;
			cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD, "a pulse beyond %u steps", n);
		}
	}
}

static enum mos_event_fault fault_of_text(const char *text)
{
	struct mos_event ev = {.type = MOS_EVENT_METRONOME_VOICE};

	memcpy(ev.u.voice.text, text, strlen(text));
	return mos_event_check(&ev);
}

Test(shm_event, text,
	.description = "EVT-05: text is UTF-8 without control characters, and ends within its array")
{
	static const char *const fine[] = {"", " ", "~", "\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbd", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
	static const char *const broken[] = {"\x01", "\n", "\x1b[2J", "\x7f", "\xc2\x80", "\xc2\x9b", "\x80",
		"\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x8e",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe"};
	struct mos_event ev = {.type = MOS_EVENT_METRONOME_VOICE};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		cr_assert_eq(fault_of_text(fine[i]), MOS_EVENT_OK, "%zu", i);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		cr_assert_eq(fault_of_text(broken[i]), MOS_EVENT_BAD_FIELD, "%zu", i);
	for (size_t n = 0; n < sizeof(ev.u.voice.text); n++) { /* a character that the array's end cuts */
		memset(ev.u.voice.text, 'a', sizeof(ev.u.voice.text));
		ev.u.voice.text[n] = 0;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
		ev.u.voice.text[n] = (char)0xf0;
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD);
		ev.u.voice.text[n] = 'a';
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD);
	}
}

Test(shm_event, packets,
	.description = "EVT-05 MID-07: a packet of each type fills its own words and no more")
{
	static const uint32_t n_words[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};

	for (uint32_t type = 0; type < 16; type++)
		for (uint32_t i = 1; i < 4; i++) {
			struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP};

			ev.u.ump.word[0] = type << 28;
			ev.u.ump.word[i] = 1;
			cr_assert_eq(
				mos_event_check(&ev), i < n_words[type] ? MOS_EVENT_OK : MOS_EVENT_BAD_FIELD);
		}
}

Test(shm_event, reserved_bytes,
	.description = "EVT-05: every reserved byte of every payload has to be 0, and no other")
{
	static const struct {
		uint32_t type;
		size_t from, to; /* counted by hand from mos/event.h */
	} reserved[] = {
		{MOS_EVENT_MIDI_NOTEON, 3, 4},
		{MOS_EVENT_MIDI_NOTEON, 12, 32},
		{MOS_EVENT_MIDI_NOTEOFF, 3, 4},
		{MOS_EVENT_MIDI_NOTEOFF, 12, 32},
		{MOS_EVENT_MIDI_SNAPSHOT, 26, 32},
		{MOS_EVENT_MIDI_UMP, 16, 32},
		{MOS_EVENT_CHORD_DETECTED, 29, 32},
		{MOS_EVENT_BRAID_HIGHLIGHT, 31, 32},
		{MOS_EVENT_ROCKY_HIGHLIGHT, 17, 32},
		{MOS_EVENT_METRONOME_BEAT, 28, 32},
		{MOS_EVENT_METRONOME_PATTERN, 12, 16},
		{MOS_EVENT_METRONOME_TAP, 8, 32},
		{MOS_EVENT_TUNER_PITCH, 12, 32},
		{MOS_EVENT_TRANSPORT_LOOP, 24, 32},
		{MOS_EVENT_TRANSPORT_MEASURE, 28, 32},
		{MOS_EVENT_METER_CHANGE, 28, 32},
		{MOS_EVENT_TEMPO_CHANGE, 24, 32},
		{MOS_EVENT_SCORE_LOADED, 24, 32},
		{MOS_EVENT_SCORE_ERROR, 24, 32},
		{MOS_EVENT_KEY_CHANGE, 2, 32},
		{MOS_EVENT_ENGINE_STATE, 12, 32},
		{MOS_EVENT_BUS_NOTICE, 12, 16},
		{MOS_EVENT_BUS_NOTICE, 24, 32},
	};
	const size_t n = sizeof(reserved) / sizeof(reserved[0]);

	for (size_t k = 0; k < sizeof(good) / sizeof(good[0]); k++)
		for (size_t i = 0; i < 32; i++) {
			struct mos_event ev = good[k];
			bool is_reserved = false;

			for (size_t t = 0; t < n; t++)
				is_reserved |= reserved[t].type == ev.type && i >= reserved[t].from &&
					       i < reserved[t].to;
			ev.u.bytes[i] ^= 1;
			cr_assert_eq(mos_event_check(&ev) == MOS_EVENT_BAD_RESERVED, is_reserved,
				"%s byte %zu: %d", mos_event_type_name(ev.type), i, mos_event_check(&ev));
		}
}

Test(shm_event, facts_of_the_original,
	.description =
		"EVT-24: the facts of the original's payloads are fields, of types wide enough for them")
{
#define HAS(payload, field, bits)                                                                            \
	cr_assert_geq(8 * sizeof(((struct payload *)NULL)->field), bits, #payload "." #field " is too narrow")
	HAS(mos_ev_beat, step, 7);
	HAS(mos_ev_beat, n_steps, 8);
	HAS(mos_ev_beat, accent, 2);
	HAS(mos_ev_beat, ns_per_quarter, 36);
	HAS(mos_ev_pattern, id, 32);
	HAS(mos_ev_pattern, n_steps, 8);
	HAS(mos_ev_pattern, n_pulses, 8);
	HAS(mos_ev_pattern, rotation, 7);
	HAS(mos_ev_note, key, 7);
	HAS(mos_ev_note, velocity, 16);
	HAS(mos_ev_note, channel, 4);
	HAS(mos_ev_note, instance, 32);
	HAS(mos_event, source, 16);
	HAS(mos_ev_snapshot, keys, 128);
	HAS(mos_ev_snapshot, string, 6 * 8);
	HAS(mos_ev_snapshot, sustain, 7);
	HAS(mos_ev_chord, symbol, 17 * 8);
	HAS(mos_ev_chord, pitch_classes, 12);
	HAS(mos_ev_chord, root, 4);
	HAS(mos_ev_chord, bass, 4);
	HAS(mos_ev_chord, key_tonic, 4);
	HAS(mos_ev_chord, source, 1);
	HAS(mos_ev_chord, origin, 2);
	HAS(mos_ev_chord, fusion, 3);
	HAS(mos_ev_braid, roman, 8 * 8);
	HAS(mos_ev_braid, symbol, 8 * 8);
	HAS(mos_ev_braid, key_tonic, 4);
	HAS(mos_ev_braid, confidence, 8);
	HAS(mos_ev_feedback, kind, 3);
	HAS(mos_ev_feedback, message, 31 * 8);
#undef HAS
}
