/* SPDX-License-Identifier: MIT */
/* Any bytes -> a Hermes timeline. Refused with a place, or events whose types are in the table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "timeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mos_event *ev = NULL;
	char where[96] = "";
	uint64_t start_ns;
	int64_t n = timeline_read((const char *)data, size, &ev, &start_ns, where);

	if (n < 0) {
		FUZZ_CHECK(n == -EINVAL && ev == NULL);
		FUZZ_CHECK(where[0] && memchr(where, 0, sizeof(where)));
		return 0;
	}
	for (int64_t i = 0; i < n; i++)
		FUZZ_CHECK(mos_event_type_index(ev[i].type) >= 0);
	free(ev);
	return 0;
}
