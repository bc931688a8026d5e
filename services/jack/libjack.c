/* SPDX-License-Identifier: MIT */
#include "libjack.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* @return false: it lacks a function, which is named. */
static bool resolve(struct libjack *lib, void *handle, char *ret_why, size_t size)
{
	void *symbol;

#define X(name)                                                                                              \
	symbol = dlsym(handle, #name);                                                                       \
	if (!symbol) {                                                                                       \
		(void)snprintf(ret_why, size, "%s has no %s", lib->path, #name);                             \
		return false;                                                                                \
	}                                                                                                    \
	memcpy(&lib->name, &symbol, sizeof(lib->name));
	LIBJACK_FUNCTIONS(X)
#undef X
	return true;
}

const struct libjack *libjack_load(const char *path, char *ret_why, size_t size)
{
	static struct libjack lib;
	static bool is_loaded;
	void *handle = NULL;

	if (is_loaded)
		return &lib;
	if (!path)
		path = access(MOS_PIPEWIRE_JACK, F_OK) == 0 ? MOS_PIPEWIRE_JACK : "libjack.so.0";
	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		(void)snprintf(ret_why, size, "%s", dlerror());
		return NULL;
	}
	(void)snprintf(lib.path, sizeof(lib.path), "%s", path);
	if (!resolve(&lib, handle, ret_why, size)) {
		(void)dlclose(handle);
		return NULL;
	}
	is_loaded = true;
	return &lib;
}
