/* SPDX-License-Identifier: MIT */
#include "draft_list.h"

struct draft_list draft_list(struct nvx_draft *draft, unsigned list, uint32_t part)
{
	struct nvx_draft_part *of = part < draft->n_part ? &draft->part[part] : &draft->nowhere.part;
	switch (list) {
#define X(name, type)                                                                                        \
	case NVX_LIST_##name:                                                                                \
		return (struct draft_list){                                                                  \
			(void **)(void *)&draft->name, &draft->n_##name, &draft->cap_##name, sizeof(type)};
		NVX_LISTS(X)
#undef X
	case NVX_LIST_note:
		return (struct draft_list){
			(void **)(void *)&of->note, &of->n_note, &of->cap_note, sizeof(*of->note)};
	case NVX_LIST_control:
		return (struct draft_list){(void **)(void *)&of->control, &of->n_control, &of->cap_control,
			sizeof(*of->control)};
	default:
		return (struct draft_list){(void **)(void *)&draft->part, &draft->n_part, &draft->cap_part,
			sizeof(*draft->part)};
	}
}
