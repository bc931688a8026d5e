/* SPDX-License-Identifier: MIT */
/** The largest magnitude of a run of samples; what is no number does not count. */
#ifndef FX_PEAK_H
#define FX_PEAK_H

#include <stdint.h>
#include <mos/attr.h>

static inline float fx_peak(const float *x, uint32_t n) MOS_RT
{
	typedef float v4 __attribute__((vector_size(16)));
	typedef int32_t i4 __attribute__((vector_size(16)));
	v4 most = {0};
	float p = 0;
	uint32_t i = 0;

	for (; i + 4 <= n; i += 4) { /* compilers keep such a maximum in order, one by one */
		v4 a;
		i4 is_more;

		__builtin_memcpy(&a, x + i, sizeof(a));
		a = (v4)((i4)a & 0x7fffffff);
		is_more = a > most;
		most = (v4)(((i4)a & is_more) | ((i4)most & ~is_more));
	}
	for (; i < n; i++) {
		float a = x[i] < 0 ? -x[i] : x[i];

		p = a > p ? a : p;
	}
	for (int k = 0; k < 4; k++)
		p = most[k] > p ? most[k] : p;
	return p;
}

#endif
