/* SPDX-License-Identifier: MIT */
/**
 * A view of mos-trace: what main.c needs to know of it, and what it gets for its work. A view is three files:
 * NAME.bpf.c (in the kernel), NAME.h (shared by both sides), NAME.c (user side, with a struct view in it). It
 * is one line in the table of main.c and one in meson.build.
 *
 * Order of calls: open, then poll and now and then text or json (a live view), at last text or json once
 * more, close. All in one thread. Figures are those since open.
 */
#ifndef MOS_TRACE_VIEW_H
#define MOS_TRACE_VIEW_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <bpf/libbpf.h>
#include <yyjson.h>

#include "hist.h"

#define TRACE_DONE 0
#define TRACE_FAILED 1
#define TRACE_USAGE 2
#define TRACE_MISSING 3 /**< privilege, BTF, a probe, a tracepoint */

#define TRACE_PATH_MAX 4096
#define TRACE_LINKS_MAX 32u

struct chrome; /* chrome.h */

/** The mos-rtcore that is looked at. */
struct target {
	pid_t pid; /**< 0: none */
	int pidfd; /**< readable when it is gone; -1 */
	char runtime_dir[TRACE_PATH_MAX];
	char exe[TRACE_PATH_MAX]; /**< opens its program even when the file was replaced: /proc/PID/exe */
};

/** One run of a view. */
struct run {
	const struct view *view;
	struct target target;
	struct chrome *chrome; /**< NULL: no --trace */
	int64_t begin_ns;      /**< CLOCK_MONOTONIC when the view was opened */
	int64_t end_ns;        /**< last time that something was looked at */
	bool is_gone;          /**< rtcore has ended meanwhile */
	bool is_live;          /**< text() goes to a terminal and is drawn again and again */
	struct bpf_link *link[TRACE_LINKS_MAX];
	uint32_t n_links;
	void *data; /**< the view's own */
};

struct view {
	const char *name;
	const char *summary; /**< one line */
	const char *help;    /**< what it shows and its own options; ends with a newline */
	bool needs_rtcore;   /**< else target.pid may be 0 */
	/** The view's own long options, ended by zeros; NULL: none. `val` counts from 1000 on. */
	const struct option *options;
	/** @return 0, or TRACE_USAGE after a word of its own. */
	int (*option)(int val, const char *arg);
	/** Load, attach. @return 0 or a TRACE_ code, after a word of its own. */
	int (*open)(struct run *run);
	/** Wait at most so long for events and take what came; short of events just wait. @return 0 or a
	 * TRACE_ code. */
	int (*poll)(struct run *run, int timeout_ms);
	void (*text)(struct run *run, FILE *out);
	void (*json)(struct run *run, yyjson_mut_doc *doc, yyjson_mut_val *root);
	void (*close)(struct run *run);
};

extern const struct view view_rt, view_cycle, view_path, view_io, view_top;

/* say.c */

/** "mos-trace: ..." on standard error. @return `code`, for the caller to return. */
[[gnu::format(printf, 2, 3)]] int trace_say(int code, const char *format, ...);
/** Why a BPF object could not be loaded, with what helps. @return a TRACE_ code. */
int trace_say_load(const struct view *view, int err);

/* attach.c */

/** What this kernel tells at a tracepoint (by its BTF). @return how many arguments; -1 it does not know it. */
int trace_tracepoint_args(const char *name);
bool trace_has_tracepoint(const char *name);
/** Load the skeleton's object; says why not. @return 0 or a TRACE_ code. */
int trace_load(struct run *run, struct bpf_object *object);
/** Attach every program that was loaded and is no USDT or uprobe. @return 0 or a TRACE_ code. */
int trace_attach(struct run *run, struct bpf_object *object);
/**
 * Attach a program to a probe of provider `mos` in a file. @param pid a process, -1: all that map it.
 * @return 0 or a TRACE_ code.
 */
int trace_attach_probe(
	struct run *run, struct bpf_program *program, pid_t pid, const char *path, const char *probe);
/** Links are undone in one go, before the skeleton is destroyed. */
void trace_detach(struct run *run);
/** Ring buffer or no ring buffer: wait, without losing Ctrl-C. @return 0. */
int trace_poll(struct ring_buffer *ring, int timeout_ms);
/** The same for a ring whose events wake nobody: sleep first, then take what has come. */
int trace_look(struct ring_buffer *ring, int timeout_ms);

/* names.c */

/** Name of a system call, or "syscall_N". @param buf where the latter is made. */
const char *trace_syscall_name(long nr, char *buf, size_t size);
/** A time as people read it: "840 ns", "12.3 us", "4.56 ms", "1.20 s". @return buf */
const char *trace_time(uint64_t ns, char *buf, size_t size);
/** A thread's or process' name from /proc; "?" when it is gone. */
void trace_comm(pid_t tid, char *buf, size_t size);

/* print.c */

/** For views of the cycle: why there is nothing to show. */
void trace_print_no_cycle(FILE *out, const struct target *target);
/** Heading and rows of a table of histograms: n, min, p50, p99, p99.9, max. */
void trace_print_hist_head(FILE *out, const char *what);
void trace_print_hist(FILE *out, const char *name, const struct hist *h);
/** {"n","min_ns","p50_ns","p99_ns","p999_ns","max_ns","mean_ns"} as member `name` of `to`. */
yyjson_mut_val *trace_json_hist(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const char *name, const struct hist *h);

/** In run->chrome: the process' name, and its audio thread's. */
void trace_name_audio(struct run *run, pid_t tid);

/** CLOCK_MONOTONIC, as bpf_ktime_get_ns() gives it. */
int64_t trace_now_ns(void);

#endif
