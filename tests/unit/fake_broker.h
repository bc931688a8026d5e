/* SPDX-License-Identifier: MIT */
/**
 * A broker of the tests' own: a thread behind a socket in a new directory, which answers as it is told. It
 * hands out real regions. One a test; the directory goes with fake_finish().
 */
#ifndef FAKE_BROKER_H
#define FAKE_BROKER_H

#include <pthread.h>

#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>

#include "wire.h"

/** What becomes of a request. */
enum fake_answer { FAKE_SEND, FAKE_SILENCE, FAKE_HANG_UP };

struct fake {
	char dir[64];
	pthread_t thread;
	int running;
	int listen_sock, stop_pipe[2];
	/**
	 * Answers one request, in the broker's thread: fills `out` beginning with wire_begin_*(). Methods
	 * that it returns -1 for are answered by the fake itself (broker.client.open, broker.system.status).
	 */
	int (*handle)(struct fake *fake, int sock, struct wire_in *in, struct wire_out *out);
	void *data; /* the test's */

	/* rtcore's side */
	uint64_t generation;
	struct mos_region clock, events, ingress, dirty;
	struct mos_counters counters;
	struct mos_event_writer writer;
	struct mos_ingress_reader reader;
	int fds_withheld;    /* hand out this many fewer descriptors */
	int opened, resumed; /* broker.client.open calls seen, and those with a fitting resume */
};

#define FAKE_SLOT 7
#define FAKE_COOKIE UINT64_C(0xfedcba9876543210) /* above INT64_MAX: cookies are unsigned */

/** Directory, regions, thread. */
void fake_init(struct fake *fake);
/** The broker dies: all its sockets close. The regions stay, as rtcore's would. */
void fake_kill(struct fake *fake);
/** And is back, at the same place. */
void fake_start(struct fake *fake);
/** rtcore dies and another comes: new regions, next generation. */
void fake_new_rtcore(struct fake *fake);
void fake_finish(struct fake *fake);

#endif
