/* SPDX-License-Identifier: MIT */
#include "field.h"

#include <stdio.h>
#include <string.h>

#include "number.h"

static void fault(const struct field *f, const char *code, const struct band_value *value, const char *want)
{
	static const char *const is[] = {
		"nothing", "yes or no", "a whole number", "a number", "a text", "a list", "a mapping"};
	char where[BAND_WHERE_MAX];

	(void)band_error(f->report, code ? code : f->code, band_value_where(value, where),
		"%s is expected, this is %s%s%.40s%s", want, is[value->type], value->text[0] ? " (" : "",
		value->text, value->text[0] ? ")" : "");
}

bool field_number(const struct field *f, const char *code, const struct band_value *value, double lo,
	double hi, double *ret)
{
	char want[96], from[BAND_NUMBER_MAX], to[BAND_NUMBER_MAX];

	if (band_value_is_number(value) && value->real >= lo && value->real <= hi) {
		*ret = value->real;
		return true;
	}
	(void)band_number_format(lo, from);
	(void)band_number_format(hi, to);
	(void)snprintf(want, sizeof(want), "a number from %s to %s", from, to);
	fault(f, code, value, want);
	return false;
}

bool field_int(const struct field *f, const char *code, const struct band_value *value, int64_t lo,
	int64_t hi, int64_t *ret)
{
	char want[96];

	if (value->type == BAND_INT && value->integer >= lo && value->integer <= hi) {
		*ret = value->integer;
		return true;
	}
	(void)snprintf(want, sizeof(want), "a whole number from %lld to %lld", (long long)lo, (long long)hi);
	fault(f, code, value, want);
	return false;
}

bool field_bool(const struct field *f, const char *code, const struct band_value *value, bool *ret)
{
	if (value->type != BAND_BOOL) {
		fault(f, code, value, "yes or no");
		return false;
	}
	*ret = value->boolean;
	return true;
}

bool field_text(
	const struct field *f, const char *code, const struct band_value *value, char *ret, size_t size)
{
	char want[48];

	if (value->type != BAND_LIST && value->type != BAND_MAP && strlen(value->text) < size) {
		(void)snprintf(ret, size, "%s", value->type == BAND_NULL ? "" : value->text);
		return true;
	}
	(void)snprintf(want, sizeof(want), "a text of at most %zu bytes", size - 1);
	fault(f, code, value, want);
	return false;
}

bool field_type(
	const struct field *f, const char *code, const struct band_value *value, enum band_value_type type)
{
	static const char *const name[] = {
		"nothing", "yes or no", "a whole number", "a number", "a text", "a list", "a mapping"};

	if (value->type == type)
		return true;
	fault(f, code, value, name[type]);
	return false;
}

void field_unknown(const struct field *f, const struct band_value *map, const char *const *known)
{
	char where[BAND_WHERE_MAX];

	for (const struct band_value *v = map->first; v; v = v->next) {
		uint32_t i = 0;

		while (known[i] && strcmp(known[i], v->key))
			i++;
		if (!known[i])
			band_warn(f->report, "KEY_UNKNOWN", band_value_where(v, where),
				"\"%.40s\" is not known and has no effect", v->key);
	}
}

/** Decimal digits without a leading zero; at most 3. */
static const char *digits(const char *text, uint32_t *ret)
{
	uint32_t n = 0;

	if (*text == '0')
		return NULL;
	*ret = 0;
	for (; *text >= '0' && *text <= '9' && n < 3; n++, text++)
		*ret = *ret * 10 + (uint32_t)(*text - '0');
	return n ? text : NULL;
}

bool band_meter_parse(const char *text, uint16_t *ret_num, uint16_t *ret_den)
{
	uint32_t num, den;

	text = digits(text, &num);
	if (!text || *text != '/')
		return false;
	text = digits(text + 1, &den);
	if (!text || *text || num > 64 || den > 16 || (den & (den - 1)))
		return false;
	*ret_num = (uint16_t)num;
	*ret_den = (uint16_t)den;
	return true;
}
