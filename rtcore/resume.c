/* SPDX-License-Identifier: MIT */
#include "resume.h"

#include <errno.h>
#include <string.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t hash, const void *data, size_t n)
{
	const unsigned char *byte = data;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ byte[i]) * FNV_PRIME;
	return hash;
}

static uint64_t layout(void)
{
	const uint64_t number[] = {sizeof(struct resume_box), sizeof(struct mos_rtctl_msg), MOS_RTCTL_VERSION,
		MOS_RTCTL_N_OPS, RESUME_ENTRIES, MOS_N_STRIPS, MOS_FX_N_UNITS, MOS_FX_PARAMS_MAX};

	return mix(FNV_OFFSET, number, sizeof(number));
}

static uint64_t check_of(const struct resume_slot *s)
{
	return mix(mix(FNV_OFFSET, &s->order, sizeof(s->order)), &s->msg, sizeof(s->msg));
}

/* --- Which requests are for the same target --- */

static bool is_same_target(const struct mos_rtctl_msg *a, const struct mos_rtctl_msg *b)
{
	if (a->op != b->op)
		return false;
	switch (a->op) {
	case MOS_RTCTL_STRIP:
		return a->u.strip.strip == b->u.strip.strip;
	case MOS_RTCTL_PROGRAM:
		return a->u.program.group == b->u.program.group &&
		       a->u.program.channel == b->u.program.channel;
	case MOS_RTCTL_TEMPO:
		return a->u.tempo.mode == b->u.tempo.mode;
	case MOS_RTCTL_MAP:
		return a->u.map.bank == b->u.map.bank && a->u.map.program == b->u.map.program;
	case MOS_RTCTL_INSERT:
		return a->u.insert.strip == b->u.insert.strip && a->u.insert.slot == b->u.insert.slot;
	case MOS_RTCTL_INSERT_SET:
		return a->u.insert_set.strip == b->u.insert_set.strip &&
		       a->u.insert_set.slot == b->u.insert_set.slot &&
		       memcmp(a->u.insert_set.symbol, b->u.insert_set.symbol,
			       sizeof(a->u.insert_set.symbol)) == 0;
	case MOS_RTCTL_CLIP:
		return a->u.clip.id == b->u.clip.id;
	case MOS_RTCTL_MIDI_LINK:
		return memcmp(a->u.midi_link.port, b->u.midi_link.port, sizeof(a->u.midi_link.port)) == 0;
	default:
		return true; /* of all others there is one */
	}
}

/* What the newer one does not say stands. */
static void merge(struct mos_rtctl_msg *now, const struct mos_rtctl_msg *before)
{
	uint32_t kept = before->u.strip.mask & ~now->u.strip.mask;

	if (now->op != MOS_RTCTL_STRIP)
		return;
	if (kept & 1)
		now->u.strip.gain_db = before->u.strip.gain_db;
	if (kept & 2)
		now->u.strip.pan = before->u.strip.pan;
	if (kept & 4)
		now->u.strip.mute = before->u.strip.mute;
	if (kept & 8)
		now->u.strip.solo = before->u.strip.solo;
	now->u.strip.mask |= kept;
}

/* --- Entries --- */

static uint32_t in_force(const struct resume_entry *e)
{
	return __atomic_load_n(&e->in_force, __ATOMIC_ACQUIRE);
}

static const struct resume_slot *slot_of(const struct resume_entry *e)
{
	uint32_t n = in_force(e);

	return n == 1 || n == 2 ? &e->slot[n - 1] : NULL;
}

static void drop(struct resume_entry *e)
{
	__atomic_store_n(&e->in_force, 0, __ATOMIC_RELEASE);
}

/* First what is to be said, then that it holds: whoever dies in between leaves what held before. */
static void write_entry(struct resume *r, struct resume_entry *e, const struct mos_rtctl_msg *msg)
{
	uint32_t next = in_force(e) == 1 ? 2 : 1;
	struct resume_slot *s = &e->slot[next - 1];

	s->order = ++r->last_order;
	s->msg = *msg;
	s->check = check_of(s);
	__atomic_store_n(&e->in_force, next, __ATOMIC_RELEASE);
}

static struct resume_entry *find(
	const struct resume *r, const struct mos_rtctl_msg *like, struct resume_entry **ret_free)
{
	for (uint32_t i = 0; i < RESUME_ENTRIES; i++) {
		struct resume_entry *e = &r->box->entry[i];
		const struct resume_slot *s = slot_of(e);

		if (s && is_same_target(&s->msg, like))
			return e;
		if (!s && ret_free && !*ret_free)
			*ret_free = e;
	}
	return NULL;
}

int resume_put(struct resume *r, const struct mos_rtctl_msg *msg)
{
	struct resume_entry *at_end = NULL, *e;
	struct mos_rtctl_msg now = *msg;

	now.id = 0;
	now.status = 0;
	now.reserved0 = 0;
	e = find(r, &now, &at_end);
	if (e) {
		const struct mos_rtctl_msg *was = &slot_of(e)->msg;

		merge(&now, was);
		if (memcmp(was, &now, sizeof(now)) != 0)
			write_entry(r, e, &now);
		return 0;
	}
	if (!at_end) {
		r->is_full = true;
		return -ENOSPC;
	}
	write_entry(r, at_end, &now);
	return 0;
}

void resume_drop(struct resume *r, const struct mos_rtctl_msg *msg)
{
	struct resume_entry *e = find(r, msg, NULL);

	if (e)
		drop(e);
}

void resume_drop_op(struct resume *r, uint32_t op,
	bool (*is_meant)(const struct mos_rtctl_msg *msg, const void *data), const void *data)
{
	for (uint32_t i = 0; i < RESUME_ENTRIES; i++) {
		const struct resume_slot *s = slot_of(&r->box->entry[i]);

		if (s && s->msg.op == op && (!is_meant || is_meant(&s->msg, data)))
			drop(&r->box->entry[i]);
	}
}

int resume_next(const struct resume *r, uint32_t op, uint64_t *order, struct mos_rtctl_msg *ret)
{
	const struct resume_slot *next = NULL;

	for (uint32_t i = 0; i < RESUME_ENTRIES; i++) {
		const struct resume_slot *s = slot_of(&r->box->entry[i]);

		if (s && s->msg.op == op && s->order > *order && (!next || s->order < next->order))
			next = s;
	}
	if (!next)
		return 0;
	*order = next->order;
	*ret = next->msg;
	return 1;
}

int resume_find(const struct resume *r, const struct mos_rtctl_msg *like, struct mos_rtctl_msg *ret)
{
	const struct resume_entry *e = find(r, like, NULL);

	if (e)
		*ret = slot_of(e)->msg;
	return e != NULL;
}

/* --- The place --- */

static uint64_t check_of_place(const struct resume_place *p)
{
	return mix(FNV_OFFSET, p, sizeof(*p));
}

void resume_set_place(struct resume *r, const struct resume_place *place)
{
	struct resume_box *b = r->box;
	uint32_t next = b->place_in_force == 1 ? 2 : 1;
	struct resume_place_slot *s = &b->place[next - 1];

	s->place = *place;
	s->check = check_of_place(&s->place);
	__atomic_store_n(&b->place_in_force, next, __ATOMIC_RELEASE);
	__atomic_store_n(&b->clock, 0, __ATOMIC_RELEASE);
}

int resume_get_place(const struct resume *r, struct resume_place *ret)
{
	uint32_t n = r->box->place_in_force;

	if (n != 1 && n != 2)
		return 0;
	*ret = r->box->place[n - 1].place;
	return 1;
}

void resume_set_clock(struct resume *r, uint64_t generation)
{
	__atomic_store_n(&r->box->clock, generation, __ATOMIC_RELEASE);
}

/* --- The whole box --- */

static void initial_fx(struct resume_box *b)
{
	for (uint32_t s = 0; s <= MOS_N_STRIPS; s++)
		for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
			const struct mos_fx_param *p;
			uint32_t n = mos_fx_params(u, &p);

			for (uint32_t i = 0; i < n; i++)
				b->fx[s][u][i] = p[i].initial;
		}
}

int resume_create(uint64_t generation, struct resume *ret)
{
	int r;

	*ret = (struct resume){0};
	r = mos_region_create("mos-box", sizeof(struct resume_box), RESUME_ABI_MAJOR, RESUME_ABI_MINOR,
		generation, &ret->region);
	if (r < 0)
		return r;
	ret->box = ret->region.base;
	ret->box->layout = layout();
	initial_fx(ret->box);
	mos_region_publish(&ret->region, RESUME_MAGIC);
	return 0;
}

/* @return how many were not sound. */
static uint32_t mend_fx(struct resume_box *b)
{
	uint32_t bad = 0;

	for (uint32_t s = 0; s <= MOS_N_STRIPS; s++)
		for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
			const struct mos_fx_param *p;
			uint32_t n = mos_fx_params(u, &p);

			for (uint32_t i = 0; i < n; i++) {
				float *x = &b->fx[s][u][i];

				if (*x >= p[i].min && *x <= p[i].max) /* NaN is not */
					continue;
				*x = p[i].initial;
				bad++;
			}
		}
	return bad;
}

static uint32_t mend_entries(struct resume *r)
{
	uint32_t bad = 0;

	for (uint32_t i = 0; i < RESUME_ENTRIES; i++) {
		struct resume_entry *e = &r->box->entry[i];
		const struct resume_slot *s = slot_of(e);

		if (in_force(e) == 0)
			continue;
		/* an order near the end of the numbers would make the next one begin anew */
		if (!s || s->check != check_of(s) || s->order == 0 || s->order > UINT64_MAX / 2) {
			drop(e);
			bad++;
		} else if (s->order > r->last_order) {
			r->last_order = s->order;
		}
	}
	return bad;
}

static uint32_t mend_place(struct resume_box *b)
{
	uint32_t n = b->place_in_force;

	if (n == 0 || ((n == 1 || n == 2) && b->place[n - 1].check == check_of_place(&b->place[n - 1].place)))
		return 0;
	b->place_in_force = 0;
	return 1;
}

int resume_open(int fd, struct resume *ret, uint32_t *ret_bad, const char **ret_why)
{
	enum mos_attach_step step = MOS_ATTACH_OK;
	int r;

	*ret = (struct resume){0};
	*ret_bad = 0;
	r = mos_region_attach(fd, RESUME_MAGIC, RESUME_ABI_MAJOR, sizeof(struct resume_box),
		/* writable= */ 1, &ret->region, &step);
	if (r < 0) {
		*ret_why = mos_attach_step_str(step);
		return r == -ENOMEM ? r : -EINVAL;
	}
	ret->box = ret->region.base;
	if (ret->region.size != sizeof(struct resume_box) || ret->box->layout != layout()) {
		*ret_why = "another version of rtcore made it";
		resume_finish(ret);
		return -EINVAL;
	}
	*ret_bad = mend_fx(ret->box) + mend_entries(ret) + mend_place(ret->box);
	return 0;
}

void resume_finish(struct resume *r)
{
	mos_region_finish(&r->region);
	*r = (struct resume){.region.fd = -1};
}

void resume_forget(struct resume *r)
{
	__atomic_store_n(&r->box->region.magic, 0, __ATOMIC_RELEASE);
}

int resume_started(struct resume *r, int64_t now_ns)
{
	struct resume_box *b = r->box;
	int64_t *oldest = &b->start_ns[b->n_starts % RESUME_STARTS];
	int is_loop = *oldest > 0 && *oldest <= now_ns && now_ns - *oldest < RESUME_LOOP_NS;

	*oldest = now_ns;
	b->n_starts++;
	return is_loop;
}
