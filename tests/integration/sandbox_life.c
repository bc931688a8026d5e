/* SPDX-License-Identifier: MIT */
/*
 * mos-sandbox from start to end: what the widget finds, what its end looks like from outside, that nothing
 * outlives it, and that on a machine where it cannot be held nothing runs at all.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_rig.h"

TestSuite(sandbox, .init = rig_up, .fini = rig_down, .timeout = 60);

#define NOT_STARTED 125
#define FOREVER_MS 30000 /* the watchdog of what must happen */

Test(sandbox, wid_08_exit_status_passes)
{
	rig_script("seven", "#!/bin/sh\nexit 7\n");
	rig_script("killed", "#!/bin/sh\nkill -TERM $$\n");
	cr_expect_eq(RUN("seven")->code, 7, "WID-08: the exit code of the widget");
	cr_expect_eq(RUN("killed")->code, 128 + SIGTERM, "WID-08: the signal that ended it");
}

Test(sandbox, wid_08_component_may_be_anything_executable)
{
	struct sandboxed *ran;

	rig_script("python", "#!/usr/bin/python3\nimport sys, threading\n"
			     "t = threading.Thread(target=lambda: print('thread'))\nt.start(); t.join()\n"
			     "print(sys.argv[1:])\n");
	ran = RUN("python", "--", "one", "--two");
	cr_expect(ran->code == 0 && strstr(ran->out, "thread\n['one', '--two']"), "WID-08: a script: %d %s",
		ran->code, ran->out);
	rig_install(LINKED, "linked");
	cr_expect_neq(RUN("linked")->code, 42, "the library is not under /usr");
	ran = RUN("linked", "--library", LIBRARY_DIR);
	cr_expect_eq(ran->code, 42, "WID-08: with a library from a build tree: %d %s", ran->code, ran->out);
}

Test(sandbox, wid_08_component_must_be_in_the_folder)
{
	char path[128];

	cr_expect_eq(RUN("missing")->code, NOT_STARTED, "WID-08: not there");
	cr_expect_eq(RUN("../../../../usr/bin/true")->code, NOT_STARTED, "WID-08: outside");
	(void)snprintf(path, sizeof(path), "%s/link", rig_folder);
	cr_assert_eq(symlink("/usr/bin/true", path), 0);
	cr_expect_eq(RUN("link")->code, NOT_STARTED, "WID-08: a link that leads out");
	rig_script("plain", "#!/bin/sh\n");
	(void)snprintf(path, sizeof(path), "%s/plain", rig_folder);
	cr_assert_eq(chmod(path, 0644), 0);
	cr_expect(RUN("plain")->code == NOT_STARTED && strstr(RUN("plain")->out, "hint: chmod"),
		"WID-08: not executable");
	rig_script("nonsense", "#!/usr/bin/nonsense\n");
	cr_expect_eq(RUN("nonsense")->code, 127, "no such interpreter");
}

Test(sandbox, wrong_usage_is_said)
{
	cr_expect_eq(RUN("try", "--memory-mb", "lots")->code, 2);
	cr_expect_eq(RUN("try", "--tasks", "0")->code, 2);
	cr_expect_eq(RUN("try", "--allow", "everything")->code, 2);
	cr_expect_eq(RUN("try", "--fd", "200")->code, 2, "not open");
	cr_expect_eq(RUN("try", "--id", "../../etc")->code, 2);
	cr_expect_eq(RUN("try", "--own", "/")->code, NOT_STARTED);
	cr_expect_eq(RUN("try", "--own", "/usr/share")->code, NOT_STARTED);
}

/* A clean environment: what the broker was started with stays its own, in process 1 too. */
Test(sandbox, sec_09_environment)
{
	struct sandboxed *ran;
	int pair[2];
	char fd[8];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	(void)fcntl(pair[1], F_SETFD, 0);
	(void)snprintf(fd, sizeof(fd), "%d", pair[1]);
	rig_script("environment",
		"#!/usr/bin/env -S /usr/bin/python3 -I\nimport os, socket\n"
		"print(sorted(os.environ), os.getcwd(), os.getuid(), socket.gethostname())\n");
	(void)setenv("SECRET", "of the broker", 1);
	(void)setenv("LD_PRELOAD", "/nonsense.so", 1);
	ran = RUN("environment", "--fd", fd);
	(void)unsetenv("LD_PRELOAD");
	cr_expect(strstr(ran->out, "['HOME', 'LANG', 'MOS_WIDGET_FD', 'MOS_WIDGET_ID', 'PATH', 'PWD'] "
				   "/widget 1000 hostile"),
		"SEC-09: %s", ran->out);
}

Test(sandbox, wid_08_connection_is_kept)
{
	char fd[8], text[16] = "";
	struct sandboxed *ran;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(dup2(pair[1], 77), 77);
	(void)snprintf(fd, sizeof(fd), "%d", 77);
	rig_script("hello",
		"#!/usr/bin/python3\nimport os\nos.write(int(os.environ['MOS_WIDGET_FD']), b'hello')\n");
	ran = RUN("hello", "--fd", fd);
	cr_expect_eq(ran->code, 0, "%s", ran->out);
	cr_expect(recv(pair[0], text, sizeof(text) - 1, MSG_DONTWAIT) == 5 && strcmp(text, "hello") == 0,
		"WID-08: the context comes through the descriptor it was born with");
}

Test(sandbox, wid_08_own_directory_is_kept)
{
	struct sandboxed *ran;

	rig_script("count", "#!/bin/sh\ncd \"$TMPDIR\" && echo x >>count && wc -l <count\n");
	(void)RUN("count", "--own", rig_own);
	ran = RUN("count", "--own", rig_own);
	cr_expect(ran->code == 0 && strstr(ran->out, "2\n"), "WID-08: %d %s", ran->code, ran->out);
	cr_expect_neq(RUN("count")->code, 0, "WID-03: without files.own there is none");
}

/** Whether all who hold the other end end it, before the watchdog barks. */
static bool all_end(int out)
{
	struct pollfd end = {.fd = out, .events = POLLIN};
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && poll(&end, 1, FOREVER_MS) == 1)
		n = read(out, bytes, sizeof(bytes));
	return n == 0;
}

/** Read up to the word that the widget says. */
static void wait_for(int out, const char *word)
{
	char text[4096] = "";
	size_t len = 0;

	while (!strstr(text, word)) {
		ssize_t n = read(out, text + len, sizeof(text) - 1 - len);

		cr_assert_gt(n, 0, "%s", text);
		len += (size_t)n;
		text[len] = '\0';
	}
}

/* Children in the background, in sessions of their own, ignoring what can be ignored. */
static const char family[] = "#!/usr/bin/python3\nimport os, signal, time\n"
			     "for s in range(1, 32):\n"
			     "  try: signal.signal(s, signal.SIG_IGN)\n"
			     "  except OSError: pass\n"
			     "for i in range(5):\n"
			     "  if os.fork() == 0:\n"
			     "    os.setsid()\n"
			     "    if os.fork() == 0: time.sleep(10000)\n"
			     "    os._exit(0)\n"
			     "print('ready', flush=True)\n";

Test(sandbox, wid_05_nothing_outlives_the_widget)
{
	struct pollfd end = {.events = POLLIN};
	char script[1024], bytes[4096];
	int status;
	pid_t pid;

	(void)snprintf(script, sizeof(script), "%sos._exit(3)\n", family);
	rig_script("family", script);
	pid = rig_start("family", (const char *const[]){NULL}, &end.fd);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_expect_eq(WEXITSTATUS(status), 3);
	/* At once: when mos-sandbox has ended, they have. */
	while (poll(&end, 1, 0) == 1 && read(end.fd, bytes, sizeof(bytes)) > 0)
		;
	cr_expect(poll(&end, 1, 0) == 1 && read(end.fd, bytes, 1) == 0,
		"WID-05: somebody still holds its output");
	(void)close(end.fd);
}

Test(sandbox, wid_05_killed_with_9_the_whole_tree_dies)
{
	char script[1024];
	int out, status;
	pid_t pid;

	(void)snprintf(script, sizeof(script), "%stime.sleep(10000)\n", family);
	rig_script("family", script);
	pid = rig_start("family", (const char *const[]){NULL}, &out);
	wait_for(out, "ready");
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	cr_expect(all_end(out), "WID-05: kill -9 of mos-sandbox ends them all");
	(void)close(out);
}

Test(sandbox, wid_05_parent_killed_with_9_the_whole_tree_dies)
{
	char script[1024];
	int out[2], status;
	pid_t parent;

	(void)snprintf(script, sizeof(script), "%stime.sleep(10000)\n", family);
	rig_script("family", script);
	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	parent = fork();
	if (parent == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (fork() == 0) {
			(void)dup2(out[1], STDOUT_FILENO);
			(void)dup2(out[1], STDERR_FILENO);
			(void)execl(SANDBOX, SANDBOX, "--id", "hostile", "--folder", rig_folder,
				"--component", "family", NULL);
			_exit(99);
		}
		for (;;)
			(void)pause();
	}
	(void)close(out[1]);
	wait_for(out[0], "ready");
	(void)kill(parent, SIGKILL);
	(void)waitpid(parent, &status, 0);
	cr_expect(all_end(out[0]), "WID-05: kill -9 of its parent ends them all");
	(void)close(out[0]);
}

/* Its parent may be gone before it could ask to be told. */
Test(sandbox, wid_05_nobody_at_the_other_end)
{
	struct sandboxed *ran;
	int pair[2];
	char fd[8];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	(void)fcntl(pair[1], F_SETFD, 0);
	(void)close(pair[0]);
	(void)snprintf(fd, sizeof(fd), "%d", pair[1]);
	ran = RUN("try", "--fd", fd, "--", "memfd");
	cr_expect(ran->code == NOT_STARTED && strstr(ran->out, "nobody is at the other end"), "%d %s",
		ran->code, ran->out);
}

/* --- machines that lack something ---------------------------------------------------------------- */

static void expect_refusal(const struct sandboxed *ran, const char *word)
{
	cr_expect_eq(ran->code, NOT_STARTED, "SEC-01: %d %s", ran->code, ran->out);
	cr_expect(strstr(ran->out, word) && strstr(ran->out, "hint: "),
		"SEC-01: says why, and what helps: %s", ran->out);
	cr_expect_not(strstr(ran->out, "I RAN"), "SEC-01: nothing runs unsandboxed");
}

static void install_runner(void)
{
	rig_script("runner", "#!/bin/sh\necho I RAN\n");
	cr_assert(strstr(RUN("runner")->out, "I RAN"));
}

Test(sandbox, sec_01_without_bubblewrap_nothing_runs)
{
	install_runner();
	(void)setenv("PATH", rig_own, 1);
	expect_refusal(RUN("runner"), "bwrap");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(98);
	(void)close(fd);
}

/** Go into a namespace, as an ordinary user, in which there may be no more of them. */
static void close_namespaces(void)
{
	unsigned int user = geteuid();
	char map[64];

	(void)snprintf(map, sizeof(map), "1000 %u 1", user);
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(98);
	put("/proc/self/setgroups", "deny");
	put("/proc/self/uid_map", map);
	put("/proc/sys/user/max_user_namespaces", "0");
}

Test(sandbox, sec_01_without_user_namespaces_nothing_runs)
{
	install_runner();
	rig_before = close_namespaces;
	expect_refusal(RUN("runner"), "bwrap: ");
}

/** From now on, this system call fails as on a kernel that does not know it. */
static void forget(unsigned int number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(98);
}

static void forget_landlock(void)
{
	forget(SYS_landlock_create_ruleset);
}

static void forget_seccomp(void)
{
	forget(SYS_seccomp);
}

Test(sandbox, sec_01_without_landlock_nothing_runs)
{
	install_runner();
	rig_before = forget_landlock;
	expect_refusal(RUN("runner"), "landlock");
}

Test(sandbox, sec_01_without_seccomp_nothing_runs)
{
	install_runner();
	rig_before = forget_seccomp;
	expect_refusal(RUN("runner"), "seccomp");
}

/* --- cgroups and words ---------------------------------------------------------------------------- */

static const char *written(const char *dir, const char *name)
{
	static char text[64];
	char path[192];
	FILE *file;
	size_t n = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (file) {
		n = fread(text, 1, sizeof(text) - 1, file);
		(void)fclose(file);
	}
	text[n] = '\0';
	return text;
}

/* A directory with files of the right names stands in for a delegated cgroup. */
Test(sandbox, sec_01_cgroup_limits)
{
	static const char *const files[] = {
		"memory.max", "memory.swap.max", "pids.max", "cpu.max", "cgroup.procs"};
	char dir[96], path[128];
	struct sandboxed *ran;

	(void)snprintf(dir, sizeof(dir), "%s/group", rig_dir);
	ran = RUN("try", "--cgroup", dir, "--", "memfd");
	cr_expect(ran->code == NOT_STARTED && strstr(ran->out, "is no cgroup"), "no cgroup: %d %s", ran->code,
		ran->out);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		(void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	}
	ran = RUN("try", "--cgroup", dir, "--memory-mb", "48", "--tasks", "9", "--cpu-percent", "30", "--",
		"memfd");
	cr_expect_eq(ran->code, 0, "%s", ran->out);
	cr_expect_not(strstr(ran->out, "no cgroup"), "%s", ran->out);
	cr_expect_str_eq(written(dir, "memory.max"), "50331648");
	cr_expect_str_eq(written(dir, "memory.swap.max"), "0");
	cr_expect_str_eq(written(dir, "pids.max"), "12", "9, and the sandbox' own");
	cr_expect_str_eq(written(dir, "cpu.max"), "30000 100000");
	cr_expect_str_eq(written(dir, "cgroup.procs"), "0");
	(void)snprintf(path, sizeof(path), "%s/cpu.max", dir);
	(void)unlink(path);
	ran = RUN("try", "--cgroup", dir, "--", "memfd");
	cr_expect(ran->code == 0 && strstr(ran->out, "no cgroup holds its CPU:"), "says what is missing: %s",
		ran->out);
}

Test(sandbox, wid_07_says_what_is_in_force)
{
	struct sandboxed *ran = RUN("try", "--print", "--memory-mb", "48");

	cr_expect_eq(ran->code, 0, "%s", ran->out);
	for (int i = 0; i < 6; i++) {
		static const char *const words[] = {
			"user: ", "namespaces: ", "files: ", "system calls: ", "landlock: ", "48 MB"};

		cr_expect(strstr(ran->out, words[i]), "WID-07: %s in %s", words[i], ran->out);
	}
}
