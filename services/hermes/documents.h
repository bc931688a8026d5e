/* SPDX-License-Identifier: MIT */
/**
 * All scores: the store, those of them that are open, and the one that is loaded. Thread: the documents'
 * worker alone, but for start and stop.
 */
#ifndef HERMES_DOCUMENTS_H
#define HERMES_DOCUMENTS_H

#include "document.h"

#define DOCUMENTS_OPEN_MAX 8u

struct documents {
	struct store *store; /**< owned */
	struct document *open[DOCUMENTS_OPEN_MAX];
	struct document *loaded;     /**< one of them; NULL: none */
	uint64_t clock;              /**< counts uses */
	struct store_backup *backup; /**< one at a time; NULL: none runs */
};

/** @param path  NULL: in the state directory. Logs why it failed. @return 0; -EBUSY another process has it;
 * -errno. */
int documents_start(struct documents *documents, const char *path);
/** Zeroed ones are fine. */
void documents_stop(struct documents *documents);

/** Wall clock, for what is stored. */
int64_t documents_now_ms(void);

/**
 * The score of this id, opened if need be; "" the one that is loaded. Good until the next call.
 * @return 0; -errno with `failure` filled.
 */
int documents_get(
	struct documents *documents, const char *score_id, struct document **ret, struct failure *failure);
/**
 * Put what was imported into the store; a score of equal content that is there already is taken instead
 * (HER-15).
 * @param load     1: it is noted as the one that is loaded.
 * @param ret_new  0: it was there.
 */
int documents_add(struct documents *documents, struct imported *imported, int load, struct document **ret,
	int *ret_new, struct failure *failure);
/** Note in the store what is loaded. */
int documents_note_loaded(struct documents *documents, const char *score_id, struct failure *failure);
int documents_delete(struct documents *documents, const char *score_id, struct failure *failure);

/** What may wait. @return 1: there is more. */
int documents_tidy(struct documents *documents);

#endif
