/* SPDX-License-Identifier: MIT */
/* Whatever passes the timeline's validator can be walked as rtcore walks it, without another look. */
#include <string.h>

#include <mos/timeline.h>

#include "fuzz.h"

static void check_event(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_event *e = &tl->event[i];

	FUZZ_CHECK(e->tick >= 0 && e->tick <= tl->end_tick);
	FUZZ_CHECK(i == 0 || e->tick >= e[-1].tick);
	FUZZ_CHECK(i == 0 || e->tick > e[-1].tick || e->order >= e[-1].order);
	FUZZ_CHECK(tl->part[e->part].channel < 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mos_timeline_error err = {0};
	struct mos_timeline_hdr *hdr = malloc(size ? size : 1);
	struct mos_timeline tl;
	size_t text = 0;

	FUZZ_CHECK(hdr);
	memcpy(hdr, data, size);
	if (size >= sizeof(*hdr)) /* else few inputs would get past the first rules */
		hdr->region.size = size;
	if (mos_timeline_check(hdr, size, &tl, &err) == 0) {
		for (uint32_t i = 0; i < tl.n_event; i++)
			check_event(&tl, i);
		FUZZ_CHECK(tl.policy.loop_start >= 0 && tl.policy.loop_end <= tl.end_tick);
		FUZZ_CHECK(tl.policy.loop_end == 0 || tl.policy.loop_end - tl.policy.loop_start >= MOS_TL_MIN_LOOP);
		FUZZ_CHECK(tl.policy.late_drop_ms <= MOS_TL_MAX_LATE_DROP_MS && tl.policy.ghost_vel_max <= 127);
		for (uint32_t i = 0; i < tl.n_part; i++)
			text += strlen(tl.strings + tl.part[i].name_off);
		for (uint32_t i = 0; i < tl.n_marker; i++)
			text += strlen(tl.strings + tl.marker[i].name_off);
		text += strlen(tl.strings + tl.title_off);
		FUZZ_CHECK(tl.strings_len > 0 && text / (tl.n_part + tl.n_marker + 1u) < tl.strings_len);
		FUZZ_CHECK(tl.n_tempo > 0 && tl.tempo[0].tick == 0 && tl.n_meter > 0 && tl.meter[0].den > 0);
	} else {
		FUZZ_CHECK(err.table && err.reason);
	}
	free(hdr);
	return 0;
}
