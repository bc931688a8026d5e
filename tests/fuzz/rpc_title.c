/* SPDX-License-Identifier: MIT */
/*
 * A timeline's title out of whatever a service passes through the broker: always a string that ends inside
 * its buffer and that a terminal can show.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "timeline_title.h"
#include "wire_utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char title[24];
	int fd = memfd_create("title", MFD_CLOEXEC);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	memset(title, '\x7f', sizeof(title));
	timeline_title(fd, title, sizeof(title));
	FUZZ_CHECK(memchr(title, '\0', sizeof(title)) != NULL);
	FUZZ_CHECK(wire_utf8_valid(title, strlen(title)));
	for (const char *p = title; *p; p++)
		FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != '\x7f');
	close(fd);
	return 0;
}
