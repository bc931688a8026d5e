/* SPDX-License-Identifier: MIT */
/* The real-time plane: descriptors, named by the broker, become mapped, checked regions. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_impl.h"

enum { R_CLOCK, R_EVENTS, R_COUNTERS, R_INGRESS, R_DOORBELL, R_AUDIO, R_MIDI, N_REGIONS };

static const char *const region_name[N_REGIONS] = {
	"clock", "events", "counters", "ingress", "doorbell", "audio", "midi"};

static int refuse(struct mos_client *c, int rc, int region, enum mos_attach_step step)
{
	rc = rc == -EINVAL ? -EPROTO : rc;
	client_fail(c, rc, "client.region.invalid", "the region \"%s\" handed over cannot be used: %s",
		region_name[region], mos_attach_step_str(step));
	if (step == MOS_ATTACH_WRONG_ABI)
		client_hint(c, "this program and MOS are of different versions");
	return rc;
}

static int attach(int region, int fd, struct plane *p, enum mos_attach_step *step)
{
	int rc;

	switch (region) {
	case R_CLOCK:
		return mos_region_attach(fd, MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR,
			MOS_CLOCK_PAGE_MIN, /* writable= */ 0, &p->clock, step);
	case R_EVENTS:
		rc = mos_region_attach(fd, MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR,
			MOS_EVENT_RING_SLOTS_OFF, /* writable= */ 0, &p->events, step);
		return rc < 0 ? rc : mos_event_reader_init(&p->reader, &p->events, /* from_oldest= */ 0);
	case R_COUNTERS:
		return mos_counters_attach(fd, &p->counters, step);
	case R_INGRESS:
		rc = mos_region_attach(fd, MOS_MAGIC_INGRESS, MOS_INGRESS_ABI_MAJOR, MOS_INGRESS_SIZE,
			/* writable= */ 1, &p->ingress, step);
		if (rc < 0)
			return rc;
		p->generation = ((const struct mos_region_hdr *)p->ingress.base)->generation;
		p->figures = mos_ingress_reader_page(&p->ingress);
		return mos_ingress_writer_init(&p->writer, &p->ingress);
	case R_DOORBELL:
		p->doorbell = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return p->doorbell < 0 ? -EINVAL : 0;
	case R_AUDIO:
		return mos_region_attach(fd, MOS_MAGIC_AUDIO, MOS_AUDIO_TAP_ABI_MAJOR, MOS_AUDIO_TAP_SIZE,
			/* writable= */ 0, &p->audio, step);
	case R_MIDI:
		return mos_region_attach(fd, MOS_MAGIC_EVENTS, MOS_EVENT_RING_ABI_MAJOR, MOS_EVENT_RING_SLOTS_OFF,
			/* writable= */ 0, &p->midi, step);
	}
	return 0;
}

static int region_of(const msgpack_object *name)
{
	char text[16];

	if (wire_to_str(name, text, sizeof(text)) < 0)
		return -1;
	for (int i = 0; i < N_REGIONS; i++) {
		if (!strcmp(text, region_name[i]))
			return i;
	}
	return -1;
}

/* What the answer names, in its order; names that this version does not know are passed over. */
static int attach_all(struct mos_client *c, struct plane *p)
{
	const msgpack_object *names = wire_get_array(c->in.result, "regions");
	uint32_t n = names ? names->via.array.size : 0, have = 0;
	enum mos_attach_step step = MOS_ATTACH_OK;

	if (n > c->in.n_fds)
		return client_fail(c, -EPROTO, "client.answer.invalid",
			"broker.client.open: descriptors are missing: %u regions, %u descriptors", n,
			c->in.n_fds);
	for (uint32_t i = 0; i < n; i++) {
		int region = region_of(&names->via.array.ptr[i]);
		int rc;

		if (region < 0 || (have & (1u << region)))
			continue;
		rc = attach(region, c->in.fds[i], p, &step); /* the frame's descriptors go with the frame */
		if (rc < 0)
			return refuse(c, rc, region, step);
		have |= 1u << region;
	}
	if (!(have & 1u << R_INGRESS) || !(have & 1u << R_DOORBELL))
		return client_fail(c, -EPROTO, "client.answer.invalid",
			"broker.client.open: descriptors are missing: no ingress ring or no doorbell");
	return 0;
}

int plane_open(struct mos_client *c, struct plane **ret)
{
	struct plane *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return client_fail(c, -ENOMEM, "client.memory", "out of memory");
	p->doorbell = -1;
	p->may_emit = mos_client_can(c, "events.emit");
	p->may_play = mos_client_can(c, "apollo.play");
	p->may_send = mos_client_can(c, "midi.out");
	rc = attach_all(c, p);
	if (rc < 0)
		plane_free(p);
	else
		*ret = p;
	return rc;
}

void plane_free(struct plane *plane)
{
	if (!plane)
		return;
	if (plane->doorbell >= 0)
		close(plane->doorbell);
	mos_counters_detach(&plane->counters);
	mos_region_finish(&plane->audio);
	mos_region_finish(&plane->midi);
	mos_region_finish(&plane->ingress);
	mos_region_finish(&plane->events);
	mos_region_finish(&plane->clock);
	free(plane);
}

int plane_denied(struct mos_client *c, int rc, const char *capability)
{
	if (rc == -ENOTCONN)
		return client_fail(c, rc, "client.plane.absent", "this client is for calls only");
	client_fail(c, rc, "client.region.denied", "%s was not granted", capability);
	client_hint(c, "a widget names it in widget.json, \"capabilities\"");
	return rc;
}

const struct mos_clock_page *mos_client_clock(const struct mos_client *client)
{
	return client->plane ? client->plane->clock.base : NULL;
}

const struct mos_counters_view *mos_client_counters(const struct mos_client *client)
{
	return client->plane && client->plane->counters.region.base ? &client->plane->counters : NULL;
}

int mos_client_audio(struct mos_client *client, struct mos_audio_reader *ret)
{
	if (!client->plane)
		return plane_denied(client, -ENOTCONN, NULL);
	if (!client->plane->audio.base)
		return plane_denied(client, -EACCES, "audio.in");
	return mos_audio_reader_init(ret, &client->plane->audio);
}

int mos_client_midi_in(struct mos_client *client, struct mos_event_reader *ret)
{
	if (!client->plane)
		return plane_denied(client, -ENOTCONN, NULL);
	if (!client->plane->midi.base)
		return plane_denied(client, -EACCES, "midi.in");
	return mos_event_reader_init(ret, &client->plane->midi, /* from_oldest= */ 0);
}
