/* SPDX-License-Identifier: MIT */
/** An amplifier in a strip: which model, how far in and out, heard or not. Pure. */
#ifndef WIDGET_AMP_H
#define WIDGET_AMP_H

#include <mos/draw.h>

#define AMP_MODELS 256u
#define AMP_NAME 112u
#define AMP_GAIN_MAX 24.0f
#define AMP_SILENCE_DB (-120.0f)
#define AMP_NONE (-1) /**< in the place of a model's number: no amplifier */

enum amp_state { AMP_EMPTY, AMP_ON, AMP_OFF, AMP_BYPASSED, AMP_DEAD };
enum amp_knob { AMP_INPUT, AMP_OUTPUT, AMP_KNOBS };

struct amp {
	char model[AMP_MODELS][AMP_NAME];
	int n_models;
	int loaded;  /* number of the model; AMP_NONE; n_models: one that is not in the list, `other` */
	int chosen;  /* AMP_NONE: the row that takes the amplifier out */
	int loading; /* 1: a model is being loaded */
	char other[AMP_NAME], text[256]; /* text: why it is bypassed, what went wrong */
	enum amp_state state;
	float gain_db[AMP_KNOBS];
	unsigned dirty; /* bit per knob: set here, and not asked for yet */
	float peak_db;  /* of the strip */
	int first;      /* row that is seen at the top */
	int64_t strip, slot;
};

/* Answers to apollo.model.list, apollo.insert.list, apollo.insert.get. */
void amp_take_models(struct amp *a, const struct mos_value *models);
/* @return 1: there is an amplifier in our place. */
int amp_take_inserts(struct amp *a, const struct mos_value *inserts);
void amp_take_controls(struct amp *a, const struct mos_value *controls);

void amp_set(struct amp *a, enum amp_knob knob, float db);
/* Choose another row; it is seen. */
void amp_choose(struct amp *a, int by);
/* What the insert calls this knob. */
const char *amp_symbol(enum amp_knob knob);
/* The model that is in force; "": none. */
const char *amp_name(const struct amp *a);

enum amp_part { AMP_NOTHING, AMP_AT_ROW, AMP_AT_INPUT, AMP_AT_OUTPUT, AMP_AT_BYPASS };
struct amp_layout {
	struct mos_box list, name, knob[AMP_KNOBS], bypass, meter, text;
	int n_rows; /* that are seen at once */
};
struct amp_layout amp_layout(float width, float height);
struct mos_box amp_row(const struct amp_layout *l, int row);
/* @param ret_model  of a row: its model, or AMP_NONE. */
enum amp_part amp_at(const struct amp *a, float width, float height, struct mos_point at, int *ret_model);

void amp_draw(struct mos_draw *d, const struct amp *a);

#endif
