/* SPDX-License-Identifier: MIT */
/* Compressed MusicXML: a zip whose META-INF/container.xml names the score. */
#include "import.h"

#include <errno.h>
#include <string.h>

#include "../zip/zip.h"

#define MAX_UNPACKED (64u << 20)
#define MAX_RATIO 1024u /* deflate cannot do better */
#define MAX_ENTRIES 4096
#define MAX_CONTAINER (1u << 20)

static const char container_name[] = "META-INF/container.xml";
static const char mimetype[] = "application/vnd.recordare.musicxml";

struct unpacked {
	uint8_t *data;
	size_t size;
};

/** The current entry, whole. @return 0; -EINVAL, told; -ENOMEM. */
static int unpack(struct score_unzip *zip, const struct score_unzip_entry *entry, size_t max,
	struct nvx_draft *draft, struct unpacked *ret)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	if (entry->size > max || entry->size / MAX_RATIO > entry->packed_size)
		return score_error(draft->report, "nvx1.limit.unpacked", SCORE_AT("%.80s", entry->name),
			"%llu bytes unpacked, at most %zu", (unsigned long long)entry->size, max);
	uint8_t *data = score_zalloc(alloc, (size_t)entry->size + 1, 1);
	if (!data)
		return -ENOMEM;
	const int64_t n = entry->is_foreign ? -EINVAL : score_unzip_read(zip, data, (size_t)entry->size);
	if (n == (int64_t)entry->size) {
		*ret = (struct unpacked){data, (size_t)n};
		return 0;
	}
	score_free(alloc, data);
	return n < 0 ? score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT("%.80s", entry->name),
			       "cannot be unpacked")
		     : score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT("%.80s", entry->name),
			       "breaks off after %lld of %llu bytes", (long long)n,
			       (unsigned long long)entry->size);
}

/** The value of the first full-path in a container: attributes have no entities worth knowing here. */
static int read_container(const struct unpacked *container, char *path, size_t size)
{
	static const char key[] = "full-path";
	const char *at = memmem(container->data, container->size, key, sizeof(key) - 1);
	const char *end = (const char *)container->data + container->size;
	if (!at)
		return 0;
	at += sizeof(key) - 1;
	while (at < end && (*at == ' ' || *at == '=' || *at == '\n' || *at == '\t' || *at == '\r'))
		at++;
	if (at >= end || (*at != '"' && *at != '\''))
		return 0;
	const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
	const size_t len = close ? (size_t)(close - at - 1) : 0;
	if (!len || len >= size)
		return 0;
	memcpy(path, at + 1, len);
	path[len] = 0;
	return 1;
}

static int is_score_name(const char *name, const void *)
{
	const char *dot = strrchr(name, '.');
	return dot && strncmp(name, "META-INF/", 9) != 0 && strncmp(name, "__MACOSX/", 9) != 0 &&
	       (strcasecmp(dot, ".xml") == 0 || strcasecmp(dot, ".musicxml") == 0);
}

/** The entry with the score: as the container says, else the first that looks like one. */
static int find_score(struct score_unzip *zip, struct nvx_draft *draft, struct score_unzip_entry *ret)
{
	char path[1024];
	if (score_unzip_find(zip, score_unzip_is_named, container_name, ret) == 0) {
		struct unpacked text = {};
		const int rc = unpack(zip, ret, MAX_CONTAINER, draft, &text);
		if (rc < 0)
			return rc;
		const int named = read_container(&text, path, sizeof(path));
		score_free(nvx_pool_alloc(draft->pool), text.data);
		if (named && score_unzip_find(zip, score_unzip_is_named, path, ret) == 0)
			return 0;
	}
	score_warn(draft->report, "musicxml.container", container_name, "does not name the score");
	if (score_unzip_find(zip, is_score_name, NULL, ret) == 0)
		return 0;
	return score_error(draft->report, "IMPORT_PARSE_001", "zip", "no score in it");
}

static int import_zip(struct score_unzip *zip, struct nvx_draft *draft)
{
	struct score_unzip_entry entry;
	struct unpacked text = {};
	if (score_unzip_count(zip) > MAX_ENTRIES)
		return score_error(draft->report, "nvx1.limit.entries", "zip", "%llu entries, at most %d",
			(unsigned long long)score_unzip_count(zip), MAX_ENTRIES);
	int rc = find_score(zip, draft, &entry);
	if (rc == 0)
		rc = unpack(zip, &entry, MAX_UNPACKED, draft, &text);
	if (rc < 0)
		return rc;
	rc = mx_import_xml(text.data, text.size, draft);
	score_free(nvx_pool_alloc(draft->pool), text.data);
	return rc;
}

int mxl_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	struct score_unzip zip = {.bytes = bytes, .size = size, .libraries = score_libraries(draft->report)};
	(void)strcpy(draft->report->dialect, "compressed MusicXML");
	if (!zip.libraries)
		return -EINVAL;
	if (score_unzip_open(&zip) < 0)
		return score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT_BYTE(0),
			"not a zip archive, or a broken one");
	const int rc = import_zip(&zip, draft);
	score_unzip_close(&zip);
	if (rc == -ENOMEM)
		draft->error = rc;
	return rc;
}

/* ---- out ---- */

int mxl_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	static const char container[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n  <rootfiles>\n    <rootfile "
		"full-path=\"score.musicxml\" media-type=\"application/vnd.recordare.musicxml+xml\"/>\n"
		"  </rootfiles>\n</container>\n";
	struct score_zip zip = {.out = out, .libraries = score_libraries(report)};
	struct score_bytes text;
	if (!zip.libraries)
		return -EINVAL;
	score_bytes_init(&text, out->alloc);
	int rc = musicxml_export(score, &text, report);
	if (rc < 0) {
		score_bytes_finish(&text);
		return rc;
	}
	rc = score_zip_open(&zip);
	if (!rc)
		rc = score_zip_add(&zip, "mimetype", mimetype, sizeof(mimetype) - 1, 1);
	if (!rc)
		rc = score_zip_add(&zip, container_name, container, sizeof(container) - 1, 0);
	if (!rc)
		rc = score_zip_add(&zip, "score.musicxml", text.data, text.n, 0);
	if (zip.file && score_zip_close(&zip) < 0)
		rc = -ENOMEM;
	score_bytes_finish(&text);
	return rc;
}
