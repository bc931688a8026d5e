/* SPDX-License-Identifier: MIT */
/* What is shown: three lines for terminals, and the same as values. */
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "draw.h"
#include "harmony.h"

#define N_OTHERS (HELD_N_NAMES - 1)

static const char *const ear_names[] = {"midi", "audio", "score"};

static void list_votes(uint8_t votes, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (int i = 0; i < FUSION_N_EARS; i++) {
		if (votes >> i & 1)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "", ear_names[i]);
	}
}

/* Other names for what is held. @return how many. */
static uint32_t list_others(const struct app *a, char text[N_OTHERS][MOS_CHORD_TEXT_MAX])
{
	const struct held_notes *notes = &a->detector.notes[a->last.origin];
	uint32_t n = 0;

	if (a->last.chord.family == MOS_CHORD_NONE || a->last.is_told || a->last.origin == MOS_ORIGIN_AUDIO)
		return 0;
	for (uint32_t i = 1; i < notes->n_names && notes->name[i].score > 0.02f; i++) {
		if (mos_chord_format(&notes->name[i].chord, text[n], MOS_CHORD_TEXT_MAX) > 0)
			n++;
	}
	return n;
}

void app_show(struct app *a)
{
	const struct detection *d = &a->last;
	const int is_chord = d->chord.family != MOS_CHORD_NONE;
	char symbol[MOS_CHORD_TEXT_MAX], numeral[MOS_CHORD_TEXT_MAX], key[16] = "", votes[32];
	char other[N_OTHERS][MOS_CHORD_TEXT_MAX], text[512];
	struct mos_value others[N_OTHERS];
	struct mos_tonality tonality;
	const int has_key = detector_tonality(&a->detector, &tonality);
	const uint32_t n_others = list_others(a, other);
	int len;

	if (mos_chord_format(&d->chord, symbol, sizeof(symbol)) < 0)
		symbol[0] = '\0';
	detection_numeral(&d->chord, has_key ? &tonality : NULL, numeral, sizeof(numeral));
	if (has_key)
		(void)mos_tonality_format(tonality, key, sizeof(key));
	list_votes(d->votes, votes, sizeof(votes));

	len = snprintf(text, sizeof(text), "%-16s %-12s %s\n", symbol, numeral, key);
	if (is_chord)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s: %s, %.0f %%\n", votes,
			fusion_reason_text(d->reason), (double)(100 * d->confidence));
	if (n_others)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "or");
	for (uint32_t i = 0; i < n_others; i++) {
		others[i] = mos_value_str(other[i]);
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %s", other[i]);
	}
	if (n_others)
		(void)snprintf(text + len, sizeof(text) - (size_t)len, "\n");

	(void)mos_widget_show(a->widget, text,
		MOS_ARGS(mos_str("symbol", is_chord ? symbol : ""), mos_str("numeral", numeral),
			mos_str("key", key), mos_int("root", is_chord ? mos_tone_class(d->chord.root) : -1),
			mos_int("bass", is_chord ? mos_tone_class(d->chord.bass) : -1),
			mos_int("pitch_classes", d->pitch_classes),
			mos_real("confidence", (double)d->confidence),
			mos_str("origin", is_chord ? ear_names[d->origin] : ""), mos_str("votes", votes),
			mos_str("reason", fusion_reason_text(d->reason)), mos_int("version", d->version),
			mos_list("others", others, n_others)));
	mos_widget_redraw(a->widget);
}

void app_draw(struct app *a, struct mos_draw *draw)
{
	const struct detection *d = &a->last;
	const int is_chord = d->chord.family != MOS_CHORD_NONE;
	char text[MOS_CHORD_TEXT_MAX], symbol[2 * MOS_CHORD_TEXT_MAX], numeral[2 * MOS_CHORD_TEXT_MAX],
		key[16] = "";
	char others[N_OTHERS * MOS_CHORD_TEXT_MAX] = "", other[N_OTHERS][MOS_CHORD_TEXT_MAX];
	struct mos_tonality tonality;
	const int has_key = detector_tonality(&a->detector, &tonality);
	const uint32_t n_others = list_others(a, other);
	size_t len = 0;

	if (!is_chord || mos_chord_format(&d->chord, text, sizeof(text)) < 0)
		text[0] = '\0';
	harmony_print(text, symbol, sizeof(symbol));
	detection_numeral(&d->chord, has_key ? &tonality : NULL, text, sizeof(text));
	harmony_print(text, numeral, sizeof(numeral));
	if (has_key)
		(void)mos_tonality_format(tonality, key, sizeof(key));
	for (uint32_t i = 0; i < n_others; i++)
		len += (size_t)snprintf(others + len, sizeof(others) - len, "%s%s", i ? "  " : "", other[i]);
	detector_draw(draw, &(struct detector_picture){.symbol = symbol,
				    .numeral = numeral,
				    .key = key,
				    .others = others,
				    .votes = d->votes,
				    .confidence = d->confidence,
				    .pitch_classes = d->pitch_classes});
}
