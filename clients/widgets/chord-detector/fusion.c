/* SPDX-License-Identifier: MIT */
#include "fusion.h"

/* What an ear's word is worth when it is sure. Keys that are down are facts; sound is a guess. */
static const float worth[FUSION_N_EARS] = {
	[MOS_ORIGIN_MIDI] = 1.f, [MOS_ORIGIN_AUDIO] = 0.6f, [MOS_ORIGIN_SCORE] = 0.7f};
/* Of voices that agree, whose symbol is told: the one that sees most; our own before what was told. */
static const uint8_t precedence[FUSION_N_VOICES] = {MOS_ORIGIN_MIDI, MOS_ORIGIN_SCORE, MOS_ORIGIN_AUDIO,
	FUSION_TOLD + MOS_ORIGIN_MIDI, FUSION_TOLD + MOS_ORIGIN_SCORE, FUSION_TOLD + MOS_ORIGIN_AUDIO};

#define MARGIN 0.1f /* by which a challenger has to win */

void fusion_init(struct fusion *f)
{
	*f = (struct fusion){
		.reason = FUSION_SILENT, .attack_ns = -FUSION_FRESH_NS, .changed_ns = -FUSION_HELD_NS};
}

void fusion_tell(struct fusion *f, unsigned int voice, const struct mos_chord *chord, float confidence,
	int64_t until_ns)
{
	f->voice[voice].chord = chord ? *chord : (struct mos_chord){0};
	f->voice[voice].confidence = confidence < 0 ? 0 : confidence > 1 ? 1 : confidence;
	f->voice[voice].until_ns = until_ns;
}

void fusion_attack(struct fusion *f, int64_t now_ns)
{
	f->attack_ns = now_ns;
}

static int agree(const struct mos_chord *a, const struct mos_chord *b)
{
	return a->family == b->family && mos_tone_class(a->root) == mos_tone_class(b->root);
}

static int has_opinion(const struct fusion *f, int voice, int64_t now_ns)
{
	return f->voice[voice].chord.family != MOS_CHORD_NONE && now_ns < f->voice[voice].until_ns;
}

static float weight_of(const struct fusion *f, int voice)
{
	return worth[voice % FUSION_N_EARS] * (0.3f + 0.7f * f->voice[voice].confidence);
}

static float weight_for(
	const struct fusion *f, const struct mos_chord *chord, int64_t now_ns, uint8_t *ret_votes)
{
	float weight = 0;
	uint8_t votes = 0;

	for (int i = 0; i < FUSION_N_VOICES; i++) {
		if (!has_opinion(f, i, now_ns) || !agree(&f->voice[i].chord, chord))
			continue;
		votes |= (uint8_t)(1u << i % FUSION_N_EARS);
		weight += weight_of(f, i);
	}
	if (ret_votes)
		*ret_votes = votes;
	return weight;
}

/* Whether it may change now, or the old one is still held. */
static int may_change(const struct fusion *f, int64_t now_ns)
{
	const int64_t since = now_ns - f->changed_ns;

	if (f->changed_ns < f->attack_ns)
		return 1;
	if (now_ns - f->attack_ns < FUSION_FRESH_NS)
		return since >= FUSION_APART_NS;
	return since >= FUSION_HELD_NS;
}

static void set(struct fusion *f, int64_t now_ns, const struct mos_chord *chord)
{
	f->chord = *chord;
	f->changed_ns = now_ns;
	f->version = (uint8_t)(f->version % 255 + 1);
}

static int fall_silent(struct fusion *f, int64_t now_ns)
{
	if (f->chord.family == MOS_CHORD_NONE || now_ns - f->supported_ns < FUSION_SILENCE_NS ||
		!may_change(f, now_ns))
		return 0;
	f->votes = 0;
	f->confidence = 0;
	f->reason = FUSION_SILENT;
	set(f, now_ns, &(struct mos_chord){0});
	return 1;
}

int fusion_decide(struct fusion *f, int64_t now_ns)
{
	float total = 0, best_weight = 0, current;
	int best = -1;

	for (int i = 0; i < FUSION_N_VOICES; i++) {
		const int voice = precedence[i];

		if (!has_opinion(f, voice, now_ns))
			continue;
		total += weight_of(f, voice);

		const float weight = weight_for(f, &f->voice[voice].chord, now_ns, NULL);

		if (weight > best_weight) {
			best_weight = weight;
			best = voice;
		}
	}
	if (best < 0)
		return fall_silent(f, now_ns);

	current = weight_for(f, &f->chord, now_ns, NULL);
	if (f->chord.family != MOS_CHORD_NONE && current > 0)
		f->supported_ns = now_ns;
	if (!agree(&f->voice[best].chord, &f->chord) && current > 0 && best_weight < current + MARGIN)
		return 0;
	if (agree(&f->voice[best].chord, &f->chord) && mos_chord_equal(&f->voice[best].chord, &f->chord)) {
		f->confidence = best_weight / total;
		(void)weight_for(f, &f->chord, now_ns, &f->votes);
		return 0;
	}
	if (!may_change(f, now_ns))
		return 0;
	f->leader = (uint8_t)best;
	f->confidence = best_weight / total;
	f->supported_ns = now_ns;
	(void)weight_for(f, &f->voice[best].chord, now_ns, &f->votes);
	f->reason = best_weight < total                ? FUSION_OUTVOTED
		    : __builtin_popcount(f->votes) > 1 ? FUSION_AGREED
						       : FUSION_ALONE;
	set(f, now_ns, &f->voice[best].chord);
	return 1;
}

const char *fusion_reason_text(uint8_t reason)
{
	static const char *const text[] = {
		[FUSION_ALONE] = "one ear alone",
		[FUSION_AGREED] = "the ears agree",
		[FUSION_OUTVOTED] = "others were outvoted",
		[FUSION_SILENT] = "silence",
	};

	return reason < sizeof(text) / sizeof(text[0]) ? text[reason] : "";
}
