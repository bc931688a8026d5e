/* SPDX-License-Identifier: MIT */
/** mosctl score: what its files share. */
#ifndef MOSCTL_SCORE_VERBS_H
#define MOSCTL_SCORE_VERBS_H

#include "mosctl.h"

/* Options of the command; a verb says which it takes. */
enum { SCORE_FORMAT, SCORE_OUT, SCORE_INDEX, SCORE_VERSION, SCORE_CANONICAL, SCORE_DEGREE, SCORE_PART };

#define SCORE_ID_LEN 36
/** Has it the form of a score's id? */
int score_is_id(const char *text);
/** A file for a request, its path checked. @return the descriptor; -1: printed, *ret_code says how to exit.
 */
int score_open_file(struct ctl *ctl, const char *path, int *ret_code);
/** Write all of a file that came beside an answer; `path` NULL or "-": to stdout. @return enum ctl_exit. */
int score_write_out(struct ctl *ctl, const struct mos_reply *reply, const char *path);
/** Call with files beside it. @return enum ctl_exit. */
int score_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args,
	const int *fds, size_t n_fds, struct mos_reply *ret);

/* score_files.c: from and to files. */
int score_show(struct ctl *ctl, const struct ctl_args *args);
int score_export(struct ctl *ctl, const struct ctl_args *args);
int score_convert(struct ctl *ctl, const struct ctl_args *args);
int score_validate(struct ctl *ctl, const struct ctl_args *args);
int score_diff(struct ctl *ctl, const struct ctl_args *args);
int score_backup(struct ctl *ctl, const struct ctl_args *args);

#endif
