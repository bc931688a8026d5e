/* SPDX-License-Identifier: MIT */
/*
 * JACK's transport and MOS' as one, in a world without either: JACK's as PipeWire's driver keeps it (a change
 * takes effect in the next cycle, who rolls and is sent elsewhere waits for all to be ready), MOS' of one
 * tempo, both asked things late.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sync.h"

#define RATE 48000u
#define START_NS INT64_C(1000000000000)
#define END_TICK (400 * 960)

enum state { STOPPED, STARTING, ROLLING };

struct world {
	uint32_t n, late,
		slow; /* frames a cycle; cycles until what is asked is done, and until others are ready */
	bool mos_first;
	int64_t cycle, jitter_ns;
	struct mos_clock_page page;
	/* MOS */
	bool rolls, has_song, refuses;
	uint64_t npq;
	double tick;
	int64_t loop_start, loop_end;
	uint16_t num, den;
	int64_t engine_frame;
	/* JACK */
	enum state state;
	uint32_t frame;
	bool was_sent, ours, sends;
	uint32_t others, target;
	struct place_bbt written, seen;
	/* on their way */
	int command, command_in;
	enum sync_ask ask;
	uint32_t ask_frame, ask_in;
	int answer;
	struct sync sync;
	uint32_t n_asked, n_sent, n_commands;
};

static struct world *world(uint32_t n, uint32_t late, uint32_t slow, bool mos_first)
{
	struct world *w = calloc(1, sizeof(*w));

	*w = (struct world){.n = n,
		.late = late,
		.slow = slow,
		.mos_first = mos_first,
		.has_song = true,
		.npq = 500000000,
		.num = 4,
		.den = 4,
		.command = -1,
		.answer = -1,
		.page.region.size = sizeof(w->page)};
	return w;
}

static double frame_of(const struct world *w, double tick)
{
	return tick * (double)w->npq / 960 * RATE / 1e9;
}

static double tick_of(const struct world *w, double frame)
{
	return frame * 1e9 / RATE / (double)w->npq * 960;
}

static int64_t song_frame(const struct world *w)
{
	return (int64_t)ceil(frame_of(w, w->tick) - 1e-6);
}

static int64_t time_of(const struct world *w)
{
	return START_NS + w->cycle * w->n * INT64_C(1000000000) / RATE;
}

static void do_asked(struct world *w)
{
	bool is_within = (double)w->ask_frame <= frame_of(w, END_TICK), is_done = !w->refuses;

	if (!w->ask || w->ask_in-- > 0)
		return;
	if (w->ask == SYNC_PAUSE)
		w->rolls = false;
	else if (!is_within || !w->has_song)
		is_done = false;
	else if (is_done && fabs((double)w->ask_frame - (double)song_frame(w)) > 26)
		w->tick = floor(tick_of(w, w->ask_frame) + 1e-6);
	if (w->ask == SYNC_PLAY && is_done)
		w->rolls = true;
	if (w->ask == SYNC_SEEK && !is_done)
		w->rolls = false;
	w->answer = is_done;
	w->ask = SYNC_NOTHING;
}

static void run_mos(struct world *w)
{
	const double measure = 3840.0 * w->num / w->den;
	int64_t bars;

	do_asked(w);
	bars = (int64_t)floor(w->tick / measure);
	mos_clock_publish_song(&w->page,
		&(struct mos_clock){.state = w->rolls ? MOS_TRANSPORT_PLAYING : MOS_TRANSPORT_PAUSED,
			.flags = MOS_CLOCK_DRIVER_UP | (w->rolls ? MOS_CLOCK_ROLLING : 0),
			.rate_hz = RATE,
			.quantum_frames = w->n,
			.frame = (uint64_t)w->engine_frame,
			.time_ns = time_of(w) + w->jitter_ns,
			.tick = (int64_t)floor(w->tick),
			.tick_frac = (uint32_t)((w->tick - floor(w->tick)) * 4294967295.0),
			.ns_per_quarter = w->npq,
			.meter_num = w->num,
			.meter_den = w->den,
			.measure = (uint32_t)bars,
			.measure_tick = (int64_t)((double)bars * measure),
			.timeline_id = w->has_song,
			.cycle = (uint64_t)w->cycle},
		&(struct mos_clock_song){.frame = w->has_song ? song_frame(w) : 0,
			.end_frame = w->has_song ? (int64_t)frame_of(w, END_TICK) : 0});
	w->engine_frame += w->n;
	if (!w->rolls)
		return;
	w->tick += tick_of(w, w->n);
	if (w->loop_end && w->tick >= (double)w->loop_end)
		w->tick -= (double)(w->loop_end - w->loop_start);
}

static void need_ready(struct world *w)
{
	w->ours = true;
	w->others = w->slow;
}

/* As PipeWire's node_ready() begins a cycle. */
static void run_driver(struct world *w)
{
	bool all_ready = !w->ours && w->others == 0;

	w->seen = w->written;
	if (w->command >= 0 && w->command_in-- == 0) {
		w->state = w->command ? STARTING : STOPPED;
		all_ready = false;
		if (w->command)
			need_ready(w);
		w->command = -1;
	}
	if (w->sends) {
		w->sends = false;
		w->was_sent = true;
		w->frame = w->target;
		w->state = w->state == ROLLING ? STARTING : w->state;
		all_ready = false;
		need_ready(w);
	} else if (w->state == ROLLING) {
		w->frame += w->n;
	} else if (w->state == STARTING && all_ready) {
		w->frame += w->was_sent ? 0 : w->n;
		w->was_sent = false;
		w->state = ROLLING;
	}
}

static void locate(struct world *w, uint32_t to)
{
	w->sends = true;
	w->target = to;
}

static void command(struct world *w, int command)
{
	w->command = command;
	w->command_in = (int)w->late;
}

static void run_bridge(struct world *w)
{
	struct sync_in in = {.time_ns = time_of(w),
		.rate_hz = RATE,
		.n_frames = w->n,
		.frame = w->frame,
		.is_on = w->state != STOPPED,
		.rolls = w->state == ROLLING};
	struct sync_out out;

	place_read(&w->page, in.time_ns, RATE, w->n, &in.mos);
	if (w->answer >= 0)
		sync_answered(&w->sync, w->answer == 1, &in.mos);
	w->answer = -1;
	sync_cycle(&w->sync, &in, &out);
	if (out.locates) {
		locate(w, out.to);
		w->n_sent++;
	}
	if (out.command >= 0) {
		command(w, out.command);
		w->n_commands++;
	}
	if (out.ask) {
		w->ask = out.ask;
		w->ask_frame = w->frame;
		w->ask_in = w->late;
		w->n_asked++;
	}
	if (w->ours && out.ready)
		w->ours = false;
	if (w->others > 0)
		w->others--;
	(void)sync_bbt(&w->sync, &in, sync_next_frame(&w->sync, &in), &w->written);
}

static void step(struct world *w)
{
	w->jitter_ns = w->jitter_ns ? -w->jitter_ns : 40000;
	run_driver(w);
	if (w->mos_first)
		run_mos(w);
	run_bridge(w);
	if (!w->mos_first)
		run_mos(w);
	w->cycle++;
}

static void go(struct world *w, double seconds)
{
	for (int64_t i = 0, n = (int64_t)(seconds * RATE / w->n) + 2; i < n; i++)
		step(w);
}

/* At the start of the next cycle, where JACK's frame goes on by itself. */
static void agree(struct world *w, const char *what, int64_t within)
{
	const int64_t off = (int64_t)w->frame + (w->state == ROLLING ? w->n : 0) - song_frame(w);

	cr_assert_eq(w->state == ROLLING, w->rolls, "%s: JACK %d, MOS %d", what, w->state, w->rolls);
	cr_assert_leq(llabs(off), within,
		"%s: %lld frames apart (quantum %u, late %u, slow %u, MOS first %d)", what, (long long)off,
		w->n, w->late, w->slow, w->mos_first);
}

/* What others were shown in the last cycle, whose start was n frames ago. */
static void bbt_agrees(struct world *w, const char *what)
{
	const double tick = w->tick - (w->rolls ? tick_of(w, w->n) : 0), beat = 3840.0 / w->den;
	const double want = tick / beat,
		     is = (w->seen.bar - 1.0) * w->num + w->seen.beat - 1 + w->seen.tick / 1920.0;

	cr_assert_eq(w->seen.num, w->num, "%s", what);
	cr_assert_eq(w->seen.den, w->den, "%s", what);
	cr_assert_float_eq(w->seen.bpm, 6e10 / (double)w->npq * w->den / 4, 1e-6, "%s", what);
	cr_assert_float_eq(is, want, 2.0 / 1920 + tick_of(w, 2) / beat,
		"%s: beat %.4f, not %.4f (%u, %u, %u, %d)", what, is, want, w->n, w->late, w->slow,
		w->mos_first);
}

#define EACH_WORLD(w)                                                                                        \
	for (uint32_t i_world = 0; i_world < 24; i_world++)                                                  \
		for (struct world *w = world((const uint32_t[]){64, 256, 1024}[i_world % 3],                 \
			     (const uint32_t[]){0, 3, 20}[i_world / 3 % 3], i_world % 4 == 3 ? 7 : 0,        \
			     i_world & 1);                                                                   \
			w; free(w), w = NULL)

Test(jack_sync, mos_leads,
	.description = "KRO-26: play, seek, loop and stop of MOS: JACK's frame is the song's to the frame")
{
	EACH_WORLD(w)
	{
		go(w, 0.5);
		w->rolls = true;
		go(w, 3);
		agree(w, "plays", w->slow ? w->n : 1);
		bbt_agrees(w, "plays");
		w->tick = 100 * 960;
		go(w, 3);
		agree(w, "after a seek", w->slow ? w->n : 1);
		bbt_agrees(w, "after a seek");
		w->loop_start = 102 * 960;
		w->loop_end = 110 * 960;
		go(w, 11.3);
		agree(w, "in a loop", w->slow ? w->n : 1);
		bbt_agrees(w, "in a loop");
		cr_assert_lt(w->frame, frame_of(w, 111 * 960));
		w->loop_end = 0;
		w->rolls = false;
		go(w, 1);
		agree(w, "paused", 0);
		bbt_agrees(w, "paused");
		w->tick = 33 * 960 + 1;
		go(w, 1);
		agree(w, "one tick on", 0);
		w->tick = 33 * 960;
		go(w, 1);
		agree(w, "one tick back", 0);
		w->tick = 0;
		go(w, 1);
		agree(w, "at the start", 0);
		cr_assert_eq(w->n_asked, 0, "nothing of this is asked of MOS");
	}
}

Test(jack_sync, tempo_and_meter,
	.description = "KRO-26: another tempo or meter: bar and beat go their new way, frames go on, and are "
		       "right again after a jump")
{
	EACH_WORLD(w)
	{
		uint32_t sent, frame;
		int64_t cycle;

		w->rolls = true;
		go(w, 3);
		sent = w->n_sent, frame = w->frame, cycle = w->cycle;
		w->npq = 700000000;
		go(w, 2);
		bbt_agrees(w, "another tempo");
		w->num = 7, w->den = 8;
		go(w, 2);
		bbt_agrees(w, "another meter");
		cr_assert_eq(w->n_sent, sent, "nobody is sent elsewhere");
		cr_assert_eq(w->frame - frame, (w->cycle - cycle) * w->n, "one frame a frame");
		w->tick = 50 * 960;
		go(w, 3);
		agree(w, "after a seek", w->slow ? w->n : 1);
		w->rolls = false;
		go(w, 1);
		w->npq = 400000000;
		w->num = 3, w->den = 4;
		go(w, 1);
		agree(w, "while it stands", 0);
		bbt_agrees(w, "while it stands");
		cr_assert_eq(w->n_asked, 0);
	}
}

Test(jack_sync, jack_leads,
	.description = "KRO-26: start, locate and stop of a JACK client are those of MOS, once")
{
	EACH_WORLD(w)
	{
		go(w, 0.5);
		command(w, 1);
		go(w, 4);
		cr_assert(w->rolls);
		agree(w, "started", w->slow ? w->n : 1);
		cr_assert_eq(w->n_asked, 1);
		locate(w, 960000);
		go(w, 4);
		agree(w, "sent elsewhere", w->slow ? w->n : 1);
		cr_assert_gt(song_frame(w), 960000 + 3 * RATE);
		cr_assert_eq(w->n_asked, 2);
		command(w, 0);
		go(w, 2);
		cr_assert(!w->rolls);
		agree(w, "stopped", 0);
		cr_assert_eq(w->n_asked, 3);
		locate(w, 123456);
		go(w, 2);
		cr_assert_eq(w->frame, 123456, "it stays where it was sent");
		agree(w, "standing elsewhere", 25);
		cr_assert_eq(w->n_asked, 4);
		locate(w, 480000);
		command(w, 1);
		go(w, 4);
		agree(w, "sent elsewhere and started", w->slow ? w->n : 1);
		cr_assert_gt(song_frame(w), 480000);
		cr_assert_leq(w->n_asked, 6);
		cr_assert_eq(w->n_commands, 0, "what they did is not done to them again");
	}
}

Test(jack_sync, slider, .description = "KRO-26: who locates again and again is followed to the last place")
{
	EACH_WORLD(w)
	{
		go(w, 0.5);
		for (uint32_t i = 1; i <= 40; i++) {
			locate(w, i * 1000);
			go(w, 0.007);
		}
		go(w, 2);
		cr_assert_eq(w->frame, 40000, "%u", w->frame);
		agree(w, "there", 25);
	}
}

Test(jack_sync, alone,
	.description = "KRO-26: without a score, or behind its end, JACK's transport is left alone")
{
	EACH_WORLD(w)
	{
		w->has_song = false;
		go(w, 0.5);
		locate(w, 777777);
		go(w, 1);
		command(w, 1);
		go(w, 3);
		cr_assert_eq(w->state, ROLLING);
		cr_assert_gt(w->frame, 777777 + 1 * RATE);
		command(w, 0);
		go(w, 1);
		cr_assert_eq(w->n_asked, 0);
		w->has_song = true;
		go(w, 1);
		agree(w, "a score is there", 0);
		locate(w, 4000000000);
		go(w, 1);
		cr_assert_eq(w->frame, 4000000000);
		command(w, 1);
		go(w, 3);
		cr_assert_eq(w->state, ROLLING, "behind the score's end it rolls");
		cr_assert(!w->rolls);
		command(w, 0);
		go(w, 1);
		w->tick = 960;
		go(w, 1);
		agree(w, "MOS was sent somewhere", 0);
	}
}

Test(jack_sync, refused, .description = "KRO-26: what MOS refuses is asked once, and JACK goes on by itself")
{
	EACH_WORLD(w)
	{
		go(w, 0.5);
		w->refuses = true;
		command(w, 1);
		go(w, 5);
		cr_assert_eq(w->state, ROLLING);
		cr_assert_eq(w->n_asked, 1);
		w->refuses = false;
		w->rolls = true;
		go(w, 3);
		agree(w, "MOS plays after all", w->slow ? w->n : 1);
	}
}

Test(jack_sync, no_circles,
	.description = "KRO-26: pressed as fast as one can on both sides, they agree in the end and rest")
{
	EACH_WORLD(w)
	{
		uint32_t sent, asked, commands;

		srand(i_world);
		for (int i = 0; i < 60; i++) {
			switch (rand() % 6) {
			case 0:
				w->rolls = !w->rolls;
				break;
			case 1:
				w->tick = rand() % (200 * 960);
				break;
			case 2:
				command(w, rand() % 2);
				break;
			case 3:
				locate(w, (uint32_t)rand() % 4000000);
				break;
			default:
				break;
			}
			go(w, (rand() % 60) / 1000.0);
		}
		go(w, 12);
		agree(w, "in the end", w->rolls ? w->n : 25);
		sent = w->n_sent, asked = w->n_asked, commands = w->n_commands;
		go(w, 20);
		agree(w, "still", w->rolls ? w->n : 25);
		cr_assert_eq(w->n_sent, sent);
		cr_assert_eq(w->n_asked, asked);
		cr_assert_eq(w->n_commands, commands);
	}
}

Test(jack_sync, lost_cycles,
	.description = "KRO-26: cycles that somebody loses are nobody's wish; place is put right, but not "
		       "all the time")
{
	EACH_WORLD(w)
	{
		uint32_t sent;

		srand(i_world);
		w->rolls = true;
		go(w, 3);
		sent = w->n_sent;
		for (int64_t i = 0; i < 40 * RATE / w->n; i++) {
			const int lost = rand() % 100;

			if (lost >= 3) /* 0 to 2: one of the three has no time; 3: the graph as a whole stands
					  for a while */
				w->cycle += lost == 3 ? rand() % 5 : 0;
			if (lost != 0)
				run_driver(w);
			if (lost != 1)
				run_mos(w);
			if (lost != 2)
				run_bridge(w);
			w->cycle++;
		}
		cr_assert_eq(w->n_asked, 0, "%u asked", w->n_asked);
		cr_assert_leq(w->n_sent - sent, 16, "%u", w->n_sent - sent);
		go(w, 20);
		agree(w, "afterwards", w->n);
	}
}

Test(jack_sync, rtcore_dies,
	.description = "KRO-26: while rtcore is gone JACK goes on; the next one is followed")
{
	EACH_WORLD(w)
	{
		uint32_t frame;

		w->rolls = true;
		go(w, 3);
		memset(&w->page.clock, 0, sizeof(w->page.clock));
		frame = w->frame;
		for (int i = 0; i < 100; i++) {
			run_driver(w);
			run_bridge(w);
			w->cycle++;
		}
		cr_assert_eq(w->frame, frame + 100 * w->n);
		w->engine_frame = 0;
		go(w, 3);
		agree(w, "the next one", w->slow ? w->n : 1);
		cr_assert_eq(w->n_asked, 0);
	}
}

Test(jack_sync, bars, .description = "KRO-26: bar, beat and tick are the formula's in any meter")
{
	static const uint16_t meters[][2] = {{4, 4}, {3, 4}, {6, 8}, {7, 8}, {5, 16}, {1, 1}, {255, 128}};

	for (size_t i = 0; i < sizeof(meters) / sizeof(*meters); i++)
		for (int64_t tick = 0; tick < 40000; tick += 37) {
			const int64_t beat = 3840 / meters[i][1], measure = beat * meters[i][0],
				      bar = tick / measure;
			struct place p = {.is_there = true,
				.has_song = true,
				.clock = {.rate_hz = RATE,
					.ns_per_quarter = 500000000,
					.tick = tick,
					.meter_num = meters[i][0],
					.meter_den = meters[i][1],
					.measure = (uint32_t)bar,
					.measure_tick = bar * measure}};
			struct place_bbt b;

			place_bbt(&p, 0, &b);
			cr_assert_eq(b.bar, bar + 1);
			cr_assert_eq(b.beat, tick % measure / beat + 1);
			cr_assert_eq(b.tick, tick % beat * 1920 / beat);
			cr_assert_float_eq(
				b.bar_start_tick, (double)(bar * measure) * 1920 / (double)beat, 1e-6);
		}
}
