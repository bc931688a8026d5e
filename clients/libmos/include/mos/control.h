/* SPDX-License-Identifier: MIT */
/**
 * The calls that most programs make, as functions. Each is one mos_call() and returns what that returns:
 * 0, -EREMOTEIO with mos_client_error() filled, ... (mos/client.h). They block; not for the audio thread.
 */
#ifndef MOS_CONTROL_H
#define MOS_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include <mos/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Transport (Kronos) --- */

/** @param count_in_bars  0: at once. */
int mos_transport_play(struct mos_client *client, unsigned int count_in_bars);
int mos_transport_pause(struct mos_client *client);
int mos_transport_stop(struct mos_client *client);   /**< and back to the start */
int mos_transport_toggle(struct mos_client *client); /**< playing: pause; else play */
int mos_transport_restart(struct mos_client *client);
int mos_transport_seek_ticks(struct mos_client *client, int64_t tick); /**< 960 PPQ */
int mos_transport_seek_beats(struct mos_client *client, double beats); /**< quarters from the start */
/** `bar` and `beat` count from 1, `tick` into the beat from 0. */
int mos_transport_seek_bar(struct mos_client *client, unsigned int bar, unsigned int beat, unsigned int tick);

/** @param ret_bpm  May be NULL: what is in force, after the clamp to 1..300. */
int mos_tempo_set_bpm(struct mos_client *client, double bpm, double *ret_bpm);
int mos_tempo_set_percent(
	struct mos_client *client, double percent); /**< of what is written; 100: as written */
int mos_tempo_follow_score(struct mos_client *client);

int mos_loop_set_ticks(struct mos_client *client, int64_t start_tick, int64_t end_tick);
int mos_loop_set_bars(
	struct mos_client *client, unsigned int from_bar, unsigned int to_bar); /**< from 1, inclusive */
int mos_loop_clear(struct mos_client *client);
int mos_metronome_set(struct mos_client *client, int on);

/* --- Sound (Apollo) --- */

/**
 * @param note      "C4" (= 60), "F#3", "Bb-1".
 * @param duration  "4n", "8n.", "8t", "1m", "480i", "0.5s"; NULL: "4n".
 * @param velocity  0..1, clamped.
 */
int mos_note_play(struct mos_client *client, const char *note, const char *duration, double velocity);
int mos_chord_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity);
/** One after another, one duration apart. */
int mos_melody_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity);
int mos_bass_play(struct mos_client *client, const char *const *notes, size_t n_notes, const char *duration,
	double velocity);
int mos_chord_cutoff(struct mos_client *client);
int mos_panic(struct mos_client *client); /**< all notes off, everywhere */

/* --- Score (Hermes) --- */

/**
 * Load a file; it is what plays from now on.
 * @param ret  May be NULL: the answer of hermes.score.load.
 * @return as mos_call(); -EISDIR, -EACCES, -ENOENT and other -errno of opening the file, with the error's
 * code "client.file.unreadable".
 */
int mos_score_load(struct mos_client *client, const char *path, struct mos_reply *ret);

/** Read a file as mos_score_load() would, and load nothing. Same answers, same errors. */
int mos_score_check(struct mos_client *client, const char *path, struct mos_reply *ret);

#ifdef __cplusplus
}
#endif
#endif
