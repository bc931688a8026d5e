/* SPDX-License-Identifier: MIT */
/*
 * A second opinion (CHD-02): a small network that was trained elsewhere looks at what was heard and says which kind of
 * chord it is, above the root that the built-in stage found. Without a model that stage works alone; no model, however
 * bad, can take its answer away or say what is not heard.
 *
 * A model file, all little-endian: the 8 bytes "MOSCHRD1"; u32 inputs, 24; u32 hidden units, 1 to 64; u32 kinds, 8; then
 * f32: of each hidden unit its weights and its bias, then of each kind its weights and its bias. Nothing else. Inputs are
 * the shares of the twelve tones above the root (0: the root itself) in all that is heard, then in the bass. Hidden units
 * are tanh, kinds are softmax: major, minor, 7, m7, maj7, dim, aug, sus4.
 */
#ifndef CHORD_DETECTOR_MODEL_H
#define CHORD_DETECTOR_MODEL_H

#include <mos/chroma.h>

#define MODEL_INPUTS 24u
#define MODEL_HIDDEN_MAX 64u
#define MODEL_BYTES_MAX (20u + 4u * (MODEL_HIDDEN_MAX * (MODEL_INPUTS + 1) + MOS_EAR_N_QUALITIES * (MODEL_HIDDEN_MAX + 1)))

struct chord_model {
	uint32_t n_hidden; /* 0: there is none */
	float hidden[MODEL_HIDDEN_MAX][MODEL_INPUTS + 1]; /* the last is the bias */
	float kind[MOS_EAR_N_QUALITIES][MODEL_HIDDEN_MAX + 1]; /* the bias is at n_hidden */
};

struct chord_model_fault {
	size_t at; /* byte of the file */
	const char *why;
};

/* @return 0; -EINVAL, *ret is unchanged and *ret_fault says where and why. */
int chord_model_read(const uint8_t *bytes, size_t n, struct chord_model *ret, struct chord_model_fault *ret_fault);
/* From a file of a directory: `name` is a name alone. @return 0; -errno; -EINVAL as above, or `name` is none. */
int chord_model_load(const char *dir, const char *name, struct chord_model *ret, struct chord_model_fault *ret_fault);
/* The answer of the built-in stage, refined. @return 1: it is another chord. */
int chord_model_refine(const struct chord_model *model, const struct mos_chroma *chroma, struct mos_chord_heard *heard);

#endif
