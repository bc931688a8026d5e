/* SPDX-License-Identifier: MIT */
/** mosctl widget: what its files share. */
#ifndef MOSCTL_WIDGET_H
#define MOSCTL_WIDGET_H

#include "mosctl.h"

/* Options of the command; a verb says which it takes. */
enum { WIDGET_REPLACE, WIDGET_PURGE, WIDGET_LINES, WIDGET_ONCE, WIDGET_REVISION, WIDGET_NAMES };

/* widget_show.c: what is known about widgets, for people. */
int widget_list(struct ctl *ctl, const struct ctl_args *args);
int widget_check(struct ctl *ctl, const struct ctl_args *args);
int widget_logs(struct ctl *ctl, const struct ctl_args *args);

/* widget_settings.c */
int widget_settings(struct ctl *ctl, const struct ctl_args *args);
int widget_call(struct ctl *ctl, const struct ctl_args *args);

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
