/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_rig.h"

#define WORDS_MAX 64

void (*rig_before)(void);
char rig_dir[64], rig_folder[64], rig_own[64];

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	return remove(path);
}

/** Whether this machine has user namespaces at all: without, there is nothing to test. */
static bool has_namespaces(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

void rig_up(void)
{
	if (!has_namespaces())
		cr_skip("this machine makes no user namespaces");
	(void)strcpy(rig_dir, "/tmp/mos-test-XXXXXX");
	cr_assert(mkdtemp(rig_dir));
	(void)snprintf(rig_folder, sizeof(rig_folder), "%s/widget", rig_dir);
	(void)snprintf(rig_own, sizeof(rig_own), "%s/own", rig_dir);
	cr_assert(mkdir(rig_folder, 0755) == 0 && chmod(rig_folder, 0755) == 0 && mkdir(rig_own, 0700) == 0);
	rig_install(HOSTILE_TRY, "try");
	rig_install(HOSTILE_EAT, "eat");
}

void rig_down(void)
{
	if (rig_dir[0])
		(void)nftw(rig_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static FILE *create(const char *name)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", rig_folder, name);
	file = fopen(path, "we");
	cr_assert(file && fchmod(fileno(file), 0755) == 0);
	return file;
}

void rig_install(const char *from, const char *name)
{
	FILE *in = fopen(from, "re"), *out = create(name);
	char bytes[65536];
	size_t n;

	cr_assert(in, "%s", from);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		cr_assert_eq(fwrite(bytes, 1, n, out), n);
	cr_assert_eq(fclose(out), 0);
	(void)fclose(in);
}

void rig_script(const char *name, const char *text)
{
	FILE *out = create(name);

	cr_assert(fputs(text, out) >= 0 && fclose(out) == 0);
}

static pid_t start(const char *const *argv, int *ret_out)
{
	int out[2];
	pid_t pid;

	cr_assert_eq(pipe2(out, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		(void)dup2(null, STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(out[1], STDERR_FILENO);
		if (rig_before)
			rig_before();
		(void)execv(argv[0], (char *const *)argv);
		_exit(99);
	}
	cr_assert_gt(pid, 0);
	(void)close(out[1]);
	*ret_out = out[0];
	return pid;
}

pid_t rig_start(const char *program, const char *const *words, int *ret_out)
{
	const char *argv[WORDS_MAX] = {
		SANDBOX, "--id", "hostile", "--folder", rig_folder, "--component", program};
	int n = 7;

	for (; *words; words++) {
		cr_assert_lt(n, WORDS_MAX - 1);
		argv[n++] = *words;
	}
	return start(argv, ret_out);
}

void rig_finish(pid_t pid, int out, struct sandboxed *ret)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while ((n = read(out, ret->out + len, sizeof(ret->out) - 1 - len)) > 0)
		len += (size_t)n;
	ret->out[len] = '\0';
	(void)close(out);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct sandboxed *rig_run(const char *program, const char *const *words)
{
	static struct sandboxed result;
	int out;
	pid_t pid = rig_start(program, words, &out);

	rig_finish(pid, out, &result);
	return &result;
}

struct sandboxed *rig_run_free(const char *program, const char *const *words)
{
	static struct sandboxed result;
	const char *argv[WORDS_MAX];
	char path[128];
	int out, n = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/%s", rig_folder, program);
	argv[n++] = path;
	for (; *words && n < WORDS_MAX - 1; words++)
		argv[n++] = *words;
	argv[n] = NULL;
	pid = start(argv, &out);
	rig_finish(pid, out, &result);
	return &result;
}
