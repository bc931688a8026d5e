/* SPDX-License-Identifier: MIT */
/** Reading of JSON that says where it went wrong. Inside of nam/ only. */
#ifndef NAM_READ_H
#define NAM_READ_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "nam_kernel.h"

#define NAM_CHANNELS_MAX 1024u
#define NAM_KERNEL_MAX 4096u
#define NAM_DILATION_MAX (1u << 20)
#define NAM_LAYERS_MAX 512u
#define NAM_DEPTH_MAX 4u
#define NAM_STATE_BYTES_MAX ((uint64_t)256 << 20) /**< of what a state remembers */

struct nam_reader {
	const char *name; /**< of the file */
	char *error;
	size_t error_size;
	char where[192]; /**< JSON pointer */
	size_t where_n;
	uint64_t state_bytes; /**< so far */
};

/** "NAME: POINTER: sentence". @return code. */
int nam_fail(struct nam_reader *r, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** Go down to a member. @return what nam_leave() takes. */
size_t nam_enter(struct nam_reader *r, const char *key);
size_t nam_enter_index(struct nam_reader *r, size_t index);
void nam_leave(struct nam_reader *r, size_t mark);

/* Members of an object. A getter without default refuses what is missing; null counts as missing. */
int nam_get_object(struct nam_reader *r, yyjson_val *object, const char *key, yyjson_val **ret);
int nam_get_array(struct nam_reader *r, yyjson_val *object, const char *key, yyjson_val **ret);
int nam_get_u32(struct nam_reader *r, yyjson_val *object, const char *key, uint32_t low, uint32_t high,
	uint32_t *ret);
/** *ret keeps its value where the member is missing. */
int nam_get_u32_default(struct nam_reader *r, yyjson_val *object, const char *key, uint32_t low,
	uint32_t high, uint32_t *ret);
int nam_get_bool_default(struct nam_reader *r, yyjson_val *object, const char *key, int *ret);
int nam_get_bool(struct nam_reader *r, yyjson_val *object, const char *key, int *ret);
int nam_get_float_default(struct nam_reader *r, yyjson_val *object, const char *key, float *ret);
/** A value that was found: whole numbers, also written with a fraction of zero. */
int nam_value_u32(struct nam_reader *r, yyjson_val *value, uint32_t low, uint32_t high, uint32_t *ret);
int nam_value_float(struct nam_reader *r, yyjson_val *value, float *ret);
/** "Tanh" or {"type": "LeakyReLU", ...}. n_channels: how many slopes there must be. nam_act_finish() frees
 * it. */
int nam_value_act(struct nam_reader *r, yyjson_val *value, uint32_t n_channels, struct nam_act *ret);
void nam_act_finish(struct nam_act *a);

/** The weights of a model, taken in order. */
struct nam_weights {
	float *w;
	size_t n, n_taken;
};
int nam_weights_read(struct nam_reader *r, yyjson_val *array, struct nam_weights *ret);
void nam_weights_finish(struct nam_weights *w);
/** @param n  may be beyond any memory. @return 0; -EINVAL: not so many are left. */
int nam_take(struct nam_reader *r, struct nam_weights *w, uint64_t n, const float **ret);
/** A state will remember so many frames of so many planes. @return -EFBIG: too much in all. */
int nam_remember(struct nam_reader *r, uint64_t frames, uint32_t n_planes);

#endif
