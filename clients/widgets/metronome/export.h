/* SPDX-License-Identifier: MIT */
/* The metronome's hits as a Standard MIDI File (TOU-47). */
#ifndef METRONOME_EXPORT_H
#define METRONOME_EXPORT_H

#include "config.h"

#define EXPORT_SIZE_MAX (256u * 1024u)

/**
 * Format 0, 960 ticks a quarter: tempo, meter, and the drums of `bars` measures.
 * @param buf  EXPORT_SIZE_MAX bytes.
 * @return length; -ENOSPC it does not fit.
 */
int metro_export_midi(const struct metro_config *config, uint32_t bars, uint8_t *buf);

#endif
