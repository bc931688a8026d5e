/* SPDX-License-Identifier: MIT */
/**
 * Where pictures go: one interface for PipeWire video nodes, NDI senders, recordings and windows. The theater submits
 * what changed of a picture that stays in memory; a sink remembers by itself how old each of its buffers is, and copies
 * what each lacks. spec/theater.md 4.2, 6, 7; rows THE-08..THE-11, NDI, OBS.
 *
 * Thread: the theater's main thread. No call waits for a consumer.
 */
#ifndef THEATER_SINK_H
#define THEATER_SINK_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "render.h"

/** A picture of this frame. */
struct sink_frame {
	const uint8_t *rgba; /**< RGBA8, premultiplied; opaque for canvases */
	uint32_t stride, width, height;
	const struct render_rect *damage; /**< since the frame before of this picture */
	uint32_t n_damage;
	uint64_t sequence;  /**< of the picture, rising; a gap: what lies between was never submitted: all is damage */
	int64_t time_ns;    /**< CLOCK_MONOTONIC that it is meant to be seen at */
};

struct sink;
struct sink_ops {
	const char *kind; /**< "pipewire", "ndi" ... */
	/** Somebody looks at it: whether rendering is worth while. */
	int (*wants)(struct sink *sink);
	/** A new picture, or the same again (n_damage 0). @return 0; -EAGAIN no buffer free, counted. */
	int (*submit)(struct sink *sink, const struct sink_frame *frame);
	/** Hidden: the last picture is held, once a second, so that consumers do not time out (THE-09). */
	void (*hide)(struct sink *sink, int hidden);
	void (*close)(struct sink *sink);
};
struct sink {
	const struct sink_ops *ops;
	char name[128];       /**< "mos.canvas.landscape" */
	uint64_t n_submitted, n_copied_bytes, n_dropped;
	uint32_t n_consumers;
	uint8_t is_on_air;    /**< NDI's tally */
};

/** Connection to PipeWire, one for all video nodes; comes back by itself when PipeWire does. */
struct out_pipewire;
int out_pipewire_start(sd_event *event, struct out_pipewire **ret);
void out_pipewire_stop(struct out_pipewire *out);
/** A Video/Source node. @param name node.name, stable; @param title for people. @return 0; -ENOMEM. */
int out_pipewire_open(struct out_pipewire *out, const char *name, const char *title, uint32_t width, uint32_t height,
	uint32_t fps, struct sink **ret);

/** NDI, where its runtime is installed and the configuration says so. @return 0; -ENOENT not there: said once in the
 * log (NDI-08). */
struct out_ndi;
int out_ndi_start(const char *library, struct out_ndi **ret);
void out_ndi_stop(struct out_ndi *out);
int out_ndi_open(struct out_ndi *out, const char *name, uint32_t width, uint32_t height, uint32_t fps, struct sink **ret);

/** Write a picture as PNG into an open file; scaled by 1/divisor, 1 to 64, with exact area averages. @return 0; -EINVAL; -errno
 * of writing. */
int out_png_fd(int fd, const uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, uint32_t divisor);

#endif
