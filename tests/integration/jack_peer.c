/* SPDX-License-Identifier: MIT */
/*
 * A JACK client as others are: says each 10 ms what JACK's transport shows it, and does what it reads: start,
 * stop, locate FRAME, slow CYCLES (it takes so long to be ready), quit. For jack_live.py.
 *
 * A line: CLOCK_MONOTONIC us of the cycle, state, frame, frames a second, frames a cycle, is there a BBT,
 * bar, beat, tick, ticks a beat, beats a bar, beat type, beats a minute.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jack/jack.h>
#include <jack/transport.h>

#define EACH_MS 10

static atomic_int slow_cycles;
static int waited;

static int on_process(jack_nframes_t n_frames, void *data)
{
	return 0;
}

static int on_sync(jack_transport_state_t state, jack_position_t *pos, void *data)
{
	if (state != JackTransportStarting || waited++ >= atomic_load(&slow_cycles)) {
		waited = 0;
		return 1;
	}
	return 0;
}

static void say(jack_client_t *client)
{
	jack_position_t p;
	jack_transport_state_t state = jack_transport_query(client, &p);
	const char *name = state == JackTransportStopped    ? "stopped"
			   : state == JackTransportStarting ? "starting"
							    : "rolling";

	printf("%llu %s %u %u %u %d %d %d %d %.0f %.0f %.0f %.9f\n", (unsigned long long)p.usecs, name,
		p.frame, p.frame_rate, jack_get_buffer_size(client), (p.valid & JackPositionBBT) != 0, p.bar,
		p.beat, p.tick, p.ticks_per_beat, (double)p.beats_per_bar, (double)p.beat_type,
		p.beats_per_minute);
	fflush(stdout);
}

/* @return 0: it is to end. */
static int obey(jack_client_t *client, char *line)
{
	if (!strncmp(line, "start", 5))
		jack_transport_start(client);
	else if (!strncmp(line, "stop", 4))
		jack_transport_stop(client);
	else if (!strncmp(line, "locate ", 7))
		jack_transport_locate(client, (jack_nframes_t)strtoul(line + 7, NULL, 10));
	else if (!strncmp(line, "slow ", 5)) {
		atomic_store(&slow_cycles, atoi(line + 5));
		jack_set_sync_callback(client, on_sync, NULL);
	} else
		return 0;
	return 1;
}

int main(void)
{
	jack_status_t status;
	jack_client_t *client = jack_client_open("peer", JackNoStartServer, &status);
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64];

	if (!client || jack_set_process_callback(client, on_process, NULL) != 0 ||
		jack_activate(client) != 0) {
		fprintf(stderr, "no JACK: status 0x%x\n", status);
		return 1;
	}
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		if (poll(&in, 1, EACH_MS) > 0 && (!fgets(line, sizeof(line), stdin) || !obey(client, line)))
			break;
		say(client);
	}
	jack_client_close(client);
	return 0;
}
