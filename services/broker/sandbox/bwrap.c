/* SPDX-License-Identifier: MIT */
/*
 * What bubblewrap is told. The widget's world is /usr, its folder, four files of /etc that the loader and
 * libraries read, three devices, and the /proc of its own processes: all read-only, but for a directory of
 * its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

#define WORDS_MAX 256
#define TEXT_MAX (3 * PATH_MAX)

/** A command line: words, and the memory of those that were made. Too long: n_words is WORDS_MAX. */
struct line {
	const char *words[WORDS_MAX];
	char text[TEXT_MAX];
	size_t n_words, len;
};

static void add(struct line *line, ...)
{
	const char *word;
	va_list args;

	va_start(args, line);
	while ((word = va_arg(args, const char *)))
		if (line->n_words < WORDS_MAX)
			line->words[line->n_words++] = word;
	va_end(args);
}

[[gnu::format(printf, 2, 3)]] static const char *text(struct line *line, const char *format, ...)
{
	char *at = line->text + line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, TEXT_MAX - line->len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= TEXT_MAX - line->len) {
		line->n_words = WORDS_MAX;
		return "";
	}
	line->len += (size_t)n + 1;
	return at;
}

/** The number of a descriptor that bubblewrap inherits. */
static const char *inherited(struct line *line, int fd)
{
	(void)fcntl(fd, F_SETFD, 0);
	return text(line, "%d", fd);
}

static void add_system(struct line *line)
{
	static const char *const links[] = {"bin", "sbin", "lib", "lib32", "lib64"};
	static const char *const devices[] = {"/dev/null", "/dev/random", "/dev/urandom"};
	/* Of the loader; of libraries that Debian gives by choice (BLAS); what time it is here. */
	static const char *const etc[] = {"/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"};
	char path[16];

	add(line, "--ro-bind", "/usr", "/usr", NULL);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		(void)snprintf(path, sizeof(path), "/usr/%s", links[i]);
		if (access(path, F_OK) == 0)
			add(line, "--symlink", text(line, "usr/%s", links[i]), text(line, "/%s", links[i]),
				NULL);
	}
	for (size_t i = 0; i < sizeof(etc) / sizeof(*etc); i++)
		add(line, "--ro-bind-try", etc[i], etc[i], NULL);
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++)
		add(line, "--dev-bind", devices[i], devices[i], NULL);
	add(line, "--symlink", "/proc/self/fd", "/dev/fd", "--proc", "/proc", NULL);
}

static void add_widget(struct line *line, const struct sandbox *box)
{
	add(line, "--ro-bind-fd", inherited(line, box->self_fd), INSIDE_SELF, NULL);
	if (box->folder)
		add(line, "--ro-bind-fd", inherited(line, box->folder_fd), INSIDE_FOLDER, NULL);
	for (unsigned int i = 0; i < box->n_library; i++)
		add(line, "--ro-bind-fd", inherited(line, box->library_fd[i]),
			text(line, INSIDE_LIBRARY "/%u", i), NULL);
	if (box->own)
		add(line, "--bind-fd", inherited(line, box->own_fd), box->own_path, NULL);
	/* What is left is the directory that bubblewrap made all this in. */
	add(line, "--remount-ro", "/", "--chdir", box->folder ? INSIDE_FOLDER : "/", NULL);
}

static void add_environment(struct line *line, const struct sandbox *box)
{
	add(line, "--clearenv", "--setenv", "PATH", "/usr/local/bin:/usr/bin", "--setenv", "LANG", "C.UTF-8",
		"--setenv", "HOME", "/", "--setenv", "MOS_WIDGET_ID", box->id, NULL);
	if (box->fd >= 0)
		add(line, "--setenv", "MOS_WIDGET_FD", inherited(line, box->fd), NULL);
	if (box->own)
		add(line, "--setenv", "TMPDIR", box->own_path, NULL);
	if (box->n_library) {
		const char *path = INSIDE_LIBRARY "/0";

		for (unsigned int i = 1; i < box->n_library; i++)
			path = text(line, "%s:" INSIDE_LIBRARY "/%u", path, i);
		add(line, "--setenv", "LD_LIBRARY_PATH", path, NULL);
	}
}

/** What inner_main() reads. */
static void add_inner(struct line *line, const struct sandbox *box, int status_fd)
{
	add(line, "--", INSIDE_SELF, "--inside", inherited(line, status_fd), text(line, "%d", box->fd),
		text(line, "%u", box->memory_mb), text(line, "%u", box->tasks),
		text(line, "%u", box->n_library), box->own ? box->own_path : "", NULL);
	if (box->print)
		return;
	add(line, text(line, INSIDE_FOLDER "/%s", box->component_path), NULL);
	for (char *const *arg = box->args; *arg; arg++)
		add(line, *arg, NULL);
}

void bwrap_run(const struct sandbox *box, int filter_fd, int status_fd, int info_fd)
{
	static struct line line;
	const char *path;
	int error;

	add(&line, "bwrap", "--unshare-user", "--disable-userns", "--unshare-ipc", "--unshare-pid",
		"--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--uid", "1000", "--gid", "1000",
		"--hostname", box->id, "--cap-drop", "ALL", "--new-session", "--die-with-parent", NULL);
	add_system(&line);
	add_widget(&line, box);
	add_environment(&line, box);
	add(&line, "--seccomp", inherited(&line, filter_fd), "--info-fd", inherited(&line, info_fd), NULL);
	add_inner(&line, box, status_fd);
	if (line.n_words >= WORDS_MAX) {
		(void)complain("too many or too long arguments");
		return;
	}
	line.words[line.n_words] = NULL;
	/* What it was started with, process 1 would show. */
	path = getenv("PATH");
	(void)clearenv();
	if (path)
		(void)setenv("PATH", path, 1);
	(void)execvp("bwrap", (char *const *)line.words);
	error = errno;
	if (error == ENOENT)
		(void)complain("hint: apt install bubblewrap; no widget runs without");
	(void)complain("cannot run bwrap: %s", strerror(error));
}
