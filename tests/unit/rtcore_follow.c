/* SPDX-License-Identifier: MIT */
/* Playing along with another clock: MIDI pulses at the input, and lines that somebody tells. */
#include <errno.h>
#include <math.h>
#include <mos/meter.h>
#include <string.h>

#include "rtcore_fixture.h"

#define RATE 48000
#define QUANTUM 256
#define CLOCK 0x10f80000u
#define START 0x10fa0000u
#define CONTINUE 0x10fb0000u
#define STOP 0x10fc0000u
#define POSITION(sixteenth) (0x10f20000u | ((sixteenth) & 127u) << 8 | (sixteenth) >> 7)

/** A master: where it is at a time, and what it sends. */
struct master {
	double bpm;       /**< at time 0 */
	double drift;     /**< of the tempo, up and down */
	double drift_s;   /**< within so many seconds */
	double jitter_ns; /**< of its pulses, either way */
	double silent_from_s, silent_to_s;
	double offset_beats; /**< made up when its tempo stepped */
	uint64_t seed;
	int64_t n_pulses;
	uint32_t word;  /**< to be sent before the next pulse; 0: none */
	uint32_t then;  /**< and after it */
	double pulse_s; /**< when the next one is due, jitter and all; < 0: to be found */
};

static struct rig rig;
static struct driver_midi midi;
static struct master master;

static void set_up(double bpm)
{
	struct score s = score_at(MOS_NPQ_120, 960 * 4 * 200);

	for (int64_t tick = 0; tick < s.end_tick; tick += 480)
		score_note(&s, tick, 240, 0, (uint8_t)(40 + tick / 480 % 40), 100);
	rig_init(&rig, RATE, QUANTUM);
	rig_score(&rig, &s);
	master = (struct master){.bpm = bpm, .drift_s = 20, .seed = 7, .pulse_s = -1};
}

static int follow(uint32_t leader, uint32_t quantum_ticks)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW};

	msg.u.follow.leader = leader;
	msg.u.follow.quantum_ticks = quantum_ticks;
	return rig_ask(&rig, &msg);
}

static struct mos_rtctl_follow_state state(void)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW_GET};

	cr_assert_eq(rig_ask(&rig, &msg), 0);
	return msg.u.follow_state;
}

static double now_s(void)
{
	return (double)rig.e->frame / RATE;
}

static double bpm_at(double s)
{
	return master.bpm * (1 + master.drift * sin(2 * M_PI * s / master.drift_s));
}

/* Beats of the master at a time: the integral of its tempo. */
static double beats_at(double s)
{
	double turn = 2 * M_PI / master.drift_s;

	return master.offset_beats + master.bpm / 60 * (s + master.drift / turn * (1 - cos(turn * s)));
}

static void put(uint32_t word, double s)
{
	int64_t offset = (int64_t)ceil(s * RATE - 1e-6) - (int64_t)rig.e->frame;

	offset = offset < 0 ? 0 : offset >= QUANTUM ? QUANTUM - 1 : offset;
	midi.ump[midi.n++] =
		(struct driver_ump){.offset_frames = (uint32_t)offset, .n_words = 1, .word = {word}};
}

/* When the next pulse is due: the master's beats pass n/24. */
static double due_s(void)
{
	double want = (double)master.n_pulses / 24, s = (want - master.offset_beats) * 60 / master.bpm;

	if (master.pulse_s >= 0)
		return master.pulse_s;
	for (int i = 0; i < 8; i++)
		s += (want - beats_at(s)) / (bpm_at(s) / 60);
	master.pulse_s = s + master.jitter_ns * 1e-9 * ((double)rnd(&master.seed, -1000, 1000) / 1000);
	return master.pulse_s;
}

/* Cycle by cycle with the master's pulses. */
static void run(double seconds)
{
	double until = now_s() + seconds, end;

	while (now_s() < until) {
		end = now_s() + (double)QUANTUM / RATE;
		midi.n = 0;
		while (due_s() < end) {
			int is_silent =
				master.pulse_s >= master.silent_from_s && master.pulse_s < master.silent_to_s;

			if (master.word && !is_silent) {
				put(master.word, master.pulse_s);
				if (master.then)
					put(master.then, master.pulse_s);
				master.word = master.then = 0;
			}
			if (!is_silent)
				put(CLOCK, master.pulse_s);
			master.n_pulses++;
			master.pulse_s = -1;
		}
		rig.midi_in = &midi;
		rig_run(&rig, QUANTUM);
		rig_forget(&rig);
	}
}

/* We are ahead of the master, whose tick 0 was at its beat `beat0`, by so many seconds. */
static double ahead_s(double beat0)
{
	uint32_t frac;
	double s = now_s(), ours = (double)kronos_tick(&rig.e->kronos, &frac);

	ours += (double)frac / 4294967296.0;
	return (ours / MOS_PPQ - (beats_at(s) - beat0)) * 60 / bpm_at(s);
}

Test(follow, drifting_master,
	.description =
		"TOU-45 KRO-26: a slave stays within 2 ms of a master whose tempo drifts by 3 % and whose "
		"pulses jitter by 1 ms, and plays each note once")
{
	double worst = 0;

	set_up(120);
	master.drift = 0.03;
	master.jitter_ns = 1e6;
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	run(1);
	cr_expect(state().is_heard);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_READY, "pulses alone start nothing");
	master.word = START;
	double beat0 = (double)master.n_pulses / 24;

	run(3);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING);
	for (int i = 0; i < 3000; i++) {
		run(0.01);
		worst = fmax(worst, fabs(ahead_s(beat0)));
	}
	cr_expect_lt(worst, 0.002, "off by %.3f ms", worst * 1e3);
	cr_expect_eq(state().n_jumps, 0);
	int64_t tick = rig_tick(&rig), due = rig_counter(&rig, C_EVENTS_DUE);

	cr_expect_leq(llabs(due - (tick / 480 + 1) - (tick + 240) / 480), 1, "%lld events up to tick %lld",
		(long long)due, (long long)tick);
	rig_finish(&rig);
}

Test(follow, steady_master,
	.description =
		"TOU-45: without jitter a slave is within 20 us of its master at any tempo of 30 to 300")
{
	static const double bpm[] = {30, 60.5, 97.3, 140, 299};

	for (size_t i = 0; i < 5; i++) {
		set_up(bpm[i]);
		cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
		run(1);
		master.word = START;
		double beat0 = (double)master.n_pulses / 24;

		run(25);
		cr_expect_lt(fabs(ahead_s(beat0)), 2e-5 + 1.0 / RATE, "%.1f BPM: off by %.3f ms", bpm[i],
			ahead_s(beat0) * 1e3);
		cr_expect_float_eq(mos_npq_to_bpm(state().npq), bpm[i], bpm[i] * 2e-4);
		rig_finish(&rig);
	}
}

Test(follow, transport,
	.description = "TOU-45: start, stop, continue and song position take effect, start in the very frame "
		       "of its pulse")
{
	struct mos_event ev, last = {0};

	set_up(120);
	cr_assert_eq(rig_play(&rig), 0);
	rig_run(&rig, QUANTUM);
	uint32_t rise = rig_first_sound(&rig, 0);

	rig_forget(&rig);
	cr_assert_eq(rig_stop(&rig), 0);
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	run(2);
	/* by hand: one cycle whose frame 100 begins the song */
	midi.n = 2;
	midi.ump[0] = (struct driver_ump){.offset_frames = 100, .n_words = 1, .word = {START}};
	midi.ump[1] = (struct driver_ump){.offset_frames = 100, .n_words = 1, .word = {CLOCK}};
	rig.midi_in = &midi;
	rig_run(&rig, QUANTUM);
	cr_expect_eq(
		rig_first_sound(&rig, 0), 100 + rise, "sounds in frame %u", rig_first_sound(&rig, 0) - rise);
	rig_forget(&rig);
	while (rig_event(&rig, MOS_EVENT_TRANSPORT_PLAY, &ev))
		last = ev;
	cr_expect_eq(last.u.transport.reason, MOS_REASON_LEADER);
	rig_finish(&rig);

	set_up(120);
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	run(1);
	master.word = START;
	run(2);
	master.word = STOP;
	run(0.1);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PAUSED);
	int64_t at = rig_tick(&rig);

	run(1);
	cr_expect_eq(rig_tick(&rig), at, "a stopped master's pulses move nothing");
	master.word = CONTINUE;
	run(0.5);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING);
	cr_expect_geq(rig_tick(&rig), at + 800);
	cr_expect_leq(rig_tick(&rig), at + 960);
	master.word = STOP;
	run(0.1);
	master.word = POSITION(64);
	run(0.1);
	cr_expect_eq(rig_tick(&rig), 64 * 240, "song position is shown at once");
	master.word = CONTINUE;
	double beat0 = (double)master.n_pulses / 24 - 16;

	run(2);
	cr_expect_lt(fabs(ahead_s(beat0)), 0.001, "off by %.3f ms", ahead_s(beat0) * 1e3);
	rig_finish(&rig);
}

Test(follow, lost,
	.description = "TOU-45 KRO-26: some lost pulses are counted; who is heard no more is told of, and "
		       "the tempo stays")
{
	struct mos_event ev;
	int n_told = 0;

	set_up(100);
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	run(1);
	master.word = START;
	double beat0 = (double)master.n_pulses / 24;

	run(3);
	master.silent_from_s = now_s();
	master.silent_to_s = now_s() + 0.15; /* six pulses */
	run(3);
	cr_expect_lt(fabs(ahead_s(beat0)), 0.001, "off by %.3f ms", ahead_s(beat0) * 1e3);
	cr_expect_eq(state().n_lost, 0);
	master.silent_from_s = now_s();
	master.silent_to_s = 1e9;
	run(3);
	cr_expect_not(state().is_heard);
	cr_expect_eq(state().n_lost, 1);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING, "it plays on");
	cr_expect_float_eq(mos_npq_to_bpm(state().npq), 100, 0.05);
	while (rig_event(&rig, MOS_EVENT_TRANSPORT_ERROR, &ev)) {
		cr_expect_eq(ev.u.transport.reason, MOS_REASON_LEADER);
		cr_expect_eq(ev.u.transport.error, -ETIMEDOUT);
		n_told++;
	}
	cr_expect_eq(n_told, 1);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_LOST), 1);
	rig_finish(&rig);
}

Test(follow, pause_of_pulses,
	.description =
		"TOU-45: pulses that stop for longer than they count for, and go on, are no slow tempo, not "
		"for a moment")
{
	static const double pause_s[] = {1.2, 1.9, 2.4, 5};

	for (size_t i = 0; i < sizeof(pause_s) / sizeof(pause_s[0]); i++) {
		double slowest = 1e9;

		set_up(120);
		cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
		run(1);
		master.word = START;
		run(3);
		master.silent_from_s = now_s();
		master.silent_to_s = now_s() + pause_s[i];
		run(pause_s[i] - 0.05);
		for (int k = 0; k < 60; k++) {
			run(0.01);
			slowest = fmin(slowest, mos_npq_to_bpm(state().npq));
		}
		cr_expect_float_eq(slowest, 120, 0.5, "%.1f s of silence: %.2f BPM", pause_s[i], slowest);
		cr_expect(state().is_heard);
		rig_finish(&rig);
	}
}

/* The master's tempo is another from here on; its beats go on. */
static void step_tempo(double bpm)
{
	double s = now_s(), beats = beats_at(s);

	master.bpm = bpm;
	master.offset_beats += beats - beats_at(s);
	master.pulse_s = -1;
}

Test(follow, tempo_steps,
	.description =
		"TOU-45: a master whose tempo steps to a half, a third, the double is followed; no beat is "
		"counted that it did not play")
{
	static const double bpm[][2] = {{120, 60}, {150, 50}, {60, 120}, {100, 110}, {90, 270}};

	for (size_t i = 0; i < sizeof(bpm) / sizeof(bpm[0]); i++) {
		double beat0;

		set_up(bpm[i][0]);
		cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
		run(1);
		master.word = START;
		beat0 = (double)master.n_pulses / 24;
		run(3);
		step_tempo(bpm[i][1]);
		run(6);
		cr_expect_float_eq(mos_npq_to_bpm(state().npq), bpm[i][1], 0.1);
		cr_expect_lt(fabs(ahead_s(beat0)), 0.001, "%.0f to %.0f BPM: off by %.3f ms", bpm[i][0],
			bpm[i][1], ahead_s(beat0) * 1e3);
		rig_finish(&rig);
	}
}

Test(follow, position_while_it_runs,
	.description = "TOU-45: a song position that a running master sends is where it goes on at once, or "
		       "not at all")
{
	int64_t at;

	set_up(120);
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	run(1);
	master.word = START;
	run(2);
	master.word = POSITION(200);
	run(1);
	master.word = STOP;
	run(0.1);
	at = rig_tick(&rig);
	cr_expect_lt(at, 960 * 7, "it played on: %lld", (long long)at);
	master.word = CONTINUE;
	run(0.5);
	cr_expect_geq(rig_tick(&rig), at + 800);
	cr_expect_leq(rig_tick(&rig), at + 960, "from where it was: %lld, not %lld",
		(long long)rig_tick(&rig), (long long)at);
	master.word = POSITION(200);
	master.then = CONTINUE;
	double beat0 = (double)master.n_pulses / 24 - 50;

	run(2);
	cr_expect_lt(fabs(ahead_s(beat0)), 0.001, "off by %.3f ms", ahead_s(beat0) * 1e3);
	rig_finish(&rig);
}

/* Killed at this place: another process of ours goes on there, after a while. */
static void kill_and_resume(double away_s)
{
	static struct engine_resume go;
	struct mos_rtctl_msg msg = {.op = ENGINE_OP_RESUME};
	struct score s = score_at(MOS_NPQ_120, 960 * 4 * 200);
	struct mos_clock c;

	kronos_clock(&rig.e->kronos, &c);
	go = (struct engine_resume){
		.place = {.tick = c.tick, .tick_frac = c.tick_frac, .state = MOS_TRANSPORT_PLAYING},
		.at_ns = engine_frame_ns(rig.e, rig.e->frame),
		.npq = c.ns_per_quarter};
	cr_assert_eq(follow(MOS_LEADER_INTERNAL, 0), 0);
	rig_score(&rig, &s); /* ready, as after a load */
	master.silent_from_s = now_s();
	master.silent_to_s = now_s() + away_s;
	run(away_s - 0.05);
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	(void)rig_send(&rig, &msg, &go, 0);
	run(0.1);
}

Test(follow, back_after_a_kill,
	.description = "TOU-45 SCL-08: who was killed while it followed is where its leader is by then, not where it was")
{
	static const double away_s[] = {0.11, 0.3, 1.234, 7};

	for (size_t i = 0; i < sizeof(away_s) / sizeof(*away_s); i++) {
		set_up(101);
		cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
		run(1);
		master.word = START;
		double beat0 = (double)master.n_pulses / 24;

		run(3);
		cr_assert_lt(fabs(ahead_s(beat0)), 0.001);
		kill_and_resume(away_s[i]);
		cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING);
		run(2);
		cr_expect_lt(fabs(ahead_s(beat0)), 0.001, "away for %g s: off by %.3f ms", away_s[i],
			ahead_s(beat0) * 1e3);
		rig_finish(&rig);
	}
}

/* --- Lines that somebody tells --- */

static double line_bpm, line_beat, line_s; /* the session */

static int lead_with(uint32_t n_tempo)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LEAD};
	double tick = (line_beat + (now_s() - line_s) * line_bpm / 60) * MOS_PPQ;
	int r;

	msg.u.lead = (struct mos_rtctl_lead){.tick = (int64_t)floor(tick),
		.tick_frac = (uint32_t)((tick - floor(tick)) * 4294967296.0),
		.n_tempo = n_tempo,
		.at_ns = (int64_t)(now_s() * 1e9),
		.npq = (uint64_t)(6e10 / line_bpm)};
	r = rig_ask(&rig, &msg);
	rig_forget(&rig);
	return r;
}

static void run_led(double seconds, uint32_t n_tempo)
{
	double until = now_s() + seconds;

	while (now_s() < until) {
		cr_assert_eq(lead_with(n_tempo), 0);
		rig_run(&rig, RATE / 4);
		rig_forget(&rig);
	}
}

static double line_now(void)
{
	return line_beat + (now_s() - line_s) * line_bpm / 60;
}

static double beat_now(void)
{
	uint32_t frac;
	int64_t tick = kronos_tick(&rig.e->kronos, &frac);

	return ((double)tick + (double)frac / 4294967296.0) / MOS_PPQ;
}

/* Seconds between us and the session, within the quantum of 4 beats. */
static double out_of_phase_s(void)
{
	return remainder(beat_now() - line_now(), 4) * 60 / line_bpm;
}

static void set_up_led(double bpm, double beat)
{
	set_up(120);
	line_bpm = bpm;
	line_beat = beat;
	line_s = 0;
	cr_assert_eq(follow(MOS_LEADER_LINK, 4 * 960), 0);
	run_led(1, 0);
}

Test(follow, launch,
	.description = "TOU-46 KRO-26: play waits for the session's next measure, and is in phase to 0.1 ms "
		       "from then on")
{
	set_up_led(127.3, 1001.37);
	cr_assert_eq(rig_play(&rig), 0);
	rig_run(&rig, QUANTUM);
	cr_expect_lt(rig_tick(&rig), 0, "it waits");
	rig_forget(&rig);
	run_led(3, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 0);
	for (int i = 0; i < 40; i++) {
		run_led(0.25, 0);
		cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	}
	cr_expect(state().is_in_time);
	cr_expect_float_eq(mos_npq_to_bpm(state().npq), 127.3, 1e-3);
	rig_finish(&rig);
}

Test(follow, count_in, .description = "TOU-46: a count-in ends where the session begins a measure")
{
	set_up_led(90, 2.2);
	cr_assert_eq(rig_play_count_in(&rig, 1), 0);
	while (rig_tick(&rig) < 0) {
		run_led(0.25, 0);
		cr_assert_lt(now_s(), 12);
	}
	run_led(1, 0);
	cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	rig_finish(&rig);
}

Test(follow, tempo_both_ways,
	.description = "TOU-46: a change of tempo by the session is followed, one of ours is not taken back "
		       "by lines that "
		       "do not know of it")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_TEMPO};

	set_up_led(120, 0);
	cr_assert_eq(rig_play(&rig), 0);
	run_led(4, 0);
	line_beat = line_now();
	line_s = now_s();
	line_bpm = 133;
	run_led(1, 0);
	cr_expect_float_eq(mos_npq_to_bpm(state().npq), 133, 1e-3);
	cr_expect_lt(fabs(out_of_phase_s()), 2e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	cr_assert_eq(rig_tempo_fixed(&rig, 600000000), 0);
	cr_expect_eq(state().n_tempo, 1);
	cr_assert_eq(lead_with(0), 0);
	cr_expect_float_eq(mos_npq_to_bpm(state().npq), 100, 1e-3, "an old line is not believed");
	line_beat = line_now();
	line_s = now_s();
	line_bpm = 100;
	run_led(2, 1);
	cr_expect_lt(fabs(out_of_phase_s()), 2e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	msg.u.tempo.mode = MOS_TEMPO_SCORE;
	cr_expect_eq(rig_ask(&rig, &msg), -EOPNOTSUPP, "the score's tempo cannot be that of a session");
	cr_assert_eq(follow(MOS_LEADER_INTERNAL, 960), 0);
	cr_expect_eq(rig_ask(&rig, &msg), 0);
	rig_finish(&rig);
}

Test(follow, relocation,
	.description = "TOU-46: when the session is elsewhere we jump with its next measure to the start of "
		       "one of ours; "
		       "loops and seeks stay in phase")
{
	set_up_led(120, 0);
	cr_assert_eq(rig_play(&rig), 0);
	run_led(4, 0);
	line_beat += 1.7; /* another session */
	run_led(5, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 1);
	cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	line_beat += 0.05; /* 25 ms: made up by and by */
	run_led(4, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 1);
	cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	cr_assert_eq(rig_seek(&rig, 960 * 41), 0);
	run_led(5, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 2);
	cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	cr_assert_eq(rig_loop(&rig, 960 * 48, 960 * 51), 0); /* three beats: turns against the session */
	run_led(9, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 2, "a loop is no other place");
	cr_expect_lt(fabs(remainder(beat_now() - line_now(), 1)), 2e-4);
	rig_finish(&rig);
}

Test(follow, seek_while_it_waits,
	.description =
		"TOU-46: who moves while play waits for the session's measure begins with it all the same")
{
	set_up_led(120, 0.3);
	cr_assert_eq(rig_play(&rig), 0);
	rig_run(&rig, QUANTUM);
	cr_assert_lt(rig_tick(&rig), 0);
	cr_assert_eq(rig_seek(&rig, 960 * 16), 0);
	rig_run(&rig, QUANTUM);
	rig_forget(&rig);
	cr_expect_lt(rig_tick(&rig), 960 * 16, "it waits");
	run_led(3, 0);
	cr_expect_eq(rig_counter(&rig, C_FOLLOW_JUMPS), 0);
	cr_expect_lt(fabs(out_of_phase_s()), 1e-4, "off by %.3f ms", out_of_phase_s() * 1e3);
	rig_finish(&rig);
}

Test(follow, jump_in_the_last_measure,
	.description = "TOU-46: who has to jump in the last measure plays it, and does not end")
{
	set_up_led(120, 0);
	cr_assert_eq(rig_play(&rig), 0);
	run_led(1.5, 0);
	line_beat += 1.5;
	cr_assert_eq(rig_seek(&rig, 960 * (4 * 200 - 3)), 0);
	while (rig_counter(&rig, C_FOLLOW_JUMPS) == 0) {
		run_led(0.05, 0);
		cr_assert_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING);
	}
	run_led(1, 0);
	cr_expect_eq(rig.e->kronos.state, MOS_TRANSPORT_PLAYING, "it plays on");
	cr_expect_lt(fabs(out_of_phase_s()), 1e-3, "off by %.3f ms", out_of_phase_s() * 1e3);
	rig_finish(&rig);
}

Test(follow, begun_while_it_plays,
	.description = "TOU-46: who plays and begins to follow says where it is in its measure; a session "
		       "that begins there "
		       "moves nothing")
{
	static const uint16_t meter[][2] = {{4, 4}, {3, 4}, {7, 8}};

	for (size_t i = 0; i < 3; i++) {
		struct score s = score_at(MOS_NPQ_120, 960 * 400);
		struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW};
		int64_t tick;

		score_meter(&s, 0, meter[i][0], meter[i][1]);
		rig_init(&rig, RATE, QUANTUM);
		rig_score(&rig, &s);
		cr_expect_eq(state().at_ns, 0, "it does not play");
		cr_assert_eq(rig_play(&rig), 0);
		rig_run(&rig, RATE * 9 + 777);
		rig_forget(&rig);
		msg.u.follow.leader = MOS_LEADER_LINK;
		msg.u.follow.quantum_ticks = 4 * 960;
		cr_assert_eq(rig_ask(&rig, &msg), 0);
		cr_assert_gt(msg.u.follow_state.at_ns, 0);
		tick = rig_tick(&rig);
		cr_expect_leq(llabs(tick % mos_meter_measure_ticks(meter[i][0], meter[i][1]) % 3840 -
				      (int64_t)msg.u.follow_state.phase),
			20, "in %u/%u at %lld: %u", meter[i][0], meter[i][1], (long long)tick,
			msg.u.follow_state.phase);
		line_bpm = 120;
		line_s = (double)msg.u.follow_state.at_ns / 1e9;
		line_beat = (msg.u.follow_state.phase + msg.u.follow_state.phase_frac / 4294967296.0) / 960;
		run_led(4, 0);
		cr_expect_eq(state().n_jumps, 0);
		cr_expect(state().is_in_time, "off by %lld ns", (long long)state().error_ns);
		rig_finish(&rig);
	}
}

Test(follow, as_it_is,
	.description = "KRO-26: quantum and offset that are not said stay with their leader, and go with it")
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_FOLLOW,
		.u.follow = {.leader = MOS_LEADER_LINK, .quantum_ticks = 2880, .offset_ns = -5000000}};

	set_up(120);
	cr_assert_eq(rig_ask(&rig, &msg), 0);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_FOLLOW,
		.u.follow = {.leader = MOS_LEADER_LINK, .offset_ns = MOS_LEADER_AS_IS}};
	cr_assert_eq(rig_ask(&rig, &msg), 0);
	cr_expect_eq(state().quantum_ticks, 2880);
	cr_expect_eq(state().offset_ns, -5000000);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_FOLLOW,
		.u.follow = {.leader = MOS_LEADER_INTERNAL, .offset_ns = MOS_LEADER_AS_IS}};
	cr_assert_eq(rig_ask(&rig, &msg), 0);
	cr_expect_eq(state().quantum_ticks, 3840);
	cr_expect_eq(state().offset_ns, 0);
	rig_finish(&rig);
}

Test(follow, refused, .description = "TOU-46 KRO-26: lines that cannot be are refused, each field")
{
	struct mos_rtctl_msg good = {.op = MOS_RTCTL_LEAD, .u.lead = {.tick = 5, .npq = 500000000}}, bad;

	set_up(120);
	bad = good;
	cr_expect_eq(rig_ask(&rig, &bad), -EPERM, "nobody is followed");
	cr_expect_eq(follow(MOS_LEADER_N, 960), -EINVAL);
	cr_expect_eq(follow(MOS_LEADER_LINK, 39), -EINVAL);
	cr_expect_eq(follow(MOS_LEADER_LINK, UINT32_MAX), -EINVAL);
	cr_assert_eq(follow(MOS_LEADER_LINK, 960), 0);
	rig_run(&rig, QUANTUM);
	for (int i = 0; i < 7; i++) {
		bad = good;
		bad.u.lead.npq = i == 0 ? 0 : i == 1 ? UINT64_MAX : 500000000;
		bad.u.lead.tick = i == 2 ? INT64_MAX : i == 3 ? INT64_MIN : 0;
		bad.u.lead.at_ns = i == 4   ? INT64_MAX
				   : i == 5 ? INT64_MIN
				   : i == 6 ? INT64_C(70000000000)
					    : 0;
		cr_expect_eq(rig_ask(&rig, &bad), -EINVAL, "case %d", i);
		cr_expect_not(state().is_heard);
	}
	cr_assert_eq(follow(MOS_LEADER_MIDI, 960), 0);
	bad = good;
	cr_expect_eq(rig_ask(&rig, &bad), -EPERM, "a MIDI clock is not told");
	rig_finish(&rig);
}
