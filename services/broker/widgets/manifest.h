/* SPDX-License-Identifier: MIT */
/**
 * widget.json: what a widget says of itself (docs/WIDGETS.md, WID-08). Strict: what is not known, missing, of
 * another type or out of range is refused with its JSON pointer. Pure.
 */
#ifndef BROKER_WIDGETS_MANIFEST_H
#define BROKER_WIDGETS_MANIFEST_H

#include <stddef.h>
#include <stdint.h>
#include <yyjson.h>

#include "semver.h"
#include "settings.h"

#define MANIFEST_BYTES_MAX (32u << 10)
#define WIDGET_ID_MAX 32u /**< with its NUL */
#define MANIFEST_DEPENDENCIES_MAX 16u
#define MANIFEST_SERVICES_MAX 8u

/** The widget APIs that this broker runs, MOS_WIDGET_API_VERSION being the newest. */
#define WIDGET_API_OLDEST 1u
#define WIDGET_API_NEWEST 1u

struct manifest_dependency {
	char id[WIDGET_ID_MAX];
	char range_text[SEMVER_RANGE_MAX]; /**< empty: any version */
	struct semver_range range;
};

struct manifest {
	char id[WIDGET_ID_MAX];
	char name[64];
	char version_text[SEMVER_TEXT_MAX];
	struct semver version;
	uint32_t api;
	char component[128]; /**< path inside the folder */
	uint32_t caps;       /**< CAP_* */
	struct manifest_dependency dependency[MANIFEST_DEPENDENCIES_MAX];
	uint32_t n_dependencies;
	char service[MANIFEST_SERVICES_MAX][32];
	uint32_t n_services;
	double x, y, width, height;
	struct schema schema;
	uint32_t memory_mb, tasks, cpu_percent;
	yyjson_doc *doc; /**< all of it, as written */
};

struct manifest_error {
	char where[96]; /**< JSON pointer; "byte N" when it is no JSON */
	char message[200];
};

/** @return 0; -EINVAL with *err filled; -ENOMEM. */
int manifest_parse(const char *bytes, size_t len, struct manifest *ret, struct manifest_error *err);
/** Zeroed or finished ones are fine. */
void manifest_finish(struct manifest *m);

/** Whether a broker with these APIs runs it (WID-12). @return 0; -ENOTSUP, the message names both versions.
 */
int manifest_check_api(
	const struct manifest *m, uint32_t oldest, uint32_t newest, struct manifest_error *err);

/** a-z, 0-9 and -, a letter first, fits WIDGET_ID_MAX. */
int manifest_id_valid(const char *id);

/** Whether it names the service: what it may be brought to. */
int manifest_names_service(const struct manifest *m, const char *service);

#endif
