/* SPDX-License-Identifier: MIT */
/* mosctl band: a call with its program, flags and options; and what the band says about them. */
#include <string.h>

#include "band_verbs.h"

#define PATIENCE_MS 60'000 /* a setlist of an evening takes seconds */
#define MAX_FIELDS 16

/* A typed word that is refused is a slip of the keyboard; what a file says is the file's fault. */
static int refused(const struct ctl *ctl, const struct band_source *source, int code)
{
	const struct mos_error *error = mos_client_error(ctl->client);

	if (strcmp(error->code, "band.program.invalid") != 0 &&
		strcmp(error->code, "band.style.unknown") != 0)
		return code;
	if (strncmp(error->where, "flag ", 5) == 0)
		return CTL_USAGE;
	if (!source || !source->path)
		return code;
	if (!ctl->json)
		fprintf(stderr, "hint: mosctl band validate %s tells all that is wrong with it\n",
			source->path);
	return CTL_BAD_FILE;
}

int band_ask(struct ctl *ctl, const struct band_ask *ask, struct mos_reply *ret)
{
	struct mos_field field[MAX_FIELDS];
	const struct band_words *words = ask->words;
	const struct band_source *source = ask->source;
	const int fd = source ? source->fd : ask->fd;
	uint32_t n = 0;
	int code;

	if (words && words->n_flags)
		field[n++] = mos_field("flags", mos_value_map(words->flag, words->n_flags));
	if (words && words->n_perform)
		field[n++] = mos_field("options", mos_value_map(words->perform, words->n_perform));
	for (uint32_t i = 0; source && i < source->n_fields; i++)
		field[n++] = source->field[i];
	for (uint32_t i = 0; i < ask->n_more; i++)
		field[n++] = ask->more[i];
	if (ask->is_strict)
		field[n++] = mos_bool("strict", 1);
	code = ctl_connect(ctl, MOS_CLIENT_CONTROL_ONLY);
	if (code != CTL_OK)
		return code;
	const int rc = mos_call_request(ctl->client,
		&(struct mos_request){.method = ask->method,
			.args = field,
			.n_args = n,
			.fds = &fd,
			.n_fds = fd >= 0,
			.timeout_ms = ctl->timeout_ms ? ctl->timeout_ms : PATIENCE_MS},
		ret);
	if (rc == 0)
		return CTL_OK;
	code = refused(ctl, source, ctl_client_failed(ctl, rc));
	if (!ctl->json)
		(void)band_print_issues(stderr, mos_client_refusal(ctl->client));
	return code;
}

uint32_t band_print_issues(FILE *to, const struct mos_value *answer)
{
	const struct mos_value *issues = mos_get(answer, "issues");
	const uint32_t n = issues && issues->type == MOS_VALUE_LIST ? issues->len : 0;
	char where[160], message[256], hint[160];

	for (uint32_t i = 0; i < n; i++) {
		const struct mos_value *one = &issues->u.items[i];
		const char *text = mos_get_str(one, "hint", "");

		fprintf(to, "%02u. [%s] %s: %s%s%s\n", i + 1, mos_get_str(one, "code", "?"),
			printable(mos_get_str(one, "where", "-"), where, sizeof(where)),
			printable(mos_get_str(one, "message", "?"), message, sizeof(message)),
			*text ? "; " : "", printable(text, hint, sizeof(hint)));
	}
	return n;
}

void band_print_warnings(const struct mos_value *answer)
{
	(void)band_print_issues(stderr, answer);
}
