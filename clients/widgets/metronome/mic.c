/* SPDX-License-Identifier: MIT */
/* Practice by ear (TOU-44): what begins in the audio input is judged as a note that was played then. */
#include <stdlib.h>
#include <string.h>

#include "app.h"

#define CHUNK 256u
#define AGAIN_NS INT64_C(1000000000)
#define LATENCY_MAX_FRAMES 192000u

static int wanted(const struct app *app)
{
	return app->config.practice && app->config.input != INPUT_MIDI;
}

static int open_tap(struct mic *mic, struct app *app, int64_t now_ns)
{
	if (mic->has_tap)
		return 1;
	if (now_ns < mic->again_ns)
		return 0;
	mic->again_ns = now_ns + AGAIN_NS;
	if (mos_client_audio(app->client, &mic->tap) < 0 || onset_init(&mic->onset, mic->tap.rate_hz) < 0) {
		app_say(app, "practice hears nothing: no audio input");
		return 0;
	}
	onset_at(&mic->onset, mic->tap.next_frame);
	mic->has_tap = 1;
	return 1;
}

/* Both sides as one. @return frames read; 0 none; -1 a hole. */
static int read_mono(struct mos_audio_reader *tap, float ret[static CHUNK])
{
	const uint64_t from = tap->next_frame;
	float right[CHUNK];
	int n = mos_audio_read(tap, MOS_TAP_IN_L, ret, CHUNK);

	if (n <= 0)
		return n < 0 ? -1 : 0;
	tap->next_frame = from;
	if (mos_audio_read(tap, MOS_TAP_IN_R, right, (uint32_t)n) != n)
		return -1;
	for (int i = 0; i < n; i++)
		ret[i] = 0.5f * (ret[i] + right[i]);
	return n;
}

/* When a frame was in the air before the microphone. @return 0, -1: there is no clock. */
static int time_of(struct app *app, uint64_t frame, int64_t *ret_ns)
{
	const struct mos_clock_page *page = mos_client_clock(app->client);
	uint32_t latency = __atomic_load_n(&app->mic.tap.hdr->in_latency_frames, __ATOMIC_RELAXED);
	struct mos_clock clock;

	if (!page || mos_clock_read(page, &clock) < 0)
		return -1;
	if (latency > LATENCY_MAX_FRAMES)
		latency = 0;
	*ret_ns = clock.time_ns + (int64_t)((__int128)((int64_t)(frame - clock.frame) - (int64_t)latency) *
					    (int64_t)clock.frame_ps / 1000);
	return 0;
}

void mic_look(struct app *app, int64_t now_ns)
{
	struct mic *mic = &app->mic;
	float sample[CHUNK];
	uint64_t frame;
	int64_t time_ns;
	int n;

	if (!wanted(app)) {
		mic->has_tap = 0;
		return;
	}
	if (!open_tap(mic, app, now_ns))
		return;
	while ((n = read_mono(&mic->tap, sample)) != 0) {
		if (n < 0) {
			onset_at(&mic->onset, mic->tap.next_frame);
			continue;
		}
		for (int i = 0; i < n; i++)
			if (onset_hear(&mic->onset, sample[i], &frame) && time_of(app, frame, &time_ns) == 0)
				coach_judge(app, time_ns, EAR_MICROPHONE);
	}
}

void mic_forget(struct app *app)
{
	app->mic.has_tap = 0;
	app->mic.again_ns = 0;
}
