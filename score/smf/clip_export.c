/* SPDX-License-Identifier: MIT */
#include "smf_score.h"

#include <errno.h>
#include <string.h>

#include <mos/ump.h>

#include "clip_flex.h"
#include "midi_draft.h"
#include "midi_out.h"

#define MAX_DELTA 0xfffffu
#define TEXT_BYTES 12u
#define PACKET_BYTES 6u

struct clip {
	struct score_bytes *to;
	const struct midi_out *out;
	int64_t tick;
	uint8_t lyric_breaks;
};

static void put_words(struct clip *c, const uint32_t *words, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		score_bytes_be32(c->to, words[i]);
}

/** The delta clockstamp that stands before every message. */
static void put_delta(struct clip *c, int64_t tick)
{
	int64_t delta = tick > c->tick ? tick - c->tick : 0;
	for (; delta > MAX_DELTA; delta -= MAX_DELTA)
		put_words(c, (const uint32_t[]){UINT32_C(4) << 20 | MAX_DELTA, 0}, 2);
	score_bytes_be32(c->to, UINT32_C(4) << 20 | (uint32_t)delta);
	c->tick = tick > c->tick ? tick : c->tick;
}

static void put_flex(struct clip *c, int64_t tick, enum clip_flex what, const uint32_t words[3])
{
	put_delta(c, tick);
	score_bytes_be32(c->to, clip_flex_word(0, what));
	put_words(c, words, 3);
}

/** @param address  The first word, without a form. */
static void put_text(struct clip *c, int64_t tick, uint32_t address, const char *text, size_t n)
{
	for (size_t at = 0; at < n || at == 0; at += TEXT_BYTES) {
		const size_t left = n - at;
		const int is_first = at == 0, is_last = left <= TEXT_BYTES;
		const uint32_t form = is_first ? (is_last ? 0 : 1) : is_last ? 3 : 2;
		uint8_t bytes[TEXT_BYTES] = {0};
		memcpy(bytes, text + at, is_last ? left : TEXT_BYTES);
		put_delta(c, tick);
		score_bytes_be32(c->to, address | form << 22);
		score_bytes_put(c->to, bytes, sizeof(bytes));
	}
}

static void put_string(struct clip *c, enum clip_flex what, nvx_str str)
{
	size_t n;
	const char *text = nvx_string(c->out->score->pool, str, &n);
	if (n)
		put_text(c, 0, clip_flex_word(0, what), text, n);
}

static int is_own_name(const struct nvx_part *part, const char *name)
{
	if (part->role == NVX_ROLE_DRUMS && strcmp(name, "Drums") == 0)
		return 1;
	return strncmp(name, "Channel ", 8) == 0 || strcmp(name, "System exclusive") == 0;
}

static void put_header(struct clip *c)
{
	const struct score *score = c->out->score;
	const struct nvx_metadata *metadata = &score->globals.metadata;
	const struct {
		enum clip_flex what;
		nvx_str text;
	} texts[] = {
		{CLIP_FLEX_COMPOSITION, metadata->title},
		{CLIP_FLEX_COPYRIGHT, metadata->copyright},
		{CLIP_FLEX_COMPOSER, metadata->composer},
		{CLIP_FLEX_LYRICIST, metadata->lyricist},
		{CLIP_FLEX_ARRANGER, metadata->arranger},
		{CLIP_FLEX_LANGUAGE, metadata->language},
	};
	score_bytes_puts(c->to, "SMF2CLIP");
	put_delta(c, 0);
	score_bytes_be32(c->to, UINT32_C(3) << 20 | SMF_DIVISION);
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put_string(c, texts[i].what, texts[i].text);
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct nvx_part *part = &score->part[p]->part;
		size_t n;
		const char *name = nvx_string(score->pool, part->name, &n);
		const uint32_t line = c->out->line[p];
		if (n == 0 || !c->out->has_channel[p] || is_own_name(part, name))
			continue;
		put_text(c, 0, UINT32_C(0xd) << 28 | line >> 4 << 24 | (line & 0x0f) << 16 | CLIP_FLEX_CLIP,
			name, n);
	}
	put_delta(c, 0);
	put_words(c, (const uint32_t[]){UINT32_C(0xf020) << 16, 0, 0, 0}, 4);
}

static void put_lyric(struct clip *c, const struct midi_out_event *event, const struct midi_out_event *next)
{
	size_t n;
	const char *text = nvx_string(c->out->score->pool, event->a, &n);
	struct score_bytes spelled;
	score_bytes_init(&spelled, c->out->alloc);
	if (c->lyric_breaks)
		score_bytes_u8(&spelled, c->lyric_breaks & MIDI_OUT_LINE ? '/' : '\\');
	score_bytes_put(&spelled, text, n);
	if (!(event->b & MIDI_OUT_GOES_ON) || !next)
		score_bytes_u8(&spelled, ' ');
	if (next && next->b & (MIDI_OUT_LINE | MIDI_OUT_PARAGRAPH))
		score_bytes_u8(&spelled, next->b & MIDI_OUT_LINE ? '\r' : '\n');
	if (spelled.error)
		c->to->error = spelled.error;
	else
		put_text(c, event->tick, clip_flex_word(0, CLIP_FLEX_LYRICS), (const char *)spelled.data,
			spelled.n);
	score_bytes_finish(&spelled);
	c->lyric_breaks = 0;
}

static void put_chord(struct clip *c, const struct midi_out_event *event)
{
	uint32_t words[3] = {0};
	if (event->a != UINT32_MAX) {
		const struct score *score = c->out->score;
		size_t n;
		const char *symbol = nvx_string(score->pool, score_chord(score, event->a)->symbol, &n);
		struct mos_chord chord;
		if (mos_chord_parse(symbol, n, &chord, NULL) == 0 && chord.family != MOS_CHORD_NONE &&
			clip_chord_words(&chord, words) < 0) {
			put_text(c, event->tick, clip_flex_word(0, CLIP_FLEX_TEXT), symbol, n);
			return;
		}
	}
	put_flex(c, event->tick, CLIP_FLEX_CHORD, words);
}

static void put_sysex(struct clip *c, const struct midi_out_event *event)
{
	uint32_t n;
	const uint8_t *bytes = nvx_items(c->out->score->pool, event->a, &n);
	for (uint32_t at = 0; at < n || at == 0; at += PACKET_BYTES) {
		const uint32_t left = n - at, size = left < PACKET_BYTES ? left : PACKET_BYTES;
		const int is_last = left <= PACKET_BYTES;
		const uint32_t status = at == 0 ? (is_last ? 0 : 1) : is_last ? 3 : 2;
		uint8_t b[PACKET_BYTES] = {0};
		memcpy(b, bytes + at, size);
		put_delta(c, event->tick);
		put_words(c,
			(const uint32_t[]){UINT32_C(3) << 28 | (uint32_t)event->kind << 24 | status << 20 |
						   size << 16 | (uint32_t)b[0] << 8 | b[1],
				(uint32_t)b[2] << 24 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 8 | b[5]},
			2);
	}
}

static void put_event(
	struct clip *c, const struct midi_out_event *event, const struct midi_out_event *next_lyric)
{
	static const uint16_t text_of[] = {[MIDI_TEXT] = CLIP_FLEX_TEXT,
		[MIDI_TEXT_MARKER] = CLIP_FLEX_PERFORMANCE,
		[MIDI_TEXT_CUE] = CLIP_FLEX_PERFORMANCE};
	const struct nvx_pool *pool = c->out->score->pool;
	uint32_t words[3] = {0}, n;
	size_t len;
	switch (event->what) {
	case MIDI_OUT_UMP:
		put_delta(c, event->tick);
		put_words(c, (const uint32_t[]){event->a, event->b}, mos_ump_words(event->a));
		break;
	case MIDI_OUT_SYSEX:
		put_sysex(c, event);
		break;
	case MIDI_OUT_WORDS: {
		const uint32_t *list = nvx_items(pool, event->a, &n);
		if (n != mos_ump_words(list[0]))
			break;
		put_delta(c, event->tick);
		put_words(c, list, n);
		break;
	}
	case MIDI_OUT_TEXT:
		if (event->kind == MIDI_TEXT_LYRIC) {
			put_lyric(c, event, next_lyric);
		} else {
			const char *text = nvx_string(pool, event->a, &len);
			put_text(c, event->tick, clip_flex_word(0, text_of[event->kind]), text, len);
		}
		break;
	case MIDI_OUT_TEMPO:
		words[0] = event->a;
		put_flex(c, event->tick, CLIP_FLEX_TEMPO, words);
		break;
	case MIDI_OUT_METER:
		words[0] = event->a << 24 | UINT32_C(8) << 8;
		for (uint32_t den = event->b; den > 1; den /= 2)
			words[0] += UINT32_C(1) << 16;
		put_flex(c, event->tick, CLIP_FLEX_METER, words);
		break;
	case MIDI_OUT_KEY:
		words[0] = clip_key_word((int)event->a - 8, event->kind);
		put_flex(c, event->tick, CLIP_FLEX_KEY, words);
		break;
	default:
		put_chord(c, event);
		break;
	}
}

static int is_lyric(const struct midi_out_event *event)
{
	return event->what == MIDI_OUT_TEXT && event->kind == MIDI_TEXT_LYRIC;
}

static void put_clip(struct score_bytes *to, const struct midi_out *out)
{
	struct clip c = {.to = to, .out = out};
	const struct midi_out_event *end = out->event + out->n_event, *lyric = out->event;
	put_header(&c);
	while (lyric < end && !is_lyric(lyric))
		lyric++;
	if (lyric < end)
		c.lyric_breaks = (uint8_t)(lyric->b & (MIDI_OUT_LINE | MIDI_OUT_PARAGRAPH));
	for (const struct midi_out_event *event = out->event; event < end && !to->error; event++) {
		if (event == lyric)
			do
				lyric++;
			while (lyric < end && !is_lyric(lyric));
		put_event(&c, event, lyric < end ? lyric : NULL);
	}
	put_delta(&c, out->order.end_tick);
	put_words(&c, (const uint32_t[]){UINT32_C(0xf021) << 16, 0, 0, 0}, 4);
}

/** Does it say anything that only MIDI 2.0 has words for? */
static int needs_midi2(const struct score *score)
{
	for (uint32_t p = 0; p < score->n_parts; p++) {
		const struct score_part *part = score->part[p];
		struct nvx_seq_iter notes = nvx_seq_from(&part->note, 0);
		for (const struct nvx_note *note; (note = nvx_seq_next(&notes));)
			if (note->velocity16 || note->cents_1e3)
				return 1;
		struct nvx_seq_iter controls = nvx_seq_from(&part->control, 0);
		for (const struct nvx_control *control; (control = nvx_seq_next(&controls));) {
			uint32_t n;
			const uint32_t *words = nvx_items(score->pool, control->data, &n);
			if (control->kind == NVX_CONTROL_RPN || control->kind == NVX_CONTROL_NRPN ||
				(control->kind == NVX_CONTROL_PROGRAM && control->number != 0xffff) ||
				(control->kind == NVX_CONTROL_UMP && n && words[0] >> 28 == 4))
				return 1;
		}
	}
	return 0;
}

/** A clip has no tracks: parts that share a channel are one part when it is read. */
static void tell_shared(const struct midi_out *out)
{
	const struct score *score = out->score;
	for (uint32_t p = 1; p < score->n_parts; p++) {
		const struct score_part *part = score->part[p];
		uint32_t first = 0;
		while (first < p && !(out->has_channel[first] && out->line[first] == out->line[p]))
			first++;
		if (out->has_channel[p] && first < p && (part->note.n || part->control.n))
			score_warn(out->report, MIDI_FLATTENED, SCORE_AT("part %u", p + 1),
				"it shares its channel with part %u and becomes one with it", first + 1);
	}
}

int clip_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	struct midi_out mo = {.unit_ns = 10, .max_units = UINT32_MAX, .is_clip = 1};
	mo.protocol = needs_midi2(score) ? 2 : 1;
	int rc = midi_out_begin(&mo, score, out->alloc, report);
	if (rc == 0)
		rc = midi_out_gather(&mo);
	if (rc == 0) {
		put_clip(out, &mo);
		tell_shared(&mo);
		midi_out_tell_losses(&mo);
		rc = out->error;
	}
	midi_out_finish(&mo);
	return rc;
}
