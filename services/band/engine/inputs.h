/* SPDX-License-Identifier: MIT */
/**
 * Canonical inputs (contract 2.1, tritone.md T-20): all that decides what is played, wherever it came from.
 * One struct, one text with sorted keys, one SHA-256. What is not in here cannot change a note.
 */
#ifndef BAND_INPUTS_H
#define BAND_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "issue.h"
#include "style.h"

#define MOS_MIDI_RUNTIME_CONTRACT                                                                            \
	"v1" /**< T-55: ordering, determinism, telemetry or lateness change: a new one */

#define BAND_CHORDS_MAX 4096u
#define BAND_CHORD_TEXT 64u

/** From low to high precedence (T-21): a typed flag beats the program file beats the setlist beats the
 * default. */
enum band_origin { BAND_BY_DEFAULT = 0, BAND_BY_STYLE, BAND_BY_SETLIST, BAND_BY_FILE, BAND_BY_FLAG };

enum band_tritone { BAND_TRITONE_NONE = 0, BAND_TRITONE_ALL_DOMS, BAND_TRITONE_PROBABILISTIC };
enum band_quantize { BAND_NEAREST = 0, BAND_DOWN, BAND_UP };
enum band_voicing { BAND_VOICING_TRUE = 0, BAND_VOICING_REFERENCE };

/** A chord symbol and how long it lasts. */
struct band_chord {
	char text[BAND_CHORD_TEXT]; /**< as written, "N.C." and "%" included */
	/** Quarters; 0: bars_per_chord whole bars. Where bar lines were written ("Dm7 G7 | Cmaj7"), a bar is
	 * shared evenly by beats. */
	double beats;
};

#define BAND_SECTION_NAME 24u
/** A stretch of the form: "A", "bridge". Bars count from 0. */
struct band_section {
	char name[BAND_SECTION_NAME];
	uint32_t from_bar, n_bars;
};

struct band_inputs {
	struct band_chord *chord;
	uint32_t n_chords;
	double tempo_bpm;
	uint16_t meter_num, meter_den;
	uint16_t grid; /**< 8 or 16 steps a 4/4 bar */
	enum band_quantize quantize;
	uint16_t bars_per_chord;              /**< 1..32 */
	struct band_style *style;             /**< owned: the registry's with the program's knobs */
	char bass_style[BAND_STYLE_NAME_MAX]; /**< whose bass it took; empty: its own */
	enum band_tritone tritone;
	double tritone_strength;
	bool has_tritone_seed, has_humanize_seed;
	int64_t tritone_seed, humanize_seed;
	double swing, humanize_ms;
	uint32_t humanize_vel;
	enum band_voicing voicing;
	int8_t transpose;  /**< semitones, -24..24; of ours */
	uint8_t intensity; /**< enum band_intensity; of ours */
	struct band_section *section;
	uint32_t n_sections;

	/* not canonical: texts and where each value came from */
	char name[96];
	char outfile[96];
	uint8_t by[24]; /**< enum band_origin, by enum band_key */
};

/** X(constant, name in files and flags): every input that can be set. */
#define BAND_KEYS(X)                                                                                         \
	X(CHORDS, "chords")                                                                                  \
	X(TEMPO, "tempo") X(METER, "time_signature") X(GRID, "grid") X(QUANTIZE, "quantize")                 \
		X(BARS, "bars_per_chord") X(STYLE, "style") X(TRITONE, "tritone_mode")                       \
			X(TRITONE_STRENGTH, "tritone_strength") X(TRITONE_SEED, "tritone_seed")              \
				X(SWING, "swing") X(HUMANIZE_MS, "humanize_ms")                              \
					X(HUMANIZE_VEL, "humanize_vel") X(HUMANIZE_SEED, "humanize_seed")    \
						X(VOICING, "voicing") X(TRANSPOSE, "transpose")              \
							X(INTENSITY, "intensity") X(SECTIONS, "sections")    \
								X(NAME, "name") X(OUTFILE, "outfile")
#define X(constant, name) BAND_KEY_##constant,
enum band_key { BAND_KEYS(X) BAND_N_KEYS };
#undef X
const char *band_key_name(enum band_key key);
const char *band_origin_name(enum band_origin origin); /**< "default", "style", "setlist", "file", "flag" */

/** What flags or a setlist say: text by key, as typed; NULL: nothing. */
struct band_overrides {
	const char *value[BAND_N_KEYS];
};

struct band_source {
	const char *program; /**< a .ztprog's bytes, JSON or YAML; NULL: none */
	size_t program_size;
	struct band_overrides setlist, flags;
	bool strict; /**< what is a warning in a program (EXPR_SEED_MISSING) is an error */
};

/**
 * Program and flags to inputs. Every check of tritone.md 4, 9 and D-13, D-25 is made; unknown keys are
 * reported, not applied (T-57).
 * @return 0; -EINVAL the report says why; -ENOMEM. `ret` is only written on success.
 */
int band_inputs_read(const struct band_source *source, const struct band_styles *styles,
	struct band_report *report, struct band_inputs *ret);
int band_inputs_copy(const struct band_inputs *from, struct band_inputs *ret);
void band_inputs_finish(struct band_inputs *in);

/** The canonical text: JSON, keys sorted, no blanks. Caller frees; NULL: no memory. */
char *band_inputs_text(const struct band_inputs *in);
/** Lower-case hex of its SHA-256. @return 0, -ENOMEM. */
int band_inputs_digest(const struct band_inputs *in, char ret[65]);

/** Quarters a bar: num * 4 / den. */
double band_bar_beats(const struct band_inputs *in);
/** Steps a bar on the grid (D-16): 0 when it does not divide. */
uint32_t band_bar_steps(const struct band_inputs *in);
/** Bars of one chorus. */
uint32_t band_bars(const struct band_inputs *in);

#endif
