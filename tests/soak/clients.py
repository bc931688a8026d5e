#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The programs among which the faults happen: clients.py ROLE FOLDER. Each writes to standard output what it has seen,
one JSON object a line, and lives through everything but its own death. Lines on standard input: "hush", "go".

editor  edits two scores, one of them the one that plays; keeps a model of what was acknowledged
keys    holds keys down, on the bus
reader  follows clock and events, and says when they contradict themselves
"""
import json
import os
import random
import select
import sys
import time

import mos
import wire


def tell(**facts):
    print(json.dumps(facts), flush=True)


def wrong(text):
    tell(wrong=text)


class Orders:
    """What standard input says last."""

    def __init__(self):
        self.hushed = False
        os.set_blocking(0, False)

    def look(self, seconds=0.0):
        if select.select([0], [], [], seconds)[0]:
            text = os.read(0, 4096).decode()
            if not text:
                sys.exit(0)  # whoever started us is gone
            self.hushed = text.split()[-1] == "hush"
            tell(hushed=self.hushed)
        return self.hushed


class Model:
    """One score as its only editor knows it, kept in a file: the last edit that was acknowledged, the last that was
    sent. Edit N gives the score the title "edit N"."""

    def __init__(self, folder, name):
        self.path = os.path.join(folder, f"edits-{name}.json")
        with open(self.path) as file:
            self.__dict__.update(json.load(file))

    def keep(self):
        facts = {key: getattr(self, key) for key in ("score_id", "acked", "sent", "state_id", "plays")}
        with open(self.path + ".new", "w") as file:
            json.dump(facts, file)
        os.rename(self.path + ".new", self.path)

    def check(self, facts):
        """What the store has against the model. None: sound; else what is wrong. Takes over what was not known."""
        word, _, number = facts["title"].partition(" ")
        found = int(number) if word == "edit" and number.isdigit() else 0
        if found < self.acked:
            return f"lost: edit {self.acked} of {self.score_id} was acknowledged, the store has edit {found}"
        if found > self.sent:
            return f"edit {found} of {self.score_id} was refused, or never sent, and the store has it"
        if found == self.acked and self.state_id and facts["state_id"] != self.state_id:
            return f"edit {found} of {self.score_id} was acknowledged as {self.state_id}, the store has {facts['state_id']}"
        self.acked = self.sent = found
        self.state_id = facts["state_id"]
        self.keep()
        return None


def ops_of(model, number):
    """The title tells the number; a note's length makes it heard, and the state another one."""
    note = {"id": "e3", "tick": 3 * 480, "durationTicks": 300 + number % 150, "pitch": 48 + number % 12, "velocity": 1}
    meta = {"title": f"edit {number}", "composer": "plays" if model.plays else "store", "key": "C major", "tempo": 120}
    return [{"op": "replace", "path": "/metadata", "value": meta},
            {"op": "replace", "path": "/parts/p2/notes/e3", "value": note}]


def edit_once(hermes, model):
    model.sent = model.acked + 1
    model.keep()
    try:
        answer = hermes.call("hermes.score.edit", score_id=model.score_id, ops=ops_of(model, model.sent), timeout=8)
    except wire.WireError as error:
        # Refused: nothing has changed. (What an rtcore that is gone cannot play is changed all the same.)
        model.sent = model.acked
        model.keep()
        tell(refused=error.code)
        return False
    model.acked, model.state_id = model.sent, answer["state_id"]
    model.keep()
    return True


def editor(folder):
    orders, n = Orders(), 0
    models = [Model(folder, "store"), Model(folder, "plays")]
    while True:
        orders.look()
        try:
            with wire.Door(timeout=8) as door, door.service("hermes") as hermes:
                for model in models:
                    found = model.check(hermes.call("hermes.score.get", score_id=model.score_id))
                    if found:
                        wrong(found)
                        return 1
                while True:
                    while orders.look(0.05):
                        pass
                    # The one that plays now and then: each of its edits makes a timeline.
                    n += 1
                    if not edit_once(hermes, models[n % 4 == 0]):
                        time.sleep(0.3)
                    tell(edits=n, acked=[m.acked for m in models])
        except (wire.Gone, wire.Late, wire.WireError) as error:
            tell(gone=str(error))
            time.sleep(0.1)


def keys(folder):
    orders, rng, held, client = Orders(), random.Random(1), [], None
    while True:
        try:
            if client is None:
                client = mos.Client("soak-keys", wait=5)
            hushed = orders.look(rng.uniform(0.05, 0.3))
            client.dispatch(0)
            if held and (hushed or len(held) > 4 or rng.random() < 0.4):
                client.emit("midi:noteoff", immediate=True, key=held.pop(0), part=0xFFFF)
            elif not hushed:
                held.append(rng.randrange(72, 96))
                client.emit("midi:noteon", immediate=True, key=held[-1], velocity=8000, part=0xFFFF)
            tell(**({"quiet": True} if hushed and not held else {"held": len(held)}))
        except mos.MosError as error:
            tell(gone=str(error))
            held.clear()
            time.sleep(0.1)
            if client is not None:
                try:
                    client.refresh()
                except mos.MosError:
                    client.close()
                    client = None


class Witness:
    """One generation's clock and ring, as one reader sees them."""

    def __init__(self):
        self.generation = self.seq = self.clock = None
        self.events = self.looks = 0

    def begin(self, generation):
        if generation != self.generation:
            self.generation, self.seq, self.clock = generation, None, None

    def see_clock(self, clock):
        last, self.clock, self.looks = self.clock, clock, self.looks + 1
        if last is None:
            return
        for field in ("frame", "time_ns", "cycle"):
            if getattr(clock, field) < getattr(last, field):
                wrong(f"clock.{field} went back from {getattr(last, field)} to {getattr(clock, field)} "
                      f"in generation {self.generation:#x}")
        if clock.state >= len(mos.TRANSPORT_STATES):
            wrong(f"clock.state is {clock.state}")

    def see_event(self, event, lost):
        """Numbers rise by one; but for those that the library says we missed."""
        self.events += 1
        if event.name.startswith("0x"):
            wrong(f"event {event.seq} has the unknown type {event.name}")
        if self.seq is not None and event.seq <= self.seq:
            wrong(f"event {event.seq} came after {self.seq}")
        elif self.seq is not None and event.seq - self.seq - 1 > lost:
            wrong(f"event {event.seq} came after {self.seq}, and {lost} were told as lost")
        self.seq = event.seq


def reader(folder):
    orders, witness, client, told = Orders(), Witness(), None, 0.0
    lost = [0]

    def connection(what):
        tell(connection=what)
        witness.begin(client.info.generation)

    def event_came(event):
        witness.see_event(event, client.lost - lost[0])
        lost[0] = client.lost

    while True:
        try:
            if client is None:
                client = mos.Client("soak-reader", wait=5)
                client.on_connection(connection)
                client.on(None, event_came)
                witness.begin(client.info.generation)
                witness.seq, lost[0] = None, client.lost
            orders.look()
            client.dispatch(0.01)
            if client.info.generation == witness.generation:
                witness.see_clock(client.now().clock)
            if time.monotonic() - told > 1:
                told = time.monotonic()
                tell(events=witness.events, looks=witness.looks, lost=client.lost)
        except mos.MosError as error:
            tell(gone=str(error))
            time.sleep(0.1)
            if client is not None:
                try:
                    client.refresh()
                except mos.MosError:
                    client.close()
                    client = None


if __name__ == "__main__":
    sys.exit({"editor": editor, "keys": keys, "reader": reader}[sys.argv[1]](sys.argv[2]))
