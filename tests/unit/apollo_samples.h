/* SPDX-License-Identifier: MIT */
/* Sound files for the tests of the store, what libsndfile reads in them, and a kernel that can be told to
 * fail. */
#ifndef TESTS_APOLLO_SAMPLES_H
#define TESTS_APOLLO_SAMPLES_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <sndfile.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "apollo/store/store.h"

#define RATE 48000

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RIG_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RIG_IS_SANITIZED 1
#endif
#endif
#ifndef RIG_IS_SANITIZED
#define RIG_IS_SANITIZED 0
#endif

static char folder[64];
static char logged[8][512];
static _Atomic uint32_t n_logged;

static inline void rig_log(void *data, const char *line)
{
	uint32_t i = atomic_fetch_add(&n_logged, 1);

	if (i < 8)
		(void)snprintf(logged[i], sizeof(logged[i]), "%s", line);
	(void)data;
}

static inline void rig_folder(void)
{
	strcpy(folder, "/tmp/mos-samples-XXXXXX");
	cr_assert(mkdtemp(folder));
}

static inline int rig_unlink(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st, (void)flag, (void)f;
	return remove(path);
}

static inline void rig_clean(void)
{
	(void)nftw(folder, rig_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static inline const char *in_folder(const char *name)
{
	static char path[8][256];
	static uint32_t next;
	char *p = path[next++ % 8];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
	return p;
}

static inline uint32_t rig_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Music enough for a lossy encoder: a few sines and some noise, another one for each seed. */
static inline void rig_write(
	const char *path, int format, uint32_t n_channels, uint32_t n_frames, uint32_t seed)
{
	SF_INFO info = {.samplerate = RATE, .channels = (int)n_channels, .format = format};
	SNDFILE *sf = sf_open(path, SFM_WRITE, &info);
	int32_t *x = calloc((size_t)n_frames * n_channels, sizeof(*x));

	cr_assert(sf, "%s: %s", path, sf_strerror(NULL));
	for (uint32_t i = 0; i < n_frames; i++)
		for (uint32_t c = 0; c < n_channels; c++) {
			double y = sin(i * (0.01 + 0.003 * (seed % 17 + c))) * 0.5 +
				   (rig_random(&seed) / 16777216.0 - 0.5) * 0.2;

			x[i * n_channels + c] = (int32_t)(y * 2147483647.0);
		}
	cr_assert_eq(sf_writef_int(sf, x, n_frames), n_frames);
	sf_close(sf);
	free(x);
}

/* All frames as floats by libsndfile, interleaved. */
static inline float *rig_decode(const char *path, SF_INFO *ret)
{
	SNDFILE *sf;
	float *x;

	*ret = (SF_INFO){0};
	sf = sf_open(path, SFM_READ, ret);
	cr_assert(sf, "%s", path);
	x = calloc((size_t)ret->frames * (size_t)ret->channels, sizeof(*x));
	cr_assert_eq(sf_readf_float(sf, x, ret->frames), ret->frames);
	sf_close(sf);
	return x;
}

/* Frame `f` of a sample, which is in memory. */
static inline int rig_peek(const struct sample *s, uint32_t channel, uint32_t f, float *ret)
{
	for (uint32_t i = 0; i < s->n_extents; i++) {
		const struct sample_extent *x = &s->extent[i];

		if (f < x->first || f >= x->end)
			continue;
		if (s->format == SAMPLE_S16)
			*ret = (float)((const int16_t *)x->data[channel])[f - x->first] / 32768.0f;
		else
			*ret = ((const float *)x->data[channel])[f - x->first];
		return 1;
	}
	return 0;
}

#ifdef SAMPLES_WITH_FAULTS
/* What the kernel answers this process from now on; 0: the truth. */
static struct {
	_Atomic int pread_short, pread_error, pwrite_error, open_error, create_error, no_uring;
	_Atomic int stall;          /* reads wait while it is 1 */
	_Atomic uint32_t n_stalled; /* that do */
} faults;

#include <dlfcn.h>
#include <liburing.h>
#include <time.h>

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
	static _Atomic uint32_t turn;

	if (faults.stall) {
		faults.n_stalled++;
		while (faults.stall)
			(void)nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
		faults.n_stalled--;
	}
	if (faults.pread_error) {
		errno = faults.pread_error;
		return -1;
	}
	if (faults.pread_short)
		n = 1 + (turn++ * 7919u) % n;
	return syscall(SYS_pread64, fd, to, n, at);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
	if (faults.pwrite_error && at > 100000) {
		errno = faults.pwrite_error;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, from, n, at);
}

int open(const char *path, int flags, ...)
{
	__builtin_va_list ap;
	unsigned mode;

	__builtin_va_start(ap, flags);
	mode = flags & O_CREAT ? __builtin_va_arg(ap, unsigned) : 0;
	__builtin_va_end(ap);
	errno = flags & O_CREAT ? faults.create_error : strstr(path, ".pcm") ? faults.open_error : 0;
	return errno ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags)
{
	int (*real)(unsigned, struct io_uring *, unsigned);
	void *symbol = dlsym(RTLD_NEXT, "io_uring_queue_init");

	memcpy(&real, &symbol, sizeof(real));
	return faults.no_uring ? -EPERM : real(entries, ring, flags);
}
#endif

#endif
