/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

static const char validation_layer[] = "VK_LAYER_KHRONOS_validation";

void render_host_log(struct host_vulkan *host, int level, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (host->log == NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	host->log(level, text, host->log_data);
}

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT type, const VkDebugUtilsMessengerCallbackDataEXT *message, void *data)
{
	struct host_vulkan *host = data;

	host->n_validation++;
	render_host_log(host,
		severity >= VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT ? LOG_ERR : LOG_WARNING,
		"Vulkan: %s: %s", message->pMessageIdName != NULL ? message->pMessageIdName : "",
		message->pMessage);
	return VK_FALSE;
}

static int has_validation(const struct vk *vk)
{
	VkLayerProperties layer[64];
	uint32_t n = 64;

	if (vk->EnumerateInstanceLayerProperties(&n, layer) < 0)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(layer[i].layerName, validation_layer) == 0)
			return 1;
	return 0;
}

int render_host_create(struct host_vulkan *host, int validate, char *error, size_t error_size)
{
	static const VkValidationFeatureEnableEXT enabled[] = {
		VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
	static const char *const layers[] = {validation_layer}, *const extensions[] = {
									VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
	const VkDebugUtilsMessengerCreateInfoEXT messages = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT |
				   VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
		.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
		.pfnUserCallback = on_message,
		.pUserData = host,
	};
	const VkValidationFeaturesEXT features = {
		.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT,
		.pNext = &messages,
		.enabledValidationFeatureCount = 1,
		.pEnabledValidationFeatures = enabled,
	};
	const VkApplicationInfo application = {
		.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
		.pApplicationName = "mos-theater",
		.apiVersion = VK_API_VERSION_1_1,
	};
	VkInstanceCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
		.pApplicationInfo = &application,
	};
	VkResult result;
	int r;

	r = render_vk_load(&host->vk, error, error_size);
	if (r < 0)
		return r;
	if (validate) {
		if (!has_validation(&host->vk)) {
			snprintf(error, error_size,
				"there are no validation layers: install vulkan-validationlayers");
			render_vk_unload(&host->vk);
			return -ENODEV;
		}
		info.pNext = &features;
		info.enabledLayerCount = 1;
		info.ppEnabledLayerNames = layers;
		info.enabledExtensionCount = 1;
		info.ppEnabledExtensionNames = extensions;
	}
	result = host->vk.CreateInstance(&info, NULL, &host->instance);
	if (result != VK_SUCCESS) {
		snprintf(error, error_size, "Vulkan has no driver (%d): install mesa-vulkan-drivers", result);
		render_vk_unload(&host->vk);
		return -ENODEV;
	}
	if (render_vk_load_instance(&host->vk, host->instance) < 0) {
		snprintf(error, error_size,
			"libvulkan.so.1 lacks calls of Vulkan 1.1: install a newer libvulkan1");
		if (host->vk.DestroyInstance != NULL)
			host->vk.DestroyInstance(host->instance, NULL);
		render_vk_unload(&host->vk);
		return -ENODEV;
	}
	if (validate && host->vk.CreateDebugUtilsMessengerEXT != NULL)
		host->vk.CreateDebugUtilsMessengerEXT(host->instance, &messages, NULL, &host->messenger);
	return 0;
}

void render_host_destroy(struct host_vulkan *host)
{
	if (host->instance == VK_NULL_HANDLE)
		return;
	if (host->messenger != VK_NULL_HANDLE)
		host->vk.DestroyDebugUtilsMessengerEXT(host->instance, host->messenger, NULL);
	host->vk.DestroyInstance(host->instance, NULL);
	host->instance = VK_NULL_HANDLE;
	render_vk_unload(&host->vk);
}
