/* SPDX-License-Identifier: MIT */
/* Load a score and steer it: tempo, loop, seek, play, pause, stop. */
#include <err.h>
#include <mos/client.h>
#include <mos/control.h>
#include <stdio.h>

static int tell(struct mos_client *client, const char *what, int rc)
{
	struct mos_now now;

	if (rc < 0)
		fprintf(stderr, "%s: %s\n", what, mos_client_error(client)->message);
	else if (mos_clock_now(client, &now) == 0)
		printf("%-8s %-8s bar %u, %.0f BPM\n", what, mos_transport_state_name(now.clock.state),
			now.bar, now.bpm);
	return rc < 0;
}

int main(int argc, char **argv)
{
	struct mos_client *client;
	struct mos_error error;
	int failed = 0;

	if (argc < 2)
		errx(2, "usage: transport FILE.mid");
	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	failed |= tell(client, "load", mos_score_load(client, argv[1], NULL));
	failed |= tell(client, "tempo", mos_tempo_set_bpm(client, 90, NULL));
	failed |= tell(client, "loop", mos_loop_set_bars(client, 1, 2));
	failed |= tell(client, "play", mos_transport_play(client, /* count_in_bars= */ 0));
	failed |= tell(client, "seek", mos_transport_seek_bar(client, 2, 1, 0));
	failed |= tell(client, "pause", mos_transport_pause(client));
	failed |= tell(client, "unloop", mos_loop_clear(client));
	failed |= tell(client, "stop", mos_transport_stop(client));
	mos_client_destroy(client);
	return failed;
}
