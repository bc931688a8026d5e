/* SPDX-License-Identifier: MIT */
/**
 * Records of probes become ways: which publishing belongs to which taking, receiving, sounding. Pure: no
 * clock, no system calls. Bounded: 16,384 events, 4,096 records on their way in, 1,024 clients; who comes
 * later is counted. Records may come in any order, twice, or not at all.
 */
#ifndef MOS_TRACE_MATCH_H
#define MOS_TRACE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "hist.h"
#include "path.h"

#define MATCH_EVENTS 16384u /**< the event ring's own length: an older one cannot be received any more */
#define MATCH_INGRESS 4096u
#define MATCH_NOTES 256u
#define MATCH_CLIENTS 1024u
#define MATCH_EARLY 4u /**< receivings of one event that were told before its publishing */
#define MATCH_STEPS 512u

/** Parts of the way. X(NAME, "json name", "from -> to") */
#define MATCH_HOPS(X)                                                                                        \
	X(MIDI_RING, "midi_to_ring", "MIDI in -> event ring")                                                \
	X(MIDI_SOUND, "midi_to_sound", "MIDI in -> instrument")                                              \
	X(SOUND_OUT, "sound_to_out", "instrument -> cycle's end")                                            \
	X(EMIT_BELL, "emit_to_doorbell", "emit -> rtcore was rung")                                          \
	X(EMIT_TAKE, "emit_to_take", "emit -> bus thread")                                                   \
	X(TAKE_RING, "take_to_ring", "bus thread -> event ring")                                             \
	X(RING_RECEIVE, "ring_to_receive", "event ring -> a client")                                         \
	X(LISTENER, "listener", "listener called -> returned")                                               \
	X(MIDI_RECEIVE, "midi_to_receive", "MIDI in -> a client")                                            \
	X(EMIT_RECEIVE, "emit_to_receive", "emit -> a client")

enum match_hop {
#define X(sym, name, words) HOP_##sym,
	MATCH_HOPS(X)
#undef X
		N_HOPS
};

struct match_client {
	uint32_t tgid, slot;
	char comm[PATH_COMM_LEN];
	struct hist receive, listener; /**< tagged with the event */
	uint64_t last_seq;
	uint64_t lost, late, long_listeners, reordered, duplicates;
	uint64_t in_listener_ns; /**< its listener has not returned for so long */
};

/** One place and time. */
struct match_end {
	uint64_t time_ns;
	uint32_t tgid, tid;
};

/** A step of an event that is followed. */
struct match_step {
	struct match_end at;
	uint64_t seq;
	uint32_t kind; /**< enum path_kind */
	uint32_t type;
	uint64_t took_ns; /**< since the step before it; a listener: its own time */
	char comm[PATH_COMM_LEN];
};

typedef void (*match_told)(void *data, enum match_hop hop, const struct match_end *from,
	const struct match_end *to, uint32_t type, uint64_t seq);

struct match;

/** @param slow_ns  a receiving or a listener of so long counts as late. @return NULL: out of memory */
struct match *match_create(uint64_t slow_ns, match_told told, void *data);
void match_destroy(struct match *m);
/** Keep the steps of what comes, the newest MATCH_STEPS. @param seq of this event alone; 0: of all */
void match_follow(struct match *m, uint64_t seq);
void match_take(struct match *m, const struct path_record *r);
/** A listener that is still out. */
void match_listener(struct match *m, const struct path_listener *l, uint64_t now_ns);

const char *match_hop_name(enum match_hop hop);
const char *match_hop_words(enum match_hop hop);
const struct hist *match_hop(const struct match *m, enum match_hop hop);
/** In the order in which they were first seen. */
const struct match_client *match_client(const struct match *m, size_t i);
bool match_is_slow(const struct match *m, const struct match_client *c);
/** Oldest first. */
const struct match_step *match_step(const struct match *m, size_t i);
/** Receivings whose publishing was not seen although it came after the first that was. */
uint64_t match_unmatched(const struct match *m);
/** Of clients beyond MATCH_CLIENTS. */
uint64_t match_left_out(const struct match *m);
uint64_t match_published(const struct match *m);

#endif
