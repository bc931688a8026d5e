/* SPDX-License-Identifier: MIT */
/** OBS' scenes are followed, where the configuration names its WebSocket: a scene of ours that has the name
 * of OBS' is shown, and the recorder widget records while OBS does. Rows OBS-01..03. Thread: main. */
#ifndef THEATER_FOLLOW_OBS_H
#define THEATER_FOLLOW_OBS_H

#include "stage.h"

struct follow_obs {
	struct stage *stage;
	struct obs *obs; /**< NULL: not followed */
	sd_event_source *io;
};

/** @return 0, also when none is configured; -EINVAL the URL is none, logged; -errno. */
int follow_obs_start(struct follow_obs *f, struct stage *stage);
/** Zeroed ones are fine. */
void follow_obs_stop(struct follow_obs *f);

#endif
