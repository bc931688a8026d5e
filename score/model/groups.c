/* SPDX-License-Identifier: MIT */
/* Groups of parts, out of a score's extensions. */
#include <score/groups.h>

#include <string.h>

static const char *const symbols[] = {NULL, "none", "brace", "line", "bracket", "square"};
static const char *const bars[] = {NULL, "no", "yes", "Mensurstrich"};

const char *score_group_symbol_name(unsigned symbol)
{
	return symbol < sizeof(symbols) / sizeof(*symbols) ? symbols[symbol] : NULL;
}

const char *score_group_bars_name(unsigned which)
{
	return which < sizeof(bars) / sizeof(*bars) ? bars[which] : NULL;
}

static uint8_t find(const char *const *list, unsigned n, const char *name)
{
	for (unsigned i = 1; i < n; i++) {
		if (strcmp(list[i], name) == 0)
			return (uint8_t)i;
	}
	return 0;
}

/** A string of JSON, from behind its first quote: white space for control characters; cut to whole
 * characters.
 * @return behind its last quote; NULL: it has none. */
static const char *read_text(const char *at, char *buf, size_t size)
{
	size_t n = 0;
	for (; *at && *at != '"'; at++) {
		char c = *at;
		if (c == '\\') {
			if (!*++at)
				return NULL;
			c = strchr("nrtbfu", *at) ? ' ' : *at;
			for (unsigned i = 0; *at == 'u' && i < 4; i++) {
				if (!at[i + 1])
					return NULL;
			}
			at += *at == 'u' ? 4 : 0;
		}
		if (n + 1 < size)
			buf[n] = c;
		n++;
	}
	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)buf[n - 1] & 0xc0) == 0x80)
			n--;
		n -= n > 0;
	}
	buf[n] = 0;
	return *at ? at + 1 : NULL;
}

static const char *read_number(const char *at, uint32_t *ret)
{
	*ret = 0;
	for (; *at >= '0' && *at <= '9'; at++)
		*ret = *ret < 100000 ? *ret * 10 + (uint32_t)(*at - '0') : *ret;
	return at;
}

/** One object, from behind its brace. @return behind what was read; NULL: nothing that we wrote. */
static const char *read_group(const char *at, struct score_group *g)
{
	char key[32], word[32];
	memset(g, 0, sizeof(*g));
	while (at && *at == '"') {
		at = read_text(at + 1, key, sizeof(key));
		if (!at || *at++ != ':')
			return NULL;
		if (strcmp(key, "first") == 0) {
			at = read_number(at, &g->first);
			g->first--;
		} else if (strcmp(key, "last") == 0) {
			at = read_number(at, &g->end);
		} else if (*at != '"') {
			return NULL;
		} else if (strcmp(key, "name") == 0) {
			at = read_text(at + 1, g->name, sizeof(g->name));
		} else if (strcmp(key, "shortName") == 0) {
			at = read_text(at + 1, g->short_name, sizeof(g->short_name));
		} else {
			at = read_text(at + 1, word, sizeof(word));
			if (strcmp(key, "symbol") == 0)
				g->symbol = find(symbols, sizeof(symbols) / sizeof(*symbols), word);
			else if (strcmp(key, "through") == 0)
				g->bars = find(bars, sizeof(bars) / sizeof(*bars), word);
		}
		if (at && *at == ',')
			at++;
	}
	return at && *at == '}' ? at + 1 : NULL;
}

uint32_t score_groups(const struct score *score, struct score_group ret[static SCORE_GROUPS_MAX])
{
	static const char start[] = "\"musicxml\":{\"groups\":[";
	const char *at = score->globals.extra ? strstr(score_text(score, score->globals.extra), start) : NULL;
	uint32_t n = 0;
	at = at ? at + sizeof(start) - 1 : NULL;
	while (at && *at == '{' && n < SCORE_GROUPS_MAX) {
		struct score_group *g = &ret[n];
		at = read_group(at + 1, g);
		if (at && *at == ',')
			at++;
		g->end = g->end < score->n_parts ? g->end : score->n_parts;
		n += at && g->first < g->end;
	}
	return n;
}
