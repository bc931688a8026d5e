/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "file.h"
#include "log.h"

#define NAME_BYTES 256u

struct load {
	struct loader *loader;
	struct rpc_request *req;
	int fd;
	char name[NAME_BYTES];
	struct song *song; /**< owned until it is in force; may be the loader's own: then it is borrowed */
	TAILQ_ENTRY(load) link;
};

static int refuse(struct rpc_request *req, int rc, const struct hermes_report *report)
{
	if (rc != -EINVAL)
		return rpc_fail(
			req, rc, "hermes.score.failed", "the score cannot be loaded: %s", strerror(-rc));
	(void)rpc_fail(req, rc, "hermes.score.invalid", "%s", report->error_text);
	wire_error_where(&req->error, "byte %llu", (unsigned long long)report->error_at);
	return rc;
}

static int read_bytes(struct rpc_request *req, int fd, uint8_t **ret, size_t *ret_size)
{
	const char *why;
	int rc = file_read(fd, &hermes_heap, ret, ret_size, &why);
	return rc < 0 ? rpc_fail(req, rc, "hermes.file.unreadable", "the file cannot be read: %s", why) : 0;
}

int load_song(struct rpc_request *req, int fd, const char *name, struct song **ret)
{
	struct hermes_report report = {0};
	uint8_t *bytes;
	size_t size;
	int rc = read_bytes(req, fd, &bytes, &size);
	if (rc < 0)
		return rc;
	rc = song_create(bytes, size, name, &hermes_heap, ret, &report);
	return rc < 0 ? refuse(req, rc, &report) : 0;
}

/** Like load_song(), but what is in force already is not imported again (HER-15). */
static int load_new_song(struct load *load)
{
	struct song *now = load->loader->song;
	struct hermes_report report = {0};
	uint8_t *bytes;
	size_t size;
	int rc = read_bytes(load->req, load->fd, &bytes, &size);
	if (rc < 0)
		return rc;
	if (now && now->size == size && memcmp(now->bytes, bytes, size) == 0) {
		hermes_free(&hermes_heap, bytes);
		load->song = now;
		return 0;
	}
	rc = song_create(bytes, size, load->name, &hermes_heap, &load->song, &report);
	return rc < 0 ? refuse(load->req, rc, &report) : 0;
}

static void work_later(struct loader *loader)
{
	const int wanted = !loader->active && !TAILQ_EMPTY(&loader->queue);
	(void)sd_event_source_set_enabled(loader->work, wanted ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

/** Answer and forget a load. @param rc  0: its song is in force. */
static void end_load(struct load *load, int rc)
{
	if (load->song && load->song != load->loader->song)
		song_destroy(load->song);
	close(load->fd);
	rpc_finish(load->req, rc);
	free(load);
}

static void put_in_force(struct load *load)
{
	struct loader *loader = load->loader;
	if (loader->song != load->song) {
		song_destroy(loader->song);
		loader->song = load->song;
	}
	log_info("score loaded: id=%s events=%u warnings=%u", loader->song->state_id, loader->song->n_events,
		loader->song->report.n_warnings);
	facts_put(&load->req->out, loader->song);
}

/** rtcore's answer to kronos.timeline.load. */
static void on_answer(void *data, int rc, struct wire_in *in)
{
	struct load *load = data;
	struct loader *loader = load->loader;

	if (rc == -ECONNRESET)
		(void)rpc_fail(load->req, rc, "rtcore.down",
			"the broker hung up while the timeline was being loaded");
	else if (rc < 0)
		wire_error_read(in->error, &load->req->error);
	else
		put_in_force(load);
	loader->active = NULL;
	end_load(load, rc);
	work_later(loader);
}

/** Hand the timeline over. @return 0: on_answer() will be called; -errno with the request's error filled. */
static int send_timeline(struct load *load)
{
	struct rpc_conn *broker = broker_link_conn(load->loader->link);
	if (!broker)
		return rpc_fail(load->req, -ENOTCONN, "rtcore.down",
			"there is no broker to load the timeline through");
	struct wire_out out;
	const uint32_t id = rpc_begin_call(broker, &out, "kronos.timeline.load");
	wire_add_fd(&out, load->song->timeline_fd);
	load->loader->active = load;
	int rc = rpc_call(broker, &out, id, on_answer, load);
	if (rc < 0) {
		load->loader->active = NULL;
		return rpc_fail(
			load->req, rc, "rtcore.down", "the timeline cannot be sent: %s", strerror(-rc));
	}
	return 0;
}

static int on_work(sd_event_source *source, void *data)
{
	struct loader *loader = data;
	struct load *load = TAILQ_FIRST(&loader->queue);

	TAILQ_REMOVE(&loader->queue, load, link);
	int rc = load_new_song(load);
	if (rc == 0)
		rc = send_timeline(load);
	if (rc < 0)
		end_load(load, rc);
	work_later(loader);
	return 0;
}

int loader_init(struct loader *loader, sd_event *event, struct broker_link *link)
{
	*loader = (struct loader){.link = link};
	TAILQ_INIT(&loader->queue);
	int rc = sd_event_add_defer(event, &loader->work, on_work, loader);
	if (rc < 0)
		return rc;
	return sd_event_source_set_enabled(loader->work, SD_EVENT_OFF);
}

void loader_finish(struct loader *loader)
{
	if (!loader->link)
		return;
	for (struct load *load; (load = TAILQ_FIRST(&loader->queue));) {
		TAILQ_REMOVE(&loader->queue, load, link);
		end_load(load, rpc_fail(load->req, -ESHUTDOWN, "hermes.score.failed", "the service ends"));
	}
	loader->work = sd_event_source_disable_unref(loader->work);
	song_destroy(loader->song);
	*loader = (struct loader){0};
}

int loader_add(struct loader *loader, struct rpc_request *req, int fd, const char *name)
{
	struct load *load = calloc(1, sizeof(*load));
	if (!load) {
		close(fd);
		return -ENOMEM;
	}
	load->loader = loader;
	load->req = req;
	load->fd = fd;
	(void)strncpy(load->name, name, sizeof(load->name) - 1);
	TAILQ_INSERT_TAIL(&loader->queue, load, link);
	work_later(loader);
	return RPC_LATER;
}
