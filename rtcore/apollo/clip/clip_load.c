/* SPDX-License-Identifier: MIT */
/* Clips come and go: control's and the loader's half. */
#include "clip_priv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAMS (2 * CLIPS_MAX + CLIPS_MAX / 2) /* one that is closed is free again some time later */

struct clips *clips_create(struct store *s, uint32_t rate_hz)
{
	struct clips *c = aligned_alloc(64, (sizeof(*c) + 63) / 64 * 64);

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	c->store = s;
	c->rate_hz = rate_hz;
	c->kernel = kernel_best();
	c->streams = stream_pool_create(s, STREAMS);
	if (!c->streams) {
		free(c);
		return NULL;
	}
	return c;
}

void clips_destroy(struct clips *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n; i++)
		clip_free(c->list[i]);
	stream_pool_destroy(c->streams);
	free(c);
}

static int refuse(char *error, size_t size, const char *what)
{
	(void)snprintf(error, size, "%s", what);
	return -EINVAL;
}

static int check(const struct mos_rtctl_clip *r, char *error, size_t size)
{
	if (!memchr(r->path, 0, sizeof(r->path)) || !r->path[0])
		return refuse(error, size, "path is empty or too long");
	if (r->strip >= APOLLO_CHANNELS)
		return refuse(error, size, "strip must be 0 to 63");
	if (r->start_tick < 0 || r->start_tick > INT64_MAX / 4)
		return refuse(error, size, "start_tick must not be negative");
	if (r->end_tick <= r->start_tick)
		return refuse(error, size, "end_tick must be after start_tick");
	if (r->file_bpm != 0 && !(r->file_bpm >= 10 && r->file_bpm <= 1000))
		return refuse(error, size, "file_bpm must be 0, or 10 to 1000");
	if (!(r->gain_db >= -144.0f && r->gain_db <= 24.0f))
		return refuse(error, size, "gain_db must be -144 to 24");
	return 0;
}

static int open_file(struct clips *c, struct clip *clip, char *error, size_t size)
{
	const struct mos_rtctl_clip *r = &clip->request;
	uint32_t number, n;
	uint64_t bytes;
	int rc;

	clip->set = store_set_create(c->store);
	if (!clip->set) {
		(void)snprintf(error, size, "no memory");
		return -ENOMEM;
	}
	rc = store_set_file(clip->set, r->path, &number, NULL, NULL, error, size);
	if (rc < 0)
		return rc;
	n = store_set_sample(clip->set, number)->n_frames;
	if (r->offset_frames >= n || n >= CLIP_VIRTUAL_MAX) {
		(void)snprintf(error, size, "%s: has %u frames, offset_frames is %llu", r->path, n,
			(unsigned long long)r->offset_frames);
		return -EINVAL;
	}
	clip->offset = (uint32_t)r->offset_frames;
	clip->loop_end = r->flags & MOS_CLIP_LOOP ? n : 0;
	rc = store_set_use(clip->set, number, clip->offset, NULL);
	if (rc == 0)
		rc = store_set_load(clip->set, NULL, NULL, error, size);
	else
		(void)snprintf(error, size, "%s: %s", r->path, strerrordesc_np(-rc));
	if (rc == 0)
		clip->sample = &store_set_samples(clip->set, &n, &bytes)[number];
	return rc;
}

int clip_load(struct clips *c, const struct mos_rtctl_clip *request, struct clip **ret, char *error,
	size_t error_size)
{
	struct clip *clip;
	int rc = check(request, error, error_size);

	if (rc < 0)
		return rc;
	clip = calloc(1, sizeof(*clip));
	if (!clip) {
		(void)snprintf(error, error_size, "no memory");
		return -ENOMEM;
	}
	clip->request = *request;
	clip->stream = clip->foreseen = STREAM_NONE;
	clip->gain = (float)pow(10.0, (double)request->gain_db / 20.0);
	rc = open_file(c, clip, error, error_size);
	if (rc < 0) {
		clip_free(clip);
		return rc;
	}
	if (request->file_bpm > 0)
		clip->frames_a_tick = (uint64_t)llround(
			clip->sample->rate_hz * 60.0 / (request->file_bpm * MOS_TICKS_PER_QUARTER) * 0x1p40);
	*ret = clip;
	return 0;
}

void clip_free(struct clip *clip)
{
	if (!clip)
		return;
	store_set_free(clip->set);
	free(clip);
}
