/* SPDX-License-Identifier: MIT */
#include "uuid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int uuid_make(int64_t now_ms, char ret[static UUID_BYTES])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return -errno;
	for (unsigned i = 0; i < 6; i++)
		b[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	(void)snprintf(ret, UUID_BYTES,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
		b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}

int uuid_is_valid(const char *text)
{
	if (strlen(text) != UUID_BYTES - 1)
		return 0;
	for (unsigned i = 0; i < UUID_BYTES - 1; i++) {
		const int dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return 0;
	}
	return 1;
}
