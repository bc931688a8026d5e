/* SPDX-License-Identifier: MIT */
/*
 * What other programs see: a video node for each canvas, in full and smaller, and one for each widget that
 * draws; NDI senders beside them where they are switched on. A widget's stream is a picture of its own, drawn
 * only while somebody looks and a scene shows it. Rows THE-08..THE-11, NDI, WID-06.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stage.h"

#define SMALL_HEIGHT 1080u /* of the smaller canvas: landscape */
#define PX_A_PT 2.0f       /* of a widget's stream */
#define LEAST_PX 64u
#define MOST_PX 1920u

/* One picture, looked at by several. */
struct stream {
	TAILQ_ENTRY(stream) link;
	struct surface *surface;
	struct sink *pipewire, *ndi;
	struct render_canvas *target; /* NULL: nobody has looked yet */
	char id[SCENE_NAME_MAX], name[SCENE_NAME_MAX];
	uint32_t width, height;
	uint64_t sequence;
	uint32_t token[MOS_N_TOKENS]; /* as in the picture */
	uint8_t is_old;               /* all of it has to be drawn */
	uint8_t was_shown;
};

struct streams {
	struct stage *stage;
	struct out_pipewire *pipewire;
	struct out_ndi *ndi;
	TAILQ_HEAD(, stream) all;
	struct sink *canvas[SCENE_N_CANVASES][4];
	uint32_t n_canvas[SCENE_N_CANVASES];
};

static const char *const canvas_names[] = {"landscape", "portrait"};

/* Sizes that the original gave its streams (NDI-07); others follow from the widget's own. */
static const struct {
	const char *id;
	uint16_t width, height;
} sizes[] = {{"piano", 1920, 400}, {"fretboard", 1920, 600}, {"braid", 800, 800},
	{"circle-of-fifths", 800, 800}, {"metronome", 400, 400}};

static uint32_t even_px(float points)
{
	const uint32_t px = (uint32_t)lroundf(points * PX_A_PT) & ~1u;

	return px < LEAST_PX ? LEAST_PX : px > MOST_PX ? MOST_PX : px;
}

static void find_size(struct stream *s)
{
	float x, y, w, h;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		if (strcmp(sizes[i].id, s->id) == 0) {
			s->width = sizes[i].width;
			s->height = sizes[i].height;
			return;
		}
	surface_default(s->surface, &x, &y, &w, &h);
	s->width = even_px(w / 1000 * STAGE_POINTS);
	s->height = even_px(h / 1000 * 1080);
}

static void close_sink(struct sink **sink)
{
	if (*sink)
		(*sink)->ops->close(*sink);
	*sink = NULL;
}

static int wants(const struct sink *sink)
{
	return sink && sink->ops->wants((struct sink *)sink);
}

/* --- Canvases --- */

static int open_canvas(struct streams *s, struct stage_canvas *canvas, uint32_t divisor, const char *suffix)
{
	const uint32_t c = canvas->which;
	char name[96], title[96];
	struct sink *sink;
	int rc;

	(void)snprintf(name, sizeof(name), "mos.canvas.%s%s", canvas_names[c], suffix);
	(void)snprintf(title, sizeof(title), "MOS %s%s", canvas_names[c], *suffix ? " (small)" : "");
	rc = out_pipewire_open(s->pipewire, name, title, canvas->width / divisor, canvas->height / divisor,
		s->stage->config->fps, &sink);
	if (rc < 0)
		return rc;
	rc = stage_add_eye(canvas, sink, divisor);
	if (rc < 0)
		close_sink(&sink);
	else
		s->canvas[c][s->n_canvas[c]++] = sink;
	return rc;
}

/* NDI receivers take at most 2160 lines. */
static int open_canvas_ndi(struct streams *s, struct stage_canvas *canvas)
{
	const uint32_t c = canvas->which;
	uint32_t divisor = 1;
	struct sink *sink;
	char name[64];
	int rc;

	while (canvas->height / divisor > 3840 || canvas->width / divisor > 3840)
		divisor *= 2;
	(void)snprintf(name, sizeof(name), "MOS %s", canvas_names[c]);
	rc = out_ndi_open(s->ndi, name, canvas->width / divisor, canvas->height / divisor,
		s->stage->config->fps, &sink);
	if (rc < 0)
		return rc;
	rc = stage_add_eye(canvas, sink, divisor);
	if (rc < 0)
		close_sink(&sink);
	else
		s->canvas[c][s->n_canvas[c]++] = sink;
	return rc;
}

static int open_canvases(struct streams *s)
{
	int rc = 0;

	for (int c = 0; c < SCENE_N_CANVASES && rc == 0; c++) {
		struct stage_canvas *canvas = &s->stage->canvas[c];
		const uint32_t lines = c == SCENE_LANDSCAPE ? canvas->height : canvas->width;

		rc = open_canvas(s, canvas, 1, "");
		if (rc == 0 && lines > SMALL_HEIGHT && lines % SMALL_HEIGHT == 0)
			rc = open_canvas(s, canvas, lines / SMALL_HEIGHT, ".small");
	}
	return rc;
}

int streams_start(struct stage *stage, struct streams **ret)
{
	struct streams *s = calloc(1, sizeof(*s));
	int rc = s ? 0 : -ENOMEM;

	if (rc < 0)
		return rc;
	TAILQ_INIT(&s->all);
	s->stage = stage;
	*ret = s;
	if (stage->config->streams) {
		rc = out_pipewire_start(stage->service->event, &s->pipewire);
		if (rc == 0)
			rc = open_canvases(s);
		if (rc < 0) {
			log_warning("no video nodes: reason=\"%s\"", strerror(-rc));
			rc = 0;
		}
	}
	if (stage->config->ndi)
		(void)streams_ndi(s, 1);
	return rc;
}

void streams_stop(struct streams *s)
{
	struct stream *stream;

	if (!s)
		return;
	while ((stream = TAILQ_FIRST(&s->all)))
		streams_remove_widget(s, stream->surface);
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		for (uint32_t i = 0; i < s->n_canvas[c]; i++)
			close_sink(&s->canvas[c][i]);
	out_pipewire_stop(s->pipewire);
	out_ndi_stop(s->ndi);
	free(s);
}

/* --- Widgets --- */

static void open_ndi(struct streams *s, struct stream *stream)
{
	char name[SCENE_NAME_MAX + 4];

	if (!s->ndi || stream->ndi)
		return;
	(void)snprintf(name, sizeof(name), "MOS %s", stream->id);
	if (out_ndi_open(s->ndi, name, stream->width, stream->height, s->stage->config->fps, &stream->ndi) <
		0)
		stream->ndi = NULL;
}

void streams_add_widget(struct streams *s, struct surface *surface)
{
	struct stage_widget *w = stage_widget_of(surface);
	struct stream *stream;
	char name[SCENE_NAME_MAX + 16], title[SCENE_NAME_MAX + 8];

	if (!s || !surface_kind(surface) || !s->stage->config->widget_streams || w->stream)
		return;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return;
	stream->surface = surface;
	(void)snprintf(stream->id, sizeof(stream->id), "%s", surface_id(surface));
	(void)snprintf(stream->name, sizeof(stream->name), "%s", surface_name(surface));
	find_size(stream);
	TAILQ_INSERT_TAIL(&s->all, stream, link);
	w->stream = stream;
	(void)snprintf(name, sizeof(name), "mos.widget.%s", stream->id);
	(void)snprintf(title, sizeof(title), "MOS %s", stream->name);
	if (s->pipewire && out_pipewire_open(s->pipewire, name, title, stream->width, stream->height,
				   s->stage->config->fps, &stream->pipewire) < 0)
		stream->pipewire = NULL;
	open_ndi(s, stream);
}

void streams_remove_widget(struct streams *s, struct surface *surface)
{
	struct stage_widget *w = stage_widget_of(surface);
	struct stream *stream = w ? w->stream : NULL;

	if (!stream)
		return;
	close_sink(&stream->pipewire);
	close_sink(&stream->ndi);
	render_canvas_destroy(stream->target);
	TAILQ_REMOVE(&s->all, stream, link);
	free(stream);
	w->stream = NULL;
}

int streams_want(const struct surface *surface)
{
	const struct stage_widget *w = stage_widget_of(surface);

	return w && w->stream && (wants(w->stream->pipewire) || wants(w->stream->ndi));
}

int streams_any(const struct streams *s)
{
	const struct stream *stream;

	TAILQ_FOREACH (stream, &s->all, link)
		if (wants(stream->pipewire) || wants(stream->ndi))
			return 1;
	return 0;
}

static const uint32_t *tokens_of(const struct streams *s)
{
	return scene_manager_tokens(s->stage->canvas[SCENE_LANDSCAPE].manager);
}

static int draw(struct streams *s, struct stream *stream)
{
	const struct render_rect all = {0, 0, (int32_t)stream->width, (int32_t)stream->height};
	struct render_item item;
	const struct render_frame frame = {.damage = &all,
		.n_damage = 1,
		.item = &item,
		.n_items = stage_widget_item(stream->surface, all, all, 1, &item),
		.token = tokens_of(s)};
	int rc = 0;

	if (!stream->target) {
		rc = render_canvas_create(s->stage->render, stream->width, stream->height, &stream->target);
		if (rc < 0)
			return rc;
	}
	rc = render_draw(stream->target, &frame);
	if (rc < 0) {
		s->stage->is_lost = 1;
		return rc;
	}
	memcpy(stream->token, tokens_of(s), sizeof(stream->token));
	stream->is_old = 0;
	stream->sequence++;
	return 0;
}

static void submit(struct stream *stream, struct sink *sink, int has_changed, int64_t time_ns)
{
	const struct render_rect all = {0, 0, (int32_t)stream->width, (int32_t)stream->height};
	struct sink_frame frame = {.width = stream->width,
		.height = stream->height,
		.damage = &all,
		.n_damage = has_changed ? 1 : 0,
		.sequence = stream->sequence,
		.time_ns = time_ns};

	if (!wants(sink))
		return;
	frame.rgba = render_pixels(stream->target, &frame.stride);
	(void)sink->ops->submit(sink, &frame);
}

static void hide(const struct stream *stream, int hidden)
{
	if (stream->pipewire)
		stream->pipewire->ops->hide(stream->pipewire, hidden);
	if (stream->ndi)
		stream->ndi->ops->hide(stream->ndi, hidden);
}

void streams_frame(struct streams *s, int64_t time_ns)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &s->all, link) {
		const struct stage_widget *w = stage_widget_of(stream->surface);
		int has_changed;

		/* Also of what nobody looks at: it is drawn when somebody does. */
		stream->is_old |= w->has_changed || w->has_resized;
		if (w->is_shown != stream->was_shown) {
			stream->was_shown = w->is_shown;
			hide(stream, !w->is_shown);
		}
		if (!w->is_shown || !streams_want(stream->surface))
			continue;
		has_changed = stream->is_old || !stream->target ||
			      memcmp(stream->token, tokens_of(s), sizeof(stream->token)) != 0;
		if (has_changed && draw(s, stream) < 0)
			continue;
		submit(stream, stream->pipewire, has_changed, time_ns);
		submit(stream, stream->ndi, has_changed, time_ns);
	}
}

void streams_renew(struct streams *s)
{
	struct stream *stream;

	TAILQ_FOREACH (stream, &s->all, link)
		stream->is_old = 1;
}

void streams_drop_targets(struct streams *s)
{
	struct stream *stream;

	if (!s)
		return;
	TAILQ_FOREACH (stream, &s->all, link) {
		render_canvas_destroy(stream->target);
		stream->target = NULL;
	}
}

/* --- Figures, NDI --- */

uint32_t streams_n(const struct streams *s)
{
	const struct stream *stream;
	uint32_t n = s->n_canvas[0] + s->n_canvas[1];

	TAILQ_FOREACH (stream, &s->all, link)
		n += (stream->pipewire != NULL) + (stream->ndi != NULL);
	return n;
}

struct sink *streams_at(const struct streams *s, uint32_t i)
{
	const struct stream *stream;

	for (int c = 0; c < SCENE_N_CANVASES; c++) {
		if (i < s->n_canvas[c])
			return s->canvas[c][i];
		i -= s->n_canvas[c];
	}
	TAILQ_FOREACH (stream, &s->all, link) {
		if (stream->pipewire && i-- == 0)
			return stream->pipewire;
		if (stream->ndi && i-- == 0)
			return stream->ndi;
	}
	return NULL;
}

const char *streams_node(
	const struct streams *s, enum scene_canvas canvas, uint32_t *ret_width, uint32_t *ret_height)
{
	const struct stage_canvas *c = &s->stage->canvas[canvas];
	const char *name = NULL;

	*ret_width = UINT32_MAX;
	for (uint32_t i = 0; i < c->n_eyes; i++)
		if (strcmp(c->eye[i].sink->ops->kind, "pipewire") == 0 && c->eye[i].width < *ret_width) {
			*ret_width = c->eye[i].width;
			*ret_height = c->eye[i].height;
			name = c->eye[i].sink->name;
		}
	return name;
}

static void stop_ndi(struct streams *s)
{
	struct stream *stream;

	for (int c = 0; c < SCENE_N_CANVASES; c++)
		for (uint32_t i = s->n_canvas[c]; i-- > 0;)
			if (strcmp(s->canvas[c][i]->ops->kind, "ndi") == 0) {
				stage_remove_eye(&s->stage->canvas[c], s->canvas[c][i]);
				close_sink(&s->canvas[c][i]);
				s->canvas[c][i] = s->canvas[c][--s->n_canvas[c]];
			}
	TAILQ_FOREACH (stream, &s->all, link)
		close_sink(&stream->ndi);
	out_ndi_stop(s->ndi);
	s->ndi = NULL;
}

int streams_ndi(struct streams *s, int on)
{
	const char *library = s->stage->config->ndi_library;
	struct stream *stream;
	int rc;

	if (!on || s->ndi) {
		if (!on && s->ndi)
			stop_ndi(s);
		return 0;
	}
	rc = out_ndi_start(*library ? library : NULL, &s->ndi);
	if (rc < 0) {
		s->ndi = NULL;
		return rc;
	}
	for (int c = 0; c < SCENE_N_CANVASES && rc == 0; c++)
		rc = open_canvas_ndi(s, &s->stage->canvas[c]);
	TAILQ_FOREACH (stream, &s->all, link)
		open_ndi(s, stream);
	return rc;
}
