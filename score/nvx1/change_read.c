/* SPDX-License-Identifier: MIT */
#include <score/nvx_json.h>

#include <errno.h>
#include <string.h>

#include "pieces.h"
#include "words.h"

/** What a path names. */
struct target {
	enum { TARGET_ITEM, TARGET_METADATA, TARGET_LAYER, TARGET_AUDIO, TARGET_KEPT } what;
	unsigned list, layer;
	nvx_id part_id, id;
	int64_t number; /**< tick of a map's entry, index of a measure */
};

static int starts(const char *text, const char *prefix, const char **ret_rest)
{
	const size_t n = strlen(prefix);
	if (strncmp(text, prefix, n) != 0 || text[n] != '/')
		return 0;
	*ret_rest = text + n + 1;
	return 1;
}

static int parse_number(const char *text, int64_t *ret)
{
	const struct json_text number = {text, (uint32_t)strlen(text), 0};
	for (const char *at = text; *at; at++)
		if (*at < '0' || *at > '9' || at - text > 15)
			return 0;
	return number.len > 0 && json_integer(number, ret) == 0;
}

static int parse_part_path(struct nvx_pool *pool, const char *rest, struct target *t)
{
	const char *slash = strchr(rest, '/');
	const nvx_id part = nvx_id_parse(pool, rest, slash ? (size_t)(slash - rest) : strlen(rest));
	t->list = NVX_LIST_part;
	t->id = part;
	if (!slash || !part)
		return part != 0;
	t->part_id = part;
	if (starts(slash, "/notes", &rest))
		t->list = NVX_LIST_note;
	else if (starts(slash, "/controllers", &rest))
		t->list = NVX_LIST_control;
	else
		return 0;
	t->id = nvx_id_parse(pool, rest, strlen(rest));
	return t->id != 0;
}

static int parse_list_path(struct nvx_pool *pool, const char *path, struct target *t)
{
	const char *rest;
	for (t->list = 0; t->list < NVX_N_LISTS; t->list++) {
		if (!starts(path, nvx_list_path[t->list], &rest))
			continue;
		if (t->list <= NVX_LIST_measure)
			return parse_number(rest, &t->number);
		t->id = nvx_id_parse(pool, rest, strlen(rest));
		return t->id != 0;
	}
	return 0;
}

static int parse_path(struct nvx_pool *pool, const char *path, struct target *t)
{
	const char *rest;
	*t = (struct target){0};
	if (strcmp(path, "/metadata") == 0) {
		t->what = TARGET_METADATA;
		return 1;
	}
	if (strcmp(path, "/audio") == 0) {
		t->what = TARGET_AUDIO;
		return 1;
	}
	if (strcmp(path, "/kept") == 0) {
		t->what = TARGET_KEPT;
		return 1;
	}
	if (starts(path, "/layers", &rest) && !strchr(rest, '/')) {
		const int layer = nvx_word_find(&nvx_words_layer, rest, strlen(rest));
		t->what = TARGET_LAYER;
		t->layer = (unsigned)layer;
		return layer >= 0;
	}
	return starts(path, "/parts", &rest) ? parse_part_path(pool, rest, t)
					     : parse_list_path(pool, path, t);
}

struct ops {
	const struct score *base;
	struct score_change *change;
	struct nvx_globals globals;
	int globals_change;
};

/** Read one member of an op's "value" of kept texts. */
static int read_kept(struct nvx_reader *r, void *ctx, struct json_text key)
{
	struct nvx_globals *g = ctx;
	const struct {
		const char *name;
		nvx_str *to;
	} of[] = {{"timeline", &g->timeline_extra}, {"rails", &g->rails_extra},
		{"learning", &g->learning_extra}, {"score", &g->score_extra}, {"umf", &g->umf_extra}};
	for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		if (json_text_is(key, of[i].name)) {
			nvx_read_kept(r, of[i].to);
			return 1;
		}
	}
	if (!json_text_is(key, "layers"))
		return 0;
	nvx_read_foreign_layers(r);
	g->foreign_layers = r->draft->globals.foreign_layers;
	return 1;
}

static void read_globals(struct nvx_reader *r, struct ops *ops, const struct target *t, unsigned kind)
{
	struct nvx_globals *g = &ops->globals;
	ops->globals_change = 1;
	if (kind == SCORE_OP_REMOVE) {
		if (t->what == TARGET_AUDIO)
			g->audio = (struct nvx_audio){0};
		else
			nvx_fault(r, "nvx1.enum", "this can be replaced, not removed");
		return;
	}
	if (t->what == TARGET_METADATA) {
		g->metadata = (struct nvx_metadata){0};
		nvx_read_object(r, &nvx_table_metadata, &g->metadata, NULL, NULL);
	} else if (t->what == TARGET_AUDIO) {
		g->audio = (struct nvx_audio){0};
		nvx_read_object(r, &nvx_table_audio, &g->audio, NULL, NULL);
	} else if (t->what == TARGET_LAYER) {
		g->layer[t->layer] = (struct nvx_layer_props){0};
		nvx_table_init(&nvx_table_layer, &g->layer[t->layer]);
		nvx_read_object(r, &nvx_table_layer, &g->layer[t->layer], NULL, NULL);
	} else {
		nvx_str unknown = 0;
		g->foreign_layers = g->timeline_extra = g->rails_extra = g->learning_extra = 0;
		g->score_extra = g->umf_extra = g->extra = 0;
		nvx_read_members(r, &unknown, &g->extra, read_kept, g);
	}
}

/** The path names it. */
static void name_item(const struct target *t, union nvx_any *item)
{
	const struct nvx_table *table = nvx_table_of(t->list);
	for (const struct nvx_field *f = table->field; f < table->field + table->n_fields; f++)
		if (f->type == NVX_F_ID && f->ref == NVX_REF_SELF && t->id)
			memcpy((char *)item + f->offset, &t->id, sizeof(t->id));
	if (t->list <= NVX_LIST_key)
		item->tempo.tick = t->number;
}

/** Where an object is, or goes, whose list has an order of its own. */
static uint32_t place_of(const struct score *base, const struct target *t, unsigned kind, uint32_t index)
{
	if (t->list == NVX_LIST_measure || t->list == NVX_LIST_order)
		return (uint32_t)t->number;
	if (index != UINT32_MAX)
		return index;
	if (t->list == NVX_LIST_part && kind == SCORE_OP_ADD)
		return base->n_parts;
	if (t->list != NVX_LIST_extended)
		return index;
	uint32_t i = 0;
	while (i < score_n_extended(base) && (kind == SCORE_OP_ADD || score_extended(base, i)->id != t->id))
		i++;
	return i;
}

static void read_object_op(
	struct nvx_reader *r, struct ops *ops, const struct target *t, unsigned kind, uint32_t index)
{
	union nvx_any item;
	index = place_of(ops->base, t, kind, index);
	if (kind == SCORE_OP_REMOVE) {
		memset(&item, 0, sizeof(item));
		name_item(t, &item);
		nvx_add_op(r, ops->change, kind, t->list, t->part_id, index, &item, NULL);
		return;
	}
	nvx_read_item(r, t->list, &item);
	name_item(t, &item);
	nvx_add_op(r, ops->change, kind, t->list, t->part_id, index, NULL, &item);
}

static void read_op(struct nvx_reader *r, struct ops *ops)
{
	static const char *const kinds[] = {"add", "remove", "replace"};
	static const struct nvx_words words = {"op", kinds, 3};
	const uint8_t *object = r->pull.at, *value = NULL;
	int kind = -1, has_path = 0;
	int64_t index = UINT32_MAX;
	struct target target;

	for (json_enter(&r->pull); nvx_more(r);) {
		const struct json_text key = json_key(&r->pull);
		if (json_text_is(key, "op")) {
			kind = nvx_read_word(r, &words);
		} else if (json_text_is(key, "path")) {
			const uint8_t *at = r->pull.at;
			has_path = nvx_read_text(r, 0, 1024) == 0;
			if (!has_path)
				continue;
			score_bytes_u8(&r->text, 0);
			if (r->text.error ||
				!parse_path(r->draft->pool, (const char *)r->text.data, &target)) {
				const uint8_t *behind = r->pull.at;
				r->pull.at = at;
				nvx_fault(r, "nvx1.ref.unknown", "no object is named like this");
				r->pull.at = behind;
				has_path = 0;
			}
		} else if (json_text_is(key, "index")) {
			(void)nvx_read_integer(r, 0, 100000, &index);
		} else {
			if (json_text_is(key, "value"))
				value = r->pull.at;
			json_skip(&r->pull);
		}
	}
	if (r->draft->error || kind < 0 || !has_path ||
		(kind != SCORE_OP_REMOVE && (!value || *value != '{'))) {
		nvx_fault_in(r, "nvx1.member.missing", object, "",
			"op, path and value (an object) make an operation");
		return;
	}
	/* The value once more, now that it is known what it is of. */
	const uint8_t *behind = r->pull.at;
	const unsigned depth = r->pull.depth;
	if (value)
		json_reenter(&r->pull, value, "value");
	if (target.what == TARGET_ITEM)
		read_object_op(r, ops, &target, (unsigned)kind, (uint32_t)index);
	else
		read_globals(r, ops, &target, (unsigned)kind);
	r->pull.at = behind;
	r->pull.depth = depth;
}

int nvx_read_change(const struct score *base, const char *json, size_t size, struct score_report *report,
	struct score_change *ret)
{
	struct nvx_piece piece;
	struct ops ops = {.base = base, .change = ret, .globals = base->globals};

	score_change_init(ret, base);
	int rc = nvx_piece_init(&piece, base, json, size, report);
	if (rc == 0) {
		struct nvx_reader *r = &piece.reader;
		if (nvx_expect(r, JSON_ARRAY)) {
			for (json_enter(&r->pull); nvx_more(r);)
				if (nvx_expect(r, JSON_OBJECT))
					read_op(r, &ops);
		}
		if (ops.globals_change)
			nvx_add_op(r, ret, SCORE_OP_REPLACE, SCORE_EDIT_GLOBALS, 0, 0, &base->globals,
				&ops.globals);
	}
	const int failed = nvx_piece_finish(&piece);
	rc = rc ? rc : failed;
	if (rc < 0)
		score_change_finish(ret);
	return rc;
}
