/* SPDX-License-Identifier: MIT */
/* A counters page with anything behind its region header: attached, every counter can be read. */
#include <string.h>

#include <mos/counters.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mos_counters_view v;
	struct mos_region region;

	if (size > (1u << 16) - sizeof(struct mos_region_hdr))
		return 0;
	FUZZ_CHECK(mos_region_create("fuzz", size + sizeof(struct mos_region_hdr), MOS_COUNTERS_ABI_MAJOR, 0,
			   1, &region) == 0);
	memcpy((struct mos_region_hdr *)region.base + 1, data, size);
	mos_region_publish(&region, MOS_MAGIC_COUNTERS);
	if (mos_counters_attach(region.fd, &v, NULL) == 0) {
		for (uint32_t i = 0; i < v.n_labels; i++) {
			int found = mos_counters_find(&v, v.label[i].name);

			FUZZ_CHECK(found >= 0 && strcmp(v.label[found].name, v.label[i].name) == 0);
			FUZZ_CHECK(strlen(v.label[i].unit) < sizeof(v.label[i].unit));
			(void)mos_counters_get(&v, i);
			FUZZ_CHECK(mos_counters_quantile(&v, i, 0.5) <= mos_counters_quantile(&v, i, 1.0));
		}
		mos_counters_detach(&v);
	}
	mos_region_finish(&region);
	return 0;
}
