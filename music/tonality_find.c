/* SPDX-License-Identifier: MIT */
/*
 * Finding the key: correlation with the key profiles that Temperley gives in "What's Key for Key?" (Music
 * Perception 17, 1999), over weights that fade.
 */
#include <mos/tonality.h>

#include <math.h>
#include <string.h>

#define N_KEYS 24
#define HALF_LIFE_S 12.f
#define ENOUGH_S 6.f   /* sounding time of all tones together before anything is said, */
#define ENOUGH_TONES 5 /* and tones that were there: a chord or two are in many keys */
#define THERE 0.1f     /* of the most heard tone */
#define MARGIN 0.05f   /* by which a rival has to be better, and */
#define PATIENCE_S 3.f /* for how long */

static const float profile[2][12] = {
	{5.f, 2.f, 3.5f, 2.f, 4.5f, 4.f, 2.f, 4.5f, 2.f, 3.5f, 1.5f, 4.f},
	{5.f, 2.f, 3.5f, 4.5f, 2.f, 4.f, 2.f, 4.5f, 3.5f, 2.f, 1.5f, 4.f},
};

static float mean(const float x[12])
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += x[i];
	return sum / 12;
}

static float correlation(const float weight[12], const float expected[12], int tonic)
{
	const float mean_w = mean(weight), mean_e = mean(expected);
	float we = 0, ww = 0, ee = 0;

	for (int i = 0; i < 12; i++) {
		const float w = weight[(i + tonic) % 12] - mean_w, e = expected[i] - mean_e;

		we += w * e;
		ww += w * w;
		ee += e * e;
	}
	return ww > 0 ? we / sqrtf(ww * ee) : 0;
}

int mos_tonality_match(const float weight[12], float ret_match[24])
{
	float match[N_KEYS];
	int best = 0;

	for (int k = 0; k < N_KEYS; k++) {
		match[k] = correlation(weight, profile[k / 12], k % 12);
		if (match[k] > match[best])
			best = k;
	}
	if (ret_match)
		memcpy(ret_match, match, sizeof(match));
	return mean(weight) > 0 && match[best] > 0 ? best : -1;
}

void mos_tonality_finder_init(struct mos_tonality_finder *finder)
{
	*finder = (struct mos_tonality_finder){.rival = -1};
}

/* Whether what was heard is enough to tell keys apart. */
static int is_enough(const float weight[12])
{
	float most = 0;
	int n_tones = 0;

	for (int i = 0; i < 12; i++)
		most = fmaxf(most, weight[i]);
	for (int i = 0; i < 12; i++)
		n_tones += weight[i] > most * THERE;
	return mean(weight) * 12 >= ENOUGH_S && n_tones >= ENOUGH_TONES;
}

static int number_of(struct mos_tonality t)
{
	return mos_tone_class(t.tonic) + (t.minor ? 12 : 0);
}

static void set_found(struct mos_tonality_finder *f, int number)
{
	f->found = mos_tonality_from_class(number % 12, number / 12);
	f->is_found = 1;
	f->rival = -1;
	f->rival_s = 0;
}

int mos_tonality_finder_add(struct mos_tonality_finder *f, const float weight[12], float seconds)
{
	const float keep = exp2f(-seconds / HALF_LIFE_S);
	float match[N_KEYS];
	int best;

	if (!(seconds > 0))
		return 0;
	for (int i = 0; i < 12; i++) {
		const float more = isfinite(weight[i]) && weight[i] > 0 ? weight[i] * seconds : 0;

		f->weight[i] = f->weight[i] * keep + more;
	}
	best = mos_tonality_match(f->weight, match);
	if (best < 0 || !is_enough(f->weight))
		return 0;
	if (!f->is_found) {
		set_found(f, best);
		f->confidence = match[best];
		return 1;
	}

	const int now = number_of(f->found);

	f->confidence = fmaxf(match[now], 0);
	if (best == now || match[best] < match[now] + MARGIN) {
		f->rival = -1;
		return 0;
	}
	if (f->rival != best) {
		f->rival = best;
		f->rival_s = 0;
	}
	f->rival_s += seconds;
	if (f->rival_s < PATIENCE_S)
		return 0;
	set_found(f, best);
	f->confidence = match[best];
	return 1;
}
