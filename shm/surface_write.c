/* SPDX-License-Identifier: MIT */
/* The widget's side of a surface. */
#include <mos/surface.h>

#include <errno.h>
#include <string.h>
#include <time.h>

int mos_surface_open(int fd, struct mos_surface_writer *ret)
{
	struct mos_surface_writer w = {0};
	const struct mos_surface_hdr *hdr;
	int rc = mos_region_attach(fd, MOS_MAGIC_SURFACE, MOS_SURFACE_ABI_MAJOR, MOS_SURFACE_HDR_SIZE,
		/* writable= */ 1, &w.region, NULL);

	if (rc < 0)
		return rc;
	hdr = w.hdr = w.region.base;
	w.kind = hdr->kind;
	w.slot_size = hdr->slot_size;
	w.max_width = hdr->max_width;
	w.max_height = hdr->max_height;
	if (mos_surface_size((enum mos_surface_kind)w.kind, w.max_width, w.max_height) != w.region.size ||
		w.region.size != MOS_SURFACE_HDR_SIZE + (size_t)MOS_SURFACE_SLOTS * w.slot_size) {
		mos_region_finish(&w.region);
		return -EINVAL;
	}

	w.slot = MOS_SURFACE_SLOTS;
	*ret = w;
	return 0;
}

void mos_surface_close(struct mos_surface_writer *w)
{
	mos_region_finish(&w->region);
	*w = (struct mos_surface_writer){.region = {.fd = -1}};
}

void *mos_surface_begin(struct mos_surface_writer *w)
{
	/* Ours alone: only the theater's word has to be asked for in total order (see surface.c). */
	uint32_t latest = __atomic_load_n(&w->hdr->latest, __ATOMIC_RELAXED);
	uint32_t reading = __atomic_load_n(&w->hdr->reading, __ATOMIC_SEQ_CST);

	for (uint32_t i = 0; i < MOS_SURFACE_SLOTS; i++) {
		if (i == reading || (latest && i == (latest & 3u)))
			continue;
		w->slot = i;
		return (char *)w->hdr + MOS_SURFACE_HDR_SIZE + (size_t)i * w->slot_size;
	}
	return NULL;
}

void mos_surface_commit(struct mos_surface_writer *w, const struct mos_surface_slot *slot)
{
	struct mos_surface_slot *to;
	struct timespec now;

	if (w->slot >= MOS_SURFACE_SLOTS)
		return;
	to = &w->hdr->slot[w->slot];
	w->sequence = (w->sequence + 1) & 0x3fffffffu;
	if (!w->sequence)
		w->sequence = 1; /* `latest` 0 means none */
	memcpy(to, slot, sizeof(*to));
	to->sequence = w->sequence;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	w->hdr->answer[w->slot] = (struct mos_surface_answer){
		.event_ns = w->event_ns, .commit_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec};
	w->event_ns = 0;
	__atomic_store_n(&w->hdr->latest, w->slot | w->sequence << 2, __ATOMIC_SEQ_CST);
	w->slot = MOS_SURFACE_SLOTS;
}

void mos_surface_where(const struct mos_surface_writer *w, float *ret_width_pt, float *ret_height_pt,
	int *ret_shown, int64_t *ret_frame_time_ns)
{
	int shown = __atomic_load_n(&w->hdr->shown, __ATOMIC_ACQUIRE) != 0;
	uint64_t place = __atomic_load_n(&w->hdr->place, __ATOMIC_RELAXED);
	uint32_t half[2] = {(uint32_t)place, (uint32_t)(place >> 32)};

	memcpy(ret_width_pt, &half[0], sizeof(half[0]));
	memcpy(ret_height_pt, &half[1], sizeof(half[1]));
	*ret_shown = shown;
	*ret_frame_time_ns = __atomic_load_n(&w->hdr->frame_time_ns, __ATOMIC_RELAXED);
}
