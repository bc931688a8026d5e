/* SPDX-License-Identifier: MIT */
/* Seek and load, on a score whose measures say by their sound which they are. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "latency.h"
#include "piece.h"

#define N_SEEKS 100u
#define N_LOADS 20u
#define SEEK_GOAL_MS 10
#define LOAD_GOAL_MS 100
/** A measure's strokes are over after 100 ms; its other 1900 ms are silent, and there seeks are made. */
#define STROKES_MS 105u
#define SEEK_MAX_MS 130u

struct score {
	struct latency *latency;
	struct ear ear;
	char path[40];
};

static int open_score(struct score *score, struct latency *latency, uint32_t n_measures, uint32_t seconds)
{
	int fd, r;

	*score = (struct score){.latency = latency, .path = "/tmp/mos-bench-latency-XXXXXX.mid"};
	fd = mkstemps(score->path, 4);
	if (fd < 0)
		return latency_fail(latency, score->path, strerror(errno));
	close(fd);
	r = piece_write_coded(score->path, n_measures);
	if (r < 0) {
		unlink(score->path);
		return latency_fail(latency, score->path, strerror(-r));
	}
	if (ear_open(&score->ear, seconds) < 0) {
		unlink(score->path);
		return -1;
	}
	return 0;
}

static void close_score(struct score *score)
{
	mos_transport_stop(score->latency->client);
	ear_close(&score->ear);
	unlink(score->path);
}

/**
 * Hear three strokes.
 * @return 1 they are this measure's; 0 they are torn, since cycles were lost between them; -1, said on
 * stderr: another measure is heard, or none.
 */
static int hear_measure(struct score *score, uint32_t measure, struct onset *ret_first)
{
	struct onset stroke[3];
	uint64_t frames[2];

	for (int i = 0; i < 3; i++) {
		if (!ear_wait_onset(&score->ear, &stroke[i]))
			return latency_fail(score->latency, "score", "nothing is heard");
	}
	*ret_first = stroke[0];
	frames[0] = stroke[1].frame - stroke[0].frame;
	frames[1] = stroke[2].frame - stroke[1].frame;
	if (piece_is_measure(measure, frames[0], frames[1], EAR_RATE_HZ))
		return 1;
	if (ear_has_gap(&score->ear, stroke[0].frame) || latency_lost_cycles(score->latency))
		return 0;
	fprintf(stderr, "latency: strokes %lu and %lu frames apart are not measure %u\n", frames[0],
		frames[1], measure + 1);
	return -1;
}

/** @return 1 `ret_ms` is measured; 0 cycles were lost; -1. */
static int seek_once(struct score *score, uint32_t measure, double *ret_ms)
{
	struct onset first;
	int64_t asked_ns;
	int r;

	latency_pause(score->latency, STROKES_MS, SEEK_MAX_MS);
	ear_from_now(&score->ear);
	(void)latency_lost_cycles(score->latency);
	asked_ns = bench_now_ns();
	if (mos_transport_seek_bar(score->latency->client, measure + 1, 1, 0) < 0)
		return latency_fail(score->latency, "seek", NULL);
	r = hear_measure(score, measure, &first);
	*ret_ms = (double)(first.time_ns - asked_ns) / 1e6;
	return r;
}

int latency_seek(struct latency *latency, uint32_t n_measures)
{
	double ms[N_SEEKS];
	struct score score;
	struct onset first;
	char name[32];
	uint32_t n = 0, torn = 0, at = 0;
	int r = open_score(&score, latency, n_measures, 60);

	if (r < 0)
		return r;
	if (mos_score_load(latency->client, score.path, NULL) < 0 ||
		mos_transport_play(latency->client, 0) < 0)
		r = latency_fail(latency, "play", NULL);
	else
		r = hear_measure(&score, 0, &first);
	while (r >= 0 && n < N_SEEKS && torn < N_SEEKS) {
		/* anywhere but here, and not so near the end that it plays over it */
		at = (at + 1 + latency_random(latency, n_measures - 2)) % (n_measures - 1);
		r = seek_once(&score, at, &ms[n]);
		n += r > 0;
		torn += r == 0;
	}
	close_score(&score);
	if (r < 0)
		return r;
	if (torn)
		fprintf(stderr, "latency: %u seeks not counted: cycles were lost between their strokes\n",
			torn);
	if (n < N_SEEKS)
		return latency_fail(latency, "seek", "this machine loses too many cycles");
	snprintf(name, sizeof(name), "seek_%u_measures", n_measures);
	latency_print(name, ms, n, SEEK_GOAL_MS);
	return 0;
}

/** Load, play, hear. */
static int load_once(struct score *score, double *ret_playable_ms, double *ret_first_ms)
{
	struct latency *latency = score->latency;
	struct onset first;
	int64_t asked_ns, playable_ns;

	if (!ear_wait_silence(&score->ear))
		return latency_fail(latency, "load", "it is not silent");
	latency_pause(latency, 10, 25);
	ear_from_now(&score->ear);
	asked_ns = bench_now_ns();
	if (mos_score_load(latency->client, score->path, NULL) < 0)
		return latency_fail(latency, "load", NULL);
	playable_ns = bench_now_ns();
	if (mos_transport_play(latency->client, 0) < 0)
		return latency_fail(latency, "play", NULL);
	if (hear_measure(score, 0, &first) < 0)
		return -1;
	*ret_playable_ms = (double)(playable_ns - asked_ns) / 1e6;
	*ret_first_ms = (double)(first.time_ns - asked_ns) / 1e6;
	return mos_transport_stop(latency->client) < 0 ? latency_fail(latency, "stop", NULL) : 0;
}

int latency_load(struct latency *latency, uint32_t n_measures)
{
	double playable_ms[N_LOADS], first_ms[N_LOADS];
	struct score score;
	int r = open_score(&score, latency, n_measures, 60);

	if (r < 0)
		return r;
	for (uint32_t i = 0; r == 0 && i < N_LOADS; i++) {
		r = load_once(&score, &playable_ms[i], &first_ms[i]);
	}
	close_score(&score);
	if (r < 0)
		return r;
	latency_print("load.playable", playable_ms, N_LOADS, LOAD_GOAL_MS);
	latency_print("load.first_sample", first_ms, N_LOADS, LOAD_GOAL_MS);
	return 0;
}
