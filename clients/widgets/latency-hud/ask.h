/* SPDX-License-Identifier: MIT */
/** Where a display gets its figures from, so that there is one way to do that. */
#ifndef LATENCY_HUD_ASK_H
#define LATENCY_HUD_ASK_H

#include <mos/widget.h>

#include "hud.h"

#define HUD_LOOK_MS 250u

struct hud_ask {
	struct hud_figures *figures;
	int bus, theater; /**< an answer is on its way */
};

/** The widget may read figures. @return 0; -EACCES, said in its log. */
int hud_ask_may(struct mos_widget *w);
/** The page's figures at once; those of the bus and the theater when they answer. */
void hud_ask(struct hud_ask *ask, struct mos_client *client);
/** What programs see of a threshold: "seek_ms", nil where it is not measured. */
struct mos_field hud_field(const struct hud_threshold *t);

#endif
