/* SPDX-License-Identifier: MIT */
/* The whole widget in a system of this test's own. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "draw_impl.h"
#include "metronome_rig.h"

Test(metronome_app, plays,
	.description =
		"TOU-48 TOU-36 EVT-24: free play: notes at their times, an event for each step, the pattern")
{
	int64_t begin;

	rig_start(NULL);
	cr_assert_eq(rig_count(MOS_EVENT_METRONOME_PATTERN), 1, "TOU-48: it says what it has");
	cr_assert_eq(rig_nth(MOS_EVENT_METRONOME_PATTERN, 0)->u.pattern.id, MOS_PRESET_TRESILLO);
	cr_assert_eq(rig_nth(MOS_EVENT_METRONOME_PATTERN, 0)->u.pattern.onset[0], 0x49);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_int("subdivision", 0))), 0, "%s", refused);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	begin = time_ns + 50 * MS;
	rig_pass(4049); /* two measures at 120: up to, not with, the third */
	for (uint32_t i = 0; i < 6; i++) {
		static const int64_t at_ms[] = {0, 750, 1500, 2000, 2750, 3500};
		const struct mos_event *on = rig_nth(MOS_EVENT_MIDI_NOTEON, i),
				       *off = rig_nth(MOS_EVENT_MIDI_NOTEOFF, i);

		cr_assert_leq(llabs((int64_t)on->time_ns - begin - at_ms[i] * MS), 1, "TOU-03: note %u", i);
		cr_assert(on->tick == INT64_MIN && on->u.note.channel == 9 && on->u.note.key == 76);
		cr_assert(off->time_ns > on->time_ns && off->u.note.key == on->u.note.key);
		for (uint32_t k = 0; k < n_sent; k++)
			if (&sent[k] == on)
				cr_assert_gt((int64_t)on->time_ns, sent_at_ns[k] + 40 * MS,
					"it is on its way in time");
	}
	cr_assert_eq(rig_count(MOS_EVENT_METRONOME_BEAT), 16, "TOU-36: an event for each step");
	for (uint32_t i = 0; i < 16; i++) {
		const struct mos_event *b = rig_nth(MOS_EVENT_METRONOME_BEAT, i);

		cr_assert(
			b->u.beat.step == i % 8 && b->u.beat.n_steps == 8, "EVT-24: step %u", b->u.beat.step);
		cr_assert_eq(b->u.beat.accent, i % 8 == 0 ? 2 : i % 8 == 3 || i % 8 == 6, "EVT-24");
		cr_assert(b->u.beat.measure == i / 8 && b->u.beat.beat == i % 8 / 2);
		cr_assert_leq(llabs((int64_t)b->time_ns - begin - i * 250 * MS), 1, "TOU-36");
	}
	cr_assert_eq(rig_call("transport.pause", MOS_NO_ARGS), 0);
	n_sent = 0;
	rig_pass(3000);
	cr_assert_eq(n_sent, 0, "TOU-48: silence");
}

Test(metronome_app, lead,
	.description = "TOU-37: beats are told earlier by the visual lead, and say when they are due")
{
	for (int lead = 0; lead <= 80; lead += 40) {
		rig_start(NULL);
		cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_int("visual_lead_ms", lead))), 0);
		cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
		rig_pass(3000);
		for (uint32_t i = 0; i < n_sent; i++) {
			if (sent[i].type != MOS_EVENT_METRONOME_BEAT || sent[i].u.beat.step == 0)
				continue;

			const int64_t early = (int64_t)sent[i].time_ns - sent_at_ns[i];

			cr_assert(early <= lead * MS && early > (lead - 5) * MS, "TOU-37: %ld ns for %d ms",
				early, lead);
		}
	}
}

static struct mos_shape drawn[2048];

/* Draw for a time. @return the step that is lit, -1: none; its opacity. */
static int lit_step(int64_t at_ns, uint32_t *ret_opacity)
{
	struct metro_places places;
	struct mos_draw d;

	draw_begin(&d, drawn, 2048, 400, 120, at_ns);
	app_ops.draw(&widget, &d, &app);
	places = metro_draw_places(&app.config, 400, 120);
	for (uint32_t i = 0; i < d.n; i++) {
		const struct mos_point middle = {drawn[i].x + drawn[i].w / 2, drawn[i].y + drawn[i].h / 2};
		const uint32_t token = drawn[i].color & 0xff;

		if (drawn[i].kind != MOS_SHAPE_BOX ||
			(token != MOS_TOKEN_SOUNDING && token != MOS_TOKEN_TEXT))
			continue;
		*ret_opacity = drawn[i].color >> 24;
		for (uint32_t step = 0; step < app.config.now.rhythm.n_steps; step++)
			if (mos_box_has(metro_draw_cell(places.line, step, app.config.now.rhythm.n_steps),
				    middle))
				return (int)step;
	}
	return -1;
}

Test(metronome_app, flash,
	.description = "TOU-37 WGT-09: the flash is seen earlier by the visual lead, in the frame for which "
		       "it is drawn")
{
	for (int lead = 0; lead <= 80; lead += 40) {
		uint32_t opacity = 0, before = 0;

		rig_start(NULL);
		cr_assert_eq(
			rig_call("mode.set", MOS_ARGS(mos_int("visual_lead_ms", lead), mos_str("view", "line"))),
			0);
		cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
		/* 250 ms a step, the first after 50 ms: look when the next one is sent and not yet told */
		rig_pass(300 + 250 - 90);
		const int64_t step_2_ns = 1000000 * MS + 50 * MS + 500 * MS - lead * MS;

		cr_expect_eq(lit_step(step_2_ns - MS, &before), 1, "lead %d", lead);
		cr_expect_eq(lit_step(step_2_ns, &opacity), 2, "lead %d", lead);
		cr_expect_gt(opacity, 250);
		cr_expect_lt(before, 150);
	}
}

Test(metronome_app, drum_grid,
	.description =
		"TOU-25: a click on a cell makes a rest of an onset and an onset of a rest; linked, none")
{
	struct mos_pointer at = {.kind = MOS_POINTER_DOWN, .button = 1, .buttons = 1};
	struct metro_places places;
	uint32_t opacity;
	char pattern[MOS_RHYTHM_STEPS_MAX + 1];

	rig_start(NULL);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("view", "line"))), 0);
	(void)lit_step(time_ns, &opacity);
	places = metro_draw_places(&app.config, 400, 120);
	for (uint32_t step = 0; step < 2; step++) { /* x..x..x. */
		at.at = mos_box_center(metro_draw_cell(places.line, step, 8));
		app_ops.pointer(&widget, &at, &app);
	}
	(void)mos_rhythm_format(&app.config.now.rhythm, pattern, sizeof(pattern));
	cr_expect_str_eq(pattern, ".x.x..x.");
	at.at = (struct mos_point){1, 1};
	app_ops.pointer(&widget, &at, &app);
	at.at = mos_box_center(metro_draw_cell(places.line, 1, 8));
	at.kind = MOS_POINTER_UP;
	app_ops.pointer(&widget, &at, &app);
	app.config.linked = 1;
	at.kind = MOS_POINTER_DOWN;
	app_ops.pointer(&widget, &at, &app);
	(void)mos_rhythm_format(&app.config.now.rhythm, pattern, sizeof(pattern));
	cr_expect_str_eq(pattern, ".x.x..x.");
	cr_expect_not_null(strstr(app.message, "locked"));
}

static void set_tempo_clock(int64_t tick, uint32_t flags, uint32_t state, uint64_t npq)
{
	const struct mos_clock clock = {.state = state,
		.flags = flags | MOS_CLOCK_DRIVER_UP,
		.rate_hz = 48000,
		.time_ns = time_ns,
		.tick = tick,
		.rate_ppm = 1000000,
		.ns_per_quarter = npq,
		.frame_ps = 20833333,
		.meter_num = 3,
		.meter_den = 4,
		.measure = (uint32_t)(tick / 2880),
		.measure_tick = tick / 2880 * 2880,
		.end_tick = 1 << 30};

	mos_clock_publish(&page, &clock);
}

static void set_clock(int64_t tick, uint32_t flags, uint32_t state)
{
	set_tempo_clock(tick, flags, state, 600000000);
}

static int face_says(const char *text)
{
	struct mos_draw d;

	draw_begin(&d, drawn, 2048, 400, 400, time_ns);
	app_ops.draw(&widget, &d, &app);
	for (uint32_t i = 0; i < d.n; i++)
		if (drawn[i].kind == MOS_SHAPE_TEXT && drawn[i].glyph <= sizeof(drawn[i].p) &&
			memmem(drawn[i].p, drawn[i].glyph, text, strlen(text)))
			return 1;
	return 0;
}

Test(metronome_app, face,
	.description = "WGT-09 TOU-07: linked, the face goes along with the score's tempo and meter while it "
		       "stands, too; free, it says that the tempo is its own")
{
	rig_start(NULL);
	cr_expect(face_says("120") && face_says("4/4  free"));
	set_clock(0, 0, MOS_TRANSPORT_READY);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("mode", "linked"))), 0, "%s", refused);
	cr_expect_not_null(strstr(shown, "100 BPM  3/4  linked"), "%s", shown);
	cr_expect(face_says("100") && face_says("3/4  linked"));
	set_tempo_clock(0, 0, MOS_TRANSPORT_READY, 576923077);
	rig_pass(50);
	cr_expect_not_null(strstr(shown, "104 BPM  3/4  linked"), "%s", shown);
	cr_expect(face_says("104"));
	shown[0] = '\0';
	rig_pass(500);
	cr_expect_str_eq(shown, "", "nothing changes, and it is told");
}

Test(metronome_app, linked,
	.description = "TOU-07: linked, a round a measure of the score, by tick, from the first beat on")
{
	struct mos_event play = {.type = MOS_EVENT_TRANSPORT_PLAY};

	rig_start(NULL);
	set_clock(0, 0, MOS_TRANSPORT_READY);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("mode", "linked"), mos_int("subdivision", 0))), 0,
		"%s", refused);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_int("pulses", 5))), -EREMOTEIO);
	cr_assert_not_null(strstr(refused, "metronome.pattern.locked"), "TOU-07: %s", refused);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	cr_assert_str_eq(asked, "kronos.transport.play", "TOU-48: the score's transport");
	rig_pass(500);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_NOTEON), 0);

	/* it has begun 7 ms ago when we hear of it */
	set_clock(0, MOS_CLOCK_ROLLING, MOS_TRANSPORT_PLAYING);
	time_ns += 7 * MS;
	play.u.transport.state = MOS_TRANSPORT_PLAYING;
	rig_hear(&play);
	for (int i = 1; i < 200; i++) {
		rig_pass(20);
		set_clock((i * 20 + 7) * 960 / 600, MOS_CLOCK_ROLLING, MOS_TRANSPORT_PLAYING);
	}
	for (uint32_t i = 0; i < 6; i++) {
		static const int64_t at[] = {0, 1080, 2160, 2880, 3960, 5040}; /* 8 steps in 2880 ticks */

		cr_assert_eq(rig_nth(MOS_EVENT_MIDI_NOTEON, i)->tick, at[i], "TOU-07: note %u at %ld", i,
			rig_nth(MOS_EVENT_MIDI_NOTEON, i)->tick);
	}
	cr_assert_eq(app.schedule.n_late, 0);
	cr_assert_not_null(strstr(shown, "linked"));
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("mode", "free"))), 0);
	cr_assert_eq(rig_call("pattern.get", MOS_NO_ARGS), 0);
	cr_assert_str_eq(
		mos_get_str(&replied, "pattern", ""), "x..x..x.", "TOU-07: unlinked keeps the pattern");
}

Test(metronome_app, keys, .description = "TOU-42: space, up, down, left, right, brackets, ?, Esc")
{
	rig_start(NULL);
	app_ops.key(&widget, " ", &app);
	cr_assert(app_playing(&app), "TOU-42: space plays");
	app_ops.key(&widget, "up", &app);
	cr_assert_eq(app.config.bpm, 121, "TOU-42: 1 BPM");
	app_ops.key(&widget, "down", &app);
	app_ops.key(&widget, "down", &app);
	cr_assert_eq(app.config.bpm, 119, "TOU-42");
	app_ops.key(&widget, "right", &app);
	cr_assert_not_null(strstr(shown, "..x..x.x"), "TOU-42: %s", shown);
	app_ops.key(&widget, "left", &app);
	app_ops.key(&widget, "]", &app);
	cr_assert_not_null(strstr(shown, "x.x.x.x."), "TOU-42: %s", shown);
	app_ops.key(&widget, "[", &app);
	app_ops.key(&widget, "[", &app);
	cr_assert_not_null(strstr(shown, "x...x..."), "TOU-42: %s", shown);
	app_ops.key(&widget, "?", &app);
	cr_assert_not_null(strstr(shown, "space"), "TOU-42: help");
	app_ops.key(&widget, "escape", &app);
	cr_assert_null(strstr(shown, "space"), "TOU-42: back");
	cr_assert(app_playing(&app));
	app_ops.key(&widget, "escape", &app);
	cr_assert_not(app_playing(&app), "TOU-42: and stop");
	app_ops.key(&widget, "\xff\xff", &app);
	app_ops.key(&widget, "", &app);
}

Test(metronome_app, taps, .description = "TOU-06 EVT-25: taps set the tempo and are told")
{
	rig_start(NULL);
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(rig_call("tempo.tap", MOS_NO_ARGS), 0);
		rig_pass(400);
	}
	cr_assert_float_eq(mos_get_real(&replied, "bpm", 0), 150, 0.01, "TOU-06");
	cr_assert_float_eq(app.config.bpm, 150, 0.01, "TOU-06");
	cr_assert_eq(rig_count(MOS_EVENT_METRONOME_TAP), 6, "EVT-25");
}

/* Notes of a keyboard, as rtcore tells them. */
static void play_at(int64_t at_ns)
{
	struct mos_event note = {
		.type = MOS_EVENT_MIDI_NOTEON, .source = MOS_SOURCE_MIDI_IN, .time_ns = (uint64_t)at_ns};

	rig_pass((at_ns - time_ns) / MS + 3); /* it takes some ms to us */
	rig_hear(&note);
}

Test(metronome_app, practice,
	.description =
		"TOU-44: played with known offsets on MIDI: early, late, missed, figures right to 2 ms")
{
	static const int off_ms[] = {0, -40, 12, 60, -7, 200 /* too late: extra and missed */, 24, 0, 0};
	struct mos_event other = {.type = MOS_EVENT_MIDI_NOTEON, .source = OWN_SLOT};
	double mean = 0;
	int64_t begin;

	rig_start(NULL);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("preset", "quarter"))), 0);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_bool("practice", 1))), 0);
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_real("bpm", 60))), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	begin = time_ns + 50 * MS;
	for (int i = 0; i < 9; i++) {
		play_at(begin + i * 1000 * MS + off_ms[i] * MS);
		rig_hear(&other); /* what the metronome itself plays is not judged */
		mean += i == 5 ? 0 : off_ms[i] / 8.0;
	}
	rig_pass(500);
	cr_assert_eq(rig_call("practice.get", MOS_NO_ARGS), 0);
	cr_assert_eq(mos_get_int(&replied, "right", -1), 6, "TOU-44");
	cr_assert_eq(mos_get_int(&replied, "early", -1), 1, "TOU-44");
	cr_assert_eq(mos_get_int(&replied, "late", -1), 1, "TOU-44");
	cr_assert_eq(mos_get_int(&replied, "extra", -1), 1, "TOU-44");
	cr_assert_eq(mos_get_int(&replied, "missed", -1), 1, "TOU-44");
	cr_assert_float_eq(mos_get_real(&replied, "average_ms", 99), mean, 0.01, "TOU-44");
	cr_assert_eq(rig_count(MOS_EVENT_ROCKY_FEEDBACK), 10, "TOU-44: each is told");
}

Test(metronome_app, lesson,
	.description = "TOU-30: from groove to celebrate by playing the pattern as it is then")
{
	uint32_t stages = 0;
	uint32_t stage = LESSON_OFF;

	rig_start(NULL);
	cr_assert_eq(rig_call("lesson.start", MOS_NO_ARGS), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	for (int i = 0; i < 400 && app.lesson.stage != LESSON_CELEBRATE; i++) {
		rig_pass(50);
		/* an ideal player: at each onset that is expected now */
		while (app.practice.n_pending && app.practice.pending[0].time_ns <= time_ns)
			rig_hear(&(struct mos_event){.type = MOS_EVENT_MIDI_NOTEON,
				.source = MOS_SOURCE_MIDI_IN,
				.time_ns = (uint64_t)app.practice.pending[0].time_ns});
		stages += stage != app.lesson.stage;
		stage = app.lesson.stage;
	}
	cr_assert_eq(app.lesson.stage, LESSON_CELEBRATE, "TOU-30: stage %u", app.lesson.stage);
	cr_assert_eq(stages, 5, "TOU-30: all five");
	app_ops.key(&widget, "escape", &app);
	cr_assert_eq(app.lesson.stage, LESSON_OFF);
}

Test(metronome_app, stabilize_is_silent,
	.description = "TOU-30: the stage before the last sounds on downbeats only")
{
	rig_start(NULL);
	cr_assert_eq(rig_call("lesson.start", MOS_NO_ARGS), 0);
	app.lesson.stage = LESSON_STABILIZE;
	app_changed(&app);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(6000);
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_NOTEON), 4, "TOU-30: %u", rig_count(MOS_EVENT_MIDI_NOTEON));
}

Test(metronome_app, puzzles, .description = "TOU-31: asked and answered by methods; solved ones are told")
{
	rig_start(NULL);
	cr_assert_eq(rig_call("puzzle.answer", MOS_ARGS(mos_str("answer", "yes"))), -EREMOTEIO);
	for (int chamber = 1; chamber <= 4; chamber++) {
		char answer[MOS_RHYTHM_STEPS_MAX + 1];

		cr_assert_eq(rig_call("puzzle.new", MOS_ARGS(mos_int("chamber", chamber), mos_int("seed", 5))), 0,
			"%s", refused);
		cr_assert_gt(strlen(mos_get_str(&replied, "question", "")), 20, "TOU-31");
		cr_assert_eq(rig_call("puzzle.answer", MOS_ARGS(mos_str("answer", "???"))), -EREMOTEIO, "TOU-31");
		puzzle_solve(&app.puzzle, answer);
		cr_assert_eq(rig_call("puzzle.answer", MOS_ARGS(mos_str("answer", answer))), 0);
		cr_assert_eq(mos_get_bool(&replied, "right", 0), 1, "TOU-31");
		cr_assert_eq(rig_nth(MOS_EVENT_METRONOME_GAME, (uint32_t)chamber - 1)->u.game.value,
			(uint32_t)chamber, "TOU-31");
	}
	cr_assert_eq(rig_call("puzzle.new", MOS_ARGS(mos_int("chamber", 5))), -EREMOTEIO);
	cr_assert_eq(rig_call("puzzle.new", MOS_ARGS(mos_int("chamber", INT64_MAX))), -EREMOTEIO);
	cr_assert_eq(rig_call("puzzle.new", MOS_ARGS(mos_int("chamber", -1))), -EREMOTEIO);
}

Test(metronome_app, survives_restart,
	.description = "TOU-26 TOU-32: saved patterns, what was set, and counts survive a restart")
{
	struct mos_value state;

	rig_start(NULL);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("pattern", "xx.x.x.."))), 0);
	cr_assert_eq(rig_call("pattern.save", MOS_ARGS(mos_str("name", "mine"))), 0, "%s", refused);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("preset", "soukous"))), 0);
	cr_assert_eq(rig_call("pattern.save", MOS_ARGS(mos_str("name", "other"))), 0);
	cr_assert_eq(rig_call("pattern.save", MOS_ARGS(mos_str("name", ""))), -EREMOTEIO);
	cr_assert_eq(rig_call("volume.set", MOS_ARGS(mos_real("master", 0.5), mos_str("kit", "808"))), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(5000);
	app_ops.deactivate(&widget, &app);
	cr_assert_gt(mos_get_int(&kept, "game/beats", 0), 5, "TOU-32");

	state = kept;
	rig_start(&state);
	cr_assert_eq(app.config.mixer.master, 0.5, "TOU-26");
	cr_assert_str_eq(app.config.preset, "soukous", "TOU-26");
	cr_assert_eq(app.game.beats, (uint64_t)mos_get_int(&state, "game/beats", 0), "TOU-32");
	cr_assert_eq(rig_call("pattern.list", MOS_NO_ARGS), 0);
	cr_assert_eq(mos_get(&replied, "saved")->len, 2, "TOU-26");
	cr_assert_eq(rig_call("pattern.load", MOS_ARGS(mos_str("name", "mine"))), 0);
	cr_assert_eq(rig_call("pattern.get", MOS_NO_ARGS), 0);
	cr_assert_str_eq(mos_get_str(&replied, "pattern", ""), "xx.x.x..", "TOU-26");
	cr_assert_eq(mos_get_bool(&replied, "euclidean", 1), 0, "TOU-27");
	cr_assert_eq(rig_call("pattern.remove", MOS_ARGS(mos_str("name", "mine"))), 0);
	cr_assert_eq(rig_call("pattern.load", MOS_ARGS(mos_str("name", "mine"))), -EREMOTEIO);

	/* other settings put away what was set by hand, not what was saved */
	widget.context.settings = mos_value_map((struct mos_field[]){mos_str("preset", "aksak")}, 1);
	app = (struct app){0};
	cr_assert_eq(app_ops.activate(&widget, &app), 0);
	cr_assert_str_eq(app.config.preset, "aksak");
	cr_assert_eq(app.n_saved, 2);
}

Test(metronome_app, broken_state, .description = "TOU-26: whatever lies on the disk, it starts")
{
	const struct mos_value junk[] = {mos_value_int(3), mos_value_str("x"),
		mos_value_map((struct mos_field[]){mos_str("saved", "x"), mos_int("config", 1),
				      mos_str("game", "")},
			3),
		mos_value_map((struct mos_field[]){mos_list("saved",
				      (struct mos_value[]){mos_value_int(1), mos_value_str("y")}, 2)},
			1)};

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		rig_start(&junk[i]);
		cr_assert_eq(app.n_saved, 0, "TOU-26");
		cr_assert_eq(app.game.beats, 0);
	}
}

Test(metronome_app, voice, .description = "TOU-43: counts, cues and announcements as text")
{
	static const char *const want[] = {"1", "2", "3", "4", "1"};
	uint32_t n = 0;

	rig_start(NULL);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_str("voice_guidance", "count"))), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(2060);
	for (uint32_t i = 0; i < n_sent; i++)
		if (sent[i].type == MOS_EVENT_METRONOME_VOICE && sent[i].u.voice.kind == 0)
			cr_assert_str_eq(sent[i].u.voice.text, want[n++], "TOU-43");
	cr_assert_eq(n, 5, "TOU-43");
	n_sent = 0;
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_str("preset", "aksak"))), 0);
	cr_assert_eq(rig_count(MOS_EVENT_METRONOME_VOICE), 1, "TOU-43: a new pattern is announced");
	cr_assert_str_eq(rig_nth(MOS_EVENT_METRONOME_VOICE, 0)->u.voice.text, "Aksak", "TOU-43");
}

Test(metronome_app, achievements, .description = "TOU-33 EVT-25: told when they are reached, once")
{
	uint32_t n = 0;

	rig_start(NULL);
	cr_assert_eq(rig_call("mode.set", MOS_ARGS(mos_bool("advanced", 1), mos_int("subdivision", 0))), 0);
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_real("bpm", 300))), 0);
	cr_assert_eq(rig_call("volume.set", MOS_ARGS(mos_real("master", 0))), 0);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(550 * 200);
	for (uint32_t i = 0; i < n_sent; i++)
		n += sent[i].type == MOS_EVENT_METRONOME_GAME && sent[i].u.game.kind == 1;
	cr_assert_eq(n, 2, "TOU-33: 500 beats and 200 accents");
	cr_assert_eq(rig_count(MOS_EVENT_MIDI_NOTEON), 0, "TOU-24: 0 is silence");
	cr_assert_eq(rig_call("game.get", MOS_NO_ARGS), 0);
	cr_assert_eq(mos_get(&replied, "achievements")->len, 2, "TOU-33");
	cr_assert_geq(mos_get_int(&replied, "beats", 0), 545, "TOU-32");
}

Test(metronome_app, telemetry,
	.description = "TOU-34 TOU-35: figures of a steady clock are steady, the last minutes are listed")
{
	rig_start(NULL);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(130 * 1000);
	cr_assert_eq(rig_call("telemetry.get", MOS_NO_ARGS), 0);
	cr_assert_float_eq(mos_get_real(&replied, "average_bpm", 0), 120, 1e-3, "TOU-34");
	cr_assert_lt(mos_get_real(&replied, "jitter_ms", 9), 0.001, "TOU-34");
	cr_assert_eq(mos_get_int(&replied, "over", 9), 0, "TOU-34");
	cr_assert_eq(rig_call("telemetry.list", MOS_NO_ARGS), 0);
	cr_assert_geq(mos_get(&replied, "minutes")->len, 3, "TOU-35");
	cr_assert_float_eq(mos_get_real(&replied, "minutes/1/average_bpm", 0), 120, 1e-3, "TOU-35");
}

Test(metronome_app, mixer, .description = "TOU-20: preview, random, reset by methods")
{
	struct mos_mixer fresh;

	rig_start(NULL);
	mos_mixer_reset(&fresh);
	cr_assert_eq(rig_call("volume.preview", MOS_ARGS(mos_str("tier", "downbeat"))), 0);
	cr_assert_eq(rig_nth(MOS_EVENT_MIDI_NOTEON, 0)->u.note.key, 36, "TOU-20");
	cr_assert_eq(rig_call("mixer.random", MOS_ARGS(mos_int("seed", 1))), 0);
	cr_assert_arr_neq(&app.config.mixer, &fresh, sizeof(fresh), "TOU-20");
	cr_assert_eq(rig_call("mixer.reset", MOS_NO_ARGS), 0);
	cr_assert_arr_eq(&app.config.mixer, &fresh, sizeof(fresh), "TOU-20: reset restores the bytes");
	cr_assert_eq(rig_call("volume.set", MOS_ARGS(mos_real("volume_accent", 1.6))), -EREMOTEIO, "TOU-20");
	cr_assert_eq(rig_call("accent.set", MOS_ARGS(mos_real("ratio", 2))), 0);
	cr_assert_eq(app.config.mixer.accent_ratio, 2, "TOU-48: setAccentRatio");
}

Test(metronome_app, presets,
	.description = "TOU-04 TOU-28 TOU-47: presets by tier, their texts, a MIDI file to share")
{
	uint32_t n = 0;

	rig_start(NULL);
	for (uint32_t tier = 0; tier < MOS_PRESET_N_TIERS; tier++) {
		cr_assert_eq(rig_call("preset.list", MOS_ARGS(mos_str("tier", mos_preset_tier_name(tier)))), 0);
		n += mos_get(&replied, "presets")->len;
	}
	cr_assert_eq(n, 13, "TOU-04: each in one");
	cr_assert_eq(rig_call("preset.list", MOS_NO_ARGS), 0);
	cr_assert_eq(mos_get(&replied, "presets")->len, 13, "TOU-04");
	cr_assert_eq(rig_call("preset.get", MOS_ARGS(mos_str("preset", "bell-12-8"))), 0);
	cr_assert_gt(strlen(mos_get_str(&replied, "context", "")), 40, "TOU-28");
	cr_assert_eq(rig_call("preset.get", MOS_ARGS(mos_str("preset", "polka"))), -EREMOTEIO);
	cr_assert_eq(rig_call("pattern.export", MOS_ARGS(mos_int("bars", 2))), 0, "%s", refused);
	cr_assert(n_shared > 40 && memcmp(shared, "MThd", 4) == 0, "TOU-47");
	cr_assert_eq(mos_get_int(&replied, "id", 0), 42, "TOU-47");
	cr_assert_eq(rig_call("pattern.export", MOS_ARGS(mos_int("bars", 0))), -EREMOTEIO);
}

Test(metronome_app, methods, .description = "TOU-48: unknown methods and parameters are refused by name")
{
	rig_start(NULL);
	cr_assert_eq(rig_call("polka.play", MOS_NO_ARGS), -EREMOTEIO);
	cr_assert_not_null(strstr(refused, "rpc.method.unknown"), "TOU-48");
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_real("bmp", 100))), -EREMOTEIO);
	cr_assert(strstr(refused, "rpc.params.invalid") && strstr(refused, "bmp"), "TOU-48: %s", refused);
	cr_assert_eq(rig_call("tempo.set", MOS_NO_ARGS), -EREMOTEIO);
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_str("bpm", "fast"))), -EREMOTEIO);
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_real("bpm", NAN))), -EREMOTEIO);
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_real("master", 1))), -EREMOTEIO,
		"TOU-48: not this method's");
	cr_assert_eq(rig_call("pattern.set", MOS_ARGS(mos_int("pulses steps", 1))), -EREMOTEIO);
	cr_assert_eq(rig_call("tempo.set", MOS_ARGS(mos_real("bpm", 90))), 0);
	cr_assert_eq(rig_call("state.get", MOS_NO_ARGS), 0);
	cr_assert_eq(mos_get_real(&replied, "bpm", 0), 90, "TOU-48: getState");
	cr_assert_str_eq(mos_get_str(&replied, "grid", ""), "x..x..x.", "TOU-48");
}

Test(metronome_app, settings,
	.description = "TOU-07: settings while it plays are taken at once, without a break in the beat")
{
	rig_start(NULL);
	cr_assert_eq(rig_call("transport.play", MOS_NO_ARGS), 0);
	rig_pass(1000);
	widget.context.settings =
		mos_value_map((struct mos_field[]){mos_str("preset", "aksak"), mos_real("master", 0.5)}, 2);
	cr_assert_eq(app_ops.settings(&widget, &app), 0);
	cr_assert_eq(app.config.mixer.master, 0.5);
	cr_assert_str_eq(app.config.preset, "aksak");
	cr_assert(app_playing(&app));
	rig_pass(3000);
	cr_assert_eq(app.schedule.n_late, 0);
	cr_assert_gt(rig_count(MOS_EVENT_METRONOME_BEAT), 10);
}
