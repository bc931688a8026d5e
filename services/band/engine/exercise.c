/* SPDX-License-Identifier: MIT */
/* An exercise: its backing, and what is said to the player as lines of text. Both forms; free keys are for
 * others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "setlist.h"
#include "text.h"

static bool is_single(const struct band_value *value)
{
	return value && value->type != BAND_NULL && value->type != BAND_LIST && value->type != BAND_MAP;
}

/** One line, whatever was in it. */
static void put_words(FILE *f, const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		(void)fputc(*c < ' ' || *c == 0x7f ? ' ' : *c, f);
	(void)fputc('\n', f);
}

/** A heading and what is under it: one line, lines of a list, "key: value" of a mapping. */
static void put_block(FILE *f, const char *heading, const struct band_value *value)
{
	if (is_single(value)) {
		(void)fprintf(f, "%s: ", heading);
		put_words(f, value->text);
		return;
	}
	if (!value || value->n == 0)
		return;
	(void)fprintf(f, "%s:\n", heading);
	for (const struct band_value *v = value->first; v; v = v->next) {
		if (!is_single(v))
			continue;
		(void)fputs("- ", f);
		for (const unsigned char *c = (const unsigned char *)v->key; c && *c; c++)
			(void)fputc(*c < ' ' || *c == 0x7f ? ' ' : *c, f);
		(void)fputs(v->key ? ": " : "", f);
		put_words(f, v->text);
	}
}

static const struct band_value *in(const struct band_value *root, const char *key, const char *inner)
{
	const struct band_value *value = band_value_get(root, key);

	return value ? band_value_get(value, inner) : NULL;
}

static char *text_of(const struct band_value *root)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	put_block(f, "Goals", band_value_get(root, "goals"));
	put_block(f, "Task", in(root, "task", "mode"));
	put_block(f, "Instructions", in(root, "task", "instructions"));
	put_block(f, "Prompts", in(root, "task", "prompts"));
	put_block(f, "Practice", band_value_get(root, "practice_steps"));
	put_block(f, "To measure", in(root, "assessment", "what_to_measure"));
	put_block(f, "Passed when", in(root, "assessment", "pass_condition"));
	put_block(f, "Limits", in(root, "assessment", "pass_criteria"));
	put_block(f, "Questions", in(root, "interaction", "questions"));
	const bool failed = ferror(f);
	if (fclose(f) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

static void take_program(const struct field *f, const struct band_value *root, struct band_exercise *ret)
{
	const struct band_value *value = band_value_get(root, "program_ref");
	char where[BAND_WHERE_MAX];

	if (!value)
		value = band_value_get(root, "program");
	if (!value)
		value = band_value_get(root, "program_refs");
	if (value && value->type == BAND_LIST)
		value = value->first;
	if (!is_single(value) || !value->text[0]) {
		(void)band_error(f->report, f->code, band_value_where(value ? value : root, where),
			"an exercise names its backing: \"program_ref\" (or \"program\")");
		return;
	}
	if (field_text(f, NULL, value, ret->program, sizeof(ret->program)) && !text_is_clean(ret->program))
		(void)band_error(f->report, f->code, band_value_where(value, where),
			"a path without control characters");
}

static void take_words(const struct field *f, const struct band_value *value, char *ret, size_t size)
{
	if (value && field_text(f, NULL, value, ret, size))
		text_settle(ret);
}

static int read_exercise(const struct field *f, const struct band_value *root, struct band_exercise *ret)
{
	const struct band_value *id = band_value_get(root, "id"), *title = band_value_get(root, "title");
	const struct band_value *name = band_value_get(root, "name");

	if (!field_type(f, NULL, root, BAND_MAP))
		return -EINVAL;
	take_program(f, root, ret);
	take_words(f, id ? id : name, ret->id, sizeof(ret->id));
	take_words(f, title ? title : name, ret->title, sizeof(ret->title));
	take_words(f, band_value_get(root, "exercise_type"), ret->type, sizeof(ret->type));
	ret->text = text_of(root);
	return ret->text ? 0 : -ENOMEM;
}

int band_exercise_read(const char *bytes, size_t size, struct band_report *report, struct band_exercise *ret)
{
	const struct field f = {.report = report, .code = "EXERCISE_INVALID"};
	const uint32_t errors_before = report->n_errors;
	struct band_exercise exercise = {0};
	struct band_doc *doc;
	int rc = band_doc_read(bytes, size, "LOAD_ERROR", report, &doc);

	if (rc < 0)
		return rc;
	rc = read_exercise(&f, band_doc_root(doc), &exercise);
	band_doc_free(doc);
	if (rc == 0 && report->n_errors != errors_before)
		rc = -EINVAL;
	if (rc < 0)
		band_exercise_finish(&exercise);
	else
		*ret = exercise;
	return rc;
}

void band_exercise_finish(struct band_exercise *exercise)
{
	free(exercise->text);
	*exercise = (struct band_exercise){0};
}
