/* SPDX-License-Identifier: MIT */
/*
 * mosctl band: options as parameters. What decides about the notes travels as it was typed, so that the band
 * reads a flag as it reads a file; how they are performed travels as numbers.
 */
#include <string.h>

#include "band_verbs.h"

#define MAKES (BAND_CREATE | BAND_PLAY | BAND_LOOP | BAND_EXPORT | BAND_SCORE)
#define SOUNDS (BAND_PLAY | BAND_LOOP)
#define STEERS (MAKES | BAND_CHANGE)

enum kind {
	OWN = 0, /* no parameter: the verb looks at it */
	FLAG,    /* as typed, in `flags`; below: in `options` */
	COUNT,
	REAL,
	TEXT,
	YES,
	NO,
};

static const struct meaning {
	const char *key;
	uint32_t verbs;
	uint32_t min, max; /* of a COUNT */
	enum kind kind;
} meanings[BAND_N_OPTIONS] = {
	[BAND_CHORDS] = {"chords", STEERS, .kind = FLAG},
	[BAND_STYLE] = {"style", STEERS, .kind = FLAG},
	[BAND_TEMPO] = {"tempo", STEERS, .kind = FLAG},
	[BAND_BARS] = {"bars_per_chord", STEERS, .kind = FLAG},
	[BAND_METER] = {"time_signature", STEERS, .kind = FLAG},
	[BAND_SWING] = {"swing", STEERS, .kind = FLAG},
	[BAND_HUMANIZE] = {"humanize_ms", STEERS, .kind = FLAG},
	[BAND_HUMANIZE_VEL] = {"humanize_vel", STEERS, .kind = FLAG},
	[BAND_TRITONE] = {"tritone_mode", STEERS, .kind = FLAG},
	[BAND_TRITONE_STRENGTH] = {"tritone_strength", STEERS, .kind = FLAG},
	[BAND_SEED] = {NULL, STEERS},
	[BAND_TRITONE_SEED] = {"tritone_seed", STEERS, .kind = FLAG},
	[BAND_HUMANIZE_SEED] = {"humanize_seed", STEERS, .kind = FLAG},
	[BAND_TRANSPOSE] = {"transpose", STEERS, .kind = FLAG},
	[BAND_INTENSITY] = {"intensity", STEERS, .kind = FLAG},
	[BAND_SECTIONS] = {"sections", STEERS, .kind = FLAG},
	[BAND_VOICING] = {"voicing", STEERS, .kind = FLAG},
	[BAND_GRID] = {"grid", STEERS, .kind = FLAG},
	[BAND_QUANTIZE] = {"quantize", STEERS, .kind = FLAG},
	[BAND_NAME] = {"name", MAKES, .kind = FLAG},
	[BAND_TUNE] = {NULL, MAKES},
	[BAND_FROM_SCORE] = {NULL, MAKES},
	[BAND_STRICT] = {NULL, MAKES | BAND_VALIDATE},

	[BAND_CHORUSES] = {"choruses", MAKES & ~BAND_LOOP, 1, 10'000, COUNT},
	[BAND_COUNT_IN] = {"count_in", MAKES, 0, 16, COUNT},
	[BAND_SECTION] = {"section", STEERS, .kind = TEXT},
	[BAND_WITHOUT] = {NULL, STEERS},
	[BAND_TRADE] = {"trade", STEERS, 0, 64, COUNT},
	[BAND_TRADE_FIRST] = {NULL, STEERS},
	[BAND_TRAINER] = {"trainer", STEERS, .kind = REAL},
	[BAND_TRAINER_MAX] = {"trainer_max", STEERS, .kind = REAL},
	[BAND_CLICK_ONLY] = {"click_only_every", STEERS, 0, 1000, COUNT},
	[BAND_RISE] = {"rise", STEERS, .kind = YES},
	[BAND_GROOVE] = {"groove", STEERS, .kind = TEXT},
	[BAND_GROOVE_PROFILE] = {"groove_profile", STEERS, .kind = TEXT},
	[BAND_FILLS] = {"fills", STEERS, .kind = YES},
	[BAND_NO_FILLS] = {"fills", STEERS, .kind = NO},
	[BAND_ENDING] = {"ending", STEERS, .kind = YES},
	[BAND_NO_ENDING] = {"ending", STEERS, .kind = NO},
	[BAND_CLICK] = {"click", STEERS, .kind = YES},
	[BAND_NO_CLICK] = {"click", STEERS, .kind = NO},
	[BAND_CLAVE] = {"clave", STEERS, .kind = TEXT},
	[BAND_CLICK_NOTE] = {"click_note", STEERS, 0, 127, COUNT},
	[BAND_CLICK_VEL] = {"click_vel", STEERS, 1, 127, COUNT},

	[BAND_OUTPUT] = {NULL, SOUNDS},
	[BAND_BACKEND] = {NULL, SOUNDS | BAND_PORTS},
	[BAND_PORT] = {NULL, SOUNDS},
	[BAND_LATE_DROP] = {"late_drop_ms", SOUNDS, 0, 500, COUNT},
	[BAND_GHOST_VEL_MAX] = {"ghost_vel_max", SOUNDS, 1, 127, COUNT},
	[BAND_PANIC] = {"panic", SOUNDS, .kind = YES},
	[BAND_NO_PANIC] = {"panic", SOUNDS, .kind = NO},
	[BAND_NO_OVERLAP] = {"no_overlap", MAKES, .kind = YES},
	[BAND_BAR_CC] = {"bar_cc", SOUNDS, .kind = YES},
	[BAND_BAR_CC_CHANNEL] = {"bar_cc_channel", SOUNDS, 0, 15, COUNT},
	[BAND_BAR_CC_COUNTDOWN] = {"bar_cc_countdown", SOUNDS, 0, 119, COUNT},
	[BAND_BAR_CC_INDEX] = {"bar_cc_index", SOUNDS, 0, 119, COUNT},
	[BAND_BAR_CC_SECTION] = {"bar_cc_section", SOUNDS, 0, 119, COUNT},
	[BAND_DRY_RUN] = {NULL, SOUNDS},
	[BAND_WAIT] = {NULL, SOUNDS},
	[BAND_FOLLOW] = {NULL, SOUNDS | BAND_STATUS},

	[BAND_OUT] = {NULL, BAND_CREATE | BAND_EXERCISE | BAND_SCORE},
	[BAND_TO] = {NULL, BAND_EXPORT},
	[BAND_NO_GM] = {NULL, BAND_EXPORT},
	[BAND_REFERENCE] = {NULL, BAND_CREATE},
	[BAND_LOAD] = {NULL, BAND_SCORE},
	[BAND_AT] = {NULL, BAND_CHANGE},
	[BAND_WARN_ONLY] = {NULL, BAND_VALIDATE},
	[BAND_QUIET] = {NULL, BAND_VALIDATE},
};

static int take_count(
	struct ctl *ctl, const char *name, const char *text, const struct meaning *m, struct band_words *to)
{
	uint32_t n;
	if (parse_uint(text, m->max, &n) < 0 || n < m->min)
		return ctl_usage(
			ctl, "--%s: not a whole number from %u to %u: %s", name, m->min, m->max, text);
	to->perform[to->n_perform++] = mos_int(m->key, n);
	return CTL_OK;
}

static int take(struct ctl *ctl, int option, const char *text, struct band_words *to)
{
	const struct meaning *m = &meanings[option];
	const char *name = ctl->command->options[option].name;
	double real;

	switch (m->kind) {
	case OWN:
		break;
	case FLAG:
		to->flag[to->n_flags++] = mos_str(m->key, text);
		break;
	case COUNT:
		return take_count(ctl, name, text, m, to);
	case REAL:
		if (parse_real(text, &real) < 0)
			return ctl_usage(ctl, "--%s: not a number of beats a minute: %s", name, text);
		to->perform[to->n_perform++] = mos_real(m->key, real);
		break;
	case TEXT:
		to->perform[to->n_perform++] = mos_str(m->key, text);
		break;
	case YES:
	case NO:
		to->perform[to->n_perform++] = mos_bool(m->key, m->kind == YES);
		break;
	}
	return CTL_OK;
}

/* --without drums, --without comp,bass: parts with blanks between. */
static int take_without(struct ctl *ctl, const char *text, struct band_words *to)
{
	static const char *const parts[] = {"comp", "bass", "drums"};
	size_t n_known = 0, at = 0;

	if (strlen(text) >= sizeof(to->without))
		return ctl_usage(ctl, "--without: comp, bass, drums, or some of them");
	for (const char *c = text; *c; c++)
		to->without[at++] = *c == ',' ? ' ' : *c;
	to->without[at] = '\0';
	for (const char *word = to->without; *word;) {
		const size_t len = strcspn(word, " ");
		int is_known = len == 0;
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			is_known |= strlen(parts[i]) == len && memcmp(parts[i], word, len) == 0;
		if (!is_known)
			return ctl_usage(
				ctl, "--without: \"%.*s\" is none of comp, bass, drums", (int)len, word);
		n_known += len > 0;
		word += len + (word[len] != '\0');
	}
	if (n_known == 0)
		return ctl_usage(ctl, "--without: comp, bass, drums, or some of them");
	to->perform[to->n_perform++] = mos_str("rests", to->without);
	return CTL_OK;
}

/* One seed for all that asks for one; a seed of its own beats it. */
static void take_seed(const struct ctl_args *args, struct band_words *to)
{
	const char *seed = args->opt[BAND_SEED];

	if (seed && !args->opt[BAND_TRITONE_SEED])
		to->flag[to->n_flags++] = mos_str("tritone_seed", seed);
	if (seed && !args->opt[BAND_HUMANIZE_SEED])
		to->flag[to->n_flags++] = mos_str("humanize_seed", seed);
}

static int take_trade_first(struct ctl *ctl, const char *who, struct band_words *to)
{
	const int is_band = strcmp(who, "band") == 0;

	if (!is_band && strcmp(who, "soloist") != 0)
		return ctl_usage(ctl, "--trade-first: band or soloist, not %s", who);
	to->perform[to->n_perform++] = mos_bool("trade_band_first", is_band);
	return CTL_OK;
}

static int check_pairs(struct ctl *ctl, const struct ctl_args *args)
{
	static const int pair[][2] = {{BAND_FILLS, BAND_NO_FILLS}, {BAND_ENDING, BAND_NO_ENDING},
		{BAND_CLICK, BAND_NO_CLICK}, {BAND_PANIC, BAND_NO_PANIC}, {BAND_WAIT, BAND_DRY_RUN},
		{BAND_FOLLOW, BAND_DRY_RUN}};

	for (size_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++)
		if (args->opt[pair[i][0]] && args->opt[pair[i][1]])
			return ctl_usage(ctl, "--%s and --%s contradict each other",
				ctl->command->options[pair[i][0]].name,
				ctl->command->options[pair[i][1]].name);
	return CTL_OK;
}

int band_words(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, struct band_words *ret)
{
	int code = check_pairs(ctl, args);

	*ret = (struct band_words){0};
	for (int i = 0; i < BAND_N_OPTIONS && code == CTL_OK; i++) {
		if (!args->opt[i])
			continue;
		if (!(meanings[i].verbs & verb))
			return ctl_usage(
				ctl, "%s takes no --%s", args->word[0], ctl->command->options[i].name);
		code = take(ctl, i, args->opt[i], ret);
	}
	take_seed(args, ret);
	if (code == CTL_OK && args->opt[BAND_WITHOUT])
		code = take_without(ctl, args->opt[BAND_WITHOUT], ret);
	if (code == CTL_OK && args->opt[BAND_TRADE_FIRST])
		code = take_trade_first(ctl, args->opt[BAND_TRADE_FIRST], ret);
	return code;
}

void band_words_default(struct band_words *words, struct mos_field field)
{
	for (uint32_t i = 0; i < words->n_perform; i++)
		if (strcmp(words->perform[i].key, field.key) == 0)
			return;
	words->perform[words->n_perform++] = field;
}
