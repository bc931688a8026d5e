/* SPDX-License-Identifier: MIT */
/* Which fonts there are: what was asked for, what is found, what is left when something is broken. THR-09. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "font_impl.h"

static const char *const emmentaler[] = {"/usr/share/lilypond/*/fonts/otf/emmentaler-20.otf",
	"/usr/local/share/lilypond/*/fonts/otf/emmentaler-20.otf", "/usr/share/fonts/*/emmentaler-20.otf",
	NULL};
static const char *const texts[FONT_N_FACES][4] = {
	[FONT_TEXT] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
		"/usr/share/fonts/*/*/LiberationSans-Regular.ttf",
		"/usr/share/fonts/*/*/NotoSans-Regular.ttf", NULL},
	[FONT_BOLD] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
		"/usr/share/fonts/*/*/LiberationSans-Bold.ttf", "/usr/share/fonts/*/*/NotoSans-Bold.ttf",
		NULL},
	[FONT_MONO] = {"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
		"/usr/share/fonts/*/*/LiberationMono-Regular.ttf",
		"/usr/share/fonts/*/*/NotoSansMono-Regular.ttf", NULL},
	[FONT_ITALIC] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans-Oblique.ttf",
		"/usr/share/fonts/*/*/LiberationSans-Italic.ttf", "/usr/share/fonts/*/*/NotoSans-Italic.ttf",
		NULL},
	[FONT_FALLBACK] = {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
		"/usr/share/fonts/*/*/NotoSansSymbols2-Regular.ttf", NULL},
};

/* What went wrong so far, one after the other. */
struct complaint {
	char *text;
	size_t size, used;
};

static void complain(struct complaint *c, const char *what, const char *then)
{
	if (c->size == 0 || c->used >= c->size - 1)
		return;
	int n = snprintf(c->text + c->used, c->size - c->used, "%s%s%s", c->used ? "; " : "", what, then);
	c->used += n > 0 ? (size_t)n : 0;
	if (c->used >= c->size)
		c->used = c->size - 1;
}

static void copy_family(struct font_set *fonts)
{
	const char *family = fonts->file[FONT_MUSIC].ft->family_name;
	snprintf(fonts->music_name, sizeof fonts->music_name, "%s", family ? family : "unnamed");
}

static int take_metadata(struct font_set *fonts, const char *path, struct complaint *complaints)
{
	char error[512], place[384];
	uint8_t *json;
	size_t n;
	int rc = font_read_file(path, FONT_METADATA_MAX, &json, &n, error, sizeof error);
	if (rc == 0) {
		rc = font_read_metadata(json, n, fonts->glyph, &fonts->metrics.defaults, fonts->music_name,
			sizeof fonts->music_name, place, sizeof place);
		free(json);
		if (rc < 0)
			snprintf(error, sizeof error, "%.120s: %s", path, place);
	}
	if (rc < 0)
		complain(complaints, error, "");
	return rc;
}

static void drop_music(struct font_set *fonts)
{
	font_file_close(&fonts->file[FONT_MUSIC]);
	fonts->is_smufl = 0;
}

/* A SMuFL font has the G clef where SMuFL wants it, and says how wide things are. */
static int open_smufl(
	struct font_set *fonts, const char *path, const char *metadata, struct complaint *complaints)
{
	char error[512];
	if (font_file_open(fonts->library, path, 0, &fonts->file[FONT_MUSIC], error, sizeof error) < 0) {
		complain(complaints, error, "");
		return -EINVAL;
	}
	if (!FT_Get_Char_Index(fonts->file[FONT_MUSIC].ft, 0xe050)) {
		snprintf(error, sizeof error, "%.400s: not a SMuFL font (no clef at U+E050)", path);
		complain(complaints, error, "");
		drop_music(fonts);
		return -EINVAL;
	}
	fonts->is_smufl = 1;
	copy_family(fonts);
	char *found = metadata ? strdup(metadata) : font_find_metadata(path);
	int rc = font_measure(fonts);
	if (rc == 0 && !found) {
		snprintf(error, sizeof error, "%.400s: no SMuFL metadata beside it or in the SMuFL folders",
			path);
		complain(complaints, error, ", its stems and lines are guessed");
		font_guess(fonts);
	} else if (rc == 0 && take_metadata(fonts, found, complaints) < 0) {
		rc = -EINVAL;
	}
	free(found);
	if (rc < 0) {
		font_outlines_free(fonts);
		fonts->outline_bytes = 0;
		drop_music(fonts);
	}
	return rc;
}

static int open_emmentaler(struct font_set *fonts, struct complaint *complaints)
{
	char error[512];
	char *path = font_find(emmentaler);
	int rc = -ENOENT;
	if (!path)
		complain(complaints,
			"no music font: neither a SMuFL font nor Emmentaler (package lilypond-fonts)", "");
	else if ((rc = font_file_open(
			  fonts->library, path, 1, &fonts->file[FONT_MUSIC], error, sizeof error)) < 0)
		complain(complaints, error, "");
	char *number = path ? strstr(path, "-20.otf") : NULL;
	char *brace = NULL;
	if (rc == 0 && number && asprintf(&brace, "%.*s-brace.otf", (int)(number - path), path) >= 0 &&
		font_file_open(fonts->library, brace, 0, &fonts->file[FONT_FILE_BRACE], error, sizeof error) <
			0)
		complain(complaints, error, ", there are no braces");
	free(brace);
	free(path);
	if (rc < 0)
		return rc;
	fonts->is_smufl = 0;
	copy_family(fonts);
	rc = font_measure(fonts);
	if (rc == 0)
		font_guess(fonts);
	return rc;
}

static int open_music(
	struct font_set *fonts, const struct font_options *options, struct complaint *complaints)
{
	const char *asked = options->music;
	char *font = NULL, *metadata = NULL;
	int rc = -ENOENT;
	if (asked && strcmp(asked, "emmentaler") == 0)
		return open_emmentaler(fonts, complaints);
	if (asked && strchr(asked, '/')) {
		rc = open_smufl(fonts, asked, options->metadata, complaints);
	} else if (font_find_smufl(asked, &font, &metadata) == 0) {
		rc = open_smufl(fonts, font, options->metadata ? options->metadata : metadata, complaints);
	} else if (asked) {
		char error[256];
		snprintf(error, sizeof error, "%.100s: no such font in the SMuFL folders", asked);
		complain(complaints, error, "");
	}
	free(font);
	free(metadata);
	if (rc == 0)
		return 0;
	if (complaints->used)
		complain(complaints, "Emmentaler is used", "");
	return open_emmentaler(fonts, complaints);
}

static int open_text(
	struct font_set *fonts, enum font_face face, const char *asked, struct complaint *complaints)
{
	char error[512];
	if (asked) {
		if (font_file_open(fonts->library, asked, 1, &fonts->file[face], error, sizeof error) == 0)
			return 0;
		complain(complaints, error, ", the usual one is used");
	}
	/* Letters of two families in one line are worse than letters that are slanted. */
	const int is_own = face == FONT_ITALIC && fonts->has_own_text;
	char *path = is_own ? NULL : font_find(texts[face]);
	fonts->is_slanted |= face == FONT_ITALIC && !path;
	if (!path && face != FONT_TEXT && fonts->file[FONT_TEXT].path)
		path = strdup(fonts->file[FONT_TEXT].path);
	if (!path) {
		complain(complaints, "no font for text (package fonts-dejavu-core)", "");
		return -ENOENT;
	}
	int rc = font_file_open(fonts->library, path, 1, &fonts->file[face], error, sizeof error);
	if (rc < 0)
		complain(complaints, error, "");
	free(path);
	return rc;
}

int font_open(const struct font_options *options, struct font_set **ret, char *error, size_t error_size)
{
	static const struct font_options usual;
	struct complaint complaints = {error, error_size, 0};
	const struct font_options *o = options ? options : &usual;
	const char *const asked[FONT_N_FACES] = {[FONT_TEXT] = o->text,
		[FONT_BOLD] = o->bold,
		[FONT_MONO] = o->mono,
		[FONT_ITALIC] = o->italic,
		[FONT_FALLBACK] = o->fallback};
	if (error_size)
		error[0] = 0;
	struct font_set *fonts = calloc(1, sizeof *fonts);
	if (!fonts)
		return -ENOMEM;
	fonts->has_own_text = o->text != NULL;
	int rc = FT_Init_FreeType(&fonts->library) ? -ENOMEM : 0;
	for (unsigned face = FONT_TEXT; rc == 0 && face < FONT_N_FACES; face++)
		rc = open_text(fonts, face, asked[face], &complaints);
	if (rc == 0)
		rc = open_music(fonts, o, &complaints);
	if (rc < 0) {
		font_close(fonts);
		return rc;
	}
	*ret = fonts;
	return 0;
}

void font_close(struct font_set *fonts)
{
	if (!fonts)
		return;
	font_outlines_free(fonts);
	for (unsigned i = 0; i < FONT_N_FILES; i++)
		font_file_close(&fonts->file[i]);
	if (fonts->library)
		FT_Done_FreeType(fonts->library);
	free(fonts->glyph);
	free(fonts->scratch);
	free(fonts);
}

const struct engrave_metrics *font_metrics(const struct font_set *fonts)
{
	return &fonts->metrics;
}

const char *font_music_name(const struct font_set *fonts)
{
	return fonts->music_name;
}
