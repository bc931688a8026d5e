/* SPDX-License-Identifier: MIT */
/* The check of a record, field by field: one rule a type, and the bytes of it that have to be 0. */
#include <mos/event.h>

#include <stdbool.h>
#include <stddef.h>

#include <mos/clock.h>
#include <mos/ingress.h>
#include <mos/rtctl.h>

#define KNOWN_FLAGS (MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED | MOS_EVENT_TO_OUTPUT)
#define MAX_NPQ UINT64_C(60000000000) /* 1 BPM, the slowest (KRO-14) */
#define MAX_STEPS 128u
#define MAX_MILLI_BPM 1000000u
#define MIN_A4_DECI_HZ 3000u
#define MAX_A4_DECI_HZ 6000u

typedef const struct mos_event *record;

/** Least character of UTF-8's forms by length: smaller ones have a shorter form. */
static const uint32_t least_of_len[] = {0, 0, 0x80, 0x800, 0x10000};

/** Words of a packet by its type: the table of Universal MIDI Packets. */
static const uint8_t ump_words[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};

/** Length of the character at `s` with at most `left` bytes: 1..4, 0: not UTF-8, or a control character. */
static size_t char_len(const uint8_t *s, size_t left) MOS_RT
{
	uint32_t c = s[0];
	size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;

	if ((n == 4 && (c < 0xf0 || c > 0xf4)) || n > left)
		return 0;
	c &= n == 1 ? 0x7f : 0xffu >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least_of_len[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || c < 0x20 ||
		(c >= 0x7f && c < 0xa0))
		return 0;
	return n;
}

static bool text_ok(const char *text, size_t size) MOS_RT
{
	const uint8_t *s = (const uint8_t *)text;
	size_t i = 0, n;

	while (i < size && s[i]) {
		n = char_len(s + i, size - i);
		if (n == 0)
			return false;
		i += n;
	}
	return i < size;
}
#define TEXT_OK(field) text_ok(field, sizeof(field))

static bool key_ok(uint8_t tonic, uint8_t minor) MOS_RT
{
	return (tonic < 12 || tonic == MOS_KEY_NONE) && minor <= 1;
}

static bool note_ok(record ev) MOS_RT
{
	const struct mos_ev_note *n = &ev->u.note;

	return n->group < 16 && n->channel < 16 && n->key < 128 &&
	       (ev->type == MOS_EVENT_MIDI_NOTEOFF || n->velocity > 0);
}

static bool ump_ok(record ev) MOS_RT
{
	uint32_t beyond = 0;

	for (uint32_t i = ump_words[ev->u.ump.word[0] >> 28]; i < 4; i++)
		beyond |= ev->u.ump.word[i];
	return beyond == 0;
}

static bool snapshot_ok(record ev) MOS_RT
{
	const struct mos_ev_snapshot *s = &ev->u.snapshot;
	uint32_t held = (uint32_t)(__builtin_popcountll(s->keys[0]) + __builtin_popcountll(s->keys[1]));

	for (uint32_t i = 0; i < sizeof(s->string); i++)
		if (s->string[i] > 127 && s->string[i] != 0xff)
			return false;
	return s->sustain < 128 && s->n_keys == held;
}

static bool chord_ok(record ev) MOS_RT
{
	const struct mos_ev_chord *c = &ev->u.chord;

	return c->pitch_classes < 1u << 12 && c->root < 12 && c->bass < 12 && TEXT_OK(c->symbol) &&
	       key_ok(c->key_tonic, c->key_minor) && c->origin <= MOS_ORIGIN_SCORE &&
	       c->source <= MOS_CHORD_BULK && c->fusion < 1u << (MOS_ORIGIN_SCORE + 1);
}

static bool braid_ok(record ev) MOS_RT
{
	const struct mos_ev_braid *b = &ev->u.braid;

	return TEXT_OK(b->roman) && TEXT_OK(b->symbol) && key_ok(b->key_tonic, b->key_minor);
}

static bool feedback_ok(record ev) MOS_RT
{
	return ev->u.feedback.kind <= MOS_ROCKY_HINT && TEXT_OK(ev->u.feedback.message);
}

static bool highlight_ok(record ev) MOS_RT
{
	return ev->u.highlight.kind <= MOS_ROCKY_HINT;
}

static bool beat_ok(record ev) MOS_RT
{
	const struct mos_ev_beat *b = &ev->u.beat;
	uint32_t den = b->meter_den;
	bool of_pattern = ev->type == MOS_EVENT_METRONOME_BEAT && b->n_steps > 0;

	return b->beat < b->meter_num && den >= 1 && den <= 128 && (den & (den - 1)) == 0 && b->accent <= 2 &&
	       b->flags <= 1 && b->ns_per_quarter > 0 && b->ns_per_quarter <= MAX_NPQ &&
	       (of_pattern ? b->step < b->n_steps && b->n_steps <= MAX_STEPS : (b->step | b->n_steps) == 0);
}

static bool pattern_ok(record ev) MOS_RT
{
	const struct mos_ev_pattern *p = &ev->u.pattern;
	uint32_t n = p->n_steps;
	uint64_t low = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
	uint64_t high = n <= 64 ? 0 : n < 128 ? (UINT64_C(1) << (n - 64)) - 1 : UINT64_MAX;

	return n >= 1 && n <= MAX_STEPS && p->n_pulses <= n && p->rotation < n && p->flags <= 1 &&
	       (p->onset[0] & ~low) == 0 && (p->onset[1] & ~high) == 0 &&
	       __builtin_popcountll(p->onset[0]) + __builtin_popcountll(p->onset[1]) == p->n_pulses;
}

static bool tap_ok(record ev) MOS_RT
{
	const struct mos_ev_tap *t = &ev->u.tap;

	return t->milli_bpm <= MAX_MILLI_BPM && (t->milli_bpm == 0 || t->n_taps >= 2);
}

static bool voice_ok(record ev) MOS_RT
{
	return ev->u.voice.kind <= 2 && TEXT_OK(ev->u.voice.text);
}

static bool game_ok(record ev) MOS_RT
{
	return ev->u.game.kind <= 2 && TEXT_OK(ev->u.game.text);
}

static bool pitch_ok(record ev) MOS_RT
{
	const struct mos_ev_pitch *p = &ev->u.pitch;

	return p->centi_cents >= -5000 && p->centi_cents <= 5000 && p->key < 128 &&
	       p->a4_deci_hz >= MIN_A4_DECI_HZ && p->a4_deci_hz <= MAX_A4_DECI_HZ;
}

static bool transport_ok(record ev) MOS_RT
{
	const struct mos_ev_transport *t = &ev->u.transport;

	return t->state < MOS_TRANSPORT_N_STATES && t->old_state < MOS_TRANSPORT_N_STATES &&
	       t->reason <= MOS_REASON_LEADER && t->error <= 0;
}

static bool loop_ok(record ev) MOS_RT
{
	return ev->u.loop.start_tick <= ev->u.loop.end_tick && ev->u.loop.active <= 1;
}

static bool score_ok(record ev) MOS_RT
{
	return ev->u.score.end_tick >= 0 && ev->u.score.error <= 0;
}

static bool tempo_ok(record ev) MOS_RT
{
	const struct mos_ev_tempo *t = &ev->u.tempo;

	return t->ns_per_quarter > 0 && t->ns_per_quarter <= MAX_NPQ && t->old_ns_per_quarter <= MAX_NPQ &&
	       t->source <= 3 && t->rate_ppm > 0;
}

static bool key_change_ok(record ev) MOS_RT
{
	return ev->u.key.fifths >= -7 && ev->u.key.fifths <= 7 && ev->u.key.minor <= 1;
}

static bool widget_ok(record ev) MOS_RT
{
	return ev->u.widget.state < MOS_WIDGET_N_STATES && ev->u.widget.old_state < MOS_WIDGET_N_STATES &&
	       TEXT_OK(ev->u.widget.id);
}

static bool engine_ok(record ev) MOS_RT
{
	return ev->u.engine.state <= MOS_ENGINE_FALLBACK && ev->u.engine.percent <= 100 &&
	       ev->u.engine.error <= 0;
}

static bool mixer_ok(record ev) MOS_RT
{
	const struct mos_ev_mixer *m = &ev->u.mixer;

	return (m->strip < MOS_N_STRIPS || m->strip == MOS_MIXER_MASTER) && m->what <= MOS_MIXER_INSERT &&
	       m->slot < 4 && TEXT_OK(m->unit) && TEXT_OK(m->param);
}

static bool data_ok(record ev) MOS_RT
{
	return TEXT_OK(ev->u.data.kind);
}

static bool notice_ok(record ev) MOS_RT
{
	const struct mos_ev_notice *n = &ev->u.notice;

	return n->reason <= MOS_BUS_REFUSED && (n->type == 0 || mos_event_type_index(n->type) >= 0) &&
	       n->source < MOS_CLIENTS_MAX && (n->other < MOS_CLIENTS_MAX || n->other == 0xffff);
}

/** The bytes of a field as bits of a mask over the payload's 32. */
#define BYTES(payload, field)                                                                                \
	((uint32_t)((UINT64_C(1) << sizeof(((struct payload *)NULL)->field)) - 1)                            \
		<< offsetof(struct payload, field))

#define NOTE_ZERO (BYTES(mos_ev_note, reserved0) | BYTES(mos_ev_note, reserved))
#define BEAT_ZERO BYTES(mos_ev_beat, reserved)
#define SCORE_ZERO BYTES(mos_ev_score, reserved)

static const struct {
	uint32_t type;
	uint32_t zero; /**< bytes that have to be 0 */
	bool (*fields_ok)(record ev) MOS_RT;
} rules[] = {
	{MOS_EVENT_MIDI_NOTEON, NOTE_ZERO, note_ok},
	{MOS_EVENT_MIDI_NOTEOFF, NOTE_ZERO, note_ok},
	{MOS_EVENT_MIDI_SNAPSHOT, BYTES(mos_ev_snapshot, reserved), snapshot_ok},
	{MOS_EVENT_MIDI_UMP, BYTES(mos_ev_ump, reserved), ump_ok},
	{MOS_EVENT_CHORD_DETECTED, BYTES(mos_ev_chord, reserved), chord_ok},
	{MOS_EVENT_BRAID_HIGHLIGHT, BYTES(mos_ev_braid, reserved), braid_ok},
	{MOS_EVENT_ROCKY_FEEDBACK, 0, feedback_ok},
	{MOS_EVENT_ROCKY_HIGHLIGHT, BYTES(mos_ev_highlight, reserved), highlight_ok},
	{MOS_EVENT_METRONOME_BEAT, BEAT_ZERO, beat_ok},
	{MOS_EVENT_METRONOME_PATTERN, BYTES(mos_ev_pattern, reserved), pattern_ok},
	{MOS_EVENT_METRONOME_TAP, BYTES(mos_ev_tap, reserved), tap_ok},
	{MOS_EVENT_METRONOME_VOICE, 0, voice_ok},
	{MOS_EVENT_METRONOME_GAME, 0, game_ok},
	{MOS_EVENT_TUNER_PITCH, BYTES(mos_ev_pitch, reserved), pitch_ok},
	{MOS_EVENT_TRANSPORT_STATE, 0, transport_ok},
	{MOS_EVENT_TRANSPORT_PLAY, 0, transport_ok},
	{MOS_EVENT_TRANSPORT_PAUSE, 0, transport_ok},
	{MOS_EVENT_TRANSPORT_STOP, 0, transport_ok},
	{MOS_EVENT_TRANSPORT_SEEK, 0, transport_ok},
	{MOS_EVENT_TRANSPORT_LOOP, BYTES(mos_ev_loop, reserved), loop_ok},
	{MOS_EVENT_TRANSPORT_MEASURE, BEAT_ZERO, beat_ok},
	{MOS_EVENT_TRANSPORT_ERROR, 0, transport_ok},
	{MOS_EVENT_SCORE_LOADED, SCORE_ZERO, score_ok},
	{MOS_EVENT_SCORE_ERROR, SCORE_ZERO, score_ok},
	{MOS_EVENT_TEMPO_CHANGE, BYTES(mos_ev_tempo, reserved), tempo_ok},
	{MOS_EVENT_METER_CHANGE, BEAT_ZERO, beat_ok},
	{MOS_EVENT_KEY_CHANGE, BYTES(mos_ev_key, reserved), key_change_ok},
	{MOS_EVENT_WIDGET_STATE, 0, widget_ok},
	{MOS_EVENT_ENGINE_STATE, BYTES(mos_ev_engine, reserved), engine_ok},
	{MOS_EVENT_MIXER_CHANGE, 0, mixer_ok},
	{MOS_EVENT_DATA_SHARED, 0, data_ok},
	{MOS_EVENT_BUS_NOTICE, BYTES(mos_ev_notice, reserved0) | BYTES(mos_ev_notice, reserved), notice_ok},
};

/* The rules stand at their types' places: each row is the table's, and none is missing. */
#define X(sym, num, name) +1
static_assert(sizeof(rules) / sizeof(rules[0]) == 0 MOS_EVENT_TYPES(X), "one rule a type");
#undef X

static bool zeros_ok(record ev, uint32_t zero) MOS_RT
{
	uint8_t seen = 0;

	for (; zero; zero &= zero - 1)
		seen |= ev->u.bytes[__builtin_ctz(zero)];
	return seen == 0;
}

static int is_played(uint32_t type) MOS_RT
{
	return type == MOS_EVENT_MIDI_NOTEON || type == MOS_EVENT_MIDI_NOTEOFF || type == MOS_EVENT_MIDI_UMP;
}

enum mos_event_fault mos_event_check(const struct mos_event *ev) MOS_RT
{
	int place = mos_event_type_index(ev->type);

	if (place < 0 || rules[place].type != ev->type)
		return MOS_EVENT_BAD_TYPE;
	if (ev->flags & ~KNOWN_FLAGS || (ev->flags & MOS_EVENT_TO_OUTPUT && !is_played(ev->type)))
		return MOS_EVENT_BAD_FLAGS;
	if (ev->hops > MOS_HOPS_MAX)
		return MOS_EVENT_BAD_HOPS;
	if (!rules[place].fields_ok(ev))
		return MOS_EVENT_BAD_FIELD;
	return zeros_ok(ev, rules[place].zero) ? MOS_EVENT_OK : MOS_EVENT_BAD_RESERVED;
}
