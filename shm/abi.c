/* SPDX-License-Identifier: MIT */
/* Only asserts: the layouts that other programs, compilers and languages rely on (style 2.9). */
#include "abi.h"

#include <stddef.h>

#include <mos/rtctl.h>

#define S(type, size) static_assert(sizeof(struct type) == (size), "struct " #type " is ABI");
SHM_ABI_STRUCTS(S)
#undef S

#define F(type, field, offset, size)                                                                         \
	static_assert(offsetof(struct type, field) == (offset), #type "." #field " is ABI");                 \
	static_assert(sizeof(((struct type *)0)->field) == (size), #type "." #field " is ABI");
SHM_ABI_FIELDS(F)
#undef F

static_assert(sizeof(struct mos_event_ring_hdr) == MOS_EVENT_RING_SLOTS_OFF, "slots follow the header");
static_assert(sizeof(struct mos_ingress_hdr) == MOS_INGRESS_SLOTS_OFF, "slots follow the header");
static_assert(offsetof(struct mos_clock_page, song) == MOS_CLOCK_PAGE_MIN, "pages of minor 0 are read");
static_assert(sizeof(struct mos_rtctl_msg) == 256, "control records have one size");
static_assert(MOS_PPQ == 960, "TIM-07, KRO-02: 960 ticks a quarter, not negotiable");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "shared records are little-endian");
