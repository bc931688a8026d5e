/* SPDX-License-Identifier: MIT */
/* What is too big for an event or a call, and the figures of the bus. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <mos/client.h>

#include "fake_broker.h"

#define TEN_MB (10u << 20)

static struct fake fake;
static struct mos_client *client;

static void setup(void)
{
	fake_init(&fake);
	cr_assert_eq(mos_client_create(&(struct mos_client_options){.name = "test", .runtime_dir = fake.dir},
			     &client, NULL),
		0);
}

static void teardown(void)
{
	mos_client_destroy(client);
	fake_finish(&fake);
}

TestSuite(libmos_data, .init = setup, .fini = teardown, .timeout = 60);

Test(libmos_data, ten_megabytes,
	.description = "EVT-19 E2.4.4.8: 10 MB as a parameter are refused with the limit named; shared by "
		       "reference they pass")
{
	char *bytes = malloc(TEN_MB + 1);
	const void *got = NULL;
	uint64_t id = 0;
	size_t n = 0;
	int rc;

	memset(bytes, 'x', TEN_MB);
	bytes[TEN_MB] = '\0';
	rc = mos_call(client, "kronos.test.x", MOS_ARGS(mos_str("payload", bytes)), NULL);
	cr_expect_eq(rc, -EMSGSIZE);
	cr_expect(strstr(mos_client_error(client)->message, "65536 bytes"), "%s",
		mos_client_error(client)->message);
	cr_expect(strstr(mos_client_error(client)->hint, "mos_data_share"));
	for (uint32_t i = 0; i < TEN_MB; i++)
		bytes[i] = (char)(i * 2654435761u >> 24);
	cr_assert_eq(mos_data_share(client, "noise", bytes, TEN_MB, &id), 0, "%s",
		mos_client_error(client)->message);
	cr_assert_eq(mos_data_get(client, id, &got, &n), 0, "%s", mos_client_error(client)->message);
	cr_assert_eq(n, TEN_MB);
	cr_expect_eq(memcmp(got, bytes, n), 0);
	mos_data_release(got, n);
	cr_expect_eq(fcntl(fake.data_fd[0], F_GET_SEALS) & (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
		F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW, "nobody can change it any more");
	free(bytes);
}

Test(libmos_data, limits)
{
	static const char kind16[] = "sixteen-bytes-ok";
	uint64_t id;
	char *much =
		mmap(NULL, MOS_DATA_MAX + 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	cr_assert_neq(much, MAP_FAILED);
	cr_expect_eq(mos_data_share(client, "much", much, MOS_DATA_MAX + 1, &id), -EFBIG);
	cr_expect_str_eq(mos_client_error(client)->code, "client.data.limit");
	cr_expect(strstr(mos_client_error(client)->message, "67108864"), "the limit is named");
	cr_expect_eq(mos_data_share(client, "", "x", 1, &id), -EINVAL);
	cr_expect_eq(mos_data_share(client, NULL, "x", 1, &id), -EINVAL);
	cr_expect_eq(mos_data_share(client, kind16, "x", 1, &id), -EINVAL);
	cr_expect_eq(mos_data_share(client, kind16 + 1, "x", 1, NULL), 0);
	cr_expect_eq(mos_data_share(client, "none", "x", 0, &id), -EINVAL);
	(void)munmap(much, MOS_DATA_MAX + 1);
}

Test(libmos_data, what_is_no_sealed_data_is_not_mapped)
{
	const void *got;
	size_t n;
	int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_eq(ftruncate(fd, 4096), 0);
	fake.data_fd[fake.n_data++] = fd;
	cr_expect_eq(mos_data_get(client, 1, &got, &n), -EPROTO, "its owner could cut it off below us");
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	cr_expect_eq(mos_data_get(client, 1, &got, &n), -EPROTO, "its owner could change it");
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), 0);
	cr_expect_eq(mos_data_get(client, 1, &got, &n), 0);
	mos_data_release(got, n);
	cr_expect_eq(mos_data_get(client, 99, &got, &n), -ENOENT);
	cr_expect_str_eq(mos_client_error(client)->code, "broker.data.absent");
	mos_data_release(NULL, 0);
}

static int metrics(struct fake *f, int sock, struct wire_in *in, struct wire_out *out)
{
	char type[32] = "";

	if (strcmp(in->method, "broker.events.metrics"))
		return -1;
	(void)wire_get_str(in->params, "type", type, sizeof(type));
	wire_begin_result(out, in->id);
	wire_open_array(out, "types");
	if (!strcmp(type, "metronome:beat")) {
		wire_open_map(out, NULL);
		wire_put_str(out, "type", type);
		wire_put_i64(out, "count", 1000);
		wire_put_f64(out, "rate_hz", 2.5);
		wire_put_i64(out, "refused", 1);
		wire_put_i64(out, "coalesced", 2);
		wire_put_i64(out, "delivered", 3000);
		wire_put_i64(out, "lost", 4);
		wire_put_u64(out, "subscribers", UINT64_MAX);
		wire_put_i64(out, "n_sampled", 63);
		wire_put_i64(out, "p50_ns", 8000);
		wire_put_i64(out, "p99_ns", 60000);
		wire_close(out);
	}
	return FAKE_SEND;
}

Test(libmos_data, metrics,
	.description = "EVT-10: the figures of a type as the broker gives them; none for an unknown type")
{
	struct mos_event_metrics m = {0};

	fake.handle = metrics;
	cr_assert_eq(mos_events_metrics(client, MOS_EVENT_METRONOME_BEAT, &m), 0);
	cr_expect_eq(m.count, 1000);
	cr_expect_eq(m.rate_hz, 2.5);
	cr_expect_eq(m.refused, 1);
	cr_expect_eq(m.coalesced, 2);
	cr_expect_eq(m.delivered, 3000);
	cr_expect_eq(m.lost, 4);
	cr_expect_eq(m.subscribers, UINT32_MAX, "more than fit");
	cr_expect_eq(m.n_sampled, 63);
	cr_expect_eq(m.p50_ns, 8000);
	cr_expect_eq(m.p99_ns, 60000);
	cr_expect_eq(mos_events_metrics(client, 0x7777, &m), -ENOENT);
	cr_expect_eq(
		mos_events_metrics(client, MOS_EVENT_MIDI_NOTEON, &m), -EPROTO, "an answer without figures");
}
