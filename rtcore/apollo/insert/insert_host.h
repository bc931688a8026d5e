/* SPDX-License-Identifier: MIT */
/**
 * Control's side of the inserts: one mos-fxhost for each, started, watched, started again when it dies, told
 * its controls. Control thread only, but for insert_bell_ring() (bus thread). Nothing here waits for a
 * process, but inserts_settle(), inserts_state_save() and inserts_state_restore().
 *
 * An insert that is asked for starts its process; when that is ready, `swap` is called with the audio
 * thread's end, and when it is in force inserts_swapped() takes what the audio thread gave back. A process
 * that dies leaves the audio thread's end where it is (it plays dry), the next one brings an end of its own
 * through `swap`.
 */
#ifndef INSERT_HOST_H
#define INSERT_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <mos/rtctl.h>

#include "insert.h"

#define INSERTS_MAX 64u /**< in all strips together */

struct inserts;

enum inserts_news {
	INSERTS_READY,    /**< asked for and in force */
	INSERTS_FAILED,   /**< asked for and refused: `status`, `text` */
	INSERTS_REMOVED,  /**< asked to go and gone */
	INSERTS_BYPASSED, /**< it was late again and again, or brought no sound: heard without it */
	INSERTS_BACK,     /**< heard again */
	INSERTS_DIED,     /**< its process; another one will be started */
	INSERTS_GAVE_UP,  /**< died too often; it stays bypassed until it is asked for again */
};

/** A control of an insert. */
struct insert_control {
	char symbol[64];
	float min, max, initial, value;
	uint8_t is_set; /**< since it was put in, or since the state that was restored last was asked for */
};

struct inserts_config {
	uint32_t rate_hz;
	uint32_t quantum;         /**< frames of a cycle; 0: not known yet */
	const char *program;      /**< mos-fxhost; NULL: the one that belongs to this program */
	struct insert_bell *bell; /**< NULL: nobody rings, processes look by themselves now and then */
	/**
	 * Have the audio thread call insert_swap() on the slot; `next` NULL takes it out. @return 0; -EAGAIN:
	 * it is called again.
	 */
	int (*swap)(void *data, uint32_t strip, uint32_t slot, struct insert *next);
	/**
	 * Something about an insert is new: it is in force, or failed (status < 0, it is not listed any
	 * more), or was bypassed, came back, died. @param text  A sentence, with the insert's name.
	 */
	void (*told)(void *data, uint32_t strip, uint32_t slot, enum inserts_news news, int status,
		const char *text);
	/** What inserts_state_ask() asked for is done. @param text  The state; NULL when status < 0. */
	void (*state_told)(void *data, uint32_t strip, uint32_t slot, int status, const char *text);
	void *data;
};

struct insert_bell *insert_bell_create(void);
void insert_bell_destroy(struct insert_bell *b);
/** Wake the processes. Any thread; at most one system call each, which does not block. */
void insert_bell_ring(struct insert_bell *b);

/** @return 0; -ENOMEM, -errno. */
int inserts_create(const struct inserts_config *config, struct inserts **ret);
/** Ends all processes; the audio thread must have no insert any more. */
void inserts_destroy(struct inserts *in);
/** Readable when inserts_dispatch() has something to do. */
int inserts_fd(const struct inserts *in);
void inserts_dispatch(struct inserts *in);

/**
 * Put an insert into (strip, slot), in place of what is there; kind MOS_INSERT_NONE takes it out. `told` says
 * what became of it: INSERTS_READY, INSERTS_FAILED or INSERTS_REMOVED, once for each call that returned 0.
 * One that is overtaken by another for the same slot fails with -ECANCELED.
 *
 * @param strip      0..63, UINT32_MAX: master.
 * @param what       URI of an LV2 plugin, or path of a .nam file.
 * @param ret_error  One sentence on failure.
 * @return 0; -EINVAL, -ENOSPC, -ENOENT (no mos-fxhost), -errno.
 */
int inserts_set(struct inserts *in, uint32_t strip, uint32_t slot, uint32_t kind, const char *what,
	char *ret_error, size_t error_size);
/** Set a control by its symbol, or MOS_INSERT_BYPASS. @return 0; -ENOENT no such insert or symbol, -ERANGE; ret_error says the
 * range. */
int inserts_control(struct inserts *in, uint32_t strip, uint32_t slot, const char *symbol, float value,
	char *ret_error, size_t error_size);
/** The audio thread has done what `swap` asked for, and gave this back (NULL: the slot was empty). */
void inserts_swapped(struct inserts *in, uint32_t strip, uint32_t slot, struct insert *old);
/** The cycle has another length now. */
void inserts_quantum(struct inserts *in, uint32_t frames);
/** @return how many there are; at most `max` are written. */
uint32_t inserts_list(const struct inserts *in, struct mos_rtctl_insert *ret, uint32_t max);
/** Controls of an insert; the text is theirs until the next call. @return how many; 0: none or no insert. */
uint32_t inserts_controls(
	const struct inserts *in, uint32_t strip, uint32_t slot, struct insert_control *ret, uint32_t max);

/**
 * Ask for the insert's state as text (LV2: Turtle; NAM: none), or with `text` put one in force; a process that is
 * started again gets that, too. `state_told` says what came of it, within some seconds: -ENOTSUP it has none, -EINVAL
 * it is none of its, -ETIMEDOUT, -EPIPE the process ended.
 * @return 0: it will be told; -ENOENT no insert, -EBUSY the last one is under way, -EPIPE, -EFBIG, -ENOMEM.
 */
int inserts_state_ask(struct inserts *in, uint32_t strip, uint32_t slot, const char *text);
/** The same, and wait for it. @param ret  To be freed. @return 0, or what would be told. */
int inserts_state_save(struct inserts *in, uint32_t strip, uint32_t slot, char **ret);
int inserts_state_restore(struct inserts *in, uint32_t strip, uint32_t slot, const char *text);

/**
 * Offline: wait until everything that was handed over came back, so that a render is exact. To be called
 * between cycles of at most INSERT_PERIOD..256 frames. @return 0; -ETIMEDOUT: an insert did not answer for 10
 * s.
 */
int inserts_settle(struct inserts *in);

#endif
