/* SPDX-License-Identifier: MIT */
/* Starting voices: which zones a note brings, where in their samples they begin, and whom they end. */
#include "lists.h"
#include "params.h"

#include <string.h>

#define KEY_60_HZ 261.62557f
#define LIMIT_MAX 0x80000000u /* virtual frames: who loops for longer than half a day loops for ever */
#define NEXT_VOICES 2u        /* of the next note, which are asked for ahead */
#define NOTE_VOICES 128u      /* of one note: what a bank may ask of the audio thread at once */

uint32_t voice_memory_end(const struct voice *v) MOS_RT
{
	const struct sample *a = v->sample;
	uint32_t at = (uint32_t)(v->pos >> 32),
		 end = v->is_looping && v->loop_limit == VOICE_NEVER ? v->loop_end : v->end;

	if (!a || a->source == BANK_NONE)
		return VOICE_NEVER;
	for (uint32_t i = 0; i < a->n_extents; i++)
		if (at >= a->extent[i].first && at < a->extent[i].end)
			at = a->extent[i].end;
	return at < end ? at : VOICE_NEVER;
}

static inline void open_stream(struct sampler *s, struct voice *v, uint32_t at) MOS_RT
{
	v->stream = STREAM_NONE;
	v->is_short = 0;
	fetch_forget(v);
	if (at == VOICE_NEVER)
		return;
	v->stream_from = v->passed = at;
	if (s->streams)
		v->stream = stream_open(s->streams, v->sample, at, v->is_looping ? v->loop_start : 0,
			v->is_looping ? v->loop_end : 0, v->inc ? v->inc : UINT64_C(1) << 32);
	if (v->stream == STREAM_NONE) {
		v->is_short = 1;
		v->end = at;
	}
}

void voice_open_stream(struct sampler *s, struct voice *v) MOS_RT
{
	open_stream(s, v, voice_memory_end(v));
}

static uint32_t clamp_frames(float x, uint32_t max) MOS_RT
{
	return x > 0 ? (x < (float)max ? (uint32_t)x : max) : 0;
}

uint32_t voice_delay(const struct sampler *s, float seconds) MOS_RT
{
	return clamp_frames(seconds * s->rate, UINT32_MAX / 4);
}

/* Does it repeat a part of its sample? SFZ's one-shots with a count repeat all of it. */
static void set_loop(struct voice *v, uint32_t start) MOS_RT
{
	const struct zone *z = v->zone;
	int all = z->loop == ZONE_ONE_SHOT && z->loop_count > 1;
	uint64_t limit;

	v->loop_start = all ? start : z->loop_start;
	v->loop_end = all ? z->end : z->loop_end;
	if ((z->loop != ZONE_LOOP_ALWAYS && z->loop != ZONE_LOOP_UNTIL_RELEASE && !all) || z->is_reverse ||
		v->loop_end <= v->loop_start || v->loop_end > v->sample->n_frames || v->loop_end <= start)
		return;
	v->is_looping = 1;
	v->end = VOICE_NEVER;
	limit = v->loop_start + (uint64_t)(v->loop_end - v->loop_start) * z->loop_count;
	if (z->loop_count && limit < LIMIT_MAX) {
		v->loop_limit = (uint32_t)limit;
		v->end = v->loop_limit + (z->end > v->loop_end ? z->end - v->loop_end : 0);
	}
}

void voice_place(const struct sampler *s, struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;
	uint32_t start;

	v->end = v->loop_limit = VOICE_NEVER;
	v->is_looping = v->is_stereo = 0;
	v->pos = 0;
	if (!v->sample) {
		v->ratio = KEY_60_HZ * rt_exp2(((float)z->root_key - 60) * (1.0f / 12)) / s->rate;
		return;
	}
	v->is_stereo = v->sample->n_channels == 2;
	v->ratio = (float)v->sample->rate_hz / s->rate;
	start = z->is_reverse ? 0
			      : z->start + clamp_frames(v->param[ZP_OFFSET],
						   z->end > z->start ? z->end - z->start : 0);
	v->pos = (uint64_t)start << 32;
	v->end = z->is_reverse ? z->end - z->start : z->end;
	set_loop(v, start);
}

/* Within its delay: nothing of it is to be heard when it ends now. */
static int is_to_come(const struct voice *v, uint32_t offset) MOS_RT
{
	return v->is_fresh && v->wait > offset;
}

/* Voices of its group that this note ends (SoundFont exclusive class, SFZ off_by). */
SELDOM static void choke(struct sampler *s, const struct zone *z, const struct note_start *a) MOS_RT
{
	uint32_t i = s->strip[a->channel].first, next;

	if (!z->group)
		return;
	for (; i != VOICE_NONE; i = next) {
		struct voice *v = &s->voice[i];

		next = s->link[i].next;
		if (v->zone->off_by != z->group || v->note == a->note || v->state == VOICE_DYING)
			continue;
		sampler_advance(s, a->channel, a->offset);
		if (v->state == VOICE_FREE) { /* it was over anyway; the list is another now */
			next = s->strip[a->channel].first;
			continue;
		}
		next = s->link[i].next;
		if (is_to_come(v, a->offset)) {
			voice_end(s, v);
			continue;
		}
		voice_unkey(s, v);
		v->state = VOICE_DYING;
		voice_set_age(s, v, AGE_DYING);
		voice_choke(s, v);
	}
}

/* SFZ polyphony of a group, and of one key in it: the oldest go. */
SELDOM static void limit_group(struct sampler *s, const struct zone *z, const struct note_start *a) MOS_RT
{
	uint32_t in_group = 0, on_key = 0;

	if (!z->group_polyphony && !z->note_polyphony)
		return;
	sampler_advance(s, a->channel, a->offset); /* only those that still sound are counted */
	for (uint32_t i = s->strip[a->channel].last, prev; i != VOICE_NONE; i = prev) {
		struct voice *v = &s->voice[i];

		prev = s->link[i].prev;
		if (v->zone->group != z->group || v->note == a->note || v->state == VOICE_DYING)
			continue;
		in_group++;
		on_key += v->key == a->key;
		if ((z->group_polyphony && in_group >= z->group_polyphony) ||
			(z->note_polyphony && v->key == a->key && on_key >= z->note_polyphony)) {
			if (is_to_come(v, a->offset)) {
				voice_end(s, v);
				continue;
			}
			voice_unkey(s, v);
			v->state = VOICE_DYING;
			voice_set_age(s, v, AGE_DYING);
			v->fade_at = a->offset;
			s->strip[a->channel].is_timed = 1;
		}
	}
}

/* Modulators listen to all LFOs and envelopes, also to those that the zone does not have. */
SELDOM static void begin_silent(struct voice *v) MOS_RT
{
	for (uint32_t i = 0; i < ZONE_LFOS; i++)
		v->lfo[i] = (struct lfo){0};
	for (uint32_t i = 1; i < ZONE_ENVS; i++)
		v->env[i] = (struct env){0};
	v->vol.level = 0;
}

/* Envelopes and LFOs: what no modulator moves, and no sound controller of the channel, is as it always is. */
static void begin_moving(struct sampler *s, struct voice *v, const struct ready *r, const struct ready_state *x)
	MOS_RT
{
	uint32_t is = r->is;

	if (v->flavour == ZONE_SF2 && s->channel[v->channel].is_shifted)
		is &= ~(uint32_t)(READY_VOLUME | READY_LFO << 1);
	if ((is & READY_VOLUME) && (is & READY_ENV) && v->n_envs <= 2) {
		v->vol = x->vol;
		v->env[1] = x->env;
	} else {
		voice_start_envs(s, v);
	}
	for (uint32_t i = 0; i < v->n_lfos; i++) {
		if (i < READY_LFOS && (is & READY_LFO << i))
			v->lfo[i] = (struct lfo){.wait = x->lfo[i].wait,
				.phase = x->lfo[i].phase,
				.step = x->lfo[i].step,
				.fade = x->lfo[i].fade};
		else
			lfo_start(s, v, i);
		if (v->live_lfos >> i & 1)
			lfo_advance(s, v, i, SAMPLER_CONTROL / 2);
		else
			v->lfo[i].behind = SAMPLER_CONTROL / 2;
	}
	for (uint32_t i = 0; i < v->n_flex; i++)
		flex_start(s, &v->flex[i], &flex_of(v)[i]);
}

/* Something is not as the zone has it. @return where a stream begins. */
SELDOM static uint32_t begin_otherwise(struct sampler *s, struct voice *v, const struct ready *r) MOS_RT
{
	v->plain_lfos = 0;
	v->filter = params_filter(s, v);
	if (v->filter != r->filter)
		v->n_sections = (uint8_t)filter_sections_of(v->zone, v->filter);
	params_depths(v);
	begin_moving(s, v, r, &s->ready_state[r->state]);
	v->wait = voice_delay(s, v->param[ZP_DELAY]);
	if (r->is & READY_PLACE)
		return r->memory_end;
	voice_place(s, v);
	fetch_ahead(v);
	return voice_memory_end(v);
}

/* All as the zone has it. */
static inline void begin_as_ready(struct voice *v, const struct ready *r, const struct ready_state *x) MOS_RT
{
	v->vol = x->vol;
	if (v->n_envs > 1) {
		v->env[1] = x->env;
		memcpy(v->env_to[1], x->env_to, sizeof(x->env_to));
	}
	if (v->n_lfos) {
		memcpy(v->lfo_to, x->lfo_to, sizeof(x->lfo_to));
		memcpy(v->lfo, x->lfo_begun, sizeof(x->lfo_begun));
	}
	v->live_lfos = r->live_lfos;
	v->plain_lfos = r->plain_lfos;
	v->moves = r->moves;
	v->amp_moves = r->amp_moves;
	v->wait = r->delay;
}

static inline void place_as_ready(struct voice *v, const struct ready *r) MOS_RT
{
	v->pos = (uint64_t)r->pos << 32;
	v->end = r->end;
	v->loop_limit = r->loop_limit;
	v->loop_start = r->loop_start;
	v->loop_end = r->loop_end;
	v->is_looping = r->is_looping;
	v->is_stereo = r->is_stereo;
	v->turns = r->turns;
	v->ratio = r->ratio;
}

/* What each voice begins with, whatever its zone. */
static inline void begin_anew(struct sampler *s, struct voice *v, const struct note_start *a) MOS_RT
{
	v->channel = (uint8_t)a->channel;
	v->velocity = a->velocity;
	v->release_db = a->release_db;
	v->once_cents = a->once_cents;
	v->note = a->note;
	v->noise = a->note * 2654435761u;
	v->alternate = a->alternate;
	v->random = sampler_random(s);
	v->random_bipolar = sampler_random(s);
	v->version = s->chan[a->channel].version;
	v->state = VOICE_HELD;
	v->is_released = v->starving = 0;
	v->left = v->k = 0;
	v->gain[0] = v->gain[1] = 0;
	v->release_at = v->fade_at = VOICE_NEVER;
	v->inc = 0;
	v->idle = 0;
	v->is_fresh = 1;
	v->last_cents = v->still_cents = v->filter_1.fc = v->filter_2.fc = NOWHERE;
}

static inline void begin_zone(struct voice *v, const struct bank *bank, const struct zone *z,
	const struct ready *r) MOS_RT
{
	v->zone = z;
	v->bank = bank;
	v->sample = r->sample == BANK_NONE ? NULL : &bank->sample[r->sample];
	v->flavour = r->flavour;
	v->n_lfos = r->n_lfos;
	v->n_envs = r->n_envs;
	v->n_flex = r->n_flex;
	v->filter = r->filter;
	v->n_sections = r->n_sections;
	v->reads_itself = (r->is & READY_LISTENS) != 0;
}

static inline struct voice *take(struct sampler *s, uint32_t offset) MOS_RT
{
	if (voices_are_full(s) || s->n_free == 0)
		return voice_take(s, offset);
	return &s->voice[s->free_list[--s->n_free]];
}

static inline uint8_t take_bus(struct sampler *s, const struct note_start *a, const struct ready *r) MOS_RT
{
	if (!(r->is & READY_SENDS))
		return BUS_NONE;
	if (RARELY(sends_are_full(&s->sends)))
		voices_catch_up(s, a->offset);
	return sends_take(&s->sends, a->channel, &r->send);
}

static const struct kernel_section silent = {.c = {[SVF_M0] = 1}};

static inline void start_zone(struct sampler *s, uint32_t zone, const struct note_start *a) MOS_RT
{
	const struct sampler_channel *c = &s->channel[a->channel];
	const struct zone *z = &c->bank->zone[zone];
	const struct ready *r = &s->ready[c->zone_base + zone];
	uint32_t memory_end = r->memory_end;
	float direct[FIRST_WIDE];
	struct voice *v;

	if (RARELY(r->is & READY_ENDS)) {
		choke(s, z, a);
		limit_group(s, z, a);
	}
	v = take(s, a->offset);
	if (RARELY(!v))
		return;
	begin_zone(v, c->bank, z, r);
	v->key = (uint8_t)a->key;
	if (RARELY(r->is & READY_UNKEYED) && z->trigger == ZONE_ON_CC)
		v->key = (uint8_t)(z->root_key & 127);
	v->bus = take_bus(s, a, r);
	begin_anew(s, v, a);
	place_as_ready(v, r);
	if (RARELY(r->is & READY_LISTENS))
		begin_silent(v);
	params_evaluate(s, v, &r->tone, c->is_shifted, direct);
	params_settle(s, v, &r->tone, c->wheel, direct);
	if (RARELY(v->param == v->own || !(r->is & READY_WHOLE)))
		memory_end = begin_otherwise(s, v, r);
	else
		begin_as_ready(v, r, &s->ready_state[r->state]);
	if (v->n_sections)
		v->section[0] = silent;
	for (uint32_t i = 1; i < v->n_sections; i++)
		v->section[i] = silent;
	v->wait += a->offset;
	if (v->wait)
		s->strip[a->channel].is_timed = 1;
	open_stream(s, v, memory_end);
	voice_enlist(s, v);
	if (RARELY(r->is & READY_UNKEYED))
		voice_unkey(s, v);
}

/* What the voice that is taken n-th from now on is written with. */
static inline void warm_free(const struct sampler *s, uint32_t n) MOS_RT
{
	uint32_t i;

	if (RARELY(s->n_free <= n))
		return;
	i = s->free_list[s->n_free - 1 - n];
	warm(&s->voice[i], offsetof(struct voice, section) + sizeof(struct kernel_section));
	warm(&s->voice[i].still_inc, offsetof(struct voice, own) - offsetof(struct voice, still_inc));
	warm(&s->voice[i].zone, offsetof(struct voice, flex) - offsetof(struct voice, zone));
	__builtin_prefetch(&s->link[i]);
	__builtin_prefetch(&s->place[i]);
}

/* Where none is left: those that are next to end for it. */
static inline void warm_victims(const struct sampler *s) MOS_RT
{
	for (uint32_t list = AGE_HELD; list < AGE_DYING; list++) {
		uint32_t i = s->age[list].first;

		if (i == VOICE_NONE)
			continue;
		__builtin_prefetch(&s->place[i]);
		warm_voice(&s->voice[i]);
	}
}

/*
 * A note's zones lie anywhere, and were not read for long. All that starting them reads is asked for at once,
 * and of the zone what its first piece reads.
 */
static inline void warm_zone(const struct sampler *s, const struct bank *bank, uint32_t zone,
	const struct ready *r) MOS_RT
{
	warm(&s->ready_state[r->state], sizeof(struct ready_state));
	__builtin_prefetch(&bank->zone[zone]);
	__builtin_prefetch(&bank->zone[zone].param[ZP_FC]);
	if (r->sample != BANK_NONE)
		warm(&bank->sample[r->sample], sizeof(struct sample));
	__builtin_prefetch(r->data[0]);
	__builtin_prefetch(r->data[1]);
}

/*
 * Entries at .. at + n of the channel's lists that the note may start. All are looked at in the same way:
 * which of them fit nobody can guess. @return how many
 */
static inline uint32_t find_fits(const struct choice *choice, uint32_t at, uint32_t n, uint32_t triggers,
	uint32_t velocity, uint32_t ret_at[AT_ONCE]) MOS_RT
{
	uint32_t n_fits = 0;

	for (uint32_t i = at; i < at + n; i++) {
		ret_at[n_fits] = i;
		n_fits += choice_fits(&choice[i], triggers, velocity);
	}
	return n_fits;
}

static inline void choose(struct sampler *s, const struct select_note *n, struct zones *z) MOS_RT
{
	const struct sampler_channel *c = &s->channel[n->channel];
	const struct choice *choice = &s->choice[c->list_base];
	uint32_t triggers = select_triggers(s, n), velocity = n->velocity < 1 ? 1 : (uint32_t)n->velocity, n_fits;
	uint32_t part = z->end - z->at < AT_ONCE ? z->end - z->at : AT_ONCE;

	if (voices_are_full(s))
		warm_victims(s);
	n_fits = find_fits(choice, z->at, part, triggers, velocity, z->zone);
	z->at += part;
	z->n = 0;
	for (uint32_t i = 0; i < n_fits && z->n_started < NOTE_VOICES; i++) {
		uint32_t at = z->zone[i], zone = c->bank->zone_list[at];

		if (RARELY(choice[at].has_conds) && !select_holds(s, zone, n))
			continue;
		z->zone[z->n] = zone;
		warm(&s->ready[c->zone_base + zone], sizeof(struct ready));
		warm_free(s, z->n++);
		z->n_started++;
	}
}

void zones_choose(struct sampler *s, const struct select_note *n, struct zones *z) MOS_RT
{
	choose(s, n, z);
}

void zones_start(struct sampler *s, const struct select_note *n, const struct note_start *a, struct zones *z)
	MOS_RT
{
	const struct sampler_channel *c = &s->channel[a->channel];

	for (;;) {
		for (uint32_t i = 0; i < z->n; i++)
			warm_zone(s, c->bank, z->zone[i], &s->ready[c->zone_base + z->zone[i]]);
		for (uint32_t i = 0; i < z->n; i++)
			start_zone(s, z->zone[i], a);
		if (z->at >= z->end)
			break;
		choose(s, n, z);
	}
	for (uint32_t i = 0; i < NEXT_VOICES; i++) /* notes come together */
		warm_free(s, i);
}

/* Not a note's own. */
SELDOM static void start_one(struct sampler *s, uint32_t zone, const struct note_start *a) MOS_RT
{
	start_zone(s, zone, a);
}

void start_released(struct sampler *s, uint32_t offset, uint32_t channel, uint32_t key, enum zone_trigger how)
	MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	uint64_t held_frames = s->frame + offset - s->key[channel][key].frame;
	uint32_t n_started = 0;
	struct select_note n = {.channel = channel,
		.key = key,
		.velocity = s->key[channel][key].velocity,
		.random = sampler_random(s),
		.trigger = how};
	struct note_start a = {.offset = offset,
		.channel = channel,
		.key = key,
		.note = ++s->n_notes,
		.velocity = n.velocity,
		.alternate = c->alternate};

	select_see(s, channel);
	if (!c->preset) /* the channel has gone to a bank that the rack has nothing of */
		return;
	for (uint32_t i = c->preset->by_key[key]; i < c->preset->by_key[key + 1] && n_started < NOTE_VOICES; i++) {
		const struct choice *choice = &s->choice[c->list_base + i];
		uint32_t zone = c->bank->zone_list[i];

		if (!choice_fits(choice, 1u << how, n.velocity < 1 ? 1 : (uint32_t)n.velocity) ||
			(choice->has_conds && !select_holds(s, zone, &n)))
			continue;
		a.release_db = c->bank->zone[zone].rt_decay_db * (float)held_frames / s->rate;
		start_one(s, zone, &a);
		n_started++;
	}
}
