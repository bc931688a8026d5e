/* SPDX-License-Identifier: MIT */
/**
 * A PipeWire of our own, for machines without sound: no hardware, one null sink that drives the graph.
 * mos-session only. Talks to PipeWire through its files and programs, so that the session itself needs
 * no PipeWire library and cannot hang in one.
 */
#ifndef MOS_SESSION_PIPEWIRE_H
#define MOS_SESSION_PIPEWIRE_H

#include <stdbool.h>
#include <stdint.h>

#define PIPEWIRE_SINK "mos-null" /**< node name of the sink; also the default sink */

/**
 * Write the server's whole configuration: the system's own is not read, so that what a studio box
 * configures cannot change what a test hears.
 *
 * @param path            File to be written.
 * @param quantum_frames  The graph runs at this quantum, whatever clients ask for.
 * @param rate_hz         Likewise.
 * @return 0, or -errno of writing.
 */
int pipewire_write_config(const char *path, uint32_t quantum_frames, uint32_t rate_hz);

enum pipewire_stage {
	PIPEWIRE_UP,       /**< the server answers, and has the sink */
	PIPEWIRE_PLAYABLE, /**< the sink has its ports, and the session manager made it the default */
};

/**
 * How far the server is, by what pw-dump printed.
 *
 * @param fd  Seekable; read from its beginning.
 */
bool pipewire_dump_shows(int fd, enum pipewire_stage stage);

#endif
