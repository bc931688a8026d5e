/* SPDX-License-Identifier: MIT */
#include "follow_obs.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "obs.h"

static void on_state(int is_there, const char *text, void *data)
{
	log_line(is_there ? LOG_INFO : LOG_WARNING, "OBS: %s", text);
}

/* "Guitar Solo" is guitar-solo. */
static int name_of(const char *title, char name[static SCENE_NAME_MAX])
{
	size_t n = 0;

	for (; title[n]; n++) {
		const char c = title[n];

		if (n + 1 == SCENE_NAME_MAX)
			return -ENAMETOOLONG;
		name[n] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c == ' ' ? '-' : c);
	}
	name[n] = '\0';
	return 0;
}

static void on_scene(const char *title, void *data)
{
	struct follow_obs *f = data;
	char name[SCENE_NAME_MAX];

	if (name_of(title, name) == 0 && stage_show(f->stage, name, -1, 0) == 0)
		log_info("OBS shows a scene of ours: name=%s", name);
	else
		log_debug("OBS shows a scene that is none of ours: name=\"%s\"", title);
}

static void on_asked(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && rc != -ECANCELED)
		log_warning("the recorder does not follow OBS: reason=\"%s\"",
			error ? error->message : strerror(-rc));
}

static void on_record(int is_recording, int64_t time_ns, void *data)
{
	struct follow_obs *f = data;
	struct mos_client *client = f->stage->follow.client;
	const struct mos_field args[] = {
		mos_str("id", "recorder"), mos_str("name", is_recording ? "record.start" : "record.stop")};
	const struct mos_request request = {.method = "broker.widget.call", .args = args, .n_args = 2};

	if (client)
		(void)mos_call_async(client, &request, on_asked, NULL);
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct follow_obs *f = data;

	obs_changed(f->obs);
	return 0;
}

int follow_obs_start(struct follow_obs *f, struct stage *stage)
{
	static const struct obs_ops ops = {.state = on_state, .scene = on_scene, .record = on_record};
	const struct theater_config *config = stage->config;
	int rc;

	*f = (struct follow_obs){.stage = stage};
	if (!*config->obs_url)
		return 0;
	rc = obs_open(config->obs_url, config->obs_password, &ops, f, &f->obs);
	if (rc < 0) {
		log_error("OBS cannot be followed: obs_url=\"%s\" error=\"%s\"", config->obs_url,
			strerror(-rc));
		return rc;
	}
	return sd_event_add_io(stage->service->event, &f->io, obs_fd(f->obs), EPOLLIN, on_readable, f);
}

void follow_obs_stop(struct follow_obs *f)
{
	f->io = sd_event_source_disable_unref(f->io);
	obs_close(f->obs);
	f->obs = NULL;
}
