/* SPDX-License-Identifier: MIT */
/* Templates and a hidden Markov model: which chord this is, given what was heard before. */
#include <mos/chroma.h>

#include <math.h>
#include <string.h>

#include <mos/chord_name.h>

#define N_STATES MOS_EAR_N_STATES
#define NO_CHORD (N_STATES - 1)
#define SHARPNESS 1200.f    /* of the likelihood: nepers a second for a likeness better by 1 */
#define LONGEST_S 0.1f      /* one look never counts for more time than this */
#define BASS_SHARE 0.22f    /* of the likeness */
#define CHANGES_HZ 2.f      /* how often chords change, before anything is heard */
#define LIKENESS_NONE 0.62f /* below this no chord is a better word for it */
#define SILENCE 0.02f       /* of what is usual here */
#define UNLIKE 0.5f         /* likeness of confidence 0, and */
#define ALIKE 0.9f          /* of 1 */
#define BASS_S 0.1f         /* how long the bass is listened to */
#define BASS_CLEAR 0.55f    /* share of another tone than the root's to be the bass */

/* Chords that are told apart, tone by tone above the root. A seventh's tone is softer than the triad's. */
static const struct {
	uint16_t degrees;
	float weight[12];
	float prior; /* rarer chords have to be heard more clearly; in likeness */
} quality[MOS_EAR_N_QUALITIES] = {
	{MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5), {1, 0, 0, 0, 0.9f, 0, 0, 0.9f}, 0},
	{MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5), {1, 0, 0, 0.9f, 0, 0, 0, 0.9f}, 0},
	{MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(B7), {1, 0, 0, 0, 0.9f, 0, 0, 0.7f, 0, 0, 0.8f},
		-0.02f},
	{MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(5) | MOS_HAS(B7), {1, 0, 0, 0.9f, 0, 0, 0, 0.8f, 0, 0, 0.8f},
		-0.02f},
	{MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(5) | MOS_HAS(7), {1, 0, 0, 0, 0.9f, 0, 0, 0.8f, 0, 0, 0, 0.8f},
		-0.02f},
	{MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(B5), {1, 0, 0, 1, 0, 0, 1}, -0.03f},
	{MOS_HAS(1) | MOS_HAS(3) | MOS_HAS(S5), {1, 0, 0, 0, 1, 0, 0, 0, 1}, -0.04f},
	{MOS_HAS(1) | MOS_HAS(11) | MOS_HAS(5), {1, 0, 0, 0, 0, 0.9f, 0, 0.9f}, -0.04f},
};

void mos_chord_ear_init(struct mos_chord_ear *ear)
{
	*ear = (struct mos_chord_ear){.state = NO_CHORD};
	ear->belief[NO_CHORD] = 1;
}

static float length(const float x[12])
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += x[i] * x[i];
	return sqrtf(sum);
}

/* Cosine of the angle between what is heard and what the chord has, plus the bass. */
static float likeness(const struct mos_chroma *c, float heard_length, int q, int root)
{
	float dot = 0;

	for (int i = 0; i < 12; i++)
		dot += c->treble[(root + i) % 12] * quality[q].weight[i];
	dot /= heard_length * length(quality[q].weight) + 1e-9f;

	/* the root, or else the third or fifth, lies low */
	float bass = c->bass[root];

	for (int i = 1; i < 12; i++)
		bass += quality[q].weight[i] > 0 ? 0.35f * c->bass[(root + i) % 12] : 0.f;
	return (1 - BASS_SHARE) * dot + BASS_SHARE * bass + quality[q].prior;
}

static void observe(const struct mos_chroma *c, int is_silent, float likelihood[N_STATES])
{
	const float heard_length = length(c->treble);

	for (int s = 0; s < NO_CHORD; s++)
		likelihood[s] = is_silent ? 0 : likeness(c, heard_length, s / 12, s % 12);
	likelihood[NO_CHORD] = is_silent ? 1 : LIKENESS_NONE;
}

/* The chord tone in the bass: the root, unless another is clearly there. */
static int lowest(const struct mos_chord_ear *ear, int q, int root)
{
	for (int i = 1; i < 12; i++) {
		const int tone = (root + i) % 12;

		if (quality[q].weight[i] > 0 && ear->bass[tone] > BASS_CLEAR &&
			ear->bass[root] < 1 - BASS_CLEAR)
			return tone;
	}
	return root;
}

int mos_chord_ear_hear(struct mos_chord_ear *ear, const struct mos_chroma *chroma, float seconds,
	struct mos_chord_heard *ret)
{
	const float step_s = fminf(fmaxf(seconds, 0), LONGEST_S);
	const float change = 1 - expf(-CHANGES_HZ * step_s);
	float likelihood[N_STATES], sum = 0, top = -1e9f;
	const int before = ear->state;
	int best = NO_CHORD;

	/* what is usual rises at once and falls to half in ten seconds */
	ear->usual_level = fmaxf(chroma->level, ear->usual_level * exp2f(-step_s / 10));
	observe(chroma, !(chroma->level > SILENCE * ear->usual_level), likelihood);
	for (int s = 0; s < N_STATES; s++)
		top = fmaxf(top, likelihood[s]);
	for (int s = 0; s < N_STATES; s++) {
		const float expected = ear->belief[s] * (1 - change) + change / N_STATES;

		/* over a second it counts as much, however many looks there were */
		ear->belief[s] = expected * expf(SHARPNESS * step_s * (likelihood[s] - top));
		sum += ear->belief[s];
	}
	for (int s = 0; s < N_STATES; s++) {
		ear->belief[s] /= sum;
		if (ear->belief[s] > ear->belief[best])
			best = s;
	}
	ear->state = best;
	for (int i = 0; i < 12; i++)
		ear->bass[i] += (1 - expf(-step_s / BASS_S)) * (chroma->bass[i] - ear->bass[i]);

	*ret = (struct mos_chord_heard){.confidence = ear->belief[best]};
	if (best == NO_CHORD)
		return before != best;
	ret->confidence *= fminf(fmaxf((likelihood[best] - UNLIKE) / (ALIKE - UNLIKE), 0), 1);
	ret->chord.degrees = quality[best / 12].degrees;
	ret->chord.family = (uint8_t)mos_degrees_family(ret->chord.degrees);
	ret->chord.root = mos_tone_on_fifths(best % 12, 0);
	ret->chord.bass = mos_tone_on_fifths(lowest(ear, best / 12, best % 12), 0);
	mos_chord_spell(&ret->chord, NULL);
	return before != best;
}
