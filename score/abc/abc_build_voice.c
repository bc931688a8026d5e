/* SPDX-License-Identifier: MIT */
/* Notes and notation of one voice: lengths become note values, ties one note, words syllables. */
#include <string.h>

#include <mos/pitch.h>

#include "abc_impl.h"

#define MAX_PIECES 24u /* a length is cut into at most so many tied values */
#define GRACE_TICKS 120

struct build {
	struct abc_reader *r;
	struct abc_voice *v;
	const struct abc_frame *frame;
	nvx_id part_id;
};

static bool failed(const struct build *b)
{
	return b->r->draft->error != 0;
}

static struct nvx_notation_element *add_element(
	const struct build *b, enum nvx_notation kind, const struct abc_event *event)
{
	struct nvx_notation_element *n = nvx_add_notation(b->r->draft);
	n->e.kind = (uint8_t)kind;
	n->e.part_id = b->part_id;
	n->e.staff = b->v->staff;
	n->e.voice = (uint8_t)(b->v->voice_no + event->lane);
	n->e.tick = abc_place(b->frame, b->v, event->bar, event->at);
	return n;
}

/* ---- notes ---- */

/** Ticks of a grace note: they come before the beat, at the start of the score on it. */
static int64_t grace_tick(int64_t main_tick, uint32_t index, uint32_t n, uint32_t *ret_duration)
{
	const int64_t each = n * GRACE_TICKS > 480 ? 480 / n ? 480 / n : 1 : GRACE_TICKS;
	const int64_t start = main_tick >= each * n ? main_tick - each * n : 0;
	*ret_duration = (uint32_t)each;
	return start + each * index;
}

/** Those before a bar line and those behind it are one group: they sound one after the other. */
static uint32_t graces_from(const struct build *b, uint32_t first)
{
	const struct abc_event *event = &b->v->event[first], *end = b->v->event + b->v->n_event;
	const int64_t tick = abc_place(b->frame, b->v, event->bar, event->at);
	uint32_t n = 0;
	while (event + n < end && (event[n].flags & ABC_GRACE) && event[n].lane == event->lane &&
		abc_place(b->frame, b->v, event[n].bar, event[n].at) == tick)
		n++;
	return n;
}

static void place_notes(const struct build *b, struct abc_event *event, int64_t start, int64_t end)
{
	struct abc_reader *r = b->r;
	for (unsigned i = 0; i < event->n_notes && !failed(b); i++) {
		struct abc_note *note = &r->note[event->note + i];
		if (note->tied != ABC_NONE && r->note[note->tied].nvx != ABC_NONE) {
			note->nvx = r->note[note->tied].nvx;
			struct nvx_note *first = &r->draft->part[b->v->part].note[note->nvx];
			if (end > first->tick && end - first->tick < UINT32_MAX)
				first->duration_ticks = (uint32_t)(end - first->tick);
			continue;
		}
		struct nvx_note *to = nvx_add_note(r->draft, b->v->part);
		if (failed(b))
			return;
		to->tick = start;
		to->duration_ticks = end > start ? (uint32_t)(end - start) : 1;
		to->pitch = (uint8_t)note->pitch;
		to->velocity = event->velocity;
		to->cents_1e3 = note->cents * 1000;
		note->nvx = (uint32_t)(r->draft->part[b->v->part].n_note - 1);
	}
}

static nvx_id note_id(const struct build *b, uint32_t note)
{
	const uint32_t index = b->r->note[note].nvx;
	return index == ABC_NONE ? 0 : b->r->draft->part[b->v->part].note[index].id;
}

/* ---- notation ---- */

static nvx_list ids_of(const struct build *b, const struct abc_event *event)
{
	nvx_id ids[ABC_MAX_CHORD];
	unsigned n = 0;
	for (unsigned i = 0; i < event->n_notes && n < ABC_MAX_CHORD; i++)
		ids[n++] = note_id(b, event->note + i);
	return nvx_make_list(b->r->draft, ids, n, sizeof(ids[0]));
}

/** Does a note's spelling follow from the key? */
static bool is_usual(struct abc_spelled *spelled, const struct abc_note *note, int8_t fifths)
{
	const unsigned key = (unsigned)note->pitch & 0x7f;
	if (spelled->fifths != fifths)
		*spelled = (struct abc_spelled){.fifths = fifths};
	if (!(spelled->is_known[key / 8] >> key % 8 & 1)) {
		const struct mos_pitch usual = mos_pitch_spell((uint8_t)key, fifths);
		spelled->step[key] = usual.step;
		spelled->alter[key] = usual.alter;
		spelled->is_known[key / 8] |= (uint8_t)(1 << key % 8);
	}
	return spelled->step[key] == note->step && spelled->alter[key] == note->alter &&
	       note->accidental == NVX_ACCIDENTAL_AUTO;
}

/** How the notes are spelled, where that does not follow from the key. */
static nvx_list spelling_of(const struct build *b, const struct abc_event *event)
{
	struct nvx_spelling list[ABC_MAX_CHORD];
	unsigned n = 0;
	for (unsigned i = 0; i < event->n_notes && n < ABC_MAX_CHORD; i++) {
		const struct abc_note *note = &b->r->note[event->note + i];
		if (is_usual(&b->r->spelled, note, event->fifths))
			continue;
		list[n++] = (struct nvx_spelling){.note_id = note_id(b, event->note + i),
			.step = (uint8_t)note->step,
			.alter = note->alter,
			.accidental = note->accidental};
	}
	return nvx_make_list(b->r->draft, list, n, sizeof(list[0]));
}

static void add_tuplet(const struct build *b, struct abc_tuplet *tuplet)
{
	const struct abc_voice *v = b->v;
	if (tuplet->first == ABC_NONE)
		return;
	const struct abc_event *first = &v->event[tuplet->first], *last = &v->event[tuplet->last];
	struct nvx_notation_element *n = add_element(b, NVX_NOTATION_TUPLET, first);
	n->num = tuplet->actual;
	n->den = tuplet->normal;
	n->bracket = NVX_NO_U8;
	n->parent_id = tuplet->parent == ABC_NONE ? 0 : v->tuplet[tuplet->parent].id;
	const int64_t end = abc_place(b->frame, v, last->bar, last->at + last->len);
	n->e.duration_ticks = end > n->e.tick ? (uint32_t)(end - n->e.tick) : 0;
	tuplet->id = n->e.id;
}

/** A length like 1/3 that no value has: a tuplet of its own. @return its id; 0: none is needed or none helps.
 */
static nvx_id own_tuplet(
	const struct build *b, const struct abc_event *event, nvx_id parent, struct abc_ratio *length)
{
	uint32_t odd = length->den;
	while (odd && odd % 2 == 0)
		odd /= 2;
	if (odd <= 1 || odd > 255)
		return 0;
	uint32_t normal = 1;
	while (2 * normal < odd)
		normal *= 2;
	struct abc_ratio shown = {length->num, length->den / odd * normal};
	const uint32_t gcd = abc_gcd(shown.num, shown.den);
	shown = (struct abc_ratio){shown.num / gcd, shown.den / gcd};
	struct abc_value value;
	if (abc_values(shown.num, shown.den, &value, 1) != 1)
		return 0;
	*length = shown;
	struct nvx_notation_element *n = add_element(b, NVX_NOTATION_TUPLET, event);
	n->num = (uint16_t)odd;
	n->den = (uint16_t)normal;
	n->bracket = NVX_NO_U8;
	n->parent_id = parent;
	const int64_t end = abc_place(b->frame, b->v, event->bar, event->at + event->len);
	n->e.duration_ticks = (uint32_t)(end - n->e.tick);
	return n->e.id;
}

static void dress_first(struct nvx_notation_element *n, const struct abc_event *event)
{
	n->articulations = event->articulations;
	n->ornaments = event->ornaments;
	n->technical = event->technical;
	n->tremolo = event->tremolo;
	n->arpeggio = event->arpeggio;
}

static void dress_last(struct nvx_notation_element *n, const struct abc_event *event)
{
	n->fermata = (event->flags & ABC_FERMATA) != 0;
	n->breath = event->breath;
}

static void add_piece(const struct build *b, struct abc_event *event, struct abc_value value, nvx_id tuplet,
	int64_t start, int64_t end, bool is_first, bool is_last)
{
	struct nvx_notation_element *n = add_element(b, NVX_NOTATION_EVENT, event);
	const nvx_id id = n->e.id;
	n->e.tick = start;
	n->e.duration_ticks = end > start ? (uint32_t)(end - start) : 0;
	n->value = value.value;
	n->dots = value.dots;
	n->tuplet_id = tuplet;
	n->stem = event->stem;
	n->hidden = (event->flags & ABC_HIDDEN) != 0;
	if (event->flags & ABC_GRACE) {
		n->e.duration_ticks = 0;
		n->is_grace = 1;
		n->grace_slash = (event->flags & ABC_SLASH) != 0;
	}
	if (is_first)
		dress_first(n, event);
	if (is_last)
		dress_last(n, event);
	if (event->n_notes) { /* the element moves when others are added: lists need no element */
		n->note_ids = ids_of(b, event);
		n->spelling = spelling_of(b, event);
	}
	if (is_first)
		event->first = id;
	event->last = id;
}

static void write_event(const struct build *b, struct abc_event *event, int64_t start, int64_t end)
{
	struct abc_value values[MAX_PIECES];
	struct abc_ratio length = {event->num, event->den};
	nvx_id tuplet = event->tuplet == ABC_NONE ? 0 : b->v->tuplet[event->tuplet].id;
	const bool is_grace = event->flags & ABC_GRACE;
	if (event->flags & ABC_WHOLE_BAR) { /* as long as the measure turned out */
		const uint32_t gcd = abc_gcd((uint32_t)(end - start), 4 * NVX_PPQ);
		length = (struct abc_ratio){(uint32_t)(end - start) / gcd, 4 * NVX_PPQ / gcd};
	}
	unsigned n = abc_values(length.num, length.den, values, is_grace ? 1 : MAX_PIECES);
	if (n == 0 && !is_grace) {
		const nvx_id own = own_tuplet(b, event, tuplet, &length);
		if (own) {
			tuplet = own;
			n = abc_values(length.num, length.den, values, 1);
		}
	}
	if (n == 0) {
		add_piece(b, event, (struct abc_value){is_grace ? NVX_VALUE_8 : NVX_VALUE_UNSET, 0},
			is_grace ? 0 : tuplet, start, end, true, true);
		return;
	}
	if (n == 1) {
		add_piece(b, event, values[0], tuplet, start, end, true, true);
		return;
	}
	uint64_t total = 0, done = 0;
	for (unsigned i = 0; i < n; i++)
		total += abc_value_length(values[i]);
	for (unsigned i = 0; i < n && !failed(b); i++) {
		/* borders of the pieces, counted in units as everything else */
		const int64_t from = event->at + (int64_t)((uint64_t)event->len / total * done +
							   (uint64_t)event->len % total * done / total);
		done += abc_value_length(values[i]);
		const int64_t to = event->at + (int64_t)((uint64_t)event->len / total * done +
							 (uint64_t)event->len % total * done / total);
		const int64_t begin = i == 0 ? start : abc_place(b->frame, b->v, event->bar, from);
		add_piece(b, event, values[i], tuplet, begin,
			i + 1 == n ? end : abc_place(b->frame, b->v, event->bar, to), i == 0, i + 1 == n);
	}
}

/* ---- beams ---- */

#define MAX_BEAM 256u

/** The one that is open. */
struct beam {
	unsigned n;
	nvx_id id[MAX_BEAM];
	const struct abc_event *last;
	size_t at; /**< its element: right behind that of its first event, so that the list is in order */
};

static bool beamable(const struct abc_event *event)
{
	return !(event->flags & (ABC_REST | ABC_GRACE)) && 4 * event->num < event->den && event->first &&
	       event->first == event->last;
}

static void end_beam(const struct build *b, struct beam *beam)
{
	struct nvx_draft *draft = b->r->draft;
	const nvx_list list = beam->n > 1 ? nvx_make_list(draft, beam->id, beam->n, sizeof(beam->id[0])) : 0;
	if (list)
		draft->notation[beam->at].event_ids = list;
	beam->n = 0;
}

/** It has a second event, and begins at its first. */
static void begin_beam(const struct build *b, const struct beam *beam)
{
	struct nvx_draft *draft = b->r->draft;
	const struct nvx_notation_element element = *add_element(b, NVX_NOTATION_BEAM, beam->last);
	if (failed(b))
		return;
	struct nvx_notation_element *at = &draft->notation[beam->at];
	memmove(at + 1, at, (draft->n_notation - 1 - beam->at) * sizeof(*at));
	*at = element;
}

/** An event that was written last: it goes on with the beam, or with none. */
static void join_beam(const struct build *b, struct beam *beam, const struct abc_event *event)
{
	if (event->flags & ABC_GRACE)
		return;
	const bool may = beamable(event);
	if (beam->n && !(may && (event->flags & ABC_JOINED) && event->bar == beam->last->bar &&
			       event->lane == beam->last->lane && beam->n < MAX_BEAM))
		end_beam(b, beam);
	if (!may)
		return;
	if (beam->n == 1)
		begin_beam(b, beam);
	else if (beam->n == 0)
		beam->at = b->r->draft->n_notation;
	beam->id[beam->n++] = event->first;
	beam->last = event;
}

static void build_events(const struct build *b)
{
	struct abc_voice *v = b->v;
	struct beam beam;
	uint32_t grace = 0, graces = 0;
	beam.n = 0;
	for (uint32_t i = 0; i < v->n_event && !failed(b); i++) {
		struct abc_event *event = &v->event[i];
		int64_t start = abc_place(b->frame, v, event->bar, event->at);
		int64_t end = abc_place(b->frame, v, event->bar, event->at + event->len);
		if (event->bar >= v->n_bar) {
			join_beam(b, &beam, event);
			continue;
		}
		if (event->flags & ABC_WHOLE_BAR) {
			const struct abc_bar *bar = &v->bar[event->bar];
			end = b->frame->tick[bar->measure + 1];
			if (!bar->is_rest)
				end = start + abc_ticks(event->len);
		}
		if (event->flags & ABC_GRACE) {
			if (grace == graces) {
				graces = graces_from(b, i);
				grace = 0;
			}
			uint32_t duration;
			const int64_t tick = grace_tick(start, grace++, graces, &duration);
			place_notes(b, event, tick, tick + duration);
		} else {
			grace = graces = 0;
			if (end == start)
				score_warn(b->r->report, "nvx1.rounded", abc_where_src(b->r, event->src).text,
					"a note shorter than a tick");
			place_notes(b, event, start, end);
		}
		write_event(b, event, start, end);
		join_beam(b, &beam, event);
	}
	end_beam(b, &beam);
}

/* ---- what joins events ---- */

static void build_slurs(const struct build *b)
{
	const struct abc_voice *v = b->v;
	for (size_t i = 0; i < v->n_slur_list && !failed(b); i++) {
		const struct abc_slur *slur = &v->slur_list[i];
		if (slur->from == ABC_NONE)
			continue;
		const struct abc_event *from = &v->event[slur->from];
		const struct abc_event *to = slur->to == ABC_NONE ? NULL : &v->event[slur->to];
		if (!to || !from->first || !to->last) {
			score_warn(b->r->report, ABC_BAD, abc_where_src(b->r, from->src).text,
				"a slur that does not end on a later note");
			continue;
		}
		struct nvx_notation_element *n = add_element(b, NVX_NOTATION_SLUR, from);
		n->from_event_id = from->first;
		n->to_event_id = to->last;
		n->style = slur->style;
	}
}

static void build_lyrics(const struct build *b)
{
	const struct abc_voice *v = b->v;
	for (size_t i = 0; i < v->n_lyric && !failed(b); i++) {
		const struct abc_lyric *from = &v->lyric[i];
		const struct abc_event *event = &v->event[from->event], *last = &v->event[from->last];
		if (event->n_notes == 0 || event->bar >= v->n_bar)
			continue;
		struct nvx_lyric *to = nvx_add_lyric(b->r->draft);
		to->e.tick = abc_place(b->frame, v, event->bar, event->at);
		to->e.part_id = b->part_id;
		to->e.staff = v->staff;
		/* a note has one syllable a verse: one that falls on a tied note hangs on its tick */
		if (b->r->note[event->note].tied == ABC_NONE)
			to->e.note_id = note_id(b, event->note);
		to->text = from->text;
		to->verse = from->verse;
		to->syllabic = from->syllabic;
		to->extend = from->extend;
		if (from->extend)
			to->e.duration_ticks =
				(uint32_t)(abc_place(b->frame, v, last->bar, last->at + last->len) -
					   to->e.tick);
	}
}

static void build_fingers(const struct build *b)
{
	const struct abc_voice *v = b->v;
	for (size_t i = 0; i < v->n_mark && !failed(b); i++) {
		const struct abc_mark *mark = &v->mark[i];
		if (mark->kind != ABC_MARK_FINGER || (uint64_t)mark->value >= b->r->n_note)
			continue;
		const nvx_id id = note_id(b, (uint32_t)mark->value);
		if (!id)
			continue;
		struct nvx_fingering *to = nvx_add_fingering(b->r->draft);
		to->e.note_id = id;
		to->e.tick = abc_place(b->frame, v, mark->bar, mark->at);
		to->e.part_id = b->part_id;
		to->finger = mark->arg;
	}
}

/** Rests of several measures. */
static void build_rests(const struct build *b)
{
	const struct abc_voice *v = b->v;
	for (size_t i = 0; i < v->n_bar && !failed(b); i++) {
		if (!v->bar[i].is_rest || v->bar[i].count < 2)
			continue;
		struct nvx_notation_element *n = nvx_add_notation(b->r->draft);
		n->e.kind = NVX_NOTATION_MULTI_REST;
		n->e.part_id = b->part_id;
		n->e.staff = v->staff;
		n->e.voice = v->voice_no;
		n->e.tick = b->frame->tick[v->bar[i].measure];
		n->count = (uint16_t)(v->bar[i].count > UINT16_MAX ? UINT16_MAX : v->bar[i].count);
	}
}

/** A beam begins where an event is joined to one that is not. */
static void expect(const struct build *b)
{
	const struct abc_voice *v = b->v;
	size_t n_notes = 0, n_beams = 0;
	unsigned before = ABC_JOINED;
	for (size_t i = 0; i < v->n_event; i++) {
		const unsigned joined = v->event[i].flags & ABC_JOINED;
		n_notes += v->event[i].n_notes;
		n_beams += joined && !before;
		before = joined;
	}
	nvx_expect_notes(b->r->draft, v->part, n_notes);
	nvx_expect_notation(b->r->draft, v->n_tuplet + v->n_event + n_beams + v->n_slur_list);
}

void abc_build_voice(struct abc_reader *r, struct abc_voice *v, const struct abc_frame *frame)
{
	const struct build b = {r, v, frame, nvx_draft_part(r->draft, v->part)->id};
	expect(&b);
	for (size_t i = 0; i < v->n_tuplet && !failed(&b); i++)
		add_tuplet(&b, &v->tuplet[i]);
	build_events(&b);
	build_slurs(&b);
	build_lyrics(&b);
	build_fingers(&b);
	build_rests(&b);
}
