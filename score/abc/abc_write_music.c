/* SPDX-License-Identifier: MIT */
/* Measures, notes and words of the voices as lines of ABC. */
#include <stdlib.h>
#include <string.h>

#include <mos/pitch.h>

#include "abc_write.h"

#define LINE_BYTES 100u /* after as many a line goes on in the next */

static const char letters[] = "CDEFGAB";
static const int8_t semitones[7] = {0, 2, 4, 5, 7, 9, 11};

static void put(struct abc_writer *w, const char *text)
{
	score_bytes_puts(w->out, text);
}

static void put_char(struct abc_writer *w, char c)
{
	score_bytes_u8(w->out, (uint8_t)c);
}

static void put_length(struct abc_writer *w, struct abc_ratio length, uint32_t unit)
{
	uint32_t num = length.num * unit, den = length.den;
	const uint32_t gcd = abc_gcd(num, den);
	num /= gcd;
	den /= gcd;
	if (num != 1)
		score_bytes_printf(w->out, "%u", num);
	if (den == 2)
		put_char(w, '/');
	else if (den > 1)
		score_bytes_printf(w->out, "/%u", den);
}

/* ---- pitch ---- */

int abc_w_transpose(const struct nvx_part *part)
{
	return part->has_transpose ? -(part->transpose_chromatic + 12 * part->transpose_octave) : 0;
}

/** How a note is written: step, alteration and octave. */
static struct mos_pitch spell(
	const struct abc_writer *w, const struct abc_w_voice *v, const struct abc_w_note *note)
{
	int pitch = note->note->pitch - abc_w_transpose(&w->score->part[v->part]->part) - 12 * v->clef_octave;
	int octaves = 0;
	for (; pitch < 0; pitch += 12)
		octaves--;
	for (; pitch > 127; pitch -= 12)
		octaves++;
	struct mos_pitch written = mos_pitch_spell((uint8_t)pitch, v->fifths);
	const int natural = pitch - note->alter - (note->has_spelling ? semitones[note->step] : 0);
	if (note->has_spelling && (natural + 120) % 12 == 0)
		written = (struct mos_pitch){note->step, note->alter, (int8_t)((natural + 120) / 12 - 11)};
	written.octave = (int8_t)(written.octave + octaves);
	return written;
}

static void put_accidental(struct abc_writer *w, struct abc_w_voice *v, const struct abc_w_note *note,
	const struct mos_pitch *pitch, bool is_tied)
{
	const int row = pitch->octave < 0              ? 0
			: pitch->octave >= ABC_OCTAVES ? ABC_OCTAVES - 1
						       : pitch->octave;
	uint8_t *step = &v->accidental[pitch->step], *here = &v->accidental_here[row * 7 + pitch->step];
	const int by_step = *step ? *step - 4 : v->sig[pitch->step],
		  by_place = *here ? *here - 4 : v->sig[pitch->step];
	const int cents = note->note->cents_1e3 / 1000;
	const bool is_clear = is_tied || (by_step == pitch->alter && by_place == pitch->alter && cents == 0);
	if (is_clear && note->accidental == NVX_ACCIDENTAL_AUTO)
		return;
	if (note->accidental == NVX_ACCIDENTAL_COURTESY)
		put(w, "!courtesy!");
	if (note->accidental == NVX_ACCIDENTAL_EDITORIAL)
		put(w, "!editorial!");
	if (cents) {
		const int total = 100 * pitch->alter + cents;
		const uint32_t size = (uint32_t)(total < 0 ? -total : total), gcd = abc_gcd(size, 100);
		put_char(w, total < 0 ? '_' : total > 0 ? '^' : '=');
		if (total)
			score_bytes_printf(w->out, "%u/%u", size / gcd, 100 / gcd);
	} else if (pitch->alter == 0) {
		put_char(w, '=');
	}
	for (int i = 0; !cents && i < (pitch->alter < 0 ? -pitch->alter : pitch->alter); i++)
		put_char(w, pitch->alter < 0 ? '_' : '^');
	*step = *here = (uint8_t)(pitch->alter + 4);
}

static void put_note(struct abc_writer *w, struct abc_w_voice *v, const struct abc_w_note *note, bool is_tied)
{
	const struct mos_pitch pitch = spell(w, v, note);
	if (note->finger)
		score_bytes_printf(w->out, "!%u!", (unsigned)(note->finger - NVX_FINGER_0));
	put_accidental(w, v, note, &pitch, is_tied);
	const char letter = letters[pitch.step];
	put_char(w, pitch.octave > 4 ? (char)(letter | 32) : letter);
	for (int octave = pitch.octave; octave > 5; octave--)
		put_char(w, '\'');
	for (int octave = pitch.octave; octave < 4; octave++)
		put_char(w, ',');
}

/* ---- events ---- */

static void put_deco(struct abc_writer *w, const char *name)
{
	if (name)
		score_bytes_printf(w->out, "!%s!", name);
	else
		w->n_lost++;
}

static void put_set(struct abc_writer *w, unsigned set, const char *(*name)(unsigned bit))
{
	for (unsigned bit = 0; set >> bit; bit++)
		if (set >> bit & 1)
			put_deco(w, name(bit));
}

static void put_decos(struct abc_writer *w, const struct abc_w_event *event)
{
	static const char *const tremolos[] = {"/", "//", "///", "////"};
	const struct nvx_notation_element *n = event->n;
	if (!n || event->is_tail)
		return;
	put_set(w, n->articulations, abc_deco_of_articulation);
	put_set(w, n->ornaments, abc_deco_of_ornament);
	put_set(w, n->technical, abc_deco_of_technical);
	if (n->tremolo)
		put_deco(w, tremolos[n->tremolo < 4 ? n->tremolo - 1 : 3]);
	if (n->arpeggio == NVX_ARPEGGIO_UP)
		put_deco(w, "arpeggio");
	if (n->breath)
		put_deco(w, n->breath == NVX_BREATH_COMMA ? "breath" : "caesura");
	if (n->fermata)
		put_deco(w, "fermata");
	w->n_lost += n->heads || n->is_cue || n->grace_after || n->arpeggio > NVX_ARPEGGIO_UP;
}

static void put_tuplet(struct abc_writer *w, struct abc_w_tuplet *tuplet)
{
	if (tuplet->is_begun)
		return;
	tuplet->is_begun = 1;
	if (tuplet->parent)
		put_tuplet(w, &w->tuplet[tuplet->parent - 1]);
	const unsigned p = tuplet->actual;
	const unsigned usual = p == 2 || p == 4 || p == 8 ? 3 : p == 3 || p == 6 ? 2 : 0;
	if (usual == tuplet->normal && tuplet->count == p)
		score_bytes_printf(w->out, "(%u", p);
	else
		score_bytes_printf(w->out, "(%u:%u:%u", p, tuplet->normal, tuplet->count);
}

/** What a mark changes for what comes behind it. */
static void heed(struct abc_w_voice *v, const struct abc_w_mark *mark)
{
	if (mark->kind == ABC_SETS_KEY) {
		abc_w_signature(v, mark->value);
		memset(v->accidental, 0, sizeof(v->accidental));
		memset(v->accidental_here, 0, sizeof(v->accidental_here));
	} else if (mark->kind == ABC_SETS_CLEF) {
		v->clef_octave = mark->value;
	} else if (mark->kind == ABC_SETS_VELOCITY && mark->value) {
		v->velocity = (uint8_t)mark->value;
	}
}

static void put_marks(struct abc_writer *w, struct abc_w_voice *v, int64_t tick, bool fields)
{
	for (; v->next_mark < v->n_mark && v->mark[v->next_mark].tick <= tick; v->next_mark++) {
		const struct abc_w_mark *mark = &v->mark[v->next_mark];
		if (fields && !mark->is_field)
			return;
		if (mark->kind == ABC_SETS_TITLE && mark->n) { /* not at the start of a line */
			put(w, "\"^");
			score_bytes_put(w->out, w->texts.data + mark->text, mark->n);
			put(w, "\"");
			w->n_lost++;
		} else {
			score_bytes_put(w->out, w->texts.data + mark->text, mark->n);
		}
		heed(v, mark);
	}
}

/** Titles get lines of their own. */
static void put_titles(struct abc_writer *w, struct abc_w_voice *v, int64_t tick)
{
	for (uint32_t i = v->next_mark; i < v->n_mark && v->mark[i].tick <= tick; i++) {
		struct abc_w_mark *mark = &v->mark[i];
		if (mark->kind != ABC_SETS_TITLE)
			continue;
		put(w, "T:");
		score_bytes_put(w->out, w->texts.data + mark->text, mark->n);
		put_char(w, '\n');
		mark->n = 0;
	}
}

/** Does the note go on from the event before, on the same line of the staff? Then its accidental goes on too.
 */
static bool ties_to(const struct abc_writer *w, const struct abc_w_voice *v, const struct abc_w_event *before,
	const struct abc_w_note *note)
{
	for (uint32_t i = 0; before && i < before->n_notes; i++) {
		const struct abc_w_note *from = &w->note[before->note + i];
		if (from->tie && from->note == note->note)
			return spell(w, v, from).step == spell(w, v, note).step;
	}
	return false;
}

static const struct abc_w_event *previous(const struct abc_w_voice *v, uint32_t index)
{
	while (index-- > 0)
		if (!v->event[index].is_grace)
			return &v->event[index];
	return NULL;
}

static void put_notes(struct abc_writer *w, struct abc_w_voice *v, uint32_t index)
{
	const struct abc_w_event *event = &v->event[index];
	const struct abc_w_event *before = event->is_grace ? NULL : previous(v, index);
	const bool is_chord = event->n_notes > 1;
	bool all_tied = true;
	for (uint32_t i = 0; i < event->n_notes; i++)
		all_tied &= w->note[event->note + i].tie != 0;
	if (is_chord)
		put_char(w, '[');
	for (uint32_t i = 0; i < event->n_notes; i++) {
		const struct abc_w_note *note = &w->note[event->note + i];
		put_note(w, v, note, ties_to(w, v, before, note));
		if (is_chord && note->tie && !all_tied)
			put_char(w, '-');
		if (!event->is_grace && note->note->velocity != v->velocity)
			w->n_velocities++;
	}
	if (is_chord)
		put_char(w, ']');
	put_length(w, event->length, ABC_W_UNIT);
	if (all_tied && !event->is_grace)
		put_char(w, '-');
}

static void put_event(struct abc_writer *w, struct abc_w_voice *v, uint32_t index)
{
	const struct abc_w_event *event = &v->event[index];
	if (event->tuplet)
		put_tuplet(w, &w->tuplet[event->tuplet - 1]);
	for (unsigned i = 0; i < event->slurs_begin; i++)
		put(w, i < event->slurs_dashed ? ".(" : "(");
	put_decos(w, event);
	if (event->n_notes) {
		put_notes(w, v, index);
	} else {
		put_char(w, event->is_hidden ? 'x' : 'z');
		put_length(w, event->length, ABC_W_UNIT);
	}
	for (unsigned i = 0; i < event->slurs_end; i++)
		put_char(w, ')');
}

static bool space_after(const struct abc_w_voice *v, uint32_t index, int64_t bar_end)
{
	const struct abc_w_event *event = &v->event[index];
	uint32_t next = index + 1;
	while (next < v->n_event && v->event[next].is_grace)
		next++;
	if (next >= v->n_event || v->event[next].tick >= bar_end)
		return true;
	if (v->is_derived) /* one beam a quarter */
		return event->end % NVX_PPQ == 0 || event->end - event->tick >= NVX_PPQ;
	return event->beam == 0 || event->beam != v->event[next].beam;
}

static void put_gap(struct abc_writer *w, const struct abc_w_voice *v, int64_t ticks)
{
	if (ticks <= (v->is_derived ? 0 : 2))
		return; /* rounding of tuplets */
	const uint32_t gcd = abc_gcd((uint32_t)ticks, 4 * NVX_PPQ);
	put_char(w, v->is_derived ? 'z' : 'x');
	put_length(w, (struct abc_ratio){(uint32_t)ticks / gcd, 4 * NVX_PPQ / gcd}, ABC_W_UNIT);
	put_char(w, ' ');
}

static bool has_slash(const struct abc_w_event *event)
{
	return event->n && event->n->grace_slash;
}

/** Grace notes before a main note or at the end of the measure. @return index behind them. */
static uint32_t put_graces(struct abc_writer *w, struct abc_w_voice *v, uint32_t index, int64_t bar_end)
{
	const uint32_t first = index;
	while (index < v->n_event && v->event[index].is_grace &&
		v->event[index].tick == v->event[first].tick && v->event[index].tick < bar_end) {
		const bool slash = has_slash(&v->event[index]);
		if (index == first || slash != has_slash(&v->event[index - 1])) {
			put(w, index > first ? "}" : "");
			put(w, slash ? "{/" : "{");
		}
		put_event(w, v, index++);
	}
	if (index > first)
		put_char(w, '}');
	return index;
}

static void put_measure_events(struct abc_writer *w, struct abc_w_voice *v, int64_t tick, int64_t end)
{
	int64_t at = tick;
	while (v->next_event < v->n_event && v->event[v->next_event].tick < end) {
		const struct abc_w_event *event = &v->event[v->next_event];
		put_gap(w, v, event->tick - at);
		put_marks(w, v, event->tick, true);
		const uint32_t main = put_graces(w, v, v->next_event, end);
		put_marks(w, v, event->tick, false);
		v->next_event = main;
		if (main < v->n_event && v->event[main].tick == event->tick) {
			put_event(w, v, main);
			at = v->event[main].end > at ? v->event[main].end : at;
			if (space_after(v, main, end))
				put_char(w, ' ');
			v->next_event = main + 1;
		}
	}
	v->written = at;
}

/* ---- measures ---- */

static bool ending_begins(const struct nvx_measure *m)
{
	return m->ending_type == NVX_ENDING_START || m->ending_type == NVX_ENDING_START_STOP;
}

static unsigned highest_number(const struct abc_writer *w, const struct nvx_measure *m)
{
	uint32_t n;
	const uint8_t *numbers = nvx_items(w->score->pool, m->ending_numbers, &n);
	return n ? numbers[n - 1] : 0;
}

/** How often a repeat is played that has but one colon here: endings before and behind it say more. */
static unsigned implied_times(const struct abc_writer *w, uint32_t index)
{
	const uint32_t n = score_n_measure(w->score);
	unsigned times = 2;
	for (uint32_t i = index + 1, steps = 0; i-- > 0 && steps < 256; steps++) {
		const struct nvx_measure *m = score_measure(w->score, i);
		const unsigned number = ending_begins(m) ? highest_number(w, m) : 0;
		times = number > times ? number : times;
		if (m->repeat_start ||
			(i < index && m->repeat_end && !ending_begins(score_measure(w->score, i + 1))))
			break;
	}
	for (uint32_t i = index + 1, steps = 0; i < n && steps < 256; i++, steps++) {
		const struct nvx_measure *m = score_measure(w->score, i);
		if (m->ending_type == NVX_ENDING_NONE && !ending_begins(m) &&
			score_measure(w->score, i - 1)->ending_type != NVX_ENDING_START)
			break;
		const unsigned number = ending_begins(m) ? highest_number(w, m) : 0;
		times = number > times ? number : times;
	}
	return times;
}

static void put_ending(struct abc_writer *w, const struct nvx_measure *m)
{
	uint32_t n;
	const uint8_t *numbers = nvx_items(w->score->pool, m->ending_numbers, &n);
	if (!ending_begins(m) || n == 0)
		return;
	put(w, "[");
	for (uint32_t i = 0; i < n; i++)
		score_bytes_printf(w->out, i ? ",%u" : "%u", numbers[i]);
	put_char(w, ' ');
}

static const char *line_of(const struct abc_writer *w, uint32_t index, bool repeats)
{
	const struct nvx_measure *m = score_measure(w->score, index);
	const struct nvx_measure *next =
		index + 1 < score_n_measure(w->score) ? score_measure(w->score, index + 1) : NULL;
	const bool ends = m->ending_type == NVX_ENDING_STOP || m->ending_type == NVX_ENDING_START_STOP ||
			  m->ending_type == NVX_ENDING_DISCONTINUE;
	switch (m->barline) {
	case NVX_BARLINE_FINAL:
		return "|]";
	case NVX_BARLINE_DOUBLE:
		return repeats ? "|" : "||";
	case NVX_BARLINE_HEAVY:
		return repeats ? "|" : "[|";
	case NVX_BARLINE_NONE:
		return repeats ? "|" : "[|]";
	case NVX_BARLINE_DOTTED:
		return repeats ? "|" : ".|";
	default: /* an ending that nothing closes reaches to the next double bar line */
		return ends && !repeats && next && !next->repeat_start && !ending_begins(next) ? "||" : "|";
	}
}

/** The line at the end of measure `index`, with what begins behind it. */
static void put_bar(struct abc_writer *w, uint32_t index)
{
	const struct score *score = w->score;
	const struct nvx_measure *m = score_measure(score, index);
	const struct nvx_measure *next =
		index + 1 < score_n_measure(score) ? score_measure(score, index + 1) : NULL;
	const bool starts = next && next->repeat_start;
	if (m->repeat_end) {
		const unsigned colons = m->repeat_end == implied_times(w, index) ? 1 : m->repeat_end - 1u;
		for (unsigned i = 0; i < colons; i++)
			put_char(w, ':');
		put(w, line_of(w, index, true));
		if (starts)
			put(w, m->barline == NVX_BARLINE_FINAL ? " |:" : ":");
	} else {
		const char *line = line_of(w, index, false);
		put(w, line);
		if (starts)
			put(w, strcmp(line, "|") == 0 || strcmp(line, "||") == 0 ? ":" : " |:");
	}
	put_char(w, ' ');
	if (next)
		put_ending(w, next);
}

/** Does the meter or an irregular length have to be filled by this voice? */
static bool nobody_fills(const struct abc_writer *w, int64_t tick, int64_t end)
{
	for (size_t i = 0; i < w->n_voice; i++) {
		const struct abc_w_voice *v = &w->voice[i];
		uint32_t k = abc_w_event_at(v, end);
		if (k > 0 && v->event[k - 1].tick >= tick && v->event[k - 1].end >= end - 2)
			return false;
	}
	return true;
}

void abc_put_meter(struct abc_writer *w, const struct nvx_meter *meter)
{
	uint32_t n;
	const uint8_t *group = nvx_items(w->score->pool, meter->grouping, &n);
	if (n < 2) {
		score_bytes_printf(w->out, "%u/%u", meter->num, meter->den);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		score_bytes_printf(w->out, i ? "+%u" : "(%u", group[i]);
	score_bytes_printf(w->out, ")/%u", meter->den);
}

/** A multi-measure rest may stand here. @return its measures; 0: none. */
static uint32_t multi_rest(const struct abc_writer *w, const struct abc_w_voice *v, uint32_t index)
{
	const struct nvx_measure *m = score_measure(w->score, index);
	const nvx_id part = w->score->part[v->part]->part.id;
	for (uint32_t i = nvx_seq_find(&w->score->list[NVX_LIST_notation], m->tick);
		i < score_n_notation(w->score); i++) {
		const struct nvx_notation_element *n = score_notation(w->score, i);
		if (n->e.tick > m->tick)
			break;
		if (n->e.kind == NVX_NOTATION_MULTI_REST && n->e.part_id == part &&
			(n->e.staff ? n->e.staff : 1) == v->staff &&
			(n->e.voice ? n->e.voice : 1) == v->voice && n->count > 1)
			return n->count;
	}
	return 0;
}

static int64_t last_tick(const struct abc_writer *w, uint32_t index)
{
	const struct nvx_measure *m = score_measure(w->score, index);
	return index + 1 == score_n_measure(w->score) ? INT64_MAX : m->tick + m->duration_ticks - 1;
}

static void put_empty(struct abc_writer *w, struct abc_w_voice *v, uint32_t index)
{
	const struct nvx_measure *m = score_measure(w->score, index);
	const int64_t end = m->tick + m->duration_ticks, last = last_tick(w, index);
	int64_t at = m->tick;
	put_marks(w, v, at, false);
	if (v->next_mark < v->n_mark && v->mark[v->next_mark].tick <= last) {
		/* rests that are not seen lead to what stands inside */
		while (v->next_mark < v->n_mark && v->mark[v->next_mark].tick <= last) {
			const int64_t next =
				v->mark[v->next_mark].tick < end ? v->mark[v->next_mark].tick : end;
			put_gap(w, v, next - at);
			at = next;
			put_marks(w, v, v->mark[v->next_mark].tick, false);
		}
		put_gap(w, v, end - at);
	} else if (v == &w->voice[0] && m->irregular && nobody_fills(w, m->tick, end)) {
		put_gap(w, v, m->duration_ticks);
	} else {
		put_char(w, v->is_derived ? 'Z' : 'X');
		put_char(w, ' ');
	}
}

/** @return measures written: more than 1 for a rest of several. */
static uint32_t put_measure(struct abc_writer *w, struct abc_w_voice *v, uint32_t index, uint32_t last)
{
	const struct nvx_measure *m = score_measure(w->score, index);
	const struct nvx_meter *meter = score_meter_at(w->score, m->tick);
	const int64_t end = m->tick + m->duration_ticks;
	memset(v->accidental, 0, sizeof(v->accidental));
	memset(v->accidental_here, 0, sizeof(v->accidental_here));
	/* "M:none" of the header is kept beside a meter with which the music begins */
	const bool is_new = m->tick > 0 || (w->free_meter && (meter->num != 4 || meter->den != 4));
	if (meter->tick == m->tick && is_new) {
		put(w, "[M:");
		abc_put_meter(w, meter);
		put(w, "]");
	}
	/* grace notes behind the last note have no measure of their own */
	const int64_t events_end = index + 1 == score_n_measure(w->score) ? end + 1 : end;
	const bool has_events = v->next_event < v->n_event && v->event[v->next_event].tick < events_end;
	const uint32_t rest = has_events ? 0 : multi_rest(w, v, index);
	if (rest > 1 && index + rest - 1 <= last) {
		put_marks(w, v, m->tick, false);
		score_bytes_printf(w->out, "Z%u ", rest);
		put_bar(w, index + rest - 1);
		return rest;
	}
	if (has_events) {
		put_measure_events(w, v, m->tick, events_end);
		put_marks(w, v, last_tick(w, index), false);
		if (v == &w->voice[0] && v->written < end && nobody_fills(w, m->tick, end))
			put_gap(w, v, end - v->written);
	} else {
		put_empty(w, v, index);
	}
	put_bar(w, index);
	return 1;
}

/* ---- words ---- */

/** The syllable that falls on an event; NULL: none. */
static const struct nvx_lyric *find_lyric(const struct abc_writer *w, const struct abc_w_voice *v,
	const struct abc_w_event *event, unsigned verse)
{
	const nvx_id part = w->score->part[v->part]->part.id;
	for (uint32_t i = nvx_seq_find(&w->score->list[NVX_LIST_lyric], event->tick);
		i < score_n_lyric(w->score); i++) {
		const struct nvx_lyric *lyric = score_lyric(w->score, i);
		if (lyric->e.tick != event->tick)
			break;
		if (lyric->verse != verse || lyric->e.part_id != part)
			continue;
		if (!lyric->e.note_id && (lyric->e.staff ? lyric->e.staff : 1) == v->staff)
			return lyric;
		for (uint32_t k = 0; k < event->n_notes; k++)
			if (w->note[event->note + k].note->id == lyric->e.note_id)
				return lyric;
	}
	return NULL;
}

static unsigned verses_between(const struct abc_writer *w, uint32_t part, int64_t from, int64_t to)
{
	unsigned most = 0;
	const nvx_id id = w->score->part[part]->part.id;
	for (uint32_t i = nvx_seq_find(&w->score->list[NVX_LIST_lyric], from); i < score_n_lyric(w->score);
		i++) {
		const struct nvx_lyric *lyric = score_lyric(w->score, i);
		if (lyric->e.tick >= to)
			break;
		if (lyric->e.part_id == id && lyric->verse > most)
			most = lyric->verse;
	}
	return most;
}

static void put_verse(
	struct abc_writer *w, struct abc_w_voice *v, uint32_t first, uint32_t last, unsigned verse)
{
	unsigned blanks = 0;
	int64_t held_to = -1;
	bool in_word = false;
	put(w, "w:");
	for (uint32_t i = first; i < last; i++) {
		const struct abc_w_event *event = &v->event[i];
		if (event->is_grace || event->n_notes == 0)
			continue;
		const struct nvx_lyric *lyric = find_lyric(w, v, event, verse);
		if (!lyric && held_to > event->tick) {
			put(w, "_");
			continue;
		}
		held_to = -1;
		if (!lyric) {
			blanks++;
			continue;
		}
		for (; blanks; blanks--)
			put(w, in_word ? " -" : " *");
		put_char(w, ' ');
		for (const char *text = score_text(w->score, lyric->text); *text; text++) {
			const char one[2] = {*text, 0};
			if (*text == ' ')
				put_char(w, '~');
			else
				abc_put_text(w->out, one, "-_*|~");
		}
		in_word = lyric->syllabic == NVX_SYLLABIC_BEGIN || lyric->syllabic == NVX_SYLLABIC_MIDDLE;
		if (in_word)
			put_char(w, '-');
		if (lyric->extend)
			held_to = lyric->e.tick + lyric->e.duration_ticks;
	}
	put_char(w, '\n');
}

/* ---- lines ---- */

/** The last measure of the line of music that begins with `first`. */
static uint32_t line_end(const struct abc_writer *w, uint32_t first)
{
	const uint32_t n = score_n_measure(w->score);
	while (first + 1 < n && score_measure(w->score, first)->line_break == NVX_BREAK_NONE)
		first++;
	return first;
}

static void put_line(struct abc_writer *w, struct abc_w_voice *v, uint32_t first, uint32_t last)
{
	const struct nvx_measure *begin = score_measure(w->score, first),
				 *end = score_measure(w->score, last);
	const uint32_t event = v->next_event;
	put_titles(w, v, begin->tick);
	size_t line = w->out->n;
	if (first == 0 && begin->repeat_start)
		put(w, "|:");
	if (first == 0)
		put_ending(w, begin);
	for (uint32_t m = first; m <= last && !w->out->error;) {
		m += put_measure(w, v, m, last);
		if (m <= last && w->out->n - line > LINE_BYTES) {
			put(w, "\\\n");
			line = w->out->n;
		}
	}
	put_char(w, '\n');
	const unsigned verses = verses_between(w, v->part, begin->tick, end->tick + end->duration_ticks);
	for (unsigned verse = 1; verse <= verses; verse++)
		put_verse(w, v, event, v->next_event, verse);
}

void abc_write_body(struct abc_writer *w)
{
	const uint32_t n = score_n_measure(w->score);
	for (uint32_t first = 0; first < n && !w->out->error;) {
		const uint32_t last = line_end(w, first);
		for (size_t i = 0; i < w->n_voice; i++) {
			if (w->n_voice > 1)
				score_bytes_printf(w->out, "V:%zu\n", i + 1);
			put_line(w, &w->voice[i], first, last);
		}
		first = last + 1;
	}
}
