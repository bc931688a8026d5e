/* SPDX-License-Identifier: MIT */
/**
 * A disk for SQLite that fails on demand: files in memory, which know what of them is written and what is
 * synced. The n-th operation that changes something can fail, once or with all after it, and the power can be
 * cut. One at a time.
 */
#ifndef TEST_DISK_VFS_H
#define TEST_DISK_VFS_H

#include <stdint.h>

enum disk_fault {
	DISK_SOUND,
	DISK_FULL_ONCE,   /**< SQLITE_FULL */
	DISK_ERROR_ONCE,  /**< SQLITE_IOERR; of a write, half of it is done */
	DISK_FULL_FROM,   /**< and all after it */
	DISK_KILLED_FROM, /**< all from there on fail, and change nothing: the process was killed there */
	DISK_N_FAULTS,
};

/** Register it as "disk", empty. */
void disk_init(void);
/** Operations are counted from now on; the `at`-th (from 1) fails. */
void disk_arm(enum disk_fault fault, unsigned at);
/** Sound again. @return operations since disk_arm(). */
unsigned disk_disarm(void);
/** The power goes: of what was not synced, each sector is kept or lost, as `random` has it. */
void disk_power_cut(uint64_t random);
/** Turn one bit of the file whose name ends so. @return 0, -ENOENT. */
int disk_damage(const char *ending, uint64_t byte);
uint64_t disk_size(const char *ending);

#endif
