/* SPDX-License-Identifier: MIT */
/** Between data.c (what is shared) and data_kept.c (what outlives this process of the broker). */
#ifndef BROKER_DATA_INTERNAL_H
#define BROKER_DATA_INTERNAL_H

#include "data.h"

struct shared_data {
	uint64_t id, size;
	const struct client *owner; /**< NULL: of the broker before us, its owner has not come back yet */
	uint32_t slot;              /**< with `cookie`, how the owner is known again; while `kept` */
	uint64_t cookie;
	int fd;
	int kept; /**< by the service manager */
	char kind[16];
	TAILQ_ENTRY(shared_data) link;
};

/** Whether these bytes can be shared. @return NULL: they can, *ret_size is written; else what is wrong. */
const char *data_check(int fd, uint64_t *ret_size);

void data_drop(struct shared *shared, struct shared_data *d);

/** Something is new: have it kept, not more than the service manager can bear. */
void data_keep_later(struct broker *broker);
/** It goes: nobody need keep it. */
void data_not_kept(struct shared_data *d);

#endif
