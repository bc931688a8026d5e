/* SPDX-License-Identifier: MIT */
/** Single values of a tree with the checks that they all need; each fault becomes an issue with its place. */
#ifndef BAND_FIELD_H
#define BAND_FIELD_H

#include "value.h"

/** What is being read, and what its issues are called. */
struct field {
	struct band_report *report;
	const char *code; /**< for faults that have no name of their own */
};

/** @return false: an issue `code` (NULL: the field's) says what was expected. */
bool field_number(const struct field *f, const char *code, const struct band_value *value, double lo,
	double hi, double *ret);
bool field_int(const struct field *f, const char *code, const struct band_value *value, int64_t lo,
	int64_t hi, int64_t *ret);
bool field_bool(const struct field *f, const char *code, const struct band_value *value, bool *ret);
/** A scalar as text; longer than the buffer is a fault. */
bool field_text(
	const struct field *f, const char *code, const struct band_value *value, char *ret, size_t size);
bool field_type(
	const struct field *f, const char *code, const struct band_value *value, enum band_value_type type);
/** KEY_UNKNOWN, a warning, for each key of a map that is not in `known` (NULL-terminated). */
void field_unknown(const struct field *f, const struct band_value *map, const char *const *known);

/** "3/4": numerator 1..64, denominator 1, 2, 4, 8 or 16. */
bool band_meter_parse(const char *text, uint16_t *ret_num, uint16_t *ret_den);

#endif
