/* SPDX-License-Identifier: MIT */
/* Memory: frames take none, scenes give back what they took, and where there is none nothing changes. The
 * linker's wrap reaches the scenes' own calls. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static uint32_t n_calls, fail_at; /* fail_at 0: never */
static int64_t n_alive;

static int fails(void)
{
	n_calls++;
	return n_calls == fail_at;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (fails())
		return NULL;
	n_alive++;
	return __real_malloc(size);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	if (fails())
		return NULL;
	n_alive++;
	return __real_calloc(n, size);
}

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	n_alive -= p != NULL;
	__real_free(p);
}

static struct scene *make(int i)
{
	char json[1024], where[128];
	struct scene *scene;

	(void)snprintf(json, sizeof(json),
		"{\"name\":\"s%d\",\"canvas\":\"landscape\",\"theme\":\"%s\",\"transition\":{\"kind\":\"%s\","
		"\"ms\":100},\"items\":["
		"{\"score\":\"score\",\"at\":[%d,0,500,500],\"opaque\":true},{\"widget\":\"w%d\",\"at\":[0,"
		"500,500,500]},"
		"{\"widget\":\"x\",\"at\":[500,500,%d,500],\"z\":2}]}",
		i, i % 2 ? "night" : "paper", i % 3 ? "fade" : "slide", i % 5 * 100, i % 7,
		100 + i % 4 * 100);
	cr_assert_eq(scene_parse(json, strlen(json), &scene, where, sizeof(where)), 0, "%s", where);
	return scene;
}

Test(scene_alloc, switches,
	.description =
		"THR-08: 1,000 changes of scene leave nothing behind, and no frame of them takes memory")
{
	const int64_t before = n_alive;
	struct scene_manager *m;
	const struct scene_place *p;
	const struct render_rect *r;
	int64_t now = 1;

	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, 7680, 4320, &m), 0);
	for (int i = 0; i < 1000; i++) {
		struct scene *scene = make(i);
		uint32_t calls;

		cr_assert_eq(scene_manager_show(m, scene, 0), 0);
		scene_free(scene);
		cr_assert_leq(n_alive - before, 3, "the manager, its scene, the scene's items");
		calls = n_calls;
		for (int frame = 0; frame < 10; frame++, now += 16666667) {
			(void)scene_manager_places(m, now, &p);
			scene_manager_damage(m, (struct render_rect){frame, 0, 40, 4320});
			(void)scene_manager_take_damage(m, 20000, 6, &r);
		}
		cr_assert_eq(n_calls, calls);
	}
	scene_manager_destroy(m);
	cr_assert_eq(n_alive, before);
}

Test(scene_alloc, none, .description = "THR-14: without memory a scene is not shown and the one before stays")
{
	struct scene_manager *m;
	struct scene *one = make(1), *two = make(2);

	n_calls = 0;
	fail_at = 1;
	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, 100, 100, &m), -ENOMEM);
	fail_at = 0;
	cr_assert_eq(scene_manager_create(SCENE_LANDSCAPE, 100, 100, &m), 0);
	cr_assert_eq(scene_manager_show(m, one, 0), 0);
	for (fail_at = 1; fail_at <= 2; fail_at++) {
		n_calls = 0;
		cr_assert_eq(scene_manager_show(m, two, 0), -ENOMEM);
		cr_assert_str_eq(scene_manager_scene(m)->name, "s1");
	}
	fail_at = 0;
	cr_assert_eq(scene_manager_show(m, two, 0), 0);
	scene_free(one);
	scene_free(two);
	scene_manager_destroy(m);
}

Test(scene_alloc, shelf, .description = "THR-14: scenes are read whole or not at all where memory ends")
{
	static const char json[] = "{\"name\":\"a\",\"canvas\":\"portrait\",\"items\":[]}";
	const char *dir = "/nonexistent/scenes";
	const int64_t before = n_alive;
	struct scene_shelf *shelf;
	struct scene *scene;
	char where[64];

	for (fail_at = 1; fail_at <= 2; fail_at++) {
		n_calls = 0;
		cr_assert_eq(scene_parse(json, strlen(json), &scene, where, sizeof(where)), -ENOMEM);
	}
	for (fail_at = 1;; fail_at++) {
		int rc;

		n_calls = 0;
		rc = scene_shelf_open(&dir, 1, &shelf);
		if (n_calls < fail_at)
			break;
		cr_assert(rc == 0 || rc == -ENOMEM);
		if (rc == 0)
			scene_shelf_close(shelf);
	}
	cr_assert_gt(fail_at, 20);
	fail_at = 0;
	scene_shelf_close(shelf);
	cr_assert_eq(n_alive, before);
}
