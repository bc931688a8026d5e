/* SPDX-License-Identifier: MIT */
/* mosctl play: load when a file is named, loop when asked, play, and follow or wait when asked. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "loop.h"
#include "score.h"
#include "transport.h"

enum { COUNT_IN, LOOP, RESTART, FOLLOW, WAIT };

static const struct ctl_option options[] = {
	[COUNT_IN] = {"count-in", 'c', "BARS", "count in first"},
	[LOOP] = {"loop", 'l', "A B", "repeat bars A to B, both included"},
	[RESTART] = {"restart", 'r', NULL, "from the start, or the loop's start; with FILE always so"},
	[FOLLOW] = {"follow", 'f', NULL, "show the position until the end; Ctrl-C leaves, the music goes on"},
	[WAIT] = {"wait", 'w', NULL, "return when the music has ended"},
	{0},
};

#define FOLLOW_MS 50
#define DRIVER_WAIT_MS 3000

/* Ended: it was playing and now it is neither that nor paused. */
static int has_ended(uint32_t state)
{
	return state != MOS_TRANSPORT_PLAYING && state != MOS_TRANSPORT_PAUSED &&
	       state != MOS_TRANSPORT_LOADING;
}

static void show(struct ctl *ctl, const struct mos_now *now)
{
	char line[160];

	if (ctl->json) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		yyjson_mut_val *root = yyjson_mut_obj(doc);

		yyjson_mut_obj_add_str(doc, root, "state", mos_transport_state_name(now->clock.state));
		yyjson_mut_obj_add_sint(doc, root, "ticks", now->tick);
		yyjson_mut_obj_add_uint(doc, root, "bar", now->bar);
		yyjson_mut_obj_add_uint(doc, root, "beat", now->beat);
		yyjson_mut_obj_add_uint(doc, root, "tick", now->beat_tick);
		yyjson_mut_obj_add_real(doc, root, "bpm", now->bpm);
		(void)json_print(doc, root);
	} else if (isatty(STDOUT_FILENO)) {
		printf("\r\033[K%s", position_line(now, line, sizeof(line)));
		fflush(stdout);
	}
}

/* On a terminal the line is rewritten; elsewhere one line a bar would be noise, so only the last is printed.
 */
static int follow(struct ctl *ctl, int quiet)
{
	int seen_playing = 0, rounds = 0;
	struct mos_now now = {0};
	struct mos_event event;
	char line[160];
	int rc = 0;

	term_catch_interrupt();
	while (!term_interrupted()) {
		rc = mos_clock_now(ctl->client, &now);
		if (rc < 0 && rc != -EAGAIN)
			break;
		if (rc == 0) {
			seen_playing |= now.clock.state == MOS_TRANSPORT_PLAYING;
			/* Whatever was shorter than the first look has ended too. */
			if (has_ended(now.clock.state) && (seen_playing || rounds > 2000 / FOLLOW_MS))
				break;
			if (!quiet)
				show(ctl, &now);
		}
		while ((rc = mos_events_next(ctl->client, &event)) != 0 && rc != -ENOTCONN)
			seen_playing |= rc == 1 && event.type == MOS_EVENT_TRANSPORT_STOP;
		rc = mos_events_wait(ctl->client, FOLLOW_MS);
		if (rc < 0 && rc != -ETIMEDOUT && rc != -EINTR)
			return ctl_client_failed(ctl, rc);
		rounds += rc == -ETIMEDOUT;
	}
	if (!quiet && !ctl->json)
		printf("%s%s\n", isatty(STDOUT_FILENO) ? "\r\033[K" : "",
			position_line(&now, line, sizeof(line)));
	return CTL_OK;
}

static int load(struct ctl *ctl, const char *path)
{
	struct mos_reply reply;
	int code = score_load(ctl, path, &reply);

	if (code != CTL_OK)
		return code;
	if (!ctl->json)
		score_print(&reply.value);
	mos_reply_finish(&reply);
	return CTL_OK;
}

/* A sink that slept, or an rtcore that was just started, needs a moment until cycles come: wait for it. */
static int start(struct ctl *ctl, const struct mos_field *fields, size_t n, struct mos_reply *ret)
{
	int rc = 0;

	for (int waited_ms = 0; waited_ms <= DRIVER_WAIT_MS; waited_ms += FOLLOW_MS) {
		rc = mos_call(ctl->client, "kronos.transport.play", fields, n, ret);
		if (rc != -EREMOTEIO || strcmp(mos_client_error(ctl->client)->code, "kronos.driver.down"))
			break;
		(void)poll(NULL, 0, FOLLOW_MS);
	}
	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	int watch = args->opt[FOLLOW] || args->opt[WAIT];
	struct mos_field fields[2];
	struct mos_reply reply;
	uint32_t bars = 0;
	size_t n = 0;
	int code;

	if (args->opt[COUNT_IN] && parse_uint(args->opt[COUNT_IN], 16, &bars) < 0)
		return ctl_usage(ctl, "--count-in: not 0 to 16 bars: %s", args->opt[COUNT_IN]);
	if (args->n && (code = file_check(ctl, args->word[0])) != CTL_OK)
		return code;
	code = ctl_connect(ctl, watch ? 0 : MOS_CLIENT_CONTROL_ONLY);
	if (code == CTL_OK && args->n)
		code = load(ctl, args->word[0]);
	if (code == CTL_OK && args->opt[LOOP])
		code = loop_set(ctl, args->opt[LOOP], args->second[LOOP], NULL);
	if (code != CTL_OK)
		return code;
	if (bars)
		fields[n++] = mos_int("count_in", bars);
	if (args->n || args->opt[RESTART])
		fields[n++] = mos_bool("restart", 1);
	code = start(ctl, fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (!ctl->json && !watch)
		transport_print(&reply.value);
	else if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return watch && code == CTL_OK ? follow(ctl, !args->opt[FOLLOW]) : code;
}

const struct command cmd_play = {
	.name = "play",
	.words = "[FILE]",
	.summary = "Play a file from its start, or go on playing",
	.example = "  mosctl play song.mid --follow\n  mosctl play --count-in 1 --loop 9 12",
	.options = options,
	.max_words = 1,
	.run = run,
};
