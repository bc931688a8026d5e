/* SPDX-License-Identifier: MIT */
/*
 * What stands between the notes, as text before the event of its tick. Where no event of the part begins at
 * that tick, the event that sounds there is cut in two tied ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abc_write.h"

static const char step_names[] = "CDEFGAB";

void abc_put_text(struct score_bytes *out, const char *text, const char *also_escape)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ') {
			score_bytes_u8(out, ' ');
			continue;
		}
		if (*text == '\\' || *text == '%' || *text == '&' ||
			(*also_escape && strchr(also_escape, *text)))
			score_bytes_u8(out, '\\');
		score_bytes_u8(out, (uint8_t)*text);
	}
}

/** A quotation mark has no escape that all readers know. */
void abc_put_quoted(struct score_bytes *out, const char *text)
{
	score_bytes_u8(out, '"');
	for (; *text; text++) {
		const char one[2] = {*text == '"' ? '\'' : *text, 0};
		abc_put_text(out, one, "");
	}
	score_bytes_u8(out, '"');
}

int abc_w_fifths(const struct nvx_key *key)
{
	const struct abc_key probe = {.step = key->step,
		.alter = key->alter,
		.mode = key->mode,
		.fifths = key->fifths,
		.fifths_given = key->fifths_given};
	return abc_key_fifths(&probe);
}

void abc_w_signature(struct abc_w_voice *v, int fifths)
{
	struct abc_key probe = {0};
	abc_signature(&probe, fifths);
	v->fifths = (int8_t)fifths;
	memcpy(v->sig, probe.sig, sizeof(v->sig));
}

void abc_put_key(struct score_bytes *out, const struct nvx_key *key)
{
	static const char *const modes[] = {"", "m", "ion", "dor", "phr", "lyd", "mix", "aeo", "loc"};
	if (key->step == NVX_KEY_NONE) {
		score_bytes_puts(out, "none");
	} else {
		score_bytes_u8(out, (uint8_t)step_names[key->step]);
		for (int i = 0; i < (key->alter < 0 ? -key->alter : key->alter) && i < 1; i++)
			score_bytes_u8(out, key->alter < 0 ? 'b' : '#');
		score_bytes_puts(out, modes[key->mode]);
	}
	if (!key->fifths_given || (key->step == NVX_KEY_NONE && key->fifths == 0))
		return;
	struct abc_key sig = {0};
	abc_signature(&sig, key->fifths);
	score_bytes_puts(out, " exp");
	for (int i = 0; i < 7; i++)
		if (sig.sig[i]) {
			score_bytes_puts(out, sig.sig[i] > 0 ? " ^" : " _");
			score_bytes_u8(out, (uint8_t)(step_names[i] | 32));
		}
}

/* ---- marks ---- */

struct place {
	uint32_t part;         /**< ABC_NONE: anywhere */
	unsigned staff, voice; /**< 0: any */
	int64_t tick;
	uint32_t id;
	bool is_field;
	uint8_t kind;
	int8_t value;
};

static bool starts_at(const struct abc_w_voice *v, int64_t tick)
{
	const uint32_t i = abc_w_event_at(v, tick);
	return i < v->n_event && v->event[i].tick == tick;
}

/** The voice whose event begins there; else the first that may have it. */
static struct abc_w_voice *choose(struct abc_writer *w, const struct place *place)
{
	const uint32_t first = place->part == ABC_NONE ? 0 : w->part_voice[place->part];
	const uint32_t last = place->part == ABC_NONE ? (uint32_t)w->n_voice : w->part_voice[place->part + 1];
	struct abc_w_voice *usual = NULL;
	const struct nvx_measure *m = score_measure(w->score, score_measure_at(w->score, place->tick));
	for (uint32_t i = first; i < last && i < first + 64; i++) {
		struct abc_w_voice *v = &w->voice[i];
		if ((place->staff && v->staff != place->staff) || (place->voice && v->voice != place->voice))
			continue;
		usual = usual ? usual : v;
		if (m->tick == place->tick || starts_at(v, place->tick))
			return v;
	}
	return usual ? usual : &w->voice[first];
}

/** Write the mark's text to w->texts after this. */
static uint32_t begin(struct abc_writer *w)
{
	return (uint32_t)w->texts.n;
}

static void attach(struct abc_writer *w, struct abc_w_voice *v, const struct place *place, uint32_t from)
{
	if (!abc_w_room(w, (void *)&v->mark, &v->cap_mark, v->n_mark + 1, sizeof(*v->mark)))
		return;
	v->mark[v->n_mark++] = (struct abc_w_mark){.tick = place->tick,
		.id = place->id,
		.text = from,
		.n = (uint32_t)(w->texts.n - from),
		.is_field = place->is_field,
		.kind = place->kind,
		.value = place->value};
}

static void put_name(struct abc_writer *w, const char *name)
{
	score_bytes_u8(&w->texts, '!');
	score_bytes_puts(&w->texts, name);
	score_bytes_u8(&w->texts, '!');
}

static bool is_name(const char *text)
{
	size_t n = 0;
	for (; text[n]; n++)
		if (text[n] <= ' ' || strchr("!|\"%\\&", text[n]))
			return false;
	return n > 0 && n < 60;
}

static void write_words(struct abc_writer *w, const struct nvx_notation_element *n)
{
	const char *text = score_text(w->score, n->text);
	if (n->style == NVX_TEXT_TECHNIQUE && is_name(text)) {
		put_name(w, text);
		return;
	}
	const struct abc_span span = {text, strlen(text)};
	char marked[1100];
	const bool needs_mark = abc_is_chord(span) || (text[0] && strchr("^_<>@", text[0]));
	const char *mark = n->placement == NVX_PLACEMENT_ABOVE   ? "^"
			   : n->placement == NVX_PLACEMENT_BELOW ? "_"
			   : needs_mark                          ? "<"
								 : "";
	const size_t at = strlen(mark);
	memcpy(marked, mark, at);
	const size_t room = sizeof(marked) - at - 1, len = span.n < room ? span.n : room;
	memcpy(marked + at, text, len);
	marked[at + len] = 0;
	abc_put_quoted(&w->texts, marked);
	if (n->style != NVX_TEXT_NONE)
		w->n_lost++;
}

static const char *octave_name(int shift, bool begins)
{
	switch (shift) {
	case 1:
		return begins ? "8va(" : "8va)";
	case -1:
		return begins ? "8vb(" : "8vb)";
	case 2:
		return begins ? "15ma(" : "15ma)";
	default:
		return begins ? "15mb(" : "15mb)";
	}
}

/** Start of the last event that begins before `tick`: a closing mark stands before the last note it covers.
 */
static int64_t last_start(const struct abc_w_voice *v, int64_t from, int64_t tick)
{
	uint32_t i = abc_w_event_at(v, tick);
	while (i > 0 && v->event[i - 1].is_grace)
		i--;
	return i > 0 && v->event[i - 1].tick >= from ? v->event[i - 1].tick : from;
}

static void put_clef(struct abc_writer *w, const struct nvx_notation_element *n)
{
	static const char *const names[] = {"none", "treble", "bass", "alto", "perc", "tab"};
	const uint8_t usual = n->sign == NVX_CLEF_G ? 2 : n->sign == NVX_CLEF_F ? 4 : 3;
	const char *name = n->sign == NVX_CLEF_C && n->line == 4 ? "tenor" : names[n->sign < 6 ? n->sign : 0];
	score_bytes_puts(&w->texts, name);
	if (n->line != usual && !(n->sign == NVX_CLEF_C && n->line == 4))
		score_bytes_u8(&w->texts, (uint8_t)('0' + n->line % 10));
	if (n->octave)
		score_bytes_puts(&w->texts, n->octave == 1    ? "+8"
					    : n->octave == -1 ? "-8"
					    : n->octave > 1   ? "+15"
							      : "-15");
}

/** Clefs and keys of a part are said in each of its voices on that staff. */
static void attach_all(struct abc_writer *w, const struct place *place, uint32_t from)
{
	for (uint32_t i = w->part_voice[place->part]; i < w->part_voice[place->part + 1]; i++)
		if (place->staff == 0 || w->voice[i].staff == place->staff)
			attach(w, &w->voice[i], place, from);
}

static void mark_element(struct abc_writer *w, const struct nvx_notation_element *n)
{
	struct place place = {abc_w_part(w, n->e.part_id), n->e.staff ? n->e.staff : 1, n->e.voice, n->e.tick,
		n->e.id, false, 0, 0};
	if (place.part == ABC_NONE)
		return;
	struct abc_w_voice *v = choose(w, &place);
	const uint32_t from = begin(w);
	struct place closing = place;
	closing.tick = last_start(v, n->e.tick, n->e.tick + n->e.duration_ticks);
	switch (n->e.kind) {
	case NVX_NOTATION_TEXT:
		if (n->style == NVX_TEXT_TEMPO && n->e.tick == 0 && place.part == 0 && place.staff == 1 &&
			!w->tempo_text) {
			w->tempo_text = n->text; /* beside the tempo of the header */
			return;
		}
		if (n->style == NVX_TEXT_TEMPO) {
			place.is_field = true;
			score_bytes_puts(&w->texts, "[Q:");
			abc_put_quoted(&w->texts, score_text(w->score, n->text));
			score_bytes_puts(&w->texts, "]");
		} else {
			write_words(w, n);
		}
		break;
	case NVX_NOTATION_DYNAMIC:
		put_name(w, score_text(w->score, n->text));
		place.kind = ABC_SETS_VELOCITY;
		place.value = (int8_t)abc_velocity_of_dynamic((struct abc_span){
			score_text(w->score, n->text), strlen(score_text(w->score, n->text))});
		break;
	case NVX_NOTATION_HAIRPIN:
		put_name(w, n->style == NVX_HAIRPIN_CRESCENDO ? "crescendo(" : "diminuendo(");
		attach(w, v, &place, from);
		closing.id |= 1u << 31;
		const uint32_t hairpin = begin(w);
		put_name(w, n->style == NVX_HAIRPIN_CRESCENDO ? "crescendo)" : "diminuendo)");
		attach(w, v, &closing, hairpin);
		return;
	case NVX_NOTATION_PEDAL:
		put_name(w, "ped");
		attach(w, v, &place, from);
		closing.tick = n->e.tick + n->e.duration_ticks;
		if (closing.tick >= w->score->end_tick)
			return;
		const uint32_t pedal = begin(w);
		put_name(w, "ped-up");
		attach(w, v, &closing, pedal);
		return;
	case NVX_NOTATION_OCTAVE:
		put_name(w, octave_name(n->octave, true));
		attach(w, v, &place, from);
		closing.id |= 1u << 31;
		const uint32_t octave = begin(w);
		put_name(w, octave_name(n->octave, false));
		attach(w, v, &closing, octave);
		return;
	case NVX_NOTATION_CLEF:
		place.is_field = true;
		place.kind = ABC_SETS_CLEF;
		place.value = n->octave;
		score_bytes_puts(&w->texts, "[K:clef=");
		put_clef(w, n);
		score_bytes_puts(&w->texts, "]");
		attach_all(w, &place, from);
		return;
	case NVX_NOTATION_KEY: {
		const struct nvx_key key = {.step = n->key_step,
			.alter = n->key_alter,
			.mode = n->key_mode,
			.fifths = n->fifths,
			.fifths_given = n->fifths_given};
		place.is_field = true;
		place.staff = 0;
		place.kind = ABC_SETS_KEY;
		place.value = (int8_t)abc_w_fifths(&key);
		score_bytes_puts(&w->texts, "[K:");
		abc_put_key(&w->texts, &key);
		score_bytes_puts(&w->texts, "]");
		attach_all(w, &place, from);
		return;
	}
	case NVX_NOTATION_EVENT:
	case NVX_NOTATION_TUPLET:
	case NVX_NOTATION_BEAM:
	case NVX_NOTATION_SLUR:
	case NVX_NOTATION_MULTI_REST:
		return;
	default:
		w->n_lost++;
		return;
	}
	attach(w, v, &place, from);
}

static void mark_chords(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_chord], 0);
	const struct nvx_chord *chord;
	while ((chord = nvx_seq_next(&it))) {
		const struct place place = {chord->e.part_id ? abc_w_part(w, chord->e.part_id) : ABC_NONE, 0,
			0, chord->e.tick, chord->e.id, false, 0, 0};
		const uint32_t from = begin(w);
		abc_put_quoted(&w->texts, score_text(w->score, chord->symbol));
		attach(w, choose(w, &place), &place, from);
	}
}

static void mark_sections(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_form], 0);
	const struct nvx_form_element *form;
	while ((form = nvx_seq_next(&it))) {
		if (form->level > 0) {
			w->n_lost++;
			continue;
		}
		const struct place place = {ABC_NONE, 0, 0, form->e.tick, form->e.id, true, 0, 0};
		const uint32_t from = begin(w);
		score_bytes_puts(&w->texts, "[P:");
		abc_put_text(&w->texts, score_text(w->score, form->label), "");
		score_bytes_puts(&w->texts, "]");
		attach(w, choose(w, &place), &place, from);
	}
}

static void mark_titles(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_marker], 0);
	const struct nvx_marker_element *marker;
	while ((marker = nvx_seq_next(&it))) {
		if (marker->e.kind != NVX_MARKER_REHEARSAL) {
			w->n_lost++;
			continue;
		}
		const struct place place = {
			ABC_NONE, 0, 0, marker->e.tick, marker->e.id, true, ABC_SETS_TITLE, 0};
		const uint32_t from = begin(w);
		abc_put_text(&w->texts, score_text(w->score, marker->label), "");
		attach(w, choose(w, &place), &place, from);
	}
}

/** Where a further voice may take up a key: it needs it for its next note, and no note is cut for it. */
static int64_t next_start(const struct abc_writer *w, const struct abc_w_voice *v, int64_t tick)
{
	const uint32_t i = abc_w_event_at(v, tick);
	const struct nvx_measure *m = score_measure(w->score, score_measure_at(w->score, tick));
	if (m->tick == tick)
		return tick;
	const int64_t bar_end = m->tick + m->duration_ticks;
	return i < v->n_event && v->event[i].tick < bar_end ? v->event[i].tick : bar_end;
}

/** Beats a minute with up to three decimals. */
void abc_put_tempo(struct score_bytes *out, uint64_t ns)
{
	const uint64_t rate = (UINT64_C(60000000000000) + ns / 2) / ns;
	score_bytes_printf(out, "1/4=%llu", (unsigned long long)(rate / 1000));
	if (rate % 1000) {
		char digits[8];
		unsigned n = 0;
		for (uint64_t weight = 100, rest = rate % 1000; rest; rest %= weight, weight /= 10)
			digits[n++] = (char)('0' + rest / weight);
		score_bytes_u8(out, '.');
		score_bytes_put(out, digits, n);
	}
}

static void mark_maps(struct abc_writer *w)
{
	const struct score *score = w->score;
	for (uint32_t i = 0; i < score_n_tempo(score); i++) {
		const struct nvx_tempo *tempo = score_tempo(score, i);
		const struct place place = {ABC_NONE, 0, 0, tempo->tick, 0, true, 0, 0};
		if (tempo->tick == 0)
			continue;
		const uint32_t from = begin(w);
		score_bytes_puts(&w->texts, "[Q:");
		abc_put_tempo(&w->texts, tempo->ns_per_quarter);
		score_bytes_puts(&w->texts, "]");
		attach(w, choose(w, &place), &place, from);
		w->n_lost += tempo->curve != NVX_CURVE_STEP;
	}
	for (uint32_t i = 0; i < score_n_key(score); i++) {
		const struct nvx_key *key = score_key(score, i);
		if (key->tick == 0)
			continue;
		const uint32_t from = begin(w);
		score_bytes_puts(&w->texts, "[K:");
		abc_put_key(&w->texts, key);
		score_bytes_puts(&w->texts, "]");
		for (size_t k = 0; k < w->n_voice; k++) {
			struct place place = {w->voice[k].part, 0, 0, key->tick, 0, true, ABC_SETS_KEY,
				(int8_t)abc_w_fifths(key)};
			if (k > 0)
				place.tick = next_start(w, &w->voice[k], key->tick);
			attach(w, &w->voice[k], &place, from);
		}
	}
}

static void mark_controls(struct abc_writer *w)
{
	for (uint32_t p = 0; p < w->score->n_parts; p++) {
		const struct score_part *part = w->score->part[p];
		for (uint32_t i = 0; i < part->control.n; i++) {
			const struct nvx_control *control = score_part_control(part, i);
			const struct place place = {p, 0, 0, control->tick, control->id, true, 0, 0};
			if (control->kind != NVX_CONTROL_PROGRAM && control->kind != NVX_CONTROL_CC) {
				w->n_lost++;
				continue;
			}
			const uint32_t from = begin(w);
			if (control->kind == NVX_CONTROL_PROGRAM)
				score_bytes_printf(&w->texts, "[I:MIDI program %d]", control->value);
			else
				score_bytes_printf(
					&w->texts, "[I:MIDI control %u %d]", control->number, control->value);
			attach(w, choose(w, &place), &place, from);
		}
	}
}

static void mark_jumps(struct abc_writer *w)
{
	for (uint32_t i = 0; i < score_n_measure(w->score); i++) {
		const struct nvx_measure *m = score_measure(w->score, i);
		const char *name = m->jump ? abc_deco_of_jump(m->jump, m->jump_until) : NULL;
		if (!name)
			continue;
		const bool is_target = m->jump == NVX_JUMP_SEGNO || m->jump == NVX_JUMP_CODA;
		struct place place = {ABC_NONE, 0, 0, m->tick, 0, false, 0, 0};
		struct abc_w_voice *v = choose(w, &place);
		if (!is_target)
			place.tick = last_start(v, m->tick, m->tick + m->duration_ticks);
		const uint32_t from = begin(w);
		put_name(w, name);
		attach(w, v, &place, from);
	}
}

/* ---- order, cuts ---- */

static int by_tick(const void *a, const void *b)
{
	const struct abc_w_mark *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	if (x->is_field != y->is_field)
		return x->is_field ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

static struct abc_ratio of_ticks(int64_t ticks)
{
	const uint32_t gcd = abc_gcd((uint32_t)ticks, 4 * NVX_PPQ);
	return (struct abc_ratio){(uint32_t)ticks / gcd, 4 * NVX_PPQ / gcd};
}

/** Cut the events in which marks stand. */
static void cut(struct abc_writer *w, struct abc_w_voice *v)
{
	struct abc_w_event *old = v->event;
	const size_t n_old = v->n_event;
	size_t mark = 0, cuts = 0;
	for (size_t i = 0; i < n_old && !cuts; i++) {
		while (mark < v->n_mark && v->mark[mark].tick <= old[i].tick)
			mark++;
		cuts += !old[i].is_grace && mark < v->n_mark && v->mark[mark].tick < old[i].end &&
			!old[i].tuplet;
	}
	if (!cuts)
		return;
	v->event = NULL;
	v->n_event = v->cap_event = 0;
	mark = 0;
	for (size_t i = 0; i < n_old && !w->error; i++) {
		struct abc_w_event rest = old[i];
		while (mark < v->n_mark && v->mark[mark].tick <= rest.tick)
			mark++;
		for (size_t k = mark;
			!rest.is_grace && !rest.tuplet && k < v->n_mark && v->mark[k].tick < rest.end; k++) {
			if (v->mark[k].tick == rest.tick)
				continue;
			if (!abc_w_room(
				    w, (void *)&v->event, &v->cap_event, v->n_event + 1, sizeof(*v->event)))
				break;
			struct abc_w_event head = rest;
			head.end = v->mark[k].tick;
			head.length = of_ticks(head.end - head.tick);
			head.slurs_end = 0;
			rest.tick = head.end;
			rest.length = of_ticks(rest.end - rest.tick);
			rest.slurs_begin = 0;
			rest.is_tail = 1;
			rest.note = (uint32_t)w->n_note;
			for (uint32_t a = 0; a < head.n_notes; a++) {
				if (!abc_w_room(w, (void *)&w->note, &w->cap_note, w->n_note + 1,
					    sizeof(*w->note)))
					break;
				w->note[w->n_note] = w->note[head.note + a];
				w->note[w->n_note++].finger = 0;
				w->note[head.note + a].tie = 1;
			}
			v->event[v->n_event++] = head;
		}
		if (abc_w_room(w, (void *)&v->event, &v->cap_event, v->n_event + 1, sizeof(*v->event)))
			v->event[v->n_event++] = rest;
	}
	score_free(w->alloc, old);
}

int abc_write_marks(struct abc_writer *w)
{
	struct nvx_seq_iter it = nvx_seq_from(&w->score->list[NVX_LIST_notation], 0);
	const struct nvx_notation_element *n;
	mark_maps(w);
	while (!w->error && (n = nvx_seq_next(&it)))
		mark_element(w, n);
	mark_chords(w);
	mark_sections(w);
	mark_titles(w);
	mark_controls(w);
	mark_jumps(w);
	for (size_t i = 0; i < w->n_voice && !w->error; i++) {
		if (w->voice[i].n_mark)
			qsort(w->voice[i].mark, w->voice[i].n_mark, sizeof(*w->voice[i].mark), by_tick);
		cut(w, &w->voice[i]);
	}
	return w->error ? w->error : w->texts.error;
}
