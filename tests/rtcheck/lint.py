#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rules of the tree that no compiler checks. Prints TAP.

    lint.py ROOT

Each rule is tried on planted faults first: a rule that cannot fail proves nothing.
"""
import pathlib
import re
import sys
import tempfile

SOURCE_DIRS = ["music", "shm", "score", "engrave", "rtcore", "services", "clients", "tools", "examples", "tests", "bench", "demo"]

# Who may include whom (DESIGN section 2, ARCHITECTURE.md). A folder may always include itself.
MAY_INCLUDE = {
    "music": {"shm/attr"},
    "shm": set(),
    "score": {"shm", "music"},
    "engrave": {"shm", "music", "score"},
    "rtcore": {"shm", "music"},
    "clients/libmos": {"shm", "music"},
    "services/base": {"shm", "music", "clients/libmos"},
    "services/broker": {"services/base", "shm", "music", "clients/libmos"},
    "services/link": {"services/base", "shm", "clients/libmos"},
    "services/jack": {"services/base", "shm", "clients/libmos"},
    "services/band": {"services/base", "shm", "music", "score", "clients/libmos"},
    "services/theater": {"services/base", "shm", "music", "score", "engrave", "clients/libmos"},
    "services/hermes": {"services/base", "shm", "music", "score", "clients/libmos"},
    "clients/widgets": {"libmos public"},
    "examples": {"libmos public"},
    "tools/mosctl": {"libmos public"},
    "tools/mos-session": set(),
}

# Between MOS' own processes: not installed (clients/libmos/meson.build).
PRIVATE = {"mos/fx.h", "mos/rtctl.h", "mos/timeline.h", "mos/clave.h", "mos/midi_gate.h", "mos/mt19937.h"}


def sources(root, *suffixes):
    for top in SOURCE_DIRS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def folder_of(root, path):
    rel = path.relative_to(root).as_posix()
    return next((f for f in sorted(MAY_INCLUDE, key=len, reverse=True) if rel.startswith(f + "/")), None)


def owner_of(root, header):
    """Folder that owns <mos/x.h> or "x.h"; None: not ours."""
    if header.startswith(".."):
        return None
    for folder in ("shm", "music", "score", "engrave", "clients/libmos"):
        if (root / folder / "include" / header).exists():
            return folder
    return None


def leaves_by_path(root, path, folder, name):
    """Folder that "../x.h" leads into, when it is another than its own."""
    if not name.startswith("../"):
        return None
    place = (path.parent / name).resolve()
    return None if place.is_relative_to(root.resolve() / folder) else place.parent.name


def check_arrows(root):
    faults = []
    for path in sources(root, ".c", ".h"):
        folder = folder_of(root, path)
        if folder is None:
            continue
        allowed = MAY_INCLUDE[folder]
        for line in path.read_text(errors="replace").splitlines():
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not match:
                continue
            name, rel = match.group(1), path.relative_to(root).as_posix()
            if re.match(r"(\.\./)*(rtcore|services)/", name) and not name.startswith(folder.split("/")[0]):
                faults.append(f"{rel}: includes {name}")
            if "msgpack" in name and (folder in ("rtcore", "shm", "music") or "libmos public" in allowed):
                faults.append(f"{rel}: {folder} knows no msgpack")
            if "libmos public" in allowed:
                leads = leaves_by_path(root, path, folder, name)
                if leads or name in PRIVATE or (line.rstrip().endswith('"') and name.startswith("mos/")):
                    faults.append(f"{rel}: {name} is not installed" + (f", but of {leads}" if leads else ""))
                continue
            owner = owner_of(root, name)
            if owner is None or owner == folder:
                continue
            if name == "mos/attr.h" and "shm/attr" in allowed:
                continue
            if owner not in allowed:
                faults.append(f"{rel}: {folder} may not include {name} of {owner}")
    return faults


# Formats, each a folder of score/; the timeline is JSON as NVX1 is, and has its writer.
FORMATS = {"abc": set(), "guitarpro": set(), "ireal": set(), "musicxml": set(), "smf": set(), "nvx1": set(), "timeline": {"nvx1"}}


def check_formats(root):
    """No importer or exporter knows another: what they have in common is the score's model."""
    faults = []
    for name, allowed in FORMATS.items():
        others = "|".join(FORMATS.keys() - allowed - {name})
        for path in sorted((root / "score" / name).rglob("*.[ch]")):
            for found in re.findall(rf'#\s*include\s*[<"]((?:[^>"]*/)?(?:{others})/[^>"]+)', path.read_text(errors="replace")):
                faults.append(f"{path.relative_to(root)}: includes {found}")
    return faults


DECLARED = re.compile(r"\b([a-z_][a-z0-9_]*)\s*\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)\s*MOS_RT\s*;")
DEFINED = re.compile(r"\b([a-z_][a-z0-9_]*)(?=\s*\([^;{}]*\)\s*(?:MOS_RT)?\s*\{)")


def strip_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def check_trusted(root):
    """A foreign function may be declared MOS_RT in an rt_trusted.h (rtcore, shm) and nowhere else."""
    texts = {p: strip_comments(p.read_text(errors="replace")) for p in sources(root, ".c", ".h")
             if "rtcheck" not in p.parts}
    defined = {name for text in texts.values() for name in DEFINED.findall(text)}
    faults = []
    for path, text in texts.items():
        if path.name == "rt_trusted.h":
            continue
        for name in DECLARED.findall(text):
            # pointers: "(*name)(...) MOS_RT" do not match; typedefs and struct members neither
            if name not in defined and not name.endswith("_fn"):
                faults.append(f"{path.relative_to(root)}: {name} is declared MOS_RT but not defined in this tree")
    return faults


def check_effects_on(root):
    faults = []
    for path in list(sources(root, ".c", ".h", ".build")) + [root / "meson.build"]:
        if path.exists() and re.search(r"no-function-effects|ignored\s+\"-Wfunction-effects", path.read_text(errors="replace")):
            faults.append(f"{path.relative_to(root)}: switches the proof off")
    return faults


def check_spdx(root):
    faults = []
    for path in sources(root, ".c", ".h", ".py", ".sh"):
        if "SPDX-License-Identifier: MIT" not in "\n".join(path.read_text(errors="replace").splitlines()[:3]):
            faults.append(f"{path.relative_to(root)}: no SPDX line")
    return faults


RULES = [
    ("includes follow the arrows of DESIGN section 2", check_arrows,
     {"shm/a.c": '#include <mos/tempo.h>\n', "music/include/mos/tempo.h": "\n"}),
    ("widgets include nothing but what is installed", check_arrows, {"clients/widgets/w/a.c": "#include <mos/rtctl.h>\n"}),
    ("examples reach into no folder", check_arrows,
     {"examples/a.c": '#include "../clients/libmos/client_impl.h"\n', "clients/libmos/client_impl.h": "\n"}),
    ("UMF-12 formats meet in the score's model alone", check_formats,
     {"score/abc/sub/a.c": '#include "../../smf/events.h"\n'}),
    ("TIM-17 foreign functions are trusted in one file only", check_trusted,
     {"rtcore/a.h": "int read(int fd, void *buf, unsigned long n) MOS_RT;\n"}),
    ("TIM-17 nothing switches the compiler's proof off", check_effects_on,
     {"rtcore/a.c": '#pragma clang diagnostic ignored "-Wfunction-effects"\n'}),
    ("every source names its licence", check_spdx, {"rtcore/a.c": "int x;\n"}),
]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    print(f"1..{2 * len(RULES)}")
    n = 0
    for title, rule, planted in RULES:
        with tempfile.TemporaryDirectory() as tmp:
            for name, text in planted.items():
                path = pathlib.Path(tmp) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            n += 1
            print(f"{'ok' if rule(pathlib.Path(tmp)) else 'not ok'} {n} - planted fault is seen: {title}")
        faults = rule(root)
        n += 1
        print(f"{'not ok' if faults else 'ok'} {n} - {title}")
        for fault in faults:
            print("# " + fault)


if __name__ == "__main__":
    main()
