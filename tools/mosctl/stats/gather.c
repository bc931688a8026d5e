/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "stats/stats.h"

static int is_up(const struct stats *s, const char *name)
{
	const struct mos_value *list = s->has_status ? mos_get(&s->status.value, "services") : NULL;

	for (uint32_t i = 0; list && list->type == MOS_VALUE_LIST && i < list->len; i++)
		if (!strcmp(mos_get_str(&list->u.items[i], "name", ""), name))
			return mos_get_bool(&list->u.items[i], "up", 1);
	return 0;
}

static int ask(struct mos_client *c, const char *method, struct mos_reply *ret)
{
	return mos_call(c, method, MOS_NO_ARGS, ret) == 0;
}

void stats_gather(struct stats *s, struct mos_client *client)
{
	struct mos_reply ping;

	*s = (struct stats){0};
	if (!client)
		return;
	s->view = mos_client_counters(client);
	s->has_status = ask(client, "broker.system.status", &s->status);
	s->has_events = ask(client, "broker.events.metrics", &s->events);
	s->has_widgets = ask(client, "broker.widget.list", &s->widgets);
	/* Who is not there would be waited for. */
	if (is_up(s, "theater"))
		s->has_theater = ask(client, "theater.status.get", &s->theater);
	if (is_up(s, "hermes"))
		s->has_library = ask(client, "hermes.library.stats", &s->library);
	if (ask(client, "broker.service.ping", &ping)) {
		s->broker_pid = (long)mos_get_int(&ping.value, "pid", 0);
		mos_reply_finish(&ping);
	}
}

void stats_finish(struct stats *s)
{
	if (s->has_status)
		mos_reply_finish(&s->status);
	if (s->has_events)
		mos_reply_finish(&s->events);
	if (s->has_theater)
		mos_reply_finish(&s->theater);
	if (s->has_widgets)
		mos_reply_finish(&s->widgets);
	if (s->has_library)
		mos_reply_finish(&s->library);
	*s = (struct stats){0};
}
