/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS INT64_C(1'000'000)
#define READY_TIMEOUT_NS (30'000 * MS)
#define PIPEWIRE_TIMEOUT_NS (15'000 * MS)
#define PROBE_TIMEOUT_NS (2'000 * MS)
#define PROBE_PAUSE_NS (30 * MS)
#define END_TIMEOUT_NS (3'000 * MS)
#define BACKOFF_NONE_NS (1'000 * MS) /* who ran this long is started again at once: music waits for it */
#define BACKOFF_FIRST_NS (100 * MS)
#define BACKOFF_MAX_NS (5'000 * MS)
#define BACKOFF_FORGET_NS (10'000 * MS) /* who ran this long starts again with the first wait */
#define RESTART_ALWAYS_NS (1'000 * MS)
#define NOTIFICATIONS_MAX 1024 /* at one time; more than a socket's queue holds */

[[gnu::format(printf, 1, 2)]] static void say(const char *format, ...)
{
	va_list args;

	(void)fputs("mos-session: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

static struct child *child_by_pid(struct session *session, pid_t pid)
{
	for (uint32_t i = 0; i < session->n_children; i++)
		if (session->child[i].pid == pid)
			return &session->child[i];
	return NULL;
}

/** How long to wait before it is started again: more and more for one that does not stay up. */
static int64_t take_backoff(struct child *child, int64_t ran_ns)
{
	int64_t wait_ns = child->backoff_ns > BACKOFF_FIRST_NS ? child->backoff_ns : BACKOFF_FIRST_NS;

	if (ran_ns > BACKOFF_FORGET_NS)
		child->backoff_ns = 0;
	if (ran_ns > BACKOFF_NONE_NS)
		return 0;
	child->backoff_ns = wait_ns * 2 > BACKOFF_MAX_NS ? BACKOFF_MAX_NS : wait_ns * 2;
	return wait_ns;
}

static void plan_restart(struct session *session, struct child *child)
{
	int64_t now_ns = child_now_ns(), wait_ns;
	char how[96];

	child_describe_end(child, how, sizeof(how));
	if (session->starting) {
		say("%s %s while MOS was starting", child->name, how);
		session->failed = true;
	} else if (child->ended_well && child->notifies && !session->restart_always) {
		/* A MOS daemon was asked to quit. (WirePlumber also ends with 0 when its server is gone.) */
		say("%s ended by itself and stays down", child->name);
	} else if (child->keep_down) {
		say("%s %s and stays down, as asked", child->name, how);
	} else {
		wait_ns = take_backoff(child, now_ns - child->started_ns);
		/* A quit of all is not to meet one that is back already. */
		if (child->ended_well && child->notifies)
			wait_ns = RESTART_ALWAYS_NS;
		child->restart_ns = now_ns + wait_ns;
		say("%s %s; starting it again in %d ms", child->name, how, (int)(wait_ns / MS));
		return;
	}
	fdstore_clear(&child->store, session->store_fd);
}

static void take_fds(struct session *session, struct child *child, struct notification *n)
{
	uint32_t n_refused = 0;

	for (uint32_t i = 0; i < n->n_fds; i++) {
		n_refused +=
			fdstore_add(&child->store, n->watch ? session->store_fd : -1, n->name, n->fd[i]) < 0;
		n->fd[i] = -1;
	}
	if (n_refused)
		say("%u descriptors of %s, \"%.32s\", are not kept: %u of at most %u are", n_refused,
			child->name, n->name, child->store.n, FDSTORE_MAX);
}

/** What the programs say, in the order in which they said it. */
static void take_notifications(struct session *session)
{
	struct notification n;

	for (uint32_t i = 0; i < NOTIFICATIONS_MAX && notify_receive(session->notify_fd, &n) > 0; i++) {
		struct child *child = child_by_pid(session, n.sender);

		if (child && n.ready && !child->ready) {
			child->ready = true;
			if (!session->starting)
				say("%s is back, pid %d", child->name, (int)child->pid);
		}
		if (child && (n.alive || n.ready))
			child->alive_ns = child_now_ns();
		if (child && n.watchdog_ns)
			child->watchdog_ns = n.watchdog_ns;
		if (child && n.remove)
			fdstore_remove(&child->store, session->store_fd, n.name);
		else if (child && n.store)
			take_fds(session, child, &n);
		notify_close(&n);
	}
}

/** It ended by its own fault, not because it was told to. */
static bool is_fault(const struct child *child)
{
	if (!child->notifies || child->hung || !WIFSIGNALED(child->status))
		return false;
	switch (WTERMSIG(child->status)) {
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGILL:
	case SIGSEGV:
	case SIGSYS:
	case SIGTRAP:
		return true;
	default:
		return false;
	}
}

static void tell_fault(struct session *session, const struct child *child)
{
	char text[128];

	child_describe_end(child, text, sizeof(text));
	say("%s %s while it was ending", child->name, text);
	session->crashed = true;
}

/** Collect every process that ended: our children, and orphans of theirs that fell to us. */
static void reap(struct session *session)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = child_by_pid(session, pid);

		if (!child)
			continue;
		take_notifications(session); /* all that it said is here now, and it is known by this pid for
						the last time */
		child_ended(child, &session->place, status);
		if (child->kind == CHILD_DAEMON && !session->stopping)
			plan_restart(session, child);
		else if (child->kind == CHILD_DAEMON && is_fault(child))
			tell_fault(session, child);
	}
}

static void take_signals(struct session *session)
{
	struct signalfd_siginfo info;

	while (read(session->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		session->stop_signal = (int)info.ssi_signo;
		/* From the terminal, the whole foreground group has it already. */
		if (info.ssi_code == SI_KERNEL)
			continue;
		for (uint32_t i = 0; i < session->n_children; i++)
			if (session->child[i].kind == CHILD_FOREGROUND)
				child_signal(&session->child[i], (int)info.ssi_signo);
	}
	reap(session);
}

static void take_hang_ups(struct session *session)
{
	struct epoll_event events[64];
	int n = epoll_wait(session->store_fd, events, 64, 0);

	for (int i = 0; i < n; i++)
		for (uint32_t k = 0; k < session->n_children; k++)
			if (fdstore_hung_up(&session->child[k].store, session->store_fd, events[i].data.fd))
				break;
}

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/** A program that hangs is ended; what it was doing stays in its core dump. @return when to look again. */
static int64_t take_silence(struct session *session, struct child *child, int64_t now_ns)
{
	const int64_t within_ns = child->watchdog_ns ? child->watchdog_ns : session->place.watchdog_ns;
	const int64_t due_ns = child->alive_ns + within_ns;

	if (!session->place.watchdog_ns || !child->notifies || !child->pid || !child->ready ||
		session->stopping)
		return INT64_MAX;
	if (due_ns > now_ns)
		return due_ns;
	say("%s hangs: nothing heard of it for %lld s", child->name,
		(long long)(within_ns / (1000 * MS)));
	child_signal(child, child->hung ? SIGKILL : SIGABRT);
	child->hung = true;
	child->alive_ns = now_ns; /* who is not gone by then is killed */
	return now_ns + within_ns;
}

/** Restart who is due; give up on who was started and says nothing. Returns when to look again. */
static int64_t take_time(struct session *session)
{
	int64_t now_ns = child_now_ns(), next_ns = INT64_MAX;

	for (uint32_t i = 0; i < session->n_children; i++) {
		struct child *child = &session->child[i];
		int64_t due_ns = INT64_MAX;

		if (child->restart_ns && !session->stopping) {
			due_ns = child->restart_ns;
			if (due_ns <= now_ns && child_start(child, &session->place) < 0)
				child->restart_ns = due_ns = now_ns + BACKOFF_FIRST_NS;
		}
		if (child->pid && !child->ready) {
			due_ns = child->started_ns + READY_TIMEOUT_NS;
			if (due_ns <= now_ns) {
				say("%s did not get ready in %d s", child->name,
					(int)(READY_TIMEOUT_NS / (1000 * MS)));
				child_signal(child, SIGKILL);
				child->started_ns = now_ns; /* its end comes long before this is due again */
				due_ns = INT64_MAX;
			}
		}
		due_ns = earlier(due_ns, take_silence(session, child, now_ns));
		if (due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

/** Wait for anything to happen, at most until `until_ns`, and deal with it. */
static void step(struct session *session, int64_t until_ns)
{
	struct pollfd fds[] = {
		{.fd = session->signal_fd, .events = POLLIN},
		{.fd = session->notify_fd, .events = POLLIN},
		{.fd = session->store_fd, .events = POLLIN},
	};
	int64_t next_ns = take_time(session), wait_ns;
	int timeout_ms = -1;

	if (until_ns < next_ns)
		next_ns = until_ns;
	if (next_ns != INT64_MAX) {
		wait_ns = next_ns - child_now_ns();
		timeout_ms = wait_ns > 0 ? (int)((wait_ns + MS - 1) / MS) : 0;
	}
	if (poll(fds, 3, timeout_ms) <= 0)
		return;
	/* First what they said: a program that says READY=1 and ends at once was ready, and what it stored is
	 * kept. */
	take_notifications(session);
	if (fds[2].revents)
		take_hang_ups(session);
	if (fds[0].revents)
		take_signals(session);
}

/** Stored descriptors are ours, too; a program starts with the limit that we were started with. */
static void raise_fd_limit(struct rlimit *was)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_NOFILE, was);
	limit = *was;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int session_init(struct session *session)
{
	sigset_t signals;
	int r;

	session->signal_fd = session->notify_fd = session->store_fd = -1;
	raise_fd_limit(&session->place.nofile);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	session->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	session->store_fd = epoll_create1(EPOLL_CLOEXEC);
	if (session->signal_fd < 0 || session->store_fd < 0)
		return -errno;
	r = snprintf(session->notify_path, sizeof(session->notify_path), "%s/session.notify",
		session->place.runtime_dir);
	if (r < 0 || (size_t)r >= sizeof(session->notify_path))
		return -ENAMETOOLONG;
	session->notify_fd = notify_open(session->notify_path);
	session->place.notify_path = session->notify_path;
	return session->notify_fd < 0 ? session->notify_fd : 0;
}

int session_start(struct session *session, struct child *child)
{
	int r;

	if (session->stop_signal)
		return -EINTR;
	session->starting = true;
	r = child_start(child, &session->place);
	if (r < 0)
		say("cannot start %s: %s", child->name, strerror(-r));
	while (r == 0 && !child->ready && !session->failed && !session->stop_signal)
		step(session, INT64_MAX);
	session->starting = false;
	if (r < 0)
		return r;
	if (session->stop_signal)
		return -EINTR;
	return session->failed ? -ECHILD : 0;
}

/** Ask pw-dump once. @return 1 ready, 0 not yet, -errno. */
static int probe_pipewire(struct session *session, enum pipewire_stage stage)
{
	static const char *const argv[] = {"pw-dump", NULL};
	struct child *probe;
	int64_t until_ns = child_now_ns() + PROBE_TIMEOUT_NS;
	int r;

	if (session->n_children == SESSION_CHILDREN_MAX)
		return -ENOSPC;
	probe = &session->child[session->n_children];
	*probe = (struct child){.name = "pw-dump", .kind = CHILD_PROBE, .argv = argv};
	probe->output_fd = memfd_create("pw-dump", MFD_CLOEXEC);
	if (probe->output_fd < 0)
		return -errno;
	r = child_start(probe, &session->place);
	if (r == 0) {
		session->n_children++;
		while (probe->pid && child_now_ns() < until_ns)
			step(session, until_ns);
		session_end(session, probe);
		session->n_children--;
		r = pipewire_dump_shows(probe->output_fd, stage);
		if (child_exit_code(probe) == 127) { /* waiting would not help */
			say("pw-dump is not installed");
			r = -ENOENT;
		}
	}
	(void)close(probe->output_fd);
	return r;
}

int session_wait_for_pipewire(struct session *session, enum pipewire_stage stage)
{
	int64_t until_ns = child_now_ns() + PIPEWIRE_TIMEOUT_NS;
	int r;

	session->starting = true;
	for (;;) {
		int64_t pause_ns;

		r = probe_pipewire(session, stage);
		if (r != 0 || session->stop_signal || session->failed)
			break;
		pause_ns = child_now_ns() + PROBE_PAUSE_NS;
		if (pause_ns > until_ns) {
			say("the private PipeWire was not ready in %d s",
				(int)(PIPEWIRE_TIMEOUT_NS / (1000 * MS)));
			r = -ETIMEDOUT;
			break;
		}
		while (child_now_ns() < pause_ns && !session->stop_signal && !session->failed)
			step(session, pause_ns);
	}
	session->starting = false;
	if (session->stop_signal)
		return -EINTR;
	if (session->failed)
		return -ECHILD;
	return r < 0 ? r : 0;
}

static bool all_ended_well(const struct session *session)
{
	uint32_t n_daemons = 0;

	for (uint32_t i = 0; i < session->n_children; i++) {
		const struct child *child = &session->child[i];

		if (!child->notifies)
			continue;
		if (child->pid || !child->ended_well)
			return false;
		n_daemons++;
	}
	return n_daemons > 0;
}

/** Wait at most until `until_ns` for one child's end. */
static void await_end(struct session *session, const struct child *child, int64_t until_ns)
{
	while (child->pid && child_now_ns() < until_ns)
		step(session, until_ns);
}

void session_run(struct session *session, struct child *command)
{
	while (!session->stop_signal && (command ? command->pid != 0 : !all_ended_well(session)))
		step(session, INT64_MAX);
	/* The command had the signal too: what it still writes, it may finish. */
	if (command)
		await_end(session, command, child_now_ns() + END_TIMEOUT_NS);
}

void session_end(struct session *session, struct child *child)
{
	bool stopping = session->stopping;

	if (!child->pid)
		return;
	session->stopping = true; /* what we end is not to be restarted */
	child_signal(child, SIGTERM);
	await_end(session, child, child_now_ns() + END_TIMEOUT_NS);
	if (child->pid) {
		say("%s did not end in %d s and is killed", child->name, (int)(END_TIMEOUT_NS / (1000 * MS)));
		child_signal(child, SIGKILL);
		await_end(session, child, INT64_MAX);
	}
	session->stopping = stopping;
}

/**
 * Kill what the session's programs left running. Orphans fall to us (PR_SET_CHILD_SUBREAPER), and their
 * orphans in turn, so that this ends only when nothing is left.
 */
static void kill_orphans(void)
{
	char path[64], pids[4096];
	bool hit;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	do {
		FILE *file = fopen(path, "re");
		size_t n = file ? fread(pids, 1, sizeof(pids) - 1, file) : 0;
		char *last, *rest;

		if (file)
			(void)fclose(file);
		pids[n] = '\0';
		last = strrchr(pids, ' '); /* each number is followed by one; the rest may be cut off */
		if (!last)
			return;
		*last = '\0';
		hit = false;
		for (char *pid = strtok_r(pids, " ", &rest); pid; pid = strtok_r(NULL, " ", &rest))
			hit |= kill((pid_t)strtol(pid, NULL, 10), SIGKILL) == 0;
		/* Not ours to kill (it changed its user): waiting for it could last for ever. */
	} while (hit && waitpid(-1, NULL, 0) > 0);
}

void session_finish(struct session *session)
{
	session->stopping = true;
	for (uint32_t i = session->n_children; i-- > 0;)
		session_end(session, &session->child[i]);
	kill_orphans();
	if (session->notify_fd >= 0) {
		(void)close(session->notify_fd);
		(void)unlink(session->notify_path);
	}
	for (uint32_t i = 0; i < session->n_children; i++)
		fdstore_clear(&session->child[i].store, session->store_fd);
	if (session->store_fd >= 0)
		(void)close(session->store_fd);
	if (session->signal_fd >= 0)
		(void)close(session->signal_fd);
}
