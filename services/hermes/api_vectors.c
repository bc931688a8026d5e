/* SPDX-License-Identifier: MIT */
/* Vectors of the library's songs: made, brought, dropped (LIB-06). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "json_wire.h"
#include "shelf_task.h"

#define EMBED_STEP 20000u

struct wish {
	char name[LIBRARY_VECTORS_NAME];
	int songs_fd; /* the vectors' own is the task's */
	int drop;
};

static void finish_wish(void *memory)
{
	const struct wish *wish = memory;
	if (wish->songs_fd >= 0)
		close(wish->songs_fd);
}

static void put_set(void *data, const char *name, uint32_t dims, uint64_t n)
{
	struct score_bytes *out = data;
	json_open(out, NULL, '{');
	json_put_text(out, "name", name);
	json_put_number(out, "dims", dims);
	json_put_number(out, "n", (int64_t)n);
	json_close(out, '}');
}

int library_put_vectors(struct score_bytes *out, struct library *lib)
{
	json_open(out, "vectors", '[');
	const int rc = library_vectors_each(lib, put_set, out);
	json_close(out, ']');
	return rc;
}

static int import(struct task *task, struct library *lib)
{
	const struct wish *wish = task->memory;
	struct library_vectors_report report;
	const int rc = library_vectors_import(lib, wish->name, task->fd, wish->songs_fd, &report);
	if (rc < 0)
		return rc;
	json_put_number(&task->result, "unknown", (int64_t)report.n_unknown);
	if (report.n_unknown)
		json_put_text(&task->result, "first_unknown", report.first_unknown);
	return 0;
}

static int work(struct task *task, struct failure *failure)
{
	const struct wish *wish = task->memory;
	struct shelf *shelf = &task->hermes->shelf;
	int rc = library_open_for(task, LIBRARY_WRITE, &shelf->lib, failure);
	if (rc < 0)
		return rc;
	shelf_end_batch(shelf);
	if (wish->drop)
		rc = library_vectors_drop(shelf->lib, wish->name);
	else if (task->fd >= 0)
		rc = import(task, shelf->lib);
	else
		rc = library_embed(shelf->lib, EMBED_STEP);
	if (rc == 0)
		rc = library_put_vectors(&task->result, shelf->lib);
	return rc < 0 ? library_failure(failure, rc, shelf->lib) : rc;
}

static int read_wish(
	struct rpc_request *req, const msgpack_object *params, struct task *task, struct wish *wish)
{
	if (!wire_get(params, "name"))
		(void)snprintf(wish->name, sizeof(wish->name), "%s", LIBRARY_VECTORS_OWN);
	else if (wire_get_str(params, "name", wish->name, sizeof(wish->name)) < 0)
		return rpc_fail_at(req, "name", "rpc.params.invalid",
			"a name of at most %u bytes is expected", LIBRARY_VECTORS_NAME - 1);
	(void)wire_get_bool(params, "drop", &wish->drop);
	const int fd = rpc_take_fd(req, 0);
	task->fd = fd < 0 ? -1 : fd;
	wish->songs_fd = rpc_take_fd(req, 1);
	if ((task->fd < 0) != (wish->songs_fd < 0))
		return rpc_fail(req, -EINVAL, "rpc.fds.missing",
			"the vectors come with the songs that they are of: two files");
	if (!wish->drop && task->fd < 0 && strcmp(wish->name, LIBRARY_VECTORS_OWN) != 0)
		return rpc_fail_at(req, "name", "rpc.params.invalid",
			"vectors of another name than \"%s\" come from files", LIBRARY_VECTORS_OWN);
	return 0;
}

static int handle_embed(struct rpc_request *req, const msgpack_object *params)
{
	struct task *task = task_new(req, work);
	struct wish *wish = calloc(1, sizeof(*wish));
	if (!task || !wish) {
		free(wish);
		return task ? task_drop(task, -ENOMEM) : -ENOMEM;
	}
	wish->songs_fd = -1;
	task->memory = wish;
	task->finish_memory = finish_wish;
	task->worker = &task->hermes->shelf.writer;
	const int rc = read_wish(req, params, task, wish);
	return rc < 0 ? task_drop(task, rc) : task_start(task);
}

static const struct rpc_param embed_params[] = {{"name", RPC_STR}, {"drop", RPC_BOOL}, {0}};

static const struct rpc_method methods[] = {
	{"hermes.library.embed", handle_embed, embed_params, .caps = CAP_SCORE_EDIT},
};

const struct rpc_table vector_methods = {methods, sizeof(methods) / sizeof(methods[0])};
