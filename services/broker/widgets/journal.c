/* SPDX-License-Identifier: MIT */
/* A ring of text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "text.h"

void journal_finish(struct journal *j)
{
	free(j->bytes);
	*j = (struct journal){0};
}

static char at(const struct journal *j, size_t i)
{
	return j->bytes[(j->begin + i) % JOURNAL_SIZE];
}

static void append(struct journal *j, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		j->bytes[(j->begin + j->len) % JOURNAL_SIZE] = bytes[i];
		if (j->len < JOURNAL_SIZE)
			j->len++;
		else
			j->begin = (j->begin + 1) % JOURNAL_SIZE;
	}
}

static int ready(struct journal *j)
{
	if (!j->bytes)
		j->bytes = malloc(JOURNAL_SIZE);
	return !!j->bytes;
}

void journal_add(struct journal *j, const char *bytes, size_t len)
{
	char piece[1024];

	if (!ready(j))
		return;
	while (len) {
		size_t n = len < sizeof(piece) ? len : sizeof(piece);

		memcpy(piece, bytes, n);
		text_clean(piece, n);
		append(j, piece, n);
		bytes += n;
		len -= n;
	}
}

void journal_note(struct journal *j, const char *fmt, ...)
{
	char line[512] = "-- ";
	va_list args;

	if (!ready(j))
		return;
	va_start(args, fmt);
	(void)vsnprintf(line + 3, sizeof(line) - 3, fmt, args);
	va_end(args);
	if (j->len && at(j, j->len - 1) != '\n')
		append(j, "\n", 1);
	text_clean(line, strlen(line));
	append(j, line, strlen(line));
	append(j, "\n", 1);
}

void journal_tail(const struct journal *j, unsigned int lines, char *buf, size_t size)
{
	size_t begin = j->len, n = 0;

	/* A line end at the very end closes the last line and begins none. */
	for (size_t i = j->len; i; i--) {
		if (i < j->len && at(j, i - 1) == '\n') {
			if (!lines || j->len - i >= size)
				break;
			begin = i;
			lines--;
		}
		if (i == 1 && lines && j->len < size &&
			j->len < JOURNAL_SIZE) /* full: its first line is cut off */
			begin = 0;
	}
	if (begin == j->len && lines && j->len) /* one line that is too long: its end */
		begin = j->len < size ? 0 : j->len - (size - 1);
	while (begin < j->len && n + 1 < size)
		buf[n++] = at(j, begin++);
	buf[n] = '\0';
	text_clean(buf, n); /* once more: a character may have come in two pieces */
}
