/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "broker_link.h"
#include "pictures_rig.h"
#include "stage_rig.h"
#include "system.h"

static struct service service = {.program = "test", .name = "theater"};
static struct rpc_context ctx;
static struct broker_link tie;
static struct surfaces *all;
static int is_up;

static void up(struct rpc_conn *broker, void *data)
{
	is_up = 1;
	cr_assert_eq(surfaces_link(all, broker), 0);
}

static void down(void *data)
{
	is_up = 0;
	surfaces_unlink(all);
}

static void notified(struct rpc_conn *broker, struct wire_in *in, void *data)
{
	(void)surfaces_notice(all, in);
}

static const struct surfaces_ops ops = {0};
static const struct broker_link_ops tie_ops = {.up = up, .down = down, .notified = notified};

int64_t pictures_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void pictures_turn(void)
{
	cr_assert_geq(sd_event_run(service.event, 4000), 0);
	for (struct surface *s = surfaces_next(all, NULL); s; s = surfaces_next(all, s)) {
		surface_place(s, WIDTH, HEIGHT, 1, pictures_now_ns() + 16666667);
		(void)surface_poll(s);
	}
}

void pictures_hear(uint64_t us)
{
	cr_assert_geq(sd_event_run(service.event, us), 0);
}

/* The real theater has the name that the test wants; mos-session is told to leave it down. */
static pid_t theater_pid(struct mos_client *c)
{
	struct mos_reply reply = {0};
	const struct mos_value *services;
	pid_t pid = 0;

	cr_assert_eq(mos_call(c, "broker.system.status", MOS_NO_ARGS, &reply), 0);
	services = mos_get(&reply.value, "services");
	for (uint32_t i = 0; services && services->type == MOS_VALUE_LIST && i < services->len; i++)
		if (strcmp(mos_get_str(&services->u.items[i], "name", ""), "theater") == 0 &&
			mos_get_bool(&services->u.items[i], "up", 0))
			pid = (pid_t)mos_get_int(&services->u.items[i], "pid", 0);
	mos_reply_finish(&reply);
	return pid;
}

static bool is_down(void *c)
{
	return theater_pid(c) == 0;
}

struct mos_client *pictures_open(void)
{
	struct mos_client *c = system_connect("pictures");
	const pid_t theater = theater_pid(c);

	if (theater > 0)
		cr_assert_eq(kill(theater, SIGTERM), 0);
	cr_assert(system_wait(is_down, c), "the theater goes on");

	system_wait_playable(c);
	cr_assert_eq(mos_score_load(c, system_demo(), NULL), 0, "%s", mos_client_error(c)->message);
	cr_assert_eq(runtime_dir_find(NULL, service.runtime_dir, sizeof(service.runtime_dir)), 0);
	cr_assert_geq(sd_event_new(&service.event), 0);
	cr_assert_eq(rpc_context_init(&ctx, &service, NULL, 0, NULL), 0);
	cr_assert_eq(surfaces_create(&ops, NULL, &all), 0);
	cr_assert_eq(broker_link_start(&tie, &ctx, &tie_ops, NULL), 0);
	while (!is_up)
		pictures_turn();
	return c;
}

void pictures_close(struct mos_client *c)
{
	(void)mos_transport_stop(c);
	broker_link_stop(&tie);
	rpc_context_finish(&ctx);
	surfaces_destroy(all);
	service.event = sd_event_unref(service.event);
	mos_client_destroy(c);
}

struct surface *pictures_start(struct mos_client *c, const char *id)
{
	struct surface *s;
	char log[4096];

	if (stage_call(c, "broker.widget.start", id) < 0) {
		stage_log(c, id, log, sizeof(log));
		cr_assert_fail("%s: %s: %s", id, mos_client_error(c)->message, log);
	}
	while (!(s = surfaces_find(all, id)) || surface_figures(s).pictures == 0)
		pictures_turn();
	return s;
}

struct surface *pictures_find(const char *id)
{
	return surfaces_find(all, id);
}

void pictures_wait_none(void)
{
	while (surfaces_next(all, NULL))
		pictures_turn();
}

uint32_t pictures_count(const struct surface *s, enum mos_token token)
{
	uint32_t n, found = 0;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		found += shape[i].kind != MOS_SHAPE_MORE && shape[i].flags & MOS_SHAPE_TOKEN &&
			 (shape[i].color & 0xff) == token;
	return found;
}

void pictures_click(struct surface *s, float x, float y)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, {x, y}, 1, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, {x, y}, 1, 0, 0});
}

int pictures_has_text(const struct surface *s, const char *text)
{
	const size_t len = strlen(text);
	uint32_t n;
	const struct mos_shape *shape = surface_shapes(s, &n);

	for (uint32_t i = 0; i < n; i++)
		if (shape[i].kind == MOS_SHAPE_TEXT && shape[i].glyph == len && len <= sizeof(shape[i].p) &&
			memcmp(shape[i].p, text, len) == 0)
			return 1;
	return 0;
}

void pictures_press(struct mos_client *c, const char *id, const char *name)
{
	cr_assert_eq(
		mos_call(c, "broker.widget.key", MOS_ARGS(mos_str("id", id), mos_str("key", name)), NULL), 0,
		"%s", mos_client_error(c)->message);
}

void pictures_drag(struct surface *s, struct mos_point from, struct mos_point to)
{
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_DOWN, from, 1, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_MOVE, to, 0, 1, 0});
	surface_pointer(s, &(struct mos_pointer){MOS_POINTER_UP, to, 1, 0, 0});
}
