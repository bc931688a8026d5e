/* SPDX-License-Identifier: MIT */
/** What the files of the style registry share. */
#ifndef BAND_STYLE_INTERNAL_H
#define BAND_STYLE_INTERNAL_H

#include "style.h"

/** Made at build time of styles/ (embed.py): the reference's first, then ours by name. */
struct band_style_file {
	const char *name;
	const char *json;
	bool is_reference;
};
extern const struct band_style_file band_style_files[]; /* ends with a NULL name */

/** Names that programs use for what a built-in style plays (aliases.json). */
struct band_style_alias {
	const char *alias;
	const char *name;
};
extern const struct band_style_alias band_style_aliases[]; /* ends with NULL */

/** Takes the style over. @return 0; -EEXIST, -ENOMEM: it is still the caller's. */
int band_styles_add(struct band_styles *styles, struct band_style *style);
/** Style files of a folder, in order of name. What can't be read is a warning. @return 0, -ENOMEM. */
int band_styles_add_folder(struct band_styles *styles, const char *dir, struct band_report *report);

/** Of the same meter. The bass of each intensity replaces the style's own. @return 0, -ENOMEM: as it was. */
int band_style_take_bass(struct band_style *style, const struct band_style *from);
/**
 * What a style plays, as JSON on one line; knobs, names and texts not. Equal texts: equal notes.
 * @return NULL: no memory; caller frees.
 */
char *band_style_content(const struct band_style *style);

/** A pattern with its hits. @return NULL: no memory. */
struct band_pattern *band_pattern_copy(const struct band_pattern *pattern);
void band_pattern_free(struct band_pattern *pattern);

#endif
