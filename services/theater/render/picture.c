/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int render_picture_create(struct render *r, uint32_t width, uint32_t height, struct render_picture **ret)
{
	struct render_picture *picture;

	if (width == 0 || height == 0)
		return -EINVAL;
	if (width > PICTURE_MAX || height > PICTURE_MAX)
		return -E2BIG;
	picture = calloc(1, sizeof(*picture));
	if (picture == NULL)
		return -ENOMEM;
	picture->render = r;
	picture->width = width;
	picture->height = height;
	if (render_block_init(&picture->texels, (size_t)width * height * 4,
		    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, 0) < 0) {
		free(picture);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&r->pictures, picture, next);
	*ret = picture;
	return 0;
}

void render_picture_destroy(struct render_picture *picture)
{
	if (picture == NULL)
		return;
	if (picture->render->is_running)
		render_picture_drop(picture);
	LIST_REMOVE(picture, next);
	render_block_finish(&picture->texels);
	free(picture);
}

/* Copy a row. @return whether all of it is opaque. */
static int copy_row(uint8_t *to, const uint8_t *from, uint32_t n)
{
	uint8_t all = 255;

	memcpy(to, from, (size_t)n * 4);
	for (uint32_t i = 0; i < n; i++)
		all &= to[(size_t)i * 4 + 3];
	return all == 255;
}

int render_picture_set(struct render_picture *picture, const uint8_t *rgba, uint32_t stride,
	const struct render_rect *rect, uint32_t n_rects)
{
	const struct render_rect whole = {0, 0, (int32_t)picture->width, (int32_t)picture->height};
	const size_t row = (size_t)picture->width * 4;

	if (stride < row)
		return -EINVAL;
	if (n_rects == 0) {
		rect = &whole;
		n_rects = 1;
	}
	for (uint32_t i = 0; i < n_rects; i++) {
		const struct render_rect part = rect_and(rect[i], whole);
		int opaque = 1;

		if (part.w <= 0 || part.h <= 0)
			continue;
		for (int32_t y = part.y; y < part.y + part.h; y++)
			opaque &= copy_row(picture->texels.host + (size_t)y * row + (size_t)part.x * 4,
				rgba + (size_t)y * stride + (size_t)part.x * 4, (uint32_t)part.w);
		render_block_touch(&picture->texels, (size_t)part.y * row, (size_t)(part.y + part.h) * row);
		/* A part may take opacity away; only the whole gives it. */
		if (part.w == whole.w && part.h == whole.h)
			picture->is_opaque = (uint8_t)opaque;
		else
			picture->is_opaque &= (uint8_t)opaque;
	}
	return 0;
}

int render_picture_realize(struct render_picture *picture)
{
	struct device *d = &picture->render->device;
	VkDescriptorBufferInfo buffer = {.range = VK_WHOLE_SIZE};
	VkWriteDescriptorSet write = {
		.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
		.descriptorCount = 1,
		.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
		.pBufferInfo = &buffer,
	};
	int r;

	if (picture->texels.buffer == VK_NULL_HANDLE) {
		r = render_block_realize(d, &picture->texels);
		if (r == 0)
			r = render_make_set(d, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, d->picture_layout,
				&picture->pool, &picture->set);
		if (r < 0) {
			render_picture_drop(picture);
			return r;
		}
		buffer.buffer = picture->texels.buffer;
		write.dstSet = picture->set;
		d->vk->UpdateDescriptorSets(d->device, 1, &write, 0, NULL);
	}
	render_block_flush(&picture->texels);
	return 0;
}

void render_picture_drop(struct render_picture *picture)
{
	struct device *d = &picture->render->device;

	if (picture->pool != VK_NULL_HANDLE) {
		d->vk->DestroyDescriptorPool(d->device, picture->pool, NULL);
		d->n_objects--;
	}
	picture->pool = VK_NULL_HANDLE;
	picture->set = VK_NULL_HANDLE;
	render_block_drop(d, &picture->texels);
}
