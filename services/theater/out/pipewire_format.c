/* SPDX-License-Identifier: MIT */
/* What a node offers, understands and needs, as PipeWire's parameters. */
#include <errno.h>
#include <spa/buffer/meta.h>
#include <spa/param/buffers.h>
#include <spa/pod/builder.h>

#include "pipewire_priv.h"

/* OBS takes RGBA only: it comes first. */
static const struct {
	uint32_t spa;
	enum copy_format copy;
} formats[] = {
	{SPA_VIDEO_FORMAT_RGBA, COPY_RGBA},
	{SPA_VIDEO_FORMAT_BGRA, COPY_BGRA},
	{SPA_VIDEO_FORMAT_RGBx, COPY_RGBX},
	{SPA_VIDEO_FORMAT_BGRx, COPY_BGRX},
};

const struct spa_pod *node_offer(const struct node *node, struct spa_pod_builder *builder)
{
	const struct spa_rectangle size = SPA_RECTANGLE(node->width, node->height);
	const struct spa_fraction fps = SPA_FRACTION(node->fps, 1), none = SPA_FRACTION(0, 1);

	return spa_pod_builder_add_object(builder, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat,
		SPA_FORMAT_mediaType, SPA_POD_Id(SPA_MEDIA_TYPE_video), SPA_FORMAT_mediaSubtype,
		SPA_POD_Id(SPA_MEDIA_SUBTYPE_raw), SPA_FORMAT_VIDEO_format,
		SPA_POD_CHOICE_ENUM_Id(
			5, formats[0].spa, formats[0].spa, formats[1].spa, formats[2].spa, formats[3].spa),
		SPA_FORMAT_VIDEO_size, SPA_POD_Rectangle(&size), SPA_FORMAT_VIDEO_framerate,
		SPA_POD_CHOICE_RANGE_Fraction(&fps, &none, &fps));
}

int node_chosen(const struct node *node, const struct spa_pod *param, enum copy_format *ret)
{
	struct spa_video_info_raw info = {0};

	if (spa_format_video_raw_parse(param, &info) < 0 || info.size.width != node->width ||
		info.size.height != node->height)
		return -EINVAL;
	for (uint32_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].spa == info.format) {
			*ret = formats[i].copy;
			return 0;
		}
	}
	return -EINVAL;
}

void node_needs(const struct node *node, struct spa_pod_builder *builder, const struct spa_pod **params)
{
	const int region = sizeof(struct spa_meta_region);

	params[0] = spa_pod_builder_add_object(builder, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
		SPA_PARAM_BUFFERS_buffers, SPA_POD_CHOICE_RANGE_Int(4, 3, (int)NODE_MAX_BUFFERS),
		SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1), SPA_PARAM_BUFFERS_size,
		SPA_POD_Int((int)(node->stride * node->height)), SPA_PARAM_BUFFERS_stride,
		SPA_POD_Int((int)node->stride), SPA_PARAM_BUFFERS_dataType,
		SPA_POD_CHOICE_FLAGS_Int(1 << SPA_DATA_MemFd));
	params[1] = spa_pod_builder_add_object(builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_Header), SPA_PARAM_META_size,
		SPA_POD_Int((int)sizeof(struct spa_meta_header)));
	params[2] = spa_pod_builder_add_object(builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
		SPA_PARAM_META_type, SPA_POD_Id(SPA_META_VideoDamage), SPA_PARAM_META_size,
		SPA_POD_CHOICE_RANGE_Int(region * (int)DAMAGE_MAX, region, region * (int)DAMAGE_MAX));
}
