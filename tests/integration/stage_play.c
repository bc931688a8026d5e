/* SPDX-License-Identifier: MIT */
#include "stage_play.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <errno.h>

#include "stage_rig.h"
#include "system.h"

int64_t stage_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void stage_settings(struct mos_client *c, const char *id, const struct mos_field *settings, size_t n)
{
	cr_assert_eq(mos_call(c, "broker.settings.set",
			     MOS_ARGS(mos_str("id", id),
				     mos_field("settings", mos_value_map(settings, (uint32_t)n))),
			     NULL),
		0, "%s: %s (%s)", id, mos_client_error(c)->message, mos_client_error(c)->where);
}

void stage_start(struct mos_client *c, const char *id, const struct mos_field *settings, size_t n)
{
	char log[4096];

	if (n)
		stage_settings(c, id, settings, n);
	if (stage_call(c, "broker.widget.start", id) == 0)
		return;
	stage_log(c, id, log, sizeof(log));
	cr_assert_fail("%s: %s %s: %s", id, mos_client_error(c)->code, mos_client_error(c)->message, log);
}

void stage_stop(struct mos_client *c, const char *id)
{
	cr_assert_eq(stage_call(c, "broker.widget.stop", id), 0, "%s: %s", id, mos_client_error(c)->message);
}

void stage_ask(struct mos_client *c, const char *id, const char *method, const struct mos_field *params,
	size_t n_params, struct mos_reply *ret)
{
	cr_assert_eq(mos_call(c, "broker.widget.call",
			     MOS_ARGS(mos_str("id", id), mos_str("name", method),
				     mos_field("params", mos_value_map(params, (uint32_t)n_params))),
			     ret),
		0, "%s %s: %s %s", id, method, mos_client_error(c)->code, mos_client_error(c)->message);
}

void stage_shown(struct mos_client *c, const char *id, struct mos_reply *ret)
{
	cr_assert_eq(mos_call(c, "broker.widget.attach", MOS_ARGS(mos_str("id", id)), ret), 0, "%s: %s", id,
		mos_client_error(c)->message);
	cr_assert_eq(mos_call(c, "broker.widget.detach", MOS_ARGS(mos_str("id", id)), NULL), 0, "%s: %s", id,
		mos_client_error(c)->message);
}

/* @return its parent, 0: it is gone. */
static pid_t look_at(pid_t pid, char name[static 32])
{
	char path[64], line[512] = "", *end;
	int parent = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f) && (end = strrchr(line, ')')) && strchr(line, '(')) {
		*end = '\0';
		(void)snprintf(name, 32, "%s", strchr(line, '(') + 1);
		(void)sscanf(end + 1, " %*c %d", &parent);
	}
	(void)fclose(f);
	return (pid_t)parent;
}

static bool is_below(pid_t pid, pid_t root)
{
	char name[32];

	for (int depth = 0; pid > 1 && depth < 16; depth++) {
		if (pid == root)
			return true;
		pid = look_at(pid, name);
	}
	return false;
}

pid_t stage_process(struct mos_client *c, const char *id, const char *program)
{
	const pid_t root = (pid_t)stage_number(c, id, "pid");
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	pid_t found = 0;

	while (root > 0 && proc && !found && (entry = readdir(proc))) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		char name[32] = "";

		if (pid > 0 && look_at(pid, name) && strcmp(name, program) == 0 && is_below(pid, root))
			found = pid;
	}
	if (proc)
		closedir(proc);
	return found;
}

void stage_listen(struct mos_client *c, const uint32_t *types, size_t n)
{
	struct mos_event ev;
	int rc;

	cr_assert_eq(mos_events_select(c, types, n), 0);
	while ((rc = mos_events_next(c, &ev)) == 1 || rc == -EOVERFLOW)
		;
}

void stage_take(struct mos_client *c, struct stage_events *events)
{
	struct mos_event ev;
	int rc;

	while ((rc = mos_events_next(c, &ev)) == 1) {
		if (events->n == events->max) {
			events->max = events->max ? 2 * events->max : 256;
			events->event = realloc(events->event, events->max * sizeof(ev));
			cr_assert(events->event);
		}
		events->event[events->n++] = ev;
	}
	cr_assert_eq(rc, 0, "%s", strerror(-rc));
}

void stage_take_until(struct mos_client *c, struct stage_events *events, int64_t time_ns)
{
	for (int64_t left; (left = time_ns - stage_now_ns()) > 0;) {
		stage_take(c, events);
		(void)mos_events_wait(c, (int)(left / 1000000) + 1);
	}
	stage_take(c, events);
}

struct mos_event stage_expect(struct mos_client *c, struct stage_events *events,
	bool (*is)(const struct mos_event *event, const void *data), const void *data, const char *what)
{
	const int64_t end = stage_now_ns() + (int64_t)SYSTEM_WAIT_MS * 1000000;

	for (size_t i = events->n;; i++) {
		while (i == events->n) {
			cr_assert_lt(stage_now_ns(), end, "%s did not come", what);
			(void)mos_events_wait(c, 100);
			stage_take(c, events);
		}
		if (is(&events->event[i], data))
			return events->event[i];
	}
}

void stage_events_finish(struct stage_events *events)
{
	free(events->event);
	*events = (struct stage_events){0};
}
