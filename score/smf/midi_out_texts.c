/* SPDX-License-Identifier: MIT */
/* Words of a score in playing order: lyrics, markers, form, chords. */
#include "midi_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "midi_draft.h"

/** Parts by id, to find the track of an element. */
struct place {
	nvx_id id;
	uint32_t track;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

struct writer {
	struct midi_out *out;
	const struct score_run *run;
	struct place *place;
	uint32_t max_verse, passes;
	uint32_t index; /**< of texts written */
};

static uint32_t track_of(const struct writer *w, nvx_id part)
{
	const struct place key = {.id = part};
	const struct place *found =
		part ? bsearch(&key, w->place, w->out->score->n_parts, sizeof(key), compare_places) : NULL;
	return found ? found->track : MIDI_OUT_SONG;
}

/** First and last tick of a run at which elements stand; the end of the score belongs to the last run. */
static int64_t end_of(const struct writer *w)
{
	const int is_last = w->run == &w->out->order.run[w->out->order.n - 1];
	return w->run->written_tick + w->run->duration_ticks + is_last;
}

static struct midi_out_event *put_text(
	struct writer *w, const struct nvx_element *e, unsigned class, enum midi_text_kind kind, nvx_str text)
{
	struct midi_out_event *event = midi_out_add_named(
		w->out, track_of(w, e->part_id), midi_out_tick(w->run, e->tick), class, e->id, w->index++);
	event->what = MIDI_OUT_TEXT;
	event->kind = (uint8_t)kind;
	event->a = text;
	return event;
}

static void put_lyrics(struct writer *w)
{
	const struct score *score = w->out->score;
	const struct nvx_seq *list = &score->list[NVX_LIST_lyric];
	const int64_t end = end_of(w);
	const uint32_t pass = w->run->pass + 1;
	struct nvx_seq_iter it = nvx_seq_from(list, nvx_seq_find(list, w->run->written_tick));
	for (const struct nvx_lyric *lyric; (lyric = nvx_seq_next(&it)) && lyric->e.tick < end;) {
		const int is_sung = lyric->verse == pass || (lyric->verse == 1 && pass > w->max_verse);
		if (!is_sung)
			continue;
		struct midi_out_event *event =
			put_text(w, &lyric->e, MIDI_OUT_CLASS_LYRIC, MIDI_TEXT_LYRIC, lyric->text);
		const char *extra = score_text(score, lyric->e.extra);
		if (lyric->syllabic == NVX_SYLLABIC_BEGIN || lyric->syllabic == NVX_SYLLABIC_MIDDLE)
			event->b |= MIDI_OUT_GOES_ON;
		if (strcmp(extra, MIDI_BREAK_LINE) == 0)
			event->b |= MIDI_OUT_LINE;
		else if (strcmp(extra, MIDI_BREAK_PARAGRAPH) == 0)
			event->b |= MIDI_OUT_PARAGRAPH;
	}
}

static void put_markers(struct writer *w)
{
	const struct nvx_seq *list = &w->out->score->list[NVX_LIST_marker];
	const int64_t end = end_of(w);
	struct nvx_seq_iter it = nvx_seq_from(list, nvx_seq_find(list, w->run->written_tick));
	for (const struct nvx_marker_element *marker; (marker = nvx_seq_next(&it)) && marker->e.tick < end;)
		(void)put_text(w, &marker->e, MIDI_OUT_CLASS_MARKER,
			marker->e.kind == NVX_MARKER_REHEARSAL ? MIDI_TEXT_MARKER
			: marker->e.kind == NVX_MARKER_CUE     ? MIDI_TEXT_CUE
							       : MIDI_TEXT,
			marker->label);
}

static void put_forms(struct writer *w)
{
	const struct nvx_seq *list = &w->out->score->list[NVX_LIST_form];
	const int64_t end = end_of(w);
	struct nvx_seq_iter it = nvx_seq_from(list, nvx_seq_find(list, w->run->written_tick));
	for (const struct nvx_form_element *form; (form = nvx_seq_next(&it)) && form->e.tick < end;)
		(void)put_text(w, &form->e, MIDI_OUT_CLASS_FORM, MIDI_TEXT_MARKER, form->label);
}

static void put_chord(struct writer *w, int64_t tick, uint32_t index)
{
	struct midi_out_event *event =
		midi_out_add(w->out, MIDI_OUT_SONG, midi_out_tick(w->run, tick), MIDI_OUT_CLASS_CHORD);
	event->what = MIDI_OUT_CHORD;
	event->a = index;
}

static void put_chords(struct writer *w)
{
	const struct score *score = w->out->score;
	const struct nvx_seq *list = &score->list[NVX_LIST_chord];
	const int64_t end = w->run->written_tick + w->run->duration_ticks;
	for (uint32_t i = nvx_seq_find(list, w->run->written_tick); i < list->n && !w->out->error; i++) {
		const struct nvx_chord *chord = score_chord(score, i);
		if (chord->e.tick >= end)
			break;
		if (!w->out->is_clip) {
			(void)put_text(w, &chord->e, MIDI_OUT_CLASS_CHORD, MIDI_TEXT, chord->symbol);
			w->out->n_chords++;
			continue;
		}
		const int64_t chord_end = chord->e.tick + chord->e.duration_ticks;
		const int goes_on = i + 1 < list->n && score_chord(score, i + 1)->e.tick <= chord_end;
		put_chord(w, chord->e.tick, i);
		if (!goes_on && chord_end < end)
			put_chord(w, chord_end, UINT32_MAX);
	}
}

static void count_losses(struct writer *w)
{
	const struct score *score = w->out->score;
	for (uint32_t i = 0; i < score_n_lyric(score); i++) {
		const struct nvx_lyric *lyric = score_lyric(score, i);
		w->out->n_verses += lyric->verse > w->passes;
		if (lyric->verse > w->max_verse)
			w->max_verse = lyric->verse;
	}
	w->out->n_layers = (uint64_t)score_n_analysis(score) + score_n_tab(score) + score_n_diagram(score) +
			   score_n_fingering(score) + score_n_notation(score);
}

void midi_out_texts(struct midi_out *out)
{
	const struct score *score = out->score;
	struct writer w = {.out = out, .passes = 1, .max_verse = 1};
	w.place = score_zalloc(out->alloc, score->n_parts, sizeof(*w.place));
	if (!w.place) {
		out->error = -ENOMEM;
		return;
	}
	for (uint32_t p = 0; p < score->n_parts; p++)
		w.place[p] = (struct place){score->part[p]->part.id, p + 1};
	qsort(w.place, score->n_parts, sizeof(*w.place), compare_places);
	for (uint32_t r = 0; r < out->order.n; r++)
		if (out->order.run[r].pass + 1 > w.passes)
			w.passes = out->order.run[r].pass + 1;
	count_losses(&w);
	for (uint32_t r = 0; r < out->order.n && !out->error; r++) {
		w.run = &out->order.run[r];
		put_lyrics(&w);
		put_markers(&w);
		put_forms(&w);
		put_chords(&w);
	}
	score_free(out->alloc, w.place);
}
