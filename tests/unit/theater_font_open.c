/* SPDX-License-Identifier: MIT */
/* Opening fonts: what is there, what is broken, what is found; and the metrics that come of it. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <font.h>

#include "font_fixture.h"

static char dir[] = "/tmp/mos-font-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][512];
	static unsigned next;
	char *p = path[next++ % 4];
	(void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

static void make_dir(void)
{
	cr_assert_not_null(mkdtemp(dir));
	setenv("XDG_DATA_HOME", dir, 1);
	setenv("XDG_DATA_DIRS", dir, 1);
	setenv("HOME", dir, 1);
}

static void remove_dir(void)
{
	char command[600];
	(void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
	cr_assert_eq(system(command), 0);
}

static struct font_set *open_fonts(const struct font_options *options, char error[512])
{
	struct font_set *fonts = NULL;
	int rc = font_open(options, &fonts, error, 512);
	if (rc < 0 && strstr(error, "lilypond-fonts"))
		cr_skip("Emmentaler is not installed");
	cr_assert_eq(rc, 0, "%s", error);
	return fonts;
}

static const struct engrave_glyph *sign(const struct font_set *fonts, uint32_t code)
{
	return &font_metrics(fonts)->glyph[code - ENGRAVE_CODE_FIRST];
}

TestSuite(open, .init = make_dir, .fini = remove_dir);

/* What SMuFL says of each sign, whatever the font: an edge, a middle, a size (sp). */
Test(open, emmentaler,
	.description = "THE-13: Emmentaler's signs stand where SMuFL has them, at 4 spaces an em")
{
	char error[512];
	struct font_set *fonts = open_fonts(&(struct font_options){.music = "emmentaler"}, error);
	cr_assert_str_empty(error);
	cr_assert(strstr(font_music_name(fonts), "Emmentaler"));
	const struct engrave_glyph *black = sign(fonts, 0xe0a4);
	cr_assert(black->is_there && black->has_stem_up && black->has_stem_down);
	/* A head fills a space; stems leave at its right side above the middle, and the left one below. */
	cr_assert_float_eq(black->y1 - black->y0, 1, 0.12);
	cr_assert_float_eq(black->stem_up_x, black->x1, 0.01);
	cr_assert_float_eq(black->stem_down_x, black->x0, 0.01);
	cr_assert(black->stem_up_y > 0.1f && black->stem_up_y < 0.4f);
	cr_assert_float_eq(black->stem_down_y, -black->stem_up_y, 0.001);
	for (uint32_t code = 0xe080; code <= 0xe089; code++) {
		const struct engrave_glyph *digit = sign(fonts, code);
		cr_assert_float_eq(digit->y1 + digit->y0, 0, 0.02, "U+%X is not in the middle", code);
		cr_assert_float_eq(digit->y1 - digit->y0, 2, 0.05, "U+%X is not two spaces high", code);
	}
	/* Articulations above stand on 0, those below hang from it, and both begin at the left. */
	for (uint32_t code = 0xe4a0; code <= 0xe4b5; code += 2) {
		const struct engrave_glyph *above = sign(fonts, code), *below = sign(fonts, code + 1);
		cr_assert(above->is_there && below->is_there, "U+%X", code);
		cr_assert_float_eq(above->y0, 0, 0.06, "U+%X", code);
		cr_assert_float_eq(below->y1, 0, 0.06, "U+%X", code + 1);
		cr_assert_float_eq(above->x0, 0, 0.06, "U+%X", code);
		cr_assert_float_eq(
			above->y1, -below->y0, 0.06, "U+%X is no mirror of the one above", code + 1);
	}
	cr_assert_float_eq(sign(fonts, 0xe000)->y1, 4, 0.01, "the brace is an em high");
	cr_assert_float_eq(sign(fonts, 0xe4e3)->y1, 0, 0.01, "a whole rest hangs from its line");
	cr_assert_float_eq(sign(fonts, 0xe4e4)->y0, 0, 0.01, "a half rest stands on its line");
	/* Flags never reach the head of a stem of 3.5; the stem goes on into what is above. */
	for (uint32_t code = 0xe240; code <= 0xe24f; code += 2) {
		cr_assert_gt(sign(fonts, code)->y0, -3.52f, "U+%X", code);
		cr_assert_float_eq(sign(fonts, code)->stem_up_y, sign(fonts, code)->y1, 0.01, "U+%X", code);
		cr_assert_float_eq(sign(fonts, code + 1)->stem_down_y, sign(fonts, code + 1)->y0, 0.01);
	}
	cr_assert_float_eq(sign(fonts, 0xe0a3)->stem_up_x, sign(fonts, 0xe0a3)->x1, 0.01);
	/* Not there: a box to reckon with. */
	cr_assert_eq(sign(fonts, 0xe0a6)->is_there, 0);
	cr_assert_gt(sign(fonts, 0xe0a6)->x1, 0);
	cr_assert_eq(font_glyph(fonts, FONT_MUSIC, 0xe0a6), 0);
	cr_assert_neq(font_glyph(fonts, FONT_MUSIC, 0xe0a4), 0);
	/* ff is closer than f and f. */
	cr_assert_lt(sign(fonts, 0xe52f)->advance, 2 * sign(fonts, 0xe522)->advance - 0.1f);
	font_close(fonts);
}

static const struct fixture_glyph boxes[] = {
	{0xe050, 0, -600, 700, 1100, 710},
	{0xe0a4, 0, -125, 300, 125, 310},
	{0xe240, 0, -800, 250, 0, 250},
	{0xe262, 0, -350, 250, 350, 260},
};
static const char metadata[] =
	"{\"fontName\": \"Boxes\", \"engravingDefaults\": {\"staffLineThickness\": 0.125, \"stemThickness\": "
	"0.1},"
	" \"glyphsWithAnchors\": {\"noteheadBlack\": {\"stemUpSE\": [1.2, 0.25], \"stemDownNW\": [0, -0.25]},"
	" \"flag8thUp\": {\"stemUpNW\": [0, -0.04]},"
	" \"accidentalSharp\": {\"cutOutNE\": [0.8, 0.9]}, \"somethingElse\": {\"stemUpSE\": [1, 1]}}}";

static void save_boxes(const char *path)
{
	uint8_t bytes[4096];
	font_fixture_save(
		path, bytes, font_fixture(boxes, sizeof boxes / sizeof *boxes, bytes, sizeof bytes));
}

static void check_boxes(const struct font_set *fonts)
{
	const struct engrave_glyph *head = sign(fonts, 0xe0a4);
	cr_assert_str_eq(font_music_name(fonts), "Boxes");
	cr_assert_float_eq(font_metrics(fonts)->defaults.staff_line, 0.125, 1e-6);
	cr_assert_float_eq(font_metrics(fonts)->defaults.stem, 0.1, 1e-6);
	cr_assert_float_eq(head->x1, 1.2, 1e-5);
	cr_assert_float_eq(head->y0, -0.5, 1e-5);
	cr_assert_float_eq(head->advance, 1.24, 1e-5);
	cr_assert(head->has_stem_up && head->has_stem_down);
	cr_assert_float_eq(head->stem_up_y, 0.25, 1e-6);
	cr_assert_float_eq(sign(fonts, 0xe240)->stem_up_y, -0.04, 1e-6);
	cr_assert_float_eq(sign(fonts, 0xe262)->cut_ne[0], 0.8, 1e-6);
	cr_assert_float_eq(sign(fonts, 0xe262)->cut_sw[1], -1.4, 1e-5, "no cut-out: the corner of the box");
	cr_assert_eq(sign(fonts, 0xe0a3)->is_there, 0);
}

Test(open, smufl_by_path, .description = "THE-13: a SMuFL font by path, with the metadata beside it")
{
	char error[512];
	save_boxes(in_dir("boxes.ttf"));
	font_fixture_save(in_dir("boxes.json"), metadata, sizeof metadata - 1);
	struct font_set *fonts = open_fonts(&(struct font_options){.music = in_dir("boxes.ttf")}, error);
	cr_assert_str_empty(error);
	check_boxes(fonts);
	font_close(fonts);
}

static void install_boxes(void)
{
	static const char *const folders[] = {
		"SMuFL", "SMuFL/Fonts", "SMuFL/Fonts/Boxes", "fonts", "fonts/otf"};
	for (unsigned i = 0; i < 5; i++)
		cr_assert_eq(mkdir(in_dir(folders[i]), 0755), 0);
	font_fixture_save(in_dir("SMuFL/Fonts/Boxes/Boxes.json"), metadata, sizeof metadata - 1);
	save_boxes(in_dir("fonts/otf/boxes.ttf"));
}

Test(open, smufl_folders,
	.description = "THE-13: a SMuFL font in the folders that SMuFL names, by name and without")
{
	char error[512];
	install_boxes();
	struct font_set *fonts = open_fonts(&(struct font_options){.music = "Boxes"}, error);
	cr_assert_str_empty(error);
	check_boxes(fonts);
	font_close(fonts);
	fonts = open_fonts(NULL, error);
	check_boxes(fonts);
	font_close(fonts);
	fonts = open_fonts(&(struct font_options){.music = "emmentaler"}, error);
	cr_assert(strstr(font_music_name(fonts), "Emmentaler"), "asked for, though another is installed");
	font_close(fonts);
}

/* Opens, is told why the asked-for font is none, and has Emmentaler's head in its place. */
static void check_falls_back(const struct font_options *options, const char *file, const char *reason)
{
	char error[512];
	struct font_set *fonts = open_fonts(options, error);
	cr_assert(strstr(error, file), "'%s' does not name %s", error, file);
	cr_assert(strstr(error, reason), "'%s' does not say '%s'", error, reason);
	cr_assert(strstr(font_music_name(fonts), "Emmentaler"));
	cr_assert_float_eq(sign(fonts, 0xe0a4)->x1, 1.304, 0.01);
	font_close(fonts);
}

Test(open, missing, .timeout = 10, .description = "THR-09: a font that is missing, a pipe, empty, or none")
{
	uint8_t bytes[4096];
	size_t n = font_fixture(boxes, sizeof boxes / sizeof *boxes, bytes, sizeof bytes);
	check_falls_back(&(struct font_options){.music = in_dir("none.otf")}, "none.otf", "No such file");
	/* Nobody writes into it, and nobody waits. */
	cr_assert_eq(mkfifo(in_dir("slow.otf"), 0600), 0);
	check_falls_back(
		&(struct font_options){.music = in_dir("slow.otf")}, "slow.otf", "not a regular file");
	check_falls_back(&(struct font_options){.music = in_dir("")}, dir, "not a regular file");
	font_fixture_save(in_dir("empty.otf"), "", 0);
	check_falls_back(&(struct font_options){.music = in_dir("empty.otf")}, "empty.otf", "not a font");
	font_fixture_save(in_dir("half.otf"), bytes, n / 2);
	check_falls_back(&(struct font_options){.music = in_dir("half.otf")}, "half.otf", "");
	check_falls_back(&(struct font_options){.music = "Nowhere"}, "Nowhere", "no such font");
	/* A font, but not of music. */
	static const struct fixture_glyph letters[] = {{'A', 0, 0, 500, 700, 600}};
	font_fixture_save(in_dir("letters.ttf"), bytes, font_fixture(letters, 1, bytes, sizeof bytes));
	check_falls_back(
		&(struct font_options){.music = in_dir("letters.ttf")}, "letters.ttf", "not a SMuFL font");
}

Test(open, metadata, .description = "THR-09: SMuFL metadata that is missing or wrong, with the place")
{
	static const struct {
		const char *json, *reason;
	} cases[] = {
		{"{\"engravingDefaults\": ", "byte "},
		{"[]", "not an object"},
		{"{\"fontName\": \"X\"}", "not SMuFL metadata"},
		{"{\"engravingDefaults\": 1}", "/engravingDefaults: not an object"},
		{"{\"engravingDefaults\": {\"stemThickness\": \"thin\"}}",
			"/engravingDefaults/stemThickness: not a number"},
		{"{\"engravingDefaults\": {\"stemThickness\": -1}}",
			"/engravingDefaults/stemThickness: a thickness"},
		{"{\"engravingDefaults\": {\"beamThickness\": 1e300}}",
			"/engravingDefaults/beamThickness: a length"},
		{"{\"glyphsWithAnchors\": []}", "/glyphsWithAnchors: not an object"},
		{"{\"glyphsWithAnchors\": {\"noteheadBlack\": 3}}",
			"/glyphsWithAnchors/noteheadBlack: not an object"},
		{"{\"glyphsWithAnchors\": {\"noteheadBlack\": {\"stemUpSE\": [1]}}}",
			"/glyphsWithAnchors/noteheadBlack/stemUpSE: not a pair"},
		{"{\"glyphsWithAnchors\": {\"noteheadBlack\": {\"stemUpSE\": [1, null]}}}",
			"/glyphsWithAnchors/noteheadBlack/stemUpSE/1: not a number"},
	};
	char error[512];
	save_boxes(in_dir("boxes.ttf"));
	struct font_set *fonts = open_fonts(&(struct font_options){.music = in_dir("boxes.ttf")}, error);
	cr_assert(strstr(error, "no SMuFL metadata"), "%s", error);
	cr_assert_float_eq(sign(fonts, 0xe0a4)->x1, 1.2, 1e-5, "its outlines are known without");
	cr_assert_float_eq(sign(fonts, 0xe0a4)->stem_up_x, 1.2, 1e-5, "and stems leave at its sides");
	font_close(fonts);
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
		font_fixture_save(in_dir("wrong.json"), cases[i].json, strlen(cases[i].json));
		struct font_options options = {
			.music = in_dir("boxes.ttf"), .metadata = in_dir("wrong.json")};
		check_falls_back(&options, "wrong.json", cases[i].reason);
	}
	struct font_options options = {.music = in_dir("boxes.ttf"), .metadata = in_dir("gone.json")};
	check_falls_back(&options, "gone.json", "No such file");
}

Test(open, text_fonts, .description = "THR-09: a text font that is missing or damaged is replaced, and named")
{
	char error[512];
	font_fixture_save(in_dir("damaged.ttf"), "\0\1\0\0\0\7damaged", 13);
	struct font_options options = {
		.music = "emmentaler", .text = in_dir("gone.ttf"), .bold = in_dir("damaged.ttf")};
	struct font_set *fonts = open_fonts(&options, error);
	cr_assert(strstr(error, "gone.ttf") && strstr(error, "damaged.ttf"), "%s", error);
	const struct engrave_metrics *m = font_metrics(fonts);
	cr_assert_gt(m->text_width(m, ENGRAVE_BOLD, "Text", 4), 1);
	font_close(fonts);
}

/* A damaged font never does worse than draw nothing or be refused. */
Test(open, every_byte, .timeout = 60,
	.description = "THR-09: a font with any one byte changed is read or refused")
{
	uint8_t bytes[4096], broken[4096];
	char error[512];
	size_t n = font_fixture(boxes, sizeof boxes / sizeof *boxes, bytes, sizeof bytes);
	font_fixture_save(in_dir("boxes.json"), metadata, sizeof metadata - 1);
	for (size_t i = 0; i < n; i += 3) {
		struct font_set *fonts = NULL;
		memcpy(broken, bytes, n);
		broken[i] ^= (uint8_t)(0x80 | i);
		font_fixture_save(in_dir("boxes.ttf"), broken, n);
		int rc = font_open(
			&(struct font_options){.music = in_dir("boxes.ttf")}, &fonts, error, sizeof error);
		if (rc < 0)
			continue;
		struct font_bitmap bitmap;
		for (unsigned k = 0; k < 4; k++)
			(void)font_raster(fonts, FONT_MUSIC, font_glyph(fonts, FONT_MUSIC, boxes[k].code),
				40 * 64, k, 1, &bitmap);
		font_close(fonts);
	}
}

/* An installed one, when the environment says where: its published boxes are the oracle of ours. */
Test(open, real_smufl, .description = "THE-13: boxes measured from a SMuFL font are those of its metadata")
{
	char error[512];
	const char *path = getenv("MOS_SMUFL_FONT");
	if (!path)
		cr_skip("MOS_SMUFL_FONT names no font");
	struct font_set *fonts = open_fonts(&(struct font_options){.music = path}, error);
	cr_assert_str_empty(error);
	/* Of Bravura 1.392's metadata. */
	static const struct {
		uint32_t code;
		float x0, y0, x1, y1;
	} published[] = {{0xe0a4, 0, -0.5f, 1.18f, 0.5f}, {0xe050, 0, -2.632f, 2.684f, 4.392f},
		{0xe262, 0, -1.392f, 0.996f, 1.4f}, {0xe4e5, 0.004f, -1.5f, 1.08f, 1.492f},
		{0xe52f, -0.54f, -0.608f, 2.44f, 1.776f}};
	for (unsigned i = 0;
		i < sizeof published / sizeof *published && strcmp(font_music_name(fonts), "Bravura") == 0;
		i++) {
		const struct engrave_glyph *g = sign(fonts, published[i].code);
		cr_assert_float_eq(g->x0, published[i].x0, 0.005, "U+%X", published[i].code);
		cr_assert_float_eq(g->y0, published[i].y0, 0.005, "U+%X", published[i].code);
		cr_assert_float_eq(g->x1, published[i].x1, 0.005, "U+%X", published[i].code);
		cr_assert_float_eq(g->y1, published[i].y1, 0.005, "U+%X", published[i].code);
	}
	cr_assert(sign(fonts, 0xe0a4)->has_stem_up);
	font_close(fonts);
}
