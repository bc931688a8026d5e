/* SPDX-License-Identifier: MIT */
/** Runs programs under mos-sandbox. The folder, the widget's own directory and the rest are new for each
 * test. */
#ifndef MOS_TEST_SANDBOX_RIG_H
#define MOS_TEST_SANDBOX_RIG_H

#include <stdbool.h>
#include <sys/types.h>

/** What became of one. */
struct sandboxed {
	int code;        /* exit code; 1000 + signal when mos-sandbox itself was killed */
	char out[16384]; /* standard output and error together */
};

extern char rig_folder[64]; /* of the widget; holds a copy of hostile_try and hostile_eat */
extern char rig_own[64];    /* writable */
extern char rig_dir[64];    /* both lie in it */

/** What a child does before it becomes mos-sandbox; NULL: nothing. */
extern void (*rig_before)(void);

void rig_up(void);
void rig_down(void);

/** Put a program, or a script, into the folder. */
void rig_install(const char *from, const char *name);
void rig_script(const char *name, const char *text);

/** Start mos-sandbox. @param words  Its options, "--" and the program's arguments, NULL-terminated; --id,
 * --folder and --component come first. @param ret_out  Where its output can be read: at its end when all who
 * hold it are dead. */
pid_t rig_start(const char *program, const char *const *words, int *ret_out);

/** Read to the end, and wait. */
void rig_finish(pid_t pid, int out, struct sandboxed *ret);

/** Both. */
struct sandboxed *rig_run(const char *program, const char *const *words);
#define RUN(program, ...) rig_run(program, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

/** Run it without a sandbox: what it tries must be something that works. */
struct sandboxed *rig_run_free(const char *program, const char *const *words);

#endif
