/* SPDX-License-Identifier: MIT */
/** The parts of bench-formats. */
#ifndef BENCH_FORMATS_H
#define BENCH_FORMATS_H

#include <stddef.h>

/** All scores of a file made, checked, and written as MIDI into memory, on all processors: as mos-hermes
 * reads books. @return an exit status. */
int formats_import_file(const char *path);
/** The same for each file of a folder, in this one process. @return an exit status. */
int formats_import_folder(const char *folder);
/** A file again and again in this process: how fast without the start of one, and the heap's peak. */
void formats_rate(const char *what, const char *path);

/** One process, from start to end. */
struct formats_run {
	double ms, cpu_ms;
	int has_failed; /**< it ran, and says so */
};
/** @param folder  Where it runs; what it prints is thrown away. @return 0; -ENOENT: not installed. */
int formats_run(char *const argv[], const char *folder, struct formats_run *ret);
/** Most memory of a process's own: what it had before its exec() does not count. @return MB; 0: not known. */
double formats_memory(char *const argv[], const char *folder);

#endif
