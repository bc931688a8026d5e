/* SPDX-License-Identifier: MIT */
#include "sfz_note.h"

#include <stdio.h>
#include <string.h>

void sfz_notes_at(struct sfz_notes *n, const struct sfz_place *place)
{
	size_t size = strnlen(place->file, sizeof(n->file) - 1);

	memcpy(n->file, place->file, size);
	n->file[size] = '\0';
	n->line = place->line;
}

/* Bytes of the character at `at`; 0: it is none. */
static size_t utf8_size(const unsigned char *at)
{
	size_t n = at[0] < 0x80                    ? 1
		   : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
		   : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
		   : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
						   : 0;

	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
		(at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return n;
}

void sfz_clean_text(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at;) {
		size_t n = utf8_size(at);

		if (n == 0 || *at < ' ' || *at == 0x7f) {
			*at = '?';
			n = 1;
		}
		at += n;
	}
}

static void note_once(struct sfz_notes *n, const char *key, const char *message)
{
	struct load_report *r = n->report;

	if (!r || sfz_known_add(n->seen, key) != 1)
		return;
	if (r->n_notes < LOAD_NOTES) {
		char *to = r->note[r->n_notes];

		if (snprintf(to, sizeof(r->note[0]), "%s:%u: %s", n->file, n->line, message) <
			0) /* a long one is cut */
			to[0] = '\0';
		sfz_clean_text(to);
	}
	r->n_notes++;
}

void sfz_note(struct sfz_notes *n, const char *message)
{
	note_once(n, message, message);
}

void sfz_note_here(struct sfz_notes *n, const char *message)
{
	char key[256];

	(void)snprintf(key, sizeof(key), "%s:%u:%.150s", n->file, n->line, message);
	note_once(n, key, message);
}

void sfz_note_unknown(struct sfz_notes *n, const char *name)
{
	char message[SFZ_NAME_MAX + 32];

	if (n->report)
		n->report->n_unknown++;
	(void)snprintf(message, sizeof(message), "opcode %.100s is not known", name);
	sfz_note(n, message);
}
