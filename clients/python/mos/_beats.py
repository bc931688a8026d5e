# SPDX-License-Identifier: MIT
"""From beat to beat."""
import time

from ._records import Clock

_LOOK = 0.1  # seconds: the transport may stop, jump or change its tempo meanwhile
_PPQ = 960


def _next(now, last):
    """(where the next beat is, by which tick one gets there). They differ at the end of a loop: it is never reached,
    the loop's start comes in its place."""
    clock = now.clock
    length = 4 * _PPQ // (clock.meter_den or 4)
    beat = clock.next_beat_tick
    for _ in range(2):
        place, by = beat, beat
        if clock.flags & Clock.LOOP and now.tick < clock.loop_end_tick <= beat:
            place, by = clock.loop_start_tick, clock.loop_end_tick
        if place != last or now.tick < place - length // 2:
            break
        beat = place + length  # the page is not that far yet: this one has been told
    return place, by


def beats(client):
    """Yield a Now at each beat, for ever."""
    last = None  # where the beat began that was told
    while True:
        now = client.now()
        if not now.rolling:
            last = None
        place, by = _next(now, last)
        if by == place:
            woken = client.wait_tick(by, _LOOK)
        else:
            woken = client.wait_tick(by - 1, _LOOK)
            if woken:
                time.sleep(now.clock.ns_per_quarter / _PPQ / 1e9)
        now = client.now()
        if not now.rolling or now.clock.flags & Clock.COUNT_IN:
            continue
        start = now.tick - now.beat_tick
        late = now.beat_tick * now.clock.ns_per_quarter / _PPQ / 1e9
        # The transport may have jumped onto another beat than the one that was waited for.
        if (woken and start == place) or (last is not None and start != last and late < _LOOK):
            last = start
            yield now
