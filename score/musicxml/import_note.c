/* SPDX-License-Identifier: MIT */
/* A note element: pitch or rest, when and how long, in which voice, tied to what. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#define NEAR_TICKS 8 /* that a file's rounding may take from a note */

/* ---- voices ---- */

static uint8_t voice_number(struct mx_import *im, struct mx_part *p, const char *text)
{
	const int number = mx_int(*text ? text : "1", 0, 0, 1000);
	if (number >= 1 && number <= (int)MX_MAX_VOICES)
		return (uint8_t)number;
	const nvx_str name = mx_string(im, text);
	unsigned spare = 0;
	for (unsigned v = MX_MAX_VOICES; v >= 1; v--) {
		if (p->voice[v].name == name)
			return (uint8_t)v;
		if (!p->voice[v].name && p->voice[v].event == MX_NONE && !spare)
			spare = v;
	}
	if (!spare)
		return MX_MAX_VOICES;
	p->voice[spare].name = name;
	return (uint8_t)spare;
}

static int is_free(const struct mx_import *im, const struct mx_part *p, unsigned staff, unsigned voice,
	uint32_t from, uint32_t to)
{
	return p->hull[staff - 1][voice].measure_plus_1 != im->measure + 1 ||
	       from >= p->hull[staff - 1][voice].to || to <= p->hull[staff - 1][voice].from;
}

/** A voice of the staff in which there is room. @return 0: none. */
static uint8_t take_voice(
	struct mx_import *im, struct mx_part *p, unsigned staff, uint8_t voice, uint32_t from, uint32_t to)
{
	unsigned at = voice;
	if (!is_free(im, p, staff, at, from, to)) {
		mx_warn(im, MX_WARN_VOICE, "");
		for (at = 1; at <= MX_MAX_VOICES && !is_free(im, p, staff, at, from, to);)
			at++;
		if (at > MX_MAX_VOICES)
			return 0;
	}
	if (p->hull[staff - 1][at].measure_plus_1 != im->measure + 1) {
		p->hull[staff - 1][at].measure_plus_1 = im->measure + 1;
		p->hull[staff - 1][at].from = from;
		p->hull[staff - 1][at].to = to;
	}
	if (from < p->hull[staff - 1][at].from)
		p->hull[staff - 1][at].from = from;
	if (to > p->hull[staff - 1][at].to)
		p->hull[staff - 1][at].to = to;
	return (uint8_t)at;
}

/* ---- the event ---- */

unsigned mx_value(const char *type)
{
	static const char *const types[] = {"", "maxima", "long", "breve", "whole", "half", "quarter",
		"eighth", "16th", "32nd", "64th", "128th", "256th", "512th", "1024th"};
	for (unsigned i = 1; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type, types[i]) == 0)
			return i;
	}
	return NVX_VALUE_UNSET;
}

/** A value with dots that lasts just as long. */
static void value_of_ticks(struct nvx_notation_element *e, uint32_t ticks, unsigned actual, unsigned normal)
{
	for (unsigned value = NVX_VALUE_MAXIMA; value <= NVX_VALUE_1024; value++) {
		for (unsigned dots = 0; dots <= 2; dots++) {
			if (nvx_value_ticks((enum nvx_value)value, dots, actual, normal) != ticks)
				continue;
			e->value = (uint8_t)value;
			e->dots = (uint8_t)dots;
			return;
		}
	}
}

/** Type, dots and tuplet of a new event, as far as they agree with how long it lasts. */
static void read_value(struct mx_import *im, struct mx_part *p, struct mx_note *n, uint32_t ticks)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id type = mx_child(t, n->node, MX_type);
	const mx_node_id modification = mx_child(t, n->node, MX_time_modification);
	const unsigned actual = (unsigned)mx_child_int(t, modification, MX_actual_notes, 1, 1, 1000);
	const unsigned normal = (unsigned)mx_child_int(t, modification, MX_normal_notes, 1, 1, 1000);
	const mx_node_id rest = mx_child(t, n->node, MX_rest);
	unsigned dots = 0;
	for (mx_node_id c = mx_child(t, n->node, MX_dot); c && dots < 4; c = mx_next(t, c, MX_dot))
		dots++;
	const unsigned value = mx_value(mx_text(t, type));
	struct nvx_notation_element *e = mx_notation(im, n->event);
	if (n->is_grace) {
		e->value = (uint8_t)(value ? value : NVX_VALUE_8);
		e->dots = (uint8_t)dots;
		return;
	}
	if (rest && (mx_attr_is(t, rest, "measure", "yes") || (!type && !modification))) {
		/* the whole measure, however long it is */
		if (!mx_attr_is(t, rest, "measure", "yes"))
			value_of_ticks(e, ticks, 1, 1);
		return;
	}
	if (value) {
		const int64_t nominal = nvx_value_ticks((enum nvx_value)value, dots, actual, normal);
		if (llabs(nominal - (int64_t)ticks) <= 2) {
			e->value = (uint8_t)value;
			e->dots = (uint8_t)dots;
			return;
		}
		mx_warn(im, MX_WARN_VALUE, mx_text(t, type));
		mx_keep(im, type);
	}
	value_of_ticks(e, ticks, actual, normal);
}

static void read_stem_and_beam(struct mx_import *im, struct mx_part *p, const struct mx_note *n)
{
	struct mx_tree *t = &im->tree;
	const char *stem = mx_child_text(t, n->node, MX_stem);
	struct nvx_notation_element *e = mx_notation(im, n->event);
	struct mx_voice *v = &p->voice[n->voice];
	e->stem = strcmp(stem, "up") == 0     ? NVX_STEM_UP
		  : strcmp(stem, "down") == 0 ? NVX_STEM_DOWN
		  : strcmp(stem, "none") == 0 ? NVX_STEM_NONE
					      : NVX_STEM_AUTO;
	if (strcmp(stem, "double") == 0)
		mx_keep(im, mx_child(t, n->node, MX_stem));
	for (mx_node_id c = mx_child(t, n->node, MX_beam); c; c = mx_next(t, c, MX_beam)) {
		if (mx_attr_int(t, c, "number", 1, 1, 8) != 1)
			continue; /* the others follow from the values */
		const char *text = mx_text(t, c);
		const int begins = strcmp(text, "begin") == 0;
		if (!begins && !v->beam_open)
			return;
		if (begins)
			v->beam = im->n_beam_ordinals++;
		struct mx_beam *beam = MX_ADD(im, beams);
		if (beam)
			*beam = (struct mx_beam){n->event, v->beam};
		v->beam_open = strcmp(text, "end") != 0;
		return;
	}
}

/** @return 0: the note is in no voice. */
static int add_event(struct mx_import *im, struct mx_part *p, struct mx_note *n, uint32_t ticks)
{
	struct mx_tree *t = &im->tree;
	const uint32_t from = MX_OFFSET(n->at);
	mx_flush_chord(im);
	im->chord.n_ids = 0;
	if (!n->is_grace) {
		n->voice = take_voice(im, p, n->staff, n->voice, from, from + (ticks ? ticks : 1));
		if (!n->voice)
			return 0;
	}
	n->event = mx_add_notation(im, NVX_NOTATION_EVENT, n->at, n->staff);
	im->chord.event = n->event;
	struct nvx_notation_element *e = mx_notation(im, n->event);
	e->e.voice = n->voice;
	e->e.duration_ticks = n->is_grace ? 0 : ticks;
	e->is_grace = n->is_grace;
	const mx_node_id grace = mx_child(t, n->node, MX_grace);
	e->grace_slash = (uint8_t)mx_attr_is(t, grace, "slash", "yes");
	e->is_cue = mx_child(t, n->node, MX_cue) != 0;
	e->hidden = (uint8_t)mx_attr_is(t, n->node, "print-object", "no");
	read_value(im, p, n, ticks);
	if (!n->is_grace)
		mx_read_tuplets(im, p, n, ticks);
	read_stem_and_beam(im, p, n);
	return 1;
}

static void push_note(struct mx_import *im, nvx_id id)
{
	if (im->chord.n_ids == MX_MAX_CHORD)
		mx_warn(im, MX_WARN_UNREAD, "chord");
	else
		im->chord.id[im->chord.n_ids++] = id;
}

static void note_grace(struct mx_import *im, struct mx_part *p, const struct mx_note *n)
{
	if (p->has_grace && p->grace_voice != n->voice)
		mx_settle_graces(im, p);
	if (!p->has_grace) {
		p->has_grace = 1;
		p->grace_voice = n->voice;
		p->first_grace = (uint32_t)im->n_graces;
		p->n_grace_events = 0;
	}
	struct mx_grace *g = MX_ADD(im, graces);
	if (!g)
		return;
	if (!n->is_chord && p->n_grace_events < UINT16_MAX)
		p->n_grace_events++;
	*g = (struct mx_grace){
		.part = p->part,
		.note = n->note,
		.event = n->event,
		.i = (uint16_t)(p->n_grace_events - 1),
		.n = p->n_grace_events,
		.at = n->at,
	};
}

/** The main note is there: what waited stands before it. */
static void place_graces(struct mx_import *im, struct mx_part *p, const struct mx_note *n)
{
	if (!p->has_grace)
		return;
	if (p->grace_voice != n->voice) {
		mx_settle_graces(im, p);
		return;
	}
	p->has_grace = 0;
	for (uint32_t i = p->first_grace; i < im->n_graces; i++) {
		im->graces[i].n = p->n_grace_events;
		im->graces[i].at = n->at;
	}
}

/** The instrument changes in mid-part. */
static void switch_instrument(struct mx_import *im, struct mx_part *p, const struct mx_note *n)
{
	const struct mx_instrument *at = mx_find_instrument(im, p, n->node);
	if (!at || p->n_instruments < 2)
		return;
	const uint32_t index = (uint32_t)(at - im->instruments);
	const uint32_t before = p->instrument == MX_NONE ? p->first_instrument : p->instrument;
	p->instrument = index;
	if (index == before || at->program < 0 || at->program == im->instruments[before].program)
		return;
	struct nvx_control *c = nvx_add_control(im->draft, p->part);
	c->tick = n->at;
	c->kind = NVX_CONTROL_PROGRAM;
	c->number = UINT16_MAX;
	c->value = at->program;
}

static void add_note(struct mx_import *im, struct mx_part *p, struct mx_note *n, struct mx_sounding *s,
	int unpitched, uint32_t ticks)
{
	struct mx_tree *t = &im->tree;
	char display[16];
	if (s->pitch < 0 || s->pitch > 127) {
		mx_warn(im, MX_WARN_PITCH, mx_child_text(t, mx_child(t, n->node, MX_pitch), MX_octave));
		while (s->pitch < 0)
			s->pitch += 12;
		while (s->pitch > 127)
			s->pitch -= 12;
	}
	n->pitch = (uint8_t)s->pitch;
	const int tied = mx_add_sound(im, p, n, s, ticks);
	if (im->draft->error)
		return;
	push_note(im, im->draft->part[p->part].note[n->note].id);
	struct nvx_note *note = &im->draft->part[p->part].note[n->note];
	if (unpitched) {
		p->n_unpitched++;
		note->channel = 9;
		if (s->step >= 0 && !note->extra) {
			display[0] = "CDEFGAB"[s->step];
			display[1] = (char)('0' + (s->octave < 0 ? 0 : s->octave));
			display[2] = 0;
			const nvx_str fact = mx_fact(im, "display", display);
			im->draft->part[p->part].note[n->note].extra = fact;
		}
	} else {
		p->n_pitched++;
		mx_read_spelling(im, p, n, s, tied);
		switch_instrument(im, p, n);
	}
	mx_read_notehead(im, p, n);
	if (n->is_grace)
		note_grace(im, p, n);
}

#define MAX_VERSES 99u

/** The verses of one note in their order, whatever the order of the file. */
static void sort_verses(struct nvx_draft *draft, size_t first)
{
	const size_t last = draft->n_lyric < first + MAX_VERSES ? draft->n_lyric : first + MAX_VERSES;
	for (size_t i = first + 1; i < last; i++)
		for (size_t k = i; k > first && draft->lyric[k - 1].verse > draft->lyric[k].verse; k--) {
			struct nvx_lyric *low = &draft->lyric[k - 1], *high = &draft->lyric[k];
			const struct nvx_lyric moved = *low;
			const nvx_id id = high->e.id;
			*low = *high;
			low->e.id = moved.e.id;
			*high = moved;
			high->e.id = id;
		}
}

static void finish_event(struct mx_import *im, struct mx_part *p, struct mx_note *n)
{
	const size_t first_lyric = im->draft->n_lyric;
	mx_read_notations(im, p, n);
	for (mx_node_id c = mx_child(&im->tree, n->node, MX_lyric); c; c = mx_next(&im->tree, c, MX_lyric))
		mx_read_lyric(im, p, n, c);
	sort_verses(im->draft, first_lyric);
	/* a child that nobody reads */
	MX_FOR_CHILDREN(&im->tree, c, n->node)
	{
		switch (im->tree.node[c].name) {
		case MX_UNKNOWN: /* footnote, level, play, listen, notehead-text */
			mx_keep(im, c);
			break;
		default:
			break;
		}
	}
	const nvx_str extra = mx_take_extra(im);
	struct nvx_notation_element *e = mx_notation(im, n->event);
	if (!e->e.extra && !n->is_chord)
		e->e.extra = extra;
	else if (extra && n->note != MX_NONE && !im->draft->part[p->part].note[n->note].extra)
		im->draft->part[p->part].note[n->note].extra = extra;
	else if (extra)
		mx_keep_here(im, n->node);
}

/** Quarters; what lacks a duration lasts as long as it looks. */
static struct mx_pos duration_of(struct mx_import *im, const struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	int64_t num, den;
	const mx_node_id duration = mx_child(t, node, MX_duration);
	if (duration && mx_decimal(mx_text(t, duration), &num, &den) == 0 && num >= 0 &&
		num / den / p->divisions < MX_MAX_OFFSET / NVX_PPQ)
		return (struct mx_pos){num, den * p->divisions};
	mx_warn(im, MX_WARN_DURATION, mx_text(t, duration));
	const mx_node_id modification = mx_child(t, node, MX_time_modification);
	const unsigned value = mx_value(mx_child_text(t, node, MX_type));
	if (duration || !value)
		return (struct mx_pos){0, 1};
	return (struct mx_pos){nvx_value_ticks((enum nvx_value)value, mx_child(t, node, MX_dot) != 0,
				       (unsigned)mx_child_int(t, modification, MX_actual_notes, 1, 1, 1000),
				       (unsigned)mx_child_int(t, modification, MX_normal_notes, 1, 1, 1000)),
		NVX_PPQ};
}

/**
 * What a tuplet's note lasts as it is written, where the file has rounded that to its divisions: eleven in
 * the time of six are 130 of 480 each, and a gap of 10. @return 0: the file's is it.
 */
static int written_duration(
	const struct mx_import *im, const struct mx_part *p, mx_node_id node, struct mx_pos *duration)
{
	const struct mx_tree *t = &im->tree;
	const mx_node_id modification = mx_child(t, node, MX_time_modification);
	const unsigned value = mx_value(mx_child_text(t, node, MX_type));
	const int64_t actual = mx_child_int(t, modification, MX_actual_notes, 1, 1, 1000);
	const int64_t normal = mx_child_int(t, modification, MX_normal_notes, 1, 1, 1000);
	unsigned dots = 0;
	if (!value || actual == normal || duration->num == 0)
		return 0;
	for (mx_node_id c = mx_child(t, node, MX_dot); c && dots < 4; c = mx_next(t, c, MX_dot))
		dots++;
	const struct mx_pos written = {32 * ((INT64_C(2) << dots) - 1) * normal,
		(INT64_C(1) << (value - NVX_VALUE_MAXIMA + dots)) * actual};
	const int64_t division = p->divisions > NVX_PPQ ? 1 : NVX_PPQ / p->divisions; /* ticks */
	if (llabs((int64_t)mx_near_ticks(written) - mx_near_ticks(*duration)) >
		(division < NEAR_TICKS ? division : NEAR_TICKS))
		return 0;
	*duration = written;
	return 1;
}

/** A chord over staves: what is drawn on one stem with the event before. */
static void mark_joint(struct mx_import *im, uint32_t event)
{
	const nvx_str fact = mx_fact(im, "chord", "yes");
	mx_notation(im, event)->e.extra = fact;
}

void mx_read_note(struct mx_import *im, struct mx_part *p, mx_node_id node)
{
	struct mx_tree *t = &im->tree;
	const mx_node_id rest = mx_child(t, node, MX_rest);
	const mx_node_id pitch = mx_child(t, node, MX_pitch);
	const mx_node_id unpitched = mx_child(t, node, MX_unpitched);
	const int is_chord = mx_child(t, node, MX_chord) && p->has_base;
	struct mx_note n = {
		.node = node,
		.event = MX_NONE,
		.note = MX_NONE,
		.tab = MX_NONE,
		.staff = (uint8_t)mx_child_int(t, node, MX_staff, 1, 1, MX_MAX_STAVES),
		.voice = is_chord ? p->last_voice : voice_number(im, p, mx_child_text(t, node, MX_voice)),
		.is_chord = (uint8_t)is_chord,
		.is_grace = mx_child(t, node, MX_grace) != 0,
	};
	struct mx_pos duration = {0, 1}, said = p->said;
	int is_written = 0;
	if (!n.is_grace) {
		duration = duration_of(im, p, node);
		said = mx_pos_add(said, duration.num, duration.den);
		is_written = written_duration(im, p, node, &duration);
	}
	if (!is_chord && !is_written && mx_pos_compare(p->cursor, p->said) < 0)
		p->cursor = p->said;
	if (n.staff > nvx_draft_part(im->draft, p->part)->staves)
		nvx_draft_part(im->draft, p->part)->staves = n.staff;

	const struct mx_pos start = is_chord ? p->last_start : p->cursor;
	const struct mx_pos end = mx_pos_add(start, duration.num, duration.den);
	n.at = is_written ? MX_AT(im->measure, mx_near_ticks(start)) : mx_at(im, start);
	const uint32_t ticks = (is_written ? mx_near_ticks(end) : mx_ticks(im, end)) - MX_OFFSET(n.at);
	if (!n.is_grace && !ticks) {
		mx_warn(im, MX_WARN_DURATION, "0");
		n.is_grace = 1;
	}
	n.ticks = ticks;
	if (!is_chord && !n.is_grace) {
		place_graces(im, p, &n);
		p->cursor = end;
		p->said = said;
		if (mx_pos_compare(end, p->end) > 0)
			p->end = end;
	}

	struct mx_sounding s = {.step = -1};
	const int sounds = pitch       ? mx_read_pitch(im, p, pitch, &s)
			   : unpitched ? mx_read_unpitched(im, p, node, unpitched, &s)
				       : 0;
	if (!sounds && !rest)
		mx_warn(im, MX_WARN_PITCH, "");
	/* a chord's notes on another staff are an event there */
	if (is_chord && (n.staff == p->last_staff || !sounds)) {
		n.event = p->last_event;
	} else {
		if (!add_event(im, p, &n, ticks))
			n.event = MX_NONE;
		else if (is_chord && !n.is_grace)
			mark_joint(im, n.event);
		p->has_base = 1;
		p->last_event = n.event;
		p->last_start = start;
		p->last_staff = n.staff;
		p->last_voice = n.voice;
		if (n.event != MX_NONE && !n.is_grace && !is_chord) {
			p->voice[n.voice].event = n.event;
			p->voice[n.voice].event_end = MX_AT(im->measure, MX_OFFSET(n.at) + ticks);
		}
	}
	if (im->draft->error)
		return;
	if (sounds)
		add_note(im, p, &n, &s, unpitched != 0, ticks);
	if (n.event != MX_NONE && !im->draft->error)
		finish_event(im, p, &n);
}
