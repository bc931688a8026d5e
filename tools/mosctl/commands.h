/* SPDX-License-Identifier: MIT */
/** The commands of mosctl, each defined in the file of its name; those that differ by a word share one. */
#ifndef MOSCTL_COMMANDS_H
#define MOSCTL_COMMANDS_H

struct command;

extern const struct command cmd_play;                                  /* cmd_play.c */
extern const struct command cmd_pause, cmd_stop, cmd_toggle;           /* cmd_transport.c */
extern const struct command cmd_seek;                                  /* cmd_seek.c */
extern const struct command cmd_tempo;                                 /* cmd_tempo.c */
extern const struct command cmd_clock, cmd_link, cmd_jack;             /* cmd_clock.c, cmd_link.c, cmd_jack.c */
extern const struct command cmd_loop;                                  /* cmd_loop.c */
extern const struct command cmd_metronome;                             /* cmd_metronome.c */
extern const struct command cmd_load, cmd_check;                       /* cmd_load.c */
extern const struct command cmd_score;                                 /* cmd_score.c */
extern const struct command cmd_library;                               /* cmd_library.c */
extern const struct command cmd_band;                                  /* cmd_band.c */
extern const struct command cmd_audit;                                 /* cmd_audit.c */
extern const struct command cmd_midi_out;                              /* cmd_midi_out.c */
extern const struct command cmd_status;                                /* cmd_status.c */
extern const struct command cmd_top;                                   /* cmd_top.c */
extern const struct command cmd_events;                                /* cmd_events.c */
extern const struct command cmd_emit;                                  /* cmd_emit.c */
extern const struct command cmd_metrics;                               /* cmd_metrics.c */
extern const struct command cmd_data;                                  /* cmd_data.c */
extern const struct command cmd_widget;                                /* cmd_widget.c */
extern const struct command cmd_note, cmd_chord, cmd_melody, cmd_bass; /* cmd_note.c */
extern const struct command cmd_cutoff, cmd_panic;                     /* cmd_silence.c */
extern const struct command cmd_instrument;                            /* cmd_instrument.c */
extern const struct command cmd_fx, cmd_insert, cmd_clip;              /* cmd_fx.c, cmd_insert.c, cmd_clip.c */
extern const struct command cmd_theater;                               /* cmd_theater.c */
extern const struct command cmd_strip;                                 /* cmd_strip.c */
extern const struct command cmd_render;                                /* cmd_render.c */
extern const struct command cmd_rhythm;                                /* cmd_rhythm.c */
extern const struct command cmd_doctor;                                /* cmd_doctor.c */
extern const struct command cmd_stats;                                 /* cmd_stats.c */
extern const struct command cmd_errors;                                /* cmd_errors.c */
extern const struct command cmd_report;                                /* cmd_report.c */
extern const struct command cmd_ping, cmd_quit;                        /* cmd_system.c */
extern const struct command cmd_call;                                  /* cmd_call.c */
extern const struct command cmd_version, cmd_help;                     /* cmd_help.c */

#endif
