# SPDX-License-Identifier: MIT
"""Reads a trace in Chrome's Trace Event Format (JSON Object Format) and refuses what the format's description or
Perfetto's reader would not take: unknown phases, missing or wrong members, slices of a thread that overlap without
lying within each other, arrows without an end or outside of a slice, spans without an end, threads without a name.

    python3 chrome_format.py FILE      says what is wrong, or what there is
"""
import collections
import json
import sys

MARGIN_US = 0.0005  # half a nanosecond: times are decimal fractions


class Invalid(Exception):
    pass


class Trace:
    def __init__(self):
        self.slices, self.instants, self.arrows, self.spans, self.counters = [], [], [], [], []
        self.processes, self.threads = {}, {}


def need(event, member, *types):
    value = event.get(member)
    if not isinstance(value, types) or isinstance(value, bool):
        raise Invalid(f"{member} is missing or of the wrong kind: {event}")
    return value


def take(trace, event, open_arrows, open_spans):
    phase = need(event, "ph", str)
    pid, tid, name = need(event, "pid", int), need(event, "tid", int), need(event, "name", str)
    if pid <= 0 or tid <= 0 or not name:
        raise Invalid(f"pid, tid or name: {event}")
    need(event, "cat", str)
    if "args" in event and not isinstance(event["args"], dict):
        raise Invalid(f"args: {event}")
    if phase == "M":
        text = need(need(event, "args", dict), "name", str)
        names, key = (trace.processes, pid) if name == "process_name" else (trace.threads, tid)
        if name not in ("process_name", "thread_name") or key in names:
            raise Invalid(f"metadata twice, or unknown: {event}")
        names[key] = text
        return
    if need(event, "ts", int, float) < 0:
        raise Invalid(f"ts: {event}")
    if phase == "X":
        if need(event, "dur", int, float) < 0:
            raise Invalid(f"dur: {event}")
        trace.slices.append(event)
    elif phase == "i":
        if event.get("s") not in ("t", "p", "g"):
            raise Invalid(f"an instant's scope: {event}")
        trace.instants.append(event)
    elif phase == "C":
        for value in need(event, "args", dict).values():
            if not isinstance(value, (int, float)):
                raise Invalid(f"a counter's value: {event}")
        trace.counters.append(event)
    elif phase in ("s", "t", "f"):
        open_arrows[event["cat"], name, need(event, "id", str, int)].append(event)
    elif phase in ("b", "e"):
        open_spans[event["cat"], name, need(event, "id", str, int)].append(event)
    else:
        raise Invalid(f"phase {phase}: {event}")


def check_nesting(trace):
    tracks = collections.defaultdict(list)
    for event in trace.slices:
        tracks[event["pid"], event["tid"]].append((event["ts"], -event["dur"], event))
    for track in tracks.values():
        stack = []
        for begin, minus_dur, event in sorted(track, key=lambda item: item[:2]):
            while stack and stack[-1] <= begin + MARGIN_US:
                stack.pop()
            if stack and begin - minus_dur > stack[-1] + MARGIN_US:
                raise Invalid(f"ends after the slice around it: {event}")
            stack.append(begin - minus_dur)
    return tracks


def check_arrows(trace, tracks, open_arrows):
    # times in whole nanoseconds: sums of fractions are not exact
    edges = {key: sorted((round(ts * 1000), round((ts - minus) * 1000)) for ts, minus, _ in track)
             for key, track in tracks.items()}
    for steps in open_arrows.values():
        phases = "".join(event["ph"] for event in steps)
        if phases[0] != "s" or phases[-1] != "f" or phases.count("s") != 1 or phases.count("f") != 1:
            raise Invalid(f"an arrow of the steps {phases}: {steps[0]}")
        for before, after in zip(steps, steps[1:]):
            if after["ts"] < before["ts"]:
                raise Invalid(f"an arrow backwards: {after}")
        for event in steps:
            at = round(event["ts"] * 1000)
            if not any(begin <= at <= end for begin, end in edges.get((event["pid"], event["tid"]), ())):
                raise Invalid(f"an arrow's end outside of any slice: {event}")
        trace.arrows.append((steps[0], steps[-1]))


def read(path):
    with open(path, encoding="utf-8") as file:
        whole = json.load(file)
    if not isinstance(whole, dict) or not isinstance(whole.get("traceEvents"), list):
        raise Invalid("no object with traceEvents")
    if whole.get("displayTimeUnit") not in ("ms", "ns"):
        raise Invalid("displayTimeUnit")
    trace = Trace()
    open_arrows, open_spans = collections.defaultdict(list), collections.defaultdict(list)
    for event in whole["traceEvents"]:
        take(trace, event, open_arrows, open_spans)
    check_arrows(trace, check_nesting(trace), open_arrows)
    for steps in open_spans.values():
        if [event["ph"] for event in steps] != ["b", "e"] or steps[1]["ts"] < steps[0]["ts"]:
            raise Invalid(f"a span of the steps {steps}")
        trace.spans.append(tuple(steps))
    for event in trace.slices + trace.instants:
        if event["pid"] not in trace.processes or event["tid"] not in trace.threads:
            raise Invalid(f"its process or thread has no name: {event}")
    return trace


if __name__ == "__main__":
    try:
        found = read(sys.argv[1])
    except (Invalid, ValueError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    print(f"{len(found.slices)} slices, {len(found.arrows)} arrows, {len(found.spans)} spans, "
          f"{len(found.instants)} instants, {len(found.counters)} counters, {len(found.processes)} processes")
