/* SPDX-License-Identifier: MIT */
/**
 * A surface: what a widget shows, in memory that the theater made and sealed, and shares with that one
 * widget. Three slots: the widget fills one that is neither the newest nor being read, then says it is the
 * newest; the theater says which it reads, copies, and lets go. Nobody waits for anybody. A widget that
 * breaks the rules tears its own picture: the size of the region is fixed, and the theater copies and checks
 * all it takes. DESIGN section 5, spec/theater.md 5. ABI 1.1; new in 1.1: `answer`.
 *
 * Nobody polls who is not shown: the theater looks at `latest` of what is in its scenes, once a frame. The
 * widget looks at `shown` and `place` before it draws, and is told by a notice (widget.stage,
 * services/METHODS.md) when it is shown again or has another size. It draws the next picture when `taken`
 * says that the last one was.
 *
 * A canvas is 1,920 x 1,080 points (portrait 1,080 x 1,920), whatever its pixels; a surface is as large as
 * its place.
 */
#ifndef MOS_SURFACE_H
#define MOS_SURFACE_H

#include <stddef.h>

#include <mos/region.h>
#include <mos/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_SURFACE_ABI_MAJOR 1
#define MOS_SURFACE_ABI_MINOR 1
#define MOS_MAGIC_SURFACE 0x46525553u /* "SURF" */
#define MOS_SURFACE_SLOTS 3u
#define MOS_SURFACE_RECTS 16u
#define MOS_SURFACE_SHAPES_MAX 4096u
#define MOS_SURFACE_PIXELS_MAX 4096u /**< of width and of height */
#define MOS_SURFACE_HDR_SIZE 4096u

enum mos_surface_kind {
	MOS_SURFACE_SHAPES = 1, /**< up to MOS_SURFACE_SHAPES_MAX records of mos/shape.h, in points */
	MOS_SURFACE_PIXELS = 2, /**< RGBA8, premultiplied, sRGB (decision X-16), rows of `stride` bytes */
};

/** Whole pixels from the top left corner. */
struct mos_surface_rect {
	uint16_t x, y, w, h;
};

/** Written by the widget before `latest`. */
struct mos_surface_slot {
	uint64_t sequence;      /**< rising */
	int64_t time_ns;        /**< CLOCK_MONOTONIC that the picture was made for; 0: none */
	uint32_t n;             /**< SHAPES: records */
	uint32_t width, height; /**< PIXELS: at most the header's */
	uint32_t stride;        /**< PIXELS: bytes a row, a multiple of 64 */
	uint32_t n_rects;       /**< PIXELS: what changed since the slot before; 0: everything */
	uint32_t reserved0;
	struct mos_surface_rect rect[MOS_SURFACE_RECTS];
};

/** Of a picture that answers an event: both CLOCK_MONOTONIC, as the widget says. */
struct mos_surface_answer {
	int64_t event_ns;  /**< the oldest event that it answers; 0: none */
	int64_t commit_ns; /**< when it was shown; 0: not told */
};

struct mos_surface_hdr {
	struct mos_region_hdr region;
	uint32_t kind;      /**< enum mos_surface_kind */
	uint32_t slot_size; /**< bytes, whole pages; slot i begins at MOS_SURFACE_HDR_SIZE + i * slot_size */
	uint32_t max_width, max_height; /**< PIXELS: what a slot holds */
	uint8_t pad0[16];
	/* the theater's, a line of its own */
	uint32_t reading;      /**< atomic: the slot being copied; MOS_SURFACE_SLOTS: none */
	uint32_t shown;        /**< atomic: 1 it is in a scene that is on, and not covered */
	uint64_t place;        /**< atomic: two floats, width | height << 32, in points */
	int64_t frame_time_ns; /**< atomic: when the next frame will be seen, CLOCK_MONOTONIC; 0: not known */
	uint64_t taken;        /**< atomic: sequence last shown */
	uint8_t pad1[32];
	/* the widget's */
	uint32_t latest; /**< atomic: slot | sequence << 2; 0 before the first */
	uint32_t reserved1;
	struct mos_surface_answer answer[MOS_SURFACE_SLOTS]; /**< written like `slot` */
	uint8_t pad2[8];
	struct mos_surface_slot slot[MOS_SURFACE_SLOTS];
};

/** Bytes of a region. PIXELS: for a picture of at most this size. 0: no such kind, or too large. */
size_t mos_surface_size(enum mos_surface_kind kind, uint32_t width, uint32_t height);

/* --- The theater's side --- */

struct mos_surface {
	struct mos_surface_hdr *hdr;
	struct mos_region *region; /**< borrowed */
	/* of our own, since the widget may write the header */
	enum mos_surface_kind kind;
	uint32_t slot_size, max_width, max_height;
	uint32_t seen; /**< `latest` as last taken */
};

/** Lay out an empty surface in a region of mos_surface_size() bytes that was just created; the caller seals
 * (mos_region_seal_seals()) and publishes. @return 0, -EINVAL. */
int mos_surface_init(struct mos_surface *s, struct mos_region *region, enum mos_surface_kind kind,
	uint32_t width, uint32_t height);
/** Where and whether it is shown, and when the next frame is; stores without waiting. */
void mos_surface_place(
	struct mos_surface *s, float width_pt, float height_pt, int shown, int64_t frame_time_ns);

/** A picture, checked. Valid until mos_surface_release(). */
struct mos_surface_frame {
	uint64_t sequence;
	int64_t time_ns;
	struct mos_surface_answer answer; /**< not checked: a stranger wrote it */
	const struct mos_shape *shape; /**< SHAPES: still the widget's memory: copy it, then check the copy */
	const uint8_t *pixels;         /**< PIXELS */
	uint32_t n;
	uint32_t width, height, stride;
	uint32_t n_rects; /**< inside the picture; 0: everything */
	struct mos_surface_rect rect[MOS_SURFACE_RECTS];
};
/** One atomic load when there is nothing new. @return 1 a new picture; 0 none; -EBADMSG what the widget wrote
 * does not check: nothing to release, the next one may be fine. */
int mos_surface_take(struct mos_surface *s, struct mos_surface_frame *ret);
void mos_surface_release(struct mos_surface *s);

/** Copy records out of a slot that may change under the reader, checked: what cannot be drawn becomes NONE,
 * text is made valid UTF-8 with its MORE records complete. @return how many are not NONE. */
uint32_t mos_shapes_copy(struct mos_shape *to, const struct mos_shape *from, uint32_t n);

/* --- The widget's side --- */

struct mos_surface_writer {
	struct mos_surface_hdr *hdr;
	struct mos_region region; /**< owned */
	uint32_t slot, sequence;
	uint32_t slot_size, kind, max_width, max_height;
	int64_t event_ns; /**< what the next picture answers; 0: nothing. The commit takes it */
};
/** Map what the theater handed over. @param fd borrowed. @return 0; -EINVAL; -errno. */
int mos_surface_open(int fd, struct mos_surface_writer *ret);
void mos_surface_close(struct mos_surface_writer *w);
/** A slot to fill; NULL: none is free (never with a theater that plays by the rules). */
void *mos_surface_begin(struct mos_surface_writer *w);
/** Show it. `slot`: what describes it; its sequence is given here. */
void mos_surface_commit(struct mos_surface_writer *w, const struct mos_surface_slot *slot);
void mos_surface_where(const struct mos_surface_writer *w, float *ret_width_pt, float *ret_height_pt,
	int *ret_shown, int64_t *ret_frame_time_ns);

#ifdef __cplusplus
}
#endif
#endif
