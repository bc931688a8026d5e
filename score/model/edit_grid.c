/* SPDX-License-Identifier: MIT */
/* Measures and maps of the next score, by the same steps as those of a draft. */
#include <errno.h>
#include <string.h>

#include "edit_private.h"
#include "finish.h"

void *edit_flatten(const struct edit *edit, unsigned list, size_t *ret_n)
{
	const struct nvx_seq *seq = &edit->next->list[list];
	char *items = score_zalloc(edit->alloc, seq->n, seq->item_bytes);
	struct nvx_seq_iter it = nvx_seq_from(seq, 0);
	for (uint32_t i = 0; i < seq->n && items; i++)
		memcpy(items + (size_t)i * seq->item_bytes, nvx_seq_next(&it), seq->item_bytes);
	*ret_n = items ? seq->n : 0;
	return items;
}

int edit_check_grid(struct edit *edit)
{
	const struct nvx_seq *list = edit->next->list;
	if (!edit->touched[NVX_LIST_tempo] && !edit->touched[NVX_LIST_meter] &&
		!edit->touched[NVX_LIST_key] && !edit->touched[NVX_LIST_measure])
		return 0;
	if (!list[NVX_LIST_measure].n || !list[NVX_LIST_tempo].n || !list[NVX_LIST_meter].n ||
		!list[NVX_LIST_key].n)
		return score_error(edit->report, "nvx1.map.start", "/timeline",
			"a score has at least one measure, and an entry at 0 of tempo, meter and key");
	/* The same steps as for a whole draft, without its contents. */
	struct nvx_draft draft = {.pool = edit->pool, .report = edit->report};
	struct finish finish = {.draft = &draft, .alloc = edit->alloc};
	const uint32_t errors = edit->report->n_errors;
	draft.tempo = edit_flatten(edit, NVX_LIST_tempo, &draft.n_tempo);
	draft.meter = edit_flatten(edit, NVX_LIST_meter, &draft.n_meter);
	draft.key = edit_flatten(edit, NVX_LIST_key, &draft.n_key);
	draft.measure = edit_flatten(edit, NVX_LIST_measure, &draft.n_measure);
	finish_check_init(&finish);
	int err = draft.tempo && draft.meter && draft.key && draft.measure ? 0 : -ENOMEM;
	if (!err)
		err = finish_maps(&finish);
	if (!err)
		err = finish_measures(&finish);
	if (!err && edit->report->n_errors != errors)
		err = -EINVAL;
	edit->next->end_tick = finish.check.end_tick;
	score_free(edit->alloc, draft.tempo);
	score_free(edit->alloc, draft.meter);
	score_free(edit->alloc, draft.key);
	score_free(edit->alloc, draft.measure);
	return err;
}
