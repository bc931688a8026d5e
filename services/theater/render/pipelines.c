/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "shader_picture_frag.h"
#include "shader_shapes_frag.h"
#include "shader_shapes_vert.h"
#include "shader_tiles_comp.h"

#define N_SCENE_BINDINGS 5u

static VkResult make_set_layout(struct device *d, uint32_t n, VkDescriptorType type,
	VkShaderStageFlags stages, VkDescriptorSetLayout *ret)
{
	VkDescriptorSetLayoutBinding binding[N_SCENE_BINDINGS];
	const VkDescriptorSetLayoutCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
		.bindingCount = n,
		.pBindings = binding,
	};
	VkResult result;

	for (uint32_t i = 0; i < n; i++)
		binding[i] = (VkDescriptorSetLayoutBinding){
			.binding = i, .descriptorType = type, .descriptorCount = 1, .stageFlags = stages};
	result = VK(d->vk, CreateDescriptorSetLayout, d->device, &info, NULL, ret);
	if (result == VK_SUCCESS)
		d->n_objects++;
	else
		*ret = VK_NULL_HANDLE;
	return result;
}

static VkResult make_layout(struct device *d, uint32_t n_sets, VkShaderStageFlags stage, uint32_t push_size,
	VkPipelineLayout *ret)
{
	const VkDescriptorSetLayout sets[] = {d->scene_layout, d->picture_layout, d->canvas_layout};
	const VkPushConstantRange push = {.stageFlags = stage, .size = push_size};
	const VkPipelineLayoutCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
		.setLayoutCount = n_sets,
		.pSetLayouts = sets,
		.pushConstantRangeCount = 1,
		.pPushConstantRanges = &push,
	};
	const VkResult result = VK(d->vk, CreatePipelineLayout, d->device, &info, NULL, ret);

	if (result == VK_SUCCESS)
		d->n_objects++;
	else
		*ret = VK_NULL_HANDLE;
	return result;
}

static VkResult make_layouts(struct device *d)
{
	const VkShaderStageFlags all =
		VK_SHADER_STAGE_VERTEX_BIT | VK_SHADER_STAGE_FRAGMENT_BIT | VK_SHADER_STAGE_COMPUTE_BIT;
	VkResult result;

	result = make_set_layout(
		d, N_SCENE_BINDINGS, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, all, &d->scene_layout);
	if (result == VK_SUCCESS)
		result = make_set_layout(d, 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, all, &d->picture_layout);
	if (result == VK_SUCCESS)
		result = make_set_layout(d, 1, VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, VK_SHADER_STAGE_COMPUTE_BIT,
			&d->canvas_layout);
	if (result == VK_SUCCESS)
		result = make_layout(d, 2, VK_SHADER_STAGE_VERTEX_BIT, 2 * sizeof(float), &d->layout);
	if (result == VK_SUCCESS)
		result = make_layout(
			d, 3, VK_SHADER_STAGE_COMPUTE_BIT, 4 * sizeof(uint32_t), &d->compute_layout);
	return result;
}

/* The canvas keeps its layout GENERAL, so that copies, passes and compute follow each other with barriers
 * alone. */
static VkResult make_pass(struct device *d)
{
	const VkAttachmentDescription attachment = {
		.format = VK_FORMAT_R8G8B8A8_UNORM,
		.samples = VK_SAMPLE_COUNT_1_BIT,
		.loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
		.storeOp = VK_ATTACHMENT_STORE_OP_STORE,
		.stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
		.stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
		.initialLayout = VK_IMAGE_LAYOUT_GENERAL,
		.finalLayout = VK_IMAGE_LAYOUT_GENERAL,
	};
	const VkAttachmentReference color = {.attachment = 0, .layout = VK_IMAGE_LAYOUT_GENERAL};
	const VkSubpassDescription subpass = {.pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
		.colorAttachmentCount = 1,
		.pColorAttachments = &color};
	const VkRenderPassCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
		.attachmentCount = 1,
		.pAttachments = &attachment,
		.subpassCount = 1,
		.pSubpasses = &subpass,
	};
	const VkResult result = VK(d->vk, CreateRenderPass, d->device, &info, NULL, &d->pass);

	if (result == VK_SUCCESS)
		d->n_objects++;
	return result;
}

static VkResult make_module(struct device *d, const uint32_t *code, size_t size, VkShaderModule *ret)
{
	const VkShaderModuleCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = size, .pCode = code};
	const VkResult result = VK(d->vk, CreateShaderModule, d->device, &info, NULL, ret);

	if (result != VK_SUCCESS)
		*ret = VK_NULL_HANDLE;
	return result;
}

static VkResult make_raster(struct device *d, VkShaderModule vertex, VkShaderModule fragment, VkPipeline *ret)
{
	const VkPipelineShaderStageCreateInfo stages[] = {
		{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_VERTEX_BIT,
			.module = vertex,
			.pName = "main"},
		{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_FRAGMENT_BIT,
			.module = fragment,
			.pName = "main"},
	};
	const VkPipelineVertexInputStateCreateInfo input = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO};
	const VkPipelineInputAssemblyStateCreateInfo assembly = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
		.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST,
	};
	const VkPipelineViewportStateCreateInfo viewport = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO,
		.viewportCount = 1,
		.scissorCount = 1};
	const VkPipelineRasterizationStateCreateInfo raster = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1.0f};
	const VkPipelineMultisampleStateCreateInfo samples = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
		.rasterizationSamples = VK_SAMPLE_COUNT_1_BIT,
	};
	const VkPipelineColorBlendAttachmentState over = {
		.blendEnable = VK_TRUE,
		.srcColorBlendFactor = VK_BLEND_FACTOR_ONE,
		.dstColorBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
		.srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
		.dstAlphaBlendFactor = VK_BLEND_FACTOR_ONE_MINUS_SRC_ALPHA,
		.colorWriteMask = VK_COLOR_COMPONENT_R_BIT | VK_COLOR_COMPONENT_G_BIT |
				  VK_COLOR_COMPONENT_B_BIT | VK_COLOR_COMPONENT_A_BIT,
	};
	const VkPipelineColorBlendStateCreateInfo blend = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO,
		.attachmentCount = 1,
		.pAttachments = &over,
	};
	static const VkDynamicState dynamic_state[] = {VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR};
	const VkPipelineDynamicStateCreateInfo dynamic = {
		.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
		.dynamicStateCount = 2,
		.pDynamicStates = dynamic_state,
	};
	const VkGraphicsPipelineCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
		.stageCount = 2,
		.pStages = stages,
		.pVertexInputState = &input,
		.pInputAssemblyState = &assembly,
		.pViewportState = &viewport,
		.pRasterizationState = &raster,
		.pMultisampleState = &samples,
		.pColorBlendState = &blend,
		.pDynamicState = &dynamic,
		.layout = d->layout,
		.renderPass = d->pass,
	};
	const VkResult result = VK(d->vk, CreateGraphicsPipelines, d->device, d->cache, 1, &info, NULL, ret);

	if (result == VK_SUCCESS)
		d->n_objects++;
	else
		*ret = VK_NULL_HANDLE;
	return result;
}

static VkResult make_rasters(struct device *d)
{
	VkShaderModule vertex = VK_NULL_HANDLE, shapes = VK_NULL_HANDLE, picture = VK_NULL_HANDLE;
	VkResult result;

	result = make_module(d, shader_shapes_vert, sizeof(shader_shapes_vert), &vertex);
	if (result == VK_SUCCESS)
		result = make_module(d, shader_shapes_frag, sizeof(shader_shapes_frag), &shapes);
	if (result == VK_SUCCESS)
		result = make_module(d, shader_picture_frag, sizeof(shader_picture_frag), &picture);
	if (result == VK_SUCCESS)
		result = make_raster(d, vertex, shapes, &d->raster[PIPELINE_SHAPES]);
	if (result == VK_SUCCESS)
		result = make_raster(d, vertex, picture, &d->raster[PIPELINE_PICTURE]);
	d->vk->DestroyShaderModule(d->device, vertex, NULL);
	d->vk->DestroyShaderModule(d->device, shapes, NULL);
	d->vk->DestroyShaderModule(d->device, picture, NULL);
	return result;
}

static VkResult make_compute(struct device *d)
{
	VkComputePipelineCreateInfo info = {
		.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
		.stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
			.stage = VK_SHADER_STAGE_COMPUTE_BIT,
			.pName = "main"},
		.layout = d->compute_layout,
	};
	VkShaderModule module;
	VkResult result = make_module(d, shader_tiles_comp, sizeof(shader_tiles_comp), &module);

	if (result == VK_SUCCESS) {
		info.stage.module = module;
		result = VK(d->vk, CreateComputePipelines, d->device, d->cache, 1, &info, NULL, &d->compute);
		if (result == VK_SUCCESS)
			d->n_objects++;
		else
			d->compute = VK_NULL_HANDLE;
	}
	d->vk->DestroyShaderModule(d->device, module, NULL);
	return result;
}

static VkResult make_cache(struct device *d, const char *dir)
{
	VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
	void *data = NULL;
	VkResult result;

	if (dir != NULL && (d->features & DEVICE_PIPELINE_CACHE)) {
		const int r = render_cache_read(dir, d, &data, &info.initialDataSize);

		if (r < 0 && r != -ENOENT)
			render_host_log(d->host, LOG_NOTICE,
				"the pipeline cache in %s is not of use: made anew", dir);
		info.pInitialData = data;
	}
	result = VK(d->vk, CreatePipelineCache, d->device, &info, NULL, &d->cache);
	free(data);
	if (result == VK_SUCCESS)
		d->n_objects++;
	else
		d->cache = VK_NULL_HANDLE;
	return result;
}

/* What cannot be saved is made again next time: no reason to stop. */
static void save_cache(struct device *d, const char *dir)
{
	size_t size = 0;
	void *data;
	int r;

	if (dir == NULL || !(d->features & DEVICE_PIPELINE_CACHE) ||
		VK(d->vk, GetPipelineCacheData, d->device, d->cache, &size, NULL) != VK_SUCCESS || size == 0)
		return;
	data = malloc(size);
	if (data != NULL && VK(d->vk, GetPipelineCacheData, d->device, d->cache, &size, data) == VK_SUCCESS) {
		r = render_cache_write(dir, d, data, size);
		if (r < 0)
			render_host_log(d->host, LOG_NOTICE, "the pipeline cache is not kept in %s: error %d",
				dir, -r);
	}
	free(data);
}

int render_pipelines_create(struct device *d, const char *cache_dir)
{
	VkResult result = make_layouts(d);

	if (result == VK_SUCCESS)
		result = make_pass(d);
	if (result == VK_SUCCESS)
		result = make_cache(d, cache_dir);
	if (result == VK_SUCCESS)
		result = make_rasters(d);
	if (result == VK_SUCCESS && (d->features & DEVICE_COMPUTE))
		result = make_compute(d);
	if (result != VK_SUCCESS)
		return render_device_error(result);
	save_cache(d, cache_dir);
	return 0;
}

void render_pipelines_destroy(struct device *d)
{
	const struct vk *vk = d->vk;

	vk->DestroyPipeline(d->device, d->compute, NULL);
	for (int i = 0; i < N_RASTER_PIPELINES; i++)
		vk->DestroyPipeline(d->device, d->raster[i], NULL);
	vk->DestroyPipelineCache(d->device, d->cache, NULL);
	vk->DestroyRenderPass(d->device, d->pass, NULL);
	vk->DestroyPipelineLayout(d->device, d->layout, NULL);
	vk->DestroyPipelineLayout(d->device, d->compute_layout, NULL);
	vk->DestroyDescriptorSetLayout(d->device, d->scene_layout, NULL);
	vk->DestroyDescriptorSetLayout(d->device, d->picture_layout, NULL);
	vk->DestroyDescriptorSetLayout(d->device, d->canvas_layout, NULL);
}
