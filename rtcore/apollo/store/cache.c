/* SPDX-License-Identifier: MIT */
/*
 * The cache on disk: what libsndfile decoded, as plain PCM. One file a sample: head, one checksum a block,
 * blocks of 64 KiB of interleaved frames (a block serves both channels with one read). Written under another
 * name and renamed; not synced, since whatever a crash leaves behind fails its checksums and is made again.
 * Several processes may use one cache: files never change, and one that is removed stays readable for who has
 * it open.
 */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "MOSPCM1"
#define ALIGN 4096u

struct cache_head {
	char magic[8];
	struct source_key key;
	uint32_t n_frames, rate_hz;
	uint32_t n_channels, format;
	uint32_t loop_start, loop_end;
	uint32_t root_key, block_bytes;
	uint64_t sums; /* checksum of the checksums */
	uint64_t self; /* checksum of all before */
};

static_assert(sizeof(struct cache_head) == 120, "the head of cached files");

/* Each step is a bijection of its lane, so no change of one word goes unseen. */
static uint64_t checksum(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	uint64_t lane[4] = {1, 2, 3, 4}, w[4], h = n;
	size_t i;

	for (i = 0; i + 32 <= n; i += 32) {
		memcpy(w, p + i, 32);
		for (uint32_t k = 0; k < 4; k++) {
			lane[k] = (lane[k] ^ w[k]) * 0x9e3779b97f4a7c15u;
			lane[k] ^= lane[k] >> 32;
		}
	}
	for (; i < n; i++) {
		lane[i % 4] = (lane[i % 4] ^ p[i]) * 0x9e3779b97f4a7c15u;
		lane[i % 4] ^= lane[i % 4] >> 32;
	}
	for (uint32_t k = 0; k < 4; k++)
		h = (h ^ lane[k]) * 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

uint32_t frame_bytes(const struct source *src)
{
	return format_bytes(src->format) * src->n_channels;
}

struct layout cache_layout(const struct source *src)
{
	return (struct layout){
		.frame_bytes = frame_bytes(src), .pcm = src->format == SAMPLE_S16 ? PCM_S16 : PCM_F32};
}

static uint64_t audio_bytes(const struct source *src)
{
	return (uint64_t)src->n_frames * frame_bytes(src);
}

static uint64_t n_blocks(const struct source *src)
{
	return (audio_bytes(src) + STORE_BLOCK - 1) / STORE_BLOCK;
}

uint64_t cache_at(const struct source *src, uint64_t block)
{
	return (sizeof(struct cache_head) + n_blocks(src) * 8 + ALIGN - 1) / ALIGN * ALIGN +
	       block * STORE_BLOCK;
}

uint32_t cache_block_bytes(const struct source *src, uint64_t block)
{
	uint64_t left = audio_bytes(src) - block * STORE_BLOCK;

	return left < STORE_BLOCK ? (uint32_t)left : STORE_BLOCK;
}

int cache_is_good(struct store *s, const struct source *src, uint64_t block, const void *bytes)
{
	uint64_t sum;

	pthread_mutex_lock(&s->lock);
	sum = src->sum ? src->sum[block] : 0;
	pthread_mutex_unlock(&s->lock);
	return checksum(bytes, cache_block_bytes(src, block)) == sum;
}

static int in_cache(struct store *s, const char *name, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%s", s->cache_dir, name);

	return n > 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

int cache_open(struct store *s, const struct source *src)
{
	struct cache_name name = cache_name(&src->key);
	char path[4096];
	int fd, r = in_cache(s, name.name, path, sizeof(path));

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd < 0 ? -errno : wait_on(fd);
}

static int read_head(int fd, struct source *src)
{
	struct cache_head h;
	struct stat st;
	uint64_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || read_fully(fd, &h, sizeof(h), 0) < 0)
		return -EBADMSG;
	if (memcmp(h.magic, MAGIC, sizeof(h.magic)) ||
		h.self != checksum(&h, offsetof(struct cache_head, self)) ||
		memcmp(&h.key, &src->key, sizeof(h.key)) || h.block_bytes != STORE_BLOCK || h.n_frames < 1 ||
		h.n_frames > STORE_MAX_FRAMES || h.n_channels < 1 || h.n_channels > 2 ||
		h.format > SAMPLE_F32 ||
		(h.loop_end && (h.loop_start >= h.loop_end || h.loop_end > h.n_frames)))
		return -EBADMSG;
	src->n_frames = h.n_frames;
	src->rate_hz = h.rate_hz;
	src->n_channels = (uint8_t)h.n_channels;
	src->format = (uint8_t)h.format;
	src->loop = (struct store_loop){h.loop_start, h.loop_end};
	src->root_key = h.root_key;
	n = n_blocks(src);
	if ((uint64_t)st.st_size != cache_at(src, 0) + audio_bytes(src))
		return -EBADMSG;
	src->sum = malloc(n * 8);
	if (!src->sum)
		return -ENOMEM;
	if (read_fully(fd, src->sum, n * 8, sizeof(h)) == 0 && checksum(src->sum, n * 8) == h.sums)
		return 0;
	free(src->sum);
	src->sum = NULL;
	return -EBADMSG;
}

/* The record of its use, finer than the kernel's own; a cache that can only be read goes without. */
static void touch(int fd)
{
	struct timespec t[2];

	(void)clock_gettime(CLOCK_REALTIME, &t[0]);
	t[1] = t[0];
	(void)futimens(fd, t);
}

int cache_find(struct store *s, struct source *src)
{
	int fd, r;

	if (!s->cache_dir)
		return -ENOENT;
	fd = cache_open(s, src);
	if (fd == -ENOENT)
		return fd;
	r = fd < 0 ? fd : read_head(fd, src);
	if (r == 0) {
		touch(fd);
		src->how = HOW_CACHE;
		pthread_mutex_lock(&s->lock);
		s->figures.hits++;
		pthread_mutex_unlock(&s->lock);
	} else {
		src->is_damaged = 1;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

struct writer {
	int fd;
	struct source *src;
	struct decoder *d;
	uint64_t *sum;
	uint8_t *block;
	uint32_t decoded;
};

static int write_fully(int fd, const void *from, size_t n, uint64_t at)
{
	const uint8_t *p = from;

	while (n > 0) {
		ssize_t r = pwrite(fd, p, n, (off_t)at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? -errno : -EIO;
		p += r;
		n -= (size_t)r;
		at += (uint64_t)r;
	}
	return 0;
}

static int write_all(struct writer *w)
{
	const struct source *src = w->src;
	uint32_t size = frame_bytes(src);
	struct cache_head h = {.magic = MAGIC,
		.key = src->key,
		.n_frames = src->n_frames,
		.rate_hz = src->rate_hz,
		.n_channels = src->n_channels,
		.format = src->format,
		.loop_start = src->loop.start,
		.loop_end = src->loop.end,
		.root_key = src->root_key,
		.block_bytes = STORE_BLOCK};
	uint64_t n = n_blocks(src);
	int is_end = 0, r = 0;

	for (uint64_t b = 0; b < n && r == 0; b++) {
		uint32_t bytes = cache_block_bytes(src, b), got;

		if (is_end && b + 1 < n) { /* it promised more than it has; the rest is a hole in the copy */
			w->sum[b] = w->sum[b - 1];
			continue;
		}
		got = is_end ? 0 : decoder_read(w->d, w->block, bytes / size);
		w->decoded += got;
		memset(w->block + (size_t)got * size, 0, bytes - (size_t)got * size);
		w->sum[b] = checksum(w->block, bytes);
		if (got > 0 || b + 1 == n)
			r = write_fully(w->fd, w->block, bytes, cache_at(src, b));
		is_end = got == 0;
	}
	if (r == 0)
		r = write_fully(w->fd, w->sum, n * 8, sizeof(h));
	h.sums = checksum(w->sum, n * 8);
	h.self = checksum(&h, offsetof(struct cache_head, self));
	return r == 0 ? write_fully(w->fd, &h, sizeof(h), 0) : r;
}

static int make_file(struct store *s, struct writer *w, int source_fd, char *error, size_t error_size)
{
	static _Atomic uint32_t counter;
	struct cache_name name = cache_name(&w->src->key);
	char to[4096], temp[4096], hidden[80];
	int r = in_cache(s, name.name, to, sizeof(to));

	(void)snprintf(hidden, sizeof(hidden), ".%.32s.%ld.%u", name.name, (long)getpid(),
		atomic_fetch_add(&counter, 1));
	if (r == 0)
		r = in_cache(s, hidden, temp, sizeof(temp));
	if (r == 0)
		r = decoder_open(w->src, source_fd, &w->d, error, error_size);
	if (r < 0)
		return r;
	w->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (w->fd < 0) {
		r = -errno;
	} else {
		r = write_all(w);
		touch(w->fd);
		close(w->fd);
		if (r == 0 && rename(temp, to) < 0)
			r = -errno;
		if (r < 0)
			(void)unlink(temp);
	}
	decoder_close(w->d);
	return r;
}

/* The new copy is there: what it replaces was either none or a damaged one. */
static void take_over(struct store *s, struct writer *w)
{
	struct source *src = w->src;

	pthread_mutex_lock(&s->lock);
	free(src->sum);
	src->sum = w->sum;
	w->sum = NULL;
	src->how = HOW_CACHE;
	src->version++;
	s->cache_bytes += cache_at(src, 0) + audio_bytes(src);
	s->figures.misses++;
	if (src->is_damaged)
		s->figures.repaired++;
	src->is_damaged = 0;
	pthread_mutex_unlock(&s->lock);
}

int cache_make(struct store *s, struct source *src)
{
	struct writer w = {.src = src};
	int was_damaged = src->is_damaged, fd, r;
	char error[256] = "";

	if (!s->cache_dir)
		return -ENOENT;
	r = cache_room(s, cache_at(src, 0) + audio_bytes(src));
	if (r < 0) {
		cache_tell(s, "has no room", r);
		return r;
	}
	fd = source_open(s, src, HOW_RAW);
	if (fd < 0)
		return fd;
	w.sum = malloc(n_blocks(src) * 8);
	w.block = malloc(STORE_BLOCK);
	r = w.sum && w.block ? make_file(s, &w, fd, error, sizeof(error)) : -ENOMEM;
	close(fd);
	if (r < 0 && !error[0])
		cache_tell(s, "cannot be written", r);
	fd = r == 0 ? cache_open(s, src) : -1;
	if (fd >= 0) {
		close(fd);
		take_over(s, &w);
	} else if (r == 0) {
		r = fd;
		cache_tell(s, "cannot be read", r);
	}
	if (r == 0 && was_damaged)
		store_tell(s, "the cached copy of %s was damaged; it was made again", src->file->path);
	if (r == 0 && w.decoded < src->n_frames)
		store_tell(s, "%s ends after %u of %u frames; the rest is silence", src->file->path,
			w.decoded, src->n_frames);
	free(w.sum);
	free(w.block);
	return r;
}
