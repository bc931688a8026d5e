/* SPDX-License-Identifier: MIT */
/*
 * The timeline's validator: after it, rtcore follows every offset and relies on every order without
 * looking again. One function a table; each gives the sentence of the first rule that an entry breaks,
 * or NULL.
 */
#include <mos/timeline.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include "timeline_order.h"

#define MAX_COUNT MOS_TL_MAX_EVENTS /* of every table; strings: bytes */

static bool tick_ok(int64_t tick)
{
	return tick >= 0 && tick <= MOS_TL_MAX_TICK;
}

static bool npq_ok(uint64_t npq)
{
	return npq >= MOS_TL_MIN_NPQ && npq <= MOS_TL_MAX_NPQ;
}

static const char *header_fault(const struct mos_timeline_hdr *hdr, size_t size)
{
	if (size < sizeof(*hdr))
		return "shorter than a header";
	if ((uintptr_t)hdr % 8 != 0)
		return "not aligned to 8 bytes";
	if (hdr->region.magic != MOS_MAGIC_TIMELINE)
		return "not a timeline";
	if (hdr->region.abi_major != MOS_TIMELINE_ABI_MAJOR)
		return "another major version";
	if (hdr->region.abi_minor < 1) /* its header ends before the policy */
		return "an older minor version";
	if (hdr->region.size != size)
		return "size is not the file's";
	if (hdr->region.generation == 0)
		return "generation is 0";
	if (hdr->ppq != MOS_PPQ)
		return "not 960 ticks a quarter";
	if (hdr->id == 0)
		return "id is 0";
	if (!tick_ok(hdr->end_tick))
		return "end tick out of range";
	if (hdr->region.reserved != 0 || hdr->reserved0 != 0 || hdr->reserved1 != 0)
		return "reserved field is not 0";
	return NULL;
}

static const char *policy_fault(const struct mos_tl_policy *policy, int64_t end_tick)
{
	const uint8_t known = MOS_TL_PANIC | MOS_TL_NO_SOUND | MOS_TL_NO_MIDI | MOS_TL_NO_OVERLAP;

	if (policy->late_drop_ms > MOS_TL_MAX_LATE_DROP_MS)
		return "late drop is more than 500 ms";
	if (policy->ghost_vel_max > 127)
		return "no such velocity";
	if (policy->flags & ~known)
		return "unknown flag";
	if (policy->reserved != 0)
		return "reserved field is not 0";
	if (policy->loop_start == 0 && policy->loop_end == 0)
		return NULL;
	if (policy->loop_start < 0 || policy->loop_end < 0 || policy->loop_end > end_tick)
		return "loop is not within the score";
	if (policy->loop_end - policy->loop_start < MOS_TL_MIN_LOOP)
		return "loop is shorter than a 64th note";
	return NULL;
}

static const char *bounds_fault(const struct mos_tl_table *table, size_t record_size, size_t size)
{
	if (table->off % 8 != 0)
		return "table is not aligned to 8 bytes";
	if (table->off < sizeof(struct mos_timeline_hdr) || table->off > size)
		return "table is outside of the file";
	if (table->count > MAX_COUNT)
		return "too many entries";
	if (table->count > (size - table->off) / record_size)
		return "table reaches beyond the file";
	return NULL;
}

/** The strings as a whole are one entry. */
static const char *strings_fault(const struct mos_timeline *tl, uint32_t i)
{
	if (tl->strings_len == 0 || tl->strings[0] != '\0')
		return "offset 0 is not the empty string";
	if (tl->strings[tl->strings_len - 1] != '\0')
		return "not terminated";
	if (tl->title_off >= tl->strings_len)
		return "title is outside of the strings";
	return NULL;
}

static const char *part_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_part *p = &tl->part[i];

	if (i >= UINT16_MAX) /* 0xffff means: no part */
		return "too many parts";
	if (p->name_off >= tl->strings_len)
		return "name is outside of the strings";
	if (p->group > 15 || p->channel > 15)
		return "no such channel";
	if (p->program > 127 || p->is_drums > 1)
		return "no such instrument";
	return NULL;
}

static const char *tempo_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_tempo *t = &tl->tempo[i];

	if (i == 0 && t->tick != 0)
		return "the first is not at tick 0";
	if (i > 0 && t->tick <= t[-1].tick)
		return "ticks don't rise";
	if (!tick_ok(t->tick))
		return "tick out of range";
	if (!npq_ok(t->npq_start) || !npq_ok(t->npq_end))
		return "tempo out of range";
	if (i == tl->n_tempo - 1 && t->npq_start != t->npq_end)
		return "the last is not constant";
	return NULL;
}

static const char *meter_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_meter *m = &tl->meter[i];

	if (i == 0 && (m->tick != 0 || m->measure != 0))
		return "the first is not measure 0 at tick 0";
	if (i > 0 && (m->tick <= m[-1].tick || m->measure <= m[-1].measure))
		return "ticks or measures don't rise";
	if (!tick_ok(m->tick))
		return "tick out of range";
	if (m->num < 1 || m->num > 255)
		return "numerator out of range";
	if (m->den < 1 || m->den > 128 || (m->den & (m->den - 1)) != 0)
		return "denominator is not 1, 2, 4 ... 128";
	return NULL;
}

static const char *key_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_key *k = &tl->key[i];

	if (!tick_ok(k->tick))
		return "tick out of range";
	if (i > 0 && k->tick <= k[-1].tick)
		return "ticks don't rise";
	if (k->fifths < -7 || k->fifths > 7 || k->minor > 1)
		return "no such key";
	for (size_t b = 0; b < sizeof(k->reserved); b++)
		if (k->reserved[b] != 0)
			return "reserved field is not 0";
	return NULL;
}

static const char *ump_fault(const struct mos_tl_event *e)
{
	uint32_t status = timeline_ump_status(e);

	switch (timeline_ump_type(e)) {
	case TIMELINE_UMP_MIDI1:
		if (status < 0x8 || status > 0xe)
			return "not a channel voice message";
		if ((e->ump[0] & 0x8080) != 0)
			return "data byte above 127";
		if (e->ump[1] != 0)
			return "second word of a 32-bit packet is not 0";
		return NULL;
	case TIMELINE_UMP_SYSEX7:
		if (status > 3 || (e->ump[0] >> 16 & 0xf) > 6)
			return "bad system exclusive packet";
		if ((e->ump[0] & 0x8080) != 0 || (e->ump[1] & 0x80808080) != 0)
			return "data byte above 127";
		return NULL;
	case TIMELINE_UMP_MIDI2:
		if (status == 0x7)
			return "not a channel voice message";
		if ((e->ump[0] & 0x8000) != 0)
			return "data byte above 127";
		return NULL;
	default:
		return "packet type is not 2, 3 or 4";
	}
}

static const char *event_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_event *e = &tl->event[i];

	if (e->tick < 0 || e->tick > tl->end_tick)
		return "tick is not within the score";
	if (e->part >= tl->n_part)
		return "no such part";
	if (e->order != timeline_ump_order(e))
		return "order is not that of the packet";
	if (e->order == MOS_TL_CONTROL && e->note_id != 0)
		return "note id on another message";
	if (e->order != MOS_TL_NOTE_ON && e->len_ticks != 0)
		return "length on another message";
	if (e->reserved0 != 0 || e->reserved1 != 0)
		return "reserved field is not 0";
	if (i > 0 &&
		(e->tick < e[-1].tick || (e->tick == e[-1].tick && timeline_rank(e) < timeline_rank(&e[-1]))))
		return "out of order";
	return ump_fault(e);
}

static const char *marker_fault(const struct mos_timeline *tl, uint32_t i)
{
	const struct mos_tl_marker *m = &tl->marker[i];

	if (!tick_ok(m->tick))
		return "tick out of range";
	if (i > 0 && m->tick < m[-1].tick)
		return "out of order";
	if (m->name_off >= tl->strings_len)
		return "name is outside of the strings";
	if (m->kind > 1)
		return "no such kind";
	return NULL;
}

static int fail(struct mos_timeline_error *err, const char *table, uint64_t index, const char *reason)
{
	*err = (struct mos_timeline_error){.table = table, .index = index, .reason = reason};
	return -EINVAL;
}

/** Every table within the file; from here on counts fit 32 bits. */
static int check_bounds(const struct mos_timeline_hdr *hdr, size_t size, struct mos_timeline_error *err)
{
	const struct {
		const char *name;
		const struct mos_tl_table *table;
		size_t record_size;
	} tables[] = {
		{"tempos", &hdr->tempos, sizeof(struct mos_tl_tempo)},
		{"meters", &hdr->meters, sizeof(struct mos_tl_meter)},
		{"keys", &hdr->keys, sizeof(struct mos_tl_key)},
		{"events", &hdr->events, sizeof(struct mos_tl_event)},
		{"markers", &hdr->markers, sizeof(struct mos_tl_marker)},
		{"parts", &hdr->parts, sizeof(struct mos_tl_part)},
		{"strings", &hdr->strings, 1},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const char *reason = bounds_fault(tables[i].table, tables[i].record_size, size);

		if (reason)
			return fail(err, tables[i].name, tables[i].table->count, reason);
	}
	return 0;
}

static int check_entries(const struct mos_timeline *tl, struct mos_timeline_error *err)
{
	const struct {
		const char *name;
		uint32_t count;
		const char *(*fault)(const struct mos_timeline *tl, uint32_t i);
	} tables[] = {
		{"strings", 1, strings_fault},
		{"parts", tl->n_part, part_fault},
		{"tempos", tl->n_tempo, tempo_fault},
		{"meters", tl->n_meter, meter_fault},
		{"keys", tl->n_key, key_fault},
		{"events", tl->n_event, event_fault},
		{"markers", tl->n_marker, marker_fault},
	};

	if (tl->n_tempo == 0)
		return fail(err, "tempos", 0, "no tempo");
	if (tl->n_meter == 0)
		return fail(err, "meters", 0, "no meter");
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (uint32_t i = 0; i < tables[t].count; i++) {
			const char *reason = tables[t].fault(tl, i);

			if (reason)
				return fail(err, tables[t].name, i, reason);
		}
	}
	return 0;
}

int mos_timeline_check(
	const void *bytes, size_t size, struct mos_timeline *ret, struct mos_timeline_error *ret_err)
{
	const struct mos_timeline_hdr *hdr = bytes;
	const char *base = bytes;
	const char *reason;
	struct mos_timeline tl;
	int r;

	reason = header_fault(hdr, size);
	if (reason)
		return fail(ret_err, "header", 0, reason);
	reason = policy_fault(&hdr->policy, hdr->end_tick);
	if (reason)
		return fail(ret_err, "policy", 0, reason);
	r = check_bounds(hdr, size, ret_err);
	if (r < 0)
		return r;
	tl = (struct mos_timeline){
		.hdr = hdr,
		.tempo = (const struct mos_tl_tempo *)(base + hdr->tempos.off),
		.meter = (const struct mos_tl_meter *)(base + hdr->meters.off),
		.key = (const struct mos_tl_key *)(base + hdr->keys.off),
		.event = (const struct mos_tl_event *)(base + hdr->events.off),
		.marker = (const struct mos_tl_marker *)(base + hdr->markers.off),
		.part = (const struct mos_tl_part *)(base + hdr->parts.off),
		.strings = base + hdr->strings.off,
		.n_tempo = (uint32_t)hdr->tempos.count,
		.n_meter = (uint32_t)hdr->meters.count,
		.n_key = (uint32_t)hdr->keys.count,
		.n_event = (uint32_t)hdr->events.count,
		.n_marker = (uint32_t)hdr->markers.count,
		.n_part = (uint32_t)hdr->parts.count,
		.strings_len = hdr->strings.count,
		.id = hdr->id,
		.end_tick = hdr->end_tick,
		.title_off = hdr->title_off,
		.policy = hdr->policy,
	};
	r = check_entries(&tl, ret_err);
	if (r < 0)
		return r;
	*ret = tl;
	return 0;
}

int mos_timeline_open(int fd, struct mos_timeline *ret, struct mos_timeline_error *ret_err)
{
	const int needed = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	struct mos_region region;
	struct mos_timeline tl;
	enum mos_attach_step step;
	int seals, r;

	/* What can still be written could change between the check and its use. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & needed) != needed)
		return fail(ret_err, "header", 0, "not a file sealed against writing");
	r = mos_region_attach(fd, MOS_MAGIC_TIMELINE, MOS_TIMELINE_ABI_MAJOR, sizeof(struct mos_timeline_hdr),
		/* writable= */ 0, &region, &step);
	if (r < 0) {
		(void)fail(ret_err, "header", 0, mos_attach_step_str(step));
		return r;
	}
	r = mos_timeline_check(region.base, region.size, &tl, ret_err);
	if (r < 0) {
		mos_region_finish(&region);
		return r;
	}
	tl.region = region;
	*ret = tl;
	return 0;
}

void mos_timeline_close(struct mos_timeline *tl)
{
	mos_region_finish(&tl->region);
	*tl = (struct mos_timeline){.region.fd = -1};
}
