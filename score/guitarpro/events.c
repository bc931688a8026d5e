/* SPDX-License-Identifier: MIT */
/** How beats are written: events, dynamics, slurs, and what goes on over several beats. */
#include "gp.h"
#include "voice.h"

#include <string.h>

static struct nvx_notation_element *add_element(struct gp_song *song, enum nvx_notation kind, int64_t tick)
{
	struct nvx_notation_element *element = nvx_add_notation(song->draft);
	element->e.kind = (uint8_t)kind;
	element->e.tick = tick;
	element->e.part_id = song->track[song->at_track].part_id;
	element->e.staff = (uint8_t)(song->at_staff ? song->at_staff + 1 : 0);
	return element;
}

static void put_dynamic(struct gp_song *song, const struct gp_beat *beat, int64_t tick)
{
	static const char *const name[] = {"ppp", "pp", "p", "mp", "mf", "f", "ff", "fff"};
	struct gp_staff *staff = &song->track[song->at_track].staff[song->at_staff];
	const unsigned dynamic = beat->n_notes ? beat->note[0].dynamic : 0;
	if (song->at_voice > 0 || dynamic == 0 || dynamic > 8 || dynamic == staff->dynamic)
		return;
	staff->dynamic = (uint8_t)dynamic;
	const nvx_str text = nvx_text(song->draft, name[dynamic - 1], strlen(name[dynamic - 1]));
	add_element(song, NVX_NOTATION_DYNAMIC, tick)->text = text;
}

static void put_text(struct gp_song *song, const struct gp_beat *beat, int64_t tick)
{
	if (!beat->text)
		return;
	struct nvx_notation_element *text = add_element(song, NVX_NOTATION_TEXT, tick);
	text->text = beat->text;
	text->style = NVX_TEXT_EXPRESSION;
	text->placement = NVX_PLACEMENT_ABOVE;
}

/** Begin or lengthen what goes on while beats say the same. @return its element; NULL: nothing. */
static struct nvx_notation_element *put_span(struct gp_song *song, struct gp_span *span,
	enum nvx_notation kind, int what, int64_t tick, int64_t end_tick)
{
	struct nvx_draft *draft = song->draft;
	if (!what) {
		span->element = 0;
		return NULL;
	}
	if (!span->element || span->what != what || span->end_tick != tick) {
		(void)add_element(song, kind, tick);
		span->element = draft->error ? 0 : draft->n_notation;
		span->what = (int8_t)what;
	}
	if (!span->element)
		return NULL;
	span->end_tick = end_tick;
	struct nvx_notation_element *element = &draft->notation[span->element - 1];
	element->e.duration_ticks = gp_length(element->e.tick, end_tick);
	return element;
}

static void put_spans(struct gp_song *song, const struct gp_beat *beat, int64_t tick, int64_t end_tick)
{
	struct gp_voice *voice = song->voice;
	struct nvx_notation_element *element =
		put_span(song, &voice->octave, NVX_NOTATION_OCTAVE, beat->octave, tick, end_tick);
	if (element)
		element->octave = beat->octave;
	element = put_span(song, &voice->hairpin, NVX_NOTATION_HAIRPIN, beat->hairpin, tick, end_tick);
	if (element)
		element->style = beat->hairpin;
}

static void put_slur(struct gp_song *song, const struct gp_beat *beat, int64_t tick, nvx_id event)
{
	struct gp_voice *voice = song->voice;
	if (beat->legato == GP_LEGATO_DESTINATION && voice->slur_from) {
		struct nvx_notation_element *slur = add_element(song, NVX_NOTATION_SLUR, tick);
		slur->from_event_id = voice->slur_from;
		slur->to_event_id = event;
		voice->slur_from = 0;
	} else if (beat->legato == GP_LEGATO_ORIGIN) {
		voice->slur_from = event;
	} else if (!beat->legato) {
		voice->slur_from = 0;
	}
}

static nvx_list list_spelling(
	struct gp_song *song, const struct gp_beat *beat, const nvx_id *note_ids, unsigned n_ids)
{
	struct nvx_spelling spelling[GP_MAX_BEAT_NOTES];
	unsigned n = 0;
	for (unsigned i = 0; i < beat->n_notes && n_ids == beat->n_notes; i++)
		if (beat->note[i].accidental)
			spelling[n++] = (struct nvx_spelling){.note_id = note_ids[i],
				.step = beat->note[i].step,
				.alter = (int8_t)(beat->note[i].accidental - 3),
				.accidental = NVX_ACCIDENTAL_SHOW};
	return nvx_make_list(song->draft, spelling, n, sizeof(*spelling));
}

size_t gp_put_event(struct gp_song *song, const struct gp_beat *beat, int64_t tick, int64_t end_tick,
	const nvx_id *note_ids, unsigned n_ids)
{
	struct nvx_draft *draft = song->draft;
	struct gp_voice *voice = song->voice;
	if (song->is_echo)
		return 0;
	put_dynamic(song, beat, tick);
	put_text(song, beat, tick);
	const nvx_list ids = nvx_make_list(draft, note_ids, n_ids, sizeof(*note_ids));
	const nvx_list spelling = list_spelling(song, beat, note_ids, n_ids);
	const nvx_str extra = gp_ext_take(draft, (struct gp_ext *)&beat->ext);
	struct nvx_notation_element *event = add_element(song, NVX_NOTATION_EVENT, tick);
	const nvx_id id = event->e.id;
	event->e.duration_ticks = gp_length(tick, end_tick);
	event->e.voice = (uint8_t)(song->at_voice + 1);
	event->e.extra = extra;
	event->note_ids = ids;
	event->spelling = spelling;
	event->value = beat->value;
	event->dots = beat->dots;
	event->stem = beat->stem;
	event->arpeggio = beat->arpeggio;
	if (beat->grace) {
		event->is_grace = 1;
		event->grace_slash = beat->slash;
	} else {
		event->tuplet_id = voice->tuplet[1].id ? voice->tuplet[1].id : voice->tuplet[0].id;
	}
	for (unsigned i = 0; i < beat->n_notes; i++) {
		const struct gp_note *note = &beat->note[i];
		event->articulations |= note->articulations;
		event->ornaments |= note->ornaments;
		if (note->fx.strokes > event->tremolo)
			event->tremolo = note->fx.strokes;
	}
	const size_t index = draft->error ? 0 : draft->n_notation;
	if (!beat->grace) {
		put_spans(song, beat, tick, end_tick);
		put_slur(song, beat, tick, id);
	}
	return index;
}
