/* SPDX-License-Identifier: MIT */
#define KERNEL nam_kernel_avx2
#define KERNEL_NAME "avx2"
#define LANES 8
#include "nam_kernel_body.c"
