/* SPDX-License-Identifier: MIT */
/* mosctl tempo */
#include <string.h>

#include "commands.h"
#include "mosctl.h"

static int set(struct ctl *ctl, struct mos_field what)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, "kronos.tempo.set", &what, 1, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("%.2f BPM%s\n", mos_get_real(&reply.value, "bpm", 0),
			mos_get_bool(&reply.value, "clamped", 0) ? " (the nearest allowed)" : "");
	mos_reply_finish(&reply);
	return code;
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *word = args->word[0];
	size_t len = strlen(word);
	char number[32];
	double value;
	int percent;

	if (!strcmp(word, "score"))
		return set(ctl, mos_bool("score", 1));
	percent = len > 1 && word[len - 1] == '%';
	if (len - percent < sizeof(number)) {
		memcpy(number, word, len - percent);
		number[len - percent] = '\0';
		if (parse_real(number, &value) == 0)
			return set(ctl, percent ? mos_real("percent", value) : mos_real("bpm", value));
	}
	return ctl_usage(ctl, "not a tempo: %s", word);
}

const struct command cmd_tempo = {
	.name = "tempo",
	.words = "BPM|N%|score",
	.summary = "Set the tempo: quarters a minute, percent of what is written, or as written",
	.text = "Tempos are kept within 1 to 300 BPM.",
	.example = "  mosctl tempo 96\n  mosctl tempo 75%    # slower, for practice\n  mosctl tempo score",
	.min_words = 1,
	.max_words = 1,
	.run = run,
};
