/* SPDX-License-Identifier: MIT */
/* The metronome that listens: to a microphone, and to what the score sounds; and what it plays by itself. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metronome_rig.h"
#include "onset.h"
#include "rtcore_fixture.h"

#define RATE 48000
#define FRAME_PS 20833333

/* A clap or a string at `at`, 1 ms of attack, over a room that hums and hisses. */
static float room(uint64_t *seed, uint64_t frame, uint64_t at, double hz, double decay_s, uint32_t rate_hz)
{
	const double hiss = ((double)(rnd_u64(seed) >> 40) / (1 << 24) - 0.5) * 0.002;
	const double hum = 0.002 * sin(2 * M_PI * 50 * (double)frame / rate_hz);
	const double t = ((double)frame - (double)at) / rate_hz;

	if (frame < at)
		return (float)(hiss + hum);
	return (float)(hiss + hum +
		       0.3 * fmin(t / 0.001, 1) * exp(-t / decay_s) * fmax(1 - 2 * t, 0) *
			       (hz > 0 ? cos(2 * M_PI * hz * t) : hiss * 1000));
}

Test(metronome_onset, found,
	.description = "TOU-44: strokes and strings in a room that hums, at any rate: each found once, right "
		       "to 2 ms")
{
	static const struct {
		double hz, decay_s;
	} sound[] = {{0, 0.01}, {0, 0.1}, {110, 0.3}, {440, 0.2}, {1800, 0.03}, {82.4, 0.5}};
	static const uint32_t rates[] = {22050, 44100, 48000, 96000, 192000};
	static struct onset o;
	uint64_t seed = 7;

	for (size_t r = 0; r < sizeof(rates) / sizeof(rates[0]); r++)
		for (size_t s = 0; s < sizeof(sound) / sizeof(sound[0]); s++) {
			uint64_t at = rates[r], found = 0;
			uint32_t n = 0;

			cr_assert_eq(onset_init(&o, rates[r]), 0);
			onset_at(&o, 1000);
			for (uint64_t f = 1000; f < 12ull * rates[r]; f++) {
				uint64_t begun;

				if (f > at + rates[r] / 2)
					at += rates[r] / 2 + (uint64_t)rnd(&seed, 0, rates[r] / 3);
				if (!onset_hear(&o,
					    room(&seed, f, at, sound[s].hz, sound[s].decay_s, rates[r]),
					    &begun))
					continue;
				n++;
				cr_assert_leq(llabs((int64_t)(begun - at)), rates[r] / 500,
					"TOU-44: %u Hz, sound %zu: %f ms off", rates[r], s,
					((double)begun - (double)at) / rates[r] * 1000);
				cr_assert_neq(begun, found);
				found = begun;
			}
			cr_assert_geq(n, 12, "TOU-44: %u Hz, sound %zu: %u found", rates[r], s, n);
		}
}

Test(metronome_onset, nothing,
	.description = "TOU-44: no onset in silence, hum, hiss, a held tone, or numbers that are none; a "
		       "hole forgets")
{
	static struct onset o;
	uint64_t begun, seed = 3;
	uint32_t n = 0;

	cr_assert_eq(onset_init(&o, 7999), -1);
	cr_assert_eq(onset_init(&o, 200000), -1);
	cr_assert_eq(onset_init(&o, RATE), 0);
	for (uint64_t f = 0; f < 10 * RATE; f++)
		n += (uint32_t)onset_hear(&o, room(&seed, f, UINT64_MAX, 0, 1, RATE), &begun);
	cr_assert_eq(n, 0, "TOU-44: %u in a room", n);
	for (uint64_t f = 0; f < RATE; f++)
		n += (uint32_t)onset_hear(&o, f & 1 ? NAN : INFINITY, &begun);
	cr_assert_eq(n, 0, "TOU-44: %u in what is no number", n);
	for (uint64_t f = 0; f < 5 * RATE; f++)
		n += (uint32_t)onset_hear(&o, 0.3f * (float)sin(2 * M_PI * 220 * (double)f / RATE), &begun);
	cr_assert_leq(n, 1, "TOU-44: a held tone begins once, not %u times", n);
	onset_at(&o, 5000000);
	for (uint64_t f = 0; f < RATE; f++)
		if (onset_hear(&o, f == 24000 ? 0.5f : 0, &begun))
			cr_assert_leq(llabs((int64_t)begun - 5024000), 2, "TOU-44: frames are counted on");
}

/* The audio input of a room in which somebody plays at these times. */
struct player {
	struct mos_region region;
	uint64_t frame, seed;
	int64_t start_ns, late_ns;
	int64_t stroke_ns[32];
	uint32_t n;
};

static void player_begin(struct player *p, uint32_t latency_frames)
{
	cr_assert_eq(mos_region_create("tap", MOS_AUDIO_TAP_SIZE, MOS_AUDIO_TAP_ABI_MAJOR,
			     MOS_AUDIO_TAP_ABI_MINOR, 1, &p->region),
		0);
	cr_assert_eq(mos_audio_tap_init(&microphone, &p->region, RATE), 0);
	microphone.hdr->in_latency_frames = latency_frames;
	p->start_ns = time_ns;
	p->late_ns = (int64_t)latency_frames * 1000000000 / RATE;
}

/* The next ms of sound, and the clock that goes with it. */
static void player_pass(struct player *p)
{
	struct mos_clock clock = {.rate_hz = RATE,
		.frame = p->frame,
		.time_ns = time_ns,
		.frame_ps = FRAME_PS,
		.meter_num = 4,
		.meter_den = 4};
	float sound[48] = {0};
	const float *channel[MOS_TAP_N_CHANNELS] = {sound, sound, NULL, NULL};

	for (uint32_t i = 0; i < 48; i++) {
		const int64_t air_ns = time_ns + (int64_t)i * 1000000000 / RATE - p->late_ns;

		for (uint32_t k = 0; k < p->n; k++) {
			const double t = (double)(air_ns - p->stroke_ns[k]) / 1e9;

			if (t >= 0 && t < 0.2)
				sound[i] += (float)(0.4 * exp(-t / 0.02) * sin(2 * M_PI * 900 * t));
		}
		sound[i] += (float)(((double)(rnd_u64(&p->seed) >> 40) / (1 << 24) - 0.5) * 0.001);
	}
	mos_audio_tap_write(&microphone, p->frame, channel, 48);
	mos_clock_publish(&page, &clock);
	p->frame += 48;
	rig_pass(1);
}

Test(metronome_mic, judged,
	.description = "TOU-44: played into a microphone with known offsets: early, late, missed, right to 2 "
		       "ms, with the "
		       "input's latency taken off")
{
	static const int64_t off_ms[] = {0, 12, -15, 60, -80, 24, 0, 1000 /* not played */, -24, 5, 90, -3};
	static const uint32_t latency[] = {0, 480, 4096};
	enum { N = sizeof(off_ms) / sizeof(off_ms[0]) };

	for (size_t l = 0; l < sizeof(latency) / sizeof(latency[0]); l++) {
		struct player p = {.seed = l + 1};
		uint32_t told = 0;
		int64_t begin;

		rig_start(NULL);
		player_begin(&p, latency[l]);
		cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_int("subdivision", 0), mos_bool("practice", 1),
							  mos_str("practice_input", "microphone"))),
			0, "%s", refused);
		cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("pattern", "x."))), 0);
		for (int i = 0; i < 200; i++)
			player_pass(&p);
		cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
		begin = time_ns + 50 * MS;
		for (uint32_t i = 0; i < N; i++) /* a step lasts a second */
			if (off_ms[i] < 1000)
				p.stroke_ns[p.n++] = begin + i * 2000 * MS + off_ms[i] * MS;
		p.stroke_ns[p.n++] = begin + 1000 * MS; /* where nothing is meant */
		while (time_ns < begin + N * 2000 * MS - 700 * MS)
			player_pass(&p);
		for (uint32_t i = 0; i < n_sent; i++) {
			const struct mos_ev_feedback *f = &sent[i].u.feedback;
			double found;

			if (sent[i].type != MOS_EVENT_ROCKY_FEEDBACK)
				continue;
			if (strcmp(f->message, "extra") == 0) {
				cr_assert_eq(told, 1, "TOU-44: the one between");
				continue;
			}
			if (off_ms[told] == 1000) {
				cr_assert_str_eq(f->message, "step 1: missed", "TOU-44: missed");
			} else {
				const int64_t want = off_ms[told];

				cr_assert_eq(sscanf(strrchr(f->message, ' ') - 7, "%*s %lf", &found), 1, "%s",
					f->message);
				cr_assert_lt(fabs(found - (double)want), 2,
					"TOU-44: %s, played %ld, latency %u", f->message, want, latency[l]);
				cr_assert_eq(f->kind,
					llabs(want) <= 25 ? MOS_ROCKY_RIGHT
					: want < 0        ? MOS_ROCKY_EARLY
							  : MOS_ROCKY_LATE,
					"TOU-44: %s", f->message);
			}
			told++;
		}
		cr_assert_eq(told, N, "TOU-44: %u of %u judged", told, N);
		cr_assert_eq(rig_call("practice.get", MOS_NO_ARGS), 0);
		cr_assert_eq(mos_get_int(&replied, "missed", 0), 1);
		cr_assert_eq(mos_get_int(&replied, "extra", 0), 1);
		cr_assert_eq(mos_get_int(&replied, "early", 0), 1);
		cr_assert_eq(mos_get_int(&replied, "late", 0), 2);
		mos_region_finish(&p.region);
		microphone.hdr = NULL;
	}
}

Test(metronome_mic, both_ears,
	.description = "TOU-44: with both ears open a key that sounds in the room, too, is judged once; what "
		       "one of them "
		       "alone hears is judged as well")
{
	struct mos_event note = {.type = MOS_EVENT_MIDI_NOTEON, .source = MOS_SOURCE_MIDI_IN};
	struct player p = {.seed = 9};
	uint32_t n_told = 0;
	int64_t begin;

	rig_start(NULL);
	player_begin(&p, 480);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_int("subdivision", 0), mos_bool("practice", 1),
						  mos_str("practice_input", "both"))),
		0, "%s", refused);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("pattern", "x."))), 0);
	for (int i = 0; i < 200; i++)
		player_pass(&p);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	begin = time_ns + 50 * MS;
	for (int64_t i = 0; i < 4; i++) /* a step lasts a second; the second one is not heard, only keyed */
		if (i != 1)
			p.stroke_ns[p.n++] = begin + i * 2000 * MS + 7 * MS;
	while (time_ns < begin + 7500 * MS) {
		const int64_t off = time_ns - begin - 5 * MS;

		if (off >= 0 && off % (2000 * MS) < MS && off < 6000 * MS) { /* the last one is only heard */
			note.time_ns = (uint64_t)(begin + off / (2000 * MS) * 2000 * MS + 5 * MS);
			rig_hear(&note);
			n_told++;
		}
		player_pass(&p);
	}
	cr_assert_eq(n_told, 3);
	cr_assert_eq(rig_call("practice.get", MOS_NO_ARGS), 0);
	cr_expect_eq(
		mos_get_int(&replied, "right", 0), 4, "TOU-44: %ld right", mos_get_int(&replied, "right", 0));
	cr_expect_eq(
		mos_get_int(&replied, "extra", 0), 0, "TOU-44: %ld extra", mos_get_int(&replied, "extra", 0));
	cr_expect_eq(mos_get_int(&replied, "missed", 0), 0);
	mos_region_finish(&p.region);
	microphone.hdr = NULL;
}

Test(metronome_mic, deaf, .description = "TOU-44: without an audio input practice says so and goes on")
{
	rig_start(NULL);
	cr_assert_eq(
		rig_call("mode.set", MOS_ARGS(mos_bool("practice", 1), mos_str("practice_input", "both"))),
		0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(3000);
	cr_assert_not_null(strstr(shown, "no audio input"), "TOU-44: %s", shown);
	cr_assert_gt(rig_count(MOS_EVENT_METRONOME_BEAT), 8);
}

Test(metronome_envelope, told,
	.description =
		"TOU-22: the envelope is told to the drum channel when it is set, and taken back at the end")
{
	uint32_t word = 0;

	rig_start(NULL);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_UMP), 0, "TOU-22: none by default");
	cr_assert_eq(rig_call("envelope.set", MOS_ARGS(mos_real("attack_ms", 20), mos_real("sustain", 0.5))),
		0, "%s", refused);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_UMP), 14);
	for (uint32_t i = 0; i < 14; i++) {
		word = rig_nth(MOS_EVENT_MIDI_UMP, i)->u.ump.word[0];
		cr_assert_eq(word >> 16, 0x20b9, "TOU-22: controllers of channel 10");
	}
	cr_assert_eq(
		rig_nth(MOS_EVENT_MIDI_UMP, 2)->u.ump.word[0] & 0xffff, 6 << 8 | 160 >> 7, "20 ms in 1/8");
	cr_assert_eq(rig_nth(MOS_EVENT_MIDI_UMP, 3)->u.ump.word[0] & 0xffff, 38 << 8 | (160 & 127));
	cr_assert_eq(rig_call("accent.set", MOS_ARGS(mos_real("ratio", 1))), 0);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_UMP), 14, "TOU-22: only when it changes");
	cr_assert_eq(
		rig_call("envelope.set", MOS_ARGS(mos_real("sustain", 1.5))), -EREMOTEIO, "TOU-22: refused");
	app_ops.deactivate(&widget, &app);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_UMP), 28);
	cr_assert_eq(rig_nth(MOS_EVENT_MIDI_UMP, 14 + 3)->u.ump.word[0] & 0x7f, 0, "TOU-22: none again");
}

Test(metronome_spotlight, plays,
	.description =
		"TOU-29: a spotlight plays all of its drums at their times, stops the metronome, and ends")
{
	int64_t begin;
	uint32_t n_bell = 0;

	rig_start(NULL);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	n_sent = 0;
	cr_assert_eq(rig_call("spotlight.play", MOS_ARGS(mos_str("preset", "bell-12-8"))), 0, "%s", refused);
	begin = time_ns + 80 * MS;
	cr_assert(!app_playing(&app), "TOU-29: one at a time");
	cr_assert_gt(mos_get_real(&replied, "seconds", 0), 3);
	rig_pass(12000);
	for (uint32_t i = 0; i < n_sent; i++) {
		/* 12 cells of 1/6 s */
		const int64_t off = (int64_t)sent[i].time_ns - begin, cell = (off + MS) * 6 / 1000000000;

		if (sent[i].type != MOS_EVENT_MIDI_NOTEON)
			continue;
		cr_assert_leq(llabs(off - cell * 1000000000 / 6), 10, "TOU-29: at %ld", off);
		if (sent[i].u.note.key == 56)
			cr_assert_eq("x.x.xx.x.x.x"[cell % 12], 'x', "TOU-29: the bell");
		n_bell += sent[i].u.note.key == 56;
		cr_assert_gt((int64_t)sent[i].time_ns, sent_at_ns[i] + 40 * MS, "TOU-29: on its way in time");
	}
	cr_assert_eq(n_bell, 4 * 7, "TOU-29: %u", n_bell);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_NOTEON), rig_count(MOS_EVENT_MIDI_NOTEOFF));
	cr_assert_null(app.spot.of, "TOU-29: it ends");
	cr_assert_eq(rig_call("spotlight.play", MOS_ARGS(mos_str("preset", "polka"))), -EREMOTEIO);
	cr_assert_eq(rig_call("spotlight.play", MOS_ARGS(mos_str("preset", "aksak"))), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	cr_assert_null(app.spot.of, "TOU-29: the metronome takes over");
	cr_assert_eq(rig_call("spotlight.export", MOS_ARGS(mos_str("preset", "aksak"))), 0);
	cr_assert(n_shared > 100 && memcmp(shared, "MThd", 4) == 0, "TOU-29: as a MIDI file");
}

Test(metronome_spotlight, score_goes_first,
	.description = "TOU-29: linked, the score's start ends a spotlight")
{
	const struct mos_event play = {.type = MOS_EVENT_TRANSPORT_PLAY, .tick = 0};

	rig_start(NULL);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("mode", "linked"))), 0, "%s", refused);
	cr_assert_eq(rig_call("spotlight.play", MOS_ARGS(mos_str("preset", "aksak"))), 0, "%s", refused);
	rig_pass(500);
	cr_assert_not_null(app.spot.of);
	rig_hear(&play);
	cr_assert_null(app.spot.of, "TOU-29: both at once");
}

Test(metronome_cue, told_again,
	.description =
		"TOU-39: a note that is announced again, as after a change of tempo, is one note and ends")
{
	struct mos_event ev = {.source = MOS_SOURCE_SCORE, .flags = MOS_EVENT_SCHEDULED};

	rig_start(NULL);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("mode", "linked"))), 0, "%s", refused);
	ev.u.note = (struct mos_ev_note){.channel = 1, .key = 40, .velocity = 60000};
	for (int again = 0; again < 3; again++) {
		ev.type = MOS_EVENT_MIDI_NOTEON;
		ev.tick = 960;
		rig_hear(&ev);
		if (again == 0)
			continue; /* the end lies beyond what is announced */
		ev.type = MOS_EVENT_MIDI_NOTEOFF;
		ev.tick = 1200;
		rig_hear(&ev);
	}
	cr_assert_eq(app.cue.n, 1, "TOU-39: %u notes", app.cue.n);
	cr_assert_eq(app.cue.note[0].off, 1200, "TOU-39: it ends");
	/* the same key, where it ended */
	ev.type = MOS_EVENT_MIDI_NOTEON;
	ev.tick = 1200;
	rig_hear(&ev);
	ev.type = MOS_EVENT_MIDI_NOTEOFF;
	rig_hear(&ev); /* told again: of the first one */
	ev.tick = 1440;
	rig_hear(&ev);
	cr_assert_eq(app.cue.n, 2);
	cr_assert_eq(app.cue.note[0].off, 1200);
	cr_assert_eq(app.cue.note[1].off, 1440, "TOU-39: each its own end");
}

/* The engine plays a score, the metronome follows it, and what it emits goes to the engine. */
static void play_together(struct rig *r, struct rig_client *client, uint32_t ms)
{
	struct mos_clock clock;
	struct mos_event ev;

	for (uint32_t i = 0; i < ms; i++) {
		const uint32_t before = n_sent;

		rig_run(r, RATE / 1000);
		cr_assert_eq(mos_clock_read(r->regions.clock.base, &clock), 0);
		mos_clock_publish(&page, &clock);
		while (rig_event(r, 0, &ev))
			rig_hear(&ev);
		rig_pass(1);
		for (uint32_t k = before; k < n_sent; k++)
			cr_assert_geq(rig_emit(client, r, &sent[k]), 0);
	}
}

Test(metronome_cue, in_the_score,
	.description =
		"TOU-39: each accent strikes the score's own lowest or highest note, at the accent's frame",
	.timeout = 60)
{
	static const char *const cues[] = {"low", "high"};

	for (int high = 0; high < 2; high++) {
		static const int64_t accent[] = {0, 1440, 2880, 3840, 5280, 6720, 7680, 9120};
		struct score score = score_at(MOS_NPQ_120, 19200);
		struct rig_client client;
		struct rig r;
		struct mos_clock clock;
		uint32_t n = 0;

		/* unheard, so that what is heard is the cue; key 40, 45 from 2880 on, and a melody */
		for (uint32_t ch = 0; ch < 2; ch++)
			score_control(&score, 0, 0xb0, ch, 7, 0);
		score_note(&score, 0, 2880, 0, 40, 100);
		score_note(&score, 2880, 9600, 0, 45, 100);
		for (int64_t t = 0; t < 9600; t += 480)
			score_note(&score, t, 480, 1, 72, 80);
		rig_init(&r, RATE, 48);
		rig_score(&r, &score);
		rig_client_open(&client, &r, OWN_SLOT, MOS_MAY_PLAY | MOS_MAY_EMIT);
		rig_start(NULL);
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &clock), 0);
		mos_clock_publish(&page, &clock);
		cr_assert_eq(
			rig_call("mode.set", MOS_ARGS(mos_str("mode", "linked"), mos_int("subdivision", 0))),
			0, "%s", refused);
		cr_assert_eq(rig_call("cue.set", MOS_ARGS(mos_str("cue", cues[high]))), 0, "%s", refused);
		/* the drums themselves are not heard */
		cr_assert_geq(rig_emit(&client, &r,
				      &(struct mos_event){.type = MOS_EVENT_MIDI_UMP,
					      .tick = INT64_MIN,
					      .flags = MOS_EVENT_IMMEDIATE,
					      .u.ump.word = {0x20b90700}}),
			0);
		rig_run(&r, 48);
		cr_assert_eq(mos_clock_read(r.regions.clock.base, &clock), 0);
		time_ns = next_look_ns = clock.time_ns;
		cr_assert_eq(rig_play(&r), 0);
		rig_forget(&r);
		play_together(&r, &client, 4000);
		for (uint32_t i = 0; i < n_sent; i++) {
			const struct mos_event *ev = &sent[i];

			if (ev->type != MOS_EVENT_MIDI_NOTEON || ev->u.note.channel != 10)
				continue;
			cr_assert_eq(ev->tick, accent[n], "TOU-39: accent %u at %ld", n, ev->tick);
			cr_assert_eq(ev->u.note.key,
				high               ? 72
				: accent[n] < 2880 ? 40
						   : 45,
				"TOU-39: key %u", ev->u.note.key);
			n++;
		}
		cr_assert_geq(n, 6, "TOU-39: %u cues", n);
		for (uint32_t k = 1; k < 6;
			k++) { /* of the first one some ms are lost until it is heard of */
			const uint32_t frame = (uint32_t)accent[k] * 25;

			cr_assert_gt(rig_rms(&r, frame, frame + 2400), 3 * rig_rms(&r, frame - 2400, frame),
				"TOU-39: accent %u is heard", k);
			cr_assert_lt(rig_rms(&r, frame - 48, frame), 0.01, "TOU-39: and not before");
			cr_assert_gt(rig_peak(&r, frame, frame + 24), 2 * rig_peak(&r, frame - 24, frame),
				"TOU-39: on its frame");
		}
		rig_client_close(&client, &r);
		rig_finish(&r);
	}
}
