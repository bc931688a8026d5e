/* SPDX-License-Identifier: MIT */
#include "sfz_zone.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sfz_mods.h"

#define OWN_GROUP 0x80000000u     /* + number of a header: regions that share a polyphony without a group */
#define SHORTEST_RELEASE_S 0.006f /* what is shorter clicks */
#define TEMPO_BPM 120.0f          /* what tempo conditions are decided at */

static const float usual_eq_hz[ZONE_EQS] = {50.0f, 500.0f, 5000.0f};

static void set_never(struct zone *z)
{
	z->key_lo = 1; /* in no key's list */
	z->key_hi = 0;
}

static uint32_t frame(float x, uint32_t most)
{
	return x <= 0.0f ? 0 : x >= (float)most ? most : (uint32_t)x;
}

/* SFZ names the last frame of a loop and of a sample; here ends are exclusive. */
static uint32_t end_frame(float x, uint32_t most)
{
	uint32_t at = frame(x, most);

	return at < most ? at + 1 : most;
}

static void set_loop(struct zone *z, const struct sfz_region *r, const struct sfz_sound *s)
{
	int is_release = r->trigger == ZONE_ON_RELEASE || r->trigger == ZONE_ON_RELEASE_KEY;

	z->loop_start = s->loop.end ? s->loop.start : 0;
	z->loop_end = s->loop.end && s->loop.end < z->end ? s->loop.end : z->end;
	if (r->loop_start >= 0.0f)
		z->loop_start = frame(r->loop_start, s->n_frames);
	if (r->loop_end >= 0.0f)
		z->loop_end = end_frame(r->loop_end, z->end);
	z->loop = (uint8_t)(r->loop != SFZ_UNSET ? r->loop
			    : s->loop.end        ? ZONE_LOOP_ALWAYS
			    : is_release         ? ZONE_ONE_SHOT
						 : ZONE_LOOP_NONE);
	if (z->loop == ZONE_ONE_SHOT) {
		z->loop_count = (uint16_t)r->count;
	} else {
		z->loop_count = (uint16_t)r->loop_count;
		if (z->loop_start >= z->loop_end || z->loop_end <= z->start)
			z->loop = ZONE_LOOP_NONE;
	}
	if (z->loop == ZONE_LOOP_NONE || z->loop == ZONE_ONE_SHOT)
		z->loop_start = z->loop_end = 0;
}

/* A file that is one cycle of a wave: repeated whole, at the pitch that the root key has. */
static void set_cycle(struct zone *z, const struct sfz_sound *s)
{
	float root_hz = 440.0f * exp2f((float)(z->root_key - 69) / 12.0f);

	z->loop = ZONE_LOOP_ALWAYS;
	z->loop_start = z->start = 0;
	z->loop_end = z->end = s->n_frames;
	z->loop_count = 0;
	z->tune_cents += 1200.0f * log2f(root_hz * (float)s->n_frames / (float)s->rate_hz);
}

static void set_sound(struct zone *z, const struct sfz_region *r, const struct sfz_sound *s)
{
	z->generator = s->generator;
	z->is_reverse = (uint8_t)r->is_reverse;
	z->root_key = (int16_t)(r->root_from_sample && s->root < 128 ? (int32_t)s->root : r->root);
	z->keytrack = r->keytrack;
	z->tune_cents = r->tune_cents + 100.0f * r->transpose;
	if (s->generator != ZONE_SAMPLE) {
		z->loop = r->loop == ZONE_ONE_SHOT ? ZONE_ONE_SHOT : ZONE_LOOP_NONE;
		if (s->generator == ZONE_SAW || s->generator == ZONE_SQUARE)
			z->param[ZP_GAIN] *= sqrtf(2.0f / 3.0f); /* as loud as a sine */
		return;
	}
	z->sample = s->sample;
	z->end = r->end < -1.5f ? s->n_frames : end_frame(r->end, s->n_frames);
	z->start = frame(r->offset, s->n_frames);
	if (z->start >= z->end || (r->end >= -1.5f && r->end <= 0.0f)) {
		set_never(z);
		z->start = 0;
		z->end = s->n_frames;
	}
	set_loop(z, r, s);
	if (r->oscillator == 1)
		set_cycle(z, s);
	if (s->n_channels == 2)
		z->param[ZP_PAN] += r->position;
}

static void set_filters(struct zone *z, const struct sfz_region *r)
{
	uint8_t *filter[2] = {&z->filter, &z->filter2};
	const uint32_t fc[2] = {ZP_FC, ZP_FC2};

	for (uint32_t i = 0; i < 2; i++) {
		if (r->filter[i].cutoff_hz <= 0.0f)
			continue;
		*filter[i] = (uint8_t)(r->filter[i].type == SFZ_UNSET ? ZONE_LP2 : r->filter[i].type);
		z->param[fc[i]] = sfz_cents(r->filter[i].cutoff_hz);
	}
	z->n_eqs = (uint8_t)(r->n_eqs > ZONE_EQS ? ZONE_EQS : r->n_eqs);
	for (uint32_t i = 0; i < z->n_eqs; i++)
		z->param[ZP_EQ + 3 * i] = r->eq_hz[i] > 0.0f ? r->eq_hz[i] : usual_eq_hz[i];
}

static int32_t most(int32_t x, int32_t limit)
{
	return x < limit ? x : limit;
}

static void set_life(struct zone *z, const struct sfz_region *r)
{
	z->trigger = (uint8_t)r->trigger;
	z->off_mode = (uint8_t)r->off_mode;
	z->off_time_s = r->off_time_s;
	z->rt_decay_db = r->rt_decay_db;
	z->deaf = (uint8_t)((r->sustain_sw ? 0 : 1) | (r->sostenuto_sw ? 0 : 2));
	z->group = (uint32_t)r->group;
	z->off_by = (uint32_t)r->off_by;
	if (r->polyphony > 0) {
		z->group_polyphony = (uint16_t)r->polyphony;
		if (z->group == 0)
			z->group = OWN_GROUP + r->polyphony_owner;
	}
	z->note_polyphony = (uint16_t)most(r->note_polyphony, UINT16_MAX);
}

static int uses_env(const struct sfz_region *r, uint32_t env)
{
	uint32_t to = zp_env(env, env == 1 ? ENV_TO_PITCH : ENV_TO_FC);

	if (fabsf(r->param[to]) > 0.0f)
		return 1;
	for (uint32_t i = 0; i < r->n_mods; i++)
		if (r->mod[i].target == to && r->mod[i].is_set)
			return 1;
	return 0;
}

static int set_flex(struct sfz_maker *m, struct zone *z, const struct sfz_region *r)
{
	for (uint32_t i = 0; i < SFZ_FLEX && r->flex[i].number; i++) {
		struct zone_flex *f;

		if (r->flex[i].flex.n_points == 0)
			continue;
		f = build_flex(m->b);
		if (!f)
			return -ENOMEM;
		*f = r->flex[i].flex;
		f->to_gain = f->is_volume && !(fabsf(f->to_gain) > 0.0f) ? 1.0f : f->to_gain;
		z->n_flex++;
	}
	return 0;
}

static int add_cond(
	struct sfz_maker *m, struct zone *z, enum zone_cond_kind kind, uint32_t num, float lo, float hi)
{
	struct zone_cond *c = build_cond(m->b);

	if (!c)
		return -ENOMEM;
	*c = (struct zone_cond){.kind = (uint8_t)kind, .num = (uint8_t)num, .lo = lo, .hi = hi};
	z->n_conds++;
	return 0;
}

static int add_range(struct sfz_maker *m, struct zone *z, enum zone_cond_kind kind, int32_t lo, int32_t hi,
	int32_t usual_lo, int32_t usual_hi)
{
	return lo > usual_lo || hi < usual_hi ? add_cond(m, z, kind, 0, (float)lo, (float)hi) : 0;
}

static int add_key(struct sfz_maker *m, struct zone *z, enum zone_cond_kind kind, int32_t key)
{
	return key == SFZ_UNSET ? 0 : add_cond(m, z, kind, (uint32_t)key & 127, 0.0f, 0.0f);
}

static int add_cc_conds(struct sfz_maker *m, struct zone *z, const struct sfz_region *r)
{
	int ret = 0;

	for (uint32_t i = 0; i < r->cc.n && ret == 0; i++) {
		const struct sfz_cc_range *c = &r->cc.cc[i];

		if (c->cc < 128) {
			m->cc_used[c->cc] = 1;
			ret = add_cond(m, z, COND_CC, c->cc, c->range.lo, c->range.hi);
		} else if (c->cc == 129) {
			ret = add_cond(m, z, COND_PRESSURE, 0, c->range.lo, c->range.hi);
		} else if (c->cc == 130) {
			ret = add_cond(m, z, COND_KEY_PRESSURE, 0, c->range.lo, c->range.hi);
		} else if (c->cc == 131) {
			z->vel_lo = (uint8_t)fmaxf(z->vel_lo, c->range.lo);
			z->vel_hi = (uint8_t)fminf(z->vel_hi, c->range.hi);
		} else if (m->cc_value[c->cc] < c->range.lo || m->cc_value[c->cc] > c->range.hi) {
			set_never(z);
		}
	}
	return ret;
}

static int set_conds(struct sfz_maker *m, struct zone *z, const struct sfz_region *r)
{
	int ret = add_cc_conds(m, z, r);

	if (ret == 0)
		ret = add_range(m, z, COND_BEND, r->bend_lo, r->bend_hi, -8191, 8191);
	if (ret == 0)
		ret = add_range(m, z, COND_PRESSURE, r->pressure_lo, r->pressure_hi, 0, 127);
	if (ret == 0)
		ret = add_range(m, z, COND_KEY_PRESSURE, r->key_pressure_lo, r->key_pressure_hi, 0, 127);
	if (ret == 0)
		ret = add_range(m, z, COND_CHANNEL, r->channel_lo, r->channel_hi, 1, 16);
	if (ret == 0 && (r->random_lo > 0.0f || r->random_hi < 1.0f))
		ret = add_cond(m, z, COND_RANDOM, 0, r->random_lo, r->random_hi);
	if (ret == 0 && (r->seq_length > 1 || r->seq_position > 1))
		ret = add_cond(m, z, COND_SEQUENCE, 0, (float)r->seq_position, (float)r->seq_length);
	if (ret == 0 && (r->sw_last != SFZ_UNSET || r->sw_last_hi != SFZ_UNSET)) {
		int32_t lo = r->sw_last != SFZ_UNSET ? r->sw_last : r->sw_last_hi;
		int32_t hi = r->sw_last_hi != SFZ_UNSET ? r->sw_last_hi : lo;

		ret = add_cond(m, z, COND_LAST_SWITCH, 0, (float)lo, (float)hi);
	}
	if (ret == 0)
		ret = add_key(m, z, COND_KEY_DOWN, r->sw_down);
	if (ret == 0)
		ret = add_key(m, z, COND_KEY_UP, r->sw_up);
	if (ret == 0)
		ret = add_key(m, z, COND_PREVIOUS, r->sw_previous);
	return ret;
}

/* `start`: the controller that starts it; NULL: keys do. */
static int make_one(struct sfz_maker *m, const struct sfz_region *r, const struct sfz_sound *s,
	const struct sfz_cc_range *start)
{
	struct zone *z = build_zone(m->b, ZONE_SFZ);
	int ret;

	if (!z)
		return -ENOMEM;
	z->key_lo = (uint8_t)r->key_lo;
	z->key_hi = (uint8_t)r->key_hi;
	z->vel_lo = (uint8_t)r->vel_lo;
	z->vel_hi = (uint8_t)r->vel_hi;
	memcpy(z->param, r->param, sizeof(z->param));
	for (uint32_t i = 0; i < 4; i++) {
		z->param[ZP_GAIN] *= r->amplitude[i];
		z->param[ZP_ATTEN] -= 10.0f * r->volume_db[i];
	}
	if (!isnan(r->param[ZP_BEND_UP]) ||
		!isnan(r->param[ZP_BEND_DOWN])) { /* one alone leaves the other usual */
		z->param[ZP_BEND_UP] = isnan(r->param[ZP_BEND_UP]) ? 200.0f : r->param[ZP_BEND_UP];
		z->param[ZP_BEND_DOWN] = isnan(r->param[ZP_BEND_DOWN]) ? -200.0f : r->param[ZP_BEND_DOWN];
	}
	z->param[zp_env(0, ENV_RELEASE)] = fmaxf(z->param[zp_env(0, ENV_RELEASE)], SHORTEST_RELEASE_S);
	z->n_envs = uses_env(r, 2) ? 3 : uses_env(r, 1) ? 2 : 1;
	set_life(z, r);
	set_filters(z, r);
	set_sound(z, r, s);
	if (TEMPO_BPM < r->bpm_lo || TEMPO_BPM > r->bpm_hi || (r->is_keyless && !start))
		set_never(z);
	ret = set_conds(m, z, r);
	if (ret == 0 && start) {
		z->trigger = ZONE_ON_CC;
		m->cc_used[start->cc & 127] = 1;
		ret = add_cond(m, z, COND_ON_CC, start->cc, start->range.lo, start->range.hi);
	}
	if (ret == 0)
		ret = set_flex(m, z, r);
	if (ret == 0)
		ret = sfz_mods_make(m, r, z);
	return ret == 0 ? build_use(m->b, m->preset, m->b->n_zones - 1) : ret;
}

int sfz_zone_make(struct sfz_maker *m, const struct sfz_region *r, const struct sfz_sound *s)
{
	uint32_t n_started = 0;
	int ret = 0;

	if (r->bpm_lo > 0.0f || r->bpm_hi < 500.0f)
		m->note(m->data, "a condition on the tempo is decided at 120 a minute");
	for (uint32_t i = 0; i < r->start_cc.n && ret == 0; i++) {
		if (r->start_cc.cc[i].cc > 127) {
			m->note(m->data, "a controller above 127 starts nothing");
			continue;
		}
		ret = make_one(m, r, s, &r->start_cc.cc[i]);
		n_started++;
	}
	if (ret == 0 && (!r->is_keyless || n_started == 0))
		ret = make_one(m, r, s, NULL);
	return ret;
}

static void set_late(struct sfz_maker *m, const struct sfz_late *l, const struct sfz_curves *curves)
{
	struct zone_mod *mod = &m->b->mod[l->mod];
	uint16_t number;

	if (l->is_fixed) {
		float value[128];
		uint32_t at = (uint32_t)l->value;

		sfz_curve_values(curves, l->curve, value);
		mod->amount *=
			value[at] + (value[at < 127 ? at + 1 : 127] - value[at]) * (l->value - (float)at);
		return;
	}
	if (l->step > 0.0f || l->base_hz > 0.0f) {
		float value[128];

		sfz_curve_values(curves, l->curve, value);
		for (uint32_t i = 0; i < 128; i++) {
			if (l->step > 0.0f)
				value[i] = truncf(value[i] / l->step) * l->step;
			if (l->base_hz > 0.0f)
				value[i] = sfz_cents(l->base_hz + value[i] * l->depth_hz) -
					   sfz_cents(l->base_hz);
		}
		number = sfz_curve_add(m->b, value);
	} else {
		number = sfz_curve_use(m->b, curves, l->curve);
	}
	*(l->is_second ? &mod->curve2 : &mod->curve) = number;
}

int sfz_zone_finish(struct sfz_maker *m, const struct sfz_curves *curves)
{
	static const uint8_t usual[SFZ_USUAL_MODS] = {7, 11, 10}; /* in the order they were added */
	struct bank_build *b = m->b;
	uint32_t to = 0;

	for (uint32_t i = 0; i < m->n_late; i++)
		set_late(m, &m->late[i], curves);
	for (uint32_t i = 0; i < b->n_zones; i++) {
		struct zone *z = &b->zone[i];
		uint32_t from = z->mod, n = z->n_mods;

		z->mod = to;
		for (uint32_t k = 0; k < n; k++)
			if (n - k > SFZ_USUAL_MODS || !m->cc_used[usual[k + SFZ_USUAL_MODS - n]])
				b->mod[to++] = b->mod[from + k];
		z->n_mods = (uint16_t)(to - z->mod);
	}
	b->n_mods = to;
	return b->oom ? -ENOMEM : 0;
}
