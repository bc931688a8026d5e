/* SPDX-License-Identifier: MIT */
/* The tempo map. All of it is integer arithmetic; 128-bit products keep every intermediate value exact. */
#include <mos/tempo.h>

#include <errno.h>

/* Times saturate here: far enough from the ends of int64 that a caller may add two of them. */
#define U_LIMIT (INT64_MAX / 2)
/* Longest time that a checked map's segments reach, and so also the slowest tempo that fits one tick. */
#define U_MAP_END (INT64_MAX / 4)

static int64_t saturate(__int128 u) MOS_RT
{
	if (u > U_LIMIT)
		return U_LIMIT;
	if (u < -U_LIMIT)
		return -U_LIMIT;
	return (int64_t)u;
}

/* Quotient towards minus infinity; den > 0. */
static __int128 floor_div(__int128 num, int64_t den) MOS_RT
{
	if (num >= 0)
		return num / den;
	return -((-num + den - 1) / den);
}

/*
 * Time from the start of a segment of `len` ticks to `d` ticks into it, 0 <= d <= len. In a checked map
 * (from + to) * len is at most 2^62, so len is below 2^61 and the triple product below 2^124.
 */
static __int128 ramp_u(uint64_t from, uint64_t to, int64_t len, int64_t d) MOS_RT
{
	const __int128 flat = (__int128)from * d;
	const __int128 bend = ((__int128)to - from) * d * d;

	return flat + floor_div(bend, 2 * len);
}

int mos_tempo_map_init(struct mos_tempo_map *map, struct mos_tempo_seg *seg, uint32_t n_seg)
{
	if (n_seg == 0 || seg[0].tick != 0)
		return -EINVAL;
	for (uint32_t i = 0; i < n_seg; i++) {
		if (seg[i].npq_start == 0 || seg[i].npq_end == 0)
			return -EINVAL;
		if (i > 0 && seg[i].tick <= seg[i - 1].tick)
			return -EINVAL;
	}
	if (seg[n_seg - 1].npq_start != seg[n_seg - 1].npq_end)
		return -EINVAL;

	__int128 u = 0;
	for (uint32_t i = 0; i < n_seg; i++) {
		if (seg[i].npq_start > U_MAP_END || seg[i].npq_end > U_MAP_END)
			return -ERANGE;
		seg[i].start_u = (int64_t)u;
		if (i + 1 == n_seg)
			break;

		/* Before ramp_u(): its products rely on this bound. */
		const int64_t len = seg[i + 1].tick - seg[i].tick;
		const __int128 sum = (__int128)seg[i].npq_start + seg[i].npq_end;

		if (u + sum * len / 2 > U_MAP_END)
			return -ERANGE;
		u += ramp_u(seg[i].npq_start, seg[i].npq_end, len, len);
	}
	map->seg = seg;
	map->n_seg = n_seg;
	return 0;
}

uint32_t mos_tempo_seg_at_tick(const struct mos_tempo_map *map, int64_t tick) MOS_RT
{
	uint32_t first = 0;

	for (uint32_t n = map->n_seg; n > 1;) {
		const uint32_t half = n / 2;

		if (map->seg[first + half].tick <= tick)
			first += half;
		n -= half;
	}
	return first;
}

static uint32_t seg_at_u(const struct mos_tempo_map *map, int64_t u) MOS_RT
{
	uint32_t first = 0;

	for (uint32_t n = map->n_seg; n > 1;) {
		const uint32_t half = n / 2;

		if (map->seg[first + half].start_u <= u)
			first += half;
		n -= half;
	}
	return first;
}

int64_t mos_tempo_tick_to_u(const struct mos_tempo_map *map, int64_t tick) MOS_RT
{
	const struct mos_tempo_seg *seg = &map->seg[mos_tempo_seg_at_tick(map, tick)];
	/* 128 bits: the most negative tick has no 64-bit distance from a later start. */
	const __int128 d = (__int128)tick - seg->tick;

	if (seg->npq_start == seg->npq_end || tick < 0)
		return saturate(seg->start_u + (__int128)seg->npq_start * d);
	return saturate(
		seg->start_u + ramp_u(seg->npq_start, seg->npq_end, seg[1].tick - seg->tick, (int64_t)d));
}

/*
 * Largest d with ramp_u(d) <= off, where ramp_u(0) <= off < ramp_u(len). Newton's method between two
 * bounds that close in on the answer: a parabola is met in a few steps, and each step moves one bound, so
 * rounding can never make it run away.
 */
static int64_t ramp_ticks(uint64_t from, uint64_t to, int64_t len, int64_t off) MOS_RT
{
	const __int128 mean = ((__int128)from + to) / 2;
	int64_t lo = 0, hi = len;
	__int128 guess = off / mean;

	while (hi - lo > 1) {
		const int64_t d = guess <= lo ? lo + 1 : guess >= hi ? hi - 1 : (int64_t)guess;
		const __int128 u = ramp_u(from, to, len, d);
		const __int128 slope = from + floor_div(((__int128)to - from) * d, len);

		if (u <= off)
			lo = d;
		else
			hi = d;
		guess = d + (off - u) / slope;
	}
	return lo;
}

int64_t mos_tempo_u_to_tick(const struct mos_tempo_map *map, int64_t u) MOS_RT
{
	u = saturate(u);
	if (u < 0)
		return (int64_t)floor_div(u, (int64_t)map->seg[0].npq_start);

	const struct mos_tempo_seg *seg = &map->seg[seg_at_u(map, u)];
	const int64_t off = u - seg->start_u;

	if (seg->npq_start == seg->npq_end)
		return seg->tick + off / (int64_t)seg->npq_start;
	return seg->tick + ramp_ticks(seg->npq_start, seg->npq_end, seg[1].tick - seg->tick, off);
}

uint64_t mos_tempo_npq_at(const struct mos_tempo_map *map, int64_t tick) MOS_RT
{
	const struct mos_tempo_seg *seg = &map->seg[mos_tempo_seg_at_tick(map, tick)];

	if (seg->npq_start == seg->npq_end || tick < 0)
		return seg->npq_start;

	const __int128 rise = ((__int128)seg->npq_end - seg->npq_start) * (tick - seg->tick);

	return (uint64_t)(seg->npq_start + floor_div(rise, seg[1].tick - seg->tick));
}

int64_t mos_tempo_u_to_frame(int64_t u, uint32_t rate_hz) MOS_RT
{
	/* ceil(x) = -floor(-x) */
	return saturate(-floor_div(-(__int128)u * rate_hz, MOS_U_PER_S));
}

int64_t mos_tempo_frame_to_u(int64_t frame, uint32_t rate_hz) MOS_RT
{
	return saturate(floor_div((__int128)frame * MOS_U_PER_S, rate_hz));
}

int64_t mos_tempo_tick_to_frame(const struct mos_tempo_map *map, int64_t tick, uint32_t rate_hz) MOS_RT
{
	return mos_tempo_u_to_frame(mos_tempo_tick_to_u(map, tick), rate_hz);
}

int64_t mos_tempo_frame_to_tick(const struct mos_tempo_map *map, int64_t frame, uint32_t rate_hz) MOS_RT
{
	/* ceil(u * rate / U_PER_S) <= frame  <=>  u <= floor(frame * U_PER_S / rate) */
	return mos_tempo_u_to_tick(map, mos_tempo_frame_to_u(frame, rate_hz));
}

int64_t mos_tempo_tick_to_ns(const struct mos_tempo_map *map, int64_t tick) MOS_RT
{
	return (int64_t)floor_div(mos_tempo_tick_to_u(map, tick), MOS_U_PER_NS);
}

int64_t mos_tempo_ns_to_tick(const struct mos_tempo_map *map, int64_t ns) MOS_RT
{
	/* floor(u / 960) <= ns  <=>  u <= 960 * ns + 959 */
	return mos_tempo_u_to_tick(map, saturate((__int128)ns * MOS_U_PER_NS + (MOS_U_PER_NS - 1)));
}

#define NS_PER_MINUTE 60e9

int mos_bpm_to_npq(double bpm, uint64_t *ret_npq, int *ret_clamped)
{
	int clamped = 0;

	if (!__builtin_isfinite(bpm))
		return -EINVAL;
	if (bpm < MOS_BPM_MIN) {
		bpm = MOS_BPM_MIN;
		clamped = 1;
	} else if (bpm > MOS_BPM_MAX) {
		bpm = MOS_BPM_MAX;
		clamped = 1;
	}
	*ret_npq = (uint64_t)(NS_PER_MINUTE / bpm + 0.5);
	if (ret_clamped)
		*ret_clamped = clamped;
	return 0;
}

double mos_npq_to_bpm(uint64_t npq)
{
	return NS_PER_MINUTE / (double)npq;
}
