/* SPDX-License-Identifier: MIT */
/* Songs: a timeline's descriptor in, a song in force out. */
#include "control_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct song_load {
	struct waiter w;
	uint32_t flags;
	int64_t start_ns;
	int fd; /* the timeline once more: what is in force outlives us */
	struct song_news news;
	struct strip_part part[MOS_N_STRIPS];
};

static void song_load_free(struct song_load *s)
{
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void control_load_song(struct control *c, const struct mos_rtctl_msg *msg, int fd)
{
	struct song_load *s = calloc(1, sizeof(*s));
	struct loader_job job = {.kind = LOADER_SONG, .fd = fd};
	struct waiter w = {msg->op, msg->id, c->conn};

	if (fd < 0 || !s) {
		control_reply_status(c, w, fd < 0 ? -EINVAL : -ENOMEM, "a timeline needs a file descriptor");
		free(s);
		return;
	}
	*s = (struct song_load){.w = w,
		.flags = msg->u.load.flags,
		.start_ns = engine_now_ns(),
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
	job.tag = (uint64_t)(uintptr_t)s;
	if (loader_submit(c->songs, &job) < 0) {
		control_reply_status(c, w, -ENOMEM, "no memory");
		close(fd);
		song_load_free(s);
		return;
	}
	(void)control_send(c, msg, ENGINE_OP_LOADING, NULL, 0);
}

/* What is to be known of it once it is in force; the audio thread has it then. */
static void take_news(struct control *c, struct song_load *s, struct loader_job *job)
{
	const struct song *song = job->object;

	s->news = (struct song_news){.id = song->tl.id,
		.end_tick = song->tl.end_tick,
		.is_update = s->flags & MOS_LOAD_UPDATE,
		.brings_loop = song->tl.policy.loop_end > song->tl.policy.loop_start};
	control_strip_parts(song, s->part);
	if (s->w.conn != CONN_RESUME)
		return;
	job->status = control_resume_song_loaded(c, song);
	if (job->status == 0)
		return;
	(void)snprintf(job->error, sizeof(job->error), "%s",
		job->status == -ESTALE ? "the timeline in the store is another one" : "no memory");
	control_free_later(c, LOADER_FREE_SONG, job->object);
}

int control_on_song_loaded(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct mos_rtctl_msg msg = {0};
	struct loader_job job;

	while (loader_take(c->songs, &job)) {
		struct song_load *s = (struct song_load *)(uintptr_t)job.tag;

		msg.u.load.flags = s->flags;
		if (job.status == 0)
			take_news(c, s, &job);
		if (job.status < 0) {
			(void)control_send(c, &msg, ENGINE_OP_LOAD_FAILED, NULL, 0);
			control_reply_status(c, s->w, job.status, job.error);
			song_load_free(s);
			continue;
		}
		if (control_send(c, &msg, ENGINE_OP_SONG, job.object, job.tag) < 0) {
			control_reply_status(c, s->w, -EBUSY, "too many requests at once");
			control_free_later(c, LOADER_FREE_SONG, job.object);
			song_load_free(s);
		}
	}
	control_resume_go_on(c);
	return 0;
}

void control_song_in_force(struct control *c, struct engine_cmd *cmd)
{
	struct song_load *s = (struct song_load *)(uintptr_t)cmd->arg;
	struct mos_rtctl_msg msg = {.op = MOS_RTCTL_LOAD};
	struct mos_clock clock = {0};

	control_free_later(c, LOADER_FREE_SONG, cmd->ptr);
	if (!s) {
		control_strip_song(c, NULL);
		control_mixer_all(c);
		control_resume_song(c, -1, &(struct song_news){0});
		return;
	}
	mos_counter_sample(&c->regions->counters, C_LOAD_NS, (uint64_t)(engine_now_ns() - s->start_ns));
	(void)mos_clock_read(c->regions->clock.base, &clock);
	control_strip_song(c, s->part);
	control_mixer_all(c);
	if (s->w.conn != CONN_RESUME)
		control_resume_song(c, s->fd, &s->news);
	msg.op = s->w.op;
	msg.id = s->w.id;
	msg.u.load.timeline_id = clock.timeline_id;
	msg.u.load.end_tick = clock.end_tick;
	control_reply(c, &msg, s->w.conn);
	song_load_free(s);
}
