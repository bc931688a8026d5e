/* SPDX-License-Identifier: MIT */
/* A change as JSON: operations on paths that name objects by id (nvx1.md 15). */
#include <score/nvx_json.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_put.h"
#include "pieces.h"
#include "words.h"

static const char *const op_name[] = {
	[SCORE_OP_ADD] = "add", [SCORE_OP_REMOVE] = "remove", [SCORE_OP_REPLACE] = "replace"};

static void put_op(struct nvx_writer *w, unsigned kind, const char *path)
{
	nvx_put_next(w);
	nvx_put_begin(w, '{');
	nvx_put_text(w, "op", op_name[kind]);
	nvx_put_text(w, "path", path);
}

/** @return length; the path of an object. */
static void path_of(
	const struct nvx_pool *pool, const struct score_op *op, const void *item, char *buf, size_t size)
{
	char id[NVX_ID_MAX + 1] = "", part[NVX_ID_MAX + 1] = "";
	(void)nvx_id_format(pool, nvx_item_id(op->list, item), id);
	switch (op->list) {
	case NVX_LIST_note:
	case NVX_LIST_control:
		(void)nvx_id_format(pool, op->part_id, part);
		(void)snprintf(buf, size, "/parts/%s/%s/%s", part,
			op->list == NVX_LIST_note ? "notes" : "controllers", id);
		break;
	case NVX_LIST_part:
		(void)snprintf(buf, size, "/parts/%s", id);
		break;
	case NVX_LIST_tempo:
	case NVX_LIST_meter:
	case NVX_LIST_key:
		(void)snprintf(
			buf, size, "%s/%lld", nvx_list_path[op->list], (long long)*(const int64_t *)item);
		break;
	case NVX_LIST_measure:
	case NVX_LIST_order:
		(void)snprintf(buf, size, "%s/%u", nvx_list_path[op->list], (unsigned)op->index);
		break;
	default:
		(void)snprintf(buf, size, "%s/%s", nvx_list_path[op->list], id);
	}
}

static void put_object_op(struct nvx_writer *w, const struct score_op *op)
{
	char path[256];
	path_of(w->pool, op, op->after ? op->after : op->before, path, sizeof(path));
	put_op(w, op->kind, path);
	/* Lists whose order is their own. */
	if ((op->kind == SCORE_OP_ADD && op->list == NVX_LIST_part) || op->list == NVX_LIST_extended)
		nvx_put_number(w, "index", op->index);
	if (op->after) {
		nvx_put_key(w, "value");
		nvx_put_object(w, nvx_table_of(op->list), op->after);
	}
	nvx_put_end(w, '}');
}

static void put_kept(struct nvx_writer *w, const char *name, nvx_str text)
{
	if (!text)
		return;
	nvx_put_key(w, name);
	nvx_put_begin(w, '{');
	nvx_put_extra(w, text);
	nvx_put_end(w, '}');
}

static int same_kept(const struct nvx_globals *a, const struct nvx_globals *b)
{
	return a->foreign_layers == b->foreign_layers && a->timeline_extra == b->timeline_extra &&
	       a->rails_extra == b->rails_extra && a->learning_extra == b->learning_extra &&
	       a->score_extra == b->score_extra && a->umf_extra == b->umf_extra && a->extra == b->extra;
}

/** Everything of the document that is no list, as far as it changes. */
static void put_globals_op(struct nvx_writer *w, const struct score_op *op)
{
	const struct nvx_globals *a = op->before, *b = op->after;
	if (memcmp(&a->metadata, &b->metadata, sizeof(a->metadata)) != 0) {
		put_op(w, SCORE_OP_REPLACE, "/metadata");
		nvx_put_key(w, "value");
		nvx_put_object(w, &nvx_table_metadata, &b->metadata);
		nvx_put_end(w, '}');
	}
	for (unsigned i = 0; i < NVX_N_LAYERS; i++) {
		char path[64];
		if (memcmp(&a->layer[i], &b->layer[i], sizeof(a->layer[i])) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/layers/%s", nvx_words_layer.text[i]);
		put_op(w, SCORE_OP_REPLACE, path);
		nvx_put_key(w, "value");
		nvx_put_object(w, &nvx_table_layer, &b->layer[i]);
		nvx_put_end(w, '}');
	}
	if (memcmp(&a->audio, &b->audio, sizeof(a->audio)) != 0) {
		const int gone = b->audio.format == NVX_AUDIO_NONE;
		put_op(w, gone ? SCORE_OP_REMOVE : SCORE_OP_REPLACE, "/audio");
		if (!gone) {
			nvx_put_key(w, "value");
			nvx_put_object(w, &nvx_table_audio, &b->audio);
		}
		nvx_put_end(w, '}');
	}
	if (same_kept(a, b))
		return;
	put_op(w, SCORE_OP_REPLACE, "/kept");
	nvx_put_key(w, "value");
	nvx_put_begin(w, '{');
	if (b->foreign_layers) {
		nvx_put_key(w, "layers");
		nvx_put_begin(w, '[');
		nvx_put_extra(w, b->foreign_layers);
		nvx_put_end(w, ']');
	}
	put_kept(w, "timeline", b->timeline_extra);
	put_kept(w, "rails", b->rails_extra);
	put_kept(w, "learning", b->learning_extra);
	put_kept(w, "score", b->score_extra);
	put_kept(w, "umf", b->umf_extra);
	nvx_put_extra(w, b->extra);
	nvx_put_end(w, '}');
	nvx_put_end(w, '}');
}

int nvx_write_change(const struct score *base, const struct score_change *change, struct score_bytes *out)
{
	const size_t before = out->n;
	struct nvx_writer w;

	nvx_writer_init(&w, base, out);
	nvx_put_begin(&w, '[');
	for (size_t i = 0; i < change->n_op; i++) {
		if (change->op[i].list == SCORE_EDIT_GLOBALS)
			put_globals_op(&w, &change->op[i]);
		else
			put_object_op(&w, &change->op[i]);
	}
	nvx_put_end(&w, ']');
	nvx_writer_finish(&w);
	return nvx_written(out, before);
}
