/* SPDX-License-Identifier: MIT */
/* Durations: note values, measures, ticks, seconds and milliseconds. */
#include <mos/duration.h>
#include <mos/meter.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define TICKS_PER_WHOLE 3840
#define MAX_NOTE_DIVISION 128
#define MAX_MEASURES 1000
#define MAX_NS INT64_C(3600000000000)
#define BILLION INT64_C(1000000000)

struct decimal {
	int64_t whole;      /* at most a billion: any more is past every limit here, so it may stop growing */
	int64_t billionths; /* further digits are below one ns and are dropped */
	int has_point;
};

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits, perhaps a point and more digits. @return what follows, or NULL. */
static const char *parse_decimal(const char *text, struct decimal *ret)
{
	struct decimal d = {0};

	if (!is_digit(*text))
		return nullptr;
	for (; is_digit(*text); text++) {
		d.whole = d.whole * 10 + (*text - '0');
		if (d.whole > BILLION)
			d.whole = BILLION;
	}
	if (*text == '.' && is_digit(text[1])) {
		d.has_point = 1;
		text++;
		for (int64_t weight = BILLION / 10; is_digit(*text); text++, weight /= 10)
			d.billionths += weight * (*text - '0');
	}
	*ret = d;
	return text;
}

/* Ticks of a 1/`division` note with `suffix` ("n", "n.", "n..", "t"), or -EINVAL. */
static int64_t note_ticks(int64_t division, const char *suffix)
{
	static const struct {
		const char *suffix;
		int num, den;
	} kind[] = {{"n", 1, 1}, {"n.", 3, 2}, {"n..", 7, 4}, {"t", 2, 3}};

	if (division < 1 || division > MAX_NOTE_DIVISION || (division & (division - 1)) != 0)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		const int64_t den = division * kind[i].den;

		if (strcmp(suffix, kind[i].suffix) == 0)
			return (2 * TICKS_PER_WHOLE * kind[i].num + den) / (2 * den);
	}
	return -EINVAL;
}

int mos_duration_parse(const char *text, uint16_t meter_num, uint16_t meter_den, struct mos_duration *ret)
{
	struct decimal d;
	struct mos_duration duration = {0};
	int negative;

	if (!mos_meter_is_valid(meter_num, meter_den))
		return -EINVAL;

	const int64_t measure_ticks = mos_meter_measure_ticks(meter_num, meter_den);

	negative = *text == '-';
	text = parse_decimal(text + negative, &d);
	if (!text)
		return -EINVAL;

	if (*text == '\0' || strcmp(text, "s") == 0) {
		duration.is_ns = 1;
		duration.ns = d.whole * BILLION + d.billionths;
	} else if (strcmp(text, "ms") == 0) {
		duration.is_ns = 1;
		duration.ns = d.whole * (BILLION / 1000) + d.billionths / 1000;
	} else if (d.has_point) {
		return -EINVAL;
	} else if (strcmp(text, "i") == 0) {
		duration.ticks = d.whole;
	} else if (strcmp(text, "m") == 0) {
		duration.ticks = d.whole * measure_ticks;
	} else {
		duration.ticks = note_ticks(d.whole, text);
		if (duration.ticks < 0)
			return (int)duration.ticks;
	}

	if (negative || (duration.is_ns ? duration.ns : duration.ticks) == 0)
		return -ERANGE;
	if (duration.ns > MAX_NS || duration.ticks > MAX_MEASURES * measure_ticks)
		return -ERANGE;
	*ret = duration;
	return 0;
}
