/* SPDX-License-Identifier: MIT */
/* mosctl emit: tell an event, and see it come back. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "commands.h"
#include "mosctl.h"
#include "payload.h"

enum { IMMEDIATE, HOLD, FIELDS };

static const struct ctl_option options[] = {
	[IMMEDIATE] = {"immediate", 'i', NULL, "deliver at once, not with the 16 ms frame"},
	[HOLD] = {"hold", 0, "SECONDS", "stay so long: a note that is not ended ends with mosctl"},
	[FIELDS] = {"fields", 0, NULL, "list the fields of TYPE, or the types"},
	{0},
};

#define CONFIRM_MS 1000

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

static int list_fields(struct ctl *ctl, const struct ctl_args *args)
{
	uint32_t type = args->n ? mos_event_type_from_name(args->word[0]) : 0;

	if (args->n && !type)
		return ctl_usage(ctl, "no event type \"%s\"", args->word[0]);
	for (uint32_t i = 0; !type && mos_event_type_at(i); i++)
		puts(mos_event_type_name(mos_event_type_at(i)));
	for (const struct field *f = payload_fields(type); f->name; f++)
		puts(f->name);
	return CTL_OK;
}

/* What mos_event_check() says, for people. */
static int refused_here(struct ctl *ctl, const struct mos_event *ev)
{
	static const char *const words[MOS_EVENT_N_FAULTS] = {
		[MOS_EVENT_BAD_TYPE] = "the type is unknown",
		[MOS_EVENT_BAD_FLAGS] = "a flag is unknown",
		[MOS_EVENT_BAD_HOPS] = "too many hops",
		[MOS_EVENT_BAD_FIELD] = "a field is out of its range, or two do not agree",
		[MOS_EVENT_BAD_RESERVED] = "a reserved field is not 0",
	};
	enum mos_event_fault fault = mos_event_check(ev);

	return ctl_fail(ctl, CTL_FAILED, "docs: <mos/event.h>; mosctl emit --fields TYPE", "%s: %s",
		mos_event_type_name(ev->type), words[fault] ? words[fault] : "refused");
}

/* @return 1 it came, -EPERM refused, -ETIMEDOUT, others as mos_events_wait(). */
static int wait_for_own(struct ctl *ctl, uint32_t type, struct mos_event *ret)
{
	uint32_t slot = mos_client_info(ctl->client).slot;
	int64_t until_ms = now_ms() + CONFIRM_MS;
	int rc;

	while (!term_interrupted()) {
		rc = mos_events_next(ctl->client, ret);
		if (rc == 1 && ret->type == type && ret->source == slot)
			return 1;
		if (rc == 1 && ret->type == MOS_EVENT_BUS_NOTICE && ret->u.notice.source == slot)
			return -EPERM;
		if (rc < 0 && rc != -EOVERFLOW)
			return rc;
		if (rc != 0)
			continue;
		if (now_ms() >= until_ms)
			return -ETIMEDOUT;
		rc = mos_events_wait(ctl->client, (int)(until_ms - now_ms()));
		if (rc < 0 && rc != -EINTR && rc != -ETIMEDOUT)
			return rc;
	}
	return -EINTR;
}

static int emit(struct ctl *ctl, const struct mos_event *ev)
{
	static const char hint[] =
		"some types only rtcore and the broker tell; mosctl metrics counts what is refused";
	const uint32_t types[] = {ev->type, MOS_EVENT_BUS_NOTICE};
	struct mos_event seen;
	int rc = mos_events_select(ctl->client, types, 2);

	if (rc == 0)
		rc = mos_emit(ctl->client, ev);
	if (rc == -EINVAL)
		return refused_here(ctl, ev);
	if (rc == 0)
		rc = wait_for_own(ctl, ev->type, &seen);
	if (rc == 1)
		return event_print(ctl, &seen);
	if (rc == -EPERM)
		return ctl_fail(ctl, CTL_FAILED, hint, "%s was refused", mos_event_type_name(ev->type));
	if (rc == -ETIMEDOUT)
		return ctl_fail(ctl, CTL_FAILED, hint, "%s did not come back within %d ms",
			mos_event_type_name(ev->type), CONFIRM_MS);
	return rc == -EINTR ? CTL_FAILED : ctl_client_failed(ctl, rc);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	double hold_s = 0;
	struct mos_event ev;
	char why[256];
	uint32_t type;
	int bad, code;

	if (args->opt[FIELDS])
		return list_fields(ctl, args);
	if (!args->n)
		return ctl_usage(ctl, "emit: TYPE [NAME=VALUE...] is missing");
	type = mos_event_type_from_name(args->word[0]);
	if (!type)
		return ctl_usage(ctl, "no event type \"%s\"", args->word[0]);
	if (args->opt[HOLD] && (parse_real(args->opt[HOLD], &hold_s) < 0 || hold_s < 0 || hold_s > 3600))
		return ctl_usage(ctl, "--hold: not 0 to 3600 seconds: %s", args->opt[HOLD]);
	ev = payload_default(type);
	ev.flags = args->opt[IMMEDIATE] ? MOS_EVENT_IMMEDIATE : 0;
	bad = payload_parse(&ev, args->n - 1, args->word + 1, why, sizeof(why));
	if (bad >= 0)
		return ctl_usage(ctl, "%s: %s", args->word[bad + 1], why);
	code = ctl_connect(ctl, 0);
	if (code != CTL_OK)
		return code;
	term_catch_interrupt();
	code = emit(ctl, &ev);
	if (code == CTL_OK && hold_s > 0 && !term_interrupted())
		(void)poll(NULL, 0, (int)(hold_s * 1000));
	return code;
}

const struct command cmd_emit = {
	.name = "emit",
	.words = "TYPE [NAME=VALUE...]",
	.summary = "Tell an event to everybody, and print it as it was delivered",
	.text = "Names and values are those that mosctl events prints; what is left out is 0, or what makes "
		"sense.\n"
		"Sets are written with commas: keys=C4,E4,G4. A chord's symbol says its tones.",
	.example = "  mosctl emit midi:noteon note=C4 velocity=0.8 --immediate --hold 1\n"
		   "  mosctl emit chord:detected symbol=Am7\n"
		   "  mosctl emit metronome:pattern steps=x..x..x. euclidean=1\n"
		   "  mosctl emit --fields rocky:feedback",
	.options = options,
	.max_words = -1,
	.run = run,
};
