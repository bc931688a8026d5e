/* SPDX-License-Identifier: MIT */
/** Decimal numbers in and out, the same in every locale. */
#ifndef BAND_NUMBER_H
#define BAND_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct band_number {
	double real;
	int64_t integer; /**< where `whole` */
	bool whole;      /**< written without point and exponent, and fits */
};

/** The whole of a text: "-3", "+.5", "1.", "2e-3"; no blanks, no leading zeros, no infinity. @return it is
 * one. */
bool band_number_parse(const char *text, size_t len, struct band_number *ret);

#define BAND_NUMBER_MAX 32u
/** The fewest digits that are read back as the same double: "0.8", "120", "1e-30". @return length. */
int band_number_format(double value, char buf[BAND_NUMBER_MAX]);

#endif
