/* SPDX-License-Identifier: MIT */
/* All widgets that there are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "cgroup.h"
#include "log.h"
#include "supervise.h"
#include "text.h"

struct widget *widgets_find(struct widgets *ws, const char *id)
{
	struct widget *w;

	TAILQ_FOREACH (w, &ws->list, link) {
		if (!strcmp(w->manifest.id, id))
			return w;
	}
	return NULL;
}

struct widget *widgets_of(struct rpc_request *req, const msgpack_object *params)
{
	struct widget *w;
	char id[64];

	if (wire_get_str(params, "id", id, sizeof(id)) < 0 || !manifest_id_valid(id)) {
		(void)rpc_fail_at(req, "id", "rpc.params.invalid",
			"a widget's id is a letter, then letters, digits and -, at most %u",
			WIDGET_ID_MAX - 1);
		return NULL;
	}
	w = widgets_find(&broker_of(req)->widgets, id);
	if (!w) {
		(void)rpc_fail_at(req, id, "broker.widget.unknown", "there is no widget \"%s\"", id);
		wire_error_hint(&req->error, "mosctl widget list names those there are");
	}
	return w;
}

static void copy_folder(struct widget *w, const char *folder, int bundled)
{
	text_set(w->folder, sizeof(w->folder), "%s", folder);
	w->bundled = bundled;
}

struct widget *widgets_add(struct widgets *ws, struct manifest *m, const char *folder, int bundled)
{
	struct widget *w = ws->n < WIDGETS_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (!w)
		return NULL;
	w->all = ws;
	w->manifest = *m;
	w->process.pidfd = w->process.out = -1;
	w->since_us = supervise_now_us();
	copy_folder(w, folder, bundled);
	TAILQ_INIT(&w->waiters);
	TAILQ_INIT(&w->viewers);
	TAILQ_INIT(&w->calls);
	STAILQ_INIT(&w->changes);
	STAILQ_INIT(&w->saves);
	if (keep_load(w) < 0) {
		w->manifest = (struct manifest){0};
		free(w);
		return NULL;
	}
	*m = (struct manifest){0};
	TAILQ_INSERT_TAIL(&ws->list, w, link);
	ws->n++;
	return w;
}

void widgets_forget(struct widget *w)
{
	supervise_set_state(w, MOS_WIDGET_REMOVED);
	supervise_answer(w, /* for_stop= */ 1, 0);
	supervise_answer(w, /* for_stop= */ 0, -ECANCELED);
	viewers_ended(w);
	viewers_finish(w);
	calls_finish(w);
	keep_finish(w);
	sd_event_source_disable_unref(w->timer);
	journal_finish(&w->journal);
	manifest_finish(&w->manifest);
	TAILQ_REMOVE(&w->all->list, w, link);
	w->all->n--;
	free(w);
}

int widgets_renew(struct widget *w, struct manifest *m, const char *folder, int bundled)
{
	struct manifest old = w->manifest;

	keep_finish(w);
	w->manifest = *m;
	if (keep_load(w) < 0) {
		w->manifest = old;
		(void)keep_load(w);
		return -ENOMEM;
	}
	manifest_finish(&old);
	*m = (struct manifest){0};
	copy_folder(w, folder, bundled);
	w->crashes_in_row = 0;
	return 0;
}

/* --- Finding --- */

static void on_found(void *data, const char *folder, int bundled)
{
	struct widgets *ws = data;
	struct store_error err;
	struct manifest m;

	if (store_read_manifest(folder, &m, &err) < 0) {
		log_warning("a folder that is no widget, ignoring: folder=%s where=%s message=\"%s\"", folder,
			err.where, err.message);
		return;
	}
	/* The first of a name is the one: installed before bundled. */
	if (widgets_find(ws, m.id) || !widgets_add(ws, &m, folder, bundled))
		manifest_finish(&m);
}

struct looking_for {
	const char *id;
	struct manifest *manifest;
	char *folder;
	int found;
};

static void on_candidate(void *data, const char *folder, int bundled)
{
	struct looking_for *l = data;
	struct store_error err;
	struct manifest m;

	if (!bundled || l->found || store_read_manifest(folder, &m, &err) < 0)
		return;
	l->found = !strcmp(m.id, l->id);
	if (!l->found) {
		manifest_finish(&m);
		return;
	}
	*l->manifest = m;
	text_set(l->folder, STORE_PATH_MAX, "%s", folder);
}

int widgets_find_bundled(
	struct widgets *ws, const char *id, struct manifest *ret, char folder[static STORE_PATH_MAX])
{
	struct looking_for l = {.id = id, .manifest = ret, .folder = folder};

	store_each(&ws->store, on_candidate, &l);
	return l.found;
}

static void on_wanted(struct widgets *ws, const char *id)
{
	struct widget *w = widgets_find(ws, id);

	if (!w) {
		log_warning("a widget that ran is gone, ignoring: id=%s", id);
		return;
	}
	w->goal = 1;
	supervise_set_state(w, MOS_WIDGET_WAITING);
}

int widgets_start(struct widgets *ws, struct broker *broker)
{
	int rc;

	*ws = (struct widgets){.broker = broker};
	TAILQ_INIT(&ws->list);
	rc = store_find(&ws->store, MOS_WIDGETS_DIR);
	if (rc < 0) {
		log_error("the state directory cannot be used: error=\"%s\"", strerror(-rc));
		return rc;
	}
	rc = disk_start(&ws->disk, broker->service->event);
	if (rc < 0)
		return rc;
	process_find(ws);
	cgroup_find(ws->cgroup);
	store_clean(&ws->store);
	store_each(&ws->store, on_found, ws);
	keep_each_wanted(ws, on_wanted);
	return 0;
}

void widgets_stop(struct widgets *ws)
{
	struct widget *w;

	if (!ws->broker)
		return;
	TAILQ_FOREACH (w, &ws->list, link)
		process_finish(w);
	/* What was given to the disk is told to those who still are there. */
	disk_stop(&ws->disk);
	while (!TAILQ_EMPTY(&ws->list)) {
		change_finish(TAILQ_FIRST(&ws->list));
		widgets_forget(TAILQ_FIRST(&ws->list));
	}
	sd_event_source_disable_unref(ws->reconcile);
	ws->reconcile = NULL;
}
