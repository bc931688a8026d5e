/* SPDX-License-Identifier: MIT */
/**
 * mos-sandbox: runs one widget where it can hurt nobody (WID-07, SEC-01). Three processes and the widget:
 *
 *     mos-sandbox    checks the machine, makes the system call filter, starts bubblewrap, watches what is
 * used bwrap          makes the namespaces and the mounts; its child is process 1 in there mos-sandbox    the
 * same program again, inside (inner.c): limits, landlock, no foreign descriptors; becomes the widget
 *
 * When any of the first three dies, the widget and all its children die: PR_SET_PDEATHSIG down to process 1,
 * and a process namespace ends with its first process.
 *
 * As root it becomes a user that nobody else is before it starts bubblewrap: from there on all is as for a
 * user.
 */
#ifndef MOS_SANDBOX_H
#define MOS_SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define EXIT_NOT_STARTED 125 /* as env(1) and timeout(1) say it */
#define SANDBOX_LIBRARIES_MAX 8

/* Places inside. */
#define INSIDE_FOLDER "/widget"
#define INSIDE_LIBRARY "/library" /* and its number */
#define INSIDE_SELF "/mos-sandbox"

/* Limits that nobody chooses. */
#define LIMIT_FILES 256              /* descriptors */
#define LIMIT_FILE_BYTES (64u << 20) /* of one file */
#define LIMIT_OWN_BYTES (512u << 20) /* of its own directory */
#define LIMIT_OWN_FILES 10000u       /* in it */
#define LIMIT_STACK_BYTES (2u << 20) /* of a thread */
#define LIMIT_ADDRESS_BYTES                                                                                  \
	(2ul << 30) /* beside the memory: what is mapped and not there. Python takes 0.2 GB */

struct sandbox {
	const char *id;
	const char *component; /* as given; then the path in the folder */
	const char *folder;
	const char *own; /* NULL: none */
	const char *library[SANDBOX_LIBRARIES_MAX];
	const char *cgroup; /* NULL: none */
	char *const *args;  /* NULL-terminated; what follows the program's name */
	unsigned int n_library, memory_mb, tasks, cpu_percent;
	int fd; /* -1: none */
	bool uring, memfd, print;

	/* What was opened before the rights were given up. */
	int folder_fd, own_fd, self_fd, library_fd[SANDBOX_LIBRARIES_MAX];
	char own_path[PATH_MAX];
	char component_path[PATH_MAX];
};

/** What a cgroup limits; what it does not, the watch does. */
struct cgroup_limits {
	bool memory, tasks, cpu;
};

/** Say "mos-sandbox: ..." on standard error. @return -1. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Read the command line. @return 0; -1 told; 1 nothing is left to do (--help). */
int sandbox_options(struct sandbox *box, int argc, char **argv);

/** Open what the widget gets to see, and become nobody if root. @return 0; -1 told. */
int sandbox_open(struct sandbox *box);

/** What is missing on this machine is said. @return landlock's version; -1. */
int sandbox_check(void);

/** A memfd with the filter's program for bubblewrap. @return a descriptor; -1 told. */
int filter_make(bool uring, bool memfd);

/**
 * Make the cgroup, set its limits.
 * @param ret  Those that are in force; the others have no controller here.
 * @return what cgroup_join() takes, opened with the rights that we still have; -1 told: there is no cgroup of
 * that name, and none can be made.
 */
int cgroup_make(const char *dir, const struct sandbox *box, struct cgroup_limits *ret);
/** The calling process moves in. @return 0; -errno. */
int cgroup_join(int procs_fd);

/**
 * Become bubblewrap. Returns only when that fails, told.
 * @param filter_fd  filter_make().
 * @param status_fd  Socket to the watch, handed to the inner stage.
 * @param info_fd    Bubblewrap writes the number of process 1 into it.
 */
void bwrap_run(const struct sandbox *box, int filter_fd, int status_fd, int info_fd);

/** The inner stage. @return its exit code; returns only when something failed, or for --print. */
int inner_main(int argc, char **argv);

/** Allow what the widget needs and nothing else, for good. @param own NULL: none. @return 0; -1 told. */
int landlock_apply(unsigned int n_library, const char *own);
/** @return its version; -errno. */
int landlock_version(void);

/** Wait for the widget's end and keep it to its limits meanwhile. @return the exit code. */
int watch_run(const struct sandbox *box, const struct cgroup_limits *cgroup, pid_t bwrap, int status_fd,
	int info_fd);

/** What is in force, in words, on standard output. */
void print_words(const struct sandbox *box, const struct cgroup_limits *cgroup, int landlock);

#endif
