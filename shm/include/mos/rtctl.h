/* SPDX-License-Identifier: MIT */
/**
 * The private channel between broker and rtcore: fixed 256-byte records over a SOCK_SEQPACKET socket
 * ($MOS_RUNTIME_DIR/rtcore.sock, mode 0600, same user only), file descriptors beside them. rtcore knows
 * nothing of RPC. Each request is answered once, with its id, in the order of completion: a load is answered
 * when it is in force, a transport command when the audio thread has taken it.
 */
#ifndef MOS_RTCTL_H
#define MOS_RTCTL_H

#include <stdint.h>

#include <mos/event.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOS_RTCTL_VERSION 2
#define MOS_RTCTL_KEYS_MAX 64

enum mos_rtctl_op {
	MOS_RTCTL_HELLO = 1,     /**< -> hello; answer carries fds: clock page, event ring, counters, audio tap */
	MOS_RTCTL_ATTACH,        /**< client; fds: pidfd of the client. Answer: client, fds: its ingress ring, its doorbell */
	MOS_RTCTL_RESUME,        /**< client: the same client on a new broker connection keeps its ring. Answer: as ATTACH's */
	MOS_RTCTL_DETACH,        /**< client: ring gone, its sounding notes released */
	MOS_RTCTL_LOAD,          /**< load; fd: sealed timeline */
	MOS_RTCTL_UNLOAD,
	MOS_RTCTL_PLAY,          /**< play */
	MOS_RTCTL_PAUSE,
	MOS_RTCTL_STOP,
	MOS_RTCTL_SEEK,          /**< seek */
	MOS_RTCTL_TEMPO,         /**< tempo */
	MOS_RTCTL_LOOP,          /**< loop */
	MOS_RTCTL_METER,         /**< meter */
	MOS_RTCTL_METRONOME,     /**< metronome */
	MOS_RTCTL_NOTE,          /**< note: one note, a chord (step 0) or a melody (step > 0) */
	MOS_RTCTL_CUTOFF,        /**< releases the current chord */
	MOS_RTCTL_PANIC,
	MOS_RTCTL_PROGRAM,       /**< program: a live channel's instrument */
	MOS_RTCTL_STRIP,         /**< strip */
	MOS_RTCTL_BANK,          /**< bank: load a sound font. Answered when in force or failed */
	MOS_RTCTL_READY,         /**< answered when Apollo is ready, or with -ETIMEDOUT after 30 s (APO-15) */
	MOS_RTCTL_STATUS,        /**< answer: status */
	MOS_RTCTL_EVENT,         /**< event: publish it with source MOS_SOURCE_BROKER */
	MOS_RTCTL_QUIT,
	MOS_RTCTL_MIDI_CLOCK,    /**< midi_clock: clock, start, stop and song position on the MIDI output; off at first (TOU-45) */
	MOS_RTCTL_MIDI_PORTS,    /**< answer: midi_ports; fd: memfd of n struct mos_rtctl_port */
	MOS_RTCTL_MIDI_LINK,     /**< midi_link. Answer: the port's whole name, once what is sent arrives */
	MOS_RTCTL_MIDI_UNLINK,   /**< midi_link: take that back; an empty name: all */
	MOS_RTCTL_MAP,           /**< map: put a file's sound at a bank and program. Answered when in force or failed */
	MOS_RTCTL_PRESETS,       /**< answer: presets; fd: memfd of n struct mos_rtctl_preset, n_files struct mos_rtctl_file */
	MOS_RTCTL_FX,            /**< fx: a parameter of a built-in effect (mos/fx.h) */
	MOS_RTCTL_FX_LIST,       /**< answer: fx_list; fd: memfd of n struct mos_rtctl_fx: what differs from the initial values */
	MOS_RTCTL_INSERT,        /**< insert: a plugin or amplifier into a slot. Answered when it runs or failed */
	MOS_RTCTL_INSERT_SET,    /**< insert_set: a control of it */
	MOS_RTCTL_INSERT_LIST,   /**< answer: insert_list; fd: memfd of n struct mos_rtctl_insert */
	MOS_RTCTL_CLIP,          /**< clip: an audio file onto the timeline. Answer: clip.id, when its start is in memory */
	MOS_RTCTL_CLIP_REMOVE,   /**< clip_remove; id 0: all */
	MOS_RTCTL_CLIP_LIST,     /**< answer: clip_list; fd: memfd of n struct mos_rtctl_clip */
	MOS_RTCTL_INSERT_GET,    /**< insert; answer: insert_list; fd: memfd of n struct mos_rtctl_control */
	MOS_RTCTL_INSERT_SAVE,   /**< insert: what it keeps inside of itself; answer: insert_list; fd: memfd of n bytes of text */
	MOS_RTCTL_INSERT_RESTORE, /**< insert; fd: sealed memfd of such text. Answered when it is in force or refused */
	MOS_RTCTL_FOLLOW,        /**< follow: whose clock is followed */
	MOS_RTCTL_FOLLOW_GET,    /**< answer: follow_state */
	MOS_RTCTL_LEAD,          /**< lead: where a leader that is no MIDI clock is. Answer: follow_state */
	MOS_RTCTL_STRIP_LIST,    /**< answer: strip_list; fd: memfd of n struct mos_rtctl_strip: all strips, the master last */
	MOS_RTCTL_TIMECODE,      /**< timecode: MIDI time code on the MIDI output; off at first (KRO-26) */
	MOS_RTCTL_N_OPS
};

enum mos_engine_state { MOS_ENGINE_STARTING = 0, MOS_ENGINE_LOADING, MOS_ENGINE_READY, MOS_ENGINE_FALLBACK };

/** Status codes of answers: 0 or -errno. The ones with a meaning of their own: */
#define MOS_RTCTL_ILLEGAL (-1)    /**< -EPERM: transition not in the table; `text` names both states */
/* -ERANGE: position or value outside; answer's seek.tick..: allowed range in range_min/range_max */

enum mos_time_unit { MOS_UNIT_TICKS = 0, MOS_UNIT_NS = 1 };

/** An audio file that plays along with the timeline (APO-32). */
struct mos_rtctl_clip {
	uint32_t id;           /**< answers; from 1 */
	uint32_t strip;        /**< 0..63 */
	int64_t start_tick;
	int64_t end_tick;      /**< INT64_MAX: to the file's end */
	double file_bpm;       /**< tempo of the file: it is resampled to follow the clock's; 0: plays at its own speed */
	float gain_db;
	uint32_t flags;        /**< MOS_CLIP_* */
	uint64_t offset_frames; /**< of the file, skipped at the start */
	char path[176];
};
#define MOS_CLIP_LOOP 0x1u   /**< again from its start until end_tick */
#define MOS_CLIP_BY_BAR 0x2u /**< asked: start_tick and end_tick are bars from 0; answered in ticks */

/** Whose clock the transport follows (KRO-26). */
enum mos_leader {
	MOS_LEADER_INTERNAL = 0, /**< nobody's but the graph's */
	MOS_LEADER_MIDI = 1,     /**< the MIDI clock at the MIDI input (TOU-45) */
	MOS_LEADER_LINK = 2,     /**< an Ableton Link session (TOU-46); MOS_RTCTL_LEAD tells where it is */
	MOS_LEADER_MTC = 3,      /**< the MIDI time code at the MIDI input: where, not in which tempo */
	MOS_LEADER_N
};

/** MIDI time code: pictures a second. The numbers are those of its messages, and one. */
enum mos_timecode {
	MOS_TIMECODE_OFF = 0,
	MOS_TIMECODE_24 = 1,
	MOS_TIMECODE_25 = 2,
	MOS_TIMECODE_29_97_DROP = 3,
	MOS_TIMECODE_30 = 4,
	MOS_TIMECODE_N
};

#define MOS_LEADER_QUANTUM_MAX 61440u  /**< ticks: 16 measures of 4/4 */
#define MOS_LEADER_OFFSET_MAX_NS 1000000000
#define MOS_LEADER_NPQ_MIN UINT64_C(60000000)    /**< 1000 BPM: a session may be faster than we ever play */
#define MOS_LEADER_NPQ_MAX UINT64_C(60000000000) /**< 1 BPM */

struct mos_rtctl_follow {
	uint32_t leader;        /**< enum mos_leader */
	uint32_t quantum_ticks; /**< a leader without song position: what is in phase with it, 40..MOS_LEADER_QUANTUM_MAX */
	int64_t offset_ns;      /**< we play so much later than the leader says; negative: earlier */
	/* 0 and MOS_LEADER_AS_IS: as it is when it is this leader already, else four quarters and none */
};
#define MOS_LEADER_AS_IS INT64_MIN

/** A straight line: the leader is at `tick` and `tick_frac` / 2^32 when CLOCK_MONOTONIC says `at_ns`. */
struct mos_rtctl_lead {
	int64_t tick;
	uint32_t tick_frac;
	uint32_t n_tempo; /**< changes of tempo on our side that this line knows of: an older line is not believed */
	int64_t at_ns;
	uint64_t npq;
};

struct mos_rtctl_follow_state {
	uint32_t leader;
	uint32_t quantum_ticks;
	int64_t offset_ns;
	uint64_t npq;       /**< tempo: of the leader where it is heard, else ours */
	int64_t error_ns;   /**< the leader is so much ahead of us */
	uint64_t n_lost;    /**< times it fell silent */
	uint64_t n_jumps;   /**< times we had to jump to be in phase */
	uint32_t is_heard;
	uint32_t n_tempo;   /**< changes of tempo on our side while it is followed */
	uint32_t state;     /**< enum mos_transport_state */
	uint32_t is_in_time; /**< playing, and in phase to 1 ms */
	int64_t at_ns;       /**< CLOCK_MONOTONIC of the leader, when we are at `phase`; 0: we don't play */
	uint32_t phase;      /**< ticks into the measure, within the quantum */
	uint32_t phase_frac; /**< 2^-32 ticks more */
};

struct mos_rtctl_msg {
	uint32_t op;     /**< enum mos_rtctl_op; answers repeat it */
	uint32_t id;     /**< chosen by the broker; answers repeat it */
	int32_t status;  /**< answers: 0 or -errno */
	uint32_t reserved0;
	union {
		struct { uint32_t version; uint32_t pid; uint64_t generation; uint32_t rate_hz; uint32_t quantum; } hello;
		struct { uint32_t slot; uint32_t pid; uint64_t cookie; char name[48]; uint32_t may; /* MOS_MAY_* */ } client;
		struct mos_event event;
		struct { uint64_t timeline_id; uint32_t flags; uint32_t reserved; int64_t end_tick; } load; /* MOS_LOAD_* */
		struct { uint32_t count_in_bars; uint32_t flags; int64_t from_tick; } play; /* flags: MOS_PLAY_*; answer: where it begins */
		struct { int64_t tick; int64_t range_min, range_max; uint32_t by_bar; uint32_t bar, beat, sub_tick; uint32_t by_frame; } seek; /* by_bar 1: bar, beat count from 0; by_frame 1: tick is a frame of the song */
		struct { uint64_t npq; uint32_t rate_ppm; uint32_t mode; } tempo; /* mode: MOS_TEMPO_* */
		struct { int64_t start_tick, end_tick; uint32_t active; uint32_t by_bar; uint32_t start_bar, end_bar; } loop; /* by_bar 1: bars from 0, end exclusive */
		struct { uint16_t num, den; uint32_t reserved; int64_t at_tick; } meter; /* 0/0: back to the score's; answer: the measure's start */
		struct { uint32_t on; float gain_db; } metronome;
		struct { uint32_t on; } midi_clock;
		struct { uint32_t rate; } timecode; /* enum mos_timecode */
		struct {
			uint8_t group, channel; uint8_t n_keys; uint8_t role; /* enum mos_note_role */
			uint16_t velocity; uint16_t reserved;
			uint32_t len_unit, step_unit; /* enum mos_time_unit */
			uint64_t len, step;          /* length of each note; distance of onsets, 0: together */
			uint64_t at_frame;           /* 0: next cycle; answer: frame of the first onset */
			uint8_t keys[MOS_RTCTL_KEYS_MAX];
		} note;
		struct {
			uint8_t group, channel, bank, program;
			uint8_t key, reserved; /* the asker's own, with velocity: the answer repeats them */
			uint16_t velocity;
		} program;
		struct { uint32_t strip; uint32_t mask; float gain_db, pan; uint32_t mute, solo; } strip; /* mask: 1 gain, 2 pan, 4 mute, 8 solo; strip UINT32_MAX: master */
		struct { char path[224]; } bank;
		struct {
			uint32_t engine; uint32_t percent; int32_t error; uint32_t voices;
			uint32_t rt_priority; uint32_t rate_hz, quantum; uint32_t n_clients;
			uint64_t bank_bytes;
			char driver[16]; char bank[96]; char text[80];
		} status;
		struct mos_rtctl_follow follow;
		struct mos_rtctl_lead lead;
		struct mos_rtctl_follow_state follow_state;
		struct { uint32_t n; } midi_ports;
		struct { char port[240]; } midi_link; /* asked: its whole name, or a part that only one has */
		struct {
			char path[216];
			uint16_t bank, program;           /* bank 128: drums */
			uint16_t from_bank, from_program; /* of a sound font: which of its presets; from_bank MOS_MAP_FIRST: any */
			uint32_t flags;                   /* MOS_MAP_* */
		} map;
		struct { uint32_t n, n_files; } presets;
		struct { uint32_t strip; uint32_t unit; uint32_t param; float value; } fx; /* strip UINT32_MAX: master or the whole */
		struct { uint32_t n; } fx_list;
		struct { uint32_t n; } strip_list;
		struct { uint32_t strip; uint32_t slot; uint32_t kind; uint32_t flags; char what[224]; } insert; /* kind: MOS_INSERT_*; what: URI or path */
		struct { uint32_t strip; uint32_t slot; float value; char symbol[64]; } insert_set;
		struct { uint32_t n; } insert_list;
		struct mos_rtctl_clip clip;
		struct { uint32_t id; } clip_remove;
		struct { uint32_t n; } clip_list;
		char text[240]; /* failing answers: a sentence */
	} u;
};

/** A MIDI input that our MIDI output could go to. */
struct mos_rtctl_port {
	char name[240]; /**< NUL-terminated; as others gave it, not checked UTF-8 */
	uint32_t is_linked;
	uint32_t reserved[3];
};

/** A preset that can be chosen. */
struct mos_rtctl_preset {
	uint16_t bank, program; /**< bank 128: drums */
	uint32_t file;          /**< which of the files that follow */
	char name[56];
};

/** A file that presets are of; of mapped ones where it was put. */
struct mos_rtctl_file {
	char path[224];
	uint32_t is_mapped;
	uint16_t bank, program;
};

/** A strip of the mixer, as set. */
struct mos_rtctl_strip {
	uint32_t strip; /**< UINT32_MAX: master */
	uint32_t flags; /**< MOS_STRIP_* */
	float gain_db, pan;
	uint32_t program; /**< of the part */
	uint32_t reserved;
	char name[56]; /**< of the part; NUL-terminated; "": it has none */
};
#define MOS_STRIP_MUTE 0x1u
#define MOS_STRIP_SOLO 0x2u
#define MOS_STRIP_PART 0x4u  /**< a part of the score in force plays here */
#define MOS_STRIP_DRUMS 0x8u /**< ... which is drums */

/** A parameter of a built-in effect. */
struct mos_rtctl_fx {
	uint32_t strip; /**< UINT32_MAX: master or the whole */
	uint32_t unit, param;
	float value;
};

/** An insert in force. */
struct mos_rtctl_insert {
	uint32_t strip, slot, kind, state; /**< kind: MOS_INSERT_*; state: MOS_INSERT_IS_* */
	uint64_t late;          /**< periods that came too late */
	uint32_t latency_frames;
	uint32_t reserved;
	char what[224];
	char text[160];         /**< why it is bypassed */
};

/** A control of an insert. */
struct mos_rtctl_control {
	char symbol[64];
	float min, max, initial, value;
};

#define MOS_FX_ALL UINT32_MAX       /**< of FX as unit or param: back to the initial values */
#define MOS_FX_ALL_STRIPS 0xfffffffeu /**< of FX as strip, with those: everywhere */
#define MOS_INSERT_ANY UINT32_MAX   /**< of INSERT as slot: the first that is free */
#define MOS_INSERT_NONE 0u /**< take what is there out */
#define MOS_INSERT_LV2 1u
#define MOS_INSERT_NAM 2u
#define MOS_INSERT_IS_ON 0u
#define MOS_INSERT_IS_BYPASSED 1u
#define MOS_INSERT_IS_DEAD 2u
#define MOS_INSERT_IS_OFF 3u /**< somebody has switched it off: MOS_INSERT_BYPASS */
#define MOS_INSERT_BYPASS ":bypass" /**< as a symbol of INSERT_SET: 1: the strip is heard without it, 0: with it */
#define MOS_MAP_FIRST 0xffffu
#define MOS_MAP_REMOVE 0x1u /**< take the file out again; an empty path: all that were mapped */

/** What a client's records may do, of ATTACH; RESUME keeps what was granted. */
#define MOS_MAY_EMIT 0x1u /**< publish events */
#define MOS_MAY_MIDI_OUT 0x4u /**< send to the MIDI output: MOS_EVENT_TO_OUTPUT */
#define MOS_MAY_PLAY 0x2u /**< sound: midi:noteon, midi:noteoff, midi:ump */

#define MOS_LOAD_UPDATE 0x1u  /**< same score, new content: keep position and state */
#define MOS_PLAY_RESTART 0x1u /**< from the start (or loop start) */
#define MOS_TEMPO_SCORE 0u    /**< follow the score's tempo map */
#define MOS_TEMPO_FIXED 1u    /**< npq, from now on, over the score's map */
#define MOS_TEMPO_RATE 2u     /**< rate_ppm times what is written */
#define MOS_TEMPO_LEADER 3u   /**< in events only: the tempo of the clock that is followed */

enum mos_note_role { MOS_ROLE_NOTE = 0, MOS_ROLE_CHORD = 1, MOS_ROLE_MELODY = 2, MOS_ROLE_BASS = 3 };

/** UMP groups: the score uses 0..2, live input and calls use 3, so neither disturbs the other. */
#define MOS_GROUP_LIVE 3u
#define MOS_N_GROUPS 4u
#define MOS_N_STRIPS (MOS_N_GROUPS * 16u)

#ifdef __cplusplus
}
#endif
#endif
