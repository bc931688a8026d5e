/* SPDX-License-Identifier: MIT */
/* mosctl widget: the small programs that play along. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "widget.h"

static const struct ctl_option options[] = {
	[WIDGET_REPLACE] = {"replace", 'r', NULL, "install: over one that is there; it keeps its settings"},
	[WIDGET_PURGE] = {"purge", 0, NULL, "remove: its settings and what it kept, too"},
	[WIDGET_LINES] = {"lines", 'n', "N", "logs: the last N (default: 100)"},
	[WIDGET_ONCE] = {"once", '1', NULL, "attach: print what it shows, and leave"},
	[WIDGET_REVISION] = {"revision", 0, "N", "settings: only if nobody changed them since revision N"},
	[WIDGET_NAMES] = {"names", 0, NULL, "list: only the ids"},
	{0},
};

/* Starting waits for dependencies, each with a deadline of its own. */
#define PATIENCE_MS 60'000

struct pending {
	struct ctl *ctl;
	const char *id, *doing;
	int done, code;
};

static void on_done(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	struct pending *p = data;

	p->done = 1;
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (rc < 0) {
		p->code = ctl_connect_failed(p->ctl, rc, error);
		return;
	}
	if (p->ctl->json) {
		p->code = json_print_value(&reply->value);
		return;
	}
	p->code = CTL_OK;
	if (mos_get_str(&reply->value, "state", NULL))
		printf("%s: %s\n", p->id, mos_get_str(&reply->value, "state", ""));
}

/* What takes so long: the state that it hangs in. */
static void tell_progress(struct pending *p, int seconds)
{
	const struct mos_field id = mos_str("id", p->id);
	struct mos_reply reply;

	if (!isatty(STDERR_FILENO) || mos_call(p->ctl->client, "broker.widget.get", &id, 1, &reply) < 0)
		return;
	if (!p->done)
		fprintf(stderr, "\r\033[K%s %s: %s, %d s", p->doing, p->id,
			mos_get_str(&reply.value, "state", "?"), seconds);
	mos_reply_finish(&reply);
}

/* A call that may take long; its answer is printed. */
static int call_patiently(struct ctl *ctl, const char *doing, const char *method, const char *id)
{
	struct pending p = {.ctl = ctl, .id = id, .doing = doing, .code = CTL_FAILED};
	const struct mos_field args[] = {mos_str("id", id)};
	int code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY), rc;

	if (code != CTL_OK)
		return code;
	rc = mos_call_async(ctl->client,
		&(struct mos_request){.method = method,
			.args = args,
			.n_args = 1,
			.timeout_ms = ctl->timeout_ms ? ctl->timeout_ms : PATIENCE_MS},
		on_done, &p);
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	for (int seconds = 1; !p.done; seconds++) {
		rc = mos_events_dispatch(ctl->client, 1000);
		if (rc < 0 && rc != -ETIMEDOUT && rc != -EINTR && !p.done)
			code = ctl_client_failed(ctl, rc);
		if (code != CTL_OK || p.done)
			break;
		if (rc == 0 || rc == -ETIMEDOUT)
			tell_progress(&p, seconds);
	}
	/* What is still awaited must not be told to a frame that is gone. */
	mos_client_destroy(ctl->client);
	ctl->client = NULL;
	return code != CTL_OK ? code : p.code;
}

static int start(struct ctl *ctl, const struct ctl_args *args)
{
	return call_patiently(ctl, "starting", "broker.widget.start", args->word[1]);
}

static int stop(struct ctl *ctl, const struct ctl_args *args)
{
	return call_patiently(ctl, "stopping", "broker.widget.stop", args->word[1]);
}

static int restart(struct ctl *ctl, const struct ctl_args *args)
{
	return call_patiently(ctl, "restarting", "broker.widget.restart", args->word[1]);
}

static int install(struct ctl *ctl, const struct ctl_args *args)
{
	char *path = realpath(args->word[1], NULL), version[32];
	struct mos_field field[2] = {mos_str("path", path), mos_bool("replace", 1)};
	struct mos_reply reply;
	int code;

	if (!path)
		return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json", "%s: %s",
			args->word[1], strerror(errno));
	if (!ctl->timeout_ms)
		ctl->timeout_ms = PATIENCE_MS;
	code = ctl_call(ctl, "broker.widget.install", field, args->opt[WIDGET_REPLACE] ? 2 : 1, &reply);
	free(path);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("installed %s %s; mosctl widget start %s\n", mos_get_str(&reply.value, "id", "?"),
			printable(mos_get_str(&reply.value, "version", "?"), version, sizeof(version)),
			mos_get_str(&reply.value, "id", "?"));
	mos_reply_finish(&reply);
	return code;
}

static int remove_widget(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_field field[2] = {mos_str("id", args->word[1]), mos_bool("purge", 1)};
	struct mos_reply reply;
	int code;

	if (!ctl->timeout_ms)
		ctl->timeout_ms = PATIENCE_MS;
	code = ctl_call(ctl, "broker.widget.remove", field, args->opt[WIDGET_PURGE] ? 2 : 1, &reply);
	if (code != CTL_OK)
		return code;
	code = ctl->json ? json_print_value(&reply.value) : CTL_OK;
	mos_reply_finish(&reply);
	return code;
}

#define OPT(option) (1u << (option))

static const struct verb {
	const char *name, *words;
	int min_words, max_words; /* behind the verb */
	unsigned int options;
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
} verbs[] = {
	{"list", "", 0, 0, OPT(WIDGET_NAMES), widget_list},
	{"install", " DIR", 1, 1, OPT(WIDGET_REPLACE), install},
	{"remove", " ID", 1, 1, OPT(WIDGET_PURGE), remove_widget},
	{"check", " DIR|ID", 1, 1, 0, widget_check},
	{"start", " ID", 1, 1, 0, start},
	{"stop", " ID", 1, 1, 0, stop},
	{"restart", " ID", 1, 1, 0, restart},
	{"logs", " ID", 1, 1, OPT(WIDGET_LINES), widget_logs},
	{"attach", " ID", 1, 1, OPT(WIDGET_ONCE), widget_attach},
	{"settings", " ID [NAME=VALUE...]", 1, -1, OPT(WIDGET_REVISION), widget_settings},
	{"call", " ID METHOD [JSON | KEY=VALUE...]", 2, -1, 0, widget_call},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	const struct verb *verb = NULL;
	int n = args->n - 1;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && !verb; i++) {
		if (!strcmp(verbs[i].name, args->word[0]))
			verb = &verbs[i];
	}
	if (!verb)
		return ctl_usage(ctl, "widget: no verb \"%s\"", args->word[0]);
	for (unsigned int i = 0; options[i].name; i++) {
		if (args->opt[i] && !(verb->options & OPT(i)))
			return ctl_usage(ctl, "widget %s takes no --%s", verb->name, options[i].name);
	}
	if (n < verb->min_words)
		return ctl_usage(ctl, "widget %s:%s is missing", verb->name, verb->words);
	if (verb->max_words >= 0 && n > verb->max_words)
		return ctl_usage(
			ctl, "widget %s: too many words: %s", verb->name, args->word[verb->max_words + 1]);
	return verb->run(ctl, args);
}

const struct command cmd_widget = {
	.name = "widget",
	.words = "VERB [ID] [WORD...]",
	.summary = "Install, run, watch and set up widgets: small programs that play along",
	.text = "  list                  all that are installed, and how they are\n"
		"  check DIR|ID          what it may do, in words; changes nothing\n"
		"  install DIR           a folder with widget.json; --replace over an older one\n"
		"  remove ID             --purge with its settings and what it kept\n"
		"  start ID              with those that it needs; returns when it is active\n"
		"  stop ID, restart ID   those that need it stop before it\n"
		"  attach ID             what it shows, on the whole screen; keys go to it; q or Ctrl-] "
		"leaves\n"
		"  logs ID               what it said, and why it ended\n"
		"  settings ID           its settings; with NAME=VALUE words: change them, all or none\n"
		"  call ID METHOD ...    a method of its own, with parameters as mosctl call takes them",
	.example = "  mosctl widget check ./my-widget\n"
		   "  mosctl widget start metronome\n"
		   "  mosctl widget attach metronome\n"
		   "  mosctl widget settings metronome preset=tresillo volume=0.8\n"
		   "  mosctl widget call metronome pattern.set pulses=3 steps=8",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
