/* SPDX-License-Identifier: MIT */
/* Words of the command line as numbers. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mosctl.h"

int parse_uint(const char *text, uint32_t max, uint32_t *ret)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > max)
			return -ERANGE;
	}
	*ret = (uint32_t)value;
	return 0;
}

int parse_real(const char *text, double *ret)
{
	char *end;
	double value;

	/* strtod() also takes "inf", "nan", hexadecimals and leading blanks. */
	if (!*text || text[strspn(text, "+-.0123456789eE")])
		return -EINVAL;
	value = strtod(text, &end);
	if (end == text || *end)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret = value;
	return 0;
}

int parse_on_off(const char *text, int *ret)
{
	if (strcmp(text, "on") && strcmp(text, "off"))
		return -EINVAL;
	*ret = !strcmp(text, "on");
	return 0;
}

int parse_place(const char *text, uint32_t ret[static 3])
{
	uint32_t place[3] = {1, 1, 0};
	char part[16];

	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(text, ":");
		int rc;

		if (len >= sizeof(part))
			return -ERANGE;
		memcpy(part, text, len);
		part[len] = '\0';
		rc = parse_uint(part, INT32_MAX, &place[i]);
		if (rc < 0)
			return rc;
		if (i < 2 && place[i] == 0)
			return -ERANGE;
		text += len;
		if (!*text) {
			memcpy(ret, place, sizeof(place));
			return 0;
		}
		text++;
	}
	return -EINVAL;
}
