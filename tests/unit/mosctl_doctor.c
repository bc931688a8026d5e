/* SPDX-License-Identifier: MIT */
/* The checks of mosctl doctor, on machines that are folders here: /proc, /sys, /etc and what programs say. */
#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/doctor.h"

static char root[64];

static void setup(void)
{
	strcpy(root, "/tmp/mos-doctor-XXXXXX");
	cr_assert(mkdtemp(root));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void teardown(void)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(mosctl_doctor, .init = setup, .fini = teardown);

static void folders(char *path)
{
	for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		cr_assert(mkdir(path, 0755) == 0 || errno == EEXIST, "%s", path);
		*slash = '/';
	}
}

static void put(const char *name, const char *text)
{
	char path[400];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	folders(path);
	f = fopen(path, "we");
	cr_assert(f, "%s", path);
	fputs(text, f);
	fclose(f);
}

static void put_link(const char *name, const char *to)
{
	char path[400];

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	folders(path);
	cr_assert_eq(symlink(to, path), 0);
}

static yyjson_mut_doc *doc;
static yyjson_mut_val *answer;
static struct doctor doctor;

static void look(const char *topic)
{
	static struct ctl ctl;
	char *names[] = {(char *)topic};

	if (doc)
		yyjson_mut_doc_free(doc);
	doctor = (struct doctor){.ctl = &ctl};
	cr_assert_eq(box_open(&doctor.box, root), 0);
	doctor_begin_json(&doctor);
	doctor_run(&doctor, names, topic ? 1 : 0);
	box_close(&doctor.box);
	doc = doctor.doc;
	answer = doctor_json(&doctor);
}

/* The first finding of a check. */
static const char *of(const char *name, const char *key)
{
	yyjson_mut_val *one;
	size_t i, max;

	yyjson_mut_arr_foreach(yyjson_mut_obj_get(answer, "checks"), i, max, one)
	{
		if (yyjson_mut_equals_str(yyjson_mut_obj_get(one, "name"), name)) {
			const char *text = yyjson_mut_get_str(yyjson_mut_obj_get(one, key));

			return text ? text : "";
		}
	}
	return "(absent)";
}
#define EXPECT(name, verdict)                                                                                \
	cr_expect_str_eq(                                                                                    \
		of(name, "verdict"), verdict, "%s: %s %s", name, of(name, "verdict"), of(name, "text"))
#define EXPECT_IN(name, key, word)                                                                           \
	cr_expect(strstr(of(name, key), word), "%s: no \"%s\" in %s \"%s\"", name, word, key, of(name, key))

static void put_limits(const char *rtprio, const char *memlock)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max locked memory         8388608              %-20s bytes     \n"
		"Max realtime priority     0                    %-20s           \n"
		"Max realtime timeout      unlimited            unlimited            us        \n",
		memlock, rtprio);
	put("/proc/self/limits", text);
}

static void put_status(int uid, const char *groups, const char *caps)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		"Name:\tmosctl\nUid:\t%d\t%d\t%d\t%d\nGid:\t1000\t1000\t1000\t1000\nGroups:\t%s "
		"\nCapEff:\t%s\n",
		uid, uid, uid, uid, groups, caps);
	put("/proc/self/status", text);
	put("/etc/group", "root:x:0:\naudio:x:29:pulse,somebody\nvideo:x:44:\n");
}

static void put_cpu(int i, const char *governor)
{
	char path[96];

	put(BOX_PATH(path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", i), governor);
}

static void put_idle(int state, const char *name, const char *us, const char *disable)
{
	char path[96];

	put(BOX_PATH(path, "/sys/devices/system/cpu/cpu0/cpuidle/state%d/name", state), name);
	put(BOX_PATH(path, "/sys/devices/system/cpu/cpu0/cpuidle/state%d/latency", state), us);
	put(BOX_PATH(path, "/sys/devices/system/cpu/cpu0/cpuidle/state%d/disable", state), disable);
}

/* A card of the board, or an interface at a USB place like "1-2/1-2.3". */
static void put_card(int n, const char *id, const char *pci, const char *usb)
{
	char path[200], link[300], last[32] = "";

	put(BOX_PATH(path, "/sys/devices/pci0000:00/%s/irq", pci), "0\n");
	if (usb) {
		strcpy(last, strrchr(usb, '/') ? strrchr(usb, '/') + 1 : usb);
		BOX_PATH(link, "../../devices/pci0000:00/%s/usb%c/%s/%s:1.0/sound/card%d", pci, usb[0], usb,
			last, n);
	} else {
		BOX_PATH(link, "../../devices/pci0000:00/%s/sound/card%d", pci, n);
	}
	put_link(BOX_PATH(path, "/sys/class/sound/card%d", n), link);
	BOX_PATH(path, "/sys/devices/%s/id", strstr(link, "devices/") + strlen("devices/"));
	put(path, id);
}

static void put_usb(const char *device, const char *class, const char *product, const char *interface)
{
	char path[128];

	put(BOX_PATH(path, "/sys/bus/usb/devices/%s/bDeviceClass", device), class);
	put(BOX_PATH(path, "/sys/bus/usb/devices/%s/product", device), product);
	put(BOX_PATH(path, "/sys/bus/usb/devices/%s/speed", device), "480\n");
	put(BOX_PATH(path, "/sys/bus/usb/devices/%s:1.0/bInterfaceClass", device), interface);
}

static void put_settings(long quantum)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
		"Found \"settings\" metadata 31\nupdate: id:0 key:'clock.rate' value:'48000' type:''\n"
		"update: id:0 key:'clock.quantum' value:'%ld' type:''\n"
		"update: id:0 key:'clock.force-quantum' value:'0' type:''\n",
		quantum);
	put("/programs/pw-metadata", text);
}

/* A box as it should be. */
static void good_box(void)
{
	put("/proc/sys/kernel/osrelease", "6.12.43+deb13-rt-amd64\n");
	put("/proc/sys/kernel/version", "#1 SMP PREEMPT_RT Debian 6.12.43-1 (2025-08-27)\n");
	put("/sys/kernel/realtime", "1\n");
	put("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=0 ro quiet\n");
	put("/proc/sys/kernel/sched_rt_runtime_us", "950000\n");
	put("/proc/sys/kernel/sched_rt_period_us", "1000000\n");
	for (int i = 0; i < 4; i++)
		put_cpu(i, "performance\n");
	put_idle(0, "POLL\n", "0\n", "0\n");
	put_idle(1, "C1\n", "2\n", "0\n");
	put_idle(2, "C6\n", "133\n", "1\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
	put("/sys/class/dmi/id/sys_vendor", "ASUSTeK COMPUTER INC.\n");
	put("/sys/class/dmi/id/product_name", "PRIME B550M\n");
	put("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2 avx2\n");
	put("/proc/stat", "cpu  100 0 100 9800 0 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
	put_limits("95", "unlimited");
	put_status(1000, "29 44 1000", "0000000000000000");
	put("/proc/meminfo", "MemTotal:       16000000 kB\nMemFree: 100 kB\nMemAvailable:   12000000 kB\n");
	put("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/nvme0n1p3 partition 1 0 -2\n");
	put("/proc/sys/vm/swappiness", "10\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
	put("/sys/kernel/mm/transparent_hugepage/defrag", "always defer [madvise] never\n");
	put("/proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
	put_card(0, "PCH\n", "0000:00:1f.3", NULL);
	put("/sys/devices/pci0000:00/0000:00:1f.3/msi_irqs/129", "msi\n");
	put_card(1, "Scarlett\n", "0000:00:14.0", "1-2");
	put("/sys/devices/pci0000:00/0000:00:14.0/msi_irqs/126", "msi\n");
	put_usb("1-2", "ef\n", "Scarlett 2i2 USB\n", "01\n");
	put_usb("1-4", "00\n", "Keyboard\n", "03\n");
	put("/sys/bus/usb/devices/1-2/power/control", "on\n");
	put("/proc/interrupts",
		"            CPU0       CPU1       \n"
		"  126:         12          0  IR-PCI-MSI-0000:00:14.0    0-edge      xhci_hcd\n"
		"  129:          0        512  IR-PCI-MSI-0000:00:1f.3    0-edge      snd_hda_intel:card0\n"
		"  NMI:          0          0   Non-maskable interrupts\n");
	put("/programs/ps",
		" TS      - systemd\n FF     90 irq/126-xhci_hcd\n FF     90 irq/129-snd_hda_intel\n");
	put("/programs/threads", " TS      - systemd\n FF     88 data-loop.0\n TS      - pipewire\n");
	put("/usr/libexec/rtkit-daemon", "");
	put("/usr/share/sounds/sf2/FluidR3_GM.sf2", "RIFF....sfbkLIST");
	put_settings(128);
	put("/programs/pw-top",
		"S   ID  QUANT   RATE    WAIT    BUSY   W/Q   B/Q  ERR FORMAT           NAME\n"
		"R   35    128  48000   ---     ---    ---   ---   0                  sink\n"
		"S   ID  QUANT   RATE    WAIT    BUSY   W/Q   B/Q  ERR FORMAT           NAME\n"
		"R   35    128  48000  30.1us   4.6us  0.01  0.00    0    S32LE 2 48000 sink\n"
		"R   47    128  48000  12.1us  90.6us  0.01  0.03    0    F32LE 2 48000  + mos\n");
	put("/proc/self/mountinfo", "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
				    "23 22 0:21 / /proc rw,nosuid shared:2 - proc proc rw\n");
	put("/programs/bwrap", "bubblewrap 0.11.0\n");
	put("/proc/self/cgroup", "0::/user.slice/user-1000.slice/user@1000.service\n");
	put("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers",
		"cpu memory pids\n");
	put("/sys/kernel/btf/vmlinux", "x");
	put("/sys/kernel/tracing/events/enable", "0\n");
	put("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	put("/programs/systemctl",
		"Id=mos.target\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
		"Id=mos-broker.service\nLoadState=loaded\nActiveState=active\nUnitFileState=static\nResult="
		"success\n"
		"NRestarts=0\nWatchdogUSec=10s\n\n"
		"Id=mos-rtcore.service\nLoadState=loaded\nActiveState=active\nResult=success\nNRestarts=0\n"
		"WatchdogUSec=10s\n");
	put("/programs/timedatectl", "yes\n");
}

Test(mosctl_doctor, a_good_box,
	.description = "a box as it should be has nothing to improve: every check says ok")
{
	yyjson_mut_val *one;
	size_t i, max;

	good_box();
	look(NULL);
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(answer, "checks"), i, max, one)
	{
		const char *name = yyjson_mut_get_str(yyjson_mut_obj_get(one, "name"));

		if (strcmp(name, "trace.privilege") != 0) /* nobody should have it all the time */
			cr_expect(yyjson_mut_equals_str(yyjson_mut_obj_get(one, "verdict"), "ok"), "%s: %s",
				name, yyjson_mut_get_str(yyjson_mut_obj_get(one, "text")));
		cr_expect(yyjson_mut_get_len(yyjson_mut_obj_get(one, "why")) > 10, "%s", name);
	}
	cr_expect_geq(max, 30);
	cr_expect_eq(doctor.n[FAIL] + doctor.n[WARN], 0);
	EXPECT_IN("sound.cards", "text", "card0 PCH, card1 Scarlett (USB)");
	EXPECT_IN("usb.topology", "text", "card1 Scarlett 2i2 USB: at the root of bus 1, 480 Mbit/s");
	EXPECT_IN("cpu.idle", "text", "C1 ends within 2 us");
}

Test(mosctl_doctor, a_laptop,
	.description = "powersave, deep sleep, swap, an interface behind a hub beside a camera")
{
	good_box();
	put("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.43-1\n");
	put("/sys/kernel/realtime", "0\n");
	put("/sys/kernel/debug/sched/preempt", "none (voluntary) full lazy\n");
	put_cpu(2, "powersave\n");
	put_idle(2, "C10\n", "310\n", "0\n");
	put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
	put("/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm\n");
	put_limits("0", "8388608");
	put_status(1000, "44 1000", "0000000000000000");
	put("/proc/sys/vm/swappiness", "60\n");
	put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
	put("/sys/kernel/mm/transparent_hugepage/defrag", "[always] defer madvise never\n");
	put("/proc/meminfo", "MemTotal:       4000000 kB\nMemAvailable:   200000 kB\n");
	put_card(2, "Interface\n", "0000:00:14.0", "1-3/1-3.1");
	put_usb("1-3", "09\n", "USB2.0 Hub\n", "09\n");
	put_usb("1-3.1", "00\n", "Interface\n", "01\n");
	put_usb("1-5", "ef\n", "Integrated Camera\n", "0e\n");
	put("/sys/bus/usb/devices/1-3.1/power/control", "auto\n");
	put("/proc/interrupts",
		"  126:         12          0   IO-APIC   16-fasteoi   xhci_hcd, i801_smbus\n"
		"  129:          0        512  IR-PCI-MSI-0000:00:1f.3    0-edge      snd_hda_intel:card0\n");
	put("/programs/ps", " FF     50 irq/129-snd_hda_intel\n");
	put("/programs/threads", " TS      - data-loop.0\n");
	put_settings(1024);
	put("/programs/pw-top",
		"S   ID  QUANT   RATE    WAIT    BUSY   W/Q   B/Q  ERR FORMAT           NAME\n"
		"R   35   1024  48000  30.1us   4.6us  0.01  0.00   17    S32LE 2 48000 sink\n");
	put("/programs/systemctl",
		"Id=mos.target\nLoadState=loaded\nActiveState=active\nUnitFileState=disabled\n\n"
		"Id=mos-broker.service\nLoadState=loaded\nActiveState=failed\nResult=watchdog\nNRestarts=3\n"
		"WatchdogUSec=10s\n\n"
		"Id=mos-rtcore.service\nLoadState=loaded\nActiveState=active\nResult=success\nNRestarts=2\n"
		"WatchdogUSec=0\n");
	look(NULL);
	EXPECT("kernel.preempt", "warn");
	EXPECT_IN("kernel.preempt", "hint", "preempt=full");
	EXPECT("kernel.threadirqs", "info");
	EXPECT("cpu.governor", "warn");
	EXPECT_IN("cpu.governor", "text", "powersave, on 1 of 4 cores");
	EXPECT_IN("cpu.governor", "hint", "echo performance");
	EXPECT_IN("cpu.idle", "text", "C10 takes 310 us");
	EXPECT("cpu.clocksource", "warn");
	EXPECT_IN("cpu.clocksource", "hint", "echo tsc");
	EXPECT("limits.rtprio", "warn");
	EXPECT("limits.memlock", "warn");
	EXPECT_IN("limits.memlock", "text", "8192 KiB");
	EXPECT_IN("limits.rtprio", "hint", "tee /etc/security/limits.d/95-mos.conf");
	EXPECT_IN("limits.groups", "hint", "usermod -aG audio");
	EXPECT("memory.free", "warn");
	EXPECT("memory.swap", "warn");
	EXPECT("memory.huge_pages", "warn");
	EXPECT_IN("sound.irq", "text", "interrupt 129, thread of priority 50, below");
	EXPECT("pipewire.quantum", "warn");
	EXPECT_IN("pipewire.quantum", "text", "21.3 ms");
	EXPECT_IN("pipewire.xruns", "text", "17 periods were late");
	EXPECT("pipewire.realtime", "warn");
	EXPECT_IN("units.installed", "hint", "systemctl --user enable --now mos.target");
	EXPECT("units.state", "fail");
	EXPECT_IN("units.state", "text", "mos-broker.service failed: watchdog");
	EXPECT_IN("units.watchdog", "text", "mos-rtcore.service: no watchdog");
	put("/etc/security/limits.d/95-mos.conf", "# the package's\n");
	look("limits.rtprio");
	cr_expect(
		!strncmp(of("limits.rtprio", "hint"), "sudo usermod -aG audio", 22), "it is not overwritten");
	look("usb.topology");
	cr_expect_eq(doctor.n[WARN], 3, "the hub once, the camera beside each of the two");
	EXPECT_IN("usb.topology", "text", "shared with Interface, Integrated Camera");
	look("usb.power");
	EXPECT("usb.power", "info");
	EXPECT_IN("usb.power", "hint", "echo on | sudo tee /sys/bus/usb/devices/1-3.1/power/control");
}

Test(mosctl_doctor, shared_interrupts,
	.description = "each card's interrupt is named, with who else is called by it")
{
	good_box();
	put("/proc/interrupts",
		"  126:         12          0   IO-APIC   16-fasteoi   xhci_hcd, i801_smbus\n"
		"  129:          0        512  IR-PCI-MSI-0000:00:1f.3    0-edge      snd_hda_intel:card0\n");
	look("sound.irq");
	cr_expect_eq(doctor.n[WARN], 1);
	cr_expect_eq(doctor.n[OK], 1);
	put("/proc/interrupts",
		"  129:          0        512   IO-APIC   17-fasteoi   snd_hda_intel:card0, ahci\n");
	look("sound.irq");
	EXPECT("sound.irq", "warn");
	EXPECT_IN("sound.irq", "text", "card0 (PCH): interrupt 129 is shared: snd_hda_intel:card0, ahci");
}

Test(mosctl_doctor, kernels, .description = "what a kernel is, by its version, its command line and debugfs")
{
	good_box();
	put("/sys/kernel/realtime", "0\n");
	put("/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC\n");
	put("/proc/cmdline", "quiet preempt=full threadirqs\n");
	look("kernel");
	EXPECT("kernel.preempt", "ok");
	EXPECT("kernel.threadirqs", "ok");
	put("/proc/cmdline", "quiet preempt=voluntary nothreadirqs\n");
	look("kernel");
	EXPECT("kernel.preempt", "warn");
	EXPECT("kernel.threadirqs", "info");
	put("/proc/sys/kernel/version", "#1 SMP\n");
	put("/proc/sys/kernel/osrelease", "5.10.0-32-amd64\n");
	put("/proc/sys/kernel/sched_rt_runtime_us", "500000\n");
	look("kernel");
	EXPECT("kernel.preempt", "warn");
	EXPECT_IN("kernel.preempt", "hint", "linux-image-rt-amd64");
	EXPECT("kernel.version", "fail");
	EXPECT("kernel.throttle", "warn");
}

Test(mosctl_doctor, a_virtual_machine, .description = "what runs below is named, and what it took")
{
	good_box();
	put("/sys/class/dmi/id/sys_vendor", "QEMU\n");
	put("/proc/stat", "cpu  100 0 100 9300 0 0 0 500 0 0\n");
	look("cpu");
	EXPECT("cpu.virtual", "info");
	EXPECT_IN("cpu.virtual", "text", "QEMU");
	EXPECT("cpu.steal", "warn");
	EXPECT_IN("cpu.steal", "text", "5.00 %");
	put("/sys/class/dmi/id/sys_vendor", "\n");
	put("/proc/cpuinfo", "flags\t\t: fpu hypervisor lahf_lm\n");
	put("/run/systemd/container", "docker\n");
	look("cpu");
	EXPECT_IN("cpu.virtual", "text", "a container, in a hypervisor");
}

Test(mosctl_doctor, an_empty_container,
	.description = "without /proc and /sys every check says so, and none fails for it")
{
	put("/.dockerenv", "");
	look(NULL);
	EXPECT("sandbox.bubblewrap", "fail");
	cr_expect_eq(doctor.n[FAIL], 1, "what MOS cannot do without is to be mended");
	EXPECT("kernel.preempt", "info");
	EXPECT("pipewire.quantum", "info");
	EXPECT("units.installed", "info");
	EXPECT("sound.font", "warn");
	EXPECT("disk.filesystem", "info");
}

Test(mosctl_doctor, an_appliance,
	.description = "where the box's service manager has MOS, it is the one that is asked")
{
	good_box();
	put("/programs/systemctl",
		"Id=mos.target\nLoadState=loaded\nActiveState=inactive\nUnitFileState=disabled\n");
	look("units");
	EXPECT("units.installed", "info");
	EXPECT_IN("units.installed", "hint", "systemctl --user enable --now mos.target");
	put("/programs/systemctl-system",
		"Id=mos.target\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
		"Id=mos-hermes.service\nLoadState=loaded\nActiveState=failed\nResult=signal\nWatchdogUSec="
		"10s\n");
	look("units");
	EXPECT("units.installed", "ok");
	EXPECT("units.state", "fail");
	EXPECT_IN("units.state", "hint",
		"journalctl -u mos-hermes.service -n 50; sudo systemctl restart mos-hermes.service");
}

Test(mosctl_doctor, disks, .description = "where scores lie: the nearest mount is the one that counts")
{
	good_box();
	put("/proc/self/mountinfo", "22 1 259:2 / / rw,relatime - ext4 /dev/a rw\n"
				    "30 22 0:40 / /var rw,relatime shared:9 - nfs4 host:/var rw\n"
				    "31 22 0:41 / /var/lib/mossy ro - tmpfs t ro\n");
	look("disk");
	EXPECT("disk.filesystem", "warn");
	EXPECT_IN("disk.filesystem", "text", "nfs4");
	put("/proc/self/mountinfo", "22 1 259:2 / / ro,relatime - ext4 /dev/a ro\n");
	look("disk");
	EXPECT("disk.filesystem", "fail");
	put("/proc/self/mountinfo", "22 1 259:2 / / rw,relatime - ext4 /dev/a rw,sync\n");
	look("disk");
	EXPECT("disk.filesystem", "warn");
}

Test(mosctl_doctor, nonsense,
	.description = "SEC-09: a copy that lies neither leads out of its folder nor stops us")
{
	static char much[200000];
	char outside[96], path[160];
	FILE *f;

	good_box();
	memset(much, 'x', sizeof(much) - 1);
	put("/proc/interrupts", much);
	put("/proc/stat", "cpu  99999999999999999999999999 -1 ? \n");
	put("/proc/cpuinfo", much);
	put("/proc/self/limits", "Max realtime priority");
	put("/proc/self/status", "Groups:\tx y z\nUid:\n");
	put("/programs/systemctl", "Id=\n\n\n\nNRestarts=-9\nId=mos.target\n");
	put("/programs/pw-top", "QUANT\nR 1\n\nR x x x x x x x x x x\n");
	put("/programs/pw-metadata", "key:'clock.rate' value:'-5' key:'clock.quantum' value:'x");
	put("/proc/self/mountinfo", "- - - - - - -\n\n / - \n");
	put("/proc/swaps", "Filename");
	(void)snprintf(outside, sizeof(outside), "%s.outside", root);
	f = fopen(outside, "we");
	cr_assert(f);
	fputs("SECRET", f);
	fclose(f);
	cr_assert_eq(unlink(BOX_PATH(path, "%s/proc/sys/kernel/osrelease", root)), 0);
	put_link("/proc/sys/kernel/osrelease", outside);
	cr_assert_eq(unlink(BOX_PATH(path, "%s/proc/sys/kernel/version", root)), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	put_link("/sys/class/sound/card7", "../../../../../../../etc");
	look(NULL);
	cr_expect_not(strstr(of("kernel.version", "text"), "SECRET"));
	EXPECT("kernel.version", "info");
	unlink(outside);
}
