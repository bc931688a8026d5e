/* SPDX-License-Identifier: MIT */
/* A client wrote anything at all into its ingress ring: the core's look at it ends and stays inside. */
#include <errno.h>
#include <string.h>

#include <mos/ingress.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(64) uint8_t bytes[MOS_INGRESS_SIZE];
	struct mos_region ring = {.base = bytes, .size = sizeof(bytes), .fd = -1, .writable = 1};
	struct mos_ingress_reader r;
	struct mos_event ev;
	uint32_t n = 0;
	int got, urgent;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	FUZZ_CHECK(mos_ingress_reader_init(&r, &ring) == 0);
	urgent = mos_ingress_urgent(&r);
	FUZZ_CHECK(urgent == 0 || urgent == 1);
	while ((got = mos_ingress_pop(&r, &ev)) != 0) {
		FUZZ_CHECK(got == 1 || got == -EPROTO);
		if (got == 1 && mos_event_check(&ev) == MOS_EVENT_OK)
			FUZZ_CHECK(mos_event_type_name(ev.type));
		FUZZ_CHECK(++n <= MOS_INGRESS_SLOTS);
	}
	FUZZ_CHECK(
		((struct mos_ingress_hdr *)bytes)->read_pos == ((struct mos_ingress_hdr *)bytes)->write_pos);
	return 0;
}
