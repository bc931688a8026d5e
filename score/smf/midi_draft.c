/* SPDX-License-Identifier: MIT */
#include "midi_draft.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <score/utf8.h>

#define DRUM_CHANNEL 9u
#define RELEASE_DEFAULT 64 /* MIDI 1.0: velocity of a note-off that has none */
#define MAX_TEXTS 2000000u
#define NAME_BYTES 1024u

void midi_draft_init(struct midi_draft *md, struct nvx_draft *draft)
{
	*md = (struct midi_draft){
		.draft = draft, .report = draft->report, .alloc = nvx_pool_alloc(draft->pool)};
	midi_notes_init(&md->notes, md->alloc);
	for (unsigned i = 0; i < MIDI_LINES; i++)
		md->part_of[i] = MIDI_NO_PART;
}

void midi_draft_finish(struct midi_draft *md)
{
	if (!md->alloc)
		return;
	midi_notes_finish(&md->notes);
	score_free(md->alloc, md->facts);
	score_free(md->alloc, md->packet);
	score_free(md->alloc, md->text);
	*md = (struct midi_draft){0};
}

static int fail(struct midi_draft *md, int error)
{
	if (!md->draft->error)
		md->draft->error = error;
	return md->draft->error;
}

void midi_track_begin(struct midi_draft *md, uint32_t track)
{
	md->track = track;
	for (uint32_t i = md->first_part; i < md->draft->n_part; i++)
		md->part_of[md->facts[i].line] = MIDI_NO_PART;
	md->first_part = (uint32_t)md->draft->n_part;
	md->first_packet = md->n_packet;
	md->n_text = 0;
	memset(md->name_of, 0, sizeof(md->name_of));
}

static uint32_t new_part(struct midi_draft *md, unsigned line, int has_channel)
{
	const uint32_t index = nvx_add_part(md->draft);
	if (md->draft->error)
		return MIDI_NO_PART;
	if (score_reserve(md->alloc, (void **)&md->facts, &md->cap_facts, index + 1, sizeof(*md->facts))) {
		(void)fail(md, -ENOMEM);
		return MIDI_NO_PART;
	}
	md->facts[index] = (struct midi_part_facts){
		.first_note_tick = INT64_MAX,
		.program_serial = MIDI_NO_PROGRAM,
		.line = (uint8_t)line,
		.has_channel = (uint8_t)has_channel,
	};
	struct nvx_part *part = nvx_draft_part(md->draft, index);
	part->midi_port = (uint8_t)(line / 16);
	if (has_channel) {
		part->midi_channel = (uint8_t)(line % 16);
		part->role = part->midi_channel == DRUM_CHANNEL ? NVX_ROLE_DRUMS : NVX_ROLE_OTHER;
	}
	return index;
}

uint32_t midi_part(struct midi_draft *md, unsigned port, unsigned channel)
{
	uint32_t *part = &md->part_of[port * 16 + channel];
	if (*part == MIDI_NO_PART)
		*part = new_part(md, port * 16 + channel, 1);
	return *part;
}

int midi_note_on(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t key, uint8_t velocity,
	uint16_t velocity16, int32_t cents_1e3)
{
	struct nvx_note *note = nvx_add_note(md->draft, part);
	if (md->draft->error)
		return md->draft->error;
	note->tick = at.tick; /* a tick long, until its note-off is known */
	note->pitch = key;
	note->velocity = velocity;
	note->velocity16 = velocity16;
	note->cents_1e3 = cents_1e3;
	struct midi_part_facts *facts = &md->facts[part];
	if (facts->first_note_tick == INT64_MAX)
		facts->first_note_tick = at.tick;
	const int rc =
		midi_notes_open(&md->notes, facts->line, key, (uint32_t)md->draft->part[part].n_note - 1);
	return rc < 0 ? fail(md, rc) : 0;
}

static void end_note(
	struct midi_draft *md, struct midi_at at, uint32_t part, uint32_t index, uint8_t velocity)
{
	struct nvx_note *note = &md->draft->part[part].note[index];
	const int64_t duration = at.tick - note->tick;
	note->release_velocity = velocity;
	if (duration > UINT32_MAX)
		midi_tally(&md->long_notes, at.byte);
	if (duration > 0)
		note->duration_ticks = duration > UINT32_MAX ? UINT32_MAX : (uint32_t)duration;
}

void midi_note_off(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t key, uint8_t velocity)
{
	uint32_t index;
	if (midi_notes_close(&md->notes, md->facts[part].line, key, &index))
		end_note(md, at, part, index, velocity);
}

struct nvx_control *midi_control(struct midi_draft *md, struct midi_at at, uint32_t part)
{
	struct nvx_control *control = nvx_add_control(md->draft, part);
	control->tick = at.tick;
	control->seq = md->serial++; /* until all is there to be ordered */
	return control;
}

int midi_program(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t program, uint16_t bank)
{
	struct nvx_control *control = midi_control(md, at, part);
	control->kind = NVX_CONTROL_PROGRAM;
	control->value = program;
	control->number = bank;
	if (md->draft->error)
		return md->draft->error;
	struct midi_part_facts *facts = &md->facts[part];
	if (facts->program_serial == MIDI_NO_PROGRAM && facts->first_note_tick == INT64_MAX) {
		facts->program_serial = control->seq;
		facts->program_tick = at.tick;
		facts->program = program;
	}
	return 0;
}

int midi_channel_control(
	struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t status, const uint8_t data[2])
{
	if ((status & 0xf0) == 0xc0)
		return midi_program(md, at, part, data[0], 0xffff);
	struct nvx_control *control = midi_control(md, at, part);
	switch (status & 0xf0) {
	case 0xa0:
		control->kind = NVX_CONTROL_POLY_PRESSURE;
		control->pitch = data[0];
		control->value = data[1];
		break;
	case 0xb0:
		control->kind = NVX_CONTROL_CC;
		control->number = data[0];
		control->value = data[1];
		break;
	case 0xd0:
		control->kind = NVX_CONTROL_PRESSURE;
		control->value = data[0];
		break;
	default:
		control->kind = NVX_CONTROL_BEND;
		control->value = (int16_t)((data[0] | data[1] << 7) - 8192);
		break;
	}
	return md->draft->error;
}

static int add_packet(struct midi_draft *md, struct midi_packet packet)
{
	if (score_reserve(
		    md->alloc, (void **)&md->packet, &md->cap_packet, md->n_packet + 1, sizeof(*md->packet)))
		return fail(md, -ENOMEM);
	packet.serial = md->serial;
	packet.next = UINT32_MAX;
	packet.part = MIDI_NO_PART;
	md->packet[md->n_packet++] = packet;
	md->serial += packet.size / 6 + 2; /* it may become as many controls */
	return 0;
}

static void set_sysex(struct midi_draft *md, unsigned port, enum midi_sysex_state state)
{
	md->n_sysex_open -= md->sysex[port] != MIDI_SYSEX_NONE;
	md->n_sysex_open += state != MIDI_SYSEX_NONE;
	md->sysex[port] = (uint8_t)state;
}

void midi_sysex_cut(struct midi_draft *md, uint64_t byte, unsigned port)
{
	if (md->sysex[port] == MIDI_SYSEX_OPEN) {
		midi_warn(md->report, byte, "track %u: a system exclusive message has no end; %s",
			md->track + 1, md->drops_unfinished ? "left out" : "ended here");
		if (md->drops_unfinished)
			md->packet[md->first_packet_of[port]].starts = 0;
	}
	set_sysex(md, port, MIDI_SYSEX_NONE);
}

int midi_sysex(struct midi_draft *md, struct midi_at at, unsigned port, const uint8_t *bytes, uint32_t size,
	int first, int last)
{
	if (first)
		midi_sysex_cut(md, at.byte, port);
	const enum midi_sysex_state after = last ? MIDI_SYSEX_NONE : MIDI_SYSEX_OPEN;
	if (!first && md->sysex[port] == MIDI_SYSEX_DROPPED) {
		set_sysex(md, port, last ? MIDI_SYSEX_NONE : MIDI_SYSEX_DROPPED);
		return 0;
	}
	for (uint32_t i = 0; i < size; i++) {
		if (bytes[i] < 0x80)
			continue;
		midi_warn(md->report, at.byte,
			"track %u: a system exclusive message with a byte over 127 left out", md->track + 1);
		set_sysex(md, port, last ? MIDI_SYSEX_NONE : MIDI_SYSEX_DROPPED);
		return 0;
	}
	const uint32_t index = (uint32_t)md->n_packet;
	const int rc = add_packet(md, (struct midi_packet){
					      .at = at,
					      .bytes = bytes,
					      .size = size,
					      .port = (uint8_t)port,
					      .starts = (uint8_t)first,
				      });
	if (rc < 0)
		return rc;
	if (first)
		md->first_packet_of[port] = index;
	else
		md->packet[md->last_packet[port]].next = index;
	md->last_packet[port] = index;
	set_sysex(md, port, after);
	return 0;
}

int midi_ump(struct midi_draft *md, struct midi_at at, unsigned port, const uint8_t *bytes, uint32_t size)
{
	return add_packet(md, (struct midi_packet){
				      .at = at,
				      .bytes = bytes,
				      .size = size,
				      .port = (uint8_t)port,
				      .starts = 1,
				      .is_ump = 1,
			      });
}

int midi_add_text(struct midi_draft *md, struct midi_at at, enum midi_text_kind kind, const uint8_t *text,
	uint32_t size)
{
	if (size == 0)
		return 0;
	if (md->n_text >= MAX_TEXTS) {
		(void)score_error(md->report, "nvx1.limit.elements", SCORE_AT_BYTE(at.byte),
			"more than %u texts in a track", MAX_TEXTS);
		return fail(md, -E2BIG);
	}
	if (score_reserve(md->alloc, (void **)&md->text, &md->cap_text, md->n_text + 1, sizeof(*md->text)))
		return fail(md, -ENOMEM);
	md->text[md->n_text++] = (struct midi_text){at.tick, at.byte, text, size, (uint8_t)kind};
	return 0;
}

/** The first text of a kind that is not empty. 0: there is none. */
static nvx_str first_text(struct midi_draft *md, enum midi_text_kind kind)
{
	for (size_t i = 0; i < md->n_text; i++) {
		struct midi_text *text = &md->text[i];
		if (text->kind != kind)
			continue;
		const nvx_str str = midi_clean(md, text->byte, text->text, text->size);
		if (!str)
			continue;
		text->size = 0; /* it has its place */
		return str;
	}
	return 0;
}

static nvx_str channel_name(struct midi_draft *md, nvx_str track_name, const struct nvx_part *part)
{
	char text[NAME_BYTES];
	const unsigned channel = part->midi_channel + 1u;
	int len;
	if (track_name) {
		size_t n;
		const char *name = nvx_string(md->draft->pool, track_name, &n);
		n = score_utf8_valid(name, n < NAME_BYTES - 32 ? n : NAME_BYTES - 32);
		len = snprintf(text, sizeof(text), "%.*s (channel %u)", (int)n, name, channel);
	} else if (part->role == NVX_ROLE_DRUMS)
		len = snprintf(text, sizeof(text), "Drums");
	else
		len = snprintf(text, sizeof(text), "Channel %u", channel);
	return nvx_clean_text(md->draft, text, (size_t)len);
}

/** A track's parts are called like the track; where that says too little, the channel is named as well. */
static void name_parts(struct midi_draft *md, int is_song)
{
	const nvx_str name = first_text(md, MIDI_TEXT_NAME);
	const uint32_t n = (uint32_t)md->draft->n_part - md->first_part;
	struct nvx_metadata *metadata = &md->draft->globals.metadata;

	if (!metadata->title)
		metadata->title = name;
	else if (n == 0 && name && name != metadata->title)
		/* A track without parts has nothing else to be called so. */
		(void)midi_add_text(md, (struct midi_at){0}, MIDI_TEXT_COMMENT,
			(const uint8_t *)nvx_string(md->draft->pool, name, NULL),
			(uint32_t)strlen(nvx_string(md->draft->pool, name, NULL)));
	if (n == 0)
		return;
	const nvx_str track_name = is_song ? 0 : name;
	const nvx_str instrument = n == 1 || !track_name ? first_text(md, MIDI_TEXT_INSTRUMENT) : 0;
	for (uint32_t i = md->first_part; i < md->draft->n_part; i++) {
		struct nvx_part *part = nvx_draft_part(md->draft, i);
		const nvx_str own = md->name_of[md->facts[i].line];
		if (n == 1)
			part->sound = instrument;
		if (own)
			part->name = own;
		else if (n == 1 && (track_name || instrument))
			part->name = track_name ? track_name : instrument;
		else if (!md->facts[i].has_channel)
			part->name = nvx_clean_text(md->draft, "System exclusive", 16);
		else
			part->name = channel_name(md, track_name ? track_name : instrument, part);
	}
}

/** @return 1: a message of no bytes at all. */
static int is_empty(const struct midi_draft *md, const struct midi_packet *packet)
{
	while (packet->size == 0 && packet->next != UINT32_MAX)
		packet = &md->packet[packet->next];
	return packet->size == 0;
}

/** Packets go to the track's first part on their port. In later tracks one is made for those that have none.
 */
static void place_packets(struct midi_draft *md)
{
	uint32_t first[16];
	for (unsigned port = 0; port < 16; port++)
		first[port] = MIDI_NO_PART;
	for (uint32_t p = (uint32_t)md->draft->n_part; p-- > md->first_part;)
		first[md->facts[p].line / 16] = p;
	for (size_t i = md->first_packet; i < md->n_packet; i++) {
		struct midi_packet *packet = &md->packet[i];
		if (!packet->starts)
			continue;
		if (is_empty(md, packet)) {
			midi_warn_code(md->report, MIDI_DROPPED, packet->at.byte,
				"an empty system exclusive message left out");
			packet->starts = 0;
			continue;
		}
		if (first[packet->port] == MIDI_NO_PART && md->track > 0)
			first[packet->port] = new_part(md, packet->port * 16u, 0);
		packet->part = first[packet->port];
	}
}

int midi_track_end(struct midi_draft *md, struct midi_at at, int is_song)
{
	for (unsigned port = 0; port < 16 && md->n_sysex_open; port++)
		midi_sysex_cut(md, at.byte, port);

	const uint64_t n_hanging = md->notes.n_open;
	for (uint32_t p = md->first_part; p < md->draft->n_part && md->notes.n_open; p++) {
		uint32_t index;
		for (unsigned key = 0; key < 128; key++)
			while (midi_notes_close(&md->notes, md->facts[p].line, key, &index))
				end_note(md, at, p, index, RELEASE_DEFAULT);
	}
	for (unsigned line = 0; line < MIDI_LINES; line++) {
		/* A name for a channel that says nothing. */
		size_t n;
		const char *name = nvx_string(md->draft->pool, md->name_of[line], &n);
		if (md->name_of[line] && md->part_of[line] == MIDI_NO_PART)
			(void)midi_add_text(md, (struct midi_at){0}, MIDI_TEXT_COMMENT, (const uint8_t *)name,
				(uint32_t)n);
	}
	if (n_hanging)
		midi_warn(md->report, at.byte, "track %u: %llu notes without an end; ended with the track",
			md->track + 1, (unsigned long long)n_hanging);

	if (at.tick > md->draft->end_tick)
		md->draft->end_tick = at.tick;
	place_packets(md);
	name_parts(md, is_song);
	return md->draft->error ? md->draft->error : midi_place_texts(md);
}
