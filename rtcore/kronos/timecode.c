/* SPDX-License-Identifier: MIT */
#include "timecode.h"

/* 29.97 drop-frame: two numbers are left out at the start of each minute but every tenth. */
#define DROP_MINUTE 1798
#define DROP_TEN_MINUTES 17982
#define DROP_HOUR (6 * DROP_TEN_MINUTES)

/* Pictures a second are num / den; as numbers are counted, `count` a second. */
static const struct {
	int64_t num, den, count;
} rates[MOS_TIMECODE_N] = {
	[MOS_TIMECODE_24] = {24, 1, 24},
	[MOS_TIMECODE_25] = {25, 1, 25},
	[MOS_TIMECODE_29_97_DROP] = {30000, 1001, 30},
	[MOS_TIMECODE_30] = {30, 1, 30},
};

static int64_t day(uint32_t rate) MOS_RT
{
	return rate == MOS_TIMECODE_29_97_DROP ? 24 * DROP_HOUR : 24 * 3600 * rates[rate].count;
}

struct timecode timecode_of(uint32_t rate, int64_t picture) MOS_RT
{
	int64_t n = picture % day(rate), count = rates[rate].count, in_ten;

	n = n < 0 ? n + day(rate) : n;
	if (rate == MOS_TIMECODE_29_97_DROP) { /* count on as if none were left out */
		in_ten = n % DROP_TEN_MINUTES;
		n += 18 * (n / DROP_TEN_MINUTES) + (in_ten > 1 ? 2 * ((in_ten - 2) / DROP_MINUTE) : 0);
	}
	return (struct timecode){.rate = rate,
		.hour = (uint32_t)(n / (3600 * count)),
		.minute = (uint32_t)(n / (60 * count) % 60),
		.second = (uint32_t)(n / count % 60),
		.frame = (uint32_t)(n % count)};
}

int64_t timecode_picture(const struct timecode *t) MOS_RT
{
	int64_t count, minutes, n;

	if (t->rate == MOS_TIMECODE_OFF || t->rate >= MOS_TIMECODE_N)
		return -1;
	count = rates[t->rate].count;
	if (t->hour > 23 || t->minute > 59 || t->second > 59 || t->frame >= (uint32_t)count)
		return -1;
	minutes = t->hour * INT64_C(60) + t->minute;
	n = (minutes * 60 + t->second) * count + t->frame;
	if (t->rate != MOS_TIMECODE_29_97_DROP)
		return n;
	if (t->second == 0 && t->frame < 2 && t->minute % 10)
		return -1;
	return n - 2 * (minutes - minutes / 10);
}

uint32_t timecode_piece(const struct timecode *t, uint32_t piece) MOS_RT
{
	const uint32_t value[4] = {t->frame, t->second, t->minute, t->hour | (t->rate - 1) << 5};

	return piece << 4 | (value[piece / 2] >> piece % 2 * 4 & 15);
}

struct timecode timecode_of_pieces(const uint8_t nibble[TIMECODE_PIECES]) MOS_RT
{
	uint32_t value[4];

	for (uint32_t i = 0; i < 4; i++)
		value[i] = (nibble[2 * i] & 15u) | (nibble[2 * i + 1] & 15u) << 4;
	return (struct timecode){.rate = (value[3] >> 5 & 3) + 1,
		.hour = value[3] & 31,
		.minute = value[2] & 63,
		.second = value[1] & 63,
		.frame = value[0] & 31};
}

int64_t timecode_sound_frame(uint32_t rate, int64_t quarter, uint32_t rate_hz) MOS_RT
{
	const __int128 parts = (__int128)quarter * rate_hz * rates[rate].den, of = 4 * rates[rate].num;

	return (int64_t)((parts + of - 1) / of);
}

int64_t timecode_quarter(uint32_t rate, int64_t sound_frame, uint32_t rate_hz) MOS_RT
{
	return (int64_t)((__int128)sound_frame * 4 * rates[rate].num / ((__int128)rate_hz * rates[rate].den));
}
