/* SPDX-License-Identifier: MIT */
/**
 * Universal MIDI Packets as PipeWire carries them: a SPA sequence pod whose controls of type SPA_CONTROL_UMP
 * hold the words. rtcore only; the audio thread calls both functions.
 *
 * The pod that is read lies in memory that another process may change at any time. Therefore SPA's own
 * parser, which follows the pod in place, is not used: each header is copied once and the copy is checked.
 * The pod that is written is ours, but SPA's builder calls through a table of functions, which the RT rule
 * cannot follow.
 */
#ifndef RTCORE_PIPEWIRE_UMP_H
#define RTCORE_PIPEWIRE_UMP_H

#include <stddef.h>
#include <mos/attr.h>
#include "driver.h"

/** Bytes that DRIVER_MIDI_MAX packets of 128 bits need. */
#define PIPEWIRE_UMP_BYTES (16u + DRIVER_MIDI_MAX * 32u)

/**
 * Read every packet of a sequence. Controls that are not UMP are passed over. The result is sorted: an
 * offset that runs backwards is raised to its predecessor's, one past the cycle is the last frame.
 *
 * @param pod       `size` bytes, 8-aligned or not; may change while it is read.
 * @param n_frames  Length of the cycle, at least 1.
 * @param ret       Filled from 0. `dropped` counts packets that found no room and controls that were cut
 *                  short; what follows a control that reaches past the pod is not looked at.
 *
 * Thread: RT. Time: bounded by `size`.
 */
void pipewire_ump_read(const void *pod, size_t size, uint32_t n_frames, struct driver_midi *ret) MOS_RT;

/**
 * Write `midi` as a sequence.
 *
 * @param buffer    `size` bytes, 8-aligned, written from the start.
 * @param ret_lost  Number of packets that found no room, or that have no legal length.
 * @return bytes written; 0 when not even an empty sequence fits.
 *
 * Thread: RT.
 */
size_t pipewire_ump_write(void *buffer, size_t size, const struct driver_midi *midi, uint32_t *ret_lost)
	MOS_RT;

#endif
