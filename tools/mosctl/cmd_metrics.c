/* SPDX-License-Identifier: MIT */
/* mosctl metrics: how the bus delivers, type by type. */
#include <poll.h>
#include <unistd.h>

#include "commands.h"
#include "mosctl.h"

enum { WATCH, ALL };

static const struct ctl_option options[] = {
	[WATCH] = {"watch", 'w', NULL, "again every second, until Ctrl-C"},
	[ALL] = {"all", 'a', NULL, "types that nobody tells too"},
	{0},
};

/* "12.3 us"; "-" where nothing was measured. */
static const char *duration(uint64_t ns, char buf[static 16])
{
	if (!ns)
		return "-";
	if (ns < 1'000'000)
		(void)snprintf(buf, 16, "%.1f us", (double)ns / 1e3);
	else
		(void)snprintf(buf, 16, "%.2f ms", (double)ns / 1e6);
	return buf;
}

static void print_row(const struct mos_value *row)
{
	char p50[16], p99[16], name[40];

	printf("%-24s %10llu %8.1f %9s %9s %8llu %8llu %8llu %6llu\n",
		printable(mos_get_str(row, "type", "?"), name, sizeof(name)),
		(unsigned long long)mos_get_natural(row, "count", 0), mos_get_real(row, "rate_hz", 0),
		duration(mos_get_natural(row, "p50_ns", 0), p50),
		duration(mos_get_natural(row, "p99_ns", 0), p99),
		(unsigned long long)mos_get_natural(row, "lost", 0),
		(unsigned long long)mos_get_natural(row, "refused", 0),
		(unsigned long long)mos_get_natural(row, "coalesced", 0),
		(unsigned long long)mos_get_natural(row, "subscribers", 0));
}

static void print_table(const struct mos_value *types, int all)
{
	printf("%-24s %10s %8s %9s %9s %8s %8s %8s %6s\n", "type", "count", "rate/s", "p50", "p99", "lost",
		"refused", "merged", "subscr");
	for (uint32_t i = 0; types && types->type == MOS_VALUE_LIST && i < types->len; i++) {
		const struct mos_value *row = &types->u.items[i];

		if (all || types->len == 1 || mos_get_natural(row, "count", 0) ||
			mos_get_natural(row, "refused", 0))
			print_row(row);
	}
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	const struct mos_field type = mos_str("type", args->n ? args->word[0] : NULL);
	int code;

	if (args->n && !mos_event_type_from_name(args->word[0]))
		return ctl_usage(ctl, "no event type \"%s\"", args->word[0]);
	if (args->opt[WATCH])
		term_catch_interrupt();
	do {
		struct mos_reply reply;

		code = ctl_call(ctl, "broker.events.metrics", &type, args->n ? 1 : 0, &reply);
		if (code != CTL_OK)
			return code;
		if (args->opt[WATCH] && !ctl->json && isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		if (ctl->json)
			code = json_print_value(&reply.value);
		else
			print_table(mos_get(&reply.value, "types"), args->opt[ALL] != NULL);
		mos_reply_finish(&reply);
		if (fflush(stdout) != 0)
			return CTL_FAILED;
	} while (code == CTL_OK && args->opt[WATCH] && poll(NULL, 0, 1000) == 0 && !term_interrupted());
	return code;
}

const struct command cmd_metrics = {
	.name = "metrics",
	.words = "[TYPE]",
	.summary = "Show how the event bus delivers: counts, rates, latencies, losses",
	.text = "p50 and p99: from publishing to delivery, upper bounds, of every 16th event. lost: missed "
		"by\n"
		"readers that were too slow. refused: records of programs that did not check. merged: "
		"replaced by a\n"
		"newer one of the same 16 ms frame. subscr: programs that listen.",
	.example = "  mosctl metrics\n  mosctl metrics metronome:beat --json\n  mosctl metrics --watch",
	.options = options,
	.max_words = 1,
	.run = run,
};
