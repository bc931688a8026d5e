/* SPDX-License-Identifier: MIT */
/**
 * The enumerations of NVX1 (spec/nvx1.md 4 to 7, 11): constant and JSON text in one list each.
 */
#ifndef SCORE_NVX_ENUMS_H
#define SCORE_NVX_ENUMS_H

/*
 * Enumerations: X(constant, JSON text), P: prefix of the constants. The first is the default or "not given".
 */
#define NVX_ROLES(X, P) \
	X(P##OTHER, "other") X(P##MELODY, "melody") X(P##HARMONY, "harmony") X(P##BASS, "bass") \
	X(P##DRUMS, "drums") X(P##PERCUSSION, "percussion") X(P##VOCALS, "vocals")
#define NVX_CURVES(X, P) X(P##STEP, "step") X(P##LINEAR, "linear")
#define NVX_IRREGULARS(X, P) X(P##NONE, "") X(P##PICKUP, "pickup") X(P##SHORT, "short") X(P##LONG, "long")
#define NVX_ENDINGS(X, P) \
	X(P##NONE, "") X(P##START, "start") X(P##STOP, "stop") X(P##START_STOP, "startStop") \
	X(P##DISCONTINUE, "discontinue")
#define NVX_JUMPS(X, P) \
	X(P##NONE, "") X(P##DACAPO, "dacapo") X(P##DALSEGNO, "dalsegno") X(P##TO_CODA, "toCoda") \
	X(P##FINE, "fine") X(P##SEGNO, "segno") X(P##CODA, "coda")
#define NVX_BARLINES(X, P) \
	X(P##LIGHT, "light") X(P##NONE, "none") X(P##DOUBLE, "double") X(P##FINAL, "final") \
	X(P##HEAVY, "heavy") X(P##DASHED, "dashed") X(P##DOTTED, "dotted") X(P##TICK, "tick") \
	X(P##SHORT, "short")
#define NVX_BREAKS(X, P) X(P##NONE, "") X(P##LINE, "line") X(P##PAGE, "page")
#define NVX_CONTROLS(X, P) \
	X(P##CC, "cc") X(P##BEND, "bend") X(P##PRESSURE, "pressure") X(P##POLY_PRESSURE, "polyPressure") \
	X(P##PROGRAM, "program") X(P##RPN, "rpn") X(P##NRPN, "nrpn") X(P##SYSEX, "sysex") X(P##UMP, "ump")
#define NVX_LAYERS(X, P) \
	X(P##FORM, "form") X(P##CHORDS, "chords") X(P##ANALYSIS, "analysis") X(P##TABLATURE, "tablature") \
	X(P##DIAGRAMS, "diagrams") X(P##FINGERING, "fingering") X(P##NOTATION, "notation") \
	X(P##LYRICS, "lyrics") X(P##MARKERS, "markers")
#define NVX_ORIGINS(X, P) \
	X(P##NONE, "") X(P##USER, "user") X(P##IMPORT, "import") X(P##DETECTED, "detected") \
	X(P##GENERATED, "generated")
#define NVX_FORMS(X, P) \
	X(P##SECTION, "section") X(P##INTRO, "intro") X(P##VERSE, "verse") X(P##PRECHORUS, "prechorus") \
	X(P##CHORUS, "chorus") X(P##REFRAIN, "refrain") X(P##BRIDGE, "bridge") X(P##SOLO, "solo") \
	X(P##INTERLUDE, "interlude") X(P##VAMP, "vamp") X(P##TAG, "tag") X(P##BREAK, "break") \
	X(P##OUTRO, "outro") X(P##CODA, "coda") X(P##HEAD, "head") X(P##ENUNCIATION, "enunciation") \
	X(P##DEVELOPMENT, "development") X(P##RECAPITULATION, "recapitulation") X(P##PHRASE, "phrase") \
	X(P##PERIOD, "period") X(P##MOTIF, "motif")
#define NVX_FUNCTIONS(X, P) \
	X(P##NONE, "") X(P##T, "T") X(P##SD, "SD") X(P##D, "D") X(P##APPLIED, "applied") \
	X(P##MODAL_INTERCHANGE, "modal-interchange") X(P##CHROMATIC, "chromatic") X(P##PASSING, "passing") \
	X(P##PEDAL, "pedal") X(P##OTHER, "other")
#define NVX_PHRASES(X, P) \
	X(P##UNSET, "") X(P##START, "start") X(P##MIDDLE, "middle") X(P##END, "end") X(P##NONE, "none")
#define NVX_CADENCES(X, P) \
	X(P##UNSET, "") X(P##PAC, "PAC") X(P##IAC, "IAC") X(P##HC, "HC") X(P##DC, "DC") X(P##PC, "PC") \
	X(P##EC, "EC") X(P##NONE, "none")
#define NVX_MOTIONS(X, P) X(P##COMMON, "common") X(P##STEP, "step") X(P##LEAP, "leap")
#define NVX_NON_CHORD_TONES(X, P) \
	X(P##PASSING, "passing") X(P##NEIGHBOR, "neighbor") X(P##SUSPENSION, "suspension") \
	X(P##APPOGGIATURA, "appoggiatura") X(P##ANTICIPATION, "anticipation") X(P##ESCAPE, "escape") \
	X(P##PEDAL, "pedal")
#define NVX_LANES(X, P) \
	X(P##NONE, "") X(P##OUTER_LEFT, "outer_left") X(P##LEFT, "left") X(P##CENTER, "center") \
	X(P##RIGHT, "right") X(P##OUTER_RIGHT, "outer_right")
#define NVX_TECHNIQUES(X, P) \
	X(P##NONE, "") X(P##HAMMER_ON, "hammer-on") X(P##PULL_OFF, "pull-off") X(P##SLIDE, "slide") \
	X(P##BEND, "bend") X(P##WHAMMY, "whammy") X(P##VIBRATO, "vibrato") X(P##HARMONIC, "harmonic") \
	X(P##TRILL, "trill") X(P##TREMOLO_PICK, "tremolo-pick") X(P##STRUM, "strum") \
	X(P##ARPEGGIO, "arpeggio") X(P##PICK, "pick") X(P##PALM_MUTE, "palm-mute") \
	X(P##LET_RING, "let-ring") X(P##DEAD, "dead") X(P##GHOST, "ghost") X(P##TAP, "tap") \
	X(P##SLAP, "slap") X(P##POP, "pop") X(P##RASGUEADO, "rasgueado") X(P##FADE_IN, "fade-in") \
	X(P##STACCATO, "staccato")
#define NVX_SLIDES(X, P) \
	X(P##NONE, "") X(P##SHIFT, "shift") X(P##LEGATO, "legato") X(P##IN_BELOW, "in-below") \
	X(P##IN_ABOVE, "in-above") X(P##OUT_DOWN, "out-down") X(P##OUT_UP, "out-up")
#define NVX_VIBRATOS(X, P) X(P##NONE, "") X(P##SLIGHT, "slight") X(P##WIDE, "wide")
#define NVX_HARMONICS(X, P) \
	X(P##NONE, "") X(P##NATURAL, "natural") X(P##ARTIFICIAL, "artificial") X(P##PINCH, "pinch") \
	X(P##TAPPED, "tapped") X(P##SEMI, "semi") X(P##FEEDBACK, "feedback")
#define NVX_DIRECTIONS(X, P) X(P##NONE, "") X(P##UP, "up") X(P##DOWN, "down")
#define NVX_DIAGRAMS(X, P) X(P##FRETTED, "fretted") X(P##KEYBOARD, "keyboard")
#define NVX_CAGED(X, P) X(P##NONE, "") X(P##C, "C") X(P##A, "A") X(P##G, "G") X(P##E, "E") X(P##D, "D")
#define NVX_HANDS(X, P) X(P##NONE, "") X(P##LEFT, "left") X(P##RIGHT, "right")
#define NVX_FINGERS(X, P) \
	X(P##NONE, "") X(P##0, "0") X(P##1, "1") X(P##2, "2") X(P##3, "3") X(P##4, "4") X(P##5, "5") \
	X(P##T, "T") X(P##PULGAR, "p") X(P##I, "i") X(P##M, "m") X(P##A, "a") X(P##C, "c")
#define NVX_NOTATIONS(X, P) \
	X(P##EVENT, "event") X(P##TUPLET, "tuplet") X(P##BEAM, "beam") X(P##SLUR, "slur") \
	X(P##CLEF, "clef") X(P##KEY, "key") X(P##METER, "meter") X(P##DYNAMIC, "dynamic") \
	X(P##HAIRPIN, "hairpin") X(P##PEDAL, "pedal") X(P##OCTAVE, "octave") X(P##TEXT, "text") \
	X(P##MEASURE_REPEAT, "measureRepeat") X(P##SLASH, "slash") X(P##MULTI_REST, "multiRest") \
	X(P##STAFF_LINES, "staffLines")
/** Note values, longest first: value v after NVX_VALUE_MAXIMA lasts 8 * 3840 >> (v - NVX_VALUE_MAXIMA) ticks (some not whole). */
#define NVX_VALUES(X, P) \
	X(P##UNSET, "") X(P##MAXIMA, "maxima") X(P##LONG, "long") X(P##BREVE, "breve") X(P##1, "1") \
	X(P##2, "2") X(P##4, "4") X(P##8, "8") X(P##16, "16") X(P##32, "32") X(P##64, "64") \
	X(P##128, "128") X(P##256, "256") X(P##512, "512") X(P##1024, "1024")
#define NVX_STEMS(X, P) X(P##AUTO, "auto") X(P##UP, "up") X(P##DOWN, "down") X(P##NONE, "none")
#define NVX_ARPEGGIOS(X, P) X(P##UNSET, "") X(P##UP, "up") X(P##DOWN, "down") X(P##NONE, "none")
#define NVX_ACCIDENTALS(X, P) \
	X(P##AUTO, "auto") X(P##NONE, "none") X(P##SHOW, "show") X(P##COURTESY, "courtesy") \
	X(P##EDITORIAL, "editorial")
#define NVX_BREATHS(X, P) X(P##NONE, "") X(P##COMMA, "comma") X(P##CAESURA, "caesura")
#define NVX_TUPLET_SHOWS(X, P) X(P##ACTUAL, "actual") X(P##BOTH, "both") X(P##NONE, "none")
#define NVX_SLURS(X, P) \
	X(P##SLUR, "slur") X(P##PHRASE, "phrase") X(P##GLISSANDO, "glissando") X(P##LINE, "line") \
	X(P##DASHED, "dashed")
#define NVX_CLEFS(X, P) \
	X(P##NONE, "") X(P##G, "G") X(P##F, "F") X(P##C, "C") X(P##PERCUSSION, "percussion") \
	X(P##TAB, "tab")
#define NVX_HAIRPINS(X, P) X(P##NONE, "") X(P##CRESCENDO, "crescendo") X(P##DIMINUENDO, "diminuendo")
#define NVX_PEDALS(X, P) \
	X(P##NONE, "") X(P##SUSTAIN, "sustain") X(P##SOSTENUTO, "sostenuto") X(P##SOFT, "soft")
#define NVX_TEXTS(X, P) \
	X(P##NONE, "") X(P##EXPRESSION, "expression") X(P##TEMPO, "tempo") X(P##TECHNIQUE, "technique") \
	X(P##REHEARSAL, "rehearsal") X(P##BOXED, "boxed")
#define NVX_PLACEMENTS(X, P) X(P##NONE, "") X(P##ABOVE, "above") X(P##BELOW, "below")
/* Sets: bit (1 << constant) of a mask, written as an array of texts in this order. */
#define NVX_ARTICULATIONS(X, P) \
	X(P##ACCENT, "accent") X(P##MARCATO, "marcato") X(P##STACCATO, "staccato") \
	X(P##STACCATISSIMO, "staccatissimo") X(P##TENUTO, "tenuto") X(P##PORTATO, "portato") \
	X(P##SPICCATO, "spiccato") X(P##STRESS, "stress") X(P##UNSTRESS, "unstress")
#define NVX_ORNAMENTS(X, P) \
	X(P##TRILL, "trill") X(P##MORDENT, "mordent") X(P##INVERTED_MORDENT, "inverted-mordent") \
	X(P##TURN, "turn") X(P##INVERTED_TURN, "inverted-turn") X(P##DELAYED_TURN, "delayed-turn") \
	X(P##SHAKE, "shake") X(P##SCHLEIFER, "schleifer") X(P##WAVY, "wavy")
#define NVX_TECHNICALS(X, P) \
	X(P##UP_BOW, "up-bow") X(P##DOWN_BOW, "down-bow") X(P##OPEN, "open") X(P##STOPPED, "stopped") \
	X(P##HARMONIC, "harmonic") X(P##THUMB, "thumb") X(P##SNAP_PIZZICATO, "snap-pizzicato") \
	X(P##DOUBLE_TONGUE, "double-tongue") X(P##TRIPLE_TONGUE, "triple-tongue")
#define NVX_SYLLABICS(X, P) \
	X(P##SINGLE, "single") X(P##BEGIN, "begin") X(P##MIDDLE, "middle") X(P##END, "end")
#define NVX_MARKERS(X, P) \
	X(P##POI, "poi") X(P##REHEARSAL, "rehearsal") X(P##CUE, "cue") X(P##LOOP, "loop") \
	X(P##BOOKMARK, "bookmark") X(P##EXERCISE, "exercise") X(P##COMMENT, "comment")
#define NVX_DRUMS(X, P) \
	X(P##OTHER, "other") X(P##KICK, "kick") X(P##SNARE, "snare") X(P##SIDESTICK, "sidestick") \
	X(P##RIM, "rim") X(P##CLAP, "clap") X(P##HAT_CLOSED, "hat-closed") X(P##HAT_PEDAL, "hat-pedal") \
	X(P##HAT_OPEN, "hat-open") X(P##RIDE, "ride") X(P##RIDE_BELL, "ride-bell") X(P##CRASH, "crash") \
	X(P##CRASH2, "crash2") X(P##SPLASH, "splash") X(P##CHINA, "china") X(P##TOM1, "tom1") \
	X(P##TOM2, "tom2") X(P##TOM3, "tom3") X(P##TOM4, "tom4") X(P##TOM5, "tom5") X(P##TOM6, "tom6") \
	X(P##COWBELL, "cowbell") X(P##TAMBOURINE, "tambourine") X(P##SHAKER, "shaker") X(P##CLAVE, "clave") \
	X(P##MARACAS, "maracas") X(P##BONGO_HIGH, "bongo-high") X(P##BONGO_LOW, "bongo-low") \
	X(P##CONGA_HIGH, "conga-high") X(P##CONGA_LOW, "conga-low") X(P##TIMBALE, "timbale") \
	X(P##WOODBLOCK, "woodblock") X(P##TRIANGLE, "triangle")
#define NVX_CONTOURS(X, P) \
	X(P##NONE, "") X(P##UP, "up") X(P##DOWN, "down") X(P##SAME, "same") X(P##PEAK, "peak") \
	X(P##VALLEY, "valley")
#define NVX_MEDIA_KINDS(X, P) \
	X(P##AUDIO, "audio") X(P##VIDEO, "video") X(P##YOUTUBE, "youtube") X(P##MIDI, "midi")
#define NVX_AUDIO_FORMATS(X, P) X(P##NONE, "") X(P##MP3, "mp3") X(P##OGG, "ogg") X(P##WAV, "wav")
#define NVX_POI_KINDS(X, P) \
	X(P##NONE, "") X(P##CONCEPT, "concept") X(P##TECHNIQUE, "technique") X(P##LISTENING, "listening") \
	X(P##EXERCISE, "exercise") X(P##QUIZ, "quiz")
#define NVX_ANNOTATION_KINDS(X, P) \
	X(P##NONE, "") X(P##COMMENT, "comment") X(P##QUESTION, "question") X(P##CORRECTION, "correction") \
	X(P##PRAISE, "praise") X(P##EXPLANATION, "explanation")
#define NVX_MODES(X, P)                                                                                      \
	X(P##MAJOR, "major") X(P##MINOR, "minor") X(P##IONIAN, "ionian") X(P##DORIAN, "dorian")              \
	X(P##PHRYGIAN, "phrygian") X(P##LYDIAN, "lydian") X(P##MIXOLYDIAN, "mixolydian")                     \
	X(P##AEOLIAN, "aeolian") X(P##LOCRIAN, "locrian")

#define NVX_CONSTANT_(constant, text) constant,
enum nvx_role { NVX_ROLES(NVX_CONSTANT_, NVX_ROLE_) };
enum nvx_curve { NVX_CURVES(NVX_CONSTANT_, NVX_CURVE_) };
enum nvx_irregular { NVX_IRREGULARS(NVX_CONSTANT_, NVX_IRREGULAR_) };
enum nvx_ending { NVX_ENDINGS(NVX_CONSTANT_, NVX_ENDING_) };
enum nvx_jump { NVX_JUMPS(NVX_CONSTANT_, NVX_JUMP_) };
enum nvx_barline { NVX_BARLINES(NVX_CONSTANT_, NVX_BARLINE_) };
enum nvx_break { NVX_BREAKS(NVX_CONSTANT_, NVX_BREAK_) };
enum nvx_control_kind { NVX_CONTROLS(NVX_CONSTANT_, NVX_CONTROL_) };
enum nvx_layer { NVX_LAYERS(NVX_CONSTANT_, NVX_LAYER_) };
enum nvx_origin_by { NVX_ORIGINS(NVX_CONSTANT_, NVX_ORIGIN_) };
enum nvx_form { NVX_FORMS(NVX_CONSTANT_, NVX_FORM_) };
enum nvx_function { NVX_FUNCTIONS(NVX_CONSTANT_, NVX_FUNCTION_) };
enum nvx_phrase { NVX_PHRASES(NVX_CONSTANT_, NVX_PHRASE_) };
enum nvx_cadence { NVX_CADENCES(NVX_CONSTANT_, NVX_CADENCE_) };
enum nvx_motion { NVX_MOTIONS(NVX_CONSTANT_, NVX_MOTION_) };
enum nvx_nct { NVX_NON_CHORD_TONES(NVX_CONSTANT_, NVX_NCT_) };
enum nvx_lane { NVX_LANES(NVX_CONSTANT_, NVX_LANE_) };
enum nvx_technique { NVX_TECHNIQUES(NVX_CONSTANT_, NVX_TECHNIQUE_) };
enum nvx_slide { NVX_SLIDES(NVX_CONSTANT_, NVX_SLIDE_) };
enum nvx_vibrato { NVX_VIBRATOS(NVX_CONSTANT_, NVX_VIBRATO_) };
enum nvx_harmonic { NVX_HARMONICS(NVX_CONSTANT_, NVX_HARMONIC_) };
enum nvx_direction { NVX_DIRECTIONS(NVX_CONSTANT_, NVX_DIRECTION_) };
enum nvx_diagram { NVX_DIAGRAMS(NVX_CONSTANT_, NVX_DIAGRAM_) };
enum nvx_caged { NVX_CAGED(NVX_CONSTANT_, NVX_CAGED_) };
enum nvx_hand { NVX_HANDS(NVX_CONSTANT_, NVX_HAND_) };
enum nvx_finger { NVX_FINGERS(NVX_CONSTANT_, NVX_FINGER_) };
enum nvx_notation { NVX_NOTATIONS(NVX_CONSTANT_, NVX_NOTATION_) };
enum nvx_value { NVX_VALUES(NVX_CONSTANT_, NVX_VALUE_) };
enum nvx_stem { NVX_STEMS(NVX_CONSTANT_, NVX_STEM_) };
enum nvx_arpeggio { NVX_ARPEGGIOS(NVX_CONSTANT_, NVX_ARPEGGIO_) };
enum nvx_accidental { NVX_ACCIDENTALS(NVX_CONSTANT_, NVX_ACCIDENTAL_) };
enum nvx_breath { NVX_BREATHS(NVX_CONSTANT_, NVX_BREATH_) };
enum nvx_tuplet_show { NVX_TUPLET_SHOWS(NVX_CONSTANT_, NVX_TUPLET_SHOW_) };
enum nvx_slur { NVX_SLURS(NVX_CONSTANT_, NVX_SLUR_) };
enum nvx_clef { NVX_CLEFS(NVX_CONSTANT_, NVX_CLEF_) };
enum nvx_hairpin { NVX_HAIRPINS(NVX_CONSTANT_, NVX_HAIRPIN_) };
enum nvx_pedal { NVX_PEDALS(NVX_CONSTANT_, NVX_PEDAL_) };
enum nvx_text { NVX_TEXTS(NVX_CONSTANT_, NVX_TEXT_) };
enum nvx_placement { NVX_PLACEMENTS(NVX_CONSTANT_, NVX_PLACEMENT_) };
enum nvx_articulation { NVX_ARTICULATIONS(NVX_CONSTANT_, NVX_ARTICULATION_) };
enum nvx_ornament { NVX_ORNAMENTS(NVX_CONSTANT_, NVX_ORNAMENT_) };
enum nvx_technical { NVX_TECHNICALS(NVX_CONSTANT_, NVX_TECHNICAL_) };
enum nvx_syllabic { NVX_SYLLABICS(NVX_CONSTANT_, NVX_SYLLABIC_) };
enum nvx_marker { NVX_MARKERS(NVX_CONSTANT_, NVX_MARKER_) };
enum nvx_drum { NVX_DRUMS(NVX_CONSTANT_, NVX_DRUM_) };
enum nvx_contour { NVX_CONTOURS(NVX_CONSTANT_, NVX_CONTOUR_) };
enum nvx_media { NVX_MEDIA_KINDS(NVX_CONSTANT_, NVX_MEDIA_) };
enum nvx_audio_format { NVX_AUDIO_FORMATS(NVX_CONSTANT_, NVX_AUDIO_) };
enum nvx_poi { NVX_POI_KINDS(NVX_CONSTANT_, NVX_POI_) };
enum nvx_annotation { NVX_ANNOTATION_KINDS(NVX_CONSTANT_, NVX_ANNOTATION_) };
enum nvx_mode { NVX_MODES(NVX_CONSTANT_, NVX_MODE_) };
#undef NVX_CONSTANT_
#define NVX_N_LAYERS 9u

#endif
