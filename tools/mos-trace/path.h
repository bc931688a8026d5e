/* SPDX-License-Identifier: MIT */
/* What path.bpf.c tells: one record a probe that was passed. Shared with the user side. */
#ifndef MOS_TRACE_PATH_H
#define MOS_TRACE_PATH_H

#define PATH_COMM_LEN 16
#define PATH_CLIENTS_MAX 4096

enum path_kind {
	PATH_MIDI_IN = 1,  /* key: packet; number: frame */
	PATH_NOTE_SOUNDED, /* key: packet; number: frame */
	PATH_PUBLISH,      /* number: seq; slot: source */
	PATH_TAKE,         /* number: place in the ring of slot */
	PATH_EMIT,         /* number: place in the ring of slot */
	PATH_DOORBELL,     /* number: place before which all has been told */
	PATH_RECEIVE,      /* number: seq */
	PATH_LOST,         /* number: lost so far */
	PATH_LISTENED,     /* number: seq; begin_ns: when the listener was called */
	PATH_CYCLE,        /* number: cycle; begin_ns: when it began, where that is asked for */
};

struct path_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u64 begin_ns;
	__u64 number;
	__u64 key;
	__u32 kind; /* enum path_kind */
	__u32 type; /* enum mos_event_type */
	__u32 tgid, tid;
	__u32 slot;
	__u32 reserved;
	char comm[PATH_COMM_LEN]; /* the thread's */
};

/* A listener that has been called and has not returned: one a thread. */
struct path_listener {
	__u64 begin_ns;
	__u64 seq;
	__u32 type;
	__u32 tgid;
	__u32 slot;
	__u32 reserved;
	char comm[PATH_COMM_LEN];
};

#endif
