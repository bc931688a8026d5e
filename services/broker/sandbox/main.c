/* SPDX-License-Identifier: MIT */
/* mos-sandbox: from the command line to the running widget; sandbox.h has the picture. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include "sandbox.h"

#define NICE 5 /* where no cgroup holds its CPU time: behind what plays */

int complain(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* One write: others write to the same log. */
	(void)dprintf(STDERR_FILENO, "mos-sandbox: %s\n", line);
	return -1;
}

/** What our parent blocks, ignores or runs as is not the widget's business. */
static void forget_parent(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	for (int signal_nr = 1; signal_nr < NSIG; signal_nr++)
		(void)signal(signal_nr, SIG_DFL);
	(void)sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0});
}

/** Die with the parent; @return -1 when it is dead already. */
static int die_with_parent(const struct sandbox *box)
{
	struct pollfd connection = {.fd = box->fd};

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before that line, but then its end of the connection is closed. */
	if (poll(&connection, 1, 0) == 1 && (connection.revents & (POLLHUP | POLLERR)))
		return complain("nobody is at the other end of descriptor %d", box->fd);
	return 0;
}

static void run_bwrap(const struct sandbox *box, bool cpu_in_cgroup, int cgroup_fd, int filter_fd,
	int status_fd, int info_fd, pid_t parent)
{
	int r, adjust;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_NOT_STARTED);
	if (cgroup_fd >= 0 && (r = cgroup_join(cgroup_fd)) < 0) {
		(void)complain("cannot move into %s: %s", box->cgroup, strerror(-r));
		_exit(EXIT_NOT_STARTED);
	}
	/* When the whole machine is out of memory, a widget goes before the music does. */
	adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (adjust >= 0) {
		(void)!write(adjust, "900", 3);
		(void)close(adjust);
	}
	if (!cpu_in_cgroup)
		(void)setpriority(PRIO_PROCESS, 0, NICE);
	bwrap_run(box, filter_fd, status_fd, info_fd);
	_exit(EXIT_NOT_STARTED);
}

static int start(struct sandbox *box, int landlock)
{
	struct cgroup_limits cgroup = {0};
	int status[2], info[2], filter_fd, cgroup_fd = -1, code;
	pid_t parent = getpid(), bwrap;

	if (box->cgroup) {
		cgroup_fd = cgroup_make(box->cgroup, box, &cgroup);
		if (cgroup_fd < 0)
			return EXIT_NOT_STARTED;
	}
	if (!cgroup.memory || !cgroup.tasks || !cgroup.cpu)
		(void)complain(
			"%s: no cgroup holds its%s%s%s: limits of each process do, and a watch over all",
			box->id, cgroup.memory ? "" : " memory", cgroup.tasks ? "" : " tasks",
			cgroup.cpu ? "" : " CPU");
	if (sandbox_open(box) < 0 || die_with_parent(box) < 0)
		return EXIT_NOT_STARTED;
	filter_fd = filter_make(box->uring, box->memfd);
	if (filter_fd < 0)
		return EXIT_NOT_STARTED;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status) < 0 || pipe2(info, O_CLOEXEC) < 0) {
		(void)complain("no descriptors left: %s", strerror(errno));
		return EXIT_NOT_STARTED;
	}
	bwrap = fork();
	if (bwrap == 0)
		run_bwrap(box, cgroup.cpu, cgroup_fd, filter_fd, status[1], info[1], parent);
	if (bwrap < 0) {
		(void)complain("cannot fork: %s", strerror(errno));
		return EXIT_NOT_STARTED;
	}
	(void)close(status[1]);
	(void)close(info[1]);
	/* The widget's alone from here on: when it closes its end, that is seen at the other. */
	if (box->fd >= 0)
		(void)close(box->fd);
	code = watch_run(box, &cgroup, bwrap, status[0], info[0]);
	if (box->print && code == 0)
		print_words(box, &cgroup, landlock);
	return code;
}

int main(int argc, char **argv)
{
	struct sandbox box;
	int landlock, r;

	if (argc > 1 && strcmp(argv[1], "--inside") == 0)
		return inner_main(argc, argv);
	r = sandbox_options(&box, argc, argv);
	if (r != 0)
		return r < 0 ? 2 : 0;
	forget_parent();
	landlock = sandbox_check();
	return landlock < 0 ? EXIT_NOT_STARTED : start(&box, landlock);
}
