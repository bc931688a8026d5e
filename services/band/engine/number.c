/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#define TEXT_MAX 48u /* a double needs 24 */

bool band_number_parse(const char *text, size_t len, struct band_number *ret)
{
	char json[TEXT_MAX + 4]; /* as JSON writes it: no plus, digits on both sides of the point */
	size_t n = 0;
	yyjson_val val;

	if (len == 0 || len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		const bool digit_before = i > 0 && text[i - 1] >= '0' && text[i - 1] <= '9';
		const bool digit_after = i + 1 < len && text[i + 1] >= '0' && text[i + 1] <= '9';

		if (text[i] == '+' && i == 0)
			continue;
		if (text[i] != '.') {
			json[n++] = text[i];
			continue;
		}
		if (!digit_before && (!digit_after || i > 1))
			return false;
		if (!digit_before)
			json[n++] = '0';
		if (digit_after || i + 1 < len)
			json[n++] = '.';
	}
	if (n == 0 || !(json[0] == '-' || (json[0] >= '0' && json[0] <= '9')))
		return false;
	if (text[0] == '+' && json[0] == '-')
		return false;
	json[n] = '\0';
	if (yyjson_read_number(json, &val, YYJSON_READ_NOFLAG, NULL, NULL) != json + n)
		return false;
	*ret = (struct band_number){.real = yyjson_get_num(&val)};
	ret->whole = yyjson_is_int(&val) && (yyjson_is_sint(&val) || yyjson_get_uint(&val) <= INT64_MAX) &&
		     !memchr(text, '.', len);
	if (ret->whole)
		ret->integer = yyjson_get_sint(&val);
	return true;
}

/** Digits without the point, and the power of ten of the first one. The point is whatever the locale writes.
 */
static int digits_of(double value, int precision, char ret[20], int *ret_power)
{
	char text[48];
	int n = 0;

	(void)snprintf(text, sizeof(text), "%.*e", precision - 1, value);
	const char *power = strchr(text, 'e');
	for (const char *c = text; c < power; c++) {
		if (*c >= '0' && *c <= '9')
			ret[n++] = *c;
	}
	while (n > 1 && ret[n - 1] == '0')
		n--;
	*ret_power = atoi(power + 1);
	return strtod(text, NULL) == value ? n : -n;
}

int band_number_format(double value, char buf[BAND_NUMBER_MAX])
{
	char digit[20] = "0";
	int n = 1, power = 0, len = 0;
	const double size = fabs(value);

	for (int precision = 1; size > 0 && precision <= 17; precision++) {
		n = digits_of(size, precision, digit, &power);
		if (n > 0)
			break;
		n = -n;
	}
	if (value < 0)
		buf[len++] = '-';
	if (power < -5 || power > 16) {
		buf[len++] = digit[0];
		if (n > 1)
			buf[len++] = '.';
		memcpy(buf + len, digit + 1, (size_t)n - 1);
		len += n - 1;
		return len + snprintf(buf + len, BAND_NUMBER_MAX - (size_t)len, "e%d", power);
	}
	for (int place = power < 0 ? 0 : power; place >= 0 || power - place < n; place--) {
		if (place == -1)
			buf[len++] = '.';
		buf[len++] = power - place >= 0 && power - place < n ? digit[power - place] : '0';
	}
	buf[len] = '\0';
	return len;
}
