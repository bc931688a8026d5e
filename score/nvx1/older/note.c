/* SPDX-License-Identifier: MIT */
/* A note of any older shape: its members are taken by all the names that they had (nvx1.md 9.3). */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "../words.h"
#include "older.h"

#define MAX_NOTES 2000000u

int older_pitch_of(const char *text, size_t len)
{
	static const int8_t tones[] = {9, 11, 0, 2, 4, 5, 7};
	const char *end = text + len;
	if (len < 2 || (*text | 32) < 'a' || (*text | 32) > 'g')
		return -EINVAL;
	int pitch = tones[(*text | 32) - 'a'];
	for (text++; text < end && (*text == '#' || *text == 'b'); text++)
		pitch += *text == '#' ? 1 : -1;
	const int below = text < end && *text == '-';
	text += below;
	if (text + 1 != end || *text < '0' || *text > '9')
		return -EINVAL;
	pitch += 12 * ((below ? -(*text - '0') : *text - '0') + 1);
	return pitch >= 0 && pitch <= 127 ? pitch : -EINVAL;
}

int older_value_of(const char *text, size_t len)
{
	static const struct {
		const char *name;
		uint8_t value;
	} names[] = {{"whole", NVX_VALUE_1}, {"w", NVX_VALUE_1}, {"half", NVX_VALUE_2}, {"h", NVX_VALUE_2},
		{"quarter", NVX_VALUE_4}, {"q", NVX_VALUE_4}, {"eighth", NVX_VALUE_8},
		{"sixteenth", NVX_VALUE_16}, {"16th", NVX_VALUE_16}, {"32nd", NVX_VALUE_32},
		{"64th", NVX_VALUE_64}};
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, text, len) == 0)
			return names[i].value;
	if (len > 1 && (text[len - 1] == 'n' || text[len - 1] == 'N')) /* "8n" */
		len--;
	const int value = nvx_word_find(&nvx_words_value, text, len);
	return value > 0 ? value : -EINVAL;
}

struct older_note *older_add_note(struct older *o)
{
	if (o->n_all_notes >= MAX_NOTES) {
		nvx_fault(o->r, "nvx1.limit.notes", "more than %u", MAX_NOTES);
		o->draft->error = -E2BIG;
	} else if (score_reserve(o->r->alloc, (void **)&o->note, &o->cap_note, o->n_note + 1,
			   sizeof(*o->note)) < 0) {
		o->draft->error = -ENOMEM;
	}
	if (o->draft->error)
		return NULL;
	o->n_all_notes++;
	struct older_note *note = &o->note[o->n_note];
	*note = (struct older_note){.order = (uint32_t)o->n_note++,
		.velocity = 100,
		.channel = NVX_NO_U8,
		.voice = 1,
		.staff = 1,
		.step = -1};
	return note;
}

/* ---- what a note may say ---- */

/** Letter and accidentals of a name that older_pitch_of() can read. */
void older_spell(const char *text, size_t len, struct older_note *note)
{
	static const int8_t steps[] = {5, 6, 0, 1, 2, 3, 4};
	if (len < 2 || (*text | 32) < 'a' || (*text | 32) > 'g')
		return;
	int alter = 0;
	for (size_t i = 1; i < len && (text[i] == '#' || text[i] == 'b'); i++)
		alter += text[i] == '#' ? 1 : -1;
	note->step = steps[(*text | 32) - 'a'];
	note->alter = (int8_t)(alter < -3 ? -3 : alter > 3 ? 3 : alter);
}

/** A name and a number of one pitch: the number sounds. */
static void read_spelling(struct older *o, const struct older_object *obj, struct older_note *note)
{
	const uint8_t *value = older_take(o, obj, "pitch");
	if (value && *value == '"') {
		struct json_pull pull;
		json_pull_init(&pull, value);
		const struct json_text name = json_string(&pull);
		if (older_pitch_of(name.at, name.len) == note->pitch)
			older_spell(name.at, name.len, note);
		else
			older_leave(o, obj, value);
	}
}

/** A name with an accidental stays with a note that has no notation to spell it. */
static void keep_spelling(struct older *o, const struct older_object *obj, const struct older_note *note)
{
	static const char *const names[] = {"midiPitch", "midi", "pitch"};
	if (note->step < 0 || note->alter == 0 || note->flags & OLDER_WRITTEN)
		return;
	for (size_t i = 0; i < obj->n; i++) {
		struct older_member *member = &o->member[obj->first + i];
		for (unsigned k = 0; k < 3 && *member->value == '"'; k++)
			if (json_text_is(member->key, names[k]))
				member->taken = 0;
	}
}

/** @return 1; 0: nothing is said, or a fault was noted. */
static int read_pitch(struct older *o, const struct older_object *obj, struct older_note *note)
{
	static const char *const names[] = {"midiPitch", "midi", "pitch"};
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		int64_t number;
		if (!value)
			continue;
		if (*value != '"') {
			older_leave(o, obj, value);
			if (!older_integer(o, obj, names[i], 0, 127, &number))
				return 1; /* a fault was noted */
			note->pitch = (uint8_t)number;
			if (i < 2)
				read_spelling(o, obj, note);
			return 1;
		}
		struct json_pull pull;
		json_pull_init(&pull, value);
		const struct json_text name = json_string(&pull);
		const int pitch = older_pitch_of(name.at, name.len);
		if (pitch < 0)
			older_fault(o, value, names[i], "nvx1.range", "no pitch like 60 or \"C4\"");
		note->pitch = (uint8_t)(pitch < 0 ? 0 : pitch);
		older_spell(name.at, name.len, note);
		return 1;
	}
	return 0;
}

static void read_velocity(struct older *o, const struct older_object *obj, struct older_note *note)
{
	int64_t value;
	if (!older_decimal(o, obj, "velocity", 6, 0, 127000000, &value))
		return;
	if (o->scan.unit_velocity)
		value *= 127;
	value = (value + 500000) / 1000000;
	note->velocity = (uint8_t)(value < 1 ? 1 : value);
}

static uint8_t finger_at(struct older *o, const struct older_object *obj, const char *name)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return 0;
	struct json_pull pull;
	json_pull_init(&pull, value);
	const struct json_text raw = *value == '"' ? json_string(&pull) : json_raw(&pull);
	const int finger = raw.len ? nvx_word_find(&nvx_words_finger, raw.at, raw.len) : 0;
	if (finger <= 0 && raw.len)
		older_leave(o, obj, value);
	return finger > 0 ? (uint8_t)finger : 0;
}

/** {string, fret}, and beside them whatever the object is open for. */
static void read_place(struct older *o, const struct older_object *obj, struct older_note *note)
{
	int64_t string, fret = 0;
	if (!older_integer(o, obj, "string", 0, 63, &string))
		return;
	note->string = (uint8_t)(string + o->scan.from_zero);
	if (older_integer(o, obj, "fret", 0, 36, &fret))
		note->fret = (uint8_t)fret;
}

static uint8_t link_at(struct older *o, const struct older_object *obj, const char *name)
{
	const uint8_t *value = older_take(o, obj, name);
	if (!value)
		return OLDER_NO_LINK;
	if (*value == '"') {
		struct json_pull pull;
		json_pull_init(&pull, value);
		const struct json_text text = json_string(&pull);
		return json_text_is(text, "stop")   ? OLDER_LINK_STOP
		       : json_text_is(text, "none") ? OLDER_NO_LINK
						    : OLDER_LINK_START;
	}
	return *value == 't' ? OLDER_LINK_START : OLDER_NO_LINK;
}

static void read_technical(struct older *o, const struct older_object *obj, struct older_note *note)
{
	int64_t value;
	read_place(o, obj, note);
	const uint8_t left = finger_at(o, obj, "lhFinger"), right = finger_at(o, obj, "rhFinger");
	note->left = left ? left : note->left;
	note->right = right ? right : note->right;
	note->link[0] = link_at(o, obj, "hammerOn");
	note->link[1] = link_at(o, obj, "pullOff");
	note->link[2] = link_at(o, obj, "slide");
	if (older_decimal(o, obj, "bendAlter", 2, -2400, 2400, &value))
		note->bend_cents = (int32_t)value;
	note->flags |= older_flag(o, obj, "vibrato") ? OLDER_VIBRATO : 0;
	note->flags |= older_flag(o, obj, "dead") ? OLDER_DEAD : 0;
	const uint8_t *harmonic = older_take(o, obj, "harmonicType");
	if (harmonic && *harmonic == '"') {
		struct json_pull pull;
		json_pull_init(&pull, harmonic);
		const struct json_text text = json_string(&pull);
		const int style = nvx_word_find(&nvx_words_harmonic, text.at, text.len);
		if (style > 0)
			note->harmonic = (uint8_t)(style + 1);
		else if (text.len && !json_text_is(text, "none"))
			older_leave(o, obj, harmonic);
	}
}

static void read_inner(struct older *o, const struct older_object *outer, const char *name,
	struct older_note *note,
	void (*read)(struct older *, const struct older_object *, struct older_note *))
{
	const uint8_t *value = older_take(o, outer, name);
	struct older_object obj;
	if (!value)
		return;
	if (*value != '{') {
		older_leave(o, outer, value);
		return;
	}
	const struct older_place place = older_goto(o, value, name);
	if (older_open(o, &obj)) {
		read(o, &obj, note);
		older_done(o, &obj, outer, value);
	}
	older_back(o, place);
}

static int add_articulation(const uint8_t *value, struct older_note *note)
{
	if (*value != '"')
		return 0;
	struct json_pull pull;
	json_pull_init(&pull, value);
	const struct json_text text = json_string(&pull);
	const int which = nvx_word_find(&nvx_words_articulation, text.at, text.len);
	if (which >= 0)
		note->articulations |= (uint16_t)(1u << which);
	return which >= 0 || text.len == 0;
}

static void read_articulations(struct older *o, const struct older_object *obj, struct older_note *note)
{
	static const char *const names[] = {"articulation", "articulations"};
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		if (!value)
			continue;
		int known = 1;
		if (*value == '[') {
			struct json_pull pull;
			json_pull_init(&pull, value);
			for (json_enter(&pull); json_next(&pull); json_skip(&pull))
				known &= add_articulation(pull.at, note);
		} else {
			known = add_articulation(value, note);
		}
		if (!known)
			older_leave(o, obj, value);
	}
	if (note->articulations)
		note->flags |= OLDER_WRITTEN;
}

/** Where it is written: voice, staff, value. */
static void read_writing(struct older *o, const struct older_object *obj, struct older_note *note)
{
	int64_t value;
	if (older_integer(o, obj, "voice", 0, 16, &value)) {
		note->voice = (uint8_t)(value ? value : 1);
		note->flags |= OLDER_WRITTEN;
	}
	if (older_integer(o, obj, "staff", 0, 8, &value)) {
		note->staff = (uint8_t)(value ? value : 1);
		note->flags |= OLDER_WRITTEN;
	}
	const uint8_t *type = older_take(o, obj, "noteType");
	if (type) {
		struct json_pull pull;
		json_pull_init(&pull, type);
		const struct json_text raw = *type == '"' ? json_string(&pull) : json_raw(&pull);
		const int of = older_value_of(raw.at, raw.len);
		if (of > 0) {
			note->value = (uint8_t)of;
			note->flags |= OLDER_WRITTEN;
		} else {
			older_leave(o, obj, type);
		}
	}
	if (older_integer(o, obj, "dots", 0, 4, &value))
		note->dots = (uint8_t)value;
	if (older_flag(o, obj, "isRest"))
		note->flags |= OLDER_REST | OLDER_WRITTEN;
	if (older_flag(o, obj, "isTie"))
		note->flags |= OLDER_TIED;
	if (older_flag(o, obj, "isChord"))
		note->flags |= OLDER_CHORD;
	read_articulations(o, obj, note);
}

/* ---- time ---- */

static int read_start(struct older *o, const struct older_object *obj, int64_t *ret)
{
	return older_time(o, obj, "startTick", 1, ret) || older_time(o, obj, "tick", 1, ret) ||
	       older_time(o, obj, "start", 0, ret) || older_time(o, obj, "position", 0, ret) ||
	       older_time(o, obj, "startTime", 0, ret);
}

/** @return 0: nothing is said of it. */
static int64_t read_length(struct older *o, const struct older_object *obj, const struct older_note *note)
{
	int64_t ticks = 0;
	if (older_time(o, obj, "durationTicks", 1, &ticks))
		return ticks;
	const uint8_t *value = older_take(o, obj, "duration");
	if (value && *value == '"') {
		struct json_pull pull;
		json_pull_init(&pull, value);
		const struct json_text text = json_string(&pull);
		const int of = older_value_of(text.at, text.len);
		if (of > 0)
			return nvx_value_ticks((enum nvx_value)of, note->dots, 1, 1);
		older_fault(o, value, "duration", "nvx1.enum", "no length like 1, \"quarter\" or \"8n\"");
		return 0;
	}
	if (value) {
		older_leave(o, obj, value);
		if (older_time(o, obj, "duration", 0, &ticks))
			return ticks;
		return 0;
	}
	return note->value ? nvx_value_ticks((enum nvx_value)note->value, note->dots, 1, 1) : 0;
}

static void place_note(
	struct older *o, const struct older_object *obj, struct older_span *span, struct older_note *note)
{
	int64_t start = 0;
	int64_t length = read_length(o, obj, note);
	if (read_start(o, obj, &start))
		note->tick = span->base + start;
	else
		note->tick = note->flags & OLDER_CHORD ? span->last : span->cursor;
	if (length == 0)
		length = span->length;
	if (length == 0 || length > UINT32_MAX) {
		nvx_fault(o->r, length ? "nvx1.range" : "nvx1.member.missing",
			length ? "longer than a score" : "nothing says how long it lasts");
		length = 1;
	}
	if (span->end && note->tick >= span->end)
		nvx_fault(o->r, "nvx1.tick.outside", "begins %lld ticks after its measure's end",
			(long long)(note->tick - span->end));
	else if (note->tick < span->begin)
		nvx_fault(o->r, "nvx1.tick.outside", "begins %lld ticks before its measure",
			(long long)(span->begin - note->tick));
	else if (note->tick > NVX_MAX_TICK - length)
		nvx_fault(o->r, "nvx1.range", "ends beyond 2^40 ticks");
	note->ticks = (uint32_t)length;
	note->sounding = length;
	span->last = note->tick;
	span->cursor = note->tick + length;
}

/** A string without a pitch: of the part's tuning, or a guitar's. */
static int pitch_of_string(struct older *o, struct older_note *note)
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40};
	struct nvx_part *part = nvx_draft_part(o->draft, o->part);
	uint32_t n;
	if (!note->string)
		return 0;
	const uint8_t *tuning = nvx_items(o->draft->pool, part->tuning, &n);
	if (n == 0) {
		part->tuning = nvx_make_list(o->draft, guitar, sizeof(guitar), 1);
		tuning = guitar;
		n = sizeof(guitar);
		nvx_notice(
			o->r, "nvx1.migrated", "the part has no tuning: its strings are those of a guitar");
	}
	if (note->string > n) {
		nvx_fault(o->r, "nvx1.tab.string", "string %u of %u", note->string, n);
		return 1;
	}
	const unsigned pitch = tuning[note->string - 1] + part->capo + note->fret;
	note->pitch = (uint8_t)(pitch > 127 ? 127 : pitch);
	return 1;
}

void older_read_open_note(struct older *o, const struct older_object *obj, struct older_span *span)
{
	struct older_note *note = older_add_note(o);
	int64_t value;
	if (!note)
		return;
	note->voice = span->voice ? span->voice : 1;
	note->staff = span->staff ? span->staff : 1;
	if (span->voice || span->staff)
		note->flags |= OLDER_WRITTEN;
	if (span->is_rest)
		note->flags |= OLDER_REST | OLDER_WRITTEN;
	const int has_pitch = read_pitch(o, obj, note);
	read_velocity(o, obj, note);
	if (older_integer(o, obj, "channel", 0, 15, &value))
		note->channel = (uint8_t)value;
	read_place(o, obj, note);
	read_inner(o, obj, "pos", note, read_place);
	read_inner(o, obj, "tabSource", note, read_place);
	static const char *const lefts[] = {"finger", "lh"}, *const rights[] = {"rightHandFinger", "rh"};
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t left = finger_at(o, obj, lefts[i]), right = finger_at(o, obj, rights[i]);
		note->left = left ? left : note->left;
		note->right = right ? right : note->right;
	}
	read_inner(o, obj, "technical", note, read_technical);
	read_writing(o, obj, note);
	keep_spelling(o, obj, note);
	place_note(o, obj, span, note);
	if (!has_pitch && !(note->flags & OLDER_REST) && !pitch_of_string(o, note))
		nvx_fault(o->r, "nvx1.member.missing", "neither a pitch nor a string says what sounds");
}

void older_read_note(struct older *o, struct older_span *span)
{
	struct older_object obj;
	const size_t index = o->n_note;
	if (!older_open(o, &obj))
		return;
	older_read_open_note(o, &obj, span);
	const nvx_str extra = older_close(o, &obj);
	if (o->n_note > index)
		o->note[index].extra = extra;
}
