/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into mos-rtcore: opening $TEST_BANK with fopen(), as FluidSynth does, waits until somebody has
 * opened and closed the FIFO $TEST_GATE for writing. So a bank takes exactly as long to load as a test wants.
 */
#undef _FILE_OFFSET_BITS /* with it the function below would be named fopen64 */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void pass_gate(void)
{
	const char *gate = getenv("TEST_GATE");
	int fd = gate ? open(gate, O_RDONLY | O_CLOEXEC) : -1;
	char byte;

	while (fd >= 0 && read(fd, &byte, 1) > 0)
		;
	if (fd >= 0)
		close(fd);
}

FILE *fopen(const char *path, const char *mode)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT; /* a bank is opened more than once */
	FILE *(*real)(const char *, const char *);
	const char *bank = getenv("TEST_BANK");

	*(void **)&real = dlsym(RTLD_NEXT, "fopen");
	if (bank && strcmp(path, bank) == 0)
		pthread_once(&once, pass_gate);
	return real(path, mode);
}
