/* SPDX-License-Identifier: MIT */
/**
 * A widget as the broker knows it, and all of them. What a widget holds hangs from its one object, so that
 * its end, however it comes, is one function (WID-05). Main thread.
 *
 * widgets.c knows them, supervisor.c decides who runs, process.c runs one, duties.c is what a widget calls,
 * methods.c and control.c what people call, viewers.c and call.c go between both, stage.c between it and the
 * theater, keep.c writes down.
 */
#ifndef BROKER_WIDGETS_WIDGET_H
#define BROKER_WIDGETS_WIDGET_H

#include <sys/queue.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include <mos/event.h>

#include "disk.h"
#include "journal.h"
#include "manifest.h"
#include "rpc.h"
#include "store.h"

#define WIDGETS_MAX 128u /**< what broker.widget.list says of all of them fits a frame */
#define WIDGET_CRASHES_KEPT 8u
#define WIDGET_CRASHES_IN_ROW_MAX 5u /**< then it has failed */
#define WIDGET_TEXT_MAX 8193u        /**< shown text with its NUL */

struct broker;
struct client;
struct widget;

struct widget_crash {
	int64_t when_unix_ms;
	int status; /**< exit code, or -signal */
	char log[2048];
};

/** The process of a widget; gone: pid 0. */
struct widget_process {
	pid_t pid;
	int pidfd;             /**< -1: none */
	sd_event_source *exit; /**< the pidfd */
	int out;               /**< what it prints; -1: none */
	sd_event_source *out_io, *out_pause;
	char cgroup[STORE_PATH_MAX]; /**< empty: none */
	struct client *client;       /**< its connection; NULL: hung up */
	int spoke;                   /**< it opened its slot: activate's deadline runs */
	int killed;                  /**< by us */
};

/** A request that waits until something has become of the widget. */
struct widget_waiter {
	struct rpc_request *req;
	int for_stop; /**< its process is gone; else: it is active */
	sd_event_source *timer;
	struct widget *widget;
	TAILQ_ENTRY(widget_waiter) link;
};

struct widget_viewer {
	struct rpc_conn *conn;
	int behind; /**< it was still reading when there was something new */
	TAILQ_ENTRY(widget_viewer) link;
};

/** A change of settings that waits for its turn (WID-11). */
struct settings_request;
/** A state that waits to be written. */
struct save_request;
struct wanted_job;
struct widget_call;
/** What is done when the process is gone: another version, or none. */
struct widget_change;

struct widget {
	struct widgets *all;
	struct manifest manifest;
	char folder[STORE_PATH_MAX];
	int bundled;
	TAILQ_ENTRY(widget) link;

	/* supervisor.c */
	enum mos_widget_state state;
	int goal;         /**< 1: it is to run */
	int again;        /**< 1: it is to end once, and to be started again if that is the goal */
	int leaving;      /**< it, or one that it depends on, is to end */
	int64_t since_us; /**< CLOCK_MONOTONIC, of the state */
	uint32_t restarts, crashes_in_row;
	int exit_status;
	char text[160]; /**< why it is as it is */
	sd_event_source *timer;
	struct widget_process process;
	struct widget_crash crash[WIDGET_CRASHES_KEPT];
	uint32_t n_crashes;
	TAILQ_HEAD(, widget_waiter) waiters;
	struct widget_change *change;
	struct journal journal;

	/* keep.c */
	struct settings settings;
	STAILQ_HEAD(, settings_request) changes; /**< the first is being written */
	yyjson_mut_doc *saved;                   /**< state.json; NULL: never */
	STAILQ_HEAD(, save_request) saves;       /**< the same */

	/* viewers.c */
	char shown_text[WIDGET_TEXT_MAX];
	yyjson_mut_doc *shown; /**< NULL: none */
	TAILQ_HEAD(, widget_viewer) viewers;
	int64_t told_us;
	sd_event_source *tell_timer;

	/* call.c */
	TAILQ_HEAD(, widget_call) calls;
	uint32_t n_calls;

	/* stage.c */
	uint32_t instance;                    /**< counts its processes */
	uint32_t pixels_width, pixels_height; /**< as this process asked for; 0: not */
	int64_t pixels_us;                    /**< when it last did */
	int wake_waits;                       /**< a widget.stage lies unread */
};

struct widgets {
	struct broker *broker;
	struct store store;
	struct disk disk;
	TAILQ_HEAD(, widget) list;
	uint32_t n;
	char sandbox[STORE_PATH_MAX];
	char cgroup[STORE_PATH_MAX];          /**< delegated to us; empty: none */
	sd_event_source *reconcile;           /**< deferred: look again who is to run */
	void (*ended)(struct broker *broker); /**< not NULL: everything ends, told when the last is gone */
	struct rpc_conn *stage;               /**< the theater's; NULL: it is not there */
	int ending;                           /**< what runs no longer says what is wanted */
	struct wanted_job *wanted_job;        /**< the disk has it */
	struct wanted_job *wanted_next;       /**< what has changed since */
};

/* --- widgets.c --- */

/** Find what is there, start what was wanted. @return 0, -errno of the event loop. */
int widgets_start(struct widgets *ws, struct broker *broker);
/** Kill what still runs, forget everything. Zeroed ones are fine. */
void widgets_stop(struct widgets *ws);

struct widget *widgets_find(struct widgets *ws, const char *id);
/** The widget of a request's `id`. @return NULL with req->error filled. */
struct widget *widgets_of(struct rpc_request *req, const msgpack_object *params);
/** Take one up. @param m  Moved. @return NULL: no memory, or too many. */
struct widget *widgets_add(struct widgets *ws, struct manifest *m, const char *folder, int bundled);
/** Its process is gone; requests are answered. */
void widgets_forget(struct widget *w);
/** Replace the manifest of one that does not run, settings and state kept. @param m  Moved. @return 0,
 * -ENOMEM. */
int widgets_renew(struct widget *w, struct manifest *m, const char *folder, int bundled);
/** Look for a bundled widget of that name: an installed one was taken away. @return 1 found, *ret is it. */
int widgets_find_bundled(
	struct widgets *ws, const char *id, struct manifest *ret, char folder[static STORE_PATH_MAX]);

/* --- supervisor.c --- */

/** Start it, and what it depends on. @return 0; -EINVAL with *req's error filled. */
int supervisor_start(struct widget *w, struct rpc_request *req);
/** End it, and what depends on it. */
void supervisor_stop(struct widget *w);
/** End it once; its dependents wait meanwhile. */
void supervisor_cycle(struct widget *w);
/** Everything ends. `ended` is called, perhaps at once. */
void supervisor_end_all(struct widgets *ws, void (*ended)(struct broker *broker));
/** Something has changed that may let somebody start or end. */
void supervisor_look(struct widgets *ws);
/** Wait for it to be active (`for_stop` 0) or gone; answered with id, state and pid. @return RPC_LATER, 0,
 * -errno. */
int supervisor_wait(struct widget *w, struct rpc_request *req, int for_stop);

/* What process.c and duties.c tell: */
void supervisor_spoke(struct widget *w);                      /**< its slot is asked for */
void supervisor_ready(struct widget *w);                      /**< activate is done */
void supervisor_broken(struct widget *w, const char *reason); /**< it is of no more use: killed */
void supervisor_gone(struct widget *w, int status);           /**< its process has ended */
void supervisor_rtcore_up(struct widgets *ws);                /**< deadlines that stood still run */

const char *widget_state_name(enum mos_widget_state state);
/** Whether it has a process. */
static inline int widget_lives(const struct widget *w)
{
	return w->process.pid > 0;
}

/* --- process.c --- */

/** Run it. @return 0; -errno, nothing was started. */
int process_start(struct widget *w);
/** SIGKILL to the sandbox, and with it to all that runs inside. */
void process_kill(struct widget *w);
/** Find the sandbox program and a cgroup of our own. */
void process_find(struct widgets *ws);
/** For the broker's end: kill, wait, let go. */
void process_finish(struct widget *w);
/** Its connection has ended. */
void process_hung_up(struct widget *w);
/** Begin a notification to it; process_tell() sends it. @return the connection; NULL: there is none. */
struct rpc_conn *process_begin(struct widget *w, struct wire_out *out, const char *method);

/* --- keep.c --- */

/** Read settings and state. */
int keep_load(struct widget *w);
void keep_finish(struct widget *w);
/** Whether something of it is still on the way to the disk: the next process is to be told that. */
int keep_writes(const struct widget *w);
/** Remember which are to run. */
void keep_wanted(struct widgets *ws);
/** Call for each that was to run. */
void keep_each_wanted(struct widgets *ws, void (*wanted)(struct widgets *ws, const char *id));
int keep_handle_settings_get(struct rpc_request *req, const msgpack_object *params);
int keep_handle_settings_set(struct rpc_request *req, const msgpack_object *params);
/** broker.widget.save */
int keep_save(struct widget *w, struct rpc_request *req, const msgpack_object *params);

/* --- viewers.c --- */

int viewers_handle_attach(struct rpc_request *req, const msgpack_object *params);
int viewers_handle_detach(struct rpc_request *req, const msgpack_object *params);
/** broker.widget.show */
int viewers_show(struct widget *w, struct rpc_request *req, const msgpack_object *params);
/** It no longer runs: what it showed is void. */
void viewers_ended(struct widget *w);
/** A connection ended. */
void viewers_forget(struct widgets *ws, struct rpc_conn *conn);
void viewers_finish(struct widget *w);

/* --- stage.c --- */

/** It became active, or has stopped being so. */
void stage_state(struct widget *w, enum mos_widget_state old);
/** A connection ended. */
void stage_forget(struct widgets *ws, const struct rpc_conn *conn);
/** broker.widget.pixels */
int stage_pixels(struct widget *w, struct rpc_request *req, const msgpack_object *params);

/* --- call.c --- */

int call_handle(struct rpc_request *req, const msgpack_object *params);
void calls_finish(struct widget *w);

/* --- install.c --- */

int install_handle(struct rpc_request *req, const msgpack_object *params);
int remove_handle(struct rpc_request *req, const msgpack_object *params);
/** The process is gone: carry out what waited for it. @return 1: it is being done; 0: there is nothing. */
int change_begin(struct widget *w);
/** The broker ends first. */
void change_finish(struct widget *w);

/* --- describe.c --- */

int describe_handle_check(struct rpc_request *req, const msgpack_object *params);
int describe_handle_list(struct rpc_request *req, const msgpack_object *params);
int describe_handle_get(struct rpc_request *req, const msgpack_object *params);
int describe_handle_logs(struct rpc_request *req, const msgpack_object *params);

#endif
