/* SPDX-License-Identifier: MIT */
/* The one table of event types: names, numbers, places, groups. */
#include <mos/event.h>

#include <stddef.h>
#include <string.h>

enum place {
#define X(sym, num, name) PLACE_##sym,
	MOS_EVENT_TYPES(X)
#undef X
		N_TYPES
};
static_assert(N_TYPES <= MOS_EVENT_TYPES_MAX, "a mask of types has 64 bits");

static const struct {
	uint32_t type;
	const char *name;
} types[N_TYPES] = {
#define X(sym, num, name) [PLACE_##sym] = {num, name},
	MOS_EVENT_TYPES(X)
#undef X
};

int mos_event_type_index(uint32_t type) MOS_RT
{
	switch (type) {
#define X(sym, num, name)                                                                                    \
	case num:                                                                                            \
		return PLACE_##sym;
		MOS_EVENT_TYPES(X)
#undef X
	default:
		return -1;
	}
}

uint32_t mos_event_type_at(uint32_t index) MOS_RT
{
	return index < N_TYPES ? types[index].type : 0;
}

const char *mos_event_type_name(uint32_t type)
{
	int index = mos_event_type_index(type);

	return index < 0 ? NULL : types[index].name;
}

uint32_t mos_event_type_from_name(const char *name)
{
	for (uint32_t i = 0; i < N_TYPES; i++)
		if (strcmp(name, types[i].name) == 0)
			return types[i].type;
	return 0;
}

uint32_t mos_event_group(uint32_t type) MOS_RT
{
	if (mos_event_type_index(type) < 0)
		return 0;
#define X(sym, group, first, last)                                                                           \
	if (type >> 8 >= (first) && type >> 8 <= (last))                                                     \
		return group;
	MOS_EVENT_GROUPS(X)
#undef X
	return 0;
}
