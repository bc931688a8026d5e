/* SPDX-License-Identifier: MIT */
/* The clock page: consistent copies under a writing thread, and the position that readers compute. */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <mos/clock.h>

#define NS_PER_S INT64_C(1000000000)
#define NPQ_120 UINT64_C(500000000)

static struct mos_region make_page(void)
{
	struct mos_region region;

	cr_assert_eq(mos_region_create(
			     "test-clock", sizeof(struct mos_clock_page), MOS_CLOCK_ABI_MAJOR, 0, 1, &region),
		0);
	mos_region_publish(&region, MOS_MAGIC_CLOCK);
	return region;
}

/** 120 BPM at 48 kHz, one second past an hour, tick 10,000. */
static struct mos_clock rolling(void)
{
	return (struct mos_clock){
		.state = MOS_TRANSPORT_PLAYING,
		.flags = MOS_CLOCK_ROLLING | MOS_CLOCK_DRIVER_UP,
		.rate_hz = 48000,
		.quantum_frames = 128,
		.frame = 48000,
		.time_ns = 3601 * NS_PER_S,
		.tick = 10000,
		.rate_ppm = 1000000,
		.ns_per_quarter = NPQ_120,
		.frame_ps = 20833333,
	};
}

/** Every field follows from n, so that a mix of two writes is seen. */
static struct mos_clock nth_clock(uint64_t n)
{
	uint32_t word[sizeof(struct mos_clock) / 4];
	struct mos_clock c;

	for (uint32_t i = 0; i < sizeof(word) / 4; i++)
		word[i] = (uint32_t)(n * 2654435761u) ^ i;
	memcpy(&c, word, sizeof(c));
	return c;
}

Test(shm_clock, round_trip,
	.description = "What is published is read; of a page in the middle of a write, the copy before")
{
	struct mos_region region = make_page();
	struct mos_clock_page *page = region.base;
	struct mos_clock in = nth_clock(1), out;

	mos_clock_publish(page, &in);
	cr_assert_eq(page->seq, 1);
	cr_assert_eq(mos_clock_read(page, &out), 0);
	cr_assert_eq(memcmp(&in, &out, sizeof(in)), 0);

	page->clock[0] = nth_clock(2); /* the writer was killed in there */
	memset(&out, 0, sizeof(out));
	cr_assert_eq(mos_clock_read(page, &out), 0);
	cr_assert_eq(memcmp(&in, &out, sizeof(in)), 0);

	in = nth_clock(3); /* whoever writes next, writes over what was left half */
	mos_clock_publish(page, &in);
	cr_assert_eq(page->seq, 2);
	cr_assert_eq(mos_clock_read(page, &out), 0);
	cr_assert_eq(memcmp(&in, &out, sizeof(in)), 0);
	mos_region_finish(&region);
}

Test(shm_clock, song,
	.description = "KRO-26: the song's place is of the same copy as the clock; a page of minor 0 has "
		       "none and is read all the same")
{
	struct mos_region region = make_page();
	struct mos_clock_page *page = region.base;

	for (uint64_t n = 1; n < 10; n++) {
		struct mos_clock in = nth_clock(n), out;
		struct mos_clock_song song = {.frame = (int64_t)n, .end_frame = (int64_t)n * 100}, got;

		mos_clock_publish_song(page, &in, &song);
		page->song[(page->seq + 1) % 2] = (struct mos_clock_song){0};
		cr_assert_eq(mos_clock_read_song(page, &out, &got), 0);
		cr_assert_eq(memcmp(&in, &out, sizeof(in)), 0);
		cr_assert_eq(memcmp(&song, &got, sizeof(song)), 0);
	}
	page->region.size = MOS_CLOCK_PAGE_MIN;
	cr_assert_eq(
		mos_clock_read_song(page, &(struct mos_clock){0}, &(struct mos_clock_song){0}), -ENOTSUP);
	cr_assert_eq(mos_clock_read(page, &(struct mos_clock){0}), 0);
	mos_region_finish(&region);
}

Test(shm_clock, seq_wraps, .description = "The page's counter goes through 2^32 and 2^64")
{
	struct mos_region region = make_page();
	struct mos_clock_page *page = region.base;
	struct mos_clock in, out;

	for (int i = 0; i < 2; i++) {
		page->seq = i ? UINT64_MAX - 5 : UINT32_MAX - 5;
		for (uint64_t n = 0; n < 8; n++) {
			in = nth_clock(n);
			mos_clock_publish(page, &in);
			cr_assert_eq(mos_clock_read(page, &out), 0);
			cr_assert_eq(memcmp(&in, &out, sizeof(in)), 0);
		}
	}
	mos_region_finish(&region);
}

struct torture {
	struct mos_clock_page *page;
	uint64_t n_wanted;
	int n_running; /* readers */
};

static void *read_until_done(void *arg)
{
	struct torture *t = arg;
	uint32_t want[sizeof(struct mos_clock) / 4];
	struct mos_clock c;
	uint64_t bad = 0;

	for (uint64_t n = 0; n < t->n_wanted;) {
		if (mos_clock_read(t->page, &c) < 0)
			continue;
		n++;
		/* The multiplier is odd, so the first word tells n apart modulo 2^32, and all the others
		 * follow. */
		for (uint32_t i = 0; i < sizeof(c) / 4; i++)
			want[i] = c.state ^ i;
		bad += memcmp(want, &c, sizeof(c)) != 0;
	}
	__atomic_fetch_sub(&t->n_running, 1, __ATOMIC_RELEASE);
	return (void *)(uintptr_t)bad;
}

Test(shm_clock, KRO_09_consistent, .timeout = 120,
	.description = "KRO-09 KRO-12: the fields of every read belong to one write, under a thread that "
		       "writes without pause")
{
	struct mos_region region = make_page();
	struct torture t = {.page = region.base, .n_wanted = 3000000, .n_running = 2};
	struct mos_clock
		c[64]; /* made before: a copy is overwritten two writes later, so these must be quick */
	pthread_t threads[2];
	uint64_t n = 1;

	alarm(100); /* also if the test runner is gone */
	for (uint64_t i = 0; i < 64; i++)
		c[i] = nth_clock(i);
	mos_clock_publish(t.page, &c[0]);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_until_done, &t), 0);
	while (__atomic_load_n(&t.n_running, __ATOMIC_ACQUIRE) > 0)
		mos_clock_publish(t.page, &c[n++ % 64]);
	for (int i = 0; i < 2; i++) {
		void *bad;

		pthread_join(threads[i], &bad);
		cr_assert_null(bad, "%lu mixed copies", (unsigned long)(uintptr_t)bad);
	}
	cr_assert_gt(n, 1000);
	mos_region_finish(&region);
}

static int64_t tick_after(const struct mos_clock *c, int64_t ns)
{
	return mos_clock_tick_at(c, c->time_ns + ns, NULL);
}

Test(shm_clock, tick_by_hand,
	.description = "TIM-07: at 120 BPM a second is 1,920 ticks, and the fraction is exact")
{
	struct mos_clock c = rolling();
	uint32_t frac;

	c.frame_ps = 0; /* no measured rate: nominal */
	cr_assert_eq(mos_clock_tick_at(&c, c.time_ns, &frac), 10000);
	cr_assert_eq(frac, 0);
	cr_assert_eq(tick_after(&c, NS_PER_S), 11920);
	cr_assert_eq(tick_after(&c, NS_PER_S / 2), 10960);
	cr_assert_eq(tick_after(&c, 520833), 10000);
	cr_assert_eq(tick_after(&c, 520834), 10001);
	cr_assert_eq(mos_clock_tick_at(&c, c.time_ns + 260416, &frac), 10000);
	cr_assert_eq(frac, (uint32_t)(260416 * INT64_C(960) * (INT64_C(1) << 32) / 500000000));
	cr_assert_eq(mos_clock_tick_at(&c, c.time_ns - 1, &frac), 9999,
		"before the anchor the position is earlier");
	cr_assert_geq(frac, UINT32_MAX - 8500);
	c.tick_frac = UINT32_MAX;
	cr_assert_eq(tick_after(&c, 0), 10000);
	cr_assert_eq(tick_after(&c, 1), 10001, "the anchor's fraction counts");
}

Test(shm_clock, bounds,
	.description = "Extrapolation ends after a second; a page that stands still gives its anchor")
{
	struct mos_clock c = rolling();
	uint32_t frac;

	c.frame_ps = 0;
	cr_assert_eq(tick_after(&c, 5 * NS_PER_S), 11920);
	cr_assert_eq(tick_after(&c, INT64_MAX - c.time_ns), 11920);
	cr_assert_eq(mos_clock_tick_at(&c, INT64_MIN, NULL), 10000 - 1920);
	cr_assert_eq(mos_clock_frame_at(&c, c.time_ns + NS_PER_S), 48000, "no rate measured");
	c.flags &= ~MOS_CLOCK_ROLLING;
	c.tick_frac = 77;
	cr_assert_eq(mos_clock_tick_at(&c, c.time_ns + NS_PER_S, &frac), 10000);
	cr_assert_eq(frac, 77);
	c.flags |= MOS_CLOCK_ROLLING;
	c.ns_per_quarter = 0;
	cr_assert_eq(tick_after(&c, NS_PER_S), 10000);
}

Test(shm_clock, measured_rate,
	.description = "KRO-01: the position follows the device's frames, not the system's seconds")
{
	struct mos_clock c = rolling();

	c.frame_ps = 20833333 + 4167; /* 200 ppm slow */
	for (int64_t ns = 0; ns <= NS_PER_S; ns += 999983) {
		long double frames = (long double)ns * 1000 / (long double)c.frame_ps;
		long double want = 10000 + frames / 48000 * 1920;
		uint32_t frac;
		int64_t tick = mos_clock_tick_at(&c, c.time_ns + ns, &frac);

		cr_assert_lt(fabsl((long double)tick + frac / 4294967296.0L - want), 1e-4L);
		cr_assert_lt(
			fabsl((long double)mos_clock_frame_at(&c, c.time_ns + ns) - 48000 - floorl(frames)),
			1.0L);
	}
	cr_assert_eq(mos_clock_frame_at(&c, c.time_ns - 1), 47999);
	cr_assert_eq(mos_clock_frame_at(&c, c.time_ns + 20837499), 48999);
	cr_assert_eq(mos_clock_frame_at(&c, c.time_ns + 20837500), 49000);
	c.frame = 10;
	cr_assert_eq(mos_clock_frame_at(&c, c.time_ns - NS_PER_S), 0, "no frame is before the first");
}

Test(shm_clock, loop, .description = "KRO-20: after the loop's end the position goes on at its start")
{
	struct mos_clock c = rolling();

	c.frame_ps = 0;
	c.flags |= MOS_CLOCK_LOOP;
	c.loop_start_tick = 9500;
	c.loop_end_tick = 10960;
	cr_assert_eq(tick_after(&c, NS_PER_S / 2 - 1), 10959);
	cr_assert_eq(tick_after(&c, NS_PER_S / 2), 9500);
	cr_assert_eq(tick_after(&c, NS_PER_S), 9500 + 960);
	c.loop_start_tick = 10950; /* ten ticks: wraps many times in a second */
	for (int64_t ns = 0; ns < NS_PER_S; ns += 520833) {
		int64_t ticks = 10000 + ns * 1920 / NS_PER_S;

		cr_assert_eq(tick_after(&c, ns), ticks < 10960 ? ticks : 10950 + (ticks - 10950) % 10);
	}
	c.tick = 10960; /* started behind the loop: never enters it */
	cr_assert_eq(tick_after(&c, NS_PER_S), 10960 + 1920);
	c.tick = 10000;
	c.loop_end_tick = c.loop_start_tick;
	cr_assert_eq(tick_after(&c, NS_PER_S), 11920, "an empty loop is none");
}

Test(shm_clock, never_back,
	.description = "TIM-01: the position never steps back as time goes on, across the anchor as well")
{
	struct mos_clock c = rolling();
	uint64_t rng = 7;

	for (int round = 0; round < 200; round++) {
		int64_t before = INT64_MIN;
		uint32_t frac_before = 0;

		rng = rng * 6364136223846793005 + 1442695040888963407;
		c.ns_per_quarter = 200000000 + rng % 59800000000;
		c.frame_ps = 20830000 + rng % 6667;
		c.tick_frac = (uint32_t)rng;
		for (int64_t ns = -3000; ns < 3000; ns += 1 + (int64_t)(rng >> 62)) {
			uint32_t frac;
			int64_t tick = mos_clock_tick_at(&c, c.time_ns + ns, &frac);

			cr_assert(tick > before || (tick == before && frac >= frac_before));
			before = tick;
			frac_before = frac;
		}
	}
}

Test(shm_clock, garbage,
	.description = "A copy full of nonsense gives some number and no undefined behaviour")
{
	uint64_t rng = 9;

	for (int i = 0; i < 100000; i++) {
		uint64_t word[sizeof(struct mos_clock) / 8];
		struct mos_clock c;

		for (size_t w = 0; w < sizeof(c) / 8; w++) {
			rng = rng * 6364136223846793005 + 1442695040888963407;
			word[w] = rng >> (rng >> 59);
			if ((rng >> 40) % 7 == 0)
				word[w] = -(rng >> 60);
		}
		memcpy(&c, word, sizeof(c));
		c.flags |= MOS_CLOCK_ROLLING;
		(void)mos_clock_tick_at(&c, (int64_t)rng, NULL);
		(void)mos_clock_tick_at(&c, c.time_ns, NULL);
		(void)mos_clock_frame_at(&c, (int64_t)-rng);
	}
}

Test(shm_clock, state_names, .description = "KRO-03: these six states and no other")
{
	static const char *const names[] = {"idle", "loading", "ready", "playing", "paused", "stopped"};

	cr_assert_eq(MOS_TRANSPORT_N_STATES, 6);
	for (uint32_t i = 0; i < 6; i++)
		cr_assert_str_eq(mos_transport_state_name(i), names[i]);
	cr_assert_str_eq(mos_transport_state_name(6), "?");
	cr_assert_str_eq(mos_transport_state_name(UINT32_MAX), "?");
}

#define N_PROCESSES 32
#define N_INSTANTS 500
#define QUANTUM_NS 2666667

struct lockstep {
	int n_done;
	int64_t tick[N_PROCESSES][N_INSTANTS];
};

static int64_t instant_ns(int i)
{
	return 100 * NS_PER_S + i * INT64_C(123457);
}

/** A reader process: its own read-only mapping, whatever page it happens to see. */
static int compute_ticks(int page_fd, int64_t *tick)
{
	struct mos_region region;
	struct mos_clock c;

	if (mos_region_attach(page_fd, MOS_MAGIC_CLOCK, MOS_CLOCK_ABI_MAJOR, sizeof(struct mos_clock_page), 0,
		    &region, NULL) < 0)
		return 1;
	for (int i = 0; i < N_INSTANTS; i++) {
		while (mos_clock_read(region.base, &c) < 0)
			;
		tick[i] = mos_clock_tick_at(&c, instant_ns(i), NULL);
	}
	return 0;
}

Test(shm_clock, KRO_25_lockstep, .timeout = 120,
	.description = "KRO-25: 32 processes compute the same tick for one instant, within 1 tick, from "
		       "pages written meanwhile")
{
	struct mos_region region = make_page();
	struct lockstep *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct mos_clock c = rolling();
	pid_t pids[N_PROCESSES];

	alarm(100); /* also if the test runner is gone */
	cr_assert_neq(shared, MAP_FAILED);
	c.frame_ps = 20833333;
	c.time_ns = 100 * NS_PER_S;
	c.tick = 0;
	mos_clock_publish(region.base, &c);
	for (int p = 0; p < N_PROCESSES; p++) {
		pids[p] = fork();
		cr_assert_geq(pids[p], 0);
		if (pids[p] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			int failed = compute_ticks(region.fd, shared->tick[p]);

			__atomic_fetch_add(&shared->n_done, 1, __ATOMIC_RELEASE);
			_exit(failed);
		}
	}
	/* Anchors all over half a second of the ideal line of 120 BPM, until everybody is done. */
	for (int64_t k = 0; __atomic_load_n(&shared->n_done, __ATOMIC_ACQUIRE) < N_PROCESSES; k++) {
		int64_t ns = k % 187 * QUANTUM_NS;
		__int128 pos = (__int128)ns * 960 * (INT64_C(1) << 32) / (int64_t)NPQ_120;

		c.time_ns = 100 * NS_PER_S + ns;
		c.tick = (int64_t)(pos >> 32);
		c.tick_frac = (uint32_t)pos;
		c.cycle++;
		mos_clock_publish(region.base, &c);
	}
	for (int p = 0; p < N_PROCESSES; p++) {
		int status;

		cr_assert_eq(waitpid(pids[p], &status, 0), pids[p]);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a reader could not attach");
	}
	for (int i = 0; i < N_INSTANTS; i++) {
		int64_t ideal = i * INT64_C(123457) * 960 / (int64_t)NPQ_120;

		for (int p = 0; p < N_PROCESSES; p++)
			cr_assert_leq(llabs(shared->tick[p][i] - ideal), 1,
				"process %d at instant %d: %ld, ideal %ld", p, i, shared->tick[p][i], ideal);
	}
	munmap(shared, sizeof(*shared));
	mos_region_finish(&region);
}
