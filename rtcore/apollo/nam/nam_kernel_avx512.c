/* SPDX-License-Identifier: MIT */
#define KERNEL nam_kernel_avx512
#define KERNEL_NAME "avx512"
#define LANES 16
#include "nam_kernel_body.c"
