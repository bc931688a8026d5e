/* SPDX-License-Identifier: MIT */
/* What comes out of PipeWire is what the offline driver renders, and it starts when it should. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "pipewire.h"
#include "system.h"

#define RATE 48000u
#define SECONDS 12u
#define QUANTUM 256u

#define FADE_QUANTA 4 /* that one voice's fade changes at most */
/* How far both sides are searched for where they are the same again, in quanta of both: */
#define LOST_QUANTA_MAX 128
#define FADED_QUANTA_MAX 1500 /* four seconds: as long as a disk may be busy elsewhere, its voices are silent */

/* The offline render of the demo's first seconds, one channel after the other. */
static uint64_t render(float *ret[2], uint64_t max)
{
	char out[] = "/tmp/mos-test-XXXXXX";
	char cmd[2048];
	SF_INFO info = {0};
	SNDFILE *f;
	float *inter;
	sf_count_t n;
	int fd = mkstemp(out);

	cr_assert_geq(fd, 0);
	close(fd);
	(void)snprintf(cmd, sizeof(cmd),
		"'%s' compile '%s' -- '%s' render --timeline-fd 3 -q --seconds %u --quantum %u -o %s",
		MOS_HERMES, system_demo(), MOS_RTCORE, SECONDS, QUANTUM, out);
	cr_assert_eq(system(cmd), 0, "%s", cmd);
	f = sf_open(out, SFM_READ, &info);
	cr_assert_not_null(f);
	cr_assert_eq(info.channels, 2);
	inter = calloc(max, 2 * sizeof(float));
	n = sf_readf_float(f, inter, (sf_count_t)max);
	for (int ch = 0; ch < 2; ch++) {
		ret[ch] = calloc(max, sizeof(float));
		for (sf_count_t i = 0; i < n; i++)
			ret[ch][i] = inter[2 * i + ch];
	}
	free(inter);
	sf_close(f);
	unlink(out);
	return (uint64_t)n;
}

static uint64_t first_sound(const float *l, const float *r, uint64_t n)
{
	uint64_t i = 0;

	while (i < n && l[i] == 0 && r[i] == 0)
		i++;
	return i;
}

static bool same(const float *a, const float *b, uint64_t n)
{
	return memcmp(a, b, n * sizeof(float)) == 0;
}

/* Cycles that the sink may not have had from us as they should be: by our own account. */
static uint64_t lost_cycles(struct mos_client *c)
{
	return system_counter(c, "rt.xruns") + system_counter(c, "rt.overruns") +
	       system_counter(c, "rt.cycle_skipped");
}

/* Voices that faded, and fade in again, since the disk or the second worker was late: by our own account. */
static uint64_t faded_voices(struct mos_client *c)
{
	return system_counter(c, "rt.worker_late") + system_counter(c, "apollo.starved") +
	       system_counter(c, "apollo.stream_late");
}

/*
 * Walk both in steps of a quantum. Where the machine itself stalled, the graph ran cycles without us (our
 * counter of xruns says how many) or the recorder missed some (gaps in its positions): one side may then be
 * ahead by whole quanta. What the recorder takes when the next cycle has begun may be that one's, or half of
 * it. Anything else that differs is an error.
 */
Test(system_sound, pipewire_equals_offline, .timeout = 120,
	.description =
		"TIM-06: what the sink hears equals the offline render sample for sample but for its start; "
		"KRO-04 KRO-18: each event once, at its frame")
{
	struct mos_client *c = system_connect("sound");
	struct capture *cap = NULL;
	const struct capture_block *block;
	const float *got[2];
	float *want[2] = {NULL, NULL};
	uint64_t n_want = render(want, (uint64_t)SECONDS * RATE), n_got, w, g, lost = 0, gaps = 0, late = 0,
		 xruns, faded, equal = 0;
	uint32_t n_blocks;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, (uint64_t)(SECONDS + 6) * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE / 10), "the recorder hears nothing");
	xruns = lost_cycles(c);
	faded = faded_voices(c);
	cr_assert_eq(mos_transport_play(c, 0), 0, "%s", mos_client_error(c)->message);
	cr_assert(capture_wait(cap, (uint64_t)(SECONDS + 3) * RATE), "the recorder stopped");
	xruns = lost_cycles(c) - xruns;
	faded = faded_voices(c) - faded;
	mos_transport_stop(c);

	n_got = capture_frames(cap);
	got[0] = capture_channel(cap, 0);
	got[1] = capture_channel(cap, 1);
	block = capture_blocks(cap, &n_blocks);
	for (uint32_t i = 1; i < n_blocks; i++) {
		gaps += block[i].position != block[i - 1].position + block[i - 1].n_frames;
		late += (block[i].taken_ns - block[i].time_ns) * RATE >
			block[i].n_frames * INT64_C(1000000000);
	}
	w = first_sound(want[0], want[1], n_want);
	g = first_sound(got[0], got[1], n_got);
	cr_assert_lt(w, n_want, "the render is silent");
	cr_assert_lt(g, n_got, "the sink heard nothing");
	g -= w % QUANTUM; /* back to where the cycle began: what is lost is lost by cycles */
	w -= w % QUANTUM;
	while (w + QUANTUM <= n_want - QUANTUM && g + QUANTUM <= n_got) {
		if (same(want[0] + w, got[0] + g, QUANTUM) && same(want[1] + w, got[1] + g, QUANTUM)) {
			w += QUANTUM;
			g += QUANTUM;
			equal++;
			continue;
		}
		/*
		 * Resynchronise: cycles that the sink played without us (more on its side), that it never
		 * took (more on ours), or a buffer that it read while we were late and still writing it (one
		 * on both).
		 */
		uint64_t skip = 0;

		for (uint64_t sum = 1; sum <= (faded ? FADED_QUANTA_MAX : LOST_QUANTA_MAX) && !skip; sum++)
			for (uint64_t a = 0; a <= sum && !skip; a++) {
				uint64_t w1 = w + a * QUANTUM, g1 = g + (sum - a) * QUANTUM;

				if (w1 + QUANTUM > n_want || g1 + QUANTUM > n_got ||
					!same(want[0] + w1, got[0] + g1, QUANTUM))
					continue;
				w = w1;
				g = g1;
				skip = sum;
			}
		if (!skip && faded && w + FADED_QUANTA_MAX / 2 * QUANTUM > n_want)
			break; /* they are silent to the end */
		cr_assert_neq(
			skip, 0,
			"from frame %lu on the render differs from the recording from frame %lu on; %lu lost "
			"cycles, %lu gaps, %lu late ones of the recorder and %lu faded voices are known",
			w, g, xruns, gaps, late, faded);
		lost++;
	}
	cr_log_info(
		"%lu quanta equal, %lu places with lost cycles (%lu lost cycles, %lu gaps in the recording, "
		"%lu cycles that it took too late)",
		equal, lost, xruns, gaps, late);
	cr_assert_leq(lost, xruns + gaps + late + FADE_QUANTA * faded,
		"%lu places differ, but only %lu lost cycles, %lu gaps, %lu late ones of the recorder and "
		"%lu faded voices are known",
		lost, xruns, gaps, late, faded);
	cr_assert_gt(equal, n_want / QUANTUM / 2,
		"less than half could be compared: this machine stalls too much");
	capture_stop(cap);
	free(want[0]);
	free(want[1]);
	mos_client_destroy(c);
}

Test(system_sound, stop_is_silent, .timeout = 60,
	.description = "KRO-06 KRO-17: after stop the sink hears silence, nothing waits or sounds on; "
		       "APO-03: notes without transport")
{
	struct mos_client *c = system_connect("silence");
	struct capture *cap = NULL;
	uint64_t from;
	const float *l;
	float peak = 0;

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0);
	cr_assert_eq(capture_start(PIPEWIRE_SINK, RATE, 20u * RATE, &cap), 0);
	cr_assert(capture_wait(cap, RATE / 10));
	cr_assert_eq(mos_transport_play(c, 0), 0);
	cr_assert(capture_wait(cap, 3u * RATE));
	cr_assert_eq(mos_transport_stop(c), 0);
	/* answered: the cut is in the next cycle; two more are on their way to the recorder */
	from = capture_frames(cap) + 8 * QUANTUM;
	cr_assert(capture_wait(cap, from + RATE / 2));
	l = capture_channel(cap, 0);
	cr_assert_lt(first_sound(l, l, from - 8 * QUANTUM), from - 8 * QUANTUM,
		"nothing was heard before the stop");
	for (uint64_t i = from; i < from + RATE / 2; i++)
		peak = l[i] > peak ? l[i] : -l[i] > peak ? -l[i] : peak;
	cr_assert_lt(peak, 1e-5f, "after stop the sink hears %g", (double)peak);
	cr_assert_eq(system_counter(c, "live.waiting"), 0);
	cr_assert_eq(system_counter(c, "apollo.keys_down"), 0);

	from = capture_frames(cap);
	cr_assert_eq(mos_note_play(c, "A4", "0.3s", 0.9), 0, "%s", mos_client_error(c)->message);
	cr_assert(capture_wait(cap, from + RATE / 2));
	for (uint64_t i = from; i < from + RATE / 2; i++)
		peak = l[i] > peak ? l[i] : peak;
	cr_assert_gt(peak, 0.01f, "a note while stopped is not heard");
	capture_stop(cap);
	mos_client_destroy(c);
}
