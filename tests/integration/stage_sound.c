/* SPDX-License-Identifier: MIT */
#include "stage_sound.h"

#include <math.h>

int64_t sound_frame_at(const struct capture *capture, int64_t time_ns, uint32_t rate_hz)
{
	uint32_t n;
	const struct capture_block *block = capture_blocks(capture, &n);

	while (n > 1 && block[n - 1].time_ns > time_ns)
		n--;
	if (n == 0)
		return 0;
	return (int64_t)block[n - 1].frame +
	       (int64_t)llround((double)(time_ns - block[n - 1].time_ns) * rate_hz / 1e9);
}

static float loudness(const struct capture *capture, int64_t frame)
{
	return fmaxf(fabsf(capture_channel(capture, 0)[frame]), fabsf(capture_channel(capture, 1)[frame]));
}

/* What of it is there. */
static void cut(const struct capture *capture, int64_t *frame, int64_t *ret_end)
{
	const int64_t n = (int64_t)capture_frames(capture);

	*ret_end = *ret_end < n ? *ret_end : n;
	*frame = *frame > 0 ? *frame : 0;
}

float sound_peak(const struct capture *capture, int64_t frame, int64_t n_frames)
{
	int64_t end = frame + n_frames;
	float peak = 0;

	for (cut(capture, &frame, &end); frame < end; frame++)
		peak = fmaxf(peak, loudness(capture, frame));
	return peak;
}

int64_t sound_onset(const struct capture *capture, int64_t frame, int64_t n_frames, float level)
{
	int64_t end = frame + n_frames;

	for (cut(capture, &frame, &end); frame < end; frame++)
		if (loudness(capture, frame) > level)
			return frame;
	return -1;
}

uint64_t sound_missing(const struct capture *capture)
{
	uint32_t n;
	const struct capture_block *block = capture_blocks(capture, &n);
	uint64_t missing = 0;

	for (uint32_t i = 1; i < n; i++)
		missing += block[i].position - block[i - 1].position - block[i - 1].n_frames;
	return missing;
}
