/* SPDX-License-Identifier: MIT */
/* Bars with their cells to measures and chords in ticks. */
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>

#include "ireal_impl.h"

/** Beats as they are felt: 12/8 has four. */
static unsigned beats_of(unsigned num, unsigned den)
{
	return den == 8 && num % 3 == 0 && num > 3 ? num / 3 : num;
}

static void add_head(const struct ireal_song *song, const char *where, struct nvx_draft *draft)
{
	struct nvx_metadata *to = &draft->globals.metadata;
	struct mos_tone tonic;
	to->title = nvx_clean_text(draft, song->field[IREAL_TITLE], strlen(song->field[IREAL_TITLE]));
	to->composer =
		nvx_clean_text(draft, song->field[IREAL_COMPOSER], strlen(song->field[IREAL_COMPOSER]));
	to->style = nvx_clean_text(draft, song->field[IREAL_STYLE], strlen(song->field[IREAL_STYLE]));
	const char *player = song->field[IREAL_PLAYER_STYLE];
	if (*player && *player != '0') { /* how it is to be played, where its style says less */
		const nvx_str tag = nvx_clean_text(draft, player, strlen(player));
		to->tags = nvx_make_list(draft, &tag, tag != 0, sizeof(tag));
	}
	const char *text = song->field[IREAL_KEY];
	const int n = mos_tone_parse(text, strlen(text), &tonic);
	if (n > 0) {
		const int minor = text[n] == '-' || text[n] == 'm';
		int fifths = mos_tone_fifths(tonic) - 1 - (minor ? 3 : 0);
		if (fifths < -7 || fifths > 7) /* G sharp major: what sounds alike has a signature */
			fifths += fifths < 0 ? 12 : -12;
		nvx_set_key(nvx_add_key(draft), fifths, minor);
	} else if (*text) {
		score_warn(draft->report, "IMPORT_PARSE_001", where, "the key %.20s is none", text);
	}
}

/** A tempo counts the beats that are felt. */
static void add_tempo(const struct ireal_song *song, unsigned num, unsigned den, struct nvx_draft *draft)
{
	const unsigned long bpm = strtoul(song->field[IREAL_BPM], NULL, 10);
	if (bpm < 20 || bpm > 400)
		return;
	const uint64_t beat_ns = UINT64_C(60000000000) / bpm;
	nvx_add_tempo(draft)->ns_per_quarter = beat_ns * beats_of(num, den) * den / (num * 4ull);
}

/** "D.S. al Coda" is written where there is room; the way back begins where its section ends. */
static void settle_jumps(struct ireal_chart *chart)
{
	const uint8_t ways_back = IREAL_DACAPO | IREAL_DALSEGNO;
	for (uint32_t i = 0; i + 1 < chart->n_bars; i++) {
		struct ireal_bar *bar = &chart->bar[i], *next = bar + 1;
		if (!(bar->marks & ways_back) || bar->is_double || bar->is_final || bar->repeat_end ||
			next->repeat_start || next->section || next->ending || next->marks & IREAL_CODA)
			continue;
		next->marks |= bar->marks & ways_back;
		next->until = bar->until;
		bar->marks &= (uint8_t)~ways_back;
		bar->until = 0;
	}
}

/** The last bar of the ending that begins at `from`: up to its repeat sign; without one the bar itself. */
static uint32_t end_of_ending(const struct ireal_chart *chart, uint32_t from)
{
	for (uint32_t i = from; i < chart->n_bars; i++) {
		if (i > from && (chart->bar[i].repeat_start || chart->bar[i].ending))
			break;
		if (chart->bar[i].repeat_end)
			return i;
	}
	return from;
}

/** How often each repeat is played: the highest of its endings, or what is said; "N0" is one more ending. */
static void count_repeats(struct ireal_chart *chart)
{
	for (uint32_t i = 0, start = 0; i < chart->n_bars; i++) {
		if (chart->bar[i].repeat_start)
			start = i;
		if (!chart->bar[i].repeat_end)
			continue;
		uint32_t last = i; /* of the repeat with all of its endings */
		while (last + 1 < chart->n_bars && chart->bar[last].repeat_end && chart->bar[last + 1].ending)
			last = end_of_ending(chart, last + 1);
		uint8_t highest = 0, times = 2;
		for (uint32_t k = start; k <= last; k++) {
			struct ireal_bar *bar = &chart->bar[k];
			if (bar->ending == UINT8_MAX)
				bar->ending = (uint8_t)(highest + 1);
			highest = bar->ending > highest ? bar->ending : highest;
			times = bar->times > times ? bar->times : times;
		}
		for (uint32_t k = start; k <= last; k++)
			chart->bar[k].times = highest > times ? highest : times;
		i = last;
		start = last + 1;
	}
	for (uint32_t i = 0; i < chart->n_bars; i++)
		if (chart->bar[i].ending == UINT8_MAX)
			chart->bar[i].ending = 0;
}

static void set_jump(
	struct nvx_draft *draft, struct nvx_measure *to, const struct ireal_bar *bar, const char *where)
{
	static const struct {
		uint8_t mark, jump;
	} marks[] = {/* who plays must get somewhere: those that move come first */
		{IREAL_DALSEGNO, NVX_JUMP_DALSEGNO}, {IREAL_DACAPO, NVX_JUMP_DACAPO},
		{IREAL_TO_CODA, NVX_JUMP_TO_CODA}, {IREAL_CODA, NVX_JUMP_CODA}, {IREAL_SEGNO, NVX_JUMP_SEGNO},
		{IREAL_FINE, NVX_JUMP_FINE}};
	unsigned n = 0;
	for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!(bar->marks & marks[i].mark))
			continue;
		if (n++ == 0)
			to->jump = marks[i].jump;
	}
	if (bar->marks & (IREAL_DALSEGNO | IREAL_DACAPO))
		to->jump_until = bar->until == IREAL_CODA   ? NVX_JUMP_CODA
				 : bar->until == IREAL_FINE ? NVX_JUMP_FINE
							    : NVX_JUMP_NONE;
	if (n > 1)
		score_warn(draft->report, "IMPORT_TECHNIQUE_DROPPED_003", where,
			"a bar has %u signs of where to go; the first that moves counts", n);
}

static void add_section(struct nvx_draft *draft, char name, int64_t tick)
{
	if (draft->n_form && !draft->error) {
		struct nvx_form_element *last = &draft->form[draft->n_form - 1];
		last->e.duration_ticks = (uint32_t)(tick - last->e.tick);
	}
	struct nvx_form_element *form = nvx_add_form(draft);
	form->e.tick = tick;
	form->e.kind = name == 'i' ? NVX_FORM_INTRO : name == 'V' ? NVX_FORM_VERSE : NVX_FORM_SECTION;
	form->label = name == 'i'   ? nvx_text(draft, "Intro", 5)
		      : name == 'V' ? nvx_text(draft, "Verse", 5)
				    : nvx_clean_text(draft, &name, 1);
}

static void add_text(struct nvx_draft *draft, nvx_id part_id, const char *words, int64_t tick)
{
	struct nvx_notation_element *text = nvx_add_notation(draft);
	text->e.kind = NVX_NOTATION_TEXT;
	text->e.part_id = part_id;
	text->e.tick = tick;
	text->text = nvx_clean_text(draft, words, strlen(words));
	text->placement = NVX_PLACEMENT_ABOVE;
}

/**
 * The beat that a cell stands on. Where cells and beats do not come out even, a chord in the middle begins
 * the shorter half: two in a bar of three last two beats and one, in a bar of five three and two.
 */
static unsigned beat_of(unsigned cell, unsigned n_cells, unsigned beats)
{
	const unsigned twice = 2 * cell * beats;
	if (n_cells % beats == 0 || (n_cells < beats && twice % n_cells))
		return cell * beats / n_cells;
	return (twice + n_cells) / (2 * n_cells);
}

/** Cells share the bar; chords go to beats while those are free, and share one where there are too many. */
static void add_chords(
	struct nvx_draft *draft, const struct ireal_bar *bar, int64_t tick, int64_t ticks, unsigned beats)
{
	const int64_t beat = ticks / beats;
	int64_t free_from = 0;
	unsigned free_beat = 0;
	for (unsigned i = 0; i < bar->n_chords; i++) {
		const int64_t exact = ticks * bar->chord[i].cell / bar->n_cells;
		unsigned on = beat_of(bar->chord[i].cell, bar->n_cells, beats);
		if (on < free_beat && bar->n_cells % beats != 0)
			on = free_beat;
		int64_t at = on < beats && on >= free_beat ? on * beat : exact;
		at = at < free_from ? free_from : at;
		struct nvx_chord *chord = nvx_add_chord(draft);
		chord->e.tick = tick + at;
		chord->symbol = nvx_text(draft, bar->chord[i].symbol, strlen(bar->chord[i].symbol));
		free_from = at + 1;
		free_beat = (unsigned)(at / beat) + 1;
	}
}

int ireal_build(const struct ireal_song *song, const struct ireal_chart *chart, const char *where,
	struct nvx_draft *draft)
{
	struct ireal_chart own = *chart;
	unsigned num = 4, den = 4;
	int64_t tick = 0;
	uint32_t ending_last = 0;
	nvx_list ending = 0;
	settle_jumps(&own);
	count_repeats(&own);
	add_head(song, where, draft);
	struct nvx_part *part = nvx_draft_part(draft, nvx_add_part(draft));
	const nvx_id part_id = part->id;
	part->name = nvx_text(draft, "Chords", 6);
	for (uint32_t i = 0; i < own.n_bars && !draft->error; i++) {
		const struct ireal_bar *bar = &own.bar[i];
		if (bar->meter_num) {
			num = bar->meter_num;
			den = bar->meter_den;
		}
		if (bar->meter_num || i == 0) {
			struct nvx_meter *meter = nvx_add_meter(draft);
			meter->tick = tick;
			meter->num = (uint16_t)num;
			meter->den = (uint16_t)den;
		}
		if (i == 0)
			add_tempo(song, num, den, draft);
		const int64_t ticks = (int64_t)num * 4 * NVX_PPQ / den;
		struct nvx_measure *to = nvx_add_measure(draft);
		to->tick = tick;
		to->duration_ticks = (uint32_t)ticks;
		to->repeat_start = bar->repeat_start;
		to->repeat_end = bar->repeat_end ? bar->times : 0;
		to->barline = bar->is_final    ? NVX_BARLINE_FINAL
			      : bar->is_double ? NVX_BARLINE_DOUBLE
					       : NVX_BARLINE_LIGHT;
		set_jump(draft, to, bar, where);
		if (bar->ending) {
			ending_last = end_of_ending(&own, i);
			ending = nvx_make_list(draft, &bar->ending, 1, 1);
			to->ending_type = ending_last == i ? NVX_ENDING_START_STOP : NVX_ENDING_START;
			to->ending_numbers = ending;
		} else if (ending && i == ending_last) {
			to->ending_type = NVX_ENDING_STOP;
			to->ending_numbers = ending;
		}
		if (i == ending_last)
			ending = 0;
		if (bar->section)
			add_section(draft, bar->section, tick);
		if (bar->text[0])
			add_text(draft, part_id, bar->text, tick);
		add_chords(draft, bar, tick, ticks, beats_of(num, den));
		tick += ticks;
	}
	if (!draft->error && draft->n_form)
		draft->form[draft->n_form - 1].e.duration_ticks =
			(uint32_t)(tick - draft->form[draft->n_form - 1].e.tick);
	for (size_t i = 0; i < draft->n_chord && !draft->error; i++)
		draft->chord[i].e.duration_ticks =
			(uint32_t)((i + 1 < draft->n_chord ? draft->chord[i + 1].e.tick : tick) -
				   draft->chord[i].e.tick);
	draft->end_tick = tick;
	return draft->error;
}
