/* SPDX-License-Identifier: MIT */
/** Which keys sound, by what the bus tells; the score's notes are told before they are due. Pure. */
#ifndef WIDGET_PLAYED_H
#define WIDGET_PLAYED_H

#include <stdint.h>
#include <mos/event.h>

#define PLAYED_DUE_MAX 512u

/* Zeroed: silence. */
struct played {
	uint16_t velocity[128]; /* 0: the key is up */
	uint8_t channel[128];   /* that struck it last */
	uint8_t n_down[128];    /* how many hold it */
	int64_t on_ns[128];     /* since when */
	uint64_t pedal[2];      /* sounds though the key is up */
	struct {
		int64_t time_ns;
		uint16_t velocity; /* 0: the end */
		uint8_t key, channel;
		uint8_t is_scheduled; /* by the transport: void when that jumps */
	} due[PLAYED_DUE_MAX];
	uint32_t n_due;
};

/* Types that played_event() wants to hear; 0 ends the list. */
extern const uint32_t played_types[];

/* @return 1: something sounds, ends or is announced that did not before. */
int played_event(struct played *p, const struct mos_event *ev, int64_t now_ns);
/* What was announced for this moment or before happens. @return 1: something changed. */
int played_pass(struct played *p, int64_t now_ns);
/* 0 silent ... 1, by velocity; the pedal's are faint. */
float played_level(const struct played *p, unsigned int key);
/* Bit n: pitch class n sounds. */
uint16_t played_pitch_classes(const struct played *p);

#endif
