/* SPDX-License-Identifier: MIT */
/** What only the model needs of sequences. */
#ifndef SCORE_SEQ_PRIVATE_H
#define SCORE_SEQ_PRIVATE_H

#include <score/seq.h>

/** Item `i` and how many lie behind one another from it on: a chunk's rest. Equal pointers: shared. */
const void *nvx_seq_run(const struct nvx_seq *seq, uint32_t i, uint32_t *ret_n);
/** First index whose item is not before `key`; the items are sorted that way. */
uint32_t nvx_seq_search(
	const struct nvx_seq *seq, int (*before)(const void *item, const void *key), const void *key);

#endif
