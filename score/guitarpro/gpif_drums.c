/* SPDX-License-Identifier: MIT */
/** Kits: Guitar Pro's numbers for ways to strike, and the keys of General MIDI that sound for them. */
#include "gpif.h"

#include <errno.h>

static uint8_t instrument_of(unsigned key)
{
	static const uint8_t drum[] = {
		[35] = NVX_DRUM_KICK,
		[36] = NVX_DRUM_KICK,
		[37] = NVX_DRUM_SIDESTICK,
		[38] = NVX_DRUM_SNARE,
		[39] = NVX_DRUM_CLAP,
		[40] = NVX_DRUM_SNARE,
		[41] = NVX_DRUM_TOM6,
		[42] = NVX_DRUM_HAT_CLOSED,
		[43] = NVX_DRUM_TOM5,
		[44] = NVX_DRUM_HAT_PEDAL,
		[45] = NVX_DRUM_TOM4,
		[46] = NVX_DRUM_HAT_OPEN,
		[47] = NVX_DRUM_TOM3,
		[48] = NVX_DRUM_TOM2,
		[49] = NVX_DRUM_CRASH,
		[50] = NVX_DRUM_TOM1,
		[51] = NVX_DRUM_RIDE,
		[52] = NVX_DRUM_CHINA,
		[53] = NVX_DRUM_RIDE_BELL,
		[54] = NVX_DRUM_TAMBOURINE,
		[55] = NVX_DRUM_SPLASH,
		[56] = NVX_DRUM_COWBELL,
		[57] = NVX_DRUM_CRASH2,
		[59] = NVX_DRUM_RIDE,
	};
	return key < sizeof(drum) ? drum[key] : (uint8_t)NVX_DRUM_OTHER;
}

struct gpif_stroke gpif_stroke_of(unsigned number)
{
	/* from 91 on: rim shot, half open, edge, chokes, cowbells */
	static const uint8_t key[] = {38, 46, 51, 51, 55, 52, 49, 57, 56, 56, 56, 56, 56};
	const unsigned pitch = number >= 91 && number - 91 < sizeof(key) ? key[number - 91] : number;
	return (struct gpif_stroke){
		.pitch = (uint8_t)(pitch > 127 ? 127 : pitch), .instrument = instrument_of(pitch)};
}

struct gpif_stroke gpif_element_stroke(int element, int variation)
{
	/* kick, snare, three cowbells, five toms, hat, its pedal, two crashes, splash, china, ride: hit and
	 * variations */
	static const uint8_t number[][3] = {{35, 35, 35}, {38, 91, 37}, {99, 100, 99}, {56, 100, 56},
		{102, 103, 102}, {43, 43, 43}, {45, 45, 45}, {47, 47, 47}, {48, 48, 48}, {50, 50, 50},
		{42, 92, 46}, {44, 44, 44}, {57, 98, 57}, {49, 97, 49}, {55, 95, 55}, {52, 96, 52},
		{51, 93, 53}};
	const int n = (int)(sizeof(number) / sizeof(*number));
	if (element < 0 || element >= n)
		return gpif_stroke_of(38);
	return gpif_stroke_of(number[element][variation < 0 || variation > 2 ? 0 : variation]);
}

static void read_stroke(struct gpif_reader *reader, gpif_el el, struct gpif_stroke *ret)
{
	const struct gpif_doc *doc = &reader->doc;
	struct gpif_text inputs = gpif_child_text(doc, el, "InputMidiNumbers");
	int input = 0;
	(void)gpif_next_int(&inputs, &input);
	const int output = gpif_int(gpif_child_text(doc, el, "OutputMidiNumber"), input);
	ret->pitch = (uint8_t)(output < 0 ? 0 : output > 127 ? 127 : output);
	ret->instrument = instrument_of(ret->pitch);
	if (input != output) {
		const struct gpif_text name = gpif_child_text(doc, el, "Name");
		ret->name = nvx_clean_text(reader->song.draft, name.text, name.len);
	}
}

int gpif_read_kit(struct gpif_reader *reader, struct gpif_track *track)
{
	const struct gpif_doc *doc = &reader->doc;
	const gpif_el elements = gpif_child(doc, gpif_child(doc, track->el, "InstrumentSet"), "Elements");
	for (unsigned pass = 0; pass < 2; pass++) {
		uint32_t n = 0;
		for (gpif_el el = gpif_first(doc, elements); el; el = gpif_next(doc, el)) {
			gpif_el stroke = gpif_first(doc, gpif_child(doc, el, "Articulations"));
			for (; stroke; stroke = gpif_next(doc, stroke), n++)
				if (pass)
					read_stroke(reader, stroke, &track->kit[n]);
		}
		if (pass || n == 0)
			continue;
		track->kit = score_zalloc(doc->alloc, n, sizeof(*track->kit));
		if (!track->kit)
			return -ENOMEM;
		track->n_kit = n;
	}
	return 0;
}
