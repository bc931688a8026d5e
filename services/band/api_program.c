/* SPDX-License-Identifier: MIT */
/* What a program, a setlist, an exercise says; which styles there are. Nothing is played. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "caps.h"
#include "refusal.h"
#include "setlist.h"
#include "task.h"

#define TEXT_BYTES_MAX (20u << 10) /* of a frame */
#define LIST_BYTES_MAX (56u << 10)

/* --- band.program.check --- */

static const struct rpc_param check_params[] = {{"program", RPC_STR}, {"tune", RPC_INT}, {"flags", RPC_MAP},
	{"defaults", RPC_MAP}, {"strict", RPC_BOOL}, {0}};

/* A program with errors is an answer, too. */
static int work_check(struct task *task)
{
	const int rc = take_read(task->take, task->band->styles);

	return rc == -EINVAL ? 0 : rc;
}

static double plain_seconds(const struct band_inputs *in)
{
	return band_bars(in) * band_bar_beats(in) * 60 / in->tempo_bpm;
}

static void answer_check(struct task *task)
{
	const struct take *take = task->take;
	struct wire_out *out = &task->req->out;

	refusal_put_issues(out, &take->report);
	if (!take->n_items)
		return;
	const struct band_inputs *in = &take->in[0];
	char *text = band_inputs_text(in);

	answer_put_inputs(out, in);
	/* What does not fit into a frame is left out; it is for people. */
	if (text && strlen(text) < TEXT_BYTES_MAX)
		wire_put_str(out, "text", text);
	free(text);
	if (!take->report.n_errors)
		wire_put_str(out, "digest", take->digest);
	wire_put_u64(out, "bars", band_bars(in));
	wire_put_f64(out, "seconds", plain_seconds(in));
}

static int handle_check(struct rpc_request *req, const msgpack_object *params)
{
	int rc;
	struct task *task = task_new_take(req, params, &rc);

	return task ? task_start(task, work_check, answer_check) : rc;
}

/* --- band.setlist.check --- */

struct setlist_answer {
	bool is_exercise;
	struct band_setlist setlist;
	struct band_exercise exercise;
};

static void release_setlist(void *memory)
{
	struct setlist_answer *a = memory;

	if (a->is_exercise)
		band_exercise_finish(&a->exercise);
	else
		band_setlist_finish(&a->setlist);
	free(a);
}

static int read_either(struct task *task, const char *bytes, size_t size)
{
	struct band_report *other = calloc(1, sizeof(*other));
	struct setlist_answer *a = calloc(1, sizeof(*a));
	int rc = other && a ? band_setlist_read(bytes, size, &task->report, &a->setlist) : -ENOMEM;

	/* One that is no setlist may be an exercise; if it is neither, the setlist's faults are told. */
	if (rc == -EINVAL && band_exercise_read(bytes, size, other, &a->exercise) == 0) {
		a->is_exercise = true;
		task->report = *other;
		rc = 0;
	}
	free(other);
	if (rc < 0) {
		free(a);
		return rc;
	}
	task->memory = a;
	task->release = release_setlist;
	return 0;
}

static int work_setlist(struct task *task)
{
	char *bytes = NULL;
	size_t size = 0;
	int rc = wish_read_bytes(task->fd, WISH_PROGRAM_MAX, &bytes, &size);

	if (rc < 0 && rc != -ENOMEM)
		return band_error(&task->report, "LOAD_ERROR", "file", "the file cannot be read: %s",
			rc == -EFBIG ? "it is larger than 1 MiB" : strerror(-rc));
	if (rc == 0)
		rc = read_either(task, bytes, size);
	free(bytes);
	return rc;
}

static void put_item(
	struct wire_out *out, const char *path, const char *name, uint32_t repeats, const char *notes)
{
	wire_open_map(out, NULL);
	wire_put_str(out, "path", path);
	wire_put_str(out, "name", name);
	wire_put_u64(out, "repeats", repeats);
	/* Notes are for people: where many would not fit, paths still do. */
	wire_put_str(out, "notes", out->len < LIST_BYTES_MAX / 2 ? notes : "");
	wire_close(out);
}

static void answer_setlist(struct task *task)
{
	const struct setlist_answer *a = task->memory;
	const struct band_setlist *setlist = &a->setlist;
	struct wire_out *out = &task->req->out;

	wire_put_str(out, "kind", a->is_exercise ? "exercise" : "setlist");
	wire_put_str(out, "title", a->is_exercise ? a->exercise.title : setlist->title);
	wire_open_array(out, "items");
	if (a->is_exercise)
		put_item(out, a->exercise.program, a->exercise.id, 1, a->exercise.type);
	for (uint32_t i = 0; i < setlist->n_items && out->len < LIST_BYTES_MAX; i++)
		put_item(out, setlist->item[i].path, setlist->item[i].name, setlist->item[i].repeats,
			setlist->item[i].notes);
	wire_close(out);
	wire_open_map(out, "defaults");
	for (unsigned i = 0; i < BAND_N_KEYS; i++) {
		if (setlist->defaults.value[i])
			wire_put_str(out, band_key_name((enum band_key)i), setlist->defaults.value[i]);
	}
	wire_close(out);
	if (setlist->outfile[0])
		wire_put_str(out, "outfile", setlist->outfile);
	if (a->is_exercise && a->exercise.text && strlen(a->exercise.text) < TEXT_BYTES_MAX)
		wire_put_str(out, "text", a->exercise.text);
	refusal_put_issues(out, &task->report);
}

static int handle_setlist(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new_fd(req);

	return task ? task_start(task, work_setlist, answer_setlist) : -ENOMEM;
}

/* --- band.style.list --- */

static const char *const part_names[BAND_N_PARTS] = {"comp", "bass", "drums"};
static const char *const intensity_names[BAND_N_INTENSITIES] = {"soft", "medium", "hard"};

static void put_style(struct wire_out *out, const struct band_style *style)
{
	char meter[16];

	wire_open_map(out, NULL);
	wire_put_str(out, "name", style->name);
	wire_put_str(out, "title", style->title);
	wire_put_str(out, "text", style->text);
	wire_put_bool(out, "reference", style->is_reference);
	(void)snprintf(meter, sizeof(meter), "%u/%u", style->meter_num, style->meter_den);
	wire_put_str(out, "meter", meter);
	wire_open_array(out, "tempo");
	wire_put_u64(out, NULL, style->tempo_min);
	wire_put_u64(out, NULL, style->tempo_usual);
	wire_put_u64(out, NULL, style->tempo_max);
	wire_close(out);
	wire_put_f64(out, "swing", style->swing);
	wire_put_str(out, "clave", style->clave);
	wire_open_array(out, "parts");
	for (unsigned i = 0; i < BAND_N_PARTS; i++) {
		if (style->pattern[BAND_MEDIUM] && style->pattern[BAND_MEDIUM]->line[i].n_hits)
			wire_put_str(out, NULL, part_names[i]);
	}
	wire_close(out);
	wire_open_array(out, "intensities");
	for (unsigned i = 0; i < BAND_N_INTENSITIES; i++) {
		if (style->pattern[i])
			wire_put_str(out, NULL, intensity_names[i]);
	}
	wire_close(out);
	wire_put_bool(out, "fill", style->fill != NULL);
	wire_put_bool(out, "ending", style->ending != NULL);
	wire_close(out);
}

static const struct rpc_param list_params[] = {{"offset", RPC_INT}, {0}};

static int handle_styles(struct rpc_request *req, const msgpack_object *params)
{
	const struct band_styles *styles = band_of(req)->styles;
	int64_t offset = 0;

	if (wire_get_i64(params, "offset", &offset) != -ENOENT && (offset < 0 || offset > UINT32_MAX))
		return rpc_fail_at(req, "offset", "rpc.params.invalid", "the first style has the offset 0");
	wire_put_u64(&req->out, "n", band_styles_count(styles));
	wire_open_array(&req->out, "styles");
	for (uint32_t i = (uint32_t)offset; i < band_styles_count(styles) && req->out.len < LIST_BYTES_MAX;
		i++)
		put_style(&req->out, band_styles_at(styles, i));
	wire_close(&req->out);
	return 0;
}

static const struct rpc_method methods[] = {
	{"band.program.check", handle_check, check_params, 0, CAP_SCORE_READ},
	{"band.setlist.check", handle_setlist, NULL, 1, CAP_SCORE_READ},
	{"band.style.list", handle_styles, list_params, 0, CAP_SCORE_READ},
};

const struct rpc_table program_methods = {methods, sizeof(methods) / sizeof(methods[0])};
