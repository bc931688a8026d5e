/* SPDX-License-Identifier: MIT */
/* Log lines as journal records. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <systemd/sd-journal.h>

#include "log_journal.h"

#define LINE_MAX 1024
#define OWN_FIELDS 4u

int log_journal_is_open(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return 0;
	(void)snprintf(
		own, sizeof(own), "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return !strcmp(stream, own);
}

static size_t key_len(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && text[len] == '=' ? len : 0;
}

unsigned int log_mark_facts(const char *fmt, char *marked, size_t size)
{
	unsigned int n = 0;
	size_t len = 0;

	for (const char *c = fmt; *c; c++) {
		if (len + 3 > size)
			return 0;
		if (c > fmt + 1 && c[-1] == ' ' && c[-2] != '%' && n < LOG_FACTS_MAX && key_len(c)) {
			marked[len++] = LOG_FACT_MARK;
			n++;
		}
		marked[len++] = *c;
	}
	marked[len] = '\0';
	return n;
}

/* "key=value " or 'key="value"' becomes MOS_KEY=value. @return its length, 0: it does not fit. */
static size_t make_field(const char *fact, size_t len, char *field, size_t size)
{
	size_t key = strcspn(fact, "="), n;

	while (len && fact[len - 1] == ' ')
		len--;
	if (key >= len)
		return 0;
	fact += key + 1;
	len -= key + 1;
	if (len >= 2 && fact[0] == '"' && fact[len - 1] == '"') {
		fact++;
		len -= 2;
	}
	n = (size_t)snprintf(field, size, "MOS_%.*s=%.*s", (int)key, fact - key - 1, (int)len, fact);
	if (n >= size)
		return 0;
	for (size_t i = 4; i < 4 + key; i++)
		field[i] = (char)toupper((unsigned char)field[i]);
	return n;
}

static unsigned int count_marks(const char *line)
{
	unsigned int n = 0;

	while ((line = strchr(line, LOG_FACT_MARK))) {
		line++;
		n++;
	}
	return n;
}

/* Each mark begins a fact that ends where the next one begins. More of them than the format has came with
 * what was printed into it: then no fact is to be trusted. */
static int split(const char *line, unsigned int n_facts, char fields[][LINE_MAX], struct iovec *iov, int n)
{
	const char *mark = count_marks(line) <= n_facts ? strchr(line, LOG_FACT_MARK) : NULL;

	while (mark) {
		const char *next = strchr(mark + 1, LOG_FACT_MARK);
		size_t len = next ? (size_t)(next - mark - 1) : strlen(mark + 1);

		iov[n].iov_base = fields[n];
		iov[n].iov_len = make_field(mark + 1, len, fields[n], LINE_MAX);
		n += iov[n].iov_len > 0;
		mark = next;
	}
	return n;
}

static void drop_marks(char *text)
{
	char *to = text;

	for (const char *c = text; *c; c++)
		if (*c != LOG_FACT_MARK)
			*to++ = *c;
	*to = '\0';
}

int log_journal_send(int level, const char *program, const char *service, const char *fmt, va_list args)
{
	static char fields[OWN_FIELDS + LOG_FACTS_MAX][LINE_MAX]; /* of the main thread */
	struct iovec iov[OWN_FIELDS + LOG_FACTS_MAX];
	char marked[LINE_MAX], line[LINE_MAX - sizeof("MESSAGE=")];
	unsigned int n_facts = log_mark_facts(fmt, marked, sizeof(marked));
	int n = OWN_FIELDS;

	if (!n_facts)
		(void)snprintf(marked, sizeof(marked), "%s", fmt);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                               \
	"-Wformat-nonliteral" /* the caller's format, with marks that are no directives */
	(void)vsnprintf(line, sizeof(line), marked, args);
#pragma GCC diagnostic pop
	n = split(line, n_facts, fields, iov, n);
	drop_marks(line);
	(void)snprintf(fields[0], LINE_MAX, "MESSAGE=%s", line);
	(void)snprintf(fields[1], LINE_MAX, "PRIORITY=%d", level);
	(void)snprintf(fields[2], LINE_MAX, "SYSLOG_IDENTIFIER=%s", program);
	(void)snprintf(fields[3], LINE_MAX, "MOS_SERVICE=%s", service);
	for (unsigned int i = 0; i < OWN_FIELDS; i++)
		iov[i] = (struct iovec){.iov_base = fields[i], .iov_len = strlen(fields[i])};
	return sd_journal_sendv(iov, n);
}
