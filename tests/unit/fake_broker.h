/* SPDX-License-Identifier: MIT */
/**
 * A broker of the tests' own: a thread behind a socket in a new directory, which answers as it is told. It
 * hands out real regions. One a test; the directory goes with fake_finish().
 */
#ifndef FAKE_BROKER_H
#define FAKE_BROKER_H

#include <pthread.h>

#include <mos/audio_tap.h>
#include <mos/clock.h>
#include <mos/counters.h>
#include <mos/event_ring.h>
#include <mos/ingress.h>
#include <mos/region.h>

#include "wire.h"

/** What becomes of a request. */
enum fake_answer { FAKE_SEND, FAKE_SILENCE, FAKE_HANG_UP };

#define FAKE_SLOTS 16u /* of the event ring */
#define FAKE_DATA_MAX 8

struct fake {
	char dir[64];
	pthread_t thread;
	int running;
	int listen_sock, command_pipe[2];
	int newest_sock; /* of the connection made last; atomic */
	int opened_sock; /* that has a slot; the fake's thread only */
	/**
	 * Answers one request, in the broker's thread: fills `out` beginning with wire_begin_*(). Methods
	 * that it returns -1 for are answered by the fake itself (broker.client.open, broker.system.status,
	 * broker.data.put and .get). Set it while the fake has nothing to do.
	 */
	int (*handle)(struct fake *fake, int sock, struct wire_in *in, struct wire_out *out);
	/** Hears what the client answers to requests of fake_send(), in the broker's thread. */
	void (*answered)(struct fake *fake, int sock, struct wire_in *in);
	void *data; /* the test's */

	/* rtcore's side */
	uint64_t generation;
	struct mos_region clock, events, ingress, audio;
	struct mos_counters counters;
	struct mos_event_log log;
	struct mos_event_writer writer;
	struct mos_audio_tap tap;
	struct mos_ingress_reader reader;
	int doorbell;
	const char *withheld; /* regions not handed out: "clock audio" */
	const char *denied;   /* capabilities not granted: "apollo.play" */
	const char *nonsense; /* a name more in `regions`, with a descriptor */
	int fds_missing;      /* so many fewer descriptors than regions */
	int opens_once;       /* refuse a second broker.client.open on a connection */
	int down;             /* broker.client.open answers rtcore.down so many times */
	int opened, resumed;  /* broker.client.open calls seen, and those with a fitting resume; atomic */
	int data_fd[FAKE_DATA_MAX]; /* what was shared, id 1 ... */
	int n_data;
};

#define FAKE_SLOT 7
#define FAKE_COOKIE UINT64_C(0xfedcba9876543210) /* above INT64_MAX: cookies are unsigned */

/** Directory, regions, thread. */
void fake_init(struct fake *fake);
/** The same with an event ring of so many slots. */
void fake_init_ring(struct fake *fake, uint32_t n_slots);
/** The broker dies: all its sockets close. The regions stay, as rtcore's would. */
void fake_kill(struct fake *fake);
/** And is back, at the same place. */
void fake_start(struct fake *fake);
/** rtcore dies and another comes: new regions, next generation. */
void fake_new_rtcore(struct fake *fake);
void fake_finish(struct fake *fake);

/** Send a frame, as ended or not, to the newest connection; waits until there is one. Finishes it. */
void fake_send(struct fake *fake, struct wire_out *out);
/** A notice without parameters, or with one text. */
void fake_notify(struct fake *fake, const char *method, const char *key, const char *text);
/** Hang up the newest connection. */
void fake_hang_up(struct fake *fake);
/** Serve one end of a socket pair. @return the other. */
int fake_adopt(struct fake *fake);

/** Publish and ring, as rtcore's bus thread does. */
void fake_publish(struct fake *fake, const struct mos_event *ev);
/** Publish only: the frame's bell comes later. */
void fake_publish_quietly(struct fake *fake, const struct mos_event *ev);
struct mos_event fake_event(uint32_t type, int64_t tick);

#endif
