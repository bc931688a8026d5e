/* SPDX-License-Identifier: MIT */
/* Files of the scene folders. One that cannot be taken leaves what was there before, and says so. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shelf.h"

/* --- Notes --- */

static void note(struct scene_shelf *shelf, const char *name, enum scene_canvas canvas, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void note(struct scene_shelf *shelf, const char *name, enum scene_canvas canvas, const char *fmt, ...)
{
	struct shelf_note *into;
	va_list args;

	if (shelf->n_notes == shelf->notes_max) {
		const uint32_t max = shelf->notes_max ? 2 * shelf->notes_max : 16;
		struct shelf_note *grown = reallocarray(shelf->note, max, sizeof(*grown));

		if (!grown)
			return; /* the shelf itself is right, only nobody is told */
		shelf->note = grown;
		shelf->notes_max = max;
	}
	into = &shelf->note[shelf->n_notes++];
	(void)snprintf(into->name, sizeof(into->name), "%s", name);
	into->canvas = canvas;
	va_start(args, fmt);
	(void)vsnprintf(into->fault, sizeof(into->fault), fmt, args);
	va_end(args);
}

static void note_scene(struct scene_shelf *shelf, const struct scene *scene)
{
	note(shelf, scene->name, scene->canvas, "%s", "");
}

static void refuse(struct scene_shelf *shelf, const struct shelf_folder *folder,
	const struct shelf_file *file, const char *why)
{
	if (file->scene)
		note(shelf, file->scene->name, file->scene->canvas, "%s: %s", file->name, why);
	else
		note(shelf, file->name, SCENE_N_CANVASES, "%s%s: %s", folder->has_themes ? "themes/" : "",
			file->name, why);
}

/* --- Which there are --- */

static int is_ours(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && strcmp(dot, ".json") == 0;
}

void shelf_touch(struct scene_shelf *shelf, struct shelf_folder *folder, const char *name)
{
	struct shelf_file **at = &folder->file, *file;

	if (!is_ours(name))
		return;
	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	file = *at;
	if (!file || strcmp(file->name, name) != 0) {
		if (folder->n_files == SHELF_FILES_MAX) {
			note(shelf, name, SCENE_N_CANVASES, "%s: more than %u files are in its folder", name,
				SHELF_FILES_MAX);
			return;
		}
		file = calloc(1, sizeof(*file));
		if (!file)
			return;
		(void)snprintf(file->name, sizeof(file->name), "%s", name);
		file->next = *at;
		*at = file;
		folder->n_files++;
	}
	file->is_dirty = file->is_found = 1;
}

void shelf_list(struct scene_shelf *shelf, struct shelf_folder *folder)
{
	DIR *dir = opendir(folder->path);
	const struct dirent *entry;
	uint32_t n = 0;

	for (struct shelf_file *f = folder->file; f; f = f->next)
		f->is_found = 0;
	while (dir && n <= SHELF_FILES_MAX && (entry = readdir(dir))) {
		if (!is_ours(entry->d_name))
			continue;
		n++;
		shelf_touch(shelf, folder, entry->d_name);
	}
	if (dir)
		(void)closedir(dir);
	for (struct shelf_file *f = folder->file; f; f = f->next)
		f->is_dirty |= !f->is_found;
}

static void file_free(struct shelf_file *file)
{
	scene_free(file->scene);
	free(file->theme);
	free(file);
}

void shelf_drop(struct shelf_folder *folder)
{
	while (folder->file) {
		struct shelf_file *next = folder->file->next;

		file_free(folder->file);
		folder->file = next;
	}
	folder->n_files = 0;
}

/* --- Reading --- */

/** A regular file's bytes, at most one too many. @return how many; -errno. */
static ssize_t read_file(const char *dir, const char *name, char *bytes)
{
	struct stat st;
	char path[PATH_MAX];
	size_t size = 0;
	ssize_t n = 1;
	int fd;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -ENAMETOOLONG;
	/* Not to wait for a FIFO's writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return -EINVAL;
	}
	while (n > 0 && size <= JSON_FILE_MAX) {
		n = read(fd, bytes + size, JSON_FILE_MAX + 1 - size);
		size += n > 0 ? (size_t)n : 0;
	}
	n = n < 0 ? -errno : (ssize_t)size;
	(void)close(fd);
	return n;
}

static uint64_t hash_of(const char *bytes, size_t size)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3ull;
	return h;
}

static int find_theme(const char *name, struct scene_theme *ret, void *data)
{
	return scene_shelf_theme(data, name, ret);
}

static void take_scene(struct scene_shelf *shelf, struct shelf_folder *folder, struct shelf_file *file,
	const char *bytes, size_t size, int is_same)
{
	const struct scene_themes themes = {find_theme, shelf};
	char fault[SHELF_FAULT_MAX - 256];
	struct scene *scene, *before = file->scene;
	const int rc = scene_read(bytes, size, &themes, &scene, fault, sizeof(fault));

	if (rc < 0) {
		if (!is_same || before)
			refuse(shelf, folder, file, rc == -ENOMEM ? "there is no memory" : fault);
		return;
	}
	for (const struct shelf_file *other = folder->file; other; other = other->next) {
		if (other == file || !other->scene || other->scene->canvas != scene->canvas ||
			strcmp(other->scene->name, scene->name) != 0)
			continue;
		(void)snprintf(fault, sizeof(fault),
			"/name: %s is in %.120s, too; of the two, the first by its name is taken",
			scene->name, other->name);
		refuse(shelf, folder, file, fault);
	}
	file->scene = scene;
	if (before && (before->canvas != scene->canvas || strcmp(before->name, scene->name) != 0))
		note_scene(shelf, before);
	if (!is_same || !before || memcmp(&before->theme, &scene->theme, sizeof(scene->theme)) != 0)
		note_scene(shelf, scene);
	scene_free(before);
}

static void take_theme(struct scene_shelf *shelf, struct shelf_folder *folder, struct shelf_file *file,
	const char *bytes, size_t size)
{
	char fault[SHELF_FAULT_MAX - 256];
	struct scene_theme *theme = calloc(1, sizeof(*theme));
	const int rc = theme ? scene_theme_parse(bytes, size, theme, fault, sizeof(fault)) : -ENOMEM;

	if (rc < 0) {
		free(theme);
		refuse(shelf, folder, file, rc == -ENOMEM ? "there is no memory" : fault);
		return;
	}
	free(file->theme);
	file->theme = theme;
}

/** @return 0 it is gone; 1. */
static int read_one(
	struct scene_shelf *shelf, struct shelf_folder *folder, struct shelf_file *file, char *bytes)
{
	const ssize_t size = read_file(folder->path, file->name, bytes);
	uint64_t hash;
	int is_same;

	if (size == -ENOENT || size == -ENOTDIR) {
		if (file->scene)
			note_scene(shelf, file->scene);
		return 0;
	}
	if (size < 0) {
		refuse(shelf, folder, file, size == -EINVAL ? "it is no regular file" : strerror((int)-size));
		return 1;
	}
	hash = hash_of(bytes, (size_t)size);
	is_same = file->is_read && file->hash == hash;
	file->hash = hash;
	file->is_read = 1;
	if (!folder->has_themes)
		take_scene(shelf, folder, file, bytes, (size_t)size, is_same);
	else if (!is_same)
		take_theme(shelf, folder, file, bytes, (size_t)size);
	return 1;
}

static uint32_t read_folder(struct scene_shelf *shelf, struct shelf_folder *folder, char *bytes)
{
	uint32_t n = 0;

	for (struct shelf_file **at = &folder->file; *at;) {
		struct shelf_file *file = *at;

		if (file->is_dirty) {
			file->is_dirty = 0;
			n++;
			if (!read_one(shelf, folder, file, bytes)) {
				*at = file->next;
				folder->n_files--;
				file_free(file);
				continue;
			}
		}
		at = &file->next;
	}
	return n;
}

uint32_t shelf_read(struct scene_shelf *shelf)
{
	char *bytes = malloc(JSON_FILE_MAX + 1);
	uint32_t n_themes = 0, n = 0;

	for (uint32_t i = 0; bytes && i < shelf->n_folders; i++)
		if (shelf->folder[i].has_themes)
			n_themes += read_folder(shelf, &shelf->folder[i], bytes);
	for (uint32_t i = 0; bytes && i < shelf->n_folders; i++) {
		/* A scene holds the colours of the theme that it names. */
		for (struct shelf_file *f = shelf->folder[i].file;
			n_themes && !shelf->folder[i].has_themes && f; f = f->next)
			f->is_dirty = 1;
		if (!shelf->folder[i].has_themes)
			n += read_folder(shelf, &shelf->folder[i], bytes);
	}
	free(bytes);
	return n + n_themes;
}
