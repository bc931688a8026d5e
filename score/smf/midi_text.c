/* SPDX-License-Identifier: MIT */
/*
 * The texts of a track: lyrics with their syllables, markers, cues, comments, who wrote it. How lyrics are
 * spelled is RP-017 (a blank ends a word, CR a line, LF a paragraph), a hyphen that goes on, and what karaoke
 * files do: / before a line, \ before a paragraph, @ before words about the song.
 */
#include "midi_draft.h"

#include <string.h>

/** A lyric without its spelling. */
struct syllable {
	const uint8_t *text;
	uint32_t size;
	uint8_t breaks;      /**< before it: 0, '/' a line, '\\' a paragraph */
	uint8_t next_breaks; /**< after it */
	uint8_t blank_before, blank_after, hyphen;
};

nvx_str midi_clean(struct midi_draft *md, uint64_t byte, const uint8_t *text, uint32_t size)
{
	const nvx_str str = nvx_clean_text(md->draft, text, size);
	size_t len;
	(void)nvx_string(md->draft->pool, str, &len);
	/* A byte becomes three at most; cut text fills all but a character's room. */
	if (size > 1024 / 3 && len + 4 > 1024)
		midi_tally(&md->cut_texts, byte);
	return str;
}

static int is_break(uint8_t byte)
{
	return byte == '\r' || byte == '\n';
}

static int is_blank(uint8_t byte)
{
	return byte <= ' ' || byte == 0x7f;
}

static uint8_t stronger(uint8_t breaks, uint8_t byte)
{
	return breaks == '\\' || byte == '\\' || byte == '\n' ? '\\' : '/';
}

static struct syllable spell(const uint8_t *text, uint32_t size)
{
	struct syllable s = {0};
	for (; size && (is_blank(*text) || *text == '/' || *text == '\\'); text++, size--) {
		if (is_break(*text) || *text == '/' || *text == '\\')
			s.breaks = stronger(s.breaks, *text);
		s.blank_before = 1;
	}
	for (; size && is_blank(text[size - 1]); size--) {
		if (is_break(text[size - 1]))
			s.next_breaks = stronger(s.next_breaks, text[size - 1]);
		s.blank_after = 1;
	}
	uint32_t n = size;
	while (n && text[n - 1] == '-')
		n--;
	if (n && n < size && !s.blank_after) {
		s.hyphen = 1;
		size = n;
	}
	s.text = text;
	s.size = size;
	return s;
}

/** Karaoke files sing in text events: a track with lines, in a file that has words about the song. */
static int is_karaoke(struct midi_draft *md)
{
	int breaks = 0;
	for (size_t i = 0; i < md->n_text; i++) {
		const struct midi_text *text = &md->text[i];
		if (text->kind != MIDI_TEXT || !text->size)
			continue;
		md->has_about |= text->text[0] == '@';
		breaks |= text->text[0] == '/' || text->text[0] == '\\';
	}
	return md->has_about && breaks;
}

static void add_comment(struct midi_draft *md, const struct midi_text *text, nvx_id part)
{
	const nvx_str label = midi_clean(md, text->byte, text->text, text->size);
	if (!label)
		return;
	struct nvx_marker_element *marker = nvx_add_marker(md->draft);
	marker->label = label;
	marker->e.tick = text->tick;
	switch (text->kind) {
	case MIDI_TEXT_MARKER:
		marker->e.kind = NVX_MARKER_REHEARSAL;
		break;
	case MIDI_TEXT_CUE:
		marker->e.kind = NVX_MARKER_CUE;
		marker->e.part_id = part;
		break;
	default:
		marker->e.kind = NVX_MARKER_COMMENT;
		marker->e.part_id = part;
		break;
	}
}

/** First index of a note at or after a tick. Notes come in order of time. */
static size_t find_note(const struct nvx_draft_part *part, int64_t tick)
{
	size_t lo = 0, hi = part->n_note;
	while (lo < hi) {
		const size_t mid = lo + (hi - lo) / 2;
		if (part->note[mid].tick < tick)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/** The highest of the notes that start at a tick; NULL: none does. */
static const struct nvx_note *note_at(const struct nvx_draft_part *part, int64_t tick)
{
	const struct nvx_note *best = NULL;
	for (size_t i = find_note(part, tick); i < part->n_note && part->note[i].tick == tick; i++)
		if (!best || part->note[i].pitch > best->pitch)
			best = &part->note[i];
	return best;
}

static int is_sung(const struct midi_text *text)
{
	return text->kind == MIDI_TEXT_LYRIC && spell(text->text, text->size).size;
}

/** The part of the track that the lyrics go with: the one that has notes under most of them. */
static uint32_t singing_part(struct midi_draft *md)
{
	uint32_t best = MIDI_NO_PART;
	size_t best_hits = 0;
	for (uint32_t p = md->first_part; p < md->draft->n_part; p++) {
		const struct nvx_draft_part *part = &md->draft->part[p];
		size_t hits = 0, note = 0;
		for (size_t i = 0; i < md->n_text; i++) {
			if (!is_sung(&md->text[i]))
				continue;
			while (note < part->n_note && part->note[note].tick < md->text[i].tick)
				note++;
			hits += note < part->n_note && part->note[note].tick == md->text[i].tick;
		}
		if (hits > best_hits) {
			best_hits = hits;
			best = p;
		}
	}
	return best;
}

struct singer {
	const struct nvx_draft_part *part; /**< NULL: words without notes */
	nvx_id part_id;
	int64_t last_tick; /**< that has its syllable */
	int is_spaced;     /**< blanks end words in this track */
	int in_word;
};

static void add_lyric(struct midi_draft *md, struct singer *singer, const struct midi_text *text,
	const struct syllable *s, int goes_on)
{
	const struct nvx_note *note =
		singer->part && text->tick != singer->last_tick ? note_at(singer->part, text->tick) : NULL;
	const nvx_str str = midi_clean(md, text->byte, s->text, s->size);
	if (!str)
		return;
	struct nvx_lyric *lyric = nvx_add_lyric(md->draft);
	lyric->text = str;
	lyric->e.tick = text->tick;
	lyric->e.part_id = singer->part_id;
	lyric->e.note_id = note ? note->id : 0;
	lyric->syllabic = goes_on           ? (singer->in_word ? NVX_SYLLABIC_MIDDLE : NVX_SYLLABIC_BEGIN)
			  : singer->in_word ? NVX_SYLLABIC_END
					    : NVX_SYLLABIC_SINGLE;
	if (s->breaks == '/')
		lyric->e.extra = nvx_text(md->draft, MIDI_BREAK_LINE, strlen(MIDI_BREAK_LINE));
	else if (s->breaks)
		lyric->e.extra = nvx_text(md->draft, MIDI_BREAK_PARAGRAPH, strlen(MIDI_BREAK_PARAGRAPH));
	singer->in_word = goes_on;
	singer->last_tick = text->tick;
}

/** Lyrics one after the other; each needs to know whether the next begins a word. */
static void add_lyrics(struct midi_draft *md, struct singer *singer)
{
	const struct midi_text *last_text = NULL;
	struct syllable last = {0};
	uint8_t breaks = 0;
	int blank = 0;
	for (size_t i = 0; i < md->n_text; i++) {
		const struct midi_text *text = &md->text[i];
		if (text->kind != MIDI_TEXT_LYRIC || !text->size)
			continue;
		struct syllable s = spell(text->text, text->size);
		if (s.breaks || breaks)
			s.breaks = s.breaks && breaks ? stronger(s.breaks, breaks)
				   : s.breaks         ? s.breaks
						      : breaks;
		s.blank_before |= (uint8_t)blank;
		if (!s.size) {
			/* Nothing but a blank or the end of a line. */
			blank = 1;
			breaks = s.next_breaks
					 ? (s.breaks ? stronger(s.breaks, s.next_breaks) : s.next_breaks)
					 : s.breaks;
			continue;
		}
		if (last_text)
			add_lyric(md, singer, last_text, &last,
				!s.breaks && (last.hyphen || (singer->is_spaced && !last.blank_after &&
								     !s.blank_before)));
		last_text = text;
		last = s;
		breaks = s.next_breaks;
		blank = 0;
	}
	if (last_text)
		add_lyric(md, singer, last_text, &last, 0);
}

/** Sort out what is no lyric. @return 1: there are lyrics, and *ret_spaced says whether blanks end words. */
static int find_lyrics(struct midi_draft *md, int *ret_spaced)
{
	const int karaoke = is_karaoke(md);
	struct nvx_metadata *metadata = &md->draft->globals.metadata;
	int found = 0, has_title = 0;
	*ret_spaced = 0;
	for (size_t i = 0; i < md->n_text; i++) {
		struct midi_text *text = &md->text[i];
		if (!text->size)
			continue;
		const uint8_t first = text->text[0];
		if (text->kind == MIDI_TEXT && karaoke && first != '@')
			text->kind = MIDI_TEXT_LYRIC;
		if (karaoke && first == '@' && text->size > 2 && text->text[1] == 'T' && !has_title) {
			const nvx_str title = nvx_clean_text(md->draft, text->text + 2, text->size - 2);
			metadata->title = title ? title : metadata->title;
			has_title = title != 0;
		}
		if (text->kind != MIDI_TEXT_LYRIC)
			continue;
		const struct syllable s = spell(text->text, text->size);
		if (s.size && (*s.text == '@' || *s.text == '{')) {
			text->kind = MIDI_TEXT; /* about the song, or (RP-026) about the letters */
			continue;
		}
		*ret_spaced |= s.blank_before || s.blank_after;
		found = 1;
	}
	return found;
}

int midi_place_texts(struct midi_draft *md)
{
	const uint32_t n_parts = (uint32_t)md->draft->n_part - md->first_part;
	/* What a part's own track says, it says about the part. */
	const nvx_id only_part =
		md->track > 0 && n_parts == 1 ? nvx_draft_part(md->draft, md->first_part)->id : 0;
	struct nvx_metadata *metadata = &md->draft->globals.metadata;
	int is_spaced;

	if (find_lyrics(md, &is_spaced)) {
		const uint32_t part = singing_part(md);
		struct singer singer = {.part_id = only_part, .last_tick = -1, .is_spaced = is_spaced};
		if (part != MIDI_NO_PART) {
			singer.part = &md->draft->part[part];
			singer.part_id = singer.part->part.id;
		}
		add_lyrics(md, &singer);
	}
	for (size_t i = 0; i < md->n_text && !md->draft->error; i++) {
		const struct midi_text *text = &md->text[i];
		if (!text->size || text->kind == MIDI_TEXT_LYRIC)
			continue;
		if (text->kind == MIDI_TEXT_COPYRIGHT && !metadata->copyright)
			metadata->copyright = midi_clean(md, text->byte, text->text, text->size);
		else
			add_comment(md, text, only_part);
	}
	return md->draft->error;
}
