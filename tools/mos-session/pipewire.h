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

/**
 * Does this output of pw-dump show a graph that a player can use: the sink has its ports and the session
 * manager made it the default?
 *
 * @param fd  Seekable; read from its beginning.
 */
bool pipewire_dump_is_ready(int fd);

#endif
