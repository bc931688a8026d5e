/* SPDX-License-Identifier: MIT */
/* Surfaces: both sides by the rules, and what the theater does with a widget that breaks them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/surface.h>

static struct mos_region region;
static struct mos_surface s;
static struct mos_surface_writer w;

static void make(enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	cr_assert_eq(mos_region_create_sparse("test-surface", mos_surface_size(kind, width, height),
			     MOS_SURFACE_ABI_MAJOR, MOS_SURFACE_ABI_MINOR, 1, &region),
		0);
	cr_assert_eq(mos_surface_init(&s, &region, kind, width, height), 0);
	cr_assert_eq(mos_region_seal_seals(&region), 0);
	mos_region_publish(&region, MOS_MAGIC_SURFACE);
	cr_assert_eq(mos_surface_open(region.fd, &w), 0);
}

static void finish(void)
{
	mos_surface_close(&w);
	mos_region_finish(&region);
}

static void commit_shapes(uint32_t n, uint32_t color)
{
	struct mos_shape *shape = mos_surface_begin(&w);

	cr_assert_not_null(shape);
	for (uint32_t i = 0; i < n; i++)
		shape[i] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
	mos_surface_commit(&w, &(struct mos_surface_slot){.n = n, .time_ns = 5});
}

Test(shm_surface, newest_wins,
	.description = "THE-07: the theater takes the newest picture once, whatever was published in between")
{
	struct mos_surface_frame f;

	make(MOS_SURFACE_SHAPES, 0, 0);
	cr_expect_eq(mos_surface_take(&s, &f), 0, "nothing was drawn");
	for (uint32_t i = 1; i <= 50; i++) {
		for (uint32_t j = 0; j < i % 4; j++)
			commit_shapes(j, 1000 + j);
		commit_shapes(i, i);
		cr_assert_eq(mos_surface_take(&s, &f), 1);
		cr_expect_eq(f.n, i);
		cr_expect_eq(f.shape[i - 1].color, i);
		cr_expect_eq(f.time_ns, 5);
		cr_expect_eq(s.hdr->taken, f.sequence);
		commit_shapes(1, 7); /* two more while it is read: not one of them touches it */
		commit_shapes(1, 8);
		cr_expect_eq(f.shape[i - 1].color, i);
		mos_surface_release(&s);
		cr_expect_eq(mos_surface_take(&s, &f), 1);
		cr_expect_eq(f.shape[0].color, 8);
		mos_surface_release(&s);
		cr_expect_eq(mos_surface_take(&s, &f), 0);
	}
	finish();
}

Test(shm_surface, place, .description = "WID-13: where and whether it is shown reaches the widget")
{
	float width, height;
	int64_t time_ns;
	int shown;

	make(MOS_SURFACE_SHAPES, 0, 0);
	mos_surface_where(&w, &width, &height, &shown, &time_ns);
	cr_expect_eq(shown, 0);
	mos_surface_place(&s, 480, 270.5f, 1, 123);
	mos_surface_where(&w, &width, &height, &shown, &time_ns);
	cr_expect(shown == 1 && width == 480 && height == 270.5f && time_ns == 123);
	finish();
}

Test(shm_surface, sizes)
{
	cr_expect_eq(mos_surface_size(MOS_SURFACE_SHAPES, 0, 0), 4096u + 3 * 262144u);
	cr_expect_eq(mos_surface_size(MOS_SURFACE_PIXELS, 17, 1), 4096u + 3 * 4096u);
	cr_expect_eq(mos_surface_size(MOS_SURFACE_PIXELS, 4096, 4096), 4096u + (size_t)3 * 4096 * 4096 * 4);
	cr_expect_eq(mos_surface_size(MOS_SURFACE_PIXELS, 4097, 1), 0u);
	cr_expect_eq(mos_surface_size(MOS_SURFACE_PIXELS, 1, 0), 0u);
	cr_expect_eq(mos_surface_size((enum mos_surface_kind)3, 1, 1), 0u);
}

Test(shm_surface, sealed, .description = "THE-07: the widget can neither shrink nor seal what it was given")
{
	struct mos_surface_writer other;

	make(MOS_SURFACE_SHAPES, 0, 0);
	cr_expect_eq(ftruncate(w.region.fd, 4096), -1);
	cr_expect_eq(ftruncate(w.region.fd, 1 << 24), -1);
	cr_expect_eq(fcntl(w.region.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	s.hdr->slot_size += 4096;
	cr_expect_eq(mos_surface_open(region.fd, &other), -EINVAL, "a widget checks what it is given too");
	finish();
}

Test(shm_surface, contradictions,
	.description =
		"THE-07: a description that does not fit the slot is refused, and the next picture is taken")
{
	static const struct mos_surface_slot bad[] = {
		{.width = 65, .height = 32, .stride = 320},
		{.width = 64, .height = 33, .stride = 256},
		{.width = 64, .height = 32, .stride = 192},
		{.width = 64, .height = 32, .stride = 260},
		{.width = 64, .height = 32, .stride = 0xffffffc0},
		{.width = 64, .height = 32, .stride = 4096},
		{.width = 0, .height = 32, .stride = 256},
		{.width = 64, .height = 0, .stride = 256},
	};
	struct mos_surface_frame f;

	make(MOS_SURFACE_PIXELS, 64, 32);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_assert_not_null(mos_surface_begin(&w));
		mos_surface_commit(&w, &bad[i]);
		cr_expect_eq(mos_surface_take(&s, &f), -EBADMSG, "%zu", i);
		cr_expect_eq(mos_surface_take(&s, &f), 0, "%zu: refused once", i);
		cr_expect_eq(s.hdr->reading, MOS_SURFACE_SLOTS);
		cr_assert_not_null(mos_surface_begin(&w));
		mos_surface_commit(&w, &(struct mos_surface_slot){.width = 64, .height = 32, .stride = 256});
		cr_expect_eq(mos_surface_take(&s, &f), 1, "%zu", i);
		mos_surface_release(&s);
	}
	s.hdr->latest = 3 | 900 << 2; /* a slot that there is not */
	cr_expect_eq(mos_surface_take(&s, &f), -EBADMSG);
	/* Its own sizes are the theater's: the header is only for the widget. */
	s.hdr->slot_size = s.hdr->max_width = s.hdr->kind = 0xffffffff;
	s.hdr->latest = 0 | 901 << 2;
	s.hdr->slot[0] = (struct mos_surface_slot){.width = 4096, .height = 4096, .stride = 16384};
	cr_expect_eq(mos_surface_take(&s, &f), -EBADMSG);
	finish();
}

Test(shm_surface, too_many_shapes, .description = "THE-07: more records than a slot holds are refused")
{
	struct mos_surface_frame f;

	make(MOS_SURFACE_SHAPES, 0, 0);
	cr_assert_not_null(mos_surface_begin(&w));
	mos_surface_commit(&w, &(struct mos_surface_slot){.n = MOS_SURFACE_SHAPES_MAX + 1});
	cr_expect_eq(mos_surface_take(&s, &f), -EBADMSG);
	cr_assert_not_null(mos_surface_begin(&w));
	mos_surface_commit(&w, &(struct mos_surface_slot){.n = MOS_SURFACE_SHAPES_MAX});
	cr_expect_eq(mos_surface_take(&s, &f), 1);
	finish();
}

Test(shm_surface, rects_are_cut,
	.description = "THE-07: what a widget says has changed stays inside of its picture")
{
	struct mos_surface_slot slot = {
		.width = 64,
		.height = 32,
		.stride = 256,
		.n_rects = 4,
		.rect = {{60, 30, 100, 100}, {64, 0, 5, 5}, {0, 0, 0, 9}, {1, 2, 3, 4}},
	};
	struct mos_surface_frame f;

	make(MOS_SURFACE_PIXELS, 64, 32);
	cr_assert_not_null(mos_surface_begin(&w));
	mos_surface_commit(&w, &slot);
	cr_assert_eq(mos_surface_take(&s, &f), 1);
	cr_assert_eq(f.n_rects, 2);
	cr_expect(f.rect[0].x == 60 && f.rect[0].y == 30 && f.rect[0].w == 4 && f.rect[0].h == 2);
	cr_expect(f.rect[1].x == 1 && f.rect[1].h == 4);
	mos_surface_release(&s);
	slot.n_rects = 17;
	cr_assert_not_null(mos_surface_begin(&w));
	mos_surface_commit(&w, &slot);
	cr_assert_eq(mos_surface_take(&s, &f), 1);
	cr_expect_eq(f.n_rects, 0, "more than there may be: everything changed");
	finish();
}

/* --- Shapes --- */

static const struct mos_shape box = {.kind = MOS_SHAPE_BOX, .w = 1, .h = 1};

static int kept(struct mos_shape shape)
{
	struct mos_shape to;

	(void)mos_shapes_copy(&to, &shape, 1);
	return to.kind != MOS_SHAPE_NONE;
}

#define WITH(shape, ...)                                                                                     \
	__extension__({                                                                                      \
		struct mos_shape t_ = (shape);                                                               \
		struct mos_shape *t = &t_;                                                                   \
		__VA_ARGS__;                                                                                 \
		t_;                                                                                          \
	})

Test(shm_shape, what_cannot_be_drawn,
	.description =
		"THE-07: unknown kinds, numbers that are none or far away, unknown colours draw nothing")
{
	static const float wrong[] = {NAN, INFINITY, -INFINITY, 1.1e6f, -1.1e6f};
	float *number;

	cr_expect(kept(box));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		for (int j = 0; j < 12; j++) {
			struct mos_shape shape = box;

			number = &shape.x;
			number[j] = wrong[i];
			cr_expect_not(kept(shape), "number %d as %g", j, (double)wrong[i]);
		}
	}
	for (int kind = 10; kind < 256; kind++)
		cr_expect_not(kept(WITH(box, t->kind = (uint8_t)kind)), "kind %d", kind);
	cr_expect_not(kept(WITH(box, t->kind = MOS_SHAPE_MORE)));
	cr_expect_not(kept(WITH(box, t->layer = 32)));
	cr_expect_not(kept(WITH(box, t->w = 0)));
	cr_expect_not(kept(WITH(box, t->flags = MOS_SHAPE_TOKEN, t->color = MOS_TOKEN_MARKERS + 1)));
	cr_expect_not(kept(WITH(box, t->flags = MOS_SHAPE_TOKEN, t->color = MOS_N_TOKENS)));
	cr_expect(kept(WITH(box, t->flags = MOS_SHAPE_TOKEN, t->color = MOS_N_TOKENS - 1)));
	cr_expect(kept(WITH(box, t->flags = MOS_SHAPE_TOKEN, t->color2 = 200)), "it has no border");
	cr_expect_not(kept(WITH(box, t->flags = MOS_SHAPE_TOKEN, t->color2 = 200, t->p[1] = 1)));
	cr_expect_not(kept(WITH(box, t->kind = MOS_SHAPE_GLYPH, t->glyph = 'A')));
	cr_expect(kept(WITH(box, t->kind = MOS_SHAPE_GLYPH, t->glyph = 0xe0a4)));
	cr_expect_not(kept(WITH(box, t->kind = MOS_SHAPE_LINE)));
}

/* A text record and what follows, of `len` bytes that are all `fill`. */
static uint32_t make_text(struct mos_shape *to, uint32_t len, uint8_t fill)
{
	uint32_t n_more = len > 32 ? (len - 32 + 59) / 60 : 0;

	to[0] = (struct mos_shape){.kind = MOS_SHAPE_TEXT, .glyph = len, .h = 10};
	memset(to[0].p, fill, sizeof(to[0].p));
	for (uint32_t i = 1; i <= n_more; i++) {
		memset(&to[i], fill, sizeof(to[i]));
		to[i].kind = MOS_SHAPE_MORE;
	}
	return 1 + n_more;
}

Test(shm_shape, texts,
	.description =
		"THE-07: a text has all its bytes, is UTF-8, and what is missing or too long draws nothing")
{
	static const uint32_t lengths[] = {1, 31, 32, 33, 92, 93, 1024};
	struct mos_shape in[24], out[24];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		uint32_t n = make_text(in, lengths[i], 'x');

		in[n] = box;
		cr_expect_eq(mos_shapes_copy(out, in, n + 1), n + 1, "%u bytes", lengths[i]);
		cr_expect_eq(memcmp(out[0].p, in[0].p, lengths[i] < 32 ? lengths[i] : 32), 0);
		cr_expect_eq(mos_shapes_copy(out, in, n), n);
		if (n == 1)
			continue;
		cr_expect_eq(mos_shapes_copy(out, in, n - 1), 0, "%u bytes, one record short", lengths[i]);
		in[n - 1] = box;
		cr_expect_eq(
			mos_shapes_copy(out, in, n), 1, "%u bytes, another shape among them", lengths[i]);
		cr_expect_eq(out[n - 1].kind, MOS_SHAPE_BOX);
	}
	(void)make_text(in, 1025, 'x');
	cr_expect_eq(mos_shapes_copy(out, in, 18), 0);
	(void)make_text(in, 0, 'x');
	cr_expect_eq(mos_shapes_copy(out, in, 1), 0);
	(void)make_text(in, 5, 'x');
	memcpy(in[0].p, "\xc3\xa9\n\xff\xe2", 5);
	cr_expect_eq(mos_shapes_copy(out, in, 1), 1);
	cr_expect_eq(memcmp(out[0].p, "\xc3\xa9 ??\0\0\0", 8), 0, "and nothing behind its end");
	/* A character over the border of two records. */
	(void)make_text(in, 34, 'x');
	((uint8_t *)in[0].p)[31] = 0xe2;
	memcpy((uint8_t *)&in[1] + 4, "\x99\xad", 2);
	cr_expect_eq(mos_shapes_copy(out, in, 2), 2);
	cr_expect_eq(((uint8_t *)out[0].p)[31], 0xe2);
	cr_expect_eq(memcmp((uint8_t *)&out[1] + 4, "\x99\xad\0", 3), 0);
}
