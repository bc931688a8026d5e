/* SPDX-License-Identifier: MIT */
/*
 * A widget that draws as fast as it can beside a theater that takes as fast as it can: by the rules no
 * picture is torn, none comes twice, none goes back. Without Criterion, so that ThreadSanitizer can watch.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <mos/surface.h>

#define CHECK(what)                                                                                          \
	do {                                                                                                 \
		if (!(what)) {                                                                               \
			(void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                     \
			exit(1);                                                                             \
		}                                                                                            \
	} while (0)

#define N_PICTURES 40000u
#define N_SHAPES 48u

static struct mos_region region;
static struct mos_surface surface;
static atomic_bool done;

/* Every record of picture i says i, and picture i has as many as i says. */
static uint32_t n_of(uint32_t i)
{
	return 1 + i % N_SHAPES;
}

static void *widget(void *arg)
{
	struct mos_surface_writer w;

	CHECK(mos_surface_open(region.fd, &w) == 0);
	for (uint32_t i = 1; i <= N_PICTURES; i++) {
		struct mos_shape *shape = mos_surface_begin(&w);

		CHECK(shape);
		for (uint32_t j = 0; j < n_of(i); j++)
			shape[j] = (struct mos_shape){.kind = MOS_SHAPE_BOX, .color = i, .w = 1, .h = 1};
		mos_surface_commit(&w, &(struct mos_surface_slot){.n = n_of(i), .time_ns = i});
		/* Now and then one is waited for, so that both are at it for all of the time. */
		while (i % 64 == 0 && __atomic_load_n(&w.hdr->taken, __ATOMIC_RELAXED) != i)
			(void)sched_yield();
	}
	mos_surface_close(&w);
	atomic_store(&done, true);
	return arg;
}

static uint32_t take_one(uint32_t before)
{
	struct mos_shape copy[N_SHAPES];
	struct mos_surface_frame f;
	int rc = mos_surface_take(&surface, &f);

	CHECK(rc >= 0);
	if (rc == 0)
		return before;
	CHECK(f.time_ns > before && f.n == n_of((uint32_t)f.time_ns));
	CHECK(mos_shapes_copy(copy, f.shape, f.n) == f.n);
	mos_surface_release(&surface);
	for (uint32_t j = 0; j < f.n; j++)
		CHECK(copy[j].color == (uint32_t)f.time_ns);
	return (uint32_t)f.time_ns;
}

int main(void)
{
	uint32_t last = 0, n = 0;
	pthread_t thread;

	CHECK(mos_region_create("test-surface", mos_surface_size(MOS_SURFACE_SHAPES, 0, 0),
		      MOS_SURFACE_ABI_MAJOR, MOS_SURFACE_ABI_MINOR, 1, &region) == 0);
	CHECK(mos_surface_init(&surface, &region, MOS_SURFACE_SHAPES, 0, 0) == 0);
	mos_region_publish(&region, MOS_MAGIC_SURFACE);
	CHECK(pthread_create(&thread, NULL, widget, NULL) == 0);
	while (!atomic_load(&done)) {
		uint32_t now = take_one(last);

		n += now != last;
		last = now;
	}
	CHECK(take_one(last) == N_PICTURES);
	(void)pthread_join(thread, NULL);
	mos_region_finish(&region);
	(void)printf("%u of %u pictures were taken whole\n", n, N_PICTURES);
	return 0;
}
