/* SPDX-License-Identifier: MIT */
/** The builds of kernel_body.c; which of them this processor runs is kernel.c's to know. */
#ifndef SAMPLER_KERNEL_ISA_H
#define SAMPLER_KERNEL_ISA_H

#include "kernel.h"

extern const struct kernel kernel_generic;
#if defined(__x86_64__)
extern const struct kernel kernel_avx2, kernel_avx512;
#endif

#endif
