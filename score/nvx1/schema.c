/* SPDX-License-Identifier: MIT */
/* JSON Schema (draft 2020-12) of NVX1, from the same tables as reader and writer. */
#include <score/nvx_json.h>

#include <stdio.h>
#include <string.h>

#include "json_put.h"
#include "read.h"
#include "words.h"
#include "write.h"

#define ID_PATTERN "^[A-Za-z0-9._:-]{1,64}$"
#define KEY_PATTERN                                                                                          \
	"^(none|[A-G](b|bb|#|##)?( "                                                                         \
	"(major|minor|ionian|dorian|phrygian|lydian|mixolydian|aeolian|locrian|maj|min)|m)?)$"
#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$"
#define NAMESPACE_PATTERN "^[a-z0-9]+([.-][a-z0-9]+)*$"

static void put_table(struct nvx_writer *w, const struct nvx_table *t);

static void put_reference(struct nvx_writer *w, const char *name)
{
	char text[64];
	(void)snprintf(text, sizeof(text), "#/$defs/%s", name);
	nvx_put_text(w, "$ref", text);
}

static void put_words(struct nvx_writer *w, const struct nvx_words *words)
{
	nvx_put_key(w, "enum");
	nvx_put_begin(w, '[');
	for (unsigned i = 0; i < words->n; i++) {
		if (!words->text[i][0])
			continue;
		nvx_put_next(w);
		json_put_string(w->out, words->text[i], strlen(words->text[i]));
	}
	nvx_put_end(w, ']');
}

/** A number that the table holds multiplied. */
static void put_decimal(struct nvx_writer *w, const char *key, int64_t value, unsigned digits)
{
	nvx_put_key(w, key);
	json_put_decimal(w->out, value, digits);
}

static void put_integer(struct nvx_writer *w, const struct nvx_field *f)
{
	nvx_put_text(w, "type", "integer");
	nvx_put_number(w, "minimum", f->min);
	nvx_put_number(w, "maximum", f->max);
}

static void put_items(struct nvx_writer *w, const struct nvx_field *f)
{
	nvx_put_text(w, "type", "array");
	nvx_put_number(w, "maxItems", f->type == NVX_F_OBJECTS && f->max ? f->max : NVX_MAX_LIST);
	nvx_put_key(w, "items");
	nvx_put_begin(w, '{');
	if (f->type == NVX_F_INTS)
		put_integer(w, f);
	else if (f->type == NVX_F_STRINGS)
		nvx_put_text(w, "type", "string");
	else if (f->type == NVX_F_IDS)
		put_reference(w, "id");
	else
		put_reference(w, f->table->name);
	nvx_put_end(w, '}');
}

static void put_pattern(struct nvx_writer *w, const char *pattern)
{
	nvx_put_text(w, "type", "string");
	nvx_put_text(w, "pattern", pattern);
}

/** The members that describe the field's value. */
static void put_value(struct nvx_writer *w, const struct nvx_field *f)
{
	switch (f->type) {
	case NVX_F_INT:
		put_integer(w, f);
		break;
	case NVX_F_FIFTHS:
		put_integer(w, f);
		return;
	case NVX_F_DECIMAL:
		nvx_put_text(w, "type", "number");
		put_decimal(w, "minimum", f->min, f->digits);
		put_decimal(w, "maximum", f->max, f->digits);
		if (f->initial >= f->min && f->initial <= f->max && !(f->flags & NVX_FIELD_REQUIRED))
			put_decimal(w, "default", f->initial, f->digits);
		return;
	case NVX_F_BOOL:
	case NVX_F_NOT:
		nvx_put_text(w, "type", "boolean");
		return;
	case NVX_F_ENUM:
		put_words(w, f->words);
		if (!(f->flags & NVX_FIELD_REQUIRED) && f->words->text[f->initial][0])
			nvx_put_text(w, "default", f->words->text[f->initial]);
		return;
	case NVX_F_SET:
		nvx_put_text(w, "type", "array");
		nvx_put_key(w, "items");
		nvx_put_begin(w, '{');
		put_words(w, f->words);
		nvx_put_end(w, '}');
		return;
	case NVX_F_STRING:
		nvx_put_key(w, "type");
		score_bytes_puts(w->out, f->flags & NVX_FIELD_NULL ? "[\"string\",\"null\"]" : "\"string\"");
		if (f->min > 0)
			nvx_put_number(w, "minLength", f->min);
		nvx_put_number(w, "maxLength", f->max);
		return;
	case NVX_F_LITERAL:
		nvx_put_key(w, "type");
		score_bytes_puts(w->out, "[\"string\",\"number\"]");
		return;
	case NVX_F_JSON:
		nvx_put_text(w, "type", "object");
		return;
	case NVX_F_ID:
		put_reference(w, "id");
		return;
	case NVX_F_COLOR:
		put_pattern(w, "^#[0-9A-Fa-f]{6}$");
		return;
	case NVX_F_TIME:
		put_pattern(w, TIME_PATTERN);
		return;
	case NVX_F_BPM:
	case NVX_F_FIRST_TEMPO:
		nvx_put_text(w, "type", "number");
		nvx_put_number(w, "minimum", 1);
		return;
	case NVX_F_KEY:
	case NVX_F_FIRST_KEY:
		put_pattern(w, KEY_PATTERN);
		return;
	case NVX_F_BASE64:
		nvx_put_text(w, "type", "string");
		nvx_put_text(w, "contentEncoding", "base64");
		return;
	case NVX_F_FIRST_METER:
		nvx_put_text(w, "type", "array");
		nvx_put_number(w, "minItems", 2);
		nvx_put_number(w, "maxItems", 2);
		nvx_put_key(w, "items");
		nvx_put_begin(w, '{');
		nvx_put_text(w, "type", "integer");
		nvx_put_number(w, "minimum", 1);
		nvx_put_number(w, "maximum", 256);
		nvx_put_end(w, '}');
		return;
	case NVX_F_ONE:
		put_reference(w, f->table->name);
		return;
	case NVX_F_GROUP:
		put_table(w, f->table);
		return;
	default:
		put_items(w, f);
		return;
	}
	if (f->initial >= f->min && f->initial <= f->max &&
		!(f->flags & (NVX_FIELD_REQUIRED | NVX_FIELD_WRITTEN)))
		nvx_put_number(w, "default", f->initial);
}

/** Rows of one kind, or those of all kinds. @param kind  -1: all. */
static int of_kind(const struct nvx_field *f, int kind)
{
	if (!f->name)
		return 0;
	return kind < 0 ? f->kinds == 0 : f->kinds >> kind & 1;
}

static void put_properties(struct nvx_writer *w, const struct nvx_table *t, int kind)
{
	nvx_put_key(w, "properties");
	nvx_put_begin(w, '{');
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (!of_kind(f, kind))
			continue;
		nvx_put_key(w, f->name);
		nvx_put_begin(w, '{');
		if (f->type == NVX_F_GROUP)
			put_table(w, f->table);
		else
			put_value(w, f);
		nvx_put_end(w, '}');
	}
	if (kind < 0 && t == &nvx_table_part) {
		nvx_put_key(w, "notes");
		score_bytes_puts(w->out, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/note\"}}");
		nvx_put_key(w, "controllers");
		score_bytes_puts(w->out, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/controller\"}}");
	}
	if (kind < 0 && t->extensions) {
		nvx_put_key(w, "extensions");
		nvx_put_begin(w, '{');
		put_reference(w, "extensions");
		nvx_put_end(w, '}');
	}
	nvx_put_end(w, '}');
	nvx_put_key(w, "required");
	nvx_put_begin(w, '[');
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		/* What hangs on something else needs no place; the reader looks at that. */
		if (!of_kind(f, kind) || !(f->flags & NVX_FIELD_REQUIRED) || f->flags & NVX_FIELD_HANGS)
			continue;
		nvx_put_next(w);
		json_put_string(w->out, f->name, strlen(f->name));
	}
	nvx_put_end(w, ']');
}

static const struct nvx_field *kind_field(const struct nvx_table *t)
{
	for (const struct nvx_field *f = t->field; t->kind >= 0 && f < t->field + t->n_fields; f++)
		if (f->type == NVX_F_ENUM && f->offset == t->kind)
			return f;
	return NULL;
}

/** Members of a table as a schema's members. */
static void put_table(struct nvx_writer *w, const struct nvx_table *t)
{
	const struct nvx_field *kind = kind_field(t);
	nvx_put_text(w, "type", "object");
	put_properties(w, t, -1);
	if (!kind)
		return;
	nvx_put_key(w, "allOf");
	nvx_put_begin(w, '[');
	for (unsigned i = 0; i < kind->words->n; i++) {
		const struct nvx_field *f = t->field;
		while (f < t->field + t->n_fields && !of_kind(f, (int)i))
			f++;
		if (f == t->field + t->n_fields || !kind->words->text[i][0])
			continue;
		nvx_put_next(w);
		nvx_put_begin(w, '{');
		nvx_put_key(w, "if");
		nvx_put_begin(w, '{');
		nvx_put_key(w, "properties");
		nvx_put_begin(w, '{');
		nvx_put_key(w, kind->name);
		nvx_put_begin(w, '{');
		nvx_put_text(w, "const", kind->words->text[i]);
		nvx_put_end(w, '}');
		nvx_put_end(w, '}');
		nvx_put_key(w, "required");
		score_bytes_printf(w->out, "[\"%s\"]", kind->name);
		nvx_put_end(w, '}');
		nvx_put_key(w, "then");
		nvx_put_begin(w, '{');
		put_properties(w, t, (int)i);
		nvx_put_end(w, '}');
		nvx_put_end(w, '}');
	}
	nvx_put_end(w, ']');
}

static void put_definition(struct nvx_writer *w, const struct nvx_table *t)
{
	nvx_put_key(w, t->name);
	nvx_put_begin(w, '{');
	put_table(w, t);
	nvx_put_end(w, '}');
}

/** Tables that lists refer to, below the ones that have a list of the document. */
static void put_definitions_below(struct nvx_writer *w, const struct nvx_table *t)
{
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++) {
		if (f->type != NVX_F_OBJECTS && f->type != NVX_F_ONE)
			continue;
		/* Each once: the first table that names it writes it. */
		char mark[80];
		(void)snprintf(mark, sizeof(mark), "\"%s\":{\"type\":\"object\"", f->table->name);
		if (w->out->error || memmem(w->out->data, w->out->n, mark, strlen(mark)))
			continue;
		put_definition(w, f->table);
		put_definitions_below(w, f->table);
	}
}

static void put_definitions(struct nvx_writer *w)
{
	nvx_put_key(w, "$defs");
	nvx_put_begin(w, '{');
	nvx_put_key(w, "id");
	nvx_put_begin(w, '{');
	put_pattern(w, ID_PATTERN);
	nvx_put_end(w, '}');
	nvx_put_key(w, "extensions");
	nvx_put_begin(w, '{');
	nvx_put_text(w, "type", "object");
	nvx_put_key(w, "propertyNames");
	nvx_put_begin(w, '{');
	nvx_put_number(w, "maxLength", 64);
	nvx_put_text(w, "pattern", NAMESPACE_PATTERN);
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
	for (unsigned list = 0; list <= NVX_LIST_part; list++)
		put_definition(w, nvx_table_of(list));
	put_definition(w, &nvx_table_metadata);
	put_definition(w, &nvx_table_audio);
	for (unsigned list = 0; list <= NVX_LIST_part; list++)
		put_definitions_below(w, nvx_table_of(list));
	nvx_put_end(w, '}');
}

/** `"key":{"type":"array","items":{"$ref":...}}` */
static void put_array_of(struct nvx_writer *w, const char *key, const struct nvx_table *t)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '{');
	nvx_put_text(w, "type", "array");
	nvx_put_key(w, "items");
	nvx_put_begin(w, '{');
	put_reference(w, t->name);
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
}

static void put_object_of_lists(
	struct nvx_writer *w, const char *key, const char *const *names, unsigned first, unsigned n)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '{');
	nvx_put_text(w, "type", "object");
	nvx_put_key(w, "properties");
	nvx_put_begin(w, '{');
	for (unsigned i = 0; i < n; i++)
		put_array_of(w, names[i], nvx_table_of(first + i));
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
}

/** A layer is one of nine, whose elements are of its own table, or a namespace's own. */
static void put_layers(struct nvx_writer *w)
{
	nvx_put_key(w, "layers");
	nvx_put_begin(w, '{');
	nvx_put_text(w, "type", "array");
	nvx_put_key(w, "items");
	nvx_put_begin(w, '{');
	put_table(w, &nvx_table_layer);
	nvx_put_key(w, "anyOf");
	nvx_put_begin(w, '[');
	for (unsigned i = 0; i < NVX_N_LAYERS; i++) {
		nvx_put_next(w);
		nvx_put_begin(w, '{');
		nvx_put_key(w, "properties");
		nvx_put_begin(w, '{');
		nvx_put_key(w, "type");
		nvx_put_begin(w, '{');
		nvx_put_text(w, "const", nvx_words_layer.text[i]);
		nvx_put_end(w, '}');
		put_array_of(w, "elements", nvx_table_of(NVX_LIST_form + i));
		nvx_put_end(w, '}');
		nvx_put_key(w, "required");
		score_bytes_puts(w->out, "[\"type\"]");
		nvx_put_end(w, '}');
	}
	nvx_put_next(w);
	score_bytes_puts(w->out, "{\"properties\":{\"type\":{\"type\":\"string\",\"pattern\":\"\\\\.\"}},"
				 "\"required\":[\"type\"]}");
	nvx_put_end(w, ']');
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
}

static void put_ref_member(struct nvx_writer *w, const char *key, const char *name)
{
	nvx_put_key(w, key);
	nvx_put_begin(w, '{');
	put_reference(w, name);
	nvx_put_end(w, '}');
}

static void put_schema(struct nvx_writer *w)
{
	static const char *const maps[] = {"tempo", "meter", "key", "order"};
	static const char *const rails[] = {"drums", "performance", "melody", "extended"};
	static const char *const annotations[] = {"annotations"};

	nvx_put_begin(w, '{');
	nvx_put_text(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	nvx_put_text(w, "title", "NVX1 3.0.0");
	nvx_put_text(w, "type", "object");
	nvx_put_key(w, "properties");
	nvx_put_begin(w, '{');
	nvx_put_key(w, "format");
	score_bytes_puts(w->out, "{\"const\":\"nvx1\"}");
	nvx_put_key(w, "version");
	nvx_put_begin(w, '{');
	put_pattern(w, "^3\\.(0|(0|[1-9][0-9]{0,5})\\.(0|[1-9][0-9]{0,5}))$");
	nvx_put_end(w, '}');
	nvx_put_key(w, "ppq");
	score_bytes_puts(w->out, "{\"const\":960}");
	put_ref_member(w, "metadata", "metadata");
	put_object_of_lists(w, "timeline", maps, NVX_LIST_tempo, 4);
	put_array_of(w, "measures", &nvx_table_measure);
	put_array_of(w, "parts", &nvx_table_part);
	put_layers(w);
	put_object_of_lists(w, "rails", rails, NVX_LIST_drum, 4);
	put_array_of(w, "media", &nvx_table_media);
	put_ref_member(w, "audio", "audio");
	put_object_of_lists(w, "learning", annotations, NVX_LIST_annotation, 1);
	put_ref_member(w, "extensions", "extensions");
	nvx_put_end(w, '}');
	nvx_put_key(w, "required");
	score_bytes_puts(w->out, "[\"version\",\"metadata\",\"measures\",\"parts\",\"layers\"]");
	put_definitions(w);
	nvx_put_end(w, '}');
}

int nvx_write_schema(struct score_bytes *out)
{
	const size_t before = out->n;
	struct score_bytes canonical;
	struct nvx_writer w = {.out = &canonical};
	score_bytes_init(&canonical, out->alloc);
	put_schema(&w);
	if (canonical.error)
		out->error = canonical.error;
	else
		json_put_pretty(out, canonical.data, canonical.n);
	score_bytes_finish(&canonical);
	return nvx_written(out, before);
}
