/* SPDX-License-Identifier: MIT */
#include "transport.h"

void transport_print(const struct mos_value *position)
{
	char title[128];

	printf("%s %lld:%lld:%03lld  %.1f BPM", mos_get_str(position, "state", "?"),
		(long long)mos_get_int(position, "bar", 1), (long long)mos_get_int(position, "beat", 1),
		(long long)mos_get_int(position, "tick", 0), mos_get_real(position, "bpm", 0));
	if (mos_get_str(position, "title", NULL))
		printf("  %s", printable(mos_get_str(position, "title", ""), title, sizeof(title)));
	putchar('\n');
}

int transport_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args)
{
	struct mos_reply reply;
	int code = ctl_call(ctl, method, args, n_args, &reply);

	if (code != CTL_OK)
		return code;
	if (ctl->json)
		code = json_print_value(&reply.value);
	else
		transport_print(&reply.value);
	mos_reply_finish(&reply);
	return code;
}
