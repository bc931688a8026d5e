/* SPDX-License-Identifier: MIT */
/*
 * From asking for the band to its first sound: a form of 32 bars is read, rendered, made a timeline, checked
 * by rtcore and begun; the first sound is a stroke of the count-in. Whoever types it has mosctl's own start
 * beside it, which is measured by the last row.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "latency.h"

#define N_ROUNDS 100u
#define BAND_GOAL_MS 100
#define EAR_SECONDS 150

#define CHORDS                                                                                               \
	"Dm7 G7 Cmaj7 A7 Dm7 G7 Em7 A7 Dm7 G7 Cmaj7 A7 Dm7 G7 Cmaj7 C7 Fmaj7 Fm7 Em7 A7 D7 D7 Dm7 G7 "       \
	"Dm7 G7 Cmaj7 A7 Dm7 G7 C6 A7"

static int ask(struct latency *latency)
{
	const struct mos_field flags[] = {mos_str("chords", CHORDS), mos_str("style", "swing")};
	const struct mos_field options[] = {mos_int("choruses", 0), mos_int("count_in", 1)};

	return mos_call(latency->client, "band.play",
		MOS_ARGS(mos_field("flags", mos_value_map(flags, 2)),
			mos_field("options", mos_value_map(options, 2))),
		NULL);
}

/* The same by the command line. */
static int type_it(void)
{
	const pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		execl(MOSCTL_PATH, "mosctl", "band", "loop", "--chords", CHORDS, "--style", "swing",
			(char *)NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/** @return 0; 1: cycles were lost meanwhile; -1, said on stderr. */
static int round_trip(struct latency *latency, struct ear *ear, int is_typed, double *ret_ms)
{
	struct onset onset;
	int64_t begin_ns;
	int rc;

	if (!ear_wait_silence(ear))
		return latency_fail(latency, "band", "it is not silent");
	latency_pause(latency, 10, 25);
	(void)latency_lost_cycles(latency);
	ear_from_now(ear);
	begin_ns = bench_now_ns();
	rc = is_typed ? type_it() : ask(latency);
	if (rc < 0)
		return latency_fail(latency, "band.play", is_typed ? "mosctl failed" : NULL);
	if (!ear_wait_onset(ear, &onset))
		return latency_fail(latency, "band", "nothing is heard");
	*ret_ms = (double)(onset.time_ns - begin_ns) / 1e6;
	if (mos_call(latency->client, "band.stop", MOS_NO_ARGS, NULL) < 0)
		return latency_fail(latency, "band.stop", NULL);
	return latency_lost_cycles(latency);
}

static int measure(struct latency *latency, struct ear *ear, int is_typed, const char *name)
{
	double ms[N_ROUNDS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < 2 * N_ROUNDS && n < N_ROUNDS; i++) {
		const int rc = round_trip(latency, ear, is_typed, &ms[n]);
		if (rc < 0)
			return -1;
		n += rc == 0;
	}
	if (n > 0)
		latency_print(name, ms, n, BAND_GOAL_MS);
	return 0;
}

int latency_band(struct latency *latency)
{
	struct ear ear;

	if (ear_open(&ear, EAR_SECONDS) < 0)
		return -1;
	int rc = measure(latency, &ear, 0, "band_play");
	if (rc == 0)
		rc = measure(latency, &ear, 1, "band_play_typed");
	ear_close(&ear);
	return rc;
}
