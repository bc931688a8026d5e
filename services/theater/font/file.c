/* SPDX-License-Identifier: MIT */
/* Font files: read whole, opened by FreeType, and by HarfBuzz where text is shaped with them. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <hb-ot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "font_impl.h"

/* Not blocking, so that opening a pipe that nobody writes to returns. */
static int open_regular(const char *path, size_t max, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	struct stat st;
	int rc = fstat(fd, &st) < 0 ? -errno : 0;
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = -ENXIO;
	if (rc == 0 && (size_t)st.st_size > max)
		rc = -EFBIG;
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*ret_n = (size_t)st.st_size;
	return fd;
}

int font_read_file(const char *path, size_t max, uint8_t **ret, size_t *ret_n, char *error, size_t error_size)
{
	size_t n = 0, have = 0;
	uint8_t *bytes = NULL;
	int rc = 0, fd = open_regular(path, max, &n);
	if (fd < 0)
		rc = fd;
	else if (!(bytes = malloc(n + 1)))
		rc = -ENOMEM;
	while (rc == 0 && have < n) {
		ssize_t got = read(fd, bytes + have, n - have);
		if (got > 0)
			have += (size_t)got;
		else if (got == 0)
			break;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0) {
		free(bytes);
		snprintf(error, error_size, "%s: %s", path,
			rc == -ENXIO   ? "not a regular file"
			: rc == -EFBIG ? "too large for what it should be"
				       : strerror(-rc));
		return rc;
	}
	bytes[have] = 0;
	*ret = bytes;
	*ret_n = have;
	return 0;
}

static int open_hb(struct font_file *file)
{
	hb_blob_t *blob = hb_blob_create(
		(const char *)file->bytes, (unsigned)file->n, HB_MEMORY_MODE_READONLY, NULL, NULL);
	file->hb_face = hb_face_create(blob, 0);
	hb_blob_destroy(blob);
	if (hb_face_get_glyph_count(file->hb_face) == 0)
		return -EINVAL;
	file->hb = hb_font_create(file->hb_face);
	hb_font_set_scale(file->hb, 65536, 65536);
	hb_font_make_immutable(file->hb);
	return 0;
}

int font_file_open(FT_Library library, const char *path, int with_shaping, struct font_file *ret, char *error,
	size_t error_size)
{
	struct font_file file = {0};
	int rc = font_read_file(path, FONT_FILE_MAX, &file.bytes, &file.n, error, error_size);
	if (rc < 0)
		return rc;
	FT_Error failed = FT_New_Memory_Face(library, file.bytes, (FT_Long)file.n, 0, &file.ft);
	if (failed) {
		snprintf(error, error_size, "%s: not a font that can be read (FreeType error %d)", path,
			failed);
		rc = -EINVAL;
	} else if (!FT_IS_SCALABLE(file.ft) || file.ft->units_per_EM < 16 || file.ft->num_glyphs < 2) {
		snprintf(error, error_size, "%s: a font without outlines", path);
		rc = -EINVAL;
	} else if (!(file.path = strdup(path))) {
		snprintf(error, error_size, "%s: %s", path, strerror(ENOMEM));
		rc = -ENOMEM;
	} else if (with_shaping && (rc = open_hb(&file)) < 0) {
		snprintf(error, error_size, "%s: text cannot be shaped with it", path);
	}
	if (rc < 0) {
		font_file_close(&file);
		return rc;
	}
	file.units = file.ft->units_per_EM;
	*ret = file;
	return 0;
}

void font_file_close(struct font_file *file)
{
	if (file->hb)
		hb_font_destroy(file->hb);
	if (file->hb_face)
		hb_face_destroy(file->hb_face);
	if (file->ft)
		FT_Done_Face(file->ft);
	free(file->bytes);
	free(file->path);
	*file = (struct font_file){0};
}

char *font_find(const char *const *patterns)
{
	for (; *patterns; patterns++) {
		glob_t found;
		char *path = NULL;
		if (glob(*patterns, 0, NULL, &found) == 0) {
			if (found.gl_pathc > 0)
				path = strdup(found.gl_pathv[found.gl_pathc - 1]);
			globfree(&found);
		}
		if (path)
			return path;
	}
	return NULL;
}
