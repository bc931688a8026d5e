/* SPDX-License-Identifier: MIT */
/*
 * What widgets keep: settings, state, and which of them run. Changes of one widget's settings queue up, each
 * made on top of the one before it; a change is in force, told and answered when it is on disk (WID-11,
 * WID-15).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "json.h"
#include "log.h"

#define QUEUE_MAX 64u         /* changes of one widget that wait */
#define SAVES_MAX 8u          /* states of one widget that wait */
#define STATE_MAX (34u << 10) /* bytes of a state as it travels: 32 KiB, and a frame around them */

struct settings_request {
	struct disk_job job;
	struct widget *widget; /* NULL: it was removed or renewed meanwhile */
	struct rpc_request *req;
	const struct store *store;
	struct settings next;
	char id[WIDGET_ID_MAX];
	char *bytes;
	size_t len;
	int rc;
	STAILQ_ENTRY(settings_request) link;
};

struct save_request {
	struct disk_job job;
	struct widget *widget;
	struct rpc_request *req;
	const struct store *store;
	yyjson_mut_doc *next;
	char id[WIDGET_ID_MAX];
	char *bytes;
	size_t len;
	int rc;
	STAILQ_ENTRY(save_request) link;
};

/* --- Settings --- */

static void settings_request_free(struct settings_request *r)
{
	if (r->widget)
		settings_finish(&r->widget->manifest.schema, &r->next);
	free(r->bytes);
	free(r);
}

static void tell_settings(struct widget *w)
{
	struct wire_out out;
	struct rpc_conn *conn = process_begin(w, &out, "widget.settings");

	if (!conn)
		return;
	settings_put(&out, "settings", &w->manifest.schema, &w->settings);
	(void)rpc_notify(conn, &out);
}

static void put_settings(struct rpc_request *req, const struct widget *w)
{
	wire_put_u64(&req->out, "revision", w->settings.revision);
	settings_put(&req->out, "settings", &w->manifest.schema, &w->settings);
}

static void run_settings(struct disk_job *job)
{
	struct settings_request *r = (struct settings_request *)job;

	r->rc = store_write(r->store, r->id, "settings.json", r->bytes, r->len);
}

static int fail_write(struct rpc_request *req, int rc)
{
	return rpc_fail(req, rc, "broker.widget.failed", "it cannot be written: %s", strerror(-rc));
}

/* A change that could not be written takes those with it that were made on top of it. */
static void drop_changes(struct widget *w, int rc)
{
	struct settings_request *r;

	while ((r = STAILQ_FIRST(&w->changes))) {
		STAILQ_REMOVE_HEAD(&w->changes, link);
		rpc_finish(r->req, fail_write(r->req, rc));
		settings_request_free(r);
	}
}

static void settings_done(struct disk_job *job)
{
	struct settings_request *r = (struct settings_request *)job, *next;
	struct widget *w = r->widget;

	if (!w) {
		rpc_finish(r->req, rpc_fail(r->req, -ECANCELED, "broker.settings.stale",
					   "the widget was replaced meanwhile"));
		settings_request_free(r);
		return;
	}
	if (r->rc < 0) {
		log_error("cannot write settings: id=%s error=\"%s\"", r->id, strerror(-r->rc));
		drop_changes(w, r->rc);
		supervisor_look(w->all);
		return;
	}
	STAILQ_REMOVE_HEAD(&w->changes, link);
	settings_finish(&w->manifest.schema, &w->settings);
	w->settings = r->next;
	r->next = (struct settings){0};
	next = STAILQ_FIRST(&w->changes);
	if (next)
		disk_submit(&w->all->disk, &next->job);
	put_settings(r->req, w);
	rpc_finish(r->req, 0);
	r->widget = NULL; /* `next` is the widget's now */
	settings_request_free(r);
	tell_settings(w);
	supervisor_look(w->all);
}

int keep_handle_settings_get(struct rpc_request *req, const msgpack_object *params)
{
	const struct widget *w = widgets_of(req, params);

	if (!w)
		return -ENOENT;
	put_settings(req, w);
	schema_put(&req->out, "schema", &w->manifest.schema);
	return 0;
}

/* What the change is to be made on: what will be in force when those before it are done. */
static const struct settings *newest(const struct widget *w, uint32_t *ret_waiting)
{
	const struct settings *s = &w->settings;
	const struct settings_request *r;

	*ret_waiting = 0;
	STAILQ_FOREACH (r, &w->changes, link) {
		s = &r->next;
		(*ret_waiting)++;
	}
	return s;
}

static int check_revision(struct rpc_request *req, const msgpack_object *params, const struct settings *s)
{
	uint64_t revision;
	int rc = wire_get_u64(params, "revision", &revision);

	if (rc == -ENOENT || (rc == 0 && revision == s->revision))
		return 0;
	(void)rpc_fail_at(req, "revision", "broker.settings.stale", "the settings are at revision %llu",
		(unsigned long long)s->revision);
	wire_error_hint(&req->error, "get them again and decide anew");
	return -EINVAL;
}

int keep_handle_settings_set(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w = widgets_of(req, params);
	const struct settings *old;
	struct settings_request *r;
	struct settings_error err;
	uint32_t waiting;
	int rc;

	if (!w)
		return -ENOENT;
	if (w->change)
		return rpc_fail_at(
			req, w->manifest.id, "broker.widget.taken", "it is being replaced or removed");
	old = newest(w, &waiting);
	if (waiting >= QUEUE_MAX)
		return -EBUSY;
	if (check_revision(req, params, old) < 0)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	rc = settings_change(&w->manifest.schema, old, wire_get_map(params, "settings"), &r->next, &err);
	if (rc < 0) {
		free(r);
		return rc == -EINVAL
			       ? rpc_fail_at(req, err.where, "broker.settings.invalid", "%s", err.message)
			       : rc;
	}
	r->widget = w;
	r->req = req;
	r->store = &w->all->store;
	strcpy(r->id, w->manifest.id);
	r->bytes = settings_write(&w->manifest.schema, &r->next, &r->len);
	if (!r->bytes) {
		settings_request_free(r);
		return -ENOMEM;
	}
	r->job = (struct disk_job){.run = run_settings, .done = settings_done};
	STAILQ_INSERT_TAIL(&w->changes, r, link);
	if (!waiting)
		disk_submit(&w->all->disk, &r->job);
	return RPC_LATER;
}

/* --- State --- */

static void save_request_free(struct save_request *r)
{
	yyjson_mut_doc_free(r->next);
	free(r->bytes);
	free(r);
}

static void run_save(struct disk_job *job)
{
	struct save_request *r = (struct save_request *)job;

	r->rc = store_write(r->store, r->id, "state.json", r->bytes, r->len);
}

static void save_done(struct disk_job *job)
{
	struct save_request *r = (struct save_request *)job, *next;
	struct widget *w = r->widget;

	if (w) {
		STAILQ_REMOVE_HEAD(&w->saves, link);
		next = STAILQ_FIRST(&w->saves);
		if (next)
			disk_submit(&w->all->disk, &next->job);
	}
	if (w && r->rc == 0) {
		yyjson_mut_doc_free(w->saved);
		w->saved = r->next;
		r->next = NULL;
	}
	rpc_finish(r->req, r->rc < 0 ? fail_write(r->req, r->rc) : 0);
	save_request_free(r);
	if (w)
		supervisor_look(w->all);
}

int keep_writes(const struct widget *w)
{
	return !STAILQ_EMPTY(&w->changes) || !STAILQ_EMPTY(&w->saves);
}

/* What is kept has to fit beside all else that the next process is told, or there would be none. */
static int travels(yyjson_mut_val *state)
{
	struct wire_out out;
	int fits;

	wire_out_init(&out);
	wire_begin_notify(&out, "widget.activate");
	json_put(&out, "state", state);
	fits = wire_end(&out) == 0 && out.len <= STATE_MAX;
	wire_out_finish(&out);
	return fits;
}

/* @return the state as a document and as bytes; -errno. */
static int take_state(struct save_request *r, const msgpack_object *state)
{
	yyjson_mut_val *root;

	r->next = yyjson_mut_doc_new(NULL);
	if (!r->next)
		return -ENOMEM;
	root = json_from_wire(r->next, state);
	if (!root)
		return -EINVAL;
	yyjson_mut_doc_set_root(r->next, root);
	if (!travels(root))
		return -EFBIG;
	r->bytes = yyjson_mut_write(r->next, 0, &r->len);
	return r->bytes ? 0 : -ENOMEM;
}

int keep_save(struct widget *w, struct rpc_request *req, const msgpack_object *params)
{
	struct save_request *r;
	uint32_t waiting = 0;
	int rc;

	STAILQ_FOREACH (r, &w->saves, link)
		waiting++;
	if (waiting >= SAVES_MAX)
		return -EBUSY;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	rc = take_state(r, wire_get_map(params, "state"));
	if (rc < 0) {
		save_request_free(r);
		if (rc == -ENOMEM)
			return rc;
		return rpc_fail_at(req, "state", "rpc.params.invalid", "%s",
			rc == -EFBIG ? "more than 32 KiB cannot be kept"
				     : "it holds something that is neither number, text, list nor map");
	}
	r->widget = w;
	r->req = req;
	r->store = &w->all->store;
	strcpy(r->id, w->manifest.id);
	r->job = (struct disk_job){.run = run_save, .done = save_done};
	STAILQ_INSERT_TAIL(&w->saves, r, link);
	if (!waiting)
		disk_submit(&w->all->disk, &r->job);
	return RPC_LATER;
}

/* --- Reading --- */

static int load_settings(struct widget *w)
{
	size_t len;
	char *bytes;
	int rc = store_read(&w->all->store, w->manifest.id, "settings.json", SETTINGS_FILE_MAX, &bytes, &len);

	if (rc < 0) {
		if (rc != -ENOENT)
			log_warning("settings cannot be read, taking defaults: id=%s error=\"%s\"",
				w->manifest.id, strerror(-rc));
		return settings_init(&w->manifest.schema, &w->settings);
	}
	rc = settings_read(&w->manifest.schema, bytes, len, &w->settings);
	free(bytes);
	if (rc == -EINVAL)
		log_warning("settings.json is none, taking defaults: id=%s", w->manifest.id);
	else if (rc > 0)
		log_notice(
			"settings that no longer fit, taking their defaults: id=%s n=%d", w->manifest.id, rc);
	return rc == -ENOMEM ? rc : 0;
}

int keep_load(struct widget *w)
{
	size_t len;
	char *bytes;
	int rc = load_settings(w);

	if (rc < 0)
		return rc;
	w->saved = NULL;
	if (store_read(&w->all->store, w->manifest.id, "state.json", STORE_STATE_MAX, &bytes, &len) == 0) {
		w->saved = json_parse(bytes, len);
		free(bytes);
		if (!w->saved)
			log_warning("state.json is none, ignoring: id=%s", w->manifest.id);
	}
	return 0;
}

void keep_finish(struct widget *w)
{
	struct settings_request *r, *first = STAILQ_FIRST(&w->changes);
	struct save_request *s, *first_save = STAILQ_FIRST(&w->saves);

	/* The first of each is with the disk: it finds that it has no widget any more. */
	while ((r = STAILQ_FIRST(&w->changes))) {
		STAILQ_REMOVE_HEAD(&w->changes, link);
		settings_finish(&w->manifest.schema, &r->next);
		r->widget = NULL;
		if (r != first)
			settings_done(&r->job);
	}
	while ((s = STAILQ_FIRST(&w->saves))) {
		STAILQ_REMOVE_HEAD(&w->saves, link);
		s->widget = NULL;
		if (s != first_save) {
			s->rc = -ECANCELED;
			save_done(&s->job);
		}
	}
	settings_finish(&w->manifest.schema, &w->settings);
	yyjson_mut_doc_free(w->saved);
	w->saved = NULL;
}

/* --- Which run --- */

struct wanted_job {
	struct disk_job job;
	struct widgets *widgets;
	char bytes[WIDGETS_MAX * WIDGET_ID_MAX + 1];
};

static void run_wanted(struct disk_job *job)
{
	struct wanted_job *j = (struct wanted_job *)job;
	int rc = store_write(&j->widgets->store, NULL, "wanted", j->bytes, strlen(j->bytes));

	if (rc < 0)
		log_error("cannot write down which widgets run: error=\"%s\"", strerror(-rc));
}

static void wanted_done(struct disk_job *job)
{
	struct widgets *ws = ((struct wanted_job *)job)->widgets;

	free(job);
	ws->wanted_job = ws->wanted_next;
	ws->wanted_next = NULL;
	if (ws->wanted_job)
		disk_submit(&ws->disk, &ws->wanted_job->job);
}

void keep_wanted(struct widgets *ws)
{
	const struct widget *w;
	struct wanted_job *j;

	if (ws->ending)
		return;
	j = calloc(1, sizeof(*j));
	if (!j) {
		log_error("no memory to write down which widgets run");
		return;
	}
	j->job = (struct disk_job){.run = run_wanted, .done = wanted_done};
	j->widgets = ws;
	TAILQ_FOREACH (w, &ws->list, link) {
		/* Failed ones get another chance with the next broker. */
		if (!w->goal && w->state != MOS_WIDGET_FAILED)
			continue;
		strcat(j->bytes, w->manifest.id);
		strcat(j->bytes, "\n");
	}
	if (ws->wanted_job) {
		free(ws->wanted_next);
		ws->wanted_next = j;
		return;
	}
	ws->wanted_job = j;
	disk_submit(&ws->disk, &j->job);
}

void keep_each_wanted(struct widgets *ws, void (*wanted)(struct widgets *ws, const char *id))
{
	char *bytes, *save = NULL;
	size_t len;

	if (store_read(&ws->store, NULL, "wanted", sizeof(((struct wanted_job *)NULL)->bytes), &bytes, &len) <
		0)
		return;
	for (char *id = strtok_r(bytes, "\n", &save); id; id = strtok_r(NULL, "\n", &save))
		wanted(ws, id);
	free(bytes);
}
