/* SPDX-License-Identifier: MIT */
/**
 * GPIF, the document of Guitar Pro 6 to 8. Bars, voices, beats, notes and rhythms stand in lists of their own
 * and are named by number, so one of them may be played many times.
 */
#ifndef SCORE_GUITARPRO_GPIF_H
#define SCORE_GUITARPRO_GPIF_H

#include "gp.h"
#include "gpif_xml.h"

/** One way to strike something of a kit. */
struct gpif_stroke {
	uint8_t pitch;      /**< of General MIDI */
	uint8_t instrument; /**< enum nvx_drum */
	nvx_str name;       /**< where the pitch does not say how */
};

struct gpif_track {
	gpif_el el;
	struct gpif_index chord;
	struct gpif_stroke *kit;
	uint32_t n_kit;
	struct gp_syllables line[GP_MAX_LINES]; /**< where beats have none of their own */
	uint32_t first_bar[GP_MAX_LINES];       /**< from 0 */
	uint8_t has_lines;
};

struct gpif_reader {
	struct gpif_doc doc;
	struct gp_song song;
	struct gp_beat *beat;
	struct gpif_index bar, voice, beats, note, rhythm;
	gpif_el *master_bar;      /**< by index */
	struct gpif_track *track; /**< in the order of the score */
	uint32_t *staff_track;    /**< by staff of the whole score */
	uint8_t *staff_of_track;
	uint32_t n_staves;
	int *simile;        /**< by staff: the bar that was played last and the one before it; -1: none */
	uint8_t beat_lines; /**< some beat has lyrics of its own */
	uint64_t work;      /**< elements and text that were looked at, again for each time they are played */
	uint32_t n_ignored; /**< elements that only say how the page looks or what the sound engine does */
};

/**
 * The document to a draft.
 * @param owned  Of the draft's heap: freed as soon as the document has been gone through; may be NULL.
 * @return as an importer.
 */
int gpif_read(const uint8_t *bytes, size_t size, uint8_t *owned, struct nvx_draft *draft);

/**
 * Before an element is read: what is named a thousand times is read a thousand times, within bounds.
 * @return 0; -E2BIG, told.
 */
int gpif_spend(struct gpif_reader *reader, gpif_el el);

/* gpif_tracks.c */
int gpif_read_tracks(struct gpif_reader *reader);
/** What the tracks change while the piece goes on; all bars are there. */
void gpif_put_automations(struct gpif_reader *reader);
/* gpif_bars.c */
int gpif_read_bars(struct gpif_reader *reader, gpif_el list);
void gpif_put_tempo(struct gpif_reader *reader, gpif_el automations);
/** Where an automation stands. @return -1: nowhere. */
int64_t gpif_automation_tick(struct gpif_reader *reader, gpif_el automation);
/* gpif_beats.c */
int gpif_read_voice(struct gpif_reader *reader, gpif_el voice);
/* gpif_notes.c */
void gpif_read_note(struct gpif_reader *reader, gpif_el el, struct gp_note *note);
/** A bend's or whammy bar's form: value and place (a hundredth of the beat) of origin, middle and
 * destination. */
struct gpif_bend {
	int64_t origin, middle, destination; /**< millionths of a hundredth of a tone; GPIF_NO_VALUE */
	int64_t at[4];                       /**< origin, middle from, middle to, destination */
};
#define GPIF_NO_VALUE INT64_MIN
void gpif_bend_init(struct gpif_bend *bend);
void gpif_put_curve(const struct gpif_bend *bend, struct gp_curve *curve);
/* gpif_chords.c */
void gpif_read_chord(struct gpif_reader *reader, gpif_el item);
/* gpif_drums.c */
int gpif_read_kit(struct gpif_reader *reader, struct gpif_track *track);
/** A numbered way to strike, as the notes of 7 and 8 name it and those of 6 mean it. */
struct gpif_stroke gpif_stroke_of(unsigned number);
struct gpif_stroke gpif_element_stroke(int element, int variation);

#endif
