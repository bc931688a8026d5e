/* SPDX-License-Identifier: MIT */
/**
 * What control's files about inserts share. A place (strip, slot) holds at most three runs of mos-fxhost: the
 * one that is in force, the one that is getting ready to take its place, and what the audio thread is about
 * to give back. inserts.c does what is asked for, inserts_watch.c looks after the processes,
 * inserts_run.c talks to one.
 */
#ifndef INSERTS_INTERNAL_H
#define INSERTS_INTERNAL_H

#include "insert_host.h"
#include "insert_process.h"
#include "insert_rt.h"

enum run_talks { RUN_SILENT, RUN_SAVES, RUN_RESTORES };

/** Its state, on the way from or to the process. */
struct run_talk {
	enum run_talks what;
	char *text;
	size_t n, at; /**< bytes of it, and of those that are sent */
	uint32_t n_values; /**< of controls, as the state has set them */
	int is_sent;  /**< all of it */
	int status;   /**< of the last one */
	int keep;     /**< somebody waits for `text` */
	int64_t until_ns;
	uint8_t is_set[INSERT_CONTROLS_MAX]; /**< meanwhile */
};

struct run {
	struct inserts *in;
	struct place *place;
	uint32_t kind;
	char what[224];
	char name[128];
	struct insert_process process;
	struct insert *end; /**< NULL: not ready yet */
	uint32_t n_bell;
	int is_again; /**< it takes the place of one that died: nobody waits for an answer */
	int64_t started_ns;
	int64_t closed_ns; /**< since then its line is closed, and its end is waited for; 0: it is open */
	struct insert_control control[INSERT_CONTROLS_MAX];
	uint8_t is_set[INSERT_CONTROLS_MAX];
	uint32_t n_controls;
	uint32_t n_named; /**< so far, while it starts */
	uint32_t n_unasked;
	int is_up;   /**< it is made; what was set before is on its way to it */
	char *state; /**< what was restored; NULL: nothing */
	struct run_talk talk;
	uint32_t n_owed; /**< answers that nobody waits for any more, and that will come before the next one */
	/* what it did when it was looked at last */
	uint64_t seen_fed, seen_out;
	int64_t progress_ns;
};

struct place {
	uint32_t strip, slot;
	struct run *current; /**< the audio thread has it, or is about to give it back */
	struct run *next;    /**< starts, or is ready */
	int is_swapping;     /**< the audio thread was told to take `next`, or nothing */
	int is_removing;     /**< `current` crosses over to the sound that comes in, then goes */
	int64_t removing_ns;
	int is_bypassed;   /**< that was told */
	int is_off;        /**< switched off by who uses it: also when its process was started again */
	uint32_t n_deaths; /**< lately */
	int64_t retry_ns;  /**< 0: none */
	char text[160];    /**< why it is bypassed or dead */
};

struct inserts {
	struct inserts_config config;
	char program[4096];
	int epoll_fd, timer_fd;
	struct place *place[INSERTS_MAX];
	uint32_t n_places;
	uint64_t bells; /**< bit n: taken */
	uint32_t latency;
};

int64_t inserts_now_ns(void);

/* inserts.c */

/** Tell control, and remember why it is bypassed or dead. */
[[gnu::format(printf, 4, 5)]] void place_tell(
	struct place *p, enum inserts_news news, int status, const char *format, ...);
struct place *place_find(const struct inserts *in, uint32_t strip, uint32_t slot);
/** Forget a place in which nothing is any more. */
void place_drop(struct inserts *in, struct place *p);
/** What was getting ready will not be needed. */
void place_cancel_next(struct place *p, int status, const char *why);
/** Have the audio thread take what is ready, or let go of what has left. */
void place_try_swap(struct inserts *in, struct place *p);
/** 0: off. */
void inserts_set_timer(struct inserts *in, int64_t every_ns);

/* inserts_run.c */

/** Start a process for a place. `like`: take its controls and state over; may be NULL. @return 0 or -errno.
 */
int run_start(struct place *p, struct inserts *in, uint32_t kind, const char *what, const struct run *like,
	struct run **ret);
/** End the process; the audio thread's end stays. */
void run_stop(struct run *r);
/** End all of it: the audio thread must not have it any more. NULL is fine. */
void run_free(struct run *r);
/** Read what it says. @return 1 it has just got ready; 0; -errno it failed or ended, `text` says why. */
int run_listen(struct run *r, char *text, size_t size);
/** @return 0; -ENOENT, -ERANGE with a sentence. */
int run_set(struct run *r, const char *symbol, float value, char *error, size_t size);
/** Have it take all values that were set. */
int run_send_values(struct run *r);
void run_message(struct insert_msg *m, uint32_t op, const char *text);
/** Wake it, wherever it waits. */
void run_wake(struct run *r);

/* inserts_state.c */

/** Ask for its state, or have it take one. @return 0: told later; -EBUSY the last one is under way; -EPIPE, -EFBIG,
 * -ENOMEM. */
int run_ask_save(struct run *r);
int run_ask_restore(struct run *r, const char *text);
/** Send what had no room yet. @return 0, -EPIPE. */
int run_push(struct run *r);
/** It said something while it was asked. @return 0; -EPROTO: nonsense. */
int run_said(struct run *r, const struct insert_msg *m);
/** What was asked is over. Nothing asked: nothing done. */
void run_talk_end(struct run *r, int status);

#endif
