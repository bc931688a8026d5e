/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t child_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

/** Written beside and renamed: a reader sees a whole number or no file. Without it only a test is lost. */
static void write_pid_file(const struct child *child, const struct child_place *place)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s.pid", place->runtime_dir, child->name);
	(void)snprintf(temporary, sizeof(temporary), "%s/.%s.pid", place->runtime_dir, child->name);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	(void)dprintf(fd, "%d\n", (int)child->pid);
	(void)close(fd);
	(void)rename(temporary, path);
}

static int open_log(const struct child *child, const struct child_place *place)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s.log", place->log_dir, child->name);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

/** What the program is told of its manager, as systemd would tell it; never what the session was told by its
 * own. */
static void set_manager(const struct child *child, const struct child_place *place)
{
	char text[24];

	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (!child->notifies)
		return;
	(void)setenv("NOTIFY_SOCKET", place->notify_path, 1);
	if (place->watchdog_ns) {
		(void)snprintf(text, sizeof(text), "%lld", (long long)(place->watchdog_ns / 1000));
		(void)setenv("WATCHDOG_USEC", text, 1);
	}
}

/** In the new process: streams, environment, signals; then become the program. */
[[noreturn]] static void become(
	const struct child *child, const struct child_place *place, int log_fd, pid_t parent)
{
	sigset_t none;
	int error;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(125);

	if (child->kind != CHILD_FOREGROUND) {
		int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		bool probe = child->kind == CHILD_PROBE;

		/* A Ctrl-C belongs to the session, which then ends its daemons in order. */
		(void)setpgid(0, 0);
		if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0 ||
			dup2(probe ? child->output_fd : log_fd, STDOUT_FILENO) < 0 ||
			dup2(probe ? null_fd : log_fd, STDERR_FILENO) < 0)
			_exit(125);
	}
	for (const char *const *entry = child->env; entry && *entry; entry++)
		(void)putenv((char *)*entry);
	set_manager(child, place);
	if (fdstore_hand_over(&child->store) < 0)
		_exit(125);
	(void)setrlimit(RLIMIT_NOFILE, &place->nofile);

	(void)execvp(child->argv[0], (char *const *)child->argv);
	error = errno;
	(void)dprintf(STDERR_FILENO, "mos-session: cannot run %s: %s\n", child->argv[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

int child_start(struct child *child, const struct child_place *place)
{
	pid_t parent = getpid(), pid;
	int log_fd = STDERR_FILENO;

	if (child->kind == CHILD_DAEMON && place->log_dir) {
		log_fd = open_log(child, place);
		if (log_fd < 0)
			return log_fd;
	}
	pid = fork();
	if (pid == 0)
		become(child, place, log_fd, parent);
	if (log_fd != STDERR_FILENO)
		(void)close(log_fd);
	if (pid < 0)
		return -errno;

	child->pid = pid;
	child->ready = !child->notifies;
	child->ended_well = child->hung = false;
	child->started_ns = child->alive_ns = child_now_ns();
	child->restart_ns = child->watchdog_ns = 0;
	if (child->kind == CHILD_DAEMON)
		write_pid_file(child, place);
	return 0;
}

void child_signal(const struct child *child, int signal)
{
	/* Never a stranger's pid: only the session reaps its children, and it zeroes `pid` when it does. */
	if (child->pid > 0)
		(void)kill(child->pid, signal);
}

void child_ended(struct child *child, const struct child_place *place, int status)
{
	char path[PATH_MAX];

	child->pid = 0;
	child->ready = false;
	child->status = status;
	child->ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (child->kind != CHILD_DAEMON)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s.pid", place->runtime_dir, child->name);
	(void)unlink(path);
}

int child_exit_code(const struct child *child)
{
	return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status) : WEXITSTATUS(child->status);
}

void child_describe_end(const struct child *child, char *text, size_t size)
{
	if (WIFSIGNALED(child->status))
		(void)snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(child->status),
			strsignal(WTERMSIG(child->status)));
	else
		(void)snprintf(text, size, "ended with code %d", WEXITSTATUS(child->status));
}
