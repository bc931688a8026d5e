/* SPDX-License-Identifier: MIT */
/* mosctl widget: the small programs that play along. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	[WIDGET_OUTPUT] = {"output", 'o', "FILE", "pack: to this file (default: ID-VERSION.mosw)"},
	[WIDGET_PYTHON] = {"python", 'p', NULL, "new: in Python instead of C"},
	[WIDGET_TO] = {"to", 't', "INDEX", "publish: into this folder"},
	[WIDGET_SIGNED] = {"signed", 0, NULL, "install: only with a signature of somebody whom you trust"},
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

int widget_call_folder(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args, struct mos_reply *ret)
{
	int code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	int folder = open(args->value.u.str, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (folder < 0)
		return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json", "%s: %s", args->value.u.str,
			strerror(errno));
	rc = code != CTL_OK ? 0
			    : mos_call_request(ctl->client,
				      &(struct mos_request){.method = method,
					      .args = args,
					      .n_args = n_args,
					      .fds = &folder,
					      .n_fds = 1,
					      .timeout_ms = ctl->timeout_ms},
				      ret);
	close(folder);
	return rc < 0 ? ctl_client_failed(ctl, rc) : code;
}

static int install_folder(struct ctl *ctl, const struct ctl_args *args, const char *folder)
{
	char *path = realpath(folder, NULL), version[32];
	struct mos_field field[2] = {mos_str("path", path), mos_bool("replace", 1)};
	struct mos_reply reply;
	int code;

	if (!path)
		return ctl_fail(ctl, CTL_BAD_FILE, "a widget is a folder with widget.json", "%s: %s",
			args->word[1], strerror(errno));
	if (!ctl->timeout_ms)
		ctl->timeout_ms = PATIENCE_MS;
	code = widget_call_folder(ctl, "broker.widget.install", field, args->opt[WIDGET_REPLACE] ? 2 : 1, &reply);
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

/* A folder, or what `pack` made of one. */
static int install(struct ctl *ctl, const struct ctl_args *args)
{
	char folder[PATH_MAX];
	struct stat st;
	const int is_there = stat(args->word[1], &st) == 0;
	int code;

	if (is_there && S_ISDIR(st.st_mode) && args->opt[WIDGET_SIGNED])
		return ctl_usage(ctl, "widget install: a folder is never signed; pack and publish it");
	/* A folder that comes into a signed file's place now is not taken for it. */
	if (!args->opt[WIDGET_SIGNED] && (!is_there || S_ISDIR(st.st_mode)))
		return install_folder(ctl, args, args->word[1]);
	code = widget_unpack(ctl, args->word[1], args->opt[WIDGET_SIGNED] != NULL, folder, sizeof(folder));
	if (code != CTL_OK)
		return code;
	code = install_folder(ctl, args, folder);
	widget_folder_remove(folder);
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
	{"new", " ID", 1, 1, OPT(WIDGET_PYTHON), widget_new},
	{"dev", " DIR", 1, 1, 0, widget_dev},
	{"test", " DIR", 1, 1, 0, widget_test},
	{"pack", " DIR", 1, 1, OPT(WIDGET_OUTPUT), widget_pack},
	{"key", "", 0, 0, 0, widget_key},
	{"publish", " FILE", 1, 1, OPT(WIDGET_TO), widget_publish},
	{"trust", " KEY", 1, 1, 0, widget_trust},
	{"install", " DIR|FILE", 1, 1, OPT(WIDGET_REPLACE) | OPT(WIDGET_SIGNED), install},
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
		"  new ID                a folder of that name with one that builds and runs, to begin with\n"
		"  dev DIR               build, install and start it again whenever a file in there changes\n"
		"  test DIR              its own test (DIR/test), beside it in a MOS of its own\n"
		"  pack DIR              as one file; the same bytes from the same content, always\n"
		"  key                   the public key with which you sign; made the first time\n"
		"  publish FILE          sign what pack made, and put both --to an index: a folder whose file `keys` says\n"
		"                        who may\n"
		"  trust KEY             believe this signer; a wrong signature, or a stranger's, is never installed\n"
		"  install DIR|FILE      a folder with widget.json, or packed; --replace over an older one\n"
		"  remove ID             --purge with its settings and what it kept\n"
		"  start ID              with those that it needs; returns when it is active\n"
		"  stop ID, restart ID   those that need it stop before it\n"
		"  attach ID             what it shows, on the whole screen; keys go to it; q or Ctrl-] "
		"leaves\n"
		"  logs ID               what it said, and why it ended\n"
		"  settings ID           its settings; with NAME=VALUE words: change them, all or none\n"
		"  call ID METHOD ...    a method of its own, with parameters as mosctl call takes them",
	.example = "  mosctl widget new my-widget && mosctl widget dev my-widget\n"
		   "  mosctl widget test my-widget && mosctl widget pack my-widget\n"
		   "  mosctl widget check ./my-widget\n"
		   "  mosctl widget start metronome\n"
		   "  mosctl widget attach metronome\n"
		   "  mosctl widget settings metronome preset=tresillo volume=0.8\n"
		   "  mosctl widget call metronome pattern.set pulses=3 steps=8",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
