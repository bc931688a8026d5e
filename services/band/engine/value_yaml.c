/* SPDX-License-Identifier: MIT */
#include "value_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

/** Where the next value goes: a list or map that is still open. */
struct level {
	struct band_value *value, *last;
	struct band_value *keyed; /**< of a map: has its key and waits for its value */
};

struct yaml_reader {
	struct band_doc *doc;
	struct level level[BAND_VALUE_DEPTH + 1];
	uint32_t depth; /**< open lists and maps */
	bool ended;     /**< the document is complete */
};

static int refuse_at(struct band_doc *doc, const yaml_mark_t *mark, const char *why)
{
	char where[BAND_WHERE_MAX];

	(void)snprintf(where, sizeof(where), "line %zu, column %zu", mark->line + 1, mark->column + 1);
	return band_error(doc->report, doc->code, where, "%s", why);
}

/** The value that an event is about: the root, a list's next, or the one whose key was read. */
static int place(struct yaml_reader *r, const yaml_event_t *event, struct band_value **ret)
{
	int rc = 0;

	if (r->depth == 0) {
		rc = doc_add(r->doc, NULL, NULL, ret);
	} else {
		struct level *level = &r->level[r->depth - 1];

		if (level->value->type == BAND_LIST)
			rc = doc_add(r->doc, level->value, &level->last, ret);
		else
			*ret = level->keyed;
		level->keyed = NULL;
	}
	if (rc == 0) {
		(*ret)->line = (uint32_t)event->start_mark.line + 1;
		(*ret)->column = (uint32_t)event->start_mark.column + 1;
	}
	return rc;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

/** What YAML 1.1 makes of a scalar without quotes. */
static void resolve(struct band_value *value, size_t len)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {
		"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
	static const char *const no[] = {
		"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL};

	if (is_one_of(value->text, nulls)) {
		value->type = BAND_NULL;
	} else if (is_one_of(value->text, yes)) {
		value->type = BAND_BOOL;
		value->boolean = true;
	} else if (is_one_of(value->text, no)) {
		value->type = BAND_BOOL;
	} else {
		doc_number(value, len);
	}
}

static int scalar(struct yaml_reader *r, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const size_t len = event->data.scalar.length;
	struct level *level = r->depth ? &r->level[r->depth - 1] : NULL;
	struct band_value *value;

	if (event->data.scalar.tag)
		return refuse_at(r->doc, &event->start_mark, "tags are not read");
	if (level && level->value->type == BAND_MAP && !level->keyed) {
		const int rc = doc_add(r->doc, level->value, &level->last, &level->keyed);

		return rc < 0 ? rc : doc_text(r->doc, level->value, text, len, &level->keyed->key);
	}
	int rc = place(r, event, &value);
	if (rc < 0)
		return rc;
	value->type = BAND_TEXT;
	rc = doc_text(r->doc, value, text, len, &value->text);
	if (rc == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		resolve(value, len);
	return rc;
}

static int open_level(struct yaml_reader *r, const yaml_event_t *event, uint8_t type, const yaml_char_t *tag)
{
	struct level *level = r->depth ? &r->level[r->depth - 1] : NULL;
	struct band_value *value;

	if (tag)
		return refuse_at(r->doc, &event->start_mark, "tags are not read");
	if (level && level->value->type == BAND_MAP && !level->keyed)
		return refuse_at(r->doc, &event->start_mark, "a key has to be a text");
	if (r->depth > BAND_VALUE_DEPTH)
		return refuse_at(r->doc, &event->start_mark, "more than 16 lists and maps inside each other");
	const int rc = place(r, event, &value);
	if (rc == 0) {
		value->type = type;
		r->level[r->depth++] = (struct level){.value = value};
	}
	return rc;
}

static int close_level(struct yaml_reader *r)
{
	const struct band_value *value = r->level[--r->depth].value;

	return value->type == BAND_MAP ? doc_check_keys(r->doc, value) : 0;
}

static int take(struct yaml_reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		if (event->data.scalar.anchor)
			return refuse_at(r->doc, &event->start_mark, "anchors are not read");
		return scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		if (event->data.sequence_start.anchor)
			return refuse_at(r->doc, &event->start_mark, "anchors are not read");
		return open_level(r, event, BAND_LIST, event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		if (event->data.mapping_start.anchor)
			return refuse_at(r->doc, &event->start_mark, "anchors are not read");
		return open_level(r, event, BAND_MAP, event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_level(r);
	case YAML_ALIAS_EVENT:
		return refuse_at(r->doc, &event->start_mark, "aliases are not read");
	case YAML_DOCUMENT_START_EVENT:
		return r->doc->root ? refuse_at(r->doc, &event->start_mark, "a second document begins here")
				    : 0;
	case YAML_STREAM_END_EVENT:
		r->ended = true;
		return 0;
	default:
		return 0;
	}
}

static int refuse_syntax(struct band_doc *doc, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "no YAML";
	char where[BAND_WHERE_MAX];

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error != YAML_READER_ERROR)
		return refuse_at(doc, &parser->problem_mark, problem);
	/* Of bytes that are no UTF-8 only the offset is told. */
	(void)snprintf(where, sizeof(where), "byte %zu", parser->problem_offset);
	return band_error(doc->report, doc->code, where, "%s", problem);
}

int doc_read_yaml(struct band_doc *doc, const char *bytes, size_t size)
{
	struct yaml_reader r = {.doc = doc};
	yaml_parser_t parser;
	int rc = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	while (rc == 0 && !r.ended) {
		yaml_event_t event;

		if (!yaml_parser_parse(&parser, &event)) {
			rc = refuse_syntax(doc, &parser);
			break;
		}
		rc = take(&r, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (rc == 0 && !doc->root)
		return band_error(doc->report, doc->code, "/", "the file is empty");
	return rc;
}
