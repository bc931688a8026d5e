/* SPDX-License-Identifier: MIT */
/* The way to the broker when things come at a bad moment: a fork, a hurry, an rtcore that is not there yet.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/client.h>
#include <mos/widget.h>

#include "fake_broker.h"

static struct fake fake;
static struct mos_client *client;
static sem_t go; /* broker.client.open is answered after it, while `held` */
static int held, n_plays, n_done, done_rc;

static void setup(void)
{
	fake_init(&fake);
	sem_init(&go, 0, 0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
	sem_destroy(&go);
}

TestSuite(libmos_link, .init = setup, .fini = teardown, .timeout = 60);

static void connect_it(void)
{
	struct mos_client_options options = {.name = "test", .runtime_dir = fake.dir};

	cr_assert_eq(mos_client_create(&options, &client, NULL), 0);
}

/* As a widget is: by the connection that it was born with. */
static void be_given(void)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", fake_adopt(&fake));
	setenv(MOS_WIDGET_FD_ENV, number, 1);
	connect_it();
}

static int handle(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	if (!strcmp(in->method, "broker.client.open") && __atomic_load_n(&held, __ATOMIC_ACQUIRE))
		while (sem_wait(&go) < 0)
			;
	if (strcmp(in->method, "kronos.transport.play"))
		return -1;
	__atomic_fetch_add(&n_plays, 1, __ATOMIC_RELEASE);
	wire_begin_result(out, in->id);
	return FAKE_SEND;
}

static void on_done(struct mos_client *c, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	n_done++;
	done_rc = rc;
}

/* Another rtcore has come, and its slot is not to be had until sem_post(&go). */
static void hold_renewal(void)
{
	fake.handle = handle;
	__atomic_store_n(&held, 1, __ATOMIC_RELEASE);
	fake_new_rtcore(&fake);
	fake_notify(&fake, "broker.client.renew", NULL, NULL);
	cr_assert_eq(mos_events_dispatch(client, 0), 0, "the notice is libmos' own");
}

Test(libmos_link, hurry,
	.description = "a call in a hurry while a slot is opened does not cost a widget its connection")
{
	const struct mos_request hurried = {.method = "broker.system.status", .timeout_ms = 50};

	be_given();
	(void)mos_events_fd(client);
	hold_renewal();
	cr_expect_eq(mos_call_request(client, &hurried, NULL), -ETIMEDOUT);
	cr_expect_str_eq(mos_client_error(client)->code, "client.call.timeout");
	sem_post(&go);
	cr_assert_eq(mos_call(client, "broker.system.status", MOS_NO_ARGS, NULL), 0, "%s",
		mos_client_error(client)->message);
	cr_expect_eq(mos_client_info(client).generation, 2);
}

Test(libmos_link, failed_is_failed,
	.description = "a call that was told as failed is not carried out when the way is open again")
{
	const struct mos_request play = {.method = "kronos.transport.play"};

	be_given();
	(void)mos_events_fd(client);
	fake.down = 1;
	hold_renewal();
	cr_assert_eq(mos_call_async(client, &play, on_done, NULL), 0);
	__atomic_store_n(&held, 0, __ATOMIC_RELEASE);
	sem_post(&go);
	while (!n_done)
		cr_assert_geq(mos_events_dispatch(client, 10000), 0);
	cr_expect_eq(done_rc, -EREMOTEIO, "rtcore.down");
	while (mos_client_info(client).generation != 2)
		cr_assert_geq(mos_events_dispatch(client, 100), 0);
	cr_assert_eq(mos_call(client, "broker.system.status", MOS_NO_ARGS, NULL), 0);
	cr_expect_eq(__atomic_load_n(&n_plays, __ATOMIC_ACQUIRE), 0);
	cr_assert_eq(mos_call(client, play.method, MOS_NO_ARGS, NULL), 0);
	cr_expect_eq(__atomic_load_n(&n_plays, __ATOMIC_ACQUIRE), 1);
}

Test(libmos_link, fork,
	.description =
		"EVT-16 E2.4.4.5: a child of fork() destroys its copy of a client; the parent's goes on")
{
	/* Nothing but the answer is to make the descriptor readable: no deadline, no clock that stands still.
	 */
	const struct mos_clock far = {.time_ns = INT64_MAX / 2};
	const struct mos_request play = {.method = "kronos.transport.play", .timeout_ms = 60000};
	struct pollfd pfd = {.events = POLLIN};
	int status;
	pid_t pid;

	mos_clock_publish(fake.clock.base, &far);
	connect_it();
	fake.handle = handle;
	pfd.fd = mos_events_fd(client);
	cr_assert_geq(pfd.fd, 0);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		mos_client_destroy(client);
		_exit(42);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 42, "status %#x", status);
	cr_assert_eq(mos_call_async(client, &play, on_done, NULL), 0);
	while (!n_done) {
		cr_assert_eq(poll(&pfd, 1, 10000), 1);
		cr_assert_geq(mos_events_dispatch(client, 0), 0);
	}
	cr_expect_eq(done_rc, 0, "the set that the descriptor is still has the socket");
}

Test(libmos_link, denied_says_so, .description = "WID-03: what was not granted is said in words, with a hint")
{
	fake.withheld = "clock events";
	connect_it();
	cr_expect_eq(mos_events_wait(client, 0), -EACCES);
	cr_expect_str_eq(mos_client_error(client)->message, "events.read was not granted");
	cr_expect(mos_client_error(client)->hint[0]);
	cr_expect_eq(mos_clock_wait_tick(client, 0, 0), -EACCES);
	cr_expect_str_eq(mos_client_error(client)->message, "clock.read was not granted");
}
