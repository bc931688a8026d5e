/* SPDX-License-Identifier: MIT */
/* Which widgets run, and the memory that each of them draws into. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "log.h"
#include "surface_impl.h"
#include "wire_utf8.h"

/** Of all surfaces together: who would go beyond it gets none. */
#define BYTES_MAX ((size_t)1 << 30)
#define SURFACES_MAX 256u

/* --- The list --- */

int surfaces_create(const struct surfaces_ops *ops, void *data, struct surfaces **ret)
{
	struct surfaces *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	all->ops = ops;
	all->data = data;
	TAILQ_INIT(&all->list);
	*ret = all;
	return 0;
}

static void drop_region(struct surface *s)
{
	if (!s->region.size)
		return;
	surface_stop_copying(s);
	s->all->bytes -= s->region.size;
	s->all->n_pixels -= s->map.kind == MOS_SURFACE_PIXELS;
	s->all->n_shapes -= s->map.kind == MOS_SURFACE_SHAPES;
	mos_region_finish(&s->region);
	s->map = (struct mos_surface){0};
}

static void surface_free(struct surface *s)
{
	TAILQ_REMOVE(&s->all->list, s, link);
	surface_forget_calls(s);
	drop_region(s);
	surface_forget_picture(s);
	free(s->spare);
	free(s);
}

static void end(struct surface *s)
{
	if (s->all->ops->gone)
		s->all->ops->gone(s, s->all->data);
	surface_free(s);
}

/* The answer that is still to come finds nobody. */
static void forget_opening(struct surfaces *all)
{
	if (all->opening)
		*all->opening = NULL;
	all->opening = NULL;
}

void surfaces_destroy(struct surfaces *all)
{
	if (!all)
		return;
	forget_opening(all);
	while (!TAILQ_EMPTY(&all->list))
		end(TAILQ_FIRST(&all->list));
	free(all);
}

/* FNV-1a. A frame asks for a hundred names, some of them several times. */
static uint32_t hash_of(const char *id)
{
	uint32_t hash = 2166136261u;

	while (*id)
		hash = (hash ^ (uint8_t)*id++) * 16777619u;
	return hash;
}

struct surface *surfaces_find(const struct surfaces *all, const char *id)
{
	const uint32_t hash = hash_of(id);
	struct surface *s;

	TAILQ_FOREACH (s, &all->list, link) {
		if (s->hash == hash && !strcmp(s->id, id))
			return s;
	}
	return NULL;
}

struct surface *surfaces_next(const struct surfaces *all, const struct surface *after)
{
	return after ? TAILQ_NEXT(after, link) : TAILQ_FIRST(&all->list);
}

const char *surface_id(const struct surface *s)
{
	return s->id;
}

const char *surface_name(const struct surface *s)
{
	return s->name;
}

void surface_default(const struct surface *s, float *x, float *y, float *w, float *h)
{
	*x = s->x;
	*y = s->y;
	*w = s->w;
	*h = s->h;
}

enum mos_surface_kind surface_kind(const struct surface *s)
{
	return s->kind;
}

void surface_set_data(struct surface *s, void *data)
{
	s->data = data;
}

void *surface_data(const struct surface *s)
{
	return s->data;
}

struct surface_figures surface_figures(const struct surface *s)
{
	return s->figures;
}

/* --- Memory --- */

static void on_handed(void *data, int rc, struct wire_in *in)
{
	struct wire_error err = {0};

	if (rc == -EREMOTEIO)
		wire_error_read(in->error, &err);
	if (rc < 0) /* its end is on the way to us */
		log_debug("a surface did not reach its widget: error=\"%s\"",
			err.message[0] ? err.message : strerror(-rc));
}

static void hand_over(struct surface *s)
{
	struct wire_out out;
	uint32_t id;

	if (!s->all->broker)
		return;
	id = rpc_begin_call(s->all->broker, &out, "broker.stage.surface");
	wire_put_str(&out, "id", s->id);
	wire_put_u64(&out, "instance", s->instance);
	wire_put_str(&out, "kind", s->map.kind == MOS_SURFACE_PIXELS ? "pixels" : "shapes");
	wire_add_fd(&out, s->region.fd);
	(void)rpc_call(s->all->broker, &out, id, on_handed, NULL);
}

static int make_region(struct surface *s, enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	size_t size = mos_surface_size(kind, width, height);
	struct mos_region region;
	int rc;

	if (!size)
		return -EINVAL;
	if (size > BYTES_MAX - (s->all->bytes - s->region.size))
		return -ENOBUFS;
	rc = mos_region_create_sparse("mos-surface", size, MOS_SURFACE_ABI_MAJOR, MOS_SURFACE_ABI_MINOR,
		++s->all->generation, &region);
	if (rc < 0)
		return rc;
	rc = mos_region_seal_seals(&region);
	if (rc < 0) {
		mos_region_finish(&region);
		return rc;
	}
	if (s->kind != kind)
		surface_forget_picture(s);
	drop_region(s);
	s->kind = kind;
	s->region = region;
	s->all->bytes += size;
	s->all->n_pixels += kind == MOS_SURFACE_PIXELS;
	s->all->n_shapes += kind == MOS_SURFACE_SHAPES;
	rc = mos_surface_init(&s->map, &s->region, kind, width, height);
	mos_surface_place(&s->map, s->width_pt, s->height_pt, s->shown, s->frame_ns);
	mos_region_publish(&s->region, MOS_MAGIC_SURFACE);
	return rc;
}

static void give(struct surface *s, enum mos_surface_kind kind, uint32_t width, uint32_t height)
{
	int rc = make_region(s, kind, width, height);

	if (rc < 0)
		log_warning("a widget gets no surface: id=%s error=\"%s\"", s->id, strerror(-rc));
	else
		hand_over(s);
}

/* --- What the broker tells --- */

static uint32_t read_caps(const msgpack_object *params)
{
	const msgpack_object *list = wire_get_array(params, "capabilities");
	uint32_t caps = 0;
	char name[48];

	for (uint32_t i = 0; list && i < list->via.array.size; i++) {
		if (wire_to_str(&list->via.array.ptr[i], name, sizeof(name)) == 0)
			caps |= caps_from_name(name);
	}
	return caps;
}

static float read_part(const msgpack_object *map, const char *key, float otherwise)
{
	double v;

	/* Thousandths of the canvas. */
	return wire_get_f64(map, key, &v) == 0 && v >= 0 && v <= 1000 ? (float)v : otherwise;
}

static void read_widget(struct surface *s, const msgpack_object *params)
{
	const msgpack_object *position = wire_get_map(params, "position"),
			     *size = wire_get_map(params, "size");

	if (wire_get_str(params, "name", s->name, sizeof(s->name)) < 0)
		memcpy(s->name, s->id, sizeof(s->name));
	wire_utf8_mend(s->name);
	s->caps = read_caps(params);
	s->x = read_part(position, "x", 0);
	s->y = read_part(position, "y", 0);
	s->w = read_part(size, "width", 200);
	s->h = read_part(size, "height", 120);
	s->epoch = s->all->epoch;
}

static struct surface *surface_new(struct surfaces *all, const char *id)
{
	struct surface *s;
	uint32_t n = 0;

	TAILQ_FOREACH (s, &all->list, link)
		n++;
	s = n < SURFACES_MAX ? calloc(1, sizeof(*s)) : NULL;
	if (!s) {
		log_warning("too many widgets on the stage, leaving one out: id=%s", id);
		return NULL;
	}
	s->all = all;
	s->region.fd = -1;
	memcpy(s->id, id, strlen(id) + 1);
	s->hash = hash_of(id);
	TAILQ_INSERT_TAIL(&all->list, s, link);
	return s;
}

static void on_widget(struct surfaces *all, const char *id, const msgpack_object *params)
{
	struct surface *s = surfaces_find(all, id);
	uint64_t instance = 0;
	char state[16];

	if (wire_get_str(params, "state", state, sizeof(state)) < 0 ||
		wire_get_u64(params, "instance", &instance) < 0)
		return;
	if (strcmp(state, "active") != 0) {
		if (s)
			end(s);
		return;
	}
	if (!s)
		s = surface_new(all, id);
	if (!s)
		return;
	s->instance = instance;
	read_widget(s, params);
	/* Of before a new link: its process may be another, and the broker took the surface back. */
	drop_region(s);
	if (!(s->caps & (CAP_SURFACE_SHAPES | CAP_SURFACE_PIXELS))) {
		surface_forget_picture(s);
		s->kind = 0;
	}
	if (s->caps & CAP_SURFACE_SHAPES)
		give(s, MOS_SURFACE_SHAPES, 0, 0);
	if (all->ops->came)
		all->ops->came(s, all->data);
}

static void on_pixels(struct surface *s, const msgpack_object *params)
{
	uint64_t instance = 0, width = 0, height = 0;
	const enum mos_surface_kind before = s->kind;

	(void)wire_get_u64(params, "instance", &instance);
	(void)wire_get_u64(params, "width", &width);
	(void)wire_get_u64(params, "height", &height);
	if (instance != s->instance || !(s->caps & CAP_SURFACE_PIXELS) || width > MOS_SURFACE_PIXELS_MAX ||
		height > MOS_SURFACE_PIXELS_MAX)
		return;
	give(s, MOS_SURFACE_PIXELS, (uint32_t)width, (uint32_t)height);
	/* Until now one that draws in pixels alone drew nothing. */
	if (!before && s->kind && s->all->ops->came)
		s->all->ops->came(s, s->all->data);
}

int surfaces_notice(struct surfaces *all, struct wire_in *in)
{
	int is_widget = !strcmp(in->method, "broker.stage.widget");
	struct surface *s;
	char id[sizeof(s->id)];

	if (!is_widget && strcmp(in->method, "broker.stage.pixels") != 0)
		return 0;
	if (wire_get_str(in->params, "id", id, sizeof(id)) < 0)
		return 1;
	wire_utf8_mend(id);
	if (is_widget) {
		on_widget(all, id, in->params);
		return 1;
	}
	s = surfaces_find(all, id);
	if (s)
		on_pixels(s, in->params);
	return 1;
}

/* --- The link --- */

/* What runs was told before this answer: the others have ended while we were away. */
static void on_opened(void *data, int rc, struct wire_in *in)
{
	struct surfaces **opening = data, *all = *opening;
	struct wire_error err = {0};
	struct surface *s, *next;

	free(opening);
	if (!all)
		return;
	all->opening = NULL;
	if (rc < 0) {
		if (rc == -EREMOTEIO)
			wire_error_read(in->error, &err);
		log_warning("the broker lets us see no widgets: error=\"%s\"",
			err.message[0] ? err.message : strerror(-rc));
		return;
	}
	for (s = TAILQ_FIRST(&all->list); s; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->epoch != all->epoch)
			end(s);
	}
}

int surfaces_link(struct surfaces *all, struct rpc_conn *broker)
{
	struct surfaces **opening = malloc(sizeof(struct surfaces *));
	struct wire_out out;
	uint32_t id;
	int rc;

	if (!opening)
		return -ENOMEM;
	surfaces_unlink(all);
	*opening = all;
	id = rpc_begin_call(broker, &out, "broker.stage.open");
	rc = rpc_call(broker, &out, id, on_opened, opening);
	if (rc < 0) {
		free(opening);
		return rc;
	}
	all->opening = opening;
	all->broker = broker;
	all->epoch++;
	return 0;
}

void surfaces_unlink(struct surfaces *all)
{
	struct surface *s;

	all->broker = NULL;
	forget_opening(all);
	TAILQ_FOREACH (s, &all->list, link) {
		surface_forget_calls(s);
		drop_region(s); /* the picture stays on, until it is known who is left */
	}
}

/* --- Its place --- */

void surface_place(struct surface *s, float width_pt, float height_pt, int shown, int64_t frame_time_ns)
{
	int resized = width_pt < s->width_pt || width_pt > s->width_pt || height_pt < s->height_pt ||
		      height_pt > s->height_pt;
	int wake = shown && (!s->shown || resized);

	if (!shown && !s->shown)
		return; /* it costs nothing */
	s->width_pt = width_pt;
	s->height_pt = height_pt;
	s->shown = !!shown;
	s->frame_ns = frame_time_ns;
	if (!s->region.size)
		return;
	mos_surface_place(&s->map, width_pt, height_pt, shown, frame_time_ns);
	if (wake)
		surface_wake(s);
}
