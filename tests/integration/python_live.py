#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Python package against the whole system; runs inside mos-session."""
import asyncio
import gc
import itertools
import logging
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings

import mos
import tap
from tap import until

try:
    from numpy import float32, int64
except ImportError:
    float32, int64 = float, int

EXAMPLES = os.environ["EXAMPLES_SOURCE"]
logging.getLogger("mos").addHandler(logging.NullHandler())
logging.getLogger("mos").propagate = False


def heard(client, name, want, seconds=10):
    """Events of a type until `want` of them came."""
    events = []
    end = time.monotonic() + seconds
    while len(events) < want and time.monotonic() < end:
        event = client.next_event()
        if event is None:
            client.wait(0.5)
        elif event.name == name:
            events.append(event)
    return events


class Bus(tap.Live):
    def test_emit_lanes(self):
        """EVT-07 emit(event, immediate) from Python: both lanes, in order, with every field"""
        with mos.Client("teller") as teller, mos.Client("hearer") as hearer:
            for lane in (False, True):
                for i in range(10):
                    teller.emit("chord:detected", immediate=lane, symbol=f"C{i}", root=0, bass=4,
                                pitch_classes=0b10010001, key_tonic=5, confidence=200)
                events = heard(hearer, "chord:detected", 10)
                self.assertEqual([event.payload.symbol for event in events], [f"C{i}" for i in range(10)])
                for event in events:
                    self.assertEqual(event.source, teller.info.slot)
                    self.assertEqual(event.immediate, lane)
                    self.assertEqual((event.payload.bass, event.payload.pitch_classes), (4, 0b10010001))

    def test_emit_refused(self):
        """EVT-05 a field out of its range, a wrong payload or name is refused here"""
        with mos.Client("teller") as client:
            with self.assertRaises(ValueError):
                client.emit("chord:detected", root=12)
            with self.assertRaises(TypeError):
                client.emit("chord:detected", mos.Note(key=1))
            with self.assertRaises(TypeError):
                client.emit("chord:detected", roots=1)
            with self.assertRaises(ValueError):
                client.emit("chord:nothing")

    def test_nine_types(self):
        """EVT-11 each of the nine types is emitted and received in Python"""
        fields = {"midi:noteon": {"key": 60, "velocity": 30000, "part": 0xFFFF},
                  "midi:noteoff": {"key": 60, "part": 0xFFFF},
                  "midi:snapshot": {"keys": [1 << 60, 0], "n_keys": 1, "string": [255] * 6, "sustain": 64},
                  "chord:detected": {"symbol": "Am7", "root": 9, "bass": 9, "key_tonic": 255},
                  "braid:highlight": {"roman": "vi7", "symbol": "Am7", "key_tonic": 0},
                  "rocky:feedback": {"kind": 0, "message": "well done"},
                  "rocky:highlight": {"kind": 4, "keys": [0, 3]},
                  "metronome:beat": {"meter_num": 4, "meter_den": 4, "ns_per_quarter": 500_000_000, "step": 3,
                                     "n_steps": 8},
                  "metronome:pattern": {"n_steps": 8, "n_pulses": 3, "onset": [0b01001001, 0], "flags": 1}}
        with mos.Client("teller") as client:
            for name, values in fields.items():
                with self.subTest(name=name):
                    client.emit(name, immediate=True, **values)
                    event = next(e for e in heard_of(client, name) if e.source == client.info.slot)
                    for key, value in values.items():
                        got = getattr(event.payload, key)
                        if name.startswith("midi:note"):
                            continue  # a note is moved to the live group
                        self.assertEqual(list(got) if hasattr(got, "_length_") else got, value, key)

    def test_listeners(self):
        """EVT-08 on() by type and wildcard, the same listener twice, off() inside a handler; off(type, listener)"""
        with mos.Client("listener") as client:
            calls = []

            def handler(event):
                calls.append(event.payload.message)

            def once(event):
                calls.append("once")
                registration.off()

            client.on("rocky:feedback", handler)
            client.on("rocky:feedback", handler)
            registration = client.on("rocky:feedback", once)
            wild = client.on(None, lambda event: event.name == "rocky:feedback" and calls.append("any"))
            for text in ("a", "b"):
                client.emit("rocky:feedback", immediate=True, message=text)
            until(lambda: (client.dispatch(0.2), calls.count("any") == 2)[1])
            self.assertEqual(calls, ["a", "a", "once", "any", "b", "b", "any"])
            wild.off()
            self.assertEqual(client.off("rocky:feedback", handler), 2)
            self.assertEqual(client.off("rocky:feedback", handler), 0)

    def test_remove_all(self):
        """EVT-09 remove_all_listeners() is for the caller only; others hear on"""
        with mos.Client("one") as one, mos.Client("other") as other:
            calls = []
            one.on("rocky:feedback", lambda event: calls.append("one"))
            other.on("rocky:feedback", lambda event: calls.append("other"))
            one.remove_all_listeners()
            one.emit("rocky:feedback", immediate=True, message="x")
            until(lambda: (other.dispatch(0.2), "other" in calls)[1])
            one.dispatch(0)
            self.assertEqual(calls, ["other"])

    def test_failing_handler(self):
        """EVT-06 E2.4.4.9: a handler that raises harms only itself"""
        with mos.Client("listener") as client:
            calls = []
            client.on("rocky:feedback", lambda event: 1 / 0)
            client.on("rocky:feedback", lambda event: calls.append(event.seq))
            for _ in range(3):
                client.emit("rocky:feedback", immediate=True, message="x")
            until(lambda: (client.dispatch(0.2), len(calls) == 3)[1])

    def test_interrupt(self):
        """Ctrl-C ends a wait without end, and a handler that it hits"""
        with mos.Client("listener") as client:
            client.select("widget:state")
            timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with self.assertRaises(KeyboardInterrupt):
                for _ in client.events("widget:state"):
                    pass
            timer.join()

            def stop(event):
                raise KeyboardInterrupt

            client.on("rocky:feedback", stop)
            client.emit("rocky:feedback", immediate=True, message="x")
            with self.assertRaises(KeyboardInterrupt):
                until(lambda: client.dispatch(0.2) < 0)

    def test_circle(self):
        """EVT-18 E2.4.4.7: answers carry hops, and past 8 end"""
        with mos.Client("echo") as client:
            hops = []

            def answer(event):
                hops.append(event.hops)
                try:
                    client.emit("rocky:feedback", immediate=True, message="again", answer_to=event)
                except mos.MosError:
                    hops.append("end")

            client.on("rocky:feedback", answer)
            client.emit("rocky:feedback", immediate=True, message="first")
            until(lambda: (client.dispatch(0.2), hops and hops[-1] == "end")[1])
            self.assertEqual(hops, [*range(9), "end"])

    def test_metrics(self):
        """EVT-10 metrics() counts what was told; an unknown type is a ValueError"""
        with mos.Client("teller") as client:
            before = client.metrics("rocky:highlight").count
            listener = client.on("rocky:highlight", lambda event: None)
            for _ in range(32):
                client.emit("rocky:highlight", immediate=True, kind=0)
            seen = until(lambda: (client.dispatch(0), client.metrics("rocky:highlight"))[1].count == before + 32
                         and client.metrics("rocky:highlight"))
            self.assertGreaterEqual(seen.subscribers, 1)
            self.assertEqual(seen.lost, 0)
            listener.off()
            with self.assertRaises(ValueError):
                client.metrics("rocky:nothing")

    def test_fileno(self):
        """a client can be selected on beside other descriptors"""
        with mos.Client("selector") as client:
            calls = []
            client.on("rocky:feedback", calls.append)
            client.emit("rocky:feedback", immediate=True, message="x")
            while not calls:
                self.assertTrue(select.select([client], [], [], 5)[0])
                client.dispatch()

    def test_asyncio(self):
        """events and calls in an asyncio loop"""
        async def work(client):
            async with mos.aio.Events(client, ["rocky:feedback"]) as events:
                answers = await asyncio.gather(mos.aio.call(client, "broker.service.ping"),
                                               mos.aio.call(client, "hermes.service.ping"))
                self.assertEqual([answer["name"] for answer in answers], ["broker", "hermes"])
                with self.assertRaises(mos.MosError) as caught:
                    await mos.aio.call(client, "apollo.note.play", note="H4")
                self.assertEqual(caught.exception.code, "apollo.note.invalid")
                for i in range(5):
                    client.emit("rocky:feedback", immediate=True, message=str(i))
                return [(await anext(events)).payload.message for _ in range(5)]

        with mos.Client("aio") as client:
            self.assertEqual(asyncio.run(asyncio.wait_for(work(client), 20)), list("01234"))


    def test_asyncio_closed(self):
        """who awaits an event of a client that is closed is told; a loop that was left early can be followed by another"""
        async def closed(client):
            async with mos.aio.Events(client, "rocky:feedback") as events:
                asyncio.get_running_loop().call_soon(client.close)
                await anext(events)

        async def one(client):
            client.on("rocky:feedback", lambda event: None)
            client.emit("rocky:feedback", immediate=True, message="x")
            async for event in mos.aio.Events(client, "rocky:feedback"):  # no `async with`: nobody ends it
                return event.payload.message

        with mos.Client("aio") as client:
            for _ in range(2):
                self.assertEqual(asyncio.run(asyncio.wait_for(one(client), 20)), "x")
            with self.assertRaises(ValueError):
                asyncio.run(asyncio.wait_for(closed(client), 20))

    def test_close_in_handler(self):
        """a handler cannot close its own client, nor dispatch: an exception, not a crash"""
        with mos.Client("closer") as client:
            refused = []

            def close(event):
                for forbidden in (client.close, client.dispatch):
                    try:
                        forbidden()
                    except RuntimeError as error:
                        refused.append(error)

            client.on("rocky:feedback", close)
            client.emit("rocky:feedback", immediate=True, message="x")
            until(lambda: (client.dispatch(0.2), len(refused) == 2)[1])

    def test_fork(self):
        """a child of fork() that drops its copy of a client leaves the parent's alone"""
        with mos.Client("parent") as client:
            client.fileno()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                client.close()
                os._exit(42)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 42)
            answers = []
            client.call_async(lambda answer, error: answers.append(answer), "broker.service.ping",
                              timeout=60)  # so that nothing but the answer is to be seen
            while not answers:
                self.assertTrue(select.select([client], [], [], 10)[0])
                client.dispatch()
            self.assertEqual(answers[0]["name"], "broker")


def heard_of(client, name):
    client.select(name)
    while True:
        event = client.next_event()
        if event is not None:
            yield event
        elif not client.wait(5):
            raise AssertionError(f"no {name}")


class Control(tap.Live):
    def test_follow_the_beat(self):
        """a notebook follows the beat: each beat once, on its tick, in order"""
        with mos.Client("follower") as client:
            client.transport.stop()
            client.transport.tempo(300)
            self.play(client)
            seen = [(now.bar, now.beat, now.beat_tick) for now in itertools.islice(client.beats(), 8)]
            client.transport.stop()
            client.transport.tempo()
            places = [(bar - 1) * 4 + beat - 1 for bar, beat, _ in seen]
            self.assertEqual(places, list(range(places[0], places[0] + 8)), seen)
            # A quarter is 200 ms here; a woken process may be late, but not by half a beat.
            self.assertTrue(all(tick < 480 for *_, tick in seen), seen)

    def test_places(self):
        """HER-19: a timeline of places, each the clock page's within a tick, one in a sixtieth of a second"""
        with mos.Client("timeline") as client:
            client.transport.stop()
            client.transport.tempo(240)
            first = next(client.places())
            self.assertEqual(first.changed, 127)
            self.assertFalse(first.rolling)
            self.play(client)
            seen = list(itertools.islice(client.places(), 60))
            client.transport.stop()
            client.transport.tempo()
            # Starts, jumps and the like are told at once.
            frames = [place.now.time_ns // 16666666 for place in seen if place.changed <= 7]
            self.assertGreater(len(frames), 50)
            self.assertEqual(len(set(frames)), len(frames), "two of one sixtieth")
            bars = 0
            for place in seen:
                clock = place.now.clock
                if not clock.rolling:
                    continue
                tick = clock.tick + clock.tick_frac / 2**32
                tick += (place.now.time_ns - clock.time_ns) * 960 / clock.ns_per_quarter
                self.assertLessEqual(abs(place.tick - tick), 1.01)
                self.assertAlmostEqual(place.bar_position * place.bar_ticks, place.bar_tick, delta=1)
                self.assertEqual(place.bar_tick, (place.beat - 1) * 960 + place.now.beat_tick)
                bars += bool(place.changed & mos.Place.BAR)
            # at 240 a bar of four quarters is a second, sixty sixtieths
            self.assertGreaterEqual(bars, 1)

    def test_beats_of_a_loop(self):
        """a notebook follows the beat through a loop and a seek: what metronome:beat tells, no more and no less"""
        with mos.Client("follower") as client, mos.Client("teller") as teller:
            client.transport.stop()
            client.transport.tempo(120)  # who sleeps through a whole beat is told the next one
            self.play(client)
            client.transport.loop(1, 2)
            beats = client.beats()
            first = next(beats)
            teller.select("metronome:beat")
            while teller.next_event() is not None:
                pass
            seen = [next(beats) for _ in range(18)]
            client.transport.seek(bar=2)
            seen += [next(beats) for _ in range(6)]
            client.transport.stop()
            client.transport.tempo()
            told = []
            while (event := teller.next_event()) is not None:
                told.append((event.payload.measure + 1, event.payload.beat + 1))
            self.assertEqual([(now.bar, now.beat) for now in seen], told[:len(seen)], first)

    def test_wait_tick(self):
        """wait_tick() sleeps to a tick, and gives up in time"""
        with mos.Client("follower") as client:
            client.transport.stop()
            self.assertFalse(client.wait_tick(960, timeout=0.05))
            self.play(client)
            self.assertTrue(client.wait_tick(960, timeout=20))
            self.assertGreaterEqual(client.now().tick, 960)
            client.transport.stop()

    def test_transport(self):
        """KRO-27 the transport's commands from Python"""
        with mos.Client("conductor") as client:
            client.transport.stop()
            self.assertEqual(client.transport.play()["state"], "playing")
            self.assertEqual(client.transport.pause()["state"], "paused")
            self.assertEqual(client.transport.seek(bar=3, beat=2)["ticks"], 2 * 3840 + 960)
            self.assertEqual(client.transport.tempo(1000), {"bpm": 300.0, "clamped": True})
            client.transport.tempo()
            self.assertEqual(client.transport.stop()["ticks"], 0)

    def test_errors(self):
        """an error is an exception with code, message and where"""
        with mos.Client("caller", control_only=True) as client:
            with self.assertRaises(mos.MosError) as caught:
                client.call("kronos.transport.seek", bar=1, bart=2)
            self.assertEqual((caught.exception.code, caught.exception.where), ("rpc.params.invalid", "bart"))
            with self.assertRaises(mos.MosError) as caught:
                client.note("H4")
            self.assertEqual(caught.exception.code, "apollo.note.invalid")
            with self.assertRaises(mos.MosConnectionError):
                client.now()

    def test_notes(self):
        """APO-16 notes by name; a number from numpy is one"""
        with mos.Client("player") as client:
            self.assertGreater(client.note("C4", "32n", 0.3)["frame"], 0)
            client.chord(["C4", 64, "G4"], "32n", velocity=float32(0.25))
            client.chord([int64(60), int64(64)], "32n")
            client.melody(("C4", "E4"), "32n")
            client.panic()

    def test_share(self):
        """EVT-19 E2.4.4.8: 10 MB are shared by reference, seen by another; too much is refused with the limit"""
        data = bytes(range(256)) * 40960
        with mos.Client("giver") as giver, mos.Client("taker") as taker:
            taker.select("data:shared")
            number = giver.share("ramp", data)
            event = next(e for e in heard_of(taker, "data:shared") if e.payload.id == number)
            self.assertEqual((event.payload.kind, event.payload.size_bytes), ("ramp", len(data)))
            with taker.shared(number) as view:
                self.assertTrue(view.readonly)
                self.assertEqual(bytes(view), data)
                part = view[10:20]
            self.assertEqual(bytes(part), data[10:20], "what is made of it keeps it")
            self.assertIn("mos-data", pathlib.Path("/proc/self/maps").read_text())
            del view, part
            gc.collect()
            self.assertNotIn("mos-data", pathlib.Path("/proc/self/maps").read_text())
            with self.assertRaises(TypeError):
                giver.share("number", 5)
            with self.assertRaises(mos.MosError) as caught:
                giver.share("huge", bytes((64 << 20) + 1))
            self.assertRegex(str(caught.exception), "64|67108864")
            with self.assertRaises(mos.MosError):
                taker.shared(number + 1000)

    def test_audio(self):
        """WID-03 audio.in: what MOS plays is heard, without a gap"""
        with mos.Client("hearer") as client:
            client.panic()
            audio = client.audio()
            client.note("A4", "1s", 1.0)
            first, peak, n = audio.frame, 0.0, 0

            def loud():
                nonlocal peak, n
                samples = audio.read("out_l")
                n += len(samples)
                peak = max([peak, *map(abs, samples)])
                return peak > 0.01

            until(loud)
            self.assertEqual(audio.frame - first, n + audio.lost)
            self.assertEqual(audio.rate_hz, client.info.rate_hz)
            client.panic()

    def test_close(self):
        """EVT-04 E2.4.4.2: 200 clients come and go, and leave no descriptor"""
        def descriptors():
            return len(os.listdir("/proc/self/fd"))

        with mos.Client("warm"):
            pass
        before = descriptors()
        for _ in range(200):
            with mos.Client("short") as client:
                client.on("metronome:beat", print)
                client.fileno()
        self.assertLessEqual(descriptors(), before)
        with self.assertRaises(ValueError):
            client.now()


DRAWING = """
import os, signal, sys
import mos

class Hello(mos.Widget):
    def draw(self, draw):
        inside = draw.panel("Hello")
        draw.disc(inside.center, 20, 7)
        draw.text(inside, f"{draw.width:g} x {draw.height:g}", size=12, align="center", middle=True)
        with draw.moved((10, 20), 2, opacity=0.5):
            draw.line((0, 0), (5, 5), "#102030", 3)
        draw.glyph((1, 2), 0xe050, 10)
        os.kill(os.getpid(), signal.SIGTERM)

sys.exit(Hello().run())
"""


class Drawing(tap.Live):
    def test_by_hand(self):
        """WGT-32: a widget in Python draws what it says, here into a file"""
        path = os.path.join(self.folder.name, "shapes")
        env = os.environ | {"MOS_WIDGET_SHAPES": path, "MOS_WIDGET_SIZE": "320x200"}
        subprocess.run([sys.executable, "-c", DRAWING], env=env, stdin=subprocess.DEVNULL, check=True, timeout=60)
        with open(path, "rb") as file:
            records = list(struct.iter_unpack("<4B3I12f", file.read()))
        box, title, disc, text, line, glyph = records
        self.assertEqual([record[0] for record in records], [1, 5, 3, 5, 2, 4])
        self.assertEqual(box[7:11], (0, 0, 320, 200))
        self.assertEqual(disc[4], 32 + 7 | 255 << 24)
        self.assertEqual(struct.pack("<8f", *text[11:])[:text[6]].decode(), "320 x 200")
        self.assertEqual(line[7:12], (10, 20, 20, 30, 6))
        self.assertEqual(line[4], 0x302010 | 128 << 24)
        self.assertEqual((glyph[6], glyph[9]), (0xe050, 40))
        self.assertTrue(title[1] & 1, "a colour of the theme")


class Widget(tap.Live):
    def setUp(self):
        """The example, with the package beside it: in the sandbox there is no checkout."""
        self.dir = os.path.join(self.folder.name, self.id())
        shutil.copytree(os.path.join(EXAMPLES, "python/widget-hello-py"), self.dir)
        shutil.copytree(os.path.dirname(mos.__file__), os.path.join(self.dir, "mos"),
                        ignore=shutil.ignore_patterns("__pycache__"))

    def test_life(self):
        """WID-08 WID-05 E2.6.1.2: a widget in Python: activate, settings, key, call, events, state over a restart"""
        with mos.Client("stage", timeout=30) as client:
            client.call("broker.widget.install", path=self.dir)
            try:
                self.live(client)
            finally:
                client.call("broker.widget.remove", id="widget-hello-py", purge=True)

    def live(self, client):
        self.assertEqual(client.call("broker.widget.start", {"id": "widget-hello-py"}, timeout=60)["state"], "active")
        shown = []
        client.on_notice(lambda method, params: method == "broker.widget.shown" and shown.append(params["text"]))
        first = client.call("broker.widget.attach", id="widget-hello-py")
        self.assertIn("Hello from widget-hello-py", first["text"])
        client.call("broker.settings.set", id="widget-hello-py", settings={"greeting": "Grüezi"})
        until(lambda: (client.dispatch(0.2), any("Grüezi" in text for text in shown))[1], what="the new greeting")
        self.play(client)

        def beats():
            return client.call("broker.widget.call", id="widget-hello-py", name="beats.get", params={})["beats"]

        until(lambda: beats() >= 2, what="two beats")
        client.transport.stop()
        with self.assertRaises(mos.MosError) as caught:
            client.call("broker.widget.call", id="widget-hello-py", name="no.such", params={})
        self.assertEqual(caught.exception.code, "widget.call.unknown")
        kept = beats()
        client.call("broker.widget.restart", id="widget-hello-py")
        self.assertGreaterEqual(beats(), kept)
        client.call("broker.widget.key", id="widget-hello-py", key="0")
        until(lambda: beats() == 0, what="the key 0")
        self.assertIn("hello, with", client.call("broker.widget.logs", id="widget-hello-py")["text"])


if __name__ == "__main__":
    tap.main()
