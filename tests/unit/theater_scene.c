/* SPDX-License-Identifier: MIT */
/* Scene and theme files: what is read, what is refused and where; the scenes and themes that are built in. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>

#include "scene.h"

#define HEAD "\"name\":\"mine\",\"canvas\":\"landscape\""
#define ITEM "{\"widget\":\"piano\",\"at\":[0,0,500,500]}"
#define SCORE(name) "{\"score\":\"" name "\",\"at\":[0,0,1,1]}"
#define WITH(item) "{" HEAD ",\"items\":[" item "]}"

static struct scene *parse(const char *json)
{
	struct scene *scene = NULL;
	char where[256] = "";
	const int rc = scene_parse(json, strlen(json), &scene, where, sizeof(where));

	cr_assert_eq(rc, 0, "%s", where);
	return scene;
}

Test(scene, good,
	.description = "THR-14: every member of a scene is read; what may be left out has its default")
{
	struct scene *s = parse("{" HEAD ",\"title\":\"Mine\",\"theme\":\"paper\","
				"\"transition\":{\"kind\":\"slide\",\"ms\":250,\"on\":\"bar\"},\"items\":["
				"{\"widget\":\"b\",\"at\":[1.5,2,3,4],\"z\":5,\"opacity\":0.5,\"visible\":"
				"false,\"opaque\":true},"
				"{\"score\":\"score\",\"at\":[0,0,1000,1000],\"layout\":\"grid\",\"layers\":["
				"\"chords\",\"lyrics\"],"
				"\"staff_space_pt\":7.5}," ITEM "]}");
	struct scene_theme paper;

	cr_assert_str_eq(s->name, "mine");
	cr_assert_str_eq(s->title, "Mine");
	cr_assert_eq(s->canvas, SCENE_LANDSCAPE);
	cr_assert_eq(s->transition, SCENE_SLIDE);
	cr_assert_eq(s->transition_ms, 250);
	cr_assert_eq(s->on_beat, 2);
	cr_assert_eq(scene_theme_find("paper", &paper), 0);
	cr_assert_eq(memcmp(&s->theme, &paper, sizeof(paper)), 0);
	cr_assert_eq(s->n_items, 3);
	/* by z, then as in the file */
	cr_assert_str_eq(s->item[0].id, "score");
	cr_assert_eq(s->item[0].kind, SCENE_SCORE);
	cr_assert_eq(s->item[0].layout, ENGRAVE_GRID);
	cr_assert_eq(s->item[0].layers, 1u << ENGRAVE_CHORDS | 1u << ENGRAVE_LYRICS | 1u << ENGRAVE_FRAME);
	cr_assert_float_eq(s->item[0].staff_space_pt, 7.5f, 1e-6f);
	cr_assert_str_eq(s->item[1].id, "piano");
	cr_assert(s->item[1].visible && !s->item[1].opaque && s->item[1].opacity == 1 && s->item[1].z == 0);
	cr_assert_str_eq(s->item[2].id, "b");
	cr_assert(
		s->item[2].x == 1.5f && s->item[2].y == 2 && s->item[2].width == 3 && s->item[2].height == 4);
	cr_assert(
		!s->item[2].visible && s->item[2].opaque && s->item[2].opacity == 0.5f && s->item[2].z == 5);
	scene_free(s);

	s = parse("{" HEAD ",\"items\":[{\"score\":\"score\",\"at\":[0,0,1,1]}]}");
	cr_assert_str_eq(s->title, "mine");
	cr_assert_str_eq(s->theme.name, "stage");
	cr_assert_eq(s->transition, SCENE_FADE);
	cr_assert_eq(s->item[0].layers, ENGRAVE_ALL_LAYERS);
	scene_free(s);
	scene_free(NULL);
}

static const struct {
	const char *json, *where;
} bad[] = {
	{"", "line 1, column 1 (byte 0): "},
	{"{\n \"name\": mine}", "line 2, column 10 (byte 11): "},
	{"[]", "/: a map"},
	{"{\"name\":\"a\",\"canvas\":\"portrait\"}", "/items: this member is needed"},
	{"{\"canvas\":\"portrait\",\"items\":[]}", "/name: this member is needed"},
	{"{\"name\":\"a\",\"items\":[]}", "/canvas: this member is needed"},
	{"{" HEAD ",\"items\":[],\"itmes\":[]}", "/itmes: there is no such member"},
	{"{" HEAD ",\"items\":[],\"a/b~\\u001b\":1}", "/a~1b~0?: there is no such member"},
	{"{" HEAD ",\"items\":[],\"items\":[]}", "/items: given twice"},
	{"{\"name\":\"A b\",\"canvas\":\"portrait\",\"items\":[]}", "/name: a name"},
	{"{\"name\":\"\",\"canvas\":\"portrait\",\"items\":[]}", "/name: a name"},
	{"{\"name\":\"../x\",\"canvas\":\"portrait\",\"items\":[]}", "/name: a name"},
	{"{\"name\":\"a\\u0000b\",\"canvas\":\"portrait\",\"items\":[]}", "/name: a name"},
	{"{\"name\":\"a\",\"canvas\":\"square\",\"items\":[]}",
		"/canvas: one of \"landscape\", \"portrait\""},
	{"{" HEAD ",\"title\":\"a\\u001b[2J\",\"items\":[]}", "/title: control characters"},
	{"{" HEAD ",\"title\":\"\\u009b2J\",\"items\":[]}", "/title: control characters"},
	{"{" HEAD ",\"theme\":\"pink\",\"items\":[]}", "/theme: there is no theme pink"},
	{"{" HEAD ",\"theme\":3,\"items\":[]}", "/theme: a name"},
	{"{" HEAD ",\"theme\":{\"name\":\"stage\",\"tokens\":{}},\"items\":[]}",
		"/theme/name: this theme is built in"},
	{"{" HEAD ",\"theme\":{\"name\":\"x\",\"tokens\":{\"ink\":\"red\"}},\"items\":[]}",
		"/theme/tokens/ink: a colour"},
	{"{" HEAD ",\"theme\":{\"name\":\"x\",\"tokens\":{\"inc\":\"#000000\"}},\"items\":[]}",
		"/theme/tokens/inc: there"},
	{"{" HEAD ",\"theme\":{\"name\":\"x\",\"base\":\"y\",\"tokens\":{}},\"items\":[]}",
		"/theme/base: one of \"night\""},
	{"{" HEAD ",\"transition\":\"fade\",\"items\":[]}", "/transition: a map"},
	{"{" HEAD ",\"transition\":{\"kind\":\"wipe\"},\"items\":[]}", "/transition/kind: one of \"cut\""},
	{"{" HEAD ",\"transition\":{\"kind\":\"cut\",\"ms\":10001},\"items\":[]}",
		"/transition/ms: a whole number"},
	{"{" HEAD ",\"transition\":{\"kind\":\"cut\",\"ms\":0.5},\"items\":[]}",
		"/transition/ms: a whole number"},
	{"{" HEAD ",\"transition\":{\"kind\":\"cut\",\"ms\":18446744073709551615},\"items\":[]}",
		"/transition/ms: a whole"},
	{"{" HEAD ",\"transition\":{\"kind\":\"cut\",\"on\":\"tick\"},\"items\":[]}",
		"/transition/on: one of"},
	{"{" HEAD ",\"items\":{}}", "/items: a list"},
	{WITH("1"), "/items/0: a map"},
	{WITH(SCORE("a") "," SCORE("b") "," SCORE("c") "," SCORE("d") "," SCORE("e")),
		"/items/4: more than 4 scores"},
	{WITH("{\"widget\":\"a\"}"), "/items/0/at: this member is needed"},
	{WITH("{\"at\":[0,0,1,1]}"), "/items/0: either"},
	{WITH("{\"widget\":\"a\",\"score\":\"b\",\"at\":[0,0,1,1]}"), "/items/0: either"},
	{WITH("{\"widget\":\"a\",\"at\":[0,0,1]}"), "/items/0/at: four numbers"},
	{WITH("{\"widget\":\"a\",\"at\":[0,-1,1,1]}"), "/items/0/at/1: a number from 0 to 1000"},
	{WITH("{\"widget\":\"a\",\"at\":[0,0,0,1]}"), "/items/0/at/2: a number from 1 to 1000"},
	{WITH("{\"widget\":\"a\",\"at\":[0,0,1,\"1\"]}"), "/items/0/at/3: a number is"},
	{WITH("{\"widget\":\"a\",\"at\":[600,0,401,1]}"), "/items/0/at: reaches beyond the canvas: x 600"},
	{WITH("{\"widget\":\"a\",\"at\":[0,999,1,2]}"), "/items/0/at: reaches beyond the canvas: y 999"},
	{WITH(ITEM ",{\"widget\":\"b\",\"at\":[0,0,1,1],\"z\":1001}"),
		"/items/1/z: a whole number from -1000"},
	{WITH("{\"widget\":\"b\",\"at\":[0,0,1,1],\"z\":1.5}"), "/items/0/z: a whole"},
	{WITH("{\"widget\":\"b\",\"at\":[0,0,1,1],\"opacity\":1.01}"),
		"/items/0/opacity: a number from 0 to 1"},
	{WITH("{\"widget\":\"b\",\"at\":[0,0,1,1],\"visible\":1}"), "/items/0/visible: true or false"},
	{WITH("{\"widget\":\"b\",\"at\":[0,0,1,1],\"opaque\":null}"), "/items/0/opaque: true or false"},
	{WITH("{\"widget\":\"b\",\"at\":[0,0,1,1],\"layers\":[]}"), "/items/0: layout, layers"},
	{WITH("{\"score\":\"b\",\"at\":[0,0,1,1],\"layers\":\"all\"}"), "/items/0/layers: a list"},
	{WITH("{\"score\":\"b\",\"at\":[0,0,1,1],\"layers\":[\"form\",\"frame\"]}"),
		"/items/0/layers/1: one of \"form\""},
	{WITH("{\"score\":\"b\",\"at\":[0,0,1,1],\"layers\":[\"form\",\"form\"]}"),
		"/items/0/layers/1: given twice"},
	{WITH("{\"score\":\"b\",\"at\":[0,0,1,1],\"layout\":\"scroll\"}"),
		"/items/0/layout: one of \"page\""},
	{WITH("{\"score\":\"b\",\"at\":[0,0,1,1],\"staff_space_pt\":0.5}"),
		"/items/0/staff_space_pt: a number"},
	{WITH(ITEM "," ITEM), "/items/1: piano is in this scene already, as item 0"},
};

Test(scene, bad, .description = "THR-14: a bad scene is refused with the place and the reason")
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct scene *scene = NULL;
		char where[256] = "";

		cr_expect_eq(scene_parse(bad[i].json, strlen(bad[i].json), &scene, where, sizeof(where)),
			-EINVAL, "%s", bad[i].json);
		cr_expect(strncmp(where, bad[i].where, strlen(bad[i].where)) == 0, "%s\nsays %s\nand not %s",
			bad[i].json, where, bad[i].where);
		cr_expect_null(scene);
	}
}

Test(scene, small_room, .description = "THR-14: the reason is cut to the room there is, even none")
{
	for (size_t size = 0; size < 40; size++) {
		struct scene *scene;
		char where[41];

		memset(where, 'x', sizeof(where));
		cr_assert_eq(scene_parse("{\"abcdefgh\":1}", 14, &scene, size ? where : NULL, size), -EINVAL);
		cr_assert_eq(where[size], 'x');
		cr_assert(!size || strlen(where) < size);
	}
}

Test(scene, bounds, .description = "THR-14: 256 items are taken, 257 and files beyond 256 KiB are not")
{
	char *json = malloc(1u << 20), where[256];
	struct scene *scene;

	for (int n = 256; n <= 257; n++) {
		size_t len = (size_t)sprintf(json, "{" HEAD ",\"items\":[");

		for (int i = 0; i < n; i++)
			len += (size_t)sprintf(
				json + len, "%s{\"widget\":\"w%d\",\"at\":[0,0,1,1]}", i ? "," : "", i);
		len += (size_t)sprintf(json + len, "]}");
		if (n == 256) {
			cr_assert_eq(scene_parse(json, len, &scene, where, sizeof(where)), 0);
			cr_assert_eq(scene->n_items, 256);
			scene_free(scene);
		} else {
			cr_assert_eq(scene_parse(json, len, &scene, where, sizeof(where)), -EINVAL);
			cr_assert_str_eq(where, "/items: 257 items; 256 are allowed");
		}
	}
	memset(json, ' ', 1u << 20);
	memcpy(json, WITH(ITEM), strlen(WITH(ITEM)));
	cr_assert_eq(scene_parse(json, 256u << 10, &scene, where, sizeof(where)), 0);
	scene_free(scene);
	cr_assert_eq(scene_parse(json, (256u << 10) + 1, &scene, where, sizeof(where)), -EINVAL);
	cr_assert_str_eq(where, "byte 262144: the file is larger than 256 KiB");
	free(json);
}

Test(scene, cut_off, .description = "THR-14: a scene file that ends too early is refused wherever that is")
{
	const char *json =
		"{" HEAD ",\"theme\":{\"name\":\"x\",\"base\":\"night\",\"tokens\":{\"ink\":\"#123456\"}},"
		"\"transition\":{\"kind\":\"fade\"},\"items\":[" ITEM "]}";

	for (size_t n = 0; n < strlen(json); n++) {
		struct scene *scene;
		char where[128];

		cr_assert_eq(scene_parse(json, n, &scene, where, sizeof(where)), -EINVAL, "%zu", n);
		cr_assert_neq(where[0], '\0');
	}
}

/* --- Presets --- */

static const char *const presets[] = {
	"analysis", "composer", "default", "drums", "engineer", "keys", "minimal", "performance", "room", "studio", "teaching"};

#define N_PRESETS (sizeof(presets) / sizeof(*presets))

static int overlap(const struct scene_item *a, const struct scene_item *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
	       b->y < a->y + a->height;
}

/** The room that is left free around an item, in points: at least the margins and gaps of a tidy page. */
static void check_layout(const struct scene *s)
{
	const float width = s->canvas == SCENE_LANDSCAPE ? 1.92f : 1.08f;
	const float height = s->canvas == SCENE_LANDSCAPE ? 1.08f : 1.92f;
	float largest = 0, score = 0;

	for (uint32_t i = 0; i < s->n_items; i++) {
		const struct scene_item *item = &s->item[i];
		struct scene_item grown = *item;

		if (!item->visible)
			continue;
		cr_expect(item->x * width > 20 && (1000 - item->x - item->width) * width > 20, "%s %s",
			s->name, item->id);
		cr_expect(item->y * height > 20 && (1000 - item->y - item->height) * height > 20, "%s %s",
			s->name, item->id);
		if (item->kind == SCENE_SCORE)
			score = item->width * item->height;
		else if (item->width * item->height > largest)
			largest = item->width * item->height;
		grown.x -= 12 / width;
		grown.width += 24 / width;
		grown.y -= 12 / height;
		grown.height += 24 / height;
		for (uint32_t k = 0; k < s->n_items; k++)
			cr_expect(k == i || !s->item[k].visible || !overlap(&grown, &s->item[k]),
				"%s: %s and %s", s->name, item->id, s->item[k].id);
	}
	cr_expect(score > 0);
	cr_expect_gt(score, largest, "%s: the score is large", s->name);
}

Test(scene, presets,
	.description = "THR-17: analysis, performance, teaching, minimal, composer, drums, default for both "
		       "canvases, "
		       "portrait laid out for itself; nothing overlaps, the score has the most room")
{
	struct scene_shelf *shelf;

	cr_assert_eq(scene_shelf_open(NULL, 0, &shelf), 0);
	cr_assert_eq(scene_shelf_n(shelf), 2 * N_PRESETS);
	for (size_t i = 0; i < N_PRESETS; i++) {
		const struct scene *wide = scene_shelf_get(shelf, presets[i], SCENE_LANDSCAPE);
		const struct scene *high = scene_shelf_get(shelf, presets[i], SCENE_PORTRAIT);

		cr_assert(wide && high, "%s", presets[i]);
		cr_assert_eq(scene_shelf_at(shelf, (uint32_t)(2 * i)), wide);
		cr_assert_eq(scene_shelf_at(shelf, (uint32_t)(2 * i + 1)), high);
		check_layout(wide);
		check_layout(high);
		for (uint32_t k = 0; k < wide->n_items && k < high->n_items; k++)
			cr_expect(wide->item[k].kind != SCENE_SCORE ||
				  wide->item[k].width != high->item[k].height);
	}
	cr_assert_null(scene_shelf_get(shelf, "none", SCENE_LANDSCAPE));
	cr_assert_null(scene_shelf_at(shelf, 2 * N_PRESETS));
	scene_shelf_close(shelf);
}

/* --- Themes --- */

/* WCAG 2: relative luminance and contrast. */
static double luminance(uint32_t rgba)
{
	static const double weight[] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		const double v = (rgba >> 8 * i & 0xff) / 255.0;

		sum += weight[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(const struct scene_theme *t, int a, int b)
{
	const double x = luminance(t->token[a]), y = luminance(t->token[b]);

	return ((x > y ? x : y) + 0.05) / ((x > y ? y : x) + 0.05);
}

Test(scene, themes,
	.description =
		"TOU-41 THR-25: four themes; texts have a contrast of 4.5 and more (contrast: 7), signs of 3")
{
	static const char *const names[] = {"night", "paper", "stage", "contrast"};
	static const int on_panel[] = {MOS_TOKEN_TEXT, MOS_TOKEN_TEXT_DIM, MOS_TOKEN_ACCENT,
		MOS_TOKEN_ACCENT_2, MOS_TOKEN_GOOD, MOS_TOKEN_WARN, MOS_TOKEN_BAD};
	static const int on_paper[] = {MOS_TOKEN_INK, MOS_TOKEN_FORM, MOS_TOKEN_CHORDS, MOS_TOKEN_ANALYSIS,
		MOS_TOKEN_TABLATURE, MOS_TOKEN_DIAGRAMS, MOS_TOKEN_FINGERING, MOS_TOKEN_LYRICS,
		MOS_TOKEN_MARKERS};
	struct scene_theme t;

	for (int i = 0; i < 4; i++) {
		const double least = i == 3 ? 7 : 4.5;

		cr_assert_eq(scene_theme_find(names[i], &t), 0);
		for (size_t k = 0; k < sizeof(on_panel) / sizeof(on_panel[0]); k++) {
			cr_expect(contrast(&t, on_panel[k], MOS_TOKEN_PANEL) >= least, "%s %zu", t.name, k);
			cr_expect(contrast(&t, on_panel[k], MOS_TOKEN_CANVAS) >= least, "%s %zu", t.name, k);
		}
		for (size_t k = 0; k < sizeof(on_paper) / sizeof(on_paper[0]); k++)
			cr_expect(contrast(&t, on_paper[k], MOS_TOKEN_PAPER) >= least, "%s %zu", t.name, k);
		for (int pc = 0; pc < 12; pc++)
			cr_expect(contrast(&t, MOS_TOKEN_PITCH_0 + pc, MOS_TOKEN_PANEL) >= 3, "%s %d", t.name,
				pc);
		cr_expect(contrast(&t, MOS_TOKEN_STAFF, MOS_TOKEN_PAPER) >= 3, "%s", t.name);
		cr_expect(contrast(&t, MOS_TOKEN_PLAYHEAD, MOS_TOKEN_PAPER) >= 3, "%s", t.name);
		cr_expect(contrast(&t, MOS_TOKEN_SOUNDING, MOS_TOKEN_PAPER) >= 3, "%s", t.name);
		cr_expect(contrast(&t, MOS_TOKEN_SOUNDING, MOS_TOKEN_INK) >= 1.5, "%s", t.name);
		cr_expect(contrast(&t, MOS_TOKEN_KEY_WHITE, MOS_TOKEN_KEY_BLACK) >= 7, "%s", t.name);
	}
	cr_assert_eq(scene_theme_find("Night", &t), -ENOENT);
}

Test(scene, theme_file,
	.description = "THR-25: a theme of one's own changes the colours that it names, and only those")
{
	static const char json[] = "{\"tokens\":{\"ink\":\"#102030\",\"pitch-11\":\"#aBcDeF\"},\"base\":"
				   "\"paper\",\"name\":\"mine\"}";
	struct scene_theme theme, paper;
	char where[128];

	cr_assert_eq(scene_theme_parse(json, sizeof(json) - 1, &theme, where, sizeof(where)), 0, "%s", where);
	cr_assert_eq(scene_theme_find("paper", &paper), 0);
	cr_assert_str_eq(theme.name, "mine");
	cr_assert_eq(theme.token[MOS_TOKEN_INK], MOS_RGBA(0x10, 0x20, 0x30, 0xff));
	cr_assert_eq(theme.token[MOS_TOKEN_PITCH_0 + 11], MOS_RGBA(0xab, 0xcd, 0xef, 0xff));
	for (int i = 0; i < MOS_N_TOKENS; i++)
		cr_expect(
			i == MOS_TOKEN_INK || i == MOS_TOKEN_PITCH_0 + 11 || theme.token[i] == paper.token[i],
			"%d", i);
	cr_assert_eq(scene_theme_parse("{}", 2, &theme, where, sizeof(where)), -EINVAL);
	cr_assert_str_eq(where, "/name: this member is needed");
}
