/* SPDX-License-Identifier: MIT */
/* Hear what MOS plays: levels of the last tenth of a second, five times. */
#include <err.h>
#include <errno.h>
#include <math.h>
#include <mos/audio_tap.h>
#include <mos/client.h>
#include <mos/control.h>
#include <stdio.h>
#include <time.h>

int main(void)
{
	struct mos_error error;
	struct mos_audio_reader audio;
	struct mos_client *client;
	static float sample[9600];
	int rc;

	if (mos_client_create(NULL, &client, &error) < 0)
		errx(1, "%s; %s", error.message, error.hint);
	rc = mos_client_audio(client, &audio);
	if (rc < 0) {
		fprintf(stderr, "%s\n", rc == -EACCES ? "audio.in was not granted" : "no audio");
		return 1;
	}
	mos_note_play(client, "A4", "1s", 1.0);
	for (int i = 0; i < 5; i++) {
		double peak = 0;
		int n;

		nanosleep(&(struct timespec){.tv_nsec = 100'000'000}, NULL);
		/* Frames are numbered: audio.next_frame says when the first one that we get was heard. */
		while ((n = mos_audio_read(&audio, MOS_TAP_OUT_L, sample, 9600)) != 0) {
			for (int s = 0; s < n; s++)
				peak = fmax(peak, fabs(sample[s]));
		}
		printf("%5.1f dB  %.*s\n", peak > 0 ? 20 * log10(peak) : -120.0, (int)(peak * 60),
			"############################################################");
		fflush(stdout);
	}
	mos_client_destroy(client);
	return 0;
}
