/* SPDX-License-Identifier: MIT */
/* mosctl report: the names of this user, this machine and these scores. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/box.h"
#include "report/report.h"

static void know_user(struct report *r)
{
	const struct passwd *pw = getpwuid(getuid());
	char name[256], *rest = NULL;

	redact_know(&r->redactor, "home", getenv("HOME"), 1);
	if (!pw)
		return;
	redact_know(&r->redactor, "home", pw->pw_dir, 1);
	if (strcmp(pw->pw_name, "root") != 0)
		redact_know(&r->redactor, "user", pw->pw_name, 1);
	/* "Ada Lovelace,room,phone": the name as a whole, and its words */
	(void)snprintf(name, sizeof(name), "%s", pw->pw_gecos ? pw->pw_gecos : "");
	name[strcspn(name, ",")] = '\0';
	if (!strcmp(name, "root"))
		return;
	redact_know(&r->redactor, "user", name, 1);
	for (char *word = strtok_r(name, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		redact_know(&r->redactor, "user", word, 1);
}

static void know_machine(struct report *r)
{
	struct box box;
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) == 0 && strcmp(name, "localhost") != 0) {
		redact_know(&r->redactor, "host", name, 1);
		name[strcspn(name, ".")] = '\0';
		redact_know(&r->redactor, "host", name, 1);
	}
	(void)box_open(&box, NULL);
	if (box_line(&box, "/etc/machine-id", name, sizeof(name)) == 0)
		redact_know(&r->redactor, "id", name, 1);
}

static void know_rows(
	struct report *r, const struct mos_value *rows, const char *class, const char *const keys[])
{
	for (uint32_t i = 0; rows && rows->type == MOS_VALUE_LIST && i < rows->len; i++)
		for (size_t k = 0; keys[k]; k++)
			redact_know(&r->redactor, class, mos_get_str(&rows->u.items[i], keys[k], NULL), 1);
}

static void know_scores(struct report *r)
{
	static const char *const score[] = {"title", "composer", NULL}, *const load[] = {"name", NULL};
	struct mos_reply reply;

	if (mos_call(r->ctl->client, "broker.system.status", MOS_NO_ARGS, &reply) == 0) {
		redact_know(&r->redactor, "score", mos_get_str(&reply.value, "transport/title", NULL), 1);
		mos_reply_finish(&reply);
	}
	if (mos_call(r->ctl->client, "hermes.load.list", MOS_NO_ARGS, &reply) == 0) {
		know_rows(r, mos_get(&reply.value, "loads"), "score", load);
		mos_reply_finish(&reply);
	}
	if (mos_call(r->ctl->client, "hermes.score.list", MOS_ARGS(mos_int("limit", 500)), &reply) == 0) {
		know_rows(r, mos_get(&reply.value, "scores"), "score", score);
		mos_reply_finish(&reply);
	}
}

void report_learn(struct report *r)
{
	know_user(r);
	know_machine(r);
	if (r->ctl->client)
		know_scores(r);
}
