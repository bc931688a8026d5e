/* SPDX-License-Identifier: MIT */
/*
 * The store of samples: a library of 4 GiB (512 samples of 4 million frames) played by 500 voices at once in
 * real time at half to four times its speed, in blocks of 256 frames at 48 kHz, with a budget of 256 MiB.
 * Goal: no block late, resident memory of the process below 256 MiB, the reader below a third of a core, a
 * block's read below 2 us a voice. The library's file has holes, so that the bench measures the store and
 * not this machine's disk; STORE_BENCH_FILE names a file of at least 4 GiB to be read instead.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apollo/store/store.h"
#include "apollo/store/stream.h"
#include "bench.h"

#define SAMPLES 512u
#define FRAMES (4u << 20)
#define VOICES 500u
#define BLOCK 256u
#define SECONDS 8u
#define RATE 48000u

struct voice {
	uint32_t stream;
	uint64_t pos; /* 32.32 */
	uint64_t inc;
};

static struct voice voice[VOICES];
static double block_us[SECONDS * RATE / BLOCK];

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "store: %s\n", what);
	exit(1);
}

static double process_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double thread_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double rss_mib(void)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	check(f && fscanf(f, "%lu %lu", &size, &resident) == 2, "no /proc");
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void begin(struct voice *v, struct stream_pool *p, const struct sample *s, uint32_t i)
{
	v->inc = (1ull << 31) * (1 + i % 8);
	v->pos = (uint64_t)s->extent[0].end << 32;
	v->stream = stream_open(p, s, s->extent[0].end, 0, 0, v->inc);
	check(v->stream != STREAM_NONE, "no stream is free");
}

/* Waits for the block's time, as the audio thread does. */
static void pace(int64_t start_ns, uint32_t block)
{
	int64_t due_ns = start_ns + (int64_t)block * BLOCK * INT64_C(1000000000) / RATE;
	struct timespec t = {due_ns / 1000000000, due_ns % 1000000000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static uint64_t play(struct stream_pool *p)
{
	float l[BLOCK * 4 + 8];
	uint64_t frames = 0;
	int64_t start_ns = bench_now_ns();

	for (uint32_t b = 0; b < sizeof(block_us) / sizeof(block_us[0]); b++) {
		int64_t ns;

		pace(start_ns, b + 16); /* what is in memory sounds first */
		ns = bench_now_ns();
		for (uint32_t i = 0; i < VOICES; i++) {
			struct voice *v = &voice[i];
			uint32_t n = (uint32_t)(((v->pos & UINT32_MAX) + v->inc * BLOCK) >> 32);

			frames += stream_read(p, v->stream, (uint32_t)(v->pos >> 32), l, NULL, n + 8);
			v->pos += v->inc * BLOCK;
		}
		block_us[b] = (double)(bench_now_ns() - ns) / 1000;
	}
	return frames;
}

int main(void)
{
	const char *path = getenv("STORE_BENCH_FILE");
	char made[] = "/tmp/mos-bench-store-XXXXXX", error[256];
	struct store *s = store_create(&(struct store_options){.memory_bytes = 256u << 20});
	struct store_set *set = store_set_create(s);
	double load_ms, own, all, rss;
	struct stream_figures f;
	struct stream_pool *p;
	uint64_t frames;
	int64_t ns;
	uint32_t id;

	if (!path) {
		int fd = mkstemp(made);

		check(fd >= 0 && ftruncate(fd, SAMPLES * (off_t)FRAMES * 2) == 0,
			"no room for the library's file");
		close(fd);
		path = made;
	}
	ns = bench_now_ns();
	for (uint32_t i = 0; i < SAMPLES; i++)
		check(store_set_part(set,
			      &(struct store_part){
				      path, i * 2ull * FRAMES, 2ull * FRAMES, 0, STORE_S16LE, RATE},
			      &id, error, sizeof(error)) == 0,
			error);
	check(store_set_load(set, NULL, NULL, error, sizeof(error)) == 0, error);
	load_ms = (double)(bench_now_ns() - ns) / 1e6;
	p = stream_pool_create(s, VOICES);
	check(p != NULL, "no memory");
	for (uint32_t i = 0; i < VOICES; i++)
		begin(&voice[i], p, store_set_sample(set, i), i);
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){.sched_priority = 80}))
		fprintf(stderr, "store: no real-time priority: a burst after a pause makes blocks late\n");
	own = thread_s();
	all = process_s();
	frames = play(p);
	own = thread_s() - own;
	all = process_s() - all;
	rss = rss_mib();
	stream_pool_figures(p, &f);
	bench_sort(block_us, sizeof(block_us) / sizeof(block_us[0]));
	bench_print("store.library4g.load", load_ms, "ms", NULL, 0);
	bench_print("store.library4g.rss", rss, "MiB", NULL, 0);
	bench_print("store.library4g.late", (double)f.late, "blocks", NULL, 0);
	bench_print("store.library4g.reader", (all - own) / SECONDS * 100, "% of a core", NULL, 0);
	bench_print("store.stream_read.frame", own * 1e9 / (double)frames, "ns", NULL, 0);
	bench_print("store.stream_read.p99",
		bench_at(block_us, sizeof(block_us) / sizeof(block_us[0]), 0.99) / VOICES, "us", NULL, 0);
	fprintf(stderr, "store: %.0f MB read, %u voices, %u s\n", (double)f.bytes / 1e6, VOICES, SECONDS);
	stream_pool_destroy(p);
	store_set_free(set);
	store_destroy(s);
	if (path == made)
		(void)unlink(made);
	return 0;
}
