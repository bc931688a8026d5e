/* SPDX-License-Identifier: MIT */
#include "hands.h"

#include <stdlib.h>
#include <string.h>

#define LENS 1.5f /* of the height, or of half the width, at a distance of 1 */
#define FRETS_SEEN 20u
#define BODY_FRET 14u  /* where the neck ends */
#define BODY_MM 130.0f /* of the guitar, behind the hole */
#define DEEP_MM 22.0f  /* of the neck */
#define BELOW_MM -6.0f /* what is drawn on the other side of the neck */

static const struct hands_camera views[HANDS_VIEWS] = {
	[HANDS_FRONT] = {0, 0.35f, 0, 600},
	[HANDS_AUDIENCE] = {0, -0.25f, 3.14159265f, 600},
	[HANDS_PLAYER] = {0, -1.0f, 0, 600},
};

struct hands_camera hands_camera(enum hands_view view)
{
	return views[view];
}

void hands_camera_turn(struct hands_camera *c, float turn, float tilt)
{
	c->turn = fmodf(c->turn + turn, 6.2831853f);
	c->tilt = fminf(fmaxf(c->tilt + tilt, -HANDS_TILT_MAX), HANDS_TILT_MAX);
}

void hands_camera_zoom(struct hands_camera *c, float by)
{
	c->distance = fminf(fmaxf(c->distance * by, HANDS_NEAR), HANDS_FAR);
}

/* ---- what is held ---- */

/* A fret as one letter. */
static char letter(unsigned fret)
{
	return (char)(fret < 10 ? '0' + fret : 'a' + (fret - 10));
}

void hands_scene_at(struct hands_scene *s, const struct hands_note *note, unsigned n, double tick)
{
	s->open = 0;
	memset(s->grip, 'x', s->neck.n_strings);
	s->grip[s->neck.n_strings] = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (!note[i].string || note[i].string > s->neck.n_strings || (double)note[i].tick > tick ||
			(double)note[i].end_tick <= tick)
			continue;
		s->grip[s->neck.n_strings - note[i].string] = letter(note[i].fret);
		if (!note[i].fret)
			s->open |= (uint16_t)(1u << note[i].string);
	}
	for (int side = 0; side < HANDS_SIDES; side++)
		hands_show(&s->neck, note, n, (enum hands_side)side, tick, &s->hand[side]);
}

/* ---- the picture ---- */

struct mos_point hands_project(
	const struct hands_scene *s, float width, float height, struct hands_vec at, float *ret_away)
{
	const struct hands_camera *c = &s->camera;
	const float sa = sinf(c->turn), ca = cosf(c->turn), sb = sinf(c->tilt), cb = cosf(c->tilt),
		    sr = sinf(c->roll), cr = cosf(c->roll);
	const float x = (at.x - 0.43f * hands_scale_mm(&s->neck)) * (s->is_left_handed ? -1 : 1), y = at.y,
		    z = at.z;
	const float side = x * ca - z * sa, deep = x * sa + z * ca, up = y * cb - deep * sb;
	const float away = c->distance - (y * sb + deep * cb),
		    lens = LENS * fminf(width * 0.5f, height) / fmaxf(away, 30);

	if (ret_away)
		*ret_away = away;
	return (struct mos_point){
		width / 2 + lens * (side * cr - up * sr), height / 2 - lens * (side * sr + up * cr)};
}

struct picture {
	struct mos_draw *d;
	const struct hands_scene *s;
	float width, height;
};

static struct mos_point at(const struct picture *p, struct hands_vec v)
{
	return hands_project(p->s, p->width, p->height, v, NULL);
}

/* Points for a millimetre there. */
static float points(const struct picture *p, struct hands_vec v)
{
	float away;

	(void)hands_project(p->s, p->width, p->height, v, &away);
	return LENS * fminf(p->width * 0.5f, p->height) / fmaxf(away, 30);
}

static float edge_y(const struct mos_fret_neck *neck, float x, int is_high)
{
	const struct hands_vec s = hands_on_string(neck, is_high ? 1 : neck->n_strings, x);

	return s.y + (is_high ? 3.5f : -3.5f);
}

static void quad(const struct picture *p, const struct hands_vec v[4], struct mos_ink ink)
{
	struct mos_point corner[4];

	for (int i = 0; i < 4; i++)
		corner[i] = at(p, v[i]);
	mos_draw_quad(p->d, corner, ink);
}

static void line(
	const struct picture *p, struct hands_vec a, struct hands_vec b, float mm, struct mos_ink ink)
{
	mos_draw_line(p->d, at(p, a), at(p, b), fmaxf(mm * points(p, a), 0.6f), ink);
}

static void draw_neck(const struct picture *p)
{
	const struct mos_fret_neck *neck = &p->s->neck;
	const float last = mos_fret_mm(neck, FRETS_SEEN), body = mos_fret_mm(neck, BODY_FRET),
		    bridge = hands_scale_mm(neck), end = bridge + 20;

	quad(p,
		(const struct hands_vec[]){
			{body, -BODY_MM, -8}, {end, -BODY_MM, -8}, {end, BODY_MM, -8}, {body, BODY_MM, -8}},
		mos_ink_faint(MOS_TOKEN_WOOD, 0.3f));
	for (int high = 0; high < 2; high++)
		quad(p,
			(const struct hands_vec[]){{0, edge_y(neck, 0, high), -DEEP_MM},
				{body, edge_y(neck, body, high), -DEEP_MM},
				{body, edge_y(neck, body, high), -1}, {0, edge_y(neck, 0, high), -1}},
			mos_ink_faint(MOS_TOKEN_WOOD, 0.6f));
	quad(p,
		(const struct hands_vec[]){{0, edge_y(neck, 0, 0), -1}, {last, edge_y(neck, last, 0), -1},
			{last, edge_y(neck, last, 1), -1}, {0, edge_y(neck, 0, 1), -1}},
		mos_ink(MOS_TOKEN_WOOD));
	for (unsigned fret = 0; fret <= FRETS_SEEN && fret <= neck->n_frets; fret++) {
		const float mm = mos_fret_mm(neck, fret);

		line(p, (struct hands_vec){mm, edge_y(neck, mm, 0), 0},
			(struct hands_vec){mm, edge_y(neck, mm, 1), 0},
			fret == 0 || fret == neck->capo ? 4 : 1.6f,
			mos_ink_faint(
				fret == 0 ? MOS_TOKEN_KEY_WHITE : MOS_TOKEN_METAL, fret == 0 ? 0.9f : 0.55f));
	}
	for (unsigned string = 1; string <= neck->n_strings; string++)
		line(p, hands_on_string(neck, string, 0), hands_on_string(neck, string, bridge),
			0.5f + 0.18f * (float)string,
			p->s->open >> string & 1 ? mos_ink(MOS_TOKEN_SOUNDING)
						 : mos_ink_faint(MOS_TOKEN_METAL, 0.85f));
}

/* A bone of either hand, for the painter: the farthest first. */
struct stroke {
	struct hands_vec a, b;
	float radius, away;
	uint8_t is_below; /* the strings */
};
#define STROKES (HANDS_SIDES * (HANDS_JOINTS + 4u))

static int is_nearer(const void *a, const void *b)
{
	const struct stroke *x = a, *y = b;

	return x->away < y->away ? 1 : -(x->away > y->away);
}

static void add(const struct picture *p, struct stroke *to, unsigned *n, struct hands_vec a,
	struct hands_vec b, float radius)
{
	const struct hands_vec mid = hands_times(hands_sum(a, b), 0.5f);
	struct stroke *s = &to[(*n)++];

	*s = (struct stroke){.a = a, .b = b, .radius = radius};
	(void)hands_project(p->s, p->width, p->height, mid, &s->away);
	s->is_below = mid.z < BELOW_MM;
}

static unsigned collect(const struct picture *p, struct stroke *to)
{
	unsigned n = 0;

	for (int side = 0; side < HANDS_SIDES; side++) {
		const struct hands_vec *joint = p->s->hand[side].pose.joint;

		for (unsigned i = 0; i < HANDS_JOINTS; i++)
			if (hands_bone[i].from != i)
				add(p, to, &n, joint[i], joint[hands_bone[i].from], hands_bone[i].radius_mm);
		for (unsigned f = HANDS_INDEX; f < HANDS_LITTLE; f++) { /* what joins the knuckles */
			const unsigned mcp = hands_tip((enum hands_finger)f) - 3u;

			add(p, to, &n, joint[mcp], joint[mcp + 5], hands_bone[mcp].radius_mm);
		}
	}
	qsort(to, n, sizeof(*to), is_nearer);
	return n;
}

/* Skin, with less light the farther away it is, and a rim. */
static void draw_strokes(const struct picture *p, const struct stroke *s, unsigned n, int is_below)
{
	for (unsigned i = 0; i < n; i++) {
		if (s[i].is_below != is_below)
			continue;
		const float light =
			fminf(fmaxf(1 - (s[i].away - p->s->camera.distance + 60) / 300, 0.45f), 1);
		const float thick = 2 * s[i].radius * points(p, s[i].a);
		const struct mos_point a = at(p, s[i].a), b = at(p, s[i].b);
		const struct mos_ink skin = mos_ink_rgba(MOS_RGBA((unsigned)(232 * light),
					     (unsigned)(188 * light), (unsigned)(160 * light), 255u)),
				     rim = mos_ink_rgba(MOS_RGBA((unsigned)(120 * light),
					     (unsigned)(82 * light), (unsigned)(66 * light), 255u));

		mos_draw_line(p->d, a, b, thick, rim);
		mos_draw_disc(p->d, a, thick / 2, rim);
		mos_draw_line(p->d, a, b, thick * 0.86f, skin);
		mos_draw_disc(p->d, a, thick * 0.43f, skin);
	}
}

static void draw_tips(const struct picture *p)
{
	static const char *const name[HANDS_SIDES][HANDS_FINGERS] = {
		{"T", "1", "2", "3", "4"}, {"p", "i", "m", "a", "c"}};

	for (int side = 0; side < HANDS_SIDES; side++)
		for (unsigned f = 0; f < HANDS_FINGERS; f++) {
			const struct hands_touch *touch = &p->s->hand[side].touch[f];
			const struct hands_vec tip =
				p->s->hand[side].pose.joint[hands_tip((enum hands_finger)f)];
			const struct mos_point to = at(p, tip);
			const float radius = fmaxf(5.5f * points(p, tip), 4);

			if (touch->is_down)
				mos_draw_disc(p->d, to, radius,
					mos_ink(side == HANDS_LEFT ? MOS_TOKEN_ACCENT : MOS_TOKEN_ACCENT_2));
			mos_draw_text(p->d, to, radius * 1.5f, MOS_CENTER | MOS_MIDDLE | MOS_BOLD,
				touch->is_down ? mos_ink(MOS_TOKEN_CANVAS)
					       : mos_ink_faint(MOS_TOKEN_CANVAS, 0.6f),
				"%s", name[side][f]);
		}
}

void hands_draw(struct mos_draw *d, const struct hands_scene *s)
{
	const struct picture p = {.d = d, .s = s, .width = mos_draw_width(d), .height = mos_draw_height(d)};
	struct stroke stroke[STROKES];
	const unsigned n = collect(&p, stroke);
	/* seen from the front, what is behind the strings is drawn before them */
	const int is_front = cosf(s->camera.turn) > 0;

	(void)mos_draw_panel(d, "");
	mos_draw_clip(d, mos_box_inset((struct mos_box){0, 0, p.width, p.height}, 2));
	draw_strokes(&p, stroke, n, is_front);
	draw_neck(&p);
	draw_strokes(&p, stroke, n, !is_front);
	draw_tips(&p);
	mos_draw_clip_end(d);
	mos_draw_text(d, (struct mos_point){14, 20}, 13, MOS_MIDDLE | MOS_MONO, mos_ink(MOS_TOKEN_TEXT_DIM),
		"%s", s->grip);
}
