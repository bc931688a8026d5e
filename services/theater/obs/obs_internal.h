/* SPDX-License-Identifier: MIT */
/** Between obs.c (the theater's thread) and link.c (the connection's). */
#ifndef THEATER_OBS_INTERNAL_H
#define THEATER_OBS_INTERNAL_H

#include <pthread.h>

#include <libwebsockets.h>

#include "talk.h"

/** What is known. Copied as a whole: no padding is left undefined (compared as bytes). */
struct obs_news {
	int64_t record_ns;
	uint32_t is_there, is_recording;
	char scene[OBS_SCENE_MAX];
	char text[256];
};

struct obs {
	/* both threads, under the lock */
	pthread_mutex_t lock;
	uint32_t n_refs;
	uint8_t is_ending;
	struct lws_context *context; /**< NULL: not yet, not any more */
	struct obs_news news;
	/* set before the thread begins */
	int bell;
	char host[256], path[256];
	char *password;
	int port;
	uint8_t is_secure;
	/* the theater's */
	pthread_t thread;
	struct obs_ops ops;
	void *data;
	struct obs_news told;
	/* the connection's */
	struct talk talk;
	struct obs_news now;
	struct lws *wsi;
	lws_sorted_usec_list_t timer;
	lws_log_cx_t log; /**< silent, and our own: the library's counts its users without a lock */
	uint32_t n_tries;
	char reason[128]; /**< why the other end closed; "": it did not say */
	char *rx;
	size_t n_rx;
	size_t n_tx;
	unsigned char tx[LWS_PRE + TALK_ANSWER_MAX];
};

/** The thread: until obs->is_ending. */
void obs_link(struct obs *obs);
/** The connection's thread tells what it knows now. */
void obs_tell(struct obs *obs, const struct obs_news *news);

#endif
