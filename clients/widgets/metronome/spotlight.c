/* SPDX-License-Identifier: MIT */
#include "spotlight.h"

#include <string.h>

/*
 * General MIDI's drums stand in for those that it lacks: hi bongo and low conga for tabla and bayan, the tom
 * for the davul, bongos for the darbuka. Timelines are those of the literature (G. Toussaint, The Geometry of
 * Musical Rhythm): son x..x..x...x.x..., rumba x..x...x..x.x..., bossa x..x..x...x..x.., soukous
 * x..x..x...xx...., the standard bell x.x.xx.x.x.x. Sixteen cells of a clave are two measures of 4/4 in
 * eighths.
 */
enum {
	KICK_LOW = 35,
	KICK,
	STICK,
	SNARE,
	CLAP,
	TOM = 41,
	HAT,
	OPEN_HAT = 46,
	BELL = 53,
	TAMBOURINE = 54,
	COWBELL = 56,
	BONGO = 60,
	BONGO_LOW,
	SLAP,
	CONGA,
	CONGA_LOW,
	TIMBALE,
	TIMBALE_LOW,
	AGOGO,
	AGOGO_LOW,
	CABASA,
	MARACAS,
	GUIRO = 73,
	CLAVES = 75,
	BLOCK,
	BLOCK_LOW,
	TRIANGLE_MUTE = 80,
	TRIANGLE
};

static const struct spotlight examples[] = {
	{MOS_PRESET_QUARTER, "four on the floor: bass drum, claps, open hats between the beats", 124, 4, 4,
		240, 4,
		{{KICK, "X...x...X...x..."}, {CLAP, "....x.......x..."}, {OPEN_HAT, "..o...o...o...o."},
			{HAT, "o.x.o.x.o.x.o.x."}}},
	{MOS_PRESET_TRESILLO, "dembow: the tresillo's snare over an even bass drum", 92, 4, 4, 240, 4,
		{{KICK, "X...x...X...x..."}, {SNARE, "...x..x....x..x."}, {HAT, "x.o.x.o.x.o.x.o."},
			{MARACAS, "o.o.o.o.o.o.o.o."}}},
	{MOS_PRESET_SON_32, "son: claves, maracas, conga's tumbao, campana", 180, 4, 4, 480, 4,
		{{CLAVES, "X..x..x...x.x..."}, {MARACAS, "xoxoxoxoxoxoxoxo"}, {SLAP, "..x.....x.x....."},
			{CONGA, "......xx......xx"}, {CONGA_LOW, "...........xx..."},
			{COWBELL, "x...x...x...x..."}}},
	{MOS_PRESET_SON_23, "son from its other side: the clave answers first", 180, 4, 4, 480, 4,
		{{CLAVES, "..x.x...X..x..x."}, {MARACAS, "xoxoxoxoxoxoxoxo"}, {SLAP, "..x.....x.x....."},
			{CONGA, "......xx......xx"}, {GUIRO, "x...x...x...x..."},
			{COWBELL, "x.o.x.oox.o.x.oo"}}},
	{MOS_PRESET_BOSSA_NOVA, "bossa nova: rim, soft bass drum, cabasa", 140, 4, 4, 480, 4,
		{{STICK, "x..x..x...x..x.."}, {KICK_LOW, "x..ox..ox..ox..o"}, {CABASA, "oooooooooooooooo"},
			{HAT, "..o...o...o...o."}}},
	{MOS_PRESET_SIX_EIGHT, "buleria's hemiola: palmas over a cajon, three against two", 180, 6, 8, 480, 4,
		{{CLAP, "x..x..x.x.x."}, {KICK, "X.....X....."}, {BONGO, "..o..o.o.o.o"}}},
	{MOS_PRESET_BELL, "bembe: bell, shaker, three drums", 180, 12, 8, 480, 4,
		{{COWBELL, "X.x.xx.x.x.x"}, {CABASA, "x.ox.ox.ox.o"}, {CONGA, "..xx....xx.."},
			{SLAP, "x..x..x..x.."}, {CONGA_LOW, "......x..x.x"}}},
	{MOS_PRESET_AKSAK, "davul and darbuka: quick, quick, quick, hop", 220, 7, 8, 480, 8,
		{{TOM, "X......"}, {BONGO_LOW, "x...x.."}, {BONGO, "..x.x.x"}, {TAMBOURINE, "xoxoxox"}}},
	{MOS_PRESET_TEENTAL, "tabla's theka: dha dhin dhin dha, twice; dha tin tin ta, ta dhin dhin dha", 160,
		4, 4, 960, 2,
		{{CONGA_LOW, "XxxxxxxxX....xxx"}, {BONGO, "x..xx..xx..xx..x"},
			{BONGO_LOW, ".xx..xx..xx..xx."}, {TRIANGLE_MUTE, "x...x.......x..."}}},
	{MOS_PRESET_RUMBA, "guaguanco: claves, palitos, shekere, tumbadora", 184, 4, 4, 480, 4,
		{{CLAVES, "X..x...x..x.x..."}, {BLOCK, "x.xx.x.xx.xx.x.x"}, {CABASA, "x...x...x...x..."},
			{CONGA_LOW, "......x.......x."}, {CONGA, "...x.......xx..."}}},
	{MOS_PRESET_SOUKOUS, "seben: the timeline on the snare, even bass drum, hats that run", 138, 4, 4,
		240, 4,
		{{SNARE, "x..x..x...xx...."}, {KICK, "X...x...X...x..."}, {HAT, "x.xxx.xxx.xxx.xx"},
			{MARACAS, "o.o.o.o.o.o.o.o."}}},
	{MOS_PRESET_THREE_TWO, "Ewe drums: three on the block, two below, a shaker for both", 150, 6, 8, 480,
		8, {{BLOCK, "X.x.x."}, {CONGA_LOW, "X..x.."}, {CABASA, "oooooo"}}},
	{MOS_PRESET_YORK_SAMAI, "batucada: agogo, tamborim, caixa, surdo on two", 104, 4, 4, 240, 4,
		{{AGOGO, "x..x...x..x...x."}, {AGOGO_LOW, ".....x......x..."}, {TOM, "o.......X......."},
			{SNARE, "xooxooxoxooxooxo"}, {BLOCK, "x..x.x.x..x.x.x."},
			{TAMBOURINE, "x.oox.oox.oox.oo"}}},
};

const struct spotlight *spotlight(uint32_t preset)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (examples[i].preset == preset)
			return &examples[i];
	return NULL;
}

int64_t spotlight_ticks(const struct spotlight *s)
{
	return (int64_t)strlen(s->line[0].cells) * s->cell_ticks * s->times;
}

static uint16_t velocity_of(char cell)
{
	return cell == 'X' ? 60000 : cell == 'x' ? 46000 : cell == 'o' ? 26000 : 0;
}

void spotlight_hits(const struct spotlight *s, int64_t from, int64_t to, struct metro_score *score)
{
	const int64_t n_cells = (int64_t)strlen(s->line[0].cells), end = n_cells * s->times;

	for (int64_t cell = (from + s->cell_ticks - 1) / s->cell_ticks;
		cell < end && cell * s->cell_ticks < to; cell++)
		for (uint32_t i = 0; i < SPOT_LINES_MAX && s->line[i].cells; i++) {
			const char c = s->line[i].cells[cell % n_cells];

			if (!velocity_of(c))
				continue;
			if (score->n_hits == METRO_HITS_MAX) {
				score->n_left_out++;
				continue;
			}
			score->hit[score->n_hits++] = (struct metro_hit){.tick = cell * s->cell_ticks,
				.tier = c == 'X' ? MOS_TIER_ACCENT : MOS_TIER_WEAK,
				.velocity = velocity_of(c),
				.key = s->line[i].key};
		}
}
