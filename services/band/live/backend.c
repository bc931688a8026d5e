/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mos/ump.h>

#include "backend.h"

static void list(char *ret, size_t size, char (*ports)[BACKEND_PORT_NAME], uint32_t n)
{
	size_t at = 0;

	ret[0] = 0;
	for (uint32_t i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(ret + at, size - at, "%s%s", i ? ", " : "", ports[i]);
}

int backend_choose(
	const char *wanted, char (*ports)[BACKEND_PORT_NAME], uint32_t n_ports, struct band_report *report)
{
	char names[sizeof(((struct band_issue *)0)->message)];
	uint32_t n = 0, found = 0;

	list(names, sizeof(names), ports, n_ports);
	for (uint32_t i = 0; i < n_ports; i++) {
		if (strcmp(ports[i], wanted) == 0)
			return (int)i;
		if (strstr(ports[i], wanted)) {
			found = i;
			n++;
		}
	}
	if (n == 1)
		return (int)found;
	if (n > 1) {
		(void)band_error(report, "band.port.ambiguous", BACKEND_WHERE, "\"%.40s\" fits %u ports: %s",
			wanted, n, names);
		band_hint(report, "Give the whole name of one of them");
		return -EEXIST;
	}
	if (n_ports == 0)
		(void)band_error(
			report, "band.port.unknown", BACKEND_WHERE, "There is no MIDI port to play to");
	else
		(void)band_error(report, "band.port.unknown", BACKEND_WHERE,
			"No MIDI port is called \"%.40s\"; there are: %s", wanted, names);
	band_hint(report, "%s",
		n_ports ? "A part of a name that fits one port only is enough"
			: "Connect an instrument or start a synthesizer, then try again");
	return -ENOENT;
}

int backend_absent(struct band_report *report, const char *hint, const char *fmt, ...)
{
	char message[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	(void)band_error(report, "band.backend.unavailable", BACKEND_WHERE, "%s", message);
	band_hint(report, "%s", hint);
	return -ENODEV;
}

/** Bytes of a MIDI 1.0 channel voice or system packet. */
static uint32_t bytes_of(uint32_t word, uint8_t *ret)
{
	const uint8_t status = word >> 16 & 0xff;
	uint32_t n = 3;

	if (word >> 28 == 1) {
		if (status == 0xf1 || status == 0xf3)
			n = 2;
		else if (status == 0xf6 || status >= 0xf8)
			n = 1;
		else if (status != 0xf2)
			return 0;
	} else if (status < 0x80 || status >= 0xf0) {
		return 0;
	} else if (status >> 4 == 0xc || status >> 4 == 0xd) {
		n = 2;
	}
	ret[0] = status;
	ret[1] = word >> 8 & 127;
	ret[2] = word & 127;
	return n;
}

uint32_t backend_bytes(const uint32_t ump[2], uint8_t ret[12])
{
	uint32_t word[4] = {ump[0]}, n_words = 1, n = 0;

	if (ump[0] >> 28 == 4)
		n_words = mos_ump_to_midi1(ump, word);
	else if (ump[0] >> 28 != 1 && ump[0] >> 28 != 2)
		return 0;
	for (uint32_t i = 0; i < n_words; i++)
		n += bytes_of(word[i], ret + n);
	return n;
}

/*** collect: everything but a sound ***/

static int collect_send(struct band_sender *sender, int64_t due_ns, const uint32_t ump[2])
{
	return 0;
}

static int collect_flush(struct band_sender *sender)
{
	return 0;
}

static void collect_close(struct band_sender *sender)
{
	free(sender);
}

static int collect_open(const char *port, struct band_report *report, struct band_sender **ret)
{
	struct band_sender *sender = malloc(sizeof(*sender));

	if (!sender)
		return -ENOMEM;
	*sender = (struct band_sender){.send = collect_send, .flush = collect_flush, .close = collect_close};
	*ret = sender;
	return 0;
}

static int collect_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max)
{
	return 0;
}

#ifdef BAND_HAVE_ALSA
#define ALSA_BUILT true
#else
#define ALSA_BUILT false
#endif

const struct band_backend band_backends[] = {
	{"alsa-seq", "rtmidi", "a port of the ALSA sequencer, which sends each message at its time",
		alsa_seq_open, alsa_seq_ports, ALSA_BUILT},
	{"alsa-raw", NULL,
		"a MIDI device of the kernel, or the path of one; nobody else can play on it meanwhile",
		alsa_raw_open, alsa_raw_ports, true},
	{"collect", NULL, "nowhere: everything is decided and counted, nothing sounds", collect_open,
		collect_ports, true},
	{.name = NULL},
};

const struct band_backend *band_backend_find(const char *name)
{
	for (const struct band_backend *b = band_backends; b->name; b++) {
		if (strcmp(name, b->name) == 0 || (b->alias && strcmp(name, b->alias) == 0))
			return b;
	}
	return NULL;
}
