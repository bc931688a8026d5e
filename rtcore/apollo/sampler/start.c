/* SPDX-License-Identifier: MIT */
/* Starting voices: which zones a note brings, where in their samples they begin, and whom they end. */
#include "ready.h"

#define KEY_60_HZ 261.62557f
#define LIMIT_MAX 0x80000000u /* virtual frames: who loops for longer than half a day loops for ever */
#define NOTE_VOICES 128u      /* of one note: what a bank may ask of the audio thread at once */
#define AT_ONCE 8u            /* of them are chosen, and then started */

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

static void open_stream(struct sampler *s, struct voice *v, uint32_t at) MOS_RT
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

static void place(struct sampler *s, struct voice *v, const struct ready *r) MOS_RT
{
	if (!(r->is & READY_PLACE)) {
		voice_place(s, v);
		voice_open_stream(s, v);
		return;
	}
	v->pos = (uint64_t)r->pos << 32;
	v->end = r->end;
	v->loop_limit = r->loop_limit;
	v->loop_start = r->loop_start;
	v->loop_end = r->loop_end;
	v->is_looping = r->is_looping;
	v->is_stereo = r->is_stereo;
	v->ratio = r->ratio;
	open_stream(s, v, r->memory_end);
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

static void start_zone(struct sampler *s, uint32_t zone, const struct note_start *a) MOS_RT
{
	const struct bank *bank = s->channel[a->channel].bank;
	const struct zone *z = &bank->zone[zone];
	const struct ready *r = &s->ready[s->channel[a->channel].zone_base + zone];
	struct voice *v;

	if (r->is & READY_ENDS) {
		choke(s, z, a);
		limit_group(s, z, a);
	}
	v = voice_take(s, a->offset);
	if (!v)
		return;
	v->zone = z;
	v->bank = bank;
	v->sample = z->sample == BANK_NONE ? NULL : &bank->sample[z->sample];
	v->channel = (uint8_t)a->channel;
	if ((r->reverb > 0 || r->chorus > 0) && sends_are_full(&s->sends))
		voices_catch_up(s, a->offset);
	v->bus = sends_take(&s->sends, a->channel, r->reverb, r->chorus);
	v->key = (uint8_t)(z->trigger == ZONE_ON_CC ? (uint32_t)z->root_key & 127 : a->key);
	v->velocity = a->velocity;
	v->release_db = a->release_db;
	v->once_cents = a->once_cents;
	v->note = a->note;
	v->noise = a->note * 2654435761u;
	v->alternate = a->alternate;
	v->random = sampler_random(s);
	v->random_bipolar = sampler_random(s);
	v->state = VOICE_HELD;
	v->is_released = v->starving = 0;
	v->left = v->k = 0;
	v->gain[0] = v->gain[1] = 0;
	v->release_at = v->fade_at = VOICE_NEVER;
	v->inc = 0;
	voice_start(s, v, r);
	v->wait = a->offset + clamp_frames(v->param[ZP_DELAY] * s->rate, UINT32_MAX / 4);
	if (v->wait)
		s->strip[a->channel].is_timed = 1;
	place(s, v, r);
	voice_enlist(s, v);
	fetch_ahead(v);
	if (z->trigger >= ZONE_ON_RELEASE) /* no key lets it go */
		voice_unkey(s, v);
}

/* What is written of a voice that begins. */
static void warm_start(const struct voice *v) MOS_RT
{
	warm(v, offsetof(struct voice, section) + sizeof(struct kernel_section));
	warm(&v->still_inc, offsetof(struct voice, own) - offsetof(struct voice, still_inc));
	warm(&v->zone, offsetof(struct voice, flex) - offsetof(struct voice, zone));
}

/* A note's zones lie anywhere, and were not read for long: all that starting them reads is asked for at once.
 */
static void warm_zones(const struct sampler *s, const struct sampler_channel *c, const uint32_t *zone,
	uint32_t n) MOS_RT
{
	for (uint32_t i = 0; i < n; i++) {
		__builtin_prefetch(&s->ready[c->zone_base + zone[i]]);
		__builtin_prefetch(&s->ready[c->zone_base + zone[i]].amp_moves); /* its last byte */
		warm(&c->bank->zone[zone[i]], offsetof(struct zone, param) + ZP_EQ * sizeof(float));
		if (s->n_free > i)
			warm_start(&s->voice[s->free_list[s->n_free - 1 - i]]);
	}
	for (uint32_t i = 0; i < n; i++) {
		warm(&s->ready_state[s->ready[c->zone_base + zone[i]].state], sizeof(struct ready_state));
		if (c->bank->zone[zone[i]].sample != BANK_NONE)
			warm(&c->bank->sample[c->bank->zone[zone[i]].sample], sizeof(struct sample));
	}
}

void start_zones(struct sampler *s, uint32_t list, const struct select_note *n, const struct note_start *a)
	MOS_RT
{
	const struct sampler_channel *c = &s->channel[n->channel];
	const struct choice *choice = &s->choice[c->list_base];
	uint32_t at = c->preset->by_key[list], end = c->preset->by_key[list + 1], zone[AT_ONCE], n_zones;
	uint32_t triggers = select_triggers(s, n), velocity = n->velocity < 1 ? 1 : (uint32_t)n->velocity;

	static_assert(NOTE_VOICES % AT_ONCE == 0);
	for (uint32_t n_started = 0; at < end && n_started < NOTE_VOICES; n_started += n_zones) {
		for (n_zones = 0; at < end && n_zones < AT_ONCE; at++)
			if (choice_fits(&choice[at], triggers, velocity) &&
				(!choice[at].has_conds || select_holds(s, c->bank->zone_list[at], n)))
				zone[n_zones++] = c->bank->zone_list[at];
		warm_zones(s, c, zone, n_zones);
		for (uint32_t i = 0; i < n_zones; i++)
			start_zone(s, zone[i], a);
	}
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

	if (!c->preset) /* the channel has gone to a bank that the rack has nothing of */
		return;
	for (uint32_t i = c->preset->by_key[key]; i < c->preset->by_key[key + 1] && n_started < NOTE_VOICES; i++) {
		const struct choice *choice = &s->choice[c->list_base + i];
		uint32_t zone = c->bank->zone_list[i];

		if (!choice_fits(choice, 1u << how, n.velocity < 1 ? 1 : (uint32_t)n.velocity) ||
			(choice->has_conds && !select_holds(s, zone, &n)))
			continue;
		a.release_db = c->bank->zone[zone].rt_decay_db * (float)held_frames / s->rate;
		start_zone(s, zone, &a);
		n_started++;
	}
}
