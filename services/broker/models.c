/* SPDX-License-Identifier: MIT */
#include "models.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "wire_utf8.h"

#define ENDING ".nam"
#define SYSTEM_DIRS "/usr/local/share:/usr/share"

/* The next folder of those that may hold models. @param turn  begin with 0. @return 0: that was all. */
static int next_dir(uint32_t turn, char *buf, size_t size)
{
	const char *own = getenv("MOS_MODEL_PATH"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME"),
		   *list = getenv("XDG_DATA_DIRS"), *below = "/mos/models";
	size_t n;
	int len;

	if (own && *own) {
		list = own;
		below = "";
	} else if (turn == 0) {
		len = xdg && *xdg ? snprintf(buf, size, "%s%s", xdg, below)
				  : snprintf(buf, size, "%s/.local/share%s", home ? home : "", below);
		if (len < 0 || (size_t)len >= size)
			buf[0] = '\0';
		return 1;
	} else {
		turn--;
		list = list && *list ? list : SYSTEM_DIRS;
	}
	for (; turn && *list; turn--)
		list += strcspn(list, ":") + (list[strcspn(list, ":")] == ':');
	n = strcspn(list, ":");
	if (!*list)
		return 0;
	len = snprintf(buf, size, "%.*s%s", (int)n, list, below);
	if (n == 0 || len < 0 || (size_t)len >= size)
		buf[0] = '\0';
	return 1;
}

/* @return 1: a name that can be told and asked for again. */
static int is_name(const char *text)
{
	char copy[MODEL_NAME_MAX];
	const size_t n = strnlen(text, MODEL_NAME_MAX);

	if (n == 0 || n == MODEL_NAME_MAX || text[0] == '.' || strchr(text, '/'))
		return 0;
	memcpy(copy, text, n + 1);
	wire_utf8_mend(copy);
	return strcmp(copy, text) == 0;
}

static int is_file(const char *path, uint64_t *ret_bytes)
{
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	*ret_bytes = (uint64_t)st.st_size;
	return 1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct model *)a)->name, ((const struct model *)b)->name);
}

static uint32_t add_dir(const char *dir, struct model ret[], uint32_t n, uint32_t max)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	while (d && n < max && (entry = readdir(d))) {
		const size_t len = strlen(entry->d_name);
		char path[PATH_MAX];
		struct model m = {0};
		uint32_t i = 0;

		if (len <= strlen(ENDING) || len - strlen(ENDING) >= sizeof(m.name) ||
			strcmp(entry->d_name + len - strlen(ENDING), ENDING) != 0)
			continue;
		memcpy(m.name, entry->d_name, len - strlen(ENDING));
		if (!is_name(m.name) ||
			snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path) ||
			!is_file(path, &m.bytes))
			continue;
		while (i < n && strcmp(ret[i].name, m.name) != 0)
			i++;
		if (i == n)
			ret[n++] = m;
	}
	if (d)
		(void)closedir(d);
	return n;
}

uint32_t models_list(struct model ret[], uint32_t max)
{
	char dir[PATH_MAX];
	uint32_t n = 0;

	for (uint32_t turn = 0; next_dir(turn, dir, sizeof(dir)); turn++)
		if (dir[0] == '/')
			n = add_dir(dir, ret, n, max);
	qsort(ret, n, sizeof(*ret), by_name);
	return n;
}

int models_find(const char *name, char *path, size_t size)
{
	char dir[PATH_MAX];
	uint64_t bytes;

	if (!is_name(name))
		return -ENOENT;
	for (uint32_t turn = 0; next_dir(turn, dir, sizeof(dir)); turn++) {
		char full[PATH_MAX + MODEL_NAME_MAX];

		if (dir[0] != '/')
			continue;
		(void)snprintf(full, sizeof(full), "%s/%s" ENDING, dir, name);
		if (!is_file(full, &bytes))
			continue;
		if (strlen(full) >= size)
			return -ENAMETOOLONG;
		(void)snprintf(path, size, "%s", full);
		return 0;
	}
	return -ENOENT;
}
