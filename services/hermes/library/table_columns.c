/* SPDX-License-Identifier: MIT */
/* Which table it is, by its first line, and what its columns mean. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table_impl.h"

/** Names that tables in the wild use, the better ones first: of several in one table the first counts. */
static const struct {
	const char *name;
	enum column column;
} names[] = {
	{"title", COLUMN_TITLE},
	{"song", COLUMN_TITLE},
	{"name", COLUMN_TITLE},
	{"track", COLUMN_TITLE},
	{"track_name", COLUMN_TITLE},
	{"song_name", COLUMN_TITLE},
	{"artist", COLUMN_ARTIST},
	{"artist_name", COLUMN_ARTIST},
	{"artist_id", COLUMN_ARTIST},
	{"album", COLUMN_ALBUM},
	{"genres", COLUMN_GENRE},
	{"genre", COLUMN_GENRE},
	{"main_genre", COLUMN_GENRE},
	{"year", COLUMN_YEAR},
	{"release_date", COLUMN_YEAR},
	{"decade", COLUMN_YEAR},
	{"key", COLUMN_KEY},
	{"tonality", COLUMN_KEY},
	{"tempo", COLUMN_TEMPO},
	{"bpm", COLUMN_TEMPO},
	{"id", COLUMN_ID},
	{"song_id", COLUMN_ID},
	{"spotify_song_id", COLUMN_ID},
	{"chords", COLUMN_CHORDS},
	{"numerals", COLUMN_NUMERALS},
	{"roman", COLUMN_NUMERALS},
	{"roman_numerals", COLUMN_NUMERALS},
	{"chord", COLUMN_STAT_CHORD},
	{"from", COLUMN_STAT_CHORD},
	{"symbol", COLUMN_STAT_CHORD},
	{"numeral", COLUMN_STAT_CHORD},
	{"next", COLUMN_STAT_NEXT},
	{"next_chord", COLUMN_STAT_NEXT},
	{"to", COLUMN_STAT_NEXT},
	{"count", COLUMN_STAT_COUNT},
	{"n", COLUMN_STAT_COUNT},
	{"frequency", COLUMN_STAT_COUNT},
	{"occurrences", COLUMN_STAT_COUNT},
	{"total", COLUMN_STAT_COUNT},
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

/** The slots of the chord cubes, in their order: major, applied, minor, other. */
static const char *const slots[TABLE_SLOTS] = {"I", "ii", "iii", "IV", "V", "vi", "vii\u00f8", "I7",
	"iii\u00f8", "II(7)", "#iv\u00f8", "III(7)", "#v\u00ba", "VI(7)", "#i\u00ba", "VII(7)", "#ii\u00ba",
	"i", "ii\u00f8", "bIII", "iv", "v", "bVI", "bVII", "V(b9)", "vii\u00ba", "Other"};

/** "II(7)" -> "II7", "vii\u00f8" -> "viih": as they are written, to one spelling. */
static void plain_slot(const char *text, char *to, size_t size)
{
	static const struct {
		const char *from, *to;
	} spelled[] = {{"\u00f8", "h"}, {"\u00d8", "h"}, {"\u00ba", "d"}, {"\u00b0", "d"}, {"\u266d", "b"},
		{"\u266f", "#"}, {"dim", "d"}, {"o", "d"}, {"(", ""}, {")", ""}, {" ", ""}, {"_", ""}};
	size_t n = 0;
	while (*text && n + 2 < size) {
		unsigned i = 0;
		while (i < sizeof(spelled) / sizeof(spelled[0]) &&
			strncmp(text, spelled[i].from, strlen(spelled[i].from)) != 0)
			i++;
		if (i == sizeof(spelled) / sizeof(spelled[0])) {
			to[n++] = *text++;
			continue;
		}
		text += strlen(spelled[i].from);
		if (*spelled[i].to)
			to[n++] = *spelled[i].to;
	}
	to[n] = '\0';
}

/** @return 0 ..; -1 none. "slot_1" .. "slot_27" are theirs by number. */
static int slot_named(const char *text)
{
	char plain[32], slot[32], *end;
	if (strcasecmp(text, "other") == 0)
		return TABLE_SLOTS - 1;
	if (strncasecmp(text, "slot", 4) == 0) {
		text += 4 + (text[4] == '_' || text[4] == ' ');
		const unsigned long number = strtoul(text, &end, 10);
		return end != text && !*end && number >= 1 && number <= TABLE_SLOTS ? (int)number - 1 : -1;
	}
	plain_slot(text, plain, sizeof(plain));
	for (unsigned i = 0; i < TABLE_SLOTS; i++) {
		plain_slot(slots[i], slot, sizeof(slot));
		if (strcmp(plain, slot) == 0)
			return (int)i;
	}
	return -1;
}

/** @return how many of the slots there are. */
static unsigned find_slots(struct table_import *import, unsigned *ret_missing)
{
	unsigned n = 0;
	for (unsigned i = 0; i < TABLE_SLOTS; i++)
		import->slot_of[i] = -1;
	for (uint32_t cell = import->record.n; cell-- > 0;) {
		const int slot = slot_named(import->record.cell[cell]);
		if (slot >= 0)
			import->slot_of[slot] = (int)cell;
	}
	for (unsigned i = TABLE_SLOTS; i-- > 0;)
		if (import->slot_of[i] >= 0)
			n++;
		else
			*ret_missing = i;
	return n;
}

static int has(const struct table_import *import, enum column column)
{
	return import->cell_of[column] >= 0;
}

int table_find_columns(struct table_import *import)
{
	unsigned missing = 0;
	for (unsigned c = 0; c < N_COLUMNS; c++)
		import->cell_of[c] = -1;
	for (unsigned i = N_NAMES; i-- > 0;)
		for (uint32_t cell = import->record.n; cell-- > 0;)
			if (strcasecmp(import->record.cell[cell], names[i].name) == 0)
				import->cell_of[names[i].column] = (int)cell;
	for (uint32_t cell = 0; cell < import->record.n; cell++) {
		import->head[cell] = strdup(import->record.cell[cell]);
		if (!import->head[cell])
			return library_fail(import->lib, -ENOMEM, "out of memory");
	}
	const unsigned n_slots = find_slots(import, &missing);
	import->what = TABLE_OF_SONGS;
	if (has(import, COLUMN_CHORDS) || has(import, COLUMN_NUMERALS))
		return 0;
	import->what = TABLE_OF_SLOTS;
	if (n_slots == TABLE_SLOTS)
		return 0;
	import->what = TABLE_OF_STATISTICS;
	if (has(import, COLUMN_STAT_CHORD) && has(import, COLUMN_STAT_COUNT))
		return 0;
	if (n_slots > TABLE_SLOTS / 2)
		return library_fail(import->lib, -EINVAL,
			"line 1: a table of %u slots has no column of the slot %u, \"%s\"", TABLE_SLOTS,
			missing + 1, slots[missing]);
	return library_fail(import->lib, -EINVAL,
		"no table of songs: its first line names no column \"chords\" or \"numerals\", nor the %u "
		"slots of"
		" the chord cubes, nor \"chord\" and \"count\"",
		TABLE_SLOTS);
}

const char *table_cell(const struct table_import *import, enum column column)
{
	if (import->kind == RECORD_JSON) {
		for (unsigned i = 0; i < N_NAMES; i++) {
			const char *text = names[i].column == column
						   ? record_member(&import->record, names[i].name)
						   : NULL;
			if (text)
				return text;
		}
		return "";
	}
	const int at = import->cell_of[column];
	return at >= 0 && (uint32_t)at < import->record.n ? import->record.cell[at] : "";
}

void table_note(struct table_import *import, int cell, const char *fmt, ...)
{
	struct table_progress *p = &import->progress;
	va_list args;
	int n;
	if (p->n_notes++ > 0)
		return;
	if (import->kind != RECORD_JSON && cell >= 0 && import->head[cell])
		n = snprintf(p->note, sizeof(p->note),
			"line %llu, column %d (%.40s): ", (unsigned long long)import->line, cell + 1,
			import->head[cell]);
	else
		n = snprintf(p->note, sizeof(p->note), "line %llu: ", (unsigned long long)import->line);
	va_start(args, fmt);
	(void)vsnprintf(p->note + n, sizeof(p->note) - (size_t)n, fmt, args);
	va_end(args);
}

void table_note_column(struct table_import *import, enum column column, const char *what)
{
	table_note(import, import->cell_of[column], "\"%.60s\" is %s", table_cell(import, column), what);
}
