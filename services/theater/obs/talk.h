/* SPDX-License-Identifier: MIT */
/** The protocol, message by message: obs-websocket 5, JSON. Pure. */
#ifndef THEATER_OBS_TALK_H
#define THEATER_OBS_TALK_H

#include "obs.h"

/** Longer messages are refused; those that we ask for are short. */
#define TALK_MESSAGE_MAX (256u << 10)
#define TALK_ANSWER_MAX 1024u

struct talk {
	const char *password; /**< NULL: none */
	uint8_t is_identified;
	uint8_t has_scene, has_recording; /**< it has said the following */
	uint8_t is_recording;
	char scene[OBS_SCENE_MAX];
	char version[32];
	char fault[128]; /**< of -EPROTO, -EACCES */
};

/** What to do after a message. */
enum talk_then {
	TALK_NOTHING = 0,
	TALK_SEND,  /**< `answer` */
	TALK_LATER, /**< OBS is still starting: talk_ask() in a second */
};

void talk_begin(struct talk *talk, const char *password);
/** A message came: what it says is in `talk`. @return enum talk_then; -EPROTO it is no OBS; -EACCES the
 * password is not right; -ENOMEM. */
int talk_hear(struct talk *talk, const char *json, size_t size, char answer[static TALK_ANSWER_MAX]);
/** Ask what is shown; more is asked when that is answered. */
void talk_ask(char answer[static TALK_ANSWER_MAX]);

#endif
