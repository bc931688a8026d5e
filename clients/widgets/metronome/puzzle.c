/* SPDX-License-Identifier: MIT */
#include "puzzle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE (MOS_RHYTHM_STEPS_MAX + 1)

/* splitmix64 */
static uint32_t draw(uint64_t *state, uint32_t lo, uint32_t hi)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	z ^= z >> 31;
	return lo + (uint32_t)(z % (hi - lo + 1));
}

/* Neither empty nor full, and no two rotations alike, so that a question about rotations has one answer. */
static struct mos_rhythm any_rhythm(uint64_t *seed, uint32_t n)
{
	struct mos_rhythm r;

	do {
		r = (struct mos_rhythm){.n_steps = n};
		for (uint32_t s = 0; s < n; s++)
			mos_rhythm_put(&r, s, (int)draw(seed, 0, 1));
	} while (mos_rhythm_period(&r) != n);
	return r;
}

/* The same onsets and steps on another circle where there is one: an onset moved onto a rest. */
static struct mos_rhythm other_circle(const struct mos_rhythm *a)
{
	for (uint32_t from = 0; from < a->n_steps; from++)
		for (uint32_t to = 0; to < a->n_steps; to++) {
			struct mos_rhythm b = *a;

			if (!mos_rhythm_has(a, from) || mos_rhythm_has(a, to))
				continue;
			mos_rhythm_put(&b, from, 0);
			mos_rhythm_put(&b, to, 1);
			if (mos_rhythm_rotation_between(a, &b) < 0)
				return b;
		}
	return *a;
}

static void ask_gaps(struct puzzle *p)
{
	uint8_t gap[MOS_RHYTHM_STEPS_MAX];
	const uint32_t n = mos_rhythm_gaps(&p->a, gap, MOS_RHYTHM_STEPS_MAX);
	int len = snprintf(p->question, sizeof(p->question),
		"Write the pattern that starts with an onset and has the gaps ");

	for (uint32_t i = 0; i < n; i++)
		len += snprintf(
			p->question + len, sizeof(p->question) - (size_t)len, "%s%u", i ? "+" : "", gap[i]);
}

int puzzle_make(uint32_t chamber, uint64_t seed, struct puzzle *ret)
{
	struct puzzle p = {.chamber = chamber};
	const uint32_t n = draw(&seed, 5, 16);
	char a[TEXT_SIZE], b[TEXT_SIZE];

	if (chamber >= PUZZLE_N_CHAMBERS)
		return -EINVAL;
	p.a = p.b = any_rhythm(&seed, n);
	switch (chamber) {
	case PUZZLE_BUILD:
		(void)mos_euclid(draw(&seed, 2, n - 1), n, 0, &p.a);
		snprintf(p.question, sizeof(p.question), "Place %u onsets on %u steps as evenly as can be",
			mos_rhythm_pulses(&p.a), n);
		break;
	case PUZZLE_GAPS:
		p.a = mos_rhythm_necklace(&p.a, NULL);
		ask_gaps(&p);
		break;
	default:
		if (chamber == PUZZLE_NECKLACE && draw(&seed, 0, 1))
			p.b = other_circle(&p.a);
		p.b = mos_rhythm_rotate(&p.b, draw(&seed, 1, n - 1));
		(void)mos_rhythm_format(&p.a, a, sizeof(a));
		(void)mos_rhythm_format(&p.b, b, sizeof(b));
		snprintf(p.question, sizeof(p.question),
			chamber == PUZZLE_ROTATE ? "By how many steps later does %s begin to be %s?"
						 : "Are %s and %s the same circle? yes or no",
			a, b);
	}
	*ret = p;
	return 0;
}

void puzzle_solve(const struct puzzle *puzzle, char *buf)
{
	const int by = mos_rhythm_rotation_between(&puzzle->a, &puzzle->b);

	if (puzzle->chamber == PUZZLE_ROTATE)
		snprintf(buf, TEXT_SIZE, "%d", by);
	else if (puzzle->chamber == PUZZLE_NECKLACE)
		strcpy(buf, by >= 0 ? "yes" : "no");
	else
		(void)mos_rhythm_format(&puzzle->a, buf, TEXT_SIZE);
}

static int check_pattern(const struct puzzle *p, const char *answer, const char **ret_why)
{
	struct mos_rhythm r;

	*ret_why = "answer with a pattern, like x..x..x.";
	if (mos_rhythm_parse(answer, &r) < 0)
		return -EINVAL;
	*ret_why = "it has another number of steps";
	if (r.n_steps != p->a.n_steps)
		return 0;
	*ret_why = "it has another number of onsets";
	if (mos_rhythm_pulses(&r) != mos_rhythm_pulses(&p->a))
		return 0;
	if (p->chamber == PUZZLE_GAPS) {
		*ret_why = "its gaps are others";
		return mos_rhythm_equal(&r, &p->a);
	}
	*ret_why = "they could lie more evenly";
	return mos_rhythm_rotation_between(&p->a, &r) >= 0;
}

int puzzle_check(const struct puzzle *puzzle, const char *answer, const char **ret_why)
{
	char right[TEXT_SIZE], *end;
	int r;

	switch (puzzle->chamber) {
	case PUZZLE_ROTATE:
		*ret_why = "answer with a number of steps";
		(void)strtoul(answer, &end, 10);
		if (end == answer || *end)
			return -EINVAL;
		puzzle_solve(puzzle, right);
		r = strcmp(answer, right) == 0;
		*ret_why = "turned by that it is another pattern";
		break;
	case PUZZLE_NECKLACE:
		*ret_why = "answer with yes or no";
		if (strcmp(answer, "yes") != 0 && strcmp(answer, "no") != 0)
			return -EINVAL;
		puzzle_solve(puzzle, right);
		r = strcmp(answer, right) == 0;
		*ret_why = right[0] == 'y' ? "one can be turned into the other"
					   : "no rotation makes one of the other";
		break;
	default:
		r = check_pattern(puzzle, answer, ret_why);
	}
	if (r == 1)
		*ret_why = "right";
	return r;
}

const char *puzzle_chamber_name(uint32_t chamber)
{
	static const char *const names[PUZZLE_N_CHAMBERS] = {"build", "rotate", "necklace", "gaps"};

	return chamber < PUZZLE_N_CHAMBERS ? names[chamber] : NULL;
}
