/* SPDX-License-Identifier: MIT */
#include "sampler.h"

#include <string.h>

#include "lists.h"

#define SHORTEST_HZ 100u /* a note lasts for 10 ms at least, FluidSynth's synth.min-note-length */

static struct sampler *sampler_of(struct instrument *i) MOS_RT
{
	return (struct sampler *)i;
}

static uint32_t later(uint32_t at, uint32_t n) MOS_RT
{
	return at == VOICE_NEVER ? at : at > n ? at - n : 0;
}

/* What is due in blocks to come is counted from their start. */
static void shift(struct sampler *s, uint32_t strip, uint32_t n) MOS_RT
{
	s->strip[strip].is_timed = 0;
	for (uint32_t i = s->strip[strip].first; i != VOICE_NONE; i = s->link[i].next) {
		struct voice *v = &s->voice[i];

		v->wait = v->wait > n ? v->wait - n : 0;
		v->release_at = later(v->release_at, n);
		v->fade_at = later(v->fade_at, n);
		if (v->wait || v->release_at != VOICE_NEVER || v->fade_at != VOICE_NEVER)
			s->strip[strip].is_timed = 1;
	}
}

/* Modulators look at the channel again. */
static void forget_heard(struct sampler *s, uint32_t channel) MOS_RT
{
	for (uint32_t i = 0; i < HEARD_RUNS; i++)
		s->heard[channel][i].run = NULL;
}

static void end_all(struct sampler *s, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	uint32_t next;

	for (uint32_t i = s->strip[channel].first; i != VOICE_NONE; i = next) {
		next = s->link[i].next;
		voice_end(s, &s->voice[i]);
	}
	c->down[0] = c->down[1] = c->held[0] = c->held[1] = c->sost[0] = c->sost[1] = 0;
}

/* Nobody knows any more which of its notes should sound. */
static void begin_anew(struct sampler *s, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];

	end_all(s, channel);
	forget_heard(s, channel); /* maybe read while it changed */
	c->pedal = chan_cc(&s->chan[channel], 64) >= 64;
	c->sostenuto = chan_cc(&s->chan[channel], 66) >= 64;
	for (uint32_t num = 0; num < 128; num++)
		c->cc[num] = (uint8_t)chan_cc(&s->chan[channel], num);
}

/*
 * Strips that a worker was late with: they go on, or begin anew where something happened meanwhile. The worker may have
 * read a channel while it changed, but only for voices that end here.
 */
static void take_back(struct sampler *s) MOS_RT
{
	uint64_t strips = s->held, missed = s->missed;

	if (!share_is_back(s))
		return;
	s->held = s->missed = s->sends.held = 0;
	s->returned |= strips & ~missed;
	for (; strips; strips &= strips - 1) {
		uint32_t strip = (uint32_t)__builtin_ctzll(strips);

		sends_clear(&s->sends, strip);
		if (missed >> strip & 1)
			begin_anew(s, strip);
		else if (s->strip[strip].is_timed)
			shift(s, strip, s->held_frames);
	}
}

static void begin(struct instrument *i, uint64_t frame, struct strip_bufs *bufs) MOS_RT
{
	struct sampler *s = sampler_of(i);

	if (s->held)
		take_back(s);
	s->frame = s->work[0]->frame = frame;
	s->bufs = bufs;
	s->n_caught_up = 0;
	s->caught_up = 0; /* nothing has been made of this block */
	sends_begin(&s->sends, bufs->is_heard);
	s->work[0]->is_heard = bufs->is_heard;
	for (uint32_t n = 0; n < APOLLO_CHANNELS; n++)
		if (!(s->held >> n & 1))
			s->strip[n].done = s->strip[n].made = 0;
}

/* Drum tracks have notes of no length: in SoundFonts they would end within their attack, unheard. */
static uint32_t not_before(const struct sampler *s, const struct voice *v, uint32_t offset) MOS_RT
{
	uint64_t least = s->key[v->channel][v->key].frame + s->rate_hz / SHORTEST_HZ, now = s->frame + offset;

	return v->flavour == ZONE_SF2 && least > now ? offset + (uint32_t)(least - now) : offset;
}

static void release_at(struct sampler *s, struct voice *v, uint32_t offset) MOS_RT
{
	if (v->flavour == ZONE_SFZ && v->zone->loop != ZONE_ONE_SHOT && v->is_fresh && v->wait > offset) {
		voice_end(s, v); /* let go within its delay: it never starts */
		return;
	}
	v->state = VOICE_RELEASED;
	voice_set_age(s, v, AGE_RELEASED);
	if (v->zone->loop == ZONE_ONE_SHOT)
		return;
	v->release_at = not_before(s, v, offset);
	s->strip[v->channel].is_timed = 1;
}

static int pedal_holds(const struct sampler *s, uint32_t channel, uint32_t key, uint8_t deaf) MOS_RT
{
	const struct sampler_channel *c = &s->channel[channel];

	return (c->pedal && !(deaf & ZONE_DEAF_SUSTAIN)) ||
	       (key_is_set(c->sost, key) && !(deaf & ZONE_DEAF_SOSTENUTO));
}

/* Struck again while down: SoundFont players let the older note go. */
static void restrike(struct sampler *s, uint32_t offset, uint32_t channel, uint32_t key) MOS_RT
{
	uint32_t next;

	for (uint32_t i = s->key[channel][key].first; i != VOICE_NONE; i = next) {
		struct voice *v = &s->voice[i];

		next = s->place[i].key_next;
		if (v->flavour == ZONE_SF2 && (v->state == VOICE_HELD || v->state == VOICE_PEDAL)) {
			voice_unkey(s, v);
			release_at(s, v, offset);
		}
	}
}

static void note_on(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key, float velocity)
	MOS_RT
{
	struct sampler *s = sampler_of(ins);
	struct sampler_channel *c = &s->channel[channel];
	struct sampler_key *k = &s->key[channel][key];
	struct select_note n = {
		.channel = channel, .key = key, .velocity = velocity, .trigger = ZONE_ON_ATTACK};
	struct note_start a = {.offset = offset, .channel = channel, .key = key};
	const struct preset *p;
	struct zones zones;

	__builtin_prefetch(k);
	__builtin_prefetch(&s->heard[channel][0]);
	select_see(s, channel);
	p = c->preset;
	if (!p || share_misses(s, channel))
		return;
	zones_find(s, c, key, &zones);
	c->pedal = c->is_sustained; /* it may be down since before this bank came */
	if (p->has_switch && key >= p->sw_lo && key <= p->sw_hi)
		c->last_switch = key;
	a.velocity = velocity * c->soften;
	a.once_cents = k->note.once_cents;
	k->note.once_cents = 0;
	n.random = sampler_random(s);
	zones_choose(s, &n, &zones);
	restrike(s, offset, channel, key);
	a.note = ++s->n_notes;
	a.alternate = c->alternate ^= 1;
	s->figures.notes++;
	zones_start(s, &n, &a, &zones);
	key_set(c->down, key, 1);
	key_set(c->held, key, 0);
	c->last_key = key;
	k->velocity = velocity;
	k->frame = s->frame + offset;
}

static void note_off(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key) MOS_RT
{
	struct sampler *s = sampler_of(ins);
	struct sampler_channel *c = &s->channel[channel];
	int holds = pedal_holds(s, channel, key, 0), was_down = key_is_set(c->down, key);
	uint32_t next;

	if (share_misses(s, channel))
		return;
	for (uint32_t i = s->key[channel][key].first; i != VOICE_NONE; i = next) {
		struct voice *v = &s->voice[i];

		next = s->place[i].key_next;
		if (v->state != VOICE_HELD)
			continue;
		if (pedal_holds(s, channel, key, v->zone->deaf))
			v->state = VOICE_PEDAL;
		else
			release_at(s, v, offset);
	}
	key_set(c->down, key, 0);
	if (!was_down || !c->preset || !c->preset->has_release_zones)
		return;
	start_released(s, offset, channel, key, ZONE_ON_RELEASE_KEY);
	if (holds)
		key_set(c->held, key, 1);
	else
		start_released(s, offset, channel, key, ZONE_ON_RELEASE);
}

/* The key's voices follow what was said of it, from the next control point on. */
static void look_again(struct sampler *s, uint32_t channel, uint32_t key) MOS_RT
{
	if (share_misses(s, channel))
		return;
	for (uint32_t i = s->key[channel][key].first; i != VOICE_NONE; i = s->place[i].key_next)
		s->voice[i].version = s->chan[channel].version - 1;
}

static void key_pressure(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key, float value)
	MOS_RT
{
	struct sampler *s = sampler_of(ins);

	sampler_advance(s, channel, offset);
	s->key[channel][key].pressure = value;
	look_again(s, channel, key);
}

static void per_note(struct instrument *ins, uint32_t offset, const struct chan_note_msg *m) MOS_RT
{
	struct sampler *s = sampler_of(ins);
	struct sampler_note *n = &s->key[m->channel][m->key].note;

	sampler_advance(s, m->channel, offset);
	switch (m->kind) {
	case CHAN_NOTE_PITCH:
		n->cents = m->value;
		break;
	case CHAN_NOTE_PITCH_ONCE:
		n->once_cents = m->value;
		return;
	case CHAN_NOTE_BEND:
		n->bend_cents = m->value;
		break;
	case CHAN_NOTE_VOLUME:
		n->volume = m->value;
		break;
	case CHAN_NOTE_PAN:
		n->pan = (m->value - 64) * (500.0f / 63);
		break;
	case CHAN_NOTE_EXPRESSION:
		n->expression = m->value;
		break;
	case CHAN_NOTE_BRIGHTNESS:
		n->brightness = (m->value - 64) * BRIGHTNESS_CENTS;
		break;
	default:
		*n = (struct sampler_note)SAMPLER_NOTE_NEUTRAL;
		break;
	}
	n->gain = n->volume * n->volume * n->expression * n->expression * (1.0f / (100 * 100 * 127 * 127));
	look_again(s, m->channel, m->key);
}

static void before_change(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler *s = sampler_of(ins);

	(void)select_preset(s, channel);
	sampler_advance(s, channel, offset);
}

/* A pedal is up: what only it held goes. */
static void let_go(struct sampler *s, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];

	for (uint32_t i = s->strip[channel].first, next; i != VOICE_NONE; i = next) {
		struct voice *v = &s->voice[i];

		next = s->link[i].next;
		if (v->state == VOICE_PEDAL && !pedal_holds(s, channel, v->key, v->zone->deaf))
			release_at(s, v, offset);
	}
	for (uint32_t key = 0; key < 128; key++)
		if (key_is_set(c->held, key) && !pedal_holds(s, channel, key, 0)) {
			key_set(c->held, key, 0);
			start_released(s, offset, channel, key, ZONE_ON_RELEASE);
		}
}

static void pedals(struct sampler *s, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	uint8_t sustain = chan_cc(&s->chan[channel], 64) >= 64,
		sostenuto = chan_cc(&s->chan[channel], 66) >= 64;

	if (sostenuto && !c->sostenuto) {
		c->sost[0] = c->down[0];
		c->sost[1] = c->down[1];
	} else if (!sostenuto) {
		c->sost[0] = c->sost[1] = 0;
	}
	if ((c->pedal && !sustain) || (c->sostenuto && !sostenuto)) {
		c->pedal = sustain;
		c->sostenuto = sostenuto;
		let_go(s, offset, channel);
	}
	c->pedal = sustain;
	c->sostenuto = sostenuto;
}

/* SFZ: controllers that start sounds. */
static void trigger_cc(struct sampler *s, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	const struct preset *p = select_preset(s, channel);

	for (uint32_t num = 0; num < 128; num++) {
		uint8_t now = (uint8_t)chan_cc(&s->chan[channel], num), before = c->cc[num];
		struct select_note n = {
			.channel = channel, .key = 60, .velocity = 127, .trigger = ZONE_ON_CC, .cc = num};
		struct note_start a = {.offset = offset, .channel = channel, .key = 60, .velocity = 127};
		struct zones zones;

		c->cc[num] = now;
		if (now == before || !p || !p->has_cc_zones)
			continue;
		n.cc_before = before;
		select_see(s, channel);
		n.random = sampler_random(s);
		a.note = ++s->n_notes;
		zones_find(s, c, VOICE_CC_LIST, &zones);
		zones_choose(s, &n, &zones);
		zones_start(s, &n, &a, &zones);
	}
}

static void changed(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler *s = sampler_of(ins);
	const struct preset *p = select_preset(s, channel);

	if (share_misses(s, channel))
		return;
	forget_heard(s, channel);
	s->channel[channel].version = s->chan[channel].version - 1; /* the next note looks */
	pedals(s, offset, channel);
	if (p && p->has_cc_zones)
		trigger_cc(s, offset, channel);
}

static void notes_off(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler *s = sampler_of(ins);
	struct sampler_channel *c = &s->channel[channel];

	if (share_misses(s, channel))
		return;
	for (uint32_t i = s->strip[channel].first, next; i != VOICE_NONE; i = next) {
		struct voice *v = &s->voice[i];

		next = s->link[i].next;
		if (v->state != VOICE_HELD)
			continue;
		if (pedal_holds(s, channel, v->key, v->zone->deaf))
			v->state = VOICE_PEDAL;
		else
			release_at(s, v, offset);
	}
	c->down[0] = c->down[1] = 0;
}

static void kill(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct sampler *s = sampler_of(ins);

	if (share_misses(s, channel))
		return;
	sampler_advance(s, channel, offset);
	end_all(s, channel);
}

/* The strip's own sum goes where it is mixed. */
static void put(struct sampler *s, struct strip_bufs *bufs, uint32_t strip, uint32_t n) MOS_RT
{
	uint32_t made = s->strip[strip].made;
	struct bus_sum *sum = &s->out[strip];
	float *l = bufs->l[strip], *r = bufs->r[strip];

	if (s->returned >> strip & 1)
		sum_fade_in(sum, n);
	if (!(bufs->active >> strip & 1)) {
		memcpy(l, sum->l, made * sizeof(float));
		memcpy(r, sum->r, made * sizeof(float));
		memset(l + made, 0, (n - made) * sizeof(float));
		memset(r + made, 0, (n - made) * sizeof(float));
		bufs->active |= UINT64_C(1) << strip;
		return;
	}
	for (uint32_t i = 0; i < made; i++) {
		l[i] += sum->l[i];
		r[i] += sum->r[i];
	}
}

static void render(struct instrument *ins, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	struct sampler *s = sampler_of(ins);
	uint32_t n;

	s->bufs = bufs;
	bufs->cut |= share_block(s, n_frames);
	for (uint32_t strip = 0; strip < APOLLO_CHANNELS; strip++)
		if (!(s->held >> strip & 1) && s->strip[strip].made)
			put(s, bufs, strip, n_frames);
	if (s->returned)
		sends_fade_in(&s->sends, s->returned, n_frames);
	s->returned = 0;
	sends_flush(&s->sends, s->kernel, bufs, n_frames);
	s->held_frames += n_frames;
	for (uint64_t m = s->sounding & ~s->held; m; m &= m - 1) {
		uint32_t strip = (uint32_t)__builtin_ctzll(m);

		if (s->strip[strip].is_timed)
			shift(s, strip, n_frames);
	}
	s->bufs = NULL;
	n = s->n_pool - s->n_free;
	s->figures.voices = n;
	s->figures.peak_voices = n > s->figures.peak_voices ? n : s->figures.peak_voices;
}

static uint32_t voices(const struct instrument *i) MOS_RT
{
	const struct sampler *s = (const struct sampler *)i;

	return s->n_pool - s->n_free;
}

void sampler_bind(struct instrument *i)
{
	*i = (struct instrument){.begin = begin,
		.note_on = note_on,
		.note_off = note_off,
		.key_pressure = key_pressure,
		.per_note = per_note,
		.before_change = before_change,
		.changed = changed,
		.notes_off = notes_off,
		.kill = kill,
		.render = render,
		.voices = voices};
}

void sampler_figures(const struct sampler *s, struct sampler_figures *ret) MOS_RT
{
	*ret = s->figures;
}
