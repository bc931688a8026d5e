/* SPDX-License-Identifier: MIT */
/** What the files about LV2 plugins share. */
#ifndef LV2_FX_H
#define LV2_FX_H

#include <lilv/lilv.h>
#include <lv2/atom/forge.h>
#include <lv2/core/lv2.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include "fxhost.h"

#define ATOM_BYTES 8192u /**< of a port for events, at least */
#define FEATURES_MAX 16u
#define INSTANCES_MAX 2u /**< a mono plugin has one for each side */

/* lv2_map.c */

/** Numbers for URIs, the same for all of the process. Any thread. @return 0: there are too many. */
LV2_URID lv2_map(LV2_URID_Map_Handle unused, const char *uri);
/** @return NULL: no such number. */
const char *lv2_unmap(LV2_URID_Unmap_Handle unused, LV2_URID urid);

/* lv2_worker.c */

/** A thread that does for one instance what may take long. */
struct worker;

/** Ready before the instance is made; its schedule feature is in *ret_feature. @return NULL: no memory. */
struct worker *worker_create(LV2_Worker_Schedule *ret_feature);
/** The instance is there: `interface` NULL: it has no work. @return 0 or -errno. */
int worker_start(struct worker *w, LV2_Handle handle, const LV2_Worker_Interface *interface);
/** Audio thread, behind run(): hand the answers over. */
void worker_answers(struct worker *w);
/** Wait for its thread. NULL is fine. */
void worker_destroy(struct worker *w);

/* lv2_features.c */

/** What an instance is offered. Lives as long as the instance. */
struct features {
	LV2_Feature feature[FEATURES_MAX];
	const LV2_Feature *list[FEATURES_MAX + 1];
	uint32_t n;
	LV2_Worker_Schedule schedule;
	struct worker *worker;
};

/** @return 0, -ENOMEM. */
int features_init(struct features *f, uint32_t rate_hz);
void features_finish(struct features *f);
/** @return the URI of the first feature that `plugin` needs and we lack, to be freed; NULL: none. */
char *features_missing(LilvWorld *world, const LilvPlugin *plugin);

/* lv2_events.c */

/** What goes to the ports for events. */
struct lv2_events {
	LV2_Atom_Forge forge;
	LV2_URID midi, position, frame, speed, bar, bar_beat, beat, beat_unit, beats_per_bar, beats_per_minute;
	const struct insert_cue *cue; /**< of the period that is run */
	struct insert_time last;      /**< where the plugin reckons that the song is now */
	int is_news;
};

void lv2_events_init(struct lv2_events *e);
/** Audio thread: a period begins. */
void lv2_events_take(struct lv2_events *e, const struct insert_cue *cue);
/** Audio thread: what this port is to hear of it. */
void lv2_events_write(struct lv2_events *e, void *buffer, uint32_t bytes, int hears_midi, int hears_time);

/* lv2_fx.c */

struct port {
	int control;    /**< index in fx.control, -1: none */
	int in, out;    /**< number among the sound ports of that direction, -1: none */
	void *buffer;   /**< what it is connected to else: control output, events, silence; NULL: nothing */
	uint32_t bytes; /**< events: of the buffer, 0: no events */
	int is_input;
	int hears_midi, hears_time;
	float value[INSTANCES_MAX]; /**< controls: what the instance reads or writes */
};

struct lv2_fx {
	struct fx fx;
	LilvWorld *world;
	const LilvPlugin *plugin;
	struct features features[INSTANCES_MAX];
	LilvInstance *instance[INSTANCES_MAX];
	uint32_t n_instances;
	struct port *port;
	uint32_t n_ports, n_in, n_out, latency_port; /**< UINT32_MAX: none */
	LV2_URID chunk;
	struct lv2_events events;
	int hears_midi; /**< any port does */
	float in[2][INSERT_PERIOD], out[2][INSERT_PERIOD], silence[INSERT_PERIOD], scratch[INSERT_PERIOD];
};

/* lv2_ports.c */

/** Find out what the ports are, and make what they are connected to. @return 0 or -errno with a sentence. */
int lv2_ports_init(struct lv2_fx *l, uint32_t rate_hz, char *error, size_t error_size);
/** Connect an instance. */
void lv2_ports_connect(struct lv2_fx *l, uint32_t instance);
/** Audio thread: controls as asked for, the period's events. */
void lv2_ports_begin(struct lv2_fx *l);
/** @return the latency that it told, frames. */
uint32_t lv2_ports_latency(const struct lv2_fx *l);
void lv2_ports_finish(struct lv2_fx *l);

/* lv2_state.c */

int lv2_state_save(struct fx *fx, char **ret);
int lv2_state_restore(struct fx *fx, const char *text);
/** The state that the plugin asks to be started with, if it does. */
void lv2_state_load_default(struct lv2_fx *l);

#endif
