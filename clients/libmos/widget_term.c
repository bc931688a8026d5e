/* SPDX-License-Identifier: MIT */
/* The terminal of a widget that was started by hand: its text, and keys as the stage names them. */
#include <string.h>
#include <stdio.h>
#include <unistd.h>

#include "widget_impl.h"

void term_open(struct mos_widget *w)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &w->tty_before) < 0)
		return;
	raw = w->tty_before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* keys one by one; ^C still ends it */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	w->tty_changed = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

void term_close(struct mos_widget *w)
{
	if (w->tty_changed)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &w->tty_before);
	w->tty_changed = 0;
}

void term_show(const char *text)
{
	size_t len = strlen(text);

	if (isatty(STDOUT_FILENO))
		(void)fputs("\033[H\033[2J", stdout);
	(void)fwrite(text, 1, len, stdout);
	if (!len || text[len - 1] != '\n')
		(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

/* Bytes of the UTF-8 character that starts with this one; 1 for what starts none. */
static size_t char_len(unsigned char first)
{
	if (first >= 0xf0)
		return 4;
	if (first >= 0xe0)
		return 3;
	return first >= 0xc0 ? 2 : 1;
}

/* The key at the start of what was typed. @return bytes it takes. */
static size_t next_key(const char *typed, size_t n, char key[static 16])
{
	static const char *const arrow[] = {"up", "down", "right", "left"};
	size_t len;

	if (n >= 3 && typed[0] == '\033' && (typed[1] == '[' || typed[1] == 'O') && typed[2] >= 'A' &&
		typed[2] <= 'D') {
		strcpy(key, arrow[typed[2] - 'A']);
		return 3;
	}
	key[0] = '\0';
	if (n >= 3 && typed[0] == '\033' && (typed[1] == '[' || typed[1] == 'O')) {
		/* One that has no name: parameters, then a final letter. */
		for (len = 2; len < n && (typed[len] < '@' || typed[len] > '~'); len++)
			;
		return len < n ? len + 1 : n;
	}
	switch (typed[0]) {
	case '\033':
		strcpy(key, "escape");
		return 1;
	case '\r':
	case '\n':
		strcpy(key, "enter");
		return 1;
	case '\t':
		strcpy(key, "tab");
		return 1;
	case '\b':
	case '\177':
		strcpy(key, "backspace");
		return 1;
	}
	if ((unsigned char)typed[0] < 0x20)
		return 1; /* no name for it */
	len = char_len((unsigned char)typed[0]);
	if (len > n)
		return n;
	memcpy(key, typed, len);
	key[len] = '\0';
	return len;
}

void term_keys(struct mos_widget *w)
{
	char typed[64], key[16];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n <= 0) {
		w->keys_end = 1;
		return;
	}
	for (size_t at = 0; at < (size_t)n && !w->ending;) {
		at += next_key(typed + at, (size_t)n - at, key);
		widget_key(w, key);
	}
}
