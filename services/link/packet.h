/* SPDX-License-Identifier: MIT */
/**
 * Packets of an Ableton Link network (TOU-46): discovery, which says who is there, in which session, at which
 * tempo and where; and measurement, by which clocks are compared. Pure: bytes to structs and back. All
 * numbers are big-endian; a body is a list of entries, each a four-letter key, a size, a value; unknown keys
 * are skipped.
 */
#ifndef LINK_PACKET_H
#define LINK_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_PACKET_MAX 512u /**< no packet of the protocol is larger */
#define LINK_ECHO_MAX 64u    /**< of a ping, to be sent back as it came */

/** A node, or the session that it founded. */
struct link_id {
	uint8_t byte[8];
};

/** Beats as a straight line over the session's own time. */
struct link_timeline {
	int64_t beat_us;     /**< length of a beat */
	int64_t origin_beat; /**< in millionths */
	int64_t origin_us;   /**< of the session's time */
};

struct link_start_stop {
	bool is_playing;
	int64_t beat;    /**< where that was, in millionths */
	int64_t time_us; /**< of the session's time; the later word counts */
};

/** Where a node answers pings. */
struct link_endpoint {
	uint8_t is_v6, is_known;
	uint16_t port;
	uint8_t address[16]; /**< the first four of IPv4 */
};

enum link_kind { LINK_ALIVE = 1, LINK_RESPONSE = 2, LINK_BYEBYE = 3 };

struct link_hello {
	enum link_kind kind;
	uint8_t ttl_s;
	struct link_id node;
	struct link_id session;
	struct link_timeline timeline;
	struct link_start_stop start_stop;
	struct link_endpoint v4, v6;
};

enum link_probe_kind { LINK_PING = 1, LINK_PONG = 2 };

struct link_probe {
	enum link_probe_kind kind;
	bool has_host, has_ghost, has_before, has_session;
	int64_t host_us;   /**< of who pings, when it did */
	int64_t ghost_us;  /**< of the session, when it was answered */
	int64_t before_us; /**< of the session, as the answer before said */
	struct link_id session;
	uint32_t n_echo;
	uint8_t echo[LINK_ECHO_MAX]; /**< a ping's body */
};

/** @return 0; -EPROTO none of ours; -EBADMSG: one that contradicts itself. */
int link_hello_read(const void *data, size_t size, struct link_hello *ret);
/** @return its bytes. */
size_t link_hello_write(const struct link_hello *hello, uint8_t buf[LINK_PACKET_MAX]);
int link_probe_read(const void *data, size_t size, struct link_probe *ret);
size_t link_probe_write(const struct link_probe *probe, uint8_t buf[LINK_PACKET_MAX]);

#endif
