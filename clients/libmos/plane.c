/* SPDX-License-Identifier: MIT */
/* The real-time plane: five descriptors become mapped, checked regions. */
#include <errno.h>
#include <string.h>

#include <unistd.h>

#include "client_impl.h"

/* The order of the descriptors beside broker.client.open (services/METHODS.md). */
enum { FD_CLOCK, FD_EVENTS, FD_COUNTERS, FD_INGRESS, FD_DIRTY, N_FDS };

static int refuse(struct mos_client *c, int rc, const char *region, enum mos_attach_step step)
{
	client_fail(c, rc == -EINVAL ? -EPROTO : rc, "client.region.invalid",
		"the %s handed over cannot be used: %s", region, mos_attach_step_str(step));
	if (step == MOS_ATTACH_WRONG_ABI)
		client_hint(c, "this program and MOS are of different versions");
	return rc == -EINVAL ? -EPROTO : rc;
}

static int attach_all(struct mos_client *c, const int fd[N_FDS], struct plane *p)
{
	enum mos_attach_step step = MOS_ATTACH_OK;
	int rc;

	rc = mos_region_attach(fd[FD_CLOCK], MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR,
		sizeof(struct mos_clock_page),
		/* writable= */ 0, &p->clock, &step);
	if (rc < 0)
		return refuse(c, rc, "clock page", step);
	rc = mos_region_attach(fd[FD_EVENTS], MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
		MOS_EVENT_RING_SLOTS_OFF,
		/* writable= */ 0, &p->events, &step);
	if (rc == 0)
		rc = mos_event_reader_init(&p->reader, &p->events, /* from_oldest= */ 0);
	if (rc < 0)
		return refuse(c, rc, "event ring", step);
	rc = mos_counters_attach(fd[FD_COUNTERS], &p->counters, &step);
	if (rc < 0)
		return refuse(c, rc, "counters page", step);
	rc = mos_region_attach(fd[FD_INGRESS], MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE,
		/* writable= */ 1, &p->ingress, &step);
	if (rc < 0)
		return refuse(c, rc, "ingress ring", step);
	rc = mos_region_attach(fd[FD_DIRTY], MOS_MAGIC_DIRTY, MOS_INGRESS_ABI_MAJOR,
		sizeof(struct mos_dirty_hdr),
		/* writable= */ 1, &p->dirty, &step);
	if (rc < 0)
		return refuse(c, rc, "dirty bitmap", step);
	rc = mos_ingress_writer_init(&p->writer, &p->ingress, &p->dirty);
	return rc < 0 ? refuse(c, rc, "ingress ring", step) : 0;
}

int plane_open(struct mos_client *c, struct plane *ret)
{
	struct plane p = {0};
	int fd[N_FDS];
	int rc = 0;

	for (int i = 0; i < N_FDS; i++) {
		fd[i] = wire_take_fd(&c->in, (uint32_t)i);
		if (fd[i] < 0)
			rc = -EPROTO;
	}
	if (rc < 0)
		client_fail(c, rc, "client.answer.invalid", "broker.client.open: descriptors are missing");
	else
		rc = attach_all(c, fd, &p);
	for (int i = 0; i < N_FDS; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
	}
	if (rc < 0)
		plane_finish(&p);
	else
		*ret = p;
	return rc;
}

void plane_finish(struct plane *plane)
{
	mos_counters_detach(&plane->counters);
	mos_region_finish(&plane->dirty);
	mos_region_finish(&plane->ingress);
	mos_region_finish(&plane->events);
	mos_region_finish(&plane->clock);
	*plane = (struct plane){0};
}
