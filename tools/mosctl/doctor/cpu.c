/* SPDX-License-Identifier: MIT */
/* mosctl doctor, topic cpu: how fast a core is there when it is needed, and how true its clock is. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/doctor.h"

#define DEEP_US 50 /* a core that takes longer to wake is heard at small quanta */
#define CPU "/sys/devices/system/cpu"

static void check_governor(struct doctor *d)
{
	static struct box_names cpus;
	char path[160], governor[32], other[32] = "";
	int n_read = 0, n_slow = 0;

	(void)box_names(&d->box, CPU, "cpu", &cpus);
	for (unsigned int i = 0; i < cpus.n; i++) {
		BOX_PATH(path, CPU "/%s/cpufreq/scaling_governor", cpus.name[i]);
		if (box_line(&d->box, path, governor, sizeof(governor)) < 0)
			continue;
		n_read++;
		if (strcmp(governor, "performance") != 0) {
			n_slow++;
			memcpy(other, governor, sizeof(other));
		}
	}
	if (!n_read)
		found(d, INFO, NULL, "the clock frequency is not ours to set here");
	else if (!n_slow)
		found(d, OK, NULL, "performance, on all %d cores", n_read);
	else
		found(d, WARN, "echo performance | sudo tee " CPU "/cpu*/cpufreq/scaling_governor",
			"%s, on %d of %d cores: after a pause they run slowly", other, n_slow, n_read);
}

static void check_dma_latency(struct doctor *d)
{
	static const char path[] = "/dev/cpu_dma_latency";

	if (!box_exists(&d->box, path))
		found(d, INFO, NULL, "%s: this kernel has none", path);
	else if (access(path, W_OK) == 0)
		found(d, OK, NULL, "cores can be kept awake while music plays");
	else
		found(d, WARN,
			"echo 'KERNEL==\"cpu_dma_latency\", GROUP=\"audio\", MODE=\"0660\"' | "
			"sudo tee /etc/udev/rules.d/70-mos-latency.rules; sudo udevadm control --reload; "
			"sudo udevadm trigger /dev/cpu_dma_latency",
			"%s is not ours to write: cores fall asleep between two periods", path);
}

/* The deepest state that is not switched off, of the first core: the others have the same. */
static void check_idle(struct doctor *d)
{
	static struct box_names states;
	static const char dir[] = CPU "/cpu0/cpuidle";
	char path[160], name[32], deepest[32] = "";
	long long us, worst = -1, off;

	if (box_names(&d->box, dir, "state", &states) < 0 || !states.n) {
		found(d, INFO, NULL, "idle states are not ours to see here");
		return;
	}
	for (unsigned int i = 0; i < states.n; i++) {
		if (box_number(&d->box, BOX_PATH(path, "%s/%s/latency", dir, states.name[i]), &us) < 0)
			continue;
		if (box_number(&d->box, BOX_PATH(path, "%s/%s/disable", dir, states.name[i]), &off) == 0 &&
			off)
			continue;
		if (us <= worst)
			continue;
		worst = us;
		if (box_line(&d->box, BOX_PATH(path, "%s/%s/name", dir, states.name[i]), name,
			    sizeof(name)) == 0)
			memcpy(deepest, name, sizeof(deepest));
	}
	if (worst <= DEEP_US)
		found(d, OK, NULL, "the deepest sleep%s%s ends within %lld us", deepest[0] ? ", " : "",
			deepest, worst < 0 ? 0 : worst);
	else
		found(d, INFO, "sudo apt install linux-cpupower; sudo cpupower idle-set -D 50",
			"waking from %s takes %lld us; while music plays, /dev/cpu_dma_latency forbids it",
			deepest, worst);
}

static void check_clock(struct doctor *d)
{
	static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
	char clock[32], all[256] = "";

	if (box_line(&d->box, "/sys/devices/system/clocksource/clocksource0/current_clocksource", clock,
		    sizeof(clock)) < 0) {
		found(d, INFO, NULL, "this kernel does not tell its clock");
		return;
	}
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		if (strcmp(clock, slow[i]) != 0)
			continue;
		(void)box_line(&d->box, "/sys/devices/system/clocksource/clocksource0/available_clocksource",
			all, sizeof(all));
		found(d, WARN,
			box_has_word(all, "tsc")
				? "echo tsc | sudo tee "
				  "/sys/devices/system/clocksource/clocksource0/current_clocksource"
				: "journalctl -k -b | grep -i tsc (it says why the kernel gave it up)",
			"%s: every look at the clock is a system call, and slow", clock);
		return;
	}
	found(d, OK, NULL, "%s", clock);
}

/* The name of what this machine runs in; NULL: it is a machine. */
static const char *hypervisor(const struct box *box)
{
	static const char *const known[] = {"QEMU", "KVM", "VMware", "VirtualBox", "innotek", "Xen",
		"Microsoft", "Parallels", "Bochs", "Amazon", "Google", "DigitalOcean", "OpenStack"};
	static char cpuinfo[BOX_TEXT_MAX];
	char vendor[128] = "", product[128] = "";
	const char *flags;

	(void)box_line(box, "/sys/class/dmi/id/sys_vendor", vendor, sizeof(vendor));
	(void)box_line(box, "/sys/class/dmi/id/product_name", product, sizeof(product));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		/* These two make machines, too: their virtual ones say so. */
		if (!strcmp(known[i], "Microsoft") && !strstr(product, "Virtual"))
			continue;
		if (!strcmp(known[i], "Google") && !strstr(product, "Compute"))
			continue;
		if (strstr(vendor, known[i]) || strstr(product, known[i]))
			return known[i];
	}
	if (box_text(box, "/proc/cpuinfo", cpuinfo, sizeof(cpuinfo)) < 0)
		return NULL;
	flags = box_field(cpuinfo, "flags");
	return flags && memmem(flags, strcspn(flags, "\n"), " hypervisor", 11) ? "a hypervisor" : NULL;
}

static void check_virtual(struct doctor *d)
{
	const char *name = hypervisor(&d->box);

	if (box_exists(&d->box, "/run/systemd/container") || box_exists(&d->box, "/.dockerenv") ||
		box_exists(&d->box, "/run/.containerenv"))
		found(d, INFO, "run MOS on the host itself",
			"a container%s%s: real-time priority and sound cards have to be let in",
			name ? ", in " : "", name ? name : "");
	else if (name)
		found(d, INFO, "for music, boot the machine itself",
			"%s: it stops the whole machine now and then, for milliseconds", name);
	else
		found(d, OK, NULL, "a machine of its own");
}

/* Time that the hypervisor gave to somebody else, since the machine was started: the eighth figure. */
static void check_steal(struct doctor *d)
{
	char text[4096], *at = text;
	unsigned long long sum = 0, steal = 0;

	if (box_text(&d->box, "/proc/stat", text, sizeof(text)) < 0 || strncmp(text, "cpu ", 4) != 0) {
		found(d, INFO, NULL, "not told here");
		return;
	}
	at += 4;
	for (int i = 0; i < 8; i++) {
		char *end;
		unsigned long long v = strtoull(at, &end, 10);

		if (end == at)
			break;
		sum += v;
		steal = i == 7 ? v : 0;
		at = end;
	}
	if (sum && steal * 1000 > sum)
		found(d, WARN, "give this virtual machine cores of its own (vcpupin), or use another one",
			"%.2f %% of the time since boot was taken from this machine",
			100.0 * (double)steal / (double)sum);
	else
		found(d, OK, NULL, "nothing is taken from this machine");
}

const struct check cpu_checks[] = {
	{"cpu.governor", "A core that was clocked down needs a while to be fast again.", check_governor, 0},
	{"cpu.idle", "A core that sleeps deeply comes late.", check_idle, 0},
	{"cpu.dma_latency", "The real-time core keeps cores from sleeping deeply while music plays.",
		check_dma_latency, 1},
	{"cpu.clocksource", "The clock is read several times in each period.", check_clock, 0},
	{"cpu.virtual", "What runs below this system can stop all of it.", check_virtual, 0},
	{"cpu.steal", "Time that others got cannot be played in.", check_steal, 0},
	{0},
};
