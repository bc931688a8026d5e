/* SPDX-License-Identifier: MIT */
/**
 * A stand-in for the theater: pictures whose every cell tells which frame changed it last, sixty a second,
 * into sinks.
 *
 * Thread: the test's main thread; rig_until() is its event loop.
 */
#ifndef TESTS_THEATER_OUT_RIG_H
#define TESTS_THEATER_OUT_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "headless_pw.h"
#include "sink.h"
#include "video_consumer.h"

#define RIG_CELL 16u
#define RIG_QUANTUM 256u
#define RIG_MAX_SHOWS 100u

/** A sink and its picture. Frame n paints cell n mod cells; nothing else. */
struct rig_show {
	struct sink *sink;
	uint8_t *pixels;
	uint32_t width, height;
	uint32_t n; /**< frames painted */
	uint64_t n_refused;
};

struct rig {
	struct headless_pw pw;
	sd_event *event;
	sd_event_source *clock;
	struct out_pipewire *out;
	struct rig_show shows[RIG_MAX_SHOWS];
	uint32_t n_shows;
	uint64_t n_ticks;
};

/** A PipeWire of its own and a connection to it. Ends the test when PipeWire is not installed. */
void rig_start(struct rig *rig);
void rig_stop(struct rig *rig);

/** Nodes mos.test.0 to mos.test.(n - 1). */
void rig_open(struct rig *rig, uint32_t n, uint32_t width, uint32_t height);
void rig_close_all(struct rig *rig);

/** Run the loop until the condition holds. @return false: it did not, within the watchdog's time. */
bool rig_until(struct rig *rig, bool (*condition)(void *data), void *data);

/** Paint the next frame of a show, all of the cells at the first. */
void rig_paint(struct rig_show *show, struct render_rect *ret_damage);

/**
 * The frame that a picture shows. @param stride  of RGBA pixels.
 * @return its number; 0: cells do not fit together: a buffer that was not brought up to date.
 */
uint32_t rig_read(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t stride);

/** How often a text is in what pw-dump says. */
size_t rig_dump_count(struct rig *rig, const char *text);

/** What a watcher has seen of a show; a video_frame_fn. */
struct rig_seen {
	_Atomic uint64_t n, n_torn, n_backwards, n_jumps, n_damage_missed;
	_Atomic uint32_t last;
	_Atomic uint64_t sequence;
	_Atomic int64_t pts_ns;
};
void rig_see(void *seen, const struct video_frame *frame);

/** @return the child; its output goes to /dev/null. The child dies with the test. */
pid_t rig_spawn(const char *const *argv);
/** Ended, with status 0. */
bool rig_reaped(pid_t pid, int *ret_status);

#endif
