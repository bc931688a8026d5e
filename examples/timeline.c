/* SPDX-License-Identifier: MIT */
/* A timeline: bar, beat and a ruler that fills, 60 times a second while the music plays, and asleep while it
 * does not. */
#include <err.h>
#include <mos/client.h>
#include <stdio.h>
#include <stdlib.h>

#define RULER 32

static void draw(const struct mos_place *place)
{
	char ruler[RULER + 1];
	const int at = (int)(place->bar_position * RULER);

	for (int i = 0; i < RULER; i++)
		ruler[i] = i <= at ? '=' : '.';
	ruler[RULER] = '\0';
	printf("\r%-8s %4u.%u [%s] %6.1f BPM ", mos_transport_state_name(place->now.clock.state),
		place->now.bar, place->now.beat, ruler, place->now.bpm);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct mos_place place = {0}; /* the first one comes at once */
	struct mos_error error;
	int bars = argc > 1 ? atoi(argv[1]) : 4, rc = 0;
	unsigned places = 0;
	struct mos_client *client;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	while (bars > 0 && (rc = mos_place_next(client, 60, &place, -1)) == 0) {
		draw(&place);
		places++;
		/* What is dear to draw is drawn only when it is another. */
		if (place.changed & MOS_PLACE_BAR)
			bars--;
	}
	printf("\n%u places\n", places);
	if (rc < 0)
		fprintf(stderr, "%s\n", mos_client_error(client)->message);
	mos_client_destroy(client);
	return rc < 0;
}
