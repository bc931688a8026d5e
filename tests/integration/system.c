/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct mos_client *system_connect(const char *name)
{
	struct mos_client *c = NULL;
	struct mos_error err = {0};
	int r = mos_client_create(
		&(struct mos_client_options){
			.name = name, .wait_ms = SYSTEM_WAIT_MS, .timeout_ms = SYSTEM_WAIT_MS},
		&c, &err);

	cr_assert_eq(r, 0, "cannot connect: %s (%s)", err.message, err.hint);
	return c;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool system_wait(bool (*ready)(void *data), void *data)
{
	int64_t end = now_ms() + SYSTEM_WAIT_MS;

	while (!ready(data)) {
		if (now_ms() > end)
			return false;
		usleep(2000); /* between two looks at a condition */
	}
	return true;
}

static bool driver_up(void *data)
{
	struct mos_now now;

	return mos_clock_now(data, &now) == 0 && now.clock.flags & MOS_CLOCK_DRIVER_UP;
}

void system_wait_playable(struct mos_client *c)
{
	cr_assert_eq(
		mos_call(c, "apollo.engine.init", MOS_NO_ARGS, NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert(system_wait(driver_up, c), "no cycles come");
}

static pid_t status_pid(struct mos_client *c, const char *method, const char *path)
{
	struct mos_reply reply = {0};
	pid_t pid = 0;

	if (mos_call(c, method, MOS_NO_ARGS, &reply) == 0)
		pid = (pid_t)mos_get_int(&reply.value, path, 0);
	mos_reply_finish(&reply);
	return pid;
}

pid_t system_rtcore_pid(struct mos_client *c)
{
	return status_pid(c, "broker.system.status", "rtcore/pid");
}

pid_t system_broker_pid(struct mos_client *c)
{
	return status_pid(c, "broker.service.ping", "pid");
}

uint64_t system_counter(struct mos_client *c, const char *name)
{
	const struct mos_counters_view *v = mos_client_counters(c);
	int i = v ? mos_counters_find(v, name) : -1;

	return i < 0 ? 0 : mos_counters_get(v, (uint32_t)i);
}

long system_rss_kib(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		(void)fclose(f);
	return kib;
}

int system_fds(pid_t pid)
{
	char path[64];
	int n = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

const char *system_demo(void)
{
	return MOS_SOURCE_ROOT "/demo/first-light.mid";
}

struct fds {
	pid_t pid;
	int most;
};

static bool has_closed(void *data)
{
	const struct fds *d = data;

	return system_fds(d->pid) <= d->most;
}

bool system_wait_fds(pid_t pid, int most)
{
	return system_wait(has_closed, &(struct fds){pid, most});
}
