/* SPDX-License-Identifier: MIT */
/* Any bytes as a MIDI clip file, and back. */
#include "midi_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	midi_round_trip(clip_import, clip_export, 10, UINT32_MAX * UINT64_C(10), data, size);
	return 0;
}
