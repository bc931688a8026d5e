/* SPDX-License-Identifier: MIT */
/* Packets of an Ableton Link network: refused, or read so that writing and reading them again changes
 * nothing; what a node makes of them stays within bounds. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "session.h"

static void ping(void *data, uint32_t way, const struct link_endpoint *to, const uint8_t *packet, size_t size)
{
}

static void tell(void *data)
{
}

static void round_trip(const struct link_hello *h)
{
	uint8_t buf[LINK_PACKET_MAX], again[LINK_PACKET_MAX];
	size_t n = link_hello_write(h, buf);
	struct link_hello back;

	if (link_hello_read(buf, n, &back) < 0 || link_hello_write(&back, again) != n ||
		memcmp(buf, again, n) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct link_ops ops = {.ping = ping, .tell = tell};
	static const struct link_id self = {{'1', '2', '3', '4', '5', '6', '7', '8'}};
	static struct link_node node;
	uint8_t answer[LINK_PACKET_MAX];
	struct link_hello h;
	size_t n;

	if (link_hello_read(data, size, &h) == 0)
		round_trip(&h);
	link_node_init(&node, &ops, NULL, &self, 500000, 1000000);
	for (int i = 0; i < 3; i++)
		(void)link_node_heard(&node, 0, data, size, 1000000 + i);
	n = link_node_probed(&node, data, size, 1000010, answer);
	if (n > size + 9 + 16 + 16 || node.n_peers > 1)
		abort();
	link_node_set_tempo(&node, 600000, 1000020);
	link_node_set_phase(&node, 3500000, 4000000, 1000025);
	link_node_set_playing(&node, true, 1000030);
	link_node_turn(&node, 1200000);
	link_node_turn(&node, INT64_C(1) << 52);
	(void)link_node_beat(&node, INT64_C(1) << 52);
	return 0;
}
