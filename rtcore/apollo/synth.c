/* SPDX-License-Identifier: MIT */
#include "synth.h"

#include <mos/pitch.h>

#define NEVER UINT32_MAX
#define SILENT 1e-5f /* -100 dB: an envelope below it has ended */
#define STEAL_S 0.005f

/* Tone by General MIDI family: amplitudes of partials 1..4, seconds of attack and decay, sustain level, release. */
static const struct family {
	float partial[4];
	float attack_s, decay_s, sustain, release_s;
} family[16] = {
	{ { 1.0f, 0.45f, 0.20f, 0.10f }, 0.002f, 1.8f, 0.0f, 0.12f },  /* piano */
	{ { 1.0f, 0.05f, 0.30f, 0.25f }, 0.001f, 0.9f, 0.0f, 0.30f },  /* chromatic percussion */
	{ { 0.8f, 0.60f, 0.40f, 0.30f }, 0.006f, 0.1f, 0.9f, 0.05f },  /* organ */
	{ { 1.0f, 0.55f, 0.30f, 0.18f }, 0.002f, 1.2f, 0.0f, 0.10f },  /* guitar */
	{ { 1.0f, 0.50f, 0.22f, 0.08f }, 0.003f, 1.4f, 0.1f, 0.08f },  /* bass */
	{ { 0.9f, 0.50f, 0.40f, 0.25f }, 0.060f, 0.3f, 0.8f, 0.15f },  /* strings */
	{ { 0.9f, 0.45f, 0.35f, 0.20f }, 0.090f, 0.3f, 0.8f, 0.25f },  /* ensemble */
	{ { 0.8f, 0.60f, 0.50f, 0.35f }, 0.030f, 0.2f, 0.8f, 0.08f },  /* brass */
	{ { 0.8f, 0.30f, 0.50f, 0.20f }, 0.025f, 0.2f, 0.8f, 0.07f },  /* reed */
	{ { 1.0f, 0.20f, 0.06f, 0.03f }, 0.035f, 0.2f, 0.8f, 0.08f },  /* pipe */
	{ { 0.8f, 0.45f, 0.35f, 0.30f }, 0.004f, 0.2f, 0.7f, 0.06f },  /* synth lead */
	{ { 0.8f, 0.40f, 0.30f, 0.20f }, 0.150f, 0.5f, 0.8f, 0.40f },  /* synth pad */
	{ { 0.8f, 0.35f, 0.40f, 0.30f }, 0.050f, 0.8f, 0.4f, 0.40f },  /* synth effects */
	{ { 1.0f, 0.55f, 0.35f, 0.20f }, 0.002f, 0.8f, 0.0f, 0.10f },  /* ethnic */
	{ { 1.0f, 0.15f, 0.35f, 0.20f }, 0.001f, 0.4f, 0.0f, 0.15f },  /* percussive */
	{ { 0.7f, 0.50f, 0.40f, 0.40f }, 0.010f, 0.8f, 0.2f, 0.30f },  /* sound effects */
};

static struct synth *synth_of(struct instrument *i) MOS_RT
{
	return (struct synth *)i; /* first member */
}

/* sin(2 pi x) for x in [0, 1): odd polynomial, error below 2e-4, the same bits everywhere. */
static float sine(float x) MOS_RT
{
	float y = x < 0.5f ? x : x - 1.0f, a;

	y = 4 * y * (1 - 2 * (y < 0 ? -y : y)); /* parabola through the zeros, peak 1 */
	a = y < 0 ? -y : y;
	return y * (0.775f + 0.225f * a);
}

static float white(struct synth_voice *v) MOS_RT
{
	v->noise = v->noise * 1664525u + 1013904223u;
	return (float)(int32_t)v->noise * (1.0f / 2147483648.0f);
}

static void begin(struct instrument *i, uint64_t frame, struct strip_bufs *bufs) MOS_RT
{
	(void)i, (void)frame, (void)bufs; /* offsets within the block are all that it needs */
}

/* A voice for a note at `offset`: beyond the polyphony a released one is stolen before a held one, then the oldest. */
static struct synth_voice *take_voice(struct synth *s, uint32_t offset) MOS_RT
{
	struct synth_voice *oldest = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_voices; i++) {
		struct synth_voice *v = &s->voice[i];

		if (v->state == SYNTH_STOLEN)
			continue;
		n++;
		if (!oldest || (v->state == SYNTH_RELEASED && oldest->state != SYNTH_RELEASED))
			oldest = v;
	}
	if (n >= SYNTH_POLYPHONY) {
		oldest->state = SYNTH_STOLEN;
		oldest->steal_frame = offset;
	}
	return &s->voice[s->n_voices++];
}

/* one-pole coefficient that falls by 60 dB in `seconds` */
static float fall(const struct synth *s, float seconds) MOS_RT
{
	float n = seconds * (float)s->rate_hz;

	return 1.0f - 6.9f / (n < 16 ? 16 : n);
}

static void set_tone(struct synth *s, struct synth_voice *v, uint32_t channel, uint8_t key) MOS_RT
{
	const struct chan_state *c = &s->channel[channel];
	const struct family *f = &family[c->v.program / 8];
	/* bend: a linear step within the range is close enough to equal temperament below two semitones */
	float semis = ((float)c->v.bend - 8192) / 8192 * (float)(c->v.rpn[RPN_BEND_RANGE] >> 7);
	float inc = s->inc_per_key[key] * (1 + semis * 0.0578f + semis * semis * 0.00167f);

	for (uint32_t i = 0; i < 4; i++) {
		v->inc[i] = inc * (float)(i + 1);
		v->amp[i] = v->inc[i] < 0.45f ? f->partial[i] * 0.4f : 0; /* nothing above Nyquist */
	}
	v->attack = 1.0f / (f->attack_s * (float)s->rate_hz);
	v->decay = fall(s, f->decay_s);
	v->sustain = f->sustain;
	v->release = fall(s, f->release_s);
	v->noise_amount = 0;
	v->sweep = 1;
}

static void set_drum(struct synth *s, struct synth_voice *v, uint8_t key) MOS_RT
{
	float hz = 200, seconds = 0.15f, tone = 0, noise = 1, sweep_s = 0;

	switch (key) {
	case 35: case 36: hz = 110; seconds = 0.30f; tone = 1.4f; noise = 0.05f; sweep_s = 0.25f; break;
	case 38: case 40: hz = 190; seconds = 0.18f; tone = 0.5f; noise = 0.8f; break;
	case 37: case 39: hz = 900; seconds = 0.06f; tone = 0.3f; noise = 0.8f; break;
	case 41: case 43: case 45: case 47: case 48: case 50:
		hz = 60 + 18 * (float)(key - 40); seconds = 0.35f; tone = 1; noise = 0.1f; sweep_s = 0.5f; break;
	case 42: case 44: seconds = 0.05f; noise = 0.5f; break;
	case 46: seconds = 0.35f; noise = 0.5f; break;
	case 49: case 52: case 55: case 57: seconds = 1.2f; noise = 0.6f; break;
	case 51: case 53: case 59: hz = 4200; seconds = 0.6f; tone = 0.2f; noise = 0.3f; break;
	case 75: case 76: case 77: hz = key == 77 ? 1200 : 1800; seconds = 0.05f; tone = 0.9f; noise = 0.1f; break;
	case 56: hz = 800; seconds = 0.2f; tone = 0.7f; noise = 0; break;
	default: hz = 300; seconds = 0.15f; tone = 0.4f; noise = 0.4f; break;
	}
	for (uint32_t i = 0; i < 4; i++)
		v->inc[i] = v->amp[i] = 0;
	v->inc[0] = hz / (float)s->rate_hz;
	v->amp[0] = tone * 0.6f;
	v->noise_amount = noise * 0.4f;
	v->sweep = sweep_s > 0 ? 1.0f - 0.6f / (sweep_s * (float)s->rate_hz) : 1;
	v->attack = 1;
	v->decay = fall(s, seconds);
	v->sustain = 0;
	v->release = v->decay; /* a drum rings out whether the key is held or not */
}

static void set_gain(const struct synth *s, struct synth_voice *v, float velocity) MOS_RT
{
	const struct chan_state *c = &s->channel[v->channel];
	float g = velocity / 127, pan = ((float)c->v.cc[10] - 64) / 64;

	g = g * g * ((float)c->v.cc[7] / 127) * ((float)c->v.cc[11] / 127);
	v->gain_l = g * (pan > 0 ? 1 - pan : 1);
	v->gain_r = g * (pan < 0 ? 1 + pan : 1);
}

static void note_off(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key) MOS_RT
{
	struct synth *s = synth_of(ins);

	for (uint32_t i = 0; i < s->n_voices; i++) {
		struct synth_voice *v = &s->voice[i];

		if (v->state != SYNTH_HELD || v->channel != channel || v->key != key)
			continue;
		v->state = s->channel[channel].v.cc[64] >= 64 ? SYNTH_PEDAL : SYNTH_RELEASED;
		if (v->state == SYNTH_RELEASED)
			v->off_frame = offset;
	}
}

static void note_on(struct instrument *ins, uint32_t offset, uint32_t channel, uint8_t key, float velocity) MOS_RT
{
	struct synth *s = synth_of(ins);
	struct synth_voice *v;

	if (s->n_voices == SYNTH_VOICES)
		return; /* dozens stolen within 5 ms: one note more or less is not heard */
	note_off(ins, offset, channel, key); /* struck again: the older one ends */
	v = take_voice(s, offset);
	*v = (struct synth_voice){ .on_frame = offset, .off_frame = NEVER, .steal_frame = NEVER, .kill_frame = NEVER,
				   .state = SYNTH_HELD, .channel = (uint8_t)channel, .key = key,
				   .drum = (uint8_t)chan_is_drums(channel), .noise = 22222u + key };
	if (v->drum)
		set_drum(s, v, key);
	else
		set_tone(s, v, channel, key);
	set_gain(s, v, velocity);
}

static void key_pressure(struct instrument *i, uint32_t offset, uint32_t channel, uint8_t key, float value) MOS_RT
{
	(void)i, (void)offset, (void)channel, (void)key, (void)value; /* these tones do not listen to it */
}

static void per_note(struct instrument *i, uint32_t offset, const struct chan_note_msg *m) MOS_RT
{
	(void)i, (void)offset, (void)m; /* as with pressure */
}

static void before_change(struct instrument *i, uint32_t offset, uint32_t channel) MOS_RT
{
	(void)i, (void)offset, (void)channel; /* a voice takes what it needs when it starts */
}

static void changed(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct synth *s = synth_of(ins);

	if (s->channel[channel].v.cc[64] >= 64)
		return;
	for (uint32_t i = 0; i < s->n_voices; i++) /* pedal up */
		if (s->voice[i].state == SYNTH_PEDAL && s->voice[i].channel == channel) {
			s->voice[i].state = SYNTH_RELEASED;
			s->voice[i].off_frame = offset;
		}
}

static void notes_off(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct synth *s = synth_of(ins);

	for (uint32_t i = 0; i < s->n_voices; i++)
		if (s->voice[i].state == SYNTH_HELD && s->voice[i].channel == channel)
			note_off(ins, offset, channel, s->voice[i].key);
}

static void kill(struct instrument *ins, uint32_t offset, uint32_t channel) MOS_RT
{
	struct synth *s = synth_of(ins);

	for (uint32_t i = 0; i < s->n_voices; i++) {
		struct synth_voice *v = &s->voice[i];

		if (v->channel != channel || v->kill_frame != NEVER)
			continue;
		v->kill_frame = offset;
		v->state = SYNTH_STOLEN; /* its place counts as free from here on */
	}
}

static float envelope(struct synth_voice *v) MOS_RT
{
	switch (v->env_stage) {
	case 0:
		v->env += v->attack;
		if (v->env >= 1) {
			v->env = 1;
			v->env_stage = 1;
		}
		break;
	case 1:
		v->env = v->sustain + (v->env - v->sustain) * v->decay;
		break;
	default:
		v->env *= v->release;
		break;
	}
	return v->env;
}

static void render_voice(struct synth_voice *v, float quick, float *l, float *r, uint32_t n) MOS_RT
{
	uint32_t end = v->kill_frame < n ? v->kill_frame : n;

	for (uint32_t i = v->on_frame; i < end; i++) {
		float x = 0, w;

		if (i == v->off_frame)
			v->env_stage = 2;
		if (i == v->steal_frame) {
			v->env_stage = 2;
			v->release = quick;
		}
		for (uint32_t p = 0; p < 4; p++) {
			x += v->amp[p] * sine(v->phase[p]);
			v->phase[p] += v->inc[p];
			v->phase[p] -= v->phase[p] >= 1 ? 1.0f : 0.0f;
		}
		if (v->noise_amount > 0) {
			w = white(v);
			v->hp += 0.4f * (w - v->hp);
			x += v->noise_amount * (w - v->hp);
			v->inc[0] *= v->sweep;
		}
		x *= envelope(v);
		if (v->env_stage && v->env < SILENT) { /* at this sample, not at some block's end: the same bits always */
			v->state = SYNTH_ENDED;
			break;
		}
		l[i] += x * v->gain_l;
		r[i] += x * v->gain_r;
	}
	if (v->kill_frame < n)
		v->state = SYNTH_ENDED;
	v->on_frame = 0;
	v->off_frame = v->steal_frame = v->kill_frame = NEVER;
}

static void render(struct instrument *ins, struct strip_bufs *bufs, uint32_t n_frames) MOS_RT
{
	struct synth *s = synth_of(ins);
	float quick = fall(s, STEAL_S);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->n_voices; i++) {
		struct synth_voice *v = &s->voice[i];

		strip_touch(bufs, v->channel, n_frames);
		render_voice(v, quick, bufs->l[v->channel], bufs->r[v->channel], n_frames);
		if (v->state == SYNTH_ENDED)
			continue;
		if (kept != i)
			s->voice[kept] = *v;
		kept++;
	}
	s->n_voices = kept;
}

static uint32_t voices(const struct instrument *i) MOS_RT
{
	return ((const struct synth *)i)->n_voices;
}

void synth_init(struct synth *s, uint32_t rate_hz, const struct chan_state *channel)
{
	*s = (struct synth){ .instrument = { .begin = begin, .note_on = note_on, .note_off = note_off,
					     .key_pressure = key_pressure, .per_note = per_note, .before_change = before_change, .changed = changed,
					     .notes_off = notes_off, .kill = kill, .render = render,
					     .voices = voices },
			     .channel = channel, .rate_hz = rate_hz };
	for (uint32_t k = 0; k < 128; k++)
		s->inc_per_key[k] = (float)(mos_key_to_hz(k, 440) / rate_hz);
}
