/* SPDX-License-Identifier: MIT */
/*
 * The audio tap under torture, with threads instead of processes, so that ThreadSanitizer can watch: a writer
 * that never waits, readers that are lapped. Each sample says which frame it is, so that a torn, old or
 * misplaced one is seen. A program without a test library, as ring_threads.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <mos/audio_tap.h>

#define N_READERS 2
#define EXACT_FRAMES (1u << 23) /* a float tells these apart */

static void check(int ok, const char *what, uint64_t value)
{
	if (ok)
		return;
	fprintf(stderr, "audio_tap_threads: %s (%lu)\n", what, value);
	exit(1);
}

static float sample_at(uint64_t frame, uint32_t channel)
{
	return (float)((frame + channel * 1000003u) % EXACT_FRAMES);
}

struct reading {
	struct mos_audio_reader reader;
	uint64_t end;
	uint64_t n_got;
	uint32_t chunk;
};

static void *read_tap(void *arg)
{
	struct reading *r = arg;
	uint64_t first = r->reader.next_frame;
	float *got = malloc(r->chunk * sizeof(*got));

	check(got != NULL, "no memory", r->chunk);
	while (r->reader.next_frame < r->end) {
		uint64_t frame = r->reader.next_frame;
		uint32_t channel = (uint32_t)(frame % MOS_TAP_N_CHANNELS);
		int n = mos_audio_read(&r->reader, channel, got, r->chunk);

		check(n >= 0 || n == -EOVERFLOW, "unknown result", (uint64_t)n);
		for (int i = 0; i < n; i++)
			check(got[i] == sample_at(frame + (uint64_t)i, channel), "not that frame's sample",
				frame + (uint64_t)i);
		if (n > 0)
			r->n_got += (uint64_t)n;
	}
	free(got);
	check(r->n_got + r->reader.lost == r->end - first, "got and lost are not all", r->n_got);
	return NULL;
}

int main(void)
{
	static float block[MOS_TAP_N_CHANNELS][4096];
	const float *channel[MOS_TAP_N_CHANNELS];
	struct reading reading[N_READERS] = {{.chunk = 480}, {.chunk = 20000}};
	const uint64_t n_frames = 40 * (uint64_t)MOS_AUDIO_TAP_FRAMES;
	struct mos_region region;
	struct mos_audio_tap tap;
	pthread_t thread[N_READERS];
	uint32_t n = 64;

	alarm(170); /* a frame that never comes would be waited for without end */
	check(mos_region_create("tap", MOS_AUDIO_TAP_SIZE, 1, 0, 1, &region) == 0, "no region", 0);
	check(mos_audio_tap_init(&tap, &region, 48000) == 0, "no tap", 0);
	for (int i = 0; i < N_READERS; i++) {
		reading[i].end = n_frames;
		check(mos_audio_reader_init(&reading[i].reader, &region) == 0, "no reader", 0);
		check(pthread_create(&thread[i], NULL, read_tap, &reading[i]) == 0, "no thread", 0);
	}
	for (uint64_t frame = 0; frame < n_frames; frame += n) {
		n = n % 4093 + 3;
		if (n > n_frames - frame)
			n = (uint32_t)(n_frames - frame);
		for (uint32_t c = 0; c < MOS_TAP_N_CHANNELS; c++) {
			for (uint32_t i = 0; i < n; i++)
				block[c][i] = sample_at(frame + i, c);
			channel[c] = block[c];
		}
		mos_audio_tap_write(&tap, frame, channel, n);
	}
	for (int i = 0; i < N_READERS; i++) {
		pthread_join(thread[i], NULL);
		printf("reader %d got %lu, lost %lu\n", i, reading[i].n_got, reading[i].reader.lost);
	}
	mos_region_finish(&region);
	return 0;
}
