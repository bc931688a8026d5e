/* SPDX-License-Identifier: MIT */
/* mosctl band: the accompanist. */
#include <string.h>

#include "band_verbs.h"
#include "commands.h"

static const struct ctl_option options[] = {
	[BAND_CHORDS] = {"chords", 'c', "TEXT",
		"\"Dm7 G7 | Cmaj7\": a | is a bar line, % repeats, N.C. rests",
		"What is played (create, play, loop, change, export, score):"},
	[BAND_STYLE] = {"style", 's', "NAME", "see mosctl band styles"},
	[BAND_TEMPO] = {"tempo", 't', "BPM", "quarters a minute, 20 to 400"},
	[BAND_BARS] = {"bars", 'b', "N", "bars a chord, 1 to 32"},
	[BAND_METER] = {"time-signature", 'm', "N/D", "4/4, 3/4, 6/8 ..."},
	[BAND_SWING] = {"swing", 0, "X", "0 to 1, or 0% to 100%: 1/3 is triplets, 0.5 is 3:1"},
	[BAND_HUMANIZE] = {"humanize", 0, "MS", "8ms: at most so much early or late; needs a seed"},
	[BAND_HUMANIZE_VEL] = {"humanize-vel", 0, "N", "at most so much louder or softer; needs a seed"},
	[BAND_TRITONE] = {"tritone", 0, "MODE", "substitution: none, all_doms, probabilistic (needs a seed)"},
	[BAND_TRITONE_STRENGTH] = {"tritone-strength", 0, "X", "probabilistic: how often, 0 to 1"},
	[BAND_SEED] = {"seed", 0, "N", "for all that is left to chance: the same seed, the same notes"},
	[BAND_TRITONE_SEED] = {"tritone-seed", 0, "N", "one for the substitution alone"},
	[BAND_HUMANIZE_SEED] = {"humanize-seed", 0, "N", "one for humanize alone"},
	[BAND_TRANSPOSE] = {"transpose", 0, "N", "semitones, -24 to 24"},
	[BAND_INTENSITY] = {"intensity", 0, "HOW", "soft, medium, hard"},
	[BAND_SECTIONS] = {"sections", 0, "FORM", "\"A:8 A:8 B:8 A:8\": names and bars"},
	[BAND_VOICING] = {"voicing", 0, "HOW", "true (as the symbol means), or reference (the contract's)"},
	[BAND_GRID] = {"grid", 0, "N", "put all on a grid: 8 or 16 steps a 4/4 bar"},
	[BAND_QUANTIZE] = {"quantize", 0, "HOW", "where to, on that grid: nearest, down"},
	[BAND_NAME] = {"name", 0, "TEXT", "what it is called"},
	[BAND_TUNE] = {"tune", 0, "N", "which chart of a book, from 1"},
	[BAND_FROM_SCORE] = {"score", 0, "ID", "the chords of a score in the store: see mosctl score list"},
	[BAND_STRICT] = {"strict", 0, NULL, "what would be a warning is an error"},

	[BAND_CHORUSES] = {"choruses", 'n', "N", "times through the form (default: 1; loop: without end)",
		"How it is performed (create, play, loop, change, export, score):"},
	[BAND_COUNT_IN] = {"count-in", 0, "BARS", "sticks before it (default: 1; in files 0)"},
	[BAND_SECTION] = {"section", 0, "NAME", "play only this one"},
	[BAND_WITHOUT] = {"without", 0, "PARTS",
		"comp, bass, drums, or some of them: what you play yourself"},
	[BAND_TRADE] = {"trade", 0, "BARS", "4: trade fours, band and soloist in turn"},
	[BAND_TRADE_FIRST] = {"trade-first", 0, "WHO", "band or soloist begins"},
	[BAND_TRAINER] = {"trainer", 0, "BPM", "so much faster each chorus"},
	[BAND_TRAINER_MAX] = {"trainer-max", 0, "BPM", "and not beyond"},
	[BAND_CLICK_ONLY] = {"click-only", 0, "N", "each Nth bar is the metronome alone"},
	[BAND_RISE] = {"rise", 0, NULL, "play harder chorus by chorus"},
	[BAND_GROOVE] = {"groove", 0, "NAME", "how they feel: tight, loose, challenge, recover"},
	[BAND_GROOVE_PROFILE] = {"groove-profile", 0, "NAME", "whose feel: another name, other milliseconds"},
	[BAND_FILLS] = {"fills", 0, NULL, "fill at the ends of sections"},
	[BAND_NO_FILLS] = {"no-fills", 0, NULL, "don't"},
	[BAND_ENDING] = {"ending", 0, NULL, "end with an ending"},
	[BAND_NO_ENDING] = {"no-ending", 0, NULL, "just stop"},
	[BAND_CLICK] = {"click", 0, NULL, "a click on the beats, or on the clave"},
	[BAND_NO_CLICK] = {"no-click", 0, NULL, "none"},
	[BAND_CLAVE] = {"clave", 0, "KIND", "son_2_3, son_3_2, rumba_2_3, rumba_3_2"},
	[BAND_CLICK_NOTE] = {"click-note", 0, "N", "key of the click (default: 37)"},
	[BAND_CLICK_VEL] = {"click-vel", 0, "N", "its velocity (default: 40)"},

	[BAND_OUTPUT] = {"output", 0, "WHERE", "apollo (MOS' own sound; default), midi, both",
		"Where it goes (play, loop):"},
	[BAND_BACKEND] = {"backend", 0, "NAME", "pipewire (default), alsa-seq, alsa-raw; also: ports"},
	[BAND_PORT] = {"port", 0, "NAME", "a MIDI port: its name, or a part that only one has"},
	[BAND_LATE_DROP] = {"late-drop-ms", 0, "MS",
		"drop ornaments later than this (default: 35; 0: never)"},
	[BAND_GHOST_VEL_MAX] = {"ghost-vel-max", 0, "N", "an ornament is at most so loud (default: 22)"},
	[BAND_PANIC] = {"panic", 0, NULL, "reset controllers on the way out (default)"},
	[BAND_NO_PANIC] = {"no-panic", 0, NULL, "only let go of the keys"},
	[BAND_NO_OVERLAP] = {"no-overlap", 0, NULL, "let go of a key before it is struck again; also: files"},
	[BAND_BAR_CC] = {"bar-cc", 0, NULL, "controllers at each bar line: index, bars left, section"},
	[BAND_BAR_CC_CHANNEL] = {"bar-cc-channel", 0, "N", "from 0 (default: 15)"},
	[BAND_BAR_CC_COUNTDOWN] = {"bar-cc-countdown", 0, "CC", "bars left (default: 20)"},
	[BAND_BAR_CC_INDEX] = {"bar-cc-index", 0, "CC", "bar, from 0 (default: 21)"},
	[BAND_BAR_CC_SECTION] = {"bar-cc-section", 0, "CC", "program of a setlist, from 0 (default: 22)"},
	[BAND_DRY_RUN] = {"dry-run", 0, NULL, "don't play: each value, and where it comes from"},
	[BAND_WAIT] = {"wait", 'w', NULL, "return at the end; Ctrl-C stops the band"},
	[BAND_FOLLOW] = {"follow", 'f', NULL, "the same, and show each bar; status: show only"},

	[BAND_OUT] = {"out", 'o', "FILE", "create, exercise, score: write there; - is standard output",
		"Files and the rest:"},
	[BAND_TO] = {"to", 0, "DIR", "export: make the folder there (default: exports/daw)"},
	[BAND_NO_GM] = {"no-gm", 0, NULL, "export: leave programs as they are"},
	[BAND_REFERENCE] = {"reference", 0, NULL, "create: the contract's file, to the byte"},
	[BAND_LOAD] = {"load", 0, NULL, "score: and load it, to be played"},
	[BAND_AT] = {"at", 0, "WHEN", "change: at the next bar (default) or chorus"},
	[BAND_WARN_ONLY] = {"warn-only", 0, NULL, "validate: exit status 0 whatever is found"},
	[BAND_QUIET] = {"quiet", 'q', NULL, "validate: nothing about files that are valid"},
	{0},
};

static const struct verb {
	const char *name;
	int (*run)(struct ctl *ctl, const struct ctl_args *args);
} verbs[] = {{"create", band_create}, {"play", band_play}, {"loop", band_play}, {"change", band_change},
	{"stop", band_stop}, {"status", band_status}, {"export", band_export}, {"styles", band_styles},
	{"validate", band_validate}, {"ports", band_ports}, {"backends", band_backends},
	{"exercise", band_exercise}, {"score", band_score}};

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(args->word[0], verbs[i].name) == 0)
			return verbs[i].run(ctl, args);
	return ctl_usage(ctl,
		"band: \"%s\" is none of create play loop change stop status export styles validate ports "
		"backends exercise score",
		args->word[0]);
}

const struct command cmd_band = {
	.name = "band",
	.words = "VERB [WORDS]",
	.summary = "The accompanist: chords and a style in, a band out",
	.text = "  create [FILE]           a MIDI file of a program, a setlist or an exercise\n"
		"  play [FILE]             play it, once or --choruses times\n"
		"  loop [FILE]             play it without end\n"
		"  change                  something else from the next bar on: --tempo 160, --style bossa\n"
		"  stop                    stop; nothing goes on sounding\n"
		"  status                  bar, chord, tempo of what plays\n"
		"  export FILE             a folder for a DAW: the MIDI file and how to import it\n"
		"  styles [NAME]           what it can play\n"
		"  validate FILE|DIR...    all that is wrong; exit status 2: something is\n"
		"  ports, backends         where it could go\n"
		"  exercise FILE           what to practise; with --out its backing, too\n"
		"  score [FILE]            into the store of scores, with chords and parts\n"
		"\n"
		"FILE is a program (.ztprog), a setlist (.ztplay) or an exercise (.ztex); without one, "
		"--chords.\n"
		"\n"
		"Precedence: what is typed beats the program's file, that the setlist's defaults, those the\n"
		"style's, those the built-in ones. --dry-run shows each value and where it comes from.\n"
		"Nothing is random: chance needs a seed, and the same words give the same notes anywhere.",
	.example = "  mosctl band play --chords \"Dm7 G7 Cmaj7\" --style bossa --tempo 140 --bars 2\n"
		   "  mosctl band loop blues.ztprog --without bass --trainer 4 --trainer-max 220\n"
		   "  mosctl band change --tempo 160 --intensity hard\n"
		   "  mosctl band create tune.ztprog --choruses 3 -o tune.mid\n"
		   "  mosctl band play gig.ztplay --output midi --port \"USB MIDI\" --follow",
	.options = options,
	.min_words = 1,
	.max_words = -1,
	.run = run,
};
