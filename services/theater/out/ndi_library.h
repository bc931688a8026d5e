/* SPDX-License-Identifier: MIT */
/** NDI's library, where somebody installed it. */
#ifndef THEATER_OUT_NDI_LIBRARY_H
#define THEATER_OUT_NDI_LIBRARY_H

#include "ndi_abi.h"

/**
 * Find and load it: the path; NULL: the folders in NDI_RUNTIME_DIR_V6 and _V5, then the system's.
 * @return 0; -ENOENT not there; -ENOTSUP lacks a function, or does not run on this CPU. *ret_handle is
 * dlclose()'s.
 */
int ndi_library_load(const char *path, struct ndi_functions *ret, void **ret_handle);

#endif
