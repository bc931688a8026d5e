/* SPDX-License-Identifier: MIT */
/* What is written at a place: measures, keys, chords (HER-10, HER-17, HER-18). */
#include <errno.h>
#include <string.h>

#include <mos/roman.h>
#include <score/nvx_json.h>

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

static const struct rpc_method methods[] = {
	{"hermes.measure.get", handle_measure, index_params, .caps = CAP_SCORE_READ},
	{"hermes.key.get", handle_key, tick_params, .caps = CAP_SCORE_READ},
	{"hermes.chord.get", handle_chord, tick_params, .caps = CAP_SCORE_READ},
};

const struct rpc_table music_methods = {methods, sizeof(methods) / sizeof(methods[0])};
