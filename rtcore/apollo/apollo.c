/* SPDX-License-Identifier: MIT */
#include "apollo.h"

#include <string.h>

#define CLICK_MS 30u
#define RING_OUT_S 8u /* then the notes of an old bank are released */
#define RELEASE_S 4u  /* and then it goes */

void apollo_init(struct apollo *a, uint32_t rate_hz)
{
	memset(a, 0, sizeof(*a));
	a->rate_hz = rate_hz;
	a->click_gain = 0.5f;
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		chan_init(&a->channel[i]);
	chan_apply(&a->channel[APOLLO_LIVE_CHANNEL + 1], /* live channel 1 is the bass (APO-12) */
		&(struct chan_msg){.status = 0xc, .d1 = 33});
	synth_init(&a->synth, rate_hz, a->channel);
	a->shape.rate_hz = (float)rate_hz;
	mix_init(&a->mix, rate_hz);
	for (uint32_t i = 0; i < APOLLO_CHANNELS; i++)
		mix_channel(&a->mix, i, 0, a->channel[i].v.cc[91], a->channel[i].v.cc[93]);
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

/* Held for ever? An old bank's notes end after some time, in their own way. */
static void ring_out(struct apollo *a, uint64_t frame) MOS_RT
{
	if (!a->old_bank || a->old_released || frame < a->old_until)
		return;
	for (uint32_t ch = 0; ch < APOLLO_CHANNELS; ch++)
		a->old_bank->notes_off(a->old_bank, 0, ch);
	a->old_released = 1;
	a->old_until = frame + (uint64_t)a->rate_hz * RELEASE_S;
}

void apollo_begin(struct apollo *a, uint64_t frame) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	a->bufs.active = a->bufs.cut = 0;
	a->bufs.n_sends = 0;
	a->bufs.is_heard = mix_hears_sends(&a->mix);
	a->click.start = 0;
	for (uint32_t i = 0; i < n; i++)
		list[i]->begin(list[i], frame, &a->bufs);
	ring_out(a, frame);
}

static void note_on(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t key, float velocity) MOS_RT
{
	struct instrument *ins = a->bank ? a->bank : &a->synth.instrument;

	a->notes_on++;
	shape_strike(&a->shape, &a->channel[ch], ch, offset);
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

/* Say so before a channel's state is changed. */
static void before_change(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t i = 0; i < n; i++)
		list[i]->before_change(list[i], offset, ch);
}

static void changed(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	const uint8_t *cc = a->channel[ch].v.cc;
	struct instrument *list[3];
	uint32_t n = all(a, list);

	mix_channel(&a->mix, ch, offset, cc[91], cc[93]);
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

/* A packet of our own, for the strip's inserts. */
static void hear(struct apollo *a, uint32_t offset, uint32_t ch, uint32_t status, uint8_t d1, uint8_t d2) MOS_RT
{
	feed_event(&a->mix.feed, ch, offset,
		ump_cv1((uint8_t)(ch / 16), (uint8_t)(status << 4), (uint8_t)(ch % 16), d1, d2), 0);
}

/* Those of the bank are for the next program. */
static const uint8_t told_controllers[] = {0, 32, 1, 7, 10, 11, 64, 66, 67, 71, 74, 91, 93};

/* A registered parameter, and then what was selected before. */
static void hear_rpn(struct apollo *a, uint32_t offset, uint32_t ch, uint8_t num, uint16_t value) MOS_RT
{
	const struct chan_values *v = &a->channel[ch].v;
	uint8_t lsb = v->select_nrpn ? 98 : 100;

	hear(a, offset, ch, 0xb, 101, 0);
	hear(a, offset, ch, 0xb, 100, num);
	hear(a, offset, ch, 0xb, 6, value >> 7 & 127);
	hear(a, offset, ch, 0xb, 38, value & 127);
	hear(a, offset, ch, 0xb, (uint8_t)(lsb + 1), v->select_msb);
	hear(a, offset, ch, 0xb, lsb, v->select_lsb);
}

/* Where a channel is, for those that heard nothing of how it came there. */
static void hear_state(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	const struct chan_values *v = &a->channel[ch].v;

	hear(a, offset, ch, 0xb, 0, v->bank_msb);
	hear(a, offset, ch, 0xb, 32, v->bank_lsb);
	hear(a, offset, ch, 0xc, v->program, 0);
	for (uint32_t i = 0; i < sizeof(told_controllers); i++)
		hear(a, offset, ch, 0xb, told_controllers[i], v->cc[told_controllers[i]]);
	hear_rpn(a, offset, ch, RPN_BEND_RANGE, v->rpn[RPN_BEND_RANGE]);
	hear(a, offset, ch, 0xd, v->pressure, 0);
	hear(a, offset, ch, 0xe, v->bend & 127, v->bend >> 7 & 127);
}

void apollo_inserted(struct apollo *a, uint32_t strip) MOS_RT
{
	if (strip < APOLLO_CHANNELS)
		hear_state(a, 0, strip);
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
		hear(a, offset, ch, 0xb, 120, 0);
		hear(a, offset, ch, 0xb, 123, 0);
	}
}

static void key_pressure(struct apollo *a, uint32_t offset, const struct chan_msg *m) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t i = 0; i < n; i++)
		list[i]->key_pressure(list[i], offset, m->channel, m->d1, chan_msg_value(m));
}

static void per_note(struct apollo *a, uint32_t offset, const struct chan_note_msg *m) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t i = 0; i < n; i++)
		list[i]->per_note(list[i], offset, m);
}

static void apply(struct apollo *a, uint32_t offset, uint32_t ch, const struct chan_msg *m) MOS_RT
{
	before_change(a, offset, ch);
	chan_apply(&a->channel[ch], m);
	changed(a, offset, ch);
}

/* The members of the MPE zone whose manager this channel is: first .. first + n. */
static uint32_t members(const struct apollo *a, uint32_t ch, uint32_t *ret_first) MOS_RT
{
	uint32_t n = a->channel[ch].v.mpe_members;

	*ret_first = ch % 16 == 0 ? ch + 1 : ch - n;
	return ch % 16 == 0 || ch % 16 == 15 ? n : 0;
}

/* A zone is made, resized or taken away: its members bend by four octaves, or as they did. */
static void set_up_zone(struct apollo *a, uint32_t offset, uint32_t ch, uint32_t was) MOS_RT
{
	uint32_t is = a->channel[ch].v.mpe_members, n = is > was ? is : was;
	struct chan_msg m = {.status = 0xb};

	for (uint32_t i = 0; i < n; i++) {
		uint32_t member = chan_member(ch, i);
		const uint8_t select[][2] = {{101, 0}, {100, 0}, {6, i < is ? CHAN_MPE_RANGE >> 7 : 2}, {101, 127}, {100, 127}};

		for (uint32_t j = 0; j < sizeof(select) / sizeof(select[0]); j++) {
			m.d1 = select[j][0];
			m.d2 = select[j][1];
			apply(a, offset, member, &m);
		}
		chan_set_zone(&a->channel[member], 0);
	}
}

/* All members of a zone bend as its manager does. */
static void bend_members(struct apollo *a, uint32_t offset, uint32_t ch) MOS_RT
{
	const struct chan_state *manager = &a->channel[ch];
	uint32_t first, n = members(a, ch, &first);

	for (uint32_t i = first; i < first + n; i++) {
		before_change(a, offset, i);
		chan_set_zone(&a->channel[i], chan_bend(manager) * chan_bend_range(manager));
		changed(a, offset, i);
	}
}

/* What is said to a zone's manager holds for all its members. */
static void tell_members(struct apollo *a, uint32_t offset, const struct chan_msg *m) MOS_RT
{
	uint32_t first, n = members(a, m->channel, &first);

	if (m->status == 0xe)
		bend_members(a, offset, m->channel);
	for (uint32_t i = first; i < first + n && m->status != 0xe && chan_is_for_members(m); i++)
		apply(a, offset, i, m);
}

static void control(struct apollo *a, uint32_t offset, const struct chan_msg *m) MOS_RT
{
	uint32_t was = a->channel[m->channel].v.mpe_members;

	apply(a, offset, m->channel, m);
	if (was != a->channel[m->channel].v.mpe_members && (m->channel % 16 == 0 || m->channel % 16 == 15))
		set_up_zone(a, offset, m->channel, was);
	tell_members(a, offset, m);
}

static void channel_voice(struct apollo *a, uint32_t offset, const struct chan_msg *m) MOS_RT
{
	uint32_t first, n;

	if (m->status == 0x9 && m->d2) {
		note_on(a, offset, m->channel, m->d1, chan_msg_value(m));
	} else if (m->status == 0x8 || m->status == 0x9) {
		note_off(a, offset, m->channel, m->d1);
	} else if (m->status == 0xa) {
		key_pressure(a, offset, m);
	} else if (m->status == 0xb && (m->d1 == 120 || m->d1 >= 123)) {
		n = members(a, m->channel, &first);
		for (uint32_t i = first; i < first + n; i++)
			m->d1 == 120 ? apollo_kill(a, offset, i, i + 1u) : notes_off(a, offset, i);
		m->d1 == 120 ? apollo_kill(a, offset, m->channel, m->channel + 1u) : notes_off(a, offset, m->channel);
	} else {
		control(a, offset, m);
	}
}

static void system_on(struct apollo *a, uint32_t offset, uint32_t group) MOS_RT
{
	for (uint32_t ch = group * 16; ch < group * 16 + 16; ch++) {
		notes_off(a, offset, ch);
		before_change(a, offset, ch);
		chan_reset(&a->channel[ch]);
		changed(a, offset, ch);
		hear(a, offset, ch, 0xb, 123, 0);
		hear_state(a, offset, ch);
	}
}

void apollo_ump(struct apollo *a, uint32_t offset, const uint32_t ump[2]) MOS_RT
{
	uint32_t group = ump[0] >> 24 & 15;
	struct chan_note_msg note;
	struct chan_msg m;

	if (group >= MOS_N_GROUPS)
		return;
	if (a->mix.feed.listening && (ump[0] >> 28 == 2 || ump[0] >> 28 == 4))
		feed_event(&a->mix.feed, group * 16 + (ump[0] >> 16 & 15), offset, ump[0], ump[1]);
	if (ump[0] >> 28 == 4 && chan_decode_note(ump, &note) == 0)
		per_note(a, offset, &note);
	if (chan_decode(ump, &m) == 0)
		channel_voice(a, offset, &m);
	else if (ump[0] >> 28 == 3 && chan_is_system_on(&a->sysex, ump))
		system_on(a, offset, group);
}

void apollo_chase(struct apollo *a, uint32_t offset, const struct song_chase *c) MOS_RT
{
	a->sysex = c->sysex;
	for (uint32_t ch = 0; ch < APOLLO_SCORE_CHANNELS; ch++) {
		uint32_t before = a->channel[ch].version, program_before = a->channel[ch].program_version;

		before_change(a, offset, ch);
		chan_assign(&a->channel[ch], &c->channel[ch].v);
		if (a->channel[ch].version != before || a->channel[ch].program_version != program_before) {
			changed(a, offset, ch);
			hear_state(a, offset, ch);
		}
	}
	for (uint32_t ch = 0; ch < APOLLO_SCORE_CHANNELS; ch++)
		bend_members(a, offset, ch);
}

void apollo_click(struct apollo *a, uint32_t offset, uint16_t strength) MOS_RT
{
	float hz = strength == 2 ? 1760 : strength == 1 ? 1320 : 1046;

	a->click = (struct apollo_click){.left = a->rate_hz * CLICK_MS / 1000,
		.start = offset,
		.inc = hz / (float)a->rate_hz,
		.env = 1,
		.fall = 1 - 200.0f / (float)a->rate_hz,
		.gain = a->click_gain * (strength == 2 ? 1.0f : 0.7f)};
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

void apollo_play(struct apollo *a, uint32_t n_frames) MOS_RT
{
	struct instrument *list[3];
	uint32_t n = all(a, list);

	for (uint32_t i = 0; i < n; i++)
		list[i]->render(list[i], &a->bufs, n_frames);
	for (uint64_t cut = a->bufs.cut; cut; cut &= cut - 1)
		mix_killed(&a->mix, (uint32_t)__builtin_ctzll(cut), 0);
	shape_apply(&a->shape, &a->bufs, n_frames);
}

/* It waits for the score's strips. */
static int align_click(struct apollo *a, int clicking, uint32_t n) MOS_RT
{
	struct align *lines = a->mix.align;
	uint32_t latest = mix_latest(&a->mix);

	if (!lines)
		return clicking;
	if (!align_is_awake(lines, ALIGN_CLICK, latest) && !(clicking && latest)) {
		if (clicking)
			align_pass(lines, ALIGN_CLICK);
		return clicking;
	}
	if (!clicking)
		memset(a->click_buf, 0, n * sizeof(float));
	align_process(lines, ALIGN_CLICK, latest, a->click_buf, NULL, n);
	return 1;
}

void apollo_mix(struct apollo *a, float *out_l, float *out_r, float *click, uint32_t n_frames) MOS_RT
{
	int clicking = align_click(a, render_click(a, n_frames), n_frames);

	mix_render(&a->mix, &a->bufs, clicking && a->click_in_master ? a->click_buf : NULL, out_l, out_r,
		n_frames);
	if (click && clicking)
		memcpy(click, a->click_buf, n_frames * sizeof(float));
	else if (click)
		memset(click, 0, n_frames * sizeof(float));
}

struct instrument *apollo_set_bank(struct apollo *a, struct instrument *bank, uint64_t frame) MOS_RT
{
	struct instrument *done = a->old_bank;

	if (done && a->bank &&
		a->bank->voices(a->bank) == 0) { /* rapid switches: what rings is the older one */
		done = a->bank;
	} else {
		a->old_bank = a->bank;
		a->old_until = frame + (uint64_t)a->rate_hz * RING_OUT_S;
		a->old_released = 0;
	}
	a->bank = bank;
	/* what the synthesizer holds for the bank ends with its own note-offs */
	return done;
}

struct instrument *apollo_retired(struct apollo *a, uint64_t frame) MOS_RT
{
	struct instrument *done = a->old_bank;

	if (!done || (done->voices(done) > 0 && (!a->old_released || frame < a->old_until)))
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
		n += (uint32_t)__builtin_popcountll(a->keys[ch][0]) +
		     (uint32_t)__builtin_popcountll(a->keys[ch][1]);
	return n;
}
