/* SPDX-License-Identifier: MIT */
/* Neural amplifiers as inserts in their real processes. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/nam/nam.h"
#include "apollo_fxhost_rig.h"

static const char *model(const char *name)
{
	static char path[4096];

	const char *given = getenv("MOS_CORPORA");

	(void)snprintf(path, sizeof(path), "%s/nam/core/%s",
		given ? given : MOS_SOURCE_ROOT "/../shared/corpora", name);
	if (access(path, R_OK) == 0)
		return path;
	(void)fprintf(stderr, "%s is not there: skipped\n", path);
	return NULL;
}

Test(apollo_fxhost, nam_sound, .timeout = 120,
	.description = "NAM-02: an amplifier model as an insert gives the model's own bits, a cycle later")
{
	const char *path = model("wavenet.nam");
	struct nam_model *m;
	struct nam_state *state;
	char error[256] = "";
	float x[2][CYCLE];
	struct fx_rig r;

	if (!path)
		return;
	cr_assert_eq(nam_load(path, NAM_SIZE_BEST, &m, error, sizeof(error)), 0, "%s", error);
	state = nam_state_create(m);
	fx_init(&r);
	fx_first_pos = UINT64_MAX;
	r.sent = fx_late_noise;
	fx_place(&r, 0, MOS_INSERT_NAM, path);
	fx_set(&r, 0, "normalize", 0);
	for (uint32_t i = 0; i < 200; i++) {
		fx_exact(&r);
		(void)usleep(1000);
	}
	for (uint64_t n = 0; n < r.slot[0]->frame; n += CYCLE) {
		memset(x[0], 0, sizeof(x[0]));
		nam_process(state, x[0], x[0], CYCLE);
	}
	fx_first_pos = r.pos;
	for (uint32_t c = 0; c < 30; c++) {
		for (uint32_t i = 0; i < CYCLE; i++)
			x[c % 2][i] = fx_late_noise(r.pos + i);
		nam_process(state, x[c % 2], x[c % 2], CYCLE);
		fx_exact(&r);
		for (uint32_t i = 0; c && i < CYCLE; i++)
			cr_assert_float_eq(r.out[0][1][i], x[(c - 1) % 2][i], 1e-6,
				"cycle %u, frame %u: %g, not %g", c, i, (double)r.out[0][1][i],
				(double)x[(c - 1) % 2][i]);
	}
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY);
	fx_finish(&r);
	nam_state_destroy(state);
	nam_free(m);
}

Test(apollo_fxhost, switched_off, .timeout = 120,
	.description = "WGT-17: an amplifier that is switched off is heard as it came in, exactly as late as with it, without a "
		       "click; it stays off when its process has to be started again; another one in its place is on")
{
	const char *const half = MOS_SOURCE_ROOT "/tests/integration/models/crunch.nam";
	struct mos_rtctl_insert list[1];
	char error[256] = "";
	struct fx_rig r;

	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_NAM, half);
	fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);
	r.steepest[0] = 0;
	fx_set(&r, 0, MOS_INSERT_BYPASS, 1);
	for (uint32_t i = 0; i < 4; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 1);
	cr_assert_eq(insert_latency(r.slot[0]), LATENCY);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_OFF);
	cr_assert_eq(inserts_control(r.in, 0, 0, MOS_INSERT_BYPASS, 0.5f, error, sizeof(error)), -ERANGE);
	fx_set(&r, 0, MOS_INSERT_BYPASS, 0);
	for (uint32_t i = 0; i < 4; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);
	cr_assert_lt(r.steepest[0], SMOOTH, "%g", (double)r.steepest[0]);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_ON);

	fx_set(&r, 0, MOS_INSERT_BYPASS, 1);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGKILL), 0);
	fx_wait_told(&r, 0, INSERTS_DIED, 1);
	for (uint32_t i = 0; i < 2000 && (!fx_process_of(&r, 0) || r.in->place[0]->next); i++)
		fx_paced(&r);
	cr_assert(fx_process_of(&r, 0) && !r.in->place[0]->next, "it is not there again");
	for (uint32_t i = 0; i < 100; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 1);
	cr_assert_eq(inserts_list(r.in, list, 1), 1);
	cr_assert_eq(list[0].state, MOS_INSERT_IS_OFF);
	fx_set(&r, 0, MOS_INSERT_BYPASS, 0);
	for (uint32_t i = 0; i < 100; i++)
		fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);

	fx_set(&r, 0, MOS_INSERT_BYPASS, 1);
	fx_place(&r, 0, MOS_INSERT_NAM, half);
	fx_exact(&r);
	fx_expect(&r, 0, LATENCY, 0.5f);
	fx_finish(&r);
}

/* A model that is a filter of two taps, whose sound for a sine is known by formula. */
static void write_linear(char *path, uint32_t rate_hz)
{
	int fd = mkstemps(path, sizeof(".nam") - 1);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	cr_assert(f);
	(void)fprintf(f,
		"{\"version\":\"0.5.4\",\"architecture\":\"Linear\",\"config\":"
		"{\"receptive_field\":2,\"bias\":false},\"weights\":[0.25,0.5],\"sample_rate\":%u}\n",
		rate_hz);
	cr_assert_eq(fclose(f), 0);
}

static void hear_rate(uint32_t rate_hz, uint32_t late)
{
	char path[] = "/tmp/mos-fxhost-XXXXXX.nam";
	double step = 2 * M_PI * 220 / rate_hz, real = 0.25 + 0.5 * cos(step), imag = -0.5 * sin(step);
	struct fx_rig r;
	double worst = 0;

	write_linear(path, rate_hz);
	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_NAM, path);
	for (uint32_t i = 0; i < 8; i++)
		fx_exact(&r);
	cr_expect_eq(insert_latency(r.slot[0]), LATENCY + late, "%u Hz: %u", rate_hz, insert_latency(r.slot[0]));
	for (uint32_t i = 0; i < CYCLE; i++) {
		double phase = 2 * M_PI * 220 * (double)((r.pos - CYCLE + i - LATENCY - late) % RATE) / RATE;
		double right = 0.5 * (real * sin(phase) + imag * cos(phase));

		worst = fmax(worst, fabs((double)r.out[0][0][i] - right));
	}
	cr_expect_lt(worst, 5e-5, "%u Hz: %g", rate_hz, worst);
	(void)unlink(path);
	fx_finish(&r);
}

Test(apollo_fxhost, nam_rate, .timeout = 60,
	.description = "NAM-05: a model for another rate than the engine's sounds as at its own: a filter of known "
		       "response, and the latency is told")
{
	char path[] = "/tmp/mos-fxhost-XXXXXX.nam";
	struct fx_rig r;

	hear_rate(48000, 0);
	hear_rate(44100, 36 + 38);
	hear_rate(96000, 33 + 33);
	hear_rate(32000, 49 + 51);
	write_linear(path, 48000);
	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_NAM, path);
	cr_expect_eq(fx_state_of(&r, NULL), -ENOTSUP, "it keeps none");
	cr_expect_eq(fx_state_of(&r, "state"), -ENOTSUP);
	fx_finish(&r);
	(void)unlink(path);
	(void)memcpy(path, "/tmp/mos-fxhost-XXXXXX.nam", sizeof(path));
	write_linear(path, 47999);
	fx_init(&r);
	fx_refused(&r, MOS_INSERT_NAM, path, -ENOTSUP, "47999 Hz, too far from the engine's 48000 Hz");
	(void)unlink(path);
	fx_finish(&r);
}

Test(apollo_fxhost, too_slow, .timeout = 90,
	.description = "NAM-03 TIM-16: a model that is too slow, as one that stands still, delays no sound: it is switched "
		       "off by itself, without a click, and back on when it is not")
{
	const char *path = model("wavenet.nam");
	struct fx_rig r;
	uint32_t c;

	if (!path)
		return;
	fx_init(&r);
	fx_place(&r, 0, MOS_INSERT_NAM, path);
	fx_set(&r, 0, "output_db", -24);
	for (c = 0; c < 100; c++)
		fx_paced(&r);
	r.steepest[0] = 0;
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGSTOP), 0);
	fx_wait_told(&r, 0, INSERTS_BYPASSED, 1);
	cr_assert(strstr(r.text, "too late again and again"), "%s", r.text);
	fx_still_sounds(&r, 0);
	fx_expect(&r, 0, LATENCY, 1);
	cr_assert_eq(kill(fx_process_of(&r, 0), SIGCONT), 0);
	fx_wait_told(&r, 0, INSERTS_BACK, 1);
	for (c = 0; c < 10; c++)
		fx_exact(&r);
	cr_assert(r.slot[0]->heard);
	cr_assert_lt(r.steepest[0], SMOOTH);
	fx_finish(&r);
}
