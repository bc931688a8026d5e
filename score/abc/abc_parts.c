/* SPDX-License-Identifier: MIT */
/*
 * Voices become parts. %%score and %%staves group them: {braces} are one instrument on several staves,
 * (parentheses) share a staff. Without them each voice is a part.
 */
#include <string.h>

#include "abc_impl.h"

#define MAX_STAVES 8u
#define MAX_VOICES 16u

/** The part that is being filled. */
struct group {
	struct abc_voice *first; /**< NULL: none yet */
	uint32_t part;
	unsigned staves, voices; /**< voices of the last staff */
};

static void name_part(struct abc_reader *r, struct nvx_part *part, const struct abc_voice *v)
{
	char name[128];
	part->short_name = v->short_name;
	if (v->name) {
		part->name = v->name;
		return;
	}
	struct abc_span rest = v->name_id;
	uint32_t number;
	const bool is_number = abc_uint(&rest, 100000, &number) && rest.n == 0;
	size_t n = is_number ? 6 : 0;
	if (is_number)
		memcpy(name, "Voice ", 6);
	for (size_t i = 0; i < v->name_id.n && n < sizeof(name); i++)
		name[n++] = v->name_id.at[i];
	part->name = nvx_clean_text(r->draft, name, n);
	if (!part->name)
		part->name = nvx_text(r->draft, "Voice", 5);
}

static uint32_t make_part(struct abc_reader *r, struct abc_voice *v)
{
	const uint32_t index = nvx_add_part(r->draft);
	struct nvx_part *part = nvx_draft_part(r->draft, index);
	name_part(r, part, v);
	if (v->has_program)
		part->midi_program = v->program;
	part->midi_channel = v->channel;
	if (v->channel == 9)
		part->role = NVX_ROLE_DRUMS;
	const int transpose = v->transpose + v->midi_transpose;
	if (transpose) {
		part->has_transpose = 1;
		part->transpose_chromatic = (int8_t)-transpose;
	}
	return index;
}

static bool may_share(const struct group *g, const struct abc_voice *v)
{
	const struct abc_voice *first = g->first;
	return first && (!v->name || v->name == first->name) && v->has_program == first->has_program &&
	       v->program == first->program && v->channel == first->channel &&
	       v->transpose + v->midi_transpose == first->transpose + first->midi_transpose;
}

/** @param how  'p' a part of its own, 's' a further staff, 'v' a further voice of the staff. */
static void place(struct abc_reader *r, struct group *g, struct abc_voice *v, char how)
{
	const unsigned lanes = v->max_lane + 1u;
	if (how == 'v' && g->voices + lanes > MAX_VOICES)
		how = 's';
	if (how == 's' && g->staves == MAX_STAVES)
		how = 'p';
	if (how != 'p' && !may_share(g, v))
		how = 'p';
	if (how == 'p') {
		*g = (struct group){.first = v, .part = make_part(r, v), .staves = 1};
	} else if (how == 's') {
		g->staves++;
		g->voices = 0;
	}
	v->part = g->part;
	v->staff = (uint8_t)g->staves;
	v->voice_no = (uint8_t)(g->voices + 1);
	g->voices += lanes;
	nvx_draft_part(r->draft, g->part)->staves = (uint8_t)g->staves;
}

static struct abc_voice *find_voice(struct abc_reader *r, struct abc_span id)
{
	for (size_t i = 0; i < r->n_voice; i++)
		if (r->voice[i].name_id.n == id.n && memcmp(r->voice[i].name_id.at, id.at, id.n) == 0)
			return &r->voice[i];
	return NULL;
}

static bool is_id(char c)
{
	return (unsigned char)c > ' ' && !strchr("{}()[]|*", c);
}

static void place_named(struct abc_reader *r)
{
	struct group group = {0};
	unsigned braces = 0, parens = 0;
	bool starts = true, staff_starts = true; /* a new part, a new staff */
	const struct abc_span text = r->layout;
	for (size_t i = 0; i < text.n;) {
		const char c = text.at[i];
		if (!is_id(c)) {
			if (c == '{' && ++braces == 1)
				starts = true;
			if (c == '}' && braces && --braces == 0)
				starts = true;
			if (c == '(' && ++parens == 1)
				staff_starts = true;
			if (c == ')' && parens)
				parens--;
			if (c == '*')
				staff_starts = false;
			i++;
			continue;
		}
		struct abc_span id = {text.at + i, 0};
		while (i < text.n && is_id(text.at[i])) {
			id.n++;
			i++;
		}
		struct abc_voice *v = find_voice(r, id);
		if (!v) {
			score_warn(r->report, ABC_NO_PART, ABC_AT(r, id.at), "no voice has this name");
			score_warn_value(r->report, id.at, (uint32_t)(id.n < 80 ? id.n : 80));
			continue;
		}
		if (v->staff)
			continue;
		const bool same_part = !starts && (braces || (parens && !staff_starts));
		place(r, &group, v,
			!same_part                ? 'p'
			: parens && !staff_starts ? 'v'
			: staff_starts || !parens ? 's'
						  : 'v');
		starts = false;
		if (parens)
			staff_starts = false;
		else if (!braces)
			starts = true;
	}
}

void abc_assign_parts(struct abc_reader *r)
{
	struct group group = {0};
	if (r->layout.n)
		place_named(r);
	for (size_t i = 0; i < r->n_voice; i++)
		if (!r->voice[i].staff)
			place(r, &group, &r->voice[i], 'p');
}
