/* SPDX-License-Identifier: MIT */
/* What the theater follows, with a broker of the test's own that is Hermes, too. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_broker.h"
#include "follow.h"

static const char good[] =
	"{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"One\",\"key\":\"C major\",\"tempo\":120},"
	"\"measures\":[{}],\"parts\":[{\"id\":\"p1\",\"name\":\"Flute\",\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":960,\"pitch\":60}]}],\"layers\":[]}";
static const char bad[] =
	"{\"version\":\"3.0.0\",\"metadata\":{\"title\":\"One\",\"key\":\"C major\",\"tempo\":120},"
	"\"measures\":[{}],\"parts\":[{\"id\":\"p1\",\"name\":\"Flute\",\"notes\":["
	"{\"id\":\"n1\",\"tick\":0,\"durationTicks\":960,\"pitch\":200}]}],\"layers\":[]}";

static struct fake fake;
static struct worker worker;
static struct follow follow;
static sd_event *event;
static const char *_Atomic content; /* NULL: none is loaded */

static struct {
	int n, has_score;
	char fault[FOLLOW_FAULT_MAX];
} told;

static int be_hermes(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	const char *text = content;
	int fd = -1;

	if (strcmp(in->method, "broker.service.connect") == 0)
		fd = fake_adopt(f);
	else if (strncmp(in->method, "hermes.score.", 13) != 0)
		return -1;
	else if (strcmp(in->method + 13, "get") == 0 && text) {
		fd = memfd_create("score", MFD_CLOEXEC);
		cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	}
	wire_begin_result(out, in->id);
	if (fd >= 0) {
		wire_add_fd(out, fd);
		close(fd);
	}
	return FAKE_SEND;
}

static void on_score(struct followed *score, const char *fault, void *data)
{
	told.n++;
	told.has_score = score != NULL;
	(void)snprintf(told.fault, sizeof(told.fault), "%s", fault);
}

static const struct follow_ops ops = {.score = on_score};

static void setup(void)
{
	fake_init(&fake);
	fake.handle = be_hermes;
	cr_assert_geq(sd_event_new(&event), 0);
	cr_assert_eq(worker_start(&worker, event, "test-work", NULL, NULL), 0);
	cr_assert_eq(follow_start(&follow, event, &worker, fake.dir, &ops, NULL), 0);
}

static void teardown(void)
{
	worker_stop(&worker);
	follow_stop(&follow);
	sd_event_unref(event);
	fake_finish(&fake);
}

TestSuite(theater_follow, .init = setup, .fini = teardown, .timeout = 30);

static void until_told(int n)
{
	while (told.n < n)
		cr_assert_geq(sd_event_run(event, 1000000), 0);
}

static void change(const char *text)
{
	content = text;
	fake_notify(&fake, "hermes.score.changed", NULL, NULL);
}

Test(theater_follow, unreadable,
	.description =
		"THR-09: a score that cannot be read takes the place of the one before, with the reason; the "
		"next one is shown again")
{
	content = good;
	follow_broker_up(&follow);
	until_told(1);
	cr_expect(told.has_score && !*told.fault, "%s", told.fault);
	cr_expect_eq(follow.score->version, 1);
	change(bad);
	until_told(2);
	cr_expect_not(told.has_score);
	cr_expect(strstr(told.fault, "parts"), "where it is: %s", told.fault);
	cr_expect_null(follow.score);
	cr_expect_str_eq(follow.fault, told.fault, "for views that come later");
	change("none of ours");
	until_told(3);
	cr_expect(!told.has_score && *told.fault);
	change(good);
	until_told(4);
	cr_expect(told.has_score && !*told.fault && !*follow.fault);
	change(bad);
	until_told(5);
	change(NULL);
	until_told(6);
	cr_expect(!told.has_score && !*told.fault, "nothing is loaded any more: %s", told.fault);
}
