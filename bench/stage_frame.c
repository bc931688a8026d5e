/* SPDX-License-Identifier: MIT */
/*
 * A frame of the stage alone (TIM-09, TIM-13): a hundred widgets, the demo piece's score and its playhead on
 * the whole landscape canvas of 7680 x 4320 pixels, in one process, without a bus, sound or anybody to wake.
 * What is counted is the processor's time of all threads, so that it is the same on a busy machine.
 *
 * Good: all hundred at once below a frame's 16.7 ms; one of them below 3 ms.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <score/format.h>

#include "bench.h"
#include "draw_impl.h"
#include "service.h"
#include "stage.h"
#include "surface_impl.h"

#define CROWD 100u
#define FRAMES 200
#define FPS 60
#define BUDGET_MS (1000.0 / FPS)
#define TICKS_A_FRAME (960.0 * 2 / FPS)

/* --- What is followed: the demo piece, which plays a frame further with each frame --- */

static struct followed piece;
static struct follow_place place = {.is_known = 1, .is_rolling = 1, .is_playing = 1};

struct followed *followed_ref(struct followed *f)
{
	return f;
}

void followed_unref(struct followed *f)
{
}

int follow_start(struct follow *f, sd_event *event, struct worker *worker, const char *runtime_dir,
	const struct follow_ops *ops, void *data)
{
	f->score = &piece;
	return 0;
}

void follow_stop(struct follow *f)
{
}

void follow_place_at(const struct follow *f, int64_t time_ns, struct follow_place *ret)
{
	place.time_ns = time_ns;
	place.tick += TICKS_A_FRAME;
	place.written_tick = place.tick;
	*ret = place;
}

/* --- The crowd --- */

static struct service service = {.program = "bench", .name = "theater"};
static struct theater_config config = {
	.scene = "crowd", .portrait_scene = "default", .backend = "auto", .divisor = 1, .fps = FPS};
static struct stage stage;
static struct mos_surface_writer writer[CROWD];
static uint32_t n_drawn[CROWD];

static void check(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "stage_frame: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static void write_scene(const char *folder)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/crowd.json", folder);
	f = fopen(path, "we");
	check(f ? 0 : -errno, path);
	(void)fprintf(f, "{\"name\": \"crowd\", \"title\": \"A crowd\", \"canvas\": \"landscape\", "
			 "\"theme\": \"night\",\n"
			 "\"items\": [{\"score\": \"score\", \"at\": [12, 21, 976, 380], \"layout\": "
			 "\"page\", \"opaque\": true}");
	for (uint32_t i = 0; i < CROWD; i++)
		(void)fprintf(f, ",\n{\"widget\": \"w%u\", \"at\": [%u, %u, 45, 100]}", i, 12 + i % 20 * 49,
			420 + i / 20 * 110);
	(void)fprintf(f, "]}\n");
	check(fclose(f) == 0 ? 0 : -errno, path);
}

static void read_piece(void)
{
	static uint8_t bytes[1u << 20];
	static struct score_report report;
	const struct score_import import = {.alloc = &score_heap};
	struct score *score = NULL;
	FILE *f = fopen(DEMO_MIDI, "re");
	size_t size;

	check(f ? 0 : -errno, DEMO_MIDI);
	size = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f);
	check(score_import(bytes, size, &import, &report, &score, NULL), "the score");
	check(score_play_order(score, &score_heap, &report, &piece.order), "the order");
	piece.score = score;
	piece.version = 1;
}

/* What the broker would tell. */
static void add_widgets(void)
{
	struct wire_in in;
	int wire[2];

	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wire) < 0 ? -errno : 0, "a socket");
	check(wire_in_init(&in), "the wire");
	for (uint32_t i = 0; i < CROWD; i++) {
		struct wire_out out;
		char id[8];

		(void)snprintf(id, sizeof(id), "w%u", i);
		wire_out_init(&out);
		wire_begin_notify(&out, "broker.stage.widget");
		wire_put_str(&out, "id", id);
		wire_put_str(&out, "state", "active");
		wire_put_u64(&out, "instance", 1);
		wire_open_array(&out, "capabilities");
		wire_put_str(&out, NULL, "surface.shapes");
		wire_close(&out);
		check(wire_end(&out), "a widget");
		check(wire_send(wire[0], &out, 0), "a widget");
		wire_out_finish(&out);
		check(wire_recv(wire[1], &in, 0), "a widget");
		(void)surfaces_notice(stage.surfaces, &in);
		check(mos_surface_open(surfaces_find(stage.surfaces, id)->region.fd, &writer[i]),
			"a surface");
	}
	wire_in_finish(&in);
	(void)close(wire[0]);
	(void)close(wire[1]);
}

/* As tests/integration/widgets/follower does: a lamp, and the chord's name. */
static void paint(uint32_t i)
{
	static const char *const symbol[] = {"C", "F#m", "Bb", "E7"};
	float width, height;
	int64_t frame_ns;
	int shown;
	struct mos_shape *shape = mos_surface_begin(&writer[i]);
	struct mos_draw d;
	struct mos_box box;

	mos_surface_where(&writer[i], &width, &height, &shown, &frame_ns);
	check(shape && shown ? 0 : -ENOBUFS, "a picture");
	draw_begin(&d, shape, MOS_SURFACE_SHAPES_MAX, width, height, frame_ns);
	box = mos_draw_panel(&d, "");
	mos_draw_box(&d, mos_box_cut_top(&box, 6), 3,
		mos_ink(++n_drawn[i] % 2 ? MOS_TOKEN_ACCENT : MOS_TOKEN_OFF));
	mos_draw_text(&d, mos_box_center(box), 14, MOS_CENTER | MOS_MIDDLE, mos_ink(MOS_TOKEN_TEXT), "%s",
		symbol[n_drawn[i] % 4]);
	mos_surface_commit(&writer[i], &(struct mos_surface_slot){.n = d.n});
}

/* --- Frames --- */

static double cpu_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static void frame(void)
{
	for (const uint64_t before = stage.frame; stage.frame == before;)
		check(sd_event_run(service.event, UINT64_MAX), "the loop");
}

static void measure(const char *name, uint32_t n_change, int n_frames)
{
	static double ms[FRAMES];
	uint64_t px = 0;
	char figure[64];
	struct render_info info;

	for (int i = -2; i < n_frames; i++) {
		double begin;

		for (uint32_t k = 0; k < n_change; k++)
			paint((uint32_t)(i + 2) * n_change % CROWD + k);
		begin = cpu_ms();
		frame();
		if (i < 0)
			continue;
		ms[i] = cpu_ms() - begin;
		px += stage.figures.damage_px;
	}
	bench_sort(ms, (size_t)n_frames);
	render_get_info(stage.render, &info);
	fprintf(stderr, "stage_frame: %s: %.0f pixels, %u draws, %u instances\n", name, (double)px / n_frames,
		(unsigned)info.last_draws, (unsigned)info.last_instances);
	(void)snprintf(figure, sizeof(figure), "stage_frame.%s.p50", name);
	bench_print(figure, bench_at(ms, (size_t)n_frames, 0.5), "ms of processor", "60 frames/s", BUDGET_MS);
	(void)snprintf(figure, sizeof(figure), "stage_frame.%s.p99", name);
	bench_print(
		figure, bench_at(ms, (size_t)n_frames, 0.99), "ms of processor", "60 frames/s", BUDGET_MS);
}

static int is_settled(void)
{
	const struct view *view = stage_find_view(&stage.canvas[SCENE_LANDSCAPE], "score");

	return view && view_is_settled(view) && view_figures(view).n_pages > 0;
}

static void measure_all(void)
{
	struct render_info info;

	while (!is_settled())
		frame();
	for (uint32_t i = 0; i < CROWD; i++)
		paint(i);
	render_get_info(stage.render, &info);
	fprintf(stderr, "stage_frame: %s, %s, %.0f ns a rectangle, %.2f a pixel\n", info.device, info.backend,
		info.ns_a_rect, info.ns_a_pixel);
	measure("playhead", 0, FRAMES);
	measure("one_changes", 1, FRAMES);
	measure("ten_change", 10, FRAMES);
	measure("all_change", CROWD, FRAMES);
}

int main(void)
{
	char folder[] = "/tmp/mos-bench-stage-XXXXXX", path[sizeof(folder) + 16];

	check(mkdtemp(folder) ? 0 : -errno, folder);
	(void)snprintf(config.scenes, sizeof(config.scenes), "%s", folder);
	(void)setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	write_scene(folder);
	read_piece();
	check(sd_event_new(&service.event), "the loop");
	check(stage_start(&stage, &service, &config), "the stage");
	check(stage_need_render(&stage), "the device");
	stage.canvas[SCENE_LANDSCAPE].n_holds = 1; /* somebody looks */
	scene_manager_set_still(stage.canvas[SCENE_LANDSCAPE].manager, 1);
	check(stage_show(&stage, config.scene, SCENE_LANDSCAPE, 0), "the scene");
	add_widgets();
	measure_all();
	for (uint32_t i = 0; i < CROWD; i++)
		mos_surface_close(&writer[i]);
	stage_stop(&stage);
	sd_event_unref(service.event);
	(void)snprintf(path, sizeof(path), "%s/crowd.json", folder);
	(void)unlink(path);
	(void)rmdir(folder);
	return 0;
}
