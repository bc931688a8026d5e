/* SPDX-License-Identifier: MIT */
/*
 * Streams between threads, for ThreadSanitizer (so without Criterion): an audio thread that opens, reads,
 * closes as fast as it can, a loader that loads and frees banks under it, the reader between them, copies in
 * the cache damaged and mended meanwhile. Every frame that arrives is the right one.
 */
#include <pthread.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apollo/store/store.h"
#include "apollo/store/stream.h"

#define FILES 6u
#define FRAMES 60000u
#define STREAMS 24u
#define ROUNDS 60u

static char folder[] = "/tmp/mos-threads-XXXXXX", path[FILES][64];
static short audio[FILES][FRAMES];
static _Atomic(struct store_set *) next_set; /* loader -> audio */
static _Atomic(struct store_set *) old_set;  /* and back */
static _Atomic int done;
static struct stream_pool *pool;
static struct store *store;
static uint64_t n_right, n_wrong, n_in_place;

#define need(x)                                                                                              \
	do {                                                                                                 \
		if (!(x)) {                                                                                  \
			printf("not ok - %s:%d: %s\n", __FILE__, __LINE__, #x);                              \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void write_files(void)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < FILES; i++) {
		SF_INFO info = {.samplerate = 48000,
			.channels = 1,
			.format = (i % 2 ? SF_FORMAT_FLAC : SF_FORMAT_WAV) | SF_FORMAT_PCM_16};
		SNDFILE *sf;

		(void)snprintf(path[i], sizeof(path[i]), "%s/%u", folder, i);
		for (uint32_t f = 0; f < FRAMES; f++)
			audio[i][f] = (short)((int)(draw(&seed) % 65536) - 32768);
		sf = sf_open(path[i], SFM_WRITE, &info);
		need(sf && sf_writef_short(sf, audio[i], FRAMES) == FRAMES);
		sf_close(sf);
	}
}

struct voice {
	uint32_t stream, sample, v, loop_start, loop_end;
	int is_in_place; /* it reads where the frames lie */
	uint32_t span_from, span_end;
	const int16_t *span[2];
};

static void begin(struct voice *w, const struct store_set *set, uint32_t *seed)
{
	uint32_t n;
	const struct sample *s = store_set_samples(set, &n, NULL);

	w->sample = draw(seed) % n;
	w->is_in_place = (int)(draw(seed) % 2);
	w->span_from = w->span_end = 0;
	w->v = draw(seed) % FRAMES;
	w->loop_start = draw(seed) % FRAMES;
	w->loop_end = w->loop_start + 1 + draw(seed) % (FRAMES - w->loop_start);
	if (w->v >= w->loop_end)
		w->v = w->loop_start;
	w->stream = stream_open(
		pool, &s[w->sample], w->v, w->loop_start, w->loop_end, 1ull << (30 + draw(seed) % 5));
}

/* Up to n frames as floats, copied or made of what lies in the ring: a span that was found once holds until it is
 * passed. */
static uint32_t take(struct voice *w, float *x, uint32_t n)
{
	if (!w->is_in_place)
		return stream_read(pool, w->stream, w->v, x, NULL, n);
	if (w->v < w->span_from || w->v >= w->span_end) {
		w->span_from = w->v;
		w->span_end = w->v + stream_span(pool, w->stream, w->v, w->span);
	}
	n = n < w->span_end - w->v ? n : w->span_end - w->v;
	for (uint32_t i = 0; i < n; i++)
		x[i] = (float)w->span[0][w->v - w->span_from + i] / 32768.0f;
	n_in_place += n;
	stream_pass(pool, w->stream, w->v);
	return n;
}

static void play(struct voice *w, uint32_t *seed)
{
	float l[512];
	uint32_t n = 1 + draw(seed) % 512, got = take(w, l, n);

	for (uint32_t i = 0; i < got; i++) {
		uint32_t f = w->v + i;

		if (f >= w->loop_end)
			f = w->loop_start + (f - w->loop_start) % (w->loop_end - w->loop_start);
		if (l[i] == (float)audio[w->sample][f] / 32768.0f)
			n_right++;
		else
			n_wrong++;
	}
	w->v += draw(seed) % 16 ? got : n + draw(seed) % 5000;
	if (draw(seed) % 8 == 0)
		stream_speed(pool, w->stream, 1ull << (30 + draw(seed) % 6));
}

static void *audio_thread(void *data)
{
	struct voice voice[STREAMS];
	struct store_set *set = NULL;
	uint32_t seed = 7;

	(void)data;
	for (uint32_t i = 0; i < STREAMS; i++)
		voice[i].stream = STREAM_NONE;
	while (!done) {
		struct store_set *s = atomic_exchange(&next_set, NULL);

		if (s) {
			for (uint32_t i = 0; i < STREAMS; i++)
				if (voice[i].stream != STREAM_NONE) {
					stream_close(pool, voice[i].stream);
					voice[i].stream = STREAM_NONE;
				}
			if (set)
				atomic_store(&old_set, set);
			set = s;
		}
		for (uint32_t i = 0; set && i < STREAMS; i++) {
			if (voice[i].stream == STREAM_NONE)
				begin(&voice[i], set, &seed);
			else
				play(&voice[i], &seed);
			if (voice[i].stream != STREAM_NONE && draw(&seed) % 200 == 0) {
				stream_close(pool, voice[i].stream);
				voice[i].stream = STREAM_NONE;
			}
		}
		(void)usleep(100);
	}
	for (uint32_t i = 0; i < STREAMS; i++)
		if (voice[i].stream != STREAM_NONE)
			stream_close(pool, voice[i].stream);
	if (set)
		atomic_store(&old_set, set);
	return NULL;
}

static void log_line(void *data, const char *line)
{
	(void)data;
	printf("# %s\n", line);
}

/* A bit of some copy in the cache. */
static void damage(uint32_t n)
{
	char command[256];

	(void)snprintf(command, sizeof(command),
		"f=$(ls %s/cache/*.pcm | head -n 1); [ -n \"$f\" ] && printf x | dd of=\"$f\" bs=1 seek=%u "
		"conv=notrunc "
		"status=none",
		folder, 60000 + n * 100);
	(void)!system(command);
}

int main(void)
{
	struct store_options o = {.memory_bytes = 4 << 20, .head_frames = 512, .log = log_line};
	struct stream_figures f;
	struct store_set *loaded = NULL, *old;
	char cache[64], error[256] = "";
	pthread_t thread;

	need(mkdtemp(folder));
	write_files();
	(void)snprintf(cache, sizeof(cache), "%s/cache", folder);
	o.cache_dir = cache;
	store = store_create(&o);
	need(store && (pool = stream_pool_create(store, STREAMS)));
	need(pthread_create(&thread, NULL, audio_thread, NULL) == 0);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t id;

		loaded = store_set_create(store);
		for (uint32_t k = 0; k < FILES - i % 2; k++)
			need(store_set_file(loaded, path[k], &id, NULL, NULL, error, sizeof(error)) == 0);
		need(store_set_load(loaded, NULL, NULL, error, sizeof(error)) == 0);
		atomic_store(&next_set, loaded);
		while (atomic_load(&next_set))
			(void)usleep(1000);
		stream_pool_figures(pool, &f);
		for (uint64_t before = f.opened; f.opened < before + 2 * STREAMS; stream_pool_figures(pool, &f))
			(void)usleep(1000); /* it plays them, and begins again now and then */
		if (i == 0)
			continue;
		while (!(old = atomic_exchange(&old_set, NULL)))
			(void)usleep(1000);
		store_set_free(old);
		if (i % 10 == 5)
			damage(i);
	}
	done = 1;
	need(pthread_join(thread, NULL) == 0);
	store_set_free(atomic_load(&old_set));
	stream_pool_figures(pool, &f);
	stream_pool_destroy(pool);
	store_destroy(store);
	printf("# frames right %llu, wrong %llu, in place %llu; opened %llu, late %llu\n", (unsigned long long)n_right,
		(unsigned long long)n_wrong, (unsigned long long)n_in_place, (unsigned long long)f.opened,
		(unsigned long long)f.late);
	(void)snprintf(error, sizeof(error), "rm -r %s", folder);
	need(system(error) == 0);
	need(n_wrong == 0 && n_right > 1000000 && n_in_place > 100000 && f.opened > 1000);
	printf("ok - APO-26 streams between threads\n");
	return 0;
}
