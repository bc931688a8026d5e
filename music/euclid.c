/* SPDX-License-Identifier: MIT */
/* Bjorklund's algorithm, and which of its rhythms a pattern is. */
#include <mos/euclid.h>

#include <errno.h>

/* Append `more` to `to`. */
static void append(struct mos_rhythm *to, const struct mos_rhythm *more) MOS_RT
{
	const uint32_t from = to->n_steps;

	to->n_steps += more->n_steps;
	for (uint32_t s = 0; s < more->n_steps; s++)
		mos_rhythm_put(to, from + s, mos_rhythm_has(more, s));
}

/*
 * Two kinds of sequence, at first "x" and ".": each one of the first kind takes one of the second to its end,
 * what is left over is the new second kind, until at most one is left. As in Euclid's algorithm the numbers
 * of the two are, pass by pass, a pair and its remainder.
 */
static struct mos_rhythm bjorklund(uint32_t k, uint32_t n) MOS_RT
{
	struct mos_rhythm first = {.onset = {1}, .n_steps = 1}, second = {.n_steps = 1}, r = {0};
	uint32_t n_first = k, n_second = n - k;

	if (n_second > 0) {
		do {
			const struct mos_rhythm old = first;

			append(&first, &second);
			if (n_first > n_second) {
				const uint32_t pairs = n_second;

				second = old;
				n_second = n_first - pairs;
				n_first = pairs;
			} else {
				n_second -= n_first;
			}
		} while (n_second > 1);
	}
	for (uint32_t i = 0; i < n_first; i++)
		append(&r, &first);
	for (uint32_t i = 0; i < n_second; i++)
		append(&r, &second);
	return r;
}

int mos_euclid(uint32_t k, uint32_t n, int64_t rotation, struct mos_rhythm *ret) MOS_RT
{
	struct mos_rhythm r = {.n_steps = n};

	if (n < 1 || n > MOS_RHYTHM_STEPS_MAX || k > n)
		return -EINVAL;
	if (k)
		r = bjorklund(k, n);
	*ret = mos_rhythm_rotate(&r, rotation);
	return 0;
}

struct mos_rhythm_identity mos_rhythm_identify(const struct mos_rhythm *rhythm)
{
	struct mos_rhythm_identity found = {
		.k = (uint16_t)mos_rhythm_pulses(rhythm), .n = (uint16_t)rhythm->n_steps};
	struct mos_rhythm euclid = {0};
	int best = -1, by;

	(void)mos_euclid(found.k, found.n, 0, &euclid);
	by = mos_rhythm_rotation_between(&euclid, rhythm);
	if (by >= 0) {
		found.is_euclidean = 1;
		found.euclid_rotation = (uint16_t)by;
	}
	for (uint32_t id = MOS_PRESET_NONE + 1; id < MOS_PRESET_END; id++) {
		const struct mos_rhythm preset = mos_preset_rhythm(mos_preset(id));

		by = mos_rhythm_rotation_between(&preset, rhythm);
		if (by >= 0 && (best < 0 || by < best)) {
			best = by;
			found.preset = id;
			found.rotation = (uint16_t)by;
		}
	}
	return found;
}
