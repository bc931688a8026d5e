/* SPDX-License-Identifier: MIT */
/* mosctl load, check */
#include <mos/control.h>

#include "commands.h"
#include "score.h"

#define WARNINGS_SHOWN 5 /* a broken file may have thousands */

static int ask(struct ctl *ctl, const char *path,
	int (*what)(struct mos_client *client, const char *path, struct mos_reply *ret),
	struct mos_reply *ret)
{
	int code = file_check(ctl, path);
	int rc;

	if (code == CTL_OK)
		code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code != CTL_OK)
		return code;
	rc = what(ctl->client, path, ret);
	return rc < 0 ? ctl_client_failed(ctl, rc) : CTL_OK;
}

int score_load(struct ctl *ctl, const char *path, struct mos_reply *ret)
{
	return ask(ctl, path, mos_score_load, ret);
}

static uint32_t list_len(const struct mos_value *list)
{
	return list && list->type == MOS_VALUE_LIST ? list->len : 0;
}

static void print_warnings(const struct mos_value *score)
{
	const struct mos_value *warnings = mos_get(score, "warnings");
	uint32_t shown = list_len(warnings) < WARNINGS_SHOWN ? list_len(warnings) : WARNINGS_SHOWN;
	int64_t n = mos_get_int(score, "n_warnings", list_len(warnings));
	char where[96], text[256];

	for (uint32_t i = 0; i < shown; i++) {
		const struct mos_value *w = &warnings->u.items[i];

		fprintf(stderr, "mended: %s: %s\n",
			printable(mos_get_str(w, "where", "?"), where, sizeof(where)),
			printable(mos_get_str(w, "text", "?"), text, sizeof(text)));
	}
	if (n > shown)
		fprintf(stderr, "mended: %lld more, see --json\n", (long long)(n - shown));
}

void score_print(const struct mos_value *score)
{
	const struct mos_value *parts = mos_get(score, "parts");
	double seconds = mos_get_real(score, "seconds", 0);
	int64_t notes = 0;
	char title[256];

	for (uint32_t i = 0; i < list_len(parts); i++)
		notes += mos_get_int(&parts->u.items[i], "notes", 0);
	printf("%s: %d:%04.1f, %lld parts, %lld notes (%s)\n",
		printable(mos_get_str(score, "title", "untitled"), title, sizeof(title)), (int)seconds / 60,
		seconds - 60 * ((int)seconds / 60), (long long)mos_get_int(score, "n_parts", list_len(parts)),
		(long long)notes, mos_get_str(score, "format", "?"));
	print_warnings(score);
}

static int finish(struct ctl *ctl, struct mos_reply *reply)
{
	int code = CTL_OK;

	if (ctl->json)
		code = json_print_value(&reply->value);
	else
		score_print(&reply->value);
	mos_reply_finish(reply);
	return code;
}

static int run_load(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = score_load(ctl, args->word[0], &reply);

	return code == CTL_OK ? finish(ctl, &reply) : code;
}

static int run_check(struct ctl *ctl, const struct ctl_args *args)
{
	struct mos_reply reply;
	int code = ask(ctl, args->word[0], mos_score_check, &reply);

	return code == CTL_OK ? finish(ctl, &reply) : code;
}

const struct command cmd_load = {
	.name = "load",
	.words = "FILE",
	.summary = "Load a score without playing it",
	.text = "MIDI, MusicXML, ABC, iReal Pro, Guitar Pro, NVX1, UMF. What a tolerant reading had to mend is told.",
	.example = "  mosctl load song.mid && mosctl seek 9 && mosctl play",
	.min_words = 1,
	.max_words = 1,
	.run = run_load,
};

const struct command cmd_check = {
	.name = "check",
	.words = "FILE",
	.summary = "Read a score and tell what is wrong with it; loads nothing",
	.example = "  mosctl check song.mid",
	.min_words = 1,
	.max_words = 1,
	.run = run_check,
};
