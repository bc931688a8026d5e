/* SPDX-License-Identifier: MIT */
/* Folders of scenes, kept up with the disk by inotify: editors write a file beside and rename it, or write
 * into it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "shelf.h"

#define OF_FILES (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define OF_FOLDER (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_MASK_ADD)

/* --- Watches --- */

static void unwatch(struct scene_shelf *shelf, struct shelf_folder *folder)
{
	const int wd = folder->watch;

	folder->watch = -1;
	for (uint32_t i = 0; i < shelf->n_folders; i++)
		if (shelf->folder[i].watch == wd)
			return; /* another one's, too */
	if (wd >= 0)
		(void)inotify_rm_watch(shelf->fd, wd);
}

/** The nearest folder above that is there tells when a part of the path comes. */
static void watch_above(struct scene_shelf *shelf, struct shelf_folder *folder)
{
	char path[PATH_MAX];
	char *slash;

	(void)snprintf(path, sizeof(path), "%s", folder->path);
	while (folder->watch < 0 && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		folder->watch = inotify_add_watch(
			shelf->fd, path[0] ? path : "/", IN_CREATE | IN_MOVED_TO | OF_FOLDER);
	}
}

static void watch(struct scene_shelf *shelf, struct shelf_folder *folder)
{
	/* Twice: it may come while the one above is not watched yet. */
	for (int i = 0; i < 2 && !folder->is_there; i++) {
		const int wd = inotify_add_watch(shelf->fd, folder->path, OF_FILES | OF_FOLDER);

		if (wd >= 0) {
			unwatch(shelf, folder);
			folder->watch = wd;
			folder->is_there = 1;
		} else if (i == 0) {
			unwatch(shelf, folder);
			watch_above(shelf, folder);
		}
	}
	shelf_list(shelf, folder);
}

/** @return 1 the folder's own watch ended, or what it waits for may have come. */
static int take(struct scene_shelf *shelf, struct shelf_folder *folder, const struct inotify_event *event)
{
	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT) || !folder->is_there)
		return 1;
	if (event->len && event->mask & OF_FILES)
		shelf_touch(shelf, folder, event->name);
	return 0;
}

static void take_event(struct scene_shelf *shelf, const struct inotify_event *event)
{
	uint8_t again[2 * SHELF_DIRS_MAX] = {0};

	for (uint32_t i = 0; i < shelf->n_folders; i++) {
		if (event->mask & IN_Q_OVERFLOW)
			shelf_list(shelf, &shelf->folder[i]);
		else if (shelf->folder[i].watch == event->wd)
			again[i] = (uint8_t)take(shelf, &shelf->folder[i], event);
	}
	for (uint32_t i = 0; i < shelf->n_folders; i++) {
		if (!again[i])
			continue;
		if (event->mask & (IN_IGNORED | IN_UNMOUNT))
			shelf->folder[i].watch = -1;
		shelf->folder[i].is_there = 0;
		watch(shelf, &shelf->folder[i]);
	}
}

/* --- What can be had --- */

static int compare(const struct scene *scene, const char *name, uint32_t canvas)
{
	const int by_name = strcmp(scene->name, name);

	return by_name ? by_name : (int)scene->canvas - (int)canvas;
}

/** @return where it is, or would be. */
static uint32_t place_of(const struct scene_shelf *shelf, const char *name, uint32_t canvas, int *ret_found)
{
	uint32_t low = 0, high = shelf->n_view;

	*ret_found = 0;
	while (low < high) {
		const uint32_t middle = (low + high) / 2;
		const int c = compare(shelf->view[middle], name, canvas);

		if (c == 0)
			*ret_found = 1;
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void put(struct scene_shelf *shelf, const struct scene *scene)
{
	int found;
	const uint32_t at = scene ? place_of(shelf, scene->name, scene->canvas, &found) : 0;

	if (!scene || found)
		return;
	memmove(shelf->view + at + 1, shelf->view + at, (shelf->n_view - at) * sizeof(shelf->view[0]));
	shelf->view[at] = scene;
	shelf->n_view++;
}

static void see(struct scene_shelf *shelf)
{
	shelf->n_view = 0;
	for (uint32_t i = 0; i < shelf->n_folders; i++)
		for (const struct shelf_file *f = shelf->folder[i].file; f; f = f->next)
			put(shelf, f->scene);
	for (uint32_t i = 0; i < shelf->n_built_in; i++)
		put(shelf, shelf->built_in[i]);
}

const struct scene *scene_shelf_get(
	const struct scene_shelf *shelf, const char *name, enum scene_canvas canvas)
{
	int found;
	const uint32_t at = place_of(shelf, name, canvas, &found);

	return found ? shelf->view[at] : NULL;
}

uint32_t scene_shelf_n(const struct scene_shelf *shelf)
{
	return shelf->n_view;
}

const struct scene *scene_shelf_at(const struct scene_shelf *shelf, uint32_t i)
{
	return i < shelf->n_view ? shelf->view[i] : NULL;
}

int scene_shelf_theme(const struct scene_shelf *shelf, const char *name, struct scene_theme *ret)
{
	for (uint32_t i = 0; i < shelf->n_folders; i++) {
		for (const struct shelf_file *f = shelf->folder[i].file; f; f = f->next) {
			if (!f->theme || strcmp(f->theme->name, name) != 0)
				continue;
			*ret = *f->theme;
			return 0;
		}
	}
	return scene_theme_find(name, ret);
}

uint32_t scene_shelf_themes(const struct scene_shelf *shelf, const char **ret, uint32_t max)
{
	uint32_t n = 0;

	for (; scene_theme_names[n]; n++)
		if (n < max)
			ret[n] = scene_theme_names[n];
	for (uint32_t i = 0; i < shelf->n_folders; i++) {
		for (const struct shelf_file *f = shelf->folder[i].file; f; f = f->next) {
			if (!f->theme)
				continue;
			if (n < max)
				ret[n] = f->theme->name;
			n++;
		}
	}
	return n;
}

/* --- Life --- */

static int read_built_in(struct scene_shelf *shelf)
{
	uint32_t n = 0;

	while (scene_files[n].name)
		n++;
	shelf->built_in = calloc(n, sizeof(*shelf->built_in));
	shelf->view = calloc(n + (size_t)SHELF_DIRS_MAX * SHELF_FILES_MAX, sizeof(*shelf->view));
	if (!shelf->built_in || !shelf->view)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		char fault[200];
		const char *json = scene_files[i].json;
		const int rc = scene_parse(json, strlen(json), &shelf->built_in[i], fault, sizeof(fault));

		if (rc < 0)
			return rc;
		shelf->n_built_in++;
	}
	return 0;
}

static int add_folder(struct scene_shelf *shelf, const char *dir, const char *below)
{
	struct shelf_folder *folder = &shelf->folder[shelf->n_folders++];
	const size_t size = strlen(dir) + strlen(below) + 1;

	folder->watch = -1;
	folder->has_themes = below[0] != '\0';
	folder->path = malloc(size);
	if (!folder->path)
		return -ENOMEM;
	(void)snprintf(folder->path, size, "%s%s", dir, below);
	return 0;
}

/** What is there at first is no change. */
static void keep_faults(struct scene_shelf *shelf)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < shelf->n_notes; i++)
		if (shelf->note[i].fault[0])
			shelf->note[n++] = shelf->note[i];
	shelf->n_notes = n;
}

int scene_shelf_open(const char *const *dir, uint32_t n_dirs, struct scene_shelf **ret)
{
	struct scene_shelf *shelf = calloc(1, sizeof(*shelf));
	int rc;

	if (!shelf)
		return -ENOMEM;
	shelf->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rc = shelf->fd < 0 ? -errno : read_built_in(shelf);
	for (uint32_t i = 0; i < n_dirs && i < SHELF_DIRS_MAX && rc == 0; i++) {
		rc = add_folder(shelf, dir[i], "");
		if (rc == 0)
			rc = add_folder(shelf, dir[i], "/themes");
	}
	if (rc < 0) {
		scene_shelf_close(shelf);
		return rc;
	}
	for (uint32_t i = 0; i < shelf->n_folders; i++)
		watch(shelf, &shelf->folder[i]);
	(void)shelf_read(shelf);
	see(shelf);
	keep_faults(shelf);
	*ret = shelf;
	return 0;
}

void scene_shelf_close(struct scene_shelf *shelf)
{
	if (!shelf)
		return;
	for (uint32_t i = 0; i < shelf->n_folders; i++) {
		shelf_drop(&shelf->folder[i]);
		free(shelf->folder[i].path);
	}
	for (uint32_t i = 0; i < shelf->n_built_in; i++)
		scene_free(shelf->built_in[i]);
	if (shelf->fd >= 0)
		(void)close(shelf->fd);
	free(shelf->built_in);
	free(shelf->view);
	free(shelf->note);
	free(shelf);
}

int scene_shelf_fd(const struct scene_shelf *shelf)
{
	return shelf->fd;
}

void scene_shelf_changed(struct scene_shelf *shelf, scene_changed *changed, void *data)
{
	alignas(struct inotify_event) char buffer[8192];
	ssize_t n;

	/* A flood does not hold up the frame: what is left is read next time. */
	for (int round = 0; round < 64 && (n = read(shelf->fd, buffer, sizeof(buffer))) > 0; round++) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const struct inotify_event *)(buffer + at);

			take_event(shelf, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	(void)shelf_read(shelf);
	see(shelf);
	for (uint32_t i = 0; i < shelf->n_notes; i++)
		changed(shelf->note[i].name, shelf->note[i].canvas,
			shelf->note[i].fault[0] ? shelf->note[i].fault : NULL, data);
	shelf->n_notes = 0;
}
