/* SPDX-License-Identifier: MIT */
/* Widgets for a test's studio. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "widget_rig.h"

static void write_text(const char *folder, const char *name, const char *text)
{
	char path[RIG_PATH + 32];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	cr_assert_not_null(f, "%s: %s", path, strerror(errno));
	cr_assert_geq(fputs(text, f), 0);
	cr_assert_eq(fclose(f), 0);
	cr_assert_eq(chmod(path, 0644), 0);
}

static void copy_program(const char *folder)
{
	int from = open(MOS_WIDGET_FAKE, O_RDONLY | O_CLOEXEC), to;
	char path[RIG_PATH + 32];
	struct stat st;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/program", folder);
	to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	cr_assert(from >= 0 && to >= 0 && fstat(from, &st) == 0);
	while (st.st_size > 0 && (n = sendfile(to, from, NULL, (size_t)st.st_size)) > 0)
		st.st_size -= n;
	cr_assert_eq(st.st_size, 0);
	cr_assert_eq(fchmod(to, 0755), 0);
	close(from);
	close(to);
}

void fake_make(const char *parent, const char *id, const struct fake *fake, char *path)
{
	char folder[RIG_PATH], manifest[4096];

	(void)mkdir(parent, 0755);
	(void)snprintf(folder, sizeof(folder), "%s/%s", parent, id);
	(void)mkdir(folder, 0755);
	(void)chmod(folder, 0755);
	(void)snprintf(manifest, sizeof(manifest),
		"{\"id\":\"%s\",\"name\":\"Fake %s\",\"version\":\"%s\",\"api\":%d,\"component\":\"program\","
		"\"capabilities\":[%s],\"defaultPosition\":{\"x\":1,\"y\":2},"
		"\"defaultSize\":{\"width\":100,\"height\":50}%s}\n",
		id, id, fake->version ? fake->version : "1.0.0", fake->api ? fake->api : 1,
		fake->capabilities ? fake->capabilities : "", fake->extra ? fake->extra : "");
	write_text(folder, "widget.json", manifest);
	write_text(folder, "behaviour", fake->behaviour ? fake->behaviour : "normal");
	copy_program(folder);
	if (path)
		strcpy(path, folder);
}

void fake_bundle(struct rig *rig, const char *id, const struct fake *fake)
{
	fake_make(rig->bundles, id, fake, NULL);
}

void fake_install(struct rig *rig, struct caller *c, const char *id, const struct fake *fake)
{
	char parent[RIG_PATH], path[RIG_PATH];

	(void)snprintf(parent, sizeof(parent), "%s/new", rig->dir);
	fake_make(parent, id, fake, path);
	cr_assert_eq(caller_call(c, "broker.widget.install", "path:s replace:b", path, 1), 0, "%s at %s: %s",
		c->error.code, c->error.where, c->error.message);
}

int fake_call(struct caller *c, const char *id, const char *name, const char *fmt, ...)
{
	struct wire_out out;
	va_list args;

	wire_out_init(&out);
	wire_begin_request(&out, ++c->id, "broker.widget.call");
	wire_put_str(&out, "id", id);
	wire_put_str(&out, "name", name);
	wire_open_map(&out, "params");
	va_start(args, fmt);
	caller_put(&out, fmt, args);
	va_end(args);
	cr_assert_eq(wire_end(&out), 0);
	cr_assert_eq(wire_send(c->sock, &out, 0), 0);
	wire_out_finish(&out);
	return caller_answer(c);
}

const char *fake_state(struct caller *c, const char *id, int64_t *ret_pid)
{
	static char state[16];
	const msgpack_object *list;

	cr_assert_eq(caller_call(c, "broker.widget.list", ""), 0, "%s", c->error.message);
	list = wire_get_array(c->in.result, "widgets");
	for (uint32_t i = 0; i < list->via.array.size; i++) {
		char name[32];

		cr_assert_eq(wire_get_str(&list->via.array.ptr[i], "id", name, sizeof(name)), 0);
		if (strcmp(name, id))
			continue;
		cr_assert_eq(wire_get_str(&list->via.array.ptr[i], "state", state, sizeof(state)), 0);
		if (ret_pid)
			cr_assert_eq(wire_get_i64(&list->via.array.ptr[i], "pid", ret_pid), 0);
		return state;
	}
	return "";
}

void fake_wait(struct caller *c, const char *id, const char *state)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	while (strcmp(fake_state(c, id, NULL), state))
		(void)nanosleep(&pause, NULL);
}
