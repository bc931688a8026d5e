/* SPDX-License-Identifier: MIT */
#define KERNEL nam_kernel_generic
#define KERNEL_NAME "generic"
#define LANES 4
#include "nam_kernel_body.c"
