/* SPDX-License-Identifier: MIT */
/* apollo.strip.*: the mixer's strips. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <mos/gm.h>

#include "apollo_gateway.h"

#define LIVE_FROM (MOS_GROUP_LIVE * 16u)
#define CLIPS 62u
#define INPUT 63u

/* What people call it where the score has no name for it. */
static void put_name(struct wire_out *out, const struct mos_rtctl_strip *s)
{
	char text[32] = "";

	if (s->name[0]) {
		apollo_put_text(out, "name", s->name, sizeof(s->name));
		return;
	}
	if (s->strip == UINT32_MAX)
		strcpy(text, "Master");
	else if (s->strip == INPUT)
		strcpy(text, "Input");
	else if (s->strip == CLIPS)
		strcpy(text, "Clips");
	else if (s->strip >= LIVE_FROM)
		(void)snprintf(text, sizeof(text), "Live %u", s->strip - LIVE_FROM + 1);
	else if (s->flags & MOS_STRIP_DRUMS)
		strcpy(text, "Drums");
	else if (s->flags & MOS_STRIP_PART && s->program < MOS_GM_PROGRAMS)
		(void)snprintf(text, sizeof(text), "%s", mos_gm_name(s->program));
	wire_put_str(out, "name", text);
}

static void put_strips(
	struct wire_out *out, const struct apollo_page *page, const struct mos_rtctl_msg *answer, int fd)
{
	struct mos_rtctl_strip s;

	wire_open_array(out, "strips");
	for (uint32_t i = 0; i <= MOS_N_STRIPS && i < answer->u.strip_list.n &&
			     apollo_read_record(fd, 0, i, &s, sizeof(s));
		i++) {
		wire_open_map(out, NULL);
		apollo_put_strip(out, s.strip);
		put_name(out, &s);
		wire_put_f64(out, "gain_db", (double)s.gain_db);
		wire_put_f64(out, "pan", (double)s.pan);
		wire_put_bool(out, "mute", (s.flags & MOS_STRIP_MUTE) != 0);
		wire_put_bool(out, "solo", (s.flags & MOS_STRIP_SOLO) != 0);
		wire_put_bool(out, "part", (s.flags & MOS_STRIP_PART) != 0);
		wire_close(out);
	}
	wire_close(out);
}

int strip_handle_list(struct rpc_request *req, const msgpack_object *params)
{
	const struct mos_rtctl_msg msg = {.op = MOS_RTCTL_STRIP_LIST};

	return apollo_forward_table(req, &msg, NULL, put_strips);
}
