/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>

#include "json_pull.h"

/** A number literal taken apart: mantissa * 10^exponent, exact unless digits were cut. */
struct parts {
	uint64_t mantissa; /**< first 18 significant digits */
	int64_t exponent;
	bool negative;
	bool more; /**< a digit that is not 0 was cut */
};

static struct parts take_apart(struct json_text number)
{
	struct parts p = {};
	const char *at = number.at, *end = number.at + number.len;
	bool fraction = false;

	p.negative = *at == '-';
	at += p.negative;
	for (; at < end && (*at | 32) != 'e'; at++) {
		if (*at == '.') {
			fraction = true;
		} else if (p.mantissa < UINT64_C(100000000000000000)) {
			p.mantissa = p.mantissa * 10 + (uint64_t)(*at - '0');
			p.exponent -= fraction;
		} else {
			p.more |= *at != '0';
			p.exponent += !fraction;
		}
	}
	if (at < end) {
		bool minus = false;
		int64_t exponent = 0;
		for (at++; at < end; at++) {
			if (*at == '-')
				minus = true;
			else if (*at != '+' && exponent < 1000000000)
				exponent = exponent * 10 + (*at - '0');
		}
		p.exponent += minus ? -exponent : exponent;
	}
	return p;
}

int json_decimal(struct json_text number, unsigned digits, int64_t *ret)
{
	struct parts p = take_apart(number);
	int64_t shift = p.exponent + digits;
	int rounded = p.more;

	if (p.mantissa == 0) {
		*ret = 0;
		return 0;
	}
	for (; shift > 0; shift--) {
		if (p.mantissa > (UINT64_C(1) << 62) / 10)
			return -ERANGE;
		p.mantissa *= 10;
	}
	/* Behind the last digit that is kept: the first one that is cut, and whether more follow. */
	unsigned cut = 0;
	bool rest = p.more;
	for (; shift < 0 && (p.mantissa || cut); shift++) {
		rest |= cut != 0;
		cut = (unsigned)(p.mantissa % 10);
		p.mantissa /= 10;
		rounded |= cut != 0;
	}
	if (cut > 5 || (cut == 5 && (rest || p.mantissa & 1)))
		p.mantissa++;
	*ret = p.negative ? -(int64_t)p.mantissa : (int64_t)p.mantissa;
	return rounded != 0;
}

int json_integer(struct json_text number, int64_t *ret)
{
	int64_t value;
	const int rc = json_decimal(number, 0, &value);
	if (rc != 0 || value >= INT64_C(1) << 53 || value <= -(INT64_C(1) << 53))
		return -ERANGE;
	*ret = value;
	return 0;
}
