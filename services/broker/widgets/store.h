/* SPDX-License-Identifier: MIT */
/**
 * Where widgets lie: bundles that came with MOS (read-only folders, $MOS_WIDGET_PATH), installed ones, and
 * what each keeps. Everything that changes is made aside and renamed, files and folders written through
 * first, so that a kill or a power cut at any point leaves the old or the new (WID-15). Blocks on the disk:
 * for the disk's thread (disk.h), and for the start. Below the state directory:
 *
 *     widgets/ID/           the folder of an installed widget
 *     widget-data/ID/       settings.json, state.json, files/ (files.own)
 *     wanted                ids of those that run, one a line
 */
#ifndef BROKER_WIDGETS_STORE_H
#define BROKER_WIDGETS_STORE_H

#include "manifest.h"

#define STORE_PATH_MAX 512u
#define STORE_BUNDLE_BYTES_MAX (64u << 20) /**< of one widget's folder */
#define STORE_BUNDLE_FILES_MAX 1024u
#define STORE_BUNDLE_DEPTH_MAX 8u
#define STORE_STATE_MAX (256u << 10) /**< bytes of state.json: 32 KiB of frame, as JSON */

struct store {
	char root[STORE_PATH_MAX];    /**< the state directory */
	char bundles[STORE_PATH_MAX]; /**< folders of folders, separated by ':' */
};

struct store_error {
	char where[96]; /**< file, or JSON pointer in widget.json */
	char message[240];
};

/** Find out where: $MOS_STATE_DIR, else $XDG_STATE_HOME/mos, else $HOME/.local/state/mos, else /var/lib/mos.
 * @return 0; -EINVAL not an absolute path; -ENAMETOOLONG. */
int store_find(struct store *store, const char *default_bundles);

/** Remove what a kill left half-made. Missing folders are fine. */
void store_clean(const struct store *store);

/** Call for each folder that has a widget.json, installed ones first. */
void store_each(
	const struct store *store, void (*found)(void *data, const char *folder, int bundled), void *data);

/** Read and check the manifest of a folder, and that its program is there. @return 0; -EINVAL, other -errno,
 * with *err filled. */
int store_read_manifest(const char *folder, struct manifest *ret, struct store_error *err);

/** Copy a folder into the store, complete and on disk, under a name that nobody sees.
 * @param staged  Written: its path. @return 0; -errno with *err filled; nothing is left then. */
int store_stage(const struct store *store, const char *folder, char staged[static STORE_PATH_MAX],
	struct manifest *ret, struct store_error *err);
/** Make it the widget `id`, in one step; an older version is gone then. @return 0, -errno; staged is gone in
 * any case. */
int store_commit(const struct store *store, const char *staged, const char *id);
/** Give it up. */
void store_drop(const char *staged);

/** Take an installed widget away, in one step. @return 0, -errno; -ENOENT is none. */
int store_remove(const struct store *store, const char *id);
/** Everything that it kept. @return 0, -errno. */
int store_purge(const struct store *store, const char *id);

/** Path of the folder of an installed widget; of a file or folder in what it keeps ("" : the folder itself).
 */
void store_installed_path(const struct store *store, const char *id, char path[static STORE_PATH_MAX]);
void store_data_path(
	const struct store *store, const char *id, const char *name, char path[static STORE_PATH_MAX]);

/** Replace a file in what a widget keeps (`id` NULL: in the state directory), on disk when it returns.
 * @return 0, -errno. */
int store_write(const struct store *store, const char *id, const char *name, const char *bytes, size_t len);
/** Read one. @return 0, *ret is to be freed; -ENOENT; -EFBIG; other -errno. */
int store_read(
	const struct store *store, const char *id, const char *name, size_t max, char **ret, size_t *ret_len);

/** Make the folder for files.own. @return 0, -errno. */
int store_make_own(const struct store *store, const char *id);

#endif
