/* SPDX-License-Identifier: MIT */
#include <mos/clave.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct clave {
	const char *name;
	uint8_t n;
	uint8_t step[2][MOS_CLAVE_STROKES_MAX]; /* grid 16, grid 8 */
};

static const struct clave claves[] = {
	{"son_2_3", 5, {{4, 8, 16, 22, 28}, {2, 4, 8, 11, 14}}},
	{"son_3_2", 5, {{0, 6, 12, 20, 24}, {0, 3, 6, 10, 12}}},
	{"rumba_2_3", 5, {{4, 8, 16, 22, 30}, {2, 4, 8, 11, 15}}},
	{"rumba_3_2", 5, {{0, 6, 14, 20, 24}, {0, 3, 7, 10, 12}}},
	{"ref_son_2_3", 6, {{0, 6, 10, 16, 22, 26}, {0, 3, 5, 8, 11, 13}}},
	{"ref_son_3_2", 5, {{0, 6, 10, 16, 22}, {0, 3, 5, 8, 11}}},
};
static constexpr uint32_t n_claves = sizeof(claves) / sizeof(claves[0]);

int mos_clave_steps(const char *name, uint32_t grid, uint8_t ret[MOS_CLAVE_STROKES_MAX])
{
	if (!name || (grid != 8 && grid != 16))
		return -EINVAL;
	for (uint32_t i = 0; i < n_claves; i++) {
		if (strcmp(claves[i].name, name) != 0)
			continue;
		memcpy(ret, claves[i].step[grid == 8], claves[i].n);
		return claves[i].n;
	}
	return -EINVAL;
}

const char *mos_clave_name(uint32_t i)
{
	return i < n_claves ? claves[i].name : NULL;
}
