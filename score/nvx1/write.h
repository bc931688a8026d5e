/* SPDX-License-Identifier: MIT */
/** Writing NVX1: what its files share. Canonical form; errors stay in `out`. */
#ifndef NVX1_WRITE_H
#define NVX1_WRITE_H

#include <score/nvx_json.h>
#include <score/nvx_tables.h>

/** A member that the owner keeps for one of its small objects (read_extra.c). */
struct nvx_lent {
	const char *path;   /**< "/repeat/colour" */
	const char *member; /**< `"/repeat/colour":"red"`, in the owner's extra */
	uint32_t path_len, member_len;
	uint8_t given_back;
};

struct nvx_writer {
	struct score_bytes *out;
	const struct nvx_pool *pool;
	const struct score *score; /**< for metadata */
	uint8_t comma;             /**< a member stands before */
	/* The object that keeps what is unknown, and the way from it to what is being written. */
	struct nvx_lent *lent;
	size_t n_lent, cap_lent;
	char path[96];
	size_t path_len;
};

void nvx_writer_init(struct nvx_writer *w, const struct score *score, struct score_bytes *out);
void nvx_writer_finish(struct nvx_writer *w);

void nvx_put_key(struct nvx_writer *w, const char *key);
void nvx_put_text(struct nvx_writer *w, const char *key, const char *text);
void nvx_put_number(struct nvx_writer *w, const char *key, int64_t value);
/** The brackets of an object or array. */
void nvx_put_begin(struct nvx_writer *w, char bracket);
void nvx_put_end(struct nvx_writer *w, char bracket);
/** Members that were kept as text. */
void nvx_put_extra(struct nvx_writer *w, nvx_str extra);
/** An element of an array comes. */
void nvx_put_next(struct nvx_writer *w);

/** An object by its table. */
void nvx_put_object(struct nvx_writer *w, const struct nvx_table *table, const void *item);
/** With more members behind those of its table. */
typedef void nvx_more_fn(struct nvx_writer *w, const void *ctx);
void nvx_put_object_and(struct nvx_writer *w, const struct nvx_table *table, const void *item,
	nvx_more_fn *more, const void *ctx);
/** Its members only, without what is unknown. */
void nvx_put_members(struct nvx_writer *w, const struct nvx_table *table, const void *item);
void nvx_put_id(struct nvx_writer *w, nvx_id id);
void nvx_put_key_name(struct nvx_writer *w, const struct nvx_key *key);
/** A list of the score under a name. */
void nvx_put_seq(
	struct nvx_writer *w, const char *key, const struct nvx_seq *seq, const struct nvx_table *table);
/** The end of writing. @return 0, -ENOMEM with `out` as it was. */
int nvx_written(struct score_bytes *out, size_t before);
void nvx_put_part(struct nvx_writer *w, const struct score_part *part);

#endif
