/* SPDX-License-Identifier: MIT */
/*
 * A port of the ALSA sequencer. Messages are handed over ahead, stamped with the time of a queue of our own,
 * and the kernel sends them when that time comes: however late this process is woken, they are in time.
 */
#include <alsa/asoundlib.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"

#define SEQUENCER "/dev/snd/seq"
#define CLIENT_NAME "MOS band"
#define POOL_EVENTS 2000          /* the kernel's limit */
#define ANCHOR_EVERY_NS 500000000 /* the queue's clock is another than ours */
#define ANCHOR_GOOD_NS 50000      /* between the two looks at our clock */
#define LAST_WAIT_NS 300000000    /* for what is still in the queue at the end */

struct seq {
	struct band_sender sender;
	snd_seq_t *seq;
	int port;
	unsigned char queue;
	int error;       /* it is given up */
	int64_t zero_ns; /* CLOCK_MONOTONIC of the queue's 0 */
	int64_t anchored_ns, last_due_ns;
	int64_t last_queue_ns; /* nothing overtakes what was handed over before, wherever the anchor is */
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/** Look at both clocks, as close together as may be in a few tries. */
static int anchor(struct seq *s)
{
	snd_seq_queue_status_t *status;
	int64_t best_ns = INT64_MAX;

	snd_seq_queue_status_alloca(&status);
	for (int i = 0; i < 5 && best_ns > ANCHOR_GOOD_NS; i++) {
		const int64_t before_ns = now_ns();
		const int rc = snd_seq_get_queue_status(s->seq, s->queue, status);
		const int64_t after_ns = now_ns();
		const snd_seq_real_time_t *t = snd_seq_queue_status_get_real_time(status);

		if (rc < 0)
			return rc;
		if (after_ns - before_ns < best_ns) {
			best_ns = after_ns - before_ns;
			s->zero_ns = before_ns + best_ns / 2 - (t->tv_sec * INT64_C(1000000000) + t->tv_nsec);
		}
	}
	s->anchored_ns = now_ns();
	return 0;
}

/** The kernel has no room: wait for some. */
static int drain(struct seq *s, int64_t until_ns)
{
	for (;;) {
		const int rc = snd_seq_drain_output(s->seq);
		struct pollfd p[4];
		int n;

		if (rc == 0)
			return 0;
		if (rc < 0 && rc != -EAGAIN && rc != -EINTR)
			return rc;
		if (now_ns() >= until_ns)
			return -ETIMEDOUT;
		n = snd_seq_poll_descriptors(s->seq, p, 4, POLLOUT);
		(void)poll(p, (nfds_t)(n > 0 ? n : 0), 10);
	}
}

static int seq_flush(struct band_sender *sender)
{
	struct seq *s = (struct seq *)sender;
	const int64_t ns = now_ns();

	if (!s->error)
		s->error = drain(s, ns + BACKEND_STUCK_MS * INT64_C(1000000));
	if (!s->error && ns - s->anchored_ns > ANCHOR_EVERY_NS)
		s->error = anchor(s);
	return s->error;
}

/** @return false: the sequencer has no word for it. */
static bool event_of(const uint8_t *b, snd_seq_event_t *ev)
{
	const unsigned char channel = b[0] & 15;

	switch (b[0] >> 4) {
	case 0x8:
		snd_seq_ev_set_noteoff(ev, channel, b[1], b[2]);
		return true;
	case 0x9:
		snd_seq_ev_set_noteon(ev, channel, b[1], b[2]);
		return true;
	case 0xa:
		snd_seq_ev_set_keypress(ev, channel, b[1], b[2]);
		return true;
	case 0xb:
		snd_seq_ev_set_controller(ev, channel, b[1], b[2]);
		return true;
	case 0xc:
		snd_seq_ev_set_pgmchange(ev, channel, b[1]);
		return true;
	case 0xd:
		snd_seq_ev_set_chanpress(ev, channel, b[1]);
		return true;
	case 0xe:
		snd_seq_ev_set_pitchbend(ev, channel, (b[2] << 7 | b[1]) - 8192);
		return true;
	default:
		return false;
	}
}

static uint32_t length_of(uint8_t status)
{
	return status >> 4 == 0xc || status >> 4 == 0xd ? 2 : 3;
}

static int seq_send(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2])
{
	struct seq *s = (struct seq *)sender;
	const int64_t ns = due_ns - s->zero_ns;
	const int64_t queue_ns = ns > s->last_queue_ns ? ns : s->last_queue_ns;
	const snd_seq_real_time_t at = {
		.tv_sec = (unsigned)(queue_ns / 1000000000), .tv_nsec = (unsigned)(queue_ns % 1000000000)};
	uint8_t bytes[12];
	const uint32_t n = backend_bytes(ump, bytes);

	for (uint32_t i = 0; i < n && !s->error; i += length_of(bytes[i])) {
		snd_seq_event_t ev;
		int rc;

		snd_seq_ev_clear(&ev);
		if (!event_of(bytes + i, &ev))
			return 0;
		snd_seq_ev_set_source(&ev, (unsigned char)s->port);
		snd_seq_ev_set_subs(&ev);
		snd_seq_ev_schedule_real(&ev, s->queue, 0, &at);
		rc = snd_seq_event_output(s->seq, &ev);
		if (rc == -EAGAIN && drain(s, now_ns() + BACKEND_STUCK_MS * INT64_C(1000000)) == 0)
			rc = snd_seq_event_output(s->seq, &ev);
		s->error = rc < 0 ? rc : 0;
	}
	s->last_queue_ns = queue_ns;
	if (s->last_due_ns < due_ns)
		s->last_due_ns = due_ns;
	return s->error;
}

/* What is queued would be lost with the client, the ends of notes among it. */
static void seq_close(struct band_sender *sender)
{
	struct seq *s = (struct seq *)sender;
	const int64_t ns = now_ns();

	if (seq_flush(sender) == 0 && s->last_due_ns > ns && s->last_due_ns - ns < LAST_WAIT_NS) {
		const int64_t until_ns = s->last_due_ns + 5000000;
		const struct timespec until = {
			.tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000};

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			;
	}
	(void)snd_seq_close(s->seq);
	free(s);
}

/* Ports that can be played to, by name and address. */
struct found {
	char name[BACKEND_MAX_PORTS][BACKEND_PORT_NAME];
	snd_seq_addr_t address[BACKEND_MAX_PORTS];
	uint32_t n;
};

static void find_ports(snd_seq_t *seq, struct found *ret)
{
	const unsigned wanted = SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE;
	snd_seq_client_info_t *client;
	snd_seq_port_info_t *port;

	ret->n = 0;
	snd_seq_client_info_alloca(&client);
	snd_seq_port_info_alloca(&port);
	snd_seq_client_info_set_client(client, -1);
	while (snd_seq_query_next_client(seq, client) >= 0) {
		const int id = snd_seq_client_info_get_client(client);

		if (id == SND_SEQ_CLIENT_SYSTEM || id == snd_seq_client_id(seq))
			continue;
		snd_seq_port_info_set_client(port, id);
		snd_seq_port_info_set_port(port, -1);
		while (snd_seq_query_next_port(seq, port) >= 0) {
			if ((snd_seq_port_info_get_capability(port) & wanted) != wanted ||
				ret->n == BACKEND_MAX_PORTS)
				continue;
			(void)snprintf(ret->name[ret->n], BACKEND_PORT_NAME, "%.60s:%.50s",
				snd_seq_client_info_get_name(client), snd_seq_port_info_get_name(port));
			ret->address[ret->n++] = *snd_seq_port_info_get_addr(port);
		}
	}
}

/** @return -ENODEV with a reason where this machine has no sequencer. */
static int open_sequencer(struct band_report *report, snd_seq_t **ret)
{
	int rc = access(SEQUENCER, R_OK | W_OK) < 0 ? -errno : 0; /* first, for the library is noisy */

	if (rc == 0)
		rc = snd_seq_open(ret, "default", SND_SEQ_OPEN_DUPLEX, SND_SEQ_NONBLOCK);
	if (rc >= 0)
		return 0;
	if (report && (rc == -ENOENT || rc == -ENODEV))
		(void)backend_absent(report,
			"Load the module snd-seq (modprobe snd-seq), or play through pipewire",
			"There is no " SEQUENCER ": this kernel has no ALSA sequencer");
	else if (report)
		(void)backend_absent(report,
			"ls -l " SEQUENCER " says who may: often members of the group audio",
			SEQUENCER " cannot be opened: %s", snd_strerror(rc));
	return -ENODEV;
}

int alsa_seq_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max)
{
	struct found found;
	snd_seq_t *seq;
	int rc = open_sequencer(NULL, &seq);
	uint32_t n;

	if (rc < 0)
		return rc;
	find_ports(seq, &found);
	(void)snd_seq_close(seq);
	n = found.n < max ? found.n : max;
	memcpy(ret, found.name, n * sizeof(found.name[0]));
	return (int)n;
}

/** Without a name, nothing is connected: whoever wants to hear it connects to it. */
static int connect_to(struct seq *s, const char *port, struct band_report *report)
{
	struct found found;
	int i, rc;

	if (!port || port[0] == 0)
		return 0;
	find_ports(s->seq, &found);
	i = backend_choose(port, found.name, found.n, report);
	if (i < 0)
		return i;
	rc = snd_seq_connect_to(s->seq, s->port, found.address[i].client, found.address[i].port);
	return rc < 0 ? backend_absent(report, "aconnect -l shows what it is connected with",
				"%.60s cannot be connected: %s", found.name[i], snd_strerror(rc))
		      : 0;
}

static int set_up(struct seq *s, const char *port, struct band_report *report)
{
	int rc; /* of the library: all it gives are below 256 */

	(void)snd_seq_set_client_name(s->seq, CLIENT_NAME);
	(void)snd_seq_set_client_pool_output(s->seq, POOL_EVENTS);
	s->port = snd_seq_create_simple_port(s->seq, "out",
		SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ,
		SND_SEQ_PORT_TYPE_MIDI_GENERIC | SND_SEQ_PORT_TYPE_SOFTWARE | SND_SEQ_PORT_TYPE_APPLICATION);
	rc = s->port < 0 ? s->port : snd_seq_alloc_named_queue(s->seq, CLIENT_NAME);
	if (rc < 0)
		return backend_absent(report, "aconnect -l shows who has ports; the sequencer has 32 queues",
			"The ALSA sequencer gives no port or queue: %s", snd_strerror(rc));
	s->queue = (unsigned char)rc;
	rc = connect_to(s, port, report);
	if (rc < 0)
		return rc;
	rc = snd_seq_start_queue(s->seq, s->queue, NULL);
	if (rc >= 0)
		rc = drain(s, now_ns() + BACKEND_STUCK_MS * INT64_C(1000000));
	if (rc >= 0)
		rc = anchor(s);
	return rc < 0 ? backend_absent(report, "Is a timer module loaded (snd-hrtimer)?",
				"The queue of the ALSA sequencer does not start: %s", snd_strerror(rc))
		      : 0;
}

int alsa_seq_open(const char *port, struct band_report *report, struct band_sender **ret)
{
	struct seq *s = calloc(1, sizeof(*s));
	int rc = s ? open_sequencer(report, &s->seq) : -ENOMEM;

	if (rc == 0) {
		rc = set_up(s, port, report);
		if (rc < 0)
			(void)snd_seq_close(s->seq);
	}
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->sender = (struct band_sender){seq_send, seq_flush, seq_close, .waits = false};
	*ret = &s->sender;
	return 0;
}
