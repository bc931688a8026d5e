/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <math.h>

#define NRPN_MSB 77
#define MAX 16383 /* 14 bit */

static uint32_t clamp(double x)
{
	return (uint32_t)fmin(fmax(x + 0.5, 0), MAX);
}

int metro_envelope_is_neutral(const struct metro_envelope *e)
{
	return e->attack_ms == 0 && e->decay_ms == 0 && e->sustain == 1;
}

void metro_envelope_ccs(const struct metro_envelope *e, uint8_t ret[METRO_ENVELOPE_CCS][2])
{
	const uint32_t value[] = {clamp(e->attack_ms * 8), clamp(e->decay_ms * 8), clamp(e->sustain * MAX)};
	uint32_t n = 0;

	for (uint8_t i = 0; i < 3; i++) {
		const uint8_t cc[4][2] = {
			{99, NRPN_MSB}, {98, i}, {6, (uint8_t)(value[i] >> 7)}, {38, value[i] & 0x7f}};

		for (uint32_t k = 0; k < 4; k++, n++) {
			ret[n][0] = cc[k][0];
			ret[n][1] = cc[k][1];
		}
	}
	for (uint8_t cc = 101; cc >= 100; cc--, n++) { /* what comes after is for no parameter */
		ret[n][0] = cc;
		ret[n][1] = 127;
	}
}
