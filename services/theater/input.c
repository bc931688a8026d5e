/* SPDX-License-Identifier: MIT */
/* Pointer and keys where a canvas is shown: to the widget under them; on a score, a click plays from there
 * (THR-20). */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "stage.h"

/* What the transport does, the playhead shows. */
static void on_asked(struct mos_client *client, int rc, const struct mos_reply *reply,
	const struct mos_error *error, void *data)
{
	if (rc < 0 && rc != -ECANCELED)
		log_debug("a click was refused: error=%s", error ? error->code : "?");
}

static void ask(struct mos_client *client, const char *method, const struct mos_field *args, size_t n)
{
	const struct mos_request request = {.method = method, .args = args, .n_args = n};

	(void)mos_call_async(client, &request, on_asked, NULL);
}

/* The widget that has the pointer: the one that a button went down on, until all are up. */
static struct surface *holder(struct stage_canvas *canvas)
{
	return *canvas->pointer_id ? surfaces_find(canvas->stage->surfaces, canvas->pointer_id) : NULL;
}

static const struct scene_place *place_of(const struct stage_canvas *canvas, const char *id)
{
	for (uint32_t i = canvas->n_places; i-- > 0;)
		if (canvas->place[i].shown && strcmp(canvas->place[i].item->id, id) == 0)
			return &canvas->place[i];
	return NULL;
}

static void leave(struct stage_canvas *canvas)
{
	const struct mos_pointer gone = {.kind = MOS_POINTER_LEAVE};
	struct surface *s = holder(canvas);

	if (s)
		surface_pointer(s, &gone);
	*canvas->pointer_id = '\0';
}

static void click_score(
	struct stage_canvas *canvas, const struct scene_place *place, const struct mos_pointer *pointer)
{
	const struct view *view = stage_find_view(canvas, place->item->id);
	struct mos_client *client = canvas->stage->follow.client;
	struct view_hit hit;

	if (!view || !client ||
		view_at(view, place, (int32_t)pointer->at.x, (int32_t)pointer->at.y, &hit) < 0)
		return;
	if (hit.is_note && !canvas->stage->now.is_rolling)
		ask(client, "apollo.note.play",
			MOS_ARGS(mos_int("note", hit.pitch), mos_str("duration", "8n")));
	if (hit.played_tick >= 0)
		ask(client, "kronos.transport.seek", MOS_ARGS(mos_int("ticks", hit.played_tick)));
}

static void wheel_score(
	struct stage_canvas *canvas, const struct scene_place *place, const struct mos_pointer *pointer)
{
	struct view *view = stage_find_view(canvas, place->item->id);

	if (view)
		view_zoom(view, pointer->wheel > 0 ? 1.25f : 0.8f, 0, 0);
}

void stage_pointer(struct stage_canvas *canvas, const struct mos_pointer *pointer)
{
	float x = 0, y = 0;
	const struct scene_place *place =
		scene_manager_at(canvas->manager, (int32_t)pointer->at.x, (int32_t)pointer->at.y, &x, &y);
	const uint32_t was_down = canvas->buttons;
	struct mos_pointer to = *pointer;

	canvas->buttons = pointer->buttons;
	if (pointer->kind == MOS_POINTER_LEAVE) {
		leave(canvas);
		return;
	}
	if (was_down && *canvas->pointer_id)
		place = place_of(canvas, canvas->pointer_id);
	if (place && place->item->kind == SCENE_SCORE) {
		leave(canvas);
		if (pointer->kind == MOS_POINTER_DOWN && pointer->button == 1)
			click_score(canvas, place, pointer);
		else if (pointer->kind == MOS_POINTER_WHEEL)
			wheel_score(canvas, place, pointer);
		return;
	}
	struct surface *s = place ? surfaces_find(canvas->stage->surfaces, place->item->id) : NULL;
	const struct stage_widget *w = s ? stage_widget_of(s) : NULL;
	if (!w || strcmp(canvas->pointer_id, surface_id(s)) != 0)
		leave(canvas);
	if (!w || w->width_pt <= 0 || w->height_pt <= 0)
		return;
	const struct render_rect at = stage_fit(place->rect, w->width_pt, w->height_pt);
	(void)snprintf(canvas->pointer_id, sizeof(canvas->pointer_id), "%s", surface_id(s));
	to.at.x = (pointer->at.x - (float)at.x) * w->width_pt / (float)at.w;
	to.at.y = (pointer->at.y - (float)at.y) * w->height_pt / (float)at.h;
	surface_pointer(s, &to);
}

void stage_key(struct stage_canvas *canvas, const char *key)
{
	struct surface *s = holder(canvas);

	if (s)
		surface_key(s, key);
}

void input_forget(struct stage *stage, const char *id)
{
	for (int c = 0; c < SCENE_N_CANVASES; c++)
		if (strcmp(stage->canvas[c].pointer_id, id) == 0)
			*stage->canvas[c].pointer_id = '\0';
}
