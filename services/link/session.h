/* SPDX-License-Identifier: MIT */
/**
 * A node of a Link network without its sockets: who else is there, which session we are in, at which tempo
 * and where its beats are. Each session has a time of its own, the ghost time, which nobody's clock shows;
 * nodes find it by pinging each other. Of two sessions that meet the older one stays: the one whose ghost
 * time is further on.
 *
 * Host time is CLOCK_MONOTONIC_RAW in microseconds, which no time server bends. All that comes in is a
 * stranger's.
 */
#ifndef LINK_SESSION_H
#define LINK_SESSION_H

#include "packet.h"

#define LINK_PEERS_MAX 256u
#define LINK_SEEN_MAX 16u
#define LINK_SAMPLES_MAX 64u
#define LINK_TTL_S 5u

struct link_peer {
	struct link_id node, session;
	struct link_timeline timeline;
	struct link_start_stop start_stop;
	struct link_endpoint endpoint;
	uint32_t way; /**< interface that it was heard on last */
	int64_t until_us;
};

/** What others see to: packets that go out. */
struct link_ops {
	/** Ping who answers there. */
	void (*ping)(
		void *data, uint32_t way, const struct link_endpoint *to, const uint8_t *packet, size_t size);
	/** To everybody, soon. */
	void (*tell)(void *data);
};

struct link_measure {
	bool is_on;
	bool is_due; /**< the next ping goes with the next turn */
	struct link_id session, node;
	struct link_endpoint to;
	uint32_t way;
	int64_t sent_us;
	uint32_t n_sent, n;
	struct {
		int64_t offset_us; /**< ghost time is host time and this; doubled */
		int64_t trip_us;
	} sample[LINK_SAMPLES_MAX];
};

struct link_node {
	const struct link_ops *ops;
	void *data;
	struct link_id self, session;
	struct link_timeline timeline;
	struct link_start_stop start_stop;
	int64_t ghost_us; /**< ghost time is host time and this */
	uint32_t n_peers;
	struct link_peer peer[LINK_PEERS_MAX];
	struct link_measure measure;
	struct {
		struct link_id session;
		int64_t until_us; /**< not measured again before */
	} seen[LINK_SEEN_MAX];
	uint32_t next_seen;
	int64_t measured_us; /**< our own session, last */
	int64_t jitter_us;   /**< of that */
	uint64_t n_bad;      /**< packets that were refused */
	uint64_t n_changes;  /**< of tempo, place, session, start or stop */
};

/** @param beat_us  Length of a beat until somebody says otherwise. */
void link_node_init(struct link_node *n, const struct link_ops *ops, void *data, const struct link_id *self,
	int64_t beat_us, int64_t host_us);

/** A packet of discovery. @return 1: it is to be answered by what link_node_hello() fills. */
int link_node_heard(struct link_node *n, uint32_t way, const void *packet, size_t size, int64_t host_us);
/** What we say of ourselves; the endpoints are the caller's. */
void link_node_hello(const struct link_node *n, enum link_kind kind, struct link_hello *ret);
/**
 * A packet of measurement, that came in at host_us; the clock is read again for the answer by who calls.
 * @return bytes of the answer in `buf`, 0: none.
 */
size_t link_node_probed(
	struct link_node *n, const void *packet, size_t size, int64_t host_us, uint8_t buf[LINK_PACKET_MAX]);
/** Time passes: each 5 ms while link_node_is_busy(), else each 50. */
void link_node_turn(struct link_node *n, int64_t host_us);
bool link_node_is_busy(const struct link_node *n);

/** Others in our session. */
uint32_t link_node_peers(const struct link_node *n);
/** Millionths of a beat at a host time. */
int64_t link_node_beat(const struct link_node *n, int64_t host_us);
/** From now on at this tempo. */
void link_node_set_tempo(struct link_node *n, int64_t beat_us, int64_t host_us);
/** A session that is ours alone: from now on it is so many beats into `quantum` at this time; millionths. */
void link_node_set_phase(struct link_node *n, int64_t phase, int64_t quantum, int64_t host_us);
void link_node_set_playing(struct link_node *n, bool is_playing, int64_t host_us);

#endif
