/* SPDX-License-Identifier: MIT */
/* Clients: notes at their time, and everything that a stranger may write into a ring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000

#define MAY_ALL (MOS_MAY_EMIT | MOS_MAY_PLAY)

static struct mos_event note_event(uint32_t type, uint8_t channel, uint8_t key, uint16_t velocity)
{
	struct mos_event ev = {.type = type, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

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
	struct rig_client c;
	struct mos_event ev = hat();
	struct rig r;

	rig_init(&r, RATE, 256);
	rig_client_open(&c, &r, 7, MAY_ALL);
	rig_run(&r, 512);
	ev.source = MOS_SOURCE_RTCORE; /* not believed */
	ev.flags = MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED;
	cr_assert_geq(rig_emit(&c, &r, &ev), 0);
	rig_run(&r, 512);
	cr_expect_eq(rig_first_sound(&r, 0), 512);
	cr_assert(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev));
	cr_expect_eq(ev.source, 7);
	cr_expect_eq(ev.flags, MOS_EVENT_IMMEDIATE);
	cr_expect_eq(ev.u.note.group, MOS_GROUP_LIVE);
	cr_expect_leq(llabs((int64_t)ev.time_ns - (int64_t)(512 * 1000000000ll / RATE)), 1000);
	rig_client_close(&c, &r);
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
		struct rig_client c;
		struct mos_event ev = hat();
		struct rig r;

		rig_init(&r, RATE, 256);
		rig_client_open(&c, &r, 1023, MAY_ALL);
		rig_run(&r, 256);
		ev.time_ns = (uint64_t)times[i].ns;
		cr_assert_geq(rig_emit(&c, &r, &ev), 0);
		rig_run(&r, 4800);
		cr_expect_leq(abs((int)rig_first_sound(&r, 0) - (int)times[i].frame), 1, "case %d: frame %u",
			i, rig_first_sound(&r, 0));
		cr_assert(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev));
		if (times[i].frame == 256)
			cr_expect_leq(llabs((int64_t)ev.time_ns - 5333333), 1000,
				"case %d: told for another time", i);
		rig_client_close(&c, &r);
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
		struct rig_client c;
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
		rig_client_open(&c, &live, 3, MAY_ALL);
		ev.tick = tick;
		cr_assert_geq(rig_emit(&c, &live, &ev), 0);
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
		rig_client_close(&c, &live);
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
	struct rig_client c;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_score(&r, &s);
	rig_client_open(&c, &r, 0, MAY_ALL);
	for (int64_t t = 0; t < 5; t++) { /* each note's start before the end of the one before it */
		on.tick = 960 * t;
		off.tick = 960 * t;
		cr_assert_geq(rig_emit(&c, &r, &on), 0);
		if (t > 0)
			cr_assert_geq(rig_emit(&c, &r, &off), 0);
	}
	off.tick = 4800;
	cr_assert_geq(rig_emit(&c, &r, &off), 0);
	cr_assert_eq(rig_play(&r), 0);
	rig_run(&r, 64);
	for (int t = 0; t < 5; t++) {
		cr_expect_eq(rig_counter(&r, C_KEYS), 1, "note %d", t);
		cr_expect_eq(rig_counter(&r, C_NOTES), t + 1);
		rig_run(&r, 24000);
	}
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	rig_client_close(&c, &r);
	rig_finish(&r);
}

Test(ingress, client_dies,
	.description = "APO-21: with a client go its sounding notes and its waiting ones, and no one else's")
{
	struct rig_client a, b;
	struct mos_event ev;
	struct rig r;

	rig_init(&r, RATE, 128);
	rig_client_open(&a, &r, 1, MAY_ALL);
	rig_client_open(&b, &r, 2, MAY_ALL);
	for (uint8_t k = 0; k < 100; k++) {
		ev = note_event(MOS_EVENT_MIDI_NOTEON, k % 16, k, 0x4000);
		cr_assert_geq(rig_emit(k % 2 ? &a : &b, &r, &ev), 0);
		ev.tick = 100000;
		cr_assert_geq(rig_emit(k % 2 ? &a : &b, &r, &ev), 0);
	}
	rig_run(&r, 1280);
	cr_expect_eq(rig_counter(&r, C_KEYS), 100);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 100);
	rig_client_close(&a, &r);
	rig_run(&r, 128);
	cr_expect_eq(rig_counter(&r, C_KEYS), 50);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 50);
	cr_expect_eq(r.e->live.n_held, 50);
	rig_client_close(&b, &r);
	rig_run(&r, 128);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	rig_finish(&r);
}

Test(ingress, every_key_is_booked, .description = "APO-21: 2,048 keys held by one client all end with it")
{
	struct rig_client c;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_client_open(&c, &r, 9, MAY_ALL);
	for (uint32_t k = 0; k < 2048; k++) {
		struct mos_event ev = note_event(MOS_EVENT_MIDI_NOTEON, (uint8_t)(k / 128), k % 128, 0x100);

		cr_assert_geq(rig_emit(&c, &r, &ev), 0);
		if (k % 32 == 31)
			rig_run(&r, 64);
	}
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 2048);
	rig_client_close(&c, &r);
	rig_run(&r, 64);
	cr_expect_eq(apollo_keys_down(&r.e->apollo), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	rig_finish(&r);
}

static int64_t refused(const struct rig *r, enum rtcore_refusal why, uint32_t type)
{
	uint32_t place = (uint32_t)mos_event_type_index(type);

	return rig_counter(r, (enum rtcore_counter)(C_BUS_REFUSED + why * RTCORE_N_TYPES + place));
}

static int64_t all_refused(const struct rig *r)
{
	int64_t n = rig_counter(r, C_BUS_BAD_TYPE);

	for (uint32_t i = C_BUS_REFUSED; i < C_TOTAL; i++)
		n += rig_counter(r, (enum rtcore_counter)i);
	return n;
}

static struct mos_event ump_event(uint32_t word0, uint32_t word1)
{
	struct mos_event ev = {.type = MOS_EVENT_MIDI_UMP, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	ev.u.ump.word[0] = word0;
	ev.u.ump.word[1] = word1;
	return ev;
}

Test(ingress, refused,
	.description =
		"EVT-05 E2.4.4.3 EVT-01 EVT-20: wrong types, fields, flags and reserved bytes, foreign types "
		"and too many "
		"hops are counted, each by its type and reason; nothing of them is told, nothing sounds")
{
	const struct mos_event ok = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x8000),
			       beat = {.type = MOS_EVENT_METRONOME_BEAT,
				       .u.beat = {
					       .meter_num = 4, .meter_den = 4, .ns_per_quarter = 500000000}};
	struct {
		struct mos_event ev;
		int why; /* -1: unknown type */
	} bad[] = {
		{ok, -1},
		{ok, -1},
		{{.type = MOS_EVENT_TRANSPORT_STOP}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_SCORE_LOADED}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_TEMPO_CHANGE, .u.tempo = {.ns_per_quarter = 1, .rate_ppm = 1}},
			REFUSED_ORIGIN},
		{{.type = MOS_EVENT_METER_CHANGE, .u.beat = beat.u.beat}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_KEY_CHANGE}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_WIDGET_STATE}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_ENGINE_STATE}, REFUSED_ORIGIN},
		{{.type = MOS_EVENT_BUS_NOTICE}, REFUSED_ORIGIN},
		{beat, REFUSED_ORIGIN},
		{ok, REFUSED_FIELD},
		{ok, REFUSED_FIELD},
		{ok, REFUSED_FIELD},
		{ok, REFUSED_FIELD},
		{ok, REFUSED_RESERVED},
		{ok, REFUSED_FLAGS},
		/* packets that are none of a channel's, or longer than their type */
		{ump_event(0x00903c40, 0), REFUSED_FIELD},
		{ump_event(0x50903c40, 0), REFUSED_FIELD},
		{ump_event(0xa0903c40, 0), REFUSED_FIELD},
		{ump_event(0xf0903c40, 0), REFUSED_FIELD},
		{ump_event(0x20103c40, 0), REFUSED_FIELD},
		{ump_event(0x20903c40, 1), REFUSED_FIELD},
		{ok, REFUSED_HOPS},
		{ok, REFUSED_HOPS},
		{{.type = MOS_EVENT_MIXER_CHANGE}, REFUSED_ORIGIN},
	};
	const uint32_t n = sizeof(bad) / sizeof(bad[0]);
	int64_t want[REFUSED_N][RTCORE_N_TYPES] = {0};
	struct mos_event ev;
	struct rig_client c;
	struct rig r;

	bad[0].ev.type = 0;
	bad[1].ev.type = 0x9999;
	bad[11].ev.u.note.key = 128;
	bad[12].ev.u.note.channel = 16;
	bad[13].ev.u.note.group = 16;
	bad[14].ev.u.note.velocity = 0;
	bad[15].ev.u.note.reserved[4] = 1;
	bad[16].ev.flags = 0x80;
	bad[23].ev.hops = 9;
	bad[24].ev.hops = 255;
	rig_init(&r, RATE, 256);
	rig_client_open(&c, &r, 4, MAY_ALL);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_geq(rig_emit(&c, &r, &bad[i].ev), 0);
		if (bad[i].why >= 0)
			want[bad[i].why][mos_event_type_index(bad[i].ev.type)]++;
	}
	rig_run(&r, 4800);
	cr_expect_eq(rig_counter(&r, C_BUS_RECORDS), n);
	cr_expect_eq(all_refused(&r), n, "%lld", (long long)all_refused(&r));
	cr_expect_eq(rig_counter(&r, C_BUS_BAD_TYPE), 2);
	cr_expect_eq(rig_counter(&r, C_BUS_CYCLES), 2);
	for (uint32_t k = 0; k < REFUSED_N; k++)
		for (uint32_t t = 0; t < RTCORE_N_TYPES; t++)
			cr_expect_eq(refused(&r, k, mos_event_type_at(t)), want[k][t], "%s, reason %u",
				mos_event_type_name(mos_event_type_at(t)), k);
	while (rig_event(&r, 0, &ev))
		cr_expect_eq(ev.type, MOS_EVENT_BUS_NOTICE, "type %x was told", ev.type);
	cr_expect_eq(rig_peak(&r, 0, r.n_frames), 0);
	ev = ok;
	ev.hops = 8;
	cr_assert_geq(rig_emit(&c, &r, &ev), 0);
	rig_run(&r, 256);
	cr_expect(rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev), "eight hops are allowed");
	rig_client_close(&c, &r);
	rig_finish(&r);
}

Test(ingress, grants,
	.description = "SEC-09 WID-03: a client that may not play is not heard, one that may not emit is not "
		       "told; each record is "
		       "counted")
{
	struct mos_event note = hat(),
			 chord = {.type = MOS_EVENT_CHORD_DETECTED, .flags = MOS_EVENT_IMMEDIATE}, ev;

	for (uint32_t may = 0; may < 4; may++) {
		struct rig_client c;
		struct rig r;

		rig_init(&r, RATE, 256);
		rig_client_open(&c, &r, 9, may);
		cr_assert_geq(rig_emit(&c, &r, &note), 0);
		cr_assert_geq(rig_emit(&c, &r, &chord), 0);
		rig_run(&r, 2560);
		cr_expect_eq(rig_peak(&r, 0, r.n_frames) > 0, !!(may & MOS_MAY_PLAY));
		cr_expect_eq(refused(&r, REFUSED_GRANT, note.type), !(may & MOS_MAY_PLAY));
		cr_expect_eq(refused(&r, REFUSED_GRANT, chord.type), !(may & MOS_MAY_EMIT));
		cr_expect_eq(
			rig_counter(&r, (enum rtcore_counter)(C_BUS_PUBLISHED +
							      (uint32_t)mos_event_type_index(chord.type))),
			!!(may & MOS_MAY_EMIT));
		while (rig_event(&r, 0, &ev))
			cr_expect(ev.type == MOS_EVENT_BUS_NOTICE ||
				  (ev.type == note.type && may & MOS_MAY_PLAY) ||
				  (ev.type == chord.type && may & MOS_MAY_EMIT));
		rig_client_close(&c, &r);
		rig_finish(&r);
	}
}

Test(ingress, garbage, .timeout = 60,
	.description =
		"EVT-05 E2.4.4.3: a million random records, headers overwritten, positions jumping: each "
		"counted, no crash, the score "
		"channels untouched, output finite and below the ceiling")
{
	struct mos_event ev;
	struct rig_client c;
	struct rig r;
	uint64_t rng = 666;

	rig_init(&r, RATE, 64);
	rig_client_open(&c, &r, 5, MAY_ALL);
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
		switch (rnd(&rng, 0, 3)) {
		case 0:
			c.w.hdr->urgent_pos = rnd_u64(&rng);
			break;
		case 1:
			break; /* no ring of the doorbell: it waits for the next one */
		default:
			bus_doorbell(r.bus, (uint32_t)rnd_u64(&rng), 0); /* nobody's */
			bus_doorbell(r.bus, 5, i * (int64_t)1333333);
			break;
		}
		rig_run(&r, 64);
		cr_assert_leq(rig_peak(&r, 0, r.n_frames), MIX_CEILING * 1.000001f);
		rig_forget(&r);
		while (mos_event_next(&r.reader, &ev) != 0)
			;
	}
	cr_expect_gt(all_refused(&r), 1000);
	cr_expect_gt(rig_counter(&r, C_BUS_RESYNC), 1000);
	cr_expect_gt(rig_counter(&r, (enum rtcore_counter)(C_BUS_PUBLISHED + (uint32_t)mos_event_type_index(
										     MOS_EVENT_MIDI_UMP))),
		1000);
	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++) {
		cr_expect_eq(r.e->apollo.channel[ch].version, 0, "channel %u of the score was changed", ch);
		cr_expect_eq(r.e->apollo.keys[ch][0] | r.e->apollo.keys[ch][1], 0);
	}
	cr_expect_eq(r.e->kronos.state, MOS_TRANSPORT_IDLE);
	rig_client_close(&c, &r);
	rig_run(&r, 64);
	cr_expect_eq(r.e->live.n_held, 0);
	cr_expect_eq(r.e->live.n_waiting, 0);
	rig_finish(&r);
}

Test(ingress, flood_of_notes,
	.description = "EVT-05: of a client's notes 32 a cycle sound, the rest stays in its ring; the others "
		       "are served in the same "
		       "cycle, and nothing is lost")
{
	struct rig_client flood, calm;
	struct mos_event note = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x100), ev;
	uint64_t n_sent = 0;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_client_open(&flood, &r, 0, MAY_ALL);
	rig_client_open(&calm, &r, 900, MAY_ALL);
	for (uint32_t i = 0; i < 100; i++) {
		uint32_t n_told = 0, n_calm = 0;

		note.u.note.instance = (uint32_t)n_sent;
		while (rig_emit(&flood, &r, &note) >= 0)
			note.u.note.instance = (uint32_t)++n_sent;
		note.u.note.instance = i;
		cr_assert_geq(rig_emit(&calm, &r, &note), 0);
		rig_run(&r, 64);
		rig_forget(&r);
		while (rig_event(&r, MOS_EVENT_MIDI_NOTEON, &ev)) {
			if (ev.source == 0)
				cr_assert_eq(ev.u.note.instance, i * ENGINE_PER_CLIENT + n_told++);
			else if (ev.source == 900 && ev.u.note.instance == i)
				n_calm++;
		}
		cr_assert_eq(n_told, ENGINE_PER_CLIENT, "cycle %u: %u", i, n_told);
		cr_assert_eq(n_calm, 1, "cycle %u: the calm one was not served", i);
	}
	cr_expect_gt(rig_counter(&r, C_BUS_HELD), 0);
	rig_client_close(&flood, &r);
	rig_client_close(&calm, &r);
	rig_finish(&r);
}

Test(ingress, last_words,
	.description = "APO-21 EVT-02: what is in a client's ring when it goes is told before it is gone, "
		       "and its notes end after it")
{
	struct mos_event chord = {.type = MOS_EVENT_CHORD_DETECTED, .tick = INT64_MIN}, ev;
	struct rig_client c;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_client_open(&c, &r, 3, MAY_ALL);
	for (uint8_t k = 0; k < 20; k++) {
		ev = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60 + k, 0x4000);
		ev.flags = 0;
		cr_assert_geq(mos_ingress_push(&c.w, &ev), 0);
		chord.u.chord.confidence = k;
		cr_assert_geq(mos_ingress_push(&c.w, &chord), 0);
	}
	rig_client_close(&c, &r);
	rig_run(&r, 64);
	for (uint8_t k = 0; k < 20; k++) {
		cr_assert(rig_event(&r, MOS_EVENT_CHORD_DETECTED, &ev), "chord %u was lost", k);
		cr_assert_eq(ev.u.chord.confidence, k);
	}
	rig_run(&r, 640);
	cr_expect_eq(rig_counter(&r, C_KEYS), 0);
	cr_expect_eq(r.e->live.n_held, 0);
	cr_expect_eq(r.e->live.n_waiting, 0);
	rig_finish(&r);
}

Test(ingress, hoarding,
	.description = "EVT-05 APO-21: clients that fill the queue with notes for the far future leave room "
		       "for others, for "
		       "the keyboard and for calls")
{
	struct rig_client hoarder[8], other;
	struct driver_midi in = {.n = 1, .ump = {{3, 1, {0x20993c64}}}};
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_NOTE};
	struct mos_event ev = note_event(MOS_EVENT_MIDI_NOTEON, 0, 60, 0x8000), now = ev;
	struct rig r;

	rig_init(&r, RATE, 64);
	rig_client_open(&hoarder[0], &r, 0, MAY_ALL);
	rig_client_open(&other, &r, 1, MAY_ALL);
	ev.tick = INT64_MAX;
	for (int i = 0; i < 100; i++) {
		for (int k = 0; k < 32; k++)
			(void)rig_emit(&hoarder[0], &r, &ev);
		rig_run(&r, 64);
	}
	cr_assert_geq(rig_emit(&other, &r, &now), 0);
	rig_run(&r, 64);
	cr_expect_eq(rig_counter(&r, C_NOTES), 1, "another client's note was dropped");
	for (uint16_t h = 1; h < 8; h++) {
		rig_client_open(&hoarder[h], &r, (uint16_t)(10 + h), MAY_ALL);
		for (int i = 0; i < 10; i++) {
			for (int k = 0; k < 32; k++)
				(void)rig_emit(&hoarder[h], &r, &ev);
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
		rig_client_close(&hoarder[h], &r);
	rig_client_close(&other, &r);
	rig_run(&r, RATE);
	cr_expect_eq(rig_counter(&r, C_LIVE_WAITING), 0);
	rig_finish(&r);
}
