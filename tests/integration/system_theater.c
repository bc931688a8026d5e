/* SPDX-License-Identifier: MIT */
/* The theater in the whole system: pictures of both canvases, layers, what follows the clock, clicks, death.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "system.h"

#define SHOT_MS 120000

struct picture {
	uint32_t width, height;
	uint8_t *rgba;
};

static const char *const layers[] = {
	"form", "chords", "analysis", "tablature", "diagrams", "fingering", "notation", "lyrics", "markers"};

/* A guitar's two measures in which each of the nine layers has something. */
static const char nine[] =
	"{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"Nine\",\"key\":\"C major\",\"tempo\":120},"
	"\"measures\":[{},{},{},{}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"instrument\":{\"midiProgram\":25},\"tuning\":[64,59,"
	"55,50,45,40],\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":960,\"pitch\":60},{\"id\":\"n2\",\"tick\":960,"
	"\"durationTicks\":960,\"pitch\":64},"
	"{\"id\":\"n3\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":67},{\"id\":\"n4\",\"tick\":3840,"
	"\"durationTicks\":3840,\"pitch\":65}]}],"
	"\"layers\":["
	"{\"type\":\"form\",\"elements\":[{\"tick\":0,\"durationTicks\":7680,\"kind\":\"verse\",\"label\":"
	"\"Verse\"}]},"
	"{\"type\":\"chords\",\"elements\":[{\"tick\":0,\"durationTicks\":3840,\"symbol\":\"C\"},"
	"{\"tick\":3840,\"durationTicks\":3840,\"symbol\":\"Fmaj7\"}]},"
	"{\"type\":\"analysis\",\"elements\":[{\"tick\":0,\"durationTicks\":3840,\"roman\":\"I\"},"
	"{\"tick\":3840,\"durationTicks\":3840,\"roman\":\"IV7\"}]},"
	"{\"type\":\"tablature\",\"elements\":[{\"noteId\":\"n1\",\"string\":2,\"fret\":1},{\"noteId\":"
	"\"n2\",\"string\":1,\"fret\":0},"
	"{\"noteId\":\"n3\",\"string\":1,\"fret\":3},{\"noteId\":\"n4\",\"string\":1,\"fret\":1}]},"
	"{\"type\":\"diagrams\",\"elements\":[{\"tick\":0,\"name\":\"C\",\"strings\":6,\"frets\":4,"
	"\"baseFret\":1,"
	"\"dots\":[{\"string\":2,\"fret\":1},{\"string\":4,\"fret\":2},{\"string\":5,\"fret\":3}],\"muted\":["
	"6],\"open\":[1,3]}]},"
	"{\"type\":\"fingering\",\"elements\":[{\"noteId\":\"n1\",\"hand\":\"left\",\"finger\":\"1\"}]},"
	"{\"type\":\"lyrics\",\"elements\":[{\"noteId\":\"n1\",\"text\":\"Sing\"},{\"noteId\":\"n3\","
	"\"text\":\"now\"}]},"
	"{\"type\":\"markers\",\"elements\":[{\"tick\":1920,\"kind\":\"poi\",\"label\":\"Listen\"}]}]}";

static void load_text(struct mos_client *c, const char *name, const char *text)
{
	const int fd = memfd_create("score", MFD_CLOEXEC);
	const struct mos_field args[] = {mos_str("name", name)};
	const struct mos_request request = {.method = "hermes.score.load",
		.args = args,
		.n_args = 1,
		.fds = &fd,
		.n_fds = 1,
		.timeout_ms = SYSTEM_WAIT_MS};

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	cr_assert_eq(mos_call_request(c, &request, NULL), 0, "%s: %s", mos_client_error(c)->where,
		mos_client_error(c)->message);
	close(fd);
}

static struct picture decode(int fd, size_t size)
{
	void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	png_image image = {.version = PNG_IMAGE_VERSION};
	struct picture p;

	cr_assert_neq(bytes, MAP_FAILED);
	cr_assert(png_image_begin_read_from_memory(&image, bytes, size), "%s", image.message);
	image.format = PNG_FORMAT_RGBA;
	p = (struct picture){image.width, image.height, malloc(PNG_IMAGE_SIZE(image))};
	cr_assert_not_null(p.rgba);
	cr_assert(png_image_finish_read(&image, NULL, p.rgba, 0, NULL), "%s", image.message);
	munmap(bytes, size);
	return p;
}

static int try_shot(struct mos_client *c, const char *canvas, int divisor, struct picture *ret)
{
	const struct mos_field args[] = {mos_str("canvas", canvas), mos_int("divisor", divisor)};
	const struct mos_request request = {
		.method = "theater.canvas.shot", .args = args, .n_args = 2, .timeout_ms = SHOT_MS};
	struct mos_reply reply;
	const int rc = mos_call_request(c, &request, &reply);

	if (rc < 0)
		return rc;
	cr_assert_eq(reply.n_fds, 1);
	*ret = decode(reply.fds[0], (size_t)mos_get_int(&reply.value, "size_bytes", 0));
	mos_reply_finish(&reply);
	return 0;
}

static struct picture shot(struct mos_client *c, const char *canvas, int divisor)
{
	struct picture p = {0};

	cr_assert_eq(try_shot(c, canvas, divisor, &p), 0, "%s", mos_client_error(c)->message);
	return p;
}

static uint64_t count_differing(const struct picture *a, const struct picture *b)
{
	uint64_t n = 0;

	cr_assert_eq(a->width, b->width);
	cr_assert_eq(a->height, b->height);
	for (size_t i = 0; i < (size_t)a->width * a->height; i++)
		n += memcmp(a->rgba + i * 4, b->rgba + i * 4, 4) != 0;
	return n;
}

/* How many pixels differ from their left neighbour by much: ink. */
static uint64_t count_edges(const struct picture *p)
{
	uint64_t n = 0;

	for (size_t i = 1; i < (size_t)p->width * p->height; i++)
		n += abs(p->rgba[i * 4 + 1] - p->rgba[i * 4 - 3]) > 60;
	return n;
}

static void stage(struct mos_client *c, const char *method, const struct mos_field *args, size_t n)
{
	cr_assert_eq(mos_call(c, method, args, n, NULL), 0, "%s", mos_client_error(c)->message);
}

/* Until a frame has shown the score. */
static void wait_for_score(struct mos_client *c, const char *canvas)
{
	const bool is_portrait = strcmp(canvas, "portrait") == 0;
	struct picture p;

	/* The theater is told of the score beside us: what it shows settles. */
	for (int i = 0; i < 200; i++) {
		struct mos_reply reply;
		bool is_shown;

		p = shot(c, canvas, 64);
		free(p.rgba);
		cr_assert_eq(mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply), 0);
		is_shown = mos_get_int(&reply.value,
				   is_portrait ? "canvases/1/scores/0/elements" : "canvases/0/scores/0/elements",
				   0) > 0 &&
			   mos_get_bool(&reply.value,
				   is_portrait ? "canvases/1/scores/0/settled" : "canvases/0/scores/0/settled", 0);
		mos_reply_finish(&reply);
		if (is_shown)
			return;
		usleep(20000);
	}
	cr_assert_fail("the score is not shown");
}

Test(system_theater, both_canvases, .timeout = 240,
	.description =
		"THE-01, THR-01: pictures of 7680 x 4320 and 4320 x 7680 pixels with the score on them")
{
	struct mos_client *c = system_connect("both");
	struct picture p;

	load_text(c, "nine.nvx1", nine);
	wait_for_score(c, "landscape");
	p = shot(c, "landscape", 1);
	cr_expect_eq(p.width, 7680);
	cr_expect_eq(p.height, 4320);
	cr_expect_gt(count_edges(&p), 20000);
	free(p.rgba);
	wait_for_score(c, "portrait");
	p = shot(c, "portrait", 1);
	cr_expect_eq(p.width, 4320);
	cr_expect_eq(p.height, 7680);
	cr_expect_gt(count_edges(&p), 20000);
	free(p.rgba);
	p = shot(c, "portrait", 8);
	cr_expect_eq(p.width, 540);
	cr_expect_eq(p.height, 960);
	free(p.rgba);
	mos_client_destroy(c);
}

Test(system_theater, nine_layers, .timeout = 240,
	.description = "THR-19: each of the nine layers hides and comes back, with its own pixels alone")
{
	struct mos_client *c = system_connect("layers");
	struct picture all, without, again;
	uint64_t gone[9], sum = 0;

	load_text(c, "nine.nvx1", nine);
	stage(c, "theater.scene.show", MOS_ARGS(mos_str("name", "analysis"), mos_str("at", "now")));
	wait_for_score(c, "landscape");
	for (int i = 0; i < 9; i++)
		stage(c, "theater.layer.set", MOS_ARGS(mos_str("layer", layers[i]), mos_bool("visible", 1)));
	all = shot(c, "landscape", 2);
	for (int i = 0; i < 9; i++) {
		stage(c, "theater.layer.set", MOS_ARGS(mos_str("layer", layers[i]), mos_bool("visible", 0)));
		without = shot(c, "landscape", 2);
		gone[i] = count_differing(&all, &without);
		cr_expect_gt(gone[i], 0, "hiding %s changes nothing", layers[i]);
		sum += gone[i];
		stage(c, "theater.layer.set", MOS_ARGS(mos_str("layer", layers[i]), mos_bool("visible", 1)));
		again = shot(c, "landscape", 2);
		cr_expect_eq(count_differing(&all, &again), 0, "%s does not come back as it was", layers[i]);
		free(without.rgba);
		free(again.rgba);
	}
	/* No layer takes others with it: what they hide adds up to about what all hide together. */
	for (int i = 0; i < 9; i++)
		stage(c, "theater.layer.set", MOS_ARGS(mos_str("layer", layers[i]), mos_bool("visible", 0)));
	without = shot(c, "landscape", 2);
	cr_expect_leq(count_differing(&all, &without), sum);
	cr_expect_geq(count_differing(&all, &without) * 11 / 10, sum);
	free(all.rgba);
	free(without.rgba);
	mos_client_destroy(c);
}

struct pending {
	int n;
};
static void on_shot(struct mos_client *c, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	((struct pending *)data)->n--;
}

static double tick_at(const struct mos_now *now, int64_t time_ns)
{
	uint32_t frac;
	const int64_t tick = mos_clock_tick_at(&now->clock, time_ns, &frac);

	return (double)tick + frac * 0x1p-32;
}

Test(system_theater, follows_the_clock, .timeout = 240,
	.description = "THR-15, THR-18: the playhead of a frame stands where the clock will be when the "
		       "frame is seen")
{
	struct mos_client *c = system_connect("clock"), *asker = system_connect("asker");
	const struct mos_field args[] = {mos_int("divisor", 64)};
	const struct mos_request request = {
		.method = "theater.canvas.shot", .args = args, .n_args = 1, .timeout_ms = SHOT_MS};
	struct pending pending = {0};
	struct mos_now from = {0}, look, now;
	int64_t last_ns = 0;
	int n = 0, n_off = 0;

	load_text(c, "nine.nvx1", nine);
	wait_for_score(c, "landscape");
	system_wait_playable(c);
	stage(c, "kronos.loop.set", MOS_ARGS(mos_int("start_ticks", 0), mos_int("end_ticks", 15360)));
	stage(c, "kronos.transport.play", MOS_NO_ARGS);
	cr_assert_eq(mos_clock_now(c, &from), 0);
	for (int i = 0; i < 10000 && n < 20; i++) {
		struct mos_reply reply;

		/* Somebody has to look: a picture is always under way. */
		while (pending.n < 3) {
			pending.n++;
			cr_assert_eq(mos_call_async(asker, &request, on_shot, &pending), 0);
		}
		(void)mos_events_dispatch(asker, 5);
		cr_assert_eq(mos_clock_now(c, &look), 0);
		cr_assert_eq(mos_call(c, "theater.status.get", MOS_NO_ARGS, &reply), 0);
		const int64_t at = mos_get_int(&reply.value, "canvases/0/scores/0/playhead_time_ns", 0);
		const double tick = mos_get_real(&reply.value, "canvases/0/scores/0/playhead_tick", -1);
		const double x = mos_get_real(&reply.value, "canvases/0/scores/0/playhead_x", -1);
		mos_reply_finish(&reply);
		cr_assert_eq(mos_clock_now(c, &now), 0);
		const double was = tick_at(&from, at), expected = tick_at(&now, at);
		const bool is_seen = at == last_ns;
		from = look;
		last_ns = at;
		/* Each frame once. Around the loop's end and before it rolls there is nothing to compare; nor
		 * when a cycle that the machine missed has moved the clock's line since we looked before. */
		if (is_seen || !(now.clock.flags & MOS_CLOCK_ROLLING) || x < 0 || tick < 100 || expected < 100 ||
			expected > 15000 || llabs(at - now.time_ns) > 900000000 || fabs(was - expected) > 0.7)
			continue;
		/* 0.4 ms at 120 a minute are 0.77 ticks; the clock's line itself is straightened meanwhile.
		 */
		if (fabs(tick - expected) >= 1.5) {
			cr_log_warn("%.2f, expected %.2f", tick, expected);
			n_off++;
		}
		n++;
	}
	cr_expect_eq(n_off, 0, "THR-15: %d of %d", n_off, n);
	cr_expect_geq(n, 20);
	stage(c, "kronos.transport.stop", MOS_NO_ARGS);
	stage(c, "kronos.loop.clear", MOS_NO_ARGS);
	mos_client_destroy(asker);
	mos_client_destroy(c);
}

static pid_t theater_pid(struct mos_client *c)
{
	struct mos_reply reply;
	pid_t pid = 0;

	if (mos_call(c, "theater.service.ping", MOS_NO_ARGS, &reply) == 0) {
		pid = (pid_t)mos_get_int(&reply.value, "pid", 0);
		mos_reply_finish(&reply);
	}
	return pid;
}

struct replaced {
	struct mos_client *c;
	pid_t old;
};
static bool is_replaced(void *data)
{
	const struct replaced *r = data;
	const pid_t now = theater_pid(r->c);

	return now > 0 && now != r->old;
}

/* The least of its threads' priorities, as nice values; the last thread to go frees the process' memory at its own. */
static long nicest_thread(pid_t pid)
{
	char path[300], line[512];
	long most = -20, nice;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	cr_assert_not_null(dir);
	while ((e = readdir(dir))) {
		const char *behind_name;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, e->d_name);
		f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (!f)
			continue;
		behind_name = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
		if (behind_name && /* field 19 */
			sscanf(behind_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %ld",
				&nice) == 1 &&
			nice > most)
			most = nice;
		fclose(f);
	}
	closedir(dir);
	return most;
}

Test(system_theater, killed, .timeout = 240,
	.description = "THR-10, THE-05: a theater that is killed is started again and shows the same "
		       "picture; sound goes on")
{
	struct mos_client *c = system_connect("killed");
	struct replaced r = {c, theater_pid(c)};
	struct picture before, after;
	uint64_t cycles, xruns;

	cr_assert_gt(r.old, 0);
	load_text(c, "nine.nvx1", nine);
	stage(c, "theater.scene.show", MOS_ARGS(mos_str("name", "default"), mos_str("at", "now")));
	wait_for_score(c, "landscape");
	before = shot(c, "landscape", 4);
	cr_expect_eq(nicest_thread(r.old), getpriority(PRIO_PROCESS, (id_t)r.old), "one waits behind all others");
	cycles = system_counter(c, "rt.cycles");
	xruns = system_counter(c, "rt.xruns");
	cr_assert_eq(kill(r.old, SIGKILL), 0);
	cr_assert(system_wait(is_replaced, &r));
	wait_for_score(c, "landscape");
	after = shot(c, "landscape", 4);
	cr_expect_eq(count_differing(&before, &after), 0);
	cr_expect_gt(system_counter(c, "rt.cycles"), cycles);
	fprintf(stderr, "xruns meanwhile: %llu\n",
		(unsigned long long)(system_counter(c, "rt.xruns") - xruns));
	free(before.rgba);
	free(after.rgba);
	mos_client_destroy(c);
}

Test(system_theater, a_click_seeks, .timeout = 120,
	.description = "THR-20: a click on a measure of the score brings the transport there")
{
	struct mos_client *c = system_connect("click");
	struct mos_reply reply;
	double x = 0, y = 0, width = 0;
	int64_t tick = 0;

	load_text(c, "nine.nvx1", nine);
	stage(c, "theater.scene.show", MOS_ARGS(mos_str("name", "default"), mos_str("at", "now")));
	wait_for_score(c, "landscape");
	cr_assert_eq(mos_call(c, "theater.scene.get", MOS_NO_ARGS, &reply), 0);
	const struct mos_value *places = mos_get(&reply.value, "places");
	for (uint32_t i = 0; places && i < places->len; i++) {
		const struct mos_value *p = &places->u.items[i];

		if (strcmp(mos_get_str(p, "kind", ""), "score") != 0)
			continue;
		x = (double)mos_get_int(p, "x", 0);
		y = (double)mos_get_int(p, "y", 0);
		width = (double)mos_get_int(p, "width", 0);
	}
	mos_reply_finish(&reply);
	cr_assert_gt(width, 0);
	/* Across and down the page until a measure behind the first is hit. */
	for (int i = 0; i < 300 && tick <= 0; i++) {
		const double at_x = x + (0.2 + 0.1 * (i % 6)) * width, at_y = y + 50.0 * (i / 6);

		stage(c, "theater.input.pointer",
			MOS_ARGS(mos_str("kind", "down"), mos_real("x", at_x), mos_real("y", at_y),
				mos_int("button", 1), mos_int("buttons", 1)));
		stage(c, "theater.input.pointer",
			MOS_ARGS(mos_str("kind", "up"), mos_real("x", at_x), mos_real("y", at_y),
				mos_int("button", 1)));
		cr_assert_eq(mos_call(c, "kronos.position.get", MOS_NO_ARGS, &reply), 0);
		tick = mos_get_int(&reply.value, "ticks", 0);
		mos_reply_finish(&reply);
	}
	cr_expect_gt(tick, 0);
	mos_client_destroy(c);
}

Test(system_theater, refusals, .timeout = 60,
	.description = "THR-14: what is not there is refused by name, and the stage stays")
{
	struct mos_client *c = system_connect("refused");
	static const struct {
		const char *method;
		struct mos_field arg;
		const char *code;
	} cases[] = {
		{"theater.scene.show", {"name", {.type = MOS_VALUE_STR, .u.str = "nowhere"}},
			"theater.scene.unknown"},
		{"theater.theme.set", {"name", {.type = MOS_VALUE_STR, .u.str = "plaid"}},
			"theater.theme.unknown"},
		{"theater.focus.set", {"id", {.type = MOS_VALUE_STR, .u.str = "nobody"}},
			"theater.item.unknown"},
		{"theater.canvas.shot", {"divisor", {.type = MOS_VALUE_INT, .u.integer = 65}},
			"rpc.params.invalid"},
		{"theater.canvas.shot", {"canvas", {.type = MOS_VALUE_STR, .u.str = "both"}},
			"rpc.params.invalid"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cr_expect_eq(mos_call(c, cases[i].method, &cases[i].arg, 1, NULL), -EREMOTEIO);
		cr_expect_str_eq(mos_client_error(c)->code, cases[i].code, "%s: %s", cases[i].method,
			mos_client_error(c)->code);
	}
	cr_expect_gt(theater_pid(c), 0);
	mos_client_destroy(c);
}
