"""Checks the runtime's objects for every target: what they need from the system, what they show, what they run early.

usage: check_symbols.py build/lib/snap/runtime
SPDX-License-Identifier: Apache-2.0
"""
import glob, os, re, subprocess, sys

PTHREAD = """pthread_attr_destroy pthread_attr_init pthread_attr_setstacksize pthread_cond_broadcast pthread_cond_destroy
    pthread_cond_init pthread_cond_wait pthread_create pthread_join pthread_mutex_destroy pthread_mutex_init
    pthread_mutex_lock pthread_mutex_unlock pthread_sigmask sigfillset""".split()
LIBC = """clock_gettime close free lseek memcmp memcpy memmove memset mmap munmap open posix_memalign pread sched_yield strcmp
    strerror strlen""".split()
LIBM = "ceil cos exp expf floor log lround pow round roundf sin sqrt tan".split()
COMMON = PTHREAD + LIBC + LIBM

# All of it is in libc, libm and libpthread of Linux and Android, and in libSystem of iOS and macOS.
LINUX = ["__errno_location", "madvise", "sched_getaffinity"]
ANDROID = ["__errno", "madvise", "sched_getaffinity"]
APPLE = ["__error", "bzero", "sysconf"]
TARGETS = {
    "x86_64-linux": (LINUX, "elf64-x86-64"),
    "arm64-linux": (LINUX, "elf64-littleaarch64"),
    "arm64-android": (ANDROID, "elf64-littleaarch64"),
    "arm64-ios": (APPLE, "Mach-O arm64"),
    "arm64-macos": (APPLE, "Mach-O arm64"),
}
# What runtime/metal needs besides, of libobjc, Metal and libSystem.
METAL = """MTLCreateSystemDefaultDevice getpagesize objc_autoreleasePoolPop objc_autoreleasePoolPush objc_getClass
    objc_msgSend objc_release sel_registerName""".split()
# The entry points of snap.h and of compiled kernels; all else stays inside.
PUBLIC = re.compile(r"snap_[a-z_]+$")
PLATFORM = {"arm64-ios": "ios", "arm64-macos": "macos"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(target, objects, system, file_format, entries):
    problems = []
    apple = target in PLATFORM
    plain = lambda symbol: symbol[1:] if apple else symbol
    defined, undefined = set(), set()
    for path in objects:
        for line in run("llvm-nm-19", "--format=posix", path).splitlines():
            symbol, kind = line.split()[:2]
            (undefined if kind == "U" else defined).add(plain(symbol))
        details = run("llvm-readobj-19", "--file-headers", "--sections", "--symbols", path)
        name = os.path.basename(path)
        if f"Format: {file_format}" not in details:
            problems.append(f"{name}: not {file_format}")
        if re.search(r"\.init_array|\.ctors|__mod_init_func", details):
            problems.append(f"{name}: runs code before main")
        if apple:
            version = run("llvm-objdump-19", "--macho", "--private-headers", path)
            found = re.search(r"platform (\w+)", version)
            if not found or found.group(1).lower() != PLATFORM[target]:
                problems.append(f"{name}: platform {found and found.group(1)}, expected {PLATFORM[target]}")
        else:
            for symbol, visible in re.findall(r"Name: (\S+) \(\d+\)[^}]*?Binding: Global[^}]*?Other(: 0|) ", details):
                if symbol in defined and visible and not PUBLIC.match(symbol):
                    problems.append(f"{name}: {symbol} is visible to the app")
    for symbol in sorted(undefined - defined - set(COMMON) - set(system)):
        problems.append(f"needs {symbol}, which no platform promises")
    for entry in entries:
        if entry not in defined:
            problems.append(f"lacks {entry}")
    return [f"{target}: {problem}" for problem in problems]


def main():
    root = sys.argv[1]
    problems = []
    for target, (system, file_format) in TARGETS.items():
        objects = sorted(glob.glob(os.path.join(root, target, "*.o")))
        entries = ["snap_open", "snap_run", "snap_close", "halide_do_par_for", "halide_malloc", "halide_free"]
        problems += check(target, objects, system, file_format, entries) if objects else [f"{target}: no objects in {root}"]
        # Those of --gpu metal, for Apple's systems and the tests' device.
        metal = sorted(glob.glob(os.path.join(root, target, "metal", "*.o")))
        if metal:
            problems += check(target, objects + metal, system + METAL, file_format, entries + ["snap_metal"])
        elif target in PLATFORM:
            problems.append(f"{target}: no objects in {root}/{target}/metal")
    print("\n".join(problems) or f"{len(TARGETS)} targets: as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
