/* SPDX-License-Identifier: MIT */
/** mosctl doctor: what its files share. */
#ifndef MOSCTL_DOCTOR_H
#define MOSCTL_DOCTOR_H

#include "mosctl.h"

enum verdict { OK, WARN, FAIL, N_VERDICTS };

struct report {
	struct ctl *ctl;
	yyjson_mut_doc *doc; /* NULL: text */
	yyjson_mut_val *checks;
	int n[N_VERDICTS];
};

/** One finding; `hint` NULL: nothing to do. */
void found(struct report *r, const char *name, enum verdict verdict, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* doctor_sandbox.c: what widgets are held by. */
void check_sandbox(struct report *r);

#endif
