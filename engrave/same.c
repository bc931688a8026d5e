/* SPDX-License-Identifier: MIT */
/*
 * Keys of systems: all that their ink follows from. Structs are mixed in as they are, but for places in lists
 * and times, which count from the system's start, and for what nothing behind the line breaks looks at. So a
 * member that is added counts until somebody says that it does not.
 */
#include "keep.h"

#include <errno.h>
#include <string.h>

#include "layers.h"

#define ELSEWHERE (ENG_NONE - 1) /* in another system */
#define FAR 300u                 /* systems: more is all the same */

static inline void mix_struct(struct mix128 *h, const void *data, size_t n)
{
	uint64_t word[2 * MIX_MAX_PAIRS];
	const size_t n_pairs = (n + 15) / 16;
	word[2 * n_pairs - 1] = word[2 * n_pairs - 2] = 0;
	memcpy(word, data, n);
	mix128_pairs(h, word, n_pairs);
}

void eng_same_mix(struct eng_same *s, uint32_t system, const void *data, size_t n)
{
	mix128_bytes(&s->mix[system], data, n);
}

void eng_same_join(struct eng_same *s, uint32_t first, uint32_t last)
{
	if (s->joined_until[first] < last)
		s->joined_until[first] = last;
}

uint32_t eng_same_event(const struct eng_same *s, uint32_t system, uint32_t event)
{
	if (event == ENG_NONE)
		return ENG_NONE;
	return event >= s->first_event[system] && event < s->first_event[system + 1]
		       ? event - s->first_event[system]
		       : ELSEWHERE;
}

static int64_t start_of(const struct eng *e, uint32_t system)
{
	return e->measure[e->system[system].first_measure].tick;
}

static uint32_t near(uint32_t n)
{
	return n < FAR ? n : FAR;
}

/* ---- what all systems share ---- */

static void mix_text(struct mix128 *h, const char *text)
{
	mix128_bytes(h, text, strlen(text));
}

static struct mix128 mix_all(const struct eng *e)
{
	struct mix128 h = {MIX_K2, MIX_K3};
	struct engrave_options options = *e->options;
	options.part = NULL; /* what it leaves of the score is below */
	mix_struct(&h, &options, sizeof(options));
	mix128_word(&h, (uint64_t)(uintptr_t)e->metrics);
	mix128_word(&h, e->has_slashes);
	mix128_bytes(&h, e->staff, e->n_staves * sizeof(*e->staff));
	for (uint32_t i = 0; i < e->score->n_parts; i++) {
		struct nvx_part part = e->score->part[i]->part;
		const struct score_state state = score_item_state(e->score, NVX_LIST_part, &part);
		mix128_word(&h, state.word[0]);
		mix128_word(&h, state.word[1]);
		mix128_word(&h, e->is_sung[i]);
	}
	for (uint32_t i = 0; i < e->n_groups; i++) {
		struct eng_group g = e->group[i];
		mix_text(&h, g.name);
		mix_text(&h, g.short_name);
		g.name = g.short_name = NULL;
		mix_struct(&h, &g, sizeof(g));
	}
	return h;
}

/* ---- a system by itself ---- */

static void mix_signs(const struct eng *e, struct mix128 *h, uint32_t measure)
{
	for (uint32_t i = 0; i < e->n_staves; i++) {
		struct eng_change c = eng_signs_at(e, i, e->measure[measure].tick);
		c.tick = 0;
		mix_struct(h, &c, sizeof(c));
	}
}

/** Changes of clef, key and meter; at a measure's very start only those count for the line before. */
static void mix_changes(const struct eng *e, struct mix128 *h, uint32_t measure, uint32_t first, int at_start)
{
	const struct eng_measure *m = &e->measure[measure];
	for (uint32_t i = m->first_change; i < m->first_change + m->n_changes; i++) {
		struct eng_change c = e->change[i];
		if (at_start && c.tick != m->tick)
			continue;
		c.tick -= e->measure[first].tick;
		c.measure -= first;
		mix_struct(h, &c, sizeof(c));
	}
}

static void mix_measure(const struct eng *e, struct mix128 *h, uint32_t measure, uint32_t first)
{
	struct eng_measure m = e->measure[measure];
	struct nvx_measure nvx = *eng_nvx(e, measure);
	m.of = m.system = m.first_event = m.first_column = m.first_change = 0;
	m.tick -= e->measure[first].tick;
	mix_struct(h, &m, sizeof(m));
	nvx.tick = 0;
	nvx.audio_start_us = nvx.audio_end_us = 0;
	nvx.id = nvx.number = nvx.ending_numbers = nvx.beats = nvx.extra = 0;
	mix_struct(h, &nvx, sizeof(nvx));
	mix_changes(e, h, measure, first, 0);
	for (uint32_t i = 0; i < e->measure[measure].n_columns; i++) {
		struct eng_column c = e->column[e->measure[measure].first_column + i];
		c.tick -= e->measure[first].tick;
		c.measure -= first;
		mix_struct(h, &c, sizeof(c));
	}
}

static void mix_system(const struct eng *e, struct mix128 *h, uint32_t system)
{
	struct eng_system s = e->system[system];
	const uint32_t first = s.first_measure, end = first + s.n_measures;
	mix128_word(h, (uint64_t)(system == 0) | (uint64_t)(end == e->n_measures) << 1);
	if (s.hides)
		mix128_bytes(h, s.hides, e->n_staves);
	s.first_measure = s.page = 0;
	s.is_page_start = 0;
	s.force = 0;
	s.hides = NULL;
	mix_struct(h, &s, sizeof(s));
	if (system) {
		char name[64];
		score_measure_name(e->score, e->measure[first].of, name, sizeof(name));
		mix_text(h, name);
	} else {
		const float height = eng_title_height(e);
		mix128_bytes(h, &height, sizeof(height));
	}
	mix_signs(e, h, first);
	for (uint32_t i = first; i < end; i++)
		mix_measure(e, h, i, first);
	if (end < e->n_measures)
		mix_changes(e, h, end, end, 1); /* of which its end warns */
}

/* ---- events ---- */

struct numbers {
	uint32_t *beam, *tuplet; /**< within their systems */
};

static uint32_t system_of(const struct eng *e, uint32_t event)
{
	return eng_event_system(e, &e->event[event]);
}

static uint32_t number_of(const uint32_t *number, uint32_t i)
{
	return i == ENG_NONE ? ENG_NONE : number[i];
}

/** The head that goes on with a tie, as event and place in its chord. */
static uint64_t tied_head(const struct eng_same *s, uint32_t system, uint32_t head)
{
	if (head == ENG_NONE)
		return UINT64_MAX;
	const uint32_t event = s->e->head[head].event;
	return (uint64_t)eng_same_event(s, system, event) << 32 | (head - s->e->event[event].first_head);
}

static void mix_heads(struct eng_same *s, struct mix128 *h, uint32_t system, const struct eng_event *v)
{
	const struct eng *e = s->e;
	for (uint32_t i = v->first_head; i < v->first_head + v->n_heads; i++) {
		struct eng_head head = e->head[i];
		const uint32_t next = head.is_tied_to ? e->next_head[i] : ENG_NONE;
		head.note = head.event = 0;
		mix_struct(h, &head, sizeof(head));
		if (!head.is_tied_to)
			continue;
		mix128_word(h, tied_head(s, system, next));
		if (next != ENG_NONE)
			eng_same_join(s, system, system_of(e, e->head[next].event));
	}
}

static void mix_event(struct eng_same *s, const struct numbers *n, uint32_t event)
{
	const struct eng *e = s->e;
	struct eng_event v = e->event[event];
	const uint32_t system = system_of(e, event);
	const struct eng_system *at = &e->system[system];
	struct mix128 *h = &s->mix[system];
	mix_heads(s, h, system, &v);
	if (v.arpeggio && v.element != ENG_NONE) /* which are broken together */
		mix_text(h, score_text(e->score, eng_notation(e, v.element)->e.extra));
	v.tick -= start_of(e, system);
	v.measure -= at->first_measure;
	v.column -= e->measure[at->first_measure].first_column;
	v.element = v.id = v.first_head = 0;
	v.beam = number_of(n->beam, v.beam);
	v.tuplet = number_of(n->tuplet, v.tuplet);
	v.next = eng_same_event(s, system, v.next);
	v.joins = eng_same_event(s, system, v.joins);
	v.joined = eng_same_event(s, system, v.joined);
	v.tremolo_to = eng_same_event(s, system, v.tremolo_to);
	mix_struct(h, &v, sizeof(v));
}

static void mix_beams(struct eng_same *s)
{
	const struct eng *e = s->e;
	for (uint32_t i = 0; i < e->n_beams; i++) {
		struct eng_beam b = e->beam[i];
		const uint32_t *event = e->beam_event + b.first, system = system_of(e, event[0]);
		b.first = 0;
		mix_struct(&s->mix[system], &b, sizeof(b));
		for (uint32_t k = 0; k < b.n; k++)
			mix128_word(&s->mix[system], eng_same_event(s, system, event[k]));
	}
}

static void mix_tuplets(struct eng_same *s, const struct numbers *n)
{
	const struct eng *e = s->e;
	for (uint32_t i = 0; i < e->n_tuplets; i++) {
		struct eng_tuplet t = e->tuplet[i];
		if (t.first >= e->n_events)
			continue;
		const uint32_t system = system_of(e, t.first);
		if (t.last < e->n_events)
			eng_same_join(s, system, system_of(e, t.last));
		t.id = t.element = 0;
		t.parent = number_of(n->tuplet, t.parent);
		t.first = eng_same_event(s, system, t.first);
		t.last = eng_same_event(s, system, t.last);
		mix_struct(&s->mix[system], &t, sizeof(t));
	}
}

/** Beams and tuplets by their order within a system. */
static int number(const struct eng *e, struct numbers *n)
{
	uint32_t *count = eng_alloc(e->arena, (e->n_systems + 1) * sizeof(*count));
	n->beam = eng_alloc(e->arena, (e->n_beams + 1) * sizeof(*n->beam));
	n->tuplet = eng_alloc(e->arena, (e->n_tuplets + 1) * sizeof(*n->tuplet));
	if (!count || !n->beam || !n->tuplet)
		return -ENOMEM;
	for (uint32_t i = 0; i < e->n_beams; i++)
		n->beam[i] = count[system_of(e, e->beam_event[e->beam[i].first])]++;
	memset(count, 0, e->n_systems * sizeof(*count));
	for (uint32_t i = 0; i < e->n_tuplets; i++) {
		if (e->tuplet[i].first < e->n_events)
			n->tuplet[i] = count[system_of(e, e->tuplet[i].first)]++;
	}
	return 0;
}

/* ---- what the score's layers have at a time ---- */

/** Mix an element into all systems that it lasts through; times count from the system's start. */
static void mix_element(struct eng_same *s, unsigned list, const struct nvx_element *el, size_t n,
	uint32_t first, uint32_t last)
{
	union {
		struct nvx_element e;
		struct nvx_notation_element notation;
		char bytes[512];
	} item;
	const struct eng *e = s->e;
	for (uint32_t i = first; i <= last && !s->is_cancelled; i++) {
		/* of a million elements each may last through all systems */
		if ((++s->n_mixed & 4095) == 0 && e->cancelled && e->cancelled(e->cancel_data))
			s->is_cancelled = 1;
		memcpy(&item, el, n);
		item.e.tick -= start_of(e, i);
		item.e.id = 0;
		if (list == NVX_LIST_notation)
			item.notation.from_event_id = item.notation.to_event_id = 0;
		const struct score_state state = score_item_state(e->score, list, &item);
		mix128_word(&s->mix[i], state.word[0]);
		mix128_word(&s->mix[i], state.word[1]);
		mix128_word(&s->mix[i], (uint64_t)near(i - first) << 32 | near(last - i));
	}
}

static void systems_of(
	const struct eng *e, const struct nvx_element *el, uint32_t *ret_first, uint32_t *ret_last)
{
	const int64_t end = el->tick + (el->duration_ticks ? el->duration_ticks : 1);
	*ret_first = e->measure[eng_measure_of(e, el->tick)].system;
	*ret_last = e->measure[eng_measure_of(e, end - 1)].system;
}

static void mix_slur(struct eng_same *s, const struct nvx_notation_element *el)
{
	const struct eng *e = s->e;
	const uint32_t from = eng_find_event(e, el->from_event_id), to = eng_find_event(e, el->to_event_id);
	if (from == ENG_NONE || to == ENG_NONE)
		return;
	const uint32_t a = system_of(e, from), b = system_of(e, to), first = a < b ? a : b,
		       last = a < b ? b : a;
	mix_element(s, NVX_LIST_notation, &el->e, sizeof(*el), first, last);
	mix128_word(&s->mix[a], eng_same_event(s, a, from));
	mix128_word(&s->mix[b], eng_same_event(s, b, to) + (UINT64_C(1) << 32));
	eng_same_join(s, first, last);
}

static void mix_notation(struct eng_same *s)
{
	for (uint32_t i = 0; i < score_n_notation(s->e->score); i++) {
		const struct nvx_notation_element *el = eng_notation(s->e, i);
		uint32_t first, last;
		switch (el->e.kind) {
		case NVX_NOTATION_EVENT:
		case NVX_NOTATION_TUPLET:
		case NVX_NOTATION_BEAM:
		case NVX_NOTATION_CLEF:
		case NVX_NOTATION_KEY:
		case NVX_NOTATION_METER:
			break; /* read, and in events, beams, tuplets and changes */
		case NVX_NOTATION_SLUR:
			mix_slur(s, el);
			break;
		default:
			systems_of(s->e, &el->e, &first, &last);
			mix_element(s, NVX_LIST_notation, &el->e, sizeof(*el), first, last);
		}
	}
}

/** Elements that stand at notes. @return 1: it was one. */
static int mix_at_note(struct eng_same *s, unsigned list, const struct nvx_element *el, size_t n)
{
	const struct eng *e = s->e;
	uint32_t head, event = el->note_id ? eng_find_note(e, el->note_id, el->tick, &head) : ENG_NONE;
	if (event == ENG_NONE)
		return el->note_id != 0;
	const uint32_t system = system_of(e, event);
	mix_element(s, list, el, n, system, system);
	mix128_word(&s->mix[system],
		(uint64_t)eng_same_event(s, system, event) << 32 | (head - e->event[event].first_head));
	return 1;
}

/** Slides and slurs to another tablature number. */
static void join_techniques(struct eng_same *s, const struct nvx_tab *tab)
{
	const struct eng *e = s->e;
	uint32_t n, head, from = eng_find_note(e, tab->e.note_id, tab->e.tick, &head);
	const struct nvx_technique_use *use = nvx_items(e->score->pool, tab->techniques, &n);
	for (uint32_t i = 0; from != ENG_NONE && i < n; i++) {
		const uint32_t to =
			use[i].to_note_id ? eng_find_note(e, use[i].to_note_id, 0, &head) : ENG_NONE;
		if (to == ENG_NONE)
			continue;
		const uint32_t a = system_of(e, from), b = system_of(e, to);
		mix128_word(&s->mix[a], eng_same_event(s, a, to));
		eng_same_join(s, a < b ? a : b, a < b ? b : a);
	}
}

/** Lists that are drawn as they are. */
static const struct {
	uint8_t list, layer;
} lists[] = {{NVX_LIST_form, ENGRAVE_FORM}, {NVX_LIST_chord, ENGRAVE_CHORDS},
	{NVX_LIST_analysis, ENGRAVE_ANALYSIS}, {NVX_LIST_tab, ENGRAVE_TABLATURE},
	{NVX_LIST_diagram, ENGRAVE_DIAGRAMS}, {NVX_LIST_fingering, ENGRAVE_FINGERING},
	{NVX_LIST_marker, ENGRAVE_MARKERS}};

static void mix_lists(struct eng_same *s)
{
	for (unsigned k = 0; k < sizeof(lists) / sizeof(*lists); k++) {
		const struct nvx_seq *seq = &s->e->score->list[lists[k].list];
		struct nvx_seq_iter it = nvx_seq_from(seq, 0);
		const struct nvx_element *el;
		const int is_at_notes = lists[k].list == NVX_LIST_tab || lists[k].list == NVX_LIST_fingering;
		while (eng_has_layer(s->e, lists[k].layer) && (el = nvx_seq_next(&it))) {
			uint32_t first, last;
			if (is_at_notes && mix_at_note(s, lists[k].list, el, seq->item_bytes))
				continue;
			systems_of(s->e, el, &first, &last);
			mix_element(s, lists[k].list, el, seq->item_bytes, first, last);
		}
	}
	for (uint32_t i = 0; eng_has_layer(s->e, ENGRAVE_TABLATURE) && i < score_n_tab(s->e->score); i++)
		join_techniques(s, score_tab(s->e->score, i));
}

/** A tempo is marked by what it says, and by the one before. */
static void mix_tempos(struct eng_same *s)
{
	const struct eng *e = s->e;
	const struct nvx_tempo *before = NULL;
	for (uint32_t i = 0; i < score_n_tempo(e->score); i++) {
		const struct nvx_tempo *t = score_tempo(e->score, i);
		const uint32_t system = e->measure[eng_measure_of(e, t->tick)].system;
		struct nvx_tempo own = *t;
		own.tick -= start_of(e, system);
		const struct score_state state = score_item_state(e->score, NVX_LIST_tempo, &own);
		mix128_word(&s->mix[system], state.word[0]);
		mix128_word(&s->mix[system], state.word[1]);
		if (before) {
			mix128_word(&s->mix[system], before->ns_per_quarter);
			mix128_word(&s->mix[system], before->tick + 4 * NVX_PPQ <= t->tick);
		}
		before = t;
	}
}

/* ---- all together ---- */

static int begin(struct eng_same *s)
{
	const struct eng *e = s->e;
	const uint32_t n = e->n_systems;
	s->mix = eng_alloc(e->arena, (n + 1) * sizeof(*s->mix));
	s->first_event = eng_alloc(e->arena, (n + 2) * sizeof(*s->first_event));
	s->joined_until = eng_alloc(e->arena, (n + 1) * sizeof(*s->joined_until));
	if (!s->mix || !s->first_event || !s->joined_until)
		return -ENOMEM;
	const struct mix128 all = mix_all(e);
	uint32_t event = 0;
	for (uint32_t i = 0; i < n; i++) {
		s->mix[i] = all;
		s->joined_until[i] = i;
		s->first_event[i] = event;
		for (; event < e->n_events && system_of(e, event) == i; event++)
			;
		mix_system(e, &s->mix[i], i);
	}
	s->first_event[n] = event;
	return 0;
}

/** Of systems that are joined each one's key has all of them, and where voices go on from one to the other.
 */
static void mix_joined(struct eng_same *s, uint32_t first, uint32_t end)
{
	const struct eng *e = s->e;
	struct mix128 all = {MIX_K0, MIX_K1};
	if (end - first < 2)
		return;
	for (uint32_t i = first; i < end; i++) {
		mix128_word(&all, s->mix[i].a);
		mix128_word(&all, s->mix[i].b);
		for (uint32_t k = s->first_event[i]; k < s->first_event[i + 1]; k++) {
			const struct eng_event *v = &e->event[k];
			const uint32_t from = s->first_event[first], to = s->first_event[end];
			if (v->next != ENG_NONE && v->next >= from && v->next < to)
				mix128_word(&all, v->next - from);
			for (uint32_t h = v->first_head; h < v->first_head + v->n_heads; h++) {
				const uint32_t next = e->head[h].is_tied_to ? e->next_head[h] : ENG_NONE;
				if (next != ENG_NONE)
					mix128_word(&all, e->head[next].event - from);
			}
		}
	}
	for (uint32_t i = first; i < end; i++) {
		mix128_word(&s->mix[i], all.a);
		mix128_word(&s->mix[i], all.b);
		mix128_word(&s->mix[i], i - first);
	}
}

int eng_find_keys(struct eng *e, struct eng_key *key, uint32_t *home)
{
	struct eng_same s = {.e = e};
	struct numbers n;
	int rc = begin(&s);
	if (rc == 0)
		rc = number(e, &n);
	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < e->n_events; i++)
		mix_event(&s, &n, i);
	mix_beams(&s);
	mix_tuplets(&s, &n);
	for (uint32_t i = 0; i < e->n_repeats; i++) {
		struct eng_repeat r = e->repeat[i];
		const uint32_t system = e->measure[r.measure].system;
		r.measure -= e->system[system].first_measure;
		mix128_bytes(&s.mix[system], &r, sizeof(r));
	}
	mix_notation(&s);
	mix_lists(&s);
	mix_tempos(&s);
	rc = s.is_cancelled ? -ECANCELED : eng_same_lyrics(&s);
	if (rc == 0)
		rc = eng_same_endings(&s);
	for (uint32_t i = 0, end; rc == 0 && i < e->n_systems; i = end) {
		uint32_t last = s.joined_until[i];
		for (end = i + 1; end <= last; end++)
			last = s.joined_until[end] > last ? s.joined_until[end] : last;
		mix_joined(&s, i, end);
		for (uint32_t k = i; k < end; k++) {
			key[k] = (struct eng_key){{s.mix[k].a, s.mix[k].b}};
			home[k] = i;
		}
	}
	return rc;
}
