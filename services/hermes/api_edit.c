/* SPDX-License-Identifier: MIT */
/* Changes: edits, measures, parts, undo and redo, analysis. Each is applied whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <score/analyse.h>
#include <score/nvx_json.h>
#include <score/tablature.h>

#include <yyjson.h>

#include "caps.h"
#include "json_wire.h"
#include "task.h"

/* --- What all have in common --- */

/* Another one was quicker: what the caller saw is not what there is. */
static int check_state(const struct task *task, const struct document *d, struct failure *failure)
{
	char now[SCORE_STATE_TEXT];

	if (!task->has_state || score_state_equal(task->state, score_state(d->head)))
		return 0;
	score_state_format(score_state(d->head), now);
	(void)failure_set(
		failure, -ESTALE, "hermes.state.conflict", "the score has changed: its state is %s now", now);
	wire_error_where(&failure->error, "%s", now);
	return -ESTALE;
}

static int open_for_change(struct task *task, struct document **ret, struct failure *failure)
{
	int rc = task_document(task, ret, failure);

	if (rc == 0)
		rc = check_state(task, *ret, failure);
	return rc < 0 ? rc : task_read_fd(task, failure);
}

/* The last word of the paths that were removed, but for entries that are found by number. */
static void put_removed(struct score_bytes *out, const struct score_bytes *ops)
{
	yyjson_doc *doc = yyjson_read((const char *)ops->data, ops->n, YYJSON_READ_BIGNUM_AS_RAW);
	yyjson_val *op;
	size_t i, n;

	json_open(out, "removed", '[');
	yyjson_arr_foreach(yyjson_doc_get_root(doc), i, n, op)
	{
		const char *path = yyjson_get_str(yyjson_obj_get(op, "path"));
		const char *id = path ? strrchr(path, '/') : NULL;

		if (id && yyjson_equals_str(yyjson_obj_get(op, "op"), "remove") &&
			strspn(id + 1, "0123456789") < strlen(id + 1))
			json_put_text(out, NULL, id + 1);
	}
	json_close(out, ']');
	yyjson_doc_free(doc);
}

/* What is told of a change, to the caller and to all others; the new timeline, if it is to be heard. */
static int put_changed(struct task *task, const struct document *d, const struct news *happened,
	const struct score_bytes *ids)
{
	char state[SCORE_STATE_TEXT];

	score_state_format(score_state(d->head), state);
	json_put_text(&task->result, "state_id", state);
	json_put_number(&task->result, "revision", (int64_t)d->revision);
	json_open(&task->result, "ids", '{');
	if (ids && ids->n)
		json_put_raw(&task->result, NULL, ids->data, ids->n);
	json_close(&task->result, '}');
	put_removed(&task->result, &happened->ops);
	if (score_state_equal(happened->base, score_state(d->head)) || d != task->hermes->documents.loaded)
		return 0;
	task->timeline_fd = fcntl(d->timeline.fd, F_DUPFD_CLOEXEC, 0);
	task->timeline_id = d->timeline.id;
	return 0;
}

static int change(struct task *task, struct document *d, struct score_change *change,
	const struct score_bytes *ids, struct failure *failure)
{
	task->news = calloc(1, sizeof(*task->news));
	int rc = task->news ? document_change(d, change, STORE_EDIT, documents_now_ms(), failure, task->news)
			    : -ENOMEM;

	if (rc < 0) {
		free(task->news);
		task->news = NULL;
		return failure->error.code[0] ? rc : failure_of_score(failure, rc);
	}
	return put_changed(task, d, task->news, ids);
}

/* --- hermes.score.edit --- */

static const struct rpc_param edit_params[] = {
	{"ops", RPC_ARRAY}, {"state_id", RPC_STR}, {"score_id", RPC_STR}, {0}};

static int work_edit(struct task *task, struct failure *failure)
{
	struct score_change ops = {0};
	struct document *d;
	int rc = open_for_change(task, &d, failure);

	if (rc < 0)
		return rc;
	rc = nvx_read_change(
		d->head, (const char *)task->params.data, task->params.n, &failure->report, &ops);
	rc = rc < 0 ? failure_of_score(failure, rc) : change(task, d, &ops, NULL, failure);
	score_change_finish(&ops);
	return rc;
}

static int start(struct rpc_request *req, const msgpack_object *params, const char *key,
	int (*work)(struct task *, struct failure *), struct task **ret)
{
	struct task *task = task_new(req, work);

	if (!task)
		return -ENOMEM;
	if (task_read_ids(task, params) < 0 || (key && task_read_json(task, params, key) < 0))
		return task_drop(task, -EINVAL);
	*ret = task;
	return 0;
}

static int handle_edit(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = NULL;
	int rc = start(req, params, "ops", work_edit, &task);

	return rc < 0 ? rc : task_start(task);
}

/* --- hermes.measure.update --- */

static const struct rpc_param measure_params[] = {{"index", RPC_INT | RPC_REQUIRED}, {"measure", RPC_MAP},
	{"state_id", RPC_STR}, {"score_id", RPC_STR}, {0}};

static int work_measure(struct task *task, struct failure *failure)
{
	struct score_change ops = {0};
	struct document *d;
	int rc = open_for_change(task, &d, failure);

	if (rc < 0)
		return rc;
	rc = task->number < 0 || task->number >= score_n_measure(d->head)
		     ? -ENOENT
		     : nvx_read_measure(d->head, (uint32_t)task->number, (const char *)task->params.data,
			       task->params.n, &failure->report, &ops);
	if (rc == -ENOENT) {
		(void)failure_set(failure, rc, "hermes.score.invalid",
			"there is no measure %lld: the score has %u", (long long)task->number,
			score_n_measure(d->head));
		wire_error_where(&failure->error, "index");
	} else {
		rc = rc < 0 ? failure_of_score(failure, rc) : change(task, d, &ops, NULL, failure);
	}
	score_change_finish(&ops);
	return rc;
}

static int handle_measure(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = NULL;
	int rc = start(req, params, "measure", work_measure, &task);

	if (rc < 0)
		return rc;
	if (wire_get_i64(params, "index", &task->number) < 0)
		task->number = -1;
	return task_start(task);
}

/* --- hermes.part.add --- */

static const struct rpc_param part_params[] = {{"part", RPC_MAP}, {"layers", RPC_ARRAY},
	{"after_part_id", RPC_STR}, {"state_id", RPC_STR}, {"score_id", RPC_STR}, {0}};

static int work_part(struct task *task, struct failure *failure)
{
	struct score_change ops = {0};
	struct score_bytes ids;
	struct document *d;
	/* task->params: {"part":..., then the part itself, then the rest, which waits in task->text */
	int rc = open_for_change(task, &d, failure);

	if (rc < 0)
		return rc;
	score_bytes_puts(&task->params, task->text);
	score_bytes_init(&ids, &score_heap);
	rc = nvx_read_part(
		d->head, (const char *)task->params.data, task->params.n, &failure->report, &ops, &ids);
	rc = rc < 0 ? failure_of_score(failure, rc) : change(task, d, &ops, &ids, failure);
	score_change_finish(&ops);
	score_bytes_finish(&ids);
	return rc;
}

/* The members beside the part, and the end of the object. @return NULL: out of memory. */
static char *read_beside_part(const msgpack_object *params)
{
	const msgpack_object *layers = wire_get(params, "layers"), *after = wire_get(params, "after_part_id");
	struct score_bytes text;

	score_bytes_init(&text, &score_heap);
	if (layers) {
		score_bytes_puts(&text, ",\"layers\":");
		if (json_from_wire(layers, &text) < 0)
			score_bytes_puts(&text, "null"); /* refused with its pointer */
	}
	if (after) {
		score_bytes_puts(&text, ",\"afterPartId\":");
		(void)json_from_wire(after, &text);
	}
	score_bytes_put(&text, "}", sizeof("}"));
	if (text.error) {
		score_bytes_finish(&text);
		return NULL;
	}
	return (char *)text.data;
}

static int handle_part(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_part);

	if (!task)
		return -ENOMEM;
	score_bytes_puts(&task->params, "{\"part\":");
	if (task_read_ids(task, params) < 0 || task_read_json(task, params, "part") < 0)
		return task_drop(task, -EINVAL);
	task->text = read_beside_part(params);
	return task->text ? task_start(task) : task_drop(task, -ENOMEM);
}

/* --- hermes.score.undo, hermes.score.redo --- */

static const struct rpc_param undo_params[] = {{"score_id", RPC_STR}, {0}};

static int work_revert(struct task *task, struct failure *failure)
{
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	task->news = calloc(1, sizeof(*task->news));
	if (!task->news)
		return failure_of_score(failure, -ENOMEM);
	rc = document_revert(d, (enum store_kind)task->option, documents_now_ms(), failure, task->news);
	if (rc == 0)
		return put_changed(task, d, task->news, NULL);
	free(task->news);
	task->news = NULL;
	return rc;
}

static int handle_revert(struct rpc_request *req, const msgpack_object *params, enum store_kind kind)
{
	struct task *task = NULL;
	int rc = start(req, params, NULL, work_revert, &task);

	if (rc < 0)
		return rc;
	task->option = kind;
	return task_start(task);
}

static int handle_undo(struct rpc_request *req, const msgpack_object *params)
{
	return handle_revert(req, params, STORE_UNDO);
}

static int handle_redo(struct rpc_request *req, const msgpack_object *params)
{
	return handle_revert(req, params, STORE_REDO);
}

/* --- hermes.score.analyse --- */

static const struct rpc_param analyse_params[] = {{"what", RPC_ARRAY}, {"score_id", RPC_STR}, {0}};

static int work_analyse(struct task *task, struct failure *failure)
{
	struct score_change ops = {0};
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	rc = score_analyse(d->head, (unsigned)task->option, &ops);
	rc = rc < 0 ? failure_of_score(failure, rc) : change(task, d, &ops, NULL, failure);
	score_change_finish(&ops);
	return rc;
}

static int read_what(struct rpc_request *req, const msgpack_object *list, int *ret)
{
	static const struct {
		const char *name;
		int what;
	} words[] = {
		{"keys", SCORE_ANALYSE_KEYS},
		{"chords", SCORE_ANALYSE_CHORDS},
		{"roman", SCORE_ANALYSE_ROMAN},
		{"cadences", SCORE_ANALYSE_CADENCES},
		{"voices", SCORE_ANALYSE_VOICES},
	};

	*ret = list ? 0 : SCORE_ANALYSE_ALL;
	for (uint32_t i = 0; list && i < list->via.array.size; i++) {
		char word[16];
		unsigned at = 0;

		if (wire_to_str(&list->via.array.ptr[i], word, sizeof(word)) < 0)
			word[0] = '\0';
		while (at < sizeof(words) / sizeof(words[0]) && strcmp(words[at].name, word) != 0)
			at++;
		if (at == sizeof(words) / sizeof(words[0]))
			return rpc_fail_at(req, "what", "rpc.params.invalid",
				"keys, chords, roman, cadences or voices are expected");
		*ret |= words[at].what;
	}
	return 0;
}

static int handle_analyse(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = NULL;
	int what, rc = read_what(req, wire_get_array(params, "what"), &what);

	if (rc == 0)
		rc = start(req, params, NULL, work_analyse, &task);
	if (rc < 0)
		return rc;
	task->option = what;
	return task_start(task);
}

/* --- hermes.tablature.propose --- */

static const struct rpc_param tablature_params[] = {
	{"degree", RPC_INT}, {"part_id", RPC_STR}, {"score_id", RPC_STR}, {0}};

static void put_proposed(struct task *task, const struct score_tablature_report *report)
{
	json_put_number(&task->result, "parts", report->n_parts);
	json_put_number(&task->result, "placed", (int64_t)report->n_placed);
	json_put_number(&task->result, "left_out", (int64_t)report->fret.n_left_out);
	json_put_number(&task->result, "unreachable", (int64_t)report->fret.n_unreachable);
	json_put_number(&task->result, "shifts", (int64_t)report->fret.n_shifts);
}

static int work_tablature(struct task *task, struct failure *failure)
{
	struct score_tablature_report report;
	struct score_change ops = {0};
	struct document *d;
	nvx_id part = 0;
	int rc = task_document(task, &d, failure);

	if (rc == 0 && task->text) {
		part = nvx_id_find(d->head->pool, task->text, strlen(task->text));
		rc = part ? 0 : -ENOENT;
	}
	if (rc == 0)
		rc = score_tablature(d->head, part, (unsigned)task->option, &ops, &report);
	if (rc == -ENOENT && task->text && !failure->error.code[0])
		(void)failure_set(
			failure, rc, "hermes.part.absent", "the score has no part \"%s\"", task->text);
	if (rc < 0)
		return failure->error.code[0] ? rc : failure_of_score(failure, rc);
	rc = change(task, d, &ops, NULL, failure);
	if (rc == 0)
		put_proposed(task, &report);
	score_change_finish(&ops);
	return rc;
}

static int handle_tablature(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = NULL;
	int64_t degree = 0;
	char part[64] = "";

	if (wire_get_i64(params, "degree", &degree) == -ERANGE || degree < 0 || degree >= MOS_FRET_DEGREES)
		return rpc_fail_at(req, "degree", "rpc.params.invalid",
			"0 (everything) to %u (the melody alone)", MOS_FRET_DEGREES - 1);
	if (wire_get_str(params, "part_id", part, sizeof(part)) == -ENAMETOOLONG)
		return rpc_fail_at(req, "part_id", "hermes.part.absent", "no part has so long an id");
	const int rc = start(req, params, NULL, work_tablature, &task);
	if (rc < 0)
		return rc;
	task->option = (int)degree;
	if (part[0] && !(task->text = strdup(part)))
		return task_drop(task, -ENOMEM);
	return task_start(task);
}

static const struct rpc_method methods[] = {
	{"hermes.score.edit", handle_edit, edit_params, .caps = CAP_SCORE_EDIT},
	{"hermes.score.undo", handle_undo, undo_params, .caps = CAP_SCORE_EDIT},
	{"hermes.score.redo", handle_redo, undo_params, .caps = CAP_SCORE_EDIT},
	{"hermes.score.analyse", handle_analyse, analyse_params, .caps = CAP_SCORE_EDIT},
	{"hermes.tablature.propose", handle_tablature, tablature_params, .caps = CAP_SCORE_EDIT},
	{"hermes.measure.update", handle_measure, measure_params, .caps = CAP_SCORE_EDIT},
	{"hermes.part.add", handle_part, part_params, .caps = CAP_SCORE_EDIT},
};

const struct rpc_table edit_methods = {methods, sizeof(methods) / sizeof(methods[0])};
