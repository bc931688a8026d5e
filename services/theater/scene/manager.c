/* SPDX-License-Identifier: MIT */
/* A canvas' scene: what it shows, what was asked for on top of it, how the next one comes. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manager.h"

int scene_manager_create(
	enum scene_canvas canvas, uint32_t width_px, uint32_t height_px, struct scene_manager **ret)
{
	struct scene_manager *m;
	struct scene_theme theme;

	if (canvas >= SCENE_N_CANVASES || !width_px || !height_px || width_px > 65535 || height_px > 65535)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->canvas = (uint8_t)canvas;
	m->width = m->redraw.width = width_px;
	m->height = m->redraw.height = height_px;
	(void)scene_theme_find("stage", &theme);
	memcpy(m->token, theme.token, sizeof(m->token));
	memcpy(m->to_token, theme.token, sizeof(m->to_token));
	redraw_all(&m->redraw);
	*ret = m;
	return 0;
}

void scene_manager_destroy(struct scene_manager *m)
{
	if (!m)
		return;
	scene_free(m->scene);
	scene_free(m->next);
	free(m);
}

/* --- The next scene --- */

int scene_manager_show(struct scene_manager *m, const struct scene *scene, int64_t at_ns)
{
	struct scene *copy;
	int rc;

	if (scene->canvas != m->canvas || scene->n_items > SCENE_ITEMS_MAX)
		return -EINVAL;
	rc = scene_copy(scene, &copy);
	if (rc < 0)
		return rc;
	scene_free(m->next);
	m->next = copy;
	m->next_ns = at_ns;
	if (at_ns <= 0)
		manager_begin(m, 0);
	return 0;
}

static void remember(struct scene_manager *m, const char *name)
{
	uint32_t at = 0;

	/* Each name once: where it stands now, or the last place. */
	while (at < m->n_history && strcmp(m->history[at], name) != 0)
		at++;
	if (at == m->n_history && m->n_history < HISTORY_MAX)
		m->n_history++;
	else if (at == HISTORY_MAX)
		at--;
	memmove(m->history[1], m->history[0], at * sizeof(m->history[0]));
	memcpy(m->history[0], name, sizeof(m->history[0]));
}

/** The whole pixels of a place; neighbours in thousandths are neighbours in pixels. */
static struct render_rect pixels(const struct scene_manager *m, const struct scene_item *item)
{
	const double x0 = (double)item->x * m->width / 1000,
		     x1 = ((double)item->x + item->width) * m->width / 1000;
	const double y0 = (double)item->y * m->height / 1000,
		     y1 = ((double)item->y + item->height) * m->height / 1000;
	const int32_t left = (int32_t)lround(x0), top = (int32_t)lround(y0);

	return (struct render_rect){left, top, (int32_t)lround(x1) - left, (int32_t)lround(y1) - top};
}

static struct live *find(struct live *live, uint32_t n, const struct scene_item *item)
{
	for (uint32_t i = 0; i < n; i++)
		if (live[i].item.kind == item->kind && strcmp(live[i].item.id, item->id) == 0)
			return &live[i];
	return NULL;
}

static float opacity_of(const struct scene_manager *m, const struct scene_item *item)
{
	if (!item->visible)
		return 0;
	return m->focus[0] && strcmp(m->focus, item->id) != 0 ? item->opacity * DIMMED : item->opacity;
}

/** What the pictures differ in where the place is the same. */
static int looks_same(const struct scene_item *a, const struct scene_item *b)
{
	return a->layers == b->layers && a->layout == b->layout && a->staff_space_pt == b->staff_space_pt &&
	       a->opaque == b->opaque;
}

/** An item comes, or stays, perhaps elsewhere. `before`: what is seen of it now; NULL: nothing. */
static void come(const struct scene_manager *m, struct live *live, const struct live *before)
{
	live->to = pixels(m, &live->item);
	live->to_opacity = opacity_of(m, &live->item);
	live->from = live->to;
	if (before) {
		live->from = before->rect;
		live->from_opacity = before->opacity;
		live->drawn = before->drawn;
		live->is_dirty = before->is_dirty || !looks_same(&live->item, &before->item);
		/* A picture is made for one size: it does not grow. Sliding scenes move what keeps its size.
		 */
		live->hops = before->rect.w != live->to.w || before->rect.h != live->to.h ||
			     (m->scene->transition == SCENE_FADE &&
				     (before->rect.x != live->to.x || before->rect.y != live->to.y));
	} else if (m->scene->transition == SCENE_SLIDE) {
		live->from.x += (int32_t)m->width;
		live->from_opacity = live->to_opacity;
	}
	live->opacity = live->from_opacity;
	live->rect = live->from;
}

static void leave(const struct scene_manager *m, struct live *live)
{
	live->is_leaving = 1;
	live->hops = 0;
	live->from = live->to = live->rect;
	live->from_opacity = live->opacity;
	live->to_opacity = 0;
	if (m->scene->transition == SCENE_SLIDE) {
		live->to.x -= (int32_t)m->width;
		live->to_opacity = live->opacity;
	}
}

/** By z; what leaves is below what comes. */
static int is_above(const struct live *a, const struct live *b)
{
	if (a->item.z != b->item.z)
		return a->item.z > b->item.z;
	if (a->is_leaving != b->is_leaving)
		return b->is_leaving;
	return a->order > b->order;
}

static void add(struct scene_manager *m, const struct live *live)
{
	uint32_t at = m->n_live;

	for (; at > 0 && is_above(&m->live[at - 1], live); at--)
		m->live[at] = m->live[at - 1];
	m->live[at] = *live;
	m->n_live++;
}

static void colors(
	struct scene_manager *m, const struct scene_theme *theme, int64_t start_ns, int64_t duration_ns)
{
	memcpy(m->from_token, m->token, sizeof(m->from_token));
	memcpy(m->to_token, theme->token, sizeof(m->to_token));
	m->token_start_ns = start_ns;
	m->token_end_ns = start_ns + duration_ns;
}

void manager_begin(struct scene_manager *m, int64_t start_ns)
{
	struct scene *scene = m->next;
	const int64_t duration_ns =
		scene->transition == SCENE_CUT || m->is_still ? 0 : (int64_t)scene->transition_ms * 1000000;
	const uint32_t n_before = m->n_live;
	uint32_t n_leaving = 0;

	if (m->scene && strcmp(m->scene->name, scene->name) != 0)
		remember(m, m->scene->name);
	scene_free(m->scene);
	m->scene = scene;
	m->next = NULL;
	m->focus[0] = '\0';
	memcpy(m->spare, m->live, n_before * sizeof(m->live[0]));
	m->n_live = 0;
	for (uint32_t i = 0; i < scene->n_items; i++) {
		struct live *before = find(m->spare, n_before, &scene->item[i]);
		struct live live = {.item = scene->item[i],
			.order = i,
			.start_ns = start_ns,
			.end_ns = start_ns + duration_ns};

		come(m, &live, before);
		if (before)
			before->item.id[0] = '\0'; /* it stays */
		add(m, &live);
	}
	for (uint32_t i = n_before; i-- > 0;) {
		struct live *live = &m->spare[i];

		if (!live->item.id[0] || (live->opacity <= 0 && !live->drawn.opacity))
			continue;
		if (n_leaving == SCENE_ITEMS_MAX) {
			redraw_add(&m->redraw, live->drawn.rect);
			continue;
		}
		n_leaving++;
		leave(m, live);
		live->order = i;
		live->start_ns = start_ns;
		live->end_ns = start_ns + duration_ns;
		add(m, live);
	}
	colors(m, &scene->theme, start_ns, duration_ns);
	m->n_place = 0;
	m->moves = 1;
}

/* --- On top of the scene --- */

static void ramp(struct scene_manager *m, struct live *live)
{
	live->from_opacity = live->opacity;
	live->to_opacity = opacity_of(m, &live->item);
	live->from = live->rect;
	live->hops = live->hops && memcmp(&live->rect, &live->to, sizeof(live->to)) != 0;
	live->start_ns = 0;
	live->end_ns = m->is_still ? 0 : RAMP_NS;
	m->moves = 1;
}

static struct live *find_id(struct scene_manager *m, const char *id)
{
	for (uint32_t i = 0; i < m->n_live; i++)
		if (!m->live[i].is_leaving && strcmp(m->live[i].item.id, id) == 0)
			return &m->live[i];
	return NULL;
}

int scene_manager_set_visible(struct scene_manager *m, const char *id, int visible)
{
	struct live *live = find_id(m, id);

	if (!live)
		return -EINVAL;
	if (live->item.visible != (visible != 0)) {
		live->item.visible = visible != 0;
		ramp(m, live);
	}
	return 0;
}

int scene_manager_set_layers(struct scene_manager *m, const char *id, uint32_t layers)
{
	struct live *live = find_id(m, id);

	if (!live || live->item.kind != SCENE_SCORE)
		return -EINVAL;
	if (live->item.layers != layers) {
		live->item.layers = layers;
		live->is_dirty = 1;
		m->moves = 1;
	}
	return 0;
}

int scene_manager_set_theme(struct scene_manager *m, const struct scene_theme *theme)
{
	if (!m->scene)
		return -EINVAL;
	m->scene->theme = *theme;
	colors(m, theme, 0, m->is_still ? 0 : RAMP_NS);
	m->moves = 1;
	return 0;
}

int scene_manager_focus(struct scene_manager *m, const char *id)
{
	if (id && !find_id(m, id))
		return -EINVAL;
	(void)snprintf(m->focus, sizeof(m->focus), "%s", id ? id : "");
	for (uint32_t i = 0; i < m->n_live; i++)
		if (!m->live[i].is_leaving && m->live[i].to_opacity != opacity_of(m, &m->live[i].item))
			ramp(m, &m->live[i]);
	return 0;
}

/* --- What there is --- */

const struct scene *scene_manager_scene(const struct scene_manager *m)
{
	return m->scene;
}

uint32_t scene_manager_history(const struct scene_manager *m, const char **ret, uint32_t max)
{
	const uint32_t n = m->n_history < max ? m->n_history : max;

	for (uint32_t i = 0; i < n; i++)
		ret[i] = m->history[i];
	return n;
}

const uint32_t *scene_manager_tokens(const struct scene_manager *m)
{
	return m->token;
}

void scene_manager_damage(struct scene_manager *m, struct render_rect rect)
{
	redraw_add(&m->redraw, rect);
}

void scene_manager_damage_all(struct scene_manager *m)
{
	redraw_all(&m->redraw);
}

uint32_t scene_manager_take_damage(
	struct scene_manager *m, double ns_a_rect, double ns_a_pixel, const struct render_rect **ret)
{
	*ret = m->redraw.taken;
	return redraw_take(&m->redraw, ns_a_rect, ns_a_pixel);
}

const struct scene_place *scene_manager_at(
	const struct scene_manager *m, int32_t x, int32_t y, float *ret_x, float *ret_y)
{
	for (uint32_t i = m->n_place; i-- > 0;) {
		const struct scene_place *p = &m->place[i];

		if (!p->shown || p->is_leaving || x < p->rect.x || y < p->rect.y ||
			(int64_t)x >= (int64_t)p->rect.x + p->rect.w ||
			(int64_t)y >= (int64_t)p->rect.y + p->rect.h)
			continue;
		*ret_x = ((float)(x - p->rect.x) + 0.5f) * 1000 / (float)p->rect.w;
		*ret_y = ((float)(y - p->rect.y) + 0.5f) * 1000 / (float)p->rect.h;
		return p;
	}
	return NULL;
}

void scene_manager_set_still(struct scene_manager *m, int still)
{
	m->is_still = still != 0;
}

int scene_manager_moves(const struct scene_manager *m)
{
	return m->moves || m->next;
}
