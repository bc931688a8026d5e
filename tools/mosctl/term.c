/* SPDX-License-Identifier: MIT */
/* The terminal: its size, single keys, and Ctrl-C as a question instead of an end. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "mosctl.h"

static volatile sig_atomic_t interrupted;
static struct termios saved;
static int is_raw;

static void on_signal(int number)
{
	interrupted = 1;
}

void term_catch_interrupt(void)
{
	/* No SA_RESTART: sleeps end, and the loops look. */
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int term_interrupted(void)
{
	return interrupted;
}

void term_size(int *ret_columns, int *ret_rows)
{
	struct winsize size;

	*ret_columns = 80;
	*ret_rows = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
		*ret_columns = size.ws_col;
		*ret_rows = size.ws_row;
	}
}

static void on_resize(int number)
{
}

void term_raw(void)
{
	/* A new size ends a sleep, and the next picture has it. */
	const struct sigaction resize = {.sa_handler = on_resize};
	struct termios raw;

	if (is_raw || tcgetattr(STDIN_FILENO, &saved) < 0)
		return;
	raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return;
	is_raw = 1;
	sigaction(SIGWINCH, &resize, NULL);
	atexit(term_restore);
	fputs("\033[?1049h\033[?25l", stdout); /* alternate screen, no cursor */
}

void term_restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

int term_key(int timeout_ms)
{
	struct pollfd pfd = {.fd = STDIN_FILENO, .events = POLLIN};
	char key;

	if (poll(&pfd, 1, timeout_ms) <= 0 || read(STDIN_FILENO, &key, 1) != 1)
		return 0;
	return key;
}
