/* SPDX-License-Identifier: MIT */
/* The dictionaries: chord symbols with what they mean, and names. */
#include "library_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *text, size_t len)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash ^ hash >> 15;
}

/** Where the text stands, or where it would go. */
static uint32_t *find_slot(const struct dictionary *dict, const char *text, size_t len, uint32_t hash)
{
	for (uint32_t i = hash & (dict->n_slots - 1);; i = (i + 1) & (dict->n_slots - 1)) {
		uint32_t *slot = &dict->slot[i];
		if (*slot == 0)
			return slot;
		const struct dictionary_entry *e = &dict->entry[*slot - 1];
		if (e->hash == hash && e->len == len && memcmp(e->text, text, len) == 0)
			return slot;
	}
}

static int rebuild_slots(struct dictionary *dict, uint32_t n_slots)
{
	uint32_t *slot = calloc(n_slots, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	free(dict->slot);
	dict->slot = slot;
	dict->n_slots = n_slots;
	for (uint32_t i = 0; i < dict->n; i++)
		*find_slot(dict, dict->entry[i].text, dict->entry[i].len, dict->entry[i].hash) = i + 1;
	return 0;
}

static int grow(struct dictionary *dict)
{
	if (dict->n == dict->cap) {
		const uint32_t cap = dict->cap ? dict->cap * 2 : 256;
		struct dictionary_entry *entry = realloc(dict->entry, cap * sizeof(*entry));
		if (!entry)
			return -ENOMEM;
		dict->entry = entry;
		dict->cap = cap;
	}
	return dict->n * 2 >= dict->n_slots ? rebuild_slots(dict, dict->n_slots ? dict->n_slots * 2 : 512)
					    : 0;
}

/** What a symbol means. A family of none with tones 0 is a no-chord, 0xff one that cannot be read. */
static void parse_symbol(struct dictionary_entry *entry)
{
	struct mos_chord chord;
	if (mos_chord_parse(entry->text, entry->len, &chord, NULL) < 0) {
		entry->family = 0xff;
		return;
	}
	entry->family = chord.family;
	entry->class = (uint8_t)mos_tone_class(chord.root);
	entry->tones = mos_chord_pitch_classes(&chord);
}

uint32_t dictionary_add(struct dictionary *dict, const char *text, size_t len, int symbols, int *ret_parsed)
{
	const uint32_t hash = hash_of(text, len);
	if (dict->n_slots == 0 && rebuild_slots(dict, 512) < 0)
		return 0;
	uint32_t *slot = find_slot(dict, text, len, hash);
	if (*slot == 0) {
		if (grow(dict) < 0)
			return 0;
		char *copy = malloc(len + 1);
		if (!copy)
			return 0;
		memcpy(copy, text, len);
		copy[len] = '\0';
		struct dictionary_entry *entry = &dict->entry[dict->n];
		*entry = (struct dictionary_entry){.text = copy, .len = (uint32_t)len, .hash = hash};
		if (symbols)
			parse_symbol(entry);
		slot = find_slot(dict, text, len, hash); /* grow() may have moved them */
		*slot = ++dict->n;
	}
	if (ret_parsed)
		*ret_parsed = dict->entry[*slot - 1].family != 0xff;
	return *slot;
}

int dictionary_load(struct library *lib, struct dictionary *dict, int symbols)
{
	char text[64];
	sqlite3_stmt *stmt;
	(void)snprintf(
		text, sizeof(text), "SELECT id,text FROM %s WHERE id>%u ORDER BY id", dict->table, dict->n);
	if (sqlite3_prepare_v2(lib->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, "the library cannot be read");
	int rc = 0;
	while (rc == 0 && sqlite3_step(stmt) == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(stmt, 1);
		const uint32_t id = dictionary_add(
			dict, value ? value : "", (size_t)sqlite3_column_bytes(stmt, 1), symbols, NULL);
		if (id == 0)
			rc = library_fail(lib, -ENOMEM, "out of memory");
		else if (id != (uint32_t)sqlite3_column_int64(stmt, 0))
			rc = library_fail(lib, -EPROTO, "the table %s of the library has a gap or a double",
				dict->table);
	}
	sqlite3_finalize(stmt);
	dict->n_stored = dict->n;
	return rc;
}

int dictionary_store(struct library *lib, struct dictionary *dict)
{
	char text[64];
	sqlite3_stmt *stmt;
	if (dict->n_stored == dict->n)
		return 0;
	(void)snprintf(text, sizeof(text), "INSERT INTO %s VALUES(?1,?2)", dict->table);
	if (sqlite3_prepare_v2(lib->db, text, -1, &stmt, NULL) != SQLITE_OK)
		return library_fail_db(lib, "the library cannot be written");
	int rc = SQLITE_DONE;
	for (uint32_t i = dict->n_stored; i < dict->n && rc == SQLITE_DONE; i++) {
		sqlite3_bind_int64(stmt, 1, i + 1);
		sqlite3_bind_text(stmt, 2, dict->entry[i].text, (int)dict->entry[i].len, SQLITE_STATIC);
		rc = sqlite3_step(stmt);
		sqlite3_reset(stmt);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE ? 0 : library_fail_db(lib, "the library cannot be written");
}

void dictionary_rollback(struct dictionary *dict)
{
	if (dict->n_stored == dict->n)
		return;
	while (dict->n > dict->n_stored)
		free(dict->entry[--dict->n].text);
	memset(dict->slot, 0, dict->n_slots * sizeof(*dict->slot));
	for (uint32_t i = 0; i < dict->n; i++)
		*find_slot(dict, dict->entry[i].text, dict->entry[i].len, dict->entry[i].hash) = i + 1;
}

void dictionary_finish(struct dictionary *dict)
{
	for (uint32_t i = 0; i < dict->n; i++)
		free(dict->entry[i].text);
	free(dict->entry);
	free(dict->slot);
	*dict = (struct dictionary){0};
}
