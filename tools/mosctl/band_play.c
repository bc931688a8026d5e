/* SPDX-License-Identifier: MIT */
/* mosctl band play, loop, change, stop. */
#include <string.h>

#include "band_verbs.h"

/* "key  value  (flag)": what --dry-run is for. */
static void print_values(const struct mos_value *values)
{
	for (uint32_t i = 0; values && values->type == MOS_VALUE_MAP && i < values->len; i++) {
		const struct mos_field *f = &values->u.fields[i];
		const struct mos_value *v =
			f->value.type == MOS_VALUE_MAP ? mos_get(&f->value, "value") : &f->value;
		const char *from = mos_get_str(&f->value, "from", NULL);
		char text[256];

		printf("%-22s ", f->key);
		if (v && v->type == MOS_VALUE_STR)
			printf("%s", printable(v->u.str, text, sizeof(text)));
		else if (v && v->type == MOS_VALUE_BOOL)
			printf("%s", v->u.boolean ? "yes" : "no");
		else if (v && v->type == MOS_VALUE_INT)
			printf("%lld", (long long)v->u.integer);
		else if (v && v->type == MOS_VALUE_REAL)
			printf("%g", v->u.real);
		else
			printf("-");
		printf("%s%s%s\n", from ? "  (" : "", from ? from : "", from ? ")" : "");
	}
}

static int print_playing(struct ctl *ctl, const struct mos_value *answer, int is_dry)
{
	char port[128];

	if (ctl->json)
		return json_print_value(answer);
	if (is_dry) {
		print_values(mos_get(answer, "inputs"));
		print_values(mos_get(answer, "options"));
	}
	const char *name = printable(mos_get_str(answer, "port", ""), port, sizeof(port));
	printf("%s ", is_dry ? "would play" : "playing");
	if (mos_get_bool(answer, "endless", 0))
		printf("without end");
	else
		printf("%lld bars", (long long)mos_get_int(answer, "bars", 0));
	printf(", %s%s%s\n", mos_get_str(answer, "backend", "?"), *name ? " to " : "", name);
	band_print_warnings(answer);
	return CTL_OK;
}

static int check_words(struct ctl *ctl, const struct ctl_args *args)
{
	const char *output = args->opt[BAND_OUTPUT];

	if (output && strcmp(output, "apollo") && strcmp(output, "midi") && strcmp(output, "both"))
		return ctl_usage(ctl, "--output: apollo, midi or both, not %s", output);
	return CTL_OK;
}

/* Where it goes. */
static uint32_t add_ways(const struct ctl_args *args, struct mos_field field[static 5])
{
	uint32_t n = 0;

	if (args->opt[BAND_OUTPUT])
		field[n++] = mos_str("output", args->opt[BAND_OUTPUT]);
	if (args->opt[BAND_BACKEND])
		field[n++] = mos_str("backend", args->opt[BAND_BACKEND]);
	if (args->opt[BAND_PORT])
		field[n++] = mos_str("port", args->opt[BAND_PORT]);
	if (args->opt[BAND_DRY_RUN])
		field[n++] = mos_bool("dry_run", 1);
	if (args->opt[BAND_WAIT] || args->opt[BAND_FOLLOW])
		field[n++] = mos_bool("hold", 1);
	return n;
}

int band_play(struct ctl *ctl, const struct ctl_args *args)
{
	const int is_loop = strcmp(args->word[0], "loop") == 0;
	const int is_watched = args->opt[BAND_WAIT] || args->opt[BAND_FOLLOW];
	struct band_words words;
	struct band_source source;
	struct mos_field way[5];
	struct mos_reply reply;
	int code = check_words(ctl, args);

	if (code == CTL_OK)
		code = band_words(ctl, args, is_loop ? BAND_LOOP : BAND_PLAY, &words);
	if (code == CTL_OK)
		code = band_source_open(ctl, args, &source);
	if (code != CTL_OK)
		return code;
	if (!is_loop) /* the band's own default is to go on */
		band_words_default(&words, mos_int("choruses", 1));
	if (is_watched)
		term_catch_interrupt(); /* from the first note on, Ctrl-C ends the band in order */
	code = band_ask(ctl,
		&(struct band_ask){.method = "band.play",
			.words = &words,
			.source = &source,
			.more = way,
			.n_more = add_ways(args, way),
			.is_strict = args->opt[BAND_STRICT] != NULL,
			.fd = -1},
		&reply);
	if (code == CTL_OK) {
		if (source.is_exercise && !ctl->json)
			band_print_text(&source.checked.value);
		code = print_playing(ctl, &reply.value, args->opt[BAND_DRY_RUN] != NULL);
		mos_reply_finish(&reply);
	}
	band_source_finish(&source);
	return code == CTL_OK && is_watched ? band_follow(ctl, 1, !args->opt[BAND_FOLLOW]) : code;
}

int band_change(struct ctl *ctl, const struct ctl_args *args)
{
	const char *at = args->opt[BAND_AT];
	const struct mos_field when = mos_str("at", at);
	struct band_words words;
	struct mos_reply reply;
	int code = band_words(ctl, args, BAND_CHANGE, &words);

	if (code != CTL_OK)
		return code;
	if (args->n > 1)
		return ctl_usage(ctl, "change takes options only: --tempo 160, --chords \"Am7 D7\"");
	if (at && strcmp(at, "bar") && strcmp(at, "chorus"))
		return ctl_usage(ctl, "--at: bar or chorus, not %s", at);
	if (words.n_flags + words.n_perform == 0)
		return ctl_usage(ctl, "change what? --tempo 160, --style bossa, --chords \"Am7 D7\" ...");
	code = band_ask(ctl,
		&(struct band_ask){.method = "band.change",
			.words = &words,
			.more = &when,
			.n_more = at != NULL,
			.fd = -1},
		&reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("from bar %lld on\n", (long long)mos_get_int(&reply.value, "at_bar", 0));
	if (!ctl->json)
		band_print_warnings(&reply.value);
	mos_reply_finish(&reply);
	return code;
}

int band_stop(struct ctl *ctl, const struct ctl_args *args)
{
	struct band_words words;
	struct mos_reply reply;
	int code = band_words(ctl, args, BAND_STOP, &words);

	if (code == CTL_OK && args->n > 1)
		code = ctl_usage(ctl, "stop takes no words");
	if (code == CTL_OK)
		code = band_ask(ctl, &(struct band_ask){.method = "band.stop", .fd = -1}, &reply);
	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		printf("stopped in bar %lld; %lld sent, %lld late, %lld dropped\n",
			(long long)mos_get_int(&reply.value, "bar", 0),
			(long long)mos_get_int(&reply.value, "sent", 0),
			(long long)mos_get_int(&reply.value, "late", 0),
			(long long)mos_get_int(&reply.value, "dropped", 0));
	mos_reply_finish(&reply);
	return code;
}
