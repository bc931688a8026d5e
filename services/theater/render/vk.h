/* SPDX-License-Identifier: MIT */
/** All of Vulkan that the renderer calls, through one table. Only files of render/ include this. */
#ifndef THEATER_RENDER_VK_H
#define THEATER_RENDER_VK_H

#include <stddef.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include "faults.h"

#define VK_GLOBAL_CALLS(X)                                                                                   \
	X(EnumerateInstanceVersion)                                                                          \
	X(EnumerateInstanceLayerProperties)                                                                  \
	X(EnumerateInstanceExtensionProperties)                                                              \
	X(CreateInstance)

#define VK_INSTANCE_CALLS(X)                                                                                 \
	X(DestroyInstance)                                                                                   \
	X(EnumeratePhysicalDevices)                                                                          \
	X(GetPhysicalDeviceProperties2)                                                                      \
	X(GetPhysicalDeviceQueueFamilyProperties)                                                            \
	X(GetPhysicalDeviceMemoryProperties)                                                                 \
	X(EnumerateDeviceExtensionProperties)                                                                \
	X(CreateDevice)                                                                                      \
	X(GetDeviceProcAddr)

#define VK_DEVICE_CALLS(X)                                                                                   \
	X(DestroyDevice)                                                                                     \
	X(GetDeviceQueue)                                                                                    \
	X(CreateBuffer)                                                                                      \
	X(DestroyBuffer)                                                                                     \
	X(GetBufferMemoryRequirements)                                                                       \
	X(CreateImage)                                                                                       \
	X(DestroyImage)                                                                                      \
	X(GetImageMemoryRequirements)                                                                        \
	X(CreateImageView)                                                                                   \
	X(DestroyImageView)                                                                                  \
	X(AllocateMemory)                                                                                    \
	X(FreeMemory)                                                                                        \
	X(BindBufferMemory)                                                                                  \
	X(BindImageMemory)                                                                                   \
	X(MapMemory)                                                                                         \
	X(CreateRenderPass)                                                                                  \
	X(DestroyRenderPass)                                                                                 \
	X(CreateFramebuffer)                                                                                 \
	X(DestroyFramebuffer)                                                                                \
	X(CreateShaderModule)                                                                                \
	X(DestroyShaderModule)                                                                               \
	X(CreatePipelineCache)                                                                               \
	X(DestroyPipelineCache)                                                                              \
	X(GetPipelineCacheData)                                                                              \
	X(CreatePipelineLayout)                                                                              \
	X(DestroyPipelineLayout)                                                                             \
	X(CreateGraphicsPipelines)                                                                           \
	X(CreateComputePipelines)                                                                            \
	X(DestroyPipeline)                                                                                   \
	X(CreateDescriptorSetLayout)                                                                         \
	X(DestroyDescriptorSetLayout)                                                                        \
	X(CreateDescriptorPool)                                                                              \
	X(DestroyDescriptorPool)                                                                             \
	X(AllocateDescriptorSets)                                                                            \
	X(UpdateDescriptorSets)                                                                              \
	X(CreateCommandPool)                                                                                 \
	X(DestroyCommandPool)                                                                                \
	X(AllocateCommandBuffers)                                                                            \
	X(ResetCommandPool)                                                                                  \
	X(BeginCommandBuffer)                                                                                \
	X(EndCommandBuffer)                                                                                  \
	X(CreateFence)                                                                                       \
	X(DestroyFence)                                                                                      \
	X(ResetFences)                                                                                       \
	X(WaitForFences)                                                                                     \
	X(QueueSubmit)                                                                                       \
	X(DeviceWaitIdle)                                                                                    \
	X(CmdPipelineBarrier)                                                                                \
	X(CmdBeginRenderPass)                                                                                \
	X(CmdEndRenderPass)                                                                                  \
	X(CmdBindPipeline)                                                                                   \
	X(CmdBindDescriptorSets)                                                                             \
	X(CmdSetViewport)                                                                                    \
	X(CmdSetScissor)                                                                                     \
	X(CmdPushConstants)                                                                                  \
	X(CmdDraw)                                                                                           \
	X(CmdDispatch)                                                                                       \
	X(CmdClearAttachments)                                                                               \
	X(CmdCopyBufferToImage)                                                                              \
	X(CmdCopyImageToBuffer)

struct vk {
	void *library;
	PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
	/* of extensions: may be NULL */
	PFN_vkCreateDebugUtilsMessengerEXT CreateDebugUtilsMessengerEXT;
	PFN_vkDestroyDebugUtilsMessengerEXT DestroyDebugUtilsMessengerEXT;
	PFN_vkGetMemoryHostPointerPropertiesEXT GetMemoryHostPointerPropertiesEXT;
#define VK_MEMBER(name) PFN_vk##name name;
	VK_GLOBAL_CALLS(VK_MEMBER)
	VK_INSTANCE_CALLS(VK_MEMBER)
	VK_DEVICE_CALLS(VK_MEMBER)
#undef VK_MEMBER
	struct render_faults *faults; /**< borrowed; NULL: none */
};

/** @return 0; -ENODEV: error says what to install. */
int render_vk_load(struct vk *vk, char *error, size_t error_size);
int render_vk_load_instance(struct vk *vk, VkInstance instance);
int render_vk_load_device(struct vk *vk, VkDevice device);
void render_vk_unload(struct vk *vk);
/** Whether this call is planned to fail; counts it. */
int render_vk_fails(const struct vk *vk, enum render_fault_call call);

/** Make a call that returns a VkResult. */
#define VK(vk, name, ...)                                                                                    \
	(render_vk_fails((vk), RENDER_FAULT_##name) ? (VkResult)(vk)->faults->result                         \
						    : (vk)->name(__VA_ARGS__))

#endif
