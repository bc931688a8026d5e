/* SPDX-License-Identifier: MIT */
#include "vk.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>

int render_vk_load(struct vk *vk, char *error, size_t error_size)
{
	vk->library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
	if (vk->library == NULL) {
		snprintf(error, error_size,
			"libvulkan.so.1 is not there: install libvulkan1, and a driver "
			"(mesa-vulkan-drivers)");
		return -ENODEV;
	}
	vk->GetInstanceProcAddr = (PFN_vkGetInstanceProcAddr)dlsym(vk->library, "vkGetInstanceProcAddr");
	if (vk->GetInstanceProcAddr == NULL) {
		snprintf(error, error_size,
			"libvulkan.so.1 has no vkGetInstanceProcAddr: install libvulkan1 anew");
		return -ENODEV;
	}
#define LOAD(name) vk->name = (PFN_vk##name)vk->GetInstanceProcAddr(NULL, "vk" #name);
	VK_GLOBAL_CALLS(LOAD)
#undef LOAD
	if (vk->EnumerateInstanceVersion == NULL || vk->CreateInstance == NULL ||
		vk->EnumerateInstanceLayerProperties == NULL ||
		vk->EnumerateInstanceExtensionProperties == NULL) {
		snprintf(error, error_size,
			"libvulkan.so.1 is older than Vulkan 1.1: install a newer libvulkan1");
		return -ENODEV;
	}
	return 0;
}

int render_vk_load_instance(struct vk *vk, VkInstance instance)
{
	int whole = 1;
#define LOAD(name)                                                                                           \
	vk->name = (PFN_vk##name)vk->GetInstanceProcAddr(instance, "vk" #name);                              \
	whole &= vk->name != NULL;
	VK_INSTANCE_CALLS(LOAD)
#undef LOAD
	vk->CreateDebugUtilsMessengerEXT = (PFN_vkCreateDebugUtilsMessengerEXT)vk->GetInstanceProcAddr(
		instance, "vkCreateDebugUtilsMessengerEXT");
	vk->DestroyDebugUtilsMessengerEXT = (PFN_vkDestroyDebugUtilsMessengerEXT)vk->GetInstanceProcAddr(
		instance, "vkDestroyDebugUtilsMessengerEXT");
	return whole ? 0 : -ENODEV;
}

int render_vk_load_device(struct vk *vk, VkDevice device)
{
	int whole = 1;
#define LOAD(name)                                                                                           \
	vk->name = (PFN_vk##name)vk->GetDeviceProcAddr(device, "vk" #name);                                  \
	whole &= vk->name != NULL;
	VK_DEVICE_CALLS(LOAD)
#undef LOAD
	vk->GetMemoryHostPointerPropertiesEXT =
		(PFN_vkGetMemoryHostPointerPropertiesEXT)vk->GetDeviceProcAddr(
			device, "vkGetMemoryHostPointerPropertiesEXT");
	return whole ? 0 : -ENODEV;
}

void render_vk_unload(struct vk *vk)
{
	if (vk->library != NULL)
		dlclose(vk->library);
	*vk = (struct vk){0};
}

int render_vk_fails(const struct vk *vk, enum render_fault_call call)
{
	struct render_faults *f = vk->faults;

	if (f == NULL)
		return 0;
	return ++f->n_calls[call] == f->at && f->call == call;
}
