/* SPDX-License-Identifier: MIT */
/* Starting voices: which zones a note brings, where in their samples they begin, and whom they end. */
#include "voice.h"

#define KEY_60_HZ 261.62557f
#define LIMIT_MAX 0x80000000u /* virtual frames: who loops for longer than half a day loops for ever */
#define WARM_ZONES 8u         /* of one note, and the zones on its key: more are started without */
#define WARM_LISTED 16u
#define NOTE_VOICES 128u      /* of one note: what a bank may ask of the audio thread at once */

void voice_open_stream(struct sampler *s, struct voice *v) MOS_RT
{
	const struct sample *a = v->sample;
	uint32_t at = (uint32_t)(v->pos >> 32),
		 end = v->is_looping && v->loop_limit == VOICE_NEVER ? v->loop_end : v->end;

	v->stream = STREAM_NONE;
	v->is_short = 0;
	fetch_forget(v);
	if (a->source == BANK_NONE)
		return;
	for (uint32_t i = 0; i < a->n_extents; i++)
		if (at >= a->extent[i].first && at < a->extent[i].end)
			at = a->extent[i].end;
	if (at >= end)
		return;
	v->stream_from = v->passed = at;
	if (s->streams)
		v->stream = stream_open(s->streams, a, at, v->is_looping ? v->loop_start : 0,
		v->is_looping ? v->loop_end : 0, v->inc ? v->inc : UINT64_C(1) << 32);
	if (v->stream == STREAM_NONE) {
		v->is_short = 1;
		v->end = at;
	}
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

/* Where in the sample it begins and ends. */
static void place(struct sampler *s, struct voice *v) MOS_RT
{
	const struct zone *z = v->zone;
	uint32_t start;

	v->end = v->loop_limit = VOICE_NEVER;
	v->is_looping = v->is_stereo = 0;
	v->pos = 0;
	v->stream = STREAM_NONE;
	fetch_forget(v);
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
	voice_open_stream(s, v);
}

/* Within its delay: nothing of it is to be heard when it ends now. */
static int is_to_come(const struct voice *v, uint32_t offset) MOS_RT
{
	return v->is_fresh && v->wait > offset;
}

/* Voices of its group that this note ends (SoundFont exclusive class, SFZ off_by). */
static void choke(struct sampler *s, const struct zone *z, const struct note_start *a) MOS_RT
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
static void limit_group(struct sampler *s, const struct zone *z, const struct note_start *a) MOS_RT
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
	struct voice *v;

	choke(s, z, a);
	limit_group(s, z, a);
	v = voice_take(s, a->offset);
	if (!v)
		return;
	v->zone = z;
	v->bank = bank;
	v->sample = z->sample == BANK_NONE ? NULL : &bank->sample[z->sample];
	v->channel = (uint8_t)a->channel;
	if ((z->param[ZP_REVERB] > 0 || z->param[ZP_CHORUS] > 0) && sends_are_full(&s->sends))
		voices_catch_up(s, a->offset);
	v->bus = sends_take(&s->sends, a->channel, z->param[ZP_REVERB], z->param[ZP_CHORUS]);
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
	v->stream = STREAM_NONE;
	v->inc = 0;
	voice_start(s, v);
	v->wait = a->offset + clamp_frames(v->param[ZP_DELAY] * s->rate, UINT32_MAX / 4);
	if (v->wait)
		s->strip[a->channel].is_timed = 1;
	place(s, v);
	voice_enlist(s, v);
	fetch_ahead(v);
	if (z->trigger >= ZONE_ON_RELEASE) /* no key lets it go */
		voice_unkey(s, v);
}

/* A note's zones lie anywhere, and were not read for long: all that starting them reads is asked for at once. */
static void warm_zones(const struct sampler *s, uint32_t list, const struct select_note *n) MOS_RT
{
	const struct sampler_channel *c = &s->channel[n->channel];
	const uint32_t *zone = c->bank->zone_list + c->preset->by_key[list];
	uint32_t n_listed = c->preset->by_key[list + 1] - c->preset->by_key[list], n_zones = 0;
	const struct zone *z[WARM_ZONES];

	n_listed = n_listed < WARM_LISTED ? n_listed : WARM_LISTED;
	for (uint32_t i = 0; i < n_listed; i++)
		__builtin_prefetch(&c->bank->zone[zone[i]]);
	for (uint32_t i = 0; i < n_listed && n_zones < WARM_ZONES; i++)
		if (select_fits(s, &c->bank->zone[zone[i]], n)) {
			z[n_zones] = &c->bank->zone[zone[i]];
			warm(z[n_zones], sizeof(*z[0]));
			if (s->n_free > n_zones)
				warm(&s->voice[s->free_list[s->n_free - 1 - n_zones]], sizeof(struct voice));
			n_zones++;
		}
	for (uint32_t i = 0; i < n_zones; i++) {
		warm(&c->bank->mod[z[i]->mod], z[i]->n_mods * sizeof(struct zone_mod));
		if (z[i]->sample != BANK_NONE)
			warm(&c->bank->sample[z[i]->sample], sizeof(struct sample));
	}
}

void start_zones(struct sampler *s, uint32_t list, const struct select_note *n, const struct note_start *a)
	MOS_RT
{
	const struct sampler_channel *c = &s->channel[n->channel];
	const struct preset *p = c->preset;
	uint32_t n_started = 0;

	warm_zones(s, list, n);
	for (uint32_t i = p->by_key[list]; i < p->by_key[list + 1] && n_started < NOTE_VOICES; i++)
		if (select_zone(s, c->bank->zone_list[i], n)) {
			start_zone(s, c->bank->zone_list[i], a);
			n_started++;
		}
}

void start_released(struct sampler *s, uint32_t offset, uint32_t channel, uint32_t key, enum zone_trigger how)
	MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	uint64_t held_frames = s->frame + offset - s->key_frame[channel][key];
	uint32_t n_started = 0;
	struct select_note n = {.channel = channel,
		.key = key,
		.velocity = s->key_velocity[channel][key],
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
		const struct zone *z = &c->bank->zone[c->bank->zone_list[i]];

		if (z->trigger != how || !select_zone(s, c->bank->zone_list[i], &n))
			continue;
		a.release_db = z->rt_decay_db * (float)held_frames / s->rate;
		start_zone(s, c->bank->zone_list[i], &a);
		n_started++;
	}
}
