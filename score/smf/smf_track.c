/* SPDX-License-Identifier: MIT */
#include "smf_track.h"

#include <string.h>

#include "midi_report.h"

struct track_state {
	const struct smf_track_in *in;
	struct smf_track_out *out;
	uint64_t pos;
	uint8_t running; /**< 0: none yet */
	int interrupted; /**< meta or sysex since the last channel message */
	int goes_on;     /**< what follows an end of track was found to be the track's */
	struct midi_tally high_data, system, running_kept, early_ends;
};

static int damage(struct track_state *s, uint64_t at, const char *why)
{
	s->out->damage = why;
	s->out->damage_at = at;
	return -1;
}

/** Variable-length quantity, at most 4 bytes. @return 0, -1 damaged. */
static int read_vlq(struct track_state *s, uint32_t *ret)
{
	const uint64_t at = s->pos;
	uint32_t value = 0;
	for (unsigned i = 0; i < 4; i++) {
		if (s->pos == s->in->limit)
			return damage(s, at, "a variable-length number is cut off");
		const uint8_t byte = s->in->bytes[s->pos++];
		value = value << 7 | (byte & 0x7fu);
		if (byte < 0x80) {
			*ret = value;
			return 0;
		}
	}
	return damage(s, at, "a variable-length number is longer than 4 bytes");
}

/** Length and payload of a sysex or meta event. @return 0, -1 damaged. */
static int read_payload(struct track_state *s, struct smf_event *ev)
{
	if (read_vlq(s, &ev->payload_bytes) < 0)
		return -1;
	if (ev->payload_bytes > s->in->limit - s->pos)
		return damage(s, ev->at, "an event is longer than what is left of the track");
	ev->payload = s->in->bytes + s->pos;
	s->pos += ev->payload_bytes;
	return 0;
}

static int read_channel(struct track_state *s, struct smf_event *ev)
{
	const unsigned kind = ev->status & 0xf0u;
	const unsigned n = kind == 0xc0 || kind == 0xd0 ? 1 : 2;
	if (s->in->limit - s->pos < n)
		return damage(s, ev->at, "a channel message is cut off");
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = s->in->bytes[s->pos++];
		if (byte > 127) {
			midi_tally(&s->high_data, s->pos - 1);
			byte = 127;
		}
		ev->data[i] = byte;
	}
	return 0;
}

/** F1..F6, F8..FE: legal on a cable, not in a file. */
static int skip_system(struct track_state *s, uint64_t at, uint8_t status)
{
	const unsigned n = status == 0xf2 ? 2 : status == 0xf1 || status == 0xf3 ? 1 : 0;
	if (s->in->limit - s->pos < n)
		return damage(s, at, "a system message is cut off");
	s->pos += n;
	midi_tally(&s->system, at);
	return 0;
}

enum step { STEP_EVENT, STEP_NOTHING, STEP_END, STEP_DAMAGED };

/** Read one event after its delta time. */
static enum step read_event(struct track_state *s, struct smf_event *ev)
{
	ev->at = s->pos;
	const uint8_t byte = s->in->bytes[s->pos];
	if (byte < 0x80) {
		if (!s->running) {
			(void)damage(s, ev->at, "a data byte stands where an event should begin");
			return STEP_DAMAGED;
		}
		ev->status = s->running;
		if (s->interrupted)
			midi_tally(&s->running_kept, ev->at);
	} else {
		ev->status = byte;
		s->pos++;
	}

	if (ev->status < 0xf0) {
		s->running = ev->status;
		s->interrupted = 0;
		return read_channel(s, ev) < 0 ? STEP_DAMAGED : STEP_EVENT;
	}
	s->interrupted = 1;
	if (ev->status == 0xf0 || ev->status == 0xf7)
		return read_payload(s, ev) < 0 ? STEP_DAMAGED : STEP_EVENT;
	if (ev->status != 0xff)
		return skip_system(s, ev->at, ev->status) < 0 ? STEP_DAMAGED : STEP_NOTHING;

	if (s->pos == s->in->limit) {
		(void)damage(s, ev->at, "a meta event is cut off");
		return STEP_DAMAGED;
	}
	ev->data[0] = s->in->bytes[s->pos++];
	/* Files cut by one byte end in FF 2F: clear enough. */
	if (ev->data[0] == SMF_META_END_OF_TRACK && s->pos == s->in->limit)
		return STEP_END;
	if (read_payload(s, ev) < 0)
		return STEP_DAMAGED;
	return ev->data[0] == SMF_META_END_OF_TRACK ? STEP_END : STEP_EVENT;
}

/**
 * Does what follows an end of track read as events, with notes among them and an end of track exactly where
 * the chunk ends? Then the first one ended nothing.
 */
static int goes_on(const struct track_state *at)
{
	struct smf_track_out out = {0};
	struct track_state s = {.in = at->in, .out = &out, .pos = at->pos};
	int has_notes = 0;
	enum step step = STEP_NOTHING;
	while (s.pos < s.in->limit) {
		uint32_t delta;
		if (read_vlq(&s, &delta) < 0 || s.pos == s.in->limit)
			return 0;
		struct smf_event ev = {0};
		step = read_event(&s, &ev);
		if (step == STEP_DAMAGED)
			return 0;
		has_notes |= (ev.status & 0xf0) == 0x90;
	}
	return step == STEP_END && has_notes;
}

static int at_mtrk(const struct smf_track_in *in, uint64_t pos)
{
	return in->limit - pos >= 8 && memcmp(in->bytes + pos, "MTrk", 4) == 0;
}

static void report_tallies(const struct track_state *s, struct score_report *report)
{
	const unsigned track = s->in->track;
	if (s->high_data.n)
		midi_warn(report, s->high_data.first_at, "track %u: %llu data bytes over 127 read as 127",
			track, (unsigned long long)s->high_data.n);
	if (s->system.n)
		midi_warn(report, s->system.first_at,
			"track %u: %llu system messages that do not belong in a file "
			"skipped",
			track, (unsigned long long)s->system.n);
	if (s->early_ends.n)
		midi_warn(report, s->early_ends.first_at,
			"track %u: an end of track is skipped, music follows it", track);
	if (s->running_kept.n)
		midi_warn(report, s->running_kept.first_at,
			"track %u: running status goes on after a meta event or "
			"sysex",
			track);
}

int smf_track_read(const struct smf_track_in *in, const struct smf_sink *sink, struct score_report *report,
	struct smf_track_out *ret)
{
	struct smf_track_out out = {0};
	struct track_state s = {.in = in, .out = &out, .pos = in->begin};
	int rc = 0;

	while (s.pos < in->limit && !(in->stop_at_mtrk && at_mtrk(in, s.pos))) {
		uint32_t delta;
		if (read_vlq(&s, &delta) < 0)
			break;
		if (s.pos == in->limit)
			break; /* a delta time before nothing: the same as no end of track */
		struct smf_event ev = {.tick = out.tick + delta};
		const enum step step = read_event(&s, &ev);
		if (step == STEP_DAMAGED)
			break;
		out.tick = ev.tick;
		if (step == STEP_END) {
			s.goes_on = s.goes_on || (!in->stop_at_mtrk && s.pos < in->limit && goes_on(&s));
			if (s.goes_on && s.pos < in->limit) {
				midi_tally(&s.early_ends, ev.at);
				continue;
			}
			out.has_end = 1;
			break;
		}
		if (step == STEP_NOTHING)
			continue;
		rc = sink->event(sink->ctx, &ev);
		if (rc < 0)
			return rc;
		out.n_channel += ev.status < 0xf0;
	}
	out.next = s.pos;
	report_tallies(&s, report);
	*ret = out;
	return 0;
}
