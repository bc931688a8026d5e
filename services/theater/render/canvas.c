/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

int render_make_set(struct device *d, VkDescriptorType type, uint32_t n, VkDescriptorSetLayout layout,
	VkDescriptorPool *ret_pool, VkDescriptorSet *ret)
{
	const VkDescriptorPoolSize size = {.type = type, .descriptorCount = n};
	const VkDescriptorPoolCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
		.maxSets = 1,
		.poolSizeCount = 1,
		.pPoolSizes = &size,
	};
	VkDescriptorSetAllocateInfo set = {.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
		.descriptorSetCount = 1,
		.pSetLayouts = &layout};
	VkResult result = VK(d->vk, CreateDescriptorPool, d->device, &info, NULL, ret_pool);

	if (result != VK_SUCCESS) {
		*ret_pool = VK_NULL_HANDLE;
		return render_device_error(result);
	}
	d->n_objects++;
	set.descriptorPool = *ret_pool;
	return render_device_error(VK(d->vk, AllocateDescriptorSets, d->device, &set, ret));
}

int render_canvas_create(struct render *r, uint32_t width, uint32_t height, struct render_canvas **ret)
{
	const uint32_t most = r->is_running ? r->device.properties.limits.maxFramebufferWidth : CANVAS_MAX;
	struct render_canvas *canvas;

	if (width == 0 || height == 0)
		return -EINVAL;
	if (width > CANVAS_MAX || height > CANVAS_MAX || width > most || height > most)
		return -E2BIG;
	canvas = calloc(1, sizeof(*canvas));
	if (canvas == NULL)
		return -ENOMEM;
	canvas->render = r;
	canvas->width = width;
	canvas->height = height;
	canvas->stride = width * 4;
	canvas->is_new = 1;
	if (render_block_init(&canvas->pixels, (size_t)canvas->stride * height,
		    VK_BUFFER_USAGE_TRANSFER_DST_BIT, 1) < 0) {
		free(canvas);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&r->canvases, canvas, next);
	*ret = canvas;
	return 0;
}

void render_canvas_destroy(struct render_canvas *canvas)
{
	if (canvas == NULL)
		return;
	if (canvas->render->is_running)
		render_canvas_drop(canvas);
	LIST_REMOVE(canvas, next);
	render_block_finish(&canvas->pixels);
	free(canvas);
}

static VkResult make_view(struct render_canvas *canvas)
{
	struct device *d = &canvas->render->device;
	const VkImageViewCreateInfo view = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
		.image = canvas->image,
		.viewType = VK_IMAGE_VIEW_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.subresourceRange = {.aspectMask = VK_IMAGE_ASPECT_COLOR_BIT,
			.levelCount = 1,
			.layerCount = 1},
	};
	const VkFramebufferCreateInfo framebuffer = {
		.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
		.renderPass = d->pass,
		.attachmentCount = 1,
		.pAttachments = &canvas->view,
		.width = canvas->width,
		.height = canvas->height,
		.layers = 1,
	};
	VkResult result = VK(d->vk, CreateImageView, d->device, &view, NULL, &canvas->view);

	if (result != VK_SUCCESS) {
		canvas->view = VK_NULL_HANDLE;
		return result;
	}
	d->n_objects++;
	result = VK(d->vk, CreateFramebuffer, d->device, &framebuffer, NULL, &canvas->framebuffer);
	if (result == VK_SUCCESS)
		d->n_objects++;
	else
		canvas->framebuffer = VK_NULL_HANDLE;
	return result;
}

static int realize(struct render_canvas *canvas)
{
	struct device *d = &canvas->render->device;
	int r = render_device_image_create(
		d, canvas->width, canvas->height, &canvas->image, &canvas->memory, &canvas->bytes);

	if (r == 0)
		r = render_device_error(make_view(canvas));
	if (r == 0)
		r = render_block_realize(d, &canvas->pixels);
	if (r == 0)
		r = render_make_set(d, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1, d->canvas_layout, &canvas->pool,
			&canvas->set);
	return r;
}

int render_canvas_realize(struct render_canvas *canvas)
{
	struct device *d = &canvas->render->device;
	VkDescriptorImageInfo image = {.imageLayout = VK_IMAGE_LAYOUT_GENERAL};
	VkWriteDescriptorSet write = {
		.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
		.descriptorCount = 1,
		.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
		.pImageInfo = &image,
	};
	int r;

	if (canvas->image != VK_NULL_HANDLE)
		return 0;
	r = realize(canvas);
	if (r < 0) {
		render_canvas_drop(canvas);
		return r;
	}
	image.imageView = canvas->view;
	write.dstSet = canvas->set;
	d->vk->UpdateDescriptorSets(d->device, 1, &write, 0, NULL);
	canvas->is_new = 1;
	canvas->is_undefined = 1;
	return 0;
}

void render_canvas_drop(struct render_canvas *canvas)
{
	struct device *d = &canvas->render->device;
	const struct vk *vk = d->vk;

	d->n_objects -= (canvas->pool != VK_NULL_HANDLE) + (canvas->framebuffer != VK_NULL_HANDLE) +
			(canvas->view != VK_NULL_HANDLE) + (canvas->image != VK_NULL_HANDLE) +
			(canvas->memory != VK_NULL_HANDLE);
	d->bytes -= canvas->memory != VK_NULL_HANDLE ? canvas->bytes : 0;
	vk->DestroyDescriptorPool(d->device, canvas->pool, NULL);
	vk->DestroyFramebuffer(d->device, canvas->framebuffer, NULL);
	vk->DestroyImageView(d->device, canvas->view, NULL);
	vk->DestroyImage(d->device, canvas->image, NULL);
	vk->FreeMemory(d->device, canvas->memory, NULL);
	render_block_drop(d, &canvas->pixels);
	canvas->pool = VK_NULL_HANDLE;
	canvas->set = VK_NULL_HANDLE;
	canvas->framebuffer = VK_NULL_HANDLE;
	canvas->view = VK_NULL_HANDLE;
	canvas->image = VK_NULL_HANDLE;
	canvas->memory = VK_NULL_HANDLE;
	canvas->is_new = 1;
}

const uint8_t *render_pixels(const struct render_canvas *canvas, uint32_t *ret_stride)
{
	if (ret_stride != NULL)
		*ret_stride = canvas->stride;
	return canvas->pixels.host;
}
