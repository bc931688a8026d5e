/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define FILE_NAME "link.conf"

bool link_settings_is_interface(const char *name)
{
	return strlen(name) < IF_NAMESIZE && !strpbrk(name, "/ \t\r\n=");
}

static bool take(void *data, const char *key, const char *value)
{
	struct link_settings *s = data;
	char *end;
	unsigned long n = strtoul(value, &end, 10);
	bool is_number = end != value && !*end && *value != '-';

	if (!strcmp(key, "on") && is_number && n <= 1)
		s->is_on = n;
	else if (!strcmp(key, "start_stop") && is_number && n <= 1)
		s->start_stop = n;
	else if (!strcmp(key, "quantum") && is_number && n >= 1 && n <= LINK_QUANTUM_MAX)
		s->quantum = (uint32_t)n;
	else if (!strcmp(key, "interface") && link_settings_is_interface(value))
		strcpy(s->interface, value);
	else
		return false;
	return true;
}

int link_settings_read(struct link_settings *ret)
{
	*ret = (struct link_settings){.quantum = 4};
	return conf_read(FILE_NAME, take, ret);
}

int link_settings_write(const struct link_settings *s)
{
	char text[CONF_MAX];

	(void)snprintf(text, sizeof(text), "on=%d\nstart_stop=%d\nquantum=%u\ninterface=%s\n", s->is_on,
		s->start_stop, s->quantum, s->interface);
	return conf_write(FILE_NAME, text);
}
