/* SPDX-License-Identifier: MIT */
/**
 * What the last frames took, and how long what happened took to be seen: from an event to the picture with
 * which a widget answers, from there to the frame that takes it (it waits for the frame clock), from there to
 * the submitted frame. Rows TIM-05, TIM-09, TIM-13, TIM-14. Pure; times are CLOCK_MONOTONIC.
 */
#ifndef THEATER_FRAME_LOG_H
#define THEATER_FRAME_LOG_H

#include <stdint.h>

#include <mos/surface.h>

#define FRAME_LOG_KEPT 1024u
#define FRAME_LOG_WAITING 256u /* answers in one frame; of more the first are kept */

/** The parts of an answer's way, and the whole. */
enum frame_part { FRAME_ANSWER, FRAME_WAIT, FRAME_DRAW, FRAME_WHOLE, FRAME_N_PARTS };

/** Zeroed: nothing yet. */
struct frame_log {
	uint64_t n_frames; /**< that had anything to draw */
	uint64_t work_ns[FRAME_LOG_KEPT], late_ns[FRAME_LOG_KEPT];
	uint64_t n_begun; /**< frames */
	int64_t begin_ns[FRAME_LOG_KEPT];
	uint64_t n_answers;
	uint64_t part_ns[FRAME_N_PARTS][FRAME_LOG_KEPT];
	uint32_t frames[FRAME_LOG_KEPT];
	/* the frame that is being drawn */
	int64_t due_ns;
	struct mos_surface_answer waiting[FRAME_LOG_WAITING];
	uint32_t n_waiting;
};

/** A frame begins; the frame clock wanted it at `due_ns`. */
void frame_log_begin(struct frame_log *log, int64_t due_ns, int64_t now_ns);
/** A picture that this frame takes. One that answers nothing, or claims what cannot be, is not counted. */
void frame_log_take(struct frame_log *log, const struct mos_surface_answer *answer, int64_t now_ns);
/** It was submitted, or (is_drawn 0) there was nobody to draw it for. */
void frame_log_end(struct frame_log *log, int is_drawn, int64_t now_ns);

struct frame_quantiles {
	uint64_t p50_ns, p99_ns, max_ns;
};
/** Of the last FRAME_LOG_KEPT of each; 0 where there is none. */
struct frame_log_figures {
	struct frame_quantiles work, late; /**< late: behind the frame clock */
	uint64_t n_answers;
	struct frame_quantiles part[FRAME_N_PARTS];
	/** Frames that began after an event, up to the one that shows its answer: 1 is the next one. */
	uint32_t frames_p50, frames_p99;
};
void frame_log_read(const struct frame_log *log, struct frame_log_figures *ret);

#endif
