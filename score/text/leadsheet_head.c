/* SPDX-License-Identifier: MIT */
#include "leadsheet.h"

#include <stdio.h>

#include <mos/pitch.h>
#include <score/nvx_json.h>

uint32_t sheet_text_width(const char *text)
{
	uint32_t n = 0;
	for (; *text; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

void sheet_note_name(unsigned pitch, int fifths, char buf[static 8])
{
	static const char *const sharps[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
	static const char *const flats[] = {"C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"};
	(void)snprintf(
		buf, 8, "%s%d", (fifths < 0 ? flats : sharps)[pitch % 12], (int)(pitch & 127) / 12 - 1);
}

static void put_line(const struct score *score, struct score_bytes *out, const char *name, nvx_str value)
{
	if (value)
		score_bytes_printf(out, "%s%s\n", name, score_text(score, value));
}

/** Tempo in beats a minute, at most two decimals, without a float that a locale could spell. */
static void put_tempo(struct score_bytes *out, uint64_t ns_per_quarter)
{
	const uint64_t bpm_100 = (UINT64_C(6000000000000) + ns_per_quarter / 2) / ns_per_quarter;
	score_bytes_printf(out, "%llu", (unsigned long long)(bpm_100 / 100));
	if (bpm_100 % 100)
		score_bytes_printf(out, ".%02llu", (unsigned long long)(bpm_100 % 100));
	score_bytes_puts(out, " BPM");
}

void sheet_write_head(const struct score *score, struct score_bytes *out)
{
	const struct nvx_metadata *m = &score->globals.metadata;
	const struct nvx_key *key = score_key_at(score, 0);
	const struct nvx_meter *meter = score_meter_at(score, 0);

	put_line(score, out, "", m->title);
	put_line(score, out, "", m->subtitle);
	put_line(score, out, "Composer: ", m->composer);
	put_line(score, out, "Lyrics:   ", m->lyricist);
	put_line(score, out, "Artist:   ", m->artist);
	if (key->step != NVX_KEY_NONE) {
		char text[24];
		(void)nvx_key_format(key->step, key->alter, key->mode, text);
		score_bytes_printf(out, "%s, ", text);
	}
	score_bytes_printf(out, "%u/%u, ", meter->num, meter->den);
	put_tempo(out, score_tempo_at(score, 0)->ns_per_quarter);
	score_bytes_printf(out, ", %u bars", score_n_measure(score));
	for (uint32_t i = 0; i < score->n_parts; i++)
		score_bytes_printf(
			out, "%s%s", i ? ", " : "; ", score_text(score, score->part[i]->part.name));
	score_bytes_puts(out, "\n\n");
}
