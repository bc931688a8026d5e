# SPDX-License-Identifier: MIT
"""The transport, as methods."""


class Transport:
    """client.transport.play() and so on; each returns where the transport is, as a dict."""

    def __init__(self, client):
        self._client = client

    def play(self, count_in: int = 0, restart: bool = False) -> dict:
        """count_in: bars."""
        return self._client.call("kronos.transport.play", count_in=count_in, restart=restart)

    def pause(self) -> dict:
        return self._client.call("kronos.transport.pause")

    def stop(self) -> dict:
        """And back to the start."""
        return self._client.call("kronos.transport.stop")

    def toggle(self) -> dict:
        return self._client.call("kronos.transport.toggle")

    def restart(self) -> dict:
        return self._client.call("kronos.transport.restart")

    def seek(self, *, ticks: int | None = None, beats: float | None = None, bar: int | None = None,
             beat: int | None = None, tick: int | None = None) -> dict:
        """Go to `ticks`, or `beats` (quarters from the start), or `bar` with `beat` and `tick`, as people count."""
        place = {"ticks": ticks, "beats": beats, "bar": bar, "beat": beat, "tick": tick}
        return self._client.call("kronos.transport.seek", {k: v for k, v in place.items() if v is not None})

    def tempo(self, bpm: float | None = None, *, percent: float | None = None) -> dict:
        """Quarters a minute (1 to 300), or percent of what is written; neither: as written."""
        if bpm is not None:
            return self._client.call("kronos.tempo.set", bpm=bpm)
        if percent is not None:
            return self._client.call("kronos.tempo.set", percent=percent)
        return self._client.call("kronos.tempo.set", score=True)

    def loop(self, from_bar: int, to_bar: int) -> dict:
        """Repeat bars, both included."""
        return self._client.call("kronos.loop.set", from_bar=from_bar, to_bar=to_bar)

    def unloop(self) -> dict:
        return self._client.call("kronos.loop.clear")

    def metronome(self, on: bool, gain_db: float | None = None) -> dict:
        more = {} if gain_db is None else {"gain_db": gain_db}
        return self._client.call("kronos.metronome.set", on=on, **more)

    def position(self) -> dict:
        return self._client.call("kronos.position.get")
