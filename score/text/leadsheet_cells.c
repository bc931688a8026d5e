/* SPDX-License-Identifier: MIT */
#include "leadsheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sheet_line *add_line(
	struct sheet *sheet, enum sheet_line_kind kind, uint32_t part, unsigned number)
{
	static struct sheet_line nowhere;
	if (sheet->n_lines == SHEET_MAX_LINES)
		return &nowhere;
	struct sheet_line *line = &sheet->line[sheet->n_lines++];
	*line = (struct sheet_line){.kind = (uint8_t)kind, .number = (uint8_t)number, .part = part};
	if (part < sheet->score->n_parts)
		line->part_id = sheet->score->part[part]->part.id;
	return line;
}

/** Highest verse that is sung, up to 9. */
static unsigned count_verses(const struct score *score)
{
	struct nvx_seq_iter it = nvx_seq_from(&score->list[NVX_LIST_lyric], 0);
	const struct nvx_lyric *lyric;
	unsigned n = 0;
	while ((lyric = nvx_seq_next(&it)))
		if (lyric->verse > n && lyric->verse <= 9)
			n = lyric->verse;
	return n;
}

static int has_tab(const struct score *score, nvx_id part_id)
{
	struct nvx_seq_iter it = nvx_seq_from(&score->list[NVX_LIST_tab], 0);
	const struct nvx_tab *tab;
	while ((tab = nvx_seq_next(&it)))
		if (tab->e.part_id == part_id)
			return 1;
	return 0;
}

static void add_tab_lines(struct sheet *sheet, uint32_t part)
{
	const struct score *score = sheet->score;
	uint32_t n;
	const uint8_t *tuning = nvx_items(score->pool, score->part[part]->part.tuning, &n);
	for (uint32_t string = 1; string <= n; string++) {
		struct sheet_line *line = add_line(sheet, SHEET_TAB, part, string);
		char name[8];
		sheet_note_name(tuning[string - 1], score_key_at(score, 0)->fifths, name);
		name[strcspn(name, "-0123456789")] = '\0';
		(void)snprintf(line->name, sizeof(line->name), "%2s ", name);
	}
}

/** Notes are shown of the part that carries the tune: the first that sings, is a melody, or has notes at all.
 */
static uint32_t tune_of(const struct score *score)
{
	uint32_t first = UINT32_MAX;
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct score_part *part = score->part[i];
		if (part->note.n == 0 || part->part.role == NVX_ROLE_DRUMS)
			continue;
		if (part->part.role == NVX_ROLE_MELODY || part->part.role == NVX_ROLE_VOCALS)
			return i;
		if (first == UINT32_MAX)
			first = i;
	}
	return first;
}

void sheet_find_lines(struct sheet *sheet)
{
	const struct score *score = sheet->score;
	int tabs = 0;
	if (score_n_chord(score))
		(void)add_line(sheet, SHEET_CHORDS, UINT32_MAX, 0);
	for (uint32_t i = 0; i < score->n_parts; i++)
		tabs |= has_tab(score, score->part[i]->part.id);
	const uint32_t tune = tune_of(score);
	if (tune != UINT32_MAX && !tabs)
		(void)add_line(sheet, SHEET_NOTES, tune, 0);
	for (uint32_t i = 0; i < score->n_parts && tabs; i++)
		if (has_tab(score, score->part[i]->part.id))
			add_tab_lines(sheet, i);
	const unsigned n_verses = count_verses(score);
	for (unsigned verse = 1; verse <= n_verses; verse++) {
		struct sheet_line *line = add_line(sheet, SHEET_LYRICS, UINT32_MAX, verse);
		if (n_verses > 1)
			(void)snprintf(line->name, sizeof(line->name), "%u. ", verse);
	}
}

static struct sheet_cell *add_cell(struct sheet *sheet, uint32_t line, int64_t tick)
{
	static struct sheet_cell nowhere;
	if (sheet->n_cells == sheet->cap_cells) {
		const size_t cap = sheet->cap_cells ? sheet->cap_cells * 2 : 256;
		struct sheet_cell *cell = sheet->error ? NULL : realloc(sheet->cell, cap * sizeof(*cell));
		if (!cell) {
			sheet->error = -ENOMEM;
			return &nowhere;
		}
		sheet->cell = cell;
		sheet->cap_cells = cap;
	}
	struct sheet_cell *cell = &sheet->cell[sheet->n_cells++];
	*cell = (struct sheet_cell){.tick = tick, .line = (uint8_t)line};
	return cell;
}

/** Copy without what would break a line, cut between two characters. */
static void set_text(struct sheet_cell *cell, const char *text, const char *behind)
{
	size_t n = 0;
	while (text[n] && n + strlen(behind) + 1 < sizeof(cell->text)) {
		cell->text[n] = (uint8_t)text[n] < ' ' ? ' ' : text[n];
		n++;
	}
	while (n > 0 && text[n] && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--;
	(void)strcpy(cell->text + n, behind);
}

static void find_chords(struct sheet *sheet, uint32_t line)
{
	struct nvx_seq_iter it = nvx_seq_from(&sheet->score->list[NVX_LIST_chord], 0);
	const struct nvx_chord *chord;
	while ((chord = nvx_seq_next(&it)))
		set_text(add_cell(sheet, line, chord->e.tick), score_text(sheet->score, chord->symbol), "");
}

static void find_notes(struct sheet *sheet, uint32_t line)
{
	const struct score *score = sheet->score;
	struct nvx_seq_iter it = nvx_seq_from(&score->part[sheet->line[line].part]->note, 0);
	const struct nvx_note *note;
	const size_t first = sheet->n_cells;
	while ((note = nvx_seq_next(&it))) {
		char name[8];
		sheet_note_name(note->pitch, score_key_at(score, note->tick)->fifths, name);
		struct sheet_cell *last = sheet->n_cells > first ? &sheet->cell[sheet->n_cells - 1] : NULL;
		if (last && last->tick == note->tick && strlen(last->text) + 5 < sizeof(last->text)) {
			(void)strcat(last->text,
				"+"); /* a chord is read from below, its notes lie in that order */
			(void)strcat(last->text, name);
		} else if (!last || last->tick != note->tick) {
			set_text(add_cell(sheet, line, note->tick), name, "");
		}
	}
}

static const char *mark_of(const struct score *score, const struct nvx_tab *tab)
{
	static const char *const marks[] = {[NVX_TECHNIQUE_HAMMER_ON] = "h",
		[NVX_TECHNIQUE_PULL_OFF] = "p",
		[NVX_TECHNIQUE_SLIDE] = "/",
		[NVX_TECHNIQUE_BEND] = "b",
		[NVX_TECHNIQUE_VIBRATO] = "~",
		[NVX_TECHNIQUE_TRILL] = "tr",
		[NVX_TECHNIQUE_STACCATO] = ""};
	uint32_t n;
	const struct nvx_technique_use *use = nvx_items(score->pool, tab->techniques, &n);
	for (uint32_t i = 0; i < n; i++)
		if (use[i].type < sizeof(marks) / sizeof(marks[0]) && marks[use[i].type])
			return marks[use[i].type];
	return "";
}

static int is_dead(const struct score *score, const struct nvx_tab *tab)
{
	uint32_t n;
	const struct nvx_technique_use *use = nvx_items(score->pool, tab->techniques, &n);
	for (uint32_t i = 0; i < n; i++)
		if (use[i].type == NVX_TECHNIQUE_DEAD)
			return 1;
	return 0;
}

static void find_tab(struct sheet *sheet, uint32_t line)
{
	struct nvx_seq_iter it = nvx_seq_from(&sheet->score->list[NVX_LIST_tab], 0);
	const struct nvx_tab *tab;
	while ((tab = nvx_seq_next(&it))) {
		char fret[8];
		if (tab->e.part_id != sheet->line[line].part_id || tab->string != sheet->line[line].number)
			continue;
		(void)snprintf(fret, sizeof(fret), "%u", tab->fret);
		set_text(add_cell(sheet, line, tab->e.tick), is_dead(sheet->score, tab) ? "x" : fret,
			mark_of(sheet->score, tab));
	}
}

static void find_lyrics(struct sheet *sheet, uint32_t line)
{
	struct nvx_seq_iter it = nvx_seq_from(&sheet->score->list[NVX_LIST_lyric], 0);
	const struct nvx_lyric *lyric;
	while ((lyric = nvx_seq_next(&it))) {
		if (lyric->verse != sheet->line[line].number)
			continue;
		const int goes_on =
			lyric->syllabic == NVX_SYLLABIC_BEGIN || lyric->syllabic == NVX_SYLLABIC_MIDDLE;
		set_text(add_cell(sheet, line, lyric->e.tick), score_text(sheet->score, lyric->text),
			goes_on         ? "-"
			: lyric->extend ? "_"
					: "");
	}
}

static int compare_cells(const void *a, const void *b)
{
	const struct sheet_cell *x = a, *y = b;
	if (x->tick != y->tick)
		return x->tick < y->tick ? -1 : 1;
	return (int)x->line - (int)y->line;
}

void sheet_find_cells(struct sheet *sheet)
{
	static void (*const find[])(struct sheet *sheet, uint32_t line) = {
		[SHEET_CHORDS] = find_chords,
		[SHEET_NOTES] = find_notes,
		[SHEET_TAB] = find_tab,
		[SHEET_LYRICS] = find_lyrics,
	};
	for (uint32_t line = 0; line < sheet->n_lines; line++)
		find[sheet->line[line].kind](sheet, line);
	if (sheet->n_cells > 1)
		qsort(sheet->cell, sheet->n_cells, sizeof(*sheet->cell), compare_cells);
}
