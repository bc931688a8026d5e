/* SPDX-License-Identifier: MIT */
#include "gap.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "../unit/smf_bytes.h"

#define RATE 48000.0
#define FIRST_KEY 48u
#define SILENT 1e-5f /* PipeWire's silence is 0; the organ's zero crossings are single samples */
#define ORGAN 16u

int gap_write_piece(const char *path)
{
	static struct smf_bytes b;
	FILE *f = fopen(path, "we");
	size_t done;

	if (!f)
		return -errno;
	b = (struct smf_bytes){0};
	smf_head(&b, 0, 1, 480);
	smf_begin(&b, "MTrk");
	SMF_PUT(&b, 0, 0xff, 0x51, 3, 0x07, 0xa1, 0x20); /* 120 a minute */
	SMF_PUT(&b, 0, 0xc0, ORGAN);
	SMF_PUT(&b, 0, 0xb0, 91, 0, 0, 0xb0, 93, 0);
	for (uint8_t i = 0; i < GAP_BEATS; i++) {
		uint8_t key = (uint8_t)(FIRST_KEY + i % GAP_KEYS);

		SMF_PUT(&b, 0, 0x90, key, 100);
		SMF_PUT(&b, 0x83, 0x60, 0x80, key, 0);
	}
	SMF_PUT(&b, 0, 0xff, 0x2f, 0);
	smf_end(&b);
	done = fwrite(b.data, 1, b.size, f);
	return fclose(f) == 0 && done == b.size ? 0 : -EIO;
}

struct gap gap_longest(const struct capture *capture, uint64_t from, uint64_t to)
{
	const float *l = capture_channel(capture, 0), *r = capture_channel(capture, 1);
	uint64_t n = capture_frames(capture), begin = from;
	struct gap longest = {from, from};

	to = to < n ? to : n;
	for (uint64_t i = from; i <= to; i++) {
		if (i < to && fabsf(l[i]) < SILENT && fabsf(r[i]) < SILENT)
			continue;
		if (i - begin > longest.end - longest.begin)
			longest = (struct gap){begin, i};
		begin = i + 1;
	}
	return longest;
}

/* Power of one sine, through a Hann window. */
static double power(const float *x, uint32_t n, double hz)
{
	double re = 0, im = 0;

	for (uint32_t i = 0; i < n; i++) {
		double w = 0.5 - 0.5 * cos(2 * M_PI * i / n), phase = 2 * M_PI * hz * i / RATE;

		re += w * (double)x[i] * cos(phase);
		im += w * (double)x[i] * sin(phase);
	}
	return re * re + im * im;
}

int gap_key_at(const struct capture *capture, uint64_t from, uint32_t n)
{
	double best = 1e-3;
	int key = -1;

	if (from + n > capture_frames(capture))
		return -1;
	for (uint32_t k = 0; k < GAP_KEYS; k++) {
		double p = power(
			capture_channel(capture, 0) + from, n, 440 * pow(2, (FIRST_KEY + k - 69.0) / 12));

		if (p > best) {
			best = p;
			key = (int)k;
		}
	}
	return key;
}

/* The block that holds it, or the last one before. */
static const struct capture_block *block_by(const struct capture *capture, uint64_t frame, int64_t time_ns)
{
	const struct capture_block *found;
	uint32_t n;
	const struct capture_block *block = capture_blocks(capture, &n);

	if (n == 0)
		return NULL;
	found = block;
	for (uint32_t i = 1; i < n && (time_ns ? block[i].time_ns <= time_ns : block[i].frame <= frame); i++)
		found = &block[i];
	return found;
}

uint64_t gap_frame_at(const struct capture *capture, int64_t time_ns)
{
	const struct capture_block *b = block_by(capture, 0, time_ns);

	return !b || time_ns < b->time_ns
		       ? 0
		       : b->frame + (uint64_t)((double)(time_ns - b->time_ns) * RATE / 1e9);
}

int64_t gap_time_of(const struct capture *capture, uint64_t frame)
{
	const struct capture_block *b = block_by(capture, frame, 0);

	return b ? b->time_ns + (int64_t)((double)(frame - b->frame) * 1e9 / RATE) : 0;
}
