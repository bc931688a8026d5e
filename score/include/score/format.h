/* SPDX-License-Identifier: MIT */
/**
 * Every format in and out (FMT-01..11): one way from bytes to a score, one from a score to bytes. Content
 * decides what a file is, not its name. Each importer is a pure function from bytes to a draft and a list of
 * warnings; each exporter one from a score to bytes and a list of what the format could not hold.
 */
#ifndef SCORE_FORMAT_H
#define SCORE_FORMAT_H

#include <score/bytes.h>
#include <score/score.h>

/** X(constant, name, importer, exporter or NULL, usual suffix, what people call it) */
#define SCORE_FORMATS(X)                                                                                     \
	X(SMF, "midi", smf_import, smf_export, ".mid", "Standard MIDI File")                                 \
	X(CLIP, "midi2", clip_import, clip_export, ".midi2", "MIDI 2.0 clip file")                           \
	X(NVX1, "nvx1", nvx_read, nvx1_export, ".nvx1", "NVX1")                                              \
	X(UMF, "umf", nvx_read, umf_export, ".umf", "Universal Music Format")                                \
	X(MUSICXML, "musicxml", musicxml_import, musicxml_export, ".musicxml", "MusicXML")                   \
	X(MXL, "mxl", mxl_import, mxl_export, ".mxl", "compressed MusicXML")                                 \
	X(ABC, "abc", abc_import, abc_export, ".abc", "ABC")                                                 \
	X(GP, "gp5", gp_import, NULL, ".gp5", "Guitar Pro 3 to 5")                                           \
	X(GPX, "gpx", gpx_import, NULL, ".gpx", "Guitar Pro 6")                                              \
	X(GP7, "gp", gp7_import, NULL, ".gp", "Guitar Pro 7 and 8")                                          \
	X(TIMELINE, "timeline", htl_import, htl_export, ".hermes.json", "Hermes timeline")                   \
	X(IREAL, "ireal", ireal_import, NULL, ".irealb", "iReal Pro")                                        \
	X(TEXT, "text", NULL, text_export, ".txt", "lead sheet")

#define X(constant, name, import, export, suffix, title) SCORE_FORMAT_##constant,
enum score_format { SCORE_FORMATS(X) SCORE_N_FORMATS };
#undef X

/** @return enum score_format; -EINVAL with the report saying what was seen. */
int score_format_detect(const uint8_t *bytes, size_t size, struct score_report *report);
const char *score_format_name(enum score_format format);  /**< "musicxml" */
const char *score_format_title(enum score_format format); /**< "MusicXML" */
const char *score_format_suffix(enum score_format format);
/** By name or suffix, with or without dot: "mid", ".mxl", "abc". @return -EINVAL. */
int score_format_parse(const char *text);

struct score_import {
	const struct score_alloc *alloc;
	const char *name; /**< for a document without a title: the file's name without suffix; may be NULL */
	uint32_t index;   /**< which tune of a book, from 0 */
	size_t at;        /**< or where it begins, as score_next() said; 0: by the index */
	struct score_lines
		*lines; /**< one for all of a book; NULL: each score counts lines from the beginning */
	const atomic_bool *cancel; /**< may be NULL */
	bool *ret_has_tempo;       /**< may be NULL; false: nothing states a tempo, and 120 stands for none */
};

/** How many scores the bytes hold: tunes of an ABC book, songs of an iReal playlist; else 1. */
uint32_t score_count(const uint8_t *bytes, size_t size);
/**
 * Where the next score begins, at or after byte `from`; `size`: none does. For whoever wants all of a book in
 * one pass: for (size_t at = 0; (at = score_next(b, n, at)) < n; at++), with score_import.at and .lines.
 */
size_t score_next(const uint8_t *bytes, size_t size, size_t from);

/**
 * Detect, import, check.
 * @param report      Zeroed by the caller; warnings stay valid on success.
 * @param ret_format  May be NULL.
 * @return 0 and a reference; -EINVAL, the report says why; -ENOMEM, -E2BIG, -ECANCELED.
 */
int score_import(const uint8_t *bytes, size_t size, const struct score_import *import,
	struct score_report *report, struct score **ret, enum score_format *ret_format);

/** @return 0; -ENOTSUP nothing writes this format; -ENOMEM; -EINVAL it cannot hold this score at all
 * (report). */
int score_export(const struct score *score, enum score_format format, struct score_bytes *out,
	struct score_report *report);

/*
 * The importers and exporters themselves; what they cannot express they keep as text and warn (FMT-10 names
 * the codes: IMPORT_PARSE_001, IMPORT_PART_MISSING_002, IMPORT_TECHNIQUE_DROPPED_003,
 * EXPORT_PART_FLATTENED_010, EXPORT_TECHNIQUE_LOSS_011). Errors of places: "byte N", "line L, column C",
 * "part 2, measure 7".
 * @return 0; -EINVAL refused (report); draft->error.
 */
int smf_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int clip_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int musicxml_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int mxl_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
/** @param index  Which tune, from 0. */
int abc_import_tune(const uint8_t *bytes, size_t size, uint32_t index, struct nvx_draft *draft);
int abc_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft); /**< the first tune */
uint32_t abc_count(const uint8_t *bytes, size_t size);
int gp_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int gpx_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int gp7_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
int htl_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft);

int smf_export(const struct score *score, struct score_bytes *out, struct score_report *report);
int clip_export(const struct score *score, struct score_bytes *out, struct score_report *report);
int nvx1_export(
	const struct score *score, struct score_bytes *out, struct score_report *report); /**< pretty */
int umf_export(
	const struct score *score, struct score_bytes *out, struct score_report *report); /**< pretty */
int musicxml_export(const struct score *score, struct score_bytes *out, struct score_report *report);
int mxl_export(const struct score *score, struct score_bytes *out, struct score_report *report);
int text_export(
	const struct score *score, struct score_bytes *out, struct score_report *report); /**< for people */
int abc_export(const struct score *score, struct score_bytes *out, struct score_report *report);
int htl_export(const struct score *score, struct score_bytes *out, struct score_report *report);

#endif
