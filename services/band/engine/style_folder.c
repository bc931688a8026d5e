/* SPDX-License-Identifier: MIT */
/* A user's own styles: NAME.json or NAME.yaml in a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "style_internal.h"
#include "value.h"

#define FILES_MAX 512u

static int is_style(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".yaml") == 0);
}

/** Not alphasort(): the order must not depend on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/** A regular file's bytes. @return NULL: errno says why. */
static char *read_file(int dir, const char *name, size_t *ret_size)
{
	struct stat st;
	size_t size = 0;
	ssize_t n = 1;
	/* Not to wait for a FIFO's writer. */
	const int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *bytes = fd < 0 ? NULL : malloc(BAND_FILE_MAX + 1);
	int err = errno;

	if (bytes && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		err = EINVAL;
		n = -1;
	}
	while (bytes && n > 0 && size <= BAND_FILE_MAX) {
		n = read(fd, bytes + size, BAND_FILE_MAX + 1 - size);
		if (n < 0)
			err = errno;
		size += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		(void)close(fd);
	if (bytes && n < 0) {
		free(bytes);
		bytes = NULL;
	}
	errno = err;
	*ret_size = size;
	return bytes;
}

/** What is wrong with one file must not keep the others away: as warnings, with the file's name. */
static void tell(struct band_report *report, const char *file, const struct band_report *of_file)
{
	char where[BAND_WHERE_MAX];

	for (uint32_t i = 0; i < of_file->n_issues && i < BAND_MAX_ISSUES; i++) {
		const struct band_issue *issue = &of_file->issue[i];

		(void)snprintf(where, sizeof(where), "%.40s: %.50s", file, issue->where);
		band_warn(report, issue->code, where, "%s", issue->message);
		band_hint(report, "%s", issue->hint);
	}
}

static int add_file(struct band_styles *styles, int dir, const char *name, struct band_report *report)
{
	struct band_report of_file = {0};
	struct band_style *style = NULL;
	size_t size;
	char *bytes = read_file(dir, name, &size);

	if (!bytes && errno == ENOMEM)
		return -ENOMEM;
	if (bytes)
		style = band_style_read(bytes, size, &of_file);
	else
		(void)band_error(&of_file, "STYLE_FILE", "/", "can't be read: %s", strerrordesc_np(errno));
	free(bytes);
	const int rc = style ? band_styles_add(styles, style) : 0;
	if (rc == -EEXIST)
		(void)band_error(
			&of_file, "STYLE_TAKEN", "/style", "there is a style \"%s\" already", style->name);
	if (rc < 0)
		band_style_free(style);
	tell(report, name, &of_file);
	return rc == -ENOMEM ? rc : 0;
}

int band_styles_add_folder(struct band_styles *styles, const char *dir, struct band_report *report)
{
	struct dirent **entry = NULL;
	const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int n = fd < 0 ? -1 : scandirat(fd, ".", &entry, is_style, by_name);
	int rc = n < 0 && errno == ENOMEM ? -ENOMEM : 0;

	if (n < 0 && errno != ENOENT && rc == 0)
		band_warn(report, "STYLE_FILE", dir, "can't be read: %s", strerrordesc_np(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0 && i < (int)FILES_MAX)
			rc = add_file(styles, fd, entry[i]->d_name, report);
		else if (rc == 0 && i == (int)FILES_MAX)
			band_warn(report, "STYLE_FILE", dir, "more than %u styles: the others are left out",
				FILES_MAX);
		free(entry[i]);
	}
	free(entry);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}
