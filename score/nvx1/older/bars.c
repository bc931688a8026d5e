/* SPDX-License-Identifier: MIT */
/* Measures, meters, tempo and key of an older document; lengths are reckoned anew (nvx1.md 9.2). */
#include <errno.h>
#include <string.h>

#include "../bpm.h"
#include "../words.h"
#include "older.h"

int older_set_meter(struct older *o, int64_t num, int64_t den)
{
	if (num < 1 || num > 255 || den < 1 || den > 256 || (den & (den - 1)))
		return 0;
	o->num = (uint16_t)num;
	o->den = (uint16_t)den;
	return 1;
}

static void add_meter(struct older *o, int64_t tick)
{
	struct nvx_meter *meter = nvx_add_meter(o->draft);
	meter->tick = tick;
	meter->num = o->num;
	meter->den = o->den;
}

struct nvx_measure *older_add_bar(struct older *o)
{
	const struct older_bar *last = o->n_bar ? &o->bar[o->n_bar - 1] : NULL;
	const struct older_bar bar = {.tick = last ? last->tick + last->ticks : 0,
		.ticks = 4u * NVX_PPQ * o->num / o->den,
		.num = o->num,
		.den = o->den};
	if (!last || last->num != bar.num || last->den != bar.den)
		add_meter(o, bar.tick);
	if (score_reserve(o->r->alloc, (void **)&o->bar, &o->cap_bar, o->n_bar + 1, sizeof(bar)) < 0)
		o->draft->error = -ENOMEM;
	else
		o->bar[o->n_bar++] = bar;
	struct nvx_measure *measure = nvx_add_measure(o->draft);
	measure->tick = bar.tick;
	measure->duration_ticks = bar.ticks;
	return measure;
}

int64_t older_end(const struct older *o)
{
	return o->n_bar ? o->bar[o->n_bar - 1].tick + o->bar[o->n_bar - 1].ticks : 0;
}

const struct older_bar *older_bar_at(const struct older *o, int64_t tick)
{
	size_t low = 0, high = o->n_bar;
	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;
		if (o->bar[middle].tick <= tick)
			low = middle;
		else
			high = middle;
	}
	return o->n_bar ? &o->bar[low] : NULL;
}

/* ---- meter ---- */

/** "6/8" */
static int meter_text(const char *text, size_t len, int64_t meter[static 2])
{
	unsigned which = 0;
	meter[0] = meter[1] = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '/' && which == 0 && i > 0)
			which = 1;
		else if (text[i] >= '0' && text[i] <= '9' && meter[which] < 1000)
			meter[which] = meter[which] * 10 + (text[i] - '0');
		else if (text[i] != ' ')
			return 0;
	}
	return which;
}

static void read_pair(struct older *o, int64_t meter[static 2])
{
	unsigned n = 0;
	for (json_enter(&o->r->pull); nvx_more(o->r); n++) {
		if (n < 2)
			(void)nvx_read_integer(o->r, 1, 256, &meter[n]);
		else
			json_skip(&o->r->pull);
	}
}

int older_meter_at(struct older *o, const uint8_t *value, const char *name)
{
	int64_t meter[2] = {0, 0};
	const struct older_place place = older_goto(o, value, name);
	struct older_object obj;
	if (*value == '"') {
		if (nvx_read_text(o->r, 0, 64) == 0 &&
			!meter_text((const char *)o->r->text.data, o->r->text.n, meter))
			meter[0] = 0;
	} else if (*value == '[') {
		read_pair(o, meter);
	} else if (older_open(o, &obj)) {
		(void)older_integer(o, &obj, "numerator", 1, 255, &meter[0]);
		(void)older_integer(o, &obj, "denominator", 1, 256, &meter[1]);
		(void)older_drop(o, &obj);
	}
	older_back(o, place);
	if (o->draft->error)
		return 0;
	if (older_set_meter(o, meter[0], meter[1]))
		return 1;
	older_fault(o, value, name, "nvx1.range", "no meter like \"6/8\"");
	return 0;
}

void older_read_meter(struct older *o, const struct older_object *obj)
{
	static const char *const names[] = {"timeSignature", "signature", "meter"};
	int64_t num = o->num, den = o->den;
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		if (value && *value == '"' && value[1] == '"')
			continue; /* an empty field of a form */
		if (value)
			(void)older_meter_at(o, value, names[i]);
	}
	const int some = older_integer(o, obj, "timeSigNum", 1, 255, &num);
	const uint8_t *at = older_take(o, obj, "timeSigDenom");
	if (at) {
		older_leave(o, obj, at);
		if (older_integer(o, obj, "timeSigDenom", 1, 256, &den) && !older_set_meter(o, num, den))
			older_fault(o, at, "timeSigDenom", "nvx1.range", "not a power of two");
	} else if (some) {
		(void)older_set_meter(o, num, den);
	}
}

/* ---- tempo and key ---- */

void older_add_tempo(struct older *o, int64_t tick, int64_t bpm_1e6, unsigned curve)
{
	const uint64_t ns = nvx_ns_of_bpm(bpm_1e6, 1000000);
	struct nvx_tempo *tempo = nvx_add_tempo(o->draft);
	tempo->tick = tick;
	tempo->ns_per_quarter = ns ? ns : 60000000000u;
	tempo->curve = (uint8_t)curve;
}

void older_set_key(struct older *o, int64_t tick, const struct nvx_key *key)
{
	struct nvx_key *to = nvx_add_key(o->draft);
	o->key = *key;
	o->key.fifths = (int8_t)nvx_key_fifths(key->step, key->alter, key->mode);
	*to = o->key;
	to->tick = tick;
}

#define CURVE_BITS 44u /* behind the point */
#define CURVE_PIECES 4096
#define CURVE_RATIO (UINT64_C(1) << 16)

static uint64_t times(uint64_t a, uint64_t b)
{
	const unsigned __int128 product = (unsigned __int128)a * b >> CURVE_BITS;
	return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

static uint64_t power(uint64_t base, unsigned n)
{
	uint64_t all = UINT64_C(1) << CURVE_BITS;
	for (; n; n >>= 1, base = times(base, base))
		if (n & 1)
			all = times(all, base);
	return all;
}

/** The number whose n-th power is `ratio`: in integers, so that it is the same everywhere. */
static uint64_t root(uint64_t ratio, unsigned n)
{
	uint64_t low = 0, high = UINT64_C(1) << 62;
	while (high - low > 1) {
		const uint64_t middle = low + (high - low) / 2;
		if (power(middle, n) <= ratio)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/** An exponential curve from the last entry on to one that follows: a straight line a beat (nvx1.md 4.2). */
static void add_pieces(struct older *o, int64_t end, uint64_t end_ns)
{
	const struct nvx_tempo from = o->draft->tempo[o->draft->n_tempo - 1];
	const struct older_bar *bar = older_bar_at(o, from.tick);
	const int64_t beat = bar ? 4 * NVX_PPQ / bar->den : NVX_PPQ, ticks = end - from.tick;
	if (ticks <= beat || from.ns_per_quarter / CURVE_RATIO >= end_ns ||
		end_ns / CURVE_RATIO >= from.ns_per_quarter)
		return;
	const int64_t step = beat * ((ticks - 1) / beat / CURVE_PIECES + 1);
	const uint64_t ratio = (uint64_t)(((unsigned __int128)end_ns << CURVE_BITS) / from.ns_per_quarter);
	const uint64_t factor = root(ratio, (unsigned)((ticks + step / 2) / step));
	uint64_t ns = from.ns_per_quarter << 20;
	for (int64_t tick = from.tick + step; tick < end && !o->draft->error; tick += step) {
		ns = times(ns, factor);
		struct nvx_tempo *tempo = nvx_add_tempo(o->draft);
		tempo->tick = tick;
		tempo->ns_per_quarter = (ns + (1u << 19)) >> 20;
		tempo->curve = NVX_CURVE_LINEAR;
	}
}

/** {measureIndex, beat, bpm, type}. @return 1: it says more, which has no place. */
static int read_tempo_event(struct older *o)
{
	struct older_object obj;
	int64_t measure = 0, beat_1e6 = 0, bpm;
	if (!older_open(o, &obj))
		return 0;
	(void)older_integer(o, &obj, "measureIndex", 0, INT32_MAX, &measure);
	(void)older_decimal(o, &obj, "beat", 6, 0, 256000000, &beat_1e6);
	unsigned curve = NVX_CURVE_STEP;
	int is_exponential = 0;
	const uint8_t *type = older_take(o, &obj, "type");
	if (type && *type == '"') {
		struct json_pull pull;
		json_pull_init(&pull, type);
		const struct json_text name = json_string(&pull);
		if (json_text_is(name, "linear") || json_text_is(name, "curve") ||
			json_text_is(name, "exponential"))
			curve = NVX_CURVE_LINEAR;
		is_exponential = json_text_is(name, "exponential");
		if (is_exponential || json_text_is(name, "curve"))
			older_notice(o, type, "type", "nvx1.migrated",
				is_exponential ? "an exponential curve: read as a straight line a beat"
					       : "a curve without a formula: read as a straight line to the "
						 "next entry");
	}
	if (older_decimal(o, &obj, "bpm", 6, 1, INT64_C(60000000000), &bpm)) {
		if ((size_t)measure < o->n_bar) {
			const struct older_bar *bar = &o->bar[measure];
			const int64_t beat = 4 * NVX_PPQ / bar->den;
			const int64_t tick = bar->tick + (beat * beat_1e6 + 500000) / 1000000;
			if (o->is_exponential && o->draft->n_tempo)
				add_pieces(o, tick, nvx_ns_of_bpm(bpm, 1000000));
			o->is_exponential = (uint8_t)is_exponential;
			older_add_tempo(o, tick, bpm, curve);
		} else {
			nvx_fault(o->r, "nvx1.tick.outside", "measureIndex %lld of %zu measures",
				(long long)measure, o->n_bar);
		}
	}
	return older_drop(o, &obj);
}

void older_read_tempo_map(struct older *o, const struct older_object *obj)
{
	const uint8_t *map = older_take(o, obj, "tempoMap");
	struct older_object inner;
	struct older_walk walk;
	int64_t bpm;
	if (!map)
		return;
	const struct older_place place = older_goto(o, map, "tempoMap");
	if (older_open(o, &inner)) {
		if (older_decimal(o, &inner, "defaultBpm", 6, 1, INT64_C(60000000000), &bpm))
			older_add_tempo(o, 0, bpm, NVX_CURVE_STEP);
		const uint8_t *events = older_peek(o, &inner, "events");
		int left = 0;
		if (older_into(o, &inner, "events", &walk))
			while (older_next(o, &walk))
				left |= read_tempo_event(o);
		if (left)
			older_leave(o, &inner, events);
		older_done(o, &inner, obj, map);
	}
	older_back(o, place);
	o->has_tempo = 1;
}
