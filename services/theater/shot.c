/* SPDX-License-Identifier: MIT */
/* A picture for a file: taken when all that is shown has been drawn, written on the worker. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"

#define SHOTS_MAX 8u           /* under way: each is a copy of a canvas, 130 MB */
#define PATIENCE_NS 1500000000 /* a widget that does not draw is not waited for any longer */

struct stage_shot {
	struct job job;
	TAILQ_ENTRY(stage_shot) link;
	struct stage_canvas *canvas;
	uint32_t *n_shots; /* the stage's */
	int64_t asked_ns;
	uint64_t least; /* frames of the stage that have to pass first */
	uint32_t divisor, width, height;
	uint8_t *rgba;
	int fd;
	stage_shot_done *done;
	void *data;
};

static int run_shot(struct job *job)
{
	struct stage_shot *shot = (struct stage_shot *)job;
	int rc;

	shot->fd = memfd_create("mos-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (shot->fd < 0) {
		shot->fd = -errno;
		return 0;
	}
	rc = out_png_fd(shot->fd, shot->rgba, shot->width * 4, shot->width, shot->height, shot->divisor);
	if (rc == 0 &&
		(fcntl(shot->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ||
			lseek(shot->fd, 0, SEEK_SET) < 0))
		rc = -errno;
	if (rc < 0) {
		(void)close(shot->fd);
		shot->fd = rc;
	}
	return 0;
}

static void finish_shot(struct stage_shot *shot, int fd)
{
	--*shot->n_shots;
	shot->done(fd, shot->data);
	free(shot->rgba);
	free(shot);
}

static void done_shot(struct job *job)
{
	struct stage_shot *shot = (struct stage_shot *)job;

	finish_shot(shot, job->dropped ? -ECANCELED : shot->fd);
}

/* All that is on it has drawn. */
static int is_settled(const struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < canvas->n_places; i++) {
		const struct scene_place *place = &canvas->place[i];

		if (!place->shown)
			continue;
		if (place->item->kind == SCENE_SCORE) {
			const struct view *view =
				stage_find_view((struct stage_canvas *)canvas, place->item->id);

			if (!view || !view_is_settled(view))
				return 0;
		} else {
			const struct surface *s = surfaces_find(canvas->stage->surfaces, place->item->id);

			if (s && surface_kind(s) && stage_widget_of(s) && !stage_widget_of(s)->is_drawn)
				return 0;
		}
	}
	return !scene_manager_moves(canvas->manager);
}

static void take(struct stage *stage, struct stage_shot *shot)
{
	const struct stage_canvas *canvas = shot->canvas;
	uint32_t stride;
	const uint8_t *rgba = render_pixels(canvas->target, &stride);

	shot->width = canvas->width;
	shot->height = canvas->height;
	shot->rgba = malloc((size_t)shot->width * 4 * shot->height);
	if (!shot->rgba) {
		finish_shot(shot, -ENOMEM);
		return;
	}
	for (uint32_t y = 0; y < shot->height; y++)
		memcpy(shot->rgba + (size_t)y * shot->width * 4, rgba + (size_t)y * stride,
			(size_t)shot->width * 4);
	shot->job = (struct job){.run = run_shot, .done = done_shot};
	worker_post(&stage->worker, &shot->job);
}

void shots_look(struct stage *stage)
{
	struct stage_shot *shot, *next;

	for (shot = TAILQ_FIRST(&stage->shots); shot; shot = next) {
		struct stage_canvas *canvas = shot->canvas;
		const int is_late = stage->frame_time_ns - shot->asked_ns > PATIENCE_NS;
		const int is_there = canvas->target && canvas->sequence > 0 && !stage->is_lost;

		next = TAILQ_NEXT(shot, link);
		if (stage->frame < shot->least || (!is_late && !(is_there && is_settled(canvas))))
			continue;
		TAILQ_REMOVE(&stage->shots, shot, link);
		canvas->n_holds--;
		if (is_there)
			take(stage, shot);
		else
			finish_shot(shot, -ENODEV);
	}
}

void shots_drop(struct stage *stage)
{
	struct stage_shot *shot;

	while ((shot = TAILQ_FIRST(&stage->shots))) {
		TAILQ_REMOVE(&stage->shots, shot, link);
		finish_shot(shot, -ECANCELED);
	}
}

int stage_shoot(
	struct stage *stage, enum scene_canvas canvas, uint32_t divisor, stage_shot_done *done, void *data)
{
	struct stage_shot *shot;
	struct timespec now;

	if (stage->n_shots == SHOTS_MAX)
		return -EBUSY;
	shot = calloc(1, sizeof(*shot));
	if (!shot)
		return -ENOMEM;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	*shot = (struct stage_shot){.canvas = &stage->canvas[canvas],
		.n_shots = &stage->n_shots,
		.asked_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
		.least = stage->frame + 3, /* until the widgets know that they are seen */
		.divisor = divisor,
		.done = done,
		.data = data};
	stage->canvas[canvas].n_holds++;
	stage->n_shots++;
	TAILQ_INSERT_TAIL(&stage->shots, shot, link);
	return 0;
}
