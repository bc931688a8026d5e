/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic memory: whether samples stay where they are, and nobody stops us to tidy up. */
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define FREE_WANTED_KIB (512ll << 10)

static long long meminfo(const char *text, const char *key)
{
	const char *at = box_field(text, key);

	return at ? strtoll(at, NULL, 10) : -1;
}

static void check_free(struct doctor *d)
{
	char text[8192];
	long long total, available;

	if (box_text(&d->box, "/proc/meminfo", text, sizeof(text)) < 0 ||
		(total = meminfo(text, "MemTotal")) < 0 || (available = meminfo(text, "MemAvailable")) < 0)
		found(d, INFO, NULL, "not told here");
	else if (available < FREE_WANTED_KIB)
		found(d, WARN, "ps -eo rss,comm --sort=-rss | head (who has it)",
			"%lld of %lld MiB can be had: a large sound font may not fit", available >> 10,
			total >> 10);
	else
		found(d, OK, NULL, "%lld of %lld MiB can be had", available >> 10, total >> 10);
}

/* Lines of /proc/swaps behind the heading; *ret_zram: those that are compressed memory. */
static int swaps(const struct box *box, int *ret_zram)
{
	char text[4096];
	const char *line;
	int n = 0;

	*ret_zram = 0;
	if (box_text(box, "/proc/swaps", text, sizeof(text)) < 0)
		return 0;
	line = strchr(text, '\n');
	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		n++;
		*ret_zram += strncmp(line + 1, "/dev/zram", 9) == 0;
	}
	return n;
}

static void check_swap(struct doctor *d)
{
	long long swappiness;
	int zram, n = swaps(&d->box, &zram);

	if (!n)
		found(d, OK, NULL, "no swap");
	else if (box_number(&d->box, "/proc/sys/vm/swappiness", &swappiness) < 0)
		found(d, INFO, NULL, "%d swap spaces, %d of them in compressed memory", n, zram);
	else if (zram == n)
		found(d, OK, NULL, "swap is compressed memory (zram)");
	else if (swappiness > 10)
		found(d, WARN,
			"echo vm.swappiness=10 | sudo tee /etc/sysctl.d/95-mos.conf; sudo sysctl --system",
			"swappiness %lld: what is not locked goes to disk early", swappiness);
	else
		found(d, OK, NULL, "swappiness %lld", swappiness);
}

static void check_huge_pages(struct doctor *d)
{
	char mode[96], defrag[96] = "";

	if (box_line(&d->box, "/sys/kernel/mm/transparent_hugepage/enabled", mode, sizeof(mode)) < 0) {
		found(d, INFO, NULL, "this kernel makes none");
		return;
	}
	(void)box_line(&d->box, "/sys/kernel/mm/transparent_hugepage/defrag", defrag, sizeof(defrag));
	if (strstr(mode, "[always]") && strstr(defrag, "[always]"))
		found(d, WARN, "echo madvise | sudo tee /sys/kernel/mm/transparent_hugepage/{enabled,defrag}",
			"every program waits while the kernel puts large pages together");
	else
		found(d, OK, NULL, "%s, %s",
			strstr(mode, "[always]")    ? "always"
			: strstr(mode, "[madvise]") ? "for programs that ask"
						    : "never",
			strstr(defrag, "[always]") ? "put together at once"
						   : "put together in the background");
}

static void check_pressure(struct doctor *d)
{
	char text[256];
	const char *at;
	double avg;

	if (box_text(&d->box, "/proc/pressure/memory", text, sizeof(text)) < 0 ||
		!(at = strstr(text, "some avg10="))) {
		found(d, INFO, NULL, "this kernel does not measure it");
		return;
	}
	avg = strtod(at + strlen("some avg10="), NULL);
	if (avg >= 1)
		found(d, WARN, "ps -eo rss,comm --sort=-rss | head (who has it)",
			"programs waited for memory %.1f %% of the last 10 s", avg);
	else
		found(d, OK, NULL, "nobody waits for memory");
}

const struct check memory_checks[] = {
	{"memory.free", "Sound fonts and pictures have to fit.", check_free, 0},
	{"memory.swap", "What was put on disk has to be read back before it can be heard.", check_swap, 0},
	{"memory.huge_pages", "Putting large pages together stops whoever touched the memory.",
		check_huge_pages, 0},
	{"memory.pressure", "Where memory is short, everything stutters.", check_pressure, 0},
	{0},
};
