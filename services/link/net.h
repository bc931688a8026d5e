/* SPDX-License-Identifier: MIT */
/**
 * The sockets of a Link node: on each interface one that hears the group, one that speaks to it and is
 * answered, one that answers pings. Interfaces that come and go are looked for every few seconds. IPv4, as
 * all peers speak it.
 */
#ifndef LINK_NET_H
#define LINK_NET_H

#include <net/if.h>
#include <netinet/in.h>
#include <systemd/sd-event.h>

#include "session.h"

#define LINK_WAYS_MAX 8u
#define LINK_PORT 20808
#define LINK_GROUP "224.76.78.75"

/** One interface. */
struct link_way {
	struct link_net *net;
	bool is_on;
	char name[IF_NAMESIZE];
	struct in_addr address;
	int group_fd, say_fd, probe_fd;
	sd_event_source *group, *say, *probe;
	struct link_endpoint endpoint; /**< of probe_fd */
};

struct link_net {
	sd_event *event; /**< borrowed */
	struct link_node *node;
	char interface[IF_NAMESIZE]; /**< only this one; empty: all */
	struct link_way way[LINK_WAYS_MAX];
	sd_event_source *turn;
	bool is_on, is_to_be_told;
	int64_t told_us, looked_us;
	int error; /**< why the last interface could not be used; 0 */
};

/** Microseconds of CLOCK_MONOTONIC_RAW. */
int64_t link_net_now_us(void);
/** Sockets on all interfaces that there are. @return 0; -errno of the event loop. */
int link_net_start(struct link_net *net, sd_event *event, struct link_node *node, const char *interface);
/** Says goodbye. Zeroed or stopped ones are fine. */
void link_net_stop(struct link_net *net);
/** Interfaces in use. */
uint32_t link_net_ways(const struct link_net *net);

/** For the node. */
extern const struct link_ops link_net_ops;

#endif
