/* SPDX-License-Identifier: MIT */
/** Devices that are lost, lack something, or are set up wrongly; things made and destroyed often; the cache
 * on disk. */
#include "theater_render_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOST (-4)      /* VK_ERROR_DEVICE_LOST */
#define NO_MEMORY (-2) /* VK_ERROR_OUT_OF_DEVICE_MEMORY */
#define TIMEOUT 2      /* VK_TIMEOUT */
#define N_BYTES ((size_t)RIG_WIDTH * RIG_HEIGHT * 4)

struct scene {
	struct render_list *list;
	struct render_picture *picture;
	struct render_item item[2];
};

static void make_scene(struct rig *rig, struct scene *s)
{
	struct mos_shape shape[64];
	uint8_t texel[16 * 16 * 4];

	s->list = rig_list(rig, shape, rig_mixed(shape, 64));
	for (size_t i = 0; i < sizeof(texel); i++)
		texel[i] = (uint8_t)(i % 4 == 3 ? 200 : i % 200);
	cr_assert_eq(render_picture_create(rig->render, 16, 16, &s->picture), 0);
	cr_assert_eq(render_picture_set(s->picture, texel, 64, NULL, 0), 0);
	s->item[0] = rig_item(s->list);
	s->item[1] = (struct render_item){.kind = RENDER_PICTURE,
		.opacity = 255,
		.clip = {0, 0, 960, 540},
		.picture = s->picture,
		.to = {640, 380, 100, 80}};
}

/* As the theater does it: try until it is there, then draw everything. @return how often it had to wait. */
static unsigned recover(struct rig *rig, struct scene *s)
{
	uint32_t wait_ms;
	unsigned n = 0;

	while (render_recover(rig->render, &wait_ms) == -EAGAIN) {
		cr_assert(wait_ms > 0 && wait_ms <= 5000);
		cr_assert(++n < 5);
		usleep(wait_ms * 1000);
	}
	return n;
}

/* Lose it at the n-th call of a kind from here on. @return 0: there are not so many. */
static int lose_at(struct rig *rig, struct scene *s, enum render_fault_call call, uint32_t nth, int result,
	const uint8_t *before)
{
	uint8_t *after;
	int hit;

	rig->faults.call = call;
	rig->faults.at = rig->faults.n_calls[call] + nth;
	rig->faults.result = result;
	while (rig_draw(rig, s->item, 2) < 0) {
		struct render_info info;

		render_get_info(rig->render, &info);
		if (info.is_lost)
			recover(rig, s);
	}
	hit = rig->faults.n_calls[call] >= rig->faults.at;
	rig->faults.at = 0;
	cr_assert_eq(rig_draw(rig, s->item, 2), 0);
	after = rig_pixels(rig);
	cr_expect(memcmp(before, after, N_BYTES) == 0, "another picture after a loss at call %d, the %u.",
		call, nth);
	free(after);
	return hit;
}

static const enum render_fault_call drawing[] = {RENDER_FAULT_ResetCommandPool,
	RENDER_FAULT_BeginCommandBuffer, RENDER_FAULT_EndCommandBuffer, RENDER_FAULT_ResetFences,
	RENDER_FAULT_QueueSubmit, RENDER_FAULT_WaitForFences};

Test(theater_device, lost_while_drawing,
	.description = "THE-05, THR-05, THR-07: lost at each call of a frame: the picture afterwards is the "
		       "one before",
	.timeout = 60)
{
	struct render_info info;
	uint8_t *before;
	struct scene s;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	make_scene(&rig, &s);
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	before = rig_pixels(&rig);
	for (size_t i = 0; i < sizeof(drawing) / sizeof(drawing[0]); i++)
		cr_expect(lose_at(&rig, &s, drawing[i], 1, LOST, before));
	cr_expect(lose_at(&rig, &s, RENDER_FAULT_WaitForFences, 1, TIMEOUT, before));
	render_get_info(rig.render, &info);
	cr_expect_eq(info.n_losses, 7);
	cr_expect_eq(info.n_recoveries, 7);
	cr_expect(rig_logged(&rig, "lost") && rig_logged(&rig, "drawing again"));
	free(before);
	rig_close(&rig);
}

/* While it is made anew, each call in turn fails once more: the wait of 0.1 s lies between. */
static void lost_while_starting(enum render_fault_call first, enum render_fault_call end, int result)
{
	uint8_t *before;
	struct scene s;
	struct rig rig;
	unsigned n_hit = 0;

	rig_open(&rig, "raster", NULL);
	make_scene(&rig, &s);
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	before = rig_pixels(&rig);
	for (enum render_fault_call call = first; call < end; call++) {
		rig.faults.call = RENDER_FAULT_QueueSubmit;
		rig.faults.at = rig.faults.n_calls[RENDER_FAULT_QueueSubmit] + 1;
		rig.faults.result = LOST;
		cr_assert_eq(rig_draw(&rig, s.item, 2), -ENODEV);
		cr_expect_eq(rig_draw(&rig, s.item, 2), -ENODEV, "nothing is drawn while it is lost");
		cr_expect(memcmp(before, render_pixels(rig.canvas, NULL), N_BYTES) == 0,
			"the picture stays while it is lost");
		n_hit += lose_at(&rig, &s, call, 1, result, before) != 0;
	}
	cr_expect_gt(n_hit, (end - first) / 2);
	free(before);
	rig_close(&rig);
}

Test(theater_device, lost_while_starting_memory,
	.description = "THE-05: fails at a call of a new start: device, memory, images", .timeout = 60)
{
	lost_while_starting(RENDER_FAULT_CreateDevice, RENDER_FAULT_CreateShaderModule, LOST);
}

Test(theater_device, lost_while_starting_pipelines,
	.description = "THE-05: fails at a call of a new start: shaders and pipelines", .timeout = 60)
{
	lost_while_starting(RENDER_FAULT_CreateShaderModule, RENDER_FAULT_CreateCommandPool, LOST);
}

Test(theater_device, out_of_memory,
	.description = "THE-05: a device without memory is refused, and drawn with when it has some",
	.timeout = 60)
{
	lost_while_starting(RENDER_FAULT_CreateBuffer, RENDER_FAULT_MapMemory, NO_MEMORY);
}

Test(theater_device, created_and_destroyed,
	.description = "THR-06, THR-08: 1,000 canvases, lists and pictures leave nothing", .timeout = 60)
{
	const struct mos_shape shape = {.kind = MOS_SHAPE_BOX, .color = ~0u, .w = 20, .h = 20};
	static uint8_t texel[16 * 16 * 4];
	struct render_info before, after;
	struct scene s;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	make_scene(&rig, &s);
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	render_get_info(rig.render, &before);
	for (int i = 0; i < 1000; i++) {
		struct render_canvas *canvas;
		struct render_picture *picture;
		struct render_item item[2] = {rig_item(rig_list(&rig, &shape, 1)), s.item[1]};
		const struct render_rect all = {0, 0, 32, 32};
		const struct render_frame frame = {
			.damage = &all, .n_damage = 1, .item = item, .n_items = 2, .token = rig.token};

		cr_assert_eq(render_canvas_create(rig.render, 32, 32, &canvas), 0);
		cr_assert_eq(render_picture_create(rig.render, 16, 16, &picture), 0);
		cr_assert_eq(render_picture_set(picture, texel, 64, NULL, 0), 0);
		item[1].picture = picture;
		item[1].to = all;
		if (i % 4 == 0)
			cr_assert_eq(render_draw(canvas, &frame), 0);
		render_canvas_destroy(canvas);
		render_picture_destroy(picture);
		render_list_destroy(item[0].list);
	}
	render_get_info(rig.render, &after);
	cr_expect_eq(after.n_objects, before.n_objects);
	cr_expect_eq(after.device_bytes, before.device_bytes);
	rig_close(&rig);
}

static uint8_t *picture_without(const char *without)
{
	uint8_t *pixels;
	struct scene s;
	struct rig rig;

	setenv("MOS_RENDER_WITHOUT", without, 1);
	rig_open(&rig, "compute", NULL);
	make_scene(&rig, &s);
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	pixels = rig_pixels(&rig);
	rig_close(&rig);
	return pixels;
}

Test(theater_device, features,
	.description = "THR-11: without any one of its features the device draws the same picture",
	.timeout = 60)
{
	static const char *const without[] = {"host-import", "cached", "compute", "pipeline-cache", "copies",
		"host-import,cached,compute,pipeline-cache,copies"};
	uint8_t *all = picture_without("");

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		uint8_t *less = picture_without(without[i]);
		int most = 0;

		for (size_t k = 0; k < N_BYTES; k++)
			most = abs(all[k] - less[k]) > most ? abs(all[k] - less[k]) : most;
		cr_expect_leq(most, 2, "without %s: %d", without[i], most);
		free(less);
	}
	free(all);
}

Test(theater_device, planted_error,
	.description = "THE-05: a barrier left out is found by the validation layers", .timeout = 30)
{
	struct render_info info;
	struct scene s;
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	make_scene(&rig, &s);
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	rig.faults.call = RENDER_FAULT_CmdPipelineBarrier;
	rig.faults.at = rig.faults.n_calls[RENDER_FAULT_CmdPipelineBarrier] +
			2; /* the one before the copy to the host */
	cr_assert_eq(rig_draw(&rig, s.item, 2), 0);
	render_get_info(rig.render, &info);
	cr_expect_gt(info.n_validation, 0);
	cr_expect(rig_logged(&rig, "SYNC-HAZARD"), "%s", rig.log[0]);
	render_destroy(rig.render);
	font_close(rig.fonts);
}

static char *only_file(const char *dir, char *path, size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	cr_assert_not_null(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			snprintf(path, size, "%s/%s", dir, e->d_name);
			n++;
		}
	closedir(d);
	cr_assert_eq(n, 1);
	return path;
}

/* Start with what lies in the folder. @return whether it was said to be of no use. */
static int start_with(const char *dir)
{
	struct scene s;
	struct rig rig;
	int is_refused;

	rig_open(&rig, "raster", dir);
	make_scene(&rig, &s);
	cr_expect_eq(rig_draw(&rig, s.item, 2), 0);
	is_refused = rig_logged(&rig, "not of use");
	rig_close(&rig);
	return is_refused;
}

Test(theater_device, cache,
	.description = "THR-09: a pipeline cache that is damaged, cut short or a pipe is made anew",
	.timeout = 60)
{
	char dir[] = "/tmp/theater-cache-XXXXXX", path[512];
	uint8_t byte = 0xa5;
	struct stat st;
	int fd;

	cr_assert_not_null(mkdtemp(dir));
	cr_expect_not(start_with(dir));
	only_file(dir, path, sizeof(path));
	cr_expect_not(start_with(dir), "what it wrote itself");
	cr_assert_eq(stat(path, &st), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	cr_assert_eq(pwrite(fd, &byte, 1, st.st_size / 2), 1);
	close(fd);
	cr_expect(start_with(dir), "a byte is wrong");
	only_file(dir, path, sizeof(path));
	cr_assert_eq(truncate(path, 11), 0);
	cr_expect(start_with(dir), "it is short");
	cr_assert_eq(unlink(only_file(dir, path, sizeof(path))), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_expect(start_with(dir), "a pipe that nobody writes to");
	unlink(path);
	rmdir(dir);
}

Test(theater_device, cache_nowhere,
	.description = "THR-09: a cache folder that is not there changes nothing but the log", .timeout = 20)
{
	struct rig rig;

	rig_open(&rig, "raster", "/nowhere/at/all");
	cr_expect_eq(rig_draw(&rig, NULL, 0), 0);
	cr_expect(rig_logged(&rig, "is not kept in /nowhere/at/all"));
	rig_close(&rig);
}

Test(theater_device, fails_to_start, .description = "THR-09: a renderer whose modules do not load says so",
	.timeout = 20)
{
	static const enum render_fault_call calls[] = {RENDER_FAULT_CreateDevice,
		RENDER_FAULT_CreateShaderModule, RENDER_FAULT_CreateGraphicsPipelines};
	char error[256];
	struct rig rig;

	rig_open(&rig, "raster", NULL);
	for (int i = 0; i < 3; i++) {
		struct render_faults faults = {.call = calls[i], .at = 1, .result = -3};
		const struct render_options options = {.device = "cpu", .faults = &faults};
		struct render *r = NULL;

		cr_expect_eq(render_create(&options, &r, error, sizeof(error)), -ENODEV);
		cr_expect_null(r);
		cr_expect_not_null(strstr(error, "llvmpipe"), "%s", error);
	}
	rig_close(&rig);
}

Test(theater_device, chosen, .description = "THR-11: devices by name; a back end that there is not",
	.timeout = 20)
{
	struct render_options options = {.device = "no such device"};
	struct render *r = NULL;
	char error[256] = "";
	struct rig rig;

	rig_open(&rig, NULL, NULL);
	cr_expect_eq(render_create(&options, &r, error, sizeof(error)), -ENODEV);
	cr_expect_not_null(strstr(error, "no such device"), "%s", error);
	options = (struct render_options){.device = "cpu", .backend = "voodoo"};
	cr_expect_eq(render_create(&options, &r, error, sizeof(error)), -EINVAL);
	cr_expect_not_null(strstr(error, "voodoo"), "%s", error);
	cr_expect_null(r);
	rig_close(&rig);
}
