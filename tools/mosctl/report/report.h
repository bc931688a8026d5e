/* SPDX-License-Identifier: MIT */
/** mosctl report: a bundle for whoever helps, with nothing in it that is nobody else's business. */
#ifndef MOSCTL_REPORT_H
#define MOSCTL_REPORT_H

#include "mosctl.h"
#include "report/archive.h"
#include "report/redact.h"
#include "stats/stats.h"

struct report {
	struct ctl *ctl;
	struct redactor redactor;
	struct archive archive;
	double seconds;      /**< between the two readings of the figures */
	const char *log_dir; /**< of mos-session; may be NULL */
};

/** A part of the bundle. */
struct report_part {
	const char *name; /**< file or folder in it */
	const char *what; /**< for people who decide whether they hand it out */
	void (*collect)(struct report *r);
};
extern const struct report_part report_parts[]; /**< name NULL at the end */

/** Redact and add. */
void report_add(struct report *r, const char *name, const char *text, unsigned int flags);
/** The same of a JSON document, which is freed. */
void report_add_json(struct report *r, const char *name, yyjson_mut_doc *doc, yyjson_mut_val *root);

/* report_known.c: what is to be taken out wherever it stands. */
void report_learn(struct report *r);

/* report_files.c: all settings. @param name  as it is called in the bundle */
typedef void report_config_fn(struct report *r, const char *name, const char *text);
void report_each_config(struct report *r, report_config_fn *call);

/* The parts. */
void report_doctor(struct report *r);   /* report_machine.c */
void report_hardware(struct report *r); /* report_machine.c */
void report_kernel(struct report *r);   /* report_machine.c */
void report_versions(struct report *r); /* report_mos.c */
void report_status(struct report *r);   /* report_mos.c */
void report_metrics(struct report *r);  /* report_mos.c */
void report_crashes(struct report *r);  /* report_mos.c */
void report_logs(struct report *r);     /* report_files.c */
void report_config(struct report *r);   /* report_files.c */
void report_pipewire(struct report *r); /* report_graph.c */

#endif
