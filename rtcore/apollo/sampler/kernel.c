/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "kernel_isa.h"

uint32_t kernel_all(const struct kernel *ret[3])
{
	uint32_t n = 0;

	ret[n++] = &kernel_generic;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		ret[n++] = &kernel_avx2;
	/* and what these have, so that both give the same bits */
	if (n == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		ret[n++] = &kernel_avx512;
#endif
	return n;
}

const struct kernel *kernel_best(void)
{
	const char *wanted = getenv("MOS_KERNEL");
	const struct kernel *all[3];
	uint32_t n = kernel_all(all);

	for (uint32_t i = 0; wanted && i < n; i++)
		if (strcmp(wanted, all[i]->name) == 0)
			return all[i];
	return all[n - 1];
}
