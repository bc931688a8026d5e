/* SPDX-License-Identifier: MIT */
/** Runs to commands: clear the damage, draw, wait, and bring the damage to the host. */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define VERTICES 6u /* of an instance, as in shapes.vert */
#define WAIT_NS 2000000000u
#define WAIT_CPU_NS 30000000000u /* other programs may have the processor */

static void barrier(struct device *d, VkPipelineStageFlags from, VkAccessFlags wrote, VkPipelineStageFlags to,
	VkAccessFlags will)
{
	const VkMemoryBarrier memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER, .srcAccessMask = wrote, .dstAccessMask = will};

	if (!render_vk_fails(d->vk, RENDER_FAULT_CmdPipelineBarrier))
		d->vk->CmdPipelineBarrier(d->commands, from, to, 0, 1, &memory, 0, NULL, 0, NULL);
}

#define STAGES_DRAWING (VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT)
#define WRITES_DRAWING (VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_SHADER_WRITE_BIT)

static void make_ready(struct frame *f)
{
	struct device *d = &f->render->device;
	struct render_canvas *canvas = f->canvas;
	const VkImageMemoryBarrier image = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
		.dstAccessMask =
			WRITES_DRAWING | VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
		.oldLayout = VK_IMAGE_LAYOUT_UNDEFINED,
		.newLayout = VK_IMAGE_LAYOUT_GENERAL,
		.srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
		.image = canvas->image,
		.subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
			.levelCount = 1,
			.layerCount = 1},
	};

	if (canvas->is_undefined)
		d->vk->CmdPipelineBarrier(d->commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
			STAGES_DRAWING | VK_PIPELINE_STAGE_TRANSFER_BIT, 0, 0, NULL, 0, NULL, 1, &image);
	else
		barrier(d, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_WRITE_BIT,
			VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
			VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
}

static struct render_rect bounds(const struct frame *f)
{
	struct render_rect all = f->damage[0];

	for (uint32_t i = 1; i < f->n_damage; i++)
		all = rect_around(all, f->damage[i]);
	return all;
}

static VkRect2D to_vk(struct render_rect r)
{
	return (VkRect2D){{r.x, r.y}, {(uint32_t)r.w, (uint32_t)r.h}};
}

static void begin_pass(struct frame *f)
{
	struct device *d = &f->render->device;
	const float pixel[2] = {2.0f / (float)f->canvas->width, 2.0f / (float)f->canvas->height};
	const VkViewport viewport = {0, 0, (float)f->canvas->width, (float)f->canvas->height, 0, 1};
	const VkRect2D area = to_vk(bounds(f));
	const VkRenderPassBeginInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
		.renderPass = d->pass,
		.framebuffer = f->canvas->framebuffer,
		.renderArea = area,
	};

	d->vk->CmdBeginRenderPass(d->commands, &info, VK_SUBPASS_CONTENTS_INLINE);
	d->vk->CmdSetViewport(d->commands, 0, 1, &viewport);
	d->vk->CmdSetScissor(d->commands, 0, 1, &area);
	d->vk->CmdBindDescriptorSets(
		d->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, d->layout, 0, 1, &d->scene_set, 0, NULL);
	d->vk->CmdPushConstants(d->commands, d->layout, VK_SHADER_STAGE_VERTEX_BIT, 0, sizeof(pixel), pixel);
}

static void fill_rects(struct frame *f, uint32_t color, const struct render_rect *rect, uint32_t n)
{
	struct device *d = &f->render->device;
	const VkClearAttachment attachment = {
		.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
		.clearValue.color.float32 = {(float)(color & 0xff) / 255.0f,
			(float)(color >> 8 & 0xff) / 255.0f, (float)(color >> 16 & 0xff) / 255.0f, 1.0f},
	};
	VkClearRect clear[DAMAGE_MAX];

	for (uint32_t i = 0; i < n; i++)
		clear[i] = (VkClearRect){.rect = to_vk(rect[i]), .layerCount = 1};
	d->vk->CmdClearAttachments(d->commands, 1, &attachment, n, clear);
}

/* Each damaged rectangle to its ground; neighbours of one colour together. */
static void clear_damage(struct frame *f)
{
	for (uint32_t i = 0, n; i < f->n_damage; i += n) {
		for (n = 1; i + n < f->n_damage && f->ground[i + n].color == f->ground[i].color; n++)
			;
		fill_rects(f, f->ground[i].color, &f->damage[i], n);
	}
}

static void copy_picture(struct frame *f, const struct run *run)
{
	struct device *d = &f->render->device;
	const VkBufferImageCopy region = {
		.bufferOffset =
			((VkDeviceSize)run->from_y * run->picture->width + (VkDeviceSize)run->from_x) * 4,
		.bufferRowLength = run->picture->width,
		.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1},
		.imageOffset = {run->rect.x, run->rect.y, 0},
		.imageExtent = {(uint32_t)run->rect.w, (uint32_t)run->rect.h, 1},
	};

	d->vk->CmdCopyBufferToImage(d->commands, run->picture->texels.buffer, f->canvas->image,
		VK_IMAGE_LAYOUT_GENERAL, 1, &region);
}

static void draw_run(struct frame *f, const struct run *run, enum run_kind *bound)
{
	struct device *d = &f->render->device;

	if (*bound != run->kind)
		d->vk->CmdBindPipeline(d->commands, VK_PIPELINE_BIND_POINT_GRAPHICS,
			d->raster[run->kind == RUN_SHAPES ? PIPELINE_SHAPES : PIPELINE_PICTURE]);
	*bound = run->kind;
	if (run->kind == RUN_PICTURE)
		d->vk->CmdBindDescriptorSets(d->commands, VK_PIPELINE_BIND_POINT_GRAPHICS, d->layout, 1, 1,
			&run->picture->set, 0, NULL);
	d->vk->CmdDraw(d->commands, run->n * VERTICES, 1, run->first * VERTICES, 0);
	f->render->info.last_draws++;
}

static void record_raster(struct frame *f)
{
	struct device *d = &f->render->device;
	enum run_kind bound = RUN_COPY;
	int in_pass = 1, copied = 0;

	begin_pass(f);
	if (!f->is_cleared)
		clear_damage(f);
	for (uint32_t i = 0; i < f->n_grounds; i++)
		fill_rects(f, f->ground_fill[i].color, &f->ground_fill[i].rect, 1);
	for (uint32_t i = 0; i < f->n_runs; i++) {
		const struct run *run = &f->run[i];

		if (run->kind != RUN_COPY && !in_pass) {
			barrier(d, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
				VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
				VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT);
			begin_pass(f);
			bound = RUN_COPY;
			in_pass = 1;
			copied = 0;
		}
		if (run->kind == RUN_FILL)
			fill_rects(f, run->color, &run->rect, 1);
		else if (run->kind != RUN_COPY)
			draw_run(f, run, &bound);
		if (run->kind != RUN_COPY)
			continue;
		if (in_pass)
			d->vk->CmdEndRenderPass(d->commands);
		/* Pictures may lie over each other. */
		if (in_pass || copied)
			barrier(d,
				VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT |
					VK_PIPELINE_STAGE_TRANSFER_BIT,
				VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
				VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
		in_pass = 0;
		copied = 1;
		copy_picture(f, run);
	}
	if (in_pass)
		d->vk->CmdEndRenderPass(d->commands);
}

static void record_readback(struct frame *f)
{
	struct device *d = &f->render->device;
	VkBufferImageCopy region[DAMAGE_MAX];

	barrier(d, STAGES_DRAWING | VK_PIPELINE_STAGE_TRANSFER_BIT,
		WRITES_DRAWING | VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
		VK_ACCESS_TRANSFER_READ_BIT);
	for (uint32_t i = 0; i < f->n_damage; i++) {
		const struct render_rect r = f->damage[i];

		region[i] = (VkBufferImageCopy){
			.bufferOffset = (VkDeviceSize)r.y * f->canvas->stride + (VkDeviceSize)r.x * 4,
			.bufferRowLength = f->canvas->width,
			.imageSubresource = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT, .layerCount = 1},
			.imageOffset = {r.x, r.y, 0},
			.imageExtent = {(uint32_t)r.w, (uint32_t)r.h, 1},
		};
	}
	d->vk->CmdCopyImageToBuffer(d->commands, f->canvas->image, VK_IMAGE_LAYOUT_GENERAL,
		f->canvas->pixels.buffer, f->n_damage, region);
	barrier(d, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_HOST_BIT,
		VK_ACCESS_HOST_READ_BIT);
}

static VkResult run_commands(struct device *d)
{
	const int is_cpu = device_is_cpu(d);
	const VkSubmitInfo info = {.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
		.commandBufferCount = 1,
		.pCommandBuffers = &d->commands};
	VkResult result = VK(d->vk, EndCommandBuffer, d->commands);

	if (result == VK_SUCCESS)
		result = VK(d->vk, ResetFences, d->device, 1, &d->fence);
	if (result == VK_SUCCESS)
		result = VK(d->vk, QueueSubmit, d->queue, 1, &info, d->fence);
	if (result == VK_SUCCESS)
		result = VK(d->vk, WaitForFences, d->device, 1, &d->fence, VK_TRUE,
			is_cpu ? WAIT_CPU_NS : WAIT_NS);
	return result;
}

/* Where the device has memory of its own, the damage goes from there to ours. */
static void fetch(struct frame *f)
{
	struct block *b = &f->canvas->pixels;

	if (b->map == NULL)
		return;
	for (uint32_t i = 0; i < f->n_damage; i++) {
		const struct render_rect r = f->damage[i];
		size_t at = (size_t)r.y * f->canvas->stride + (size_t)r.x * 4;

		for (int32_t y = 0; y < r.h; y++, at += f->canvas->stride)
			memcpy(b->host + at, b->map + at, (size_t)r.w * 4);
	}
}

static void flush_blocks(struct frame *f)
{
	struct render *r = f->render;

	render_block_touch(&r->instances, 0, f->n_instances * sizeof(struct instance));
	render_block_touch(&r->edges, 0, f->n_edges * sizeof(struct edge));
	render_block_flush(&r->instances);
	render_block_flush(&r->edges);
	render_block_flush(&r->atlas.bytes);
}

int render_submit(struct frame *f, int is_last)
{
	const VkCommandBufferBeginInfo begin = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
		.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
	};
	struct render *r = f->render;
	struct device *d = &r->device;
	VkResult result = VK(d->vk, ResetCommandPool, d->device, d->pool, 0);

	if (result == VK_SUCCESS)
		result = VK(d->vk, BeginCommandBuffer, d->commands, &begin);
	if (result != VK_SUCCESS)
		return render_device_error(result);
	flush_blocks(f);
	make_ready(f);
	if (!r->use_compute || !render_tiles_record(f))
		record_raster(f);
	if (is_last)
		record_readback(f);
	/* Whatever it says, it may still be at work on our memory: only a new start is sure. */
	if (run_commands(d) != VK_SUCCESS)
		return -ENODEV;
	f->canvas->is_undefined = 0;
	f->is_cleared = 1;
	f->n_instances = f->n_edges = f->n_runs = f->n_fills = f->n_grounds = 0;
	r->atlas.time++;
	if (is_last)
		fetch(f);
	return 0;
}
