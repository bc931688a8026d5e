/* SPDX-License-Identifier: MIT */
/*
 * WID-07, SEC-01, SEC-09: every way out of the sandbox that we know of is tried, and fails as it is meant to.
 * Where it can be shown, the same attempt works without the sandbox: it is the sandbox that holds, not the
 * machine.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_rig.h"

TestSuite(hostile, .init = rig_up, .fini = rig_down, .timeout = 60);

#define KILLED (128 + SIGSYS)

/** One attempt. */
struct row {
	const char *attempt, *arg;
	const char *refused; /* names of errors that are right, "KILL": the kernel ends it */
	const char *allow;   /* NULL: none */
	bool root, free;     /* can be shown to work without the sandbox: by root, by anybody */
};

static const struct row rows[] = {
	{"open", "/etc/shadow", "ENOENT", .root = true},
	{"open", SOURCE_ROOT "/meson.build", "ENOENT", .free = true},
	{"open", "/root", "ENOENT", .root = true},
	{"open", "/home", "ENOENT"},
	{"open", "/tmp", "ENOENT", .free = true},
	{"open", "/run", "ENOENT", .free = true},
	{"open", "/sys/kernel", "ENOENT", .free = true},
	{"open", "/dev/tty", "ENOENT"},
	{"open", "/dev/shm", "ENOENT"},
	{"open", "/", "EACCES", .free = true},
	{"open", "/proc/1/environ", "EACCES"},
	{"open", "/proc/1/mem", "EACCES"},
	{"open", "/proc/1/root", "EACCES"},
	{"open", "/proc/1/fd/0", "EACCES"},
	{"open", "/proc/1/cwd/etc", "EACCES"},
	{"open-write", "/proc/self/mem", "EACCES", .free = true},
	{"open-write", "/proc/sys/kernel/core_pattern", "EACCES EROFS", .root = true},
	{"open-write", "/proc/sys/kernel/hostname", "EACCES EROFS", .root = true},
	{"open-write", "/proc/self/uid_map", "EACCES EROFS", .free = true},
	{"open-write", "/proc/self/oom_score_adj", "EACCES", .free = true},
	{"open-write", "/widget/eat", "EROFS EACCES"},
	{"open-write", "/usr/bin/env", "EROFS EACCES"},
	{"create", "/x", "EROFS EACCES"},
	{"create", "/usr/x", "EROFS EACCES"},
	{"create", "/widget/x", "EROFS EACCES"},
	{"create", "/dev/x", "EROFS EACCES"},
	{"lease", "/widget/try", "EPERM"},
	{"ptrace", NULL, "KILL"},
	{"vm-read", NULL, "KILL"},
	{"vm-write", NULL, "KILL"},
	{"socket-inet", NULL, "EPERM", .free = true},
	{"socket-unix", NULL, "EPERM", .free = true},
	{"socket-netlink", NULL, "EPERM", .free = true},
	{"socketpair", NULL, "EPERM", .free = true},
	{"mount", NULL, "KILL"},
	{"umount", NULL, "KILL"},
	{"fsopen", NULL, "KILL", .root = true},
	{"pivot-root", NULL, "KILL"},
	{"chroot", NULL, "KILL"},
	{"unshare-user", NULL, "KILL", .free = true},
	{"unshare-mount", NULL, "KILL", .root = true},
	{"clone-user", NULL, "KILL", .free = true},
	{"clone3-user", NULL, "ENOSYS", .free = true},
	{"setns", NULL, "KILL"},
	{"uring", NULL, "KILL"},
	{"bpf", NULL, "KILL", .root = true},
	{"perf", NULL, "KILL", .root = true},
	{"userfaultfd", NULL, "KILL"},
	{"keyctl", NULL, "KILL"},
	{"add-key", NULL, "KILL"},
	{"handle-of", NULL, "KILL"},
	{"open-handle", NULL, "KILL"},
	{"module", NULL, "KILL"},
	{"kexec", NULL, "KILL"},
	{"syslog", NULL, "KILL", .root = true},
	{"setuid", NULL, "EPERM", .root = true},
	{"sethostname", NULL, "EPERM"},
	{"mknod", "/widget/disk", "EPERM"},
	{"mkfifo", "/widget/pipe", "EPERM"},
	{"tiocsti", NULL, "KILL"},
	{"tiocsti-high", NULL, "KILL"},
	{"fifo-priority", NULL, "EPERM", .root = true},
	{"nice", NULL, "EPERM EACCES", .root = true},
	{"rlimit", NULL, "EPERM", .free = true},
	{"hide", NULL, "EPERM", .free = true},
	{"shared-memory", NULL, "EPERM", .free = true},
	{"memfd", NULL, "EPERM", .free = true},
	{"shmget", NULL, "EPERM", .free = true},
#ifdef __x86_64__
	{"x32", NULL, "KILL"},
	{"i386", NULL, "KILL"},
#endif
	{"descriptors", NULL, "EBADF"},
	{"processes", NULL, "ESRCH", .free = true},
};

ParameterizedTestParameters(hostile, attempt)
{
	static int numbers[sizeof(rows) /
			   sizeof(*rows)]; /* the table itself has pointers, which do not travel */

	for (int i = 0; i < (int)(sizeof(rows) / sizeof(*rows)); i++)
		numbers[i] = i;
	return cr_make_param_array(int, numbers, sizeof(rows) / sizeof(*rows));
}

/** Whether `out` ends in "refused: NAME\n" with one of the names. */
static bool is_refused(const char *out, const char *names)
{
	const char *said = strstr(out, "refused: ");
	char name[32] = "";

	return said && sscanf(said, "refused: %31[A-Z]", name) == 1 && strstr(names, name);
}

ParameterizedTest(int *number, hostile, attempt)
{
	const struct row *row = &rows[*number];
	const char *arg = row->arg;
	struct sandboxed *ran;

	if (row->free || (row->root && geteuid() == 0)) {
		ran = rig_run_free("try", (const char *const[]){row->attempt, arg, NULL});
		cr_expect_eq(ran->code, 1, "WID-07: %s %s proves nothing, it fails outside too: %s",
			row->attempt, arg ? arg : "", ran->out);
	}
	ran = RUN("try", "--", row->attempt, arg);
	if (strcmp(row->refused, "KILL") == 0)
		cr_assert(ran->code == KILLED && strstr(ran->out, "no widget may"),
			"WID-07 E2.6.1.8 SEC-01: %s is ended on the spot: %d %s", row->attempt, ran->code,
			ran->out);
	else
		cr_assert(ran->code == 0 && is_refused(ran->out, row->refused),
			"WID-07 E2.6.1.8 SEC-01: %s %s is refused with %s: %d %s", row->attempt,
			arg ? arg : "", row->refused, ran->code, ran->out);
}

/* What is granted works, so that a refusal is one. */
Test(hostile, wid_07_what_is_allowed_works)
{
	cr_expect_eq(RUN("try", "--allow", "memfd", "--", "memfd")->code, 1, "WID-07: --allow memfd");
	cr_expect_neq(RUN("try", "--allow", "uring", "--", "uring")->code, KILLED, "WID-07: --allow uring");
	cr_expect_eq(
		RUN("try", "--own", rig_own, "--", "create", rig_own)->code, 0, "a directory is no file");
	cr_expect_eq(
		RUN("try", "--own", rig_own, "--", "open", rig_own)->code, 1, "WID-07: --own can be read");
}

Test(hostile, sec_09_own_directory_is_no_way_out)
{
	char path[128];
	struct sandboxed *ran;

	(void)snprintf(path, sizeof(path), "%s/x", rig_own);
	ran = RUN("try", "--own", rig_own, "--", "link-out", path);
	cr_expect(ran->code == 0 && is_refused(ran->out, "ENOENT"), "SEC-09: a link to /etc/shadow: %s",
		ran->out);
	(void)unlink(path);
	ran = RUN("try", "--own", rig_own, "--", "mknod", path);
	cr_expect(ran->code == 0 && is_refused(ran->out, "EPERM"), "SEC-09: a device: %s", ran->out);
	cr_expect_eq(rig_run_free("try", (const char *const[]){"run-own", path, NULL})->code, 0,
		"/usr/bin/true ran");
	(void)unlink(path);
	ran = RUN("try", "--own", rig_own, "--", "run-own", path);
	cr_expect(ran->code == 0 && is_refused(ran->out, "EACCES"), "SEC-09: a program of its own making: %s",
		ran->out);
}

/** A socket that anybody may connect to. */
static int listen_at(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)strncpy(address.sun_path, name, sizeof(address.sun_path) - 1);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	cr_assert_eq(bind(fd, (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
		0);
	cr_assert_eq(listen(fd, 4), 0);
	return fd;
}

/* The broker's own door, and one in the abstract name space, which has no files: with a new socket, and with
 * the one that it was born with. */
Test(hostile, sec_09_no_other_door)
{
	char path[128], abstract[64];
	int by_path, by_name, pair[2];

	(void)snprintf(path, sizeof(path), "%s/mos.sock", rig_own);
	(void)snprintf(abstract, sizeof(abstract), "@mos-test-%d", getpid());
	by_path = listen_at(path);
	by_name = listen_at(abstract);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < 2; i++) {
		const char *door = i ? abstract : path;
		char fd[8];
		struct sandboxed *ran = rig_run_free("try", (const char *const[]){"connect", door, NULL});

		cr_expect_eq(ran->code, 1, "SEC-09: %s is open: %s", door, ran->out);
		ran = RUN("try", "--own", rig_own, "--", "connect", door);
		cr_expect(ran->code == 0 && is_refused(ran->out, "EPERM"), "SEC-09: %s: %s", door, ran->out);
		(void)snprintf(fd, sizeof(fd), "%d", pair[1]);
		(void)fcntl(pair[1], F_SETFD, 0);
		ran = RUN("try", "--own", rig_own, "--fd", fd, "--", "connect", door);
		cr_expect(ran->code == 0 && is_refused(ran->out, "EPERM"), "SEC-09: %s, born socket: %s",
			door, ran->out);
	}
	(void)close(by_path);
	(void)close(by_name);
}

/** Somebody else's process of the same user as the widget, as far as we can be. */
static pid_t start_victim(int *ret_alive)
{
	unsigned int user = geteuid();
	struct sandboxed *words = RUN("try", "--print");
	int alive[2];
	pid_t pid;

	cr_assert(sscanf(words->out + strcspn(words->out, "\n") + 1, "user: %u", &user) == 1 ||
			  sscanf(words->out, "user: %u", &user) == 1,
		"%s", words->out);
	cr_assert_eq(pipe2(alive, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)!setresuid(user, user, user);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	(void)close(alive[1]);
	*ret_alive = alive[0];
	return pid;
}

Test(hostile, wid_07_signals_reach_nobody_else)
{
	struct sandboxed *ran;
	char number[16];
	int alive, status;
	pid_t victim = start_victim(&alive);

	ran = RUN("try", "--", "kill-all");
	cr_expect(ran->code == 0 && is_refused(ran->out, "ESRCH"), "WID-07: kill(-1) finds nobody: %s",
		ran->out);
	(void)snprintf(number, sizeof(number), "%d", victim);
	ran = RUN("try", "--", "kill", number);
	cr_expect(ran->code == 0 && is_refused(ran->out, "ESRCH"), "WID-07: a foreign process: %s", ran->out);
	(void)snprintf(number, sizeof(number), "%d", getpid());
	ran = RUN("try", "--", "kill", number);
	cr_expect(ran->code == 0 && is_refused(ran->out, "ESRCH"), "WID-07: who started it: %s", ran->out);
	ran = RUN("try", "--", "kill", "1");
	cr_expect_eq(waitpid(victim, &status, WNOHANG), 0, "WID-07: the victim lives");
	(void)kill(victim, SIGKILL);
	(void)waitpid(victim, &status, 0);
}

/* What the broker has open is not the widget's, whatever flags it has. */
Test(hostile, sec_09_only_its_own_descriptors)
{
	int pair[2], leaks[20];
	struct sandboxed *ran;
	char fd[8];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < 20; i++)
		leaks[i] = open("/etc/passwd", O_RDONLY); /* deliberately inherited */
	(void)fcntl(pair[1], F_SETFD, 0);
	(void)snprintf(fd, sizeof(fd), "%d", pair[1]);
	cr_expect_eq(rig_run_free("try", (const char *const[]){"descriptors", NULL})->code, 1);
	ran = RUN("try", "--fd", fd, "--", "descriptors");
	cr_expect(
		ran->code == 0 && is_refused(ran->out, "EBADF"), "SEC-09: with its connection: %s", ran->out);
	ran = RUN("try", "--", "descriptors");
	cr_expect(ran->code == 0 && is_refused(ran->out, "EBADF"), "SEC-09: without: %s", ran->out);
	for (int i = 0; i < 20; i++)
		(void)close(leaks[i]);
}
