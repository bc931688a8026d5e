/* SPDX-License-Identifier: MIT */
/* Elements and text. */
#include "export.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int mxo_room(struct mxo *x, void **items, size_t *cap, size_t n, size_t item_bytes)
{
	if (x->error)
		return 0;
	if (n < *cap)
		return 1;
	x->error = score_reserve(x->alloc, items, cap, n + 1, item_bytes);
	return !x->error;
}

static void indent(struct mxo *x)
{
	static const char blanks[] = "                ";
	score_bytes_put(x->out, blanks, x->depth < sizeof(blanks) ? x->depth : sizeof(blanks) - 1);
}

void mxo_open(struct mxo *x, const char *tag)
{
	indent(x);
	score_bytes_puts(x->out, "<");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, ">\n");
	x->depth++;
}

void mxo_openf(struct mxo *x, const char *fmt, ...)
{
	char tag[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(tag, sizeof(tag), fmt, ap);
	va_end(ap);
	mxo_open(x, tag);
}

void mxo_close(struct mxo *x, const char *tag)
{
	x->depth--;
	indent(x);
	score_bytes_puts(x->out, "</");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, ">\n");
}

void mxo_raw(struct mxo *x, const char *xml, size_t n)
{
	indent(x);
	score_bytes_put(x->out, xml, n);
	score_bytes_puts(x->out, "\n");
}

void mxo_empty(struct mxo *x, const char *tag)
{
	indent(x);
	score_bytes_puts(x->out, "<");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, "/>\n");
}

void mxo_emptyf(struct mxo *x, const char *fmt, ...)
{
	char tag[512];
	va_list ap;
	va_start(ap, fmt);
	(void)vsnprintf(tag, sizeof(tag), fmt, ap);
	va_end(ap);
	mxo_empty(x, tag);
}

void mxo_escape(struct mxo *x, const char *text)
{
	const char *done = text;
	for (; *text; text++) {
		const uint8_t c = (uint8_t)*text;
		const char *instead = c == '&'                                          ? "&amp;"
				      : c == '<'                                        ? "&lt;"
				      : c == '>'                                        ? "&gt;"
				      : c == '"'                                        ? "&quot;"
				      : c < 0x20 && c != '\t' && c != '\n' && c != '\r' ? " "
											: NULL;
		/* XML has neither U+FFFE nor U+FFFF */
		if (c == 0xef && (uint8_t)text[1] == 0xbf && (uint8_t)text[2] >= 0xbe) {
			score_bytes_put(x->out, done, (size_t)(text - done));
			score_bytes_puts(x->out, "\xef\xbf\xbd");
			text += 2;
			done = text + 1;
			continue;
		}
		if (!instead)
			continue;
		score_bytes_put(x->out, done, (size_t)(text - done));
		score_bytes_puts(x->out, instead);
		done = text + 1;
	}
	score_bytes_put(x->out, done, (size_t)(text - done));
}

void mxo_text(struct mxo *x, const char *tag, const char *text)
{
	indent(x);
	score_bytes_puts(x->out, "<");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, ">");
	mxo_escape(x, text);
	score_bytes_puts(x->out, "</");
	score_bytes_put(x->out, tag, strcspn(tag, " "));
	score_bytes_puts(x->out, ">\n");
}

static size_t put_digits(char *buf, uint64_t value)
{
	char digits[24];
	size_t n = 0;
	do {
		digits[n++] = (char)('0' + value % 10);
	} while (value /= 10);
	for (size_t i = 0; i < n; i++)
		buf[i] = digits[n - 1 - i];
	buf[n] = 0;
	return n;
}

void mxo_int(struct mxo *x, const char *tag, int64_t value)
{
	char buf[32];
	buf[0] = '-';
	(void)put_digits(buf + 1, value < 0 ? -(uint64_t)value : (uint64_t)value);
	mxo_text(x, tag, value < 0 ? buf : buf + 1);
}

void mxo_decimal(char *buf, size_t size, int64_t millionths)
{
	char text[40];
	const uint64_t value = millionths < 0 ? -(uint64_t)millionths : (uint64_t)millionths;
	text[0] = '-';
	size_t n = 1 + put_digits(text + 1, value / 1000000);
	if (value % 1000000) {
		char fraction[24];
		const size_t digits = put_digits(fraction, value % 1000000);
		text[n++] = '.';
		memset(text + n, '0', 6 - digits);
		memcpy(text + n + 6 - digits, fraction, digits);
		n += 6;
		while (text[n - 1] == '0')
			n--;
		text[n] = 0;
	}
	(void)snprintf(buf, size, "%s", millionths < 0 ? text : text + 1);
}

/** The member that begins with `key` after `text`. @return its value's first byte. */
static const char *find_member(const char *text, const char *key)
{
	const size_t len = strlen(key);
	for (const char *at = strchr(text, '"'); at; at = strchr(at + 1, '"')) {
		if (strncmp(at + 1, key, len) == 0 && at[len + 1] == '"' && at[len + 2] == ':')
			return at + len + 3;
	}
	return NULL;
}

int mxo_fact(struct mxo *x, nvx_str extra, const char *key, char *buf, size_t size)
{
	size_t n = 0;
	const char *ours = extra ? find_member(score_text(x->score, extra), "musicxml") : NULL;
	const char *at = ours ? find_member(ours, key) : NULL;
	if (!at || *at != '"')
		return 0;
	for (at++; *at && *at != '"' && n < size - 1; at++) {
		if (*at == '\\' && !*++at)
			break;
		buf[n++] = *at;
	}
	buf[n] = 0;
	return 1;
}

void mxo_open_measure(struct mxo *x, const char *number, int implicit)
{
	indent(x);
	score_bytes_puts(x->out, "<measure number=\"");
	mxo_escape(x, *number ? number : "0");
	score_bytes_puts(x->out, implicit ? "\" implicit=\"yes\">\n" : "\">\n");
	x->depth++;
}

void mxo_text_attribute(struct mxo *x, const char *tag, const char *name, const char *value, const char *text)
{
	indent(x);
	score_bytes_puts(x->out, "<");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, " ");
	score_bytes_puts(x->out, name);
	score_bytes_puts(x->out, "=\"");
	mxo_escape(x, value);
	score_bytes_puts(x->out, "\">");
	mxo_escape(x, text);
	score_bytes_puts(x->out, "</");
	score_bytes_puts(x->out, tag);
	score_bytes_puts(x->out, ">\n");
}
