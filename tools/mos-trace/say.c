/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>

#include "clean.h"

int trace_say(int code, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0) {
		trace_clean(text);
		(void)fprintf(stderr, "mos-trace: %s\n", text);
		free(text);
	}
	va_end(args);
	return code;
}

/** Both capabilities, or the old one that holds them. */
static bool is_privileged(void)
{
	uint64_t caps = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	if (f)
		(void)fclose(f);
	return caps >> CAP_SYS_ADMIN & 1 || ((caps >> CAP_BPF & 1) && (caps >> CAP_PERFMON & 1));
}

int trace_say_load(const struct view *view, int err)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return trace_say(TRACE_MISSING,
			"this kernel tells nothing of its types (/sys/kernel/btf/vmlinux)\n"
			"  hint: boot a kernel with CONFIG_DEBUG_INFO_BTF=y; Debian's kernels have it");
	if (!is_privileged())
		return trace_say(TRACE_MISSING,
			"the kernel lets only root, or who has CAP_BPF and CAP_PERFMON, look at it\n"
			"  hint: sudo mos-trace %s ...\n"
			"  hint: for good: sudo setcap "
			"cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_ptrace+ep "
			"\"$(command -v mos-trace)\"",
			view->name);
	if (err == -EPERM)
		return trace_say(TRACE_MISSING, "the kernel forbids it, although we have the capabilities\n"
						"  hint: inside a container? Is the kernel locked down "
						"(/sys/kernel/security/lockdown)?");
	if (err == -ENOSYS || err == -EOPNOTSUPP)
		return trace_say(TRACE_MISSING, "this kernel cannot do what the view %s needs: %s",
			view->name, strerror(-err));
	return trace_say(TRACE_FAILED, "the programs of the view %s could not be loaded: %s", view->name,
		strerror(-err));
}
