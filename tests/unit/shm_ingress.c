/* SPDX-License-Identifier: MIT */
/* The ingress ring between a client and the core, with honest and with hostile clients. */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "shm_fixture.h"

struct ingress {
	struct mos_region ring;
	struct mos_ingress_writer w;
	struct mos_ingress_reader r;
};

static struct ingress make(uint32_t slot_id, uint64_t start)
{
	struct ingress g;

	cr_assert_eq(
		mos_region_create("test-ingress", MOS_INGRESS_SIZE, MOS_INGRESS_ABI_MAJOR, 0, 1, &g.ring), 0);
	cr_assert_eq(mos_ingress_init(&g.ring, slot_id), 0);
	mos_region_publish(&g.ring, MOS_MAGIC_INGRESS);
	((struct mos_ingress_hdr *)g.ring.base)->write_pos = start;
	((struct mos_ingress_hdr *)g.ring.base)->read_pos = start;
	cr_assert_eq(mos_ingress_writer_init(&g.w, &g.ring), 0);
	cr_assert_eq(mos_ingress_reader_init(&g.r, &g.ring), 0);
	return g;
}

static void finish(struct ingress *g)
{
	mos_region_finish(&g->ring);
}

static int push(struct ingress *g, uint64_t n)
{
	struct mos_event ev = numbered(n);

	return mos_ingress_push(&g->w, &ev);
}

static void expect_pop(struct ingress *g, uint64_t n)
{
	struct mos_event ev;

	cr_assert_eq(mos_ingress_pop(&g->r, &ev), 1);
	cr_assert_eq(ev.seq, 0);
	cr_assert(is_numbered(&ev, n), "not record %lu", n);
}

Test(shm_ingress, init_refuses, .description = "Regions that don't fit and unknown slots are refused")
{
	struct ingress g = make(1023, 0);
	struct mos_ingress_hdr *hdr = g.ring.base;
	struct mos_region small = {.base = g.ring.base, .size = MOS_INGRESS_SIZE - 1};

	cr_assert_eq(mos_ingress_init(&g.ring, MOS_CLIENTS_MAX), -EINVAL);
	cr_assert_eq(mos_ingress_init(&small, 0), -EINVAL);
	cr_assert_eq(mos_ingress_reader_init(&g.r, &small), -EINVAL);
	cr_assert_eq(mos_ingress_writer_init(&g.w, &small), -EINVAL);
	hdr->slot_id = MOS_CLIENTS_MAX;
	cr_assert_eq(mos_ingress_writer_init(&g.w, &g.ring), -EINVAL);
	hdr->slot_id = 0;
	hdr->n_slots = 512;
	cr_assert_eq(mos_ingress_writer_init(&g.w, &g.ring), -EINVAL);
	finish(&g);
}

Test(shm_ingress, order_and_full,
	.description = "Records arrive once and in order; a full ring says so and takes nothing")
{
	struct ingress g = make(0, 0);
	struct mos_event ev = {.type = 77};

	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
	cr_assert_eq(ev.type, 77);
	for (uint64_t n = 0; n < MOS_INGRESS_SLOTS; n++)
		cr_assert_geq(push(&g, n), 0);
	cr_assert_eq(push(&g, 999), -EAGAIN);
	expect_pop(&g, 0);
	cr_assert_geq(push(&g, 256), 0);
	cr_assert_eq(push(&g, 999), -EAGAIN);
	for (uint64_t n = 1; n <= 256; n++)
		expect_pop(&g, n);
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
	finish(&g);
}

Test(shm_ingress, wrap, .description = "Positions wrap at 2^32 and at 2^64 without a slip")
{
	static const uint64_t starts[] = {(UINT64_C(1) << 32) - 300, UINT64_MAX - 300};

	for (int i = 0; i < 2; i++) {
		struct ingress g = make(5, starts[i]);
		struct mos_event ev;
		uint64_t in = 0, out = 0;

		while (out < 1000) {
			for (int k = 0; k < 7; k++)
				if (push(&g, in) >= 0)
					in++;
			for (int k = 0; k < 5 && out < in; k++)
				expect_pop(&g, out++);
			cr_assert_leq(in - out, MOS_INGRESS_SLOTS);
		}
		while (out < in)
			expect_pop(&g, out++);
		cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
		cr_assert_eq(g.r.read_pos, starts[i] + out);
		finish(&g);
	}
}

static int push_immediate(struct ingress *g)
{
	struct mos_event ev = {.flags = MOS_EVENT_IMMEDIATE};

	return mos_ingress_push(&g->w, &ev);
}

Test(shm_ingress, doorbell,
	.description = "EVT-02 EVT-12: the doorbell is to be rung for the first record in an empty ring, for "
		       "each immediate "
		       "one, and once when the ring gets half full; not for others")
{
	struct ingress g = make(3, UINT64_MAX - 100);
	struct mos_event ev;

	cr_assert_eq(push(&g, 0), 1, "the first one");
	for (uint32_t n = 2; n < MOS_INGRESS_SLOTS; n++)
		cr_assert_eq(push(&g, n), n == MOS_INGRESS_SLOTS / 2, "%u in the ring", n);
	cr_assert_eq(push_immediate(&g), 1, "an immediate one");
	cr_assert_eq(push_immediate(&g), -EAGAIN);
	while (mos_ingress_pop(&g.r, &ev) == 1)
		;
	cr_assert_eq(push_immediate(&g), 1);
	cr_assert_eq(push(&g, 1), 0);
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 1);
	cr_assert_eq(push(&g, 1), 0, "there was one already");
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 1);
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 1);
	cr_assert_eq(push(&g, 1), 1, "empty again");
	finish(&g);
}

Test(shm_ingress, urgent,
	.description = "EVT-12: a ring with an immediate record in it, or half full, is urgent; nonsense in "
		       "the client's word "
		       "hides nothing")
{
	struct ingress g = make(3, 77);
	struct mos_ingress_hdr *hdr = g.ring.base;
	struct mos_event ev;

	cr_assert_eq(mos_ingress_urgent(&g.r), 0);
	for (uint32_t n = 1; n < MOS_INGRESS_SLOTS / 2; n++) {
		cr_assert_geq(push(&g, n), 0);
		cr_assert_eq(mos_ingress_urgent(&g.r), 0);
	}
	cr_assert_geq(push(&g, 1), 0);
	cr_assert_eq(mos_ingress_urgent(&g.r), 1, "half full");
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 1);
	cr_assert_eq(mos_ingress_urgent(&g.r), 0);
	cr_assert_eq(push_immediate(&g), 1);
	while (mos_ingress_urgent(&g.r))
		cr_assert_eq(mos_ingress_pop(&g.r, &ev), 1);
	cr_assert_eq(ev.flags, MOS_EVENT_IMMEDIATE, "it was not urgent up to the immediate one");
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
	for (uint32_t n = 0; n < 200; n++)
		cr_assert_geq(push(&g, n), 0);
	hdr->urgent_pos = UINT64_MAX;
	cr_assert_eq(mos_ingress_urgent(&g.r), 1);
	finish(&g);
}

Test(shm_ingress, figures,
	.description = "EVT-10: the reader's figures lie in the client's own region, behind its ring, apart "
		       "from each other")
{
	struct ingress g = make(3, 0);
	struct mos_reader_page *page = mos_ingress_reader_page(&g.ring);

	cr_assert_eq((char *)page - (char *)g.ring.base, 384 + 256 * 64);
	cr_assert_leq((size_t)((char *)(page + 1) - (char *)g.ring.base), g.ring.size);
	memset(page, 0xff, sizeof(*page));
	for (uint32_t n = 0; n < 300; n++) {
		cr_assert_geq(push(&g, n), 0);
		expect_pop(&g, n);
	}
	for (size_t i = 0; i < sizeof(*page); i++)
		cr_assert_eq(((uint8_t *)page)[i], 0xff);
	finish(&g);
}

Test(shm_ingress, resume, .description = "A client that maps its ring again goes on where it was")
{
	struct ingress g = make(3, 0);

	for (uint64_t n = 0; n < 10; n++)
		cr_assert_geq(push(&g, n), 0);
	expect_pop(&g, 0);
	cr_assert_eq(mos_ingress_writer_init(&g.w, &g.ring), 0);
	cr_assert_geq(push(&g, 10), 0);
	for (uint64_t n = 1; n <= 10; n++)
		expect_pop(&g, n);
	finish(&g);
}

Test(shm_ingress, hostile_position,
	.description =
		"A position moved back or jumped ahead is told once; then the reader goes on with what comes")
{
	struct ingress g = make(0, 1000);
	struct mos_ingress_hdr *hdr = g.ring.base;
	static const uint64_t jumps[] = {999, 0, 1000 + MOS_INGRESS_SLOTS + 1, UINT64_MAX, UINT64_C(1) << 63};
	struct mos_event ev = {.type = 77};

	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		g.r.read_pos = 1000;
		hdr->write_pos = jumps[i];
		cr_assert_eq(mos_ingress_pop(&g.r, &ev), -EPROTO, "%lu", jumps[i]);
		cr_assert_eq(ev.type, 77);
		cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
		cr_assert_eq(hdr->read_pos, jumps[i]);
		cr_assert_eq(mos_ingress_writer_init(&g.w, &g.ring), 0);
		cr_assert_geq(push(&g, i), 0);
		expect_pop(&g, i);
	}
	finish(&g);
}

Test(shm_ingress, hostile_reader_word,
	.description =
		"The core's own position is private: a client that overwrites the shared one gains nothing")
{
	struct ingress g = make(0, 0);
	struct mos_ingress_hdr *hdr = g.ring.base;
	struct mos_event ev;

	cr_assert_geq(push(&g, 0), 0);
	cr_assert_geq(push(&g, 1), 0);
	hdr->read_pos = 12345;
	expect_pop(&g, 0);
	cr_assert_eq(hdr->read_pos, 1);
	hdr->n_slots = 0;
	hdr->slot_id = UINT32_MAX;
	expect_pop(&g, 1);
	cr_assert_eq(mos_ingress_pop(&g.r, &ev), 0);
	finish(&g);
}

Test(shm_ingress, garbage,
	.description =
		"Random bytes all over the ring give at most one ring of records a look, each only copied")
{
	struct ingress g = make(0, 0);
	struct mos_ingress_hdr *hdr = g.ring.base;
	uint64_t *words = (uint64_t *)((char *)g.ring.base + sizeof(struct mos_region_hdr));
	uint64_t rng = 42;

	for (int round = 0; round < 2000; round++) {
		struct mos_event ev;
		uint32_t n = 0;

		for (size_t i = 0; i < 300; i++) {
			rng = mix(rng + 0x9e3779b97f4a7c15);
			words[rng % (MOS_INGRESS_SIZE / 8 - 4)] = mix(rng);
		}
		hdr->write_pos = round & 1 ? rng : g.r.read_pos + rng % 400;
		while (mos_ingress_pop(&g.r, &ev) != 0)
			n++;
		cr_assert_leq(n, MOS_INGRESS_SLOTS + 1);
	}
	finish(&g);
}
