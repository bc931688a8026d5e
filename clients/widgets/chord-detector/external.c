/* SPDX-License-Identifier: MIT */
#include "external.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "detector.h"

static const char *const ears[] = {
	[MOS_ORIGIN_MIDI] = "midi", [MOS_ORIGIN_AUDIO] = "audio", [MOS_ORIGIN_SCORE] = "score"};

static int find_ear(const char *name)
{
	for (int i = 0; i < FUSION_N_EARS; i++) {
		if (strcmp(name, ears[i]) == 0)
			return i;
	}
	return -1;
}

static const char *symbol_at(const struct mos_value *params, uint32_t i)
{
	char path[48];
	const char *symbol = mos_get_str(params, "symbol", NULL);

	if (symbol)
		return symbol;
	(void)snprintf(path, sizeof(path), "chords/%u", i);
	symbol = mos_get_str(params, path, NULL);
	if (symbol)
		return symbol;
	(void)snprintf(path, sizeof(path), "chords/%u/symbol", i);
	return mos_get_str(params, path, NULL);
}

static int fail(struct external_fault *fault, const char *code, const char *what, const char *value)
{
	fault->code = code;
	(void)snprintf(fault->text, sizeof(fault->text), "%s: %.48s", what, value);
	return -EINVAL;
}

static int parse_fusion(
	const struct mos_value *params, struct external_request *r, struct external_fault *fault)
{
	const struct mos_value *fusion = mos_get(params, "fusion");
	const struct mos_value *votes = mos_get(fusion, "votes");
	const int64_t version = mos_get_int(fusion, "version", 1);

	if (!fusion || fusion->type == MOS_VALUE_NIL)
		return 0;
	if (fusion->type != MOS_VALUE_MAP || !votes || votes->type != MOS_VALUE_LIST || version < 0 ||
		version > 255)
		return fail(fault, "detection.fusion.invalid", "fusion is {votes: [ears], version: 0..255}",
			"fusion");
	for (uint32_t i = 0; i < votes->len; i++) {
		const struct mos_value *vote = &votes->u.items[i];
		const int ear = vote->type == MOS_VALUE_STR ? find_ear(vote->u.str) : -1;

		if (ear < 0)
			return fail(fault, "detection.fusion.invalid", "votes are of midi, audio and score",
				"votes");
		r->votes |= (uint8_t)(1u << ear);
	}
	r->is_fused = 1;
	r->version = (uint8_t)version;
	return 0;
}

int external_parse(const struct mos_value *params, struct external_request *ret, struct external_fault *fault)
{
	struct external_request r = {.n_chords = 1};
	const struct mos_value *chords = mos_get(params, "chords");
	const char *origin = mos_get_str(params, "origin", "audio");
	const char *source = mos_get_str(params, "source", "real-time");
	const int ear = find_ear(origin);

	r.confidence = (float)mos_get_real(params, "confidence", 1);
	if (ear < 0)
		return fail(fault, "detection.origin.invalid", "origin is midi, audio or score", origin);
	r.origin = (enum mos_chord_origin)ear;
	if (strcmp(source, "real-time") == 0)
		r.source = MOS_CHORD_REALTIME;
	else if (strcmp(source, "bulk") == 0)
		r.source = MOS_CHORD_BULK;
	else
		return fail(fault, "detection.source.invalid", "source is real-time or bulk", source);
	if (!(r.confidence >= 0 && r.confidence <= 1))
		return fail(fault, "detection.confidence.invalid", "confidence is 0 to 1", "confidence");
	if (parse_fusion(params, &r, fault) < 0)
		return -EINVAL;
	if (!mos_get_str(params, "symbol", NULL)) {
		if (!chords || chords->type != MOS_VALUE_LIST || !chords->len)
			return fail(fault, "detection.symbol.missing", "one symbol, or a list of chords",
				"symbol");
		r.n_chords = chords->len;
	}
	if (r.source == MOS_CHORD_REALTIME && r.n_chords > 1)
		return fail(fault, "detection.source.invalid", "of now there is one chord; many are bulk",
			source);
	for (uint32_t i = 0; i < r.n_chords; i++) {
		const char *symbol = symbol_at(params, i);
		struct mos_chord chord;
		size_t where = 0;

		if (!symbol)
			return fail(fault, "detection.symbol.missing", "a chord without a symbol", "chords");
		if (mos_chord_parse(symbol, SIZE_MAX, &chord, &where) < 0) {
			char what[48];

			(void)snprintf(what, sizeof(what), "not a chord from byte %zu on", where);
			return fail(fault, "detection.symbol.invalid", what, symbol);
		}
	}
	*ret = r;
	return 0;
}

struct mos_ev_chord external_chord(const struct mos_value *params, const struct external_request *request,
	uint32_t i, const struct mos_tonality *tonality, struct mos_chord *ret)
{
	struct detection d = {
		.confidence = request->confidence,
		.origin = (uint8_t)request->origin,
		.votes = request->votes,
		.version = request->version,
		.has_tonality = tonality != NULL,
	};
	struct mos_ev_chord ev;

	(void)mos_chord_parse(symbol_at(params, i), SIZE_MAX, &d.chord, NULL);
	if (tonality)
		d.tonality = *tonality;
	d.pitch_classes = mos_chord_pitch_classes(&d.chord);
	ev = detection_event(&d);
	ev.source = (uint8_t)request->source;
	*ret = d.chord;
	return ev;
}

int external_has_room(const struct external_queue *q, uint32_t n)
{
	return n <= EXTERNAL_QUEUE - q->n;
}

void external_put(struct external_queue *q, const struct mos_ev_chord *chord)
{
	q->chord[(q->first + q->n) % EXTERNAL_QUEUE] = *chord;
	q->n++;
}

int external_take(struct external_queue *q, struct mos_ev_chord *ret)
{
	if (!q->n)
		return 0;
	*ret = q->chord[q->first];
	q->first = (q->first + 1) % EXTERNAL_QUEUE;
	q->n--;
	return 1;
}
