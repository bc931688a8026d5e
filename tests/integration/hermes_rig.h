/* SPDX-License-Identifier: MIT */
/**
 * mos-hermes as a process, with the test as its broker and its callers.
 */
#ifndef TEST_HERMES_RIG_H
#define TEST_HERMES_RIG_H

#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

#define RIG_WATCHDOG_MS 20000
#define RIG_CLIENTS 8

/** What the broker's side does with kronos.timeline.load. */
enum kronos { KRONOS_TAKES, KRONOS_REFUSES, KRONOS_HANGS_UP, KRONOS_WAITS };

struct hermes_rig {
	char dir[64];
	int listener, broker; /**< -1: none */
	int client[RIG_CLIENTS];
	pid_t pid;
	struct wire_in in; /**< the last frame */
	enum kronos kronos;
	uint64_t generation, timeline_id; /**< that the broker speaks of; generation 0: of nothing */
	unsigned n_timelines;             /**< taken */
	unsigned n_updates;               /**< of them, newer content of what plays */
	unsigned n_failed;                /**< broker.score.failed */
	int64_t last_failed;              /**< its load_id */
	uint64_t last_id;                 /**< of the last timeline taken */
	uint32_t last_events;
	int64_t last_end;
	unsigned n_clients;  /**< that were brought */
	uint32_t waiting_id; /**< KRONOS_WAITS: the request that is not answered */
};

extern struct hermes_rig rig;

/** Make the directory, start the service, register it, bring RIG_CLIENTS callers who may read and edit. */
void rig_start(void);
/** SIGTERM ends it cleanly; a sanitizer's finding would show in the status. */
void rig_stop(void);
/** The process alone: end it by this signal, start another one in the same directory. */
void rig_end(int signal);
void rig_start_again(void);

/** The service connects and registers. */
void rig_accept(void);
/** One more caller, with capabilities besides score.read. @param cap  NULL: none. */
int rig_client(const char *cap);

/** A frame of the service to the broker: served as rig.kronos says. */
void rig_serve(void);
/** Serve the broker's side until `sock` has something. */
void rig_wait(int sock);
/** Serve until `n` timelines were taken. */
void rig_wait_timelines(unsigned n);
/** Tell the service that another rtcore has come. */
void rig_rtcore_up(uint64_t generation, uint64_t timeline_id);

/** Send a request; `out` has its parameters. rig_begin(), wire_put_*(), rig_send(). */
void rig_begin(struct wire_out *out, const char *method);
void rig_send(int sock, struct wire_out *out);
/** Wait for the answer, in rig.in; notices before it are kept away. */
void rig_answer(int sock);
/** The next notice of this method. */
void rig_notice(int sock, const char *method);
/** 1: nothing comes for `ms`. */
int rig_is_quiet(int sock, int ms);

/** Method without parameters, or with `name` and the file beside it (closed). */
void rig_request(int sock, const char *method, int fd);
void rig_call(int sock, const char *method, int fd);
/** Send what rig_begin() began, wait for the answer. */
void rig_call_out(int sock, struct wire_out *out);

/** The last answer is an error of this code, at this place unless NULL. */
void rig_expect_error(const char *code, const char *where);
/** It is none. */
void rig_expect_result(void);
/** Text of the last answer, "" when it is not there. Good until the next but seven. */
const char *rig_text(const char *key);
int64_t rig_number(const char *key);

/** A MIDI file with one note of this key. */
int rig_song(uint8_t key);
/** Bytes as a file. */
int rig_file(const void *bytes, size_t n);

#endif
