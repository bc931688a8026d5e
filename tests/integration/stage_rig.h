/* SPDX-License-Identifier: MIT */
/** Helpers of the whole-system tests of widgets. Each fails the test by itself where it says nothing else. */
#ifndef TESTS_STAGE_RIG_H
#define TESTS_STAGE_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mos/control.h>

/** Install the folder, replacing what a test before left. */
void stage_install(struct mos_client *c, const char *folder);
/** Set one setting. */
void stage_set(struct mos_client *c, const char *id, struct mos_field value);
/** A method that takes the id only. @return as mos_call(). */
int stage_call(struct mos_client *c, const char *method, const char *id);
/** One number out of broker.widget.get. */
int64_t stage_number(struct mos_client *c, const char *id, const char *path);
/** Wait until its state is this one; false when it is not within SYSTEM_WAIT_MS. */
bool stage_wait_state(struct mos_client *c, const char *id, const char *state);
/** The last lines of its log. */
void stage_log(struct mos_client *c, const char *id, char *ret, size_t size);
/** Wait until a counter has fallen to `most`. */
bool stage_wait_counter(struct mos_client *c, const char *name, uint64_t most);
/** Wait until no process of that program is left in this session. */
bool stage_none_left(const char *program);

#endif
