/* SPDX-License-Identifier: MIT */
#include "report/redact.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/redact_match.h"

struct out {
	char *text;
	size_t len, room;
	int failed;
};

static void put(struct out *o, const char *text, size_t len)
{
	if (o->len + len + 1 > o->room) {
		const size_t room = (o->room + len + 1) * 2;
		char *grown = o->failed ? NULL : realloc(o->text, room);

		if (!grown) {
			o->failed = 1;
			return;
		}
		o->text = grown;
		o->room = room;
	}
	memcpy(o->text + o->len, text, len);
	o->len += len;
	o->text[o->len] = '\0';
}

static struct secret *find(struct redactor *r, const char *class, const char *text, size_t len)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->secret[i].len == len && !strcmp(r->secret[i].class, class) &&
			!memcmp(r->secret[i].text, text, len))
			return &r->secret[i];
	return NULL;
}

/* @return NULL: no memory, or too many; then the placeholder has no number. */
static struct secret *learn(struct redactor *r, const char *class, const char *text, size_t len)
{
	struct secret *s = find(r, class, text, len);
	unsigned int number = 1;

	if (s || r->n == REDACT_MAX)
		return s;
	if (r->n == r->room) {
		struct secret *grown = realloc(r->secret, (r->room * 2 + 16) * sizeof(*grown));

		if (!grown)
			return NULL;
		r->secret = grown;
		r->room = r->room * 2 + 16;
	}
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->secret[i].class, class) && r->secret[i].number >= number)
			number = r->secret[i].number + 1;
	s = &r->secret[r->n];
	*s = (struct secret){.text = strndup(text, len), .len = len, .class = class, .number = number};
	if (!s->text)
		return NULL;
	r->n++;
	return s;
}

/* JSON writes quotes and backslashes with a backslash before. */
static int know_escaped(struct redactor *r, const char *class, const char *text, unsigned int number)
{
	char escaped[1024];
	size_t len = 0;
	struct secret *s;

	for (; *text && len + 2 < sizeof(escaped); text++) {
		if (*text == '"' || *text == '\\')
			escaped[len++] = '\\';
		escaped[len++] = *text;
	}
	s = learn(r, class, escaped, len);
	if (!s)
		return -ENOMEM;
	s->is_known = 1;
	s->number = number;
	return 0;
}

/* Those that are looked for come before those that were found. */
static int longest_first(const void *a, const void *b)
{
	const struct secret *x = a, *y = b;

	if (x->is_known != y->is_known)
		return y->is_known - x->is_known;
	return x->len != y->len ? (x->len < y->len ? 1 : -1) : strcmp(x->text, y->text);
}

int redact_know(struct redactor *r, const char *class, const char *text, int is_word)
{
	struct secret *s;
	int rc = 0;

	if (!text || strlen(text) < 2)
		return 0;
	s = learn(r, class, text, strlen(text));
	if (!s)
		return -ENOMEM;
	s->is_known = 1;
	s->is_word = is_word;
	r->begins[(unsigned char)tolower((unsigned char)text[0])] = 1;
	r->begins[(unsigned char)toupper((unsigned char)text[0])] = 1;
	if (strpbrk(text, "\"\\"))
		rc = know_escaped(r, class, text, s->number);
	qsort(r->secret, r->n, sizeof(*r->secret), longest_first);
	for (r->n_known = 0; r->n_known < r->n && r->secret[r->n_known].is_known;)
		r->n_known++;
	return rc;
}

static void put_placeholder(
	struct redactor *r, struct out *o, const char *class, const char *text, size_t len)
{
	const struct secret *s = learn(r, class, text, len);
	char name[64];
	const int n = s ? snprintf(name, sizeof(name), "<%s-%u>", class, s->number)
			: snprintf(name, sizeof(name), "<%s>", class);

	put(o, name, (size_t)n);
}

static const struct secret *known_at(const struct redactor *r, const char *begin, const char *at)
{
	for (size_t i = 0; i < r->n_known; i++) {
		const struct secret *s = &r->secret[i];

		/* A machine writes "studio" where its owner wrote "Studio". */
		if (strncasecmp(at, s->text, s->len) != 0)
			continue;
		if (s->is_word && ((at > begin && match_is_word(at[-1])) || match_is_word(at[s->len])))
			continue;
		return s;
	}
	return NULL;
}

char *redact_text(struct redactor *r, const char *text, unsigned int flags)
{
	struct out o = {0};
	const char *at = text;

	put(&o, "", 0);
	while (*at && !o.failed) {
		const struct secret *s = r->begins[(unsigned char)*at] ? known_at(r, text, at) : NULL;
		struct match m;

		if (s) {
			put_placeholder(r, &o, s->class, s->text, s->len);
			at += s->len;
		} else if (match_at(text, at, (flags & REDACT_LOG) != 0, (flags & REDACT_CONFIG) != 0, &m)) {
			put(&o, at, m.keep); /* "serial=" stays */
			put_placeholder(r, &o, m.class, at + m.keep, m.len - m.keep);
			at += m.len;
		} else {
			put(&o, at++, 1);
		}
	}
	if (o.failed) {
		free(o.text);
		return NULL;
	}
	return o.text;
}

void redact_finish(struct redactor *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->secret[i].text);
	free(r->secret);
	*r = (struct redactor){0};
}
