/* SPDX-License-Identifier: MIT */
/* Measures and beats over a list of meter changes, and the default grouping of beats. */
#include <mos/meter.h>

#include <errno.h>

#define TICKS_PER_WHOLE 3840

int mos_meter_is_valid(uint16_t num, uint16_t den) MOS_RT
{
	return num >= 1 && num <= 255 && den >= 1 && den <= 128 && (den & (den - 1)) == 0;
}

int64_t mos_meter_measure_ticks(uint16_t num, uint16_t den) MOS_RT
{
	return (int64_t)num * (TICKS_PER_WHOLE / den);
}

int64_t mos_meter_beat_ticks(uint16_t den) MOS_RT
{
	return TICKS_PER_WHOLE / den;
}

int mos_meter_map_init(struct mos_meter_map *map, struct mos_meter_seg *seg, uint32_t n_seg)
{
	if (n_seg == 0 || seg[0].tick != 0)
		return -EINVAL;

	uint32_t measure = 0;
	for (uint32_t i = 0; i < n_seg; i++) {
		if (!mos_meter_is_valid(seg[i].num, seg[i].den))
			return -EINVAL;
		if (i > 0) {
			if (seg[i].tick <= seg[i - 1].tick)
				return -EINVAL;

			/* A measure that the change cuts short counts as one. */
			const int64_t len = mos_meter_measure_ticks(seg[i - 1].num, seg[i - 1].den);
			const int64_t n = (seg[i].tick - seg[i - 1].tick - 1) / len + 1;

			if (n > UINT32_MAX - measure)
				return -EINVAL;
			measure += (uint32_t)n;
		}
		seg[i].measure = measure;
	}
	map->seg = seg;
	map->n_seg = n_seg;
	return 0;
}

static const struct mos_meter_seg *seg_at_tick(const struct mos_meter_map *map, int64_t tick) MOS_RT
{
	uint32_t first = 0;

	for (uint32_t n = map->n_seg; n > 1;) {
		const uint32_t half = n / 2;

		if (map->seg[first + half].tick <= tick)
			first += half;
		n -= half;
	}
	return &map->seg[first];
}

static const struct mos_meter_seg *seg_of_measure(const struct mos_meter_map *map, uint32_t measure) MOS_RT
{
	uint32_t first = 0;

	for (uint32_t n = map->n_seg; n > 1;) {
		const uint32_t half = n / 2;

		if (map->seg[first + half].measure <= measure)
			first += half;
		n -= half;
	}
	return &map->seg[first];
}

struct mos_bbt mos_meter_at(const struct mos_meter_map *map, int64_t tick) MOS_RT
{
	const struct mos_meter_seg *seg = seg_at_tick(map, tick);
	const int64_t measure_len = mos_meter_measure_ticks(seg->num, seg->den);
	const int64_t beat_len = mos_meter_beat_ticks(seg->den);
	int64_t in_measure = (tick - seg->tick) % measure_len;
	int64_t measure = 0;

	if (tick < 0)
		in_measure += in_measure < 0 ? measure_len : 0;
	else
		measure = seg->measure + (tick - seg->tick) / measure_len;

	const int64_t in_beat = in_measure % beat_len;

	return (struct mos_bbt){
		.measure = measure > UINT32_MAX ? UINT32_MAX : (uint32_t)measure,
		.beat = (uint32_t)(in_measure / beat_len),
		.tick = (uint32_t)in_beat,
		.num = seg->num,
		.den = seg->den,
		.measure_tick = tick - in_measure,
		.beat_tick = tick - in_beat,
	};
}

int64_t mos_meter_tick_of(const struct mos_meter_map *map, uint32_t measure, uint32_t beat, uint32_t tick)
	MOS_RT
{
	const struct mos_meter_seg *seg = seg_of_measure(map, measure);
	const struct mos_meter_seg *next = seg + 1 < map->seg + map->n_seg ? seg + 1 : nullptr;
	const int64_t beat_len = mos_meter_beat_ticks(seg->den);

	if (beat >= seg->num || tick >= beat_len)
		return -ERANGE;

	const int64_t from_seg = (measure - seg->measure) * mos_meter_measure_ticks(seg->num, seg->den) +
				 beat * beat_len + tick;

	if (from_seg > INT64_MAX - seg->tick)
		return -ERANGE;
	if (next && seg->tick + from_seg >= next->tick)
		return -ERANGE;
	return seg->tick + from_seg;
}

int64_t mos_meter_next_beat(const struct mos_meter_map *map, int64_t tick) MOS_RT
{
	const struct mos_meter_seg *seg = seg_at_tick(map, tick);
	const struct mos_meter_seg *next = seg + 1 < map->seg + map->n_seg ? seg + 1 : nullptr;
	const int64_t beat_tick = mos_meter_at(map, tick).beat_tick;
	const int64_t beat_len = mos_meter_beat_ticks(seg->den);

	if (beat_tick > INT64_MAX - beat_len)
		return INT64_MAX;
	if (next && beat_tick + beat_len > next->tick)
		return next->tick;
	return beat_tick + beat_len;
}

enum mos_meter_class mos_meter_classify(uint16_t num, uint16_t den) MOS_RT
{
	(void)den; /* see mos_meter_groups() */
	if (num > 3 && num % 3 == 0)
		return MOS_METER_COMPOUND;
	if (num > 3 && num % 2 == 1)
		return MOS_METER_ASYMMETRIC;
	return MOS_METER_SIMPLE;
}

/*
 * Default grouping: multiples of three go in threes, other even numbers in twos, other odd ones in as many
 * threes as leave one or two twos behind, threes first; but 7 is by custom 2+2+3.
 */
static uint32_t threes_of(uint16_t num) MOS_RT
{
	if (num % 3 == 0)
		return num / 3u;
	if (num % 2 == 0 || num == 1)
		return 0;
	return num % 3 == 2 ? (num - 2u) / 3 : (num - 4u) / 3;
}

static uint32_t group_count(uint16_t num) MOS_RT
{
	const uint32_t threes = threes_of(num);

	/* Rounded up: a meter of one beat is one group. */
	return threes + (num - 3 * threes + 1) / 2;
}

static uint8_t group_len(uint16_t num, uint32_t group) MOS_RT
{
	if (num == 1)
		return 1;
	if (num == 7)
		return group == 2 ? 3 : 2;
	return group < threes_of(num) ? 3 : 2;
}

uint32_t mos_meter_groups(uint16_t num, uint16_t den, uint8_t *groups, uint32_t max) MOS_RT
{
	const uint32_t n = group_count(num);

	(void)den; /* 6/4 and 6/8 are felt alike: the denominator only says how notes are written */
	for (uint32_t i = 0; i < n && i < max; i++)
		groups[i] = group_len(num, i);
	return n;
}

uint16_t mos_meter_beat_strength(uint16_t num, uint16_t den, uint32_t beat) MOS_RT
{
	const uint32_t n = group_count(num);
	uint32_t start = 0;

	(void)den; /* see mos_meter_groups() */
	if (beat == 0)
		return 2;
	for (uint32_t i = 0; i < n && start < beat; i++)
		start += group_len(num, i);
	return start == beat && beat < num;
}
