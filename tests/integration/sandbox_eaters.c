/* SPDX-License-Identifier: MIT */
/*
 * WID-07, SEC-01: a widget that eats processes, memory, disk or CPU time stays within its share, with no
 * cgroup to help, and nothing of it is left.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_rig.h"

TestSuite(eaters, .init = rig_up, .fini = rig_down, .timeout = 120);

#define ENDED (128 + SIGKILL)

/** "X: got N, then" of the output; -1. */
static int got(const char *out)
{
	const char *at = strstr(out, "got ");

	return at ? atoi(at + 4) : -1;
}

Test(eaters, wid_07_fork_bomb)
{
	struct sandboxed *ran = RUN("eat", "--tasks", "12", "--", "processes", "300");

	cr_assert_eq(ran->code, 0, "WID-07: %d %s", ran->code, ran->out);
	cr_assert(got(ran->out) <= 12 && strstr(ran->out, "EAGAIN"),
		"WID-07: with its children and theirs: %s", ran->out);
	/* rig_run() has read its output to the end: nobody holds it any more, all of them are dead. */
}

Test(eaters, wid_07_threads_are_tasks)
{
	struct sandboxed *ran = RUN("eat", "--tasks", "12", "--", "threads", "300");

	cr_assert_eq(ran->code, 0, "WID-07: %d %s", ran->code, ran->out);
	cr_assert(got(ran->out) == 11 && strstr(ran->out, "EAGAIN"),
		"WID-07: all that it may have, no more: %s", ran->out);
}

Test(eaters, wid_07_memory_of_one_process)
{
	struct sandboxed *ran = RUN("eat", "--memory-mb", "32", "--tasks", "4", "--", "memory", "400");

	/* Which of the two comes first is chance: its own limit (32 + 4 stacks of 2), or the watch. */
	cr_assert((ran->code == 0 && got(ran->out) <= 40 && strstr(ran->out, "ENOMEM")) ||
			  (ran->code == ENDED && strstr(ran->out, "allowed are 32: ended")),
		"WID-07: %d %s", ran->code, ran->out);
	ran = RUN("eat", "--memory-mb", "32", "--", "memory", "24");
	cr_assert_eq(ran->code, 1, "what it may have it gets: %d %s", ran->code, ran->out);
}

Test(eaters, wid_07_memory_of_many_processes)
{
	struct sandboxed *ran = RUN("eat", "--memory-mb", "32", "--", "memory-together", "20", "4");

	cr_assert(ran->code == ENDED && strstr(ran->out, "MB of memory"),
		"WID-07: each has less than 32: %d %s", ran->code, ran->out);
	ran = RUN("eat", "--memory-mb", "32", "--", "memory-shared", "20", "4");
	cr_assert(ran->code == 0 && strstr(ran->out, "shared"), "what they share counts once: %d %s",
		ran->code, ran->out);
}

Test(eaters, wid_07_memory_in_files)
{
	struct sandboxed *ran = RUN("eat", "--memory-mb", "32", "--allow", "memfd", "--", "memfds", "20");

	cr_assert(ran->code == ENDED && strstr(ran->out, "MB of memory"), "WID-07: held: %d %s", ran->code,
		ran->out);
	ran = RUN("eat", "--memory-mb", "32", "--allow", "memfd", "--", "memfds-mapped", "20");
	cr_assert(ran->code == ENDED && strstr(ran->out, "MB of memory"), "WID-07: closed, but mapped: %d %s",
		ran->code, ran->out);
}

Test(eaters, wid_07_disk)
{
	struct sandboxed *ran = RUN("eat", "--own", rig_own, "--", "disk", rig_own, "1", "65");

	cr_assert(ran->code == 0 && got(ran->out) == 0 && strstr(ran->out, "EFBIG"),
		"WID-07: one file: %d %s", ran->code, ran->out);
	ran = RUN("eat", "--own", rig_own, "--", "disk", rig_own, "20000", "0");
	cr_assert(ran->code == ENDED && strstr(ran->out, "files"), "WID-07: many files: %d %s", ran->code,
		ran->out);
}

Test(eaters, wid_07_disk_space)
{
	struct sandboxed *ran = RUN("eat", "--own", rig_own, "--", "disk", rig_own, "12", "60");

	cr_assert(ran->code == ENDED && strstr(ran->out, "files"), "WID-07: 720 MB: %d %s", ran->code,
		ran->out);
}

Test(eaters, sec_01_cpu_time)
{
	struct sandboxed *ran = RUN("eat", "--cpu-percent", "5", "--", "cpu", "4");

	cr_assert_eq(ran->code, 0, "%d %s", ran->code, ran->out);
	/* 5 % of 4 s, and what two threads do between two looks; it wanted 8 s. */
	cr_assert(got(ran->out) >= 0 && got(ran->out) < 1500, "SEC-01: in 4 s: %s", ran->out);
}
