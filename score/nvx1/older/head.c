/* SPDX-License-Identifier: MIT */
/* `info`, `infos`, or the members of the document itself that say the same: title, key, meter, tempo, media.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <score/utf8.h>

#include "../words.h"
#include "older.h"

static void read_names(struct older *o, const struct older_object *obj)
{
	struct nvx_metadata *m = &o->draft->globals.metadata;
	const struct {
		const char *name;
		nvx_str *to;
	} labels[] = {{"title", &m->title}, {"subtitle", &m->subtitle}, {"composer", &m->composer},
		{"artist", &m->artist}, {"album", &m->album}, {"style", &m->style},
		{"arranger", &m->arranger}, {"lyricist", &m->lyricist}, {"copyright", &m->copyright},
		{"language", &m->language}, {"transcription", &m->transcription}};
	for (unsigned i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (!*labels[i].to)
			*labels[i].to = older_label(o, obj, labels[i].name);
	static const char *const ids[] = {"songId", "id"};
	for (unsigned i = 0; i < 2 && !m->id; i++) {
		const uint8_t *value = older_take(o, obj, ids[i]);
		if (!value)
			continue;
		if (*value != '"' && *value != '-' && (*value < '0' || *value > '9')) {
			older_leave(o, obj, value);
			continue;
		}
		o->r->extra.n = 0;
		json_canonical(value, NULL, &o->r->extra);
		if (o->r->extra.error)
			o->draft->error = -ENOMEM;
		else
			m->id = nvx_text(o->draft, (const char *)o->r->extra.data, o->r->extra.n);
	}
}

/* ---- key ---- */

/** "C major", "c Major", "F# min": as people wrote it. */
static int loose_key(char *text, size_t len, struct nvx_key *key)
{
	if (len == 0)
		return 0;
	if (nvx_key_parse(text, len, key) >= 0)
		return 1;
	for (size_t i = 0; i < len; i++)
		text[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' && i > 0 ? text[i] + 32 : text[i]);
	if (text[0] >= 'a' && text[0] <= 'g')
		text[0] = (char)(text[0] - 32);
	return nvx_key_parse(text, len, key) >= 0;
}

/** {fifths, mode, tonic} */
static int key_object(
	struct older *o, const struct older_object *outer, const uint8_t *value, struct nvx_key *key)
{
	struct older_object obj;
	int64_t fifths = 0;
	char text[32];
	size_t n = 0;
	int ok = 0, minor = 0;
	if (!older_open(o, &obj))
		return 0;
	const int has_fifths = older_integer(o, &obj, "fifths", -7, 7, &fifths);
	if (older_text(o, &obj, "tonic") && o->r->text.n < 8) {
		n = o->r->text.n;
		memcpy(text, o->r->text.data, n);
	}
	const int has_mode = older_text(o, &obj, "mode") && o->r->text.n < 16;
	if (has_mode)
		minor = strcasecmp((const char *)o->r->text.data, "minor") == 0;
	if (n) {
		text[n++] = ' ';
		memcpy(text + n, has_mode ? (const char *)o->r->text.data : "major",
			has_mode ? o->r->text.n : 5);
		n += has_mode ? o->r->text.n : 5;
		ok = loose_key(text, n, key);
	} else if (has_fifths) {
		nvx_set_key(key, (int)fifths, minor);
		ok = 1;
	}
	older_done(o, &obj, outer, value);
	return ok;
}

static void read_key(struct older *o, const struct older_object *obj)
{
	static const char *const names[] = {"tonality", "keySignature", "key"};
	for (unsigned i = 0; i < 3; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		struct nvx_key key = {};
		int ok = 0;
		if (!value)
			continue;
		const struct older_place place = older_goto(o, value, names[i]);
		if (*value == '{') {
			ok = key_object(o, obj, value, &key);
		} else if (*value == '"') {
			ok = nvx_read_text(o->r, 0, 65536) == 0 && o->r->text.n < 32 &&
			     loose_key((char *)o->r->text.data, o->r->text.n, &key);
		} else {
			int64_t fifths;
			ok = nvx_read_integer(o->r, -7, 7, &fifths) == 0;
			if (ok)
				nvx_set_key(&key, (int)fifths, 0);
		}
		older_back(o, place);
		if (!ok && value[0] == '"' && value[1] == '"')
			continue;
		if (!ok || o->has_key) {
			older_leave(o, obj, value);
			if (!ok)
				older_notice(o, value, names[i], "nvx1.key.malformed",
					"no key that can be read: it is kept as text");
			continue;
		}
		older_set_key(o, 0, &key);
		o->has_key = 1;
	}
}

/* ---- media, clefs ---- */

/** One entry; what else names the same film stays text. */
static void read_media(struct older *o, const struct older_object *obj)
{
	static const char watch[] = "https://www.youtube.com/watch?v=";
	static const char *const names[] = {"youtube_link", "youtube_videoId", "youtube_filePath"};
	nvx_str url = 0;
	for (unsigned i = 0; i < 3 && !url; i++) {
		char link[256];
		if (!older_text(o, obj, names[i]) || o->r->text.n == 0)
			continue;
		const size_t n = score_utf8_cut(o->r->text.data, o->r->text.n, sizeof(link) - sizeof(watch));
		memcpy(link, watch, sizeof(watch) - 1);
		memcpy(link + sizeof(watch) - 1, o->r->text.data, n);
		url = i == 1 ? nvx_text(o->draft, link, sizeof(watch) - 1 + n)
			     : nvx_text(o->draft, (const char *)o->r->text.data, o->r->text.n);
	}
	if (!url)
		return;
	struct nvx_media_entry *media = nvx_add_media(o->draft);
	media->kind = NVX_MEDIA_YOUTUBE;
	media->url = url;
}

static const struct clef {
	const char *name;
	uint8_t sign, line;
} clefs[] = {{"treble", NVX_CLEF_G, 2}, {"g", NVX_CLEF_G, 2}, {"bass", NVX_CLEF_F, 4}, {"f", NVX_CLEF_F, 4},
	{"alto", NVX_CLEF_C, 3}, {"c", NVX_CLEF_C, 3}, {"tenor", NVX_CLEF_C, 4},
	{"percussion", NVX_CLEF_PERCUSSION, 3}, {"tab", NVX_CLEF_TAB, 5}};

static const struct clef *find_clef(const char *name)
{
	for (unsigned i = 0; i < sizeof(clefs) / sizeof(clefs[0]); i++)
		if (strcasecmp(clefs[i].name, name) == 0)
			return &clefs[i];
	return NULL;
}

static void read_clefs(struct older *o, const struct older_object *obj)
{
	static const char *const names[] = {"clef", "clef_lh"};
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *value = older_take(o, obj, names[i]);
		if (!value)
			continue;
		const nvx_str name = o->clef[i] ? 0 : older_string_here(o, value);
		if (name && find_clef(nvx_string(o->draft->pool, name, NULL)))
			o->clef[i] = name;
		else
			older_leave(o, obj, value);
	}
}

void older_put_clefs(struct older *o)
{
	for (unsigned i = 0; i < 2 && o->draft->n_part; i++) {
		if (!o->clef[i])
			continue;
		const struct clef *clef = find_clef(nvx_string(o->draft->pool, o->clef[i], NULL));
		struct nvx_part *part = &o->draft->part[0].part;
		struct nvx_notation_element *element = nvx_add_notation(o->draft);
		element->e.kind = NVX_NOTATION_CLEF;
		element->e.part_id = part->id;
		element->e.staff = (uint8_t)(i + 1);
		element->sign = clef->sign;
		element->line = clef->line;
		if (part->staves < i + 1)
			part->staves = (uint8_t)(i + 1);
	}
}

void older_read_head(struct older *o, const struct older_object *obj)
{
	int64_t value;
	read_names(o, obj);
	read_key(o, obj);
	older_read_meter(o, obj);
	static const char *const tempi[] = {"tempo", "bpm"};
	for (unsigned i = 0; i < 2 && !o->has_tempo; i++) {
		if (older_decimal(o, obj, tempi[i], 6, 1, INT64_C(60000000000), &value)) {
			older_add_tempo(o, 0, value, NVX_CURVE_STEP);
			o->has_tempo = 1;
		}
	}
	const uint8_t *transpose = older_take(o, obj, "transpose");
	if (transpose) {
		older_leave(o, obj, transpose);
		if (older_integer(o, obj, "transpose", -127, 127, &value) && value) {
			o->transpose = (int)value;
			older_notice(o, transpose, "transpose", "nvx1.migrated",
				"every part is transposed by it; the notes sound as they stand");
		}
	}
	read_media(o, obj);
	read_clefs(o, obj);
	/* "1/8": the unit of note texts, and kept. */
	const uint8_t *unit = older_take(o, obj, "default_duration");
	if (unit && *unit == '"') {
		int64_t num = 0, den = 0;
		const uint8_t *at = unit + 1;
		for (; *at >= '0' && *at <= '9' && num < 1000; at++)
			num = num * 10 + (*at - '0');
		if (*at == '/')
			for (at++; *at >= '0' && *at <= '9' && den < 1000; at++)
				den = den * 10 + (*at - '0');
		if (*at == '"' && num > 0 && den > 0 && den <= 512 && num <= 64 && !(den & (den - 1))) {
			o->unit_num = (uint16_t)num;
			o->unit_den = (uint16_t)den;
		}
	}
	if (unit)
		older_leave(o, obj, unit);
}
