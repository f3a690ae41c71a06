#!/usr/bin/env python3
"""Checks the include direction between folders: who may see whom.

runtime/include and targets/{TargetModel,KernelKey,ConvCost,MomentsBlock}.h include nothing of ours but each other; dialects see MLIR
and those three; passes see dialects and those three; targets see KernelKey, TargetModel and kernel_abi.h but neither MLIR nor
passes; the runtime sees neither compiler nor targets; the compiler sees all.
"""
import re
import subprocess
import sys

CONTRACTS = {"targets/KernelKey.h", "targets/TargetModel.h", "targets/ConvCost.h", "targets/MomentsBlock.h"}
ABI = {"snap/kernel_abi.h"}
# folder -> prefixes of our own headers that its files may include
ALLOWED = {
    "runtime/include/": ("snap/",),
    "runtime/": ("runtime/", "snap/"),
    "dialects/": ("dialects/",),
    "passes/": ("passes/", "dialects/"),
    "targets/": ("targets/",),
    "compiler/": ("compiler/", "dialects/", "passes/", "targets/", "runtime/schema/", "runtime/scheduler", "runtime/tokenizer", "snap/"),
}
OURS = ("runtime/", "dialects/", "passes/", "targets/", "compiler/", "snap/")
FORBIDDEN_SYSTEM = {"targets/": ("mlir/", "llvm/IR"), "runtime/": ("mlir/", "llvm/", "Halide")}
INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)


def problems(path: str) -> list[str]:
    folder = next((f for f in ALLOWED if path.startswith(f)), None)
    if folder is None:
        return []
    found = []
    for header in INCLUDE.findall(open(path, encoding="utf-8").read()):
        ours = header.startswith(OURS)
        allowed = header.startswith(ALLOWED[folder])
        if folder in ("dialects/", "passes/", "targets/"):
            allowed = allowed or header in CONTRACTS
        if folder == "targets/":
            allowed = allowed or header in ABI
        if path in CONTRACTS:
            allowed = header in CONTRACTS
        if ours and not allowed:
            found.append(f"{path}: may not include {header}")
        if header.startswith(FORBIDDEN_SYSTEM.get(folder, ())):
            found.append(f"{path}: may not see {header}")
    return found


def main() -> int:
    files = subprocess.run(["git", "ls-files", "*.cpp", "*.h", "*.c"], capture_output=True, text=True, check=True).stdout
    found = [p for path in files.split() for p in problems(path)]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
