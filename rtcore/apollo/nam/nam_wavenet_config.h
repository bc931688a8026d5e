/* SPDX-License-Identifier: MIT */
/** What is read of WaveNet's configuration before its weights. Inside of nam/ only. */
#ifndef NAM_WAVENET_CONFIG_H
#define NAM_WAVENET_CONFIG_H

#include "nam_model.h"
#include "nam_read.h"

/** Of one array of layers. `file_`: as it is stored; without: what is used of it in the size asked for. */
struct nam_array_config {
	uint32_t in, condition, channels, bottleneck, head_out; /* used */
	uint32_t file_in, file_channels, file_bottleneck, file_head_out;
	uint32_t head_kernel, head_dilation;
	int head_bias;
	uint32_t groups, mixin_groups;
	int has_layer1x1, has_head1x1;
	uint32_t layer1x1_groups, head1x1_groups, head1x1_out;
	uint32_t film_groups[NAM_N_FILMS];
	int film_active[NAM_N_FILMS], film_shift[NAM_N_FILMS];
};

int nam_array_config_read(struct nam_reader *r, yyjson_val *config, double size, struct nam_array_config *c);
/** What may differ from layer to layer: kernel sizes, gating, activations. a->layers is there, zeroed. */
int nam_layers_config_read(
	struct nam_reader *r, yyjson_val *config, struct nam_array *a, uint32_t *ret_kernel);

#endif
