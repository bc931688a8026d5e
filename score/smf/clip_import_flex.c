/* SPDX-License-Identifier: MIT */
#include "clip_import.h"

#include <errno.h>

#include "clip_flex.h"

#define MAX_TEXT_BYTES 65536u

static void set_text(struct clip *c, nvx_str *to, const uint8_t *text, uint32_t size)
{
	if (*to)
		(void)midi_add_text(&c->md, c->at, MIDI_TEXT, text, size);
	else
		*to = midi_clean(&c->md, c->at.byte, text, size);
}

/** @param what  The message's first word. */
static int on_text(struct clip *c, uint32_t what, const uint8_t *text, uint32_t size)
{
	struct nvx_metadata *metadata = &c->draft->globals.metadata;
	const unsigned group = what >> 24 & 0x0f;
	while (size && text[size - 1] == 0)
		size--;
	switch (what & 0xffff) {
	case CLIP_FLEX_PROJECT:
	case CLIP_FLEX_COMPOSITION:
	case CLIP_FLEX_CLIP:
		if ((what >> 20 & 3) == 0) /* to a channel */
			set_text(c, &c->md.name_of[group * 16 + (what >> 16 & 0x0f)], text, size);
		else
			set_text(c, &c->name[(what & 0xff) - 1], text, size);
		break;
	case CLIP_FLEX_COPYRIGHT:
		set_text(c, &metadata->copyright, text, size);
		break;
	case CLIP_FLEX_COMPOSER:
		set_text(c, &metadata->composer, text, size);
		break;
	case CLIP_FLEX_LYRICIST:
		set_text(c, &metadata->lyricist, text, size);
		break;
	case CLIP_FLEX_ARRANGER:
		set_text(c, &metadata->arranger, text, size);
		break;
	case CLIP_FLEX_LANGUAGE:
		set_text(c, &metadata->language, text, size);
		break;
	case CLIP_FLEX_LYRICS:
		return midi_add_text(&c->md, c->at, MIDI_TEXT_LYRIC, text, size);
	case CLIP_FLEX_PERFORMANCE:
		return midi_add_text(&c->md, c->at, MIDI_TEXT_MARKER, text, size);
	default:
		return midi_add_text(&c->md, c->at, MIDI_TEXT, text, size);
	}
	return c->draft->error;
}

/** Start, continue, end of a text. What does not fit together is left out. */
static int on_text_piece(struct clip *c, uint32_t word, unsigned form, const uint8_t *text)
{
	struct open_text *open = &c->text[word >> 24 & 0x0f];
	const uint32_t what = word & ~UINT32_C(0x00c00000);
	if (form == 1) {
		if (open->what)
			midi_tally(&c->odd_order, c->at.byte);
		score_bytes_finish(&open->bytes);
		score_bytes_init(&open->bytes, c->md.alloc);
		open->what = what;
		open->at = c->at;
	} else if (open->what != what) {
		midi_tally(&c->odd_order, c->at.byte);
		return 0;
	}
	if (open->bytes.n < MAX_TEXT_BYTES)
		score_bytes_put(&open->bytes, text, 12);
	if (open->bytes.error)
		return open->bytes.error;
	if (form != 3)
		return 0;
	/* The pool keeps it until the track is over. */
	const nvx_str str = nvx_pool_string(c->draft->pool, (const char *)open->bytes.data, open->bytes.n);
	if (!str)
		return -ENOMEM;
	const struct midi_at now = c->at;
	c->at = open->at;
	const int rc = on_text(
		c, what, (const uint8_t *)nvx_string(c->draft->pool, str, NULL), (uint32_t)open->bytes.n);
	c->at = now;
	open->what = 0;
	return rc;
}

static int add_chord(struct clip *c, const uint32_t words[3])
{
	struct chord_at chord = {.tick = c->at.tick};
	const int rc = clip_chord_read(words, &chord.chord);
	if (rc < 0) {
		midi_tally(&c->chords, c->at.byte);
		return 0;
	}
	chord.is_none = (uint8_t)rc;
	if (score_reserve(c->md.alloc, (void **)&c->chord, &c->cap_chord, c->n_chord + 1, sizeof(*c->chord)))
		return -ENOMEM;
	c->chord[c->n_chord++] = chord;
	return 0;
}

static void add_meter(struct clip *c, uint32_t word)
{
	const unsigned num = word >> 24, power = word >> 16 & 0xff;
	if (num == 0 || power > 8) {
		midi_warn(c->report, c->at.byte, "time signature that makes no sense ignored");
		return;
	}
	struct nvx_meter *meter = nvx_add_meter(c->draft);
	meter->tick = c->at.tick;
	meter->num = (uint16_t)num;
	meter->den = (uint16_t)(1u << power);
}

static void add_tempo(struct clip *c, uint32_t word)
{
	if (word == 0) {
		midi_warn(c->report, c->at.byte, "tempo of 0 ns a quarter note ignored");
		return;
	}
	struct nvx_tempo *tempo = nvx_add_tempo(c->draft);
	tempo->tick = c->at.tick;
	tempo->ns_per_quarter = word * UINT64_C(10);
}

static void add_key(struct clip *c, uint32_t word)
{
	struct nvx_key key = {0};
	if (clip_key_read(word, &key) < 0) {
		midi_warn(c->report, c->at.byte, "key signature that makes no sense ignored");
		return;
	}
	key.tick = c->at.tick;
	*nvx_add_key(c->draft) = key;
}

int clip_on_flex(struct clip *c, size_t pos)
{
	const uint32_t word = clip_word(c, pos);
	const uint32_t words[3] = {clip_word(c, pos + 4), clip_word(c, pos + 8), clip_word(c, pos + 12)};
	const unsigned form = word >> 22 & 3;
	const unsigned bank = word >> 8 & 0xff;
	if (bank == 1 || bank == 2)
		return form ? on_text_piece(c, word, form, c->bytes + pos + 4)
			    : on_text(c, word, c->bytes + pos + 4, 12);
	switch (word & 0xffff) {
	case CLIP_FLEX_TEMPO:
		add_tempo(c, words[0]);
		break;
	case CLIP_FLEX_METER:
		add_meter(c, words[0]);
		break;
	case CLIP_FLEX_KEY:
		add_key(c, words[0]);
		break;
	case CLIP_FLEX_CHORD:
		return add_chord(c, words);
	default:
		return midi_ump(&c->md, c->at, word >> 24 & 0x0f, c->bytes + pos, 16);
	}
	return c->draft->error;
}

void clip_place_chords(struct clip *c)
{
	for (size_t i = 0; i < c->n_chord; i++) {
		const struct chord_at *chord = &c->chord[i];
		const int64_t end = i + 1 < c->n_chord ? c->chord[i + 1].tick : c->draft->end_tick;
		char symbol[MOS_CHORD_TEXT_MAX];
		if (chord->is_none || (end <= chord->tick && i + 1 < c->n_chord))
			continue;
		const int len = mos_chord_format(&chord->chord, symbol, sizeof(symbol));
		if (len < 0 || end <= chord->tick) {
			midi_tally(&c->chords, c->at.byte);
			continue;
		}
		struct nvx_chord *to = nvx_add_chord(c->draft);
		to->e.tick = chord->tick;
		to->e.duration_ticks =
			end - chord->tick > UINT32_MAX ? UINT32_MAX : (uint32_t)(end - chord->tick);
		to->symbol = nvx_text(c->draft, symbol, (size_t)len);
	}
}

/** The song is called like the composition, else like the clip, else like the project. */
void clip_name_song(struct clip *c)
{
	static const uint8_t order[] = {1, 2, 0};
	nvx_str *title = &c->draft->globals.metadata.title;
	for (unsigned i = 0; i < 3; i++) {
		const nvx_str name = c->name[order[i]];
		size_t n;
		const char *text = nvx_string(c->draft->pool, name, &n);
		if (!*title)
			*title = name;
		else if (name && name != *title)
			(void)midi_add_text(&c->md, (struct midi_at){0}, MIDI_TEXT_COMMENT,
				(const uint8_t *)text, (uint32_t)n);
	}
}
