/* SPDX-License-Identifier: MIT */
/* Names of capabilities, and their meaning in words. */
#include <stddef.h>
#include <string.h>

#include "caps.h"

static const struct {
	uint32_t bit;
	const char *name, *text;
} table[] = {
#define X(sym, bit_number, name, text) {CAP_##sym, name, text},
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

const char *caps_text(uint32_t caps)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (caps & table[i].bit)
			return table[i].text;
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
