/* SPDX-License-Identifier: MIT */
/**
 * Stands in for mos-rtcore, mos-broker, mos-hermes, mos-band and mos-theater in the tests of mos-session: under the name that it
 * was called by, it appends what happens to it to $STANDIN_LOG and does what $STANDIN_<name> says, a list
 * of words ('-' in the name as '_'):
 *
 *   mute       never says READY=1          stubborn  ignores SIGTERM
 *   crash      ends with 3 before it is    child     leaves a process behind that ignores SIGTERM
 *              ready
 */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv)
{
	sigset_t end;
	int signal;

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
	if (!told("mute"))
		(void)sd_notify(0, "STATUS=standing in\nREADY=1");
	for (;;) {
		(void)sigwait(&end, &signal);
		note("term");
		if (!told("stubborn"))
			return 0;
	}
}
