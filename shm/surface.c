/* SPDX-License-Identifier: MIT */
/* The theater's side of a surface: it owns the sizes, and believes nothing that the widget wrote. */
#include <mos/surface.h>

#include <errno.h>
#include <string.h>

#define PAGE 4096u
#define TRIES 4 /* a widget that publishes faster than this is looked at again with the next frame */

static_assert(sizeof(struct mos_surface_hdr) <= MOS_SURFACE_HDR_SIZE, "slots follow the header");

static uint32_t whole_pages(uint32_t bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

static uint32_t stride_of(uint32_t width)
{
	return (width * 4 + 63) / 64 * 64;
}

/* Bytes of a slot; 0: no such. */
static uint32_t slot_size_of(enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	if (kind == MOS_SURFACE_SHAPES)
		return whole_pages(MOS_SURFACE_SHAPES_MAX * (uint32_t)sizeof(struct mos_shape));
	if (kind != MOS_SURFACE_PIXELS || !width || !height || width > MOS_SURFACE_PIXELS_MAX ||
		height > MOS_SURFACE_PIXELS_MAX)
		return 0;
	return whole_pages(stride_of(width) * height);
}

size_t mos_surface_size(enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	uint32_t slot = slot_size_of(kind, width, height);

	return slot ? MOS_SURFACE_HDR_SIZE + (size_t)MOS_SURFACE_SLOTS * slot : 0;
}

int mos_surface_init(struct mos_surface *s, struct mos_region *region, enum mos_surface_kind kind,
	uint32_t width, uint32_t height)
{
	struct mos_surface_hdr *hdr = region->base;
	size_t size = mos_surface_size(kind, width, height);

	if (!size || !hdr || !region->writable || region->size != size)
		return -EINVAL;
	*s = (struct mos_surface){
		.hdr = hdr,
		.region = region,
		.kind = kind,
		.slot_size = slot_size_of(kind, width, height),
		.max_width = kind == MOS_SURFACE_PIXELS ? width : 0,
		.max_height = kind == MOS_SURFACE_PIXELS ? height : 0,
	};
	hdr->kind = (uint32_t)kind;
	hdr->slot_size = s->slot_size;
	hdr->max_width = s->max_width;
	hdr->max_height = s->max_height;
	__atomic_store_n(&hdr->reading, MOS_SURFACE_SLOTS, __ATOMIC_RELAXED);
	return 0;
}

void mos_surface_place(
	struct mos_surface *s, float width_pt, float height_pt, int shown, int64_t frame_time_ns)
{
	uint32_t half[2];

	memcpy(&half[0], &width_pt, sizeof(half[0]));
	memcpy(&half[1], &height_pt, sizeof(half[1]));
	__atomic_store_n(&s->hdr->place, half[0] | (uint64_t)half[1] << 32, __ATOMIC_RELAXED);
	__atomic_store_n(&s->hdr->frame_time_ns, frame_time_ns, __ATOMIC_RELAXED);
	/* Last, so that who sees that it is shown sees where. */
	__atomic_store_n(&s->hdr->shown, shown ? 1 : 0, __ATOMIC_RELEASE);
}

/* What changed, cut to the picture; an empty one is left out. More than there may be: everything changed. */
static void take_rects(const struct mos_surface_slot *slot, struct mos_surface_frame *ret)
{
	ret->n_rects = 0;
	if (slot->n_rects > MOS_SURFACE_RECTS)
		return;
	for (uint32_t i = 0; i < slot->n_rects; i++) {
		struct mos_surface_rect r = slot->rect[i];

		if (r.x >= ret->width || r.y >= ret->height)
			continue;
		if (r.w > ret->width - r.x)
			r.w = (uint16_t)(ret->width - r.x);
		if (r.h > ret->height - r.y)
			r.h = (uint16_t)(ret->height - r.y);
		if (r.w && r.h)
			ret->rect[ret->n_rects++] = r;
	}
}

/* @return whether the copied description fits the slot. */
static int describe(const struct mos_surface *s, uint32_t index, const struct mos_surface_slot *slot,
	struct mos_surface_frame *ret)
{
	const char *content = (const char *)s->hdr + MOS_SURFACE_HDR_SIZE + (size_t)index * s->slot_size;

	*ret = (struct mos_surface_frame){.sequence = slot->sequence, .time_ns = slot->time_ns};
	if (s->kind == MOS_SURFACE_SHAPES) {
		ret->shape = (const struct mos_shape *)content;
		ret->n = slot->n;
		return slot->n <= MOS_SURFACE_SHAPES_MAX;
	}
	if (!slot->width || !slot->height || slot->width > s->max_width || slot->height > s->max_height ||
		slot->stride % 64 || slot->stride / 4 < slot->width ||
		(uint64_t)slot->stride * slot->height > s->slot_size)
		return 0;
	ret->pixels = (const uint8_t *)content;
	ret->width = slot->width;
	ret->height = slot->height;
	ret->stride = slot->stride;
	take_rects(slot, ret);
	return 1;
}

/*
 * Say which slot is read, then look whether it is still the newest: either the widget sees what we say before
 * it takes the slot, or we see that it published another (both orders are total, so one of the two holds).
 * @return the slot, MOS_SURFACE_SLOTS and more: no such; -1 later.
 */
static int hold_latest(struct mos_surface *s)
{
	uint32_t latest = __atomic_load_n(&s->hdr->latest, __ATOMIC_ACQUIRE);

	if (latest == s->seen)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		uint32_t again;

		__atomic_store_n(&s->hdr->reading, latest & 3u, __ATOMIC_SEQ_CST);
		again = __atomic_load_n(&s->hdr->latest, __ATOMIC_SEQ_CST);
		if (again == latest) {
			s->seen = latest;
			return (int)(latest & 3u);
		}
		latest = again;
	}
	mos_surface_release(s);
	return -1;
}

int mos_surface_take(struct mos_surface *s, struct mos_surface_frame *ret)
{
	struct mos_surface_slot slot;
	int index = hold_latest(s);

	if (index < 0)
		return 0;
	if (index < (int)MOS_SURFACE_SLOTS) {
		struct mos_surface_answer answer = s->hdr->answer[index];

		memcpy(&slot, &s->hdr->slot[index], sizeof(slot));
		__asm__ volatile("" : : : "memory"); /* the copy is checked, and not read again */
		if (describe(s, (uint32_t)index, &slot, ret)) {
			ret->answer = answer;
			__atomic_store_n(&s->hdr->taken, s->seen >> 2, __ATOMIC_RELAXED);
			return 1;
		}
	}
	mos_surface_release(s);
	return -EBADMSG;
}

void mos_surface_release(struct mos_surface *s)
{
	__atomic_store_n(&s->hdr->reading, MOS_SURFACE_SLOTS, __ATOMIC_SEQ_CST);
}
