/* SPDX-License-Identifier: MIT */
/* What stands between a widget and the terminal: text that must not steer it, keys that get names. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "widget.h"

static void prints(const char *text, int columns, const char *want, const char *rest)
{
	char got[256] = "";
	const char *next;
	FILE *saved = stdout;

	stdout = fmemopen(got, sizeof(got), "w");
	cr_assert_not_null(stdout);
	next = text_line(text, columns);
	fclose(stdout);
	stdout = saved;
	cr_expect_str_eq(got, want);
	cr_expect_str_eq(next, rest);
}

Test(mosctl_text, lines, .description = "a line is cut at the width, wide characters count twice")
{
	prints("one\ntwo", 0, "one", "two");
	prints("", 80, "", "");
	prints("\n\n", 80, "", "\n");
	prints("abcdef\nx", 3, "abc", "x");
	prints("♪♪♪♪", 3, "♪♪♪", "");
	prints("音音音", 4, "音音", "");
	prints("音音音", 3, "音", "");
	prints("e\u0301e\u0301", 2, "e\u0301e\u0301", ""); /* combining accents take no room */
}

Test(mosctl_text, nothing_steers_the_terminal,
	.description =
		"WID-07 a widget's text cannot steer the terminal: escapes, C1, bytes that are no UTF-8")
{
	prints("\033[2J\033]0;title\007x", 0, "?[2J?]0;title?x", "");
	prints("\r\b\v\f\016\177", 0, "??????", "");
	prints("\xc2\x9b"
	       "2J",
		0, "?2J", "");                     /* CSI in one character */
	prints("\xc2\x9b\xc2", 0, "??", "");       /* ... and half of one */
	prints("\xff\xfe\xc0\x80", 0, "????", ""); /* never UTF-8 */
	prints("\xf0\x9f", 0, "??", "");
}

Test(mosctl_text, keys, .description = "keys have the names that widgets know")
{
	static const struct {
		const char *sent, *name;
		size_t taken;
	} row[] = {
		{"a", "a", 1},
		{" ", " ", 1},
		{"\033[A", "up", 3},
		{"\033[B", "down", 3},
		{"\033OC", "right", 3},
		{"\033[Dx", "left", 3},
		{"\r", "enter", 1},
		{"\n", "enter", 1},
		{"\t", "tab", 1},
		{"\177", "backspace", 1},
		{"\033", "escape", 1},
		{"\033a", "escape", 1},
		{"\033[3~b", "", 4},
		{"\033[1;5C", "", 6},
		{"\033[1;", "", 4},
		{"é!", "é", 2},
		{"音", "音", 3},
		{"\xe9\x9f", "", 2},
		{"\001", "", 1},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char name[16];
		size_t n = key_decode(row[i].sent, strlen(row[i].sent), name);

		cr_expect_eq(n, row[i].taken, "row %zu: %zu bytes", i, n);
		cr_expect_str_eq(name, row[i].name, "row %zu: \"%s\"", i, name);
	}
}
