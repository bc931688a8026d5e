/* SPDX-License-Identifier: MIT */
/*
 * SMuFL metadata: what the outlines do not say, which is where stems go, what corners are free, how thick
 * lines are. Boxes and advances are the outlines' own. What is unknown is passed over; what has the wrong
 * type, or a number that no font has, is refused with its place. spec/theater.md 2.2.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yyjson.h>

#include "font_impl.h"

/* No sign is that large, sp. */
static const double far = 1000;

struct reader {
	char *error;
	size_t error_size;
	struct engrave_glyph *glyph;
};

static int refuse(struct reader *r, const char *parent, const char *key, const char *reason)
{
	/* RFC 6901 escapes nothing that SMuFL's names hold; others are cut. */
	snprintf(r->error, r->error_size, "%.100s%s%.60s: %s", parent, *key ? "/" : "", key, reason);
	return -EINVAL;
}

static int read_number(struct reader *r, const char *parent, const char *key, yyjson_val *value, float *ret)
{
	if (!yyjson_is_num(value))
		return refuse(r, parent, key, "not a number");
	double number = yyjson_get_num(value);
	if (!isfinite(number) || fabs(number) > far)
		return refuse(r, parent, key, "a length of at most 1000 staff spaces is wanted");
	*ret = (float)number;
	return 0;
}

static int read_defaults(struct reader *r, yyjson_val *from, struct engrave_defaults *d)
{
	static const char parent[] = "/engravingDefaults";
	const struct {
		const char *key;
		float *to;
	} fields[] = {
		{"staffLineThickness", &d->staff_line},
		{"stemThickness", &d->stem},
		{"beamThickness", &d->beam},
		{"beamSpacing", &d->beam_gap},
		{"legerLineThickness", &d->leger_line},
		{"legerLineExtension", &d->leger_extension},
		{"slurEndpointThickness", &d->slur_end},
		{"slurMidpointThickness", &d->slur_middle},
		{"tieEndpointThickness", &d->tie_end},
		{"tieMidpointThickness", &d->tie_middle},
		{"thinBarlineThickness", &d->thin_bar},
		{"thickBarlineThickness", &d->thick_bar},
		{"barlineSeparation", &d->bar_gap},
		{"repeatBarlineDotSeparation", &d->repeat_dot_gap},
		{"bracketThickness", &d->bracket},
		{"hairpinThickness", &d->hairpin},
		{"octaveLineThickness", &d->octave_line},
		{"pedalLineThickness", &d->pedal_line},
		{"tupletBracketThickness", &d->tuplet_bracket},
		{"repeatEndingLineThickness", &d->ending_line},
		{"lyricLineThickness", &d->lyric_line},
		{"textEnclosureThickness", &d->text_box},
	};
	if (!from)
		return 0;
	if (!yyjson_is_obj(from))
		return refuse(r, parent, "", "not an object");
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		yyjson_val *value = yyjson_obj_get(from, fields[i].key);
		float number;
		if (!value)
			continue;
		int rc = read_number(r, parent, fields[i].key, value, &number);
		if (rc < 0)
			return rc;
		if (number < 0 || number > 10)
			return refuse(
				r, parent, fields[i].key, "a thickness of 0 to 10 staff spaces is wanted");
		*fields[i].to = number;
	}
	return 0;
}

/* @return 1 taken over, 0 not there. */
static int read_anchor(
	struct reader *r, const char *name, yyjson_val *anchors, const char *key, float *x, float *y)
{
	char place[160];
	float pair[2];
	yyjson_val *value = yyjson_obj_get(anchors, key);
	if (!value)
		return 0;
	snprintf(place, sizeof place, "/glyphsWithAnchors/%.60s/%s", name, key);
	if (!yyjson_is_arr(value) || yyjson_arr_size(value) != 2)
		return refuse(r, place, "", "not a pair of numbers");
	for (unsigned i = 0; i < 2; i++) {
		int rc = read_number(r, place, i == 0 ? "0" : "1", yyjson_arr_get(value, i), &pair[i]);
		if (rc < 0)
			return rc;
	}
	*x = pair[0];
	*y = pair[1];
	return 1;
}

static int read_sign(struct reader *r, const struct sign *sign, yyjson_val *anchors)
{
	struct engrave_glyph *g = &r->glyph[sign->code - ENGRAVE_CODE_FIRST];
	if (!yyjson_is_obj(anchors))
		return refuse(r, "/glyphsWithAnchors", sign->name, "not an object");
	int is_flag = font_is_flag(sign->code);
	int up = read_anchor(
		r, sign->name, anchors, is_flag ? "stemUpNW" : "stemUpSE", &g->stem_up_x, &g->stem_up_y);
	int down = up < 0 ? up
			  : read_anchor(r, sign->name, anchors, is_flag ? "stemDownSW" : "stemDownNW",
				    &g->stem_down_x, &g->stem_down_y);
	if (down < 0)
		return down;
	g->has_stem_up = (uint8_t)up;
	g->has_stem_down = (uint8_t)down;
	const struct {
		const char *key;
		float *to;
	} corners[] = {{"cutOutNE", g->cut_ne}, {"cutOutSE", g->cut_se}, {"cutOutSW", g->cut_sw},
		{"cutOutNW", g->cut_nw}};
	for (unsigned i = 0; i < 4; i++) {
		int rc = read_anchor(
			r, sign->name, anchors, corners[i].key, &corners[i].to[0], &corners[i].to[1]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_anchors(struct reader *r, yyjson_val *from)
{
	if (!from)
		return 0;
	if (!yyjson_is_obj(from))
		return refuse(r, "/glyphsWithAnchors", "", "not an object");
	for (uint32_t i = 0; i < font_n_signs; i++) {
		yyjson_val *anchors = yyjson_obj_get(from, font_sign[i].name);
		int rc = anchors ? read_sign(r, &font_sign[i], anchors) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int font_read_metadata(const uint8_t *json, size_t n, struct engrave_glyph *glyph,
	struct engrave_defaults *defaults, char *name, size_t name_size, char *error, size_t error_size)
{
	struct reader r = {error, error_size, glyph};
	yyjson_read_err failed;
	/* yyjson writes nothing into its input without YYJSON_READ_INSITU. */
	yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)json, n, 0, NULL, &failed);
	if (!doc) {
		snprintf(error, error_size, "byte %zu: %s", failed.pos, failed.msg);
		return -EINVAL;
	}
	yyjson_val *root = yyjson_doc_get_root(doc), *font_name = yyjson_obj_get(root, "fontName");
	struct engrave_defaults read = *defaults;
	int rc = yyjson_is_obj(root) ? 0 : refuse(&r, "", "", "not an object");
	if (rc == 0 && !yyjson_obj_get(root, "engravingDefaults") &&
		!yyjson_obj_get(root, "glyphsWithAnchors"))
		rc = refuse(
			&r, "", "", "neither engravingDefaults nor glyphsWithAnchors: not SMuFL metadata");
	if (rc == 0)
		rc = read_defaults(&r, yyjson_obj_get(root, "engravingDefaults"), &read);
	if (rc == 0)
		rc = read_anchors(&r, yyjson_obj_get(root, "glyphsWithAnchors"));
	if (rc == 0) {
		*defaults = read;
		if (yyjson_is_str(font_name) && yyjson_get_len(font_name) > 0)
			snprintf(name, name_size, "%s", yyjson_get_str(font_name));
	}
	yyjson_doc_free(doc);
	return rc;
}
