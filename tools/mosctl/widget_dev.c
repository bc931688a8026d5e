/* SPDX-License-Identifier: MIT */
/*
 * mosctl widget dev: a widget is built, installed and started again whenever its folder changes (SDK-02).
 * mosctl widget test: its own test, beside it in a MOS of its own (SDK-04).
 */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "widget.h"

#define SETTLE_MS 50 /* an editor writes in several steps */
#define LOOK_MS 500  /* at the log */
#define LOG_MAX (64u << 10)
#define BUILDS_MAX 3  /* of one change */
#define WATCH_DEPTH 8 /* as many as a bundle may have */
#define WATCHED (IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_CREATE | IN_ONLYDIR)

struct workshop {
	struct ctl *ctl;
	char folder[PATH_MAX];
	char id[64];        /* "": not installed yet */
	int watch;          /* inotify */
	char said[LOG_MAX]; /* the log, as it was printed */
};

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- Watching --- */

static int watch_fd; /* nftw() has no place for it */

static int watch_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;

	if (type != FTW_D)
		return FTW_CONTINUE;
	/* Nobody writes there by hand, and no bundle has it. */
	if (at->level && (name[0] == '.' || !strcmp(name, "__pycache__") || at->level > WATCH_DEPTH))
		return FTW_SKIP_SUBTREE;
	return inotify_add_watch(watch_fd, path, WATCHED) < 0 && !at->level ? FTW_STOP : FTW_CONTINUE;
}

/* The folder and those in it. @return 0; -1: the folder itself cannot be watched, see errno. */
static int watch_all(const struct workshop *w)
{
	watch_fd = w->watch;
	return nftw(w->folder, watch_one, 16, FTW_PHYS | FTW_ACTIONRETVAL) ? -1 : 0;
}

/* --- Changes --- */

/* @return 1 something changed; hidden files and what editors leave behind are nothing. */
static int drain(const struct workshop *w)
{
	_Alignas(struct inotify_event) char bytes[4096];
	int changed = 0;
	ssize_t n;

	while ((n = read(w->watch, bytes, sizeof(bytes))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev = (const void *)(bytes + at);
			size_t len = ev->len ? strlen(ev->name) : 0;

			/* A file that was only made is written later; into a folder one may be moved with all
			 * in it. */
			changed |= len && ev->name[0] != '.' && ev->name[len - 1] != '~' &&
				   (!(ev->mask & IN_CREATE) || ev->mask & IN_ISDIR);
			at += (ssize_t)(sizeof(*ev) + ev->len);
		}
	}
	return changed;
}

/* --- Build, install, start --- */

static int drain(const struct workshop *w);

/* @return 0, or what make said; without a Makefile there is nothing to build. What make writes is no change.
 */
static int build(const struct workshop *w)
{
	const char *const argv[] = {"make", "--silent", "-C", w->folder, NULL};
	char makefile[PATH_MAX + 16];
	int code;

	(void)snprintf(makefile, sizeof(makefile), "%s/Makefile", w->folder);
	if (access(makefile, R_OK) < 0)
		return 0;
	code = program_run(argv, &(struct program_says){0});
	(void)drain(w);
	return code;
}

/*
 * What make writes is no change, but somebody may have saved a file meanwhile: whether that was so, make
 * itself knows best.
 */
static int build_all(const struct workshop *w)
{
	int code = 0;

	for (int i = 0; i < BUILDS_MAX; i++) {
		code = build(w);
		if (!drain(w) || code)
			break;
	}
	return code;
}

static int install_and_start(struct workshop *w, struct mos_reply *ret)
{
	const struct mos_field install[] = {mos_str("path", w->folder), mos_bool("replace", 1)};
	struct mos_field id;
	int code = widget_call_folder(w->ctl, "broker.widget.install", install, 2, ret);

	if (code != CTL_OK)
		return code;
	(void)snprintf(w->id, sizeof(w->id), "%s", mos_get_str(&ret->value, "id", ""));
	mos_reply_finish(ret);
	id = mos_str("id", w->id);
	return ctl_call(w->ctl, "broker.widget.start", &id, 1, ret);
}

/* What goes wrong here is the widget's, and the next change may mend it. @return CTL_OK; CTL_UNREACHABLE. */
static int turn(struct workshop *w)
{
	double began = now_s();
	struct mos_reply reply;
	int code;

	watch_all(w); /* a folder in it may be new */
	code = build_all(w);
	if (code) {
		(void)fprintf(stderr,
			code < 0 ? "mosctl: make cannot be run: %s\n"
				 : "mosctl: the build failed (make: %s)\n",
			code < 0 ? strerror(-code) : "see above");
		return CTL_OK;
	}
	code = install_and_start(w, &reply);
	if (code != CTL_OK)
		return code == CTL_UNREACHABLE ? code : CTL_OK;
	if (w->ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s is %s: process %lld, %.2f s after the change\n", w->id,
			mos_get_str(&reply.value, "state", "?"),
			(long long)mos_get_natural(&reply.value, "pid", 0), now_s() - began);
	mos_reply_finish(&reply);
	w->said[0] = '\0';
	return fflush(stdout) ? CTL_FAILED : code;
}

/* What it said since the last look. @return CTL_OK; CTL_UNREACHABLE. */
static int print_log(struct workshop *w)
{
	const struct mos_field args[] = {mos_str("id", w->id), mos_int("lines", 1000)};
	struct mos_reply reply;
	const char *text;
	size_t same;
	int rc;

	if (!w->id[0] || w->ctl->json)
		return CTL_OK;
	rc = mos_call(w->ctl->client, "broker.widget.logs", args, 2, &reply);
	if (rc < 0)
		return rc == -EREMOTEIO ? CTL_OK : ctl_client_failed(w->ctl, rc);
	text = mos_get_str(&reply.value, "text", "");
	same = strlen(w->said);
	if (strncmp(text, w->said, same) != 0)
		same = 0; /* old lines fell out of it, or it began anew */
	if (text[same])
		text_lines(text + same);
	(void)snprintf(w->said, sizeof(w->said), "%s", text);
	mos_reply_finish(&reply);
	return fflush(stdout) ? CTL_FAILED : CTL_OK;
}

static int follow(struct workshop *w)
{
	struct pollfd pfd = {w->watch, POLLIN, 0};
	int code = CTL_OK;

	while (code == CTL_OK && !term_interrupted()) {
		int rc = poll(&pfd, 1, LOOK_MS);

		if (rc < 0 && errno != EINTR)
			return ctl_fail(w->ctl, CTL_FAILED, NULL, "%s", strerror(errno));
		if (rc > 0 && drain(w)) {
			do
				(void)drain(w);
			while (poll(&pfd, 1, SETTLE_MS) > 0 && !term_interrupted());
			code = turn(w);
		}
		if (code == CTL_OK)
			code = print_log(w);
	}
	return code;
}

static int open_folder(struct ctl *ctl, const char *word, char folder[static PATH_MAX])
{
	char manifest[PATH_MAX + 16];

	if (!realpath(word, folder))
		return ctl_fail(
			ctl, CTL_BAD_FILE, "mosctl widget new ID makes one", "%s: %s", word, strerror(errno));
	(void)snprintf(manifest, sizeof(manifest), "%s/widget.json", folder);
	if (access(manifest, R_OK) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json", "%s: %s",
			manifest, strerror(errno));
	return CTL_OK;
}

int widget_dev(struct ctl *ctl, const struct ctl_args *args)
{
	struct workshop *w = calloc(1, sizeof(*w));
	int code;

	if (!w)
		return ctl_fail(ctl, CTL_FAILED, NULL, "out of memory");
	w->ctl = ctl;
	w->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	code = open_folder(ctl, args->word[1], w->folder);
	if (code == CTL_OK && (w->watch < 0 || watch_all(w) < 0))
		code = ctl_fail(
			ctl, CTL_FAILED, NULL, "%s cannot be watched: %s", w->folder, strerror(errno));
	if (code == CTL_OK)
		code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code == CTL_OK) {
		term_catch_interrupt();
		code = turn(w);
	}
	if (code == CTL_OK)
		code = follow(w);
	if (w->watch >= 0)
		close(w->watch);
	free(w);
	return code;
}

/* --- Its test --- */

/* In the new MOS: $1 mosctl, $2 the folder. Whatever goes wrong ends it, and is its outcome. */
static const char script[] =
	"set -e\n"
	"id=$(\"$1\" --json widget check \"$2\" | sed -n 's/^{\"id\":\"\\([^\"]*\\)\".*/\\1/p')\n"
	"\"$1\" widget install --replace \"$2\" >/dev/null\n"
	"\"$1\" widget start \"$id\" >/dev/null\n"
	"PATH=$(dirname \"$1\"):$PATH; export PATH\n"
	"cd \"$2\"\n"
	"exec ./test\n";

int widget_test(struct ctl *ctl, const struct ctl_args *args)
{
	char folder[PATH_MAX], test[PATH_MAX + 8], session[PATH_MAX], self[PATH_MAX];
	char logs[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	struct workshop w = {.ctl = ctl, .watch = -1};
	int code = open_folder(ctl, args->word[1], folder);
	ssize_t n;

	if (code != CTL_OK)
		return code;
	(void)snprintf(test, sizeof(test), "%s/test", folder);
	if (access(test, X_OK) < 0)
		return ctl_fail(ctl, CTL_BAD_FILE,
			"a program or script; it passes when it exits with 0, and finds the widget "
			"started, in a MOS of its own",
			"%s: %s", test, strerror(errno));
	memcpy(w.folder, folder, sizeof(folder));
	if (build(&w))
		return ctl_fail(ctl, CTL_FAILED, NULL, "the build failed");
	if (program_find("mos-session", session, sizeof(session)) < 0)
		return ctl_fail(
			ctl, CTL_UNREACHABLE, "install the package mos", "mos-session is not installed");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "/proc is not there");
	self[n] = '\0';

	if (snprintf(logs, sizeof(logs), "%s/mos-widget-test-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp") >=
			(int)sizeof(logs) ||
		!mkdtemp(logs))
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", logs, strerror(errno));

	const char *const argv[] = {session, "--private-pipewire", "--log-dir", logs, "--", "sh", "-c",
		script, "sh", self, folder, NULL};

	/* Its own, not those of a MOS that runs here. */
	(void)unsetenv("MOS_RUNTIME_DIR");
	(void)unsetenv("MOS_STATE_DIR");
	code = program_run(argv, &(struct program_says){0});
	if (code == 0)
		widget_folder_remove(logs);
	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_bool(doc, root, "passed", code == 0);
		yyjson_mut_obj_add_int(doc, root, "status", code);
		(void)json_print(doc, root);
	} else {
		printf(code == 0 ? "passed\n" : "failed; what the services said is in %s\n", logs);
	}
	return code == 0 ? CTL_OK : CTL_FAILED;
}
