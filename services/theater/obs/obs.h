/* SPDX-License-Identifier: MIT */
/**
 * Follows OBS Studio: which scene it shows, whether it records. A client of its WebSocket protocol 5 with a
 * thread of its own, so that a name that is looked up, a server that hangs or sends garbage, never holds up a
 * frame. Rows OBS-01..03.
 *
 * What was known stays known while OBS is away; it is asked anew when it is back. Thread: the theater's main
 * thread.
 */
#ifndef THEATER_OBS_H
#define THEATER_OBS_H

#include <stddef.h>
#include <stdint.h>

#define OBS_SCENE_MAX 256u

struct obs;

/** Called by obs_changed(); all may be NULL. */
struct obs_ops {
	/** OBS is there, or it is not: one line that says which version, or what is wrong and when it is
	 * tried again. */
	void (*state)(int is_there, const char *text, void *data);
	/** Another scene is on program; the first one, too. */
	void (*scene)(const char *name, void *data);
	/** Recording began or ended. `time_ns`: CLOCK_MONOTONIC when OBS said so. */
	void (*record)(int is_recording, int64_t time_ns, void *data);
};

/** Begin to follow; tried again and again until obs_close(). @param url  "ws://host:port/", "wss://..."; port
 * 4455 when there is none. @param password  NULL or "": none. @return 0; -EINVAL the URL is none; -ENOMEM;
 * -errno. */
int obs_open(const char *url, const char *password, const struct obs_ops *ops, void *data, struct obs **ret);
/** Waits for its thread, at most a second. */
void obs_close(struct obs *obs);
/** Readable when there is something to tell. */
int obs_fd(const struct obs *obs);
void obs_changed(struct obs *obs);

#endif
