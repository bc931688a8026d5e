/* SPDX-License-Identifier: MIT */
/**
 * Neural amplifiers: models of the .nam format, versions 0.5.0 to 0.7.x: WaveNet (nested conditions, gating,
 * FiLM, slimmable), LSTM, ConvNet, Linear and containers of several sizes. Mono in, mono out. Knows no thread
 * and no audio engine.
 *
 * A model is immutable and may be shared by states; a state is one amplifier that sounds. The same input
 * gives the same bits however it is cut into blocks and on every processor. Fastest in blocks of 64 frames
 * and more.
 */
#ifndef APOLLO_NAM_H
#define APOLLO_NAM_H

#include <stddef.h>
#include <stdint.h>
#include <mos/attr.h>

#define NAM_FILE_MAX ((size_t)50 << 20) /**< bytes; larger files are refused (NAM-05) */
#define NAM_SIZE_BEST 1.0

struct nam_model;
struct nam_state;

struct nam_info {
	char name[128];        /**< of the file's metadata, UTF-8; "": none */
	char architecture[24]; /**< "WaveNet", "LSTM", ...; of a container its chosen model's */
	char version[16];
	uint32_t rate_hz; /**< that it was made for; 48,000 where the file names none */
	uint32_t n_weights;
	uint32_t receptive_frames; /**< input that a frame of output depends on; LSTM: how long it is warmed
				      up */
	uint64_t n_multiplies;     /**< a frame */
	int has_loudness;
	float loudness_db; /**< of its output for the trainer's input, dB; valid with has_loudness */
};

/**
 * @param size  0..1: which of a slimmable model's sizes; NAM_SIZE_BEST: the largest.
 * @param error One sentence that names the file and the place in it (JSON pointer).
 * @return 0; -ENOENT, -EACCES, -EIO; -EFBIG: file above NAM_FILE_MAX, or a model above what is bounded;
 *         -EINVAL: not a model, or a damaged one; -ENOTSUP: another version, architecture or activation;
 * -ENOMEM.
 */
int nam_load(const char *path, double size, struct nam_model **ret, char *error, size_t error_size);
/** The same of bytes in memory; `name` stands for the file in errors. */
int nam_parse(const char *json, size_t n_bytes, const char *name, double size, struct nam_model **ret,
	char *error, size_t error_size);
void nam_free(struct nam_model *m); /**< its states are destroyed before; NULL is allowed */
const struct nam_info *nam_info(const struct nam_model *m);

/** Everything that nam_process() needs, warmed up with silence. NULL: no memory. */
struct nam_state *nam_state_create(const struct nam_model *m);
void nam_state_destroy(struct nam_state *s);
/** As after nam_state_create(). Takes about as long as a hundred frames. */
void nam_reset(struct nam_state *s) MOS_RT;
/** Any number of frames; in and out may be the same. Input that is no number counts as 0, output is always
 * finite. */
void nam_process(struct nam_state *s, const float *in, float *out, uint32_t n_frames) MOS_RT;
/** Frames of delay between input and output: none, the models are causal. */
uint32_t nam_latency(const struct nam_state *s) MOS_RT;

#endif
