/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into mos-rtcore: opening $TEST_BANK, once it is there, waits until somebody has opened and closed
 * the FIFO $TEST_GATE for writing. So a bank takes exactly as long to load as a test wants.
 */
#undef _FILE_OFFSET_BITS /* with it the first function below would be named open64 */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef int open_function(const char *path, int flags, ...);

static open_function *real(const char *name)
{
	open_function *f;

	*(void **)&f = dlsym(RTLD_NEXT, name);
	return f;
}

static void pass_gate(void)
{
	const char *gate = getenv("TEST_GATE");
	int fd = gate ? real("open")(gate, O_RDONLY | O_CLOEXEC) : -1;
	char byte;

	while (fd >= 0 && read(fd, &byte, 1) > 0)
		;
	if (fd >= 0)
		close(fd);
}

static void wait_for(const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT; /* a bank is opened more than once */
	const char *bank = getenv("TEST_BANK");

	if (bank && strcmp(path, bank) == 0 && access(path, F_OK) == 0)
		pthread_once(&once, pass_gate);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	wait_for(path);
	return real("open")(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	wait_for(path);
	return real("open64")(path, flags, mode);
}
