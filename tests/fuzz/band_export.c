/* SPDX-License-Identifier: MIT */
/* Any bytes as a file to export: what comes out is exported once more, and stays what it is. */
#include <stdlib.h>
#include <string.h>

#include "export.h"
#include "fuzz.h"

static void export_all(const uint8_t *data, size_t size, bool gm)
{
	static struct band_report report;
	struct band_export once, twice;

	report = (struct band_report){0};
	if (band_export(data, size, gm, &report, &once) < 0) {
		FUZZ_CHECK(report.n_errors == 1);
		return;
	}
	FUZZ_CHECK(once.file.size >= size);
	FUZZ_CHECK(band_export(once.file.byte, once.file.size, gm, &report, &twice) == 0);
	FUZZ_CHECK(twice.file.size == once.file.size &&
		   memcmp(twice.file.byte, once.file.byte, once.file.size) == 0);
	free(twice.file.byte);
	free(once.file.byte);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	export_all(data, size, true);
	export_all(data, size, false);
	return 0;
}
