/* SPDX-License-Identifier: MIT */
/**
 * A font of our own to read: TrueType of 1,000 units an em, whose glyphs are boxes, so that what is measured
 * is known.
 */
#ifndef TEST_FONT_FIXTURE_H
#define TEST_FONT_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

struct fixture_glyph {
	uint16_t code;
	int16_t x0, y0, x1, y1;
	uint16_t advance;
};
/** Codes rising. @return bytes written; fails the test when `max` is too small. */
size_t font_fixture(const struct fixture_glyph *glyph, uint16_t n, uint8_t *ret, size_t max);
/** Write a file. */
void font_fixture_save(const char *path, const void *bytes, size_t n);

#endif
