/* SPDX-License-Identifier: MIT */
#include "ear.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

#define SILENCE_FRAMES 48u
#define PATIENCE_NS INT64_C(20000000000)
#define LOOK_NS 500000

int ear_open(struct ear *ear, uint32_t seconds)
{
	int r;

	*ear = (struct ear){0};
	r = capture_start(EAR_SINK, EAR_RATE_HZ, (uint64_t)seconds * EAR_RATE_HZ, &ear->capture);
	if (r == 0 && !capture_wait(ear->capture, EAR_RATE_HZ / 10))
		r = -ETIMEDOUT;
	if (r < 0)
		fprintf(stderr, "the recorder hears nothing: %s\n", strerror(-r));
	return r;
}

void ear_close(struct ear *ear)
{
	capture_stop(ear->capture);
	*ear = (struct ear){0};
}

static bool is_silent(const struct ear *ear, uint64_t frame)
{
	return capture_channel(ear->capture, 0)[frame] == 0 && capture_channel(ear->capture, 1)[frame] == 0;
}

/** Go on to the first frame after silence (`sound`), or past the first stretch of silence. */
static bool listen(struct ear *ear, bool sound)
{
	int64_t end_ns = bench_now_ns() + PATIENCE_NS;
	uint32_t silent = 0;

	for (;;) {
		uint64_t n = capture_frames(ear->capture);

		for (; ear->frame < n; ear->frame++) {
			if (is_silent(ear, ear->frame))
				silent++;
			else if (sound && silent >= SILENCE_FRAMES)
				return true;
			else
				silent = 0;
			if (!sound && silent == SILENCE_FRAMES) {
				ear->frame -= SILENCE_FRAMES - 1;
				return true;
			}
		}
		if (bench_now_ns() > end_ns)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
	}
}

void ear_from_now(struct ear *ear)
{
	uint64_t n = capture_frames(ear->capture);

	if (n > ear->frame + SILENCE_FRAMES)
		ear->frame = n - SILENCE_FRAMES; /* an onset needs the silence before it */
}

bool ear_wait_silence(struct ear *ear)
{
	ear_from_now(ear);
	return listen(ear, false);
}

/** The last block that begins at or before a frame. */
static uint32_t block_of(const struct ear *ear, uint64_t frame)
{
	uint32_t n, low = 0, high;
	const struct capture_block *block = capture_blocks(ear->capture, &n);

	for (high = n; high - low > 1;) {
		uint32_t middle = low + (high - low) / 2;

		if (block[middle].frame <= frame)
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool ear_wait_onset(struct ear *ear, struct onset *ret)
{
	const struct capture_block *block;
	uint64_t into;
	uint32_t n;

	if (!listen(ear, true))
		return false;
	block = capture_blocks(ear->capture, &n) + block_of(ear, ear->frame);
	into = ear->frame - block->frame;
	*ret = (struct onset){
		.frame = ear->frame,
		.position = block->position + into,
		.time_ns = block->taken_ns + (int64_t)(into * 1000000000 / EAR_RATE_HZ),
	};
	return true;
}

bool ear_has_gap(const struct ear *ear, uint64_t from)
{
	uint32_t n;
	const struct capture_block *block = capture_blocks(ear->capture, &n);

	for (uint32_t i = block_of(ear, from) + 1; i < n; i++) {
		if (block[i].position != block[i - 1].position + block[i - 1].n_frames)
			return true;
	}
	return false;
}
