/* SPDX-License-Identifier: MIT */
#include "leadsheet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <score/format.h>

/** One bar as columns: cells that share a tick stand under one another. */
struct bar {
	const struct sheet_cell *first;
	size_t n_cells;
	uint16_t width[SHEET_MAX_COLUMNS];
	uint32_t n_columns;
	uint32_t total; /**< characters between the bar lines */
	char left[3], right[8];
};

#define MIN_BAR 6u

static void lay_out(const struct sheet *sheet, const struct nvx_measure *measure, size_t *at, struct bar *bar)
{
	const int64_t end = measure->tick + measure->duration_ticks;
	bar->first = sheet->cell + *at;
	bar->n_cells = 0;
	bar->n_columns = 0;
	bar->total = 1;
	int64_t tick = -1;
	while (*at < sheet->n_cells && sheet->cell[*at].tick < end) {
		const struct sheet_cell *cell = &sheet->cell[*at];
		if (cell->tick != tick) {
			if (bar->n_columns == SHEET_MAX_COLUMNS)
				break;
			bar->width[bar->n_columns++] = 0;
			tick = cell->tick;
		}
		const uint32_t width = sheet_text_width(cell->text) + 1;
		uint16_t *column = &bar->width[bar->n_columns - 1];
		if (width > *column)
			*column = (uint16_t)width;
		bar->n_cells++;
		++*at;
	}
	while (*at < sheet->n_cells && sheet->cell[*at].tick < end)
		++*at; /* beyond SHEET_MAX_COLUMNS */
	for (uint32_t i = 0; i < bar->n_columns; i++)
		bar->total += bar->width[i];
	if (bar->total < MIN_BAR)
		bar->total = MIN_BAR;
}

/** Repeats are drawn where they begin and end. */
static void find_signs(const struct nvx_measure *measure, struct bar *bar)
{
	(void)strcpy(bar->left, measure->repeat_start ? "|:" : "|");
	(void)strcpy(bar->right,
		measure->repeat_end                                                               ? ":|"
		: measure->barline == NVX_BARLINE_DOUBLE || measure->barline == NVX_BARLINE_FINAL ? "||"
												  : "|");
}

static void put_spaces(struct score_bytes *out, uint32_t n, char fill)
{
	while (n-- > 0)
		score_bytes_u8(out, (uint8_t)fill);
}

static void write_bar_line(const struct bar *bar, uint32_t line, char fill, struct score_bytes *out)
{
	uint32_t left = bar->total - 1;
	int64_t tick = -1;
	uint32_t column = 0, begin = 0; /* of the column that the cell stands in */
	uint32_t written = 0;
	put_spaces(out, 1, fill);
	for (size_t i = 0; i < bar->n_cells; i++) {
		const struct sheet_cell *cell = &bar->first[i];
		if (cell->tick != tick) {
			if (tick != -1)
				begin += bar->width[column++];
			tick = cell->tick;
		}
		if (cell->line != line || begin < written)
			continue;
		put_spaces(out, begin - written, fill);
		score_bytes_puts(out, cell->text);
		written = begin + sheet_text_width(cell->text);
	}
	put_spaces(out, left > written ? left - written : 0, fill);
}

static uint32_t name_width(const struct sheet *sheet)
{
	uint32_t width = 0;
	for (uint32_t i = 0; i < sheet->n_lines; i++) {
		const uint32_t n = sheet_text_width(sheet->line[i].name);
		if (n > width)
			width = n;
	}
	return width;
}

static void write_system(
	const struct sheet *sheet, const struct bar *bar, uint32_t n, struct score_bytes *out)
{
	const uint32_t indent = name_width(sheet);
	for (uint32_t line = 0; line < sheet->n_lines; line++) {
		const struct sheet_line *l = &sheet->line[line];
		const int is_staff = l->kind == SHEET_CHORDS || l->kind == SHEET_TAB;
		const size_t begin = out->n;
		score_bytes_puts(out, l->name);
		put_spaces(out, indent - sheet_text_width(l->name), ' ');
		for (uint32_t i = 0; i < n; i++) {
			/* Bar lines run through chords and strings; words and notes stand free. */
			const uint32_t left = (uint32_t)strlen(bar[i].left);
			const int joins = i > 0 && bar[i - 1].right[0];
			if (!joins || left > 1) {
				if (is_staff)
					score_bytes_puts(out, bar[i].left + (joins && left > 1 ? 1 : 0));
				else
					put_spaces(out, left - (joins && left > 1), ' ');
			}
			write_bar_line(&bar[i], line, l->kind == SHEET_TAB ? '-' : ' ', out);
			if (is_staff)
				score_bytes_puts(out, bar[i].right);
			else
				put_spaces(out, (uint32_t)strlen(bar[i].right), ' ');
		}
		while (out->error == 0 && out->n > begin && out->data[out->n - 1] == ' ')
			out->n--;
		score_bytes_u8(out, '\n');
	}
	score_bytes_u8(out, '\n');
}

/** What stands above a line of bars: section, ending, jump. */
static void write_marks(const struct sheet *sheet, uint32_t first, uint32_t n, struct score_bytes *out)
{
	static const char *const jumps[] = {[NVX_JUMP_DACAPO] = "D.C.",
		[NVX_JUMP_DALSEGNO] = "D.S.",
		[NVX_JUMP_TO_CODA] = "To Coda",
		[NVX_JUMP_FINE] = "Fine",
		[NVX_JUMP_SEGNO] = "Segno",
		[NVX_JUMP_CODA] = "Coda"};
	const struct score *score = sheet->score;
	char name[32];
	score_measure_name(score, first, name, sizeof(name));
	score_bytes_printf(out, "%s", name);
	for (uint32_t i = first; i < first + n; i++) {
		const struct nvx_measure *measure = score_measure(score, i);
		uint32_t n_endings;
		const uint8_t *ending = nvx_items(score->pool, measure->ending_numbers, &n_endings);
		score_measure_name(score, i, name, sizeof(name));
		for (uint32_t k = 0; k < n_endings; k++)
			score_bytes_printf(
				out, "%s%u%s", k ? "," : "  [", ending[k], k + 1 == n_endings ? ".]" : "");
		if (measure->jump)
			score_bytes_printf(out, "  (%s: bar %s)", jumps[measure->jump], name);
		if (measure->repeat_end > 2)
			score_bytes_printf(out, "  (bar %s: %u times)", name, measure->repeat_end);
	}
	score_bytes_u8(out, '\n');
}

/** The label of a section that begins in this measure; NULL: none. */
static const char *section_at(const struct score *score, const struct nvx_measure *measure)
{
	const struct nvx_seq *forms = &score->list[NVX_LIST_form];
	for (uint32_t i = nvx_seq_find(forms, measure->tick); i < forms->n; i++) {
		const struct nvx_form_element *form = nvx_seq_at(forms, i);
		if (form->e.tick >= measure->tick + measure->duration_ticks)
			return NULL;
		if (form->level == 0)
			return score_text(score, form->label);
	}
	return NULL;
}

static void write_sheet(struct sheet *sheet, struct score_bytes *out)
{
	enum { MAX_BARS = 16 };
	struct bar *bar = malloc(MAX_BARS * sizeof(*bar));
	const uint32_t n_measures = score_n_measure(sheet->score), indent = name_width(sheet);
	size_t at = 0;
	if (!bar) {
		out->error = sheet->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < n_measures && out->error == 0;) {
		uint32_t n = 0, width = indent + 1;
		const char *section = section_at(sheet->score, score_measure(sheet->score, i));
		while (i + n < n_measures && n < MAX_BARS) {
			const struct nvx_measure *measure = score_measure(sheet->score, i + n);
			const size_t begin = at;
			if (n > 0 && section_at(sheet->score, measure))
				break;
			lay_out(sheet, measure, &at, &bar[n]);
			find_signs(measure, &bar[n]);
			width += bar[n].total + 2;
			if (n > 0 && width > SHEET_WIDTH) {
				at = begin;
				break;
			}
			n++;
			if (measure->line_break)
				break;
		}
		if (section)
			score_bytes_printf(out, "[%s]\n", section);
		write_marks(sheet, i, n, out);
		write_system(sheet, bar, n, out);
		i += n;
	}
	free(bar);
}

int text_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	struct sheet sheet = {.score = score};
	const size_t before = out->n;
	(void)report;
	sheet_find_lines(&sheet);
	sheet_find_cells(&sheet);
	sheet_write_head(score, out);
	if (sheet.n_lines > 0)
		write_sheet(&sheet, out);
	free(sheet.cell);
	const int rc = sheet.error < 0 ? sheet.error : out->error;
	if (rc < 0)
		out->n = before;
	return rc;
}
