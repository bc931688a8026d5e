/* SPDX-License-Identifier: MIT */
/** One beat as the readers fill it, and the little facts that both need. */
#include "gp.h"

#include <string.h>

void gp_beat_reset(struct gp_beat *beat)
{
	/* what lies beyond n_notes and a curve's n is never read: clearing it would cost more than the beat
	 */
	struct gp_ext ext = beat->ext;
	memset(beat, 0, offsetof(struct gp_beat, note));
	beat->whammy.n = 0;
	memset((char *)beat + offsetof(struct gp_beat, text), 0,
		sizeof(*beat) - offsetof(struct gp_beat, text));
	ext.n = 0;
	ext.text.n = 0;
	beat->ext = ext;
}

void gp_beat_finish(struct gp_beat *beat)
{
	gp_ext_finish(&beat->ext);
}

struct gp_note *gp_beat_note(struct gp_beat *beat)
{
	if (beat->n_notes >= GP_MAX_BEAT_NOTES)
		return NULL;
	struct gp_note *note = &beat->note[beat->n_notes++];
	memset(note, 0, offsetof(struct gp_note, bend));
	note->bend.n = 0;
	note->trill_fret = NVX_NO_U8;
	note->fx.harmonic_fret = note->fx.harmonic_pitch = note->fx.trill_pitch = NVX_NO_U8;
	return note;
}

void gp_curve_add(struct gp_curve *curve, uint32_t at_1e4, int32_t cents)
{
	if (curve->n >= GP_MAX_POINTS)
		return;
	const int32_t most = 12700;
	cents = cents > most ? most : cents < -most ? -most : cents;
	curve->point[curve->n++] =
		(struct gp_point){(uint16_t)(at_1e4 > 10000 ? 10000 : at_1e4), (int16_t)cents};
}

int gp_harmonic_interval(uint32_t fret_1e3)
{
	/* where the nodes of a string lie, in thousandths of a fret, and what sounds there */
	static const struct {
		uint16_t fret_1e3;
		uint8_t interval;
	} node[] = {{2310, 36}, {2670, 34}, {3160, 31}, {3860, 28}, {4980, 24}, {5830, 34}, {7020, 19},
		{8140, 36}, {8840, 28}, {9690, 34}, {12000, 12}, {14670, 34}, {15860, 28}, {16980, 36},
		{19020, 19}, {21690, 34}, {24000, 24}, {27860, 28}, {31020, 31}};
	int interval = 12;
	uint32_t nearest = 360;
	for (unsigned i = 0; i < sizeof(node) / sizeof(*node); i++) {
		const uint32_t off = fret_1e3 > node[i].fret_1e3 ? fret_1e3 - node[i].fret_1e3
								 : node[i].fret_1e3 - fret_1e3;
		if (off < nearest) {
			nearest = off;
			interval = node[i].interval;
		}
	}
	return interval;
}
