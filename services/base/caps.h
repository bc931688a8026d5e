/* SPDX-License-Identifier: MIT */
/**
 * Capabilities: what a caller may do. The broker grants them when a connection is made and tells each service
 * those of its caller; a method names the ones it needs (struct rpc_method).
 */
#ifndef MOS_BASE_CAPS_H
#define MOS_BASE_CAPS_H

#include <stdint.h>

/** X(SYMBOL, bit, "name", "what it lets a program do"): the one table. The names of WID-03, and ours. */
#define CAPS(X)                                                                                              \
	X(CLOCK_READ, 0, "clock.read", "follow the clock: position, tempo, meter")                           \
	X(EVENTS_READ, 1, "events.read", "see every event: notes, chords, beats, transport, other widgets")  \
	X(EVENTS_EMIT, 2, "events.emit", "tell events to everybody")                                         \
	X(SCORE_READ, 3, "score.read", "read the score")                                                     \
	X(SCORE_EDIT, 4, "score.edit", "change and load scores")                                             \
	X(TRANSPORT, 5, "transport.control", "play, pause, stop, seek, loop, change tempo and meter")        \
	X(PLAY, 6, "apollo.play", "play notes")                                                              \
	X(SURFACE_SHAPES, 7, "surface.shapes", "draw on the stage")                                          \
	X(SURFACE_PIXELS, 8, "surface.pixels", "show pictures on the stage")                                 \
	X(INPUT_POINTER, 9, "input.pointer", "see the pointer over it")                                      \
	X(INPUT_KEY, 10, "input.key", "see keys typed into it")                                              \
	X(MIDI_IN, 11, "midi.in", "get MIDI input as it comes in, packet by packet")                         \
	X(MIDI_OUT, 12, "midi.out", "send notes and controllers to the MIDI output")                         \
	X(AUDIO_IN, 13, "audio.in", "hear the audio input and what MOS plays")                               \
	X(VIDEO_OUT, 14, "video.out", "be a video stream for other programs")                                \
	X(AI_CALL, 15, "ai.call", "ask the assistants")                                                      \
	X(FILES_OWN, 16, "files.own", "keep files in a directory of its own")                                \
	X(STATUS_READ, 17, "status.read", "see figures, clients and the state of the system")                \
	X(MIXER, 18, "mixer.control", "set the mixer: levels, effects, and the amplifiers that are known")   \
	X(ENGINE, 19, "engine.control", "load sound banks, plugins and models, choose instruments")          \
	X(WIDGETS, 20, "widgets.control", "install, start, stop and set up widgets")                         \
	X(SERVICE, 21, "service.register", "be a service of the system")                                     \
	X(ADMIN, 22, "system.admin", "end the system")                                                       \
	X(STAGE, 23, "stage.control", "choose scenes, themes and layers, take pictures and record")

enum {
#define X(sym, bit, name, text) CAP_##sym = 1u << (bit),
	CAPS(X)
#undef X
};

#define CAPS_ALL ((1u << 24) - 1)

/** What a widget may ask for in its manifest. */
#define CAPS_WIDGET ((1u << 19) - 1)

/** What people of the group get who are neither the owner of the broker nor root. */
#define CAPS_GROUP                                                                                           \
	(CAP_CLOCK_READ | CAP_EVENTS_READ | CAP_EVENTS_EMIT | CAP_SCORE_READ | CAP_SCORE_EDIT | CAP_TRANSPORT | \
		CAP_PLAY | CAP_MIDI_IN | CAP_MIDI_OUT | CAP_AUDIO_IN | CAP_STATUS_READ | CAP_STAGE)

/** Name of the capability with the lowest bit of `caps`; NULL when there is none of ours in it. */
const char *caps_name(uint32_t caps);
/** Bit of a name, 0 when unknown. */
uint32_t caps_from_name(const char *name);
/** What it lets a program do, in words, of the capability with the lowest bit; NULL as caps_name(). */
const char *caps_text(uint32_t caps);

#endif
