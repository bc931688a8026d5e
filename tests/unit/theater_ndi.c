/* SPDX-License-Identifier: MIT */
/* NDI senders against a library of the tests' own. */
#include "fake_ndi.h"
#include "log.h"
#include "sink.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH 32u
#define HEIGHT 16u
#define SIZE (4 * WIDTH * HEIGHT)

static struct out_ndi *out;
static struct fake_ndi *fake;

static void load(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	cr_assert_not_null(handle, "%s", dlerror());
	fake = dlsym(handle, "fake_ndi");
	cr_assert_not_null(fake);
}

static struct sink *open_on(const char *path, const char *name)
{
	struct sink *sink;

	load(path);
	cr_assert_eq(out_ndi_start(path, &out), 0);
	cr_assert_eq(out_ndi_open(out, name, WIDTH, HEIGHT, 60, &sink), 0);
	return sink;
}

static struct fake_ndi_sender *sender(const char *name)
{
	for (int i = 0; i < FAKE_NDI_SENDERS; i++) {
		if (fake->senders[i].is_alive && strcmp(fake->senders[i].name, name) == 0)
			return &fake->senders[i];
	}
	return NULL;
}

static int submit(struct sink *sink, const uint8_t *rgba, uint64_t sequence, const struct render_rect *damage)
{
	return sink->ops->submit(sink, &(struct sink_frame){
					       .rgba = rgba,
					       .stride = 4 * WIDTH,
					       .width = WIDTH,
					       .height = HEIGHT,
					       .damage = damage,
					       .n_damage = damage != NULL,
					       .sequence = sequence,
				       });
}

/** Each alpha with a colour of every size below it; premultiplied. */
static void fill(uint8_t *rgba, uint32_t seed)
{
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint32_t alpha = (i + seed) % 256;

		for (uint32_t c = 0; c < 3; c++)
			rgba[4 * i + c] = (uint8_t)((i * (c + 3) + seed) % (alpha + 1));
		rgba[4 * i + 3] = (uint8_t)alpha;
	}
}

static void check_straight(const struct fake_ndi_sender *got, const uint8_t *rgba)
{
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		const uint8_t alpha = rgba[4 * i + 3];

		cr_expect_eq(got->pixels[4 * i + 3], alpha);
		for (uint32_t c = 0; c < 3 && alpha; c++) {
			const double exact = rgba[4 * i + c] * 255.0 / alpha;

			cr_expect_leq(got->pixels[4 * i + c], exact + 0.5);
			cr_expect_geq(got->pixels[4 * i + c], exact - 0.5);
		}
	}
}

Test(theater_ndi, alpha,
	.description = "THE-11 NDI-06: with a library, frames come as RGBA with straight alpha")
{
	struct sink *sink = open_on(FAKE_NDI, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");
	uint8_t rgba[SIZE];

	cr_assert_not_null(got);
	cr_expect_not(got->clock_video, "our clock rules");
	got->n_connections = 1;
	fill(rgba, 0);
	cr_assert_eq(submit(sink, rgba, 1, NULL), 0);
	cr_assert_eq(got->n_frames, 1);
	cr_expect_eq(got->last.fourcc, NDI_FOURCC_RGBA);
	cr_expect_eq(got->last.width, (int)WIDTH);
	cr_expect_eq(got->last.height, (int)HEIGHT);
	cr_expect_eq(got->last.rate_n, 60 * got->last.rate_d);
	check_straight(got, rgba);
	out_ndi_stop(out);
	cr_expect_eq(fake->n_send_destroy, fake->n_create);
	cr_expect_eq(fake->n_destroy, 1);
}

Test(theater_ndi, two_buffers,
	.description = "THE-11: a buffer that the library has is left alone; each is brought up to date")
{
	struct sink *sink = open_on(FAKE_NDI, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");
	uint8_t rgba[SIZE];

	got->n_connections = 1;
	memset(rgba, 255, sizeof(rgba));
	for (uint32_t n = 1; n < 50; n++) {
		const struct render_rect damage = {(int32_t)(n * 7 % WIDTH), (int32_t)(n * 3 % HEIGHT), 1, 1};

		rgba[4 * ((uint32_t)damage.y * WIDTH + (uint32_t)damage.x)] = (uint8_t)n;
		cr_assert_eq(submit(sink, rgba, n, &damage), 0);
		cr_assert_eq(memcmp(got->pixels, rgba, SIZE), 0, "frame %u", n);
	}
	cr_expect_eq(got->n_frames, 49);
	cr_expect_eq(got->n_overwritten, 0);
	cr_expect_eq(got->n_same_buffer, 0);
	/* Two whole pictures, then what changed: two pixels a frame. */
	cr_expect_leq(sink->n_copied_bytes, 2 * SIZE + 4 * 2 * 49);
	out_ndi_stop(out);
}

Test(theater_ndi, reconnect,
	.description = "NDI-03 THE-11: nobody connected costs nothing; a receiver that comes back finds the "
		       "same sender")
{
	struct sink *sink = open_on(FAKE_NDI, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");
	uint8_t rgba[SIZE];
	uint64_t copied;

	fill(rgba, 1);
	cr_expect_not(sink->ops->wants(sink));
	cr_assert_eq(submit(sink, rgba, 1, NULL), 0);
	cr_expect_eq(got->n_frames, 0);
	cr_expect_eq(sink->n_copied_bytes, 0);

	got->n_connections = 2;
	cr_expect(sink->ops->wants(sink));
	cr_expect_eq(sink->n_consumers, 2);
	cr_assert_eq(submit(sink, rgba, 2, NULL), 0);
	check_straight(got, rgba);

	got->n_connections = 0;
	copied = sink->n_copied_bytes;
	fill(rgba, 2);
	cr_assert_eq(submit(sink, rgba, 3, NULL), 0);
	cr_expect_eq(sink->n_copied_bytes, copied);

	got->n_connections = 1;
	fill(rgba, 3);
	cr_assert_eq(submit(sink, rgba, 4, NULL), 0);
	check_straight(got, rgba);
	cr_expect_eq(fake->n_create, 1);
	out_ndi_stop(out);
}

Test(theater_ndi, hidden,
	.description =
		"THE-09 NDI-02 NDI-09: hidden, nothing is sent but the one picture that a new receiver lacks")
{
	struct sink *sink = open_on(FAKE_NDI, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");
	uint8_t rgba[SIZE];

	fill(rgba, 1);
	got->n_connections = 1;
	cr_assert_eq(submit(sink, rgba, 1, NULL), 0);
	sink->ops->hide(sink, 1);
	cr_expect_not(sink->ops->wants(sink));
	cr_assert_eq(submit(sink, rgba, 2, NULL), 0);
	cr_expect_eq(got->n_frames, 1);
	got->n_connections = 2;
	cr_expect(sink->ops->wants(sink));
	cr_assert_eq(submit(sink, rgba, 3, NULL), 0);
	cr_expect_eq(got->n_frames, 2);
	cr_expect_not(sink->ops->wants(sink));
	sink->ops->hide(sink, 0);
	cr_expect(sink->ops->wants(sink));
	out_ndi_stop(out);
}

Test(theater_ndi, tally, .description = "THE-11: who is on the air is told")
{
	struct sink *sink = open_on(FAKE_NDI, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");

	sink->ops->wants(sink);
	cr_expect_not(sink->is_on_air);
	got->tally = (struct ndi_tally){.on_preview = true};
	sink->ops->wants(sink);
	cr_expect_not(sink->is_on_air);
	got->tally = (struct ndi_tally){.on_program = true};
	sink->ops->wants(sink);
	cr_expect(sink->is_on_air);
	out_ndi_stop(out);
}

Test(theater_ndi, table, .description = "THE-11: a library that exports only its table is as good")
{
	struct sink *sink = open_on(FAKE_NDI_TABLE, "MOS tuner");
	struct fake_ndi_sender *got = sender("MOS tuner");
	uint8_t rgba[SIZE];

	cr_assert_not_null(got);
	got->n_connections = 1;
	fill(rgba, 0);
	cr_assert_eq(submit(sink, rgba, 1, NULL), 0);
	check_straight(got, rgba);
	out_ndi_stop(out);
	cr_expect_eq(fake->n_destroy, 1);
}

Test(theater_ndi, found_by_variable,
	.description = "THE-11: the runtime's folder is taken from NDI_RUNTIME_DIR_V6")
{
	load(FAKE_NDI);
	setenv("NDI_RUNTIME_DIR_V6", FAKE_NDI_DIR, 1);
	cr_assert_eq(out_ndi_start(NULL, &out), 0);
	cr_expect_eq(fake->n_initialize, 1);
	out_ndi_stop(out);
}

Test(theater_ndi, old_names, .description = "NDI-07: the original's names and sizes are offered beside ours")
{
	static const struct {
		const char *widget, *name;
		int width, height;
	} table[] = {{"piano", "MINDSONG-Piano", 1920, 400}, {"fretboard", "MINDSONG-Fretboard", 1920, 600},
		{"braid", "MINDSONG-Braid", 800, 800}, {"circle-of-fifths", "MINDSONG-COF", 800, 800},
		{"tempo-geometry", "MINDSONG-TempoGeometry", 800, 800},
		{"harmonic-profile", "MINDSONG-HarmonicProfile", 1200, 400},
		{"score-tab", "MINDSONG-ScoreTab", 1920, 600}, {"metronome", "MINDSONG-Metronome", 400, 400}};
	uint8_t rgba[SIZE];

	load(FAKE_NDI);
	cr_assert_eq(out_ndi_start(FAKE_NDI, &out), 0);
	memset(rgba, 255, sizeof(rgba));
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct fake_ndi_sender *ours, *theirs;
		struct sink *sink;
		char name[64];
		size_t inked = 0;

		snprintf(name, sizeof(name), "MOS %s", table[i].widget);
		cr_assert_eq(out_ndi_open(out, name, WIDTH, HEIGHT, 60, &sink), 0);
		ours = sender(name);
		theirs = sender(table[i].name);
		cr_assert_not_null(ours);
		cr_assert_not_null(theirs, "%s", table[i].name);
		theirs->n_connections = 1;
		cr_assert_eq(submit(sink, rgba, 1, NULL), 0);
		cr_expect_eq(ours->n_frames, 0, "nobody looks at ours");
		cr_assert_eq(theirs->n_frames, 1);
		cr_expect_eq(theirs->last.width, table[i].width);
		cr_expect_eq(theirs->last.height, table[i].height);
		/* The picture is twice as wide as high and keeps its shape: what is left is transparent. */
		for (size_t k = 0; k < (size_t)table[i].width * (size_t)table[i].height; k++)
			inked += theirs->pixels[4 * k + 3] == 255;
		if (table[i].width > 2 * table[i].height)
			cr_expect_eq(inked, 2 * (size_t)table[i].height * (size_t)table[i].height);
		else
			cr_expect_eq(inked, (size_t)table[i].width * (size_t)table[i].width / 2);
		sink->ops->close(sink);
		cr_expect_null(sender(table[i].name));
	}
	out_ndi_stop(out);
}

static int silenced(void)
{
	const int fd = memfd_create("log", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	fflush(stderr);
	cr_assert_geq(dup2(fd, STDERR_FILENO), 0);
	return fd;
}

static size_t n_lines(int fd)
{
	char text[4096];
	const ssize_t n = pread(fd, text, sizeof(text), 0);
	size_t lines = 0;

	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

Test(theater_ndi, absent, .description = "NDI-08 THE-11: without the runtime there is one line in the log")
{
	const int log = silenced();

	unsetenv("NDI_RUNTIME_DIR_V6");
	unsetenv("NDI_RUNTIME_DIR_V5");
	log_open("test", LOG_INFO);
	for (int i = 0; i < 5; i++)
		cr_expect_eq(out_ndi_start("/nowhere/libndi.so.6", &out), -ENOENT);
	cr_expect_eq(n_lines(log), 1);
}

Test(theater_ndi, wrong_cpu,
	.description = "NDI-08 THE-11: a runtime that does not run here is refused and said once")
{
	const int log = silenced();

	log_open("test", LOG_INFO);
	load(FAKE_NDI);
	fake->refuses = true;
	cr_expect_eq(out_ndi_start(FAKE_NDI, &out), -ENOTSUP);
	cr_expect_eq(out_ndi_start(FAKE_NDI, &out), -ENOTSUP);
	cr_expect_eq(n_lines(log), 1);
}

Test(theater_ndi, foreign_library, .description = "THE-11: a library that is no NDI is refused")
{
	silenced();
	cr_expect_eq(out_ndi_start("libm.so.6", &out), -ENOTSUP);
}
