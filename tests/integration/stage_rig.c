/* SPDX-License-Identifier: MIT */
#include "stage_rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "system.h"

void stage_install(struct mos_client *c, const char *folder)
{
	cr_assert_eq(mos_call(c, "broker.widget.install",
			     MOS_ARGS(mos_str("path", folder), mos_bool("replace", 1)), NULL),
		0, "%s %s (%s)", mos_client_error(c)->code, mos_client_error(c)->message,
		mos_client_error(c)->where);
}

void stage_set(struct mos_client *c, const char *id, struct mos_field value)
{
	cr_assert_eq(
		mos_call(c, "broker.settings.set",
			MOS_ARGS(mos_str("id", id), mos_field("settings", mos_value_map(&value, 1))), NULL),
		0, "%s (%s)", mos_client_error(c)->message, mos_client_error(c)->where);
}

int stage_call(struct mos_client *c, const char *method, const char *id)
{
	const struct mos_field args[] = {mos_str("id", id)};

	return mos_call_request(c,
		&(struct mos_request){
			.method = method, .args = args, .n_args = 1, .timeout_ms = SYSTEM_WAIT_MS},
		NULL);
}

int64_t stage_number(struct mos_client *c, const char *id, const char *path)
{
	struct mos_reply reply = {0};
	int64_t n;

	cr_assert_eq(mos_call(c, "broker.widget.get", MOS_ARGS(mos_str("id", id)), &reply), 0, "%s",
		mos_client_error(c)->message);
	n = mos_get_int(&reply.value, path, -1);
	mos_reply_finish(&reply);
	return n;
}

struct state_wait {
	struct mos_client *c;
	const char *id, *state;
};

static bool has_state(void *data)
{
	struct state_wait *w = data;
	struct mos_reply reply = {0};
	bool has;

	cr_assert_eq(mos_call(w->c, "broker.widget.get", MOS_ARGS(mos_str("id", w->id)), &reply), 0, "%s",
		mos_client_error(w->c)->message);
	has = !strcmp(mos_get_str(&reply.value, "state", "?"), w->state);
	mos_reply_finish(&reply);
	return has;
}

bool stage_wait_state(struct mos_client *c, const char *id, const char *state)
{
	return system_wait(has_state, &(struct state_wait){c, id, state});
}

void stage_log(struct mos_client *c, const char *id, char *ret, size_t size)
{
	struct mos_reply reply = {0};

	cr_assert_eq(mos_call(c, "broker.widget.logs", MOS_ARGS(mos_str("id", id)), &reply), 0, "%s",
		mos_client_error(c)->message);
	(void)snprintf(ret, size, "%s", mos_get_str(&reply.value, "text", ""));
	mos_reply_finish(&reply);
}

struct counter_wait {
	struct mos_client *c;
	const char *name;
	uint64_t most;
};

static bool has_fallen(void *data)
{
	struct counter_wait *w = data;

	return system_counter(w->c, w->name) <= w->most;
}

bool stage_wait_counter(struct mos_client *c, const char *name, uint64_t most)
{
	return system_wait(has_fallen, &(struct counter_wait){c, name, most});
}

/* Its name and its parent, by the kernel. @return the parent; 0: there is no such process. */
static pid_t look_up(pid_t pid, char name[static 16])
{
	char path[32], line[512], *end;
	FILE *f;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* "pid (name) state parent": a name may hold anything. */
	if (fgets(line, sizeof(line), f) && (end = strrchr(line, ')')) && strchr(line, '(') &&
		sscanf(end + 1, " %*c %d", &parent) == 1) {
		*end = '\0';
		(void)snprintf(name, 16, "%s", strchr(line, '(') + 1);
	}
	(void)fclose(f);
	return parent;
}

/* Which session a process runs in: another one's widgets are none of ours. Orphans fall to their session. */
static pid_t session_of(pid_t pid)
{
	char name[16] = "";

	while (pid > 1) {
		const pid_t parent = look_up(pid, name);

		if (strcmp(name, "mos-session") == 0)
			return pid;
		pid = parent;
	}
	return 0;
}

/* By the kernel's name of it: a widget's pid in its own namespace says nothing here. */
static bool none_left(void *data)
{
	const pid_t ours = session_of(getpid());
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool none = true;

	while (proc && (entry = readdir(proc))) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char name[16] = "";

		if (pid > 0 && look_up(pid, name) > 0 &&
			strncmp(name, data, 15) == 0) /* all that the kernel keeps of it */
			none = none && session_of(pid) != ours;
	}
	if (proc)
		closedir(proc);
	return none;
}

bool stage_none_left(const char *program)
{
	return system_wait(none_left, (void *)program);
}
