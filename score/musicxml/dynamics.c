/* SPDX-License-Identifier: MIT */
#include "dynamics.h"

#include <string.h>

void mx_dynamic_velocity(const char *text, uint8_t *here, uint8_t *after)
{
	static const struct {
		const char *text;
		uint8_t here, after;
	} marks[] = {
		{"n", 1, 1},
		{"pppppp", 2, 2},
		{"ppppp", 5, 5},
		{"pppp", 10, 10},
		{"ppp", 16, 16},
		{"pp", 33, 33},
		{"p", 49, 49},
		{"mp", 64, 64},
		{"mf", 80, 80},
		{"f", 96, 96},
		{"ff", 112, 112},
		{"fff", 120, 120},
		{"ffff", 124, 124},
		{"fffff", 126, 126},
		{"ffffff", 127, 127},
		{"fp", 96, 49},
		{"pf", 49, 96},
		{"sf", 112, 0},
		{"sfz", 112, 0},
		{"fz", 112, 0},
		{"rf", 112, 0},
		{"rfz", 112, 0},
		{"sffz", 124, 0},
		{"sfp", 112, 49},
		{"sfpp", 112, 33},
		{"sfzp", 112, 49},
	};
	*here = *after = 0;
	for (unsigned i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		if (strcmp(text, marks[i].text) == 0) {
			*here = marks[i].here;
			*after = marks[i].after;
			return;
		}
	}
}
