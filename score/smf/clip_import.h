/* SPDX-License-Identifier: MIT */
/** A MIDI clip file that is being read: what its packets (clip_import.c) and its flex data
 * (clip_import_flex.c) share. */
#ifndef SCORE_CLIP_IMPORT_H
#define SCORE_CLIP_IMPORT_H

#include <score/bytes.h>

#include <mos/chord.h>

#include "midi_draft.h"
#include "midi_meta.h"

#define CLIP_GROUPS 16u

/** A text that comes in several packets; one a group at a time. */
struct open_text {
	struct score_bytes bytes;
	uint32_t what; /**< the first word without its form; 0: none is open */
	struct midi_at at;
};

struct chord_at {
	int64_t tick;
	struct mos_chord chord;
	uint8_t is_none;
};

struct clip {
	struct midi_draft md;
	struct nvx_draft *draft;
	struct score_report *report;
	const uint8_t *bytes;
	size_t end; /**< of the last whole word */
	struct midi_clock clock;
	uint64_t file_tick;
	struct midi_at at;
	size_t start_of_clip; /**< SIZE_MAX: there is none */
	int in_clip, has_division;
	struct open_text text[CLIP_GROUPS];
	nvx_str name[3];                            /**< project, composition, clip */
	uint8_t stream_open[CLIP_GROUPS * 256 / 8]; /**< bits: a System Exclusive 8 message has begun */
	struct chord_at *chord;
	size_t n_chord, cap_chord;
	struct midi_tally system, stream, reserved, odd_order, soft, release, attributes, chords;
};

static inline uint32_t clip_word(const struct clip *c, size_t pos)
{
	const uint8_t *p = c->bytes + pos;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/** Flex data at `pos`. @return 0, -ENOMEM, draft->error. */
int clip_on_flex(struct clip *c, size_t pos);
/** After the last packet, before the track's end: what the song is called. */
void clip_name_song(struct clip *c);
/** After the track's end: a chord holds until the next one, or the end. */
void clip_place_chords(struct clip *c);

#endif
