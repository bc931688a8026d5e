/* SPDX-License-Identifier: MIT */
/** mosctl band: what its files share. */
#ifndef MOSCTL_BAND_VERBS_H
#define MOSCTL_BAND_VERBS_H

#include "mosctl.h"

/* Options of the command, in the order of --help. */
enum {
	BAND_CHORDS,
	BAND_STYLE,
	BAND_TEMPO,
	BAND_BARS,
	BAND_METER,
	BAND_SWING,
	BAND_HUMANIZE,
	BAND_HUMANIZE_VEL,
	BAND_TRITONE,
	BAND_TRITONE_STRENGTH,
	BAND_SEED,
	BAND_TRITONE_SEED,
	BAND_HUMANIZE_SEED,
	BAND_TRANSPOSE,
	BAND_INTENSITY,
	BAND_SECTIONS,
	BAND_VOICING,
	BAND_GRID,
	BAND_QUANTIZE,
	BAND_NAME,
	BAND_TUNE,
	BAND_FROM_SCORE,
	BAND_STRICT,

	BAND_CHORUSES,
	BAND_COUNT_IN,
	BAND_SECTION,
	BAND_WITHOUT,
	BAND_TRADE,
	BAND_TRADE_FIRST,
	BAND_TRAINER,
	BAND_TRAINER_MAX,
	BAND_CLICK_ONLY,
	BAND_RISE,
	BAND_GROOVE,
	BAND_GROOVE_PROFILE,
	BAND_FILLS,
	BAND_NO_FILLS,
	BAND_ENDING,
	BAND_NO_ENDING,
	BAND_CLICK,
	BAND_NO_CLICK,
	BAND_CLAVE,
	BAND_CLICK_NOTE,
	BAND_CLICK_VEL,

	BAND_OUTPUT,
	BAND_BACKEND,
	BAND_PORT,
	BAND_LATE_DROP,
	BAND_GHOST_VEL_MAX,
	BAND_PANIC,
	BAND_NO_PANIC,
	BAND_NO_OVERLAP,
	BAND_BAR_CC,
	BAND_BAR_CC_CHANNEL,
	BAND_BAR_CC_COUNTDOWN,
	BAND_BAR_CC_INDEX,
	BAND_BAR_CC_SECTION,
	BAND_DRY_RUN,
	BAND_WAIT,
	BAND_FOLLOW,

	BAND_OUT,
	BAND_TO,
	BAND_NO_GM,
	BAND_REFERENCE,
	BAND_LOAD,
	BAND_AT,
	BAND_WARN_ONLY,
	BAND_QUIET,
	BAND_N_OPTIONS,
};
static_assert(BAND_N_OPTIONS <= CTL_OPTIONS_MAX, "a command line has room for all of them");

/* Verbs, as bits: who takes an option. */
enum {
	BAND_CREATE = 1 << 0,
	BAND_PLAY = 1 << 1,
	BAND_LOOP = 1 << 2,
	BAND_CHANGE = 1 << 3,
	BAND_STOP = 1 << 4,
	BAND_STATUS = 1 << 5,
	BAND_EXPORT = 1 << 6,
	BAND_STYLES = 1 << 7,
	BAND_VALIDATE = 1 << 8,
	BAND_PORTS = 1 << 9,
	BAND_BACKENDS = 1 << 10,
	BAND_EXERCISE = 1 << 11,
	BAND_SCORE = 1 << 12,
};

/* band_words.c: what was typed, as parameters of a call. */

#define BAND_MAX_FLAGS 24
#define BAND_MAX_PERFORM 32

/** Borrows from the arguments and from itself: not to be copied. */
struct band_words {
	struct mos_field flag[BAND_MAX_FLAGS];
	struct mos_field perform[BAND_MAX_PERFORM];
	uint32_t n_flags, n_perform;
	char without[64];
};
/** @return CTL_OK; CTL_USAGE, printed: an option that the verb does not take, no number, two that contradict.
 */
int band_words(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, struct band_words *ret);
/** Add `options` of a performance that nobody typed. */
void band_words_default(struct band_words *words, struct mos_field field);

/* band_source.c: what is to be played, from files. */

#define BAND_ITEMS_MAX 512

struct band_item {
	struct mos_field field[3]; /* as the call wants it */
};

/** What a call is told of its program or setlist. Zero it; band_source_finish() it. */
struct band_source {
	int fd;           /* beside the call; -1: none */
	const char *path; /* as it was typed; NULL: no file */
	struct mos_field field[4];
	uint32_t n_fields;
	char title[96], outfile[96];
	struct band_item *item;
	struct mos_value *list; /* the same as values */
	uint32_t n_items;
	struct mos_reply checked; /* the setlist's own answer: `defaults` borrows from it */
	int is_setlist, is_exercise;
};
/**
 * Read what the arguments name: a program, a setlist with all it names, an exercise with its backing, a chart
 * in any format of scores, a score of the store; or nothing, where the chords are typed.
 * @return enum ctl_exit, printed.
 */
int band_source_open(struct ctl *ctl, const struct ctl_args *args, struct band_source *ret);
void band_source_finish(struct band_source *source);
/** "setlist" by the ending of its name, "exercise" too; else "program". */
const char *band_kind(const char *path);
/** Find what a setlist or an exercise names: beside it, then in each folder above. @return 0, -ENOENT. */
int band_find(const char *list, const char *name, char *buf, size_t size);

/* band_call.c */

/** Everything for one call: words, source and what else; the names in METHODS.md. */
struct band_ask {
	const char *method;
	const struct band_words *words;
	const struct band_source *source; /* may be NULL */
	const struct mos_field *more;     /* may be NULL */
	uint32_t n_more;
	int is_strict;
	int fd; /* beside it, where there is no source; -1: none */
};
int band_ask(struct ctl *ctl, const struct band_ask *ask, struct mos_reply *ret);
/** Issues, one a line on `to`: "NN. [CODE] path: message". @return how many. */
uint32_t band_print_issues(FILE *to, const struct mos_value *answer);
/** Warnings beside an answer, on stderr. */
void band_print_warnings(const struct mos_value *answer);

/* band_make.c */
/** Options and source of a verb that makes a file, and the call. On CTL_OK both are the caller's to finish.
 */
int band_make(struct ctl *ctl, const struct ctl_args *args, uint32_t verb, const char *method,
	struct band_source *source, struct mos_reply *ret);

/* Verbs: each in the file named. */
int band_create(struct ctl *ctl, const struct ctl_args *args); /* band_make.c */
int band_score(struct ctl *ctl, const struct ctl_args *args);  /* band_make.c */
int band_export(struct ctl *ctl, const struct ctl_args *args); /* band_export.c */
int band_play(struct ctl *ctl, const struct ctl_args *args);   /* band_play.c */
int band_change(struct ctl *ctl, const struct ctl_args *args); /* band_play.c */
int band_stop(struct ctl *ctl, const struct ctl_args *args);   /* band_play.c */
int band_status(struct ctl *ctl, const struct ctl_args *args); /* band_look.c */
/** What an exercise asks for: task, goals, questions. */
void band_print_text(const struct mos_value *exercise);

/* band_follow.c */
int band_styles(struct ctl *ctl, const struct ctl_args *args);   /* band_look.c */
int band_ports(struct ctl *ctl, const struct ctl_args *args);    /* band_look.c */
int band_backends(struct ctl *ctl, const struct ctl_args *args); /* band_look.c */
int band_exercise(struct ctl *ctl, const struct ctl_args *args); /* band_look.c */
int band_validate(struct ctl *ctl, const struct ctl_args *args); /* band_validate.c */

/* band_look.c */
/** What an exercise asks for: task, goals, questions. */
void band_print_text(const struct mos_value *exercise);

/* band_follow.c */
/** Show each bar until the band ends, or Ctrl-C. `is_ours`: then it is stopped. `is_quiet`: only wait. */
int band_follow(struct ctl *ctl, int is_ours, int is_quiet);
/** "bar 5 of 12  chorus 1  Dm7 -> G7  120 BPM  medium". */
void band_print_status(const struct mos_value *status);

#endif
