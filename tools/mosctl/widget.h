/* SPDX-License-Identifier: MIT */
/** mosctl widget: what its files share. */
#ifndef MOSCTL_WIDGET_H
#define MOSCTL_WIDGET_H

#include "mosctl.h"

/* Options of the command; a verb says which it takes. */
enum { WIDGET_REPLACE, WIDGET_PURGE, WIDGET_LINES, WIDGET_ONCE, WIDGET_REVISION, WIDGET_NAMES, WIDGET_OUTPUT, WIDGET_PYTHON, WIDGET_TO,
	WIDGET_SIGNED };

/* cmd_widget.c */
/** Call about a folder: what it is goes beside the call, since the broker may not see what we see. `args` begins with
 * its path. @return as ctl_call(). */
int widget_call_folder(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args, struct mos_reply *ret);

/* widget_show.c: what is known about widgets, for people. */
int widget_list(struct ctl *ctl, const struct ctl_args *args);
int widget_check(struct ctl *ctl, const struct ctl_args *args);
int widget_logs(struct ctl *ctl, const struct ctl_args *args);

/* widget_settings.c */
int widget_settings(struct ctl *ctl, const struct ctl_args *args);
int widget_call(struct ctl *ctl, const struct ctl_args *args);

/* widget_new.c, widget_pack.c: who writes them. */
int widget_new(struct ctl *ctl, const struct ctl_args *args);
int widget_pack(struct ctl *ctl, const struct ctl_args *args);
/** Unpack a file into a new folder below $TMPDIR. @return CTL_OK: widget_folder_remove() takes it away; others, printed. */
int widget_unpack(struct ctl *ctl, const char *path, int must_be_signed, char *ret_folder, size_t size);
void widget_folder_remove(const char *folder);

/* widget_publish.c: who says that it is theirs, and whom one believes. */
int widget_key(struct ctl *ctl, const struct ctl_args *args);
int widget_trust(struct ctl *ctl, const struct ctl_args *args);
int widget_publish(struct ctl *ctl, const struct ctl_args *args);
/** Look at a file's .sig; without one, `must` says whether that is right. @return CTL_OK; others, printed. */
int widget_check_signature(struct ctl *ctl, const char *path, int fd, int must);

/* widget_dev.c: while they write. */
int widget_dev(struct ctl *ctl, const struct ctl_args *args);
int widget_test(struct ctl *ctl, const struct ctl_args *args);

/* widget_attach.c: what it shows, live. */
int widget_attach(struct ctl *ctl, const struct ctl_args *args);

/* widget_text.c: text that nobody trusts, on a terminal. */
/** Print up to a newline or the end; control characters and what is no UTF-8 become '?'.
 * @param columns  Cut there; 0: nowhere. @return where the next line begins, at the NUL at last. */
const char *text_line(const char *text, int columns);
/** Print all lines, each ended. */
void text_lines(const char *text);

/**
 * Take one key from what a terminal sent: UTF-8, or "up", "enter" ... as widgets know them.
 * @return bytes taken; `ret` is empty for what is no key of ours.
 */
size_t key_decode(const char *bytes, size_t n, char ret[static 16]);

#endif
