/* SPDX-License-Identifier: MIT */
/*
 * Inserts of a render, in the real engine: the audio input through plugins in the input strip and the master,
 * in cycles of any length.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "offline_insert.h"

#define RATE_HZ 48000u
#define FRAMES 24000u
#define LATENCY 320u

static float out[4][2][FRAMES];

static float sent(uint32_t frame)
{
	return (float)(frame * 2654435761u >> 8) / 33554432.0f - 0.25f;
}

/* @return 0; -errno with a sentence. */
static int render(
	const char *const *list, uint32_t n, uint32_t quantum, float ret[2][FRAMES], char *why, size_t size)
{
	struct engine_regions regions;
	struct offline_inserts *o = NULL;
	struct engine *e;
	float in[OFFLINE_INSERT_CYCLE];
	int r;

	(void)setenv("LV2_PATH", LV2_TEST_PATH ":/usr/lib/lv2", 1);
	cr_assert_eq(engine_regions_create(&regions), 0);
	e = engine_create(RATE_HZ, &regions, /* bell_fd= */ -1);
	cr_assert(e);
	r = offline_inserts_create(e, list, n, &o, why, size);
	for (uint32_t at = 0, k; r == 0 && at < FRAMES; at += k) {
		struct driver_cycle c = {
			.rate_hz = RATE_HZ, .in = {in, in}, .out = {ret[0] + at, ret[1] + at}};

		k = FRAMES - at < quantum ? FRAMES - at : quantum;
		c.n_frames = k;
		c.time_ns = (int64_t)at * 1000000000 / RATE_HZ;
		for (uint32_t i = 0; i < k; i++)
			in[i] = sent(at + i);
		engine_cycle(e, &c);
		r = offline_inserts_settle(o, why, size);
	}
	offline_inserts_destroy(o);
	engine_destroy(e);
	engine_regions_finish(&regions);
	return r;
}

Test(offline_insert, any_quantum, .timeout = 60,
	.description = "NAM-02: a render with plugins waits for them: the same bits in cycles of any length, "
		       "from the first frame")
{
	static const char *const list[] = {"63=http://drobilla.net/plugins/mda/Overdrive;drive=0.4",
		"63=urn:mos:test:gain;gain=-1.5", "master=http://drobilla.net/plugins/mda/Delay"};
	static const uint32_t quantum[] = {256, 64, 100, 255};
	char why[512] = "";

	for (uint32_t i = 0; i < 4; i++)
		cr_assert_eq(render(list, 3, quantum[i], out[i], why, sizeof(why)), 0, "%s", why);
	for (uint32_t i = 1; i < 4; i++)
		cr_assert_arr_eq(out[i], out[0], sizeof(out[0]), "quantum %u", quantum[i]);
	cr_assert_gt(fabsf(out[0][0][3 * LATENCY + 100]), 0);
}

Test(offline_insert, gain, .timeout = 60,
	.description = "NAM-02: the audio input is heard through what is in its strip, and only so")
{
	static const char *const list[] = {"63=urn:mos:test:gain;gain=-1.5"};
	char why[512] = "";

	cr_assert_eq(render(list, 1, 128, out[0], why, sizeof(why)), 0, "%s", why);
	for (uint32_t i = LATENCY; i < FRAMES; i++) {
		cr_assert_eq(out[0][0][i], sent(i - LATENCY) * -1.5f, "frame %u", i);
		cr_assert_eq(out[0][1][i], out[0][0][i]);
	}
	for (uint32_t i = 0; i < LATENCY; i++)
		cr_assert_eq(out[0][0][i], 0.0f);
	cr_assert_eq(render(NULL, 0, 128, out[0], why, sizeof(why)), 0);
	for (uint32_t i = 0; i < FRAMES; i++)
		cr_assert_eq(out[0][0][i], 0.0f);
}

static void refused(const char *item, int status, const char *what)
{
	char why[512] = "";

	cr_assert_eq(render(&item, 1, 128, out[0], why, sizeof(why)), status, "%s: %s", item, why);
	cr_assert(strstr(why, what), "%s: %s", item, why);
}

Test(offline_insert, refusals, .timeout = 60,
	.description = "LV2: a render with an insert that cannot be had fails and says why")
{
	refused("63", -EINVAL, "STRIP=WHAT");
	refused("64=urn:mos:test:gain", -EINVAL, "STRIP=WHAT");
	refused("63=urn:mos:test:nobody", -ENOENT, "no such plugin");
	refused("63=urn:mos:test:needy", -ENOTSUP, "feature-of-dreams");
	refused("63=urn:mos:test:gain;gain=3", -ERANGE, "from -2 to 2");
	refused("63=urn:mos:test:gain;gain=x", -EINVAL, "SYMBOL=VALUE");
	refused("63=urn:mos:test:gain;volume=1", -ENOENT, "no control 'volume'");
	refused("63=/nowhere.nam", -ENOENT, "nowhere.nam");
	refused("master=urn:mos:test:hostile;mode=8", -EPIPE, "Test hostile: its process");
}
