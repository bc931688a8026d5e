/* SPDX-License-Identifier: MIT */
/* The audio thread trusts a bank: what is out of range must not get past here. */
#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static int is_finite(const float *x, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return 0;
	return 1;
}

static int has_source(uint32_t source)
{
	return source < SRC_ENV + ZONE_ENVS || source >= SRC_CC;
}

static int has_curve(const struct bank_build *b, uint32_t curve)
{
	return curve <= CURVE_FROM_60 || (curve >= CURVE_OWN && curve - CURVE_OWN < b->n_curves);
}

static const char *check_mod(const struct bank_build *b, const struct zone_mod *m)
{
	if (!has_source(m->source) || !has_source(m->source2))
		return "a modulator's source";
	if (!has_curve(b, m->curve) || !has_curve(b, m->curve2))
		return "a modulator's curve";
	if (m->param >= ZP_COUNT)
		return "a modulator's parameter";
	if (m->op > ZONE_MULTIPLY || !isfinite(m->amount))
		return "a modulator's amount";
	return NULL;
}

static int is_within(uint32_t first, uint32_t n, uint32_t size)
{
	return first <= size && n <= size - first;
}

static const char *check_sample(const struct bank_build *b, const struct zone *z)
{
	const struct sample *s;

	if (z->generator != ZONE_SAMPLE)
		return z->sample == BANK_NONE ? NULL : "the sample of a generator";
	if (!b->set)
		return "the sample";
	s = store_set_sample(b->set, z->sample);
	if (!s)
		return "the sample";
	if (z->start >= z->end || z->end > s->n_frames)
		return "the sample's start and end";
	if ((z->loop == ZONE_LOOP_ALWAYS || z->loop == ZONE_LOOP_UNTIL_RELEASE) &&
		(z->loop_start >= z->loop_end || z->loop_end > s->n_frames || z->loop_end <= z->start))
		return "the loop";
	return NULL;
}

/* @return what is out of range, NULL: nothing. The audio thread trusts what passes here. */
static const char *check_zone(const struct bank_build *b, const struct zone *z)
{
	if (z->key_lo > 127 || z->key_hi > 127 || z->vel_lo > 127 || z->vel_hi > 127)
		return "the keys or velocities";
	if (z->flavour > ZONE_SFZ || z->generator > ZONE_NOISE || z->loop > ZONE_ONE_SHOT ||
		z->trigger > ZONE_ON_CC || z->off_mode > ZONE_OFF_TIME)
		return "the kind";
	if (z->filter > ZONE_LP2_SF2 || z->filter2 > ZONE_LP2_SF2)
		return "a filter";
	for (uint32_t i = 0; i < ZONE_LFOS; i++)
		if (z->lfo_wave[i] > WAVE_RANDOM)
			return "an LFO's wave";
	if (z->n_eqs > ZONE_EQS || z->n_lfos > ZONE_LFOS || z->n_envs < 1 || z->n_envs > ZONE_ENVS)
		return "the number of envelopes, LFOs or bands";
	if (z->root_key < -127 || z->root_key > 254 || z->fixed_key > 127 || z->fixed_key < -1 ||
		z->fixed_velocity > 127 || z->fixed_velocity < -1)
		return "a key";
	if (!is_within(z->mod, z->n_mods, b->n_mods) || !is_within(z->cond, z->n_conds, b->n_conds) ||
		!is_within(z->flex, z->n_flex, b->n_flex))
		return "the modulators, conditions or envelopes";
	if (!isfinite(z->off_time_s) || !isfinite(z->tune_cents) || !isfinite(z->keytrack) ||
		!isfinite(z->rt_decay_db) || !is_finite(z->lfo_phase, ZONE_LFOS))
		return "a number";
	for (uint32_t i = 0; i < ZP_COUNT; i++)
		if (!isfinite(z->param[i]) && !(isnan(z->param[i]) && (i == ZP_BEND_UP || i == ZP_BEND_DOWN)))
			return "a parameter";
	return check_sample(b, z);
}

static const char *check_flex(const struct zone_flex *f)
{
	if (f->n_points > FLEX_POINTS)
		return "the points of an envelope";
	if (!is_finite(f->time_s, FLEX_POINTS) || !is_finite(f->level, FLEX_POINTS) ||
		!is_finite(f->shape, FLEX_POINTS) || !is_finite(&f->to_pitch, 6))
		return "a point of an envelope";
	return NULL;
}

static const char *check_tables(const struct bank_build *b)
{
	const char *wrong = NULL;

	for (uint32_t i = 0; i < b->n_mods && !wrong; i++)
		wrong = check_mod(b, &b->mod[i]);
	for (uint32_t i = 0; i < b->n_conds && !wrong; i++)
		if (b->cond[i].kind > COND_ON_CC || b->cond[i].num > 127 || !is_finite(&b->cond[i].lo, 2))
			wrong = "a condition";
	for (uint32_t i = 0; i < b->n_flex && !wrong; i++)
		wrong = check_flex(&b->flex[i]);
	for (uint32_t i = 0; i < b->n_curves && !wrong; i++)
		if (!is_finite(b->curve[i], CURVE_POINTS))
			wrong = "a curve";
	for (uint32_t i = 0; i < b->n_presets && !wrong; i++)
		if (b->preset[i].program > 127 || b->preset[i].sw_lo > 127 || b->preset[i].sw_hi > 127 ||
			(b->preset[i].sw_default > 127 && b->preset[i].sw_default != 255))
			wrong = "a preset's program or keys";
	for (uint32_t i = 0; i < b->n_uses && !wrong; i++)
		if (b->use[i].preset >= b->n_presets || b->use[i].zone >= b->n_zones)
			wrong = "a zone's preset";
	return wrong;
}

int build_check(const struct bank_build *b, char *error, size_t error_size)
{
	const char *wrong;

	if (b->oom) {
		(void)snprintf(error, error_size, "no memory for the bank's tables");
		return -ENOMEM;
	}
	if (b->is_full) {
		(void)snprintf(error, error_size,
			"the bank is too big: it has %u zones, %u modulators, %u presets, and more",
			b->n_zones, b->n_mods, b->n_presets);
		return -EFBIG;
	}
	wrong = check_tables(b);
	if (wrong) {
		(void)snprintf(error, error_size, "%s: out of range", wrong);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < b->n_zones; i++) {
		wrong = check_zone(b, &b->zone[i]);
		if (wrong) {
			(void)snprintf(error, error_size, "zone %u: %s: out of range", i, wrong);
			return -EINVAL;
		}
	}
	return 0;
}
