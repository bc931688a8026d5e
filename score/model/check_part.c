/* SPDX-License-Identifier: MIT */
/* Rules of parts, their notes and controllers, and of what stands beside the layers. */
#include "check.h"

#include <stdio.h>

static void check_note_range(struct check *check, struct check_at *at, struct nvx_note *note)
{
	if (note->pitch > 127 &&
		check_broken(check, at, "nvx1.range", "/pitch", "%u is above 127", note->pitch))
		note->pitch = 127;
	if ((note->velocity == 0 || note->velocity > 127) &&
		check_broken(check, at, "nvx1.range", "/velocity", "%u is not in 1..127", note->velocity))
		note->velocity = note->velocity ? 127 : 1;
	if (note->duration_ticks == 0 &&
		check_broken(check, at, "nvx1.range", "/durationTicks", "0 is below 1"))
		note->duration_ticks = 1;
	if (note->velocity16 && note->velocity16 >> 9 != note->velocity &&
		check_broken(check, at, "nvx1.range", "/velocity16", "%u does not scale down to velocity %u",
			note->velocity16, note->velocity))
		note->velocity16 = 0;
}

void check_notes(struct check *check, uint32_t part, struct nvx_note *notes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct nvx_note *note = &notes[i];
		struct check_at at = {NVX_LIST_note, part, i, note};
		check_note_range(check, &at, note);
		if ((note->tick < 0 || note->tick >= check->end_tick) &&
			check_broken(check, &at, "nvx1.tick.outside", "/tick",
				"%lld is not in the score, which ends at %lld", (long long)note->tick,
				(long long)check->end_tick))
			note->tick = note->tick < 0 ? 0 : check->end_tick - 1;
		if (note->tick + (int64_t)note->duration_ticks > check->end_tick)
			check_warn(check, &at, "nvx1.note.past-end", "/durationTicks",
				"rings %lld ticks past the end",
				(long long)(note->tick + (int64_t)note->duration_ticks - check->end_tick));
	}
}

void check_controls(struct check *check, uint32_t part, struct nvx_control *controls, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct check_at at = {NVX_LIST_control, part, i, &controls[i]};
		if ((controls[i].tick < 0 || controls[i].tick > check->end_tick) &&
			check_broken(check, &at, "nvx1.tick.outside", "/tick",
				"%lld is not in the score, which ends at %lld", (long long)controls[i].tick,
				(long long)check->end_tick))
			controls[i].tick = controls[i].tick < 0 ? 0 : check->end_tick;
	}
}

void check_one_part(struct check *check, uint32_t index, struct nvx_part *part)
{
	const struct check_at at = {NVX_LIST_part, index, index, part};
	uint32_t n;
	const struct nvx_region *regions = nvx_items(check->pool, part->regions, &n);
	int64_t end = 0;
	for (uint32_t i = 0; i < n; i++) {
		char member[32];
		(void)snprintf(member, sizeof(member), "/regions/%u", i);
		const int64_t region_end = regions[i].tick + (int64_t)regions[i].duration_ticks;
		int broken = 0;
		if (regions[i].tick < end || regions[i].duration_ticks == 0)
			broken = check_broken(check, &at, "nvx1.region.overlap", member,
				"starts at %lld, the one before ends at %lld", (long long)regions[i].tick,
				(long long)end);
		else if (region_end > check->end_tick)
			broken = check_broken(check, &at, "nvx1.tick.outside", member,
				"ends at %lld, the score at %lld", (long long)region_end,
				(long long)check->end_tick);
		if (broken) {
			part->regions = 0; /* one over the whole score */
			check->mended = 1;
			return;
		}
		end = region_end;
	}
}

void check_media(struct check *check, struct nvx_media_entry *media, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_media, 0, i, &media[i]};
		uint32_t n_sync;
		const struct nvx_sync *sync = nvx_items(check->pool, media[i].sync, &n_sync);
		for (uint32_t k = 1; k < n_sync; k++) {
			if (sync[k].tick > sync[k - 1].tick && sync[k].us > sync[k - 1].us)
				continue;
			if (check_broken(check, &at, "nvx1.map.order", "/sync", "entry %u does not rise", k))
				media[i].sync = 0;
			break;
		}
	}
}

void check_order(struct check *check, const struct nvx_order *order, uint32_t n, uint32_t n_measures)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct check_at at = {NVX_LIST_order, 0, i, &order[i]};
		if (order[i].from_measure > order[i].to_measure)
			(void)check_broken(check, &at, "nvx1.range", "/toMeasure",
				"%u is before fromMeasure %u", order[i].to_measure, order[i].from_measure);
		else if (order[i].to_measure >= n_measures)
			(void)check_broken(check, &at, "nvx1.tick.outside", "/toMeasure", "%u of %u measures",
				order[i].to_measure, n_measures);
	}
}
