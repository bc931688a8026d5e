/* SPDX-License-Identifier: MIT */
/*
 * The whole metronome in a system of the test's own: its time, its clock page, its bus, its disk, its
 * microphone. The functions of libmos that reach a system are defined in metronome_rig.c and so go before the
 * library's.
 */
#ifndef TEST_METRONOME_RIG_H
#define TEST_METRONOME_RIG_H

#include <criterion/criterion.h>

#include "app.h"

#define MS INT64_C(1000000)
#define OWN_SLOT 7

struct mos_widget {
	struct mos_widget_context context;
};

extern struct mos_widget widget;
extern struct app app;
extern int64_t time_ns, next_look_ns;
extern struct mos_clock_page page;
extern struct mos_event sent[8192]; /* what it emitted, and when */
extern int64_t sent_at_ns[8192];
extern uint32_t n_sent;
extern char shown[VIEW_TEXT_SIZE], refused[256], asked[64];
extern struct mos_value replied, kept; /* copies */
extern uint8_t *shared;
extern size_t n_shared;
extern struct mos_audio_tap microphone; /* to be written by tests; hdr NULL: there is no audio */

/* Activate it anew. */
void rig_start(const struct mos_value *state);
/* The timer runs, at its pace. */
void rig_pass(int64_t ms);
/* An event reaches those who listen for its type. */
void rig_hear(const struct mos_event *event);
int rig_call(const char *name, const struct mos_field *field, size_t n);
/* Events of a type that were sent. */
uint32_t rig_count(uint32_t type);
const struct mos_event *rig_nth(uint32_t type, uint32_t n);

#endif
