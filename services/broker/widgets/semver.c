/* SPDX-License-Identifier: MIT */
/* Versions and ranges. */
#include <errno.h>
#include <string.h>

#include "semver.h"

#define PART_MAX 999999u

/* One number at *p; *p goes behind it. @return 0, -EINVAL. */
static int read_number(const char **p, uint32_t *ret)
{
	const char *s = *p;
	uint32_t value = 0;

	if (*s < '0' || *s > '9' || (s[0] == '0' && s[1] >= '0' && s[1] <= '9'))
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (uint32_t)(*s - '0');
		if (value > PART_MAX)
			return -EINVAL;
	}
	*p = s;
	*ret = value;
	return 0;
}

/* @return how many parts were there, 1 to 3; -EINVAL. */
static int read_version(const char **p, struct semver *ret)
{
	uint32_t part[3] = {0};
	int n = 0;

	for (;;) {
		if (read_number(p, &part[n]) < 0)
			return -EINVAL;
		if (++n == 3 || **p != '.')
			break;
		(*p)++;
	}
	*ret = (struct semver){part[0], part[1], part[2]};
	return n;
}

int semver_parse(const char *text, struct semver *ret)
{
	return read_version(&text, ret) == 3 && !*text ? 0 : -EINVAL;
}

static enum semver_op read_op(const char **p, int *ret_known)
{
	static const struct {
		const char *text;
		enum semver_op op;
	} ops[] = {
		{">=", SEMVER_GE},
		{"<=", SEMVER_LE},
		{">", SEMVER_GT},
		{"<", SEMVER_LT},
		{"=", SEMVER_EQ},
	};

	*ret_known = 1;
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		size_t len = strlen(ops[i].text);

		if (!strncmp(*p, ops[i].text, len)) {
			*p += len;
			return ops[i].op;
		}
	}
	*ret_known = 0;
	return SEMVER_EQ;
}

int semver_range_parse(const char *text, struct semver_range *ret)
{
	*ret = (struct semver_range){0};
	for (;;) {
		int known;

		text += strspn(text, " ");
		if (!*text)
			return ret->n_terms ? 0 : -EINVAL;
		if (ret->n_terms == SEMVER_TERMS_MAX)
			return -EINVAL;
		ret->term[ret->n_terms].op = read_op(&text, &known);
		if (!known || read_version(&text, &ret->term[ret->n_terms].version) < 0)
			return -EINVAL;
		if (*text && *text != ' ')
			return -EINVAL;
		ret->n_terms++;
	}
}

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int semver_compare(const struct semver *a, const struct semver *b)
{
	int by_major = compare_numbers(a->major, b->major), by_minor = compare_numbers(a->minor, b->minor);

	if (by_major)
		return by_major;
	return by_minor ? by_minor : compare_numbers(a->patch, b->patch);
}

static int holds(enum semver_op op, int compared)
{
	switch (op) {
	case SEMVER_EQ:
		return compared == 0;
	case SEMVER_GE:
		return compared >= 0;
	case SEMVER_LE:
		return compared <= 0;
	case SEMVER_GT:
		return compared > 0;
	case SEMVER_LT:
		return compared < 0;
	}
	return 0;
}

int semver_in_range(const struct semver *version, const struct semver_range *range)
{
	for (uint32_t i = 0; i < range->n_terms; i++) {
		if (!holds(range->term[i].op, semver_compare(version, &range->term[i].version)))
			return 0;
	}
	return 1;
}
