/* SPDX-License-Identifier: MIT */
/** What the backends share. */
#ifndef BAND_BACKEND_H
#define BAND_BACKEND_H

#include "live.h"

#define BACKEND_PORT_NAME 128u
#define BACKEND_MAX_PORTS 64u
#define BACKEND_WHERE "RT_BACKEND_FAILURE"
#define BACKEND_STUCK_MS 100 /* a device that takes nothing for so long is given up */

int alsa_seq_open(const char *port, struct band_report *report, struct band_sender **ret);
int alsa_seq_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max);
int alsa_raw_open(const char *port, struct band_report *report, struct band_sender **ret);
int alsa_raw_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max);

/**
 * The port that is meant: the exact name, else the only one that has `wanted` in it.
 * @return its index; -ENOENT, -EEXIST: the report has the ports there are.
 */
int backend_choose(
	const char *wanted, char (*ports)[BACKEND_PORT_NAME], uint32_t n_ports, struct band_report *report);

/** "band.backend.unavailable" with a message and what to do. @return -ENODEV */
int backend_absent(struct band_report *report, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** A packet as MIDI bytes. @return how many; 0: it has none. */
uint32_t backend_bytes(const uint32_t ump[2], uint8_t ret[12]);

#endif
