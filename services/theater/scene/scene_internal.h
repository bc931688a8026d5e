/* SPDX-License-Identifier: MIT */
/** Between the files of the scenes. */
#ifndef THEATER_SCENE_INTERNAL_H
#define THEATER_SCENE_INTERNAL_H

#include "json.h"
#include "scene.h"

/** Where scenes' themes come from besides those that are built in. @return 0; -ENOENT. */
struct scene_themes {
	int (*find)(const char *name, struct scene_theme *ret, void *data);
	void *data;
};

/** Those that are built in; ends with NULL. */
extern const char *const scene_theme_names[];

int theme_read(struct json_reader *r, yyjson_val *val, struct scene_theme *ret);
/** As scene_parse(). @param themes  NULL: the built-in ones only. */
int scene_read(const char *json, size_t size, const struct scene_themes *themes, struct scene **ret,
	char *where, size_t where_size);
int scene_copy(const struct scene *scene, struct scene **ret);

/** The scene files that are compiled in; ends with a NULL name. */
struct scene_file {
	const char *name, *json;
};
extern const struct scene_file scene_files[];

#endif
