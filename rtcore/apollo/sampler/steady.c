/* SPDX-License-Identifier: MIT */
/*
 * Voices that go on as before: most of them, most of the time. What a control point asks for is done for a
 * batch step by step, each step for those that need it: what one voice needs does not tell what the next one
 * does, so that a processor that goes from voice to voice guesses wrong at each step. The same operations as
 * in control.c, and the same bits.
 */
#include "control.h"
#include "turns.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define GOES_ON 1u /* and MOVES_FILTER: flags beside what is asked for */
#define MOVES_FILTER 2u
#define FOR_EACH_BIT(i, set)                                                                                 \
	for (uint32_t rest_##i = (set), i; rest_##i && (i = (uint32_t)__builtin_ctz(rest_##i), 1);           \
		rest_##i &= rest_##i - 1)

/* A byte of flags per voice. */
struct flags {
	alignas(16) uint8_t of[KERNEL_LANES];
};

/* Bit per voice: this flag is set. */
static inline uint32_t who(const struct flags *f, uint32_t flag) MOS_RT
{
	uint32_t set = 0, bit = (uint32_t)__builtin_ctz(flag);

#ifdef __SSE2__
	for (uint32_t i = 0; i < KERNEL_LANES; i += 16) {
		__m128i x = _mm_load_si128((const __m128i *)&f->of[i]);

		set |= (uint32_t)_mm_movemask_epi8(_mm_slli_epi16(x, 7 - (int)bit)) << i;
	}
#else
	for (uint32_t i = 0; i < KERNEL_LANES; i++)
		set |= (uint32_t)(f->of[i] >> bit & 1) << i;
#endif
	return set;
}

/* Two fields side by side. */
static uint64_t both(const uint32_t *first) MOS_RT
{
	uint64_t x;

	memcpy(&x, first, sizeof(x));
	return x;
}

static const uint32_t done[2] = {0, SAMPLER_CONTROL}; /* `left` and `k` of a piece that is over */

/* Nothing has happened to it, and nothing will within this period. */
static int goes_on(const struct sampler *s, const struct voice *v) MOS_RT
{
	static_assert(offsetof(struct voice, k) == offsetof(struct voice, left) + 4 &&
		      offsetof(struct voice, fade_at) == offsetof(struct voice, release_at) + 4);
	return v->is_plain && both(&v->left) == both(done) && v->vol.left > 2 * SAMPLER_CONTROL &&
	       v->level_to >= VOICE_SILENT && v->version == s->chan[v->channel].version &&
	       both(&v->release_at) == UINT64_MAX;
}

/* A part of the voice is asked for if so; without a branch, since what one voice has does not tell what the next one has. */
static inline void warm_if(const struct voice *v, uint32_t is_so, size_t offset) MOS_RT
{
	__builtin_prefetch((const char *)v + (offset & -(size_t)(is_so != 0)));
}

/* What control reads of one that moves. */
static void warm_moved(const struct voice *v) MOS_RT
{
	__builtin_prefetch(&v->still_inc);
	__builtin_prefetch(&v->env[1]);
	__builtin_prefetch(&v->lfo_to);
	__builtin_prefetch(&v->lfo);
}

/* At a place from which feed() has nothing to do, what is read lies where it was found. */
static int is_in_place(struct voice *v) MOS_RT
{
	const uint64_t too_fast = (uint64_t)KERNEL_S16_SPEED << 32;
	uint32_t at = (uint32_t)(v->pos >> 32);
	uint64_t inc = v->inc, end = (uint64_t)v->turn_at << 32, span_end, way;

	if (at >= v->turn_at || at < v->span_from + KERNEL_TAPS_MAX / 2 ||
		((v->pos + (inc << v->reach)) >> 32) + KERNEL_TAPS_MAX > v->span_end || inc >= too_fast)
		return 0;
	if (v->moves && inc < too_fast - inc / 16) /* with what LFOs add, so that it is not looked at whenever they do */
		inc += inc / 16;
	v->safe_inc = (uint32_t)(inc >> VOICE_SAFE_SHIFT);
	way = inc << v->reach;
	span_end = (uint64_t)(v->span_end - KERNEL_TAPS_MAX + 1) << 32;
	span_end = span_end > way ? span_end - way : 0;
	v->safe_end = span_end < end ? span_end : end;
	end = (uint64_t)(v->passed + PASS_EACH) << 32;
	if (v->stream != STREAM_NONE && end < v->safe_end)
		v->safe_end = end;
	return 1;
}

/* @param ret_asked  enum voice_step; @param ret_state  GOES_ON, MOVES_FILTER; 0 where it doesn't go on. */
static void look(const struct sampler *s, struct voice *const voice[], uint32_t n, struct flags *ret_asked,
	struct flags *ret_state) MOS_RT
{
	memset(ret_asked, 0, sizeof(*ret_asked));
	memset(ret_state, 0, sizeof(*ret_state));
	for (uint32_t i = 0; i < n; i++) {
		struct voice *v = voice[i];

		if (!goes_on(s, v))
			continue;
		ret_asked->of[i] = v->steps;
		ret_state->of[i] = (uint8_t)(GOES_ON | v->filter_moves * MOVES_FILTER);
		v->idle += SAMPLER_CONTROL;
		warm_if(v, v->pos >= v->safe_end, offsetof(struct voice, zone));
		fetch_span_ahead(v);
	}
	FOR_EACH_BIT (i, who(ret_asked, STEP_LFO) | who(ret_asked, STEP_ENV))
		warm_moved(voice[i]);
}

/* LFOs, envelopes, and the pitch and filters that they move. */
static void move(struct sampler *s, struct voice *const voice[], const struct flags *a, uint32_t filters) MOS_RT
{
	uint32_t lfos = who(a, STEP_LFO), envs = 0;

	FOR_EACH_BIT (i, lfos)
		FOR_EACH_BIT (l, voice[i]->live_lfos)
			lfo_go_on(s, voice[i], l);
	FOR_EACH_BIT (i, who(a, STEP_ENV)) {
		int moves = 0;

		for (uint32_t e = 1; e < voice[i]->n_envs; e++)
			moves |= env_go_on(s, voice[i], e);
		if (moves)
			envs |= 1u << i;
		else /* nor will they before they are released */
			voice[i]->steps &= (uint8_t)~STEP_ENV;
	}
	FOR_EACH_BIT (i, (who(a, STEP_PITCH_LFO) & lfos) | (who(a, STEP_PITCH_ENV) & envs))
		control_pitch(s, voice[i]);
	FOR_EACH_BIT (i, (who(a, STEP_FC_LFO) & lfos) | (who(a, STEP_FC_ENV) & envs) | filters)
		filter_control(s, voice[i], 0);
}

uint32_t voices_go_on(struct sampler *s, struct voice *const voice[], uint32_t n) MOS_RT
{
	struct flags a, state;

	look(s, voice, n, &a, &state);
	move(s, voice, &a, who(&state, MOVES_FILTER));
	FOR_EACH_BIT (i, who(&a, STEP_AMP))
		control_amp(voice[i]);
	return who(&state, GOES_ON);
}

int voice_look(struct sampler *s, struct voice *v) MOS_RT
{
	uint8_t was_starving = v->starving;

	if (v->stream != STREAM_NONE)
		control_pass(s, v);
	if (is_in_place(v) || (turns_sit(s, v) && is_in_place(v)))
		return 1;
	if (v->stream == STREAM_NONE && !v->is_short) /* in memory: nothing can be late */
		return 0;
	control_feed(s, v);
	if (v->starving != was_starving)
		control_amp(v);
	return 0;
}
