/* SPDX-License-Identifier: MIT */
/* What an older document says of an instrument. */
#include <string.h>
#include <strings.h>

#include "../words.h"
#include "older.h"

/** @return enum nvx_role; -1: none of them. */
static int role_of(const char *text, size_t len)
{
	for (unsigned i = 0; i < nvx_words_role.n; i++)
		if (strlen(nvx_words_role.text[i]) == len &&
			strncasecmp(nvx_words_role.text[i], text, len) == 0)
			return (int)i;
	return -1;
}

static void read_numbers(struct older *o, const struct older_object *obj, struct nvx_part *part)
{
	int64_t value;
	if (older_integer(o, obj, "midiProgram", 0, 127, &value))
		part->midi_program = (uint8_t)value;
	if (older_integer(o, obj, "midiChannel", 0, 15, &value))
		part->midi_channel = (uint8_t)value;
	if (older_flag(o, obj, "isDrums"))
		part->role = NVX_ROLE_DRUMS;
}

/** A text, a program, or an object of both. */
static void read_instrument(struct older *o, const struct older_object *outer, struct nvx_part *part)
{
	const uint8_t *value = older_take(o, outer, "instrument");
	struct older_object obj;
	int64_t program;
	if (!value)
		return;
	const struct older_place place = older_goto(o, value, "instrument");
	if (*value == '{' && older_open(o, &obj)) {
		part->sound = older_label(o, &obj, "sound");
		if (!part->sound)
			part->sound = older_label(o, &obj, "name");
		read_numbers(o, &obj, part);
		older_done(o, &obj, outer, value);
	} else if (*value == '"') {
		part->sound = older_string_here(o, value);
	} else if (nvx_read_integer(o->r, 0, 127, &program) == 0) {
		part->midi_program = (uint8_t)program;
	}
	older_back(o, place);
}

static void read_tuning(struct older *o, const struct older_object *obj, struct nvx_part *part)
{
	struct older_walk walk;
	uint8_t tuning[64];
	size_t n = 0;
	if (!older_into(o, obj, "tuning", &walk))
		return;
	while (older_next(o, &walk)) {
		int64_t pitch = -1;
		if (*walk.element == '"' && older_string_here(o, walk.element))
			pitch = older_pitch_of(
				(const char *)o->r->text.data, strlen((const char *)o->r->text.data));
		else
			(void)nvx_read_integer(o->r, 0, 127, &pitch);
		if (pitch >= 0 && n < sizeof(tuning))
			tuning[n++] = (uint8_t)pitch;
	}
	/* String 1 is the highest: a list that begins with the lowest is turned round. */
	if (n > 1 && tuning[0] < tuning[n - 1])
		for (size_t i = 0; i < n / 2; i++) {
			const uint8_t low = tuning[i];
			tuning[i] = tuning[n - 1 - i];
			tuning[n - 1 - i] = low;
		}
	part->tuning = nvx_make_list(o->draft, tuning, n, 1);
}

void older_read_part(struct older *o, const struct older_object *obj)
{
	struct nvx_part *part = nvx_draft_part(o->draft, o->part);
	struct older_object inner;
	int64_t value;

	if (older_text(o, obj, "id") && o->r->text.n <= NVX_ID_MAX) {
		const nvx_id id = nvx_id_parse(o->draft->pool, (const char *)o->r->text.data, o->r->text.n);
		if (id)
			part->id = id;
		else
			older_leave(o, obj, older_take(o, obj, "id"));
	}
	part->name = older_label(o, obj, "name");
	part->short_name = older_label(o, obj, "shortName");
	if (older_text(o, obj, "role")) {
		const int role = role_of((const char *)o->r->text.data, o->r->text.n);
		part->role = role < 0 ? NVX_ROLE_OTHER : (uint8_t)role;
	}
	read_instrument(o, obj, part);
	read_numbers(o, obj, part);
	const uint8_t *midi = older_take(o, obj, "midiMetadata");
	if (midi) {
		const struct older_place place = older_goto(o, midi, "midiMetadata");
		if (older_open(o, &inner)) {
			read_numbers(o, &inner, part);
			const nvx_str name = older_label(o, &inner, "instrumentName");
			if (!part->sound)
				part->sound = name;
			older_done(o, &inner, obj, midi);
		}
		older_back(o, place);
	}
	if (older_integer(o, obj, "capo", 0, 24, &value))
		part->capo = (uint8_t)value;
	read_tuning(o, obj, part);
}
