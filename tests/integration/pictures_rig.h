/* SPDX-License-Identifier: MIT */
/**
 * For tests of what the widgets that come with MOS show: the theater's end of their surfaces in this process.
 * One of them at a time. Each helper fails the test by itself where it says nothing else.
 */
#ifndef TESTS_PICTURES_RIG_H
#define TESTS_PICTURES_RIG_H

#include <stdint.h>

#include <mos/control.h>

#include "surfaces.h"

#define WIDTH 960.0f /* of each widget, in points */
#define HEIGHT 240.0f

/** The demo piece is loaded, and this is the theater. */
struct mos_client *pictures_open(void);
void pictures_close(struct mos_client *c);

/** One frame of the theater. */
void pictures_turn(void);
/** What comes within so many microseconds, and no frame. */
void pictures_hear(uint64_t us);
int64_t pictures_now_ns(void);

/** Start a widget and wait for its first picture. */
struct surface *pictures_start(struct mos_client *c, const char *id);
/** @return NULL: it has none. */
struct surface *pictures_find(const char *id);
/** Until no widget has a surface. */
void pictures_wait_none(void);

/** How many shapes of the newest picture have this token as their colour. */
uint32_t pictures_count(const struct surface *s, enum mos_token token);
int pictures_has_text(const struct surface *s, const char *text);

void pictures_click(struct surface *s, float x, float y);
void pictures_drag(struct surface *s, struct mos_point from, struct mos_point to);
void pictures_press(struct mos_client *c, const char *id, const char *name);

#endif
