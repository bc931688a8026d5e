/* SPDX-License-Identifier: MIT */
/* Whatever lies in the MIDI port's memory, the engine gets packets that it can use. */
#include <string.h>

#include "fuzz.h"
#include "pipewire_ump.h"

#define N_FRAMES 256u

static struct driver_midi midi, back;
alignas(8) static uint8_t buffer[PIPEWIRE_UMP_BYTES];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t words_of_type[16] = {1, 1, 1, 2, 2, 4, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4};
	uint32_t last_offset = 0, lost;

	pipewire_ump_read(data, size, N_FRAMES, &midi);
	FUZZ_CHECK(midi.n <= DRIVER_MIDI_MAX);
	for (uint32_t i = 0; i < midi.n; i++) {
		FUZZ_CHECK(midi.ump[i].offset_frames < N_FRAMES && midi.ump[i].offset_frames >= last_offset);
		FUZZ_CHECK(midi.ump[i].n_words == words_of_type[midi.ump[i].word[0] >> 28]);
		last_offset = midi.ump[i].offset_frames;
	}
	/* Everything that was read can be written, and comes back the same. */
	size = pipewire_ump_write(buffer, sizeof(buffer), &midi, &lost);
	FUZZ_CHECK(lost == 0 && size <= sizeof(buffer));
	pipewire_ump_read(buffer, size, N_FRAMES, &back);
	FUZZ_CHECK(back.n == midi.n && back.dropped == 0);
	FUZZ_CHECK(memcmp(back.ump, midi.ump, midi.n * sizeof(midi.ump[0])) == 0);
	return 0;
}
