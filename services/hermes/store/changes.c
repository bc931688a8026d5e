/* SPDX-License-Identifier: MIT */
/* The journal: what led from one revision to the next, and back. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "store_private.h"

/* Over all that a row says, so that neither part of it can stand for another's. */
static int hash_change(const struct store_change *c, uint8_t ret[static STORE_SHA256_BYTES])
{
	const uint64_t numbers[] = {
		c->after.revision, c->after.state.word[0], c->after.state.word[1], c->kind, c->n_forward};
	uint8_t head[sizeof(numbers)];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	for (unsigned i = 0; i < sizeof(head); i++)
		head[i] = (uint8_t)(numbers[i / 8] >> (56 - 8 * (i % 8)));
	const int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
		       EVP_DigestUpdate(ctx, head, sizeof(head)) &&
		       EVP_DigestUpdate(ctx, c->forward, c->n_forward) &&
		       EVP_DigestUpdate(ctx, c->backward, c->n_backward) &&
		       EVP_DigestFinal_ex(ctx, ret, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

int store_put_change(struct store *store, int64_t id, const struct store_change *change)
{
	uint8_t sha256[STORE_SHA256_BYTES];
	int rc = hash_change(change, sha256);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_ADD_CHANGE, &rc);

	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(s, 1, id);
	(void)sqlite3_bind_int64(s, 2, (int64_t)change->after.revision);
	(void)sqlite3_bind_int64(s, 3, change->kind);
	store_bind_state(s, 4, change->after.state);
	store_bind_bytes(s, 5, sha256, sizeof(sha256));
	store_bind_bytes(s, 6, change->forward, change->n_forward);
	store_bind_bytes(s, 7, change->backward, change->n_backward);
	return store_run(store, s, "writing the change");
}

static int take_change(struct store *store, sqlite3_stmt *s, struct store_change *ret)
{
	uint8_t sha256[STORE_SHA256_BYTES];
	const int kind = sqlite3_column_int(s, 1);

	*ret = (struct store_change){
		.after.revision = (uint64_t)sqlite3_column_int64(s, 0),
		.kind = (enum store_kind)kind,
		.forward = sqlite3_column_blob(s, 4),
		.backward = sqlite3_column_blob(s, 5),
		.n_forward = (size_t)sqlite3_column_bytes(s, 4),
		.n_backward = (size_t)sqlite3_column_bytes(s, 5),
	};
	int rc = kind < STORE_EDIT || kind > STORE_REDO ? -EBADMSG
							: store_column_state(s, 2, &ret->after.state);
	if (rc == 0)
		rc = hash_change(ret, sha256);
	if (rc == 0 && (sqlite3_column_bytes(s, 3) != STORE_SHA256_BYTES ||
			       memcmp(sqlite3_column_blob(s, 3), sha256, sizeof(sha256)) != 0))
		rc = -EBADMSG;
	return rc == -EBADMSG
		       ? store_refuse(store, rc, "the change to revision %llu does not fit its checksum",
				 (unsigned long long)ret->after.revision)
		       : rc;
}

static int each_from(struct store *store, const char *score_id, uint64_t first, uint64_t last,
	int (*each)(void *data, const struct store_change *change), void *data, int *ret_found)
{
	struct store_change change;
	struct store_point head;
	int64_t id;
	int step = SQLITE_DONE, rc = store_lookup(store, score_id, &id, &head, NULL);
	sqlite3_stmt *s = rc < 0 ? NULL : store_statement(store, STORE_GET_CHANGES, &rc);

	*ret_found = 0;
	if (rc < 0)
		return rc;
	(void)sqlite3_bind_int64(s, 1, id);
	(void)sqlite3_bind_int64(s, 2, first > INT64_MAX ? INT64_MAX : (int64_t)first);
	while (rc == 0 && (step = sqlite3_step(s)) == SQLITE_ROW) {
		if ((uint64_t)sqlite3_column_int64(s, 0) > last) {
			step = SQLITE_DONE;
			break;
		}
		rc = take_change(store, s, &change);
		if (rc == 0)
			rc = each(data, &change);
		*ret_found = 1;
	}
	if (rc == 0 && step != SQLITE_DONE)
		rc = store_fail(store, step, "reading changes");
	(void)sqlite3_reset(s);
	return rc;
}

int store_each_change(struct store *store, const char *score_id, uint64_t after_revision,
	int (*each)(void *data, const struct store_change *change), void *data)
{
	int found;

	return each_from(store, score_id, after_revision + 1, UINT64_MAX, each, data, &found);
}

int store_one_change(struct store *store, const char *score_id, uint64_t revision,
	int (*each)(void *data, const struct store_change *change), void *data)
{
	int found;
	const int rc = each_from(store, score_id, revision, revision, each, data, &found);

	if (rc == 0 && !found)
		return store_refuse(store, -ENOENT, "the change to revision %llu is kept no more",
			(unsigned long long)revision);
	return rc;
}
