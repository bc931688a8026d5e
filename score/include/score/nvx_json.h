/* SPDX-License-Identifier: MIT */
/**
 * NVX1 and UMF as JSON (nvx1.md 2, 3, 8, 9, 11, 12, 14): reader with pointers to every error, migration of the older
 * dialects, canonical and pretty writer, schema. All of it follows the tables in nvx1/tables.c. Pure functions.
 */
#ifndef SCORE_NVX_JSON_H
#define SCORE_NVX_JSON_H

#include <score/bytes.h>
#include <score/edit.h>

/**
 * What a JSON text is, by its top-level members: SCORE_FORMAT_NVX1, _UMF or _TIMELINE of format.h.
 * @return -EINVAL: not JSON, or nvx1.format.unknown with the members that were seen; -ENOMEM.
 */
int nvx_json_kind(const uint8_t *bytes, size_t size, struct score_report *report);
/**
 * Read NVX1 of any version or dialect, or UMF, into a draft; draft->report->dialect says which it was.
 * @return 0; -EINVAL refused, all errors of the step in which it failed are in the report (first 100); draft->error.
 */
int nvx_read(const uint8_t *bytes, size_t size, struct nvx_draft *draft);

enum nvx_style { NVX_CANONICAL, NVX_PRETTY };
/** Write. @return 0, -ENOMEM (out keeps what it had before). */
int nvx_write(const struct score *score, enum nvx_style style, struct score_bytes *out);
int nvx_write_umf(const struct score *score, enum nvx_style style, struct score_bytes *out);
/**
 * An older major, in the shape that E1 gives it: 2 has no rails, audio, learning; 1 has no order either. What is left
 * out is told as warnings.
 */
int nvx_write_version(const struct score *score, unsigned major, enum nvx_style style, struct score_bytes *out,
	struct score_report *report);
/** The JSON Schema of the current version. */
int nvx_write_schema(struct score_bytes *out);

/** "F# minor", "none": a key as nvx1.md 3 writes it. @return its length. */
size_t nvx_key_format(int step, int alter, unsigned mode, char buf[static 24]);

/* Pieces, for the API (nvx1.md 15). */

/** MeasureInfo of measure `index`, as an object. @return 0, -ENOENT, -ENOMEM. */
int nvx_write_measure(const struct score *score, uint32_t index, struct score_bytes *out);
/**
 * `hermes.measure.update`: the change that makes measure `index` what the object says; parts and layers that are
 * missing in `content` stay. @return 0; -EINVAL, pointers into `json`; -ENOENT; -ENOMEM.
 */
int nvx_read_measure(const struct score *base, uint32_t index, const char *json, size_t size,
	struct score_report *report, struct score_change *ret);
/** `hermes.part.add`: {part, layers?, afterPartId?}. Ids that are taken get new ones: told as members of `ids_out`. */
int nvx_read_part(const struct score *base, const char *json, size_t size, struct score_report *report,
	struct score_change *ret, struct score_bytes *ids_out);
/** A delta: `[{"op":"replace","path":"/parts/p1/notes/n7","value":{...}}]`; paths name objects by id. */
int nvx_write_change(const struct score *base, const struct score_change *change, struct score_bytes *out);
int nvx_read_change(const struct score *base, const char *json, size_t size, struct score_report *report,
	struct score_change *ret);

#endif
