/* SPDX-License-Identifier: MIT */
#include "sfz_control.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sfz_opcode.h"
#include "sfz_value.h"

void sfz_control_init(struct sfz_control *c, struct sfz_notes *notes, float cc_value[512])
{
	c->notes = notes;
	c->cc_value = cc_value;
	c->curves.next = 7;
	memset(c->cc_init, 255, sizeof(c->cc_init));
}

void sfz_control_begin(struct sfz_control *c)
{
	c->default_path[0] = '\0';
}

static void set_cc(struct sfz_control *c, const char *name, const char *value)
{
	int cc = sfz_opcode_number(name);
	double number;

	if (cc < 0 || sfz_number(value, &number) < 0) {
		sfz_note(c->notes, "a controller's first value that is no number");
		return;
	}
	if (strncmp(name, "set_cc", 6) != 0)
		number *= 127.0;
	number = number < 0.0 ? 0.0 : number > 127.0 ? 127.0 : number;
	if (cc < 512)
		c->cc_value[cc] = (float)number;
	if (cc > 127)
		return;
	c->cc_init[cc] = (uint8_t)(number + 0.5);
	c->has_cc_init = 1;
}

static void set_offset(struct sfz_control *c, int32_t *field, const char *value, int32_t most)
{
	double number;

	if (sfz_number(value, &number) < 0) {
		sfz_note(c->notes, "note_offset or octave_offset that is no number");
		return;
	}
	*field = (int32_t)(number < -most ? -most : number > most ? most : number);
}

void sfz_control_set(struct sfz_control *c, const char *name, const char *value)
{
	static const char *const silent[] = {"label_", "hint_", "image", NULL};

	if (strcmp(name, "default_path") == 0)
		(void)snprintf(c->default_path, sizeof(c->default_path), "%s", value);
	else if (strncmp(name, "set_cc", 6) == 0 || strncmp(name, "set_hdcc", 8) == 0 ||
		 strncmp(name, "set_realcc", 10) == 0)
		set_cc(c, name, value);
	else if (strcmp(name, "note_offset") == 0)
		set_offset(c, &c->key_offset[0], value, 127);
	else if (strcmp(name, "octave_offset") == 0)
		set_offset(c, &c->key_offset[1], value, 10);
	else {
		for (uint32_t i = 0; silent[i]; i++)
			if (strncmp(name, silent[i], strlen(silent[i])) == 0)
				return;
		sfz_note_unknown(c->notes, name);
	}
}

void sfz_control_curve_begin(struct sfz_control *c)
{
	c->curve_number = -1;
	for (uint32_t i = 0; i < 128; i++)
		c->curve[i] = NAN;
}

void sfz_control_curve_set(struct sfz_control *c, const char *name, const char *value)
{
	int at = sfz_opcode_number(name);
	double number;

	if (sfz_number(value, &number) < 0) {
		sfz_note(c->notes, "a point of a <curve> that is no number");
		return;
	}
	if (strcmp(name, "curve_index") == 0)
		c->curve_number = (int32_t)(number < 0.0 ? 0.0 : number > SFZ_CURVES ? SFZ_CURVES : number);
	else if (name[0] == 'v' && at >= 0 && at < 128)
		c->curve[at] = (float)(number < -16.0 ? -16.0 : number > 16.0 ? 16.0 : number);
	else
		sfz_note(c->notes, "what is neither a point of a <curve> nor its number, left out");
}

int sfz_control_curve_end(struct sfz_control *c)
{
	uint32_t number = c->curve_number < 0 ? c->curves.next : (uint32_t)c->curve_number;
	float *own;

	if (number >= SFZ_CURVES) {
		sfz_note(c->notes, "a <curve> too many, left out");
		return 0;
	}
	own = c->curves.own[number] ? c->curves.own[number] : malloc(sizeof(c->curve));
	if (!own)
		return -ENOMEM;
	sfz_curve_fill(c->curve, 0.0f, 1.0f);
	memcpy(own, c->curve, sizeof(c->curve));
	c->curves.own[number] = own;
	if (c->curve_number < 0)
		c->curves.next++;
	return 0;
}

int32_t sfz_control_key(const struct sfz_control *c, int32_t key)
{
	int32_t to = key + c->key_offset[0] + 12 * c->key_offset[1];

	return to < 0 ? 0 : to > 127 ? 127 : to;
}
