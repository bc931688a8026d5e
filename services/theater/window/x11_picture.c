/* SPDX-License-Identifier: MIT */
/* One picture in memory that the X server reads (MIT-SHM). It is changed only when the server has read it. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "x11_priv.h"

void x11_picture_free(struct x11 *x11)
{
	if (x11->segment)
		xcb_shm_detach(x11->connection, x11->segment);
	if (x11->pixels)
		munmap(x11->pixels, x11->size);
	x11->segment = 0;
	x11->pixels = NULL;
	x11->seen = 0;
}

int x11_picture_make(struct x11 *x11)
{
	const size_t size = 4 * (size_t)x11->width * x11->height;
	void *at;
	int fd, r;

	x11_picture_free(x11);
	if (x11->width > X11_MAX_SIZE || x11->height > X11_MAX_SIZE)
		return -EINVAL;
	fd = memfd_create("mos-window", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	at = ftruncate(fd, (off_t)size) < 0 ? MAP_FAILED
					    : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		r = -errno;
		close(fd);
		return r;
	}
	x11->pixels = at;
	x11->size = size;
	x11->segment = xcb_generate_id(x11->connection);
	/* The descriptor is the connection's from here on. */
	xcb_shm_attach_fd(x11->connection, x11->segment, fd, 1);
	x11->fit = copy_fit(x11->canvas_width, x11->canvas_height, x11->width, x11->height);
	damage_all(&x11->lacks, x11->canvas_width, x11->canvas_height);
	return 0;
}

static void put(struct x11 *x11, const struct render_rect *rect)
{
	if (rect->w <= 0 || rect->h <= 0)
		return;
	xcb_shm_put_image(x11->connection, x11->window, x11->gc, (uint16_t)x11->width, (uint16_t)x11->height,
		(uint16_t)rect->x, (uint16_t)rect->y, (uint16_t)rect->w, (uint16_t)rect->h, (int16_t)rect->x,
		(int16_t)rect->y, x11->screen->root_depth, XCB_IMAGE_FORMAT_Z_PIXMAP, 1, x11->segment, 0);
	x11->n_unread++;
}

void x11_picture_repeat(struct x11 *x11)
{
	const struct render_rect all = {0, 0, (int32_t)x11->width, (int32_t)x11->height};

	x11->is_exposed = false;
	put(x11, &all);
}

void x11_picture_show(struct x11 *x11, const struct sink_frame *frame)
{
	const bool all = !x11->seen || x11->is_exposed;

	damage_add_frame(&x11->lacks, frame, x11->seen);
	for (uint32_t i = 0; i < x11->lacks.n; i++) {
		const struct render_rect rect = copy_fit_rect(&x11->fit, &x11->lacks.rects[i]);

		copy_scaled(
			&x11->fit, x11->pixels, 4 * x11->width, frame->rgba, frame->stride, &rect, COPY_BGRX);
		x11->sink.n_copied_bytes += 4 * (uint64_t)rect.w * (uint64_t)rect.h;
		if (!all)
			put(x11, &rect);
	}
	x11->lacks.n = 0;
	x11->seen = frame->sequence;
	if (all)
		x11_picture_repeat(x11);
}
