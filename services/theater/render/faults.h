/* SPDX-License-Identifier: MIT */
/**
 * Calls that fail on demand: each Vulkan call that may report a loss counts itself here, and the n-th of a
 * kind gives a chosen result instead of being made. Lost devices are rare and lavapipe never loses one: tests
 * plan the loss.
 */
#ifndef THEATER_RENDER_FAULTS_H
#define THEATER_RENDER_FAULTS_H

#include <stdint.h>

/** Device calls with a VkResult, and the barrier, which then is left out. */
#define RENDER_FAULT_CALLS(X)                                                                                \
	X(CreateDevice)                                                                                      \
	X(CreateBuffer)                                                                                      \
	X(CreateImage)                                                                                       \
	X(CreateImageView)                                                                                   \
	X(AllocateMemory)                                                                                    \
	X(BindBufferMemory)                                                                                  \
	X(BindImageMemory)                                                                                   \
	X(MapMemory)                                                                                         \
	X(CreateRenderPass)                                                                                  \
	X(CreateFramebuffer)                                                                                 \
	X(CreateShaderModule)                                                                                \
	X(CreatePipelineCache)                                                                               \
	X(GetPipelineCacheData)                                                                              \
	X(CreatePipelineLayout)                                                                              \
	X(CreateGraphicsPipelines)                                                                           \
	X(CreateComputePipelines)                                                                            \
	X(CreateDescriptorSetLayout)                                                                         \
	X(CreateDescriptorPool)                                                                              \
	X(AllocateDescriptorSets)                                                                            \
	X(CreateCommandPool)                                                                                 \
	X(AllocateCommandBuffers)                                                                            \
	X(ResetCommandPool)                                                                                  \
	X(BeginCommandBuffer)                                                                                \
	X(EndCommandBuffer)                                                                                  \
	X(CreateFence)                                                                                       \
	X(ResetFences)                                                                                       \
	X(WaitForFences)                                                                                     \
	X(QueueSubmit)                                                                                       \
	X(DeviceWaitIdle)                                                                                    \
	X(CmdPipelineBarrier)

enum render_fault_call {
#define RENDER_FAULT_ENUM(name) RENDER_FAULT_##name,
	RENDER_FAULT_CALLS(RENDER_FAULT_ENUM)
#undef RENDER_FAULT_ENUM
		RENDER_N_FAULT_CALLS
};

/** Given by the caller (render_options.faults), who reads and writes it between calls. */
struct render_faults {
	uint32_t n_calls[RENDER_N_FAULT_CALLS]; /**< made so far */
	enum render_fault_call call;
	uint32_t at;    /**< the call with this number, from 1, fails; 0: none does */
	int32_t result; /**< a VkResult */
};

#endif
