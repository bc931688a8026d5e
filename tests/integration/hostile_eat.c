/* SPDX-License-Identifier: MIT */
/*
 * A widget that eats:
 *
 *     hostile_eat WHAT [ARG...]
 *
 * and says how much it got. Exit code 0: it was refused more; 1: it has eaten all it wanted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MB (1u << 20)

static int full(const char *what, unsigned int got)
{
	(void)printf("%s: got %u, then %s\n", what, got, strerrorname_np(errno));
	return 0;
}

static _Noreturn void wait_for_ever(void)
{
	for (;;)
		(void)pause();
}

/** All that there are in this /proc, but its first, which is the sandbox' own. */
static unsigned int count_processes(void)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	unsigned int n = 0;

	while (dir && (entry = readdir(dir)))
		n += atoi(entry->d_name) > 1;
	return n;
}

/**
 * Fork for as long as it goes: every child forks too. Only the first says what it saw. ARG[0] forks are
 * tried, all together: where nothing stops it, it stops.
 */
static int eat_processes(char **args)
{
	int left[2], wanted = atoi(args[0]);
	pid_t first = getpid(), pid = 0;
	char byte;

	if (pipe(left) < 0 || fcntl(left[0], F_SETFL, O_NONBLOCK) < 0)
		return 1;
	for (int i = 0; i < wanted; i++)
		(void)!write(left[1], "", 1);
	while (pid >= 0 && read(left[0], &byte, 1) == 1)
		pid = fork();
	if (getpid() != first)
		wait_for_ever();
	return pid < 0 ? full("processes", count_processes()) : 1;
}

static void *sleep_for_ever(void *data)
{
	wait_for_ever();
}

static int eat_threads(char **args)
{
	unsigned int n = 0, wanted = (unsigned int)atoi(args[0]);
	pthread_t thread;

	for (; n < wanted; n++) {
		int r = pthread_create(&thread, NULL, sleep_for_ever, NULL);

		if (r) {
			errno = r;
			return full("threads", n);
		}
	}
	return 1;
}

/** `mb` megabytes that are really there. */
static unsigned int take(unsigned int mb)
{
	unsigned int n = 0;

	for (; n < mb; n++) {
		char *bytes = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (bytes == MAP_FAILED)
			break;
		memset(bytes, 1, MB);
	}
	return n;
}

static int eat_memory(char **args)
{
	unsigned int wanted = (unsigned int)atoi(args[0]), n = take(wanted);

	return n < wanted ? full("MB", n) : 1;
}

/** ARG[0] megabytes in each of ARG[1] processes, which then do nothing. */
static int eat_memory_together(char **args)
{
	for (int i = atoi(args[1]); i > 0; i--)
		if (fork() == 0) {
			(void)take((unsigned int)atoi(args[0]));
			wait_for_ever();
		}
	wait_for_ever();
}

/** The same, but all share what the first has; then it ends well. */
static int share_memory(char **args)
{
	int n = atoi(args[1]), ready[2];
	char byte;

	if (pipe(ready) < 0 || take((unsigned int)atoi(args[0])) < (unsigned int)atoi(args[0]))
		return 1;
	for (int i = 0; i < n; i++)
		if (fork() == 0) {
			(void)!write(ready[1], "", 1);
			wait_for_ever();
		}
	for (int i = 0; i < n; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	/* Long enough to be looked at a few times. */
	(void)nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
	(void)puts("shared");
	return 0;
}

/** Memory files of 8 MB: held, or only mapped, and there because they were written. ARG[0]: how many. */
static int eat_memfds(char **args, bool held)
{
	static char bytes[MB];
	unsigned int wanted = (unsigned int)atoi(args[0]), n = 0;

	memset(bytes, 1, sizeof(bytes));
	for (; n < wanted; n++) {
		int fd = memfd_create("mine", 0);

		if (fd < 0)
			return full("memfds", n);
		for (int i = 0; i < 8; i++)
			if (write(fd, bytes, MB) != MB)
				return full("memfds", n);
		if (!held) {
			if (mmap(NULL, 8 * MB, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
				return full("memfds", n);
			(void)close(fd);
		}
	}
	wait_for_ever();
}

/** ARG[0]: a directory; ARG[1]: how many files of ARG[2] megabytes; then it waits. */
static int eat_disk(char **args)
{
	char path[4096];

	(void)signal(SIGXFSZ, SIG_IGN);
	for (int i = 0, n = atoi(args[1]); i < n; i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/%d", args[0], i);
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return full("files", (unsigned int)i);
		if (atoi(args[2]) && (errno = posix_fallocate(fd, 0, (off_t)atoi(args[2]) * MB)))
			return full("files", (unsigned int)i);
		(void)close(fd);
	}
	wait_for_ever();
}

static void *burn(void *until)
{
	const struct timespec *end = until;
	struct timespec now;

	do
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec < end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec < end->tv_nsec));
	return NULL;
}

/** ARG[0] seconds of wall time, in two threads. Says how many ms of CPU time it got. */
static int eat_cpu(char **args)
{
	struct timespec end;
	pthread_t thread;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atoi(args[0]);
	if (pthread_create(&thread, NULL, burn, &end))
		return 1;
	(void)burn(&end);
	(void)pthread_join(thread, NULL);
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	(void)printf("got %ld ms\n", (long)end.tv_sec * 1000 + end.tv_nsec / 1000000);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "processes") == 0)
		return eat_processes(argv + 2);
	if (strcmp(what, "threads") == 0)
		return eat_threads(argv + 2);
	if (strcmp(what, "memory") == 0)
		return eat_memory(argv + 2);
	if (strcmp(what, "memory-together") == 0)
		return eat_memory_together(argv + 2);
	if (strcmp(what, "memory-shared") == 0)
		return share_memory(argv + 2);
	if (strcmp(what, "memfds") == 0)
		return eat_memfds(argv + 2, true);
	if (strcmp(what, "memfds-mapped") == 0)
		return eat_memfds(argv + 2, false);
	if (strcmp(what, "disk") == 0)
		return eat_disk(argv + 2);
	if (strcmp(what, "cpu") == 0)
		return eat_cpu(argv + 2);
	return 64;
}
