/* SPDX-License-Identifier: MIT */
/** Transport calls, which all answer with a position. */
#ifndef MOSCTL_TRANSPORT_H
#define MOSCTL_TRANSPORT_H

#include "mosctl.h"

/** Call and print the position that comes back. @return enum ctl_exit. */
int transport_call(struct ctl *ctl, const char *method, const struct mos_field *args, size_t n_args);
/** A position as a line of text. */
void transport_print(const struct mos_value *position);

#endif
