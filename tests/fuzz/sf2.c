/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a sound font: refused with a place and a reason, or a bank in which every index leads
 * somewhere and every key's zones are its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "load.h"

static void check_list(const struct bank *b, const struct preset *p)
{
	FUZZ_CHECK(p->program <= 127 && memchr(p->name, 0, sizeof(p->name)));
	for (uint32_t key = 0; key <= 128; key++) {
		FUZZ_CHECK(p->by_key[key] <= p->by_key[key + 1] && p->by_key[key + 1] <= b->n_list);
		for (uint32_t i = p->by_key[key]; i < p->by_key[key + 1]; i++) {
			FUZZ_CHECK(b->zone_list[i] < b->n_zones);
			FUZZ_CHECK(key == 128 || (b->zone[b->zone_list[i]].key_lo <= key &&
							 key <= b->zone[b->zone_list[i]].key_hi));
		}
	}
}

static void check_zone(const struct bank *b, const struct zone *z)
{
	FUZZ_CHECK(z->flavour == ZONE_SF2 && z->sample < b->n_samples);
	FUZZ_CHECK(z->start < z->end && z->end <= b->sample[z->sample].n_frames);
	if (z->loop != ZONE_LOOP_NONE)
		FUZZ_CHECK(z->loop_start + 2 <= z->loop_end && z->loop_end <= b->sample[z->sample].n_frames);
	FUZZ_CHECK(z->mod + z->n_mods <= b->n_mods && z->n_mods <= 68);
	for (uint32_t i = 0; i < ZP_COUNT; i++)
		FUZZ_CHECK(isfinite(z->param[i]) || i == ZP_BEND_UP || i == ZP_BEND_DOWN);
}

static void check_bank(const struct bank *b)
{
	FUZZ_CHECK(b->n_zones > 0);
	for (uint32_t i = 0; i < b->n_zones; i++)
		check_zone(b, &b->zone[i]);
	for (uint32_t i = 0; i < b->n_presets; i++) {
		check_list(b, &b->preset[i]);
		FUZZ_CHECK(i == 0 || b->preset[i - 1].bank < b->preset[i].bank ||
			   (b->preset[i - 1].bank == b->preset[i].bank &&
				   b->preset[i - 1].program <= b->preset[i].program));
	}
	for (uint32_t i = 0; i < b->n_mods; i++)
		FUZZ_CHECK(b->mod[i].param < ZP_COUNT && isfinite(b->mod[i].amount));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store *store;
	static struct load_report report;
	struct bank *bank = NULL;
	char path[64], error[256] = "";
	const int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (!store)
		store = store_create(&(struct store_options){0});
	FUZZ_CHECK(store && fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	const int r =
		load_sf2(path, &(struct load_options){.store = store}, &bank, &report, error, sizeof(error));
	FUZZ_CHECK(r == 0 || r == -EINVAL || r == -EFBIG || r == -ENOMEM || r == -EIO);
	FUZZ_CHECK((r == 0) == (bank != NULL) && (r == 0) == (error[0] == 0));
	for (uint32_t i = 0; i < report.n_notes && i < LOAD_NOTES; i++)
		FUZZ_CHECK(strncmp(report.note[i], "byte ", 5) == 0 &&
			   memchr(report.note[i], 0, sizeof(report.note[i])));
	if (bank) {
		check_bank(bank);
		bank->destroy(bank);
	}
	close(fd);
	return 0;
}
