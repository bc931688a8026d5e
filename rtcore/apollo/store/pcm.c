/* SPDX-License-Identifier: MIT */
/* From the bytes of a file to planes of int16_t or float. */
#include "priv.h"

#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "planes are read from files as they are");

uint32_t pcm_bytes(enum pcm p)
{
	static const uint8_t bytes[] = {1, 1, 2, 3, 4, 4, 8};

	return bytes[p];
}

uint32_t format_bytes(uint32_t format)
{
	return format == SAMPLE_S16 ? 2 : 4;
}

/* What is no number, and what slows a processor down, ends here. */
void pcm_clean(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t u;

		memcpy(&u, &x[i], 4);
		u &= 0x7f800000u;
		if (u == 0 || u == 0x7f800000u)
			x[i] = 0;
	}
}

static uint64_t take(const uint8_t *b, uint32_t n, uint32_t is_big)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < n; i++)
		v |= (uint64_t)b[is_big ? n - 1 - i : i] << 8 * i;
	return v;
}

static int16_t to_s16(enum pcm pcm, const uint8_t *b, uint32_t is_big)
{
	if (pcm == PCM_U8)
		return (int16_t)((b[0] - 128) * 256);
	if (pcm == PCM_S8)
		return (int16_t)((int8_t)b[0] * 256);
	return (int16_t)take(b, 2, is_big);
}

static float to_f32(enum pcm pcm, const uint8_t *b, uint32_t is_big)
{
	uint64_t v = take(b, pcm_bytes(pcm), is_big);
	uint32_t u = (uint32_t)v;
	double d;
	float f;

	switch (pcm) {
	case PCM_S24:
		return (float)((int32_t)(u << 8) >> 8) / 8388608.0f;
	case PCM_S32:
		return (float)(int32_t)u / 2147483648.0f;
	case PCM_F64:
		memcpy(&d, &v, 8);
		return (float)d;
	default:
		memcpy(&f, &u, 4);
		return f;
	}
}

static void plane(const struct layout *l, uint32_t format, const uint8_t *bytes, uint32_t n, void *to)
{
	float *f = to;
	int16_t *s = to;

	if (format != SAMPLE_S16) {
		for (uint32_t i = 0; i < n; i++)
			f[i] = to_f32(l->pcm, bytes + (size_t)i * l->frame_bytes, l->is_big);
		pcm_clean(f, n);
	} else if (l->pcm == PCM_S16 && !l->is_big) {
		if (l->frame_bytes == 2)
			memcpy(to, bytes, (size_t)n * 2);
		else
			for (uint32_t i = 0; i < n; i++)
				memcpy(&s[i], bytes + (size_t)i * l->frame_bytes, 2);
	} else {
		for (uint32_t i = 0; i < n; i++)
			s[i] = to_s16(l->pcm, bytes + (size_t)i * l->frame_bytes, l->is_big);
	}
}

void pcm_planes(
	const struct layout *l, uint32_t format, const uint8_t *bytes, uint32_t n, void *to_l, void *to_r)
{
	plane(l, format, bytes, n, to_l);
	if (to_r)
		plane(l, format, bytes + pcm_bytes(l->pcm), n, to_r);
}
