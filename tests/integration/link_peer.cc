// SPDX-License-Identifier: MIT
// A peer of Ableton's own Link, for the tests: says every 100 ms where it is, does what it reads.
#include <ableton/Link.hpp>

#include <cstdio>
#include <cstring>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static long long monotonic_ns()
{
	timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int main(int argc, char **argv)
{
	ableton::Link link(argc > 1 ? atof(argv[1]) : 120.);
	char line[128];

	setvbuf(stdout, nullptr, _IOLBF, 0);
	link.enableStartStopSync(true);
	link.enable(true);
	for (;;) {
		pollfd p = {0, POLLIN, 0};

		if (poll(&p, 1, 100) > 0) {
			double bpm;

			if (!fgets(line, sizeof(line), stdin) || !strncmp(line, "quit", 4))
				return 0;
			auto state = link.captureAppSessionState();
			if (sscanf(line, "tempo %lf", &bpm) == 1)
				state.setTempo(bpm, link.clock().micros());
			else if (!strncmp(line, "start", 5))
				state.setIsPlaying(true, link.clock().micros());
			else if (!strncmp(line, "stop", 4))
				state.setIsPlaying(false, link.clock().micros());
			link.commitAppSessionState(state);
		}
		auto state = link.captureAppSessionState();
		auto before = monotonic_ns();
		auto now = link.clock().micros();
		auto at = (before + monotonic_ns()) / 2;

		printf("%lld %zu %.6f %.6f %d\n", at, link.numPeers(), state.tempo(), state.phaseAtTime(now, 4.),
			state.isPlaying() ? 1 : 0);
	}
}
