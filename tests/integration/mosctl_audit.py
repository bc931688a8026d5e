# SPDX-License-Identifier: MIT
"""The audit log of a running MOS: who did what and when, and that no tampering goes unnoticed."""
import calendar
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import mos
import tap


def mosctl(*words):
    """@return exit code, output, errors."""
    done = subprocess.run([os.environ["MOSCTL"], *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60)
    return done.returncode, done.stdout, done.stderr


def records():
    code, out, err = mosctl("--json", "audit", "-n", "100000")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def wait_for(what, wanted):
    """The newest such record; counts are written once a second."""
    return tap.until(lambda: [r for r in records() if wanted(r)][-1:], what=what)[0]


class Audit(tap.Live):
    def test_1_who_what_when(self):
        """SEC-04: the log says who, what and when of each call that changes something, and of each that was refused"""
        before = int(time.time())
        assert mosctl("tempo", "123")[0] == 0
        assert mosctl("strip", "3", "--gain", "-6")[0] == 0
        assert mosctl("seek", "99999")[0] != 0
        for method, result in (("kronos.tempo.set", True), ("apollo.strip.set", True), ("kronos.transport.seek", False)):
            r = wait_for(method, lambda r: r["did"] == method and (r["result"] == "ok") == result)
            assert r["name"] == "mosctl" and r["pid"] > 0 and r["uid"] == os.getuid() and r["by"] == "broker", r
            when = calendar.timegm(time.strptime(r["time"][:19], "%Y-%m-%dT%H:%M:%S"))
            assert before <= when <= time.time(), r
        with mos.Client("somebody"):
            came = wait_for("who came in", lambda r: r["did"] == "broker.client.open" and "somebody" in r["with"])
        assert came["pid"] == os.getpid(), came

    def test_2_services_too(self):
        """SEC-04: what services are asked is in the one log, told by the service"""
        tap.until(lambda: tap.hermes_up(mos.Client("audit-look")), what="Hermes")
        assert mosctl("call", "hermes.score.delete", "score_id=no-such-score")[0] != 0
        r = wait_for("Hermes' caller", lambda r: r["by"] == "hermes" and r["result"] != "ok")
        assert r["name"] == "mosctl" and r["did"] == "hermes.score.delete" and "no-such-score" in r["with"], r

    def test_3_questions_are_not(self):
        """SEC-04: who only asks is not written of"""
        for _ in range(3):
            assert mosctl("status")[0] == 0
        assert not [r for r in records() if r["did"] in ("broker.system.status", "kronos.position.get")]

    def test_4_floods_are_counted(self):
        """SEC-04 SEC-03: who calls faster than anybody would cannot fill the log; every call is counted"""
        before = len(records())
        with mos.Client("flooder") as client:
            for i in range(400):
                client.call("kronos.tempo.set", bpm=100 + i % 2)
        mine = lambda: [r for r in records()[before:] if r["pid"] == os.getpid() and
                        r["did"] in ("kronos.tempo.set", "audit.skipped")]
        tap.until(lambda: sum(r["times"] for r in mine()) >= 400, what="400 counted calls")
        assert sum(r["times"] for r in mine()) == 400, mine()[-3:]
        assert len(mine()) < 300, len(mine())

    def test_5_tampering(self):
        """SEC-04: what is changed, taken out, put in or cut off is found, with its place"""
        with tempfile.TemporaryDirectory() as folder:
            status = json.loads(mosctl("--json", "call", "broker.audit.status")[1])
            copy = pathlib.Path(folder) / "audit"
            shutil.copytree(status["dir"], copy)
            file = sorted(copy.iterdir())[-1]
            lines = file.read_bytes().splitlines(keepends=True)
            middle = len(lines) // 2
            record = json.loads(lines[middle])

            def verify(new, *words):
                file.write_bytes(b"".join(new))
                return mosctl("--json", "audit", "verify", "--dir", str(copy), *words)

            code, out, err = verify(lines)
            assert code == 0, err
            head = json.loads(out)["head"]
            digits = record["time"][:-2] + ("1" if record["time"][-2] != "1" else "2") + "Z"
            front, line, back = lines[:middle], lines[middle], lines[middle + 1:]
            faults = {
                "a digit of the time changed": front + [line.replace(record["time"].encode(), digits.encode())] + back,
                "another did it": front + [line.replace(b'"pid":', b'"pid":1')] + back,
                "taken out": front + back,
                "exchanged": front + [back[0], line] + back[1:],
                "put in twice": front + [line, line] + back,
                "garbage": front + [b"hello\n"] + [line] + back,
                "half a line": lines[:-1] + [lines[-1][:-10]],
            }
            for fault, new in faults.items():
                code, _, err = verify(new)
                assert code == 1 and f"{file.name}:" in err, (fault, code, err)
            code, _, err = verify(lines[:-2], "--head", head)
            assert code == 1 and head in err, ("cut off", code, err)
            assert verify(lines, "--head", head)[0] == 0

    def test_6_hostile(self):
        """SEC-09: whatever words a record has, none of them steers the terminal that shows it"""
        words = {key: f"\x1b]0;{key}\x07" for key in ("time", "by", "name", "did", "with", "result")}
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / f"audit-{1:020}.log"
            file.write_text(json.dumps({"n": 1, **words, "pid": 1, "uid": 0, "times": 1, "prev": "0" * 64}) + "\n")
            code, out, err = mosctl("audit", "--dir", folder)
        assert code == 0 and "result" in out, (code, out, err)
        assert not set(out) & set("\x1b\x07"), out


if __name__ == "__main__":
    tap.main()
