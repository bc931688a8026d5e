/* SPDX-License-Identifier: MIT */
/* Whole processes: their time, and their memory. */
#include "formats.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

static double ms_of(const struct timeval *time)
{
	return (double)time->tv_sec * 1e3 + (double)time->tv_usec * 1e-3;
}

int formats_run(char *const argv[], const char *folder, struct formats_run *ret)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	const int64_t begin = bench_now_ns();
	const int rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		return -rc;
	if (wait4(pid, &status, 0, &usage) < 0)
		return -errno;
	ret->cpu_ms = ms_of(&usage.ru_utime) + ms_of(&usage.ru_stime);
	ret->ms = (double)(bench_now_ns() - begin) * 1e-6;
	ret->has_failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -ENOENT : 0;
}

static _Noreturn void become(char *const argv[], const char *folder)
{
	const int null = open("/dev/null", O_WRONLY);
	if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0 && chdir(folder) == 0 &&
		ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		execvp(argv[0], argv);
	_exit(127);
}

static double peak_of(pid_t pid)
{
	char path[64], line[256];
	double mb = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *from = fopen(path, "re");
	while (from && fgets(line, sizeof(line), from))
		if (strncmp(line, "VmHWM:", 6) == 0)
			mb = strtod(line + 6, NULL) / 1024;
	if (from)
		(void)fclose(from);
	return mb;
}

/* ru_maxrss counts what a process had before its exec(), which is ours; so it is stopped at its end and
 * asked. */
double formats_memory(char *const argv[], const char *folder)
{
	double mb = 0;
	int status;
	const pid_t pid = fork();
	if (pid == 0)
		become(argv, folder);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 0;
	if (WIFSTOPPED(status))
		(void)ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(uintptr_t)PTRACE_O_TRACEEXIT);
	for (int deliver = 0; WIFSTOPPED(status);) {
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)deliver);
		if (waitpid(pid, &status, 0) < 0)
			break;
		const int is_exit = WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_EXIT;
		if (is_exit)
			mb = peak_of(pid);
		deliver = WIFSTOPPED(status) && WSTOPSIG(status) != SIGTRAP ? WSTOPSIG(status) : 0;
	}
	return mb;
}
