/* SPDX-License-Identifier: MIT */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define TELL_EVERY_US 250000
#define TELL_AT_MOST_US 50000 /* apart, however much changes */
#define LOOK_EVERY_US INT64_C(3000000)
#define TURN_US 50000
#define BUSY_TURN_US 5000
#define ACCURACY_US 500
#define PACKETS_A_WAKEUP 64 /* a flood on one socket does not keep the others waiting */

int64_t link_net_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void send_to(int fd, const struct sockaddr_in *to, const uint8_t *packet, size_t size)
{
	/* what does not go out now is said again in a moment */
	(void)sendto(fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to, sizeof(*to));
}

static void say(const struct link_way *w, enum link_kind kind, const struct sockaddr_in *to)
{
	uint8_t buf[LINK_PACKET_MAX];
	struct link_hello h;

	link_node_hello(w->net->node, kind, &h);
	h.v4 = w->endpoint;
	send_to(w->say_fd, to, buf, link_hello_write(&h, buf));
}

static struct sockaddr_in group_address(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(LINK_PORT)};

	(void)inet_pton(AF_INET, LINK_GROUP, &a.sin_addr);
	return a;
}

static void say_to_all(struct link_net *net, enum link_kind kind)
{
	const struct sockaddr_in group = group_address();

	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		if (net->way[i].is_on)
			say(&net->way[i], kind, &group);
}

/* --- What comes in --- */

static int receive(int fd, uint8_t buf[LINK_PACKET_MAX + 1], struct sockaddr_in *from)
{
	socklen_t len = sizeof(*from);
	ssize_t n = recvfrom(fd, buf, LINK_PACKET_MAX + 1, MSG_DONTWAIT, (struct sockaddr *)from, &len);

	if (n >= 0 && (len != sizeof(*from) || from->sin_family != AF_INET))
		return 0;
	return n < 0 ? -1 : (int)n;
}

static int on_hello(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct link_way *w = data;
	uint8_t buf[LINK_PACKET_MAX + 1];
	struct sockaddr_in from;

	for (int i = 0; i < PACKETS_A_WAKEUP; i++) {
		int n = receive(fd, buf, &from);

		if (n < 0)
			break;
		if (link_node_heard(
			    w->net->node, (uint32_t)(w - w->net->way), buf, (size_t)n, link_net_now_us()))
			say(w, LINK_RESPONSE, &from);
	}
	return 0;
}

static int on_probe(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct link_way *w = data;
	uint8_t buf[LINK_PACKET_MAX + 1], answer[LINK_PACKET_MAX];
	struct sockaddr_in from;

	for (int i = 0; i < PACKETS_A_WAKEUP; i++) {
		int n = receive(fd, buf, &from);
		size_t size;

		if (n < 0)
			break;
		size = link_node_probed(w->net->node, buf, (size_t)n, link_net_now_us(), answer);
		if (size)
			send_to(fd, &from, answer, size);
	}
	return 0;
}

/* --- Interfaces --- */

static void close_way(struct link_way *w)
{
	w->group = sd_event_source_disable_unref(w->group);
	w->say = sd_event_source_disable_unref(w->say);
	w->probe = sd_event_source_disable_unref(w->probe);
	if (w->group_fd >= 0)
		close(w->group_fd);
	if (w->say_fd >= 0)
		close(w->say_fd);
	if (w->probe_fd >= 0)
		close(w->probe_fd);
	w->group_fd = w->say_fd = w->probe_fd = -1;
	w->is_on = false;
}

static int bound_socket(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1, rc;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)to, sizeof(*to)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int group_socket(struct in_addr address)
{
	const struct sockaddr_in group = group_address();
	const struct ip_mreq member = {.imr_multiaddr = group.sin_addr, .imr_interface = address};
	int fd = bound_socket(&group), zero = 0, rc;

	if (fd < 0)
		return fd;
	/* what others have joined on other interfaces is not for this socket */
	(void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof(member)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int say_socket(struct in_addr address)
{
	const struct sockaddr_in any_port = {.sin_family = AF_INET, .sin_addr = address};
	int fd = bound_socket(&any_port), one = 1, rc;

	if (fd < 0)
		return fd;
	(void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof(one));
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof(address)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static void find_endpoint(struct link_way *w)
{
	struct sockaddr_in a = {0};
	socklen_t len = sizeof(a);

	if (getsockname(w->probe_fd, (struct sockaddr *)&a, &len) < 0)
		return;
	w->endpoint = (struct link_endpoint){.is_known = 1, .port = ntohs(a.sin_port)};
	memcpy(w->endpoint.address, &a.sin_addr, sizeof(a.sin_addr));
}

static int open_way(struct link_way *w, const char *name, struct in_addr address)
{
	const struct sockaddr_in any_port = {.sin_family = AF_INET, .sin_addr = address};
	sd_event *event = w->net->event;
	int rc;

	(void)strncpy(w->name, name, sizeof(w->name) - 1);
	w->address = address;
	w->group_fd = w->say_fd = w->probe_fd = -1;
	w->is_on = true;
	rc = w->group_fd = group_socket(address);
	if (rc >= 0)
		rc = w->say_fd = say_socket(address);
	if (rc >= 0)
		rc = w->probe_fd = bound_socket(&any_port);
	if (rc >= 0)
		rc = sd_event_add_io(event, &w->group, w->group_fd, EPOLLIN, on_hello, w);
	if (rc >= 0)
		rc = sd_event_add_io(event, &w->say, w->say_fd, EPOLLIN, on_hello, w);
	if (rc >= 0)
		rc = sd_event_add_io(event, &w->probe, w->probe_fd, EPOLLIN, on_probe, w);
	if (rc < 0) {
		close_way(w);
		return rc;
	}
	find_endpoint(w);
	log_info("on an interface: interface=%s", w->name);
	return 0;
}

static bool is_fit(const struct link_net *net, const struct ifaddrs *a)
{
	return a->ifa_addr && a->ifa_addr->sa_family == AF_INET && a->ifa_flags & IFF_UP &&
	       a->ifa_flags & (IFF_MULTICAST | IFF_LOOPBACK) &&
	       (!net->interface[0] || strcmp(net->interface, a->ifa_name) == 0);
}

static struct in_addr address_of(const struct ifaddrs *a)
{
	struct sockaddr_in in;

	memcpy(&in, a->ifa_addr, sizeof(in));
	return in.sin_addr;
}

static struct link_way *find_way(struct link_net *net, const struct ifaddrs *a)
{
	const struct in_addr address = address_of(a);

	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		if (net->way[i].is_on && net->way[i].address.s_addr == address.s_addr &&
			strcmp(net->way[i].name, a->ifa_name) == 0)
			return &net->way[i];
	return NULL;
}

static void use(struct link_net *net, const struct ifaddrs *a)
{
	int rc;

	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++) {
		if (net->way[i].is_on)
			continue;
		rc = open_way(&net->way[i], a->ifa_name, address_of(a));
		if (rc < 0 && net->error != rc)
			log_warning("cannot use an interface: interface=%s error=\"%s\"", a->ifa_name,
				strerror(-rc));
		net->error = rc < 0 ? rc : 0;
		return;
	}
}

/* Which interfaces there are now. */
static void look(struct link_net *net)
{
	bool is_there[LINK_WAYS_MAX] = {false};
	struct ifaddrs *list;

	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *a = list; a; a = a->ifa_next) {
		const struct link_way *w = is_fit(net, a) ? find_way(net, a) : NULL;

		if (w)
			is_there[w - net->way] = true;
	}
	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		if (net->way[i].is_on && !is_there[i]) {
			log_info("an interface is gone: interface=%s", net->way[i].name);
			close_way(&net->way[i]);
		}
	for (const struct ifaddrs *a = list; a; a = a->ifa_next)
		if (is_fit(net, a) && !find_way(net, a))
			use(net, a);
	freeifaddrs(list);
}

/* --- Time --- */

static int on_turn(sd_event_source *s, uint64_t usec, void *data)
{
	struct link_net *net = data;
	int64_t now_us = link_net_now_us();

	if (now_us - net->looked_us > LOOK_EVERY_US) {
		net->looked_us = now_us;
		look(net);
	}
	link_node_turn(net->node, now_us);
	if (now_us - net->told_us >= (net->is_to_be_told ? TELL_AT_MOST_US : TELL_EVERY_US)) {
		net->told_us = now_us;
		net->is_to_be_told = false;
		say_to_all(net, LINK_ALIVE);
	}
	(void)sd_event_source_set_time_relative(s, link_node_is_busy(net->node) ? BUSY_TURN_US : TURN_US);
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

/* --- For the node --- */

static void ping(void *data, uint32_t way, const struct link_endpoint *to, const uint8_t *packet, size_t size)
{
	const struct link_net *net = data;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(to->port)};

	if (to->is_v6 || way >= LINK_WAYS_MAX || !net->way[way].is_on)
		return;
	memcpy(&a.sin_addr, to->address, sizeof(a.sin_addr));
	send_to(net->way[way].probe_fd, &a, packet, size);
}

static void tell(void *data)
{
	struct link_net *net = data;

	net->is_to_be_told = true;
	if (net->turn)
		(void)sd_event_source_set_time_relative(net->turn, 0);
}

const struct link_ops link_net_ops = {.ping = ping, .tell = tell};

int link_net_start(struct link_net *net, sd_event *event, struct link_node *node, const char *interface)
{
	*net = (struct link_net){.event = event, .node = node, .is_on = true};
	(void)strncpy(net->interface, interface, sizeof(net->interface) - 1);
	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		net->way[i] = (struct link_way){.net = net, .group_fd = -1, .say_fd = -1, .probe_fd = -1};
	look(net);
	net->looked_us = link_net_now_us();
	return sd_event_add_time_relative(event, &net->turn, CLOCK_MONOTONIC, 0, ACCURACY_US, on_turn, net);
}

void link_net_stop(struct link_net *net)
{
	if (!net->is_on)
		return;
	say_to_all(net, LINK_BYEBYE);
	net->turn = sd_event_source_disable_unref(net->turn);
	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		if (net->way[i].is_on)
			close_way(&net->way[i]);
	net->is_on = false;
}

uint32_t link_net_ways(const struct link_net *net)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < LINK_WAYS_MAX; i++)
		n += net->way[i].is_on;
	return n;
}
