/* SPDX-License-Identifier: MIT */
/**
 * The tie between JACK and MOS. A thread of its own opens both and makes the calls, which may block; JACK's
 * audio thread reads the clock page, decides (sync.h), sends JACK's transport elsewhere by itself and leaves
 * the rest to that thread. Nobody waits for anybody.
 */
#ifndef JACK_BRIDGE_H
#define JACK_BRIDGE_H

#include <pthread.h>
#include <stdatomic.h>

#include <mos/client.h>

#include "libjack.h"
#include "sync.h"

enum bridge_state {
	BRIDGE_OFF = 0,
	BRIDGE_NO_LIBRARY, /**< `why` says so */
	BRIDGE_NO_SERVER,
	BRIDGE_NO_TIMEBASE, /**< another client has it, and JACK does not let us */
	BRIDGE_ON,
};

/** What the thread says of itself. */
struct bridge_said {
	enum bridge_state state;
	char why[256];
	char library[256];
	char name[64]; /**< of our client */
};

struct bridge {
	/* Main thread's. */
	pthread_t thread;
	bool is_running;
	int said_fd; /**< eventfd: something was said */
	/* Both. */
	const char *library, *runtime_dir; /**< borrowed */
	int wake_fd;
	atomic_bool ends;
	pthread_mutex_t mutex; /**< of `said`: never the audio thread's */
	struct bridge_said said;
	/* The bridge thread's. */
	const struct libjack *lib;
	jack_client_t *jack;
	struct mos_client *mos;
	/* Between the bridge and the audio thread. */
	const struct mos_clock_page *_Atomic page;
	atomic_bool is_shut;
	atomic_int command; /**< 1 start, 0 stop, -1 nothing */
	atomic_int ask;     /**< enum sync_ask */
	_Atomic uint32_t ask_frame;
	atomic_int answer; /**< -1: none; 0: not done; 1: done */
	/* The audio thread's. */
	struct sync sync;
	struct sync_in in;
	bool is_cycled, is_ready;
	/* Written by it, read by all. */
	_Atomic uint32_t frame, rate_hz, n_frames;
	atomic_int transport; /**< jack_transport_state_t */
	atomic_ullong n_located, n_asked;
};

/** Zeroed memory becomes a bridge that does nothing yet. @return 0, -errno. */
int bridge_init(struct bridge *b, const char *library, const char *runtime_dir);
void bridge_finish(struct bridge *b);

/** Begin, if it does not run. What becomes of it is said: `said_fd`. @return 0, -errno. */
int bridge_start(struct bridge *b);
/** Leave JACK. Waits for the thread: some seconds where a call hangs. */
void bridge_stop(struct bridge *b);
struct bridge_said bridge_says(struct bridge *b);

#endif
