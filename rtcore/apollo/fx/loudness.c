/* SPDX-License-Identifier: MIT */
#include "loudness.h"

#include <ebur128.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../../counters.h"

#define TURN_MS 100
#define CHUNK 4096u
#define SILENCE (-120000) /* as for peaks: nothing is measured below */
/* the histogram keeps the memory the same after an hour as after a second */
#define MODE                                                                                                 \
	(EBUR128_MODE_M | EBUR128_MODE_S | EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK |      \
		EBUR128_MODE_HISTOGRAM)

struct loudness {
	struct loudness_source source;
	struct mos_audio_reader reader;
	ebur128_state *meter;
	uint32_t resets;
	uint32_t transport; /* enum mos_transport_state seen last */
	int end_fd;         /* -1: no thread */
	pthread_t thread;
	float left[CHUNK], right[CHUNK], both[2 * CHUNK];
};

int loudness_create(const struct loudness_source *s, struct loudness **ret)
{
	struct loudness *l = calloc(1, sizeof(*l));
	int r = l ? mos_audio_reader_init(&l->reader, s->tap) : -ENOMEM;

	if (r == 0) {
		l->meter = ebur128_init(2, l->reader.rate_hz, MODE);
		r = l->meter ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free(l);
		return r;
	}
	l->source = *s;
	l->end_fd = -1;
	l->resets = __atomic_load_n(s->resets, __ATOMIC_RELAXED);
	*ret = l;
	return 0;
}

/* Is it asked for, or does playing begin? */
static int begins_anew(struct loudness *l)
{
	uint32_t resets = __atomic_load_n(l->source.resets, __ATOMIC_RELAXED), before = l->transport;
	int anew = resets != l->resets;
	struct mos_clock clock;

	l->resets = resets;
	if (mos_clock_read(l->source.clock, &clock) == 0)
		l->transport = clock.state;
	return anew || (l->transport == MOS_TRANSPORT_PLAYING && before != MOS_TRANSPORT_PLAYING &&
			       before != MOS_TRANSPORT_PAUSED);
}

/* @return frames measured. */
static uint64_t measure(struct loudness *l)
{
	uint64_t n = 0;

	for (;;) {
		uint64_t from = l->reader.next_frame;
		int got = mos_audio_read(&l->reader, MOS_TAP_OUT_L, l->left, CHUNK), right;

		if (got == -EOVERFLOW)
			continue; /* it goes on with what is whole */
		if (got <= 0)
			return n;
		l->reader.next_frame = from;
		right = mos_audio_read(&l->reader, MOS_TAP_OUT_R, l->right, (uint32_t)got);
		if (right == -EOVERFLOW)
			continue;
		for (int i = 0; i < right; i++) {
			l->both[2 * i] = l->left[i];
			l->both[2 * i + 1] = l->right[i];
		}
		if (right > 0)
			(void)ebur128_add_frames_float(l->meter, l->both, (size_t)right);
		n += (uint64_t)right;
	}
}

static void tell(const struct loudness *l, enum rtcore_counter c, int err, double value)
{
	double milli = err == EBUR128_SUCCESS && isfinite(value) ? round(value * 1000) : SILENCE;

	mos_counter_set(l->source.counters, c, milli < SILENCE ? SILENCE : (int64_t)milli);
}

static double true_peak(const struct loudness *l)
{
	double a = 0, b = 0;

	(void)ebur128_true_peak(l->meter, 0, &a);
	(void)ebur128_true_peak(l->meter, 1, &b);
	return 20 * log10(fmax(a, b));
}

void loudness_turn(struct loudness *l)
{
	double value = 0;
	int err;

	if (begins_anew(l)) {
		ebur128_state *fresh = ebur128_init(2, l->reader.rate_hz, MODE);

		if (fresh) { /* else the old one goes on */
			ebur128_destroy(&l->meter);
			l->meter = fresh;
		}
	} else if (l->reader.next_frame == __atomic_load_n(&l->reader.hdr->end_frame, __ATOMIC_RELAXED)) {
		return;
	}
	(void)measure(l);
	err = ebur128_loudness_momentary(l->meter, &value);
	tell(l, C_LOUDNESS_MOMENTARY, err, value);
	err = ebur128_loudness_shortterm(l->meter, &value);
	tell(l, C_LOUDNESS_SHORT, err, value);
	err = ebur128_loudness_global(l->meter, &value);
	tell(l, C_LOUDNESS_INTEGRATED, err, value);
	err = ebur128_loudness_range(l->meter, &value);
	mos_counter_set(l->source.counters, C_LOUDNESS_RANGE,
		err == EBUR128_SUCCESS ? (int64_t)round(value * 1000) : 0);
	tell(l, C_LOUDNESS_TRUE_PEAK, EBUR128_SUCCESS, true_peak(l));
	mos_counter_set(l->source.counters, C_LOUDNESS_LOST, (int64_t)l->reader.lost);
}

static void *run(void *data)
{
	struct loudness *l = data;
	struct pollfd end = {.fd = l->end_fd, .events = POLLIN};

	while (poll(&end, 1, TURN_MS) <= 0)
		loudness_turn(l);
	return NULL;
}

int loudness_start(struct loudness *l)
{
	sigset_t all, old;
	int r;

	l->end_fd = eventfd(0, EFD_CLOEXEC);
	if (l->end_fd < 0)
		return -errno;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r) {
		close(l->end_fd);
		l->end_fd = -1;
		return -r;
	}
	(void)pthread_setname_np(l->thread, "mos-loudness");
	return 0;
}

void loudness_destroy(struct loudness *l)
{
	uint64_t one = 1;

	if (!l)
		return;
	if (l->end_fd >= 0) {
		(void)!write(l->end_fd, &one, sizeof(one));
		pthread_join(l->thread, NULL);
		close(l->end_fd);
	}
	ebur128_destroy(&l->meter);
	free(l);
}
