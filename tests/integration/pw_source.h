/* SPDX-License-Identifier: MIT */
/**
 * A client of the graph that sounds or plays: stands for a microphone or a keyboard. Audio is noise that
 * follows from the graph's own frame count, so that a listener can tell which frame it got.
 */
#ifndef TESTS_PW_SOURCE_H
#define TESTS_PW_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct pw_source; /**< opaque */

enum pw_source_kind { PW_SOURCE_AUDIO, PW_SOURCE_MIDI };

struct pw_source_config {
	const char *name;
	const char *media_class; /**< NULL: none */
	enum pw_source_kind kind;
	bool physical; /**< its ports are plugs of the machine */
	int priority;  /**< priority.session */
};

/** Appear in the graph that PIPEWIRE_RUNTIME_DIR leads to. Fails the test when that does not work. */
struct pw_source *pw_source_start(const struct pw_source_config *config);

/** Disappear. NULL is fine. */
void pw_source_stop(struct pw_source *source);

/** Send a UMP at the first frame of the next cycle. Waits until it has been sent. */
void pw_source_send(struct pw_source *source, const uint32_t *words, uint32_t n_words);

/** The sample at a frame of the graph's count. */
float pw_source_sample(uint64_t position, int channel);

/** The graph's count at the begin of the cycle that began at this time. @return false: it ran none then. */
bool pw_source_position(const struct pw_source *source, int64_t time_ns, uint64_t *ret);

#endif
