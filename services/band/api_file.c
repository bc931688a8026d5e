/* SPDX-License-Identifier: MIT */
/* Files that are made: Standard MIDI Files, what a sequencer takes, scores. Nothing is written to a disk
 * here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "export.h"
#include "refusal.h"
#include "score.h"
#include "sha256.h"
#include "task.h"

/* --- band.file.create --- */

static const struct rpc_param create_params[] = {{"program", RPC_STR}, {"tune", RPC_INT}, {"flags", RPC_MAP},
	{"defaults", RPC_MAP}, {"strict", RPC_BOOL}, {"options", RPC_MAP}, {"setlist", RPC_ARRAY},
	{"reference", RPC_BOOL}, {0}};

struct made {
	char events_digest[65], file_digest[65];
	uint32_t n_notes, n_bars;
	double seconds;
};

/* The contract's file to the byte: one program, once, as written. */
static int make_reference(struct task *task, struct made *made)
{
	struct take *take = task->take;
	struct band_plan plan;
	struct band_events events = {0};
	int rc;

	if (take->n_items != 1)
		return band_error(&take->report, "band.options.reference", "setlist",
			"the reference's file is of one program");
	rc = band_plan_program(&take->in[0], &take->report, &plan);
	if (rc < 0)
		return rc;
	const struct band_ctx ctx = {.in = &take->in[0], .plan = &plan, .report = &take->report};
	rc = band_render(&ctx, &events);
	if (rc == 0)
		rc = band_smf(&ctx, &events, &(struct band_smf_options){0}, &task->result);
	if (rc == 0)
		rc = band_events_digest(&events, ctx.in, made->events_digest);
	made->n_notes = events.n_events;
	made->n_bars = plan.n_bars;
	made->seconds = plan.n_bars * band_bar_beats(ctx.in) * 60 / ctx.in->tempo_bpm;
	band_events_finish(&events);
	band_plan_finish(&plan);
	return rc;
}

/* The digest of the program's own events, whatever the performance makes of it. */
static int digest_program(struct task *task, struct made *made)
{
	struct take *take = task->take;
	struct band_plan plan;
	struct band_events events = {0};
	int rc = band_plan_program(&take->in[0], &take->report, &plan);

	if (rc < 0)
		return rc;
	const struct band_ctx ctx = {.in = &take->in[0], .plan = &plan, .report = &take->report};
	rc = band_render(&ctx, &events);
	if (rc == 0)
		rc = band_events_digest(&events, ctx.in, made->events_digest);
	band_events_finish(&events);
	band_plan_finish(&plan);
	return rc;
}

/* How a file differs from playing: it ends, and nobody needs to be counted in. */
static int perform_for_file(struct take *take)
{
	struct wish *wish = &take->wish;

	if (!wish->said[WISH_count_in])
		wish->options.count_in_bars = 0;
	if (!wish->said[WISH_choruses])
		wish->options.choruses = 1;
	if (wish->options.choruses == 0)
		return band_error(&take->report, "band.options.choruses", "options.choruses",
			"a file needs a number of choruses");
	if (!wish->said[WISH_ending])
		wish->options.ending = true;
	return take_perform(take);
}

static int make_performance(struct task *task, struct made *made)
{
	struct take *take = task->take;
	int rc = perform_for_file(take);

	if (rc == 0)
		rc = band_performance_smf(
			take->performance, take->wish.options.gate.no_overlap, &take->report, &task->result);
	if (rc == 0 && take->n_items == 1)
		rc = digest_program(task, made);
	if (rc < 0)
		return rc;
	made->n_notes = band_performance_notes(take->performance);
	made->n_bars = band_performance_plan(take->performance)->n_bars;
	made->seconds = take_seconds(take);
	return 0;
}

static int work_create(struct task *task)
{
	struct made *made = calloc(1, sizeof(*made));
	int rc = made ? take_read(task->take, task->band->styles) : -ENOMEM;

	task->memory = made;
	task->release = free;
	if (rc == 0)
		rc = task->option ? make_reference(task, made) : make_performance(task, made);
	if (rc == 0)
		rc = band_sha256_hex(task->result.byte, task->result.size, made->file_digest);
	task->result_name = "band file";
	return rc;
}

static void answer_create(struct task *task)
{
	const struct made *made = task->memory;
	const struct take *take = task->take;
	struct wire_out *out = &task->req->out;

	wire_put_str(out, "digest", take->digest);
	if (made->events_digest[0])
		wire_put_str(out, "events_digest", made->events_digest);
	wire_put_str(out, "file_digest", made->file_digest);
	wire_put_u64(out, "bytes", task->result.size);
	wire_put_u64(out, "notes", made->n_notes);
	wire_put_u64(out, "bars", made->n_bars);
	wire_put_f64(out, "seconds", made->seconds);
	if (take->in[0].outfile[0] && !take->wish.is_setlist)
		wire_put_str(out, "outfile", take->in[0].outfile);
	refusal_put_issues(out, &take->report);
}

static int handle_create(struct rpc_request *req, const msgpack_object *params)
{
	int rc;
	struct task *task = task_new_take(req, params, &rc);

	if (!task)
		return rc;
	(void)wire_get_bool(params, "reference", &task->option);
	return task_start(task, work_create, answer_create);
}

/* --- band.file.export --- */

static const struct rpc_param export_params[] = {{"gm", RPC_BOOL}, {0}};

static int work_export(struct task *task)
{
	struct band_export *made = calloc(1, sizeof(*made));
	char *bytes = NULL;
	size_t size = 0;

	task->memory = made;
	task->release = free;
	task->result_name = "band export";
	if (!made)
		return -ENOMEM;
	int rc = wish_read_bytes(task->fd, BAND_EXPORT_MAX, &bytes, &size);
	if (rc < 0 && rc != -ENOMEM)
		return band_error(&task->report, "band.file.invalid", "file", "the file cannot be read: %s",
			rc == -EFBIG ? "it is larger than 16 MiB" : strerror(-rc));
	if (rc == 0)
		rc = band_export((const uint8_t *)bytes, size, task->option, &task->report, made);
	free(bytes);
	if (rc == 0)
		task->result = made->file;
	return rc;
}

static void answer_export(struct task *task)
{
	const struct band_export *made = task->memory;
	struct wire_out *out = &task->req->out;

	wire_open_array(out, "injected");
	for (unsigned i = 0; i < 16; i++) {
		if (made->injected & 1u << i)
			wire_put_u64(out, NULL, i);
	}
	wire_close(out);
	wire_open_array(out, "tracks");
	for (uint32_t i = 0; i < made->n_tracks && i < BAND_EXPORT_NAMES; i++)
		wire_put_str(out, NULL, made->name[i]);
	wire_close(out);
	wire_put_u64(out, "bytes", made->file.size);
}

static int handle_export(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new_fd(req);

	if (!task)
		return -ENOMEM;
	task->option = 1;
	(void)wire_get_bool(params, "gm", &task->option);
	return task_start(task, work_export, answer_export);
}

/* --- band.score.create --- */

static const struct rpc_param score_params[] = {{"program", RPC_STR}, {"tune", RPC_INT}, {"flags", RPC_MAP},
	{"defaults", RPC_MAP}, {"strict", RPC_BOOL}, {"options", RPC_MAP}, {"setlist", RPC_ARRAY}, {0}};

static int work_score(struct task *task)
{
	struct take *take = task->take;
	uint32_t *n_parts = calloc(1, sizeof(*n_parts));
	int rc = n_parts ? take_read(take, task->band->styles) : -ENOMEM;

	task->memory = n_parts;
	task->release = free;
	task->result_name = "band score";
	if (rc == 0)
		rc = perform_for_file(take);
	if (rc < 0)
		return rc;
	const int fd = band_performance_timeline(take->performance, &take->report);
	if (fd < 0)
		return fd;
	rc = band_score(take->performance, fd, take->in[0].name[0] ? take->in[0].name : "Accompaniment",
		&take->report, &task->result, n_parts);
	close(fd);
	return rc;
}

static void answer_score(struct task *task)
{
	struct wire_out *out = &task->req->out;

	wire_put_str(out, "digest", task->take->digest);
	wire_put_u64(out, "bars", band_performance_plan(task->take->performance)->n_bars);
	wire_put_u64(out, "parts", *(const uint32_t *)task->memory);
}

static int handle_score(struct rpc_request *req, const msgpack_object *params)
{
	int rc;
	struct task *task = task_new_take(req, params, &rc);

	return task ? task_start(task, work_score, answer_score) : rc;
}

static const struct rpc_method methods[] = {
	{"band.file.create", handle_create, create_params, 0, CAP_SCORE_READ},
	{"band.file.export", handle_export, export_params, 1, CAP_SCORE_READ},
	{"band.score.create", handle_score, score_params, 0, CAP_SCORE_READ},
};

const struct rpc_table file_methods = {methods, sizeof(methods) / sizeof(methods[0])};
