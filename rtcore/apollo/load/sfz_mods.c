/* SPDX-License-Identifier: MIT */
#include "sfz_mods.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HZ_OF_0_CENTS 8.1757989f
#define LOWEST_HZ 1.0f
#define HIGHEST_HZ 30000.0f

/* The zone that is being made, and which of its LFO slots an LFO of the region has (enum sfz_lfo; 255: none).
 */
struct making {
	struct sfz_maker *m;
	struct zone *z;
	uint8_t slot[SFZ_LFO_COUNT];
};

/* A modulator with its curves known. */
struct simple {
	uint32_t param, source, curve;
	float amount;
	uint32_t op, source2, curve2, is_note_on;
};

float sfz_cents(float hz)
{
	hz = hz < LOWEST_HZ ? LOWEST_HZ : hz > HIGHEST_HZ ? HIGHEST_HZ : hz;
	return 1200.0f * log2f(hz / HZ_OF_0_CENTS);
}

static int add(struct making *k, struct simple s)
{
	struct zone_mod *to = build_mod(k->m->b);

	if (!to)
		return -ENOMEM;
	*to = (struct zone_mod){.source = (uint8_t)s.source,
		.source2 = (uint8_t)s.source2, /* 0 is SRC_ONE */
		.op = (uint8_t)s.op,
		.curve = (uint16_t)s.curve,
		.curve2 = (uint16_t)s.curve2,
		.param = (uint16_t)s.param,
		.is_note_on = (uint16_t)s.is_note_on,
		.amount = s.amount};
	k->z->n_mods++;
	return 0;
}

static int is_set(float x)
{
	return fabsf(x) > 0.0f;
}

static int add_when_set(struct making *k, struct simple s)
{
	return is_set(s.amount) ? add(k, s) : 0;
}

/* Controllers above 127 are what else a note knows of. @return enum zone_source, -1: none has it. */
static int source_of_cc(uint32_t cc)
{
	static const int16_t extended[] = {SRC_BEND, SRC_PRESSURE, SRC_KEY_PRESSURE, SRC_VELOCITY, -1,
		SRC_KEY, -1, SRC_RANDOM, SRC_RANDOM_BIPOLAR, SRC_ALTERNATE};

	if (cc < 128)
		return (int)(SRC_CC + cc);
	return cc - 128 < sizeof(extended) / sizeof(extended[0]) ? extended[cc - 128] : -1;
}

static int add_late(struct making *k, struct sfz_late late)
{
	struct sfz_maker *m = k->m;

	if (m->n_late == m->room_late) {
		uint32_t room = m->room_late ? 2 * m->room_late : 64;
		struct sfz_late *more = realloc(m->late, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		m->late = more;
		m->room_late = room;
	}
	late.mod = m->b->n_mods - 1;
	m->late[m->n_late++] = late;
	return 0;
}

/* Controllers read what a voice does once are read when it starts. */
static uint32_t is_taken_once(uint32_t param)
{
	if (param == ZP_OFFSET || param == ZP_DELAY)
		return 1;
	return param >= ZP_ENV && param < ZP_LFO && (param - ZP_ENV) % ENV_FIELDS < ENV_TO_PITCH;
}

static int is_eq_frequency(uint32_t param)
{
	return param >= ZP_EQ && param < ZP_ENV && (param - ZP_EQ) % 3 == 0;
}

static int is_filter_param(uint32_t param)
{
	return param == ZP_FC || param == ZP_Q || param == ZP_FILTER_GAIN;
}

static int is_filter2_param(uint32_t param)
{
	return param == ZP_FC2 || param == ZP_Q2 || param == ZP_FILTER_GAIN2;
}

/* The target in the zone. @return enum zone_param, -1: nothing there would move. `ret_by`: also times this
 * source. */
static int param_of(const struct making *k, uint32_t target, uint32_t *ret_by)
{
	uint32_t param = target;

	if (target >= SFZ_TO_LFO && target < SFZ_TO_AMP_VELTRACK) {
		uint32_t lfo = (target - SFZ_TO_LFO) / LFO_FIELDS;

		return k->slot[lfo] == 255 ? -1
					   : (int)zp_lfo(k->slot[lfo], (target - SFZ_TO_LFO) % LFO_FIELDS);
	}
	if (target == SFZ_TO_PITCH_VELTRACK || target == SFZ_TO_CUTOFF_VELTRACK ||
		target == SFZ_TO_CUTOFF_VELTRACK2) {
		*ret_by = SRC_VELOCITY;
		param = target == SFZ_TO_PITCH_VELTRACK    ? ZP_PITCH
			: target == SFZ_TO_CUTOFF_VELTRACK ? ZP_FC
							   : ZP_FC2;
	}
	if (param >= ZP_COUNT || (is_filter_param(param) && k->z->filter == ZONE_FILTER_OFF) ||
		(is_filter2_param(param) && k->z->filter2 == ZONE_FILTER_OFF))
		return -1;
	return (int)param;
}

static int add_by_lfo(struct making *k, const struct sfz_mod *from, uint32_t param)
{
	uint32_t lfo = from->lfo ? from->lfo - 1u : from->source - (uint32_t)SFZ_BY_LFO;
	int source2 = from->lfo ? source_of_cc(from->source) : SRC_ONE, ret;

	if (k->slot[lfo] == 255 || source2 < 0)
		return 0;
	ret = add(k, (struct simple){.param = param,
			     .source = SRC_LFO + k->slot[lfo],
			     .amount = from->depth,
			     .op = from->is_factor ? ZONE_MULTIPLY : ZONE_ADD,
			     .source2 = (uint32_t)source2});
	if (ret == 0 && from->lfo)
		ret = add_late(k, (struct sfz_late){.curve = from->curve, .is_second = 1});
	return ret;
}

static int add_by_cc(struct making *k, const struct sfz_mod *from, uint32_t param, uint32_t by)
{
	struct sfz_late late = {.curve = from->curve};
	int source = source_of_cc(from->source), ret;
	float amount = from->depth;

	if (source < 0) {
		late.is_fixed = 1;
		late.value = k->m->cc_value[from->source];
		source = SRC_ONE;
	}
	if (is_set(from->step) && is_set(from->depth))
		late.step = fabsf(from->step / from->depth);
	if (is_eq_frequency(param)) {
		late.base_hz = k->z->param[param];
		late.depth_hz = from->depth;
		amount = 1.0f;
	}
	ret = add(
		k, (struct simple){.param = param,
			   .source = (uint32_t)source,
			   .curve = from->source == 136 && from->curve == 0 ? CURVE_UNIT_BIPOLAR : CURVE_UNIT,
			   .amount = amount,
			   .op = from->is_factor ? ZONE_MULTIPLY : ZONE_ADD,
			   .source2 = by,
			   .curve2 = by ? CURVE_UNIT : 0,
			   .is_note_on = source == SRC_ONE || is_taken_once(param) || by == SRC_VELOCITY});
	if (ret == 0 && !(from->source == 136 && from->curve == 0))
		ret = add_late(k, late);
	return ret;
}

static int add_listed(struct making *k, const struct sfz_mod *from)
{
	uint32_t by = SRC_ONE;
	int param;

	if (from->source < 128)
		k->m->cc_used[from->source] = 1;
	if (!from->is_set || (!is_set(from->depth) && !from->is_factor))
		return 0;
	if (from->target == SFZ_TO_AMP_VELTRACK) {
		k->m->note(k->m->data, "amp_veltrack by a controller is not played");
		return 0;
	}
	param = param_of(k, from->target, &by);
	if (param < 0)
		return 0;
	if (from->lfo || from->source >= SFZ_BY_LFO)
		return add_by_lfo(k, from, (uint32_t)param);
	if (from->source < 0x1000)
		return add_by_cc(k, from, (uint32_t)param, by);
	return add(
		k, (struct simple){.param = (uint32_t)param,
			   .curve = CURVE_UNIT,
			   .amount = from->depth,
			   .source = from->source == SFZ_BY_VELOCITY   ? SRC_VELOCITY
				     : from->source == SFZ_BY_PRESSURE ? SRC_PRESSURE
								       : SRC_KEY_PRESSURE,
			   .is_note_on = from->source == SFZ_BY_VELOCITY || is_taken_once((uint32_t)param)});
}

static int is_plain_velocity(const struct sfz_region *r)
{
	const struct sfz_range *in = &r->xf_vel[SFZ_XF_IN], *out = &r->xf_vel[SFZ_XF_OUT];

	return !r->has_velcurve && r->amp_veltrack >= 1.0f && in->lo <= 0.0f && in->hi <= 0.0f &&
	       out->lo >= 127.0f;
}

/* Gain by velocity, key and controllers: products of curves of their own. */
static int add_gains(struct making *k, const struct sfz_region *r)
{
	const struct sfz_range *in = &r->xf_key[SFZ_XF_IN], *out = &r->xf_key[SFZ_XF_OUT];
	struct simple s = {.param = ZP_GAIN, .op = ZONE_MULTIPLY, .amount = 1.0f, .is_note_on = 1};
	float gain[128], least = 1.0f;
	int ret = 0;

	sfz_velocity_gain(r, gain);
	for (uint32_t i = 0; i < 128; i++)
		least = fminf(least, gain[i]);
	if (least < 1.0f) {
		s.source = SRC_VELOCITY;
		s.curve = is_plain_velocity(r) ? CURVE_SQUARE : sfz_curve_add(k->m->b, gain);
		ret = add(k, s);
	}
	if (ret == 0 && (in->hi > 0.0f || in->lo > 0.0f || out->lo < 127.0f)) {
		for (uint32_t i = 0; i < 128; i++)
			gain[i] = sfz_fade_in(in, (float)i, r->xf_key_is_gain) *
				  sfz_fade_out(out, (float)i, r->xf_key_is_gain);
		s.source = SRC_KEY;
		s.curve = sfz_curve_add(k->m->b, gain);
		ret = add(k, s);
	}
	return ret;
}

static int add_cc_fade(struct making *k, const struct sfz_cc_range *c, int is_out, int is_gain)
{
	struct sfz_range range = c->range;
	float gain[128];
	int source = source_of_cc(c->cc);

	if (c->cc < 128)
		k->m->cc_used[c->cc] = 1;
	if (source < 0)
		return 0;
	for (uint32_t i = 0; i < 128; i++)
		gain[i] = is_out ? sfz_fade_out(&range, (float)i, is_gain)
				 : sfz_fade_in(&range, (float)i, is_gain);
	return add(k, (struct simple){.param = ZP_GAIN,
			      .op = ZONE_MULTIPLY,
			      .amount = 1.0f,
			      .source = (uint32_t)source,
			      .curve = sfz_curve_add(k->m->b, gain)});
}

static int add_cc_fades(struct making *k, const struct sfz_region *r)
{
	int ret = 0;

	for (uint32_t i = 0; i < r->xf_in_cc.n && ret == 0; i++)
		ret = add_cc_fade(k, &r->xf_in_cc.cc[i], 0, r->xf_cc_is_gain);
	for (uint32_t i = 0; i < r->xf_out_cc.n && ret == 0; i++)
		ret = add_cc_fade(k, &r->xf_out_cc.cc[i], 1, r->xf_cc_is_gain);
	return ret;
}

/* So many units a key above its centre: the centre's share goes into the base value. */
static int add_keytrack(struct making *k, uint32_t param, float per_key, int32_t center)
{
	k->z->param[param] -= per_key * (float)(center - 60);
	return add_when_set(k, (struct simple){.param = param,
				       .source = SRC_KEY,
				       .curve = CURVE_FROM_60,
				       .amount = per_key,
				       .is_note_on = 1});
}

static int add_tracking(struct making *k, const struct sfz_region *r)
{
	struct simple velocity = {.source = SRC_VELOCITY, .curve = CURVE_UNIT, .is_note_on = 1};
	struct simple random = {.source = SRC_RANDOM, .curve = CURVE_UNIT, .is_note_on = 1};
	const struct {
		uint32_t param;
		float by_velocity, by_random;
	} list[] = {
		{ZP_PITCH, r->pitch_veltrack, r->pitch_random},
		{ZP_ATTEN, 0.0f, -10.0f * r->amp_random_db},
		{ZP_PAN, r->pan_veltrack, 0.0f},
		{ZP_OFFSET, 0.0f, r->offset_random},
		{ZP_DELAY, 0.0f, r->delay_random},
		{ZP_FC, r->filter[0].veltrack, r->filter[0].random},
		{ZP_FC2, r->filter[1].veltrack, r->filter[1].random},
	};
	int ret = 0;

	for (uint32_t i = 0; i < sizeof(list) / sizeof(list[0]) && ret == 0; i++) {
		if ((list[i].param == ZP_FC && k->z->filter == ZONE_FILTER_OFF) ||
			(list[i].param == ZP_FC2 && k->z->filter2 == ZONE_FILTER_OFF))
			continue;
		velocity.param = random.param = list[i].param;
		velocity.amount = list[i].by_velocity;
		random.amount = list[i].by_random;
		ret = add_when_set(k, velocity);
		if (ret == 0)
			ret = add_when_set(k, random);
	}
	if (ret == 0)
		ret = add_keytrack(k, ZP_ATTEN, -10.0f * r->amp_keytrack_db, r->amp_keycenter);
	if (ret == 0)
		ret = add_keytrack(k, ZP_PAN, r->pan_keytrack, r->pan_keycenter);
	if (ret == 0 && k->z->filter != ZONE_FILTER_OFF)
		ret = add_keytrack(k, ZP_FC, r->filter[0].keytrack, r->filter[0].keycenter);
	if (ret == 0 && k->z->filter2 != ZONE_FILTER_OFF)
		ret = add_keytrack(k, ZP_FC2, r->filter[1].keytrack, r->filter[1].keycenter);
	return ret;
}

/* Bands are in Hz here: velocity first, then all becomes cents. */
static int add_bands(struct making *k, const struct sfz_region *r)
{
	float cents[128];
	int ret = 0;

	for (uint32_t i = 0; i < k->z->n_eqs && ret == 0; i++) {
		float *hz = &k->z->param[ZP_EQ + 3 * i];

		if (is_set(r->eq_vel_hz[i])) {
			for (uint32_t v = 0; v < 128; v++)
				cents[v] =
					sfz_cents(*hz + r->eq_vel_hz[i] * (float)v / 127.0f) - sfz_cents(*hz);
			ret = add(k, (struct simple){.param = ZP_EQ + 3 * i,
					     .source = SRC_VELOCITY,
					     .amount = 1.0f,
					     .curve = sfz_curve_add(k->m->b, cents),
					     .is_note_on = 1});
		}
		*hz = sfz_cents(*hz);
	}
	return ret;
}

/* Volume, expression and pan, as every player has them: taken back where the file uses the controller itself.
 */
static int add_usual(struct making *k)
{
	struct simple s = {.param = ZP_GAIN,
		.op = ZONE_MULTIPLY,
		.amount = 1.0f,
		.curve = CURVE_SQUARE,
		.source = SRC_CC + 7};
	float pan[128];
	int ret = add(k, s);

	s.source = SRC_CC + 11;
	if (ret == 0)
		ret = add(k, s);
	for (uint32_t i = 0; i < 128; i++)
		pan[i] = i < 64 ? ((float)i - 64.0f) / 64.0f : ((float)i - 64.0f) / 63.0f;
	if (ret == 0)
		ret = add(k, (struct simple){.param = ZP_PAN,
				     .source = SRC_CC + 10,
				     .amount = 500.0f,
				     .curve = sfz_curve_add(k->m->b, pan)});
	return ret;
}

static int lfo_moves(const struct sfz_region *r, uint32_t lfo)
{
	for (uint32_t f = LFO_TO_PITCH; f < LFO_FIELDS; f++)
		if (is_set(r->lfo[lfo].field[f]))
			return 1;
	for (uint32_t i = 0; i < r->n_mods; i++) {
		const struct sfz_mod *m = &r->mod[i];

		if (m->is_set && is_set(m->depth) &&
			(m->lfo == 1 + lfo || m->source == SFZ_BY_LFO + lfo ||
				(m->target >= sfz_to_lfo(lfo, LFO_TO_PITCH) &&
					m->target < sfz_to_lfo(lfo + 1, 0))))
			return 1;
	}
	return 0;
}

static void give_slots(struct making *k, const struct sfz_region *r)
{
	struct zone *z = k->z;

	memset(k->slot, 255, sizeof(k->slot));
	for (uint32_t i = 0; i < SFZ_LFO_COUNT; i++) {
		const struct sfz_lfo_state *lfo = &r->lfo[i];

		if (!lfo_moves(r, i))
			continue;
		if (z->n_lfos == ZONE_LFOS) {
			k->m->note(k->m->data, "more LFOs than a zone can play");
			return;
		}
		k->slot[i] = z->n_lfos;
		z->lfo_wave[z->n_lfos] = lfo->wave;
		z->lfo_phase[z->n_lfos] = lfo->phase;
		memcpy(&z->param[zp_lfo(z->n_lfos, 0)], lfo->field, sizeof(lfo->field));
		z->n_lfos++;
	}
}

int sfz_mods_make(struct sfz_maker *m, const struct sfz_region *r, struct zone *z)
{
	struct making k = {.m = m, .z = z};
	int ret;

	give_slots(&k, r);
	ret = add_gains(&k, r);
	for (uint32_t i = 0; i < r->n_mods && ret == 0; i++)
		ret = add_listed(&k, &r->mod[i]);
	if (ret == 0)
		ret = add_cc_fades(&k, r);
	if (ret == 0)
		ret = add_tracking(&k, r);
	if (ret == 0)
		ret = add_bands(&k, r);
	return ret == 0 ? add_usual(&k) : ret;
}
