/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <errno.h>
#include <string.h>

#define VERSION 1
#define TAG_SIZE 8u
#define KEY(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define BEAT_US_MIN 60000           /* 1,000 BPM */
#define BEAT_US_MAX 60000000        /* 1 BPM */
#define TIME_MAX (INT64_C(1) << 53) /* 285 years; as beats at any tempo it does not overflow */

enum key {
	KEY_TIMELINE = KEY('t', 'm', 'l', 'n'),
	KEY_SESSION = KEY('s', 'e', 's', 's'),
	KEY_START_STOP = KEY('s', 't', 's', 't'),
	KEY_ENDPOINT_V4 = KEY('m', 'e', 'p', '4'),
	KEY_ENDPOINT_V6 = KEY('m', 'e', 'p', '6'),
	KEY_HOST = KEY('_', '_', 'h', 't'),
	KEY_GHOST = KEY('_', '_', 'g', 't'),
	KEY_BEFORE = KEY('_', 'p', 'g', 't'),
};

static const uint8_t hello_tag[TAG_SIZE] = {'_', 'a', 's', 'd', 'p', '_', 'v', VERSION};
static const uint8_t probe_tag[TAG_SIZE] = {'_', 'l', 'i', 'n', 'k', '_', 'v', VERSION};

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x = x << 8 | p[i];
	return x;
}

static bool is_time(int64_t t)
{
	return t > -TIME_MAX && t < TIME_MAX;
}

/* --- Reading --- */

typedef int entry_fn(void *ret, uint32_t key, const uint8_t *value, uint32_t size);

/* Each entry lies wholly within the packet, and nothing is left over. */
static int read_entries(const uint8_t *p, size_t n, entry_fn *take, void *ret)
{
	int rc = 0;

	while (n > 0 && rc == 0) {
		uint32_t size;

		if (n < 8)
			return -EBADMSG;
		size = (uint32_t)get(p + 4, 4);
		if (size > n - 8)
			return -EBADMSG;
		rc = take(ret, (uint32_t)get(p, 4), p + 8, size);
		p += 8 + size;
		n -= 8 + size;
	}
	return rc;
}

static int take_endpoint(struct link_endpoint *ret, const uint8_t *value, uint32_t size, uint32_t address)
{
	if (size != address + 2)
		return -EBADMSG;
	*ret = (struct link_endpoint){
		.is_v6 = address == 16, .is_known = 1, .port = (uint16_t)get(value + address, 2)};
	memcpy(ret->address, value, address);
	return 0;
}

static int take_hello(void *data, uint32_t key, const uint8_t *value, uint32_t size)
{
	struct link_hello *h = data;

	switch (key) {
	case KEY_TIMELINE:
		if (size != 24)
			return -EBADMSG;
		h->timeline = (struct link_timeline){.beat_us = (int64_t)get(value, 8),
			.origin_beat = (int64_t)get(value + 8, 8),
			.origin_us = (int64_t)get(value + 16, 8)};
		break;
	case KEY_SESSION:
		if (size != sizeof(h->session))
			return -EBADMSG;
		memcpy(&h->session, value, sizeof(h->session));
		break;
	case KEY_START_STOP:
		if (size != 17 || value[0] > 1)
			return -EBADMSG;
		h->start_stop = (struct link_start_stop){.is_playing = value[0] != 0,
			.beat = (int64_t)get(value + 1, 8),
			.time_us = (int64_t)get(value + 9, 8)};
		break;
	case KEY_ENDPOINT_V4:
		return take_endpoint(&h->v4, value, size, 4);
	case KEY_ENDPOINT_V6:
		return take_endpoint(&h->v6, value, size, 16);
	default:
		break;
	}
	return 0;
}

int link_hello_read(const void *data, size_t size, struct link_hello *ret)
{
	const uint8_t *p = data;
	int rc;

	if (size < TAG_SIZE + 12 || size > LINK_PACKET_MAX || memcmp(p, hello_tag, TAG_SIZE) != 0)
		return -EPROTO;
	*ret = (struct link_hello){.kind = p[8], .ttl_s = p[9]};
	if (ret->kind < LINK_ALIVE || ret->kind > LINK_BYEBYE ||
		get(p + 10, 2) != 0) /* other groups: later versions */
		return -EPROTO;
	memcpy(&ret->node, p + 12, sizeof(ret->node));
	if (ret->kind == LINK_BYEBYE)
		return 0;
	ret->session = ret->node;
	rc = read_entries(p + TAG_SIZE + 12, size - TAG_SIZE - 12, take_hello, ret);
	if (rc < 0)
		return rc;
	if (ret->timeline.beat_us < BEAT_US_MIN || ret->timeline.beat_us > BEAT_US_MAX ||
		!is_time(ret->timeline.origin_beat) || !is_time(ret->timeline.origin_us) ||
		!is_time(ret->start_stop.beat) || !is_time(ret->start_stop.time_us))
		return -EBADMSG;
	return 0;
}

static int take_probe(void *data, uint32_t key, const uint8_t *value, uint32_t size)
{
	struct link_probe *p = data;
	int64_t *time;
	bool *has;

	switch (key) {
	case KEY_SESSION:
		if (size != sizeof(p->session))
			return -EBADMSG;
		memcpy(&p->session, value, sizeof(p->session));
		p->has_session = true;
		return 0;
	case KEY_HOST:
		time = &p->host_us;
		has = &p->has_host;
		break;
	case KEY_GHOST:
		time = &p->ghost_us;
		has = &p->has_ghost;
		break;
	case KEY_BEFORE:
		time = &p->before_us;
		has = &p->has_before;
		break;
	default:
		return 0;
	}
	if (size != 8 || !is_time((int64_t)get(value, 8)))
		return -EBADMSG;
	*time = (int64_t)get(value, 8);
	*has = true;
	return 0;
}

int link_probe_read(const void *data, size_t size, struct link_probe *ret)
{
	const uint8_t *p = data;

	if (size < TAG_SIZE + 1 || size > LINK_PACKET_MAX || memcmp(p, probe_tag, TAG_SIZE) != 0)
		return -EPROTO;
	*ret = (struct link_probe){.kind = p[8]};
	if (ret->kind != LINK_PING && ret->kind != LINK_PONG)
		return -EPROTO;
	if (ret->kind == LINK_PING) {
		if (size - TAG_SIZE - 1 > LINK_ECHO_MAX) /* nobody gets more back than it sent */
			return -EBADMSG;
		ret->n_echo = (uint32_t)(size - TAG_SIZE - 1);
		memcpy(ret->echo, p + TAG_SIZE + 1, ret->n_echo);
	}
	return read_entries(p + TAG_SIZE + 1, size - TAG_SIZE - 1, take_probe, ret);
}

/* --- Writing --- */

static uint8_t *put(uint8_t *p, uint64_t x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(x >> 8 * (n - 1 - i));
	return p + n;
}

static uint8_t *put_bytes(uint8_t *p, const void *data, size_t n)
{
	memcpy(p, data, n);
	return p + n;
}

static uint8_t *put_key(uint8_t *p, enum key key, uint32_t size)
{
	return put(put(p, key, 4), size, 4);
}

static uint8_t *put_time(uint8_t *p, enum key key, int64_t us)
{
	return put(put_key(p, key, 8), (uint64_t)us, 8);
}

static uint8_t *put_endpoint(uint8_t *p, const struct link_endpoint *e)
{
	uint32_t address = e->is_v6 ? 16 : 4;

	if (!e->is_known)
		return p;
	p = put_key(p, e->is_v6 ? KEY_ENDPOINT_V6 : KEY_ENDPOINT_V4, address + 2);
	return put(put_bytes(p, e->address, address), e->port, 2);
}

size_t link_hello_write(const struct link_hello *h, uint8_t buf[LINK_PACKET_MAX])
{
	uint8_t *p = put_bytes(buf, hello_tag, TAG_SIZE);

	p = put(put(put(p, h->kind, 1), h->ttl_s, 1), 0, 2);
	p = put_bytes(p, &h->node, sizeof(h->node));
	if (h->kind == LINK_BYEBYE)
		return (size_t)(p - buf);
	p = put_key(p, KEY_TIMELINE, 24);
	p = put(p, (uint64_t)h->timeline.beat_us, 8);
	p = put(p, (uint64_t)h->timeline.origin_beat, 8);
	p = put(p, (uint64_t)h->timeline.origin_us, 8);
	p = put_bytes(put_key(p, KEY_SESSION, sizeof(h->session)), &h->session, sizeof(h->session));
	p = put(put_key(p, KEY_START_STOP, 17), h->start_stop.is_playing, 1);
	p = put(put(p, (uint64_t)h->start_stop.beat, 8), (uint64_t)h->start_stop.time_us, 8);
	p = put_endpoint(p, &h->v4);
	p = put_endpoint(p, &h->v6);
	return (size_t)(p - buf);
}

size_t link_probe_write(const struct link_probe *pr, uint8_t buf[LINK_PACKET_MAX])
{
	uint8_t *p = put(put_bytes(buf, probe_tag, TAG_SIZE), pr->kind, 1);

	if (pr->has_session)
		p = put_bytes(
			put_key(p, KEY_SESSION, sizeof(pr->session)), &pr->session, sizeof(pr->session));
	if (pr->has_ghost)
		p = put_time(p, KEY_GHOST, pr->ghost_us);
	if (pr->has_host)
		p = put_time(p, KEY_HOST, pr->host_us);
	if (pr->has_before)
		p = put_time(p, KEY_BEFORE, pr->before_us);
	p = put_bytes(p, pr->echo, pr->n_echo);
	return (size_t)(p - buf);
}
