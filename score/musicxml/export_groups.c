/* SPDX-License-Identifier: MIT */
/* Groups of parts, as an import of ours kept them: {"first":1,"last":2,"name":"Choir","symbol":"bracket"}. */
#include "export.h"

#include <stdlib.h>
#include <string.h>

static unsigned number_after(const char *group, const char *key)
{
	const char *end = strchr(group, '}');
	const char *at = strstr(group, key);
	unsigned value = 0;
	if (!at || !end || at > end)
		return 0;
	for (at += strlen(key); *at >= '0' && *at <= '9' && value < 10000; at++)
		value = value * 10 + (unsigned)(*at - '0');
	return value;
}

static int text_after(const char *group, const char *key, char *buf, size_t size)
{
	const char *end = strchr(group, '}');
	const char *at = strstr(group, key);
	size_t n = 0;
	if (!at || !end || at > end)
		return 0;
	for (at += strlen(key); *at && *at != '"' && n < size - 1; at++) {
		if (*at == '\\' && !*++at)
			break;
		buf[n++] = *at;
	}
	buf[n] = 0;
	return 1;
}

static void write_member(struct mxo *x, const char *group, const char *key, const char *tag)
{
	char buf[256];
	if (text_after(group, key, buf, sizeof(buf)))
		mxo_text(x, tag, buf);
}

static int is_symbol(const char *text)
{
	static const char *const symbols[] = {"none", "brace", "line", "bracket", "square"};
	for (unsigned i = 0; i < 5; i++) {
		if (strcmp(text, symbols[i]) == 0)
			return 1;
	}
	return 0;
}

void mxo_read_groups(struct mxo *x)
{
	const char *at = strstr(score_text(x->score, x->score->globals.extra), "\"musicxml\":{\"groups\":[");
	while (at && x->n_groups < MXO_MAX_GROUPS && (at = strstr(at + 1, "{\"first\":"))) {
		x->group[x->n_groups].first = number_after(at, "\"first\":");
		x->group[x->n_groups].last = number_after(at, "\"last\":");
		x->group[x->n_groups++].text = at;
	}
}

void mxo_open_groups(struct mxo *x, uint32_t part)
{
	char text[64];
	for (unsigned i = 0; i < x->n_groups; i++) {
		const char *group = x->group[i].text;
		if (x->group[i].first != part + 1 || x->group[i].last <= part)
			continue;
		mxo_openf(x, "part-group type=\"start\" number=\"%u\"", i + 1);
		write_member(x, group, "\"name\":\"", "group-name");
		write_member(x, group, "\"shortName\":\"", "group-abbreviation");
		if (text_after(group, "\"symbol\":\"", text, sizeof(text)) && is_symbol(text))
			mxo_text(x, "group-symbol", text);
		if (text_after(group, "\"through\":\"", text, sizeof(text)) &&
			(strcmp(text, "yes") == 0 || strcmp(text, "no") == 0 ||
				strcmp(text, "Mensurstrich") == 0))
			mxo_text(x, "group-barline", text);
		mxo_close(x, "part-group");
	}
}

void mxo_close_groups(struct mxo *x, uint32_t part)
{
	for (unsigned i = 0; i < x->n_groups; i++) {
		const uint32_t last =
			x->group[i].last < x->score->n_parts ? x->group[i].last : x->score->n_parts;
		if (x->group[i].first && x->group[i].first <= part + 1 && last == part + 1 &&
			x->group[i].last > part)
			mxo_emptyf(x, "part-group type=\"stop\" number=\"%u\"", i + 1);
	}
}
