#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the pages say is what the code does. Prints TAP.

    docs.py ROOT

services/METHODS.md against the method tables of the services: names, parameters and which of them are needed, error
codes. ARCHITECTURE.md's table of transport states (KRO-03) against Kronos' own. Each comparison is first tried on a page
with a planted fault: one that cannot fail proves nothing.
"""
import pathlib
import re
import sys

METHOD = r"[a-z]+\.[a-z]+\.[a-z]+"


def rows(page):
    """Cells of all table rows."""
    for line in page.splitlines():
        if line.startswith("|") and not line.startswith("| ---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def documented_methods(page):
    """{method: {parameter: needed}}"""
    methods = {}
    for cells in rows(page):
        name = re.fullmatch(f"`({METHOD})`", cells[0])
        if name:
            found = re.findall(r"`([a-z_]+)(\??)`", cells[1])
            methods[name[1]] = {key: optional == "" for key, optional in found}
    return methods


def registered_methods(sources):
    """The same, from the tables of struct rpc_method and struct rpc_param."""
    methods = {}
    for text in sources:
        params = {"NULL": {}}
        for name, body in re.findall(r"struct rpc_param (\w+)\[\] = \{(.*?)\{0\}", text, re.S):
            params[name] = {key: "RPC_REQUIRED" in types
                            for key, types in re.findall(r'\{"(\w+)", ([^}]*)\}', body)}
        for method, table in re.findall(r'\{"(' + METHOD + r')", \w+, (\w+)', text):
            methods[method] = params[table]
    return methods


def check_methods(page, sources):
    said, done = documented_methods(page), registered_methods(sources)
    faults = [f"{m} is registered, and not on the page" for m in sorted(done.keys() - said.keys())]
    faults += [f"{m} is on the page, and nobody has it" for m in sorted(said.keys() - done.keys())]
    for m in sorted(said.keys() & done.keys()):
        if said[m] != done[m]:
            faults.append(f"{m}: the page says {said[m]}, its table {done[m]}")
    return faults


def check_codes(page, sources):
    """Error codes: three words as methods have, or rtcore's two."""
    pattern = r"(?:" + METHOD + r"|rtcore\.(?!sock)[a-z]+)"
    methods = registered_methods(sources)
    given = {c for text in sources for c in re.findall(f'"({pattern})"', text)}
    named = set(re.findall(f"`({pattern})`", page))
    told = {"broker.system.quit", "broker.service.caller", "client.service.lost", "broker.stage.widget", "broker.stage.pixels"} | methods.keys()  # notifications are no errors either
    faults = [f"{c} is given, and not on the page" for c in sorted(given - told - named)]
    faults += [f"{c} is on the page, and nobody gives it" for c in sorted(named - told - given)]
    return faults


def documented_states(page):
    section = page.split("### The transport's states", 1)[1].split("\n#", 1)[0]
    return {c[0]: set(re.findall(r"\w+", c[1])) for c in rows(section) if c[0] != "from"}


def kronos_states(text):
    body = re.search(r"legal\[MOS_TRANSPORT_N_STATES\] = \{(.*?)\};", text, re.S)[1]
    return {state.lower(): {to.lower() for to in re.findall(r"S\((\w+)\)", to)}
            for state, to in re.findall(r"\[MOS_TRANSPORT_(\w+)\] = ([^\n]*)", body)}


def check_states(page, sources):
    said, done = documented_states(page), kronos_states(sources[0])
    return [f"{state}: the page says {sorted(said.get(state, []))}, Kronos {sorted(done.get(state, []))}"
            for state in sorted(said.keys() | done.keys()) if said.get(state) != done.get(state)]


def main():
    root = pathlib.Path(sys.argv[1])
    # mos-sandbox speaks with nobody: what looks like a method there is a file of the kernel's.
    services = [p.read_text() for p in sorted((root / "services").rglob("*.c")) if not {"sandbox", "font"} & set(p.parts)]
    kronos = [(root / "rtcore/kronos/kronos.c").read_text()]
    methods = (root / "services/METHODS.md").read_text()
    architecture = (root / "ARCHITECTURE.md").read_text()
    checks = [
        ("methods and their parameters", check_methods, methods, services,
         [("`kronos.tempo.set`", "`kronos.tempo.put`"), ("`count_in?`", "`count_in`"), ("`gain_db?`", "`gain?`")]),
        ("error codes", check_codes, methods, services,
         [("`kronos.seek.range`", "`kronos.seek.far`"), ("`rtcore.busy`", "")]),
        ("KRO-03 the transport's states", check_states, architecture, kronos,
         [("| paused | playing, stopped,", "| paused | playing,"), ("| idle | loading |", "| idle | loading, ready |")]),
    ]
    print(f"1..{sum(1 + len(faults) for *_, faults in checks)}")
    n = 0
    for title, check, page, sources, planted in checks:
        for old, new in planted:
            n += 1
            seen = old in page and check(page.replace(old, new), sources)
            print(f"{'ok' if seen else 'not ok'} {n} - a planted fault is seen: {title}: {old}")
        faults = check(page, sources)
        n += 1
        print(f"{'not ok' if faults else 'ok'} {n} - {title}")
        for fault in faults:
            print("# " + fault)


if __name__ == "__main__":
    main()
