#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes scene files as C. usage: embed.py OUT.c SCENE.json..."""
import json
import os
import sys


def literal(text):
    parts, line = [], ""
    for char in text:
        quoted = "\\" + char if char in '\\"' else char
        if len(line) + len(quoted) > 90:
            parts.append(line)
            line = ""
        line += quoted
    return "\n\t\t".join('"%s"' % part for part in parts + [line])


def main(out, *names):
    with open(out, "w", encoding="utf-8") as f:
        f.write('/* SPDX-License-Identifier: MIT */\n#include "scene_internal.h"\n\n')
        f.write("const struct scene_file scene_files[] = {\n")
        for name in names:
            with open(name, encoding="utf-8") as g:
                text = json.dumps(json.load(g), separators=(",", ":"))
            f.write('\t{"%s",\n\t\t%s},\n' % (os.path.basename(name), literal(text)))
        f.write("\t{NULL, NULL},\n};\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
