/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int render_block_init(struct block *b, size_t size, VkBufferUsageFlags usage, int is_readback)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *host;

	size = (size + page - 1) / page * page;
	host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host == MAP_FAILED)
		return -ENOMEM;
	*b = (struct block){.host = host,
		.size = size,
		.usage = usage,
		.is_readback = (uint8_t)(is_readback != 0),
		.low = size};
	return 0;
}

void render_block_finish(struct block *b)
{
	if (b->host != NULL)
		munmap(b->host, b->size);
	*b = (struct block){0};
}

/** Where a buffer is, best first: over our own memory; in the device's that we can write, of which cards have
 * little; in ours, read over the bus. */
enum place { PLACE_IMPORT, PLACE_DEVICE, PLACE_HOST, N_PLACES };

static int memory_type(struct device *d, const struct block *b, uint32_t bits, enum place place)
{
	const VkMemoryPropertyFlags host =
		VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
	VkMemoryHostPointerPropertiesEXT pointer = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};

	if (place != PLACE_IMPORT && b->is_readback)
		return render_device_memory_type(
			d, bits, host, d->features & DEVICE_CACHED ? VK_MEMORY_PROPERTY_HOST_CACHED_BIT : 0);
	if (place != PLACE_IMPORT)
		return render_device_memory_type(
			d, bits, host, place == PLACE_DEVICE ? VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT : 0);
	if (d->vk->GetMemoryHostPointerPropertiesEXT == NULL ||
		d->vk->GetMemoryHostPointerPropertiesEXT(d->device,
			VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT, b->host,
			&pointer) != VK_SUCCESS)
		return -1;
	return render_device_memory_type(d, bits & pointer.memoryTypeBits, host, 0);
}

static int realize(struct device *d, struct block *b, enum place place)
{
	const int is_import = place == PLACE_IMPORT;
	const VkExternalMemoryBufferCreateInfo external = {
		.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO,
		.handleTypes = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
	};
	const VkBufferCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
		.pNext = is_import ? &external : NULL,
		.size = b->size,
		.usage = b->usage,
	};
	const VkImportMemoryHostPointerInfoEXT import = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT,
		.pHostPointer = b->host,
	};
	VkMemoryAllocateInfo memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, .pNext = is_import ? &import : NULL};
	VkMemoryRequirements needs;
	VkResult result;
	int type;

	result = VK(d->vk, CreateBuffer, d->device, &info, NULL, &b->buffer);
	if (result != VK_SUCCESS) {
		b->buffer = VK_NULL_HANDLE;
		return render_device_error(result);
	}
	d->n_objects++;
	d->vk->GetBufferMemoryRequirements(d->device, b->buffer, &needs);
	if (is_import && needs.size > b->size)
		return -ENOTSUP;
	type = memory_type(d, b, needs.memoryTypeBits, place);
	if (type < 0)
		return is_import ? -ENOTSUP : -ENODEV;
	memory.allocationSize = is_import ? b->size : needs.size;
	memory.memoryTypeIndex = (uint32_t)type;
	result = VK(d->vk, AllocateMemory, d->device, &memory, NULL, &b->memory);
	if (result != VK_SUCCESS) {
		b->memory = VK_NULL_HANDLE;
		return is_import && result != VK_ERROR_DEVICE_LOST ? -ENOTSUP : render_device_error(result);
	}
	d->n_objects++;
	d->bytes += b->size;
	result = VK(d->vk, BindBufferMemory, d->device, b->buffer, b->memory, 0);
	if (result == VK_SUCCESS && !is_import) {
		void *map = NULL;

		result = VK(d->vk, MapMemory, d->device, b->memory, 0, VK_WHOLE_SIZE, 0, &map);
		b->map = map;
	}
	return render_device_error(result);
}

int render_block_realize(struct device *d, struct block *b)
{
	enum place place = d->features & DEVICE_HOST_IMPORT ? PLACE_IMPORT : PLACE_DEVICE;
	int r;

	if (b->buffer != VK_NULL_HANDLE)
		return 0;
	do {
		r = realize(d, b, place);
		if (r < 0)
			render_block_drop(d, b);
	} while ((r == -ENOTSUP || r == -ENOMEM) && ++place < N_PLACES);
	if (r < 0)
		return r;
	if (!b->is_readback)
		render_block_touch(b, 0, b->size);
	return 0;
}

void render_block_drop(struct device *d, struct block *b)
{
	if (b->memory != VK_NULL_HANDLE) {
		d->vk->FreeMemory(d->device, b->memory, NULL);
		d->n_objects--;
		d->bytes -= b->size;
	}
	if (b->buffer != VK_NULL_HANDLE) {
		d->vk->DestroyBuffer(d->device, b->buffer, NULL);
		d->n_objects--;
	}
	b->memory = VK_NULL_HANDLE;
	b->buffer = VK_NULL_HANDLE;
	b->map = NULL;
}

void render_block_flush(struct block *b)
{
	if (b->map != NULL && b->low < b->high)
		memcpy(b->map + b->low, b->host + b->low, b->high - b->low);
	b->low = b->size;
	b->high = 0;
}
