/* SPDX-License-Identifier: MIT */
/* All rules about contents, and what ids name. */
#include "finish.h"
#include "shape.h"

/** The part's regions were no good: all notes are in the one that it has without any. */
static void leave_regions(struct nvx_draft_part *part)
{
	for (size_t i = 0; i < part->n_note; i++)
		part->note[i].region_id = 0;
}

int finish_rules(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	struct check *check = &finish->check;

	for (uint32_t p = 0; p < draft->n_part; p++) {
		const int had_regions = draft->part[p].part.regions != 0;
		check_one_part(check, p, &draft->part[p].part);
		if (had_regions && !draft->part[p].part.regions)
			leave_regions(&draft->part[p]);
		check_notes(check, p, draft->part[p].note, (uint32_t)draft->part[p].n_note);
		check_controls(check, p, draft->part[p].control, (uint32_t)draft->part[p].n_control);
	}
	check_order(check, draft->order, (uint32_t)draft->n_order, (uint32_t)draft->n_measure);
	for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++) {
		const struct draft_list elements = draft_list(draft, list, 0);
		check_ticks(check, list, *elements.items, (uint32_t)*elements.n, elements.item_bytes);
	}
	check_form(check, draft->form, (uint32_t)draft->n_form);
	if (draft->n_chord)
		check_chords(check, draft->chord, (uint32_t)draft->n_chord);
	if (draft->n_tab)
		check_tabs(check, draft->tab, (uint32_t)draft->n_tab);
	check_diagrams(check, draft->diagram, (uint32_t)draft->n_diagram);
	if (draft->n_fingering)
		check_fingering(check, draft->fingering, (uint32_t)draft->n_fingering);
	if (draft->n_notation)
		check_notation(check, draft->notation, (uint32_t)draft->n_notation);
	if (draft->n_lyric)
		check_lyrics(check, draft->lyric, (uint32_t)draft->n_lyric);
	check_media(check, draft->media, (uint32_t)draft->n_media);
	return 0;
}

static void check_draft_list(struct finish *finish, unsigned list, uint32_t part)
{
	const struct draft_list items = draft_list(finish->draft, list, part);
	check_list(&finish->check, list, part, *items.items, (uint32_t)*items.n,
		finish_used(finish, list, part));
}

/** An annotation whose target is gone. */
static void check_targets(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	size_t n = 0;
	for (size_t i = 0; i < draft->n_annotation; i++) {
		struct nvx_annotation_entry *annotation = &draft->annotation[i];
		const int had = annotation->element_id || annotation->note_id;
		const struct check_at at = {NVX_LIST_annotation, 0, (uint32_t)i, annotation};
		(void)check_references(&finish->check, &at, annotation);
		if (had && !annotation->element_id && !annotation->note_id)
			continue;
		draft->annotation[n++] = *annotation;
	}
	draft->n_annotation = n;
}

int finish_references(struct finish *finish)
{
	struct nvx_draft *draft = finish->draft;
	uint32_t before;
	for (uint32_t p = 0; p < draft->n_part; p++)
		check_draft_list(finish, NVX_LIST_note, p);
	/* What is dropped may be named by others: until nothing changes any more. */
	do {
		before = finish->check.n_broken;
		for (unsigned list = NVX_LIST_form; list <= NVX_LIST_melody; list++)
			check_draft_list(finish, list, 0);
	} while (finish->check.repair && finish->check.n_broken != before);
	check_targets(finish);
	return 0;
}
