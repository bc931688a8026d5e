/* SPDX-License-Identifier: MIT */
/*
 * Steps of the wall clock for the programs of a test, without touching the machine's: loaded before libc
 * (LD_PRELOAD), it adds to CLOCK_REALTIME the seconds that lie in the file $SOAK_CLOCK, a 64-bit number that
 * may change at any moment. Every other clock passes. What the kernel itself measures against CLOCK_REALTIME
 * (absolute timers, timestamps of files) is not stepped: programs that use these are not tested by it.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t nothing, *offset_s = &nothing;
static int (*real_gettime)(clockid_t clock, struct timespec *ts);

[[gnu::constructor]] static void begin(void)
{
	const char *path = getenv("SOAK_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *base;

	real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		return;
	base = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
	if (base != MAP_FAILED)
		offset_s = base;
	(void)close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int r;

	if (!real_gettime) /* another constructor came first */
		real_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	r = real_gettime(clock, ts);
	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += atomic_load_explicit(offset_s, memory_order_relaxed);
	return r;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;
	int r = clock_gettime(CLOCK_REALTIME, &ts);

	if (r == 0)
		*tv = (struct timeval){.tv_sec = ts.tv_sec, .tv_usec = ts.tv_nsec / 1000};
	return r;
}

int timespec_get(struct timespec *ts, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ts) == 0 ? base : 0;
}

time_t time(time_t *ret)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME_COARSE, &ts) < 0)
		return (time_t)-1;
	if (ret)
		*ret = ts.tv_sec;
	return ts.tv_sec;
}
