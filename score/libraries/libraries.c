/* SPDX-License-Identifier: MIT */
#include "libraries.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODULE "score-libraries.so"

const struct score_libraries *score_libraries_load(const char *path, char why[static 128])
{
	/* Lazily: most of what these libraries call, a file never needs. */
	void *module = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	const struct score_libraries *libraries = module ? dlsym(module, "score_libraries_module") : NULL;
	if (!libraries)
		(void)snprintf(why, 128, "%s", dlerror());
	else if (strcmp(libraries->made_with, SCORE_LIBRARIES_MADE_WITH) != 0)
		(void)snprintf(why, 128, "%s is of %s, not of %s", MODULE, libraries->made_with,
			SCORE_LIBRARIES_MADE_WITH);
	else if (strcmp(libraries->names, SCORE_LIBRARIES_NAMES) != 0)
		(void)snprintf(why, 128, "%s is of another %s", MODULE, SCORE_LIBRARIES_MADE_WITH);
	else
		return libraries;
	if (module)
		(void)dlclose(module);
	return NULL;
}

static const struct score_libraries *find(char why[static 128])
{
	/* Where it is installed; where meson builds it, seen from its programs. */
	static const char *const dirs[] = {MOS_LIBDIR, "../score/libraries", "../../score/libraries"};
	const struct score_libraries *libraries = NULL;
	char self[PATH_MAX], path[PATH_MAX + 64];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	(void)snprintf(why, 128, "%s/%s is not there", MOS_LIBDIR, MODULE);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !libraries; i++) {
		if (dirs[i][0] == '/')
			(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], MODULE);
		else
			(void)snprintf(path, sizeof(path), "%s/%s/%s", self, dirs[i], MODULE);
		if (access(path, F_OK) == 0)
			libraries = score_libraries_load(path, why);
	}
	return libraries;
}

const struct score_libraries *score_libraries(struct score_report *report)
{
	static const struct score_libraries *_Atomic known;
	const struct score_libraries *libraries = atomic_load_explicit(&known, memory_order_acquire);
	char why[128];
	if (libraries)
		return libraries;
	/* Nothing is kept of a failure: what is missing may be installed meanwhile. */
	libraries = find(why);
	if (libraries)
		atomic_store_explicit(&known, libraries, memory_order_release);
	else
		(void)score_error(report, "nvx1.format.library", "", "no XML, no zip: %s", why);
	return libraries;
}
