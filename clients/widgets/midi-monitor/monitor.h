/* SPDX-License-Identifier: MIT */
/** MIDI as it comes and goes, a line each: notes of the bus, and every other packet decoded. Pure. */
#ifndef WIDGET_MIDI_MONITOR_H
#define WIDGET_MIDI_MONITOR_H

#include <mos/draw.h>
#include <mos/event.h>

#define MONITOR_LINES 64u

struct monitor_line {
	int64_t time_ns;
	uint16_t source;
	uint8_t channel; /**< 0..15; 0xff: of none */
	char what[12];   /**< "note on" */
	char text[40];   /**< "C#4  0.71" */
	uint32_t pulse, n_pulses; /**< of the same kind, one after the other; 0: it is none */
};

/** Zeroed: empty. */
struct midi_monitor {
	struct monitor_line line[MONITOR_LINES]; /**< a ring */
	uint64_t n;                              /**< that came, all in all */
	int is_held;                             /**< what comes is counted, the lines stay */
	uint64_t n_missed;                       /**< while it was held */
};

/** Types that monitor_event() wants to hear; 0 ends the list. */
extern const uint32_t monitor_types[];

/** @return 1: there is a new line, or the newest is another. Pulses of a clock in a row are one line. */
int monitor_event(struct midi_monitor *m, const struct mos_event *ev);
void monitor_hold(struct midi_monitor *m, int held);
/** The i-th line from the newest; NULL: there are not so many. */
const struct monitor_line *monitor_at(const struct midi_monitor *m, unsigned i);
/** "MIDI in", "score", "client 3" ... */
void monitor_source(uint16_t source, char *ret, size_t size);

void monitor_draw(struct mos_draw *d, const struct midi_monitor *m);
/** The newest lines, for a terminal. */
void monitor_text(const struct midi_monitor *m, char *ret, size_t size);

#endif
