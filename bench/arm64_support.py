"""What bench/arm64.py and bench/arm64_pictures.py share: qemu with the plugin that counts, and the peers' aarch64 builds.

Beyond scripts/setup.sh they need, made once in build/arm64-bench: Debian's arm64 packages of Python, unpacked as qemu's
root (apt checks their signatures; nothing is installed), and wheels of the peers and numpy.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# ONNX Runtime 1.32.0 crashes in qemu 7.2 while it is imported; those between were not tried.
# ncnn 1.0.20230816 and 1.0.20240820 run there, too.
PEERS = {"onnxruntime": "1.23.2", "ncnn": "1.0.20250503"}
WHEELS = [f"{name}=={version}" for name, version in PEERS.items()] + ["numpy==2.2.6", "flatbuffers", "protobuf", "packaging"]
DEBIAN = ("python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libstdc++6 libgcc-s1 zlib1g libexpat1 "
          "libffi8 libssl3 libbz2-1.0 liblzma5").split()


def run(command, **options) -> str:
    """Standard output of a command that must succeed."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if result.returncode:
        sys.exit(f"{Path(sys.argv[0]).name}: {' '.join(map(str, command))[:300]} failed:\n"
                 f"{(result.stderr or result.stdout)[-2000:]}")
    return result.stdout


def parse_arguments(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Those of the command line, with --build and --cache, which is made."""
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where bin/snapc is")
    parser.add_argument("--cache", type=Path, help="default: BUILD/arm64-bench")
    args = parser.parse_args()
    args.build = args.build.resolve()
    args.cache = (args.cache or args.build / "arm64-bench").resolve()
    args.cache.mkdir(parents=True, exist_ok=True)
    return args


def make_qemu(cache: Path) -> list:
    """The command that runs an arm64 program and counts: no SVE, so that every library takes its NEON kernels."""
    library = cache / "count.so"
    run(["cc", "-O2", "-shared", "-fPIC", "-fvisibility=hidden", ROOT / "bench/arm64/count.c", "-o", library])
    return ["qemu-aarch64", "-cpu", "max,sve=off", "-plugin", library]


def make_peers(cache: Path) -> bool:
    """Debian's arm64 Python in cache/root and the wheels in cache/wheels; False where they cannot be had."""
    done = cache / "peers.done"
    if done.exists() and done.read_text().split() == WHEELS:
        return True
    apt = cache / "apt"
    for folder in ("lists/partial", "archives/partial", "packages"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "status").touch()
    options = ["-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64", "-o", f"Dir::State={apt}",
               "-o", f"Dir::State::status={apt}/status", "-o", f"Dir::Cache={apt}"]
    if os.getuid() == 0:  # else apt becomes a user who may not write here
        options += ["-o", "APT::Sandbox::User=root"]
    try:
        subprocess.run(["apt-get", "-qq", *options, "update"], check=True)
        subprocess.run(["apt-get", "-qq", *options, "download", *DEBIAN], cwd=apt / "packages", check=True)
        for package in sorted((apt / "packages").glob("*.deb")):
            subprocess.run(["dpkg", "-x", package, cache / "root"], check=True)
        platforms = [f"--platform=manylinux{tag}_aarch64" for tag in ("_2_28", "_2_27", "2014")]
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *platforms,
                        "--only-binary=:all:", "--python-version=3.11", "--no-deps", "--upgrade",
                        "--target", cache / "wheels", *WHEELS], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"no peers: {error}", file=sys.stderr)
        return False
    done.write_text("\n".join(WHEELS))
    return True


def peer_command(cache: Path, qemu: list) -> list:
    """arm64 Python under qemu."""
    return [*qemu, "-L", cache / "root", "-E", f"PYTHONPATH={cache / 'wheels'}",
            cache / "root/usr/bin/python3.11"]


def make_runner(keys: list, cpu: str, folder: Path, build: Path, cache: Path) -> Path:
    """Compiles kernels and links them into bench/arm64/runner.c, which takes the index of a key."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "keys.txt").write_text("\n".join(keys) + "\n")
    run([build / "bin/snap-kernel-bench", f"--objects={folder}", "--target=arm64-linux", f"--cpu={cpu}",
         f"--cache={cache}/kernel-cache", folder / "keys.txt"])
    run(["aarch64-linux-gnu-gcc", "-O1", "-static", f"-I{ROOT}/runtime/include", ROOT / "bench/arm64/runner.c",
         folder / "table.c", *sorted(folder.glob("*.o")), "-lm", "-o", folder / "runner"])
    return folder / "runner"


def count(command: list) -> dict:
    """Millions of instructions, by kind, of what the program runs between its marks."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{Path(sys.argv[0]).name}: {' '.join(map(str, command))[-300:]} failed under qemu: "
                 f"{result.stderr[-500:]}")
    return {kind: number / 1e6 for kind, number in json.loads(result.stderr.strip().splitlines()[-1]).items()}


def fmla(counts: dict) -> float:
    return counts["fmla4s"] + counts["fmla8h"]
