/* SPDX-License-Identifier: MIT */
/**
 * Reading NVX1: what its files share. The text has passed json_check(); each function reads one thing that
 * stands at r->pull into the draft, notes what is wrong with it, and consumes it whatever it is.
 */
#ifndef NVX1_READ_H
#define NVX1_READ_H

#include <score/draft.h>
#include <score/nvx_tables.h>

#include "../model/ticks.h"
#include "json_pull.h"

#define NVX_MAX_FILE (64u << 20)
#define NVX_MAX_UMF (128u << 20)
#define NVX_MAX_TIMELINE (256u << 20)
#define NVX_MAX_EXTRA (256u << 10)
#define NVX_MAX_EXTRAS (16u << 20)
#define NVX_MAX_AUDIO (16u << 20)
#define NVX_MAX_LIST 65536u

/** A member that is kept as text. */
struct nvx_kept {
	const uint8_t *value;
	struct json_text key;
	uint32_t path, path_len; /**< in reader.paths; 0, 0: the key itself */
};

/** What metadata says of the beginning; the maps say it too. */
struct nvx_beginning {
	struct nvx_key key;
	int64_t bpm_1e6;
	uint16_t num, den;
	uint8_t has_key, has_bpm, has_meter;
	struct nvx_issue_at {
		char pointer[64];
	} key_at, bpm_at, meter_at;
};

struct nvx_reader {
	struct json_pull pull;
	const uint8_t *begin;
	struct nvx_draft *draft;
	struct score_report *report;
	const struct score_alloc *alloc;
	unsigned major;           /**< of the document's NVX1 version */
	uint8_t newer;            /**< of a later minor: what we don't know is no surprise */
	uint8_t has_within;       /**< measures hold what belongs to parts and layers */
	unsigned owner_depth;     /**< of the object that keeps what is unknown */
	size_t owner_raw;         /**< bytes that it keeps, as they stand */
	struct score_bytes text;  /**< scratch: the string that is being read */
	struct score_bytes extra; /**< scratch: what is kept */
	struct score_bytes paths; /**< of members that their owner keeps for a small object */
	struct nvx_kept *kept;
	size_t n_kept, cap_kept;
	size_t extra_bytes; /**< kept so far, of the whole score */
	struct nvx_beginning beginning;
	struct score_bytes foreign_layers;
	uint32_t layers_seen;
	uint32_t error_at[SCORE_MAX_ISSUES]; /**< offsets, to put errors in order */
};

void nvx_reader_init(struct nvx_reader *r, const uint8_t *begin, struct nvx_draft *draft);
void nvx_reader_finish(struct nvx_reader *r);

/** Note an error or a warning about the value that stands here. */
[[gnu::format(printf, 3, 4)]] void nvx_fault(struct nvx_reader *r, const char *code, const char *fmt, ...);
[[gnu::format(printf, 3, 4)]] void nvx_notice(struct nvx_reader *r, const char *code, const char *fmt, ...);
/** The same for a member of the object that begins at `object` and was just read; "" is the object itself. */
[[gnu::format(printf, 5, 6)]] void nvx_fault_in(struct nvx_reader *r, const char *code, const uint8_t *object,
	const char *member, const char *fmt, ...);
/** 1: a value of this kind stands here; else it is noted and skipped. */
int nvx_expect(struct nvx_reader *r, enum json_kind kind);
/** Next member or element, unless reading has ended. */
int nvx_more(struct nvx_reader *r);

/* Values (read_value.c). They consume; on a fault the field stays as it is. */

/** A string's bytes in r->text. @return 0; -EINVAL noted. */
int nvx_read_text(struct nvx_reader *r, size_t min, size_t max);
nvx_str nvx_read_string(struct nvx_reader *r, const struct nvx_field *field);
/** @return 0; -EINVAL noted. */
int nvx_read_integer(struct nvx_reader *r, int64_t min, int64_t max, int64_t *ret);
int nvx_read_decimal(struct nvx_reader *r, const struct nvx_field *field, int64_t *ret);
/** @return index; -EINVAL noted. */
int nvx_read_word(struct nvx_reader *r, const struct nvx_words *words);
nvx_id nvx_read_id(struct nvx_reader *r);
int nvx_read_key(struct nvx_reader *r, struct nvx_key *ret);
nvx_list nvx_read_base64(struct nvx_reader *r, size_t max);

/* Objects by their tables (read_object.c). */

/** Members that no table has. @return 1: it was one of them, and is consumed. */
typedef int nvx_member_fn(struct nvx_reader *r, void *ctx, struct json_text key);
/** The object that stands here into `item`, which has its defaults. @param more  May be NULL. */
void nvx_read_object(
	struct nvx_reader *r, const struct nvx_table *table, void *item, nvx_member_fn *more, void *ctx);
/** Members of an object that has no table: `more` reads them, unknown ones go to `extra` (and "extensions"
 * too). */
void nvx_read_members(
	struct nvx_reader *r, nvx_str *extra, nvx_str *extensions, nvx_member_fn *more, void *ctx);
/** Rules between the members of one object, after it was read (read_rules.c). */
void nvx_check_rules(struct nvx_reader *r, const struct nvx_table *table, void *item, const uint8_t *object,
	uint64_t seen);

/* What is unknown is kept (read_extra.c). */

/** Remember the member that stands here, and skip it. */
void nvx_keep(struct nvx_reader *r);
/** The same with "extensions", whose namespaces are checked. */
void nvx_keep_extensions(struct nvx_reader *r);
/** Move members with these names behind the others. @return where they begin. */
size_t nvx_kept_part(struct nvx_reader *r, size_t first, const struct nvx_words *words);
/** The text of what was kept since there were `first`: `words` first, sorted, extensions last; forgets it. */
nvx_str nvx_kept_text(struct nvx_reader *r, size_t first, const struct nvx_words *words);

/* The document (read_document.c). */
void nvx_read_document(struct nvx_reader *r);
void nvx_read_umf(struct nvx_reader *r);
void nvx_read_layers(struct nvx_reader *r);
/** The object that stands here as a part with its notes. */
void nvx_read_one_part(struct nvx_reader *r);
/** An object of nothing but members that are kept. */
void nvx_read_kept(struct nvx_reader *r, nvx_str *ret);
/** An array of layers that are not of the nine, into the draft. */
void nvx_read_foreign_layers(struct nvx_reader *r);

/** The step that ended: 0, or -EINVAL with its errors in order. */
int nvx_step_done(struct nvx_reader *r);

/* Keys (key.c). */

/** `F# minor`, "none", and the loose forms. @return 0; 1: a loose form; -EINVAL. */
int nvx_key_parse(const char *text, size_t len, struct nvx_key *ret);
/** @return its length. */
size_t nvx_key_format(int step, int alter, unsigned mode, char buf[static 24]);

/** `major.minor.patch`, or two numbers. @return 0, -EINVAL. */
int nvx_version_parse(const char *text, size_t len, unsigned version[static 3]);

#endif
