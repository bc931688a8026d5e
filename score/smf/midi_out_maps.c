/* SPDX-License-Identifier: MIT */
/* Tempo, meter and key in playing order. */
#include "midi_out.h"

#include <string.h>

#define MAX_ERROR_NS 100000u /* that a step of a linear tempo is off in its middle */
#define MAX_STEPS 65536
#define MAX_DEN 256u

typedef unsigned __int128 u128;
typedef __int128 i128;

static void put_tempo(struct midi_out *out, int64_t tick, uint64_t units)
{
	if (units < 1 || units > out->max_units) {
		units = units < 1 ? 1 : out->max_units;
		out->n_tempos++;
	}
	struct midi_out_event *event = midi_out_add(out, MIDI_OUT_SONG, tick, MIDI_OUT_CLASS_MAP);
	event->what = MIDI_OUT_TEMPO;
	event->a = (uint32_t)units;
}

static int64_t root(u128 square)
{
	int64_t lo = 0, hi = INT64_C(1) << 41;
	while (hi - lo > 1) {
		const int64_t mid = lo + (hi - lo) / 2;
		if ((u128)mid * (u128)mid <= square)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/**
 * Ticks of a step. Within one of l ticks over which the tempo changes by d ns a quarter, a step of the mean
 * tempo is off by d / 8 * l / 960 at most, in its middle.
 */
static int64_t step_ticks(struct midi_out *out, int64_t length, uint64_t change)
{
	if (change == 0)
		return length;
	int64_t step = root((u128)MAX_ERROR_NS * 8 * NVX_PPQ * (u128)length / change);
	if (step < length / MAX_STEPS) {
		step = length / MAX_STEPS;
		out->n_ramps++;
	}
	return step < 1 ? 1 : step > length ? length : step;
}

/** The piece [from, to) of the straight line between two entries, in steps; what is rounded is carried on. */
static void put_ramp(struct midi_out *out, const struct score_run *run, const struct nvx_tempo *a,
	const struct nvx_tempo *b, int64_t from, int64_t to)
{
	const int64_t length = b->tick - a->tick;
	const i128 rise = (i128)b->ns_per_quarter - (i128)a->ns_per_quarter;
	const int64_t step = step_ticks(out, length, (uint64_t)(rise < 0 ? -rise : rise));
	i128 owed = 0; /* ns a quarter, times ticks */
	for (int64_t at = from, next; at < to && !out->error; at = next) {
		next = to - at > step ? at + step : to;
		const int64_t n = next - at;
		const i128 twice_middle = (i128)(at - a->tick) + (next - a->tick);
		owed += (2 * (i128)length * a->ns_per_quarter + rise * twice_middle) * n / (2 * (i128)length);
		const i128 unit = (i128)out->unit_ns * n;
		i128 units = (owed + unit / 2) / unit;
		units = units < 1 ? 1 : units;
		owed -= units * unit;
		put_tempo(out, midi_out_tick(run, at), (uint64_t)units);
	}
}

/** The end of a run; what stands at the very end of the score belongs to the last one. */
static int64_t end_of(const struct midi_out *out, const struct score_run *run)
{
	const int is_last = run == &out->order.run[out->order.n - 1];
	return run->written_tick + run->duration_ticks + is_last;
}

static void put_tempos(struct midi_out *out, const struct score_run *run, uint64_t *now)
{
	const struct score *score = out->score;
	const int64_t end = end_of(out, run);
	const uint32_t n = score_n_tempo(score);
	uint32_t i = nvx_seq_find(&score->list[NVX_LIST_tempo], run->written_tick + 1);
	for (i = i ? i - 1 : 0; i < n && !out->error; i++) {
		const struct nvx_tempo *tempo = score_tempo(score, i);
		if (tempo->tick >= end)
			break;
		const int64_t from = tempo->tick < run->written_tick ? run->written_tick : tempo->tick;
		if (tempo->curve == NVX_CURVE_LINEAR && i + 1 < n) {
			const struct nvx_tempo *next = score_tempo(score, i + 1);
			put_ramp(out, run, tempo, next, from, next->tick < end ? next->tick : end);
			*now = 0;
			continue;
		}
		const uint64_t units = (tempo->ns_per_quarter + out->unit_ns / 2) / out->unit_ns;
		/* Where a run begins inside an entry it is stated only if it is another. */
		if (from == tempo->tick || units != *now)
			put_tempo(out, midi_out_tick(run, from), units);
		*now = units;
	}
}

static void put_keys(struct midi_out *out, const struct score_run *run, int *now)
{
	const struct score *score = out->score;
	const int64_t end = end_of(out, run);
	uint32_t i = nvx_seq_find(&score->list[NVX_LIST_key], run->written_tick + 1);
	for (i = i ? i - 1 : 0; i < score_n_key(score) && !out->error; i++) {
		const struct nvx_key *key = score_key(score, i);
		if (key->tick >= end)
			break;
		if (key->step == NVX_KEY_NONE && !key->fifths_given) {
			out->n_modes += *now != 0;
			continue;
		}
		const int minor = key->mode == NVX_MODE_MINOR || key->mode == NVX_MODE_AEOLIAN;
		const int this = (key->fifths + 8) * 16 + key->mode;
		const int64_t from = key->tick < run->written_tick ? run->written_tick : key->tick;
		if (from != key->tick && this == *now)
			continue;
		out->n_modes += key->step == NVX_KEY_NONE || (key->mode > NVX_MODE_MINOR && !out->is_clip);
		struct midi_out_event *event =
			midi_out_add(out, MIDI_OUT_SONG, midi_out_tick(run, from), MIDI_OUT_CLASS_MAP);
		event->what = MIDI_OUT_KEY;
		event->a = (uint32_t)(key->fifths + 8);
		event->b = (uint32_t)minor;
		event->kind = key->mode;
		*now = this;
	}
}

struct meter {
	uint32_t num, den;
};

/** A meter in which a measure has its length. @return 0: none has. */
static int fit(int64_t ticks, uint32_t den, struct meter *ret)
{
	for (; den <= MAX_DEN; den *= 2) {
		const int64_t beat = 4 * NVX_PPQ / den;
		if (ticks % beat)
			continue;
		if (ticks / beat > 255)
			return 0;
		*ret = (struct meter){(uint32_t)(ticks / beat), den};
		return 1;
	}
	return 0;
}

static void put_meters(struct midi_out *out, const struct score_run *run, struct meter *now)
{
	const struct score *score = out->score;
	const struct nvx_seq *meters = &score->list[NVX_LIST_meter];
	const struct nvx_meter *meter = score_meter_at(score, run->written_tick);
	uint32_t next = nvx_seq_find(meters, run->written_tick + 1); /* the meter after the one in force */
	struct nvx_seq_iter it = nvx_seq_from(&score->list[NVX_LIST_measure], run->first);
	const struct nvx_measure *measure;
	for (uint32_t m = run->first; m <= run->last && !out->error && (measure = nvx_seq_next(&it)); m++) {
		while (next < meters->n && score_meter(score, next)->tick <= measure->tick)
			meter = score_meter(score, next++);
		struct meter is = {meter->num, meter->den > MAX_DEN ? MAX_DEN : meter->den};
		const int64_t nominal = (int64_t)meter->num * 4 * NVX_PPQ / (meter->den ? meter->den : 4);
		/* A measure that the next meter cuts short is cut so by readers too. */
		const int is_cut =
			m < run->last && measure->duration_ticks < nominal && next < meters->n &&
			score_meter(score, next)->tick <= measure->tick + (int64_t)measure->duration_ticks;
		if (measure->duration_ticks != nominal && !is_cut &&
			!fit(measure->duration_ticks, is.den, &is))
			out->n_measures++;
		const int is_stated = meter->tick == measure->tick;
		if (!is_stated && is.num == now->num && is.den == now->den)
			continue;
		struct midi_out_event *event = midi_out_add(
			out, MIDI_OUT_SONG, midi_out_tick(run, measure->tick), MIDI_OUT_CLASS_MAP);
		event->what = MIDI_OUT_METER;
		event->a = is.num;
		event->b = is.den;
		*now = is;
	}
}

void midi_out_maps(struct midi_out *out)
{
	uint64_t tempo = 0;
	struct meter meter = {0};
	int key = 0;
	for (uint32_t r = 0; r < out->order.n && !out->error; r++) {
		const struct score_run *run = &out->order.run[r];
		put_tempos(out, run, &tempo);
		put_meters(out, run, &meter);
		put_keys(out, run, &key);
	}
}
