/* SPDX-License-Identifier: MIT */
#include "sfz_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sfz_define.h"

struct text {
	const struct sfz_source *source;
	const struct sfz_sink *sink;
	struct sfz_defines *defines;
	size_t bytes_left;
	uint32_t files_left;
	uint32_t depth;
	const char *open[SFZ_INCLUDE_DEPTH]; /* paths of the files that are being read */
};

struct reader {
	struct text *t;
	const char *at, *end;
	struct sfz_place place;
};

static int read_file(struct text *t, const char *path, const char *name);

static int is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\0' || c == '\v' || c == '\f';
}

static int is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

static int is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static int is_comment(const char *at, const char *end)
{
	return end - at >= 2 && at[0] == '/' && (at[1] == '/' || at[1] == '*');
}

static void note(struct reader *r, const char *message)
{
	r->t->sink->note(r->t->sink->data, &r->place, message);
}

/* Over spaces, line ends and comments. */
static void skip_blank(struct reader *r)
{
	while (r->at < r->end) {
		if (is_comment(r->at, r->end) && r->at[1] == '/') {
			while (r->at < r->end && !is_line_end(*r->at))
				r->at++;
		} else if (is_comment(r->at, r->end)) {
			r->at += 2;
			while (r->at < r->end && !(r->end - r->at >= 2 && r->at[0] == '*' && r->at[1] == '/'))
				r->place.line += *r->at++ == '\n';
			r->at = r->end - r->at >= 2 ? r->at + 2 : r->end;
		} else if (is_space(*r->at) || is_line_end(*r->at)) {
			r->place.line += *r->at++ == '\n';
		} else {
			return;
		}
	}
}

static void skip_line(struct reader *r)
{
	while (r->at < r->end && *r->at != '\n')
		r->at++;
}

static int starts_with(const struct reader *r, const char *word)
{
	size_t n = strlen(word);
	return (size_t)(r->end - r->at) >= n && memcmp(r->at, word, n) == 0 &&
	       ((size_t)(r->end - r->at) == n || !is_word(r->at[n]));
}

static int expand(struct reader *r, const char *from, size_t n, char *to, size_t size)
{
	if (sfz_defines_expand(r->t->defines, from, n, to, size) == 0)
		return 0;
	note(r, "a name or a value is too long, left out");
	return -E2BIG;
}

static int include(struct reader *r)
{
	char message[SFZ_VALUE_MAX + 64], name[SFZ_VALUE_MAX];
	const char *from;
	char *path = NULL;
	int ret;

	while (r->at < r->end && is_space(*r->at))
		r->at++;
	if (r->at == r->end || *r->at != '"') {
		note(r, "#include without a file name in quotes");
		skip_line(r);
		return 0;
	}
	from = ++r->at;
	while (r->at < r->end && *r->at != '"' && !is_line_end(*r->at))
		r->at++;
	ret = expand(r, from, (size_t)(r->at - from), name, sizeof(name));
	if (r->at < r->end && *r->at == '"')
		r->at++;
	if (ret < 0)
		return 0;
	if (r->t->depth == SFZ_INCLUDE_DEPTH) {
		note(r, "files are included too deeply");
		return 0;
	}
	ret = r->t->source->find(r->t->source->data, name, &path);
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		(void)snprintf(message, sizeof(message), "included file %s: %s", name, strerror(-ret));
		note(r, message);
		return 0;
	}
	for (uint32_t i = 0; i < r->t->depth; i++) {
		if (strcmp(r->t->open[i], path) == 0) {
			note(r, "a file that includes itself is read once");
			free(path);
			return 0;
		}
	}
	ret = read_file(r->t, path, name);
	free(path);
	return ret;
}

/* #define $NAME value: the value is one word. */
static int define(struct reader *r)
{
	const char *name, *value;
	size_t n;

	while (r->at < r->end && is_space(*r->at))
		r->at++;
	if (r->at == r->end || *r->at != '$') {
		note(r, "#define without a $name");
		skip_line(r);
		return 0;
	}
	name = ++r->at;
	while (r->at < r->end && is_word(*r->at))
		r->at++;
	n = (size_t)(r->at - name);
	while (r->at < r->end && is_space(*r->at))
		r->at++;
	value = r->at;
	while (r->at < r->end && !is_space(*r->at) && !is_line_end(*r->at) && !is_comment(r->at, r->end))
		r->at++;
	int ret = sfz_defines_set(r->t->defines, name, n, value, (size_t)(r->at - value));
	if (ret == -ENOMEM)
		return ret;
	if (ret < 0)
		note(r, "#define of an empty or too long name, or one too many, left out");
	return 0;
}

static int directive(struct reader *r)
{
	r->at++;
	if (starts_with(r, "include")) {
		r->at += strlen("include");
		return include(r);
	}
	if (starts_with(r, "define")) {
		r->at += strlen("define");
		return define(r);
	}
	note(r, "a line with # that is neither #include nor #define, left out");
	skip_line(r);
	return 0;
}

static int header(struct reader *r)
{
	char name[SFZ_NAME_MAX];
	const char *from = ++r->at;
	size_t n;

	while (r->at < r->end && is_word(*r->at))
		r->at++;
	n = (size_t)(r->at - from);
	if (n == 0 || n >= sizeof(name) || r->at == r->end || *r->at != '>') {
		note(r, "a < that begins no header, line left out");
		skip_line(r);
		return 0;
	}
	r->at++;
	memcpy(name, from, n);
	name[n] = '\0';
	return r->t->sink->header(r->t->sink->data, name, &r->place);
}

/* Does something else than more of a value stand at `at`, which follows a space? */
static int ends_value(const char *at, const char *end)
{
	if (at == end || *at == '<')
		return 1;
	if (*at == '#')
		return (end - at > 7 && memcmp(at, "#define", 7) == 0) ||
		       (end - at > 8 && memcmp(at, "#include", 8) == 0);
	if (!is_word(*at) && *at != '$')
		return 0;
	while (at < end && (is_word(*at) || *at == '$'))
		at++;
	return at < end && *at == '=';
}

/*
 * Values may hold spaces (names of samples): they end where the line does, or before the next opcode or
 * header. Looks no further than that: a file may be one line.
 */
static const char *value_end(const struct reader *r)
{
	const char *at = r->at;

	while (at < r->end && *at != '<' && !is_line_end(*at) && !is_comment(at, r->end)) {
		const char *next = at;

		while (next < r->end && is_space(*next))
			next++;
		if (next > at && (next == r->end || is_line_end(*next) || is_comment(next, r->end) ||
					 ends_value(next, r->end)))
			return at;
		at = next > at ? next : at + 1;
	}
	return at;
}

static int blob(struct reader *r)
{
	const char *from = r->at;
	struct sfz_place place = r->place;

	while (r->at < r->end && *r->at != '<' && *r->at != '#')
		r->place.line += *r->at++ == '\n';
	return r->t->sink->blob(r->t->sink->data, from, (size_t)(r->at - from), &place);
}

static int opcode(struct reader *r)
{
	char name[SFZ_NAME_MAX], value[SFZ_VALUE_MAX];
	const char *from = r->at, *end;
	int ret;

	while (r->at < r->end && (is_word(*r->at) || *r->at == '$'))
		r->at++;
	if (r->at == from || r->at == r->end || *r->at != '=') {
		note(r, "neither a header nor an opcode, line left out");
		skip_line(r);
		return 0;
	}
	ret = expand(r, from, (size_t)(r->at - from), name, sizeof(name));
	r->at++;
	if (ret == 0 && strcmp(name, "base64data") == 0)
		return blob(r);
	from = r->at;
	end = value_end(r);
	r->at = end;
	if (ret < 0)
		return 0;
	while (from < end && is_space(*from))
		from++;
	while (end > from && is_space(end[-1]))
		end--;
	if (expand(r, from, (size_t)(end - from), value, sizeof(value)) < 0)
		return 0;
	return r->t->sink->opcode(r->t->sink->data, name, value, &r->place);
}

static int read_text(struct text *t, const char *data, size_t size, const char *name)
{
	struct reader r = {.t = t, .at = data, .end = data + size, .place = {.file = name, .line = 1}};
	int ret = 0;

	if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	while (ret == 0) {
		skip_blank(&r);
		if (r.at == r.end)
			break;
		if (*r.at == '#')
			ret = directive(&r);
		else if (*r.at == '<')
			ret = header(&r);
		else
			ret = opcode(&r);
	}
	return ret;
}

static int read_file(struct text *t, const char *path, const char *name)
{
	struct sfz_place place = {.file = name, .line = 1};
	char *data = NULL;
	size_t size = 0;
	int ret;

	if (t->files_left == 0) {
		t->sink->note(t->sink->data, &place, "too many files are included, left out");
		return 0;
	}
	t->files_left--;
	ret = t->source->read(t->source->data, path, t->bytes_left, &data, &size);
	if (ret < 0 && (t->depth == 0 || ret == -ENOMEM))
		return ret;
	if (ret < 0) {
		char message[128];
		(void)snprintf(message, sizeof(message), "cannot be read: %s", strerror(-ret));
		t->sink->note(t->sink->data, &place, message);
		return 0;
	}
	t->bytes_left -= size;
	t->open[t->depth++] = path;
	ret = read_text(t, data, size, name);
	t->depth--;
	free(data);
	return ret;
}

int sfz_text_read(const char *path, const struct sfz_source *source, const struct sfz_sink *sink)
{
	const char *slash = strrchr(path, '/');
	struct text t = {
		.source = source, .sink = sink, .bytes_left = SFZ_TEXT_BYTES, .files_left = SFZ_FILES};
	int ret;

	t.defines = sfz_defines_new();
	if (!t.defines)
		return -ENOMEM;
	ret = read_file(&t, path, slash ? slash + 1 : path);
	sfz_defines_free(t.defines);
	return ret;
}
