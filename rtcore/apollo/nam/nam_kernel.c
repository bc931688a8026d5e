/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "nam_kernel.h"

uint32_t nam_kernel_all(const struct nam_kernel *ret[3])
{
	uint32_t n = 0;

	ret[n++] = &nam_kernel_generic;
#ifdef NAM_HAVE_AVX
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2"))
		ret[n++] = &nam_kernel_avx2;
	if (__builtin_cpu_supports("avx512f"))
		ret[n++] = &nam_kernel_avx512;
#endif
	return n;
}

const struct nam_kernel *nam_kernel_best(void)
{
	const struct nam_kernel *all[3];
	const uint32_t n = nam_kernel_all(all);
	const char *asked = getenv("MOS_KERNEL");

	for (uint32_t i = 0; asked && i < n; i++)
		if (strcmp(all[i]->name, asked) == 0)
			return all[i];
	return all[n - 1];
}
