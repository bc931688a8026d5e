/* SPDX-License-Identifier: MIT */
/*
 * When a widget draws, and on what. The region says whether it is shown and how large; a notice
 * (widget.stage) says that this has changed, so that one that is hidden or has nothing to say sleeps. A
 * picture that nobody has taken yet is not followed by another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "draw_impl.h"
#include "widget_impl.h"

#define FRAME_NS (SECOND_NS / 60)
#define EVERY_NS (16 * MS_NS) /* a little less, so that a frame of the theater is not missed */
#define PAUSE_MIN_NS (2 * MS_NS)
#define PAUSE_MAX_NS (100 * MS_NS)
#define SIZE_MAX_PT 8192.0f

static int can_draw(const struct mos_widget *w)
{
	const struct widget_surface *s = &w->surface;

	if (!w->active || !w->ops->draw || (s->wants_pixels && s->writer.kind != MOS_SURFACE_PIXELS))
		return 0;
	return s->writer.hdr || s->shape;
}

void widget_surface_look(struct mos_widget *w)
{
	struct widget_surface *s = &w->surface;
	float width, height;
	int64_t frame_ns;
	int shown;

	if (!s->writer.hdr)
		return;
	mos_surface_where(&s->writer, &width, &height, &shown, &frame_ns);
	if (!(width > 0 && width <= SIZE_MAX_PT && height > 0 && height <= SIZE_MAX_PT))
		shown = 0;
	if (shown && (!s->shown || s->width < width || s->width > width || s->height < height ||
			     s->height > height)) {
		s->anew = 1;
		s->event_ns = 0; /* it is drawn because somebody looks, whatever happened before */
	}
	s->shown = shown;
	s->width = width;
	s->height = height;
}

static void let_go(struct widget_surface *s)
{
	if (s->writer.hdr)
		mos_surface_close(&s->writer);
	s->shown = s->anew = 0;
}

void widget_surface_given(struct mos_widget *w, const char *kind, int fd)
{
	struct widget_surface *s = &w->surface;
	int rc;

	if (fd >= 0 && s->wants_pixels && strcmp(kind, "pixels"))
		return; /* of before the theater heard that */
	let_go(s);
	if (fd < 0)
		return;
	rc = mos_surface_open(fd, &s->writer);
	if (rc < 0) {
		mos_widget_log(
			w, "cannot draw: the surface of the theater cannot be mapped: %s", strerror(-rc));
		return;
	}
	widget_surface_look(w);
}

int64_t widget_surface_due_ns(const struct mos_widget *w)
{
	const struct widget_surface *s = &w->surface;

	if (!can_draw(w) || !s->shown)
		return INT64_MAX;
	if (s->anew)
		return 0;
	return s->redraw || s->again ? s->look_ns : INT64_MAX;
}

/* --- By hand --- */

void widget_surface_open_by_hand(struct mos_widget *w)
{
	const char *file = getenv("MOS_WIDGET_SHAPES"), *size = getenv("MOS_WIDGET_SIZE");
	struct widget_surface *s = &w->surface;
	unsigned width = 400, height = 300;

	if (!file || !*file)
		return;
	if (size && *size && (sscanf(size, "%4ux%4u", &width, &height) != 2 || width < 1 || height < 1)) {
		(void)fprintf(stderr, "%s: MOS_WIDGET_SIZE is a width and a height, as in 400x300\n", w->id);
		return;
	}
	s->file = strdup(file);
	s->shape = malloc(MOS_SURFACE_SHAPES_MAX * sizeof(*s->shape));
	if (!s->file || !s->shape) {
		free(s->shape);
		s->shape = NULL;
		return;
	}
	s->width = (float)width;
	s->height = (float)height;
	s->shown = s->anew = 1;
}

static int write_file(const struct widget_surface *s, uint32_t n)
{
	char *part;
	FILE *out;
	int rc = 0;

	if (asprintf(&part, "%s.part", s->file) < 0)
		return -ENOMEM;
	out = fopen(part, "we");
	if (!out || fwrite(s->shape, sizeof(*s->shape), n, out) != n)
		rc = -errno;
	if (out && fclose(out) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(part, s->file) < 0)
		rc = -errno;
	free(part);
	return rc;
}

static void save_picture(struct mos_widget *w, uint32_t n)
{
	int rc = write_file(&w->surface, n);

	if (rc == 0)
		return;
	(void)fprintf(stderr, "%s: %s cannot be written: %s\n", w->id, w->surface.file, strerror(-rc));
	w->surface.shown = 0;
}

/* --- Drawing --- */

static int taken(const struct mos_surface_writer *writer)
{
	return !writer->hdr || !writer->sequence ||
	       __atomic_load_n(&writer->hdr->taken, __ATOMIC_RELAXED) == writer->sequence;
}

static int64_t seen_at(const struct mos_surface_writer *writer, int64_t now_ns)
{
	int64_t frame_ns = writer->hdr ? __atomic_load_n(&writer->hdr->frame_time_ns, __ATOMIC_RELAXED) : 0;

	return frame_ns > now_ns ? frame_ns : now_ns + FRAME_NS;
}

static void begin_picture(struct widget_surface *s, struct mos_draw *d, void *slot, int64_t now_ns)
{
	const struct mos_surface_writer *writer = &s->writer;
	int pixels = slot && writer->kind == MOS_SURFACE_PIXELS;

	draw_begin(d,
		pixels ? NULL
		: slot ? slot
		       : s->shape,
		MOS_SURFACE_SHAPES_MAX, s->width, s->height, seen_at(writer, now_ns));
	if (!pixels)
		return;
	d->pixels = slot;
	d->pixels_width = writer->max_width;
	d->pixels_height = writer->max_height;
	d->stride = (writer->max_width * 4 + 63) / 64 * 64;
}

static void end_picture(struct mos_widget *w, const struct mos_draw *d)
{
	struct widget_surface *s = &w->surface;
	const struct mos_surface_slot slot = {
		.time_ns = d->time_ns,
		.n = d->n,
		.width = d->pixels_width,
		.height = d->pixels_height,
		.stride = d->stride,
	};

	s->writer.event_ns = s->event_ns;
	s->event_ns = 0;
	if (s->writer.hdr)
		mos_surface_commit(&s->writer, &slot);
	else if (s->shape)
		save_picture(w, d->n);
	s->again = d->again;
	if (d->n_left_out && !s->said_full)
		mos_widget_log(w, "%u shapes are left out of a picture: it holds %u", d->n_left_out,
			MOS_SURFACE_SHAPES_MAX);
	s->said_full |= d->n_left_out > 0;
}

static void draw(struct mos_widget *w, int64_t now_ns)
{
	struct widget_surface *s = &w->surface;
	void *slot = s->writer.hdr ? mos_surface_begin(&s->writer) : NULL;
	struct mos_draw d;

	s->look_ns = now_ns + EVERY_NS;
	s->pause_ns = PAUSE_MIN_NS;
	if (s->writer.hdr && !slot)
		return;
	s->anew = s->redraw = 0;
	begin_picture(s, &d, slot, now_ns);
	w->ops->draw(w, &d, w->data);
	end_picture(w, &d);
}

void widget_surface_run(struct mos_widget *w)
{
	struct widget_surface *s = &w->surface;
	int64_t now_ns = client_now_ns();

	if (widget_surface_due_ns(w) > now_ns)
		return;
	widget_surface_look(w);
	if (!s->shown)
		return;
	if (s->anew || taken(&s->writer)) {
		draw(w, now_ns);
		return;
	}
	s->look_ns = now_ns + s->pause_ns;
	s->pause_ns = s->pause_ns * 2 < PAUSE_MAX_NS ? s->pause_ns * 2 : PAUSE_MAX_NS;
}

void widget_surface_finish(struct mos_widget *w)
{
	let_go(&w->surface);
	free(w->surface.file);
	free(w->surface.shape);
}

/* When what handlers hear now happened; 0: nothing, or it is announced and not due yet. */
static int64_t cause_ns(const struct mos_client *c)
{
	const struct mos_event *ev = c->telling;
	const int64_t now_ns = client_now_ns();

	if (!ev || !ev->time_ns || ev->flags & MOS_EVENT_SCHEDULED)
		return 0;
	return ev->time_ns < (uint64_t)now_ns ? (int64_t)ev->time_ns : now_ns;
}

void mos_widget_redraw(struct mos_widget *widget)
{
	struct widget_surface *s = &widget->surface;

	s->redraw = 1;
	if (!s->event_ns)
		s->event_ns = cause_ns(widget->client);
}

int mos_widget_pixels(struct mos_widget *widget, uint32_t width, uint32_t height)
{
	int rc;

	if (widget->by_hand)
		return client_fail(widget->client, -ENOTSUP, "client.widget.alone",
			"a widget started by hand has no theater that takes pixels");
	if (!mos_client_can(widget->client, "surface.pixels"))
		return client_fail(widget->client, -EACCES, "client.surface.denied",
			"the widget has no capability \"surface.pixels\"");
	if (!mos_surface_size(MOS_SURFACE_PIXELS, width, height))
		return client_fail(widget->client, -E2BIG, "client.surface.size",
			"a picture has 1 to %u pixels a side", MOS_SURFACE_PIXELS_MAX);
	rc = mos_call(widget->client, "broker.widget.pixels",
		MOS_ARGS(mos_int("width", width), mos_int("height", height)), NULL);
	if (rc < 0)
		return rc;
	widget->surface.wants_pixels = 1; /* what is mapped stays so: a picture may be under way */
	return 0;
}
