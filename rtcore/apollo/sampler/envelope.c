/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#define SF2_FULL_LOG2 (SF2_FULL_CB * RT_LOG2_PER_CB)
#define FRAMES_MAX 4.0e9f
#define RELEASE_MIN 64.0f  /* frames: shorter ones click */
#define NO_TIME (-32768.0f) /* timecents that mean none */
#define MOD_SILENT 1e-4f
#define SF2_RELEASE_MIN (-7200.0f) /* timecents, 16 ms: FluidSynth lets no volume envelope end faster */

static float param(const struct voice *v, uint32_t number, enum zone_env_field field) MOS_RT
{
	return v->param[zp_env(number, field)];
}

static float frames_of(const struct sampler *s, float seconds) MOS_RT
{
	float f = seconds * s->rate;

	return f > 0 ? (f < FRAMES_MAX ? f : FRAMES_MAX) : 0; /* NaN too */
}

/* A time of the zone in frames. SoundFonts: -12000 timecents is the least, and of a delay means none. */
static float time_of(const struct sampler *s, const struct voice *v, uint32_t number, enum zone_env_field field) MOS_RT
{
	float x = param(v, number, field), max;

	if (v->zone->flavour == ZONE_SFZ)
		return frames_of(s, x);
	if (x <= (field == ENV_DELAY ? -12000 : NO_TIME) && (field == ENV_DELAY || field == ENV_HOLD))
		return 0;
	if (number == 0 && field == ENV_RELEASE && x < SF2_RELEASE_MIN)
		x = SF2_RELEASE_MIN;
	max = field == ENV_DELAY || field == ENV_HOLD ? 5000 : 8000;
	x = x > -12000 ? (x < max ? x : max) : -12000;
	return frames_of(s, rt_exp2(x * (1.0f / 1200)));
}

static uint32_t whole(float frames) MOS_RT
{
	return frames < FRAMES_MAX ? (uint32_t)(frames + 0.5f) : (uint32_t)FRAMES_MAX;
}

static float unit(float x) MOS_RT
{
	return x > 0 ? (x < 1 ? x : 1) : 0;
}

/* How far down the sustain level is: share of the envelope's whole way. */
static float sustain_down(const struct voice *v, uint32_t number) MOS_RT
{
	float x = param(v, number, ENV_SUSTAIN);

	return v->zone->flavour == ZONE_SF2 ? unit(x * 0.001f) : 1 - unit(x);
}

static float sustain_level(const struct voice *v, uint32_t number) MOS_RT
{
	float down = sustain_down(v, number);

	return v->zone->flavour == ZONE_SF2 && number == 0 ? rt_cb_to_gain(down * SF2_FULL_CB) : 1 - down;
}

static int is_exponential(const struct voice *v, uint32_t number) MOS_RT
{
	return number == 0 || v->zone->flavour == ZONE_SFZ;
}

static float full_log2(const struct voice *v) MOS_RT
{
	return v->zone->flavour == ZONE_SF2 ? SF2_FULL_LOG2 : SFZ_FULL_LOG2;
}

static void straight(struct env *e, float to, float frames) MOS_RT
{
	e->is_exponential = 0;
	e->to = to;
	e->left = whole(frames);
	e->add = e->left ? (to - e->level) / (float)e->left : 0;
	e->mul_control = 1;
}

static void fall(struct env *e, float log2_mul) MOS_RT
{
	e->is_exponential = 1;
	e->add = 0;
	e->log2_mul = log2_mul;
	e->mul_control = rt_exp2(log2_mul * SAMPLER_CONTROL);
}

static void decay(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT
{
	float total = time_of(s, v, number, ENV_DECAY), to = sustain_level(v, number), way;

	if (!is_exponential(v, number)) {
		straight(e, to, sustain_down(v, number) * total);
		return;
	}
	way = to > VOICE_SILENT ? -rt_log2(to) : -rt_log2(VOICE_SILENT);
	fall(e, total > 0 ? -full_log2(v) / total : 0);
	e->to = to;
	e->left = whole(total * way / full_log2(v));
}

/* What a stage does; `left` 0: it takes no time. */
static void enter(const struct sampler *s, struct voice *v, struct env *e, uint32_t number, enum env_stage stage) MOS_RT
{
	e->stage = (uint8_t)stage;
	switch (stage) {
	case STAGE_DELAY:
		e->level = 0;
		straight(e, 0, time_of(s, v, number, ENV_DELAY));
		break;
	case STAGE_ATTACK:
		e->level = v->zone->flavour == ZONE_SFZ ? unit(param(v, number, ENV_START)) : 0;
		straight(e, 1, time_of(s, v, number, ENV_ATTACK));
		break;
	case STAGE_HOLD:
		e->level = 1;
		straight(e, 1, time_of(s, v, number, ENV_HOLD));
		break;
	case STAGE_DECAY:
		e->level = 1;
		decay(s, v, e, number);
		break;
	case STAGE_SUSTAIN:
		e->level = sustain_level(v, number);
		straight(e, e->level, 0);
		e->left = VOICE_NEVER;
		break;
	default:
		e->stage = STAGE_END;
		e->level = 0;
		straight(e, 0, 0);
		e->left = VOICE_NEVER;
		break;
	}
}

void env_start(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT
{
	enter(s, v, e, number, STAGE_DELAY);
	if (e->left == 0)
		env_next(s, v, e, number);
}

void env_next(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT
{
	do {
		enter(s, v, e, number, e->stage >= STAGE_RELEASE ? STAGE_END : (enum env_stage)(e->stage + 1));
	} while (e->left == 0);
}

void env_release(const struct sampler *s, struct voice *v, struct env *e, uint32_t number) MOS_RT
{
	float total = time_of(s, v, number, ENV_RELEASE);

	if (e->stage >= STAGE_RELEASE)
		return;
	if (number && e->stage == STAGE_ATTACK)
		e->level = env_value(v, e);
	e->stage = STAGE_RELEASE;
	total = total < RELEASE_MIN ? RELEASE_MIN : total;
	if (is_exponential(v, number)) {
		fall(e, -full_log2(v) / total);
		e->to = 0;
		e->left = VOICE_NEVER; /* it ends where it is silent */
	} else {
		straight(e, 0, total * e->level);
		if (e->left == 0)
			enter(s, v, e, number, STAGE_END);
	}
}

void env_fade(const struct sampler *s, struct env *e, float seconds) MOS_RT
{
	if (e->stage >= STAGE_FADE)
		return;
	e->stage = STAGE_FADE;
	straight(e, 0, frames_of(s, seconds));
	if (e->left == 0)
		e->left = 1;
}

void env_choke(const struct sampler *s, struct env *e, float seconds) MOS_RT
{
	if (e->stage >= STAGE_FADE)
		return;
	e->stage = STAGE_RELEASE;
	fall(e, -SF2_FULL_LOG2 / frames_of(s, seconds));
	e->to = 0;
	e->left = VOICE_NEVER;
}

float env_level(const struct env *e, uint32_t n) MOS_RT
{
	if (n == e->left)
		return e->to;
	if (!e->is_exponential)
		return e->level + e->add * (float)n;
	return e->level * (n == SAMPLER_CONTROL ? e->mul_control : rt_exp2(e->log2_mul * (float)n));
}

void env_advance(const struct sampler *s, struct voice *v, struct env *e, uint32_t number, uint32_t n) MOS_RT
{
	while (n) {
		uint32_t step = n < e->left ? n : e->left;

		e->level = env_level(e, step);
		if (e->left != VOICE_NEVER)
			e->left -= step;
		n -= step;
		if (e->left == 0)
			env_next(s, v, e, number);
	}
	if (e->is_exponential && e->left == VOICE_NEVER && e->level < MOD_SILENT)
		enter(s, v, e, number, STAGE_END);
}

float env_value(const struct voice *v, const struct env *e) MOS_RT
{
	if (e->stage == STAGE_ATTACK && v->flavour == ZONE_SF2) /* section 8.1.2: it rises convexly */
		return unit(curve_at(curve_builtin(8), e->level * 127) * (128.0f / 127));
	return e->level;
}

void lfo_start(const struct sampler *s, struct voice *v, uint32_t number) MOS_RT
{
	const struct zone *z = v->zone;
	const float *p = &v->param[zp_lfo(number, 0)];
	struct lfo *l = &v->lfo[number];
	float hz = p[LFO_FREQ], delay = p[LFO_DELAY];

	if (z->flavour == ZONE_SF2) {
		hz = 8.1757989f * rt_exp2((hz < 4500 ? hz : 4500) * (1.0f / 1200));
		delay = delay <= -12000 ? 0 : rt_exp2((delay < 5000 ? delay : 5000) * (1.0f / 1200));
	}
	hz = hz > 0 ? (hz < 1000 ? hz : 1000) : 0;
	*l = (struct lfo){.wait = whole(frames_of(s, delay)),
		.phase = (uint32_t)(int64_t)(unit(z->lfo_phase[number]) * 4294967040.0f),
		.step = (uint32_t)(hz / s->rate * 4294967296.0f),
		.fade = whole(frames_of(s, p[LFO_FADE]))};
}

static float wave(uint32_t phase, uint8_t kind) MOS_RT
{
	float x = (float)phase * (1.0f / 4294967296.0f);

	switch (kind) {
	case WAVE_SINE:
		return rt_sin_turn(phase);
	case WAVE_PULSE75:
		return x < 0.75f ? 1 : -1;
	case WAVE_SQUARE:
		return x < 0.5f ? 1 : -1;
	case WAVE_PULSE25:
		return x < 0.25f ? 1 : -1;
	case WAVE_PULSE12:
		return x < 0.125f ? 1 : -1;
	case WAVE_SAW_UP:
		return 2 * x - 1;
	case WAVE_SAW_DOWN:
		return 1 - 2 * x;
	default:
		return x < 0.25f ? 4 * x : x < 0.75f ? 2 - 4 * x : 4 * x - 4;
	}
}

void lfo_advance(struct sampler *s, struct voice *v, uint32_t number, uint32_t n) MOS_RT
{
	struct lfo *l = &v->lfo[number];
	uint32_t step, before = l->phase;
	uint8_t kind;

	n += l->behind;
	l->behind = 0;
	step = n < l->wait ? n : l->wait;
	l->wait -= step;
	n -= step;
	if (l->wait) {
		l->value = 0;
		return;
	}
	kind = v->zone->lfo_wave[number];
	l->phase += l->step * n;
	l->age = l->age + n < l->age ? UINT32_MAX : l->age + n;
	if (kind == WAVE_RANDOM) { /* a new value each turn */
		if (l->phase < before || l->age == n)
			l->held = voice_noise(v);
		l->value = l->held;
	} else {
		l->value = wave(l->phase, kind);
	}
	if (l->age < l->fade)
		l->value *= (float)l->age / (float)l->fade;
	else if (kind == WAVE_TRIANGLE)
		v->plain_lfos |= (uint8_t)(1u << number);
}

static void flex_aim(const struct sampler *s, struct flex *f, const struct zone_flex *z) MOS_RT
{
	f->from = f->value;
	f->done = 0;
	f->len = f->point < z->n_points ? whole(frames_of(s, z->time_s[f->point])) : 0;
}

void flex_start(const struct sampler *s, struct flex *f, const struct zone_flex *z) MOS_RT
{
	*f = (struct flex){0};
	flex_aim(s, f, z);
	flex_advance(s, f, z, 0);
}

void flex_release(const struct sampler *s, struct flex *f, const struct zone_flex *z) MOS_RT
{
	if (f->is_over || f->point > z->sustain)
		return;
	f->point = (uint8_t)(z->sustain + 1);
	flex_aim(s, f, z);
}

static float bent(float x, float shape) MOS_RT
{
	if (shape == 0 || x <= 0 || x >= 1)
		return x;
	if (shape > 0)
		return rt_exp2(shape * rt_log2(x));
	return 1 - rt_exp2(-shape * rt_log2(1 - x));
}

void flex_advance(const struct sampler *s, struct flex *f, const struct zone_flex *z, uint32_t n) MOS_RT
{
	while (!f->is_over) {
		uint32_t step = n < f->len - f->done ? n : f->len - f->done;

		f->done += step;
		n -= step;
		if (f->done < f->len)
			break;
		if (f->point >= z->n_points) {
			f->is_over = 1;
			f->value = 0;
			return;
		}
		f->value = z->level[f->point];
		if (f->point == z->sustain) {
			f->done = f->len; /* it waits here */
			return;
		}
		f->point++;
		flex_aim(s, f, z);
	}
	if (!f->is_over && f->point < z->n_points)
		f->value = f->from +
			   (z->level[f->point] - f->from) * bent((float)f->done / (float)f->len, z->shape[f->point]);
}
