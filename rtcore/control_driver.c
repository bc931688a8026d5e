/* SPDX-License-Identifier: MIT */
/* The driver, and life without one: while no cycle comes, requests are served from here. */
#include "control_internal.h"

#include <fcntl.h>
#include <unistd.h>

#define PUMP_US 4000u /* how often requests are served while no driver runs */

void control_driver_told(void *data, const struct driver_status *st)
{
	struct control *c = data; /* the driver's thread */
	uint64_t one = 1;

	pthread_mutex_lock(&c->status_lock);
	c->status = *st;
	pthread_mutex_unlock(&c->status_lock);
	(void)!write(c->status_fd, &one, sizeof(one));
}

void control_driver_noted(void *data, const char *text)
{
	log_info("%s", text);
}

/* The driver has one data pointer for both of its callbacks. Audio thread. */
void control_run_cycle(void *data, struct driver_cycle *cycle) MOS_RT
{
	engine_cycle(((struct control *)data)->engine, cycle);
}

int control_on_pump(sd_event_source *s, uint64_t usec, void *data)
{
	struct control *c = data;

	engine_pump(c->engine);
	(void)sd_event_source_set_time_relative(s, PUMP_US);
	return 0;
}

int control_on_driver(sd_event_source *s, int fd, uint32_t revents, void *data)
{
	struct control *c = data;
	struct driver_status st;
	uint64_t n;

	if (fd >= 0)
		(void)!read(fd, &n, sizeof(n));
	pthread_mutex_lock(&c->status_lock);
	st = c->status;
	pthread_mutex_unlock(&c->status_lock);
	mos_counter_set(&c->regions->counters, C_DRIVER_STATE, st.state);
	if (st.state == DRIVER_RUNNING && c->seen_state != DRIVER_RUNNING)
		mos_counter_add(&c->regions->counters, C_DRIVER_RESTARTS, 1);
	if (st.text[0])
		log_info("%s", st.text);
	control_insert_quantum(c, st.quantum_frames);
	c->seen_state = st.state;
	if (c->pump_source)
		(void)sd_event_source_set_enabled(
			c->pump_source, st.state == DRIVER_RUNNING ? SD_EVENT_OFF : SD_EVENT_ON);
	if (c->pump_source && st.state != DRIVER_RUNNING)
		(void)sd_event_source_set_time_relative(c->pump_source, 0);
	return 0;
}

void control_hold_latency(struct control *c)
{
	struct mos_clock clock;
	int32_t zero = 0;
	int playing =
		mos_clock_read(c->regions->clock.base, &clock) == 0 && clock.state == MOS_TRANSPORT_PLAYING;

	if (playing && c->dma_fd < 0 && c->o->dma_latency) {
		c->dma_fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
		if (c->dma_fd >= 0)
			(void)!write(c->dma_fd, &zero, sizeof(zero));
	} else if (!playing && c->dma_fd >= 0) {
		close(c->dma_fd);
		c->dma_fd = -1;
	}
}
