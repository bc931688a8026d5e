/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <string.h>

static const char *const texts[MX_N_NAMES] = {
#define X(id, text) [MX_##id] = text,
	MX_NAMES(X)
#undef X
};

static uint32_t slot_of(const char *text)
{
	uint32_t hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619u;
	return (hash ^ hash >> 15) % MX_NAME_SLOTS;
}

void mx_names_init(struct mx_names *names)
{
	*names = (struct mx_names){};
	for (unsigned i = 1; i < MX_N_NAMES; i++) {
		uint32_t at = slot_of(texts[i]);
		while (names->slot[at])
			at = (at + 1) % MX_NAME_SLOTS;
		names->slot[at] = (uint16_t)i;
	}
}

enum mx_name mx_names_find(const struct mx_names *names, const char *text)
{
	for (uint32_t at = slot_of(text); names->slot[at]; at = (at + 1) % MX_NAME_SLOTS) {
		if (strcmp(texts[names->slot[at]], text) == 0)
			return (enum mx_name)names->slot[at];
	}
	return MX_UNKNOWN;
}
