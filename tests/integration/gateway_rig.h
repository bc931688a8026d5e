/* SPDX-License-Identifier: MIT */
/** kronos.* and apollo.* through the real broker, for tests in one file each: a caller, and what arrives at
 * rtcore. */
#ifndef TESTS_GATEWAY_RIG_H
#define TESTS_GATEWAY_RIG_H

#include <criterion/criterion.h>

#include "broker_rig.h"

static struct rig rig;
static struct caller c;

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
	caller_connect(&c, &rig);
}

static void teardown(void)
{
	caller_finish(&c);
	rig_finish(&rig);
}

TestSuite(gateway, .init = setup, .fini = teardown, .timeout = 60);

/* The newest record of `op`; the answer has come, so it is there. */
static inline struct mos_rtctl_msg newest(uint32_t op)
{
	return rtcore_double_wait(rig.rt, op, rtcore_double_count(rig.rt, op));
}

#define ok(...) cr_assert_eq(caller_call(&c, __VA_ARGS__), 0, "%s: %s", c.error.code, c.error.message)
#define fails(code, where, ...) expect_error(&c, caller_call(&c, __VA_ARGS__), code, where)

#endif
