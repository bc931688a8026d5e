/* SPDX-License-Identifier: MIT */
/* The metronome's hits as a Standard MIDI File, format 0, 960 ticks a quarter (TOU-47). */
#ifndef METRONOME_EXPORT_H
#define METRONOME_EXPORT_H

#include "config.h"
#include "spotlight.h"

#define EXPORT_SIZE_MAX (256u * 1024u)

/**
 * Tempo, meter, the click's envelope where it has one, and the drums of `bars` measures.
 * @param buf  EXPORT_SIZE_MAX bytes.
 * @return length; -ENOSPC it does not fit.
 */
int metro_export_midi(const struct metro_config *config, uint32_t bars, uint8_t *buf);
/** The whole of a spotlight, likewise (TOU-29). */
int metro_export_spotlight(const struct spotlight *spot, uint8_t *buf);

#endif
