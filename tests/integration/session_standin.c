/* SPDX-License-Identifier: MIT */
/**
 * Stands in for mos-rtcore, mos-broker, mos-hermes, mos-band, mos-link, mos-jack and mos-theater in the tests of mos-session:
 * under the name that it was called by, it appends what happens to it to $STANDIN_LOG and does what
 * $STANDIN_<name> says, a list of words ('-' in the name as '_'):
 *
 *   mute       never says READY=1          stubborn  ignores SIGTERM
 *   crash      ends with 3 before it is    child     leaves a process behind that ignores SIGTERM
 *              ready                       hang      says nothing more once it is ready
 *   abort      aborts when it is told to   patience  asks for 5 s, then says nothing more
 *              end
 *   store      stores descriptors, and     flood     stores more than is taken
 *              notes those that it got
 */
#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <systemd/sd-daemon.h>

static const char *name;

/** One write to a file opened for appending: lines of several stand-ins do not mix. */
static void note(const char *what)
{
	FILE *file = fopen(getenv("STANDIN_LOG"), "ae");

	if (!file)
		abort();
	(void)fprintf(file, "%s %s %d\n", name, what, (int)getpid());
	(void)fclose(file);
}

static bool told(const char *word)
{
	char key[64];
	const char *words;

	(void)snprintf(key, sizeof(key), "STANDIN_%s", name);
	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	words = getenv(key);
	return words && strstr(words, word);
}

static int memory(const char *text)
{
	int fd = memfd_create("standin", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		abort();
	return fd;
}

static void store(const char *state, int fd)
{
	if (sd_pid_notify_with_fds(0, 0, state, &fd, 1) <= 0)
		abort();
}

/** "got NAME=CONTENT" for memory, "got NAME" for what has none. */
static void note_got(void)
{
	char **names = NULL, text[128], content[32];
	int n = sd_listen_fds_with_names(0, &names);

	for (int i = 0; i < n; i++) {
		ssize_t size = pread(SD_LISTEN_FDS_START + i, content, sizeof(content) - 1, 0);

		content[size > 0 ? size : 0] = '\0';
		(void)snprintf(text, sizeof(text), "got %s%s%s", names[i], size > 0 ? "=" : "", content);
		note(text);
		free(names[i]);
	}
	free(names);
	if (n <= 0)
		note(n < 0 ? "got an error" : "got nothing");
}

static void store_all(void)
{
	int first = memory("one"), pair[2], open_pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, open_pair) < 0)
		abort();
	store("FDSTORE=1\nFDNAME=first", first);
	store("FDSTORE=1\nFDNAME=first", first); /* the same once more */
	store("FDSTORE=1\nFDNAME=gone", memory("two"));
	store("FDSTORE=1", memory("three"));
	store("FDSTORE=1\nFDNAME=bad:name", memory("four"));
	/* Their other ends die with us: the one is dropped, the other wanted in any case. */
	store("FDSTORE=1\nFDNAME=hangs.up", pair[0]);
	store("FDSTORE=1\nFDNAME=hung.up\nFDPOLL=0", open_pair[0]);
	(void)sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=gone");
}

static void flood(void)
{
	int fd[200];

	for (int n = 0; n < 21; n++) {
		for (int i = 0; i < 200; i++)
			fd[i] = memory("x");
		if (sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=flood", fd, 200) <= 0)
			abort();
		for (int i = 0; i < 200; i++)
			(void)close(fd[i]);
	}
}

/** Wait for the end, and say in the meantime that we live. */
static void await(const sigset_t *end)
{
	uint64_t interval_us = 0;
	struct timespec pause;

	if (told("patience"))
		(void)sd_notify(0, "WATCHDOG=1\nWATCHDOG_USEC=5000000");
	if (told("hang") || told("patience") || sd_watchdog_enabled(0, &interval_us) <= 0)
		interval_us = UINT32_MAX;
	interval_us /= 4;
	pause.tv_sec = (time_t)(interval_us / 1000000);
	pause.tv_nsec = (long)(interval_us % 1000000) * 1000;
	while (sigtimedwait(end, NULL, &pause) < 0)
		if (errno == EAGAIN)
			(void)sd_notify(0, "WATCHDOG=1");
}

int main(int argc, char **argv)
{
	sigset_t end;

	name = basename(argv[0]);
	(void)sigemptyset(&end);
	(void)sigaddset(&end, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &end, NULL);
	note("start");
	for (int i = 1; i < argc; i++)
		note(argv[i]);
	if (told("crash"))
		return 3;
	if (told("child") && fork() == 0) {
		note("child");
		for (;;)
			pause();
	}
	if (told("store")) {
		note_got();
		if (sd_listen_fds(0) <= 0)
			store_all();
	}
	if (told("flood")) {
		note(sd_listen_fds(0) == 4096 ? "got 4096" : "got none");
		if (sd_listen_fds(0) <= 0)
			flood();
	}
	if (!told("mute"))
		(void)sd_notify(0, "STATUS=standing in\nREADY=1");
	for (;;) {
		await(&end);
		if (told("abort"))
			abort();
		note("term");
		if (!told("stubborn"))
			return 0;
	}
}
