/* SPDX-License-Identifier: MIT */
/* The canonical text (T-20): every key that decides about a note, sorted, in one spelling. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"
#include "number.h"
#include "sha256.h"
#include "style_internal.h"

static void put_number(FILE *f, double value)
{
	char buf[BAND_NUMBER_MAX];

	(void)band_number_format(value, buf);
	(void)fputs(buf, f);
}

static void put_string(FILE *f, const char *text)
{
	(void)fputc('"', f);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < ' ')
			(void)fprintf(f, "\\u%04x", *c);
		else if (*c == '"' || *c == '\\')
			(void)fprintf(f, "\\%c", *c);
		else
			(void)fputc(*c, f);
	}
	(void)fputc('"', f);
}

static void put_seed(FILE *f, bool has, int64_t seed)
{
	if (has)
		(void)fprintf(f, "%" PRId64, seed);
	else
		(void)fputs("null", f);
}

static void put_line(FILE *f, const char *name, const struct band_line *line)
{
	(void)fprintf(f, "\"%s\":[", name);
	for (uint32_t i = 0; i < line->n_hits; i++) {
		const struct band_hit *hit = &line->hit[i];

		(void)fputs(i ? ",[" : "[", f);
		put_number(f, hit->beat);
		(void)fputc(',', f);
		put_number(f, hit->len);
		(void)fprintf(f, ",%u,%u]", hit->velocity, hit->tone);
	}
	(void)fputc(']', f);
}

static void put_pattern(FILE *f, const char *name, const struct band_pattern *pattern)
{
	if (!pattern) {
		(void)fprintf(f, "\"%s\":null", name);
		return;
	}
	(void)fprintf(f, "\"%s\":{\"bars\":%u,", name, pattern->bars);
	put_line(f, "bass", &pattern->line[BAND_BASS]);
	(void)fputc(',', f);
	put_line(f, "comp", &pattern->line[BAND_COMP]);
	(void)fputc(',', f);
	put_line(f, "drums", &pattern->line[BAND_DRUMS]);
	(void)fputc('}', f);
}

/** Closes a memory stream. @return its text; NULL: no memory. */
static char *finish(FILE *f, char **text)
{
	const bool failed = ferror(f);

	if (fclose(f) == 0 && !failed)
		return *text;
	free(*text);
	return NULL;
}

char *band_style_content(const struct band_style *style)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	(void)fputc('{', f);
	put_pattern(f, "ending", style->ending);
	(void)fputc(',', f);
	put_pattern(f, "fill", style->fill);
	(void)fputc(',', f);
	put_pattern(f, "hard", style->pattern[BAND_HARD]);
	(void)fputc(',', f);
	put_pattern(f, "medium", style->pattern[BAND_MEDIUM]);
	(void)fprintf(f, ",\"meter\":\"%u/%u\",\"profile\":%s,\"programs\":[%u,%u,%u],", style->meter_num,
		style->meter_den, style->profile ? "true" : "false", style->program[0], style->program[1],
		style->program[2]);
	put_pattern(f, "soft", style->pattern[BAND_SOFT]);
	(void)fputc('}', f);
	return finish(f, &text);
}

/** Knobs without effect are left out: a contour that is not enabled, ghosts that nobody plays. */
static void put_knobs(FILE *f, const struct band_style *style)
{
	(void)fputs("\"contour\":", f);
	if (style->contour) {
		const double value[] = {style->contour_ghost, style->contour_pickup, style->contour_soft,
			style->contour_strong};
		static const char *const name[] = {
			"{\"ghost\":", ",\"pickup\":", ",\"soft\":", ",\"strong\":"};

		for (uint32_t i = 0; i < 4; i++) {
			(void)fputs(name[i], f);
			put_number(f, value[i]);
		}
		(void)fputc('}', f);
	} else {
		(void)fputs("null", f);
	}
	(void)fputs(",\"ghost\":", f);
	if (style->ghost_vel > 0 && style->n_ghost_steps > 0) {
		(void)fputs("{\"len\":", f);
		put_number(f, style->ghost_len_beats);
		(void)fputs(",\"steps\":", f);
		for (uint32_t i = 0; i < style->n_ghost_steps; i++)
			(void)fprintf(f, "%c%u", i ? ',' : '[', style->ghost_step[i]);
		(void)fprintf(f, "],\"vel\":%u}", style->ghost_vel);
	} else {
		(void)fputs("null", f);
	}
}

static void put_style(FILE *f, const struct band_style *style, const char *content_digest)
{
	(void)fputs("{\"clave\":", f);
	put_string(f, style->clave);
	(void)fprintf(f, ",\"content\":\"%s\",", content_digest);
	put_knobs(f, style);
	(void)fputs(",\"name\":", f);
	put_string(f, style->name);
	(void)fputs(",\"pickup\":", f);
	if (style->has_pickup)
		put_number(f, style->pickup_beat);
	else
		(void)fputs("null", f);
	(void)fputc('}', f);
}

static void put_chords(FILE *f, const struct band_inputs *in)
{
	for (uint32_t i = 0; i < in->n_chords; i++) {
		(void)fputc(i ? ',' : '[', f);
		if (in->chord[i].beats > 0) {
			(void)fputc('[', f);
			put_string(f, in->chord[i].text);
			(void)fputc(',', f);
			put_number(f, in->chord[i].beats);
			(void)fputc(']', f);
		} else {
			put_string(f, in->chord[i].text);
		}
	}
	(void)fputc(']', f);
}

static void put_sections(FILE *f, const struct band_inputs *in)
{
	(void)fputc('[', f);
	for (uint32_t i = 0; i < in->n_sections; i++) {
		(void)fputs(i ? ",[" : "[", f);
		put_string(f, in->section[i].name);
		(void)fprintf(f, ",%u,%u]", in->section[i].from_bar, in->section[i].n_bars);
	}
	(void)fputc(']', f);
}

static void put_inputs(FILE *f, const struct band_inputs *in, const char *style_digest)
{
	static const char *const quantize[] = {"nearest", "down", "up"};
	static const char *const tritone[] = {"none", "all_doms", "probabilistic"};
	static const char *const intensity[] = {"soft", "medium", "hard"};

	(void)fprintf(f, "{\"bars_per_chord\":%u,\"bass_style\":", in->bars_per_chord);
	put_string(f, in->bass_style);
	(void)fputs(",\"chords\":", f);
	put_chords(f, in);
	(void)fprintf(
		f, ",\"contract\":\"%s\",\"grid\":%u,\"humanize_ms\":", MOS_MIDI_RUNTIME_CONTRACT, in->grid);
	put_number(f, in->humanize_ms);
	(void)fputs(",\"humanize_seed\":", f);
	put_seed(f, in->has_humanize_seed, in->humanize_seed);
	(void)fprintf(f, ",\"humanize_vel\":%u,\"intensity\":\"%s\",\"quantize\":\"%s\",\"sections\":",
		in->humanize_vel, intensity[in->intensity], quantize[in->quantize]);
	put_sections(f, in);
	(void)fputs(",\"style\":", f);
	put_style(f, in->style, style_digest);
	(void)fputs(",\"swing\":", f);
	put_number(f, in->swing);
	(void)fputs(",\"tempo\":", f);
	put_number(f, in->tempo_bpm);
	(void)fprintf(f,
		",\"time_signature\":\"%u/%u\",\"transpose\":%d,\"tritone_mode\":\"%s\",\"tritone_seed\":",
		in->meter_num, in->meter_den, in->transpose, tritone[in->tritone]);
	put_seed(f, in->has_tritone_seed, in->tritone_seed);
	(void)fputs(",\"tritone_strength\":", f);
	put_number(f, in->tritone_strength);
	(void)fprintf(
		f, ",\"voicing\":\"%s\"}", in->voicing == BAND_VOICING_REFERENCE ? "reference" : "true");
}

static int digest_of(const char *text, char ret[65])
{
	return text ? band_sha256_hex(text, strlen(text), ret) : -ENOMEM;
}

char *band_inputs_text(const struct band_inputs *in)
{
	char *text = NULL, digest[65];
	size_t size = 0;
	char *content = band_style_content(in->style);
	const int rc = digest_of(content, digest);

	free(content);
	FILE *f = rc < 0 ? NULL : open_memstream(&text, &size);
	if (!f)
		return NULL;
	put_inputs(f, in, digest);
	return finish(f, &text);
}

int band_inputs_digest(const struct band_inputs *in, char ret[65])
{
	char *text = band_inputs_text(in);
	const int rc = digest_of(text, ret);

	free(text);
	return rc < 0 ? -ENOMEM : 0;
}
