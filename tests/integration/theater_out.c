/* SPDX-License-Identifier: MIT */
/* Video nodes at a real PipeWire: who sees them, what arrives, what stays when somebody dies. */
#include "theater_out_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <spa/param/video/raw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A leak of only the pictures' buffers would be 4 x 100 x 60 KiB; a sanitizer keeps what was freed. */
#if defined(__SANITIZE_ADDRESS__)
#define SLACK_PAGES 100000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLACK_PAGES 100000
#endif
#endif
#ifndef SLACK_PAGES
#define SLACK_PAGES 1024
#endif

#define WIDTH 160u
#define HEIGHT 96u

static struct rig rig;

static void start(void)
{
	rig_start(&rig);
}

static void stop(void)
{
	rig_stop(&rig);
}

TestSuite(theater_out, .init = start, .fini = stop, .timeout = 100);

struct until {
	const _Atomic uint64_t *count;
	uint64_t n;
};

static bool counted(void *data)
{
	const struct until *until = data;

	return *until->count >= until->n;
}

static bool comes_to(const _Atomic uint64_t *count, uint64_t n)
{
	return rig_until(&rig, counted, &(struct until){count, n});
}

struct dumped {
	const char *text;
	size_t n;
};

static bool dump_shows(void *data)
{
	const struct dumped *dumped = data;

	return rig_dump_count(&rig, dumped->text) == dumped->n;
}

static void check_seen(const struct rig_seen *seen)
{
	cr_expect_eq(seen->n_torn, 0, "%lu pictures were not whole", seen->n_torn);
	cr_expect_eq(seen->n_backwards, 0, "%lu went back", seen->n_backwards);
	cr_expect_eq(seen->n_damage_missed, 0, "%lu changes were not told", seen->n_damage_missed);
}

Test(theater_out, hundred_nodes,
	.description = "THE-08 NDI-01 NDI-04 NDI-09: a hundred video nodes, one is watched")
{
	struct rig_seen seen = {0};
	struct video_consumer *consumer;

	rig_open(&rig, 100, WIDTH, HEIGHT);
	cr_assert(rig_until(&rig, dump_shows, &(struct dumped){"\"node.name\": \"mos.test.", 100}));
	cr_expect_eq(rig_dump_count(&rig, "\"media.class\": \"Video/Source\""), 100);
	cr_expect_eq(rig_dump_count(&rig, "\"media.role\": \"Camera\""), 100);
	cr_assert_eq(
		video_consumer_start("mos.test.42", SPA_VIDEO_FORMAT_RGBA, rig_see, &seen, &consumer), 0);
	cr_assert(comes_to(&seen.n, 120));
	video_consumer_stop(consumer);
	check_seen(&seen);
	/* what a consumer does not take in time on a busy machine gives way to what is newer */
	cr_expect_leq(seen.n_jumps, 12, "%lu pictures of 120 were not seen", seen.n_jumps);
	for (uint32_t i = 0; i < 100; i++)
		cr_expect_eq(rig.shows[i].sink->n_copied_bytes == 0, i != 42, "node %u", i);
}

struct child {
	pid_t pid;
	int status;
};

static bool child_ended(void *data)
{
	struct child *child = data;

	return rig_reaped(child->pid, &child->status);
}

Test(theater_out, gstreamer,
	.description = "THE-08 NDI-04: GStreamer's pipewiresrc gets whole, rising pictures")
{
	char file[64], location[80];
	const char *const argv[] = {"gst-launch-1.0", "-q", "pipewiresrc", "target-object=mos.test.0",
		"num-buffers=120", "!", "video/x-raw,format=RGBA", "!", "filesink", location, NULL};
	const size_t size = 4 * WIDTH * HEIGHT;
	uint8_t *picture = malloc(size);
	struct child child;
	uint32_t last = 0, n = 0;
	FILE *out;

	snprintf(file, sizeof(file), "%s/raw", rig.pw.dir);
	snprintf(location, sizeof(location), "location=%s", file);
	rig_open(&rig, 1, WIDTH, HEIGHT);
	child.pid = rig_spawn(argv);
	cr_assert(rig_until(&rig, child_ended, &child));
	cr_assert_eq(child.status, 0);
	out = fopen(file, "re");
	cr_assert_not_null(out);
	while (fread(picture, size, 1, out) == 1) {
		const uint32_t now = rig_read(picture, WIDTH, HEIGHT, 4 * WIDTH);

		cr_expect_gt(now, last, "picture %u shows frame %u after %u", n, now, last);
		last = now;
		n++;
	}
	fclose(out);
	free(picture);
	cr_expect_eq(n, 120);
	/* pipewiresrc asks for 16 buffers. Were each taken in turn, a frame would copy the cells of 16. */
	const struct sink *sink = rig.shows[0].sink;
	cr_expect_lt(sink->n_copied_bytes, 16 * size + sink->n_submitted * 8 * 4 * RIG_CELL * RIG_CELL,
		"%lu bytes for %lu pictures", sink->n_copied_bytes, sink->n_submitted);
}

static void *start_and_see(struct rig_seen *seen, uint32_t format)
{
	struct video_consumer *consumer;

	cr_assert_eq(video_consumer_start("mos.test.0", format, rig_see, seen, &consumer), 0);
	return consumer;
}

Test(theater_out, hidden,
	.description = "THE-09 NDI-02: hidden, a node holds its last picture, copies nothing, and comes back "
		       "at once")
{
	struct rig_seen seen = {0};
	struct sink *sink;
	void *consumer;
	uint64_t n, copied, ticks;
	uint32_t held;

	rig_open(&rig, 1, WIDTH, HEIGHT);
	sink = rig.shows[0].sink;
	cr_expect_not(sink->ops->wants(sink));
	consumer = start_and_see(&seen, SPA_VIDEO_FORMAT_RGBA);
	cr_assert(comes_to(&seen.n, 20));
	cr_expect(sink->ops->wants(sink));

	sink->ops->hide(sink, 1);
	cr_expect_not(sink->ops->wants(sink));
	/* Two repeats: by then each buffer that turns has what the newest has. */
	n = sink->n_submitted;
	cr_assert(comes_to(&seen.n, n + 1));
	held = seen.last;
	ticks = rig.n_ticks;
	copied = sink->n_copied_bytes;
	cr_assert(comes_to(&seen.n, n + 3));
	cr_expect_eq(seen.last, held, "the picture went on while it was hidden");
	cr_expect_lt(sink->n_submitted - n, (rig.n_ticks - ticks) / 10, "hidden costs %lu of %lu frames",
		sink->n_submitted - n, rig.n_ticks - ticks);
	cr_expect_lt(
		sink->n_copied_bytes - copied, 4ull * WIDTH * HEIGHT, "repeats cost more than what lacks");

	n = seen.n;
	sink->ops->hide(sink, 0);
	cr_expect(sink->ops->wants(sink));
	ticks = sink->n_submitted;
	cr_assert(comes_to(&seen.n, n + 2));
	cr_expect_gt(seen.last, held);
	video_consumer_stop(consumer);
	check_seen(&seen);
}

Test(theater_out, first_picture_while_hidden,
	.description = "THE-09: who begins to watch a hidden node gets one picture")
{
	struct rig_seen seen = {0};
	void *consumer;

	rig_open(&rig, 1, WIDTH, HEIGHT);
	rig.shows[0].sink->ops->hide(rig.shows[0].sink, 1);
	consumer = start_and_see(&seen, SPA_VIDEO_FORMAT_RGBA);
	cr_assert(comes_to(&seen.n, 1));
	video_consumer_stop(consumer);
	check_seen(&seen);
}

static void see_bgrx(void *data, const struct video_frame *frame)
{
	uint8_t *turned = malloc(4 * (size_t)frame->width * frame->height);
	struct video_frame other = *frame;

	for (uint32_t y = 0; y < frame->height; y++) {
		for (uint32_t x = 0; x < frame->width; x++) {
			const uint8_t *from = frame->pixels + (size_t)y * frame->stride + 4 * (size_t)x;
			uint8_t *to = turned + 4 * ((size_t)y * frame->width + x);

			to[0] = from[2];
			to[1] = from[1];
			to[2] = from[0];
			to[3] = from[3];
		}
	}
	other.pixels = turned;
	other.stride = 4 * frame->width;
	rig_see(data, &other);
	free(turned);
}

Test(theater_out, other_order, .description = "THE-08: a consumer that takes BGRx gets it")
{
	struct rig_seen seen = {0};
	struct video_consumer *consumer;

	rig_open(&rig, 1, WIDTH, HEIGHT);
	cr_assert_eq(
		video_consumer_start("mos.test.0", SPA_VIDEO_FORMAT_BGRx, see_bgrx, &seen, &consumer), 0);
	cr_assert(comes_to(&seen.n, 30));
	video_consumer_stop(consumer);
	check_seen(&seen);
}

Test(theater_out, killed_consumer,
	.description =
		"THE-10 NDI-03: the consumer is killed; the next one gets pictures, the node was not touched")
{
	const char *const argv[] = {"gst-launch-1.0", "-q", "pipewiresrc", "target-object=mos.test.0", "!",
		"videoconvert", "!", "fakesink", NULL};
	struct rig_seen seen = {0};
	struct child child;
	void *consumer;
	uint64_t n;

	rig_open(&rig, 1, WIDTH, HEIGHT);
	for (int round = 0; round < 2; round++) {
		n = rig.shows[0].sink->n_submitted;
		child.pid = rig_spawn(argv);
		cr_assert(comes_to((const _Atomic uint64_t *)&rig.shows[0].sink->n_submitted, n + 30));
		kill(child.pid, SIGKILL);
		cr_assert(rig_until(&rig, child_ended, &child));
	}
	consumer = start_and_see(&seen, SPA_VIDEO_FORMAT_RGBA);
	cr_assert(comes_to(&seen.n, 30));
	video_consumer_stop(consumer);
	check_seen(&seen);
	cr_expect_eq(rig_dump_count(&rig, "\"node.name\": \"mos.test.0\""), 1);
}

static bool no_server(void *data)
{
	return !rig.shows[0].sink->ops->wants(rig.shows[0].sink);
}

Test(theater_out, pipewire_restarts, .description = "NDI-03: PipeWire dies and comes back; so do the nodes")
{
	struct rig_seen seen = {0}, again = {0};
	void *consumer;

	rig_open(&rig, 3, WIDTH, HEIGHT);
	consumer = start_and_see(&seen, SPA_VIDEO_FORMAT_RGBA);
	cr_assert(comes_to(&seen.n, 10));
	headless_pw_kill(&rig.pw);
	cr_assert(rig_until(&rig, no_server, NULL));
	video_consumer_stop(consumer);
	cr_assert_eq(headless_pw_restart(&rig.pw), 0);
	cr_assert(rig_until(&rig, dump_shows, &(struct dumped){"\"node.name\": \"mos.test.", 3}));
	consumer = start_and_see(&again, SPA_VIDEO_FORMAT_RGBA);
	cr_assert(comes_to(&again.n, 30));
	video_consumer_stop(consumer);
	check_seen(&seen);
	check_seen(&again);
}

static size_t n_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	cr_assert_not_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static size_t resident_pages(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size, resident;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%lu %lu", &size, &resident), 2);
	fclose(file);
	return resident;
}

static bool fds_are(void *data)
{
	return n_fds() <= *(const size_t *)data;
}

Test(theater_out, closed,
	.description =
		"WID-06: a hundred streams opened, watched and closed leave no node, descriptor or memory")
{
	size_t fds = 0, pages = 0;

	for (int round = 0; round < 4; round++) {
		struct rig_seen seen = {0};
		void *consumer;

		rig_open(&rig, 100, WIDTH, HEIGHT);
		consumer = start_and_see(&seen, SPA_VIDEO_FORMAT_RGBA);
		cr_assert(comes_to(&seen.n, 10));
		rig_close_all(&rig);
		video_consumer_stop(consumer);
		cr_assert(rig_until(&rig, dump_shows, &(struct dumped){"\"node.name\": \"mos.test.", 0}));
		/* The first round fills caches of the libraries. */
		if (!round) {
			fds = n_fds();
			pages = resident_pages();
		}
	}
	cr_expect(rig_until(&rig, fds_are, &fds), "%zu descriptors, there were %zu", n_fds(), fds);
	cr_expect_leq(resident_pages(), pages + SLACK_PAGES);
}

static bool ticked(void *data)
{
	return rig.n_ticks >= *(const uint64_t *)data;
}

static bool all_stream(void *data)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 20; i++)
		n += rig.shows[i].sink->n_consumers;
	return n == 20;
}

Test(theater_out, cost, .description = "NDI-05 NDI-02: five visible of twenty watched ones cost five")
{
	struct video_consumer *consumers[20];
	struct rig_seen seen[20] = {0};
	uint64_t visible = 0, hidden = 0, end;

	rig_open(&rig, 20, WIDTH, HEIGHT);
	for (uint32_t i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "mos.test.%u", i);
		cr_assert_eq(
			video_consumer_start(name, SPA_VIDEO_FORMAT_RGBA, rig_see, &seen[i], &consumers[i]),
			0);
	}
	cr_assert(rig_until(&rig, all_stream, NULL));
	for (uint32_t i = 0; i < 20; i++)
		cr_assert(comes_to(&seen[i].n, 8));
	for (uint32_t i = 5; i < 20; i++)
		rig.shows[i].sink->ops->hide(rig.shows[i].sink, 1);
	for (uint32_t i = 0; i < 20; i++)
		*(i < 5 ? &visible : &hidden) -= rig.shows[i].sink->n_submitted;
	end = rig.n_ticks + 60;
	cr_assert(rig_until(&rig, ticked, &end));
	for (uint32_t i = 0; i < 20; i++)
		*(i < 5 ? &visible : &hidden) += rig.shows[i].sink->n_submitted;
	for (uint32_t i = 0; i < 20; i++) {
		video_consumer_stop(consumers[i]);
		check_seen(&seen[i]);
	}
	cr_expect_geq(visible, 5 * 50, "%lu", visible);
	/* One a second, each; the machine may be slow. */
	cr_expect_lt(hidden, visible / 3, "%lu of hidden ones, %lu of visible ones", hidden, visible);
}
