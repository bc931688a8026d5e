/* SPDX-License-Identifier: MIT */
#include "video_flash.h"

#include <errno.h>
#include <spa/param/video/raw.h>
#include <stdatomic.h>
#include <stdlib.h>

struct video_flash {
	struct video_consumer *consumer;
	struct video_area area;
	double jump, before; /**< before: negative, none yet */
	_Atomic size_t n;
	_Atomic int64_t at[VIDEO_FLASH_MAX];
};

static double brightness(const struct video_flash *flash, const struct video_frame *frame)
{
	const struct video_area *area = &flash->area;
	uint64_t sum = 0, n = 0;

	for (uint32_t y = (uint32_t)area->y; y < (uint32_t)area->y + area->h && y < frame->height; y++) {
		const uint8_t *row = frame->pixels + (size_t)y * frame->stride;

		for (uint32_t x = (uint32_t)area->x; x < (uint32_t)area->x + area->w && x < frame->width;
			x++) {
			const uint8_t *p = row + 4 * (size_t)x;

			sum += (uint64_t)p[0] + p[1] + p[2];
			n += 3;
		}
	}
	return n ? (double)sum / (double)n : 0;
}

static void see(void *data, const struct video_frame *frame)
{
	struct video_flash *flash = data;
	const double now = brightness(flash, frame);
	const size_t n = flash->n;

	if (flash->before >= 0 && now - flash->before >= flash->jump && n < VIDEO_FLASH_MAX) {
		flash->at[n] = frame->pts_ns;
		flash->n = n + 1;
	}
	flash->before = now;
}

int video_flash_start(const char *node, const struct video_area *area, double jump, struct video_flash **ret)
{
	struct video_flash *flash = calloc(1, sizeof(*flash));
	int r;

	if (!flash)
		return -ENOMEM;
	flash->area = *area;
	flash->jump = jump;
	flash->before = -1;
	r = video_consumer_start(node, SPA_VIDEO_FORMAT_RGBA, see, flash, &flash->consumer);
	if (r < 0) {
		free(flash);
		return r;
	}
	*ret = flash;
	return 0;
}

size_t video_flash_count(const struct video_flash *flash)
{
	return flash->n;
}

int64_t video_flash_ns(const struct video_flash *flash, size_t i)
{
	return flash->at[i];
}

int64_t video_flash_nearest_ns(const struct video_flash *flash, int64_t time_ns)
{
	int64_t best = INT64_MAX;

	for (size_t i = 0; i < flash->n; i++) {
		const int64_t at = flash->at[i];

		if (best == INT64_MAX || llabs(at - time_ns) < llabs(best - time_ns))
			best = at;
	}
	return best;
}

uint64_t video_flash_frames(const struct video_flash *flash)
{
	return video_consumer_frames(flash->consumer);
}

void video_flash_stop(struct video_flash *flash)
{
	if (!flash)
		return;
	video_consumer_stop(flash->consumer);
	free(flash);
}
