/* SPDX-License-Identifier: MIT */
/* Built without ALSA's library: the rest of the band works, and this says how to get it (contract 4.1). */
#include <errno.h>

#include "backend.h"

int alsa_seq_open(const char *port, struct band_report *report, struct band_sender **ret)
{
	return backend_absent(report, "Install libasound2-dev and build with meson setup -Dalsa=enabled",
		"The backend alsa-seq was not built in");
}

int alsa_seq_ports(char (*ret)[BACKEND_PORT_NAME], uint32_t max)
{
	return -ENODEV;
}
