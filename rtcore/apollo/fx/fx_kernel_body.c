/* SPDX-License-Identifier: MIT */
/* One build of the inner loops: FX_KERNEL_NAME is its name in C, FX_KERNEL_TEXT the one to be read. */
#include "fx_kernel_chorus.h"
#include "fx_kernel_reverb.h"
#include "fx_kernel_sum.h"

extern const struct fx_kernel FX_KERNEL_NAME;
const struct fx_kernel FX_KERNEL_NAME = {FX_KERNEL_TEXT, run_reverb, run_chorus, mix, sum};
