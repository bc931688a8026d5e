/* SPDX-License-Identifier: MIT */
/* The sections of a form: "A:8 B:8 A:8", a list of such, a list of {name, bars}. */
#include <stdlib.h>
#include <string.h>

#include "inputs_internal.h"
#include "number.h"
#include "text.h"

#define SECTIONS_MAX 256u

static bool add_section(struct reader *r, const char *where, const char *name, size_t n_name, int64_t bars)
{
	struct band_inputs *in = r->in;
	const struct band_section *before = in->n_sections ? &in->section[in->n_sections - 1] : NULL;
	struct band_section section = {.from_bar = before ? before->from_bar + before->n_bars : 0};

	if (n_name == 0 || n_name >= sizeof(section.name) || bars < 1 || bars > 4096 ||
		in->n_sections == SECTIONS_MAX) {
		(void)band_error(r->report, "SECTIONS", where,
			"a section is a name of at most %zu bytes and 1 to 4096 bars; there are at most %u",
			sizeof(section.name) - 1, SECTIONS_MAX);
		band_hint(r->report, "A:8 B:8 A:8");
		return false;
	}
	memcpy(section.name, name, n_name);
	text_settle(section.name);
	section.n_bars = (uint32_t)bars;
	in->section[in->n_sections++] = section;
	return true;
}

static bool take_sections(struct reader *r, const char *where, const char *text)
{
	struct band_number n;
	bool ok = true;

	for (text += strspn(text, " \t,"); ok && *text; text += strspn(text, " \t,")) {
		const size_t len = strcspn(text, " \t,");
		const char *colon = memrchr(text, ':', len);
		const size_t n_name = colon ? (size_t)(colon - text) : 0;
		const bool is_number = colon && band_number_parse(colon + 1, len - n_name - 1, &n) && n.whole;

		ok = add_section(r, where, text, n_name, is_number ? n.integer : 0);
		text += len;
	}
	return ok;
}

static bool take_section_item(struct reader *r, const struct band_value *item)
{
	char where[BAND_WHERE_MAX];
	const struct band_value *name = band_value_get(item, "name"), *bars = band_value_get(item, "bars");

	(void)band_value_where(item, where);
	if (item->type == BAND_TEXT)
		return take_sections(r, where, item->text);
	return add_section(r, where, name ? name->text : "", name ? strlen(name->text) : 0,
		bars && bars->type == BAND_INT ? bars->integer : 0);
}

void sections_read(struct reader *r)
{
	const struct given *given = &r->given[BAND_KEY_SECTIONS];
	struct band_inputs *in = r->in;
	char where[GIVEN_WHERE_MAX];
	bool ok = true;

	if (given->by == BAND_BY_DEFAULT)
		return;
	in->section = calloc(SECTIONS_MAX, sizeof(*in->section));
	if (!in->section) {
		r->no_memory = true;
		return;
	}
	if (given->node && given->node->type == BAND_LIST) {
		for (const struct band_value *v = given->node->first; v && ok; v = v->next)
			ok = take_section_item(r, v);
	} else {
		const char *text = given_text(r, BAND_KEY_SECTIONS, "SECTIONS");

		ok = text && take_sections(r, given_where(r, BAND_KEY_SECTIONS, where), text);
	}
	const struct band_section *last = in->n_sections ? &in->section[in->n_sections - 1] : NULL;
	const uint32_t n_bars = last ? last->from_bar + last->n_bars : 0, form = band_bars(in);
	if (ok && n_bars != form && in->n_chords > 0)
		given_fault(r, BAND_KEY_SECTIONS, "SECTIONS", "the sections have %u bars, the chords %u",
			n_bars, form);
}
