/* SPDX-License-Identifier: MIT */
/*
 * MIDI Clip File (M2-116-U): "SMF2CLIP", then packets of 32-bit words, big-endian: the configuration header,
 * Start of Clip, what is played, End of Clip; a delta clockstamp before each. What stands in the header holds
 * from tick 0.
 */
#include "smf_score.h"

#include <errno.h>
#include <string.h>

#include <mos/ump.h>

#include "clip_import.h"

#define MAX_BYTES ((size_t)256 << 20)
#define MAGIC "SMF2CLIP"
#define MAGIC_BYTES 8u
#define UTILITY_DCTPQ 3u
#define UTILITY_DELTA 4u
#define STREAM_START_OF_CLIP 0x20u
#define STREAM_END_OF_CLIP 0x21u
#define RELEASE_DEFAULT 64
#define ATTRIBUTE_PITCH 3u

/* ---- channel messages ---- */

/** MIDI 2.0 says the pitch beside the note's number: 7 bits and 9 behind the point. */
static int32_t cents_of(struct clip *c, uint32_t word, uint8_t key, uint32_t data)
{
	const unsigned type = word & 0xff;
	if (type == 0)
		return 0;
	const int64_t steps = (int64_t)(data & 0xffff) - key * 512;
	if (type != ATTRIBUTE_PITCH || steps > 512 || steps < -512) {
		midi_tally(&c->attributes, c->at.byte);
		return 0;
	}
	const int64_t scaled = steps * 100000;
	return (int32_t)((scaled + (scaled < 0 ? -256 : 256)) / 512);
}

static int on_note(struct clip *c, uint32_t word, uint32_t data, uint32_t part)
{
	const uint8_t key = word >> 8 & 0x7f;
	const uint16_t velocity16 = (uint16_t)(data >> 16);
	const uint8_t velocity = (uint8_t)(velocity16 >> 9);
	if ((word >> 20 & 0x0f) == 8) {
		if (velocity16 != mos_ump_scale_up(velocity, 7, 16))
			midi_tally(&c->release, c->at.byte);
		midi_note_off(&c->md, c->at, part, key, velocity);
		return 0;
	}
	if (velocity == 0)
		midi_tally(&c->soft, c->at.byte);
	const int is_seven_bits = velocity == 0 || velocity16 == mos_ump_scale_up(velocity, 7, 16);
	return midi_note_on(&c->md, c->at, part, key, velocity ? velocity : 1, is_seven_bits ? 0 : velocity16,
		cents_of(c, word, key, data));
}

/** A value of 32 bits that says no more than `bits` of it. @return 1, and those. */
static int narrow(uint32_t value, unsigned bits, uint32_t *ret)
{
	*ret = value >> (32 - bits);
	return mos_ump_scale_up(*ret, bits, 32) == value;
}

static int on_midi2(struct clip *c, size_t pos)
{
	const uint32_t word = clip_word(c, pos), data = clip_word(c, pos + 4);
	const unsigned status = word >> 20 & 0x0f;
	const uint8_t index = word >> 8 & 0x7f;
	const uint32_t part = midi_part(&c->md, word >> 24 & 0x0f, word >> 16 & 0x0f);
	uint32_t value;
	if (part == MIDI_NO_PART)
		return c->draft->error;
	if (status == 8 || status == 9)
		return on_note(c, word, data, part);
	if (status == 0x0c)
		return midi_program(&c->md, c->at, part, data >> 24 & 0x7f,
			word & 1 ? (uint16_t)((data >> 8 & 0x7f) << 7 | (data & 0x7f)) : 0xffff);
	struct nvx_control *control = midi_control(&c->md, c->at, part);
	if (status == 0x0b && narrow(data, 7, &value)) {
		control->kind = NVX_CONTROL_CC;
		control->number = index;
		control->value = (int16_t)value;
	} else if (status == 0x0a && narrow(data, 7, &value)) {
		control->kind = NVX_CONTROL_POLY_PRESSURE;
		control->pitch = index;
		control->value = (int16_t)value;
	} else if (status == 0x0d && narrow(data, 7, &value)) {
		control->kind = NVX_CONTROL_PRESSURE;
		control->value = (int16_t)value;
	} else if (status == 0x0e && narrow(data, 14, &value)) {
		control->kind = NVX_CONTROL_BEND;
		control->value = (int16_t)((int)value - 8192);
	} else if ((status == 2 || status == 3) && narrow(data, 14, &value)) {
		control->kind = status == 2 ? NVX_CONTROL_RPN : NVX_CONTROL_NRPN;
		control->number = (uint16_t)(index << 7 | (word & 0x7f));
		control->value = (int16_t)value;
	} else {
		const uint32_t words[2] = {word, data};
		control->kind = NVX_CONTROL_UMP;
		control->data = nvx_make_list(c->draft, words, 2, sizeof(*words));
	}
	return c->draft->error;
}

static int on_midi1(struct clip *c, uint32_t word)
{
	const uint8_t status = (uint8_t)(word >> 16), data[2] = {word >> 8 & 0x7f, word & 0x7f};
	const unsigned kind = status & 0xf0u;
	if (kind < 0x80 || kind == 0xf0) {
		midi_tally(&c->reserved, c->at.byte);
		return 0;
	}
	const uint32_t part = midi_part(&c->md, word >> 24 & 0x0f, status & 0x0f);
	if (part == MIDI_NO_PART)
		return c->draft->error;
	if (kind == 0x90 && data[1])
		return midi_note_on(&c->md, c->at, part, data[0], data[1], 0, 0);
	if (kind <= 0x90) {
		midi_note_off(&c->md, c->at, part, data[0], kind == 0x80 ? data[1] : RELEASE_DEFAULT);
		return 0;
	}
	return midi_channel_control(&c->md, c->at, part, status, data);
}

/* ---- packets ---- */

static int on_sysex7(struct clip *c, size_t pos)
{
	const uint32_t word = clip_word(c, pos);
	const unsigned group = word >> 24 & 0x0f, status = word >> 20 & 0x0f, n = word >> 16 & 0x0f;
	if (status > 3 || n > 6) {
		midi_tally(&c->reserved, c->at.byte);
		return 0;
	}
	if (status > 1 && c->md.sysex[group] == MIDI_SYSEX_NONE) {
		midi_tally(&c->odd_order, c->at.byte);
		return 0;
	}
	return midi_sysex(
		&c->md, c->at, group, c->bytes + pos + 2, n, status < 2, status == 0 || status == 3);
}

/** System Exclusive 8 and mixed data sets have no place in a score but as they are. */
static int on_data128(struct clip *c, size_t pos)
{
	const uint32_t word = clip_word(c, pos);
	const unsigned group = word >> 24 & 0x0f, status = word >> 20 & 0x0f;
	const unsigned stream = group * 256 + (word >> 8 & 0xff);
	uint8_t *open = &c->stream_open[stream / 8];
	const uint8_t bit = (uint8_t)(1u << stream % 8);
	if (status <= 3) {
		if (status > 1 && !(*open & bit)) {
			midi_tally(&c->odd_order, c->at.byte);
			return 0;
		}
		*open = status == 1 || status == 2 ? *open | bit : *open & (uint8_t)~bit;
	}
	return midi_ump(&c->md, c->at, group, c->bytes + pos, 16);
}

static void on_utility(struct clip *c, uint32_t word)
{
	switch (word >> 20 & 0x0f) {
	case UTILITY_DCTPQ:
		if (c->has_division || c->file_tick || c->in_clip || (word & 0xffff) == 0) {
			midi_warn(c->report, c->at.byte, "ticks a quarter note %s; ignored",
				(word & 0xffff) == 0 ? "are 0" : "given again, or behind their time");
			return;
		}
		c->clock = midi_clock_of_quarter((uint16_t)word);
		c->has_division = 1;
		break;
	case UTILITY_DELTA:
		c->file_tick += word & 0xfffff;
		break;
	default:
		break; /* no operation, jitter reduction: nothing that a score holds */
	}
}

/** @return 1: the clip is over. */
static int on_stream(struct clip *c, size_t pos, uint32_t word)
{
	const unsigned status = word >> 16 & 0x3ff;
	if (status == STREAM_START_OF_CLIP && pos == c->start_of_clip) {
		c->in_clip = 1;
		c->file_tick = 0;
		c->at.tick = 0;
	} else if (status == STREAM_END_OF_CLIP && (c->in_clip || c->start_of_clip == SIZE_MAX)) {
		return 1;
	} else {
		midi_tally(&c->stream, c->at.byte);
	}
	return 0;
}

static int on_packet(struct clip *c, size_t pos, uint32_t word)
{
	switch (word >> 28) {
	case 0x1:
		midi_tally(&c->system, pos);
		return 0;
	case 0x2:
		return on_midi1(c, word);
	case 0x3:
		return on_sysex7(c, pos);
	case 0x4:
		return on_midi2(c, pos);
	case 0x5:
		return on_data128(c, pos);
	case 0xd:
		return clip_on_flex(c, pos);
	default:
		midi_tally(&c->reserved, pos);
		return 0;
	}
}

/** Where the clip starts, or SIZE_MAX. */
static size_t find_start(const struct clip *c)
{
	for (size_t pos = MAGIC_BYTES; pos < c->end;) {
		const uint32_t word = clip_word(c, pos);
		const size_t size = (size_t)4 * mos_ump_words(word);
		if (size > c->end - pos)
			break;
		if (word >> 28 == 0xf && (word >> 16 & 0x3ff) == STREAM_START_OF_CLIP)
			return pos;
		pos += size;
	}
	return SIZE_MAX;
}

static int read_packets(struct clip *c, size_t size)
{
	int has_end = 0;
	for (size_t pos = MAGIC_BYTES; pos < c->end && !has_end;) {
		const uint32_t word = clip_word(c, pos);
		const size_t n = (size_t)4 * mos_ump_words(word);
		if (n > c->end - pos) {
			midi_warn(c->report, pos, "the last message is cut off after %zu of %zu bytes",
				size - pos, n);
			break;
		}
		c->at.byte = pos;
		/* The header has no time. */
		if ((c->in_clip || c->start_of_clip == SIZE_MAX) &&
			midi_clock_tick(&c->clock, c->file_tick, &c->at.tick) < 0)
			return midi_refuse(c->report, pos, "the clip is longer than 2^40 ticks");
		int rc = 0;
		if (word >> 28 == 0)
			on_utility(c, word);
		else if (word >> 28 == 0xf)
			has_end = on_stream(c, pos, word);
		else
			rc = on_packet(c, pos, word);
		if (rc < 0 || c->draft->error)
			return rc < 0 ? rc : c->draft->error;
		pos += n;
		if (has_end && pos < size)
			midi_warn(c->report, pos, "%zu bytes after the end of the clip ignored", size - pos);
	}
	if (c->start_of_clip == SIZE_MAX)
		midi_warn(c->report, MAGIC_BYTES, "the clip has no start");
	if (!has_end)
		midi_warn(c->report, size, "the clip has no end");
	if (!c->has_division)
		midi_warn(c->report, MAGIC_BYTES, "ticks a quarter note are not given; taken as %u", NVX_PPQ);
	return 0;
}

static void tell(struct clip *c, const char *code, const struct midi_tally *tally, const char *what)
{
	if (tally->n)
		midi_warn_code(
			c->report, code, tally->first_at, "%llu %s", (unsigned long long)tally->n, what);
}

static void tell_losses(struct clip *c)
{
	tell(c, MIDI_PARSE, &c->odd_order, "packets that continue no message ignored");
	tell(c, MIDI_DROPPED, &c->system, "system messages, not kept");
	tell(c, MIDI_DROPPED, &c->stream, "stream messages, not kept");
	tell(c, MIDI_DROPPED, &c->reserved, "messages of reserved types, not kept");
	tell(c, MIDI_DROPPED, &c->soft, "velocities below the softest of MIDI 1.0 raised");
	tell(c, MIDI_DROPPED, &c->release, "release velocities kept with 7 bits");
	tell(c, MIDI_DROPPED, &c->attributes, "note attributes, not kept");
	tell(c, MIDI_DROPPED, &c->chords, "chord names that make no sense or have no time, not kept");
}

static int read_clip(struct clip *c, size_t size)
{
	c->start_of_clip = find_start(c);
	midi_track_begin(&c->md, 0);
	int rc = read_packets(c, size);
	if (rc < 0)
		return rc;
	for (unsigned group = 0; group < CLIP_GROUPS; group++)
		if (c->text[group].what)
			midi_tally(&c->odd_order, c->text[group].at.byte);
	clip_name_song(c);
	rc = midi_track_end(&c->md, c->at, 1);
	if (rc == 0)
		rc = midi_draft_complete(&c->md);
	if (rc < 0)
		return rc;
	clip_place_chords(c);
	tell_losses(c);
	memcpy(c->report->dialect, "MIDI 2.0 clip", sizeof("MIDI 2.0 clip"));
	return c->draft->error;
}

int clip_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	if (draft->error)
		return draft->error;
	if (size > MAX_BYTES)
		return score_error(draft->report, "nvx1.limit.file", SCORE_AT_BYTE(MAX_BYTES),
			"the file has %zu bytes; the limit is %zu", size, MAX_BYTES);
	if (size < MAGIC_BYTES || memcmp(bytes, MAGIC, MAGIC_BYTES) != 0)
		return midi_refuse(draft->report, 0, "it does not begin with %s: no MIDI clip file", MAGIC);
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	struct clip *c = score_zalloc(alloc, 1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->draft = draft;
	c->report = draft->report;
	c->bytes = bytes;
	c->end = size - size % 4;
	c->clock = midi_clock_of_quarter(NVX_PPQ);
	midi_draft_init(&c->md, draft);
	c->md.drops_unfinished = 1;
	const int rc = read_clip(c, size);
	for (unsigned group = 0; group < CLIP_GROUPS; group++)
		score_bytes_finish(&c->text[group].bytes);
	score_free(alloc, c->chord);
	midi_draft_finish(&c->md);
	score_free(alloc, c);
	return rc;
}
