/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_PHYSICAL 16u
#define MAX_FAMILIES 16u

int render_device_error(VkResult result)
{
	if (result >= 0)
		return result == VK_TIMEOUT ? -ETIMEDOUT : 0;
	return result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY ? -ENOMEM
												: -ENODEV;
}

int render_device_memory_type(
	const struct device *d, uint32_t bits, VkMemoryPropertyFlags must, VkMemoryPropertyFlags may)
{
	for (int with = 1; with >= 0; with--) {
		const VkMemoryPropertyFlags want = with ? must | may : must;

		for (uint32_t i = 0; i < d->memory.memoryTypeCount; i++)
			if ((bits & 1u << i) && (d->memory.memoryTypes[i].propertyFlags & want) == want)
				return (int)i;
	}
	return -1;
}

static uint32_t masked_features(void)
{
	static const struct {
		const char *name;
		uint32_t feature;
	} names[] = {
		{"host-import", DEVICE_HOST_IMPORT},
		{"cached", DEVICE_CACHED},
		{"compute", DEVICE_COMPUTE},
		{"pipeline-cache", DEVICE_PIPELINE_CACHE},
		{"copies", DEVICE_COPIES},
	};
	const char *text = getenv("MOS_RENDER_WITHOUT");
	uint32_t mask = 0;

	while (text != NULL && *text != '\0') {
		const size_t n = strcspn(text, ",");

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strlen(names[i].name) == n && strncmp(names[i].name, text, n) == 0)
				mask |= names[i].feature;
		text += n;
		text += *text == ',';
	}
	return mask;
}

static int has_extension(const struct device *d, const char *name)
{
	VkExtensionProperties *list;
	uint32_t n = 0;
	int has = 0;

	if (d->vk->EnumerateDeviceExtensionProperties(d->physical, NULL, &n, NULL) < 0 || n == 0)
		return 0;
	list = calloc(n, sizeof(*list));
	if (list == NULL)
		return 0;
	if (d->vk->EnumerateDeviceExtensionProperties(d->physical, NULL, &n, list) >= 0)
		for (uint32_t i = 0; i < n && !has; i++)
			has = strcmp(list[i].extensionName, name) == 0;
	free(list);
	return has;
}

static int find_family(const struct device *d)
{
	const VkQueueFlags want = VK_QUEUE_GRAPHICS_BIT | VK_QUEUE_COMPUTE_BIT;
	VkQueueFamilyProperties family[MAX_FAMILIES];
	uint32_t n = MAX_FAMILIES;

	d->vk->GetPhysicalDeviceQueueFamilyProperties(d->physical, &n, family);
	for (uint32_t i = 0; i < n; i++)
		if ((family[i].queueFlags & want) == want)
			return (int)i;
	return -1;
}

/* Higher is better; 0: of no use. */
static int rank(const struct device *d, const char *wanted, const uint8_t *uuid, const uint8_t *not_uuid)
{
	const VkPhysicalDeviceType type = d->properties.deviceType;

	if (d->properties.apiVersion < VK_API_VERSION_1_1 || find_family(d) < 0)
		return 0;
	if (uuid != NULL)
		return memcmp(uuid, d->uuid, VK_UUID_SIZE) == 0;
	if (not_uuid != NULL && memcmp(not_uuid, d->uuid, VK_UUID_SIZE) == 0)
		return 0;
	if (wanted != NULL && strcmp(wanted, "cpu") == 0)
		return type == VK_PHYSICAL_DEVICE_TYPE_CPU ? 50 : 0;
	if (wanted != NULL)
		return strcasestr(d->properties.deviceName, wanted) != NULL ? 50 : 0;
	switch (type) {
	case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
		return 5;
	case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
		return 4;
	case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
		return 3;
	case VK_PHYSICAL_DEVICE_TYPE_CPU:
		return 2;
	default:
		return 1;
	}
}

static void describe(struct device *d, VkPhysicalDevice physical)
{
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT import = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT};
	VkPhysicalDeviceDriverProperties driver = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
	VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
	VkPhysicalDeviceProperties2 all = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};

	d->physical = physical;
	if (has_extension(d, VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME)) {
		import.pNext = all.pNext;
		all.pNext = &import;
	}
	if (has_extension(d, VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME)) {
		driver.pNext = all.pNext;
		all.pNext = &driver;
	}
	d->vk->GetPhysicalDeviceProperties2(physical, &all);
	d->vk->GetPhysicalDeviceMemoryProperties(physical, &d->memory);
	d->properties = all.properties;
	memcpy(d->uuid, id.deviceUUID, VK_UUID_SIZE);
	snprintf(d->driver, sizeof(d->driver), "%s", driver.driverName);
	d->features = DEVICE_CACHED | DEVICE_COMPUTE | DEVICE_PIPELINE_CACHE | DEVICE_COPIES;
	d->import_align = (size_t)import.minImportedHostPointerAlignment;
	/* Only where memory is the CPU's: a GPU would read and write over the bus. */
	if (d->import_align > 0 && d->import_align <= (size_t)sysconf(_SC_PAGESIZE) &&
		d->properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU)
		d->features |= DEVICE_HOST_IMPORT;
	d->features &= ~masked_features();
}

static int choose(struct device *d, const char *wanted, const uint8_t *uuid, const uint8_t *not_uuid,
	char *error, size_t error_size)
{
	VkPhysicalDevice list[MAX_PHYSICAL];
	uint32_t n = MAX_PHYSICAL, best_i = 0;
	int best = 0;

	if (d->vk->EnumeratePhysicalDevices(d->host->instance, &n, list) < 0 || n == 0) {
		snprintf(error, error_size, "Vulkan has no device: install mesa-vulkan-drivers");
		return -ENODEV;
	}
	for (uint32_t i = 0; i < n; i++) {
		int score;

		describe(d, list[i]);
		score = rank(d, wanted, uuid, not_uuid);
		if (score > best) {
			best = score;
			best_i = i;
		}
	}
	if (best == 0) {
		snprintf(error, error_size,
			"none of %u Vulkan devices is called \"%s\" and draws with Vulkan 1.1", n,
			wanted == NULL ? "" : wanted);
		return -ENODEV;
	}
	describe(d, list[best_i]);
	d->family = (uint32_t)find_family(d);
	return 0;
}

static VkResult make_device(struct device *d)
{
	static const float priority = 1.0f;
	static const char *const import[] = {VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME};
	const VkDeviceQueueCreateInfo queue = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
		.queueFamilyIndex = d->family,
		.queueCount = 1,
		.pQueuePriorities = &priority,
	};
	const VkDeviceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
		.queueCreateInfoCount = 1,
		.pQueueCreateInfos = &queue,
		.enabledExtensionCount = d->features & DEVICE_HOST_IMPORT ? 1 : 0,
		.ppEnabledExtensionNames = import,
	};
	const VkResult result = VK(d->vk, CreateDevice, d->physical, &info, NULL, &d->device);

	if (result != VK_SUCCESS)
		return result;
	d->n_objects++;
	if (render_vk_load_device(d->vk, d->device) < 0)
		return VK_ERROR_INCOMPATIBLE_DRIVER;
	d->vk->GetDeviceQueue(d->device, d->family, 0, &d->queue);
	return VK_SUCCESS;
}

static VkResult make_commands(struct device *d)
{
	const VkCommandPoolCreateInfo pool = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
		.flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
		.queueFamilyIndex = d->family,
	};
	VkCommandBufferAllocateInfo buffers = {
		.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
		.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
		.commandBufferCount = 1,
	};
	const VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
	VkResult result = VK(d->vk, CreateCommandPool, d->device, &pool, NULL, &d->pool);

	if (result != VK_SUCCESS)
		return result;
	d->n_objects++;
	buffers.commandPool = d->pool;
	result = VK(d->vk, AllocateCommandBuffers, d->device, &buffers, &d->commands);
	if (result != VK_SUCCESS)
		return result;
	result = VK(d->vk, CreateFence, d->device, &fence, NULL, &d->fence);
	if (result == VK_SUCCESS)
		d->n_objects++;
	return result;
}

int render_device_create(struct host_vulkan *host, const char *wanted, const uint8_t *uuid,
	const uint8_t *not_uuid, struct device *ret, char *error, size_t error_size)
{
	struct device d = {.host = host, .vk = &host->vk};
	VkResult result;
	int r = choose(&d, wanted, uuid, not_uuid, error, error_size);

	if (r < 0)
		return r;
	result = make_device(&d);
	if (result == VK_SUCCESS)
		result = make_commands(&d);
	if (result != VK_SUCCESS) {
		snprintf(error, error_size, "the Vulkan device %s does not start: %d",
			d.properties.deviceName, result);
		render_device_destroy(&d);
		return render_device_error(result);
	}
	*ret = d;
	return 0;
}

void render_device_destroy(struct device *d)
{
	if (d->device == VK_NULL_HANDLE || d->vk->DestroyDevice == NULL)
		return;
	if (d->fence != VK_NULL_HANDLE)
		d->vk->DestroyFence(d->device, d->fence, NULL);
	if (d->pool != VK_NULL_HANDLE)
		d->vk->DestroyCommandPool(d->device, d->pool, NULL);
	d->vk->DestroyDevice(d->device, NULL);
	*d = (struct device){.host = d->host, .vk = d->vk};
}

int render_device_image_create(struct device *d, uint32_t width, uint32_t height, VkImage *ret,
	VkDeviceMemory *ret_memory, uint64_t *ret_bytes)
{
	const VkImageCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
		.imageType = VK_IMAGE_TYPE_2D,
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.extent = {width, height, 1},
		.mipLevels = 1,
		.arrayLayers = 1,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.tiling = VK_IMAGE_TILING_OPTIMAL,
		.usage = VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
			 VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_STORAGE_BIT,
		.initialLayout = VK_IMAGE_LAYOUT_UNDEFINED,
	};
	VkMemoryAllocateInfo memory = {.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO};
	VkMemoryRequirements needs;
	VkResult result;
	int type;

	result = VK(d->vk, CreateImage, d->device, &info, NULL, ret);
	if (result != VK_SUCCESS) {
		*ret = VK_NULL_HANDLE;
		return render_device_error(result);
	}
	d->n_objects++;
	d->vk->GetImageMemoryRequirements(d->device, *ret, &needs);
	type = render_device_memory_type(d, needs.memoryTypeBits, 0, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT);
	if (type < 0)
		return -ENODEV;
	memory.allocationSize = needs.size;
	memory.memoryTypeIndex = (uint32_t)type;
	result = VK(d->vk, AllocateMemory, d->device, &memory, NULL, ret_memory);
	if (result != VK_SUCCESS) {
		*ret_memory = VK_NULL_HANDLE;
		return render_device_error(result);
	}
	d->n_objects++;
	*ret_bytes = needs.size;
	d->bytes += needs.size;
	return render_device_error(VK(d->vk, BindImageMemory, d->device, *ret, *ret_memory, 0));
}
