/* SPDX-License-Identifier: MIT */
/** mosctl stats: the figures of a running MOS in one place, for people, for jq and for Prometheus. */
#ifndef MOSCTL_STATS_H
#define MOSCTL_STATS_H

#include "mosctl.h"

/** Everything that was asked; what could not be had is not there. */
struct stats {
	const struct mos_counters_view *view; /**< the client's */
	struct mos_reply status, events, theater, widgets, library;
	int has_status, has_events, has_theater, has_widgets, has_library;
	long broker_pid; /**< 0: not known */
};

/**
 * Ask all there is. @param client  NULL: MOS does not run, and that is what is told.
 */
void stats_gather(struct stats *s, struct mos_client *client);
void stats_finish(struct stats *s);

/** Text formats: they differ in little, and each parser insists on its own. */
enum metrics_format {
	METRICS_OPEN,       /**< OpenMetrics 1.0 */
	METRICS_PROMETHEUS, /**< Prometheus text 0.0.4: node_exporter's textfile collector reads this one */
};

/** Write all of it. */
void metrics_write(FILE *to, const struct stats *s, enum metrics_format format);

/** What a counter of rtcore means, by its label or by how it begins ("rt.published."); NULL: nobody knows it.
 */
const char *stats_help(const char *label);

/**
 * Answer one request for /metrics: HTTP/1 on two descriptors, for a socket that systemd accepts.
 * @return 0; -errno: the other side went away, or took too long.
 */
int stats_answer_http(int in, int out, const struct stats *s);

#endif
