/* SPDX-License-Identifier: MIT */
/* Following the score that is loaded: the test is libmos, and answers when it likes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "score.h"

static struct order order;
static struct score_follow follow;
static char heard[256];

/* --- What libmos would do --- */

static void (*notice)(struct mos_client *, const char *, const struct mos_value *, void *);
static void (*later)(struct mos_widget *, void *);
static struct {
	const char *method;
	mos_call_done done;
} asked[8];
static unsigned n_asked;
static int is_deaf; /* no call can be made */

struct mos_client *mos_widget_client(struct mos_widget *widget)
{
	return NULL;
}

int mos_widget_timer(struct mos_widget *widget, unsigned int after_ms, unsigned int every_ms,
	void (*handler)(struct mos_widget *, void *), void *data, struct mos_timer **ret)
{
	cr_assert_eq(every_ms, 0);
	later = handler;
	return 0;
}

void mos_client_on_notice(struct mos_client *client,
	void (*handler)(struct mos_client *, const char *, const struct mos_value *, void *), void *data)
{
	notice = handler;
}

int mos_call_async(
	struct mos_client *client, const struct mos_request *request, mos_call_done done, void *data)
{
	if (is_deaf)
		return -ECONNRESET;
	asked[n_asked].method = request->method;
	asked[n_asked++].done = done;
	return 0;
}

/* The oldest question is answered. */
static void answer(const char *method, int rc, struct mos_value value)
{
	const struct mos_reply reply = {.value = value};
	const mos_call_done done = asked[0].done;

	cr_assert_gt(n_asked, 0);
	cr_assert_str_eq(asked[0].method, method);
	memmove(asked, asked + 1, --n_asked * sizeof(*asked));
	done(NULL, rc, &reply, NULL, &follow);
}

static struct mos_value map(const struct mos_field *fields, uint32_t n)
{
	return (struct mos_value){MOS_VALUE_MAP, n, {.fields = fields}};
}

/* --- The widget --- */

static void begun(void *data, const struct mos_value *state)
{
	(void)snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%s ",
		mos_get_str(state, "score_id", "?"));
}

static void ordered(void *data)
{
	(void)snprintf(heard + strlen(heard), sizeof(heard) - strlen(heard), "%u ", order.n_measures);
}

static void setup(void)
{
	follow = (struct score_follow){.begun = begun, .ordered = ordered, .order = &order};
	score_follow(&follow);
}

TestSuite(widget_score, .init = setup);

static void tell(const char *method, const char *id, int64_t n)
{
	const struct mos_field state[] = {mos_str("score_id", id), mos_int("measure_count", n)};
	const struct mos_value value = map(state, 2);

	notice(NULL, method, &value, &follow);
}

static void subscribed(const char *id, int64_t n)
{
	const struct mos_field state[] = {mos_str("score_id", id), mos_int("measure_count", n)};

	answer("hermes.score.subscribe", 0, map(state, 2));
}

/* As they are written. */
static void order_answered(int64_t n)
{
	const struct mos_field run[] = {mos_int("first", 0), mos_int("last", n - 1),
		mos_int("written_tick", 0), mos_int("played_tick", 0), mos_int("duration_ticks", n * 3840)};
	const struct mos_value runs[] = {map(run, 5)};
	const struct mos_field value[] = {{"runs", {MOS_VALUE_LIST, 1, {.items = runs}}}};

	answer("hermes.order.get", 0, map(value, 1));
}

Test(widget_score, follows,
	.description = "WGT-31 NVX-19: another score, and an edited one, are told, and then their order")
{
	subscribed("a", 4);
	cr_expect_str_eq(heard, "a ");
	cr_expect_eq(follow.has_order, 0);
	answer("hermes.order.get", -EREMOTEIO, (struct mos_value){0});
	cr_expect_str_eq(heard, "a 4 ", "%s: what cannot be played is as it is written", heard);
	tell("hermes.score.changed", "a", 0);
	cr_expect_str_eq(heard, "a 4 ", "%s: nothing is known of it yet", heard);
	subscribed("a", 5);
	cr_expect(!follow.has_order && order.n_measures == 4, "the old one stays until then");
	answer("hermes.order.get", -EREMOTEIO, (struct mos_value){0});
	tell("hermes.score.state", "b", 0);
	cr_expect_str_eq(heard, "a 4 a 5 b 0 ", "%s: of no measures none is asked for", heard);
	cr_expect_eq(n_asked, 0);
}

Test(widget_score, overtaken,
	.description = "WGT-31: the order of a score that is gone is not taken for the new one's")
{
	subscribed("a", 4);
	tell("hermes.score.state", "b", 7);
	tell("hermes.score.state", "c", 9);
	cr_expect_eq(n_asked, 1, "one question at a time");
	order_answered(4);
	cr_expect_str_eq(heard, "a b c ", "%s", heard);
	order_answered(9);
	cr_expect_str_eq(heard, "a b c 9 ", "%s", heard);
	cr_expect_eq(n_asked, 0);
}

Test(widget_score, service_lost,
	.description = "WGT-31: where Hermes is not there, or goes, it is asked again later")
{
	answer("hermes.score.subscribe", -ECONNRESET, (struct mos_value){0});
	cr_assert_not_null(later);
	later(NULL, &follow);
	subscribed("a", 2);
	is_deaf = 1;
	tell("hermes.score.state", "b", 3);
	cr_expect_str_eq(heard, "a b ", "%s: the order of a is asked for still", heard);
	answer("hermes.order.get", -ECONNRESET, (struct mos_value){0});
	cr_expect_str_eq(heard, "a b 3 ", "%s: as it is written", heard);
	later = NULL;
	notice(NULL, "client.service.lost", &(struct mos_value){0}, &follow);
	cr_assert_not_null(later);
	is_deaf = 0;
	later(NULL, &follow);
	subscribed("b", 3);
	cr_expect_str_eq(heard, "a b 3 b ", "%s", heard);
}
