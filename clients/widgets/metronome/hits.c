/* SPDX-License-Identifier: MIT */
#include "hits.h"

#include <mos/meter.h>

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* In order of time; of two at one place on one drum the louder one stays. */
static void add_hit(
	const struct metro_config *c, struct metro_score *score, uint32_t first, int64_t tick, uint32_t tier)
{
	const int key = mos_kit_key(c->mixer.kit, c->mixer.voice[tier]);
	const uint16_t velocity = mos_mixer_velocity(mos_mixer_level(&c->mixer, tier));
	uint32_t at = score->n_hits;

	if (key < 0 || velocity == 0)
		return;
	for (uint32_t i = first; i < score->n_hits; i++) {
		struct metro_hit *h = &score->hit[i];

		if (h->tick != tick || h->key != key)
			continue;
		if (velocity > h->velocity) {
			h->velocity = velocity;
			h->tier = tier;
		}
		return;
	}
	if (score->n_hits == METRO_HITS_MAX) {
		score->n_left_out++;
		return;
	}
	for (; at > first && score->hit[at - 1].tick > tick; at--)
		score->hit[at] = score->hit[at - 1];
	score->hit[at] = (struct metro_hit){tick, tier, velocity, (uint8_t)key};
	score->n_hits++;
}

static void add_mark(struct metro_score *score, uint32_t first, const struct metro_place *place, int64_t tick,
	uint32_t what, uint32_t step)
{
	const int64_t length = mos_meter_measure_ticks(place->num, place->den);
	const int64_t passed = floor_div(tick - place->measure_tick, length);
	const int64_t in_measure = tick - place->measure_tick - passed * length;
	const uint16_t beat = (uint16_t)(in_measure / mos_meter_beat_ticks(place->den));
	uint32_t at = score->n_marks;

	for (uint32_t i = first; i < score->n_marks; i++) {
		struct metro_mark *m = &score->mark[i];

		if (m->tick != tick || (m->what & what & MARK_STEP))
			continue;
		m->what |= what;
		if (what & MARK_STEP)
			m->step = (uint16_t)step;
		return;
	}
	if (score->n_marks == METRO_HITS_MAX) {
		score->n_left_out++;
		return;
	}
	for (; at > first && score->mark[at - 1].tick > tick; at--)
		score->mark[at] = score->mark[at - 1];
	score->mark[at] = (struct metro_mark){.tick = tick,
		.what = what,
		.step = (uint16_t)step,
		.beat = beat,
		.measure = (uint32_t)((int64_t)place->measure + passed),
		.num = place->num,
		.den = place->den,
		.strength = mos_meter_beat_strength(place->num, place->den, beat)};
	score->n_marks++;
}

struct stretch {
	int64_t from, to;
	uint32_t first_hit, first_mark;
};

/* Where the pattern's round began that `from` lies in, and how long a round is. */
static int64_t round_of(
	const struct metro_config *c, const struct metro_place *place, int64_t from, int64_t *ret_ticks)
{
	const int64_t measure = mos_meter_measure_ticks(place->num, place->den);
	int64_t start;

	if (c->step_ticks && !place->linked) {
		/* free of the measure: rounds follow each other from the beginning */
		*ret_ticks = (int64_t)c->step_ticks * c->now.rhythm.n_steps;
		start = 0;
	} else {
		*ret_ticks = measure * c->now.measures;
		start = place->measure_tick - (int64_t)(place->measure % c->now.measures) * measure;
	}
	return start + floor_div(from - start, *ret_ticks) * *ret_ticks;
}

static void add_pattern(const struct metro_config *c, const struct metro_place *place,
	const struct stretch *s, struct metro_score *score)
{
	const struct mos_rhythm *rhythm = &c->now.rhythm;
	int64_t length;
	const int64_t start = round_of(c, place, s->from, &length);

	for (int64_t part = mos_grid_part_from(length, rhythm->n_steps, s->from - start);; part++) {
		const int64_t tick = start + mos_grid_tick(length, rhythm->n_steps, (uint32_t)part);
		const uint32_t step = (uint32_t)(part % rhythm->n_steps);
		const int onset = mos_rhythm_has(rhythm, step);

		if (tick >= s->to)
			return;
		add_mark(score, s->first_mark, place, tick, onset ? MARK_STEP | MARK_ONSET : MARK_STEP, step);
		if (onset)
			add_hit(c, score, s->first_hit, tick, MOS_TIER_ACCENT);
	}
}

/* Equal parts of each measure: one voice of a polyrhythm. */
static void add_voice(const struct metro_config *c, const struct metro_place *place, const struct stretch *s,
	uint32_t n_parts, uint32_t tier, struct metro_score *score)
{
	const int64_t length = mos_meter_measure_ticks(place->num, place->den);
	const int64_t start = place->measure_tick + floor_div(s->from - place->measure_tick, length) * length;

	for (int64_t part = mos_grid_part_from(length, n_parts, s->from - start);; part++) {
		const int64_t tick = start + mos_grid_tick(length, n_parts, (uint32_t)part);

		if (tick >= s->to)
			return;
		add_hit(c, score, s->first_hit, tick, tier);
	}
}

static void add_clicks(const struct metro_config *c, const struct metro_place *place, const struct stretch *s,
	struct metro_score *score)
{
	const int64_t beat = mos_meter_beat_ticks(place->den);
	const uint32_t sub = c->subdivision ? (uint32_t)c->subdivision : 1;
	const int64_t length = mos_meter_measure_ticks(place->num, place->den);
	const int64_t start = place->measure_tick + floor_div(s->from - place->measure_tick, length) * length;

	for (int64_t click = mos_grid_part_from(beat, sub, s->from - start);; click++) {
		const int64_t tick = start + mos_grid_click_tick(place->den, sub, (uint32_t)click);

		if (tick >= s->to)
			return;
		if (click % sub == 0)
			add_mark(score, s->first_mark, place, tick, MARK_BEAT, 0);
		if (c->subdivision)
			add_hit(c, score, s->first_hit, tick,
				mos_grid_click_tier(place->num, place->den, sub, (uint32_t)click));
	}
}

void metro_hits(const struct metro_config *config, const struct metro_place *place, int64_t from, int64_t to,
	struct metro_score *score)
{
	const struct stretch s = {from, to, score->n_hits, score->n_marks};

	if (from >= to)
		return;
	add_pattern(config, place, &s, score);
	if (config->now.poly[0] && config->now.poly[1]) {
		add_voice(config, place, &s, config->now.poly[0], MOS_TIER_ACCENT, score);
		add_voice(config, place, &s, config->now.poly[1], MOS_TIER_WEAK, score);
	}
	add_clicks(config, place, &s, score);
}
