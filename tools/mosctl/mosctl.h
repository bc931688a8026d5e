/* SPDX-License-Identifier: MIT */
/**
 * mosctl: MOS on the command line. One file a command (cmd_*.c), each with a struct command in the table of
 * main.c. A command parses nothing but its own words: options are described in its table and arrive as text.
 *
 * Output: facts on stdout, as lines for people or, with --json, one JSON value a line, whose keys are stable.
 * Failures: "mosctl: ..." and "hint: ..." on stderr, with --json also {"error":{...}} on stdout.
 */
#ifndef MOSCTL_H
#define MOSCTL_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <yyjson.h>

#include <mos/client.h>

/** Exit codes, documented in mosctl(1). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,      /**< MOS refused, or something went wrong on the way */
	CTL_USAGE = 2,       /**< the command line makes no sense */
	CTL_UNREACHABLE = 3, /**< MOS, its real-time core or a service does not run */
	CTL_BAD_FILE = 4,    /**< an input file is missing, unreadable or malformed */
};

#define CTL_OPTIONS_MAX 72

struct ctl_option {
	const char *name;    /**< long name; NULL ends the table */
	char letter;         /**< 0: none */
	const char *arg;     /**< what --help calls the argument; "A B": two; NULL: none */
	const char *summary; /**< for --help */
	const char *heading; /**< a line above it in --help; may be NULL */
};

/** A parsed command line. Text is argv's. */
struct ctl_args {
	int n; /**< words that are no options */
	char **word;
	const char *opt[CTL_OPTIONS_MAX]; /**< by place in the table: the argument, "" without one; NULL: not
					     given */
	const char *second[CTL_OPTIONS_MAX]; /**< second argument of an option that takes two */
};

struct ctl {
	int json;
	const char *runtime_dir; /**< NULL: the default */
	int timeout_ms;          /**< 0: the default */
	const struct command *command;
	struct mos_client *client; /**< by ctl_connect(); main destroys it */
	pid_t hermes;              /**< the one that ctl_connect_files() started; 0: none */
	const char *file;          /**< what that one reads; NULL: more than one */
};

struct command {
	const char *name;
	const char *words;                /**< "BAR[:BEAT[:TICK]]": shown after the name */
	const char *summary;              /**< one line, no full stop */
	const char *text;                 /**< more for --help; may be NULL */
	const char *example;              /**< lines of "mosctl ..." */
	const struct ctl_option *options; /**< may be NULL */
	int min_words, max_words;         /**< -1: no limit */
	int (*run)(struct ctl *ctl, const struct ctl_args *args); /**< @return enum ctl_exit */
};

/* main.c */
extern const struct command *const commands[]; /**< NULL at the end */
const struct command *command_find(const char *name);

/* help.c */
void help_command(const struct command *command, FILE *to);
void help_all(FILE *to);
/** The name that `text` was probably meant to be; NULL when nothing is near. */
const char *help_nearest(const char *text);

/* connect.c */
/**
 * Connect once a run.
 * @param flags  MOS_CLIENT_CONTROL_ONLY for commands that only call.
 * @return CTL_OK or, everything printed, another exit code.
 */
int ctl_connect(struct ctl *ctl, uint32_t flags);
/**
 * Connect to a mos-hermes of our own, which knows files and no store: what reads and writes files only needs no MOS
 * that runs. Where there is one already it stays; one that has ended is replaced.
 * @param path  Of the file that is read next; kept, not copied. NULL: more than one.
 * @return as ctl_connect().
 */
int ctl_connect_files(struct ctl *ctl, const char *path);
/** Print why there is no client; @return the exit code for it. */
int ctl_connect_failed(struct ctl *ctl, int rc, const struct mos_error *error);
/** Print the client's error; @return the exit code for it. */
int ctl_client_failed(struct ctl *ctl, int rc);
/** Connect if need be, call, print a failure. @return enum ctl_exit; *ret (may be NULL) is filled on CTL_OK.
 */
int ctl_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args,
	struct mos_reply *ret);

/* output.c */
/** "mosctl: ..." and, when not NULL, "hint: ...". @return `code`. */
int ctl_fail(struct ctl *ctl, int code, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int ctl_fail_error(struct ctl *ctl, int code, const struct mos_error *error);
/** A word is wrong: says so and points at --help. @return CTL_USAGE. */
int ctl_usage(struct ctl *ctl, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
yyjson_mut_val *json_from_value(yyjson_mut_doc *doc, const struct mos_value *value);
/** Print a document as one line, flush, free it. @return CTL_OK, CTL_FAILED when stdout is broken. */
int json_print(yyjson_mut_doc *doc, yyjson_mut_val *root);
/** Print an answer as one line. */
int json_print_value(const struct mos_value *value);
/** A file's or a peer's name for a terminal: control characters become '?'. @return buf. */
const char *printable(const char *text, char *buf, size_t size);

/* parse.c: all return 0, or -EINVAL, -ERANGE. */
int parse_uint(const char *text, uint32_t max, uint32_t *ret);
int parse_real(const char *text, double *ret); /**< finite; a comma is no decimal point */
int parse_on_off(const char *text, int *ret);
/** "3", "3:2", "3:2:480": bar and beat from 1, tick from 0; what is left out is 1, 1, 0. */
int parse_place(const char *text, uint32_t ret[static 3]);

/* term.c */
/** Columns and rows of stdout's terminal; 80 by 24 where there is none. */
void term_size(int *ret_columns, int *ret_rows);
/** Ctrl-C and SIGTERM set a flag instead of ending us. */
void term_catch_interrupt(void);
int term_interrupted(void);
/** Keys without Enter, no echo, alternate screen; undone by term_restore(), also at exit. */
void term_raw(void);
void term_restore(void);
/** A key within `timeout_ms`, 0 for none. */
int term_key(int timeout_ms);

/* position.c: the line that play --follow, status and top share. */
/** "playing  12:3:480  120.0 BPM  4/4"; at most size-1 bytes. @return buf. */
const char *position_line(const struct mos_now *now, char *buf, size_t size);

/* files.c */
/**
 * Look at an input file before anything is asked of anybody.
 * @return CTL_OK; CTL_BAD_FILE, printed: missing, a directory, no regular file, empty, no permission.
 */
int file_check(struct ctl *ctl, const char *path);
/** Write all of a file, from its start, into another descriptor. @return 0, -errno. */
int file_copy(int from, int to);
/**
 * Write all of a file under a name: beside it first, synced, then renamed, so that under the name there is always the
 * old or the new, whole. Pipes and devices are written to. @return 0, -errno: nothing was changed, nothing left.
 */
int file_replace(int from, const char *path);

/* programs.c */
/** Path of one of our own programs: beside mosctl's own, in the build tree, or on PATH. @return 0, -ENOENT.
 */
int program_find(const char *name, char *buf, size_t size);
/** What a program said: NUL-terminated, cut to size. A NULL buffer: the stream is not ours to catch. */
struct program_says {
	char *out;
	size_t out_size;
	char *err;
	size_t err_size;
};
/** Run `argv` (searched on PATH) to its end. @return its exit status, 128 + signal; -errno: not run. */
int program_run(const char *const argv[], const struct program_says *says);

/* counters.c: the counters page, by label. `view` may be NULL: nothing is there. */
/** @return 1 and the value of a count or gauge; 0: no such counter. */
int counter_value(const struct mos_counters_view *view, const char *name, int64_t *ret);
/** Sum of the counts whose names begin so. */
int64_t counter_sum(const struct mos_counters_view *view, const char *prefix);
/** @return 1 and a quantile's upper bound; 0: no such histogram, or nothing in it yet. */
int counter_quantile(const struct mos_counters_view *view, const char *name, double q, uint64_t *ret);
/** All of them: {"rt.xruns": 0, "rt.cycle": {"count", "p50", "p99", "p999", "unit"} ...}. */
yyjson_mut_val *counters_json(yyjson_mut_doc *doc, const struct mos_counters_view *view);

#endif
