"""Compares the calls of objc_msgSend in messages_twins.cpp with those that clang makes of the same messages in messages.m:
selectors, result and argument types, one function after the other.

usage: check_messages.py ROOT
SPDX-License-Identifier: Apache-2.0
"""
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMON = ["-O1", "-S", "-emit-llvm", "-ffreestanding", "-Wall", "-Wextra", "-Werror", "-o", "-"]
OBJC = ["clang-19", "-x", "objective-c", "-fno-objc-arc", "-fno-objc-convert-messages-to-runtime-calls"]
CXX = ["clang++-19", "-std=c++17", "-nostdinc++", "-nostdlibinc"]
STRING = re.compile(r'^(@\S+) = private unnamed_addr constant \[\d+ x i8\] c"(.*?)\\00"', re.M)
REFERENCE = re.compile(r"^(@OBJC_SELECTOR_REFERENCES_\S*) = .* global ptr (@\S+?),", re.M)
FUNCTION = re.compile(r"^define .*?@twin_(\w+)\(.*?\{\n(.*?)^\}", re.M | re.S)
CALL = re.compile(r"call (.*?) ?@(\w+)\((.*)\)( #\d+)?$")


def types(text):
    """"i64 noundef %2, ptr noundef null" -> ["i64", "ptr"]: names, values and hints to the optimiser go, signs stay."""
    return [" ".join(word for word in part.split() if word in ("ptr", "zeroext", "signext", "void") or re.fullmatch(r"i\d+", word))
            for part in text.split(", ")]


def calls(ir):
    """Function -> what it sends: (selector, result type, argument types)."""
    strings = dict(STRING.findall(ir))
    references = {name: strings[string] for name, string in REFERENCE.findall(ir)}
    found = {}
    for name, body in FUNCTION.findall(ir):
        selectors, sent = {}, []
        for line in body.splitlines():
            if match := re.match(r"\s*(%\d+) = load ptr, ptr (@OBJC_SELECTOR_REFERENCES_\S*?),", line):
                selectors[match[1]] = references[match[2]]
            elif match := re.match(r"\s*(%\d+) = .*@sel_registerName\(ptr \S+ \S+ (@\S+)\)", line):
                selectors[match[1]] = strings[match[2]]
            elif "objc_msgSend" in line:
                match = CALL.search(line)
                if not match or match[2] != "objc_msgSend" or "(" in match[1]:
                    raise SystemExit(f"twin_{name}: not a call with a prototype of its own: {line}")
                arguments = match[3].split(", ")
                sent.append((selectors[arguments[1].split()[-1]], types(match[1])[0], types(match[3])))
        found[name] = sent
    return found


def main():
    root = sys.argv[1]
    problems = []
    for target in ("arm64-apple-ios17.0", "arm64-apple-macos13.0"):
        ir = [subprocess.run([*command, f"--target={target}", *COMMON, HERE / source, *flags], check=True,
                             capture_output=True, text=True).stdout
              for command, source, flags in ((OBJC, "messages.m", ["-Wno-objc-root-class"]),
                                             (CXX, "messages_twins.cpp", ["-I", root]))]
        theirs, ours = map(calls, ir)
        problems += [f"{target}: twin_{name} sends {ours.get(name)}, clang {theirs.get(name)}"
                     for name in sorted(theirs.keys() | ours.keys()) if theirs.get(name) != ours.get(name) or not ours[name]]
    # All of the header's messages are here.
    sent = {selector for messages in ours.values() for selector, _, _ in messages}
    written = set(re.findall(r'"([A-Za-z0-9]+:?[A-Za-z0-9:]*)"', Path(root, "runtime/metal/messages.h").read_text()))
    classes = set(re.findall(r'objc_getClass\("(\w+)"\)', Path(root, "runtime/metal/messages.h").read_text()))
    problems += [f"messages.h: {selector} has no twin" for selector in sorted(written - classes - {"C"} - sent)]
    print("\n".join(problems) or f"{len(ours)} functions send what clang sends")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
