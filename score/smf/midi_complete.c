/* SPDX-License-Identifier: MIT */
/*
 * What can be said only when all messages are known: which program a part begins with, where system exclusive
 * messages go, and in which order controls of one tick stand.
 */
#include "midi_draft.h"

#include <errno.h>
#include <string.h>

#include <score/bytes.h>

#define UMP_SYSEX7 3u
#define PACKET_BYTES 6u
#define REMOVED 0xffu /* as a control's kind, until they are taken out */
#define CC_BANK_MSB 0u
#define CC_BANK_LSB 32u

/* ---- programs ---- */

/** A bank's controllers that came before the first program. @return the bank; 0xffff: none. */
static uint16_t take_bank(struct nvx_draft_part *part, size_t program)
{
	struct nvx_control *msb = NULL, *lsb = NULL;
	for (size_t i = program; i-- > 0 && !(msb && lsb);) {
		struct nvx_control *control = &part->control[i];
		if (control->kind != NVX_CONTROL_CC)
			continue;
		if (control->number == CC_BANK_MSB && !msb)
			msb = control;
		if (control->number == CC_BANK_LSB && !lsb)
			lsb = control;
	}
	if (!msb && !lsb)
		return 0xffff;
	const unsigned high = msb ? (unsigned)msb->value : 0, low = lsb ? (unsigned)lsb->value : 0;
	if (msb)
		msb->kind = REMOVED;
	if (lsb)
		lsb->kind = REMOVED;
	return (uint16_t)(high << 7 | low);
}

/** The first program becomes the part's own. */
static void fold_program(struct nvx_draft_part *part, const struct midi_part_facts *facts)
{
	size_t at = 0;
	while (part->control[at].seq != facts->program_serial)
		at++;
	struct nvx_control *program = &part->control[at];
	part->part.midi_program = facts->program;
	part->part.midi_bank = program->number == 0xffff ? take_bank(part, at) : program->number;
	program->kind = REMOVED;
}

/**
 * A part begins with its first program, unless its channel sounded before (in another track): then that stays
 * a change. Parts that say nothing have the program of the part they share their channel with.
 */
static void fold_programs(struct midi_draft *md)
{
	struct nvx_draft *draft = md->draft;
	int64_t first_note[MIDI_LINES];
	uint32_t speaker[MIDI_LINES];
	for (unsigned i = 0; i < MIDI_LINES; i++) {
		first_note[i] = INT64_MAX;
		speaker[i] = MIDI_NO_PART;
	}
	for (uint32_t p = 0; p < draft->n_part; p++) {
		const struct midi_part_facts *facts = &md->facts[p];
		if (facts->first_note_tick < first_note[facts->line])
			first_note[facts->line] = facts->first_note_tick;
	}
	for (uint32_t p = 0; p < draft->n_part; p++) {
		struct midi_part_facts *facts = &md->facts[p];
		if (facts->program_serial == MIDI_NO_PROGRAM ||
			facts->program_tick > first_note[facts->line]) {
			facts->program_serial = MIDI_NO_PROGRAM;
			continue;
		}
		fold_program(&draft->part[p], facts);
		if (speaker[facts->line] == MIDI_NO_PART)
			speaker[facts->line] = p;
	}
	for (uint32_t p = 0; p < draft->n_part; p++) {
		const struct midi_part_facts *facts = &md->facts[p];
		const uint32_t from = speaker[facts->line];
		if (!facts->has_channel || facts->program_serial != MIDI_NO_PROGRAM || from == MIDI_NO_PART)
			continue;
		draft->part[p].part.midi_program = draft->part[from].part.midi_program;
		draft->part[p].part.midi_bank = draft->part[from].part.midi_bank;
	}
}

/* ---- system exclusive ---- */

/** Room for a message's bytes. */
struct assembly {
	struct score_bytes bytes;
	uint32_t serial;
	int is_first;
	unsigned port;
};

static void add_words(struct midi_draft *md, const struct midi_packet *packet, uint32_t part, uint32_t serial,
	const uint32_t *words, uint32_t n)
{
	struct nvx_control *control = nvx_add_control(md->draft, part);
	control->tick = packet->at.tick;
	control->seq = serial;
	control->kind = NVX_CONTROL_UMP;
	control->data = nvx_make_list(md->draft, words, n, sizeof(*words));
}

/** The bytes of one tick, six a packet. */
static void add_pieces(struct midi_draft *md, struct assembly *a, const struct midi_packet *packet,
	uint32_t part, int is_last)
{
	const uint8_t *bytes = a->bytes.data;
	size_t left = a->bytes.n;
	uint32_t serial = packet->serial;
	do {
		const uint32_t n = left < PACKET_BYTES ? (uint32_t)left : PACKET_BYTES;
		const int ends = is_last && n == left;
		const uint32_t status = a->is_first ? (ends ? 0 : 1) : ends ? 3 : 2;
		uint8_t b[PACKET_BYTES] = {0};
		if (n)
			memcpy(b, bytes, n);
		add_words(md, packet, part, serial++,
			(const uint32_t[]){UMP_SYSEX7 << 28 | a->port << 24 | status << 20 | n << 16 |
						   (uint32_t)b[0] << 8 | b[1],
				(uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5]},
			2);
		a->is_first = 0;
		bytes += n;
		left -= n;
	} while (left && !md->draft->error);
}

/** All of a message at one time is one control; else it is kept in packets, each at its own time. */
static int add_message(struct midi_draft *md, uint32_t first, uint32_t part)
{
	const struct midi_packet *packet = &md->packet[first];
	struct assembly a = {.is_first = 1, .port = packet->port};
	int is_whole = 1;
	uint64_t size = 0;
	for (uint32_t i = first; i != UINT32_MAX; i = md->packet[i].next) {
		is_whole &= md->packet[i].at.tick == packet->at.tick;
		size += md->packet[i].size;
	}
	score_bytes_init(&a.bytes, md->alloc);
	for (uint32_t i = first; i != UINT32_MAX && !a.bytes.error && !md->draft->error;) {
		const struct midi_packet *piece = &md->packet[i];
		a.bytes.n = 0;
		for (; i != UINT32_MAX && md->packet[i].at.tick == piece->at.tick; i = md->packet[i].next)
			if (md->packet[i].size)
				score_bytes_put(&a.bytes, md->packet[i].bytes, md->packet[i].size);
		if (a.bytes.error)
			break;
		if (is_whole && size <= MIDI_SYSEX_MAX) {
			struct nvx_control *control = nvx_add_control(md->draft, part);
			control->tick = piece->at.tick;
			control->seq = piece->serial;
			control->kind = NVX_CONTROL_SYSEX;
			control->data = nvx_make_list(md->draft, a.bytes.data, a.bytes.n, 1);
		} else {
			add_pieces(md, &a, piece, part, i == UINT32_MAX);
		}
	}
	if (a.bytes.error && !md->draft->error)
		md->draft->error = a.bytes.error;
	score_bytes_finish(&a.bytes);
	return md->draft->error;
}

/** The first part of a port; made when there is none. */
static uint32_t part_of_port(struct midi_draft *md, unsigned port)
{
	for (uint32_t p = 0; p < md->draft->n_part; p++)
		if (nvx_draft_part(md->draft, p)->midi_port == port)
			return p;
	const uint32_t index = nvx_add_part(md->draft);
	struct nvx_part *part = nvx_draft_part(md->draft, index);
	part->midi_port = (uint8_t)port;
	part->name = nvx_clean_text(md->draft, "System exclusive", 16);
	return index;
}

static int add_packets(struct midi_draft *md)
{
	uint32_t of_port[16];
	for (unsigned port = 0; port < 16; port++)
		of_port[port] = MIDI_NO_PART;
	for (uint32_t i = 0; i < md->n_packet && !md->draft->error; i++) {
		const struct midi_packet *packet = &md->packet[i];
		if (!packet->starts)
			continue;
		uint32_t part = packet->part;
		if (part == MIDI_NO_PART && of_port[packet->port] == MIDI_NO_PART)
			of_port[packet->port] = part_of_port(md, packet->port);
		if (part == MIDI_NO_PART)
			part = of_port[packet->port];
		if (!packet->is_ump) {
			(void)add_message(md, i, part);
			continue;
		}
		uint32_t words[4];
		for (uint32_t w = 0; w < packet->size / 4; w++) {
			const uint8_t *b = packet->bytes + (size_t)4 * w;
			words[w] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
		}
		add_words(md, packet, part, packet->serial, words, packet->size / 4);
	}
	return md->draft->error;
}

/* ---- order ---- */

/** By tick, then by place in the file; no two are equal. */
static int before(const struct nvx_control *a, const struct nvx_control *b)
{
	return a->tick != b->tick ? a->tick < b->tick : a->seq < b->seq;
}

static void sift(struct nvx_control *control, size_t at, size_t n)
{
	const struct nvx_control moved = control[at];
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && before(&control[child], &control[child + 1]))
			child++;
		if (!before(&moved, &control[child]))
			break;
		control[at] = control[child];
	}
	control[at] = moved;
}

/** Heap sort: bounded time, no memory. Most parts are in order already. */
static void sort_controls(struct nvx_control *control, size_t n)
{
	size_t sorted = 1;
	while (sorted < n && before(&control[sorted - 1], &control[sorted]))
		sorted++;
	if (sorted >= n)
		return;
	for (size_t i = n / 2; i-- > 0;)
		sift(control, i, n);
	for (size_t left = n; left-- > 1;) {
		const struct nvx_control top = control[0];
		control[0] = control[left];
		control[left] = top;
		sift(control, 0, left);
	}
}

/** Canonical order is by tick, seq, kind, number: `seq` counts on where that is another order than the
 * file's. */
static void number_controls(struct nvx_draft_part *part)
{
	size_t kept = 0;
	for (size_t i = 0; i < part->n_control; i++) {
		struct nvx_control control = part->control[i];
		if (control.kind == REMOVED)
			continue;
		control.seq = 0;
		if (kept) {
			const struct nvx_control *last = &part->control[kept - 1];
			if (last->tick == control.tick)
				control.seq = last->seq + !(last->kind != control.kind
									  ? last->kind < control.kind
									  : last->number < control.number);
		}
		part->control[kept++] = control;
	}
	part->n_control = kept;
}

/** A meter at the end has no bar; left in, it would cut the last one short. */
static void drop_late_meters(struct midi_draft *md)
{
	struct nvx_draft *draft = md->draft;
	size_t kept = 0;
	for (size_t i = 0; i < draft->n_meter; i++)
		if (draft->meter[i].tick < draft->end_tick || draft->meter[i].tick == 0)
			draft->meter[kept++] = draft->meter[i];
	if (kept < draft->n_meter)
		score_warn(md->report, MIDI_DROPPED, "",
			"%zu time signatures at the end, where no bar is, not kept", draft->n_meter - kept);
	draft->n_meter = kept;
}

int midi_draft_complete(struct midi_draft *md)
{
	struct nvx_draft *draft = md->draft;
	if (draft->error)
		return draft->error;
	drop_late_meters(md);
	fold_programs(md);
	if (add_packets(md) < 0)
		return draft->error;
	for (uint32_t p = 0; p < draft->n_part; p++) {
		sort_controls(draft->part[p].control, draft->part[p].n_control);
		number_controls(&draft->part[p]);
	}
	if (md->long_notes.n)
		midi_warn(md->report, md->long_notes.first_at, "%llu notes longer than 2^32 ticks cut",
			(unsigned long long)md->long_notes.n);
	if (md->cut_texts.n)
		midi_warn_code(md->report, MIDI_DROPPED, md->cut_texts.first_at,
			"%llu texts longer than 1,024 bytes cut", (unsigned long long)md->cut_texts.n);
	return 0;
}
