/* SPDX-License-Identifier: MIT */
#include "detector.h"

#include <math.h>
#include <string.h>

#include <mos/roman.h>

#define MS 1000000ll
#define SURE 0.8f /* a confidence that needs no second look */
#define STABLE_SURE_NS (20 * MS)
#define STABLE_NS (80 * MS)     /* how long the ear has to say the same otherwise */
#define LISTEN_NS (400 * MS)    /* what the ear heard counts for this long */
#define TOLD_NS (1500 * MS)     /* what another program told */
#define HOLD_NS (86400000 * MS) /* what is held counts until it is let go */
#define ATTACK 1.3f             /* louder than usual by this: something was struck */
#define KEY_STEP_NS (200 * MS)
#define MEAN_S 0.12f /* a model looks at the mean of so long */

void detector_init(struct detector *d)
{
	*d = (struct detector){.config.ears = 7};
	mos_chord_ear_init(&d->ear);
	fusion_init(&d->fusion);
	mos_tonality_finder_init(&d->finder);
}

void detector_configure(struct detector *d, const struct detector_config *config)
{
	d->config = *config;
	for (unsigned int i = 0; i < FUSION_N_EARS; i++) {
		if (!(config->ears >> i & 1)) {
			fusion_tell(&d->fusion, i, NULL, 0, 0);
			fusion_tell(&d->fusion, FUSION_TOLD + i, NULL, 0, 0);
			d->notes[i] = (struct held_notes){0};
		}
	}
	if (!(config->ears & 1u << MOS_ORIGIN_AUDIO)) {
		mos_chord_ear_init(&d->ear);
		d->heard = (struct mos_chord_heard){0};
	}
}

int detector_tonality(const struct detector *d, struct mos_tonality *ret)
{
	if (d->config.has_key)
		*ret = d->config.key;
	else if (d->has_score_key)
		*ret = d->score_key;
	else if (d->finder.is_found)
		*ret = d->finder.found;
	else
		return 0;
	return 1;
}

static void do_note(struct detector *d, enum mos_chord_origin ear, int on, unsigned int key, int64_t now_ns)
{
	held_note(&d->notes[ear], on, key, now_ns);
}

void detector_note(struct detector *d, enum mos_chord_origin ear, int on, unsigned int key, int64_t time_ns,
	int64_t now_ns)
{
	uint32_t at = d->n_due;

	if (!(d->config.ears >> ear & 1) || key > 127)
		return;
	if (time_ns <= now_ns) {
		do_note(d, ear, on, key, now_ns);
		return;
	}
	/* a bound is needed; past it a note sounds a little early here */
	if (d->n_due == DETECTOR_N_DUE) {
		do_note(d, ear, on, key, now_ns);
		return;
	}
	for (; at > 0 && d->due[at - 1].time_ns > time_ns; at--)
		d->due[at] = d->due[at - 1];
	d->due[at] = (struct detector_due){.time_ns = time_ns, .key = (uint8_t)key, .on = on != 0};
	d->n_due++;
}

void detector_snapshot(struct detector *d, const struct mos_ev_snapshot *snapshot, int64_t now_ns)
{
	held_only(&d->notes[MOS_ORIGIN_MIDI], snapshot->keys, now_ns);
	held_pedal(&d->notes[MOS_ORIGIN_MIDI], snapshot->sustain >= 64, now_ns);
}

void detector_score_stopped(struct detector *d, int64_t now_ns)
{
	d->n_due = 0;
	held_none(&d->notes[MOS_ORIGIN_SCORE], now_ns);
}

void detector_key(struct detector *d, int fifths, int minor)
{
	d->score_key = mos_tonality_from_signature(fifths, minor);
	d->has_score_key = 1;
}

void detector_score_loaded(struct detector *d)
{
	d->has_score_key = 0;
}

void detector_hear(struct detector *d, const struct mos_chroma *chroma, float seconds, int64_t now_ns)
{
	struct mos_chord_heard heard;

	if (!(d->config.ears & 1u << MOS_ORIGIN_AUDIO))
		return;
	if (chroma->level > ATTACK * d->usual_level)
		fusion_attack(&d->fusion, now_ns);
	/* up at once, down slower than a tremolo */
	d->usual_level = fmaxf(chroma->level, d->usual_level * expf(-seconds / 0.6f));
	d->chroma = *chroma;
	d->chroma_ns = now_ns;
	if (mos_chord_ear_hear(&d->ear, chroma, seconds, &d->heard)) {
		d->heard_since_ns = now_ns;
		d->mean = *chroma;
	}
	for (int i = 0; i < 12; i++) {
		const float new = 1 - expf(-seconds / MEAN_S);

		d->mean.treble[i] += new * (chroma->treble[i] - d->mean.treble[i]);
		d->mean.bass[i] += new * (chroma->bass[i] - d->mean.bass[i]);
	}
	if (now_ns - d->heard_since_ns < (d->heard.confidence > SURE ? STABLE_SURE_NS : STABLE_NS))
		return;
	heard = d->heard;
	(void)chord_model_refine(&d->model, &d->mean, &heard);
	fusion_tell(&d->fusion, MOS_ORIGIN_AUDIO, &heard.chord, heard.confidence, now_ns + LISTEN_NS);
}

void detector_told(struct detector *d, enum mos_chord_origin ear, const struct mos_chord *chord,
	float confidence, int64_t now_ns)
{
	if (d->config.ears >> ear & 1)
		fusion_tell(&d->fusion, FUSION_TOLD + ear, chord, confidence, now_ns + TOLD_NS);
}

/* Announced notes whose time has come. */
static void play_due(struct detector *d, int64_t now_ns)
{
	uint32_t n = 0;

	while (n < d->n_due && d->due[n].time_ns <= now_ns) {
		do_note(d, MOS_ORIGIN_SCORE, d->due[n].on, d->due[n].key, now_ns);
		n++;
	}
	d->n_due -= n;
	memmove(d->due, d->due + n, d->n_due * sizeof(d->due[0]));
}

static void look_at_notes(struct detector *d, enum mos_chord_origin ear, int64_t now_ns)
{
	struct held_notes *notes = &d->notes[ear];
	struct mos_tonality tonality;
	const int has_key = detector_tonality(d, &tonality);
	const enum held_news news = held_look(notes, has_key ? &tonality : NULL, now_ns);

	if (news == HELD_SAME)
		return;
	if (news == HELD_ATTACKED)
		fusion_attack(&d->fusion, now_ns);
	fusion_tell(&d->fusion, ear, notes->n_names ? &notes->name[0].chord : NULL,
		notes->n_names ? notes->name[0].score : 0.f, now_ns + HOLD_NS);
}

/* The finder hears what is held; where nothing is, the sound. */
static void follow_key(struct detector *d, int64_t now_ns)
{
	const unsigned int held = d->notes[MOS_ORIGIN_MIDI].sounding.pitch_classes |
				  d->notes[MOS_ORIGIN_SCORE].sounding.pitch_classes;
	const int is_heard =
		d->chroma_ns && now_ns - d->chroma_ns < LISTEN_NS && d->heard.chord.family != MOS_CHORD_NONE;
	float weight[12];

	if (now_ns - d->key_ns < KEY_STEP_NS)
		return;
	d->key_ns = now_ns;
	if (!held && !is_heard)
		return;
	for (int i = 0; i < 12; i++)
		weight[i] = held ? (float)(held >> i & 1) : 3 * d->chroma.treble[i];
	(void)mos_tonality_finder_add(&d->finder, weight, (float)KEY_STEP_NS / 1e9f);
}

int detector_tick(struct detector *d, int64_t now_ns, struct detection *ret)
{
	const struct fusion *f = &d->fusion;

	play_due(d, now_ns);
	look_at_notes(d, MOS_ORIGIN_MIDI, now_ns);
	look_at_notes(d, MOS_ORIGIN_SCORE, now_ns);
	follow_key(d, now_ns);
	if (!fusion_decide(&d->fusion, now_ns))
		return 0;

	*ret = (struct detection){
		.chord = f->chord,
		.confidence = f->confidence * (f->votes ? f->voice[f->leader].confidence : 0.f),
		.origin = f->leader % FUSION_N_EARS,
		.is_told = f->leader >= FUSION_TOLD,
		.votes = f->votes,
		.version = f->version,
		.reason = f->reason,
	};
	ret->has_tonality = detector_tonality(d, &ret->tonality);
	ret->pitch_classes = mos_chord_pitch_classes(&f->chord);
	/* whose symbol it is has spelled it */
	if (ret->has_tonality && f->chord.family != MOS_CHORD_NONE && !ret->is_told)
		mos_chord_spell(&ret->chord, &ret->tonality);
	/* what is really held, where that is what was named */
	if (f->chord.family != MOS_CHORD_NONE && !ret->is_told && f->leader != MOS_ORIGIN_AUDIO &&
		d->notes[f->leader].n_names && mos_chord_equal(&d->notes[f->leader].name[0].chord, &f->chord))
		ret->pitch_classes = d->notes[f->leader].sounding.pitch_classes;
	return 1;
}

int detection_symbol(const struct mos_chord *chord, char *buf, size_t size)
{
	static const uint16_t keep[] = {0xffff,
		MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(3) | MOS_HAS(11) | MOS_HAS(9) | MOS_HAS(B5) | MOS_HAS(5) |
			MOS_HAS(S5) | MOS_HAS(BB7) | MOS_HAS(B7) | MOS_HAS(7),
		MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(3) | MOS_HAS(B5) | MOS_HAS(5) | MOS_HAS(S5) |
			MOS_HAS(BB7) | MOS_HAS(B7) | MOS_HAS(7),
		MOS_HAS(1) | MOS_HAS(B3) | MOS_HAS(3) | MOS_HAS(5)};

	if (chord->family == MOS_CHORD_NONE) {
		buf[0] = '\0';
		return 0;
	}
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		struct mos_chord less = *chord;

		less.degrees &= keep[i];
		if (!less.degrees)
			continue;

		const int len = mos_chord_format(&less, buf, size);

		if (len >= 0)
			return len;
	}
	return mos_tone_format(chord->root, buf, size);
}

void detection_numeral(
	const struct mos_chord *chord, const struct mos_tonality *tonality, char *buf, size_t size)
{
	struct mos_roman roman;

	if (!tonality || mos_roman_from_chord(chord, *tonality, &roman) < 0 ||
		mos_roman_format(&roman, buf, size) < 0)
		buf[0] = '\0';
}

static uint8_t to_byte(float x)
{
	return (uint8_t)lroundf(255 * fminf(fmaxf(x, 0), 1));
}

struct mos_ev_chord detection_event(const struct detection *d)
{
	struct mos_ev_chord ev = {
		.pitch_classes = d->pitch_classes,
		.key_tonic = MOS_KEY_NONE,
		.origin = d->origin,
		.source = MOS_CHORD_REALTIME,
		.fusion = d->votes,
		.confidence = to_byte(d->confidence),
		.version = d->version,
	};

	(void)detection_symbol(&d->chord, ev.symbol, sizeof(ev.symbol));
	if (d->chord.family != MOS_CHORD_NONE) {
		ev.root = (uint8_t)mos_tone_class(d->chord.root);
		ev.bass = (uint8_t)mos_tone_class(d->chord.bass);
	}
	if (d->has_tonality) {
		ev.key_tonic = (uint8_t)mos_tone_class(d->tonality.tonic);
		ev.key_minor = d->tonality.minor;
	}
	return ev;
}
