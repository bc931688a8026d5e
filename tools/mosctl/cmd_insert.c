/* SPDX-License-Identifier: MIT */
/* mosctl insert: plugins and amplifiers in strips. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "verbs.h"

#define STATE_MAX (1 << 20) /* bytes, as rtcore takes them */

enum { SLOT };

static const struct ctl_option options[] = {
	[SLOT] = {"slot", 0, "0..3", "its place in the strip (add: the first that is free; else 0)"},
	{0},
};

static int list(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_value *inserts;
	struct mos_reply reply;
	char what[256], text[256], strip[24];
	int code = ctl_call(ctl, "apollo.insert.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	inserts = mos_get(&reply.value, "inserts");
	for (uint32_t i = 0; !ctl->json && i < verb_len(inserts); i++) {
		const struct mos_value *in = &inserts->u.items[i];
		const char *why = printable(mos_get_str(in, "text", ""), text, sizeof(text));

		printf("%s, slot %lld: %s, %s, %lld frames%s%s\n", verb_strip_name(in, strip, sizeof(strip)),
			(long long)mos_get_int(in, "slot", 0),
			printable(mos_get_str(in, "what", "?"), what, sizeof(what)),
			mos_get_str(in, "state", "?"), (long long)mos_get_int(in, "latency_frames", 0),
			*why ? ": " : "", why);
	}
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static int add(struct ctl *ctl, const struct ctl_args *args)
{
	const char *what = args->word[2];
	struct mos_field fields[4];
	struct mos_reply reply;
	char path[256], strip[24];
	int is_file = ends_in(what, ".nam"), is_nam = is_file || !strchr(what, ':');
	int code = verb_strip(ctl, args->word[1], &fields[0]);
	size_t n = 3;

	if (code == CTL_OK && is_file) {
		code = verb_path(ctl, what, path, sizeof(path));
		what = path;
	}
	if (code == CTL_OK)
		code = verb_uint(ctl, args, SLOT, 0, 3, fields, &n);
	if (code != CTL_OK)
		return code;
	fields[1] = mos_str("kind", is_nam ? "nam" : "lv2");
	fields[2] = mos_str("what", what);
	code = ctl_call(ctl, "apollo.insert.add", fields, n, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s, slot %lld\n", verb_strip_name(&reply.value, strip, sizeof(strip)),
			(long long)mos_get_int(&reply.value, "slot", 0));
	mos_reply_finish(&reply);
	return code;
}

/* STRIP and --slot */
static int place(struct ctl *ctl, const struct ctl_args *args, struct mos_field fields[static 2])
{
	size_t n = 1;
	int code = verb_strip(ctl, args->word[1], &fields[0]);

	fields[1] = mos_int("slot", 0);
	return code == CTL_OK ? verb_uint(ctl, args, SLOT, 0, 3, fields, &n) : code;
}

static int remove_(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	int code = place(ctl, args, fields);

	return code == CTL_OK ? verb_done(ctl, "apollo.insert.remove", fields, 2) : code;
}

static int show(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	const struct mos_value *controls;
	struct mos_reply reply;
	char symbol[80];
	int code = place(ctl, args, fields);

	if (code == CTL_OK)
		code = ctl_call(ctl, "apollo.insert.get", fields, 2, &reply);
	if (code != CTL_OK)
		return code;
	controls = mos_get(&reply.value, "controls");
	for (uint32_t i = 0; !ctl->json && i < verb_len(controls); i++) {
		const struct mos_value *c = &controls->u.items[i];

		printf("%-24s %10g  %g to %g\n",
			printable(mos_get_str(c, "symbol", "?"), symbol, sizeof(symbol)),
			mos_get_real(c, "value", 0), mos_get_real(c, "min", 0), mos_get_real(c, "max", 0));
	}
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

static int set(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[4];
	int code = place(ctl, args, fields);

	for (int i = 2; code == CTL_OK && i < args->n; i++) {
		char *equals = strchr(args->word[i], '=');
		double value;

		if (!equals || parse_real(equals + 1, &value) < 0)
			return ctl_usage(ctl, "not SYMBOL=VALUE: %s", args->word[i]);
		*equals = '\0';
		fields[2] = mos_str("symbol", args->word[i]);
		fields[3] = mos_real("value", value);
		code = verb_done(ctl, "apollo.insert.set", fields, 4);
	}
	return code;
}

static int bypass(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[3];
	int on, code = place(ctl, args, fields);

	if (code == CTL_OK && parse_on_off(args->word[2], &on) < 0)
		return ctl_usage(ctl, "insert bypass: on or off, not %s", args->word[2]);
	if (code != CTL_OK)
		return code;
	fields[2] = mos_bool("on", on);
	return verb_done(ctl, "apollo.insert.bypass", fields, 3);
}

static int models(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_value *list;
	struct mos_reply reply;
	char name[256];
	int code = ctl_call(ctl, "apollo.model.list", MOS_NO_ARGS, &reply);

	if (code != CTL_OK)
		return code;
	list = mos_get(&reply.value, "models");
	for (uint32_t i = 0; !ctl->json && i < verb_len(list); i++)
		printf("%-48s %lld kB\n",
			printable(mos_get_str(&list->u.items[i], "name", "?"), name, sizeof(name)),
			(long long)mos_get_int(&list->u.items[i], "bytes", 0) / 1000);
	if (ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

/* What it keeps inside of itself, into a file. */
static int save(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	struct mos_reply reply;
	char path[256];
	int code = place(ctl, args, fields), rc = -EPROTO;

	if (code == CTL_OK)
		code = ctl_call(ctl, "apollo.insert.save", fields, 2, &reply);
	if (code != CTL_OK)
		return code;
	if (reply.n_fds == 1)
		rc = file_replace(reply.fds[0], args->word[2]);
	if (rc < 0)
		code = ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", args->word[2], strerror(-rc));
	else if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%s: %lld bytes\n", printable(args->word[2], path, sizeof(path)),
			(long long)mos_get_int(&reply.value, "bytes", 0));
	mos_reply_finish(&reply);
	return code;
}

/* @return a sealed memfd with the file's text; -errno */
static int seal_file(const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), rc = from < 0 ? -errno : 0;
	int to = memfd_create("mosctl-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat st;

	if (rc == 0 && fstat(from, &st) == 0 && st.st_size > STATE_MAX)
		rc = -EFBIG; /* no need to have it in memory */
	if (rc == 0)
		rc = to < 0 ? -errno : file_copy(from, to);
	if (rc == 0 && fcntl(to, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		rc = -errno;
	if (from >= 0)
		close(from);
	if (rc < 0 && to >= 0)
		close(to);
	return rc < 0 ? rc : to;
}

static int restore(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_field fields[2];
	struct mos_reply reply = {0};
	int code = place(ctl, args, fields), fd, rc;

	if (code == CTL_OK)
		code = file_check(ctl, args->word[2]);
	if (code != CTL_OK)
		return code;
	fd = seal_file(args->word[2]);
	if (fd < 0)
		return ctl_fail(ctl, CTL_FAILED, NULL, "%s: %s", args->word[2], strerror(-fd));
	code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	rc = code != CTL_OK ? 0
			    : mos_call_request(ctl->client,
				      &(struct mos_request){.method = "apollo.insert.restore",
					      .args = fields,
					      .n_args = 2,
					      .fds = &fd,
					      .n_fds = 1,
					      .timeout_ms = ctl->timeout_ms},
				      &reply);
	close(fd);
	if (rc < 0)
		return ctl_client_failed(ctl, rc);
	if (code == CTL_OK && ctl->json)
		code = json_print_value(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

/* What is installed: the host knows, MOS need not run. */
static int plugins(struct ctl *ctl, const struct ctl_args *args)
{
	char host[PATH_MAX];
	int rc = program_find("mos-fxhost", host, sizeof(host));

	if (rc == 0) {
		const char *const argv[] = {host, "--list", ctl->json ? "--json" : NULL, NULL};

		rc = program_run(argv, &(struct program_says){0});
	}
	if (rc < 0)
		return ctl_fail(ctl, CTL_FAILED, "it is installed beside mosctl; is the installation whole?",
			"no program mos-fxhost");
	return rc ? CTL_FAILED : CTL_OK;
}

static const struct ctl_verb verbs[] = {
	{"list", "", NULL, 0, 0, 0, list},
	{"add", "STRIP URI|MODEL|FILE.nam", "slot", 2, 2, 1, add},
	{"show", "STRIP", "slot", 1, 1, 0, show},
	{"set", "STRIP SYMBOL=VALUE...", "slot", 2, 14, 0, set},
	{"bypass", "STRIP on|off", "slot", 2, 2, 0, bypass},
	{"remove", "STRIP", "slot", 1, 1, 0, remove_},
	{"save", "STRIP FILE", "slot", 2, 2, 1, save},
	{"restore", "STRIP FILE", "slot", 2, 2, 1, restore},
	{"models", "", NULL, 0, 0, 0, models},
	{"plugins", "", NULL, 0, 0, 0, plugins},
	{0},
};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	return verb_run(ctl, args, verbs);
}

const struct command cmd_insert = {
	.name = "insert",
	.words = "VERB [WORD...]",
	.summary = "LV2 plugins and neural amplifiers in strips",
	.text = "  list                          what is in force, and what was bypassed and why\n"
		"  add STRIP URI|MODEL|FILE.nam  put a plugin or an amplifier into a strip; 63 is the audio "
		"input\n"
		"  show STRIP                    its controls\n"
		"  set STRIP SYMBOL=VALUE...     change some\n"
		"  bypass STRIP on|off           hear the strip without it, and with it again\n"
		"  remove STRIP                  take it out\n"
		"  save STRIP FILE               what it keeps inside of itself, and its controls\n"
		"  restore STRIP FILE            put that in force again\n"
		"  models                        the amplifiers that are known by name\n"
		"  plugins                       the LV2 plugins that are installed",
	.example = "  mosctl insert add 48 http://drobilla.net/plugins/mda/Delay\n  mosctl insert add 63 "
		   "crunch.nam\n"
		   "  mosctl insert set 48 feedback=0.4\n"
		   "  mosctl insert save 48 echo.ttl",
	.options = options,
	.min_words = 1,
	.max_words = 16,
	.run = run,
};
