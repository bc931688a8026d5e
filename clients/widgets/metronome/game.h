/* SPDX-License-Identifier: MIT */
/* Streaks and achievements (TOU-32, TOU-33): plain counts, kept over restarts. */
#ifndef METRONOME_GAME_H
#define METRONOME_GAME_H

#include <stdint.h>

enum game_achievement { GAME_BEATS_500 = 0, GAME_ACCENTS_200, GAME_DAYS_7, GAME_N_ACHIEVEMENTS };

struct game {
	uint64_t beats, accents;
	int64_t last_day; /* counted from any day; 0: none yet */
	uint32_t streak;  /* days in a row, the last one included */
	uint32_t longest;
	uint32_t achieved; /* bit enum game_achievement */
};

/*
 * Something was heard on a day (above 0).
 * @return bits of what this has unlocked, bit 31: the streak grew.
 */
#define GAME_STREAK (1u << 31)
uint32_t game_beat(struct game *game, int64_t day);
uint32_t game_accent(struct game *game, int64_t day);
const char *game_achievement_name(uint32_t achievement);

#endif
