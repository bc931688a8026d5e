/* SPDX-License-Identifier: MIT */
/* Recordings: a picture that flashes when the sound clicks, read back from the file. */
#include "capture.h"
#include "pw_clicker.h"
#include "record.h"
#include "theater_out_rig.h"
#include "video_flash.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH 160u
#define HEIGHT 96u
#define RATE CLICKER_RATE
#define FPS 60
#define FRAME_NS (1'000'000'000 / FPS)
#define LIT_NS 100'000'000

static struct rig rig;
static struct sink *sink;
static uint8_t picture[4 * WIDTH * HEIGHT];
static struct pw_clicker *clicker;
static sd_event_source *frames;
static uint64_t n_shown;
static int64_t shown_ns;

/** The flash begins in the frame of the click; frames lie on the clicks' own grid. */
static int on_frame(sd_event_source *source, uint64_t usec, void *data)
{
	const bool lit = shown_ns % CLICKER_EVERY_NS < LIT_NS;

	memset(picture, lit ? 255 : 0, sizeof(picture));
	for (size_t i = 3; i < sizeof(picture); i += 4)
		picture[i] = 255;
	sink->ops->submit(sink, &(struct sink_frame){
					.rgba = picture,
					.stride = 4 * WIDTH,
					.width = WIDTH,
					.height = HEIGHT,
					.damage = &(struct render_rect){0, 0, WIDTH, HEIGHT},
					.n_damage = 1,
					.sequence = ++n_shown,
					.time_ns = shown_ns,
				});
	shown_ns += FRAME_NS;
	/* Thirty of these are 20 ns less than half a second: the next click's frame is on time again. */
	if (shown_ns % CLICKER_EVERY_NS > CLICKER_EVERY_NS - 1000)
		shown_ns += CLICKER_EVERY_NS - shown_ns % CLICKER_EVERY_NS;
	sd_event_source_set_time(source, (uint64_t)shown_ns / 1000);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void start(void)
{
	struct timespec now;

	rig_start(&rig);
	cr_assert_eq(out_pipewire_open(rig.out, "mos.test.flash", "flash", WIDTH, HEIGHT, FPS, &sink), 0);
	clicker = pw_clicker_start(HEADLESS_SINK);
	clock_gettime(CLOCK_MONOTONIC, &now);
	shown_ns = (now.tv_sec + 1) * 1'000'000'000ll;
	cr_assert_geq(sd_event_add_time(rig.event, &frames, CLOCK_MONOTONIC, (uint64_t)shown_ns / 1000, 1,
			      on_frame, NULL),
		0);
}

static void stop(void)
{
	sd_event_source_disable_unref(frames);
	pw_clicker_stop(clicker);
	sink->ops->close(sink);
	rig_stop(&rig);
}

TestSuite(theater_record, .init = start, .fini = stop, .timeout = 120);

struct outcome {
	bool has_ended;
	int error;
	char text[512];
};

static void on_ended(void *data, int error, const char *text)
{
	struct outcome *outcome = data;

	outcome->has_ended = true;
	outcome->error = error;
	snprintf(outcome->text, sizeof(outcome->text), "%s", text);
}

static bool has_ended(void *data)
{
	return ((struct outcome *)data)->has_ended;
}

static bool came_to(void *data)
{
	return sink->n_submitted >= *(const uint64_t *)data;
}

static void path_of(char *ret, size_t size, const char *name)
{
	snprintf(ret, size, "%s/%s", rig.pw.dir, name);
}

static struct out_record *record(const char *name, struct outcome *outcome)
{
	char path[96], error[256] = "";
	struct out_record *ret;
	int fd;

	path_of(path, sizeof(path), name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	cr_assert_geq(fd, 0);
	cr_assert_eq(out_record_start(rig.event,
			     &(struct out_record_options){
				     .fd = fd,
				     .name = name,
				     .picture = "mos.test.flash",
				     .has_sound = 1,
				     .sound = HEADLESS_SINK,
				     .fps = FPS,
				     .node_width = WIDTH,
				     .node_height = HEIGHT,
			     },
			     on_ended, outcome, &ret, error, sizeof(error)),
		0, "%s", error);
	close(fd);
	return ret;
}

static bool child_ended(void *data)
{
	int status;

	return rig_reaped(*(const pid_t *)data, &status);
}

/** Decode with GStreamer to streams of a constant rate that begin at the file's time 0. */
static void decode(const char *name)
{
	char from[112], video[112], audio[112];
	const char *argv[] = {"gst-launch-1.0", "-q", "filesrc", from, "!", "matroskademux", "name=d",
		"d.video_0", "!", "queue", "!", "decodebin", "!", "videorate", "!", "videoconvert", "!",
		"video/x-raw,format=GRAY8,framerate=240/1", "!", "filesink", video, "d.audio_0", "!", "queue",
		"!", "decodebin", "!", "audioconvert", "!", "audioresample", "!", "audiorate", "!",
		"audio/x-raw,format=F32LE,rate=48000,channels=1", "!", "filesink", audio, NULL};
	pid_t pid;

	snprintf(from, sizeof(from), "location=%s/%s", rig.pw.dir, name);
	snprintf(video, sizeof(video), "location=%s/video", rig.pw.dir);
	snprintf(audio, sizeof(audio), "location=%s/audio", rig.pw.dir);
	pid = rig_spawn(argv);
	cr_assert(rig_until(&rig, child_ended, &pid));
}

#define MAX_EVENTS 64

/** When it became bright, in seconds of the file. */
static size_t flashes(double *ret)
{
	static uint8_t gray[WIDTH * HEIGHT];
	char path[96];
	size_t n = 0;
	bool was = true;
	FILE *file;

	path_of(path, sizeof(path), "video");
	file = fopen(path, "re");
	cr_assert_not_null(file);
	for (size_t i = 0; fread(gray, sizeof(gray), 1, file) == 1; i++) {
		const bool is = gray[sizeof(gray) / 2] > 128;

		if (is && !was && n < MAX_EVENTS)
			ret[n++] = (double)i / 240;
		was = is;
	}
	fclose(file);
	return n;
}

static size_t clicks(double *ret)
{
	char path[96];
	size_t n = 0, quiet = 0;
	float sample;
	FILE *file;

	path_of(path, sizeof(path), "audio");
	file = fopen(path, "re");
	cr_assert_not_null(file);
	for (size_t i = 0; fread(&sample, sizeof(sample), 1, file) == 1; i++) {
		const bool is = sample > 0.2f || sample < -0.2f;

		if (is && quiet > RATE / 10 && n < MAX_EVENTS)
			ret[n++] = (double)i / RATE;
		quiet = is ? 0 : quiet + 1;
	}
	fclose(file);
	return n;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/**
 * @param ret_median  of the times from a click to its flash: a machine that loses periods moves single ones.
 * @return how many clicks have their flash.
 */
static size_t compare(double *ret_median)
{
	double seen[MAX_EVENTS], heard[MAX_EVENTS], apart[MAX_EVENTS];
	const size_t n_seen = flashes(seen), n_heard = clicks(heard);
	size_t n = 0;

	for (size_t i = 0; i < n_heard; i++) {
		double best = 1e9;

		for (size_t k = 0; k < n_seen; k++) {
			if (fabs(seen[k] - heard[i]) < fabs(best))
				best = seen[k] - heard[i];
		}
		/* At the ends one of both may be outside of the file. */
		if (fabs(best) < 0.25)
			apart[n++] = best;
	}
	cr_assert_gt(n, 0, "%zu flashes, %zu clicks", n_seen, n_heard);
	qsort(apart, n, sizeof(*apart), by_size);
	*ret_median = apart[n / 2];
	return n;
}

static void record_and_compare(const char *name)
{
	struct outcome outcome = {0};
	struct out_record *recording = record(name, &outcome);
	uint64_t enough = 4 * FPS;
	double apart;

	cr_assert(rig_until(&rig, came_to, &enough));
	out_record_stop(recording);
	cr_assert(rig_until(&rig, has_ended, &outcome));
	cr_assert_eq(outcome.error, 0, "%s", outcome.text);
	out_record_close(recording);
	decode(name);
	cr_expect_geq(compare(&apart), 5);
	fprintf(stderr, "%s: the flash %+.1f ms after the click\n", name, apart * 1e3);
	cr_expect_leq(fabs(apart), 1.0 / FPS);
}

Test(theater_record, matroska,
	.description = "THR-15: a click and its flash lie within one frame of each other in the recording")
{
	record_and_compare("a.mkv");
}

Test(theater_record, webm, .description = "THR-15: the same in a WebM file")
{
	record_and_compare("a.webm");
}

static bool has_flashed(void *data)
{
	return video_flash_count(data) >= 6;
}

Test(theater_record, live,
	.description = "THR-15 WGT-11: a flash and its click, seen and heard by others, lie within one frame "
		       "of each other")
{
	struct video_flash *flash;
	struct capture *capture;
	const struct capture_block *blocks;
	const float *left;
	double apart[MAX_EVENTS];
	size_t n = 0;
	uint32_t n_blocks, quiet = 0;

	cr_assert_eq(capture_start(HEADLESS_SINK, RATE, RATE * 20, &capture), 0);
	cr_assert(capture_wait(capture, 1));
	cr_assert_eq(
		video_flash_start("mos.test.flash", &(struct video_area){0, 0, WIDTH, HEIGHT}, 100, &flash),
		0);
	cr_assert(rig_until(&rig, has_flashed, flash));
	left = capture_channel(capture, 0);
	blocks = capture_blocks(capture, &n_blocks);
	for (uint32_t b = 0; b < n_blocks; b++) {
		for (uint32_t i = 0; i < blocks[b].n_frames; i++) {
			const bool is = fabsf(left[blocks[b].frame + i]) > 0.2f;
			const int64_t at = blocks[b].time_ns + i * 1'000'000'000ll / RATE;
			const int64_t seen = video_flash_nearest_ns(flash, at);

			if (is && quiet > RATE / 10 && n < MAX_EVENTS &&
				llabs(seen - at) < CLICKER_EVERY_NS / 2)
				apart[n++] = (double)(seen - at) / 1e9;
			quiet = is ? 0 : quiet + 1;
		}
	}
	video_flash_stop(flash);
	capture_stop(capture);
	cr_assert_geq(n, 5);
	qsort(apart, n, sizeof(*apart), by_size);
	fprintf(stderr, "live: the flash %+.1f ms after the click\n", apart[n / 2] * 1e3);
	cr_expect_leq(fabs(apart[n / 2]), 1.0 / FPS);
}

/** The recorder: the youngest of our children that is not PipeWire's. */
static pid_t find_recorder(void)
{
	char path[64], name[64];
	int pid = 0, found = 0;
	FILE *children, *comm;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "re");
	cr_assert_not_null(children);
	while (fscanf(children, "%d", &pid) == 1) {
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		comm = fopen(path, "re");
		if (comm && fgets(name, sizeof(name), comm) && strncmp(name, "gst-launch", 10) == 0)
			found = pid;
		if (comm)
			fclose(comm);
	}
	fclose(children);
	cr_assert_gt(found, 0);
	return found;
}

Test(theater_record, killed,
	.description = "THR-10: a recorder that is killed is told, and leaves a file that plays")
{
	struct outcome outcome = {0};
	struct out_record *recording = record("k.mkv", &outcome);
	uint64_t enough = 4 * FPS;
	double seen[MAX_EVENTS];

	cr_assert(rig_until(&rig, came_to, &enough));
	kill(find_recorder(), SIGKILL);
	cr_assert(rig_until(&rig, has_ended, &outcome));
	cr_expect_eq(outcome.error, -EIO);
	out_record_close(recording);
	decode("k.mkv");
	cr_expect_geq(flashes(seen), 3);
}

Test(theater_record, closed,
	.description = "THR-10: a recording that is closed without being stopped is completed")
{
	struct outcome outcome = {0};
	struct out_record *recording = record("c.mkv", &outcome);
	uint64_t enough = 4 * FPS;
	double seen[MAX_EVENTS];
	pid_t pid;

	cr_assert(rig_until(&rig, came_to, &enough));
	pid = find_recorder();
	out_record_close(recording);
	cr_assert(rig_until(&rig, child_ended, &pid));
	cr_expect_not(outcome.has_ended);
	decode("c.mkv");
	cr_expect_geq(flashes(seen), 3);
}

Test(theater_record, theater_dies,
	.description = "THR-10: a theater that is killed ends its recordings properly")
{
	struct outcome outcome = {0};
	uint64_t enough = 4 * FPS;
	double seen[MAX_EVENTS];
	struct stat before, after = {0};
	char path[96];
	int ends[2];
	pid_t pid;

	/* The recorder's parent is a process of its own; who has the pipe's other end tells that all are
	 * gone. */
	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		sd_event *event;

		close(ends[0]);
		if (sd_event_new(&event) < 0)
			_exit(1);
		rig.event = event;
		record("d.mkv", &outcome);
		while (sd_event_run(event, UINT64_MAX) >= 0)
			;
		_exit(0);
	}
	close(ends[1]);
	cr_assert(rig_until(&rig, came_to, &enough));
	path_of(path, sizeof(path), "d.mkv");
	cr_assert_eq(stat(path, &before), 0);
	kill(pid, SIGKILL);
	cr_assert(rig_until(&rig, child_ended, &pid));
	/* The recorder inherited the end: reading ends when it has ended. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	for (char c; read(ends[0], &c, 1) < 0 && errno == EAGAIN;)
		cr_assert_geq(sd_event_run(rig.event, 5000), 0);
	cr_assert_eq(stat(path, &after), 0);
	decode("d.mkv");
	cr_expect_geq(flashes(seen), 3);
	cr_expect_geq(after.st_size, before.st_size);
}

Test(theater_record, missing, .description = "THR-10: what is not installed is named with its package")
{
	struct outcome outcome = {0};
	struct out_record *recording;

	/* A GStreamer without encoders. */
	setenv("GST_PLUGIN_SYSTEM_PATH_1_0", rig.pw.dir, 1);
	setenv("GST_PLUGIN_PATH_1_0", rig.pw.dir, 1);
	setenv("GST_REGISTRY_1_0", "/dev/null", 1);
	recording = record("m.mkv", &outcome);
	cr_assert(rig_until(&rig, has_ended, &outcome));
	cr_expect_eq(outcome.error, -ENOENT);
	cr_expect_not_null(strstr(outcome.text, "gstreamer1.0-pipewire"), "%s", outcome.text);
	out_record_close(recording);
}

Test(theater_record_options, refused,
	.description = "THR-10: names and sizes that cannot be are refused with the reason")
{
	static const struct {
		struct out_record_options options;
		const char *reason;
	} table[] = {
		{{.name = "a.mp4"}, ".mkv"},
		{{.name = "a"}, ".mkv"},
		{{.name = "a.mkv", .picture = "x ! fakesink"}, "video node"},
		{{.name = "a.mkv", .picture = "x", .has_sound = 1, .sound = "y location=/"}, "sink"},
		{{.name = "a.mkv", .picture = "x"}, "size"},
		{{.name = "a.mkv",
			 .picture = "x",
			 .fps = 60,
			 .node_width = 8,
			 .node_height = 8,
			 .width = 3,
			 .height = 4},
			"even"},
	};
	sd_event *event;

	cr_assert_geq(sd_event_new(&event), 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char error[128] = "";
		struct out_record *ret;

		cr_expect_eq(out_record_start(
				     event, &table[i].options, on_ended, NULL, &ret, error, sizeof(error)),
			-EINVAL);
		cr_expect_not_null(strstr(error, table[i].reason), "%s", error);
	}
	sd_event_unref(event);
}
