/* SPDX-License-Identifier: MIT */
/* Any bytes as a Standard MIDI File, and back. */
#include "midi_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	midi_round_trip(smf_import, smf_export, 1000, 0xffffff * UINT64_C(1000), data, size);
	return 0;
}
