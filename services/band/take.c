/* SPDX-License-Identifier: MIT */
#include "take.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chart.h"
#include "sha256.h"

struct take *take_new(struct wish *wish)
{
	struct take *take = calloc(1, sizeof(*take));

	if (!take)
		return NULL;
	take->refs = 1;
	take->wish = *wish;
	*wish = (struct wish){.fd = -1};
	return take;
}

void take_unref(struct take *take)
{
	if (!take || --take->refs)
		return;
	band_performance_free(take->performance);
	for (uint32_t i = 0; i < take->n_items; i++)
		band_inputs_finish(&take->in[i]);
	free(take->in);
	free(take->item);
	wish_finish(&take->wish);
	free(take);
}

/* Issues of an item of a setlist say which. */
static void name_item(struct band_report *report, uint32_t first, uint32_t item)
{
	for (uint32_t i = first; i < report->n_issues && i < BAND_MAX_ISSUES; i++) {
		char where[sizeof(report->issue[i].where)];

		strcpy(where, report->issue[i].where);
		(void)snprintf(report->issue[i].where, sizeof(where), "setlist.%u%s%.*s", item,
			where[0] == '/' ? "" : " ", (int)sizeof(where) - 24, where);
	}
}

static int make_digest(struct take *take)
{
	char one[65];

	if (take->n_items == 1)
		return band_inputs_digest(&take->in[0], take->digest);
	char *all = malloc((size_t)take->n_items * 65);
	if (!all)
		return -ENOMEM;
	for (uint32_t i = 0; i < take->n_items; i++) {
		const int rc = band_inputs_digest(&take->in[i], one);

		if (rc < 0) {
			free(all);
			return rc;
		}
		memcpy(all + (size_t)i * 65, one, 64);
		all[(size_t)i * 65 + 64] = '\n';
	}
	band_sha256_hex(all, (size_t)take->n_items * 65, take->digest);
	free(all);
	return 0;
}

/* A score in the place of a program becomes one; a change needs not read it again. */
static int read_chart(struct take *take, uint32_t i)
{
	const struct band_source source = wish_source(&take->wish, i);
	struct wish_item *item = &take->wish.item[i];
	char *text = NULL;

	if (source.program && band_chart_is((const uint8_t *)source.program, source.program_size)) {
		const int rc = band_chart((const uint8_t *)source.program, source.program_size,
			take->wish.tune, &take->report, &text);

		if (rc < 0)
			return rc;
		free(item->program);
		item->program = text;
		item->size = strlen(text);
	}
	if (item->size > WISH_PROGRAM_MAX)
		return band_error(&take->report, "LOAD_ERROR", "file", "a program has at most 1 MiB");
	return 0;
}

int take_read(struct take *take, const struct band_styles *styles)
{
	const uint32_t n = take->wish.n_items;
	int rc = wish_read_fd(&take->wish, &take->report);

	if (rc < 0)
		return rc;
	take->in = calloc(n, sizeof(*take->in));
	take->item = calloc(n, sizeof(*take->item));
	if (!take->in || !take->item)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t first = take->report.n_issues;

		rc = read_chart(take, i);
		const struct band_source source = wish_source(&take->wish, i);
		if (rc == 0)
			rc = band_inputs_read(&source, styles, &take->report, &take->in[i]);
		if (take->wish.is_setlist)
			name_item(&take->report, first, i);
		if (rc < 0)
			return rc;
		take->n_items++;
		take->item[i] = (struct band_item){.in = &take->in[i], .repeats = take->wish.item[i].repeats};
	}
	return make_digest(take);
}

int take_perform(struct take *take)
{
	take->performance =
		band_performance_new(take->item, take->n_items, &take->wish.options, &take->report);
	return take->performance ? 0 : -EINVAL;
}

/* What these keys say is where in the form one is: with others it begins anew. */
static bool keeps_form(const struct band_inputs *now, const struct band_inputs *before)
{
	if (now->n_chords != before->n_chords || now->meter_num != before->meter_num ||
		now->meter_den != before->meter_den || now->bars_per_chord != before->bars_per_chord ||
		now->n_sections != before->n_sections)
		return false;
	for (uint32_t i = 0; i < now->n_chords; i++) {
		if (strcmp(now->chord[i].text, before->chord[i].text) != 0 ||
			now->chord[i].beats != before->chord[i].beats)
			return false;
	}
	for (uint32_t i = 0; i < now->n_sections; i++) {
		if (now->section[i].n_bars != before->section[i].n_bars)
			return false;
	}
	return true;
}

/* What begins anew out of a setlist, goes on alone. */
static void keep_only(struct take *take, uint32_t item)
{
	const struct band_inputs kept = take->in[item];

	take->in[item] = take->in[0];
	take->in[0] = kept;
	take->item[0].repeats = take->item[item].repeats;
	for (; take->n_items > 1; take->n_items--)
		band_inputs_finish(&take->in[take->n_items - 1]);
	wish_keep_only(&take->wish, item);
}

int take_splice(struct take *take, const struct take *old, uint32_t at_bar)
{
	const struct band_performance *p = old->performance;
	const struct band_plan *plan = band_performance_plan(p);
	/* Bars are counted on behind the loop's end; a tick goes round. */
	const uint32_t bar = band_performance_bar_at(p, band_performance_bar_tick(p, at_bar));
	uint32_t item = bar < plan->n_bars ? plan->bar[bar].item : 0;

	if (item >= take->n_items)
		item = take->n_items - 1;
	const bool keep = item < old->n_items && keeps_form(&take->in[item], &old->in[item]) &&
			  strcmp(take->wish.options.section, old->wish.options.section) == 0;
	if (!keep && take->n_items > 1) {
		keep_only(take, item);
		item = 0;
	}
	take->performance =
		band_performance_splice(p, at_bar, &take->in[item], &take->wish.options, keep, &take->report);
	return take->performance ? 0 : -EINVAL;
}

bool take_is_endless(const struct take *take)
{
	int64_t start, end;

	return band_performance_loop(take->performance, &start, &end);
}

double take_seconds(const struct take *take)
{
	const struct band_plan *plan = band_performance_plan(take->performance);

	return (double)band_performance_bar_ns(take->performance, plan->n_bars) / 1e9;
}
