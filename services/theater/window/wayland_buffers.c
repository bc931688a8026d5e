/* SPDX-License-Identifier: MIT */
/* Pictures in memory that the compositor reads. Each remembers what it lacks; only that is scaled into it. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wayland_priv.h"

static void on_release(void *data, struct wl_buffer *buffer)
{
	((struct window_buffer *)data)->is_busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = on_release};

void window_buffers_free(struct window *window)
{
	for (uint32_t i = 0; i < WINDOW_N_BUFFERS; i++) {
		if (window->buffers[i].buffer)
			wl_buffer_destroy(window->buffers[i].buffer);
		window->buffers[i] = (struct window_buffer){0};
	}
	if (window->pool)
		munmap(window->pool, window->pool_size);
	window->pool = NULL;
	window->seen = 0;
}

int window_buffers_make(struct window *window)
{
	const uint32_t width = window->width * window->scale, height = window->height * window->scale;
	const size_t size = 4 * (size_t)width * height;
	struct wl_shm_pool *pool;
	void *at;
	int fd;

	window_buffers_free(window);
	if (width > WINDOW_MAX_SIZE || height > WINDOW_MAX_SIZE || size * WINDOW_N_BUFFERS > INT32_MAX)
		return -EINVAL;
	fd = memfd_create("mos-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)(size * WINDOW_N_BUFFERS)) < 0)
		goto fail;
	at = mmap(NULL, size * WINDOW_N_BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		goto fail;
	window->pool = at;
	window->pool_size = size * WINDOW_N_BUFFERS;
	window->fit = copy_fit(window->canvas_width, window->canvas_height, width, height);
	pool = wl_shm_create_pool(window->shm, fd, (int32_t)window->pool_size);
	close(fd);
	for (uint32_t i = 0; i < WINDOW_N_BUFFERS; i++) {
		struct window_buffer *buffer = &window->buffers[i];

		buffer->pixels = (uint8_t *)at + i * size;
		buffer->buffer = wl_shm_pool_create_buffer(pool, (int32_t)(i * size), (int32_t)width,
			(int32_t)height, (int32_t)(4 * width), WL_SHM_FORMAT_XRGB8888);
		wl_buffer_add_listener(buffer->buffer, &buffer_listener, buffer);
		damage_all(&buffer->lacks, window->canvas_width, window->canvas_height);
	}
	wl_shm_pool_destroy(pool);
	return 0;
fail:;
	const int r = -errno;
	close(fd);
	return r;
}

static void on_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	struct window *window = data;

	wl_callback_destroy(callback);
	window->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {.done = on_frame};

static void damage(struct window *window, const struct render_rect *rect)
{
	wl_surface_damage_buffer(window->surface, rect->x, rect->y, rect->w, rect->h);
}

int window_buffers_show(struct window *window, const struct sink_frame *frame)
{
	const uint32_t stride = 4 * window->fit.width;
	struct window_buffer *buffer = NULL;
	struct damage changed = {0};

	damage_add_frame(&changed, frame, window->seen);
	for (uint32_t i = 0; i < WINDOW_N_BUFFERS; i++) {
		damage_add_frame(&window->buffers[i].lacks, frame, window->seen);
		if (!window->buffers[i].is_busy)
			buffer = &window->buffers[i];
	}
	if (!buffer) {
		/* What it lacks is kept; what the surface lacks would not be. */
		window->seen = 0;
		return -EAGAIN;
	}
	for (uint32_t i = 0; i < buffer->lacks.n; i++) {
		const struct render_rect rect = copy_fit_rect(&window->fit, &buffer->lacks.rects[i]);

		copy_scaled(
			&window->fit, buffer->pixels, stride, frame->rgba, frame->stride, &rect, COPY_BGRX);
		window->sink.n_copied_bytes += 4 * (uint64_t)rect.w * (uint64_t)rect.h;
	}
	buffer->lacks.n = 0;
	if (!window->seen) {
		damage(window,
			&(struct render_rect){0, 0, (int32_t)window->fit.width, (int32_t)window->fit.height});
	} else {
		for (uint32_t i = 0; i < changed.n; i++) {
			const struct render_rect rect = copy_fit_rect(&window->fit, &changed.rects[i]);

			damage(window, &rect);
		}
	}
	window->seen = frame->sequence;
	buffer->is_busy = true;
	wl_surface_attach(window->surface, buffer->buffer, 0, 0);
	window->frame = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame, &frame_listener, window);
	wl_surface_commit(window->surface);
	return 0;
}
