/* SPDX-License-Identifier: MIT */
/* A service's tie to the real broker: registered, found, registered again after the broker's death, refused.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker_link.h"
#include "broker_rig.h"
#include "caps.h"

/* A service inside the test, stepped by hand. */
struct stage {
	struct service service;
	struct rpc_context rpc;
	struct broker_link link;
	int n_up, n_down, n_callers_gone;
	struct rpc_peer asked_by;
};

static struct rig rig;
static struct stage stage;

static int handle_who(struct rpc_request *req, const msgpack_object *params)
{
	struct stage *s = req->ctx->data;

	s->asked_by = *rpc_conn_peer(req->conn);
	return 0;
}

static const struct rpc_method methods[] = {{.name = "stage.caller.ask", .handle = handle_who},
	{.name = "stage.score.change", .handle = handle_who, .caps = CAP_SCORE_EDIT}};
static const struct rpc_table table = {methods, 2};

static void on_up(struct rpc_conn *broker, void *data)
{
	struct stage *s = data;

	cr_expect_eq(broker, broker_link_conn(&s->link));
	s->n_up++;
}

static void on_down(void *data)
{
	struct stage *s = data;

	cr_expect_null(broker_link_conn(&s->link));
	s->n_down++;
}

static void on_caller_gone(struct rpc_conn *conn, void *data)
{
	struct stage *s = data;

	s->n_callers_gone++;
}

static const struct broker_link_ops ops = {
	.up = on_up, .down = on_down, .caller = {.closed = on_caller_gone}};

static void stage_start(struct stage *s)
{
	s->service = (struct service){.program = "mos-stage", .name = "stage"};
	strcpy(s->service.runtime_dir, rig.dir);
	cr_assert_geq(sd_event_new(&s->service.event), 0);
	cr_assert_eq(rpc_context_init(&s->rpc, &s->service, &table, 1, s), 0);
	cr_assert_eq(broker_link_start(&s->link, &s->rpc, &ops, s), 0);
}

static void stage_stop(struct stage *s)
{
	broker_link_stop(&s->link);
	rpc_context_finish(&s->rpc);
	sd_event_unref(s->service.event);
}

/* Run the service's loop until `*counter` is `n`. */
static void run_until(struct stage *s, const int *counter, int n)
{
	while (*counter < n)
		cr_assert_geq(sd_event_run(s->service.event, UINT64_MAX), 0);
}

static void setup(void)
{
	rig_start(&rig, /* rtcore= */ 1);
}

static void teardown(void)
{
	rig_finish(&rig);
}

TestSuite(link, .init = setup, .fini = teardown, .timeout = 30);

/* Be brought to the stage as a client with a slot, and ask it who we are. */
static void ask_who(struct caller *c, struct caller *at_stage)
{
	cr_assert_eq(caller_call(c, "broker.service.connect", "name:s", "stage"), 0, "%s", c->error.code);
	caller_adopt(at_stage, wire_take_fd(&c->in, 0));
	caller_send(at_stage, "stage.caller.ask", "");
	stage.asked_by.pid = 0;
	while (!stage.asked_by.pid)
		cr_assert_geq(sd_event_run(stage.service.event, UINT64_MAX), 0);
	cr_assert_eq(caller_answer(at_stage), 0, "%s", at_stage->error.code);
}

Test(link, callers, .description = "a service is told who its caller is: pid, uid, slot, name, capabilities")
{
	struct caller c, at_stage;
	uint64_t slot;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	caller_connect(&c, &rig);
	caller_open(&c, "violinist");
	slot = caller_u64(&c, "slot");
	ask_who(&c, &at_stage);
	cr_expect_eq(stage.asked_by.pid, getpid());
	cr_expect_eq(stage.asked_by.uid, geteuid());
	cr_expect_eq(stage.asked_by.client, slot);
	cr_expect_eq(stage.asked_by.caps, CAPS_ALL);
	cr_expect_str_eq(stage.asked_by.name, "violinist");
	caller_finish(&at_stage);
	run_until(&stage, &stage.n_callers_gone, 1);
	caller_finish(&c);
	stage_stop(&stage);
}

Test(link, too_many_calls,
	.description =
		"a process that keeps too many connections is hung up on; the service and others go on")
{
	static struct caller many[BROKER_LINK_CALLS_PER_PROCESS];
	struct caller c, other;
	char byte;
	int fd;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	caller_connect(&c, &rig);
	for (uint32_t i = 0; i < BROKER_LINK_CALLS_PER_PROCESS; i++)
		ask_who(&c, &many[i]);
	cr_assert_eq(caller_call(&c, "broker.service.connect", "name:s", "stage"), 0);
	fd = wire_take_fd(&c.in, 0);
	while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0) { /* 0: hung up */
		cr_assert_eq(errno, EAGAIN);
		cr_assert_geq(sd_event_run(stage.service.event, 1000), 0);
	}
	close(fd);
	cr_expect_not_null(broker_link_conn(&stage.link), "the tie to the broker holds");
	caller_finish(&many[0]);
	run_until(&stage, &stage.n_callers_gone, 1);
	ask_who(&c, &other);
	caller_finish(&other);
	for (uint32_t i = 1; i < BROKER_LINK_CALLS_PER_PROCESS; i++)
		caller_finish(&many[i]);
	caller_finish(&c);
	stage_stop(&stage);
}

Test(link, broker_killed,
	.description =
		"after the broker was killed the service registers with the next one; its callers stay")
{
	struct caller c, at_stage, later;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	caller_connect(&c, &rig);
	ask_who(&c, &at_stage);
	(void)rig_end_broker(&rig, SIGKILL);
	run_until(&stage, &stage.n_down, 1);
	caller_send(&at_stage, "stage.caller.ask", "");
	stage.asked_by.pid = 0;
	while (!stage.asked_by.pid)
		cr_assert_geq(sd_event_run(stage.service.event, UINT64_MAX), 0);
	cr_expect_eq(caller_answer(&at_stage), 0, "a caller talks to its service without the broker");

	rig_start_broker(&rig);
	run_until(&stage, &stage.n_up, 2);
	caller_connect(&later, &rig);
	caller_finish(&at_stage);
	ask_who(&later, &at_stage);
	caller_finish(&at_stage);
	caller_finish(&later);
	caller_finish(&c);
	stage_stop(&stage);
}

/* Have something changed that the audit log tells. */
static void change(struct caller *at_stage)
{
	caller_send(at_stage, "stage.score.change", "");
	stage.asked_by.pid = 0;
	while (!stage.asked_by.pid)
		cr_assert_geq(sd_event_run(stage.service.event, UINT64_MAX), 0);
	cr_expect_eq(caller_answer(at_stage), 0, "%s", at_stage->error.code);
}

/* How often the audit log has that word; the broker's first file. */
static int count_in_log(const char *word)
{
	char path[200], text[16384] = "";
	int n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/audit/audit-%020d.log", rig.state, 1);
	f = fopen(path, "re");
	cr_assert(f, "%s", path);
	(void)!fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	for (const char *at = text; (at = strstr(at, word)); at++)
		n++;
	return n;
}

Test(link, audited_without_broker,
	.description = "SEC-04: what a service is asked while there is no broker, or none that hears, is "
		       "counted, and told "
		       "to the next one")
{
	struct caller c, at_stage;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	caller_connect(&c, &rig);
	ask_who(&c, &at_stage);
	change(&at_stage);
	while (!count_in_log("stage.score.change"))
		cr_assert_geq(sd_event_run(stage.service.event, 10000), 0);
	/* It hears nothing any more, and dies. */
	cr_assert_eq(kill(rig.broker, SIGSTOP), 0);
	change(&at_stage);
	(void)rig_end_broker(&rig, SIGKILL);
	run_until(&stage, &stage.n_down, 1);
	change(&at_stage);
	change(&at_stage);

	rig_start_broker(&rig);
	run_until(&stage, &stage.n_up, 2);
	while (!count_in_log("audit.unheard"))
		cr_assert_geq(sd_event_run(stage.service.event, 10000), 0);
	cr_expect_eq(count_in_log("calls=3"), 1);
	cr_expect_eq(count_in_log("stage.score.change"), 1);
	caller_finish(&at_stage);
	caller_finish(&c);
	stage_stop(&stage);
}

Test(link, broker_comes_later, .description = "a service may start before the broker")
{
	(void)rig_end_broker(&rig, SIGKILL);
	stage_start(&stage);
	cr_expect_null(broker_link_conn(&stage.link));
	rig_start_broker(&rig);
	run_until(&stage, &stage.n_up, 1);
	stage_stop(&stage);
}

Test(link, second, .description = "CNF-03: the second service of a name ends with -EBUSY, the first goes on")
{
	static struct stage second;
	struct caller c, at_stage;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	stage_start(&second);
	cr_expect_eq(sd_event_loop(second.service.event), -EBUSY);
	cr_expect_eq(second.n_up, 0);
	stage_stop(&second);
	caller_connect(&c, &rig);
	ask_who(&c, &at_stage);
	caller_finish(&at_stage);
	caller_finish(&c);
	stage_stop(&stage);
}

Test(link, quit, .description = "broker.system.quit ends the service's loop with success")
{
	struct caller c;

	stage_start(&stage);
	run_until(&stage, &stage.n_up, 1);
	caller_connect(&c, &rig);
	cr_assert_eq(caller_call(&c, "broker.system.quit", ""), 0);
	cr_expect_eq(sd_event_loop(stage.service.event), 0);
	caller_finish(&c);
	stage_stop(&stage);
}
