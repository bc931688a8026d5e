/* SPDX-License-Identifier: MIT */
/* chord-detector: names what is played, heard and written. */
#include <time.h>

#include "app.h"

int64_t app_time_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	static struct app app;

	return mos_widget_main(&app_ops, &app, argc, argv);
}
