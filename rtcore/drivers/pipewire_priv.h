/* SPDX-License-Identifier: MIT */
/** The PipeWire driver's object, shared by its files. rtcore only. */
#ifndef RTCORE_PIPEWIRE_PRIV_H
#define RTCORE_PIPEWIRE_PRIV_H

#include <pipewire/filter.h>
#include <pipewire/pipewire.h>
#include "driver.h"
#include "pipewire_cycle.h"
#include "pipewire_graph.h"

/** Everything but `rt`'s insides belongs to the loop thread, or to the caller while no loop runs. */
struct driver {
	char *node_name; /**< owned */
	char *target;    /**< owned; NULL: the default sink */
	char *input;     /**< owned; as driver_config */
	char *midi_in;   /**< owned; as driver_config */
	uint32_t rate_hz, quantum_frames;
	driver_status_fn status;
	driver_note_fn note; /**< may be NULL */
	void *data;

	struct graph_wishes wishes; /**< outlive the connection */

	struct pipewire_rt *rt; /**< mapped, touched, locked where the limits allow */
	bool rt_locked;
	pid_t audio_tid; /**< 0: not known yet */

	struct pw_thread_loop *loop;
	struct pw_context *context;
	struct spa_source *timer; /**< next try, or next look at the cycles */
	struct spa_source *lost;  /**< event: take the connection down, outside of its own callbacks */
	uint32_t retry_ms;        /**< pause before the next try */
	char reason[96];          /**< why there is no connection */

	struct pw_core *core; /**< NULL: no connection */
	struct spa_hook core_listener;
	struct pipewire_graph graph;
	struct pw_filter *filter;
	struct spa_hook rt_listener, filter_listener;
	bool listening; /**< filter_listener is in its list */

	uint64_t seen_cycles;      /**< at the last look that found new ones */
	int64_t seen_ns;           /**< when that was; 0: none since the outputs were linked */
	struct driver_status told; /**< last status that was reported */
};

/** pipewire_node.c: make the node with its ports and export it. @return 0 or -errno. */
int pipewire_node_create(struct driver *driver, const struct pw_filter_events *events);
void pipewire_node_destroy(struct driver *driver);

/* pipewire_out.c: driver_ops */
uint32_t pipewire_midi_ports(struct driver *driver, struct driver_port *ret, uint32_t max);
int pipewire_midi_link(
	struct driver *driver, const char *name, struct driver_port *ret, char *ret_why, size_t why_size);
int pipewire_midi_unlink(struct driver *driver, const char *name);

/**
 * pipewire_status.c: look at connection, graph and cycles, open or close the engine's gate, report what
 * changed. @return the state.
 */
enum driver_state pipewire_judge(struct driver *driver);

#endif
