/* SPDX-License-Identifier: MIT */
/** Between supervisor.c (who runs) and waiters.c (who waits for it). */
#ifndef BROKER_WIDGETS_SUPERVISE_H
#define BROKER_WIDGETS_SUPERVISE_H

#include "widget.h"

int64_t supervise_now_us(void); /**< CLOCK_MONOTONIC */

/** Tell everybody; whoever waits for it looks again. */
void supervise_set_state(struct widget *w, enum mos_widget_state state);

/** Its process has ended unasked, or could not be started; w->text says why. */
void supervise_crashed(struct widget *w);

/** Answer those who wait. @param rc  0; -ECHILD it crashed; -ECANCELED it was told to stop; -ETIMEDOUT. */
void supervise_answer(struct widget *w, int for_stop, int rc);

/** It has failed for good: those who wait for what depends on it hear so. */
void supervise_answer_dependents_failed(struct widget *w);

#endif
