/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <string.h>

#include "conf.h"

#define FILE_NAME "jack.conf"

static bool take(void *data, const char *key, const char *value)
{
	struct jack_settings *s = data;

	if (strcmp(key, "on") != 0 || (strcmp(value, "0") != 0 && strcmp(value, "1") != 0))
		return false;
	s->is_on = *value == '1';
	return true;
}

int jack_settings_read(struct jack_settings *ret)
{
	*ret = (struct jack_settings){0};
	return conf_read(FILE_NAME, take, ret);
}

int jack_settings_write(const struct jack_settings *s)
{
	return conf_write(FILE_NAME, s->is_on ? "on=1\n" : "on=0\n");
}
