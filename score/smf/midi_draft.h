/* SPDX-License-Identifier: MIT */
/**
 * From MIDI messages in time to a draft: what Standard MIDI Files and MIDI clip files have in common. Parts,
 * notes, programs, system exclusive messages, texts; the rules are in smf_score.h. One thread.
 *
 * Texts and packets are borrowed: the file, or memory that lives as long (the draft's pool).
 */
#ifndef SCORE_MIDI_DRAFT_H
#define SCORE_MIDI_DRAFT_H

#include <score/draft.h>

#include "midi_notes.h"
#include "midi_report.h"

#define MIDI_NO_PART UINT32_MAX
#define MIDI_NO_PROGRAM UINT32_MAX

/** Where a message stands. */
struct midi_at {
	uint64_t byte;
	int64_t tick;
};

enum midi_text_kind {
	MIDI_TEXT,
	MIDI_TEXT_COPYRIGHT,
	MIDI_TEXT_NAME,       /**< of the track */
	MIDI_TEXT_INSTRUMENT, /**< of the track */
	MIDI_TEXT_LYRIC,
	MIDI_TEXT_MARKER,
	MIDI_TEXT_CUE,
	MIDI_TEXT_COMMENT, /**< never sung */
};

/** A text of the track being read. */
struct midi_text {
	int64_t tick;
	uint64_t byte;
	const uint8_t *text;
	uint32_t size;
	uint8_t kind; /**< enum midi_text_kind */
};

/** Up to all bytes of a system exclusive message, or (is_ump) a packet that is kept as it is. */
struct midi_packet {
	struct midi_at at;
	const uint8_t *bytes; /**< without F0 and F7; is_ump: words, big-endian */
	uint32_t size;
	uint32_t serial; /**< order in the file */
	uint32_t next;   /**< of the message; UINT32_MAX: none */
	uint32_t part;   /**< that it goes to; MIDI_NO_PART: the first one of its port */
	uint8_t port;
	uint8_t starts;
	uint8_t is_ump;
};

/** What is known of a part beside what the draft holds. */
struct midi_part_facts {
	int64_t first_note_tick; /**< INT64_MAX: none */
	int64_t program_tick;
	uint32_t program_serial; /**< of the first program before the first note; MIDI_NO_PROGRAM */
	uint8_t program;
	uint8_t line; /**< port * 16 + channel */
	uint8_t has_channel;
};

/** A system exclusive message that came in packets and is not over yet. */
enum midi_sysex_state { MIDI_SYSEX_NONE, MIDI_SYSEX_OPEN, MIDI_SYSEX_DROPPED };

struct midi_draft {
	struct nvx_draft *draft;
	struct score_report *report;
	const struct score_alloc *alloc;
	struct midi_notes notes;
	struct midi_part_facts *facts; /**< [part] */
	size_t cap_facts;
	uint32_t serial; /**< of the next control */

	struct midi_packet *packet;
	size_t n_packet, cap_packet;
	uint32_t first_packet_of[16], last_packet[16]; /**< of the open message, by port */
	uint8_t sysex[16];                             /**< enum midi_sysex_state, by port */
	unsigned n_sysex_open;
	int drops_unfinished; /**< a system exclusive message without an end goes, else it is ended */
	int has_about;        /**< a text began with @, as in karaoke files */

	/* of the track being read */
	uint32_t track;
	uint32_t first_part;
	size_t first_packet;
	uint32_t part_of[MIDI_LINES];
	nvx_str name_of[MIDI_LINES]; /**< names that were given to one channel */
	struct midi_text *text;
	size_t n_text, cap_text;

	struct midi_tally long_notes, cut_texts;
};

void midi_draft_init(struct midi_draft *md, struct nvx_draft *draft);
/** Zeroed ones are fine. */
void midi_draft_finish(struct midi_draft *md);

void midi_track_begin(struct midi_draft *md, uint32_t track);
/**
 * End what sounds, name the parts, place the texts.
 * @param is_song  The track's name is the song's and no part's (format 0, clips).
 */
int midi_track_end(struct midi_draft *md, struct midi_at at, int is_song);
/** After the last track: programs, system exclusive messages, the order of controls. */
int midi_draft_complete(struct midi_draft *md);

/* Messages, in the order of the track. @return 0, or draft->error. */

/** The part of the track for a line, made when it is new. @return MIDI_NO_PART in error. */
uint32_t midi_part(struct midi_draft *md, unsigned port, unsigned channel);
/** @param velocity  1..127. @param velocity16  0: none. @param cents_1e3  Beside the key. */
int midi_note_on(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t key, uint8_t velocity,
	uint16_t velocity16, int32_t cents_1e3);
void midi_note_off(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t key, uint8_t velocity);
/** A control with its kind, number, value and so on for the caller to fill. Never NULL. */
struct nvx_control *midi_control(struct midi_draft *md, struct midi_at at, uint32_t part);
/** @param bank  0xffff: none. */
int midi_program(struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t program, uint16_t bank);
/** Channel message of MIDI 1.0 but notes: status 0xa0, 0xb0, 0xc0, 0xd0, 0xe0. */
int midi_channel_control(
	struct midi_draft *md, struct midi_at at, uint32_t part, uint8_t status, const uint8_t data[2]);

/** A packet of a system exclusive message. `first`: it starts one; `last`: it ends one. */
int midi_sysex(struct midi_draft *md, struct midi_at at, unsigned port, const uint8_t *bytes, uint32_t size,
	int first, int last);
/** A message that would go on is ended, with a warning. */
void midi_sysex_cut(struct midi_draft *md, uint64_t byte, unsigned port);
/** A packet that has no other place in a score, 4 to 16 bytes. */
int midi_ump(struct midi_draft *md, struct midi_at at, unsigned port, const uint8_t *bytes, uint32_t size);

int midi_add_text(struct midi_draft *md, struct midi_at at, enum midi_text_kind kind, const uint8_t *text,
	uint32_t size);

/* midi_text.c: the texts of the track, by midi_track_end(). */
int midi_place_texts(struct midi_draft *md);
/** nvx_clean_text() that counts what was cut. */
nvx_str midi_clean(struct midi_draft *md, uint64_t byte, const uint8_t *text, uint32_t size);

/** What breaks before a lyric stands in its extensions, so. */
#define MIDI_BREAK_LINE "\"extensions\":{\"mos\":{\"break\":\"line\"}}"
#define MIDI_BREAK_PARAGRAPH "\"extensions\":{\"mos\":{\"break\":\"paragraph\"}}"

/* midi_complete.c */
#define MIDI_SYSEX_MAX                                                                                       \
	49152u /**< of one message: what 64 KiB of base64 hold; longer ones are kept in packets */

#endif
