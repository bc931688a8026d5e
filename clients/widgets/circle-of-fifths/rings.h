/* SPDX-License-Identifier: MIT */
#ifndef WIDGET_CIRCLE_RINGS_H
#define WIDGET_CIRCLE_RINGS_H

#include "circle.h"

/* Edges of the rings from outside in, parts of the radius. */
extern const float circle_ring_edge[CIRCLE_RINGS + 1];

#endif
