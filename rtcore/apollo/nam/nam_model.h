/* SPDX-License-Identifier: MIT */
/**
 * What a .nam file becomes: nets of convolutions, immutable. Inside of nam/ only.
 */
#ifndef NAM_MODEL_H
#define NAM_MODEL_H

#include <stddef.h>

#include "nam.h"
#include "nam_kernel.h"

/** A causal convolution over planes; kernel 1 and dilation 1: a matrix. Each group has a matrix of its own.
 */
struct nam_conv {
	uint32_t n_in, n_out, kernel, dilation, groups;
	uint32_t n_rows; /**< a group: kernel * inputs, and the condition's where it is mixed in */
	float *w;        /**< groups * n_rows * outputs of a group */
	float *bias;     /**< n_out */
};

/** Scale, and shift where has_shift, each channel by a matrix of the condition. */
struct nam_film {
	int is_active, has_shift;
	uint32_t n;
	struct nam_conv conv; /**< n outputs, or 2 n: scales, then shifts */
};

enum nam_gating { NAM_GATING_NONE, NAM_GATING_GATED, NAM_GATING_BLENDED };

/** In the order of the file. */
enum nam_film_place {
	NAM_FILM_CONV_PRE,
	NAM_FILM_CONV_POST,
	NAM_FILM_MIXIN_PRE,
	NAM_FILM_MIXIN_POST,
	NAM_FILM_ACT_PRE,
	NAM_FILM_ACT_POST,
	NAM_FILM_LAYER_POST,
	NAM_FILM_HEAD_POST,
	NAM_N_FILMS
};

struct nam_layer {
	enum nam_gating gating;
	struct nam_act act, gate;
	int has_mixin; /**< a matrix of its own; otherwise it is part of conv */
	int has_layer1x1, has_head1x1;
	struct nam_conv conv, mixin, layer1x1, head1x1;
	struct nam_film film[NAM_N_FILMS];
};

struct nam_array {
	uint32_t n_in, n_condition, n_channels, n_bottleneck;
	uint32_t n_head_in, n_head_out;
	uint32_t n_layers;
	struct nam_layer *layers;
	struct nam_conv rechannel, head;
};

struct nam_net;

struct nam_wavenet {
	uint32_t n_arrays;
	struct nam_array *arrays;
	float head_scale;
	uint32_t n_head; /**< convolutions behind the arrays, each after an activation */
	struct nam_conv *head;
	struct nam_act head_act;
	struct nam_net *condition; /**< NULL: the input is the condition */
};

struct nam_lstm {
	uint32_t n_cells;
	struct nam_lstm_cell *cells;
	uint32_t n_out, n_lanes;
	float *head_w, *head_bias; /**< n_out rows of n_lanes */
};

struct nam_convnet {
	uint32_t n_blocks;
	struct nam_conv *blocks; /**< batch normalisation is folded in */
	struct nam_act act;
	struct nam_conv head;
};

enum nam_kind { NAM_WAVENET, NAM_LSTM, NAM_CONVNET, NAM_LINEAR };

struct nam_net {
	enum nam_kind kind;
	uint32_t n_out;
	uint32_t receptive_frames;
	uint64_t n_weights, n_multiplies;
	union {
		struct nam_wavenet wavenet;
		struct nam_lstm lstm;
		struct nam_convnet convnet;
		struct nam_conv linear;
	};
};

struct nam_model {
	struct nam_info info;
	struct nam_net *net;
};

/* nam_conv.c: setup */

/** Where the weights of a convolution lie in the file: w[out][in of a group][tap]; bias and mixin may be
 * NULL. */
struct nam_conv_weights {
	const float *w, *bias, *mixin;
	uint32_t w_inputs;    /**< inputs of a row of w: more than n_in / groups where the model is slimmed */
	uint32_t n_condition; /**< inputs of a row of mixin */
};
/** kernel, dilation, groups, n_in and n_out are set. @return 0, -ENOMEM. */
int nam_conv_pack(struct nam_conv *c, const struct nam_conv_weights *from);
void nam_conv_finish(struct nam_conv *c);
static inline uint32_t nam_conv_history(const struct nam_conv *c) MOS_RT
{
	return (c->kernel - 1) * c->dilation;
}

/* nam_free.c */
void nam_net_free(struct nam_net *net);

/* Loaders; the weights are read in order, what a net has taken is gone from `w`. */
struct nam_reader;
struct nam_weights;
struct yyjson_val;
int nam_wavenet_load(struct nam_reader *r, struct yyjson_val *config, double size, uint32_t depth,
	struct nam_weights *w, struct nam_net *net);
int nam_lstm_load(struct nam_reader *r, struct yyjson_val *config, uint32_t rate_hz, struct nam_weights *w,
	struct nam_net *net);
int nam_convnet_load(
	struct nam_reader *r, struct yyjson_val *config, struct nam_weights *w, struct nam_net *net);
int nam_linear_load(
	struct nam_reader *r, struct yyjson_val *config, struct nam_weights *w, struct nam_net *net);
/** A model object, nested `depth` deep. @param ret_info  May be NULL. */
int nam_net_load(struct nam_reader *r, struct yyjson_val *model, double size, uint32_t depth,
	struct nam_net **ret, struct nam_info *ret_info);

#endif
