/* SPDX-License-Identifier: MIT */
#include "documents.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "log.h"
#include "state_dir.h"

int64_t documents_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- Start, stop --- */

/* Each folder of a path that is not there yet: for its owner alone (HER-02). */
static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static int find_path(char path[static PATH_MAX])
{
	static const char folder[] = "/hermes", file[] = "/scores.db";
	int rc = state_dir_find(path, PATH_MAX, sizeof(folder) + sizeof(file));

	if (rc < 0)
		return rc;
	strcat(path, folder);
	rc = make_folders(path);
	strcat(path, file);
	return rc;
}

int documents_start(struct documents *documents, const char *path)
{
	char found[PATH_MAX] = "";
	struct store_error err;
	int rc = 0;

	*documents = (struct documents){0};
	if (!path) {
		rc = find_path(found);
		path = found;
	}
	if (rc < 0) {
		log_error("no place for the scores: path=\"%s\" error=\"%s\"", path, strerror(-rc));
		return rc;
	}
	rc = store_open(path, NULL, &documents->store, &err);
	if (rc < 0)
		log_error("cannot open the store: path=\"%s\" code=%s reason=\"%s\"", path,
			rc == -EBUSY ? "hermes.store.taken" : "hermes.store.failed", err.text);
	return rc;
}

void documents_stop(struct documents *documents)
{
	for (unsigned i = 0; i < DOCUMENTS_OPEN_MAX; i++)
		document_close(documents->open[i]);
	store_backup_finish(documents->backup);
	store_close(documents->store);
	*documents = (struct documents){0};
}

/* --- The open ones --- */

static struct document *use(struct documents *documents, struct document *document)
{
	document->used = ++documents->clock;
	return document;
}

static struct document *find_open(struct documents *documents, const char *score_id)
{
	for (unsigned i = 0; i < DOCUMENTS_OPEN_MAX; i++) {
		struct document *d = documents->open[i];

		if (d && strcmp(d->score_id, score_id) == 0)
			return use(documents, d);
	}
	return NULL;
}

/* In the place of the one that was not used for longest; the loaded one stays. */
static void keep(struct documents *documents, struct document *document)
{
	struct document **place = NULL;

	for (unsigned i = 0; i < DOCUMENTS_OPEN_MAX; i++) {
		struct document **at = &documents->open[i];

		if (!*at) {
			place = at;
			break;
		}
		if (*at != documents->loaded && (!place || (*at)->used < (*place)->used))
			place = at;
	}
	document_close(*place);
	*place = use(documents, document);
}

int documents_get(
	struct documents *documents, const char *score_id, struct document **ret, struct failure *failure)
{
	struct document *d = *score_id ? find_open(documents, score_id) : documents->loaded;

	if (!*score_id && !d)
		return failure_set(failure, -ENOENT, "hermes.score.absent", "no score is loaded");
	if (!d) {
		int rc = uuid_is_valid(score_id) ? document_open(documents->store, score_id, &d, failure)
						 : failure_set(failure, -ENOENT, "hermes.score.absent",
							   "\"%.64s\" is no id of a score", score_id);
		if (rc < 0)
			return rc;
		keep(documents, d);
	}
	*ret = d;
	return 0;
}

/* --- Coming and going --- */

static int add_new(struct documents *documents, struct imported *im, int load, struct document **ret,
	struct failure *failure)
{
	char score_id[UUID_BYTES], key[FACTS_KEY_BYTES];
	const struct store_facts facts = facts_for_store(im->score, im->format, key);
	const int64_t now_ms = documents_now_ms();
	int rc = uuid_make(now_ms, score_id);

	if (rc < 0)
		return failure_set(failure, rc, "hermes.score.failed", "no id: %s", strerror(-rc));
	rc = store_add(documents->store, score_id, &facts, score_state(im->score), im->content.data,
		im->content.n, load, now_ms);
	if (rc < 0)
		return failure_of_store(failure, rc, documents->store);
	*ret = document_adopt(documents->store, score_id, im);
	if (!*ret)
		return failure_set(failure, -ENOMEM, "hermes.score.failed", "out of memory");
	keep(documents, *ret);
	return 0;
}

int documents_add(struct documents *documents, struct imported *im, int load, struct document **ret,
	int *ret_new, struct failure *failure)
{
	struct document *now = documents->loaded;
	char score_id[UUID_BYTES];
	int rc;

	*ret_new = 0;
	if (now && score_same_state(now->head, im->score)) {
		*ret = now;
		return 0;
	}
	rc = store_find(documents->store, im->content.data, im->content.n, score_id);
	if (rc == 0) {
		rc = documents_get(documents, score_id, ret, failure);
		return rc == 0 && load ? documents_note_loaded(documents, score_id, failure) : rc;
	}
	if (rc != -ENOENT)
		return failure_of_store(failure, rc, documents->store);
	*ret_new = 1;
	return add_new(documents, im, load, ret, failure);
}

int documents_note_loaded(struct documents *documents, const char *score_id, struct failure *failure)
{
	const int rc = store_set_loaded(documents->store, score_id);

	return rc < 0 ? failure_of_store(failure, rc, documents->store) : 0;
}

int documents_delete(struct documents *documents, const char *score_id, struct failure *failure)
{
	int rc;

	if (documents->loaded && strcmp(documents->loaded->score_id, score_id) == 0)
		return failure_set(failure, -EBUSY, "hermes.score.loaded",
			"this score is loaded; load another one first");
	rc = store_delete(documents->store, score_id);
	if (rc == -EBUSY)
		return failure_set(failure, rc, "hermes.score.loaded", "%s", store_why(documents->store));
	if (rc < 0)
		return failure_of_store(failure, rc, documents->store);
	for (unsigned i = 0; i < DOCUMENTS_OPEN_MAX; i++) {
		if (documents->open[i] && strcmp(documents->open[i]->score_id, score_id) == 0) {
			document_close(documents->open[i]);
			documents->open[i] = NULL;
		}
	}
	return 0;
}

int documents_tidy(struct documents *documents)
{
	for (unsigned i = 0; i < DOCUMENTS_OPEN_MAX; i++) {
		struct document *d = documents->open[i];

		if (!d || !document_is_untidy(d))
			continue;
		if (document_tidy(d) == 0)
			return 1;
		log_warning("cannot write a checkpoint, changes are kept instead: score=%s reason=\"%s\"",
			d->score_id, store_why(documents->store));
		d->n_since = 0; /* not again at once */
		d->bytes_since = 0;
	}
	store_tidy(documents->store);
	return 0;
}
