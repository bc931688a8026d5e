/* SPDX-License-Identifier: MIT */
#include "fx_kernel.h"

#include <stdlib.h>
#include <string.h>

extern const struct fx_kernel fx_kernel_generic;
#if defined(__x86_64__)
extern const struct fx_kernel fx_kernel_avx2, fx_kernel_avx512;
#endif

uint32_t fx_kernel_all(const struct fx_kernel *ret[3])
{
	uint32_t n = 0;

	ret[n++] = &fx_kernel_generic;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		ret[n++] = &fx_kernel_avx2;
	if (n == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		ret[n++] = &fx_kernel_avx512;
#endif
	return n;
}

const struct fx_kernel *fx_kernel_best(void)
{
	const char *wanted = getenv("MOS_KERNEL");
	const struct fx_kernel *all[3];
	uint32_t n = fx_kernel_all(all);

	for (uint32_t i = 0; wanted && i < n; i++)
		if (strcmp(wanted, all[i]->name) == 0)
			return all[i];
	return all[n - 1];
}
