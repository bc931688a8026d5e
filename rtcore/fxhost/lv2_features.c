/* SPDX-License-Identifier: MIT */
/* What plugins are offered, and what they need that we lack. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/log/log.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>

#include "lv2_fx.h"

/* What needs no data, or is a promise about how we call. */
static const char *const promises[] = {LV2_BUF_SIZE__boundedBlockLength, LV2_BUF_SIZE__fixedBlockLength,
	LV2_BUF_SIZE__powerOf2BlockLength, LV2_BUF_SIZE__coarseBlockLength, LV2_CORE__isLive,
	LV2_STATE__loadDefaultState, LV2_STATE__threadSafeRestore};
/* What a plugin says of itself: ports are never connected to the same buffer twice. */
static const char *const fine[] = {LV2_CORE__inPlaceBroken, LV2_CORE__hardRTCapable, LV2_URID__map,
	LV2_URID__unmap, LV2_OPTIONS__options, LV2_WORKER__schedule, LV2_LOG__log};

static LV2_URID_Map map_feature = {.map = lv2_map};
static LV2_URID_Unmap unmap_feature = {.unmap = lv2_unmap};

[[gnu::format(printf, 3, 0)]] static int no_vprintf(
	LV2_Log_Handle handle, LV2_URID type, const char *format, va_list ap)
{
	(void)handle;
	return 0;
}

[[gnu::format(printf, 3, 4)]] static int no_printf(
	LV2_Log_Handle handle, LV2_URID type, const char *format, ...)
{
	(void)handle;
	return 0;
}

static LV2_Log_Log log_feature = {.printf = no_printf, .vprintf = no_vprintf};

static void add(struct features *f, const char *uri, void *data)
{
	f->feature[f->n] = (LV2_Feature){.URI = uri, .data = data};
	f->list[f->n] = &f->feature[f->n];
	f->n++;
}

static const LV2_Options_Option *options(uint32_t rate_hz)
{
	static int32_t period = INSERT_PERIOD, sequence = ATOM_BYTES;
	static float rate;
	static LV2_Options_Option list[6]; /* ends with zeros */
	const LV2_URID i32 = lv2_map(NULL, LV2_ATOM__Int);
	static const char *const lengths[] = {
		LV2_BUF_SIZE__minBlockLength, LV2_BUF_SIZE__maxBlockLength, LV2_BUF_SIZE__nominalBlockLength};

	rate = (float)rate_hz;
	for (uint32_t i = 0; i < 3; i++)
		list[i] = (LV2_Options_Option){
			LV2_OPTIONS_INSTANCE, 0, lv2_map(NULL, lengths[i]), sizeof(period), i32, &period};
	list[3] = (LV2_Options_Option){LV2_OPTIONS_INSTANCE, 0, lv2_map(NULL, LV2_BUF_SIZE__sequenceSize),
		sizeof(sequence), i32, &sequence};
	list[4] = (LV2_Options_Option){LV2_OPTIONS_INSTANCE, 0, lv2_map(NULL, LV2_PARAMETERS__sampleRate),
		sizeof(rate), lv2_map(NULL, LV2_ATOM__Float), &rate};
	return list;
}

int features_init(struct features *f, uint32_t rate_hz)
{
	f->worker = worker_create(&f->schedule);
	if (!f->worker)
		return -ENOMEM;
	add(f, LV2_URID__map, &map_feature);
	add(f, LV2_URID__unmap, &unmap_feature);
	add(f, LV2_OPTIONS__options, (void *)options(rate_hz));
	add(f, LV2_WORKER__schedule, &f->schedule);
	add(f, LV2_LOG__log, &log_feature);
	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		add(f, promises[i], NULL);
	return 0;
}

void features_finish(struct features *f)
{
	worker_destroy(f->worker);
	f->worker = NULL;
}

static int is_among(const char *uri, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(uri, list[i]) == 0)
			return 1;
	return 0;
}

char *features_missing(LilvWorld *world, const LilvPlugin *plugin)
{
	LilvNodes *needed = lilv_plugin_get_required_features(plugin);
	char *missing = NULL;

	LILV_FOREACH(nodes, i, needed)
	{
		const char *uri = lilv_node_as_uri(lilv_nodes_get(needed, i));

		if (!missing && uri && !is_among(uri, promises, sizeof(promises) / sizeof(promises[0])) &&
			!is_among(uri, fine, sizeof(fine) / sizeof(fine[0])))
			missing = strdup(uri);
	}
	lilv_nodes_free(needed);
	return missing;
}
