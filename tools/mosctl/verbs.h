/* SPDX-License-Identifier: MIT */
/** Commands whose first word is a verb, and what their files share. mosctl only. */
#ifndef MOSCTL_VERBS_H
#define MOSCTL_VERBS_H

#include "mosctl.h"

struct ctl_verb {
	const char *name;         /**< NULL ends the table */
	const char *words;        /**< what follows, for messages */
	const char *options;      /**< the command's options that it takes: "drums bank"; NULL: none */
	int min_words, max_words; /**< behind the verb */
	int is_slow;              /**< 1: files are read before it is answered */
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
};

/** Find the verb, check its words and options, run it. */
int verb_run(struct ctl *ctl, const struct ctl_args *args, const struct ctl_verb verbs[]);

/** Call; print the answer with --json only. */
int verb_done(struct ctl *ctl, const char *method, const struct mos_field *fields, size_t n);
/** A file that is there, as an absolute path. @return CTL_OK, CTL_BAD_FILE (printed). */
int verb_path(struct ctl *ctl, const char *word, char *buf, size_t size);
/* An option, when it is given, becomes a parameter. @return CTL_OK, CTL_USAGE (printed). */
int verb_uint(struct ctl *ctl, const struct ctl_args *args, int option, uint32_t min, uint32_t max,
	struct mos_field *fields, size_t *n); /**< of the option's name */
int verb_real(struct ctl *ctl, const struct ctl_args *args, int option, const char *key,
	struct mos_field *fields, size_t *n);
/** "0".."63" or "master". */
int verb_strip(struct ctl *ctl, const char *word, struct mos_field *ret);

uint32_t verb_len(const struct mos_value *list);
/** "master", "strip 3": of an answer's `strip`. @return buf. */
const char *verb_strip_name(const struct mos_value *of, char *buf, size_t size);

#endif
