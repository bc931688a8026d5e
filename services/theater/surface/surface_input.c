/* SPDX-License-Identifier: MIT */
/* What people do on a widget, and that it is seen again: through the broker, to its process. */
#include <errno.h>
#include <stdlib.h>

#include "caps.h"
#include "surface_impl.h"

/* A widget that ended, or hears nothing: that is told elsewhere. */
static void on_passed_on(void *data, int rc, struct wire_in *in)
{
}

static void send_pointer(struct surface *s, const struct mos_pointer *p, rpc_answered *answered, void *data);

/* The one before has arrived: the newest may follow. */
static void on_answered(void *data, int rc, struct wire_in *in)
{
	struct surface_call *call = data;
	struct surface *s = call->s;
	int is_wake = call->is_wake;

	free(call);
	if (!s)
		return;
	if (is_wake) {
		s->waking = NULL;
		if (s->wake_again && s->all->broker)
			surface_wake(s);
	} else {
		s->moving = NULL;
		if (s->move_again && s->all->broker)
			surface_pointer(s, &s->move);
	}
}

static struct surface_call *call_new(struct surface *s, int is_wake)
{
	struct surface_call *call = malloc(sizeof(*call));

	if (call)
		*call = (struct surface_call){s, is_wake};
	return call;
}

void surface_forget_calls(struct surface *s)
{
	if (s->waking)
		s->waking->s = NULL;
	if (s->moving)
		s->moving->s = NULL;
	s->waking = s->moving = NULL;
	s->wake_again = s->move_again = 0;
}

void surface_wake(struct surface *s)
{
	struct surface_call *call;
	struct wire_out out;
	uint32_t id;

	if (!s->all->broker)
		return;
	if (s->waking) {
		s->wake_again = 1;
		return;
	}
	s->wake_again = 0;
	call = call_new(s, 1);
	if (!call)
		return;
	id = rpc_begin_call(s->all->broker, &out, "broker.stage.wake");
	wire_put_str(&out, "id", s->id);
	wire_put_u64(&out, "instance", s->instance);
	if (rpc_call(s->all->broker, &out, id, on_answered, call) < 0)
		free(call);
	else
		s->waking = call;
}

static void send_pointer(struct surface *s, const struct mos_pointer *p, rpc_answered *answered, void *data)
{
	static const char *const kinds[] = {"move", "down", "up", "leave", "wheel"};
	struct wire_out out;
	uint32_t id = rpc_begin_call(s->all->broker, &out, "broker.stage.pointer");

	wire_put_str(&out, "id", s->id);
	wire_put_str(&out, "kind", kinds[p->kind]);
	wire_put_f64(&out, "x", (double)p->at.x);
	wire_put_f64(&out, "y", (double)p->at.y);
	wire_put_u64(&out, "button", p->button);
	wire_put_u64(&out, "buttons", p->buttons);
	wire_put_f64(&out, "wheel", (double)p->wheel);
	if (rpc_call(s->all->broker, &out, id, answered, data) < 0)
		free(data);
	else if (data)
		s->moving = data;
}

void surface_pointer(struct surface *s, const struct mos_pointer *pointer)
{
	struct surface_call *call;

	if (!s->all->broker || !(s->caps & CAP_INPUT_POINTER) || (unsigned)pointer->kind > MOS_POINTER_WHEEL)
		return;
	if (pointer->kind != MOS_POINTER_MOVE) {
		/* A place that has not been told yet comes with it. */
		s->move_again = 0;
		send_pointer(s, pointer, on_passed_on, NULL);
		return;
	}
	if (s->moving) {
		s->move = *pointer;
		s->move_again = 1;
		return;
	}
	s->move_again = 0;
	call = call_new(s, 0);
	if (call)
		send_pointer(s, pointer, on_answered, call);
}

void surface_key(struct surface *s, const char *key)
{
	struct wire_out out;
	uint32_t id;

	if (!s->all->broker || !(s->caps & CAP_INPUT_KEY) || !*key)
		return;
	id = rpc_begin_call(s->all->broker, &out, "broker.widget.key");
	wire_put_str(&out, "id", s->id);
	wire_put_str(&out, "key", key);
	(void)rpc_call(s->all->broker, &out, id, on_passed_on, NULL);
}
