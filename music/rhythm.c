/* SPDX-License-Identifier: MIT */
/* Patterns of steps on a circle. */
#include <mos/rhythm.h>

#include <errno.h>
#include <string.h>

int mos_rhythm_is_valid(const struct mos_rhythm *rhythm) MOS_RT
{
	const uint32_t n = rhythm->n_steps;

	if (n < 1 || n > MOS_RHYTHM_STEPS_MAX)
		return 0;
	if (n <= 64)
		return !rhythm->onset[1] && (n == 64 || !(rhythm->onset[0] >> n));
	return n == 128 || !(rhythm->onset[1] >> (n - 64));
}

int mos_rhythm_has(const struct mos_rhythm *rhythm, uint32_t step) MOS_RT
{
	return step < rhythm->n_steps && rhythm->onset[step / 64] >> step % 64 & 1;
}

void mos_rhythm_put(struct mos_rhythm *rhythm, uint32_t step, int onset) MOS_RT
{
	const uint64_t bit = UINT64_C(1) << step % 64;

	if (step >= rhythm->n_steps)
		return;
	if (onset)
		rhythm->onset[step / 64] |= bit;
	else
		rhythm->onset[step / 64] &= ~bit;
}

uint32_t mos_rhythm_pulses(const struct mos_rhythm *rhythm) MOS_RT
{
	return (uint32_t)(__builtin_popcountll(rhythm->onset[0]) + __builtin_popcountll(rhythm->onset[1]));
}

int mos_rhythm_equal(const struct mos_rhythm *a, const struct mos_rhythm *b) MOS_RT
{
	return a->n_steps == b->n_steps && a->onset[0] == b->onset[0] && a->onset[1] == b->onset[1];
}

struct mos_rhythm mos_rhythm_rotate(const struct mos_rhythm *rhythm, int64_t steps) MOS_RT
{
	struct mos_rhythm r = {.n_steps = rhythm->n_steps};
	int64_t from = steps % rhythm->n_steps;

	if (from < 0)
		from += rhythm->n_steps;
	for (uint32_t s = 0; s < r.n_steps; s++)
		mos_rhythm_put(&r, s, mos_rhythm_has(rhythm, ((uint32_t)from + s) % r.n_steps));
	return r;
}

int mos_rhythm_parse(const char *text, struct mos_rhythm *ret)
{
	struct mos_rhythm r = {0};

	for (; *text; text++) {
		if (*text == ' ' || *text == '|')
			continue;
		if (!strchr("xX1o.-0_", *text) || r.n_steps == MOS_RHYTHM_STEPS_MAX)
			return -EINVAL;
		r.n_steps++;
		mos_rhythm_put(&r, r.n_steps - 1, strchr("xX1o", *text) != NULL);
	}
	if (!r.n_steps)
		return -EINVAL;
	*ret = r;
	return 0;
}

int mos_rhythm_format(const struct mos_rhythm *rhythm, char *buf, size_t size)
{
	if (size < rhythm->n_steps + 1)
		return -ENOSPC;
	for (uint32_t s = 0; s < rhythm->n_steps; s++)
		buf[s] = mos_rhythm_has(rhythm, s) ? 'x' : '.';
	buf[rhythm->n_steps] = '\0';
	return (int)rhythm->n_steps;
}

/* Steps from an onset to the next one, which may be itself. */
static uint32_t gap_after(const struct mos_rhythm *rhythm, uint32_t step) MOS_RT
{
	uint32_t gap = 1;

	while (gap < rhythm->n_steps && !mos_rhythm_has(rhythm, (step + gap) % rhythm->n_steps))
		gap++;
	return gap;
}

uint32_t mos_rhythm_gaps(const struct mos_rhythm *rhythm, uint8_t *gaps, uint32_t max) MOS_RT
{
	uint32_t n = 0;

	for (uint32_t s = 0; s < rhythm->n_steps; s++) {
		if (!mos_rhythm_has(rhythm, s))
			continue;
		if (n < max)
			gaps[n] = (uint8_t)gap_after(rhythm, s);
		n++;
	}
	return n;
}

double mos_rhythm_evenness(const struct mos_rhythm *rhythm) MOS_RT
{
	uint8_t gaps[MOS_RHYTHM_STEPS_MAX];
	const uint32_t n = mos_rhythm_gaps(rhythm, gaps, MOS_RHYTHM_STEPS_MAX);
	uint64_t squares = 0;

	if (!n)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		squares += (uint64_t)gaps[i] * gaps[i];

	/* The gaps' sum is n_steps, so that variance / mean is squares / n_steps - n_steps / n. */
	return 1 - (double)squares / rhythm->n_steps + (double)rhythm->n_steps / n;
}

/* Whether the rotation by `a` reads, as text, greater than that by `b`. */
static int reads_greater(const struct mos_rhythm *rhythm, uint32_t a, uint32_t b) MOS_RT
{
	const uint32_t n = rhythm->n_steps;

	for (uint32_t s = 0; s < n; s++) {
		const int in_a = mos_rhythm_has(rhythm, (a + s) % n),
			  in_b = mos_rhythm_has(rhythm, (b + s) % n);

		if (in_a != in_b)
			return in_a;
	}
	return 0;
}

struct mos_rhythm mos_rhythm_necklace(const struct mos_rhythm *rhythm, uint32_t *ret_rotation) MOS_RT
{
	uint32_t best = 0;

	for (uint32_t r = 1; r < rhythm->n_steps; r++)
		if (reads_greater(rhythm, r, best))
			best = r;
	if (ret_rotation)
		*ret_rotation = best;
	return mos_rhythm_rotate(rhythm, best);
}

int mos_rhythm_rotation_between(const struct mos_rhythm *from, const struct mos_rhythm *to) MOS_RT
{
	if (from->n_steps != to->n_steps)
		return -1;
	for (uint32_t r = 0; r < from->n_steps; r++) {
		const struct mos_rhythm rotated = mos_rhythm_rotate(from, r);

		if (mos_rhythm_equal(&rotated, to))
			return (int)r;
	}
	return -1;
}

uint32_t mos_rhythm_period(const struct mos_rhythm *rhythm) MOS_RT
{
	for (uint32_t r = 1; r < rhythm->n_steps; r++) {
		const struct mos_rhythm rotated = mos_rhythm_rotate(rhythm, r);

		if (mos_rhythm_equal(&rotated, rhythm))
			return r;
	}
	return rhythm->n_steps;
}
