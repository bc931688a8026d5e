/* SPDX-License-Identifier: MIT */
/* Lengths as note values. */
#include "abc_impl.h"

#define UNIT 4096u         /* of a whole note; the shortest value with dots is a multiple */
#define LONGEST (8 * UNIT) /* the maxima */

uint32_t abc_gcd(uint32_t a, uint32_t b)
{
	if (a && b && !(b & (b - 1))) { /* lengths mostly: what of it is even in both */
		const uint32_t even = a & -a;
		return even < b ? even : b;
	}
	while (b) {
		const uint32_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

uint32_t abc_value_length(struct abc_value value)
{
	const uint32_t plain = LONGEST >> (value.value - NVX_VALUE_MAXIMA);
	uint32_t length = plain;
	for (unsigned i = 1; i <= value.dots; i++)
		length += plain >> i;
	return length;
}

unsigned abc_values(uint32_t num, uint32_t den, struct abc_value *ret, unsigned max)
{
	if (den == 0 || num == 0 || den > UNIT || den & (den - 1) || num > 64 * den)
		return 0;
	uint32_t left = num * (UNIT >> __builtin_ctz(den));
	unsigned n = 0;
	while (left) {
		if (n == max)
			return 0;
		/* the longest plain value that fits: lengths halve from one to the next */
		const unsigned halved =
			left < LONGEST ? (unsigned)(__builtin_clz(left) - __builtin_clz(LONGEST)) : 0;
		if (halved > NVX_VALUE_1024 - NVX_VALUE_MAXIMA)
			return 0;
		struct abc_value value = {.value = (uint8_t)(NVX_VALUE_MAXIMA + halved)};
		if (left == LONGEST >> halved) { /* as most are */
			ret[n++] = value;
			return n;
		}
		/* two dots at most: more are legal but hard to read */
		while (value.dots < 2 && value.value + value.dots < NVX_VALUE_1024) {
			const struct abc_value more = {value.value, (uint8_t)(value.dots + 1)};
			if (abc_value_length(more) > left)
				break;
			value = more;
		}
		ret[n++] = value;
		left -= abc_value_length(value);
	}
	return n;
}
