# SPDX-License-Identifier: MIT
"""Nothing leaves the machine unless somebody asked for it.

Runs by itself in a network of its own, with one way out that nobody answers at: whatever is sent there is counted. In it
mos-session starts this file again, which uses MOS as a musician would."""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

import tap

WAY_OUT = "way-out"
WIDGETS = ("piano", "metronome", "transport", "chord-detector")


def shell(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)


def sent():
    """Packets sent so far, by interface; the loopback among them."""
    counts = {}
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines()[2:]:
        name, figures = line.split(":", 1)
        counts[name.strip()] = int(figures.split()[9])
    return counts


class Network(unittest.TestCase):
    def test_nothing_is_sent(self):
        """SEC-05: a default run with all services, widgets and a score sends not one packet, not even to itself"""
        import mos
        with tempfile.TemporaryDirectory() as folder, mos.Client("test", wait=10) as client:
            tap.until(lambda: tap.hermes_up(client), what="Hermes")
            tap.until(lambda: {"hermes", "band", "link", "theater"} <= {s["name"] for s in client.status()["services"] if s["up"]},
                      what="all services")
            before = sent()
            for widget in WIDGETS:
                client.call("broker.widget.start", id=widget)
            score = os.path.join(folder, "scale.mid")
            tap.write_scale(score)
            client.load(score)
            client.transport.play(restart=True)
            tap.until(lambda: (client.refresh(), client.now().tick)[1] > 4 * 960, what="the second bar")
            self.assertEqual(sent(), before)

    def test_switched_on(self):
        """SEC-05: Ableton Link sends once somebody has switched it on, by the interface that was named alone"""
        import mos
        with mos.Client("test", wait=10) as client:
            tap.until(lambda: any(s["name"] == "link" and s["up"] for s in client.status()["services"]), what="mos-link")
            before = sent()
            try:
                client.call("link.session.set", on=True, interface=WAY_OUT)
                tap.until(lambda: sent()[WAY_OUT] > before[WAY_OUT], what="a packet of Link")
                self.assertEqual(sent()["lo"], before["lo"])
            finally:
                client.call("link.session.set", on=False, interface="")

    def test_would_be_seen(self):
        """SEC-05: the same count sees a single packet"""
        before = sent()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.sendto(b"x", ("198.51.100.1", 9))
        tap.until(lambda: sent()[WAY_OUT] > before[WAY_OUT], what="a packet")


def alone():
    """In the new network: the way out, then everything in it."""
    try:
        shell("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
    except subprocess.CalledProcessError:
        pass  # a kernel without IPv6 sends none
    shell("ip", "link", "set", "lo", "up")
    shell("ip", "link", "add", WAY_OUT, "type", "veth", "peer", "name", "nobody")
    shell("ip", "addr", "add", "198.51.100.2/24", "dev", WAY_OUT)
    shell("ip", "link", "set", "nobody", "up")
    shell("ip", "link", "set", WAY_OUT, "up")
    # Nobody has to be asked where nobody is: an address without a question.
    shell("ip", "neigh", "add", "198.51.100.1", "lladdr", "02:00:00:00:00:01", "dev", WAY_OUT)
    shell("ip", "route", "add", "default", "via", "198.51.100.1")
    os.execv(os.environ["MOS_SESSION"], [os.environ["MOS_SESSION"], "--private-pipewire", "--", sys.executable,
                                         __file__, "inside"])


if __name__ == "__main__":
    if sys.argv[1:] == ["inside"]:
        del sys.argv[1]
        tap.main()
    elif sys.argv[1:] == ["alone"]:
        alone()
    elif subprocess.run(["unshare", "--net", "true"], stderr=subprocess.DEVNULL).returncode:
        print("1..1\nok 1 - SEC-05: nothing is sent # SKIP no network of its own: it needs root")
    else:
        os.execvp("unshare", ["unshare", "--net", "--", sys.executable, __file__, "alone"])
