/* SPDX-License-Identifier: MIT */
#include "smf_score.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mos/tempo.h>
#include <mos/timeline.h>

#include "smf_meta.h"
#include "smf_notes.h"

#define N_GROUPS 3u
#define N_LINES (N_GROUPS * 16) /* channels of all groups */
#define NO_PART (-1)
#define NO_GROUP 0xff
#define RELEASE_DEFAULT 64 /* MIDI 1.0: velocity of a note-off that has none */

/** A sysex that came in packets and is not over yet. */
enum sysex_state { SYSEX_NONE, SYSEX_OPEN, SYSEX_DROPPED };

struct import {
	struct score score;
	struct hermes_report *report;
	struct smf_header header;
	struct smf_clock clock;
	struct smf_notes notes;

	uint8_t group_of_port[256]; /**< NO_GROUP: not seen yet */
	unsigned n_ports;

	/* of the track being read */
	uint64_t base; /**< file tick at which it starts: 0 but in format 2 */
	uint32_t track;
	uint8_t port;
	uint32_t name, instrument; /**< strings */
	size_t first_part;
	int32_t part_of[N_LINES];
	uint8_t has_program[N_LINES];
	enum sysex_state sysex;
};

/** Word the score's refusal. */
static int added(struct import *im, uint64_t at, int64_t rc)
{
	if (rc == -E2BIG)
		return hermes_refuse(im->report, at,
			"the song is too big: more than %u events, 65534 parts or 16 MiB of text",
			MOS_TL_MAX_EVENTS);
	return rc < 0 ? (int)rc : 0;
}

static int to_tick(struct import *im, uint64_t at, uint64_t file_tick, int64_t *ret)
{
	if (smf_clock_tick(&im->clock, im->base + file_tick, ret) < 0)
		return hermes_refuse(im->report, at, "the song is longer than 2^40 ticks");
	return 0;
}

static uint8_t current_group(struct import *im, uint64_t at)
{
	uint8_t *group = &im->group_of_port[im->port];
	if (*group == NO_GROUP) {
		*group = (uint8_t)(im->n_ports % N_GROUPS);
		if (im->n_ports++ >= N_GROUPS)
			hermes_warn(im->report, at,
				"more than %u ports; port %u shares group %u with another", N_GROUPS,
				im->port, *group);
	}
	return *group;
}

/** Part of the current track and port for a channel, made when it is new. @return index or -errno. */
static int current_part(struct import *im, const struct smf_event *ev)
{
	const uint8_t channel = ev->status & 0x0f;
	const uint8_t group = current_group(im, ev->at);
	const unsigned line = group * 16u + channel;
	if (im->part_of[line] == NO_PART) {
		const struct score_part part = {
			.track = im->track,
			.group = group,
			.channel = channel,
			.is_drums = channel == 9,
		};
		int64_t at = score_add_part(&im->score, &part);
		if (at < 0)
			return added(im, ev->at, at);
		im->part_of[line] = (int32_t)at;
	}
	return im->part_of[line];
}

static int add_note_on(struct import *im, const struct smf_event *ev, int64_t tick, int part)
{
	struct score_part *p = &im->score.part[part];
	const struct score_note note = {
		.tick = tick,
		.end_tick = tick + 1, /* until its note-off is known */
		.part = (uint16_t)part,
		.key = ev->data[0],
		.velocity = ev->data[1],
		.release_velocity = RELEASE_DEFAULT,
	};
	int64_t index = score_add_note(&im->score, &note);
	if (index < 0)
		return added(im, ev->at, index);
	p->n_notes++;
	return smf_notes_open(&im->notes, p->group * 16u + p->channel, note.key, (uint32_t)index);
}

static void end_note(struct import *im, uint32_t index, int64_t tick, uint8_t release_velocity)
{
	struct score_note *note = &im->score.note[index];
	if (tick > note->tick)
		note->end_tick = tick;
	note->release_velocity = release_velocity;
}

static void add_note_off(struct import *im, const struct smf_event *ev, int64_t tick, int part)
{
	const struct score_part *p = &im->score.part[part];
	uint32_t index;
	if (smf_notes_close(&im->notes, p->group * 16u + p->channel, ev->data[0], &index))
		end_note(im, index, tick, (ev->status & 0xf0) == 0x80 ? ev->data[1] : RELEASE_DEFAULT);
}

static int add_control(struct import *im, const struct smf_event *ev, int64_t tick, int part)
{
	const uint8_t kind = ev->status & 0xf0;
	const struct score_control control = {
		.tick = tick, .part = (uint16_t)part, .kind = kind, .data = {ev->data[0], ev->data[1]}};
	struct score_part *p = &im->score.part[part];
	uint8_t *has_program = &im->has_program[p->group * 16u + p->channel];
	if (kind == 0xc0 && !*has_program) {
		p->program = ev->data[0];
		*has_program = 1;
	}
	return added(im, ev->at, score_add_control(&im->score, &control));
}

/** Anything but a continuation came, or the track ended: the message has to end where it is. */
static void end_open_sysex(struct import *im, uint64_t at)
{
	if (im->sysex == SYSEX_OPEN) {
		im->score.sysex[im->score.n_sysex - 1].ends = 1;
		hermes_warn(im->report, at, "track %u: a system exclusive message has no end; ended here",
			im->track + 1);
	}
	im->sysex = SYSEX_NONE;
}

/** @param size  With the F7 at the end, if there is one. */
static int add_sysex(
	struct import *im, const struct smf_event *ev, int64_t tick, const uint8_t *bytes, uint32_t size)
{
	const int starts = im->sysex == SYSEX_NONE;
	const int ends = size && bytes[size - 1] == 0xf7;
	const int dropped = im->sysex == SYSEX_DROPPED;

	size -= (uint32_t)ends;
	im->sysex = ends ? SYSEX_NONE : dropped ? SYSEX_DROPPED : SYSEX_OPEN;
	if (dropped)
		return 0;
	for (uint32_t i = 0; i < size; i++) {
		if (bytes[i] < 0x80)
			continue;
		hermes_warn(im->report, ev->at,
			"track %u: a system exclusive message with a byte over 127 left out", im->track + 1);
		if (!starts)
			im->score.sysex[im->score.n_sysex - 1].ends = 1;
		im->sysex = ends ? SYSEX_NONE : SYSEX_DROPPED;
		return 0;
	}
	const struct score_sysex sysex = {
		.tick = tick,
		.n_bytes = size,
		.group = current_group(im, ev->at),
		.starts = (uint8_t)starts,
		.ends = (uint8_t)ends,
	};
	return added(im, ev->at, score_add_sysex(&im->score, &sysex, bytes));
}

static int on_sysex(struct import *im, const struct smf_event *ev, int64_t tick)
{
	if (ev->status == 0xf0) {
		end_open_sysex(im, ev->at);
		return add_sysex(im, ev, tick, ev->payload, ev->payload_bytes);
	}
	if (im->sysex != SYSEX_NONE)
		return add_sysex(im, ev, tick, ev->payload, ev->payload_bytes);
	/* Some writers escape the whole message instead of starting it with F0. */
	if (ev->payload_bytes && ev->payload[0] == 0xf0)
		return add_sysex(im, ev, tick, ev->payload + 1, ev->payload_bytes - 1);
	hermes_warn(
		im->report, ev->at, "track %u: %u escaped bytes left out", im->track + 1, ev->payload_bytes);
	return 0;
}

static int on_channel(struct import *im, const struct smf_event *ev, int64_t tick)
{
	end_open_sysex(im, ev->at);
	const int part = current_part(im, ev);
	if (part < 0)
		return part;
	const uint8_t kind = ev->status & 0xf0;
	if (kind == 0x90 && ev->data[1] > 0)
		return add_note_on(im, ev, tick, part);
	if (kind == 0x80 || kind == 0x90) {
		add_note_off(im, ev, tick, part);
		return 0;
	}
	return add_control(im, ev, tick, part);
}

static int add_text(struct import *im, const struct smf_event *ev, int64_t tick, enum score_text_kind kind)
{
	int64_t string = score_add_string(&im->score, ev->payload, ev->payload_bytes);
	if (string <= 0)
		return added(im, ev->at, string);
	const struct score_text text = {.tick = tick,
		.string = (uint32_t)string,
		.track = (uint16_t)im->track,
		.kind = (uint8_t)kind};
	return added(im, ev->at, score_add_text(&im->score, &text));
}

static int set_name(struct import *im, const struct smf_event *ev, uint32_t *name)
{
	if (*name)
		return 0;
	int64_t string = score_add_string(&im->score, ev->payload, ev->payload_bytes);
	if (string < 0)
		return added(im, ev->at, string);
	*name = (uint32_t)string;
	if (ev->data[0] == SMF_META_TRACK_NAME && !im->score.title)
		im->score.title = *name;
	return 0;
}

static int on_meta(struct import *im, const struct smf_event *ev, int64_t tick)
{
	struct score_tempo tempo = {.tick = tick};
	struct score_meter meter = {.tick = tick};
	struct score_key key = {.tick = tick};

	switch (ev->data[0]) {
	case SMF_META_TEXT:
		return add_text(im, ev, tick, SCORE_TEXT);
	case SMF_META_COPYRIGHT:
		return add_text(im, ev, tick, SCORE_COPYRIGHT);
	case SMF_META_LYRIC:
		return add_text(im, ev, tick, SCORE_LYRIC);
	case SMF_META_MARKER:
		return add_text(im, ev, tick, SCORE_MARKER);
	case SMF_META_CUE:
		return add_text(im, ev, tick, SCORE_CUE);
	case SMF_META_TRACK_NAME:
		return set_name(im, ev, &im->name);
	case SMF_META_INSTRUMENT:
		return set_name(im, ev, &im->instrument);
	case SMF_META_PORT:
		if (ev->payload_bytes)
			im->port = ev->payload[0];
		return 0;
	case SMF_META_TEMPO:
		if (!im->header.ticks_per_quarter) {
			hermes_warn(im->report, ev->at, "tempo ignored: the SMPTE division fixes the time");
			return 0;
		}
		if (!smf_meta_tempo(ev, im->report, &tempo.ns_per_quarter))
			return 0;
		return added(im, ev->at, score_add_tempo(&im->score, &tempo));
	case SMF_META_METER:
		if (!smf_meta_meter(ev, im->report, &meter.num, &meter.den))
			return 0;
		return added(im, ev->at, score_add_meter(&im->score, &meter));
	case SMF_META_KEY:
		if (!smf_meta_key(ev, im->report, &key.fifths, &key.minor))
			return 0;
		return added(im, ev->at, score_add_key(&im->score, &key));
	default:
		return 0; /* SMPTE offset, channel prefix, sequencer's own: nothing that sounds */
	}
}

static int on_event(void *ctx, const struct smf_event *ev)
{
	struct import *im = ctx;
	int64_t tick;
	int rc = to_tick(im, ev->at, ev->tick, &tick);
	if (rc < 0)
		return rc;
	if (ev->status == 0xff)
		return on_meta(im, ev, tick);
	if (ev->status >= 0xf0)
		return on_sysex(im, ev, tick);
	return on_channel(im, ev, tick);
}

static int on_header(void *ctx, const struct smf_header *header)
{
	struct import *im = ctx;
	im->header = *header;
	im->clock = smf_clock_of(header);
	return 0;
}

/** The tempo and meter that hold where a file states none. */
static int add_start(struct import *im, uint64_t at, int64_t tick)
{
	const struct score_tempo tempo = {.tick = tick, .ns_per_quarter = im->clock.ns_per_quarter};
	const struct score_meter meter = {.tick = tick, .num = 4, .den = 4};
	int rc = added(im, at, score_add_tempo(&im->score, &tempo));
	return rc < 0 ? rc : added(im, at, score_add_meter(&im->score, &meter));
}

static int on_track_begin(void *ctx, uint32_t track, uint64_t at)
{
	struct import *im = ctx;
	im->track = track;
	im->port = 0;
	im->name = 0;
	im->instrument = 0;
	im->first_part = im->score.n_part;
	im->sysex = SYSEX_NONE;
	for (unsigned i = 0; i < N_LINES; i++)
		im->part_of[i] = NO_PART;
	memset(im->has_program, 0, sizeof(im->has_program));
	if (track > 0 && im->header.format != 2)
		return 0;
	int64_t tick;
	int rc = to_tick(im, at, 0, &tick);
	return rc < 0 ? rc : add_start(im, at, tick);
}

/** A track's parts are called like the track; where that says too little, the channel is named as well. */
static int name_parts(struct import *im, uint64_t at)
{
	struct score *score = &im->score;
	const size_t n = score->n_part - im->first_part;
	/* The only track of format 0 is called like the song. */
	const uint32_t track_name = im->header.format != 0 && im->name ? im->name : im->instrument;

	for (size_t i = im->first_part; i < score->n_part; i++) {
		struct score_part *part = &score->part[i];
		if (track_name && n == 1) {
			part->name = track_name;
			continue;
		}
		char text[SCORE_STRING_BYTES];
		const unsigned channel = part->channel + 1u;
		int len;
		if (track_name)
			len = snprintf(text, sizeof(text), "%.900s (channel %u)", score->strings + track_name,
				channel);
		else if (part->is_drums)
			len = snprintf(text, sizeof(text), "Drums");
		else
			len = snprintf(text, sizeof(text), "Channel %u", channel);
		int64_t name = score_add_string(score, (const uint8_t *)text, (size_t)len);
		if (name < 0)
			return added(im, at, name);
		part->name = (uint32_t)name;
	}
	return 0;
}

static int on_track_end(void *ctx, uint64_t at, uint64_t file_tick)
{
	struct import *im = ctx;
	int64_t end_tick;
	int rc = to_tick(im, at, file_tick, &end_tick);
	if (rc < 0)
		return rc;
	end_open_sysex(im, at);

	const uint64_t n_hanging = im->notes.n_open;
	uint32_t index;
	while (smf_notes_close_any(&im->notes, &index))
		end_note(im, index, end_tick, RELEASE_DEFAULT);
	if (n_hanging)
		hermes_warn(im->report, at, "track %u: %llu notes without an end; ended with the track",
			im->track + 1, (unsigned long long)n_hanging);

	if (end_tick > im->score.end_tick)
		im->score.end_tick = end_tick;
	if (im->header.format == 2)
		im->base += file_tick;
	return name_parts(im, at);
}

int smf_to_score(const uint8_t *bytes, size_t size, const struct hermes_alloc *alloc, struct score *ret,
	struct smf_header *ret_header, struct hermes_report *report)
{
	struct import *im = hermes_zalloc(alloc, 1, sizeof(*im));
	if (!im)
		return -ENOMEM;
	const struct smf_sink sink = {
		.ctx = im,
		.header = on_header,
		.track_begin = on_track_begin,
		.event = on_event,
		.track_end = on_track_end,
	};
	im->report = report;
	memset(im->group_of_port, NO_GROUP, sizeof(im->group_of_port));
	int rc = score_init(&im->score, alloc);
	if (rc < 0)
		goto free_import;
	rc = smf_notes_init(&im->notes, alloc);
	if (rc < 0)
		goto finish_score;
	rc = smf_read(bytes, size, &sink, report);
	if (rc < 0)
		goto finish_notes;
	rc = score_finalize(&im->score);
	if (rc < 0)
		goto finish_notes;
	*ret = im->score;
	*ret_header = im->header;
	im->score = (struct score){0};

finish_notes:
	smf_notes_finish(&im->notes);
finish_score:
	score_finish(&im->score);
free_import:
	hermes_free(alloc, im);
	return rc;
}
