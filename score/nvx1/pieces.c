/* SPDX-License-Identifier: MIT */
#include "pieces.h"

#include <errno.h>
#include <string.h>

const char *const nvx_list_path[NVX_N_LISTS] = {
	[NVX_LIST_tempo] = "/timeline/tempo",
	[NVX_LIST_meter] = "/timeline/meter",
	[NVX_LIST_key] = "/timeline/key",
	[NVX_LIST_order] = "/timeline/order",
	[NVX_LIST_measure] = "/measures",
	[NVX_LIST_form] = "/layers/form",
	[NVX_LIST_chord] = "/layers/chords",
	[NVX_LIST_analysis] = "/layers/analysis",
	[NVX_LIST_tab] = "/layers/tablature",
	[NVX_LIST_diagram] = "/layers/diagrams",
	[NVX_LIST_fingering] = "/layers/fingering",
	[NVX_LIST_notation] = "/layers/notation",
	[NVX_LIST_lyric] = "/layers/lyrics",
	[NVX_LIST_marker] = "/layers/markers",
	[NVX_LIST_drum] = "/rails/drums",
	[NVX_LIST_performance] = "/rails/performance",
	[NVX_LIST_melody] = "/rails/melody",
	[NVX_LIST_extended] = "/rails/extended",
	[NVX_LIST_media] = "/media",
	[NVX_LIST_annotation] = "/learning/annotations",
};

const char *nvx_list_name(unsigned list)
{
	return strrchr(nvx_list_path[list], '/') + 1;
}

int nvx_piece_init(struct nvx_piece *piece, const struct score *base, const char *json, size_t size,
	struct score_report *report)
{
	const struct score_alloc *alloc = nvx_pool_alloc(base->pool);
	memset(piece, 0, sizeof(*piece));
	piece->draft.pool = nvx_pool_ref(base->pool);
	piece->draft.report = report;
	nvx_reader_init(&piece->reader, (const uint8_t *)json, &piece->draft);
	if (size > NVX_MAX_FILE)
		return score_error(report, "nvx1.limit.file", SCORE_AT_BYTE(0), "%zu bytes are more than %u",
			size, NVX_MAX_FILE);
	const int rc = json_check((const uint8_t *)json, size, JSON_UNIQUE_KEYS, alloc, report);
	if (rc < 0)
		return rc;
	while (*json == ' ' || *json == '\t' || *json == '\n' || *json == '\r')
		json++;
	if (*json != '{' && *json != '[')
		return score_error(report, "nvx1.type", "", "an object or an array should stand here");
	json_pull_init(&piece->reader.pull, (const uint8_t *)json);
	return 0;
}

int nvx_piece_finish(struct nvx_piece *piece)
{
	const int rc = piece->draft.error ? piece->draft.error : nvx_step_done(&piece->reader);
	nvx_reader_finish(&piece->reader);
	nvx_draft_finish(&piece->draft);
	return rc;
}

void nvx_read_item(struct nvx_reader *r, unsigned list, union nvx_any *ret)
{
	const struct nvx_table *table = nvx_table_of(list);
	memset(ret, 0, sizeof(*ret));
	nvx_table_init(table, ret);
	nvx_read_object(r, table, ret, NULL, NULL);
	if (list >= NVX_LIST_form && list <= NVX_LIST_marker && ret->form.e.staff == 1)
		ret->form.e.staff = 0;
}

nvx_id nvx_item_id(unsigned list, const void *item)
{
	const struct nvx_table *t = nvx_table_of(list);
	nvx_id id = 0;
	for (const struct nvx_field *f = t->field; f < t->field + t->n_fields; f++)
		if (f->type == NVX_F_ID && f->ref == NVX_REF_SELF)
			memcpy(&id, (const char *)item + f->offset, sizeof(id));
	return id;
}

void nvx_add_op(struct nvx_reader *r, struct score_change *change, enum score_op_kind kind, unsigned list,
	nvx_id part_id, uint32_t index, const void *before, const void *after)
{
	const int rc = score_change_add(change, kind, list, part_id, index, before, after);
	if (rc < 0)
		r->draft->error = rc;
}

void nvx_read_meter_in_force(struct nvx_reader *r, struct nvx_meter *meter)
{
	/* As in a map, but without a tick. */
	static const struct nvx_field rows[] = {
		{.name = "num",
			.type = NVX_F_INT,
			.flags = NVX_FIELD_REQUIRED,
			.bytes = 2,
			.offset = offsetof(struct nvx_meter, num),
			.min = 1,
			.max = 255},
		{.name = "den",
			.type = NVX_F_INT,
			.flags = NVX_FIELD_REQUIRED,
			.bytes = 2,
			.offset = offsetof(struct nvx_meter, den),
			.min = 1,
			.max = 256},
		{.name = "grouping",
			.type = NVX_F_INTS,
			.bytes = 1,
			.offset = offsetof(struct nvx_meter, grouping),
			.min = 1,
			.max = 255},
	};
	static const struct nvx_table table = {.name = "meter",
		.field = rows,
		.n_fields = 3,
		.item_bytes = sizeof(struct nvx_meter),
		.extra = -1,
		.kind = -1};
	const uint8_t *object = r->pull.at;
	meter->grouping = 0;
	meter->extra = 0;
	nvx_read_object(r, &table, meter, NULL, NULL);
	nvx_check_rules(r, &nvx_table_meter, meter, object, 0);
}
