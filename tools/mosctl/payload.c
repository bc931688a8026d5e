/* SPDX-License-Identifier: MIT */
/* The table of payload fields. Names are what people and scripts see: they stay. */
#include "payload.h"

#include <string.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const transport_states[] = {
	"idle", "loading", "ready", "playing", "paused", "stopped", NULL};
static const char *const widget_states[] = {
	"stopped", "waiting", "starting", "active", "stopping", "backoff", "failed", "removed", NULL};
static const char *const origins[] = {"midi", "audio", "score", NULL};
static const char *const rocky_kinds[] = {"right", "wrong", "early", "late", "hint", NULL};

#define AT(type, member)                                                                                     \
	.offset = offsetof(struct mos_ev_##type, member), .size = sizeof(((struct mos_ev_##type *)0)->member)
#define END {NULL}

static const struct field note[] = {
	{"note", FIELD_NOTE, AT(note, key)},
	{"key", FIELD_UINT, AT(note, key)},
	{"velocity", FIELD_REAL, AT(note, velocity), .scale = 65535},
	{"channel", FIELD_UINT, AT(note, channel)},
	{"group", FIELD_UINT, AT(note, group)},
	{"part", FIELD_UINT, AT(note, part), .quiet = 2},
	{"instance", FIELD_UINT, AT(note, instance)},
	END,
};

static const struct field ump[] = {
	{"word0", FIELD_HEX, AT(ump, word[0])},
	{"word1", FIELD_HEX, AT(ump, word[1]), .quiet = 1},
	{"word2", FIELD_HEX, AT(ump, word[2]), .quiet = 1},
	{"word3", FIELD_HEX, AT(ump, word[3]), .quiet = 1},
	END,
};

static const struct field snapshot[] = {
	{"keys", FIELD_KEYS, AT(snapshot, keys)},
	{"n_keys", FIELD_UINT, AT(snapshot, n_keys)},
	{"string", FIELD_STRINGS, AT(snapshot, string), .quiet = 2},
	{"sustain", FIELD_UINT, AT(snapshot, sustain)},
	{"channels", FIELD_BITS, AT(snapshot, channels)},
	END,
};

static const struct field chord[] = {
	{"symbol", FIELD_TEXT, AT(chord, symbol)},
	{"root", FIELD_PITCH, AT(chord, root)},
	{"bass", FIELD_PITCH, AT(chord, bass)},
	{"pitches", FIELD_PITCHES, AT(chord, pitch_classes)},
	{"key_tonic", FIELD_PITCH, AT(chord, key_tonic), .quiet = 2},
	{"key_minor", FIELD_UINT, AT(chord, key_minor), .quiet = 1},
	{"origin", FIELD_ENUM, AT(chord, origin), .names = origins},
	{"source", FIELD_ENUM, AT(chord, source), .names = LIST("realtime", "bulk")},
	{"fusion", FIELD_FLAGS, AT(chord, fusion), .quiet = 1, .names = origins},
	{"confidence", FIELD_REAL, AT(chord, confidence), .scale = 255},
	{"version", FIELD_UINT, AT(chord, version), .quiet = 1},
	END,
};

static const struct field braid[] = {
	{"roman", FIELD_TEXT, AT(braid, roman)},
	{"symbol", FIELD_TEXT, AT(braid, symbol)},
	{"key_tonic", FIELD_PITCH, AT(braid, key_tonic), .quiet = 2},
	{"key_minor", FIELD_UINT, AT(braid, key_minor)},
	{"confidence", FIELD_REAL, AT(braid, confidence), .scale = 255},
	END,
};

static const struct field feedback[] = {
	{"kind", FIELD_ENUM, AT(feedback, kind), .names = rocky_kinds},
	{"message", FIELD_TEXT, AT(feedback, message)},
	END,
};

static const struct field highlight[] = {
	{"kind", FIELD_ENUM, AT(highlight, kind), .names = rocky_kinds},
	{"keys", FIELD_KEYS, AT(highlight, keys)},
	END,
};

static const struct field beat[] = {
	{"bar", FIELD_UINT, AT(beat, measure), .add = 1},
	{"beat", FIELD_UINT, AT(beat, beat), .add = 1},
	{"meter_num", FIELD_UINT, AT(beat, meter_num)},
	{"meter_den", FIELD_UINT, AT(beat, meter_den)},
	{"accent", FIELD_UINT, AT(beat, accent)},
	{"count_in", FIELD_UINT, AT(beat, flags)},
	{"bpm", FIELD_BPM, AT(beat, ns_per_quarter)},
	{"step", FIELD_UINT, AT(beat, step), .gate = offsetof(struct mos_ev_beat, n_steps)},
	{"n_steps", FIELD_UINT, AT(beat, n_steps), .quiet = 1},
	END,
};

static const struct field pattern[] = {
	{"steps", FIELD_STEPS, AT(pattern, onset)},
	{"n_steps", FIELD_UINT, AT(pattern, n_steps)},
	{"n_pulses", FIELD_UINT, AT(pattern, n_pulses)},
	{"rotation", FIELD_UINT, AT(pattern, rotation)},
	{"euclidean", FIELD_UINT, AT(pattern, flags)},
	{"id", FIELD_UINT, AT(pattern, id)},
	END,
};

static const struct field tap[] = {
	{"bpm", FIELD_REAL, AT(tap, milli_bpm), .scale = 1000},
	{"n_taps", FIELD_UINT, AT(tap, n_taps)},
	END,
};

static const struct field voice[] = {
	{"kind", FIELD_ENUM, AT(voice, kind), .names = LIST("count", "cue", "announcement")},
	{"text", FIELD_TEXT, AT(voice, text)},
	END,
};

static const struct field game[] = {
	{"kind", FIELD_ENUM, AT(game, kind), .names = LIST("streak", "achievement", "puzzle")},
	{"value", FIELD_UINT, AT(game, value)},
	{"text", FIELD_TEXT, AT(game, text)},
	END,
};

static const struct field pitch[] = {
	{"hz", FIELD_REAL, AT(pitch, milli_hz), .scale = 1000},
	{"note", FIELD_NOTE, AT(pitch, key)},
	{"key", FIELD_UINT, AT(pitch, key)},
	{"cents", FIELD_REAL, AT(pitch, centi_cents), .scale = 100},
	{"confidence", FIELD_REAL, AT(pitch, confidence), .scale = 255},
	{"a4_hz", FIELD_REAL, AT(pitch, a4_deci_hz), .scale = 10},
	END,
};

static const struct field transport[] = {
	{"state", FIELD_ENUM, AT(transport, state), .names = transport_states},
	{"old_state", FIELD_ENUM, AT(transport, old_state), .names = transport_states},
	{"reason", FIELD_ENUM, AT(transport, reason),
		.names = LIST("command", "end of score", "loop", "loaded", "recovered", "leader")},
	{"error", FIELD_ERROR, AT(transport, error), .quiet = 1},
	{"from_tick", FIELD_SINT, AT(transport, from_tick)},
	{"to_tick", FIELD_SINT, AT(transport, to_tick)},
	{"frame", FIELD_UINT, AT(transport, frame)},
	END,
};

static const struct field loop[] = {
	{"start_tick", FIELD_SINT, AT(loop, start_tick)},
	{"end_tick", FIELD_SINT, AT(loop, end_tick)},
	{"active", FIELD_UINT, AT(loop, active)},
	{"count", FIELD_UINT, AT(loop, count)},
	END,
};

static const struct field tempo[] = {
	{"bpm", FIELD_BPM, AT(tempo, ns_per_quarter)},
	{"old_bpm", FIELD_BPM, AT(tempo, old_ns_per_quarter)},
	{"rate", FIELD_REAL, AT(tempo, rate_ppm), .scale = 1e6},
	{"source", FIELD_ENUM, AT(tempo, source), .names = LIST("score", "user", "rate", "leader")},
	END,
};

static const struct field score[] = {
	{"end_tick", FIELD_SINT, AT(score, end_tick)},
	{"events", FIELD_UINT, AT(score, n_events)},
	{"timeline_id", FIELD_UINT, AT(score, timeline_id)},
	{"error", FIELD_ERROR, AT(score, error), .quiet = 1},
	END,
};

static const struct field key[] = {
	{"fifths", FIELD_SINT, AT(key, fifths)},
	{"minor", FIELD_UINT, AT(key, minor)},
	END,
};

static const struct field widget[] = {
	{"id", FIELD_TEXT, AT(widget, id)},
	{"state", FIELD_ENUM, AT(widget, state), .names = widget_states},
	{"old_state", FIELD_ENUM, AT(widget, old_state), .names = widget_states},
	{"restarts", FIELD_UINT, AT(widget, restarts)},
	{"exit_status", FIELD_SINT, AT(widget, exit_status)},
	END,
};

static const struct field engine[] = {
	{"state", FIELD_UINT, AT(engine, state)},
	{"percent", FIELD_UINT, AT(engine, percent)},
	{"error", FIELD_ERROR, AT(engine, error), .quiet = 1},
	END,
};

static const struct field data[] = {
	{"id", FIELD_UINT, AT(data, id)},
	{"size_bytes", FIELD_UINT, AT(data, size_bytes)},
	{"kind", FIELD_TEXT, AT(data, kind)},
	END,
};

static const struct field mixer[] = {
	{"what", FIELD_ENUM, AT(mixer, what), .names = LIST("all", "strip", "fx", "insert")},
	{"strip", FIELD_UINT, AT(mixer, strip), .quiet = 2}, /* the master's has none */
	{"slot", FIELD_UINT, AT(mixer, slot)},
	{"unit", FIELD_TEXT, AT(mixer, unit), .quiet = 1},
	{"param", FIELD_TEXT, AT(mixer, param), .quiet = 1},
	END,
};

static const struct field notice[] = {
	{"reason", FIELD_ENUM, AT(notice, reason), .names = LIST("cycle", "flood", "refused")},
	{"type", FIELD_TYPE, AT(notice, type)},
	{"source", FIELD_UINT, AT(notice, source)},
	{"other", FIELD_UINT, AT(notice, other), .quiet = 2},
	{"count", FIELD_UINT, AT(notice, count)},
	END,
};

const struct field *payload_fields(uint32_t type)
{
	static const struct field none[] = {END};

	switch ((enum mos_event_type)type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		return note;
	case MOS_EVENT_MIDI_UMP:
		return ump;
	case MOS_EVENT_MIDI_SNAPSHOT:
		return snapshot;
	case MOS_EVENT_CHORD_DETECTED:
		return chord;
	case MOS_EVENT_BRAID_HIGHLIGHT:
		return braid;
	case MOS_EVENT_ROCKY_FEEDBACK:
		return feedback;
	case MOS_EVENT_ROCKY_HIGHLIGHT:
		return highlight;
	case MOS_EVENT_METRONOME_BEAT:
	case MOS_EVENT_TRANSPORT_MEASURE:
	case MOS_EVENT_METER_CHANGE:
		return beat;
	case MOS_EVENT_METRONOME_PATTERN:
		return pattern;
	case MOS_EVENT_METRONOME_TAP:
		return tap;
	case MOS_EVENT_METRONOME_VOICE:
		return voice;
	case MOS_EVENT_METRONOME_GAME:
		return game;
	case MOS_EVENT_TUNER_PITCH:
		return pitch;
	case MOS_EVENT_TRANSPORT_STATE:
	case MOS_EVENT_TRANSPORT_PLAY:
	case MOS_EVENT_TRANSPORT_PAUSE:
	case MOS_EVENT_TRANSPORT_STOP:
	case MOS_EVENT_TRANSPORT_SEEK:
	case MOS_EVENT_TRANSPORT_ERROR:
		return transport;
	case MOS_EVENT_TRANSPORT_LOOP:
		return loop;
	case MOS_EVENT_TEMPO_CHANGE:
		return tempo;
	case MOS_EVENT_SCORE_LOADED:
	case MOS_EVENT_SCORE_ERROR:
		return score;
	case MOS_EVENT_KEY_CHANGE:
		return key;
	case MOS_EVENT_WIDGET_STATE:
		return widget;
	case MOS_EVENT_ENGINE_STATE:
		return engine;
	case MOS_EVENT_MIXER_CHANGE:
		return mixer;
	case MOS_EVENT_DATA_SHARED:
		return data;
	case MOS_EVENT_BUS_NOTICE:
		return notice;
	}
	return none;
}

uint64_t field_get(const struct field *f, const struct mos_event *ev)
{
	uint64_t value = 0;

	/* Little-endian, as the record is. */
	memcpy(&value, ev->u.bytes + f->offset, f->size <= 8 ? f->size : 8);
	return value;
}

void field_set(const struct field *f, struct mos_event *ev, uint64_t value)
{
	memcpy(ev->u.bytes + f->offset, &value, f->size <= 8 ? f->size : 8);
}

struct mos_event payload_default(uint32_t type)
{
	struct mos_event ev = {.type = type, .tick = INT64_MIN};

	switch (type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		ev.u.note = (struct mos_ev_note){.key = 60, .velocity = 52428, .part = 0xffff};
		break;
	case MOS_EVENT_MIDI_UMP:
		ev.u.ump.word[0] = 0x20b00100; /* a control change */
		break;
	case MOS_EVENT_MIDI_SNAPSHOT:
		memset(ev.u.snapshot.string, 0xff, sizeof(ev.u.snapshot.string));
		break;
	case MOS_EVENT_CHORD_DETECTED:
		ev.u.chord.key_tonic = MOS_KEY_NONE;
		break;
	case MOS_EVENT_BRAID_HIGHLIGHT:
		ev.u.braid.key_tonic = MOS_KEY_NONE;
		break;
	case MOS_EVENT_METRONOME_BEAT:
	case MOS_EVENT_TRANSPORT_MEASURE:
	case MOS_EVENT_METER_CHANGE:
		ev.u.beat =
			(struct mos_ev_beat){.meter_num = 4, .meter_den = 4, .ns_per_quarter = 500'000'000};
		ev.u.beat.n_steps = type == MOS_EVENT_METRONOME_BEAT ? 4 : 0;
		break;
	case MOS_EVENT_TEMPO_CHANGE:
		ev.u.tempo = (struct mos_ev_tempo){.ns_per_quarter = 500'000'000, .rate_ppm = 1'000'000};
		break;
	case MOS_EVENT_METRONOME_PATTERN:
		ev.u.pattern.n_steps = 1;
		break;
	case MOS_EVENT_TUNER_PITCH:
		ev.u.pitch = (struct mos_ev_pitch){.key = 69, .a4_deci_hz = 4400};
		break;
	default:
		break;
	}
	return ev;
}
