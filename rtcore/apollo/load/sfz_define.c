/* SPDX-License-Identifier: MIT */
#include "sfz_define.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 8192u /* a power of two */
#define MAX_DEFINES (SLOTS / 2)
#define MAX_NAME 64u
#define MAX_VALUE 1024u

struct define {
	uint32_t n_name, n_value;
	char text[]; /* name, then value */
};

struct sfz_defines {
	struct define *slot[SLOTS];
	uint32_t n;
};

static uint32_t hash(const char *name, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t find(const struct sfz_defines *d, const char *name, size_t n)
{
	uint32_t i = hash(name, n) & (SLOTS - 1);

	while (d->slot[i] && (d->slot[i]->n_name != n || memcmp(d->slot[i]->text, name, n) != 0))
		i = (i + 1) & (SLOTS - 1);
	return i;
}

struct sfz_defines *sfz_defines_new(void)
{
	return calloc(1, sizeof(struct sfz_defines));
}

void sfz_defines_free(struct sfz_defines *d)
{
	if (!d)
		return;
	for (uint32_t i = 0; i < SLOTS; i++)
		free(d->slot[i]);
	free(d);
}

int sfz_defines_set(struct sfz_defines *d, const char *name, size_t n_name, const char *value, size_t n_value)
{
	struct define *new;
	uint32_t i;

	if (n_name == 0)
		return -EINVAL;
	if (n_name > MAX_NAME || n_value > MAX_VALUE)
		return -E2BIG;
	i = find(d, name, n_name);
	if (!d->slot[i] && d->n == MAX_DEFINES)
		return -E2BIG;
	new = malloc(sizeof(*new) + n_name + n_value);
	if (!new)
		return -ENOMEM;
	new->n_name = (uint32_t)n_name;
	new->n_value = (uint32_t)n_value;
	memcpy(new->text, name, n_name);
	memcpy(new->text + n_name, value, n_value);
	d->n += !d->slot[i];
	free(d->slot[i]);
	d->slot[i] = new;
	return 0;
}

static int is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const struct define *longest(const struct sfz_defines *d, const char *name, size_t n)
{
	for (size_t i = n < MAX_NAME ? n : MAX_NAME; i > 0; i--) {
		const struct define *found = d->slot[find(d, name, i)];

		if (found)
			return found;
	}
	return NULL;
}

int sfz_defines_expand(const struct sfz_defines *d, const char *from, size_t n, char *to, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < n;) {
		const struct define *found = NULL;

		if (from[i] == '$' && d->n > 0) {
			size_t end = i + 1;

			while (end < n && is_word(from[end]))
				end++;
			found = longest(d, from + i + 1, end - i - 1);
		}
		size_t add = found ? found->n_value : 1;
		if (at + add >= size)
			return -E2BIG;
		memcpy(to + at, found ? found->text + found->n_name : from + i, add);
		at += add;
		i += found ? 1 + found->n_name : 1;
	}
	if (at >= size)
		return -E2BIG;
	to[at] = '\0';
	return 0;
}
