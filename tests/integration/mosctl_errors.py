#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The catalogue of `mosctl errors` has each code of the sources and of METHODS.md, and no other. Prints TAP.

Arguments: mosctl, the source tree.
"""
import json
import pathlib
import re
import subprocess
import sys

mosctl, root = sys.argv[1], pathlib.Path(sys.argv[2])
CODE = r"[a-z]+(?:\.[a-z_]+){1,2}"
SERVICES = "apollo band broker bus client hermes jack kronos link mosctl rpc rtcore theater widget".split()
n = failed = 0


def check(ok, what, details=""):
    global n, failed
    n += 1
    failed += not ok
    print(f"{'ok' if ok else 'not ok'} {n} - {what}")
    if not ok:
        print("".join(f"# {line}\n" for line in str(details).splitlines()), end="")


def said(*args):
    return subprocess.run([mosctl, "errors", *args], capture_output=True, text=True, check=False)


def of_services(words):
    return {w for w in words if w.split(".")[0] in SERVICES}


methods_text = (root / "services/METHODS.md").read_text()
# What else has dots: methods, notices, capabilities, counters, files.
methods = set(re.findall(rf"^\| `({CODE})`", methods_text, re.M))
notices = set(re.findall(rf'\[2,\s?"({CODE})"', methods_text)) | set(re.findall(rf"`({CODE}) \{{", methods_text))
notices |= {"broker.rtcore.up", "broker.service.ping", "hermes.score.state", "hermes.score.changed", "band.ended"}
capabilities = set(re.findall(rf'"({CODE})"', (root / "services/base/caps.h").read_text()))
counters = set(re.findall(r'X\(\w+, "([\w.]+)"', (root / "rtcore/counters.h").read_text()))
files = re.compile(r"\.(h|sock|json|lock|db|ini|log|key|conf)$")
# Of mosctl only what it makes itself; its tables name codes of others, options and figures, too.
sources = [p for d in ("services", "clients/libmos", "rtcore") for p in (root / d).rglob("*.[ch]")]
sources.append(root / "tools/mosctl/output.c")

METHOD_TABLE = re.compile(rf'\{{\s*"({CODE})",\s*[a-z_]*handle')
CALLED = re.compile(rf'\.method = "({CODE})"')
literals, called = set(), set()
for path in sources:
    text = path.read_text(errors="replace")
    literals |= set(re.findall(rf'"({CODE})"', text))
    called |= set(METHOD_TABLE.findall(text)) | set(CALLED.findall(text))
in_sources = of_services(c for c in literals if not files.search(c))
in_sources -= methods | notices | capabilities | counters | called | {"widget.call"}
documented = of_services(c for c in re.findall(rf"`({CODE})`", methods_text) if not files.search(c))
documented -= methods | notices | capabilities | counters

rows = json.loads(said("--json").stdout)
known = [row["code"] for row in rows]
check(len(in_sources) > 100, "SDK-06: codes were found in the sources", len(in_sources))
check(known == sorted(known) and len(known) == len(set(known)), "the catalogue is in order, each code once")
check(not in_sources - set(known), "SDK-06: each code of the sources is in the catalogue",
      "\n".join(sorted(in_sources - set(known))))
check(not documented - set(known), "SDK-06: each code of METHODS.md is in the catalogue",
      "\n".join(sorted(documented - set(known))))
check(not set(known) - in_sources - documented - {"client.failed"}, "the catalogue has no code that nobody uses",
      "\n".join(sorted(set(known) - in_sources - documented)))
check(all(len(r["meaning"]) > 10 and r["meaning"].endswith(".") and len(r["hint"]) > 5 for r in rows),
      "each has a meaning, and something that helps")
commands = {line.split("\t")[0]
            for line in subprocess.run([mosctl, "help", "--names"], capture_output=True, text=True, check=True)
            .stdout.splitlines()}
named = {word for r in rows for word in re.findall(r"mosctl ([a-z][a-z-]*)", r["hint"])}
check(not named - commands, "hints name commands that there are", named - commands)

one = said("search", "hermes.store")
check(one.returncode == 0 and "hermes.store.failed" in one.stdout and "mosctl doctor disk" in one.stdout
      and "rpc." not in one.stdout, "SDK-06: search finds by code", one.stdout)
two = said("search", "SETTINGS", "changed")
check(two.returncode == 0 and two.stdout.startswith("broker.settings.stale") and two.stdout.count("->") == 1,
      "SDK-06: search finds by all words, in any case", two.stdout)
check(said("search", "zebra").returncode == 1, "nothing found is exit code 1")
check(said("search").returncode == 2 and said("zebra").returncode == 2, "wrong words are exit code 2")
print(f"1..{n}")
sys.exit(failed > 0)
