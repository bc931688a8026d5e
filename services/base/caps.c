/* SPDX-License-Identifier: MIT */
/* Names of capabilities. */
#include <stddef.h>
#include <string.h>

#include "caps.h"

static const struct {
	uint32_t bit;
	const char *name;
} table[] = {
#define X(sym, bit_number, text) {CAP_##sym, text},
	CAPS(X)
#undef X
};

const char *caps_name(uint32_t caps)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (caps & table[i].bit)
			return table[i].name;
	}
	return NULL;
}

uint32_t caps_from_name(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (!strcmp(name, table[i].name))
			return table[i].bit;
	}
	return 0;
}
