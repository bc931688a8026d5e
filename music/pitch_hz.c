/* SPDX-License-Identifier: MIT */
/* By itself: who needs but names and spelling does without libm, which takes long to load. */
#include <mos/pitch.h>

#include <math.h>

double mos_key_to_hz(double key, double a4_hz)
{
	return a4_hz * exp2((key - 69) / 12);
}
