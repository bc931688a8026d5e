/* SPDX-License-Identifier: MIT */
/** The fretboard: where frets and strings lie, the five CAGED shapes, what is shown on it. Pure. */
#ifndef WIDGET_FRETBOARD_H
#define WIDGET_FRETBOARD_H

#include <mos/draw.h>

#include "harmony.h"
#include "played.h"

#define FRETBOARD_STRINGS 6
#define FRETBOARD_FRETS_MAX 25

/* Keys of the open strings, the lowest first. */
struct fretboard_tuning {
	const char *name;
	uint8_t open[FRETBOARD_STRINGS];
};
/* By its name; an unknown one: standard. */
const struct fretboard_tuning *fretboard_tuning_find(const char *name);

enum fretboard_show { FRETBOARD_NOTES, FRETBOARD_CHORD, FRETBOARD_SCALE, FRETBOARD_CAGED };
enum fretboard_labels { FRETBOARD_INTERVAL, FRETBOARD_NOTE, FRETBOARD_NO_LABEL };

/* Part of the scale (the length of a string) from the nut to a fret: 1 - 2^(-fret/12). */
double fretboard_fret_place(int fret);

struct fretboard_layout {
	struct mos_box board; /* from the nut to the last fret */
	float scale;          /* length of a string as drawn */
	int frets;
};
struct fretboard_layout fretboard_layout(float width, float height, int frets);
/* Where a dot stands: fret 0 before the nut, others just behind the fret wire where a finger goes. */
struct mos_point fretboard_dot(const struct fretboard_layout *l, int string, int fret);
float fretboard_dot_radius(const struct fretboard_layout *l, int fret);
/* @return 1 and the place at a point; 0 beside the board. */
int fretboard_at(const struct fretboard_layout *l, struct mos_point at, int *ret_string, int *ret_fret);

/* The shapes in the order of their name, up the neck. */
enum fretboard_shape { SHAPE_C, SHAPE_A, SHAPE_G, SHAPE_E, SHAPE_D, N_SHAPES };
extern const char fretboard_shape_name[N_SHAPES];
/*
 * A shape as it is held for a root, in standard tuning: frets of the strings from the lowest on, -1 not
 * played. The lowest place on the neck where no fret is negative.
 * @param minor  1: the shape's minor form.
 */
struct fretboard_grip {
	int8_t fret[FRETBOARD_STRINGS];
	int8_t finger[FRETBOARD_STRINGS]; /* 1..4; 0: open or none */
};
struct fretboard_grip fretboard_caged(enum fretboard_shape shape, int root_class, int minor);

struct fretboard_look {
	const struct fretboard_tuning *tuning;
	int frets;
	enum fretboard_show show;
	enum fretboard_labels labels;
	int shape; /* enum fretboard_shape; -1: all */
};

/* What is on a place. */
enum fretboard_mark {
	FRETBOARD_BLANK = 0,
	FRETBOARD_FAINT,  /* belongs to it */
	FRETBOARD_MARKED, /* is a chord tone, or held by a shape */
	FRETBOARD_SOUNDING,
};
struct fretboard_dot {
	enum fretboard_mark mark;
	int is_root, finger;
	unsigned int shapes; /* bits of enum fretboard_shape that hold it */
	float level;         /* 0..1, while it sounds */
};
struct fretboard_dot fretboard_look_at(const struct fretboard_look *look, const struct harmony *harmony,
	const struct played *played, int string, int fret);

void fretboard_draw(struct mos_draw *d, const struct fretboard_look *look, const struct harmony *harmony,
	const struct played *played);

#endif
