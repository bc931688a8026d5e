/* SPDX-License-Identifier: MIT */
/** The title of a timeline that passes through to rtcore, for people to see. */
#ifndef BROKER_TIMELINE_TITLE_H
#define BROKER_TIMELINE_TITLE_H

#include <stddef.h>

/**
 * Read the title out of a timeline's memfd. Only the title: whether the timeline is any good is rtcore's to
 * say. Nothing is mapped, so a file that shrinks does no harm.
 * @param buf  Becomes "" when there is no title to be had; else valid UTF-8, cut to fit.
 */
void timeline_title(int fd, char *buf, size_t size);

#endif
