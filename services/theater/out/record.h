/* SPDX-License-Identifier: MIT */
/**
 * Recording into a file: a GStreamer process that watches one of our video nodes and hears a sink, and writes
 * both with the times that PipeWire gives them. It is a child: what breaks in an encoder breaks nothing here,
 * a recording that we leave behind by dying is ended properly, and even one that is killed leaves a file that
 * plays.
 *
 * Thread: the event loop's. No call waits.
 */
#ifndef THEATER_OUT_RECORD_H
#define THEATER_OUT_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct out_record;

struct out_record_options {
	int fd;              /**< the file, empty, to write; borrowed for the call */
	const char *name;    /**< its name: the ending says what it becomes: .mkv or .webm */
	const char *picture; /**< node.name of the video node */
	uint8_t has_sound;
	const char *sound;      /**< node.name of the sink; NULL: the default one */
	uint32_t width, height; /**< of the recording; 0: as the node is */
	uint32_t fps;           /**< of the node */
	uint32_t node_width, node_height;
};

/**
 * It has ended: @param error 0 the file is whole; -errno, text says why, and what to install.
 * out_record_close() may be called from here.
 */
typedef void (*out_record_fn)(void *data, int error, const char *text);

/** @return 0; -EINVAL a name or a size, error says which; -errno. What fails later is told to `ended`. */
int out_record_start(sd_event *event, const struct out_record_options *options, out_record_fn ended,
	void *data, struct out_record **ret, char *error, size_t error_size);

/** No more: the file is completed, then `ended` is called. A second time: nothing. */
void out_record_stop(struct out_record *record);

/** Free. What still runs is left to complete its file; nothing is told any more. NULL is fine. */
void out_record_close(struct out_record *record);

#endif
