/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <stdio.h>

#define NAME_SIZE sizeof(((struct mos_counter_label *)NULL)->name)

int rtcore_counters_create(uint64_t generation, struct mos_counters *ret)
{
	struct mos_counter_def def[C_TOTAL] = {
#define X(sym, label, unit, kind) { label, unit, MOS_COUNTER_##kind },
		RTCORE_COUNTERS(X)
#undef X
	};
	static const char *const why[REFUSED_N] = {
#define X(sym, text) [REFUSED_##sym] = text,
		RTCORE_REFUSALS(X)
#undef X
	};
	char name[C_TOTAL][NAME_SIZE];

	for (uint32_t i = 0; i < MOS_N_STRIPS; i++) {
		(void)snprintf(name[C_STRIP_PEAK + i], NAME_SIZE, "apollo.strip.%u.peak", i);
		def[C_STRIP_PEAK + i].unit = "mdB";
		def[C_STRIP_PEAK + i].kind = MOS_COUNTER_GAUGE;
	}
	for (uint32_t i = 0; i < RTCORE_N_TYPES; i++) {
		const char *type = mos_event_type_name(mos_event_type_at(i));

		(void)snprintf(name[C_RT_PUBLISHED + i], NAME_SIZE, "rt.published.%s", type);
		(void)snprintf(name[C_BUS_PUBLISHED + i], NAME_SIZE, "bus.published.%s", type);
		for (uint32_t k = 0; k < REFUSED_N; k++)
			(void)snprintf(name[C_BUS_REFUSED + k * RTCORE_N_TYPES + i], NAME_SIZE, "bus.refused.%s.%s",
				why[k], type);
	}
	for (uint32_t i = C_RT_PUBLISHED; i < C_TOTAL; i++) {
		def[i].unit = "";
		def[i].kind = MOS_COUNTER_COUNT;
	}
	for (uint32_t i = C_STRIP_PEAK; i < C_TOTAL; i++)
		def[i].name = name[i];
	return mos_counters_create("mos-counters", def, C_TOTAL, generation, ret);
}
