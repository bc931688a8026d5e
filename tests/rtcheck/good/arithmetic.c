/* SPDX-License-Identifier: MIT */
// expected-no-diagnostics
#include <mos/attr.h>
#include <stdint.h>
#include <string.h>

typedef void (*sink_fn)(void *data, int64_t x) MOS_RT;

static int64_t twice(int64_t x)
{
	return 2 * x;
}

void cycle(sink_fn sink, void *data, float *out, uint32_t n) MOS_RT;
void cycle(sink_fn sink, void *data, float *out, uint32_t n) MOS_RT
{
	memset(out, 0, n * sizeof(*out));
	sink(data, twice(21));
}
