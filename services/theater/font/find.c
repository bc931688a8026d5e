/* SPDX-License-Identifier: MIT */
/*
 * Where SMuFL fonts are: metadata in DATA/SMuFL/Fonts/NAME/NAME.json of the data directories, as SMuFL says,
 * and the font among the fonts, or beside its metadata.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "font_impl.h"

enum { DIRS_MAX = 16 };

struct dirs {
	char *dir[DIRS_MAX];
	unsigned n;
};

static void add(struct dirs *dirs, const char *path, size_t n)
{
	/* A relative one is ignored, as XDG says. */
	if (n > 0 && path[0] == '/' && dirs->n < DIRS_MAX && (dirs->dir[dirs->n] = strndup(path, n)))
		dirs->n++;
}

static void data_dirs(struct dirs *dirs)
{
	const char *home = getenv("XDG_DATA_HOME"), *user = getenv("HOME"), *system = getenv("XDG_DATA_DIRS");
	char path[4096];
	*dirs = (struct dirs){0};
	if (home && *home)
		add(dirs, home, strlen(home));
	else if (user && snprintf(path, sizeof path, "%s/.local/share", user) < (int)sizeof path)
		add(dirs, path, strlen(path));
	if (!system || !*system)
		system = "/usr/local/share:/usr/share";
	for (size_t n; *system; system += n + (system[n] != 0)) {
		n = strcspn(system, ":");
		add(dirs, system, n);
	}
}

static void free_dirs(struct dirs *dirs)
{
	for (unsigned i = 0; i < dirs->n; i++)
		free(dirs->dir[i]);
}

static char *first_match(const char *pattern)
{
	glob_t found;
	char *path = NULL;
	if (glob(pattern, 0, NULL, &found) == 0) {
		path = found.gl_pathc ? strdup(found.gl_pathv[0]) : NULL;
		globfree(&found);
	}
	return path;
}

/* "?" for all that glob() would take for more than a letter, and for a letter in either case. */
static void as_pattern(const char *name, char *to, size_t size)
{
	size_t used = 0;
	for (; *name && used + 5 < size; name++) {
		unsigned char c = (unsigned char)*name, other = c ^ 0x20;
		int is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (is_letter)
			used += (size_t)snprintf(to + used, size - used, "[%c%c]", c, other);
		else
			to[used++] = c == '*' || c == '[' || c == '\\' || c == '/' ? '?' : (char)c;
	}
	to[used] = 0;
}

static char *font_named(const struct dirs *dirs, const char *folder, const char *name)
{
	static const char *const below[] = {"", "/*", "/*/*"};
	static const char *const kinds[] = {"otf", "woff2", "ttf"};
	char letters[512], pattern[4096];
	as_pattern(name, letters, sizeof letters);
	for (unsigned k = 0; k < 3; k++) {
		char *path = NULL;
		if (snprintf(pattern, sizeof pattern, "%s/%s.%s", folder, letters, kinds[k]) <
			(int)sizeof pattern)
			path = first_match(pattern);
		for (unsigned i = 0; !path && i < dirs->n; i++)
			for (unsigned p = 0; !path && p < 3; p++)
				if (snprintf(pattern, sizeof pattern, "%s/fonts%s/%s.%s", dirs->dir[i],
					    below[p], letters, kinds[k]) < (int)sizeof pattern)
					path = first_match(pattern);
		if (path)
			return path;
	}
	return NULL;
}

/* .../NAME/NAME.json or metadata.json */
static int take(const struct dirs *dirs, const char *metadata, char **ret_font, char **ret_metadata)
{
	char folder[4096], *slash;
	if (snprintf(folder, sizeof folder, "%s", metadata) >= (int)sizeof folder ||
		!(slash = strrchr(folder, '/')))
		return -ENOENT;
	*slash = 0;
	const char *name = strrchr(folder, '/');
	char *font = name ? font_named(dirs, folder, name + 1) : NULL;
	char *copy = font ? strdup(metadata) : NULL;
	if (!copy) {
		free(font);
		return -ENOENT;
	}
	*ret_font = font;
	*ret_metadata = copy;
	return 0;
}

static int find_in(const struct dirs *dirs, const char *data_dir, const char *letters, char **ret_font,
	char **ret_metadata)
{
	char pattern[4096];
	glob_t found;
	int rc = -ENOENT;
	if (snprintf(pattern, sizeof pattern, "%s/SMuFL/Fonts/%s/*.json", data_dir, letters) >=
			(int)sizeof pattern ||
		glob(pattern, 0, NULL, &found) != 0)
		return -ENOENT;
	for (size_t i = 0; rc < 0 && i < found.gl_pathc; i++)
		rc = take(dirs, found.gl_pathv[i], ret_font, ret_metadata);
	globfree(&found);
	return rc;
}

int font_find_smufl(const char *name, char **ret_font, char **ret_metadata)
{
	/* Without a name: the one that SMuFL was made with, then what there is. */
	static const char *const preferred[] = {"Bravura", "Leland", NULL};
	struct dirs dirs;
	char letters[512] = "*";
	int rc = -ENOENT;
	data_dirs(&dirs);
	for (unsigned p = 0; rc < 0 && p < (name ? 1 : 3); p++) {
		const char *wanted = name ? name : preferred[p];
		if (wanted)
			as_pattern(wanted, letters, sizeof letters);
		else
			strcpy(letters, "*");
		for (unsigned i = 0; rc < 0 && i < dirs.n; i++)
			rc = find_in(&dirs, dirs.dir[i], letters, ret_font, ret_metadata);
	}
	free_dirs(&dirs);
	return rc;
}

char *font_find_metadata(const char *font_path)
{
	const char *slash = strrchr(font_path, '/'), *name = slash ? slash + 1 : font_path;
	int folder = (int)(name - font_path), stem = (int)strcspn(name, ".");
	char path[4096], letters[512], word[256];
	static const char *const ends[] = {".json", "_metadata.json"};
	for (unsigned i = 0; i < 2; i++)
		if (snprintf(path, sizeof path, "%.*s%.*s%s", folder, font_path, stem, name, ends[i]) <
				(int)sizeof path &&
			access(path, F_OK) == 0)
			return strdup(path);
	if (snprintf(path, sizeof path, "%.*smetadata.json", folder, font_path) < (int)sizeof path &&
		access(path, F_OK) == 0)
		return strdup(path);
	struct dirs dirs;
	char *found = NULL;
	data_dirs(&dirs);
	snprintf(word, sizeof word, "%.*s", stem, name);
	as_pattern(word, letters, sizeof letters);
	for (unsigned i = 0; !found && i < dirs.n; i++)
		if (snprintf(path, sizeof path, "%s/SMuFL/Fonts/%s/*.json", dirs.dir[i], letters) <
			(int)sizeof path)
			found = first_match(path);
	free_dirs(&dirs);
	return found;
}
