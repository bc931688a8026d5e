/* SPDX-License-Identifier: MIT */
/* The bytes of a Standard MIDI File that the band writes, read by a reader of its own. */
#include "band_fixture.h"

struct note {
	uint32_t tick;
	uint8_t status, data1, data2;
};

/** Messages of one track, in order; metas are left out. */
static uint32_t read_track(const struct band_bytes *file, uint32_t index, struct note *ret, uint32_t max)
{
	const uint8_t *at = file->byte + 14;
	uint32_t tick = 0;
	uint32_t n = 0;
	uint8_t status = 0;

	for (; index > 0; index--)
		at += 8 + ((uint32_t)at[4] << 24 | (uint32_t)at[5] << 16 | (uint32_t)at[6] << 8 | at[7]);
	for (at += 8;;) {
		uint32_t delta = 0;

		do
			delta = delta << 7 | (*at & 0x7f);
		while (*at++ & 0x80);
		tick += delta;
		if (*at == 0xff) {
			if (at[1] == 0x2f)
				return n;
			at += 3 + at[2];
			status = 0;
			continue;
		}
		if (*at & 0x80)
			status = *at++;
		cr_assert_neq(status, 0);
		cr_assert_lt(n, max);
		ret[n] = (struct note){.tick = tick, .status = status, .data1 = *at++};
		if ((status & 0xf0) != 0xc0)
			ret[n].data2 = *at++;
		n++;
	}
}

Test(band_render, abutting,
	.description = "T-8 T-31 T-32: off before on at one tick, programs first, offs are offs")
{
	struct band_piece piece;
	struct band_bytes file;
	struct note note[16];

	piece_render(&piece, NULL, &swing);
	struct band_event second = piece.events.event[0];
	only(&piece, 0.5, 0.5);
	piece.events.event[1] = second;
	piece.events.event[1].at_beats = 0;
	piece.events.event[1].len_beats = 0.5;
	piece.events.n_events = 2;
	cr_assert_eq(band_smf(&piece.ctx, &piece.events, &(struct band_smf_options){}, &file), 0);
	cr_assert_eq(read_track(&file, 1, note, 16), 5);
	cr_expect_eq(note[0].status, 0xc0);
	cr_expect_eq(note[0].tick, 0);
	cr_expect_eq(note[1].status, 0x90);
	cr_expect_eq(note[2].tick, 240);
	cr_expect_eq(note[2].status, 0x80);
	cr_expect_eq(note[2].data2, 0);
	cr_expect_eq(note[3].tick, 240);
	cr_expect_eq(note[3].status, 0x90);
	cr_expect_eq(note[4].status, 0x80);
	free(file.byte);
	piece_finish(&piece);
}

Test(band_render, file,
	.description = "T-8 T-23 T-32 T-65: tracks, channels and programs; the contract's name in the file")
{
	struct band_piece piece;
	struct band_bytes file;
	struct note *note = calloc(4096, sizeof(*note));

	cr_assert_not_null(note);
	piece_render(&piece, NULL, FLAGS([BAND_KEY_CHORDS] = "Dm7 G7 Cmaj7 A7", [BAND_KEY_STYLE] = "swing"));
	cr_assert_eq(
		band_smf(&piece.ctx, &piece.events, &(struct band_smf_options){.metadata = true}, &file), 0);
	cr_expect_eq(file.byte[11], 4, "tempo, comp, bass, drums");
	cr_expect_eq(read_track(&file, 0, note, 4096), 0);
	for (uint32_t track = 1; track < 4; track++) {
		static const uint8_t channels[] = {0, 1, 9};
		const uint32_t n = read_track(&file, track, note, 4096);

		cr_expect_eq(n, 1 + 2 * piece.events.n[track - 1]);
		cr_expect_eq(note[0].status, 0xc0 | channels[track - 1]);
		cr_expect_eq(note[0].tick, 0);
		for (uint32_t i = 1; i < n; i++) {
			cr_expect(note[i].status == (0x80 | channels[track - 1]) ||
				  note[i].status == (0x90 | channels[track - 1]));
			cr_expect_eq(note[i].data2 == 0, (note[i].status & 0xf0) == 0x80);
		}
	}
	cr_expect_not_null(memmem(file.byte, file.size, "midi_runtime_contract=v1", 24));
	free(file.byte);
	free(note);
	piece_finish(&piece);
}

Test(band_render, no_overlap,
	.description = "T-19: with one voice a key, a key is let go before it is struck again (D-10)")
{
	struct band_piece piece;
	struct band_bytes file;
	struct note note[256];
	uint32_t cut = 0;

	piece_render(
		&piece, NULL, FLAGS([BAND_KEY_CHORDS] = "Cmaj7 Cmaj7 F6", [BAND_KEY_STYLE] = "ballad_basic"));
	for (int no_overlap = 0; no_overlap < 2; no_overlap++) {
		cr_assert_eq(band_smf(&piece.ctx, &piece.events,
				     &(struct band_smf_options){.no_overlap = no_overlap}, &file),
			0);
		for (uint32_t track = 1; track < 3; track++) {
			int sounding[128] = {};
			const uint32_t n = read_track(&file, track, note, 256);

			for (uint32_t i = 1; i < n; i++) {
				sounding[note[i].data1] += (note[i].status & 0xf0) == 0x90 ? 1 : -1;
				cut += !no_overlap && sounding[note[i].data1] > 1;
				cr_expect(!no_overlap ||
					  (sounding[note[i].data1] >= 0 && sounding[note[i].data1] <= 1));
			}
			for (int key = 0; key < 128; key++)
				cr_expect_eq(sounding[key], 0);
		}
		free(file.byte);
	}
	cr_expect_gt(cut, 0, "the style has no overlaps to begin with");
	piece_finish(&piece);
}
