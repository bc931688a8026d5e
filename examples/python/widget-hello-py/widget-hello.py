#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A widget in Python: says hello, and counts beats, also over restarts."""
import sys

import mos


class Hello(mos.Widget):
    def activate(self):
        self.beats = (self.context.state or {}).get("beats", 0)
        self.log(f"hello, with {self.beats} beats")
        self.on("metronome:beat", self.on_beat)
        self.draw()

    def deactivate(self):
        self.save(beats=self.beats)

    def settings(self, values):
        self.draw()

    def key(self, key):
        if key == "0":
            self.beats = 0
        self.draw()

    def call_beats_get(self):  # the method "beats.get"
        return {"beats": self.beats}

    def on_beat(self, event):
        self.beats += 1
        self.draw()

    def draw(self):
        greeting = self.context.settings.get("greeting", "Hello")
        self.show(f"{greeting} from {self.context.id}\n{self.beats} beats so far\n", beats=self.beats)


sys.exit(Hello().run())
