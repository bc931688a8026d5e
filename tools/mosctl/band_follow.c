/* SPDX-License-Identifier: MIT */
/* mosctl band status, and what the band tells while it plays. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "band_verbs.h"

#define TURN_MS 200

struct watch {
	struct ctl *ctl;
	int is_quiet, has_ended, code;
};

void band_print_status(const struct mos_value *status)
{
	const int64_t bars = mos_get_int(status, "bars", 0);
	const char *next = mos_get_str(status, "next_chord", "");
	char chord[72], after[72];

	if (mos_get_bool(status, "count_in", 0)) {
		printf("count-in  -> %s  %g BPM\n", printable(next, after, sizeof(after)),
			mos_get_real(status, "tempo", 0));
		return;
	}
	printf("bar %lld", (long long)mos_get_int(status, "bar", 0));
	if (!mos_get_bool(status, "endless", 0) && bars > 0)
		printf(" of %lld", (long long)bars);
	printf("  chorus %lld  %s%s%s  %g BPM  %s\n", (long long)mos_get_int(status, "chorus", 0),
		printable(mos_get_str(status, "chord", "-"), chord, sizeof(chord)), *next ? " -> " : "",
		printable(next, after, sizeof(after)), mos_get_real(status, "tempo", 0),
		mos_get_str(status, "intensity", ""));
}

static void show(struct watch *w, const struct mos_value *status)
{
	if (w->is_quiet)
		return;
	if (w->ctl->json) {
		w->code = json_print_value(status);
		return;
	}
	band_print_status(status);
	(void)fflush(stdout);
}

/* The end, and why when it is not the music's own. */
static void end(struct watch *w, const struct mos_value *params)
{
	const char *error = mos_get_str(params, "error", "");
	char text[256];

	w->has_ended = 1;
	if (w->ctl->json && !w->is_quiet)
		(void)json_print_value(params);
	if (*error)
		w->code = ctl_fail(w->ctl, CTL_FAILED, NULL, "the band stopped: %s",
			printable(error, text, sizeof(text)));
}

static void on_notice(
	struct mos_client *client, const char *method, const struct mos_value *params, void *data)
{
	struct watch *w = data;

	if (strcmp(method, "band.changed") == 0)
		show(w, params);
	else if (strcmp(method, "band.ended") == 0)
		end(w, params);
	else if (strcmp(method, "client.service.lost") == 0 &&
		 strcmp(mos_get_str(params, "service", ""), "band") == 0)
		w->has_ended = 1;
}

int band_follow(struct ctl *ctl, int is_ours, int is_quiet)
{
	struct watch watch = {.ctl = ctl, .is_quiet = is_quiet, .code = CTL_OK};

	term_catch_interrupt();
	mos_client_on_notice(ctl->client, on_notice, &watch);
	while (!watch.has_ended && !term_interrupted() && watch.code == CTL_OK) {
		const int rc = mos_events_dispatch(ctl->client, TURN_MS);
		if (rc < 0 && rc != -ETIMEDOUT && rc != -EINTR)
			return ctl_client_failed(ctl, rc);
	}
	mos_client_on_notice(ctl->client, NULL, NULL);
	if (!is_ours || watch.has_ended)
		return watch.code;
	const int rc = mos_call(ctl->client, "band.stop", MOS_NO_ARGS, NULL);
	/* It may have ended by itself at this very moment. */
	if (rc < 0 && strcmp(mos_client_error(ctl->client)->code, "band.idle") != 0)
		return ctl_client_failed(ctl, rc);
	return watch.code;
}

int band_status(struct ctl *ctl, const struct ctl_args *args)
{
	struct band_words words;
	struct mos_reply reply;
	int code = band_words(ctl, args, BAND_STATUS, &words);

	if (code == CTL_OK && args->n > 1)
		code = ctl_usage(ctl, "status takes no words");
	if (code == CTL_OK)
		code = band_ask(ctl, &(struct band_ask){.method = "band.status", .fd = -1}, &reply);
	if (code != CTL_OK)
		return code;
	const struct mos_value *status = &reply.value;
	const int is_playing = mos_get_bool(status, "playing", 0);
	char name[128];
	if (ctl->json) {
		code = json_print_value(status);
	} else if (!is_playing) {
		puts("nothing plays");
	} else {
		(void)printable(mos_get_str(status, "name", ""), name, sizeof(name));
		printf("%s%s%s, %s  %lld sent, %lld late, %lld dropped\n", name, *name ? ", " : "",
			mos_get_str(status, "style", "?"), mos_get_str(status, "backend", "?"),
			(long long)mos_get_int(status, "sent", 0), (long long)mos_get_int(status, "late", 0),
			(long long)mos_get_int(status, "dropped", 0));
		band_print_status(status);
	}
	mos_reply_finish(&reply);
	return code == CTL_OK && args->opt[BAND_FOLLOW] && is_playing ? band_follow(ctl, 0, 0) : code;
}
