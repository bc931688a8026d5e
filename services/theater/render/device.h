/* SPDX-License-Identifier: MIT */
/** What dies with a device, and how it is made. Nothing else stores a handle but blocks and canvases, which
 * the device lists. */
#ifndef THEATER_RENDER_DEVICE_H
#define THEATER_RENDER_DEVICE_H

#include <stdint.h>
#include <sys/queue.h>

#include "render.h"
#include "vk.h"

/** Features that can be done without; each has a fall-back that gives the same picture. MOS_RENDER_WITHOUT
 * names those to do without, with commas between: "host-import,cached,compute,pipeline-cache,copies". */
enum device_feature {
	DEVICE_HOST_IMPORT = 1u << 0,    /**< buffers over our own memory; else copies */
	DEVICE_CACHED = 1u << 1,         /**< host-cached memory to read back; else what there is */
	DEVICE_COMPUTE = 1u << 2,        /**< the compute back end; else raster */
	DEVICE_PIPELINE_CACHE = 1u << 3, /**< on disk */
	DEVICE_COPIES = 1u << 4, /**< opaque pictures are copied, large opaque boxes filled, not drawn */
};

enum device_pipeline { PIPELINE_SHAPES = 0, PIPELINE_PICTURE, N_RASTER_PIPELINES };

/** The instance: lives as long as the renderer. */
struct host_vulkan {
	struct vk vk;
	VkInstance instance;
	VkDebugUtilsMessengerEXT messenger;
	uint32_t n_validation;
	void (*log)(int level, const char *text, void *data);
	void *log_data;
};

struct device {
	struct host_vulkan *host;
	struct vk *vk;
	VkPhysicalDevice physical;
	VkPhysicalDeviceProperties properties;
	VkPhysicalDeviceMemoryProperties memory;
	uint8_t uuid[VK_UUID_SIZE];
	char driver[VK_MAX_DRIVER_NAME_SIZE];
	uint32_t features; /**< enum device_feature */
	size_t import_align;
	uint32_t family;
	VkDevice device;
	VkQueue queue;
	VkCommandPool pool;
	VkCommandBuffer commands;
	VkFence fence;
	VkRenderPass pass;
	VkDescriptorSetLayout scene_layout, picture_layout, canvas_layout;
	VkPipelineLayout layout, compute_layout;
	VkPipelineCache cache;
	VkPipeline raster[N_RASTER_PIPELINES];
	VkPipeline compute; /**< VK_NULL_HANDLE: raster only */
	VkDescriptorPool scene_pool, blank_pool;
	VkDescriptorSet scene_set;
	VkDescriptorSet blank_set; /**< where a picture would be */
	uint32_t n_objects;
	uint64_t bytes;
};

/** Pixels cost the same processor that makes everything else. */
static inline int device_is_cpu(const struct device *d)
{
	return d->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

/** Memory of ours and the device's buffer over it, or beside it. Outlives devices. */
struct block {
	uint8_t *host; /**< pages, zero at first */
	size_t size;
	VkBufferUsageFlags usage;
	uint8_t is_readback; /**< the device writes */
	VkBuffer buffer;
	VkDeviceMemory memory;
	uint8_t *map;     /**< NULL: the buffer is over `host` itself */
	size_t low, high; /**< bytes that the device lacks */
};

/* host.c */
int render_host_create(struct host_vulkan *host, int validate, char *error, size_t error_size);
void render_host_destroy(struct host_vulkan *host);
__attribute__((format(printf, 3, 4))) void render_host_log(
	struct host_vulkan *host, int level, const char *format, ...);

/* device.c */
/** @param wanted  part of a name, "cpu" or NULL. @param uuid  this one alone; NULL: the best. @param not_uuid
 * not this one; NULL: any. */
int render_device_create(struct host_vulkan *host, const char *wanted, const uint8_t *uuid,
	const uint8_t *not_uuid, struct device *ret, char *error, size_t error_size);
void render_device_destroy(struct device *d);
/** Memory type with all of `must` and, if there is one, all of `may`. @return -1: none. */
int render_device_memory_type(
	const struct device *d, uint32_t bits, VkMemoryPropertyFlags must, VkMemoryPropertyFlags may);
int render_device_image_create(struct device *d, uint32_t width, uint32_t height, VkImage *ret,
	VkDeviceMemory *ret_memory, uint64_t *ret_bytes);
/** Turn a result into -ENOMEM (host or device memory), -ETIMEDOUT, or -ENODEV. */
int render_device_error(VkResult result);

/* block.c */
int render_block_init(struct block *b, size_t size, VkBufferUsageFlags usage, int is_readback);
void render_block_finish(struct block *b);
/** Make the buffer if there is none yet. */
int render_block_realize(struct device *d, struct block *b);
/** The device goes: give the buffer back. */
void render_block_drop(struct device *d, struct block *b);
static inline void render_block_touch(struct block *b, size_t low, size_t high)
{
	if (low < b->low)
		b->low = low;
	if (high > b->high)
		b->high = high;
}
/** Bring what was touched to the device. */
void render_block_flush(struct block *b);

/* pipelines.c */
int render_pipelines_create(struct device *d, const char *cache_dir);
void render_pipelines_destroy(struct device *d);

/* cache.c: a pipeline cache on disk. `ret_data` is the caller's to free. */
int render_cache_read(const char *dir, const struct device *d, void **ret_data, size_t *ret_size);
int render_cache_write(const char *dir, const struct device *d, const void *data, size_t size);

#endif
