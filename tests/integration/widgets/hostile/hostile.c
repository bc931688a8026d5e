/* SPDX-License-Identifier: MIT */
/*
 * A widget that means harm, for tests/integration/system_hostile.c: its setting `attack` says which. It is activated
 * as any other and then attacks until it is ended. What it is not let do is told by its log, one line an attempt:
 * "ATTEMPT: how it failed"; "BREACH: ..." where it succeeded.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <mos/ingress.h>
#include <mos/widget.h>

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t random_word(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Where a region of ours is mapped: memfds have names. */
static void *find_region(const char *name)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	void *base = NULL;

	while (maps && !base && fgets(line, sizeof(line), maps)) {
		unsigned long begin, end;

		if (strstr(line, name) && strstr(line, "rw-s") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
			base = (void *)begin;
	}
	if (maps)
		(void)fclose(maps);
	return base;
}

static int is_eventfd(int fd)
{
	char path[64], target[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "eventfd");
}

/* Ring every eventfd that we have, as hard as it goes. */
static void ring_doorbells(uint64_t value)
{
	for (int fd = 3; fd < 64; fd++)
		if (is_eventfd(fd))
			(void)!write(fd, &value, sizeof(value));
}

static struct mos_event highlight(void)
{
	return (struct mos_event){.type = MOS_EVENT_ROCKY_FEEDBACK,
		.tick = INT64_MIN,
		.flags = MOS_EVENT_IMMEDIATE,
		.u.feedback = {.message = "hostile"}};
}

/* --- The attacks --- */

static void flood(struct mos_client *c)
{
	struct mos_event ev = highlight();

	for (;;)
		(void)mos_emit(c, &ev);
}

static void flood_notes(struct mos_client *c)
{
	for (uint32_t i = 0;; i++) {
		struct mos_event ev = {.type = MOS_EVENT_MIDI_NOTEON, .tick = INT64_MIN, .flags = MOS_EVENT_IMMEDIATE};

		ev.u.note.key = (uint8_t)(i % 128);
		ev.u.note.channel = (uint8_t)(i / 128 % 16);
		ev.u.note.velocity = 1;
		ev.u.note.part = 0xffff;
		(void)mos_emit(c, &ev);
	}
}

static void garbage(struct mos_client *c, int records, int positions)
{
	struct mos_ingress_hdr *hdr = find_region("mos-ingress");
	uint64_t *slots = hdr ? (uint64_t *)((char *)hdr + MOS_INGRESS_SLOTS_OFF) : NULL;
	volatile uint64_t *end = hdr ? (uint64_t *)((char *)hdr + MOS_INGRESS_SIZE) : NULL;

	if (!hdr) {
		printf("no ring found\n");
		return;
	}
	for (;;) {
		if (records)
			for (volatile uint64_t *word = slots; word < end; word++)
				*word = random_word();
		if (positions) {
			hdr->read_pos = random_word();
			hdr->slot_id = (uint32_t)random_word();
			hdr->n_slots = (uint32_t)random_word();
			__atomic_store_n(&hdr->write_pos, random_word(), __ATOMIC_RELEASE);
		} else {
			__atomic_fetch_add(&hdr->write_pos, 100, __ATOMIC_RELEASE);
		}
		__atomic_store_n(&hdr->urgent_pos, UINT64_MAX, __ATOMIC_RELEASE);
		ring_doorbells(1);
	}
}

static void storm_doorbell(struct mos_client *c)
{
	for (int fd = 3; fd < 64; fd++)
		if (is_eventfd(fd))
			(void)fcntl(fd, F_SETFL, 0); /* blocking, for whoever would read or write it too */
	ring_doorbells(UINT64_MAX - 1);
	for (;;)
		for (int fd = 3; fd < 64; fd++)
			if (is_eventfd(fd)) {
				uint64_t n = 1;

				(void)fcntl(fd, F_SETFL, O_NONBLOCK);
				(void)!read(fd, &n, sizeof(n));
				n = 1;
				(void)!write(fd, &n, sizeof(n));
				(void)fcntl(fd, F_SETFL, 0);
			}
}

static void fork_bomb(struct mos_client *c)
{
	for (;;)
		if (fork() < 0)
			usleep(1000);
}

static void eat_memory(struct mos_client *c)
{
	for (;;) {
		volatile char *block = malloc(1 << 20);

		for (size_t i = 0; block && i < 1 << 20; i += 4096)
			block[i] = 1;
		if (!block)
			usleep(1000);
	}
}

static void attempt(const char *what, long result)
{
	if (result < 0)
		printf("%s: %s\n", what, strerror(errno));
	else
		printf("BREACH: %s: %ld\n", what, result);
	(void)fflush(stdout);
}

/* One attempt in a child: the filter may kill who tries. */
static void attempt_in_child(const char *what, long (*attack)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		attempt(what, attack());
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		printf("%s: no child: %s\n", what, strerror(errno));
	else if (WIFSIGNALED(status))
		printf("%s: killed by signal %d\n", what, WTERMSIG(status));
	(void)fflush(stdout);
}

static long try_open_shadow(void) { return open("/etc/shadow", O_RDONLY | O_CLOEXEC); }
static long try_write_usr(void) { return open("/usr/hostile", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }
static long try_door(void)
{
	const char *dir = getenv("MOS_RUNTIME_DIR");

	if (dir)
		return 1;
	return open("/run/mos/mos.sock", O_RDONLY | O_CLOEXEC);
}
static long try_ptrace(void) { return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL); }
static long try_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long try_unix_socket(void) { return socket(AF_UNIX, SOCK_SEQPACKET, 0); }
/* Whichever door PipeWire has: without a socket nobody gets through it. */
static long try_pipewire(void)
{
	const char *dir = getenv("PIPEWIRE_RUNTIME_DIR") ? getenv("PIPEWIRE_RUNTIME_DIR") : getenv("XDG_RUNTIME_DIR");
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/pipewire-0", dir ? dir : "/run/user/0");
	return fd >= 0 ? connect(fd, (struct sockaddr *)&a, sizeof(a)) : -1;
}
static long try_alsa(void) { return open("/dev/snd", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
static long try_alsa_seq(void) { return open("/dev/snd/seq", O_RDWR | O_CLOEXEC); }
static long try_mount(void) { return mount("none", "/tmp", "tmpfs", 0, NULL); }
static long try_io_uring(void) { return syscall(SYS_io_uring_setup, 8, &(struct io_uring_params){0}); }
static long try_read_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0);
}
static long try_proc_mem(void) { return open("/proc/1/mem", O_RDWR | O_CLOEXEC); }
static long try_unshare(void) { return syscall(SYS_unshare, 0x10000000 /* CLONE_NEWUSER */); }
static long try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0); }

static void forbidden_calls(struct mos_client *c)
{
	static const struct {
		const char *what;
		long (*attack)(void);
	} attacks[] = {
		{"open /etc/shadow", try_open_shadow},
		{"write below /usr", try_write_usr},
		{"the broker's door", try_door},
		{"ptrace", try_ptrace},
		{"internet socket", try_socket},
		{"unix socket", try_unix_socket},
		{"PipeWire", try_pipewire},
		{"ALSA's devices", try_alsa},
		{"ALSA's sequencer", try_alsa_seq},
		{"mount", try_mount},
		{"io_uring", try_io_uring},
		{"read other's memory", try_read_memory},
		{"/proc/1/mem", try_proc_mem},
		{"unshare", try_unshare},
		{"bpf", try_bpf},
	};

	for (size_t i = 0; i < sizeof(attacks) / sizeof(*attacks); i++)
		attempt_in_child(attacks[i].what, attacks[i].attack);
	printf("ALL TRIED\n");
	(void)fflush(stdout);
	for (;;)
		pause();
}

static void forge_source(struct mos_client *c)
{
	for (uint32_t i = 0;; i++) {
		struct mos_event ev = highlight();

		ev.source = (uint16_t)(i % 2 ? MOS_SOURCE_RTCORE : i % 1024);
		ev.seq = i;
		(void)mos_emit(c, &ev);
		usleep(1000);
	}
}

static void write_pages(struct mos_client *c)
{
	/* Read-only to us: mapping them writable must fail, writing must kill us. */
	for (int fd = 3; fd < 64; fd++) {
		char path[64], target[128] = "";
		void *page;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) <= 0 || !strstr(target, "memfd:mos-") ||
			strstr(target, "ingress"))
			continue;
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		attempt(target, page == MAP_FAILED ? -1 : 1);
	}
	*(volatile uint64_t *)mos_client_clock(c) = 1;
	printf("BREACH: wrote the clock page\n");
}

static void die_mid_write(struct mos_client *c)
{
	struct mos_ingress_hdr *hdr = find_region("mos-ingress");

	if (hdr)
		__atomic_fetch_add(&hdr->write_pos, 3, __ATOMIC_RELEASE);
	ring_doorbells(1);
	(void)raise(SIGKILL);
}

static void answer_itself(struct mos_client *c)
{
	struct mos_event ev = highlight();

	(void)mos_emit(c, &ev);
	for (;;) {
		if (mos_events_next(c, &ev) == 1) {
			if (ev.type == MOS_EVENT_ROCKY_FEEDBACK) {
				ev.hops = 0; /* as if it were no answer */
				ev.flags = MOS_EVENT_IMMEDIATE;
				(void)mos_emit(c, &ev);
			}
		} else {
			(void)mos_events_wait(c, 100);
		}
	}
}

static void bad_frames(struct mos_client *c)
{
	const char *fd = getenv(MOS_WIDGET_FD_ENV);
	int sock = fd ? atoi(fd) : 3;

	for (;;) {
		uint64_t frame[64];

		for (size_t i = 0; i < 64; i++)
			frame[i] = random_word();
		if (send(sock, frame, random_word() % sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
			exit(3);
	}
}

static void big_payload(struct mos_client *c)
{
	static char big[10 << 20];
	int rc = mos_call(c, "broker.widget.save", MOS_ARGS(mos_str("state", (memset(big, 'x', sizeof(big) - 1), big))), NULL);

	printf("10 MB in a call: %s: %s\n", rc < 0 ? "refused" : "BREACH", mos_client_error(c)->message);
	(void)fflush(stdout);
	for (;;)
		pause();
}

static void ignore(struct mos_client *c, int rc, const struct mos_reply *reply, const struct mos_error *error, void *data)
{
}

/* Ask and never take the answers. */
static void never_read(struct mos_client *c)
{
	for (;;)
		if (mos_call_async(c, &(struct mos_request){.method = "broker.system.status"}, ignore, NULL) < 0)
			usleep(1000);
}

static void busy(struct mos_client *c)
{
	for (;;)
		(void)random_word();
}

static void run(struct mos_client *c, const char *attack)
{
	if (!strcmp(attack, "flood"))
		flood(c);
	else if (!strcmp(attack, "notes"))
		flood_notes(c);
	else if (!strcmp(attack, "records"))
		garbage(c, 1, 0);
	else if (!strcmp(attack, "positions"))
		garbage(c, 1, 1);
	else if (!strcmp(attack, "doorbell"))
		storm_doorbell(c);
	else if (!strcmp(attack, "fork"))
		fork_bomb(c);
	else if (!strcmp(attack, "memory"))
		eat_memory(c);
	else if (!strcmp(attack, "calls"))
		forbidden_calls(c);
	else if (!strcmp(attack, "forge"))
		forge_source(c);
	else if (!strcmp(attack, "pages"))
		write_pages(c);
	else if (!strcmp(attack, "die"))
		die_mid_write(c);
	else if (!strcmp(attack, "itself"))
		answer_itself(c);
	else if (!strcmp(attack, "frames"))
		bad_frames(c);
	else if (!strcmp(attack, "big"))
		big_payload(c);
	else if (!strcmp(attack, "deaf"))
		never_read(c);
	else if (!strcmp(attack, "busy"))
		busy(c);
}

static void begin(struct mos_widget *w, void *data)
{
	run(mos_widget_client(w), mos_get_str(&mos_widget_context(w)->settings, "attack", "none"));
}

static int activate(struct mos_widget *w, void *data)
{
	return mos_widget_timer(w, 1, 0, begin, NULL, NULL); /* once it is active */
}

int main(int argc, char **argv)
{
	static const struct mos_widget_ops ops = {.activate = activate};

	return mos_widget_main(&ops, NULL, argc, argv);
}
