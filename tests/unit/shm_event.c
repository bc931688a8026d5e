/* SPDX-License-Identifier: MIT */
/* The one table of event types and the field-by-field check of a record. */
#include <string.h>

#include <criterion/criterion.h>

#include <mos/event.h>

Test(shm_event, names,
	.description = "EVT-11 EVT-25: the nine types of the specification and ours have names and numbers")
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

static struct mos_event note_on(void)
{
	return (struct mos_event){
		.type = MOS_EVENT_MIDI_NOTEON,
		.u.note = {.channel = 15, .key = 60, .velocity = 0x8000, .part = 0xffff},
	};
}

Test(shm_event, whole_records_pass,
	.description = "EVT-01: a record of each type passes with every field at its limits")
{
	struct mos_event ev = note_on();

	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev.u.note = (struct mos_ev_note){
		.group = 15, .channel = 15, .key = 127, .velocity = 1, .instance = UINT32_MAX};
	ev.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED;
	ev.hops = MOS_HOPS_MAX;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	ev.u.note.velocity = 0;
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);

	ev = (struct mos_event){.type = MOS_EVENT_METRONOME_BEAT,
		.u.beat = {.beat = 12,
			.meter_num = 13,
			.meter_den = 64,
			.accent = 2,
			.flags = 1,
			.ns_per_quarter = 60000000000}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){.type = MOS_EVENT_TRANSPORT_ERROR,
		.u.transport = {.state = 5,
			.old_state = 5,
			.reason = MOS_REASON_RECOVERED,
			.error = -22,
			.from_tick = -1}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){
		.type = MOS_EVENT_TRANSPORT_LOOP, .u.loop = {.start_tick = -5, .end_tick = -5, .active = 1}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){
		.type = MOS_EVENT_TEMPO_CHANGE, .u.tempo = {.ns_per_quarter = 1, .source = 2, .rate_ppm = 1}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){
		.type = MOS_EVENT_SCORE_ERROR, .u.score = {.error = -22, .n_events = UINT32_MAX}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){.type = MOS_EVENT_KEY_CHANGE, .u.key = {.fifths = -7, .minor = 1}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){
		.type = MOS_EVENT_ENGINE_STATE, .u.engine = {.state = 3, .percent = 100, .error = -5}};
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
	ev = (struct mos_event){.type = MOS_EVENT_WIDGET_STATE};
	memset(&ev.u, 0xff, sizeof(ev.u));
	cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK);
}

/** A good note-on in which exactly one thing is wrong. */
#define BROKEN(fault, ...)                                                                                   \
	do {                                                                                                 \
		struct mos_event ev = note_on();                                                             \
		__VA_ARGS__;                                                                                 \
		cr_assert_eq(mos_event_check(&ev), fault, "%s", #__VA_ARGS__);                               \
	} while (0)

/** A zeroed record of a type, one field changed. */
#define BROKEN_TYPE(sym, good, ...)                                                                          \
	do {                                                                                                 \
		struct mos_event ev = {.type = MOS_EVENT_##sym, good};                                       \
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_OK, #sym);                                      \
		__VA_ARGS__;                                                                                 \
		cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_FIELD, "%s", #__VA_ARGS__);                 \
	} while (0)

#define GOOD_BEAT .u.beat = {.meter_num = 4, .meter_den = 4, .ns_per_quarter = 500000000}
#define GOOD_TEMPO .u.tempo = {.ns_per_quarter = 500000000, .rate_ppm = 1000000}
#define GOOD_ZERO .u.bytes = {0}

Test(shm_event, broken_records_are_told,
	.description = "EVT-05: each rule broken once is found, with its reason")
{
	BROKEN(MOS_EVENT_BAD_TYPE, ev.type = 0);
	BROKEN(MOS_EVENT_BAD_TYPE, ev.type = 0x0100);
	BROKEN(MOS_EVENT_BAD_TYPE, ev.type = UINT32_MAX);
	BROKEN(MOS_EVENT_BAD_FLAGS, ev.flags = 0x04);
	BROKEN(MOS_EVENT_BAD_FLAGS, ev.flags = 0x80);
	BROKEN(MOS_EVENT_BAD_HOPS, ev.hops = MOS_HOPS_MAX + 1);
	BROKEN(MOS_EVENT_BAD_FIELD, ev.u.note.group = 16);
	BROKEN(MOS_EVENT_BAD_FIELD, ev.u.note.channel = 16);
	BROKEN(MOS_EVENT_BAD_FIELD, ev.u.note.key = 128);
	BROKEN(MOS_EVENT_BAD_FIELD, ev.u.note.velocity = 0);
	BROKEN(MOS_EVENT_BAD_RESERVED, ev.u.note.reserved0 = 1);
	BROKEN(MOS_EVENT_BAD_RESERVED, ev.u.note.reserved[0] = 1);
	BROKEN(MOS_EVENT_BAD_RESERVED, ev.u.note.reserved[4] = 0x80000000);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.beat = 4);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.meter_num = 0);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.meter_den = 0);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.meter_den = 6);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.meter_den = 128);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.accent = 3);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.flags = 2);
	BROKEN_TYPE(METRONOME_BEAT, GOOD_BEAT, ev.u.beat.ns_per_quarter = 0);
	BROKEN_TYPE(TRANSPORT_MEASURE, GOOD_BEAT, ev.u.beat.ns_per_quarter = 60000000001);
	BROKEN_TYPE(TRANSPORT_STATE, GOOD_ZERO, ev.u.transport.state = 6);
	BROKEN_TYPE(TRANSPORT_PLAY, GOOD_ZERO, ev.u.transport.old_state = 255);
	BROKEN_TYPE(TRANSPORT_SEEK, GOOD_ZERO, ev.u.transport.reason = 5);
	BROKEN_TYPE(TRANSPORT_ERROR, GOOD_ZERO, ev.u.transport.error = 1);
	BROKEN_TYPE(TRANSPORT_LOOP, GOOD_ZERO, ev.u.loop.start_tick = 1);
	BROKEN_TYPE(TRANSPORT_LOOP, GOOD_ZERO, ev.u.loop.active = 2);
	BROKEN_TYPE(TEMPO_CHANGE, GOOD_TEMPO, ev.u.tempo.ns_per_quarter = 0);
	BROKEN_TYPE(TEMPO_CHANGE, GOOD_TEMPO, ev.u.tempo.old_ns_per_quarter = UINT64_MAX);
	BROKEN_TYPE(TEMPO_CHANGE, GOOD_TEMPO, ev.u.tempo.source = 3);
	BROKEN_TYPE(TEMPO_CHANGE, GOOD_TEMPO, ev.u.tempo.rate_ppm = 0);
	BROKEN_TYPE(SCORE_LOADED, GOOD_ZERO, ev.u.score.end_tick = -1);
	BROKEN_TYPE(SCORE_ERROR, GOOD_ZERO, ev.u.score.error = 1);
	BROKEN_TYPE(KEY_CHANGE, GOOD_ZERO, ev.u.key.fifths = 8);
	BROKEN_TYPE(KEY_CHANGE, GOOD_ZERO, ev.u.key.fifths = -8);
	BROKEN_TYPE(KEY_CHANGE, GOOD_ZERO, ev.u.key.minor = 2);
	BROKEN_TYPE(ENGINE_STATE, GOOD_ZERO, ev.u.engine.state = 4);
	BROKEN_TYPE(ENGINE_STATE, GOOD_ZERO, ev.u.engine.percent = 101);
	BROKEN_TYPE(ENGINE_STATE, GOOD_ZERO, ev.u.engine.error = 1);
}

Test(shm_event, reserved_tail, .description = "EVT-05: every reserved byte of every payload has to be 0")
{
	static const struct {
		uint32_t type;
		size_t from; /* counted by hand from mos/event.h */
	} tails[] = {
		{MOS_EVENT_MIDI_NOTEOFF, 12},
		{MOS_EVENT_MIDI_UMP, 16},
		{MOS_EVENT_METRONOME_BEAT, 24},
		{MOS_EVENT_TRANSPORT_STATE, 32},
		{MOS_EVENT_TRANSPORT_LOOP, 24},
		{MOS_EVENT_TEMPO_CHANGE, 24},
		{MOS_EVENT_SCORE_LOADED, 24},
		{MOS_EVENT_KEY_CHANGE, 2},
		{MOS_EVENT_ENGINE_STATE, 12},
		{MOS_EVENT_CHORD_DETECTED, 32},
	};

	for (size_t t = 0; t < sizeof(tails) / sizeof(tails[0]); t++) {
		for (size_t i = tails[t].from; i < 32; i++) {
			struct mos_event ev = {.type = tails[t].type};

			if (ev.type == MOS_EVENT_METRONOME_BEAT)
				ev = (struct mos_event){.type = ev.type, GOOD_BEAT};
			if (ev.type == MOS_EVENT_TEMPO_CHANGE)
				ev = (struct mos_event){.type = ev.type, GOOD_TEMPO};
			ev.u.bytes[i] = 1;
			cr_assert_eq(mos_event_check(&ev), MOS_EVENT_BAD_RESERVED, "%s byte %zu",
				mos_event_type_name(ev.type), i);
		}
	}
}
