/* SPDX-License-Identifier: MIT */
#include "draft_list.h"

#define IN_PART(list, name)                                                                                  \
	[NVX_LIST_##list] = {offsetof(struct nvx_draft_part, name),                                          \
		offsetof(struct nvx_draft_part, n_##name), offsetof(struct nvx_draft_part, cap_##name),      \
		sizeof(struct nvx_##name)}

const struct draft_place draft_places[NVX_LIST_part + 1] = {
#define X(name, type)                                                                                        \
	[NVX_LIST_##name] = {offsetof(struct nvx_draft, name), offsetof(struct nvx_draft, n_##name),         \
		offsetof(struct nvx_draft, cap_##name), sizeof(type)},
	NVX_LISTS(X)
#undef X
		IN_PART(note, note),
	IN_PART(control, control),
	[NVX_LIST_part] = {offsetof(struct nvx_draft, part), offsetof(struct nvx_draft, n_part),
		offsetof(struct nvx_draft, cap_part), sizeof(struct nvx_draft_part)},
};
