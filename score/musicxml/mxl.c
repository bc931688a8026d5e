/* SPDX-License-Identifier: MIT */
/* Compressed MusicXML: a zip whose META-INF/container.xml names the score. */
#include "import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zip.h>

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

/** One entry, whole. @return 0; -EINVAL, told; -ENOMEM. */
static int unpack(zip_t *zip, zip_uint64_t index, size_t max, struct nvx_draft *draft, struct unpacked *ret)
{
	const struct score_alloc *alloc = nvx_pool_alloc(draft->pool);
	zip_stat_t stat;
	zip_stat_init(&stat);
	if (zip_stat_index(zip, index, 0, &stat) < 0 || !(stat.valid & ZIP_STAT_SIZE))
		return score_error(draft->report, "IMPORT_PARSE_001", "zip", "an entry without a size");
	const char *name = stat.valid & ZIP_STAT_NAME ? stat.name : "";
	if (stat.size > max || ((stat.valid & ZIP_STAT_COMP_SIZE) && stat.size / MAX_RATIO > stat.comp_size))
		return score_error(draft->report, "nvx1.limit.unpacked", SCORE_AT("%.80s", name),
			"%llu bytes unpacked, at most %zu", (unsigned long long)stat.size, max);
	zip_file_t *file = zip_fopen_index(zip, index, 0);
	if (!file)
		return score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT("%.80s", name),
			"cannot be unpacked: %.100s", zip_strerror(zip));
	ret->data = score_zalloc(alloc, (size_t)stat.size + 1, 1);
	int rc = ret->data ? 0 : -ENOMEM;
	while (!rc && ret->size < stat.size) {
		const zip_int64_t n = zip_fread(file, ret->data + ret->size, stat.size - ret->size);
		if (n <= 0)
			rc = score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT("%.80s", name),
				"breaks off after %zu of %llu bytes", ret->size,
				(unsigned long long)stat.size);
		else
			ret->size += (size_t)n;
	}
	(void)zip_fclose(file);
	if (rc < 0) {
		score_free(alloc, ret->data);
		*ret = (struct unpacked){};
	}
	return rc;
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

static int is_score_name(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && strncmp(name, "META-INF/", 9) != 0 && strncmp(name, "__MACOSX/", 9) != 0 &&
	       (strcasecmp(dot, ".xml") == 0 || strcasecmp(dot, ".musicxml") == 0);
}

/** The entry with the score: as the container says, else the first that looks like one. */
static zip_int64_t find_score(zip_t *zip, struct nvx_draft *draft)
{
	char path[1024];
	const zip_int64_t container = zip_name_locate(zip, container_name, 0);
	if (container >= 0) {
		struct unpacked text = {};
		const int rc = unpack(zip, (zip_uint64_t)container, MAX_CONTAINER, draft, &text);
		if (rc < 0)
			return rc;
		const int named = read_container(&text, path, sizeof(path));
		score_free(nvx_pool_alloc(draft->pool), text.data);
		const zip_int64_t index = named ? zip_name_locate(zip, path, 0) : -1;
		if (index >= 0)
			return index;
	}
	score_warn(draft->report, "musicxml.container", container_name, "does not name the score");
	for (zip_int64_t i = 0; i < zip_get_num_entries(zip, 0); i++) {
		const char *name = zip_get_name(zip, (zip_uint64_t)i, 0);
		if (name && is_score_name(name))
			return i;
	}
	return score_error(draft->report, "IMPORT_PARSE_001", "zip", "no score in it");
}

static int import_zip(zip_t *zip, struct nvx_draft *draft)
{
	struct unpacked text = {};
	if (zip_get_num_entries(zip, 0) > MAX_ENTRIES)
		return score_error(draft->report, "nvx1.limit.entries", "zip", "%lld entries, at most %d",
			(long long)zip_get_num_entries(zip, 0), MAX_ENTRIES);
	const zip_int64_t index = find_score(zip, draft);
	if (index < 0)
		return (int)index;
	const int rc = unpack(zip, (zip_uint64_t)index, MAX_UNPACKED, draft, &text);
	if (rc < 0)
		return rc;
	const int imported = mx_import_xml(text.data, text.size, draft);
	score_free(nvx_pool_alloc(draft->pool), text.data);
	return imported;
}

int mxl_import(const uint8_t *bytes, size_t size, struct nvx_draft *draft)
{
	zip_error_t error;
	(void)strcpy(draft->report->dialect, "compressed MusicXML");
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(bytes, size, 0, &error);
	if (!source)
		return draft->error = -ENOMEM;
	zip_t *zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	if (!zip) {
		const int rc = score_error(draft->report, "IMPORT_PARSE_001", SCORE_AT_BYTE(0),
			"not a zip archive: %.100s", zip_error_strerror(&error));
		zip_source_free(source);
		zip_error_fini(&error);
		return rc;
	}
	const int rc = import_zip(zip, draft);
	zip_discard(zip);
	zip_error_fini(&error);
	if (rc == -ENOMEM)
		draft->error = rc;
	return rc;
}

/* ---- out ---- */

static int add_entry(zip_t *zip, const char *name, const void *data, size_t size, int stored)
{
	zip_source_t *source = zip_source_buffer(zip, data, size, 0);
	if (!source)
		return -ENOMEM;
	const zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
	if (index < 0) {
		zip_source_free(source);
		return -ENOMEM;
	}
	/* the same bytes whenever they are written: a zip has to say some date */
	(void)zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 0x21, 0);
	if (stored)
		(void)zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
	return 0;
}

/** The archive's bytes out of the source that it was written to. */
static int copy_out(zip_source_t *archive, struct score_bytes *out)
{
	zip_stat_t stat;
	zip_stat_init(&stat);
	if (zip_source_stat(archive, &stat) < 0 || zip_source_open(archive) < 0)
		return -ENOMEM;
	uint8_t chunk[4096];
	for (zip_uint64_t left = stat.size; left > 0;) {
		const zip_int64_t n =
			zip_source_read(archive, chunk, left < sizeof(chunk) ? left : sizeof(chunk));
		if (n <= 0)
			break;
		score_bytes_put(out, chunk, (size_t)n);
		left -= (zip_uint64_t)n;
	}
	(void)zip_source_close(archive);
	return out->error;
}

int mxl_export(const struct score *score, struct score_bytes *out, struct score_report *report)
{
	static const char container[] =
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<container>\n  <rootfiles>\n    <rootfile "
		"full-path=\"score.musicxml\" media-type=\"application/vnd.recordare.musicxml+xml\"/>\n"
		"  </rootfiles>\n</container>\n";
	struct score_bytes text;
	zip_error_t error;
	score_bytes_init(&text, out->alloc);
	int rc = musicxml_export(score, &text, report);
	if (rc < 0) {
		score_bytes_finish(&text);
		return rc;
	}
	zip_error_init(&error);
	zip_source_t *archive = zip_source_buffer_create(NULL, 0, 0, &error);
	zip_t *zip = archive ? zip_open_from_source(archive, ZIP_TRUNCATE, &error) : NULL;
	if (!zip) {
		zip_source_free(archive);
		rc = -ENOMEM;
	} else {
		zip_source_keep(archive);
		rc = add_entry(zip, "mimetype", mimetype, sizeof(mimetype) - 1, 1);
		if (!rc)
			rc = add_entry(zip, container_name, container, sizeof(container) - 1, 0);
		if (!rc)
			rc = add_entry(zip, "score.musicxml", text.data, text.n, 0);
		if (rc < 0 || zip_close(zip) < 0) {
			zip_discard(zip);
			rc = -ENOMEM;
		} else {
			rc = copy_out(archive, out);
		}
		zip_source_free(archive);
	}
	zip_error_fini(&error);
	score_bytes_finish(&text);
	return rc;
}
