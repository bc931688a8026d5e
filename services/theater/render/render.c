/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int make_scene_set(struct render *r)
{
	struct device *d = &r->device;
	struct block *const blocks[] = {&r->instances, &r->edges, &r->atlas.bytes, &r->tiles, &r->references};
	VkDescriptorBufferInfo buffer[5];
	VkWriteDescriptorSet write[6];
	int e = render_make_set(
		d, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 5, d->scene_layout, &d->scene_pool, &d->scene_set);

	for (uint32_t i = 0; i < 5 && e == 0; i++) {
		e = render_block_realize(d, blocks[i]);
		buffer[i] = (VkDescriptorBufferInfo){.buffer = blocks[i]->buffer, .range = VK_WHOLE_SIZE};
		write[i] = (VkWriteDescriptorSet){
			.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
			.dstSet = d->scene_set,
			.dstBinding = i,
			.descriptorCount = 1,
			.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
			.pBufferInfo = &buffer[i],
		};
	}
	if (e == 0)
		e = render_make_set(d, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, d->picture_layout,
			&d->blank_pool, &d->blank_set);
	if (e < 0)
		return e;
	write[5] = write[0];
	write[5].dstSet = d->blank_set;
	d->vk->UpdateDescriptorSets(d->device, 6, write, 0, NULL);
	return 0;
}

/* All that the device holds. The device is idle, or lost for good. */
static void drop_all(struct render *r)
{
	struct device *d = &r->device;
	struct render_canvas *canvas;
	struct render_picture *picture;

	LIST_FOREACH(canvas, &r->canvases, next)
	render_canvas_drop(canvas);
	LIST_FOREACH(picture, &r->pictures, next)
	render_picture_drop(picture);
	render_block_drop(d, &r->instances);
	render_block_drop(d, &r->edges);
	render_block_drop(d, &r->atlas.bytes);
	render_block_drop(d, &r->tiles);
	render_block_drop(d, &r->references);
	d->vk->DestroyDescriptorPool(d->device, d->scene_pool, NULL);
	d->vk->DestroyDescriptorPool(d->device, d->blank_pool, NULL);
	render_pipelines_destroy(d);
	render_device_destroy(d);
}

int render_start(
	struct render *r, const uint8_t *uuid, const uint8_t *not_uuid, char *error, size_t error_size)
{
	int e = render_device_create(
		&r->host, not_uuid == NULL ? r->wanted : NULL, uuid, not_uuid, &r->device, error, error_size);

	if (e < 0)
		return e;
	r->is_running = 1;
	e = render_pipelines_create(&r->device, r->cache_dir);
	if (e == 0)
		e = make_scene_set(r);
	if (e < 0) {
		snprintf(error, error_size, "the Vulkan device %.200s cannot be set up: %s",
			r->device.properties.deviceName, strerror(-e));
		r->is_running = 0;
		drop_all(r);
		return e;
	}
	memcpy(r->uuid, r->device.uuid, VK_UUID_SIZE);
	if (r->device.compute == VK_NULL_HANDLE)
		r->use_compute = 0;
	return 0;
}

void render_lose(struct render *r)
{
	if (!r->is_running)
		return;
	render_host_log(
		&r->host, LOG_WARNING, "the Vulkan device %s is lost", r->device.properties.deviceName);
	/* A lost device says so at once; one that only failed a call may still be at work on our memory. */
	(void)VK(r->device.vk, DeviceWaitIdle, r->device.device);
	r->is_running = 0;
	drop_all(r);
	r->info.n_losses++;
	r->n_tries = 0;
	r->retry_ns = now_ns();
}

int render_recover(struct render *r, uint32_t *ret_wait_ms)
{
	static const int64_t wait_ms[] = {100, 1000, 5000};
	const int64_t now = now_ns();
	uint8_t uuid[VK_UUID_SIZE];
	char error[512];
	int e;

	*ret_wait_ms = 0;
	if (r->is_running)
		return 0;
	if (now < r->retry_ns) {
		*ret_wait_ms = (uint32_t)((r->retry_ns - now) / 1000000 + 1);
		return -EAGAIN;
	}
	memcpy(uuid, r->uuid, sizeof(uuid));
	e = render_start(r, uuid, NULL, error, sizeof(error));
	/* The device of old is not to be had: any other. */
	if (e < 0 && r->n_tries > 0)
		e = render_start(r, NULL, uuid, error, sizeof(error));
	if (e < 0) {
		const uint32_t n = r->n_tries++;

		*ret_wait_ms = (uint32_t)wait_ms[n < 2 ? n : 2];
		r->retry_ns = now + (int64_t)*ret_wait_ms * 1000000;
		render_host_log(&r->host, LOG_WARNING, "no Vulkan device yet, next try in %u ms: %s",
			*ret_wait_ms, error);
		return -EAGAIN;
	}
	r->info.n_recoveries++;
	render_host_log(&r->host, LOG_NOTICE, "drawing again, on %s", r->device.properties.deviceName);
	return 0;
}

static int init_blocks(struct render *r, struct font_set *fonts)
{
	const VkBufferUsageFlags storage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;

	r->frame.scratch = calloc(SCRATCH_MAX, sizeof(*r->frame.scratch));
	r->frame.column = calloc(2 * SCRATCH_MAX, sizeof(*r->frame.column)); /* an edge may become two */
	if (r->frame.scratch == NULL || r->frame.column == NULL || render_atlas_init(&r->atlas, fonts) < 0 ||
		render_block_init(&r->instances, INSTANCES_MAX * sizeof(struct instance), storage, 0) < 0 ||
		render_block_init(&r->edges, EDGES_MAX * sizeof(struct edge), storage, 0) < 0 ||
		render_block_init(&r->tiles, TILES_MAX * sizeof(struct tile), storage, 0) < 0 ||
		render_block_init(&r->references, REFERENCES_MAX * sizeof(uint32_t), storage, 0) < 0)
		return -ENOMEM;
	return 0;
}

int render_create(const struct render_options *options, struct render **ret, char *error, size_t error_size)
{
	struct render *r = calloc(1, sizeof(*r));
	int e = -ENOMEM;

	snprintf(error, error_size, "out of memory");
	if (r == NULL)
		return -ENOMEM;
	LIST_INIT(&r->canvases);
	LIST_INIT(&r->pictures);
	LIST_INIT(&r->lists);
	r->fonts = options->fonts;
	r->host.log = options->log;
	r->host.log_data = options->log_data;
	if (options->device != NULL)
		r->wanted = strdup(options->device);
	if (options->cache_dir != NULL)
		r->cache_dir = strdup(options->cache_dir);
	if ((options->device != NULL && r->wanted == NULL) ||
		(options->cache_dir != NULL && r->cache_dir == NULL))
		goto fail;
	if (options->backend != NULL && strcmp(options->backend, "raster") != 0 &&
		strcmp(options->backend, "compute") != 0) {
		snprintf(error, error_size, "there is no back end \"%s\": raster, compute", options->backend);
		e = -EINVAL;
		goto fail;
	}
	e = init_blocks(r, options->fonts);
	if (e == 0)
		e = render_host_create(&r->host, options->validate, error, error_size);
	if (e == 0) {
		r->host.vk.faults = options->faults;
		e = render_start(r, NULL, NULL, error, error_size);
	}
	if (e < 0)
		goto fail;
	render_measure(r, options->backend);
	error[0] = '\0';
	*ret = r;
	return 0;
fail:
	render_destroy(r);
	return e;
}

void render_destroy(struct render *r)
{
	if (r == NULL)
		return;
	while (!LIST_EMPTY(&r->canvases))
		render_canvas_destroy(LIST_FIRST(&r->canvases));
	while (!LIST_EMPTY(&r->pictures))
		render_picture_destroy(LIST_FIRST(&r->pictures));
	while (!LIST_EMPTY(&r->lists))
		render_list_destroy(LIST_FIRST(&r->lists));
	if (r->is_running) {
		(void)VK(r->device.vk, DeviceWaitIdle, r->device.device);
		drop_all(r);
	}
	render_host_destroy(&r->host);
	render_atlas_finish(&r->atlas);
	render_block_finish(&r->instances);
	render_block_finish(&r->edges);
	render_block_finish(&r->tiles);
	render_block_finish(&r->references);
	free(r->frame.scratch);
	free(r->frame.column);
	free(r->wanted);
	free(r->cache_dir);
	free(r);
}

void render_get_info(const struct render *r, struct render_info *ret)
{
	*ret = r->info;
	snprintf(
		ret->device, sizeof(ret->device), "%s", r->is_running ? r->device.properties.deviceName : "");
	snprintf(ret->driver, sizeof(ret->driver), "%s", r->is_running ? r->device.driver : "");
	snprintf(ret->backend, sizeof(ret->backend), "%s", r->use_compute ? "compute" : "raster");
	ret->is_cpu = r->is_running && device_is_cpu(&r->device);
	ret->is_lost = !r->is_running;
	ret->n_validation = r->host.n_validation;
	ret->n_objects = r->device.n_objects;
	ret->device_bytes = r->device.bytes;
	ret->atlas_bytes = render_atlas_used(&r->atlas);
}

/* Part of `r` outside `hole`, as up to four. */
static uint32_t cut(struct render_rect r, struct render_rect hole, struct render_rect ret[4])
{
	const struct render_rect o = rect_and(r, hole);
	uint32_t n = 0;

	if (o.w <= 0 || o.h <= 0) {
		ret[0] = r;
		return 1;
	}
	if (o.y > r.y)
		ret[n++] = (struct render_rect){r.x, r.y, r.w, o.y - r.y};
	if (o.y + o.h < r.y + r.h)
		ret[n++] = (struct render_rect){r.x, o.y + o.h, r.w, r.y + r.h - o.y - o.h};
	if (o.x > r.x)
		ret[n++] = (struct render_rect){r.x, o.y, o.x - r.x, o.h};
	if (o.x + o.w < r.x + r.w)
		ret[n++] = (struct render_rect){o.x + o.w, o.y, r.x + r.w - o.x - o.w, o.h};
	return n;
}

/* Add a rectangle without what is there already: what is transparent must not be drawn twice. @return 0: no
 * room. */
static int add_damage(struct frame *f, struct render_rect rect)
{
	struct render_rect left[DAMAGE_MAX];
	uint32_t n = 1;

	left[0] = rect;
	for (uint32_t i = 0; i < f->n_damage; i++) {
		struct render_rect next[DAMAGE_MAX];
		uint32_t n_next = 0;

		for (uint32_t k = 0; k < n; k++) {
			if (n_next + 4 > DAMAGE_MAX)
				return 0;
			n_next += cut(left[k], f->damage[i], next + n_next);
		}
		memcpy(left, next, n_next * sizeof(*left));
		n = n_next;
	}
	if (f->n_damage + n > DAMAGE_MAX)
		return 0;
	memcpy(f->damage + f->n_damage, left, n * sizeof(*left));
	f->n_damage += n;
	return 1;
}

static void set_damage(struct frame *f)
{
	const struct render_rect all = {0, 0, (int32_t)f->canvas->width, (int32_t)f->canvas->height};
	int fits = !f->canvas->is_new;

	f->n_damage = 0;
	for (uint32_t i = 0; i < f->what->n_damage && fits; i++) {
		const struct render_rect rect = rect_and(f->what->damage[i], all);

		if (rect.w > 0 && rect.h > 0)
			fits = add_damage(f, rect);
	}
	if (!fits) {
		f->damage[0] = all;
		f->n_damage = 1;
	}
}

static int draw(struct frame *f)
{
	int e = render_canvas_realize(f->canvas);

	if (e < 0)
		return e;
	set_damage(f);
	if (f->n_damage == 0)
		return 0;
	f->n_instances = f->n_edges = f->n_runs = f->n_fills = f->n_grounds = 0;
	memset(f->drawn, 0, f->n_damage * sizeof(*f->drawn));
	f->is_cleared = 0;
	f->error = 0;
	/* Until it is whole, what the image holds is of no use. */
	f->canvas->is_new = 1;
	render_ground_find(f);
	for (uint32_t i = 0; i < f->what->n_items && f->error == 0; i++)
		render_emit_item(f, i);
	if (f->error == 0)
		f->error = render_submit(f, /* is_last= */ 1);
	if (f->error == 0)
		f->canvas->is_new = 0;
	return f->error;
}

int render_draw(struct render_canvas *canvas, const struct render_frame *frame)
{
	struct render *r = canvas->render;
	struct frame *f = &r->frame;
	int e;

	if (!r->is_running)
		return -ENODEV;
	f->render = r;
	f->canvas = canvas;
	f->what = frame;
	r->info.last_draws = r->info.last_instances = 0;
	e = draw(f);
	r->info.n_draws += r->info.last_draws;
	r->info.n_instances += r->info.last_instances;
	if (e == 0)
		r->info.n_frames++;
	if (e == -ENODEV || e == -ETIMEDOUT) {
		render_lose(r);
		return -ENODEV;
	}
	return e;
}
