/* SPDX-License-Identifier: MIT */
/**
 * mosctl doctor: checks by topic, one file each. A check looks at a machine (box.h) and says one thing or
 * more by found(); it changes nothing.
 */
#ifndef MOSCTL_DOCTOR_H
#define MOSCTL_DOCTOR_H

#include "doctor/box.h"
#include "mosctl.h"

enum verdict { OK, INFO, WARN, FAIL, N_VERDICTS };

struct doctor;

struct check {
	const char *name; /**< "kernel.preempt": topic, thing; NULL ends a list */
	const char *why;  /**< one sentence: what it is for */
	void (*run)(struct doctor *d);
	int only_live; /**< asks the running system, so that a copy cannot answer */
};

struct topic {
	const char *title;
	const struct check *checks;
};

struct doctor {
	struct box box;
	struct ctl *ctl;           /**< --runtime-dir, --timeout */
	const struct check *check; /**< the one that runs */
	yyjson_mut_doc *doc;       /**< NULL: text */
	yyjson_mut_val *checks;
	int is_verbose;
	int n[N_VERDICTS];
};

/** One finding of the check that runs; `hint` NULL: nothing to do. */
void found(struct doctor *d, enum verdict verdict, const char *hint, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

extern const char *const verdict_name[N_VERDICTS];
extern const struct topic topics[]; /**< title NULL at the end */
/**
 * Run checks.
 * @param names  Checks or topics ("kernel", "kernel.preempt"); n 0: all.
 */
void doctor_run(struct doctor *d, char *const names[], int n);
/** Is there a check or a topic of that name? */
int doctor_knows(const char *name);
/** The whole answer: {"checks": [...], "ok": n, ...}, of a doctor whose `doc` is set. */
yyjson_mut_val *doctor_json(struct doctor *d);
/** Begin a JSON document for the findings. */
void doctor_begin_json(struct doctor *d);

extern const struct check kernel_checks[];   /* kernel.c */
extern const struct check cpu_checks[];      /* cpu.c */
extern const struct check limit_checks[];    /* limits.c */
extern const struct check memory_checks[];   /* memory.c */
extern const struct check sound_checks[];    /* sound.c */
extern const struct check usb_checks[];      /* usb.c */
extern const struct check pipewire_checks[]; /* graph.c */
extern const struct check disk_checks[];     /* disk.c */
extern const struct check sandbox_checks[];  /* sandbox.c */
extern const struct check trace_checks[];    /* trace.c */
extern const struct check unit_checks[];     /* units.c */
extern const struct check system_checks[];   /* system.c */

/* sound.c */
#define CARDS_MAX 16u
struct card {
	char name[BOX_NAME_MAX]; /**< "card1" */
	char id[32];             /**< "PCH", "Scarlett" */
	char device[512];        /**< "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0": below /sys/devices */
};
/** Sound cards with their places. @return how many. */
unsigned int cards_read(const struct box *box, struct card card[static CARDS_MAX]);
/** The last PCI device of a place: "pci0000:00/0000:00:14.0". @return 0, -ENOENT. */
int card_pci(const struct card *card, char *buf, size_t size);

#endif
