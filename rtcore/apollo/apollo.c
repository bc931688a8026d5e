/* SPDX-License-Identifier: MIT */
#include "apollo.h"

#include <string.h>

#define CLICK_MS 30u
#define RING_OUT_S 8u

void apollo_init(struct apollo *a, uint32_t rate_hz)
{
	memset(a, 0, sizeof(*a));
	a->rate_hz = rate_hz;
	a->click_gain = 0.5f;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&a->channel[i]);
	a->channel[APOLLO_LIVE_CHANNEL + 1].program = 33; /* live channel 1 is the bass (APO-12) */
	a->channel[APOLLO_LIVE_CHANNEL + 1].program_version = ++a->channel[APOLLO_LIVE_CHANNEL + 1].version;
	synth_init(&a->synth, rate_hz, a->channel);
	mix_init(&a->mix, rate_hz);
}

/* Every instrument that may be sounding: a note ends wherever it began. */
static uint32_t all(struct apollo *a, struct instrument *list[3]) MOS_RT
{
	uint32_t n = 0;

	list[n++] = &a->synth.instrument;
	if (a->bank)
		list[n++] = a->bank;
	if (a->old_bank)
		list[n++] = a->old_bank;
	return n;
}

void apollo_begin(struct apollo *a, uint64_t frame) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	a->bufs.active = 0;
	a->click.start = 0;
	for (uint32_t i = 0; i < n; i++)
		list[i]->begin(list[i], frame);
}

static void note_on(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t key, uint8_t velocity) MOS_RT
{
	struct instrument *ins = a->bank ? a->bank : &a->synth.instrument;

	a->notes_on++;
	a->keys[ch][key / 64] |= UINT64_C(1) << key % 64;
	ins->note_on(ins, offset, ch, key, velocity);
}

static void note_off(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t key) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	a->keys[ch][key / 64] &= ~(UINT64_C(1) << key % 64);
	for (uint32_t i = 0; i < n; i++)
		list[i]->note_off(list[i], offset, ch, key);
}

static void changed(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t i = 0; i < n; i++)
		list[i]->changed(list[i], offset, ch);
}

static void notes_off(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	a->keys[ch][0] = a->keys[ch][1] = 0;
	for (uint32_t i = 0; i < n; i++)
		list[i]->notes_off(list[i], offset, ch);
}

void apollo_kill(struct apollo *a, uint32_t offset, uint32_t first, uint32_t last) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t ch = first; ch < last; ch++) {
		a->keys[ch][0] = a->keys[ch][1] = 0;
		for (uint32_t i = 0; i < n; i++)
			list[i]->kill(list[i], offset, ch);
		mix_killed(&a->mix, ch, offset);
	}
}

static void control(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t num, uint8_t value) MOS_RT
{
	switch (num) {
	case 120:
		apollo_kill(a, offset, ch, ch + 1);
		break;
	case 121:
		chan_reset_controllers(&a->channel[ch]);
		changed(a, offset, ch);
		break;
	case 122: /* local control: nothing local here */
		break;
	case 123 ... 127:
		notes_off(a, offset, ch);
		break;
	default:
		chan_cc(&a->channel[ch], num, value);
		changed(a, offset, ch);
		break;
	}
}

static void channel_voice(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t status, uint8_t d1, uint8_t d2) MOS_RT
{
	switch (status) {
	case 0x8:
		note_off(a, offset, ch, d1);
		break;
	case 0x9:
		if (d2)
			note_on(a, offset, ch, d1, d2);
		else
			note_off(a, offset, ch, d1);
		break;
	case 0xa: {
		struct instrument *list[3];
		uint32_t n = all(a, list);

		for (uint32_t i = 0; i < n; i++)
			list[i]->key_pressure(list[i], offset, ch, d1, d2);
		break;
	}
	case 0xb:
		control(a, offset, ch, d1, d2);
		break;
	case 0xc:
		chan_program(&a->channel[ch], d1);
		changed(a, offset, ch);
		break;
	case 0xd:
		chan_pressure(&a->channel[ch], d1);
		changed(a, offset, ch);
		break;
	case 0xe:
		chan_bend(&a->channel[ch], (uint16_t)(d1 | d2 << 7));
		changed(a, offset, ch);
		break;
	default:
		break;
	}
}

/* MIDI 2.0 channel voice: down-scaled by a right shift, which is exact for what was up-scaled (M2-115). */
static void channel_voice2(struct apollo *a, uint32_t offset, uint32_t ch, const uint32_t ump[2]) MOS_RT
{
	uint8_t status = (uint8_t)(ump[0] >> 20 & 15), d1 = (uint8_t)(ump[0] >> 8 & 127);
	uint8_t v;

	switch (status) {
	case 0x9: /* velocity 0 is a soft note, not a note-off */
		v = (uint8_t)(ump[1] >> 25);
		channel_voice(a, offset, ch, 0x9, d1, v ? v : 1);
		break;
	case 0x8:
	case 0xa:
	case 0xb:
		channel_voice(a, offset, ch, status, d1, (uint8_t)(ump[1] >> 25));
		break;
	case 0xc:
		if (ump[0] & 1) { /* bank valid */
			chan_cc(&a->channel[ch], 0, (uint8_t)(ump[1] >> 8 & 127));
			chan_cc(&a->channel[ch], 32, (uint8_t)(ump[1] & 127));
		}
		channel_voice(a, offset, ch, 0xc, (uint8_t)(ump[1] >> 24 & 127), 0);
		break;
	case 0xd:
		channel_voice(a, offset, ch, 0xd, (uint8_t)(ump[1] >> 25), 0);
		break;
	case 0xe:
		channel_voice(a, offset, ch, 0xe, (uint8_t)(ump[1] >> 18 & 127), (uint8_t)(ump[1] >> 25));
		break;
	default:
		break;
	}
}

/* Universal, GS and XG "system on" in one or two packets: reset the group's channels. */
static void sysex7(struct apollo *a, uint32_t offset, uint32_t group, const uint32_t ump[2]) MOS_RT
{
	uint32_t form = ump[0] >> 20 & 15, n = ump[0] >> 16 & 15;
	uint32_t b0 = ump[0] >> 8 & 127, b1 = ump[0] & 127, b2 = ump[1] >> 24 & 127, b3 = ump[1] >> 16 & 127;
	int gm = form == 0 && n == 4 && b0 == 0x7e && b2 == 0x09 && (b3 == 1 || b3 == 3);
	int gs = form == 1 && b0 == 0x41 && b2 == 0x42 && b3 == 0x12 && (ump[1] >> 8 & 127) == 0x40 && (ump[1] & 127) == 0;
	int xg = form == 1 && b0 == 0x43 && b1 >> 4 == 1 && b2 == 0x4c && b3 == 0 && (ump[1] >> 8 & 127) == 0 &&
		 (ump[1] & 127) == 0x7e;

	if (!gm && !gs && !xg)
		return;
	for (uint32_t ch = group * 16; ch < group * 16 + 16; ch++) {
		notes_off(a, offset, ch);
		chan_reset(&a->channel[ch]);
		changed(a, offset, ch);
	}
}

void apollo_ump(struct apollo *a, uint32_t offset, const uint32_t ump[2]) MOS_RT
{
	uint32_t group = ump[0] >> 24 & 15, ch = group * 16 + (ump[0] >> 16 & 15);

	if (group >= MOS_N_GROUPS)
		return;
	switch (ump[0] >> 28) {
	case 2:
		channel_voice(a, offset, ch, (uint8_t)(ump[0] >> 20 & 15), (uint8_t)(ump[0] >> 8 & 127),
			      (uint8_t)(ump[0] & 127));
		break;
	case 3:
		sysex7(a, offset, group, ump);
		break;
	case 4:
		channel_voice2(a, offset, ch, ump);
		break;
	default:
		break;
	}
}

void apollo_chase(struct apollo *a, uint32_t offset, const struct song_chase *c) MOS_RT
{
	for (uint32_t ch = 0; ch < APOLLO_SCORE_CHANNELS; ch++) {
		struct chan_state *s = &a->channel[ch];
		uint32_t before = s->version;

		chan_reset(s);
		for (uint32_t i = 0; i < 120; i++) {
			/* parameters were resolved while they were played; a chased data entry has no parameter */
			if (c->cc[ch][i] == 0xff || i == 6 || i == 38 || (i >= 96 && i <= 101))
				continue;
			chan_cc(s, (uint8_t)i, c->cc[ch][i]);
		}
		for (uint32_t i = 0; i < RPN_COUNT; i++)
			if (c->rpn[ch][i] != 0xffff)
				chan_rpn(s, i, c->rpn[ch][i]);
		if (c->program[ch] != 0xff)
			chan_program(s, c->program[ch]);
		if (c->bend[ch] != 0xffff)
			chan_bend(s, c->bend[ch]);
		if (c->pressure[ch] != 0xff)
			chan_pressure(s, c->pressure[ch]);
		if (s->version != before)
			changed(a, offset, ch);
	}
}

void apollo_click(struct apollo *a, uint32_t offset, uint16_t strength) MOS_RT
{
	float hz = strength == 2 ? 1760 : strength == 1 ? 1320 : 1046;

	a->click = (struct apollo_click){ .left = a->rate_hz * CLICK_MS / 1000, .start = offset,
					  .inc = hz / (float)a->rate_hz, .env = 1,
					  .fall = 1 - 200.0f / (float)a->rate_hz,
					  .gain = a->click_gain * (strength == 2 ? 1.0f : 0.7f) };
}

/* A short falling tone; the last millisecond is faded so that it ends at zero. */
static int render_click(struct apollo *a, uint32_t n) MOS_RT
{
	struct apollo_click *c = &a->click;
	uint32_t fade = a->rate_hz / 1000;

	if (!c->left)
		return 0;
	memset(a->click_buf, 0, n * sizeof(float));
	for (uint32_t i = c->start; i < n && c->left; i++, c->left--) {
		float y = c->phase < 0.5f ? c->phase : c->phase - 1;
		float x = 4 * y * (1 - 2 * (y < 0 ? -y : y)) * c->env * c->gain;

		a->click_buf[i] = c->left < fade ? x * (float)c->left / (float)fade : x;
		c->env *= c->fall;
		c->phase += c->inc;
		c->phase -= c->phase >= 1 ? 1.0f : 0.0f;
	}
	return 1;
}

void apollo_render(struct apollo *a, float *out_l, float *out_r, float *click, uint32_t n_frames) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);
	int clicking;

	for (uint32_t i = 0; i < n; i++)
		list[i]->render(list[i], &a->bufs, n_frames);
	clicking = render_click(a, n_frames);
	mix_render(&a->mix, &a->bufs, clicking && a->click_in_master ? a->click_buf : NULL, out_l, out_r, n_frames);
	if (click && clicking)
		memcpy(click, a->click_buf, n_frames * sizeof(float));
	else if (click)
		memset(click, 0, n_frames * sizeof(float));
}

struct instrument *apollo_set_bank(struct apollo *a, struct instrument *bank, uint64_t frame) MOS_RT
{
	struct instrument *done = a->old_bank;

	a->old_bank = a->bank;
	a->old_until = frame + (uint64_t)a->rate_hz * RING_OUT_S;
	a->bank = bank;
	/* what the synthesizer holds for the bank ends with its own note-offs */
	return done;
}

struct instrument *apollo_retired(struct apollo *a, uint64_t frame) MOS_RT
{
	struct instrument *done = a->old_bank;

	if (!done || (done->voices(done) > 0 && frame < a->old_until))
		return NULL;
	a->old_bank = NULL;
	return done;
}

uint32_t apollo_voices(const struct apollo *a) MOS_RT
{
	uint32_t n = a->synth.instrument.voices(&a->synth.instrument);

	if (a->bank)
		n += a->bank->voices(a->bank);
	if (a->old_bank)
		n += a->old_bank->voices(a->old_bank);
	return n;
}

uint32_t apollo_keys_down(const struct apollo *a) MOS_RT
{
	uint32_t n = 0;

	for (uint32_t ch = 0; ch < APOLLO_CHANNELS; ch++)
		n += (uint32_t)__builtin_popcountll(a->keys[ch][0]) + (uint32_t)__builtin_popcountll(a->keys[ch][1]);
	return n;
}
