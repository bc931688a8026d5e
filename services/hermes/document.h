/* SPDX-License-Identifier: MIT */
/**
 * A score of the store that is open: its newest snapshot, what can be undone, its timeline. A change makes a
 * new snapshot, which is compiled and committed, and only then in force; whatever fails leaves all as it was
 * (HER-07, HER-13). Thread: the documents' worker alone. Snapshots are for everybody.
 */
#ifndef HERMES_DOCUMENT_H
#define HERMES_DOCUMENT_H

#include <score/edit.h>

#include "failure.h"
#include "history.h"
#include "imported.h"
#include "store.h"
#include "timeline.h"
#include "uuid.h"

#define DOCUMENT_TITLE_BYTES 256u

struct document {
	struct store *store; /**< borrowed */
	char score_id[UUID_BYTES];
	char format[FACTS_FORMAT_BYTES];
	struct score *head; /**< a reference */
	uint64_t revision;
	struct history history;
	uint32_t n_since; /**< changes that the stored content lacks, and their bytes */
	size_t bytes_since;
	struct score_compiler *compiler;
	struct timeline timeline; /**< of `head`, once `compiled` is set */
	int compiled;
	uint64_t used; /**< when, for documents.c */
};

/** What everybody is told of a document; by value. */
struct standing {
	char score_id[UUID_BYTES];
	struct score_state state;
	uint64_t revision;
	char title[DOCUMENT_TITLE_BYTES];
	uint32_t n_measures;
	int64_t end_tick;
	int can_undo, can_redo;
};

/** A change that has happened: what subscribers are told. */
struct news {
	struct standing now;
	struct score_state base;
	struct score_bytes ops; /**< JSON: a list of operations (nvx1.md 15) */
};
void news_finish(struct news *news);

/** Read it from the store. @return 0; -errno with `failure` filled. */
int document_open(struct store *store, const char *score_id, struct document **ret, struct failure *failure);
/** Take over what was imported, which is in the store as `score_id`. @return NULL: out of memory. */
struct document *document_adopt(struct store *store, const char *score_id, struct imported *imported);
/** NULL is fine. */
void document_close(struct document *document);

struct standing document_standing(const struct document *document);

/**
 * Apply a change to the head, compile, commit.
 * @param change  Of the head; completed.
 * @param ret     Filled on 0; news_finish() it. An empty change is none: ret->ops is "[]" and nothing is
 * committed.
 * @return 0; -errno with `failure` filled.
 */
int document_change(struct document *document, struct score_change *change, enum store_kind kind,
	int64_t now_ms, struct failure *failure, struct news *ret);
/** Take back the last change, or the last undo. @param kind  STORE_UNDO, STORE_REDO. */
int document_revert(struct document *document, enum store_kind kind, int64_t now_ms, struct failure *failure,
	struct news *ret);

/** See that the timeline is the head's. @return 0; -errno with `failure` filled. */
int document_compile(struct document *document, struct failure *failure);

/** Is it time for document_tidy()? */
int document_is_untidy(const struct document *document);
/** Store the content as it is now, so that opening it is quick; give back memory that only old states need.
 */
int document_tidy(struct document *document);

/** Read it from the store without keeping it: does everything fit together? @return 0; -errno with `failure`
 * filled. */
int document_check(struct store *store, const char *score_id, struct failure *failure);

#endif
