/* SPDX-License-Identifier: MIT */
/* Boxes cut into boxes; none gets a negative size. And the colours of the pitch classes. */
#include <mos/draw.h>

static float positive(float v)
{
	return v > 0 ? v : 0;
}

static float least(float a, float b)
{
	return a < b ? a : b;
}

struct mos_ink mos_ink_pitch(int pitch_class)
{
	int pc = pitch_class % 12;

	return mos_ink((enum mos_token)(MOS_TOKEN_PITCH_0 + (pc < 0 ? pc + 12 : pc)));
}

struct mos_box mos_box_inset(struct mos_box box, float by)
{
	float dx = least(by, box.w / 2), dy = least(by, box.h / 2);

	return (struct mos_box){box.x + dx, box.y + dy, box.w - 2 * dx, box.h - 2 * dy};
}

struct mos_box mos_box_column(struct mos_box box, unsigned i, unsigned n, float gap)
{
	float w;

	if (!n)
		return box;
	w = positive(box.w - gap * (float)(n - 1)) / (float)n;
	return (struct mos_box){box.x + (w + gap) * (float)i, box.y, w, box.h};
}

struct mos_box mos_box_row(struct mos_box box, unsigned i, unsigned n, float gap)
{
	float h;

	if (!n)
		return box;
	h = positive(box.h - gap * (float)(n - 1)) / (float)n;
	return (struct mos_box){box.x, box.y + (h + gap) * (float)i, box.w, h};
}

struct mos_box mos_box_cut_top(struct mos_box *box, float h)
{
	struct mos_box cut = *box;

	cut.h = least(positive(h), box->h);
	box->y += cut.h;
	box->h -= cut.h;
	return cut;
}

struct mos_box mos_box_cut_left(struct mos_box *box, float w)
{
	struct mos_box cut = *box;

	cut.w = least(positive(w), box->w);
	box->x += cut.w;
	box->w -= cut.w;
	return cut;
}

struct mos_box mos_box_cut_bottom(struct mos_box *box, float h)
{
	struct mos_box cut = *box;

	cut.h = least(positive(h), box->h);
	cut.y = box->y + box->h - cut.h;
	box->h -= cut.h;
	return cut;
}

struct mos_box mos_box_cut_right(struct mos_box *box, float w)
{
	struct mos_box cut = *box;

	cut.w = least(positive(w), box->w);
	cut.x = box->x + box->w - cut.w;
	box->w -= cut.w;
	return cut;
}

struct mos_box mos_box_fit(struct mos_box box, float aspect)
{
	float w, h;

	if (!(aspect > 0))
		return box;
	w = least(box.w, box.h * aspect);
	h = w / aspect;
	return (struct mos_box){box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h};
}
