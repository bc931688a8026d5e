/* SPDX-License-Identifier: MIT */
/* What is to be said of widgets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "caps.h"
#include "deps.h"
#include "json.h"
#include "supervise.h"
#include "text.h"

#define LINES_DEFAULT 100
#define LOGS_MAX 60000u /* what fits a frame */

static void put_widget(struct wire_out *out, const struct widget *w)
{
	const struct manifest *m = &w->manifest;

	wire_put_str(out, "id", m->id);
	wire_put_str(out, "name", m->name);
	wire_put_str(out, "version", m->version_text);
	wire_put_str(out, "state", widget_state_name(w->state));
	wire_put_i64(out, "pid", w->process.pid);
	wire_put_u64(out, "restarts", w->restarts);
	wire_put_i64(out, "since_ms", (supervise_now_us() - w->since_us) / 1000);
	caps_put(out, "capabilities", m->caps);
	wire_put_str(out, "text", w->text);
}

int describe_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct widget *w;

	wire_open_array(&req->out, "widgets");
	TAILQ_FOREACH (w, &broker_of(req)->widgets.list, link) {
		wire_open_map(&req->out, NULL);
		put_widget(&req->out, w);
		wire_close(&req->out);
	}
	wire_close(&req->out);
	return 0;
}

static void put_crashes(struct wire_out *out, const struct widget *w)
{
	uint32_t kept = w->n_crashes < WIDGET_CRASHES_KEPT ? w->n_crashes : WIDGET_CRASHES_KEPT;

	wire_open_array(out, "crashes");
	for (uint32_t i = w->n_crashes - kept; i < w->n_crashes; i++) {
		const struct widget_crash *crash = &w->crash[i % WIDGET_CRASHES_KEPT];

		wire_open_map(out, NULL);
		wire_put_i64(out, "when_unix_ms", crash->when_unix_ms);
		wire_put_i64(out, "status", crash->status);
		wire_put_str(out, "log", crash->log);
		wire_close(out);
	}
	wire_close(out);
}

int describe_handle_get(struct rpc_request *req, const msgpack_object *params)
{
	struct wire_out *out = &req->out;
	const struct widget *w;

	if (client_not_for_widgets(req) < 0)
		return -EACCES;
	w = widgets_of(req, params);
	if (!w)
		return -ENOENT;
	put_widget(out, w);
	json_put_parsed(out, "manifest", yyjson_doc_get_root(w->manifest.doc));
	settings_put(out, "settings", &w->manifest.schema, &w->settings);
	wire_put_u64(out, "revision", w->settings.revision);
	wire_open_map(out, "position");
	wire_put_f64(out, "x", w->manifest.x);
	wire_put_f64(out, "y", w->manifest.y);
	wire_close(out);
	wire_open_map(out, "size");
	wire_put_f64(out, "width", w->manifest.width);
	wire_put_f64(out, "height", w->manifest.height);
	wire_close(out);
	put_crashes(out, w);
	return 0;
}

int describe_handle_logs(struct rpc_request *req, const msgpack_object *params)
{
	int64_t lines = LINES_DEFAULT;
	const struct widget *w;
	char *text;

	if (client_not_for_widgets(req) < 0)
		return -EACCES;
	w = widgets_of(req, params);
	if (!w)
		return -ENOENT;
	if (gateway_get_int(req, params, "lines", 1, 100000, "rpc.params.invalid", &lines) < 0)
		return -EINVAL;
	text = malloc(LOGS_MAX);
	if (!text)
		return -ENOMEM;
	journal_tail(&w->journal, (unsigned int)lines, text, LOGS_MAX);
	wire_put_str(&req->out, "text", text);
	free(text);
	return 0;
}

/* --- Checking --- */

static void put_words(struct wire_out *out, const struct manifest *m)
{
	char text[160];

	wire_open_array(out, "words");
	for (uint32_t caps = m->caps; caps; caps &= caps - 1) {
		text_set(text, sizeof(text), "It may %s.", caps_text(caps));
		wire_put_str(out, NULL, text);
	}
	if (!m->caps)
		wire_put_str(out, NULL, "It may do nothing but show itself and keep its state.");
	for (uint32_t i = 0; i < m->n_services; i++) {
		text_set(text, sizeof(text), "It may speak with the service %s.", m->service[i]);
		wire_put_str(out, NULL, text);
	}
	text_set(text, sizeof(text),
		"It has no network and no files%s, at most %u MiB of memory, %u tasks and %u %% of one core.",
		m->caps & CAP_FILES_OWN ? " but its own" : "", m->memory_mb, m->tasks, m->cpu_percent);
	wire_put_str(out, NULL, text);
	wire_close(out);
}

/* Its dependencies as they would be with it among the others. */
static void put_order_warning(struct wire_out *out, struct widgets *ws, const struct manifest *m)
{
	const struct manifest *all[WIDGETS_MAX + 1];
	uint32_t order[WIDGETS_MAX + 1], n = 0;
	struct deps_error err;
	const struct widget *w;
	char text[240];

	all[n++] = m;
	TAILQ_FOREACH (w, &ws->list, link) {
		if (strcmp(w->manifest.id, m->id))
			all[n++] = &w->manifest;
	}
	if (deps_order(all, n, 0, order, &err) >= 0)
		return;
	text_set(text, sizeof(text), "%s%s",
		err.fault == DEPS_CYCLE ? "its dependencies go in a circle: " : "", err.text);
	wire_put_str(out, NULL, text);
}

static void put_check(struct wire_out *out, struct widgets *ws, const struct manifest *m)
{
	struct manifest_error err;

	wire_put_str(out, "id", m->id);
	wire_put_str(out, "name", m->name);
	wire_put_str(out, "version", m->version_text);
	wire_put_u64(out, "api", m->api);
	wire_put_str(out, "component", m->component);
	caps_put(out, "capabilities", m->caps);
	put_words(out, m);
	wire_open_array(out, "dependencies");
	for (uint32_t i = 0; i < m->n_dependencies; i++) {
		wire_open_map(out, NULL);
		wire_put_str(out, "id", m->dependency[i].id);
		wire_put_str(out, "version", m->dependency[i].range_text);
		wire_close(out);
	}
	wire_close(out);
	schema_put(out, "settings", &m->schema);
	wire_open_array(out, "warnings");
	if (manifest_check_api(m, WIDGET_API_OLDEST, WIDGET_API_NEWEST, &err) < 0)
		wire_put_str(out, NULL, err.message);
	put_order_warning(out, ws, m);
	wire_close(out);
}

/* A folder is looked at with the broker's eyes: for those only who may install it too. */
static int check_folder(struct rpc_request *req, const char *path)
{
	struct store_error err;
	struct manifest m;
	char own[32];
	int folder, rc;

	if (!(rpc_conn_peer(req->conn)->caps & CAP_WIDGETS))
		return rpc_fail_at(req, "path", "rpc.caller.denied", "this needs the capability \"%s\"",
			caps_name(CAP_WIDGETS));
	if (path[0] != '/')
		return rpc_fail_at(
			req, "path", "rpc.params.invalid", "an absolute path of a folder is expected");
	folder = rpc_take_fd(req, 0);
	if (folder >= 0)
		(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", folder);
	rc = store_read_manifest(folder >= 0 ? own : path, &m, &err);
	if (folder >= 0)
		close(folder);
	if (rc < 0)
		return rpc_fail_at(req, err.where, "broker.widget.invalid", "%s", err.message);
	put_check(&req->out, &broker_of(req)->widgets, &m);
	manifest_finish(&m);
	return 0;
}

int describe_handle_check(struct rpc_request *req, const msgpack_object *params)
{
	char path[STORE_PATH_MAX];
	const struct widget *w;

	if (!!wire_get(params, "path") == !!wire_get(params, "id"))
		return rpc_fail(req, -EINVAL, "rpc.params.invalid", "either path or id is needed");
	if (wire_get(params, "path")) {
		if (wire_get_str(params, "path", path, sizeof(path)) < 0)
			return rpc_fail_at(req, "path", "rpc.params.invalid", "too long");
		return check_folder(req, path);
	}
	w = widgets_of(req, params);
	if (!w)
		return -ENOENT;
	put_check(&req->out, &broker_of(req)->widgets, &w->manifest);
	return 0;
}
