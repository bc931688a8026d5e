/* SPDX-License-Identifier: MIT */
/* The stage without a device: what is drawn anew, who gets it, and what is left when somebody goes. The
 * renderer, the engraver and the video nodes are the test's own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engrave/engrave.h>

#include "stage.h"
#include "surface_impl.h"

#define WIDGET "circle-of-fifths" /* of the scene "analysis", on both canvases */

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
struct render_canvas {
	uint32_t width, height, n_draws;
	uint8_t *rgba;
	struct render_rect damage[SCENE_DAMAGE_MAX];
	uint32_t n_damage, n_papers;
	uint8_t has_wrong_paper;
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

/* --- Engraver: one note on one page, when it may --- */

static atomic_bool may_end;
static atomic_uint n_engraved;
static atomic_int engrave_fails;

struct engrave_options engrave_default_options(void)
{
	return (struct engrave_options){0};
}

int engrave(const struct score *score, const struct engrave_options *options,
	const struct engrave_metrics *metrics, int (*cancelled)(void *data), void *data,
	struct engraving **ret)
{
	struct engraving *e = calloc(1, sizeof(*e));

	while (!atomic_load(&may_end))
		;
	if (atomic_load(&engrave_fails)) {
		free(e);
		atomic_fetch_add(&n_engraved, 1);
		return atomic_load(&engrave_fails);
	}
	e->page = calloc(1, sizeof(*e->page));
	e->n_pages = 1;
	*ret = e;
	atomic_fetch_add(&n_engraved, 1);
	return 0;
}

void engraving_free(struct engraving *e)
{
	if (e)
		free(e->page);
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
	*ret_note = *ret_measure = UINT32_MAX;
}

/* --- Outputs --- */

struct eye {
	struct sink sink;
	uint8_t wants, closes; /* in the middle of a picture, as a window may */
	uint32_t n, n_changed;
	uint64_t sequence, area; /* of the last picture, and what changed in it */
};

static struct stage stage;
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

static const struct sink_ops eye_ops = {
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

static struct eye *eye_of(const char *name)
{
	for (uint32_t i = 0; i < n_eyes; i++)
		if (strcmp(eyes[i]->sink.name, name) == 0)
			return eyes[i];
	return NULL;
}

/* --- The rig --- */

static struct service service = {.program = "test", .name = "theater"};
static struct theater_config config = {.scene = "analysis",
	.portrait_scene = "analysis",
	.backend = "auto",
	.divisor = 16,
	.fps = 1000,
	.streams = 1,
	.widget_streams = 1};
static int wire[2];
static struct wire_in in;
static struct mos_surface_writer writer;

static void frames(uint64_t n)
{
	for (const uint64_t end = stage.frame + n; stage.frame < end;)
		cr_assert_geq(sd_event_run(service.event, 1000000), 0);
}

static void setup(void)
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

static void teardown(void)
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

TestSuite(theater_stage, .init = setup, .fini = teardown, .timeout = 30);

static void tell(struct wire_out *out)
{
	cr_assert_eq(wire_end(out), 0);
	cr_assert_eq(wire_send(wire[0], out, 0), 0);
	wire_out_finish(out);
	cr_assert_eq(wire_recv(wire[1], &in, 0), 1);
	cr_assert_eq(surfaces_notice(stage.surfaces, &in), 1);
}

static void tell_widget(const char *state, const char *cap)
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
	tell(&out);
}

static void tell_pixels(void)
{
	struct wire_out out;

	wire_out_init(&out);
	wire_begin_notify(&out, "broker.stage.pixels");
	wire_put_str(&out, "id", WIDGET);
	wire_put_u64(&out, "instance", 1);
	wire_put_u64(&out, "width", 100);
	wire_put_u64(&out, "height", 100);
	tell(&out);
}

static void start_widget(void)
{
	tell_widget("active", "surface.shapes");
	cr_assert_eq(mos_surface_open(surfaces_find(stage.surfaces, WIDGET)->region.fd, &writer), 0);
}

/* A box of a point, in the corner. */
static void paint(uint32_t color)
{
	struct mos_shape *shape = mos_surface_begin(&writer);

	cr_assert_not_null(shape);
	shape[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
	mos_surface_commit(&writer, &(struct mos_surface_slot){.n = 1});
}

/* Whether all of the widget's place was drawn anew in the last picture of a canvas. */
static int is_redrawn(const struct stage_canvas *canvas)
{
	for (uint32_t i = 0; i < canvas->n_places; i++) {
		const struct render_rect r = canvas->place[i].rect;

		if (strcmp(canvas->place[i].item->id, WIDGET) != 0)
			continue;
		for (uint32_t k = 0; k < canvas->target->n_damage; k++) {
			const struct render_rect d = canvas->target->damage[k];

			if (d.x <= r.x && d.y <= r.y && d.x + d.w >= r.x + r.w && d.y + d.h >= r.y + r.h)
				return 1;
		}
	}
	return 0;
}

/* --- */

Test(theater_stage, told_twice,
	.description =
		"WID-06 THE-07: a broker that comes back tells of a widget again: it has one stream, and "
		"with it that goes")
{
	struct eye *node;

	start_widget();
	node = eye_of("mos.widget." WIDGET);
	cr_assert_not_null(node);
	cr_expect_eq(streams_n(stage.streams), 3, "two canvases and the widget");
	surfaces_unlink(stage.surfaces);
	cr_expect_eq(surface_kind(surfaces_find(stage.surfaces, WIDGET)), MOS_SURFACE_SHAPES,
		"its picture stays on");
	tell_widget("active", "surface.shapes");
	cr_expect_eq(streams_n(stage.streams), 3);
	cr_expect_eq(eye_of("mos.widget." WIDGET), node);
	tell_widget("gone", "");
	cr_expect_eq(streams_n(stage.streams), 2);
	eye_of("mos.canvas.landscape")->wants = 1;
	frames(3);
}

Test(theater_stage, pixels_have_a_stream,
	.description = "WID-06: a widget that draws in pixels alone has a video node, too")
{
	tell_widget("active", "surface.pixels");
	cr_expect_eq(streams_n(stage.streams), 2, "it draws nothing yet");
	tell_pixels();
	cr_expect_eq(streams_n(stage.streams), 3);
	tell_pixels();
	cr_expect_eq(streams_n(stage.streams), 3);
	eye_of("mos.widget." WIDGET)->wants = 1;
	frames(3);
	tell_widget("gone", "");
	cr_expect_eq(streams_n(stage.streams), 2);
}

Test(theater_stage, looked_at_again,
	.description =
		"THE-02: what a widget drew while nobody looked at a canvas is drawn when somebody does")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct eye *landscape = eye_of("mos.canvas.landscape");

	landscape->wants = 1;
	start_widget();
	paint(1);
	frames(3);
	landscape->wants = 0;
	eye_of("mos.canvas.portrait")->wants = 1;
	while (canvas->is_wanted)
		frames(1);
	frames(1);
	paint(2);
	frames(2);
	const uint32_t n = canvas->target->n_draws;
	landscape->wants = 1;
	while (canvas->target->n_draws == n)
		frames(1);
	cr_expect(is_redrawn(canvas));
}

Test(theater_stage, a_frame_late,
	.description = "THE-02: who misses some frames, as a window does that waits for its compositor, is "
		       "shown what "
		       "changed in them, and not all of the canvas")
{
	struct eye *landscape = eye_of("mos.canvas.landscape");
	const uint64_t all = (uint64_t)stage.canvas[0].width * stage.canvas[0].height;

	landscape->wants = 1;
	stage.canvas[0].n_holds = 1; /* drawn all the same */
	start_widget();
	paint(1);
	frames(3);
	const uint64_t sequence = landscape->sequence;
	landscape->wants = 0;
	paint(2);
	frames(3);
	cr_expect_eq(landscape->sequence, sequence);
	landscape->wants = 1;
	frames(1);
	cr_expect_eq(landscape->sequence, sequence + 1);
	cr_expect_gt(landscape->area, 0);
	cr_expect_lt(landscape->area, all);
	landscape->wants = 0;
	frames(100);
	landscape->wants = 1;
	frames(1);
	cr_expect_eq(landscape->area, all, "what was not looked at for long is not kept count of");
	stage.canvas[0].n_holds = 0;
}

Test(theater_stage, late_window,
	.description = "THE-08: a window that waits for its compositor hides no widget and loses no frames")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct eye *landscape = eye_of("mos.canvas.landscape");
	uint64_t worked;
	int64_t then;

	landscape->wants = 1;
	start_widget();
	frames(3);
	then = stage.frame_time_ns;
	worked = stage.log.n_frames;
	landscape->wants = 0;
	frames(2);
	if (stage.frame_time_ns - then < 400000000) { /* unless this machine was that busy */
		cr_expect(canvas->is_wanted);
		cr_expect(surfaces_find(stage.surfaces, WIDGET)->shown);
		cr_expect_eq(stage.log.n_frames, worked + 2);
	}
	while (canvas->is_wanted)
		frames(1);
	cr_expect_not(surfaces_find(stage.surfaces, WIDGET)->shown);
}

Test(theater_stage, another_size,
	.description = "THE-02: a widget on both canvases that is told another size is drawn anew on both")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_PORTRAIT];

	eye_of("mos.canvas.portrait")->wants = 1;
	start_widget();
	paint(1);
	frames(3);
	const uint32_t n = canvas->target->n_draws;
	eye_of("mos.canvas.landscape")->wants = 1; /* its place there is told first */
	while (canvas->target->n_draws == n)
		frames(1);
	cr_expect(is_redrawn(canvas));
}

Test(theater_stage, stream_is_new,
	.description = "WID-06: a widget's stream shows what it drew while nobody watched it, and a theme's "
		       "colours")
{
	struct eye *node;

	eye_of("mos.canvas.landscape")->wants = 1;
	start_widget();
	node = eye_of("mos.widget." WIDGET);
	node->wants = 1;
	paint(1);
	frames(3);
	node->wants = 0;
	frames(1);
	paint(2);
	frames(2);
	const uint32_t n = node->n_changed;
	node->wants = 1;
	frames(2);
	cr_expect_eq(node->n_changed, n + 1);
	cr_assert_eq(stage_theme(&stage, "paper", -1), 0);
	frames(3);
	cr_expect_eq(node->n_changed, n + 2);
}

Test(theater_stage, window_closes,
	.description = "THE-08: a window that is closed while it gets a picture takes none from the others")
{
	struct eye closing = {.sink = {.ops = &eye_ops}, .wants = 1};
	struct eye last = {.sink = {.ops = &eye_ops}, .wants = 1};

	cr_assert_eq(stage_add_eye(&stage.canvas[0], &closing.sink, 2), 0);
	cr_assert_eq(stage_add_eye(&stage.canvas[0], &last.sink, 1), 0);
	frames(2);
	cr_expect_gt(last.n, 0);
	last.n_changed = 0;
	closing.closes = 1;
	scene_manager_damage_all(stage.canvas[0].manager);
	frames(1);
	cr_expect_eq(last.n_changed, 1);
	stage_remove_eye(&stage.canvas[0], &last.sink);
}

static uint32_t n_answers, n_failed;

static void on_shot(int fd, void *data)
{
	n_answers++;
	n_failed += fd < 0;
	if (fd >= 0)
		(void)close(fd);
}

Test(theater_stage, many_shots,
	.description =
		"THR-08: pictures that are asked for all at once are refused before they take the memory, "
		"and given after")
{
	uint32_t n = 0;

	while (stage_shoot(&stage, SCENE_LANDSCAPE, 4, on_shot, NULL) == 0)
		cr_assert_lt(++n, 100);
	cr_expect_eq(stage_shoot(&stage, SCENE_PORTRAIT, 4, on_shot, NULL), -EBUSY);
	while (n_answers < n)
		frames(1);
	cr_expect_eq(n_failed, 0);
	cr_expect_eq(stage_shoot(&stage, SCENE_PORTRAIT, 4, on_shot, NULL), 0);
	while (n_answers < n + 1)
		frames(1);
}

Test(theater_stage, score_goes,
	.description = "THR-15: a score that is unloaded while it is being engraved is not shown afterwards")
{
	static struct score score;
	static struct followed followed = {.refs = 2, .score = &score, .version = 1};
	struct eye *landscape = eye_of("mos.canvas.landscape");
	struct view *view;

	landscape->wants = 1;
	frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	atomic_store(&may_end, false);
	view_set_score(view, &followed, "");
	frames(1);
	cr_expect_not(view_is_settled(view));
	view_set_score(view, NULL, "");
	atomic_store(&may_end, true);
	while (atomic_load(&n_engraved) == 0)
		frames(1);
	frames(3);
	cr_expect_eq(view_figures(view).n_pages, 0);
}

Test(theater_stage, score_too_long,
	.description =
		"THR-09: a score that cannot be engraved takes the place of the one before, and says why")
{
	static struct score score;
	static struct followed first = {.refs = 2, .score = &score, .version = 1},
			       second = {.refs = 2, .score = &score, .version = 2};
	struct eye *landscape = eye_of("mos.canvas.landscape");
	struct view *view;
	unsigned n;

	landscape->wants = 1;
	frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	view_set_score(view, &first, "");
	while (!view_is_settled(view) || view_figures(view).n_pages == 0)
		frames(1);
	cr_expect_str_eq(view_figures(view).fault, "");
	atomic_store(&engrave_fails, -E2BIG);
	view_set_score(view, &second, "");
	while (!*view_figures(view).fault)
		frames(1);
	cr_expect_not_null(strstr(view_figures(view).fault, "more than can be drawn"));
	cr_expect_eq(view_figures(view).n_pages, 0);
	n = atomic_load(&n_engraved);
	frames(5);
	cr_expect_eq(atomic_load(&n_engraved), n, "not tried again and again");
	atomic_store(&engrave_fails, 0);
	first.version = 3;
	view_set_score(view, &first, "");
	while (view_figures(view).n_pages == 0)
		frames(1);
	cr_expect_str_eq(view_figures(view).fault, "");
	view_set_score(view, NULL, "");
}

#define CROWD 100

static struct mos_surface_writer crowd[CROWD];

/* A scene of a hundred widgets and a score, on disk like anybody's own. */
static void show_crowd(void)
{
	char dir[] = "/tmp/mos-crowd-XXXXXX", path[128];
	FILE *f;

	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/crowd.json", dir);
	f = fopen(path, "we");
	cr_assert_not_null(f);
	(void)fprintf(f,
		"{\"name\": \"crowd\", \"title\": \"A crowd\", \"canvas\": \"landscape\", \"theme\": "
		"\"night\",\n"
		"\"items\": [{\"score\": \"score\", \"at\": [0, 0, 1000, 480], \"layout\": \"page\"}");
	for (int i = 0; i < CROWD; i++)
		(void)fprintf(f, ",\n{\"widget\": \"crowd-%d\", \"at\": [%d, %d, 48, 90]}", i, i % 20 * 50,
			500 + i / 20 * 100);
	(void)fprintf(f, "]}\n");
	cr_assert_eq(fclose(f), 0);
	scene_shelf_close(stage.shelf);
	stage.shelf_io = sd_event_source_disable_unref(stage.shelf_io);
	cr_assert_eq(scene_shelf_open((const char *const[]){dir}, 1, &stage.shelf), 0);
	cr_assert_eq(stage_show(&stage, "crowd", SCENE_LANDSCAPE, 0), 0);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void start_crowd(void)
{
	for (int i = 0; i < CROWD; i++) {
		struct wire_out out;
		char id[16];

		(void)snprintf(id, sizeof(id), "crowd-%d", i);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.stage.widget");
		wire_put_str(&out, "id", id);
		wire_put_str(&out, "state", "active");
		wire_put_u64(&out, "instance", 1);
		wire_open_array(&out, "capabilities");
		wire_put_str(&out, NULL, "surface.shapes");
		wire_close(&out);
		tell(&out);
		cr_assert_eq(mos_surface_open(surfaces_find(stage.surfaces, id)->region.fd, &crowd[i]), 0);
	}
}

/* All of them answer what happened at `event_ns`. */
static void answer_all(uint32_t color, int64_t event_ns)
{
	for (int i = 0; i < CROWD; i++) {
		struct mos_shape *shape = mos_surface_begin(&crowd[i]);

		cr_assert_not_null(shape);
		shape[0] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = color, .w = 1, .h = 1};
		crowd[i].event_ns = event_ns;
		mos_surface_commit(&crowd[i], &(struct mos_surface_slot){.n = 1});
	}
}

static int64_t clock_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

Test(theater_stage, hundred_answers,
	.description =
		"TIM-09 TIM-13 TIM-14: what a hundred widgets answer between two frames is in the next one, "
		"which draws what they changed and no more; its times say how long each part took")
{
	struct eye *landscape = eye_of("mos.canvas.landscape");
	struct frame_log_figures f;

	show_crowd();
	start_crowd();
	landscape->wants = 1;
	answer_all(1, 0);
	frames(5);
	cr_expect_eq(stage.log.n_answers, 0, "nothing had happened");
	for (uint32_t n = 1; n <= 3; n++) {
		const uint64_t pictures = stage.canvas[0].sequence;

		answer_all(1 + n, clock_now_ns());
		frames(1);
		cr_assert_eq(stage.log.n_answers, n * CROWD, "%llu", (unsigned long long)stage.log.n_answers);
		cr_expect_eq(stage.canvas[0].sequence, pictures + 1);
		/* A point and what is smoothed around it, of each. */
		cr_expect_leq(stage.figures.damage_px, CROWD * 36u, "%llu",
			(unsigned long long)stage.figures.damage_px);
	}
	frame_log_read(&stage.log, &f);
	cr_expect_eq(f.frames_p50, 1);
	cr_expect_eq(f.frames_p99, 1, "the next frame shows all of them");
	for (uint64_t i = 0; i < stage.log.n_answers; i++)
		cr_assert_eq(stage.log.part_ns[FRAME_ANSWER][i] + stage.log.part_ns[FRAME_WAIT][i] +
				     stage.log.part_ns[FRAME_DRAW][i],
			stage.log.part_ns[FRAME_WHOLE][i]);
	for (int i = 0; i < CROWD; i++)
		mos_surface_close(&crowd[i]);
}

Test(theater_stage, frame_times,
	.description = "TIM-09: a frame is drawn for the time of the one before and a period, and as many "
		       "more as were "
		       "left out, which are counted")
{
	const int64_t period = 1000000000 / config.fps;
	uint64_t left_out = 0;

	eye_of("mos.canvas.landscape")->wants = 1;
	frames(3);
	for (int i = 0; i < 60; i++) {
		const uint64_t skipped = stage.figures.skipped;
		const int64_t before = stage.frame_time_ns;

		if (i % 10 == 9)
			usleep(5000); /* the loop hangs for some frames */
		frames(1);
		if (i > 0)
			cr_expect_eq(stage.frame_time_ns - before, period * (int64_t)(1 + left_out));
		left_out = stage.figures.skipped - skipped;
	}
	cr_expect_eq(stage.log.n_frames, stage.log.n_begun);
	cr_expect_geq(stage.figures.skipped, 5 * 3);
}

Test(theater_stage, score_not_read,
	.description = "THR-09: of a score that cannot be read the page says so, in scenes that come later, "
		       "too; the "
		       "one before is not shown as if it still played")
{
	static struct score score;
	static struct followed first = {.refs = 2, .score = &score, .version = 1};
	static const char why[] = "parts[0].notes[3]/pitch: 200 is no key";
	struct view *view;

	eye_of("mos.canvas.landscape")->wants = 1;
	frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	stage.follow.ops->score(&first, "", &stage);
	while (view_figures(view).n_pages == 0)
		frames(1);
	(void)snprintf(stage.follow.fault, sizeof(stage.follow.fault), "%s", why);
	stage.follow.ops->score(NULL, stage.follow.fault, &stage);
	frames(2);
	cr_expect_eq(view_figures(view).n_pages, 0);
	cr_expect_not_null(strstr(view_figures(view).fault, why), "%s", view_figures(view).fault);
	cr_expect(view_is_settled(view));
	cr_assert_eq(stage_show(&stage, "composer", SCENE_LANDSCAPE, 0), 0);
	frames(2);
	view = stage_find_view(&stage.canvas[0], "score");
	cr_assert_not_null(view);
	cr_expect_not_null(strstr(view_figures(view).fault, why));
	stage.follow.fault[0] = '\0';
	stage.follow.ops->score(NULL, "", &stage);
	frames(2);
	cr_expect_str_eq(view_figures(view).fault, "", "the score was unloaded");
}

Test(theater_stage, one_after_another,
	.description = "THE-04: what is asked for right after a scene is asked of that scene")
{
	struct stage_canvas *canvas = &stage.canvas[SCENE_LANDSCAPE];
	struct scene_theme paper;

	cr_assert_eq(scene_shelf_theme(stage.shelf, "paper", &paper), 0);
	frames(1);
	cr_assert_eq(stage_show(&stage, "teaching", -1, stage.frame_time_ns), 0);
	cr_expect_str_eq(scene_manager_scene(canvas->manager)->name, "teaching");
	cr_expect_eq(canvas->n_places, scene_manager_scene(canvas->manager)->n_items);
	cr_assert_eq(stage_theme(&stage, "paper", -1), 0);
	frames(3);
	cr_expect_arr_eq(scene_manager_tokens(canvas->manager), paper.token, sizeof(paper.token));
}

Test(theater_stage, paper_fits,
	.description =
		"WGT-06: the paper of a score fills its place in each scene, also where none is loaded")
{
	static const char *const scenes[] = {"minimal", "analysis", "composer", "teaching"};

	eye_of("mos.canvas.landscape")->wants = 1;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		cr_assert_eq(stage_show(&stage, scenes[i], SCENE_LANDSCAPE, 0), 0);
		frames(3);
		scene_manager_damage_all(stage.canvas[0].manager);
		frames(1);
		cr_expect_eq(stage.canvas[0].target->n_papers, 1, "%s", scenes[i]);
		cr_expect_not(stage.canvas[0].target->has_wrong_paper, "%s", scenes[i]);
	}
}
