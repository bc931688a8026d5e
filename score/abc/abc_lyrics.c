/* SPDX-License-Identifier: MIT */
/*
 * w: and s: lines: what stands there falls on the notes of the line of music before, one by one; words that
 * are more than those begin behind the notes of the last w:, as ABC 2.1 has it. Older tunes leave lines
 * without words.
 */
#include <string.h>

#include "abc_impl.h"

/** Notes of the last line of music, one after the other. */
struct cursor {
	struct abc_voice *v;
	uint32_t event, bar;
};

static bool sings(const struct abc_event *event)
{
	return !(event->flags & (ABC_REST | ABC_GRACE)) && event->lane == 0;
}

/** @return the event; ABC_NONE: there is no further note. */
static uint32_t next_note(struct cursor *at)
{
	for (; at->event < at->v->n_event; at->event++)
		if (sings(&at->v->event[at->event])) {
			at->bar = at->v->event[at->event].bar;
			return at->event++;
		}
	return ABC_NONE;
}

/** To the next measure, whether somebody sings there or not. */
static void next_bar(struct cursor *at)
{
	at->bar++;
	while (at->event < at->v->n_event && at->v->event[at->event].bar < at->bar)
		at->event++;
}

static bool is_break(char c)
{
	return c == ' ' || c == '\t' || c == '-' || c == '_' || c == '*' || c == '|';
}

/** A syllable with its ~ as blanks; a backslash makes what would end it a part of it. @return bytes of `text`
 * used. */
static size_t read_syllable(struct abc_reader *r, struct abc_span text, nvx_str *ret)
{
	char buf[512];
	size_t n = 0, used = 0;
	while (used < text.n && !is_break(text.at[used])) {
		char c = text.at[used++];
		if (c == '~')
			c = ' ';
		else if (c == '\\' && used < text.n && (is_break(text.at[used]) || text.at[used] == '~') &&
			 text.at[used] > ' ')
			c = text.at[used++];
		if (n < sizeof(buf))
			buf[n++] = c;
	}
	*ret = abc_string(r, (struct abc_span){buf, n});
	return used;
}

struct state {
	struct cursor at;
	uint32_t lyric; /**< the last one of this line; ABC_NONE */
	uint8_t verse;
	bool in_word; /**< a hyphen came before */
};

static void add_syllable(struct abc_reader *r, struct state *s, nvx_str text, const char *where)
{
	struct abc_voice *v = s->at.v;
	const uint32_t event = next_note(&s->at);
	if (event == ABC_NONE) {
		score_warn(r->report, ABC_DROPPED, ABC_AT(r, where), "more syllables than notes");
		return;
	}
	struct abc_lyric *lyric = ABC_PUSH(r, v, lyric);
	if (!lyric)
		return;
	*lyric = (struct abc_lyric){.event = event,
		.last = event,
		.text = text,
		.verse = s->verse,
		.syllabic = s->in_word ? NVX_SYLLABIC_END : NVX_SYLLABIC_SINGLE};
	s->lyric = (uint32_t)(v->n_lyric - 1);
	s->in_word = false;
}

static void hyphen(struct abc_voice *v, struct state *s)
{
	if (s->lyric == ABC_NONE)
		return;
	struct abc_lyric *lyric = &v->lyric[s->lyric];
	lyric->syllabic = lyric->syllabic == NVX_SYLLABIC_SINGLE ? NVX_SYLLABIC_BEGIN
			  : lyric->syllabic == NVX_SYLLABIC_END  ? NVX_SYLLABIC_MIDDLE
								 : lyric->syllabic;
	s->in_word = true;
}

static void hold(struct abc_voice *v, struct state *s)
{
	const uint32_t event = next_note(&s->at);
	if (event == ABC_NONE || s->lyric == ABC_NONE)
		return;
	v->lyric[s->lyric].last = event;
	v->lyric[s->lyric].extend = 1;
}

/** How many notes the words of a line ask for. */
static size_t notes_asked(struct abc_span text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.at[i], before = i ? text.at[i - 1] : ' ';
		if (c == '-')
			n += before == ' ' || before == '-';
		else if (c == '*' || c == '_')
			n++;
		else if (!is_break(c) && is_break(before) && (i < 2 || text.at[i - 2] != '\\'))
			n++;
	}
	return n;
}

static size_t notes_from(struct abc_voice *v, uint32_t event)
{
	struct cursor at = {v, event, 0};
	size_t n = 0;
	while (next_note(&at) != ABC_NONE)
		n++;
	return n;
}

/** The first w: behind music: where its words begin, and those of the verses behind it. */
static void begin_verses(struct abc_voice *v, struct abc_span text)
{
	v->verse_first = v->line_first;
	if (v->unsung < v->line_first && notes_asked(text) > notes_from(v, v->line_first))
		v->verse_first = v->unsung;
	v->unsung = (uint32_t)v->n_event;
}

void abc_lyrics(struct abc_reader *r, struct abc_span text, bool goes_on)
{
	struct abc_voice *v = abc_voice(r);
	if (!v)
		return;
	const bool is_current = v->line_serial == r->line_serial || v->unsung < v->n_event;
	if (!is_current || v->line_first >= v->n_event) {
		if (abc_trim(text).n)
			score_warn(r->report, ABC_DROPPED, ABC_AT(r, text.at),
				"words without notes before them");
		return;
	}
	if (!goes_on && v->verse == 0)
		begin_verses(v, text);
	if (!goes_on && v->verse < 99)
		v->verse++;
	const uint32_t from = goes_on ? v->lyric_event : v->verse_first;
	struct state s = {.at = {v, from, from < v->n_event ? v->event[from].bar : 0},
		.lyric = ABC_NONE,
		.verse = (uint8_t)(v->verse ? v->verse : 1)};
	s.in_word = v->word_open[s.verse]; /* a word may go on from the line before */
	bool blank = true;                 /* before this place */
	for (size_t i = 0; i < text.n;) {
		const char c = text.at[i];
		if (c == '|') {
			next_bar(&s.at);
		} else if (c == '*') {
			(void)next_note(&s.at);
		} else if (c == '_') {
			hold(v, &s);
		} else if (c == '-') {
			/* a second hyphen, or one after a blank, stands for a note without a syllable */
			if (s.in_word || blank)
				(void)next_note(&s.at);
			hyphen(v, &s);
		} else if (c != ' ' && c != '\t') {
			nvx_str syllable;
			const char *where = text.at + i;
			i += read_syllable(r, (struct abc_span){where, text.n - i}, &syllable);
			if (syllable)
				add_syllable(r, &s, syllable, where);
			blank = false;
			continue;
		}
		blank = c == ' ' || c == '\t';
		i++;
	}
	v->lyric_event = s.at.event;
	v->word_open[s.verse] = s.in_word;
}

/** From one note on, up to where the music itself states another dynamic. @return it does not before `to`. */
static bool set_velocity(struct abc_voice *v, uint32_t from, size_t to, uint8_t velocity)
{
	const uint8_t old = v->event[from].velocity;
	uint32_t i = from;
	for (; i < to && v->event[i].velocity == old; i++)
		v->event[i].velocity = velocity;
	return i == to;
}

/** What waits for a note that is written already. */
static void dress(struct abc_event *event, const struct abc_pending *pending)
{
	event->articulations |= pending->articulations;
	event->ornaments |= pending->ornaments;
	event->technical |= pending->technical;
	event->tremolo = pending->tremolo ? pending->tremolo : event->tremolo;
	event->arpeggio = pending->arpeggio ? pending->arpeggio : event->arpeggio;
	event->breath = pending->breath ? pending->breath : event->breath;
	if (pending->fermata)
		event->flags |= ABC_FERMATA;
}

/** s: decorations, chord symbols and annotations under the notes. */
void abc_symbols(struct abc_reader *r, struct abc_span text)
{
	struct abc_voice *v = abc_voice(r);
	if (!v || v->line_serial != r->line_serial || v->line_first >= v->n_event)
		return;
	struct cursor at = {v, v->line_first, v->event[v->line_first].bar};
	const struct abc_lane saved = v->lane[0];
	const uint8_t lane_no = v->lane_no, velocity = v->velocity;
	uint32_t loud_from = ABC_NONE; /* a dynamic counts from its note to the next one */
	uint8_t loud = 0;
	const struct abc_pending pending = v->pending;
	v->lane_no = 0;
	for (size_t i = 0; i < text.n; i++) {
		const char c = text.at[i];
		if (c == '*')
			(void)next_note(&at);
		if (c == '|')
			next_bar(&at);
		if (c != '!' && c != '+' && c != '"')
			continue;
		const char *end = memchr(text.at + i + 1, c, text.n - i - 1);
		const uint32_t event = end ? next_note(&at) : ABC_NONE;
		if (event == ABC_NONE)
			break;
		const struct abc_span inner = {text.at + i + 1, (size_t)(end - text.at) - i - 1};
		v->lane[0].at = v->event[event].at;
		v->lane[0].bar = v->event[event].bar;
		v->pending = (struct abc_pending){0};
		if (c == '"') {
			abc_quoted(r, v, inner, text.at + i);
		} else {
			v->velocity = 0;
			abc_decorate(r, v, inner, text.at + i);
			if (v->velocity) {
				if (loud_from != ABC_NONE)
					(void)set_velocity(v, loud_from, event, loud);
				loud_from = event;
				loud = v->velocity;
			}
			dress(&v->event[event], &v->pending);
			struct abc_mark *mark =
				v->pending.finger ? abc_mark(r, v, ABC_MARK_FINGER, text.at + i) : NULL;
			if (mark) {
				mark->arg = v->pending.finger;
				mark->value = v->event[event].note;
			}
		}
		i = (size_t)(end - text.at);
	}
	v->lane[0] = saved;
	v->lane_no = lane_no;
	v->pending = pending;
	v->velocity = velocity;
	if (loud_from != ABC_NONE && set_velocity(v, loud_from, v->n_event, loud))
		v->velocity = loud;
}
