/* SPDX-License-Identifier: MIT */
/* PNG files against libpng's simplified reader, and averages against sums. */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sink.h>

static uint32_t seed = 7;
static uint8_t noise(void)
{
	seed = seed * 1664525 + 1013904223;
	return (uint8_t)(seed >> 24);
}

struct image {
	uint32_t width, height;
	uint8_t *rgba; /**< free() */
};

static struct image read_png(int fd)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	FILE *f = fdopen(dup(fd), "rb");
	cr_assert(png_image_begin_read_from_stdio(&image, f), "%s", image.message);
	image.format = PNG_FORMAT_RGBA;
	struct image read = {image.width, image.height, malloc(PNG_IMAGE_SIZE(image))};
	cr_assert(png_image_finish_read(&image, NULL, read.rgba, 0, NULL), "%s", image.message);
	fclose(f);
	return read;
}

static struct image round_trip(
	const uint8_t *rgba, uint32_t stride, uint32_t width, uint32_t height, uint32_t divisor)
{
	int fd = memfd_create("png", MFD_CLOEXEC);
	cr_assert_eq(out_png_fd(fd, rgba, stride, width, height, divisor), 0);
	struct image read = read_png(fd);
	close(fd);
	return read;
}

Test(png, exact, .description = "THE-01: an opaque picture comes back bit by bit, whatever its stride")
{
	enum { W = 37, H = 23, STRIDE = 192 };
	static uint8_t rgba[H * STRIDE];
	for (unsigned i = 0; i < sizeof rgba; i++)
		rgba[i] = i % 4 == 3 ? 255 : noise();
	struct image read = round_trip(rgba, STRIDE, W, H, 1);
	cr_assert(read.width == W && read.height == H);
	for (unsigned y = 0; y < H; y++)
		cr_assert_arr_eq(read.rgba + (size_t)y * W * 4, rgba + (size_t)y * STRIDE, (size_t)W * 4);
	free(read.rgba);
}

Test(png, straight, .description = "THE-01: premultiplied colours are made straight, opacity is kept")
{
	static const uint8_t rgba[16] = {255, 255, 255, 255, 64, 32, 0, 128, 0, 0, 0, 0, 10, 5, 1, 20};
	static const uint8_t expected[16] = {
		255, 255, 255, 255, 128, 64, 0, 128, 0, 0, 0, 0, 128, 64, 13, 20};
	struct image read = round_trip(rgba, 16, 4, 1, 1);
	cr_assert_arr_eq(read.rgba, expected, sizeof expected);
	free(read.rgba);
}

Test(png, averages,
	.description = "THE-01: a divided picture is the rounded average of each area, also at the edges")
{
	enum { W = 29, H = 17, DIVISOR = 4 };
	static uint8_t rgba[H * W * 4];
	for (unsigned i = 0; i < sizeof rgba; i++)
		rgba[i] = i % 4 == 3 ? 255 : noise();
	struct image read = round_trip(rgba, W * 4, W, H, DIVISOR);
	cr_assert(read.width == 8 && read.height == 5);
	for (uint32_t y = 0; y < read.height; y++)
		for (uint32_t x = 0; x < read.width; x++)
			for (uint32_t c = 0; c < 3; c++) {
				uint32_t sum = 0, n = 0;
				for (uint32_t v = y * DIVISOR; v < H && v < (y + 1) * DIVISOR; v++)
					for (uint32_t u = x * DIVISOR; u < W && u < (x + 1) * DIVISOR;
						u++, n++)
						sum += rgba[((size_t)v * W + u) * 4 + c];
				cr_assert_eq(
					read.rgba[((size_t)y * read.width + x) * 4 + c], (sum + n / 2) / n);
			}
	free(read.rgba);
}

Test(png, refused, .description = "THE-01: a picture that is none is refused, a full disk is told")
{
	static const uint8_t rgba[16] = {1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255, 1, 1, 1, 255};
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_expect_eq(out_png_fd(fd, rgba, 8, 2, 2, 0), -EINVAL);
	cr_expect_eq(out_png_fd(fd, rgba, 8, 2, 2, 65), -EINVAL);
	cr_expect_eq(out_png_fd(fd, rgba, 4, 2, 2, 1), -EINVAL, "rows that do not hold the width");
	cr_expect_eq(out_png_fd(fd, rgba, 8, 2, 2, 1), -ENOSPC); /* as Linux plays a full disk */
	close(fd);
}
