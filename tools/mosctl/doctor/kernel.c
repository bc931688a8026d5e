/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic kernel: whether it lets go of a core when the audio thread has to run. */
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define CMDLINE_HINT(word)                                                                                   \
	"sudo sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=\"/&" word                                               \
	" /' /etc/default/grub; sudo update-grub; reboot"

static int is_rt(const struct box *box)
{
	char version[256];
	long long realtime;

	if (box_number(box, "/sys/kernel/realtime", &realtime) == 0 && realtime == 1)
		return 1;
	return box_line(box, "/proc/sys/kernel/version", version, sizeof(version)) == 0 &&
	       strstr(version, "PREEMPT_RT") != NULL;
}

/* Of the kernel's command line only what timing hangs on: the rest names disks. */
static int has_boot_word(const struct box *box, const char *word)
{
	char text[4096];

	return box_text_private(box, "/proc/cmdline", text, sizeof(text)) > 0 && box_has_word(text, word);
}

/* The mode in force: "full", of debugfs (root only) or of the command line. NULL: not known. */
static const char *dynamic_mode(const struct box *box)
{
	static const char *const modes[] = {"none", "voluntary", "lazy", "full"};
	char text[128], word[32];

	if (box_text(box, "/sys/kernel/debug/sched/preempt", text, sizeof(text)) > 0) {
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
			if (strstr(text, BOX_PATH(word, "(%s)", modes[i])))
				return modes[i];
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (has_boot_word(box, BOX_PATH(word, "preempt=%s", modes[i])))
			return modes[i];
	return NULL;
}

static void check_preempt(struct doctor *d)
{
	static const char full[] = CMDLINE_HINT("preempt=full");
	char version[256];
	const char *mode;

	if (is_rt(&d->box)) {
		found(d, OK, NULL, "PREEMPT_RT");
		return;
	}
	if (box_line(&d->box, "/proc/sys/kernel/version", version, sizeof(version)) < 0) {
		found(d, INFO, NULL, "the kernel does not tell its version");
		return;
	}
	mode = dynamic_mode(&d->box);
	if (strstr(version, "PREEMPT_DYNAMIC") && mode && !strcmp(mode, "full"))
		found(d, OK, NULL, "PREEMPT_DYNAMIC, preempt=full");
	else if (strstr(version, "PREEMPT_DYNAMIC"))
		found(d, mode ? WARN : INFO, full, "PREEMPT_DYNAMIC, preempt=%s%s",
			mode ? mode : "as it was built",
			mode ? ": system calls of others hold the audio thread up" : "; full is best");
	else if (strstr(version, "PREEMPT"))
		found(d, OK, NULL, "preemptible");
	else
		found(d, WARN, "sudo apt install linux-image-rt-amd64; reboot",
			"it does not preempt itself: system calls of others hold the audio thread up");
}

static void check_version(struct doctor *d)
{
	char release[128], *end;
	long major, minor = 0;

	if (box_line(&d->box, "/proc/sys/kernel/osrelease", release, sizeof(release)) < 0) {
		found(d, INFO, NULL, "not known");
		return;
	}
	major = strtol(release, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	if (major > 6 || (major == 6 && minor >= 1))
		found(d, OK, NULL, "%s", release);
	else
		found(d, FAIL, "sudo apt full-upgrade; reboot",
			"%s: MOS needs 6.1 or newer (landlock, io_uring, cgroup.kill)", release);
}

static void check_threadirqs(struct doctor *d)
{
	if (is_rt(&d->box))
		found(d, OK, NULL, "interrupts are threads, as always with PREEMPT_RT");
	else if (has_boot_word(&d->box, "threadirqs"))
		found(d, OK, NULL, "interrupts are threads");
	else
		found(d, INFO, CMDLINE_HINT("threadirqs"),
			"interrupts run before any thread, whatever its priority");
}

/* What real-time threads may use of a second; the rest is held back from them, which is heard. */
static void check_throttle(struct doctor *d)
{
	long long runtime, period;

	if (box_number(&d->box, "/proc/sys/kernel/sched_rt_runtime_us", &runtime) < 0 ||
		box_number(&d->box, "/proc/sys/kernel/sched_rt_period_us", &period) < 0 || period <= 0)
		found(d, INFO, NULL, "this kernel does not say what real-time threads may use");
	else if (runtime < 0)
		found(d, INFO, NULL, "real-time threads are never held back");
	else if (runtime * 10 < period * 9)
		found(d, WARN, "sudo sysctl -w kernel.sched_rt_runtime_us=950000",
			"real-time threads are held back after %lld of %lld ms", runtime / 1000,
			period / 1000);
	else
		found(d, OK, NULL, "real-time threads may use %lld of %lld ms", runtime / 1000,
			period / 1000);
}

const struct check kernel_checks[] = {
	{"kernel.preempt", "A kernel that cannot be interrupted lets the audio thread wait for milliseconds.",
		check_preempt, 0},
	{"kernel.version", "The sandbox and the disk reader are made of what newer kernels have.",
		check_version, 0},
	{"kernel.threadirqs",
		"Interrupts that are threads can be given priorities, below or above the music's.",
		check_threadirqs, 0},
	{"kernel.throttle",
		"A real-time thread that is held back for the rest of a second is silent that long.",
		check_throttle, 0},
	{0},
};
