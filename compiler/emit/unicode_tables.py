#!/usr/bin/env python3
"""Writes the C++ header of the Unicode tables that NAME.snap carries, from the Unicode Character Database.

usage: unicode_tables.py UCD_DIR OUT.h
UCD_DIR holds UnicodeData.txt, CompositionExclusions.txt, DerivedAge.txt and PropList.txt.
SPDX-License-Identifier: Apache-2.0
"""
import sys
from pathlib import Path

# The tokenizers library, which the vocabulary's users run, normalizes with the data of this version: marks that came
# later keep their place. (Characters' classes and lower case are those of the database at hand.)
NORMALIZATION_VERSION = (9, 0)


def lines(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            yield [field.strip() for field in line.split(";")]


def read_characters(path):
    """code point -> fields of UnicodeData.txt, with its First/Last pairs expanded."""
    characters, first = {}, None
    for fields in lines(path):
        code = int(fields[0], 16)
        if fields[1].endswith(", First>"):
            first = code
            continue
        for each in range(first if first is not None else code, code + 1):
            characters[each] = fields
        first = None
    return characters


def read_set(path, wanted=lambda value: True):
    """The code points of a list whose second field, where there is one, is wanted."""
    points = set()
    for fields in lines(path):
        if len(fields) < 2 or wanted(fields[1]):
            first, _, last = fields[0].partition("..")
            points.update(range(int(first, 16), int(last or first, 16) + 1))
    return points


def to_ranges(values):
    """{code point: value} -> (first, last, value), ascending; value 0 is left out."""
    ranges = []
    for code in sorted(values):
        value = values[code]
        if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == value:
            ranges[-1][1] = code
        elif value:
            ranges.append([code, code, value])
    return ranges


def main(ucd, out):
    ucd = Path(ucd)
    characters = read_characters(ucd / "UnicodeData.txt")
    spaces = read_set(ucd / "PropList.txt", lambda name: name == "White_Space")
    excluded = read_set(ucd / "CompositionExclusions.txt")

    normalized = read_set(ucd / "DerivedAge.txt",
                          lambda age: tuple(map(int, age.split("."))) <= NORMALIZATION_VERSION)

    kinds = {code: {"L": 1, "N": 2}.get(fields[2][0], 0) for code, fields in characters.items()}
    kinds.update({code: 3 for code in spaces})
    combining = {code: int(fields[3]) for code, fields in characters.items() if code in normalized}

    # Canonical mappings of one or two code points; compatibility ones have a <tag>.
    mappings = {code: [int(part, 16) for part in fields[5].split()] for code, fields in characters.items()
                if code in normalized and fields[5] and not fields[5].startswith("<")}

    def full(code):
        return [each for part in mappings[code] for each in full(part)] if code in mappings else [code]

    decompositions = [(code, *(full(code) + [0] * 4)[:4]) for code in sorted(mappings)]
    assert all(len(full(code)) <= 4 for code in mappings)
    # Full_Composition_Exclusion (UAX #15): listed ones, singletons, non-starter decompositions.
    compositions = sorted((*parts, code) for code, parts in mappings.items()
                          if len(parts) == 2 and code not in excluded
                          and combining[code] == 0 and combining.get(parts[0], 0) == 0)
    # What SpecialCasing.txt adds to one character's lower case without context: U+0130 alone.
    lower = {code: (int(fields[13], 16), 0) for code, fields in characters.items() if fields[13]}
    lower[0x130] = (0x69, 0x307)

    tables = [
        ("tokens::Range", "kUnicodeClasses", to_ranges(kinds)),
        ("tokens::Range", "kUnicodeCombining", to_ranges(combining)),
        ("tokens::Decomposition", "kUnicodeDecompositions", [(d[0], "{%s}" % ", ".join(map(hex, d[1:]))) for d in decompositions]),
        ("tokens::Composition", "kUnicodeCompositions", compositions),
        ("tokens::LowerCase", "kUnicodeLowerCase", [(c, "{%#x, %#x}" % lower[c]) for c in sorted(lower)]),
    ]
    text = ["// Made by compiler/emit/unicode_tables.py from the Unicode Character Database.", "#pragma once",
            '#include "runtime/tokenizer_format.h"', "", "namespace snap::runtime {"]
    for kind, name, rows in tables:
        text.append(f"inline constexpr {kind} {name}[] = {{")
        for row in rows:
            text.append("  {%s}," % ", ".join(v if isinstance(v, str) else hex(v) for v in row))
        text.append("};")
    text.append("} // namespace snap::runtime\n")
    Path(out).write_text("\n".join(text))


if __name__ == "__main__":
    main(*sys.argv[1:3])
