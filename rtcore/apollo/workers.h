/* SPDX-License-Identifier: MIT */
/**
 * A second thread for what the audio thread has to do. Work comes as a job: units that touch nothing of each other,
 * fixed before any of them begins. Both threads take one unit after the other, one from the front and one from the back, so
 * whoever is held up does less, and which of them did a unit is not to be heard.
 *
 * The audio thread does not wait for a thread that may not run: units that nobody has begun it does itself. For the one
 * that the worker is at it spins, but not beyond its patience; then that unit is late, and belongs to the worker until
 * workers_is_late() says 0. Until then the audio thread does everything itself.
 */
#ifndef APOLLO_WORKERS_H
#define APOLLO_WORKERS_H

#include <stdint.h>
#include <mos/attr.h>

#define WORKERS_MAX 2u   /**< threads, the audio thread among them */
#define WORKERS_UNITS 64u /**< of a job, at most */

struct workers;

/** Do unit number `unit`. @param worker  0: the audio thread, 1: the other one. */
typedef void (*workers_unit_fn)(void *data, uint32_t unit, uint32_t worker) MOS_RT;

struct workers_options {
	int priority; /**< SCHED_FIFO; 0: an ordinary thread. Beyond the limit of the system: as high as that goes */
	int is_live;  /**< 0: offline: a unit is waited for as long as it takes */
};

/** Control thread. @return 0, -ENOMEM, -EMFILE, -EAGAIN; -EPERM: the thread may not have any priority. */
int workers_create(const struct workers_options *o, struct workers **ret);
/** No job may be under way. */
void workers_destroy(struct workers *w);
/** Audio thread: how long a unit is waited for, from now on. */
void workers_set_patience(struct workers *w, int64_t ns) MOS_RT;
/**
 * Audio thread, before a job: may it be begun? 0: a unit is still late, or the worker was of no use lately, where other
 * programs want its processor, or where jobs are too short for its waking up: then it is left out of the next ones.
 */
int workers_are_free(struct workers *w) MOS_RT;
/**
 * Audio thread, when they are free: do all units, in any order. `data` is the worker's, too, while a unit is late.
 * @param ret_job  Its number, for workers_is_late().
 * @return the number of the unit that is late, WORKERS_UNITS: none.
 */
uint32_t workers_run(
	struct workers *w, workers_unit_fn unit, void *data, uint32_t n_units, uint32_t *ret_job) MOS_RT;
/** Any thread: is the worker still at a unit of that job? What it wrote can be read after a 0. */
int workers_is_late(const struct workers *w, uint32_t job) MOS_RT;
/** Any thread that may block: until it is not. */
void workers_await(const struct workers *w, uint32_t job);

struct workers_figures {
	uint64_t units; /**< that the second thread did */
	uint64_t late;
};
void workers_figures(const struct workers *w, struct workers_figures *ret) MOS_RT;

#endif
