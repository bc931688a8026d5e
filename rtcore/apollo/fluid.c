/* SPDX-License-Identifier: MIT */
#include "fluid.h"

#include <stddef.h>

#include "../rt_trusted.h"

#define NO_OP UINT16_MAX
#define STEAL_TRIES 16u
#define STEAL_RELEASE 9000u /* minus timecents: 6 ms */
#define CHOKE_RELEASE 2000u /* 0.3 s, as FluidSynth does it for exclusive classes */

static struct fluid_bank *bank_of(struct instrument *i) MOS_RT
{
	return (struct fluid_bank *)i; /* first member */
}

static void push(struct fluid_bank *b, uint32_t p, uint32_t offset, enum fluid_op_kind kind, uint32_t channel,
	uint32_t a, uint32_t v, uint32_t w) MOS_RT
{
	struct fluid_phase *ph = &b->phase[p];
	uint16_t i;

	if (!(b->active >> p & 1))
		return; /* at rest: nothing to end, and it is brought up to date at its next note */
	if (b->n_ops == FLUID_OPS) {
		b->dropped++;
		return;
	}
	i = (uint16_t)b->n_ops++;
	b->op[i] = (struct fluid_op){.offset = (uint16_t)offset,
		.kind = (uint8_t)kind,
		.channel = (uint8_t)channel,
		.a = (uint16_t)a,
		.b = (uint16_t)v,
		.c = (uint16_t)w,
		.next = NO_OP};
	if (ph->head == NO_OP)
		ph->head = i;
	else
		b->op[ph->tail].next = i;
	ph->tail = i;
}

/* Bring channel state to one synthesizer: only what changed since it last heard of that channel. */
static void sync(struct fluid_bank *b, uint32_t p, uint32_t offset, uint32_t channel) MOS_RT
{
	const struct chan_state *c = &b->channel[channel];
	uint32_t known = b->phase[p].synced[channel];

	if (known == c->version)
		return;
	if (c->program_version > known)
		push(b, p, offset, OP_PROGRAM, channel, c->v.program, c->v.bank_msb, c->v.bank_lsb);
	for (uint32_t i = 1; i < 120; i++)
		if (c->cc_version[i] > known && i != 32)
			push(b, p, offset, OP_CC, channel, i, c->v.cc[i], 0);
	for (uint32_t i = 0; i < RPN_COUNT; i++)
		if (c->rpn_version[i] > known)
			push(b, p, offset, OP_RPN, channel, i, c->v.rpn[i], 0);
	if (c->bend_version > known)
		push(b, p, offset, OP_BEND, channel, c->v.bend, 0, 0);
	if (c->pressure_version > known)
		push(b, p, offset, OP_PRESSURE, channel, c->v.pressure, 0, 0);
	b->phase[p].synced[channel] = c->version;
}

/* Each synthesizer that may have voices on the channel. */
#define FOR_EACH_SOUNDING(b, channel, p)                                                                     \
	for (uint64_t m_ = (b)->active; m_; m_ &= m_ - 1)                                                    \
		if ((p = (uint32_t)__builtin_ctzll(m_), (b)->phase[p].channels >> (channel) & 1))

static void changed(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);
	uint32_t p;

	if (b->n_ops >
		FLUID_OPS / 2) { /* a flood: the room that is left is for notes, above all for their ends */
		b->behind = 1;
		return;
	}
	FOR_EACH_SOUNDING (b, channel, p)
		sync(b, p, offset, channel);
}

static void begin(struct instrument *i, uint64_t frame) MOS_RT
{
	struct fluid_bank *b = bank_of(i);

	b->frame = frame;
	if (!b->behind)
		return;
	b->behind = 0;
	for (uint32_t ch = 0; ch < APOLLO_CHANNELS; ch++)
		changed(i, 0, ch);
}

/* Keys that silence each other on a General MIDI drum set: a mask of group members, 0: none. */
static int choke_group(uint8_t key) MOS_RT
{
	switch (key) {
	case 42:
	case 44:
	case 46:
		return 1; /* hi-hats */
	case 29:
	case 30:
		return 2; /* scratches */
	case 71:
	case 72:
		return 3; /* whistles */
	case 73:
	case 74:
		return 4; /* guiros */
	case 78:
	case 79:
		return 5; /* cuicas */
	case 80:
	case 81:
		return 6; /* triangles */
	case 86:
	case 87:
		return 7; /* surdos */
	default:
		return 0;
	}
}

static void choke_others(struct fluid_bank *b, uint32_t offset, uint32_t channel, uint8_t key, uint32_t own)
	MOS_RT
{
	int group = choke_group(key);

	if (!group)
		return;
	for (uint64_t m = b->active & ~(UINT64_C(1) << own); m; m &= m - 1) {
		uint32_t p = (uint32_t)__builtin_ctzll(m);

		if (b->phase[p].channels >> channel & 1)
			for (uint8_t k = 29; k < 88; k++)
				if (choke_group(k) == group)
					push(b, p, offset, OP_CHOKE, channel, k, CHOKE_RELEASE, 0);
	}
}

/* Has the note, started in an earlier block, voices in its synthesizer? */
static int is_sounding(const struct fluid_phase *ph, uint32_t channel, uint32_t key) MOS_RT
{
	fluid_voice_t *list[FLUID_POLYPHONY];

	fluid_synth_get_voicelist(ph->synth, list, FLUID_POLYPHONY, -1);
	for (uint32_t i = 0; i < FLUID_POLYPHONY && list[i]; i++)
		if (fluid_voice_get_channel(list[i]) == (int)channel &&
			fluid_voice_get_key(list[i]) == (int)key)
			return 1;
	return 0;
}

static void fifo_pop(struct fluid_bank *b) MOS_RT
{
	b->fifo_head = (b->fifo_head + 1) % FLUID_FIFO;
	b->fifo_n--;
	b->fifo_old -= b->fifo_old > 0;
}

/*
 * Too many voices: end the oldest note that still sounds, quickly. One for one: what fades is still
 * counted, so ending more would empty the stage in a flood.
 */
static void steal(struct fluid_bank *b, uint32_t offset) MOS_RT
{
	for (uint32_t tries = 0; tries < STEAL_TRIES && b->n_voices >= FLUID_VOICES_MAX && b->fifo_old > 0;
		tries++) {
		uint32_t p = b->fifo[b->fifo_head].phase, ch = b->fifo[b->fifo_head].channel,
			 key = b->fifo[b->fifo_head].key;

		fifo_pop(b);
		if (!(b->active >> p & 1) || !is_sounding(&b->phase[p], ch, key))
			continue; /* ended long ago */
		push(b, p, offset, OP_CHOKE, ch, key, STEAL_RELEASE, 0);
		b->note_phases[ch][key] &= ~(UINT64_C(1) << p);
		b->stolen++;
		return;
	}
}

static void note_on(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key, uint8_t velocity)
	MOS_RT
{
	struct fluid_bank *b = bank_of(ins);
	uint32_t p = (uint32_t)((b->frame + offset) % FLUID_PHASES), at;
	struct fluid_phase *ph = &b->phase[p];

	if (ph->notes_on >= FLUID_NOTES) {
		b->dropped++;
		return;
	}
	ph->notes_on++;
	steal(b, offset);
	for (uint64_t m = b->note_phases[channel][key] & ~(UINT64_C(1) << p); m; m &= m - 1)
		push(b, (uint32_t)__builtin_ctzll(m), offset, OP_OFF, channel, key, 0, 0);
	if (chan_is_drums(channel))
		choke_others(b, offset, channel, key, p);
	b->active |= UINT64_C(1) << p;
	ph->channels |= UINT64_C(1) << channel;
	sync(b, p, offset, channel);
	push(b, p, offset, OP_ON, channel, key, velocity, 0);
	b->note_phases[channel][key] = UINT64_C(1) << p;
	b->n_voices += 2; /* an estimate until the block is rendered: most presets are stereo */
	if (b->fifo_n == FLUID_FIFO)
		fifo_pop(b);
	at = (b->fifo_head + b->fifo_n++) % FLUID_FIFO;
	b->fifo[at].channel = (uint8_t)channel;
	b->fifo[at].key = key;
	b->fifo[at].phase = (uint8_t)p;
}

static void note_off(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);

	for (uint64_t m = b->note_phases[channel][key]; m; m &= m - 1)
		push(b, (uint32_t)__builtin_ctzll(m), offset, OP_OFF, channel, key, 0, 0);
	b->note_phases[channel][key] = 0;
}

static void key_pressure(
	struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key, uint8_t value) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);

	for (uint64_t m = b->note_phases[channel][key]; m; m &= m - 1)
		push(b, (uint32_t)__builtin_ctzll(m), offset, OP_KEY_PRESSURE, channel, key, value, 0);
}

static void notes_off(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);
	uint32_t p;

	FOR_EACH_SOUNDING (b, channel, p)
		push(b, p, offset, OP_NOTES_OFF, channel, 0, 0, 0);
	__builtin_memset(b->note_phases[channel], 0, sizeof(b->note_phases[channel]));
}

static void kill(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);
	uint32_t p;

	FOR_EACH_SOUNDING (b, channel, p)
		push(b, p, offset, OP_KILL, channel, 0, 0, 0);
	__builtin_memset(b->note_phases[channel], 0, sizeof(b->note_phases[channel]));
}

/* End one note quickly: its release is shortened, then it is released. */
static void choke(struct fluid_phase *ph, uint32_t channel, uint32_t key, uint32_t release) MOS_RT
{
	fluid_voice_t *list[FLUID_POLYPHONY];
	int hit = 0;

	fluid_synth_get_voicelist(ph->synth, list, FLUID_POLYPHONY, -1);
	for (uint32_t i = 0; i < FLUID_POLYPHONY && list[i]; i++) {
		if (fluid_voice_get_channel(list[i]) != (int)channel ||
			fluid_voice_get_key(list[i]) != (int)key)
			continue;
		fluid_voice_gen_set(list[i], GEN_VOLENVRELEASE, -(float)release);
		fluid_voice_update_param(list[i], GEN_VOLENVRELEASE);
		fluid_voice_gen_set(list[i], GEN_MODENVRELEASE, -(float)release);
		fluid_voice_update_param(list[i], GEN_MODENVRELEASE);
		hit = 1;
	}
	if (hit)
		(void)fluid_synth_noteoff(ph->synth, (int)channel, (int)key);
}

static void apply(struct fluid_phase *ph, uint32_t p, uint64_t frame, const struct fluid_op *op) MOS_RT
{
	fluid_synth_t *s = ph->synth;
	int ch = op->channel;

	switch ((enum fluid_op_kind)op->kind) {
	case OP_ON:
		(void)fluid_synth_noteon(s, ch, op->a, op->b);
		break;
	case OP_OFF:
		(void)fluid_synth_noteoff(s, ch, op->a);
		break;
	case OP_CC:
		(void)fluid_synth_cc(s, ch, op->a, op->b);
		break;
	case OP_PROGRAM:
		(void)fluid_synth_cc(s, ch, 0, op->b);
		(void)fluid_synth_cc(s, ch, 32, op->c);
		(void)fluid_synth_program_change(s, ch, op->a);
		break;
	case OP_BEND:
		(void)fluid_synth_pitch_bend(s, ch, op->a);
		break;
	case OP_PRESSURE:
		(void)fluid_synth_channel_pressure(s, ch, op->a);
		break;
	case OP_KEY_PRESSURE:
		(void)fluid_synth_key_pressure(s, ch, op->a, op->b);
		break;
	case OP_RPN:
		(void)fluid_synth_cc(s, ch, 101, 0);
		(void)fluid_synth_cc(s, ch, 100, op->a);
		(void)fluid_synth_cc(s, ch, 6, op->b >> 7);
		(void)fluid_synth_cc(s, ch, 38, op->b & 127);
		(void)fluid_synth_cc(s, ch, 101, 127);
		(void)fluid_synth_cc(s, ch, 100, 127);
		break;
	case OP_NOTES_OFF:
		(void)fluid_synth_all_notes_off(s, ch);
		break;
	case OP_KILL:
		(void)fluid_synth_all_sounds_off(s, ch);
		if ((frame + op->offset - p) % FLUID_PHASES != 0)
			ph->trash |= UINT64_C(1) << ch;
		break;
	case OP_CHOKE:
		choke(ph, op->channel, op->a, op->b);
		break;
	}
}

/* Render frames a..b of the block from one synthesizer. Clears its bit in `active` when it comes to rest. */
static void process(struct fluid_bank *b, uint32_t p, struct strip_bufs *bufs, uint32_t from, uint32_t to,
	uint32_t n_frames) MOS_RT
{
	struct fluid_phase *ph = &b->phase[p];

	while (from < to) {
		uint32_t left =
			(uint32_t)((p - (b->frame + from)) % FLUID_PHASES); /* to its next block begin */
		uint32_t end = to;

		if (left == 0) {
			ph->trash = 0;
			if (ph->draining) {
				b->active &= ~(UINT64_C(1) << p);
				ph->channels = 0;
				ph->running = 0;
				return;
			}
		}
		if ((ph->trash || ph->draining) && left && from + left < end)
			end = from + left;
		for (uint64_t m = ph->channels; m; m &= m - 1) {
			uint32_t ch = (uint32_t)__builtin_ctzll(m);
			int mute = (int)(ph->trash >> ch & 1);

			if (!mute)
				strip_touch(bufs, ch, n_frames);
			ph->out[2 * ch] = mute ? NULL : bufs->l[ch] + from;
			ph->out[2 * ch + 1] = mute ? NULL : bufs->r[ch] + from;
		}
		(void)fluid_synth_process(
			ph->synth, (int)(end - from), 0, NULL, 2 * APOLLO_CHANNELS, ph->out);
		for (uint64_t m = ph->channels; m; m &= m - 1) {
			uint32_t ch = (uint32_t)__builtin_ctzll(m);

			ph->out[2 * ch] = ph->out[2 * ch + 1] = NULL;
		}
		from = end;
	}
}

static void render(struct instrument *ins, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	struct fluid_bank *b = bank_of(ins);

	b->n_voices = 0;
	/* Always in this order: sums of floats depend on it, and equal input must give equal bits. */
	for (uint64_t m = b->active; m; m &= m - 1) {
		uint32_t p = (uint32_t)__builtin_ctzll(m), at = 0, n;
		struct fluid_phase *ph = &b->phase[p];

		for (uint16_t i = ph->head; i != NO_OP; i = b->op[i].next) {
			if (b->op[i].offset > at && ph->running)
				process(b, p, bufs, at, b->op[i].offset, n_frames);
			at = b->op[i].offset;
			apply(ph, p, b->frame, &b->op[i]);
			if (b->op[i].kind == OP_ON) {
				b->active |= UINT64_C(1) << p;
				ph->channels |= UINT64_C(1) << b->op[i].channel;
				ph->draining = 0;
				ph->running = 1; /* from rest: on its grid, so its block begins here */
			}
		}
		ph->head = ph->tail = NO_OP;
		ph->notes_on = 0;
		if (ph->running)
			process(b, p, bufs, at, n_frames, n_frames);
		if (!ph->running) {
			b->active &= ~(UINT64_C(1) << p);
			ph->channels = 0;
			continue;
		}
		n = (uint32_t)fluid_synth_get_active_voice_count(ph->synth);
		ph->draining = n == 0;
		b->n_voices += n;
	}
	b->n_ops = 0;
	if (!b->active)
		b->fifo_n = 0;
	b->fifo_old = b->fifo_n;
}

static uint32_t voices(const struct instrument *i) MOS_RT
{
	return ((const struct fluid_bank *)i)->n_voices;
}

void fluid_bank_bind(struct fluid_bank *b)
{
	b->instrument = (struct instrument){.begin = begin,
		.note_on = note_on,
		.note_off = note_off,
		.key_pressure = key_pressure,
		.changed = changed,
		.notes_off = notes_off,
		.kill = kill,
		.render = render,
		.voices = voices};
	for (uint32_t p = 0; p < FLUID_PHASES; p++)
		b->phase[p].head = b->phase[p].tail = NO_OP;
}
