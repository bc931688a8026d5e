/* SPDX-License-Identifier: MIT */
/*
 * rtcore's black box, written over by anybody: patches of (place, length, bytes), and as the first byte says,
 * with checksums that are right all the same. Opened, all that it gives is bounded and in order, and it can
 * be gone on with.
 */
#include <string.h>

#include "resume.h"

#include "fuzz.h"

#define FIX_CHECKS 1u

static void fill(struct resume *r)
{
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STRIP, .u.strip = {.mask = 1, .gain_db = -6}};

	for (msg.u.strip.strip = 0; msg.u.strip.strip < 8; msg.u.strip.strip++)
		FUZZ_CHECK(resume_put(r, &msg) == 0);
	msg = (struct mos_rtctl_msg){.op = MOS_RTCTL_LOAD, .u.load.timeline_id = 5};
	FUZZ_CHECK(resume_put(r, &msg) == 0);
	resume_set_place(r, &(struct resume_place){.timeline_id = 5, .tick = 9, .state = 3});
}

/* Most of what matters lies in the header and the first entries; the last patches may go anywhere. */
static void patch(struct resume *r, const uint8_t *data, size_t size)
{
	uint8_t *box = (uint8_t *)r->box;

	while (size > 4) {
		size_t at = (size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2], n = data[3];

		data += 4;
		size -= 4;
		n = n < size ? n : size;
		if (at & 0x800000)
			at = offsetof(struct resume_box, entry) + at % (10 * sizeof(struct resume_entry));
		at %= sizeof(*r->box);
		n = n < sizeof(*r->box) - at ? n : sizeof(*r->box) - at;
		memcpy(box + at, data, n);
		data += n;
		size -= n;
	}
}

/* What a hostile writer would do: the same sum as the reader's, over what he wrote. */
static uint64_t sum(uint64_t hash, const void *data, size_t n)
{
	for (const unsigned char *p = data; n--; p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001b3);
	return hash;
}

static void fix_checks(struct resume *r)
{
	const uint64_t start = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < 16; i++)
		for (uint32_t k = 0; k < 2; k++) {
			struct resume_slot *s = &r->box->entry[i].slot[k];

			s->check = sum(sum(start, &s->order, sizeof(s->order)), &s->msg, sizeof(s->msg));
		}
	for (uint32_t k = 0; k < 2; k++)
		r->box->place[k].check = sum(start, &r->box->place[k].place, sizeof(r->box->place[k].place));
}

static void read_all(struct resume *r)
{
	struct resume_place place;
	struct mos_rtctl_msg msg;
	uint32_t n = 0;

	for (uint32_t op = 0; op <= MOS_RTCTL_N_OPS; op++) {
		uint64_t order = 0, before = 0;

		for (; resume_next(r, op, &order, &msg); n++) {
			FUZZ_CHECK(order > before && msg.op == op);
			FUZZ_CHECK(resume_find(r, &msg, &msg));
			before = order;
		}
	}
	FUZZ_CHECK(n <= RESUME_ENTRIES);
	(void)resume_get_place(r, &place);
	for (uint32_t u = 0; u < MOS_FX_N_UNITS; u++) {
		const struct mos_fx_param *p;
		uint32_t n_params = mos_fx_params(u, &p);

		for (uint32_t i = 0; i < n_params; i++)
			FUZZ_CHECK(r->box->fx[MOS_N_STRIPS][u][i] >= p[i].min &&
				   r->box->fx[MOS_N_STRIPS][u][i] <= p[i].max);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct mos_rtctl_msg more = {.op = MOS_RTCTL_CLIP, .u.clip.id = 77};
	struct resume r, next;
	struct mos_rtctl_msg msg;
	const char *why = "";
	uint32_t bad;

	FUZZ_CHECK(resume_create(1, &r) == 0);
	fill(&r);
	if (size) {
		patch(&r, data + 1, size - 1);
		if (data[0] & FIX_CHECKS)
			fix_checks(&r);
	}
	if (resume_open(r.region.fd, &next, &bad, &why) == 0) {
		read_all(&next);
		(void)resume_started(&next, 5);
		FUZZ_CHECK(resume_put(&next, &more) == 0 && resume_find(&next, &more, &msg) &&
			   msg.u.clip.id == 77);
		resume_drop_op(&next, MOS_RTCTL_CLIP, NULL, NULL);
		FUZZ_CHECK(!resume_find(&next, &more, &msg));
		read_all(&next);
		resume_finish(&next);
	} else {
		FUZZ_CHECK(why[0]);
	}
	resume_finish(&r);
	return 0;
}
