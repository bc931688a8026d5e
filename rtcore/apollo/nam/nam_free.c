/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "nam_model.h"
#include "nam_read.h"

static void wavenet_finish(struct nam_wavenet *wn)
{
	for (uint32_t i = 0; i < wn->n_arrays; i++) {
		struct nam_array *a = &wn->arrays[i];

		nam_conv_finish(&a->rechannel);
		nam_conv_finish(&a->head);
		for (uint32_t j = 0; j < a->n_layers; j++) {
			struct nam_layer *l = &a->layers[j];

			nam_act_finish(&l->act);
			nam_act_finish(&l->gate);
			nam_conv_finish(&l->conv);
			nam_conv_finish(&l->mixin);
			nam_conv_finish(&l->layer1x1);
			nam_conv_finish(&l->head1x1);
			for (uint32_t k = 0; k < NAM_N_FILMS; k++)
				nam_conv_finish(&l->film[k].conv);
		}
		free(a->layers);
	}
	for (uint32_t i = 0; i < wn->n_head; i++)
		nam_conv_finish(&wn->head[i]);
	nam_act_finish(&wn->head_act);
	nam_net_free(wn->condition);
	free(wn->arrays);
	free(wn->head);
}

static void lstm_finish(struct nam_lstm *l)
{
	for (uint32_t i = 0; i < l->n_cells; i++) {
		free((void *)l->cells[i].w);
		free((void *)l->cells[i].bias);
		free((void *)l->cells[i].h);
		free((void *)l->cells[i].c);
	}
	free(l->cells);
	free(l->head_w);
	free(l->head_bias);
}

void nam_net_free(struct nam_net *net)
{
	if (!net)
		return;
	switch (net->kind) {
	case NAM_WAVENET:
		wavenet_finish(&net->wavenet);
		break;
	case NAM_LSTM:
		lstm_finish(&net->lstm);
		break;
	case NAM_CONVNET:
		for (uint32_t i = 0; i < net->convnet.n_blocks; i++)
			nam_conv_finish(&net->convnet.blocks[i]);
		free(net->convnet.blocks);
		nam_act_finish(&net->convnet.act);
		nam_conv_finish(&net->convnet.head);
		break;
	case NAM_LINEAR:
		nam_conv_finish(&net->linear);
		break;
	}
	free(net);
}

void nam_free(struct nam_model *m)
{
	if (!m)
		return;
	nam_net_free(m->net);
	free(m);
}
