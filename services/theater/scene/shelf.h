/* SPDX-License-Identifier: MIT */
/** Between shelf.c (folders and their watches) and shelf_read.c (their files). */
#ifndef THEATER_SCENE_SHELF_H
#define THEATER_SCENE_SHELF_H

#include <limits.h>

#include "scene_internal.h"

#define SHELF_DIRS_MAX 4u
#define SHELF_FILES_MAX 256u /**< of a folder */
#define SHELF_FAULT_MAX 512u

/** A file that is, or was, in a folder. */
struct shelf_file {
	struct shelf_file *next; /**< of its folder, by name */
	char name[NAME_MAX + 1];
	uint8_t is_dirty; /**< to be read again */
	uint8_t is_read;  /**< `hash` is of the bytes that were read last */
	uint8_t is_found; /**< while a folder is listed */
	uint64_t hash;
	struct scene *scene;       /**< the last one that was good; NULL: none */
	struct scene_theme *theme; /**< in folders of themes */
};

/** A folder, and what is watched for it: itself, or the nearest one above it that is there. */
struct shelf_folder {
	char *path;
	int watch; /**< inotify's; -1 none */
	uint8_t is_there, has_themes;
	uint32_t n_files;
	struct shelf_file *file;
};

/** What is to be told. */
struct shelf_note {
	char name[NAME_MAX + 1];
	char fault[SHELF_FAULT_MAX]; /**< "": none */
	enum scene_canvas canvas;
};

struct scene_shelf {
	int fd;
	uint32_t n_folders, n_built_in, n_view, n_notes, notes_max;
	struct shelf_folder folder[2 * SHELF_DIRS_MAX]; /**< of each, its themes behind it */
	struct scene **built_in;
	const struct scene **view; /**< all that can be had, by name and canvas */
	struct shelf_note *note;
};

/** Find out which files a folder has; all are to be read. */
void shelf_list(struct scene_shelf *shelf, struct shelf_folder *folder);
/** This file is to be read. */
void shelf_touch(struct scene_shelf *shelf, struct shelf_folder *folder, const char *name);
/** Read what is to be read. @return how many files were. */
uint32_t shelf_read(struct scene_shelf *shelf);
void shelf_drop(struct shelf_folder *folder);

#endif
