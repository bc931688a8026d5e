/* SPDX-License-Identifier: MIT */
/* How a timeline wants to be played: its loop, where it goes, what is late, and how it is left. */
#include <stdlib.h>
#include <string.h>

#include <mos/ump.h>

#include "rtcore_fixture.h"

#define RATE 48000u
#define QUANTUM 256u
#define NPQ_120 UINT64_C(500000000)
#define MS INT64_C(1000000)
#define MAX_HEARD 65536u
#define GHOST 15

/** An engine, all that came out of its MIDI output, and what sounds behind it. */
struct stage {
	struct rig rig;
	struct driver_midi out;
	uint64_t frames;
	uint32_t n_heard;
	uint8_t sounds[SONG_CHANNELS][128];
	uint8_t pedals[SONG_CHANNELS]; /**< CC 64 and 66 that are down, a bit each */
	struct heard {
		uint64_t frame;
		uint32_t word;
	} heard[MAX_HEARD];
};

static struct stage stage;

TestSuite(rtcore_policy, .timeout = 60);

static void set_up(struct score *score)
{
	memset(&stage, 0, sizeof(stage));
	rig_init(&stage.rig, RATE, QUANTUM);
	rig_score(&stage.rig, score);
	stage.rig.midi_out = &stage.out;
}

static void tear_down(void)
{
	rig_finish(&stage.rig);
}

static bool is_on(uint32_t word)
{
	return (word >> 20 & 0xff) % 16 == 9 && word >> 28 == 2 && word & 127;
}

static bool is_off(uint32_t word)
{
	return word >> 28 == 2 && ((word >> 20 & 15) == 8 || ((word >> 20 & 15) == 9 && !(word & 127)));
}

static void hear(uint64_t frame, uint32_t word)
{
	uint32_t ch = (word >> 24 & 15) * 16 + (word >> 16 & 15), key = word >> 8 & 127;

	cr_assert_lt(stage.n_heard, MAX_HEARD);
	stage.heard[stage.n_heard++] = (struct heard){frame, word};
	if (is_on(word))
		stage.sounds[ch][key]++;
	else if (is_off(word) && stage.sounds[ch][key])
		stage.sounds[ch][key]--;
	else if ((word >> 20 & 15) == 0xb && word >> 28 == 2 && (key == 64 || key == 66))
		stage.pedals[ch] =
			(uint8_t)((stage.pedals[ch] & ~(1u << (key - 64))) | (word & 64) >> 6 << (key - 64));
}

static void run(uint32_t n_frames)
{
	while (n_frames > 0) {
		uint32_t n = n_frames < QUANTUM ? n_frames : QUANTUM;

		stage.out.n = 0;
		rig_run(&stage.rig, n);
		for (uint32_t i = 0; stage.rig.midi_out && i < stage.out.n; i++)
			hear(stage.frames + stage.out.ump[i].offset_frames, stage.out.ump[i].word[0]);
		stage.frames += n;
		n_frames -= n;
		rig_forget(&stage.rig);
	}
}

static uint32_t n_sounding(void)
{
	uint32_t n = 0;

	for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
		for (uint32_t key = 0; key < 128; key++)
			n += stage.sounds[ch][key];
	return n;
}

static uint32_t count(uint32_t word, uint32_t mask)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < stage.n_heard; i++)
		n += (stage.heard[i].word & mask) == word;
	return n;
}

static void forget(void)
{
	stage.n_heard = 0;
}

/** A bar of a band: a chord on each beat, a ghost between two, the bar's number before it. */
static void add_bar(struct score *s, int64_t bar, uint8_t key)
{
	int64_t at = bar * 3840;

	score_control(s, at, 0xb0, 15, 20, (uint8_t)(3 - bar));
	score_control(s, at, 0xb0, 15, 21, (uint8_t)bar);
	for (int64_t beat = 0; beat < 4; beat++) {
		score_note(s, at + beat * 960, 960, 0, key, 90);
		score_note(s, at + beat * 960, 900, 0, key + 4, 70);
		score_note(s, at + beat * 960 + 480, 120, 0, key, GHOST);
	}
}

static struct score band(uint32_t bars)
{
	struct score s = score_at(NPQ_120, bars * INT64_C(3840));

	score_control(&s, 0, 0xc0, 0, 5, 0);
	for (uint32_t bar = 0; bar < bars; bar++)
		add_bar(&s, bar, (uint8_t)(60 + bar));
	s.policy = (struct mos_tl_policy){.late_drop_ms = 35, .ghost_vel_max = 22, .flags = MOS_TL_PANIC};
	return s;
}

/** Play two bars with one stall before the cycle `at_cycle`; what was heard, into `ret`. */
static uint32_t play_stalled(uint32_t at_cycle, int64_t stall_ns, struct heard *ret)
{
	struct score s = band(2);
	uint32_t n;

	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(at_cycle * QUANTUM);
	stage.rig.stalled_ns += stall_ns;
	run(2 * 96000 - at_cycle * QUANTUM);
	n = stage.n_heard;
	memcpy(ret, stage.heard, n * sizeof(*ret));
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(QUANTUM);
	cr_expect_eq(n_sounding(), 0, "stalled by %lld ns before cycle %u", (long long)stall_ns, at_cycle);
	return n;
}

Test(rtcore_policy, stalls,
	.description =
		"T-40 T-42 T-43 T-61 T-19 T-54 D-9: after a stall of 50 ms and of 500 ms only ornaments of "
		"that "
		"cycle are missing, everything else comes at its own frame, and nothing sounds afterwards")
{
	static struct heard all[1024], some[1024];
	static const int64_t stall[] = {50 * MS, 500 * MS};
	uint32_t n_all = play_stalled(0, 0, all), n_ghosts = 0;

	tear_down();
	for (uint32_t k = 0; k < 2; k++) {
		/* the second ghost lies on frame 36000: cycle 140; before, on and behind it */
		for (uint32_t cycle = 138; cycle < 144; cycle++) {
			uint32_t n = play_stalled(cycle, stall[k], some), i = 0;
			uint64_t first = (uint64_t)(cycle + 1) * QUANTUM, dropped = 0;

			for (uint32_t j = 0; j < n_all; j++) {
				bool is_there =
					i < n && some[i].frame == all[j].frame && some[i].word == all[j].word;

				i += is_there;
				if (is_there)
					continue;
				dropped += is_on(all[j].word);
				cr_assert(is_off(all[j].word) ||
						  (is_on(all[j].word) && (all[j].word & 127) == GHOST &&
							  all[j].frame >= first &&
							  all[j].frame < first + QUANTUM),
					"%08x at %llu is missing", all[j].word,
					(unsigned long long)all[j].frame);
			}
			cr_assert_eq(i, n, "something is there that was not");
			cr_assert_eq(n, n_all - 2 * (uint32_t)dropped, "a ghost and its end, or nothing");
			cr_assert_eq(rig_counter(&stage.rig, C_GATE_DROPPED), (int64_t)dropped);
			cr_assert_geq(rig_counter(&stage.rig, C_GATE_LATE), (int64_t)dropped);
			n_ghosts += (uint32_t)dropped;
			tear_down();
		}
	}
	cr_expect_eq(n_ghosts, 2, "the ghost was met once with each stall");
}

Test(rtcore_policy, small_stalls,
	.description = "T-41: what comes 35 ms late is not late; without a limit in the timeline nothing is "
		       "ever dropped")
{
	static struct heard all[1024], some[1024];
	uint32_t n_all = play_stalled(0, 0, all);
	struct score s = band(2);

	tear_down();
	for (uint32_t cycle = 138; cycle < 144; cycle++) {
		cr_assert_eq(play_stalled(cycle, 34 * MS, some), n_all);
		tear_down();
	}
	s.policy = (struct mos_tl_policy){0};
	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	for (uint32_t cycle = 0; cycle < 2 * 96000 / QUANTUM; cycle++) {
		stage.rig.stalled_ns += 50 * MS;
		run(QUANTUM);
	}
	cr_expect_eq(stage.n_heard, n_all);
	cr_expect_eq(rig_counter(&stage.rig, C_GATE_LATE), 0);
	tear_down();
}

Test(rtcore_policy, repeatable,
	.description = "T-2: the same stalls give the same packets in the same frames")
{
	static struct heard a[1024], b[1024];

	for (uint32_t cycle = 139; cycle < 142; cycle++) {
		uint32_t n = play_stalled(cycle, 50 * MS, a), m;

		tear_down();
		m = play_stalled(cycle, 50 * MS, b);
		tear_down();
		cr_assert_eq(n, m);
		cr_assert_eq(memcmp(a, b, n * sizeof(*a)), 0);
	}
}

/** Peak of the sound of the next `n` frames. */
static float peak(uint32_t n)
{
	float p;

	rig_run(&stage.rig, n);
	stage.frames += n;
	p = rig_peak(&stage.rig, 0, n);
	rig_forget(&stage.rig);
	return p;
}

Test(rtcore_policy, routes,
	.description = "T-22: a timeline goes to Apollo, to the MIDI output, or both, as it says; what it "
		       "leaves when it "
		       "is replaced ends there")
{
	struct score s = band(2);

	s.policy.flags |= MOS_TL_NO_SOUND;
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(9600);
	cr_expect_gt(stage.n_heard, 3);
	cr_expect_eq(peak(9600), 0, "not for Apollo");

	s = band(2);
	s.policy.flags |= MOS_TL_NO_MIDI;
	cr_assert_gt(n_sounding(), 0);
	rig_update(&stage.rig, score_song(&s));
	forget();
	run(2 * 24000);
	cr_expect_eq(n_sounding(), 0, "what the MIDI output held is let go");
	cr_expect_eq(count(0x20900000, 0xfff00000), 0, "not for the MIDI output");
	cr_expect_gt(peak(4800), 0);

	s = band(2);
	s.policy.flags |= MOS_TL_NO_SOUND;
	rig_update(&stage.rig, score_song(&s));
	run(3 * 48000);
	cr_expect_lt(peak(100), 1e-3f, "what sounded rings out");
	tear_down();
}

/** After the chord of the first beat began: go, and look at what is sent. */
static void play_into_chord(struct score *s)
{
	set_up(s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(4800);
	cr_assert_eq(n_sounding(), 2);
	forget();
}

static void expect_sweep(bool wanted)
{
	cr_expect_eq(n_sounding(), 0);
	for (uint32_t ch = 0; ch < 16; ch++)
		for (uint32_t i = 0; i < 4; i++)
			cr_expect_eq(
				count(0x20b00000 | ch << 16 | (const uint32_t[]){64, 123, 120, 121}[i] << 8,
					~0u),
				wanted, "channel %u", ch);
	for (uint32_t i = 0; i < stage.n_heard && wanted; i++)
		cr_expect(is_off(stage.heard[i].word) == (i < 2), "keys first, then controllers");
}

Test(rtcore_policy, ways_out,
	.description = "T-46 T-62 T-19 T-17 T-48 D-11 D-12: stop, another song and no song let go of all "
		       "keys and, where "
		       "the timeline says so, put all controllers back; a pause lets go only")
{
	for (int panic = 0; panic <= 1; panic++) {
		struct score s = band(2), other = score_at(NPQ_120, 960);

		s.policy.flags = panic ? MOS_TL_PANIC : 0;
		play_into_chord(&s);
		cr_assert_eq(rig_pause(&stage.rig), 0);
		run(QUANTUM);
		expect_sweep(false);
		cr_assert_eq(rig_play(&stage.rig), 0);
		run(24000);
		forget();
		cr_assert_gt(n_sounding(), 0);
		cr_assert_eq(rig_stop(&stage.rig), 0);
		run(QUANTUM);
		expect_sweep(panic);
		tear_down();

		s = band(2);
		s.policy.flags = panic ? MOS_TL_PANIC : 0;
		play_into_chord(&s);
		rig_load(&stage.rig, score_song(&other));
		run(QUANTUM);
		expect_sweep(panic);
		tear_down();

		s = band(2);
		s.policy.flags = panic ? MOS_TL_PANIC : 0;
		play_into_chord(&s);
		rig_load(&stage.rig, NULL);
		run(QUANTUM);
		expect_sweep(panic);
		tear_down();
	}
}

Test(rtcore_policy, end,
	.description = "T-46 T-19: at the end of the score what has no end of its own is let go, and "
		       "controllers are put "
		       "back")
{
	struct score s = score_at(NPQ_120, 960);

	score_ump(&s, 0, 0x20903c5a, 0, 1, 960); /* without an end */
	score_ump(&s, 0, 0x2091405a, 0, 2, 960);
	s.policy.flags = MOS_TL_PANIC;
	play_into_chord(&s);
	run(48000);
	expect_sweep(true);
	tear_down();
}

Test(rtcore_policy, after_panic,
	.description =
		"T-47 T-32: who was swept hears again where the controllers are, before the first note")
{
	struct score s = score_at(NPQ_120, 3840);

	score_control(&s, 0, 0xc0, 2, 33, 0);
	score_control(&s, 0, 0xb0, 2, 11, 80);
	score_control(&s, 0, 0xb0, 2, 7, 90);
	score_note(&s, 960, 960, 2, 60, 90);
	s.policy.flags = MOS_TL_PANIC;
	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(30000);
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(QUANTUM);
	cr_assert_eq(count(0x20b27900, ~0u), 1);
	forget();
	cr_assert_eq(rig_seek(&stage.rig, 960), 0);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(QUANTUM);
	cr_assert_eq(stage.n_heard, 2);
	cr_expect_eq(
		stage.heard[0].word, 0x20b20b50, "expression: the sweep had put it back; volume it had not");
	cr_expect_eq(stage.heard[1].word, 0x20923c5a);
	tear_down();
}

Test(rtcore_policy, jump_between,
	.description = "T-32: a jump between two events tells the controllers of before, not those that are "
		       "still to come")
{
	struct score s = score_at(NPQ_120, 3840);

	score_control(&s, 0, 0xb0, 2, 1, 20);
	score_control(&s, 1920, 0xb0, 2, 1, 90);
	score_note(&s, 1920, 960, 2, 60, 90);
	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_seek(&stage.rig, 1000), 0);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(QUANTUM);
	cr_assert_eq(stage.n_heard, 1);
	cr_expect_eq(stage.heard[0].word, 0x20b20114);
	run(48000);
	cr_expect_eq(stage.heard[1].word, 0x20b2015a);
	tear_down();
}

Test(rtcore_policy, order,
	.description =
		"T-31 T-32 T-49 T-50 T-59: in one frame ends come first, then programs and controllers, then "
		"notes; the bar's number is sent in the frame in which the bar begins")
{
	struct score s = band(4);
	uint32_t bars = 0;

	s.policy.loop_end = 4 * 3840;
	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(9 * 96000); /* twice round and one bar */
	for (uint32_t i = 0; i < stage.n_heard; i++) {
		const struct heard *h = &stage.heard[i];
		uint32_t rank = is_off(h->word) ? 0 : is_on(h->word) ? 2 : 1;

		for (uint32_t j = i + 1; j < stage.n_heard && h[j - i].frame == h->frame; j++)
			cr_assert_geq(is_off(h[j - i].word)  ? 0
				      : is_on(h[j - i].word) ? 2
							     : 1,
				rank, "frame %llu: %08x after %08x", (unsigned long long)h->frame,
				h[j - i].word, h->word);
		if ((h->word & 0xffffff00) == 0x20bf1500) {
			cr_assert_eq(h->frame, QUANTUM + bars * UINT64_C(96000), "bar %u", bars);
			cr_assert_eq(h->word & 127, bars % 4);
			cr_assert_eq(stage.heard[i - 1].word, 0x20bf1400 | (3 - bars % 4),
				"countdown, then index");
			bars++;
		}
	}
	cr_expect_eq(bars, 9);
	cr_expect_eq(count(0x20c00500, ~0u), 3, "the program, once each time round");
	cr_expect_eq(count(0x20c00000, 0xfff00000), 3, "and no other");
	tear_down();
}

Test(rtcore_policy, telemetry_only_adds,
	.description = "T-54: with and without bar numbers the notes and their frames are the same")
{
	static struct heard with[1024], without[1024];
	uint32_t n[2] = {0, 0};

	for (int telemetry = 0; telemetry < 2; telemetry++) {
		struct score s = band(2);
		uint32_t kept = 0;

		for (uint32_t i = 0; i < s.n_event; i++)
			if (telemetry || (s.event[i].ump[0] & 0xffff0000) != 0x20bf0000)
				s.event[kept++] = s.event[i];
		s.n_event = kept;
		set_up(&s);
		cr_assert_eq(rig_play(&stage.rig), 0);
		run(100 * QUANTUM);
		stage.rig.stalled_ns += 50 * MS;
		run(48000);
		for (uint32_t i = 0; i < stage.n_heard; i++)
			if (is_on(stage.heard[i].word) || is_off(stage.heard[i].word))
				(telemetry ? with : without)[n[telemetry]++] = stage.heard[i];
		tear_down();
	}
	cr_assert_eq(n[0], n[1]);
	cr_expect_eq(memcmp(with, without, n[0] * sizeof(*with)), 0);
}

static struct mos_clock clock_now(void)
{
	struct mos_clock c = {0};

	cr_assert_eq(mos_clock_read(stage.rig.regions.clock.base, &c), 0);
	return c;
}

Test(rtcore_policy, loop_with_song,
	.description = "T-24: a timeline's loop is in force with it, at once and after an update, goes when "
		       "the update has "
		       "none, and leaves a loop that people set alone")
{
	struct score s = band(4);
	struct mos_event ev;

	s.policy.loop_start = 3840;
	s.policy.loop_end = 3 * 3840;
	set_up(&s);
	cr_assert(rig_event(&stage.rig, MOS_EVENT_TRANSPORT_LOOP, &ev), "nobody was told");
	cr_expect_eq(ev.u.loop.start_tick, 3840);
	run(QUANTUM);
	cr_expect(clock_now().flags & MOS_CLOCK_LOOP);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(3 * 96000 + 480);
	cr_expect_eq(rig_tick(&stage.rig), 3840 + 19, "from the third bar's end to the second bar");

	s = band(4);
	s.policy.loop_start = 0;
	s.policy.loop_end = 2 * 3840;
	rig_update(&stage.rig, score_song(&s)); /* while inside, of both */
	run(96000);
	cr_expect_eq(rig_tick(&stage.rig), 19);

	s = band(4);
	rig_update(&stage.rig, score_song(&s));
	run(QUANTUM);
	cr_expect_not(clock_now().flags & MOS_CLOCK_LOOP, "it went with its song");
	run(2 * 96000);
	cr_expect_gt(rig_tick(&stage.rig), 2 * 3840);

	cr_assert_eq(rig_loop(&stage.rig, 3840, 7680), 0);
	s = band(3);
	rig_update(&stage.rig, score_song(&s));
	run(QUANTUM);
	cr_expect_eq(clock_now().loop_end_tick, 7680, "that of the user stays");
	s = band(1);
	rig_update(&stage.rig, score_song(&s));
	run(QUANTUM);
	cr_expect_not(clock_now().flags & MOS_CLOCK_LOOP, "unless the song ends before");
	tear_down();
}

Test(rtcore_policy, seamless,
	.description = "T-24 T-19: what sounds across the end of a timeline's own loop is not cut there, and "
		       "ends where "
		       "the timeline says; the user's loop cuts")
{
	for (int own = 0; own <= 1; own++) {
		struct score s = score_at(NPQ_120, 4 * 960);
		uint64_t end = 0;

		score_ump(&s, 3 * 960, 0x20903c5a, 0, 1, 960 + 240); /* an anticipated bass */
		score_ump(&s, 240, 0x20803c40, 0, 1, 0);
		score_note(&s, 3 * 960, 960, 1, 70, 90); /* this one ends with the loop */
		if (own)
			s.policy.loop_end = 4 * 960;
		set_up(&s);
		if (!own)
			cr_assert_eq(rig_loop(&stage.rig, 0, 4 * 960), 0);
		cr_assert_eq(rig_play(&stage.rig), 0);
		run(96000 - QUANTUM);
		forget();
		run(96000 - 2 * QUANTUM);
		for (uint32_t i = 0; i < stage.n_heard && !end; i++)
			end = stage.heard[i].word >> 8 == 0x20803c ? stage.heard[i].frame : 0;
		cr_expect_eq(end, own ? 96000u + 6000 : 96000u);
		cr_expect_eq(count(0x20814640, ~0u), 1, "the other ends with the loop");
		tear_down();
	}
}

Test(rtcore_policy, update_across_seam,
	.description = "T-24 T-19: a timeline that is replaced while a note sounds that is let go behind the "
		       "loop's start: "
		       "the note is not cut; one whose end is gone from the new timeline is")
{
	for (int keeps = 0; keeps <= 1; keeps++) {
		struct score s, again;
		uint64_t end = 0;

		for (int i = 0; i < 2; i++) {
			struct score *x = i ? &again : &s;

			*x = score_at(NPQ_120, 4 * 960);
			score_ump(x, 3 * 960, 0x20903c5a, 0, 1, 960 + 240);
			if (i == 0 || keeps)
				score_ump(x, 240, 0x20803c40, 0, 1, 0);
			x->policy.loop_end = 4 * 960;
		}
		set_up(&s);
		cr_assert_eq(rig_play(&stage.rig), 0);
		run(96000 - 4 * QUANTUM);
		cr_assert_eq(n_sounding(), 1);
		forget();
		rig_update(&stage.rig, score_song(&again));
		run(24000);
		for (uint32_t i = 0; i < stage.n_heard && !end; i++)
			end = stage.heard[i].word >> 8 == 0x20803c ? stage.heard[i].frame : 0;
		cr_expect_eq(end, keeps ? 96000u + 6000 : 96000u - 4 * QUANTUM);
		tear_down();
	}
}

Test(rtcore_policy, update_of_overlap,
	.description = "T-19 D-10: a key that was struck twice, and that the new timeline does not know, is "
		       "let go twice")
{
	struct score s = score_at(NPQ_120, 3840), again = score_at(NPQ_120, 3840);

	score_note(&s, 0, 3000, 0, 60, 90);
	score_note(&s, 480, 3000, 0, 60, 90);
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(24000);
	cr_assert_eq(n_sounding(), 2);
	rig_update(&stage.rig, score_song(&again));
	run(QUANTUM);
	cr_expect_eq(n_sounding(), 0);
	tear_down();
}

Test(rtcore_policy, ends_announced,
	.description = "T-19 TIM-03: in a timeline's own loop the end of a note that lies on the loop's end "
		       "is announced, "
		       "too, each time round")
{
	struct score s = score_at(NPQ_120, 4 * 960);
	struct mos_event ev;
	uint32_t n_on = 0, n_off = 0;

	score_note(&s, 3 * 960, 960, 1, 70, 90);
	s.policy.loop_end = 4 * 960;
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(3 * 96000);
	while (rig_event(&stage.rig, 0, &ev)) {
		n_on += ev.type == MOS_EVENT_MIDI_NOTEON;
		if (ev.type != MOS_EVENT_MIDI_NOTEOFF)
			continue;
		n_off++;
		cr_expect_eq(ev.tick, 4 * 960);
		cr_expect(ev.flags & MOS_EVENT_SCHEDULED);
		cr_expect_leq(llabs((int64_t)ev.time_ns - n_off * INT64_C(2000000000)), 1000,
			"end %u is told for %llu", n_off, (unsigned long long)ev.time_ns);
	}
	cr_expect_eq(n_on, 3);
	cr_expect_eq(n_off, 3);
	tear_down();
}

Test(rtcore_policy, unheard_updates,
	.description =
		"T-2 T-24: a timeline that is replaced by its equal, in any cycle, in a loop or not, at a "
		"tempo "
		"whose beats lie between frames, plays on unheard: no packet is lost, moved or sent twice")
{
	static struct heard plain[8192];
	uint32_t n_plain = 0;
	uint64_t rng = 5;

	for (int piece = 0; piece < 6; piece++) {
		for (int updated = 0; updated < 2; updated++) {
			struct score s = band(2);
			uint64_t r = rng;

			s.tempo[0].npq_start = s.tempo[0].npq_end = (uint64_t)(31000003 + 7919 * piece);
			if (piece & 1)
				s.policy.loop_end = 2 * 3840 - 960 * (piece / 2);
			s.policy.flags |= piece & 2 ? MOS_TL_NO_OVERLAP : 0;
			struct score again = s;

			again.event = memcpy(
				malloc(s.n_event * sizeof(*s.event)), s.event, s.n_event * sizeof(*s.event));
			set_up(&s);
			cr_assert_eq(rig_play(&stage.rig), 0);
			for (uint32_t cycle = 0; cycle < 300; cycle++) {
				run(QUANTUM);
				if (updated && rnd(&r, 0, 2) == 0) {
					struct score copy = again;

					copy.event = memcpy(malloc(again.n_event * sizeof(*again.event)),
						again.event, again.n_event * sizeof(*again.event));
					rig_update(&stage.rig, score_song(&copy));
				}
			}
			free(again.event);
			if (!updated) {
				n_plain = stage.n_heard;
				memcpy(plain, stage.heard, n_plain * sizeof(*plain));
			} else {
				for (uint32_t i = 0; i < n_plain && i < stage.n_heard; i++)
					cr_assert(plain[i].frame == stage.heard[i].frame &&
							  plain[i].word == stage.heard[i].word,
						"piece %d: packet %u: %08x at %llu instead of %08x at %llu",
						piece, i, stage.heard[i].word,
						(unsigned long long)stage.heard[i].frame, plain[i].word,
						(unsigned long long)plain[i].frame);
				cr_assert_eq(stage.n_heard, n_plain);
			}
			tear_down();
		}
		rng += 1000;
	}
}

Test(rtcore_policy, update_between_frames,
	.description = "T-24 T-2: what lies between the last frame that was played and the next one is not "
		       "lost when the "
		       "timeline is replaced there: neither a note nor the loop's end")
{
	for (int loops = 0; loops <= 1; loops++) {
		struct score s, again;

		for (int i = 0; i < 2; i++) {
			struct score *x = i ? &again : &s;

			/* the beat is at frame 23,807.5: it sounds in the first of cycle 93 */
			*x = score_at(495989583, 4 * 960);
			score_note(x, 0, 240, 0, 60, 90);
			score_note(x, 960, 240, 0, 62, 90);
			x->policy.loop_end = loops ? 960 : 0;
		}
		set_up(&s);
		cr_assert_eq(rig_play(&stage.rig), 0);
		run(93 * QUANTUM);
		forget();
		rig_update(&stage.rig, score_song(&again));
		run(QUANTUM);
		cr_assert_eq(stage.n_heard, 1);
		cr_expect_eq(stage.heard[0].frame, 93u * QUANTUM);
		cr_expect_eq(stage.heard[0].word, loops ? 0x20903c5a : 0x20903e5a);
		tear_down();
	}
}

Test(rtcore_policy, full_output,
	.description = "T-19: in a cycle with more than the MIDI output takes no end is lost: it comes in "
		       "the next one; "
		       "what begins without room does not begin")
{
	struct score s = score_at(NPQ_120, 7680);

	for (uint32_t i = 0; i < 1000; i++)
		score_note(&s, 960, 960, i % 16, (uint8_t)(i / 16 % 128), 90);
	for (uint32_t i = 0; i < 500; i++) /* and 500 begin where those end */
		score_note(&s, 3840, 960, i % 16, (uint8_t)(i / 16 % 128), 90);
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(24000 + QUANTUM);
	cr_expect_geq(n_sounding(), DRIVER_MIDI_MAX - 1);
	run(24000);
	cr_expect_eq(n_sounding(), 0);
	run(48000 + QUANTUM);
	cr_expect_eq(n_sounding(), 500);
	forget();
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(2 * QUANTUM);
	cr_expect_eq(n_sounding(), 0);
	tear_down();
}

Test(rtcore_policy, full_output_controllers,
	.description = "T-43 T-32 T-19: in a cycle with more controllers than the MIDI output takes none is "
		       "lost: where "
		       "they are is told in the next one")
{
	struct score s = score_at(NPQ_120, 7680);

	for (uint8_t ch = 0; ch < 16; ch++) {
		for (uint8_t cc = 0; cc < 40; cc++)
			score_control(&s, 960, 0xb0, ch, (uint8_t)(cc < 20 ? 10 + cc : 50 + cc), 11);
		score_control(&s, 960, 0xc0, ch, (uint8_t)(20 + ch), 0);
	}
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(24000 + 3 * QUANTUM);
	for (uint32_t ch = 0; ch < 16; ch++) {
		cr_expect_eq(count(0x20c00000 | ch << 16 | (20 + ch) << 8, ~0u), 1, "program of %u", ch);
		cr_expect_eq(count(0x20b0590b | ch << 16, ~0u), 1, "last controller of %u", ch);
	}
	tear_down();
}

Test(rtcore_policy, full_way_out,
	.description = "T-46 T-19: more keys than a cycle takes are let go in the next ones, then the "
		       "controllers are put "
		       "back")
{
	struct score s = score_at(NPQ_120, 4 * 3840);

	for (uint32_t i = 0; i < 1200; i++)
		score_note(&s, 4 * i, 7000, i % 16, (uint8_t)(i / 16 % 128), 90);
	s.policy.flags = MOS_TL_PANIC;
	set_up(&s);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(2 * 96000 - 24000);
	cr_assert_eq(n_sounding(), 1200);
	forget();
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(4 * QUANTUM);
	cr_expect_eq(n_sounding(), 0);
	cr_expect_eq(stage.n_heard, 1200u + 64);
	cr_expect_eq(count(0x20b07900, 0xfff0ffff), 16);
	tear_down();
}

Test(rtcore_policy, new_listener,
	.description = "T-19 T-32: who begins to listen in the middle is told programs and controllers; what "
		       "was held "
		       "when nobody listened any more is let go when somebody does")
{
	struct score s = band(2);

	play_into_chord(&s);
	stage.rig.midi_out = NULL;
	run(24000);
	stage.rig.midi_out = &stage.out;
	run(QUANTUM);
	cr_assert_geq(stage.n_heard, 3);
	cr_expect(is_off(stage.heard[0].word));
	cr_expect(is_off(stage.heard[1].word));
	cr_expect_eq(n_sounding(), 0);
	cr_expect_eq(count(0x20c00500, ~0u), 1);
	run(24000);
	cr_expect_gt(n_sounding(), 0, "and it goes on");
	tear_down();
}

Test(rtcore_policy, pedals,
	.description = "T-19 D-12: what is let go is not held by a pedal: stop lifts it, after the keys; "
		       "play presses it "
		       "again before the first note")
{
	struct score s = score_at(NPQ_120, 3840);

	score_control(&s, 0, 0xb0, 2, 64, 127);
	score_control(&s, 0, 0xb0, 3, 66, 100);
	score_note(&s, 0, 3000, 2, 60, 90);
	set_up(&s);
	run(QUANTUM);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(4800);
	forget();
	cr_assert_eq(rig_stop(&stage.rig), 0);
	run(QUANTUM);
	cr_assert_eq(stage.n_heard, 3);
	cr_expect_eq(stage.heard[0].word, 0x20823c40);
	cr_expect_eq(stage.heard[1].word, 0x20b24000);
	cr_expect_eq(stage.heard[2].word, 0x20b34200);
	forget();
	cr_assert_eq(rig_seek(&stage.rig, 0), 0);
	cr_assert_eq(rig_play(&stage.rig), 0);
	run(QUANTUM);
	cr_assert_eq(stage.n_heard, 3);
	cr_expect_eq(stage.heard[0].word, 0x20b2407f);
	cr_expect_eq(stage.heard[2].word, 0x20923c5a);
	tear_down();
}

static void tell_engine(uint32_t op, uint64_t arg)
{
	const struct mos_rtctl_msg msg = {.op = op};

	(void)rig_send(&stage.rig, &msg, NULL, arg);
}

Test(rtcore_policy, held,
	.description = "T-19: while a link is cut, what sounds is let go, and nothing begins that nobody "
		       "would end; then "
		       "it goes on, controllers first; and it goes on by itself if nobody says so")
{
	for (int told = 0; told <= 1; told++) {
		struct score s = band(2);

		score_control(&s, 0, 0xb0, 0, 64, 127);
		play_into_chord(&s);
		tell_engine(ENGINE_OP_MIDI_HOLD, HOLD_BEGIN);
		run(QUANTUM);
		cr_expect_eq(n_sounding(), 0);
		cr_expect_eq(count(0x20b04000, ~0u), 1, "the pedal is up");
		forget();
		tell_engine(ENGINE_OP_MIDI_HOLD, HOLD_ON);
		run(24000 - 4800 - QUANTUM); /* over the ghost of the first beat */
		if (told)
			tell_engine(ENGINE_OP_MIDI_HOLD, HOLD_END);
		run(25000);
		cr_expect_eq(count(0x20900000 | 60 << 8 | GHOST, ~0u), 1,
			"the second beat's, not the first one's");
		cr_assert_gt(stage.n_heard, 2u);
		cr_expect_eq(stage.heard[0].word, 0x20b0407f, "the pedal is down again, %08x",
			stage.heard[0].word);
		cr_expect_eq(rig_counter(&stage.rig, C_MIDI_DROPPED), 0);
		cr_assert_eq(rig_stop(&stage.rig), 0);
		run(QUANTUM);
		cr_expect_eq(n_sounding(), 0);
		tear_down();
	}
}

Test(rtcore_policy, second_listener,
	.description = "T-32: one more listener is told programs and controllers, too")
{
	struct score s = band(2);

	play_into_chord(&s);
	tell_engine(ENGINE_OP_MIDI_RETELL, 0);
	run(QUANTUM);
	cr_expect_eq(count(0x20c00500, ~0u), 1);
	cr_expect_eq(count(0x20bf1403, ~0u), 1);
	cr_expect_eq(stage.n_heard, 4, "with the bank, and nothing else");
	cr_expect_eq(n_sounding(), 2);
	tear_down();
}

static struct score random_piece(uint64_t *r)
{
	int64_t end = rnd(r, 2, 16) * 480;
	struct score s = score_at((uint64_t)rnd(r, 20000000, 400000000), end);

	for (int64_t i = rnd(r, 0, 120); i > 0; i--) {
		int64_t at = rnd(r, 0, end - 1), len = rnd(r, 1, end - at);

		score_note(&s, at, len, (uint32_t)rnd(r, 0, 3) * 15, (uint8_t)rnd(r, 60, 64),
			(uint8_t)rnd(r, 1, 60));
	}
	for (int64_t i = rnd(r, 0, 12); i > 0; i--) {
		static const uint8_t number[] = {1, 7, 64, 66, 11};

		score_control(&s, rnd(r, 0, end), 0xb0, (uint32_t)rnd(r, 0, 3) * 15, number[rnd(r, 0, 4)],
			(uint8_t)rnd(r, 0, 127));
	}
	for (int64_t i = rnd(r, 0, 2); i > 0; i--) /* without an end, or without a beginning */
		score_ump(&s, rnd(r, 0, end),
			(rnd(r, 0, 1) ? 0x20903c40u : 0x20803c40u) | (uint32_t)rnd(r, 0, 3) << 8, 0,
			(uint32_t)(900 + i), 0);
	s.policy = (struct mos_tl_policy){
		.late_drop_ms = rnd(r, 0, 1) ? 35 : 0, .ghost_vel_max = 22, .flags = (uint8_t)rnd(r, 0, 15)};
	if (rnd(r, 0, 2)) {
		s.policy.loop_start = rnd(r, 0, end - MOS_TL_MIN_LOOP);
		s.policy.loop_end = rnd(r, s.policy.loop_start + MOS_TL_MIN_LOOP, end);
	}
	return s;
}

static void do_something(uint64_t *r)
{
	struct score s;

	switch (rnd(r, 0, 15)) {
	case 0 ... 3:
		(void)rig_play(&stage.rig);
		break;
	case 4:
		(void)rig_pause(&stage.rig);
		break;
	case 5:
		(void)rig_seek(&stage.rig, rnd(r, 0, 4000));
		break;
	case 6:
		(void)rig_loop(&stage.rig, rnd(r, 0, 900), rnd(r, 0, 2) * 1900);
		break;
	case 7 ... 9:
		s = random_piece(r);
		rig_update(&stage.rig, score_song(&s));
		break;
	case 10:
		s = random_piece(r);
		rig_score(&stage.rig, &s);
		break;
	case 11:
		(void)rig_tempo_rate(&stage.rig, (uint32_t)rnd(r, 10000, 10000000));
		break;
	case 12:
		tell_engine(
			rnd(r, 0, 1) ? ENGINE_OP_MIDI_HOLD : ENGINE_OP_MIDI_RETELL, (uint64_t)rnd(r, 0, 2));
		break;
	case 13:
		stage.rig.midi_out = stage.rig.midi_out ? NULL : &stage.out;
		break;
	case 14:
		stage.rig.stalled_ns += rnd(r, 0, 500) * MS;
		break;
	default:
		(void)rig_stop(&stage.rig);
		break;
	}
}

Test(rtcore_policy, property,
	.description =
		"T-19 T-46 T-24: random pieces with random policies, looped, replaced, sought, stalled, with "
		"listeners "
		"that come and go: packets are in order, and in the end nothing sounds, and no pedal is down")
{
	uint64_t rng = 2026;

	for (int piece = 0; piece < 50; piece++) {
		struct score s = random_piece(&rng);
		struct mos_event ev;

		set_up(&s);
		for (int i = 0; i < 40; i++) {
			do_something(&rng);
			run((uint32_t)rnd(&rng, 1, 3000));
			for (uint32_t k = 1; k < stage.out.n && stage.rig.midi_out; k++)
				cr_assert_leq(
					stage.out.ump[k - 1].offset_frames, stage.out.ump[k].offset_frames);
			while (rig_event(&stage.rig, 0, &ev))
				;
			forget();
		}
		stage.rig.midi_out = &stage.out;
		tell_engine(ENGINE_OP_MIDI_HOLD, HOLD_END);
		(void)rig_stop(&stage.rig);
		run(4 * QUANTUM);
		cr_assert_eq(n_sounding(), 0, "piece %d", piece);
		cr_assert_eq(apollo_keys_down(&stage.rig.e->apollo), 0, "piece %d", piece);
		for (uint32_t ch = 0; ch < SONG_CHANNELS; ch++)
			cr_assert(stage.pedals[ch] == 0, "piece %d", piece);
		cr_assert_eq(rig_counter(&stage.rig, C_LATE), 0);
		tear_down();
	}
}

/** Frames at which the notes of an endless piece come. */
struct endless {
	uint64_t n, frame;
	uint32_t rate_hz;
	int64_t npq, loop_ticks;
	uint64_t wrong;
};

static void on_note(void *data, const struct kronos_event *k) MOS_RT
{
	struct endless *x = data;

	if (k->what != KRONOS_EVENT || k->event->order != MOS_TL_NOTE_ON)
		return;
	/* the n-th 16th note, from the beginning of time: n * 240 ticks */
	__int128 u = (__int128)x->n * 240 * x->npq, per = (__int128)960 * 1000000000;
	uint64_t due = (uint64_t)((u * x->rate_hz + per - 1) / per);

	x->wrong += x->frame + k->offset != due;
	x->n++;
}

Test(rtcore_policy, eight_hours,
	.description = "T-2: eight hours of a loop whose notes lie between frames: each of half a million "
		       "notes comes in "
		       "the one frame that the formula says")
{
	static const int64_t npq[] = {437956204, 333333333};

	for (int i = 0; i < 2; i++) {
		struct score s = score_at((uint64_t)npq[i], 8 * 3840);
		struct endless x = {.rate_hz = RATE, .npq = npq[i], .loop_ticks = 8 * 3840};
		struct kronos k;
		struct song *song;
		struct mos_rtctl_msg msg = {.op = MOS_RTCTL_PLAY};
		const uint64_t end = UINT64_C(8) * 3600 * RATE;

		for (int64_t at = 0; at < 8 * 3840; at += 240)
			score_note(&s, at, 120, 0, 60, 90);
		s.policy.loop_end = 8 * 3840;
		song = score_song(&s);
		kronos_init(&k, RATE, on_note, &x);
		(void)kronos_swap(&k, song, 0);
		cr_assert_eq(kronos_request(&k, &msg, 1), 0);
		while (x.frame < end) {
			uint32_t n = 1024 + (uint32_t)(x.n % 13);

			kronos_block(&k, n);
			x.frame += n;
		}
		cr_expect_eq(x.wrong, 0, "%llu of %llu notes", (unsigned long long)x.wrong,
			(unsigned long long)x.n);
		cr_expect_gt(x.n, 250000);
		cr_expect_gt(k.play.loops, 1000);
		song_destroy(song);
	}
}
