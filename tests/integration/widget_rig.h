/* SPDX-License-Identifier: MIT */
/** Widgets for a test's studio: folders with a manifest and widget_fake.c's program. */
#ifndef TEST_WIDGET_RIG_H
#define TEST_WIDGET_RIG_H

#include "broker_rig.h"

/** All that a widget may ask for. */
#define ALL_CAPABILITIES                                                                                     \
	"\"clock.read\",\"events.read\",\"events.emit\",\"score.read\",\"score.edit\",\"transport."          \
	"control\","                                                                                         \
	"\"apollo.play\",\"surface.shapes\",\"surface.pixels\",\"input.pointer\",\"input.key\",\"midi.in\"," \
	"\"midi.out\",\"audio.in\",\"video.out\",\"ai.call\",\"files.own\",\"status.read\",\"mixer.control\""

/** Members of a manifest; NULL: the default. */
struct fake {
	const char *version;      /**< "1.0.0" */
	const char *capabilities; /**< what stands between the brackets; none */
	const char *behaviour;    /**< "normal" */
	const char *extra;        /**< further members: ",\"services\":[\"x\"]" */
	int api;                  /**< 0: 1 */
};

/** Make the folder of a widget below `parent`; its path into `path` (RIG_PATH bytes) unless NULL. */
#define RIG_PATH 160
void fake_make(const char *parent, const char *id, const struct fake *fake, char *path);

/** Make it among the bundled ones; before the broker is started. */
void fake_bundle(struct rig *rig, const char *id, const struct fake *fake);

/** Make it aside and install it. */
void fake_install(struct rig *rig, struct caller *c, const char *id, const struct fake *fake);

/** broker.widget.call with parameters that `fmt` names, as caller_call(). */
int fake_call(struct caller *c, const char *id, const char *name, const char *fmt, ...);

/** The widget's state as broker.widget.list says it, "" when there is none; its pid. */
const char *fake_state(struct caller *c, const char *id, int64_t *ret_pid);
/** Wait until it is in that state: as long as the test may last. */
void fake_wait(struct caller *c, const char *id, const char *state);

#endif
