/* SPDX-License-Identifier: MIT */
#include "smf_score.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "midi_draft.h"
#include "midi_meta.h"
#include "smf_read.h"

#define MAX_BYTES ((size_t)256 << 20)
#define N_PORTS 16u
#define NO_PORT 0xffu
#define NO_CHANNEL 0xffu
#define META_SEQUENCE_NUMBER 0x00
#define META_LAST_TEXT 0x0f
#define META_CHANNEL_PREFIX 0x20
#define META_SMPTE_OFFSET 0x54
#define META_SEQUENCER 0x7f

struct import {
	struct midi_draft md;
	struct score_report *report;
	struct smf_header header;
	struct midi_clock clock;
	uint8_t high_port[256]; /**< where a port beyond the 16th went; NO_PORT: not seen yet */
	uint16_t ports_used;    /**< bits */
	struct midi_tally other_clicks, smpte_offsets, sequence_numbers, sequencer, unknown, escaped,
		smpte_tempos;

	/* of the track being read */
	uint64_t base; /**< file tick at which it starts: 0 but in format 2 */
	uint8_t port;
	uint8_t prefix; /**< channel that meta events speak of; NO_CHANNEL */
};

static int to_at(struct import *im, uint64_t byte, uint64_t file_tick, struct midi_at *ret)
{
	ret->byte = byte;
	if (midi_clock_tick(&im->clock, im->base + file_tick, &ret->tick) < 0)
		return midi_refuse(im->report, byte, "the song is longer than 2^40 ticks");
	return 0;
}

static unsigned current_port(struct import *im, uint64_t at)
{
	if (im->port < N_PORTS) {
		im->ports_used |= (uint16_t)(1u << im->port);
		return im->port;
	}
	uint8_t *port = &im->high_port[im->port];
	if (*port != NO_PORT)
		return *port;
	*port = N_PORTS - 1;
	while (*port && im->ports_used & 1u << *port)
		(*port)--;
	if (im->ports_used & 1u << *port) {
		*port = im->port % N_PORTS;
		midi_warn_code(im->report, MIDI_DROPPED, at, "more than 16 ports; port %u shares port %u",
			im->port, *port);
	}
	im->ports_used |= (uint16_t)(1u << *port);
	return *port;
}

static int on_sysex(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	const unsigned port = current_port(im, ev->at);
	const uint8_t *bytes = ev->payload;
	uint32_t size = ev->payload_bytes;
	int first = ev->status == 0xf0;
	if (!first && im->md.sysex[port] == MIDI_SYSEX_NONE) {
		/* Some writers escape the whole message instead of starting it with F0. */
		if (size == 0 || bytes[0] != 0xf0) {
			midi_tally(&im->escaped, ev->at);
			return 0;
		}
		first = 1;
		bytes++;
		size--;
	}
	const int last = size && bytes[size - 1] == 0xf7;
	return midi_sysex(&im->md, at, port, bytes, size - (uint32_t)last, first, last);
}

static int on_channel(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	const unsigned port = current_port(im, ev->at);
	const uint32_t part = midi_part(&im->md, port, ev->status & 0x0f);
	if (part == MIDI_NO_PART)
		return im->md.draft->error;
	const unsigned kind = ev->status & 0xf0u;
	if (kind == 0x90 && ev->data[1] > 0)
		return midi_note_on(&im->md, at, part, ev->data[0], ev->data[1], 0, 0);
	if (kind == 0x80 || kind == 0x90) {
		midi_note_off(&im->md, at, part, ev->data[0], kind == 0x80 ? ev->data[1] : 64);
		return 0;
	}
	return midi_channel_control(&im->md, at, part, ev->status, ev->data);
}

static int on_text(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	static const uint8_t kinds[] = {
		[SMF_META_TEXT] = MIDI_TEXT,
		[SMF_META_COPYRIGHT] = MIDI_TEXT_COPYRIGHT,
		[SMF_META_TRACK_NAME] = MIDI_TEXT_NAME,
		[SMF_META_INSTRUMENT] = MIDI_TEXT_INSTRUMENT,
		[SMF_META_LYRIC] = MIDI_TEXT_LYRIC,
		[SMF_META_MARKER] = MIDI_TEXT_MARKER,
		[SMF_META_CUE] = MIDI_TEXT_CUE,
	};
	const unsigned type = ev->data[0];
	if ((type == SMF_META_TRACK_NAME || type == SMF_META_INSTRUMENT) && im->prefix != NO_CHANNEL) {
		nvx_str *name = &im->md.name_of[current_port(im, ev->at) * 16 + im->prefix];
		if (!*name) {
			*name = midi_clean(&im->md, ev->at, ev->payload, ev->payload_bytes);
			return im->md.draft->error;
		}
	}
	return midi_add_text(
		&im->md, at, type < sizeof(kinds) ? kinds[type] : MIDI_TEXT, ev->payload, ev->payload_bytes);
}

static void add_tempo(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	uint64_t ns_per_quarter;
	if (!im->header.ticks_per_quarter) {
		midi_tally(&im->smpte_tempos, ev->at);
	} else if (smf_meta_tempo(ev, im->report, &ns_per_quarter)) {
		struct nvx_tempo *tempo = nvx_add_tempo(im->md.draft);
		tempo->tick = at.tick;
		tempo->ns_per_quarter = ns_per_quarter;
	}
}

static void add_meter(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	uint16_t num, den;
	int other_click;
	if (!smf_meta_meter(ev, im->report, &num, &den, &other_click))
		return;
	struct nvx_meter *meter = nvx_add_meter(im->md.draft);
	meter->tick = at.tick;
	meter->num = num;
	meter->den = den;
	if (other_click)
		midi_tally(&im->other_clicks, ev->at);
}

static void add_key(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	int8_t fifths;
	uint8_t minor;
	if (!smf_meta_key(ev, im->report, &fifths, &minor))
		return;
	struct nvx_key *key = nvx_add_key(im->md.draft);
	nvx_set_key(key, fifths, minor);
	key->tick = at.tick;
}

static int is_zero(const uint8_t *bytes, uint32_t size)
{
	while (size && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

static int on_meta(struct import *im, const struct smf_event *ev, struct midi_at at)
{
	switch (ev->data[0]) {
	case SMF_META_PORT:
		if (ev->payload_bytes)
			im->port = ev->payload[0];
		break;
	case META_CHANNEL_PREFIX:
		im->prefix = ev->payload_bytes && ev->payload[0] < 16 ? ev->payload[0] : NO_CHANNEL;
		break;
	case SMF_META_TEMPO:
		add_tempo(im, ev, at);
		break;
	case SMF_META_METER:
		add_meter(im, ev, at);
		break;
	case SMF_META_KEY:
		add_key(im, ev, at);
		break;
	case META_SMPTE_OFFSET:
		/* The hour's upper bits are the frame rate; an hour to start with is usual. */
		if (ev->payload_bytes && !is_zero(ev->payload + 1, ev->payload_bytes - 1))
			midi_tally(&im->smpte_offsets, ev->at);
		break;
	case META_SEQUENCE_NUMBER:
		if (!is_zero(ev->payload, ev->payload_bytes))
			midi_tally(&im->sequence_numbers, ev->at);
		break;
	case META_SEQUENCER:
		midi_tally(&im->sequencer, ev->at);
		break;
	default:
		if (ev->data[0] <= META_LAST_TEXT)
			return on_text(im, ev, at);
		midi_tally(&im->unknown, ev->at);
		break;
	}
	return im->md.draft->error;
}

static int on_event(void *ctx, const struct smf_event *ev)
{
	struct import *im = ctx;
	struct midi_at at;
	const int rc = to_at(im, ev->at, ev->tick, &at);
	if (rc < 0)
		return rc;
	if (ev->status == 0xff)
		return on_meta(im, ev, at);
	im->prefix = NO_CHANNEL;
	return ev->status >= 0xf0 ? on_sysex(im, ev, at) : on_channel(im, ev, at);
}

static int on_header(void *ctx, const struct smf_header *header)
{
	struct import *im = ctx;
	im->header = *header;
	im->clock = smf_clock_of(header);
	return 0;
}

static int on_track_begin(void *ctx, uint32_t track, uint64_t byte)
{
	struct import *im = ctx;
	im->port = 0;
	im->prefix = NO_CHANNEL;
	midi_track_begin(&im->md, track);
	if (track > 0 && im->header.format != 2)
		return 0;
	/* The tempo and meter that hold where a file, or a sequence of format 2, states none. */
	struct midi_at at;
	const int rc = to_at(im, byte, 0, &at);
	if (rc < 0)
		return rc;
	struct nvx_tempo *tempo = nvx_add_tempo(im->md.draft);
	tempo->tick = at.tick;
	tempo->ns_per_quarter = im->clock.ns_per_quarter;
	nvx_add_meter(im->md.draft)->tick = at.tick;
	return im->md.draft->error;
}

static int on_track_end(void *ctx, uint64_t byte, uint64_t file_tick)
{
	struct import *im = ctx;
	struct midi_at at;
	const int rc = to_at(im, byte, file_tick, &at);
	if (rc < 0)
		return rc;
	if (im->header.format == 2)
		im->base += file_tick;
	return midi_track_end(&im->md, at, im->header.format == 0);
}

static void tell(struct import *im, const struct midi_tally *tally, const char *what)
{
	if (tally->n)
		midi_warn_code(im->report, MIDI_DROPPED, tally->first_at, "%llu %s, not kept",
			(unsigned long long)tally->n, what);
}

static void tell_losses(struct import *im)
{
	tell(im, &im->smpte_tempos, "tempos where the SMPTE division fixes the time");
	tell(im, &im->other_clicks, "time signatures with a click or a notated quarter of their own");
	tell(im, &im->smpte_offsets, "SMPTE offsets");
	tell(im, &im->sequence_numbers, "sequence numbers");
	tell(im, &im->sequencer, "sequencer-specific events");
	tell(im, &im->unknown, "unknown meta events");
	tell(im, &im->escaped, "events of escaped bytes");
}

int smf_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	if (draft->error)
		return draft->error;
	if (size > MAX_BYTES)
		return score_error(draft->report, "nvx1.limit.file", SCORE_AT_BYTE(MAX_BYTES),
			"the file has %zu bytes; the limit is %zu", size, MAX_BYTES);
	struct import *im = score_zalloc(nvx_pool_alloc(draft->pool), 1, sizeof(*im));
	if (!im)
		return -ENOMEM;
	const struct smf_sink sink = {
		.ctx = im,
		.header = on_header,
		.track_begin = on_track_begin,
		.event = on_event,
		.track_end = on_track_end,
	};
	im->report = draft->report;
	memset(im->high_port, NO_PORT, sizeof(im->high_port));
	midi_draft_init(&im->md, draft);
	int rc = smf_read(bytes, size, &sink, draft->report);
	if (rc == 0)
		rc = midi_draft_complete(&im->md);
	if (rc == 0) {
		tell_losses(im);
		(void)snprintf(
			draft->report->dialect, sizeof(draft->report->dialect), "SMF %u", im->header.format);
	}
	midi_draft_finish(&im->md);
	score_free(nvx_pool_alloc(draft->pool), im);
	return rc;
}
