/* SPDX-License-Identifier: MIT */
/* theater.ini: whatever the bytes, a place is named or the values are within their ranges. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct theater_config config;
	char error[256] = "";

	theater_config_init(&config);
	if (theater_config_parse(&config, "f", (const char *)data, size, error, sizeof(error)) < 0) {
		if (strncmp(error, "f:", 2) != 0)
			abort();
	} else if (config.fps < 1 || config.fps > 240 || config.divisor < 1 || config.divisor > 16) {
		abort();
	}
	return 0;
}
