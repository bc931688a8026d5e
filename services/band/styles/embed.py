#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes style files as C, in the registry's order: the reference's as they stand, then ours by name.

usage: embed.py OUT.c reference.json aliases.json STYLE.json...
"""
import json
import sys


def literal(text):
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    # 4,095 bytes are what every compiler takes in one literal; many short ones are joined.
    return "\n\t\t".join('"%s"' % part for part in split(quoted))


def split(quoted, width=100):
    while quoted:
        end = min(width, len(quoted))
        while quoted[:end].endswith("\\") and end < len(quoted):
            end += 1
        yield quoted[:end]
        quoted = quoted[end:]


def main(out, reference, aliases, *own):
    with open(reference, encoding="utf-8") as f:
        styles = [(style, True) for style in json.load(f)]
    ours = []
    for name in own:
        with open(name, encoding="utf-8") as f:
            ours.append((json.load(f), False))
    styles += sorted(ours, key=lambda s: s[0]["style"])
    with open(out, "w", encoding="utf-8") as f:
        f.write('/* SPDX-License-Identifier: MIT */\n#include "style_internal.h"\n\n')
        f.write("const struct band_style_file band_style_files[] = {\n")
        for style, is_reference in styles:
            text = json.dumps(style, separators=(",", ":"))
            f.write('\t{"%s",\n\t\t%s,\n\t\t%s},\n' % (style["style"], literal(text), str(is_reference).lower()))
        f.write("\t{NULL, NULL, false},\n};\n\n")
        with open(aliases, encoding="utf-8") as g:
            also = sorted(json.load(g).items())
        f.write("const struct band_style_alias band_style_aliases[] = {\n")
        for alias, name in also:
            if name not in [style["style"] for style, _ in styles]:
                sys.exit("%s: there is no style %s" % (aliases, name))
            f.write('\t{"%s", "%s"},\n' % (alias, name))
        f.write("\t{NULL, NULL},\n};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
