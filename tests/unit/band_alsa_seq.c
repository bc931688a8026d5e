/* SPDX-License-Identifier: MIT */
/*
 * The ALSA backend against a stand-in for the sequencer: the calls of libasound that it makes are answered
 * here, so that names, times, order and the way out are checked on machines without /dev/snd/seq too.
 */
#include <alsa/asoundlib.h>

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "band_bench.h"

#define QUEUE 3
#define OWN_CLIENT 130

static struct band_report report;

/*** The stand-in: three clients, one queue, whose clock began at the start call ***/

static struct {
	bool is_open, has_queue, is_started;
	int open_error, connected_client, connected_port, full_for;
	uint32_t n_drains, n_outputs, n_closes;
	snd_seq_event_t event[512];
	int64_t started_ns, closed_ns;
} fake;

struct _snd_seq {
	int unused;
};
struct _snd_seq_client_info {
	int client;
};
struct _snd_seq_port_info {
	snd_seq_addr_t addr;
};
struct _snd_seq_queue_status {
	snd_seq_real_time_t time;
};

static struct _snd_seq handle;

static int64_t clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The device is there. */
int access(const char *path, int mode)
{
	return strcmp(path, "/dev/snd/seq") == 0 ? 0 : faccessat(AT_FDCWD, path, mode, 0);
}

int snd_seq_open(snd_seq_t **ret, const char *name, int streams, int mode)
{
	cr_assert_eq(mode, SND_SEQ_NONBLOCK, "a full sequencer must not stop the loop");
	if (fake.open_error)
		return fake.open_error;
	fake.is_open = true;
	*ret = &handle;
	return 0;
}

int snd_seq_close(snd_seq_t *seq)
{
	cr_assert(fake.is_open);
	fake.is_open = false;
	fake.n_closes++;
	fake.closed_ns = clock_ns();
	return 0;
}

int snd_seq_client_id(snd_seq_t *seq)
{
	return OWN_CLIENT;
}

int snd_seq_set_client_name(snd_seq_t *seq, const char *name)
{
	return 0;
}

int snd_seq_set_client_pool_output(snd_seq_t *seq, size_t size)
{
	return 0;
}

int snd_seq_create_simple_port(snd_seq_t *seq, const char *name, unsigned caps, unsigned type)
{
	cr_assert_eq(caps, SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ);
	return 0;
}

int snd_seq_alloc_named_queue(snd_seq_t *seq, const char *name)
{
	fake.has_queue = true;
	return QUEUE;
}

int snd_seq_control_queue(snd_seq_t *seq, int queue, int type, int value, snd_seq_event_t *ev)
{
	cr_assert(fake.has_queue && queue == QUEUE && type == SND_SEQ_EVENT_START);
	fake.is_started = true;
	fake.started_ns = clock_ns();
	return 0;
}

size_t snd_seq_queue_status_sizeof(void)
{
	return sizeof(struct _snd_seq_queue_status);
}

int snd_seq_get_queue_status(snd_seq_t *seq, int queue, snd_seq_queue_status_t *status)
{
	const int64_t ns = clock_ns() - fake.started_ns;

	cr_assert(fake.is_started);
	status->time = (snd_seq_real_time_t){(unsigned)(ns / SECOND), (unsigned)(ns % SECOND)};
	return 0;
}

const snd_seq_real_time_t *snd_seq_queue_status_get_real_time(const snd_seq_queue_status_t *status)
{
	return &status->time;
}

static const struct {
	int client;
	const char *name, *port;
	unsigned caps;
} clients[] = {
	{0, "System", "Announce", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
	{20, "Piano", "MIDI 1", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
	{24, "Keyboard", "MIDI 1", SND_SEQ_PORT_CAP_READ | SND_SEQ_PORT_CAP_SUBS_READ},
	{128, "FLUID Synth", "Synth input", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
	{OWN_CLIENT, "MOS band", "out", SND_SEQ_PORT_CAP_WRITE | SND_SEQ_PORT_CAP_SUBS_WRITE},
};
#define N_CLIENTS (sizeof(clients) / sizeof(clients[0]))

static size_t index_of(int client)
{
	size_t i = 0;

	while (i < N_CLIENTS && clients[i].client != client)
		i++;
	return i;
}

size_t snd_seq_client_info_sizeof(void)
{
	return sizeof(struct _snd_seq_client_info);
}

void snd_seq_client_info_set_client(snd_seq_client_info_t *info, int client)
{
	info->client = client;
}

int snd_seq_client_info_get_client(const snd_seq_client_info_t *info)
{
	return info->client;
}

const char *snd_seq_client_info_get_name(snd_seq_client_info_t *info)
{
	return clients[index_of(info->client)].name;
}

int snd_seq_query_next_client(snd_seq_t *seq, snd_seq_client_info_t *info)
{
	const size_t next = info->client < 0 ? 0 : index_of(info->client) + 1;

	if (next >= N_CLIENTS)
		return -ENOENT;
	info->client = clients[next].client;
	return 0;
}

size_t snd_seq_port_info_sizeof(void)
{
	return sizeof(struct _snd_seq_port_info);
}

void snd_seq_port_info_set_client(snd_seq_port_info_t *info, int client)
{
	info->addr.client = (unsigned char)client;
}

void snd_seq_port_info_set_port(snd_seq_port_info_t *info, int port)
{
	info->addr.port = (unsigned char)port;
}

int snd_seq_query_next_port(snd_seq_t *seq, snd_seq_port_info_t *info)
{
	return ++info->addr.port == 0 ? 0 : -ENOENT; /* one port each */
}

unsigned snd_seq_port_info_get_capability(const snd_seq_port_info_t *info)
{
	return clients[index_of(info->addr.client)].caps;
}

const char *snd_seq_port_info_get_name(const snd_seq_port_info_t *info)
{
	return clients[index_of(info->addr.client)].port;
}

const snd_seq_addr_t *snd_seq_port_info_get_addr(const snd_seq_port_info_t *info)
{
	return &info->addr;
}

int snd_seq_connect_to(snd_seq_t *seq, int port, int client, int to)
{
	fake.connected_client = client;
	fake.connected_port = to;
	return 0;
}

int snd_seq_event_output(snd_seq_t *seq, snd_seq_event_t *ev)
{
	if (fake.full_for > 0) {
		fake.full_for--;
		return -EAGAIN;
	}
	cr_assert_lt(fake.n_outputs, 512);
	fake.event[fake.n_outputs++] = *ev;
	return 0;
}

int snd_seq_drain_output(snd_seq_t *seq)
{
	fake.n_drains++;
	return fake.full_for < 0 ? -EAGAIN : 0;
}

int snd_seq_poll_descriptors(snd_seq_t *seq, struct pollfd *fds, unsigned space, short events)
{
	return 0;
}

/*** Tests ***/

static struct band_sender *open_port(const char *name)
{
	struct band_sender *sender = NULL;

	fake = (__typeof__(fake)){.connected_client = -1};
	report = (struct band_report){0};
	cr_assert_eq(alsa_seq_open(name, &report, &sender), 0, "%s", report.issue[0].message);
	return sender;
}

Test(band_alsa_seq, ports,
	.description = "T-25 T-27: by exact name or the only part; ports that take notes only; without a "
		       "name it waits for others to connect")
{
	char ports[BACKEND_MAX_PORTS][BACKEND_PORT_NAME];
	struct band_sender *sender;

	cr_assert_eq(alsa_seq_ports(ports, BACKEND_MAX_PORTS), 2);
	cr_assert_str_eq(ports[0], "Piano:MIDI 1");
	cr_assert_str_eq(ports[1], "FLUID Synth:Synth input");
	sender = open_port("FLUID");
	cr_assert(fake.connected_client == 128 && fake.connected_port == 0);
	sender->close(sender);
	sender = open_port(NULL);
	cr_assert_eq(fake.connected_client, -1);
	sender->close(sender);
	cr_assert(!fake.is_open);
	cr_assert_eq(alsa_seq_open("Organ", &report, &sender), -ENOENT);
	cr_assert_str_eq(report.issue[0].code, "band.port.unknown");
	cr_assert_not_null(strstr(report.issue[0].message, "FLUID Synth"));
	cr_assert_eq(alsa_seq_open("I", &report, &sender), -EEXIST);
	cr_assert(!fake.is_open, "closed again");
	fake.open_error = -EACCES;
	cr_assert_eq(alsa_seq_open("Piano", &report, &sender), -ENODEV);
	cr_assert_str_eq(report.issue[2].code, "band.backend.unavailable");
}

Test(band_alsa_seq, times,
	.description =
		"T-25 T-31 T-8: each message is queued with its own time, in order; ends are note-offs")
{
	static const struct {
		uint32_t ump;
		snd_seq_event_type_t type;
	} table[] = {{0x20853c40, SND_SEQ_EVENT_NOTEOFF}, {0x20c52000, SND_SEQ_EVENT_PGMCHANGE},
		{0x20b57b00, SND_SEQ_EVENT_CONTROLLER}, {0x20e50040, SND_SEQ_EVENT_PITCHBEND},
		{0x20d54000, SND_SEQ_EVENT_CHANPRESS}, {0x20a53c40, SND_SEQ_EVENT_KEYPRESS},
		{0x20953c40, SND_SEQ_EVENT_NOTEON}};
	struct band_sender *sender = open_port("Piano");
	const int64_t base_ns = clock_ns() + SECOND;

	cr_assert(!sender->waits);
	cr_assert_eq(sender->send(sender, 1, (uint32_t[]){0x20903c40, 0}), 0);
	for (uint32_t i = 0; i < 7; i++)
		cr_assert_eq(sender->send(sender, base_ns + i * 123456789, (uint32_t[]){table[i].ump, 0}), 0);
	cr_assert_eq(sender->send(sender, base_ns, (uint32_t[]){0x20803c40, 0}), 0);
	cr_assert_eq(sender->flush(sender), 0);
	cr_assert_eq(fake.n_outputs, 9);
	for (uint32_t i = 0; i < 7; i++) {
		const snd_seq_event_t *ev = &fake.event[i + 1];
		const int64_t ns = ev->time.time.tv_sec * SECOND + ev->time.time.tv_nsec + fake.started_ns;
		const int64_t off_ns = ns - base_ns - i * 123456789;

		cr_assert_eq(ev->type, table[i].type, "%u", i);
		cr_assert_eq(ev->data.note.channel, 5);
		cr_assert(ev->queue == QUEUE && snd_seq_ev_is_abstime(ev) && snd_seq_ev_is_real(ev));
		cr_assert_eq(ev->dest.client, SND_SEQ_ADDRESS_SUBSCRIBERS);
		cr_assert(off_ns > -MS && off_ns < MS, "%u: %ld ns beside its time", i, off_ns);
	}
	cr_assert_eq(fake.event[4].data.control.value, 0, "the bend's middle");
	cr_assert(fake.event[0].time.time.tv_sec == 0 && fake.event[0].time.time.tv_nsec == 0,
		"what is past: at once");
	cr_assert(memcmp(&fake.event[8].time, &fake.event[7].time, sizeof(fake.event[8].time)) == 0,
		"an end cannot overtake a note that was handed over before it");
	sender->close(sender);
}

Test(band_alsa_seq, full,
	.description =
		"T-47: a sequencer without room is waited for a little; one that stays full is given up once",
	.timeout = 20)
{
	struct band_sender *sender = open_port("Piano");
	const uint32_t note[2] = {m_on(0, 60, 90), 0};
	int64_t begin_ns;

	fake.full_for = 1;
	cr_assert_eq(sender->send(sender, 1, note), 0);
	cr_assert_eq(fake.n_outputs, 1);
	fake.full_for = -1;
	begin_ns = clock_ns();
	cr_assert_eq(sender->flush(sender), -ETIMEDOUT);
	cr_assert_eq(sender->flush(sender), -ETIMEDOUT);
	cr_assert_eq(sender->send(sender, 1, note), -ETIMEDOUT);
	sender->close(sender);
	cr_assert_lt(clock_ns() - begin_ns, 500 * MS);
	cr_assert_eq(fake.n_closes, 1);
}

Test(band_alsa_seq, way_out,
	.description = "T-46 T-19 T-62: what is queued is played before the port goes: the ends and the "
		       "sweep are the last, and closing waits for them")
{
	struct band_sender *sender = open_port("Piano");
	const struct band_schedule schedule =
		SCHEDULE(SECOND, due(0, m_on(0, 60, 90)), due(SECOND, m_off(0, 60)));
	const struct mos_gate_policy policy = policy_of_contract();
	const int64_t start_ns = clock_ns() + 30 * MS;
	struct band_loop *loop = band_loop_new(&schedule, &policy, sender, start_ns);

	cr_assert_gt(band_loop_run(loop, clock_ns(), NULL, NULL), 0);
	cr_assert_eq(fake.n_outputs, 1);
	band_loop_end(loop);
	cr_assert_eq(fake.n_outputs, 1 + 1 + 64);
	cr_assert_eq(fake.event[1].type, SND_SEQ_EVENT_NOTEOFF);
	for (uint32_t i = 1; i < fake.n_outputs; i++)
		cr_assert(fake.event[i].time.time.tv_nsec >= fake.event[i - 1].time.time.tv_nsec, "%u", i);
	cr_assert_geq(fake.closed_ns, start_ns, "not before they were played");
	cr_assert_eq(fake.n_closes, 1);
	band_loop_free(loop);
}
