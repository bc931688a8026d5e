/* SPDX-License-Identifier: MIT */
/* Payloads from NAME=VALUE words: the inverse of payload_print.c. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/chord.h>
#include <mos/pitch.h>

#include "mosctl.h"
#include "payload.h"

#define KEY_ABSENT 0xff

/* A whole number for `size` bytes. */
static int parse_whole(const char *text, const struct field *f, uint64_t *ret)
{
	char *end;
	int64_t value;

	errno = 0;
	if (text[0] == '-' || f->kind == FIELD_SINT || f->kind == FIELD_ERROR) {
		int64_t limit = f->size >= 8 ? INT64_MAX : ((int64_t)1 << (8 * f->size - 1)) - 1;

		if (f->kind != FIELD_SINT && f->kind != FIELD_ERROR)
			return -ERANGE;
		value = strtoll(text, &end, 0);
		*ret = (uint64_t)value;
		if (errno || value > limit || value < -limit - 1)
			return -ERANGE;
	} else {
		*ret = strtoull(text, &end, 0);
		if (errno || *ret < f->add)
			return -ERANGE;
		*ret -= f->add;
		if (f->size < 8 && *ret >> (8 * f->size))
			return -ERANGE;
	}
	return end == text || *end ? -EINVAL : 0;
}

static int parse_scaled(const char *text, const struct field *f, uint64_t *ret)
{
	double value, limit = f->size == 1 ? 255 : f->size == 2 ? 65535 : INT32_MAX;

	if (parse_real(text, &value) < 0)
		return -EINVAL;
	value = rint(value * f->scale);
	if (value > limit || value < (f->size == 4 ? -limit : 0))
		return -ERANGE;
	*ret = (uint64_t)(int64_t)value;
	return 0;
}

static int parse_bpm(const char *text, uint64_t *ret)
{
	double value;

	if (parse_real(text, &value) < 0)
		return -EINVAL;
	if (value < 0.001 || value > 1e6)
		return -ERANGE;
	*ret = (uint64_t)rint(60e9 / value);
	return 0;
}

static int parse_enum(const char *text, const struct field *f, uint64_t *ret)
{
	for (uint64_t i = 0; f->names[i]; i++) {
		if (!strcmp(f->names[i], text)) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "C4" or 60. @return the key, -EINVAL. */
static int parse_key(const char *text)
{
	uint32_t key;

	if (parse_uint(text, 127, &key) == 0)
		return (int)key;
	return mos_key_from_name(text) < 0 ? -EINVAL : mos_key_from_name(text);
}

/* "F#" @return 0..11, -EINVAL. */
static int parse_pitch(const char *text)
{
	char name[8];
	int key;

	if (snprintf(name, sizeof(name), "%s4", text) >= (int)sizeof(name))
		return -EINVAL;
	key = mos_key_from_name(name);
	return key < 0 ? -EINVAL : key % 12;
}

/* One member of a set. @return its number, -EINVAL. */
static int parse_member(const char *text, const struct field *f)
{
	uint64_t value;
	uint32_t bit;

	switch (f->kind) {
	case FIELD_KEYS:
		return parse_key(text);
	case FIELD_STRINGS:
		return strcmp(text, "-") ? parse_key(text) : KEY_ABSENT;
	case FIELD_PITCHES:
		return parse_pitch(text);
	case FIELD_FLAGS:
		return parse_enum(text, f, &value) < 0 ? -EINVAL : (int)value;
	default:
		return parse_uint(text, 8u * f->size - 1, &bit) < 0 ? -EINVAL : (int)bit;
	}
}

/* "C4,E4,G4"; "-" is the empty set. */
static int parse_set(const char *text, const struct field *f, struct mos_event *ev)
{
	uint8_t bytes[16] = {0};
	unsigned int n = 0;

	if (f->kind != FIELD_STRINGS && !strcmp(text, "-"))
		text = "";
	while (*text) {
		size_t len = strcspn(text, ",");
		char word[16];
		int member;

		if (len >= sizeof(word))
			return -EINVAL;
		memcpy(word, text, len);
		word[len] = '\0';
		member = parse_member(word, f);
		if (member < 0 || (f->kind == FIELD_STRINGS && n == f->size))
			return -EINVAL;
		if (f->kind == FIELD_STRINGS)
			bytes[n] = (uint8_t)member;
		else
			bytes[member / 8] |= (uint8_t)(1u << (member % 8));
		n++;
		text += len + (text[len] == ',');
	}
	if (f->kind == FIELD_STRINGS && n != f->size)
		return -EINVAL;
	memcpy(ev->u.bytes + f->offset, bytes, f->size);
	return 0;
}

/* "x..x..x." */
static int parse_steps(const char *text, struct mos_event *ev)
{
	size_t n = strlen(text);

	if (n == 0 || n > 128 || strspn(text, "x.") != n)
		return -EINVAL;
	memset(ev->u.pattern.onset, 0, sizeof(ev->u.pattern.onset));
	for (size_t i = 0; i < n; i++)
		ev->u.pattern.onset[i / 64] |= (uint64_t)(text[i] == 'x') << (i % 64);
	ev->u.pattern.n_steps = (uint16_t)n;
	return 0;
}

static int parse_field(const char *text, const struct field *f, struct mos_event *ev)
{
	uint64_t value = 0;
	int rc = 0;

	switch ((enum field_kind)f->kind) {
	case FIELD_UINT:
	case FIELD_SINT:
	case FIELD_HEX:
	case FIELD_ERROR:
		rc = parse_whole(text, f, &value);
		break;
	case FIELD_REAL:
		rc = parse_scaled(text, f, &value);
		break;
	case FIELD_BPM:
		rc = parse_bpm(text, &value);
		break;
	case FIELD_ENUM:
		rc = parse_enum(text, f, &value);
		break;
	case FIELD_FLAGS:
	case FIELD_BITS:
	case FIELD_PITCHES:
	case FIELD_KEYS:
	case FIELD_STRINGS:
		return parse_set(text, f, ev);
	case FIELD_TEXT:
		if (strlen(text) >= f->size)
			return -ERANGE;
		memset(ev->u.bytes + f->offset, 0, f->size);
		memcpy(ev->u.bytes + f->offset, text, strlen(text));
		return 0;
	case FIELD_NOTE:
		rc = parse_key(text);
		value = (uint64_t)rc;
		break;
	case FIELD_PITCH:
		rc = strcmp(text, "none") ? parse_pitch(text) : KEY_ABSENT;
		value = (uint64_t)rc;
		break;
	case FIELD_STEPS:
		return parse_steps(text, ev);
	case FIELD_TYPE:
		value = mos_event_type_from_name(text);
		rc = value ? 0 : -EINVAL;
		break;
	}
	if (rc < 0)
		return rc;
	field_set(f, ev, value);
	return 0;
}

static const struct field *field_find(uint32_t type, const char *name, size_t len)
{
	for (const struct field *f = payload_fields(type); f->name; f++) {
		if (strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	}
	return NULL;
}

static void list_fields(uint32_t type, char *buf, size_t size)
{
	size_t n = (size_t)snprintf(buf, size, "its fields are tick");

	for (const struct field *f = payload_fields(type); f->name && n < size; f++)
		n += (size_t)snprintf(buf + n, size - n, " %s", f->name);
}

static unsigned int bits_of(const uint64_t set[static 2])
{
	return (unsigned int)(__builtin_popcountll(set[0]) + __builtin_popcountll(set[1]));
}

/* The tones of a chord that only its name is said of; a name that nobody can read is sent as it is. */
static void spell_out(struct mos_ev_chord *ev)
{
	struct mos_chord chord;

	if (!ev->symbol[0] || mos_chord_parse(ev->symbol, SIZE_MAX, &chord, NULL) != 0 ||
		chord.family == MOS_CHORD_NONE)
		return;
	ev->root = (uint8_t)mos_tone_class(chord.root);
	ev->bass = (uint8_t)mos_tone_class(chord.bass);
	ev->pitch_classes = mos_chord_pitch_classes(&chord);
}

static int is_said(const char *name, int n, char *const *words)
{
	size_t len = strlen(name);

	for (int i = 0; i < n; i++) {
		if (!strncmp(words[i], name, len) && words[i][len] == '=')
			return 1;
	}
	return 0;
}

/* What is told twice in a record is counted, not asked for. */
static void complete(struct mos_event *ev, int n, char *const *words)
{
	if (ev->type == MOS_EVENT_MIDI_SNAPSHOT && !is_said("n_keys", n, words))
		ev->u.snapshot.n_keys = (uint8_t)bits_of(ev->u.snapshot.keys);
	if (ev->type == MOS_EVENT_METRONOME_PATTERN && !is_said("n_pulses", n, words))
		ev->u.pattern.n_pulses = (uint16_t)bits_of(ev->u.pattern.onset);
	if (ev->type == MOS_EVENT_CHORD_DETECTED) {
		if (!is_said("root", n, words) && !is_said("pitches", n, words))
			spell_out(&ev->u.chord);
		else if (!is_said("bass", n, words))
			ev->u.chord.bass = ev->u.chord.root;
	}
}

int payload_parse(struct mos_event *ev, int n, char *const *words, char *why, size_t size)
{
	static const struct field tick = {"tick", FIELD_SINT, 0, .size = 8};

	for (int i = 0; i < n; i++) {
		const char *equals = strchr(words[i], '=');
		const struct field *f;
		uint64_t value;
		int rc;

		if (!equals) {
			(void)snprintf(why, size, "not NAME=VALUE");
			return i;
		}
		if (!strncmp(words[i], "tick=", 5)) {
			rc = parse_whole(equals + 1, &tick, &value);
			ev->tick = (int64_t)value;
		} else {
			f = field_find(ev->type, words[i], (size_t)(equals - words[i]));
			if (!f) {
				list_fields(ev->type, why, size);
				return i;
			}
			rc = parse_field(equals + 1, f, ev);
		}
		if (rc < 0) {
			(void)snprintf(why, size, rc == -ERANGE ? "out of range" : "not understood");
			return i;
		}
	}
	complete(ev, n, words);
	return -1;
}
