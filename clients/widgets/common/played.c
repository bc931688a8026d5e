/* SPDX-License-Identifier: MIT */
#include "played.h"

#include <string.h>

#define PEDAL_LEVEL 0.15f

const uint32_t played_types[] = {MOS_EVENT_MIDI_NOTEON, MOS_EVENT_MIDI_NOTEOFF, MOS_EVENT_MIDI_SNAPSHOT,
	MOS_EVENT_TRANSPORT_SEEK, MOS_EVENT_TRANSPORT_STOP, MOS_EVENT_TRANSPORT_PAUSE, MOS_EVENT_TEMPO_CHANGE,
	0};

static void strike(struct played *p, uint8_t key, uint8_t channel, uint16_t velocity, int64_t now_ns)
{
	if (velocity) {
		p->velocity[key] = velocity;
		p->channel[key] = channel;
		p->on_ns[key] = now_ns;
		if (p->n_down[key] < UINT8_MAX)
			p->n_down[key]++;
	} else if (p->n_down[key] && --p->n_down[key] == 0) {
		p->velocity[key] = 0;
	}
}

/* In the order in which they happen; those of one moment as they came. The last of a full list goes: the next
 * snapshot tells what sounds. */
static void announce(struct played *p, int64_t time_ns, const struct mos_event *ev, uint16_t velocity)
{
	const struct mos_ev_note *note = &ev->u.note;
	uint32_t i = p->n_due;

	while (i > 0 && p->due[i - 1].time_ns > time_ns)
		i--;
	if (i == PLAYED_DUE_MAX)
		return;
	if (p->n_due == PLAYED_DUE_MAX)
		p->n_due--;
	memmove(&p->due[i + 1], &p->due[i], (p->n_due - i) * sizeof(p->due[0]));
	p->due[i].time_ns = time_ns;
	p->due[i].velocity = velocity;
	p->due[i].key = note->key & 127;
	p->due[i].channel = note->channel & 15;
	p->due[i].is_scheduled = (ev->flags & MOS_EVENT_SCHEDULED) != 0;
	p->n_due++;
}

/* The transport jumps: what it announced is void, and told anew where it still holds. */
static void forget_scheduled(struct played *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_due; i++)
		if (!p->due[i].is_scheduled)
			p->due[n++] = p->due[i];
	p->n_due = n;
}

/* What was struck after the snapshot was taken is not in it. */
static void take_snapshot(struct played *p, const struct mos_ev_snapshot *s, int64_t taken_ns)
{
	for (uint32_t key = 0; key < 128; key++) {
		if (!(s->keys[key / 64] >> key % 64 & 1) && p->velocity[key] && p->on_ns[key] < taken_ns) {
			p->velocity[key] = 0;
			p->n_down[key] = 0;
		}
	}
	p->pedal[0] = s->keys[0];
	p->pedal[1] = s->keys[1];
}

int played_event(struct played *p, const struct mos_event *ev, int64_t now_ns)
{
	const int64_t at_ns = ev->time_ns && ev->time_ns <= INT64_MAX ? (int64_t)ev->time_ns : now_ns;
	const struct mos_ev_note *note = &ev->u.note;
	uint16_t velocity;

	/* Nobody looks while the widget is hidden: what is past must not fill the list. */
	(void)played_pass(p, now_ns);
	switch (ev->type) {
	case MOS_EVENT_MIDI_NOTEON:
	case MOS_EVENT_MIDI_NOTEOFF:
		velocity = ev->type == MOS_EVENT_MIDI_NOTEON ? note->velocity : 0;
		if (at_ns > now_ns)
			announce(p, at_ns, ev, velocity);
		else
			strike(p, note->key & 127, note->channel & 15, velocity, at_ns);
		return 1;
	case MOS_EVENT_MIDI_SNAPSHOT:
		take_snapshot(p, &ev->u.snapshot, at_ns);
		return 1;
	case MOS_EVENT_TRANSPORT_SEEK:
	case MOS_EVENT_TRANSPORT_STOP:
	case MOS_EVENT_TRANSPORT_PAUSE:
	case MOS_EVENT_TEMPO_CHANGE:
		forget_scheduled(p);
		return 1;
	default:
		return 0;
	}
}

int played_pass(struct played *p, int64_t now_ns)
{
	uint32_t n = 0;

	while (n < p->n_due && p->due[n].time_ns <= now_ns) {
		strike(p, p->due[n].key, p->due[n].channel, p->due[n].velocity, p->due[n].time_ns);
		n++;
	}
	p->n_due -= n;
	memmove(&p->due[0], &p->due[n], p->n_due * sizeof(p->due[0]));
	return n > 0;
}

float played_level(const struct played *p, unsigned int key)
{
	if (key > 127)
		return 0;
	if (p->velocity[key])
		return (float)p->velocity[key] / 65535.0f;
	return p->pedal[key / 64] >> key % 64 & 1 ? PEDAL_LEVEL : 0;
}

uint16_t played_pitch_classes(const struct played *p)
{
	uint16_t classes = 0;

	for (unsigned int key = 0; key < 128; key++)
		if (played_level(p, key) > 0)
			classes |= (uint16_t)(1u << key % 12);
	return classes;
}
