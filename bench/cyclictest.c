/* SPDX-License-Identifier: MIT */
#include "cyclictest.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define HISTOGRAM_US "20000"

void cyclictest_start(
	struct cyclictest *test, unsigned int priority, unsigned int interval_us, unsigned int loops)
{
	char number[3][16];
	int fds[2];

	*test = (struct cyclictest){0};
	snprintf(number[0], sizeof(number[0]), "%u", priority);
	snprintf(number[1], sizeof(number[1]), "%u", interval_us);
	snprintf(number[2], sizeof(number[2]), "%u", loops);
	if (pipe(fds) < 0)
		return;
	test->pid = fork();
	if (test->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execlp("cyclictest", "cyclictest", "-q", "-m", "--policy=fifo", "-p", number[0], "-i",
			number[1], "-l", number[2], "-h", HISTOGRAM_US, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	test->output = fdopen(fds[0], "r");
}

/*
 * Its histogram: one line a microsecond, "000012 000345"; then remarks, among them how many lay beyond, which
 * are taken as the greatest.
 */
size_t cyclictest_finish(struct cyclictest *test, double *ret_ns, size_t max)
{
	unsigned long us, count, greatest_us = 0;
	char line[256];
	size_t n = 0;

	while (test->output && fgets(line, sizeof(line), test->output)) {
		if (sscanf(line, "# Max Latencies: %lu", &greatest_us) == 1)
			continue;
		if (sscanf(line, "# Histogram Overflows: %lu", &count) == 1)
			us = greatest_us;
		else if (line[0] == '#' || sscanf(line, "%lu %lu", &us, &count) != 2)
			continue;
		while (count-- && n < max)
			ret_ns[n++] = (double)us * 1000;
	}
	if (test->output)
		fclose(test->output);
	if (test->pid > 0)
		waitpid(test->pid, NULL, 0);
	*test = (struct cyclictest){0};
	if (!n)
		fprintf(stderr, "cyclictest is not installed or may not be real-time: no peer\n");
	return n;
}
