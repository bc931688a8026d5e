/* SPDX-License-Identifier: MIT */
/* Reading the counters page by label: whatever is there is shown, nothing has a fixed place. */
#include <string.h>

#include "mosctl.h"

static int find(const struct mos_counters_view *view, const char *name, uint32_t *ret_kind)
{
	int i = view ? mos_counters_find(view, name) : -1;

	if (i >= 0)
		*ret_kind = view->label[i].kind;
	return i;
}

int counter_value(const struct mos_counters_view *view, const char *name, int64_t *ret)
{
	uint32_t kind;
	int i = find(view, name, &kind);

	if (i < 0 || kind == MOS_COUNTER_HIST)
		return 0;
	*ret = (int64_t)mos_counters_get(view, (uint32_t)i);
	return 1;
}

int64_t counter_sum(const struct mos_counters_view *view, const char *prefix)
{
	size_t len = strlen(prefix);
	int64_t sum = 0;

	for (uint32_t i = 0; view && i < view->n_labels; i++) {
		if (view->label[i].kind == MOS_COUNTER_COUNT && !strncmp(view->label[i].name, prefix, len))
			sum += (int64_t)mos_counters_get(view, i);
	}
	return sum;
}

int counter_quantile(const struct mos_counters_view *view, const char *name, double q, uint64_t *ret)
{
	uint32_t kind;
	int i = find(view, name, &kind);

	if (i < 0 || kind != MOS_COUNTER_HIST || mos_counters_get(view, (uint32_t)i) == 0)
		return 0;
	*ret = mos_counters_quantile(view, (uint32_t)i, q);
	return 1;
}

static yyjson_mut_val *histogram_json(yyjson_mut_doc *doc, const struct mos_counters_view *view, uint32_t i)
{
	yyjson_mut_val *h = yyjson_mut_obj(doc);

	yyjson_mut_obj_add_uint(doc, h, "count", mos_counters_get(view, i));
	yyjson_mut_obj_add_uint(doc, h, "p50", mos_counters_quantile(view, i, 0.5));
	yyjson_mut_obj_add_uint(doc, h, "p99", mos_counters_quantile(view, i, 0.99));
	yyjson_mut_obj_add_uint(doc, h, "p999", mos_counters_quantile(view, i, 0.999));
	yyjson_mut_obj_add_strncpy(doc, h, "unit", view->label[i].unit,
		strnlen(view->label[i].unit, sizeof(view->label[i].unit)));
	return h;
}

yyjson_mut_val *counters_json(yyjson_mut_doc *doc, const struct mos_counters_view *view)
{
	yyjson_mut_val *root = yyjson_mut_obj(doc);

	for (uint32_t i = 0; view && i < view->n_labels; i++) {
		const struct mos_counter_label *label = &view->label[i];
		yyjson_mut_val *key =
			yyjson_mut_strncpy(doc, label->name, strnlen(label->name, sizeof(label->name)));
		yyjson_mut_val *value;

		if (label->kind == MOS_COUNTER_HIST)
			value = histogram_json(doc, view, i);
		else if (label->kind == MOS_COUNTER_GAUGE)
			value = yyjson_mut_sint(doc, (int64_t)mos_counters_get(view, i));
		else
			value = yyjson_mut_uint(doc, mos_counters_get(view, i));
		yyjson_mut_obj_add(root, key, value);
	}
	return root;
}
