/* SPDX-License-Identifier: MIT */
/* What stands between the notes: keys, clefs, dynamics, words, jumps, sections, chord symbols. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abc_impl.h"

struct marks {
	struct abc_reader *r;
	const struct abc_frame *frame;
	struct abc_voice *v;
	bool is_first; /**< of the voices: its keys are the score's */
	nvx_id part_id;
	int64_t hairpin, pedal, octave; /**< where the open one is in the draft; -1: none is open */
};

static int64_t tick_of(const struct marks *m, const struct abc_mark *mark)
{
	return abc_place(m->frame, m->v, mark->bar, mark->at);
}

static struct nvx_notation_element *add(const struct marks *m, enum nvx_notation kind, int64_t tick)
{
	struct nvx_notation_element *n = nvx_add_notation(m->r->draft);
	n->e.kind = (uint8_t)kind;
	n->e.part_id = m->part_id;
	n->e.staff = m->v->staff;
	n->e.voice = m->v->voice_no > 1 ? m->v->voice_no : 0;
	n->e.tick = tick;
	return n;
}

static void add_text(const struct marks *m, int64_t tick, nvx_str text, int style, int placement)
{
	struct nvx_notation_element *n = add(m, NVX_NOTATION_TEXT, tick);
	n->text = text;
	n->style = (uint8_t)style;
	n->placement = (uint8_t)placement;
}

/* ---- what lasts ---- */

static void begin(
	const struct marks *m, int64_t *open, enum nvx_notation kind, int64_t tick, int style, int shift)
{
	struct nvx_notation_element *n = add(m, kind, tick);
	n->style = (uint8_t)style;
	n->octave = (int8_t)shift;
	/* until its end is found it reaches to the end of the score */
	n->e.duration_ticks = (uint32_t)(m->frame->tick[m->frame->n] - tick);
	*open = (int64_t)m->r->draft->n_notation - 1;
}

static void end(const struct marks *m, int64_t *open, const struct abc_mark *mark)
{
	struct nvx_draft *draft = m->r->draft;
	if (*open < 0 || draft->error) {
		if (!draft->error)
			score_warn(m->r->report, ABC_BAD, abc_where_src(m->r, mark->src).text,
				"something ends here that has not begun");
		return;
	}
	struct nvx_notation_element *n = &draft->notation[*open];
	int64_t tick = tick_of(m, mark);
	if (tick <= n->e.tick && mark->bar < m->v->n_bar) /* over a measure without notes */
		tick = m->frame->tick[m->v->bar[mark->bar].measure + 1];
	if (tick > n->e.tick)
		n->e.duration_ticks = (uint32_t)(tick - n->e.tick);
	*open = -1;
}

/** The end of a hairpin stands before the last note that it covers: it lasts to the end of that. */
static void end_after_note(struct marks *m, int64_t *open, const struct abc_mark *mark)
{
	struct abc_mark at = *mark;
	uint32_t low = 0, high = (uint32_t)m->v->n_event;
	while (low < high) { /* events of the main voice come in order */
		const uint32_t middle = low + (high - low) / 2;
		const struct abc_event *event = &m->v->event[middle];
		if (event->bar < mark->bar || (event->bar == mark->bar && event->at < mark->at))
			low = middle + 1;
		else
			high = middle;
	}
	while (low < m->v->n_event && (m->v->event[low].flags & ABC_GRACE))
		low++;
	if (low < m->v->n_event && m->v->event[low].bar == mark->bar && m->v->event[low].at == mark->at)
		at.at += m->v->event[low].len;
	end(m, open, &at);
}

/* ---- keys ---- */

static bool same_key(const struct abc_key *a, const struct abc_key *b)
{
	return a->step == b->step && a->alter == b->alter && a->mode == b->mode &&
	       a->fifths_given == b->fifths_given && abc_key_fifths(a) == abc_key_fifths(b);
}

/** A signature of no usual key is said in words; its notes are spelled one by one. */
static void tell_odd_key(const struct marks *m, const struct abc_key *key, const struct abc_mark *mark)
{
	char text[64] = "Key:";
	size_t n = 4;
	for (int i = 0; i < 7; i++) {
		const int alter = key->sig[i];
		if (alter == 0)
			continue;
		text[n++] = ' ';
		for (int k = 0; k < (alter < 0 ? -alter : alter) && k < 3; k++)
			text[n++] = alter < 0 ? '_' : '^';
		text[n++] = "cdefgab"[i];
	}
	score_warn(m->r->report, ABC_DROPPED, abc_where_src(m->r, mark->src).text,
		"a signature of no usual key is kept as text");
	add_text(m, tick_of(m, mark), nvx_text(m->r->draft, text, n), NVX_TEXT_NONE, NVX_PLACEMENT_ABOVE);
}

/** The score's key at a tick, from what the first voice added. */
static const struct nvx_key *global_key(const struct nvx_draft *draft, int64_t tick)
{
	size_t low = 0, high = draft->n_key;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (draft->key[middle].tick <= tick)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &draft->key[low - 1] : NULL;
}

static void add_key(struct marks *m, const struct abc_mark *mark)
{
	const struct abc_key *key = &m->r->keys[mark->value];
	const int64_t tick = tick_of(m, mark);
	struct nvx_draft *draft = m->r->draft;
	if (key->is_odd)
		tell_odd_key(m, key, mark);
	if (m->is_first) {
		abc_key_to_nvx(key, nvx_add_key(draft));
		if (!draft->error)
			draft->key[draft->n_key - 1].tick = tick;
		return;
	}
	if (m->v->staff > 1 || m->v->voice_no > 1)
		return; /* a part's key is its first voice's */
	const struct nvx_key *global = draft->error ? NULL : global_key(draft, tick);
	const struct abc_key now = global ? (struct abc_key){.step = global->step,
						    .alter = global->alter,
						    .mode = global->mode,
						    .fifths = global->fifths,
						    .fifths_given = global->fifths_given}
					  : (struct abc_key){.step = NVX_KEY_NONE};
	if (global && same_key(&now, key))
		return;
	struct nvx_key value = {0};
	abc_key_to_nvx(key, &value);
	struct nvx_notation_element *n = add(m, NVX_NOTATION_KEY, tick);
	n->key_step = value.step;
	n->key_alter = value.alter;
	n->key_mode = value.mode;
	n->fifths = value.fifths;
	n->fifths_given = value.fifths_given;
}

/* ---- jumps, sections ---- */

static void add_jump(struct marks *m, const struct abc_mark *mark)
{
	struct nvx_draft *draft = m->r->draft;
	const struct abc_voice *v = m->v;
	const bool is_target = mark->arg == NVX_JUMP_SEGNO || mark->arg == NVX_JUMP_CODA;
	uint32_t index = m->frame->n - 1;
	if (mark->bar < v->n_bar) {
		const struct abc_bar *bar = &v->bar[mark->bar];
		index = bar->measure;
		/* behind the last note a sign to jump to belongs to the next measure */
		if (is_target && mark->at > 0 && mark->at >= bar->len && index + bar->count < m->frame->n)
			index += bar->count;
	}
	if (draft->error || index >= draft->n_measure)
		return;
	struct nvx_measure *measure = &draft->measure[index];
	if (measure->jump == mark->arg)
		return;
	if (measure->jump != NVX_JUMP_NONE) {
		score_warn(m->r->report, ABC_DROPPED, abc_where_src(m->r, mark->src).text,
			"a second jump in one measure is kept as text");
		const char *name = abc_deco_of_jump(mark->arg, (unsigned)mark->value);
		add_text(m, tick_of(m, mark),
			nvx_text(draft, name ? name : "jump", strlen(name ? name : "jump")),
			NVX_TEXT_TECHNIQUE, NVX_PLACEMENT_NONE);
		return;
	}
	measure->jump = mark->arg;
	measure->jump_until = (uint8_t)mark->value;
}

/** Of two coda signs the first says where to leave. */
static void pair_codas(struct nvx_draft *draft)
{
	struct nvx_measure *first = NULL;
	for (size_t i = 0; i < draft->n_measure; i++) {
		struct nvx_measure *measure = &draft->measure[i];
		if (measure->jump == NVX_JUMP_TO_CODA)
			return;
		if (measure->jump != NVX_JUMP_CODA)
			continue;
		if (first) {
			first->jump = NVX_JUMP_TO_CODA;
			return;
		}
		first = measure;
	}
}

static enum nvx_form form_of(const char *label)
{
	static const struct {
		const char *word;
		enum nvx_form form;
	} forms[] = {{"intro", NVX_FORM_INTRO}, {"verse", NVX_FORM_VERSE}, {"chorus", NVX_FORM_CHORUS},
		{"refrain", NVX_FORM_REFRAIN}, {"bridge", NVX_FORM_BRIDGE}, {"solo", NVX_FORM_SOLO},
		{"interlude", NVX_FORM_INTERLUDE}, {"coda", NVX_FORM_CODA}, {"outro", NVX_FORM_OUTRO}};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (abc_is_nocase((struct abc_span){label, strlen(label)}, forms[i].word))
			return forms[i].form;
	return NVX_FORM_SECTION;
}

static void add_section(struct marks *m, const struct abc_mark *mark)
{
	struct nvx_draft *draft = m->r->draft;
	const int64_t tick = tick_of(m, mark), score_end = m->frame->tick[m->frame->n];
	if (!mark->text || tick >= score_end)
		return;
	if (draft->n_form && !draft->error) {
		struct nvx_form_element *last = &draft->form[draft->n_form - 1];
		if (tick <= last->e.tick)
			return; /* the same in another voice */
		last->e.duration_ticks = (uint32_t)(tick - last->e.tick);
	}
	struct nvx_form_element *form = nvx_add_form(draft);
	form->e.kind = (uint8_t)form_of(nvx_string(draft->pool, mark->text, NULL));
	form->e.tick = tick;
	form->e.duration_ticks = (uint32_t)(score_end - tick);
	form->label = mark->text;
}

static void add_tempo(struct marks *m, const struct abc_mark *mark)
{
	struct nvx_draft *draft = m->r->draft;
	const int64_t tick = tick_of(m, mark);
	if (mark->value && tick <= m->frame->tick[m->frame->n]) {
		struct nvx_tempo *tempo = nvx_add_tempo(draft);
		tempo->tick = tick;
		tempo->ns_per_quarter = (uint64_t)mark->value;
	}
	if (mark->text)
		add_text(m, tick, mark->text, NVX_TEXT_TEMPO, NVX_PLACEMENT_NONE);
}

static void add_title(struct marks *m, const struct abc_mark *mark)
{
	struct nvx_marker_element *marker = nvx_add_marker(m->r->draft);
	marker->e.kind = NVX_MARKER_REHEARSAL;
	marker->e.tick = tick_of(m, mark);
	marker->label = mark->text;
}

static void add_control(struct marks *m, const struct abc_mark *mark)
{
	struct nvx_control *control = nvx_add_control(m->r->draft, m->v->part);
	control->tick = tick_of(m, mark);
	if (mark->kind == ABC_MARK_PROGRAM) {
		control->kind = NVX_CONTROL_PROGRAM;
		control->number = UINT16_MAX;
		control->value = mark->arg;
	} else {
		control->kind = NVX_CONTROL_CC;
		control->number = mark->arg;
		control->value = (int16_t)mark->value;
	}
}

static void add_clef(struct marks *m, const struct abc_mark *mark)
{
	const struct abc_clef *clef = &m->r->clefs[mark->value];
	if (m->v->voice_no > 1)
		return; /* the first voice of a staff has its clef */
	struct nvx_notation_element *n = add(m, NVX_NOTATION_CLEF, tick_of(m, mark));
	n->sign = clef->sign;
	n->line = clef->line ? clef->line : 3;
	n->octave = clef->octave;
}

static void add_mark(struct marks *m, const struct abc_mark *mark)
{
	const int64_t tick = tick_of(m, mark);
	switch (mark->kind) {
	case ABC_MARK_TEXT:
		if (mark->text)
			add_text(m, tick, mark->text, (int)mark->value, mark->arg);
		break;
	case ABC_MARK_DYNAMIC:
		add(m, NVX_NOTATION_DYNAMIC, tick)->text = mark->text;
		break;
	case ABC_MARK_HAIRPIN:
		if (mark->arg)
			begin(m, &m->hairpin, NVX_NOTATION_HAIRPIN, tick, mark->arg, 0);
		else
			end_after_note(m, &m->hairpin, mark);
		break;
	case ABC_MARK_PEDAL:
		if (mark->arg)
			begin(m, &m->pedal, NVX_NOTATION_PEDAL, tick, NVX_PEDAL_SUSTAIN, 0);
		else
			end(m, &m->pedal, mark);
		break;
	case ABC_MARK_OCTAVE:
		if (mark->arg)
			begin(m, &m->octave, NVX_NOTATION_OCTAVE, tick, 0, (int)mark->value);
		else
			end_after_note(m, &m->octave, mark);
		break;
	case ABC_MARK_CLEF:
		add_clef(m, mark);
		break;
	case ABC_MARK_KEY:
		add_key(m, mark);
		break;
	case ABC_MARK_TEMPO:
		add_tempo(m, mark);
		break;
	case ABC_MARK_PROGRAM:
	case ABC_MARK_CC:
		add_control(m, mark);
		break;
	case ABC_MARK_JUMP:
		add_jump(m, mark);
		break;
	case ABC_MARK_PART:
		add_section(m, mark);
		break;
	case ABC_MARK_TITLE:
		add_title(m, mark);
		break;
	default: /* chords, meters, fingers: elsewhere */
		break;
	}
}

void abc_build_marks(struct abc_reader *r, const struct abc_frame *frame)
{
	for (size_t i = 0; i < r->n_voice; i++) {
		struct marks m = {.r = r,
			.frame = frame,
			.v = &r->voice[i],
			.is_first = i == 0,
			.part_id = nvx_draft_part(r->draft, r->voice[i].part)->id,
			.hairpin = -1,
			.pedal = -1,
			.octave = -1};
		for (size_t k = 0; k < m.v->n_mark && !r->draft->error; k++)
			add_mark(&m, &m.v->mark[k]);
	}
	if (!r->draft->error)
		pair_codas(r->draft);
}

/* ---- chord symbols ---- */

struct symbol_at {
	int64_t tick;
	uint32_t order; /**< as read */
	uint32_t voice;
	nvx_str text;
	uint32_t src;
};

static int by_tick(const void *a, const void *b)
{
	const struct symbol_at *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/** As the symbols of one voice are. */
static bool is_sorted(const struct symbol_at *symbol, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (symbol[i].tick < symbol[i - 1].tick)
			return false;
	return true;
}

static size_t collect(
	const struct abc_reader *r, const struct abc_frame *frame, uint32_t part, struct symbol_at *to)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_voice; i++) {
		const struct abc_voice *v = &r->voice[i];
		for (size_t k = 0; v->part == part && k < v->n_mark; k++) {
			const struct abc_mark *mark = &v->mark[k];
			if (mark->kind != ABC_MARK_CHORD || !mark->text)
				continue;
			if (to)
				to[n] = (struct symbol_at){abc_place(frame, v, mark->bar, mark->at),
					(uint32_t)n, (uint32_t)i, mark->text, mark->src};
			n++;
		}
	}
	return n;
}

/** Each lasts to the next. */
static void add_chords(struct abc_reader *r, const struct abc_frame *frame, const struct symbol_at *symbol,
	size_t n, nvx_id part_id)
{
	const int64_t score_end = frame->tick[frame->n];
	for (size_t i = 0; i < n && !r->draft->error; i++) {
		const bool is_second = i > 0 && symbol[i - 1].tick == symbol[i].tick;
		if (is_second && symbol[i - 1].text == symbol[i].text)
			continue;
		if (is_second || symbol[i].tick >= score_end) {
			const struct abc_voice *v = &r->voice[symbol[i].voice];
			score_warn(r->report, ABC_DROPPED, abc_where_src(r, symbol[i].src).text,
				"a second chord symbol at one place is kept as text");
			struct nvx_notation_element *text = nvx_add_notation(r->draft);
			text->e.kind = NVX_NOTATION_TEXT;
			text->e.part_id = nvx_draft_part(r->draft, v->part)->id;
			text->e.staff = v->staff;
			text->e.tick = symbol[i].tick;
			text->text = symbol[i].text;
			text->placement = NVX_PLACEMENT_ABOVE;
			continue;
		}
		size_t next = i + 1;
		while (next < n && symbol[next].tick == symbol[i].tick)
			next++;
		const int64_t last =
			next < n && symbol[next].tick < score_end ? symbol[next].tick : score_end;
		struct nvx_chord *chord = nvx_add_chord(r->draft);
		chord->e.tick = symbol[i].tick;
		chord->e.duration_ticks = (uint32_t)(last - symbol[i].tick);
		chord->e.part_id = part_id;
		chord->symbol = symbol[i].text;
	}
}

void abc_build_chords(struct abc_reader *r, const struct abc_frame *frame)
{
	bool is_first = true; /* the first part that has chord symbols has the score's */
	for (uint32_t part = 0; part < r->draft->n_part && !r->draft->error; part++) {
		const size_t n = collect(r, frame, part, NULL);
		if (n == 0)
			continue;
		struct symbol_at *symbol = score_zalloc(r->alloc, n, sizeof(*symbol));
		if (!symbol) {
			r->draft->error = -ENOMEM;
			return;
		}
		(void)collect(r, frame, part, symbol);
		if (!is_sorted(symbol, n))
			qsort(symbol, n, sizeof(*symbol), by_tick);
		add_chords(r, frame, symbol, n, is_first ? 0 : nvx_draft_part(r->draft, part)->id);
		score_free(r->alloc, symbol);
		is_first = false;
	}
}
