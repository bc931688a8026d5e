/* SPDX-License-Identifier: MIT */
/**
 * What is in the payload of each type of event, once for all: `mosctl events` prints by this table, `mosctl
 * emit` parses by it (EVT-11, EVT-07, EVT-24).
 */
#ifndef MOSCTL_PAYLOAD_H
#define MOSCTL_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include <mos/event.h>

enum field_kind {
	FIELD_UINT,    /* a whole number */
	FIELD_SINT,    /* with a sign */
	FIELD_HEX,     /* a packet's word */
	FIELD_REAL,    /* a whole number that stands for `scale` times as little; signed */
	FIELD_BPM,     /* nanoseconds a quarter */
	FIELD_ENUM,    /* one of `names` */
	FIELD_FLAGS,   /* some of `names`, one a bit */
	FIELD_BITS,    /* set of small numbers */
	FIELD_TEXT,    /* UTF-8, NUL-terminated */
	FIELD_NOTE,    /* a key as "C4" */
	FIELD_KEYS,    /* u64[2]: a set of keys */
	FIELD_STRINGS, /* u8[6]: a key a string, 0xff none */
	FIELD_PITCH,   /* pitch class, 0xff none */
	FIELD_PITCHES, /* u16: a set of pitch classes */
	FIELD_STEPS,   /* u64[2] and n_steps: "x..x..x." */
	FIELD_TYPE,    /* number of a type of event */
	FIELD_ERROR,   /* -errno */
};

struct field {
	const char *name; /* NULL ends the list */
	uint8_t kind;     /* enum field_kind */
	uint8_t offset, size;
	uint8_t add;   /* what people count from: 1 for bars */
	uint8_t quiet; /* 1: not printed when all its bits are 0, 2: all 1 */
	uint8_t gate;  /* not printed while the u16 at this place is 0; 0: always printed */
	double scale;
	const char *const *names; /* NULL-terminated */
};

#define FIELDS_MAX 16

/** The list of a type; an empty one for a type that is not ours. */
const struct field *payload_fields(uint32_t type);

/** A field of at most 8 bytes as a number. */
uint64_t field_get(const struct field *field, const struct mos_event *ev);
void field_set(const struct field *field, struct mos_event *ev, uint64_t value);

/** " bar=3 beat=1 ..." on stdout. */
void payload_print(const struct mos_event *ev);
/** The same as members of a JSON object. */
void payload_json(const struct mos_event *ev, yyjson_mut_doc *doc, yyjson_mut_val *object);

struct ctl;
/** The whole event as a line, text or JSON. @return CTL_OK, CTL_FAILED when stdout is broken. */
int event_print(struct ctl *ctl, const struct mos_event *ev);

/** A record of a type that checks as it is, to set fields in. */
struct mos_event payload_default(uint32_t type);
/**
 * Set fields from "NAME=VALUE" words; what follows from others (n_keys, n_pulses) is counted where not said.
 * @return -1; else the number of the word that makes no sense, and why.
 */
int payload_parse(struct mos_event *ev, int n, char *const *words, char *why, size_t size);

#endif
