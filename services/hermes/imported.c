/* SPDX-License-Identifier: MIT */
#include "imported.h"

#include <errno.h>
#include <string.h>

#include <score/format.h>
#include <score/nvx_json.h>

#include "file.h"

#define NAME_BYTES 256u

/* "song.mid" -> "song" */
static void strip_ending(const char *name, char ret[static NAME_BYTES])
{
	(void)snprintf(ret, NAME_BYTES, "%s", name);
	char *dot = strrchr(ret, '.');
	if (dot && dot != ret)
		*dot = '\0';
}

static int is_cancelled(const atomic_bool *cancel)
{
	return cancel && atomic_load_explicit(cancel, memory_order_relaxed);
}

static int make(struct imported *im, const uint8_t *bytes, size_t size, const struct score_import *import)
{
	enum score_format format;
	int rc = score_import(bytes, size, import, &im->report, &im->score, &format);

	if (rc < 0)
		return rc;
	(void)snprintf(im->format, sizeof(im->format), "%s",
		im->report.dialect[0] ? im->report.dialect : score_format_title(format));
	im->compiler = score_compiler_new(&score_heap);
	if (!im->compiler)
		return -ENOMEM;
	(void)score_state(im->score); /* here, so that the loop need not work it out */
	rc = timeline_make(im->compiler, im->score, &im->report, &im->timeline);
	if (rc == 0 && is_cancelled(import->cancel))
		rc = -ECANCELED;
	return rc < 0 ? rc : nvx_write(im->score, NVX_CANONICAL, &im->content);
}

int imported_read(struct imported *imported, int fd, const char *name, uint32_t index,
	const atomic_bool *cancel, struct failure *failure)
{
	char title[NAME_BYTES];
	const struct score_import import = {
		.alloc = &score_heap, .name = title, .index = index, .cancel = cancel};
	const char *why;
	uint8_t *bytes;
	size_t size;

	*imported = (struct imported){.timeline.fd = -1};
	score_bytes_init(&imported->content, &score_heap);
	strip_ending(name, title);
	int rc = file_read(fd, &score_heap, &bytes, &size, &why);
	if (rc < 0)
		return failure_set(failure, rc, "hermes.file.unreadable", "the file cannot be read: %s", why);
	rc = make(imported, bytes, size, &import);
	imported->n_scores = failure->n_scores = score_count(bytes, size);
	score_free(&score_heap, bytes);
	if (rc == 0)
		return 0;
	failure->report = imported->report;
	imported_finish(imported);
	return failure_of_score(failure, rc);
}

void imported_finish(struct imported *imported)
{
	timeline_finish(&imported->timeline);
	score_compiler_free(imported->compiler);
	score_unref(imported->score);
	score_bytes_finish(&imported->content);
	imported->compiler = NULL;
	imported->score = NULL;
}
