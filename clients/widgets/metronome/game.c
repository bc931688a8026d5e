/* SPDX-License-Identifier: MIT */
#include "game.h"

#include <stddef.h>

static uint32_t unlock(struct game *g)
{
	const uint32_t earned = (uint32_t)(g->beats >= 500) << GAME_BEATS_500 |
				(uint32_t)(g->accents >= 200) << GAME_ACCENTS_200 |
				(uint32_t)(g->longest >= 7) << GAME_DAYS_7;
	const uint32_t fresh = earned & ~g->achieved;

	g->achieved |= earned;
	return fresh;
}

static uint32_t on_day(struct game *g, int64_t day)
{
	if (day == g->last_day)
		return 0;
	/* A clock that was set back breaks no streak. */
	if (day < g->last_day && g->last_day - day < 2)
		return 0;
	g->streak = g->last_day && day == g->last_day + 1 ? g->streak + 1 : 1;
	g->last_day = day;
	if (g->streak > g->longest)
		g->longest = g->streak;
	return GAME_STREAK;
}

uint32_t game_beat(struct game *game, int64_t day)
{
	const uint32_t grew = on_day(game, day);

	game->beats++;
	return grew | unlock(game);
}

uint32_t game_accent(struct game *game, int64_t day)
{
	const uint32_t grew = on_day(game, day);

	game->accents++;
	return grew | unlock(game);
}

const char *game_achievement_name(uint32_t achievement)
{
	static const char *const names[GAME_N_ACHIEVEMENTS] = {"500 beats", "200 accents", "7 days in a row"};

	return achievement < GAME_N_ACHIEVEMENTS ? names[achievement] : NULL;
}
