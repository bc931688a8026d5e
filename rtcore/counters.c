/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <stdio.h>

int rtcore_counters_create(uint64_t generation, struct mos_counters *ret)
{
	struct mos_counter_def def[C_TOTAL] = {
#define X(sym, label, unit, kind) { label, unit, MOS_COUNTER_##kind },
		RTCORE_COUNTERS(X)
#undef X
	};
	char name[MOS_N_STRIPS][24];

	for (uint32_t i = 0; i < MOS_N_STRIPS; i++) {
		(void)snprintf(name[i], sizeof(name[i]), "apollo.strip.%u.peak", i);
		def[C_STRIP_PEAK + i] = (struct mos_counter_def){ name[i], "mdB", MOS_COUNTER_GAUGE };
	}
	return mos_counters_create("mos-counters", def, C_TOTAL, generation, ret);
}
