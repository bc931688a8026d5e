/* SPDX-License-Identifier: MIT */
/* When the service manager is told that rtcore is alive, and when it is not. */
#include <criterion/criterion.h>

#include "../../rtcore/watchdog.h"

#define MS INT64_C(1'000'000)
#define LOOK (250 * MS)

static int64_t now_ns;

static int look_for(struct watchdog *w, int64_t time_ns, int inside, uint64_t serves, uint64_t step)
{
	int alive = 1;

	for (int64_t end_ns = now_ns + time_ns; now_ns < end_ns; now_ns += LOOK, serves += step)
		alive = watchdog_look(w, inside, serves, now_ns);
	return alive;
}

static void set_up(void)
{
	now_ns = 71'000'000 * MS;
}

TestSuite(watchdog, .init = set_up);

Test(watchdog, hung,
	.description = "a cycle that never ends: told no more after three seconds, and again when it ended")
{
	struct watchdog w = {0};

	cr_expect(look_for(&w, 10'000 * MS, 1, 1, 47),
		"cycles that go on, even if one is under way at each look");
	cr_expect(look_for(&w, 2'500 * MS, 1, 99'999, 0), "not yet");
	cr_expect_not(look_for(&w, 1'000 * MS, 1, 99'999, 0), "the same one for more than three seconds");
	cr_expect(look_for(&w, LOOK, 0, 99'999, 0), "it has ended");
	cr_expect(look_for(&w, LOOK, 1, 100'000, 0), "the next one has just begun");
}

Test(watchdog, idle, .description = "no cycle at all, however long, is no fault: there is no sink")
{
	struct watchdog w = {0};

	cr_expect(look_for(&w, 60'000 * MS, 0, 7, 0));
	cr_expect(look_for(&w, 60'000 * MS, 0, 7, 0));
}

Test(watchdog, stopped,
	.description = "the whole process stood still within a cycle: alive as soon as it goes on")
{
	struct watchdog w = {0};

	cr_expect(look_for(&w, 1'000 * MS, 1, 10, 47));
	now_ns += 60'000 * MS;
	(void)look_for(&w, LOOK, 1, 198, 0);
	cr_expect(look_for(&w, LOOK, 1, 199, 0));
}
