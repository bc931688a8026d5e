/* SPDX-License-Identifier: MIT */
/* The library of songs: what comes in and goes out (LIB-01, LIB-08). */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <score/format.h>

#include "book.h"
#include "caps.h"
#include "file.h"
#include "json_wire.h"
#include "shelf_task.h"
#include "shelve.h"
#include "table.h"

#define TABLE_STEP 20000u

static int open_writer(struct task *task, struct failure *failure)
{
	return library_open_for(task, LIBRARY_WRITE, &task->hermes->shelf.lib, failure);
}

/* --- hermes.library.import --- */

struct import {
	char path[PATH_MAX], score_id[UUID_BYTES];
	struct table_import *table;
	struct library_source source;
	int64_t began_ns;
	int64_t songs;
	int is_in_batch;
	uint64_t batch; /* that it was added in */
};

static void finish_import(void *memory)
{
	struct import *import = memory;
	table_close(import->table);
}

static void answer_import(struct task *task, const struct import *import, int known)
{
	json_put_number(&task->result, "songs", import->songs);
	json_put_bool(&task->result, "known", known);
	if (import->table) {
		const struct table_progress *p = table_progress(import->table);
		json_put_number(&task->result, "refused", (int64_t)p->n_refused);
		if (p->n_refused) {
			json_put_number(&task->result, "first_refused", (int64_t)p->first_refused);
			json_put_text(&task->result, "why", p->why);
		}
		json_put_number(&task->result, "unread_chords", (int64_t)p->n_unread_chords);
		json_put_number(&task->result, "statistics", (int64_t)p->n_statistics);
		json_put_number(&task->result, "notes", (int64_t)p->n_notes);
		if (p->n_notes)
			json_put_text(&task->result, "note", p->note);
	} else {
		json_put_number(&task->result, "refused", 0);
	}
	json_put_seconds(&task->result, "seconds", library_now_ns() - import->began_ns);
}

static void show_progress(struct shelf *shelf, const struct import *import)
{
	const struct table_progress *p = table_progress(import->table);
	atomic_store_explicit(&shelf->progress.bytes, p->bytes, memory_order_relaxed);
	atomic_store_explicit(&shelf->progress.size_bytes, p->size_bytes, memory_order_relaxed);
	atomic_store_explicit(&shelf->progress.songs, p->n_songs, memory_order_relaxed);
}

/** How the batch of this number ended. Few are remembered: between two turns of one job hardly more can end.
 */
static int *batch_result(struct shelf *shelf, uint64_t batch)
{
	return &shelf->batch_rc[batch % SHELF_BATCHES];
}

/** How it ended is theirs to tell. */
void shelf_end_batch(struct shelf *shelf)
{
	if (!shelf->batch_open)
		return;
	shelf->batch_open = 0;
	*batch_result(shelf, shelf->batch++) = library_commit(shelf->lib);
}

static int step_table(struct task *task, struct import *import, struct failure *failure)
{
	struct shelf *shelf = &task->hermes->shelf;
	shelf_end_batch(shelf); /* files of music come between a table's steps */
	const int rc = table_step(import->table, TABLE_STEP);
	if (rc < 0)
		return library_failure(failure, rc, shelf->lib);
	show_progress(shelf, import);
	if (rc == 1)
		return 1;
	atomic_store_explicit(&shelf->progress.active, 0, memory_order_relaxed);
	import->songs = (int64_t)table_progress(import->table)->n_songs;
	answer_import(task, import, 0);
	return 0;
}

static int start_table(struct task *task, struct import *import, struct failure *failure)
{
	struct shelf *shelf = &task->hermes->shelf;
	char why[LIBRARY_WHY];
	const int fd = task->fd;
	task->fd = -1;          /* the table's now */
	shelf_end_batch(shelf); /* a table has batches of its own */
	const int rc = table_open(shelf->lib, fd, import->path, &import->table, why);
	if (rc == -EALREADY) {
		answer_import(task, import, 1);
		return 0;
	}
	if (rc == -EINVAL)
		return failure_set(failure, rc, "hermes.library.invalid",
			"neither music that can be read nor a table: %s", why);
	if (rc < 0)
		return failure_set(failure, rc, "hermes.library.failed", "%s", why);
	atomic_store_explicit(&shelf->progress.active, 1, memory_order_relaxed);
	show_progress(shelf, import);
	return 1;
}

/** A file that is being read. */
struct file_import {
	struct task *task;
	struct import *import;
	struct failure *failure;
	int rc; /* of the last tune; one that is no good is left out */
};

static void find_chords(struct book_tune *tune, void *)
{
	if (tune->score && !(tune->made = shelve_chords(tune->score)))
		tune->rc = -ENOMEM;
}

static int add_score(struct file_import *file, const struct book_tune *tune)
{
	struct import *import = file->import;
	struct library *lib = file->task->hermes->shelf.lib;
	if (tune->rc < 0) {
		*file->failure = (struct failure){.report = tune->report};
		return failure_of_score(file->failure, tune->rc);
	}
	const int rc = shelve(lib, tune->score, tune->made, import->path, import->score_id);
	if (rc < 0)
		return library_failure(file->failure, rc, lib);
	import->songs++;
	return 0;
}

static int take_tune(struct book_tune *tune, void *ctx)
{
	struct file_import *file = ctx;
	const int is_over = file->rc < 0 && file->rc != -EINVAL;
	if (!is_over)
		file->rc = add_score(file, tune);
	score_unref(tune->made);
	return file->rc == -EINVAL ? 0 : file->rc;
}

/** All scores of a file into the batch that is open. */
static int import_file(
	struct task *task, struct import *import, const uint8_t *bytes, size_t size, struct failure *failure)
{
	struct shelf *shelf = &task->hermes->shelf;
	struct file_import file = {task, import, failure, 0};
	char stem[PATH_MAX];
	int rc;
	if (!shelf->batch_open) {
		rc = library_begin(shelf->lib);
		if (rc < 0)
			return library_failure(failure, rc, shelf->lib);
		shelf->batch_open = 1;
	}
	const char *slash = strrchr(import->path, '/');
	(void)snprintf(stem, sizeof(stem), "%s", slash ? slash + 1 : import->path);
	char *dot = strrchr(stem, '.');
	if (dot && dot != stem)
		*dot = '\0';
	rc = book_read(&(struct book){bytes, size, stem, find_chords, take_tune, &file});
	if (rc < 0 && file.rc == 0)
		return failure_of_score(failure, rc);
	if (rc == 0 && import->songs == 0)
		rc = file.rc;
	if (rc == 0)
		rc = library_source_store(shelf->lib, &import->source, (uint64_t)import->songs, 1);
	import->is_in_batch = rc == 0;
	import->batch = shelf->batch;
	return rc;
}

static int read_file(struct task *task, struct import *import, struct failure *failure)
{
	const char *why;
	uint8_t *bytes;
	size_t size;
	struct stat st;
	if (fstat(task->fd, &st) == 0)
		import->source = library_source_of(import->path, &st);
	int rc = file_read(task->fd, &score_heap, &bytes, &size, &why);
	if (rc < 0)
		return failure_set(failure, rc, "hermes.file.unreadable", "the file cannot be read: %s", why);
	rc = import_file(task, import, bytes, size, failure);
	score_free(&score_heap, bytes);
	return rc < 0 ? rc : 1;
}

/** Music by its first bytes; what is none is taken for a table, which may be longer than memory. */
static int is_music(int fd, struct failure *failure)
{
	uint8_t head[65536];
	const ssize_t n = pread(fd, head, sizeof(head), 0);
	const int format = n < 0 ? -EIO : score_format_detect(head, (size_t)n, &failure->report);
	/* A line of JSON that is cut off is no error here. */
	*failure = (struct failure){0};
	return format >= 0;
}

static int work_import(struct task *task, struct failure *failure)
{
	struct shelf *shelf = &task->hermes->shelf;
	struct import *import = task->memory;
	int rc = open_writer(task, failure);
	if (rc < 0)
		return rc;
	if (import->table)
		return step_table(task, import, failure);
	if (import->is_in_batch) {
		/* Whoever comes round first ends the batch for all that share it. */
		if (import->batch == shelf->batch)
			shelf_end_batch(shelf);
		rc = *batch_result(shelf, import->batch);
		if (rc < 0)
			return library_failure(failure, rc, shelf->lib);
		answer_import(task, import, 0);
		return 0;
	}
	import->began_ns = library_now_ns();
	struct stat st;
	/* A pipe, a socket, a device could keep this thread waiting for as long as the other end likes. */
	if (fstat(task->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return failure_set(failure, -ENXIO, "hermes.file.unreadable",
			"the file cannot be read: it is not a regular file");
	if (!is_music(task->fd, failure))
		return start_table(task, import, failure);
	import->source = library_source_of(import->path, &st);
	if (library_source_find(shelf->lib, &import->source) == -EALREADY) {
		answer_import(task, import, 1);
		return 0;
	}
	return read_file(task, import, failure);
}

static int handle_import(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_import);
	struct import *import = calloc(1, sizeof(*import));
	if (!task || !import) {
		free(import);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	task->memory = import;
	task->finish_memory = finish_import;
	task->worker = &task->hermes->shelf.writer;
	if (wire_get_str(params, "path", import->path, sizeof(import->path)) < 0 &&
		wire_get_str(params, "name", import->path, sizeof(import->path)) < 0)
		return task_drop(
			task, rpc_fail_at(req, "name", "rpc.params.invalid", "a file's name is expected"));
	if (wire_get(params, "score_id") &&
		wire_get_str(params, "score_id", import->score_id, sizeof(import->score_id)) < 0)
		return task_drop(task,
			rpc_fail_at(req, "score_id", "rpc.params.invalid", "the id of a score is a UUID"));
	task->fd = rpc_take_fd(req, 0);
	if (task->fd < 0)
		return task_drop(task,
			rpc_fail(req, task->fd, "rpc.fds.missing", "the file is missing beside the request"));
	return task_start(task);
}

/* --- hermes.library.progress --- */

static int handle_progress(struct rpc_request *req, const msgpack_object *params)
{
	struct shelf_progress *p = &hermes_of(req)->shelf.progress;
	wire_put_bool(&req->out, "active", atomic_load_explicit(&p->active, memory_order_relaxed));
	wire_put_u64(&req->out, "bytes", atomic_load_explicit(&p->bytes, memory_order_relaxed));
	wire_put_u64(&req->out, "size_bytes", atomic_load_explicit(&p->size_bytes, memory_order_relaxed));
	wire_put_u64(&req->out, "songs", atomic_load_explicit(&p->songs, memory_order_relaxed));
	return 0;
}

/* --- hermes.library.remove --- */

static int work_remove(struct task *task, struct failure *failure)
{
	struct shelf *shelf = &task->hermes->shelf;
	int rc = open_writer(task, failure);
	if (rc < 0)
		return rc;
	shelf_end_batch(shelf);
	rc = library_remove(shelf->lib, task->number);
	return rc < 0 ? library_failure(failure, rc, shelf->lib) : 0;
}

static int handle_remove(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work_remove);
	if (!task)
		return -ENOMEM;
	task->worker = &task->hermes->shelf.writer;
	(void)wire_get_i64(params, "id", &task->number);
	return task_start(task);
}

static const struct rpc_param import_params[] = {
	{"name", RPC_STR | RPC_REQUIRED}, {"path", RPC_STR}, {"score_id", RPC_STR}, {0}};
static const struct rpc_param id_params[] = {{"id", RPC_INT | RPC_REQUIRED}, {0}};

static const struct rpc_method methods[] = {
	{"hermes.library.import", handle_import, import_params, .n_fds = 1, .caps = CAP_SCORE_EDIT},
	{"hermes.library.progress", handle_progress, NULL, .caps = CAP_SCORE_READ},
	{"hermes.library.remove", handle_remove, id_params, .caps = CAP_SCORE_EDIT},
};

const struct rpc_table shelf_methods = {methods, sizeof(methods) / sizeof(methods[0])};
