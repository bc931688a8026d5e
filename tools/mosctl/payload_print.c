/* SPDX-License-Identifier: MIT */
/* Payloads as text and as JSON: the same names in both; sets are lists in JSON. */
#include <stdio.h>
#include <string.h>

#include <mos/pitch.h>

#include "mosctl.h"
#include "payload.h"

#define KEY_ABSENT 0xff

static const char *const pitch_names[] = {"C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"};

/* Where a value goes: words of a line, or members of an object. */
struct sink {
	yyjson_mut_doc *doc; /* NULL: text */
	yyjson_mut_val *object;
};

static void put_int(struct sink *s, const char *key, int64_t value)
{
	if (s->doc)
		yyjson_mut_obj_add_sint(s->doc, s->object, key, value);
	else
		printf(" %s=%lld", key, (long long)value);
}

static void put_natural(struct sink *s, const char *key, uint64_t value)
{
	if (s->doc)
		yyjson_mut_obj_add_uint(s->doc, s->object, key, value);
	else
		printf(" %s=%llu", key, (unsigned long long)value);
}

static void put_real(struct sink *s, const char *key, double value)
{
	if (s->doc)
		yyjson_mut_obj_add_real(s->doc, s->object, key, value);
	else
		printf(" %s=%.3f", key, value);
}

static void put_str(struct sink *s, const char *key, const char *value)
{
	char text[128];

	if (s->doc)
		yyjson_mut_obj_add_strcpy(s->doc, s->object, key, value);
	else if (!value[0] || strchr(value, ' '))
		printf(" %s=\"%s\"", key, printable(value, text, sizeof(text)));
	else
		printf(" %s=%s", key, printable(value, text, sizeof(text)));
}

static const char *note_name(unsigned int key, char buf[static 8])
{
	strcpy(buf, "?");
	if (key < 128)
		(void)mos_pitch_format(mos_pitch_spell((uint8_t)key, 0), buf, 8);
	return buf;
}

static const char *pitch_name(uint64_t pitch)
{
	return pitch < 12 ? pitch_names[pitch] : pitch == KEY_ABSENT ? "none" : "?";
}

/* A set: members are added in order, then it is told. */
struct set {
	struct sink *sink;
	const char *name;
	yyjson_mut_val *list;
	char text[640]; /* 128 keys as "C#-1," */
	size_t len;
};

static struct set set_begin(struct sink *s, const char *name)
{
	return (struct set){.sink = s, .name = name, .list = s->doc ? yyjson_mut_arr(s->doc) : NULL};
}

static void set_text(struct set *set, const char *text)
{
	int n = snprintf(
		set->text + set->len, sizeof(set->text) - set->len, "%s%s", set->len ? "," : "", text);

	if (n > 0 && set->len + (size_t)n < sizeof(set->text))
		set->len += (size_t)n;
}

static void set_add_str(struct set *set, const char *text)
{
	if (set->list)
		yyjson_mut_arr_add_str(set->sink->doc, set->list, text);
	else
		set_text(set, text);
}

/* A number; for people as `text`. */
static void set_add_int(struct set *set, int64_t number, const char *text)
{
	if (set->list)
		yyjson_mut_arr_add_sint(set->sink->doc, set->list, number);
	else
		set_text(set, text);
}

static void set_put(struct set *set)
{
	if (set->list)
		yyjson_mut_obj_add_val(set->sink->doc, set->sink->object, set->name, set->list);
	else
		printf(" %s=%s", set->name, set->len ? set->text : "-");
}

static void put_keys(struct sink *s, const struct field *f, const struct mos_event *ev)
{
	struct set set = set_begin(s, f->name);
	uint64_t keys[2];
	char name[8];

	memcpy(keys, ev->u.bytes + f->offset, sizeof(keys));
	for (unsigned int k = 0; k < 128; k++) {
		if (keys[k / 64] >> (k % 64) & 1)
			set_add_int(&set, k, note_name(k, name));
	}
	set_put(&set);
}

static void put_strings(struct sink *s, const struct field *f, const struct mos_event *ev)
{
	struct set set = set_begin(s, f->name);
	char name[8];

	for (unsigned int i = 0; i < f->size; i++) {
		uint8_t key = ev->u.bytes[f->offset + i];

		set_add_int(
			&set, key == KEY_ABSENT ? -1 : key, key == KEY_ABSENT ? "-" : note_name(key, name));
	}
	set_put(&set);
}

static void put_members(struct sink *s, const struct field *f, uint64_t bits)
{
	struct set set = set_begin(s, f->name);
	char number[8];

	for (unsigned int i = 0; i < 8u * f->size; i++) {
		if (!(bits >> i & 1))
			continue;
		if (f->kind == FIELD_PITCHES)
			set_add_str(&set, pitch_name(i));
		else if (f->kind == FIELD_FLAGS && i < 3) /* lists of flags have three names */
			set_add_str(&set, f->names[i]);
		else {
			(void)snprintf(number, sizeof(number), "%u", i);
			set_add_int(&set, i, number);
		}
	}
	set_put(&set);
}

static void put_steps(struct sink *s, const struct field *f, const struct mos_event *ev)
{
	unsigned int n = ev->u.pattern.n_steps < 128 ? ev->u.pattern.n_steps : 128;
	char text[129];

	for (unsigned int i = 0; i < n; i++)
		text[i] = ev->u.pattern.onset[i / 64] >> (i % 64) & 1 ? 'x' : '.';
	text[n] = '\0';
	put_str(s, f->name, text);
}

static void put_enum(struct sink *s, const struct field *f, uint64_t value)
{
	uint64_t i = 0;

	while (f->names[i] && i < value)
		i++;
	put_str(s, f->name, f->names[i] ? f->names[i] : "?");
}

static int64_t as_signed(const struct field *f, uint64_t value)
{
	return f->size == 1 ? (int8_t)value : f->size == 4 ? (int32_t)value : (int64_t)value;
}

static void put_type(struct sink *s, const struct field *f, uint32_t type)
{
	const char *name = mos_event_type_name(type);

	if (name)
		put_str(s, f->name, name);
	else
		put_natural(s, f->name, type);
}

static void put_field(struct sink *s, const struct field *f, const struct mos_event *ev)
{
	uint64_t value = field_get(f, ev);
	char text[33];

	switch ((enum field_kind)f->kind) {
	case FIELD_UINT:
		put_natural(s, f->name, value + f->add);
		break;
	case FIELD_SINT:
		put_int(s, f->name, as_signed(f, value));
		break;
	case FIELD_HEX:
		if (s->doc)
			put_natural(s, f->name, value);
		else
			printf(" %s=0x%08llx", f->name, (unsigned long long)value);
		break;
	case FIELD_REAL:
		put_real(s, f->name, (f->size == 4 ? (int32_t)value : (double)value) / f->scale);
		break;
	case FIELD_BPM:
		put_real(s, f->name, value ? 60e9 / (double)value : 0);
		break;
	case FIELD_ENUM:
		put_enum(s, f, value);
		break;
	case FIELD_FLAGS:
	case FIELD_BITS:
	case FIELD_PITCHES:
		put_members(s, f, value);
		break;
	case FIELD_TEXT:
		memcpy(text, ev->u.bytes + f->offset, f->size);
		text[f->size] = '\0';
		put_str(s, f->name, text);
		break;
	case FIELD_NOTE:
		put_str(s, f->name, note_name((unsigned int)value, text));
		break;
	case FIELD_KEYS:
		put_keys(s, f, ev);
		break;
	case FIELD_STRINGS:
		put_strings(s, f, ev);
		break;
	case FIELD_PITCH:
		put_str(s, f->name, pitch_name(value));
		break;
	case FIELD_STEPS:
		put_steps(s, f, ev);
		break;
	case FIELD_TYPE:
		put_type(s, f, (uint32_t)value);
		break;
	case FIELD_ERROR:
		put_str(s, f->name, strerror(-(int)(int32_t)value));
		break;
	}
}

static int is_quiet(const struct field *f, const struct mos_event *ev)
{
	const uint8_t *byte = ev->u.bytes + f->offset;
	uint16_t gate;

	memcpy(&gate, ev->u.bytes + f->gate, sizeof(gate));
	if (f->gate && !gate)
		return 1;
	for (unsigned int i = 0; i < f->size; i++) {
		if (byte[i] != (f->quiet == 2 ? 0xff : 0))
			return 0;
	}
	return f->quiet != 0;
}

static void put_payload(struct sink *s, const struct mos_event *ev)
{
	for (const struct field *f = payload_fields(ev->type); f->name; f++) {
		if (!is_quiet(f, ev))
			put_field(s, f, ev);
	}
}

void payload_print(const struct mos_event *ev)
{
	put_payload(&(struct sink){0}, ev);
}

void payload_json(const struct mos_event *ev, yyjson_mut_doc *doc, yyjson_mut_val *object)
{
	put_payload(&(struct sink){doc, object}, ev);
}
