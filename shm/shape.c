/* SPDX-License-Identifier: MIT */
/* Shapes that somebody else wrote: copied, then checked, so that who draws them need not. */
#include <mos/surface.h>

#include <string.h>

#define FULL_TURN 6.28318530717958647692f
#define FIRST_BYTES 32u /* of a text: in `p`; the rest in MORE */
#define MORE_BYTES 60u
#define MORE_OFF 4u

static_assert(
	offsetof(struct mos_shape, p) + FIRST_BYTES == sizeof(struct mos_shape), "text ends the record");

static int near(const float *v, int n)
{
	for (int i = 0; i < n; i++) {
		if (!(v[i] >= -MOS_SHAPE_FAR && v[i] <= MOS_SHAPE_FAR)) /* nor is a NaN near */
			return 0;
	}
	return 1;
}

static int color_known(uint32_t color)
{
	uint32_t token = color & 0xff;

	return token <= MOS_TOKEN_MARKERS || (token >= MOS_TOKEN_PITCH_0 && token < MOS_N_TOKENS);
}

static int has_color2(const struct mos_shape *s)
{
	return s->kind == MOS_SHAPE_BOX && (s->flags & MOS_SHAPE_GRADIENT || s->p[1] > 0);
}

/* All but text. */
static int drawable(const struct mos_shape *s)
{
	if (!near(&s->x, 4) || !near(s->p, 8))
		return 0;
	switch (s->kind) {
	case MOS_SHAPE_BOX:
		return s->w > 0 && s->h > 0 && s->p[0] >= 0 && s->p[1] >= 0;
	case MOS_SHAPE_LINE:
		return s->p[0] > 0 && s->p[1] >= 0 && s->p[2] >= 0;
	case MOS_SHAPE_ARC:
		return s->w > 0 && s->h >= 0;
	case MOS_SHAPE_GLYPH:
		return s->w > 0 && s->glyph >= 0xe000 && s->glyph <= 0xf8ff;
	case MOS_SHAPE_CURVE:
		return s->p[4] >= 0 && s->p[5] >= 0;
	case MOS_SHAPE_QUAD:
	case MOS_SHAPE_CLIP:
		return 1;
	default:
		return 0;
	}
}

static void clear(struct mos_shape *s, uint32_t n)
{
	memset(s, 0, n * sizeof(*s));
}

/* Bytes of the well-formed character that starts here (RFC 3629), 0: none does. */
static uint32_t char_bytes(const uint8_t *p, uint32_t left)
{
	uint8_t low = 0x80, high = 0xbf;
	uint32_t n;

	if (p[0] < 0x80)
		return 1;
	n = p[0] < 0xc2 || p[0] > 0xf4 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (!n || n > left)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	if (p[0] == 0xed)
		high = 0x9f; /* no surrogates */
	if (p[0] == 0xf0)
		low = 0x90;
	if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (uint32_t i = 2; i < n; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return n;
}

/* Whether all of 8 bytes are ASCII and print. */
static int is_plain(const uint8_t *p)
{
	const uint64_t high = 0x8080808080808080u;
	uint64_t x;

	memcpy(&x, p, sizeof(x));
	/* None above 0x7f; then, without borrow or carry between bytes: none below 0x20, none is 0x7f. */
	return !((x | (x - 0x2020202020202020u) | (x + 0x0101010101010101u)) & high);
}

static void mend(uint8_t *text, uint32_t len)
{
	for (uint32_t i = 0; i < len;) {
		uint32_t n;

		if (len - i >= 8 && is_plain(text + i)) {
			i += 8;
			continue;
		}
		n = char_bytes(text + i, len - i);
		if (!n)
			text[i] = '?';
		else if (text[i] < 0x20 || text[i] == 0x7f)
			text[i] = ' '; /* it is one line */
		i += n ? n : 1;
	}
}

/* Where the bytes of a text lie, `at` of them passed. */
static uint8_t *text_bytes(struct mos_shape *s, uint32_t at, uint32_t left, uint32_t *ret_n)
{
	uint32_t n = at ? MORE_BYTES : FIRST_BYTES;

	*ret_n = n < left ? n : left;
	if (!at)
		return (uint8_t *)s->p;
	return (uint8_t *)&s[1 + (at - FIRST_BYTES) / MORE_BYTES] + MORE_OFF;
}

/* @return records it takes, at least 1. What does not check is cleared. */
static uint32_t check_text(struct mos_shape *s, uint32_t n_left)
{
	uint8_t text[FIRST_BYTES + (MOS_SHAPE_TEXT_MAX / MORE_BYTES + 1) * MORE_BYTES] = {0};
	uint32_t len = s->glyph, n_more, n;

	n_more = len > FIRST_BYTES ? (len - FIRST_BYTES + MORE_BYTES - 1) / MORE_BYTES : 0;
	if (!len || len > MOS_SHAPE_TEXT_MAX || n_more >= n_left || !near(&s->x, 4) || !(s->h > 0)) {
		clear(s, 1);
		return 1;
	}
	for (uint32_t i = 1; i <= n_more; i++) {
		if (s[i].kind == MOS_SHAPE_MORE)
			continue;
		clear(s, i);
		return i;
	}
	for (uint32_t at = 0; at < len; at += n) {
		const uint8_t *from = text_bytes(s, at, len - at, &n);

		memcpy(text + at, from, n);
	}
	mend(text, len);
	memset(s->p, 0, sizeof(s->p));
	for (uint32_t i = 1; i <= n_more; i++)
		s[i] = (struct mos_shape){.kind = MOS_SHAPE_MORE};
	for (uint32_t at = 0; at < len; at += n) {
		uint8_t *to = text_bytes(s, at, len - at, &n);

		memcpy(to, text + at, n);
	}
	return 1 + n_more;
}

static void tidy(struct mos_shape *s)
{
	s->clip = 0;
	if (s->kind != MOS_SHAPE_ARC)
		return;
	if (s->p[1] > FULL_TURN)
		s->p[1] = FULL_TURN;
	if (s->p[1] < -FULL_TURN)
		s->p[1] = -FULL_TURN;
}

uint32_t mos_shapes_copy(struct mos_shape *to, const struct mos_shape *from, uint32_t n)
{
	uint32_t n_drawn = 0, n_records;

	memcpy(to, from, n * sizeof(*to));
	__asm__ volatile("" : : : "memory"); /* from here on nothing of `from` is read */
	for (uint32_t i = 0; i < n; i += n_records) {
		struct mos_shape *s = &to[i];

		n_records = 1;
		if (s->layer > 31 ||
			(s->flags & MOS_SHAPE_TOKEN &&
				(!color_known(s->color) || (has_color2(s) && !color_known(s->color2)))))
			clear(s, 1);
		else if (s->kind == MOS_SHAPE_TEXT)
			n_records = check_text(s, n - i);
		else if (!drawable(s))
			clear(s, 1);
		if (s->kind == MOS_SHAPE_NONE)
			continue;
		tidy(s);
		n_drawn += n_records;
	}
	return n_drawn;
}
