/* SPDX-License-Identifier: MIT */
/* Colours by what they are for: the four themes that are built in, and themes as files. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "scene_internal.h"

enum { NIGHT, PAPER, STAGE, CONTRAST, N_BUILT_IN };

const char *const scene_theme_names[] = {"night", "paper", "stage", "contrast", NULL};

/* 0xRRGGBB. Night is dark all over, paper light; stage puts cream paper on a dark stage. Pitch classes have
 * hues a twelfth of the circle apart in the order of fifths, all of one lightness (OKLCH). */
static const struct {
	const char *name;
	uint32_t rgb[N_BUILT_IN];
} tokens[MOS_N_TOKENS] = {
	[MOS_TOKEN_CANVAS] = {"canvas", {0x0b0e13, 0xe6ddcb, 0x0a0908, 0x000000}},
	[MOS_TOKEN_PANEL] = {"panel", {0x151a22, 0xf6efe0, 0x161412, 0x000000}},
	[MOS_TOKEN_PANEL_EDGE] = {"panel-edge", {0x2a3340, 0xc9bca3, 0x312c26, 0xffffff}},
	[MOS_TOKEN_TEXT] = {"text", {0xe8ecf2, 0x241d15, 0xf3ede2, 0xffffff}},
	[MOS_TOKEN_TEXT_DIM] = {"text-dim", {0x98a4b5, 0x665a49, 0xaea394, 0xdadada}},
	[MOS_TOKEN_ACCENT] = {"accent", {0xf7bc50, 0x9d490e, 0xf1bf4e, 0xffe100}},
	[MOS_TOKEN_ACCENT_2] = {"accent-2", {0x3aced6, 0x016774, 0x4ac9ec, 0x00e5ff}},
	[MOS_TOKEN_GOOD] = {"good", {0x6ed889, 0x197037, 0x6ed889, 0x4cff7a}},
	[MOS_TOKEN_WARN] = {"warn", {0xf4c947, 0x7a5200, 0xf4c947, 0xffd000}},
	[MOS_TOKEN_BAD] = {"bad", {0xf8766f, 0xa92321, 0xf8766f, 0xff8a80}},
	[MOS_TOKEN_GRID] = {"grid", {0x2c3542, 0xd8ccb5, 0x352f29, 0x8a8a8a}},
	[MOS_TOKEN_OFF] = {"off", {0x3d4757, 0xbdb098, 0x4a443b, 0x6a6a6a}},
	[MOS_TOKEN_KEY_WHITE] = {"key-white", {0xe9e6df, 0xfffdf6, 0xf4efe4, 0xffffff}},
	[MOS_TOKEN_KEY_BLACK] = {"key-black", {0x14171c, 0x2a251f, 0x12100e, 0x000000}},
	[MOS_TOKEN_WOOD] = {"wood", {0x432b1b, 0x8a5a34, 0x4f3019, 0x2e2e2e}},
	[MOS_TOKEN_METAL] = {"metal", {0xb9bec6, 0x6f6a60, 0xc9c2b4, 0xffffff}},
	[MOS_TOKEN_PAPER] = {"paper", {0x11161d, 0xfdf8ec, 0xf5eedd, 0xffffff}},
	[MOS_TOKEN_STAFF] = {"staff", {0x7d8896, 0x6a5f50, 0x6a5f50, 0x000000}},
	[MOS_TOKEN_INK] = {"ink", {0xe8ecf2, 0x1a140d, 0x1b1611, 0x000000}},
	[MOS_TOKEN_PLAYHEAD] = {"playhead", {0x3aced6, 0x0f7a8a, 0x0f7a8a, 0x0030d0}},
	[MOS_TOKEN_SOUNDING] = {"sounding", {0xffb03a, 0xc8320c, 0xcf360c, 0xc00000}},
	[MOS_TOKEN_FORM] = {"form", {0xc9acfe, 0x60438d, 0x60438d, 0x4e2c7c}},
	[MOS_TOKEN_CHORDS] = {"chords", {0xebb25f, 0x734c04, 0x734c04, 0x633502}},
	[MOS_TOKEN_ANALYSIS] = {"analysis", {0x44d6d6, 0x076262, 0x076262, 0x024d4d}},
	[MOS_TOKEN_TABLATURE] = {"tablature", {0x83d494, 0x09672e, 0x09672e, 0x035122}},
	[MOS_TOKEN_DIAGRAMS] = {"diagrams", {0x8ac3fd, 0x0e5794, 0x0e5794, 0x024478}},
	[MOS_TOKEN_FINGERING] = {"fingering", {0xffa098, 0x8c3432, 0x8c3432, 0x79191b}},
	[MOS_TOKEN_LYRICS] = {"lyrics", {0x98bffe, 0x2a5397, 0x2a5397, 0x183d86}},
	[MOS_TOKEN_MARKERS] = {"markers", {0xf19fd6, 0x7f366a, 0x7f366a, 0x6c1d58}},
	[MOS_TOKEN_PITCH_0] = {"pitch-0", {0xfea199, 0xa03f3c, 0xfe968e, 0xfebfb9}},
	[MOS_TOKEN_PITCH_0 + 1] = {"pitch-1", {0x6bcafe, 0x006c97, 0x57c4fe, 0x9edafe}},
	[MOS_TOKEN_PITCH_0 + 2] = {"pitch-2", {0xe3b756, 0x7e5d00, 0xdfb042, 0xffc845}},
	[MOS_TOKEN_PITCH_0 + 3] = {"pitch-3", {0xc3afff, 0x6a51a4, 0xbda7fe, 0xd4c8fe}},
	[MOS_TOKEN_PITCH_0 + 4] = {"pitch-4", {0x89d38b, 0x27762f, 0x7dce80, 0x89ec8d}},
	[MOS_TOKEN_PITCH_0 + 5] = {"pitch-5", {0xfd9bc2, 0x9a3e67, 0xfa91bc, 0xffbad4}},
	[MOS_TOKEN_PITCH_0 + 6] = {"pitch-6", {0x39d4e4, 0x02717a, 0x0dcfdf, 0x15ecfe}},
	[MOS_TOKEN_PITCH_0 + 7] = {"pitch-7", {0xfca76c, 0x974c00, 0xf99f5d, 0xffc29a}},
	[MOS_TOKEN_PITCH_0 + 8] = {"pitch-8", {0x9fbdfe, 0x3e5fad, 0x95b6ff, 0xbcd1fe}},
	[MOS_TOKEN_PITCH_0 + 9] = {"pitch-9", {0xbbc764, 0x626a03, 0xb5c153, 0xcedd53}},
	[MOS_TOKEN_PITCH_0 + 10] = {"pitch-10", {0xe6a1ea, 0x87458b, 0xe398e7, 0xfbb4ff}},
	[MOS_TOKEN_PITCH_0 + 11] = {"pitch-11", {0x52d8b9, 0x017460, 0x36d3b2, 0x16f2cb}},
};

static uint32_t rgba(uint32_t rgb)
{
	return MOS_RGBA(rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff, 0xffu);
}

static void fill(struct scene_theme *theme, int which)
{
	*theme = (struct scene_theme){0};
	(void)snprintf(theme->name, sizeof(theme->name), "%s", scene_theme_names[which]);
	for (uint32_t i = 0; i < MOS_N_TOKENS; i++)
		theme->token[i] = tokens[i].name ? rgba(tokens[i].rgb[which]) : 0;
}

int scene_theme_find(const char *name, struct scene_theme *ret)
{
	for (int i = 0; i < N_BUILT_IN; i++) {
		if (strcmp(name, scene_theme_names[i]) == 0) {
			fill(ret, i);
			return 0;
		}
	}
	return -ENOENT;
}

static int read_color(struct json_reader *r, yyjson_val *val, uint32_t *ret)
{
	const char *text = yyjson_get_str(val);
	uint32_t rgb = 0;

	if (!text || yyjson_get_len(val) != 7 || text[0] != '#' ||
		strspn(text + 1, "0123456789abcdefABCDEF") != 6)
		return json_refuse(r, "a colour is expected, as in \"#1b1611\"");
	for (int i = 1; i < 7; i++) {
		const uint32_t c = (unsigned char)text[i];

		rgb = rgb << 4 | (c <= '9' ? c - '0' : (c | 0x20u) - 'a' + 10);
	}
	*ret = rgba(rgb);
	return 0;
}

static int read_name(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene_theme *theme = into;
	struct scene_theme taken;
	const int rc = json_name(r, val, theme->name, sizeof(theme->name));

	if (rc < 0)
		return rc;
	return scene_theme_find(theme->name, &taken) == 0 ? json_refuse(r, "this theme is built in") : 0;
}

/* The base has been filled in before, whatever the order of the file. */
static int read_base(struct json_reader *r, yyjson_val *val, void *into)
{
	const int which = json_choice(r, val, scene_theme_names);

	return which < 0 ? which : 0;
}

static int read_tokens(struct json_reader *r, yyjson_val *val, void *into)
{
	struct scene_theme *theme = into;
	uint64_t seen = 0;
	yyjson_val *key, *color;
	size_t at, n;

	if (!yyjson_is_obj(val))
		return json_refuse(r, "a map is expected");
	yyjson_obj_foreach(val, at, n, key, color)
	{
		const size_t mark = scene_json_enter(r, yyjson_get_str(key));
		uint32_t i = 0;
		int rc;

		while (i < MOS_N_TOKENS && (!tokens[i].name || !yyjson_equals_str(key, tokens[i].name)))
			i++;
		if (i == MOS_N_TOKENS)
			return json_refuse(r, "there is no such colour");
		if (seen & 1ull << i)
			return json_refuse(r, "given twice");
		seen |= 1ull << i;
		rc = read_color(r, color, &theme->token[i]);
		if (rc < 0)
			return rc;
		json_leave(r, mark);
	}
	return 0;
}

int theme_read(struct json_reader *r, yyjson_val *val, struct scene_theme *ret)
{
	static const struct json_member members[] = {
		{"name", 1, read_name}, {"base", 0, read_base}, {"tokens", 1, read_tokens}, {0}};
	struct scene_theme theme;
	const char *base = yyjson_get_str(yyjson_obj_get(val, "base"));
	int rc;

	if (!base || scene_theme_find(base, &theme) < 0)
		fill(&theme, STAGE);
	rc = json_members(r, val, members, &theme);
	if (rc == 0)
		*ret = theme;
	return rc;
}

int scene_theme_parse(const char *json, size_t size, struct scene_theme *ret, char *where, size_t where_size)
{
	struct json_reader r;
	int rc;
	yyjson_doc *doc = json_open(&r, json, size, where, where_size, &rc);

	if (doc)
		rc = theme_read(&r, yyjson_doc_get_root(doc), ret);
	yyjson_doc_free(doc);
	return rc;
}
