/* SPDX-License-Identifier: MIT */
/* Putting widgets in and taking them away while others run. The files are the disk thread's; a running widget
 * is ended before its folder changes, and started again when it was running. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"
#include "supervise.h"

enum step {
	STEP_STAGE,  /* install: copying */
	STEP_COMMIT, /* install: renaming */
	STEP_REMOVE,
};

struct widget_change {
	struct disk_job job;
	struct widgets *widgets;
	struct rpc_request *req;
	enum step step;
	int replace, purge;
	char folder[STORE_PATH_MAX]; /* given */
	int folder_fd;               /* owned; -1: none was given */
	char staged[STORE_PATH_MAX]; /* empty: nothing is */
	struct manifest manifest;    /* of what is staged */
	char id[WIDGET_ID_MAX];
	struct store_error err;
	int rc;
};

static void change_free(struct widget_change *c)
{
	if (c->folder_fd >= 0)
		close(c->folder_fd);
	manifest_finish(&c->manifest);
	free(c);
}

static void change_end(struct widget_change *c, int rc)
{
	rpc_finish(c->req, rc);
	change_free(c);
}

/* Staged, and not to be used. */
static void give_up(struct widget_change *c)
{
	store_drop(c->staged);
	change_end(c, -EINVAL);
}

static void run(struct disk_job *job)
{
	struct widget_change *c = (struct widget_change *)job;
	const struct store *store = &c->widgets->store;

	switch (c->step) {
	case STEP_STAGE:
		c->rc = store_stage(store, c->folder, c->staged, &c->manifest, &c->err);
		break;
	case STEP_COMMIT:
		c->rc = store_commit(store, c->staged, c->id);
		break;
	case STEP_REMOVE:
		c->rc = store_remove(store, c->id);
		if (c->rc == 0 && c->purge)
			c->rc = store_purge(store, c->id);
		break;
	}
}

static void submit(struct widget_change *c, enum step step, void (*done)(struct disk_job *job))
{
	c->step = step;
	c->job = (struct disk_job){.run = run, .done = done};
	disk_submit(&c->widgets->disk, &c->job);
}

/* --- Installing --- */

static int fail_staging(struct widget_change *c)
{
	(void)rpc_fail(c->req, c->rc, "broker.widget.invalid", "%s", c->err.message);
	wire_error_where(&c->req->error, "%s", c->err.where);
	return c->rc;
}

static void committed(struct disk_job *job)
{
	struct widget_change *c = (struct widget_change *)job;
	struct widget *w = widgets_find(c->widgets, c->id);
	char folder[STORE_PATH_MAX];

	if (w && w->change == c)
		w->change = NULL;
	if (c->rc < 0) {
		(void)rpc_fail(c->req, c->rc, "broker.widget.failed", "it cannot be put into its place: %s",
			strerror(-c->rc));
		goto out;
	}
	store_installed_path(&c->widgets->store, c->id, folder);
	wire_put_str(&c->req->out, "id", c->id);
	wire_put_str(&c->req->out, "version", c->manifest.version_text);
	log_notice("a widget was installed: id=%s version=%s", c->id, c->manifest.version_text);
	if (w) {
		c->rc = widgets_renew(w, &c->manifest, folder, /* bundled= */ 0);
		supervisor_cycle(w); /* it may have come, and run, since this one was looked at */
	} else if (!widgets_add(c->widgets, &c->manifest, folder, /* bundled= */ 0)) {
		c->rc = rpc_fail(
			c->req, -ENOMEM, "broker.widget.failed", "there are too many widgets, or no memory");
	}
out:
	supervisor_look(c->widgets);
	change_end(c, c->rc);
}

static int check_staged(struct widget_change *c, const struct widget *w)
{
	struct manifest_error err;

	if (manifest_check_api(&c->manifest, WIDGET_API_OLDEST, WIDGET_API_NEWEST, &err) < 0)
		return rpc_fail_at(c->req, err.where, "broker.widget.api", "%s", err.message);
	if (w && !c->replace && !w->bundled) {
		(void)rpc_fail_at(c->req, c->id, "broker.widget.taken", "\"%s\" %s is installed already",
			c->id, w->manifest.version_text);
		wire_error_hint(&c->req->error, "ask for it to be replaced");
		return -EEXIST;
	}
	if (w && w->change)
		return rpc_fail_at(
			c->req, c->id, "broker.widget.taken", "it is being changed by somebody else");
	return w || c->widgets->n < WIDGETS_MAX ? 0
						: rpc_fail(c->req, -ENOSPC, "broker.widget.failed",
							  "there are %u widgets already", WIDGETS_MAX);
}

static void staged(struct disk_job *job)
{
	struct widget_change *c = (struct widget_change *)job;
	struct widget *w;

	if (c->rc < 0) {
		change_end(c, fail_staging(c));
		return;
	}
	strcpy(c->id, c->manifest.id);
	w = widgets_find(c->widgets, c->id);
	if (check_staged(c, w) < 0) {
		give_up(c);
	} else if (w) {
		w->change = c;
		supervisor_cycle(w); /* change_begin() when its process is gone */
	} else {
		submit(c, STEP_COMMIT, committed);
	}
}

int install_handle(struct rpc_request *req, const msgpack_object *params)
{
	struct broker *b = broker_of(req);
	struct widget_change *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->widgets = &b->widgets;
	c->req = req;
	c->folder_fd = -1;
	(void)wire_get_bool(params, "replace", &c->replace);
	if (wire_get_str(params, "path", c->folder, sizeof(c->folder)) < 0 || c->folder[0] != '/') {
		change_free(c);
		return rpc_fail_at(
			req, "path", "rpc.params.invalid", "an absolute path of a folder is expected");
	}
	c->folder_fd = rpc_take_fd(req, 0);
	if (c->folder_fd >= 0)
		(void)snprintf(c->folder, sizeof(c->folder), "/proc/self/fd/%d", c->folder_fd);
	submit(c, STEP_STAGE, staged);
	return RPC_LATER;
}

/* --- Removing --- */

/* A bundled one of that name comes to light again when the installed one goes. */
static void uncover(struct widgets *ws, const char *id)
{
	char folder[STORE_PATH_MAX];
	struct manifest m;

	if (!widgets_find_bundled(ws, id, &m, folder))
		return;
	if (!widgets_add(ws, &m, folder, /* bundled= */ 1))
		manifest_finish(&m);
}

static void removed(struct disk_job *job)
{
	struct widget_change *c = (struct widget_change *)job;
	struct widget *w = widgets_find(c->widgets, c->id);

	if (w && w->change == c)
		w->change = NULL;
	if (c->rc < 0) {
		(void)rpc_fail(
			c->req, c->rc, "broker.widget.failed", "it cannot be removed: %s", strerror(-c->rc));
	} else if (w) {
		log_notice("a widget was removed: id=%s", c->id);
		widgets_forget(w);
		uncover(c->widgets, c->id);
	}
	supervisor_look(c->widgets);
	change_end(c, c->rc);
}

int remove_handle(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	struct widget_change *c;

	if (!w)
		return -ENOENT;
	if (w->bundled)
		return rpc_fail_at(req, w->manifest.id, "broker.widget.taken",
			"it came with MOS and cannot be removed, only stopped");
	if (w->change)
		return rpc_fail_at(
			req, w->manifest.id, "broker.widget.taken", "it is being changed by somebody else");
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->widgets = w->all;
	c->req = req;
	c->folder_fd = -1;
	c->step = STEP_REMOVE;
	(void)wire_get_bool(params, "purge", &c->purge);
	strcpy(c->id, w->manifest.id);
	w->change = c;
	supervisor_stop(w);
	return RPC_LATER;
}

void change_finish(struct widget *w)
{
	struct widget_change *c = w->change;

	w->change = NULL;
	if (!c)
		return;
	if (c->staged[0])
		store_drop(c->staged);
	change_end(c, -ECANCELED);
}

int change_begin(struct widget *w)
{
	struct widget_change *c = w->change;

	if (c->job.run && c->step != STEP_STAGE)
		return 1; /* the disk has it */
	if (c->step == STEP_REMOVE)
		submit(c, STEP_REMOVE, removed);
	else
		submit(c, STEP_COMMIT, committed);
	return 1;
}
