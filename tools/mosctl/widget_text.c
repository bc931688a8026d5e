/* SPDX-License-Identifier: MIT */
/* Between a widget and a terminal: its text must not steer the terminal, the terminal's keys get names. */
#include <limits.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "widget.h"

/* One character at `text`. @return its bytes; *ret_width its columns, -1: not to be shown. */
static size_t next_char(const char *text, int *ret_width)
{
	static int is_set;
	mbstate_t state = {0};
	wchar_t wide;
	size_t n;

	if (!is_set) {
		(void)setlocale(LC_CTYPE, "C.UTF-8"); /* whatever the user's is: widgets speak UTF-8 */
		is_set = 1;
	}
	n = mbrtowc(&wide, text, strlen(text), &state);
	if (n == 0 || n > MB_LEN_MAX) {
		*ret_width = -1;
		return 1;
	}
	*ret_width = wcwidth(wide); /* -1 for C0, DEL and C1 */
	return n;
}

const char *text_line(const char *text, int columns)
{
	int used = 0, width;

	while (*text && *text != '\n') {
		size_t n = next_char(text, &width);

		used += width < 0 ? 1 : width;
		if (!columns || used <= columns) {
			if (width < 0)
				putchar('?');
			else
				(void)fwrite(text, 1, n, stdout);
		}
		text += n;
	}
	return *text ? text + 1 : text;
}

void text_lines(const char *text)
{
	while (*text) {
		text = text_line(text, 0);
		putchar('\n');
	}
}

static size_t utf8_len(unsigned char first)
{
	return first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
}

size_t key_decode(const char *bytes, size_t n, char ret[static 16])
{
	static const struct {
		const char *sent, *name;
	} named[] = {
		{"\033[A", "up"},
		{"\033[B", "down"},
		{"\033[C", "right"},
		{"\033[D", "left"},
		{"\033OA", "up"},
		{"\033OB", "down"},
		{"\033OC", "right"},
		{"\033OD", "left"},
		{"\r", "enter"},
		{"\n", "enter"},
		{"\t", "tab"},
		{"\177", "backspace"},
		{"\b", "backspace"},
	};
	size_t len;

	ret[0] = '\0';
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		len = strlen(named[i].sent);
		if (n >= len && !memcmp(bytes, named[i].sent, len)) {
			strcpy(ret, named[i].name);
			return len;
		}
	}
	if (bytes[0] == '\033' && n > 2 && (bytes[1] == '[' || bytes[1] == 'O')) {
		/* A key that we have no name for: parameters, then one final letter. */
		for (len = 2; len < n && (bytes[len] < '@' || bytes[len] > '~'); len++)
			;
		return len < n ? len + 1 : n;
	}
	if (bytes[0] == '\033') {
		strcpy(ret, "escape");
		return 1;
	}
	len = utf8_len((unsigned char)bytes[0]);
	if (len > n || (unsigned char)bytes[0] < 0x20)
		return len > n ? n : 1;
	memcpy(ret, bytes, len);
	ret[len] = '\0';
	return len;
}
