/* SPDX-License-Identifier: MIT */
/* Folders and files of widgets. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_dir.h"
#include "store.h"
#include "store_tree.h"
#include "text.h"

/* What is being made or thrown away; no id begins with a dot. */
#define ASIDE_PREFIX '.'

/* --- Where --- */

int store_find(struct store *store, const char *default_bundles)
{
	const char *bundles = getenv("MOS_WIDGET_PATH");

	if (!bundles || !*bundles)
		bundles = default_bundles;
	if (strlen(bundles) >= sizeof(store->bundles))
		return -ENAMETOOLONG;
	strcpy(store->bundles, bundles);
	/* Room for what is appended: a folder, an id, a file, a temporary ending. */
	return state_dir_find(store->root, sizeof(store->root), 128);
}

void store_installed_path(const struct store *store, const char *id, char path[static STORE_PATH_MAX])
{
	text_set(path, STORE_PATH_MAX, "%s/widgets/%s", store->root, id);
}

void store_data_path(
	const struct store *store, const char *id, const char *name, char path[static STORE_PATH_MAX])
{
	text_set(path, STORE_PATH_MAX, "%s/widget-data/%s%s%s", store->root, id, *name ? "/" : "", name);
}

void store_clean(const struct store *store)
{
	char path[STORE_PATH_MAX];

	for (int i = 0; i < 2; i++) {
		struct dirent *entry;
		DIR *dir;

		text_set(path, sizeof(path), "%s/%s", store->root, i ? "widget-data" : "widgets");
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == ASIDE_PREFIX && strcmp(entry->d_name, ".") &&
				strcmp(entry->d_name, ".."))
				tree_remove(dirfd(dir), entry->d_name);
		}
		if (dir)
			closedir(dir);
	}
}

static void each_in(const char *folder, int bundled,
	void (*found)(void *data, const char *folder, int bundled), void *data)
{
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		char path[STORE_PATH_MAX], file[STORE_PATH_MAX + 16];

		if (entry->d_name[0] == ASIDE_PREFIX ||
			(size_t)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= sizeof(path))
			continue;
		text_set(file, sizeof(file), "%s/widget.json", path);
		if (access(file, F_OK) == 0)
			found(data, path, bundled);
	}
	if (dir)
		closedir(dir);
}

void store_each(
	const struct store *store, void (*found)(void *data, const char *folder, int bundled), void *data)
{
	char path[STORE_PATH_MAX], list[STORE_PATH_MAX], *save = NULL;

	store_installed_path(store, "", path);
	path[strlen(path) - 1] = '\0';
	each_in(path, 0, found, data);
	strcpy(list, store->bundles);
	for (char *p = strtok_r(list, ":", &save); p; p = strtok_r(NULL, ":", &save))
		each_in(p, 1, found, data);
}

/* --- Manifests --- */

static int fail(struct store_error *err, int rc, const char *where, const char *what)
{
	text_set(err->where, sizeof(err->where), "%s", where);
	text_set(err->message, sizeof(err->message), "%s: %s", what, strerror(-rc));
	return rc;
}

static int refuse(struct store_error *err, const char *where, const char *message)
{
	text_set(err->where, sizeof(err->where), "%s", where);
	text_set(err->message, sizeof(err->message), "%s", message);
	return -EINVAL;
}

static int check_component(int folder, const struct manifest *m, struct store_error *err)
{
	struct stat st;
	int fd = tree_open_below(folder, m->component, O_RDONLY | O_NONBLOCK), rc = fd;

	if (fd < 0)
		return fail(err, rc, m->component, "the program cannot be opened");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = refuse(err, m->component, "the program is no file");
	else if (!(st.st_mode & 0111))
		rc = refuse(err, m->component, "the program is not executable");
	close(fd);
	return rc < 0 ? rc : 0;
}

static int read_manifest_at(int folder, struct manifest *ret, struct store_error *err)
{
	struct manifest_error bad;
	size_t len;
	char *bytes;
	int fd = tree_open_below(folder, "widget.json", O_RDONLY | O_NONBLOCK), rc;

	if (fd < 0)
		return fail(err, fd, "widget.json", "it cannot be opened");
	rc = tree_read_fd(fd, MANIFEST_BYTES_MAX, &bytes, &len);
	close(fd);
	if (rc < 0)
		return fail(err, rc, "widget.json", "it cannot be read");
	rc = manifest_parse(bytes, len, ret, &bad);
	free(bytes);
	if (rc < 0) {
		text_set(err->where, sizeof(err->where), "%s", bad.where[0] ? bad.where : "widget.json");
		text_set(err->message, sizeof(err->message), "%s",
			bad.message[0] ? bad.message : strerror(-rc));
		return rc;
	}
	rc = check_component(folder, ret, err);
	if (rc < 0)
		manifest_finish(ret);
	return rc;
}

int store_read_manifest(const char *folder, struct manifest *ret, struct store_error *err)
{
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC), rc;

	*err = (struct store_error){0};
	if (fd < 0)
		return fail(err, -errno, folder, "the folder cannot be opened");
	rc = read_manifest_at(fd, ret, err);
	close(fd);
	return rc;
}

/* --- Installing and removing --- */

/* Open STATE/widgets or STATE/widget-data; made if it is not there. @return an fd, -errno. */
static int open_part(const struct store *store, const char *part)
{
	char path[STORE_PATH_MAX];
	int rc, fd;

	text_set(path, sizeof(path), "%s/%s", store->root, part);
	rc = tree_make_path(path);
	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Copy what is there, and read the manifest from the copy: what was checked is what runs. */
static int stage_into(int folder, int aside, struct manifest *ret, struct store_error *err)
{
	struct tree_copy copy = {
		.bytes_max = STORE_BUNDLE_BYTES_MAX,
		.files_max = STORE_BUNDLE_FILES_MAX,
		.depth_max = STORE_BUNDLE_DEPTH_MAX,
	};
	int rc = tree_copy(folder, aside, &copy);

	if (rc < 0) {
		text_set(err->where, sizeof(err->where), "%s", copy.where);
		text_set(err->message, sizeof(err->message), "%s", copy.message);
		return rc;
	}
	return read_manifest_at(aside, ret, err);
}

int store_stage(const struct store *store, const char *folder, char staged[static STORE_PATH_MAX],
	struct manifest *ret, struct store_error *err)
{
	int from = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), part, aside, rc;

	*err = (struct store_error){0};
	if (from < 0)
		return fail(err, -errno, folder, "the folder cannot be opened");
	part = open_part(store, "widgets");
	if (part < 0) {
		close(from);
		return fail(err, part, store->root, "the state directory cannot be used");
	}
	text_set(staged, STORE_PATH_MAX, "%s/widgets/.new-XXXXXX", store->root);
	if (!mkdtemp(staged)) {
		rc = fail(err, -errno, store->root, "no folder can be made");
		goto out;
	}
	aside = open(staged, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = aside < 0 ? fail(err, -errno, staged, "the copy cannot be opened")
		       : stage_into(from, aside, ret, err);
	if (aside >= 0)
		close(aside);
	if (rc < 0)
		store_drop(staged);
out:
	close(part);
	close(from);
	return rc;
}

int store_commit(const struct store *store, const char *staged, const char *id)
{
	const char *name = strrchr(staged, '/') + 1;
	int part = open_part(store, "widgets"), rc = 0;

	if (part < 0)
		return part;
	if (chmod(staged, 0755) < 0) {
		rc = -errno;
	} else if (renameat2(part, name, part, id, RENAME_NOREPLACE) < 0) {
		/* There is an older one: the two change places, and what lies aside then is the older. */
		if (errno != EEXIST || renameat2(part, name, part, id, RENAME_EXCHANGE) < 0)
			rc = -errno;
	}
	if (rc == 0 && fsync(part) < 0)
		rc = -errno;
	tree_remove(part, name);
	close(part);
	return rc;
}

void store_drop(const char *staged)
{
	tree_remove(AT_FDCWD, staged);
}

/* Take `id` out of a part of the state directory: out of sight first, in one step. */
static int remove_from(const struct store *store, const char *part_name, const char *id)
{
	char aside[64];
	int part = open_part(store, part_name), rc = 0;

	if (part < 0)
		return part;
	text_set(aside, sizeof(aside), ".old-%s", id);
	tree_remove(part, aside);
	if (renameat(part, id, part, aside) < 0 || fsync(part) < 0)
		rc = -errno;
	if (rc == 0)
		tree_remove(part, aside);
	close(part);
	return rc;
}

int store_remove(const struct store *store, const char *id)
{
	return remove_from(store, "widgets", id);
}

int store_purge(const struct store *store, const char *id)
{
	int rc = remove_from(store, "widget-data", id);

	return rc == -ENOENT ? 0 : rc;
}

/* --- What a widget keeps --- */

static int open_data(const struct store *store, const char *id)
{
	char path[STORE_PATH_MAX];

	if (!id)
		return open_part(store, "");
	text_set(path, sizeof(path), "widget-data/%s", id);
	return open_part(store, path);
}

int store_write(const struct store *store, const char *id, const char *name, const char *bytes, size_t len)
{
	int dir = open_data(store, id), rc;

	if (dir < 0)
		return dir;
	rc = tree_replace_file(dir, name, bytes, len);
	close(dir);
	return rc;
}

int store_read(
	const struct store *store, const char *id, const char *name, size_t max, char **ret, size_t *ret_len)
{
	char path[STORE_PATH_MAX];
	int fd, rc;

	if (id)
		store_data_path(store, id, name, path);
	else
		text_set(path, sizeof(path), "%s/%s", store->root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	rc = tree_read_fd(fd, max, ret, ret_len);
	close(fd);
	return rc;
}

int store_make_own(const struct store *store, const char *id)
{
	char path[STORE_PATH_MAX];

	store_data_path(store, id, "files", path);
	return tree_make_path(path);
}
