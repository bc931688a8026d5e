/* SPDX-License-Identifier: MIT */
/*
 * Picture and sound (THR-15, WGT-11): a wood block on every beat, heard at the sink; the beat grid's flash,
 * seen by a consumer of the small landscape node. Each frame says when it is meant to be seen, each block of
 * sound when it is heard; what is between a beat's two is the figure.
 *
 * Good: within one frame of 60 a second.
 */
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/control.h>

#include "bench.h"
#include "capture.h"
#include "video_consumer.h"
#include "video_flash.h"

#define NODE "mos.canvas.landscape.small"
#define SINK "mos-null"
#define RATE 48000u
#define SECONDS 24
#define BEATS_MAX 128
#define FRAME_MS (1000.0 / 60)

static int fail(struct mos_client *c, const char *what)
{
	fprintf(stderr, "theater_sync: %s: %s\n", what, mos_client_error(c)->message);
	return 1;
}

/* Four wood blocks a measure, thirty-two measures, as NVX1; at a tempo whose beats fall anywhere between
 * frames. */
static int load_beats(struct mos_client *c)
{
	const int fd = memfd_create("beats", MFD_CLOEXEC);
	const struct mos_field name[] = {mos_str("name", "beats.nvx1")};
	const struct mos_request load = {.method = "hermes.score.load",
		.args = name,
		.n_args = 1,
		.fds = &fd,
		.n_fds = 1,
		.timeout_ms = 30000};
	int rc;

	dprintf(fd, "{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"Beats\",\"key\":\"C "
		    "major\",\"tempo\":97},\"measures\":[{}");
	for (int i = 1; i < 32; i++)
		dprintf(fd, ",{}");
	dprintf(fd, "],\"parts\":[{\"id\":\"p1\",\"name\":\"Block\",\"role\":\"drums\",\"notes\":[");
	for (int i = 0; i < 128; i++)
		dprintf(fd, "%s{\"tick\":%d,\"durationTicks\":120,\"pitch\":76,\"velocity\":127}",
			i ? "," : "", i * 960);
	dprintf(fd, "]}],\"layers\":[]}");
	rc = mos_call_request(c, &load, NULL);
	(void)close(fd);
	return rc < 0 ? fail(c, "the score") : 0;
}

/* Where the beat grid is on the small canvas. */
static int find_grid(struct mos_client *c, struct video_area *ret)
{
	struct mos_reply reply;
	int64_t width;

	if (mos_call(c, "theater.scene.get", MOS_NO_ARGS, &reply) < 0)
		return fail(c, "the scene");
	const struct mos_value *places = mos_get(&reply.value, "places");
	width = mos_get_int(&reply.value, "width", 0);
	for (uint32_t i = 0; places && i < places->len; i++) {
		const struct mos_value *p = &places->u.items[i];
		const int64_t divisor = width / 1920 > 0 ? width / 1920 : 1;

		if (strcmp(mos_get_str(p, "id", ""), "beat-grid") != 0)
			continue;
		*ret = (struct video_area){(uint32_t)(mos_get_int(p, "x", 0) / divisor),
			(uint32_t)(mos_get_int(p, "y", 0) / divisor),
			(uint32_t)(mos_get_int(p, "width", 0) / divisor),
			(uint32_t)(mos_get_int(p, "height", 0) / divisor)};
		mos_reply_finish(&reply);
		return 0;
	}
	mos_reply_finish(&reply);
	fprintf(stderr, "theater_sync: the scene has no beat grid\n");
	return 1;
}

static size_t compare(const struct capture *capture, const struct video_flash *flash, double *apart_ms)
{
	const float *left = capture_channel(capture, 0);
	uint32_t n_blocks, quiet = 0;
	const struct capture_block *blocks = capture_blocks(capture, &n_blocks);
	size_t n = 0;

	for (uint32_t b = 0; b < n_blocks; b++)
		for (uint32_t i = 0; i < blocks[b].n_frames; i++) {
			const int is_loud = fabsf(left[blocks[b].frame + i]) > 0.03f;
			const int64_t heard = blocks[b].time_ns + i * INT64_C(1000000000) / RATE;
			const int64_t seen = video_flash_nearest_ns(flash, heard);

			if (is_loud && quiet > RATE / 4 && n < BEATS_MAX && llabs(seen - heard) < 250000000)
				apart_ms[n++] = (double)(seen - heard) / 1e6;
			quiet = is_loud ? 0 : quiet + 1;
		}
	return n;
}

int main(void)
{
	const struct mos_client_options options = {.name = "bench-theater-sync", .timeout_ms = 10000};
	struct video_flash *flash;
	struct capture *capture;
	struct video_area area;
	struct mos_client *c;
	struct mos_error error;
	double apart[BEATS_MAX], size[BEATS_MAX];
	size_t n;

	if (mos_client_create(&options, &c, &error) < 0) {
		fprintf(stderr, "theater_sync: %s\n", error.message);
		return 1;
	}
	if (load_beats(c) != 0 ||
		mos_call(c, "broker.widget.start", MOS_ARGS(mos_str("id", "beat-grid")), NULL) < 0 ||
		find_grid(c, &area) != 0)
		return fail(c, "the stage");
	if (capture_start(SINK, RATE, (uint64_t)RATE * (SECONDS + 20), &capture) < 0 ||
		!capture_wait(capture, 1) || video_flash_start(NODE, &area, 3, &flash) < 0) {
		fprintf(stderr, "theater_sync: nothing to hear or to see\n");
		return 1;
	}
	for (int i = 0; i < 300 && video_flash_frames(flash) < 30; i++)
		(void)usleep(100000);
	if (mos_transport_play(c, 0) < 0)
		return fail(c, "play");
	(void)sleep(SECONDS);
	n = compare(capture, flash, apart);
	video_flash_stop(flash);
	capture_stop(capture);
	mos_client_destroy(c);
	if (n < 10) {
		fprintf(stderr, "theater_sync: only %zu beats were heard and seen\n", n);
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		size[i] = fabs(apart[i]);
	bench_sort(apart, n);
	bench_sort(size, n);
	bench_print("theater.flash_after_click.p50", bench_at(apart, n, 0.5), "ms", "a frame", FRAME_MS);
	bench_print("theater.flash_to_click.p90", bench_at(size, n, 0.9), "ms", "a frame", FRAME_MS);
	return 0;
}
