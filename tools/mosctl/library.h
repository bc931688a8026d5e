/* SPDX-License-Identifier: MIT */
/** mosctl library: what its files share. */
#ifndef MOSCTL_LIBRARY_H
#define MOSCTL_LIBRARY_H

#include "mosctl.h"

/* Options of the command; a verb says which it takes. */
enum {
	LIBRARY_ANY_KEY,
	LIBRARY_SIMILAR,
	LIBRARY_KEY,
	LIBRARY_ARTIST,
	LIBRARY_GENRE,
	LIBRARY_YEARS,
	LIBRARY_TEXT,
	LIBRARY_LIMIT,
	LIBRARY_LIKE,
	LIBRARY_VECTORS,
	LIBRARY_DROP
};

/* library_import.c */
int library_import(struct ctl *ctl, const struct ctl_args *args);
/* library_vectors.c */
int library_embed(struct ctl *ctl, const struct ctl_args *args);

#endif
