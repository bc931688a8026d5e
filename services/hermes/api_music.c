/* SPDX-License-Identifier: MIT */
/* What is written at a place: measures, keys, chords, notes; and in which order it is played (HER-10, HER-17,
 * HER-18, NVX-19). */
#include <errno.h>
#include <string.h>

#include <mos/roman.h>
#include <score/nvx_json.h>
#include <score/order.h>

#include "caps.h"
#include "json_wire.h"
#include "task.h"

/* --- hermes.measure.get --- */

static const struct rpc_param index_params[] = {
	{"index", RPC_INT | RPC_REQUIRED}, {"score_id", RPC_STR}, {0}};

static int work_measure(struct task *task, struct failure *failure)
{
	struct score_bytes measure;
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	score_bytes_init(&measure, &score_heap);
	rc = task->number < 0 || task->number > UINT32_MAX
		     ? -ENOENT
		     : nvx_write_measure(d->head, (uint32_t)task->number, &measure);
	if (rc == 0) /* its members, without the braces */
		json_put_raw(&task->result, NULL, measure.data + 1, measure.n - 2);
	else if (rc == -ENOENT)
		json_put_null(&task->result, "measure");
	score_bytes_finish(&measure);
	return rc < 0 && rc != -ENOENT ? failure_of_score(failure, rc) : 0;
}

/* --- hermes.key.get --- */

static const struct rpc_param tick_params[] = {{"tick", RPC_INT | RPC_REQUIRED}, {"score_id", RPC_STR}, {0}};

static int work_key(struct task *task, struct failure *failure)
{
	char text[FACTS_KEY_BYTES];
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	const struct nvx_key *key = score_key_at(d->head, task->number);
	facts_key(key, text);
	json_put_text(&task->result, "key", text);
	json_put_number(&task->result, "tick", key->tick);
	return 0;
}

/* --- hermes.chord.get --- */

/* Of the whole score, or of the first part that has one there. */
static const struct nvx_chord *find_chord(const struct score *score, int64_t tick)
{
	const struct nvx_chord *chord = score_chord_at(score, tick, 0);

	for (uint32_t i = 0; !chord && i < score->n_parts; i++)
		chord = score_chord_at(score, tick, score->part[i]->part.id);
	return chord;
}

static int is_minor(unsigned mode)
{
	return mode == NVX_MODE_MINOR || mode == NVX_MODE_DORIAN || mode == NVX_MODE_PHRYGIAN ||
	       mode == NVX_MODE_AEOLIAN || mode == NVX_MODE_LOCRIAN;
}

/* As it is written, else as it follows from symbol and key. */
static void put_roman(struct score_bytes *out, const struct score *score, const struct nvx_chord *chord,
	const struct mos_chord *parsed)
{
	const struct nvx_key *key = score_key_at(score, chord->e.tick);
	struct mos_roman roman;
	char text[64];

	if (chord->roman) {
		json_put_text(out, "roman", score_text(score, chord->roman));
		return;
	}
	if (!chord->roman_null && parsed && key->step != NVX_KEY_NONE) {
		const struct mos_tonality tonality = {
			.tonic = {.step = key->step, .alter = key->alter},
			.minor = (uint8_t)is_minor(key->mode),
		};
		if (mos_roman_from_chord(parsed, tonality, &roman) == 0 &&
			mos_roman_format(&roman, text, sizeof(text)) > 0) {
			json_put_text(out, "roman", text);
			return;
		}
	}
	json_put_null(out, "roman");
}

static void put_pitch_classes(struct score_bytes *out, unsigned classes)
{
	json_open(out, "pitch_classes", '[');
	for (unsigned i = 0; i < 12; i++) {
		if (classes >> i & 1)
			json_put_number(out, NULL, i);
	}
	json_close(out, ']');
}

static unsigned classes_of(
	const struct score *score, const struct nvx_chord *chord, const struct mos_chord *parsed)
{
	unsigned classes = 0;
	uint32_t n;
	const uint8_t *pitch = nvx_items(score->pool, chord->voicing, &n);

	if (parsed)
		return mos_chord_pitch_classes(parsed);
	for (uint32_t i = 0; i < n; i++)
		classes |= 1u << (pitch[i] % 12);
	return classes;
}

static int work_chord(struct task *task, struct failure *failure)
{
	struct mos_chord parsed;
	struct document *d;
	size_t len, where;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	const struct nvx_chord *chord = find_chord(d->head, task->number);
	if (!chord) {
		json_put_null(&task->result, "chord");
		return 0;
	}
	const char *symbol = nvx_string(d->head->pool, chord->symbol, &len);
	const int is_known = mos_chord_parse(symbol, len, &parsed, &where) >= 0;
	json_put_text(&task->result, "symbol", symbol);
	put_roman(&task->result, d->head, chord, is_known ? &parsed : NULL);
	json_put_number(&task->result, "tick", chord->e.tick);
	json_put_number(&task->result, "duration_ticks", chord->e.duration_ticks);
	put_pitch_classes(&task->result, classes_of(d->head, chord, is_known ? &parsed : NULL));
	return 0;
}

/* --- hermes.note.list --- */

/* Lists in a list, as short as they can be: a frame holds the notes of the fullest measure. */
static void put_notes(struct score_bytes *out, const struct score *score, const struct nvx_measure *m)
{
	json_open(out, "notes", '[');
	for (uint32_t i = 0; i < score->n_parts; i++) {
		const struct nvx_seq *notes = &score->part[i]->note;
		struct nvx_seq_iter it = nvx_seq_from(notes, nvx_seq_find(notes, m->tick));
		const struct nvx_note *note;

		while ((note = nvx_seq_next(&it)) && note->tick < m->tick + m->duration_ticks) {
			if (note->muted)
				continue;
			json_open(out, NULL, '[');
			json_put_number(out, NULL, i);
			json_put_number(out, NULL, note->tick);
			json_put_number(out, NULL, note->duration_ticks);
			json_put_number(out, NULL, note->pitch);
			json_put_number(out, NULL, note->velocity);
			json_close(out, ']');
		}
	}
	json_close(out, ']');
}

static int work_notes(struct task *task, struct failure *failure)
{
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	if (task->number < 0 || task->number >= score_n_measure(d->head)) {
		json_put_null(&task->result, "notes");
		return 0;
	}
	const struct nvx_measure *m = score_measure(d->head, (uint32_t)task->number);
	json_put_number(&task->result, "tick", m->tick);
	json_put_number(&task->result, "duration_ticks", m->duration_ticks);
	put_notes(&task->result, d->head, m);
	return 0;
}

/* --- hermes.order.get --- */

static void put_run(struct score_bytes *out, const struct score_run *run)
{
	json_open(out, NULL, '{');
	json_put_number(out, "first", run->first);
	json_put_number(out, "last", run->last);
	json_put_number(out, "written_tick", run->written_tick);
	json_put_number(out, "played_tick", run->played_tick);
	json_put_number(out, "duration_ticks", run->duration_ticks);
	json_put_number(out, "pass", run->pass);
	json_close(out, '}');
}

static int work_order(struct task *task, struct failure *failure)
{
	struct score_play_order order = {0};
	struct document *d;
	int rc = task_document(task, &d, failure);

	if (rc < 0)
		return rc;
	rc = score_play_order(d->head, &score_heap, &failure->report, &order);
	if (rc < 0)
		return failure_of_score(failure, rc);
	json_put_number(&task->result, "end_ticks", order.end_tick);
	json_open(&task->result, "runs", '[');
	for (uint32_t i = 0; i < order.n; i++)
		put_run(&task->result, &order.run[i]);
	json_close(&task->result, ']');
	score_play_order_finish(&order);
	return 0;
}

/* --- */

static int start(struct rpc_request *req, const msgpack_object *params, const char *key,
	int (*work)(struct task *, struct failure *))
{
	struct task *task = task_new(req, work);

	if (!task)
		return -ENOMEM;
	if (task_read_ids(task, params) < 0)
		return task_drop(task, -EINVAL);
	if (wire_get_i64(params, key, &task->number) < 0)
		task->number = -1;
	return task_start(task);
}

static int handle_measure(struct rpc_request *req, const msgpack_object *params)
{
	return start(req, params, "index", work_measure);
}

static int handle_key(struct rpc_request *req, const msgpack_object *params)
{
	return start(req, params, "tick", work_key);
}

static int handle_chord(struct rpc_request *req, const msgpack_object *params)
{
	return start(req, params, "tick", work_chord);
}

static int handle_notes(struct rpc_request *req, const msgpack_object *params)
{
	return start(req, params, "index", work_notes);
}

static const struct rpc_param order_params[] = {{"score_id", RPC_STR}, {0}};

static int handle_order(struct rpc_request *req, const msgpack_object *params)
{
	return start(req, params, "index", work_order);
}

static const struct rpc_method methods[] = {
	{"hermes.measure.get", handle_measure, index_params, .caps = CAP_SCORE_READ},
	{"hermes.key.get", handle_key, tick_params, .caps = CAP_SCORE_READ},
	{"hermes.chord.get", handle_chord, tick_params, .caps = CAP_SCORE_READ},
	{"hermes.note.list", handle_notes, index_params, .caps = CAP_SCORE_READ},
	{"hermes.order.get", handle_order, order_params, .caps = CAP_SCORE_READ},
};

const struct rpc_table music_methods = {methods, sizeof(methods) / sizeof(methods[0])};
