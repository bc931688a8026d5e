/* SPDX-License-Identifier: MIT */
/*
 * What the band plays live, as the sink hears it: the strokes of the file, each where the transport's clock
 * says, and silence afterwards.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/control.h>

#include "band_ears.h"
#include "mosctl_band_rig.h"
#include "capture.h"
#include "pipewire.h"
#include "system.h"

#define RATE 48000u
#define QUANTUM 128
#define MAX_STROKES 256
#define SECONDS 8u

static void setup(void)
{
	band_rig_setup();
}

static void teardown(void)
{
	band_rig_teardown();
}

TestSuite(band_sound_live, .init = setup, .fini = teardown, .timeout = 120);

/* Time of the graph's clock at a second of the recording. */
static double graph_s(const struct capture *cap, double at_s)
{
	uint32_t n;
	const struct capture_block *block = capture_blocks(cap, &n);
	const uint64_t frame = (uint64_t)llround(at_s * RATE);

	while (n > 1 && block[n - 1].frame > frame)
		n--;
	return (double)block[n - 1].time_ns / 1e9 + (double)(frame - block[n - 1].frame) / RATE;
}

static unsigned int gaps(const struct capture *cap)
{
	uint32_t n;
	const struct capture_block *block = capture_blocks(cap, &n);
	unsigned int ret = 0;

	for (uint32_t i = 1; i < n; i++)
		ret += block[i].position != block[i - 1].position + block[i - 1].n_frames;
	return ret;
}

static uint64_t lost_cycles(struct mos_client *c)
{
	return system_counter(c, "rt.xruns") + system_counter(c, "rt.overruns") +
	       system_counter(c, "rt.cycle_skipped");
}

/* When the transport's tick 0 was, by the clock page, while it rolls at 120 BPM. */
static double start_by_clock(struct mos_client *c)
{
	struct mos_now now = {0};

	do
		cr_assert_eq(mos_clock_now(c, &now), 0);
	while (!(now.clock.flags & MOS_CLOCK_ROLLING) || now.tick < 1);
	cr_assert_float_eq(now.bpm, 120, 1e-9);
	return (double)now.time_ns / 1e9 - ((double)now.tick + now.tick_frac / 4294967296.0) / 1920;
}

/* One take. @return 0: cycles were lost meanwhile, so that it says nothing. */
static int take(struct mos_client *c, const struct ears_notes *notes)
{
	static double heard[MAX_STROKES];
	struct capture *cap = NULL;
	const uint64_t lost = lost_cycles(c);
	double worst = 0;

	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, (SECONDS + 4) * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE / 10), "the recorder hears nothing");
	BAND("play", "--chords", "C", "--bars", "1", "--tempo", "120", "--without", "comp,bass,drums",
		"--click", "--count-in", "1");
	band_expect(0, "playing", NULL);
	const double start_s = start_by_clock(c);
	const double end_s = notes->note[notes->n - 1].at_s;
	cr_assert(capture_wait(cap, capture_frames(cap) + (uint64_t)((end_s + 1) * RATE)));
	if (gaps(cap) > 0 || lost_cycles(c) != lost) {
		capture_stop(cap);
		MOSCTL(&band_said, "band", "stop");
		return 0;
	}
	const struct ears_sound sound = {
		.channel = {(float *)capture_channel(cap, 0), (float *)capture_channel(cap, 1)},
		.n_frames = capture_frames(cap),
		.rate_hz = RATE};
	const unsigned int n = ears_strokes(&sound, heard, MAX_STROKES);
	cr_assert_eq(n, notes->n, "%u of %u strokes are heard", n, notes->n);
	for (unsigned int i = 0; i < n; i++)
		worst = fmax(worst, fabs(heard[i] - heard[0] - notes->note[i].at_s + notes->note[0].at_s));
	const double behind = graph_s(cap, heard[0]) - start_s - notes->note[0].at_s;
	fprintf(stderr, "%u strokes, within %.2f ms of each other's time; %.2f ms behind the clock page\n", n,
		worst * 1e3, behind * 1e3);
	cr_expect_leq(worst, 0.001, "T-64");
	cr_expect(behind > -0.001 && behind < 4.0 * QUANTUM / RATE + 0.005, "T-64: %f s behind the clock",
		behind);
	const double now_s = (double)sound.n_frames / RATE;
	cr_expect_lt(ears_peak_db(&sound, now_s - 0.2, now_s), -60, "T-19: it does not end in silence");
	capture_stop(cap);
	return 1;
}

Test(band_sound_live, click,
	.description = "T-64 T-25 T-19: what is played live is heard from PipeWire's sink where the "
		       "file has it, and where the clock page says; then silence")
{
	const char *midi = band_rig_path("click.mid");
	struct mos_client *c = system_connect("band");
	int n_taken = 0;

	system_wait_playable(c);
	BAND("create", "--chords", "C", "--bars", "1", "--tempo", "120", "--without", "comp,bass,drums",
		"--click", "--count-in", "1", "-o", midi);
	band_expect(0, NULL, NULL);
	struct ears_notes notes = ears_read_midi(midi);
	cr_assert_geq(notes.n, 8u);
	/* A machine that stalls in each of six takes cannot tell. */
	for (int i = 0; i < 6 && n_taken < 1; i++)
		n_taken += take(c, &notes);
	if (n_taken == 0)
		cr_skip("this machine stalls too much: no take without lost cycles");
	free(notes.note);
	mos_client_destroy(c);
}

Test(band_sound_live, stopped,
	.description = "T-19 T-46: stopped within a chord, the sink hears silence at once")
{
	struct mos_client *c = system_connect("band");
	struct capture *cap = NULL;

	system_wait_playable(c);
	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, SECONDS * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE / 10), "the recorder hears nothing");
	BAND("loop", "--chords", "Cmaj7 Fmaj7", "--style", "ballad_basic", "--count-in", "0");
	band_expect(0, NULL, NULL);
	cr_assert(capture_wait(cap, capture_frames(cap) + RATE));
	BAND("stop");
	band_expect(0, "stopped in bar", NULL);
	/* The answer comes after the cut, which two more cycles may carry to the recorder. */
	const uint64_t from = capture_frames(cap) + 8 * QUANTUM;
	cr_assert(capture_wait(cap, from + RATE / 2));
	const struct ears_sound sound = {
		.channel = {(float *)capture_channel(cap, 0), (float *)capture_channel(cap, 1)},
		.n_frames = from + RATE / 2,
		.rate_hz = RATE};
	cr_expect_gt(ears_peak_db(&sound, 0, (double)from / RATE), -40, "nothing was heard");
	cr_expect_lt(ears_peak_db(&sound, (double)from / RATE, (double)(from + RATE / 2) / RATE), -90);
	capture_stop(cap);
	mos_client_destroy(c);
}
