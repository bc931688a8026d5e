/* SPDX-License-Identifier: MIT */
/* mosctl doctor: what on this machine keeps MOS from being on time, and the command that changes it. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands.h"
#include "doctor.h"

#define SOUND_FONT "/usr/share/sounds/sf2/FluidR3_GM.sf2"
#define RTPRIO_WANTED 20
#define MEMLOCK_WANTED (256ul << 20)

static const char *const verdict_name[] = {"ok", "warn", "fail"};

void found(struct report *r, const char *name, enum verdict verdict, const char *hint, const char *fmt, ...)
{
	char text[320];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->n[verdict]++;
	if (r->doc) {
		yyjson_mut_val *one = yyjson_mut_arr_add_obj(r->doc, r->checks);

		yyjson_mut_obj_add_str(r->doc, one, "name", name);
		yyjson_mut_obj_add_str(r->doc, one, "verdict", verdict_name[verdict]);
		yyjson_mut_obj_add_strcpy(r->doc, one, "text", text);
		if (hint)
			yyjson_mut_obj_add_strcpy(r->doc, one, "hint", hint);
		return;
	}
	printf("%-5s %-15s %s\n", verdict_name[verdict], name, text);
	if (hint)
		printf("      %-15s -> %s\n", "", hint);
}

/* First line of a small file. @return 0, -errno. */
static int read_line(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	int rc = 0;

	if (!f)
		return -errno;
	if (!fgets(buf, (int)size, f))
		rc = -ENODATA;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return rc;
}

static void check_rtprio(struct report *r)
{
	struct rlimit limit = {0};

	(void)getrlimit(RLIMIT_RTPRIO, &limit);
	if (geteuid() == 0)
		found(r, "rtprio", OK, NULL, "root may use every real-time priority");
	else if (limit.rlim_max >= RTPRIO_WANTED)
		found(r, "rtprio", OK, NULL, "real-time priority up to %llu allowed",
			(unsigned long long)limit.rlim_max);
	else
		found(r, "rtprio", WARN,
			"echo '@audio - rtprio 95' | sudo tee /etc/security/limits.d/95-mos.conf; "
			"sudo usermod -aG audio $USER; log in again",
			"real-time priority limit is %llu, wanted %d; only RTKit can help the audio thread",
			(unsigned long long)limit.rlim_max, RTPRIO_WANTED);
}

static void check_memlock(struct report *r)
{
	struct rlimit limit = {0};

	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_max == RLIM_INFINITY || geteuid() == 0)
		found(r, "memlock", OK, NULL, "all memory may be locked");
	else if (limit.rlim_max >= MEMLOCK_WANTED)
		found(r, "memlock", OK, NULL, "%llu MiB may be locked",
			(unsigned long long)limit.rlim_max >> 20);
	else
		found(r, "memlock", WARN,
			"echo '@audio - memlock unlimited' | sudo tee -a /etc/security/limits.d/95-mos.conf; "
			"log in again",
			"only %llu KiB may be locked: a page fault may interrupt the sound",
			(unsigned long long)limit.rlim_max >> 10);
}

static void check_governor(struct report *r)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);
	char path[96], governor[32] = "", other[32] = "";
	long n_read = 0, n_slow = 0;

	for (long i = 0; i < n; i++) {
		(void)snprintf(
			path, sizeof(path), "/sys/devices/system/cpu/cpu%ld/cpufreq/scaling_governor", i);
		if (read_line(path, governor, sizeof(governor)) < 0)
			continue;
		n_read++;
		if (strcmp(governor, "performance")) {
			n_slow++;
			memcpy(other, governor, sizeof(other));
		}
	}
	if (!n_read)
		found(r, "governor", OK, NULL, "the clock frequency is not ours to set here");
	else if (!n_slow)
		found(r, "governor", OK, NULL, "performance, on all %ld cores", n_read);
	else
		found(r, "governor", WARN,
			"echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
			"%s, on %ld of %ld cores: waking takes longer", other, n_slow, n_read);
}

static void check_kernel(struct report *r)
{
	struct utsname u;

	(void)uname(&u);
	if (strstr(u.version, "PREEMPT_RT"))
		found(r, "kernel", OK, NULL, "%s, PREEMPT_RT", u.release);
	else if (strstr(u.version, "PREEMPT"))
		found(r, "kernel", OK, NULL, "%s, preemptible", u.release);
	else
		found(r, "kernel", WARN,
			"boot a kernel with PREEMPT_DYNAMIC (and preempt=full), or PREEMPT_RT",
			"%s does not preempt itself", u.release);
}

static void check_dma_latency(struct report *r)
{
	static const char path[] = "/dev/cpu_dma_latency";

	if (access(path, W_OK) == 0)
		found(r, "cpu_dma_latency", OK, NULL, "cores can be kept awake while music plays");
	else if (errno == ENOENT)
		found(r, "cpu_dma_latency", OK, NULL, "this kernel has none");
	else
		found(r, "cpu_dma_latency", WARN,
			"echo 'KERNEL==\"cpu_dma_latency\", GROUP=\"audio\", MODE=\"0660\"' | "
			"sudo tee /etc/udev/rules.d/70-mos-latency.rules; sudo udevadm trigger "
			"/dev/cpu_dma_latency",
			"%s: %s: waking a sleeping core takes tens of microseconds", path, strerror(errno));
}

static int can_connect(const char *path, int type)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock, rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return -errno;
	rc = connect(sock, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	close(sock);
	return rc;
}

/* A value of `pw-metadata -n settings`: "update: id:0 key:'clock.rate' value:'48000' type:''". */
static long setting(const char *text, const char *key)
{
	char pattern[64];
	const char *at;

	(void)snprintf(pattern, sizeof(pattern), "key:'%s' value:'", key);
	at = strstr(text, pattern);
	return at ? strtol(at + strlen(pattern), NULL, 10) : 0;
}

static void check_graph(struct report *r)
{
	const char *const argv[] = {"timeout", "3", "pw-metadata", "-n", "settings", NULL};
	char text[4096], err[256];
	long rate, quantum;

	if (program_run(argv, &(struct program_says){text, sizeof(text), err, sizeof(err)}) != 0) {
		found(r, "graph", WARN, "sudo apt install pipewire-bin",
			"pw-metadata gives no quantum and rate");
		return;
	}
	rate = setting(text, "clock.force-rate") ? setting(text, "clock.force-rate")
						 : setting(text, "clock.rate");
	quantum = setting(text, "clock.force-quantum") ? setting(text, "clock.force-quantum")
						       : setting(text, "clock.quantum");
	if (rate <= 0 || quantum <= 0)
		found(r, "graph", WARN, NULL, "PipeWire tells no quantum and rate");
	else if ((double)quantum / (double)rate > 0.012)
		found(r, "graph", WARN, "pw-metadata -n settings 0 clock.force-quantum 256",
			"%ld frames at %ld Hz: %.1f ms from key to sound", quantum, rate,
			1e3 * (double)quantum / (double)rate);
	else
		found(r, "graph", OK, NULL, "%ld frames at %ld Hz: %.1f ms a cycle", quantum, rate,
			1e3 * (double)quantum / (double)rate);
}

static void check_pipewire(struct report *r)
{
	const char *dir = getenv("PIPEWIRE_RUNTIME_DIR"), *remote = getenv("PIPEWIRE_REMOTE");
	char path[256];
	int rc;

	if (!dir || !*dir)
		dir = getenv("XDG_RUNTIME_DIR");
	if (!dir || !*dir) {
		found(r, "pipewire", FAIL, "log in through a session, or set XDG_RUNTIME_DIR",
			"no XDG_RUNTIME_DIR: PipeWire cannot be found");
		return;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", dir, remote && *remote ? remote : "pipewire-0");
	rc = can_connect(path, SOCK_STREAM);
	if (rc < 0) {
		found(r, "pipewire", FAIL,
			"systemctl --user start pipewire wireplumber; or mos-session --private-pipewire",
			"%s: %s", path, strerror(-rc));
		return;
	}
	found(r, "pipewire", OK, NULL, "runs at %s", path);
	check_graph(r);
}

static void check_sound_font(struct report *r)
{
	static const char hint[] = "sudo apt install fluid-soundfont-gm";
	char head[12] = "";
	FILE *f = fopen(SOUND_FONT, "re");
	size_t n;

	if (!f) {
		found(r, "sound font", WARN, hint, "%s: %s: only the built-in synthesizer plays", SOUND_FONT,
			strerror(errno));
		return;
	}
	n = fread(head, 1, sizeof(head), f);
	fclose(f);
	if (n == sizeof(head) && !memcmp(head, "RIFF", 4) && !memcmp(head + 8, "sfbk", 4))
		found(r, "sound font", OK, NULL, "%s", SOUND_FONT);
	else
		found(r, "sound font", WARN, "sudo apt install --reinstall fluid-soundfont-gm",
			"%s is no sound font", SOUND_FONT);
}

static void check_plugins(struct report *r)
{
	char host[PATH_MAX];

	if (program_find("mos-fxhost", host, sizeof(host)) == 0)
		found(r, "plugins", OK, NULL, "%s", host);
	else
		found(r, "plugins", WARN, "it is installed beside mosctl; is the installation whole?",
			"no program mos-fxhost: no LV2 plugins, no amplifiers");
}

/* What really plays: MOS may have been given another sound font than the usual one. */
static void check_engine(struct report *r, struct mos_client *c)
{
	struct mos_reply reply;
	const char *error;

	if (mos_call(c, "apollo.engine.status", MOS_NO_ARGS, &reply) < 0) {
		found(r, "engine", WARN, NULL, "%s", mos_client_error(c)->message);
		return;
	}
	error = mos_get_str(&reply.value, "error", NULL);
	found(r, "engine", error ? WARN : OK, NULL, "%s%s%s plays", error ? error : "", error ? "; " : "",
		mos_get_str(&reply.value, "bank", "?"));
	mos_reply_finish(&reply);
}

static void check_mos(struct report *r)
{
	struct mos_client_options client = {
		.name = "mosctl doctor",
		.runtime_dir = r->ctl->runtime_dir,
		.timeout_ms = r->ctl->timeout_ms,
	};
	struct mos_error error;
	struct mos_client *c;

	if (mos_client_create(&client, &c, &error) == 0) {
		found(r, "mos", OK, NULL, "runs");
		check_engine(r, c);
		mos_client_destroy(c);
		return;
	}
	client.flags = MOS_CLIENT_CONTROL_ONLY;
	if (mos_client_create(&client, &c, NULL) == 0) {
		found(r, "mos", FAIL, error.hint[0] ? error.hint : "mosctl status says more",
			"the broker runs, but: %s", error.message);
		mos_client_destroy(c);
		return;
	}
	found(r, "mos", WARN, error.hint[0] ? error.hint : NULL, "does not run: %s", error.message);
}

static void check_runtime_dir(struct report *r)
{
	const char *dir = r->ctl->runtime_dir ? r->ctl->runtime_dir : getenv("MOS_RUNTIME_DIR");
	struct stat st;

	if (!dir || !*dir)
		dir = getenv("XDG_RUNTIME_DIR"); /* MOS makes its own directory in it */
	if (!dir || !*dir)
		found(r, "runtime dir", FAIL, "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
			"neither MOS_RUNTIME_DIR nor XDG_RUNTIME_DIR is set");
	else if (stat(dir, &st) < 0)
		found(r, "runtime dir", errno == ENOENT ? WARN : FAIL, NULL, "%s: %s", dir, strerror(errno));
	else if (!S_ISDIR(st.st_mode) || access(dir, W_OK | X_OK) < 0)
		found(r, "runtime dir", FAIL, "choose another with MOS_RUNTIME_DIR",
			"%s: not a directory we may write to", dir);
	else if (st.st_mode & S_IWOTH)
		found(r, "runtime dir", FAIL, "chmod o-w on it, or choose another with MOS_RUNTIME_DIR",
			"%s: everybody may write to it", dir);
	else
		found(r, "runtime dir", OK, NULL, "%s", dir);
}

static int run(struct ctl *ctl, const struct ctl_args *args)
{
	struct report r = {.ctl = ctl};
	yyjson_mut_val *root = NULL;

	if (ctl->json) {
		r.doc = yyjson_mut_doc_new(NULL);
		root = yyjson_mut_obj(r.doc);
		r.checks = yyjson_mut_obj_add_arr(r.doc, root, "checks");
	}
	check_rtprio(&r);
	check_memlock(&r);
	check_governor(&r);
	check_kernel(&r);
	check_dma_latency(&r);
	check_pipewire(&r);
	check_sound_font(&r);
	check_plugins(&r);
	check_runtime_dir(&r);
	check_sandbox(&r);
	check_mos(&r);
	if (r.doc) {
		for (int v = OK; v < N_VERDICTS; v++)
			yyjson_mut_obj_add_int(r.doc, root, verdict_name[v], r.n[v]);
		(void)json_print(r.doc, root);
	} else {
		printf("%d ok, %d to improve, %d to mend\n", r.n[OK], r.n[WARN], r.n[FAIL]);
	}
	return r.n[FAIL] ? CTL_FAILED : CTL_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.words = "",
	.summary = "Look at this machine: what keeps MOS from being on time, and how to change it",
	.text = "Exit code 1 when something is to be mended; what could be better does not count.",
	.example = "  mosctl doctor\n  mosctl doctor --json | jq '.checks[] | select(.verdict != \"ok\")'",
	.run = run,
};
