/* SPDX-License-Identifier: MIT */
/* Ableton Link without sockets: packets as bytes, and nodes on a network made of a queue, each with a clock
 * of its own. */
#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define NODES_MAX 6
#define IN_FLIGHT_MAX 4096

/* --- A network --- */

struct flight {
	int64_t at_us;
	int from, to; /**< to -1: everybody */
	bool is_probe;
	size_t size;
	uint8_t byte[LINK_PACKET_MAX];
};

static struct {
	int64_t now_us;
	int n;
	struct link_node node[NODES_MAX];
	int64_t clock_us[NODES_MAX]; /**< its clock is so much ahead */
	double drift[NODES_MAX];     /**< and runs faster by */
	int64_t told_us[NODES_MAX];
	bool tells[NODES_MAX], is_gone[NODES_MAX];
	int64_t delay_us, jitter_us, slow_us; /**< of a packet; every tenth probe is slow on its way back */
	uint64_t n_probes;
	int n_flights;
	struct flight flight[IN_FLIGHT_MAX];
} net;

static int64_t host_us(int i)
{
	return net.now_us + net.clock_us[i] + (int64_t)(net.drift[i] * (double)net.now_us);
}

static void send_packet(int from, int to, bool is_probe, const uint8_t *packet, size_t size, int64_t more_us)
{
	struct flight *f = &net.flight[net.n_flights];

	cr_assert_lt(net.n_flights, IN_FLIGHT_MAX);
	net.n_flights++;
	*f = (struct flight){.at_us = net.now_us + net.delay_us + more_us,
		.from = from,
		.to = to,
		.is_probe = is_probe,
		.size = size};
	f->at_us += net.jitter_us ? rand() % net.jitter_us : 0;
	memcpy(f->byte, packet, size);
}

static void ping(void *data, uint32_t way, const struct link_endpoint *to, const uint8_t *packet, size_t size)
{
	send_packet((int)(intptr_t)data, to->port, true, packet, size, 0);
}

static void tell(void *data)
{
	net.tells[(intptr_t)data] = true;
}

static const struct link_ops ops = {.ping = ping, .tell = tell};

static void say(int i, int to, enum link_kind kind)
{
	uint8_t buf[LINK_PACKET_MAX];
	struct link_hello h;

	link_node_hello(&net.node[i], kind, &h);
	h.v4 = (struct link_endpoint){.is_known = 1, .port = (uint16_t)i};
	send_packet(i, to, false, buf, link_hello_write(&h, buf), 0);
}

static void arrive(const struct flight *f, int to)
{
	uint8_t buf[LINK_PACKET_MAX];

	if (to == f->from || net.is_gone[to])
		return;
	if (f->is_probe) {
		size_t size = link_node_probed(&net.node[to], f->byte, f->size, host_us(to), buf);

		if (size)
			send_packet(to, f->from, true, buf, size, ++net.n_probes % 10 ? 0 : net.slow_us);
	} else if (link_node_heard(&net.node[to], 0, f->byte, f->size, host_us(to))) {
		say(to, f->from, LINK_RESPONSE);
	}
}

static void run(double seconds)
{
	int64_t until = net.now_us + (int64_t)(seconds * 1e6);

	for (; net.now_us < until; net.now_us += 100) {
		for (int k = 0; k < net.n_flights; k++) {
			struct flight f = net.flight[k];

			if (f.at_us > net.now_us)
				continue;
			net.flight[k--] = net.flight[--net.n_flights];
			for (int i = 0; i < net.n; i++)
				if (f.to == i || f.to < 0)
					arrive(&f, i);
		}
		if (net.now_us % 5000)
			continue;
		for (int i = 0; i < net.n; i++) {
			if (net.is_gone[i])
				continue;
			link_node_turn(&net.node[i], host_us(i));
			if (net.now_us - net.told_us[i] >= (net.tells[i] ? 50000 : 250000)) {
				net.told_us[i] = net.now_us;
				net.tells[i] = false;
				say(i, -1, LINK_ALIVE);
			}
		}
	}
}

static int add(double bpm, double clock_s)
{
	int i = net.n++;
	struct link_id id = {{'n', 'o', 'd', 'e', ' ', ' ', ' ', (uint8_t)('z' - i)}};

	net.clock_us[i] = (int64_t)(clock_s * 1e6);
	link_node_init(&net.node[i], &ops, (void *)(intptr_t)i, &id, (int64_t)(6e7 / bpm), host_us(i));
	return i;
}

static void set_up(void)
{
	memset(&net, 0, sizeof(net));
	net.delay_us = 300;
	net.now_us = 1000000;
	srand(5);
}

static double bpm(int i)
{
	return 6e7 / (double)net.node[i].timeline.beat_us;
}

/* Seconds from one node's beat to another's, within 4 beats. */
static double apart_s(int a, int b)
{
	double d =
		(double)(link_node_beat(&net.node[a], host_us(a)) - link_node_beat(&net.node[b], host_us(b)));

	return remainder(d / 1e6, 4) * 60 / bpm(a);
}

static void expect_one(double tempo, double within_s)
{
	for (int i = 0; i < net.n; i++) {
		if (net.is_gone[i])
			continue;
		cr_expect_eq(memcmp(&net.node[i].session, &net.node[0].session, 8), 0, "node %d", i);
		cr_expect_float_eq(bpm(i), tempo, 1e-3, "node %d: %.3f BPM", i, bpm(i));
		cr_expect_lt(fabs(apart_s(0, i)), within_s, "node %d: %.3f ms", i, apart_s(0, i) * 1e3);
	}
}

Test(link_session, two,
	.description = "TOU-46: two peers agree on session, tempo and beat, whatever their clocks show")
{
	set_up();
	add(97, 40000);
	run(3);
	add(140, -7);
	run(2);
	cr_expect_eq(link_node_peers(&net.node[0]), 1);
	cr_expect_eq(link_node_peers(&net.node[1]), 1);
	expect_one(97, 2e-5);
	cr_expect_eq(net.node[0].n_bad + net.node[1].n_bad, 0);
}

Test(link_session, same_age,
	.description = "TOU-46: of sessions that are equally old the one with the lesser name stays; six "
		       "nodes become one")
{
	set_up();
	for (int i = 0; i < NODES_MAX; i++)
		add(100 + i, i * 1000);
	run(20);
	expect_one(100 + NODES_MAX - 1, 1e-4); /* their names fall */
	for (int i = 0; i < NODES_MAX; i++)
		cr_expect_eq(link_node_peers(&net.node[i]), NODES_MAX - 1);
}

Test(link_session, tempo,
	.description = "TOU-46: a change of tempo reaches all from any side, and the beat goes on")
{
	set_up();
	add(120, 0);
	run(1);
	add(90, 500);
	run(2);
	for (int i = 0; i < 6; i++) {
		double tempo = 60 + 23.5 * i;
		int64_t before = link_node_beat(&net.node[i % 2], host_us(i % 2));

		link_node_set_tempo(&net.node[i % 2], (int64_t)llround(6e7 / tempo), host_us(i % 2));
		cr_expect_leq(llabs(link_node_beat(&net.node[i % 2], host_us(i % 2)) - before), 2);
		run(0.2);
		expect_one(6e7 / round(6e7 / tempo), 2e-5);
	}
}

Test(link_session, phase,
	.description = "TOU-46: who founds a session while it plays has its own phase in it, and who comes "
		       "later, too")
{
	const int64_t quantum = 4000000;

	set_up();
	add(120, 0);
	run(0.5);
	link_node_set_tempo(&net.node[0], 500000, host_us(0));
	link_node_set_phase(&net.node[0], 2750000, quantum, host_us(0) - 125000);
	cr_expect_eq(link_node_beat(&net.node[0], host_us(0)) % quantum, 3000000);
	run(2);
	cr_expect_lt(
		llabs(link_node_beat(&net.node[0], host_us(0)) % quantum - 3000000), 300, "2 s are 4 beats");
	add(90, 500);
	run(2);
	expect_one(120, 2e-5);
}

Test(link_session, start_stop,
	.description = "TOU-46: start and stop reach the other, and the later word counts")
{
	set_up();
	add(120, 0);
	add(120, 77);
	run(2);
	link_node_set_playing(&net.node[1], true, host_us(1));
	run(0.2);
	cr_expect(net.node[0].start_stop.is_playing);
	link_node_set_playing(&net.node[0], false, host_us(0));
	link_node_set_playing(&net.node[0], true, host_us(0));
	link_node_set_playing(&net.node[0], false, host_us(0));
	run(0.2);
	cr_expect_not(net.node[1].start_stop.is_playing);
}

Test(link_session, jitter,
	.description = "TOU-46: on a network with 4 ms of jitter, slow ways back and clocks that drift by 50 "
		       "ppm peers stay "
		       "within 1 ms")
{
	double worst = 0;

	set_up();
	net.jitter_us = 4000;
	net.slow_us = 20000;
	add(120, 0);
	run(2);
	add(120, -3000);
	net.drift[1] = 50e-6;
	run(5);
	for (int i = 0; i < 120; i++) {
		run(0.5);
		worst = fmax(worst, fabs(apart_s(0, 1)));
	}
	cr_expect_lt(worst, 1e-3, "off by %.3f ms", worst * 1e3);
}

Test(link_session, leaving,
	.description = "TOU-46: who says goodbye is gone at once, who is silent after five seconds; "
		       "the rest goes on, without the founder, too")
{
	set_up();
	add(88, 0);
	run(1);
	add(120, 10);
	add(120, 20);
	run(3);
	cr_expect_eq(link_node_peers(&net.node[1]), 2);
	say(0, -1, LINK_BYEBYE);
	net.is_gone[0] = true;
	run(0.01);
	cr_expect_eq(link_node_peers(&net.node[1]), 1);
	run(30);
	cr_expect_float_eq(bpm(1), 88, 1e-3);
	cr_expect_lt(fabs(apart_s(1, 2)), 1e-4);
	net.is_gone[2] = true;
	run(4);
	cr_expect_eq(link_node_peers(&net.node[1]), 1);
	run(2);
	cr_expect_eq(link_node_peers(&net.node[1]), 0);
	int late = add(150, 5); /* finds the session that was handed down */

	run(3);
	cr_expect_float_eq(bpm(late), 88, 1e-3);
}

/* --- Packets --- */

/* What a peer of Link 3.1 said on a loopback interface. */
static const char *const recorded = "5f617364705f7601010500006c6624536b294254746d6c6e00000018000000000006e238"
				    "000000000010f7d1000000000000000073657373"
				    "000000086c6624536b294254737473740000001100000000000000000000000000000000"
				    "006d657034000000067f000001d336";

static size_t from_hex(const char *hex, uint8_t *ret)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};

		ret[i] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return n;
}

Test(link_session, recorded,
	.description = "TOU-46: a packet that Link itself sent is read as it is meant, and written the same")
{
	uint8_t packet[LINK_PACKET_MAX], again[LINK_PACKET_MAX];
	size_t size = from_hex(recorded, packet);
	struct link_hello h;

	cr_assert_eq(link_hello_read(packet, size, &h), 0);
	cr_expect_eq(h.kind, LINK_ALIVE);
	cr_expect_eq(h.ttl_s, 5);
	cr_expect_eq(h.timeline.beat_us, 451128, "133 BPM");
	cr_expect_eq(h.timeline.origin_beat, 1112017);
	cr_expect_eq(memcmp(&h.node, "lf$Sk)BT", 8), 0);
	cr_expect_eq(memcmp(&h.session, "lf$Sk)BT", 8), 0);
	cr_expect_eq(memcmp(h.v4.address, "\x7f\0\0\1", 4), 0);
	cr_expect_eq(h.v4.port, 0xd336);
	cr_expect_not(h.start_stop.is_playing);
	cr_expect_eq(link_hello_write(&h, again), size);
	cr_expect_eq(memcmp(packet, again, size), 0);
}

Test(link_session, hostile,
	.description = "TOU-46: packets cut short, with lying sizes or impossible numbers are refused, and "
		       "thousands of "
		       "strangers take no more room than there is")
{
	uint8_t packet[LINK_PACKET_MAX + 1] = {0}, bad[LINK_PACKET_MAX], answer[LINK_PACKET_MAX];
	size_t size = from_hex(recorded, packet);
	struct link_hello h;

	set_up();
	add(120, 0);
	for (size_t n = 0; n < size; n++) /* between two entries it may end: that is a shorter packet */
		if (link_hello_read(packet, n, &h) == 0)
			cr_expect(n == 52 || n == 68 || n == 93, "cut at %zu", n);
	for (size_t at = 0; at < 12; at++) {
		memcpy(bad, packet, size);
		bad[at] ^= 0xff;
		cr_expect(link_hello_read(bad, size, &h) < 0 || at == 9, "byte %zu", at);
	}
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = {{24, 1}, {27, 0xff}, {27, 23}, {28, 0x80}, {35, 0}, {36, 0x7f}, {44, 0x80}, {59, 9},
		{75, 16}, {76, 2}};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		memcpy(bad, packet, size);
		bad[lies[i].at] = lies[i].value;
		if (lies[i].at == 35)
			bad[34] = bad[33] = 0;
		cr_expect_eq(link_hello_read(bad, size, &h), -EBADMSG, "lie %zu", i);
	}
	cr_expect_eq(link_hello_read(packet, LINK_PACKET_MAX + 1, &h), -EPROTO);
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(packet + 12, &i, 4);
		(void)link_node_heard(&net.node[0], 0, packet, size, host_us(0));
	}
	cr_expect_eq(net.node[0].n_peers, LINK_PEERS_MAX);
	cr_expect_eq(memcmp(&net.node[0].session, &net.node[0].self, 8), 0, "nobody is joined unmeasured");
	memcpy(bad, "_link_v\1\1", 9);
	memset(bad + 9, 0, sizeof(bad) - 9);
	cr_expect_eq(link_node_probed(&net.node[0], bad, 9 + LINK_ECHO_MAX + 8, 0, answer), 0,
		"no more back than it sent");
	run(10);
	cr_expect_eq(net.node[0].n_peers, 0);
}
