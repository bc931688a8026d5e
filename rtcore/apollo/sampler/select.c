/* SPDX-License-Identifier: MIT */
/* Which preset a channel plays, and which of its zones sound for a note. */
#include "params.h"

#define NO_SWITCH 255u
#define SOFT_PEDAL 0.8f /* of the velocity */
#define RHYTHM_MSB 120 /* of General MIDI 2: a drum kit, on any channel */

static int is_down(const uint64_t keys[2], uint32_t key) MOS_RT
{
	return keys[key / 64] >> key % 64 & 1;
}

float select_cc(const struct sampler *s, uint32_t channel, const struct bank *bank, uint32_t num) MOS_RT
{
	const struct chan_state *c = &s->chan[channel];

	if (bank->cc_init && bank->cc_init[num] != 255 && c->cc_version[num] == 0)
		return (float)bank->cc_init[num];
	return chan_cc(c, num);
}

const struct preset *select_preset(struct sampler *s, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	const struct chan_state *chan = &s->chan[channel];
	const struct rack_slot *slot;
	const struct preset *p;

	if (c->program_version == chan->program_version)
		return c->preset;
	c->program_version = chan->program_version;
	slot = rack_find(s->rack, chan_is_drums(channel) || chan->v.bank_msb == RHYTHM_MSB, chan->v.bank_msb,
		chan->v.program);
	p = slot ? &s->rack->bank[slot->bank]->preset[slot->preset] : NULL;
	if (p != c->preset) {
		c->last_switch = p && p->has_switch ? p->sw_default : NO_SWITCH;
		c->last_key = NO_SWITCH;
		for (uint32_t i = 0; i < 128; i++) /* what stands is no change that starts anything */
			c->cc[i] = chan->v.cc[i];
	}
	c->preset = p;
	c->bank = slot ? s->rack->bank[slot->bank] : NULL;
	c->zone_base = slot ? s->bank_base[slot->bank] : 0;
	c->list_base = slot ? s->list_base[slot->bank] : 0;
	return p;
}

SELDOM void select_look(struct sampler *s, uint32_t channel) MOS_RT
{
	struct sampler_channel *c = &s->channel[channel];
	const struct chan_state *chan = &s->chan[channel];

	(void)select_preset(s, channel);
	c->version = chan->version;
	c->wheel = chan_wheel(chan);
	c->soften = !chan_is_drums(channel) && chan_cc(chan, 67) >= 64 ? SOFT_PEDAL : 1;
	c->is_sustained = chan_cc(chan, 64) >= 64;
	c->is_shifted = params_are_shifted(chan) != 0;
}

static int within(float x, const struct zone_cond *c) MOS_RT
{
	return x >= c->lo && x <= c->hi;
}

/* All conditions but the counting one, which counts only the notes that meet the others. */
static int holds(const struct sampler *s, const struct zone_cond *c, const struct select_note *n) MOS_RT
{
	const struct sampler_channel *ch = &s->channel[n->channel];
	const struct chan_state *chan = &s->chan[n->channel];

	switch (c->kind) {
	case COND_CC:
		return within(select_cc(s, n->channel, ch->bank, c->num & 127), c);
	case COND_BEND:
		return within((float)chan->v.bend - 8192, c);
	case COND_PRESSURE:
		return within((float)chan->v.pressure, c);
	case COND_KEY_PRESSURE:
		return within(s->key[n->channel][n->key].pressure, c);
	case COND_RANDOM:
		return n->random >= c->lo && (n->random < c->hi || c->hi >= 1);
	case COND_LAST_SWITCH:
		return ch->last_switch != NO_SWITCH && within(ch->last_switch, c);
	case COND_KEY_DOWN:
		return is_down(ch->down, c->num & 127);
	case COND_KEY_UP:
		return !is_down(ch->down, c->num & 127);
	case COND_PREVIOUS:
		return ch->last_key == c->num;
	case COND_CHANNEL:
		return within((float)(n->channel % 16 + 1), c);
	case COND_SUSTAIN_UP:
		return select_cc(s, n->channel, ch->bank, 64) < 64;
	case COND_ON_CC: {
		float now = select_cc(s, n->channel, ch->bank, c->num & 127);

		return n->trigger == ZONE_ON_CC && n->cc == c->num && within(now, c) &&
		       !within(n->cc_before, c);
	}
	default:
		return 1;
	}
}

int select_holds(struct sampler *s, uint32_t zone, const struct select_note *n) MOS_RT
{
	const struct sampler_channel *ch = &s->channel[n->channel];
	const struct zone *z = &ch->bank->zone[zone];
	const struct zone_cond *c = &ch->bank->cond[z->cond], *sequence = NULL;
	int triggered = 0;

	for (uint32_t i = 0; i < z->n_conds; i++, c++) {
		if (c->kind == COND_SEQUENCE)
			sequence = c;
		else if (c->kind == COND_ON_CC)
			triggered |= holds(s, c, n); /* any of them */
		else if (!holds(s, c, n))
			return 0;
	}
	if (n->trigger == ZONE_ON_CC && !triggered)
		return 0;
	if (sequence) {
		uint32_t len = sequence->hi >= 1 ? (uint32_t)sequence->hi : 1;

		return s->count[ch->zone_base + zone]++ % len + 1 == (uint32_t)sequence->lo;
	}
	return 1;
}
