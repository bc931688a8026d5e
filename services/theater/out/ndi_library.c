/* SPDX-License-Identifier: MIT */
#include "ndi_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*function)(void);

static const struct {
	const char *name;
	size_t at;     /* in struct ndi_functions */
	uint32_t slot; /* in the table of NDIlib_v*_load() */
} wanted[] = {
	{"NDIlib_initialize", offsetof(struct ndi_functions, initialize), 0},
	{"NDIlib_destroy", offsetof(struct ndi_functions, destroy), 1},
	{"NDIlib_version", offsetof(struct ndi_functions, version), 2},
	{"NDIlib_send_create", offsetof(struct ndi_functions, send_create), 8},
	{"NDIlib_send_destroy", offsetof(struct ndi_functions, send_destroy), 9},
	{"NDIlib_send_get_tally", offsetof(struct ndi_functions, send_get_tally), 16},
	{"NDIlib_send_get_no_connections", offsetof(struct ndi_functions, send_get_no_connections), 17},
	{"NDIlib_send_send_video_async_v2", offsetof(struct ndi_functions, send_send_video_async_v2), 51},
};

static void *open_library(const char *path)
{
	static const struct {
		const char *variable, *file;
	} places[] = {{"NDI_RUNTIME_DIR_V6", "libndi.so.6"}, {"NDI_RUNTIME_DIR_V5", "libndi.so.5"},
		{NULL, "libndi.so.6"}, {NULL, "libndi.so.5"}};
	void *handle = NULL;

	if (path)
		return dlopen(path, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !handle; i++) {
		const char *dir = places[i].variable ? secure_getenv(places[i].variable) : NULL;
		char full[PATH_MAX];

		if (!places[i].variable)
			handle = dlopen(places[i].file, RTLD_NOW | RTLD_LOCAL);
		else if (dir &&
			 snprintf(full, sizeof(full), "%s/%s", dir, places[i].file) < (int)sizeof(full))
			handle = dlopen(full, RTLD_NOW | RTLD_LOCAL);
	}
	return handle;
}

static function symbol(void *handle, const char *name)
{
	void *const object = dlsym(handle, name);
	function ret;

	static_assert(sizeof(ret) == sizeof(object));
	memcpy(&ret, &object, sizeof(ret));
	return ret;
}

/** The table that the library returns, for those that export nothing else. */
static const function *find_table(void *handle)
{
	static const char *const loads[] = {"NDIlib_v6_load", "NDIlib_v5_load", "NDIlib_v4_5_load"};

	for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
		const function load = symbol(handle, loads[i]);

		if (load)
			return ((const function *(*)(void))load)();
	}
	return NULL;
}

int ndi_library_load(const char *path, struct ndi_functions *ret, void **ret_handle)
{
	struct ndi_functions functions;
	const function *table = NULL;
	void *handle = open_library(path);

	if (!handle)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		function found = symbol(handle, wanted[i].name);

		if (!found && !table)
			table = find_table(handle);
		if (!found && table)
			found = table[wanted[i].slot];
		if (!found)
			goto fail;
		memcpy((char *)&functions + wanted[i].at, &found, sizeof(found));
	}
	if (!functions.initialize())
		goto fail;
	*ret = functions;
	*ret_handle = handle;
	return 0;
fail:
	dlclose(handle);
	return -ENOTSUP;
}
