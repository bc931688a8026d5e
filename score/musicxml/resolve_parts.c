/* SPDX-License-Identifier: MIT */
/* Parts as a whole: what they are, their strings and techniques, titles and groups. */
#include "import.h"

#include <stdio.h>
#include <string.h>

/* ---- tablature ---- */

static void attach_techniques(struct mx_import *im)
{
	struct nvx_technique_use uses[64];
	for (size_t i = 0; i < im->n_techs;) {
		const uint32_t tab = im->techs[i].tab;
		uint32_t n = 0;
		for (; i < im->n_techs && im->techs[i].tab == tab; i++) {
			const struct nvx_technique_use *use = &im->techs[i].use;
			const int pair =
				use->type == NVX_TECHNIQUE_HAMMER_ON || use->type == NVX_TECHNIQUE_PULL_OFF;
			if (n < 64 && (!pair || use->to_note_id))
				uses[n++] = *use;
		}
		const nvx_list list = nvx_make_list(im->draft, uses, n, sizeof(*uses));
		if (tab < im->draft->n_tab)
			im->draft->tab[tab].techniques = list;
	}
}

/** How much higher the note is than the open string of the tuning with this fret. */
static int off_by(const struct mx_import *im, size_t tab, const uint8_t *tuning)
{
	const struct mx_tab_note *n = &im->tab_notes[tab];
	const struct nvx_draft_part *part = &im->draft->part[im->parts[n->part].part];
	const struct nvx_tab *t = &im->draft->tab[tab];
	return part->note[n->note].pitch - part->part.capo - t->fret - tuning[t->string - 1];
}

/** Tuning of a part whose file has none: each string by its first note, the rest as on a guitar. */
static void infer_tuning(
	struct mx_import *im, size_t first, size_t last, uint8_t *tuning, uint32_t *n_strings)
{
	static const uint8_t guitar[] = {64, 59, 55, 50, 45, 40};
	const uint8_t zero[12] = {};
	uint8_t seen[12] = {};
	for (size_t i = first; i < last; i++) {
		const unsigned string = im->draft->tab[i].string;
		const int open = off_by(im, i, zero);
		if (im->tab_notes[i].free || seen[string - 1] || open < 1 || open > 127)
			continue;
		seen[string - 1] = 1;
		tuning[string - 1] = (uint8_t)open;
		*n_strings = string > *n_strings ? string : *n_strings;
	}
	if (*n_strings && *n_strings < 6)
		*n_strings = tuning[*n_strings - 1] < 40 ? 4 > *n_strings ? 4 : *n_strings : 6;
	for (unsigned s = 0; s < *n_strings; s++) {
		const int above = s ? tuning[s - 1] - 5 : 64;
		if (!seen[s])
			tuning[s] = s < 6 && *n_strings == 6 ? guitar[s] : (uint8_t)(above > 1 ? above : 1);
	}
}

static void check_tabs(struct mx_import *im, size_t first, size_t last)
{
	struct mx_part *p = &im->parts[im->tab_notes[first].part];
	struct nvx_part *part = nvx_draft_part(im->draft, p->part);
	uint8_t tuning[12] = {};
	uint32_t n_strings;
	const uint8_t *stated = nvx_items(im->draft->pool, part->tuning, &n_strings);
	int shift = 0, n_off = 0;
	if (n_strings)
		memcpy(tuning, stated, n_strings);
	else
		infer_tuning(im, first, last, tuning, &n_strings);
	/* notes an octave from their frets: the octave is the notation's, the strings sound as the notes do
	 */
	for (size_t i = first; i < last && n_off >= 0; i++) {
		const int off = im->draft->tab[i].string <= n_strings && !im->tab_notes[i].free
					? off_by(im, i, tuning)
					: 0;
		if (im->tab_notes[i].free || im->draft->tab[i].string > n_strings)
			continue;
		if (!n_off++)
			shift = off;
		else if (off != shift)
			n_off = -1;
	}
	if (n_off > 0 && shift && shift % 12 == 0) {
		for (unsigned s = 0; s < n_strings; s++)
			tuning[s] =
				(uint8_t)(tuning[s] + shift > 0 && tuning[s] + shift < 128 ? tuning[s] + shift
											   : tuning[s]);
		mx_warn(im, MX_WARN_TAB, "octave");
	}
	part->tuning = nvx_make_list(im->draft, tuning, n_strings, 1);
	for (size_t i = first; i < last; i++) {
		struct nvx_tab *t = &im->draft->tab[i];
		const struct mx_tab_note *n = &im->tab_notes[i];
		struct nvx_note *note = &im->draft->part[p->part].note[n->note];
		if (t->string <= n_strings && (n->free || off_by(im, i, tuning) == 0))
			continue;
		char text[16];
		mx_warn(im, MX_WARN_TAB, "");
		(void)snprintf(text, sizeof(text), "%u/%u", t->string, t->fret);
		if (!note->extra)
			note->extra = mx_fact(im, "tab", text);
		t->e.kind = MX_GONE;
	}
}

void mx_resolve_tabs(struct mx_import *im)
{
	struct nvx_draft *d = im->draft;
	size_t n = 0;
	attach_techniques(im);
	if (im->n_tab_notes != d->n_tab)
		return;
	/* partwise the notes of a part follow each other; timewise each run of them is looked at alone */
	for (size_t i = 0; i < d->n_tab && !d->error;) {
		size_t end = i;
		while (end < d->n_tab && im->tab_notes[end].part == im->tab_notes[i].part)
			end++;
		check_tabs(im, i, end);
		i = end;
	}
	for (size_t i = 0; i < d->n_tab; i++) {
		if (d->tab[i].e.kind != MX_GONE)
			d->tab[n++] = d->tab[i];
	}
	d->n_tab = n;
}

/* ---- parts ---- */

static void resolve_part(struct mx_import *im, const struct mx_part *p)
{
	struct nvx_draft_part *draft = &im->draft->part[p->part];
	struct nvx_part *part = &draft->part;
	const int kit = part->midi_channel == 9 || (p->n_unpitched && !p->n_pitched);
	if (kit) {
		part->role = NVX_ROLE_DRUMS;
		if (part->midi_channel == NVX_NO_U8)
			part->midi_channel = 9;
	} else if (p->n_lyrics) {
		part->role = NVX_ROLE_VOCALS;
	} else if (part->midi_program >= 32 && part->midi_program < 40) {
		part->role = NVX_ROLE_BASS;
	}
	for (size_t i = 0; kit && i < draft->n_note; i++)
		draft->note[i].channel = NVX_NO_U8;
	if (!p->seen) {
		im->part = (uint32_t)(p - im->parts);
		mx_warn(im, MX_WARN_PART, nvx_string(im->draft->pool, p->id, NULL));
	}
}

static void put_text(struct mx_import *im, const char *key, nvx_str text)
{
	if (!text)
		return;
	score_bytes_puts(&im->text, ",");
	mx_json_string(&im->text, key);
	score_bytes_puts(&im->text, ":");
	mx_json_string(&im->text, nvx_string(im->draft->pool, text, NULL));
}

/** Groups of parts have no place of their own. */
static void keep_groups(struct mx_import *im)
{
	struct score_bytes *out = &im->text;
	if (!im->n_groups)
		return;
	out->n = 0;
	score_bytes_puts(out, "\"extensions\":{\"musicxml\":{\"groups\":[");
	for (size_t i = 0; i < im->n_groups; i++) {
		const struct mx_group *g = &im->groups[i];
		const uint32_t last = g->open ? (uint32_t)im->n_parts : g->last;
		score_bytes_printf(out, "%s{\"first\":%u,\"last\":%u", i ? "," : "", g->first + 1, last);
		put_text(im, "name", g->name);
		put_text(im, "shortName", g->abbreviation);
		put_text(im, "symbol", g->symbol);
		put_text(im, "through", g->barline);
		score_bytes_puts(out, "}");
	}
	score_bytes_puts(out, "]}}");
	if (out->error)
		im->draft->error = out->error;
	else
		im->draft->globals.extra = nvx_text(im->draft, (const char *)out->data, out->n);
}

void mx_resolve_parts(struct mx_import *im)
{
	struct nvx_metadata *meta = &im->draft->globals.metadata;
	for (size_t i = 0; i < im->n_parts && !im->draft->error; i++)
		resolve_part(im, &im->parts[i]);
	im->part = MX_NONE;
	if (!meta->title)
		meta->title = im->movement_title;
	else if (im->movement_title != meta->title && !meta->subtitle)
		meta->subtitle = im->movement_title;
	if (!meta->extra)
		meta->extra = mx_take_extra(im);
	meta->source.format = mx_string(im, "musicxml");
	keep_groups(im);
}
