/* SPDX-License-Identifier: MIT */
/** A mixing desk: the strips that play, their faders and meters, and what was changed on it. Pure. */
#ifndef WIDGET_DESK_H
#define WIDGET_DESK_H

#include <mos/counters.h>
#include <mos/draw.h>

#define DESK_MASTER 64u /**< place of the master among the strips */
#define DESK_STRIPS 65u
#define DESK_SILENCE_DB (-120.0f)
#define DESK_LOWEST_DB (-90.0f) /**< a fader all the way down */
#define DESK_HIGHEST_DB 12.0f

#define DESK_SENDS 2u

/** What was changed: as the bits of a request to the mixer; a send is a request of its own. */
enum { DESK_GAIN = 1, DESK_PAN = 2, DESK_MUTE = 4, DESK_SOLO = 8, DESK_SEND = 16 };

struct desk_strip {
	char name[40];
	float gain_db, pan;
	float send[DESK_SENDS]; /* share that goes to reverb, to chorus: 0..1 */
	int mute, solo;
	int is_part;    /* the score plays there */
	int was_heard;  /* since the widget began */
	unsigned dirty; /* changed here, and not asked for yet */
	float peak_db, held_db;
	int64_t held_ns; /* when that was reached */
};

struct desk {
	struct desk_strip strip[DESK_STRIPS];
	uint8_t shown[DESK_STRIPS]; /* numbers of those that are shown, without the master */
	uint32_t n_shown, first;    /* first: the leftmost that is seen */
	uint32_t chosen;            /* DESK_MASTER, or one of them */
	int any_solo;
	int counter[DESK_STRIPS +
		    1];     /* of its peak; -1: not looked for or not there. The last: master, right */
	uint32_t n_changes; /* so far */
};

void desk_init(struct desk *d);
/* The answer to apollo.strip.list; what is being changed here stays. */
void desk_take(struct desk *d, const struct mos_value *strips);
/* Likewise to apollo.fx.list, page by page: what is not listed is 0. */
void desk_take_sends(struct desk *d, const struct mos_value *settings, int is_first_page);
/* What the mixer calls a send: "reverb". */
const char *desk_send_name(uint32_t send);
/* Levels. @return 1: something sounds. */
int desk_meter(struct desk *d, const struct mos_counters_view *view, int64_t now_ns);
void desk_level(struct desk *d, uint32_t strip, float db, int64_t now_ns);
/* Strips that the score plays on, that are set otherwise than at first, or that have been heard. */
void desk_sort(struct desk *d);

/* Change the chosen one, within what is possible. */
void desk_set_gain(struct desk *d, uint32_t strip, float db);
void desk_set_pan(struct desk *d, uint32_t strip, float pan);
void desk_set_send(struct desk *d, uint32_t strip, uint32_t send, float share);
void desk_toggle(struct desk *d, uint32_t strip, unsigned what);
/* To the left, to the right; the master is the rightmost. */
void desk_choose(struct desk *d, int by);
/* The next request: bits of one strip, or DESK_SEND << n alone. @return 1; 0: none. */
int desk_next(struct desk *d, uint32_t *ret_strip, unsigned *ret_what);

/* How far up a fader stands, 0..1, and back. */
float desk_up(float db);
float desk_db(float up);

enum desk_part {
	DESK_NOTHING,
	DESK_NAME,
	DESK_AT_MUTE,
	DESK_AT_SOLO,
	DESK_AT_PAN,
	DESK_AT_FADER,
	DESK_AT_SEND, /* the first; the others follow */
	DESK_PARTS = DESK_AT_SEND + DESK_SENDS
};
struct desk_place {
	struct mos_box all, name, fader, meter, value;
	struct mos_box pan, mute, solo,
		send[DESK_SENDS]; /* the master has none of these; sends: where there is room */
};
/* How many strips fit beside the master. */
uint32_t desk_room(float width);
/* @return 0: it is not seen. */
int desk_place(const struct desk *d, float width, float height, uint32_t strip, struct desk_place *ret);
/* What is at a point. @param ret_strip  written unless nothing is. */
enum desk_part desk_at(
	const struct desk *d, float width, float height, struct mos_point at, uint32_t *ret_strip);
/* Values that a point stands for. */
float desk_gain_at(const struct desk_place *p, float y);
float desk_pan_at(const struct desk_place *p, float x);

void desk_draw(struct mos_draw *d, struct desk *desk);
void desk_text(const struct desk *d, char *ret, size_t size);

#endif
