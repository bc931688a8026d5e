/* SPDX-License-Identifier: MIT */
/**
 * Scores on disk (HER-01, HER-13): one SQLite database that one process holds. A score is its canonical NVX1
 * bytes as of some revision and the changes since; each commit is one transaction, on disk when it returns,
 * and whatever fails or is killed leaves the state before it or after it. All that is read back is compared
 * with its checksum.
 *
 * The store knows nothing of music: content and changes are bytes. Thread: one at a time; every call may wait
 * for the disk.
 */
#ifndef HERMES_STORE_H
#define HERMES_STORE_H

#include <stddef.h>
#include <stdint.h>

#include <score/bytes.h>
#include <score/score.h>

#define STORE_ID_BYTES 37u                 /**< of a score's id, a UUID, with its NUL */
#define STORE_MAX_CHANGES 1000u            /**< of one score: how far back undo goes, and who may resume */
#define STORE_MAX_CHANGE_BYTES (16u << 20) /**< of one score, in all */

struct store;

/** Why something failed. */
struct store_error {
	char text[256];
};

/** What lists show of a score. Strings are borrowed. */
struct store_facts {
	const char *title, *composer, *key, *format;
	uint32_t n_measures;
	uint64_t n_notes;
	int64_t end_tick;
};

/** A state of a score. */
struct store_point {
	uint64_t revision;
	struct score_state state;
};

/**
 * Open, or make, the database.
 * @param path  Absolute; its folder is there.
 * @param vfs   SQLite's way to the disk; NULL: its own.
 * @return 0; -EBUSY another process holds it; -EMEDIUMTYPE it is something else, or of a newer MOS; -EBADMSG
 * damaged; -ENOSPC, -EIO, -EACCES ... as below.
 */
int store_open(const char *path, const char *vfs, struct store **ret, struct store_error *err);
/** NULL is fine. */
void store_close(struct store *store);
/** What the last failed call failed of. */
const char *store_why(const struct store *store);

/*
 * All below: 0, or -ENOENT no such score; -ENOSPC the disk is full; -EIO; -EBADMSG a checksum is wrong;
 * -ENOMEM; -EROFS. After a failure nothing is changed.
 */

/**
 * A new score, at revision 1.
 * @param loaded  1: it is also the one that is loaded.
 * @return also -EEXIST: the id is taken.
 */
int store_add(struct store *store, const char *score_id, const struct store_facts *facts,
	struct score_state state, const void *bytes, size_t n, int loaded, int64_t now_ms);
/** A score whose newest state has exactly these bytes. @return 0, -ENOENT. */
int store_find(struct store *store, const void *bytes, size_t n, char score_id[static STORE_ID_BYTES]);
/** Not the one that is loaded: -EBUSY. */
int store_delete(struct store *store, const char *score_id);

enum store_kind { STORE_EDIT, STORE_UNDO, STORE_REDO };

/** What led to a revision. */
struct store_change {
	struct store_point after;
	enum store_kind kind;
	const void *forward, *backward; /**< bytes that lead here, and back */
	size_t n_forward, n_backward;
};
/** The next revision: `change->after.revision` follows the score's own, else -EINVAL. */
int store_commit(struct store *store, const char *score_id, const struct store_change *change,
	const struct store_facts *facts, int64_t now_ms);
/** Keep the content of the newest state, so that fewer changes lead there; drops changes beyond the limits.
 */
int store_checkpoint(struct store *store, const char *score_id, const struct store_point *point,
	const void *bytes, size_t n);

struct store_head {
	struct store_point head;    /**< newest */
	struct store_point content; /**< what the bytes are */
	char format[64];
};
/** Read the content. @param bytes  Initialised; filled. */
int store_read(struct store *store, const char *score_id, struct store_head *ret, struct score_bytes *bytes);
/**
 * Changes after a revision, oldest first; `each` returns 0 to go on. The bytes are good for the call.
 * @return what `each` returned, if not 0.
 */
int store_each_change(struct store *store, const char *score_id, uint64_t after_revision,
	int (*each)(void *data, const struct store_change *change), void *data);
/** The change that led to a revision. @return -ENOENT: it was dropped. */
int store_one_change(struct store *store, const char *score_id, uint64_t revision,
	int (*each)(void *data, const struct store_change *change), void *data);

/** The score that is loaded. @param score_id  "" for none. */
int store_set_loaded(struct store *store, const char *score_id);
int store_get_loaded(struct store *store, char score_id[static STORE_ID_BYTES]);

struct store_entry {
	char score_id[STORE_ID_BYTES];
	struct store_point head;
	struct store_facts facts;
	int64_t modified_ms;
};
/**
 * Newest first. @param text  Part of title or composer; NULL: all. @param ret_n  How many there are in all.
 * @return what `each` returned, if not 0.
 */
int store_list(struct store *store, const char *text, uint32_t offset, uint32_t limit,
	int (*each)(void *data, const struct store_entry *entry), void *data, uint64_t *ret_n);

/** The next score in the order of addition. @param id  Number that the last call gave; 0: the first. @return
 * -ENOENT. */
int store_next(struct store *store, int64_t *id, char score_id[static STORE_ID_BYTES]);

/** SQLite's own check of the whole file. @param fault  Called for each fault. @return 0 also when there are
 * some. */
int store_check(struct store *store, void (*fault)(void *data, const char *text), void *data);

/** What may wait until nobody waits: bring what was committed from the log into the file. */
void store_tidy(struct store *store);

/* --- An online copy, in steps: between them the store goes on, and what changes is copied too. --- */

struct store_backup;
/** Into a file beside the database; one at a time, until it is done. */
int store_backup_start(struct store *store, struct store_backup **ret);
/** @return 1 more to do; 0 done. */
int store_backup_step(struct store_backup *backup);
/** Write the finished copy into `fd`. Any thread: the store is not needed any more. @return 0, -errno; no
 * store_why(). */
int store_backup_write(struct store_backup *backup, int fd, uint64_t *ret_bytes);
/** NULL is fine. */
void store_backup_finish(struct store_backup *backup);

#endif
