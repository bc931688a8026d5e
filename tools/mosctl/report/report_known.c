/* SPDX-License-Identifier: MIT */
/* mosctl report: the names of the people, hosts and scores of this machine. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "doctor/box.h"
#include "report/report.h"

#define PEOPLE_MAX 256
#define PEOPLE_FROM 1000 /* numbers below belong to services, those from here on to people */
#define PEOPLE_TO 60000

/* A box, or an account, that is called "mos" or "user" is no secret; half of the report would be one. */
static void know_name(struct report *r, const char *class, const char *name)
{
	static const char *const plain[] = {
		"mos", "user", "live", "system", "debian", "default", "audio", "music", "studio"};

	for (size_t i = 0; name && i < sizeof(plain) / sizeof(plain[0]); i++)
		if (!strcasecmp(name, plain[i]))
			return;
	redact_know(&r->redactor, class, name, 1);
}

static void know_person(struct report *r, const struct passwd *pw)
{
	char name[256], *rest = NULL;

	redact_know(&r->redactor, "home", pw->pw_dir, 1);
	know_name(r, "user", pw->pw_name);
	/* "Ada Lovelace,room,phone": the name as a whole, and its words */
	(void)snprintf(name, sizeof(name), "%s", pw->pw_gecos ? pw->pw_gecos : "");
	name[strcspn(name, ",")] = '\0';
	know_name(r, "user", name);
	for (char *word = strtok_r(name, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		know_name(r, "user", word);
}

static int is_person(const struct passwd *pw)
{
	return pw && pw->pw_uid >= PEOPLE_FROM && pw->pw_uid < PEOPLE_TO;
}

/* Who asks, also behind sudo, where the kernel's messages can be read; and all others who have an account
 * here. */
static void know_people(struct report *r)
{
	const char *sudo = getenv("SUDO_USER"), *home = getenv("HOME");
	const struct passwd *pw = getpwuid(getuid());
	FILE *f = fopen("/etc/passwd", "re");

	redact_know(&r->redactor, "home", home && strcmp(home, "/") != 0 ? home : NULL, 1);
	if (pw && (pw->pw_uid >= PEOPLE_FROM))
		know_person(r, pw);
	pw = sudo && *sudo ? getpwnam(sudo) : NULL;
	if (pw && pw->pw_uid)
		know_person(r, pw);
	for (int n = 0; f && n < PEOPLE_MAX && (pw = fgetpwent(f));) {
		if (!is_person(pw))
			continue;
		know_person(r, pw);
		n++;
	}
	if (f)
		fclose(f);
}

/* Hosts of addresses in the settings: services name them in their logs without the rest. */
static void know_hosts(struct report *r, const char *name, const char *text)
{
	for (const char *at = text; (at = strstr(at, "://"));) {
		const char *host = at + 3;
		const size_t len = strcspn(host, "/ \t\n\"'"), user = strcspn(host, "@");
		char copy[256];

		at = host;
		if (user < len)
			host += user + 1;
		(void)snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(host, ":/?# \t\n\"'"), host);
		if (strcmp(copy, "localhost") != 0 && strncmp(copy, "127.", 4) != 0)
			know_name(r, "address", copy);
	}
}

static void know_machine(struct report *r)
{
	struct box box;
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) == 0 && strcmp(name, "localhost") != 0) {
		know_name(r, "host", name);
		name[strcspn(name, ".")] = '\0';
		know_name(r, "host", name);
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
	know_people(r);
	know_machine(r);
	report_each_config(r, know_hosts);
	if (r->ctl->client)
		know_scores(r);
}
