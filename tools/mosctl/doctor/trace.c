/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic trace: what mos-trace needs to show where the time goes. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define CAP_SYS_ADMIN 21
#define CAP_PERFMON 38
#define CAP_BPF 39

static void check_program(struct doctor *d)
{
	char path[PATH_MAX];

	if (program_find("mos-trace", path, sizeof(path)) == 0)
		found(d, OK, NULL, "%s", path);
	else
		found(d, INFO, "sudo apt install mos-tools", "mos-trace is not installed");
}

static void check_btf(struct doctor *d)
{
	if (box_exists(&d->box, "/sys/kernel/btf/vmlinux"))
		found(d, OK, NULL, "the kernel describes its types");
	else
		found(d, INFO, "boot a kernel with CONFIG_DEBUG_INFO_BTF, as those of Debian are",
			"no /sys/kernel/btf/vmlinux: mos-trace cannot adapt to this kernel");
}

static void check_privilege(struct doctor *d)
{
	char text[4096];
	const char *at;
	unsigned long long caps;

	if (box_text(&d->box, "/proc/self/status", text, sizeof(text)) < 0 ||
		!(at = box_field(text, "CapEff"))) {
		found(d, INFO, NULL, "not told here");
		return;
	}
	caps = strtoull(at, NULL, 16);
	if (caps >> CAP_SYS_ADMIN & 1 || (caps >> CAP_BPF & 1 && caps >> CAP_PERFMON & 1))
		found(d, OK, NULL, "programs may be loaded into the kernel");
	else
		found(d, INFO, "sudo mos-trace ...", "mos-trace needs root, or CAP_BPF and CAP_PERFMON");
}

static void check_lockdown(struct doctor *d)
{
	char text[64];

	if (box_line(&d->box, "/sys/kernel/security/lockdown", text, sizeof(text)) < 0 ||
		strstr(text, "[none]") || strstr(text, "[integrity]"))
		found(d, OK, NULL, "the kernel may be looked into");
	else
		found(d, INFO, "switch secure boot off in the firmware",
			"the kernel is locked: nobody may look into it");
}

const struct check trace_checks[] = {
	{"trace.program", "It shows where each microsecond goes.", check_program, 1},
	{"trace.btf", "Its programs are fitted to the kernel that runs.", check_btf, 0},
	{"trace.privilege", "What runs in the kernel is not for everybody.", check_privilege, 0},
	{"trace.lockdown", "A locked kernel shows nothing, not even to root.", check_lockdown, 0},
	{0},
};
