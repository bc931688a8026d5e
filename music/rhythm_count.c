/* SPDX-License-Identifier: MIT */
/* What people say while they count. */
#include <mos/rhythm_grid.h>

#include <errno.h>
#include <string.h>

#include <mos/meter.h>

/* At most three digits. */
static int put_number(char *buf, uint32_t number)
{
	char digits[4];
	int n = 0, len = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number && n < 4);
	while (n)
		buf[len++] = digits[--n];
	buf[len] = '\0';
	return len;
}

/* The number on a counted unit's first part, its syllable on the others. */
static int put_part(char *buf, uint32_t number, uint32_t part, uint32_t n_parts)
{
	static const char *const said[5][4] = {{""}, {""}, {"", "&"}, {"", "&", "a"}, {"", "i", "&", "a"}};

	if (part == 0)
		return put_number(buf, number);
	if (n_parts == 8 || n_parts == 6) {
		/* every other one: the syllables of half as many */
		if (part % 2)
			n_parts = 0;
		part /= 2;
		n_parts /= 2;
	}
	strcpy(buf, n_parts <= 4 && n_parts ? said[n_parts][part] : "");
	return (int)strlen(buf);
}

/* Number of the beat in its group, from 1. */
static uint32_t place_in_group(uint16_t num, uint16_t den, uint32_t beat)
{
	uint32_t place = 1;

	while (mos_meter_beat_strength(num, den, beat) == 0) {
		beat--;
		place++;
	}
	return place;
}

int mos_count_label(
	enum mos_counting counting, uint16_t num, uint16_t den, uint32_t n_steps, uint32_t step, char *buf)
{
	if (!mos_meter_is_valid(num, den) || step >= n_steps || n_steps > 999 || counting < MOS_COUNT_METER ||
		counting > MOS_COUNT_GROUPS)
		return -EINVAL;
	if (counting == MOS_COUNT_METER && mos_meter_classify(num, den) == MOS_METER_COMPOUND) {
		const uint32_t beats = num / 3u;

		if (n_steps % beats == 0)
			return put_part(
				buf, step / (n_steps / beats) + 1, step % (n_steps / beats), n_steps / beats);
	} else if (n_steps % num == 0) {
		const uint32_t parts = n_steps / num, beat = step / parts;

		return put_part(buf, counting == MOS_COUNT_GROUPS ? place_in_group(num, den, beat) : beat + 1,
			step % parts, parts);
	}
	return put_number(buf, step + 1);
}
