/* SPDX-License-Identifier: MIT */
#include "theater_out_rig.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <spa/param/video/raw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_US 16'667u

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

static uint32_t n_cells(uint32_t width, uint32_t height)
{
	return width / RIG_CELL * (height / RIG_CELL);
}

static struct render_rect cell(uint32_t i, uint32_t width)
{
	const uint32_t across = width / RIG_CELL;

	return (struct render_rect){
		(int32_t)(i % across * RIG_CELL), (int32_t)(i / across * RIG_CELL), RIG_CELL, RIG_CELL};
}

/** A frame's number as a colour; opaque. */
static uint32_t colour(uint32_t n)
{
	return 0xff000000u | (n & 0xffffffu);
}

static void paint_cell(struct rig_show *show, uint32_t i, uint32_t n)
{
	const struct render_rect rect = cell(i, show->width);
	const uint32_t value = colour(n);

	for (int32_t y = rect.y; y < rect.y + rect.h; y++) {
		for (int32_t x = rect.x; x < rect.x + rect.w; x++)
			memcpy(show->pixels + 4 * ((size_t)y * show->width + (size_t)x), &value, 4);
	}
}

void rig_paint(struct rig_show *show, struct render_rect *ret_damage)
{
	const uint32_t i = ++show->n % n_cells(show->width, show->height);

	paint_cell(show, i, show->n);
	*ret_damage = cell(i, show->width);
}

uint32_t rig_read(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t stride)
{
	const uint32_t cells = n_cells(width, height);
	uint32_t newest = 0;

	for (uint32_t i = 0; i < cells; i++) {
		const struct render_rect rect = cell(i, width);
		uint32_t value;

		memcpy(&value, pixels + (size_t)rect.y * stride + 4 * (size_t)rect.x, 4);
		newest = (value & 0xffffffu) > newest ? value & 0xffffffu : newest;
	}
	for (uint32_t i = 0; i < cells; i++) {
		const struct render_rect rect = cell(i, width);
		const uint32_t behind = (newest + cells - i) % cells;
		const uint32_t expected = colour(newest >= behind ? newest - behind : 0);

		for (int32_t y = rect.y; y < rect.y + rect.h; y++) {
			for (int32_t x = rect.x; x < rect.x + rect.w; x++) {
				if (memcmp(pixels + (size_t)y * stride + 4 * (size_t)x, &expected, 4) != 0)
					return 0;
			}
		}
	}
	return newest;
}

static int on_clock(sd_event_source *source, uint64_t usec, void *data)
{
	struct rig *rig = data;

	rig->n_ticks++;
	for (uint32_t i = 0; i < rig->n_shows; i++) {
		struct rig_show *show = &rig->shows[i];
		struct render_rect damage;
		int r;

		if (!show->sink)
			continue;
		rig_paint(show, &damage);
		r = show->sink->ops->submit(show->sink, &(struct sink_frame){
								.rgba = show->pixels,
								.stride = 4 * show->width,
								.width = show->width,
								.height = show->height,
								.damage = &damage,
								.n_damage = 1,
								.sequence = show->n,
								.time_ns = now_ns(),
							});
		show->n_refused += r < 0;
	}
	sd_event_source_set_time(source, usec + PERIOD_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

void rig_start(struct rig *rig)
{
	int r;

	*rig = (struct rig){0};
	r = headless_pw_start(&rig->pw, RIG_QUANTUM, 48000);
	if (r < 0)
		headless_pw_stop(&rig->pw);
	cr_assert_eq(r, 0, "no PipeWire: %s", strerror(-r));
	cr_assert_geq(sd_event_new(&rig->event), 0);
	cr_assert_eq(out_pipewire_start(rig->event, &rig->out), 0);
	cr_assert_geq(
		sd_event_add_time_relative(rig->event, &rig->clock, CLOCK_MONOTONIC, 0, 1000, on_clock, rig),
		0);
}

void rig_open(struct rig *rig, uint32_t n, uint32_t width, uint32_t height)
{
	rig->n_shows = n;
	for (uint32_t i = 0; i < n; i++) {
		struct rig_show *show = &rig->shows[i];
		char name[32];

		*show = (struct rig_show){.width = width, .height = height};
		show->pixels = calloc(width * (size_t)height, 4);
		cr_assert_not_null(show->pixels);
		for (uint32_t k = 0; k < n_cells(width, height); k++)
			paint_cell(show, k, 0);
		snprintf(name, sizeof(name), "mos.test.%u", i);
		cr_assert_eq(
			out_pipewire_open(rig->out, name, "a picture", width, height, 60, &show->sink), 0);
	}
}

void rig_close_all(struct rig *rig)
{
	for (uint32_t i = 0; i < rig->n_shows; i++) {
		if (rig->shows[i].sink)
			rig->shows[i].sink->ops->close(rig->shows[i].sink);
		free(rig->shows[i].pixels);
		rig->shows[i] = (struct rig_show){0};
	}
	rig->n_shows = 0;
}

void rig_stop(struct rig *rig)
{
	rig_close_all(rig);
	out_pipewire_stop(rig->out);
	sd_event_source_disable_unref(rig->clock);
	sd_event_unref(rig->event);
	headless_pw_stop(&rig->pw);
}

bool rig_until(struct rig *rig, bool (*condition)(void *data), void *data)
{
	const int64_t end = now_ns() + HEADLESS_WAIT_MS * 1'000'000ll;

	while (!condition(data)) {
		if (now_ns() > end)
			return false;
		cr_assert_geq(sd_event_run(rig->event, 5000), 0);
	}
	return true;
}

struct exit_of {
	pid_t pid;
	int status;
};

static bool has_ended(void *data)
{
	struct exit_of *child = data;

	return rig_reaped(child->pid, &child->status);
}

size_t rig_dump_count(struct rig *rig, const char *text)
{
	char path[64], line[4096], command[96];
	struct exit_of child = {0};
	size_t n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/count", rig->pw.dir);
	snprintf(command, sizeof(command), "exec pw-dump >%s", path);
	child.pid = rig_spawn((const char *const[]){"sh", "-c", command, NULL});
	/* The loop turns meanwhile: the server waits for its clients. */
	cr_assert(rig_until(rig, has_ended, &child));
	file = fopen(path, "re");
	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

void rig_see(void *data, const struct video_frame *frame)
{
	struct rig_seen *seen = data;
	const uint32_t n = rig_read(frame->pixels, frame->width, frame->height, frame->stride);
	const uint32_t last = seen->last, cells = n_cells(frame->width, frame->height);

	seen->n_torn += n == 0;
	seen->n_backwards += n < last || (seen->n && frame->sequence <= seen->sequence);
	seen->n_jumps += seen->n && frame->sequence != seen->sequence + 1;
	/* What changed since the frame before must lie in the damage that is told; who lost one knows it by
	 * the sequence. */
	for (uint32_t k = last + 1;
		seen->n && frame->sequence == seen->sequence + 1 && k <= n && n - last < cells; k++) {
		const struct render_rect rect = cell(k % cells, frame->width);
		bool told = false;

		for (uint32_t i = 0; i < frame->n_damage; i++) {
			const struct video_area *area = &frame->damage[i];

			told |= area->x <= rect.x && area->y <= rect.y &&
				area->x + (int32_t)area->w >= rect.x + rect.w &&
				area->y + (int32_t)area->h >= rect.y + rect.h;
		}
		seen->n_damage_missed += !told;
	}
	seen->last = n;
	seen->sequence = frame->sequence;
	seen->pts_ns = frame->pts_ns;
	seen->n++;
}

pid_t rig_spawn(const char *const *argv)
{
	const pid_t parent = getpid(), pid = fork();
	int null;

	cr_assert_geq(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(126);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

bool rig_reaped(pid_t pid, int *ret_status)
{
	return waitpid(pid, ret_status, WNOHANG) == pid;
}
