/* SPDX-License-Identifier: MIT */
/* mos-trace: what the kernel sees of MOS. Options, the loop, the end; each view is a file of its own
 * (view.h). */
#include "view.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chrome.h"
#include "clean.h"
#include "target.h"

#define POLL_MS 100
#define LIVE_S 1.0 /* between two pictures on a terminal */
#define OPTIONS_MAX 32u
#define PID_NS_INIT_INODE 0xEFFFFFFCu /* the machine's own: fixed in the kernel */

static const struct view *const views[] = {&view_rt, &view_cycle, &view_path, &view_io, &view_top};
#define N_VIEWS (sizeof(views) / sizeof(views[0]))

struct settings {
	struct target_wish wish;
	double seconds, interval_s; /* 0: until Ctrl-C; not said */
	bool is_json;
	const char *trace_path;
};

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
	(void)number;
	is_stopped = 1;
}

static void print_usage(FILE *out)
{
	(void)fputs("Usage: mos-trace VIEW [OPTION...]\n"
		    "Show what the kernel sees of a running MOS. On a terminal the picture is drawn again "
		    "and again and\n"
		    "Ctrl-C ends it; elsewhere there is one report at the end.\n\n"
		    "Views:\n",
		out);
	for (uint32_t i = 0; i < N_VIEWS; i++)
		(void)fprintf(out, "  %-6s  %s\n", views[i]->name, views[i]->summary);
	(void)fputs(
		"\n"
		"  -s, --seconds=N         end after so long (default: at Ctrl-C)\n"
		"  -i, --interval=S        a picture or a line of JSON every so many seconds\n"
		"  -j, --json              one JSON document at the end; with --interval one a line\n"
		"  -p, --pid=PID           this mos-rtcore\n"
		"  -d, --runtime-dir=DIR   the mos-rtcore that serves DIR (default: $MOS_RUNTIME_DIR,\n"
		"                          else $XDG_RUNTIME_DIR/mos, else the only one that runs)\n"
		"  -t, --trace=FILE        write what happens as a trace for Perfetto or chrome://tracing\n"
		"  -h, --help              this text; mos-trace VIEW --help tells about the view\n"
		"  -V, --version\n\n"
		"Examples:\n"
		"  sudo mos-trace rt                      is the audio thread left in peace, live\n"
		"  sudo mos-trace cycle --seconds 10      where the time of a cycle goes\n"
		"  sudo mos-trace rt -s 60 --json         one minute for a script\n\n"
		"Exit code: 0 done; 1 failed, or no mos-rtcore runs; 2 wrong usage; 3 something is missing:\n"
		"privilege (root, or CAP_BPF and CAP_PERFMON), the kernel's BTF, a probe, a tracepoint.\n",
		out);
}

static const struct view *find_view(const char *name)
{
	for (uint32_t i = 0; i < N_VIEWS; i++)
		if (!strcmp(views[i]->name, name))
			return views[i];
	return NULL;
}

static bool parse_seconds(const char *text, double *ret)
{
	char *end;

	errno = 0;
	*ret = strtod(text, &end);
	return !errno && end != text && !*end && *ret >= 0.05 && *ret <= 1e7;
}

static bool parse_pid(const char *text, pid_t *ret)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	*ret = (pid_t)v;
	return !errno && end != text && !*end && v > 0 && v <= INT32_MAX;
}

/** The common options and the view's own, for getopt_long(). */
static void all_options(const struct view *view, struct option all[OPTIONS_MAX])
{
	static const struct option common[] = {
		{"seconds", required_argument, NULL, 's'},
		{"interval", required_argument, NULL, 'i'},
		{"json", no_argument, NULL, 'j'},
		{"pid", required_argument, NULL, 'p'},
		{"runtime-dir", required_argument, NULL, 'd'},
		{"trace", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
	};
	uint32_t n = sizeof(common) / sizeof(common[0]);

	memcpy(all, common, sizeof(common));
	for (const struct option *o = view ? view->options : NULL; o && o->name && n < OPTIONS_MAX - 1; o++)
		all[n++] = *o;
	all[n] = (struct option){0};
}

static int wrong(const char *what, const char *text)
{
	return trace_say(TRACE_USAGE, "%s: %s\n  hint: mos-trace --help", what, text);
}

static int show_help(const struct view *view)
{
	if (view)
		(void)printf("mos-trace %s: %s\n\n%s\nOptions for all views: mos-trace --help\n", view->name,
			view->summary, view->help);
	else
		print_usage(stdout);
	return TRACE_DONE;
}

/** @return -1 go on; else the exit code */
static int parse(int argc, char **argv, const struct view *view, struct settings *s)
{
	struct option known[OPTIONS_MAX];
	int c, r;

	all_options(view, known);
	while ((c = getopt_long(argc, argv, "s:i:jp:d:t:hV", known, NULL)) != -1) {
		switch (c) {
		case 's':
			if (!parse_seconds(optarg, &s->seconds))
				return wrong("--seconds is a number from 0.05 on", optarg);
			break;
		case 'i':
			if (!parse_seconds(optarg, &s->interval_s))
				return wrong("--interval is a number from 0.05 on", optarg);
			break;
		case 'j':
			s->is_json = true;
			break;
		case 'p':
			if (!parse_pid(optarg, &s->wish.pid))
				return wrong("--pid is the number of a process", optarg);
			break;
		case 'd':
			s->wish.runtime_dir = optarg;
			break;
		case 't':
			s->trace_path = optarg;
			break;
		case 'h':
			return show_help(view);
		case 'V':
			(void)puts("mos-trace " MOS_VERSION);
			return TRACE_DONE;
		default:
			if (c < 1000 || !view)
				return trace_say(TRACE_USAGE, "hint: mos-trace --help");
			r = view->option(c, optarg);
			if (r)
				return r;
		}
	}
	if (!view)
		return trace_say(TRACE_USAGE, "which view?\n  hint: mos-trace --help");
	return optind < argc ? wrong("too many words", argv[optind]) : -1;
}

/** A whole report, with whatever names there are in it. NULL: there was no memory for it. It is freed. */
static int write_out(char *text, const char *end)
{
	bool ok = text != NULL;

	if (ok) {
		trace_clean(text);
		ok = fputs(text, stdout) >= 0 && fputs(end, stdout) >= 0 && fflush(stdout) == 0;
	}
	free(text);
	return ok ? 0 : trace_say(TRACE_FAILED, "the report cannot be written: %s", strerror(errno));
}

static int write_json(struct run *run, bool is_line)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	char *text = NULL;

	if (root) {
		yyjson_mut_doc_set_root(doc, root);
		(void)yyjson_mut_obj_add_str(doc, root, "view", run->view->name);
		(void)yyjson_mut_obj_add_real(
			doc, root, "seconds", (double)(run->end_ns - run->begin_ns) / 1e9);
		if (run->target.pid) {
			(void)yyjson_mut_obj_add_int(doc, root, "rtcore_pid", run->target.pid);
			(void)yyjson_mut_obj_add_bool(doc, root, "rtcore_ended", run->is_gone);
		}
		run->view->json(run, doc, root);
		text = yyjson_mut_write(doc,
			YYJSON_WRITE_ALLOW_INVALID_UNICODE |
				(is_line ? YYJSON_WRITE_NOFLAG : YYJSON_WRITE_PRETTY_TWO_SPACES),
			NULL);
	}
	yyjson_mut_doc_free(doc);
	return write_out(text, "\n");
}

static int write_text(struct run *run)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		(void)fprintf(out, "mos-trace %s, %.1f s%s\n", run->view->name,
			(double)(run->end_ns - run->begin_ns) / 1e9,
			run->is_gone ? "; mos-rtcore has ended" : "");
		run->view->text(run, out);
		(void)fclose(out);
	}
	if (run->is_live)
		(void)fputs("\033[H\033[J", stdout);
	return write_out(text, "");
}

static int report(struct run *run, const struct settings *s)
{
	run->end_ns = trace_now_ns();
	if (s->is_json)
		return write_json(run, s->interval_s > 0);
	run->is_live = isatty(STDOUT_FILENO);
	return write_text(run);
}

static int look(struct run *run, const struct settings *s)
{
	double interval_s = s->interval_s > 0                      ? s->interval_s
			    : !s->is_json && isatty(STDOUT_FILENO) ? LIVE_S
								   : 0;
	int64_t until = s->seconds > 0 ? run->begin_ns + (int64_t)(s->seconds * 1e9) : INT64_MAX;
	int64_t next = interval_s > 0 ? run->begin_ns + (int64_t)(interval_s * 1e9) : INT64_MAX;
	int r = 0;

	while (r == 0 && !is_stopped && !run->is_gone) {
		int64_t now = trace_now_ns(), first = until < next ? until : next;

		if (now >= until)
			break;
		if (now >= next) {
			r = report(run, s);
			next += (int64_t)(interval_s * 1e9);
			now = trace_now_ns();
			if (next < now) /* who reads is slow: events have to be taken between two reports */
				next = now + (int64_t)(interval_s * 1e9);
			continue;
		}
		r = run->view->poll(run,
			first - now < POLL_MS * 1000000ll ? (int)((first - now) / 1000000) + 1 : POLL_MS);
		run->is_gone = target_is_gone(&run->target);
	}
	if (r == 0)
		r = run->view->poll(run, 0);
	return r ? r : report(run, s);
}

[[gnu::format(printf, 2, 0)]] static int quiet_libbpf(
	enum libbpf_print_level level, const char *format, va_list args)
{
	return getenv("MOS_TRACE_DEBUG") ? vfprintf(stderr, format, args) : 0;
}

/** Of the trace, after whatever happened. */
static int end_trace(struct run *run, const char *path, int r)
{
	uint64_t left_out = chrome_left_out(run->chrome);
	int w;

	if (!run->begin_ns) { /* the view could not be opened */
		chrome_abandon(run->chrome);
		return r;
	}
	w = chrome_close(run->chrome);
	if (w < 0)
		return trace_say(TRACE_FAILED, "%s: %s", path, strerror(-w));
	if (left_out)
		(void)trace_say(0, "%s is full: %llu events were left out\n  hint: trace for a shorter time",
			path, (unsigned long long)left_out);
	return r;
}

/** BPF programs see the machine's numbers of processes: in a container with others none would ever match. */
static bool has_own_pids(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != PID_NS_INIT_INODE;
}

static int run_view(const struct view *view, const struct settings *s)
{
	struct run run = {.view = view, .target.pidfd = -1};
	struct sigaction action = {.sa_handler = on_signal};
	bool must = view->needs_rtcore || s->wish.pid || s->wish.runtime_dir;
	int r = target_find(&run.target, &s->wish, !must);

	if (r && must)
		return r;
	if (has_own_pids())
		return trace_say(TRACE_MISSING,
			"processes have numbers of their own here (a container), and the kernel tells the "
			"machine's\n"
			"  hint: run mos-trace on the host, with --pid; or start the container with the "
			"host's PIDs (--pid=host)");
	/* Whatever ends us: a trace is completed, none is left half-way. */
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)libbpf_set_print(quiet_libbpf);
	if (s->trace_path && (r = chrome_open(s->trace_path, &run.chrome)) < 0)
		r = trace_say(TRACE_FAILED, "%s: %s", s->trace_path, strerror(-r));
	else
		r = view->open(&run);
	if (r == 0) {
		run.begin_ns = run.end_ns = trace_now_ns();
		r = look(&run, s);
		view->close(&run);
	}
	target_close(&run.target);
	return run.chrome ? end_trace(&run, s->trace_path, r) : r;
}

int main(int argc, char **argv)
{
	const struct view *view = argc > 1 && argv[1][0] != '-' ? find_view(argv[1]) : NULL;
	struct settings s = {0};
	int r;

	if (!view && argc > 1 && argv[1][0] != '-')
		return wrong("no such view", argv[1]);
	r = view ? parse(argc - 1, argv + 1, view, &s) : parse(argc, argv, NULL, &s);
	return r >= 0 ? r : run_view(view, &s);
}
