/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engrave/engrave.h>

#include "theater_stage_rig.h"

/* --- Renderer --- */

struct render {
	int unused;
};
struct render_list {
	struct mos_shape shape[64];
	uint32_t n;
};
struct render_picture {
	int unused;
};

int render_create(const struct render_options *options, struct render **ret, char *error, size_t error_size)
{
	*ret = calloc(1, sizeof(**ret));
	return 0;
}

void render_destroy(struct render *r)
{
	free(r);
}

void render_get_info(const struct render *r, struct render_info *ret)
{
	*ret = (struct render_info){.is_cpu = 1};
}

int render_canvas_create(struct render *r, uint32_t width, uint32_t height, struct render_canvas **ret)
{
	*ret = calloc(1, sizeof(**ret));
	**ret = (struct render_canvas){.width = width, .height = height, .rgba = calloc(height, width * 4ul)};
	return 0;
}

void render_canvas_destroy(struct render_canvas *canvas)
{
	if (canvas)
		free(canvas->rgba);
	free(canvas);
}

int render_list_create(struct render *r, struct render_list **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return 0;
}

int render_list_set(struct render_list *list, const struct mos_shape *shapes, uint32_t n)
{
	cr_assert_leq(n, 64);
	if (n)
		memcpy(list->shape, shapes, n * sizeof(*shapes));
	list->n = n;
	return 0;
}

void render_list_destroy(struct render_list *list)
{
	free(list);
}

int render_list_box(const struct render_list *list, uint32_t first, uint32_t n, float ret[4])
{
	for (uint32_t i = first; i < first + n && i < list->n; i++) {
		const struct mos_shape *s = &list->shape[i];

		ret[0] = i == first ? s->x : fminf(ret[0], s->x);
		ret[1] = i == first ? s->y : fminf(ret[1], s->y);
		ret[2] = i == first ? s->x + s->w : fmaxf(ret[2], s->x + s->w);
		ret[3] = i == first ? s->y + s->h : fmaxf(ret[3], s->y + s->h);
	}
	return n > 0;
}

int render_picture_create(struct render *r, uint32_t width, uint32_t height, struct render_picture **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return 0;
}

int render_picture_set(struct render_picture *picture, const uint8_t *rgba, uint32_t stride,
	const struct render_rect *rect, uint32_t n_rects)
{
	return 0;
}

void render_picture_destroy(struct render_picture *picture)
{
	free(picture);
}

int render_draw(struct render_canvas *canvas, const struct render_frame *frame)
{
	memcpy(canvas->damage, frame->damage, frame->n_damage * sizeof(*frame->damage));
	canvas->n_damage = frame->n_damage;
	canvas->n_draws++;
	canvas->n_papers = 0;
	canvas->has_wrong_paper = 0;
	for (uint32_t i = 0; i < frame->n_items; i++) {
		const struct render_item *item = &frame->item[i];

		if (item->kind != RENDER_LIST || !item->list || item->list->n == 0 ||
			item->list->shape[0].color != MOS_TOKEN(MOS_TOKEN_PAPER, 255))
			continue;
		canvas->n_papers++;
		canvas->has_wrong_paper |=
			fabsf(item->list->shape[0].w * item->scale - (float)item->clip.w) > 0.5f ||
			fabsf(item->list->shape[0].h * item->scale - (float)item->clip.h) > 0.5f;
	}
	return 0;
}

const uint8_t *render_pixels(const struct render_canvas *canvas, uint32_t *ret_stride)
{
	*ret_stride = canvas->width * 4;
	return canvas->rgba;
}

int render_recover(struct render *r, uint32_t *ret_wait_ms)
{
	return 0;
}

int font_open(const struct font_options *options, struct font_set **ret, char *error, size_t error_size)
{
	return 0;
}

void font_close(struct font_set *fonts)
{
}

const struct engrave_metrics *font_metrics(const struct font_set *fonts)
{
	return NULL;
}

const char *font_music_name(const struct font_set *fonts)
{
	return "none";
}

/* --- Engraver: one note on one page, or three systems of one height, when it may --- */

atomic_bool may_end;
atomic_bool has_measure;
atomic_uint n_engraved;
atomic_int engrave_fails;
_Atomic float system_height_sp, page_height_sp;

struct engrave_options engrave_default_options(void)
{
	return (struct engrave_options){0};
}

/* What is kept counts the engravings that had it. */
struct engrave_kept {
	unsigned n;
};
atomic_uint n_kept, most_of_one;

struct engrave_kept *engrave_kept_new(void)
{
	atomic_fetch_add(&n_kept, 1);
	return calloc(1, sizeof(struct engrave_kept));
}

void engrave_kept_free(struct engrave_kept *kept)
{
	if (kept)
		atomic_fetch_sub(&n_kept, 1);
	free(kept);
}

int engrave_again(struct engrave_kept *kept, const struct score *score, const struct engrave_options *options,
	const struct engrave_metrics *metrics, int (*cancelled)(void *data), void *data,
	struct engraving **ret)
{
	struct engraving *e = calloc(1, sizeof(*e));

	if (++kept->n > atomic_load(&most_of_one))
		atomic_store(&most_of_one, kept->n);

	while (!atomic_load(&may_end))
		;
	if (atomic_load(&engrave_fails)) {
		free(e);
		atomic_fetch_add(&n_engraved, 1);
		return atomic_load(&engrave_fails);
	}
	page_height_sp = options->page_height;
	const uint32_t a_page = 2 * system_height_sp + 4 <= options->page_height ? 2 : 1;
	e->n_systems = system_height_sp > 0 ? 3 : 0;
	e->n_pages = system_height_sp > 0 ? (3 + a_page - 1) / a_page : 1;
	e->page = calloc(e->n_pages, sizeof(*e->page));
	e->system = calloc(3, sizeof(*e->system));
	e->measure = calloc(1, sizeof(*e->measure));
	for (uint32_t i = 0; i < e->n_systems; i++)
		e->system[i] = (struct engrave_system){
			.rect = {.y = (float)(i % a_page) * (system_height_sp + 4), .h = system_height_sp},
			.page = i / a_page};
	*ret = e;
	atomic_fetch_add(&n_engraved, 1);
	return 0;
}

void engraving_free(struct engraving *e)
{
	if (e) {
		free(e->page);
		free(e->system);
		free(e->measure);
	}
	free(e);
}

uint32_t engraving_find(const struct engraving *e, int64_t tick, float *ret_x)
{
	return UINT32_MAX;
}

uint32_t engraving_sounding(const struct engraving *e, int64_t tick, uint32_t *ret, uint32_t max)
{
	return 0;
}

void engraving_at(
	const struct engraving *e, uint32_t page, float x, float y, uint32_t *ret_note, uint32_t *ret_measure)
{
	*ret_note = UINT32_MAX;
	*ret_measure = atomic_load(&has_measure) ? 0 : UINT32_MAX;
}

/* --- Outputs --- */

struct stage stage;
static struct eye *eyes[128];
static uint32_t n_eyes;

static int eye_wants(struct sink *sink)
{
	return ((struct eye *)sink)->wants;
}

static int eye_submit(struct sink *sink, const struct sink_frame *frame)
{
	struct eye *eye = (struct eye *)sink;

	eye->n++;
	eye->n_changed += frame->n_damage > 0;
	eye->sequence = frame->sequence;
	eye->area = 0;
	for (uint32_t i = 0; i < frame->n_damage; i++)
		eye->area += (uint64_t)frame->damage[i].w * (uint64_t)frame->damage[i].h;
	if (eye->closes)
		stage_remove_eye(&stage.canvas[0], sink);
	return 0;
}

static void eye_hide(struct sink *sink, int hidden)
{
}

static void eye_close(struct sink *sink)
{
	for (uint32_t i = 0; i < n_eyes; i++)
		if (eyes[i] == (struct eye *)sink)
			eyes[i] = eyes[--n_eyes];
	free(sink);
}

const struct sink_ops eye_ops = {
	.kind = "pipewire", .wants = eye_wants, .submit = eye_submit, .hide = eye_hide, .close = eye_close};

struct out_pipewire {
	int unused;
};

int out_pipewire_start(sd_event *event, struct out_pipewire **ret)
{
	static struct out_pipewire one;

	*ret = &one;
	return 0;
}

void out_pipewire_stop(struct out_pipewire *out)
{
}

int out_pipewire_open(struct out_pipewire *out, const char *name, const char *title, uint32_t width,
	uint32_t height, uint32_t fps, struct sink **ret)
{
	struct eye *eye = calloc(1, sizeof(*eye));

	eye->sink.ops = &eye_ops;
	(void)snprintf(eye->sink.name, sizeof(eye->sink.name), "%s", name);
	cr_assert_lt(n_eyes, 128);
	eyes[n_eyes++] = eye;
	*ret = &eye->sink;
	return 0;
}

int out_ndi_start(const char *library, struct out_ndi **ret)
{
	return -ENOENT;
}

void out_ndi_stop(struct out_ndi *out)
{
}

int out_ndi_open(struct out_ndi *out, const char *name, uint32_t width, uint32_t height, uint32_t fps,
	struct sink **ret)
{
	return -ENOENT;
}

int out_png_fd(
	int fd, const uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, uint32_t divisor)
{
	return 0;
}

struct eye *rig_eye_of(const char *name)
{
	for (uint32_t i = 0; i < n_eyes; i++)
		if (strcmp(eyes[i]->sink.name, name) == 0)
			return eyes[i];
	return NULL;
}

/* --- The rig --- */

static struct service service = {.program = "test", .name = "theater"};
struct theater_config config = {.scene = "analysis",
	.portrait_scene = "analysis",
	.backend = "auto",
	.divisor = 16,
	.fps = 1000,
	.streams = 1,
	.widget_streams = 1};
static int wire[2];
static struct wire_in in;
struct mos_surface_writer writer;

void rig_event(void)
{
	cr_assert_geq(sd_event_run(service.event, 1000000), 0);
}

void rig_frames(uint64_t n)
{
	for (const uint64_t end = stage.frame + n; stage.frame < end;)
		rig_event();
}

void rig_setup(void)
{
	(void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	atomic_store(&may_end, true);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wire), 0);
	cr_assert_eq(wire_in_init(&in), 0);
	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(stage_start(&stage, &service, &config), 0);
	cr_assert_eq(stage_need_render(&stage), 0);
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		scene_manager_set_still(stage.canvas[c].manager, 1);
	cr_assert_eq(stage_show(&stage, config.scene, -1, 0), 0);
}

void rig_teardown(void)
{
	if (writer.hdr)
		mos_surface_close(&writer);
	stage_stop(&stage);
	cr_expect_null(stage.surfaces, "the link to the broker ends after it");
	cr_expect_eq(n_eyes, 0);
	wire_in_finish(&in);
	(void)close(wire[0]);
	(void)close(wire[1]);
	sd_event_unref(service.event);
}

void rig_tell(struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(wire[0], out, 0), 0);
	wire_out_finish(out);
	cr_assert_eq(wire_recv(wire[1], &in, 0), 1);
	cr_assert_eq(surfaces_notice(stage.surfaces, &in), 1);
}

void rig_tell_widget(const char *state, const char *cap)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.stage.widget");
	wire_put_str(&out, "id", WIDGET);
	wire_put_str(&out, "state", state);
	wire_put_u64(&out, "instance", 1);
	wire_open_array(&out, "capabilities");
	wire_put_str(&out, NULL, cap);
	wire_close(&out);
	rig_tell(&out);
}

void rig_tell_pixels(void)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.stage.pixels");
	wire_put_str(&out, "id", WIDGET);
	wire_put_u64(&out, "instance", 1);
	wire_put_u64(&out, "width", 100);
	wire_put_u64(&out, "height", 100);
	rig_tell(&out);
}

void rig_start_widget(void)
{
	rig_tell_widget("active", "surface.shapes");
	cr_assert_eq(mos_surface_open(surfaces_find(stage.surfaces, WIDGET)->region.fd, &writer), 0);
}

void rig_paint(uint32_t color)
{
	struct mos_shape *shape = mos_surface_begin(&writer);

	cr_assert_not_null(shape);
	shape[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
	mos_surface_commit(&writer, &(struct mos_surface_slot){.n = 1});
}
