/* SPDX-License-Identifier: MIT */
/* Audio clips: bars become ticks in the audio thread, files are opened by the loader, then the clip is in
 * force. */
#include "control_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that is on its way. */
struct clip_wish {
	struct waiter w;
	struct mos_rtctl_clip clip;
};

static void give_up(struct control *c, struct clip_wish *wish, int status, const char *text)
{
	control_reply_status(c, wish->w, status, text);
	free(wish);
}

/* The audio thread gets to know of clips with the first one. */
static int open_clips(struct control *c)
{
	struct mos_rtctl_msg msg = {0};
	int r;

	if (c->clips)
		return 0;
	c->clips = clips_create(c->store, c->engine->rate_hz);
	if (!c->clips)
		return -ENOMEM;
	r = control_send(c, &msg, ENGINE_OP_CLIPS, c->clips, 0);
	if (r < 0) {
		clips_destroy(c->clips);
		c->clips = NULL;
	}
	return r;
}

static void load(struct control *c, struct clip_wish *wish)
{
	struct loader_job job = {
		.kind = LOADER_CLIP, .fd = -1, .tag = (uint64_t)(uintptr_t)wish, .clip = wish->clip};
	int r = open_clips(c);

	job.clips = c->clips;
	if (r == 0)
		r = loader_submit(c->banks, &job);
	if (r < 0)
		give_up(c, wish, r, r == -EAGAIN ? "too many requests at once" : "no memory");
}

void control_clip(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct clip_wish *wish = calloc(1, sizeof(*wish));
	struct waiter w = {msg->op, msg->id, c->conn};

	if (!wish || c->n_clips == CLIPS_MAX || !memchr(msg->u.clip.path, 0, sizeof(msg->u.clip.path))) {
		free(wish);
		control_reply_status(c, w, -ENOSPC, "there are too many clips, or the path is too long");
		return;
	}
	*wish = (struct clip_wish){.w = w, .clip = msg->u.clip};
	do /* numbers are not given twice while there is one of that number */
		wish->clip.id = ++c->last_clip;
	while (wish->clip.id == 0);
	if (!(wish->clip.flags & MOS_CLIP_BY_BAR))
		load(c, wish);
	else if (control_send(c, msg, ENGINE_OP_CLIP_PLACE, NULL, (uint64_t)(uintptr_t)wish) < 0)
		give_up(c, wish, -EBUSY, "too many requests at once");
}

void control_clip_placed(struct control *c, const struct engine_cmd *cmd)
{
	struct clip_wish *wish = (struct clip_wish *)(uintptr_t)cmd->arg;

	if (cmd->msg.status < 0) {
		give_up(c, wish, cmd->msg.status, "a bar needs a score: load one first, or say ticks");
		return;
	}
	wish->clip.flags &= ~MOS_CLIP_BY_BAR;
	wish->clip.start_tick = cmd->msg.u.clip.start_tick;
	wish->clip.end_tick = cmd->msg.u.clip.end_tick;
	load(c, wish);
}

void control_clip_loaded(struct control *c, const struct loader_job *job)
{
	struct clip_wish *wish = (struct clip_wish *)(uintptr_t)job->tag;
	struct mos_rtctl_msg msg = {0};

	if (job->status < 0) {
		give_up(c, wish, job->status, job->error);
	} else if (control_send(c, &msg, ENGINE_OP_CLIP, job->object, job->tag) < 0) {
		control_free_later(c, LOADER_FREE_CLIP, job->object);
		give_up(c, wish, -EBUSY, "too many requests at once");
	}
}

void control_clip_in_force(struct control *c, const struct engine_cmd *cmd)
{
	struct clip_wish *wish = (struct clip_wish *)(uintptr_t)cmd->arg;
	struct mos_rtctl_msg msg = {.op = wish->w.op, .id = wish->w.id, .u.clip = wish->clip};

	if (cmd->msg.status < 0 || c->n_clips == CLIPS_MAX) {
		control_free_later(c, LOADER_FREE_CLIP, cmd->ptr);
		give_up(c, wish, cmd->msg.status < 0 ? cmd->msg.status : -ENOSPC, "there are too many clips");
		return;
	}
	c->clip[c->n_clips++] = wish->clip;
	control_resume_put(c, &(struct mos_rtctl_msg){.op = MOS_RTCTL_CLIP, .u.clip = wish->clip});
	control_reply(c, &msg, wish->w.conn);
	free(wish);
}

/* @return 0, -EAGAIN */
static int remove_at(struct control *c, uint32_t i)
{
	struct mos_rtctl_msg msg = {0};
	int r = control_send(c, &msg, ENGINE_OP_CLIP_REMOVE, NULL, c->clip[i].id);

	if (r == 0) {
		resume_drop(&c->resumption.box,
			&(struct mos_rtctl_msg){.op = MOS_RTCTL_CLIP, .u.clip = c->clip[i]});
		c->n_clips--;
		memmove(&c->clip[i], &c->clip[i + 1], (c->n_clips - i) * sizeof(c->clip[0]));
	}
	return r;
}

void control_clip_remove(struct control *c, const struct mos_rtctl_msg *msg)
{
	struct waiter w = {msg->op, msg->id, c->conn};
	uint32_t id = msg->u.clip_remove.id;
	int found = id == 0, r = 0;

	for (uint32_t i = c->n_clips; r == 0 && i-- > 0;)
		if (id == 0 || c->clip[i].id == id) {
			r = remove_at(c, i);
			found = 1;
		}
	if (!found)
		control_reply_status(c, w, -ENOENT, "there is no clip of that number");
	else
		control_reply_status(c, w, r < 0 ? -EBUSY : 0, r < 0 ? "too many requests at once" : NULL);
}

void control_clip_list(struct control *c, struct mos_rtctl_msg *msg)
{
	memset(&msg->u, 0, sizeof(msg->u));
	msg->u.clip_list.n = c->n_clips;
	(void)control_reply_table(
		c, msg, &(struct control_table){c->clip, c->n_clips * sizeof(c->clip[0])}, 1);
}
