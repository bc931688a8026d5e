/* SPDX-License-Identifier: MIT */
/** MusicXML's kinds of chords and how they stand in a symbol. */
#ifndef MUSICXML_KINDS_H
#define MUSICXML_KINDS_H

struct mx_kind {
	const char *value;  /**< "minor-seventh" */
	const char *suffix; /**< "m7"; NULL: no chord that a symbol has */
};
#define MX_N_KINDS 33u
extern const struct mx_kind mx_kinds[MX_N_KINDS];

#endif
