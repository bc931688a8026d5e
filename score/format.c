/* SPDX-License-Identifier: MIT */
#include <score/format.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <score/abc.h>
#include <score/ireal.h>
#include <score/nvx_json.h>

static const struct {
	const char *name, *suffix, *title;
	int (*import)(const uint8_t *bytes, size_t size, struct nvx_draft *draft);
	int (*export)(const struct score *score, struct score_bytes *out, struct score_report *report);
} formats[] = {
#define X(constant, name, import, export, suffix, title)                                                     \
	[SCORE_FORMAT_##constant] = {name, suffix, title, import, export},
	SCORE_FORMATS(X)
#undef X
};

const char *score_format_name(enum score_format format)
{
	return formats[format].name;
}

const char *score_format_title(enum score_format format)
{
	return formats[format].title;
}

const char *score_format_suffix(enum score_format format)
{
	return formats[format].suffix;
}

int score_format_parse(const char *text)
{
	/* What people call them besides. */
	static const struct {
		const char *text;
		enum score_format format;
	} other[] = {{"smf", SCORE_FORMAT_SMF}, {"xml", SCORE_FORMAT_MUSICXML}, {"json", SCORE_FORMAT_NVX1}};

	if (*text == '.')
		text++;
	for (int i = 0; i < SCORE_N_FORMATS; i++) {
		if (strcasecmp(text, formats[i].name) == 0 || strcasecmp(text, formats[i].suffix + 1) == 0)
			return i;
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		if (strcasecmp(text, other[i].text) == 0)
			return other[i].format;
	}
	return -EINVAL;
}

#define LINKS_WITHIN 65536u /* of a page of HTML, before a link of a chart */

static int starts(const uint8_t *bytes, size_t size, const char *magic)
{
	const size_t n = strlen(magic);
	return size >= n && memcmp(bytes, magic, n) == 0;
}

/** Search from the front, at most `within` bytes. */
static int contains(const uint8_t *bytes, size_t size, const char *text, size_t within)
{
	return memmem(bytes, size < within ? size : within, text, strlen(text)) != NULL;
}

/** A zip's members have their names beside them, uncompressed. */
static int detect_zip(const uint8_t *bytes, size_t size, struct score_report *report)
{
	if (contains(bytes, size, "score.gpif", size))
		return SCORE_FORMAT_GP7;
	if (contains(bytes, size, "META-INF/container.xml", size))
		return SCORE_FORMAT_MXL;
	return score_error(report, "nvx1.format.unknown", SCORE_AT_BYTE(0),
		"a zip archive, but neither compressed MusicXML nor Guitar Pro 7");
}

/** Has it the fields of a tune's head? A single tune may lack its number, its title, all but the key. */
static int is_abc(const uint8_t *bytes, size_t size)
{
	int has_head = 0, has_key = 0, has_bars = 0, has_words = 0;
	size_t at = starts(bytes, size, "\xef\xbb\xbf") ? 3 : 0;
	if (starts(bytes + at, size - at, "%abc"))
		return 1;
	while (at + 2 < size) {
		const uint8_t *line = bytes + at;
		if (line[1] == ':' && line[0] == 'X') {
			size_t i = 2;
			while (at + i < size && (line[i] == ' ' || line[i] == '\t'))
				i++;
			if (at + i < size && isdigit(line[i]))
				return 1;
		}
		const size_t len = abc_line_length(line, size - at);
		if (line[1] == ':') {
			has_head |= line[0] != 0 && strchr("CLMQRTV", line[0]) != NULL;
			has_key |= line[0] == 'K';
		}
		has_words |= !has_key && len > 1 && line[0] != '%';
		has_bars |= has_key && memchr(line, '|', len) != NULL;
		at += len + 1;
	}
	return has_key && (has_head || (has_bars && !has_words));
}

/** Whitespace and a byte order mark before the first character that says something. */
static size_t skip_blank(const uint8_t *bytes, size_t size)
{
	size_t at = starts(bytes, size, "\xef\xbb\xbf") ? 3 : 0;
	while (at < size && (bytes[at] == ' ' || (bytes[at] >= '\t' && bytes[at] <= '\r')))
		at++;
	return at;
}

static int is_utf16(const uint8_t *bytes, size_t size)
{
	return size >= 4 &&
	       ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff) ||
		       (bytes[0] == 0 && bytes[1] == '<') || (bytes[0] == '<' && bytes[1] == 0));
}

int score_format_detect(const uint8_t *bytes, size_t size, struct score_report *report)
{
	static const struct {
		const char *magic;
		size_t at;
		enum score_format format;
	} magics[] = {
		{"MThd", 0, SCORE_FORMAT_SMF},
		{"RMID", 8, SCORE_FORMAT_SMF},
		{"SMF2CLIP", 0, SCORE_FORMAT_CLIP},
		{"FICHIER GUITAR PRO", 1, SCORE_FORMAT_GP},
		{"CLIPBOARD G", 1, SCORE_FORMAT_GP},
		{"BCFZ", 0, SCORE_FORMAT_GPX},
		{"BCFS", 0, SCORE_FORMAT_GPX},
	};
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (size > magics[i].at && starts(bytes + magics[i].at, size - magics[i].at, magics[i].magic))
			return magics[i].format;
	}
	if (starts(bytes, size, "PK\x03\x04"))
		return detect_zip(bytes, size, report);
	if (starts(bytes, size, "MDF2"))
		return score_error(report, "nvx1.format.binary", SCORE_AT_BYTE(0),
			"a binary container MDF2, which only its own program reads: export it there as JSON");
	if (is_utf16(bytes, size))
		return SCORE_FORMAT_MUSICXML;

	const size_t at = skip_blank(bytes, size), near = size < LINKS_WITHIN ? size : LINKS_WITHIN;
	if (at < size && bytes[at] == '{')
		return nvx_json_kind(bytes, size, report);
	const int is_markup = at < size && bytes[at] == '<';
	/* Books are looked at once a tune: one that begins as such needs no search for links. */
	if (!is_markup && is_abc(bytes, near))
		return SCORE_FORMAT_ABC;
	const int has_links = ireal_is(bytes, near);
	if (is_markup && !has_links && !contains(bytes + at, size - at, "<html", 4096))
		return SCORE_FORMAT_MUSICXML;
	/* Where links are, a tune has to begin before them: books of links are looked at once a song. */
	if (is_abc(bytes, has_links ? near : size))
		return SCORE_FORMAT_ABC;
	if (has_links)
		return SCORE_FORMAT_IREAL;
	if (contains(bytes, size, "MThd", 65536)) /* something before the header: a mailer's, a server's */
		return SCORE_FORMAT_SMF;
	if (size == 0)
		return score_error(report, "nvx1.format.unknown", SCORE_AT_BYTE(0), "the file is empty");
	return score_error(report, "nvx1.format.unknown", SCORE_AT_BYTE(0),
		"neither MIDI, MusicXML, ABC, iReal Pro, Guitar Pro, NVX1 nor UMF");
}

uint32_t score_count(const uint8_t *bytes, size_t size)
{
	struct score_report report;
	report.n_errors = report.n_warnings = 0;
	switch (score_format_detect(bytes, size, &report)) {
	case SCORE_FORMAT_ABC:
		return abc_count(bytes, size);
	case SCORE_FORMAT_IREAL:
		return ireal_count(bytes, size);
	default:
		return 1;
	}
}

size_t score_next(const uint8_t *bytes, size_t size, size_t from)
{
	struct score_report report;
	report.n_errors = report.n_warnings = 0;
	switch (score_format_detect(bytes, size, &report)) {
	case SCORE_FORMAT_ABC: {
		const size_t at = abc_next_tune(bytes, size, from);
		return at == size && from == 0 && abc_count(bytes, size) == 1 ? 0 : at;
	}
	case SCORE_FORMAT_IREAL:
		return ireal_next_song(bytes, size, from);
	default:
		return from == 0 ? 0 : size;
	}
}

static int import_into(struct nvx_draft *draft, enum score_format format, const uint8_t *bytes, size_t size,
	const struct score_import *import)
{
	const uint32_t index = import->index;
	if (format == SCORE_FORMAT_ABC)
		return import->at > 0 ? abc_import_at(bytes, size, import->at, draft)
				      : abc_import_tune(bytes, size, index, draft);
	if (format == SCORE_FORMAT_IREAL)
		return import->at > 0 ? ireal_import_at(bytes, size, import->at, draft)
				      : ireal_import_song(bytes, size, index, draft);
	if (index > 0)
		return score_error(draft->report, "nvx1.format.unknown", SCORE_AT_BYTE(0),
			"score number %u is asked for, and a %s file holds one", index + 1,
			formats[format].title);
	return formats[format].import(bytes, size, draft);
}

int score_import(const uint8_t *bytes, size_t size, const struct score_import *import,
	struct score_report *report, struct score **ret, enum score_format *ret_format)
{
	struct nvx_draft draft;
	const int format = score_format_detect(bytes, size, report);
	if (format < 0)
		return format;
	int rc = nvx_draft_init(&draft, import->alloc, report);
	if (rc < 0)
		return rc;
	draft.cancel = import->cancel;
	draft.lines = import->lines;
	draft.repair = format != SCORE_FORMAT_NVX1 && format != SCORE_FORMAT_UMF;

	rc = import_into(&draft, (enum score_format)format, bytes, size, import);
	if (import->ret_has_tempo)
		*import->ret_has_tempo = draft.n_tempo > 0;
	if (rc == 0)
		rc = nvx_finish(&draft, import->name, ret);
	if (rc < 0) {
		size_t len;
		const char *title = nvx_string(draft.pool, draft.globals.metadata.title, &len);
		score_report_title(report, title, len);
	}
	nvx_draft_finish(&draft);
	if (rc == 0 && ret_format)
		*ret_format = (enum score_format)format;
	return rc;
}

int score_export(const struct score *score, enum score_format format, struct score_bytes *out,
	struct score_report *report)
{
	if (!formats[format].export)
		return -ENOTSUP;
	return formats[format].export(score, out, report);
}
