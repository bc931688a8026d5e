/* SPDX-License-Identifier: MIT */
/* Moving a voice: pitch and gain at its control points, pieces between them, and how it is let go. */
#include "control.h"

#define OFF_TIME_S 0.006f
#define CHOKE_SF2_S 0.31498f /* -2000 timecents: what FluidSynth lets an exclusive class end in */
#define INC_MAX (UINT64_C(63) << 32)
#define INC_MIN (UINT64_C(1) << (32 - KERNEL_FINE)) /* and the step: kernels count no finer */

static double inc_at(const struct voice *v, float cents) MOS_RT
{
	return (double)rt_exp2(clamp(cents, -24000, 24000) * (1.0f / 1200)) * (double)v->ratio * 4294967296.0;
}

/* LFOs and envelopes keep it near where it is without them: there few terms do, below 1e-7 off. */
void control_pitch(const struct sampler *s, struct voice *v) MOS_RT
{
	float cents = 0, x;
	double inc;

	if (v->moves)
		cents = moved(v, cents, MOVE_PITCH);
	for (uint32_t i = 0; i < v->n_flex; i++)
		cents += v->flex[i].value * flex_of(v)[i].to_pitch;
	x = cents * (0.69314718f / 1200);
	cents += v->pitch_cents;
	if (cents == v->last_cents && v->pitch_cents == v->still_cents)
		return;
	v->last_cents = cents;
	if (v->pitch_cents != v->still_cents) {
		v->still_cents = v->pitch_cents;
		v->still_inc = inc_at(v, v->pitch_cents);
	}
	if (x < 0.06f && x > -0.06f)
		inc = v->still_inc * (double)(1 + x * (1 + x * (0.5f + x * (0.16666667f + x * 0.041666667f))));
	else
		inc = inc_at(v, cents);
	v->inc = inc < (double)INC_MAX ? (uint64_t)inc & ~(INC_MIN - 1) : INC_MAX;
	v->inc = v->inc ? v->inc : INC_MIN;
	if (v->inc >> VOICE_SAFE_SHIFT > v->safe_inc)
		v->safe_end = 0;
	if (v->stream != STREAM_NONE)
		stream_speed(s->streams, v->stream, v->inc);
}

static void set_pan(struct voice *v, float pan) MOS_RT
{
	float l, r;

	if (pan == v->last_pan)
		return;
	v->last_pan = pan;
	r = rt_sin_quarter((pan + 500) * (1.5707963f / 1000));
	l = rt_sin_quarter((500 - pan) * (1.5707963f / 1000));
	if (v->flavour == ZONE_SFZ) { /* in the middle both sides pass as they are */
		l *= 1.4142135f;
		r *= 1.4142135f;
	}
	if (v->param[ZP_BALANCE] > 0)
		l *= rt_cb_to_gain(v->param[ZP_BALANCE]);
	else if (v->param[ZP_BALANCE] < 0)
		r *= rt_cb_to_gain(-v->param[ZP_BALANCE]);
	v->pan_gain[0] = l;
	v->pan_gain[1] = r;
}

/* What the volume envelope will be multiplied with at the next control point. */
void control_amp(struct voice *v) MOS_RT
{
	float g = v->static_gain, pan = moved_by_lfos(v, v->pan, MOVE_PAN), cb = moved_by_lfos(v, 0, MOVE_ATTEN);

	for (uint32_t i = 0; i < v->n_flex; i++) {
		const struct zone_flex *fz = &flex_of(v)[i];
		float x = v->flex[i].value * fz->to_gain + (1 - fz->to_gain);

		g *= x > 0 ? x : 0;
		cb += v->flex[i].value * fz->to_atten;
		pan += v->flex[i].value * fz->to_pan;
	}
	g *= rt_cb_to_gain(clamp(-cb, -1440, 1440));
	g = v->starving ? 0 : g;
	set_pan(v, clamp(pan, -500, 500));
	v->amp_to[0] = g * v->pan_gain[0];
	v->amp_to[1] = g * v->pan_gain[1];
}

static int is_in_memory(const struct sample *a, uint32_t at) MOS_RT
{
	for (uint32_t i = 0; i < a->n_extents; i++)
		if (at >= a->extent[i].first && at < a->extent[i].end)
			return 1;
	return 0;
}

/* Has the stream what the voice plays before the control point after the next one? */
static int is_fed(const struct sampler *s, const struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32),
		 from = at > v->stream_from + KERNEL_TAPS_MAX ? at - KERNEL_TAPS_MAX : v->stream_from;
	uint32_t to = at + (uint32_t)((v->inc * (2 * SAMPLER_CONTROL)) >> 32) + KERNEL_TAPS_MAX;

	if (v->end != VOICE_NEVER && to > v->end)
		to = v->end;
	if (from >= v->span_from && to <= v->span_end && to <= v->loop_limit) /* a span once there stays */
		return 1;
	if (to > v->loop_limit && !is_in_memory(v->sample, v->loop_end))
		return 0; /* the stream turns back there; another one will go on */
	return to <= from || from + stream_ready(s->streams, v->stream, from) >= to;
}

/* The last turn is over: from here on the sample is read as it lies. */
static void end_loop(struct sampler *s, struct voice *v, uint32_t at) MOS_RT
{
	fetch_forget(v);
	v->is_looping = 0;
	v->loop_limit = VOICE_NEVER;
	v->end = v->zone->end;
	v->pos = (uint64_t)at << 32 | (v->pos & UINT32_MAX);
	if (v->stream != STREAM_NONE)
		stream_close(s->streams, v->stream);
	voice_open_stream(s, v);
}

/* The loop is in memory: */
static int is_to_arrive(const struct voice *v) MOS_RT
{
	const struct sample_extent *e = &v->sample->extent[1];

	return v->is_looping && v->loop_limit == VOICE_NEVER && v->sample->n_extents == 2 &&
	       e->first <= v->loop_start && e->end >= v->loop_end;
}

/* there no stream is needed any more. */
static int has_arrived(const struct voice *v) MOS_RT
{
	return is_to_arrive(v) && (uint32_t)(v->pos >> 32) >= v->sample->extent[1].first + KERNEL_TAPS_MAX;
}

/* Does memory end before the control point after the next one? */
static int runs_out(const struct voice *v) MOS_RT
{
	return ((v->pos + v->inc * (2 * SAMPLER_CONTROL)) >> 32) + KERNEL_TAPS_MAX > v->end;
}

static void feed(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32);
	int fed = 1;

	if (v->stream != STREAM_NONE && at >= v->loop_limit)
		end_loop(s, v, v->loop_end + (at - v->loop_limit));

	if (v->is_short) {
		fed = !runs_out(v);
	} else if (v->stream == STREAM_NONE) {
		fed = 1;
	} else if (has_arrived(v)) {
		stream_close(s->streams, v->stream);
		v->stream = STREAM_NONE;
		fetch_forget(v);
	} else {
		control_pass(s, v);
		fed = is_fed(s, v);
	}
	if (!fed && !v->starving)
		__atomic_fetch_add(&s->figures.starved, 1, __ATOMIC_RELAXED); /* by any worker */
	v->starving = (uint8_t)!fed;
}

/* Parameters are new: LFOs that moved nothing hear how long, and those that move something now come to where they
 * would be. */
static void update(struct sampler *s, struct voice *v) MOS_RT
{
	for (uint32_t i = 0; i < v->n_lfos; i++)
		v->lfo[i].behind += v->live_lfos >> i & 1 ? 0 : v->idle;
	v->idle = 0;
	params_update(s, v);
	for (uint32_t i = 0; i < v->n_lfos; i++)
		if ((v->live_lfos >> i & 1) && v->lfo[i].behind)
			lfo_advance(s, v, i, 0);
}

void control_feed(struct sampler *s, struct voice *v) MOS_RT
{
	if (v->stream != STREAM_NONE || v->is_short)
		feed(s, v);
	v->safe_end = 0;
	v->reach = v->stream != STREAM_NONE || v->is_short ? 7 : 6;
	v->turn_at = v->starving ? 0 : VOICE_FAR;
	if (v->stream == STREAM_NONE)
		return;
	v->turn_at = v->loop_limit < v->turn_at ? v->loop_limit : v->turn_at;
	if (is_to_arrive(v) && v->sample->extent[1].first + KERNEL_TAPS_MAX < v->turn_at)
		v->turn_at = v->sample->extent[1].first + KERNEL_TAPS_MAX;
}

/* LFOs and envelopes, from the last control point to this one. */
static void move(struct sampler *s, struct voice *v) MOS_RT
{
	v->idle += v->since;
	if (!v->moves)
		return;
	for (uint32_t live = v->live_lfos; live; live &= live - 1)
		lfo_advance(s, v, (uint32_t)__builtin_ctz(live), v->since);
	for (uint32_t i = 1; i < v->n_envs; i++)
		env_advance(s, v, &v->env[i], i, v->since);
	for (uint32_t i = 0; i < v->n_flex; i++)
		flex_advance(s, &v->flex[i], &flex_of(v)[i], v->since);
}

/* What of it moves, and whether voices_go_on() may move it. */
static void sort_out(struct voice *v) MOS_RT
{
	uint32_t steps = 0;

	steps |= v->live_lfos ? STEP_LFO : 0;
	steps |= v->n_envs > 1 ? STEP_ENV : 0;
	steps |= v->amp_moves ? STEP_AMP : 0;
	for (uint32_t live = v->live_lfos; live; live &= live - 1) {
		const float *to = v->lfo_to[__builtin_ctz(live)];

		steps |= to[MOVE_PITCH] != 0 ? STEP_PITCH_LFO : 0;
		steps |= to[MOVE_FC] != 0 ? STEP_FC_LFO : 0;
	}
	for (uint32_t i = 1; i < v->n_envs; i++) {
		steps |= v->env_to[i][MOVE_PITCH] != 0 ? STEP_PITCH_ENV : 0;
		steps |= v->env_to[i][MOVE_FC] != 0 ? STEP_FC_ENV : 0;
	}
	v->steps = (uint8_t)(v->n_sections ? steps : steps & ~(uint32_t)(STEP_FC_LFO | STEP_FC_ENV));
	v->is_plain = v->sample && v->sample->format == SAMPLE_S16 && !v->zone->is_reverse && !v->n_flex && !v->reads_itself;
}

static void control(struct sampler *s, struct voice *v) MOS_RT
{
	int is_settled = v->is_fresh;
	uint8_t was_starving = v->starving;

	if (!v->is_fresh)
		move(s, v);
	if (v->version != s->chan[v->channel].version || v->reads_itself) {
		v->version = s->chan[v->channel].version;
		update(s, v);
		is_settled = 1;
	}
	if (is_settled)
		sort_out(v);
	if (is_settled || v->moves)
		control_pitch(s, v);
	if (v->n_sections && (is_settled || v->moves || v->filter_moves))
		filter_control(s, v, is_settled);
	control_feed(s, v);
	if (is_settled || v->amp_moves || v->starving != was_starving)
		control_amp(v);
}

void voice_start_envs(struct sampler *s, struct voice *v) MOS_RT
{
	env_start(s, v, &v->vol, 0);
	/* pitch and filter stand still from one control point to the next: at what the middle between them
	 * asks for */
	for (uint32_t i = 1; i < v->zone->n_envs; i++) {
		env_start(s, v, &v->env[i], i);
		env_advance(s, v, &v->env[i], i, SAMPLER_CONTROL / 2);
	}
}

/* A free envelope that is the volume ends the voice with itself. */
static int flex_ended(const struct voice *v) MOS_RT
{
	const struct zone_flex *fz = &v->bank->flex[v->zone->flex];

	for (uint32_t i = 0; i < n_flex(v->zone); i++)
		if (fz[i].is_volume && v->flex[i].is_over && v->is_released)
			return 1;
	return 0;
}

/* 1 / n */
static const float part[SAMPLER_CONTROL + 1] = {
#define P1(n) (n) ? 1.0f / (n) : 0
#define P8(n) P1(n), P1((n) + 1), P1((n) + 2), P1((n) + 3), P1((n) + 4), P1((n) + 5), P1((n) + 6), P1((n) + 7)
	P8(0), P8(8), P8(16), P8(24), P8(32), P8(40), P8(48), P8(56), P1(64)
#undef P8
#undef P1
};

int voice_piece(struct sampler *s, struct voice *v, uint32_t grid) MOS_RT
{
	uint32_t n;
	float share;

	if (v->vol.left == 0)
		env_next(s, v, &v->vol, 0);
	if (v->vol.stage == STAGE_END || (v->vol.stage > STAGE_HOLD && v->vol.level < VOICE_SILENT))
		return 0;
	if (v->is_fresh || grid == SAMPLER_CONTROL) {
		control(s, v);
		if (v->n_flex && flex_ended(v))
			return 0;
		if (v->is_fresh) {
			v->amp[0] = v->amp_to[0];
			v->amp[1] = v->amp_to[1];
			v->is_fresh = 0;
		}
		v->since = grid;
	}
	n = grid < v->vol.left ? grid : v->vol.left;
	share = (float)n * part[grid];
	v->level_to = env_level(&v->vol, n);
	for (uint32_t i = 0; i < 2; i++) {
		v->amp_end[i] = n == grid ? v->amp_to[i] : v->amp[i] + (v->amp_to[i] - v->amp[i]) * share;
		v->gain[i] = v->amp[i] * v->vol.level;
		v->step[i] = (v->amp_end[i] * v->level_to - v->gain[i]) * part[n];
	}
	v->left = n;
	v->k = 0;
	return 1;
}

void voice_cut_piece(struct voice *v) MOS_RT
{
	uint32_t n = v->left + v->k;
	float share;

	if (v->k == 0 && v->left == 0)
		return;
	share = (float)v->k / (float)n;
	v->vol.level += (v->level_to - v->vol.level) * share;
	for (uint32_t i = 0; i < 2; i++)
		v->amp[i] += (v->amp_end[i] - v->amp[i]) * share;
	if (v->vol.left != VOICE_NEVER)
		v->vol.left -= v->k;
	v->left = v->k = 0;
}

/* Released: a sample that loops until then goes on to its end. */
static void leave_loop(struct sampler *s, struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32), way = v->loop_end - v->loop_start, limit = v->loop_end;

	if (!v->is_looping || v->zone->loop != ZONE_LOOP_UNTIL_RELEASE || at >= v->loop_limit)
		return;
	if (v->stream == STREAM_NONE) { /* the loop is in memory */
		end_loop(s, v, at < v->loop_end ? at : v->loop_start + (at - v->loop_start) % way);
		return;
	}
	if (at >= v->loop_end) /* a new stream would come too late */
		limit += ((at - v->loop_end) / way + 1) * way;
	fetch_forget(v);
	v->loop_limit = limit < v->loop_limit ? limit : v->loop_limit;
	v->end = v->loop_limit + (v->zone->end > v->loop_end ? v->zone->end - v->loop_end : 0);
}

void voice_release(struct sampler *s, struct voice *v, int fade) MOS_RT
{
	const struct zone_flex *fz = &v->bank->flex[v->zone->flex];

	voice_cut_piece(v);
	if (fade) {
		env_fade(s, &v->vol, VOICE_FADE_MS * 0.001f);
		return;
	}
	if (v->is_released)
		return;
	v->is_released = 1;
	v->steps |= v->n_envs > 1 ? STEP_ENV : 0;
	leave_loop(s, v);
	for (uint32_t i = 0; i < n_flex(v->zone); i++) {
		flex_release(s, &v->flex[i], &fz[i]);
		if (fz[i].is_volume) /* it ends the voice itself */
			return;
	}
	env_release(s, v, &v->vol, 0);
	for (uint32_t i = 1; i < v->zone->n_envs; i++)
		env_release(s, v, &v->env[i], i);
}

void voice_choke(struct sampler *s, struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;

	if (z->off_mode == ZONE_OFF_NORMAL) {
		voice_release(s, v, 0);
		return;
	}
	voice_cut_piece(v);
	v->is_released = 1;
	if (z->flavour == ZONE_SF2)
		env_choke(s, &v->vol, CHOKE_SF2_S);
	else
		env_fade(s, &v->vol,
			z->off_mode == ZONE_OFF_TIME && z->off_time_s > 0 ? z->off_time_s : OFF_TIME_S);
}
