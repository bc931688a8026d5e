/* SPDX-License-Identifier: MIT */
/*
 * LV2's worker: run() schedules work, a thread does it, its answers are handed over behind a later run().
 * Both ways are rings of one writer and one reader; what finds no room is refused, as the extension allows.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "lv2_fx.h"

#define RING_BYTES 65536u

/** Messages: a word with their size, then their bytes. */
struct ring {
	uint32_t write, read; /* atomic; they only grow */
	uint8_t bytes[RING_BYTES];
};

struct worker {
	struct ring asked, answered;
	LV2_Handle handle;
	const LV2_Worker_Interface *interface;
	pthread_t thread;
	sem_t wake;
	int is_running, stop;
	uint8_t work[RING_BYTES], answer[RING_BYTES];
};

static void put(struct ring *r, uint32_t at, const void *data, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		r->bytes[(at + i) % RING_BYTES] = ((const uint8_t *)data)[i];
}

static void get(const struct ring *r, uint32_t at, void *data, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		((uint8_t *)data)[i] = r->bytes[(at + i) % RING_BYTES];
}

static int push(struct ring *r, const void *data, uint32_t n)
{
	uint32_t w = r->write, used = w - __atomic_load_n(&r->read, __ATOMIC_ACQUIRE);

	if (n > RING_BYTES - sizeof(n) || sizeof(n) + n > RING_BYTES - used)
		return -1;
	put(r, w, &n, sizeof(n));
	put(r, w + sizeof(n), data, n);
	/* release pairs with pop()'s acquire: the message is whole */
	__atomic_store_n(&r->write, w + (uint32_t)sizeof(n) + n, __ATOMIC_RELEASE);
	return 0;
}

static int pop(struct ring *r, void *data, uint32_t *ret_n)
{
	uint32_t at = r->read, n;

	if (at == __atomic_load_n(&r->write, __ATOMIC_ACQUIRE))
		return 0;
	get(r, at, &n, sizeof(n));
	get(r, at + sizeof(n), data, n);
	/* release pairs with push()'s acquire: the room is free */
	__atomic_store_n(&r->read, at + (uint32_t)sizeof(n) + n, __ATOMIC_RELEASE);
	*ret_n = n;
	return 1;
}

static LV2_Worker_Status schedule(LV2_Worker_Schedule_Handle handle, uint32_t size, const void *data)
{
	struct worker *w = handle;

	if (push(&w->asked, data, size) < 0)
		return LV2_WORKER_ERR_NO_SPACE;
	sem_post(&w->wake);
	return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void *data)
{
	struct worker *w = handle;

	return push(&w->answered, data, size) < 0 ? LV2_WORKER_ERR_NO_SPACE : LV2_WORKER_SUCCESS;
}

static void *run(void *data)
{
	struct worker *w = data;
	uint32_t n;

	for (;;) {
		while (sem_wait(&w->wake) < 0)
			;
		if (__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE))
			return NULL;
		while (pop(&w->asked, w->work, &n))
			(void)w->interface->work(w->handle, respond, w, n, w->work);
	}
}

struct worker *worker_create(LV2_Worker_Schedule *ret_feature)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	(void)sem_init(&w->wake, 0, 0);
	*ret_feature = (LV2_Worker_Schedule){.handle = w, .schedule_work = schedule};
	return w;
}

int worker_start(struct worker *w, LV2_Handle handle, const LV2_Worker_Interface *interface)
{
	int r;

	if (!interface || !interface->work)
		return 0;
	w->handle = handle;
	w->interface = interface;
	r = pthread_create(&w->thread, NULL, run, w);
	w->is_running = r == 0;
	return -r;
}

void worker_answers(struct worker *w)
{
	uint32_t n;

	if (!w->is_running)
		return;
	while (pop(&w->answered, w->answer, &n))
		if (w->interface->work_response)
			(void)w->interface->work_response(w->handle, n, w->answer);
	if (w->interface->end_run)
		(void)w->interface->end_run(w->handle);
}

void worker_destroy(struct worker *w)
{
	if (!w)
		return;
	if (w->is_running) {
		__atomic_store_n(&w->stop, 1, __ATOMIC_RELEASE);
		sem_post(&w->wake);
		pthread_join(w->thread, NULL);
	}
	sem_destroy(&w->wake);
	free(w);
}
