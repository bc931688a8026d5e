/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "state_dir.h"

static const char name[] = "library.db";

static int find_path(char path[static PATH_MAX], const char *store_path)
{
	static const char folder[] = "/hermes/";
	if (store_path) {
		const char *slash = strrchr(store_path, '/');
		const size_t n = slash ? (size_t)(slash - store_path) + 1 : 0;
		if (n + sizeof(name) > PATH_MAX)
			return -ENAMETOOLONG;
		memcpy(path, store_path, n);
		memcpy(path + n, name, sizeof(name));
		return 0;
	}
	const int rc = state_dir_find(path, PATH_MAX, sizeof(folder) + sizeof(name));
	if (rc < 0)
		return rc;
	strcat(path, folder);
	strcat(path, name);
	return 0;
}

int shelf_start(struct shelf *shelf, sd_event *event, const char *store_path)
{
	*shelf = (struct shelf){0};
	int rc = find_path(shelf->path, store_path);
	if (rc == 0)
		rc = worker_start(&shelf->writer, event, "hermes-library", NULL, NULL);
	for (unsigned i = 0; i < SHELF_READERS && rc >= 0; i++)
		rc = worker_start(&shelf->reader[i], event, "hermes-search", NULL, NULL);
	if (rc < 0)
		log_error("cannot start the library: error=\"%s\"", strerror(-rc));
	return rc;
}

void shelf_stop(struct shelf *shelf)
{
	worker_stop(&shelf->writer);
	for (unsigned i = 0; i < SHELF_READERS; i++) {
		worker_stop(&shelf->reader[i]);
		library_close(shelf->search[i]);
	}
	library_close(shelf->lib);
	shelf->lib = NULL;
	memset(shelf->search, 0, sizeof(shelf->search));
}
