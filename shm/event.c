/* SPDX-License-Identifier: MIT */
#include <mos/event.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <mos/clock.h>
#include <mos/rtctl.h>

#define KNOWN_FLAGS (MOS_EVENT_IMMEDIATE | MOS_EVENT_SCHEDULED)
#define MAX_NPQ UINT64_C(60000000000) /* 1 BPM, the slowest (KRO-14) */

/** The name, NULL for a number that is not in the table. */
static const char *name_of(uint32_t type) MOS_RT
{
	switch (type) {
#define X(sym, num, name)                                                                                    \
	case num:                                                                                            \
		return name;
		MOS_EVENT_TYPES(X)
#undef X
	default:
		return NULL;
	}
}

const char *mos_event_type_name(uint32_t type)
{
	return name_of(type);
}

uint32_t mos_event_type_from_name(const char *name)
{
#define X(sym, num, text)                                                                                    \
	if (strcmp(name, text) == 0)                                                                         \
		return num;
	MOS_EVENT_TYPES(X)
#undef X
	return 0;
}

static bool note_ok(const struct mos_ev_note *note, uint32_t type) MOS_RT
{
	return note->group < 16 && note->channel < 16 && note->key < 128 &&
	       (type == MOS_EVENT_MIDI_NOTEOFF || note->velocity > 0);
}

static bool beat_ok(const struct mos_ev_beat *beat) MOS_RT
{
	uint32_t den = beat->meter_den;

	return beat->beat < beat->meter_num && den >= 1 && den <= 64 && (den & (den - 1)) == 0 &&
	       beat->accent <= 2 && beat->flags <= 1 && beat->ns_per_quarter > 0 &&
	       beat->ns_per_quarter <= MAX_NPQ;
}

static bool transport_ok(const struct mos_ev_transport *transport) MOS_RT
{
	return transport->state < MOS_TRANSPORT_N_STATES && transport->old_state < MOS_TRANSPORT_N_STATES &&
	       transport->reason <= MOS_REASON_RECOVERED && transport->error <= 0;
}

static bool tempo_ok(const struct mos_ev_tempo *tempo) MOS_RT
{
	return tempo->ns_per_quarter > 0 && tempo->ns_per_quarter <= MAX_NPQ &&
	       tempo->old_ns_per_quarter <= MAX_NPQ && tempo->source <= 2 && tempo->rate_ppm > 0;
}

/** Types without a payload struct of their own pass: their 32 bytes mean nothing to the core. */
static bool fields_ok(const struct mos_event *ev) MOS_RT
{
	switch (ev->type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		return note_ok(&ev->u.note, ev->type);
	case MOS_EVENT_METRONOME_BEAT:
	case MOS_EVENT_TRANSPORT_MEASURE:
		return beat_ok(&ev->u.beat);
	case MOS_EVENT_TRANSPORT_STATE:
	case MOS_EVENT_TRANSPORT_PLAY:
	case MOS_EVENT_TRANSPORT_PAUSE:
	case MOS_EVENT_TRANSPORT_STOP:
	case MOS_EVENT_TRANSPORT_SEEK:
	case MOS_EVENT_TRANSPORT_ERROR:
		return transport_ok(&ev->u.transport);
	case MOS_EVENT_TRANSPORT_LOOP:
		return ev->u.loop.start_tick <= ev->u.loop.end_tick && ev->u.loop.active <= 1;
	case MOS_EVENT_TEMPO_CHANGE:
		return tempo_ok(&ev->u.tempo);
	case MOS_EVENT_SCORE_LOADED:
	case MOS_EVENT_SCORE_ERROR:
		return ev->u.score.end_tick >= 0 && ev->u.score.error <= 0;
	case MOS_EVENT_KEY_CHANGE:
		return ev->u.key.fifths >= -7 && ev->u.key.fifths <= 7 && ev->u.key.minor <= 1;
	case MOS_EVENT_ENGINE_STATE:
		return ev->u.engine.state <= MOS_ENGINE_FALLBACK && ev->u.engine.percent <= 100 &&
		       ev->u.engine.error <= 0;
	default:
		return true;
	}
}

/** Where the payload's reserved tail begins; 32: it has none. */
static size_t reserved_from(uint32_t type) MOS_RT
{
	switch (type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		return offsetof(struct mos_ev_note, reserved);
	case MOS_EVENT_MIDI_UMP:
		return offsetof(struct mos_ev_ump, reserved);
	case MOS_EVENT_METRONOME_BEAT:
	case MOS_EVENT_TRANSPORT_MEASURE:
		return offsetof(struct mos_ev_beat, reserved);
	case MOS_EVENT_TRANSPORT_LOOP:
		return offsetof(struct mos_ev_loop, reserved);
	case MOS_EVENT_TEMPO_CHANGE:
		return offsetof(struct mos_ev_tempo, reserved);
	case MOS_EVENT_SCORE_LOADED:
	case MOS_EVENT_SCORE_ERROR:
		return offsetof(struct mos_ev_score, reserved);
	case MOS_EVENT_KEY_CHANGE:
		return offsetof(struct mos_ev_key, reserved);
	case MOS_EVENT_ENGINE_STATE:
		return offsetof(struct mos_ev_engine, reserved);
	default:
		return sizeof(((struct mos_event *)NULL)->u);
	}
}

static bool reserved_ok(const struct mos_event *ev) MOS_RT
{
	bool is_note = ev->type == MOS_EVENT_MIDI_NOTEON || ev->type == MOS_EVENT_MIDI_NOTEOFF;
	uint8_t seen = is_note ? ev->u.note.reserved0 : 0;

	for (size_t i = reserved_from(ev->type); i < sizeof(ev->u); i++)
		seen |= ev->u.bytes[i];
	return seen == 0;
}

enum mos_event_fault mos_event_check(const struct mos_event *ev) MOS_RT
{
	if (!name_of(ev->type))
		return MOS_EVENT_BAD_TYPE;
	if (ev->flags & ~KNOWN_FLAGS)
		return MOS_EVENT_BAD_FLAGS;
	if (ev->hops > MOS_HOPS_MAX)
		return MOS_EVENT_BAD_HOPS;
	if (!fields_ok(ev))
		return MOS_EVENT_BAD_FIELD;
	return reserved_ok(ev) ? MOS_EVENT_OK : MOS_EVENT_BAD_RESERVED;
}
