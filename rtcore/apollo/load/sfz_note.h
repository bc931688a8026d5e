/* SPDX-License-Identifier: MIT */
/** What the user is told about a file: each sentence once, with its place, in text that any display takes. */
#ifndef SFZ_NOTE_H
#define SFZ_NOTE_H

#include "load.h"
#include "sfz_known.h"
#include "sfz_text.h"

struct sfz_notes {
	struct load_report *report; /**< may be NULL */
	struct sfz_known *seen;
	char file[64]; /**< where we are: a place's file is over before its last region is */
	uint32_t line;
};

void sfz_notes_at(struct sfz_notes *n, const struct sfz_place *place);
/** A file that says the same nonsense in each region is listed with the first. */
void sfz_note(struct sfz_notes *n, const char *message);
/** Likewise, but once for each place. */
void sfz_note_here(struct sfz_notes *n, const char *message);
void sfz_note_unknown(struct sfz_notes *n, const char *name);
/** Bytes that are neither printable nor whole UTF-8 become question marks. */
void sfz_clean_text(char *text);

#endif
