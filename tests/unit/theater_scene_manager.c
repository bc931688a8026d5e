/* SPDX-License-Identifier: MIT */
/* Scene managers: transitions, overrides, what is seen, what is damaged. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <engrave/engrave.h>

#include "scene.h"

#define W 200
#define H 100
#define MS 1000000ll

static struct scene_manager *manager(enum scene_canvas canvas)
{
	struct scene_manager *m;

	cr_assert_eq(scene_manager_create(canvas, W, H, &m), 0);
	return m;
}

static struct scene *parse(const char *json)
{
	struct scene *scene = NULL;
	char where[256] = "";

	cr_assert_eq(scene_parse(json, strlen(json), &scene, where, sizeof(where)), 0, "%s", where);
	return scene;
}

/** Items as in a file. */
static struct scene *scene_of(const char *name, const char *transition, const char *items)
{
	char json[8192];

	(void)snprintf(json, sizeof(json),
		"{\"name\":\"%s\",\"canvas\":\"landscape\",\"transition\":{%s},\"items\":[%s]}", name,
		transition, items);
	return parse(json);
}

static void show(struct scene_manager *m, struct scene *scene, int64_t at_ns)
{
	cr_assert_eq(scene_manager_show(m, scene, at_ns), 0);
	scene_free(scene); /* it was copied */
}

static const struct scene_place *place(struct scene_manager *m, int64_t time_ns, const char *id)
{
	const struct scene_place *p;
	const uint32_t n = scene_manager_places(m, time_ns, &p);

	for (uint32_t i = 0; i < n; i++)
		if (strcmp(p[i].item->id, id) == 0)
			return &p[i];
	return NULL;
}

static uint32_t damage(struct scene_manager *m, const struct render_rect **ret)
{
	return scene_manager_take_damage(m, 0, 1, ret);
}

static uint32_t settle(struct scene_manager *m, int64_t time_ns)
{
	const struct scene_place *p;
	const struct render_rect *r;

	(void)scene_manager_places(m, time_ns, &p);
	return damage(m, &r);
}

static int rect_is(struct render_rect r, int x, int y, int w, int h)
{
	return r.x == x && r.y == y && r.w == w && r.h == h;
}

#define CUT "\"kind\":\"cut\""
#define FADE "\"kind\":\"fade\",\"ms\":100"
#define SLIDE "\"kind\":\"slide\",\"ms\":100"
#define A "{\"widget\":\"a\",\"at\":[0,0,500,500]}"
#define B "{\"widget\":\"b\",\"at\":[500,0,250,500]}"

Test(scene_manager, own_damage,
	.description = "THE-04 THR-04: a change of scene on one canvas leaves the other's damage list empty")
{
	struct scene_manager *wide = manager(SCENE_LANDSCAPE), *high = manager(SCENE_PORTRAIT);
	uint32_t n_damaged = 0;
	struct scene *portrait = parse("{\"name\":\"p\",\"canvas\":\"portrait\",\"items\":[" A "]}");

	cr_assert_eq(scene_manager_show(wide, portrait, 0), -EINVAL, "it is the other canvas'");
	show(wide, scene_of("one", CUT, A), 0);
	show(high, portrait, 0);
	(void)settle(wide, 1 * MS);
	(void)settle(high, 1 * MS);
	(void)settle(wide, 1000 * MS);
	(void)settle(high, 1000 * MS);
	for (int i = 0; i < 50; i++) {
		const int64_t now = (1001 + 20 * i) * MS;

		if (i % 10 == 0)
			show(wide, scene_of(i % 20 ? "one" : "two", FADE, i % 20 ? A : B), 0);
		n_damaged += settle(wide, now);
		cr_assert_eq(settle(high, now), 0);
		cr_assert_not(scene_manager_moves(high));
		cr_assert_str_eq(scene_manager_scene(high)->name, "p");
	}
	cr_assert_gt(n_damaged, 40);
	scene_manager_destroy(wide);
	scene_manager_destroy(high);
}

Test(scene_manager, sync_point,
	.description = "THR-04: two scenes that are asked for one time come in the same frame")
{
	struct scene_manager *wide = manager(SCENE_LANDSCAPE), *high = manager(SCENE_PORTRAIT);

	show(wide, scene_of("one", CUT, A), 0);
	show(high, parse("{\"name\":\"one\",\"canvas\":\"portrait\",\"items\":[" A "]}"), 0);
	show(wide, scene_of("two", CUT, B), 500 * MS);
	show(high, parse("{\"name\":\"two\",\"canvas\":\"portrait\",\"items\":[" B "]}"), 500 * MS);
	for (int64_t now = 480 * MS; now < 520 * MS; now += 7 * MS) {
		cr_assert_eq(place(wide, now, "b") != NULL, now >= 500 * MS);
		cr_assert_eq(place(high, now, "b") != NULL, now >= 500 * MS);
		cr_assert_str_eq(scene_manager_scene(wide)->name, scene_manager_scene(high)->name);
	}
	scene_manager_destroy(wide);
	scene_manager_destroy(high);
}

Test(scene_manager, create, .description = "THE-01: canvases have a size")
{
	struct scene_manager *m;
	const struct scene_place *p;
	const struct render_rect *r;

	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, 0, 1, &m), -EINVAL);
	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, 1, 65536, &m), -EINVAL);
	cr_assert_eq(scene_manager_create(SCENE_N_CANVASES, 1, 1, &m), -EINVAL);
	m = manager(SCENE_LANDSCAPE);
	cr_assert_null(scene_manager_scene(m));
	cr_assert_eq(scene_manager_places(m, 1, &p), 0);
	cr_assert_eq(damage(m, &r), 1);
	cr_assert(rect_is(r[0], 0, 0, W, H));
	cr_assert_eq(scene_manager_set_visible(m, "a", 1), -EINVAL);
	cr_assert_eq(scene_manager_focus(m, "a"), -EINVAL);
	cr_assert_eq(scene_manager_focus(m, NULL), 0);
	scene_manager_destroy(m);
	scene_manager_destroy(NULL);
}

Test(scene_manager, fade,
	.description = "THR-14: a cross-fade: what goes pales, what comes gains, what stays stays; then "
		       "nothing moves")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const struct render_rect *r;
	float before = 1;

	show(m, scene_of("one", CUT, A "," B), 0);
	(void)settle(m, 1 * MS);
	show(m, scene_of("two", FADE, B ",{\"widget\":\"c\",\"at\":[0,500,500,500],\"opacity\":0.8}"), 0);
	cr_assert(scene_manager_moves(m));
	for (int i = 0; i <= 10; i++) {
		const int64_t now = (100 + i * 10) * MS;
		const struct scene_place *a = place(m, now, "a"), *b = place(m, now, "b"),
					 *c = place(m, now, "c");
		const float e = (float)i / 10 * ((float)i / 10) * (3 - 2 * (float)i / 10);

		cr_assert(b && b->opacity == 1 && b->shown && !b->is_leaving);
		cr_assert_float_eq(c->opacity, 0.8f * e, 1e-4f);
		if (i == 10) {
			cr_assert_null(a);
			break;
		}
		cr_assert_float_eq(a->opacity, 1 - e, 1e-4f);
		cr_assert(a->is_leaving && a->opacity <= before);
		before = a->opacity;
		cr_assert_eq(damage(m, &r) > 0, i > 0);
		for (uint32_t k = 0; i > 0 && k < 1; k++)
			cr_assert_leq(r[k].x + r[k].w, 100, "what stays is not drawn again");
		cr_assert(scene_manager_moves(m));
	}
	cr_assert_gt(settle(m, 201 * MS), 0);
	cr_assert_not(scene_manager_moves(m));
	cr_assert_eq(settle(m, 202 * MS), 0);
	scene_manager_destroy(m);
}

Test(scene_manager, slide,
	.description = "THR-14: a scene slides in; what is on both keeps its place or glides")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);

	show(m, scene_of("one", CUT, A "," B ",{\"widget\":\"s\",\"at\":[0,900,100,100]}"), 0);
	(void)settle(m, 1 * MS);
	show(m,
		scene_of("two", SLIDE,
			B ",{\"widget\":\"c\",\"at\":[0,500,500,500]},{\"widget\":\"s\",\"at\":[900,900,100,"
			  "100]}"),
		0);
	(void)settle(m, 100 * MS);
	cr_assert(rect_is(place(m, 100 * MS, "c")->rect, 200, 50, 100, 50));
	cr_assert_not(place(m, 100 * MS, "c")->shown, "beside the canvas nobody sees it");
	cr_assert(rect_is(place(m, 150 * MS, "a")->rect, -100, 0, 100, 50));
	cr_assert(rect_is(place(m, 150 * MS, "b")->rect, 100, 0, 50, 50));
	cr_assert(rect_is(place(m, 150 * MS, "c")->rect, 100, 50, 100, 50));
	cr_assert(rect_is(place(m, 150 * MS, "s")->rect, 90, 90, 20, 10));
	cr_assert_eq(place(m, 150 * MS, "c")->opacity, 1);
	cr_assert(rect_is(place(m, 200 * MS, "c")->rect, 0, 50, 100, 50));
	cr_assert(rect_is(place(m, 200 * MS, "s")->rect, 180, 90, 20, 10));
	cr_assert_null(place(m, 200 * MS, "a"));
	scene_manager_destroy(m);
}

Test(scene_manager, hop, .description = "THR-14: an item that gets another size has one size in any frame")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const struct scene_place *a;
	float before = 1;

	show(m, scene_of("one", CUT, A), 0);
	(void)settle(m, 1 * MS);
	show(m, scene_of("two", FADE, "{\"widget\":\"a\",\"at\":[500,0,250,500]}"), 0);
	for (int i = 0; i <= 100; i++) {
		const struct scene_place *p;

		cr_assert_eq(scene_manager_places(m, (100 + i) * MS, &p), 1);
		a = place(m, (100 + i) * MS, "a");
		cr_assert(rect_is(a->rect, i < 50 ? 0 : 100, 0, i < 50 ? 100 : 50, 50), "%d", i);
		cr_assert(i < 50 ? a->opacity <= before : a->opacity >= before || i == 50);
		before = a->opacity;
	}
	cr_assert_eq(before, 1);
	scene_manager_destroy(m);
}

Test(scene_manager, waiting,
	.description = "THR-14: a scene waits for its time; asking again replaces the one that waits")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);

	show(m, scene_of("one", CUT, A), 0);
	(void)settle(m, 1 * MS);
	show(m, scene_of("two", CUT, B), 500 * MS);
	show(m, scene_of("three", CUT, B), 400 * MS);
	cr_assert(scene_manager_moves(m));
	cr_assert_eq(settle(m, 399 * MS), 0);
	cr_assert_str_eq(scene_manager_scene(m)->name, "one");
	cr_assert_gt(settle(m, 400 * MS), 0);
	cr_assert_str_eq(scene_manager_scene(m)->name, "three");
	cr_assert_eq(settle(m, 600 * MS), 0);
	cr_assert_str_eq(scene_manager_scene(m)->name, "three");
	/* a fade that is late is as far as if it had been in time */
	show(m, scene_of("four", FADE, A), 700 * MS);
	cr_assert_float_eq(place(m, 750 * MS, "a")->opacity, 0.5f, 1e-4f);
	scene_manager_destroy(m);
}

Test(scene_manager, still, .description = "THR-11: on a weak machine scenes come without transitions")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);

	scene_manager_set_still(m, 1);
	show(m, scene_of("one", FADE, A "," B), 0);
	cr_assert_eq(place(m, 1 * MS, "a")->opacity, 1);
	cr_assert_not(scene_manager_moves(m));
	show(m, scene_of("two", SLIDE, B), 0);
	cr_assert_null(place(m, 2 * MS, "a"));
	cr_assert_eq(scene_manager_set_visible(m, "b", 0), 0);
	cr_assert_not(place(m, 3 * MS, "b")->shown);
	scene_manager_destroy(m);
}

Test(scene_manager, history, .description = "THR-14: scenes that were shown before, newest first, each once")
{
	static const char *const names[] = {"one", "two", "three", "two", "two", "one"};
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const char *name[20];

	for (int i = 0; i < 6; i++)
		show(m, scene_of(names[i], CUT, A), 0);
	cr_assert_eq(scene_manager_history(m, name, 20), 3);
	cr_assert_str_eq(name[0], "two");
	cr_assert_str_eq(name[1], "three");
	cr_assert_str_eq(name[2], "one");
	for (int i = 0; i < 30; i++) {
		char other[16];

		(void)snprintf(other, sizeof(other), "s%d", i);
		show(m, scene_of(other, CUT, A), 0);
	}
	cr_assert_eq(scene_manager_history(m, name, 20), 16);
	cr_assert_str_eq(name[0], "s28");
	cr_assert_str_eq(name[15], "s13");
	cr_assert_eq(scene_manager_history(m, name, 2), 2);
	scene_manager_destroy(m);
}

Test(scene_manager, layers,
	.description = "THR-19: a layer that is hidden damages the score's place and nothing else")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const struct render_rect *r;

	show(m, scene_of("one", CUT, B ",{\"score\":\"score\",\"at\":[0,500,500,500]}"), 0);
	(void)settle(m, 1 * MS);
	for (uint32_t layer = 0; layer < 9; layer++) {
		const uint32_t layers = ENGRAVE_ALL_LAYERS & ~(1u << layer);

		cr_assert_eq(scene_manager_set_layers(m, "score", layers), 0);
		cr_assert_eq(place(m, (2 + layer) * MS, "score")->item->layers, layers);
		cr_assert_eq(damage(m, &r), 1);
		cr_assert(rect_is(r[0], 0, 50, 100, 50));
	}
	cr_assert_eq(scene_manager_set_layers(m, "b", 1), -EINVAL);
	cr_assert_eq(scene_manager_set_layers(m, "none", 1), -EINVAL);
	scene_manager_destroy(m);
}

Test(scene_manager, theme, .description = "THR-25 TOU-41: a theme changes all colours and no place")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	struct scene_place before[2];
	const struct scene_place *p;
	const struct render_rect *r;
	struct scene_theme night, stage;

	show(m, scene_of("one", CUT, A "," B), 0);
	(void)settle(m, 1 * MS);
	cr_assert_eq(scene_manager_places(m, 2 * MS, &p), 2);
	memcpy(before, p, sizeof(before));
	cr_assert_eq(scene_theme_find("night", &night), 0);
	cr_assert_eq(scene_theme_find("stage", &stage), 0);
	cr_assert_eq(memcmp(scene_manager_tokens(m), stage.token, sizeof(stage.token)), 0);
	cr_assert_eq(scene_manager_set_theme(m, &night), 0);
	(void)scene_manager_places(m, 3 * MS, &p);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(scene_manager_places(m, (103 + 100 * i) * MS, &p), 2);
		cr_assert_eq(memcmp(before, p, sizeof(before)), 0);
		cr_assert_eq(damage(m, &r), 1);
		cr_assert(rect_is(r[0], 0, 0, W, H));
		for (int t = 0; t < MOS_N_TOKENS; t++) {
			const int now = (int)(scene_manager_tokens(m)[t] & 0xff),
				  from = (int)(stage.token[t] & 0xff);
			const int to = (int)(night.token[t] & 0xff);

			cr_expect_leq(abs(i ? now - to : 2 * now - from - to), 1 - i, "%d", t);
		}
	}
	cr_assert_eq(settle(m, 204 * MS), 0);
	scene_manager_destroy(m);
}

Test(scene_manager, visible,
	.description = "THR-14 THE-09: an item that is hidden pales and is not shown; shown anew it is")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const struct render_rect *r;

	show(m, scene_of("one", CUT, A "," B), 0);
	(void)settle(m, 1 * MS);
	cr_assert_eq(scene_manager_set_visible(m, "a", 0), 0);
	cr_assert(place(m, 10 * MS, "a")->shown);
	cr_assert_float_eq(place(m, 110 * MS, "a")->opacity, 0.5f, 1e-4f);
	cr_assert_eq(damage(m, &r), 1);
	cr_assert(rect_is(r[0], 0, 0, 100, 50));
	cr_assert_not(place(m, 210 * MS, "a")->shown);
	cr_assert_eq(settle(m, 210 * MS), 1);
	cr_assert_eq(settle(m, 211 * MS), 0);
	cr_assert_not(scene_manager_moves(m));
	cr_assert_eq(scene_manager_set_visible(m, "a", 1), 0);
	(void)settle(m, 300 * MS);
	cr_assert_eq(place(m, 500 * MS, "a")->opacity, 1);
	cr_assert_eq(scene_manager_set_visible(m, "a", 0), 0);
	show(m, scene_of("one", CUT, A "," B), 0);
	cr_assert(place(m, 600 * MS, "a")->shown, "overrides end with the scene");
	scene_manager_destroy(m);
}

Test(scene_manager, focus,
	.description = "TOU-40: with a focus all others are dimmed, and come back after it")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);

	show(m, scene_of("one", CUT, A "," B ",{\"widget\":\"c\",\"at\":[0,500,500,500],\"opacity\":0.5}"),
		0);
	(void)settle(m, 1 * MS);
	cr_assert_eq(scene_manager_focus(m, "none"), -EINVAL);
	cr_assert_eq(scene_manager_focus(m, "b"), 0);
	(void)settle(m, 2 * MS);
	cr_assert_eq(place(m, 300 * MS, "b")->opacity, 1);
	cr_assert_float_eq(place(m, 300 * MS, "a")->opacity, 0.2f, 1e-5f);
	cr_assert_float_eq(place(m, 300 * MS, "c")->opacity, 0.1f, 1e-5f);
	cr_assert(place(m, 300 * MS, "a")->shown);
	cr_assert_eq(scene_manager_focus(m, NULL), 0);
	(void)settle(m, 301 * MS);
	cr_assert_eq(place(m, 600 * MS, "a")->opacity, 1);
	cr_assert_eq(place(m, 600 * MS, "c")->opacity, 0.5f);
	scene_manager_destroy(m);
}

Test(scene_manager, hit,
	.description = "THR-26: what is under the pointer is the topmost that is seen, with the place on it")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	const struct scene_place *p;
	float x = -1, y = -1;

	show(m,
		scene_of("one", CUT,
			A ",{\"widget\":\"top\",\"at\":[250,250,500,500],\"z\":3},"
			  "{\"widget\":\"hidden\",\"at\":[0,0,1000,1000],\"z\":9,\"visible\":false}"),
		0);
	(void)settle(m, 1 * MS);
	cr_assert_str_eq(scene_manager_at(m, 10, 10, &x, &y)->item->id, "a");
	cr_assert_float_eq(x, 105, 1e-3f);
	cr_assert_float_eq(y, 210, 1e-3f);
	cr_assert_str_eq(scene_manager_at(m, 60, 30, &x, &y)->item->id, "top");
	cr_assert_null(scene_manager_at(m, 190, 90, &x, &y));
	cr_assert_null(scene_manager_at(m, -1, 0, &x, &y));
	/* what leaves is not touched any more */
	show(m, scene_of("two", FADE, "{\"widget\":\"b\",\"at\":[900,900,10,10]}"), 0);
	cr_assert_null(scene_manager_at(m, 10, 10, &x, &y), "places are void");
	cr_assert_gt(scene_manager_places(m, 50 * MS, &p), 2);
	cr_assert_null(scene_manager_at(m, 10, 10, &x, &y));
	scene_manager_destroy(m);
}

Test(scene_manager, hundred,
	.description = "WID-13: of 100 that are placed the 20 that are not covered are shown")
{
	struct scene_manager *m = manager(SCENE_LANDSCAPE);
	char *json = malloc(32768);
	const struct scene_place *p;
	uint32_t n_shown = 0;
	size_t len = (size_t)sprintf(
		json, "{\"name\":\"x\",\"canvas\":\"landscape\",\"transition\":{" CUT "},\"items\":[");

	/* ten by ten; three opaque ones that only together hide the upper eight rows */
	for (int i = 0; i < 100; i++)
		len += (size_t)sprintf(json + len, "{\"widget\":\"w%d\",\"at\":[%d,%d,100,100]},", i,
			i % 10 * 100, i / 10 * 100);
	(void)sprintf(json + len, "{\"widget\":\"x\",\"at\":[0,0,430,800],\"z\":1,\"opaque\":true},"
				  "{\"widget\":\"y\",\"at\":[430,0,570,350],\"z\":1,\"opaque\":true},"
				  "{\"widget\":\"z\",\"at\":[430,350,570,450],\"z\":1,\"opaque\":true}]}");
	show(m, parse(json), 0);
	cr_assert_eq(scene_manager_places(m, 1 * MS, &p), 103);
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(p[i].shown, i >= 80, "%d", i);
		n_shown += p[i].shown;
	}
	cr_assert_eq(n_shown, 20);
	/* one that is dimmed covers nothing */
	cr_assert_eq(scene_manager_focus(m, "x"), 0);
	(void)settle(m, 2 * MS);
	cr_assert(place(m, 300 * MS, "w9")->shown);
	cr_assert_not(place(m, 300 * MS, "w0")->shown);
	cr_assert(place(m, 300 * MS, "w4")->shown, "half of it is free");
	free(json);
	scene_manager_destroy(m);
}

/* --- Against a painter --- */

static uint32_t random_state = 7;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(random_state >> 8) * n >> 24);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}

/** What a pixel shows, as a number: of everything that is drawn there, from the bottom. Opaque ones begin
 * anew. */
static uint64_t pixel(
	const struct scene_manager *m, const struct scene_place *p, uint32_t n, int x, int y, int only_shown)
{
	uint64_t h = scene_manager_tokens(m)[MOS_TOKEN_CANVAS] ^
		     (uint64_t)scene_manager_tokens(m)[MOS_TOKEN_INK] << 32;

	for (uint32_t i = 0; i < n; i++) {
		const struct render_rect r = p[i].rect;
		const uint64_t opacity = (uint64_t)lroundf(p[i].opacity * 255);

		if (!opacity || x < r.x || y < r.y || x >= r.x + r.w || y >= r.y + r.h ||
			(only_shown && !p[i].shown))
			continue;
		if (p[i].item->opaque && opacity == 255)
			h = 0;
		h = mix(h, opacity);
		for (const char *c = p[i].item->id; *c; c++)
			h = mix(h, (unsigned char)*c);
		h = mix(h, (uint64_t)(x - r.x) | (uint64_t)(y - r.y) << 16 | (uint64_t)r.w << 32 |
				   (uint64_t)r.h << 48);
		h = mix(h, p[i].item->layers);
	}
	return h;
}

static struct scene *random_scene(void)
{
	static const char *const kinds[] = {"cut", "fade", "slide"}, *const themes[] = {"stage", "stage",
									     "stage", "night"};
	char json[8192];
	uint32_t used = 0;
	size_t len = (size_t)sprintf(json,
		"{\"name\":\"s%u\",\"canvas\":\"landscape\",\"theme\":\"%s\",\"transition\":{\"kind\":\"%s\","
		"\"ms\":%u},"
		"\"items\":[",
		random_below(4), themes[random_below(4)], kinds[random_below(3)], random_below(200));

	for (uint32_t n = random_below(9), i = 0; i < n; i++) {
		const uint32_t id = random_below(12), w = 1 + random_below(7), h = 1 + random_below(7);

		if (used & 1u << id)
			continue;
		len += (size_t)sprintf(json + len,
			"%s{\"%s\":\"i%u\",\"at\":[%u,%u,%u,%u],\"z\":%u,\"opaque\":%s,\"opacity\":%s,"
			"\"visible\":%s}",
			used ? "," : "", id < 3 ? "score" : "widget", id, random_below(9 - w) * 125,
			random_below(9 - h) * 125, w * 125, h * 125, random_below(3),
			random_below(2) ? "true" : "false", random_below(3) ? "1" : "0.5",
			random_below(8) ? "true" : "false");
		used |= 1u << id;
	}
	(void)sprintf(json + len, "]}");
	return parse(json);
}

static void random_wish(struct scene_manager *m, int64_t now)
{
	char id[8];

	(void)snprintf(id, sizeof(id), "i%u", random_below(12));
	switch (random_below(14)) {
	case 0:
		show(m, random_scene(), 0);
		break;
	case 1:
		show(m, random_scene(), now + random_below(100) * MS);
		break;
	case 2:
		(void)scene_manager_set_visible(m, id, (int)random_below(2));
		break;
	case 3:
		(void)scene_manager_set_layers(m, id, random_below(512));
		break;
	case 4:
		(void)scene_manager_focus(m, random_below(3) ? id : NULL);
		break;
	default:
		break;
	}
}

Test(scene_manager, painter,
	.description = "THE-02 THR-14: a canvas of which only the damage is painted, and only what is shown, "
		       "is at every "
		       "frame the one that is painted anew as a whole")
{
	enum { X = 40, Y = 24 };
	static uint64_t canvas[Y][X];
	struct scene_manager *m;
	int64_t now = MS;
	uint32_t n_quiet = 0;

	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, X, Y, &m), 0);
	for (uint32_t frame = 0; frame < 6000; frame++, now += (1 + random_below(40)) * MS) {
		const struct scene_place *p;
		const struct render_rect *r;
		uint32_t n, n_rects;

		random_wish(m, now);
		n = scene_manager_places(m, now, &p);
		n_rects = scene_manager_take_damage(m, 1, 1, &r);
		n_quiet += n_rects == 0;
		for (uint32_t i = 0; i < n_rects; i++)
			for (int y = r[i].y; y < r[i].y + r[i].h; y++)
				for (int x = r[i].x; x < r[i].x + r[i].w; x++)
					canvas[y][x] = pixel(m, p, n, x, y, 1);
		for (int y = 0; y < Y; y++)
			for (int x = 0; x < X; x++)
				cr_assert_eq(canvas[y][x], pixel(m, p, n, x, y, 0), "frame %u, pixel %d %d",
					frame, x, y);
	}
	cr_assert_gt(n_quiet, 500, "what stands still is not painted");
	scene_manager_destroy(m);
}
