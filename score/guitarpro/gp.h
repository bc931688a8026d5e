/* SPDX-License-Identifier: MIT */
/**
 * What both families of Guitar Pro's files (binary 3 to 5, GPIF of 6 to 8) say, in one shape: the readers
 * fill bars, tracks and beats, the writer (song.c and its neighbours) turns them into a draft. Beats are
 * given bar by bar, in a bar track by track, staff by staff, voice by voice; one struct gp_beat is filled
 * again and again.
 *
 * Grace notes: one before the beat takes its time from what sounds before it in its voice, at most half of
 * it; one on the beat, or before a beat that playing may reach from elsewhere (repeat sign, ending, jump),
 * from the note it leads to. It sounds as long as it is written, at most a sixteenth.
 */
#ifndef SCORE_GUITARPRO_GP_H
#define SCORE_GUITARPRO_GP_H

#include <score/bytes.h>
#include <score/draft.h>

#define GP_MAX_STRINGS 16u
#define GP_MAX_VOICES 4u
#define GP_MAX_STAVES 8u
#define GP_MAX_BEAT_NOTES 32u
#define GP_MAX_POINTS 64u
#define GP_MAX_LINES 5u
#define GP_MAX_FRET 36u
/** Beats that are played, also those that leave no trace: what a GPIF file's references may unfold to. */
#define GP_MAX_BEATS 4000000u

/** Members of the extension "gp" of one object, in any order. Zeroed: empty. */
struct gp_ext {
	struct score_bytes text;
	struct {
		const char *key;
		size_t from, len;
	} item[24];
	unsigned n;
};
void gp_ext_finish(struct gp_ext *ext);
void gp_ext_int(struct nvx_draft *draft, struct gp_ext *ext, const char *key, int64_t value);
void gp_ext_flag(struct nvx_draft *draft, struct gp_ext *ext, const char *key);
/** A JSON value as it is. */
void gp_ext_json(struct nvx_draft *draft, struct gp_ext *ext, const char *key, const char *json);
/** UTF-8 or Windows-1252, made presentable, cut at 1,024 bytes. */
void gp_ext_text(struct nvx_draft *draft, struct gp_ext *ext, const char *key, const char *text, size_t len);
/** The text for the member `extra` of an object; 0: nothing. The builder is empty afterwards. */
nvx_str gp_ext_take(struct nvx_draft *draft, struct gp_ext *ext);

/** A point of a bend, from the beginning of its beat. */
struct gp_point {
	uint16_t at_1e4; /**< 0..10000 of the beat's length */
	int16_t cents;
};
struct gp_curve {
	uint8_t n;
	struct gp_point point[GP_MAX_POINTS];
};
/** More than GP_MAX_POINTS are not taken: a warning. */
void gp_curve_add(struct gp_curve *curve, uint32_t at_1e4, int32_t cents);

/** How a note is played, beside bend and whammy. */
struct gp_fx {
	uint32_t simple;               /**< bits (1 << enum nvx_technique) of those without members */
	uint8_t hopo;                  /**< hammered on or pulled off to the next note of the string */
	uint8_t slides;                /**< bits (1 << enum nvx_slide) */
	uint8_t vibrato;               /**< enum nvx_vibrato */
	uint8_t harmonic;              /**< enum nvx_harmonic */
	uint8_t harmonic_fret;         /**< where it is touched; NVX_NO_U8 */
	uint8_t harmonic_pitch;        /**< what sounds; NVX_NO_U8 */
	uint8_t trill_pitch;           /**< NVX_NO_U8: no trill */
	uint8_t strokes;               /**< tremolo picking: 1..5 */
	uint8_t strum, arpeggio, pick; /**< enum nvx_direction */
	uint16_t spread_ticks;         /**< of strum or arpeggio */
	uint16_t trill_ticks;
};

/** What has no technique of its own, as members of the extension "gp". */
enum gp_extra {
	GP_EXTRA_HOPO_DESTINATION = 1,
	GP_EXTRA_LEFT_HAND_TAP = 2,
	GP_EXTRA_PICK_SCRAPE_DOWN = 4,
	GP_EXTRA_PICK_SCRAPE_UP = 8,
	GP_EXTRA_SWAP_ACCIDENTAL = 16,
	GP_EXTRA_TREMOLO_BAR_VIBRATO = 32,
	GP_EXTRA_WIDE_TREMOLO_BAR_VIBRATO = 64,
};

struct gp_note {
	uint8_t string; /**< 1: the highest; 0: the pitch says */
	uint8_t fret;
	uint8_t has_pitch, pitch; /**< given by the file, as it sounds without harmonics */
	uint8_t tied;             /**< goes on from a note before */
	uint8_t dynamic;          /**< 1 ppp .. 8 fff */
	uint8_t left, right;      /**< enum nvx_finger */
	uint8_t accidental;       /**< 0: as the key says; else 1 + alter + 2, and `step` */
	uint8_t step;
	uint8_t extras;         /**< enum gp_extra */
	uint8_t trill_fret;     /**< NVX_NO_U8: none */
	uint16_t articulations; /**< bits (1 << enum nvx_articulation) */
	uint16_t ornaments;
	uint16_t harmonic_1e3;   /**< touched fret in thousandths, from the fretted one unless natural; 0: not
				    given */
	uint8_t drum_instrument; /**< enum nvx_drum with `articulation` */
	nvx_str articulation;    /**< how a drum is struck, where the key does not say */
	struct gp_fx fx;
	struct gp_curve bend;
};

enum gp_beat_kind { GP_BEAT_EMPTY, GP_BEAT_REST, GP_BEAT_NOTES };
enum gp_grace { GP_GRACE_NONE, GP_GRACE_BEFORE, GP_GRACE_ON };
enum gp_legato { GP_LEGATO_ORIGIN = 1, GP_LEGATO_DESTINATION = 2 };

struct gp_ratio {
	uint16_t actual, normal; /**< 0 or 1:1: none */
};

struct gp_diagram {
	uint8_t n_strings;
	uint8_t base_fret, n_frets;
	uint8_t given;               /**< frets are said */
	int8_t fret[GP_MAX_STRINGS]; /**< absolute, by string from 1 = highest; -1: not played */
	uint8_t finger[GP_MAX_STRINGS];
	struct nvx_barre barre[5];
	uint8_t n_barres;
};

struct gp_beat {
	uint8_t kind;  /**< enum gp_beat_kind */
	uint8_t value; /**< enum nvx_value */
	uint8_t dots;
	uint8_t grace;             /**< enum gp_grace */
	struct gp_ratio tuplet[2]; /**< outer, inner */
	uint8_t stem;
	uint8_t arpeggio; /**< enum nvx_arpeggio */
	uint8_t hairpin;  /**< enum nvx_hairpin */
	uint8_t legato;   /**< enum gp_legato */
	int8_t octave;    /**< shift, as in notation */
	uint8_t slash;    /**< grace */
	uint8_t n_notes;
	struct gp_note note[GP_MAX_BEAT_NOTES];
	struct gp_curve whammy;
	nvx_str text;
	nvx_str line[GP_MAX_LINES]; /**< syllables */
	nvx_str chord;              /**< name; 0: no chord stands here */
	struct gp_diagram diagram;
	struct gp_ext ext;
};
/** As it is before a reader fills it. */
void gp_beat_reset(struct gp_beat *beat);
void gp_beat_finish(struct gp_beat *beat);
/** Room for one more note, reset. NULL: there is none. */
struct gp_note *gp_beat_note(struct gp_beat *beat);

enum gp_direction {
	GP_CODA,
	GP_DOUBLE_CODA,
	GP_SEGNO,
	GP_SEGNO_SEGNO,
	GP_FINE,
	GP_DA_CAPO,
	GP_DA_CAPO_AL_CODA,
	GP_DA_CAPO_AL_DOUBLE_CODA,
	GP_DA_CAPO_AL_FINE,
	GP_DA_SEGNO,
	GP_DA_SEGNO_AL_CODA,
	GP_DA_SEGNO_AL_DOUBLE_CODA,
	GP_DA_SEGNO_AL_FINE,
	GP_DA_SEGNO_SEGNO,
	GP_DA_SEGNO_SEGNO_AL_CODA,
	GP_DA_SEGNO_SEGNO_AL_DOUBLE_CODA,
	GP_DA_SEGNO_SEGNO_AL_FINE,
	GP_DA_CODA,
	GP_DA_DOUBLE_CODA,
	GP_N_DIRECTIONS,
};
/** GPIF's words for them. */
extern const char *const gp_direction_name[GP_N_DIRECTIONS];

struct gp_bar {
	uint16_t num, den;
	int8_t fifths;
	uint8_t minor;
	uint8_t repeat_start, repeat_times; /**< times: 0 none */
	uint16_t endings;                   /**< bit k: ending k + 1 */
	uint32_t directions;                /**< bits (1 << enum gp_direction) */
	uint8_t is_double, is_free, is_pickup;
	uint8_t has_section;
	uint32_t color; /**< of the section: 0x01rrggbb; 0: none */
	nvx_str section, letter;
	nvx_str triplet_feel; /**< a JSON string */
	nvx_str beams;        /**< a JSON array */
};

struct gp_staff_setup {
	uint8_t n_strings;
	uint8_t tuning[GP_MAX_STRINGS]; /**< string 1 (highest) first */
	uint8_t capo;
};

struct gp_voice;
struct gp_staff {
	struct gp_staff_setup setup;
	uint8_t clef; /**< enum nvx_clef << 4 | line; as last written */
	int8_t clef_octave;
	uint8_t dynamic; /**< as last written; Guitar Pro begins with f */
	struct gp_voice *voice[GP_MAX_VOICES];
};

struct gp_track {
	uint32_t part;
	nvx_id part_id;
	uint8_t is_drums;
	uint8_t n_staves;
	struct gp_staff *staff;
	size_t chord; /**< 1 + index of the chord that sounds; 0: none */
};

/** A change of tempo; ramp_ticks: how long it takes to get there. */
struct gp_tempo {
	int64_t tick;
	uint64_t ns_per_quarter;
	uint32_t order; /**< as the file has them */
	uint32_t ramp_ticks;
	uint8_t linear; /**< goes straight to the next */
};

struct gp_song {
	struct nvx_draft *draft;
	const struct score_alloc *alloc;
	struct gp_bar *bar;
	uint32_t n_bars;
	struct gp_track *track;
	uint32_t n_tracks;
	struct gp_tempo *tempo;
	size_t n_tempo, cap_tempo;
	struct gp_beat *grace; /**< scratch: graces that the binary files hang on notes */
	uint32_t n_beats;

	/* the bar at hand */
	uint32_t at_bar;
	int64_t tick;        /**< where it begins */
	int64_t last_tick;   /**< where the one before began */
	size_t first_event;  /**< the first of its elements in notation */
	int64_t content_end; /**< of what was put into it so far */

	/* the voice at hand */
	uint32_t at_track, at_staff, at_voice;
	struct gp_voice *voice;
	uint8_t is_echo; /**< a simile bar: notes sound, nothing is written */
};

int gp_song_init(struct gp_song *song, struct nvx_draft *draft);
/** Zeroed and half-made ones are fine. */
void gp_song_finish(struct gp_song *song);

/** Room for `n` bars, zeroed but for 4/4. @return 0, -ENOMEM, -EINVAL (too many; told). */
int gp_song_bars(struct gp_song *song, uint32_t n);
/** Room for `n` tracks, zeroed. */
int gp_song_tracks(struct gp_song *song, uint32_t n);
/** Make the part of a track and its staves. */
int gp_track_begin(struct gp_song *song, uint32_t track, unsigned n_staves);
/** Tell the part what its staves are tuned to; all of them are set up. */
void gp_track_tuned(struct gp_song *song, uint32_t track);
void gp_add_tempo(struct gp_song *song, struct gp_tempo tempo);
/** Nanoseconds a quarter; thousandths of a beat a minute of a unit that lasts `unit_ticks`. 0: nonsense. */
uint64_t gp_tempo_ns(uint64_t bpm_1e3, uint32_t unit_ticks);

void gp_bar_begin(struct gp_song *song, uint32_t bar);
void gp_bar_end(struct gp_song *song);
/** A fermata on whatever begins so many ticks into the bar at hand; all its voices are there. */
void gp_put_fermata(struct gp_song *song, int64_t ticks);
/** @return 0; draft's error. */
int gp_voice_begin(struct gp_song *song, uint32_t track, uint32_t staff, uint32_t voice);
int gp_put_beat(struct gp_song *song, struct gp_beat *beat);
void gp_voice_end(struct gp_song *song);
/** Where the next beat of the voice at hand begins. */
int64_t gp_voice_tick(const struct gp_song *song);
void gp_put_clef(
	struct gp_song *song, uint32_t track, uint32_t staff, enum nvx_clef sign, unsigned line, int octave);
/** After the last bar. @return 0; draft's error. */
int gp_song_end(struct gp_song *song);

/** A controller, program and so on of a track, at a tick. */
struct nvx_control *gp_put_control(struct gp_song *song, uint32_t track, int64_t tick,
	enum nvx_control_kind kind, unsigned number, int value);

/** "track 2, bar 5": where the writer is. */
struct score_where gp_where(const struct gp_song *song);
#define GP_HERE(song) (gp_where(song).text)
#define GP_DROPPED "IMPORT_TECHNIQUE_DROPPED_003"
#define GP_PARSE "IMPORT_PARSE_001"

/* Parts of the writer for one another. */
/** Sounding interval above the open string or the fretted note of a harmonic touched at a fret in
 * thousandths. */
int gp_harmonic_interval(uint32_t fret_1e3);
void gp_put_chord(struct gp_song *song, int64_t tick, const struct gp_beat *beat);
void gp_put_lyrics(
	struct gp_song *song, int64_t tick, int64_t end_tick, const struct gp_beat *beat, nvx_id note_id);
void gp_close_chord(struct gp_song *song, struct gp_track *track, int64_t tick);
void gp_put_endings(struct gp_song *song);
void gp_put_directions(struct gp_song *song);
void gp_put_sections(struct gp_song *song);
void gp_put_tempo_map(struct gp_song *song);

/**
 * Guitar Pro's syllables: blanks divide, a hyphen ends a syllable and ties it to the next, '+' is a blank
 * inside one, what stands in brackets is a comment, a further blank leaves a beat out.
 */
struct gp_syllables {
	const char *text;
	size_t len, at;
};
/**
 * @param ret_at, ret_len  The syllable in text, with its hyphens and '+'; len 0: a beat without.
 * @return 1; 0: no more.
 */
int gp_next_syllable(struct gp_syllables *syllables, size_t *ret_at, size_t *ret_len);
/** As a beat takes it: with its hyphens. */
nvx_str gp_syllable_text(struct nvx_draft *draft, const char *text, size_t len);

#endif
