/* SPDX-License-Identifier: MIT */
#include "bpm.h"

#define MINUTE_NS UINT64_C(60000000000)

int64_t nvx_bpm_of_ns(uint64_t ns_per_quarter)
{
	const uint64_t all = MINUTE_NS * 1000000, whole = all / ns_per_quarter, rest = all % ns_per_quarter;
	const uint64_t other = ns_per_quarter - rest;
	return (int64_t)(whole + (rest > other || (rest == other && whole & 1)));
}

uint64_t nvx_ns_of_bpm(int64_t bpm, int64_t scale)
{
	if (bpm <= 0)
		return 0;
	const unsigned __int128 all = (unsigned __int128)MINUTE_NS * (uint64_t)scale;
	const unsigned __int128 ns = (2 * all + (uint64_t)bpm) / (2 * (unsigned __int128)bpm);
	return ns > MINUTE_NS ? 0 : (uint64_t)ns;
}
