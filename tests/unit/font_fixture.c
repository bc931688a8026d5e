/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "font_fixture.h"

struct out {
	uint8_t *at;
	size_t n, max;
};

static void put16(struct out *o, int value)
{
	cr_assert_leq(o->n + 2, o->max);
	o->at[o->n++] = (uint8_t)(value >> 8);
	o->at[o->n++] = (uint8_t)value;
}

static void put32(struct out *o, uint32_t value)
{
	put16(o, (int)(value >> 16));
	put16(o, (int)(value & 0xffff));
}

static void put_head(struct out *o)
{
	put32(o, 0x10000);
	put32(o, 0x10000);
	put32(o, 0);
	put32(o, 0x5f0f3cf5);
	put16(o, 0);
	put16(o, 1000);
	for (int i = 0; i < 4; i++)
		put32(o, 0);
	put16(o, -2000);
	put16(o, -2000);
	put16(o, 2000);
	put16(o, 2000);
	put16(o, 0);
	put16(o, 8);
	put16(o, 2);
	put16(o, 1); /* long offsets */
	put16(o, 0);
}

static void put_hhea(struct out *o, uint16_t n)
{
	put32(o, 0x10000);
	put16(o, 900);
	put16(o, -200);
	for (int i = 0; i < 13; i++)
		put16(o, 0);
	put16(o, n + 1);
}

static void put_maxp(struct out *o, uint16_t n)
{
	put32(o, 0x10000);
	put16(o, n + 1);
	put16(o, 4);
	put16(o, 1);
	for (int i = 0; i < 11; i++)
		put16(o, 0);
}

/* Format 4, a segment a glyph. */
static void put_cmap(struct out *o, const struct fixture_glyph *glyph, uint16_t n)
{
	put16(o, 0);
	put16(o, 1);
	put16(o, 3);
	put16(o, 1);
	put32(o, 12);
	put16(o, 4);
	put16(o, 16 + 8 * (n + 1));
	put16(o, 0);
	put16(o, 2 * (n + 1));
	for (int i = 0; i < 3; i++)
		put16(o, 0);
	for (uint16_t i = 0; i < n; i++)
		put16(o, glyph[i].code);
	put16(o, 0xffff);
	put16(o, 0);
	for (uint16_t i = 0; i < n; i++)
		put16(o, glyph[i].code);
	put16(o, 0xffff);
	for (uint16_t i = 0; i < n; i++)
		put16(o, i + 1 - glyph[i].code);
	put16(o, 1);
	for (uint16_t i = 0; i <= n; i++)
		put16(o, 0);
}

/* A box: four points, clockwise. */
static void put_box(struct out *o, const struct fixture_glyph *g)
{
	put16(o, 1);
	put16(o, g->x0);
	put16(o, g->y0);
	put16(o, g->x1);
	put16(o, g->y1);
	put16(o, 3);
	put16(o, 0);
	put16(o, 0x0101);
	put16(o, 0x0101);
	const int x[4] = {g->x0, 0, g->x1 - g->x0, 0}, y[4] = {g->y0, g->y1 - g->y0, 0, g->y0 - g->y1};
	for (int i = 0; i < 4; i++)
		put16(o, x[i]);
	for (int i = 0; i < 4; i++)
		put16(o, y[i]);
}

enum { BOX_SIZE = 10 + 2 + 2 + 4 + 16 };

static void put_table(struct out *o, int table, const struct fixture_glyph *glyph, uint16_t n)
{
	switch (table) {
	case 0:
		put_cmap(o, glyph, n);
		break;
	case 1:
		for (uint16_t i = 0; i < n; i++)
			put_box(o, &glyph[i]);
		break;
	case 2:
		put_head(o);
		break;
	case 3:
		put_hhea(o, n);
		break;
	case 4:
		put32(o, 500u << 16);
		for (uint16_t i = 0; i < n; i++)
			put32(o, (uint32_t)glyph[i].advance << 16 | (uint16_t)glyph[i].x0);
		break;
	case 5: /* .notdef is empty */
		put32(o, 0);
		for (uint32_t i = 0; i <= n; i++)
			put32(o, i * BOX_SIZE);
		break;
	default:
		put_maxp(o, n);
	}
}

size_t font_fixture(const struct fixture_glyph *glyph, uint16_t n, uint8_t *ret, size_t max)
{
	static const char names[7][5] = {"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp"};
	struct out o = {ret, 0, max}, tables = {ret, 12 + 7 * 16, max};
	put32(&o, 0x10000);
	put16(&o, 7);
	put16(&o, 64);
	put16(&o, 2);
	put16(&o, 48);
	for (int i = 0; i < 7; i++) {
		size_t begin = tables.n;
		put_table(&tables, i, glyph, n);
		memcpy(ret + o.n, names[i], 4);
		o.n += 4;
		put32(&o, 0);
		put32(&o, (uint32_t)begin);
		put32(&o, (uint32_t)(tables.n - begin));
		while (tables.n % 4)
			ret[tables.n++] = 0;
	}
	return tables.n;
}

void font_fixture_save(const char *path, const void *bytes, size_t n)
{
	FILE *f = fopen(path, "wb");
	cr_assert_not_null(f, "%s", path);
	cr_assert_eq(fwrite(bytes, 1, n, f), n);
	cr_assert_eq(fclose(f), 0);
}
