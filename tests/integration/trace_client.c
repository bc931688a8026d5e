/* SPDX-License-Identifier: MIT */
/*
 * A client for mos-trace to look at: it listens for one type of event, emits it, sleeps in its listener, as
 * asked for. It prints "ready" and ends with its input.
 *
 *     trace-client listen=1 sleep_ms=N emit_hz=N burn=1
 *
 * What it emits is rocky:highlight, at once; every tenth a midi:noteon that sounds. burn: a thread that never
 * rests.
 */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <mos/client.h>

static struct {
	int listen, sleep_ms, emit_hz, burn;
} plan;

static void on_event(const struct mos_event *event, void *data)
{
	if (plan.sleep_ms)
		nanosleep(&(struct timespec){plan.sleep_ms / 1000, plan.sleep_ms % 1000 * 1000000l}, NULL);
}

static void *burn(void *data)
{
	volatile uint64_t n = 0;

	(void)pthread_setname_np(pthread_self(), "burner");
	for (;;)
		n = n + 1;
	return NULL;
}

static void emit(struct mos_client *c, uint32_t n)
{
	struct mos_event ev = {
		.type = MOS_EVENT_ROCKY_HIGHLIGHT, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

	if (n % 10 == 0) {
		ev.type = n % 20 ? MOS_EVENT_MIDI_NOTEOFF : MOS_EVENT_MIDI_NOTEON;
		ev.u.note = (struct mos_ev_note){.key = 60, .velocity = 0x8000, .part = 0xffff};
	}
	(void)mos_emit(c, &ev);
}

static int run(struct mos_client *c)
{
	int wait_ms = plan.emit_hz ? 1000 / plan.emit_hz : 20;
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

	for (uint32_t n = 1; poll(&input, 1, plan.listen ? 0 : wait_ms) == 0; n++) {
		if (plan.listen && mos_events_dispatch(c, wait_ms) < 0)
			return 1;
		if (plan.emit_hz)
			emit(c, n);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct mos_client *c;
	struct mos_error err;
	pthread_t thread;

	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "listen=%d", &plan.listen) != 1 &&
			sscanf(argv[i], "sleep_ms=%d", &plan.sleep_ms) != 1 &&
			sscanf(argv[i], "emit_hz=%d", &plan.emit_hz) != 1 &&
			sscanf(argv[i], "burn=%d", &plan.burn) != 1)
			return 2;
	}
	if (mos_client_create(&(struct mos_client_options){.name = "trace-client"}, &c, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	if (plan.listen && mos_events_on(c, MOS_EVENT_ROCKY_HIGHLIGHT, on_event, NULL, NULL) < 0)
		return 1;
	if (plan.burn && pthread_create(&thread, NULL, burn, NULL) != 0)
		return 1;
	puts("ready");
	fflush(stdout);
	return run(c);
}
