/* SPDX-License-Identifier: MIT */
/* Signs at a note: slurs, ornaments, articulations, dynamics; and the syllables under it. */
#include "import.h"

#include <stdio.h>
#include <string.h>

/** Elements that are one bit of a set. */
struct flag {
	uint16_t name;
	uint16_t bit;
};

static int find_flag(const struct flag *flags, unsigned n, unsigned name)
{
	for (unsigned i = 0; i < n; i++) {
		if (flags[i].name == name)
			return flags[i].bit;
	}
	return -1;
}
#define FIND_FLAG(flags, name) find_flag((flags), sizeof(flags) / sizeof(*(flags)), (name))

static void read_articulations(struct mx_import *im, struct mx_note *n, mx_node_id node)
{
	static const struct flag flags[] = {
		{MX_accent, NVX_ARTICULATION_ACCENT},
		{MX_strong_accent, NVX_ARTICULATION_MARCATO},
		{MX_staccato, NVX_ARTICULATION_STACCATO},
		{MX_staccatissimo, NVX_ARTICULATION_STACCATISSIMO},
		{MX_tenuto, NVX_ARTICULATION_TENUTO},
		{MX_detached_legato, NVX_ARTICULATION_PORTATO},
		{MX_spiccato, NVX_ARTICULATION_SPICCATO},
		{MX_stress, NVX_ARTICULATION_STRESS},
		{MX_unstress, NVX_ARTICULATION_UNSTRESS},
	};
	struct mx_tree *t = &im->tree;
	struct nvx_notation_element *e = mx_notation(im, n->event);
	MX_FOR_CHILDREN(t, c, node)
	{
		const unsigned name = t->node[c].name;
		const int bit = FIND_FLAG(flags, name);
		if (bit >= 0)
			e->articulations |= (uint16_t)(1u << bit);
		else if (name == MX_breath_mark || name == MX_caesura)
			e->breath = name == MX_caesura ? NVX_BREATH_CAESURA : NVX_BREATH_COMMA;
		else
			mx_keep(im, c);
	}
}

static void read_tremolo(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const int strokes = mx_int(mx_text(t, node), 3, 0, 8);
	const char *type = mx_attr(t, node, "type");
	struct nvx_notation_element *e = mx_notation(im, n->event);
	if (!type || strcmp(type, "single") == 0) {
		e->tremolo = (uint8_t)strokes;
		return;
	}
	struct mx_open end = {.kind = MX_SPAN_TREMOLO, .voice = n->voice, .index = n->event, .at = n->at};
	if (strcmp(type, "start") == 0) {
		e->tremolo = (uint8_t)strokes;
		(void)mx_open(im, p, end);
	} else if (strcmp(type, "stop") == 0) {
		const uint32_t first = mx_close(im, p, end);
		if (first != MX_NONE)
			mx_notation(im, first)->to_event_id = e->e.id;
	} else {
		mx_keep(im, node);
	}
}

static void read_ornaments(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node)
{
	static const struct flag flags[] = {
		{MX_trill_mark, NVX_ORNAMENT_TRILL},
		{MX_mordent, NVX_ORNAMENT_MORDENT},
		{MX_inverted_mordent, NVX_ORNAMENT_INVERTED_MORDENT},
		{MX_turn, NVX_ORNAMENT_TURN},
		{MX_inverted_turn, NVX_ORNAMENT_INVERTED_TURN},
		{MX_delayed_turn, NVX_ORNAMENT_DELAYED_TURN},
		{MX_shake, NVX_ORNAMENT_SHAKE},
		{MX_schleifer, NVX_ORNAMENT_SCHLEIFER},
	};
	struct mx_tree *t = &im->tree;
	MX_FOR_CHILDREN(t, c, node)
	{
		const unsigned name = t->node[c].name;
		const int bit = FIND_FLAG(flags, name);
		struct nvx_notation_element *e = mx_notation(im, n->event);
		if (bit >= 0)
			e->ornaments |= (uint16_t)(1u << bit);
		else if (name == MX_wavy_line && mx_attr_is(t, c, "type", "start"))
			e->ornaments |= 1u << NVX_ORNAMENT_WAVY;
		else if (name == MX_tremolo)
			read_tremolo(im, p, n, c);
		else if (name != MX_wavy_line)
			mx_keep(im, c);
	}
}

/** A line between two events. */
static void read_line(struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node,
	unsigned kind, unsigned style)
{
	struct mx_tree *t = &im->tree;
	const nvx_id here = mx_notation(im, n->event)->e.id;
	struct mx_open end = {
		.kind = (uint8_t)kind,
		.number = (uint8_t)mx_attr_int(t, node, "number", 1, 1, 16),
		.voice = n->voice,
		.index = (uint32_t)im->draft->n_notation,
		.at = n->at,
	};
	const int starts = mx_attr_is(t, node, "type", "start");
	if (!starts && !mx_attr_is(t, node, "type", "stop"))
		return; /* continue: on a new line of the page */
	const uint32_t met = starts ? mx_open(im, p, end) : mx_close(im, p, end);
	const uint32_t index = met != MX_NONE ? met : mx_add_notation(im, NVX_NOTATION_SLUR, n->at, n->staff);
	struct nvx_notation_element *e = mx_notation(im, index);
	if (starts) {
		e->from_event_id = here;
		e->e.tick = n->at;
		e->e.voice = n->voice;
		e->style = (uint8_t)(mx_attr_is(t, node, "line-type", "dashed") && style == NVX_SLUR_SLUR
					     ? NVX_SLUR_DASHED
					     : style);
	} else {
		e->to_event_id = here;
		mx_add_span(im, NVX_LIST_notation, 0, index, MX_AT(im->measure, MX_OFFSET(n->at) + n->ticks));
	}
}

/** Stops before starts, so that two slurs of one number may meet on a note. */
static void read_lines(
	struct mx_import *im, struct mx_part *p, struct mx_note *n, mx_node_id node, const char *type)
{
	struct mx_tree *t = &im->tree;
	MX_FOR_CHILDREN(t, c, node)
	{
		const unsigned name = t->node[c].name;
		if ((name != MX_slur && name != MX_glissando && name != MX_slide) ||
			!mx_attr_is(t, c, "type", type))
			continue;
		if (name == MX_slur)
			read_line(im, p, n, c, MX_SPAN_SLUR, NVX_SLUR_SLUR);
		else if (name == MX_slide && n->tab != MX_NONE)
			mx_read_slide(im, p, n, c);
		else
			read_line(im, p, n, c, MX_SPAN_GLISSANDO,
				name == MX_glissando ? NVX_SLUR_GLISSANDO : NVX_SLUR_LINE);
	}
}

void mx_read_dynamics(struct mx_import *im, mx_node_id node, int64_t at, unsigned staff)
{
	char text[64];
	size_t len = 0;
	struct mx_tree *t = &im->tree;
	MX_FOR_CHILDREN(t, c, node)
	{
		const char *word =
			t->node[c].name == MX_other_dynamics ? mx_text(t, c) : t->bytes + t->node[c].tag;
		const size_t n = strlen(word);
		if (len + n < sizeof(text)) {
			memcpy(text + len, word, n);
			len += n;
		}
	}
	text[len] = 0;
	const nvx_str value = mx_string(im, text);
	if (!value)
		return;
	const uint32_t e = mx_add_notation(im, NVX_NOTATION_DYNAMIC, at, staff);
	mx_notation(im, e)->text = value;
	mx_notation(im, e)->placement = 0;
	struct mx_loudness loud = {
		.at = at, .part = im->parts[im->part].part, .seq = (uint32_t)im->n_loudness};
	mx_dynamic_velocity(text, &loud.here, &loud.after);
	struct mx_loudness *l = loud.here ? MX_ADD(im, loudness) : NULL;
	if (l)
		*l = loud;
}

/** Which chords are broken together: those of one number. */
static void read_together(struct mx_import *im, struct nvx_notation_element *e, int number)
{
	char text[8];
	if (!number || e->e.extra)
		return;
	(void)snprintf(text, sizeof(text), "%d", number);
	const nvx_str fact = mx_fact(im, "arpeggio", text);
	e->e.extra = fact;
}

void mx_read_notations(struct mx_import *im, struct mx_part *p, struct mx_note *n)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id first = mx_child(t, n->node, MX_notations);
	if (first && n->note != MX_NONE)
		mx_read_tab(im, p, n);
	for (mx_node_id node = first; node; node = mx_next(t, node, MX_notations)) {
		read_lines(im, p, n, node, "stop");
		MX_FOR_CHILDREN(t, c, node)
		{
			struct nvx_notation_element *e = mx_notation(im, n->event);
			switch (t->node[c].name) {
			case MX_articulations:
				read_articulations(im, n, c);
				break;
			case MX_ornaments:
				read_ornaments(im, p, n, c);
				break;
			case MX_technical:
				mx_read_technical(im, p, n, c);
				break;
			case MX_dynamics:
				mx_read_dynamics(im, c, n->at, n->staff);
				break;
			case MX_fermata:
				if (e->fermata)
					mx_keep(im, c); /* a second one, or of another shape */
				e->fermata = 1;
				break;
			case MX_arpeggiate:
				e->arpeggio = mx_attr_is(t, c, "direction", "down") ? NVX_ARPEGGIO_DOWN
										    : NVX_ARPEGGIO_UP;
				read_together(im, e, mx_attr_int(t, c, "number", 0, 0, 16));
				break;
			case MX_non_arpeggiate:
				e->arpeggio = NVX_ARPEGGIO_NONE;
				break;
			case MX_tied:
				if (mx_attr_is(t, c, "type", "let-ring"))
					mx_keep(im, c);
				break;
			case MX_slur:
			case MX_glissando:
			case MX_slide:
			case MX_tuplet:
				break;
			default:
				mx_keep(im, c);
				break;
			}
		}
		read_lines(im, p, n, node, "start");
	}
	if (!n->is_chord && !n->is_grace)
		mx_end_tuplets(im, p, n);
}

/* ---- lyrics ---- */

static uint8_t verse_number(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	const char *text = mx_attr(&im->tree, node, "number");
	if (!text)
		text = mx_attr(&im->tree, node, "name");
	const int number = mx_int(text ? text : "1", 0, 0, 99);
	if (number > 0)
		return (uint8_t)number;
	const nvx_str name = mx_string(im, text ? text : "1");
	for (unsigned i = 0; i < p->n_verses; i++) {
		if (p->verse[i] == name)
			return (uint8_t)(p->verse_number[i]);
	}
	/* "part1verse2": a number at the end is meant as one */
	size_t at = strlen(text ? text : "");
	while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
		at--;
	int guess = text ? mx_int(text + at, 0, 0, 99) : 0;
	if (guess < 1)
		guess = 1 + p->n_verses;
	if (p->n_verses < sizeof(p->verse) / sizeof(*p->verse)) {
		p->verse[p->n_verses] = name;
		p->verse_number[p->n_verses++] = (uint8_t)guess;
	}
	return (uint8_t)guess;
}

void mx_read_lyric(struct mx_import *im, struct mx_part *p, const struct mx_note *n, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	char text[1024];
	size_t len = 0;
	int hangs_left = 0, hangs_right = 0, n_texts = 0;
	const char *language = NULL;
	MX_FOR_CHILDREN(t, c, node)
	{
		const unsigned name = t->node[c].name;
		const char *part = mx_text(t, c);
		if (name == MX_syllabic) {
			const int begins = strcmp(part, "begin") == 0, middle = strcmp(part, "middle") == 0;
			if (!n_texts)
				hangs_left = middle || strcmp(part, "end") == 0;
			hangs_right = begins || middle;
		} else if (name == MX_text || name == MX_elision) {
			if (name == MX_elision && !*part)
				part = "\u203f"; /* an undertie */
			const size_t add = strlen(part);
			if (len + add < sizeof(text)) {
				memcpy(text + len, part, add);
				len += add;
			}
			n_texts += name == MX_text;
			if (name == MX_text && mx_attr(t, c, "lang"))
				language = mx_attr(t, c, "lang");
		} else if (name != MX_extend) { /* laughing, humming, end-line */
			mx_keep(im, c);
		}
	}
	const nvx_str str = n_texts ? nvx_clean_text(im->draft, text, len) : 0;
	if (!str)
		return; /* where a line under the notes goes on or ends */
	const nvx_str lang = language ? mx_string(im, language) : 0;
	const mx_node_id extend = mx_child(t, node, MX_extend);
	struct nvx_lyric *lyric = nvx_add_lyric(im->draft);
	lyric->e.tick = n->at;
	lyric->e.duration_ticks = n->ticks;
	lyric->e.part_id = nvx_draft_part(im->draft, p->part)->id;
	lyric->e.staff = n->staff > 1 ? n->staff : 0;
	/* One that is sung to the second of two tied notes has a tick of its own, and hangs on none. */
	if (n->note != MX_NONE && !im->draft->error && im->draft->part[p->part].note[n->note].tick == n->at)
		lyric->e.note_id = im->draft->part[p->part].note[n->note].id;
	lyric->text = str;
	p->n_lyrics++;
	lyric->verse = verse_number(im, p, node);
	lyric->syllabic = hangs_left ? (hangs_right ? NVX_SYLLABIC_MIDDLE : NVX_SYLLABIC_END)
				     : (hangs_right ? NVX_SYLLABIC_BEGIN : NVX_SYLLABIC_SINGLE);
	lyric->extend = extend && !mx_attr_is(t, extend, "type", "stop");
	lyric->language = lang;
}
