/* SPDX-License-Identifier: MIT */
/* The client's last error. */
#include <stdarg.h>
#include <stdio.h>

#include "client_impl.h"

int client_fail(struct mos_client *c, int rc, const char *code, const char *fmt, ...)
{
	va_list args;

	c->error = (struct mos_error){0};
	(void)snprintf(c->error.code, sizeof(c->error.code), "%s", code);
	va_start(args, fmt);
	(void)vsnprintf(c->error.message, sizeof(c->error.message), fmt, args);
	va_end(args);
	return rc;
}

void client_hint(struct mos_client *c, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(c->error.hint, sizeof(c->error.hint), fmt, args);
	va_end(args);
}

const struct mos_error *mos_client_error(const struct mos_client *client)
{
	return &client->error;
}
