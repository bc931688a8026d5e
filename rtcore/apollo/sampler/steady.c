/* SPDX-License-Identifier: MIT */
/*
 * Voices that go on as before: most of them, most of the time. What a control point asks for is done for a
 * batch step by step, each step for those that need it: what one voice needs does not tell what the next one
 * does, so that a processor that goes from voice to voice guesses wrong at each step. The same operations as
 * in control.c, and the same bits.
 */
#include "control.h"

/* What has to be done for whom: bit per voice. */
struct steps {
	uint32_t on, in_place, streams, moved, lfos, asleep, envs, pitch, fc, filters, amps;
};

#define FOR_EACH_BIT(i, set)                                                                                 \
	for (uint32_t rest_##i = (set), i; rest_##i && (i = (uint32_t)__builtin_ctz(rest_##i), 1);           \
		rest_##i &= rest_##i - 1)

/* Nothing has happened to it, and nothing will within this period. */
static int goes_on(const struct sampler *s, const struct voice *v) MOS_RT
{
	return v->is_plain && v->k == SAMPLER_CONTROL && v->left == 0 && v->vol.left > 2 * SAMPLER_CONTROL &&
	       v->level_to >= VOICE_SILENT && v->version == s->chan[v->channel].version &&
	       v->release_at == VOICE_NEVER && v->fade_at == VOICE_NEVER;
}

/* What control reads of one that moves, and what it is going to read of its sample, or where to look for that. */
static void warm_more(const struct voice *v, int is_in_place) MOS_RT
{
	if (!is_in_place)
		__builtin_prefetch(&v->zone);
	if (v->n_sections)
		warm(&v->section[0], sizeof(v->section[0]));
	if (v->moves) {
		warm(&v->still_inc, 64);
		if (v->n_envs > 1)
			warm(v->env, offsetof(struct voice, lfo_to) - offsetof(struct voice, env));
		if (v->live_lfos)
			warm(v->lfo_to, 128);
	}
	fetch_span_ahead(v);
}

static void end_piece(struct voice *v) MOS_RT
{
	v->vol.level = v->level_to;
	v->vol.left -= v->vol.left != VOICE_NEVER ? SAMPLER_CONTROL : 0;
	v->amp[0] = v->amp_end[0];
	v->amp[1] = v->amp_end[1];
}

/* At a place from which feed() has nothing to do, what is read lies where it was found. */
static int is_in_place(const struct voice *v) MOS_RT
{
	uint32_t at = (uint32_t)(v->pos >> 32);
	uint64_t to = ((v->pos + (v->inc << v->reach)) >> 32) + KERNEL_TAPS_MAX;

	return (at < v->turn_at) & (at >= v->span_from + KERNEL_TAPS_MAX / 2) & (to <= v->span_end) &
	       (v->inc < (uint64_t)KERNEL_S16_SPEED << 32);
}

static void look(const struct sampler *s, struct voice *const voice[], uint32_t n, struct steps *t) MOS_RT
{
	for (uint32_t i = 0; i < n; i++) {
		struct voice *v = voice[i];
		int is_there;

		if (i + VOICES_AHEAD < n)
			warm_voice(voice[i + VOICES_AHEAD]);
		if (!goes_on(s, v))
			continue;
		t->on |= 1u << i;
		is_there = is_in_place(v);
		t->in_place |= (uint32_t)is_there << i;
		t->streams |= (uint32_t)(v->stream != STREAM_NONE) << i;
		t->asleep |= (uint32_t)v->has_asleep << i;
		t->filters |= (uint32_t)v->filter_moves << i;
		warm_more(v, is_there);
		if (v->moves) {
			t->lfos |= (uint32_t)(v->live_lfos != 0) << i;
			t->envs |= (uint32_t)v->has_envs << i;
			t->pitch |= (uint32_t)v->pitch_moves << i;
			t->fc |= (uint32_t)v->fc_moves << i;
			t->amps |= (uint32_t)v->amp_moves << i;
		}
		end_piece(v);
	}
}

/* LFOs that move nothing only grow older. */
static void sleep_on(struct voice *v) MOS_RT
{
	if (!v->moves) {
		v->idle += SAMPLER_CONTROL;
		return;
	}
	for (uint32_t i = 0; i < v->n_lfos; i++)
		v->lfo[i].behind += v->live_lfos >> i & 1 ? 0 : SAMPLER_CONTROL;
}

uint32_t voices_go_on(struct sampler *s, struct voice *const voice[], uint32_t n, uint32_t *ret_in_place)
	MOS_RT
{
	struct steps t = {.on = 0};

	look(s, voice, n, &t);
	FOR_EACH_BIT (i, t.on & ~t.in_place)
		warm(voice[i]->sample, sizeof(*voice[i]->sample));
	FOR_EACH_BIT (i, t.lfos)
		FOR_EACH_BIT (l, voice[i]->live_lfos)
			lfo_go_on(s, voice[i], l);
	FOR_EACH_BIT (i, t.asleep)
		sleep_on(voice[i]);
	t.moved = t.lfos;
	FOR_EACH_BIT (i, t.envs)
		for (uint32_t e = 1; e < voice[i]->n_envs; e++)
			t.moved |= (uint32_t)env_go_on(s, voice[i], e) << i;
	FOR_EACH_BIT (i, t.pitch & t.moved) {
		control_pitch(s, voice[i]);
		t.in_place = (t.in_place & ~(1u << i)) | (uint32_t)is_in_place(voice[i]) << i;
	}
	FOR_EACH_BIT (i, (t.fc & t.moved) | t.filters)
		filter_control(s, voice[i], 0);
	FOR_EACH_BIT (i, t.in_place & t.streams)
		control_pass(s, voice[i]);
	FOR_EACH_BIT (i, t.on & ~t.in_place) {
		uint8_t was_starving = voice[i]->starving;

		control_feed(s, voice[i]);
		t.amps |= (uint32_t)(voice[i]->starving != was_starving) << i;
	}
	FOR_EACH_BIT (i, t.amps)
		control_amp(voice[i]);
	*ret_in_place = t.in_place;
	return t.on;
}
