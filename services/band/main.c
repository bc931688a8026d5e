/* SPDX-License-Identifier: MIT */
/* mos-band: the accompanist. A service that answers band.*, has rtcore play what it makes, or plays it
 * itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "band.h"
#include "log.h"
#include "service.h"

static const char *styles_path; /* --styles */

static void on_rtcore_up(uint64_t generation, uint64_t timeline_id, void *data)
{
	struct band *band = data;

	player_rtcore_up(&band->player, generation, timeline_id);
}

static void on_caller_gone(struct rpc_conn *conn, void *data)
{
	struct band *band = data;

	player_forget(&band->player, conn);
}

static const struct broker_link_ops link_ops = {
	.rtcore_up = on_rtcore_up, .caller = {.closed = on_caller_gone}};

/* A user's own styles: what is wrong with them is said, and they are left out. */
static int read_styles(struct band *band)
{
	struct band_report *report = calloc(1, sizeof(*report));

	if (!report)
		return -ENOMEM;
	band->styles = band_styles_new(styles_path ? styles_path : getenv("MOS_BAND_STYLES"), report);
	for (uint32_t i = 0; i < report->n_issues && i < BAND_MAX_ISSUES; i++)
		log_warning("a style: where=\"%s\" code=%s message=\"%s\"", report->issue[i].where,
			report->issue[i].code, report->issue[i].message);
	free(report);
	return band->styles ? 0 : -ENOMEM;
}

static int start(struct service *service, void *data)
{
	static struct rpc_table tables[BAND_TABLES];
	struct band *band = data;
	int rc = read_styles(band);

	tables[0] = program_methods;
	tables[1] = file_methods;
	tables[2] = play_methods;
	if (rc == 0)
		rc = rpc_context_init(&band->rpc, service, tables, BAND_TABLES, band);
	if (rc == 0)
		rc = worker_start(&band->worker, service->event, "band-work", NULL, NULL);
	if (rc >= 0)
		rc = player_init(&band->player, band);
	if (rc >= 0)
		rc = broker_link_start(&band->link, &band->rpc, &link_ops, band);
	if (rc < 0)
		log_error("cannot start: error=\"%s\"", strerror(-rc));
	return rc;
}

static void on_silent(struct band *band)
{
	service_quit(band->rpc.service, 0);
}

/* Nothing goes on sounding: rtcore is told to stop before the service ends. */
static int ending(struct service *service, void *data)
{
	struct band *band = data;

	return player_close(&band->player, on_silent);
}

/* The link first, then the thread: what was under way is answered while its callers are still there. */
static void stop(struct service *service, void *data)
{
	struct band *band = data;

	broker_link_stop(&band->link);
	worker_stop(&band->worker);
	player_finish(&band->player);
	rpc_context_finish(&band->rpc);
	band_styles_free(band->styles);
}

static const struct service_def def = {
	.program = "mos-band",
	.name = "band",
	.help = "The accompanist of MOS: a service of the broker that makes bass, chords and drums of a\n"
		"chord progression and a style, and plays them. mosctl band speaks with it.\n",
	.option = "styles",
	.option_help = "      --styles DIR       more styles, a file each; default $MOS_BAND_STYLES\n",
	.option_value = &styles_path,
	.start = start,
	.ending = ending,
	.stop = stop,
};

int main(int argc, char **argv)
{
	static struct band band;

	return service_main(&def, &band, argc, argv);
}
